//! Instants as tables write them.

use jiff::civil;
use jiff::tz::TimeZone;

use super::error::{ValueError, ValueErrorKind as Kind};
use super::scan::{Civil, Order, scan};

/// The zone of times that do not state one.
#[derive(Debug, Clone)]
pub enum Zone {
    /// Minutes east of UTC; 480 for China.
    Offset(i32),
    /// A named zone. A time that occurs twice means its first occurrence; one that is skipped moves forward.
    Named(TimeZone),
}

impl From<i32> for Zone {
    fn from(minutes: i32) -> Self {
        Zone::Offset(minutes)
    }
}

impl From<TimeZone> for Zone {
    fn from(zone: TimeZone) -> Self {
        Zone::Named(zone)
    }
}

/// What `1/2/2024` means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayOrder {
    MonthFirst,
    DayFirst,
}

/// How to read times of one column.
#[derive(Debug, Clone)]
pub struct InstantRules {
    pub zone: Zone,
    /// Unset: dates that could be read both ways are refused.
    pub day_order: Option<DayOrder>,
    /// Whether a small bare number is an Excel serial day (see `Row::from_sheet`).
    pub from_sheet: bool,
}

impl InstantRules {
    pub fn in_zone(zone: impl Into<Zone>) -> Self {
        InstantRules { zone: zone.into(), day_order: None, from_sheet: false }
    }
}

/// Reads a time as microseconds since 1970 UTC. A date alone is its midnight in the zone.
///
/// Accepts RFC 3339; year-first dates with `-`, `/`, `.` or 年月日, with or without a time of day (12 or 24 hours);
/// `20240102`, `202401020304`, `20240102030405`; Unix time in seconds (9 or 10 digits), milliseconds (13) or
/// microseconds (16); day-month-year when the order is clear or given; serial days when `from_sheet`.
/// Digits beyond microseconds are cut off.
pub fn parse_instant(text: &str, rules: &InstantRules) -> Result<i64, ValueError> {
    read(text, rules).map_err(|kind| ValueError::new(kind, text))
}

fn read(text: &str, rules: &InstantRules) -> Result<i64, Kind> {
    let trimmed = text.trim();
    let plain = trimmed.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if plain && trimmed.bytes().filter(|b| *b == b'.').count() <= 1 {
        return number(trimmed, rules);
    }
    instant(scan(trimmed)?, rules)
}

fn number(text: &str, rules: &InstantRules) -> Result<i64, Kind> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let value: i64 = whole.parse().map_err(|_| Kind::InstantUnreadable)?;
    if rules.from_sheet && whole.len() <= 7 {
        let serial: f64 = text.parse().map_err(|_| Kind::InstantUnreadable)?;
        let ms = crate::xlsx::serial_millis(serial, false).filter(|_| serial >= 1.0);
        let ms = ms.ok_or(Kind::InstantImpossible)?;
        return in_zone(ms.div_euclid(1_000), ms.rem_euclid(1_000) * 1_000, &rules.zone);
    }
    match (whole.len(), part.is_empty()) {
        (9 | 10, _) => Ok(value * 1_000_000 + micros_of(part)),
        (13, _) => Ok(value * 1_000 + micros_of(part) / 1_000),
        (16, true) => Ok(value),
        (8 | 12 | 14, true) => instant(compact(value, whole.len()), rules),
        _ => Err(Kind::InstantUnreadable),
    }
}

/// `20240102` with or without `0304` or `030405` behind it.
fn compact(value: i64, digits: usize) -> Civil {
    let (date, time) = match digits {
        8 => (value, 0),
        12 => (value / 10_000, value % 10_000 * 100),
        _ => (value / 1_000_000, value % 1_000_000),
    };
    Civil {
        year: (date / 10_000) as i32,
        month: (date / 100 % 100) as u32,
        day: (date % 100) as u32,
        order: Order::Clear,
        hour: (time / 10_000) as u32,
        minute: (time / 100 % 100) as u32,
        second: (time % 100) as u32,
        micros: 0,
        has_time: digits > 8,
        offset_minutes: None,
    }
}

/// The first six digits after the point, as microseconds.
pub(super) fn micros_of(part: &str) -> i64 {
    let padded = part.bytes().chain(std::iter::repeat(b'0')).take(6);
    padded.fold(0, |v, b| v * 10 + i64::from(b.wrapping_sub(b'0') % 10))
}

fn instant(mut at: Civil, rules: &InstantRules) -> Result<i64, Kind> {
    if at.order == Order::Unclear {
        match rules.day_order {
            None => return Err(Kind::InstantAmbiguous),
            Some(DayOrder::MonthFirst) => {}
            Some(DayOrder::DayFirst) => std::mem::swap(&mut at.month, &mut at.day),
        }
    }
    if !at.exists() {
        return Err(Kind::InstantImpossible);
    }
    let days = days_of_civil(i64::from(at.year), at.month, at.day);
    let time = at.hour * 3600 + at.minute * 60 + at.second;
    let seconds = days * 86_400 + i64::from(time);
    match at.offset_minutes {
        Some(minutes) => Ok((seconds - i64::from(minutes) * 60) * 1_000_000 + at.micros),
        None => in_zone(seconds, at.micros, &rules.zone),
    }
}

/// Civil seconds since 1970 in the zone to microseconds UTC.
fn in_zone(seconds: i64, micros: i64, zone: &Zone) -> Result<i64, Kind> {
    let tz = match zone {
        Zone::Offset(minutes) => {
            return Ok((seconds - i64::from(*minutes) * 60) * 1_000_000 + micros);
        }
        Zone::Named(tz) => tz,
    };
    let (y, m, d) = civil_of_days(seconds.div_euclid(86_400));
    let s = seconds.rem_euclid(86_400);
    let date = i16::try_from(y).ok().and_then(|y| civil::Date::new(y, m as i8, d as i8).ok());
    let time = civil::Time::new((s / 3600) as i8, (s / 60 % 60) as i8, (s % 60) as i8, 0).ok();
    let (Some(date), Some(time)) = (date, time) else {
        return Err(Kind::InstantImpossible);
    };
    let found = tz.to_ambiguous_timestamp(date.to_datetime(time)).compatible();
    found.map(|t| t.as_microsecond() + micros).map_err(|_| Kind::InstantImpossible)
}

/// Days since 1970-01-01 of a date in the Gregorian calendar.
fn days_of_civil(year: i64, month: u32, day: u32) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let of_era = y.rem_euclid(400);
    let of_year = (153 * ((i64::from(month) + 9) % 12) + 2) / 5 + i64::from(day) - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The date of a day counted from 1970-01-01.
pub(crate) fn civil_of_days(days: i64) -> (i64, u32, u32) {
    let z = days + 719_468;
    let (era, of_era) = (z.div_euclid(146_097), z.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let m = (5 * of_year + 2) / 153;
    let day = of_year - (153 * m + 2) / 5 + 1;
    let month = if m < 10 { m + 3 } else { m - 9 };
    let year = era * 400 + year + i64::from(month <= 2);
    (year, month as u32, day as u32)
}

/// Whether the text is written as a date (`Some(false)`) or as a date with a time of day (`Some(true)`).
/// Bare numbers count only as `yyyymmdd` of a plausible year.
pub(crate) fn looks_like_date(text: &str) -> Option<bool> {
    let text = text.trim();
    let at = if text.bytes().all(|b| b.is_ascii_digit()) {
        let value: i64 = text.parse().ok().filter(|_| matches!(text.len(), 8 | 14))?;
        Some(compact(value, text.len())).filter(|at| (1900..2100).contains(&at.year))?
    } else {
        scan(text).ok()?
    };
    at.exists().then_some(at.has_time)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> Result<i64, &'static str> {
        parse_instant(text, &InstantRules::in_zone(0)).map_err(|e| e.code())
    }

    const T: i64 = 1_704_164_645_000_000; // 2024-01-02 03:04:05 UTC
    const DAY: i64 = 1_704_153_600_000_000;
    const HM: i64 = T - 5_000_000;

    #[test]
    fn times_as_tables_write_them() {
        let cases = [
            ("2024-01-02T03:04:05Z", T),
            ("2024-01-02T11:04:05+08:00", T),
            ("2024-01-02 11:04:05 +0800", T),
            ("2024-01-02 11:04:05+08", T),
            ("2024-01-02T03:04:05.123456789Z", T + 123_456),
            ("2024-01-02 03:04:05", T),
            ("2024-01-02 03:04:05.5", T + 500_000),
            ("2024-01-02 03:04:05,123", T + 123_000),
            ("2024/1/2 3:04", HM),
            ("2024.1.2 3:04:05", T),
            ("2024年1月2日 3时4分", HM),
            ("2024年1月2日3时4分5秒", T),
            ("2024年01月02日", DAY),
            ("2024年1月2日 星期二 上午3:04", HM),
            ("2024/1/2 下午3:04", HM + 12 * 3_600_000_000),
            ("2024-01-02 3:04:05 AM", T),
            ("2024-01-02 12:04:05 am", T - 3 * 3_600_000_000),
            ("２０２４－０１－０２ ０３：０４：０５", T),
            ("2024-01-02", DAY),
            (" 20240102 ", DAY),
            ("202401020304", HM),
            ("20240102030405", T),
            ("1704164645", T),
            ("1704164645.25", T + 250_000),
            ("1704164645123", T + 123_000),
            ("1704164645123456", T + 123_456),
            ("13/1/2024", DAY + 11 * 86_400_000_000),
            ("1/13/2024", DAY + 11 * 86_400_000_000),
            ("2024-01-01 24:00", DAY),
            ("1969-12-31 23:59:59", -1_000_000),
        ];
        for (text, want) in cases {
            assert_eq!(utc(text), Ok(want), "{text}");
        }
    }

    #[test]
    fn text_that_is_no_time() {
        let cases = [
            ("", "instant_unreadable"),
            ("soon", "instant_unreadable"),
            ("2024-01", "instant_unreadable"),
            ("12345", "instant_unreadable"),
            ("45293.5", "instant_unreadable"),
            ("2024-01-02 03:04:05 x", "instant_unreadable"),
            ("2024-01/02", "instant_unreadable"),
            ("1/2/2024 3:04", "instant_ambiguous"),
            ("2024-02-30", "instant_impossible"),
            ("2024-13-01", "instant_impossible"),
            ("2024-01-02 25:00", "instant_impossible"),
            ("20241301", "instant_impossible"),
            ("2023-02-29", "instant_impossible"),
            ("99999999999999999999", "instant_unreadable"),
            ("2024-01-02 03:61", "instant_impossible"),
            ("0000-01-01", "instant_impossible"),
        ];
        for (text, want) in cases {
            assert_eq!(utc(text), Err(want), "{text}");
        }
        let long = parse_instant(&"9/".repeat(400), &InstantRules::in_zone(0)).unwrap_err();
        assert!(long.en().len() < 160);
    }

    #[test]
    fn zones_orders_and_serial_days() {
        let shanghai = TimeZone::get("Asia/Shanghai").unwrap();
        let mut rules = InstantRules::in_zone(shanghai);
        assert_eq!(parse_instant("2024-01-02 11:04:05", &rules), Ok(T));
        assert_eq!(parse_instant("2024-01-02 11:04:05", &InstantRules::in_zone(480)), Ok(T));
        // China kept summer time in 1988.
        assert_eq!(parse_instant("1988-07-01 09:00", &rules), Ok(583_718_400_000_000));
        rules.day_order = Some(DayOrder::DayFirst);
        assert_eq!(parse_instant("2/1/2024 11:04:05", &rules), Ok(T));
        rules.day_order = Some(DayOrder::MonthFirst);
        assert_eq!(parse_instant("1/2/2024 11:04:05", &rules), Ok(T));
        rules.from_sheet = true;
        assert_eq!(parse_instant("45293", &rules), Ok(DAY - 8 * 3_600_000_000));
        assert_eq!(parse_instant("45293.461168981480", &rules), Ok(T));
        assert_eq!(parse_instant("20240102", &rules), Ok(DAY - 8 * 3_600_000_000));
        assert!(parse_instant("0.5", &rules).is_err());
    }

    #[test]
    fn days_and_dates_agree() {
        for days in (-800_000..3_000_000).step_by(997) {
            let (y, m, d) = civil_of_days(days);
            assert_eq!(days_of_civil(y, m, d), days);
        }
        assert_eq!(civil_of_days(0), (1970, 1, 1));
        assert_eq!(looks_like_date("20240102"), Some(false));
        assert_eq!(looks_like_date("1/2/2024 3:04"), Some(true));
        assert_eq!(looks_like_date("13800138000"), None);
        assert_eq!(looks_like_date("1.5"), None);
    }
}
