//! The real way to WeCom: HTTPS with kept connections.

use crate::transport::{Fault, Method, Request, Response, Transport, TransportError};
use std::error::Error as _;
use std::io;
use std::time::Duration;
use ureq::http::{self, HeaderMap};
use ureq::{Agent, Timeout};

/// The address of WeCom's API.
pub const WECOM: &str = "https://qyapi.weixin.qq.com";

/// Larger than any file WeCom hands out by API.
const ANSWER_MAX: u64 = 64 << 20;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Sends to one base address: [`WECOM`], a proxy, or a simulated WeCom.
pub struct HttpTransport {
    base: String,
    agent: Agent,
    answer_max: u64,
}

impl HttpTransport {
    /// `base`: scheme and authority, with or without a slash at the end. Proxies of the environment are not used: calls carry secrets.
    pub fn new(base: &str) -> Self {
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .max_idle_connections(96)
            .max_idle_connections_per_host(64)
            .max_idle_age(Duration::from_secs(30))
            .user_agent(concat!("siyu/", env!("CARGO_PKG_VERSION")))
            .proxy(None)
            .build()
            .new_agent();
        Self { base: base.trim_end_matches('/').to_owned(), agent, answer_max: ANSWER_MAX }
    }
    /// The same, for answers of at most `bytes`; a larger one is [`Fault::TooLarge`].
    pub fn within(self, bytes: u64) -> Self {
        Self { answer_max: bytes, ..self }
    }
}

impl Transport for HttpTransport {
    fn send(&self, request: &Request) -> Result<Response, TransportError> {
        let mut uri = format!("{}{}", self.base, request.path);
        if !request.query.is_empty() {
            let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(&request.query).finish();
            uri.push('?');
            uri.push_str(&query);
        }
        let sent = match (request.method, &request.body) {
            (Method::Get, _) => {
                let call = self.agent.get(&uri).config().timeout_global(Some(request.timeout)).build();
                call.call()
            }
            (Method::Post, body) => {
                let call = self.agent.post(&uri).config().timeout_global(Some(request.timeout)).build();
                match body {
                    Some((body, content_type)) => call.header("Content-Type", content_type).send(&body[..]),
                    None => call.send_empty(),
                }
            }
        };
        let mut answer = sent.map_err(fault)?;
        let header = |headers: &HeaderMap, name: http::HeaderName| {
            headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
        };
        let content_type = header(answer.headers(), http::header::CONTENT_TYPE);
        let file_name = file_name(&header(answer.headers(), http::header::CONTENT_DISPOSITION));
        let status = answer.status().as_u16();
        let body = answer.body_mut().with_config().limit(self.answer_max).read_to_vec().map_err(fault)?;
        Ok(Response { status, content_type, file_name, body })
    }
}

/// Whether something may have arrived decides what may be repeated: only failures before the first byte count as unreachable.
fn fault(error: ureq::Error) -> TransportError {
    let fault = match &error {
        ureq::Error::HostNotFound
        | ureq::Error::ConnectionFailed
        | ureq::Error::BadUri(_)
        | ureq::Error::Tls(_)
        | ureq::Error::Timeout(Timeout::Resolve | Timeout::Connect) => Fault::Unreachable,
        ureq::Error::Timeout(_) => Fault::TimedOut,
        ureq::Error::BodyExceedsLimit(_) => Fault::TooLarge,
        ureq::Error::Io(io) => match io.kind() {
            io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound | io::ErrorKind::AddrNotAvailable => {
                Fault::Unreachable
            }
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Fault::TimedOut,
            _ => Fault::Broken,
        },
        _ => Fault::Broken,
    };
    let cause = error.source().map_or_else(String::new, |cause| format!(" ({cause})"));
    TransportError { fault, detail: format!("{error}{cause}") }
}

/// `attachment; filename="a.jpg"`
fn file_name(disposition: &str) -> Option<String> {
    let (_, rest) = disposition.split_once("filename=")?;
    let name = rest.trim_start_matches('"').split(['"', ';']).next()?.trim();
    (!name.is_empty()).then(|| name.to_owned())
}
