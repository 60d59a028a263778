//! Where to cut numbers into bins that people find natural.

use siyu_behaviour::kernels::Sum;

/// A bin, the lower bound included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bin {
    pub from: Option<f64>,
    pub to: Option<f64>,
}

/// Bins between given edges, with one below the first and one from the last on.
pub(crate) fn between(edges: &[f64]) -> Vec<Bin> {
    let mut bins = vec![Bin { from: None, to: edges.first().copied() }];
    bins.extend(edges.windows(2).map(|pair| Bin { from: Some(pair[0]), to: Some(pair[1]) }));
    bins.push(Bin { from: edges.last().copied(), to: None });
    bins
}

const BINS: usize = 10;

/// Bins chosen from the numbers: one for each whole number while they are few, else steps of 1, 2 or 5 times a power of ten up to where 95 of
/// 100 lie, and one for what is above. `values` rising.
pub(crate) fn natural(values: &[(Sum, u64)]) -> Vec<Bin> {
    let (Some((least, _)), Some((most, _))) = (values.first(), values.last()) else { return Vec::new() };
    let total: u64 = values.iter().map(|(_, times)| times).sum();
    let mut seen = 0;
    let high = values.iter().find(|(_, times)| {
        seen += times;
        seen * 100 >= total * 95
    });
    let high = high.map_or(*most, |(value, _)| *value);
    let whole = values.iter().all(|(value, _)| value.0 % Sum::ONE == 0);
    let (low, high) = (least.number(), high.number());
    let step = step_of((high - low) / BINS as f64, whole);
    let first = (low / step).floor();
    let count = (((high / step).floor() - first) as usize).min(2 * BINS) + 1;
    let edge = |at: usize| (first + at as f64) * step;
    let mut bins: Vec<Bin> = (0..count).map(|at| Bin { from: Some(edge(at)), to: Some(edge(at + 1)) }).collect();
    if most.number() >= edge(count) {
        bins.push(Bin { from: Some(edge(count)), to: None });
    }
    bins
}

/// The smallest of 1, 2, 5 × 10^k that is not below `least`; at least 1 for whole numbers.
fn step_of(least: f64, whole: bool) -> f64 {
    let least = if whole { least.max(1.0) } else { least.max(1e-6) };
    let power = 10f64.powi(least.log10().floor() as i32);
    [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|times| times * power)
        .find(|step| *step >= least * (1.0 - 1e-9))
        .unwrap_or(least)
}

/// Seconds at which gaps are cut: minutes, hours, days, weeks, months.
const LADDER: [u32; 20] = [
    0, 60, 300, 900, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400, 172_800, 259_200, 432_000, 604_800, 1_209_600,
    1_814_400, 2_592_000, 5_184_000, 7_776_000, 15_552_000,
];

/// Bins of whole seconds that cover gaps of up to `within`, ends included.
pub(crate) fn gaps(within_seconds: u32) -> Vec<(u32, u32)> {
    let mut edges: Vec<u32> = LADDER.into_iter().take_while(|edge| *edge <= within_seconds).collect();
    edges.push(within_seconds + 1);
    edges.dedup();
    edges.windows(2).map(|pair| (pair[0], pair[1])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edges(numbers: &[f64]) -> Vec<Option<f64>> {
        let mut values: Vec<(Sum, u64)> = numbers.iter().map(|n| (Sum::of_number(*n), 1)).collect();
        values.sort();
        let bins = natural(&values);
        for number in numbers {
            let fits = bins
                .iter()
                .filter(|bin| bin.from.is_none_or(|from| *number >= from) && bin.to.is_none_or(|to| *number < to));
            assert_eq!(fits.count(), 1, "{number} in {bins:?}");
        }
        bins.iter().map(|bin| bin.from).chain(bins.last().map(|bin| bin.to)).collect()
    }

    #[test]
    fn bins_are_natural() {
        assert_eq!(edges(&[]), []);
        assert_eq!(edges(&[3.0]), [Some(3.0), Some(4.0)]);
        assert_eq!(edges(&[1.0, 1.0, 2.0, 4.0]), [1.0, 2.0, 3.0, 4.0, 5.0].map(Some));
        let cents: Vec<f64> = (0..100).map(|n| f64::from(n * 37)).chain([1e6]).collect();
        let cut = edges(&cents);
        assert_eq!((cut[0], cut[1], *cut.last().unwrap()), (Some(0.0), Some(500.0), None));
        assert_eq!(edges(&[-150.0, -20.0, 30.0]).first(), Some(&Some(-160.0)));
        assert_eq!(edges(&[0.1, 0.25, 0.9]).len(), 10);
        assert_eq!(gaps(3_600).last(), Some(&(3_600, 3_601)));
        assert_eq!(gaps(120), [(0, 60), (60, 121)]);
        assert_eq!(between(&[1.0, 2.0]).len(), 3);
    }
}
