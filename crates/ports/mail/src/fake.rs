//! A server that keeps what it gets: for tests, and for trying the platform without one.

use crate::Mailer;
use crate::address::Address;
use crate::build::Built;
use crate::error::{Error, Meaning, Result};
use crate::smtp::Accepted;
use siyu_kernel::{Clock, Finding};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

/// An address can be told to end in an error, with or without the message having been taken.
pub struct Fake {
    clock: Arc<dyn Clock>,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    kept: Vec<Built>,
    errors: HashMap<Address, (&'static Meaning, bool)>,
}

impl Fake {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, inner: Mutex::default() }
    }
    /// `but_taken`: the message is taken all the same, as when the last answer was lost.
    pub fn fail(&self, to: &Address, meaning: &'static Meaning, but_taken: bool) {
        self.inner().errors.insert(to.clone(), (meaning, but_taken));
    }
    pub fn heal(&self, to: &Address) {
        self.inner().errors.remove(to);
    }
    pub fn kept(&self) -> Vec<Built> {
        self.inner().kept.clone()
    }
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(|broken| broken.into_inner())
    }
}

impl Mailer for Fake {
    fn send(&self, mail: &Built) -> Result<Accepted> {
        let mut inner = self.inner();
        let told = inner.errors.get(&mail.to).copied();
        if told.is_none_or(|(_, but_taken)| but_taken) {
            inner.kept.push(mail.clone());
        }
        match told {
            Some((meaning, _)) => Err(Error::new(meaning, "told to", self.clock.now())),
            None => Ok(Accepted { answer: format!("2.0.0 Ok: queued as {}", inner.kept.len()) }),
        }
    }
    fn check(&self, _: &Address) -> Vec<Finding> {
        Vec::new()
    }
}
