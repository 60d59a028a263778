//! One shape for everything that is refused: a stable code for programs, a sentence in the reader's language for people.

use std::error::Error;
use std::fmt;

pub type Result<T, E = Refusal> = std::result::Result<T, E>;

/// What kind of refusal it is; the HTTP layer maps each to one status, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Invalid,
    Unauthenticated,
    Forbidden,
    NotFound,
    Conflict,
    TooLarge,
    /// Try again later; nothing was accepted.
    Busy,
    /// A part we depend on is away (disk full, database restarting). Nothing was half-done.
    Unavailable,
    Internal,
}

#[derive(Debug)]
pub struct Refusal {
    pub code: &'static str,
    pub class: Class,
    /// The input the sentence is about, as the caller spells it (`items[3].price`, `person.phone`).
    pub field: Option<String>,
    pub en: String,
    pub zh: String,
    /// For the log only; never shown to a client.
    pub source: Option<Box<dyn Error + Send + Sync>>,
}

impl Refusal {
    pub fn new(class: Class, code: &'static str, en: impl Into<String>, zh: impl Into<String>) -> Self {
        Self { code, class, field: None, en: en.into(), zh: zh.into(), source: None }
    }
    pub fn invalid(code: &'static str, en: impl Into<String>, zh: impl Into<String>) -> Self {
        Self::new(Class::Invalid, code, en, zh)
    }
    pub fn not_found(code: &'static str, en: impl Into<String>, zh: impl Into<String>) -> Self {
        Self::new(Class::NotFound, code, en, zh)
    }
    pub fn conflict(code: &'static str, en: impl Into<String>, zh: impl Into<String>) -> Self {
        Self::new(Class::Conflict, code, en, zh)
    }
    pub fn forbidden(code: &'static str, en: impl Into<String>, zh: impl Into<String>) -> Self {
        Self::new(Class::Forbidden, code, en, zh)
    }
    pub fn busy() -> Self {
        Self::new(
            Class::Busy,
            "busy",
            "The server is at its limit; nothing was accepted. Try again after the Retry-After delay.",
            "服务器已到上限，本次请求未被接收，请按 Retry-After 稍后重试。",
        )
    }
    pub fn internal(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(
            Class::Internal,
            "internal",
            "Something went wrong on our side; the request id finds it in the log.",
            "服务内部出错，可凭 request_id 在日志中查到原因。",
        )
        .because(source)
    }
    #[must_use]
    pub fn field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.en)?;
        if let Some(source) = &self.source {
            write!(f, " ({source})")?;
        }
        Ok(())
    }
}

impl Error for Refusal {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|s| s as &(dyn Error + 'static))
    }
}
