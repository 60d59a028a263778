//! What is refused, in both languages.

use siyu_kernel::Refusal;

pub fn unknown() -> Refusal {
    Refusal::not_found("sop_unknown", "There is no such programme.", "没有这个 SOP。")
}
pub fn name() -> Refusal {
    Refusal::invalid("sop_name", "A name has 1 to 60 characters.", "名称需为 1～60 个字。").field("name")
}
pub fn over() -> Refusal {
    Refusal::conflict("sop_over", "This programme has ended.", "该 SOP 已结束。")
}
pub fn changed() -> Refusal {
    Refusal::conflict(
        "sop_changed",
        "Somebody has changed this programme meanwhile. Load it again and repeat the change.",
        "该 SOP 已被他人修改，请重新加载后再改。",
    )
}
pub fn steps(max: usize) -> Refusal {
    let en = format!("A programme has 1 to {max} steps, each with a key of its own (1 to 40 letters, digits, _ or -).");
    let zh = format!("SOP 需有 1～{max} 个步骤，每步有唯一标识（1～40 个字母、数字、_ 或 -）。");
    Refusal::invalid("sop_steps", en, zh).field("steps")
}
pub fn step(at: usize, en: &str, zh: &str) -> Refusal {
    Refusal::invalid("sop_step", en, zh).field(format!("steps[{at}]"))
}
pub fn subject() -> Refusal {
    Refusal::invalid(
        "sop_subject",
        "Not in the directory (any more): a group, or a member of staff who may have customers.",
        "通讯录中没有（或已不存在）：该客户群，或有客户联系权限的成员。",
    )
}
pub fn grade() -> Refusal {
    Refusal::invalid("sop_grade", "A grade is A, B or C.", "等级为 A、B 或 C。").field("grade")
}
pub fn page() -> Refusal {
    let en = "This page token is not valid here. Start again from the first page.";
    Refusal::invalid("page_token", en, "翻页标记无效，请从第一页重新开始。").field("after")
}
