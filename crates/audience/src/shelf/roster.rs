//! Who there is: living people, and which numbers are one person.

use crate::eval::Merges;
use roaring::RoaringBitmap;
use rustc_hash::FxHashMap;
use siyu_db::{DbError, Tx, params};
use siyu_kernel::{PersonNum, Refusal};
use siyu_people::People;
use std::sync::Arc;

/// Numbers asked for in one query.
pub(crate) const CHUNK: usize = 500;

#[derive(Clone, Default)]
pub(crate) struct Roster {
    /// Roots that were not erased.
    pub living: Arc<RoaringBitmap>,
    pub merges: Arc<Merges>,
}

impl Roster {
    pub fn load(tx: &mut Tx<'_>) -> Result<Self, DbError> {
        let mut living = RoaringBitmap::new();
        tx.each("SELECT num FROM person WHERE root = num AND state = 0", &[], |row| {
            living.insert(row.num(0)?);
            Ok(())
        })?;
        Ok(Self { living: Arc::new(living), merges: Arc::new(Merges::load(tx)?) })
    }
    pub fn knows(&self, node: PersonNum) -> bool {
        self.living.contains(node) || self.merges.root_of.contains_key(&node)
    }
    /// Looks again at these numbers and everybody they belong to. Answers whose values may be others now: people, and numbers that are
    /// people no more.
    pub fn refresh(
        &mut self,
        tx: &mut Tx<'_>,
        people: &People,
        nums: &RoaringBitmap,
    ) -> Result<RoaringBitmap, Refusal> {
        let mut touched = nums.clone();
        let list: Vec<PersonNum> = nums.iter().collect();
        for part in list.chunks(CHUNK) {
            let mut roots = people.roots(tx, part)?;
            roots.sort_unstable();
            roots.dedup();
            let pairs = people.nodes_of(tx, &roots)?;
            let nodes: Vec<i64> = pairs.iter().map(|(node, _)| i64::from(*node)).collect();
            let living = Arc::make_mut(&mut self.living);
            part.iter().chain(&roots).for_each(|num| {
                living.remove(*num);
            });
            let sql = format!("SELECT num FROM person WHERE root = num AND state = 0 AND {}", tx.any("num", 1));
            tx.each(&sql, params![&nodes], |row| {
                living.insert(row.num(0)?);
                Ok(())
            })?;
            touched.extend(&roots);
            if pairs.len() > roots.len() || part.iter().chain(&roots).any(|num| !self.merges.is_alone(*num)) {
                Arc::make_mut(&mut self.merges).replace(part, &pairs);
            }
        }
        Ok(touched)
    }
}

impl Merges {
    fn is_alone(&self, num: PersonNum) -> bool {
        !self.root_of.contains_key(&num) && !self.oldest.contains_key(&num)
    }
    /// `pairs`: all (node, root) of the people that `nums` belong to.
    fn replace(&mut self, nums: &[PersonNum], pairs: &[(PersonNum, PersonNum)]) {
        let mut oldest: FxHashMap<PersonNum, (PersonNum, usize)> = FxHashMap::default();
        for num in nums {
            self.oldest.remove(num);
        }
        for (node, root) in pairs {
            if node == root {
                self.root_of.remove(node);
                self.moved.remove(*node);
            } else {
                self.root_of.insert(*node, *root);
                self.moved.insert(*node);
            }
            self.oldest.remove(node);
            let held = oldest.entry(*root).or_insert((*node, 0));
            *held = (held.0.min(*node), held.1 + 1);
        }
        self.oldest
            .extend(oldest.into_iter().filter(|(_, (_, nodes))| *nodes > 1).map(|(root, (node, _))| (root, node)));
    }
}
