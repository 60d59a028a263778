//! From a spec to numbers, and from a number to people. One file a kind; each asks one kernel.

pub(crate) mod activity;
pub(crate) mod attribution;
mod bins;
pub(crate) mod board;
pub(crate) mod cohort_value;
pub(crate) mod distribution;
mod env;
pub(crate) mod funnel;
mod groups;
pub(crate) mod interval;
pub(crate) mod lifecycle;
mod numbers;
pub(crate) mod paths;
pub(crate) mod retention;
pub(crate) mod rfm;
pub(crate) mod touchpoints;
pub(crate) mod trend;

pub(crate) use board::Rows as Board;
pub(crate) use env::Env;
pub use env::Scene;
pub(crate) use lifecycle::Ask as Lifecycle;
