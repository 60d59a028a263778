//! A provider that sends nothing: for tests, and for trying the platform without an account.

use crate::error::{Error, Result};
use crate::phone::Phone;
use crate::provider::{Accepted, Batch, Message, Provider, Seen, Sent, Sms};
use crate::report::{Report, State};
use siyu_kernel::{Clock, Finding, Time};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

/// A message that would have gone out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    pub sign: String,
    pub template: String,
    pub out_id: String,
    pub message: Message,
    pub message_id: String,
}

/// Keeps what it gets. A number can be told to end in an error, with or without having been sent.
pub struct Fake {
    clock: Arc<dyn Clock>,
    state: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    kept: Vec<Kept>,
    errors: HashMap<Phone, (Error, bool)>,
    looks: (Time, u32),
    looks_max: Option<u32>,
}

impl Fake {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, state: Mutex::default() }
    }
    /// From now on messages to this number end like this; `but_sent`: they go out all the same, as after a lost answer.
    pub fn fail(&self, phone: &Phone, meaning: &'static crate::codes::Meaning, but_sent: bool) {
        let error = Error::refused(meaning, "told to", self.clock.now());
        self.inner().errors.insert(phone.clone(), (error, but_sent));
    }
    pub fn heal(&self, phone: &Phone) {
        self.inner().errors.remove(phone);
    }
    /// From now on it answers so many questions a second.
    pub fn limit_looks(&self, most: u32) {
        self.inner().looks_max = Some(most);
    }
    /// Questions of the last second there were any.
    pub fn looks_now(&self) -> u32 {
        self.inner().looks.1
    }
    pub fn kept(&self) -> Vec<Kept> {
        self.inner().kept.clone()
    }
    /// The report a provider would push for a message.
    pub fn report(&self, kept: &Kept, state: State) -> Report {
        Report {
            provider: self.provider(),
            message_id: kept.message_id.clone(),
            phone: kept.message.phone.clone(),
            out_id: kept.out_id.clone(),
            state,
            carrier: if state == State::Delivered { "DELIVRD" } else { "UNDELIV" }.into(),
            detail: String::new(),
            at: Some(self.clock.now()),
            parts: Some(1),
        }
    }
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.state.lock().unwrap_or_else(|broken| broken.into_inner())
    }
}

impl Sms for Fake {
    fn provider(&self) -> Provider {
        Provider::Aliyun
    }
    fn send(&self, batch: &Batch<'_>) -> Vec<Sent> {
        let mut inner = self.inner();
        let mut sent = Vec::new();
        for message in batch.messages {
            let error = inner.errors.get(&message.phone).cloned();
            let message_id = format!("fake-{}", inner.kept.len() + 1);
            if error.as_ref().is_none_or(|(_, but_sent)| *but_sent) {
                inner.kept.push(Kept {
                    sign: batch.sign.into(),
                    template: batch.template.into(),
                    out_id: batch.out_id.into(),
                    message: message.clone(),
                    message_id: message_id.clone(),
                });
            }
            let outcome = error.map_or(Ok(Accepted { message_id, parts: Some(1) }), |(error, _)| Err(error));
            sent.push(Sent { phone: message.phone.clone(), at: self.clock.now(), outcome });
        }
        sent
    }
    fn look(&self, batch: &Batch<'_>, phone: &Phone, _: Time) -> Result<Seen> {
        let now = self.clock.now();
        let mut inner = self.inner();
        inner.looks = (now, if inner.looks.0 == now { inner.looks.1 + 1 } else { 1 });
        if inner.looks_max.is_some_and(|most| inner.looks.1 > most) {
            return Err(Error::refused(&crate::codes::CROWDED, "too many questions", now));
        }
        drop(inner);
        let kept = self.kept();
        let found = kept.iter().find(|kept| kept.out_id == batch.out_id && kept.message.phone == *phone);
        Ok(found.map_or(Seen::Never, |kept| Seen::Done(self.report(kept, State::Delivered))))
    }
    fn check(&self) -> Vec<Finding> {
        Vec::new()
    }
}
