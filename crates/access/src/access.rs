//! The handle other code holds.

use crate::key::KeyCache;
use crate::password::Hasher;
use siyu_db::Db;
use siyu_kernel::{Chance, Refusal};
use std::sync::Arc;

#[derive(Clone)]
pub struct Access {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub db: Db,
    pub chance: Arc<Chance>,
    pub hasher: Hasher,
    pub keys: KeyCache,
}

impl Access {
    /// `chance` makes ids only; tokens and salts come from the operating system.
    pub fn new(db: Db, chance: Arc<Chance>) -> Self {
        Self { inner: Arc::new(Inner { db, chance, hasher: Hasher::default(), keys: KeyCache::default() }) }
    }
    /// True until the first owner exists.
    pub fn setup_needed(&self) -> Result<bool, Refusal> {
        self.db().read(|tx| {
            Ok(tx.one("SELECT COUNT(*) FROM setting WHERE name = $1", siyu_db::params![SETUP], |row| row.int(0))? == 0)
        })
    }
    pub(crate) fn db(&self) -> &Db {
        &self.inner.db
    }
}

/// The setting whose insertion decides which of two first owners is the first.
pub(crate) const SETUP: &str = "access.first_owner";
