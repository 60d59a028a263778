//! Coming in: by events, audiences and schedules; again or not; as one person.

use crate::house::{House, exit, journey, message, migrations, wait};
use serde_json::json;
use siyu_journeys::{Change, Ran};
use siyu_kernel::Time;
use siyu_testkit::TestDb;
use std::sync::atomic::Ordering::SeqCst;

siyu_testkit::contract!(migrations();
    events_let_people_in, audiences_let_people_in, schedules_let_people_in, people_come_again_by_the_rule,
    people_who_become_one_are_inside_once, merges_that_nobody_tells_are_found, merges_are_heard_of_from_the_log,
    who_was_merged_by_mistake_has_not_been_in, erased_people_are_led_out);

fn events_let_people_in(t: TestDb) {
    let house = House::new(t);
    let people = house.crowd(6);
    // Before anything was published.
    house.does_at(people[0], "Order Completed", json!({"amount": 500}), house.now());
    house.pass(1);
    let mut own = journey(json!([wait("rest", 1, "day", "end"), exit("end")]));
    own["entry"]["on"] = json!({"type": "event", "name": "Order Completed", "where": [{"property": "amount", "op": "gte", "value": 100}]});
    let id = house.start(&own);
    house.does_at(people[1], "Order Completed", json!({"amount": "120"}), house.now());
    house.does_at(people[2], "Order Completed", json!({"amount": 99}), house.now());
    house.does_at(people[3], "Order Completed", json!({}), house.now());
    // Old orders of a file.
    house.does_at(people[4], "Order Completed", json!({"amount": 500}), house.now().plus_days(-1));
    house.run();
    assert_eq!(house.sums(&id), [1, 1, 0, 0]);
    house.hours(72);
    house.does_at(people[4], "Order Completed", json!({"amount": 500}), house.now().plus_days(-2));
    house.does_at(people[5], "Order Completed", json!({"amount": 500}), house.now().plus_seconds(-3_600));
    house.run();
    assert_eq!(house.sums(&id), [2, 1, 1, 0]);
    // Nobody comes into one that has ended.
    house.change(&id, Change::End).unwrap();
    house.run();
    house.does_at(people[0], "Order Completed", json!({"amount": 500}), house.now());
    house.run();
    assert_eq!(house.sums(&id), [2, 0, 1, 1]);
}

fn audiences_let_people_in(t: TestDb) {
    let house = House::new(t);
    let people = house.crowd(3);
    let mut own = journey(json!([wait("rest", 1, "day", "end"), exit("end")]));
    own["entry"]["on"] = json!({"type": "audience", "id": "aud_vip"});
    own["exits"] = json!([{"reason": "no_vip", "on": {"type": "audience", "id": "aud_vip", "change": "left"}}]);
    let id = house.start(&own);
    house.moves(people[0], siyu_audience::ENTERED, "aud_vip");
    house.moves(people[1], siyu_audience::ENTERED, "aud_vip");
    house.moves(people[2], siyu_audience::ENTERED, "aud_other");
    house.run();
    assert_eq!(house.sums(&id), [2, 2, 0, 0]);
    house.moves(people[0], siyu_audience::LEFT, "aud_vip");
    house.moves(people[1], siyu_audience::LEFT, "aud_other");
    house.run();
    assert_eq!(house.numbers(&id).sums.reasons, [("no_vip".to_owned(), 1)].into());
}

fn schedules_let_people_in(t: TestDb) {
    let house = House::new(t);
    let people = house.crowd(6_500);
    house.put("aud_all", &people[..3_100]);
    let mut own = journey(json!([wait("rest", 1, "hour", "end"), exit("end")]));
    own["entry"] = json!({"type": "schedule", "schedule": {"every": "day", "at": "13:00"}, "audience": "aud_all"});
    own["again"] = json!({"after_days": 2});
    let id = house.start(&own);
    // It is noon in Shanghai.
    assert_eq!(house.run(), Ran::Later(house.now().plus_seconds(3_600)));
    house.hours(1);
    house.run();
    assert_eq!(house.sums(&id), [3_100, 3_100, 0, 0]);
    house.put("aud_all", &people[3_100..]);
    // Down for three days: once, and not three times.
    house.hours(3 * 24 + 5);
    let house = house.again();
    house.run();
    assert_eq!(house.sums(&id), [9_600, 6_500, 3_100, 0]);
    house.live(24);
    assert_eq!(house.sums(&id), [9_600, 0, 9_600, 0]);
    // What comes due while it is paused happens once, afterwards.
    house.change(&id, Change::Pause).unwrap();
    house.hours(5 * 24);
    house.run();
    house.change(&id, Change::Resume).unwrap();
    house.run();
    assert_eq!(house.sums(&id), [16_100, 6_500, 9_600, 0]);
}

fn people_come_again_by_the_rule(t: TestDb) {
    let house = House::new(t);
    let people = house.crowd(1);
    let make = |again: serde_json::Value| {
        let mut own = journey(json!([wait("rest", 3, "hour", "end"), exit("end")]));
        own["again"] = again;
        house.start(&own)
    };
    let (never, days, always) = (make(json!("never")), make(json!({"after_days": 2})), make(json!("always")));
    let begin = |hours: i64| {
        house.does(people[0], "begin");
        house.run();
        let entered = [&never, &days, &always].map(|id| house.sums(id)[0]);
        house.live(hours);
        entered
    };
    assert_eq!(begin(1), [1, 1, 1]);
    // Still inside.
    assert_eq!(begin(4), [1, 1, 1]);
    assert_eq!(begin(43), [1, 1, 2]);
    assert_eq!(begin(1), [1, 2, 3]);
}

fn people_who_become_one_are_inside_once(t: TestDb) {
    let house = House::new(t);
    let people = house.crowd(4);
    let id =
        house.start(&journey(json!([wait("rest", 1, "hour", "hello"), message("hello", "later", "end"), exit("end")])));
    house.does(people[0], "begin");
    house.run();
    house.hours(1);
    house.run();
    house.does(people[1], "begin");
    house.run();
    // The older entry goes on, whichever identity is kept.
    let kept = house.merge(people[1], people[0]);
    let own = house.journeys.clone();
    house.act(move |tx| own.merged(tx, &[kept]));
    house.sound();
    assert_eq!(house.numbers(&id).sums.reasons, [("merged".to_owned(), 1)].into());
    assert_eq!(house.node(&id, 1, "hello").inside, 1);
    // Under either identity they are inside: nobody comes in twice.
    house.does(people[0], "begin");
    house.does(people[1], "begin");
    house.let_in(&id, &[people[0], people[1]]);
    house.run();
    assert_eq!(house.sums(&id), [2, 1, 0, 1]);
    // The second, whose message is with others: it is taken back when the older one goes on.
    house.does(people[2], "begin");
    house.run();
    house.hours(1);
    house.run();
    house.tell("hello", siyu_journeys::Outcome::Done, 1);
    house.run();
    assert_eq!(house.sums(&id), [3, 1, 1, 1]);
}

fn merges_that_nobody_tells_are_found(t: TestDb) {
    let house = House::new(t);
    let people = house.crowd(4);
    let id =
        house.start(&journey(json!([wait("rest", 1, "hour", "hello"), message("hello", "now", "end"), exit("end")])));
    house.let_in(&id, &people);
    house.run();
    house.merge(people[0], people[1]);
    house.merge(people[2], people[3]);
    house.does(people[3], "something");
    house.hours(1);
    house.run();
    assert_eq!(house.sums(&id), [4, 0, 2, 2]);
    assert_eq!(house.handed(), [("do hello".to_owned(), 2)].into());
}

fn merges_are_heard_of_from_the_log(t: TestDb) {
    let house = House::new(t);
    let people = house.crowd(6);
    let id =
        house.start(&journey(json!([message("hello", "later", "rest"), wait("rest", 9, "day", "end"), exit("end")])));
    let other = house.start(&journey(json!([wait("rest", 9, "day", "end"), exit("end")])));
    house.let_in(&id, &people);
    house.let_in(&other, &people[..2]);
    house.run();
    house.tell("hello", siyu_journeys::Outcome::Done, 3);
    house.run();
    // No time passes and nothing else happens: both the one that is further along and the message of the other are settled.
    house.merge(people[0], people[5]);
    house.merge(people[1], people[2]);
    house.change(&other, Change::Pause).unwrap();
    house.merge(people[0], people[1]);
    house.run();
    assert_eq!(house.sums(&id), [6, 3, 0, 3]);
    assert_eq!(house.numbers(&id).sums.reasons, [("merged".to_owned(), 3)].into());
    assert_eq!((house.node(&id, 1, "rest").inside, house.node(&id, 1, "hello").inside), (1, 2));
    assert_eq!(house.handed()["withdraw hello"], 1);
    assert_eq!(house.sums(&other), [2, 1, 0, 1]);
    // The program ends before it has read of another.
    house.merge(people[3], people[4]);
    let house = house.again();
    house.run();
    assert_eq!(house.sums(&id), [6, 2, 0, 4]);
}

fn who_was_merged_by_mistake_has_not_been_in(t: TestDb) {
    let house = House::new(t);
    let people = house.crowd(2);
    let id = house.start(&journey(json!([wait("rest", 2, "day", "end"), exit("end")])));
    house.does(people[0], "begin");
    house.hours(1);
    house.does(people[1], "begin");
    house.run();
    house.merge(people[0], people[1]);
    house.run();
    assert_eq!(house.sums(&id), [2, 1, 0, 1]);
    house.does(people[1], "begin");
    house.run();
    assert_eq!(house.sums(&id), [2, 1, 0, 1], "inside as who they are");
    house.part(people[0], people[1]);
    house.run();
    assert_eq!(house.sums(&id), [2, 1, 0, 1]);
    // Who came first goes on; the other one has not been in, as it turned out.
    house.does(people[0], "begin");
    house.does(people[1], "begin");
    house.run();
    assert_eq!(house.sums(&id), [3, 2, 0, 1]);
    house.live(49);
    assert_eq!(house.sums(&id), [3, 0, 2, 1]);
    house.does(people[1], "begin");
    house.run();
    assert_eq!(house.sums(&id), [3, 0, 2, 1]);
}

fn erased_people_are_led_out(t: TestDb) {
    let house = House::new(t);
    let people = house.crowd(4);
    let id =
        house.start(&journey(json!([message("hello", "later", "rest"), wait("rest", 1, "hour", "end"), exit("end"),])));
    house.let_in(&id, &people);
    house.run();
    house.tell("hello", siyu_journeys::Outcome::Done, 2);
    house.run();
    let erase = |num: u32, told: bool| {
        let (own, all) = (house.journeys.clone(), house.people.clone());
        house.act(move |tx| {
            let erased = all.erase(tx, num)?;
            if told { own.forget(tx, &erased.nodes) } else { Ok(()) }
        });
    };
    erase(people[0], true);
    erase(people[3], true);
    house.sound();
    assert_eq!(house.path(&id, people[0]), Vec::<String>::new());
    // Nobody told of this one: it is found at the next step, and nothing lets them in.
    erase(people[1], false);
    house.does(people[1], "begin");
    house.let_in(&id, &people);
    house.t.clock.set(Time(house.now().0 + 3_600_000_000));
    house.run();
    let sums = house.numbers(&id).sums;
    assert_eq!((sums.entered, sums.inside, sums.finished), (4, 1, 0));
    assert_eq!(sums.reasons, [("erased".to_owned(), 3)].into());
    assert_eq!(house.handed()["withdraw hello"], 1);
    // Decided and not handed on yet when they are erased: nothing goes out.
    let other = house.start(&journey(json!([message("hello", "now", "end"), exit("end")])));
    house.world.away.store(true, SeqCst);
    house.let_in(&other, &people);
    house.journeys.step().unwrap();
    assert_eq!(house.sums(&other), [1, 1, 0, 0]);
    erase(people[2], false);
    house.world.away.store(false, SeqCst);
    house.run();
    assert_eq!(house.numbers(&other).sums.reasons, [("erased".to_owned(), 1)].into());
    assert_eq!(house.handed()["do hello"], 4);
}
