//! Broadcasts: scheduled, ranked, approved by somebody else, paused by themselves.

use crate::brand::{Brand, MIGRATIONS, content};
use crate::messages::{confirm, people, work};
use siyu_gate::{Class, Rules};
use siyu_kernel::PersonNum;
use siyu_kernel::Refusal;
use siyu_reach::{BroadcastIn, BroadcastRow, ContentTest, ContentTestIn, Goal, MessageIn, PersonState};
use siyu_sandbox::Reasons;
use siyu_testkit::TestDb;

siyu_testkit::contract!(MIGRATIONS;
    the_one_worth_more_goes_first, a_large_one_needs_somebody_else, it_stops_when_too_much_fails, it_stops_when_too_many_leave, contents_stand_side_by_side, wrong_ones_are_told,
    the_winner_goes_to_the_rest, where_none_is_shown_the_first_goes, somebody_chooses_earlier, a_test_is_decided_once,
    the_rest_is_held_by_quota_like_everybody, a_test_that_is_stopped_ends, wrong_tests_are_told);

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
        test: None,
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

fn it_stops_when_too_many_leave(t: TestDb) {
    let brand = Brand::open(t);
    let all = people(&brand);
    rules(&brand, Rules { complaint_percent: 10.0, contest_minutes: 0, ..Rules::none() });
    let per_hour = all.len() as i64 * 6;
    let row =
        create(&brand, BroadcastIn { per_hour, start: Some(brand.now().plus_seconds(60)), ..given("a", all.clone()) });
    work(&brand, &row.id, 200);
    let asked: Vec<usize> = brand.world(|world| {
        world.masses.iter().flat_map(|mass| mass.tasks[0].targets.iter().map(|target| target.to)).collect()
    });
    confirm(&brand, 0);
    for _ in 0..20 {
        brand.clock.move_to(brand.now().plus_seconds(5));
        while brand.reach.work_messages().unwrap() == siyu_contacts::Ran::Went {}
    }
    assert!(brand.read(|tx| brand.reach.message(tx, &row.id)).sums.sent >= 50);
    let leave = |some: &[usize]| {
        brand.world(|world| some.iter().for_each(|relation| world.customer_deletes(*relation, Reasons::default())));
        brand.runtime.block_on(brand.sandbox.settle());
        brand.work();
    };
    let state = || brand.read(|tx| brand.reach.message(tx, &row.id)).state;
    let resume = || {
        let (reach, now, id) = (brand.reach.clone(), brand.now(), row.id.clone());
        brand.act(move |tx| reach.pause_broadcast(tx, &id, false, now));
    };
    // A few leave, as they do every day: fewer than the rules say.
    leave(&asked[..2]);
    brand.clock.move_to(brand.now().plus_seconds(60));
    while brand.reach.work_messages().unwrap() == siyu_contacts::Ran::Went {}
    assert_eq!(state(), "running");
    // Every sixth: nobody else is let through.
    leave(&asked[2..asked.len() / 6 + 2]);
    work(&brand, &row.id, 3_600);
    let stopped = brand.read(|tx| brand.reach.broadcast(tx, &row.id));
    assert_eq!((stopped.stopped.as_deref(), state().as_str()), (Some("complaint_rate"), "paused"));
    assert!(count(&brand, &row.id, PersonState::Waiting, "undecided") > 0);
    resume();
    work(&brand, &row.id, 3_600);
    assert_eq!(count(&brand, &row.id, PersonState::Waiting, "undecided"), 0);
    assert_eq!(
        brand.read(|tx| brand.reach.broadcast(tx, &row.id)).stopped,
        None,
        "who has looked at it is not asked again"
    );
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

const TEST: ContentTestIn = ContentTestIn { percent: 40, hours: 6, goal: Goal::Bought };

/// Two contents, four fifths of the people in the test; a member confirms at once.
fn tested(brand: &Brand, all: &[PersonNum]) -> BroadcastRow {
    rules(brand, Rules { contest_minutes: 0, ..Rules::none() });
    let own = BroadcastIn { variants: vec![content("另一种")], test: Some(TEST), ..given("a", all.to_vec()) };
    let plan = brand.read(|tx| brand.reach.plan_broadcast(tx, &own, brand.now()));
    assert_eq!(plan.people, all.len());
    let rest = plan.waiting["test_cell"] as f64 / all.len() as f64;
    assert!((0.05..0.4).contains(&rest), "{rest} of the people wait");
    create(brand, own)
}
fn test_of(brand: &Brand, id: &str) -> ContentTest {
    brand.read(|tx| brand.reach.broadcast(tx, id)).test.unwrap()
}
fn says(brand: &Brand, winner: Option<i64>, why: &'static str) {
    *brand.panel.says.lock().unwrap() = Some((winner, why));
}
/// What those were sent who had their turn after the test: by content.
fn rest_of(brand: &Brand, id: &str) -> Vec<(i64, i64)> {
    let sql = "SELECT t.variant, COUNT(*) FROM message_person p JOIN message_task t ON t.id = p.task WHERE t.message = $1 AND t.rest = 1 GROUP BY t.variant ORDER BY t.variant";
    brand.read(|tx| Ok(tx.query(sql, siyu_db::params![id], |row| Ok((row.int(0)?, row.int(1)?)))?))
}
fn choose(brand: &Brand, id: &str, content: i64) -> Result<BroadcastRow, Refusal> {
    let (reach, id, now) = (brand.reach.clone(), id.to_owned(), brand.now());
    let numbers = brand.db.read(|tx| reach.test_numbers(tx, &id, now))?;
    brand.db.transact(move |tx| {
        let contents = reach.broadcast(tx, &id)?.variants.len();
        reach.choose_content(tx, &id, contents, content, "Ann", &numbers, now)?;
        reach.broadcast(tx, &id)
    })
}

fn the_winner_goes_to_the_rest(t: TestDb) {
    let brand = Brand::open(t);
    let all = people(&brand);
    let (row, began) = (tested(&brand, &all), brand.now());
    says(&brand, Some(1), "shown");
    let held = count(&brand, &row.id, PersonState::Waiting, "test_cell");
    assert!(held > 5 && held < all.len() as i64 / 2, "{held}");
    // (after, waits for the test, of the rest, decided)
    for (minute, wait, rest, decided) in
        [(1, held, 0, false), (60, held, 0, false), (359, held, 0, false), (362, 0, held, true), (600, 0, held, true)]
    {
        work(&brand, &row.id, began.plus_seconds(minute * 60).0 / 1_000_000 - brand.now().0 / 1_000_000);
        confirm(&brand, 0);
        assert_eq!(count(&brand, &row.id, PersonState::Waiting, "test_cell"), wait, "minute {minute}");
        assert_eq!(test_of(&brand, &row.id).decided_at.is_some(), decided, "minute {minute}");
        let reached = count(&brand, &row.id, PersonState::Skipped, "no_friend");
        let told: i64 = rest_of(&brand, &row.id).iter().map(|(_, people)| people).sum();
        assert!((rest - reached..=rest).contains(&told), "minute {minute}: {told} of {rest}");
    }
    let own = test_of(&brand, &row.id);
    assert_eq!((own.winner, own.reason.as_deref(), own.decided_by.as_deref()), (Some(1), Some("shown"), Some("")));
    assert!(own.begun_at.unwrap() >= began && own.ends_at.unwrap() == own.begun_at.unwrap().plus_seconds(6 * 3_600));
    assert!(own.decided_at >= own.ends_at && own.numbers.unwrap().winner == Some(1));
    // All of the rest with the winner, and those of the test with what they were drawn for.
    assert_eq!(rest_of(&brand, &row.id).len(), 1);
    assert_eq!(rest_of(&brand, &row.id)[0].0, 1);
    let sums = brand.read(|tx| brand.reach.message(tx, &row.id)).sums;
    assert_eq!((sums.waiting, sums.sent), (0, all.len() as i64 - 1), "{sums:?}");
    let variants = brand.read(|tx| brand.reach.broadcast(tx, &row.id)).variants;
    assert!(variants[1].sent > variants[0].sent && variants[0].sent > all.len() as i64 / 5, "{variants:?}");
    assert_eq!(*brand.panel.asked.lock().unwrap(), 1);
}

fn where_none_is_shown_the_first_goes(t: TestDb) {
    let brand = Brand::open(t);
    let row = tested(&brand, &people(&brand));
    says(&brand, None, "no_difference");
    work(&brand, &row.id, 7 * 3_600);
    let own = test_of(&brand, &row.id);
    assert_eq!((own.winner, own.reason.as_deref()), (Some(0), Some("no_difference")));
    assert!(rest_of(&brand, &row.id).iter().all(|(content, people)| *content == 0 && *people > 0));
}

fn somebody_chooses_earlier(t: TestDb) {
    let brand = Brand::open(t);
    let all = people(&brand);
    let row = tested(&brand, &all);
    says(&brand, None, "too_small");
    work(&brand, &row.id, 600);
    assert_eq!(choose(&brand, &row.id, 2).unwrap_err().field.as_deref(), Some("content"));
    assert_eq!(choose(&brand, "x", 1).unwrap_err().code, "broadcast_unknown");
    choose(&brand, &row.id, 1).unwrap();
    assert_eq!(choose(&brand, &row.id, 0).unwrap_err().code, "broadcast_test", "it is chosen once");
    assert_eq!(count(&brand, &row.id, PersonState::Waiting, "test_cell"), 0);
    work(&brand, &row.id, 8 * 3_600);
    let own = test_of(&brand, &row.id);
    assert_eq!((own.winner, own.reason.as_deref(), own.decided_by.as_deref()), (Some(1), Some("by_hand"), Some("Ann")));
    assert_eq!(own.numbers.unwrap().why, "too_small", "how it stood then is kept");
    assert!(rest_of(&brand, &row.id).iter().all(|(content, _)| *content == 1));
    let plain = create(&brand, given("b", all));
    assert_eq!(choose(&brand, &plain.id, 0).unwrap_err().code, "broadcast_test");
}

fn a_test_is_decided_once(t: TestDb) {
    let brand = Brand::open(t);
    let row = tested(&brand, &people(&brand));
    let held = count(&brand, &row.id, PersonState::Waiting, "test_cell");
    work(&brand, &row.id, 5 * 3_600);
    brand.clock.move_to(brand.now().plus_seconds(2 * 3_600));
    // Whoever reads the figures fails, or the process ends meanwhile: nothing is decided, and nobody of the rest goes.
    assert!(brand.reach.work_gate().is_err());
    assert_eq!(count(&brand, &row.id, PersonState::Waiting, "test_cell"), held);
    assert_eq!(test_of(&brand, &row.id).decided_at, None);
    // This process decides, and ends before the rest had its turn: the next one goes on with what was decided.
    says(&brand, Some(1), "shown");
    assert_eq!(brand.reach.work_gate().unwrap(), siyu_contacts::Ran::Went);
    assert_eq!(count(&brand, &row.id, PersonState::Waiting, "undecided"), held);
    let first = test_of(&brand, &row.id);
    let next = brand.second();
    *next.panel.says.lock().unwrap() = Some((Some(0), "shown"));
    while next.reach.work_gate().unwrap() == siyu_contacts::Ran::Went {}
    assert_eq!(test_of(&brand, &row.id), first);
    assert_eq!(*next.panel.asked.lock().unwrap(), 0);
    assert!(rest_of(&brand, &row.id).iter().all(|(content, people)| *content == 1 && *people > 0));
    // Both come to the end of a test at the same time: the second one changes nothing.
    let (reach, now, id) = (next.reach.clone(), brand.now(), row.id.clone());
    let numbers = first.numbers.clone().unwrap();
    let again = brand.db.transact(move |tx| reach.choose_content(tx, &id, 2, 0, "Bob", &numbers, now));
    assert_eq!(again.unwrap_err().code, "broadcast_test");
}

fn the_rest_is_held_by_quota_like_everybody(t: TestDb) {
    let brand = Brand::open(t);
    let all = people(&brand);
    let row = tested(&brand, &all);
    says(&brand, Some(1), "shown");
    work(&brand, &row.id, 600);
    confirm(&brand, 0);
    // Meanwhile everybody of the rest has another message.
    let run = brand.read(|tx| brand.reach.gate().run(tx, &row.id)).num;
    let held = brand.read(|tx| brand.reach.gate().undecided(tx, run, true, -1, 1_000));
    let masses = brand.world(|world| world.masses.len());
    let other = create(&brand, given("b", held.clone()));
    work(&brand, &other.id, 600);
    confirm(&brand, masses);
    work(&brand, &other.id, 6 * 3_600);
    let reached = held.len() as i64 - count(&brand, &row.id, PersonState::Skipped, "no_friend");
    assert_eq!(test_of(&brand, &row.id).winner, Some(1));
    assert!(count(&brand, &row.id, PersonState::Waiting, "quota") >= reached - 1, "they have had theirs");
    assert_eq!(rest_of(&brand, &row.id), []);
    work(&brand, &row.id, 20 * 3_600);
    assert!(rest_of(&brand, &row.id).iter().map(|(_, people)| people).sum::<i64>() >= reached - 1);
}

fn a_test_that_is_stopped_ends(t: TestDb) {
    let brand = Brand::open(t);
    let row = tested(&brand, &people(&brand));
    let held = count(&brand, &row.id, PersonState::Waiting, "test_cell");
    work(&brand, &row.id, 600);
    let (reach, now, id) = (brand.reach.clone(), brand.now(), row.id.clone());
    brand.act(move |tx| reach.cancel_message(tx, &id, now));
    assert!(count(&brand, &row.id, PersonState::Skipped, "cancelled") >= held);
    // Nothing was told what is best: whoever were asked would fail.
    work(&brand, &row.id, 8 * 3_600);
    assert_eq!((test_of(&brand, &row.id).decided_at, rest_of(&brand, &row.id)), (None, vec![]));
    assert_eq!(choose(&brand, &row.id, 0).unwrap_err().code, "internal");
    assert_eq!(brand.read(|tx| brand.reach.message(tx, &row.id)).state, "cancelled");
}

fn wrong_tests_are_told(t: TestDb) {
    let brand = Brand::open(t);
    let all = people(&brand);
    let now = brand.now();
    let own = || BroadcastIn { variants: vec![content("x")], ..given("a", all.clone()) };
    let with = |test: ContentTestIn| BroadcastIn { test: Some(test), ..own() };
    let late = now.plus_seconds(7 * 3_600 - 1);
    for (input, field) in [
        (BroadcastIn { variants: vec![], ..with(TEST) }, "variants"),
        (with(ContentTestIn { percent: 4, ..TEST }), "test.percent"),
        (with(ContentTestIn { percent: 50, ..TEST }), "test.percent"),
        (with(ContentTestIn { hours: 0, ..TEST }), "test.hours"),
        (with(ContentTestIn { hours: 721, ..TEST }), "test.hours"),
        (with(ContentTestIn { hours: 72, ..TEST }), "test.hours"),
        (BroadcastIn { expires: Some(late), ..with(TEST) }, "test.hours"),
        (
            BroadcastIn { message: MessageIn { people: all[..74].to_vec(), ..own().message }, ..with(TEST) },
            "test.percent",
        ),
        // Slowly: the test's own people take hours.
        (
            BroadcastIn { per_hour: all.len() as i64 / 73 + 1, ..with(ContentTestIn { hours: 24, ..TEST }) },
            "test.hours",
        ),
    ] {
        let reach = brand.reach.clone();
        let refusal = brand.db.transact(move |tx| reach.create_broadcast(tx, &input, now)).unwrap_err();
        assert_eq!((refusal.code, refusal.field.as_deref()), ("broadcast_invalid", Some(field)), "{refusal:?}");
    }
    assert_eq!(brand.int("SELECT COUNT(*) FROM broadcast_test"), 0);
}
