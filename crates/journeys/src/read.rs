//! What there is to see: sums, numbers of nodes, and the people behind each.

use crate::Journeys;
use crate::feed::goal_of;
use crate::model::{CONTROL, EXITED, FINISHED, INSIDE, Traveller};
use crate::rows::{JourneyRow, PERSON, traveller};
use crate::run::UNIT;
use crate::step::drawn_of;
use crate::tally::{self, CAME, Counts, GOAL, MOVED, OUTCOME, PASSED};
use crate::trail::{Trail, What};
use rustc_hash::FxHashMap;
use siyu_db::{DbError, Tx, params};
use siyu_kernel::{PersonNum, Refusal, Time};
use std::collections::BTreeMap;

/// Of those who came in, the ones to whom nothing is done. entered = inside + finished + exited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ControlSums {
    pub entered: i64,
    /// Watched still.
    pub inside: i64,
    pub finished: i64,
    pub exited: i64,
    pub goals: i64,
}

/// entered = inside + finished + exited.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    pub entered: i64,
    pub inside: i64,
    pub finished: i64,
    pub exited: i64,
    pub goals: i64,
    /// Of those who finished, and of those who left before, by outcome or reason.
    pub outcomes: BTreeMap<String, i64>,
    pub reasons: BTreeMap<String, i64>,
    /// In all of these as well.
    pub control: ControlSums,
}

/// Somebody who came in when a part was drawn to be control.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drawn {
    pub num: PersonNum,
    /// Who that is now.
    pub root: PersonNum,
    pub is_control: bool,
    /// How many of a hundred were to be.
    pub percent: u32,
    /// Watched for so long.
    pub days: u32,
    pub entered_at: Time,
    pub goal_at: Option<Time>,
}

impl Drawn {
    pub fn until(&self) -> Time {
        self.entered_at.plus_days(i64::from(self.days))
    }
}

/// came = inside + passed + finished + exited + moved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeNumbers {
    pub came: i64,
    pub inside: i64,
    /// By the name of the way.
    pub passed: BTreeMap<String, i64>,
    pub finished: BTreeMap<String, i64>,
    pub exited: BTreeMap<String, i64>,
    /// Went on at the same node of another version.
    pub moved: i64,
    /// Of a test: who reached its goal, by arm.
    pub goals: BTreeMap<String, i64>,
    /// `skipped:quota`: of those who passed, the reason they were told with.
    pub outcomes: BTreeMap<String, i64>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Numbers {
    pub sums: Sums,
    /// By (version, node's id).
    pub nodes: BTreeMap<(u32, String), NodeNumbers>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stand {
    Inside,
    Finished,
    Exited,
}

impl Stand {
    pub fn name(self) -> &'static str {
        match self {
            Self::Inside => "inside",
            Self::Finished => "finished",
            Self::Exited => "exited",
        }
    }
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Inside, Self::Finished, Self::Exited].into_iter().find(|own| own.name() == name)
    }
    fn of(state: i64) -> Self {
        match state {
            FINISHED => Self::Finished,
            EXITED => Self::Exited,
            _ => Self::Inside,
        }
    }
}

/// Which people of a journey; every condition that is given.
#[derive(Clone, Debug, Default)]
pub struct PersonQuery {
    pub stand: Option<Stand>,
    /// Of those who finished or left.
    pub reason: Option<String>,
    /// They are at this node, or ended there. With `passed`: they passed it by that way, wherever they are now.
    pub node: Option<String>,
    pub passed: Option<String>,
    pub version: Option<u32>,
    /// Control, or all the others.
    pub control: Option<bool>,
    /// These identities alone (ascending).
    pub only: Option<Vec<PersonNum>>,
    /// Behind this (person, entry).
    pub after: Option<(PersonNum, u32)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonRow {
    pub num: PersonNum,
    pub entry: u32,
    pub version: u32,
    /// Empty of control.
    pub node: String,
    pub is_control: bool,
    pub stand: Stand,
    pub reason: String,
    pub since: Time,
    pub due: Option<Time>,
    pub entered_at: Time,
    pub ended_at: Option<Time>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathStep {
    pub node: String,
    /// The way they left it by; `goal` for a goal that was reached.
    pub way: String,
    pub at: Time,
    pub reason: String,
}

/// A version that was published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionRow {
    pub version: u32,
    pub note: String,
    pub published_at: Time,
    pub published_by: String,
    /// People inside who walk by it.
    pub inside: i64,
}

/// Rows looked at for one page: a rare answer comes in several pages instead of in one long look.
const LOOKED: i64 = 20_000;

impl Journeys {
    /// The numbers of a journey, all from one snapshot.
    pub fn numbers(&self, tx: &mut Tx<'_>, own: &JourneyRow) -> Result<Numbers, Refusal> {
        let names = names(tx, own.num)?;
        let entered = tx.one("SELECT entered FROM journey WHERE num = $1", params![own.num], |row| row.int(0))?;
        let sql = "SELECT version, node, what, reason, people FROM journey_tally WHERE journey = $1 AND people <> 0 ORDER BY version, node, what, reason";
        let mut out = Numbers::of(entered);
        tx.each(sql, params![own.num], |row| {
            let node = row.num(1)?;
            out.add(names.get(&node), row.num(0)?, node, row.int(2)?, &row.text(3)?, row.int(4)?);
            Ok(())
        })?;
        Ok(out)
    }
    /// The numbers of some people alone, whatever identity they came in by (ascending). Tallies know nobody: these are counted from the rows, and each
    /// entry counts in the version it walks by now, so nothing has `moved`.
    pub fn numbers_of_part(&self, tx: &mut Tx<'_>, own: &JourneyRow, nodes: &[PersonNum]) -> Result<Numbers, Refusal> {
        let names = names(tx, own.num)?;
        let (mut counts, mut entered) = (Counts::default(), 0);
        each_of(tx, own.num, nodes, |who| {
            entered += 1;
            counts.whole(&who.state);
        })?;
        let mut out = Numbers::of(entered);
        for (version, node, what, reason, people) in counts.rows() {
            out.add(names.get(&node), version, node, what, reason, people);
        }
        Ok(out)
    }
    /// Of some people alone how many are inside, by version.
    pub fn inside_of_part(
        &self,
        tx: &mut Tx<'_>,
        own: &JourneyRow,
        nodes: &[PersonNum],
    ) -> Result<BTreeMap<u32, i64>, Refusal> {
        let mut out = BTreeMap::new();
        each_of(tx, own.num, nodes, |who| {
            if who.state.is_inside() {
                *out.entry(who.state.version).or_default() += 1;
            }
        })?;
        Ok(out)
    }
    /// What was published, the newest first.
    pub fn versions(&self, tx: &mut Tx<'_>, own: &JourneyRow) -> Result<Vec<VersionRow>, Refusal> {
        let sql = "SELECT v.version, v.note, v.published_at, v.published_by,
              (SELECT CAST(COALESCE(SUM(t.people), 0) AS BIGINT) FROM journey_tally t WHERE t.journey = v.journey AND t.version = v.version AND t.what = 0)
            FROM journey_version v WHERE v.journey = $1 ORDER BY v.version DESC";
        Ok(tx.query(sql, params![own.num], |row| {
            Ok(VersionRow {
                version: row.num(0)?,
                note: row.text(1)?,
                published_at: row.time(2)?,
                published_by: row.text(3)?,
                inside: row.int(4)?,
            })
        })?)
    }
    /// People behind a number, up to `limit`, by person; and where to go on, as long as there may be more.
    #[allow(clippy::type_complexity, reason = "a page and its end")]
    pub fn people_of(
        &self,
        tx: &mut Tx<'_>,
        own: &JourneyRow,
        query: &PersonQuery,
        limit: usize,
    ) -> Result<(Vec<PersonRow>, Option<(PersonNum, u32)>), Refusal> {
        let names = names(tx, own.num)?;
        let sql = format!(
            "SELECT {PERSON} FROM journey_person WHERE journey = $1 AND (num > $2 OR (num = $2 AND entry > $3)) ORDER BY num, entry LIMIT $4"
        );
        let (num, entry) = query.after.map_or((-1, 0), |(num, entry)| (i64::from(num), entry));
        let (mut out, mut last, mut looked) = (Vec::new(), None, 0);
        let full = limit.clamp(1, 1_000);
        tx.each(&sql, params![own.num, num, entry, LOOKED], |row| {
            looked += 1;
            if out.len() == full {
                return Ok(());
            }
            let num = row.num(0)?;
            if query.only.as_ref().is_some_and(|only| only.binary_search(&num).is_err()) {
                last = Some((num, row.num(1)?));
                return Ok(());
            }
            let (state, reason) = (row.int(7)?, row.text(8)?);
            let who = traveller(row)?;
            last = Some((who.num, who.entry));
            let name = |node: u32| names.get(&node).cloned().unwrap_or_default();
            let node = name(who.state.node);
            let there = match (&query.node, &query.passed) {
                (Some(wanted), Some(way)) => who.state.trail.marks(who.state.entered_at).iter().any(|mark| {
                    matches!(mark.what, What::Passed(port) if port.name() == *way) && name(mark.node) == *wanted
                }),
                (Some(wanted), None) => node == *wanted,
                (None, _) => true,
            };
            let fits = there
                && query.stand.is_none_or(|stand| stand == Stand::of(state))
                && query.reason.as_ref().is_none_or(|wanted| *wanted == reason)
                && query.version.is_none_or(|version| version == who.state.version)
                && query.control.is_none_or(|wanted| wanted == who.state.is_control());
            if fits {
                out.push(PersonRow {
                    num: who.num,
                    entry: who.entry,
                    version: who.state.version,
                    node,
                    is_control: who.state.is_control(),
                    stand: Stand::of(state),
                    reason,
                    since: who.state.at,
                    due: who.state.due,
                    entered_at: who.state.entered_at,
                    ended_at: who.state.ended_at,
                });
            }
            Ok(())
        })?;
        let more = out.len() == full || looked == LOOKED;
        Ok((out, last.filter(|_| more)))
    }
    /// Everybody who came in when a part was drawn to be control, entry by entry, whoever they are now; erased people are left out.
    pub fn drawn(&self, tx: &mut Tx<'_>, own: &JourneyRow, mut each: impl FnMut(Drawn)) -> Result<(), Refusal> {
        let sql = "SELECT j.num, p.root, j.node, j.entered_at, j.trail FROM journey_person j JOIN person p ON p.num = j.num WHERE j.journey = $1 AND p.state <> 2";
        tx.each(sql, params![own.num], |row| {
            let (node, entered_at) = (row.num(2)?, row.time(3)?);
            let marks = Trail::of(row.blob(4)?).marks(entered_at);
            if let Some((percent, days)) = drawn_of(&marks) {
                let goal_at = goal_of(&marks).filter(|at| *at < entered_at.plus_days(i64::from(days)));
                let (num, root, is_control) = (row.num(0)?, row.num(1)?, node == CONTROL);
                each(Drawn { num, root, is_control, percent, days, entered_at, goal_at });
            }
            Ok(())
        })?;
        Ok(())
    }
    /// The entries of somebody (all their identities) and the way of each, the newest first.
    pub fn paths(
        &self,
        tx: &mut Tx<'_>,
        own: &JourneyRow,
        nodes: &[PersonNum],
    ) -> Result<Vec<(PersonRow, Vec<PathStep>)>, Refusal> {
        let names = names(tx, own.num)?;
        let name = |node: u32| names.get(&node).cloned().unwrap_or_default();
        let nums: Vec<i64> = nodes.iter().map(|node| i64::from(*node)).collect();
        let mut rows = crate::rows::of_nodes(tx, own.num, &nums, false)?;
        rows.sort_by_key(|who| std::cmp::Reverse((who.state.entered_at, who.num, who.entry)));
        let shown = |who: Traveller| {
            let state = who.state;
            let marks = state.trail.marks(state.entered_at).into_iter().filter(|mark| mark.what != What::Drawn);
            let path = marks.map(|mark| PathStep {
                node: name(mark.node),
                way: match mark.what {
                    What::Passed(port) => port.name(),
                    _ => "goal".to_owned(),
                },
                at: mark.at,
                reason: mark.reason,
            });
            let path = path.collect();
            let (stand, reason) = match &state.end {
                None => (Stand::Inside, String::new()),
                Some(end) => (Stand::of(end.state()), end.reason().to_owned()),
            };
            let row = PersonRow {
                num: who.num,
                entry: who.entry,
                version: state.version,
                node: name(state.node),
                is_control: state.is_control(),
                stand,
                reason,
                since: state.at,
                due: state.due,
                entered_at: state.entered_at,
                ended_at: state.ended_at,
            };
            (row, path)
        };
        Ok(rows.into_iter().map(shown).collect())
    }
}

/// As many identities are asked for one by one; of more, everybody's row is looked at.
const SINGLY: usize = 20_000;

fn each_of(tx: &mut Tx<'_>, journey: u32, nodes: &[PersonNum], mut each: impl FnMut(Traveller)) -> Result<(), DbError> {
    if nodes.len() <= SINGLY {
        for some in nodes.chunks(UNIT) {
            let nums: Vec<i64> = some.iter().copied().map(i64::from).collect();
            crate::rows::of_nodes(tx, journey, &nums, false)?.into_iter().for_each(&mut each);
        }
        return Ok(());
    }
    let sql = format!("SELECT {PERSON} FROM journey_person WHERE journey = $1");
    tx.each(&sql, params![journey], |row| {
        if nodes.binary_search(&row.num(0)?).is_ok() {
            each(traveller(row)?);
        }
        Ok(())
    })
}

fn names(tx: &mut Tx<'_>, journey: u32) -> Result<FxHashMap<u32, String>, DbError> {
    Ok(crate::node_nums(tx, journey)?.into_iter().map(|(id, num)| (num, id)).collect())
}

impl Numbers {
    pub(crate) fn of(entered: i64) -> Self {
        Self { sums: Sums { entered, ..Sums::default() }, ..Self::default() }
    }
    /// One row of tallies; `name`: the node's id.
    pub(crate) fn add(&mut self, name: Option<&String>, version: u32, node: u32, what: i64, reason: &str, people: i64) {
        self.sums.add(node, what, reason, people);
        if node != 0 {
            let name = name.cloned().unwrap_or_default();
            self.nodes.entry((version, name)).or_default().add(what, reason, people);
        }
    }
}

impl Sums {
    fn add(&mut self, node: u32, what: i64, reason: &str, people: i64) {
        if node == CONTROL {
            self.control.add(what, reason, people);
        }
        let by = match what {
            INSIDE => {
                self.inside += people;
                return;
            }
            FINISHED => {
                self.finished += people;
                &mut self.outcomes
            }
            EXITED => {
                self.exited += people;
                &mut self.reasons
            }
            GOAL if node == 0 => {
                self.goals += people;
                return;
            }
            _ => return,
        };
        *by.entry(reason.to_owned()).or_default() += people;
    }
}

impl ControlSums {
    fn add(&mut self, what: i64, reason: &str, people: i64) {
        match what {
            CAME => self.entered += people,
            INSIDE => self.inside += people,
            FINISHED => self.finished += people,
            EXITED => self.exited += people,
            GOAL if reason == tally::CONTROL => self.goals += people,
            _ => {}
        }
    }
}

impl NodeNumbers {
    fn add(&mut self, what: i64, reason: &str, people: i64) {
        let by = match what {
            INSIDE => return self.inside += people,
            CAME => return self.came += people,
            MOVED => return self.moved += people,
            FINISHED => &mut self.finished,
            EXITED => &mut self.exited,
            PASSED => &mut self.passed,
            GOAL => &mut self.goals,
            OUTCOME => &mut self.outcomes,
            _ => return,
        };
        *by.entry(reason.to_owned()).or_default() += people;
    }
    /// Whether the numbers agree with each other.
    pub fn is_sound(&self) -> bool {
        let sum = |own: &BTreeMap<String, i64>| own.values().sum::<i64>();
        self.came == self.inside + sum(&self.passed) + sum(&self.finished) + sum(&self.exited) + self.moved
    }
}
