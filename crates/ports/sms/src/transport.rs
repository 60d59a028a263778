//! How a request reaches a provider. A trait, so that tests put faults in between.

use std::fmt;
use std::time::Duration;

/// A POST. Headers and body carry keys' signatures and people's numbers: the `Debug` form shows neither.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub timeout: Duration,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Request(POST {}, {} bytes)", self.url, self.body.len())
    }
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    pub status: u16,
    /// The header `Date`, by which clocks are compared.
    pub date: Option<String>,
    pub body: Vec<u8>,
}

/// No answer came.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct TransportError {
    pub fault: Fault,
    pub detail: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Name, connection or TLS: certainly nothing was sent.
    Unreachable,
    /// No answer in time, or broken off: the request may have arrived.
    Lost,
}

/// Sends one request and waits for its answer, once, without repeating anything. Every HTTP status is an answer.
pub trait Transport: Send + Sync {
    fn send(&self, request: &Request) -> Result<Response, TransportError>;
}
