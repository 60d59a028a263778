//! Entrances into the private domain, and who came by which.
//!
//! Nouns: **channel** – an entrance with a code, a cost and somebody who answers for it; **state** – what WeCom hands back with everybody who came
//! by a code; **live code** – one QR that stays the same while the members behind it change; **pool** – the members of a live code for one sort of
//! visitor, each with a QR of its own at WeCom (a **way**); **seat** – a member in a pool, with hours, weight and a cap; **group code** – the same
//! for customer groups, one way for each store or city.
//!
//! Invariants
//! - The code of a channel is what events carry, and never changes; a state means one channel for ever.
//! - Who is in a code at a moment is decided by pure rules ([`plan`]); as long as anybody can serve there is somebody in it.
//! - WeCom is told what it was not told yet, and each telling is kept ([`Told`]). What may have been made is looked for before it is made again.
//! - An add through a code is counted, tagged and named in the unit that mirrors it.
//!
//! This crate knows no HTTP, and of orders nothing: whoever shows a code's page says what it knows of the visitor.

mod arrivals;
mod channel;
mod code;
mod code_write;
mod drawing;
mod figures;
mod group;
mod group_job;
mod job;
mod page;
mod pictures;
mod plan;
mod poster;
mod poster_draw;
mod poster_guides;
mod poster_pictures;
mod qr;
mod refuse;
mod remark;
mod rota;
mod told;
mod wecom;

pub use arrivals::Arrivals;
pub use channel::{ChannelChange, ChannelIn, ChannelQuery, ChannelRow, CostIn, CostRow, KINDS, Stray, share};
pub use code::{BackupRow, CodeChange, CodeIn, CodeQuery, CodeRow, POOLS, SeatIn, SeatRow, WayRow};
pub use group::{DOOR_MAX, GroupCodeChange, GroupCodeIn, GroupCodeQuery, GroupCodeRow, GroupWayRow, Room, VariantIn};
pub use page::{GroupPage, Page, Stage, Visitor};
pub use pictures::QrRow;
pub use plan::{MEMBERS_MAX, Plan, Seat, Why, plan};
pub use poster::{PosterIn, PosterRow};
pub use poster_draw::{Easel, Subject};
pub use poster_guides::GuideCode;
pub use poster_pictures::{PosterPicture, PosterPictureIn};
pub use qr::{png, svg};
pub use rota::{Rota, Slot};
/// What a poster looks like.
pub use siyu_pictures::{Align, Design, Field, Filled, Place, QrPlace, TextPlace};
pub use told::Told;

use siyu_contacts::Contacts;
use siyu_db::{Db, Migration, Tx, params};
use siyu_kernel::{Chance, Clock, PersonNum, Refusal, Time, Vault, Zone};
use siyu_log::Log;
use siyu_people::People;
use std::sync::{Arc, Mutex};

pub const MIGRATIONS: &[Migration] = &[
    Migration { id: "channels/0001_channels", sql: include_str!("../migrations/0001_channels.sql") },
    Migration { id: "channels/0002_pictures", sql: include_str!("../migrations/0002_pictures.sql") },
    Migration { id: "channels/0003_posters", sql: include_str!("../migrations/0003_posters.sql") },
];

/// What the operations are made from.
pub struct Parts {
    pub db: Db,
    pub vault: Vault,
    pub log: Log,
    pub people: People,
    pub contacts: Contacts,
    pub chance: Arc<Chance>,
    pub clock: Arc<dyn Clock>,
}

/// The operations. Cheap to clone.
#[derive(Clone)]
pub struct Channels {
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
    pub looked: Mutex<job::Looked>,
    /// Held while a poster is drawn: one at a time, for the memory it takes.
    pub drawing: drawing::Drawing,
}

impl Channels {
    pub fn new(parts: Parts) -> Self {
        let Parts { db, vault, log, people, contacts, chance, clock } = parts;
        let inner = Inner {
            db,
            vault,
            log,
            people,
            contacts,
            chance,
            clock,
            looked: Mutex::default(),
            drawing: drawing::Drawing::default(),
        };
        Self { inner: Arc::new(inner) }
    }
    pub(crate) fn now(&self) -> Time {
        self.inner.clock.now()
    }
    /// Takes what is kept of somebody who is erased.
    pub fn forget(&self, tx: &mut Tx<'_>, nodes: &[PersonNum]) -> Result<(), Refusal> {
        let nums: Vec<i64> = nodes.iter().map(|node| i64::from(*node)).collect();
        tx.execute(&format!("DELETE FROM channel_add WHERE {}", tx.any("num", 1)), params![&nums])?;
        Ok(())
    }
}

/// The workspace's zone.
pub(crate) fn zone(tx: &mut Tx<'_>) -> Result<Zone, Refusal> {
    let name = tx.opt("SELECT value FROM setting WHERE name = 'workspace.timezone'", &[], |row| row.text(0))?;
    Ok(name.and_then(|name| Zone::named(&name).ok()).unwrap_or_else(Zone::shanghai))
}

/// Something that may change who is in a code happened in this unit.
pub(crate) fn pulse(tx: &mut Tx<'_>) -> Result<(), Refusal> {
    tx.execute("UPDATE channel_pulse SET n = n + 1 WHERE id = 1", &[])?;
    Ok(())
}
