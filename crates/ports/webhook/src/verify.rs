//! Whether a webhook that came in is what it says.

use crate::key::{Key, PublicKey, signed_text};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use siyu_kernel::Time;

/// How old or early a request may be.
pub const TOLERANCE_SECONDS: i64 = 300;

/// Signatures looked at: a sender in the middle of a change of keys sends two or three.
const SIGNATURES_MAX: usize = 16;

/// The three headers, as they came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Signed<'a> {
    /// `webhook-id`
    pub id: &'a str,
    /// `webhook-timestamp`
    pub timestamp: &'a str,
    /// `webhook-signature`
    pub signature: &'a str,
}

/// A request that is what it says. Whoever takes it must take each `id` once only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    pub id: String,
    pub at: Time,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    #[error("the header {0} is missing or malformed")]
    Header(&'static str),
    #[error("the request is older than five minutes, or this server's clock is ahead")]
    TooOld,
    #[error("the request is from the future, or this server's clock is behind")]
    TooNew,
    #[error("no signature was made with a key of ours")]
    NoMatch,
}

impl VerifyError {
    pub fn code(self) -> &'static str {
        match self {
            Self::Header(_) => "webhook_header_missing",
            Self::TooOld => "webhook_too_old",
            Self::TooNew => "webhook_too_new",
            Self::NoMatch => "webhook_signature_wrong",
        }
    }
    pub fn zh(self) -> &'static str {
        match self {
            Self::Header(_) => "缺少签名请求头，或格式不正确。",
            Self::TooOld => "请求超过五分钟，或本机时钟偏快。",
            Self::TooNew => "请求时间在未来，或本机时钟偏慢。",
            Self::NoMatch => "签名与密钥不符。",
        }
    }
}

/// Knows the keys of one sender.
#[derive(Clone, Debug, Default)]
pub struct Verifier {
    pub keys: Vec<Key>,
    pub public_keys: Vec<PublicKey>,
}

impl Verifier {
    pub fn verify(&self, signed: &Signed<'_>, body: &[u8], now: Time) -> Result<Received, VerifyError> {
        if !is_id(signed.id) {
            return Err(VerifyError::Header("webhook-id"));
        }
        let digits = signed.timestamp.len() <= 12 && signed.timestamp.bytes().all(|byte| byte.is_ascii_digit());
        let seconds: i64 = match signed.timestamp.parse() {
            Ok(seconds) if digits => seconds,
            _ => return Err(VerifyError::Header("webhook-timestamp")),
        };
        if signed.signature.is_empty() || signed.signature.len() > 4096 {
            return Err(VerifyError::Header("webhook-signature"));
        }
        let age = now.0.div_euclid(1_000_000) - seconds;
        if age > TOLERANCE_SECONDS {
            return Err(VerifyError::TooOld);
        }
        if age < -TOLERANCE_SECONDS {
            return Err(VerifyError::TooNew);
        }
        let text = signed_text(signed.id, seconds, body);
        for one in signed.signature.split(' ').take(SIGNATURES_MAX) {
            let Some((version, signature)) = one.split_once(',') else { continue };
            let Ok(signature) = STANDARD.decode(signature) else { continue };
            let shared = self.keys.iter().any(|key| key.has_made(version, &signature, &text));
            if shared || self.public_keys.iter().any(|key| key.has_made(version, &signature, &text)) {
                return Ok(Received { id: signed.id.to_owned(), at: Time(seconds.saturating_mul(1_000_000)) });
            }
        }
        Err(VerifyError::NoMatch)
    }
}

/// Without full stops: they part what is signed.
pub(crate) fn is_id(id: &str) -> bool {
    (1..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_:".contains(&byte))
}
