//! Journeys and their numbers as they go over the wire.

use serde::Serialize;
use siyu_journeys::{JourneyRow, NodeNumbers, Numbers, Problem, Sums};
use siyu_kernel::Time;
use std::collections::BTreeMap;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub(crate) struct JourneyProblem {
    /// Stable, `journey_…` or what whoever carries the node out says.
    code: &'static str,
    /// Null for what is about the whole journey.
    node: Option<String>,
    /// In the reader's language.
    message: String,
}
pub(crate) fn problems_out(all: Vec<Problem>, zh: bool) -> Vec<JourneyProblem> {
    let out =
        |own: Problem| JourneyProblem { code: own.code, node: own.node, message: if zh { own.zh } else { own.en } };
    all.into_iter().map(out).collect()
}

/// Of those who came in, the ones to whom nothing is done. entered = inside + finished + exited.
#[derive(Serialize, ToSchema)]
pub(crate) struct JourneyControl {
    entered: i64,
    /// Watched still.
    inside: i64,
    finished: i64,
    exited: i64,
    goals: i64,
}

/// entered = inside + finished + exited.
#[derive(Serialize, ToSchema)]
pub(crate) struct JourneySums {
    entered: i64,
    inside: i64,
    finished: i64,
    exited: i64,
    /// Entries that reached the goal.
    goals: i64,
    /// Of those who finished, and of those who left before, by outcome or reason.
    outcomes: BTreeMap<String, i64>,
    reasons: BTreeMap<String, i64>,
    /// In all of these as well.
    control: JourneyControl,
}
impl From<Sums> for JourneySums {
    fn from(own: Sums) -> Self {
        let Sums { entered, inside, finished, exited, goals, outcomes, reasons, control: own } = own;
        let control = JourneyControl {
            entered: own.entered,
            inside: own.inside,
            finished: own.finished,
            exited: own.exited,
            goals: own.goals,
        };
        Self { entered, inside, finished, exited, goals, outcomes, reasons, control }
    }
}

#[derive(Serialize, ToSchema)]
pub(crate) struct JourneyRowOut {
    id: String,
    name: String,
    /// `draft`, `running`, `paused`, `ending` or `ended`.
    state: &'static str,
    /// The newest version that was published; 0: none.
    version: u32,
    /// Counts changes by hand; give it back with a change.
    edits: i64,
    sums: JourneySums,
    /// The sums are of the customers the reader sees, and nothing can be changed: the journey is of the whole brand.
    part: bool,
    /// When a schedule lets people in next.
    #[schema(value_type = Option<String>, format = DateTime)]
    next_at: Option<Time>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Time,
    created_by: String,
    #[schema(value_type = String, format = DateTime)]
    changed_at: Time,
    #[schema(value_type = Option<String>, format = DateTime)]
    started_at: Option<Time>,
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Time>,
}
impl JourneyRowOut {
    pub fn of(row: JourneyRow, sums: Sums, part: bool) -> Self {
        Self {
            part,
            state: row.state.name(),
            id: row.id,
            name: row.name,
            version: row.version,
            edits: row.edits,
            sums: sums.into(),
            next_at: row.next_at,
            created_at: row.created_at,
            created_by: row.created_by,
            changed_at: row.changed_at,
            started_at: row.started_at,
            ended_at: row.ended_at,
        }
    }
}

/// came = inside + passed + finished + exited + moved.
#[derive(Serialize, ToSchema)]
pub(crate) struct JourneyNodeNumbers {
    version: u32,
    node: String,
    came: i64,
    inside: i64,
    /// By the name of the way: `next`, `yes`, `sent`, `skipped`, `arm_1`, …
    passed: BTreeMap<String, i64>,
    finished: BTreeMap<String, i64>,
    exited: BTreeMap<String, i64>,
    /// Went on at the same node of another version; 0 where the numbers are of some customers alone.
    moved: i64,
    /// Of a test: who reached its goal, by arm.
    goals: BTreeMap<String, i64>,
    /// `skipped:quota`: of those who passed, the reason they were told with.
    outcomes: BTreeMap<String, i64>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct JourneyNumbersOut {
    sums: JourneySums,
    nodes: Vec<JourneyNodeNumbers>,
}
impl From<Numbers> for JourneyNumbersOut {
    fn from(own: Numbers) -> Self {
        let node = |((version, node), own): ((u32, String), NodeNumbers)| JourneyNodeNumbers {
            version,
            node,
            came: own.came,
            inside: own.inside,
            passed: own.passed,
            finished: own.finished,
            exited: own.exited,
            moved: own.moved,
            goals: own.goals,
            outcomes: own.outcomes,
        };
        Self { sums: own.sums.into(), nodes: own.nodes.into_iter().map(node).collect() }
    }
}
