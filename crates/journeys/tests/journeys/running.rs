//! Waiting, messages, tasks, versions, pausing, ending.

use crate::house::{House, exit, journey, message, migrations, wait};
use serde_json::json;
use siyu_journeys::{Change, Inside, JourneyState, Journeys, Outcome, PersonQuery, Ran, Stand};
use siyu_kernel::{Chance, Clock, Time, Vault};
use siyu_log::Log;
use siyu_testkit::TestDb;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;

siyu_testkit::contract!(migrations();
    a_welcome_over_days, many_go_in_units, ways_are_drawn_once, outcomes_lead_on, tasks_over_days,
    a_paused_journey_loses_and_repeats_nothing, people_finish_their_version_or_move, an_ended_journey_leads_everybody_out,
    numbers_open_their_people, two_processes_do_it_once, journeys_take_turns, clocks_are_those_of_people, drafts_are_checked,
    what_cannot_be_handed_on_waits);

fn a_welcome_over_days(t: TestDb) {
    let house = House::new(t);
    let id = house.start(&journey(json!([
        wait("rest", 1, "day", "hello"),
        message("hello", "later", "mark"),
        {"id": "mark", "do": {"type": "tag", "with": {"tag": "welcomed"}, "next": "end"}},
        exit("end"),
    ])));
    let people = house.crowd(3);
    assert_eq!(house.run(), Ran::Nothing);
    house.does(people[0], "begin");
    house.does(people[1], "something else");
    assert_eq!(house.run(), Ran::Later(house.now().plus_days(1)));
    assert_eq!(house.sums(&id), [1, 1, 0, 0]);
    house.hours(23);
    house.does(people[2], "begin");
    house.run();
    assert!(house.handed().is_empty());
    house.hours(1);
    house.run();
    assert_eq!(house.handed(), [("do hello".to_owned(), 1)].into());
    assert_eq!(house.tell("hello", Outcome::Done, 10), 1);
    house.run();
    assert_eq!(house.sums(&id), [2, 1, 1, 0]);
    assert_eq!(house.path(&id, people[0]), ["rest:next", "hello:sent", "mark:done"]);
    assert_eq!(house.handed().get("do mark"), Some(&1));
    house.live(30);
    house.tell("hello", Outcome::Done, 10);
    house.run();
    let numbers = house.numbers(&id);
    assert_eq!(numbers.sums.outcomes, [("end".to_owned(), 2)].into());
    assert_eq!(house.node(&id, 1, "hello").passed, [("sent".to_owned(), 2)].into());
}

fn many_go_in_units(t: TestDb) {
    let house = House::new(t);
    let id = house.start(&journey(json!([
        wait("rest", 2, "hour", "ask"),
        {"id": "ask", "do": {"type": "condition", "rule": {"all": [{"field": "tag", "op": "eq", "value": "vip"}]}, "yes": "hello", "no": "end"}},
        message("hello", "now", "end"),
        exit("end"),
    ])));
    let people = house.crowd(7_500);
    house.put("vip", &people[..40]);
    // Twice, and somebody who does not exist.
    house.let_in(&id, &people);
    house.let_in(&id, &[people[0], 999_999]);
    house.run();
    assert_eq!(house.sums(&id), [7_500, 7_500, 0, 0]);
    house.hours(2);
    house.run();
    assert_eq!(house.sums(&id), [7_500, 0, 7_500, 0]);
    assert_eq!(house.node(&id, 1, "ask").passed, [("yes".to_owned(), 40), ("no".to_owned(), 7_460)].into());
    assert_eq!(house.handed(), [("do hello".to_owned(), 40)].into());
}

fn ways_are_drawn_once(t: TestDb) {
    let house = House::new(t);
    let id = house.start(&json!({
        "format": 1, "entry": {"type": "trigger", "on": {"type": "event", "name": "begin"}}, "again": "always", "start": "test",
        "nodes": [
            {"id": "test", "do": {"type": "ab", "arms": [{"weight": 50, "to": "a"}, {"weight": 50, "to": "b"}], "goal": {"type": "event", "name": "buy"}, "within_days": 2}},
            wait("a", 1, "hour", "end"),
            wait("b", 1, "hour", "end"),
            exit("end"),
        ],
    }));
    let people = house.crowd(200);
    for _ in 0..3 {
        house.let_in(&id, &people);
        house.run();
        house.hours(2);
        house.run();
    }
    let passed = house.node(&id, 1, "test").passed;
    let a = passed["arm_1"];
    assert!(a % 3 == 0 && (180..420).contains(&a) && a + passed["arm_2"] == 600, "{passed:?}");
    // The goal counts though they have finished: once for each entry, and not when it is too late.
    let first = house.path(&id, people[0])[0].clone();
    house.does(people[0], "buy");
    house.does(people[0], "buy");
    house.hours(47);
    house.does(people[1], "buy");
    house.run();
    // Each of three entries of the first lies within two days.
    let goals = house.node(&id, 1, "test").goals;
    assert_eq!(goals, [(first.strip_prefix("test:").unwrap().to_owned(), 3)].into());
}

fn outcomes_lead_on(t: TestDb) {
    let house = House::new(t);
    let id = house.start(&journey(json!([
        {"id": "hello", "do": {"type": "message", "with": {"says": "later"}, "next": "sent", "skipped": "skipped"}},
        message("second", "skip", "end"),
        {"id": "third", "do": {"type": "points", "with": {"says": "fail"}, "next": "end", "failed": "sorry"}},
        wait("sent", 1, "hour", "second"),
        wait("skipped", 1, "hour", "third"),
        exit("end"),
        exit("sorry"),
    ])));
    let people = house.crowd(6);
    house.let_in(&id, &people);
    house.run();
    assert_eq!(house.tell("hello", Outcome::Done, 2), 2);
    assert_eq!(house.tell("hello", Outcome::Skipped("no_friend".into()), 2), 2);
    // Told before the first was worked on, told again, and of nobody: nothing happens.
    house.act(move |tx| {
        let key = |num| siyu_journeys::EffectKey { journey: 1, num, entry: 1, step: 1 };
        let told = |num| siyu_journeys::Told { key: key(num), outcome: Outcome::Failed("other".into()) };
        siyu_journeys::told(tx, &[told(people[0]), told(people[0]), told(88_888)])
    });
    house.run();
    let hello = house.node(&id, 1, "hello");
    assert_eq!((hello.inside, &hello.passed), (2, &[("sent".to_owned(), 2), ("skipped".to_owned(), 2)].into()));
    assert_eq!(hello.outcomes, [("skipped:no_friend".to_owned(), 2)].into());
    // A failure that has no way of its own goes on; nobody who answers is a failure after thirty days, and is taken back.
    house.tell("hello", Outcome::Failed("refused".into()), 1);
    house.run();
    assert_eq!(house.node(&id, 1, "hello").passed["failed"], 1);
    house.hours(30 * 24);
    house.run();
    assert_eq!(house.node(&id, 1, "hello").outcomes["failed:no_answer"], 1);
    assert_eq!(house.handed().get("withdraw hello"), Some(&1));
    house.hours(2);
    house.run();
    assert_eq!(house.numbers(&id).sums.outcomes, [("end".to_owned(), 4), ("sorry".to_owned(), 2)].into());
    // What comes now is too late.
    house.tell("hello", Outcome::Done, 10);
    house.run();
    assert_eq!(house.sums(&id), [6, 0, 6, 0]);
}

fn tasks_over_days(t: TestDb) {
    let house = House::new(t);
    let id = house.start(&journey(json!([
        {"id": "call", "do": {"type": "task", "with": {"says": "later"}, "deadline": {"amount": 2, "unit": "day"}, "nudge": {"amount": 1, "unit": "day"}, "reassign": 1, "next": "end", "late": "late"}},
        exit("end"),
        exit("late"),
    ])));
    let people = house.crowd(3);
    house.let_in(&id, &people);
    house.run();
    house.live(23);
    assert_eq!(house.handed(), [("do call".to_owned(), 3)].into());
    house.tell("call", Outcome::Done, 1);
    house.live(2);
    assert_eq!(house.handed()["nudge call"], 2);
    house.live(24);
    assert_eq!(house.handed()["reassign call"], 2);
    house.tell("call", Outcome::Done, 1);
    house.live(72);
    assert_eq!(house.numbers(&id).sums.outcomes, [("end".to_owned(), 2), ("late".to_owned(), 1)].into());
    let handed = house.handed();
    assert_eq!(
        (handed["do call"], handed["nudge call"], handed["reassign call"], handed["withdraw call"]),
        (3, 3, 2, 1)
    );
}

fn a_paused_journey_loses_and_repeats_nothing(t: TestDb) {
    let house = House::new(t);
    let id = house.start(&journey(json!([
        {"id": "asks", "do": {"type": "wait_event", "on": {"type": "event", "name": "view"}, "timeout": {"amount": 3, "unit": "day"}, "next": "hello", "timed_out": "end"}},
        message("hello", "later", "rest"),
        wait("rest", 1, "hour", "again"),
        message("again", "now", "end"),
        exit("end"),
    ])));
    let people = house.crowd(5);
    house.let_in(&id, &people[..3]);
    house.run();
    house.does(people[0], "view");
    house.run();
    assert_eq!(house.handed(), [("do hello".to_owned(), 1)].into());
    house.change(&id, Change::Pause).unwrap();
    assert_eq!(house.change(&id, Change::Pause), Err("journey_state"));
    // What happens is taken in: an answer, an outcome, a time that passes, somebody who comes.
    house.does(people[1], "view");
    house.tell("hello", Outcome::Done, 1);
    house.does(people[3], "begin");
    house.run();
    house.hours(2);
    house.does(people[3], "view");
    house.run();
    house.hours(5 * 24);
    house.does(people[2], "view");
    assert_eq!(house.run(), Ran::Nothing);
    assert_eq!(house.sums(&id), [4, 4, 0, 0]);
    assert_eq!(house.handed(), [("do hello".to_owned(), 1)].into());
    let house = house.again();
    house.change(&id, Change::Resume).unwrap();
    house.run();
    // The third answered after the time-out: too late, though nobody had looked.
    assert_eq!(house.path(&id, people[2]), ["asks:timed_out"]);
    assert_eq!(house.path(&id, people[3]), ["asks:happened"]);
    assert_eq!(house.handed(), [("do hello".to_owned(), 3)].into());
    house.tell("hello", Outcome::Done, 9);
    house.live(3);
    assert_eq!(house.sums(&id), [4, 0, 4, 0]);
    assert_eq!(house.handed(), [("do again".to_owned(), 3), ("do hello".to_owned(), 3)].into());
}

fn people_finish_their_version_or_move(t: TestDb) {
    let house = House::new(t);
    let first = journey(json!([wait("rest", 1, "day", "more"), wait("more", 1, "day", "old"), exit("old")]));
    let second = journey(json!([wait("rest", 1, "day", "fresh"), message("fresh", "now", "new"), exit("new")]));
    let id = house.start(&first);
    let people = house.crowd(3_600);
    house.let_in(&id, &people[..3_500]);
    house.run();
    house.live(24);
    house.let_in(&id, &people[3_500..]);
    house.run();
    house.redraw(&id, &second);
    let moves = house.read(|tx| {
        let row = house.journeys.journey(tx, &id)?;
        let draft = house.journeys.draft(tx, &row)?;
        house.journeys.moves(tx, &row, &draft)
    });
    assert_eq!((moves.can, moves.cannot, moves.where_not), (100, 3_500, vec![(1, "more".to_owned(), 3_500)]));
    house.publish(&id, Inside::Move).unwrap();
    house.run();
    assert_eq!((house.node(&id, 1, "rest").moved, house.node(&id, 2, "rest").inside), (100, 100));
    assert_eq!(house.row(&id).version, 2);
    let versions = house.read(|tx| {
        let row = house.journeys.journey(tx, &id)?;
        house.journeys.versions(tx, &row)
    });
    assert_eq!(versions.iter().map(|own| (own.version, own.inside)).collect::<Vec<_>>(), [(2, 100), (1, 3_500)]);
    house.live(25);
    let outcomes = house.numbers(&id).sums.outcomes;
    assert_eq!(outcomes, [("new".to_owned(), 100), ("old".to_owned(), 3_500)].into());

    // Without moving, who is inside finishes what they began.
    let id = house.start(&first);
    house.let_in(&id, &people[..2]);
    house.run();
    house.redraw(&id, &second);
    house.publish(&id, Inside::Finish).unwrap();
    house.let_in(&id, &people[2..3]);
    house.live(50);
    assert_eq!(house.numbers(&id).sums.outcomes, [("new".to_owned(), 1), ("old".to_owned(), 2)].into());
}

fn an_ended_journey_leads_everybody_out(t: TestDb) {
    let house = House::new(t);
    let id =
        house
            .start(&journey(json!([wait("rest", 1, "hour", "hello"), message("hello", "later", "end"), exit("end"),])));
    let people = house.crowd(7_000);
    house.let_in(&id, &people[..4_000]);
    house.run();
    house.hours(1);
    house.run();
    house.tell("hello", Outcome::Done, 500);
    house.let_in(&id, &people[4_000..]);
    house.run();
    house.let_in(&id, &people[..10]);
    house.change(&id, Change::End).unwrap();
    house.does(people[0], "begin");
    house.run();
    assert_eq!(house.sums(&id), [7_000, 0, 500, 6_500]);
    assert_eq!(house.row(&id).state, JourneyState::Ended);
    assert_eq!(house.numbers(&id).sums.reasons, [("stopped".to_owned(), 6_500)].into());
    // What was with others is taken back.
    assert_eq!(house.handed()["withdraw hello"], 3_500);
    assert_eq!(house.change(&id, Change::Resume), Err("journey_over"));
    // What is told of it now is not even kept.
    assert_eq!(house.tell("hello", Outcome::Done, 9), 9);
    assert_eq!(house.read(|tx| Ok(tx.one("SELECT COUNT(*) FROM journey_told", &[], |row| row.int(0))?)), 0);
    assert_eq!(house.publish(&id, Inside::Finish).map_err(|own| own.code).unwrap_err(), "journey_over");
}

fn numbers_open_their_people(t: TestDb) {
    let house = House::new(t);
    let id = house.start(&journey(json!([
        {"id": "ask", "do": {"type": "condition", "rule": {"all": [{"field": "tag", "op": "eq", "value": "vip"}]}, "yes": "rest", "no": "end"}},
        wait("rest", 1, "hour", "end"),
        exit("end"),
    ])));
    let people = house.crowd(1_500);
    house.put("vip", &people[..900]);
    house.let_in(&id, &people);
    house.run();
    let of = |query: PersonQuery| house.people_of(&id, &query).iter().map(|own| own.num).collect::<Vec<_>>();
    let node = |name: &str| PersonQuery { node: Some(name.into()), ..PersonQuery::default() };
    assert_eq!(of(node("rest")), people[..900]);
    assert_eq!(of(PersonQuery { stand: Some(Stand::Finished), ..node("end") }), people[900..]);
    assert_eq!(of(PersonQuery { passed: Some("yes".into()), ..node("ask") }), people[..900]);
    assert_eq!(of(PersonQuery { reason: Some("end".into()), ..PersonQuery::default() }), people[900..]);
    assert_eq!(of(PersonQuery { version: Some(2), ..PersonQuery::default() }), Vec::<u32>::new());
}

fn two_processes_do_it_once(t: TestDb) {
    let house = House::new(t);
    let vault = Vault::from_key([7; 32]);
    let db = house.t.second();
    let clock: Arc<dyn Clock> = house.t.clock.clone();
    let log = Log::open(&db, vault.clone(), clock.clone()).unwrap();
    let other = Journeys::new(db, &vault, log, Arc::new(Chance::seeded(9)), clock, house.world.clone());
    let id = house.start(&journey(json!([
        wait("rest", 1, "hour", "hello"),
        message("hello", "now", "more"),
        wait("more", 1, "hour", "again"),
        message("again", "now", "end"),
        exit("end"),
    ])));
    let people = house.crowd(4_000);
    house.let_in(&id, &people);
    for num in &people[..50] {
        house.does(*num, "begin");
    }
    for _ in 0..4 {
        std::thread::scope(|scope| {
            let both = [&house.journeys, &other].map(|own| {
                scope.spawn(move || {
                    for _ in 0..200 {
                        match own.step() {
                            Ok(Ran::Went) => {}
                            Ok(_) => return,
                            Err(refusal) => assert!(siyu_db::is_passing(&refusal), "{refusal}"),
                        }
                    }
                })
            });
            both.into_iter().for_each(|own| own.join().unwrap());
        });
        house.run();
        house.hours(1);
    }
    assert_eq!(house.sums(&id), [4_000, 0, 4_000, 0]);
    assert_eq!(house.handed(), [("do again".to_owned(), 4_000), ("do hello".to_owned(), 4_000)].into());
}

fn journeys_take_turns(t: TestDb) {
    let house = House::new(t);
    let nodes = json!([wait("rest", 1, "hour", "end"), exit("end")]);
    let (large, small) = (house.start(&journey(nodes.clone())), house.start(&journey(nodes)));
    let people = house.crowd(9_001);
    house.let_in(&large, &people);
    house.let_in(&small, &people[..1]);
    // Before the large one has let in its second part, the small one has had its turn.
    house.journeys.step().unwrap();
    house.journeys.step().unwrap();
    assert_eq!((house.sums(&large)[0], house.sums(&small)[0]), (3_000, 1));
    house.run();
    assert_eq!(house.sums(&large)[0], 9_001);
}

fn clocks_are_those_of_people(t: TestDb) {
    let house = House::new(t);
    let id = house.start(&journey(json!([
        {"id": "morning", "do": {"type": "wait_until", "at": "09:00", "next": "rest"}},
        wait("rest", 1, "month", "end"),
        exit("end"),
    ])));
    let people = house.crowd(3);
    let (one, two) = (people[1], people[2]);
    house.act(move |tx| {
        tx.execute("INSERT INTO person_field (name, type, label_zh, label_en, sensitive, created_at) VALUES ('timezone', 'text', '', '', 0, 0)", &[])?;
        let zone = |name: &str| [vec![0], serde_json::to_vec(name).unwrap()].concat();
        for (num, zone) in [(one, zone("Europe/Berlin")), (two, zone("Nowhere/Atlantis"))] {
            let sql = "INSERT INTO person_trait (num, name, value, at, source) VALUES ($1, 'timezone', $2, 0, 'test')";
            tx.execute(sql, siyu_db::params![num, &zone])?;
        }
        Ok(())
    });
    house.let_in(&id, &people);
    house.run();
    let due = |at: usize| house.people_of(&id, &PersonQuery::default())[at].due.unwrap().to_string();
    // Noon in Shanghai, five in the morning in Berlin.
    assert_eq!(
        [due(0), due(1), due(2)].map(|own| own[5..16].to_owned()),
        ["03-03T01:00", "03-02T08:00", "03-03T01:00"]
    );
    house.t.clock.set(Time::parse("2026-03-03T01:00:00Z").unwrap());
    house.run();
    // A month on, Berlin's clock is another.
    assert_eq!([due(0), due(1)].map(|own| own[5..16].to_owned()), ["04-03T01:00", "04-03T00:00"]);
}

fn drafts_are_checked(t: TestDb) {
    let house = House::new(t);
    let refused = |definition: serde_json::Value| {
        let id = house.create(&definition).id;
        let refusal = house.publish(&id, Inside::Finish).unwrap_err();
        (refusal.code, refusal.field.unwrap_or_default())
    };
    let with = |act: serde_json::Value| journey(json!([{"id": "x", "do": act}, exit("end")]));
    assert_eq!(refused(journey(json!([wait("a", 1, "day", "gone")]))), ("journey_edge", "nodes.a".into()));
    let rule = json!({"all": [{"field": "trait.city", "op": "eq", "value": "x"}]});
    let told = refused(with(json!({"type": "condition", "rule": rule, "yes": "end", "no": "end"})));
    assert_eq!(told, ("rule_field", "nodes.x".into()));
    let told = refused(with(json!({"type": "message", "with": {"bad": true}, "next": "end"})));
    assert_eq!(told, ("content_invalid", "nodes.x".into()));
    let mut own = journey(json!([exit("end")]));
    own["entry"] = json!({"type": "trigger", "on": {"type": "audience", "id": "gone"}});
    assert_eq!(refused(own.clone()).0, "journey_audience");
    own["entry"] = json!({"type": "schedule", "schedule": {"every": "once", "date": "2026-03-02", "at": "12:00"}, "audience": "aud_1"});
    assert_eq!(refused(own).0, "journey_schedule");
    // What was loaded earlier does not overwrite what was saved later; drafts that are unfinished are kept.
    let row = house.create(&journey(json!([wait("a", 1, "day", "gone")])));
    house.redraw(&row.id, &journey(json!([exit("end")])));
    let (own, id, edits) = (house.journeys.clone(), row.id.clone(), row.edits);
    let text = journey(json!([exit("end")])).to_string();
    let refusal = house.db.transact(move |tx| own.edit(tx, &id, edits, "x", &text)).unwrap_err();
    assert_eq!(refusal.code, "journey_changed");
    let own = house.journeys.clone();
    let refusal = house.db.transact(move |tx| own.create(tx, " ", "{}", "test")).unwrap_err();
    assert_eq!(refusal.code, "journey_name");
}

fn what_cannot_be_handed_on_waits(t: TestDb) {
    let house = House::new(t);
    let rule = json!({"all": [{"field": "tag", "op": "eq", "value": "vip"}]});
    let id = house.start(&journey(json!([
        {"id": "ask", "do": {"type": "condition", "rule": rule, "yes": "hello", "no": "end"}},
        message("hello", "now", "end"),
        exit("end"),
    ])));
    let people = house.crowd(2);
    house.put("vip", &people);
    house.world.lost.store(true, SeqCst);
    house.let_in(&id, &people);
    house.run();
    assert_eq!(house.node(&id, 1, "ask").inside, 2);
    house.world.lost.store(false, SeqCst);
    house.world.away.store(true, SeqCst);
    house.pass(900);
    assert_eq!(house.journeys.step().unwrap(), Ran::Went);
    assert_eq!(house.journeys.step().unwrap_err().code, "busy");
    assert_eq!(house.journeys.step().unwrap_err().code, "busy");
    house.sound();
    assert_eq!(house.node(&id, 1, "hello").inside, 2);
    // Others are looked at all the same, in this journey, too.
    house.let_in(&id, &house.crowd(3)[2..]);
    assert_eq!(house.journeys.step().unwrap_err().code, "busy");
    assert_eq!(house.sums(&id), [3, 2, 1, 0]);
    let house = house.again();
    house.run();
    assert_eq!(house.sums(&id), [3, 0, 3, 0]);
    assert_eq!(house.handed(), [("do hello".to_owned(), 2)].into());
}
