//! Pages: a limit, and an opaque token that continues where the page ended.

use serde::Serialize;
use siyu_kernel::Refusal;

pub const LIMIT_MAX: usize = 200;

#[derive(Clone, Debug, Serialize)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Pass as `after` for the next page; none at the end.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// `items` holds one more than the limit when there is more.
    pub(crate) fn cut(mut items: Vec<T>, limit: usize, token: impl Fn(&T) -> String) -> Self {
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(token);
        Self { items, next }
    }
}

pub(crate) fn limit(asked: usize) -> usize {
    asked.clamp(1, LIMIT_MAX)
}
/// A token of two numbers.
pub(crate) fn token(first: i64, second: i64) -> String {
    format!("{first}.{second}")
}
pub(crate) fn parse(token: &str) -> Result<(i64, i64), Refusal> {
    let parsed = token.split_once('.').and_then(|(first, second)| Some((first.parse().ok()?, second.parse().ok()?)));
    parsed.ok_or_else(|| {
        Refusal::invalid(
            "page_token",
            "This page token is not one we gave out; start from the first page.",
            "分页标记无效，请从第一页重新开始。",
        )
        .field("after")
    })
}

/// A condition list and its parameters, numbered as they come.
#[derive(Default)]
pub(crate) struct Where<'a> {
    text: Vec<String>,
    pub params: Vec<siyu_db::Param<'a>>,
}

impl<'a> Where<'a> {
    /// The number the parameter is bound at.
    pub fn bind(&mut self, param: impl Into<siyu_db::Param<'a>>) -> usize {
        self.params.push(param.into());
        self.params.len()
    }
    pub fn and(&mut self, condition: impl Into<String>) {
        self.text.push(condition.into());
    }
    pub fn sql(&self) -> String {
        if self.text.is_empty() { String::new() } else { format!("WHERE {}", self.text.join(" AND ")) }
    }
}

/// A pattern for `LIKE … ESCAPE '!'` that finds the text anywhere, in any case.
pub(crate) fn containing(text: &str) -> String {
    let mut pattern = String::from("%");
    for c in text.trim().to_lowercase().chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}
