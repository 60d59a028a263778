//! Which part of the brand a user sees.

use crate::refuse;
use serde::{Deserialize, Serialize};
use siyu_kernel::Refusal;

/// Everything, or the stores of some regions, or some stores. An api key always has everything its role allows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Scope {
    pub all: bool,
    pub regions: Vec<String>,
    pub stores: Vec<String>,
}

const NAMES_MAX: usize = 1000;

impl Default for Scope {
    fn default() -> Self {
        Self::everything()
    }
}

impl Scope {
    pub fn everything() -> Self {
        Self { all: true, regions: Vec::new(), stores: Vec::new() }
    }
    /// True when a store (by code, with its region if it has one) lies inside.
    pub fn covers(&self, store: &str, region: Option<&str>) -> bool {
        self.all
            || self.stores.iter().any(|s| s == store)
            || region.is_some_and(|r| self.regions.iter().any(|s| s == r))
    }
    pub(crate) fn check(mut self) -> Result<Self, Refusal> {
        for list in [&mut self.regions, &mut self.stores] {
            list.iter_mut().for_each(|name| *name = name.trim().to_owned());
            list.sort();
            list.dedup();
        }
        let named = self.regions.len() + self.stores.len();
        let bad = |name: &String| name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control);
        if named > NAMES_MAX || self.regions.iter().chain(&self.stores).any(bad) {
            return Err(refuse::scope_names(NAMES_MAX));
        }
        // A scope of nothing would look like a broken screen to the user; "all" beside names is a misunderstanding.
        if self.all == (named > 0) { Err(refuse::scope_shape()) } else { Ok(self) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_everything_or_names() {
        let named = |all, stores: &[&str]| Scope {
            all,
            regions: vec![],
            stores: stores.iter().map(|s| s.to_string()).collect(),
        };
        assert!(named(true, &[]).check().is_ok());
        assert_eq!(named(false, &[" S2 ", "S1", "S1"]).check().unwrap().stores, ["S1", "S2"]);
        for bad in [named(false, &[]), named(true, &["S1"]), named(false, &[""])] {
            assert!(bad.check().is_err());
        }
        let scope = Scope { all: false, regions: vec!["华东".into()], stores: vec!["S1".into()] };
        assert!(scope.covers("S1", None) && scope.covers("S9", Some("华东")) && !scope.covers("S9", Some("华北")));
    }
}
