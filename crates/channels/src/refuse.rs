//! What is refused, each with its code.

use siyu_kernel::Refusal;

pub fn channel_unknown() -> Refusal {
    Refusal::not_found("channel_unknown", "There is no such channel.", "没有该渠道。")
}
pub fn channel_field(field: &str, en: &str, zh: &str) -> Refusal {
    Refusal::invalid("channel_field", en, zh).field(field)
}
pub fn channel_taken(field: &'static str) -> Refusal {
    let en = "Another channel has this code or state already.";
    Refusal::conflict("channel_taken", en, "该渠道编码或来源参数已被其他渠道使用。").field(field)
}
pub fn channel_changed() -> Refusal {
    let en = "Somebody else has changed this meanwhile. Load it again and repeat your change.";
    Refusal::conflict("channel_changed", en, "内容已被他人修改，请刷新后重试。").field("version")
}
pub fn channel_archived() -> Refusal {
    let en = "This channel is archived. Restore it first.";
    Refusal::conflict("channel_archived", en, "该渠道已归档，请先恢复。")
}
pub fn channel_used() -> Refusal {
    let en = "Live codes of this channel are in use. Archive them first.";
    Refusal::conflict("channel_used", en, "该渠道下仍有使用中的活码，请先归档活码。")
}
pub fn cost(field: &'static str, en: &str, zh: &str) -> Refusal {
    Refusal::invalid("channel_cost", en, zh).field(field)
}
pub fn cost_unknown() -> Refusal {
    Refusal::not_found("channel_cost_unknown", "There is no such cost entry.", "没有该成本记录。")
}
pub fn code_unknown() -> Refusal {
    Refusal::not_found("code_unknown", "There is no such live code.", "没有该活码。")
}
pub fn code_field(field: impl Into<String>, en: impl Into<String>, zh: impl Into<String>) -> Refusal {
    Refusal::invalid("code_field", en, zh).field(field)
}
pub fn rota() -> Refusal {
    let en = "A rota is seven days, Monday first, each of 24 marks: 1 on duty, 0 not; at least one hour is on duty.";
    let zh = "排班须为周一至周日七天，每天 24 位（1 在岗、0 不在岗），且至少有一小时在岗。";
    Refusal::invalid("code_rota", en, zh).field("rota")
}
pub fn backup_needed(pool: &str) -> Refusal {
    let en = "Name a backup member: there are hours without anybody on duty, or daily caps that may all be reached.";
    let zh = "请设置备用员工：存在无人值班的时段，或设有每日上限，可能出现无人可接待的情况。";
    Refusal::invalid("code_backup_needed", en, zh).field(format!("pools.{pool}"))
}
pub fn staff_unknown(field: impl Into<String>, staff: &str) -> Refusal {
    let en = format!("{staff} is not a member of staff who may have customers.");
    let zh = format!("{staff} 不是具备客户联系权限的在职员工。");
    Refusal::invalid("code_staff", en, zh).field(field)
}
pub fn tag_unknown(tag: &str) -> Refusal {
    let en = format!("Tag {tag} cannot be given by a code: it is unknown, or given by a rule.");
    let zh = format!("标签 {tag} 不存在或为规则标签，不能由活码自动打上。");
    Refusal::invalid("code_tag", en, zh).field("tags")
}
pub fn code_archived() -> Refusal {
    Refusal::conflict("code_archived", "This live code is archived.", "该活码已归档。")
}
pub fn code_alive() -> Refusal {
    let en = "This code works; only one that WeCom does not know any more can be made anew.";
    Refusal::conflict("code_alive", en, "该活码仍然有效，只有已失效的活码才能重新生成。")
}
pub fn not_ready() -> Refusal {
    let en = "WeCom has not given this code its QR yet. It is asked for; look again in a moment, or at what is wrong.";
    Refusal::conflict("code_not_ready", en, "企业微信尚未返回该活码的二维码，正在生成；请稍后再看，或查看失败原因。")
}
pub fn group_code(field: impl Into<String>, en: &str, zh: &str) -> Refusal {
    Refusal::invalid("group_code_field", en, zh).field(field)
}
pub fn qr_size() -> Refusal {
    Refusal::invalid("qr_size", "A QR picture has 120 to 2,000 pixels a side.", "二维码边长为 120 到 2000 像素。")
        .field("size")
}
pub fn qr_text() -> Refusal {
    Refusal::invalid("qr_text", "This text is too long for a QR code.", "内容过长，无法生成二维码。")
}
pub fn poster_unknown() -> Refusal {
    Refusal::not_found("poster_unknown", "There is no such poster template.", "没有该海报模板。")
}
pub fn poster(field: impl Into<String>, en: &str, zh: &str) -> Refusal {
    Refusal::invalid("poster_field", en, zh).field(field)
}
pub fn poster_limit(max: i64) -> Refusal {
    let en = format!("There are {max} already. Delete some first.");
    Refusal::conflict("poster_limit", en, format!("数量已达上限 {max}，请先清理不用的内容。"))
}
pub fn poster_picture(en: &str, zh: &str) -> Refusal {
    Refusal::invalid("poster_picture", en, zh)
}
pub fn poster_picture_unknown() -> Refusal {
    Refusal::not_found("poster_picture_unknown", "There is no such picture.", "没有该图片。")
}
pub fn poster_picture_used() -> Refusal {
    Refusal::conflict("poster_picture_used", "A template shows this picture.", "有海报模板正在使用该图片。")
}
pub fn poster_guide_unknown() -> Refusal {
    Refusal::not_found("poster_guide_unknown", "There is no such member of staff.", "没有该员工。")
}
pub fn poster_guides(max: usize) -> Refusal {
    let en = format!("Name 1 to {max} members of staff.");
    Refusal::invalid("poster_guides", en, format!("请选择 1 到 {max} 名员工。")).field("staff")
}
