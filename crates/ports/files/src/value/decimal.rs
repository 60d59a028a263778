//! Exact decimal numbers as people write them in tables.

use super::error::{ValueError, ValueErrorKind as Kind};
use super::text::narrow;

/// `mantissa / 10^scale`, exact. `1.50` is 150 with scale 2: places written are places kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Decimal {
    pub mantissa: i128,
    /// 0 to 30.
    pub scale: u8,
}

const DIGITS_MAX: usize = 36;
const SCALE_MAX: i32 = 30;

impl Decimal {
    /// The number times `10^places`, when that is whole and fits; amounts in cents ask for two places.
    pub fn to_scaled(self, places: u8) -> Option<i128> {
        let d = self.trimmed();
        let up = u32::from(places).checked_sub(u32::from(d.scale))?;
        d.mantissa.checked_mul(10i128.checked_pow(up)?)
    }

    /// The same number without trailing zeros after the point.
    pub fn trimmed(self) -> Self {
        let Decimal { mut mantissa, mut scale } = self;
        while scale > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            scale -= 1;
        }
        Decimal { mantissa, scale }
    }

    /// Nearest double; for display and statistics, not for money.
    pub fn to_f64(self) -> f64 {
        self.mantissa as f64 / 10f64.powi(i32::from(self.scale))
    }
}

impl std::fmt::Display for Decimal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let scale = usize::from(self.scale);
        let digits = format!("{:0>width$}", self.mantissa.unsigned_abs(), width = scale + 1);
        let (whole, part) = digits.split_at(digits.len() - scale);
        let sign = if self.mantissa < 0 { "-" } else { "" };
        match part {
            "" => write!(f, "{sign}{whole}"),
            part => write!(f, "{sign}{whole}.{part}"),
        }
    }
}

/// Reads a number exactly. Accepts thousands separators, currency signs, full-width digits, parentheses or a minus for
/// negatives, and exponents. Refuses NaN, infinities, percentages, decimal commas and numbers of more than 36 digits.
pub fn parse_decimal(text: &str) -> Result<Decimal, ValueError> {
    read(text).map_err(|kind| ValueError::new(kind, text))
}

fn read(text: &str) -> Result<Decimal, Kind> {
    let narrow = narrow(text);
    let mut rest = narrow.trim();
    let mut negative = false;
    if let Some(inner) = rest.strip_prefix('(').and_then(|r| r.strip_suffix(')')) {
        negative = true;
        rest = inner.trim();
    }
    // The sign may stand before or after the currency: -¥5, ¥-5.
    let mut signed = negative;
    for _ in 0..2 {
        rest = without_currency(rest);
        if let Some(after) = rest.strip_prefix(['-', '+']) {
            if signed {
                return Err(Kind::DecimalUnreadable);
            }
            signed = true;
            negative = rest.starts_with('-');
            rest = after.trim_start();
        }
    }
    let lower = rest.to_ascii_lowercase();
    if matches!(lower.as_str(), "nan" | "inf" | "infinity" | "∞" | "#num!" | "#div/0!") {
        return Err(Kind::DecimalNotFinite);
    }
    let (number, exponent) = match rest.find(['e', 'E']) {
        Some(at) => (&rest[..at], exponent(&rest[at + 1..])?),
        None => (rest, 0),
    };
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let whole = ungroup(whole)?;
    build(&whole, part, exponent, negative)
}

fn without_currency(text: &str) -> &str {
    const SIGNS: [&str; 15] =
        ["¥", "$", "€", "£", "元", "圆", "块", "人民币", "RMB", "CNY", "USD", "EUR", "GBP", "HKD", "TWD"];
    let mut rest = text.trim();
    for sign in SIGNS {
        if let Some(head) = rest.get(..sign.len())
            && head.eq_ignore_ascii_case(sign)
        {
            rest = rest[sign.len()..].trim_start();
        }
        let cut = rest.len().saturating_sub(sign.len());
        if let Some(tail) = rest.get(cut..)
            && tail.eq_ignore_ascii_case(sign)
        {
            rest = rest[..cut].trim_end();
        }
    }
    rest
}

fn exponent(text: &str) -> Result<i32, Kind> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Kind::DecimalUnreadable);
    }
    let value = digits.parse::<i32>().map_err(|_| Kind::DecimalTooLong)?;
    if value > 1_000 {
        return Err(Kind::DecimalTooLong);
    }
    Ok(if text.starts_with('-') { -value } else { value })
}

/// Takes thousands separators out of the whole part; each must have three digits after it.
fn ungroup(whole: &str) -> Result<std::borrow::Cow<'_, str>, Kind> {
    let Some(separator) = whole.chars().find(|c| matches!(c, ',' | ' ' | '\'')) else {
        return Ok(whole.into());
    };
    let mut groups = whole.split(separator);
    let first = groups.next().unwrap_or_default();
    let head_fits = (1..=3).contains(&first.len());
    if !head_fits || groups.any(|g| g.len() != 3) {
        return Err(match separator {
            ',' => Kind::DecimalAmbiguous,
            _ => Kind::DecimalUnreadable,
        });
    }
    Ok(whole.replace(separator, "").into())
}

fn build(whole: &str, part: &str, exponent: i32, negative: bool) -> Result<Decimal, Kind> {
    if whole.len() + part.len() == 0 {
        return Err(Kind::DecimalUnreadable);
    }
    let comma = part.contains(',');
    let (mut mantissa, mut digits) = (0i128, 0usize);
    for b in whole.bytes().chain(part.bytes()) {
        if !b.is_ascii_digit() {
            // 1.234,56 is a decimal comma.
            return Err(if comma { Kind::DecimalAmbiguous } else { Kind::DecimalUnreadable });
        }
        digits += usize::from(mantissa != 0 || b != b'0');
        if digits > DIGITS_MAX {
            return Err(Kind::DecimalTooLong);
        }
        mantissa = mantissa * 10 + i128::from(b - b'0');
    }
    let places = i32::try_from(part.len()).map_err(|_| Kind::DecimalTooLong)?;
    let mut scale = places - exponent;
    if mantissa == 0 {
        scale = scale.clamp(0, SCALE_MAX);
    }
    while scale > SCALE_MAX && mantissa % 10 == 0 {
        mantissa /= 10;
        scale -= 1;
    }
    if scale > SCALE_MAX || scale < -(DIGITS_MAX as i32) {
        return Err(Kind::DecimalTooLong);
    }
    if scale < 0 {
        let up = 10i128.checked_pow(scale.unsigned_abs()).ok_or(Kind::DecimalTooLong)?;
        mantissa = mantissa.checked_mul(up).ok_or(Kind::DecimalTooLong)?;
        scale = 0;
    }
    if mantissa >= 10i128.pow(DIGITS_MAX as u32) {
        return Err(Kind::DecimalTooLong);
    }
    Ok(Decimal { mantissa: if negative { -mantissa } else { mantissa }, scale: scale as u8 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_people_write() {
        let cases = [
            ("0", "0"),
            ("1.50", "1.50"),
            (" -12 ", "-12"),
            ("+3", "3"),
            (".5", "0.5"),
            ("5.", "5"),
            ("1,234,567.89", "1234567.89"),
            ("１，２３４．５", "1234.5"),
            ("¥15.80", "15.80"),
            ("￥15.80", "15.80"),
            ("15.8元", "15.8"),
            ("$ -3.2", "-3.2"),
            ("-$3.2", "-3.2"),
            ("(1,200.00)", "-1200.00"),
            ("（5）", "-5"),
            ("CNY 12", "12"),
            ("12 rmb", "12"),
            ("€9", "9"),
            ("£9", "9"),
            ("1e3", "1000"),
            ("1.5E-3", "0.0015"),
            ("−7", "-7"),
            ("1 234", "1234"),
            ("000.10", "0.10"),
            ("0e999", "0"),
            ("99999999999999999999.12345678", "99999999999999999999.12345678"),
        ];
        for (text, want) in cases {
            assert_eq!(parse_decimal(text).map(|d| d.to_string()), Ok(want.to_string()), "{text}");
        }
    }

    #[test]
    fn text_that_is_no_number() {
        let cases = [
            ("", "decimal_unreadable"),
            ("abc", "decimal_unreadable"),
            ("1.2.3", "decimal_unreadable"),
            ("--1", "decimal_unreadable"),
            ("(-1)", "decimal_unreadable"),
            ("12%", "decimal_unreadable"),
            ("1e", "decimal_unreadable"),
            ("¥", "decimal_unreadable"),
            ("NaN", "decimal_not_finite"),
            ("-inf", "decimal_not_finite"),
            ("1,5", "decimal_ambiguous"),
            ("1,23,456", "decimal_ambiguous"),
            ("1.234,56", "decimal_ambiguous"),
            ("1e400", "decimal_too_long"),
            ("1e99999999999", "decimal_too_long"),
            ("1234567890123456789012345678901234567890", "decimal_too_long"),
            ("1e-31", "decimal_too_long"),
        ];
        for (text, want) in cases {
            assert_eq!(parse_decimal(text).unwrap_err().code(), want, "{text}");
        }
        let long = parse_decimal(&"长".repeat(500)).unwrap_err();
        assert!(long.zh().chars().count() < 80 && long.zh().contains('…'));
    }

    #[test]
    fn scaling_is_exact_or_refused() {
        let d = |t| parse_decimal(t).unwrap();
        assert_eq!(d("15.80").to_scaled(2), Some(1580));
        assert_eq!(d("15.800").to_scaled(2), Some(1580));
        assert_eq!(d("15.805").to_scaled(2), None);
        assert_eq!(d("3").to_scaled(4), Some(30_000));
        assert_eq!(d("-0.005").to_f64(), -0.005);
    }
}
