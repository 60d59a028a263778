//! Sends one event to one hook, once.

use crate::Sender;
use crate::check;
use crate::error::{Error, Kind, Retry};
use crate::guard::{Checked, Guard, Lookup, Stopped, SystemLookup};
use crate::key::Key;
use crate::payload::BODY_MAX;
use crate::verify::is_id;
use siyu_kernel::{Clock, Finding, Stopwatch, Time};
use std::error::Error as _;
use std::io::{self, Read};
use std::sync::Arc;
use std::time::Duration;
use ureq::http::HeaderMap;
use ureq::unversioned::transport::DefaultConnector;
use ureq::{Agent, Timeout};

/// Where to send, and the keys to sign with: more than one while the receiver changes from the old to the new.
#[derive(Clone, Copy, Debug)]
pub struct Hook<'a> {
    pub url: &'a str,
    pub keys: &'a [Key],
}

/// How one attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    pub at: Time,
    pub took_ms: u64,
    /// `None` when no answer came.
    pub status: Option<u16>,
    /// The beginning of the answer, for the page that shows the attempt.
    pub answer: String,
    pub outcome: Result<(), Error>,
    /// The receiver's clock, as its header `Date` says it.
    pub date: Option<String>,
}

/// What all hooks of a process share.
#[derive(Clone)]
pub struct Wiring {
    pub guard: Guard,
    pub lookup: Arc<dyn Lookup>,
    pub clock: Arc<dyn Clock>,
    /// For everything from looking the name up to the last header.
    pub timeout: Duration,
}

impl Wiring {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { guard: Guard::default(), lookup: Arc::new(SystemLookup), clock, timeout: TIMEOUT }
    }
}

/// Receivers are told to answer at once.
const TIMEOUT: Duration = Duration::from_secs(15);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Of the answer's body; the rest is not read.
const EXCERPT: u64 = 1024;
const HEADERS_MAX: usize = 16 * 1024;

pub struct Webhooks {
    pub(crate) wiring: Wiring,
    agent: Agent,
}

impl Webhooks {
    /// Proxies of the environment are not used: behind one nobody could check addresses.
    pub fn new(wiring: Wiring) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .timeout_global(Some(wiring.timeout))
            .max_response_header_size(HEADERS_MAX)
            .max_idle_connections(32)
            .max_idle_connections_per_host(2)
            .max_idle_age(Duration::from_secs(10))
            .user_agent(concat!("siyu/", env!("CARGO_PKG_VERSION")))
            .proxy(None)
            .build();
        let resolver = Checked { guard: wiring.guard.clone(), lookup: wiring.lookup.clone() };
        Self { agent: Agent::with_parts(config, DefaultConnector::new(), resolver), wiring }
    }

    fn attempt(&self, hook: &Hook<'_>, id: &str, body: &[u8], attempt: &mut Attempt) -> Result<(), Error> {
        if !is_id(id) {
            return Err(Error::new(Kind::IdMalformed, id.chars().take(40).collect::<String>()));
        }
        if body.len() > BODY_MAX {
            return Err(Error::new(Kind::BodyTooLarge, body.len()));
        }
        if hook.keys.is_empty() {
            return Err(Error::new(Kind::KeyMissing, ""));
        }
        let target = self.wiring.guard.target(hook.url)?;
        let timestamp = attempt.at.0.div_euclid(1_000_000);
        let signatures: Vec<String> = hook.keys.iter().map(|key| key.sign(id, timestamp, body)).collect();
        let call = self
            .agent
            .post(&target.uri)
            .header("content-type", "application/json; charset=utf-8")
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp.to_string())
            .header("webhook-signature", signatures.join(" "));
        let mut answer = call.send(body).map_err(fault)?;
        let status = answer.status().as_u16();
        attempt.status = Some(status);
        attempt.date = header(answer.headers(), "date");
        let asked = header(answer.headers(), "retry-after").and_then(|text| retry_after(&text, attempt.at));
        let mut excerpt = Vec::new();
        // The status has decided: an answer that breaks off, or drips for hours, changes nothing.
        let _ = answer.body_mut().as_reader().take(EXCERPT).read_to_end(&mut excerpt);
        attempt.answer =
            String::from_utf8_lossy(&excerpt).chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        judge(status, asked)
    }
}

impl Sender for Webhooks {
    fn send(&self, hook: &Hook<'_>, id: &str, body: &[u8]) -> Attempt {
        let watch = Stopwatch::start();
        let at = self.wiring.clock.now();
        let mut attempt = Attempt { at, took_ms: 0, status: None, answer: String::new(), outcome: Ok(()), date: None };
        let outcome = self.attempt(hook, id, body, &mut attempt);
        attempt.outcome = outcome;
        attempt.took_ms = (watch.seconds() * 1000.0) as u64;
        attempt
    }
    fn check(&self, hook: &Hook<'_>) -> Vec<Finding> {
        check::run(self, hook)
    }
}

/// What a status means.
pub(crate) fn judge(status: u16, asked: Option<Time>) -> Result<(), Error> {
    let kind = match status {
        200..300 => return Ok(()),
        300..400 => Kind::Redirected,
        410 => Kind::Gone,
        429 | 502..=504 => Kind::Busy,
        400..500 => Kind::Refused,
        _ => Kind::Failed,
    };
    let mut error = Error::new(kind, format_args!("HTTP {status}"));
    if let (Some(at), Retry::Later) = (asked, error.retry) {
        error.retry = Retry::NotBefore(at);
    }
    Err(error)
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

/// Seconds, or a date.
pub(crate) fn retry_after(text: &str, now: Time) -> Option<Time> {
    match text.trim().parse::<u32>() {
        Ok(seconds) => Some(now.plus_seconds(i64::from(seconds))),
        Err(_) => check::http_date(text).filter(|at| *at > now),
    }
}

fn fault(error: ureq::Error) -> Error {
    let kind = match &error {
        ureq::Error::Other(inner) => match inner.downcast_ref::<Stopped>() {
            Some(Stopped(stopped)) => return stopped.clone(),
            None => Kind::Broken,
        },
        ureq::Error::HostNotFound | ureq::Error::Timeout(Timeout::Resolve) => Kind::NameUnknown,
        ureq::Error::ConnectionFailed | ureq::Error::Timeout(Timeout::Connect) => Kind::Unreachable,
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) => Kind::TlsFailed,
        ureq::Error::Timeout(_) => Kind::TimedOut,
        ureq::Error::Io(io) => match io.kind() {
            io::ErrorKind::ConnectionRefused
            | io::ErrorKind::AddrNotAvailable
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable => Kind::Unreachable,
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Kind::TimedOut,
            io::ErrorKind::InvalidData => Kind::TlsFailed,
            _ => Kind::Broken,
        },
        _ => Kind::Broken,
    };
    let cause = error.source().map_or_else(String::new, |cause| format!(" ({cause})"));
    Error::new(kind, format_args!("{error}{cause}"))
}
