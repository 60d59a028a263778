//! A simulation is what would have happened: the engine lives through weeks, in batches and units; each person walked by themselves over the same log
//! must come out the same.

use crate::house::{House, exit, journey, message, migrations, wait};
use serde_json::{Value, json};
use siyu_journeys::{Definition, Load, Numbers, Ran, Simulation};
use siyu_kernel::{Chance, Time};
use siyu_testkit::TestDb;

siyu_testkit::contract!(migrations(); it_is_what_would_have_happened, it_says_what_people_would_have_had, it_goes_by_schedule, it_refuses_what_is_wrong);

fn drawn() -> Value {
    let mut own = journey(json!([
        wait("rest", 5, "hour", "test"),
        {"id": "test", "do": {"type": "ab", "arms": [{"weight": 40, "to": "ask"}, {"weight": 60, "to": "look"}], "goal": {"type": "event", "name": "buy"}, "within_days": 2}},
        {"id": "ask", "do": {"type": "condition", "rule": {"all": [{"field": "tag", "op": "eq", "value": "vip"}]}, "yes": "hello", "no": "call"}},
        {"id": "look", "do": {"type": "wait_event", "on": {"type": "event", "name": "view"}, "timeout": {"amount": 1, "unit": "day"}, "next": "hello", "timed_out": "morning"}},
        {"id": "morning", "do": {"type": "wait_until", "at": "09:00", "weekdays": [2, 4], "next": "again"}},
        {"id": "again", "do": {"type": "wait_event", "on": {"type": "event", "name": "view"}, "timeout": {"amount": 6, "unit": "hour"}, "next": "rest", "timed_out": "end"}},
        message("hello", "now", "end"),
        {"id": "call", "do": {"type": "task", "with": {"says": "now"}, "deadline": {"amount": 5, "unit": "hour"}, "next": "look"}},
        exit("end"),
    ]));
    own["again"] = json!({"after_days": 3});
    own["goal"] = json!({"on": {"type": "event", "name": "buy", "where": [{"property": "n", "op": "gt", "value": 1}]}});
    own["exits"] = json!([{"reason": "refund", "on": {"type": "event", "name": "refund"}}]);
    own
}

fn simulated(house: &House, id: &str, definition: &Value) -> Simulation {
    let own = Definition::from_text(&definition.to_string()).unwrap();
    house.read(|tx| {
        let row = house.journeys.journey(tx, id)?;
        house.journeys.simulate(tx, &row, &own, 90)
    })
}
/// Numbers of one version, whichever it is.
fn plain(own: Numbers) -> Numbers {
    let nodes = own.nodes.into_iter().map(|((_, node), numbers)| ((1, node), numbers)).collect();
    Numbers { nodes, ..own }
}
/// Time passes, and everything happens when it is due.
fn live(house: &House, until: Time) {
    loop {
        match house.journeys.step().unwrap() {
            Ran::Went => {}
            Ran::Later(at) if at < until => house.t.clock.set(at),
            _ => return house.t.clock.set(until),
        }
    }
}

fn it_is_what_would_have_happened(t: TestDb) {
    let chance = Chance::seeded(77);
    let house = House::new(t);
    let people = house.crowd(60);
    house.put("vip", &people[..25]);
    let id = house.start(&drawn());
    for _ in 0..700 {
        let name = ["begin", "begin", "view", "buy", "refund"][chance.below(5) as usize];
        let num = people[chance.below(60) as usize];
        house.does_at(num, name, json!({"n": chance.below(4)}), house.now());
        // What happens at once is read at once, before time passes.
        live(&house, house.now().plus_seconds(chance.below(6_000) as i64));
    }
    house.run();
    let (lived, simulated) = (house.numbers(&id), simulated(&house, &id, &drawn()));
    assert!(lived.sums.entered > 100 && lived.sums.finished > 20 && lived.sums.goals > 10, "{:?}", lived.sums);
    let hello: i64 =
        lived.nodes.iter().filter(|((_, id), _)| id == "hello").flat_map(|(_, own)| own.passed.values()).sum();
    assert_eq!(simulated.load.messages, hello);
    assert!(simulated.load.most > 1 && simulated.load.people <= 60, "{:?}", simulated.load);
    assert_eq!(plain(simulated.numbers), plain(lived));
    assert_eq!(simulated.share, 1.0);
}

fn it_says_what_people_would_have_had(t: TestDb) {
    let house = House::new(t);
    let people = house.crowd(3);
    // Two messages on one day, a third on the next but one.
    let own = journey(json!([
        message("one", "now", "hour"),
        wait("hour", 1, "hour", "two"),
        message("two", "now", "days"),
        wait("days", 2, "day", "three"),
        message("three", "now", "end"),
        exit("end"),
    ]));
    let row = house.create(&own);
    let at = house.now();
    house.does(people[0], "begin");
    house.does(people[1], "begin");
    // What others sent on the day of the third, and on a day without any.
    house.does_at(people[1], "Message Sent", json!({}), at.plus_days(2));
    house.does_at(people[1], "Message Sent", json!({}), at.plus_days(1));
    house.does_at(people[2], "Message Sent", json!({}), at);
    house.pass(5 * 86_400);
    let load = simulated(&house, &row.id, &own).load;
    assert_eq!(load, Load { messages: 6, people: 2, most: 3, same_day: 2, collisions: 1 });
}

fn it_goes_by_schedule(t: TestDb) {
    let house = House::new(t);
    let people = house.crowd(10);
    house.put("aud_all", &people);
    let mut own = journey(json!([wait("rest", 1, "day", "end"), exit("end")]));
    own["entry"] = json!({"type": "schedule", "schedule": {"every": "week", "weekdays": [1], "at": "09:00"}, "audience": "aud_all"});
    own["again"] = json!({"after_days": 10});
    let row = house.create(&own);
    let sums = simulated(&house, &row.id, &own).numbers.sums;
    // Thirteen Mondays, of which every second lets somebody in; on the last of those at nine today they are inside still.
    assert_eq!((sums.entered, sums.inside, sums.finished), (70, 10, 60));
    assert_eq!(house.sums(&row.id), [0, 0, 0, 0]);
}

fn it_refuses_what_is_wrong(t: TestDb) {
    let house = House::new(t);
    let own = journey(json!([wait("rest", 1, "day", "gone")]));
    let row = house.create(&own);
    let own = Definition::from_text(&own.to_string()).unwrap();
    let refused = house.db.read(|tx| house.journeys.simulate(tx, &row, &own, 90)).unwrap_err();
    assert_eq!((refused.code, refused.field.as_deref()), ("journey_edge", Some("nodes.rest")));
}
