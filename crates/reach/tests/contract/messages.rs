//! Mass messages through staff: split, made once, confirmed or not, read back; the sum is right at every step.

use crate::brand::{Brand, MIGRATIONS, content};
use siyu_contacts::Ran;
use siyu_kernel::PersonNum;
use siyu_reach::{MessageIn, PersonQuery, PersonState, Sums, TaskState};
use siyu_sandbox::{Faults, Reasons};
use siyu_testkit::TestDb;

siyu_testkit::contract!(MIGRATIONS;
    a_message_goes_through_staff_and_comes_back, cancelled_and_reminded, an_unknown_outcome_is_looked_up, mistakes_are_told);

/// Everybody with a friend among the staff, and somebody without.
fn people(brand: &Brand) -> Vec<PersonNum> {
    let mut all = brand.read(|tx| {
        Ok(tx.query("SELECT DISTINCT c.num FROM wecom_contact c JOIN wecom_follow f ON f.contact = c.id AND f.status = 0 ORDER BY c.num", &[], |row| row.num(0))?)
    });
    let (people, now) = (brand.people.clone(), brand.now());
    all.push(brand.act(move |tx| {
        let phone = siyu_kernel::Identifier::new(siyu_kernel::Kind::Phone, "13912345678").unwrap();
        Ok(people.resolve(tx, &[people.prepare([phone], now)], "test", now)?[0].as_ref().unwrap().node)
    }));
    all
}
fn create(brand: &Brand, people: Vec<PersonNum>) -> String {
    let input = MessageIn {
        name: "秋日礼遇".into(),
        content: content("{{ staff.name }}：秋日新品到店"),
        people,
        audience: String::new(),
        by: "test".into(),
    };
    let (reach, now) = (brand.reach.clone(), brand.now());
    brand.act(move |tx| reach.create_message(tx, &input, now))
}
fn sums(brand: &Brand, id: &str) -> Sums {
    let row = brand.read(|tx| brand.reach.message(tx, id));
    let counted = row.sums.waiting + row.sums.sent + row.sums.skipped + row.sums.failed;
    assert_eq!(row.sums.people, counted);
    row.sums
}
/// Works until nothing is due for `seconds`, moving the clock over pauses; the sum never changes.
fn work(brand: &Brand, id: &str, seconds: i64) {
    let (until, people) = (brand.now().plus_seconds(seconds), sums(brand, id).people);
    loop {
        match brand.reach.work_messages().unwrap() {
            Ran::Went => assert_eq!(sums(brand, id).people, people),
            Ran::Waits(at) if at < until => brand.clock.move_to(at),
            _ => break,
        }
    }
    brand.clock.move_to(until);
}

fn a_message_goes_through_staff_and_comes_back(t: TestDb) {
    let brand = Brand::open(t);
    let all = people(&brand);
    let input = MessageIn {
        name: "a".into(),
        content: content("新品"),
        people: all.clone(),
        audience: String::new(),
        by: "test".into(),
    };
    let split = brand.read(|tx| brand.reach.split_message(tx, &input, brand.now()));
    assert_eq!((split.people, split.skipped.get("no_friend"), split.had_today), (all.len(), Some(&1), 0));
    assert_eq!(split.staff.iter().map(|share| share.people).sum::<usize>(), all.len() - 1);
    let id = create(&brand, all.clone());
    let before = sums(&brand, &id);
    assert_eq!((before.people, before.skipped, before.waiting), (all.len() as i64, 1, all.len() as i64 - 1));
    work(&brand, &id, 300);
    let tasks = brand.read(|tx| brand.reach.message_tasks(tx, &id));
    assert_eq!(tasks.len(), split.staff.len());
    assert!(tasks.iter().all(|task| task.state == TaskState::Unconfirmed && !task.msgid.is_empty()), "{tasks:?}");
    assert_eq!(brand.world(|world| world.masses.len()), tasks.len());
    // One of a task's customers leaves, then all confirm but one member.
    let gone = brand.world(|world| {
        let target = world.masses[0].tasks[0].targets[0].to;
        world.customer_deletes(target, Reasons::default());
        (1..world.masses.len()).for_each(|mass| world.confirm_mass(mass, 0));
        world.confirm_mass(0, 0);
        target
    });
    work(&brand, &id, 600);
    let after = sums(&brand, &id);
    assert_eq!((after.sent, after.failed, after.waiting), (before.waiting - 1, 1, 0), "{after:?}");
    let row = brand.read(|tx| brand.reach.message(tx, &id));
    assert_eq!((row.state.as_str(), row.confirmed), ("ended", row.tasks));
    let query =
        PersonQuery { message: id.clone(), state: Some(PersonState::Failed), limit: 10, ..PersonQuery::default() };
    let failed = brand.read(|tx| brand.reach.message_people(tx, &query));
    let name = brand.world(|world| world.people[world.relations[gone].person].name.clone());
    assert_eq!((failed.len(), failed[0].reason.as_str(), failed[0].name.as_str()), (1, "not_friends", name.as_str()));
    assert_eq!(brand.events("Message Sent").len() as i64, after.sent);
    assert_eq!(brand.events("Message").len(), all.len());
    // A second one on the same day: WeCom lets nobody have two.
    let split = brand.read(|tx| brand.reach.split_message(tx, &input, brand.now()));
    assert_eq!(split.had_today as i64, after.sent);
    let second = create(&brand, all);
    work(&brand, &second, 300);
    brand.world(|world| {
        let from = tasks.len();
        (from..world.masses.len()).for_each(|mass| world.confirm_mass(mass, 0));
    });
    work(&brand, &second, 600);
    let reasons = brand.read(|tx| brand.reach.message_reasons(tx, &second));
    assert!(
        reasons.iter().any(|(state, reason, count)| *state == PersonState::Failed
            && reason == "limit_reached"
            && *count == after.sent),
        "{reasons:?}"
    );
}

fn cancelled_and_reminded(t: TestDb) {
    let brand = Brand::open(t);
    let all = people(&brand);
    let id = create(&brand, all.clone());
    work(&brand, &id, 300);
    let (reach, now, own) = (brand.reach.clone(), brand.now(), id.clone());
    let reminded = brand.act(move |tx| reach.remind_message(tx, &own, now));
    work(&brand, &id, 60);
    let tasks = brand.read(|tx| brand.reach.message_tasks(tx, &id));
    assert_eq!(tasks.iter().filter(|task| task.reminded_at.is_some()).count() as u64, reminded);
    assert_eq!(
        brand.world(|world| world.masses.iter().filter(|mass| mass.reminders.len() == 1).count() as u64),
        reminded
    );
    // One member confirms, the rest is stopped.
    brand.world(|world| world.confirm_mass(0, 0));
    let (reach, now, own) = (brand.reach.clone(), brand.now(), id.clone());
    brand.act(move |tx| reach.cancel_message(tx, &own, now));
    work(&brand, &id, 300);
    let after = sums(&brand, &id);
    let first = brand.world(|world| world.masses[0].tasks[0].targets.len() as i64);
    assert_eq!((after.sent, after.waiting, after.failed), (first, 0, 0), "{after:?}");
    assert!(brand.world(|world| world.masses.iter().skip(1).all(|mass| mass.cancelled)));
    assert_eq!(brand.read(|tx| brand.reach.message(tx, &id)).state, "cancelled");
    let (reach, now) = (brand.reach.clone(), brand.now());
    assert_eq!(brand.db.transact(move |tx| reach.cancel_message(tx, &id, now)).unwrap_err().code, "message_over");
}

fn an_unknown_outcome_is_looked_up(t: TestDb) {
    let brand = Brand::open(t);
    let id = create(&brand, people(&brand));
    // Every call times out; half of them are carried out all the same.
    brand.sandbox.set_faults(Faults::parse("timeout=1").unwrap());
    for _ in 0..40 {
        let _ = brand.reach.work_messages().unwrap();
    }
    brand.sandbox.set_faults(Faults::default());
    let made = brand.world(|world| world.masses.len());
    work(&brand, &id, 1_200);
    let tasks = brand.read(|tx| brand.reach.message_tasks(tx, &id));
    assert!(tasks.iter().all(|task| task.state == TaskState::Unconfirmed), "{tasks:?}");
    let mut ids: Vec<&str> = tasks.iter().map(|task| task.msgid.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    // None was made twice: as many at WeCom as there are tasks, those that were made without an answer among them.
    assert_eq!(
        (ids.len(), brand.world(|world| world.masses.len())),
        (tasks.len(), tasks.len()),
        "{made} were made without an answer"
    );
    // A process that ended in the middle.
    brand.act(|tx| {
        Ok(tx.execute(
            "UPDATE message_task SET state = 1, msgid = '', due_at = 0 WHERE id = (SELECT MIN(id) FROM message_task)",
            &[],
        )?)
    });
    work(&brand, &id, 1_200);
    assert_eq!(brand.world(|world| world.masses.len()), tasks.len());
    assert!(
        brand.read(|tx| brand.reach.message_tasks(tx, &id)).iter().all(|task| task.state == TaskState::Unconfirmed)
    );
}

fn mistakes_are_told(t: TestDb) {
    let brand = Brand::open(t);
    let all = people(&brand);
    let stranger = *all.last().unwrap();
    for (name, text, people, code) in [
        ("", "x", all.clone(), "message_name"),
        ("a", "x", vec![], "message_people"),
        ("a", " ", all.clone(), "content_invalid"),
        ("a", "{{ customer.name or \"\" }}你好", all.clone(), "message_variable"),
        ("a", "x", vec![stranger], "message_nobody"),
    ] {
        let input =
            MessageIn { name: name.into(), content: content(text), people, audience: String::new(), by: "test".into() };
        let (reach, now) = (brand.reach.clone(), brand.now());
        assert_eq!(brand.db.transact(move |tx| reach.create_message(tx, &input, now)).unwrap_err().code, code);
    }
    assert_eq!(brand.int("SELECT COUNT(*) FROM message"), 0);
    assert_eq!(brand.read(|tx| Ok(brand.reach.message(tx, "msg_x").unwrap_err().code)), "message_unknown");
}
