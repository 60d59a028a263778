use super::EachRow;
use crate::{DbError, Param, RowRef};
use fallible_iterator::FallibleIterator;
use postgres::types::ToSql;
use postgres::{Client, NoTls, Statement};
use rustc_hash::FxHashMap;

pub(crate) struct PgConn {
    client: Client,
    prepared: FxHashMap<String, Statement>,
    /// The stamp as this connection read it last; the outer `None` before the first look.
    stamp: Option<Option<String>>,
}

const PREPARED_MAX: usize = 500;

impl PgConn {
    pub fn open(url: &str, schema: &str) -> Result<Self, DbError> {
        let mut config: postgres::Config = url.parse()?;
        config.connect_timeout(std::time::Duration::from_secs(5));
        config.application_name("siyu");
        let mut client = config.connect(NoTls)?;
        let quoted = schema.replace('"', "\"\"");
        client.batch_execute(&format!("SET search_path TO \"{quoted}\"; SET synchronous_commit TO on; SET client_min_messages TO warning; SET timezone TO 'UTC'; SET idle_in_transaction_session_timeout TO '60s'"))?;
        Ok(Self { client, prepared: FxHashMap::default(), stamp: None })
    }
    fn statement(&mut self, sql: &str) -> Result<Statement, DbError> {
        if let Some(statement) = self.prepared.get(sql) {
            return Ok(statement.clone());
        }
        if self.prepared.len() >= PREPARED_MAX {
            self.prepared.clear();
        }
        let statement = self.client.prepare(sql)?;
        self.prepared.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }
    pub fn execute(&mut self, sql: &str, params: &[Param<'_>]) -> Result<u64, DbError> {
        let statement = self.statement(sql)?;
        let bound: Vec<&(dyn ToSql + Sync)> = params.iter().map(|p| p as &(dyn ToSql + Sync)).collect();
        Ok(self.client.execute(&statement, &bound)?)
    }
    pub fn query(&mut self, sql: &str, params: &[Param<'_>], each: EachRow<'_>) -> Result<(), DbError> {
        let statement = self.statement(sql)?;
        let mut rows = self.client.query_raw(&statement, params.iter().map(|p| p as &dyn ToSql))?;
        while let Some(row) = rows.next()? {
            each(RowRef::Postgres(&row))?;
        }
        Ok(())
    }
    pub fn script(&mut self, sql: &str) -> Result<(), DbError> {
        Ok(self.client.batch_execute(sql)?)
    }
    /// PostgreSQL has nothing like SQLite's counter of other processes' commits: whoever changes what others remember says so.
    pub fn changed_outside(&mut self) -> Result<bool, DbError> {
        let mut stamp = None;
        self.query("SELECT value FROM setting WHERE name = $1", &[crate::tx::STAMP.into()], &mut |row| {
            stamp = Some(row.text(0)?);
            Ok(())
        })?;
        Ok(self.stamp.replace(stamp.clone()) != Some(stamp))
    }
    pub fn look_again(&mut self) {
        self.stamp = None;
    }
    pub fn is_closed(&self) -> bool {
        self.client.is_closed()
    }
}
