//! What a person can be known by, and the one spelling each value has inside.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The kinds, from strongest to weakest. `Ext` carries the name of somebody else's system.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    UnionId,
    UserId,
    MemberNo,
    ExternalUserId,
    OpenId,
    Phone,
    Email,
    PosNo,
    Ext(String),
    Device,
    Anonymous,
}

impl Kind {
    pub const NAMED: [Kind; 10] = [
        Kind::UnionId,
        Kind::UserId,
        Kind::MemberNo,
        Kind::ExternalUserId,
        Kind::OpenId,
        Kind::Phone,
        Kind::Email,
        Kind::PosNo,
        Kind::Device,
        Kind::Anonymous,
    ];

    pub fn name(&self) -> String {
        match self {
            Kind::Ext(name) => format!("ext:{name}"),
            other => other.word().to_owned(),
        }
    }
    /// The kind's word without the name of an external system.
    pub fn word(&self) -> &'static str {
        match self {
            Kind::UnionId => "unionid",
            Kind::UserId => "user_id",
            Kind::MemberNo => "member_no",
            Kind::ExternalUserId => "external_userid",
            Kind::OpenId => "openid",
            Kind::Phone => "phone",
            Kind::Email => "email",
            Kind::PosNo => "pos_no",
            Kind::Ext(_) => "ext",
            Kind::Device => "device",
            Kind::Anonymous => "anonymous",
        }
    }
    pub fn parse(name: &str) -> Option<Self> {
        if let Some(ext) = name.strip_prefix("ext:") {
            let fits =
                !ext.is_empty() && ext.len() <= 40 && ext.chars().all(|c| c.is_alphanumeric() || "_-.".contains(c));
            return fits.then(|| Kind::Ext(ext.to_owned()));
        }
        Self::NAMED.into_iter().find(|kind| kind.word() == name)
    }
    /// Values that identify a human being in the outside world and are sealed at rest.
    pub fn is_sealed(&self) -> bool {
        matches!(self, Kind::Phone | Kind::Email)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentifierError {
    #[error("unknown identifier kind {0}")]
    Kind(String),
    #[error("empty {0}")]
    Empty(String),
    #[error("{kind} is not valid")]
    Shape { kind: String },
    #[error("{kind} is longer than 256 bytes")]
    TooLong { kind: String },
}

/// A kind and its normalised value.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identifier {
    pub kind: Kind,
    pub value: String,
}

impl Identifier {
    /// Normalises: spaces trimmed, full-width digits and letters folded, e-mail in lower case, Chinese mobile numbers as eleven digits,
    /// other phone numbers as `+` and digits.
    pub fn new(kind: Kind, raw: &str) -> Result<Self, IdentifierError> {
        let trimmed = raw.trim_matches(|c: char| c.is_whitespace() || c.is_control() || c == '\u{feff}');
        if trimmed.is_empty() {
            return Err(IdentifierError::Empty(kind.name()));
        }
        if trimmed.len() > 256 {
            return Err(IdentifierError::TooLong { kind: kind.name() });
        }
        let shape = || IdentifierError::Shape { kind: kind.name() };
        let value = match kind {
            Kind::Phone => phone(trimmed).ok_or_else(shape)?,
            Kind::Email => email(trimmed).ok_or_else(shape)?,
            _ if trimmed.chars().any(char::is_control) => return Err(shape()),
            _ => trimmed.to_owned(),
        };
        Ok(Self { kind, value })
    }
    /// `phone:13912345678`, as the API takes it.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        let (kind, value) = match text.strip_prefix("ext:") {
            Some(rest) => rest.split_once(':').map(|(name, value)| (format!("ext:{name}"), value)),
            None => text.split_once(':').map(|(kind, value)| (kind.to_owned(), value)),
        }
        .ok_or_else(|| IdentifierError::Kind(text.chars().take(40).collect()))?;
        let kind = Kind::parse(&kind).ok_or(IdentifierError::Kind(kind))?;
        Self::new(kind, value)
    }
    /// What a reader without the right to see it gets: `139****5678`, `a***@example.com`, `ab****yz`.
    pub fn masked(&self) -> String {
        mask(&self.kind, &self.value)
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind.name(), self.value)
    }
}

impl Serialize for Kind {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.name())
    }
}
impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let name = String::deserialize(d)?;
        Self::parse(&name).ok_or_else(|| serde::de::Error::custom(format!("unknown identifier kind {name}")))
    }
}

fn fold_width(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        '\u{3000}' => ' ',
        other => other,
    }
}

fn phone(raw: &str) -> Option<String> {
    let folded: String = raw.chars().map(fold_width).collect();
    // A spreadsheet turns a phone column into 13912345678.0.
    let folded = folded.strip_suffix(".0").unwrap_or(&folded);
    let folded: String = folded.chars().filter(|c| !matches!(c, ' ' | '-' | '(' | ')' | '.' | '\u{a0}')).collect();
    let (international, digits) = match folded.strip_prefix('+') {
        Some(rest) => (true, rest),
        None => match folded.strip_prefix("00") {
            Some(rest) if rest.len() > 9 => (true, rest),
            _ => (false, folded.as_str()),
        },
    };
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let chinese = |d: &str| d.len() == 11 && d.starts_with('1');
    if let Some(rest) = digits.strip_prefix("86").filter(|rest| chinese(rest)) {
        return Some(rest.to_owned());
    }
    match (international, digits.len()) {
        (true, 7..=15) => Some(format!("+{digits}")),
        (false, 5..=15) => Some(digits.to_owned()),
        _ => None,
    }
}

fn email(raw: &str) -> Option<String> {
    let folded: String = raw.chars().map(fold_width).collect::<String>().to_lowercase();
    let (local, host) = folded.rsplit_once('@')?;
    let ok = !local.is_empty()
        && host.len() >= 3
        && host.contains('.')
        && !host.starts_with('.')
        && !host.ends_with('.')
        && !folded.contains(char::is_whitespace)
        && !folded.contains(char::is_control);
    ok.then_some(folded)
}

fn mask(kind: &Kind, value: &str) -> String {
    if *kind == Kind::Email
        && let Some((local, host)) = value.rsplit_once('@')
    {
        let first: String = local.chars().take(1).collect();
        return format!("{first}***@{host}");
    }
    if !kind.is_sealed() {
        return value.to_owned();
    }
    let chars: Vec<char> = value.chars().collect();
    let (front, back) = if chars.len() >= 11 { (chars.len() - 8, 4) } else { (chars.len() / 4, chars.len() / 4) };
    let head: String = chars[..front].iter().collect();
    let tail: String = chars[chars.len() - back..].iter().collect();
    format!("{head}****{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_spelling_per_value() {
        for (kind, raw, want) in [
            ("phone", "139 1234-5678", "13912345678"),
            ("phone", "+86 139-1234-5678", "13912345678"),
            ("phone", "008613912345678", "13912345678"),
            ("phone", "８６１３９１２３４５６７８", "13912345678"),
            ("phone", "13912345678.0", "13912345678"),
            ("phone", "+1 (415) 555-0100", "+14155550100"),
            ("phone", "010-8888 6666", "01088886666"),
            ("email", " Ann@Example.COM ", "ann@example.com"),
            ("user_id", "\u{feff} U1 ", "U1"),
            ("ext:tmall", "买家·1", "买家·1"),
        ] {
            assert_eq!(Identifier::new(Kind::parse(kind).unwrap(), raw).unwrap().value, want, "{kind} {raw}");
        }
        for bad in ["phone:", "phone:abc", "phone:1", "email:a@b", "email:@x.com", "what:1", "ext::1", "nothing"] {
            assert!(Identifier::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(Identifier::parse("ext:jd:a:b").unwrap().to_string(), "ext:jd:a:b");
    }

    #[test]
    fn masks_keep_enough_to_recognise() {
        for (text, want) in [
            ("phone:13912345678", "139****5678"),
            ("email:ann@example.com", "a***@example.com"),
            ("phone:+14155550100", "+141****0100"),
            ("user_id:u1", "u1"),
        ] {
            assert_eq!(Identifier::parse(text).unwrap().masked(), want);
        }
    }

    proptest! {
        #[test]
        fn normalising_twice_changes_nothing(raw in "\\PC{0,40}", which in 0usize..10) {
            if let Ok(once) = Identifier::new(Kind::NAMED[which].clone(), &raw) {
                prop_assert_eq!(&Identifier::new(once.kind.clone(), &once.value).unwrap(), &once);
                let _ = once.masked();
            }
        }
    }
}
