//! Days and months of the platform's zone.

use crate::parameters::ZONE_SECONDS;
use siyu_kernel::Time;

pub fn seconds(at: Time) -> i64 {
    at.0.div_euclid(1_000_000)
}
/// Days since 1970-01-01 in the platform's zone.
pub fn day(at: Time) -> i32 {
    (seconds(at) + ZONE_SECONDS).div_euclid(86_400) as i32
}
pub fn start_of(day: i32) -> Time {
    Time((i64::from(day) * 86_400 - ZONE_SECONDS) * 1_000_000)
}
pub fn hour(at: Time) -> i64 {
    (seconds(at) + ZONE_SECONDS).rem_euclid(86_400) / 3600
}
/// Saturday or Sunday: 1970-01-01 was a Thursday.
pub fn weekend(day: i32) -> bool {
    matches!((day + 3).rem_euclid(7), 5 | 6)
}
/// Months since year 0, and how many days this one has.
pub fn month(day: i32) -> (i32, u32) {
    // Days from civil, after Howard Hinnant's description: years begin in March, so that the leap day is the last.
    let shifted = i64::from(day) + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * of_year + 2) / 153;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    ((year * 12 + month - 1) as i32, days)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_hours_and_months_are_those_of_china() {
        let at = Time::parse("2026-02-28T16:30:00Z").unwrap();
        assert_eq!((hour(at), month(day(at))), (0, (2026 * 12 + 2, 31)));
        assert_eq!(month(day(at) - 1), (2026 * 12 + 1, 28));
        assert_eq!(month(day(Time::parse("2028-02-10T00:00:00Z").unwrap())).1, 29);
        assert!(weekend(day(Time::parse("2026-11-28T04:00:00Z").unwrap())));
        assert!(!weekend(day(Time::parse("2026-11-26T04:00:00Z").unwrap())));
        assert_eq!(start_of(day(at)).to_string(), "2026-02-28T16:00:00.000Z");
    }
}
