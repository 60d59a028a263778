//! Answers to single conditions, kept: changing one condition of a rule asks that one only.

use crate::set::Set;
use crate::shelf::Key;
use rustc_hash::FxHashMap;
use siyu_kernel::Time;
use std::sync::{Arc, Mutex, MutexGuard};

/// Memory that answers may take; those not asked for longest go first.
const BYTES_MAX: usize = 256 << 20;

/// What an answer was built on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stamp {
    pub versions: Vec<(Key, u64)>,
    /// How far the history of behaviour went.
    pub seq: i64,
    /// The day it is for, when it depends on the day.
    pub day: Option<i32>,
    /// It holds up to here, when it depends on the instant.
    pub ends: Option<Time>,
}

#[derive(Clone)]
pub(crate) struct Answer {
    pub set: Arc<Set>,
    pub stamp: Stamp,
}

#[derive(Default)]
pub(crate) struct Answers {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    kept: FxHashMap<String, Kept>,
    bytes: usize,
    clock: u64,
}

struct Kept {
    answer: Answer,
    bytes: usize,
    used: u64,
}

impl Answers {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(|broken| broken.into_inner())
    }
    pub fn get(&self, question: &str) -> Option<Answer> {
        let mut inner = self.lock();
        inner.clock += 1;
        let clock = inner.clock;
        let kept = inner.kept.get_mut(question)?;
        kept.used = clock;
        Some(kept.answer.clone())
    }
    pub fn put(&self, question: String, answer: Answer) {
        let mut inner = self.lock();
        inner.clock += 1;
        let (bytes, used) = (answer.set.bytes() + question.len() + 256, inner.clock);
        inner.bytes += bytes;
        if let Some(old) = inner.kept.insert(question, Kept { answer, bytes, used }) {
            inner.bytes -= old.bytes;
        }
        while inner.bytes > BYTES_MAX && inner.kept.len() > 1 {
            let oldest = inner.kept.iter().min_by_key(|(_, kept)| kept.used).map(|(question, _)| question.clone());
            let Some(kept) = oldest.and_then(|question| inner.kept.remove(&question)) else { break };
            inner.bytes -= kept.bytes;
        }
    }
}
