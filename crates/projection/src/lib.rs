//! The behaviour columns, kept in step with the log.
//!
//! Nouns: **fact** – an event as the columns take it (type, person, instant, typed properties); **tail** – facts in memory, newer than any file;
//! **step** – what one look at the log brought; **moment** – the columns as a reader sees them, and what they stand for.
//!
//! Invariants
//! - Everything here can be thrown away: the log and the people decide, and `siyu rebuild` makes it anew.
//! - A reader's snapshot holds a prefix of the log: everything up to its `seq`, nothing after.
//! - Rows lie under the person they belong to now; an event of somebody erased is nowhere.
//!
//! This crate does not know what a question is, and no HTTP.

mod catalogue;
mod core;
mod flatten;
mod folder;
mod keeping;
mod manifest;
mod news;
mod opening;
mod projection;
mod remake;
mod scan;
mod turn;
mod whose;

pub use catalogue::{Catalogue, EventInfo, PropertyInfo};
pub use flatten::{AMOUNT, EVENTS_MAX, LeftOut, MONEY_EVENTS, OTHER, PROPERTIES_MAX};
pub use news::{Freshness, Listener, Moment, News};
pub use projection::{Health, Limits, Projection, Setup};
pub use turn::turn;

use siyu_db::Migration;

pub const MIGRATIONS: &[Migration] =
    &[Migration { id: "projection/0001_behaviour", sql: include_str!("../migrations/0001_behaviour.sql") }];

/// Tables that a copy of the data leaves out: they are about files that lie elsewhere.
pub const DERIVED_TABLES: [&str; 3] = ["behaviour_home", "behaviour_part", "behaviour_name"];
