//! What providers tell us later: whether a message arrived, and what people answer.

use crate::assumptions::{OPT_IN, OPT_OUT};
use crate::client::text;
use crate::error::clipped;
use crate::phone::Phone;
use crate::provider::Provider;
use serde_json::{Value, json};
use siyu_kernel::Time;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Delivered,
    Failed,
    /// Neither said.
    Unknown,
}

/// What became of an accepted message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub provider: Provider,
    /// `BizId`, `SerialNo`: with the number it says which message is meant.
    pub message_id: String,
    pub phone: Phone,
    /// What we gave along, when the provider gives it back.
    pub out_id: String,
    pub state: State,
    /// The carrier's code as it came: `DELIVRD`, `UNDELIV`, `MK:0001`. There is no list of them.
    pub carrier: String,
    pub detail: String,
    pub at: Option<Time>,
    pub parts: Option<u32>,
}

impl Report {
    /// The same for the same news: pushes come again after a lost answer.
    pub fn identity(&self) -> String {
        format!("{}:{}:{}", self.provider.name(), self.message_id, self.phone.e164())
    }
}

/// What somebody has answered to a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub provider: Provider,
    pub phone: Phone,
    pub text: String,
    /// The signature it answers to.
    pub sign: String,
    /// Our own digits behind the sender's number.
    pub extend: String,
    pub at: Option<Time>,
    /// The provider's number of it, when it gives one.
    pub sequence: String,
}

impl Reply {
    pub fn identity(&self) -> String {
        let at = self.at.map_or(0, |at| at.0);
        match self.sequence.as_str() {
            "" => format!("{}:{}:{at}:{}", self.provider.name(), self.phone.e164(), self.text),
            sequence => format!("{}:{sequence}", self.provider.name()),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PushError {
    #[error("a push has at most 1 MB")]
    TooLarge,
    #[error("not JSON of the documented form")]
    Shape,
    #[error("a push has at most 5000 entries")]
    TooMany,
}

impl PushError {
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge => "sms_push_too_large",
            Self::Shape => "sms_push_malformed",
            Self::TooMany => "sms_push_too_many",
        }
    }
}

pub const PUSH_BYTES_MAX: usize = 1 << 20;
pub const PUSH_ENTRIES_MAX: usize = 5000;

/// One delivery of a provider. An entry that cannot be read is counted and passed over: the others would otherwise come again without end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Push {
    pub reports: Vec<Report>,
    pub replies: Vec<Reply>,
    pub skipped: usize,
}

impl Push {
    pub fn read(provider: Provider, body: &[u8]) -> Result<Self, PushError> {
        if body.len() > PUSH_BYTES_MAX {
            return Err(PushError::TooLarge);
        }
        let list = match serde_json::from_slice(body) {
            Ok(Value::Array(list)) => list,
            Ok(one @ Value::Object(_)) => vec![one],
            _ => return Err(PushError::Shape),
        };
        if list.len() > PUSH_ENTRIES_MAX {
            return Err(PushError::TooMany);
        }
        let mut push = Self::default();
        for one in &list {
            let (report, reply) = match provider {
                Provider::Aliyun if one.get("content").is_some() => (None, aliyun_reply(one)),
                Provider::Aliyun => (aliyun_report(one), None),
                Provider::Tencent if one.get("text").is_some() => (None, tencent_reply(one)),
                Provider::Tencent => (tencent_report(one), None),
            };
            push.skipped += usize::from(report.is_none() && reply.is_none());
            push.reports.extend(report);
            push.replies.extend(reply);
        }
        Ok(push)
    }
}

/// What Aliyun must hear, with status 200; else it comes again after 1, 5 and 10 minutes.
pub fn aliyun_answer() -> Value {
    json!({"code": 0, "msg": "接收成功"})
}

/// What Tencent Cloud must hear, with status 200.
pub fn tencent_answer() -> Value {
    json!({"result": 0, "errmsg": "OK"})
}

fn aliyun_report(one: &Value) -> Option<Report> {
    let message_id = text(one, "biz_id");
    let state = match &one["success"] {
        Value::Bool(true) => State::Delivered,
        Value::Bool(false) => State::Failed,
        Value::String(word) if word == "true" => State::Delivered,
        Value::String(word) if word == "false" => State::Failed,
        _ => return None,
    };
    (!message_id.is_empty()).then_some(())?;
    Some(Report {
        provider: Provider::Aliyun,
        message_id,
        phone: Phone::parse(&text(one, "phone_number")).ok()?,
        out_id: text(one, "out_id"),
        state,
        carrier: clipped(&text(one, "err_code")),
        detail: clipped(&text(one, "err_msg")),
        at: local(&text(one, "report_time")),
        parts: text(one, "sms_size").parse().ok(),
    })
}

fn aliyun_reply(one: &Value) -> Option<Reply> {
    Some(Reply {
        provider: Provider::Aliyun,
        phone: Phone::parse(&text(one, "phone_number")).ok()?,
        text: text(one, "content"),
        sign: text(one, "sign_name"),
        extend: text(one, "dest_code"),
        at: local(&text(one, "send_time")),
        sequence: text(one, "sequence_id"),
    })
}

fn tencent_report(one: &Value) -> Option<Report> {
    let message_id = text(one, "sid");
    (!message_id.is_empty()).then_some(())?;
    Some(Report {
        provider: Provider::Tencent,
        message_id,
        phone: tencent_phone(&text(one, "nationcode"), &text(one, "mobile"))?,
        out_id: text(one, "ext"),
        state: tencent_state(&text(one, "report_status"))?,
        carrier: clipped(&text(one, "errmsg")),
        detail: clipped(&text(one, "description")),
        at: local(&text(one, "user_receive_time")),
        parts: None,
    })
}

fn tencent_reply(one: &Value) -> Option<Reply> {
    Some(Reply {
        provider: Provider::Tencent,
        phone: tencent_phone(&text(one, "nationcode"), &text(one, "mobile"))?,
        text: text(one, "text"),
        sign: text(one, "sign"),
        extend: text(one, "extend"),
        at: seconds(&one["time"]),
        sequence: String::new(),
    })
}

pub(crate) fn pulled_report(one: &Value) -> Option<Report> {
    Some(Report {
        provider: Provider::Tencent,
        message_id: text(one, "SerialNo"),
        phone: tencent_phone(&text(one, "CountryCode"), &text(one, "SubscriberNumber"))
            .or_else(|| Phone::parse(&text(one, "PhoneNumber")).ok())?,
        out_id: text(one, "SessionContext"),
        state: tencent_state(&text(one, "ReportStatus")).unwrap_or(State::Unknown),
        carrier: String::new(),
        detail: clipped(&text(one, "Description")),
        at: seconds(&one["UserReceiveTime"]),
        parts: None,
    })
}

pub(crate) fn pulled_reply(one: &Value) -> Option<Reply> {
    Some(Reply {
        provider: Provider::Tencent,
        phone: tencent_phone(&text(one, "CountryCode"), &text(one, "SubscriberNumber"))
            .or_else(|| Phone::parse(&text(one, "PhoneNumber")).ok())?,
        text: text(one, "ReplyContent"),
        sign: text(one, "SignName"),
        extend: text(one, "ExtendCode"),
        at: seconds(&one["ReplyTime"]),
        sequence: String::new(),
    })
}

fn tencent_state(word: &str) -> Option<State> {
    match word {
        "SUCCESS" => Some(State::Delivered),
        "FAIL" => Some(State::Failed),
        _ => None,
    }
}

fn tencent_phone(country: &str, number: &str) -> Option<Phone> {
    if country.is_empty() || number.is_empty() || number.starts_with('+') {
        return Phone::parse(number).ok();
    }
    Phone::parse(&format!("+{}{number}", country.trim_start_matches('+'))).ok()
}

fn seconds(value: &Value) -> Option<Time> {
    let seconds = value.as_i64().or_else(|| value.as_str()?.parse().ok())?;
    Time(seconds.checked_mul(1_000_000)?).in_range().filter(|at| at.0 > 0)
}

/// `2026-03-03 10:00:04`, in Beijing, which knows no summer time.
pub(crate) fn local(text: &str) -> Option<Time> {
    let (day, time) = text.split_once(' ')?;
    Time::parse(&format!("{day}T{time}+08:00")).ok()
}

/// Whether an answer means "no more of this".
pub fn is_opt_out(reply: &str) -> bool {
    let word = bare(reply);
    OPT_OUT.contains(&word.as_str()) || ["退订", "拒收"].iter().any(|sign| word.starts_with(sign))
}

/// Whether an answer takes that back.
pub fn is_opt_in(reply: &str) -> bool {
    OPT_IN.contains(&bare(reply).as_str())
}

/// Upper case, half width, without spaces and marks around.
fn bare(text: &str) -> String {
    let fold = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        other => other,
    };
    text.chars().take(40).map(fold).filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}
