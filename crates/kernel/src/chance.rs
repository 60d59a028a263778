//! Chance is handed in, never taken: the same seed gives the same run.

use rand::rngs::Xoshiro256PlusPlus;
use rand::{Rng, SeedableRng};
use std::sync::Mutex;

/// A seeded source of random numbers, or the operating system's when made by [`Chance::from_entropy`].
pub struct Chance(Mutex<Xoshiro256PlusPlus>);

impl Chance {
    pub fn seeded(seed: u64) -> Self {
        Self(Mutex::new(Xoshiro256PlusPlus::seed_from_u64(seed)))
    }
    /// For ids and sampling in production. Secrets use [`Chance::secret`] instead.
    pub fn from_entropy() -> Self {
        Self::seeded(u64::from_le_bytes(Self::secret()))
    }
    pub fn next(&self) -> u64 {
        self.0.lock().unwrap_or_else(|broken| broken.into_inner()).next_u64()
    }
    /// A number in `0..bound`; 0 when the bound is 0. The bias of the multiply-shift is below 2⁻³² for small bounds.
    pub fn below(&self, bound: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }
    /// Bytes from the operating system, for keys, tokens and nonces.
    ///
    /// # Panics
    /// When the system has no entropy source: no secret may then be made at all.
    pub fn secret<const N: usize>() -> [u8; N] {
        let mut bytes = [0; N];
        getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
        bytes
    }
}
