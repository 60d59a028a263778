//! The rules as the lane uses them: read at most once a second, however many come.

use super::rule::RuleRow;
use crate::Reach;
use siyu_db::Tx;
use siyu_kernel::{Refusal, Time};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard};

/// A rule with its departments and all below them.
#[derive(Clone, Debug)]
pub(super) struct Ready {
    pub row: RuleRow,
    pub departments: BTreeSet<i64>,
}

/// All rules in their order.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub rules: Vec<Ready>,
    /// Whether somebody the mirror does not know has to be read before it is decided.
    pub asks_who: bool,
}

/// What was read last, and when.
#[derive(Default)]
pub(crate) struct Shelf(Mutex<Option<(Arc<Plan>, Time)>>);

impl Shelf {
    fn held(&self) -> MutexGuard<'_, Option<(Arc<Plan>, Time)>> {
        self.0.lock().unwrap_or_else(|broken| broken.into_inner())
    }
    /// A change of this process works at once; one of another after a second.
    pub fn forget(&self) {
        *self.held() = None;
    }
}

impl Reach {
    pub(super) fn plan_lately(&self) -> Result<Arc<Plan>, Refusal> {
        let now = self.now();
        if let Some((plan, read)) = &*self.inner.plan.held()
            && now >= *read
            && now < read.plus_seconds(1)
        {
            return Ok(plan.clone());
        }
        let plan = Arc::new(self.parts().db.read(|tx| self.plan(tx))?);
        *self.inner.plan.held() = Some((plan.clone(), now));
        Ok(plan)
    }
    pub(super) fn plan(&self, tx: &mut Tx<'_>) -> Result<Plan, Refusal> {
        let mut rules = Vec::new();
        for row in self.welcomes(tx)? {
            let departments = match row.when.departments.is_empty() {
                true => BTreeSet::new(),
                false => self.parts().contacts.departments_below(tx, &row.when.departments)?,
            };
            rules.push(Ready { row, departments });
        }
        let asks_who = rules.iter().filter(|rule| rule.row.active).any(|rule| {
            let when = &rule.row.when;
            !when.history.is_empty() || !when.tags.is_empty() || rule.row.content.mentions("customer.")
        });
        Ok(Plan { rules, asks_who })
    }
}
