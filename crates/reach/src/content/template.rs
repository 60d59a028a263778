//! Variables in texts: `{{ customer.name or "朋友" }}`, `{% if store.name %}…{% endif %}`.
//!
//! Whoever writes a template cannot do more with it than that: there are no loops, no arithmetic, no calls but the four filters, and a bound on
//! the work. Values are never read as templates.

use crate::refuse;
use minijinja::value::Value;
use minijinja::{Environment, ErrorKind};
use siyu_kernel::Refusal;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A variable that may be used.
pub struct Name {
    pub name: &'static str,
    pub zh: &'static str,
    pub en: &'static str,
    /// What it may look like.
    pub sample: &'static str,
}

const fn name(name: &'static str, zh: &'static str, en: &'static str, sample: &'static str) -> Name {
    Name { name, zh, en, sample }
}

pub const NAMES: &[Name] = &[
    name("customer.name", "客户昵称", "The customer's name in WeChat", "小满"),
    name("customer.title", "称呼：先生或女士", "Mr or Ms, in Chinese", "女士"),
    name("staff.name", "员工姓名", "Name of the member of staff", "林晓"),
    name("store.name", "门店名称", "Name of the store", "南京西路店"),
    name("brand.name", "品牌名称", "Name of the brand", "示例品牌"),
    name("channel", "渠道参数（state）", "The entrance's parameter (state)", "counter"),
    name("greeting", "时段问候：早上好、中午好、下午好、晚上好", "Good morning and the like, in Chinese", "下午好"),
];

/// A value is cut to so many characters: so a content that was saved fits whatever comes.
pub const VALUE_CHARS_MAX: usize = 32;
const TEMPLATE_BYTES_MAX: usize = 16_000;
/// Instructions of one rendering. A text of 16 KB takes a few hundred.
const FUEL: u64 = 20_000;

/// What variables stand for; those that are not known are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values(BTreeMap<&'static str, String>);

impl Values {
    /// `name` as in [`NAMES`]; others are passed over.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        if let Some(known) = NAMES.iter().find(|known| known.name == name) {
            let clean = value.chars().filter(|c| !c.is_control()).take(VALUE_CHARS_MAX).collect::<String>();
            self.0.insert(known.name, clean.trim().to_owned());
        }
        self
    }
    /// Whether nothing is known for this variable.
    pub fn is_empty(&self, name: &str) -> bool {
        self.0.get(name).is_none_or(String::is_empty)
    }
    /// For a place in HTML.
    #[must_use]
    pub fn escaped(&self) -> Self {
        let safe = |value: &String| {
            value
                .replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace('>', "&gt;")
                .replace('"', "&quot;")
                .replace('\'', "&#39;")
        };
        Self(self.0.iter().map(|(name, value)| (*name, safe(value))).collect())
    }
    pub fn samples() -> Self {
        NAMES.iter().fold(Self::default(), |all, name| all.with(name.name, name.sample))
    }
    /// As long as values can be.
    fn longest() -> Self {
        let value = "\u{2A6A5}".repeat(VALUE_CHARS_MAX);
        NAMES.iter().fold(Self::default(), |all, name| all.with(name.name, &value))
    }
    /// `customer.name` as `{customer: {name}}`.
    fn context(&self) -> Value {
        let mut parts: BTreeMap<String, BTreeMap<String, Value>> = BTreeMap::new();
        let mut all: BTreeMap<String, Value> = BTreeMap::new();
        for known in NAMES {
            let value = Value::from(self.0.get(known.name).cloned().unwrap_or_default());
            match known.name.split_once('.') {
                Some((part, name)) => drop(parts.entry(part.to_owned()).or_default().insert(name.to_owned(), value)),
                None => drop(all.insert(known.name.to_owned(), value)),
            }
        }
        all.extend(parts.into_iter().map(|(part, own)| (part, Value::from_pairs(own))));
        Value::from_pairs(all)
    }
}

fn environment() -> Environment<'static> {
    // Without the functions, filters and tests that a template engine brings along.
    let mut own = Environment::empty();
    own.set_fuel(Some(FUEL));
    own.set_recursion_limit(32);
    own.add_filter("default", |value: String, other: String| if value.is_empty() { other } else { value });
    own.add_filter("trim", |value: String| value.trim().to_owned());
    own.add_filter("upper", |value: String| value.to_uppercase());
    own.add_filter("lower", |value: String| value.to_lowercase());
    own
}

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(environment);

/// Of a template that was checked.
pub fn render(text: &str, values: &Values) -> Result<String, Refusal> {
    if !text.contains('{') {
        return Ok(text.to_owned());
    }
    let template = ENVIRONMENT.template_from_str(text).map_err(Refusal::internal)?;
    template.render(values.context()).map_err(Refusal::internal)
}

pub(super) fn mentions(text: &str, beginning: &str) -> bool {
    text.contains('{') && text.contains(beginning)
}

/// The variables a template mentions; none of one that is wrong.
pub fn variables(text: &str) -> Vec<String> {
    if !text.contains('{') {
        return Vec::new();
    }
    let template = ENVIRONMENT.template_from_str(text);
    template.map(|own| own.undeclared_variables(true).into_iter().collect()).unwrap_or_default()
}

/// Checks a template; answers the bytes its text may have at most.
pub(super) fn longest(field: &str, text: &str) -> Result<usize, Refusal> {
    longest_within(field, text, TEMPLATE_BYTES_MAX)
}
/// [`longest`], for places that take longer templates.
///
/// Errors: `content_template`, `content_variable`.
pub fn longest_within(field: &str, text: &str, max: usize) -> Result<usize, Refusal> {
    if text.len() > max {
        return Err(refuse::template(field, "The text is too long.", "文本过长。"));
    }
    // A longer one could be hidden behind a condition: then the parts together are the bound.
    guard(field, text)?;
    let template = ENVIRONMENT.template_from_str(text).map_err(|error| wrong(field, &error))?;
    let mut unknown: Vec<String> = template.undeclared_variables(true).into_iter().collect();
    unknown.retain(|name| NAMES.iter().all(|known| known.name != name));
    unknown.sort_unstable();
    if let Some(name) = unknown.first() {
        return Err(refuse::variable(field, name, nearest(name)));
    }
    let render = |values: Values| template.render(values.context()).map_err(|error| wrong(field, &error));
    let (full, bare) = (render(Values::longest())?, render(Values::default())?);
    let bound = full.len().max(bare.len());
    // With conditions any of the branches may come: all of their text counts.
    let conditional = text.contains("{%");
    Ok(if conditional { bound.max(outside(text) + text.matches("{{").count() * VALUE_CHARS_MAX * 4) } else { bound })
}

fn wrong(field: &str, error: &minijinja::Error) -> Refusal {
    let line = error.line().unwrap_or(1);
    if error.kind() == ErrorKind::OutOfFuel {
        return refuse::template(field, "The template does too much.", "模板过于复杂。");
    }
    if error.kind() == ErrorKind::UnknownFilter {
        let (en, zh) = ("Filters are default, trim, upper and lower.", "可用的过滤器：default、trim、upper、lower。");
        return refuse::template(field, en, zh);
    }
    let detail: String = error.detail().unwrap_or_default().chars().take(120).collect();
    refuse::template(
        field,
        format!("The variables are not written correctly (line {line}): {detail}"),
        format!("第 {line} 行的变量写法有误：{detail}"),
    )
}

/// The known name that looks most like it.
fn nearest(name: &str) -> &'static str {
    let far = |known: &Name| distance(known.name, name);
    NAMES.iter().min_by_key(|known| far(known)).map_or("customer.name", |known| known.name)
}

fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut before = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let changed = before + usize::from(x != *y);
            before = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(before + 1);
        }
    }
    row[b.len()]
}

/// Bytes of the text that stands outside of variables and conditions.
fn outside(text: &str) -> usize {
    let mut count = 0;
    let mut rest = text;
    while let Some(open) = rest.find("{{").into_iter().chain(rest.find("{%")).min() {
        count += open;
        let close = if rest[open..].starts_with("{{") { "}}" } else { "%}" };
        // Literals inside may be shown, too.
        let end = rest[open..].find(close).map_or(rest.len(), |end| open + end + 2);
        count += end - open;
        rest = &rest[end..];
    }
    count + rest.len()
}

/// Lets through variables with fallbacks, comparisons and conditions; no loops, calls, arithmetic or other statements.
fn guard(field: &str, text: &str) -> Result<(), Refusal> {
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        let code = match rest.as_bytes().get(open + 1) {
            Some(b'{') => "}}",
            Some(b'%') => "%}",
            Some(b'#') => {
                return Err(refuse::template(field, "Comments {# … #} are not taken.", "不支持 {# … #} 注释。"));
            }
            _ => {
                rest = &rest[open + 1..];
                continue;
            }
        };
        let inside = &rest[open + 2..];
        let Some(end) = code_end(inside, code) else {
            let (en, zh) = (format!("A {} is missing.", code), format!("缺少 {}。", code));
            return Err(refuse::template(field, en, zh));
        };
        let own = &inside[..end];
        check_code(own, code == "%}").map_err(|(en, zh)| refuse::template(field, en, zh))?;
        rest = &inside[end + 2..];
    }
    Ok(())
}

/// Where the code ends, literals passed over.
fn code_end(text: &str, close: &str) -> Option<usize> {
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match quote {
            Some(own) => {
                (quote, escaped) =
                    if escaped || c == '\\' { (quote, !escaped) } else { ((c != own).then_some(own), false) }
            }
            None if c == '"' || c == '\'' => quote = Some(c),
            None if text[at..].starts_with(close) => return Some(at),
            None => {}
        }
    }
    None
}

type Sentence = (&'static str, &'static str);
const TOO_MUCH: Sentence = (
    "Only variables, fallbacks (or), the filters default, trim, upper, lower, and {% if %} are taken.",
    "只支持变量、备用值（or）、过滤器 default、trim、upper、lower 和 {% if %}。",
);

fn check_code(code: &str, statement: bool) -> Result<(), Sentence> {
    let mut bare = String::with_capacity(code.len());
    let (mut quote, mut escaped) = (None, false);
    for c in code.chars() {
        match quote {
            Some(own) => {
                (quote, escaped) =
                    if escaped || c == '\\' { (quote, !escaped) } else { ((c != own).then_some(own), false) }
            }
            None if c == '"' || c == '\'' => quote = Some(c),
            None => bare.push(c),
        }
    }
    let trimmed = bare.trim_start_matches('-').trim_end_matches('-');
    if !trimmed.chars().all(|c| c.is_ascii_alphanumeric() || c.is_ascii_whitespace() || "_.|(),=!<>".contains(c)) {
        return Err(TOO_MUCH);
    }
    let words: Vec<&str> =
        trimmed.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).filter(|w| !w.is_empty()).collect();
    if statement && !matches!(words.first(), Some(&("if" | "elif" | "else" | "endif"))) {
        return Err(TOO_MUCH);
    }
    // Names the template engine gives by itself.
    if words.iter().any(|word| matches!(*word, "self" | "super" | "loop" | "caller")) {
        return Err(TOO_MUCH);
    }
    if words.len() > 64 || trimmed.matches('(').count() > 16 {
        return Err(TOO_MUCH);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_have_fallbacks() {
        let known = Values::default().with("customer.name", "小林").with("store.name", "西湖店");
        for (text, with, without) in [
            ("你好", "你好", "你好"),
            ("{{ customer.name or \"朋友\" }}，你好", "小林，你好", "朋友，你好"),
            ("{{ customer.name|default('朋友') }}", "小林", "朋友"),
            ("{% if store.name %}{{ store.name }}欢迎你{% else %}欢迎你{% endif %}", "西湖店欢迎你", "欢迎你"),
            ("{{ customer.name | upper }}{", "小林{", "{"),
            ("a{b}c }}", "a{b}c }}", "a{b}c }}"),
        ] {
            assert!(longest("text", text).is_ok(), "{text}");
            assert_eq!(render(text, &known).unwrap(), with);
            assert_eq!(render(text, &Values::default()).unwrap(), without);
        }
    }

    #[test]
    fn hostile_and_mistaken_templates_are_refused_before_they_are_saved() {
        for (text, code) in [
            ("{{ customer.nmae }}", "content_variable"),
            ("{{ custmer.name }}", "content_variable"),
            ("{{ customer }}", "content_variable"),
            ("{{ self }}", "content_template"),
            ("{{ customer.name.__class__ }}", "content_variable"),
            ("{{ customer.name", "content_template"),
            ("{{ customer.name }", "content_template"),
            ("{{ }}", "content_template"),
            ("{{ customer.name or }}", "content_template"),
            ("{% if customer.name %}x", "content_template"),
            ("{% for a in range(1000000000) %}{{ a }}{% endfor %}", "content_template"),
            ("{% set x = 1 %}", "content_template"),
            ("{% macro m() %}{{ m() }}{% endmacro %}", "content_template"),
            ("{% include 'x' %}", "content_template"),
            ("{{ 'x' * 1000000000 }}", "content_template"),
            ("{{ [1] + [2] }}", "content_template"),
            ("{{ customer['name'] }}", "content_template"),
            ("{{ customer.name | replace('a', 'aaaaaaaa') }}", "content_template"),
            ("{{ customer.name.upper() }}", "content_variable"),
            ("{{ '}}' }}{% raw %}{{ x }}{% endraw %}", "content_template"),
            ("{# hidden #}", "content_template"),
            ("{{ ((((((((((((((((((customer.name)))))))))))))))))) }}", "content_template"),
        ] {
            assert_eq!(longest("text", text).expect_err(text).code, code, "{text}");
        }
        let refusal = longest("text", "{{ customer.nmae }}").unwrap_err();
        assert!(refusal.zh.contains("customer.nmae") && refusal.zh.contains("customer.name"), "{}", refusal.zh);
        assert!(longest("text", &"{{ customer.name }}".repeat(1_000)).is_err());
    }

    #[test]
    fn a_value_is_text_and_nothing_else() {
        let hostile = Values::default().with("customer.name", "{{ brand.name }}\u{7}{% if 1 %}\n").with("nobody", "x");
        assert_eq!(render("{{ customer.name }}", &hostile).unwrap(), "{{ brand.name }}{% if 1 %}");
        let long = Values::default().with("customer.name", &"长".repeat(500));
        assert_eq!(render("{{ customer.name }}", &long).unwrap().chars().count(), VALUE_CHARS_MAX);
    }

    #[test]
    fn the_bound_holds_for_every_branch() {
        let text = "{% if customer.name == '小林' %}".to_owned() + &"长".repeat(100) + "{% endif %}";
        assert!(longest("text", &text).unwrap() >= 300);
        let values = Values::default().with("customer.name", "小林");
        assert!(render(&text, &values).unwrap().len() <= longest("text", &text).unwrap());
    }
}
