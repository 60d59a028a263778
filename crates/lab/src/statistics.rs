//! Means with their 95 % t-intervals.

use serde::Serialize;

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    pub mean: f64,
    pub lo: f64,
    pub hi: f64,
}

impl Interval {
    /// Of independent values, one for each seed. At least two: one alone says nothing about how far it may be off.
    pub fn of(values: &[f64]) -> Self {
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let half = quantile(values.len() - 1) * (squares / (count - 1.0) / count).sqrt();
        Self { mean, lo: mean - half, hi: mean + half }
    }
    /// Of differences on the same seeds.
    pub fn of_pairs(ours: &[f64], others: &[f64]) -> Self {
        let differences: Vec<f64> = ours.iter().zip(others).map(|(ours, other)| ours - other).collect();
        Self::of(&differences)
    }
}

const FIRST: [f64; 10] =
    [12.706_205, 4.302_653, 3.182_446, 2.776_445, 2.570_582, 2.446_912, 2.364_624, 2.306_004, 2.262_157, 2.228_139];

/// The 97.5 % quantile of Student's t: a table, then Cornish and Fisher's expansion, which is exact to four digits there.
pub fn quantile(freedom: usize) -> f64 {
    match freedom {
        0 => f64::INFINITY,
        1..=10 => FIRST[freedom - 1],
        _ => {
            let (z, v) = (1.959_963_985f64, freedom as f64);
            let (z3, z5, z7) = (z.powi(3), z.powi(5), z.powi(7));
            z + (z3 + z) / (4.0 * v)
                + (5.0 * z5 + 16.0 * z3 + 3.0 * z) / (96.0 * v * v)
                + (3.0 * z7 + 19.0 * z5 + 17.0 * z3 - 15.0 * z) / (384.0 * v.powi(3))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_tables() {
        for (freedom, known) in [
            (1, 12.706),
            (2, 4.303),
            (9, 2.262),
            (10, 2.228),
            (11, 2.201),
            (19, 2.093),
            (29, 2.045),
            (60, 2.000),
            (1000, 1.962),
        ] {
            assert!((quantile(freedom) - known).abs() < 6e-4, "{freedom}: {}", quantile(freedom));
        }
    }

    #[test]
    fn an_interval_is_mean_and_t_times_standard_error() {
        // Mean 3, variance 2.5, so 2.776 · √(2.5/5).
        let own = Interval::of(&[1.0, 2.0, 3.0, 4.0, 5.0]);
        assert!((own.mean - 3.0).abs() < 1e-12 && (own.hi - 3.0 - 1.963_24).abs() < 1e-4, "{own:?}");
        assert!((own.lo + own.hi - 6.0).abs() < 1e-12);
    }

    #[test]
    fn pairs_take_out_what_both_have_in_common() {
        let (ours, others) = ([101.0, 203.0, 302.0], [100.0, 201.0, 301.0]);
        let paired = Interval::of_pairs(&ours, &others);
        assert!(paired.lo > -0.2 && paired.hi < 2.9, "{paired:?}");
        assert!(Interval::of(&ours).lo < 0.0, "by themselves nothing can be told");
    }
}
