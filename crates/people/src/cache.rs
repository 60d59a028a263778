//! The newest identifier look-ups, kept in memory on SQLite, where one thread writes. It may never be ahead of the database: a unit
//! that is rolled back empties it.

use crate::People;
use rustc_hash::FxHashMap;
use siyu_db::{CommitHook, Slots, Tx};
use siyu_kernel::{Digest128, PersonNum, Refusal};

/// Two generations of this size; the older one goes when the younger is full, but for what was asked for meanwhile.
/// Full, both take some 26 MB.
const GENERATION_MAX: usize = 400_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    pub node: PersonNum,
    pub root: PersonNum,
}

#[derive(Default)]
pub struct Cache {
    young: FxHashMap<Digest128, Owner>,
    old: FxHashMap<Digest128, Owner>,
    /// Nodes whose root changed since they were cached.
    moved: FxHashMap<PersonNum, PersonNum>,
}

impl Cache {
    pub fn get(&mut self, hash: &Digest128) -> Option<Owner> {
        let owner = match self.young.get(hash) {
            Some(owner) => *owner,
            None => {
                let owner = self.old.remove(hash)?;
                self.put(*hash, owner);
                owner
            }
        };
        Some(Owner { root: self.moved.get(&owner.node).copied().unwrap_or(owner.root), ..owner })
    }
    pub fn put(&mut self, hash: Digest128, owner: Owner) {
        if self.young.len() >= GENERATION_MAX {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(hash, owner);
    }
    pub fn move_node(&mut self, node: PersonNum, root: PersonNum) {
        if self.moved.len() >= 2 * GENERATION_MAX {
            self.clear();
        }
        self.moved.insert(node, root);
    }
    pub fn clear(&mut self) {
        self.young.clear();
        self.old.clear();
        self.moved.clear();
    }
}

/// What we remember may be wrong.
pub struct Refresh(pub People);

impl CommitHook for Refresh {
    fn refresh(&self, tx: &mut Tx<'_>) -> Result<(), Refusal> {
        self.0.reload(tx)
    }
    fn before_commit(&self, _: &mut Tx<'_>) -> Result<(), Refusal> {
        Ok(())
    }
    fn after_commit(&self, _: &mut Slots, _: bool) {}
}
