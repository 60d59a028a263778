//! Encryption at rest and keyed look-ups. One key file per workspace; purposes get keys of their own.

use crate::Chance;
use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use siphasher::sip::SipHasher24;
use siphasher::sip128::{Hasher128, SipHasher24 as Sip128};
use std::hash::Hasher;

/// What a keyed look-up compares: it finds a phone number without storing it.
pub type Digest128 = [u8; 16];

#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
pub enum VaultError {
    #[error("the key file must hold 64 hexadecimal digits")]
    KeyFormat,
    #[error("sealed bytes are damaged, or were sealed with another key")]
    Damaged,
}

const NONCE_BYTES: usize = 12;
const TAG_BYTES: usize = 16;

/// Seals (AES-256-GCM, random nonce in front, tag behind) and digests (SipHash-2-4, keyed).
#[derive(Clone)]
pub struct Vault {
    cipher: Aes256Gcm,
    lookup: Sip128,
    short: SipHasher24,
    fingerprint: String,
    master: [u8; 32],
}

impl Vault {
    pub fn from_key(master: [u8; 32]) -> Self {
        let lookup: [u8; 32] = derive(&master, "look-up");
        let short: [u8; 32] = derive(&master, "message");
        Self {
            cipher: Aes256Gcm::new(&derive(&master, "seal").into()),
            lookup: Sip128::new_with_key(&first16(&lookup)),
            short: SipHasher24::new_with_key(&first16(&short)),
            fingerprint: hex(&derive(&master, "fingerprint")[..6]),
            master,
        }
    }
    pub fn generate() -> Self {
        Self::from_key(Chance::secret())
    }
    pub fn parse_key(text: &str) -> Result<Self, VaultError> {
        let text = text.trim();
        if text.len() != 64 || !text.is_ascii() {
            return Err(VaultError::KeyFormat);
        }
        let mut master = [0; 32];
        for (byte, pair) in master.iter_mut().zip(text.as_bytes().chunks(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| VaultError::KeyFormat)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| VaultError::KeyFormat)?;
        }
        Ok(Self::from_key(master))
    }
    /// The content of the key file. Whoever has it and the data can read everything.
    pub fn show_key(&self) -> String {
        hex(&self.master)
    }
    /// Names the key without revealing it: a workspace remembers it, and refuses a wrong key file at once.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    pub fn seal(&self, plain: &[u8]) -> Vec<u8> {
        let nonce: [u8; NONCE_BYTES] = Chance::secret();
        let mut out = Vec::with_capacity(NONCE_BYTES + plain.len() + TAG_BYTES);
        out.extend_from_slice(&nonce);
        out.extend_from_slice(plain);
        let tag = self
            .cipher
            .encrypt_inout_detached(&Nonce::from(nonce), b"", (&mut out[NONCE_BYTES..]).into())
            .expect("a body below 64 GiB can be sealed");
        out.extend_from_slice(&tag);
        out
    }
    pub fn open(&self, sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        if sealed.len() < NONCE_BYTES + TAG_BYTES {
            return Err(VaultError::Damaged);
        }
        let (nonce, rest) = sealed.split_at(NONCE_BYTES);
        let (body, tag) = rest.split_at(rest.len() - TAG_BYTES);
        let nonce: [u8; NONCE_BYTES] = nonce.try_into().map_err(|_| VaultError::Damaged)?;
        let tag: [u8; TAG_BYTES] = tag.try_into().map_err(|_| VaultError::Damaged)?;
        let mut plain = body.to_vec();
        self.cipher
            .decrypt_inout_detached(&Nonce::from(nonce), b"", plain.as_mut_slice().into(), &tag.into())
            .map_err(|_| VaultError::Damaged)?;
        Ok(plain)
    }

    /// Keyed digest of an identifier; equal inputs give equal digests under the same key only.
    pub fn digest(&self, domain: &str, value: &str) -> Digest128 {
        let mut hasher = self.lookup;
        hasher.write(domain.as_bytes());
        hasher.write_u8(0xff);
        hasher.write(value.as_bytes());
        hasher.finish128().as_bytes()
    }
    /// Keyed 64-bit digest for message de-duplication. Two different ids share one with probability 2⁻⁶⁴ each pair:
    /// for 100 million stored messages, 5·10⁻¹² per new message. The key keeps anyone from searching for a pair.
    pub fn digest64(&self, value: &str) -> u64 {
        let mut hasher = self.short;
        hasher.write(value.as_bytes());
        hasher.finish()
    }
    /// A 64-bit key for a named purpose, stable for the life of the key file.
    pub fn derived64(&self, purpose: &str) -> u64 {
        let bytes = derive(&self.master, purpose);
        u64::from_le_bytes(bytes[..8].try_into().expect("32 bytes hold 8"))
    }
    /// HMAC-SHA-256 under a key of its own, for tokens that must not be forged.
    pub fn sign(&self, purpose: &str, message: &[u8]) -> [u8; 32] {
        hmac(&derive(&self.master, purpose), message)
    }
}

fn derive(master: &[u8; 32], purpose: &str) -> [u8; 32] {
    hmac(master, purpose.as_bytes())
}
fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(message);
    mac.finalize().into_bytes().into()
}
fn first16(bytes: &[u8; 32]) -> [u8; 16] {
    bytes[..16].try_into().expect("32 bytes hold 16")
}
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sealed_bytes_open_only_unharmed_and_with_the_key() {
        let vault = Vault::from_key([7; 32]);
        let sealed = vault.seal("13912345678".as_bytes());
        assert_eq!(vault.open(&sealed).unwrap(), b"13912345678");
        assert_eq!(Vault::from_key([8; 32]).open(&sealed), Err(VaultError::Damaged));
        for at in 0..sealed.len() {
            let mut broken = sealed.clone();
            broken[at] ^= 1;
            assert_eq!(vault.open(&broken), Err(VaultError::Damaged));
        }
        assert_ne!(vault.seal(b"x"), vault.seal(b"x"));
    }

    /// Pinned: a changed digest would lose every identifier that is stored.
    #[test]
    fn digests_never_change() {
        let vault = Vault::from_key([7; 32]);
        assert_eq!(hex(&vault.digest("phone", "13912345678")), "ca36360fe575c60229efecf44ae00e73");
        assert_eq!(vault.fingerprint(), "e6579d34737b");
        assert_eq!(Vault::parse_key(&vault.show_key()).unwrap().fingerprint(), vault.fingerprint());
    }
}
