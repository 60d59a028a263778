//! A unit of work's view of the database.

use crate::engine::Conn;
use crate::{DbError, Engine, Param, RowRef};
use siyu_kernel::Refusal;
use std::any::Any;

/// Something a unit gathers for the commit (events to append). Rolled back with the unit.
pub trait Slot: Any + Send {
    fn mark(&self) -> usize;
    fn rewind(&mut self, mark: usize);
    fn as_any(&mut self) -> &mut dyn Any;
}

/// The slots of one transaction.
#[derive(Default)]
pub struct Slots(Vec<Box<dyn Slot>>);

impl Slots {
    pub fn get<T: Slot + Default>(&mut self) -> &mut T {
        let at = match self.0.iter_mut().position(|slot| slot.as_any().is::<T>()) {
            Some(at) => at,
            None => {
                self.0.push(Box::<T>::default());
                self.0.len() - 1
            }
        };
        self.0[at].as_any().downcast_mut().expect("the slot at this place has this type")
    }
    fn marks(&self) -> Vec<usize> {
        self.0.iter().map(|slot| slot.mark()).collect()
    }
    fn rewind(&mut self, marks: &[usize]) {
        for (at, slot) in self.0.iter_mut().enumerate() {
            slot.rewind(marks.get(at).copied().unwrap_or(0));
        }
    }
}

/// Work at the edges of every writing transaction. Hooks run in the order they were added.
pub trait CommitHook: Send + Sync {
    /// What was read from the database and is kept in memory may be old: another process committed (SQLite), or a unit announced a change
    /// (PostgreSQL, see [`Tx::announce`]). Called before the first unit of a transaction.
    fn refresh(&self, tx: &mut Tx<'_>) -> Result<(), Refusal>;
    /// After the last statement of all units, before the commit.
    fn before_commit(&self, tx: &mut Tx<'_>) -> Result<(), Refusal>;
    /// `saved` tells whether the transaction was committed: others see it from here on; whoever waits for it hears of it once it is on disk.
    fn after_commit(&self, slots: &mut Slots, saved: bool);
}

pub(crate) const STAMP: &str = "stamp";

/// Called when the unit's writes did not happen after all.
type Undo = Box<dyn FnOnce() + Send>;

pub struct Tx<'c> {
    conn: &'c mut Conn,
    pub(crate) slots: Slots,
    undo: Vec<Undo>,
}

impl<'c> Tx<'c> {
    pub(crate) fn new(conn: &'c mut Conn) -> Self {
        Self { conn, slots: Slots::default(), undo: Vec::new() }
    }
    pub fn engine(&self) -> Engine {
        self.conn.engine()
    }
    pub fn slot<T: Slot + Default>(&mut self) -> &mut T {
        self.slots.get()
    }
    /// Registers what to do if this unit is rolled back (drop a cache that saw its writes).
    pub fn on_rollback(&mut self, undo: impl FnOnce() + Send + 'static) {
        self.undo.push(Box::new(undo));
    }

    pub fn execute(&mut self, sql: &str, params: &[Param<'_>]) -> Result<u64, DbError> {
        self.conn.execute(sql, params)
    }
    /// Statements without parameters, several at once.
    pub fn script(&mut self, sql: &str) -> Result<(), DbError> {
        self.conn.script(sql)
    }
    pub fn each(
        &mut self,
        sql: &str,
        params: &[Param<'_>],
        mut row: impl FnMut(RowRef<'_>) -> Result<(), DbError>,
    ) -> Result<(), DbError> {
        self.conn.query(sql, params, &mut row)
    }
    pub fn query<T>(
        &mut self,
        sql: &str,
        params: &[Param<'_>],
        mut map: impl FnMut(RowRef<'_>) -> Result<T, DbError>,
    ) -> Result<Vec<T>, DbError> {
        let mut out = Vec::new();
        self.conn.query(sql, params, &mut |row| {
            out.push(map(row)?);
            Ok(())
        })?;
        Ok(out)
    }
    /// The first row, if any.
    pub fn opt<T>(
        &mut self,
        sql: &str,
        params: &[Param<'_>],
        mut map: impl FnMut(RowRef<'_>) -> Result<T, DbError>,
    ) -> Result<Option<T>, DbError> {
        let mut out = None;
        self.conn.query(sql, params, &mut |row| {
            if out.is_none() {
                out = Some(map(row)?);
            }
            Ok(())
        })?;
        Ok(out)
    }
    pub fn one<T>(
        &mut self,
        sql: &str,
        params: &[Param<'_>],
        map: impl FnMut(RowRef<'_>) -> Result<T, DbError>,
    ) -> Result<T, DbError> {
        self.opt(sql, params, map)?.ok_or_else(|| DbError::Decode("a row was expected".into()))
    }
    /// The same insert for many rows: `INSERT INTO t (a, b)` + rows + `ON CONFLICT …`. One statement a row on SQLite, where that costs
    /// nothing; multi-row statements on PostgreSQL, where each round trip does. Rows must not collide with each other.
    pub fn bulk<'a, const N: usize>(
        &mut self,
        insert: &str,
        tail: &str,
        rows: &[[Param<'a>; N]],
    ) -> Result<u64, DbError> {
        match self.engine() {
            Engine::Sqlite => {
                if rows.is_empty() {
                    return Ok(0);
                }
                self.conn.execute_all(&format!("{insert} VALUES {} {tail}", tuple(0, N)), rows)
            }
            Engine::Postgres => {
                let mut count = 0;
                let mut rest = rows;
                while !rest.is_empty() {
                    // Powers of two keep the number of distinct prepared statements small.
                    let take = prev_power_of_two(rest.len()).min(512).min(prev_power_of_two(30_000 / N));
                    let values: Vec<String> = (0..take).map(|i| tuple(i * N, N)).collect();
                    let sql = format!("{insert} VALUES {} {tail}", values.join(","));
                    let params: Vec<Param<'_>> = rest[..take].iter().flatten().copied().collect();
                    count += self.conn.execute(&sql, &params)?;
                    rest = &rest[take..];
                }
                Ok(count)
            }
        }
    }
    /// The same statement for each row of values. For SQLite: on PostgreSQL each is a round trip.
    pub fn execute_all<const N: usize>(&mut self, sql: &str, rows: &[[Param<'_>; N]]) -> Result<u64, DbError> {
        self.conn.execute_all(sql, rows)
    }
    /// The same query for each row of values; `each` is told which of them found the row. For SQLite: on PostgreSQL each is a round trip.
    pub fn query_all<const N: usize>(
        &mut self,
        sql: &str,
        rows: &[[Param<'_>; N]],
        each: impl FnMut(usize, RowRef<'_>) -> Result<(), DbError>,
    ) -> Result<(), DbError> {
        self.conn.query_all(sql, rows, each)
    }
    /// Tells all processes, with this unit's commit, that something they keep in memory (rules, fields, schemas, settings) is new: each reads
    /// it again before its next unit, and after [`crate::Db::catch_up`].
    pub fn announce(&mut self) -> Result<(), DbError> {
        // A counter: two units that announce at once leave a value that neither has seen.
        self.execute(
            "INSERT INTO setting (name, value) VALUES ($1, '1') ON CONFLICT (name) DO UPDATE SET value = CAST(CAST(setting.value AS BIGINT) + 1 AS TEXT)",
            &[STAMP.into()],
        )
        .map(drop)
    }
    /// `column IN (list)` for a list bound as [`Param::Ints`] or [`Param::Texts`] at `$at`.
    pub fn any(&self, column: &str, at: usize) -> String {
        match self.engine() {
            Engine::Sqlite => format!("{column} IN (SELECT value FROM json_each(${at}))"),
            Engine::Postgres => format!("{column} = ANY(${at})"),
        }
    }

    pub(crate) fn begin_unit(&mut self) -> Result<Vec<usize>, DbError> {
        self.undo.clear();
        self.conn.script("SAVEPOINT unit")?;
        Ok(self.slots.marks())
    }
    /// The undo list of the unit, kept until the group is on disk.
    pub(crate) fn keep_unit(&mut self) -> Result<Vec<Undo>, DbError> {
        self.conn.script("RELEASE unit")?;
        Ok(std::mem::take(&mut self.undo))
    }
    pub(crate) fn drop_unit(&mut self, marks: &[usize]) -> Result<(), DbError> {
        self.slots.rewind(marks);
        for undo in self.undo.drain(..) {
            undo();
        }
        self.conn.script("ROLLBACK TO unit; RELEASE unit")
    }
    pub(crate) fn take_undo(&mut self) -> Vec<Undo> {
        std::mem::take(&mut self.undo)
    }
    /// SQLite ends the whole transaction by itself on a full disk or an I/O failure.
    pub(crate) fn is_dead(&self) -> bool {
        self.conn.transaction_is_dead()
    }
}

fn tuple(from: usize, n: usize) -> String {
    let places: Vec<String> = (from + 1..=from + n).map(|i| format!("${i}")).collect();
    format!("({})", places.join(","))
}
fn prev_power_of_two(n: usize) -> usize {
    if n == 0 { 1 } else { 1 << (usize::BITS - 1 - n.leading_zeros()) }
}
