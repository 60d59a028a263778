//! Files in: people, events, orders, products.
//!
//! A reading thread parses rows and turns them into what they mean ([`rows`]); each chunk is then one unit ([`apply`]), together with
//! the job's progress, so a job that was killed goes on where it stopped and the same file twice changes nothing.

mod apply;
mod hold;
mod job;
mod plan;
mod rows;
mod run;
pub mod sealed;

pub use hold::Hold;
pub use job::{Job, JobState, NewJob, Reject, Summary};
pub(crate) use plan::Field;
pub use plan::{ImportKind, ImportOptions, Plan};
pub use run::{Patience, Progress, Run};
