//! Why a callback was turned away.

use siyu_kernel::{Class, Refusal};

/// A callback that is not accepted. [`CallbackError::code`] is stable: it counts in metrics and stands in the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallbackError {
    #[error("the {0} is missing from the address")]
    QueryMissing(&'static str),
    #[error("the signature does not belong to this token, timestamp, nonce and ciphertext")]
    SignatureWrong,
    /// Seconds the timestamp lies in the past (positive) or the future (negative), for the page that shows clock skew.
    #[error("the timestamp is {0} s off our clock")]
    Stale(i64),
    #[error("the ciphertext is damaged: {0}")]
    Tampered(Damage),
    #[error("encrypted for another receiver")]
    OtherReceiver,
    #[error("{0} bytes are more than a callback has")]
    TooLarge(usize),
    #[error("nested deeper than an event is")]
    TooDeep,
    #[error("more elements than an event has")]
    TooMany,
    #[error("a document type or an entity of its own, which events never have")]
    ForeignEntity,
    #[error("not XML: {0}")]
    NotXml(String),
    #[error("the message has no <{0}>")]
    FieldMissing(&'static str),
    #[error("the EncodingAESKey is not 43 characters of base64")]
    KeyWrong,
}

/// What is wrong with a ciphertext whose signature is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    #[error("not base64")]
    Base64,
    #[error("not whole blocks")]
    CipherLength,
    #[error("wrong padding")]
    Padding,
    #[error("the length inside does not fit")]
    Length,
    #[error("not UTF-8")]
    Utf8,
}

impl CallbackError {
    pub fn code(&self) -> &'static str {
        match self {
            Self::QueryMissing(_) => "query_missing",
            Self::SignatureWrong => "signature_wrong",
            Self::Stale(_) => "stale",
            Self::Tampered(_) => "tampered",
            Self::OtherReceiver => "other_receiver",
            Self::TooLarge(_) => "too_large",
            Self::TooDeep => "too_deep",
            Self::TooMany => "too_many",
            Self::ForeignEntity => "foreign_entity",
            Self::NotXml(_) => "not_xml",
            Self::FieldMissing(_) => "field_missing",
            Self::KeyWrong => "key_wrong",
        }
    }
    fn zh(&self) -> &'static str {
        match self {
            Self::QueryMissing(_) => "回调地址缺少签名参数。",
            Self::SignatureWrong => "回调签名不符，请核对 Token。",
            Self::Stale(_) => "回调时间戳与本机时钟相差过大，请检查服务器时间。",
            Self::Tampered(_) => "回调密文已损坏，请核对 EncodingAESKey。",
            Self::OtherReceiver => "回调属于另一家企业，请核对企业 ID。",
            Self::TooLarge(_) => "回调内容过大。",
            Self::TooDeep | Self::TooMany => "回调 XML 结构过于复杂。",
            Self::ForeignEntity => "回调 XML 含有不允许的实体定义。",
            Self::NotXml(_) => "回调内容不是合法的 XML。",
            Self::FieldMissing(_) => "回调缺少必要字段。",
            Self::KeyWrong => "EncodingAESKey 应为 43 位字母数字。",
        }
    }
}

impl From<CallbackError> for Refusal {
    fn from(error: CallbackError) -> Self {
        let class = match error {
            CallbackError::SignatureWrong | CallbackError::Stale(_) | CallbackError::OtherReceiver => Class::Forbidden,
            CallbackError::TooLarge(_) => Class::TooLarge,
            _ => Class::Invalid,
        };
        Refusal::new(class, error.code(), error.to_string(), error.zh())
    }
}
