//! Variables of scripts: `{name}`, or `{name|friend}` with what stands there when nothing is known. Chinese and English names mean the same.

use crate::refuse;
use siyu_kernel::Refusal;

/// What a script may say of a customer and of who sends it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    pub name: Option<String>,
    pub guide: Option<String>,
    pub store: Option<String>,
    /// What was bought last, and how many days ago.
    pub product: Option<String>,
    pub days: Option<String>,
}

const NAMES: [(&str, &str); 5] =
    [("name", "称呼"), ("guide", "导购"), ("store", "门店"), ("product", "最近购买"), ("days", "天数")];

fn known(name: &str) -> Option<&'static str> {
    NAMES.iter().find(|(en, zh)| *en == name || *zh == name).map(|(en, _)| *en)
}

impl Words {
    fn of(&self, name: &str) -> Option<&str> {
        match name {
            "name" => self.name.as_deref(),
            "guide" => self.guide.as_deref(),
            "store" => self.store.as_deref(),
            "product" => self.product.as_deref(),
            _ => self.days.as_deref(),
        }
    }
}

/// Each `{…}` of a text: (its place, its name, what stands there when nothing is known).
fn holes(text: &str) -> Vec<(std::ops::Range<usize>, &str, Option<&str>)> {
    let (mut found, mut from) = (Vec::new(), 0);
    while let Some(open) = text[from..].find('{').map(|at| at + from) {
        let Some(close) = text[open..].find('}').map(|at| at + open) else { break };
        let inside = &text[open + 1..close];
        if inside.contains('{') {
            from = open + 1;
            continue;
        }
        let (name, rest) = inside.split_once('|').map_or((inside, None), |(name, rest)| (name, Some(rest)));
        found.push((open..close + 1, name.trim(), rest));
        from = close + 1;
    }
    found
}

/// Errors: `script_variable` for a name that is none.
pub(crate) fn check(text: &str) -> Result<(), Refusal> {
    match holes(text).into_iter().find(|(_, name, _)| known(name).is_none()) {
        None => Ok(()),
        Some((_, name, _)) => {
            let all: Vec<String> = NAMES.iter().map(|(en, zh)| format!("{{{zh}}} {{{en}}}")).collect();
            Err(refuse::variable(name, &all.join(", ")))
        }
    }
}

/// The text for one customer. What is unknown and has no fallback leaves no trace.
pub fn fill(text: &str, words: &Words) -> String {
    let (mut out, mut from) = (String::with_capacity(text.len()), 0);
    for (place, name, fallback) in holes(text) {
        let Some(name) = known(name) else { continue };
        out.push_str(&text[from..place.start]);
        let value = words.of(name).map(str::trim).filter(|value| !value.is_empty());
        out.push_str(value.or(fallback).unwrap_or_default());
        from = place.end;
    }
    out.push_str(&text[from..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words() -> Words {
        Words { name: Some("小林".into()), guide: Some("安".into()), product: Some("  ".into()), ..Words::default() }
    }

    #[test]
    fn a_script_is_filled_for_one_customer() {
        for (text, want) in [
            ("{称呼}您好，我是{guide}", "小林您好，我是安"),
            ("{最近购买|上次的宝贝}用得怎么样？", "上次的宝贝用得怎么样？"),
            ("来{门店}坐坐", "来坐坐"),
            ("{store|店里}见", "店里见"),
            ("{ name }", "小林"),
            ("没有变量", "没有变量"),
            ("{没关上", "{没关上"),
            ("{{name}}", "{小林}"),
            ("", ""),
        ] {
            assert_eq!(fill(text, &words()), want, "{text}");
        }
        // What a customer is called is no script.
        let sly = Words { name: Some("{store}".into()), store: Some("S".into()), ..Words::default() };
        assert_eq!(fill("{name}", &sly), "{store}");
    }

    #[test]
    fn unknown_variables_are_told_when_a_script_is_written() {
        assert!(check("{称呼|亲}，{days}天没见").is_ok());
        assert_eq!(check("{nickname}").unwrap_err().code, "script_variable");
    }
}
