//! The day of the Chinese calendar that a date is.

use icu_calendar::cal::ChineseTraditional;
use icu_calendar::types::LeapStatus;
use jiff::civil::Date;

/// A day of the Chinese calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lunar {
    /// 1 to 12; a leap month has the number of the one before it.
    pub month: u8,
    pub leap: bool,
    /// 1 to 30.
    pub day: u8,
}

/// `None` outside of 1901 to 2099.
pub fn lunar(date: Date) -> Option<Lunar> {
    if !(1901..=2099).contains(&date.year()) {
        return None;
    }
    let date = icu_calendar::Date::try_new_iso(i32::from(date.year()), date.month() as u8, date.day() as u8).ok()?;
    let date = date.to_calendar(ChineseTraditional::new());
    let month = date.month();
    Some(Lunar { month: month.number(), leap: month.leap_status() == LeapStatus::Leap, day: date.day_of_month().0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> (u8, bool, u8) {
        let own = lunar(text.parse().unwrap()).unwrap();
        (own.month, own.leap, own.day)
    }

    #[test]
    fn known_days() {
        for (date, want) in [
            ("1985-02-20", (1, false, 1)),
            ("2000-02-05", (1, false, 1)),
            ("2024-02-09", (12, false, 30)),
            ("2024-02-10", (1, false, 1)),
            // A twelfth month of 29 days.
            ("2025-01-28", (12, false, 29)),
            ("2025-01-29", (1, false, 1)),
            ("2025-10-06", (8, false, 15)),
            ("2026-02-17", (1, false, 1)),
            ("2026-06-19", (5, false, 5)),
            ("2026-09-25", (8, false, 15)),
            ("2033-01-31", (1, false, 1)),
            ("2034-02-19", (1, false, 1)),
            // Leap months: the second of 2023, the sixth of 2025, the eleventh of 2033.
            ("2023-03-22", (2, true, 1)),
            ("2025-07-25", (6, true, 1)),
            ("2025-08-23", (7, false, 1)),
            ("2033-12-22", (11, true, 1)),
        ] {
            assert_eq!(of(date), want, "{date}");
        }
        assert_eq!(lunar("1900-12-31".parse().unwrap()), None);
        assert_eq!(lunar("2100-01-01".parse().unwrap()), None);
    }

    #[test]
    fn each_day_follows_the_one_before() {
        let mut date: Date = "1901-01-01".parse().unwrap();
        let mut before = lunar(date).unwrap();
        let mut months = 0;
        while date.year() < 2099 {
            date = date.tomorrow().unwrap();
            let own = lunar(date).unwrap();
            if own.day == 1 {
                assert!((29..=30).contains(&before.day), "{date}");
                let same = own.month == before.month && own.leap && !before.leap;
                let next = own.month == before.month % 12 + 1 && !own.leap;
                assert!(same || next, "{date}: {own:?} after {before:?}");
                months += 1;
            } else {
                assert_eq!((own.month, own.leap, own.day), (before.month, before.leap, before.day + 1), "{date}");
            }
            before = own;
        }
        // 235 months in 19 years.
        assert!((2_447..=2_451).contains(&months), "{months}");
    }
}
