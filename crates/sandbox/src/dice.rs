//! Chance for one subject. Every person, guide and fault has dice of their own, so that what the brand does to one customer does not change what
//! happens to the next: two policies can be compared on the same people.

use siyu_kernel::Chance;

/// A stream of draws fixed by a seed and a subject. Sixteen bytes smaller and without the lock of [`Chance`], from which its key comes.
#[derive(Clone, Copy, Debug)]
pub struct Dice(u64);

impl Dice {
    /// The dice of subject `number` of a kind, in the world of `seed`.
    pub fn of(seed: u64, kind: u64, number: u64) -> Self {
        let key = Chance::seeded(seed).next();
        Self(mix(key ^ mix(kind.wrapping_mul(0xA076_1D64_78BD_642F) ^ mix(number.wrapping_add(0x9E37_79B9)))))
    }
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mix(self.0)
    }
    /// In `[0, 1)`.
    pub fn unit(&mut self) -> f64 {
        (self.draw() >> 11) as f64 / (1u64 << 53) as f64
    }
    /// In `0..bound`; 0 when the bound is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.draw()) * bound as u128) >> 64) as usize
    }
    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }
    pub fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.unit()).ln()
    }
    pub fn normal(&mut self) -> f64 {
        (-2.0 * (1.0 - self.unit()).ln()).sqrt() * (std::f64::consts::TAU * self.unit()).cos()
    }
    /// Median and spread (the standard deviation of the logarithm).
    pub fn lognormal(&mut self, median: f64, spread: f64) -> f64 {
        median * (spread * self.normal()).exp()
    }
    /// Shape and rate (Marsaglia and Tsang 2000; shapes below one by the power of a uniform draw).
    pub fn gamma(&mut self, shape: f64, rate: f64) -> f64 {
        if shape < 1.0 {
            return self.gamma(shape + 1.0, rate) * (1.0 - self.unit()).powf(1.0 / shape);
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let v = (1.0 + c * x).powi(3);
            if v > 0.0 && (1.0 - self.unit()).ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return d * v / rate;
            }
        }
    }
    pub fn beta(&mut self, a: f64, b: f64) -> f64 {
        let x = self.gamma(a, 1.0);
        x / (x + self.gamma(b, 1.0))
    }
    /// One of the indexes, in proportion to the weights.
    pub fn weighted(&mut self, weights: impl Iterator<Item = f64> + Clone) -> usize {
        let mut left = self.unit() * weights.clone().sum::<f64>();
        let mut last = 0;
        for (index, weight) in weights.enumerate() {
            last = index;
            if left < weight {
                break;
            }
            left -= weight;
        }
        last
    }
}

/// The finaliser of SplitMix64.
pub(crate) fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean(draws: impl Fn(&mut Dice) -> f64) -> f64 {
        let mut dice = Dice::of(7, 1, 1);
        (0..40_000).map(|_| draws(&mut dice)).sum::<f64>() / 40_000.0
    }

    #[test]
    fn draws_have_the_means_of_their_distributions() {
        assert!((mean(Dice::unit) - 0.5).abs() < 0.01);
        assert!((mean(|d| d.exponential(3.0)) - 3.0).abs() < 0.1);
        assert!((mean(|d| d.gamma(0.243, 4.414)) - 0.055).abs() < 0.005);
        assert!((mean(|d| d.gamma(3.0, 2.0)) - 1.5).abs() < 0.05);
        assert!((mean(|d| d.beta(0.793, 2.426)) - 0.246).abs() < 0.01);
        assert!(mean(Dice::normal).abs() < 0.02);
        assert!((mean(|d| d.weighted([1.0, 3.0].into_iter()) as f64) - 0.75).abs() < 0.01);
    }

    #[test]
    fn subjects_have_dice_of_their_own() {
        assert_eq!(Dice::of(1, 2, 3).draw(), Dice::of(1, 2, 3).draw());
        assert_ne!(Dice::of(1, 2, 3).draw(), Dice::of(1, 2, 4).draw());
        assert_ne!(Dice::of(1, 2, 3).draw(), Dice::of(2, 2, 3).draw());
    }
}
