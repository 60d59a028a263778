//! What it all did: people who were written to against people who were held out, contents and arms against the first.
//!
//! Nouns: **trial** – groups that chance drew; **arm** – one of them, the first being what the others are compared with; **outcome** – what is counted of
//! each arm: who bought, what they spent, who was lost, who reached a goal; **verdict** – one word on an arm and an outcome.
//!
//! Invariants
//! - Everybody counts in the arm they were drawn into, whatever became of the message: nobody chooses their arm.
//! - An order, its amount and its refunds are what `commerce` says they are.
//! - Groups that nobody drew are compared within guides and never called an effect of what tells them apart.
//! - The statistics ([`rates`], [`means`], [`ratio`], [`compare`]) are pure. Reading is three streams, whatever the number of people.
//!
//! This crate writes nothing, and knows neither HTTP nor roles. It reads the tables of people, contacts, guides and reach by SQL.

mod curves;
mod figures;
mod holdout;
mod journey;
mod run;
mod timely;
mod trial;
mod verdict;
mod winner;
mod within;

pub use figures::{
    Difference, Interval, Sample, Share, Sizes, findable_mean, findable_rise, means, people_for_mean, people_for_rise,
    rates,
};
pub use holdout::{JourneyEffect, of_holdout};
pub use journey::{NodeTest, of_journey};
pub use run::{Asked, DAYS, DAYS_USUAL, Effect, Tested, of_run, of_test};
pub use timely::{
    Reading, TIMELY_PAID_LEAST, TIMELY_PEOPLE_LEAST, Timely, TimelyAsked, TimelyGroup, TimelyOutcome, of_tasks,
};
pub use trial::{Arm, Kind, Outcome, Trial, What};
pub use verdict::{Comparison, Figures, Ratio, Verdict, compare, ratio};
pub use winner::{Against, Pick, Why, pick};
pub use within::{Seen, within};
