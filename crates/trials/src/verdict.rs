//! What is said of groups that were drawn by chance: each against the first, in one word.

use crate::curves::chi_square_above;
use crate::figures::{Difference, Interval, POWER, Sample, Share, Sizes};
use crate::figures::{findable_mean, findable_rise, means, people_for_mean, people_for_rise, rates};

/// Below this the groups are not as they were drawn.
const MISMATCH_BELOW: f64 = 0.001;
/// A table of chi-square says nothing of groups that were to be smaller.
const EXPECTED_LEAST: f64 = 5.0;
pub(crate) const CHANCE_BELOW: f64 = 0.05;
/// Fewer people in a group, or fewer in both of whom anything is known, are no ground for a word.
pub(crate) const PEOPLE_LEAST: i64 = 30;
pub(crate) const SOME_LEAST: i64 = 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing is seen, and a lift of the size that was asked about may well be there.
    TooSmall,
    /// Nothing is seen, and a lift of that size would have been.
    NoDifferenceSeen,
    Better,
    Worse,
    /// The groups are not as they were drawn: no figure of theirs can be compared.
    Mismatch,
}

impl Verdict {
    pub fn name(self) -> &'static str {
        match self {
            Self::TooSmall => "too_small",
            Self::NoDifferenceSeen => "no_difference_seen",
            Self::Better => "better",
            Self::Worse => "worse",
            Self::Mismatch => "mismatch",
        }
    }
}

/// Whether the sizes of groups are as drawn. `p`: how often chance alone leads as far away.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ratio {
    pub p: f64,
    pub mismatch: bool,
}

/// Sizes of groups against what was to be expected of them, as weights. `None` when a group was to be too small for that, or there is one only.
pub fn ratio(people: &[i64], weights: &[f64]) -> Option<Ratio> {
    let (all, weight) = (people.iter().sum::<i64>() as f64, weights.iter().sum::<f64>());
    let expected: Vec<f64> = weights.iter().map(|own| all * own / weight).collect();
    if people.len() < 2
        || people.len() != weights.len()
        || expected.iter().any(|own| own.is_nan() || *own < EXPECTED_LEAST)
    {
        return None;
    }
    let apart = people.iter().zip(&expected).map(|(seen, own)| (*seen as f64 - own).powi(2) / own).sum();
    let p = chi_square_above(apart, (people.len() - 1) as f64);
    Some(Ratio { p, mismatch: p < MISMATCH_BELOW })
}

/// One figure of each group; the first is what the others are compared with.
#[derive(Clone, Debug, PartialEq)]
pub enum Figures {
    Shares(Vec<Share>),
    Samples(Vec<Sample>),
}

/// Of one group against the first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Comparison {
    pub arm: usize,
    /// Of this group less the first; its `p` is Holm's, for as many comparisons as there are. `None` where there is nothing to compare.
    pub difference: Option<Difference>,
    /// The difference times the people of this group: what there was more, in all.
    pub extra: Option<(f64, Interval)>,
    /// The smallest difference that these groups find in four of five cases.
    pub findable: Option<f64>,
    /// How many people both groups need together, split as they are, to find the lift that was asked about.
    pub needed: Option<i64>,
    pub verdict: Verdict,
}

/// What is known of a group and the first before a word is said.
struct Found {
    difference: Option<Difference>,
    findable: Option<f64>,
    needed: Option<f64>,
    /// What the lift that was asked about comes to.
    lift: f64,
    people: i64,
    /// Too few people for any word.
    thin: bool,
}

fn of_shares(first: Share, own: Share, lift: f64) -> Found {
    let sizes = Sizes::of(first.people, own.people);
    let lift = first.rate() * lift;
    Found {
        difference: rates(first, own),
        findable: findable_rise(first.rate(), sizes, POWER),
        needed: people_for_rise(first.rate(), lift, sizes, POWER),
        lift,
        people: own.people,
        thin: first.people.min(own.people) < PEOPLE_LEAST || first.hits + own.hits < SOME_LEAST,
    }
}
fn of_samples(first: &Sample, own: &Sample, lift: f64) -> Found {
    let lift = first.mean() * lift;
    Found {
        difference: means(first, own),
        findable: findable_mean(first, own, POWER),
        needed: people_for_mean(first, own, lift, POWER),
        lift,
        people: own.people,
        thin: first.people.min(own.people) < PEOPLE_LEAST || first.some + own.some < SOME_LEAST,
    }
}

/// `lift`: which part of the first group's figure is worth knowing of; 0.1 is a tenth. `more_is_better`: not so of losses.
pub fn compare(figures: &Figures, lift: f64, more_is_better: bool, mismatch: bool) -> Vec<Comparison> {
    let mut all: Vec<Found> = match figures {
        Figures::Shares(own) => own.iter().skip(1).map(|arm| of_shares(own[0], *arm, lift)).collect(),
        Figures::Samples(own) => own.iter().skip(1).map(|arm| of_samples(&own[0], arm, lift)).collect(),
    };
    let mut chances: Vec<&mut f64> = all.iter_mut().filter_map(|own| Some(&mut own.difference.as_mut()?.p)).collect();
    holm(&mut chances);
    let said = |(at, own): (usize, Found)| {
        let people = own.people as f64;
        let extra = |found: Difference| {
            let Interval { low, high } = found.interval;
            (found.value * people, Interval { low: low * people, high: high * people })
        };
        Comparison {
            arm: at + 1,
            verdict: if mismatch { Verdict::Mismatch } else { word(&own, more_is_better) },
            difference: own.difference,
            extra: own.difference.map(extra),
            findable: own.findable,
            needed: own.needed.map(|people| people.ceil() as i64),
        }
    };
    all.into_iter().enumerate().map(said).collect()
}

fn word(own: &Found, more_is_better: bool) -> Verdict {
    match own.difference {
        Some(found) if !own.thin && found.p < CHANCE_BELOW => {
            if (found.value > 0.0) == more_is_better {
                Verdict::Better
            } else {
                Verdict::Worse
            }
        }
        Some(_) if !own.thin && own.findable.is_some_and(|least| least <= own.lift) => Verdict::NoDifferenceSeen,
        _ => Verdict::TooSmall,
    }
}

/// Holm's step-down: the smallest p times all comparisons, the next times one fewer, and none below the one before.
fn holm(chances: &mut [&mut f64]) {
    chances.sort_by(|a, b| a.total_cmp(b));
    let (count, mut floor) = (chances.len(), 0.0_f64);
    for (rank, own) in chances.iter_mut().enumerate() {
        floor = floor.max((**own * (count - rank) as f64).min(1.0));
        **own = floor;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shares(all: &[(i64, i64)]) -> Figures {
        Figures::Shares(all.iter().map(|(hits, people)| Share::new(*hits, *people)).collect())
    }
    fn words(all: &[(i64, i64)], more_is_better: bool, mismatch: bool) -> Vec<&'static str> {
        compare(&shares(all), 0.1, more_is_better, mismatch).iter().map(|own| own.verdict.name()).collect()
    }

    #[test]
    fn each_word_has_its_case() {
        for (all, more_is_better, mismatch, said) in [
            (vec![(300, 10_000), (400, 10_000)], true, false, vec!["better"]),
            (vec![(300, 10_000), (400, 10_000)], false, false, vec!["worse"]),
            (vec![(400, 10_000), (300, 10_000)], true, false, vec!["worse"]),
            (vec![(300, 10_000), (400, 10_000)], true, true, vec!["mismatch"]),
            // Nothing is seen; a tenth of three per cent would not have been, a tenth of fifty would.
            (vec![(300, 10_000), (310, 10_000)], true, false, vec!["too_small"]),
            (vec![(5_000, 10_000), (5_010, 10_000)], true, false, vec!["no_difference_seen"]),
            // Few people, or few who did anything.
            (vec![(0, 20), (20, 20)], true, false, vec!["too_small"]),
            (vec![(0, 1_000), (8, 1_000)], true, false, vec!["too_small"]),
            (vec![(0, 0), (8, 1_000)], true, false, vec!["too_small"]),
            (vec![(1, 2)], true, false, vec![]),
        ] {
            assert_eq!(words(&all, more_is_better, mismatch), said, "{all:?}");
        }
    }
    #[test]
    fn of_several_arms_chance_has_several_tries() {
        // The same difference alone and among four: Holm's first step asks for p below a quarter of 0.05.
        let (first, second) = ((300, 10_000), (355, 10_000));
        assert_eq!(words(&[first, second], true, false), ["better"]);
        assert_eq!(words(&[first, second, (301, 10_000), (299, 10_000), (305, 10_000)], true, false)[0], "too_small");
        let mut chances = [0.01, 0.04, 0.03, 0.005];
        holm(&mut chances.iter_mut().collect::<Vec<_>>());
        // As R's `p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm")`.
        for (own, wanted) in chances.iter().zip([0.03, 0.06, 0.06, 0.02]) {
            assert!((own - wanted).abs() < 1e-12, "{chances:?}");
        }
    }
    #[test]
    fn what_there_was_more_is_the_difference_times_the_people() {
        let found = compare(&shares(&[(300, 10_000), (800, 20_000)]), 0.1, true, false)[0];
        let (extra, interval) = found.extra.unwrap();
        assert!((extra - 200.0).abs() < 1e-6 && interval.low > 0.0 && interval.low < 200.0 && interval.high > 200.0);
        assert!(found.needed.unwrap() > 30_000 && found.findable.unwrap() > 0.003);
    }
    #[test]
    fn sizes_that_are_not_as_drawn() {
        // Chi-square 4.0 with one degree: 0.0455.
        let even = ratio(&[4_900, 5_100], &[1.0, 1.0]).unwrap();
        assert!((even.p - 0.045_500_264).abs() < 1e-8 && !even.mismatch);
        assert!(ratio(&[4_800, 5_200], &[50.0, 50.0]).unwrap().mismatch);
        assert!(!ratio(&[1_010, 8_990], &[0.1, 0.9]).unwrap().mismatch);
        for (people, weights) in [
            (vec![3, 5], vec![1.0, 1.0]),
            (vec![100], vec![1.0]),
            (vec![50, 50], vec![0.0, 1.0]),
            (vec![0, 0], vec![0.0, 0.0]),
        ] {
            assert_eq!(ratio(&people, &weights), None, "{people:?}");
        }
    }
}
