//! What is refused, each with its code.

use siyu_kernel::Refusal;

pub fn unknown() -> Refusal {
    Refusal::not_found("lead_unknown", "There is no such lead among those you see.", "您可见的线索中没有该线索。")
}
pub fn taken() -> Refusal {
    let en = "Somebody else has taken this lead meanwhile. Choose another one.";
    Refusal::conflict("lead_taken", en, "该线索刚刚已被他人领取，请换一条。")
}
/// Whether a lead moved. One that somebody moved while a unit looked at it is left as it is, so that the unit's others go on.
pub fn went(moved: Result<(), Refusal>) -> Result<bool, Refusal> {
    match moved {
        Err(refusal) if refusal.code == "lead_taken" => Ok(false),
        other => other.map(|()| true),
    }
}
pub fn not_yours() -> Refusal {
    let en = "You do not hold this lead; claim it first.";
    Refusal::conflict("lead_not_held", en, "您未持有该线索，请先领取。")
}
pub fn state(want: &str, want_zh: &str) -> Refusal {
    let en = format!("This is not possible any more where the lead stands: it has to be {want}.");
    Refusal::conflict("lead_state", en, format!("该线索当前状态不能执行此操作，须为{want_zh}。"))
}
pub fn daily_full(max: i64) -> Refusal {
    let en = format!("The limit of {max} leads a day is reached. Go on tomorrow, or ask for a higher limit.");
    Refusal::conflict("lead_daily_full", en, format!("今日领取已达上限 {max} 条，请明天再领，或联系管理员调整上限。"))
}
pub fn held_full(max: i64) -> Refusal {
    let en = format!("{max} leads are held already, which is the limit. Work on those first, or give some back.");
    Refusal::conflict("lead_held_full", en, format!("手上的线索已达上限 {max} 条，请先跟进或退回部分线索。"))
}
pub fn again(days: i64) -> Refusal {
    let en = format!("Who had this lead before can take it again after {days} days; it is others' turn.");
    Refusal::conflict("lead_again", en, format!("该线索此前由您跟进，{days} 天内不能再次领取，请留给其他同事。"))
}
pub fn claiming_off() -> Refusal {
    let en = "Leads are given out by headquarters; claiming is switched off.";
    Refusal::conflict("lead_claim_off", en, "当前由总部统一分配线索，未开放领取。")
}
pub fn staff(userid: &str) -> Refusal {
    let en = format!("{userid} is not a member of staff who may have customers.");
    Refusal::invalid("lead_staff", en, format!("{userid} 不是具备客户联系权限的在职员工。")).field("staff")
}
pub fn friend() -> Refusal {
    let en = "This person is a friend of a member of staff already.";
    Refusal::conflict("lead_friend", en, "该客户已是员工的企业微信好友，无需作为线索。")
}
pub fn consent() -> Refusal {
    let en = "This person has said no to being approached; they are no lead.";
    Refusal::conflict("lead_consent", en, "该客户已拒绝营销联系，不能作为线索。")
}
pub fn text(field: &str, max: usize) -> Refusal {
    let en = format!("`{field}` has at most {max} characters.");
    Refusal::invalid("lead_text", en, format!("{field} 最长 {max} 个字符。")).field(field)
}
pub fn reason() -> Refusal {
    Refusal::invalid("lead_reason", "Give a reason of 1 to 200 characters.", "请填写原因，1 到 200 个字符。")
        .field("reason")
}
pub fn word(field: &str, known: &[&str]) -> Refusal {
    let en = format!("`{field}` is one of: {}.", known.join(", "));
    Refusal::invalid("lead_word", en, format!("{field} 可用：{}。", known.join("、"))).field(field)
}
pub fn store(name: &str) -> Refusal {
    let en = format!("There is no store {name}.");
    Refusal::invalid("lead_store", en, format!("没有门店 {name}。")).field("store")
}
pub fn channel(code: &str) -> Refusal {
    let en = format!("There is no channel {code}.");
    Refusal::invalid("lead_channel", en, format!("没有渠道 {code}。")).field("channel")
}
pub fn settings(field: &str, from: i64, to: i64) -> Refusal {
    let en = format!("`{field}` is {from} to {to}.");
    Refusal::invalid("lead_settings", en, format!("{field} 的取值为 {from} 到 {to}。")).field(field)
}
pub fn rule(field: impl Into<String>, en: &str, zh: &str) -> Refusal {
    Refusal::invalid("lead_rule", en, zh).field(field)
}
pub fn after() -> Refusal {
    let en = "This page token is not one we gave out; start from the first page.";
    Refusal::invalid("page_token", en, "分页标记无效，请从第一页重新开始。").field("after")
}
