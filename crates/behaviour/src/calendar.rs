//! Days, weeks and months of instants, without asking the zone for each.

use siyu_kernel::{Time, Zone};

/// A table of day starts in one zone: make it once for a workspace and keep it. Instants outside the table are answered too, slowly.
///
/// Days are numbers since 1970-01-01; weeks start on Monday unless a [`Grain`] says otherwise.
#[derive(Clone)]
pub struct Calendar {
    zone: Zone,
    first: i32,
    /// The first instant of each day; one more at the end.
    starts: Vec<i64>,
}

const HOUR: i64 = 3_600_000_000;
pub const DAY: i64 = 24 * HOUR;

/// A length of period. Periods are numbered without gaps, so that "two weeks later" is the number plus two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grain {
    /// Runs of `length` days, one of which begins on the day `anchor`.
    Days { length: i32, anchor: i32 },
    /// Calendar months.
    Month,
}

impl Grain {
    pub const DAY: Grain = Grain::Days { length: 1, anchor: 0 };
    /// From Monday to Sunday. (1970-01-01 was a Thursday.)
    pub const WEEK: Grain = Grain::Days { length: 7, anchor: -3 };

    /// The number of the period a day lies in.
    pub fn of_day(self, day: i32) -> i32 {
        match self {
            Self::Days { length, anchor } => (day - anchor).div_euclid(length.max(1)),
            Self::Month => {
                let (year, month, _) = civil(day);
                (year - 1970) * 12 + month as i32 - 1
            }
        }
    }
    /// The first day of a period.
    pub fn first_day(self, period: i32) -> i32 {
        match self {
            Self::Days { length, anchor } => period * length.max(1) + anchor,
            Self::Month => day_of(1970 + period.div_euclid(12), period.rem_euclid(12) as u32 + 1, 1),
        }
    }
}

/// Year, month 1..=12 and day of the month of a day number.
pub fn civil(day: i32) -> (i32, u32, u32) {
    // Years that begin in March put the leap day at their end; 400 of them are 146,097 days.
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let in_era = shifted.rem_euclid(146_097);
    let year = (in_era - in_era / 1_460 + in_era / 36_524 - in_era / 146_096) / 365;
    let in_year = in_era - (365 * year + year / 4 - year / 100);
    let month = (5 * in_year + 2) / 153;
    let date = in_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i32::from(month <= 2), month as u32, date as u32)
}

/// The number of a calendar day. `month` 1..=12, `date` 1..=31.
pub fn day_of(year: i32, month: u32, date: u32) -> i32 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let in_era = year.rem_euclid(400);
    let from_march = if month > 2 { month - 3 } else { month + 9 } as i32;
    let in_year = (153 * from_march + 2) / 5 + date as i32 - 1;
    era * 146_097 + in_era * 365 + in_era / 4 - in_era / 100 + in_year - 719_468
}

impl std::fmt::Debug for Calendar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Calendar({} from {} for {} days)", self.zone.name(), self.first, self.starts.len() - 1)
    }
}

impl Calendar {
    /// For the days `from..=to`. About 0.2 µs a day to make, 8 bytes a day to keep.
    pub fn new(zone: &Zone, from: i32, to: i32) -> Self {
        let to = to.max(from);
        Self {
            zone: zone.clone(),
            first: from,
            starts: (from..=to.saturating_add(1)).map(|day| zone.start_of_day(day).0).collect(),
        }
    }
    pub fn zone(&self) -> &Zone {
        &self.zone
    }
    /// The day an instant falls on.
    #[inline]
    pub fn day(&self, at: i64) -> i32 {
        let (low, high) = (self.starts[0], self.starts[self.starts.len() - 1]);
        if at < low || at >= high {
            return self.zone.day(Time(at));
        }
        // Right but for the hours that the zone has shifted since the table's first day.
        let mut place = (((at - low) / DAY) as usize).min(self.starts.len() - 2);
        while at < self.starts[place] {
            place -= 1;
        }
        while at >= self.starts[place + 1] {
            place += 1;
        }
        self.first + place as i32
    }
    /// The first instant of a day.
    #[inline]
    pub fn start(&self, day: i32) -> i64 {
        match usize::try_from(i64::from(day) - i64::from(self.first)).ok().and_then(|at| self.starts.get(at)) {
            Some(start) => *start,
            None => self.zone.start_of_day(day).0,
        }
    }
    /// The instants of the days `from..=to`: from the first, up to and without the second.
    pub fn instants(&self, from: i32, to: i32) -> (i64, i64) {
        (self.start(from), self.start(to.saturating_add(1)))
    }
    #[inline]
    pub fn period(&self, grain: Grain, at: i64) -> i32 {
        grain.of_day(self.day(at))
    }
    /// Hours since Monday 0:00 by the clock on the wall: 0..168.
    #[inline]
    pub fn hour_of_week(&self, at: i64) -> usize {
        let day = self.day(at);
        let start = self.start(day);
        let hour = if self.start(day + 1) - start == DAY {
            (at - start) / HOUR
        } else {
            // A day on which the clocks change: twice a year in some zones.
            i64::from(self.zone.hour(Time(at)))
        };
        (day + 3).rem_euclid(7) as usize * 24 + hour.clamp(0, 23) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_hours_are_those_of_the_zone() {
        for name in ["UTC", "Asia/Shanghai", "America/Sao_Paulo", "Pacific/Apia", "Australia/Lord_Howe", "Africa/Cairo"]
        {
            let zone = Zone::named(name).unwrap();
            let calendar = Calendar::new(&zone, 14_000, 18_500);
            let mut at = zone.start_of_day(13_990).0;
            let end = zone.start_of_day(18_510).0;
            while at < end {
                for at in [at, at - 1, at + 1] {
                    let day = zone.day(Time(at));
                    assert_eq!(calendar.day(at), day, "{name} {}", Time(at));
                    assert_eq!(calendar.start(day), zone.start_of_day(day).0);
                    let hour: usize = zone.local(Time(at))[11..13].parse().unwrap();
                    assert_eq!(calendar.hour_of_week(at) % 24, hour, "{name} {}", Time(at));
                    assert_eq!(day - (calendar.hour_of_week(at) / 24) as i32, zone.week(Time(at)));
                }
                at += 5 * HOUR + 1_800_000_000;
            }
        }
    }

    #[test]
    fn periods_are_numbered_without_gaps() {
        for grain in [Grain::DAY, Grain::WEEK, Grain::Month, Grain::Days { length: 7, anchor: 20_454 }] {
            let mut last = grain.of_day(-30_000);
            for day in -30_000..60_000 {
                let own = grain.of_day(day);
                assert!(own == last || own == last + 1);
                assert!(grain.first_day(own) <= day && day < grain.first_day(own + 1), "{grain:?} {day}");
                last = own;
            }
        }
        for (day, date) in [(0, (1970, 1, 1)), (20_088, (2024, 12, 31)), (19_782, (2024, 2, 29)), (-1, (1969, 12, 31))]
        {
            assert_eq!(civil(day), date);
            assert_eq!(day_of(date.0, date.1, date.2), day);
        }
        assert_eq!(Grain::WEEK.first_day(Grain::WEEK.of_day(20_089)), 20_087);
    }
}
