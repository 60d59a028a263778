//! As much of HTTP/1.1 as these works need, cheap enough not to be what is measured: connections stay open, requests are made beforehand.

use std::io::{Error, ErrorKind, Read, Result, Write};
use std::net::TcpStream;
use std::time::Duration;

pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// Status, and the body's place in the connection's buffer.
pub struct Answer<'c> {
    pub status: u16,
    pub body: &'c [u8],
    /// Seconds the server asks us to stay away.
    pub retry_after: Option<u64>,
}

impl Connection {
    pub fn open(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        Ok(Self { stream, buffer: Vec::with_capacity(4096) })
    }
    /// Sends a whole request and reads the whole answer.
    pub fn send(&mut self, request: &[u8]) -> Result<Answer<'_>> {
        self.stream.write_all(request)?;
        self.buffer.clear();
        let mut part = [0; 4096];
        loop {
            if let Some((head, length)) = head_of(&self.buffer)
                && self.buffer.len() >= head + length
            {
                let text = String::from_utf8_lossy(&self.buffer[..head]).to_ascii_lowercase();
                let status = text.split(' ').nth(1).and_then(|word| word.parse().ok());
                let status = status.ok_or_else(|| Error::from(ErrorKind::InvalidData))?;
                return Ok(Answer {
                    status,
                    retry_after: field(&text, "retry-after:"),
                    body: &self.buffer[head..head + length],
                });
            }
            match self.stream.read(&mut part)? {
                0 => return Err(ErrorKind::UnexpectedEof.into()),
                n => self.buffer.extend_from_slice(&part[..n]),
            }
        }
    }
}

/// (bytes of the head, bytes of the body), once the head is complete.
fn head_of(buffer: &[u8]) -> Option<(usize, usize)> {
    let head = buffer.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(&buffer[..head]).to_ascii_lowercase();
    Some((head, field(&text, "content-length:").unwrap_or(0) as usize))
}
fn field(head: &str, name: &str) -> Option<u64> {
    head.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
}

/// A batch as an SDK posts it: the write key is the user of Basic authentication.
pub fn batch_request(write_key: &str, body: &str) -> Vec<u8> {
    let head = format!(
        "POST /v1/batch HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        base64(format!("{write_key}:").as_bytes()),
        body.len()
    );
    [head.as_bytes(), body.as_bytes()].concat()
}

pub fn get(address: &str, path: &str, api_key: &str) -> Result<String> {
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {api_key}\r\n\r\n");
    let mut connection = Connection::open(address)?;
    let answer = connection.send(request.as_bytes())?;
    let text = String::from_utf8_lossy(answer.body).into_owned();
    if answer.status == 200 { Ok(text) } else { Err(Error::other(format!("{path}: {} {text}", answer.status))) }
}

/// Posts a JSON body as a program with this key.
pub fn post(address: &str, path: &str, api_key: &str, body: &str) -> Result<String> {
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {api_key}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut connection = Connection::open(address)?;
    let answer = connection.send(request.as_bytes())?;
    let text = String::from_utf8_lossy(answer.body).into_owned();
    if answer.status < 300 { Ok(text) } else { Err(Error::other(format!("{path}: {} {text}", answer.status))) }
}

pub fn is_ready(address: &str) -> bool {
    let ask = || Connection::open(address)?.send(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").map(|a| a.status);
    ask().is_ok_and(|status| status == 200)
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for three in bytes.chunks(3) {
        let word = three.iter().fold(0u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for at in 0..4 {
            let digit = DIGITS[(word >> (18 - 6 * at) & 63) as usize] as char;
            out.push(if at <= three.len() { digit } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn basic_authentication_is_base64() {
        for (plain, coded) in [("a", "YQ=="), ("ab", "YWI="), ("abc", "YWJj"), ("key_1:", "a2V5XzE6")] {
            assert_eq!(super::base64(plain.as_bytes()), coded);
        }
    }
}
