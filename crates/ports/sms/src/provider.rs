//! What every provider can do.

use crate::error::{Error, Result};
use crate::phone::Phone;
use crate::report::Report;
use crate::template::Class;
use siyu_kernel::{Finding, Time};
use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Provider {
    Aliyun,
    Tencent,
}

impl Provider {
    pub fn name(self) -> &'static str {
        match self {
            Self::Aliyun => "aliyun",
            Self::Tencent => "tencent",
        }
    }
}

/// One message of a batch. Values may be codes for logging in: the `Debug` form shows none.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    pub phone: Phone,
    /// Names of places with their values; `1`, `2`, … with Tencent Cloud.
    pub params: Vec<(String, String)>,
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Message({}, {} params)", self.phone, self.params.len())
    }
}

/// Messages of one template. A number may be in it once.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    pub sign: &'a str,
    pub template: &'a str,
    pub class: Class,
    /// Comes back in reports, where the provider can: with the number it says which message is meant. At most 256 letters.
    pub out_id: &'a str,
    pub messages: &'a [Message],
}

/// The provider has taken it; whether it arrives is told by a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// `BizId`, `SerialNo`. Aliyun's holds for the whole request: only with the number is it unique.
    pub message_id: String,
    /// What was billed, when the answer says so.
    pub parts: Option<u32>,
}

/// What became of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    pub phone: Phone,
    /// When its request began: what [`Sms::look`] asks for.
    pub at: Time,
    pub outcome: Result<Accepted>,
}

/// What the provider says of a message whose answer was lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// It was sent; how it went is known.
    Done(Report),
    /// It was sent; how it went is not known yet.
    Waiting,
    /// It was not sent: sending it again is safe.
    Never,
    /// Too early to say that it was not. Ask again then.
    TooEarly(Time),
}

/// A way to send SMS. Blocks the thread it is called on.
pub trait Sms: Send + Sync {
    fn provider(&self) -> Provider;
    /// Sends each message at most once; the answers are in the order of the messages. Nothing is repeated in here.
    fn send(&self, batch: &Batch<'_>) -> Vec<Sent>;
    /// What became of a message of `batch` to `phone` whose sending began at `at`.
    fn look(&self, batch: &Batch<'_>, phone: &Phone, at: Time) -> Result<Seen>;
    /// Whether the account can be used, without sending anything.
    fn check(&self) -> Vec<Finding>;
}

/// What all real providers do around their own requests: numbers once, own limits, places in the answer.
pub(crate) fn arranged(
    batch: &Batch<'_>,
    wiring: &crate::client::Wiring,
    send: &dyn Fn(&[usize]) -> Vec<Result<Accepted>>,
    groups: &dyn Fn(&[usize]) -> Vec<Vec<usize>>,
) -> Vec<Sent> {
    let now = wiring.clock.now();
    let mut outcomes: Vec<Option<Result<Accepted>>> = vec![None; batch.messages.len()];
    let mut begun = vec![now; batch.messages.len()];
    let mut seen = std::collections::HashSet::new();
    let mut free = Vec::new();
    for (at, message) in batch.messages.iter().enumerate() {
        if !seen.insert(&message.phone) {
            outcomes[at] = Some(Err(Error::ours(&crate::codes::TWICE, "", now)));
        } else if let Err(not_before) = wiring.limiter.take(&message.phone, now) {
            outcomes[at] = Some(Err(Error::ours(&crate::codes::LIMITED, "", now).not_before(not_before)));
        } else {
            free.push(at);
        }
    }
    for group in groups(&free) {
        let at = wiring.clock.now();
        group.iter().for_each(|own| begun[*own] = at);
        for (at, outcome) in group.iter().zip(send(&group)) {
            if outcome.as_ref().is_err_and(|error| !error.outcome_unknown()) {
                wiring.limiter.give_back(&batch.messages[*at].phone);
            }
            outcomes[*at] = Some(outcome);
        }
    }
    let lost = || Err(Error::ours(&crate::codes::OUTCOME_UNKNOWN, "no answer for this number", now));
    let outcomes = outcomes.into_iter().map(|outcome| outcome.unwrap_or_else(lost));
    batch
        .messages
        .iter()
        .zip(outcomes.zip(begun))
        .map(|(message, (outcome, at))| Sent { phone: message.phone.clone(), at, outcome })
        .collect()
}

/// Groups of at most `max` in which `key` is the same, in the order of their first.
pub(crate) fn grouped<K: PartialEq>(of: &[usize], max: usize, key: impl Fn(usize) -> K) -> Vec<Vec<usize>> {
    let mut groups: Vec<(K, Vec<usize>)> = Vec::new();
    for at in of {
        let own = key(*at);
        // Full groups stay where they are: only the newest of a key takes more.
        match groups.iter_mut().rev().find(|(key, group)| *key == own && group.len() < max) {
            Some((_, group)) => group.push(*at),
            None => groups.push((own, vec![*at])),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}
