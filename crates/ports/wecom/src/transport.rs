//! How a request reaches WeCom. A trait, so that tests put faults in between and a proxy can be used.

use std::fmt;
use std::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
}

/// A request without its address. The query carries the token: its `Debug` form shows names only.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    pub method: Method,
    /// `/cgi-bin/…`
    pub path: String,
    pub query: Vec<(String, String)>,
    /// The body and its content type.
    pub body: Option<(Vec<u8>, String)>,
    pub timeout: Duration,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.query.iter().map(|(name, _)| name.as_str()).collect();
        let length = self.body.as_ref().map_or(0, |(body, _)| body.len());
        write!(f, "Request({:?} {} {names:?}, {length} bytes)", self.method, self.path)
    }
}

/// The body may be a token: its `Debug` form shows its length only.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Response {
    pub status: u16,
    pub content_type: String,
    /// The file's name, when the answer is a file that has one.
    pub file_name: Option<String>,
    pub body: Vec<u8>,
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Response({} {:?}, {} bytes)", self.status, self.content_type, self.body.len())
    }
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
    /// No answer in time; the request may have arrived.
    TimedOut,
    /// Broken off; the request may have arrived.
    Broken,
    /// The answer is larger than any answer should be.
    TooLarge,
}

/// Sends one request and waits for its answer, once, without repeating anything. Every HTTP status is an answer.
pub trait Transport: Send + Sync {
    fn send(&self, request: &Request) -> Result<Response, TransportError>;
}
