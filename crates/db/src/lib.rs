//! One SQL surface over SQLite and PostgreSQL. Domain-free.
//!
//! - A **unit of work** is a plain closure over [`Tx`]; it runs on the database's own thread, sees one snapshot, and is on disk when
//!   [`Db::transact`] returns. It may run again after a conflict, so it must not have effects outside the transaction.
//! - **SQLite**: one writer thread gathers waiting units into one transaction (a savepoint each); a second syncs behind it and answers all after one fsync.
//!   **PostgreSQL**: a pool of threads, one transaction a unit, conflicts retried.
//! - **One SQL text** serves both: `$1` parameters, BIGINT instants, TEXT ids, upsert, RETURNING, CTEs. Where a query must differ,
//!   two texts stand side by side and [`Tx::engine`] chooses.
//! - **Other processes** may write the same workspace; hooks hear of it ([`CommitHook::refresh`]) before the next unit runs.

mod checkpoint;
mod config;
mod db;
mod engine;
mod error;
mod lease;
mod migrate;
mod outbox;
mod param;
mod pool;
mod syncer;
mod tx;
mod writer;

pub use config::{DbConfig, Engine, OpenMode};
pub use db::Db;
pub use error::{DbError, is_passing, is_retryable};
pub use lease::{Lease, acquire, release};
pub use migrate::{Migration, backup_file};
pub use outbox::{OutboxItem, Outgoing};
pub use param::{Param, RowRef, Value};
pub use tx::{CommitHook, Slot, Slots, Tx};

pub mod outbox_ops {
    //! The outbox: effects on the outside world, written with the decision and carried out after it.
    pub use crate::outbox::{claim, counts, done, failed, put};
}

/// Tables of this crate; every workspace applies them first.
pub const MIGRATIONS: &[Migration] =
    &[Migration { id: "db/0001_ground", sql: include_str!("../migrations/0001_ground.sql") }];
