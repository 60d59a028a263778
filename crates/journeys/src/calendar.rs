//! Time on the clock of a zone. Days, weeks and months are the calendar's: nothing here believes that a day has 24 hours.

use jiff::civil::{Date, DateTime};
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use siyu_calendar::Festival;
use siyu_kernel::{Time, Zone};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Span {
    pub amount: u32,
    pub unit: Unit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    Minute,
    Hour,
    Day,
    Week,
    Month,
}

impl Span {
    /// The instant so long after `from`. Days and longer end at the same time of day; a month from the 31st ends with the shorter month.
    pub fn after(self, zone: &Zone, from: Time) -> Time {
        let amount = i64::from(self.amount);
        let wall = local(zone, from);
        let to = match self.unit {
            Unit::Minute => return from.plus_seconds(amount * 60),
            Unit::Hour => return from.plus_seconds(amount * 3_600),
            Unit::Day => wall.checked_add(amount.days()),
            Unit::Week => wall.checked_add(amount.weeks()),
            Unit::Month => wall.checked_add(amount.months()),
        };
        // Where a clock was put back, the same time of day may lie an hour early: it is never before now.
        to.map_or(Time::MAX, |to| instant(zone, to)).max(from)
    }
    /// At least so many seconds, for comparing.
    pub fn seconds_least(self) -> i64 {
        let unit = match self.unit {
            Unit::Minute => 60,
            Unit::Hour => 3_600,
            Unit::Day => 86_400,
            Unit::Week => 7 * 86_400,
            Unit::Month => 28 * 86_400,
        };
        i64::from(self.amount) * unit
    }
    /// A minute to a year.
    pub fn is_sound(self) -> bool {
        self.amount > 0 && self.seconds_least() <= 366 * 86_400
    }
}

/// When the clock shows this minute of the day next, later than `now`; on one of these days of the week (1 is Monday; none: any).
pub fn next_minute(zone: &Zone, minute: u16, weekdays: &[u8], now: Time) -> Time {
    let mut date = local(zone, now).date();
    // A zone may leave out a day; two weeks have every day of the week.
    for _ in 0..15 {
        let fits = weekdays.is_empty() || weekdays.contains(&(date.weekday().to_monday_one_offset() as u8));
        let at = instant(zone, clock(date, minute));
        if fits && at > now {
            return at;
        }
        date = next_day(date);
    }
    now.plus_days(1)
}
/// The instant the clock shows this on a date (`2026-05-01`).
pub fn on_date(zone: &Zone, date: &str, minute: u16) -> Option<Time> {
    Some(instant(zone, clock(date.parse::<Date>().ok()?, minute)))
}

/// When people come in by the clock of the brand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "every", rename_all = "snake_case", deny_unknown_fields)]
pub enum Schedule {
    Once {
        date: String,
        #[serde(with = "minute")]
        at: u16,
    },
    Day {
        #[serde(with = "minute")]
        at: u16,
    },
    Week {
        weekdays: Vec<u8>,
        #[serde(with = "minute")]
        at: u16,
    },
    /// A day that the month does not have is its last one.
    Month {
        day: u8,
        #[serde(with = "minute")]
        at: u16,
    },
    /// Every year so many days before a festival, or on it.
    Festival {
        festival: Festival,
        #[serde(default)]
        days_before: u8,
        #[serde(with = "minute")]
        at: u16,
    },
}

const FESTIVAL_DAYS_MAX: u8 = 60;

impl Schedule {
    /// The next time after `now`; `None` when there is none any more.
    pub fn next(&self, zone: &Zone, now: Time) -> Option<Time> {
        match self {
            Self::Once { date, at } => on_date(zone, date, *at).filter(|at| *at > now),
            Self::Day { at } => Some(next_minute(zone, *at, &[], now)),
            Self::Week { weekdays, at } => Some(next_minute(zone, *at, weekdays, now)),
            Self::Month { day, at } => {
                let mut first = local(zone, now).date().first_of_month();
                for _ in 0..3 {
                    let date = first.with().day((*day as i8).min(first.days_in_month())).build().ok()?;
                    let found = instant(zone, clock(date, *at));
                    if found > now {
                        return Some(found);
                    }
                    first = next_day(first.last_of_month());
                }
                None
            }
            Self::Festival { festival, days_before, at } => {
                let before = i64::from(*days_before).days();
                let mut from = local(zone, now).date().checked_add(before).ok()?;
                for _ in 0..2 {
                    let day = festival.next(from)?;
                    let found = instant(zone, clock(day.checked_sub(before).ok()?, *at));
                    if found > now {
                        return Some(found);
                    }
                    from = next_day(day);
                }
                None
            }
        }
    }
    pub fn is_sound(&self) -> bool {
        match self {
            Self::Once { date, .. } => is_date(date),
            Self::Day { .. } => true,
            Self::Week { weekdays, .. } => !weekdays.is_empty() && are_weekdays(weekdays),
            Self::Month { day, .. } => (1..=31).contains(day),
            Self::Festival { days_before, .. } => *days_before <= FESTIVAL_DAYS_MAX,
        }
    }
}

pub(crate) fn is_date(text: &str) -> bool {
    text.len() == 10 && text.parse::<Date>().is_ok_and(|date| (2000..=2199).contains(&date.year()))
}
/// Days of the week, each once.
pub(crate) fn are_weekdays(days: &[u8]) -> bool {
    days.iter().enumerate().all(|(at, day)| (1..=7).contains(day) && !days[..at].contains(day))
}

/// `09:30`.
pub(crate) mod minute {
    use serde::{Deserialize, Deserializer, Serializer};
    pub fn serialize<S: Serializer>(minute: &u16, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(&format_args!("{:02}:{:02}", minute / 60, minute % 60))
    }
    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<u16, D::Error> {
        let text = String::deserialize(d)?;
        let digits = |part: &str, below: u16| {
            let whole = part.len() == 2 && part.bytes().all(|own| own.is_ascii_digit());
            part.parse::<u16>().ok().filter(|own| whole && *own < below)
        };
        let parts = text.split_once(':');
        parts
            .and_then(|(hour, minute)| Some(digits(hour, 24)? * 60 + digits(minute, 60)?))
            .ok_or_else(|| serde::de::Error::custom("a time of day is 00:00 to 23:59"))
    }
}

fn clock(date: Date, minute: u16) -> DateTime {
    date.at((minute / 60) as i8, (minute % 60) as i8, 0, 0)
}
fn next_day(date: Date) -> Date {
    date.checked_add(1.day()).unwrap_or(Date::MAX)
}
fn local(zone: &Zone, at: Time) -> DateTime {
    let at = at.0.clamp(Time::MIN.0, Time::MAX.0);
    zone.time_zone().to_datetime(Timestamp::from_microsecond(at).unwrap_or(Timestamp::UNIX_EPOCH))
}
/// Where the clock is put forward over it, as much later; where it is put back, the first of the two.
fn instant(zone: &Zone, wall: DateTime) -> Time {
    match zone.time_zone().to_ambiguous_zoned(wall).compatible() {
        Ok(zoned) => Time(zoned.timestamp().as_microsecond()),
        Err(_) => Time::MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> Time {
        Time::parse(text).unwrap()
    }
    fn zone(name: &str) -> Zone {
        Zone::named(name).unwrap()
    }

    #[test]
    fn spans_end_by_the_calendar() {
        for (name, amount, unit, from, to) in [
            ("Asia/Shanghai", 1, Unit::Day, "2026-03-02T04:00:00Z", "2026-03-03T04:00:00Z"),
            ("Asia/Shanghai", 90, Unit::Minute, "2026-03-02T04:00:00Z", "2026-03-02T05:30:00Z"),
            // The 31st of January and a month: the 28th of February.
            ("Asia/Shanghai", 1, Unit::Month, "2026-01-31T04:00:00Z", "2026-02-28T04:00:00Z"),
            ("Asia/Shanghai", 1, Unit::Month, "2028-01-31T04:00:00Z", "2028-02-29T04:00:00Z"),
            // Already the next day there.
            ("Asia/Shanghai", 1, Unit::Month, "2026-01-30T16:30:00Z", "2026-02-27T16:30:00Z"),
            // Ten in the morning stays ten in the morning over a change of clocks; hours do not care.
            ("Europe/Berlin", 1, Unit::Day, "2026-03-28T09:00:00Z", "2026-03-29T08:00:00Z"),
            ("Europe/Berlin", 24, Unit::Hour, "2026-03-28T09:00:00Z", "2026-03-29T09:00:00Z"),
            ("Europe/Berlin", 1, Unit::Week, "2026-10-20T08:00:00Z", "2026-10-27T09:00:00Z"),
            // 02:30 does not exist on the day after.
            ("Europe/Berlin", 1, Unit::Day, "2026-03-28T01:30:00Z", "2026-03-29T01:30:00Z"),
        ] {
            let found = Span { amount, unit }.after(&zone(name), at(from));
            assert_eq!(found.to_string(), at(to).to_string(), "{name} {amount} {unit:?} after {from}");
        }
    }

    #[test]
    fn schedules_come_when_they_say() {
        let shanghai = zone("Asia/Shanghai");
        let next = |json: &str, now: &str| {
            let schedule: Schedule = serde_json::from_str(json).unwrap();
            assert!(schedule.is_sound());
            schedule.next(&shanghai, at(now)).map(|at| at.to_string())
        };
        let some = |text: &str| Some(at(text).to_string());
        let month = r#"{"every":"month","day":31,"at":"09:00"}"#;
        assert_eq!(next(month, "2026-01-31T01:00:00Z"), some("2026-02-28T01:00:00Z"));
        assert_eq!(next(month, "2026-02-28T00:59:59Z"), some("2026-02-28T01:00:00Z"));
        assert_eq!(next(month, "2026-12-31T02:00:00Z"), some("2027-01-31T01:00:00Z"));
        let week = r#"{"every":"week","weekdays":[1,5],"at":"00:00"}"#;
        // A Monday, 12:00 there.
        assert_eq!(next(week, "2026-03-02T04:00:00Z"), some("2026-03-05T16:00:00Z"));
        let once = r#"{"every":"once","date":"2026-03-03","at":"08:30"}"#;
        assert_eq!(next(once, "2026-03-02T04:00:00Z"), some("2026-03-03T00:30:00Z"));
        assert_eq!(next(once, "2026-03-03T00:30:00Z"), None);
        let festival = r#"{"every":"festival","festival":"mid_autumn","days_before":7,"at":"10:00"}"#;
        // Seven days before the 25th of September 2026.
        assert_eq!(next(festival, "2026-03-02T04:00:00Z"), some("2026-09-18T02:00:00Z"));
        assert_eq!(next(festival, "2026-09-18T01:59:59Z"), some("2026-09-18T02:00:00Z"));
        // The year after: the 15th of September 2027.
        assert_eq!(next(festival, "2026-09-18T02:00:00Z"), some("2027-09-08T02:00:00Z"));
        assert_eq!(next(festival, "2026-09-20T02:00:00Z"), some("2027-09-08T02:00:00Z"));
        let eve = r#"{"every":"festival","festival":"new_years_eve","at":"18:00"}"#;
        assert_eq!(next(eve, "2026-01-01T00:00:00Z"), some("2026-02-16T10:00:00Z"));
        for wrong in [
            r#"{"every":"festival","festival":"qixi","days_before":61,"at":"00:00"}"#,
            r#"{"every":"week","weekdays":[],"at":"00:00"}"#,
            r#"{"every":"week","weekdays":[1,1],"at":"00:00"}"#,
            r#"{"every":"month","day":0,"at":"00:00"}"#,
            r#"{"every":"once","date":"2026-02-30","at":"00:00"}"#,
        ] {
            assert!(!serde_json::from_str::<Schedule>(wrong).unwrap().is_sound(), "{wrong}");
        }
        assert!(serde_json::from_str::<Schedule>(r#"{"every":"day","at":"+9:00"}"#).is_err());
    }

    const ZONES: [&str; 7] = [
        "Asia/Shanghai",
        "Europe/Berlin",
        "America/New_York",
        "America/Sao_Paulo",
        "Australia/Lord_Howe",
        "Pacific/Apia",
        "Asia/Kathmandu",
    ];

    /// Minute by minute until the wall shows it; a minute that is left out that day is looked for on a clock that was not put forward.
    fn slow(zone: &Zone, minute: u16, weekdays: &[u8], now: Time) -> Time {
        let start = Time(now.0.div_euclid(60_000_000) * 60_000_000);
        let fits = |wall: DateTime| {
            weekdays.is_empty() || weekdays.contains(&(wall.date().weekday().to_monday_one_offset() as u8))
        };
        let shows = |wall: DateTime| wall.hour() as u16 * 60 + wall.minute() as u16 == minute && fits(wall);
        let offset = |at: Time| zone.time_zone().to_offset(Timestamp::from_microsecond(at.0).unwrap());
        for step in 1..(15 * 1_440) {
            let at = start.plus_seconds(step * 60);
            let wall = local(zone, at);
            let before = at.plus_seconds(-60);
            if shows(wall) && instant(zone, wall) == at {
                return at;
            }
            // The clock has been put forward within the last two hours.
            let old = offset(at.plus_seconds(-7_200));
            if old != offset(at) && offset(at).seconds() > old.seconds() {
                let kept = old.to_datetime(Timestamp::from_microsecond(at.0).unwrap());
                let left_out = (0..1_441).all(|m| {
                    let around = local(zone, before.plus_seconds((m - 720) * 60));
                    (around.date(), around.hour(), around.minute()) != (kept.date(), kept.hour(), kept.minute())
                });
                if shows(kept) && left_out {
                    return at;
                }
            }
        }
        unreachable!("two weeks have every minute")
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn the_next_minute_is_what_a_wall_clock_shows(
            name in 0..5_usize, minute in 0..1_440_u16, day in 1..=7_u8, any_day: bool, hours in 0..9_500_i64, seconds in 0..3_600_i64
        ) {
            let zone = zone(ZONES[name]);
            let now = at("2026-01-01T00:00:00Z").plus_seconds(hours * 3_600 + seconds);
            let weekdays: &[u8] = if any_day { &[] } else { &[day] };
            prop_assert_eq!(next_minute(&zone, minute, weekdays, now), slow(&zone, minute, weekdays, now));
        }
        #[test]
        fn time_goes_forward(name in 0..ZONES.len(), amount in 1..366_u32, unit in 0..5_usize, minute in 0..1_440_u16, seconds in 0..1_000_000_000_i64) {
            let zone = zone(ZONES[name]);
            let now = at("2000-01-01T00:00:00Z").plus_seconds(seconds);
            let unit = [Unit::Minute, Unit::Hour, Unit::Day, Unit::Week, Unit::Month][unit];
            let span = Span { amount, unit };
            let to = span.after(&zone, now);
            prop_assert!(to > now);
            prop_assert!(to.0 - now.0 >= (span.seconds_least() - 2 * 86_400) * 1_000_000);
            prop_assert!(next_minute(&zone, minute, &[], now) > now);
            for schedule in [Schedule::Day { at: minute }, Schedule::Week { weekdays: vec![3], at: minute }, Schedule::Month { day: (amount % 31 + 1) as u8, at: minute }] {
                let next = schedule.next(&zone, now).unwrap();
                prop_assert!(next > now && next.0 - now.0 < 63 * 86_400_000_000);
            }
        }
    }
}
