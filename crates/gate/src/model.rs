//! What is asked, and what is answered.

use serde::{Deserialize, Serialize};
use siyu_kernel::{PersonNum, Time};

/// Why something is sent: limits for marketing do not hold what somebody waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    Service,
    Marketing,
}

impl Class {
    pub fn name(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Marketing => "marketing",
        }
    }
    pub(crate) fn number(self) -> u8 {
        self as u8
    }
    pub(crate) fn of(number: i64) -> Self {
        if number == 0 { Self::Service } else { Self::Marketing }
    }
}

/// The medium that somebody is reached by. Numbers are stored: new ones go to the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// To one customer through a member of staff. What WeCom counts as mass messages.
    Wecom,
    /// WeCom's welcome, once after adding.
    Welcome,
    Group,
    Moments,
    Official,
    Mini,
    Sms,
    Email,
    Push,
    Webhook,
}

impl Channel {
    pub const ALL: [Self; 10] = [
        Self::Wecom,
        Self::Welcome,
        Self::Group,
        Self::Moments,
        Self::Official,
        Self::Mini,
        Self::Sms,
        Self::Email,
        Self::Push,
        Self::Webhook,
    ];
    pub fn name(self) -> &'static str {
        match self {
            Self::Wecom => "wecom",
            Self::Welcome => "welcome",
            Self::Group => "group",
            Self::Moments => "moments",
            Self::Official => "official",
            Self::Mini => "mini",
            Self::Sms => "sms",
            Self::Email => "email",
            Self::Push => "push",
            Self::Webhook => "webhook",
        }
    }
    /// From the word a way out calls itself by. What is not known is a way of WeCom's.
    pub fn of_way(way: &str) -> Self {
        match way {
            "mail" => Self::Email,
            "moment" => Self::Moments,
            _ => Self::ALL.into_iter().find(|own| own.name() == way).unwrap_or(Self::Wecom),
        }
    }
    /// With nobody of staff in between.
    pub fn is_direct(self) -> bool {
        matches!(self, Self::Email | Self::Sms)
    }
    /// The word of the consent ledger.
    pub(crate) fn consent(self) -> &'static str {
        match self {
            Self::Wecom | Self::Welcome | Self::Group | Self::Moments => "wecom",
            Self::Official | Self::Mini => "wechat",
            other => other.name(),
        }
    }
    pub(crate) fn number(self) -> u8 {
        self as u8
    }
    /// By the number it is kept under.
    pub fn of(number: i64) -> Self {
        usize::try_from(number).ok().and_then(|at| Self::ALL.get(at)).copied().unwrap_or(Self::Wecom)
    }
}

/// What somebody has had, or is to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Touch {
    /// The number of the run.
    pub run: u32,
    /// When it was sent; while it is open, when it was let through.
    pub at: Time,
    pub channel: Channel,
    pub class: Class,
    /// Let through, and nobody knows yet when it arrives, or whether. It counts in every period until that is known.
    pub open: bool,
}

/// What a person agreed to, of this class and on this channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Consent {
    /// They never said anything.
    #[default]
    Silent,
    Given,
    Withdrawn,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Not later than `by`.
    Go { by: Time },
    /// Asked again at `until`.
    Wait { until: Time, because: &'static str },
    /// Never, with the code of the reason.
    Skip(&'static str),
}

/// One message, as the gate looks at it.
#[derive(Clone, Debug, PartialEq)]
pub struct Spec {
    /// The run's number; 0 for what is only asked about.
    pub run: u32,
    pub class: Class,
    pub channel: Channel,
    /// What reaching somebody is worth: competing messages are ranked by it.
    pub worth: f64,
    /// Per cent that this run leaves out to measure its effect, beside the brand's own.
    pub holdout: f64,
    pub expires: Time,
}

/// Somebody the message is meant for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub num: PersonNum,
    /// Why this channel cannot reach them, as its domain found.
    pub unreachable: Option<&'static str>,
}

/// What the gate says of a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judged {
    pub num: PersonNum,
    /// Who that is.
    pub root: PersonNum,
    pub verdict: Verdict,
}

/// States of a decision. People of a run = waiting + sent + skipped + failed; both of the first two here are waiting.
pub(crate) const WAITING: i64 = 0;
pub(crate) const GOING: i64 = 1;
pub(crate) const SENT: i64 = 2;
pub(crate) const SKIPPED: i64 = 3;
pub(crate) const FAILED: i64 = 4;

/// What became of somebody, as it is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum End {
    Waiting,
    Sent,
    Skipped,
    Failed,
}

impl End {
    pub const ALL: [Self; 4] = [Self::Waiting, Self::Sent, Self::Skipped, Self::Failed];
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
        }
    }
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|own| own.name() == name)
    }
    /// Of the `state` of a decision.
    pub fn of(state: i64) -> Self {
        match state {
            SENT => Self::Sent,
            SKIPPED => Self::Skipped,
            FAILED => Self::Failed,
            _ => Self::Waiting,
        }
    }
}
