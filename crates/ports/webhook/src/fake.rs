//! A sender that reaches nobody: for tests.

use crate::Sender;
use crate::client::{Attempt, Hook, judge};
use siyu_kernel::{Clock, Finding};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

/// An event that would have gone out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    pub url: String,
    pub id: String,
    pub body: Vec<u8>,
    pub signatures: String,
    pub status: u16,
}

/// How a receiver behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Answers with this status every time.
    Says(u16),
    /// Does not answer before it is told to behave otherwise.
    Hangs,
    /// The sender dies while it waits for the answer.
    Kills,
}

/// Keeps what it gets and answers with the statuses it was told, then with 200.
pub struct Fake {
    clock: Arc<dyn Clock>,
    inner: Mutex<(Vec<Kept>, VecDeque<u16>)>,
    /// By a part of their addresses.
    manners: Mutex<BTreeMap<String, Manner>>,
    changes: Condvar,
    begun: Mutex<Vec<String>>,
}

impl Fake {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            inner: Mutex::default(),
            manners: Mutex::default(),
            changes: Condvar::new(),
            begun: Mutex::default(),
        }
    }
    /// How receivers with this in their address behave from now on; `None`: as all others.
    pub fn behaves(&self, part: &str, manner: Option<Manner>) {
        let mut all = lock(&self.manners);
        match manner {
            Some(manner) => drop(all.insert(part.to_owned(), manner)),
            None => drop(all.remove(part)),
        }
        drop(all);
        self.changes.notify_all();
    }
    /// The ids that were begun to be sent to such an address, answered or not.
    pub fn begun(&self, part: &str) -> Vec<String> {
        lock(&self.begun)
            .iter()
            .filter_map(|own| own.split_once(' '))
            .filter(|(url, _)| url.contains(part))
            .map(|(_, id)| id.to_owned())
            .collect()
    }
    fn manner(&self, url: &str) -> Option<Manner> {
        let of = |all: &BTreeMap<String, Manner>| {
            all.iter().find(|(part, _)| url.contains(part.as_str())).map(|(_, own)| *own)
        };
        let hangs = |all: &mut BTreeMap<String, Manner>| of(all) == Some(Manner::Hangs);
        let all = self.changes.wait_while(lock(&self.manners), hangs);
        of(&all.unwrap_or_else(|broken| broken.into_inner()))
    }
    pub fn answer(&self, statuses: &[u16]) {
        self.inner().1.extend(statuses);
    }
    pub fn kept(&self) -> Vec<Kept> {
        self.inner().0.clone()
    }
    fn inner(&self) -> MutexGuard<'_, (Vec<Kept>, VecDeque<u16>)> {
        lock(&self.inner)
    }
}

fn lock<T>(own: &Mutex<T>) -> MutexGuard<'_, T> {
    own.lock().unwrap_or_else(|broken| broken.into_inner())
}

impl Sender for Fake {
    fn send(&self, hook: &Hook<'_>, id: &str, body: &[u8]) -> Attempt {
        let at = self.clock.now();
        lock(&self.begun).push(format!("{} {id}", hook.url));
        let manner = self.manner(hook.url);
        assert!(manner != Some(Manner::Kills), "the sender dies");
        let mut inner = self.inner();
        let status = match manner {
            Some(Manner::Says(status)) => status,
            _ => inner.1.pop_front().unwrap_or(200),
        };
        let signatures: Vec<String> =
            hook.keys.iter().map(|key| key.sign(id, at.0.div_euclid(1_000_000), body)).collect();
        let signatures = signatures.join(" ");
        inner.0.push(Kept { url: hook.url.into(), id: id.into(), body: body.into(), signatures, status });
        Attempt {
            at,
            took_ms: 1,
            status: Some(status),
            answer: String::new(),
            outcome: judge(status, None),
            date: None,
        }
    }
    fn check(&self, _: &Hook<'_>) -> Vec<Finding> {
        Vec::new()
    }
}
