//! As much of an HTTP client as these tests need: one request a connection.

use serde_json::Value;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

pub fn get(address: &str, path: &str, key: &str) -> io::Result<(u16, Value)> {
    send(address, &format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {key}\r\n"), &[])
}

pub fn post(address: &str, path: &str, key: &str, body: &Value) -> io::Result<(u16, Value)> {
    write("POST", address, path, key, body)
}

pub fn put(address: &str, path: &str, key: &str, body: &Value) -> io::Result<(u16, Value)> {
    write("PUT", address, path, key, body)
}

pub fn patch(address: &str, path: &str, key: &str, body: &Value) -> io::Result<(u16, Value)> {
    write("PATCH", address, path, key, body)
}

fn write(method: &str, address: &str, path: &str, key: &str, body: &Value) -> io::Result<(u16, Value)> {
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n"
    );
    send(address, &head, body.to_string().as_bytes())
}

/// A body of any kind.
pub fn post_bytes(address: &str, path: &str, key: &str, kind: &str, body: &[u8]) -> io::Result<(u16, Value)> {
    let head =
        format!("POST {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {key}\r\nContent-Type: {kind}\r\n");
    send(address, &head, body)
}

/// An answer that is cut off is an error, as it is for a real client.
fn send(address: &str, head: &str, body: &[u8]) -> io::Result<(u16, Value)> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    stream.set_nodelay(true)?;
    let mut request = format!("{head}Connection: close\r\nContent-Length: {}\r\n\r\n", body.len()).into_bytes();
    request.extend_from_slice(body);
    stream.write_all(&request)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let cut = || io::Error::new(io::ErrorKind::UnexpectedEof, "the answer is cut off");
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").ok_or_else(cut)?;
    let head = String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase();
    let body = &answer[end + 4..];
    let field = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    if let Some(length) = field("content-length:").and_then(|text| text.parse::<usize>().ok())
        && length != body.len()
    {
        return Err(cut());
    }
    let status = head.split(' ').nth(1).and_then(|text| text.parse().ok()).ok_or_else(cut)?;
    let text = String::from_utf8_lossy(body).into_owned();
    Ok((status, serde_json::from_str(&text).unwrap_or(Value::String(text))))
}
