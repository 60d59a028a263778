//! Sorted runs: look-up by keys that come in no order, such as digests.
//!
//! A B-tree takes such keys at the price of a page each, once it is larger than memory. Here the newest keys are gathered elsewhere (by
//! whoever owns the tables), written as one sorted **run**, and runs are merged eight at a time in the background. A run is a list of
//! **chunks** of entries; it never changes, but for entries that must be forgotten. What stays in memory of it is the first entry of
//! each chunk and, if wanted, a filter that says "surely not here".
//!
//! Runs are derived data: their owner can make them anew. This crate does not know what a key means.

mod draft;
mod filter;
mod merge;
mod run;
mod tables;
pub mod varint;

pub use draft::Draft;
pub use merge::due_merge;
pub use run::{Entry, Run};
pub use tables::Tables;
