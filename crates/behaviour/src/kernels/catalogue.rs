//! Which events there are, with which properties.

use crate::bits::Bits;
use crate::column::{Column, ColumnKind, Words};
use crate::kernel::{Kernel, Merge};
use crate::test::Select;
use crate::view::View;
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
    /// A bucket had more different texts than were counted: the rarer ones there are missing.
    pub more_texts: bool,
}

impl Merge for CataloguePartial {
    fn merge(&mut self, other: Self) {
        for (event, own) in other.0 {
            let all = self.0.entry(event).or_default();
            all.people += own.people;
            all.count += own.count;
            for (name, own) in own.properties {
                let all = all.properties.entry(name).or_default();
                all.kinds.extend(own.kinds);
                all.more_texts |= own.more_texts;
                for (text, count) in own.texts {
                    *all.texts.entry(text).or_default() += count;
                }
            }
        }
    }
}

impl Kernel for Catalogue {
    type Partial = CataloguePartial;
    fn bucket(&self, view: &View, among: &Bits) -> CataloguePartial {
        let mut all = CataloguePartial::default();
        let selection = view.select(&Select::default());
        let mut counts = vec![0u64; selection.lists.len()];
        let mut people: BTreeMap<&str, Bits> = BTreeMap::new();
        for (list, count) in selection.lists.iter().zip(&mut counts) {
            let mut own = list.people();
            own.and(among);
            *count = list.rows_of(&own);
            people.entry(&list.part.event).or_default().or(&own);
        }
        for (list, count) in selection.lists.iter().zip(counts).filter(|(_, count)| *count > 0) {
            let event = all.0.entry(list.part.event.clone()).or_default();
            event.count += count;
            for (name, column) in &list.part.columns {
                let own = event.properties.entry(name.clone()).or_default();
                own.kinds.insert(column.kind());
                if let Column::Text { codes, words } | Column::List { codes, words, .. } = column {
                    own.count_texts(codes, words, self.texts);
                }
            }
        }
        for (event, people) in people {
            if let Some(own) = all.0.get_mut(event) {
                own.people = people.len();
            }
        }
        all
    }
}

impl PropertyFacts {
    fn count_texts(&mut self, codes: &[u32], words: &Words, most: usize) {
        let mut counts = vec![0u64; words.len()];
        for code in codes {
            if let Some(count) = counts.get_mut(*code as usize) {
                *count += 1;
            }
        }
        let mut order: Vec<usize> = (0..counts.len()).collect();
        if order.len() > most {
            self.more_texts = true;
            order.sort_unstable_by_key(|at| std::cmp::Reverse(counts[*at]));
            order.truncate(most);
        }
        for at in order.into_iter().filter(|at| counts[*at] > 0) {
            *self.texts.entry(words.get(at as u32).to_owned()).or_default() += counts[at];
        }
    }
}
