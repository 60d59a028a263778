//! One shape for everything that an attempt may end in.

use siyu_kernel::{Class, Refusal, Time};
use std::fmt;

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    pub kind: Kind,
    /// What the receiver or the network said. For the log and the detail of a page.
    pub detail: String,
    pub retry: Retry,
}

/// Whether and when to try again. Repeating is always safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// By the schedule.
    Later,
    /// By the schedule, and not before this instant.
    NotBefore(Time),
    /// This event never; others may succeed.
    Never,
    /// When somebody has changed the hook.
    WhenFixed,
    /// Never again: the hook is to be switched off.
    Disable,
}

macro_rules! kinds {
    ($($id:ident $retry:ident $name:literal, $en:literal, $zh:literal, $advice_en:literal, $advice_zh:literal;)+) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Kind { $($id),+ }
        impl Kind {
            /// Every kind, for a page that explains them.
            pub const ALL: &'static [Kind] = &[$(Kind::$id),+];
            /// Stable, for programs and metrics.
            pub fn name(self) -> &'static str { match self { $(Self::$id => $name),+ } }
            pub fn meaning_en(self) -> &'static str { match self { $(Self::$id => $en),+ } }
            pub fn meaning_zh(self) -> &'static str { match self { $(Self::$id => $zh),+ } }
            pub fn advice_en(self) -> &'static str { match self { $(Self::$id => $advice_en),+ } }
            pub fn advice_zh(self) -> &'static str { match self { $(Self::$id => $advice_zh),+ } }
            fn retry(self) -> Retry { match self { $(Self::$id => Retry::$retry),+ } }
        }
    };
}

kinds! {
    UrlMalformed WhenFixed "webhook_url_malformed", "The address is not a URL.", "地址不是有效的 URL。",
        "Enter https://, a host name and a path, without a user name, spaces or a fragment.", "请填写 https:// 开头的地址，不含用户名、空格与 # 片段。";
    SchemeRefused WhenFixed "webhook_scheme_refused", "Webhooks go over https only.", "仅支持 https 地址。",
        "Use an https address.", "请使用 https 地址。";
    PortRefused WhenFixed "webhook_port_refused", "This port is not allowed.", "该端口不在允许范围内。",
        "Use port 443 or another of the allowed ones.", "请使用 443 或其他允许的端口。";
    HostRefused WhenFixed "webhook_host_refused", "The address leads into this server's own network.", "地址指向内部网络，已拒绝。",
        "Use a host name that is public on the internet.", "请使用可公开访问的域名。";
    NameUnknown Later "webhook_name_unknown", "The host name is not known.", "域名无法解析。",
        "Check the spelling and the domain's records.", "请检查域名拼写与解析记录。";
    Unreachable Later "webhook_unreachable", "The receiver cannot be reached.", "无法连接接收方。",
        "Check that the receiver runs and its firewall lets this server in.", "请确认接收方已启动，且防火墙允许本机访问。";
    TlsFailed Later "webhook_tls_failed", "The receiver's certificate is not valid.", "接收方证书无效。",
        "Renew the certificate; it must name the host and come with its chain.", "请更新证书，需与域名匹配且包含完整证书链。";
    TimedOut Later "webhook_timed_out", "The receiver took too long.", "接收方响应超时。",
        "Answer at once with 200 and work on the event afterwards.", "请先返回 200，再异步处理事件。";
    Broken Later "webhook_broken", "The connection broke off.", "连接中断。",
        "Look into the receiver's log.", "请查看接收方日志。";
    Redirected Later "webhook_redirected", "The receiver sends to another address; redirects are not followed.", "接收方返回跳转，系统不会跟随。",
        "Enter the final address.", "请直接填写最终地址。";
    Gone Disable "webhook_gone", "The receiver wants no more events (410).", "接收方表示不再接收（410）。",
        "The hook is switched off. Switch it on again when the receiver is ready.", "该订阅已停用，接收方恢复后可重新启用。";
    Busy Later "webhook_busy", "The receiver is overloaded.", "接收方繁忙。",
        "It goes on by itself.", "系统会自动重试。";
    Refused Later "webhook_refused", "The receiver refused the event.", "接收方拒绝了该事件。",
        "Look into the receiver's log; a wrong signature is the most frequent reason.", "请查看接收方日志，常见原因是签名密钥不一致。";
    Failed Later "webhook_failed", "The receiver failed.", "接收方内部错误。",
        "Look into the receiver's log.", "请查看接收方日志。";
    BodyTooLarge Never "webhook_body_too_large", "The event is larger than 256 KB.", "事件超过 256 KB。",
        "Send ids and let the receiver ask for the rest.", "请只发送编号，由接收方再查询详情。";
    TypeMalformed Never "webhook_type_malformed", "The event's type is malformed.", "事件类型格式不正确。",
        "Use lower-case words joined by full stops.", "请使用小写单词并以点号连接。";
    IdMalformed Never "webhook_id_malformed", "The event's id is malformed.", "事件编号格式不正确。",
        "Use up to 128 letters, digits, dashes, underscores and colons.", "请使用不超过 128 位的字母、数字、横线、下划线或冒号。";
    KeyMissing WhenFixed "webhook_key_missing", "The hook has no key to sign with.", "该订阅没有签名密钥。",
        "Make a key for it.", "请先生成签名密钥。";
}

impl Error {
    pub(crate) fn new(kind: Kind, detail: impl fmt::Display) -> Self {
        let detail = detail.to_string().chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect();
        Self { kind, detail, retry: kind.retry() }
    }
    /// Stable, for programs and metrics.
    pub fn name(&self) -> &'static str {
        self.kind.name()
    }
    pub fn is_retryable(&self) -> bool {
        matches!(self.retry, Retry::Later | Retry::NotBefore(_))
    }
    /// Whether the hook is to be switched off.
    pub fn disables(&self) -> bool {
        self.retry == Retry::Disable
    }
    pub fn needs_a_hand(&self) -> bool {
        matches!(self.retry, Retry::WhenFixed | Retry::Disable)
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
        let class = match error.retry {
            Retry::Never | Retry::WhenFixed => Class::Invalid,
            Retry::Disable => Class::Conflict,
            Retry::Later | Retry::NotBefore(_) => Class::Unavailable,
        };
        let en = format!("{} {}", error.kind.meaning_en(), error.kind.advice_en());
        let zh = format!("{}{}", error.kind.meaning_zh(), error.kind.advice_zh());
        Refusal::new(class, error.name(), en, zh).because(error)
    }
}
