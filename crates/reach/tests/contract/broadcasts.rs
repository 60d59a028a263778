//! Broadcasts: scheduled, ranked, approved by somebody else, paused by themselves.

use crate::brand::{Brand, MIGRATIONS, content};
use crate::messages::{confirm, people, work};
use siyu_gate::{Class, Rules};
use siyu_kernel::PersonNum;
use siyu_reach::{BroadcastIn, BroadcastRow, MessageIn, PersonState};
use siyu_sandbox::Reasons;
use siyu_testkit::TestDb;

siyu_testkit::contract!(MIGRATIONS;
    the_one_worth_more_goes_first, a_large_one_needs_somebody_else, it_stops_when_too_much_fails, contents_stand_side_by_side, wrong_ones_are_told);

fn given(name: &str, people: Vec<PersonNum>) -> BroadcastIn {
    BroadcastIn {
        message: MessageIn {
            name: name.into(),
            content: content(&format!("{name}新品")),
            people,
            audience: String::new(),
            by: "ann".into(),
        },
        variants: Vec::new(),
        class: Class::Marketing,
        worth: 1.0,
        holdout: 0.0,
        per_hour: 0,
        start: None,
        expires: None,
        asked_by: "usr_ann".into(),
    }
}
fn create(brand: &Brand, input: BroadcastIn) -> BroadcastRow {
    let (reach, now) = (brand.reach.clone(), brand.now());
    brand.act(move |tx| reach.create_broadcast(tx, &input, now))
}
fn rules(brand: &Brand, rules: Rules) {
    let (gate, now) = (brand.reach.gate().clone(), brand.now());
    brand.act(move |tx| gate.save_rules(tx, &rules, None, "", "test", now));
}
fn count(brand: &Brand, id: &str, state: PersonState, reason: &str) -> i64 {
    let reasons = brand.read(|tx| brand.reach.message_reasons(tx, id));
    reasons.iter().find(|(own, why, _)| *own == state && why == reason).map_or(0, |(_, _, count)| *count)
}

fn the_one_worth_more_goes_first(t: TestDb) {
    let brand = Brand::open(t);
    let all = people(&brand);
    let friends = all.len() as i64 - 1;
    let small = create(&brand, given("small", all.clone()));
    brand.clock.move_to(brand.now().plus_seconds(60));
    let great = create(&brand, BroadcastIn { worth: 9.0, ..given("great", all) });
    work(&brand, &small.id, 240);
    assert_eq!(brand.world(|world| world.masses.len()), 0, "the contest is not over");
    work(&brand, &great.id, 600);
    assert_eq!(count(&brand, &great.id, PersonState::Waiting, "on_its_way"), friends);
    assert_eq!(count(&brand, &small.id, PersonState::Waiting, "quota"), friends);
    confirm(&brand, 0);
    work(&brand, &great.id, 600);
    assert_eq!(brand.read(|tx| brand.reach.message(tx, &great.id)).sums.sent, friends);
    // The next day there is room for the other.
    work(&brand, &small.id, 22 * 3_600);
    confirm(&brand, 0);
    work(&brand, &small.id, 3_600);
    assert_eq!(brand.read(|tx| brand.reach.message(tx, &small.id)).sums.sent, friends);
}

fn a_large_one_needs_somebody_else(t: TestDb) {
    let brand = Brand::open(t);
    let all = people(&brand);
    rules(&brand, Rules { approval_above: 5, contest_minutes: 0, ..Rules::default() });
    let row = create(&brand, given("a", all.clone()));
    assert_eq!((row.approval.as_str(), row.variants.len()), ("needed", 1));
    work(&brand, &row.id, 3_600);
    assert_eq!(count(&brand, &row.id, PersonState::Waiting, "undecided"), all.len() as i64);
    let (reach, now, id) = (brand.reach.clone(), brand.now(), row.id.clone());
    let resumed = brand.db.transact({
        let (reach, id) = (reach.clone(), id.clone());
        move |tx| reach.pause_broadcast(tx, &id, false, now)
    });
    assert_eq!(resumed.unwrap_err().code, "broadcast_unapproved");
    let approve = |by: &'static str| {
        let (reach, id) = (reach.clone(), id.clone());
        brand.db.transact(move |tx| reach.approve_broadcast(tx, &id, by, by, now))
    };
    assert_eq!(approve("usr_ann").unwrap_err().code, "broadcast_own");
    assert_eq!(approve("usr_bob").unwrap().approval, "given");
    assert_eq!(approve("usr_bob").unwrap_err().code, "broadcast_approval");
    work(&brand, &row.id, 600);
    assert_eq!(count(&brand, &row.id, PersonState::Waiting, "on_its_way"), all.len() as i64 - 1);
    // A small one asks nobody.
    assert_eq!(create(&brand, given("b", all[..3].to_vec())).approval, "none");
}

fn it_stops_when_too_much_fails(t: TestDb) {
    let brand = Brand::open(t);
    let all = people(&brand);
    rules(&brand, Rules { breaker_percent: 30.0, contest_minutes: 0, ..Rules::default() });
    // In two halves: what is left waits for the second.
    let per_hour = all.len() as i64 * 6;
    let row =
        create(&brand, BroadcastIn { per_hour, start: Some(brand.now().plus_seconds(60)), ..given("a", all.clone()) });
    work(&brand, &row.id, 200);
    let asked: Vec<usize> = brand.world(|world| {
        world.masses.iter().flat_map(|mass| mass.tasks[0].targets.iter().map(|target| target.to)).collect()
    });
    assert!(asked.len() >= 50, "{} of {} are enough to judge a rate", asked.len(), all.len());
    // Everybody leaves before it is confirmed.
    brand.world(|world| asked.iter().for_each(|relation| world.customer_deletes(*relation, Reasons::default())));
    confirm(&brand, 0);
    let made = brand.world(|world| world.masses.len());
    for _ in 0..40 {
        brand.clock.move_to(brand.now().plus_seconds(5));
        while brand.reach.work_messages().unwrap() == siyu_contacts::Ran::Went {}
    }
    let stopped = brand.read(|tx| brand.reach.broadcast(tx, &row.id));
    assert_eq!(stopped.stopped.as_deref(), Some("error_rate"));
    work(&brand, &row.id, 3_600);
    assert_eq!(brand.world(|world| world.masses.len()), made, "nothing more is made");
    // Somebody looks at it and lets it go on.
    let (reach, now, id) = (brand.reach.clone(), brand.now(), row.id.clone());
    brand.act(move |tx| reach.pause_broadcast(tx, &id, false, now));
    work(&brand, &row.id, 3_600);
    assert_eq!(count(&brand, &row.id, PersonState::Waiting, "undecided"), 0);
}

fn contents_stand_side_by_side(t: TestDb) {
    let brand = Brand::open(t);
    let all = people(&brand);
    rules(&brand, Rules { contest_minutes: 0, ..Rules::default() });
    let row =
        create(&brand, BroadcastIn { variants: vec![content("另一种"), content("第三种")], ..given("a", all.clone()) });
    work(&brand, &row.id, 600);
    confirm(&brand, 0);
    work(&brand, &row.id, 600);
    let row = brand.read(|tx| brand.reach.broadcast(tx, &row.id));
    assert_eq!(row.variants.iter().map(|own| own.sent).sum::<i64>(), all.len() as i64 - 1);
    let least = all.len() as i64 / 8;
    assert!(row.variants.iter().all(|own| own.people > least), "{row:?}");
    let texts = brand.world(|world| {
        let mut all: Vec<String> =
            world.masses.iter().map(|mass| mass.text["content"].as_str().unwrap_or_default().to_owned()).collect();
        all.sort();
        all.dedup();
        all
    });
    assert_eq!(texts, ["a新品", "另一种", "第三种"]);
}

fn wrong_ones_are_told(t: TestDb) {
    let brand = Brand::open(t);
    let all = people(&brand);
    let now = brand.now();
    let own = || given("a", all.clone());
    for (input, field) in [
        (BroadcastIn { worth: f64::NAN, ..own() }, "worth"),
        (BroadcastIn { holdout: 51.0, ..own() }, "holdout_percent"),
        (BroadcastIn { per_hour: -1, ..own() }, "per_hour"),
        (BroadcastIn { start: Some(now.plus_days(400)), ..own() }, "start_at"),
        (BroadcastIn { expires: Some(now), ..own() }, "expires_at"),
        (BroadcastIn { expires: Some(now.plus_days(60)), ..own() }, "expires_at"),
        (BroadcastIn { variants: vec![content("x"); 5], ..own() }, "variants"),
    ] {
        let reach = brand.reach.clone();
        let refusal = brand.db.transact(move |tx| reach.create_broadcast(tx, &input, now)).unwrap_err();
        assert_eq!((refusal.code, refusal.field.as_deref()), ("broadcast_invalid", Some(field)));
    }
    let wrong = BroadcastIn { variants: vec![content("{{ customer.name }}")], ..own() };
    let reach = brand.reach.clone();
    assert_eq!(
        brand.db.transact(move |tx| reach.create_broadcast(tx, &wrong, now)).unwrap_err().code,
        "message_variable"
    );
    assert_eq!(brand.int("SELECT COUNT(*) FROM gate_run"), 0);
    assert_eq!(brand.read(|tx| Ok(brand.reach.broadcast(tx, "x").unwrap_err().code)), "broadcast_unknown");
}
