//! Policies: rules of the gate under a name.

use siyu_gate::{Cap, Class, Period, Rules};

/// The product's: the rules a workspace starts with.
pub const DEFAULT: &str = "fatigue_budget";

#[derive(Clone, Debug)]
pub struct Policy {
    pub name: String,
    pub rules: Rules,
}

impl Policy {
    pub fn new(name: &str, rules: Rules) -> Self {
        Self { name: name.to_owned(), rules }
    }
    /// WeCom's quota and the quiet hours alone: whatever comes first is sent.
    pub fn no_cap() -> Self {
        Self::new("no_cap", Rules { caps: Vec::new(), fatigue: None, contest_minutes: 0, ..Rules::default() })
    }
    /// At most so many in every period, whatever comes first. No fatigue, no contest.
    pub fn capped(name: &str, per: Period, most: u32) -> Self {
        let caps = vec![Cap { class: Class::Marketing, channel: None, per, most }];
        Self::new(name, Rules { caps, ..Self::no_cap().rules })
    }
    /// Four a month: about one a week, the field's habit. `docs/lab.md` has other caps beside it.
    pub fn fixed_cap() -> Self {
        Self::capped("fixed_cap", Period::Month, 4)
    }
    /// The rules of the product as they are.
    pub fn fatigue_budget() -> Self {
        Self::new(DEFAULT, Rules::default())
    }
    /// The three that are compared by name.
    pub fn all() -> Vec<Self> {
        vec![Self::no_cap(), Self::fixed_cap(), Self::fatigue_budget()]
    }
}
