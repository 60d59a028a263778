//! One shape for everything that a call may end in.

use crate::codes::{self, Act, Code};
use siyu_kernel::{Class, Refusal, Time};
use std::fmt;

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A call that did not end well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The path of the call, without address and token.
    pub call: &'static str,
    pub kind: Kind,
    /// What WeCom or the network said, without secrets. For the log and the detail of a page; only codes are to be matched.
    pub detail: String,
    pub retry: Retry,
    /// An earlier attempt of this call, whose answer was lost, may have been carried out: this answer may speak of what it did.
    pub maybe_before: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// WeCom answered with this code, which is not 0.
    Refused(i64),
    /// No connection came about: nothing was sent.
    Unreachable,
    /// It was sent and no answer came in time: whether it was done is not known.
    TimedOut,
    /// The connection broke in the middle: whether it was done is not known.
    Broken,
    /// An answer without JSON and with this HTTP status: a proxy, an outage, a wrong base address.
    Http(u16),
    /// JSON of another shape than documented.
    Shape,
    /// Our own limits: it would have to wait longer than the caller can.
    Limited,
    /// The input breaks a documented limit; nothing was sent.
    Invalid,
    /// A list that comes back to a page it has shown before.
    CursorRepeats,
    /// The place where tokens are shared between processes does not work.
    TokenStore,
}

/// Whether and when to try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    Never,
    /// Safe to repeat after so many milliseconds.
    AfterMs(u64),
    /// Not before this instant.
    At(Time),
    /// It may have been done: look before repeating.
    LookFirst,
    /// When somebody has changed a setting.
    WhenFixed,
    /// With a fresh upload, login or ticket.
    WithFresh,
}

impl Error {
    pub(crate) fn new(call: &'static str, kind: Kind, retry: Retry, detail: impl fmt::Display) -> Self {
        Self { call, kind, retry, detail: scrubbed(&detail.to_string()), maybe_before: false }
    }
    pub(crate) fn invalid(call: &'static str, detail: impl fmt::Display) -> Self {
        Self::new(call, Kind::Invalid, Retry::Never, detail)
    }
    /// The code WeCom gave, when it gave one.
    pub fn code(&self) -> Option<i64> {
        match self.kind {
            Kind::Refused(code) => Some(code),
            _ => None,
        }
    }
    pub(crate) fn entry(&self) -> Option<&'static Code> {
        self.code().map(codes::of)
    }
    /// Stable, for programs and metrics.
    pub fn name(&self) -> &'static str {
        match self.kind {
            Kind::Refused(code) => codes::of(code).name,
            Kind::Unreachable => "wecom_unreachable",
            Kind::TimedOut => "wecom_timed_out",
            Kind::Broken => "wecom_broken",
            Kind::Http(_) => "wecom_http",
            Kind::Shape => "wecom_shape",
            Kind::Limited => "wecom_limited",
            Kind::Invalid => "wecom_invalid_input",
            Kind::CursorRepeats => "wecom_cursor_repeats",
            Kind::TokenStore => "wecom_token_store",
        }
    }
    pub fn meaning_en(&self) -> &'static str {
        self.sentences().0
    }
    pub fn meaning_zh(&self) -> &'static str {
        self.sentences().1
    }
    pub fn advice_en(&self) -> &'static str {
        self.sentences().2
    }
    pub fn advice_zh(&self) -> &'static str {
        self.sentences().3
    }
    /// Whether repeating the same call later can succeed without anybody doing anything and without doing it twice.
    pub fn is_retryable(&self) -> bool {
        matches!(self.retry, Retry::AfterMs(_) | Retry::At(_))
    }
    /// Whether what was wanted is already so.
    pub fn is_done(&self) -> bool {
        self.entry().is_some_and(|entry| entry.act == Act::Done)
    }
    /// Whether a person has to change a setting first.
    pub fn needs_a_hand(&self) -> bool {
        self.retry == Retry::WhenFixed
    }
    /// Whether the employee and the customer have lost each other.
    pub fn is_relation_lost(&self) -> bool {
        self.code() == Some(84061)
    }

    fn sentences(&self) -> (&'static str, &'static str, &'static str, &'static str) {
        match self.kind {
            Kind::Refused(code) => {
                let entry = codes::of(code);
                (entry.en, entry.zh, entry.advice_en(), entry.advice_zh())
            }
            Kind::Unreachable => (
                "WeCom cannot be reached.",
                "无法连接企业微信。",
                "Check this server's network and name resolution.",
                "请检查服务器网络与域名解析。",
            ),
            Kind::TimedOut | Kind::Broken => (
                "WeCom did not answer; it may have done what was asked.",
                "企业微信未响应，操作可能已执行。",
                "Look whether it was done before repeating something that creates.",
                "创建类操作请先确认是否已执行，再重试。",
            ),
            Kind::Http(_) => (
                "The answer did not come from WeCom's API.",
                "返回内容不是企业微信接口的结果。",
                "Check the base address and any proxy in between.",
                "请检查接口地址与中间代理。",
            ),
            Kind::Shape => (
                "WeCom answered in a form that is not documented.",
                "企业微信返回了未知的数据结构。",
                "Report this with the detail.",
                "请将详情反馈给开发者。",
            ),
            Kind::Limited => (
                "The call waits for its turn below WeCom's limits.",
                "为不超过企业微信频率限制，调用正在排队。",
                "It goes on by itself.",
                "系统会自动继续。",
            ),
            Kind::Invalid => (
                "The input breaks one of WeCom's limits.",
                "内容超出企业微信的限制。",
                "Correct the input.",
                "请修正内容。",
            ),
            Kind::CursorRepeats => (
                "WeCom's list does not end.",
                "企业微信的分页列表异常重复。",
                "Start the list again later.",
                "请稍后重新拉取。",
            ),
            Kind::TokenStore => (
                "The store of shared tokens does not work.",
                "共享凭证存储异常。",
                "Check the database.",
                "请检查数据库。",
            ),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} {}", self.call, self.name(), self.detail)
    }
}

impl std::error::Error for Error {}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let class = match (error.kind, error.retry) {
            (Kind::Invalid, _) | (Kind::Refused(_), Retry::Never | Retry::WithFresh) => Class::Invalid,
            (Kind::Limited, _) | (Kind::Refused(_), Retry::AfterMs(_) | Retry::At(_)) => Class::Busy,
            (Kind::Shape | Kind::CursorRepeats, _) => Class::Internal,
            _ => Class::Unavailable,
        };
        let en = format!("{} {}", error.meaning_en(), error.advice_en());
        let zh = format!("{}{}", error.meaning_zh(), error.advice_zh());
        Refusal::new(class, error.name(), en, zh).because(error)
    }
}

/// Bounds a foreign text and takes out what must not be in a log.
fn scrubbed(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) =
        ["access_token=", "corpsecret=", "ticket="].iter().filter_map(|key| Some(rest.find(key)? + key.len())).min()
    {
        out.push_str(&rest[..at]);
        out.push('…');
        let end = rest[at..].find(|c: char| c == '&' || c == '"' || c.is_whitespace()).unwrap_or(rest.len() - at);
        rest = &rest[at + end..];
    }
    out.push_str(rest);
    out.chars().take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_do_not_reach_the_log() {
        let text = "GET /cgi-bin/gettoken?corpid=ww1&corpsecret=TOPSECRET then x?access_token=ABC&debug=1 \"ticket=T\"";
        let error = Error::new("gettoken", Kind::Broken, Retry::Never, text);
        assert!(!error.detail.contains("TOPSECRET") && !error.detail.contains("ABC") && !error.detail.contains("=T\""));
        assert!(error.detail.contains("debug=1"));
    }
}
