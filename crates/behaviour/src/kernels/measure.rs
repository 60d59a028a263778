//! Sums of property values, exact whatever the order of adding.

use serde::Serialize;

/// A sum in millionths of the property's unit: whole numbers add exactly, other numbers are rounded to millionths first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Sum(pub i128);

impl std::ops::AddAssign for Sum {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl Sum {
    pub const ONE: i128 = 1_000_000;
    pub fn of_whole(whole: i64) -> Self {
        Self(i128::from(whole) * Self::ONE)
    }
    /// Rounded to millionths, half away from zero. Numbers beyond ±10^30 stop there.
    pub fn of_number(number: f64) -> Self {
        Self((number * 1e6).round().clamp(-1e36, 1e36) as i128)
    }
    /// Rounded half away from zero; minor units when the property is money.
    pub fn whole(self) -> i64 {
        let half = if self.0 < 0 { -Self::ONE / 2 } else { Self::ONE / 2 };
        ((self.0 + half) / Self::ONE).clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64
    }
    pub fn number(self) -> f64 {
        self.0 as f64 / 1e6
    }
}

/// What of an event is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Measure {
    Count,
    /// Distinct people.
    People,
    /// Of a property; events without it add nothing.
    Sum(String),
}
