//! Passwords: what is accepted, and how it is kept (argon2id, 19 MiB, 2 passes, 1 lane: OWASP's first choice).

use crate::refuse;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use siyu_kernel::Refusal;
use std::sync::{Condvar, Mutex};

pub const CHARS_MIN: usize = 10;
pub const CHARS_MAX: usize = 200;
/// Each hash takes 19 MiB and a core: a flood of logins must queue here, not in memory.
const AT_ONCE_MAX: usize = 2;
const WAITING_MAX: usize = 64;

/// No password has this hash; verifying against it costs what a real one costs.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$c2l5dS5ub2JvZHkuaGVyZQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// The commonest ones of at least [`CHARS_MIN`] characters; longer repetitions are caught by rule.
const COMMON: &[&str] = &[
    "1234567890",
    "0123456789",
    "12345678910",
    "123456789a",
    "a123456789",
    "0987654321",
    "9876543210",
    "1q2w3e4r5t",
    "1q2w3e4r5t6y",
    "q1w2e3r4t5",
    "qwertyuiop",
    "qwerty1234",
    "qwerty12345",
    "qwerty123456",
    "asdfghjkl1",
    "zxcvbnm123",
    "1qaz2wsx3edc",
    "qazwsxedcr",
    "password12",
    "password123",
    "password1234",
    "passw0rd123",
    "p@ssw0rd123",
    "password!1",
    "letmein123",
    "welcome123",
    "welcome1234",
    "iloveyou123",
    "iloveyou1234",
    "admin12345",
    "admin123456",
    "administrator",
    "changeme123",
    "abc1234567",
    "abcd123456",
    "abcdefghij",
    "abc123456789",
    "woaini1314",
    "woaini520520",
    "5201314520",
    "1314520520",
    "q123456789",
    "z123456789",
    "aa12345678",
    "aa123456789",
    "asd123456789",
    "qq123456789",
    "wang123456",
    "zhang123456",
    "li123456789",
    "1122334455",
    "1212121212",
    "1231231231",
    "123123123123",
    "147258369a",
    "1472583690",
    "789456123a",
    "siyu123456",
    "siyu12345678",
    "demo123456",
    "test123456",
    "root123456",
];

/// Errors: `password_short`, `password_long`, `password_is_email`, `password_common`, all on field `password`.
pub fn check(password: &str, email: &str) -> Result<(), Refusal> {
    let chars = password.chars().count();
    if chars < CHARS_MIN {
        return Err(refuse::password_short(CHARS_MIN));
    }
    if chars > CHARS_MAX {
        return Err(refuse::password_long(CHARS_MAX));
    }
    let lower = password.to_lowercase();
    let local = email.split('@').next().unwrap_or_default();
    if lower == email || (!local.is_empty() && lower == local) {
        return Err(refuse::password_is_email());
    }
    let distinct = lower.chars().collect::<std::collections::BTreeSet<_>>().len();
    if distinct < 4 || COMMON.contains(&lower.as_str()) {
        return Err(refuse::password_common());
    }
    Ok(())
}

#[derive(Default)]
pub struct Hasher {
    state: Mutex<Load>,
    freed: Condvar,
}
#[derive(Default)]
struct Load {
    running: usize,
    waiting: usize,
}

impl Hasher {
    /// Never call this inside a unit of work: it would hold up everybody's writes.
    pub fn hash(&self, password: &str) -> Result<String, Refusal> {
        self.in_turn(|| {
            Argon2::default()
                .hash_password(password.as_bytes())
                .map(|hash| hash.to_string())
                .map_err(|e| Refusal::internal(e.to_string()))
        })?
    }
    /// `None`: the account does not exist, and finding that out takes as long.
    pub fn verify(&self, password: &str, stored: Option<&str>) -> Result<bool, Refusal> {
        let known = stored.is_some();
        let matches =
            self.in_turn(|| Argon2::default().verify_password(password.as_bytes(), stored.unwrap_or(NOBODY)).is_ok())?;
        Ok(matches && known)
    }
    fn in_turn<T>(&self, work: impl FnOnce() -> T) -> Result<T, Refusal> {
        let mut load = self.state.lock().unwrap_or_else(|broken| broken.into_inner());
        if load.waiting >= WAITING_MAX {
            return Err(Refusal::busy());
        }
        load.waiting += 1;
        while load.running >= AT_ONCE_MAX {
            load = self.freed.wait(load).unwrap_or_else(|broken| broken.into_inner());
        }
        load.waiting -= 1;
        load.running += 1;
        drop(load);
        let result = work();
        self.state.lock().unwrap_or_else(|broken| broken.into_inner()).running -= 1;
        self.freed.notify_one();
        Ok(result)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weak_passwords_are_refused_with_a_reason() {
        for (password, code) in [
            ("short", "password_short"),
            ("1234567890", "password_common"),
            ("PassWord123", "password_common"),
            ("aaaaaaaaaaaaaaa", "password_common"),
            ("Ann.Lee@shop.example", "password_is_email"),
        ] {
            assert_eq!(check(password, "ann.lee@shop.example").unwrap_err().code, code, "{password}");
        }
        assert!(check("长江之水天上来不复回", "a@b.cn").is_ok());
        assert!(check(&"x1y2z".repeat(60), "a@b.cn").is_err());
    }

    #[test]
    fn hashes_verify_and_nobody_never_does() {
        let hasher = Hasher::default();
        let stored = hasher.hash("correct horse").unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(hasher.verify("correct horse", Some(&stored)).unwrap());
        assert!(!hasher.verify("wrong horse", Some(&stored)).unwrap());
        assert!(!hasher.verify("anything", None).unwrap());
        // A malformed constant would answer at once and tell who exists.
        assert!(argon2::PasswordHash::new(NOBODY).is_ok());
    }
}
