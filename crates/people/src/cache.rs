//! The newest identifier look-ups, kept in memory on SQLite, where one thread writes. It may never be ahead of the database: a unit
//! that is rolled back empties it.

use crate::People;
use rustc_hash::FxHashMap;
use siyu_db::{CommitHook, Engine, Slots, Tx};
use siyu_kernel::{Digest128, PersonNum, Refusal};

const ENTRIES_MAX: usize = 250_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    pub node: PersonNum,
    pub root: PersonNum,
}

#[derive(Default)]
pub struct Cache {
    owners: FxHashMap<Digest128, Owner>,
    /// Nodes whose root changed since they were cached.
    moved: FxHashMap<PersonNum, PersonNum>,
}

impl Cache {
    pub fn get(&self, hash: &Digest128) -> Option<Owner> {
        let owner = *self.owners.get(hash)?;
        Some(Owner { root: self.moved.get(&owner.node).copied().unwrap_or(owner.root), ..owner })
    }
    pub fn put(&mut self, hash: Digest128, owner: Owner) {
        if self.owners.len() >= ENTRIES_MAX {
            // Half goes, by chance of the digest: cheaper than keeping an order, and hot ones are back at once.
            self.owners.retain(|hash, _| hash[0] & 1 == 0);
        }
        self.owners.insert(hash, owner);
    }
    pub fn move_node(&mut self, node: PersonNum, root: PersonNum) {
        if self.moved.len() >= ENTRIES_MAX {
            self.clear();
        }
        self.moved.insert(node, root);
    }
    pub fn clear(&mut self) {
        self.owners.clear();
        self.moved.clear();
    }
}

/// Another process wrote: what we remember may be wrong.
pub struct Refresh(pub People);

impl CommitHook for Refresh {
    fn refresh(&self, tx: &mut Tx<'_>) -> Result<(), Refusal> {
        if tx.engine() == Engine::Sqlite { self.0.reload(tx) } else { Ok(()) }
    }
    fn before_commit(&self, _: &mut Tx<'_>) -> Result<(), Refusal> {
        Ok(())
    }
    fn after_commit(&self, _: &mut Slots, _: bool) {}
}
