//! What is refused, each with its code.

use siyu_kernel::Refusal;

pub fn rules(field: &str, en: impl Into<String>, zh: impl Into<String>) -> Refusal {
    Refusal::invalid("gate_rules", en, zh).field(field)
}
pub fn rules_changed() -> Refusal {
    Refusal::conflict(
        "gate_rules_changed",
        "Somebody has changed the rules meanwhile. Load them again and repeat the change.",
        "触达规则已被他人修改，请刷新后重试。",
    )
}
pub fn run_unknown() -> Refusal {
    Refusal::not_found("run_unknown", "There is no such run.", "没有该次触达。")
}
pub fn run_over() -> Refusal {
    Refusal::conflict("run_over", "This run has ended already.", "该次触达已结束。")
}
