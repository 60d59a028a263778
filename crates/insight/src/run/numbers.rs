//! Numbers as answers show them.

use serde_json::Value;
use siyu_behaviour::kernels::Sum;

/// `None` when there is nothing to divide by.
pub(crate) fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// A whole number when it is one: money stays in whole minor units.
pub(crate) fn sum(sum: Sum) -> Value {
    if sum.0 % Sum::ONE == 0 { sum.whole().into() } else { sum.number().into() }
}
pub(crate) fn number(number: f64) -> Value {
    if number.fract() == 0.0 && number.abs() < 9e15 { (number as i64).into() } else { number.into() }
}

/// A name that stands for everything too small to be shown by itself; it cannot be opened.
pub(crate) const OTHERS: &str = "…";
