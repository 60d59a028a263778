//! The real way to a provider: HTTPS with kept connections.

use crate::transport::{Fault, Request, Response, Transport, TransportError};
use std::error::Error as _;
use std::io;
use std::time::Duration;
use ureq::{Agent, Timeout};

/// Far larger than any answer.
const ANSWER_MAX: u64 = 4 << 20;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

pub struct HttpTransport(Agent);

impl Default for HttpTransport {
    /// Proxies of the environment are not used and redirects not followed: requests are signed for one host.
    fn default() -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .max_idle_age(Duration::from_secs(15))
            .user_agent(concat!("siyu/", env!("CARGO_PKG_VERSION")))
            .proxy(None)
            .build();
        Self(config.new_agent())
    }
}

impl Transport for HttpTransport {
    fn send(&self, request: &Request) -> Result<Response, TransportError> {
        let mut call = self.0.post(&request.url).config().timeout_global(Some(request.timeout)).build();
        // The host is in the address; naming it twice would be two headers.
        for (name, value) in request.headers.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("host")) {
            call = call.header(name, value);
        }
        let mut answer = call.send(&request.body[..]).map_err(fault)?;
        let date = answer.headers().get("date").and_then(|value| value.to_str().ok()).map(str::to_owned);
        let status = answer.status().as_u16();
        let body = answer.body_mut().with_config().limit(ANSWER_MAX).read_to_vec().map_err(fault)?;
        Ok(Response { status, date, body })
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
        ureq::Error::Io(io) => match io.kind() {
            io::ErrorKind::ConnectionRefused | io::ErrorKind::AddrNotAvailable => Fault::Unreachable,
            // An unknown name has no kind of its own, only this text.
            _ if io.to_string().contains("lookup address information") => Fault::Unreachable,
            _ => Fault::Lost,
        },
        _ => Fault::Lost,
    };
    let cause = error.source().map_or_else(String::new, |cause| format!(" ({cause})"));
    TransportError { fault, detail: format!("{error}{cause}") }
}
