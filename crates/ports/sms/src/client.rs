//! The one path of every request: its turn, sending, and what a missing or foreign answer means.

use crate::codes::{BUSY, CROWDED, Meaning, NOT_THE_API, OUTCOME_UNKNOWN, REFUSED, SYSTEM_ERROR, UNREACHABLE};
use crate::error::{Error, Result};
use crate::limit::{Limiter, Rules};
use crate::signing::hex;
use crate::transport::{Fault, Request, Response, Transport};
use serde_json::Value;
use siyu_kernel::{Chance, Clock, Time};
use std::sync::Arc;
use std::time::Duration;

/// What all clients of a process share.
#[derive(Clone)]
pub struct Wiring {
    pub transport: Arc<dyn Transport>,
    pub clock: Arc<dyn Clock>,
    pub chance: Arc<Chance>,
    pub limiter: Arc<Limiter>,
}

impl Wiring {
    pub fn new(transport: Arc<dyn Transport>, clock: Arc<dyn Clock>) -> Self {
        let limiter = Arc::new(Limiter::new(Rules::default()));
        Self { transport, clock, chance: Arc::new(Chance::from_entropy()), limiter }
    }
    /// Never used twice.
    pub(crate) fn nonce(&self) -> String {
        hex(&[self.chance.next().to_be_bytes(), self.chance.next().to_be_bytes()].concat())
    }
}

pub(crate) const TIMEOUT: Duration = Duration::from_secs(10);

/// A JSON answer with the header by which clocks are compared.
pub(crate) struct Answer {
    pub status: u16,
    pub json: Value,
    pub date: Option<String>,
}

/// `sends`: whether a lost answer may mean that a message went out.
pub(crate) fn ask(wiring: &Wiring, request: &Request, sends: bool) -> Result<Answer> {
    let now = wiring.clock.now();
    if let Err(at) = wiring.limiter.call(now) {
        return Err(Error::ours(&CROWDED, "", now).not_before(at));
    }
    let unclear = if sends { &OUTCOME_UNKNOWN } else { &UNREACHABLE };
    let Response { status, date, body } = wiring.transport.send(request).map_err(|error| match error.fault {
        Fault::Unreachable => Error::ours(&UNREACHABLE, error, wiring.clock.now()),
        Fault::Lost => Error::ours(unclear, error, wiring.clock.now()),
    })?;
    match serde_json::from_slice::<Value>(&body) {
        Ok(json) if json.is_object() => Ok(Answer { status, json, date }),
        _ => {
            let meaning = match status {
                429 => &BUSY,
                // A gateway may say this after the deed.
                200..300 | 500.. if sends => &OUTCOME_UNKNOWN,
                _ => &NOT_THE_API,
            };
            Err(Error::ours(meaning, format_args!("HTTP {status} without JSON"), wiring.clock.now()))
        }
    }
}

/// What a code of the provider ends in. A question that sends nothing has no unknown outcome; a code that is in no list, with a status that gateways
/// give after the deed, has one.
pub(crate) fn meant(meaning: &'static Meaning, status: u16, sends: bool) -> &'static Meaning {
    match sends {
        true if meaning == &REFUSED && status >= 500 => &OUTCOME_UNKNOWN,
        false if meaning == &OUTCOME_UNKNOWN => &SYSTEM_ERROR,
        _ => meaning,
    }
}

/// The host that is signed: with the port when the address names one.
pub(crate) fn host(base: &str) -> &str {
    let rest = base.split_once("://").map_or(base, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

/// `2025-06-29T04:32:24Z`
pub(crate) fn stamp(at: Time) -> String {
    format!("{}Z", at.to_string().chars().take(19).collect::<String>())
}

/// A text field, whatever the provider made of it.
pub(crate) fn text(value: &Value, name: &str) -> String {
    match &value[name] {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}
