//! When a step is due: plain arithmetic of days in a zone.

use crate::programme::{Step, When};
use jiff::ToSpan;
use jiff::civil::date;
use siyu_kernel::{Time, Zone};

/// One that is planned: its occasion (the day of a weekly step, else 0), and its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    pub occasion: i64,
    pub at: Time,
}

/// The next time of a step that is not before `from`, for whom day 0 is the day of `since`.
pub fn next(step: &Step, since: Time, from: Time, zone: &Zone) -> Option<Due> {
    match step.when {
        When::Day { day, hour, minute } => {
            let at = on(zone.day(since) + i32::from(day), hour, minute, zone);
            (at >= from).then_some(Due { occasion: 0, at })
        }
        When::Weekly { weekday, hour, minute } => {
            let from = from.max(since);
            let first = zone.week(from) + i32::from(weekday) - 1;
            [first, first + 7].into_iter().find_map(|day| {
                let at = on(day, hour, minute, zone);
                (at >= from).then_some(Due { occasion: i64::from(day), at })
            })
        }
    }
}

fn on(day: i32, hour: u8, minute: u8, zone: &Zone) -> Time {
    let midnight = || zone.start_of_day(day);
    let Ok(date) = date(1970, 1, 1).checked_add(i64::from(day).days()) else { return midnight() };
    let civil = date.at(hour as i8, minute as i8, 0, 0);
    let zoned = zone.time_zone().to_ambiguous_zoned(civil).compatible();
    zoned.map_or_else(|_| midnight(), |own| Time(own.timestamp().as_microsecond()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Deed, Depth};

    fn step(when: When) -> Step {
        let deed = Deed::Task { text: "x".into() };
        Step { key: "k".into(), name: "n".into(), when, grace_hours: 4, depth: Depth::Basic, deed }
    }
    fn at(text: &str) -> Time {
        Time::parse(text).unwrap()
    }

    #[test]
    fn days_are_counted_over_ends_of_months_and_jumps_of_the_clock() {
        let berlin = Zone::named("Europe/Berlin").unwrap();
        // (zone, enrolled, day, hour, minute, due)
        let table = [
            (Zone::shanghai(), "2026-01-31T15:00:00Z", 1, 10, 0, "2026-02-01T02:00:00Z"),
            (Zone::shanghai(), "2026-01-31T16:30:00Z", 1, 10, 0, "2026-02-02T02:00:00Z"),
            (Zone::shanghai(), "2028-02-28T01:00:00Z", 1, 9, 30, "2028-02-29T01:30:00Z"),
            // 02:30 does not exist on 29 March 2026: it is 03:30 then. 02:30 of 25 October comes twice: the first.
            (berlin.clone(), "2026-03-27T12:00:00Z", 2, 2, 30, "2026-03-29T01:30:00Z"),
            (berlin.clone(), "2026-10-24T12:00:00Z", 1, 2, 30, "2026-10-25T00:30:00Z"),
            (berlin, "2026-03-27T12:00:00Z", 3, 10, 0, "2026-03-30T08:00:00Z"),
        ];
        for (zone, since, day, hour, minute, due) in table {
            let found = next(&step(When::Day { day, hour, minute }), at(since), at(since), &zone);
            assert_eq!(found, Some(Due { occasion: 0, at: at(due) }), "{since} + {day}");
        }
    }

    #[test]
    fn what_lies_behind_is_not_planned() {
        let own = step(When::Day { day: 0, hour: 10, minute: 0 });
        let since = at("2026-03-02T04:00:00Z");
        assert_eq!(next(&own, since, since, &Zone::shanghai()), None);
    }

    #[test]
    fn a_weekly_step_comes_each_week_at_the_same_time_of_the_wall() {
        let berlin = Zone::named("Europe/Berlin").unwrap();
        let own = step(When::Weekly { weekday: 7, hour: 20, minute: 0 });
        let since = at("2026-03-20T12:00:00Z");
        let (mut from, mut found) = (since, Vec::new());
        for _ in 0..3 {
            let due = next(&own, since, from, &berlin).unwrap();
            found.push(due.at);
            from = Time(due.at.0 + 1);
        }
        assert_eq!(found, [at("2026-03-22T19:00:00Z"), at("2026-03-29T18:00:00Z"), at("2026-04-05T18:00:00Z")]);
    }
}
