//! How many people did what at which node, changed with the rows it counts.

use siyu_db::{DbError, Param, Tx};
use std::collections::BTreeMap;

/// Beside the states of rows (inside, finished, left before the end).
pub(crate) const CAME: i64 = 3;
pub(crate) const PASSED: i64 = 4;
pub(crate) const GOAL: i64 = 5;
pub(crate) const MOVED: i64 = 6;
pub(crate) const OUTCOME: i64 = 7;

/// By version, node, what, and reason.
#[derive(Debug, Default)]
pub(crate) struct Counts(BTreeMap<(u32, u32, i64), BTreeMap<String, i64>>);

impl Counts {
    pub fn add(&mut self, version: u32, node: u32, what: i64, reason: &str, people: i64) {
        let own = self.0.entry((version, node, what)).or_default();
        match own.get_mut(reason) {
            Some(count) => *count += people,
            None => drop(own.insert(reason.to_owned(), people)),
        }
    }
    pub fn save(&self, tx: &mut Tx<'_>, journey: u32) -> Result<(), DbError> {
        let each =
            self.0.iter().flat_map(|(place, own)| own.iter().map(move |(reason, people)| (place, reason, people)));
        let rows: Vec<[Param<'_>; 6]> = each
            .filter(|(.., people)| **people != 0)
            .map(|((version, node, what), reason, people)| {
                [journey.into(), (*version).into(), (*node).into(), (*what).into(), reason.into(), (*people).into()]
            })
            .collect();
        tx.bulk(
            "INSERT INTO journey_tally (journey, version, node, what, reason, people)",
            "ON CONFLICT (journey, version, node, what, reason) DO UPDATE SET people = journey_tally.people + excluded.people",
            &rows,
        )
        .map(drop)
    }
}
