//! The body of an event.

use crate::error::{Error, Kind, Result};
use serde_json::{Value, json};
use siyu_kernel::Time;

/// Receivers are advised to expect far less.
pub const BODY_MAX: usize = 256 * 1024;

/// `{"type": "order.paid", "timestamp": "…", "data": …}`
pub fn payload(kind: &str, at: Time, data: &Value) -> Result<Vec<u8>> {
    let word = |word: &str| {
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    };
    if kind.len() > 100 || !kind.split('.').all(word) {
        return Err(Error::new(Kind::TypeMalformed, kind.chars().take(40).collect::<String>()));
    }
    let body = json!({"type": kind, "timestamp": at, "data": data}).to_string().into_bytes();
    if body.len() > BODY_MAX { Err(Error::new(Kind::BodyTooLarge, body.len())) } else { Ok(body) }
}
