//! What happened in WeCom, as events of people. Ids derive from what happened: told twice, it is in the log once.

use crate::Contacts;
use serde_json::{Map, Value};
use siyu_db::Tx;
use siyu_kernel::{Event, EventKind, PersonNum, Refusal, Time};
use std::collections::BTreeSet;

/// The names, as analyses and audiences know them. `docs/events.md` says what each carries.
pub mod names {
    pub const ADDED: &str = "Contact Added";
    pub const HALF_ADDED: &str = "Contact Half Added";
    pub const LOST: &str = "Contact Lost";
    pub const EDITED: &str = "Contact Edited";
    pub const TAGGED: &str = "Contact Tagged";
    pub const UNTAGGED: &str = "Contact Untagged";
    pub const TRANSFERRED: &str = "Staff Transferred";
    pub const TRANSFER_ASKED: &str = "Staff Transfer Requested";
    pub const TRANSFER_FAILED: &str = "Staff Transfer Failed";
    pub const JOINED: &str = "Group Joined";
    pub const LEFT: &str = "Group Left";
}

pub(crate) const SOURCE: &str = "wecom";
/// The property that says by which entrance somebody came.
const CHANNEL: &str = "channel";

/// An event before it has its place in the log.
pub(crate) struct Happening {
    id: String,
    name: &'static str,
    person: PersonNum,
    at: Time,
    properties: Map<String, Value>,
}

impl Happening {
    pub fn new(name: &'static str, person: PersonNum, at: Time, parts: &[&str]) -> Self {
        let id = format!("wecom:{name}:{}", parts.join(":"));
        Self { id, name, person, at, properties: Map::new() }
    }
    /// Adds a property; an empty one is left out.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        if !value.is_empty() {
            self.properties.insert(name.to_owned(), value.into());
        }
        self
    }
    pub fn number(mut self, name: &str, value: i64) -> Self {
        self.properties.insert(name.to_owned(), value.into());
        self
    }
}

impl Contacts {
    /// Puts the channel in the place of the state that stands for it, and the live code beside it.
    pub(crate) fn enter(&self, tx: &mut Tx<'_>, happenings: &mut [Happening]) -> Result<(), Refusal> {
        let state = |own: &Happening| own.properties.get(CHANNEL).and_then(Value::as_str).map(str::to_owned);
        let states: BTreeSet<String> = happenings.iter().filter_map(state).collect();
        if states.is_empty() {
            return Ok(());
        }
        let states: Vec<String> = states.into_iter().collect();
        let entrances = self.inner.around.entrances(tx, &states)?;
        for own in happenings {
            let Some(entrance) = state(own).and_then(|state| entrances.get(&state)) else { continue };
            own.properties.insert(CHANNEL.to_owned(), entrance.channel.clone().into());
            if !entrance.code.is_empty() {
                own.properties.insert("code".to_owned(), entrance.code.clone().into());
            }
        }
        Ok(())
    }
    /// Appends what is not in the log yet. Answers how many.
    pub(crate) fn append(&self, tx: &mut Tx<'_>, mut happenings: Vec<Happening>, now: Time) -> Result<usize, Refusal> {
        self.enter(tx, &mut happenings)?;
        let mut count = 0;
        for happening in happenings {
            let digest = self.inner.log.digest(&happening.id);
            if !self.inner.log.digest_is_new(tx, digest)? {
                continue;
            }
            count += 1;
            let body = serde_json::json!({ "properties": happening.properties }).to_string();
            let event = Event {
                message_id: happening.id,
                kind: EventKind::Track,
                name: happening.name.to_owned(),
                person: happening.person,
                at: happening.at.in_range().unwrap_or(now),
                received_at: now,
                source: SOURCE.to_owned(),
                body,
            };
            self.inner.log.append_digested(tx, event, digest);
        }
        Ok(count)
    }
}
