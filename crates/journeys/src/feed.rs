//! What happens to people, read from the log: goals, exit rules, events that are waited for, entries. The cursor moves in the unit of what follows from it.

use crate::batch::Batch;
use crate::definition::{Act, Entry};
use crate::enter::Past;
use crate::folk::Folk;
use crate::model::{CONTROL, State};
use crate::port::Port;
use crate::rows::{self, JOURNEY, JourneyRow, JourneyState, journey_row};
use crate::run::Ran;
use crate::step::{Input, drawn_of};
use crate::trail::{Mark, What};
use crate::trigger::{Seen, Trigger};
use crate::{Journeys, Plan, tally};
use rustc_hash::{FxHashMap, FxHashSet};
use siyu_db::{DbError, Tx, params};
use siyu_kernel::{Event, PersonNum, Refusal, Time};
use siyu_log::Found;
use std::collections::BTreeMap;
use std::sync::Arc;

const CLOCK: &str = "log";
/// As the log has it when people became one, whoever made them so: it is written in the unit that does.
const MERGED: &str = "Person Merged";
/// Batches read at a time, and events looked at in one unit, each once for every journey it may concern.
const BATCHES: i64 = 64;
const EVENTS: usize = 2_000;
/// As long the log waits for whoever answers conditions; how soon it is looked again.
const WAIT_SECONDS: i64 = 10;
const LOOK_AGAIN_MICROS: i64 = 50_000;
/// What somebody did longer ago lets nobody in: a file of old orders is no crowd of new customers.
const ENTRY_DAYS: i64 = 1;

/// While nothing runs the log is not read; what was before the first publishing is not looked at afterwards.
pub(crate) fn begin(tx: &mut Tx<'_>) -> Result<(), DbError> {
    let alive = "SELECT 1 FROM journey WHERE state IN ('running', 'paused') LIMIT 1";
    if tx.opt(alive, &[], |row| row.int(0))?.is_some() {
        return Ok(());
    }
    let last = tx.one("SELECT COALESCE(MAX(seq), 0) FROM log_batch", &[], |row| row.int(0))?;
    set(tx, last)
}
fn set(tx: &mut Tx<'_>, seq: i64) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO journey_clock (name, seq) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET seq = excluded.seq",
        params![CLOCK, seq],
    )
    .map(drop)
}
/// How far the log has been read.
pub(crate) fn get(tx: &mut Tx<'_>) -> Result<Option<i64>, DbError> {
    tx.opt("SELECT seq FROM journey_clock WHERE name = $1", params![CLOCK], |row| row.int(0))
}

/// A part of the log, and which journeys it may mean something to.
struct Part {
    from: i64,
    to: i64,
    /// People who became one.
    merged: Vec<PersonNum>,
    /// By journey.
    events: BTreeMap<u32, Vec<Arc<Event>>>,
}

impl Journeys {
    /// The next part of the log.
    pub(crate) fn feed(&self, now: Time) -> Result<Ran, Refusal> {
        let looked = self.inner.db.read(|tx| {
            let Some(part) = self.look(tx)? else { return Ok(None) };
            let waits = self.waits(tx, &part, now)?;
            Ok(Some((part, waits)))
        })?;
        let Some((part, waits)) = looked else { return Ok(Ran::Nothing) };
        if let Some(at) = waits {
            return Ok(Ran::Later(at));
        }
        let (own, part) = (self.clone(), Arc::new(part));
        self.inner.db.transact(move |tx| {
            own.lock(tx)?;
            if get(tx)? != Some(part.from) {
                // Another process has read it meanwhile.
                return Ok(());
            }
            own.merged(tx, &part.merged)?;
            for (journey, events) in &part.events {
                own.happened(tx, *journey, events, part.to, now)?;
            }
            Ok(set(tx, part.to)?)
        })?;
        Ok(Ran::Went)
    }
    /// Conditions behind these events are answered by whoever has seen the events: until they have, the part is left where it is, for then each event of
    /// somebody's finds them where the one before has led them. Where that takes long the log goes on, and people stay at their conditions.
    fn waits(&self, tx: &mut Tx<'_>, part: &Part, now: Time) -> Result<Option<Time>, Refusal> {
        let mut behind = false;
        // Versions of a journey mostly ask the same.
        let mut asked: FxHashSet<String> = FxHashSet::default();
        for journey in part.events.keys() {
            let row = self.by_num(tx, *journey)?;
            for version in 1..=row.version {
                let plan = self.plan(tx, *journey, version)?;
                for rule in plan.rules() {
                    if !behind && asked.insert(rule.to_string()) {
                        behind = !self.world().sees(tx, rule, part.to, now)?;
                    }
                }
            }
        }
        let mut since = self.inner.behind.lock().unwrap_or_else(|broken| broken.into_inner());
        if !behind {
            *since = None;
            return Ok(None);
        }
        let since = *since.get_or_insert(now);
        let is_long = now >= since.plus_seconds(WAIT_SECONDS) || now < since;
        Ok((!is_long).then_some(Time(now.0 + LOOK_AGAIN_MICROS)))
    }
    fn look(&self, tx: &mut Tx<'_>) -> Result<Option<Part>, Refusal> {
        let alive =
            tx.query(&format!("{JOURNEY} WHERE state IN ('running', 'paused') ORDER BY num"), &[], journey_row)?;
        if alive.is_empty() {
            return Ok(None);
        }
        let Some(from) = get(tx)? else { return Ok(None) };
        let (found, mut to) = self.inner.log.after(tx, from, BATCHES)?;
        if to == from {
            return Ok(None);
        }
        let mut names: FxHashMap<String, Vec<u32>> = FxHashMap::default();
        for row in &alive {
            let mut own: FxHashSet<String> = FxHashSet::default();
            for version in 1..=row.version {
                own.extend(self.plan(tx, row.num, version)?.event_names().iter().cloned());
            }
            own.into_iter().for_each(|name| names.entry(name).or_default().push(row.num));
        }
        let mut events: BTreeMap<u32, Vec<Arc<Event>>> = BTreeMap::new();
        let (mut count, mut last, mut merged) = (0, from, Vec::new());
        for Found { place, event } in found {
            // Whole batches only: the cursor is one.
            if count >= EVENTS && place.seq() > last {
                to = last;
                break;
            }
            last = place.seq();
            if event.name == MERGED {
                merged.push(event.person);
                count += 1;
            }
            let Some(journeys) = names.get(&event.name) else { continue };
            let event = Arc::new(event);
            for journey in journeys {
                events.entry(*journey).or_default().push(Arc::clone(&event));
                count += 1;
            }
        }
        Ok(Some(Part { from, to, merged, events }))
    }

    /// These events, for one journey, of the log up to `to`. A person's are taken in their order; the first of each, then the second of each, and so on, so that between
    /// two of somebody's they have come as far as they can.
    fn happened(
        &self,
        tx: &mut Tx<'_>,
        journey: u32,
        events: &[Arc<Event>],
        to: i64,
        now: Time,
    ) -> Result<(), Refusal> {
        let row = self.by_num(tx, journey)?;
        if !row.state.is_alive() {
            return Ok(());
        }
        let mut folk = Folk::of(tx, events.iter().map(|event| event.person))?;
        let mut queues: BTreeMap<PersonNum, Vec<&Event>> = BTreeMap::new();
        for event in events {
            let root = folk.root(event.person);
            if !folk.is_erased(root) {
                queues.entry(root).or_default().push(event);
            }
        }
        let roots: Vec<PersonNum> = queues.keys().copied().collect();
        folk.read_zones(tx, &roots)?;
        let nodes = folk.all_nodes(roots.iter().copied());
        let entries = rows::of_nodes(tx, journey, &nodes, false)?;
        let mut batch = Batch::new(tx, row, folk, now)?;
        batch.seen = to;
        let mut of: FxHashMap<PersonNum, Vec<usize>> = FxHashMap::default();
        for own in entries {
            let at = batch.add(own);
            of.entry(batch.root(at)).or_default().push(at);
        }
        batch.unite(self, tx, &roots)?;
        let most = queues.values().map(Vec::len).max().unwrap_or(0);
        for round in 0..most {
            let mut works = Vec::new();
            for (root, queue) in &queues {
                if let Some(event) = queue.get(round) {
                    let places = of.entry(*root).or_default();
                    works.extend(self.react(tx, &mut batch, *root, places, event)?);
                }
            }
            batch.walk(self, tx, works)?;
        }
        batch.save(tx)
    }

    /// What an event means to somebody. `places`: all their entries.
    fn react(
        &self,
        tx: &mut Tx<'_>,
        batch: &mut Batch,
        root: PersonNum,
        places: &mut Vec<usize>,
        event: &Event,
    ) -> Result<Option<(usize, Input)>, Refusal> {
        let seen = Seen::of(event);
        for at in places.iter().copied() {
            let plan = batch.plan(self, tx, batch.people[at].state.version)?;
            for (node, arm) in tests(&plan, &batch.people[at].state, event.at, |on| on.is(&seen)) {
                batch.goal(at, node, &arm, event.at);
            }
            if reaches_after(&plan, &batch.people[at].state, event.at, |on| on.is(&seen)) {
                batch.goal_after(at, event.at);
            }
        }
        let inside = places.iter().copied().find(|at| batch.people[*at].state.is_inside());
        let Some(at) = inside else { return self.entry(tx, batch, root, places, &seen, event.at) };
        let plan = batch.plan(self, tx, batch.people[at].state.version)?;
        let told = reaction(&plan, &batch.people[at].state, event.at, |on| on.is(&seen));
        if told.goal {
            let arm = if batch.people[at].state.is_control() { tally::CONTROL } else { "" };
            batch.goal(at, 0, arm, event.at);
        }
        Ok(told.input.map(|input| (at, input)))
    }

    fn entry(
        &self,
        tx: &mut Tx<'_>,
        batch: &mut Batch,
        root: PersonNum,
        places: &mut Vec<usize>,
        seen: &Seen<'_>,
        at: Time,
    ) -> Result<Option<(usize, Input)>, Refusal> {
        let plan = batch.plan(self, tx, batch.journey.version)?;
        let Entry::Trigger { on } = &plan.definition.entry else { return Ok(None) };
        let fresh = is_fresh(&batch.journey, at, batch.now);
        if !on.is(seen) || !fresh || !batch.folk.is_known(root) {
            return Ok(None);
        }
        let mut past = Past::default();
        for at in places.iter() {
            let own = &batch.people[*at];
            past.add(own.state.end.as_ref(), own.state.entered_at, own.entry);
        }
        let at = at.min(batch.now);
        if !past.may_enter(plan.definition.again, at) {
            return Ok(None);
        }
        let place = batch.enter(self.key(), root, past.entries + 1, &plan, at);
        places.push(place);
        Ok(Some((place, Input::Arrive)))
    }
}

/// Not before the journey ran, and not long ago.
fn is_fresh(row: &JourneyRow, at: Time, now: Time) -> bool {
    let ran = row.started_at.is_some_and(|started| at >= started);
    ran && at >= now.plus_days(-ENTRY_DAYS) && row.state != JourneyState::Draft
}

/// What an event means to somebody who is inside.
#[derive(Debug, Default)]
pub(crate) struct Reaction {
    /// They reach the goal, for the first time.
    pub goal: bool,
    pub input: Option<Input>,
}

/// `is`: whether the event, of this instant, is what is meant.
pub(crate) fn reaction(plan: &Plan, state: &State, at: Time, is: impl Fn(&Trigger) -> bool) -> Reaction {
    let mut told = Reaction::default();
    // What they did before they came in is no answer to anything here.
    if at.millis() < state.entered_at.millis() {
        return told;
    }
    if let Some(goal) = plan.definition.goal.as_ref().filter(|goal| is(&goal.on)) {
        let marks = state.trail.marks(state.entered_at);
        told.goal = !marks.iter().any(|mark| mark.node == 0 && mark.what == What::Goal);
        if goal.exit {
            told.input = Some(Input::Leave("goal".into()));
            return told;
        }
    }
    told.input = match plan.definition.exits.iter().find(|rule| is(&rule.on)) {
        Some(rule) => Some(Input::Leave(rule.reason.clone())),
        None => match plan.node(state.node).map(|node| &node.act) {
            Some(Act::WaitEvent { on, .. }) if is(on) => Some(Input::Happened(at)),
            _ => None,
        },
    };
    told
}

/// Whether somebody who has left the journey, and is watched still, reaches its goal for the first time.
fn reaches_after(plan: &Plan, state: &State, when: Time, is: impl Fn(&Trigger) -> bool) -> bool {
    if state.is_inside() || when.millis() < state.entered_at.millis() {
        return false;
    }
    if !plan.definition.goal.as_ref().is_some_and(|goal| is(&goal.on)) {
        return false;
    }
    let marks = state.trail.marks(state.entered_at);
    let Some((_, days)) = drawn_of(&marks) else { return false };
    when < state.entered_at.plus_days(i64::from(days)) && goal_of(&marks).is_none()
}
/// When the goal of the journey was reached.
pub(crate) fn goal_of(marks: &[Mark]) -> Option<Time> {
    let is_goal = |own: &&Mark| own.node == CONTROL && matches!(own.what, What::Goal | What::GoalAfter);
    marks.iter().find(is_goal).map(|own| own.at)
}

/// Goals of tests that this reaches, with the arm: within so many days of it, once for each time somebody went there, inside still or not.
pub(crate) fn tests(plan: &Plan, state: &State, when: Time, is: impl Fn(&Trigger) -> bool) -> Vec<(u32, String)> {
    let hits: Vec<(u32, u32)> =
        plan.tests().filter(|(_, goal, _)| is(goal)).map(|(node, _, days)| (node, days)).collect();
    if hits.is_empty() {
        return Vec::new();
    }
    let marks = state.trail.marks(state.entered_at);
    let reached = |(node, days): (u32, u32)| {
        let last =
            marks.iter().rposition(|mark| mark.node == node && matches!(mark.what, What::Passed(Port::Arm(_))))?;
        let What::Passed(arm) = marks[last].what else { return None };
        let counted = marks[last..].iter().any(|mark| mark.node == node && mark.what == What::Goal);
        let from = marks[last].at;
        let in_time = when.millis() >= from.millis() && when <= from.plus_days(i64::from(days));
        (!counted && in_time).then(|| (node, arm.name()))
    };
    hits.into_iter().filter_map(reached).collect()
}
