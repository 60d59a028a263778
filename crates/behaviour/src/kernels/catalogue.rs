//! Which events there are, with which properties.

use crate::column::ColumnKind;
use crate::kernel::Merge;
use std::collections::{BTreeMap, BTreeSet};

/// Counts whole types: `among` bounds people, not the counts of properties and values.
#[derive(Clone, Copy, Debug, Default)]
pub struct Catalogue {
    /// Count how often each text occurs, for at most this many different texts of a property and bucket; 0 counts none.
    pub texts: usize,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CataloguePartial(pub BTreeMap<String, EventFacts>);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventFacts {
    pub people: u64,
    /// Events of people that are not hidden.
    pub count: u64,
    pub properties: BTreeMap<String, PropertyFacts>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PropertyFacts {
    pub kinds: BTreeSet<ColumnKind>,
    pub texts: BTreeMap<String, u64>,
    /// False when a bucket had more different texts than were counted.
    pub all_texts: bool,
}
