//! Messages that go to a person directly, by mail or SMS, with nobody of staff in between.
//!
//! Nouns: **content** – what a mail or an SMS says; **message** – a content, or several, for many people: a run of the gate on the channel `email` or
//! `sms`; **person** (of a message) – somebody the gate let through, and what became of it; **carrier** – an account that takes mail or SMS; **hold** – a
//! channel on which nothing goes out for now, because every message would end alike.
//!
//! Invariants
//! - Of each message, at every instant: people = waiting + sent + skipped + failed. A row here, its decision at the gate, its event and what a journey is
//!   told change in one unit.
//! - That somebody is being sent something is on disk before the carrier is asked. Whose outcome nobody knows is not sent it again: of an SMS the provider
//!   is asked what became of it, of a mail it counts as had.
//! - Addresses are looked up when it is sent. Nothing here holds one in the clear.
//! - Without a working account people wait; nobody is lost.
//!
//! This crate knows no accounts, templates of providers or lists of addresses: those are asked of [`Carriers`].

mod address;
mod carrier;
mod content;
mod decide;
mod hold;
mod make;
mod read;
mod refuse;
mod report;
mod send;
mod settle;
mod trial;

pub use carrier::{Carriers, MailCarrier, NoCarriers, Reported, SmsCarrier};
pub use content::{Content, Letter, MailContent, Short, Shown, SmsContent};
pub use hold::{HoldRow, meaning};
pub use make::{DirectIn, Plan};
pub use read::{Delivery, DirectRow};

use siyu_db::{Db, Migration};
use siyu_gate::Gate;
use siyu_kernel::{Clock, Refusal, Time, Vault};
use siyu_log::Log;
use siyu_people::People;
use siyu_reach::{Beside, Ends};
use std::sync::Arc;

pub const MIGRATIONS: &[Migration] = &[
    Migration { id: "direct/0001_direct", sql: include_str!("../migrations/0001_direct.sql") },
    Migration { id: "direct/0002_taken", sql: include_str!("../migrations/0002_taken.sql") },
    Migration { id: "direct/0003_rest", sql: include_str!("../migrations/0003_rest.sql") },
];

/// Everything it is made from.
pub struct Parts {
    pub db: Db,
    pub vault: Vault,
    pub log: Log,
    pub people: People,
    pub gate: Gate,
    pub clock: Arc<dyn Clock>,
    pub beside: Arc<dyn Beside>,
    pub ends: Arc<dyn Ends>,
    pub carriers: Arc<dyn Carriers>,
}

/// The operations. Cheap to clone.
#[derive(Clone)]
pub struct Direct {
    inner: Arc<Parts>,
}

impl Direct {
    pub fn new(parts: Parts) -> Self {
        Self { inner: Arc::new(parts) }
    }
    pub(crate) fn parts(&self) -> &Parts {
        &self.inner
    }
    pub(crate) fn now(&self) -> Time {
        self.inner.clock.now()
    }
    pub(crate) fn unseal<T: serde::de::DeserializeOwned>(&self, sealed: &[u8]) -> Result<T, Refusal> {
        let plain = self.inner.vault.open(sealed).map_err(Refusal::internal)?;
        serde_json::from_slice(&plain).map_err(Refusal::internal)
    }
    pub(crate) fn seal<T: serde::Serialize>(&self, value: &T) -> Result<Vec<u8>, Refusal> {
        Ok(self.inner.vault.seal(&serde_json::to_vec(value).map_err(Refusal::internal)?))
    }
}

/// States of a person of a message.
pub(crate) const TO_SEND: i64 = 0;
pub(crate) const SENDING: i64 = 1;
pub(crate) const TAKEN: i64 = 2;
pub(crate) const DELIVERED: i64 = 3;
pub(crate) const FAILED: i64 = 4;
pub(crate) const SKIPPED: i64 = 5;
pub(crate) const UNKNOWN: i64 = 6;
