//! The cipher and the signature of callbacks: AES-256-CBC with PKCS#7 over blocks of 32 bytes, SHA-1 over the sorted values.

use super::error::{CallbackError, Damage};
use aes::Aes256;
use aes::cipher::{Block, BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use base64::Engine;
use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::general_purpose::{GeneralPurpose, PAD, STANDARD};
use sha1::{Digest, Sha1};
use std::fmt;

/// WeCom's padding fills to 32 bytes, two cipher blocks: pad bytes of 17 to 32 are common.
const PAD_TO: usize = 32;
const BLOCK: usize = 16;
/// 16 random bytes and the length stand before the message.
const HEAD: usize = 20;

/// The 32 bytes behind an EncodingAESKey.
#[derive(Clone)]
pub struct Key([u8; 32]);

impl Key {
    /// `text`: 43 characters. The last one may carry spare bits, which strict decoders refuse and WeCom hands out.
    pub fn parse(text: &str) -> Result<Self, CallbackError> {
        let engine = GeneralPurpose::new(&ALPHABET, PAD.with_decode_allow_trailing_bits(true));
        if text.len() != 43 {
            return Err(CallbackError::KeyWrong);
        }
        let bytes = engine.decode(format!("{text}=")).map_err(|_| CallbackError::KeyWrong)?;
        bytes.try_into().map(Self).map_err(|_| CallbackError::KeyWrong)
    }

    /// Encrypts for a receiver; `random` must be fresh for each message ([`siyu_kernel::Chance::secret`]).
    pub fn seal(&self, message: &[u8], receiver: &str, random: [u8; 16]) -> String {
        let mut plain = Vec::with_capacity(HEAD + message.len() + receiver.len() + PAD_TO);
        plain.extend_from_slice(&random);
        plain.extend_from_slice(&(message.len() as u32).to_be_bytes());
        plain.extend_from_slice(message);
        plain.extend_from_slice(receiver.as_bytes());
        let pad = PAD_TO - plain.len() % PAD_TO;
        plain.resize(plain.len() + pad, pad as u8);
        let mut cipher = cbc::Encryptor::<Aes256>::new(&self.0.into(), &self.iv().into());
        for chunk in plain.chunks_exact_mut(BLOCK) {
            let block: &mut Block<Aes256> = chunk.try_into().expect("chunks are one block long");
            cipher.encrypt_block(block);
        }
        STANDARD.encode(plain)
    }

    /// The message, when it was sealed with this key for this receiver and nothing was changed.
    pub fn open(&self, sealed: &str, receiver: &str) -> Result<Vec<u8>, CallbackError> {
        let mut plain = STANDARD.decode(sealed).map_err(|_| CallbackError::Tampered(Damage::Base64))?;
        if plain.is_empty() || !plain.len().is_multiple_of(BLOCK) {
            return Err(CallbackError::Tampered(Damage::CipherLength));
        }
        let mut cipher = cbc::Decryptor::<Aes256>::new(&self.0.into(), &self.iv().into());
        for chunk in plain.chunks_exact_mut(BLOCK) {
            let block: &mut Block<Aes256> = chunk.try_into().expect("chunks are one block long");
            cipher.decrypt_block(block);
        }
        // Every pad byte is checked, though the platform's own libraries look at the last only.
        let pad = usize::from(plain.last().copied().unwrap_or(0));
        if pad == 0
            || pad > PAD_TO
            || pad > plain.len()
            || plain[plain.len() - pad..].iter().any(|b| *b as usize != pad)
        {
            return Err(CallbackError::Tampered(Damage::Padding));
        }
        plain.truncate(plain.len() - pad);
        let length = plain.get(BLOCK..HEAD).and_then(|bytes| bytes.try_into().ok()).map(u32::from_be_bytes);
        let end = length.and_then(|length| HEAD.checked_add(length as usize)).filter(|end| *end <= plain.len());
        let Some(end) = end else { return Err(CallbackError::Tampered(Damage::Length)) };
        if plain[end..] != *receiver.as_bytes() {
            return Err(CallbackError::OtherReceiver);
        }
        plain.truncate(end);
        plain.drain(..HEAD);
        Ok(plain)
    }

    fn iv(&self) -> [u8; BLOCK] {
        let mut iv = [0; BLOCK];
        iv.copy_from_slice(&self.0[..BLOCK]);
        iv
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

/// 40 lower-case hexadecimal digits over the four values in byte order.
pub fn signature(token: &str, timestamp: &str, nonce: &str, sealed: &str) -> String {
    let mut parts = [token, timestamp, nonce, sealed];
    parts.sort_unstable();
    let mut sha = Sha1::new();
    for part in parts {
        sha.update(part.as_bytes());
    }
    hex(&sha.finalize())
}

/// Compares without telling by its duration where the difference lies.
pub fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}

pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|b| [DIGITS[usize::from(b >> 4)], DIGITS[usize::from(b & 15)]]).map(char::from).collect()
}
