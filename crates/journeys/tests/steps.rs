//! Stepping, without any database: tables, and that nothing depends on how often or when one is asked.

use proptest::prelude::*;
use rustc_hash::FxHashMap;
use serde_json::{Value, json};
use siyu_journeys::{Definition, End, Facts, Input, Order, Outcome, Plan, Port, State, draw, step};
use siyu_kernel::{Time, Zone};

fn at(text: &str) -> Time {
    Time::parse(text).unwrap()
}
/// Nodes are numbered from 1 in their order.
fn plan(nodes: Value) -> Plan {
    let start = nodes[0]["id"].clone();
    let own = json!({"format": 1, "entry": {"type": "trigger", "on": {"type": "event", "name": "a"}}, "start": start, "nodes": nodes});
    let own = Definition::from_text(&own.to_string()).unwrap();
    let nums: FxHashMap<String, u32> = own.nodes.iter().map(|node| node.id.clone()).zip(1..).collect();
    Plan::new(1, own, &nums)
}
fn exit() -> Value {
    json!({"id": "end", "do": {"type": "exit", "outcome": "ok"}})
}

struct Walk {
    plan: Plan,
    state: State,
    zone: Zone,
    orders: Vec<(Order, u32)>,
}

impl Walk {
    fn new(nodes: Value, now: Time) -> Self {
        let plan = plan(nodes);
        let state = State::new(1, plan.start, now);
        Self { plan, state, zone: Zone::shanghai(), orders: Vec::new() }
    }
    /// One input, and on as far as it goes.
    fn put(&mut self, input: Input, now: Time) -> Option<Port> {
        let mut passed = None;
        let mut input = input;
        loop {
            let facts = Facts { zone: &self.zone, holds: Some(true), draw: 0, now, as_of: now };
            let done = step(&self.plan, &mut self.state, &input, &facts);
            self.orders.extend(done.emitted.iter().map(|own| (own.order, own.about)));
            passed = passed.or(done.passed.map(|(_, port, _)| port));
            if !done.arrived {
                return passed;
            }
            input = Input::Arrive;
        }
    }
    fn orders(&mut self) -> Vec<(Order, u32)> {
        std::mem::take(&mut self.orders)
    }
}

#[test]
fn a_time_out_wins_over_what_happened_after_it() {
    let nodes = json!([
        {"id": "w", "do": {"type": "wait_event", "on": {"type": "event", "name": "b"}, "timeout": {"amount": 2, "unit": "hour"}, "next": "end", "timed_out": "end"}},
        exit()
    ]);
    let begin = at("2026-03-02T04:00:00Z");
    // When it happened, in minutes; whether somebody had arrived already; what comes of it.
    for (minutes, acted, wanted) in [
        (1, true, Some(Port::Happened)),
        (119, true, Some(Port::Happened)),
        (120, true, Some(Port::TimedOut)),
        (500, true, Some(Port::TimedOut)),
        (-1, true, None),
        (5, false, Some(Port::Happened)),
        // Nobody had begun to wait.
        (121, false, Some(Port::Happened)),
    ] {
        let mut walk = Walk::new(nodes.clone(), begin);
        if acted {
            assert_eq!(walk.put(Input::Arrive, begin), None);
        }
        let now = begin.plus_seconds(10 * 3_600);
        assert_eq!(walk.put(Input::Happened(begin.plus_seconds(minutes * 60)), now), wanted, "{minutes} {acted}");
    }
}

#[test]
fn a_task_is_reminded_of_given_to_others_and_given_up() {
    let nodes = json!([
        {"id": "t", "do": {"type": "task", "with": {"a": 1}, "deadline": {"amount": 3, "unit": "hour"}, "nudge": {"amount": 1, "unit": "hour"}, "reassign": 1, "next": "end", "late": "end"}},
        exit()
    ]);
    let begin = at("2026-03-02T04:00:00Z");
    let hour = |n: i64| begin.plus_seconds(n * 3_600);
    let mut walk = Walk::new(nodes.clone(), begin);
    walk.put(Input::Arrive, begin);
    assert_eq!((walk.orders(), walk.state.due), (vec![(Order::Do, 1)], Some(hour(1))));
    walk.put(Input::Due, hour(1));
    assert_eq!((walk.orders(), walk.state.due), (vec![(Order::Nudge, 1)], Some(hour(3))));
    walk.put(Input::Due, hour(4));
    assert_eq!((walk.orders(), walk.state.due), (vec![(Order::Reassign, 1)], Some(hour(5))));
    walk.put(Input::Due, hour(5));
    assert_eq!((walk.orders(), walk.state.due), (vec![(Order::Nudge, 1)], Some(hour(7))));
    assert_eq!(walk.put(Input::Due, hour(7)), Some(Port::Late));
    assert_eq!(walk.orders(), [(Order::Withdraw, 1)]);
    assert_eq!(walk.state.end, Some(End::Finished("ok".into())));

    // Done between: nothing is taken back. What is told of another step is nothing.
    let mut walk = Walk::new(nodes, begin);
    walk.put(Input::Arrive, begin);
    assert_eq!(walk.put(Input::Told { step: 2, outcome: Outcome::Done }, hour(1)), None);
    walk.put(Input::Due, hour(1));
    assert_eq!(walk.put(Input::Told { step: 1, outcome: Outcome::Done }, hour(2)), Some(Port::Done));
    assert_eq!(walk.orders(), [(Order::Do, 1), (Order::Nudge, 1)]);
}

#[test]
fn outcomes_lead_their_ways_and_silence_is_failure() {
    let nodes = json!([
        {"id": "m", "do": {"type": "message", "with": {"a": 1}, "next": "end", "skipped": "end", "failed": "end"}},
        exit()
    ]);
    let begin = at("2026-03-02T04:00:00Z");
    for (outcome, port) in [
        (Outcome::Done, Port::Sent),
        (Outcome::Skipped("quota".into()), Port::Skipped),
        (Outcome::Failed("gone".into()), Port::Failed),
    ] {
        let mut walk = Walk::new(nodes.clone(), begin);
        walk.put(Input::Arrive, begin);
        let reason = outcome.reason().to_owned();
        assert_eq!(walk.put(Input::Told { step: 1, outcome }, begin), Some(port));
        assert_eq!(walk.state.trail.marks(begin)[0].reason, reason);
        assert_eq!(walk.orders(), [(Order::Do, 1)]);
    }
    let mut walk = Walk::new(nodes, begin);
    walk.put(Input::Arrive, begin);
    assert_eq!(walk.put(Input::Due, walk.state.due.unwrap()), Some(Port::Failed));
    assert_eq!(walk.orders(), [(Order::Do, 1), (Order::Withdraw, 1)]);
}

#[test]
fn a_circle_ends_some_time() {
    let nodes = json!([
        {"id": "w", "do": {"type": "wait", "for": {"amount": 1, "unit": "minute"}, "next": "c"}},
        {"id": "c", "do": {"type": "condition", "rule": {}, "yes": "w", "no": "end"}},
        exit()
    ]);
    let mut now = at("2026-03-02T04:00:00Z");
    let mut walk = Walk::new(nodes, now);
    walk.put(Input::Arrive, now);
    for _ in 0..2_000 {
        now = now.plus_seconds(60);
        walk.put(Input::Due, now);
    }
    assert_eq!(walk.state.end, Some(End::Exited("steps_max".into())));
    assert_eq!(walk.state.trail.marks(walk.state.entered_at).len(), 1_000);
}

#[test]
fn draws_are_the_same_for_ever_and_spread() {
    // Pinned: who was drawn for an arm stays there. If this fails, the hash changed: change it back.
    assert_eq!(draw(7, 1, 2, 3), 16_549_752_188_970_297_910);
    let nodes = json!([
        {"id": "s", "do": {"type": "split", "arms": [{"weight": 10, "to": "end"}, {"weight": 30, "to": "end"}, {"weight": 60, "to": "end"}]}},
        exit()
    ]);
    let plan = plan(nodes);
    let mut counts = [0; 3];
    for num in 0..100_000 {
        let now = at("2026-03-02T04:00:00Z");
        let mut state = State::new(1, 1, now);
        let facts = Facts { zone: &Zone::utc(), holds: None, draw: draw(7, 1, 1, num), now, as_of: now };
        let done = step(&plan, &mut state, &Input::Arrive, &facts);
        let Some((_, Port::Arm(arm), _)) = done.passed else { unreachable!() };
        counts[usize::from(arm)] += 1;
    }
    for (count, wanted) in counts.into_iter().zip([10_000_i32, 30_000, 60_000]) {
        assert!((count - wanted).abs() < 600, "{counts:?}");
    }
}

proptest! {
    /// Asked twice from the same state, one answers the same; and whoever has ended takes no step.
    #[test]
    fn a_step_depends_on_nothing_else(inputs in prop::collection::vec((0..5_usize, 0..100_000_i64, any::<u64>(), any::<Option<bool>>()), 1..60)) {
        let plan = plan(json!([
            {"id": "w", "do": {"type": "wait", "for": {"amount": 1, "unit": "day"}, "next": "c"}},
            {"id": "c", "do": {"type": "condition", "rule": {}, "yes": "m", "no": "t"}},
            {"id": "m", "do": {"type": "message", "with": {"a": 1}, "next": "e", "failed": "end"}},
            {"id": "t", "do": {"type": "task", "with": {"a": 1}, "deadline": {"amount": 2, "unit": "day"}, "nudge": {"amount": 1, "unit": "hour"}, "reassign": 2, "next": "w", "late": "e"}},
            {"id": "e", "do": {"type": "wait_event", "on": {"type": "event", "name": "b"}, "timeout": {"amount": 1, "unit": "week"}, "next": "s", "timed_out": "w"}},
            {"id": "s", "do": {"type": "split", "arms": [{"weight": 50, "to": "w"}, {"weight": 50, "to": "end"}]}},
            exit()
        ]));
        let mut now = at("2026-03-02T04:00:00Z");
        let mut state = State::new(1, 1, now);
        let (mut open, mut steps) = (None, std::collections::BTreeSet::new());
        for (input, seconds, draw, holds) in inputs {
            now = now.plus_seconds(seconds);
            let input = match input {
                0 => Input::Arrive,
                1 | 2 => Input::Due,
                3 => Input::Happened(now),
                _ => Input::Told { step: state.open, outcome: if draw % 2 == 0 { Outcome::Done } else { Outcome::Skipped("x".into()) } },
            };
            // Whoever walks it puts arrivals once, and dues when they are due.
            let due = state.due.is_some_and(|due| due <= now);
            if (input == Input::Arrive && state.stage != 0) || (input == Input::Due && !due) {
                continue;
            }
            let facts = Facts { zone: &Zone::shanghai(), holds, draw, now, as_of: now };
            let before = state.clone();
            let done = step(&plan, &mut state, &input, &facts);
            let mut again = before.clone();
            prop_assert_eq!(step(&plan, &mut again, &input, &facts), done.clone());
            prop_assert_eq!(&again, &state);
            if !before.is_inside() {
                prop_assert_eq!(&before, &state);
                prop_assert_eq!(done, Default::default());
                continue;
            }
            // Inside, they always wait for something; an effect is open until it is told or taken back, each with a step of its own.
            prop_assert_eq!(state.due.is_some(), state.is_inside());
            for own in done.emitted {
                prop_assert!(steps.insert(own.step));
                match own.order {
                    Order::Do => { prop_assert_eq!(open, None); open = Some(own.step) }
                    Order::Withdraw => { prop_assert_eq!(open, Some(own.about)); open = None }
                    _ => prop_assert_eq!(open, Some(own.about)),
                }
            }
            if matches!(input, Input::Told { .. }) && done.passed.is_some() {
                open = None;
            }
            prop_assert_eq!(open.unwrap_or(0), state.open);
        }
    }
}
