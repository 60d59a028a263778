//! Which person an identity belongs to now, in memory: only those that are not simply their own.

use roaring::RoaringBitmap;
use rustc_hash::{FxHashMap, FxHashSet};
use siyu_db::{DbError, Tx, params};
use siyu_kernel::PersonNum;
use siyu_people::People;
use std::sync::Arc;

#[derive(Default)]
pub(crate) struct Whose {
    /// Identities that were merged into another.
    moved: FxHashMap<PersonNum, PersonNum>,
    pub erased: Arc<RoaringBitmap>,
}

/// Who some identities belong to by one snapshot of the database.
#[derive(Default)]
pub(crate) struct Seen {
    /// Identity, person.
    pairs: Vec<(PersonNum, PersonNum)>,
    erased: Vec<PersonNum>,
}

impl Whose {
    pub fn load(tx: &mut Tx<'_>) -> Result<Self, DbError> {
        let mut moved = FxHashMap::default();
        tx.each("SELECT num, root FROM person WHERE root <> num", &[], |row| {
            moved.insert(row.num(0)?, row.num(1)?);
            Ok(())
        })?;
        let mut erased = RoaringBitmap::new();
        tx.each("SELECT num FROM person WHERE state = 2", &[], |row| {
            erased.insert(row.num(0)?);
            Ok(())
        })?;
        Ok(Self { moved, erased: Arc::new(erased) })
    }
    pub fn root(&self, node: PersonNum) -> PersonNum {
        self.moved.get(&node).copied().unwrap_or(node)
    }
    /// `None` when it was erased.
    pub fn owner(&self, node: PersonNum) -> Option<PersonNum> {
        if self.erased.contains(node) { None } else { Some(self.root(node)) }
    }
    /// Numbers that are no living person of their own.
    pub fn gone(&self) -> impl Iterator<Item = PersonNum> + '_ {
        self.moved.keys().copied().chain(self.erased.iter())
    }

    /// Looks anew at the people these identities belong to. Changes nothing: half of what was learnt would never be learnt again.
    pub fn look(tx: &mut Tx<'_>, people: &People, nodes: &FxHashSet<PersonNum>) -> Result<Seen, DbError> {
        let mut seen = Seen::default();
        let nodes: Vec<PersonNum> = nodes.iter().copied().collect();
        for nodes in nodes.chunks(5_000) {
            let mut roots = people.roots(tx, nodes)?;
            roots.sort_unstable();
            roots.dedup();
            let pairs = people.nodes_of(tx, &roots)?;
            let list: Vec<i64> = pairs.iter().map(|(node, _)| i64::from(*node)).collect();
            seen.pairs.extend(pairs);
            seen.erased.extend(tx.query(
                &format!("SELECT num FROM person WHERE state = 2 AND {}", tx.any("num", 1)),
                params![&list],
                |row| row.num(0),
            )?);
        }
        Ok(seen)
    }
    /// Takes over what was seen; answers everybody under whom rows may lie wrongly now, and everybody whose history changes by it.
    pub fn learn(&mut self, seen: Seen) -> RoaringBitmap {
        let mut touched = RoaringBitmap::new();
        for (node, root) in seen.pairs {
            let before = self.root(node);
            if before != root {
                touched.insert(before);
                touched.insert(root);
                if node == root {
                    self.moved.remove(&node);
                } else {
                    self.moved.insert(node, root);
                }
            }
        }
        for node in seen.erased {
            if !self.erased.contains(node) {
                Arc::make_mut(&mut self.erased).insert(node);
                touched.insert(node);
                touched.insert(self.root(node));
            }
        }
        touched
    }
}
