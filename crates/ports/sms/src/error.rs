//! One shape for everything that a message may end in.

use crate::assumptions::MARKETING_HOURS;
use crate::codes::{Act, Meaning, OUTCOME_UNKNOWN};
use siyu_kernel::{Refusal, Time, Zone};
use std::fmt;

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A call or a message that did not end well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    pub kind: Kind,
    /// What the provider or the network said, without secrets. For the log and the detail of a page; only codes are to be matched.
    pub detail: String,
    pub retry: Retry,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The provider refused, and this is what it means.
    Refused(&'static Meaning),
    /// Nothing was sent, or nobody knows: [`crate::codes`] has the words.
    Ours(&'static Meaning),
}

/// Whether and when to try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    Never,
    /// Safe to repeat, not before this instant.
    At(Time),
    /// It may have been sent: ask [`crate::Sms::look`] before repeating.
    LookFirst,
    /// When somebody has changed a setting.
    WhenFixed,
}

impl Error {
    /// `now`: from when waiting counts.
    pub(crate) fn refused(meaning: &'static Meaning, detail: impl fmt::Display, now: Time) -> Self {
        Self { kind: Kind::Refused(meaning), detail: clipped(&detail.to_string()), retry: retry(meaning.act, now) }
    }
    pub(crate) fn ours(meaning: &'static Meaning, detail: impl fmt::Display, now: Time) -> Self {
        Self { kind: Kind::Ours(meaning), detail: clipped(&detail.to_string()), retry: retry(meaning.act, now) }
    }
    #[must_use]
    pub(crate) fn not_before(mut self, at: Time) -> Self {
        self.retry = Retry::At(at);
        self
    }
    pub fn meaning(&self) -> &'static Meaning {
        match self.kind {
            Kind::Refused(meaning) | Kind::Ours(meaning) => meaning,
        }
    }
    /// Stable, for programs and metrics.
    pub fn name(&self) -> &'static str {
        self.meaning().name
    }
    /// Whether repeating it later can succeed without anybody doing anything and without sending it twice.
    pub fn is_retryable(&self) -> bool {
        matches!(self.retry, Retry::At(_))
    }
    /// Whether the message may have been sent although no answer says so.
    pub fn outcome_unknown(&self) -> bool {
        self.meaning() == &OUTCOME_UNKNOWN
    }
    /// Whether this number must get nothing more.
    pub fn suppresses(&self) -> bool {
        self.meaning().act == Act::Suppress
    }
    /// Whether a person has to change a setting first.
    pub fn needs_a_hand(&self) -> bool {
        self.retry == Retry::WhenFixed
    }
    /// Whether every message of this account would end like this.
    pub fn stops_the_account(&self) -> bool {
        self.meaning().act == Act::Stopped
    }
}

fn retry(act: Act, now: Time) -> Retry {
    match act {
        Act::After(seconds) => Retry::At(now.plus_seconds(seconds)),
        Act::Tomorrow => Retry::At(next_hour(now, 0)),
        Act::Hours => Retry::At(marketing_opens(now)),
        Act::Look => Retry::LookFirst,
        Act::Stopped | Act::Configure => Retry::WhenFixed,
        Act::Input | Act::Suppress => Retry::Never,
    }
}

/// The next time the clock of Beijing, which knows no summer time, shows this hour.
fn next_hour(now: Time, hour: i64) -> Time {
    let zone = Zone::shanghai();
    let today = zone.start_of_day(zone.day(now)).plus_seconds(hour * 3600);
    if today > now { today } else { today.plus_days(1) }
}

/// When the next marketing message may go: now inside the hours, else at their beginning.
pub(crate) fn marketing_opens(now: Time) -> Time {
    let (from, to) = MARKETING_HOURS;
    // Refused inside what we take for the hours: theirs are narrower, so a while later.
    if (from..to).contains(&Zone::shanghai().hour(now)) {
        now.plus_seconds(1800)
    } else {
        next_hour(now, i64::from(from))
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
        use siyu_kernel::Class;
        let meaning = error.meaning();
        let class = match meaning.act {
            Act::Input | Act::Suppress => Class::Invalid,
            Act::After(_) | Act::Tomorrow | Act::Hours => Class::Busy,
            Act::Look | Act::Stopped | Act::Configure => Class::Unavailable,
        };
        let en = format!("{} {}", meaning.en, meaning.advice_en);
        let zh = format!("{}{}", meaning.zh, meaning.advice_zh);
        Refusal::new(class, meaning.name, en, zh).because(error)
    }
}

/// Bounds a foreign text and hides what may be a phone number or a code.
pub(crate) fn clipped(text: &str) -> String {
    let mut out = String::new();
    let mut digits = 0;
    for c in text.chars().take(300) {
        digits = if c.is_ascii_digit() { digits + 1 } else { 0 };
        out.push(if digits > 4 {
            '*'
        } else if c.is_control() {
            ' '
        } else {
            c
        });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes;

    #[test]
    fn waiting_ends_where_the_meaning_says() {
        let at = |text: &str| Time::parse(text).unwrap();
        // 21:30, 22:30 and 06:00 in Beijing.
        for (now, meaning, want) in [
            ("2026-03-03T13:30:00Z", &codes::DAILY_LIMIT, "2026-03-03T16:00:00Z"),
            ("2026-03-03T16:00:00Z", &codes::DAILY_LIMIT, "2026-03-04T16:00:00Z"),
            ("2026-03-03T14:30:00Z", &codes::MARKETING_HOURS, "2026-03-04T00:00:00Z"),
            ("2026-03-03T22:00:00Z", &codes::MARKETING_HOURS, "2026-03-04T00:00:00Z"),
            ("2026-03-03T13:30:00Z", &codes::MARKETING_HOURS, "2026-03-03T14:00:00Z"),
            ("2026-03-03T13:30:00Z", &codes::MINUTE_LIMIT, "2026-03-03T13:31:00Z"),
        ] {
            assert_eq!(Error::refused(meaning, "", at(now)).retry, Retry::At(at(want)), "{now} {}", meaning.name);
        }
    }

    #[test]
    fn numbers_and_codes_do_not_reach_the_log() {
        let error = Error::refused(&codes::BUSY, "13800000001 code 482913 line\nbreak 5:1045710669157", Time(0));
        assert_eq!(error.detail, "1380******* code 4829** line break 5:1045*********");
    }
}
