//! The one door: everything that goes out to somebody is asked here first, in the unit or reading that decides it.

use crate::Reach;
use siyu_db::Tx;
use siyu_kernel::{PersonNum, Refusal, Time};

/// Why something is sent: limits for marketing do not hold what somebody waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Service,
    Marketing,
}

/// Somebody is to receive something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// `None` while nobody knows yet who the customer is.
    pub person: Option<PersonNum>,
    pub class: Class,
    /// `welcome`, `message`.
    pub way: &'static str,
    /// The rule or message it comes from.
    pub of: String,
    pub at: Time,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Go,
    /// Not sent, with the code of the reason.
    Skip(&'static str),
}

pub trait Gate: Send + Sync {
    /// Answers in the order of what was asked.
    fn decide(&self, tx: &mut Tx<'_>, asks: &[Ask]) -> Result<Vec<Verdict>, Refusal>;
}

/// Lets everything through.
pub struct Open;
impl Gate for Open {
    fn decide(&self, _: &mut Tx<'_>, asks: &[Ask]) -> Result<Vec<Verdict>, Refusal> {
        Ok(vec![Verdict::Go; asks.len()])
    }
}

impl Reach {
    /// What every way out goes through before it makes anything of its content.
    pub fn pass(&self, tx: &mut Tx<'_>, asks: &[Ask]) -> Result<Vec<Verdict>, Refusal> {
        let verdicts = self.parts().gate.decide(tx, asks)?;
        if verdicts.len() == asks.len() {
            Ok(verdicts)
        } else {
            Err(Refusal::internal("the gate has not answered for all"))
        }
    }
}
