//! Which of several contents goes to the rest: the one that is shown to beat every other, or none.

use crate::figures::{Difference, means, rates};
use crate::verdict::{CHANCE_BELOW, Figures, PEOPLE_LEAST, SOME_LEAST};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It beats every other one.
    Shown,
    NoDifference,
    /// Too few people in a group, or too few of whom anything is known.
    TooSmall,
    /// The groups are not as they were drawn: no figure of theirs can be compared.
    Mismatch,
}

impl Why {
    pub fn name(self) -> &'static str {
        match self {
            Self::Shown => "shown",
            Self::NoDifference => "no_difference",
            Self::TooSmall => "too_small",
            Self::Mismatch => "mismatch",
        }
    }
}

/// The one that stands best against another one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Against {
    pub arm: usize,
    /// Of the best one less this one. Its `p` is that of one comparison times all pairs there are: the best one was not named before the figures were seen.
    pub difference: Option<Difference>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Pick {
    /// `None` unless it is shown.
    pub winner: Option<usize>,
    /// Whose figure is the best; of equal ones the first.
    pub best: usize,
    pub why: Why,
    pub against: Vec<Against>,
}

/// The best one wins when, against each other one, chance alone gives such a difference in less than one case of twenty, all pairs counted
/// (Bonferroni's method): of contents that are all the same one is named in less than one test of twenty.
pub fn pick(figures: &Figures, more_is_better: bool, mismatch: bool) -> Pick {
    let values: Vec<f64> = match figures {
        Figures::Shares(own) => own.iter().map(|own| own.rate()).collect(),
        Figures::Samples(own) => own.iter().map(|own| own.mean()).collect(),
    };
    let ahead = |one: f64, other: f64| if more_is_better { one > other } else { one < other };
    let best = (1..values.len()).fold(0, |best, at| if ahead(values[at], values[best]) { at } else { best });
    let pairs = (values.len() * values.len().saturating_sub(1) / 2) as f64;
    let mut thin = values.len() < 2;
    let mut against = Vec::with_capacity(values.len());
    for arm in (0..values.len()).filter(|arm| *arm != best) {
        let (difference, people, some) = match figures {
            Figures::Shares(own) => {
                (rates(own[arm], own[best]), own[arm].people.min(own[best].people), own[arm].hits + own[best].hits)
            }
            Figures::Samples(own) => {
                (means(&own[arm], &own[best]), own[arm].people.min(own[best].people), own[arm].some + own[best].some)
            }
        };
        thin |= people < PEOPLE_LEAST || some < SOME_LEAST;
        let difference = difference.map(|own| Difference { p: (own.p * pairs).min(1.0), ..own });
        against.push(Against { arm, difference });
    }
    let beats = |own: &Against| own.difference.is_some_and(|own| own.p < CHANCE_BELOW && own.value != 0.0);
    let why = match () {
        () if mismatch => Why::Mismatch,
        () if thin => Why::TooSmall,
        () if against.iter().all(beats) => Why::Shown,
        () => Why::NoDifference,
    };
    Pick { winner: (why == Why::Shown).then_some(best), best, why, against }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::{Sample, Share};

    fn shares(all: &[(i64, i64)]) -> Figures {
        Figures::Shares(all.iter().map(|(hits, people)| Share::new(*hits, *people)).collect())
    }

    #[test]
    fn each_case_of_a_winner() {
        for (all, more, mismatch, winner, why) in [
            (vec![(300, 10_000), (400, 10_000)], true, false, Some(1), "shown"),
            (vec![(300, 10_000), (400, 10_000)], false, false, Some(0), "shown"),
            (vec![(300, 10_000), (400, 10_000)], true, true, None, "mismatch"),
            (vec![(300, 10_000), (320, 10_000)], true, false, None, "no_difference"),
            (vec![(300, 10_000), (300, 10_000)], true, false, None, "no_difference"),
            (vec![(0, 29), (29, 29)], true, false, None, "too_small"),
            (vec![(0, 1_000), (9, 1_000)], true, false, None, "too_small"),
            (vec![(0, 0), (500, 1_000)], true, false, None, "too_small"),
            (vec![(1, 2)], true, false, None, "too_small"),
            // It has to beat the second, not only the first.
            (vec![(300, 10_000), (400, 10_000), (395, 10_000)], true, false, None, "no_difference"),
            (vec![(300, 10_000), (400, 10_000), (500, 10_000)], true, false, Some(2), "shown"),
            // Enough for two contents; among four there are six pairs.
            (vec![(300, 10_000), (355, 10_000)], true, false, Some(1), "shown"),
            (vec![(300, 10_000), (355, 10_000), (300, 10_000), (300, 10_000)], true, false, None, "no_difference"),
        ] {
            let own = pick(&shares(&all), more, mismatch);
            assert_eq!((own.winner, own.why.name()), (winner, why), "{all:?}");
            assert_eq!(own.against.len(), all.len() - 1);
        }
    }

    #[test]
    fn amounts_are_compared_by_their_means() {
        let sample = |each: &[i64]| {
            let mut own = Sample::default();
            (0..40).for_each(|_| each.iter().for_each(|figure| own.add(*figure)));
            own
        };
        let own = pick(&Figures::Samples(vec![sample(&[0, 100]), sample(&[100, 200])]), true, false);
        assert_eq!((own.winner, own.why), (Some(1), Why::Shown));
        // Nothing differs within either: there is no interval.
        let own = pick(&Figures::Samples(vec![sample(&[5]), sample(&[5])]), true, false);
        assert_eq!((own.winner, own.why), (None, Why::NoDifference));
    }

    /// Of contents that are all the same one is named in less than one test of twenty, however many there are.
    #[test]
    fn chance_alone_seldom_wins() {
        let chance = siyu_kernel::Chance::seeded(5);
        let drawn = |arms: usize| {
            let hits = |chance: &siyu_kernel::Chance| (0..400).filter(|_| chance.below(10) == 0).count() as i64;
            let all: Vec<(i64, i64)> = (0..arms).map(|_| (hits(&chance), 400)).collect();
            pick(&shares(&all), true, false).winner.is_some()
        };
        for arms in [2, 3, 5] {
            let named = (0..600).filter(|_| drawn(arms)).count();
            assert!(named < 45, "{named} of 600 with {arms}");
        }
    }
}
