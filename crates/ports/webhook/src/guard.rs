//! Where webhooks may go. Whoever may enter an address must not reach what only this server reaches.

use crate::error::{Error, Kind, Result};
use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::sync::{Arc, mpsc};
use std::time::Duration;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

/// How names become addresses. A trait, so that tests can have a name that changes.
pub trait Lookup: Send + Sync {
    fn lookup(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>>;
}

/// The operating system's.
pub struct SystemLookup;

impl Lookup for SystemLookup {
    fn lookup(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        Ok((host, port).to_socket_addrs()?.collect())
    }
}

/// An address that may be entered. What its name leads to is checked at every connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub(crate) uri: Uri,
    pub host: String,
    pub port: u16,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guard {
    ports: Vec<u16>,
    also: Vec<SocketAddr>,
}

impl Default for Guard {
    /// https on the usual ports.
    fn default() -> Self {
        Self { ports: vec![443, 8443], also: Vec::new() }
    }
}

const URL_MAX: usize = 2000;

impl Guard {
    pub fn with_ports(mut self, ports: Vec<u16>) -> Self {
        self.ports = ports;
        self
    }
    /// Lets one address and port through, by http too: a receiver of the brand's own network, or a test's. Never what a user entered.
    pub fn also(mut self, address: SocketAddr) -> Self {
        self.also.push(address);
        self
    }

    /// Whether an address may be entered at all.
    pub fn target(&self, url: &str) -> Result<Target> {
        let malformed = |why: &str| Error::new(Kind::UrlMalformed, why);
        // Readers of URLs differ over these; there is no honest use for them here.
        if url.len() > URL_MAX
            || url.chars().any(|c| c.is_whitespace() || c.is_control() || !c.is_ascii() || "\\#<>\"{}|^`".contains(c))
        {
            return Err(malformed("too long, or a character that stands in no URL"));
        }
        // This reading is the one that is connected by; there is no second parser to disagree.
        let uri: Uri = url.parse().map_err(|error| malformed(&format!("{error}")))?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(malformed("no scheme or no host"));
        };
        if authority.as_str().contains('@') {
            return Err(malformed("a user name in the address"));
        }
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']).to_ascii_lowercase();
        let default = match scheme {
            "https" => 443,
            "http" => 80,
            _ => return Err(Error::new(Kind::SchemeRefused, scheme)),
        };
        let port = authority.port_u16().unwrap_or(default);
        let behind = &authority.as_str()[uri.host().unwrap_or_default().len().min(authority.as_str().len())..];
        if !behind.is_empty() && authority.port_u16().is_none() {
            return Err(malformed("no port behind the colon"));
        }
        let literal = host.parse::<IpAddr>().ok();
        if literal.is_some_and(|ip| self.lets(SocketAddr::new(ip, port))) {
            return Ok(Target { uri, host, port });
        }
        if scheme != "https" {
            return Err(Error::new(Kind::SchemeRefused, scheme));
        }
        if !self.ports.contains(&port) {
            return Err(Error::new(Kind::PortRefused, port));
        }
        match literal {
            Some(ip) if !is_public(ip) => return Err(Error::new(Kind::HostRefused, ip)),
            Some(_) => {}
            None => check_name(&host)?,
        }
        Ok(Target { uri, host, port })
    }

    fn lets(&self, address: SocketAddr) -> bool {
        let plain = SocketAddr::new(address.ip().to_canonical(), address.port());
        self.also.contains(&plain)
    }
    /// All addresses of a name must be public: one that is not shows that somebody plays with it.
    fn allowed(&self, addresses: &[SocketAddr]) -> Result<()> {
        match addresses.iter().find(|address| !self.lets(**address) && !is_public(address.ip())) {
            Some(address) => Err(Error::new(Kind::HostRefused, address.ip())),
            None if addresses.is_empty() => Err(Error::new(Kind::NameUnknown, "no addresses")),
            None => Ok(()),
        }
    }
    /// The addresses of a target, all of them checked.
    pub(crate) fn resolve(
        &self,
        lookup: &Arc<dyn Lookup>,
        host: &str,
        port: u16,
        within: Duration,
    ) -> Result<Vec<SocketAddr>> {
        let addresses = match host.parse::<IpAddr>() {
            Ok(ip) => vec![SocketAddr::new(ip, port)],
            Err(_) => {
                // The system's look-up knows no time-out: it is left behind on its thread.
                let (tell, told) = mpsc::sync_channel(1);
                let (lookup, name) = (lookup.clone(), host.to_owned());
                std::thread::spawn(move || tell.send(lookup.lookup(&name, port)).ok());
                match told.recv_timeout(within) {
                    Ok(Ok(addresses)) => addresses,
                    Ok(Err(error)) => return Err(Error::new(Kind::NameUnknown, error)),
                    Err(_) => return Err(Error::new(Kind::NameUnknown, "no answer in time")),
                }
            }
        };
        self.allowed(&addresses)?;
        Ok(addresses)
    }
}

/// Names that can only be private, and numbers that some readers take for an address (`0x7f.1`, `2130706433`).
fn check_name(host: &str) -> Result<()> {
    let refused = || Err(Error::new(Kind::HostRefused, host));
    let labels: Vec<&str> = host.strip_suffix('.').unwrap_or(host).split('.').collect();
    let fits = |label: &str| {
        (1..=63).contains(&label.len()) && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    if host.len() > 253 || !labels.iter().all(|label| fits(label)) {
        return Err(Error::new(Kind::UrlMalformed, "not a host name"));
    }
    let last = labels.last().copied().unwrap_or_default();
    let numeric = last.bytes().all(|b| b.is_ascii_digit())
        || last.strip_prefix("0x").is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_hexdigit()));
    let private = ["localhost", "local", "internal", "intranet", "lan", "home", "corp", "localdomain"];
    if labels.len() < 2 || numeric || private.contains(&last) || host.trim_end_matches('.').ends_with("home.arpa") {
        return refused();
    }
    Ok(())
}

/// Whether an address belongs to the internet, by the registries of special addresses (RFC 6890 and its successors), and to nobody's metadata.
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, d] = ip.octets();
    !(matches!(a, 0 | 10 | 127)
        || a >= 224
        || (a == 100 && (64..128).contains(&b))
        || (a == 169 && b == 254)
        || (a == 172 && (16..32).contains(&b))
        || (a == 192 && b == 168)
        || (a == 192 && b == 0 && matches!(c, 0 | 2))
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && matches!(b, 18 | 19))
        || (a == 198 && b == 51 && c == 100)
        || (a == 203 && b == 0 && c == 113)
        // A cloud's platform address, inside public space.
        || (a, b, c, d) == (168, 63, 129, 16))
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    if let Some(inner) = ip.to_ipv4_mapped() {
        return is_public_v4(inner);
    }
    let s = ip.segments();
    // Ways to carry an IPv4 address inside: translation, 6to4. What they carry counts.
    let tail = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    if s[..6] == [0x64, 0xff9b, 0, 0, 0, 0] {
        return is_public_v4(tail(s[6], s[7]));
    }
    if s[0] == 0x2002 {
        return is_public_v4(tail(s[1], s[2]));
    }
    // Only this eighth is given out; within it: Teredo and other protocols' blocks, documentation.
    (s[0] & 0xe000) == 0x2000
        && !(s[0] == 0x2001 && s[1] < 0x0200)
        && !(s[0] == 0x2001 && s[1] == 0x0db8)
        && !(s[0] == 0x3fff && s[1] < 0x1000)
}

/// The look-up of the HTTP client: what it returns has been checked, and is what is connected to.
pub(crate) struct Checked {
    pub guard: Guard,
    pub lookup: Arc<dyn Lookup>,
}

impl fmt::Debug for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Checked({:?})", self.guard)
    }
}

/// How a refusal of the guard travels through the HTTP client.
#[derive(Debug)]
pub(crate) struct Stopped(pub Error);

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
impl std::error::Error for Stopped {}

const LOOKUP_TIMEOUT: Duration = Duration::from_secs(5);

impl Resolver for Checked {
    fn resolve(&self, uri: &Uri, _: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let stopped = |error: Error| ureq::Error::Other(Box::new(Stopped(error)));
        // Once more from the text: whatever is asked of this client passes here.
        let target = self.guard.target(&uri.to_string()).map_err(stopped)?;
        let within = if timeout.after.is_not_happening() { LOOKUP_TIMEOUT } else { LOOKUP_TIMEOUT.min(*timeout.after) };
        let found = self.guard.resolve(&self.lookup, &target.host, target.port, within).map_err(stopped)?;
        let mut out = self.empty();
        found.into_iter().take(8).for_each(|address| out.push(address));
        Ok(out)
    }
}
