//! What runs beside serving: compaction of the look-ups, rule tags, expiry, the behaviour columns, live audiences, WeCom, looking at what other
//! processes did.
//! One thread each, stopped before the database closes.

use crate::audiences;
use crate::quiet;
use crate::wecom;
use crate::workspace::Open;
use siyu_db::acquire;
use siyu_projection::turn;
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
        let threads = [
            compaction(open, &stop, holder.clone()),
            tags(open, &stop, holder.clone()),
            columns(open, &stop),
            audiences::keep(open, &stop, holder.clone()),
            neighbours(open, &stop),
        ];
        let beside = wecom::keep(open, &stop, &holder)
            .into_iter()
            .chain(wecom::keep_journeys(open, &stop, &holder))
            .chain(wecom::keep_direct(open, &stop, &holder));
        let threads = threads.into_iter().chain(beside).collect();
        Self { stop, threads }
    }
    pub fn stop(self) {
        self.stop.store(true, Ordering::SeqCst);
        for thread in self.threads {
            let _ = thread.join();
        }
    }
}

/// Compacts beside the work, and at its end what is left: a large import must not leave its index work to the next server start.
pub fn compacting<T>(open: &Open, work: impl FnOnce() -> T) -> T {
    let (stop, holder) = (AtomicBool::new(false), format!("import-{:x}", open.app.chance.next()));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // What fails is left to the next one that compacts.
            while !stop.load(Ordering::SeqCst) {
                if !open.compact(&holder).unwrap_or(false) {
                    nap(&stop, 100);
                }
            }
            while open.compact(&holder).unwrap_or(false) {}
        });
        // Also when the work panics: the scope waits for the thread.
        let _stop = StopAtEnd(&stop);
        work()
    })
}

struct StopAtEnd<'s>(&'s AtomicBool);

impl Drop for StopAtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Sleeps in short steps, so that stopping does not wait.
pub(crate) fn nap(stop: &AtomicBool, millis: u64) {
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
            match turn("compaction", || open.compact(&holder)) {
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

fn columns(open: &Arc<Open>, stop: &Arc<AtomicBool>) -> JoinHandle<()> {
    let (projection, stop) = (open.app.projection.clone(), Arc::clone(stop));
    std::thread::spawn(move || {
        quiet::last();
        while !stop.load(Ordering::SeqCst) {
            let ran = turn("columns", || {
                projection.run(&stop);
                Ok(())
            });
            if ran.is_err() {
                nap(&stop, 2_000);
            }
        }
    })
}

fn tags(open: &Arc<Open>, stop: &Arc<AtomicBool>, holder: String) -> JoinHandle<()> {
    let (open, stop) = (Arc::clone(open), Arc::clone(stop));
    std::thread::spawn(move || {
        while !stop.load(Ordering::SeqCst) {
            let (name, now) = (holder.clone(), open.app.now());
            let done = turn("rule-tags", || {
                let mine = open.app.db.transact(move |tx| Ok(acquire(tx, "rule-tags", &name, now, 120)?.is_some()))?;
                if mine {
                    open.app.audience.run_due(&open.app.db, &open.ctx()?)?;
                }
                Ok(())
            });
            if let Err(refusal) = done {
                tracing::warn!(code = refusal.code, "rule tags will be tried again");
            }
            if let Err(refusal) = turn("imports", || siyu_api::imports::settle_interrupted(&open.app, false)) {
                tracing::warn!(code = refusal.code, "imports whose process is gone will be looked for again");
            }
            nap(&stop, 20_000);
        }
    })
}

/// Other processes on this workspace change rules and append events. Whoever writes learns of it first; for those that only read there is
/// this look every second. The behaviour columns learn here, too, that the workspace's days are those of another zone.
fn neighbours(open: &Arc<Open>, stop: &Arc<AtomicBool>) -> JoinHandle<()> {
    let (open, stop) = (Arc::clone(open), Arc::clone(stop));
    std::thread::spawn(move || {
        while !stop.load(Ordering::SeqCst) {
            let app = &open.app;
            // A database that is away is told by every request; here the next look is soon enough.
            let _ = turn("neighbours", || {
                let _ = app.db.catch_up().and_then(|()| app.log.catch_up(&app.db));
                app.projection.set_zone(open.zone()?);
                Ok(())
            });
            nap(&stop, 1_000);
        }
    })
}
