//! How those on a board are called. Whoever has no name here is called by their key.

use crate::{Board, Share, Sops, StepRow};
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

/// Whom and what is to be named, by key.
#[derive(Clone, Debug, Default)]
pub struct Unnamed {
    pub programmes: BTreeSet<String>,
    pub stores: BTreeSet<String>,
    pub staff: BTreeSet<String>,
    /// Groups, or whoever publishes moments.
    pub subjects: BTreeSet<String>,
}

impl Unnamed {
    pub fn of_board(board: &Board) -> Self {
        let keys = |list: &[Share]| list.iter().map(|own| own.key.clone()).collect();
        Self {
            programmes: keys(&board.programmes),
            stores: keys(&board.stores),
            staff: keys(&board.staff),
            subjects: BTreeSet::new(),
        }
    }
    pub fn of_steps(rows: &[StepRow]) -> Self {
        let keys = |key: fn(&StepRow) -> &String| rows.iter().map(|row| key(row).clone()).collect();
        Self {
            programmes: keys(|row| &row.sop),
            stores: keys(|row| &row.store),
            staff: keys(|row| &row.staff),
            subjects: keys(|row| &row.subject),
        }
    }
}

impl Sops {
    pub fn names(&self, tx: &mut Tx<'_>, whom: Unnamed) -> Result<Names, Refusal> {
        let mut named = |table: &str, column: &str, keys: &BTreeSet<String>| -> Result<_, Refusal> {
            let keys: Vec<String> = keys.iter().cloned().collect();
            let sql = format!("SELECT {column}, name FROM {table} WHERE {}", tx.any(column, 1));
            let rows = tx.query(&sql, params![&keys], |row| Ok((row.text(0)?, row.text(1)?)))?;
            Ok(rows.into_iter().collect::<BTreeMap<String, String>>())
        };
        let staff = whom.staff.union(&whom.subjects).cloned().collect();
        let mut names = Names {
            programmes: named("sop", "id", &whom.programmes)?,
            stores: named("store", "code", &whom.stores)?,
            staff: named("wecom_staff", "key", &staff)?,
            groups: named("wecom_group", "id", &whom.subjects)?,
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
