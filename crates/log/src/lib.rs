//! The event log: what happened, in the order it was committed. The truth for history; everything else can be rebuilt from it.
//!
//! - **Append** happens inside the caller's transaction ([`Log::append`]): the rows of a decision and its events are saved together or not at all.
//! - **Order**: `seq` is given out last, under a lock held until the commit, so a reader that has seen `seq` n will never find a smaller one later.
//! - **Once**: a message id is accepted once for ever ([`Log::is_new`]).
//! - **Look-up** by person and by message goes through sorted runs that are merged in the background ([`Log::compact`]), because a B-tree
//!   row per event would cost more than the event.
//! - Bodies are compressed (zstd) and sealed (AES-GCM): identify calls carry phone numbers.
//!
//! This crate does not know what a person or an order is: `person` is a number.

mod codec;
mod compact;
mod index;
mod log;
mod read;
mod state;

pub use log::{Log, Stats};
pub use read::{Found, Place, Summary};

use siyu_db::Migration;

pub const MIGRATIONS: &[Migration] =
    &[Migration { id: "log/0001_log", sql: include_str!("../migrations/0001_log.sql") }];
