//! Loyal buyers: bought before, and several times lately.

use crate::calendar::Calendar;
use crate::test::Select;
use std::sync::Arc;

/// Holds for people with at least `orders` orders in the last `days` days up to `on` (included) and, if `before`, at least one order before those
/// days. Default rule of the platform: 4 orders in 30 days, and bought before.
#[derive(Clone, Debug)]
pub struct Loyal {
    pub select: Select,
    pub orders: u32,
    pub days: u32,
    pub before: bool,
    pub on: i32,
    pub calendar: Arc<Calendar>,
}
