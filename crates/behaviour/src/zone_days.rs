//! The calendar day of many instants, without asking the zone for each.

use rustc_hash::FxHashMap;
use siyu_kernel::{Time, Zone};

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// What a UTC day looks like from a zone.
#[derive(Clone, Copy)]
enum Shape {
    /// One local midnight at most lies in it: before `midnight` it is day `first`, from then on the next.
    Plain { first: i32, midnight: i64 },
    /// The clock jumps somewhere in it: each instant is asked for.
    Odd,
}

pub struct Days<'z> {
    zone: &'z Zone,
    known: FxHashMap<i64, Shape>,
    last: (i64, Shape),
}

impl<'z> Days<'z> {
    pub fn new(zone: &'z Zone) -> Self {
        Self { zone, known: FxHashMap::default(), last: (i64::MAX, Shape::Odd) }
    }
    #[inline]
    pub fn day(&mut self, at: i64) -> i32 {
        let utc = at.div_euclid(MICROS_PER_DAY);
        if self.last.0 != utc {
            let zone = self.zone;
            self.last = (utc, *self.known.entry(utc).or_insert_with(|| shape(zone, utc)));
        }
        match self.last.1 {
            Shape::Plain { first, midnight } => first + i32::from(at >= midnight),
            Shape::Odd => self.zone.day(Time(at)),
        }
    }
}

fn shape(zone: &Zone, utc: i64) -> Shape {
    let (from, to) = (utc.saturating_mul(MICROS_PER_DAY), utc.saturating_add(1).saturating_mul(MICROS_PER_DAY));
    if from < Time::MIN.0 || to > Time::MAX.0 {
        return Shape::Odd;
    }
    if zone.jumps_between(Time(from), Time(to)) {
        return Shape::Odd;
    }
    let (first, last) = (zone.day(Time(from)), zone.day(Time(to - 1)));
    match last - first {
        0 => Shape::Plain { first, midnight: i64::MAX },
        1 => Shape::Plain { first, midnight: zone.start_of_day(last).0 },
        _ => Shape::Odd,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn agrees_with_the_zone(zone in prop::sample::select(vec!["UTC", "Asia/Shanghai", "America/St_Johns", "America/Sao_Paulo", "Pacific/Apia", "Asia/Kathmandu", "Europe/Berlin"]), instants in prop::collection::vec(-2_300_000_000_000_000i64..7_300_000_000_000_000, 1..40), near in prop::collection::vec((0i64..30_000, -100i64..100), 1..60)) {
            let zone = Zone::named(zone).unwrap();
            let mut days = Days::new(&zone);
            let near = near.into_iter().map(|(day, minute)| zone.start_of_day(day as i32).0 + minute * 60_000_000);
            for at in instants.into_iter().chain(near) {
                prop_assert_eq!(days.day(at), zone.day(Time(at)), "{}", at);
            }
        }
    }
}
