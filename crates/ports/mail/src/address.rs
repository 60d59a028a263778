//! Addresses as servers take them.

use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    #[error("not an address")]
    Shape,
    #[error("the part before the @ has letters that not every server takes")]
    NotAscii,
    #[error("the domain is malformed")]
    Domain,
    #[error("an address has up to 254 letters, 64 of them before the @")]
    TooLong,
    #[error("a name has up to 100 letters and no line breaks")]
    Name,
}

impl AddressError {
    pub fn code(self) -> &'static str {
        match self {
            Self::Shape => "mail_address_malformed",
            Self::NotAscii => "mail_address_not_ascii",
            Self::Domain => "mail_domain_malformed",
            Self::TooLong => "mail_address_too_long",
            Self::Name => "mail_name_malformed",
        }
    }
    pub fn zh(self) -> &'static str {
        match self {
            Self::Shape => "邮箱地址格式不正确。",
            Self::NotAscii => "邮箱 @ 之前含有部分服务器不支持的字符。",
            Self::Domain => "邮箱域名格式不正确。",
            Self::TooLong => "邮箱地址过长（最多 254 个字符，@ 之前最多 64 个）。",
            Self::Name => "名称最多 100 个字，且不能换行。",
        }
    }
}

/// `ann@example.com`. The domain is in ASCII (`xn--…`) and lower case. The `Debug` form hides who it is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    whole: String,
    at: usize,
}

impl Address {
    /// Takes full-width signs and domains in any script; refuses what servers in practice do not take: quotes, comments, address literals.
    pub fn parse(raw: &str) -> Result<Self, AddressError> {
        let folded: String = raw
            .trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}')
            .chars()
            .take(400)
            .map(fold_width)
            .collect();
        let (local, domain) = folded.rsplit_once('@').ok_or(AddressError::Shape)?;
        if local.is_empty() || domain.is_empty() {
            return Err(AddressError::Shape);
        }
        if folded.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(AddressError::Shape);
        }
        if !local.is_ascii() {
            return Err(AddressError::NotAscii);
        }
        let atom = |part: &str| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b))
        };
        if !local.split('.').all(atom) {
            return Err(AddressError::Shape);
        }
        let domain = idna::domain_to_ascii_strict(domain).map_err(|_| AddressError::Domain)?;
        let labels: Vec<&str> = domain.split('.').collect();
        let last_is_a_name =
            labels.last().is_some_and(|last| last.len() >= 2 && !last.bytes().all(|b| b.is_ascii_digit()));
        let fits = |label: &str| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-');
        if labels.len() < 2 || !last_is_a_name || !labels.iter().all(|label| fits(label)) {
            return Err(AddressError::Domain);
        }
        if local.len() > 64 || local.len() + 1 + domain.len() > 254 {
            return Err(AddressError::TooLong);
        }
        Ok(Self { whole: format!("{local}@{domain}"), at: local.len() })
    }
    pub fn as_str(&self) -> &str {
        &self.whole
    }
    pub fn local(&self) -> &str {
        &self.whole[..self.at]
    }
    pub fn domain(&self) -> &str {
        &self.whole[self.at + 1..]
    }
    /// `a***@example.com`
    pub fn masked(&self) -> String {
        format!("{}***@{}", &self.whole[..1], self.domain())
    }
    pub(crate) fn lettre(&self) -> lettre::Address {
        lettre::Address::new(self.local(), self.domain()).expect("what passed here is narrower than what that takes")
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

/// An address with a name beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox {
    name: String,
    pub address: Address,
}

impl Mailbox {
    /// `name` may be empty.
    pub fn new(name: &str, address: Address) -> Result<Self, AddressError> {
        let name = name.trim();
        if name.chars().count() > 100 || name.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
            return Err(AddressError::Name);
        }
        Ok(Self { name: name.to_owned(), address })
    }
    pub fn name(&self) -> &str {
        &self.name
    }
    pub(crate) fn lettre(&self) -> lettre::message::Mailbox {
        let name = (!self.name.is_empty()).then(|| self.name.clone());
        lettre::message::Mailbox::new(name, self.address.lettre())
    }
}

fn fold_width(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_form_for_what_people_write() {
        for (raw, want) in [
            ("ann@example.com", "ann@example.com"),
            (" Ann.B+shop@EXAMPLE.com ", "Ann.B+shop@example.com"),
            ("ann＠example．com", "ann@example.com"),
            ("ann@例子.中国", "ann@xn--fsqu00a.xn--fiqs8s"),
            ("ann@bücher.example", "ann@xn--bcher-kva.example"),
            ("o'neil@example.co", "o'neil@example.co"),
        ] {
            assert_eq!(Address::parse(raw).unwrap().as_str(), want, "{raw}");
        }
    }

    #[test]
    fn what_no_server_takes_is_refused() {
        use AddressError::*;
        let long = format!("{}@example.com", "a".repeat(65));
        let longer = format!("a@{}.com", ["b".repeat(60).as_str(); 5].join("."));
        for (raw, want) in [
            ("", Shape),
            ("ann", Shape),
            ("@example.com", Shape),
            ("ann@", Shape),
            ("an n@example.com", Shape),
            ("ann@exam\tple.com", Shape),
            ("ann@example.com\r\nBcc: all@example.com", Shape),
            (".ann@example.com", Shape),
            ("a..b@example.com", Shape),
            ("\"a b\"@example.com", Shape),
            ("a@b@example.com", Shape),
            ("<ann@example.com>", Shape),
            ("安@example.com", NotAscii),
            ("ann@localhost", Domain),
            ("ann@127.0.0.1", Domain),
            ("ann@[127.0.0.1]", Domain),
            ("ann@example..com", Domain),
            ("ann@-example.com", Domain),
            ("ann@example.c", Domain),
            ("ann@exa_mple.com", Domain),
            (long.as_str(), TooLong),
            (longer.as_str(), Domain),
        ] {
            let got = Address::parse(raw);
            assert!(got == Err(want) || (raw == longer && got.is_err()), "{raw}: {got:?}");
        }
        assert!(Mailbox::new("a\r\nBcc: x", Address::parse("a@b.cn").unwrap()).is_err());
        assert!(Mailbox::new(&"n".repeat(101), Address::parse("a@b.cn").unwrap()).is_err());
        assert_eq!(format!("{:?}", Address::parse("ann@example.com").unwrap()), "a***@example.com");
    }

    proptest! {
        #[test]
        fn parsing_twice_changes_nothing(raw in "[a-z.+@\\PC]{0,30}@([a-z-]{1,10}\\.){1,3}[a-z]{2,5}|\\PC{0,40}") {
            if let Ok(address) = Address::parse(&raw) {
                prop_assert_eq!(Address::parse(address.as_str()).unwrap(), address.clone());
                prop_assert!(address.as_str().is_ascii() && !address.as_str().contains(char::is_whitespace));
                let _ = address.lettre();
            }
        }
    }
}
