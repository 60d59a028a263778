//! Two groups that nobody drew, compared within strata: each with its own level, as guides have.

use crate::curves::{t_at, t_beyond};
use crate::figures::{Difference, Interval, LEVEL};
use siyu_kernel::PersonNum;
use std::collections::BTreeMap;

/// One that is counted. Those of one person are not independent of each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seen {
    pub stratum: u32,
    pub person: PersonNum,
    /// Of the second group.
    pub second: bool,
    pub figure: f64,
}

#[derive(Clone, Copy, Default)]
struct Stratum {
    first: f64,
    second: f64,
    sum_first: f64,
    sum_second: f64,
}

impl Stratum {
    fn all(&self) -> f64 {
        self.first + self.second
    }
    /// What the difference here weighs (Mantel and Haenszel): nothing, unless there are some of both.
    fn weight(&self) -> f64 {
        self.first * self.second / self.all()
    }
    fn difference(&self) -> f64 {
        self.sum_second / self.second - self.sum_first / self.first
    }
}

/// Those in strata that have some of both groups; nothing can be said of the others.
pub fn comparable(all: &[Seen]) -> Vec<Seen> {
    let strata = strata(all);
    all.iter().filter(|own| strata[&own.stratum].weight() > 0.0).copied().collect()
}
fn strata(all: &[Seen]) -> BTreeMap<u32, Stratum> {
    let mut strata: BTreeMap<u32, Stratum> = BTreeMap::new();
    for own in all {
        let place = strata.entry(own.stratum).or_default();
        let (count, sum) = if own.second {
            (&mut place.second, &mut place.sum_second)
        } else {
            (&mut place.first, &mut place.sum_first)
        };
        *count += 1.0;
        *sum += own.figure;
    }
    strata
}

/// The differences of all strata, weighted by Mantel and Haenszel: what a regression with a level for each stratum finds. The interval allows for
/// spreads that differ, and for what one person's have in common (sandwich, clustered by person). `None`: there are too few, or nothing differs.
pub fn within(all: &[Seen]) -> Option<Difference> {
    let mut all = comparable(all);
    let strata = strata(&all);
    let weight: f64 = strata.values().map(Stratum::weight).sum();
    let value = strata.values().map(|own| own.weight() * own.difference()).sum::<f64>() / weight;
    all.sort_by_key(|own| own.person);
    let (mut people, mut meat) = (0.0, 0.0);
    for own in all.chunk_by(|one, two| one.person == two.person) {
        let score: f64 = own.iter().map(|seen| score(seen, &strata[&seen.stratum], value)).sum();
        people += 1.0;
        meat += score * score;
    }
    let free = all.len() as f64 - strata.len() as f64 - 1.0;
    if people < 2.0 || free < 1.0 || meat <= 0.0 {
        return None;
    }
    let small = people / (people - 1.0) * (all.len() as f64 - 1.0) / free;
    let error = (meat * small).sqrt() / weight;
    let degrees = free.min(people - 1.0);
    let half = t_at(1.0 - LEVEL, degrees) * error;
    let interval = Interval { low: value - half, high: value + half };
    Some(Difference { value, interval, p: t_beyond((value / error).abs(), degrees) })
}

/// How much one pulls at the difference: its place among its stratum's, times what is left of its figure.
fn score(seen: &Seen, own: &Stratum, value: f64) -> f64 {
    let place = f64::from(u8::from(seen.second)) - own.second / own.all();
    let mean = (own.sum_first + own.sum_second) / own.all();
    place * (seen.figure - mean - value * place)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(stratum: u32, second: bool, hits: usize, count: usize, from: u32) -> Vec<Seen> {
        let one =
            |at: usize| Seen { stratum, person: from + at as u32, second, figure: f64::from(u8::from(at < hits)) };
        (0..count).map(one).collect()
    }

    #[test]
    fn strata_are_weighted_by_mantel_and_haenszel() {
        let all =
            [of(1, false, 10, 100, 0), of(1, true, 30, 100, 200), of(2, false, 30, 60, 400), of(2, true, 8, 20, 600)];
        let found = within(&all.concat()).expect("both have some");
        let wanted = (50.0 * 0.2 + 15.0 * -0.1) / 65.0;
        assert!((found.value - wanted).abs() < 1e-12, "{}", found.value);
        assert!(found.interval.low < wanted && wanted < found.interval.high);
    }
    #[test]
    fn a_stratum_with_one_group_says_nothing() {
        let both = [of(1, false, 3, 40, 0), of(1, true, 9, 40, 100)].concat();
        let more = [both.clone(), of(2, true, 40, 40, 200)].concat();
        assert_eq!(within(&both), within(&more));
        assert_eq!(comparable(&more).len(), both.len());
        assert_eq!(within(&of(2, true, 4, 40, 0)), None);
        assert_eq!(within(&[]), None);
        assert_eq!(within(&[of(1, false, 0, 9, 0), of(1, true, 0, 9, 20)].concat()), None, "nothing differs");
    }
    /// With one stratum and everybody once it is White's interval of two means (HC1).
    #[test]
    fn one_stratum_is_the_difference_of_two_means() {
        let all = [of(1, false, 12, 60, 0), of(1, true, 30, 80, 100)].concat();
        let found = within(&all).expect("they differ");
        let (one, two) = (0.2_f64, 0.375_f64);
        // Each group's variance with its own size below, times n / (n - 2).
        let error = ((one * (1.0 - one) / 60.0 + two * (1.0 - two) / 80.0) * 140.0 / 138.0 * 139.0 / 139.0).sqrt();
        let half = t_at(0.05, 138.0) * error;
        assert!((found.value - 0.175).abs() < 1e-12);
        assert!((found.interval.high - found.value - half).abs() < 1e-9, "{found:?} {half}");
    }
    /// The same people counted twice are no more people.
    #[test]
    fn whoever_counts_twice_does_not_make_it_surer() {
        let once = [of(1, false, 12, 60, 0), of(1, true, 30, 80, 100)].concat();
        let twice = [once.clone(), once.clone()].concat();
        let width = |all: &[Seen]| within(all).map(|own| own.interval.high - own.interval.low).expect("they differ");
        assert!((width(&twice) / width(&once) - 1.0).abs() < 0.01);
    }
}
