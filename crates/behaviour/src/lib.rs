//! What people did, in the order they did it.
//!
//! Nouns: **bucket** – 65,536 neighbouring person numbers; **slot** – a person inside a bucket; **part** – an immutable, sorted piece of a
//! bucket's history, in a file or in memory; **view** – the parts of a bucket as one history per person; **kernel** – a question put to one
//! bucket at a time, whose partial answers merge.
//!
//! Invariants
//! - A person's events of a type are ordered by (instant, arrival). Between types the same instant counts as "in the order of the question":
//!   a later step may happen at the instant of the earlier one. Only walking a whole history ([`View::walk`]) tells arrival between types.
//! - Parts are derived from the log and can be thrown away; nothing here is the only copy of anything.
//! - Instants are microseconds UTC, days are those of the workspace's zone, money is in minor units.
//!
//! This crate knows no SQL and no HTTP, and not why two identities are one person.

mod bits;
mod buf;
mod builder;
mod calendar;
mod column;
mod days;
mod fast;
mod kernel;
pub mod kernels;
mod lane;
mod part;
mod test;
mod value;
mod values;
mod view;

pub use bits::{Bits, SLOTS};
pub use buf::Buf;
pub use builder::build;
pub use calendar::{Calendar, DAY, Grain, civil, day_of};
pub use column::{Column, ColumnKind, NO_INT, NO_WORD, Words};
pub use kernel::{Kernel, Merge, People, Snapshot};
pub use part::{DayPart, Index, IndexView, Part, SPARSE_MAX, TypePart};
pub use test::{Operand, Select, Test, TestOp};
pub use value::{Fact, Value};
pub use view::{Held, List, Places, Rows, Scratch, Selection, View, Walker};
