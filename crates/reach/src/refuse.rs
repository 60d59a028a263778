//! What is refused, each with its code.

use siyu_kernel::{Class, Refusal};

pub fn content(field: impl Into<String>, en: impl Into<String>, zh: impl Into<String>) -> Refusal {
    Refusal::invalid("content_invalid", en, zh).field(field)
}
pub fn template(field: impl Into<String>, en: impl Into<String>, zh: impl Into<String>) -> Refusal {
    Refusal::invalid("content_template", en, zh).field(field)
}
pub fn variable(field: impl Into<String>, name: &str, near: &str) -> Refusal {
    Refusal::invalid(
        "content_variable",
        format!("There is no variable “{name}”. Did you mean {near}?"),
        format!("没有变量“{name}”，是否想用 {near}？"),
    )
    .field(field)
}
pub fn file(en: impl Into<String>, zh: impl Into<String>) -> Refusal {
    Refusal::invalid("reach_file", en, zh).field("file")
}
pub fn file_unknown() -> Refusal {
    Refusal::not_found("reach_file_unknown", "There is no such file (any more).", "没有该文件，可能已被删除。")
}
pub fn file_used() -> Refusal {
    Refusal::conflict("reach_file_used", "This file is in use by a welcome.", "该文件正被欢迎语使用。")
}
pub fn file_limit(max: i64) -> Refusal {
    Refusal::conflict(
        "reach_file_limit",
        format!("A workspace holds up to {max} files; delete those no longer used."),
        format!("最多保存 {max} 个文件，请先删除不再使用的。"),
    )
}
pub fn rule(field: &str, en: impl Into<String>, zh: impl Into<String>) -> Refusal {
    Refusal::invalid("welcome_rule", en, zh).field(field)
}
pub fn rule_unknown() -> Refusal {
    Refusal::not_found("welcome_unknown", "There is no such welcome (any more).", "没有该欢迎语，可能已被删除。")
}
pub fn rule_changed() -> Refusal {
    Refusal::conflict(
        "welcome_changed",
        "Somebody has changed this welcome meanwhile. Load it again and repeat the change.",
        "该欢迎语已被他人修改，请刷新后重试。",
    )
}
pub fn rule_limit(max: i64) -> Refusal {
    Refusal::conflict(
        "welcome_limit",
        format!("A workspace has up to {max} welcomes; delete those no longer used."),
        format!("最多 {max} 条欢迎语，请先删除不再使用的。"),
    )
}
pub fn order() -> Refusal {
    Refusal::new(
        Class::Invalid,
        "welcome_order",
        "The order names every welcome once.",
        "顺序须包含每条欢迎语，且各出现一次。",
    )
    .field("order")
}
pub fn message_name() -> Refusal {
    Refusal::invalid("message_name", "A name has 1 to 60 characters.", "名称须为 1 到 60 个字符。").field("name")
}
pub fn message_people(max: usize) -> Refusal {
    Refusal::invalid(
        "message_people",
        format!("A message is for 1 to {max} people."),
        format!("群发对象须为 1 到 {max} 人。"),
    )
    .field("people")
}
pub fn message_variable() -> Refusal {
    Refusal::invalid(
        "message_variable",
        "A mass message says the same to all customers of a member: use staff.name, store.name and brand.name only.",
        "群发对同一员工的客户内容相同，只能用 staff.name、store.name、brand.name 变量。",
    )
    .field("content.text")
}
pub fn nobody() -> Refusal {
    Refusal::conflict(
        "message_nobody",
        "None of these people is a friend of a member of staff now.",
        "这些客户目前都不是员工的好友，无法群发。",
    )
}
pub fn message_unknown() -> Refusal {
    Refusal::not_found("message_unknown", "There is no such message.", "没有该群发。")
}
pub fn message_over() -> Refusal {
    Refusal::conflict("message_over", "This message has ended already.", "该群发已结束。")
}
pub fn broadcast(field: &str, en: impl Into<String>, zh: impl Into<String>) -> Refusal {
    Refusal::invalid("broadcast_invalid", en, zh).field(field)
}
pub fn broadcast_unknown() -> Refusal {
    Refusal::not_found("broadcast_unknown", "There is no such broadcast.", "没有该营销群发。")
}
pub fn broadcast_approval() -> Refusal {
    Refusal::conflict(
        "broadcast_approval",
        "This broadcast needs no approval (any more).",
        "该群发不需要审批，或已审批。",
    )
}
pub fn broadcast_own() -> Refusal {
    Refusal::forbidden(
        "broadcast_own",
        "Somebody else has to approve a broadcast of this size.",
        "超过规模的群发须由另一位同事审批。",
    )
}
pub fn broadcast_unapproved() -> Refusal {
    Refusal::conflict(
        "broadcast_unapproved",
        "This broadcast has to be approved before it goes on.",
        "该群发须先通过审批才能继续。",
    )
}
