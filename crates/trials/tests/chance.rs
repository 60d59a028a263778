//! What the statistics promise, tried by chance: intervals miss nought in one case of twenty when there is nothing, and hold what there is in nineteen.

use siyu_kernel::Chance;
use siyu_trials::{Figures, Interval, Sample, Seen, Share, Verdict, compare, means, rates, ratio, within};

const TRIES: usize = 4_000;

fn uniform(chance: &Chance) -> f64 {
    chance.next() as f64 / u64::MAX as f64
}
fn drawn(chance: &Chance, rate: f64, people: i64) -> Share {
    Share::new((0..people).filter(|_| uniform(chance) < rate).count() as i64, people)
}
/// Three in ten buy, for an amount with a long tail.
fn bought(chance: &Chance, people: i64, more: f64) -> Sample {
    let mut out = Sample::default();
    for _ in 0..people {
        let buys = uniform(chance) < 0.3;
        let normal: f64 = (0..12).map(|_| uniform(chance)).sum::<f64>() - 6.0;
        out.add(if buys { ((0.8 * normal).exp() * 10_000.0 * more) as i64 } else { 0 });
    }
    out
}
fn held(found: impl Fn(usize) -> Option<(Interval, f64)>) -> f64 {
    let own = (0..TRIES).filter_map(found);
    own.filter(|(interval, truth)| interval.low <= *truth && *truth <= interval.high).count() as f64 / TRIES as f64
}

#[test]
fn intervals_of_rates_hold_the_truth() {
    for (seed, one, two, people) in
        [(1, 0.1, 0.1, (200, 400)), (2, 0.03, 0.045, (300, 900)), (3, 0.5, 0.62, (150, 150))]
    {
        let chance = Chance::seeded(seed);
        let share = held(|_| {
            let found = rates(drawn(&chance, one, people.0), drawn(&chance, two, people.1))?;
            assert_eq!(found.p < 0.05, found.interval.low > 0.0 || found.interval.high < 0.0);
            Some((found.interval, two - one))
        });
        assert!((0.94..=0.975).contains(&share), "{one} against {two}: {share}");
    }
}
#[test]
fn intervals_of_revenue_hold_the_truth() {
    // The mean of a log-normal figure with a spread of 0.8 is e^0.32 of its median.
    let mean = 0.3 * 10_000.0 * 0.32_f64.exp();
    for (seed, more) in [(4, 1.0), (5, 1.3)] {
        let chance = Chance::seeded(seed);
        let share = held(|_| {
            let found = means(&bought(&chance, 120, 1.0), &bought(&chance, 260, more))?;
            Some((found.interval, mean * (more - 1.0)))
        });
        assert!((0.93..=0.965).contains(&share), "{more}: {share}");
    }
}
/// Guides who are on time more often have better customers too; being on time itself adds `more`. Some customers have two tasks and pay for both or none.
fn tasks(chance: &Chance, more: f64) -> Vec<Seen> {
    let mut all = Vec::new();
    for guide in 0..12_u32 {
        let level = f64::from(guide) / 20.0;
        for at in 0..40_u32 {
            let person = guide * 1_000 + at;
            let second = uniform(chance) < 0.2 + level;
            let pays = uniform(chance) < 0.05 + level + if second { more } else { 0.0 };
            let one = Seen { stratum: guide, person, second, figure: f64::from(u8::from(pays)) };
            all.extend(std::iter::repeat_n(one, if at % 3 == 0 { 2 } else { 1 }));
        }
    }
    all
}
#[test]
fn within_guides_the_truth_is_held_where_the_plain_comparison_misses_it() {
    for (seed, more) in [(7, 0.0), (8, 0.1)] {
        let chance = Chance::seeded(seed);
        let tried: Vec<Vec<Seen>> = (0..1_500).map(|_| tasks(&chance, more)).collect();
        let held = |found: &dyn Fn(&[Seen]) -> Interval| {
            let is_held = |own: &&Vec<Seen>| {
                let interval = found(own);
                interval.low <= more && more <= interval.high
            };
            tried.iter().filter(is_held).count() as f64 / tried.len() as f64
        };
        let own = held(&|all| within(all).expect("there are enough").interval);
        assert!((0.93..=0.97).contains(&own), "{more}: {own}");
        let plain = held(&|all| {
            let share = |second: bool| {
                let own = all.iter().filter(|own| own.second == second);
                Share::new(own.clone().filter(|own| own.figure > 0.0).count() as i64, own.count() as i64)
            };
            rates(share(false), share(true)).expect("there are enough").interval
        });
        assert!(plain < 0.5, "who is on time has better customers: {plain}");
    }
}
#[test]
fn words_are_rarely_wrong() {
    let chance = Chance::seeded(6);
    let wrong = (0..TRIES).filter(|_| {
        let arms = (0..4).map(|_| drawn(&chance, 0.2, 200)).collect();
        let said = compare(&Figures::Shares(arms), 0.1, true, false);
        said.iter().any(|own| matches!(own.verdict, Verdict::Better | Verdict::Worse))
    });
    let share = wrong.count() as f64 / TRIES as f64;
    assert!(share <= 0.055, "of four arms without a difference one is told in {share}");
    let found = (0..TRIES).filter(|_| {
        let (one, two) = (drawn(&chance, 0.2, 800), drawn(&chance, 0.2583, 800));
        compare(&Figures::Shares(vec![one, two]), 0.1, true, false)[0].verdict == Verdict::Better
    });
    let share = found.count() as f64 / TRIES as f64;
    assert!((0.77..=0.83).contains(&share), "what 800 people find in four of five cases is found in {share}");
    let off = (0..TRIES).filter(|_| {
        let all = drawn(&chance, 0.1, 1_000);
        ratio(&[all.hits, 1_000 - all.hits], &[0.1, 0.9]).is_some_and(|own| own.mismatch)
    });
    assert!(off.count() <= 14, "groups that are as drawn are told apart");
}
