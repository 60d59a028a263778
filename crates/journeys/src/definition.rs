//! A journey as it is drawn: nodes, and edges that are the named ways out of a node. Drafts may be unfinished; see [`crate::check`].

use crate::calendar::{Schedule, Span, minute};
use crate::port::Port;
use crate::refuse;
use crate::trigger::Trigger;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use siyu_kernel::Refusal;

/// The form of the document that this program writes.
pub const FORMAT: u32 = 1;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    pub format: u32,
    pub entry: Entry,
    /// Whether somebody who was in may come in again. Nobody is in a journey twice at once.
    #[serde(default)]
    pub again: Again,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goal: Option<Goal>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exits: Vec<ExitRule>,
    /// To so many of a hundred who come in nothing is done: they are the control that the journey is measured against.
    #[serde(default, skip_serializing_if = "is_none")]
    pub holdout_percent: u32,
    /// So long after they came in both are watched.
    #[serde(default = "thirty", skip_serializing_if = "is_thirty")]
    pub holdout_days: u32,
    /// The node that people come to first.
    #[serde(default)]
    pub start: Edge,
    pub nodes: Vec<Node>,
}

/// Where a way leads; `None` is a way that is not drawn yet.
pub type Edge = Option<String>;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Entry {
    /// Whoever does something, or comes into an audience.
    Trigger { on: Trigger },
    /// Those who are in the audience at that time, by the clock of the brand.
    Schedule { schedule: Schedule, audience: String },
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Again {
    #[default]
    Never,
    /// So many days after the last entry.
    AfterDays(u32),
    Always,
}

/// What the journey is for. Counted once for each entry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Goal {
    pub on: Trigger,
    /// Whoever reaches it leaves.
    #[serde(default = "yes")]
    pub exit: bool,
}

/// Whoever does this leaves, wherever they are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExitRule {
    /// The reason they are counted by.
    pub reason: String,
    pub on: Trigger,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Node {
    pub id: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    #[serde(rename = "do")]
    pub act: Act,
    /// Where it lies on the canvas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<[f64; 2]>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Act {
    Wait {
        #[serde(rename = "for")]
        span: Span,
        #[serde(default)]
        next: Edge,
    },
    /// The next time the clock of the person shows this, always later than now; on one of these days of the week (1 is Monday; none: any), or on a date.
    WaitUntil {
        #[serde(with = "minute")]
        at: u16,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        weekdays: Vec<u8>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        date: Option<String>,
        #[serde(default)]
        next: Edge,
    },
    WaitEvent {
        on: Trigger,
        timeout: Span,
        #[serde(default)]
        next: Edge,
        #[serde(default)]
        timed_out: Edge,
    },
    /// `rule`: as audiences have it.
    Condition {
        rule: Value,
        #[serde(default)]
        yes: Edge,
        #[serde(default)]
        no: Edge,
    },
    Split {
        arms: Vec<Arm>,
    },
    /// A split that is measured: of each arm, how many did this within so many days.
    Ab {
        arms: Vec<Arm>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        goal: Option<Trigger>,
        #[serde(default)]
        within_days: u32,
    },
    /// `with`: what is sent; whoever hands it on knows its form. Ways that are not drawn go where `next` goes.
    Message {
        with: Value,
        #[serde(default)]
        next: Edge,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        skipped: Edge,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failed: Edge,
    },
    /// A member of staff is asked to do something by a deadline, reminded before, and others are asked after it.
    Task {
        with: Value,
        deadline: Span,
        /// Reminded after so long.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        nudge: Option<Span>,
        /// How often the deadline may pass before it is given up: each time somebody else is asked.
        #[serde(default)]
        reassign: u8,
        #[serde(default)]
        next: Edge,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        late: Edge,
    },
    Tag(Deed),
    Points(Deed),
    Coupon(Deed),
    Webhook(Deed),
    /// `outcome`: the word that those who finish here are counted by.
    Exit {
        #[serde(default, skip_serializing_if = "String::is_empty")]
        outcome: String,
    },
}

/// Something done at once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deed {
    pub with: Value,
    #[serde(default)]
    pub next: Edge,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Edge,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arm {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Per cent.
    pub weight: u32,
    #[serde(default)]
    pub to: Edge,
}

fn yes() -> bool {
    true
}
#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_none(percent: &u32) -> bool {
    *percent == 0
}
fn thirty() -> u32 {
    30
}
#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_thirty(days: &u32) -> bool {
    *days == thirty()
}

impl Definition {
    /// The shape alone: whether it makes sense is asked by [`crate::check::problems`].
    ///
    /// Errors: `journey_json`, `journey_format`.
    pub fn from_text(text: &str) -> Result<Self, Refusal> {
        let mut reader = serde_json::Deserializer::from_str(text);
        let own: Self = serde_path_to_error::deserialize(&mut reader)
            .map_err(|error| refuse::json(&error.path().to_string(), error.inner()))?;
        reader.end().map_err(|error| refuse::json("", &error))?;
        if own.format == FORMAT { Ok(own) } else { Err(refuse::format(own.format)) }
    }
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).expect("maps with text keys are JSON")
    }
    pub fn node(&self, id: &str) -> Option<&Node> {
        self.nodes.iter().find(|node| node.id == id)
    }
}

impl Act {
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Wait { .. } => "wait",
            Self::WaitUntil { .. } => "wait_until",
            Self::WaitEvent { .. } => "wait_event",
            Self::Condition { .. } => "condition",
            Self::Split { .. } => "split",
            Self::Ab { .. } => "ab",
            Self::Message { .. } => "message",
            Self::Task { .. } => "task",
            Self::Tag(_) => "tag",
            Self::Points(_) => "points",
            Self::Coupon(_) => "coupon",
            Self::Webhook(_) => "webhook",
            Self::Exit { .. } => "exit",
        }
    }
    /// Each way out and where it leads.
    pub fn edges(&self) -> Vec<(Port, &Edge)> {
        fn or<'a>(own: &'a Edge, next: &'a Edge) -> &'a Edge {
            if own.is_some() { own } else { next }
        }
        match self {
            Self::Wait { next, .. } | Self::WaitUntil { next, .. } => vec![(Port::Next, next)],
            Self::WaitEvent { next, timed_out, .. } => vec![(Port::Happened, next), (Port::TimedOut, timed_out)],
            Self::Condition { yes, no, .. } => vec![(Port::Yes, yes), (Port::No, no)],
            Self::Split { arms } | Self::Ab { arms, .. } => {
                arms.iter().enumerate().map(|(at, arm)| (Port::Arm(at as u8), &arm.to)).collect()
            }
            Self::Message { next, skipped, failed, .. } => {
                vec![(Port::Sent, next), (Port::Skipped, or(skipped, next)), (Port::Failed, or(failed, next))]
            }
            Self::Task { next, late, .. } => vec![(Port::Done, next), (Port::Late, or(late, next))],
            Self::Tag(own) | Self::Points(own) | Self::Coupon(own) | Self::Webhook(own) => {
                vec![(Port::Done, &own.next), (Port::Failed, or(&own.failed, &own.next))]
            }
            Self::Exit { .. } => Vec::new(),
        }
    }
    /// Of a task: after how long it is late.
    pub fn deadline(&self) -> Option<Span> {
        match self {
            Self::Task { deadline, .. } => Some(*deadline),
            _ => None,
        }
    }
    /// What whoever hands it on is told to do.
    pub fn with(&self) -> Option<&Value> {
        match self {
            Self::Message { with, .. } | Self::Task { with, .. } => Some(with),
            Self::Tag(own) | Self::Points(own) | Self::Coupon(own) | Self::Webhook(own) => Some(&own.with),
            _ => None,
        }
    }
    /// Whether time passes here whatever happens. A date is over one day, an outcome may be known at once.
    pub fn takes_time(&self) -> bool {
        matches!(self, Self::Wait { .. } | Self::WaitUntil { date: None, .. } | Self::WaitEvent { .. })
    }
}
