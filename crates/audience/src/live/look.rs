//! One step's reading half: who has to be asked about, and what the answers are.

use super::{Clock, Group, Live, State};
use crate::ask::{Ask, Scene};
use crate::deeds::{Deeds, Moment, Moved, Touched};
use crate::life::Measures;
use crate::lives::{Board, Lives, lives};
use crate::plan::{Leaf, Plan};
use crate::set::Set;
use crate::shelf::{Field, Key, last_seq};
use crate::stored::Change;
use crate::{Ctx, Memory, Scope};
use roaring::RoaringBitmap;
use rustc_hash::FxHashMap;
use siyu_db::{DbError, Tx, params};
use siyu_kernel::{Refusal, Time};
use std::sync::Arc;

/// After so many days without a step everybody is asked about once instead of day by day.
const DAYS_MAX: i32 = 40;

/// What a step found out.
pub(super) struct Found {
    pub from: Option<Clock>,
    pub to: Clock,
    pub outcomes: Vec<Outcome>,
    pub as_of: Time,
    pub living: Arc<RoaringBitmap>,
    pub asked: u64,
    pub whole: usize,
    /// The purchase cycle of a new day, to be stored.
    pub cycle: Option<u32>,
    pub board: Option<Arc<Board>>,
}

/// What became of one audience.
pub(super) struct Outcome {
    /// Its place among the groups.
    pub at: usize,
    pub members: Arc<RoaringBitmap>,
    pub dated: Vec<Dated>,
    pub settle: bool,
    pub error: Option<Option<String>>,
}

pub(super) struct Dated {
    pub day: i32,
    pub change: Change,
    /// Who came and went; those who only got another number are not among them.
    pub entered: RoaringBitmap,
    pub left: RoaringBitmap,
    /// No event tells of them.
    pub silent: bool,
}

/// Who has to be asked about in a round, and why.
struct Round {
    touched: Touched,
    /// New people.
    arrived: RoaringBitmap,
    /// Who is no person any more; `None`: compare with who lives.
    departed: Option<RoaringBitmap>,
    /// Whose tag ran out.
    ended: FxHashMap<Key, RoaringBitmap>,
    /// By condition: for whom the day changes the answer.
    flipped: FxHashMap<String, RoaringBitmap>,
    everybody: bool,
}

impl Live {
    pub(super) fn look(
        &self,
        tx: &mut Tx<'_>,
        ctx: &Ctx,
        state: &mut State,
        moment: &Moment,
    ) -> Result<Found, Refusal> {
        let memory =
            self.audience.memory.as_ref().ok_or_else(|| Refusal::internal("live audiences need a remembering one"))?;
        let stored = stored_clock(tx)?;
        if stored != state.saved {
            *state = State { saved: stored, now: stored, ..State::default() };
        }
        self.refresh(tx, ctx, state)?;
        let last = last_seq(tx)?;
        let shelf_seq = memory.shelf.follow_all(tx, ctx)?;
        let plans = state.groups.iter().filter_map(|group| group.plan.as_ref().ok());
        let mut scene = Scene::set(memory, tx, ctx, plans, &Scope::All)?;
        scene.moment = Some(moment.clone());
        let today = ctx.zone.day(ctx.now);
        let from = state.now.unwrap_or(Clock { seq: moment.seq.min(shelf_seq).min(last), day: today, at: ctx.now });
        let to =
            Clock { seq: moment.seq.min(shelf_seq).max(from.seq), day: today.max(from.day), at: ctx.now.max(from.at) };
        let mut work = Work {
            live: self,
            memory,
            tx,
            groups: &state.groups,
            scene,
            before: None,
            fresh: FxHashMap::default(),
            asked: 0,
        };
        let mut round = work.round(from, to, state.living.as_deref())?;
        let cycle = work.lives(ctx, from.day, state.board.as_ref(), &mut round)?;
        round.everybody |= to.day - from.day > DAYS_MAX;
        let days = if round.everybody { to.day..=to.day } else { (from.day + 1).min(to.day)..=to.day };
        for day in days {
            // Days that went by unseen are gone through one by one, so that sizes over time are right; what happened meanwhile counts today.
            let (last, now) = (day == to.day, if day == to.day { ctx.now } else { ctx.zone.start_of_day(day) });
            let ctx = Ctx { now, ..ctx.clone() };
            work.on(day, cycle.filter(|_| last));
            if day > from.day && !round.everybody {
                round.flipped.extend(work.flips(&ctx, day)?);
            }
            if last {
                work.groups(&ctx, day, &round)?;
            } else {
                work.groups(&ctx, day, &Round { flipped: std::mem::take(&mut round.flipped), ..Round::nobody() })?;
            }
        }
        let whole =
            state.groups.iter().filter(|group| group.plan.is_ok() && (group.unsettled || round.everybody)).count();
        let Work { scene, fresh, asked, before: _, .. } = work;
        let board = scene.lives.as_ref().and_then(|lives| lives.board.clone());
        let mut outcomes: Vec<Outcome> = fresh.into_values().collect();
        outcomes.sort_by_key(|outcome| outcome.at);
        let behind = to.seq < last;
        let as_of = if behind { moment.as_of.min(scene.sight.as_of) } else { ctx.now };
        Ok(Found {
            from: state.saved,
            to,
            outcomes,
            as_of,
            living: Arc::clone(&scene.sight.roster.living),
            asked,
            whole,
            cycle,
            board,
        })
    }
}

fn stored_clock(tx: &mut Tx<'_>) -> Result<Option<Clock>, DbError> {
    tx.opt("SELECT seq, day, at FROM audience_clock WHERE name = $1", params![super::save::CLOCK], |row| {
        Ok(Clock { seq: row.int(0)?, day: row.int(1)? as i32, at: row.time(2)? })
    })
}

impl Round {
    fn nobody() -> Self {
        Self {
            touched: Touched::default(),
            arrived: RoaringBitmap::new(),
            departed: Some(RoaringBitmap::new()),
            ended: FxHashMap::default(),
            flipped: FxHashMap::default(),
            everybody: false,
        }
    }
    /// Whom a condition of a plan may say something else of.
    fn of_leaf(&self, leaf: &Leaf, plan: &Plan, changed: &FxHashMap<i64, RoaringBitmap>, out: &mut RoaringBitmap) {
        match leaf {
            Leaf::Deed(condition) => *out |= self.touched.by(condition),
            Leaf::Life(life) => *out |= life.touched(&self.touched),
            Leaf::Trait(_) => *out |= &self.touched.profile,
            Leaf::Has(_) | Leaf::CreatedDays(_) | Leaf::SourceIn(_) | Leaf::SourceContains(_) => {
                *out |= &self.touched.any
            }
            Leaf::Tags(_) => {
                *out |= &self.touched.tags;
                for key in crate::asked::keys(leaf, plan) {
                    if let Some(ended) = self.ended.get(&key) {
                        *out |= ended;
                    }
                }
            }
            Leaf::Audiences(nums) => nums.iter().filter_map(|num| changed.get(num)).for_each(|people| *out |= people),
            Leaf::Count(_)
            | Leaf::Amount(_)
            | Leaf::Net(_)
            | Leaf::Average(_)
            | Leaf::SinceLast(_)
            | Leaf::SinceFirst(_)
            | Leaf::Bought
            | Leaf::Category(..)
            | Leaf::Stores(_)
            | Leaf::AnyStore => *out |= &self.touched.orders,
        }
        if let Some(flipped) = self.flipped.get(&plan.question(leaf)) {
            *out |= flipped;
        }
    }
    /// Members before, had nothing happened but that people got other numbers; of `involved` only.
    fn carried(&self, members: &RoaringBitmap, involved: &RoaringBitmap) -> RoaringBitmap {
        let mut carried = members & involved;
        for moved in &self.touched.moves {
            match *moved {
                Moved::Joined { kept, lost } => {
                    if carried.remove(lost) {
                        carried.insert(kept);
                    }
                }
                Moved::Parted { sides } => {
                    if sides.iter().any(|side| carried.contains(*side)) {
                        carried.extend(sides);
                    }
                }
            }
        }
        carried
    }
}

struct Work<'w, 'c> {
    live: &'w Live,
    memory: &'w Memory,
    tx: &'w mut Tx<'c>,
    groups: &'w [Group],
    scene: Scene,
    /// The lives of the day before the one that is being looked at.
    before: Option<Lives>,
    fresh: FxHashMap<usize, Outcome>,
    asked: u64,
}

impl Work<'_, '_> {
    fn round(&mut self, from: Clock, to: Clock, living: Option<&RoaringBitmap>) -> Result<Round, Refusal> {
        let mut round = Round::nobody();
        let roster = &self.scene.sight.roster;
        match self.memory.shelf.touched(self.tx, roster, from.seq, to.seq)? {
            Some(touched) => round.touched = touched,
            None => round.everybody = from.seq < to.seq,
        }
        match living {
            Some(living) => {
                round.arrived = &*roster.living - living;
                round.departed = Some(living - &*roster.living);
            }
            // Since the last run: everybody new did something.
            None => (round.arrived, round.departed) = (round.touched.any.clone(), None),
        }
        for (key, kept) in &self.scene.sight.fields {
            if let Field::Tagged(tagged) = &*kept.field {
                round.ended.insert(key.clone(), tagged.ended(from.at, to.at));
            }
        }
        Ok(round)
    }

    /// Prepares what rules ask of lives; answers the cycle of a new day. A board made anew moves people by itself.
    fn lives(
        &mut self,
        ctx: &Ctx,
        from: i32,
        held: Option<&Arc<Board>>,
        round: &mut Round,
    ) -> Result<Option<u32>, Refusal> {
        let wanted = |ranked: bool| {
            self.groups
                .iter()
                .any(|group| group.uses(|leaf| matches!(leaf, Leaf::Life(life) if !ranked || life.is_ranked())))
        };
        if !wanted(false) {
            return Ok(None);
        }
        let (ranked, today) = (wanted(true), ctx.zone.day(ctx.now));
        let Some(moment) = self.scene.moment.clone() else { return Ok(None) };
        let (audience, threads) = (&self.live.audience, self.scene.sight.threads);
        let calendar = audience.calendars.of(&ctx.zone, today);
        let cycle = Measures::due(self.tx, &moment.snapshot, &calendar, today, threads)?;
        let mut measures = Measures::on(self.tx, &moment.snapshot, &calendar, today, threads)?;
        let before = measures.moved(from);
        if let Some(cycle) = cycle {
            measures = measures.with_cycle(cycle);
        }
        let (columns, at) = ((&moment.snapshot, moment.seq), (&calendar, today, ctx.now));
        let lives = lives(self.tx, &self.memory.boards, columns, Some(measures), at, ranked, threads)?;
        if let Some(board) = &lives.board
            && held.is_none_or(|held| !Arc::ptr_eq(held, board))
        {
            let old = held.map(|held| Lives { board: Some(Arc::clone(held)), ..lives.clone() });
            for group in self.groups {
                let Ok(plan) = &group.plan else { continue };
                for leaf in plan.leaves() {
                    let Leaf::Life(life) = leaf else { continue };
                    if life.is_ranked() {
                        let now = lives.everybody(life).of(&self.scene.sight.roster.living);
                        // Without knowing how it was, whoever is ranked there is asked about, and whoever is a member.
                        let moved = match &old {
                            Some(old) => old.everybody(life).of(&self.scene.sight.roster.living) ^ now,
                            None => now | &*group.members,
                        };
                        *round.flipped.entry(plan.question(leaf)).or_default() |= moved;
                    }
                }
            }
        }
        self.before = Some(Lives { measures: before, ..lives.clone() });
        self.scene.lives = Some(lives);
        Ok(cycle)
    }
    /// Goes on to a day, with its own cycle when it has one.
    fn on(&mut self, day: i32, cycle: Option<u32>) {
        let (Some(lives), Some(before)) = (&mut self.scene.lives, &mut self.before) else { return };
        let measures = before.measures.moved(day);
        lives.measures = cycle.map_or(measures.clone(), |cycle| measures.with_cycle(cycle));
        before.measures = measures.moved(day - 1);
    }

    /// For each condition that depends on the day: whose answer differs from that of the day before.
    fn flips(&mut self, ctx: &Ctx, day: i32) -> Result<FxHashMap<String, RoaringBitmap>, Refusal> {
        let mut flips: FxHashMap<String, RoaringBitmap> = FxHashMap::default();
        let before = Ctx { now: Time(ctx.zone.start_of_day(day).0 - 1), ..ctx.clone() };
        let moment = self.scene.moment.clone();
        for group in self.groups {
            let Ok(plan) = &group.plan else { continue };
            for leaf in plan.leaves() {
                let question = plan.question(leaf);
                if flips.contains_key(&question) {
                    continue;
                }
                let sets = match leaf {
                    Leaf::Deed(condition) => {
                        let Some(moment) = &moment else { continue };
                        let calendar = self.live.audience.calendars.of(&ctx.zone, day);
                        let threads = self.scene.sight.threads;
                        let on = |today| {
                            Deeds { snapshot: &moment.snapshot, calendar: &calendar, today, threads }
                                .everybody(condition)
                        };
                        [Set::These(on(day - 1)), Set::These(on(day))]
                    }
                    Leaf::Life(life) if !life.is_ranked() => {
                        let (Some(before), Some(now)) = (&self.before, &self.scene.lives) else { continue };
                        [before.everybody(life), now.everybody(life)]
                    }
                    Leaf::SinceLast(_) | Leaf::SinceFirst(_) | Leaf::CreatedDays(_) => {
                        [self.everybody(&before, plan, leaf)?, self.everybody(ctx, plan, leaf)?]
                    }
                    Leaf::Trait(at) if plan.traits[*at].1.is_dated() => {
                        [self.everybody(&before, plan, leaf)?, self.everybody(ctx, plan, leaf)?]
                    }
                    _ => continue,
                };
                let living = &self.scene.sight.roster.living;
                flips.insert(question, sets[0].of(living) ^ sets[1].of(living));
            }
        }
        Ok(flips)
    }
    fn everybody(&mut self, ctx: &Ctx, plan: &Plan, leaf: &Leaf) -> Result<Set, Refusal> {
        let scene = std::mem::take(&mut self.scene);
        let mut ask = Ask::at(&self.live.audience, self.memory, self.tx, ctx, plan, scene);
        let set = ask.fresh(leaf);
        self.scene = ask.scene;
        set
    }

    /// Asks every rule about those it has to be asked about, those first that others ask for.
    fn groups(&mut self, ctx: &Ctx, day: i32, round: &Round) -> Result<(), Refusal> {
        let mut changed: FxHashMap<i64, RoaringBitmap> = FxHashMap::default();
        let living = Arc::clone(&self.scene.sight.roster.living);
        for (at, group) in self.groups.iter().enumerate() {
            let members =
                self.fresh.get(&at).map_or_else(|| Arc::clone(&group.members), |outcome| Arc::clone(&outcome.members));
            self.scene.fixed.insert(group.row.num, Arc::clone(&members));
            let Ok(plan) = &group.plan else {
                if let Some(error) = group.new_error() {
                    self.outcome(at).error = Some(error);
                }
                continue;
            };
            let whole =
                round.everybody || group.unsettled && !self.fresh.get(&at).is_some_and(|outcome| outcome.settle);
            let mut people = &round.arrived | &round.touched.moved;
            if !whole {
                plan.leaves().into_iter().for_each(|leaf| round.of_leaf(leaf, plan, &changed, &mut people));
            }
            // Whoever is no person any more is no member.
            let gone = match &round.departed {
                Some(departed) if !whole => &*members & (departed | (&people - &*living)),
                _ => &*members - &*living,
            };
            if !whole && people.is_empty() && gone.is_empty() {
                continue;
            }
            let asked = if whole { (*living).clone() } else { &people & &*living };
            self.asked += asked.len();
            let fits = self.ask(ctx, plan, &asked, whole)?;
            let was = match (round.everybody, whole) {
                (true, _) => self.scene.sight.roster.people_of(&members),
                (false, true) => round.carried(&members, &(&*members | &round.touched.moved)),
                (false, false) => round.carried(&members, &(&people | &round.touched.moved)),
            };
            let (entered, left) = (&fits - &was, (&was & &asked) - &fits);
            let change = Change {
                entered: &fits - &*members,
                gone: ((&*members & &asked) - &fits) | gone,
                counted: (0, 0),
                people: 0,
            };
            let (settle, error) = (group.unsettled, group.new_error());
            if change.entered.is_empty()
                && change.gone.is_empty()
                && entered.is_empty()
                && left.is_empty()
                && !settle
                && error.is_none()
            {
                continue;
            }
            let now = Arc::new((&*members - &change.gone) | &change.entered);
            self.scene.fixed.insert(group.row.num, Arc::clone(&now));
            changed.insert(group.row.num, &change.entered | &change.gone);
            let outcome = self.outcome(at);
            outcome.members = Arc::clone(&now);
            (outcome.settle, outcome.error) = (settle, error);
            let change = Change { people: now.len(), ..change };
            if !(change.entered.is_empty() && change.gone.is_empty() && entered.is_empty() && left.is_empty()) {
                outcome.dated.push(Dated { day, change, entered, left, silent: settle });
            }
        }
        Ok(())
    }
    fn outcome(&mut self, at: usize) -> &mut Outcome {
        let members = Arc::clone(&self.groups[at].members);
        self.fresh.entry(at).or_insert_with(|| Outcome { at, members, dated: Vec::new(), settle: false, error: None })
    }
    fn ask(&mut self, ctx: &Ctx, plan: &Plan, people: &RoaringBitmap, whole: bool) -> Result<RoaringBitmap, Refusal> {
        let scene = std::mem::take(&mut self.scene);
        let mut ask = Ask::at(&self.live.audience, self.memory, self.tx, ctx, plan, scene);
        let fits = if whole { ask.all(&Scope::All).map(|set| set.of(people)) } else { ask.among(&plan.root, people) };
        self.scene = ask.scene;
        fits
    }
}
