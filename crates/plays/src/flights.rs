//! What is on its way to receivers just now, and no more than a bounded number of it.

use siyu_kernel::{PersonNum, Refusal, Time};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

/// At the same time to all receivers together; each is a thread for as long as the receiver takes.
pub const AT_ONCE: usize = 24;
/// To one receiver, and to one that is slow or fails.
pub const AT_A_HOST: usize = 3;
pub const AT_A_BAD_HOST: usize = 1;
const REST_SECONDS: i64 = 5;

/// What is on its way at one moment.
#[derive(Clone, Default)]
pub struct Sky {
    /// By receiver: the people something of whom is on its way there.
    hosts: BTreeMap<String, BTreeSet<PersonNum>>,
    slow: BTreeSet<String>,
    /// Receivers at which something could not even be written down; nothing more is sent there before then.
    rests: BTreeMap<String, Time>,
    count: usize,
    ended: u64,
    /// The receiver that had its turn last.
    turn: String,
}

#[derive(Default)]
pub struct Flights {
    state: Mutex<Sky>,
    ends: Condvar,
}

/// Something on its way, until this is dropped: a panic ends it, too.
pub struct Flight {
    flights: Arc<Flights>,
    host: String,
    num: PersonNum,
    /// Until when the receiver rests unless this lands.
    rest: Option<Time>,
}

impl Flight {
    /// What became of it is written down.
    pub fn landed(mut self) {
        self.rest = None;
    }
}

impl Sky {
    /// How many more may begin.
    pub fn room(&self) -> usize {
        AT_ONCE.saturating_sub(self.count)
    }
    /// How many more to this receiver, and whose must not: of one person one at a time.
    pub fn room_at(&self, host: &str, fails: bool) -> (usize, BTreeSet<PersonNum>) {
        let most = if fails || self.slow.contains(host) { AT_A_BAD_HOST } else { AT_A_HOST };
        let here = self.hosts.get(host).cloned().unwrap_or_default();
        (most.saturating_sub(here.len()), here)
    }
    pub fn rests(&self, host: &str, now: Time) -> Option<Time> {
        self.rests.get(host).copied().filter(|until| *until > now)
    }
    pub fn turn(&self) -> &str {
        &self.turn
    }
    pub fn ended(&self) -> u64 {
        self.ended
    }
}

impl Flights {
    fn state(&self) -> MutexGuard<'_, Sky> {
        self.state.lock().unwrap_or_else(|broken| broken.into_inner())
    }
    /// As it is now. Whoever reads what waits looks here before: what lands in between is known to be on its way still, and not sent twice.
    pub fn sky(&self) -> Sky {
        self.state().clone()
    }
    pub fn begin(self: &Arc<Self>, host: &str, num: PersonNum, now: Time) -> Flight {
        let mut state = self.state();
        state.hosts.entry(host.to_owned()).or_default().insert(num);
        state.count += 1;
        host.clone_into(&mut state.turn);
        state.rests.remove(host);
        Flight { flights: Arc::clone(self), host: host.to_owned(), num, rest: Some(now.plus_seconds(REST_SECONDS)) }
    }
    /// Whether a receiver took its time.
    pub fn saw(&self, host: &str, slow: bool) {
        let mut state = self.state();
        if slow {
            state.slow.insert(host.to_owned());
        } else {
            state.slow.remove(host);
        }
    }
    /// Waits a moment until one more than `before` has ended. Answers whether one has, and whether any is on its way still.
    pub fn wait(&self, before: u64, millis: u64) -> (bool, bool) {
        let idle = |state: &mut Sky| state.ended == before && state.count > 0;
        let waited = self.ends.wait_timeout_while(self.state(), Duration::from_millis(millis), idle);
        let (state, _) = waited.unwrap_or_else(|broken| broken.into_inner());
        (state.ended != before, state.count > 0)
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        let mut state = self.flights.state();
        if let Some(here) = state.hosts.get_mut(&self.host) {
            here.remove(&self.num);
            if here.is_empty() {
                state.hosts.remove(&self.host);
            }
        }
        if let Some(until) = self.rest {
            state.rests.insert(self.host.clone(), until);
        }
        state.count -= 1;
        state.ended += 1;
        drop(state);
        self.flights.ends.notify_all();
    }
}

/// A thread of its own for `work`.
///
/// Errors: `busy` where the system has none.
pub fn fly(work: impl FnOnce() + Send + 'static) -> Result<(), Refusal> {
    std::thread::Builder::new().name("webhook".into()).spawn(work).map(drop).map_err(|_| Refusal::busy())
}
