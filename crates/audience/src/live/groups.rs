//! The audiences as the engine knows them: their plans and their members, those that others ask for first.

use super::{Live, State};
use crate::life::Life;
use crate::meaning::{Terms, meaning};
use crate::plan::{Leaf, Names, Plan, plan_with};
use crate::rule::Rule;
use crate::stored::{AudienceKind, AudienceRow};
use crate::{Ctx, members, refuse};
use roaring::RoaringBitmap;
use rustc_hash::{FxHashMap, FxHasher};
use siyu_db::{DbError, Tx};
use siyu_kernel::{Class, Refusal};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

pub(crate) struct Group {
    pub row: AudienceRow,
    pub plan: Result<Plan, Refusal>,
    pub members: Arc<RoaringBitmap>,
    /// Ask about everybody, and tell nobody of who came or went by it.
    pub unsettled: bool,
    /// The audiences its rule asks for.
    pub asks: Vec<i64>,
    /// Of a plan that could be made.
    pub meaning: Option<i64>,
}

/// Changes when plans have to be made again.
#[derive(Clone, PartialEq)]
pub(crate) struct Marks {
    rows: (i64, i64, i64),
    tags: (i64, i64),
    fields: u64,
    products: (i64, i64),
    life: Life,
    /// Zone and currency.
    terms: (String, String),
}

impl Live {
    fn marks(&self, tx: &mut Tx<'_>, ctx: &Ctx, state: &State) -> Result<Marks, DbError> {
        let sql = "SELECT COUNT(*), CAST(COALESCE(SUM(version), 0) AS BIGINT), COALESCE(MAX(num), 0) FROM audience";
        let rows = tx.one(sql, &[], |row| Ok((row.int(0)?, row.int(1)?, row.int(2)?)))?;
        let tags =
            tx.one("SELECT COUNT(*), COALESCE(MAX(num), 0) FROM tag", &[], |row| Ok((row.int(0)?, row.int(1)?)))?;
        let mut hasher = FxHasher::default();
        for field in self.audience.people.fields() {
            (&field.name, field.r#type.name(), field.sensitive).hash(&mut hasher);
        }
        let categories = state.groups.iter().any(|group| group.uses(|leaf| matches!(leaf, Leaf::Category(..))));
        let products = if categories { products(tx)? } else { (0, 0) };
        let terms = (ctx.zone.name().to_owned(), ctx.currency.code().to_owned());
        Ok(Marks { rows, tags, fields: hasher.finish(), products, life: Life::load(tx)?, terms })
    }

    /// Reads audiences that are new or were edited, and makes plans again when what they name may have changed.
    pub(super) fn refresh(&self, tx: &mut Tx<'_>, ctx: &Ctx, state: &mut State) -> Result<(), Refusal> {
        let marks = self.marks(tx, ctx, state)?;
        if state.marks.as_ref() == Some(&marks) {
            return Ok(());
        }
        let terms = Terms { ctx, life: &marks.life, products: products(tx)? };
        let names = Names::load(&self.audience, tx)?;
        let mut known: FxHashMap<i64, Group> = state.groups.drain(..).map(|group| (group.row.num, group)).collect();
        for row in self.audience.live_rows(tx)?.into_iter().filter(|row| row.kind == AudienceKind::Rule) {
            let held = known.remove(&row.num).filter(|held| held.row.version == row.version);
            let plan = match self.plan_of(tx, &row, ctx, &names) {
                // Only a rule's own mistake is kept with it.
                Err(refusal) if !matches!(refusal.class, Class::Invalid | Class::NotFound) => return Err(refusal),
                plan => plan,
            };
            let meaning = plan.as_ref().ok().map(|plan| meaning(plan, &terms));
            // Members of a rule that is new, could not be evaluated for a while, or means something else since: perhaps since before this
            // process began.
            let unsettled = !row.settled || row.error.is_some() || meaning.is_some_and(|own| row.meaning != Some(own));
            let members = match &held {
                Some(held) => Arc::clone(&held.members),
                None => Arc::new(members::on(tx, row.num, None)?.unwrap_or_default()),
            };
            let row = match held {
                // The number of its last change is this process's own.
                Some(held) => AudienceRow { error: row.error, meaning: row.meaning, ..held.row },
                None => row,
            };
            state.groups.push(Group { row, plan, members, unsettled, asks: Vec::new(), meaning });
        }
        for group in &mut state.groups {
            group.asks = group.plan.as_ref().map(asks).unwrap_or_default();
        }
        in_order(&mut state.groups);
        // Whether categories are asked for is known only now.
        state.marks = Some(self.marks(tx, ctx, state)?);
        Ok(())
    }
    fn plan_of(&self, tx: &mut Tx<'_>, row: &AudienceRow, ctx: &Ctx, names: &Names) -> Result<Plan, Refusal> {
        let rule = Rule::from_text(row.rule.as_deref().unwrap_or_default())?;
        plan_with(&self.audience, tx, &rule, Some(&row.id), ctx, names)
    }
}

fn products(tx: &mut Tx<'_>) -> Result<(i64, i64), DbError> {
    let sql = "SELECT COUNT(*), COALESCE(MAX(updated_at), 0) FROM product";
    tx.one(sql, &[], |row| Ok((row.int(0)?, row.int(1)?)))
}

impl Group {
    pub fn uses(&self, test: impl Fn(&Leaf) -> bool) -> bool {
        self.plan.as_ref().is_ok_and(|plan| plan.leaves().into_iter().any(test))
    }
    /// What to store as the reason, when it is not stored already: `Some(None)` takes it away.
    pub fn new_error(&self) -> Option<Option<String>> {
        let error = self.plan.as_ref().err().map(refuse::stored);
        (error != self.row.error).then_some(error)
    }
}

fn asks(plan: &Plan) -> Vec<i64> {
    let nums = plan
        .leaves()
        .into_iter()
        .filter_map(|leaf| if let Leaf::Audiences(nums) = leaf { Some(nums.clone()) } else { None });
    nums.flatten().collect()
}
/// Those that others ask for come first. Rules cannot go in circles; if some did, the rounds would end all the same.
fn in_order(groups: &mut [Group]) {
    let mut depth: FxHashMap<i64, usize> = groups.iter().map(|group| (group.row.num, 0)).collect();
    for _ in 0..groups.len().min(20) {
        let mut settled = true;
        for group in groups.iter() {
            let deepest = group.asks.iter().filter_map(|num| depth.get(num)).max().map_or(0, |deepest| deepest + 1);
            settled &= depth.insert(group.row.num, deepest) == Some(deepest);
        }
        if settled {
            break;
        }
    }
    groups.sort_by_key(|group| (depth[&group.row.num], group.row.num));
}
