//! A rule as a sentence, for the lineage of the tags it gives.

use crate::deed::{Counted, Deed, EventSel, PropertyTest, Span, show_day};
use crate::fields::{Target, ValueType};
use crate::rule::{Cond, Op};
use crate::test::{flag_of, integer_of, text_of};
use serde_json::Value;
use siyu_behaviour::TestOp;
use siyu_behaviour::kernels::Compare;
use siyu_kernel::Currency;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    #[default]
    Zh,
    En,
}

/// Longer sentences end in an ellipsis.
const CHARS_MAX: usize = 300;

/// Text, and whether it must be bracketed inside another group.
pub(crate) struct Phrase {
    text: String,
    joined: bool,
}

impl Phrase {
    pub fn text(self) -> String {
        if self.text.chars().count() <= CHARS_MAX {
            return self.text;
        }
        self.text.chars().take(CHARS_MAX - 1).chain(['…']).collect()
    }
    pub fn group(lang: Lang, word: &str, items: Vec<Phrase>) -> Self {
        let zh = lang == Lang::Zh;
        let joint = match word {
            "all" if zh => " 且 ",
            "all" => " and ",
            _ if zh => " 或 ",
            _ => " or ",
        };
        let several = items.len() > 1;
        let bracketed = |item: Phrase| if item.joined && several { format!("({})", item.text) } else { item.text };
        let single_joined = items.len() == 1 && items[0].joined;
        let text = items.into_iter().map(bracketed).collect::<Vec<_>>().join(joint);
        if word == "not" {
            return Self { text: format!("{}({text})", if zh { "非" } else { "not " }), joined: false };
        }
        Self { text, joined: several || single_joined }
    }
    /// “下单 ≥ 2 次（最近 90 天）”.
    pub fn deed(lang: Lang, deed: &Deed) -> Self {
        let zh = lang == Lang::Zh;
        let (text, span) = match deed {
            Deed::Did { event, count, span } => (counted(event, count, zh), span),
            Deed::First { event, span } if zh => (format!("首次{}", named(event, zh)), span),
            Deed::First { event, span } => (format!("first {}", named(event, zh)), span),
            Deed::Last { event, span } if zh => (format!("最近一次{}", named(event, zh)), span),
            Deed::Last { event, span } => (format!("last {}", named(event, zh)), span),
            Deed::Sequence { steps, window, span } => {
                let steps: Vec<String> = steps.iter().map(|step| named(step, zh)).collect();
                let within = lasting(*window, zh);
                let text = if zh {
                    format!("{within}内依次 {}", steps.join(" → "))
                } else {
                    format!("{} within {within}", steps.join(" → "))
                };
                (text, span)
            }
        };
        let when = match (span, zh) {
            (Span::Ever, true) => "（历史至今）".to_owned(),
            (Span::Ever, false) => " (ever)".to_owned(),
            (Span::LastDays(days), true) => format!("（最近 {days} 天）"),
            (Span::LastDays(days), false) => format!(" (last {days} days)"),
            (Span::Days { from, to }, true) => format!("（{} 至 {}）", show_day(*from), show_day(*to)),
            (Span::Days { from, to }, false) => format!(" ({} to {})", show_day(*from), show_day(*to)),
        };
        Self { text: format!("{text}{when}"), joined: false }
    }
    pub fn cond(
        lang: Lang,
        target: &Target,
        cond: &Cond,
        currency: Currency,
        named_as: impl Fn(&str) -> Option<String>,
    ) -> Self {
        let zh = lang == Lang::Zh;
        let labels = target.labels();
        let label = if zh { labels.0 } else { labels.1 };
        let plain = |text| Self { text, joined: false };
        if cond.op == Op::Exists || matches!(target, Target::Has(_)) {
            let wanted = flag_of(&cond.value).unwrap_or(true);
            let has = match (target, zh) {
                (Target::Has(_), _) => label,
                (_, true) => format!("有{label}"),
                (_, false) => format!("has {label}"),
            };
            return plain(if wanted { has } else { format!("{}({has})", if zh { "非" } else { "not " }) });
        }
        let show = |value: &Value| match (target.value_type(), integer_of(value), text_of(value)) {
            (ValueType::Money, Some(minor), _) => money(minor, currency),
            (_, _, Some(text)) if matches!(target, Target::Tag | Target::Audience) => named_as(&text).unwrap_or(text),
            (_, _, text) => text.unwrap_or_default(),
        };
        let value = match &cond.value {
            Value::Array(items) => items.iter().map(show).collect::<Vec<_>>().join(if zh { "、" } else { ", " }),
            single => show(single),
        };
        plain(format!("{label} {} {value}", sign(cond.op, zh)))
    }
}

/// The label, or the events and what is asked of their properties.
fn named(event: &EventSel, zh: bool) -> String {
    if let Some(label) = &event.label {
        return label.clone();
    }
    let any = if zh { "任意行为" } else { "anything" };
    let names = if event.events.is_empty() { any.to_owned() } else { event.events.join(if zh { "、" } else { ", " }) };
    if event.tests.is_empty() {
        return names;
    }
    let test = |test: &PropertyTest| {
        let value = match &test.value {
            Value::Array(items) => {
                items.iter().filter_map(text_of).collect::<Vec<_>>().join(if zh { "、" } else { ", " })
            }
            single => text_of(single).unwrap_or_default(),
        };
        format!("{} {} {value}", test.property, property_sign(test.op))
    };
    format!("{names}[{}]", event.tests.iter().map(test).collect::<Vec<_>>().join(", "))
}
fn counted(event: &EventSel, count: &Counted, zh: bool) -> String {
    let name = named(event, zh);
    match count {
        Counted::Times(Compare::Eq, 0) if zh => format!("未{name}"),
        Counted::Times(Compare::Eq, 0) => format!("no {name}"),
        Counted::Times(op, n) if zh => format!("{name} {} {n} 次", compare_sign(*op)),
        Counted::Times(op, n) => format!("{name} {} {n} times", compare_sign(*op)),
        Counted::Days(op, n) if zh => format!("{name} {} {n} 天", compare_sign(*op)),
        Counted::Days(op, n) => format!("{name} on {} {n} days", compare_sign(*op)),
        Counted::Sum { property, op, value } if zh => {
            format!("{name} 的 {property} 合计 {} {value}", compare_sign(*op))
        }
        Counted::Sum { property, op, value } => format!("{name}, sum of {property} {} {value}", compare_sign(*op)),
    }
}
fn lasting(minutes: i64, zh: bool) -> String {
    let (n, unit_zh, unit) = match minutes {
        minutes if minutes % 1_440 == 0 => (minutes / 1_440, "天", "days"),
        minutes if minutes % 60 == 0 => (minutes / 60, "小时", "hours"),
        minutes => (minutes, "分钟", "minutes"),
    };
    if zh { format!("{n} {unit_zh}") } else { format!("{n} {unit}") }
}
fn compare_sign(op: Compare) -> &'static str {
    match op {
        Compare::Eq => "=",
        Compare::Ne => "≠",
        Compare::Gt => ">",
        Compare::Gte => "≥",
        Compare::Lt => "<",
        Compare::Lte => "≤",
    }
}
fn property_sign(op: TestOp) -> &'static str {
    match op {
        TestOp::Eq | TestOp::In => "=",
        TestOp::Ne | TestOp::Nin => "≠",
        TestOp::Gt => ">",
        TestOp::Gte => "≥",
        TestOp::Lt => "<",
        TestOp::Lte => "≤",
        TestOp::Contains => "~",
        TestOp::Exists => "?",
    }
}

fn sign(op: Op, zh: bool) -> &'static str {
    match op {
        Op::Eq => "=",
        Op::Ne => "≠",
        Op::Gt => ">",
        Op::Gte => "≥",
        Op::Lt => "<",
        Op::Lte => "≤",
        Op::In if zh => "属于",
        Op::In => "is one of",
        Op::Contains if zh => "包含",
        Op::Contains | Op::Exists => "contains",
    }
}

fn money(minor: i64, currency: Currency) -> String {
    let amount = siyu_kernel::Decimal::new(i128::from(minor), currency.digits());
    format!("{amount} {}", currency.code())
}
