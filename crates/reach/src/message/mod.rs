//! Messages for many people. WeCom makes them tasks of staff: nothing is sent until a member confirms, and then only to customers of theirs.
//!
//! Of each message, at every instant: people meant = waiting + sent + skipped + failed.

mod decide;
mod lists;
mod make;
mod members;
mod moving;
mod narrow;
mod read;
mod split;

pub(crate) use read::UNREPORTED_SECONDS;

pub(crate) use decide::spread;
pub use lists::{MessageRow, PersonQuery, PersonRow, Sums, TaskRow, TaskState};
pub use moving::Care;
pub use siyu_gate::End as PersonState;
pub use split::{MessageIn, Share, Split, Terms};

/// Of customers one task may have.
const TASK_MAX: usize = 10_000;

const WAITING: i64 = 0;
const SENT: i64 = 1;
const SKIPPED: i64 = 2;
const FAILED: i64 = 3;

const TO_MAKE: i64 = 0;
const MAKING: i64 = 1;
const MADE: i64 = 2;
const CONFIRMED: i64 = 3;
const CANCELLED: i64 = 4;
const REFUSED: i64 = 5;
const PERHAPS: i64 = 6;
/// The gate is still letting people through.
const GATHERING: i64 = 7;

const WISH_REMIND: i64 = 1;
const WISH_CANCEL: i64 = 2;
const WISH_MOVE: i64 = 3;
