//! One shape for everything that a message may end in.

use siyu_kernel::{Class, Refusal, Time};
use std::fmt;

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What follows from a meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// The server has not taken it: again after so many seconds.
    After(i64),
    /// The server may have taken it.
    Look,
    /// Somebody must change a setting; it stops all mail.
    Stopped,
    /// This message will never be accepted.
    Input,
    /// This address must get nothing more.
    Suppress,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Meaning {
    /// Stable, for programs and metrics.
    pub name: &'static str,
    pub act: Act,
    pub en: &'static str,
    pub zh: &'static str,
    pub advice_en: &'static str,
    pub advice_zh: &'static str,
}

pub(crate) mod meanings {
    use super::Act::*;
    use super::Meaning;

    macro_rules! meanings {
        ($($id:ident $name:literal $act:expr, $en:literal, $zh:literal, $advice_en:literal, $advice_zh:literal;)+) => {
            $(pub static $id: Meaning = Meaning { name: $name, act: $act, en: $en, zh: $zh, advice_en: $advice_en, advice_zh: $advice_zh };)+
            /// Every meaning, for a page that explains them.
            pub static ALL: &[&Meaning] = &[$(&$id),+];
        };
    }

    meanings! {
        UNREACHABLE "mail_unreachable" After(60), "The mail server cannot be reached; nothing was sent.", "无法连接邮件服务器，未发送。",
            "Check host, port and this server's network; many networks close port 25.", "请检查服务器地址、端口与网络；许多网络封禁 25 端口。";
        TLS_FAILED "mail_tls_failed" Stopped, "The connection cannot be made secure.", "无法建立加密连接。",
            "Check that host and certificate agree, and whether the port is for TLS at once (465) or STARTTLS (587).", "请核对主机名与证书是否一致，以及端口对应的加密方式（465 直接加密，587 STARTTLS）。";
        STARTTLS_MISSING "mail_starttls_missing" Stopped, "The server offers no STARTTLS on this port.", "该端口不支持 STARTTLS。",
            "Use the port for TLS at once, usually 465.", "请改用直接加密端口，通常为 465。";
        AUTH_REFUSED "mail_auth_refused" Stopped, "User name or password is wrong.", "邮箱账号或密码（授权码）错误。",
            "Many providers want an authorisation code of its own instead of the account's password.", "许多邮箱服务商要求使用独立的“授权码”而不是登录密码。";
        AUTH_UNSUPPORTED "mail_auth_unsupported" Stopped, "The server offers no way to log in that we know.", "服务器不支持可用的登录方式。",
            "Log in is possible with PLAIN or LOGIN after the connection is secure.", "仅支持加密连接上的 PLAIN 或 LOGIN 登录。";
        SENDER_REFUSED "mail_sender_refused" Stopped, "The server does not take mail of this sender.", "服务器拒绝该发件人。",
            "Use the account's own address or one that the provider has verified.", "请使用该账号自己的地址，或先在服务商处验证发件域名。";
        SERVER_REFUSED "mail_server_refused" Stopped, "The server does not speak with this computer.", "服务器拒绝本机连接。",
            "Its answer says why; often the address of this server is on a block list.", "请查看服务器答复，常见原因是本机 IP 在黑名单中。";
        BUSY "mail_busy" After(60), "The server is busy.", "邮件服务器繁忙。",
            "It is tried again by itself.", "系统会自动重试。";
        DEFERRED "mail_deferred" After(300), "The server asks to try later.", "服务器要求稍后重试。",
            "It is tried again by itself.", "系统会自动重试。";
        MAILBOX_FULL "mail_mailbox_full" After(4 * 3600), "The receiver's mailbox is full.", "收件人邮箱已满。",
            "It is tried again by itself for a while.", "系统会自动重试一段时间。";
        NO_MAILBOX "mail_no_mailbox" Suppress, "There is no such mailbox.", "收件地址不存在。",
            "Nothing more is sent to it; ask the customer for another address.", "系统不再向该地址发送，请向客户核实邮箱。";
        NO_DOMAIN "mail_no_domain" Input, "The address's domain takes no mail.", "收件域名无法接收邮件。",
            "Look for a mistake in writing.", "请检查地址是否拼写错误。";
        RECIPIENT_REFUSED "mail_recipient_refused" Input, "The server does not take mail for this receiver.", "服务器拒绝该收件人。",
            "The detail says why.", "请查看详情。";
        POLICY_REFUSED "mail_policy_refused" Input, "The message was refused as unwanted or unauthenticated.", "邮件被判定为垃圾邮件或未通过身份验证。",
            "Check SPF, DKIM and DMARC of the sender's domain, and the content.", "请检查发件域名的 SPF、DKIM、DMARC 记录与邮件内容。";
        TOO_LARGE "mail_too_large" Input, "The message is too large.", "邮件过大。",
            "Use smaller pictures, or links instead of files.", "请压缩图片，或用链接代替附件。";
        MESSAGE_REFUSED "mail_message_refused" Input, "The server refused the message.", "服务器拒绝该邮件。",
            "The detail says why.", "请查看详情。";
        OUTCOME_UNKNOWN "mail_outcome_unknown" Look, "No answer came at the end; the server may have taken the message.", "发送末尾未收到答复，服务器可能已接收。",
            "Look into the provider's sent mail before sending it again.", "请先在服务商发送记录中确认，再决定是否重发。";
        LIMITED "mail_limited" After(60), "The message waits for its turn below the set rate.", "按设定的发送速率排队中。",
            "It goes on by itself.", "系统会自动继续。";
        PLAINTEXT_LOGIN "mail_plaintext_login" Stopped, "A password would be sent without encryption.", "密码将以明文发送。",
            "Choose TLS or STARTTLS.", "请选择 TLS 或 STARTTLS。";
        SETTING_WRONG "mail_setting_wrong" Stopped, "A setting of the mail server is malformed.", "邮件服务器设置格式不正确。",
            "Correct the setting that the detail names.", "请修正详情中提到的设置。";
        HEADER_REFUSED "mail_header_refused" Input, "A line break or control character stands in a header.", "邮件头中含有换行或控制字符。",
            "Remove it from the field that the detail names.", "请从详情所指的字段中去除。";
        CONTENT_MISSING "mail_content_missing" Input, "The message has no subject or no text.", "邮件缺少主题或正文。",
            "Write both.", "请填写主题与正文。";
        UNSUBSCRIBE_MISSING "mail_unsubscribe_missing" Input, "A marketing message has no way to unsubscribe.", "营销邮件缺少退订方式。",
            "Give it the https address for unsubscribing.", "请提供 https 退订地址。";
        FILE_REFUSED "mail_file_refused" Input, "A picture or file breaks a limit.", "图片或附件不符合限制。",
            "The detail names it and the limit.", "请查看详情中的文件与限制。";
    }
}

pub use meanings::ALL;
use meanings::*;

/// A message or a check that did not end well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    pub meaning: &'static Meaning,
    /// What the server or the network said, without addresses and secrets. For the log and the detail of a page.
    pub detail: String,
    pub retry: Retry,
}

/// Whether and when to try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    Never,
    /// Safe to repeat, not before this instant.
    At(Time),
    /// It may have been taken.
    LookFirst,
    /// When somebody has changed a setting.
    WhenFixed,
}

impl Error {
    pub(crate) fn new(meaning: &'static Meaning, detail: impl fmt::Display, now: Time) -> Self {
        let retry = match meaning.act {
            Act::After(seconds) => Retry::At(now.plus_seconds(seconds)),
            Act::Look => Retry::LookFirst,
            Act::Stopped => Retry::WhenFixed,
            Act::Input | Act::Suppress => Retry::Never,
        };
        Self { meaning, detail: clipped(&detail.to_string()), retry }
    }
    /// For input, which no time changes.
    pub(crate) fn input(meaning: &'static Meaning, detail: impl fmt::Display) -> Self {
        Self::new(meaning, detail, Time(0))
    }
    #[must_use]
    pub(crate) fn not_before(mut self, at: Time) -> Self {
        self.retry = Retry::At(at);
        self
    }
    /// Stable, for programs and metrics.
    pub fn name(&self) -> &'static str {
        self.meaning.name
    }
    pub fn is_retryable(&self) -> bool {
        matches!(self.retry, Retry::At(_))
    }
    pub fn outcome_unknown(&self) -> bool {
        self.meaning == &OUTCOME_UNKNOWN
    }
    /// Whether this address must get nothing more.
    pub fn suppresses(&self) -> bool {
        self.meaning.act == Act::Suppress
    }
    /// Whether a person has to change a setting first: no other mail would go either.
    pub fn needs_a_hand(&self) -> bool {
        self.retry == Retry::WhenFixed
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name(), self.detail)
    }
}

impl std::error::Error for Error {}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let class = match error.meaning.act {
            Act::Input | Act::Suppress => Class::Invalid,
            Act::After(_) if error.meaning == &LIMITED => Class::Busy,
            Act::After(_) | Act::Look | Act::Stopped => Class::Unavailable,
        };
        let en = format!("{} {}", error.meaning.en, error.meaning.advice_en);
        let zh = format!("{}{}", error.meaning.zh, error.meaning.advice_zh);
        Refusal::new(class, error.name(), en, zh).because(error)
    }
}

/// Where in the conversation a server refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Greeting,
    Login,
    Sender,
    Recipient,
    Content,
}

/// What an answer of a server means: its code, its enhanced status (RFC 3463) when it gives one, its words.
pub fn meaning_of(step: Step, code: u16, words: &str) -> &'static Meaning {
    let status = enhanced(words).filter(|status| u16::from(status.0) == code / 100);
    if code / 100 == 4 {
        return match (step, status) {
            (_, Some((_, 2, 2))) => &MAILBOX_FULL,
            _ if code == 421 => &BUSY,
            (Step::Greeting | Step::Login, _) => &BUSY,
            (_, Some((_, 3, _))) => &BUSY,
            _ => &DEFERRED,
        };
    }
    if matches!(code, 530 | 534 | 535 | 538) {
        return &AUTH_REFUSED;
    }
    match (step, status) {
        (Step::Greeting, _) => &SERVER_REFUSED,
        (Step::Login, _) => &AUTH_REFUSED,
        (Step::Sender, Some((_, 3, 4))) => &TOO_LARGE,
        (Step::Sender, _) => &SENDER_REFUSED,
        (_, Some(status)) => of_status(status, words).unwrap_or(if step == Step::Recipient {
            &RECIPIENT_REFUSED
        } else {
            &MESSAGE_REFUSED
        }),
        (Step::Recipient, None) if code == 552 => &MAILBOX_FULL,
        (Step::Recipient, None) if is_unknown_user(words) => &NO_MAILBOX,
        (Step::Recipient, None) => &RECIPIENT_REFUSED,
        (Step::Content, None) if code == 552 => &TOO_LARGE,
        (Step::Content, None) if is_unwanted(words) => &POLICY_REFUSED,
        (Step::Content, None) => &MESSAGE_REFUSED,
    }
}

/// What an enhanced status means, for answers and for bounces alike.
pub(crate) fn of_status(status: (u8, u16, u16), words: &str) -> Option<&'static Meaning> {
    let (class, subject, detail) = status;
    Some(match (subject, detail) {
        (2, 2) => &MAILBOX_FULL,
        _ if class == 4 => &DEFERRED,
        (1, 1 | 6) | (2, 1) => &NO_MAILBOX,
        (1, 2 | 3 | 10) | (4, 4) => &NO_DOMAIN,
        // Some say "relaying denied" and mean that they know nobody of that name.
        (1, 0) | (0, 0) | (7, 1) | (5, 0) if is_unknown_user(words) => &NO_MAILBOX,
        (2, 3) | (3, 4) => &TOO_LARGE,
        (7, 8) => &AUTH_REFUSED,
        (7, _) => &POLICY_REFUSED,
        (0, 0) if is_unwanted(words) => &POLICY_REFUSED,
        (6, _) => &MESSAGE_REFUSED,
        _ => return None,
    })
}

/// The first `5.1.1` of a text.
pub(crate) fn enhanced(words: &str) -> Option<(u8, u16, u16)> {
    words.split(|c: char| !(c.is_ascii_digit() || c == '.')).find_map(|token| {
        let mut parts = token.split('.');
        let (class, subject, detail) = (parts.next()?, parts.next()?, parts.next()?);
        let sizes = class.len() == 1 && (1..=3).contains(&subject.len()) && (1..=3).contains(&detail.len());
        if !sizes || parts.next().is_some_and(|rest| !rest.is_empty()) || !matches!(class, "2" | "4" | "5") {
            return None;
        }
        Some((class.parse().ok()?, subject.parse().ok()?, detail.parse().ok()?))
    })
}

fn is_unknown_user(words: &str) -> bool {
    const SIGNS: [&str; 12] = [
        "user unknown",
        "unknown user",
        "no such user",
        "does not exist",
        "doesn't exist",
        "user not found",
        "no such recipient",
        "unknown recipient",
        "recipient unknown",
        "invalid recipient",
        "no mailbox here",
        "account disabled",
    ];
    let lower = words.to_lowercase();
    SIGNS.iter().any(|sign| lower.contains(sign))
}

fn is_unwanted(words: &str) -> bool {
    let lower = words.to_lowercase();
    ["spam", "blocked", "blacklist", "block list", "policy", "dmarc", "spf", "dkim"]
        .iter()
        .any(|sign| lower.contains(sign))
}

/// Bounds a foreign text and takes addresses out.
pub(crate) fn clipped(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(600).collect();
    let hidden = |word: &str| match word.split_once('@') {
        Some((_, domain)) => format!("…@{domain}"),
        None => word.to_owned(),
    };
    plain.split(' ').map(hidden).collect::<Vec<_>>().join(" ").chars().take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn answers_of_servers_and_what_they_mean() {
        use Step::*;
        for (step, code, words, want) in [
            (Greeting, 421, "4.3.2 too many connections", "mail_busy"),
            (Greeting, 554, "5.7.1 Your IP is on a block list", "mail_server_refused"),
            (Login, 535, "5.7.8 Error: authentication failed", "mail_auth_refused"),
            (Login, 454, "4.7.0 Temporary authentication failure", "mail_busy"),
            (Sender, 530, "5.7.0 Must issue a STARTTLS command first", "mail_auth_refused"),
            (Sender, 553, "5.7.1 Sender address rejected: not owned by user", "mail_sender_refused"),
            (Sender, 501, "mail from address must be same as authorization user", "mail_sender_refused"),
            (Sender, 552, "5.3.4 Message size exceeds fixed limit", "mail_too_large"),
            (Recipient, 550, "5.1.1 <x@y.cn>: Recipient address rejected: User unknown", "mail_no_mailbox"),
            (Recipient, 550, "User not found: x@163.com", "mail_no_mailbox"),
            (Recipient, 550, "5.2.1 The email account is disabled", "mail_no_mailbox"),
            (Recipient, 550, "5.1.2 host unknown", "mail_no_domain"),
            (Recipient, 550, "Mail content denied", "mail_recipient_refused"),
            (Recipient, 554, "5.7.1 Relay access denied", "mail_policy_refused"),
            (Recipient, 550, "5.7.1 no such user here", "mail_no_mailbox"),
            (Recipient, 450, "4.7.1 Greylisted, try again in 300 seconds", "mail_deferred"),
            (Recipient, 452, "4.2.2 Mailbox full", "mail_mailbox_full"),
            (Recipient, 552, "5.2.2 over quota", "mail_mailbox_full"),
            (Recipient, 552, "mailbox over quota", "mail_mailbox_full"),
            (Recipient, 451, "try again", "mail_deferred"),
            (Recipient, 421, "closing", "mail_busy"),
            (Content, 550, "5.7.26 unauthenticated sender (SPF, DKIM)", "mail_policy_refused"),
            (Content, 554, "DT:SPM message looks like spam", "mail_policy_refused"),
            (Content, 552, "message too big", "mail_too_large"),
            (Content, 554, "5.6.0 malformed", "mail_message_refused"),
            (Content, 554, "no", "mail_message_refused"),
            // A status of another class than the code is not believed.
            (Recipient, 550, "4.2.2 mixed up", "mail_recipient_refused"),
        ] {
            assert_eq!(meaning_of(step, code, words).name, want, "{step:?} {code} {words}");
        }
    }

    #[test]
    fn every_name_is_its_own_and_every_sentence_is_there() {
        let mut names: Vec<_> = ALL.iter().map(|meaning| meaning.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ALL.len());
        for meaning in ALL {
            assert!(meaning.en.ends_with('.') && meaning.advice_en.ends_with('.'), "{}", meaning.name);
            assert!(meaning.zh.ends_with('。') && meaning.advice_zh.ends_with('。'), "{}", meaning.name);
        }
    }

    #[test]
    fn addresses_do_not_reach_the_log() {
        let error = Error::input(&NO_MAILBOX, "550 <ann@example.com>: unknown\r\nmore");
        assert_eq!(error.detail, "550 …@example.com>: unknown  more");
    }

    proptest! {
        #[test]
        fn any_answer_means_something(code in 400..600u16, words in "\\PC{0,60}|[0-9.]{0,20}") {
            for step in [Step::Greeting, Step::Login, Step::Sender, Step::Recipient, Step::Content] {
                let meaning = meaning_of(step, code, &words);
                // What the server calls passing never ends for good.
                prop_assert_eq!(matches!(meaning.act, Act::After(_)) || meaning == &MAILBOX_FULL, code < 500 || meaning == &MAILBOX_FULL);
            }
        }
    }
}
