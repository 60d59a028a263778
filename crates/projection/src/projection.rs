//! The handle everything else holds.

use crate::catalogue::{Catalogue, Figures};
use crate::core::Core;
use crate::flatten::{AMOUNT, LeftOut};
use crate::folder::Folder;
use crate::keeping::Times;
use crate::manifest::Manifest;
use crate::news::{Freshness, Listener, Moment, News};
use crate::opening::building;
use crate::turn::turn;
use crate::whose::Whose;
use roaring::RoaringBitmap;
use siyu_behaviour::{Snapshot, View};
use siyu_db::{Db, params};
use siyu_kernel::{Chance, Clock, Currency, PersonNum, Refusal, Stopwatch, Time, Zone};
use siyu_log::Log;
use siyu_people::{FieldTable, People};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockWriteGuard, Weak};
use std::time::Duration;

/// How long the threads sleep when there is nothing to do.
const NAP: Duration = Duration::from_millis(40);
pub(crate) const THREADS: usize = 2;
/// How long a question waits for columns that are being opened.
const PATIENCE_SECONDS: f64 = 5.0;

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

/// When what is in memory is stored, and files are looked at.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Events in memory at which they are stored.
    pub tail_rows: usize,
    /// Bytes of memory at which they are.
    pub tail_bytes: usize,
    /// Files are read and verified again this often.
    pub scrub_seconds: f64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { tail_rows: 500_000, tail_bytes: 256 << 20, scrub_seconds: 6.0 * 3600.0 }
    }
}

impl Limits {
    /// More is in memory than so many times what is worth storing.
    pub(crate) fn are_passed(&self, times: usize, core: &Core) -> bool {
        core.store.tail_rows() >= self.tail_rows.saturating_mul(times)
            || core.tail_bytes >= self.tail_bytes.saturating_mul(times)
    }
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Projection {
    inner: Arc<Inner>,
}

/// A catalogue, of a snapshot and the fields as they were.
type Told = (Weak<[View]>, Arc<FieldTable>, Arc<Catalogue>);

/// Locks are taken in this order: `tending`, `core`, `moment`.
pub(crate) struct Inner {
    pub setup: Setup,
    pub folder: Folder,
    pub holder: String,
    zone: RwLock<Zone>,
    home: Mutex<Option<String>>,
    /// Held by whoever changes the files.
    pub tending: Mutex<()>,
    pub core: Mutex<Option<Core>>,
    moment: RwLock<Option<Moment>>,
    /// Of the columns that are shown: read without waiting for whoever makes them.
    shown: RwLock<Option<(Zone, Arc<RwLock<Whose>>)>>,
    /// Why the reading thread could not go on: what a question is told that finds no columns.
    trouble: Mutex<Option<Refusal>>,
    listeners: RwLock<Vec<Arc<dyn Listener>>>,
    figures: Figures,
    /// Of a snapshot, which it does not keep alive, and of the fields of that time.
    catalogue: Mutex<Option<Told>>,
    pub times: Mutex<Times>,
    /// The lock beside the files, while this process keeps them.
    pub hold: Mutex<Option<std::fs::File>>,
    /// The manifest is what this process last saw or wrote.
    pub known: AtomicBool,
    /// Long work is to end.
    pub stop: AtomicBool,
    /// Threads look after the columns.
    running: AtomicBool,
    /// Of long work: how far, of how much.
    pub progress: (AtomicI64, AtomicI64),
    /// Files found damaged since the start.
    pub damaged: AtomicU64,
    /// A file looks damaged: the next look need not wait.
    pub suspect: AtomicBool,
    pub limits: Limits,
}

/// Figures for the doctor and for metrics.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// The files hold the log up to here, of so much.
    pub stored_seq: i64,
    pub log_seq: i64,
    pub parts: usize,
    /// Events and bytes in files.
    pub rows: u64,
    pub bytes: u64,
    /// Events in memory, and the bytes they take; 0 when the columns are not open here.
    pub tail_rows: usize,
    pub tail_bytes: usize,
    /// Files that are missing or not what was written, by name.
    pub damaged: Vec<String>,
    /// Files of which a person's erasure is still to be carried out; nobody sees those rows.
    pub erasing: usize,
    pub left_out: LeftOut,
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Projection {
    /// Does no work yet: the first use, or [`Projection::run`], opens the stored parts and reads the rest of the log.
    pub fn new(setup: Setup) -> Self {
        Self::within(setup, Limits::default())
    }
    pub fn within(setup: Setup, limits: Limits) -> Self {
        let inner = Inner {
            folder: Folder::new(setup.folder.clone(), Arc::clone(&setup.chance)),
            holder: format!("{:016x}", setup.chance.next()),
            zone: RwLock::new(setup.zone.clone()),
            setup,
            home: Mutex::default(),
            tending: Mutex::default(),
            core: Mutex::default(),
            moment: RwLock::default(),
            shown: RwLock::default(),
            trouble: Mutex::default(),
            listeners: RwLock::default(),
            figures: Figures::default(),
            catalogue: Mutex::default(),
            times: Mutex::default(),
            hold: Mutex::default(),
            known: AtomicBool::new(false),
            stop: AtomicBool::new(false),
            running: AtomicBool::new(false),
            progress: (AtomicI64::new(0), AtomicI64::new(0)),
            damaged: AtomicU64::new(0),
            suspect: AtomicBool::new(false),
            limits,
        };
        Self { inner: Arc::new(inner) }
    }
    /// The columns at one moment: take one per question, or one for several that must agree.
    ///
    /// Errors: `behaviour_building` while they are being made, `behaviour_files`.
    pub fn snapshot(&self) -> Result<Snapshot, Refusal> {
        Ok(self.moment()?.snapshot)
    }
    pub fn moment(&self) -> Result<Moment, Refusal> {
        if let Some(moment) = self.inner.moment() {
            return Ok(moment);
        }
        if self.inner.running.load(Ordering::SeqCst) {
            return self.inner.wait_for_moment(PATIENCE_SECONDS);
        }
        drop(self.inner.wait_for_core(PATIENCE_SECONDS)?);
        self.catch_up()?;
        self.inner.moment().ok_or_else(building)
    }
    /// Whether the log up to `seq` is in the snapshot by now. Where no thread keeps the columns in step it is brought there.
    pub fn reaches(&self, seq: i64) -> Result<bool, Refusal> {
        if self.inner.moment().is_some_and(|moment| moment.seq >= seq) {
            return Ok(true);
        }
        Ok(!self.inner.running.load(Ordering::SeqCst) && self.catch_up()? >= seq)
    }
    /// Brings the snapshot up to everything committed before this call. Answers the place in the log it stands at.
    pub fn catch_up(&self) -> Result<i64, Refusal> {
        let inner = &*self.inner;
        loop {
            // Where a thread stores the tail, it has time to.
            let times = if inner.running.load(Ordering::SeqCst) { 4 } else { 1 };
            let is_full = || lock(&inner.core).as_ref().is_some_and(|core| inner.limits.are_passed(times, core));
            // Before more is read: while files cannot be written, memory does not grow.
            if is_full() {
                inner.make_room()?;
            }
            let mut guard = lock(&inner.core);
            let core = match &mut *guard {
                Some(core) => core,
                closed => closed.insert(inner.open_core()?),
            };
            let stepped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| inner.step(core)));
            let seq = core.seq;
            let more = match stepped {
                Ok(more) => more?,
                Err(panic) => {
                    // Half of a step may be in: they are opened anew.
                    *guard = None;
                    drop(guard);
                    std::panic::resume_unwind(panic);
                }
            };
            drop(guard);
            if is_full() {
                inner.make_room()?;
            }
            if !more {
                return Ok(seq);
            }
        }
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
    /// Events, their properties, and the most frequent texts, out of the snapshot. Properties that are sensitive by now are not named.
    pub fn catalogue(&self) -> Result<Arc<Catalogue>, Refusal> {
        let moment = self.moment()?;
        let fields = self.inner.setup.people.field_table();
        let mut known = lock(&self.inner.catalogue);
        let views = Arc::downgrade(&moment.snapshot.views);
        let same = |(of, by, _): &&Told| Weak::ptr_eq(of, &views) && Arc::ptr_eq(by, &fields);
        if let Some((.., catalogue)) = known.as_ref().filter(same) {
            return Ok(Arc::clone(catalogue));
        }
        let mut catalogue = self.inner.figures.catalogue(&moment.snapshot, moment.as_of);
        for event in &mut catalogue.events {
            event.properties.retain(|own| own.name == AMOUNT || !fields.hides(&own.name));
        }
        let catalogue = Arc::new(catalogue);
        *known = Some((views, fields, Arc::clone(&catalogue)));
        Ok(catalogue)
    }
    /// Whose days the columns tell.
    pub fn zone(&self) -> Zone {
        self.inner.shown().map_or_else(|| self.inner.zone(), |(zone, _)| zone)
    }
    /// The workspace's zone is another one now. The columns are made anew; until then their days stay those of the old zone.
    pub fn set_zone(&self, zone: Zone) {
        *self.inner.zone.write().unwrap_or_else(PoisonError::into_inner) = zone;
    }
    /// The person a number belongs to now: itself unless merged.
    pub fn root(&self, node: PersonNum) -> Result<PersonNum, Refusal> {
        self.moment()?;
        Ok(self
            .inner
            .shown()
            .map_or(node, |(_, whose)| whose.read().unwrap_or_else(PoisonError::into_inner).root(node)))
    }
    /// Throws the columns away and makes them anew from the log; `progress` is told (done, of). False when another process keeps the files: it
    /// was asked to, and does it within seconds, beside whoever reads.
    pub fn rebuild(&self, mut progress: impl FnMut(i64, i64)) -> Result<bool, Refusal> {
        let mut progress = |done, of| {
            progress(done, of);
            true
        };
        if !self.inner.rebuild(&mut progress)? {
            return Ok(false);
        }
        self.catch_up().map(|_| true)
    }
    /// What the manifest and the files say. Does not open the columns; `verify` reads every file.
    pub fn health(&self, verify: bool) -> Result<Health, Refusal> {
        let inner = &*self.inner;
        let home = inner.home()?;
        let (manifest, log_seq) = inner.setup.db.read(|tx| {
            let last = tx.one("SELECT COALESCE(MAX(seq), 0) FROM log_batch", &[], |row| row.int(0))?;
            Ok((Manifest::load(tx, &home)?, last))
        })?;
        let damaged = inner.damaged(&manifest, verify)?;
        let mut health = Health {
            damaged,
            log_seq,
            parts: manifest.parts.len(),
            rows: manifest.parts.iter().map(|row| row.rows).sum(),
            bytes: manifest.parts.iter().map(|row| row.bytes).sum(),
            stored_seq: manifest.home.as_ref().map_or(0, |home| home.seq),
            left_out: manifest.home.map(|home| home.left_out).unwrap_or_default(),
            ..Health::default()
        };
        if let Ok(core) = inner.core.try_lock()
            && let Some(core) = &*core
        {
            health.tail_rows = core.store.tail_rows();
            health.tail_bytes = core.store.tail_memory();
            health.erasing = core.store.dirty_parts();
            health.left_out = core.flattener.left_out;
        }
        Ok(health)
    }
    /// How far long work (a rebuild, a repair) is: (done, of), places in the log.
    pub fn progress(&self) -> (i64, i64) {
        (self.inner.progress.0.load(Ordering::Relaxed), self.inner.progress.1.load(Ordering::Relaxed))
    }
    /// One step of what is due for the files: storing the tail, compaction, verification. False when nothing is, or another process does it.
    pub fn tend(&self) -> Result<bool, Refusal> {
        self.inner.keep_files()
    }

    /// Keeps the columns in step with the log, and the files in order, until told to stop.
    pub fn run(&self, stop: &AtomicBool) {
        let inner = &*self.inner;
        inner.stop.store(false, Ordering::SeqCst);
        inner.running.store(true, Ordering::SeqCst);
        let on = || !inner.stop.load(Ordering::SeqCst);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let mut later = Later::default();
                while on() {
                    match turn("columns", || self.catch_up()) {
                        Ok(_) => {
                            *lock(&inner.trouble) = None;
                            std::thread::sleep(NAP);
                        }
                        Err(refusal) => {
                            later.tell(&refusal);
                            *lock(&inner.trouble) = Some(refusal);
                            later.wait(on);
                        }
                    }
                }
            });
            scope.spawn(|| {
                siyu_behaviour::step_back();
                let mut later = Later::default();
                while on() {
                    match turn("column-files", || inner.keep_files()) {
                        Ok(true) => {}
                        Ok(false) => std::thread::sleep(5 * NAP),
                        Err(refusal) => {
                            later.tell(&refusal);
                            later.wait(on);
                        }
                    }
                }
            });
            // Measured here: the other threads may be busy for long, or wait after an error.
            while !stop.load(Ordering::SeqCst) {
                inner.measure();
                std::thread::sleep(NAP);
            }
            inner.stop.store(true, Ordering::SeqCst);
        });
        inner.stop.store(false, Ordering::SeqCst);
        inner.running.store(false, Ordering::SeqCst);
        if let Err(refusal) = turn("column-files", || inner.tend(true)) {
            tracing::warn!(
                code = refusal.code,
                "the newest events were not stored in files; the next start reads them from the log"
            );
        }
        inner.release();
    }
}

/// What fails is tried again every two seconds, and told once a minute.
#[derive(Default)]
struct Later(Option<(&'static str, Stopwatch)>);

impl Later {
    fn tell(&mut self, refusal: &Refusal) {
        if self.0.as_ref().is_none_or(|(code, since)| *code != refusal.code || since.seconds() > 60.0) {
            tracing::warn!(
                code = refusal.code,
                reason = refusal.en,
                "the behaviour columns will be looked after later"
            );
            self.0 = Some((refusal.code, Stopwatch::start()));
        }
    }
    fn wait(&self, on: impl Fn() -> bool) {
        let mut naps = 0;
        while on() && naps < 50 {
            std::thread::sleep(NAP);
            naps += 1;
        }
    }
}

impl Inner {
    pub(crate) fn zone(&self) -> Zone {
        self.zone.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
    pub(crate) fn home(&self) -> Result<String, Refusal> {
        let mut home = lock(&self.home);
        if home.is_none() {
            *home = Some(self.folder.home()?);
        }
        Ok(home.clone().unwrap_or_default())
    }
    fn moment(&self) -> Option<Moment> {
        self.moment.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
    /// While a thread reads the log: it brings the first moment, not whoever asks.
    fn wait_for_moment(&self, seconds: f64) -> Result<Moment, Refusal> {
        let watch = Stopwatch::start();
        loop {
            if let Some(moment) = self.moment() {
                return Ok(moment);
            }
            if let Some(refusal) = &*lock(&self.trouble) {
                let Refusal { class, code, en, zh, .. } = refusal;
                return Err(Refusal::new(*class, code, en.as_str(), zh.as_str()));
            }
            if watch.seconds() >= seconds {
                return Err(building());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
    fn shown(&self) -> Option<(Zone, Arc<RwLock<Whose>>)> {
        self.shown.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
    /// Readers are shown these columns from now on.
    pub(crate) fn told(&self, core: &Core) {
        let shown = (core.store.zone().clone(), Arc::clone(&core.whose));
        *self.shown.write().unwrap_or_else(PoisonError::into_inner) = Some(shown);
    }
    pub(crate) fn moment_mut(&self) -> RwLockWriteGuard<'_, Option<Moment>> {
        self.moment.write().unwrap_or_else(PoisonError::into_inner)
    }
    /// One step; false when the log has nothing more.
    fn step(&self, core: &mut Core) -> Result<bool, Refusal> {
        let now = self.setup.clock.now();
        let (news, more) = match core.advance(&self.sources(), THREADS)? {
            Some((news, more)) => (Some(news), more),
            None => (None, false),
        };
        match news {
            Some(news) if core.shown => self.show(news),
            // Nobody is shown columns that are still far behind.
            _ if more => {}
            Some(news) => self.show_first(core, News { reset: true, ..news }),
            None if !core.shown => {
                let moment = Moment { snapshot: core.store.snapshot(), seq: core.seq, as_of: now };
                self.show_first(core, nothing_new(moment));
            }
            None => {
                if let Some(moment) = &mut *self.moment_mut()
                    && moment.seq == core.seq
                {
                    moment.as_of = moment.as_of.max(now);
                }
            }
        }
        Ok(more)
    }
    fn show_first(&self, core: &mut Core, news: News) {
        core.shown = true;
        self.told(core);
        self.show(news);
    }
    fn show(&self, news: News) {
        {
            let mut moment = self.moment_mut();
            // Columns that were opened again read once more what was told of before.
            if moment.as_ref().is_some_and(|own| own.seq >= news.moment.seq) && !news.reset {
                return;
            }
            *moment = Some(news.moment.clone());
        }
        let listeners = self.listeners.read().unwrap_or_else(PoisonError::into_inner).clone();
        listeners.iter().for_each(|listener| listener.arrived(&news));
    }
    fn measure(&self) {
        let Ok(core) = self.core.try_lock() else { return };
        // Told as a whole: a file may be found damaged before anybody listens to metrics.
        metrics::counter!("siyu_behaviour_damaged_total").absolute(self.damaged.load(Ordering::SeqCst));
        metrics::gauge!("siyu_behaviour_open").set(if core.is_some() { 1.0 } else { 0.0 });
        let Some(core) = &*core else { return };
        let bytes: u64 = core.files.values().map(|part| part.bytes).sum();
        metrics::gauge!("siyu_behaviour_seq").set(core.seq as f64);
        metrics::gauge!("siyu_behaviour_tail_events").set(core.store.tail_rows() as f64);
        metrics::gauge!("siyu_behaviour_tail_bytes").set(core.tail_bytes as f64);
        metrics::gauge!("siyu_behaviour_parts").set(core.files.len() as f64);
        metrics::gauge!("siyu_behaviour_bytes").set(bytes as f64);
    }
}

fn nothing_new(moment: Moment) -> News {
    News { moment, events: Vec::new(), since: i64::MAX, changed: RoaringBitmap::new(), system: Vec::new(), reset: true }
}
