//! The look-up of the log: which questions its runs answer.

use siyu_runs::Tables;

/// A chunk holds the timeline of many people: long ones are read in few steps, and a page of one decodes a few.
pub const TABLES: Tables = Tables { runs: "log_run", chunks: "log_chunk", chunk_entries: 256, dead_seconds: 60 };

/// Which question a run answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Index {
    /// key = digest of the message id, order = 0, place = [`crate::Place`].
    Message = 1,
    /// key = person number, order = the event's instant, place = [`crate::Place`].
    Person = 2,
}

impl Index {
    pub const ALL: [Index; 2] = [Index::Message, Index::Person];
    pub fn kind(self) -> i64 {
        self as i64
    }
    /// New messages are nearly always asked for in vain.
    pub fn is_filtered(self) -> bool {
        self == Index::Message
    }
}
