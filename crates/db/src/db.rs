//! The handle everything else holds.

use crate::config::Target;
use crate::engine::{Conn, Role};
use crate::pool::Pool;
use crate::tx::{CommitHook, Tx};
use crate::writer::{Job, Writer};
use crate::{DbConfig, DbError, Engine, migrate};
use siyu_kernel::{Clock, Refusal};
use std::future::Future;
use std::sync::{Arc, Mutex};

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
        let (sender, receiver) = std::sync::mpsc::sync_channel(1);
        self.inner.writer.send(job(unit, move |result| drop(sender.send(result))))?;
        receiver.recv().map_err(|_| stopped())?
    }
    /// Like [`Db::transact`], but a full queue is refused at once as `busy`, and the caller awaits.
    pub fn submit<T, F>(&self, unit: F) -> impl Future<Output = Result<T, Refusal>> + Send + use<T, F>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, Refusal> + Send + 'static,
    {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let sent = self.inner.writer.try_send(job(unit, move |result| drop(sender.send(result))));
        async move {
            sent?;
            receiver.await.map_err(|_| stopped())?
        }
    }
    /// Reads from one snapshot on the calling thread.
    pub fn read<T>(&self, unit: impl FnOnce(&mut Tx<'_>) -> Result<T, Refusal>) -> Result<T, Refusal> {
        let mut conn = self.inner.pool.take()?;
        let began = conn.begin_read();
        // A server that restarted leaves dead connections behind; the first reader of each notices and opens a new one.
        if let Err(error) = began {
            self.inner.pool.forget();
            if !error.disconnected() {
                return Err(error.into());
            }
            conn = Conn::open(&self.inner.config, Role::Reader)?;
            conn.begin_read()?;
            let result = unit(&mut Tx::new(&mut conn));
            return result;
        }
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| unit(&mut Tx::new(&mut conn))));
        match conn.script("COMMIT").or_else(|_| conn.script("ROLLBACK")) {
            Ok(()) => self.inner.pool.give_back(conn),
            Err(_) => self.inner.pool.forget(),
        }
        result.unwrap_or_else(|_| Err(Refusal::internal("a reading unit panicked")))
    }
    /// Answers true when the engine takes a write and syncs it: what readiness means.
    pub fn ping(&self) -> Result<(), Refusal> {
        self.read(|tx| Ok(tx.one("SELECT COUNT(*) FROM setting", &[], |row| row.int(0))?)).map(drop)
    }
    /// Copies the whole SQLite database to a new file while others read and write. On PostgreSQL: an error.
    pub fn copy_to(&self, file: &std::path::Path) -> Result<(), Refusal> {
        match &self.inner.config.target {
            Target::Sqlite { file: from, .. } => migrate::backup_file(from, file),
            Target::Postgres { .. } => {
                Err(Refusal::internal(DbError::Decode("a file copy exists only for SQLite".into())))
            }
        }
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

/// Couples a typed unit with the untyped queue: the value waits in a cell until the commit decides its fate.
fn job<T: Send + 'static>(
    mut unit: impl FnMut(&mut Tx<'_>) -> Result<T, Refusal> + Send + 'static,
    answer: impl FnOnce(Result<T, Refusal>) + Send + 'static,
) -> Job {
    let cell = Arc::new(Mutex::new(None));
    let result = Arc::clone(&cell);
    Job {
        run: Box::new(move |tx| {
            let value = unit(tx)?;
            *cell.lock().unwrap_or_else(|broken| broken.into_inner()) = Some(value);
            Ok(())
        }),
        done: Box::new(move |outcome| {
            let value = result.lock().unwrap_or_else(|broken| broken.into_inner()).take();
            answer(outcome.and_then(|()| value.ok_or_else(stopped)));
        }),
    }
}
