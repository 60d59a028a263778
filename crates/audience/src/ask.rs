//! A rule put to what is in memory: cheap conditions first, each answered for everybody once and kept.

use crate::answers::{Answer, Stamp};
use crate::asked::{Asked, keys};
use crate::deeds::{Deeds, Moment, Touched};
use crate::eval::Eval;
use crate::lives::{Lives, lives};
use crate::plan::{Leaf, Plan, PlanNode};
use crate::scope::Scope;
use crate::set::Set;
use crate::shelf::{Key, Sight};
use crate::test::Today;
use crate::{Audience, Ctx, Memory};
use roaring::RoaringBitmap;
use rustc_hash::{FxHashMap, FxHashSet};
use siyu_behaviour::kernels::Condition;
use siyu_db::{Tx, params};
use siyu_kernel::{PersonNum, Refusal, Time};
use std::sync::Arc;

/// What several questions are put to, as of one moment.
#[derive(Clone, Default)]
pub(crate) struct Scene {
    pub sight: Arc<Sight>,
    /// Numbers of stores by code.
    pub stores: Arc<FxHashMap<String, i64>>,
    /// The columns of behaviour; fetched when a question first needs them.
    pub moment: Option<Moment>,
    pub lives: Option<Lives>,
    /// Members of audiences that are just being worked out.
    pub fixed: FxHashMap<i64, Arc<RoaringBitmap>>,
}

impl Scene {
    /// With everything these plans need.
    pub fn set<'p>(
        memory: &Memory,
        tx: &mut Tx<'_>,
        ctx: &Ctx,
        plans: impl IntoIterator<Item = &'p Plan>,
        scope: &Scope,
    ) -> Result<Self, Refusal> {
        let (mut wanted, mut codes): (FxHashSet<Key>, Vec<String>) = (FxHashSet::default(), Vec::new());
        for plan in plans {
            for leaf in plan.leaves() {
                wanted.extend(keys(leaf, plan));
                if let Leaf::Stores(own) = leaf {
                    codes.extend(own.iter().cloned());
                }
            }
        }
        if let Scope::Stores(own) = scope {
            codes.extend(own.iter().cloned());
            wanted.insert(Key::Stores);
        }
        let sight = memory.shelf.sight(tx, ctx, &wanted.into_iter().collect::<Vec<_>>())?;
        let stores = if codes.is_empty() { FxHashMap::default() } else { store_numbers(tx, &codes)? };
        Ok(Self {
            sight: Arc::new(sight),
            stores: Arc::new(stores),
            moment: None,
            lives: None,
            fixed: FxHashMap::default(),
        })
    }
}

pub(crate) struct Ask<'e, 'c> {
    pub audience: &'e Audience,
    pub memory: &'e Memory,
    pub tx: &'e mut Tx<'c>,
    pub ctx: &'e Ctx,
    pub plan: &'e Plan,
    pub scene: Scene,
    /// Who was touched after some place in the log, by place; `None`: too many to tell.
    touched: FxHashMap<i64, Option<Arc<Touched>>>,
    /// Somebody is editing the rule: the next question differs in one number.
    editing: bool,
}

impl<'e, 'c> Ask<'e, 'c> {
    pub fn new(
        audience: &'e Audience,
        memory: &'e Memory,
        tx: &'e mut Tx<'c>,
        ctx: &'e Ctx,
        plan: &'e Plan,
        scope: &Scope,
    ) -> Result<Self, Refusal> {
        let scene = Scene::set(memory, tx, ctx, [plan], scope)?;
        Ok(Self::at(audience, memory, tx, ctx, plan, scene))
    }
    pub fn at(
        audience: &'e Audience,
        memory: &'e Memory,
        tx: &'e mut Tx<'c>,
        ctx: &'e Ctx,
        plan: &'e Plan,
        scene: Scene,
    ) -> Self {
        Self { audience, memory, tx, ctx, plan, scene, touched: FxHashMap::default(), editing: false }
    }
    /// Everything saved before this instant is counted.
    pub fn as_of(&self) -> Time {
        let sight = self.scene.sight.as_of;
        self.scene.moment.as_ref().map_or(sight, |moment| sight.min(moment.as_of))
    }
    /// The people of the plan inside the scope, before the dead are taken out.
    pub fn all(&mut self, scope: &Scope) -> Result<Set, Refusal> {
        let set = self.node(&self.plan.root)?;
        match scope {
            Scope::All => Ok(Arc::unwrap_or_clone(set)),
            scope => Ok(set.both(&*self.scope(scope)?)),
        }
    }
    pub fn scope(&mut self, scope: &Scope) -> Result<Arc<Set>, Refusal> {
        match scope {
            Scope::All => Ok(Arc::new(Set::everybody())),
            Scope::Stores(codes) => {
                let bought = self.leaf(&Leaf::Stores(codes.clone()))?;
                let friends = crate::scope::friends(self.tx, scope)?;
                Ok(if friends.is_empty() { bought } else { Arc::new(bought.either(&Set::These(friends))) })
            }
            Scope::Staff { .. } => Ok(Arc::new(Set::These(crate::scope::friends(self.tx, scope)?))),
        }
    }
    /// The people of the plan inside a set, and how many each group and condition has there.
    pub fn parts(&mut self, within: Option<&Set>) -> Result<(Set, Vec<(String, u64)>), Refusal> {
        self.editing = true;
        let within = within
            .map_or_else(|| (*self.scene.sight.roster.living).clone(), |set| set.of(&self.scene.sight.roster.living));
        let mut parts = Vec::new();
        let root = &self.plan.root;
        let set = self.counted(root, "rule".to_owned(), &within, &mut parts)?;
        Ok((Set::These(set.of(&within)), parts))
    }
    fn counted(
        &mut self,
        node: &PlanNode,
        place: String,
        within: &RoaringBitmap,
        parts: &mut Vec<(String, u64)>,
    ) -> Result<Arc<Set>, Refusal> {
        let own = parts.len();
        parts.push((place.clone(), 0));
        let mut each = |ask: &mut Self, word: &str, items: &[PlanNode]| {
            let sets = items
                .iter()
                .enumerate()
                .map(|(at, item)| ask.counted(item, format!("{place}.{word}[{at}]"), within, parts));
            sets.collect::<Result<Vec<Arc<Set>>, Refusal>>()
        };
        let set = match node {
            PlanNode::Is(_) | PlanNode::IsNot(_) => self.node(node)?,
            PlanNode::All(items) => {
                let sets = each(self, "all", items)?;
                Arc::new(sets.iter().fold(Set::everybody(), |all, set| all.both(set)))
            }
            PlanNode::Any(items) => {
                let sets = each(self, "any", items)?;
                Arc::new(sets.iter().fold(Set::nobody(), |all, set| all.either(set)))
            }
            PlanNode::Not(items) => {
                let sets = each(self, "not", items)?;
                Arc::new(sets.iter().fold(Set::nobody(), |all, set| all.either(set)).not())
            }
        };
        parts[own].1 = set.len_of(within);
        Ok(set)
    }

    pub fn node(&mut self, node: &PlanNode) -> Result<Arc<Set>, Refusal> {
        match node {
            PlanNode::Is(leaf) => self.leaf(leaf),
            PlanNode::IsNot(leaf) => Ok(Arc::new((*self.leaf(leaf)?).clone().not())),
            PlanNode::All(items) => {
                let mut set = Arc::new(Set::everybody());
                for item in by_cost(items) {
                    set = Arc::new(set.both(&*self.node(item)?));
                    if set.is_nobody() {
                        break;
                    }
                }
                Ok(set)
            }
            PlanNode::Any(items) => self.any(items),
            PlanNode::Not(items) => Ok(Arc::new((*self.any(items)?).clone().not())),
        }
    }
    fn any(&mut self, items: &[PlanNode]) -> Result<Arc<Set>, Refusal> {
        let mut set = Arc::new(Set::nobody());
        for item in by_cost(items) {
            set = Arc::new(set.either(&*self.node(item)?));
            if set.is_everybody() {
                break;
            }
        }
        Ok(set)
    }

    /// Those among some people whom a part of the rule fits.
    pub fn among(&mut self, node: &PlanNode, people: &RoaringBitmap) -> Result<RoaringBitmap, Refusal> {
        match node {
            PlanNode::Is(leaf) => self.some(leaf, people),
            PlanNode::IsNot(leaf) => Ok(people - self.some(leaf, people)?),
            PlanNode::All(items) => {
                let mut left = people.clone();
                for item in by_cost(items) {
                    if left.is_empty() {
                        break;
                    }
                    left = self.among(item, &left)?;
                }
                Ok(left)
            }
            PlanNode::Any(items) => self.any_among(items, people),
            PlanNode::Not(items) => Ok(people - self.any_among(items, people)?),
        }
    }
    fn any_among(&mut self, items: &[PlanNode], people: &RoaringBitmap) -> Result<RoaringBitmap, Refusal> {
        let (mut left, mut fits) = (people.clone(), RoaringBitmap::new());
        for item in by_cost(items) {
            if left.is_empty() {
                break;
            }
            let own = self.among(item, &left)?;
            left -= &own;
            fits |= own;
        }
        Ok(fits)
    }
    /// The instant up to which time alone does not change what the rule says of a person; a safe one, not always the last. `None`: it never
    /// does.
    pub fn until(&mut self, root: PersonNum) -> Result<Option<Time>, Refusal> {
        let mut first: Option<Time> = None;
        for leaf in self.plan.leaves() {
            let own = match leaf {
                Leaf::Deed(condition) => {
                    let day = self.deeds(|deeds| deeds.until_day(condition, root))?;
                    day.map(|day| self.ctx.zone.start_of_day(day))
                }
                // Worked out once a day: safe, not exact.
                Leaf::Life(_) => Some(self.ctx.zone.start_of_day(self.ctx.zone.day(self.ctx.now) + 1)),
                leaf => Asked { ctx: self.ctx, sight: &self.scene.sight }.until(leaf, self.plan, root),
            };
            first = [first, own].into_iter().flatten().min();
        }
        Ok(first)
    }

    /// A condition's answer for everybody: the kept one, put right where people changed, or a new one.
    pub fn leaf(&mut self, leaf: &Leaf) -> Result<Arc<Set>, Refusal> {
        let mut question = self.plan.question(leaf);
        match leaf {
            Leaf::Audiences(_) => return self.fresh(leaf).map(Arc::new),
            // Of the board, which is kept itself.
            Leaf::Life(life) if life.is_ranked() => return self.fresh(leaf).map(Arc::new),
            Leaf::Life(_) => question.push_str(&self.lives(false)?.measures.name()),
            _ => {}
        }
        // Days in the columns are the zone's; fields of another zone or currency are other fields.
        question.push_str(self.ctx.zone.name());
        let stamp = self.stamp(leaf)?;
        if let (Some(stamp), Some(kept)) = (&stamp, self.memory.answers.get(&question))
            && kept.stamp.day == stamp.day
            && kept.stamp.ends.is_none_or(|ends| self.ctx.now < ends)
            && let Some(changed) = self.changed(leaf, &kept.stamp)?
        {
            if changed.is_empty() {
                return Ok(kept.set);
            }
            let fits = self.some(leaf, &changed)?;
            let set = Arc::new(kept.set.patched(&changed, &fits));
            self.memory.answers.put(question, Answer { set: Arc::clone(&set), stamp: stamp.clone() });
            return Ok(set);
        }
        let set = Arc::new(match leaf {
            Leaf::Deed(condition) if self.editing => Set::These(self.edited(condition)?),
            leaf => self.fresh(leaf)?,
        });
        if let Some(stamp) = stamp {
            self.memory.answers.put(question, Answer { set: Arc::clone(&set), stamp });
        }
        Ok(set)
    }
    /// What people did, for everybody: a sequence with other days or another window than before is answered from what was laid out, put
    /// right where people changed.
    fn edited(&mut self, condition: &Condition) -> Result<RoaringBitmap, Refusal> {
        let Condition::Sequence { steps, within, window } = condition else {
            return self.deeds(|deeds| deeds.everybody(condition));
        };
        let memory = self.memory;
        let mut kept = memory.sequences.of(steps, self.ctx.now);
        let mut changed = RoaringBitmap::new();
        if let Some(laid) = &kept {
            match self.touched_since(laid.seq)? {
                Some(touched) => changed = touched.by(condition),
                None => kept = None,
            }
        }
        let threads = self.scene.sight.threads;
        let laid = match kept {
            Some(laid) => laid,
            None => {
                let now = self.ctx.now;
                memory.sequences.lay(steps, self.moment()?, now, threads)
            }
        };
        let Some(ways) = &laid.ways else { return self.deeds(|deeds| deeds.everybody(condition)) };
        let mut people = self.deeds(|deeds| ways.people(*within, *window, deeds.calendar, deeds.today, threads))?;
        if !changed.is_empty() {
            people -= &changed;
            people |= self.deeds(|deeds| deeds.some(condition, &changed))?;
        }
        Ok(people)
    }
    /// Worked out anew.
    pub fn fresh(&mut self, leaf: &Leaf) -> Result<Set, Refusal> {
        match leaf {
            Leaf::Deed(condition) => return Ok(Set::These(self.deeds(|deeds| deeds.everybody(condition))?)),
            Leaf::Life(life) => return Ok(self.lives(life.is_ranked())?.everybody(life)),
            Leaf::Audiences(nums) => return Ok(Set::These(self.members(nums)?)),
            _ => {}
        }
        let stores = self.store_list(leaf);
        let asked = Asked { ctx: self.ctx, sight: &self.scene.sight };
        match asked.everybody(leaf, self.plan, &stores) {
            Some(set) => Ok(set),
            None => Eval::new(self.audience, self.tx, self.ctx).single(leaf, self.plan),
        }
    }
    /// Those among some people whom the condition fits, as they are now.
    pub fn some(&mut self, leaf: &Leaf, among: &RoaringBitmap) -> Result<RoaringBitmap, Refusal> {
        match leaf {
            Leaf::Deed(condition) => return self.deeds(|deeds| deeds.some(condition, among)),
            Leaf::Life(life) => return Ok(self.lives(life.is_ranked())?.some(life, among)),
            Leaf::Audiences(nums) => return Ok(self.members(nums)? & among),
            _ => {}
        }
        let stores = self.store_list(leaf);
        let asked = Asked { ctx: self.ctx, sight: &self.scene.sight };
        match asked.some(leaf, self.plan, &stores, among) {
            Some(set) => Ok(set),
            None => self.open(leaf, among),
        }
    }
    /// Everybody in one of these audiences.
    fn members(&mut self, nums: &[i64]) -> Result<RoaringBitmap, Refusal> {
        let mut all = RoaringBitmap::new();
        for num in nums {
            match self.scene.fixed.get(num) {
                Some(set) => all |= &**set,
                None => {
                    if let Some((set, _)) = self.memory.lists.now(self.tx, *num)? {
                        all |= self.scene.sight.roster.people_of(&set);
                    }
                }
            }
        }
        Ok(all)
    }
    /// A field that is not kept: the rows of these people are read.
    fn open(&mut self, leaf: &Leaf, among: &RoaringBitmap) -> Result<RoaringBitmap, Refusal> {
        match leaf {
            Leaf::Trait(at) => {
                let (name, test) = &self.plan.traits[*at];
                let roster = &self.scene.sight.roster;
                let today = Today::new(&self.ctx.zone, self.ctx.now);
                crate::shelf::traits_of(self.tx, &self.audience.people, roster, name, among, |value| match value {
                    Some(value) => test.holds(value, &today),
                    None => *test == crate::test::TraitTest::Exists,
                })
            }
            leaf => Ok(Eval::new(self.audience, self.tx, self.ctx).single(leaf, self.plan)?.of(among)),
        }
    }

    /// What an answer given now is built on; `None` when it cannot be kept.
    fn stamp(&mut self, leaf: &Leaf) -> Result<Option<Stamp>, Refusal> {
        let mut stamp = Stamp::default();
        for key in keys(leaf, self.plan) {
            let Some(kept) = self.scene.sight.fields.get(&key) else { return Ok(None) };
            if let crate::shelf::Field::Tagged(tagged) = &*kept.field {
                stamp.ends = [stamp.ends, tagged.next_end(self.ctx.now)].into_iter().flatten().min();
            }
            stamp.versions.push((key, kept.version));
        }
        let dated = match leaf {
            Leaf::SinceLast(_) | Leaf::SinceFirst(_) | Leaf::CreatedDays(_) | Leaf::Deed(_) | Leaf::Life(_) => true,
            Leaf::Trait(at) => self.plan.traits[*at].1.is_dated(),
            _ => false,
        };
        if dated {
            stamp.day = Some(self.ctx.zone.day(self.ctx.now));
        }
        if matches!(leaf, Leaf::Deed(_) | Leaf::Life(_)) {
            stamp.seq = self.moment()?.seq;
        }
        Ok(Some(stamp))
    }
    /// Whose answers may be others than when the stamp was made; `None` when that is not known.
    fn changed(&mut self, leaf: &Leaf, stamp: &Stamp) -> Result<Option<RoaringBitmap>, Refusal> {
        if let Leaf::Deed(condition) = leaf {
            return Ok(self.touched_since(stamp.seq)?.map(|touched| touched.by(condition)));
        }
        if let Leaf::Life(life) = leaf {
            return Ok(self.touched_since(stamp.seq)?.map(|touched| life.touched(&touched)));
        }
        let mut all = RoaringBitmap::new();
        for (key, version) in &stamp.versions {
            let changed = self.scene.sight.fields.get(key).and_then(|kept| kept.changed_since(*version));
            let Some(changed) = changed else { return Ok(None) };
            all |= changed;
        }
        Ok(Some(all))
    }
    fn touched_since(&mut self, seq: i64) -> Result<Option<Arc<Touched>>, Refusal> {
        let to = self.moment()?.seq;
        if seq == to {
            return Ok(Some(Arc::default()));
        }
        if let Some(known) = self.touched.get(&seq) {
            return Ok(known.clone());
        }
        let touched = self.memory.shelf.touched(self.tx, &self.scene.sight.roster, seq, to)?.map(Arc::new);
        self.touched.insert(seq, touched.clone());
        Ok(touched)
    }
    /// The columns of behaviour, the same for the whole question.
    pub fn moment(&mut self) -> Result<&Moment, Refusal> {
        if self.scene.moment.is_none() {
            self.scene.moment = Some(self.audience.history.moment()?);
        }
        Ok(self.scene.moment.as_ref().expect("set above"))
    }
    pub fn lives(&mut self, ranked: bool) -> Result<&Lives, Refusal> {
        let known = self.scene.lives.as_ref().is_some_and(|lives| !ranked || lives.board.is_some());
        if !known {
            let (today, threads) = (self.ctx.zone.day(self.ctx.now), self.scene.sight.threads);
            let calendar = self.audience.calendars.of(&self.ctx.zone, today);
            let measures = self.scene.lives.as_ref().map(|lives| lives.measures.clone());
            let (snapshot, seq) = self.moment().map(|moment| (moment.snapshot.clone(), moment.seq))?;
            let at = (&calendar, today, self.ctx.now);
            let lives = lives(self.tx, &self.memory.boards, (&snapshot, seq), measures, at, ranked, threads)?;
            self.scene.lives = Some(lives);
        }
        Ok(self.scene.lives.as_ref().expect("set above"))
    }
    pub fn deeds<T>(&mut self, ask: impl FnOnce(&Deeds<'_>) -> T) -> Result<T, Refusal> {
        let (today, threads) = (self.ctx.zone.day(self.ctx.now), self.scene.sight.threads);
        let calendar = self.audience.calendars.of(&self.ctx.zone, today);
        let moment = self.moment()?;
        Ok(ask(&Deeds { snapshot: &moment.snapshot, calendar: &calendar, today, threads }))
    }
    fn store_list(&self, leaf: &Leaf) -> Vec<i64> {
        match leaf {
            Leaf::Stores(codes) => codes.iter().filter_map(|code| self.scene.stores.get(code).copied()).collect(),
            _ => Vec::new(),
        }
    }
}

/// The order in which the parts of a group are asked: what decides soonest for the least work comes first.
fn by_cost(items: &[PlanNode]) -> Vec<&PlanNode> {
    let mut order: Vec<&PlanNode> = items.iter().collect();
    order.sort_by_key(|item| cost(item));
    order
}
fn cost(node: &PlanNode) -> u32 {
    match node {
        PlanNode::All(items) | PlanNode::Any(items) | PlanNode::Not(items) => items.iter().map(cost).max().unwrap_or(0),
        PlanNode::Is(leaf) | PlanNode::IsNot(leaf) => match leaf {
            Leaf::Tags(_) | Leaf::Has(_) | Leaf::Stores(_) | Leaf::AnyStore => 0,
            Leaf::Deed(condition) => 2 + condition.cost(),
            Leaf::Life(_) => 9,
            _ => 1,
        },
    }
}

fn store_numbers(tx: &mut Tx<'_>, codes: &[String]) -> Result<FxHashMap<String, i64>, Refusal> {
    let codes = codes.to_vec();
    let sql = format!("SELECT code, id FROM store WHERE {}", tx.any("code", 1));
    Ok(tx.query(&sql, params![&codes], |row| Ok((row.text(0)?, row.int(1)?)))?.into_iter().collect())
}
