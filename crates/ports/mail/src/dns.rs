//! TXT records, for the check of a sender's domain. Asks the resolver this machine is set to; nothing is kept.

use siyu_kernel::Chance;
use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DnsError {
    #[error("this machine has no resolver set")]
    NoResolver,
    #[error("the resolver does not answer: {0}")]
    NoAnswer(String),
    #[error("the resolver refused ({0})")]
    Refused(u8),
    #[error("the answer is malformed")]
    Malformed,
    #[error("not a name")]
    Name,
}

/// Where TXT records come from. A trait, so that tests bring their own.
pub trait TxtLookup: Send + Sync {
    /// Every record's text; empty when the name has none or does not exist.
    fn txt(&self, name: &str) -> Result<Vec<String>, DnsError>;
}

/// The resolver of `/etc/resolv.conf`, or one that is named.
pub struct Resolver(Option<SocketAddr>);

impl Resolver {
    pub fn system() -> Self {
        let text = std::fs::read_to_string("/etc/resolv.conf").unwrap_or_default();
        let server = text.lines().find_map(|line| {
            let mut words = line.split_ascii_whitespace();
            (words.next()? == "nameserver").then_some(())?;
            words.next()?.parse::<IpAddr>().ok()
        });
        Self(server.map(|ip| SocketAddr::new(ip, 53)))
    }
    pub fn at(server: SocketAddr) -> Self {
        Self(Some(server))
    }
}

const TIMEOUT: Duration = Duration::from_secs(3);

impl TxtLookup for Resolver {
    fn txt(&self, name: &str) -> Result<Vec<String>, DnsError> {
        let server = self.0.ok_or(DnsError::NoResolver)?;
        let id = u16::from_be_bytes(Chance::secret());
        let query = query(id, name).ok_or(DnsError::Name)?;
        let lost = |error: std::io::Error| DnsError::NoAnswer(error.to_string());
        let answer = udp(server, &query, id).map_err(lost)?;
        let (records, cut) = answer_of(&answer, id)?;
        if !cut {
            return Ok(records);
        }
        let answer = tcp(server, &query).map_err(lost)?;
        Ok(answer_of(&answer, id)?.0)
    }
}

fn udp(server: SocketAddr, query: &[u8], id: u16) -> std::io::Result<Vec<u8>> {
    let socket = UdpSocket::bind(if server.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" })?;
    socket.set_read_timeout(Some(TIMEOUT))?;
    socket.connect(server)?;
    let mut last = std::io::Error::from(std::io::ErrorKind::TimedOut);
    for _ in 0..2 {
        socket.send(query)?;
        let mut answer = vec![0; 4096];
        match socket.recv(&mut answer) {
            Ok(length) if length >= 2 && answer[..2] == id.to_be_bytes() => {
                answer.truncate(length);
                return Ok(answer);
            }
            Ok(_) => {}
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn tcp(server: SocketAddr, query: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect_timeout(&server, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.write_all(&[&(query.len() as u16).to_be_bytes()[..], query].concat())?;
    let mut length = [0; 2];
    stream.read_exact(&mut length)?;
    let mut answer = vec![0; usize::from(u16::from_be_bytes(length))];
    stream.read_exact(&mut answer)?;
    Ok(answer)
}

const TXT: u16 = 16;

pub fn query(id: u16, name: &str) -> Option<Vec<u8>> {
    let mut out = [&id.to_be_bytes()[..], &[1, 0, 0, 1, 0, 0, 0, 0, 0, 0]].concat();
    let name = name.trim_end_matches('.');
    if name.is_empty() || name.len() > 250 {
        return None;
    }
    for label in name.split('.') {
        if !(1..=63).contains(&label.len()) || !label.is_ascii() {
            return None;
        }
        out.push(label.len() as u8);
        out.extend_from_slice(label.as_bytes());
    }
    out.extend_from_slice(&[0, 0, TXT as u8, 0, 1]);
    Some(out)
}

/// The TXT records of an answer, and whether it was cut short.
pub fn answer_of(answer: &[u8], id: u16) -> Result<(Vec<String>, bool), DnsError> {
    let short = |at: usize| Some(u16::from_be_bytes([*answer.get(at)?, *answer.get(at + 1)?]));
    let read = || -> Option<(u8, bool, Vec<String>)> {
        let flags = short(2)?;
        (short(0)? == id && flags & 0x8000 != 0).then_some(())?;
        let (code, cut) = ((flags & 15) as u8, flags & 0x0200 != 0);
        let mut at = 12;
        for _ in 0..short(4)? {
            at = name_end(answer, at)? + 4;
        }
        let mut records = Vec::new();
        if cut {
            return Some((code, cut, records));
        }
        for _ in 0..short(6)? {
            at = name_end(answer, at)?;
            let (kind, length) = (short(at)?, usize::from(short(at + 8)?));
            let data = answer.get(at + 10..at + 10 + length)?;
            if kind == TXT {
                records.push(strings(data)?);
            }
            at += 10 + length;
        }
        Some((code, cut, records))
    };
    match read() {
        // No such name: no records.
        Some((0 | 3, cut, records)) => Ok((records, cut)),
        Some((code, ..)) => Err(DnsError::Refused(code)),
        None => Err(DnsError::Malformed),
    }
}

/// Behind a name. A pointer ends it; it is not followed.
fn name_end(answer: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match *answer.get(at)? {
            0 => return Some(at + 1),
            length if length & 0xc0 == 0xc0 => return Some(at + 2),
            length if length & 0xc0 == 0 => at += 1 + usize::from(length),
            _ => return None,
        }
    }
}

/// A record is a row of strings that belong together.
fn strings(mut data: &[u8]) -> Option<String> {
    let mut out = Vec::new();
    while let Some((length, rest)) = data.split_first() {
        let length = usize::from(*length);
        out.extend_from_slice(rest.get(..length)?);
        data = &rest[length..];
    }
    Some(String::from_utf8_lossy(&out).into_owned())
}
