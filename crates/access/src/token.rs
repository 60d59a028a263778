//! Secrets that are shown once and stored as digests.

use sha2::{Digest, Sha256};
use siyu_kernel::Chance;

pub type TokenHash = [u8; 32];

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// 256 bits, five to a character.
const BODY_CHARS: usize = 52;

/// A prefix and 256 bits of chance.
pub fn new_token(prefix: &str) -> String {
    let secret: [u8; 32] = Chance::secret();
    let mut token = String::with_capacity(prefix.len() + BODY_CHARS);
    token.push_str(prefix);
    for at in 0..BODY_CHARS {
        let mut digit = 0usize;
        for bit in at * 5..at * 5 + 5 {
            let set = secret.get(bit / 8).is_some_and(|byte| byte >> (7 - bit % 8) & 1 == 1);
            digit = digit << 1 | usize::from(set);
        }
        token.push(ALPHABET[digit] as char);
    }
    token
}

/// Whether a text could be a token of ours at all: strangers are refused before any look-up.
pub fn looks_like(token: &str, prefix: &str) -> bool {
    token
        .strip_prefix(prefix)
        .is_some_and(|body| body.len() == BODY_CHARS && body.bytes().all(|b| ALPHABET.contains(&b)))
}

pub fn hash(token: &str) -> TokenHash {
    Sha256::digest(token.as_bytes()).into()
}

/// The value a page must show besides the cookie. Derived, so nothing more is stored; a page that only holds the cookie cannot read it.
pub fn csrf_of(token: &str) -> String {
    hex(&Sha256::digest(format!("csrf\0{token}").as_bytes())[..16])
}

/// Names an account or address in the table of attempts without keeping it.
pub fn subject(kind: &str, value: &str) -> String {
    format!("{kind}:{}", hex(&Sha256::digest(value.as_bytes())[..16]))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_differ_and_are_recognised() {
        let (a, b) = (new_token("siyu_w_"), new_token("siyu_w_"));
        assert_ne!(a, b);
        assert!(looks_like(&a, "siyu_w_") && !looks_like(&a, "siyu_a_") && !looks_like(&a[..20], "siyu_w_"));
        assert_ne!(csrf_of(&a), csrf_of(&b));
    }
}
