//! The sentences.

use crate::rule::{DEPTH_MAX, NODES_MAX};
use siyu_kernel::Refusal;

pub fn json() -> Refusal {
    Refusal::invalid("rule_json", "The rule is no JSON.", "规则不是有效的 JSON。").field("rule")
}
pub fn version() -> Refusal {
    let en = "This rule was written for a newer version of the program.";
    Refusal::invalid("rule_version", en, "该规则由更新版本的程序编写，当前版本无法识别。").field("rule.version")
}
pub fn shape(place: &str) -> Refusal {
    let en = "Here must stand either a group (one of all, any, not, with a list) or a condition (field, op, value).";
    let zh = "此处须为条件组（all、any、not 之一，值为列表）或条件（field、op、value）。";
    Refusal::invalid("rule_shape", en, zh).field(place)
}
pub fn empty(place: &str) -> Refusal {
    Refusal::invalid("rule_empty", "A group needs at least one condition.", "条件组至少要有一个条件。").field(place)
}
pub fn too_deep(place: &str) -> Refusal {
    let en = format!("Groups may stand inside each other up to {DEPTH_MAX} deep.");
    Refusal::invalid("rule_too_deep", en, format!("条件组最多嵌套 {DEPTH_MAX} 层。")).field(place)
}
pub fn too_large(place: &str) -> Refusal {
    let en = format!("A rule may have up to {NODES_MAX} groups and conditions.");
    Refusal::invalid("rule_too_large", en, format!("一条规则最多 {NODES_MAX} 个条件与条件组。")).field(place)
}
pub fn unknown_op(place: &str, op: &str) -> Refusal {
    let op: String = op.chars().take(40).collect();
    Refusal::invalid("rule_operator", format!("There is no operator “{op}”."), format!("没有名为“{op}”的运算符。"))
        .field(place)
}
pub fn field(place: &str, name: &str) -> Refusal {
    let name: String = name.chars().take(80).collect();
    Refusal::invalid("rule_field", format!("There is no field “{name}”."), format!("没有名为“{name}”的条件字段。"))
        .field(format!("{place}.field"))
}
pub fn operator(place: &str, field: &str, allowed: &[&str]) -> Refusal {
    let en = format!("The field “{field}” takes one of: {}.", allowed.join(", "));
    let zh = format!("字段“{field}”可用的运算符：{}。", allowed.join("、"));
    Refusal::invalid("rule_operator", en, zh).field(format!("{place}.op"))
}
pub fn value(place: &str, en: &str, zh: &str) -> Refusal {
    Refusal::invalid("rule_value", format!("The value must be {en}."), format!("条件值须为{zh}。"))
        .field(format!("{place}.value"))
}
pub fn sealed(place: &str, name: &str) -> Refusal {
    let en = format!("The field “{name}” is sensitive and stored sealed: a rule can only ask whether it exists.");
    let zh = format!("字段“{name}”为敏感字段、加密存储，规则只能判断其有无（exists）。");
    Refusal::invalid("field_sealed", en, zh).field(format!("{place}.op"))
}
pub fn tag(place: &str, id: &str) -> Refusal {
    let id: String = id.chars().take(80).collect();
    Refusal::invalid("rule_tag", format!("There is no tag {id} (any more)."), format!("标签 {id} 不存在或已删除。"))
        .field(format!("{place}.value"))
}
pub fn store(place: &str, code: &str) -> Refusal {
    let code: String = code.chars().take(80).collect();
    Refusal::invalid("rule_store", format!("There is no store {code}."), format!("没有编号为 {code} 的门店。"))
        .field(format!("{place}.value"))
}
pub fn cycle(place: &str, name: &str) -> Refusal {
    let en = format!("The tag “{name}” depends on this very rule; a rule may not depend on itself.");
    Refusal::invalid("rule_cycle", en, format!("标签“{name}”的规则依赖本规则，规则不能循环引用。"))
        .field(format!("{place}.value"))
}
pub fn not_a_rule_tag() -> Refusal {
    Refusal::conflict("tag_not_rule", "Only a rule tag can be evaluated.", "只有规则标签可以运行。")
}
pub fn after() -> Refusal {
    let en = "This page token is not valid for this list and sort order. Start again from the first page.";
    Refusal::invalid("page_token", en, "翻页标记与当前列表或排序不符，请从第一页重新开始。").field("after")
}
pub fn range(field: &str) -> Refusal {
    Refusal::invalid("filter_range", "The lower bound is above the upper bound.", "下限大于上限。").field(field)
}
