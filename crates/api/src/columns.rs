//! The behaviour columns as rules ask them.

use siyu_audience::{Audience, History, Moment, Shelf};
use siyu_kernel::Refusal;
use siyu_log::Log;
use siyu_people::People;
use siyu_projection::Projection;
use std::sync::Arc;

struct Columns(Projection);

impl History for Columns {
    fn moment(&self) -> Result<Moment, Refusal> {
        let moment = self.0.moment()?;
        Ok(Moment { snapshot: moment.snapshot, seq: moment.seq, as_of: moment.as_of })
    }
    fn reaches(&self, seq: i64) -> Result<bool, Refusal> {
        self.0.reaches(seq)
    }
}

/// Rules answered from memory and from the columns. Make one of a process: what it remembers is kept once for all who hold a clone.
pub fn audience(people: &People, log: &Log, projection: &Projection) -> Audience {
    Audience::new(people.clone(), log.clone())
        .remembering(Shelf::new(people.clone(), log.clone()))
        .seeing(Arc::new(Columns(projection.clone())))
}
