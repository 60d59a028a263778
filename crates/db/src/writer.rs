//! The writing side: a bounded queue, and the thread(s) that commit.

use crate::checkpoint::Checkpoints;
use crate::config::Target;
use crate::engine::{Conn, Role};
use crate::error::{OUTCOME_UNKNOWN, is_disconnected, is_retryable, outcome_unknown};
use crate::syncer::{Answers, Syncer};
use crate::tx::{CommitHook, Tx};
use crate::{DbConfig, Engine};
use siyu_kernel::{Refusal, Stopwatch};
use std::any::Any;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, RwLock};
use std::thread::JoinHandle;
use std::time::Duration;

/// What a unit made; its caller, who knows the type, opens it.
pub(crate) type Value = Box<dyn Any + Send>;
pub(crate) type Unit = Box<dyn FnMut(&mut Tx<'_>) -> Result<Value, Refusal> + Send>;
pub(crate) type Done = Box<dyn FnOnce(Result<Value, Refusal>) + Send>;

pub(crate) struct Job {
    pub run: Unit,
    pub done: Done,
}

/// A group closes after this much work, so that the first caller does not wait for the hundredth; long enough that a sync is shared by many.
const GROUP_SECONDS_MAX: f64 = 0.030;
const GROUP_UNITS_MAX: usize = 512;
/// A unit that collides with others is run again this often, and beyond it while this long has not passed: on a machine with more to
/// do than it can, eight tries are over before the others had their turn.
const RETRIES: u32 = 8;
const RETRY_SECONDS: f64 = 2.0;
/// How long a unit waits for a database server that is restarting before its caller hears of it.
const RECONNECT_SECONDS_MAX: f64 = 10.0;

struct Shared {
    queue: Mutex<VecDeque<Job>>,
    filled: Condvar,
    drained: Condvar,
    stopping: AtomicBool,
    queue_max: usize,
    hooks: RwLock<Vec<Arc<dyn CommitHook>>>,
    /// The rest of the log is to be folded (SQLite).
    rest: Arc<AtomicBool>,
}

pub(crate) struct Writer {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
    _checkpoints: Checkpoints,
    /// After the threads, which hand their answers to it.
    _syncer: Option<Arc<Syncer>>,
}

impl Writer {
    pub fn start(config: &DbConfig) -> Result<Self, Refusal> {
        let first = Conn::open(config, Role::Writer)?;
        let checkpoints = Checkpoints::start(config)?;
        let shared = Arc::new(Shared {
            queue: Mutex::default(),
            filled: Condvar::new(),
            drained: Condvar::new(),
            stopping: AtomicBool::new(false),
            queue_max: config.queue_max,
            hooks: RwLock::default(),
            rest: Arc::clone(&checkpoints.rest),
        });
        let (count, engine) = match first.engine() {
            Engine::Sqlite => (1, Engine::Sqlite),
            Engine::Postgres => (config.writers.max(1), Engine::Postgres),
        };
        let syncer = match &config.target {
            Target::Sqlite { file, .. } => Some(Arc::new(Syncer::start(file)?)),
            Target::Postgres { .. } => None,
        };
        if let Conn::Lite(conn) = &first {
            conn.sync_elsewhere()?;
        }
        let mut first = Some(first);
        let mut threads = Vec::new();
        for n in 0..count {
            let (shared, config, conn, syncer) = (Arc::clone(&shared), config.clone(), first.take(), syncer.clone());
            let group_max = if engine == Engine::Sqlite { GROUP_UNITS_MAX } else { 1 };
            let body = move || Lane { shared, config, conn, syncer, group_max }.run();
            threads.push(
                std::thread::Builder::new().name(format!("db-writer-{n}")).spawn(body).map_err(Refusal::internal)?,
            );
        }
        Ok(Self { shared, threads, _checkpoints: checkpoints, _syncer: syncer })
    }
    pub fn add_hook(&self, hook: Arc<dyn CommitHook>) {
        self.shared.hooks.write().unwrap_or_else(|broken| broken.into_inner()).push(hook);
    }
    pub fn queued(&self) -> usize {
        self.shared.lock().len()
    }
    pub fn try_send(&self, job: Job) -> Result<(), Refusal> {
        let mut queue = self.shared.lock();
        if queue.len() >= self.shared.queue_max {
            return Err(Refusal::busy());
        }
        queue.push_back(job);
        self.shared.filled.notify_one();
        Ok(())
    }
    /// Waits while the queue is full: for callers that have their own thread.
    pub fn send(&self, job: Job) -> Result<(), Refusal> {
        let mut queue = self.shared.lock();
        while queue.len() >= self.shared.queue_max {
            queue = self.shared.drained.wait(queue).unwrap_or_else(|broken| broken.into_inner());
        }
        queue.push_back(job);
        self.shared.filled.notify_one();
        Ok(())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        self.shared.filled.notify_all();
        for thread in self.threads.drain(..) {
            // A unit may hold the last handle: the writing thread cannot wait for itself.
            if thread.thread().id() != std::thread::current().id() {
                let _ = thread.join();
            }
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, VecDeque<Job>> {
        self.queue.lock().unwrap_or_else(|broken| broken.into_inner())
    }
    fn next(&self) -> Option<Job> {
        let mut queue = self.lock();
        loop {
            if let Some(job) = queue.pop_front() {
                self.drained.notify_one();
                return Some(job);
            }
            if self.stopping.load(Ordering::SeqCst) {
                return None;
            }
            queue = self.filled.wait(queue).unwrap_or_else(|broken| broken.into_inner());
        }
    }
    fn ready(&self) -> Option<Job> {
        let job = self.lock().pop_front();
        if job.is_some() {
            self.drained.notify_one();
        }
        job
    }
    fn hooks(&self) -> Vec<Arc<dyn CommitHook>> {
        self.hooks.read().unwrap_or_else(|broken| broken.into_inner()).clone()
    }
}

/// One writing thread and its connection.
struct Lane {
    shared: Arc<Shared>,
    config: DbConfig,
    conn: Option<Conn>,
    /// SQLite only.
    syncer: Option<Arc<Syncer>>,
    group_max: usize,
}

impl Lane {
    fn run(mut self) {
        while let Some(first) = self.shared.next() {
            let mut jobs = vec![first];
            match self.group(&mut jobs) {
                Ok(outcomes) => self.answer(jobs.into_iter().map(|job| job.done).zip(outcomes).collect()),
                // Saved or not, nobody knows: running them again could do everything twice. Their callers decide.
                Err(refusal) if refusal.code == OUTCOME_UNKNOWN => {
                    jobs.into_iter().for_each(|job| (job.done)(Err(outcome_unknown())));
                }
                // The group as a whole failed: each unit gets its own try, so that one bad unit does not take others down.
                Err(_) => jobs.into_iter().for_each(|job| self.alone(job)),
            }
            if self.shared.rest.swap(false, Ordering::SeqCst)
                && let Some(Conn::Lite(conn)) = &self.conn
            {
                // A disk that fails is told by the next commit.
                let _ = conn.fold_log();
            }
        }
    }

    fn connect(&mut self) -> Result<&mut Conn, Refusal> {
        if self.conn.as_ref().is_none_or(Conn::is_closed) {
            self.conn = Some(Conn::open(&self.config, Role::Writer)?);
        }
        Ok(self.conn.as_mut().expect("opened above"))
    }

    fn alone(&mut self, mut job: Job) {
        let waited = Stopwatch::start();
        let mut tries = 0;
        let outcome = loop {
            let mut one = vec![job];
            let result = self.once(&mut one);
            job = one.pop().expect("the job that was put in");
            match result {
                Err(refusal) if is_retryable(&refusal) && (tries < RETRIES || waited.seconds() < RETRY_SECONDS) => {
                    tries += 1;
                    std::thread::sleep(Duration::from_millis(1 << tries.min(6)));
                }
                Err(refusal)
                    if is_disconnected(&refusal)
                        && refusal.code != OUTCOME_UNKNOWN
                        && waited.seconds() < RECONNECT_SECONDS_MAX
                        && !self.shared.stopping.load(Ordering::SeqCst) =>
                {
                    self.conn = None;
                    std::thread::sleep(Duration::from_millis(200));
                }
                other => break other,
            }
        };
        self.answer(vec![(job.done, outcome)]);
    }
    /// What was committed is told once it is on disk.
    fn answer(&self, answers: Answers) {
        match &self.syncer {
            Some(syncer) => syncer.answer(answers),
            None => answers.into_iter().for_each(|(done, outcome)| done(outcome)),
        }
    }
    fn once(&mut self, jobs: &mut Vec<Job>) -> Result<Value, Refusal> {
        let limit = std::mem::replace(&mut self.group_max, 1);
        let result = self.group(jobs);
        self.group_max = limit;
        result?.pop().expect("one job, one outcome")
    }

    /// Runs the jobs, and more as they arrive, in one transaction. `Err` means that nothing was saved.
    fn group(&mut self, jobs: &mut Vec<Job>) -> Result<Vec<Result<Value, Refusal>>, Refusal> {
        let (shared, group_max) = (Arc::clone(&self.shared), self.group_max);
        let hooks = shared.hooks();
        self.syncer.as_ref().map_or(Ok(()), |syncer| syncer.check())?;
        let conn = self.connect()?;
        conn.begin_write()?;
        let changed = conn.changed_outside();
        let mut tx = Tx::new(conn);
        let mut undo = Vec::new();
        let mut told = true;
        let worked = (|| {
            if changed? {
                told = false;
                hooks.iter().try_for_each(|hook| hook.refresh(&mut tx))?;
                told = true;
            }
            let watch = Stopwatch::start();
            let mut outcomes = Vec::new();
            loop {
                let at = outcomes.len();
                let outcome = if at == 0 {
                    run_first(&mut tx, &mut jobs[at], &mut undo)?
                } else {
                    run_unit(&mut tx, &mut jobs[at], &mut undo)?
                };
                let refused = at == 0 && outcome.is_err();
                outcomes.push(outcome);
                if refused {
                    return Ok((outcomes, false));
                }
                if outcomes.len() < jobs.len() {
                    continue;
                }
                let open = jobs.len() < group_max && watch.seconds() < GROUP_SECONDS_MAX;
                match open.then(|| shared.ready()).flatten() {
                    Some(job) => jobs.push(job),
                    None => break,
                }
            }
            hooks.iter().try_for_each(|hook| hook.before_commit(&mut tx))?;
            Ok((outcomes, true))
        })();
        let mut slots = std::mem::take(&mut tx.slots);
        undo.extend(tx.take_undo());
        if !told {
            conn.look_again();
        }
        // `true`: there is something to save.
        let ended = worked.and_then(
            |(outcomes, save): (Vec<Result<Value, Refusal>>, bool)| {
                if save { commit(conn).map(|()| (outcomes, true)) } else { Ok((outcomes, false)) }
            },
        );
        let saved = matches!(ended, Ok((_, true)));
        if !saved {
            let _ = conn.script("ROLLBACK");
            undo.into_iter().for_each(|undo| undo());
        }
        hooks.iter().for_each(|hook| hook.after_commit(&mut slots, saved));
        ended.map(|(outcomes, _)| outcomes)
    }
}

fn commit(conn: &mut Conn) -> Result<(), Refusal> {
    conn.commit().map_err(|error| if error.disconnected() { outcome_unknown().because(error) } else { error.into() })
}

/// Runs the first unit of a group without a savepoint: refusing it ends the transaction, in which there is nothing else yet. A savepoint
/// makes SQLite keep a copy of every page that a unit changes, which is most of the price of a large one.
/// The outer error ends the group; the inner one is this unit's own answer.
fn run_first(
    tx: &mut Tx<'_>,
    job: &mut Job,
    undo: &mut Vec<Box<dyn FnOnce() + Send>>,
) -> Result<Result<Value, Refusal>, Refusal> {
    let outcome = run(tx, job);
    undo.extend(tx.take_undo());
    match outcome {
        Err(refusal) if tx.is_dead() || is_retryable(&refusal) || is_disconnected(&refusal) => Err(refusal),
        outcome => Ok(outcome),
    }
}

fn run(tx: &mut Tx<'_>, job: &mut Job) -> Result<Value, Refusal> {
    catch_unwind(AssertUnwindSafe(|| (job.run)(tx)))
        .unwrap_or_else(|_| Err(Refusal::internal("a unit of work panicked")))
}

/// A later unit, which can be refused without the others.
fn run_unit(
    tx: &mut Tx<'_>,
    job: &mut Job,
    undo: &mut Vec<Box<dyn FnOnce() + Send>>,
) -> Result<Result<Value, Refusal>, Refusal> {
    let marks = tx.begin_unit()?;
    match run(tx, job) {
        Ok(value) => {
            undo.extend(tx.keep_unit()?);
            Ok(Ok(value))
        }
        Err(refusal) => {
            if tx.is_dead() || is_retryable(&refusal) || is_disconnected(&refusal) {
                return Err(refusal);
            }
            tx.drop_unit(&marks)?;
            Ok(Err(refusal))
        }
    }
}
