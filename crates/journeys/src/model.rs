//! People inside, and the words of how they end.

use crate::trail::Trail;
use siyu_kernel::{PersonNum, Time};

/// Why somebody left, as the platform itself says it; exit rules add words of their own.
pub const REASONS: &[(&str, &str, &str)] = &[
    ("goal", "Reached the goal.", "达成目标。"),
    ("erased", "This person's data was erased.", "该客户的数据已删除。"),
    ("merged", "This person goes on in the journey under another identity.", "该客户以另一身份继续该旅程。"),
    ("stopped", "The journey was ended.", "旅程已被终止。"),
    ("steps_max", "Took more steps than a journey allows.", "步数超过上限。"),
    ("removed", "Taken out by hand.", "被手动移出。"),
];

/// Another entry of the same person goes on.
pub(crate) const MERGED: &str = "merged";

/// Where those stand who came in and to whom nothing is done; no node has this number.
pub const CONTROL: u32 = 0;
/// What control ends with when their days are over.
pub(crate) const WATCHED: &str = "watched";

/// Steps of one entry: a circle with a short wait ends here.
pub const STEPS_MAX: u32 = 1_000;

/// States as stored.
pub(crate) const INSIDE: i64 = 0;
pub(crate) const FINISHED: i64 = 1;
pub(crate) const EXITED: i64 = 2;

/// How an entry came to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// At an exit node, with its outcome.
    Finished(String),
    /// Before that, and why.
    Exited(String),
}

impl End {
    /// As stored.
    pub(crate) fn of(state: i64, reason: String) -> Option<Self> {
        match state {
            FINISHED => Some(Self::Finished(reason)),
            EXITED => Some(Self::Exited(reason)),
            _ => None,
        }
    }
    pub(crate) fn state(&self) -> i64 {
        match self {
            Self::Finished(_) => FINISHED,
            Self::Exited(_) => EXITED,
        }
    }
    pub fn reason(&self) -> &str {
        match self {
            Self::Finished(reason) | Self::Exited(reason) => reason,
        }
    }
}

/// Where somebody stands. What the steps are made of; nothing in it knows a database.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    pub version: u32,
    /// The number of the node in this journey, the same in all its versions.
    pub node: u32,
    /// Counts arrivals and effects: with person and entry it names an effect for ever.
    pub step: u32,
    /// 0: has come and nothing was done yet. 1: waits. Tasks count on.
    pub stage: u8,
    /// The step of the effect whose outcome is awaited; 0 is none.
    pub open: u32,
    pub due: Option<Time>,
    /// Since when they are here.
    pub at: Time,
    pub entered_at: Time,
    pub end: Option<End>,
    pub ended_at: Option<Time>,
    pub trail: Trail,
}

impl State {
    pub fn new(version: u32, start: u32, now: Time) -> Self {
        Self {
            version,
            node: start,
            step: 1,
            stage: 0,
            open: 0,
            due: Some(now),
            at: now,
            entered_at: now,
            end: None,
            ended_at: None,
            trail: Trail::default(),
        }
    }
    pub fn is_control(&self) -> bool {
        self.node == CONTROL
    }
    pub fn is_inside(&self) -> bool {
        self.end.is_none()
    }
}

/// Somebody and one of their entries.
#[derive(Clone, Debug, PartialEq)]
pub struct Traveller {
    pub num: PersonNum,
    /// From 1.
    pub entry: u32,
    pub state: State,
}

/// What became of an effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A message was sent, a task done, a tag given.
    Done,
    /// The gate, or whoever would have done it, let it be, with the code of the reason.
    Skipped(String),
    Failed(String),
}

impl Outcome {
    pub fn reason(&self) -> &str {
        match self {
            Self::Done => "",
            Self::Skipped(reason) | Self::Failed(reason) => reason,
        }
    }
    pub(crate) fn code(&self) -> i64 {
        match self {
            Self::Done => 0,
            Self::Skipped(_) => 1,
            Self::Failed(_) => 2,
        }
    }
    pub(crate) fn of(code: i64, reason: String) -> Self {
        match code {
            0 => Self::Done,
            1 => Self::Skipped(reason),
            _ => Self::Failed(reason),
        }
    }
}
