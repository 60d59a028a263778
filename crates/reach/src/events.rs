//! What went out, as events of people.

/// The names, as analyses and audiences know them. `docs/events.md` says what each carries.
pub mod names {
    pub const WELCOME_SENT: &str = "Welcome Sent";
    pub const WELCOME_SKIPPED: &str = "Welcome Skipped";
    pub const WELCOME_FAILED: &str = "Welcome Failed";
    pub const MESSAGE_SENT: &str = "Message Sent";
    pub const MESSAGE_SKIPPED: &str = "Message Skipped";
    pub const MESSAGE_FAILED: &str = "Message Failed";
    pub const MATERIAL_SENT: &str = "Material Sent";
    pub const MATERIAL_OPENED: &str = "Material Opened";
    pub const MATERIAL_PASSED_ON: &str = "Material Passed On";
    pub const MOMENT_SHOWN: &str = "Moment Shown";
    pub const MOMENT_LIKED: &str = "Moment Liked";
    pub const MOMENT_COMMENTED: &str = "Moment Commented";
}

use crate::Reach;
use serde_json::{Map, Value};
use siyu_db::{DbError, Tx};
use siyu_kernel::{Event, EventKind, PersonNum, Time};

pub(crate) const SOURCE: &str = "wecom";

/// An event before it has its place in the log.
pub(crate) struct Happening {
    id: String,
    name: &'static str,
    person: PersonNum,
    at: Time,
    properties: Map<String, Value>,
    source: &'static str,
}

impl Happening {
    pub fn new(name: &'static str, person: PersonNum, at: Time, id: &str) -> Self {
        Self { id: format!("reach:{id}"), name, person, at, properties: Map::new(), source: SOURCE }
    }
    /// Not told by WeCom.
    pub fn by_source(self, source: &'static str) -> Self {
        Self { source, ..self }
    }
    /// Adds a number.
    pub fn with_number(mut self, name: &str, value: i64) -> Self {
        self.properties.insert(name.to_owned(), value.into());
        self
    }
    /// Adds a property; an empty one is left out.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        if !value.is_empty() {
            self.properties.insert(name.to_owned(), value.into());
        }
        self
    }
}

impl Reach {
    /// Appends what is not in the log yet.
    pub(crate) fn append(&self, tx: &mut Tx<'_>, happenings: Vec<Happening>, now: Time) -> Result<(), DbError> {
        let log = &self.parts().log;
        for own in happenings {
            let digest = log.digest(&own.id);
            if !log.digest_is_new(tx, digest)? {
                continue;
            }
            let event = Event {
                message_id: own.id,
                kind: EventKind::Track,
                name: own.name.to_owned(),
                person: own.person,
                at: own.at.in_range().unwrap_or(now),
                received_at: now,
                source: own.source.to_owned(),
                body: serde_json::json!({ "properties": own.properties }).to_string(),
            };
            log.append_digested(tx, event, digest);
        }
        Ok(())
    }
}
