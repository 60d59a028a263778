//! Raw customer data in.
//!
//! A message goes: parsed and checked off the writing thread ([`message`], [`registry`]) → de-duplicated, resolved to a person, appended
//! to the log, mapped to orders, all in one unit ([`Intake::accept`]) → answered once that is on disk. What cannot be let in is
//! quarantined with the reason, in the same unit; a request that cannot be read at all is refused as a whole and nothing of it is kept.

mod accept;
mod books;
mod clock_skew;
mod forget;
pub mod import;
pub mod message;
mod orders;
mod pool;
mod quarantine;
pub mod registry;
mod shape;

pub use accept::{Accepted, Prepared};
pub use forget::Forgotten;
pub use message::{Endpoint, Limits};
pub use orders::order_of;
pub use pool::{Pool, PoolRow};
pub use quarantine::Quarantined;
pub use registry::{EventPatch, EventRow, PropertyPatch, PropertyRow};

use siyu_db::{CommitHook, Db, Migration, Slots, Tx, params};
use siyu_kernel::{Chance, Currency, Refusal, Vault};
use siyu_log::Log;
use siyu_people::People;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, RwLock};

pub const MIGRATIONS: &[Migration] = &[
    Migration { id: "intake/0001_intake", sql: include_str!("../migrations/0001_intake.sql") },
    Migration { id: "intake/0002_import", sql: include_str!("../migrations/0002_import.sql") },
    Migration { id: "intake/0003_import_columns", sql: include_str!("../migrations/0003_import_columns.sql") },
];

#[derive(Clone)]
pub struct Intake {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub vault: Vault,
    pub log: Log,
    pub people: People,
    pub chance: Arc<Chance>,
    pub currency: RwLock<Currency>,
    pub registry: RwLock<Arc<registry::Registry>>,
    pub skus: std::sync::Mutex<rustc_hash::FxHashSet<String>>,
    pub pool: RwLock<Option<Arc<dyn Pool>>>,
    /// Counts the changes of what messages are checked against.
    pub rules: AtomicU64,
}

/// The setting that holds the workspace's currency.
pub const CURRENCY: &str = "workspace.currency";

impl Intake {
    /// `currency` is what amounts without one are in, until the workspace has its own ([`CURRENCY`]).
    pub fn open(
        db: &Db,
        vault: Vault,
        log: Log,
        people: People,
        chance: Arc<Chance>,
        currency: Currency,
    ) -> Result<Self, Refusal> {
        let inner = Inner {
            vault,
            log,
            people,
            chance,
            currency: RwLock::new(currency),
            registry: RwLock::default(),
            skus: std::sync::Mutex::default(),
            pool: RwLock::default(),
            rules: AtomicU64::new(0),
        };
        let intake = Self { inner: Arc::new(inner) };
        db.read(|tx| intake.reload(tx))?;
        db.add_hook(Arc::new(Refresh(intake.clone())));
        Ok(intake)
    }
    pub fn currency(&self) -> Currency {
        *self.inner.currency.read().unwrap_or_else(|broken| broken.into_inner())
    }
    pub fn set_currency(&self, currency: Currency) {
        *self.inner.currency.write().unwrap_or_else(|broken| broken.into_inner()) = currency;
        self.rules_changed();
    }
    fn reload(&self, tx: &mut Tx<'_>) -> Result<(), Refusal> {
        let registry = registry::Registry::load(tx)?;
        *self.inner.registry.write().unwrap_or_else(|broken| broken.into_inner()) = Arc::new(registry);
        let currency = tx.opt("SELECT value FROM setting WHERE name = $1", params![CURRENCY], |row| row.text(0))?;
        if let Some(currency) = currency.and_then(|code| Currency::parse(&code).ok()) {
            *self.inner.currency.write().unwrap_or_else(|broken| broken.into_inner()) = currency;
        }
        self.rules_changed();
        Ok(())
    }
    pub(crate) fn rules_changed(&self) {
        self.inner.rules.fetch_add(1, Ordering::SeqCst);
    }
    pub(crate) fn rules_no(&self) -> u64 {
        self.inner.rules.load(Ordering::SeqCst)
    }
}

struct Refresh(Intake);

impl CommitHook for Refresh {
    fn refresh(&self, tx: &mut Tx<'_>) -> Result<(), Refusal> {
        self.0.reload(tx)
    }
    fn before_commit(&self, _: &mut Tx<'_>) -> Result<(), Refusal> {
        Ok(())
    }
    fn after_commit(&self, _: &mut Slots, _: bool) {}
}
