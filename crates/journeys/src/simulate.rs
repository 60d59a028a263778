//! What would have happened: the log of the last days walked through by a definition, in memory, each person by themselves. Nothing is written.
//!
//! Rules, audiences and clocks are those of today, for nothing else is known of the past; whatever is decided is done at once.

use crate::definition::{Act, Definition, Entry};
use crate::enter::Past;
use crate::feed::{reaction, tests};
use crate::folk::{Folk, brand_zone};
use crate::model::{CONTROL, Outcome, State};
use crate::plan::triggers;
use crate::rows::JourneyRow;
use crate::run::UNIT;
use crate::step::{Facts, Input, Order, come_in, draw, step};
use crate::tally::{self, Counts, GOAL};
use crate::trail::What;
use crate::trigger::{Seen, Trigger};
use crate::{Journeys, Numbers, Plan, node_nums};
use rustc_hash::{FxHashMap, FxHashSet};
use siyu_db::{Tx, params};
use siyu_kernel::{PersonNum, Refusal, Time, Zone};
use std::collections::BTreeMap;

/// Days looked back.
pub const DAYS: i64 = 90;
/// What happened and means something, held in memory; of more, some of the people are walked.
const HITS_MAX: usize = 1_000_000;
const BATCHES: i64 = 64;

#[derive(Clone, Debug, PartialEq)]
pub struct Simulation {
    /// Of the people walked.
    pub numbers: Numbers,
    /// Which share of all people was walked: 1, or a half, a quarter … where too much happened to hold.
    pub share: f64,
    /// Events that meant something.
    pub events: u64,
    pub load: Load,
}

/// Messages of the people walked, as the journey would hand them to the gate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    pub messages: i64,
    /// People who would have had at least one.
    pub people: i64,
    /// The most for one of them.
    pub most: i64,
    /// Not the first of the journey's for somebody on one day: WeCom lets one through.
    pub same_day: i64,
    /// On a day on which somebody was in fact sent another message.
    pub collisions: i64,
}

/// As the log has it when somebody was sent a message.
const SENT: &str = "Message Sent";

/// Something that happened: which of the triggers it is; none: a schedule's time.
struct Hit {
    at: Time,
    triggers: Vec<u16>,
}

struct Past90 {
    /// Days on which somebody was sent a message.
    had: FxHashMap<PersonNum, FxHashSet<i32>>,
    hits: BTreeMap<PersonNum, Vec<Hit>>,
    /// People are those whose draw has so many zeros in front.
    halvings: u32,
    count: usize,
}

impl Past90 {
    fn holds(&self, root: PersonNum) -> bool {
        draw(0, 0, 0, root).leading_zeros() >= self.halvings
    }
    fn add(&mut self, root: PersonNum, hit: Hit) {
        if !self.holds(root) {
            return;
        }
        self.hits.entry(root).or_default().push(hit);
        self.count += 1;
        while self.count > HITS_MAX {
            self.halvings += 1;
            let halvings = self.halvings;
            self.hits.retain(|root, _| draw(0, 0, 0, *root).leading_zeros() >= halvings);
            self.had.retain(|root, _| draw(0, 0, 0, *root).leading_zeros() >= halvings);
            self.count = self.hits.values().map(Vec::len).sum();
        }
    }
}

impl Journeys {
    /// What a definition would have done in the last days (up to [`DAYS`]). `row`: the journey it is of, whose people would take the same ways at splits.
    /// Reads all of that part of the log.
    ///
    /// Errors: the first of [`Journeys::check`].
    pub fn simulate(
        &self,
        tx: &mut Tx<'_>,
        row: &JourneyRow,
        own: &Definition,
        days: i64,
    ) -> Result<Simulation, Refusal> {
        if let Some(first) = self.check(tx, own)?.into_iter().next() {
            return Err(first.into());
        }
        let now = self.now();
        let from = now.plus_days(-days.clamp(1, DAYS));
        let mut nums = node_nums(tx, row.num)?;
        let mut next = nums.values().copied().max().unwrap_or(0);
        for node in &own.nodes {
            nums.entry(node.id.clone()).or_insert_with(|| {
                next += 1;
                next
            });
        }
        let plan = Plan::new(row.version + 1, own.clone(), &nums);
        let list: Vec<&Trigger> = triggers(&plan.definition).collect();
        let mut past = self.past(tx, &plan, &list, from, now)?;
        let zone = brand_zone(tx)?;
        self.scheduled_past(tx, &plan, &zone, (from, now), &mut past)?;
        let mut walk = Walk {
            key: self.key(),
            journey: row.num,
            plan: &plan,
            list: &list,
            now,
            counts: Counts::default(),
            entered: 0,
            load: Load::default(),
        };
        let events = past.count as u64;
        let people: Vec<(PersonNum, Vec<Hit>)> = std::mem::take(&mut past.hits).into_iter().collect();
        for some in people.chunks(UNIT) {
            let roots: Vec<PersonNum> = some.iter().map(|(root, _)| *root).collect();
            let mut folk = Folk::of(tx, roots.iter().copied())?;
            folk.read_zones(tx, &roots)?;
            let holds = self.rules(tx, &plan, &roots, now)?;
            for (root, hits) in some {
                walk.person(*root, hits, folk.zone(*root).unwrap_or(&zone), &holds, past.had.get(root));
            }
        }
        let names: FxHashMap<u32, String> = nums.into_iter().map(|(id, num)| (num, id)).collect();
        let mut numbers = Numbers::of(walk.entered);
        for (version, node, what, reason, people) in walk.counts.rows() {
            numbers.add(names.get(&node), version, node, what, reason, people);
        }
        Ok(Simulation { numbers, share: 0.5_f64.powi(past.halvings as i32), events, load: walk.load })
    }

    fn past(&self, tx: &mut Tx<'_>, plan: &Plan, list: &[&Trigger], from: Time, now: Time) -> Result<Past90, Refusal> {
        let mut past = Past90 { had: FxHashMap::default(), hits: BTreeMap::new(), halvings: 0, count: 0 };
        let zone = brand_zone(tx)?;
        let first = "SELECT COALESCE(MIN(seq), 0) FROM log_batch WHERE received_at >= $1";
        let mut seq = tx.one(first, params![from], |row| row.int(0))? - 1;
        let names: FxHashSet<&str> = plan.event_names().iter().map(String::as_str).collect();
        loop {
            let (found, last) = self.inner.log.after(tx, seq, BATCHES)?;
            if last == seq {
                break;
            }
            seq = last;
            let mut told: Vec<(PersonNum, Hit)> = Vec::new();
            let mut sent: Vec<(PersonNum, i32)> = Vec::new();
            for found in found {
                let event = &found.event;
                if event.name == SENT && event.at >= from && event.at <= now {
                    sent.push((event.person, zone.day(event.at)));
                }
                if !names.contains(event.name.as_str()) || event.at < from || event.at > now {
                    continue;
                }
                let seen = Seen::of(event);
                let triggers: Vec<u16> =
                    list.iter().zip(0..).filter(|(on, _)| on.is(&seen)).map(|(_, at)| at).collect();
                if !triggers.is_empty() {
                    told.push((event.person, Hit { at: event.at, triggers }));
                }
            }
            let nums = told.iter().map(|(num, _)| *num).chain(sent.iter().map(|(num, _)| *num));
            let folk = Folk::of(tx, nums)?;
            for (num, day) in sent {
                let root = folk.root(num);
                if past.holds(root) {
                    past.had.entry(root).or_default().insert(day);
                }
            }
            for (num, hit) in told {
                let root = folk.root(num);
                if folk.is_known(num) && !folk.is_erased(root) {
                    past.add(root, hit);
                }
            }
        }
        // Events arrive late at times.
        past.hits.values_mut().for_each(|hits| hits.sort_by_key(|hit| hit.at));
        Ok(past)
    }
    /// Those of the audience today, at each time of a schedule.
    fn scheduled_past(
        &self,
        tx: &mut Tx<'_>,
        plan: &Plan,
        zone: &Zone,
        (from, now): (Time, Time),
        past: &mut Past90,
    ) -> Result<(), Refusal> {
        let Entry::Schedule { schedule, audience } = &plan.definition.entry else { return Ok(()) };
        let members = self.world().members(tx, audience, now)?;
        let mut at = from;
        while let Some(next) = schedule.next(zone, at).filter(|next| *next <= now) {
            for root in &members {
                past.add(*root, Hit { at: next, triggers: Vec::new() });
            }
            at = next;
        }
        past.hits.values_mut().for_each(|hits| hits.sort_by_key(|hit| hit.at));
        Ok(())
    }
    /// By the number of each condition: whom it holds for.
    fn rules(
        &self,
        tx: &mut Tx<'_>,
        plan: &Plan,
        roots: &[PersonNum],
        now: Time,
    ) -> Result<FxHashMap<u32, FxHashSet<PersonNum>>, Refusal> {
        let mut out = FxHashMap::default();
        for (num, node) in plan.nodes() {
            if let Act::Condition { rule, .. } = &node.act {
                out.insert(num, self.world().holds(tx, rule, roots, now)?.into_iter().collect());
            }
        }
        Ok(out)
    }
}

struct Walk<'a> {
    key: u64,
    journey: u32,
    plan: &'a Plan,
    list: &'a [&'a Trigger],
    now: Time,
    counts: Counts,
    entered: i64,
    load: Load,
}

/// What does not change while somebody is walked.
struct Who<'a> {
    root: PersonNum,
    zone: &'a Zone,
    holds: &'a FxHashMap<u32, FxHashSet<PersonNum>>,
}

impl Walk<'_> {
    fn person(
        &mut self,
        root: PersonNum,
        hits: &[Hit],
        zone: &Zone,
        holds: &FxHashMap<u32, FxHashSet<PersonNum>>,
        had: Option<&FxHashSet<i32>>,
    ) {
        let who = Who { root, zone, holds };
        let (mut entries, mut past): (Vec<State>, Past) = (Vec::new(), Past::default());
        for hit in hits {
            let is = |on: &Trigger| hit.triggers.iter().any(|at| std::ptr::eq(self.list[usize::from(*at)], on));
            if let Some(state) = entries.last_mut() {
                Self::until(&mut self.counts, self.plan, (self.key, self.journey), state, &who, hit.at);
            }
            for state in &mut entries {
                for (node, arm) in tests(self.plan, state, hit.at, is) {
                    state.trail.push(state.entered_at, node, What::Goal, "", hit.at);
                    self.counts.add(state.version, node, GOAL, &arm, 1);
                }
            }
            match entries.last_mut().filter(|state| state.is_inside()) {
                Some(state) => {
                    let told = reaction(self.plan, state, hit.at, is);
                    if told.goal {
                        state.trail.push(state.entered_at, 0, What::Goal, "", hit.at);
                        let arm = if state.is_control() { tally::CONTROL } else { "" };
                        self.counts.add(state.version, 0, GOAL, arm, 1);
                    }
                    if let Some(input) = told.input {
                        Self::walk(&mut self.counts, self.plan, (self.key, self.journey), state, &who, input, hit.at);
                    }
                }
                None => {
                    let enters = match &self.plan.definition.entry {
                        Entry::Trigger { on } => is(on),
                        Entry::Schedule { .. } => hit.triggers.is_empty(),
                    };
                    past.inside = false;
                    if enters && past.may_enter(self.plan.definition.again, hit.at) {
                        let mut state = come_in(self.plan, hit.at, draw(self.key, self.journey, CONTROL, root));
                        past.add(None, hit.at, past.entries + 1);
                        self.entered += 1;
                        self.counts.entered(&state);
                        let place = (self.key, self.journey);
                        Self::walk(&mut self.counts, self.plan, place, &mut state, &who, Input::Arrive, hit.at);
                        entries.push(state);
                    }
                }
            }
        }
        if let Some(state) = entries.last_mut() {
            let end = Time(self.now.0 + 1);
            Self::until(&mut self.counts, self.plan, (self.key, self.journey), state, &who, end);
        }
        self.loaded(&entries, zone, had);
    }
    /// What all entries of somebody together would have sent them.
    fn loaded(&mut self, entries: &[State], zone: &Zone, had: Option<&FxHashSet<i32>>) {
        let is_message = |node| self.plan.node(node).is_some_and(|own| matches!(own.act, Act::Message { .. }));
        let marks = entries.iter().flat_map(|state| state.trail.marks(state.entered_at));
        let sent = marks.filter(|mark| matches!(mark.what, What::Passed(_)) && is_message(mark.node));
        let mut days: Vec<i32> = sent.map(|mark| zone.day(mark.at)).collect();
        if days.is_empty() {
            return;
        }
        let load = &mut self.load;
        load.messages += days.len() as i64;
        load.people += 1;
        load.most = load.most.max(days.len() as i64);
        load.collisions += days.iter().filter(|day| had.is_some_and(|had| had.contains(day))).count() as i64;
        let all = days.len();
        days.sort_unstable();
        days.dedup();
        load.same_day += (all - days.len()) as i64;
    }
    /// Everything that was due before then.
    fn until(counts: &mut Counts, plan: &Plan, place: (u64, u32), state: &mut State, who: &Who<'_>, then: Time) {
        while let Some(due) = state.due.filter(|due| *due < then && state.is_inside()) {
            Self::walk(counts, plan, place, state, who, Input::Due, due);
        }
    }
    /// One input, and on as far as it goes; what is decided is done at once.
    fn walk(
        counts: &mut Counts,
        plan: &Plan,
        (key, journey): (u64, u32),
        state: &mut State,
        who: &Who<'_>,
        input: Input,
        now: Time,
    ) {
        let mut input = input;
        loop {
            let facts = Facts {
                zone: who.zone,
                holds: Some(who.holds.get(&state.node).is_some_and(|set| set.contains(&who.root))),
                draw: draw(key, journey, state.node, who.root),
                now,
                as_of: now,
            };
            let done = step(plan, state, &input, &facts);
            counts.took(state, &done);
            let told = done.emitted.iter().find(|own| own.order == Order::Do).map(|own| own.step);
            input = match told {
                Some(step) if state.is_inside() => Input::Told { step, outcome: Outcome::Done },
                _ if done.arrived => Input::Arrive,
                _ => return,
            };
        }
    }
}
