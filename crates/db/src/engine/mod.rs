//! The two engines behind one connection type.

mod postgres;
mod sqlite;

use crate::config::Target;
use crate::{DbConfig, DbError, Engine, Param, RowRef};
pub(crate) use postgres::PgConn;
pub(crate) use sqlite::LiteConn;

pub(crate) enum Conn {
    Lite(LiteConn),
    Pg(Box<PgConn>),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Writer,
    Reader,
}

pub(crate) type EachRow<'f> = &'f mut dyn FnMut(RowRef<'_>) -> Result<(), DbError>;

impl Conn {
    pub fn open(config: &DbConfig, role: Role) -> Result<Self, DbError> {
        match &config.target {
            Target::Sqlite { file, .. } => LiteConn::open(file, role, config.cache_kib).map(Conn::Lite),
            Target::Postgres { url, schema } => PgConn::open(url, schema).map(|conn| Conn::Pg(Box::new(conn))),
        }
    }
    pub fn engine(&self) -> Engine {
        match self {
            Conn::Lite(_) => Engine::Sqlite,
            Conn::Pg(_) => Engine::Postgres,
        }
    }
    pub fn execute(&mut self, sql: &str, params: &[Param<'_>]) -> Result<u64, DbError> {
        match self {
            Conn::Lite(conn) => conn.execute(sql, params),
            Conn::Pg(conn) => conn.execute(sql, params),
        }
    }
    pub fn query(&mut self, sql: &str, params: &[Param<'_>], each: EachRow<'_>) -> Result<(), DbError> {
        match self {
            Conn::Lite(conn) => conn.query(sql, params, each),
            Conn::Pg(conn) => conn.query(sql, params, each),
        }
    }
    pub fn execute_all<const N: usize>(&mut self, sql: &str, rows: &[[Param<'_>; N]]) -> Result<u64, DbError> {
        match self {
            Conn::Lite(conn) => conn.execute_all(sql, rows),
            Conn::Pg(conn) => rows.iter().try_fold(0, |count, row| Ok(count + conn.execute(sql, row)?)),
        }
    }
    pub fn query_all<const N: usize>(
        &mut self,
        sql: &str,
        rows: &[[Param<'_>; N]],
        mut each: impl FnMut(usize, RowRef<'_>) -> Result<(), DbError>,
    ) -> Result<(), DbError> {
        match self {
            Conn::Lite(conn) => conn.query_all(sql, rows, each),
            Conn::Pg(conn) => {
                rows.iter().enumerate().try_for_each(|(at, row)| conn.query(sql, row, &mut |found| each(at, found)))
            }
        }
    }
    pub fn script(&mut self, sql: &str) -> Result<(), DbError> {
        match self {
            Conn::Lite(conn) => conn.script(sql),
            Conn::Pg(conn) => conn.script(sql),
        }
    }
    pub fn begin_write(&mut self) -> Result<(), DbError> {
        match self {
            Conn::Lite(conn) => conn.script("BEGIN IMMEDIATE"),
            Conn::Pg(conn) => conn.script("BEGIN"),
        }
    }
    /// PostgreSQL answers COMMIT in a transaction that has failed with a ROLLBACK, and calls it done: a unit that swallowed the failure of a
    /// statement would be told that it is saved. What stands before the COMMIT fails there, in the same round trip.
    pub fn commit(&mut self) -> Result<(), DbError> {
        match self {
            Conn::Lite(conn) => conn.script("COMMIT"),
            Conn::Pg(conn) => conn.script("SELECT 1; COMMIT"),
        }
    }
    pub fn begin_read(&mut self) -> Result<(), DbError> {
        match self {
            Conn::Lite(conn) => conn.script("BEGIN"),
            Conn::Pg(conn) => conn.script("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"),
        }
    }
    /// True when what a process remembers may no longer hold: on SQLite another process has committed since the last call; on PostgreSQL a
    /// unit of any process has announced a change ([`crate::Tx::announce`]).
    pub fn changed_outside(&mut self) -> Result<bool, DbError> {
        match self {
            Conn::Lite(conn) => conn.changed_outside(),
            Conn::Pg(conn) => conn.changed_outside(),
        }
    }
    /// What was announced could not be read: the next look announces it again.
    pub fn look_again(&mut self) {
        match self {
            Conn::Lite(conn) => conn.look_again(),
            Conn::Pg(conn) => conn.look_again(),
        }
    }
    pub fn transaction_is_dead(&self) -> bool {
        match self {
            Conn::Lite(conn) => conn.is_autocommit(),
            Conn::Pg(conn) => conn.is_closed(),
        }
    }
    pub fn is_closed(&self) -> bool {
        matches!(self, Conn::Pg(conn) if conn.is_closed())
    }
}
