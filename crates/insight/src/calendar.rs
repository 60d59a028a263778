//! Days as people write them.

use siyu_behaviour::{Grain, civil, day_of};

/// The words of `unit`.
pub(crate) const UNITS: [(&str, Grain); 3] = [("day", Grain::DAY), ("week", Grain::WEEK), ("month", Grain::Month)];

/// `2026-03-01` to a day number; years 1900 to 2200.
pub fn parse_day(text: &str) -> Option<i32> {
    let mut parts = text.split('-');
    let mut part = |len: usize| {
        let part = parts.next().filter(|part| part.len() == len && part.bytes().all(|b| b.is_ascii_digit()))?;
        part.parse::<u32>().ok()
    };
    let (year, month, date) = (part(4)? as i32, part(2)?, part(2)?);
    if parts.next().is_some() || !(1900..=2200).contains(&year) || !(1..=12).contains(&month) {
        return None;
    }
    let day = day_of(year, month, date);
    (civil(day) == (year, month, date)).then_some(day)
}

pub fn show_day(day: i32) -> String {
    let (year, month, date) = civil(day);
    format!("{year:04}-{month:02}-{date:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_as_they_are_shown() {
        for text in ["2024-02-29", "1970-01-01", "1969-12-31", "1900-01-01", "2200-12-31"] {
            assert_eq!(parse_day(text).map(show_day).as_deref(), Some(text));
        }
        for wrong in [
            "",
            "2024-02-30",
            "2023-02-29",
            "2024-00-10",
            "2024-13-01",
            "2024-04-00",
            "2024-2-3",
            "1024-01-01",
            "20240101",
            "2024-01-01T00:00:00Z",
            "2024-01-01-",
            "+024-01-01",
            "２０２４-01-01",
        ] {
            assert_eq!(parse_day(wrong), None, "{wrong}");
        }
    }
}
