//! Messages to groups through their owners, and material for the welcomes of groups.

use crate::brand::{Brand, MIGRATIONS, content};
use siyu_contacts::Ran;
use siyu_reach::content::{Content, Piece};
use siyu_reach::{
    Class, FileIn, GroupMessageIn, GroupQuery, GroupWelcomeIn, GroupWelcomeRow, PersonState, Sums, TaskState,
};
use siyu_sandbox::{Faults, Id};
use siyu_testkit::TestDb;

siyu_testkit::contract!(MIGRATIONS;
    a_message_goes_through_owners_and_comes_back, some_are_left_out_with_the_reason, an_unknown_outcome_of_groups_is_looked_up,
    a_message_to_groups_is_cancelled, what_nobody_confirms_is_taken_back, cancelled_before_it_is_certain, material_follows_at_wecom, material_of_unknown_outcome_is_left_to_people, wrong_wishes_for_groups_are_told);

fn groups(brand: &Brand) -> Vec<String> {
    brand.read(|tx| brand.reach.groups_of(tx, None, None))
}
fn input(groups: Vec<String>, class: Class) -> GroupMessageIn {
    let content = content("{{ staff.name }}提醒大家：今晚八点直播");
    GroupMessageIn { name: "直播预告".into(), content, groups, class, by: "test".into() }
}
fn create(brand: &Brand, groups: Vec<String>, class: Class) -> String {
    let (reach, now, input) = (brand.reach.clone(), brand.now(), input(groups, class));
    brand.act(move |tx| reach.create_group_message(tx, &input, now))
}
fn sums(brand: &Brand, id: &str) -> Sums {
    let own = brand.read(|tx| brand.reach.group_message(tx, None, id)).sums;
    assert_eq!(own.people, own.waiting + own.sent + own.skipped + own.failed);
    own
}
/// Works until nothing is due for `seconds`; how many groups there are never changes.
fn work(brand: &Brand, id: &str, seconds: i64) {
    let until = brand.now().plus_seconds(seconds);
    let before = (!id.is_empty()).then(|| sums(brand, id).people);
    loop {
        match brand.reach.work_groups().unwrap() {
            Ran::Went => assert_eq!((!id.is_empty()).then(|| sums(brand, id).people), before),
            Ran::Waits(at) if at < until => brand.clock.move_to(at),
            _ => break,
        }
    }
    brand.clock.move_to(until);
}
fn confirm_all(brand: &Brand) {
    brand.world(|world| {
        for mass in 0..world.masses.len() {
            (0..world.masses[mass].tasks.len()).for_each(|task| world.confirm_mass(mass, task));
        }
    });
}

fn a_message_goes_through_owners_and_comes_back(t: TestDb) {
    let brand = Brand::open(t);
    let all = groups(&brand);
    assert!(all.len() > 2, "the world has groups");
    let split =
        brand.read(|tx| brand.reach.split_group_message(tx, &input(all.clone(), Class::Marketing), brand.now()));
    assert_eq!((split.groups, split.skipped.len()), (all.len(), 0));
    assert_eq!(split.owners.iter().map(|own| own.groups).sum::<usize>(), all.len());
    let inside = brand.int("SELECT COUNT(DISTINCT userid) FROM wecom_member WHERE kind = 2 AND left_at IS NULL");
    assert_eq!(split.members, inside);
    let id = create(&brand, all.clone(), Class::Marketing);
    work(&brand, &id, 300);
    let tasks = brand.read(|tx| brand.reach.group_message_tasks(tx, &id));
    assert_eq!(tasks.len(), split.owners.len());
    assert!(tasks.iter().all(|task| task.state == TaskState::Unconfirmed && !task.msgid.is_empty()), "{tasks:?}");
    // One task for each owner, with the owner's name in its words.
    brand.world(|world| {
        assert_eq!(world.masses.len(), tasks.len());
        for mass in &world.masses {
            let owner = &world.staff[mass.tasks[0].staff];
            assert!(mass.to_groups && mass.tasks.len() == 1);
            assert_eq!(mass.text["content"], format!("{}提醒大家：今晚八点直播", owner.name));
        }
    });
    assert_eq!(sums(&brand, &id).waiting, all.len() as i64);
    // A group is dismissed before its owner confirms.
    let gone = brand.world(|world| {
        let group = world.masses[0].tasks[0].targets[0].to;
        world.dismiss_group(group);
        world.id(Id::Group, group)
    });
    confirm_all(&brand);
    work(&brand, &id, 600);
    let after = sums(&brand, &id);
    assert_eq!((after.sent, after.failed, after.waiting), (all.len() as i64 - 1, 1, 0), "{after:?}");
    let row = brand.read(|tx| brand.reach.group_message(tx, None, &id));
    assert_eq!((row.state.as_str(), row.confirmed, row.tasks), ("ended", row.tasks, tasks.len() as i64));
    let query = GroupQuery { message: id, state: Some(PersonState::Failed), staff: None, after: None, limit: 10 };
    let failed = brand.read(|tx| brand.reach.group_message_groups(tx, &query));
    assert_eq!((failed.len(), &failed[0].chat, failed[0].reason.as_str()), (1, &gone, "group_gone"));
    // The same day: marketing waits for another day, what is waited for is left to WeCom, which lets nobody have two.
    let rest: Vec<String> = all.iter().filter(|own| **own != gone).cloned().collect();
    let split =
        brand.read(|tx| brand.reach.split_group_message(tx, &input(rest.clone(), Class::Marketing), brand.now()));
    assert_eq!((split.owners.len(), split.skipped.get("group_had_today")), (0, Some(&rest.len())));
    let second = create(&brand, rest.clone(), Class::Service);
    work(&brand, &second, 120);
    confirm_all(&brand);
    work(&brand, &second, 600);
    let reasons = brand.read(|tx| brand.reach.group_message_reasons(tx, None, &second));
    assert_eq!(reasons, [(PersonState::Failed, "limit_reached".to_owned(), rest.len() as i64)]);
    // Another day has room again.
    brand.clock.move_to(brand.now().plus_days(1));
    let split =
        brand.read(|tx| brand.reach.split_group_message(tx, &input(rest.clone(), Class::Marketing), brand.now()));
    assert_eq!(split.skipped.len(), 0);
}

fn some_are_left_out_with_the_reason(t: TestDb) {
    let brand = Brand::open(t);
    let all = groups(&brand);
    let (first, second) = (all[0].clone(), all[1].clone());
    brand.act(move |tx| {
        tx.execute("UPDATE wecom_group SET dismissed_at = 1 WHERE id = $1", siyu_db::params![&first])?;
        let sql = "UPDATE wecom_staff SET serves = 0 WHERE key = (SELECT LOWER(owner) FROM wecom_group WHERE id = $1)";
        Ok(tx.execute(sql, siyu_db::params![&second])?)
    });
    let mut meant = all.clone();
    meant.extend(["wrNobodyKnows".to_owned(), all[2].clone()]);
    let unable = "SELECT COUNT(*) FROM wecom_group g JOIN wecom_staff s ON s.key = LOWER(g.owner) WHERE s.serves = 0 AND g.dismissed_at IS NULL";
    let unable = brand.int(unable);
    let id = create(&brand, meant, Class::Marketing);
    let own = sums(&brand, &id);
    // The one that was named twice is there once.
    assert_eq!((own.people, own.skipped), (all.len() as i64 + 1, 2 + unable));
    let reasons = brand.read(|tx| brand.reach.group_message_reasons(tx, None, &id));
    for (reason, count) in [("group_gone", 1), ("group_unknown", 1), ("owner_cannot_send", unable)] {
        assert!(reasons.contains(&(PersonState::Skipped, reason.to_owned(), count)), "{reason} {reasons:?}");
    }
    let (reach, now, only) = (brand.reach.clone(), brand.now(), input(vec![all[0].clone()], Class::Service));
    let refused = brand.db.transact(move |tx| reach.create_group_message(tx, &only, now)).unwrap_err();
    assert_eq!(refused.code, "group_message_nobody");
}

fn an_unknown_outcome_of_groups_is_looked_up(t: TestDb) {
    let brand = Brand::open(t);
    let id = create(&brand, groups(&brand), Class::Marketing);
    // Every call times out; half of them are carried out all the same.
    brand.sandbox.set_faults(Faults::parse("timeout=1").unwrap());
    for _ in 0..40 {
        let _ = brand.reach.work_groups().unwrap();
    }
    brand.sandbox.set_faults(Faults::default());
    work(&brand, &id, 1_200);
    // A process that ended in the middle.
    brand.act(|tx| {
        let sql = "UPDATE group_message_task SET state = 1, msgid = '', due_at = 0 WHERE id = (SELECT MIN(id) FROM group_message_task)";
        Ok(tx.execute(sql, &[])?)
    });
    work(&brand, &id, 1_200);
    let tasks = brand.read(|tx| brand.reach.group_message_tasks(tx, &id));
    let mut ids: Vec<&str> = tasks.iter().map(|task| task.msgid.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert!(tasks.iter().all(|task| task.state == TaskState::Unconfirmed), "{tasks:?}");
    assert_eq!((ids.len(), brand.world(|world| world.masses.len())), (tasks.len(), tasks.len()));
}

fn a_message_to_groups_is_cancelled(t: TestDb) {
    let brand = Brand::open(t);
    let id = create(&brand, groups(&brand), Class::Marketing);
    work(&brand, &id, 120);
    let (reach, now, own) = (brand.reach.clone(), brand.now(), id.clone());
    let reminded = brand.act(move |tx| reach.remind_group_message(tx, &own, now));
    work(&brand, &id, 60);
    let tasks = brand.read(|tx| brand.reach.group_message_tasks(tx, &id));
    assert_eq!(tasks.iter().filter(|task| task.reminded_at.is_some()).count() as u64, reminded);
    brand.world(|world| world.confirm_mass(0, 0));
    let (reach, now, own) = (brand.reach.clone(), brand.now(), id.clone());
    brand.act(move |tx| reach.cancel_group_message(tx, &own, now));
    work(&brand, &id, 300);
    let (after, first) = (sums(&brand, &id), brand.world(|world| world.masses[0].tasks[0].targets.len() as i64));
    assert_eq!((after.sent, after.waiting, after.failed), (first, 0, 0), "{after:?}");
    assert!(brand.world(|world| world.masses.iter().skip(1).all(|mass| mass.cancelled)));
    let (reach, now) = (brand.reach.clone(), brand.now());
    assert_eq!(brand.db.transact(move |tx| reach.cancel_group_message(tx, &id, now)).unwrap_err().code, "message_over");
}

fn what_nobody_confirms_is_taken_back(t: TestDb) {
    let brand = Brand::open(t);
    let id = create(&brand, groups(&brand), Class::Marketing);
    work(&brand, &id, 120);
    // Waiting for an owner is having had one: a second message to the same groups today is left out.
    let second =
        brand.read(|tx| brand.reach.split_group_message(tx, &input(groups(&brand), Class::Marketing), brand.now()));
    assert!(second.owners.is_empty() && second.skipped.contains_key("group_had_today"), "{second:?}");
    brand.world(|world| world.confirm_mass(0, 0));
    work(&brand, &id, 3 * 86_400 + 3_600);
    let (after, first) = (sums(&brand, &id), brand.world(|world| world.masses[0].tasks[0].targets.len() as i64));
    assert_eq!((after.sent, after.waiting), (first, 0), "{after:?}");
    let reasons = brand.read(|tx| brand.reach.group_message_reasons(tx, None, &id));
    assert!(reasons.contains(&(PersonState::Skipped, "unconfirmed".into(), after.people - first)), "{reasons:?}");
    assert_eq!(brand.reach.work_groups().unwrap(), Ran::Nothing);
}

fn cancelled_before_it_is_certain(t: TestDb) {
    let brand = Brand::open(t);
    let id = create(&brand, groups(&brand), Class::Marketing);
    // Each task was begun by a process that ended before WeCom heard of it.
    brand.act(|tx| Ok(tx.execute("UPDATE group_message_task SET state = 6, begun_at = due_at", &[])?));
    let (reach, now, own) = (brand.reach.clone(), brand.now(), id.clone());
    brand.act(move |tx| reach.cancel_group_message(tx, &own, now));
    work(&brand, &id, 600);
    let after = sums(&brand, &id);
    assert_eq!(
        (after.skipped, after.waiting, brand.world(|world| world.masses.len())),
        (after.people, 0, 0),
        "{after:?}"
    );
    assert_eq!(brand.reach.work_groups().unwrap(), Ran::Nothing);
}

fn welcome(text: &str) -> GroupWelcomeIn {
    GroupWelcomeIn { name: "会员群".into(), content: content(text), notify: true }
}
fn add(brand: &Brand, input: GroupWelcomeIn) -> GroupWelcomeRow {
    let (reach, now) = (brand.reach.clone(), brand.now());
    brand.act(move |tx| reach.add_group_welcome(tx, &input, "test", now))
}
fn shown(brand: &Brand, id: &str) -> GroupWelcomeRow {
    brand.read(|tx| brand.reach.group_welcome(tx, id))
}

fn material_follows_at_wecom(t: TestDb) {
    let brand = Brand::open(t);
    let client = brand.contacts.client_lately().unwrap();
    let made = add(&brand, welcome("%NICKNAME%你好，这里是{{ brand.name }}会员群"));
    assert_eq!((made.state.as_str(), made.template.as_str()), ("new", ""));
    work(&brand, "", 5);
    let own = shown(&brand, &made.id);
    assert_eq!((own.state.as_str(), own.error.as_deref()), ("good", None));
    let at_wecom = client.group_welcome(&own.template).unwrap();
    assert_eq!(at_wecom.text.unwrap().content, "%NICKNAME%你好，这里是示例品牌会员群");
    // Changed: the same material says something else.
    let (reach, now, id) = (brand.reach.clone(), brand.now(), made.id.clone());
    let input = welcome("欢迎加入");
    brand.act(move |tx| reach.change_group_welcome(tx, &id, &input, Some(1), "test", now));
    // WeCom is busy: it waits and says why.
    brand.sandbox.set_faults(Faults::parse("busy=1").unwrap());
    brand.reach.work_groups().unwrap();
    assert_eq!(shown(&brand, &made.id).error.as_deref(), Some("system_busy"));
    brand.sandbox.set_faults(Faults::default());
    work(&brand, "", 60);
    let after = shown(&brand, &made.id);
    assert_eq!((after.state.as_str(), &after.template, after.version), ("good", &own.template, 2));
    assert_eq!(client.group_welcome(&own.template).unwrap().text.unwrap().content, "欢迎加入");
    // With a picture it waits for the picture's id.
    let (reach, now) = (brand.reach.clone(), brand.now());
    let file = FileIn { name: "a.png".into(), body: b"\x89PNG\r\n\x1a\n0123456789".to_vec(), by: "test".into() };
    let file = brand.act(move |tx| reach.add_file(tx, &file, now)).id;
    let pictured = Content { text: "看图".into(), attachments: vec![Piece::Image { file: file.clone() }] };
    let second = add(&brand, GroupWelcomeIn { name: "图".into(), content: pictured, notify: false });
    brand.reach.work_groups().unwrap();
    assert_eq!(shown(&brand, &second.id).error.as_deref(), Some("files_not_ready"));
    let (reach, used) = (brand.reach.clone(), file.clone());
    assert_eq!(brand.db.transact(move |tx| reach.delete_file(tx, &used)).unwrap_err().code, "reach_file_used");
    assert_eq!(brand.reach.work_files().unwrap(), Ran::Went);
    work(&brand, "", 30);
    assert_eq!(shown(&brand, &second.id).state, "good");
    // Deleted, here and there.
    for id in [made.id.clone(), second.id.clone()] {
        let (reach, now) = (brand.reach.clone(), brand.now());
        brand.act(move |tx| reach.delete_group_welcome(tx, &id, now));
    }
    work(&brand, "", 5);
    assert_eq!(brand.read(|tx| brand.reach.group_welcomes(tx)).len(), 0);
    assert!(client.group_welcome(&own.template).is_err());
    assert_eq!(brand.reach.work_groups().unwrap(), Ran::Nothing);
}

fn material_of_unknown_outcome_is_left_to_people(t: TestDb) {
    let brand = Brand::open(t);
    let made = add(&brand, welcome("你好"));
    brand.sandbox.set_faults(Faults::parse("timeout=1").unwrap());
    brand.reach.work_groups().unwrap();
    brand.sandbox.set_faults(Faults::default());
    // It may be there: nobody makes it a second time by themselves, however long it takes.
    work(&brand, "", 3_600);
    assert_eq!(
        (shown(&brand, &made.id).state.as_str(), shown(&brand, &made.id).error.as_deref()),
        ("unsure", Some("outcome_unknown"))
    );
    let (reach, now, id) = (brand.reach.clone(), brand.now(), made.id.clone());
    brand.act(move |tx| reach.retry_group_welcome(tx, &id, now));
    work(&brand, "", 5);
    assert_eq!(shown(&brand, &made.id).state, "good");
    let (reach, now, id) = (brand.reach.clone(), brand.now(), made.id.clone());
    let refused = brand.db.transact(move |tx| reach.retry_group_welcome(tx, &id, now)).unwrap_err();
    assert_eq!(refused.code, "group_welcome_sure");
    // A process that ended in the middle is the same to us.
    brand.act(|tx| Ok(tx.execute("UPDATE group_welcome SET state = 'making', due_at = 0", &[])?));
    work(&brand, "", 5);
    assert_eq!(shown(&brand, &made.id).state, "unsure");
}

fn wrong_wishes_for_groups_are_told(t: TestDb) {
    let brand = Brand::open(t);
    let all = groups(&brand);
    let with = |change: &dyn Fn(&mut GroupMessageIn)| {
        let mut own = input(all.clone(), Class::Marketing);
        change(&mut own);
        let (reach, now) = (brand.reach.clone(), brand.now());
        brand.db.transact(move |tx| reach.create_group_message(tx, &own, now)).unwrap_err().code
    };
    assert_eq!(with(&|own| own.name = " ".into()), "message_name");
    assert_eq!(with(&|own| own.groups.clear()), "group_message_groups");
    assert_eq!(with(&|own| own.content = content(" ")), "content_invalid");
    assert_eq!(with(&|own| own.content = content("{{ customer.name or \"\" }}你好")), "group_variable");
    let refused = |own: GroupWelcomeIn| {
        let (reach, now) = (brand.reach.clone(), brand.now());
        brand.db.transact(move |tx| reach.add_group_welcome(tx, &own, "test", now)).unwrap_err().code
    };
    assert_eq!(refused(welcome("{{ staff.name }}你好")), "group_variable");
    assert_eq!(refused(welcome(&"好".repeat(970))), "group_welcome_content");
    let link = || Piece::Link {
        title: "a".into(),
        url: "https://a".into(),
        description: String::new(),
        picture: String::new(),
    };
    let two = Content { text: "a".into(), attachments: vec![link(), link()] };
    assert_eq!(refused(GroupWelcomeIn { name: "a".into(), content: two, notify: false }), "group_welcome_content");
    assert_eq!(brand.int("SELECT COUNT(*) FROM group_message") + brand.int("SELECT COUNT(*) FROM group_welcome"), 0);
}
