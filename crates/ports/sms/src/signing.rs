//! The three ways to sign: Tencent Cloud's TC3-HMAC-SHA256, Aliyun's ACS3-HMAC-SHA256 and its older HMAC-SHA1.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use siyu_kernel::Time;

/// What is signed and how: all steps, so that a refused signature can be compared step by step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    pub canonical_request: String,
    pub string_to_sign: String,
    pub signature: String,
    /// The header `Authorization`.
    pub authorization: String,
}

/// The parts of a Tencent Cloud request that are signed.
#[derive(Clone, Copy)]
pub struct Tc3<'a> {
    pub secret_id: &'a str,
    pub secret_key: &'a str,
    pub service: &'a str,
    /// Seconds since 1970.
    pub timestamp: i64,
    /// Lower-case names with their values.
    pub headers: &'a [(&'a str, &'a str)],
    /// Exactly the bytes that are sent.
    pub payload: &'a [u8],
}

impl Tc3<'_> {
    /// For a POST to `/` without a query.
    pub fn sign(&self) -> Signature {
        // The documentation's example signs the action in lower case; content types keep theirs.
        let value = |name: &str, value: &str| match name {
            "x-tc-action" => value.trim().to_lowercase(),
            _ => value.trim().to_owned(),
        };
        let mut headers: Vec<(&str, String)> =
            self.headers.iter().map(|(name, text)| (*name, value(name, text))).collect();
        headers.sort();
        let names = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
        let lines: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let canonical_request = format!("POST\n/\n\n{lines}\n{names}\n{}", sha256(self.payload));
        let date = day(self.timestamp);
        let scope = format!("{date}/{}/tc3_request", self.service);
        let string_to_sign =
            format!("TC3-HMAC-SHA256\n{}\n{scope}\n{}", self.timestamp, sha256(canonical_request.as_bytes()));
        let key = hmac256(format!("TC3{}", self.secret_key).as_bytes(), date.as_bytes());
        let key = hmac256(&hmac256(&key, self.service.as_bytes()), b"tc3_request");
        let signature = hex(&hmac256(&key, string_to_sign.as_bytes()));
        let authorization = format!(
            "TC3-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={signature}",
            self.secret_id
        );
        Signature { canonical_request, string_to_sign, signature, authorization }
    }
}

/// The parts of an Aliyun request that are signed.
#[derive(Clone, Copy)]
pub struct Acs3<'a> {
    pub key_id: &'a str,
    pub key_secret: &'a str,
    pub method: &'a str,
    pub query: &'a [(&'a str, &'a str)],
    /// Lower-case names; the digest of the body is added.
    pub headers: &'a [(&'a str, &'a str)],
    pub body: &'a [u8],
}

impl Acs3<'_> {
    /// Also the digest of the body, to be sent as `x-acs-content-sha256`.
    pub fn sign(&self) -> (Signature, String) {
        let payload = sha256(self.body);
        let mut headers: Vec<(&str, &str)> = self.headers.iter().map(|(name, value)| (*name, value.trim())).collect();
        headers.push(("x-acs-content-sha256", &payload));
        headers.sort_unstable();
        let names = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
        let lines: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let query = canonical_query(self.query);
        let canonical_request = format!("{}\n/\n{query}\n{lines}\n{names}\n{payload}", self.method);
        let string_to_sign = format!("ACS3-HMAC-SHA256\n{}", sha256(canonical_request.as_bytes()));
        let signature = hex(&hmac256(self.key_secret.as_bytes(), string_to_sign.as_bytes()));
        let authorization =
            format!("ACS3-HMAC-SHA256 Credential={},SignedHeaders={names},Signature={signature}", self.key_id);
        (Signature { canonical_request, string_to_sign, signature, authorization }, payload)
    }
}

/// Aliyun's older way: (what is signed, the parameter `Signature`). For gateways that speak nothing else.
pub fn rpc(key_secret: &str, method: &str, params: &[(&str, &str)]) -> (String, String) {
    let string_to_sign = format!("{method}&%2F&{}", encoded(&canonical_query(params)));
    let mut mac = Hmac::<Sha1>::new_from_slice(format!("{key_secret}&").as_bytes()).expect("any length is a key");
    mac.update(string_to_sign.as_bytes());
    (string_to_sign, STANDARD.encode(mac.finalize().into_bytes()))
}

/// Sorted by name, each encoded.
pub fn canonical_query(params: &[(&str, &str)]) -> String {
    let mut pairs: Vec<(String, String)> = params.iter().map(|(name, value)| (encoded(name), encoded(value))).collect();
    pairs.sort();
    pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

/// RFC 3986: everything but letters, digits and `-_.~` becomes `%XX`.
pub fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 3);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// `2026-07-23`, in UTC.
fn day(seconds: i64) -> String {
    Time(seconds.saturating_mul(1_000_000)).to_string().chars().take(10).collect()
}

fn hmac256(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any length is a key");
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
