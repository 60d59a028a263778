//! Money is a whole number of minor units (fen, cents) and a currency.

use crate::Decimal;
use serde::{Deserialize, Serialize};
use std::fmt;

/// An ISO 4217 code.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency([u8; 3]);

#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum MoneyError {
    #[error("not a currency code: {0}")]
    Currency(String),
    #[error("amount too large")]
    TooLarge,
}

impl Currency {
    pub const CNY: Currency = Currency(*b"CNY");

    pub fn parse(text: &str) -> Result<Self, MoneyError> {
        let upper = text.trim().to_ascii_uppercase();
        match <[u8; 3]>::try_from(upper.as_bytes()) {
            Ok(code) if code.iter().all(u8::is_ascii_uppercase) => Ok(Self(code)),
            _ => Err(MoneyError::Currency(text.chars().take(12).collect())),
        }
    }
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).expect("parsed as ASCII letters")
    }
    /// Digits after the decimal point (ISO 4217): 2 for most, 0 for yen and won, 3 for Gulf dinars.
    pub fn digits(self) -> u8 {
        match &self.0 {
            b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"ISK" | b"JPY" | b"KMF" | b"KRW" | b"PYG" | b"RWF" | b"UGX"
            | b"UYI" | b"VND" | b"VUV" | b"XAF" | b"XOF" | b"XPF" => 0,
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
            _ => 2,
        }
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
impl Serialize for Currency {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.code())
    }
}
impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(d)?).map_err(serde::de::Error::custom)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    pub minor: i64,
    pub currency: Currency,
}

impl Money {
    /// A trillion major units: sums of millions of such amounts still fit.
    pub const LIMIT_MINOR: i64 = 100_000_000_000_000;

    /// Decimal major units to minor units, rounded half away from zero.
    pub fn from_major(amount: Decimal, currency: Currency) -> Result<Self, MoneyError> {
        let minor =
            amount.rescaled(currency.digits()).and_then(|m| i64::try_from(m).ok()).ok_or(MoneyError::TooLarge)?;
        if minor.abs() > Self::LIMIT_MINOR { Err(MoneyError::TooLarge) } else { Ok(Self { minor, currency }) }
    }
}

/// `12.30 CNY`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", Decimal::new(i128::from(self.minor), self.currency.digits()), self.currency.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn major_to_minor_follows_the_currency() {
        for (text, code, want) in [
            ("12.345", "CNY", "12.35 CNY"),
            ("1200", "JPY", "1200 JPY"),
            ("-0.5", "usd", "-0.50 USD"),
            ("1.2345", "KWD", "1.235 KWD"),
        ] {
            let money = Money::from_major(Decimal::parse(text).unwrap(), Currency::parse(code).unwrap()).unwrap();
            assert_eq!(money.to_string(), want);
        }
        assert_eq!(
            Money::from_major(Decimal::parse("9999999999999999").unwrap(), Currency::CNY),
            Err(MoneyError::TooLarge)
        );
        assert!(Currency::parse("RMB人").is_err());
    }
}
