//! What happens to people inside: answers, goals, exit rules.

use crate::house::{House, exit, journey, message, migrations, wait};
use serde_json::{Value, json};
use siyu_journeys::{Inside, Outcome, Ran};
use siyu_testkit::TestDb;
use std::sync::atomic::Ordering::SeqCst;

siyu_testkit::contract!(migrations();
    answers_come_in_time_or_not, several_things_at_once_are_taken_in_order, goals_and_rules_lead_out, nothing_more_goes_to_who_left,
    a_goal_can_be_only_counted, taken_out_by_hand, conditions_have_seen_what_led_to_them, the_log_waits_for_conditions_not_for_ever);

/// Whoever answers conditions lags behind the log for a moment: what somebody has just done counts all the same, and what they did next as well.
fn conditions_have_seen_what_led_to_them(t: TestDb) {
    let house = House::new(t);
    let people = house.crowd(2);
    let id = house.start(&journey(json!([
        ask("ask", "view", "pick", "end"),
        pick("pick", "again", "end"),
        ask("again", "buy", "won", "end"),
        exit("won"),
        exit("end")
    ])));
    house.let_in(&id, &people);
    house.run();
    house.world.seen.store(0, SeqCst);
    house.does(people[0], "view");
    house.does(people[0], "buy");
    let Ran::Later(at) = house.run() else { panic!("it waits") };
    assert!(at < house.now().plus_seconds(1));
    assert_eq!(house.node(&id, 1, "ask").inside, 2);
    // It catches up, with the view in it.
    house.put("vip", &people[..1]);
    house.world.seen.store(i64::MAX, SeqCst);
    house.pass(1);
    house.run();
    assert_eq!(house.path(&id, people[0]), ["ask:happened", "pick:yes", "again:happened"]);
}

fn the_log_waits_for_conditions_not_for_ever(t: TestDb) {
    let house = House::new(t);
    let people = house.crowd(2);
    let id = house.start(&journey(json!([
        ask("ask", "view", "pick", "end"),
        pick("pick", "won", "end"),
        exit("won"),
        exit("end")
    ])));
    let plain = house.start(&journey(json!([wait("rest", 1, "day", "end"), exit("end")])));
    house.let_in(&id, &people);
    house.run();
    house.world.seen.store(0, SeqCst);
    house.does(people[0], "view");
    house.does(people[1], "begin");
    house.run();
    assert_eq!(house.sums(&plain)[0], 0);
    house.pass(11);
    house.run();
    // Others come in; this one stays at the condition until it can be answered, and is not asked before.
    assert_eq!((house.sums(&plain)[0], house.node(&id, 1, "pick").inside), (1, 1));
    house.hours(1);
    house.run();
    assert_eq!(house.node(&id, 1, "pick").inside, 1);
    house.put("vip", &people);
    house.world.seen.store(i64::MAX, SeqCst);
    house.pass(1);
    house.run();
    assert_eq!(house.path(&id, people[0]), ["ask:happened", "pick:yes"]);
}

fn pick(id: &str, yes: &str, no: &str) -> Value {
    json!({"id": id, "do": {"type": "condition", "rule": {"all": [{"field": "tag", "op": "eq", "value": "vip"}]}, "yes": yes, "no": no}})
}
fn ask(id: &str, name: &str, next: &str, out: &str) -> Value {
    json!({"id": id, "do": {"type": "wait_event", "on": {"type": "event", "name": name, "where": [{"property": "n", "op": "ne", "value": 0}]}, "timeout": {"amount": 1, "unit": "day"}, "next": next, "timed_out": out}})
}

fn answers_come_in_time_or_not(t: TestDb) {
    let house = House::new(t);
    let people = house.crowd(4);
    let id = house.start(&journey(json!([ask("ask", "view", "yes", "no"), exit("yes"), exit("no")])));
    house.let_in(&id, &people);
    house.run();
    house.does_at(people[0], "view", json!({"n": 0}), house.now());
    house.hours(5);
    house.does_at(people[1], "view", json!({"n": 1}), house.now());
    // Before they came.
    house.does_at(people[2], "view", json!({"n": 1}), house.now().plus_seconds(-6 * 3_600));
    house.run();
    assert_eq!(house.sums(&id), [4, 3, 1, 0]);
    // Nobody looked for two days; what was in time counts all the same.
    house.hours(48);
    house.does_at(people[3], "view", json!({"n": 1}), house.now().plus_seconds(-40 * 3_600));
    house.does_at(people[2], "view", json!({"n": 1}), house.now());
    house.run();
    assert_eq!(house.numbers(&id).sums.outcomes, [("no".to_owned(), 2), ("yes".to_owned(), 2)].into());
    assert_eq!(house.node(&id, 1, "ask").passed, [("happened".to_owned(), 2), ("timed_out".to_owned(), 2)].into());
}

/// Three things within one part of the log: each finds somebody where the one before it has led them, conditions in between included.
fn several_things_at_once_are_taken_in_order(t: TestDb) {
    let house = House::new(t);
    let people = house.crowd(2);
    house.put("vip", &people);
    let id = house.start(&journey(json!([
        ask("first", "view", "pick", "end"),
        {"id": "pick", "do": {"type": "condition", "rule": {"all": [{"field": "tag", "op": "eq", "value": "vip"}]}, "yes": "second", "no": "end"}},
        ask("second", "cart", "third", "end"),
        ask("third", "buy", "won", "end"),
        exit("won"),
        exit("end"),
    ])));
    for name in ["begin", "view", "cart", "buy"] {
        house.does(people[0], name);
        house.pass(1);
    }
    for name in ["begin", "cart", "view", "buy"] {
        house.does(people[1], name);
        house.pass(1);
    }
    house.run();
    assert_eq!(house.path(&id, people[0]), ["first:happened", "pick:yes", "second:happened", "third:happened"]);
    assert_eq!(house.path(&id, people[1]), ["first:happened", "pick:yes"]);
}

fn goals_and_rules_lead_out(t: TestDb) {
    let house = House::new(t);
    let people = house.crowd(5);
    let mut own = journey(json!([wait("rest", 1, "day", "hello"), message("hello", "now", "end"), exit("end")]));
    own["goal"] = json!({"on": {"type": "event", "name": "buy"}});
    own["exits"] = json!([
        {"reason": "refund", "on": {"type": "event", "name": "refund"}},
        {"reason": "complaint", "on": {"type": "event", "name": "complain"}},
    ]);
    let id = house.start(&own);
    house.let_in(&id, &people[..4]);
    house.run();
    house.does(people[0], "buy");
    house.does(people[0], "refund");
    house.does(people[1], "complain");
    house.does(people[1], "buy");
    house.does_at(people[2], "buy", json!({}), house.now().plus_seconds(-60));
    house.does(people[4], "buy");
    house.run();
    let sums = house.numbers(&id).sums;
    assert_eq!(sums.reasons, [("complaint".to_owned(), 1), ("goal".to_owned(), 1)].into());
    assert_eq!((sums.goals, sums.inside), (1, 2));
    house.live(25);
    assert_eq!(house.handed(), [("do hello".to_owned(), 2)].into());
    // A new version without the rule: who walks by the old one leaves by it all the same.
    house.let_in(&id, &people[4..]);
    house.run();
    own["exits"] = json!([]);
    house.redraw(&id, &own);
    house.publish(&id, Inside::Finish).unwrap();
    house.does(people[4], "complain");
    house.run();
    assert_eq!(house.numbers(&id).sums.reasons["complaint"], 2);
}

fn nothing_more_goes_to_who_left(t: TestDb) {
    let house = House::new(t);
    let people = house.crowd(3);
    let mut own = journey(json!([wait("rest", 1, "hour", "hello"), message("hello", "later", "end"), exit("end")]));
    own["exits"] = json!([{"reason": "unsubscribed", "on": {"type": "event", "name": "unsubscribe"}}]);
    let id = house.start(&own);
    house.let_in(&id, &people);
    house.run();
    // Decided and not handed on: a second later they are gone.
    house.world.away.store(true, std::sync::atomic::Ordering::SeqCst);
    house.hours(1);
    house.journeys.step().unwrap();
    assert_eq!(house.node(&id, 1, "hello").inside, 3);
    house.does(people[0], "unsubscribe");
    assert_eq!(house.journeys.step().unwrap_err().code, "busy");
    house.sound();
    house.world.away.store(false, std::sync::atomic::Ordering::SeqCst);
    house.run();
    assert_eq!(house.handed(), [("do hello".to_owned(), 2)].into());
    // Handed on: it is to be taken back, and what is told of it afterwards changes nothing.
    house.does(people[1], "unsubscribe");
    house.run();
    assert_eq!(house.handed()["withdraw hello"], 1);
    house.tell("hello", Outcome::Done, 2);
    house.run();
    assert_eq!(house.sums(&id), [3, 0, 1, 2]);
}

fn a_goal_can_be_only_counted(t: TestDb) {
    let house = House::new(t);
    let people = house.crowd(2);
    let mut own = journey(json!([wait("rest", 1, "day", "end"), exit("end")]));
    own["goal"] = json!({"on": {"type": "event", "name": "buy"}, "exit": false});
    let id = house.start(&own);
    house.let_in(&id, &people);
    house.run();
    house.does(people[0], "buy");
    house.run();
    house.does(people[0], "buy");
    house.run();
    let sums = house.numbers(&id).sums;
    assert_eq!((sums.goals, sums.inside), (1, 2));
    assert_eq!(house.path(&id, people[0]), [":goal"]);
}

fn taken_out_by_hand(t: TestDb) {
    let house = House::new(t);
    let people = house.crowd(2);
    let id = house.start(&journey(json!([wait("rest", 1, "day", "end"), exit("end")])));
    house.let_in(&id, &people[..1]);
    house.run();
    let remove = |num: u32| {
        let (own, id) = (house.journeys.clone(), id.clone());
        house.act(move |tx| own.remove(tx, &id, num))
    };
    assert!(!remove(people[1]));
    assert!(remove(people[0]));
    assert!(!remove(people[0]));
    assert_eq!(house.numbers(&id).sums.reasons, [("removed".to_owned(), 1)].into());
}
