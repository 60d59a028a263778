//! Welcomes: which content greets whom, and the lane that greets within WeCom's twenty seconds.

mod arrive;
mod crew;
mod decide;
mod facts;
mod greet;
mod lane;
mod outcomes;
mod plan;
mod rule;
mod rules;
mod sweep;
mod test;

pub use arrive::Arrivals;
pub use decide::{Decision, Step};
pub(crate) use facts::Who;
pub use facts::{Facts, History};
pub(crate) use lane::Lane;
pub use outcomes::{Outcome, OutcomeQuery, OutcomeRow, Tally};
pub(crate) use plan::Shelf;
pub use rule::{Hours, RuleIn, RuleKind, RuleRow, When};
pub use test::{TestIn, Tested};

/// WeCom gives twenty seconds from the event; what is not on its way by then is not sent.
const BUDGET_SECONDS: i64 = 18;
/// What a callback that was delivered late leaves at least: only WeCom knows whether the code still lives.
const BUDGET_SECONDS_MIN: i64 = 3;

/// States of a row of `welcome`.
const WAITING: i64 = 0;
const SENDING: i64 = 1;
const SENT: i64 = 2;
const SKIPPED: i64 = 3;
const FAILED: i64 = 4;
