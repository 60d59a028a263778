//! A rule as a sentence, for the lineage of the tags it gives.

use crate::fields::{Target, ValueType};
use crate::rule::{Cond, Op};
use crate::test::{flag_of, integer_of, text_of};
use serde_json::Value;
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
    pub fn cond(
        lang: Lang,
        target: &Target,
        cond: &Cond,
        currency: Currency,
        tag_name: impl Fn(&str) -> Option<String>,
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
            (_, _, Some(text)) if *target == Target::Tag => tag_name(&text).unwrap_or(text),
            (_, _, text) => text.unwrap_or_default(),
        };
        let value = match &cond.value {
            Value::Array(items) => items.iter().map(show).collect::<Vec<_>>().join(if zh { "、" } else { ", " }),
            single => show(single),
        };
        plain(format!("{label} {} {value}", sign(cond.op, zh)))
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
