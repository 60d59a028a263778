//! Sharing out whole units by weight, so that the shares add up to the whole exactly.

use super::attribution::Model;

/// Billionths in one conversion.
pub(crate) const WHOLE: i64 = 1_000_000_000;

/// The weights of touches at some instants, by rising instant.
pub(crate) fn weigh(model: Model, times: &[i64], half_life: i64, weights: &mut Vec<u64>) {
    weights.clear();
    let n = times.len();
    match model {
        Model::Last => weights.extend((0..n).map(|at| u64::from(at + 1 == n))),
        Model::First => weights.extend((0..n).map(|at| u64::from(at == 0))),
        Model::Linear => weights.resize(n, 1),
        // 2/5 + 2/5 at the ends; 1/5 shared by the others.
        Model::Position => {
            let end = if n > 2 { 2 * (n as u64 - 2) } else { 1 };
            weights.extend((0..n).map(|at| if at == 0 || at + 1 == n { end } else { 1 }));
        }
        // Only ratios matter: measured from the last touch, so that weights cannot all vanish.
        Model::Decay => {
            let last = times.last().copied().unwrap_or_default();
            let weight = |at: &i64| {
                let halves = (last - at) as f64 / half_life.max(1) as f64;
                ((1u64 << 40) as f64 * (-halves).exp2()).round() as u64
            };
            weights.extend(times.iter().map(weight));
        }
    }
}

/// Shares of `value` by weight: rounded towards zero, and what is left one unit each to the largest remainders, of equal ones to the first.
/// Weights are not all 0; `shares` gets one number for each.
pub(crate) fn share(value: i64, weights: &[u64], shares: &mut Vec<i64>, order: &mut Vec<(u128, usize)>) {
    shares.clear();
    order.clear();
    let total: u128 = weights.iter().map(|weight| u128::from(*weight)).sum::<u128>().max(1);
    let (size, sign) = (u128::from(value.unsigned_abs()), if value < 0 { -1 } else { 1 });
    let mut left = size;
    for (at, weight) in weights.iter().enumerate() {
        let part = size * u128::from(*weight);
        shares.push((part / total) as i64);
        left -= part / total;
        order.push((part % total, at));
    }
    if left > 0 {
        order.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        order.iter().take(left as usize).for_each(|(_, at)| shares[*at] += 1);
    }
    if sign < 0 {
        shares.iter_mut().for_each(|share| *share = -*share);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn shares_add_up_and_are_fair(value in any::<i64>(), weights in proptest::collection::vec(0u64..(1 << 41), 1..40)) {
            prop_assume!(value > i64::MIN && weights.iter().any(|weight| *weight > 0));
            let (mut shares, mut order) = (Vec::new(), Vec::new());
            share(value, &weights, &mut shares, &mut order);
            prop_assert_eq!(shares.iter().map(|share| i128::from(*share)).sum::<i128>(), i128::from(value));
            let total: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
            for (share, weight) in shares.iter().zip(&weights) {
                let off = i128::from(*share) * total - i128::from(value) * i128::from(*weight);
                prop_assert!(off.abs() < total, "less than one unit off");
            }
        }
    }

    #[test]
    fn models_weigh_as_they_say() {
        let mut weights = Vec::new();
        let mut of = |model, times: &[i64]| {
            weigh(model, times, 10, &mut weights);
            weights.clone()
        };
        assert_eq!(of(Model::Position, &[1]), [1]);
        assert_eq!(of(Model::Position, &[1, 2]), [1, 1]);
        assert_eq!(of(Model::Position, &[1, 2, 3, 4, 5]), [6, 1, 1, 1, 6]);
        assert_eq!(of(Model::Decay, &[0, 10, 20]), [1 << 38, 1 << 39, 1 << 40]);
        assert_eq!(of(Model::Last, &[0, 0]), [0, 1]);
        assert_eq!(of(Model::First, &[0, 0]), [1, 0]);
        let (mut shares, mut order) = (Vec::new(), Vec::new());
        share(100, &[1, 1, 1], &mut shares, &mut order);
        assert_eq!(shares, [34, 33, 33]);
        share(-101, &[1, 1, 1], &mut shares, &mut order);
        assert_eq!(shares, [-34, -34, -33]);
    }
}
