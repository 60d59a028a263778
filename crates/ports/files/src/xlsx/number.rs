//! Numbers of a sheet as text: plain decimals, and serial day numbers as ISO dates.

use super::styles::NumberKind;
use crate::sentence::put;

/// Appends a stored number the way a person would write it.
pub(crate) fn push_number(stored: &str, kind: NumberKind, date1904: bool, out: &mut String) {
    let stored = stored.trim();
    let Ok(value) = stored.parse::<f64>() else {
        out.push_str(stored);
        return;
    };
    if !value.is_finite() {
        out.push_str(stored);
        return;
    }
    match kind {
        NumberKind::Plain => push_plain(stored, value, out),
        NumberKind::Elapsed => push_elapsed(value, out),
        NumberKind::Date => match serial_text(value, date1904) {
            Some(text) => out.push_str(&text),
            None => push_plain(stored, value, out),
        },
    }
}

fn push_plain(stored: &str, value: f64, out: &mut String) {
    let digits = stored.bytes().filter(u8::is_ascii_digit).count();
    let exponent = stored.bytes().any(|b| matches!(b, b'e' | b'E'));
    if digits <= 15 && !exponent {
        out.push_str(stored);
        return;
    }
    // Excel shows fifteen digits; the two it stores beyond are rounding noise such as 15.800000000000001.
    let rounded = format!("{value:.14e}").parse().unwrap_or(value);
    match rounded {
        v if (1e-15..1e21).contains(&v.abs()) || v == 0.0 => put!(out, "{v}"),
        v => put!(out, "{v:e}"),
    }
}

fn push_elapsed(days: f64, out: &mut String) {
    let seconds = (days.abs() * 86_400.0).round();
    if seconds >= 1e15 {
        put!(out, "{days}");
        return;
    }
    let s = seconds as u64;
    let sign = if days < 0.0 { "-" } else { "" };
    put!(out, "{sign}{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
}

/// A serial day number as `2024-01-02`, `2024-01-02 03:04:05`, or `03:04:05` for a bare time of day.
/// None outside the years 1900 to 9999.
pub(crate) fn serial_text(serial: f64, date1904: bool) -> Option<String> {
    let ms = serial_millis(serial, date1904)?;
    let (days, ms_of_day) = (ms.div_euclid(86_400_000), ms.rem_euclid(86_400_000));
    let (s, milli) = (ms_of_day / 1000, ms_of_day % 1000);
    let mut time = format!("{:02}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
    if milli != 0 {
        put!(&mut time, ".{milli:03}");
    }
    if serial < 1.0 && !date1904 {
        return Some(time);
    }
    let (y, m, d) = crate::value::civil_of_days(days);
    Some(match ms_of_day {
        0 => format!("{y:04}-{m:02}-{d:02}"),
        _ => format!("{y:04}-{m:02}-{d:02} {time}"),
    })
}

/// Milliseconds since 1970-01-01 in the sheet's own (zoneless) time.
pub(crate) fn serial_millis(serial: f64, date1904: bool) -> Option<i64> {
    const DAYS_MAX: f64 = 2_958_466.0;
    if !(0.0..DAYS_MAX).contains(&serial) {
        return None;
    }
    let ms = (serial * 86_400_000.0).round() as i64;
    // Day 60 of the 1900 system is a 29 February that never was; days before it are counted one lower.
    let epoch_days = match (date1904, serial < 60.0) {
        (true, _) => 24_107,
        (false, true) => 25_568,
        (false, false) => 25_569,
    };
    Some(ms - epoch_days * 86_400_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_written() {
        let cases = [
            ("13800138000", NumberKind::Plain, "13800138000"),
            ("1.3800138E10", NumberKind::Plain, "13800138000"),
            ("15.800000000000001", NumberKind::Plain, "15.8"),
            ("0.1", NumberKind::Plain, "0.1"),
            ("1E-3", NumberKind::Plain, "0.001"),
            ("1e300", NumberKind::Plain, "1e300"),
            ("x", NumberKind::Plain, "x"),
            ("45293", NumberKind::Date, "2024-01-02"),
            ("45293.127835648149", NumberKind::Date, "2024-01-02 03:04:05"),
            ("1", NumberKind::Date, "1900-01-01"),
            ("61", NumberKind::Date, "1900-03-01"),
            ("0.5", NumberKind::Date, "12:00:00"),
            ("-3", NumberKind::Date, "-3"),
            ("1.5", NumberKind::Elapsed, "36:00:00"),
        ];
        for (stored, kind, want) in cases {
            let mut out = String::new();
            push_number(stored, kind, false, &mut out);
            assert_eq!(out, want, "{stored}");
        }
        assert_eq!(serial_text(43_831.0, true).as_deref(), Some("2024-01-02"));
    }
}
