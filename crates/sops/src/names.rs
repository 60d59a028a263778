//! How those on a board are called. Whoever has no name here is called by their key.

use crate::{Sops, StepRow};
use siyu_db::{Tx, params};
use siyu_kernel::Refusal;
use std::collections::{BTreeMap, BTreeSet};

/// By key.
#[derive(Clone, Debug, Default)]
pub struct Names {
    programmes: BTreeMap<String, String>,
    /// By programme and key of the step, as the version in force calls it.
    steps: BTreeMap<(String, String), String>,
    stores: BTreeMap<String, String>,
    staff: BTreeMap<String, String>,
    groups: BTreeMap<String, String>,
}

fn of<'n>(names: &'n BTreeMap<String, String>, key: &'n str) -> &'n str {
    names.get(key).map(String::as_str).filter(|name| !name.is_empty()).unwrap_or(key)
}

impl Names {
    pub fn programme<'n>(&'n self, key: &'n str) -> &'n str {
        of(&self.programmes, key)
    }
    pub fn store<'n>(&'n self, key: &'n str) -> &'n str {
        of(&self.stores, key)
    }
    pub fn staff<'n>(&'n self, key: &'n str) -> &'n str {
        of(&self.staff, key)
    }
    /// Of a group, or of whoever publishes a moment.
    pub fn subject<'n>(&'n self, key: &'n str) -> &'n str {
        let name = of(&self.groups, key);
        if name == key { of(&self.staff, key) } else { name }
    }
    pub fn step<'n>(&'n self, row: &'n StepRow) -> &'n str {
        self.steps.get(&(row.sop.clone(), row.step.clone())).map_or(&row.step, |name| name)
    }
}

impl Sops {
    /// Of everybody and everything in these rows.
    pub fn names(&self, tx: &mut Tx<'_>, rows: &[StepRow]) -> Result<Names, Refusal> {
        let distinct = |key: &dyn Fn(&StepRow) -> &String| -> Vec<String> {
            rows.iter().map(|row| key(row).clone()).collect::<BTreeSet<_>>().into_iter().collect()
        };
        let (programmes, stores, groups) =
            (distinct(&|row| &row.sop), distinct(&|row| &row.store), distinct(&|row| &row.subject));
        let mut staff = distinct(&|row| &row.staff);
        staff.extend(groups.iter().cloned());
        let mut named = |table: &str, column: &str, keys: &[String]| -> Result<BTreeMap<String, String>, Refusal> {
            let sql = format!("SELECT {column}, name FROM {table} WHERE {}", tx.any(column, 1));
            Ok(tx.query(&sql, params![keys], |row| Ok((row.text(0)?, row.text(1)?)))?.into_iter().collect())
        };
        let mut names = Names {
            programmes: named("sop", "id", &programmes)?,
            stores: named("store", "code", &stores)?,
            staff: named("wecom_staff", "key", &staff)?,
            groups: named("wecom_group", "id", &groups)?,
            steps: BTreeMap::new(),
        };
        for sop in names.programmes.keys() {
            let version = self.programme(tx, sop)?.version;
            let steps = self.steps(tx, sop, version)?.into_iter();
            names.steps.extend(steps.map(|own| ((sop.clone(), own.key), own.name)));
        }
        Ok(names)
    }
}
