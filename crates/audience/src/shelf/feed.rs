//! Who was touched by what: the log, read once for everybody here who follows it.

use rustc_hash::FxHashMap;
use serde_json::Value;
use siyu_db::{DbError, Tx};
use siyu_kernel::{EventKind, PersonNum, Time};
use siyu_log::{Found, Log};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

/// Batches read from the log at a time.
const READ: i64 = 64;
/// Touches that are remembered; who is further behind reads the log again.
const KEEP: usize = 500_000;

/// What an event may have changed besides the history of behaviour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// Behaviour only (and, as every event, perhaps a new identifier).
    Plain,
    Profile,
    Orders,
    Tags,
    /// Merged or parted.
    Identity,
}

#[derive(Clone, Debug)]
pub(crate) struct Touch {
    pub name: Arc<str>,
    pub kind: EventKind,
    pub class: Class,
    pub node: PersonNum,
}

impl Touch {
    /// Written by the platform about somebody, and of no consequence for what is known of him.
    pub fn is_own(&self) -> bool {
        self.kind == EventKind::System && self.class == Class::Plain
    }
}

pub(crate) struct Batch {
    pub seq: i64,
    pub received: Time,
    pub touches: Vec<Touch>,
    /// Numbers of orders that events named: their owner may be somebody else.
    pub orders: Vec<String>,
    pub moves: Vec<Move>,
}

/// A merge edge made, or undone: then there is one for each side, with the number it has now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Move {
    Joined(i64),
    Parted(i64, PersonNum),
}

impl Move {
    pub fn edge(self) -> i64 {
        match self {
            Self::Joined(edge) | Self::Parted(edge, _) => edge,
        }
    }
}

#[derive(Default)]
pub(crate) struct Feed {
    ring: Mutex<Ring>,
}

#[derive(Default)]
struct Ring {
    batches: VecDeque<Arc<Batch>>,
    touches: usize,
    names: FxHashMap<String, Arc<str>>,
}

impl Feed {
    /// The batches after `seq` that this transaction sees, at most about `limit` events of them, in order. Empty at the end.
    pub fn after(&self, tx: &mut Tx<'_>, log: &Log, seq: i64, limit: usize) -> Result<Vec<Arc<Batch>>, DbError> {
        let mut ring = self.ring.lock().unwrap_or_else(|broken| broken.into_inner());
        let mut out: Vec<Arc<Batch>> = Vec::new();
        let covered = ring.batches.front().is_some_and(|first| first.seq <= seq + 1);
        if covered {
            out.extend(ring.batches.iter().filter(|batch| batch.seq > seq).cloned());
        }
        let mut events: usize = out.iter().map(|batch| batch.touches.len()).sum();
        let mut last = out.last().map_or(seq, |batch| batch.seq);
        while events < limit {
            let (found, to) = log.after(tx, last, READ)?;
            if to == last {
                break;
            }
            events += found.len();
            let batches = ring.digest(found, to);
            let follows = ring.batches.back().is_none_or(|newest| newest.seq == last);
            if follows || !covered && ring.batches.back().is_some_and(|newest| newest.seq < last) {
                // A gap: what is remembered would be of no use to anybody behind it.
                if !follows {
                    ring.batches.clear();
                    ring.touches = 0;
                }
                ring.keep(&batches);
            }
            out.extend(batches);
            last = to;
        }
        Ok(out)
    }
}

impl Ring {
    fn keep(&mut self, batches: &[Arc<Batch>]) {
        for batch in batches {
            self.touches += batch.touches.len() + 1;
            self.batches.push_back(Arc::clone(batch));
        }
        while self.touches > KEEP {
            let Some(oldest) = self.batches.pop_front() else { break };
            self.touches -= oldest.touches.len() + 1;
        }
    }
    /// `to`: the last batch read, which may hold nothing any more.
    fn digest(&mut self, found: Vec<Found>, to: i64) -> Vec<Arc<Batch>> {
        let mut out: Vec<Batch> = Vec::new();
        let empty = |seq, received| Batch { seq, received, touches: Vec::new(), orders: Vec::new(), moves: Vec::new() };
        for Found { place, event } in found {
            if out.last().is_none_or(|batch| batch.seq != place.seq()) {
                out.push(empty(place.seq(), event.received_at));
            }
            let batch = out.last_mut().expect("pushed above");
            let class = class(event.kind, &event.name);
            match class {
                Class::Orders => batch.orders.extend(order_no(&event.body)),
                Class::Identity => batch.moves.extend(moved(&event.message_id, event.person)),
                _ => {}
            }
            batch.received = batch.received.max(event.received_at);
            batch.touches.push(Touch { name: self.name(event.name), kind: event.kind, class, node: event.person });
        }
        if out.last().is_none_or(|batch| batch.seq < to) {
            let received = out.last().map_or(Time(0), |batch| batch.received);
            out.push(empty(to, received));
        }
        out.into_iter().map(Arc::new).collect()
    }
    fn name(&mut self, name: String) -> Arc<str> {
        if let Some(known) = self.names.get(&name) {
            return Arc::clone(known);
        }
        if self.names.len() > 100_000 {
            self.names.clear();
        }
        let shared = Arc::<str>::from(name.as_str());
        self.names.insert(name, Arc::clone(&shared));
        shared
    }
}

fn class(kind: EventKind, name: &str) -> Class {
    match (kind, name) {
        (EventKind::System, "Person Merged" | "Person Split") => Class::Identity,
        (EventKind::System, "Tag Added" | "Tag Removed" | "Tag Expired" | "Tag Extended") => Class::Tags,
        (EventKind::System, siyu_people::PROFILE_CHANGED) | (EventKind::Identify, _) => Class::Profile,
        (EventKind::System | EventKind::Track, name) if name.starts_with("Order ") => Class::Orders,
        _ => Class::Plain,
    }
}
fn order_no(body: &str) -> Option<String> {
    let value: Value = serde_json::from_str(body).ok()?;
    let properties = value.get("properties")?;
    match properties.get("order_id").or_else(|| properties.get("orderId"))? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
/// `merge:7` and `split:7:12` name the edge 7.
fn moved(message_id: &str, person: PersonNum) -> Option<Move> {
    let mut parts = message_id.split(':');
    let kind = parts.next()?;
    let edge = parts.next()?.parse().ok()?;
    match kind {
        "merge" => Some(Move::Joined(edge)),
        "split" => Some(Move::Parted(edge, person)),
        _ => None,
    }
}
