//! Mass messages through staff: split, made once, confirmed or not, read back; the sum is right at every step.

use crate::brand::{Brand, MIGRATIONS, content};
use siyu_contacts::Ran;
use siyu_db::{Db, Engine, OpenMode};
use siyu_kernel::PersonNum;
use siyu_reach::{MessageIn, PersonQuery, PersonState, Sums, TaskRow, TaskState, Terms};
use siyu_sandbox::{Faults, Reasons};
use siyu_testkit::TestDb;

siyu_testkit::contract!(MIGRATIONS;
    a_message_goes_through_staff_and_comes_back, cancelled_and_reminded, an_unknown_outcome_is_looked_up, the_same_words_twice_are_told_apart, nobody_left_is_nobody_asked, of_the_erased_no_list_keeps_a_trace, what_goes_out_comes_before_what_is_read, a_task_without_a_list_goes_out_whole, what_is_never_reported_ends, who_is_merged_meanwhile_is_reached, mistakes_are_told,
    a_large_one_is_decided_behind, nobody_confirms_in_time, who_says_no_in_between_gets_nothing, what_was_missed_overnight_waits_for_the_morning);

/// Everybody with a friend among the staff, and somebody without.
pub fn people(brand: &Brand) -> Vec<PersonNum> {
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
    brand.books_agree();
    row.sums
}
/// Works until nothing is due for `seconds`, moving the clock over pauses; the sum never changes.
pub fn work(brand: &Brand, id: &str, seconds: i64) {
    let (until, people) = (brand.now().plus_seconds(seconds), sums(brand, id).people);
    let next = |ran: Ran| match ran {
        Ran::Went => {
            assert_eq!(sums(brand, id).people, people);
            Some(brand.now())
        }
        Ran::Waits(at) => Some(at),
        Ran::Nothing => None,
    };
    loop {
        let (gate, messages) = (next(brand.reach.work_gate().unwrap()), next(brand.reach.work_messages().unwrap()));
        match gate.into_iter().chain(messages).min() {
            Some(at) if at <= brand.now() => {}
            Some(at) if at < until => brand.clock.move_to(at),
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
    // A second one on the same day: WeCom lets nobody have two, so the gate asks it of nobody. Whoever has had none gets it.
    let split = brand.read(|tx| brand.reach.split_message(tx, &input, brand.now()));
    assert_eq!(split.had_today as i64, after.sent);
    assert_eq!(split.waiting.get("quota").copied().unwrap_or(0) as i64, after.sent);
    let second = create(&brand, all);
    work(&brand, &second, 300);
    confirm(&brand, tasks.len());
    work(&brand, &second, 600);
    let reasons = brand.read(|tx| brand.reach.message_reasons(tx, &second));
    let of = |state: PersonState, reason: &str| {
        reasons.iter().find(|(own, why, _)| *own == state && why == reason).map_or(0, |(_, _, count)| *count)
    };
    assert_eq!(of(PersonState::Waiting, "quota"), after.sent, "{reasons:?}");
    assert_eq!(of(PersonState::Failed, "limit_reached"), 0, "{reasons:?}");
    // The next morning it is their turn; nobody is told anything at night.
    let before = brand.world(|world| world.masses.len());
    work(&brand, &second, 13 * 3_600);
    assert_eq!(brand.world(|world| world.masses.len()), before, "at one in the morning nobody is asked to send");
    work(&brand, &second, 8 * 3_600);
    assert!(brand.world(|world| world.masses.len()) > before);
    confirm(&brand, before);
    work(&brand, &second, 3_600);
    let row = brand.read(|tx| brand.reach.message(tx, &second));
    assert_eq!((row.state.as_str(), row.sums.waiting), ("ended", 0), "{:?}", row.sums);
    assert!(row.sums.sent >= after.sent);
}

/// All tasks of masses made from this one on are confirmed.
pub fn confirm(brand: &Brand, from: usize) {
    brand.world(|world| (from..world.masses.len()).for_each(|mass| world.confirm_mass(mass, 0)));
}

fn terms(brand: &Brand) -> Terms {
    Terms::plain(brand.now())
}
fn create_by(brand: &Brand, people: Vec<PersonNum>, terms: Terms) -> String {
    let input = MessageIn {
        name: "秋日礼遇".into(),
        content: content("{{ staff.name }}：秋日新品到店"),
        people,
        audience: String::new(),
        by: "test".into(),
    };
    let (reach, now) = (brand.reach.clone(), brand.now());
    brand.act(move |tx| reach.create_message_by(tx, &input, &[content("另一种说法")], &terms, now))
}

fn a_large_one_is_decided_behind(t: TestDb) {
    let brand = Brand::open(t);
    let all = people(&brand);
    // Two contents, in an hour, a few people at a time.
    let id = create_by(
        &brand,
        all.clone(),
        Terms { start: brand.now().plus_seconds(3_600), per_hour: 240, ..terms(&brand) },
    );
    assert_eq!(sums(&brand, &id), Sums { people: all.len() as i64, waiting: all.len() as i64, ..Sums::default() });
    work(&brand, &id, 3_000);
    assert_eq!(brand.world(|world| world.masses.len()), 0);
    work(&brand, &id, 3_600);
    assert!(brand.world(|world| world.masses.len()) > 1);
    confirm(&brand, 0);
    work(&brand, &id, 3_600);
    let after = sums(&brand, &id);
    assert_eq!((after.sent, after.skipped), (all.len() as i64 - 1, 1), "{after:?}");
    let tasks = brand.read(|tx| brand.reach.message_tasks(tx, &id));
    assert!(tasks.iter().any(|task| task.variant == 0) && tasks.iter().any(|task| task.variant == 1));
    assert_eq!(brand.events("Message Sent").len() as i64, after.sent);
}

fn nobody_confirms_in_time(t: TestDb) {
    let brand = Brand::open(t);
    let all = people(&brand);
    let id = create_by(&brand, all.clone(), Terms { expires: brand.now().plus_seconds(7_200), ..terms(&brand) });
    work(&brand, &id, 600);
    let first = brand.world(|world| {
        world.confirm_mass(0, 0);
        world.masses[0].tasks[0].targets.len() as i64
    });
    work(&brand, &id, 3 * 3_600);
    let row = brand.read(|tx| brand.reach.message(tx, &id));
    assert_eq!((row.state.as_str(), row.sums.waiting, row.sums.sent), ("ended", 0, first), "{:?}", row.sums);
    let reasons = brand.read(|tx| brand.reach.message_reasons(tx, &id));
    assert!(
        reasons.contains(&(PersonState::Skipped, "unconfirmed".into(), all.len() as i64 - 1 - first)),
        "{reasons:?}"
    );
    assert!(brand.world(|world| world.masses.iter().skip(1).all(|mass| mass.cancelled)));
    // What was not sent is nobody's message of the day.
    let again = create(&brand, all);
    assert_eq!(sums(&brand, &again).waiting, row.sums.people - 1);
}

fn who_says_no_in_between_gets_nothing(t: TestDb) {
    let brand = Brand::open(t);
    let all = people(&brand);
    let id = create(&brand, all.clone());
    let (people, now, num) = (brand.people.clone(), brand.now(), all[0]);
    let consent = siyu_people::ConsentIn {
        purpose: "marketing".into(),
        channel: "any".into(),
        granted: false,
        text_version: "1".into(),
        evidence: String::new(),
    };
    brand.act(move |tx| people.record_consent(tx, num, &consent, "test", "test", now).map(drop));
    work(&brand, &id, 300);
    let asked: usize = brand.world(|world| world.masses.iter().map(|mass| mass.tasks[0].targets.len()).sum());
    assert_eq!(asked, all.len() - 2);
    let reasons = brand.read(|tx| brand.reach.message_reasons(tx, &id));
    assert!(reasons.contains(&(PersonState::Skipped, "consent_withdrawn".into(), 1)), "{reasons:?}");
}

fn what_was_missed_overnight_waits_for_the_morning(t: TestDb) {
    let brand = Brand::open(t);
    let all = people(&brand);
    let id = create(&brand, all.clone());
    // Let through at noon; nothing works until an hour before midnight.
    brand.clock.move_to(brand.now().plus_seconds(11 * 3_600));
    work(&brand, &id, 3_600);
    assert_eq!(brand.world(|world| world.masses.len()), 0);
    let reasons = brand.read(|tx| brand.reach.message_reasons(tx, &id));
    assert!(reasons.contains(&(PersonState::Waiting, "quiet_hours".into(), all.len() as i64 - 1)), "{reasons:?}");
    work(&brand, &id, 10 * 3_600);
    confirm(&brand, 0);
    work(&brand, &id, 3_600);
    assert_eq!(sums(&brand, &id).sent, all.len() as i64 - 1);
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

fn the_same_words_twice_are_told_apart(t: TestDb) {
    let brand = Brand::open(t);
    let mut all = people(&brand);
    all.pop();
    // The same content for one half of everybody and for the other: each member of staff is asked twice, with the same words.
    let (odd, even): (Vec<_>, Vec<_>) = all.into_iter().enumerate().partition(|(at, _)| at % 2 == 1);
    let ids = [odd, even].map(|own| create(&brand, own.into_iter().map(|(_, num)| num).collect()));
    brand.sandbox.set_faults(Faults::parse("timeout=1").unwrap());
    for _ in 0..60 {
        let _ = brand.reach.work_messages().unwrap();
    }
    brand.sandbox.set_faults(Faults::default());
    ids.iter().for_each(|id| work(&brand, id, 1_200));
    let mut tasks = Vec::new();
    for id in &ids {
        for task in brand.read(|tx| brand.reach.message_tasks(tx, id)) {
            let sql = "SELECT contact FROM message_person WHERE task = $1 ORDER BY contact";
            let ours = brand.read(|tx| Ok(tx.query(sql, siyu_db::params![task.id], |row| row.text(0))?));
            tasks.push((task.msgid, ours));
        }
    }
    let mut there = brand.world(|world| {
        let masses = world.masses.iter().enumerate().map(|(at, mass)| {
            let mut targets: Vec<String> = mass.tasks[0]
                .targets
                .iter()
                .map(|target| world.external_userid(world.relations[target.to].person))
                .collect();
            targets.sort();
            (world.id(siyu_sandbox::Id::Mass, at), targets)
        });
        masses.collect::<Vec<_>>()
    });
    tasks.sort();
    there.sort();
    assert_eq!(tasks, there);
}

fn what_is_never_reported_ends(t: TestDb) {
    let brand = Brand::open(t);
    let id = create(&brand, people(&brand));
    work(&brand, &id, 300);
    confirm(&brand, 0);
    // WeCom knows who has confirmed, and says nothing of the customers.
    brand.world(|world| {
        let targets = world.masses.iter_mut().flat_map(|mass| &mut mass.tasks).flat_map(|task| &mut task.targets);
        targets.for_each(|target| target.delivery = siyu_sandbox::world::Delivery::Waiting);
    });
    work(&brand, &id, 2 * 86_400);
    let before = sums(&brand, &id);
    assert!(before.waiting > 0 && before.failed == 0, "{before:?}");
    work(&brand, &id, 86_400 + 3_600);
    let after = sums(&brand, &id);
    assert_eq!((after.waiting, after.failed), (0, before.waiting), "{after:?}");
    let reasons = brand.read(|tx| brand.reach.message_reasons(tx, &id));
    assert!(reasons.contains(&(PersonState::Failed, "outcome_unknown".into(), after.failed)), "{reasons:?}");
    assert_eq!(brand.read(|tx| brand.reach.message(tx, &id)).state, "ended");
    // It may have come: nobody is free for another message of that day because of it.
    let touches = brand.read(|tx| Ok(tx.query("SELECT touches FROM gate_person", &[], |row| row.blob(0))?));
    assert!(touches.iter().filter(|own| own.len() > 1 && own[own.len() - 1] == 0).count() as i64 >= after.failed);
}

fn who_is_merged_meanwhile_is_reached(t: TestDb) {
    let brand = Brand::open(t);
    let mut all = people(&brand);
    let stranger = all.pop().unwrap();
    let one = all[0];
    let id = create_by(&brand, vec![one], Terms { start: brand.now().plus_seconds(600), ..terms(&brand) });
    // Before it begins somebody finds out that the two are one person; from now on that is the other number.
    let sql = "UPDATE person SET root = $1 WHERE root = $2";
    brand.act(move |tx| Ok(tx.execute(sql, siyu_db::params![stranger, one])?));
    work(&brand, &id, 1_200);
    let after = sums(&brand, &id);
    assert_eq!((after.skipped, after.waiting), (0, 1), "{after:?}");
    assert_eq!(brand.world(|world| world.masses.len()), 1);
}

fn nobody_left_is_nobody_asked(t: TestDb) {
    let brand = Brand::open(t);
    let all = people(&brand);
    let id = create(&brand, all);
    let first = brand.read(|tx| brand.reach.message_tasks(tx, &id)).remove(0);
    // All of one member's customers have been erased: a task for nobody would be one for everybody the member has.
    let sql = "UPDATE message_person SET contact = '' WHERE task = $1";
    let gone = brand.act(move |tx| Ok(tx.execute(sql, siyu_db::params![first.id])?)) as i64;
    work(&brand, &id, 1_200);
    let tasks = brand.read(|tx| brand.reach.message_tasks(tx, &id));
    assert_eq!(brand.world(|world| world.masses.len()), tasks.len() - 1);
    let own = tasks.iter().find(|task| task.id == first.id).unwrap();
    assert_eq!((own.state, own.sums.skipped, own.sums.waiting), (TaskState::Cancelled, gone, 0), "{own:?}");
    let reasons = brand.read(|tx| brand.reach.message_reasons(tx, &id));
    assert!(reasons.contains(&(PersonState::Skipped, "erased".into(), gone)), "{reasons:?}");
}

/// A workspace of before there were lists, in which a wave gathers.
#[test]
fn what_gathered_before_there_were_lists_is_complete() {
    let at = MIGRATIONS.iter().position(|own| own.id == "reach/0013_members").unwrap();
    let (before, later) = MIGRATIONS.split_at(at);
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let Some(old) = TestDb::open(engine, before) else { continue };
        let rows = |tx: &mut siyu_db::Tx<'_>| {
            let task = "INSERT INTO message_task (message, staff, userid, store, part, state, due_at, people) VALUES ('m', $1, '', '', 0, $2, $3, 9) RETURNING id";
            for (staff, state) in [("a", 7), ("b", 3)] {
                let id = tx.one(task, siyu_db::params![staff, state, siyu_kernel::Time::MAX], |row| row.int(0))?;
                for (num, end) in [0, 0, 1, 2, 2, 2, 3].into_iter().enumerate() {
                    let sql = "INSERT INTO message_person (message, num, contact, task, state, reason, at) VALUES ('m', $1, 'c', $2, $3, '', 0)";
                    tx.execute(sql, siyu_db::params![id * 100 + num as i64, id, end])?;
                }
            }
            Ok(())
        };
        old.db().transact(rows).unwrap();
        let config = old.config().with(later).mode(OpenMode::Migrate);
        let new = Db::open(config, &*old.clock).unwrap();
        let sql = "SELECT staff, state, people, sent, skipped, failed FROM message_task ORDER BY staff";
        let of = |row: siyu_db::RowRef<'_>| {
            let numbers = (1..6).map(|at| row.int(at)).collect::<Result<Vec<_>, _>>()?;
            Ok((row.text(0)?, numbers))
        };
        let tasks = new.read(|tx| Ok(tx.query(sql, &[], of)?)).unwrap();
        assert_eq!(tasks, [("a".to_owned(), vec![0, 7, 1, 3, 1]), ("b".to_owned(), vec![3, 7, 1, 3, 1])]);
    }
}

/// What no list names is found all the same: a task made before there were lists goes out whole.
fn a_task_without_a_list_goes_out_whole(t: TestDb) {
    let brand = Brand::open(t);
    let id = create(&brand, people(&brand));
    let meant: i64 = brand.read(|tx| brand.reach.message_tasks(tx, &id)).iter().map(|own| own.sums.waiting).sum();
    brand.act(|tx| Ok(tx.execute("DELETE FROM message_list", &[])?));
    while brand.reach.work_messages().unwrap() == Ran::Went {}
    let asked: usize =
        brand.world(|world| world.masses.iter().flat_map(|own| &own.tasks).map(|own| own.targets.len()).sum());
    assert_eq!(asked as i64, meant);
}

fn what_goes_out_comes_before_what_is_read(t: TestDb) {
    let brand = Brand::open(t);
    let all = people(&brand);
    // Nobody is meant by both: nobody waits because of the other.
    let (some, others) = all.split_at(all.len() / 2);
    let id = create(&brand, some.to_vec());
    while brand.reach.work_messages().unwrap() == Ran::Went {}
    // All tasks of the first have been waiting to be read for a while.
    brand.clock.move_to(brand.now().plus_days(1));
    let first = brand.world(|world| world.masses.len());
    let tasks = brand.read(|tx| brand.reach.message_tasks(tx, &id));
    assert!(first > 1 && tasks.iter().all(|task| !task.msgid.is_empty()), "{tasks:?}");
    let second = create(&brand, others.to_vec());
    let to_make = brand.read(|tx| brand.reach.message_tasks(tx, &second)).len();
    assert!(to_make > 1, "{to_make}");
    for made in 1..=to_make {
        assert_eq!(brand.reach.work_messages().unwrap(), Ran::Went);
        assert_eq!(brand.world(|world| world.masses.len()), first + made);
    }
    // And a wish to stop comes before reading, too.
    let (reach, now, own) = (brand.reach.clone(), brand.now(), second.clone());
    brand.act(move |tx| reach.cancel_message(tx, &own, now));
    let tasks = brand.read(|tx| brand.reach.message_tasks(tx, &second));
    for _ in &tasks {
        assert_eq!(brand.reach.work_messages().unwrap(), Ran::Went);
    }
    let tasks = brand.read(|tx| brand.reach.message_tasks(tx, &second));
    let told = |task: &TaskRow| task.state == TaskState::Cancelled || task.error.as_deref() == Some("being_dispatched");
    assert!(tasks.iter().all(told), "{tasks:?}");
    let unread = brand.read(|tx| brand.reach.message_tasks(tx, &id));
    assert!(unread.iter().all(|task| task.read_at.is_none()), "{unread:?}");
}

fn of_the_erased_no_list_keeps_a_trace(t: TestDb) {
    let brand = Brand::open(t);
    let id = create(&brand, people(&brand));
    let gone = brand.read(|tx| Ok(tx.one("SELECT MIN(num) FROM message_person", &[], |row| row.num(0))?));
    let marks = |sql: &str, from: usize| -> Vec<u32> {
        let blobs = brand.read(|tx| Ok(tx.query(sql, &[], |row| row.blob(0))?));
        let of = |bytes: &[u8]| u32::from_le_bytes(bytes.try_into().unwrap());
        let members = blobs.iter().flat_map(|own| own.chunks_exact(from + 8));
        members.filter(|own| of(&own[from..from + 4]) == gone).map(|own| of(&own[from + 4..])).collect()
    };
    let (lists, units) = ("SELECT people FROM message_list", "SELECT people FROM message_unit");
    let before = marks(lists, 0);
    assert!(before.len() == 1 && before[0] != 0, "{before:?}");
    // Another wave of it gathers.
    let mut unit = 1_i64.to_le_bytes().to_vec();
    unit.extend_from_slice(&gone.to_le_bytes());
    unit.extend_from_slice(&before[0].to_le_bytes());
    let sql = "INSERT INTO message_unit (message, people) VALUES ($1, $2)";
    brand.act(move |tx| Ok(tx.execute(sql, &[(&id).into(), siyu_db::Param::Blob(&unit)])?));
    assert_eq!(marks(units, 8), before);

    let reach = brand.reach.clone();
    brand.act(move |tx| reach.forget(tx, &[gone]));
    assert_eq!((marks(lists, 0), marks(units, 8)), (vec![0], vec![0]));
    brand.books_agree();
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
