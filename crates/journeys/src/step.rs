//! One step of one person. Pure: the same input gives the same step, however often it is asked.

use crate::calendar::{Span, next_minute, on_date};
use crate::definition::{Act, Arm};
use crate::model::{CONTROL, End, Outcome, STEPS_MAX, State, WATCHED};
use crate::plan::Plan;
use crate::port::Port;
use crate::trail::{Mark, What};
use siyu_kernel::{PersonNum, Time, Zone};

/// Who gives no answer for so long has failed: nobody is stuck for ever.
pub const ANSWER_DAYS: i64 = 30;
/// A question that cannot be answered now is asked again.
const ASK_AGAIN_SECONDS: i64 = 900;

/// Why somebody is looked at.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// They have come to the node.
    Arrive,
    /// Their time has come.
    Due,
    /// What they wait for has happened then.
    Happened(Time),
    /// What became of the effect of this step.
    Told { step: u32, outcome: Outcome },
    /// Something makes them leave.
    Leave(String),
}

/// What is known of them and not in their row.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    pub zone: &'a Zone,
    /// At a condition: its answer; `None` when it cannot be given now.
    pub holds: Option<bool>,
    /// At a split: their draw.
    pub draw: u64,
    pub now: Time,
    /// When what leads them on happened: for events that were read late, before now. What follows at once counts from there.
    pub as_of: Time,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Order {
    /// What the node says.
    Do,
    /// Remind whoever has the task.
    Nudge,
    /// Take the task from them and ask somebody else.
    Reassign,
    /// Nobody waits for it any more: take it back if that is possible.
    Withdraw,
}

impl Order {
    pub const ALL: [Self; 4] = [Self::Do, Self::Nudge, Self::Reassign, Self::Withdraw];
    pub fn name(self) -> &'static str {
        match self {
            Self::Do => "do",
            Self::Nudge => "nudge",
            Self::Reassign => "reassign",
            Self::Withdraw => "withdraw",
        }
    }
    pub(crate) fn of(code: i64) -> Self {
        usize::try_from(code).ok().and_then(|at| Self::ALL.get(at)).copied().unwrap_or(Self::Do)
    }
}

/// An effect to be written with the step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Emitted {
    pub step: u32,
    pub node: u32,
    pub order: Order,
    /// The step of the effect this is about; its own for [`Order::Do`].
    pub about: u32,
}

/// What a step did, beside the new state.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Done {
    /// Left this node by this way, with this reason.
    pub passed: Option<(u32, Port, String)>,
    pub emitted: Vec<Emitted>,
    /// They stand at a new node and nothing was done there.
    pub arrived: bool,
}

/// What the node answers.
enum Answer {
    /// Nothing changes.
    Nothing,
    Stay {
        due: Option<Time>,
        stage: u8,
        order: Option<Order>,
    },
    Go(Port, String),
    Finish(String),
}

fn go(port: Port) -> Answer {
    Answer::Go(port, String::new())
}

/// One step. Who has ended takes none.
pub fn step(plan: &Plan, state: &mut State, input: &Input, facts: &Facts<'_>) -> Done {
    let mut done = Done::default();
    if !state.is_inside() {
        return done;
    }
    if let Input::Leave(reason) = input {
        leave(state, End::Exited(reason.clone()), &mut done, facts.now);
        return done;
    }
    if state.is_control() {
        watch(plan, state, input, &mut done, facts.now);
        return done;
    }
    // A node that the version does not have: they stay where they are until somebody moves them on.
    let Some(node) = plan.node(state.node) else {
        state.due = None;
        return done;
    };
    // Whoever has just come is not waiting yet: their time is that of arriving.
    let input = if *input == Input::Due && state.stage == 0 { &Input::Arrive } else { input };
    match answer(&node.act, state, input, facts) {
        Answer::Nothing => {}
        Answer::Stay { due, stage, order } => {
            (state.due, state.stage) = (due, stage);
            if let Some(order) = order {
                emit(state, order, &mut done);
                // Deadlines count from when it was asked for.
                if matches!(order, Order::Do | Order::Reassign) {
                    state.at = facts.now;
                }
            }
        }
        Answer::Go(port, reason) => {
            let at = facts.as_of.min(facts.now).max(state.at);
            // What nobody waits for any more is taken back; whose outcome was told is over.
            if state.open != 0 && !matches!(input, Input::Told { .. }) {
                emit(state, Order::Withdraw, &mut done);
            }
            pass(plan, state, port, reason, at, &mut done, facts.now);
        }
        Answer::Finish(outcome) => leave(state, End::Finished(outcome), &mut done, facts.now),
    }
    done
}

/// Control waits until its days are over, whatever happens.
fn watch(plan: &Plan, state: &mut State, input: &Input, done: &mut Done, now: Time) {
    match input {
        Input::Due if state.stage > 0 => leave(state, End::Finished(WATCHED.into()), done, now),
        Input::Arrive | Input::Due => {
            let over = state.entered_at.plus_days(i64::from(plan.definition.holdout_days));
            (state.stage, state.due) = (1, Some(over.max(now)));
        }
        _ => {}
    }
}

fn emit(state: &mut State, order: Order, done: &mut Done) {
    // An arrival has a step of its own; what follows at the same node counts on.
    if order == Order::Do {
        state.open = state.step;
    } else {
        state.step += 1;
    }
    done.emitted.push(Emitted { step: state.step, node: state.node, order, about: state.open });
}

fn pass(plan: &Plan, state: &mut State, port: Port, reason: String, at: Time, done: &mut Done, now: Time) {
    let node = state.node;
    state.trail.push(state.entered_at, node, What::Passed(port), &reason, at);
    done.passed = Some((node, port, reason));
    state.open = 0;
    (state.node, state.stage) = (plan.to(state.node, port), 0);
    (state.step, state.at, state.due) = (state.step + 1, at, Some(now));
    done.arrived = true;
    if state.step > STEPS_MAX {
        leave(state, End::Exited("steps_max".into()), done, now);
    }
}

fn leave(state: &mut State, end: End, done: &mut Done, now: Time) {
    if state.open != 0 {
        emit(state, Order::Withdraw, done);
    }
    (state.due, state.open, state.end, state.ended_at) = (None, 0, Some(end), Some(now));
    done.arrived = false;
}

fn answer(act: &Act, state: &State, input: &Input, facts: &Facts<'_>) -> Answer {
    let arrives = *input == Input::Arrive;
    let wait = |due: Time| Answer::Stay { due: Some(due), stage: 1, order: None };
    let told = matches!(input, Input::Happened(_) | Input::Told { .. });
    match act {
        // Nothing is waited for here: what is told late is about a node they have left.
        Act::Exit { .. } | Act::Condition { .. } | Act::Split { .. } | Act::Ab { .. } if told => Answer::Nothing,
        Act::Exit { outcome } => Answer::Finish(outcome.clone()),
        Act::Wait { span, .. } if arrives => wait(span.after(facts.zone, facts.now)),
        Act::WaitUntil { at, date: Some(date), .. } if arrives => match on_date(facts.zone, date, *at) {
            Some(due) if due > facts.now => wait(due),
            _ => go(Port::Next),
        },
        Act::WaitUntil { at, weekdays, .. } if arrives => wait(next_minute(facts.zone, *at, weekdays, facts.now)),
        Act::Wait { .. } | Act::WaitUntil { .. } => if_due(input, Port::Next),
        Act::WaitEvent { timeout, .. } => wait_event(*timeout, state, input, facts),
        Act::Condition { .. } => match facts.holds {
            Some(true) => go(Port::Yes),
            Some(false) => go(Port::No),
            None => Answer::Stay { due: Some(facts.now.plus_seconds(ASK_AGAIN_SECONDS)), stage: 0, order: None },
        },
        Act::Split { arms } | Act::Ab { arms, .. } => go(Port::Arm(drawn(arms, facts.draw))),
        Act::Task { .. } => task(act, state, input, facts),
        Act::Message { .. } | Act::Tag(_) | Act::Points(_) | Act::Coupon(_) | Act::Webhook(_) => {
            let is_message = matches!(act, Act::Message { .. });
            effect(is_message, state, input, facts)
        }
    }
}

fn if_due(input: &Input, port: Port) -> Answer {
    if *input == Input::Due { go(port) } else { Answer::Nothing }
}

/// The time-out wins over what happened after it, whichever is heard of first. Who has come while the journey was paused has all of the time still.
fn wait_event(timeout: Span, state: &State, input: &Input, facts: &Facts<'_>) -> Answer {
    match input {
        Input::Arrive => {
            let due = timeout.after(facts.zone, facts.as_of.min(facts.now));
            Answer::Stay { due: Some(due), stage: 1, order: None }
        }
        Input::Due => go(Port::TimedOut),
        Input::Happened(at) if *at < state.at => Answer::Nothing,
        Input::Happened(at) => {
            let late = state.stage > 0 && state.due.is_some_and(|due| *at >= due);
            go(if late { Port::TimedOut } else { Port::Happened })
        }
        _ => Answer::Nothing,
    }
}

fn effect(is_message: bool, state: &State, input: &Input, facts: &Facts<'_>) -> Answer {
    match input {
        Input::Arrive => Answer::Stay { due: Some(facts.now.plus_days(ANSWER_DAYS)), stage: 1, order: Some(Order::Do) },
        Input::Due => Answer::Go(Port::Failed, "no_answer".into()),
        Input::Told { step, outcome } if *step == state.open && state.open != 0 => {
            let port = match outcome {
                Outcome::Done if is_message => Port::Sent,
                Outcome::Done => Port::Done,
                Outcome::Skipped(_) if is_message => Port::Skipped,
                _ => Port::Failed,
            };
            Answer::Go(port, outcome.reason().to_owned())
        }
        _ => Answer::Nothing,
    }
}

/// Stages: 1 asked, 2 reminded; 3 asked somebody else, 4 reminded them; and so on.
fn task(act: &Act, state: &State, input: &Input, facts: &Facts<'_>) -> Answer {
    let Act::Task { deadline, nudge, reassign, .. } = act else { return Answer::Nothing };
    let first = nudge.unwrap_or(*deadline).after(facts.zone, facts.now);
    match input {
        Input::Arrive => Answer::Stay { due: Some(first), stage: 1, order: Some(Order::Do) },
        Input::Due if state.stage % 2 == 1 && nudge.is_some() => {
            let due = deadline.after(facts.zone, state.at);
            Answer::Stay { due: Some(due), stage: state.stage + 1, order: Some(Order::Nudge) }
        }
        Input::Due => {
            let round = state.stage.saturating_sub(1) / 2;
            if round < *reassign {
                Answer::Stay { due: Some(first), stage: (round + 1) * 2 + 1, order: Some(Order::Reassign) }
            } else {
                go(Port::Late)
            }
        }
        Input::Told { step, outcome } if *step == state.open && state.open != 0 => match outcome {
            Outcome::Done => go(Port::Done),
            other => Answer::Go(Port::Late, other.reason().to_owned()),
        },
        _ => Answer::Nothing,
    }
}

/// Which arm a draw is: the same for ever, in proportion to the weights.
fn drawn(arms: &[Arm], draw: u64) -> u8 {
    let all: u64 = arms.iter().map(|arm| u64::from(arm.weight)).sum();
    let place = ((u128::from(draw) * u128::from(all)) >> 64) as u64;
    let mut upto = 0;
    for (at, arm) in arms.iter().enumerate() {
        upto += u64::from(arm.weight);
        if place < upto {
            return at as u8;
        }
    }
    0
}

/// Somebody comes in: to the first node, or, drawn to be control, to none. What was drawn is written down, for whoever is moved to another version.
pub(crate) fn come_in(plan: &Plan, at: Time, draw: u64) -> State {
    let (percent, days) = (plan.definition.holdout_percent, plan.definition.holdout_days);
    let is_control = (u128::from(draw) * 100) >> 64 < u128::from(percent);
    let mut state = State::new(plan.version, if is_control { CONTROL } else { plan.start }, at);
    if percent > 0 {
        state.trail.push(at, CONTROL, What::Drawn, &format!("{percent}:{days}"), at);
    }
    state
}
/// Per cent and days of a draw that was written down.
pub(crate) fn drawn_of(marks: &[Mark]) -> Option<(u32, u32)> {
    let mark = marks.first().filter(|own| own.what == What::Drawn)?;
    let (percent, days) = mark.reason.split_once(':')?;
    Some((percent.parse().ok()?, days.parse().ok()?))
}

/// Somebody's draw at a node: never anew, whatever is repeated.
pub fn draw(key: u64, journey: u32, node: u32, num: PersonNum) -> u64 {
    mix(mix(mix(key ^ u64::from(journey)).wrapping_add(u64::from(node))).wrapping_add(u64::from(num)))
}
fn mix(z: u64) -> u64 {
    let z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
