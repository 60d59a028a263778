//! Moments (客户朋友圈): WeCom asks members of staff to publish one; their customers see it, like it, say something.
//!
//! Of each moment, at every instant: members asked = waiting + published + cancelled.

mod lists;
mod make;
mod read;

pub use lists::{MomentRow, MomentState, MomentSums, MomentTaskRow, Watcher, WatcherQuery};
pub use make::MomentIn;

const TO_MAKE: i64 = 0;
const MAKING: i64 = 1;
const JOB: i64 = 2;
const RUNNING: i64 = 3;
const CANCELLED: i64 = 4;
const REFUSED: i64 = 5;
const PERHAPS: i64 = 6;
const OVER: i64 = 7;

const WISH_CANCEL: i64 = 2;

const ASKED: i64 = 0;
const PUBLISHED: i64 = 1;
const STOPPED: i64 = 2;
