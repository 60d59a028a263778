//! Keeping live audiences right: a step as soon as the columns moved, in one process at a time.

use crate::jobs::nap;
use crate::quiet;
use crate::workspace::Open;
use siyu_audience::{Ctx, StepReport};
use siyu_db::{Lease, acquire, release};
use siyu_kernel::{Refusal, Stopwatch, Time};
use siyu_projection::{Listener, News, turn};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

const LEASE: &str = "live-audiences";
/// Another process takes over after this long without a sign of the one that held it.
const LEASE_SECONDS: i64 = 20;
const RENEW_SECONDS: i64 = 5;
/// Without news a step is due this often: days begin, tags run out, audiences are made and edited, and another process may have written.
const QUIET_MILLIS: u64 = 500;

pub fn keep(open: &Arc<Open>, stop: &Arc<AtomicBool>, holder: String) -> JoinHandle<()> {
    let (open, stop) = (Arc::clone(open), Arc::clone(stop));
    let bell = Arc::new(Bell::default());
    open.app.projection.listen(bell.clone());
    std::thread::spawn(move || {
        quiet::last();
        let mut keeper = Keeper { open: &open, holder, lease: None, failed: BTreeSet::new() };
        while !stop.load(Ordering::SeqCst) {
            match turn("live-audiences", || keeper.turn()) {
                Ok(true) => bell.wait(QUIET_MILLIS),
                Ok(false) => nap(&stop, RENEW_SECONDS as u64 * 1_000),
                Err(refusal) => {
                    tracing::warn!(code = refusal.code, "live audiences will be kept on later");
                    nap(&stop, 2_000);
                }
            }
        }
        keeper.leave();
    })
}

/// Rings when the columns moved.
#[derive(Default)]
struct Bell {
    rung: Mutex<bool>,
    heard: Condvar,
}

impl Listener for Bell {
    fn arrived(&self, _: &News) {
        *self.rung.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.heard.notify_all();
    }
}

impl Bell {
    fn wait(&self, millis: u64) {
        let rung = self.rung.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.heard.wait_timeout_while(rung, Duration::from_millis(millis), |rung| !*rung);
        *waited.unwrap_or_else(PoisonError::into_inner).0 = false;
    }
}

struct Keeper<'o> {
    open: &'o Open,
    holder: String,
    lease: Option<(Lease, Time)>,
    /// Audiences whose rule cannot be evaluated, as they were told of.
    failed: BTreeSet<String>,
}

impl Keeper<'_> {
    /// A step, when it is this process's turn.
    fn turn(&mut self) -> Result<bool, Refusal> {
        if !self.holds()? {
            return Ok(false);
        }
        let ctx = self.open.ctx()?;
        let watch = Stopwatch::start();
        let report = self.open.app.live.step(&ctx)?;
        self.tell(&report, watch.seconds(), &ctx);
        Ok(true)
    }
    fn holds(&mut self) -> Result<bool, Refusal> {
        let now = self.open.app.now();
        if self.lease.as_ref().is_some_and(|(_, renewed)| (0..RENEW_SECONDS * 1_000_000).contains(&(now.0 - renewed.0)))
        {
            return Ok(true);
        }
        let holder = self.holder.clone();
        let lease = self.open.app.db.transact(move |tx| Ok(acquire(tx, LEASE, &holder, now, LEASE_SECONDS)?))?;
        if lease.is_none() && self.lease.is_some() {
            self.open.app.live.forget();
        }
        self.lease = lease.map(|lease| (lease, now));
        Ok(self.lease.is_some())
    }
    fn tell(&mut self, report: &StepReport, seconds: f64, ctx: &Ctx) {
        metrics::histogram!("siyu_audience_step_seconds").record(seconds);
        metrics::counter!("siyu_audience_entered_total").increment(report.entered);
        metrics::counter!("siyu_audience_left_total").increment(report.left);
        metrics::gauge!("siyu_audience_failed").set(report.failed.len() as f64);
        if let Some(as_of) = self.open.app.live.as_of() {
            metrics::gauge!("siyu_audience_behind_seconds").set((ctx.now.0 - as_of.0).max(0) as f64 / 1e6);
        }
        let failed: BTreeSet<String> = report.failed.iter().map(|(id, _)| id.clone()).collect();
        for (id, code) in report.failed.iter().filter(|(id, _)| !self.failed.contains(id)) {
            tracing::warn!(audience = %id, code, "the rule of an audience cannot be evaluated; its people stay as they are");
        }
        self.failed = failed;
    }
    /// Another process need not wait for the lease to run out.
    fn leave(self) {
        if let Some((lease, _)) = self.lease {
            let done = self.open.app.db.transact(move |tx| Ok(release(tx, &lease)?));
            if let Err(refusal) = done {
                tracing::warn!(code = refusal.code, "the lease of live audiences runs out by itself");
            }
        }
    }
}
