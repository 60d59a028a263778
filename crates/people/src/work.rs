//! What one unit has looked up and will write: later messages of a batch see what earlier ones did before any row is written.

use crate::People;
use crate::cache::Owner;
use crate::resolve::Hashed;
use crate::rules::IdentityRules;
use rustc_hash::{FxHashMap, FxHashSet};
use siyu_db::{DbError, Engine, Tx, params};
use siyu_kernel::{Digest128, Kind, PersonNum, Refusal, Time};

/// How many identifiers of each kind somebody has. A list: there are eleven kinds, and most people have three.
#[derive(Clone, Debug, Default)]
pub(crate) struct KindCounts(Vec<(Kind, i64)>);

impl KindCounts {
    pub fn of(&self, kind: &Kind) -> i64 {
        self.0.iter().find(|(known, _)| known == kind).map_or(0, |(_, n)| *n)
    }
    pub fn add(&mut self, kind: &Kind, n: i64) {
        match self.0.iter_mut().find(|(known, _)| known == kind) {
            Some((_, held)) => *held += n,
            None => self.0.push((kind.clone(), n)),
        }
    }
    pub fn iter(&self) -> impl Iterator<Item = &(Kind, i64)> {
        self.0.iter()
    }
    /// The priority of the strongest; a person without identifiers is the weakest of all.
    pub fn strength(&self, rules: &IdentityRules) -> i64 {
        self.0.iter().map(|(kind, _)| rules.of(kind).priority).min().unwrap_or(i64::MAX)
    }
}

pub(crate) struct ConflictRow {
    pub num: PersonNum,
    pub code: &'static str,
    pub kind: String,
    pub other: PersonNum,
    pub at: Time,
}

#[derive(Default)]
pub(crate) struct Work<'w> {
    pub owners: FxHashMap<Digest128, Option<Owner>>,
    /// Nodes whose root this unit changed.
    pub moved: FxHashMap<PersonNum, PersonNum>,
    /// In rising order of their numbers.
    pub new_people: Vec<(PersonNum, Time)>,
    pub is_new: FxHashSet<PersonNum>,
    pub new_identifiers: Vec<(&'w Hashed, PersonNum, Time)>,
    pub conflicts: Vec<ConflictRow>,
    /// Of each root that was asked for. Read from the database before this unit changes anything of that person, kept up from then on.
    kinds: FxHashMap<PersonNum, KindCounts>,
    members: FxHashMap<PersonNum, Vec<PersonNum>>,
    any_split: Option<bool>,
    free_nums: std::vec::IntoIter<PersonNum>,
    /// How many numbers to reserve at once.
    pub block: usize,
}

impl<'w> Work<'w> {
    pub fn owner(&self, hash: &Digest128) -> Option<Owner> {
        let owner = self.owners.get(hash).copied().flatten()?;
        Some(Owner { root: self.moved.get(&owner.node).copied().unwrap_or(owner.root), ..owner })
    }
    /// The caller has asked for the person's kinds before.
    pub fn attach(&mut self, hashed: &'w Hashed, owner: Owner, at: Time) {
        self.owners.insert(hashed.hash, Some(owner));
        self.new_identifiers.push((hashed, owner.node, at));
        self.kinds.entry(owner.root).or_default().add(&hashed.identifier.kind, 1);
    }
    pub fn create(&mut self, node: PersonNum, at: Time) -> Owner {
        self.new_people.push((node, at));
        self.is_new.insert(node);
        self.kinds.insert(node, KindCounts::default());
        Owner { node, root: node }
    }
    /// After both sides' kinds and members were asked for: `lost` becomes part of `kept`. Returns the nodes that moved.
    pub fn absorb(&mut self, kept: PersonNum, lost: PersonNum) -> Vec<PersonNum> {
        for (kind, n) in self.kinds.remove(&lost).unwrap_or_default().iter() {
            self.kinds.entry(kept).or_default().add(kind, *n);
        }
        let moving = self.members.remove(&lost).unwrap_or_default();
        self.members.entry(kept).or_default().extend_from_slice(&moving);
        self.moved.extend(moving.iter().map(|node| (*node, kept)));
        moving
    }
}

impl People {
    /// How many identifiers of each kind a person has, this unit's included.
    pub(crate) fn kinds<'k>(
        &self,
        tx: &mut Tx<'_>,
        work: &'k mut Work<'_>,
        root: PersonNum,
    ) -> Result<&'k KindCounts, DbError> {
        if !work.kinds.contains_key(&root) {
            let list: Vec<i64> = self.members(tx, work, root)?.iter().map(|node| i64::from(*node)).collect();
            let mut counts = KindCounts::default();
            tx.each(
                &format!("SELECT kind, COUNT(*) FROM identifier WHERE {} GROUP BY kind", tx.any("num", 1)),
                params![&list],
                |row| {
                    // A kind that this version does not know limits and proves nothing.
                    if let Some(kind) = Kind::parse(&row.text(0)?) {
                        counts.add(&kind, row.int(1)?);
                    }
                    Ok(())
                },
            )?;
            work.kinds.insert(root, counts);
        }
        Ok(&work.kinds[&root])
    }
    /// All nodes of a root, those of this unit included.
    pub(crate) fn members<'k>(
        &self,
        tx: &mut Tx<'_>,
        work: &'k mut Work<'_>,
        root: PersonNum,
    ) -> Result<&'k [PersonNum], DbError> {
        if !work.members.contains_key(&root) {
            let nodes = if work.is_new.contains(&root) { vec![root] } else { self.nodes(tx, root)? };
            work.members.insert(root, nodes);
        }
        Ok(&work.members[&root])
    }

    pub(crate) fn is_split(
        &self,
        tx: &mut Tx<'_>,
        work: &mut Work<'_>,
        a: PersonNum,
        b: PersonNum,
    ) -> Result<bool, DbError> {
        let any = match work.any_split {
            Some(any) => any,
            None => tx.opt("SELECT 1 FROM person_split LIMIT 1", &[], |row| row.int(0))?.is_some(),
        };
        work.any_split = Some(any);
        if !any {
            return Ok(false);
        }
        let (left, right) = (self.members(tx, work, a)?.to_vec(), self.members(tx, work, b)?.to_vec());
        let list: Vec<i64> = left.iter().chain(&right).map(|num| i64::from(*num)).collect();
        let sql = format!("SELECT a, b FROM person_split WHERE {} AND {}", tx.any("a", 1), tx.any("b", 1));
        let pairs = tx.query(&sql, params![&list], |row| Ok((row.num(0)?, row.num(1)?)))?;
        Ok(pairs
            .iter()
            .any(|(x, y)| (left.contains(x) && right.contains(y)) || (left.contains(y) && right.contains(x))))
    }

    pub(crate) fn take_num(&self, tx: &mut Tx<'_>, work: &mut Work<'_>) -> Result<PersonNum, Refusal> {
        if let Some(num) = work.free_nums.next() {
            return Ok(num);
        }
        let block = work.block.clamp(1, 1_000) as i64;
        let nums = match tx.engine() {
            Engine::Sqlite => {
                let stored = tx.one("SELECT COALESCE(MAX(num), 0) FROM person", &[], |row| row.int(0))?;
                let last = work.new_people.last().map_or(stored, |(num, _)| stored.max(i64::from(*num)));
                (last + 1..=last + block).collect::<Vec<i64>>()
            }
            // Those not used are lost, which costs nothing.
            Engine::Postgres => tx.query(
                "SELECT nextval(pg_get_serial_sequence('person', 'num')) FROM generate_series(1, $1)",
                params![block],
                |row| row.int(0),
            )?,
        };
        let nums: Result<Vec<PersonNum>, _> = nums.into_iter().map(PersonNum::try_from).collect();
        let full = |_| {
            Refusal::new(
                siyu_kernel::Class::Unavailable,
                "workspace_full",
                "This workspace holds as many identities as it can (4.29 billion).",
                "该工作区的身份数已达上限（42.9 亿）。",
            )
        };
        work.free_nums = nums.map_err(full)?.into_iter();
        Ok(work.free_nums.next().expect("a block is not empty"))
    }

    /// Keeps the memory of look-ups in step with roots that this unit changed.
    pub(crate) fn remember_moves(&self, tx: &mut Tx<'_>, moves: impl IntoIterator<Item = (PersonNum, PersonNum)>) {
        if tx.engine() == Engine::Sqlite {
            let inner = std::sync::Arc::clone(&self.inner);
            tx.on_rollback(move || inner.cache().clear());
            let mut cache = self.inner.cache();
            moves.into_iter().for_each(|(node, root)| cache.move_node(node, root));
        }
    }
}
