//! Keys and signatures.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use sha2::Sha256;
use siyu_kernel::Chance;
use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("a secret begins with whsec_ (or whsk_, whpk_)")]
    Prefix,
    #[error("the secret is no base64")]
    Base64,
    #[error("a secret has 24 to 64 bytes, an Ed25519 key 32 or 64")]
    Length,
}

impl KeyError {
    pub fn code(self) -> &'static str {
        match self {
            Self::Prefix => "webhook_key_prefix",
            Self::Base64 => "webhook_key_base64",
            Self::Length => "webhook_key_length",
        }
    }
}

/// What a sender signs with.
#[derive(Clone)]
pub enum Key {
    /// Known to both sides.
    Shared(Vec<u8>),
    /// Known to us alone; receivers have its [`PublicKey`].
    Own([u8; 32]),
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Shared(_) => "Key(whsec_…)",
            Self::Own(_) => "Key(whsk_…)",
        })
    }
}

impl Key {
    /// A new shared secret, from the operating system.
    pub fn generate() -> Self {
        Self::Shared(Chance::secret::<32>().to_vec())
    }
    pub fn generate_own() -> Self {
        Self::Own(Chance::secret::<32>())
    }
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        if let Some(rest) = text.trim().strip_prefix("whsk_") {
            let bytes = decoded(rest)?;
            // The 64-byte form is the seed followed by the public key.
            let seed = bytes.get(..32).filter(|_| matches!(bytes.len(), 32 | 64)).ok_or(KeyError::Length)?;
            return Ok(Self::Own(seed.try_into().map_err(|_| KeyError::Length)?));
        }
        let bytes = decoded(text.trim().strip_prefix("whsec_").ok_or(KeyError::Prefix)?)?;
        if (24..=64).contains(&bytes.len()) { Ok(Self::Shared(bytes)) } else { Err(KeyError::Length) }
    }
    /// As the other side enters it: for a page that shows it once.
    pub fn reveal(&self) -> String {
        match self {
            Self::Shared(bytes) => format!("whsec_{}", STANDARD.encode(bytes)),
            Self::Own(seed) => format!("whsk_{}", STANDARD.encode(seed)),
        }
    }
    /// What receivers of `v1a` signatures are given.
    pub fn public(&self) -> Option<PublicKey> {
        match self {
            Self::Shared(_) => None,
            Self::Own(seed) => Some(PublicKey(pair(seed).public_key().as_ref().try_into().ok()?)),
        }
    }
    /// `v1,…` or `v1a,…`
    pub fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        let text = signed_text(id, timestamp, body);
        match self {
            Self::Shared(bytes) => format!("v1,{}", STANDARD.encode(mac(bytes, &text).finalize().into_bytes())),
            Self::Own(seed) => format!("v1a,{}", STANDARD.encode(pair(seed).sign(&text).as_ref())),
        }
    }
    /// Whether this key has made a signature; takes the same time wherever it differs.
    pub(crate) fn has_made(&self, version: &str, signature: &[u8], text: &[u8]) -> bool {
        match self {
            Self::Shared(bytes) => version == "v1" && mac(bytes, text).verify_slice(signature).is_ok(),
            Self::Own(_) => self.public().is_some_and(|key| key.has_made(version, signature, text)),
        }
    }
}

/// `whpk_…`
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reveal())
    }
}

impl PublicKey {
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let bytes = decoded(text.trim().strip_prefix("whpk_").ok_or(KeyError::Prefix)?)?;
        Ok(Self(bytes.try_into().map_err(|_| KeyError::Length)?))
    }
    pub fn reveal(&self) -> String {
        format!("whpk_{}", STANDARD.encode(self.0))
    }
    pub(crate) fn has_made(&self, version: &str, signature: &[u8], text: &[u8]) -> bool {
        version == "v1a" && UnparsedPublicKey::new(&ED25519, self.0).verify(text, signature).is_ok()
    }
}

/// What is signed: the id, the time in seconds and the body, joined by full stops.
pub fn signed_text(id: &str, timestamp: i64, body: &[u8]) -> Vec<u8> {
    [id.as_bytes(), b".", timestamp.to_string().as_bytes(), b".", body].concat()
}

fn decoded(text: &str) -> Result<Vec<u8>, KeyError> {
    STANDARD.decode(text).map_err(|_| KeyError::Base64)
}
fn mac(key: &[u8], text: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any length is a key");
    mac.update(text);
    mac
}
fn pair(seed: &[u8; 32]) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(seed).expect("a seed has 32 bytes")
}
