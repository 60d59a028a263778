//! The shop guide at work.
//!
//! Nouns: **seat** – a member of staff before the page, and whose customers they see; **note** – what somebody wrote about a customer; **stage** –
//! how far the conversation with a customer has come, in the brand's own words; **task** – what somebody is to do, for a customer, a group or alone;
//! **script** – something ready to be sent, in folders; **action** – what to do next for a customer, and why; **figure** – what WeCom counts.
//!
//! Invariants
//! - Whoever is no friend of a seat's staff, and in no group of theirs, is unknown to that seat, whatever is asked for.
//! - A login is begun and ended by the same browser, once, within ten minutes; of its secrets only digests are kept.
//! - What happens to a customer here is an event of that person, written in the unit that changes the row.
//! - Notes and the texts of tasks are sealed at rest. Rows keep the identity they came in with; a merge moves nothing.
//! - A task with an origin exists once.
//!
//! This crate reads the mirror's tables of `contacts` and the orders of `commerce` by SQL and changes neither. It knows no HTTP, no roles, no audiences:
//! how far a seat sees is told by whoever knows the user behind it, and where a customer stands by whoever computes it.

pub mod actions;
mod customers;
mod events;
mod figures;
mod fill;
mod forget;
mod given;
mod groups;
mod login;
mod notes;
mod numbers;
mod refuse;
mod scripts;
mod seat;
mod settings;
mod stages;
mod tasks;
mod texts;

pub use customers::{Customer, CustomerQuery, CustomerRow, Relation};
pub use events::names;
pub use figures::Figures;
pub use fill::{Words, fill};
pub use groups::{GroupCustomer, GroupNumbers};
pub use login::{Begun, LOGIN_SECONDS, Page, SignedIn};
pub use notes::Note;
pub use numbers::{Counts, Numbers, Span};
pub use scripts::{Folder, Script, ScriptBody, ScriptIn, ScriptKind, ScriptPatch, ScriptQuery, Sendable, picture_of};
pub use seat::{Beyond, Seat, Sees};
pub use settings::{SDK_FILE, Settings, SettingsIn, VerifyFile};
pub use stages::{Place, Stage};
pub use tasks::{Board, TASK_KINDS, Task, TaskIn, TaskQuery, TaskState};

use siyu_contacts::Contacts;
use siyu_db::{Db, Migration, Tx};
use siyu_kernel::{Chance, Clock, Refusal, Time, Vault};
use siyu_log::Log;
use siyu_people::People;
use std::sync::Arc;

pub const MIGRATIONS: &[Migration] = &[
    Migration { id: "guides/0001_guides", sql: include_str!("../migrations/0001_guides.sql") },
    Migration { id: "guides/0002_nudges", sql: include_str!("../migrations/0002_nudges.sql") },
    Migration { id: "guides/0003_journeys", sql: include_str!("../migrations/0003_journeys.sql") },
];

/// The operations. Cheap to clone.
#[derive(Clone)]
pub struct Guides {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub db: Db,
    pub vault: Vault,
    pub log: Log,
    pub people: People,
    pub contacts: Contacts,
    pub chance: Arc<Chance>,
    pub clock: Arc<dyn Clock>,
    pub ends: Arc<dyn TaskEnds>,
}

/// Whoever has given a task with an origin and waits for what becomes of it. Told in the unit in which it ends.
pub trait TaskEnds: Send + Sync {
    fn ended(&self, tx: &mut Tx<'_>, origin: &str, done: bool) -> Result<(), Refusal>;
}

/// Nobody waits.
pub struct NoTaskEnds;
impl TaskEnds for NoTaskEnds {
    fn ended(&self, _: &mut Tx<'_>, _: &str, _: bool) -> Result<(), Refusal> {
        Ok(())
    }
}

impl Guides {
    #[allow(clippy::too_many_arguments, reason = "each is a part of the program that guides work with")]
    pub fn new(
        db: Db,
        vault: Vault,
        log: Log,
        people: People,
        contacts: Contacts,
        chance: Arc<Chance>,
        clock: Arc<dyn Clock>,
        ends: Arc<dyn TaskEnds>,
    ) -> Self {
        Self { inner: Arc::new(Inner { db, vault, log, people, contacts, chance, clock, ends }) }
    }
    pub(crate) fn now(&self) -> Time {
        self.inner.clock.now()
    }
    pub(crate) fn id(&self, prefix: &str) -> String {
        siyu_kernel::new_id(prefix, self.now(), &self.inner.chance)
    }
    pub(crate) fn seal(&self, text: &str) -> Vec<u8> {
        self.inner.vault.seal(text.as_bytes())
    }
    pub(crate) fn unseal(&self, sealed: &[u8]) -> Result<String, Refusal> {
        let plain = self.inner.vault.open(sealed).map_err(Refusal::internal)?;
        String::from_utf8(plain).map_err(Refusal::internal)
    }
}
