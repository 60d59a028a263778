//! The filters of the people list. All of them hold together.

use crate::eval::Eval;
use crate::rule::Op;
use crate::scope::Scope;
use crate::set::Set;
use crate::test::IntTest;
use crate::{refuse, scope};
use siyu_db::params;
use siyu_kernel::{Identifier, Kind, Refusal, Time};

/// Bounds are inclusive. Amounts are minor units of the workspace currency, before refunds.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub identifier: Option<Identifier>,
    /// Any identifier in full, a person's id, or part of a name.
    pub q: Option<String>,
    /// A tag's id.
    pub tag: Option<String>,
    pub has: Option<Kind>,
    /// A store's code: people with an order there.
    pub store: Option<String>,
    /// Orders in all currencies; 0 for people without one.
    pub orders_min: Option<i64>,
    pub orders_max: Option<i64>,
    pub amount_min: Option<i64>,
    pub amount_max: Option<i64>,
    pub created_from: Option<Time>,
    pub created_to: Option<Time>,
    pub last_order_from: Option<Time>,
    pub last_order_to: Option<Time>,
    /// People who were merged from several identities.
    pub merged: bool,
    /// People with an identity conflict that nobody has decided.
    pub conflict: bool,
    /// People with a tag that has not run out and does so up to this instant.
    pub tag_expires_to: Option<Time>,
}

impl Filter {
    fn check(&self) -> Result<(), Refusal> {
        let pairs = [
            ("orders_min", self.orders_min, self.orders_max),
            ("amount_min", self.amount_min, self.amount_max),
            ("created_from", self.created_from.map(|at| at.0), self.created_to.map(|at| at.0)),
            ("last_order_from", self.last_order_from.map(|at| at.0), self.last_order_to.map(|at| at.0)),
        ];
        match pairs.into_iter().find(|(_, low, high)| low.zip(*high).is_some_and(|(low, high)| low > high)) {
            Some((field, _, _)) => Err(refuse::range(field)),
            None => Ok(()),
        }
    }

    /// The people of the filter inside the scope. The narrowest questions come first: when nobody is left, the rest is not asked.
    pub(crate) fn set(&self, eval: &mut Eval<'_, '_>, scope: &Scope) -> Result<Set, Refusal> {
        self.check()?;
        let mut set = scope::set(eval, scope)?;
        type Step<'s> = Box<dyn Fn(&mut Eval<'_, '_>) -> Result<Set, Refusal> + 's>;
        let mut steps: Vec<Step<'_>> = Vec::new();
        if let Some(identifier) = &self.identifier {
            steps.push(Box::new(|eval| eval.identified(identifier)));
        }
        if self.conflict {
            steps.push(Box::new(|eval| eval.in_conflict()));
        }
        if let Some(until) = self.tag_expires_to {
            steps.push(Box::new(move |eval| eval.tag_expiring(until)));
        }
        if self.merged {
            steps.push(Box::new(|eval| eval.merged()));
        }
        if let Some(tag) = &self.tag {
            steps.push(Box::new(|eval| eval.tag_of_id(tag)));
        }
        if let Some(store) = &self.store {
            steps.push(Box::new(|eval| eval.stores(std::slice::from_ref(store))));
        }
        for (amounts, op, bound) in [
            (true, Op::Gte, self.amount_min),
            (true, Op::Lte, self.amount_max),
            (false, Op::Gte, self.orders_min),
            (false, Op::Lte, self.orders_max),
        ] {
            let Some(test) = bound.map(|bound| IntTest::new(op, bound)) else { continue };
            steps.push(Box::new(
                move |eval| if amounts { eval.in_currency("amount", &test) } else { eval.order_count(&test) },
            ));
        }
        if let Some(range) = range(self.last_order_from, self.last_order_to) {
            steps.push(Box::new(move |eval| eval.ordered_between("last_at", "MAX", range)));
        }
        if let Some(q) = &self.q {
            steps.push(Box::new(|eval| eval.search(q)));
        }
        if let Some(range) = range(self.created_from, self.created_to) {
            steps.push(Box::new(move |eval| eval.created_between(range)));
        }
        if let Some(kind) = &self.has {
            steps.push(Box::new(|eval| eval.has(kind)));
        }
        for step in steps {
            if set.is_nobody() {
                break;
            }
            set = set.and(step(eval)?);
        }
        Ok(set)
    }
}

/// From, and up to but not including, as the conditions take it.
fn range(from: Option<Time>, to: Option<Time>) -> Option<(i64, i64)> {
    (from.is_some() || to.is_some())
        .then(|| (from.map_or(i64::MIN, |at| at.0), to.map_or(i64::MAX, |at| at.0.saturating_add(1))))
}

impl Eval<'_, '_> {
    /// A tag that was deleted is carried by nobody.
    fn tag_of_id(&mut self, id: &str) -> Result<Set, Refusal> {
        match self.tx.opt("SELECT num FROM tag WHERE id = $1", params![id], |row| row.int(0))? {
            Some(tag) => self.tagged(&[tag]),
            None => Ok(Set::nobody()),
        }
    }
}
