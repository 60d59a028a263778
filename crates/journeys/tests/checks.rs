//! What a definition may be: a table of what is refused, each with its code and its node.

use proptest::prelude::*;
use serde_json::{Value, json};
use siyu_journeys::{Definition, problems};

fn sound() -> Value {
    json!({
        "format": 1,
        "entry": {"type": "trigger", "on": {"type": "event", "name": "Order Completed", "where": [{"property": "amount", "op": "gte", "value": 100}]}},
        "again": {"after_days": 30},
        "goal": {"on": {"type": "event", "name": "Order Completed"}},
        "exits": [{"reason": "refunded", "on": {"type": "event", "name": "Order Refunded"}}],
        "start": "rest",
        "nodes": [
            {"id": "rest", "do": {"type": "wait", "for": {"amount": 2, "unit": "day"}, "next": "morning"}},
            {"id": "morning", "do": {"type": "wait_until", "at": "09:30", "weekdays": [1, 2, 3, 4, 5], "next": "ask"}},
            {"id": "ask", "do": {"type": "condition", "rule": {"all": [{"field": "tag", "op": "eq", "value": "tag_1"}]}, "yes": "test", "no": "half"}},
            {"id": "test", "do": {"type": "ab", "arms": [{"name": "A", "weight": 50, "to": "say"}, {"name": "B", "weight": 50, "to": "task"}],
                "goal": {"type": "event", "name": "Order Completed"}, "within_days": 7}},
            {"id": "half", "do": {"type": "split", "arms": [{"weight": 30, "to": "say"}, {"weight": 70, "to": "end"}]}},
            {"id": "say", "name": "问候", "place": [1.5, 2], "do": {"type": "message", "with": {"content": "c1"}, "next": "answer", "failed": "task"}},
            {"id": "answer", "do": {"type": "wait_event", "on": {"type": "event", "name": "Product Viewed"}, "timeout": {"amount": 3, "unit": "day"}, "next": "tag", "timed_out": "rest"}},
            {"id": "task", "do": {"type": "task", "with": {"title": "call"}, "deadline": {"amount": 2, "unit": "day"}, "nudge": {"amount": 1, "unit": "day"}, "reassign": 1, "next": "tag"}},
            {"id": "tag", "do": {"type": "tag", "with": {"tag": "tag_1"}, "next": "end"}},
            {"id": "end", "do": {"type": "exit", "outcome": "done"}},
        ],
    })
}

/// `code@node`, of each problem.
fn told(definition: &Value) -> Vec<String> {
    let own = match Definition::from_text(&definition.to_string()) {
        Ok(own) => own,
        Err(refusal) => return vec![format!("{}@{}", refusal.code, refusal.field.unwrap_or_default())],
    };
    let all = problems(&own);
    for own in &all {
        assert!(own.en.ends_with('.') && own.zh.ends_with('。'), "{own:?}");
    }
    all.into_iter().map(|own| format!("{}@{}", own.code, own.node.unwrap_or_default())).collect()
}
/// The sound one with the value at this place changed; no value: taken out.
fn with(place: &str, value: Option<Value>) -> Value {
    let mut own = sound();
    let (parent, key) = place.rsplit_once('/').unwrap();
    match (own.pointer_mut(parent).unwrap(), value) {
        (Value::Object(map), Some(value)) => drop(map.insert(key.to_owned(), value)),
        (Value::Object(map), None) => drop(map.remove(key)),
        (Value::Array(list), Some(value)) => list.insert(key.parse().unwrap(), value),
        (Value::Array(list), None) => drop(list.remove(key.parse().unwrap())),
        _ => unreachable!(),
    }
    own
}

#[test]
fn a_sound_one_has_no_problem_and_comes_back() {
    assert_eq!(told(&sound()), Vec::<String>::new());
    let own = Definition::from_text(&sound().to_string()).unwrap();
    assert_eq!(Definition::from_text(&own.to_text()).unwrap(), own);
}

#[test]
fn each_fault_is_told_with_its_node() {
    let wait = |next: &str| json!({"type": "wait", "for": {"amount": 1, "unit": "hour"}, "next": next});
    for (place, value, wanted) in [
        ("/format", Some(json!(2)), "journey_format@format"),
        ("/nodes", Some(json!([])), "journey_empty@"),
        ("/start", None, "journey_dead_end@"),
        ("/start", Some(json!("nowhere")), "journey_edge@"),
        ("/nodes/0/do/next", None, "journey_dead_end@rest"),
        ("/nodes/0/do/next", Some(json!("gone")), "journey_edge@rest"),
        ("/nodes/0/id", Some(json!("Rest")), "journey_node_id@Rest"),
        ("/nodes/1/id", Some(json!("rest")), "journey_node_twice@rest"),
        ("/nodes/5/name", Some(json!("问".repeat(61))), "journey_node_id@say"),
        ("/nodes/10", Some(json!({"id": "lost", "do": wait("end")})), "journey_unreached@lost"),
        ("/nodes/8/do/next", Some(json!("tag")), "journey_loop@tag"),
        ("/nodes/0/do/for/amount", Some(json!(0)), "journey_duration@rest"),
        ("/nodes/0/do/for", Some(json!({"amount": 14, "unit": "month"})), "journey_duration@rest"),
        ("/nodes/6/do/timeout/amount", Some(json!(0)), "journey_duration@answer"),
        ("/nodes/1/do/weekdays", Some(json!([0])), "journey_time@morning"),
        ("/nodes/1/do/date", Some(json!("2026-05-01")), "journey_time@morning"),
        ("/nodes/4/do/arms/0/weight", Some(json!(31)), "journey_weights@half"),
        ("/nodes/4/do/arms/0", None, "journey_weights@half"),
        ("/nodes/3/do/arms/0/weight", Some(json!(0)), "journey_weights@test"),
        ("/nodes/3/do/goal", None, "journey_goal@test"),
        ("/nodes/3/do/within_days", Some(json!(91)), "journey_goal@test"),
        ("/nodes/5/do/with", Some(json!({})), "journey_effect@say"),
        ("/nodes/5/do/with", Some(json!("hello")), "journey_effect@say"),
        ("/nodes/7/do/nudge/amount", Some(json!(2)), "journey_task@task"),
        ("/nodes/7/do/reassign", Some(json!(6)), "journey_task@task"),
        ("/nodes/9/do/outcome", Some(json!("Very good")), "journey_outcome@end"),
        ("/nodes/2/do/rule", Some(json!({"all": []})), "rule_empty@ask"),
        ("/nodes/2/do/rule", Some(json!({"all": [{"field": "tag", "op": "like", "value": 1}]})), "rule_operator@ask"),
        ("/nodes/6/do/on/name", Some(json!("")), "journey_trigger@answer"),
        ("/entry/on/where/0/value", Some(json!(null)), "journey_trigger@"),
        (
            "/entry",
            Some(
                json!({"type": "schedule", "schedule": {"every": "week", "weekdays": [], "at": "09:00"}, "audience": "a"}),
            ),
            "journey_schedule@",
        ),
        ("/again/after_days", Some(json!(0)), "journey_again@"),
        ("/exits/0/reason", Some(json!("goal")), "journey_exits@"),
    ] {
        let found = told(&with(place, value.clone()));
        assert!(found.contains(&wanted.to_owned()), "{place} {value:?}: {found:?}, not {wanted}");
    }
    // What cannot be read is said with its place.
    for (place, value, wanted) in [
        ("/nodes/0/do/type", json!("sleep"), "journey_json@nodes[0].do.type"),
        ("/nodes/0/do/nxet", json!("end"), "journey_json@nodes[0].do"),
        ("/nodes/1/do/at", json!("25:00"), "journey_json@nodes[1].do"),
        ("/colour", json!("red"), "journey_json@colour"),
    ] {
        assert_eq!(told(&with(place, Some(value))), [wanted]);
    }
}

#[test]
fn what_takes_time_breaks_a_circle_and_a_date_does_not() {
    let circle = |act: Value| {
        let mut act = act;
        act["next"] = json!("pick");
        json!({
            "format": 1, "entry": {"type": "trigger", "on": {"type": "event", "name": "a"}}, "start": "here",
            "nodes": [
                {"id": "here", "do": act},
                {"id": "pick", "do": {"type": "split", "arms": [{"weight": 50, "to": "here"}, {"weight": 50, "to": "end"}]}},
                {"id": "end", "do": {"type": "exit"}},
            ],
        })
    };
    for (act, round) in [
        (json!({"type": "wait", "for": {"amount": 1, "unit": "minute"}}), false),
        (json!({"type": "wait_until", "at": "09:00"}), false),
        (json!({"type": "wait_until", "at": "09:00", "date": "2026-05-01"}), true),
        (json!({"type": "message", "with": {"content": 1}}), true),
        (json!({"type": "tag", "with": {"tag": 1}}), true),
    ] {
        let told = told(&circle(act.clone()));
        let both = ["journey_loop@here", "journey_loop@pick"];
        assert_eq!(told, if round { both.to_vec() } else { Vec::new() }, "{act}");
    }
}

#[test]
fn a_way_that_never_ends_is_no_journey() {
    let own = json!({
        "format": 1, "entry": {"type": "trigger", "on": {"type": "event", "name": "a"}}, "start": "a",
        "nodes": [
            {"id": "a", "do": {"type": "wait", "for": {"amount": 1, "unit": "day"}, "next": "b"}},
            {"id": "b", "do": {"type": "wait", "for": {"amount": 1, "unit": "day"}, "next": "a"}},
            {"id": "end", "do": {"type": "exit"}},
        ],
    });
    assert_eq!(told(&own), ["journey_unreached@end", "journey_endless@a", "journey_endless@b"]);
}

#[test]
fn a_way_that_is_not_drawn_is_told_once() {
    let own = with("/nodes/8/do/next", None);
    assert_eq!(told(&own), ["journey_dead_end@tag"]);
}

#[test]
fn large_ones_are_refused_and_not_walked() {
    let mut own = sound();
    let nodes: Vec<Value> = (0..5_000).map(|n| json!({"id": format!("n{n}"), "do": {"type": "exit"}})).collect();
    own["nodes"] = json!(nodes);
    assert_eq!(told(&own), ["journey_large@"]);
}

/// Circles as somebody would look for them: walk from each node without ever waiting and see whether one comes back.
fn comes_back(ways: &[Vec<usize>], waits: &[bool], start: usize) -> bool {
    let mut seen = vec![false; ways.len()];
    let mut open: Vec<usize> = if waits[start] { Vec::new() } else { ways[start].clone() };
    while let Some(at) = open.pop() {
        if at == start {
            return true;
        }
        if !waits[at] && !std::mem::replace(&mut seen[at], true) {
            open.extend(&ways[at]);
        }
    }
    false
}

proptest! {
    #[test]
    fn circles_are_found(edges in prop::collection::vec((0..12_usize, 0..12_usize, any::<bool>()), 1..12)) {
        let count = edges.len();
        let id = |at: usize| if at < count { format!("n{at}") } else { "end".into() };
        let mut nodes: Vec<Value> = edges.iter().enumerate().map(|(at, (one, two, waits))| match waits {
            true => json!({"id": id(at), "do": {"type": "wait_event", "on": {"type": "event", "name": "e"}, "timeout": {"amount": 1, "unit": "day"}, "next": id(*one), "timed_out": id(*two)}}),
            false => json!({"id": id(at), "do": {"type": "split", "arms": [{"weight": 50, "to": id(*one)}, {"weight": 50, "to": id(*two)}]}}),
        }).collect();
        nodes.push(json!({"id": "end", "do": {"type": "exit"}}));
        let own = json!({"format": 1, "entry": {"type": "trigger", "on": {"type": "event", "name": "a"}}, "start": "n0", "nodes": nodes});
        let mut ways: Vec<Vec<usize>> = edges.iter().map(|(one, two, _)| vec![(*one).min(count), (*two).min(count)]).collect();
        ways.push(Vec::new());
        let waits: Vec<bool> = edges.iter().map(|(.., waits)| *waits).chain([true]).collect();
        let slow: Vec<String> = (0..count).filter(|at| comes_back(&ways, &waits, *at)).map(|at| format!("journey_loop@n{at}")).collect();
        let found: Vec<String> = told(&own).into_iter().filter(|own| own.starts_with("journey_loop")).collect();
        prop_assert_eq!(found, slow);
    }
}

/// What the document shows is what the program takes.
#[test]
fn the_examples_of_the_document_are_sound() {
    let text = include_str!("../../../docs/journeys.md");
    let examples: Vec<&str> = text.split("```json\n").skip(1).map(|own| own.split("```").next().unwrap()).collect();
    assert_eq!(examples.len(), 2);
    for own in examples {
        assert_eq!(told(&serde_json::from_str(own).unwrap()), Vec::<String>::new());
    }
}
