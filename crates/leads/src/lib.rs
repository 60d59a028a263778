//! People to be won as friends.
//!
//! Nouns: **lead** – a person who is nobody's friend yet, or no more, and whom somebody is to win; **pool** – leads that nobody holds, the brand's
//! or a store's; **holder** – the member of staff who works on a lead; **move** – a change of a lead's state or holder, with its reason; **rule** –
//! who is given which leads without asking for them; **walk** – a look through the house for people who belong into the pool.
//!
//! Invariants
//! - A person is one lead at most, whatever identities they have; a lead has one holder at most.
//! - However a lead comes to a member of staff, it passes [`Leads::take`], which holds that member's desk: nobody gets beyond the caps.
//! - Each move is a row and an event of the person, written in the unit that changes the lead.
//! - A held lead that is not worked on goes back: the clock decides, not a person.
//! - Whether somebody was added is read from WeCom's mirror, and whether they bought from the orders; nobody has to say it.
//! - Whoever has said no to being approached does not come into the pool.
//!
//! This crate reads the tables of `contacts`, `channels` and `commerce` by SQL and changes none of them. It knows no HTTP, no roles, no audiences.

mod assign;
mod board;
mod events;
mod forget;
mod list;
mod model;
mod moves;
mod plan;
mod put;
mod refuse;
mod rules;
mod settings;
mod settle;
mod step;
mod take;
mod times;
mod walks;

pub use board::{Board, PlaceFigures, StaffFigures};
pub use events::names;
pub use list::{LeadQuery, MoveRow, View};
pub use model::{CONTACT_WAYS, CONTACTS, Face, Lead, SOURCES, Sight, State};
pub use moves::{Contact, Who};
pub use plan::{Mode, Rule, RuleSeat};
pub use put::{Put, PutIn};
pub use refuse::{consent as said_no, friend as is_friend, not_yours, word as unknown_word};
pub use rules::{Desk, Held, due, pick, rate, room, runs_out};
pub use settings::Settings;

use siyu_db::{Db, Migration, Tx};
use siyu_kernel::{Chance, Clock, Refusal, Time, Vault, Zone};
use siyu_log::Log;
use siyu_people::People;
use std::sync::Arc;

pub const MIGRATIONS: &[Migration] = &[
    Migration { id: "leads/0001_leads", sql: include_str!("../migrations/0001_leads.sql") },
    Migration { id: "leads/0002_pooled", sql: include_str!("../migrations/0002_pooled.sql") },
];

/// The operations. Cheap to clone.
#[derive(Clone)]
pub struct Leads {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub db: Db,
    pub vault: Vault,
    pub log: Log,
    pub people: People,
    pub chance: Arc<Chance>,
    pub clock: Arc<dyn Clock>,
}

impl Leads {
    pub fn new(db: Db, vault: Vault, log: Log, people: People, chance: Arc<Chance>, clock: Arc<dyn Clock>) -> Self {
        Self { inner: Arc::new(Inner { db, vault, log, people, chance, clock }) }
    }
    pub(crate) fn now(&self) -> Time {
        self.inner.clock.now()
    }
    pub(crate) fn seal(&self, text: &str) -> Vec<u8> {
        if text.is_empty() { Vec::new() } else { self.inner.vault.seal(text.as_bytes()) }
    }
    pub(crate) fn unseal(&self, sealed: &[u8]) -> Result<String, Refusal> {
        if sealed.is_empty() {
            return Ok(String::new());
        }
        let plain = self.inner.vault.open(sealed).map_err(Refusal::internal)?;
        String::from_utf8(plain).map_err(Refusal::internal)
    }
}

/// The workspace's zone.
pub(crate) fn zone(tx: &mut Tx<'_>) -> Result<Zone, Refusal> {
    let name = tx.opt("SELECT value FROM setting WHERE name = 'workspace.timezone'", &[], |row| row.text(0))?;
    Ok(name.and_then(|name| Zone::named(&name).ok()).unwrap_or_else(Zone::shanghai))
}
/// WeCom does not distinguish the case of a userid: this is the form rows are found by.
pub(crate) fn key(userid: &str) -> String {
    userid.trim().to_lowercase()
}
