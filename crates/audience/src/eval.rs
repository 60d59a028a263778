//! Evaluating a plan: each condition becomes a bitmap of roots, the tree combines them.

use crate::deeds::Deeds;
use crate::lives::{Boards, lives};
use crate::plan::{Leaf, Plan, PlanNode};
use crate::set::Set;
use crate::{Audience, Ctx};
use roaring::RoaringBitmap;
use rustc_hash::FxHashMap;
use siyu_db::{DbError, Tx};
use siyu_kernel::{PersonNum, Refusal};
use siyu_people::People;
use std::rc::Rc;

/// Who was merged into whom. Small beside the number of people, so it is loaded once a question.
#[derive(Clone, Default)]
pub(crate) struct Merges {
    pub root_of: FxHashMap<PersonNum, PersonNum>,
    /// The keys of `root_of`.
    pub moved: RoaringBitmap,
    /// Roots with further nodes, each with the smallest number among all its nodes: the oldest.
    pub oldest: FxHashMap<PersonNum, PersonNum>,
}

impl Merges {
    pub fn load(tx: &mut Tx<'_>) -> Result<Self, DbError> {
        let mut merges = Self::default();
        tx.each("SELECT num, root FROM person WHERE root <> num", &[], |row| {
            let (num, root) = (row.num(0)?, row.num(1)?);
            merges.root_of.insert(num, root);
            merges.moved.insert(num);
            let oldest = merges.oldest.entry(root).or_insert(root);
            *oldest = (*oldest).min(num);
            Ok(())
        })?;
        Ok(merges)
    }
    pub fn root(&self, node: PersonNum) -> PersonNum {
        self.root_of.get(&node).copied().unwrap_or(node)
    }
    /// The node whose row tells since when, and from where, the person is known.
    pub fn oldest(&self, root: PersonNum) -> PersonNum {
        self.oldest.get(&root).copied().unwrap_or(root)
    }
    /// Whether the person of this root has several nodes.
    pub fn is_several(&self, root: PersonNum) -> bool {
        self.oldest.contains_key(&root)
    }
}

pub(crate) struct Eval<'e, 'c> {
    pub audience: &'e Audience,
    pub people: &'e People,
    pub tx: &'e mut Tx<'c>,
    pub ctx: &'e Ctx,
    merges: Option<Rc<Merges>>,
    traits: Vec<RoaringBitmap>,
    pub only_currency: Option<Option<String>>,
}

impl<'e, 'c> Eval<'e, 'c> {
    pub fn new(audience: &'e Audience, tx: &'e mut Tx<'c>, ctx: &'e Ctx) -> Self {
        Self { audience, people: &audience.people, tx, ctx, merges: None, traits: Vec::new(), only_currency: None }
    }
    pub fn merges(&mut self) -> Result<Rc<Merges>, DbError> {
        if self.merges.is_none() {
            self.merges = Some(Rc::new(Merges::load(self.tx)?));
        }
        Ok(Rc::clone(self.merges.as_ref().expect("set above")))
    }

    pub fn plan(&mut self, plan: &Plan) -> Result<Set, Refusal> {
        self.traits = if plan.traits.is_empty() { Vec::new() } else { self.trait_sets(&plan.traits)? };
        self.node(&plan.root)
    }
    /// One condition of a plan.
    pub fn single(&mut self, leaf: &Leaf, plan: &Plan) -> Result<Set, Refusal> {
        if let Leaf::Trait(at) = leaf {
            let mut sets = self.trait_sets(std::slice::from_ref(&plan.traits[*at]))?;
            return Ok(Set::These(sets.pop().unwrap_or_default()));
        }
        self.leaf(leaf)
    }
    fn node(&mut self, node: &PlanNode) -> Result<Set, Refusal> {
        match node {
            PlanNode::Is(leaf) => self.leaf(leaf),
            PlanNode::IsNot(leaf) => Ok(self.leaf(leaf)?.not()),
            PlanNode::All(items) => {
                let mut set = Set::everybody();
                for item in items {
                    set = set.and(self.node(item)?);
                    if set.is_nobody() {
                        break;
                    }
                }
                Ok(set)
            }
            PlanNode::Any(items) => self.any(items),
            PlanNode::Not(items) => Ok(self.any(items)?.not()),
        }
    }
    fn any(&mut self, items: &[PlanNode]) -> Result<Set, Refusal> {
        let mut set = Set::nobody();
        for item in items {
            set = set.or(self.node(item)?);
            if set.is_everybody() {
                break;
            }
        }
        Ok(set)
    }
    fn leaf(&mut self, leaf: &Leaf) -> Result<Set, Refusal> {
        match leaf {
            Leaf::Count(test) => self.order_count(test),
            Leaf::Amount(test) => self.in_currency("amount", test),
            Leaf::Net(test) => self.in_currency("amount - refunded", test),
            Leaf::Average(test) => self.average(test),
            Leaf::SinceLast(test) => {
                self.ordered_between("last_at", "MAX", test.days_ago(self.ctx.now, &self.ctx.zone))
            }
            Leaf::SinceFirst(test) => {
                self.ordered_between("first_at", "MIN", test.days_ago(self.ctx.now, &self.ctx.zone))
            }
            Leaf::Bought => self.ordered_between("last_at", "MAX", (i64::MIN, i64::MAX)),
            Leaf::Category(name, test) => self.category(name, test),
            Leaf::CreatedDays(test) => self.created_between(test.days_ago(self.ctx.now, &self.ctx.zone)),
            Leaf::SourceIn(sources) => self.source_in(sources),
            Leaf::SourceContains(part) => self.source_contains(part),
            Leaf::Has(kind) => self.has(kind),
            Leaf::Tags(tags) => self.tagged(tags),
            Leaf::Stores(codes) => self.stores(codes),
            Leaf::AnyStore => self.any_store(),
            Leaf::Trait(at) => Ok(Set::These(self.traits[*at].clone())),
            Leaf::Life(life) => {
                let (moment, today) = (self.audience.history.moment()?, self.ctx.zone.day(self.ctx.now));
                let calendar = self.audience.calendars.of(&self.ctx.zone, today);
                let at = (&calendar, today, self.ctx.now);
                let columns = (&moment.snapshot, moment.seq);
                let lives = lives(self.tx, &Boards::default(), columns, None, at, life.is_ranked(), 1)?;
                Ok(lives.everybody(life))
            }
            Leaf::Audiences(nums) => {
                let mut all = RoaringBitmap::new();
                for num in nums {
                    all |= crate::members::on(self.tx, *num, None)?.unwrap_or_default();
                }
                let merges = self.merges()?;
                Ok(Set::These(all.into_iter().map(|node| merges.root(node)).collect()))
            }
            Leaf::Deed(condition) => {
                let (moment, today) = (self.audience.history.moment()?, self.ctx.zone.day(self.ctx.now));
                let calendar = self.audience.calendars.of(&self.ctx.zone, today);
                let deeds = Deeds { snapshot: &moment.snapshot, calendar: &calendar, today, threads: 1 };
                Ok(Set::These(deeds.everybody(condition)))
            }
        }
    }

    /// A set as people who exist: merged ones once, erased ones not.
    pub fn people(&mut self, set: Set) -> Result<RoaringBitmap, Refusal> {
        match set {
            Set::These(set) if set.is_empty() => Ok(set),
            // Erasure leaves no rows a condition could find, except those another unit is just writing.
            Set::These(mut set) => {
                self.tx.each("SELECT num FROM erasure", &[], |row| {
                    set.remove(row.num(0)?);
                    Ok(())
                })?;
                Ok(set)
            }
            Set::AllBut(set) => Ok(self.everybody()? - set),
        }
    }
    fn everybody(&mut self) -> Result<RoaringBitmap, DbError> {
        let mut all = RoaringBitmap::new();
        self.tx.each("SELECT num FROM person WHERE root = num AND state = 0", &[], |row| {
            all.insert(row.num(0)?);
            Ok(())
        })?;
        Ok(all)
    }
}
