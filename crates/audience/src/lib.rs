//! Rules to people.
//!
//! Nouns: **rule** – a tree of conditions as people write it ([`Rule`], JSON); **plan** – a rule checked against this workspace's fields,
//! tags and stores ([`Plan`]); **set** – people as a bitmap of roots, or everybody but a bitmap; **scope** – the part of the brand a reader
//! may see.
//!
//! Invariants
//! - A person counts once, however many identities were merged into it: every condition is answered per root, and a profile value is the
//!   one the profile shows (the latest of all nodes).
//! - `ne` is exactly the opposite of `eq`: people without a value are among `ne`.
//! - Nobody who was erased is in a set. A scope is part of the query, never a filter on a finished page.
//! - What a rule means depends on instants only through calendar days of the workspace zone, so an answer holds until midnight.
//!
//! This crate reads the tables of `people` and `commerce` and writes only through [`siyu_people::People`]. It knows no HTTP.

mod answers;
mod ask;
mod asked;
mod catalogue;
mod commerce;
mod deed;
mod deeds;
mod eval;
mod export;
mod fields;
mod filter;
mod fold;
mod life;
mod list;
mod live;
mod lives;
mod meaning;
mod members;
mod persons;
mod plan;
mod refuse;
mod rule;
mod run;
mod scope;
mod search;
mod set;
mod shelf;
mod stands;
mod stored;
mod summary;
mod test;
mod traits;
mod walk;

pub use catalogue::{FieldInfo, FieldOption};
pub use deed::{Counted, Deed, EventSel, PropertyTest, Span};
pub use deeds::{History, Moment};
pub use export::{Decision, EXPORT_DAYS, ExportIn, ExportRow, ExportState};
pub use fields::{LifeField, Target, ValueType};
pub use filter::Filter;
pub use life::{Life, Measures, ORDER_COMPLETED};
pub use list::{Page, Sort};
pub use live::{ENTERED, LEFT, Live, StepReport};
pub use lives::Rank;
pub use plan::Plan;
pub use refuse::audience_used;
pub use rule::{Cond, DEPTH_MAX, NODES_MAX, Node, Op, Rule};
pub use run::{DueReport, RunReport};
pub use scope::Scope;
pub use shelf::{Shelf, ShelfStats};
pub use stands::Stands;
pub use stored::{
    AUDIENCES_MAX, AudienceDay, AudienceIn, AudienceKind, AudiencePatch, AudienceRow, Difference, Glance, Meant,
    MemberPage,
};
pub use summary::Lang;

use roaring::RoaringBitmap;
use siyu_db::{Migration, Tx};
use siyu_kernel::{Currency, PersonNum, Refusal, Time, Zone};
use siyu_log::Log;
use siyu_people::People;
use std::sync::Arc;

/// What a question depends on besides the data.
#[derive(Clone, Debug)]
pub struct Ctx {
    pub now: Time,
    /// The workspace's: days begin in it.
    pub zone: Zone,
    /// The workspace's: amounts in rules, filters and sorts are in it; orders in other currencies count only as orders.
    pub currency: Currency,
    /// For the "why" written with tags.
    pub lang: Lang,
}

/// People who fit a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    pub people: u64,
    /// The five who came last, as roots.
    pub sample: Vec<PersonNum>,
    /// How many people each group and condition fits alone, by its place (`rule.all[0]`), where that costs nothing.
    pub parts: Vec<(String, u64)>,
    /// Everything that was saved before this instant is counted.
    pub as_of: Time,
}

pub const MIGRATIONS: &[Migration] = &[
    Migration { id: "audience/0001_audiences", sql: include_str!("../migrations/0001_audiences.sql") },
    Migration { id: "audience/0002_folded", sql: include_str!("../migrations/0002_folded.sql") },
    Migration { id: "audience/0003_meaning", sql: include_str!("../migrations/0003_meaning.sql") },
];

/// What is kept in memory to answer quickly.
pub(crate) struct Memory {
    pub shelf: Shelf,
    pub answers: answers::Answers,
    pub lists: members::Lists,
    pub boards: lives::Boards,
    pub sequences: deeds::Sequences,
}

/// The operations. Cheap to clone.
#[derive(Clone)]
pub struct Audience {
    pub(crate) people: People,
    pub(crate) log: Log,
    pub(crate) history: Arc<dyn History>,
    pub(crate) calendars: Arc<deeds::Calendars>,
    memory: Option<Arc<Memory>>,
}

impl Audience {
    /// Answers from the database, each question anew.
    pub fn new(people: People, log: Log) -> Self {
        Self { people, log, history: Arc::new(deeds::NoHistory), calendars: Arc::default(), memory: None }
    }
    /// Conditions on behaviour are answered from these columns; without them nobody did anything.
    #[must_use]
    pub fn seeing(self, history: Arc<dyn History>) -> Self {
        Self { history, ..self }
    }
    /// Answers from memory where that is possible. Make one of a process and share it: what it keeps is kept once.
    #[must_use]
    pub fn remembering(self, shelf: Shelf) -> Self {
        Self {
            memory: Some(Arc::new(Memory {
                shelf,
                answers: answers::Answers::default(),
                lists: members::Lists::default(),
                boards: lives::Boards::default(),
                sequences: deeds::Sequences::default(),
            })),
            ..self
        }
    }

    /// Checks a rule against this workspace. `own` is the tag the rule belongs to: it may not depend on itself.
    ///
    /// Errors name their place (`rule.all[2].value`): `rule_field`, `rule_operator`, `rule_value`, `field_sealed`, `rule_tag`, `rule_store`,
    /// `rule_cycle`.
    pub fn plan(&self, tx: &mut Tx<'_>, rule: &Rule, own: Option<&str>, ctx: &Ctx) -> Result<Plan, Refusal> {
        plan::plan(self, tx, rule, own, ctx)
    }
    /// The people of a plan whom `scope` may see: roots, each once.
    pub fn members(&self, tx: &mut Tx<'_>, plan: &Plan, scope: &Scope, ctx: &Ctx) -> Result<RoaringBitmap, Refusal> {
        if let Some(memory) = &self.memory {
            let mut ask = ask::Ask::new(self, memory, tx, ctx, plan, scope)?;
            let set = ask.all(scope)?;
            return Ok(set.of(&ask.scene.sight.roster.living));
        }
        let mut eval = eval::Eval::new(self, tx, ctx);
        let set = eval.plan(plan)?.and(scope::set(&mut eval, scope)?);
        eval.people(set)
    }
    /// Whether a person is one of a plan's, and the instant up to which time alone does not change that (a safe one, not always the last);
    /// `None`: it never does. Needs memory.
    pub fn standing(
        &self,
        tx: &mut Tx<'_>,
        plan: &Plan,
        root: PersonNum,
        ctx: &Ctx,
    ) -> Result<(bool, Option<Time>), Refusal> {
        let memory = self.memory()?;
        let mut ask = ask::Ask::new(self, memory, tx, ctx, plan, &Scope::All)?;
        let fits = ask.among(&plan.root, &[root].into_iter().collect())?;
        Ok((!fits.is_empty(), ask.until(root)?))
    }
    /// Of these people (roots) those whom a plan fits. Needs memory.
    pub fn fits(
        &self,
        tx: &mut Tx<'_>,
        plan: &Plan,
        people: &RoaringBitmap,
        ctx: &Ctx,
    ) -> Result<RoaringBitmap, Refusal> {
        ask::Ask::new(self, self.memory()?, tx, ctx, plan, &Scope::All)?.among(&plan.root, people)
    }
    /// Whether what a plan answers takes in the log up to `seq`. Only conditions on behaviour can lag behind.
    pub fn sees(&self, plan: &Plan, seq: i64) -> Result<bool, Refusal> {
        if plan.looks_back() { self.history.reaches(seq) } else { Ok(true) }
    }
    pub(crate) fn memory(&self) -> Result<&Arc<Memory>, Refusal> {
        self.memory.as_ref().ok_or_else(|| Refusal::internal("standing is asked of a remembering audience"))
    }
    /// Everybody who exists: roots, each once.
    pub fn everybody(&self, tx: &mut Tx<'_>, ctx: &Ctx) -> Result<RoaringBitmap, Refusal> {
        Ok((*self.roster(tx, ctx)?.living).clone())
    }
    pub(crate) fn roster(&self, tx: &mut Tx<'_>, ctx: &Ctx) -> Result<shelf::Roster, Refusal> {
        match &self.memory {
            Some(memory) => Ok(memory.shelf.sight(tx, ctx, &[])?.roster),
            None => Ok(shelf::Roster::load(tx)?),
        }
    }
    /// Everybody a reader may see.
    pub fn visible_all(&self, tx: &mut Tx<'_>, scope: &Scope, ctx: &Ctx) -> Result<RoaringBitmap, Refusal> {
        let all = Plan { root: plan::PlanNode::All(Vec::new()), traits: Vec::new(), summary: String::new() };
        self.members(tx, &all, scope, ctx)
    }
    /// How many people a rule fits, and some of them.
    pub fn preview(&self, tx: &mut Tx<'_>, rule: &Rule, scope: &Scope, ctx: &Ctx) -> Result<Preview, Refusal> {
        let plan = self.plan(tx, rule, None, ctx)?;
        let last = |people: &RoaringBitmap| people.iter().rev().take(SAMPLE).collect::<Vec<_>>();
        let Some(memory) = &self.memory else {
            let people = self.members(tx, &plan, scope, ctx)?;
            return Ok(Preview { people: people.len(), sample: last(&people), parts: Vec::new(), as_of: ctx.now });
        };
        let mut ask = ask::Ask::new(self, memory, tx, ctx, &plan, scope)?;
        let own = match scope {
            Scope::All => None,
            scope => Some(ask.scope(scope)?),
        };
        let (set, parts) = ask.parts(own.as_deref())?;
        let people = set.of(&ask.scene.sight.roster.living);
        Ok(Preview { people: people.len(), sample: last(&people), parts, as_of: ask.as_of() })
    }
}

/// People shown with a count.
const SAMPLE: usize = 5;
