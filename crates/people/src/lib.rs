//! Who somebody is.
//!
//! Nouns: **node** – an identity as it was first seen, one dense number, never renumbered; **person** – the nodes that share a root;
//! **edge** – the reason two nodes are one person; **identifier** – a kind and value that leads to a node.
//!
//! Invariants
//! - An identifier leads to exactly one node; it never moves. Merging changes only roots; un-merging changes them back.
//! - The active edges of a person form a tree over its nodes, so that taking one away splits it in exactly two.
//! - Rows of other domains carry node numbers. Reading a person means reading all its nodes.
//! - Phone numbers and e-mail addresses are stored sealed and found by keyed digest.
//!
//! This crate knows no orders, no HTTP and no campaigns. What follows from a merge elsewhere is told by [`Resolved::merges`].

mod cache;
mod consent;
mod erase;
mod fields;
mod index;
mod merge;
mod names;
mod profile;
mod resolve;
mod rules;
mod tagging;
mod tags;
mod traits;
mod work;

pub use consent::{Consent, ConsentIn};
pub use erase::{Certificate, Erased};
pub use fields::{Field, FieldPatch, FieldTable, FieldType};
pub use merge::{Conflict, Edge, Merged, Split};
pub use names::is_private_name;
pub use profile::{IdentifierRow, Profile, TagRow};
pub use resolve::{Hashed, Incoming, Resolved};
pub use rules::{IdentityRules, KindRule};
pub use tagging::{TagChange, TagMark};
pub use tags::{Tag, TagGroup, TagIn, TagKind, TagPatch};
pub use traits::{TraitIn, TraitValue};

/// Name of the event that tells of a profile edited by hand or brought by a file: what such a change leaves in the log.
pub const PROFILE_CHANGED: &str = "Profile Changed";

use siyu_db::{Db, DbError, Migration, Tx, params};
use siyu_kernel::{Chance, NumberedId, PersonNum, Refusal, Vault};
use siyu_log::Log;
use std::sync::{Arc, Mutex, RwLock};

pub const MIGRATIONS: &[Migration] = &[
    Migration { id: "people/0001_people", sql: include_str!("../migrations/0001_people.sql") },
    Migration { id: "people/0002_identifier_runs", sql: include_str!("../migrations/0002_identifier_runs.sql") },
    Migration { id: "people/0003_identifier_kind", sql: include_str!("../migrations/0003_identifier_kind.sql") },
];

/// Tables that hold nothing of their own: [`People::open`] fills them when they are empty.
pub const DERIVED_TABLES: [&str; 3] = ["identifier_new", "identifier_run", "identifier_chunk"];

/// The operations on people. Cheap to clone.
#[derive(Clone)]
pub struct People {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub vault: Vault,
    pub log: Log,
    pub ids: NumberedId,
    pub chance: Arc<Chance>,
    pub cache: Mutex<cache::Cache>,
    pub index: index::Index,
    pub fields: RwLock<Arc<fields::FieldTable>>,
    pub rules: RwLock<Arc<IdentityRules>>,
}

impl People {
    pub fn open(db: &Db, vault: Vault, log: Log, chance: Arc<Chance>) -> Result<Self, Refusal> {
        let inner = Inner {
            ids: NumberedId::new("psn", vault.derived64("person-id")),
            vault,
            log,
            chance,
            cache: Mutex::default(),
            index: index::Index::default(),
            fields: RwLock::default(),
            rules: RwLock::new(Arc::new(IdentityRules::default())),
        };
        let people = Self { inner: Arc::new(inner) };
        people.build_if_missing(db)?;
        db.read(|tx| people.reload(tx))?;
        db.add_hook(Arc::new(cache::Refresh(people.clone())));
        Ok(people)
    }
    /// The public id of a person's number.
    pub fn id(&self, num: PersonNum) -> String {
        self.inner.ids.show(num)
    }
    /// Finds the person of a public id: (the number asked for, the root it belongs to now). Old ids keep answering.
    pub fn find(&self, tx: &mut Tx<'_>, id: &str) -> Result<(PersonNum, PersonNum), Refusal> {
        let unknown = || Refusal::not_found("person_unknown", "No person has this id.", "没有找到该客户。");
        let num = self.inner.ids.parse(id).map_err(|_| unknown())?;
        let row = tx
            .opt("SELECT root, state FROM person WHERE num = $1", params![num], |row| Ok((row.num(0)?, row.int(1)?)))?;
        match row {
            Some((root, 0)) => Ok((num, root)),
            Some(_) => Err(erased()),
            None => Err(unknown()),
        }
    }
    /// All nodes of a person, the root first.
    pub fn nodes(&self, tx: &mut Tx<'_>, root: PersonNum) -> Result<Vec<PersonNum>, DbError> {
        let mut nodes = vec![root];
        nodes.extend(tx.query(
            "SELECT num FROM person WHERE root = $1 AND root <> num ORDER BY num",
            params![root],
            |row| row.num(0),
        )?);
        Ok(nodes)
    }
    /// All (node, root) pairs of several people.
    pub fn nodes_of(&self, tx: &mut Tx<'_>, roots: &[PersonNum]) -> Result<Vec<(PersonNum, PersonNum)>, DbError> {
        let list: Vec<i64> = roots.iter().map(|root| i64::from(*root)).collect();
        let mut pairs: Vec<_> = roots.iter().map(|root| (*root, *root)).collect();
        pairs.extend(tx.query(
            &format!("SELECT num, root FROM person WHERE root <> num AND {}", tx.any("root", 1)),
            params![&list],
            |row| Ok((row.num(0)?, row.num(1)?)),
        )?);
        Ok(pairs)
    }
    /// The roots of any numbers, in their order.
    pub fn roots(&self, tx: &mut Tx<'_>, nums: &[PersonNum]) -> Result<Vec<PersonNum>, DbError> {
        let list: Vec<i64> = nums.iter().map(|num| i64::from(*num)).collect();
        let known: rustc_hash::FxHashMap<PersonNum, PersonNum> = tx
            .query(&format!("SELECT num, root FROM person WHERE {}", tx.any("num", 1)), params![&list], |row| {
                Ok((row.num(0)?, row.num(1)?))
            })?
            .into_iter()
            .collect();
        Ok(nums.iter().map(|num| known.get(num).copied().unwrap_or(*num)).collect())
    }
    /// [`People::roots`], held so until the unit ends: on PostgreSQL a merge beside this unit waits for it. For whoever writes by root.
    pub fn roots_held(&self, tx: &mut Tx<'_>, nums: &[PersonNum]) -> Result<Vec<PersonNum>, DbError> {
        if tx.engine() == siyu_db::Engine::Postgres {
            let list: Vec<i64> = nums.iter().map(|num| i64::from(*num)).collect();
            tx.each("SELECT num FROM person WHERE num = ANY($1) ORDER BY num FOR SHARE", params![&list], |_| Ok(()))?;
        }
        self.roots(tx, nums)
    }
    /// People that exist now (merged ones once, erased ones not).
    pub fn count(&self, tx: &mut Tx<'_>) -> Result<i64, DbError> {
        tx.one("SELECT (SELECT COUNT(*) FROM person) - (SELECT COUNT(*) FROM person WHERE root <> num) - (SELECT COUNT(*) FROM person WHERE state = 2 AND root = num)", &[], |row| row.int(0))
    }
    /// People of whom nothing is known but a browser or a device. Looks at everybody.
    pub fn unknown_count(&self, tx: &mut Tx<'_>) -> Result<i64, DbError> {
        // A person's own identifiers and those of merged identities apart: only for these is there an index by root.
        let sql = "SELECT COUNT(*) FROM person p WHERE p.root = p.num AND p.state = 0
            AND NOT EXISTS (SELECT 1 FROM identifier i WHERE i.num = p.num AND i.kind NOT IN ('anonymous', 'device'))
            AND NOT EXISTS (SELECT 1 FROM person n JOIN identifier i ON i.num = n.num
                WHERE n.root = p.num AND n.root <> n.num AND i.kind NOT IN ('anonymous', 'device'))";
        tx.one(sql, &[], |row| row.int(0))
    }
    pub fn rules(&self) -> Arc<IdentityRules> {
        self.inner.rules.read().unwrap_or_else(|broken| broken.into_inner()).clone()
    }
    /// Reads what other processes, or an earlier run, decided.
    pub(crate) fn reload(&self, tx: &mut Tx<'_>) -> Result<(), Refusal> {
        let rules = IdentityRules::load(tx)?;
        let fields = fields::FieldTable::load(tx)?;
        *self.inner.rules.write().unwrap_or_else(|broken| broken.into_inner()) = Arc::new(rules);
        *self.inner.fields.write().unwrap_or_else(|broken| broken.into_inner()) = Arc::new(fields);
        self.inner.cache().clear();
        Ok(())
    }
}

pub(crate) fn erased() -> Refusal {
    Refusal::not_found("person_erased", "This person's data was erased on request.", "该客户的数据已应其要求删除。")
}

impl Inner {
    pub fn cache(&self) -> std::sync::MutexGuard<'_, cache::Cache> {
        self.cache.lock().unwrap_or_else(|broken| broken.into_inner())
    }
}
