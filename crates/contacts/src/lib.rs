//! The brand's WeCom as it is, mirrored.
//!
//! Nouns: **connection** – the one corp of a workspace, with its secrets; **staff** and **department** – the address book the app can see;
//! **contact** – a customer, known by WeCom's external id; **follow** – one customer's relation to one member of staff; **group** and
//! **member** – a customer group; **sync** – one walk through everything WeCom has; **inbox** – callbacks that were taken and wait.
//!
//! Invariants
//! - WeCom decides what is: a callback only says where to look. What is read there is compared with the mirror, and each difference is one
//!   event in the log, written in the unit that changes the row.
//! - Nothing read earlier overwrites what was read later (`read_at`).
//! - A callback is answered after it is on disk, and is worked on once, in order.
//! - A full sync goes on behind its last saved page, may be stopped and repeated, and leaves the mirror equal to WeCom.
//! - A customer is a person by WeCom's ids; a phone in a remark counts only when it stands alone and the workspace wants it.
//! - A change made here waits in a queue until WeCom has it. Until then it stands against what WeCom says; what WeCom refuses is a conflict.
//! - Secrets, tokens, callbacks and phones are sealed at rest.
//!
//! This crate knows no HTTP server, no orders and no audiences. What follows elsewhere from a merge is told to [`Around`].

mod about;
mod alerts;
mod arrivals;
mod client;
mod connection;
mod doctor;
mod events;
mod forget;
mod handover;
mod inbox;
mod intake;
mod lane;
mod lists;
mod lost;
mod mirror;
mod outgoing;
mod pictures;
mod refuse;
mod rows;
mod sync;
mod tokens;
mod work;

pub use about::{About, AboutRelation, Colleague};
pub use alerts::{AlertPush, AlertQuery, AlertRow, AlertSettings, Home};
pub use arrivals::Arrival;
pub use client::Reach;
pub use connection::{Connection, ConnectionIn, Secrets, Shown, check_base};
pub use doctor::{Finding, Health};
pub use events::names;
pub use handover::{
    Forecast, HandoverCounts, HandoverIn, HandoverItem, HandoverJob, ItemQuery, LeaverRow, Only, TakerForecast,
    TakerIn, What, handover_reason,
};
pub use inbox::{Aside, InboxCounts, Refused};
pub use intake::Delivery;
pub use lane::Taken;
pub use lists::{
    ConflictRow, ContactRow, DepartmentRow, FollowRow, GroupQuery, GroupRow, MemberRow, MembershipRow, StaffQuery,
    StaffRow, TagRow,
};
pub use lost::{LostQuery, LostRow};
pub use outgoing::{OutgoingCounts, RemarkIn};
pub use pictures::PictureFault;
pub use refuse::{follow_unknown, group_unknown, handover_unknown};
pub use sync::{Phase, SyncCounts, SyncRow, SyncState};
pub use tokens::DbTokens;
pub use work::Ran;

use rustc_hash::FxHashMap;
use siyu_db::{Db, Migration, Tx};
use siyu_kernel::{Chance, Clock, PersonNum, Refusal, Time, Vault, Zone};
use siyu_log::Log;
use siyu_people::{Merged, People};
use siyu_wecom::{Limiter, Sleep, Tokens, Wait};
use std::sync::{Arc, Mutex};

pub const MIGRATIONS: &[Migration] = &[
    Migration { id: "contacts/0001_wecom", sql: include_str!("../migrations/0001_wecom.sql") },
    Migration { id: "contacts/0002_states", sql: include_str!("../migrations/0002_states.sql") },
    Migration { id: "contacts/0003_handover", sql: include_str!("../migrations/0003_handover.sql") },
    Migration { id: "contacts/0004_stores", sql: include_str!("../migrations/0004_stores.sql") },
    Migration { id: "contacts/0005_alerts", sql: include_str!("../migrations/0005_alerts.sql") },
];

/// What lies beside this crate and follows from what happens here. Runs inside the unit.
pub trait Around: Send + Sync {
    /// People became one: whoever keeps totals per person recounts.
    fn merged(&self, tx: &mut Tx<'_>, merges: &[Merged]) -> Result<(), Refusal>;
    /// The code of the store that has this name or code, when there is one.
    fn store_named(&self, tx: &mut Tx<'_>, name: &str) -> Result<Option<String>, Refusal>;
    /// Callbacks that were not here before tell of customers who came; in the unit that keeps them.
    fn arrived(&self, _: &mut Tx<'_>, _: &[Arrival]) -> Result<(), Refusal> {
        Ok(())
    }
    /// What the states that customers came with mean, of those that mean something: events carry it.
    fn entrances(&self, _: &mut Tx<'_>, _: &[String]) -> Result<FxHashMap<String, Entrance>, Refusal> {
        Ok(FxHashMap::default())
    }
    /// Relations that began, each with the state it came by. They are saved, and so is the customer.
    fn added(&self, _: &Contacts, _: &mut Tx<'_>, _: &[Added], _: Time) -> Result<(), Refusal> {
        Ok(())
    }
    /// The code of the store each of these people bought in last; who never bought in a store is left out.
    fn stores_of(&self, _: &mut Tx<'_>, _: &[PersonNum]) -> Result<FxHashMap<PersonNum, String>, Refusal> {
        Ok(FxHashMap::default())
    }
    /// The workspace's language and zone.
    fn home(&self, _: &mut Tx<'_>) -> Result<Home, Refusal> {
        Ok(Home { zone: Zone::shanghai(), zh: true })
    }
}

/// Where a state leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entrance {
    /// The channel's code.
    pub channel: String,
    /// The live code; empty when the state is none of ours.
    pub code: String,
}

/// A relation that began.
#[derive(Clone, Debug)]
pub struct Added {
    pub contact: String,
    /// The key of the member of staff.
    pub staff: String,
    pub num: PersonNum,
    pub state: String,
    pub at: Time,
    /// The member has yet to confirm.
    pub half: bool,
    /// What the member calls the customer now, and what the customer calls themselves.
    pub remark: String,
    pub name: String,
}

/// Nothing lies beside.
pub struct Alone;
impl Around for Alone {
    fn merged(&self, _: &mut Tx<'_>, _: &[Merged]) -> Result<(), Refusal> {
        Ok(())
    }
    fn store_named(&self, _: &mut Tx<'_>, _: &str) -> Result<Option<String>, Refusal> {
        Ok(None)
    }
}

/// Everything the mirror is made from.
pub struct Parts {
    pub db: Db,
    pub vault: Vault,
    pub log: Log,
    pub people: People,
    pub chance: Arc<Chance>,
    pub clock: Arc<dyn Clock>,
    pub around: Arc<dyn Around>,
    pub reach: Arc<dyn Reach>,
    pub wait: Arc<dyn Wait>,
}

impl Parts {
    /// For a program: the network, and real waiting.
    pub fn new(db: Db, vault: Vault, log: Log, people: People, chance: Arc<Chance>, clock: Arc<dyn Clock>) -> Self {
        let (around, reach, wait) = (Arc::new(Alone), Arc::new(client::Network), Arc::new(Sleep));
        Self { db, vault, log, people, chance, clock, around, reach, wait }
    }
}

/// The mirror and its operations. Cheap to clone.
#[derive(Clone)]
pub struct Contacts {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub db: Db,
    pub vault: Vault,
    pub log: Log,
    pub people: People,
    pub chance: Arc<Chance>,
    pub clock: Arc<dyn Clock>,
    pub around: Arc<dyn Around>,
    pub reach: Arc<dyn Reach>,
    pub wait: Arc<dyn Wait>,
    pub tokens: Arc<Tokens>,
    pub limiter: Arc<Limiter>,
    pub current: Mutex<client::Current>,
    pub refusals: Mutex<intake::Refusals>,
    pub lane: lane::Lane,
}

impl Contacts {
    pub fn new(parts: Parts) -> Self {
        let Parts { db, vault, log, people, chance, clock, around, reach, wait } = parts;
        let store = Arc::new(DbTokens::new(db.clone(), vault.clone()));
        let inner = Inner {
            tokens: Arc::new(Tokens::new(store, clock.clone(), wait.clone())),
            limiter: Arc::new(Limiter::new(clock.clone())),
            current: Mutex::default(),
            refusals: Mutex::default(),
            lane: lane::Lane::start(db.clone(), Arc::clone(&around)),
            db,
            vault,
            log,
            people,
            chance,
            clock,
            around,
            reach,
            wait,
        };
        Self { inner: Arc::new(inner) }
    }
    pub(crate) fn now(&self) -> Time {
        self.inner.clock.now()
    }
    pub(crate) fn seal(&self, plain: &[u8]) -> Vec<u8> {
        self.inner.vault.seal(plain)
    }
    pub(crate) fn unseal(&self, sealed: &[u8]) -> Result<Vec<u8>, Refusal> {
        self.inner.vault.open(sealed).map_err(Refusal::internal)
    }
}
