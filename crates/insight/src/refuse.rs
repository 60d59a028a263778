//! The sentences.

use siyu_kernel::Refusal;

fn cut(text: &str) -> String {
    text.chars().take(80).collect()
}

pub fn json(error: &serde_json::Error) -> Refusal {
    let (line, column) = (error.line(), error.column());
    Refusal::invalid(
        "spec_json",
        format!("The spec is no JSON (line {line}, column {column})."),
        format!("查询定义不是有效的 JSON（第 {line} 行第 {column} 列）。"),
    )
}
pub fn too_deep(line: usize, column: usize) -> Refusal {
    Refusal::invalid(
        "spec_deep",
        format!("The spec nests too deep (line {line}, column {column})."),
        format!("查询定义嵌套过深（第 {line} 行第 {column} 列）。"),
    )
}
pub fn kind(name: &str) -> Refusal {
    let (name, known) = (cut(name), crate::Kind::ALL.map(crate::Kind::name));
    Refusal::not_found(
        "spec_kind",
        format!("There is no analysis “{name}”; known are {}.", known.join(", ")),
        format!("没有名为“{name}”的分析。可用：{}。", known.join("、")),
    )
}
pub fn shape(place: &str, en: &str, zh: &str) -> Refusal {
    at("spec_shape", place, &format!("Here must stand {en}."), &format!("此处须为{zh}。"))
}
pub fn missing(place: &str) -> Refusal {
    at("spec_missing", place, "This part is needed.", "缺少该项。")
}
pub fn key(place: &str, keys: &[&str]) -> Refusal {
    let en = format!("This key is not known here; known are: {}.", keys.join(", "));
    at("spec_key", place, &en, &format!("此处没有该键。可用：{}。", keys.join("、")))
}
pub fn at(code: &'static str, place: &str, en: &str, zh: &str) -> Refusal {
    let refusal = Refusal::invalid(code, en, zh);
    if place.is_empty() { refusal } else { refusal.field(place) }
}
pub fn operator(place: &str) -> Refusal {
    let known = "eq, ne, gt, gte, lt, lte, in, nin, contains, exists";
    at("spec_operator", place, &format!("The operator is one of: {known}."), &format!("运算符须为以下之一：{known}。"))
}
pub fn value(place: &str, en: &str, zh: &str) -> Refusal {
    at("spec_value", place, &format!("The value must be {en}."), &format!("值须为{zh}。"))
}
pub fn window(place: &str) -> Refusal {
    at(
        "spec_window",
        place,
        "A duration is 1 minute to 366 days: {\"days\": 7}, {\"hours\": 1} or {\"minutes\": 30}.",
        "时长为 1 分钟到 366 天，如 {\"days\": 7}、{\"hours\": 1} 或 {\"minutes\": 30}。",
    )
}
pub fn span(place: &str, en: &str, zh: &str) -> Refusal {
    at("spec_span", place, en, zh)
}
pub fn cell(place: &str, en: &str, zh: &str) -> Refusal {
    at("spec_cell", place, en, zh)
}

/// Puts `prefix` before the place of a refusal: a spec inside a request stands under `spec`, a rule inside a spec under `among`.
pub fn under(prefix: &str, mut refusal: Refusal) -> Refusal {
    refusal.field = Some(match refusal.field {
        Some(place) if !place.is_empty() => crate::read::join(prefix, &place),
        _ => prefix.to_owned(),
    });
    refusal
}

/// The rule reader names places from `rule` on; here they go on from where the rule stands.
pub fn moved(mut refusal: Refusal, place: &str) -> Refusal {
    if let Some(field) = &refusal.field {
        let rest = field.strip_prefix("rule").unwrap_or(field);
        refusal.field = Some(if rest.is_empty() || rest.starts_with(['.', '[']) {
            format!("{place}{rest}")
        } else {
            crate::read::join(place, rest)
        });
    }
    refusal
}
