//! What a step brought, for whoever keeps something in step with the columns.

use roaring::RoaringBitmap;
use siyu_behaviour::Snapshot;
use siyu_kernel::{PersonNum, Time};
use std::sync::Arc;

/// The columns at one moment.
#[derive(Clone)]
pub struct Moment {
    pub snapshot: Snapshot,
    /// Everything up to this place in the log is in it.
    pub seq: i64,
    /// Everything that was committed before this instant is in it.
    pub as_of: Time,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Freshness {
    pub seq: i64,
    /// The log's newest.
    pub log_seq: i64,
    pub as_of: Time,
    /// How long the oldest event that is not in yet has been waiting; 0 when none is.
    pub seconds: f64,
}

/// Told of each step after it is in [`crate::Projection::snapshot`], in order, on the projection's thread: put it into a queue, do little else.
pub trait Listener: Send + Sync {
    fn arrived(&self, news: &News);
}

pub struct News {
    /// Contains all of this.
    pub moment: Moment,
    /// Who has new events, by type.
    pub events: Vec<(Arc<str>, RoaringBitmap)>,
    /// The earliest instant among the new events, in microseconds UTC: late arrivals change windows that were thought closed. `i64::MAX`
    /// when there are no new events.
    pub since: i64,
    /// People whose history changed otherwise: merged, parted, erased.
    pub changed: RoaringBitmap,
    /// The platform's own events of this step, which are not in the columns: (name, identity).
    pub system: Vec<(Arc<str>, PersonNum)>,
    /// The columns were made anew: anything may have changed.
    pub reset: bool,
}
