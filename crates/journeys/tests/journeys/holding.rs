//! Control: who is drawn to be left alone, and how both are watched.

use crate::house::{House, exit, journey, message, migrations, wait};
use serde_json::{Value, json};
use siyu_journeys::{Change, ControlSums, Drawn, Inside, Outcome, PersonQuery, Stand};
use siyu_kernel::PersonNum;
use siyu_testkit::TestDb;

siyu_testkit::contract!(migrations();
    nothing_is_done_to_control, both_are_watched_for_the_same_time, control_ends_with_its_days, versions_and_merges_keep_who_was_drawn,
    the_past_has_its_control);

fn held(percent: u32, days: u32, exits: bool) -> Value {
    let mut own = journey(json!([message("hello", "later", "rest"), wait("rest", 1, "day", "end"), exit("end")]));
    own["holdout_percent"] = json!(percent);
    own["holdout_days"] = json!(days);
    own["goal"] = json!({"on": {"type": "event", "name": "buy"}, "exit": exits});
    own["exits"] = json!([{"reason": "refund", "on": {"type": "event", "name": "refund"}}]);
    own
}
/// Everybody who was drawn, by person: control first.
fn drawn(house: &House, id: &str) -> (Vec<Drawn>, Vec<Drawn>) {
    let mut all = Vec::new();
    house.read(|tx| {
        let row = house.journeys.journey(tx, id)?;
        house.journeys.drawn(tx, &row, |own| all.push(own))
    });
    all.sort_by_key(|own| (own.num, own.entered_at));
    all.into_iter().partition(|own| own.is_control)
}
fn nums(all: &[Drawn]) -> Vec<PersonNum> {
    all.iter().map(|own| own.num).collect()
}

fn nothing_is_done_to_control(t: TestDb) {
    let house = House::new(t);
    let people = house.crowd(1_000);
    let id = house.start(&held(20, 30, true));
    house.let_in(&id, &people[..900]);
    people[900..].iter().for_each(|num| house.does(*num, "begin"));
    house.run();
    let (control, treated) = drawn(&house, &id);
    assert!((150..250).contains(&control.len()) && control.len() + treated.len() == 1_000, "{}", control.len());
    assert!(control.iter().any(|own| own.num > people[900]), "those an event let in as well");
    assert_eq!(house.handed(), [("do hello".to_owned(), treated.len() as i64)].into());
    assert_eq!(house.node(&id, 1, "hello").came, treated.len() as i64);
    let here = control.len() as i64;
    assert_eq!(house.sums(&id), [1_000, 1_000, 0, 0]);
    assert_eq!(house.numbers(&id).sums.control, ControlSums { entered: here, inside: here, ..ControlSums::default() });
    let query = |control| PersonQuery { control: Some(control), ..PersonQuery::default() };
    let listed: Vec<PersonNum> = house.people_of(&id, &query(true)).iter().map(|own| own.num).collect();
    assert_eq!(listed, nums(&control));
    assert!(house.people_of(&id, &query(true)).iter().all(|own| own.is_control && own.node.is_empty()));
    assert_eq!(house.people_of(&id, &query(false)).len(), treated.len());
    // What leads out leads them out as well; they are inside, so they do not come in twice.
    house.does(control[0].num, "buy");
    house.does(control[1].num, "refund");
    house.does(treated[0].num, "buy");
    house.does(control[2].num, "begin");
    house.run();
    let sums = house.numbers(&id).sums;
    assert_eq!((sums.goals, sums.control.goals, sums.control.exited, sums.entered), (2, 1, 2, 1_000));
    assert_eq!(house.path(&id, control[0].num), [":goal"]);
    house.adds_up();
    house.change(&id, Change::End).unwrap();
    house.run();
    assert_eq!(house.sums(&id), [1_000, 0, 0, 1_000]);
    house.adds_up();
    // Of some people alone.
    let part: Vec<PersonNum> = people[..100].to_vec();
    let own = house.read(|tx| {
        let row = house.journeys.journey(tx, &id)?;
        house.journeys.numbers_of_part(tx, &row, &part)
    });
    let here = control.iter().filter(|own| part.contains(&own.num)).count() as i64;
    assert_eq!(
        (own.sums.entered, own.sums.control.entered, own.nodes[&(1, "hello".to_owned())].came),
        (100, here, 100 - here)
    );
}

/// Who has gone through the journey in a day is watched on, as long as control is.
fn both_are_watched_for_the_same_time(t: TestDb) {
    let house = House::new(t);
    let people = house.crowd(200);
    let id = house.start(&held(50, 10, false));
    house.let_in(&id, &people);
    house.run();
    let (control, treated) = drawn(&house, &id);
    house.tell("hello", Outcome::Done, 10_000);
    house.run();
    house.does(treated[0].num, "buy");
    house.live(48);
    assert_eq!(house.sums(&id)[2], treated.len() as i64, "they have finished");
    for own in [&treated[0], &treated[1], &treated[2], &control[0], &control[1]] {
        house.does(own.num, "buy");
        house.does(own.num, "buy");
    }
    // Before they came in.
    house.does_at(treated[3].num, "buy", json!({}), house.now().plus_days(-3));
    house.run();
    let house = house.again();
    house.hours(8 * 24);
    house.does(treated[4].num, "buy");
    house.does(control[2].num, "buy");
    house.run();
    let (of_control, of_treated) = drawn(&house, &id);
    let goals = |all: &[Drawn]| nums(&all.iter().copied().filter(|own| own.goal_at.is_some()).collect::<Vec<_>>());
    assert_eq!(goals(&of_treated), nums(&treated[..3]));
    assert_eq!(goals(&of_control), nums(&control[..2]));
    assert_eq!(house.path(&id, treated[1].num), ["hello:sent", "rest:next", ":goal"]);
    // Of the journey itself counts who was inside.
    assert_eq!(house.numbers(&id).sums.goals - house.numbers(&id).sums.control.goals, 1);
}

fn control_ends_with_its_days(t: TestDb) {
    let house = House::new(t);
    let people = house.crowd(60);
    let id = house.start(&held(50, 3, true));
    house.let_in(&id, &people);
    house.run();
    let here = drawn(&house, &id).0.len() as i64;
    house.change(&id, Change::Pause).unwrap();
    house.hours(71);
    house.run();
    assert_eq!(house.numbers(&id).sums.control.inside, here);
    house.change(&id, Change::Resume).unwrap();
    house.run();
    assert_eq!(house.numbers(&id).sums.control.inside, here);
    house.hours(1);
    house.run();
    let sums = house.numbers(&id).sums;
    assert_eq!((sums.control.finished, sums.outcomes["watched"]), (here, here));
    let over = PersonQuery { control: Some(true), stand: Some(Stand::Finished), ..PersonQuery::default() };
    assert_eq!(house.people_of(&id, &over).len() as i64, here);
}

fn versions_and_merges_keep_who_was_drawn(t: TestDb) {
    let house = House::new(t);
    let people = house.crowd(100);
    // Nobody was drawn by the first version: whoever is moved to one that draws is in neither group.
    let id = house.start(&held(0, 30, true));
    house.let_in(&id, &people[..50]);
    house.run();
    house.redraw(&id, &held(50, 7, true));
    house.publish(&id, Inside::Move).unwrap();
    house.let_in(&id, &people[50..]);
    house.run();
    let (control, treated) = drawn(&house, &id);
    assert_eq!(control.len() + treated.len(), 50);
    assert!(control.iter().chain(&treated).all(|own| (own.percent, own.days) == (50, 7) && own.num > people[49]));
    // And the other way round; control has no node to be moved by.
    house.redraw(&id, &held(0, 30, true));
    house.publish(&id, Inside::Move).unwrap();
    house.run();
    assert_eq!(drawn(&house, &id), (control.clone(), treated.clone()));
    // Two who turn out to be one go on as the older of them; both rows say what they were drawn to be.
    let (one, two) = (control[0].num, treated[0].num);
    let kept = house.merge(one, two);
    house.run();
    assert_eq!(house.numbers(&id).sums.reasons, [("merged".to_owned(), 1)].into());
    let (after, others) = drawn(&house, &id);
    assert_eq!((after[0].root, others[0].root), (kept, kept));
    assert_eq!((nums(&after), nums(&others)), (nums(&control), nums(&treated)));
    // Nothing more is known of somebody erased.
    let (all, gone) = (house.people.clone(), control[1].num);
    let own = house.journeys.clone();
    house.act(move |tx| {
        let erased = all.erase(tx, gone)?;
        own.forget(tx, &erased.nodes)
    });
    house.run();
    assert_eq!(drawn(&house, &id).0.len(), control.len() - 1);
    assert_eq!(house.numbers(&id).sums.control.entered, control.len() as i64);
}

/// Trying it on the past draws the same people.
fn the_past_has_its_control(t: TestDb) {
    let house = House::new(t);
    let people = house.crowd(300);
    people.iter().for_each(|num| house.does(*num, "begin"));
    house.hours(2);
    people[..100].iter().for_each(|num| house.does(*num, "buy"));
    house.hours(2);
    let row = house.create(&held(30, 20, true));
    let tried = house.read(|tx| {
        let own = house.journeys.draft(tx, &row)?;
        house.journeys.simulate(tx, &row, &own, 10)
    });
    let sums = tried.numbers.sums;
    assert_eq!((sums.entered, sums.goals), (300, 100));
    assert_eq!(tried.load.people, 300 - sums.control.entered);
    house.publish(&row.id, Inside::Finish).unwrap();
    house.let_in(&row.id, &people);
    house.run();
    assert_eq!(house.numbers(&row.id).sums.control.entered, sums.control.entered);
    let (control, _) = drawn(&house, &row.id);
    let bought = control.iter().filter(|own| own.num <= people[99]).count() as i64;
    assert_eq!((sums.control.goals, sums.control.exited), (bought, bought));
}
