//! The laboratory: what sending policies earn and cost, tried on simulated people.
//!
//! Nouns: **policy** – rules of the gate under a name; **campaign** – a message the brand wants to send, the same under every policy;
//! **life** – one world of one seed, lived under one policy; **trial** – every policy on every seed.
//!
//! - The people are those of `siyu-sandbox`, by its world and its parameters, unchanged. Who gets what is judged by `siyu-gate`'s own [`judge`](siyu_gate::judge).
//!   What stands here is what the program does around it: campaigns, waiting, tasks that guides confirm, touches that are settled.
//! - Policies are compared on the same seeds, which are the same people with the same purchases ahead of them.
//! - The same setup gives the same outcome, to the last digit.
//!
//! This crate knows no database, no network and no console.

mod life;
mod plan;
mod policy;
mod statistics;
mod trial;

pub use life::{Outcome, live};
pub use plan::{Campaign, MESSAGE_DAYS, Words, campaigns};
pub use policy::{DEFAULT, Policy};
pub use statistics::{Interval, quantile};
pub use trial::{Difference, Of, Report, Setup, run};
