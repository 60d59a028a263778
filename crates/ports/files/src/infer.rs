//! What a column seems to hold, judged by sample cells.

use serde::Serialize;

use crate::value::{looks_like_date, parse_bool, parse_decimal};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ColumnKind {
    Text,
    Integer,
    Decimal,
    Date,
    Datetime,
    Boolean,
    Phone,
    Email,
}

/// The most telling kind that fits nearly all samples; `Text` when nothing does. Empty samples are not counted.
pub(crate) fn infer<'a>(cells: impl Iterator<Item = &'a str>) -> ColumnKind {
    let (mut counts, mut all) = (Counts::default(), 0usize);
    for cell in cells.map(str::trim).filter(|c| !c.is_empty()) {
        all += 1;
        counts.add(cell);
    }
    // One in twenty may be a slip.
    let fits = |n: usize| all > 0 && n * 20 >= all * 19;
    let times = counts.dates + counts.datetimes;
    if fits(counts.emails) {
        ColumnKind::Email
    } else if fits(counts.phones) {
        ColumnKind::Phone
    } else if fits(counts.booleans) {
        ColumnKind::Boolean
    } else if fits(times) && counts.datetimes > 0 {
        ColumnKind::Datetime
    } else if fits(times) {
        ColumnKind::Date
    } else if fits(counts.integers) {
        ColumnKind::Integer
    } else if fits(counts.integers + counts.decimals) {
        ColumnKind::Decimal
    } else {
        ColumnKind::Text
    }
}

#[derive(Default)]
struct Counts {
    emails: usize,
    phones: usize,
    booleans: usize,
    dates: usize,
    datetimes: usize,
    integers: usize,
    decimals: usize,
}

impl Counts {
    fn add(&mut self, cell: &str) {
        self.emails += usize::from(is_email(cell));
        self.phones += usize::from(is_phone(cell));
        self.booleans += usize::from(!is_digits(cell) && parse_bool(cell).is_ok());
        match looks_like_date(cell) {
            Some(true) => self.datetimes += 1,
            Some(false) => self.dates += 1,
            None => {}
        }
        match number(cell) {
            Some(true) => self.integers += 1,
            Some(false) => self.decimals += 1,
            None => {}
        }
    }
}

fn is_digits(cell: &str) -> bool {
    cell.bytes().all(|b| b.is_ascii_digit())
}

/// `Some(true)` for whole numbers. Codes such as `00123` and very long numbers are identifiers, not quantities.
fn number(cell: &str) -> Option<bool> {
    let digits = cell.bytes().filter(u8::is_ascii_digit).count();
    let code = cell.len() > 1 && cell.starts_with('0') && is_digits(cell);
    if code || digits == 0 || digits > 18 {
        return None;
    }
    let value = parse_decimal(cell).ok()?;
    Some(value.scale == 0)
}

/// A mainland mobile number, with or without +86 and separators, or an international number with its plus sign.
pub(crate) fn is_phone(cell: &str) -> bool {
    let plus = cell.starts_with('+');
    let stray = |c: char| !c.is_ascii_digit() && !matches!(c, ' ' | '-' | '(' | ')' | '+');
    if cell.len() > 24 || cell.contains(stray) {
        return false;
    }
    let digits: String = cell.chars().filter(char::is_ascii_digit).collect();
    let local = digits.strip_prefix("0086").or(digits.strip_prefix("86")).unwrap_or(&digits);
    let mobile = local.len() == 11 && local.starts_with('1') && !local[1..].starts_with(['0', '1', '2']);
    mobile || (plus && (8..=15).contains(&digits.len()))
}

fn is_email(cell: &str) -> bool {
    let Some((user, host)) = cell.split_once('@') else {
        return false;
    };
    let clean = !cell.contains(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '<' | '>'));
    let dotted = host.rsplit_once('.').is_some_and(|(a, b)| !a.is_empty() && b.len() >= 2);
    clean && !user.is_empty() && !host.contains('@') && dotted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_by_samples() {
        let cases: [(&[&str], ColumnKind); 12] = [
            (&["13800138000", "+86 139-0013-9000", ""], ColumnKind::Phone),
            (&["a@b.cn", "x.y@z.com"], ColumnKind::Email),
            (&["是", "否"], ColumnKind::Boolean),
            (&["true", "FALSE"], ColumnKind::Boolean),
            (&["1", "0", "12"], ColumnKind::Integer),
            (&["1", "2.5", "¥3.00"], ColumnKind::Decimal),
            (&["2024-01-02", "2024/1/3"], ColumnKind::Date),
            (&["2024-01-02 03:04", "2024-01-03"], ColumnKind::Datetime),
            (&["20240102", "20231231"], ColumnKind::Date),
            (&["00123", "00456"], ColumnKind::Text),
            (&["", " "], ColumnKind::Text),
            (&["张三", "1"], ColumnKind::Text),
        ];
        for (cells, want) in cases {
            assert_eq!(infer(cells.iter().copied()), want, "{cells:?}");
        }
    }
}
