//! Loyal buyers: bought before, and several times lately.

use super::condition::{Compare, Condition, Count, Window};
use crate::bits::Bits;
use crate::calendar::Calendar;
use crate::kernel::{Kernel, People};
use crate::test::Select;
use crate::view::View;
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

impl Loyal {
    pub fn people(&self, view: &View, among: &Bits) -> Bits {
        let ordered = |op_value: f64, window: Window| Condition::Did {
            select: self.select.clone(),
            count: Count::Times,
            op: Compare::Gte,
            value: op_value,
            window,
        };
        let lately = ordered(f64::from(self.orders), Window::LastDays(self.days));
        let people = lately.people(view, among, &self.calendar, self.on);
        if !self.before {
            return people;
        }
        let to = (i64::from(self.on) - i64::from(self.days)).max(i64::from(i32::MIN)) as i32;
        ordered(1.0, Window::Days { from: i32::MIN, to }).people(view, &people, &self.calendar, self.on)
    }
}

impl Kernel for Loyal {
    type Partial = People;
    fn bucket(&self, view: &View, among: &Bits) -> People {
        People(self.people(view, among).to_people(view.bucket))
    }
}
