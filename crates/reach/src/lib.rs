//! What goes out to people.
//!
//! Nouns: **content** – a text with variables and its attachments; **file** – a picture, video or document that goes with it, and the id under
//! which WeCom has it now; **welcome rule** – whom a content greets; **arrival** – a customer who came; **lane** – the way from an arrival to
//! its greeting; **message** – a content for many people, which staff confirm; **material** – a content that is kept to be used
//! again.
//!
//! Invariants
//! - A content that was saved fits WeCom's limits whatever its variables turn out to be.
//! - An arrival is on disk with its callback, and is greeted by whoever marks it first: one thread of one process, once.
//! - What became of an arrival (sent, skipped, failed; why) is on disk, and becomes an event of the person as soon as that person is known.
//! - The lane uploads nothing, and waits for no sync: media ids are renewed ahead of their end.
//! - Everything that goes out passes the gate: as a run of it, or by [`Reach::pass`].
//! - Contents, files and welcome codes are sealed at rest.
//!
//! This crate knows no HTTP server, no orders and no audiences: what they know is asked of [`Beside`], entrances of [`Entrances`].

mod beside;
mod broadcast;
pub mod content;
mod events;
mod files;
mod gate;
mod group;
mod library;
mod mass;
mod message;
mod moment;
mod once;
mod refuse;
mod rehearse;
mod welcome;

pub use beside::{Alone, Beside, Ends, Entrance, Entrances, NoEnds, NoEntrances};
pub use broadcast::{
    BroadcastIn, BroadcastRow, ContentAgainst, ContentFigure, ContentTest, ContentTestIn, Goal, Judges, NoJudges,
    TestNumbers, VariantSums, chosen_content, content_test, keep_test, split_for_test,
};
pub use events::names;
pub use files::{FileIn, FileKind, FileRow};
pub use gate::{Ask, Class, Verdict};
pub use group::{
    GroupMessageIn, GroupMessageRow, GroupQuery, GroupResult, GroupShare, GroupSplit, GroupTask, GroupWelcomeIn,
    GroupWelcomeRow,
};
pub use library::{
    CalendarRow, KitIn, KitRow, KitSeat, KitSend, Landing, MaterialIn, MaterialQuery, MaterialRow, MaterialShowIn,
    MaterialShown, MaterialState, MaterialUse, MaterialVersion, Radar, RadarPerson, Track, WAYS, Writer,
};
pub use message::{
    Care, MessageIn, MessageRow, PersonQuery, PersonRow, PersonState, Share, Split, Sums, TaskRow, TaskState, Terms,
};
pub use moment::{MomentIn, MomentRow, MomentState, MomentSums, MomentTaskRow, Watcher, WatcherQuery};
pub use once::Once;
pub use refuse::{
    broadcast_approval, broadcast_own, broadcast_unapproved, broadcast_unknown, message_name, message_over,
    message_people, message_unknown, moment_unknown,
};
pub use rehearse::{Rehearsal, RehearsalIn, Rehearsed, RehearsedPart};
pub use welcome::{
    Arrivals, Decision, Facts, History, Hours, Outcome, OutcomeQuery, OutcomeRow, RuleIn, RuleKind, RuleRow, Step,
    Tally, TestIn, Tested, When,
};

use siyu_contacts::Contacts;
use siyu_db::{Db, Migration};
use siyu_gate::Gate;
use siyu_kernel::{Chance, Clock, Refusal, Time, Vault};
use siyu_log::Log;
use siyu_people::People;
use siyu_wecom::{Sleep, Wait};
use std::sync::Arc;

pub const MIGRATIONS: &[Migration] = &[
    Migration { id: "reach/0001_reach", sql: include_str!("../migrations/0001_reach.sql") },
    Migration { id: "reach/0002_messages", sql: include_str!("../migrations/0002_messages.sql") },
    Migration { id: "reach/0003_gate", sql: include_str!("../migrations/0003_gate.sql") },
    Migration { id: "reach/0004_broadcasts", sql: include_str!("../migrations/0004_broadcasts.sql") },
    Migration { id: "reach/0005_groups", sql: include_str!("../migrations/0005_groups.sql") },
    Migration { id: "reach/0006_makers", sql: include_str!("../migrations/0006_makers.sql") },
    Migration { id: "reach/0007_once", sql: include_str!("../migrations/0007_once.sql") },
    Migration { id: "reach/0008_library", sql: include_str!("../migrations/0008_library.sql") },
    Migration { id: "reach/0009_tests", sql: include_str!("../migrations/0009_tests.sql") },
    Migration { id: "reach/0010_complaints", sql: include_str!("../migrations/0010_complaints.sql") },
    Migration { id: "reach/0011_trials", sql: include_str!("../migrations/0011_trials.sql") },
    Migration { id: "reach/0012_moving", sql: include_str!("../migrations/0012_moving.sql") },
    Migration { id: "reach/0013_members", sql: include_str!("../migrations/0013_members.sql") },
    Migration { id: "reach/0014_readers", sql: include_str!("../migrations/0014_readers.sql") },
    Migration { id: "reach/0015_stays", sql: include_str!("../migrations/0015_stays.sql") },
];

/// Everything reaching out is made from.
pub struct Parts {
    pub db: Db,
    pub vault: Vault,
    pub log: Log,
    pub people: People,
    pub contacts: Contacts,
    pub chance: Arc<Chance>,
    pub clock: Arc<dyn Clock>,
    pub wait: Arc<dyn Wait>,
    pub beside: Arc<dyn Beside>,
    pub entrances: Arc<dyn Entrances>,
    pub ends: Arc<dyn Ends>,
    pub judges: Arc<dyn Judges>,
    pub gate: Gate,
}

impl Parts {
    /// For a program: real waiting, and nothing beside.
    pub fn new(
        db: Db,
        vault: Vault,
        log: Log,
        people: People,
        contacts: Contacts,
        chance: Arc<Chance>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let (beside, entrances, ends) = (Arc::new(Alone), Arc::new(NoEntrances), Arc::new(NoEnds));
        let (wait, gate) = (Arc::new(Sleep), Gate::new(&vault));
        let judges = Arc::new(NoJudges);
        Self { db, vault, log, people, contacts, chance, clock, wait, beside, entrances, ends, judges, gate }
    }
}

/// Reaching out and its operations. Cheap to clone.
#[derive(Clone)]
pub struct Reach {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub parts: Parts,
    /// Names this process in marks that it sets.
    pub holder: String,
    pub plan: welcome::Shelf,
    pub lane: welcome::Lane,
    pub counted: library::Counted,
    pub stays: library::Counted,
}

impl Reach {
    pub fn new(parts: Parts) -> Self {
        let holder = format!("{:032x}", u128::from_be_bytes(Chance::secret()));
        let (plan, lane) = (welcome::Shelf::default(), welcome::Lane::default());
        Self {
            inner: Arc::new(Inner {
                parts,
                holder,
                plan,
                lane,
                counted: Default::default(),
                stays: Default::default(),
            }),
        }
    }
    /// The gate that everything of this workspace passes.
    pub fn gate(&self) -> &Gate {
        &self.inner.parts.gate
    }
    pub(crate) fn parts(&self) -> &Parts {
        &self.inner.parts
    }
    pub(crate) fn now(&self) -> Time {
        self.parts().clock.now()
    }
    pub(crate) fn unseal<T: serde::de::DeserializeOwned>(&self, sealed: &[u8]) -> Result<T, Refusal> {
        let plain = self.parts().vault.open(sealed).map_err(Refusal::internal)?;
        serde_json::from_slice(&plain).map_err(Refusal::internal)
    }
    pub(crate) fn seal<T: serde::Serialize>(&self, value: &T) -> Result<Vec<u8>, Refusal> {
        Ok(self.parts().vault.seal(&serde_json::to_vec(value).map_err(Refusal::internal)?))
    }
}
