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
pub fn sensitive(place: &str, name: &str) -> Refusal {
    let name: String = name.chars().take(80).collect();
    let en = format!("The property “{name}” is sensitive: no rule may ask about its values.");
    Refusal::invalid("rule_sensitive", en, format!("属性“{name}”为敏感信息，不能用于规则。")).field(place)
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

pub fn deed_shape(place: &str, keys: &[&str]) -> Refusal {
    let en = format!("Here may stand an object with: {}.", keys.join(", "));
    Refusal::invalid("rule_shape", en, format!("此处须为对象，可用字段：{}。", keys.join("、"))).field(place)
}
pub fn event(place: &str) -> Refusal {
    let en = "Name an event, 1 to 50 events, or * for any.";
    Refusal::invalid("rule_event", en, "请填写事件名（1 到 50 个），或 * 表示任意事件。").field(place)
}
pub fn tests(place: &str, max: usize) -> Refusal {
    let en = format!("where is a list of up to {max} conditions on properties.");
    Refusal::invalid("rule_where", en, format!("where 为属性条件列表，最多 {max} 条。")).field(place)
}
pub fn property(place: &str) -> Refusal {
    Refusal::invalid("rule_where", "Name a property of the event.", "请填写事件属性名。").field(place)
}
pub fn property_value(place: &str) -> Refusal {
    let en = "eq and ne take a number, a text, or true and false; gt, gte, lt and lte a number or a text; in and nin a list of 1 to 500 texts or of numbers; contains a text; exists true or false.";
    let zh = "eq、ne 的值为数字、文本或是否；gt、gte、lt、lte 为数字或文本；in、nin 为 1 到 500 个文本（或数字）的列表；contains 为文本；exists 为 true 或 false。";
    Refusal::invalid("rule_where", en, zh).field(place)
}
pub fn times(place: &str) -> Refusal {
    let en = "One of times, days and sum, each with op (eq, ne, gt, gte, lt, lte) and value: a whole number from 0 to 1,000,000, for sum any number.";
    let zh =
        "times、days、sum 三选一，均含 op（eq、ne、gt、gte、lt、lte）与 value：0 到 1000000 的整数，sum 可为任意数字。";
    Refusal::invalid("rule_times", en, zh).field(place)
}
pub fn steps(place: &str, low: usize, high: usize) -> Refusal {
    let en = format!("A sequence has {low} to {high} steps.");
    Refusal::invalid("rule_steps", en, format!("行为序列须有 {low} 到 {high} 步。")).field(place)
}
pub fn window(place: &str) -> Refusal {
    let en = "A window is one of days, hours and minutes, from 1 minute to 366 days: {\"days\": 7}.";
    Refusal::invalid("rule_window", en, "时间窗口为 days、hours、minutes 之一，1 分钟到 366 天，如 {\"days\": 7}。")
        .field(place)
}
pub fn span(place: &str) -> Refusal {
    let en = "A span is last_days, or from and to, or ever: true.";
    Refusal::invalid("rule_span", en, "时间范围为 last_days，或 from 与 to，或 ever: true。").field(place)
}
pub fn span_days(place: &str, max: i64) -> Refusal {
    let en = format!("last_days is a whole number from 1 to {max}.");
    Refusal::invalid("rule_span", en, format!("last_days 为 1 到 {max} 的整数。")).field(place)
}
pub fn span_day(place: &str) -> Refusal {
    let en = "A day is written as 2026-03-31.";
    Refusal::invalid("rule_span", en, "日期格式为 2026-03-31。").field(place)
}
pub fn span_ends(place: &str) -> Refusal {
    Refusal::invalid("rule_span", "The span ends before it begins.", "时间范围的结束早于开始。").field(place)
}

pub fn audience_unknown() -> Refusal {
    Refusal::not_found("audience_unknown", "There is no such audience (any more).", "没有该人群包，或已被删除。")
}
pub fn audience_name(max: usize) -> Refusal {
    let en = format!("A name has 1 to {max} characters and no control characters.");
    Refusal::invalid("audience_name", en, format!("名称须为 1 到 {max} 个字符，且不含控制字符。")).field("name")
}
pub fn audience_description(max: usize) -> Refusal {
    let en = format!("A description has up to {max} characters.");
    Refusal::invalid("audience_description", en, format!("说明最多 {max} 个字符。")).field("description")
}
pub fn audience_limit(max: i64) -> Refusal {
    let en = format!("A workspace holds up to {max} audiences; delete those no longer used.");
    Refusal::conflict("audience_limit", en, format!("每个工作区最多 {max} 个人群包，请先删除不用的。"))
}
pub fn audience_fixed() -> Refusal {
    let en = "A frozen audience or a list has no rule; make a new audience.";
    Refusal::conflict("audience_fixed", en, "冻结人群与名单没有规则，请新建人群包。").field("rule")
}
pub fn audience_used(name: &str) -> Refusal {
    let en = format!("“{name}” asks for this audience; change or delete that first.");
    Refusal::conflict("audience_used", en, format!("“{name}”的规则引用了该人群包，请先修改或删除它。"))
}
pub fn audience_day(name: &str) -> Refusal {
    let en = format!("The audience “{name}” did not exist on that day.");
    Refusal::invalid("audience_day", en, format!("人群包“{name}”在该日尚不存在。")).field("day")
}
pub fn audience_span(max: i32) -> Refusal {
    let en = format!("Give a first and a last day, at most {max} days.");
    Refusal::invalid("audience_span", en, format!("请给出起止日期，最多 {max} 天。")).field("from")
}
pub fn rule_audience(place: &str, id: &str) -> Refusal {
    let id: String = id.chars().take(80).collect();
    Refusal::invalid(
        "rule_audience",
        format!("There is no audience {id} (any more)."),
        format!("人群包 {id} 不存在或已删除。"),
    )
    .field(format!("{place}.value"))
}
pub fn audience_cycle(place: &str, name: &str) -> Refusal {
    let en = format!("The audience “{name}” depends on this very rule; a rule may not depend on itself.");
    Refusal::invalid("rule_cycle", en, format!("人群包“{name}”的规则依赖本规则，规则不能循环引用。"))
        .field(format!("{place}.value"))
}
/// A refusal as it is kept with what it stopped.
pub fn stored(refusal: &Refusal) -> String {
    let parts = serde_json::json!({ "code": refusal.code, "field": refusal.field, "en": refusal.en, "zh": refusal.zh });
    parts.to_string()
}

pub fn reason_needed() -> Refusal {
    let en = "Give a reason of 1 to 500 characters.";
    Refusal::invalid("reason_needed", en, "请填写原因，1 到 500 个字符。").field("reason")
}
pub fn export_unknown() -> Refusal {
    Refusal::not_found("export_unknown", "There is no such export.", "没有该导出申请。")
}
pub fn export_own() -> Refusal {
    let en = "Somebody else must decide about an export: you asked for this one yourself.";
    Refusal::conflict("export_own", en, "导出须由他人审批，不能审批自己的申请。")
}
pub fn export_decided() -> Refusal {
    let en = "This export was approved or rejected before.";
    Refusal::conflict("export_decided", en, "该导出申请已审批过。")
}
pub fn export_not_yours() -> Refusal {
    let en = "Only whoever asked for an export may fetch its file.";
    Refusal::forbidden("export_not_yours", en, "只有申请人可以下载该导出文件。")
}
pub fn export_waiting() -> Refusal {
    let en = "This export waits for somebody's approval.";
    Refusal::conflict("export_waiting", en, "该导出申请尚待审批。")
}
pub fn export_rejected() -> Refusal {
    Refusal::conflict("export_rejected", "This export was rejected.", "该导出申请已被驳回。")
}
pub fn export_expired(days: i64) -> Refusal {
    let en = format!("A file may be fetched for {days} days after its approval; ask again.");
    Refusal::conflict("export_expired", en, format!("导出文件仅在审批后 {days} 天内可下载，请重新申请。"))
}
