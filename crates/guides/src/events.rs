//! What happens here, as events of people. Ids derive from what happened: told twice, it is in the log once.

use crate::{Guides, Seat};
use serde_json::{Map, Value, json};
use siyu_db::{DbError, Tx};
use siyu_kernel::{Event, EventKind, PersonNum, Time};

/// The names, as analyses and audiences know them. `docs/guide.md` says what each carries.
pub mod names {
    pub const NOTED: &str = "Note Written";
    pub const UNNOTED: &str = "Note Removed";
    pub const STAGED: &str = "Stage Changed";
    pub const TASK_GIVEN: &str = "Task Given";
    pub const TASK_DONE: &str = "Task Done";
    pub const TASK_SKIPPED: &str = "Task Skipped";
    pub const TASK_PASSED_ON: &str = "Task Passed On";
    pub const SENT: &str = "Script Sent";
}

pub(crate) const SOURCE: &str = "guide";

/// An event before it has its place in the log.
pub(crate) struct Happening {
    pub id: String,
    pub name: &'static str,
    pub person: PersonNum,
    pub properties: Map<String, Value>,
}

impl Happening {
    pub fn new(name: &'static str, person: PersonNum, parts: &[&str]) -> Self {
        Self { id: format!("guide:{name}:{}", parts.join(":")), name, person, properties: Map::new() }
    }
    /// Adds a property; an empty one is left out.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        if !value.is_empty() {
            self.properties.insert(name.to_owned(), value.into());
        }
        self
    }
    pub fn flag(mut self, name: &str, value: bool) -> Self {
        self.properties.insert(name.to_owned(), value.into());
        self
    }
    /// Who did it, and of which store.
    pub fn by(self, seat: &Seat) -> Self {
        self.with("staff", &seat.userid).with("store", seat.store.as_deref().unwrap_or_default())
    }
}

impl Guides {
    /// Appends it unless it is in the log already; answers whether it was new.
    pub(crate) fn tell(&self, tx: &mut Tx<'_>, own: Happening, now: Time) -> Result<bool, DbError> {
        let digest = self.inner.log.digest(&own.id);
        if !self.inner.log.digest_is_new(tx, digest)? {
            return Ok(false);
        }
        let event = Event {
            message_id: own.id,
            kind: EventKind::Track,
            name: own.name.to_owned(),
            person: own.person,
            at: now,
            received_at: now,
            source: SOURCE.to_owned(),
            body: json!({ "properties": own.properties }).to_string(),
        };
        self.inner.log.append_digested(tx, event, digest);
        Ok(true)
    }
}
