use super::{EachRow, Role};
use crate::param::bind_sqlite;
use crate::{DbError, Param, RowRef};
use rusqlite::{Connection, OpenFlags};
use rustc_hash::FxHashMap;
use std::path::Path;

pub(crate) struct LiteConn {
    conn: Connection,
    /// `$1` texts as SQLite numbers them (`?1`): to SQLite, `$1` would be a name, numbered by first use.
    texts: FxHashMap<String, String>,
    data_version: i64,
}

const TEXTS_MAX: usize = 2_000;

impl LiteConn {
    pub fn open(file: &Path, role: Role, cache_kib: usize) -> Result<Self, DbError> {
        let flags = match role {
            Role::Writer => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
            Role::Reader => OpenFlags::SQLITE_OPEN_READ_WRITE,
        };
        let conn = Connection::open_with_flags(file, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        conn.busy_timeout(std::time::Duration::from_secs(30))?;
        conn.set_prepared_statement_cache_capacity(256);
        // Without it SQLite plans a statement anew whenever a value is bound that its statistics might know: 1,199 of 1,200 look-ups.
        conn.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        let (cache, query_only) = match role {
            Role::Writer => (cache_kib, "OFF"),
            Role::Reader => (8_192, "ON"),
        };
        if role == Role::Writer {
            // Asked for more than it may have, SQLite opens the file for reading and fails at the first write, long after "ready".
            if conn.is_readonly(rusqlite::MAIN_DB)? {
                return Err(refused(rusqlite::ffi::SQLITE_READONLY));
            }
            conn.execute_batch("PRAGMA journal_mode = WAL")?;
        }
        // temp_store stays at its default: in memory, the journal of a savepoint is walked from its start by every INSERT … RETURNING.
        // A commit folds the log only when the thread beside the writer could not keep up by far: see `checkpoint.rs`. The limit is what
        // a log usually comes to: one that grows and is cut again makes every sync write the file's size as well.
        conn.execute_batch(&format!(
            "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = FAST; PRAGMA journal_size_limit = 100663296;
             PRAGMA wal_autocheckpoint = 256000; PRAGMA cache_size = -{cache}; PRAGMA query_only = {query_only}"
        ))?;
        Ok(Self { conn, texts: FxHashMap::default(), data_version: 0 })
    }

    pub fn execute(&mut self, sql: &str, params: &[Param<'_>]) -> Result<u64, DbError> {
        let mut statement = self.conn.prepare_cached(numbered(&mut self.texts, sql))?;
        bind_sqlite(&mut statement, params)?;
        Ok(statement.raw_execute()? as u64)
    }
    /// The statement once for each row of values: looked up once.
    pub fn execute_all<const N: usize>(&mut self, sql: &str, rows: &[[Param<'_>; N]]) -> Result<u64, DbError> {
        let mut statement = self.conn.prepare_cached(numbered(&mut self.texts, sql))?;
        let mut count = 0;
        for row in rows {
            bind_sqlite(&mut statement, row)?;
            count += statement.raw_execute()? as u64;
        }
        Ok(count)
    }
    /// The query once for each row of values; `each` is told which one.
    pub fn query_all<const N: usize>(
        &mut self,
        sql: &str,
        rows: &[[Param<'_>; N]],
        mut each: impl FnMut(usize, RowRef<'_>) -> Result<(), DbError>,
    ) -> Result<(), DbError> {
        let mut statement = self.conn.prepare_cached(numbered(&mut self.texts, sql))?;
        for (at, row) in rows.iter().enumerate() {
            bind_sqlite(&mut statement, row)?;
            let mut found = statement.raw_query();
            while let Some(row) = found.next()? {
                each(at, RowRef::Sqlite(row))?;
            }
        }
        Ok(())
    }
    pub fn query(&mut self, sql: &str, params: &[Param<'_>], each: EachRow<'_>) -> Result<(), DbError> {
        let mut statement = self.conn.prepare_cached(numbered(&mut self.texts, sql))?;
        bind_sqlite(&mut statement, params)?;
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next()? {
            each(RowRef::Sqlite(row))?;
        }
        Ok(())
    }
    pub fn script(&mut self, sql: &str) -> Result<(), DbError> {
        // The few texts of transaction control are the hot ones; the statement cache knows them.
        if sql.contains(';') {
            return Ok(self.conn.execute_batch(sql)?);
        }
        self.conn.prepare_cached(sql)?.raw_execute()?;
        Ok(())
    }
    /// From here on a commit does not wait for the disk: somebody else syncs the log (`syncer.rs`).
    pub fn sync_elsewhere(&self) -> Result<(), DbError> {
        Ok(self.conn.execute_batch("PRAGMA synchronous = NORMAL")?)
    }
    pub fn changed_outside(&mut self) -> Result<bool, DbError> {
        let version: i64 = self.conn.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?;
        Ok(std::mem::replace(&mut self.data_version, version) != version)
    }
    pub fn look_again(&mut self) {
        // SQLite's counter is never negative.
        self.data_version = -1;
    }
    /// Pages in the write-ahead log, and how many of them are folded into the database file.
    pub fn log_pages(&self) -> Result<(i64, i64), DbError> {
        self.checkpoint("NOOP")
    }
    /// Folds what no reader stands in the way of, without waiting for anybody; answers as [`LiteConn::log_pages`] does afterwards.
    pub fn fold_log(&self) -> Result<(i64, i64), DbError> {
        self.checkpoint("PASSIVE")
    }
    fn checkpoint(&self, mode: &str) -> Result<(i64, i64), DbError> {
        let mut statement = self.conn.prepare_cached(&format!("PRAGMA wal_checkpoint({mode})"))?;
        Ok(statement.query_row([], |row| Ok((row.get(1)?, row.get(2)?)))?)
    }
    pub fn is_autocommit(&self) -> bool {
        self.conn.is_autocommit()
    }
    pub fn raw(&self) -> &Connection {
        &self.conn
    }
}

fn refused(code: i32) -> DbError {
    rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None).into()
}

fn numbered<'t>(texts: &'t mut FxHashMap<String, String>, sql: &str) -> &'t str {
    if texts.len() > TEXTS_MAX {
        texts.clear();
    }
    if !texts.contains_key(sql) {
        texts.insert(sql.to_owned(), question_marks(sql));
    }
    &texts[sql]
}

/// `$1` → `?1`, outside quoted text.
fn question_marks(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len());
    let mut quoted = false;
    let mut chars = sql.chars().peekable();
    while let Some(c) = chars.next() {
        quoted ^= c == '\'';
        let is_place = c == '$' && !quoted && chars.peek().is_some_and(char::is_ascii_digit);
        out.push(if is_place { '?' } else { c });
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn places_are_numbered_outside_quotes() {
        assert_eq!(super::question_marks("a = $2 AND b = '$1' AND c = $12"), "a = ?2 AND b = '$1' AND c = ?12");
    }
}
