//! Making the mirror equal to what was read, and telling each difference as an event.

mod customers;
mod follows;
mod groups;
mod house;
mod tags;

pub(crate) use customers::{CustomerRead, Hint, Hints};
pub(crate) use follows::{Loss, Scope};
