//! A sender that reaches nobody: for tests.

use crate::Sender;
use crate::client::{Attempt, Hook, judge};
use siyu_kernel::{Clock, Finding};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};

/// An event that would have gone out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    pub url: String,
    pub id: String,
    pub body: Vec<u8>,
    pub signatures: String,
    pub status: u16,
}

/// Keeps what it gets and answers with the statuses it was told, then with 200.
pub struct Fake {
    clock: Arc<dyn Clock>,
    inner: Mutex<(Vec<Kept>, VecDeque<u16>)>,
}

impl Fake {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, inner: Mutex::default() }
    }
    pub fn answer(&self, statuses: &[u16]) {
        self.inner().1.extend(statuses);
    }
    pub fn kept(&self) -> Vec<Kept> {
        self.inner().0.clone()
    }
    fn inner(&self) -> MutexGuard<'_, (Vec<Kept>, VecDeque<u16>)> {
        self.inner.lock().unwrap_or_else(|broken| broken.into_inner())
    }
}

impl Sender for Fake {
    fn send(&self, hook: &Hook<'_>, id: &str, body: &[u8]) -> Attempt {
        let at = self.clock.now();
        let mut inner = self.inner();
        let status = inner.1.pop_front().unwrap_or(200);
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
