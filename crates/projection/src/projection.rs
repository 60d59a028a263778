//! The handle everything else holds.

use crate::catalogue::{Catalogue, Figures};
use crate::core::{Core, Sources};
use crate::flatten::LeftOut;
use crate::news::{Freshness, Listener, Moment, News};
use crate::whose::Whose;
use siyu_behaviour::Snapshot;
use siyu_db::{Db, params};
use siyu_kernel::{Chance, Clock, Currency, PersonNum, Refusal, Time, Zone};
use siyu_log::Log;
use siyu_people::People;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

/// How long the thread sleeps when there is nothing new.
const NAP: Duration = Duration::from_millis(40);
const THREADS: usize = 2;

/// What a projection is made of.
pub struct Setup {
    pub db: Db,
    pub log: Log,
    pub people: People,
    pub clock: Arc<dyn Clock>,
    pub chance: Arc<Chance>,
    /// Where the files lie; made when missing.
    pub folder: PathBuf,
    /// Days are of this zone.
    pub zone: Zone,
    pub currency: Currency,
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Projection {
    inner: Arc<Inner>,
}

struct Inner {
    setup: Setup,
    core: Mutex<Option<Core>>,
    moment: RwLock<Option<Moment>>,
    listeners: RwLock<Vec<Arc<dyn Listener>>>,
    figures: Figures,
    /// Of a snapshot.
    catalogue: Mutex<Option<(Snapshot, Arc<Catalogue>)>>,
}

/// Figures for the doctor and for metrics.
#[derive(Clone, Debug, Default)]
pub struct Health {
    pub seq: i64,
    /// Events in memory, and the bytes they take.
    pub tail_rows: usize,
    pub tail_bytes: usize,
    pub left_out: LeftOut,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Projection {
    /// Does no work yet: the first use, or [`Projection::run`], does.
    pub fn new(setup: Setup) -> Self {
        let inner = Inner {
            setup,
            core: Mutex::default(),
            moment: RwLock::default(),
            listeners: RwLock::default(),
            figures: Figures::default(),
            catalogue: Mutex::default(),
        };
        Self { inner: Arc::new(inner) }
    }
    /// The columns at one moment: take one per question, or one for several that must agree.
    pub fn snapshot(&self) -> Result<Snapshot, Refusal> {
        Ok(self.moment()?.snapshot)
    }
    pub fn moment(&self) -> Result<Moment, Refusal> {
        if let Some(moment) = &*self.inner.moment.read().unwrap_or_else(PoisonError::into_inner) {
            return Ok(moment.clone());
        }
        self.catch_up()?;
        let moment = self.inner.moment.read().unwrap_or_else(PoisonError::into_inner).clone();
        moment.ok_or_else(|| Refusal::internal("the columns were opened and are not there"))
    }
    /// Brings the snapshot up to everything committed before this call. Answers the place in the log it stands at.
    pub fn catch_up(&self) -> Result<i64, Refusal> {
        let mut core = self.opened()?;
        let Some(core) = core.as_mut() else { return Err(Refusal::internal("the columns are not open")) };
        while self.step(core)? {}
        Ok(core.seq)
    }
    /// One step; false when the log has nothing more.
    fn step(&self, core: &mut Core) -> Result<bool, Refusal> {
        let setup = &self.inner.setup;
        let sources = Sources { db: &setup.db, log: &setup.log, people: &setup.people, clock: &*setup.clock };
        let now = setup.clock.now();
        match core.advance(&sources, THREADS)? {
            Some((news, more)) => {
                self.publish(news);
                Ok(more)
            }
            None => {
                if let Some(moment) = &mut *self.inner.moment.write().unwrap_or_else(PoisonError::into_inner) {
                    moment.as_of = moment.as_of.max(now);
                }
                Ok(false)
            }
        }
    }
    fn publish(&self, news: News) {
        *self.inner.moment.write().unwrap_or_else(PoisonError::into_inner) = Some(news.moment.clone());
        let listeners = self.inner.listeners.read().unwrap_or_else(PoisonError::into_inner).clone();
        listeners.iter().for_each(|listener| listener.arrived(&news));
    }
    fn opened(&self) -> Result<MutexGuard<'_, Option<Core>>, Refusal> {
        let mut core = lock(&self.inner.core);
        if core.is_none() {
            let setup = &self.inner.setup;
            let now = setup.clock.now();
            let whose = setup.db.read(|tx| Ok(Whose::load(tx)?))?;
            let mut fresh = Core::new(setup.zone.clone(), whose, 0);
            while self.step(&mut fresh)? {}
            let mut moment = self.inner.moment.write().unwrap_or_else(PoisonError::into_inner);
            moment.get_or_insert_with(|| Moment { snapshot: fresh.store.snapshot(), seq: fresh.seq, as_of: now });
            drop(moment);
            *core = Some(fresh);
        }
        Ok(core)
    }

    pub fn freshness(&self) -> Result<Freshness, Refusal> {
        let moment = self.moment()?;
        let setup = &self.inner.setup;
        let (log_seq, waiting) = setup.db.read(|tx| {
            let last = tx.one("SELECT COALESCE(MAX(seq), 0) FROM log_batch", &[], |row| row.int(0))?;
            let first = "SELECT received_at FROM log_batch WHERE seq > $1 ORDER BY seq LIMIT 1";
            Ok((last, tx.opt(first, params![moment.seq], |row| row.time(0))?))
        })?;
        let now = setup.clock.now();
        let seconds = waiting.map_or(0.0, |since: Time| (now.0 - since.0).max(0) as f64 / 1e6);
        let as_of = if waiting.is_none() { moment.as_of.max(now) } else { moment.as_of };
        Ok(Freshness { seq: moment.seq, log_seq, as_of, seconds })
    }
    /// From now on `listener` is told of each step.
    pub fn listen(&self, listener: Arc<dyn Listener>) {
        self.inner.listeners.write().unwrap_or_else(PoisonError::into_inner).push(listener);
    }
    /// Events, their properties, and the most frequent texts, out of the snapshot.
    pub fn catalogue(&self) -> Result<Arc<Catalogue>, Refusal> {
        let moment = self.moment()?;
        let mut known = lock(&self.inner.catalogue);
        let same = |(of, _): &&(Snapshot, Arc<Catalogue>)| Arc::ptr_eq(&of.views, &moment.snapshot.views);
        if let Some((_, catalogue)) = known.as_ref().filter(same) {
            return Ok(Arc::clone(catalogue));
        }
        let catalogue = Arc::new(self.inner.figures.catalogue(&moment.snapshot, moment.as_of));
        *known = Some((moment.snapshot, Arc::clone(&catalogue)));
        Ok(catalogue)
    }
    /// Whose days the columns tell.
    pub fn zone(&self) -> Zone {
        self.inner.setup.zone.clone()
    }
    /// The person a number belongs to now: itself unless merged.
    pub fn root(&self, node: PersonNum) -> Result<PersonNum, Refusal> {
        Ok(self.opened()?.as_ref().map_or(node, |core| core.whose.root(node)))
    }
    pub fn health(&self) -> Result<Health, Refusal> {
        let core = self.opened()?;
        Ok(core.as_ref().map_or_else(Health::default, |core| Health {
            seq: core.seq,
            tail_rows: core.store.tail_rows(),
            tail_bytes: core.store.tail_memory(),
            left_out: core.flattener.left_out,
        }))
    }
    /// Keeps the columns in step until told to stop.
    pub fn run(&self, stop: &AtomicBool) {
        while !stop.load(Ordering::SeqCst) {
            if let Err(refusal) = self.catch_up() {
                tracing::warn!(code = refusal.code, "the behaviour columns will be brought up later");
                std::thread::sleep(Duration::from_secs(1));
            }
            std::thread::sleep(NAP);
        }
    }
}
