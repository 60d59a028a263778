//! Periods and quiet hours on the clock of a zone. Nothing here believes that a day has 24 hours.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use siyu_kernel::{Time, Zone};

/// What a cap counts within.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Period {
    Day,
    /// From Monday.
    Week,
    Month,
    /// The last so many hours, at every instant.
    Hours(u32),
}

/// `day`, `week`, `month`, `72h`.
impl Serialize for Period {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Day => s.serialize_str("day"),
            Self::Week => s.serialize_str("week"),
            Self::Month => s.serialize_str("month"),
            Self::Hours(hours) => s.collect_str(&format_args!("{hours}h")),
        }
    }
}
impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        match text.as_str() {
            "day" => Ok(Self::Day),
            "week" => Ok(Self::Week),
            "month" => Ok(Self::Month),
            other => {
                let hours = other.strip_suffix('h').and_then(|hours| hours.parse().ok());
                hours.map(Self::Hours).ok_or_else(|| serde::de::Error::custom("a period is day, week, month or 72h"))
            }
        }
    }
}

/// From one minute of the day to another, over midnight when `to` comes before `from`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quiet {
    pub from: u16,
    pub to: u16,
}

/// `22:00`.
pub(crate) mod minute {
    use super::{Deserialize, Deserializer, Serializer};
    pub fn serialize<S: Serializer>(minute: &u16, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(&format_args!("{:02}:{:02}", minute / 60, minute % 60))
    }
    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<u16, D::Error> {
        let text = String::deserialize(d)?;
        let parts = text.split_once(':').filter(|(hour, minute)| hour.len() == 2 && minute.len() == 2);
        let number = |text: &str, below: u16| text.parse::<u16>().ok().filter(|own| *own < below);
        parts
            .and_then(|(hour, minute)| Some(number(hour, 24)? * 60 + number(minute, 60)?))
            .ok_or_else(|| serde::de::Error::custom("a time of day is 00:00 to 23:59"))
    }
}

impl Quiet {
    fn holds(self, minute: u16) -> bool {
        if self.from < self.to {
            (self.from..self.to).contains(&minute)
        } else {
            minute >= self.from || minute < self.to
        }
    }
    /// Whether the clock on the wall shows a quiet minute.
    pub fn is_quiet(self, zone: &Zone, at: Time) -> bool {
        self.holds(minute_of(local(zone, at)))
    }
    /// The first instant from `at` on that is not quiet: `at` itself, or the end. Where the clock jumps over the end, the jump.
    pub fn end(self, zone: &Zone, at: Time) -> Time {
        let mut now = at;
        // Where a clock is put back over the end, the same minutes are quiet twice.
        for _ in 0..4 {
            let wall = local(zone, now);
            if !self.holds(minute_of(wall)) {
                return now;
            }
            let same_day = minute_of(wall) < self.to;
            let date = if same_day { wall.date() } else { next_day(wall.date()) };
            let end = instant(zone, clock(date, self.to));
            // Put back between now and the end: the first of the two is not the end.
            now = if end > now { end } else { now.plus_seconds(1_800) };
        }
        now
    }
    /// The next instant after `at` at which a quiet time begins.
    pub fn begin(self, zone: &Zone, at: Time) -> Time {
        let wall = local(zone, at);
        let mut date = wall.date();
        for _ in 0..3 {
            let begin = instant(zone, clock(date, self.from));
            if begin > at {
                return begin;
            }
            date = next_day(date);
        }
        at.plus_days(1)
    }
}

fn clock(date: Date, minute: u16) -> DateTime {
    date.at((minute / 60) as i8, (minute % 60) as i8, 0, 0)
}
fn minute_of(wall: DateTime) -> u16 {
    wall.hour() as u16 * 60 + wall.minute() as u16
}
fn next_day(date: Date) -> Date {
    date.checked_add(1.day()).unwrap_or(Date::MAX)
}
fn local(zone: &Zone, at: Time) -> DateTime {
    let at = at.0.clamp(Time::MIN.0, Time::MAX.0);
    zone.time_zone().to_datetime(Timestamp::from_microsecond(at).unwrap_or(Timestamp::UNIX_EPOCH))
}
fn instant(zone: &Zone, wall: DateTime) -> Time {
    let zone: &TimeZone = zone.time_zone();
    match zone.to_ambiguous_zoned(wall).compatible() {
        Ok(zoned) => Time(zoned.timestamp().as_microsecond()),
        Err(_) => Time::MAX,
    }
}

/// The period an instant lies in: from the first instant to before the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub from: Time,
    pub to: Time,
}

/// The calendar period around `at`; `None` for one of hours.
pub(crate) fn span(period: Period, zone: &Zone, at: Time) -> Option<Span> {
    let date = local(zone, at).date();
    let (first, after) = match period {
        Period::Day => (date, next_day(date)),
        Period::Week => {
            let monday =
                date.checked_sub(i64::from(date.weekday().to_monday_zero_offset()).days()).unwrap_or(Date::MIN);
            (monday, monday.checked_add(7.days()).unwrap_or(Date::MAX))
        }
        Period::Month => (date.first_of_month(), next_day(date.last_of_month())),
        Period::Hours(_) => return None,
    };
    let start = |date: Date| instant(zone, date.at(0, 0, 0, 0));
    Some(Span { from: start(first), to: start(after) })
}

pub(crate) fn days_in_month(zone: &Zone, at: Time) -> u32 {
    local(zone, at).date().days_in_month() as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::QuietHours;

    fn at(text: &str) -> Time {
        Time::parse(text).unwrap()
    }

    #[test]
    fn quiet_hours_end_on_the_clock_on_the_wall() {
        let night = Quiet { from: 22 * 60, to: 8 * 60 };
        let noon = Quiet { from: 12 * 60, to: 14 * 60 };
        for (zone, quiet, now, end) in [
            ("Asia/Shanghai", night, "2026-03-02T13:59:59Z", "2026-03-02T13:59:59Z"),
            ("Asia/Shanghai", night, "2026-03-02T14:00:00Z", "2026-03-03T00:00:00Z"),
            ("Asia/Shanghai", night, "2026-03-02T23:59:59Z", "2026-03-03T00:00:00Z"),
            ("Asia/Shanghai", noon, "2026-03-02T04:00:00Z", "2026-03-02T06:00:00Z"),
            // The night the clock is put forward is an hour shorter, the night it is put back an hour longer.
            ("Europe/Berlin", night, "2026-03-28T21:00:00Z", "2026-03-29T06:00:00Z"),
            ("Europe/Berlin", night, "2026-10-24T20:00:00Z", "2026-10-25T07:00:00Z"),
            // 02:00 to 03:00 does not exist that day: the end is where the clock goes on.
            ("Europe/Berlin", Quiet { from: 60, to: 150 }, "2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z"),
            // The last day of a month, of a leap February, of a year.
            ("Asia/Shanghai", night, "2026-04-30T15:00:00Z", "2026-05-01T00:00:00Z"),
            ("Asia/Shanghai", night, "2028-02-29T15:00:00Z", "2028-03-01T00:00:00Z"),
            ("Asia/Shanghai", night, "2026-12-31T15:00:00Z", "2027-01-01T00:00:00Z"),
        ] {
            let zone = Zone::named(zone).unwrap();
            assert_eq!(quiet.end(&zone, at(now)).to_string(), at(end).to_string(), "{now}");
            assert!(!quiet.is_quiet(&zone, quiet.end(&zone, at(now))));
        }
    }

    #[test]
    fn periods_are_those_of_the_zone() {
        let shanghai = Zone::shanghai();
        for (period, now, from, to) in [
            (Period::Day, "2026-02-28T15:59:59Z", "2026-02-27T16:00:00Z", "2026-02-28T16:00:00Z"),
            (Period::Day, "2026-02-28T16:00:00Z", "2026-02-28T16:00:00Z", "2026-03-01T16:00:00Z"),
            (Period::Week, "2026-03-01T15:59:59Z", "2026-02-22T16:00:00Z", "2026-03-01T16:00:00Z"),
            (Period::Month, "2026-02-28T16:00:00Z", "2026-02-28T16:00:00Z", "2026-03-31T16:00:00Z"),
            (Period::Month, "2026-12-31T15:00:00Z", "2026-11-30T16:00:00Z", "2026-12-31T16:00:00Z"),
        ] {
            let found = span(period, &shanghai, at(now)).unwrap();
            assert_eq!((found.from, found.to), (at(from), at(to)), "{period:?} {now}");
        }
        assert_eq!(days_in_month(&shanghai, at("2028-02-10T00:00:00Z")), 29);
    }

    #[test]
    fn they_are_written_as_people_say_them() {
        let quiet: QuietHours = serde_json::from_str(r#"{"from":"22:00","to":"08:05"}"#).unwrap();
        assert_eq!((quiet.from, quiet.to), (1_320, 485));
        assert_eq!(serde_json::to_string(&quiet).unwrap(), r#"{"from":"22:00","to":"08:05","zone":"person"}"#);
        for wrong in [r#"{"from":"24:00","to":"08:00"}"#, r#"{"from":"8:00","to":"09:00"}"#, r#"{"from":"x","to":"y"}"#]
        {
            assert!(serde_json::from_str::<QuietHours>(wrong).is_err(), "{wrong}");
        }
        for (text, period) in [("\"day\"", Period::Day), ("\"72h\"", Period::Hours(72))] {
            assert_eq!(serde_json::from_str::<Period>(text).unwrap(), period);
            assert_eq!(serde_json::to_string(&period).unwrap(), text);
        }
        assert!(serde_json::from_str::<Period>("\"year\"").is_err());
    }
}
