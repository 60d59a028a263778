//! What runs beside serving: the log's compaction, rule tags, expiry, looking at what other processes did. One thread each, stopped before the database closes.

use crate::workspace::Open;
use siyu_audience::Audience;
use siyu_db::acquire;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

pub struct Jobs {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Jobs {
    pub fn start(open: &Arc<Open>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let holder = format!("{}-{:x}", std::process::id(), open.app.chance.next());
        let threads = vec![compaction(open, &stop, holder.clone()), tags(open, &stop, holder), neighbours(open, &stop)];
        Self { stop, threads }
    }
    pub fn stop(self) {
        self.stop.store(true, Ordering::SeqCst);
        for thread in self.threads {
            let _ = thread.join();
        }
    }
}

/// Sleeps in short steps, so that stopping does not wait.
fn nap(stop: &AtomicBool, millis: u64) {
    let mut left = millis;
    while left > 0 && !stop.load(Ordering::SeqCst) {
        std::thread::sleep(Duration::from_millis(left.min(100)));
        left = left.saturating_sub(100);
    }
}

fn compaction(open: &Arc<Open>, stop: &Arc<AtomicBool>, holder: String) -> JoinHandle<()> {
    let (open, stop) = (Arc::clone(open), Arc::clone(stop));
    std::thread::spawn(move || {
        while !stop.load(Ordering::SeqCst) {
            match open.app.log.compact(&open.app.db, &holder) {
                Ok(true) => {}
                Ok(false) => nap(&stop, 300),
                Err(refusal) => {
                    tracing::warn!(code = refusal.code, "compaction will be tried again");
                    nap(&stop, 5_000);
                }
            }
        }
    })
}

fn tags(open: &Arc<Open>, stop: &Arc<AtomicBool>, holder: String) -> JoinHandle<()> {
    let (open, stop) = (Arc::clone(open), Arc::clone(stop));
    std::thread::spawn(move || {
        let audience = Audience::new(open.app.people.clone(), open.app.log.clone());
        while !stop.load(Ordering::SeqCst) {
            let (name, now) = (holder.clone(), open.app.now());
            let mine = open.app.db.transact(move |tx| Ok(acquire(tx, "rule-tags", &name, now, 120)?.is_some()));
            let done = mine.and_then(|mine| {
                if mine { open.ctx().and_then(|ctx| audience.run_due(&open.app.db, &ctx)).map(drop) } else { Ok(()) }
            });
            if let Err(refusal) = done {
                tracing::warn!(code = refusal.code, "rule tags will be tried again");
            }
            nap(&stop, 20_000);
        }
    })
}

/// Other processes on this workspace change rules and append events. Whoever writes learns of it first; for those that only read there is
/// this look every second.
fn neighbours(open: &Arc<Open>, stop: &Arc<AtomicBool>) -> JoinHandle<()> {
    let (open, stop) = (Arc::clone(open), Arc::clone(stop));
    std::thread::spawn(move || {
        while !stop.load(Ordering::SeqCst) {
            let app = &open.app;
            // A database that is away is told by every request; here the next look is soon enough.
            let _ = app.db.catch_up().and_then(|()| app.log.catch_up(&app.db));
            nap(&stop, 1_000);
        }
    })
}
