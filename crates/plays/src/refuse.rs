//! What is refused, in both languages.

use siyu_kernel::Refusal;

/// A node says something that cannot be done.
pub fn said(field: &str, en: impl Into<String>, zh: impl Into<String>) -> Refusal {
    Refusal::invalid("journey_node_invalid", en, zh).field(field)
}
pub fn absent(what_en: &str, what_zh: &str) -> Refusal {
    Refusal::invalid(
        "journey_node_absent",
        format!("This version cannot carry out {what_en} yet; take the node out."),
        format!("当前版本还不能执行{what_zh}，请移除该节点。"),
    )
}
