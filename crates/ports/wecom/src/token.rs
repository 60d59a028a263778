//! One owner per secret: tokens and tickets are fetched by one thread of one process at a time and shared by all.

use crate::assumptions::SECRET_REST_SECONDS;
use crate::error::{Error, Kind, Result, Retry};
use crate::wait::Wait;
use siyu_kernel::{Chance, Clock, Time};
use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

/// A token or ticket, and how long it lives.
#[derive(Clone, PartialEq, Eq)]
pub struct Held {
    pub value: String,
    pub fetched: Time,
    pub expires: Time,
}

impl std::fmt::Debug for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Held(…, until {})", self.expires)
    }
}

/// Where the processes of one installation share tokens. Values are secrets: a store that keeps them on disk seals them.
pub trait TokenStore: Send + Sync {
    fn get(&self, key: &str) -> Result<Option<Held>, StoreError>;
    /// Keeps whichever of the two was fetched later: a process that was asleep cannot put an old token over a new one.
    fn put(&self, key: &str, held: &Held) -> Result<(), StoreError>;
    /// Whether `holder` may fetch until `until`: true for one holder at a time, and again for the same holder. A lease that is over is free.
    fn lease(&self, key: &str, holder: &str, now: Time, until: Time) -> Result<bool, StoreError>;
    /// Ends the holder's lease early. Nothing happens when another holds it.
    fn release(&self, key: &str, holder: &str) -> Result<(), StoreError>;
}

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct StoreError(pub String);

/// A store for one process.
#[derive(Default)]
pub struct MemoryTokens(Mutex<Memory>);

#[derive(Default)]
struct Memory {
    held: HashMap<String, Held>,
    leases: HashMap<String, (String, Time)>,
}

impl MemoryTokens {
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(|broken| broken.into_inner())
    }
}

impl TokenStore for MemoryTokens {
    fn get(&self, key: &str) -> Result<Option<Held>, StoreError> {
        Ok(self.memory().held.get(key).cloned())
    }
    fn put(&self, key: &str, held: &Held) -> Result<(), StoreError> {
        let mut memory = self.memory();
        if memory.held.get(key).is_none_or(|old| old.fetched <= held.fetched) {
            memory.held.insert(key.to_owned(), held.clone());
        }
        Ok(())
    }
    fn lease(&self, key: &str, holder: &str, now: Time, until: Time) -> Result<bool, StoreError> {
        let mut memory = self.memory();
        let free = memory.leases.get(key).is_none_or(|(other, end)| other == holder || *end <= now);
        if free {
            memory.leases.insert(key.to_owned(), (holder.to_owned(), until));
        }
        Ok(free)
    }
    fn release(&self, key: &str, holder: &str) -> Result<(), StoreError> {
        let mut memory = self.memory();
        if memory.leases.get(key).is_some_and(|(other, _)| other == holder) {
            memory.leases.remove(key);
        }
        Ok(())
    }
}

/// What a fetch brought.
pub(crate) struct Fresh {
    pub value: String,
    pub seconds: i64,
}

/// Renewed this long before the end, or a tenth of the life before it when that is shorter.
const MARGIN_SECONDS: i64 = 300;
/// WeCom hands out the same token until shortly before its end: asking again at once brings nothing.
const PAUSE_SECONDS: i64 = 30;
/// Longer than a fetch may take.
const LEASE_SECONDS: i64 = 30;

/// After a renewal that failed: the token still lives, and whoever tries again waits for the same time-out in vain.
const FAILED_PAUSE_SECONDS: i64 = 30;
/// What a renewal may take of a caller's time while there is a token to go on with.
const RENEWAL_SECONDS_MAX: i64 = 10;
/// How often who waits for another's fetch looks at the clock.
const LOOK: Duration = Duration::from_millis(50);

/// Fetches until the instant it is given.
pub(crate) type Fetch<'a> = dyn Fn(Time) -> Result<Fresh> + 'a;

/// One fetch at a time for one key.
#[derive(Default)]
struct Gate {
    state: Mutex<GateState>,
    free: Condvar,
}

#[derive(Default)]
struct GateState {
    taken: bool,
    /// Since a renewal failed: not before this.
    not_before: Option<Time>,
    /// A value that was refused, given out by WeCom once more, and refused again: it is the call that is refused.
    insisted: Option<String>,
}

impl Gate {
    fn state(&self) -> MutexGuard<'_, GateState> {
        self.state.lock().unwrap_or_else(|broken| broken.into_inner())
    }
    /// For who can do without: not when somebody fetches already, nor right after a failure.
    fn try_enter(&self, now: Time) -> Option<Turn<'_>> {
        let mut state = self.state();
        if state.taken || state.not_before.is_some_and(|at| now < at) {
            return None;
        }
        state.taken = true;
        Some(Turn(self))
    }
    /// For who needs it: waits until nobody fetches, at most until `deadline`.
    fn enter(&self, clock: &dyn Clock, deadline: Time) -> Option<Turn<'_>> {
        let mut state = self.state();
        while state.taken {
            if clock.now() >= deadline {
                return None;
            }
            state = self.free.wait_timeout(state, LOOK).unwrap_or_else(|broken| broken.into_inner()).0;
        }
        state.taken = true;
        Some(Turn(self))
    }
}

/// The right to fetch; dropping it lets the next one in.
struct Turn<'a>(&'a Gate);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.state().taken = false;
        self.0.free.notify_one();
    }
}

/// The owner of all tokens of a process. Share one between all clients.
pub struct Tokens {
    store: Arc<dyn TokenStore>,
    clock: Arc<dyn Clock>,
    wait: Arc<dyn Wait>,
    holder: String,
    gates: Mutex<HashMap<String, Arc<Gate>>>,
}

impl Tokens {
    pub fn new(store: Arc<dyn TokenStore>, clock: Arc<dyn Clock>, wait: Arc<dyn Wait>) -> Self {
        let holder = format!("{:032x}", u128::from_be_bytes(Chance::secret()));
        Self { store, clock, wait, holder, gates: Mutex::default() }
    }

    /// The value under `key`, not `stale`, fetched by `fetch` when nobody has it. Waits for another's fetch until `deadline`; who holds a
    /// value that still lives waits for nobody, and of those one at a time tries to renew it.
    pub(crate) fn get(&self, key: &str, stale: Option<&str>, deadline: Time, fetch: &Fetch<'_>) -> Result<String> {
        let good = self.read(key)?.filter(|held| self.is_good(held, stale));
        if let Some(held) = &good
            && !self.should_renew(held)
        {
            return Ok(held.value.clone());
        }
        if let Some(error) = self.resting(key)? {
            return good.map(|held| held.value).ok_or(error);
        }
        let gate = self.gate(key);
        match good {
            Some(held) => {
                let Some(_turn) = gate.try_enter(self.clock.now()) else { return Ok(held.value) };
                let until = deadline.min(self.clock.now().plus_seconds(RENEWAL_SECONDS_MAX));
                let renewed = self.obtain(key, stale, until, fetch);
                let now = self.clock.now();
                gate.state().not_before = renewed.is_err().then(|| now.plus_seconds(FAILED_PAUSE_SECONDS));
                // A token that still lives is better than an error.
                renewed.or_else(|error| if self.is_good(&held, stale) { Ok(held.value) } else { Err(error) })
            }
            None => {
                let turn = gate.enter(&*self.clock, deadline);
                let _turn = turn.ok_or_else(|| waits("another thread is fetching the token"))?;
                self.obtain(key, stale, deadline, fetch)
            }
        }
    }

    /// What is kept under `key`, whatever it is still worth.
    pub(crate) fn kept(&self, key: &str) -> Result<Option<String>> {
        Ok(self.read(key)?.map(|held| held.value))
    }

    /// WeCom takes this value no more: nobody goes on with it, in no process; unless it insists on it.
    pub(crate) fn spoil(&self, key: &str, value: &str) -> Result<()> {
        let now = self.clock.now();
        if self.gate(key).state().insisted.as_deref() == Some(value) {
            return Ok(());
        }
        match self.read(key)?.filter(|held| held.value == value && held.expires > now) {
            Some(held) => self.store.put(key, &Held { expires: now, ..held }).map_err(broken),
            None => Ok(()),
        }
    }

    /// WeCom has given this value out again after it had refused it, and refuses it once more.
    pub(crate) fn insists(&self, key: &str, value: &str) {
        self.gate(key).state().insisted = Some(value.to_owned());
    }

    /// By whoever has entered the gate: fetches, unless another process does.
    fn obtain(&self, key: &str, stale: Option<&str>, deadline: Time, fetch: &Fetch<'_>) -> Result<String> {
        loop {
            let good = self.read(key)?.filter(|held| self.is_good(held, stale));
            if let Some(held) = &good
                && !self.should_renew(held)
            {
                return Ok(held.value.clone());
            }
            // The rest may have been ordered by the one we waited for.
            if let Some(error) = self.resting(key)? {
                return good.map(|held| held.value).ok_or(error);
            }
            let now = self.clock.now();
            let leased = self.store.lease(key, &self.holder, now, now.plus_seconds(LEASE_SECONDS)).map_err(broken)?;
            if leased {
                // Another process may have finished between our reading and our lease.
                let again = self.read(key)?.filter(|held| self.is_good(held, stale) && !self.should_renew(held));
                let fetched = match again {
                    Some(held) => Ok(held.value),
                    None => self.fetch(key, deadline, fetch),
                };
                self.store.release(key, &self.holder).map_err(broken)?;
                return fetched;
            }
            if let Some(held) = good {
                return Ok(held.value);
            }
            if now >= deadline {
                return Err(waits("another process is fetching the token"));
            }
            self.wait.wait(LOOK);
        }
    }

    fn fetch(&self, key: &str, deadline: Time, fetch: &Fetch<'_>) -> Result<String> {
        let fetched = self.clock.now();
        match fetch(deadline) {
            Ok(fresh) => {
                let expires = fetched.plus_seconds(fresh.seconds);
                let held = Held { value: fresh.value, fetched, expires };
                self.store.put(key, &held).map_err(broken)?;
                Ok(held.value)
            }
            Err(error) => {
                if let Some(code @ (40001 | 40013 | 41004)) = error.code() {
                    let expires = fetched.plus_seconds(SECRET_REST_SECONDS);
                    let rest = Held { value: code.to_string(), fetched, expires };
                    self.store.put(&rest_key(key), &rest).map_err(broken)?;
                }
                Err(error)
            }
        }
    }

    /// The refusal of this secret a short while ago. Asking again would get our address blocked; a changed secret has another key.
    fn resting(&self, key: &str) -> Result<Option<Error>> {
        let now = self.clock.now();
        let rest = self.read(&rest_key(key))?.filter(|rest| rest.expires > now);
        Ok(rest.map(|rest| {
            let code = rest.value.parse().unwrap_or(40001);
            let detail = format!("refused at {}; not asked again before {}", rest.fetched, rest.expires);
            Error::new("gettoken", Kind::Refused(code), Retry::WhenFixed, detail)
        }))
    }

    fn is_good(&self, held: &Held, stale: Option<&str>) -> bool {
        self.clock.now() < held.expires && stale != Some(held.value.as_str())
    }
    fn should_renew(&self, held: &Held) -> bool {
        let now = self.clock.now();
        let life = held.expires.0.saturating_sub(held.fetched.0);
        let margin = (life / 10).min(MARGIN_SECONDS * 1_000_000);
        now.0 >= held.expires.0.saturating_sub(margin) && now >= held.fetched.plus_seconds(PAUSE_SECONDS)
    }
    fn read(&self, key: &str) -> Result<Option<Held>> {
        self.store.get(key).map_err(broken)
    }
    fn gate(&self, key: &str) -> Arc<Gate> {
        self.gates().entry(key.to_owned()).or_default().clone()
    }
    fn gates(&self) -> MutexGuard<'_, HashMap<String, Arc<Gate>>> {
        self.gates.lock().unwrap_or_else(|broken| broken.into_inner())
    }
}

fn rest_key(key: &str) -> String {
    format!("{key}/rest")
}

fn waits(detail: &str) -> Error {
    Error::new("gettoken", Kind::Limited, Retry::AfterMs(1000), detail)
}

fn broken(error: StoreError) -> Error {
    Error::new("gettoken", Kind::TokenStore, Retry::AfterMs(5000), error)
}
