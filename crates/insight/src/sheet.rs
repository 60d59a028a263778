//! A result as tables: what a workbook shows.
//!
//! Results are objects of numbers and lists; each list becomes a sheet, the numbers beside them the first one.

use crate::spec::{Ask, Measured, Spec};
use serde_json::{Map, Value};
use siyu_audience::Lang;

#[derive(Clone, Debug, PartialEq)]
pub struct Sheet {
    pub name: String,
    pub header: Vec<String>,
    pub rows: Vec<Vec<SheetCell>>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum SheetCell {
    Empty,
    Text(String),
    Int(i64),
    Float(f64),
    /// Minor units.
    Money(i64),
}

/// Sheets of one workbook.
const SHEETS_MAX: usize = 40;

/// Tables of an answer to `spec`.
pub fn sheets(spec: &Spec, answer: &Map<String, Value>, lang: Lang) -> Vec<Sheet> {
    let mut book = Book { money: money(spec), split: spec.frame.by.is_some(), lang, sheets: Vec::new() };
    book.result(answer, "");
    book.sheets.truncate(SHEETS_MAX);
    book.sheets
}

/// Keys whose whole numbers are minor units.
fn money(spec: &Spec) -> &'static [&'static str] {
    let amount = |property: &str| property == "amount";
    match &spec.ask {
        Ask::Attribution(_) | Ask::Rfm(_) | Ask::Lifecycle(_) | Ask::Stores(_) | Ask::Guides(_) => {
            &["value", "refunded"]
        }
        Ask::CohortValue(ask) if amount(&ask.value) => &["value"],
        Ask::Trend(ask) if matches!(&ask.measure, Measured::Sum(own) if amount(own)) => &["value", "total"],
        Ask::Distribution(ask) if matches!(&ask.measure, Measured::Sum(own) | Measured::Value(own) if amount(own)) => {
            &["from", "to", "total", "mean", "median", "p90"]
        }
        _ => &[],
    }
}

struct Book {
    money: &'static [&'static str],
    /// Groups are what the reader asked for: a null one is the rest.
    split: bool,
    lang: Lang,
    sheets: Vec<Sheet>,
}

impl Book {
    /// `suffix` marks the sheets of the period before.
    fn result(&mut self, result: &Map<String, Value>, suffix: &str) {
        let numbers: Vec<(String, &Value)> = flat(result).into_iter().filter(|(_, value)| !value.is_array()).collect();
        let rows = numbers.iter().map(|(key, value)| vec![SheetCell::Text(self.word(key)), self.cell(key, value)]);
        let rows: Vec<_> = rows.collect();
        let (name, value) = (self.word("summary"), self.word("value"));
        self.add(format!("{name}{suffix}"), vec![String::new(), value], rows);
        for (key, value) in result {
            match (key.as_str(), value) {
                ("before", Value::Object(before)) => {
                    let suffix = format!(" ({})", self.word("before"));
                    self.result(before, &suffix);
                }
                ("groups", Value::Array(groups)) => self.groups(groups, suffix),
                (_, Value::Array(items)) => {
                    let name = format!("{}{suffix}", self.word(key));
                    self.list(name, key, items.iter().map(|item| (None, item)).collect());
                }
                _ => {}
            }
        }
    }
    /// The same tables with the group in front; what a group says in plain numbers is one table.
    fn groups(&mut self, groups: &[Value], suffix: &str) {
        let groups: Vec<&Map<String, Value>> = groups.iter().filter_map(Value::as_object).collect();
        let tables = |own: &Map<String, Value>| -> Vec<String> {
            own.iter().filter(|(_, value)| holds_objects(value)).map(|(key, _)| key.clone()).collect()
        };
        let name = self.word("groups");
        let plain: Vec<Value> = groups
            .iter()
            .map(|own| {
                own.iter().filter(|(_, value)| !holds_objects(value)).map(|(k, v)| (k.clone(), v.clone())).collect()
            })
            .map(Value::Object)
            .collect();
        self.list(format!("{name}{suffix}"), "groups", plain.iter().map(|item| (None, item)).collect());
        for key in groups.first().map(|own| tables(own)).unwrap_or_default() {
            let items = groups.iter().flat_map(|own| {
                let group = own.get("group").unwrap_or(&Value::Null);
                own.get(&key).and_then(Value::as_array).into_iter().flatten().map(move |item| (Some(group), item))
            });
            let items = items.collect();
            self.list(format!("{} / {name}{suffix}", self.word(&key)), &key, items);
        }
    }
    fn list(&mut self, name: String, key: &str, items: Vec<(Option<&Value>, &Value)>) {
        if items.is_empty() {
            return;
        }
        let mut columns: Vec<String> = Vec::new();
        let mut rows: Vec<Vec<(usize, SheetCell)>> = Vec::with_capacity(items.len());
        for (group, item) in items {
            let mut row = Vec::new();
            let mut put = |name: &str, cell: SheetCell| {
                let at = columns.iter().position(|own| own == name).unwrap_or_else(|| {
                    columns.push(name.to_owned());
                    columns.len() - 1
                });
                row.push((at, cell));
            };
            if let Some(group) = group {
                put("group", self.cell("group", group));
            }
            match item {
                Value::Object(map) => {
                    for (name, value) in flat(map) {
                        match value {
                            Value::Array(list) => list.iter().enumerate().for_each(|(n, value)| {
                                put(&numbered(&name, n, value), self.inner(&name, value));
                            }),
                            value => put(&name, self.cell(&name, value)),
                        }
                    }
                }
                Value::Array(list) => list.iter().enumerate().for_each(|(n, value)| {
                    put(&numbered("", n, value), self.cell(key, value));
                }),
                value => put(key, self.cell(key, value)),
            }
            rows.push(row);
        }
        let header = columns.iter().map(|name| self.heading(name)).collect();
        let rows = rows.into_iter().map(|row| {
            let mut cells = vec![SheetCell::Empty; columns.len()];
            row.into_iter().for_each(|(at, cell)| cells[at] = cell);
            cells
        });
        let rows = rows.collect();
        self.add(name, header, rows);
    }
    fn add(&mut self, name: String, header: Vec<String>, rows: Vec<Vec<SheetCell>>) {
        self.sheets.push(Sheet { name, header, rows });
    }
    fn cell(&self, key: &str, value: &Value) -> SheetCell {
        let last = key.rsplit('.').next().unwrap_or(key);
        match value {
            Value::Null if last == "group" && self.split => SheetCell::Text(self.word("rest")),
            Value::Null | Value::Object(_) | Value::Array(_) => SheetCell::Empty,
            Value::Bool(flag) => SheetCell::Text(flag.to_string()),
            Value::String(text) => SheetCell::Text(text.clone()),
            Value::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(whole), _) if self.money.contains(&last) => SheetCell::Money(whole),
                (Some(whole), _) => SheetCell::Int(whole),
                (None, Some(number)) if self.money.contains(&last) => SheetCell::Money(number.round() as i64),
                (None, Some(number)) => SheetCell::Float(number),
                (None, None) => SheetCell::Text(number.to_string()),
            },
        }
    }
    /// A point of a series is its value.
    fn inner(&self, key: &str, value: &Value) -> SheetCell {
        match value.get("value") {
            Some(own) => self.cell("value", own),
            None => self.cell(key, value),
        }
    }
    /// `returned 3` in the reader's language.
    fn heading(&self, column: &str) -> String {
        match column.split_once(' ') {
            Some((key, rest)) => format!("{} {rest}", self.word(key)).trim().to_owned(),
            None => self.word(column),
        }
    }
    fn word(&self, key: &str) -> String {
        if self.lang == Lang::En {
            return key.replace(['_', '.'], " ");
        }
        let last = key.rsplit('.').next().unwrap_or(key);
        WORDS.iter().find(|(own, _)| *own == last).map_or_else(|| key.to_owned(), |(_, zh)| (*zh).to_owned())
    }
}

fn holds_objects(value: &Value) -> bool {
    value.as_array().is_some_and(|items| items.iter().any(|item| item.is_object() || item.is_array()))
}
/// Points of a series are columns by day; other lists are numbered from 1.
fn numbered(name: &str, at: usize, value: &Value) -> String {
    match value.get("day").and_then(Value::as_str) {
        Some(day) => format!("{name} {day}"),
        None => format!("{name} {}", at + 1),
    }
}
/// Objects inside are taken apart: `rule.orders`.
fn flat(map: &Map<String, Value>) -> Vec<(String, &Value)> {
    let mut out = Vec::new();
    for (key, value) in map {
        match value {
            Value::Object(inner) if key != "before" => {
                out.extend(flat(inner).into_iter().map(|(name, value)| (format!("{key}.{name}"), value)));
            }
            Value::Object(_) => {}
            value => out.push((key.clone(), value)),
        }
    }
    out
}

const WORDS: [(&str, &str); 96] = [
    ("aarrr", "AARRR 阶段"),
    ("active", "活跃人数"),
    ("against", "对比日期"),
    ("as_of", "数据截至"),
    ("average", "平均留存率"),
    ("before", "上一周期"),
    ("bins", "分布"),
    ("buyers", "购买人数"),
    ("by_event", "按事件"),
    ("by_hour", "按小时"),
    ("cells", "RFM 明细"),
    ("code", "代码"),
    ("cohorts", "同期群"),
    ("conversions", "转化数"),
    ("converted", "转化人数"),
    ("count", "次数"),
    ("cycle_days", "购买周期（天）"),
    ("dau", "日活"),
    ("day", "日期"),
    ("days", "天数"),
    ("entry", "首触人数"),
    ("event", "事件"),
    ("events", "事件数"),
    ("exit", "末触人数"),
    ("f", "F"),
    ("field", "位置"),
    ("flow", "流转"),
    ("fresh_seconds", "数据延迟（秒）"),
    ("from", "从"),
    ("from_seconds", "从（秒）"),
    ("grid", "RFM 九宫格"),
    ("group", "分组"),
    ("groups", "按分组"),
    ("hidden", "未显示"),
    ("key", "编号"),
    ("label", "名称"),
    ("links", "流向"),
    ("loyal", "忠诚客户"),
    ("m", "M"),
    ("mau", "月活"),
    ("mean", "平均值"),
    ("media", "触达媒介"),
    ("median", "中位数"),
    ("medium", "媒介"),
    ("model", "归因模型"),
    ("name", "名称"),
    ("new", "新增人数"),
    ("new_people", "新客人数"),
    ("node", "触点"),
    ("nodes", "触点"),
    ("none", "未归因"),
    ("of_first", "总转化率"),
    ("of_previous", "上一步转化率"),
    ("on", "日期"),
    ("orders", "订单数"),
    ("over_time", "趋势"),
    ("p25", "25 分位"),
    ("p75", "75 分位"),
    ("p90", "90 分位"),
    ("people", "人数"),
    ("points", "趋势"),
    ("r", "R"),
    ("reached", "到达人数"),
    ("recency_days", "平均距今天数"),
    ("refunded", "退款"),
    ("repeat_buyers", "复购人数"),
    ("repurchase_rate", "复购率"),
    ("rest", "其余"),
    ("returned", "留存"),
    ("returning", "回访人数"),
    ("routes", "路径"),
    ("rows", "明细"),
    ("rule", "规则"),
    ("sample", "样例客户"),
    ("seconds_median", "转化用时中位数（秒）"),
    ("segment", "分群"),
    ("segments", "分群"),
    ("series", "序列"),
    ("sessions", "会话数"),
    ("span", "时间范围"),
    ("stage", "阶段"),
    ("stages", "生命周期"),
    ("step", "步骤"),
    ("steps", "步骤"),
    ("stickiness", "黏性"),
    ("summary", "概览"),
    ("tier", "价值层级"),
    ("tiers", "价值层级"),
    ("to", "到"),
    ("to_seconds", "到（秒）"),
    ("total", "合计"),
    ("touch", "触点"),
    ("value", "数值"),
    ("warnings", "提示"),
    ("wau", "周活"),
    ("window", "归因窗口"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;
    use serde_json::json;

    fn book(kind: Kind, spec: Value, answer: Value, lang: Lang) -> Vec<Sheet> {
        let Value::Object(answer) = answer else { panic!() };
        sheets(&Spec::parse(kind, &spec).unwrap(), &answer, lang)
    }
    fn text(sheet: &Sheet) -> String {
        let cell = |cell: &SheetCell| match cell {
            SheetCell::Empty => "–".to_owned(),
            SheetCell::Text(text) => text.clone(),
            SheetCell::Int(n) => n.to_string(),
            SheetCell::Float(n) => n.to_string(),
            SheetCell::Money(n) => format!("${n}"),
        };
        let rows: Vec<String> =
            sheet.rows.iter().map(|row| row.iter().map(cell).collect::<Vec<_>>().join("|")).collect();
        format!("{}: {} / {}", sheet.name, sheet.header.join("|"), rows.join(" / "))
    }

    #[test]
    fn lists_become_sheets() {
        let answer = json!({"cohorts": [{"day": "2026-01-05", "people": 3, "returned": [3, 1]}, {"day": "2026-01-12", "people": 2, "returned": [2]}],
            "average": [1.0, 0.25], "groups": [{"group": null, "cohorts": [{"day": "2026-01-05", "people": 3, "returned": [3]}], "average": [1.0]}],
            "span": {"from": "2026-01-05", "to": "2026-01-18"}});
        let sheets = book(Kind::Retention, json!({"by": {"trait": "city"}}), answer.clone(), Lang::En);
        let shown: Vec<String> = sheets.iter().map(text).collect();
        assert_eq!(
            shown,
            [
                "summary: |value / span from|2026-01-05 / span to|2026-01-18",
                "average: average / 1 / 0.25",
                "cohorts: day|people|returned 1|returned 2 / 2026-01-05|3|3|1 / 2026-01-12|2|2|–",
                "groups: average 1|group / 1|rest",
                "cohorts / groups: group|day|people|returned 1 / rest|2026-01-05|3|3",
            ]
        );
        let zh = book(Kind::Retention, json!({}), answer, Lang::Zh);
        assert_eq!(text(&zh[2]).split(" / ").next(), Some("同期群: 日期|人数|留存 1|留存 2"));
    }

    #[test]
    fn money_is_told_from_numbers() {
        let spec = json!({"events": [{"event": "a"}], "measure": {"sum": "amount"}});
        let answer = json!({"series": [{"label": "a", "group": null, "points": [{"day": "2026-01-05", "value": 1250}], "total": 1250}], "before": {"series": []}});
        let sheets = book(Kind::Trend, spec, answer, Lang::En);
        assert_eq!(text(&sheets[2]), "series: group|label|points 2026-01-05|total / –|a|$1250|$1250");
        assert_eq!(sheets[1].name, "summary (before)");
    }
}
