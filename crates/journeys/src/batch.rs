//! Some thousand people of one journey walked together in one unit: their rows, effects and tallies are written at its end.

use crate::definition::Act;
use crate::folk::{Folk, brand_zone};
use crate::model::{CONTROL, INSIDE, MERGED, State, Traveller};
use crate::plan::Plan;
use crate::rows::{self, JourneyRow, JourneyState};
use crate::step::{Emitted, Facts, Input, Order, come_in, draw, step};
use crate::trail::What;
use crate::{Journeys, tally};
use rustc_hash::{FxHashMap, FxHashSet};
use siyu_db::{DbError, Engine, Param, Tx, params};
use siyu_kernel::{Class, PersonNum, Refusal, Time, Zone};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

/// When whoever answers conditions lags behind the log: asked again after this.
const LOOK_AGAIN_SECONDS: i64 = 1;

/// (person, entry, step).
type Key = (PersonNum, u32, u32);

pub(crate) struct Batch {
    pub journey: JourneyRow,
    pub now: Time,
    pub people: Vec<Traveller>,
    pub folk: Folk,
    /// In a unit in which others write, whoever comes to a condition is left there and asked in the next: whoever answers may remember what it reads, and
    /// what a unit is just writing is no fact yet.
    pub leaves_conditions: bool,
    /// The log up to here has led people where they are: whoever answers a condition has to have seen as much.
    pub seen: i64,
    touched: Vec<bool>,
    zone: Zone,
    plans: FxHashMap<u32, Arc<Plan>>,
    counts: tally::Counts,
    effects: BTreeMap<Key, (u32, Emitted)>,
    /// Effects whose outcome is known.
    over: Vec<Key>,
    /// Effects nobody waits for any more, and the order to take them back.
    unwanted: Vec<(Key, Key)>,
    entered: i64,
}

impl Batch {
    pub fn new(tx: &mut Tx<'_>, journey: JourneyRow, folk: Folk, now: Time) -> Result<Self, Refusal> {
        Ok(Self {
            journey,
            now,
            people: Vec::new(),
            folk,
            leaves_conditions: false,
            seen: crate::feed::get(tx)?.unwrap_or(0),
            touched: Vec::new(),
            zone: brand_zone(tx)?,
            plans: FxHashMap::default(),
            counts: tally::Counts::default(),
            effects: BTreeMap::new(),
            over: Vec::new(),
            unwanted: Vec::new(),
            entered: 0,
        })
    }
    pub fn add(&mut self, own: Traveller) -> usize {
        self.people.push(own);
        self.touched.push(false);
        self.people.len() - 1
    }
    /// Somebody comes in, as of `at`. Nothing is done at the first node yet.
    pub fn enter(&mut self, key: u64, root: PersonNum, entry: u32, plan: &Plan, at: Time) -> usize {
        let drawn = draw(key, self.journey.num, CONTROL, root);
        let state = State { due: Some(self.now), ..come_in(plan, at, drawn) };
        self.counts.entered(&state);
        let place = self.add(Traveller { num: root, entry, state });
        self.touched[place] = true;
        self.entered += 1;
        place
    }
    pub fn root(&self, at: usize) -> PersonNum {
        self.folk.root(self.people[at].num)
    }
    pub fn plan(&mut self, own: &Journeys, tx: &mut Tx<'_>, version: u32) -> Result<Arc<Plan>, Refusal> {
        if let Some(plan) = self.plans.get(&version) {
            return Ok(Arc::clone(plan));
        }
        let plan = own.plan(tx, self.journey.num, version)?;
        self.plans.insert(version, Arc::clone(&plan));
        Ok(plan)
    }
    /// Somebody who has left and is watched still reached the goal of the journey.
    pub fn goal_after(&mut self, at: usize, when: Time) {
        let own = &mut self.people[at];
        own.state.trail.push(own.state.entered_at, CONTROL, What::GoalAfter, "", when);
        self.touched[at] = true;
    }
    /// Somebody reached the goal of a test, or of the journey (node 0; `arm` says when it is one of the control).
    pub fn goal(&mut self, at: usize, node: u32, arm: &str, when: Time) {
        let own = &mut self.people[at];
        own.state.trail.push(own.state.entered_at, node, What::Goal, "", when);
        self.touched[at] = true;
        self.counts.add(own.state.version, node, tally::GOAL, arm, 1);
    }
    /// Somebody walks on by another version, at the same node.
    pub fn move_to(&mut self, at: usize, version: u32) {
        let state = &mut self.people[at].state;
        self.counts.add(state.version, state.node, INSIDE, "", -1);
        self.counts.add(state.version, state.node, tally::MOVED, "", 1);
        state.version = version;
        self.counts.entered(state);
        self.touched[at] = true;
    }

    /// Of people who became one in the meantime one entry goes on, the oldest, of equally old ones the one that is further along; the others end.
    /// `roots`: whom to look at.
    pub fn unite(&mut self, own: &Journeys, tx: &mut Tx<'_>, roots: &[PersonNum]) -> Result<(), Refusal> {
        let several = roots.iter().copied().filter(|root| self.folk.is_several(*root));
        let nodes = self.folk.all_nodes(several);
        if nodes.is_empty() {
            return Ok(());
        }
        let held: FxHashSet<(PersonNum, u32)> = self.people.iter().map(|own| (own.num, own.entry)).collect();
        for row in rows::of_nodes(tx, self.journey.num, &nodes, true)? {
            if !held.contains(&(row.num, row.entry)) {
                self.add(row);
            }
        }
        let mut inside: BTreeMap<PersonNum, Vec<usize>> = BTreeMap::new();
        for at in (0..self.people.len()).filter(|at| self.people[*at].state.is_inside()) {
            inside.entry(self.root(at)).or_default().push(at);
        }
        let mut works = Vec::new();
        for mut places in inside.into_values().filter(|places| places.len() > 1) {
            let age = |at: &usize| {
                let own = &self.people[*at];
                (own.state.entered_at, Reverse(own.state.step), own.num, own.entry)
            };
            places.sort_unstable_by_key(age);
            works.extend(places[1..].iter().map(|at| (*at, Input::Leave(MERGED.into()))));
        }
        self.walk(own, tx, works)
    }

    /// Takes each of these on as far as they come. While the journey does not run, what happens is taken in and nothing is done.
    pub fn walk(&mut self, own: &Journeys, tx: &mut Tx<'_>, works: Vec<(usize, Input)>) -> Result<(), Refusal> {
        let runs = self.journey.state == JourneyState::Running;
        let as_of = |at: usize, input: &Input| match input {
            Input::Happened(when) => *when,
            Input::Arrive => self.people[at].state.at,
            _ => self.now,
        };
        let mut front: Vec<(usize, Input, Time)> = works
            .into_iter()
            .map(|(at, input)| {
                let when = as_of(at, &input);
                (at, input, when)
            })
            .collect();
        loop {
            if !runs {
                front.retain(|(_, input, _)| !matches!(input, Input::Arrive | Input::Due));
            }
            front = self.but_at_conditions(own, tx, front)?;
            if front.is_empty() {
                return Ok(());
            }
            let answers = self.ask(own, tx, &front)?;
            let mut next = Vec::with_capacity(front.len());
            for (at, input, as_of) in front {
                let state = &self.people[at].state;
                let place = (state.version, state.node);
                let plan = self.plan(own, tx, place.0)?;
                let holds = match answers.get(&place) {
                    Some(answer) => answer.as_ref().map(|set| set.contains(&self.root(at))),
                    None => None,
                };
                if self.one(at, &plan, &input, holds, (own.key(), as_of)) {
                    next.push((at, Input::Arrive, as_of));
                }
            }
            front = next;
        }
    }

    /// Those who have come to a condition that cannot be asked in this unit stay there: due at once, or in a moment when whoever answers lags behind the
    /// log.
    fn but_at_conditions(
        &mut self,
        own: &Journeys,
        tx: &mut Tx<'_>,
        front: Vec<(usize, Input, Time)>,
    ) -> Result<Vec<(usize, Input, Time)>, Refusal> {
        let mut rest = Vec::with_capacity(front.len());
        let mut asked: FxHashMap<(u32, u32), bool> = FxHashMap::default();
        for (at, input, as_of) in front {
            let place = (self.people[at].state.version, self.people[at].state.node);
            let plan = self.plan(own, tx, place.0)?;
            let rule = match plan.node(place.1).map(|node| &node.act) {
                Some(Act::Condition { rule, .. }) if matches!(input, Input::Arrive | Input::Due) => rule,
                _ => {
                    rest.push((at, input, as_of));
                    continue;
                }
            };
            if self.leaves_conditions {
                continue;
            }
            let sees = match asked.get(&place) {
                Some(known) => *known,
                None => own.world().sees(tx, rule, self.seen, self.now)?,
            };
            asked.insert(place, sees);
            if sees {
                rest.push((at, input, as_of));
            } else {
                self.people[at].state.due = Some(self.now.plus_seconds(LOOK_AGAIN_SECONDS));
                self.touched[at] = true;
            }
        }
        Ok(rest)
    }

    /// Puts the conditions that people stand at to all of them at once. `None`: cannot be asked now.
    #[allow(clippy::type_complexity, reason = "a place, and whom its rule holds for")]
    fn ask(
        &mut self,
        own: &Journeys,
        tx: &mut Tx<'_>,
        front: &[(usize, Input, Time)],
    ) -> Result<FxHashMap<(u32, u32), Option<FxHashSet<PersonNum>>>, Refusal> {
        let mut places: BTreeMap<(u32, u32), Vec<PersonNum>> = BTreeMap::new();
        for (at, input, _) in front {
            if !matches!(input, Input::Arrive | Input::Due) {
                continue;
            }
            let (version, node) = (self.people[*at].state.version, self.people[*at].state.node);
            let plan = self.plan(own, tx, version)?;
            if plan.node(node).is_some_and(|node| matches!(node.act, Act::Condition { .. })) {
                places.entry((version, node)).or_default().push(self.root(*at));
            }
        }
        let mut answers = FxHashMap::default();
        for ((version, node), mut people) in places {
            let plan = self.plan(own, tx, version)?;
            let Some(Act::Condition { rule, .. }) = plan.node(node).map(|node| &node.act) else { continue };
            people.sort_unstable();
            people.dedup();
            let answer = match own.world().holds(tx, rule, &people, self.now) {
                Ok(list) => Some(list.into_iter().collect()),
                // An audience or a tag the rule names is gone: they wait until somebody mends it.
                Err(refusal) if matches!(refusal.class, Class::Invalid | Class::NotFound | Class::Conflict) => None,
                Err(refusal) => return Err(refusal),
            };
            answers.insert((version, node), answer);
        }
        Ok(answers)
    }

    pub fn zone(&self, root: PersonNum) -> &Zone {
        self.folk.zone(root).unwrap_or(&self.zone)
    }
    /// One step of one person. Answers whether they stand at a new node.
    fn one(&mut self, at: usize, plan: &Plan, input: &Input, holds: Option<bool>, (key, as_of): (u64, Time)) -> bool {
        let root = self.root(at);
        let own = &mut self.people[at];
        if !own.state.is_inside() {
            return false;
        }
        let (version, node, open) = (own.state.version, own.state.node, own.state.open);
        let facts = Facts {
            zone: self.folk.zone(root).unwrap_or(&self.zone),
            holds,
            draw: draw(key, self.journey.num, node, own.num),
            now: self.now,
            as_of,
        };
        let done = step(plan, &mut own.state, input, &facts);
        self.touched[at] = true;
        self.counts.took(&own.state, &done);
        if done.passed.is_some() && open != 0 && matches!(input, Input::Told { .. }) {
            self.over.push((own.num, own.entry, open));
        }
        for emitted in done.emitted {
            let key = (own.num, own.entry, emitted.step);
            if emitted.order == Order::Withdraw {
                self.unwanted.push(((own.num, own.entry, emitted.about), key));
            }
            self.effects.insert(key, (version, emitted));
        }
        done.arrived
    }

    /// Everything that changed, in this unit.
    pub fn save(mut self, tx: &mut Tx<'_>) -> Result<(), Refusal> {
        let journey = self.journey.num;
        self.take_back(tx)?;
        let mut people: Vec<&Traveller> =
            self.people.iter().zip(&self.touched).filter(|(_, touched)| **touched).map(|(own, _)| own).collect();
        rows::save(tx, journey, &mut people)?;
        delete_effects(tx, journey, &self.over)?;
        let rows: Vec<[Param<'_>; 10]> = self
            .effects
            .iter()
            .map(|((num, entry, step), (version, own))| {
                [
                    journey.into(),
                    (*num).into(),
                    (*entry).into(),
                    (*step).into(),
                    (*version).into(),
                    own.node.into(),
                    (own.order as u8).into(),
                    own.about.into(),
                    0_i64.into(),
                    self.now.into(),
                ]
            })
            .collect();
        tx.bulk(
            "INSERT INTO journey_effect (journey, num, entry, step, version, node, order_code, about, state, at)",
            "",
            &rows,
        )?;
        self.counts.save(tx, journey)?;
        if self.entered != 0 {
            tx.execute("UPDATE journey SET entered = entered + $2 WHERE num = $1", params![journey, self.entered])?;
        }
        Ok(())
    }

    /// What was not handed on yet is simply not done; whoever has it already is told.
    fn take_back(&mut self, tx: &mut Tx<'_>) -> Result<(), DbError> {
        if self.unwanted.is_empty() {
            return Ok(());
        }
        let mut nums: Vec<i64> = self.unwanted.iter().map(|((num, ..), _)| i64::from(*num)).collect();
        nums.sort_unstable();
        nums.dedup();
        let sql = format!(
            "SELECT num, entry, step FROM journey_effect WHERE journey = $1 AND state = 1 AND {}",
            tx.any("num", 2)
        );
        let handed: FxHashSet<Key> = tx
            .query(&sql, params![self.journey.num, &nums], |row| Ok((row.num(0)?, row.num(1)?, row.num(2)?)))?
            .into_iter()
            .collect();
        for (about, order) in std::mem::take(&mut self.unwanted) {
            if !handed.contains(&about) {
                self.effects.remove(&order);
            }
            if self.effects.remove(&about).is_none() {
                self.over.push(about);
            }
        }
        Ok(())
    }
}

pub(crate) fn delete_effects(tx: &mut Tx<'_>, journey: u32, keys: &[Key]) -> Result<(), DbError> {
    delete(tx, "journey_effect", journey, keys)
}
/// Rows of a table whose key is (journey, num, entry, step).
pub(crate) fn delete(tx: &mut Tx<'_>, table: &str, journey: u32, keys: &[Key]) -> Result<(), DbError> {
    if keys.is_empty() {
        return Ok(());
    }
    match tx.engine() {
        Engine::Sqlite => {
            let mut keys = keys.to_vec();
            keys.sort_unstable();
            let rows: Vec<[Param<'_>; 4]> = keys
                .iter()
                .map(|(num, entry, step)| [journey.into(), (*num).into(), (*entry).into(), (*step).into()])
                .collect();
            let sql = format!("DELETE FROM {table} WHERE journey = $1 AND num = $2 AND entry = $3 AND step = $4");
            tx.execute_all(&sql, &rows).map(drop)
        }
        Engine::Postgres => {
            let column = |pick: fn(&Key) -> u32| keys.iter().map(|key| i64::from(pick(key))).collect::<Vec<i64>>();
            let (nums, entries, steps) = (column(|key| key.0), column(|key| key.1), column(|key| key.2));
            let sql = format!(
                "DELETE FROM {table} AS own USING unnest($2::bigint[], $3::bigint[], $4::bigint[]) AS gone (num, entry, step)
                 WHERE own.journey = $1 AND own.num = gone.num AND own.entry = gone.entry AND own.step = gone.step"
            );
            tx.execute(&sql, params![journey, &nums, &entries, &steps]).map(drop)
        }
    }
}
