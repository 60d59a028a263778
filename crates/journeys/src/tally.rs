//! How many people did what at which node, changed with the rows it counts.

use crate::model::{INSIDE, State};
use crate::port::Port;
use crate::step::Done;
use crate::trail::{What, cut};
use siyu_db::{DbError, Param, Tx};
use std::collections::BTreeMap;

/// Beside the states of rows (inside, finished, left before the end).
pub(crate) const CAME: i64 = 3;
pub(crate) const PASSED: i64 = 4;
pub(crate) const GOAL: i64 = 5;
/// Whose goal of the journey it is, when it is not one of those who went through it.
pub(crate) const CONTROL: &str = "control";
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
    /// Somebody came in, or goes on in another version.
    pub fn entered(&mut self, state: &State) {
        self.add(state.version, state.node, CAME, "", 1);
        self.add(state.version, state.node, INSIDE, "", 1);
    }
    /// Somebody who was inside took a step and stands so now.
    pub fn took(&mut self, state: &State, done: &Done) {
        let version = state.version;
        if let Some((node, port, reason)) = &done.passed {
            self.add(version, *node, INSIDE, "", -1);
            self.add(version, *node, PASSED, &port.name(), 1);
            if !reason.is_empty() {
                self.add(version, *node, OUTCOME, &format!("{}:{}", port.name(), cut(reason)), 1);
            }
            self.entered(state);
        }
        if let Some(end) = &state.end {
            self.add(version, state.node, INSIDE, "", -1);
            self.add(version, state.node, end.state(), end.reason(), 1);
        }
    }
    /// All that an entry was counted as, by its row.
    pub fn whole(&mut self, state: &State) {
        let version = state.version;
        let mut arms: BTreeMap<u32, String> = BTreeMap::new();
        for mark in state.trail.marks(state.entered_at) {
            match mark.what {
                What::Passed(port) => {
                    self.add(version, mark.node, CAME, "", 1);
                    self.add(version, mark.node, PASSED, &port.name(), 1);
                    if !mark.reason.is_empty() {
                        self.add(version, mark.node, OUTCOME, &format!("{}:{}", port.name(), mark.reason), 1);
                    }
                    if matches!(port, Port::Arm(_)) {
                        arms.insert(mark.node, port.name());
                    }
                }
                What::Goal if mark.node == 0 => {
                    let arm = if state.is_control() { CONTROL } else { "" };
                    self.add(version, 0, GOAL, arm, 1);
                }
                What::Goal => {
                    let arm = arms.get(&mark.node).cloned().unwrap_or_default();
                    self.add(version, mark.node, GOAL, &arm, 1);
                }
                What::GoalAfter | What::Drawn => {}
            }
        }
        self.add(version, state.node, CAME, "", 1);
        match &state.end {
            None => self.add(version, state.node, INSIDE, "", 1),
            Some(end) => self.add(version, state.node, end.state(), end.reason(), 1),
        }
    }
    /// version, node, what, reason, people.
    pub fn rows(&self) -> impl Iterator<Item = (u32, u32, i64, &str, i64)> {
        self.0
            .iter()
            .flat_map(|((version, node, what), own)| {
                own.iter().map(move |(reason, people)| (*version, *node, *what, reason.as_str(), *people))
            })
            .filter(|(.., people)| *people != 0)
    }
    pub fn save(&self, tx: &mut Tx<'_>, journey: u32) -> Result<(), DbError> {
        let rows: Vec<[Param<'_>; 6]> = self
            .rows()
            .map(|(version, node, what, reason, people)| {
                [journey.into(), version.into(), node.into(), what.into(), reason.into(), people.into()]
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
