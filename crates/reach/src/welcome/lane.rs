//! The hot lane: arrivals in memory on their way to their greeting, apart from every sync and from the inbox.
//!
//! One thread marks those that came together as being sent, in one unit, and hands them to a crew; another writes down what became of
//! them, in units of many. The queue is bounded: who does not fit stays on disk as waiting, is counted, and is looked for every second
//! ([`Reach::sweep_welcomes`]), as are those of another process that has ended.

use super::arrive::{hash, until};
use super::crew::{Call, Crew};
use super::outcomes::Outcome;
use super::{SENDING, WAITING};
use crate::{Inner, Reach};
use siyu_contacts::Arrival;
use siyu_db::params;
use siyu_kernel::{Refusal, Time};
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, Weak};
use std::time::Duration;

/// Arrivals in memory; more stay on disk for the moment.
const WAITING_MAX: usize = 8_192;
const UNIT_MAX: usize = 256;
/// Greetings on their way at once: as many as WeCom is asked for at once. They mostly wait for its answer.
const THREADS: usize = 48;
/// With more than this on their way nobody is read first: the texts' fallbacks stand, and nobody waits for a name.
const RUSH: usize = 24;
/// Marked and waiting for one of the threads.
const READY_MAX: usize = 64;

/// An arrival that is to be greeted.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Job {
    pub hash: String,
    pub contact: String,
    pub userid: String,
    pub channel: String,
    pub code: String,
    pub at: Time,
    pub until: Time,
}

/// The code is a secret for its twenty seconds.
impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Job({})", self.hash)
    }
}

/// What became of a job.
#[derive(Clone, Debug)]
pub(super) struct Done {
    pub hash: String,
    pub outcome: Outcome,
    pub store: String,
    pub rule: String,
    pub reason: String,
    pub at: Time,
}

#[derive(Default)]
pub(crate) struct Lane {
    /// Threads begin with the first arrival.
    queue: OnceLock<SyncSender<Job>>,
    under_way: Mutex<BTreeSet<String>>,
    idle: Condvar,
}

impl Lane {
    fn under_way(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.under_way.lock().unwrap_or_else(|broken| broken.into_inner())
    }
    fn leave(&self, hashes: impl IntoIterator<Item = String>) {
        let mut under_way = self.under_way();
        for hash in hashes {
            under_way.remove(&hash);
        }
        metrics::gauge!("siyu_welcome_under_way").set(under_way.len() as f64);
        if under_way.is_empty() {
            self.idle.notify_all();
        }
    }
    pub(super) fn is_rush(&self) -> bool {
        self.under_way().len() > RUSH
    }
    /// How many more it takes.
    pub(super) fn room(&self) -> usize {
        WAITING_MAX.saturating_sub(self.under_way().len())
    }
}

impl Reach {
    /// Greets an arrival that is on disk, as soon as a thread is free. Does not wait.
    pub fn greet(&self, arrival: &Arrival) {
        let Some(code) = &arrival.code else { return };
        let job = Job {
            hash: hash(&self.parts().vault, arrival),
            contact: arrival.contact.clone(),
            userid: arrival.userid.clone(),
            channel: arrival.state.clone(),
            code: code.clone(),
            at: arrival.received,
            until: until(arrival.at, arrival.received),
        };
        if !self.offer(job) {
            metrics::counter!("siyu_welcome_overflow_total").increment(1);
            tracing::warn!("more customers come than can be welcomed at once; the rest waits on disk");
        }
    }
    /// Starts the lane now rather than with the first arrival: its threads go on with the priority of whoever starts it.
    pub fn start_lane(&self) {
        self.inner.lane.queue.get_or_init(|| start(&self.inner));
    }
    /// Whether there was room, or it is on its way already.
    pub(super) fn offer(&self, job: Job) -> bool {
        let lane = &self.inner.lane;
        {
            let mut under_way = lane.under_way();
            if under_way.contains(&job.hash) {
                return true;
            }
            if under_way.len() >= WAITING_MAX {
                return false;
            }
            under_way.insert(job.hash.clone());
            metrics::gauge!("siyu_welcome_under_way").set(under_way.len() as f64);
        }
        let queue = lane.queue.get_or_init(|| start(&self.inner));
        match queue.try_send(job) {
            Ok(()) => true,
            Err(TrySendError::Full(job) | TrySendError::Disconnected(job)) => {
                lane.leave([job.hash]);
                false
            }
        }
    }
    /// Returns when everything offered so far has been greeted and written down, or after `most`.
    pub fn settle_welcomes(&self, most: Duration) -> bool {
        let lane = &self.inner.lane;
        let waited = lane.idle.wait_timeout_while(lane.under_way(), most, |under_way| !under_way.is_empty());
        let (under_way, _) = waited.unwrap_or_else(|broken| broken.into_inner());
        under_way.is_empty()
    }

    /// Marks those that are still waiting as being sent by this process.
    fn claim(&self, jobs: Vec<Job>) -> Result<Vec<Job>, Refusal> {
        let hashes: Vec<String> = jobs.iter().map(|job| job.hash.clone()).collect();
        let (holder, now) = (self.inner.holder.clone(), self.now());
        let claimed = self.parts().db.transact(move |tx| {
            let sql = format!(
                "UPDATE welcome SET state = {SENDING}, holder = $2 WHERE state = {WAITING} AND until > $3 AND {} RETURNING hash",
                tx.any("hash", 1)
            );
            Ok(tx.query(&sql, params![&hashes, &holder, now], |row| row.text(0))?)
        })?;
        let claimed: BTreeSet<String> = claimed.into_iter().collect();
        let (own, others): (Vec<Job>, Vec<Job>) = jobs.into_iter().partition(|job| claimed.contains(&job.hash));
        // Repeated, of another process, or too late: nothing of ours.
        self.inner.lane.leave(others.into_iter().map(|job| job.hash));
        Ok(own)
    }

    fn greet_or_fail(&self, job: &Job) -> Done {
        let greeted = catch_unwind(AssertUnwindSafe(|| self.greet_now(job)));
        let refusal = match greeted {
            Ok(Ok(done)) => return done,
            Ok(Err(refusal)) => refusal,
            Err(_) => Refusal::internal("greeting somebody panicked"),
        };
        tracing::error!(code = refusal.code, error = %refusal, "a welcome could not be made");
        self.done(job, Outcome::Failed, refusal.code)
    }
    pub(super) fn done(&self, job: &Job, outcome: Outcome, reason: &str) -> Done {
        let (store, rule, reason) = (String::new(), String::new(), reason.to_owned());
        Done { hash: job.hash.clone(), outcome, store, rule, reason, at: self.now() }
    }
}

/// The threads end when the last handle is gone.
fn start(inner: &Arc<Inner>) -> SyncSender<Job> {
    let (queue, waiting) = sync_channel(WAITING_MAX);
    let (ended, outcomes) = sync_channel(UNIT_MAX);
    let weak = Arc::downgrade(inner);
    spawn("welcome-claim", {
        let weak = weak.clone();
        move || claim_all(&weak, &waiting, &ended)
    });
    spawn("welcome-told", move || write_all(&weak, &outcomes));
    queue
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> bool {
    let started = std::thread::Builder::new().name(name.to_owned()).stack_size(1 << 20).spawn(work);
    if let Err(error) = &started {
        tracing::error!(%error, "a thread of the welcome lane could not be started");
    }
    started.is_ok()
}

/// The first of a queue and those that came with it.
fn together<T>(receiver: &Receiver<T>) -> Option<Vec<T>> {
    let mut all = vec![receiver.recv().ok()?];
    while all.len() < UNIT_MAX
        && let Ok(one) = receiver.try_recv()
    {
        all.push(one);
    }
    Some(all)
}

fn claim_all(weak: &Weak<Inner>, waiting: &Receiver<Job>, ended: &SyncSender<Done>) {
    let crew = Arc::new(Crew::new(THREADS, READY_MAX));
    while let Some(jobs) = together(waiting) {
        let Some(inner) = weak.upgrade() else { break };
        let reach = Reach { inner };
        let hashes: Vec<String> = jobs.iter().map(|job| job.hash.clone()).collect();
        match reach.claim(jobs) {
            Ok(own) => own.into_iter().for_each(|job| hand(weak, &crew, job, ended)),
            Err(refusal) => {
                // They wait on disk; the next look finds them.
                tracing::warn!(code = refusal.code, error = %refusal, "welcomes wait: the database took no mark");
                reach.inner.lane.leave(hashes);
            }
        }
    }
    crew.close();
}

fn hand(weak: &Weak<Inner>, crew: &Arc<Crew<Job>>, job: Job, ended: &SyncSender<Done>) {
    if crew.hand(job) == Call::Taken {
        return;
    }
    let started = spawn("welcome", {
        let (weak, crew, ended) = (weak.clone(), Arc::clone(crew), ended.clone());
        move || crew.serve(|job| greet_one(&weak, &job, &ended))
    });
    if !started {
        for job in crew.not_started() {
            greet_one(weak, &job, ended);
        }
    }
}

/// Whether there is anybody left to be told.
fn greet_one(weak: &Weak<Inner>, job: &Job, ended: &SyncSender<Done>) -> bool {
    let Some(inner) = weak.upgrade() else { return false };
    let done = Reach { inner }.greet_or_fail(job);
    ended.send(done).is_ok()
}

fn write_all(weak: &Weak<Inner>, outcomes: &Receiver<Done>) {
    const TRIES: u32 = 20;
    while let Some(all) = together(outcomes) {
        let Some(inner) = weak.upgrade() else { return };
        let reach = Reach { inner };
        let all = Arc::new(all);
        for tries in 1..=TRIES {
            let Err(refusal) = reach.write_outcomes(&all) else { break };
            tracing::warn!(code = refusal.code, error = %refusal, tries, "what became of welcomes is not written down yet");
            std::thread::sleep(Duration::from_millis(250));
        }
        // What could not be written down is found by the sweep: sent or not is not known then.
        reach.inner.lane.leave(all.iter().map(|done| done.hash.clone()));
    }
}
