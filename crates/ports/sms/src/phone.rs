//! One spelling per number: E.164.

use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PhoneError {
    #[error("no digits")]
    Empty,
    #[error("not a phone number")]
    Shape,
    #[error("a landline or a service number takes no SMS")]
    NotMobile,
}

/// A number that can get an SMS: `+8613800000001`. Its `Debug` and `Display` forms hide the middle.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Phone(String);

impl Phone {
    /// Takes what people, spreadsheets and providers write: spaces, dashes, full-width digits, `86`, `0086`, `+86`, `13800000001.0`. A number without
    /// a country is Chinese, and must then be a mobile number.
    pub fn parse(raw: &str) -> Result<Self, PhoneError> {
        let folded: String = raw.chars().take(60).map(fold_width).filter(|c| !is_ornament(*c)).collect();
        let folded = folded.strip_suffix(".0").unwrap_or(&folded).replace('.', "");
        if folded.is_empty() {
            return Err(PhoneError::Empty);
        }
        let (abroad, digits) = match folded.strip_prefix('+').or_else(|| folded.strip_prefix("00")) {
            Some(rest) => (true, rest),
            None => (false, folded.as_str()),
        };
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(PhoneError::Shape);
        }
        let home = match digits.strip_prefix("86") {
            Some(rest) if abroad || rest.len() == 11 => Some(rest),
            _ if abroad => None,
            _ => Some(digits),
        };
        match home {
            Some(number) if is_mobile(number) => Ok(Self(format!("+86{number}"))),
            Some(number) if (3..=12).contains(&number.len()) => Err(PhoneError::NotMobile),
            Some(_) => Err(PhoneError::Shape),
            None if (7..=15).contains(&digits.len()) && !digits.starts_with('0') => Ok(Self(format!("+{digits}"))),
            None => Err(PhoneError::Shape),
        }
    }
    pub fn e164(&self) -> &str {
        &self.0
    }
    /// Whether it belongs to mainland China, where signatures and templates are approved beforehand.
    pub fn is_mainland(&self) -> bool {
        self.0.starts_with("+86")
    }
    /// As Aliyun takes it: eleven digits at home, country and number elsewhere.
    pub fn bare(&self) -> &str {
        self.0.strip_prefix("+86").unwrap_or(&self.0[1..])
    }
    /// `+86138****0001`; of a short number less is shown: four digits are hidden of any.
    pub fn masked(&self) -> String {
        let shown = self.0.len().saturating_sub(4).min(10);
        let end = (shown / 2).min(4);
        format!("{}****{}", &self.0[..shown - end], &self.0[self.0.len() - end..])
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}
impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

fn is_mobile(number: &str) -> bool {
    let bytes = number.as_bytes();
    bytes.len() == 11 && bytes[0] == b'1' && (b'3'..=b'9').contains(&bytes[1])
}

fn fold_width(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        other => other,
    }
}

fn is_ornament(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '-' | '(' | ')' | '/' | '\u{2010}'..='\u{2015}' | '\u{feff}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn four_digits_are_hidden_whatever_the_length() {
        for length in 1..=20 {
            let whole: String = std::iter::once('+').chain("12345678901234567890".chars()).take(length).collect();
            let masked = Phone(whole.clone()).masked();
            let shown = masked.replace("****", "");
            assert!(shown.len() <= length.saturating_sub(4) && shown.len() <= 10, "{whole} is shown as {masked}");
        }
        assert_eq!(Phone::parse("13800000001").unwrap().masked(), "+86138****0001");
    }

    #[test]
    fn one_spelling_per_number() {
        for (raw, want) in [
            ("13800000001", "+8613800000001"),
            ("138 0000-0001", "+8613800000001"),
            ("+86 138 0000 0001", "+8613800000001"),
            ("008613800000001", "+8613800000001"),
            ("8613800000001", "+8613800000001"),
            ("１３８０００００ ", "not"),
            ("１３８０００００００１", "+8613800000001"),
            ("13800000001.0", "+8613800000001"),
            ("\u{202a}+8613800000001\u{202c}", "+8613800000001"),
            ("+1 (415) 555-0100", "+14155550100"),
            ("00852 5123 4567", "+85251234567"),
            ("+8613800000001", "+8613800000001"),
        ] {
            let got = Phone::parse(raw);
            assert_eq!(got.as_ref().map_or("not", |phone| phone.e164()), want, "{raw}");
        }
    }

    #[test]
    fn what_takes_no_sms_is_refused() {
        for (raw, want) in [
            ("", PhoneError::Empty),
            (" - ", PhoneError::Empty),
            ("010-88886666", PhoneError::NotMobile),
            ("+86 10 8888 6666", PhoneError::NotMobile),
            ("95588", PhoneError::NotMobile),
            ("12800000001", PhoneError::NotMobile),
            ("1380000000123", PhoneError::Shape),
            ("138000x0001", PhoneError::Shape),
            ("+0123456789", PhoneError::Shape),
            ("+1234567890123456", PhoneError::Shape),
            ("+", PhoneError::Shape),
        ] {
            assert_eq!(Phone::parse(raw), Err(want), "{raw}");
        }
    }

    #[test]
    fn forms_for_people_and_providers() {
        let phone = Phone::parse("13800000001").unwrap();
        assert_eq!(
            (phone.bare(), phone.masked().as_str(), phone.is_mainland()),
            ("13800000001", "+86138****0001", true)
        );
        assert_eq!(format!("{phone:?}{phone}"), "+86138****0001+86138****0001");
        let phone = Phone::parse("+14155550100").unwrap();
        assert_eq!((phone.bare(), phone.is_mainland()), ("14155550100", false));
    }

    proptest! {
        #[test]
        fn parsing_twice_changes_nothing(raw in "\\PC{0,30}|\\+?[0-9 ()-]{0,20}") {
            if let Ok(phone) = Phone::parse(&raw) {
                prop_assert_eq!(Phone::parse(phone.e164()).unwrap(), phone.clone());
                prop_assert!(phone.masked().contains("****"));
            }
        }
    }
}
