//! What journeys decide, carried out.
//!
//! Nouns: **effect** – something a journey decided; **gathering** – messages of one node of one version that wait a while for each other, so that a
//! member of staff is asked once for all of them; **hook** – a web address that is told of somebody.
//!
//! Invariants
//! - An effect is taken over in the unit in which the journey hands it on, by its key: none is carried out twice, none is lost.
//! - Messages pass the gate like everybody's. What becomes of each is told to the journey in the unit in which it becomes known.
//! - What a journey takes back and nobody has been asked for yet is not sent.
//! - Hooks are sent after they are on disk, with one id at every attempt, to public addresses only. Receivers are told beside
//!   each other: a few at once each, one of a person's at a time.
//!
//! This crate knows no HTTP server and no roles. The workspace's zone and currency are told by whoever knows them.

mod deeds;
mod ends;
mod flights;
mod hooks;
mod messages;
mod refuse;
mod said;
mod world;

pub use ends::Echo;
pub use hooks::{Delivery, DeliveryQuery, Endpoint, HookKeys, HookState, Tried};
pub use said::{MessageSaid, TagSaid, TaskSaid};

use flights::Flights;
use siyu_audience::{Audience, Ctx};
use siyu_contacts::Contacts;
use siyu_db::{Db, Migration, Tx};
use siyu_direct::Direct;
use siyu_guides::Guides;
use siyu_kernel::{Chance, Clock, Refusal, Time, Vault};
use siyu_people::People;
use siyu_reach::Reach;
use siyu_webhook::Sender;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;

pub const MIGRATIONS: &[Migration] = &[
    Migration { id: "plays/0001_plays", sql: include_str!("../migrations/0001_plays.sql") },
    Migration { id: "plays/0002_deliveries", sql: include_str!("../migrations/0002_deliveries.sql") },
];

/// What is known of the workspace beside this crate.
pub trait Around: Send + Sync {
    /// How rules are asked: the workspace's zone and currency, at this instant.
    fn ctx(&self, tx: &mut Tx<'_>, now: Time) -> Result<Ctx, Refusal>;
}

/// What plays are carried out with.
pub struct Parts {
    pub db: Db,
    pub vault: Vault,
    pub people: People,
    pub contacts: Contacts,
    pub audience: Audience,
    pub reach: Reach,
    pub direct: Direct,
    pub guides: Guides,
    pub sender: Arc<dyn Sender>,
    pub chance: Arc<Chance>,
    pub clock: Arc<dyn Clock>,
    pub around: Arc<dyn Around>,
}

/// The operations. Cheap to clone.
#[derive(Clone)]
pub struct Plays {
    inner: Arc<Parts>,
    flights: Arc<Flights>,
    /// When old webhooks were thrown away last.
    tidied: Arc<AtomicI64>,
}

impl Plays {
    pub fn new(parts: Parts) -> Self {
        Self { inner: Arc::new(parts), flights: Arc::default(), tidied: Arc::default() }
    }
    fn now(&self) -> Time {
        self.inner.clock.now()
    }
}
