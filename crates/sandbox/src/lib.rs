//! A simulated WeCom and the simulated people who live in it.
//!
//! - The **world** ([`World`]) is a brand with stores, guides, groups and people who arrive, become friends, talk, buy, bring others, lose patience and
//!   leave. It is pure: a seed, a scale and the time it is told decide everything. Its numbers stand in [`parameters`], each with its source.
//! - The **sandbox** ([`Sandbox`], [`serve`]) puts WeCom's own HTTP before it: its paths, fields, codes, limits, pages and
//!   tokens, and signed, sealed callbacks to a URL. What WeCom does not have stands under `/sandbox`: the clock, deeds, the exact state.
//! - **Faults** ([`Faults`]) are bad manners by switch, each with a rate.
//! - The **clock** ([`WorldClock`]) stands until it is moved, or runs; whoever lives in the same time shares it.
//!
//! Invariants: the same seed, scale, start and calls give the same world whatever the steps in which it is advanced; a pair of member and customer is
//! friends at most once at a time; nothing in a list ever moves or disappears, it only ends; a welcome code works once; nobody gets two mass messages on
//! one day; what the brand does by a call causes no callback, what people do does.
//!
//! This crate knows the platform's documentation and nothing of the client that speaks it: it shares no types with it, so that a mistake on one side is
//! found by the other. Nothing of the platform's database or its people is known here either.

mod calendar;
mod clock;
pub mod crypto;
mod dice;
mod faults;
mod happening;
mod ids;
pub mod parameters;
mod server;
mod texts;
pub mod world;

pub use clock::WorldClock;
pub use dice::Dice;
pub use faults::{Fault, Faults, NotFaults};
pub use happening::*;
pub use ids::Id;
pub use parameters::Scale;
pub use server::{
    Advanced, AppPages, CallbackSettings, Credentials, NotVerified, Options, Outcome, Sandbox, Sent, serve,
};
pub use world::World;
