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
