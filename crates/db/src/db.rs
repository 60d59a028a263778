//! The handle everything else holds.

use crate::config::Target;
use crate::engine::{Conn, Role};
use crate::pool::Pool;
use crate::tx::{CommitHook, Tx};
use crate::writer::{Job, Unit, Value, Writer};
use crate::{DbConfig, Engine, migrate};
use siyu_kernel::{Clock, Refusal};
use std::future::Future;
use std::sync::Arc;

#[derive(Clone)]
pub struct Db {
    inner: Arc<Inner>,
}

struct Inner {
    engine: Engine,
    config: DbConfig,
    pool: Pool,
    writer: Writer,
}

impl Db {
    /// Opens, migrates (or checks), and starts the writing thread(s).
    ///
    /// Errors: `schema_newer` when a newer program wrote this database, `schema_older` in [`crate::OpenMode::Check`],
    /// `storage_read_only`, `database_away`.
    pub fn open(config: DbConfig, clock: &dyn Clock) -> Result<Self, Refusal> {
        migrate::prepare(&config, clock)?;
        let engine = match config.target {
            Target::Sqlite { .. } => Engine::Sqlite,
            Target::Postgres { .. } => Engine::Postgres,
        };
        let writer = Writer::start(&config)?;
        Ok(Self { inner: Arc::new(Inner { engine, pool: Pool::new(config.clone()), config, writer }) })
    }
    pub fn engine(&self) -> Engine {
        self.inner.engine
    }
    pub fn add_hook(&self, hook: Arc<dyn CommitHook>) {
        self.inner.writer.add_hook(hook);
    }
    /// Units waiting to be written.
    pub fn queued(&self) -> usize {
        self.inner.writer.queued()
    }

    /// Runs a unit and returns once it is on disk. The closure may run more than once; only the last run counts.
    /// Blocks the calling thread: from async code use [`Db::submit`].
    pub fn transact<T: Send + 'static>(
        &self,
        unit: impl FnMut(&mut Tx<'_>) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        typed(self.wait(erased(unit)))
    }
    /// Like [`Db::transact`], but a full queue is refused at once as `busy`, and the caller awaits.
    pub fn submit<T, F>(&self, unit: F) -> impl Future<Output = Result<T, Refusal>> + Send + use<T, F>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, Refusal> + Send + 'static,
    {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let job = Job { run: erased(unit), done: Box::new(|outcome| drop(sender.send(outcome))) };
        let sent = self.inner.writer.try_send(job);
        async move {
            sent?;
            typed(receiver.await.map_err(|_| stopped())?)
        }
    }
    /// Reads from one snapshot on the calling thread.
    pub fn read<T>(&self, unit: impl FnOnce(&mut Tx<'_>) -> Result<T, Refusal>) -> Result<T, Refusal> {
        let mut conn = self.begin_read()?;
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| unit(&mut Tx::new(&mut conn))));
        self.end_read(conn);
        result.unwrap_or_else(|_| Err(Refusal::internal("a reading unit panicked")))
    }

    // What follows has no type parameters: one copy for all units instead of one for each.

    fn wait(&self, run: Unit) -> Result<Value, Refusal> {
        let (sender, receiver) = std::sync::mpsc::sync_channel(1);
        self.inner.writer.send(Job { run, done: Box::new(move |outcome| drop(sender.send(outcome))) })?;
        receiver.recv().map_err(|_| stopped())?
    }
    fn begin_read(&self) -> Result<Conn, Refusal> {
        let pool = &self.inner.pool;
        let mut conn = pool.take()?;
        match conn.begin_read() {
            Ok(()) => return Ok(conn),
            // A server that restarted leaves dead connections behind; the first reader of each notices and opens a new one.
            Err(error) if error.disconnected() => {}
            Err(error) => {
                pool.forget();
                return Err(error.into());
            }
        }
        let fresh = Conn::open(&self.inner.config, Role::Reader).and_then(|mut conn| conn.begin_read().map(|()| conn));
        fresh.inspect_err(|_| pool.forget()).map_err(Into::into)
    }
    fn end_read(&self, mut conn: Conn) {
        match conn.script("COMMIT").or_else(|_| conn.script("ROLLBACK")) {
            Ok(()) => self.inner.pool.give_back(conn),
            Err(_) => self.inner.pool.forget(),
        }
    }
    /// Learns what other processes changed, as every unit does before it begins: for those that only read.
    pub fn catch_up(&self) -> Result<(), Refusal> {
        self.transact(|_| Ok(()))
    }
    /// Answers true when the engine takes a write and syncs it: what readiness means.
    pub fn ping(&self) -> Result<(), Refusal> {
        self.read(|tx| Ok(tx.one("SELECT COUNT(*) FROM setting", &[], |row| row.int(0))?)).map(drop)
    }
}

fn stopped() -> Refusal {
    Refusal::new(
        siyu_kernel::Class::Unavailable,
        "stopping",
        "The server is stopping; nothing of this request was saved.",
        "服务正在停止，本次请求未保存。",
    )
}

/// A typed unit for the untyped queue.
fn erased<T: Send + 'static>(mut unit: impl FnMut(&mut Tx<'_>) -> Result<T, Refusal> + Send + 'static) -> Unit {
    Box::new(move |tx| Ok(Box::new(unit(tx)?)))
}
fn typed<T: 'static>(outcome: Result<Value, Refusal>) -> Result<T, Refusal> {
    Ok(*outcome?.downcast().expect("the value that the unit made"))
}
