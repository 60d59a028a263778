//! What people did, in the order they did it.
//!
//! Nouns: **bucket** – 65,536 neighbouring person numbers; **slot** – a person inside a bucket; **part** – an immutable, sorted piece of a
//! bucket's history, in a file or in memory; **view** – the parts of a bucket as one history per person; **kernel** – a question put to one
//! bucket at a time, whose partial answers merge.
//!
//! Invariants
//! - A person's events of a type are ordered by (instant, origin, arrival), where the origin is the identity an event came in with: for whoever
//!   was never merged that is (instant, arrival), and merging and parting people, whenever it happens, gives one order. Between types the same
//!   instant counts as "in the order of the question": a later step may happen at the instant of the earlier one. Only walking a whole history
//!   ([`View::walk`]) tells that order between types.
//! - Parts are derived from the log and can be thrown away; nothing here is the only copy of anything.
//! - Instants are microseconds UTC, days are those of the workspace's zone, money is in minor units.
//!
//! This crate knows no SQL and no HTTP, and not why two identities are one person.

mod assemble;
mod background;
mod bits;
mod buf;
mod builder;
mod calendar;
mod check;
mod column;
mod days;
mod facts;
mod fast;
pub mod file;
mod kernel;
pub mod kernels;
mod lane;
mod map;
mod part;
mod sink;
mod store;
mod test;
mod value;
mod values;
mod view;
mod zone_days;

pub use background::step_back;
pub use bits::{Bits, SLOTS};
pub use buf::Buf;
pub use builder::{WORD_BYTES_MAX, build, build_parts};
pub use calendar::{Calendar, DAY, Grain, civil, day_of};
pub use column::{Column, ColumnKind, NO_INT, NO_WORD, Words};
pub use facts::{EventRef, Facts, KeyRef, LIST_MAX, LeftOut, TEXT_BYTES_MAX};
pub use file::{FileError, StoredPart};
pub use kernel::{Kernel, Merge, People, Snapshot};
pub use part::{DayPart, Index, IndexView, Part, SPARSE_MAX, TypePart};
pub use store::{Compaction, Flush, Merge as PartMerge, PartId, Store};
pub use test::{Operand, Select, Test, TestOp};
pub use value::{Fact, Value};
pub use view::{Held, List, Places, Rows, Scratch, Selection, View, Walker};
