//! Tasks nobody confirms: taken back and sent through other friends, in every order of events, and never twice to anybody.

use crate::brand::{Brand, MIGRATIONS, content};
use crate::messages::{confirm, people, work};
use siyu_contacts::Ran;
use siyu_gate::{QuietHours, Rules, Whose};
use siyu_kernel::{PersonNum, Refusal, Time};
use siyu_reach::{Care, MessageIn, PersonState, Sums, TaskRow, TaskState, Terms};
use siyu_sandbox::Reasons;
use siyu_sandbox::world::{Delivery, Source, Status};
use siyu_testkit::TestDb;
use std::collections::BTreeMap;

siyu_testkit::contract!(MIGRATIONS;
    who_is_not_sent_goes_through_another_friend, a_member_who_was_faster_keeps_them, a_lost_answer_is_asked_for_again,
    of_whom_wecom_says_nothing_nobody_is_moved, who_has_become_one_gets_it_once, whoever_cancels_meanwhile_comes_first,
    it_ends_when_the_message_does, each_friend_is_asked_once, an_hour_that_has_passed_is_decided_anew, it_is_done_by_itself, wrong_wishes_are_told,
    nobody_gets_it_twice_whatever_happens);

/// Some customers add one or two other members as well: those who have several friends now.
fn shared(brand: &Brand) -> Vec<PersonNum> {
    brand.world(|world| {
        let serving: Vec<usize> = (0..world.staff.len()).filter(|&staff| world.serves(staff)).collect();
        assert!(serving.len() > 2, "{} serve", serving.len());
        let friends: Vec<(usize, usize)> = world
            .relations
            .iter()
            .filter(|one| one.status == Status::Active)
            .map(|one| (one.person, one.staff))
            .collect();
        for (at, (person, first)) in friends.iter().take(16).enumerate() {
            let others = serving.iter().filter(|staff| *staff != first).skip(at % 2).take(1 + at % 3 / 2);
            for staff in others {
                world.befriend(*staff, *person, 1, Source::Personal, true, false).unwrap();
            }
        }
    });
    brand.runtime.block_on(brand.sandbox.settle());
    brand.work();
    let sql = "SELECT c.num FROM wecom_contact c JOIN wecom_follow f ON f.contact = c.id AND f.status = 0
        JOIN wecom_staff s ON s.key = f.staff AND s.serves = 1 AND s.gone_at IS NULL GROUP BY c.num HAVING COUNT(*) > 1 ORDER BY c.num";
    let all: Vec<PersonNum> = brand.read(|tx| Ok(tx.query(sql, &[], |row| row.num(0))?));
    assert!(all.len() > 5, "{} have two friends", all.len());
    all
}
fn create(brand: &Brand, people: Vec<PersonNum>, care: Care) -> String {
    create_by(brand, people, care, Rules { contest_minutes: 0, ..Rules::none() })
}
fn create_by(brand: &Brand, people: Vec<PersonNum>, care: Care, rules: Rules) -> String {
    let input = MessageIn {
        name: "秋日礼遇".into(),
        content: content("{{ staff.name }}：秋日新品到店"),
        people,
        audience: String::new(),
        by: "test".into(),
    };
    let (reach, gate, now) = (brand.reach.clone(), brand.reach.gate().clone(), brand.now());
    let terms = Terms { expires: now.plus_days(20), ..Terms::plain(now) };
    brand.act(move |tx| {
        gate.save_rules(tx, &rules, None, "", "test", now)?;
        let id = reach.create_message_by(tx, &input, &[], &terms, now)?;
        reach.set_care(tx, &id, care)?;
        Ok(id)
    })
}
fn made(brand: &Brand, people: Vec<PersonNum>) -> String {
    let id = create(brand, people, Care::default());
    work(brand, &id, 120);
    id
}
fn tasks(brand: &Brand, id: &str) -> Vec<TaskRow> {
    brand.read(|tx| brand.reach.message_tasks(tx, id))
}
fn sums(brand: &Brand, id: &str) -> Sums {
    brand.books_agree();
    brand.read(|tx| brand.reach.message(tx, id)).sums
}
fn count(brand: &Brand, id: &str, state: PersonState, reason: &str) -> i64 {
    let reasons = brand.read(|tx| brand.reach.message_reasons(tx, id));
    reasons.iter().find(|(own, why, _)| *own == state && why == reason).map_or(0, |(_, _, count)| *count)
}
fn reassign(brand: &Brand, id: &str, task: i64) -> Result<(), Refusal> {
    let (reach, now, id) = (brand.reach.clone(), brand.now(), id.to_owned());
    brand.db.transact(move |tx| reach.reassign_task(tx, &id, task, now))
}
/// The task of those that wait whose people have most other friends.
fn first(brand: &Brand, id: &str) -> TaskRow {
    let waits = |own: &&TaskRow| own.state == TaskState::Unconfirmed && own.sums.waiting > 0;
    tasks(brand, id).iter().filter(waits).max_by_key(|own| own.sums.waiting).expect("a task waits").clone()
}
/// How often each person was sent something in all, and that nobody had it twice.
fn delivered(brand: &Brand) -> usize {
    let mut sent: BTreeMap<usize, usize> = BTreeMap::new();
    brand.world(|world| {
        for target in world.masses.iter().flat_map(|mass| &mass.tasks).flat_map(|task| &task.targets) {
            if target.delivery == Delivery::Sent {
                *sent.entry(world.relations[target.to].person).or_default() += 1;
            }
        }
    });
    assert!(sent.values().all(|times| *times == 1), "somebody got it twice: {sent:?}");
    sent.len()
}
/// What each person of the message has with the gate counts once.
fn touches(brand: &Brand) -> usize {
    let all = brand.read(|tx| Ok(tx.query("SELECT touches FROM gate_person", &[], |row| row.blob(0))?));
    let each = all.iter().map(|own| own.len().saturating_sub(1) / 15);
    each.inspect(|touches| assert!(*touches <= 1, "{touches} touches of one message")).sum()
}
fn mass_of(brand: &Brand, task: &TaskRow) -> usize {
    brand.world(|world| {
        (0..world.masses.len())
            .find(|at| world.id(siyu_sandbox::Id::Mass, *at) == task.msgid)
            .expect("WeCom has the task")
    })
}
fn step(brand: &Brand, seconds: i64) {
    brand.clock.move_to(brand.now().plus_seconds(seconds));
    while brand.reach.work_messages().unwrap() == Ran::Went {}
}

fn who_is_not_sent_goes_through_another_friend(t: TestDb) {
    let brand = Brand::open(t);
    let all = shared(&brand);
    let id = made(&brand, all.clone());
    let (before, had) = (first(&brand, &id), touches(&brand));
    reassign(&brand, &id, before.id).unwrap();
    assert!(tasks(&brand, &id).iter().any(|own| own.id == before.id && own.leaving));
    step(&brand, 1);
    // WeCom has stopped it; its lists are looked at a minute later.
    assert!(brand.world(|world| world.masses[0..].iter().any(|mass| mass.cancelled)));
    assert_eq!(tasks(&brand, &id).iter().find(|own| own.id == before.id).unwrap().sums.waiting, before.sums.waiting);
    work(&brand, &id, 600);
    let after = tasks(&brand, &id);
    let old = after.iter().find(|own| own.id == before.id).unwrap();
    assert_eq!(
        (old.state, old.sums.people, old.moved, old.leaving),
        (TaskState::Cancelled, 0, before.sums.waiting, false)
    );
    assert!(after.iter().all(|own| own.id <= before.id || own.userid != before.userid));
    let now = sums(&brand, &id);
    assert_eq!((now.people, now.waiting), (all.len() as i64, all.len() as i64), "{now:?}");
    assert_eq!(touches(&brand), had, "nothing is counted twice");
    confirm(&brand, 0);
    work(&brand, &id, 3_600);
    assert_eq!(sums(&brand, &id).sent, all.len() as i64);
    assert_eq!(delivered(&brand), all.len());
    assert_eq!((touches(&brand), brand.events("Message Skipped").len()), (had, 0));
    assert_eq!(brand.events("Message Sent").len(), all.len());
    assert_eq!(brand.read(|tx| brand.reach.message(tx, &id)).state, "ended");
}

fn a_member_who_was_faster_keeps_them(t: TestDb) {
    let brand = Brand::open(t);
    let all = shared(&brand);
    let id = made(&brand, all.clone());
    let (task, before) = (first(&brand, &id), tasks(&brand, &id).len());
    reassign(&brand, &id, task.id).unwrap();
    // Confirmed before WeCom is told to stop; what it did to two customers is not known yet.
    let mass = mass_of(&brand, &task);
    brand.world(|world| {
        world.confirm_mass(mass, 0);
        world.masses[mass].tasks[0].targets[0].delivery = Delivery::Waiting;
    });
    work(&brand, &id, 600);
    let own = tasks(&brand, &id).into_iter().find(|own| own.id == task.id).unwrap();
    assert_eq!((own.state, own.moved, own.sums.waiting), (TaskState::Confirmed, 0, 1), "{own:?}");
    assert_eq!(tasks(&brand, &id).len(), before, "nobody else is asked");
    // It is told later; or never.
    brand.world(|world| world.masses[mass].tasks[0].targets[0].delivery = Delivery::Sent);
    work(&brand, &id, 7_200);
    confirm(&brand, 0);
    work(&brand, &id, 7_200);
    assert_eq!(sums(&brand, &id).sent, all.len() as i64);
    assert_eq!(delivered(&brand), all.len());
}

fn a_lost_answer_is_asked_for_again(t: TestDb) {
    let brand = Brand::open(t);
    let all = shared(&brand);
    let id = made(&brand, all.clone());
    let task = first(&brand, &id);
    // WeCom stops it and nobody hears of it; then its lists cannot be read for a while.
    brand.wire.lose("cancel_groupmsg_send", 3);
    brand.wire.lose("get_groupmsg_send_result", 2);
    reassign(&brand, &id, task.id).unwrap();
    step(&brand, 1);
    let own = tasks(&brand, &id).into_iter().find(|own| own.id == task.id).unwrap();
    assert_eq!(
        (own.moved, own.sums.waiting, own.leaving),
        (0, task.sums.waiting, true),
        "not before WeCom has said so"
    );
    // Another process goes on.
    let next = brand.second();
    for _ in 0..60 {
        brand.clock.move_to(brand.now().plus_seconds(20));
        while next.reach.work_messages().unwrap() == Ran::Went {}
    }
    let own = tasks(&brand, &id).into_iter().find(|own| own.id == task.id).unwrap();
    assert_eq!((own.state, own.moved), (TaskState::Cancelled, task.sums.waiting), "{own:?}");
    confirm(&brand, 0);
    work(&brand, &id, 7_200);
    assert_eq!((sums(&brand, &id).sent, delivered(&brand)), (all.len() as i64, all.len()));
}

fn of_whom_wecom_says_nothing_nobody_is_moved(t: TestDb) {
    let brand = Brand::open(t);
    let all = shared(&brand);
    let id = made(&brand, all.clone());
    let task = first(&brand, &id);
    let mass = mass_of(&brand, &task);
    reassign(&brand, &id, task.id).unwrap();
    brand.world(|world| world.masses[mass].tasks[0].targets.remove(0));
    work(&brand, &id, 600);
    let own = tasks(&brand, &id).into_iter().find(|own| own.id == task.id).unwrap();
    assert_eq!((own.moved, own.sums.failed), (task.sums.waiting - 1, 1));
    assert_eq!(count(&brand, &id, PersonState::Failed, "outcome_unknown"), 1);
    confirm(&brand, 0);
    work(&brand, &id, 7_200);
    assert_eq!((sums(&brand, &id).sent, delivered(&brand)), (all.len() as i64 - 1, all.len() - 1));
}

fn who_has_become_one_gets_it_once(t: TestDb) {
    let brand = Brand::open(t);
    let all = shared(&brand);
    let id = made(&brand, all.clone());
    let task = first(&brand, &id);
    let sql = "SELECT num FROM message_person WHERE task = $1 ORDER BY num";
    let of: Vec<PersonNum> = brand.read(|tx| Ok(tx.query(sql, siyu_db::params![task.id], |row| row.num(0))?));
    let two = (of[0], all.iter().copied().find(|num| *num != of[0]).unwrap());
    // Somebody finds out that one of the task and another of the message are one person.
    let sql = "UPDATE person SET root = $1 WHERE root = $2";
    brand.act(move |tx| Ok(tx.execute(sql, siyu_db::params![two.1, two.0])?));
    reassign(&brand, &id, task.id).unwrap();
    work(&brand, &id, 600);
    assert_eq!(count(&brand, &id, PersonState::Skipped, "duplicate"), 1);
    confirm(&brand, 0);
    work(&brand, &id, 7_200);
    let now = sums(&brand, &id);
    assert_eq!((now.sent, now.skipped, now.waiting), (all.len() as i64 - 1, 1, 0), "{now:?}");
    delivered(&brand);
}

fn whoever_cancels_meanwhile_comes_first(t: TestDb) {
    let brand = Brand::open(t);
    let all = shared(&brand);
    let id = made(&brand, all.clone());
    reassign(&brand, &id, first(&brand, &id).id).unwrap();
    step(&brand, 1);
    let (masses, before) = (brand.world(|world| world.masses.len()), tasks(&brand, &id).len());
    let (reach, now, own) = (brand.reach.clone(), brand.now(), id.clone());
    brand.act(move |tx| reach.cancel_message(tx, &own, now));
    work(&brand, &id, 3_600);
    assert_eq!((brand.world(|world| world.masses.len()), tasks(&brand, &id).len()), (masses, before));
    assert_eq!(count(&brand, &id, PersonState::Skipped, "cancelled"), all.len() as i64);
    assert_eq!(touches(&brand), 0, "they are free again");
}

fn it_ends_when_the_message_does(t: TestDb) {
    let brand = Brand::open(t);
    let all = shared(&brand);
    let id = made(&brand, all.clone());
    let expires = brand.read(|tx| brand.reach.gate().run(tx, &id)).expires;
    brand.clock.move_to(expires.plus_seconds(-30));
    reassign(&brand, &id, first(&brand, &id).id).unwrap();
    let masses = brand.world(|world| world.masses.len());
    step(&brand, 1);
    work(&brand, &id, 3_600);
    assert_eq!(brand.world(|world| world.masses.len()), masses);
    assert_eq!(count(&brand, &id, PersonState::Skipped, "unconfirmed"), all.len() as i64);
}

fn each_friend_is_asked_once(t: TestDb) {
    let brand = Brand::open(t);
    let one = shared(&brand)[0];
    let id = made(&brand, vec![one]);
    let mut asked = Vec::new();
    // As long as there is another friend.
    for _ in 0..20 {
        let task = first(&brand, &id);
        asked.push(task.userid.clone());
        match reassign(&brand, &id, task.id) {
            Ok(()) => work(&brand, &id, 600),
            Err(refusal) => {
                assert_eq!(refusal.code, "message_task_alone");
                break;
            }
        }
    }
    let mut each = asked.clone();
    each.sort();
    each.dedup();
    assert!(asked.len() > 1 && each.len() == asked.len(), "{asked:?}");
    // The last one confirms.
    confirm(&brand, 0);
    work(&brand, &id, 3_600);
    assert_eq!((sums(&brand, &id).sent, delivered(&brand)), (1, 1));
}

fn an_hour_that_has_passed_is_decided_anew(t: TestDb) {
    let brand = Brand::open(t);
    let all = shared(&brand);
    let night = QuietHours { from: 22 * 60, to: 8 * 60, zone: Whose::Brand };
    let evening = Time::parse("2027-03-01T12:00:00Z").unwrap();
    brand.clock.move_to(evening);
    let id = create_by(&brand, all.clone(), Care::default(), Rules { quiet: Some(night), ..Rules::none() });
    work(&brand, &id, 2 * 3_600 - 60);
    let (task, had) = (first(&brand, &id), touches(&brand));
    let sql = "SELECT num FROM message_person WHERE task = $1 ORDER BY num";
    let of: Vec<PersonNum> = brand.read(|tx| Ok(tx.query(sql, siyu_db::params![task.id], |row| row.num(0))?));
    // Taken back a minute before the night begins: the next member would be asked in it.
    reassign(&brand, &id, task.id).unwrap();
    work(&brand, &id, 3_600);
    assert_eq!(count(&brand, &id, PersonState::Waiting, "quiet_hours"), of.len() as i64);
    assert_eq!(touches(&brand), had - of.len(), "who waits has nothing on its way");
    assert_eq!(sums(&brand, &id).waiting, all.len() as i64);
    // In the morning they go, and not through the member they were taken back from.
    work(&brand, &id, 10 * 3_600);
    assert_eq!(touches(&brand), had);
    let through = "SELECT COUNT(*) FROM message_person p JOIN message_task t ON t.id = p.task WHERE p.state = 0 AND t.userid = $1 AND p.num = $2";
    for num in of {
        let same = brand.read(|tx| Ok(tx.one(through, siyu_db::params![&task.userid, num], |row| row.int(0))?));
        assert_eq!(same, 0, "{num} waits for {} again", task.userid);
    }
    confirm(&brand, 0);
    work(&brand, &id, 3_600);
    assert_eq!((sums(&brand, &id).sent, delivered(&brand)), (all.len() as i64, all.len()));
}

fn it_is_done_by_itself(t: TestDb) {
    let brand = Brand::open(t);
    let both = shared(&brand);
    let all = people(&brand);
    let reached = all.len() as i64 - 1;
    // In the morning, so that members are reminded at once.
    let morning = Time::parse("2027-03-01T01:00:00Z").unwrap();
    brand.clock.move_to(morning.max(brand.now()));
    let id = create(&brand, all.clone(), Care { nudge_hours: Some(4), reassign_hours: Some(8) });
    let reminded = |brand: &Brand| tasks(brand, &id).iter().filter(|own| own.reminded_at.is_some()).count();
    let moved = |brand: &Brand| tasks(brand, &id).iter().map(|own| own.moved).sum::<i64>();
    // (hours since, all reminded, some moved)
    for (hours, nudged, gone) in [(3, false, false), (5, true, false), (7, true, false), (10, true, true)] {
        let since = (brand.now().0 - morning.0) / 1_000_000;
        work(&brand, &id, hours * 3_600 - since);
        assert_eq!((reminded(&brand) > 0, moved(&brand) > 0), (nudged, gone), "{hours} hours");
        assert_eq!(sums(&brand, &id).waiting, reached);
    }
    assert!(moved(&brand) <= both.len() as i64);
    // Who has nobody else stays with their member, who may confirm yet.
    confirm(&brand, 0);
    work(&brand, &id, 7_200);
    assert_eq!((sums(&brand, &id).sent, delivered(&brand) as i64), (reached, reached));
    let reminders = brand.world(|world| world.masses.iter().map(|mass| mass.reminders.len()).max());
    assert_eq!(reminders, Some(1), "each task once");
}

fn wrong_wishes_are_told(t: TestDb) {
    let brand = Brand::open(t);
    let all = shared(&brand);
    let id = create(&brand, all.clone(), Care::default());
    let making = tasks(&brand, &id)[0].id;
    assert_eq!(reassign(&brand, &id, making).unwrap_err().code, "message_task_state", "WeCom does not have it yet");
    work(&brand, &id, 120);
    assert_eq!(reassign(&brand, &id, 999_999).unwrap_err().code, "message_task_unknown");
    assert_eq!(reassign(&brand, "msg_x", making).unwrap_err().code, "message_unknown");
    let task = first(&brand, &id);
    reassign(&brand, &id, task.id).unwrap();
    assert_eq!(reassign(&brand, &id, task.id).unwrap_err().code, "message_task_state", "once");
    confirm(&brand, 0);
    work(&brand, &id, 3_600);
    assert_eq!(reassign(&brand, &id, task.id).unwrap_err().code, "message_over");
    for (field, care) in [
        ("nudge_after_hours", Care { nudge_hours: Some(0), reassign_hours: None }),
        ("reassign_after_hours", Care { nudge_hours: Some(1), reassign_hours: Some(721) }),
    ] {
        let (reach, id) = (brand.reach.clone(), id.clone());
        let refusal = brand.db.transact(move |tx| reach.set_care(tx, &id, care)).unwrap_err();
        assert_eq!((refusal.code, refusal.field.as_deref()), ("message_care", Some(field)));
    }
}

/// Chance confirms, takes back, loses answers, ends friendships, makes two people one and moves the clock.
fn nobody_gets_it_twice_whatever_happens(t: TestDb) {
    let brand = Brand::open(t);
    shared(&brand);
    let all = people(&brand);
    let chance = siyu_kernel::Chance::seeded(23);
    let id = made(&brand, all.clone());
    let people = sums(&brand, &id).people;
    let mut taken = 0;
    for round in 0..120 {
        let masses = brand.world(|world| world.masses.len()) as u64;
        match chance.below(12) {
            0 => brand.world(|world| world.confirm_mass(chance.below(masses) as usize, 0)),
            1 => brand.wire.lose("cancel_groupmsg_send", chance.below(3) as usize),
            2 => brand.wire.lose("get_groupmsg_send_result", chance.below(3) as usize),
            3 => brand.wire.lose("add_msg_template", 1 + chance.below(2) as usize),
            4 if round % 4 == 0 => {
                let relations = brand.world(|world| world.relations.len()) as u64;
                brand.world(|world| world.customer_deletes(chance.below(relations) as usize, Reasons::default()));
                brand.runtime.block_on(brand.sandbox.settle());
                brand.work();
            }
            5 if round % 5 == 0 => {
                let (one, two) = (all[chance.below(20) as usize], all[20 + chance.below(20) as usize]);
                let sql = "UPDATE person SET root = $1 WHERE root = $2";
                brand.act(move |tx| Ok(tx.execute(sql, siyu_db::params![one, two])?));
            }
            6..=9 => {
                let open = tasks(&brand, &id);
                let task = &open[chance.below(open.len() as u64) as usize];
                taken += i64::from(reassign(&brand, &id, task.id).is_ok());
            }
            _ => {}
        }
        for _ in 0..chance.below(4) {
            if brand.reach.work_messages().unwrap() != Ran::Went {
                break;
            }
        }
        brand.clock.move_to(brand.now().plus_seconds(chance.below(240) as i64));
        let now = sums(&brand, &id);
        assert_eq!(now.people, people);
        assert_eq!(now.people, now.waiting + now.sent + now.skipped + now.failed);
        delivered(&brand);
        touches(&brand);
    }
    assert!(taken > 5, "{taken} tasks were taken back");
    confirm(&brand, 0);
    work(&brand, &id, 6 * 3_600);
    confirm(&brand, 0);
    work(&brand, &id, 4 * 86_400);
    assert_eq!(sums(&brand, &id).waiting, 0);
    let got = delivered(&brand) as i64;
    // What was sent is known to be, or nobody claims to know.
    let after = sums(&brand, &id);
    assert!(
        after.sent <= got && got <= after.sent + count(&brand, &id, PersonState::Failed, "outcome_unknown"),
        "{after:?} {got}"
    );
    // Whoever waits for the ends is told each once.
    let told = brand.told.0.lock().unwrap().clone();
    assert_eq!((told.len() as i64, told.values().copied().max()), (people, Some(1)));
    brand.books_agree();
}
