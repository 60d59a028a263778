//! Exact decimals from text: money never passes through a float.

use std::fmt;

/// `mantissa × 10^-scale`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal {
    pub mantissa: i128,
    pub scale: u8,
}

impl Decimal {
    pub const ZERO: Decimal = Decimal { mantissa: 0, scale: 0 };

    pub fn new(mantissa: i128, scale: u8) -> Self {
        Self { mantissa, scale }
    }

    /// Plain or exponent notation (`12`, `-3.50`, `1e3`). At most 28 digits; anything else is `None`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (body, exponent) = match text.find(['e', 'E']) {
            Some(at) => (&text[..at], text[at + 1..].parse::<i32>().ok().filter(|e| e.abs() <= 28)?),
            None => (text, 0),
        };
        let (negative, digits) = match body.as_bytes().first()? {
            b'-' => (true, &body[1..]),
            b'+' => (false, &body[1..]),
            _ => (false, body),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        if (whole.is_empty() && fraction.is_empty()) || whole.len() + fraction.len() > 28 {
            return None;
        }
        let mut mantissa: i128 = 0;
        for digit in whole.bytes().chain(fraction.bytes()) {
            if !digit.is_ascii_digit() {
                return None;
            }
            mantissa = mantissa * 10 + i128::from(digit - b'0');
        }
        if negative {
            mantissa = -mantissa;
        }
        let scale = fraction.len() as i32 - exponent;
        if scale < 0 {
            mantissa = mantissa.checked_mul(10i128.checked_pow(scale.unsigned_abs())?)?;
        }
        u8::try_from(scale.max(0)).ok().filter(|s| *s <= 56).map(|scale| Self { mantissa, scale })
    }

    /// Rounds half away from zero to `scale` digits, as a mantissa; `None` when it does not fit.
    pub fn rescaled(self, scale: u8) -> Option<i128> {
        if scale >= self.scale {
            return self.mantissa.checked_mul(10i128.checked_pow(u32::from(scale - self.scale))?);
        }
        let Some(divisor) = 10i128.checked_pow(u32::from(self.scale - scale)) else { return Some(0) };
        let (quotient, rest) = (self.mantissa / divisor, self.mantissa % divisor);
        let up = rest.unsigned_abs() >= divisor.unsigned_abs().div_ceil(2);
        Some(if up { quotient + self.mantissa.signum() } else { quotient })
    }

    pub fn times(self, other: Self) -> Option<Self> {
        Some(Self { mantissa: self.mantissa.checked_mul(other.mantissa)?, scale: self.scale.checked_add(other.scale)? })
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = format!("{:0width$}", self.mantissa.unsigned_abs(), width = usize::from(self.scale) + 1);
        let (whole, fraction) = digits.split_at(digits.len() - usize::from(self.scale));
        let sign = if self.mantissa < 0 { "-" } else { "" };
        if fraction.is_empty() { write!(f, "{sign}{whole}") } else { write!(f, "{sign}{whole}.{fraction}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parses_and_rounds() {
        for (text, scale, want) in [
            ("1.005", 2, Some(101)),
            ("-1.005", 2, Some(-101)),
            ("1.004", 2, Some(100)),
            ("12", 2, Some(1200)),
            ("1e3", 0, Some(1000)),
            ("1.5E-3", 4, Some(15)),
            (".5", 0, Some(1)),
            ("0.125", 2, Some(13)),
        ] {
            assert_eq!(Decimal::parse(text).and_then(|d| d.rescaled(scale)), want, "{text}");
        }
        for bad in ["", "-", ".", "1..2", "1,2", "NaN", "inf", "0x1", "1e99", "99999999999999999999999999999", "１"] {
            assert_eq!(Decimal::parse(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn shows_what_it_parsed(mantissa in -10i128.pow(20)..10i128.pow(20), scale in 0u8..8) {
            let decimal = Decimal::new(mantissa, scale);
            prop_assert_eq!(Decimal::parse(&decimal.to_string()), Some(decimal));
        }
        #[test]
        fn never_panics(text in "\\PC{0,40}") { let _ = Decimal::parse(&text).and_then(|d| d.rescaled(2)); }
    }
}
