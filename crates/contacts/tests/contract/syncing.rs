//! Full syncs: exact, resumable, cancelled, under faults.

use crate::brand::{Brand, MIGRATIONS};
use siyu_contacts::{Ran, SyncState};
use siyu_sandbox::world::{Source, Status};
use siyu_sandbox::{Reasons, Scale};
use siyu_testkit::TestDb;

siyu_testkit::contract!(MIGRATIONS;
    a_sync_mirrors_everything, a_second_sync_repairs, a_stopped_sync_goes_on, a_cancelled_sync_stays_harmless,
    two_processes_do_one_sync, ten_thousand_customers, faults_do_not_change_the_end, a_revoked_secret_waits, phones_in_remarks_join_people, the_erased_stay_so);

const SOME: Scale = Scale { stores: 3, guides: 12, people: 1_500, groups: 6, before: 0.6 };

fn a_sync_mirrors_everything(t: TestDb) {
    let brand = Brand::quiet(t, SOME);
    let row = brand.sync();
    brand.assert_same("after the first sync");
    assert!(row.counts.relations > 300 && row.counts.groups == 6, "{:?}", row.counts);
    let events = brand.events();
    assert_eq!(events["Contact Added"] as i64, row.counts.relations);
    assert_eq!(events["Group Joined"] as i64, brand.int("SELECT COUNT(*) FROM wecom_member WHERE kind = 2"));
    assert!(!events.contains_key("Contact Lost"), "{events:?}");
    // Everybody is a person, once, and their columns say where they came from.
    assert_eq!(
        brand.int("SELECT COUNT(*) FROM wecom_contact c WHERE NOT EXISTS (SELECT 1 FROM person p WHERE p.num = c.num)"),
        0
    );
    let said = brand.last_event("Contact Added");
    assert!(said["staff"].is_string() && said["add_way_code"].is_i64(), "{said}");
    // Tags are ours, too.
    let carried = brand.int("SELECT COUNT(*) FROM person_tag WHERE source = 'wecom'");
    let marks = brand.int("SELECT COUNT(DISTINCT f.contact || f.tag) FROM wecom_follow_tag f");
    assert_eq!(carried, marks);

    // Again: nothing new happens.
    brand.sync();
    brand.assert_same("after the second sync");
    assert_eq!(brand.events(), events);
}

fn a_second_sync_repairs(t: TestDb) {
    let brand = Brand::quiet(t, Scale::TINY);
    brand.sync();
    // A day of which no callback tells.
    let (lost, added) = brand.world(|world| {
        let active: Vec<usize> =
            (0..world.relations.len()).filter(|&r| world.relations[r].status == Status::Active).collect();
        world.customer_deletes(active[0], Reasons::default());
        world.guide_deletes(active[1]);
        let tag = world.console_adds_tag("等级", "铂金卡");
        world.guide_edits(active[2], Some("王小姐".into()), None, &[tag]);
        let staff = (0..world.staff.len()).find(|&s| world.serves(s)).unwrap();
        let person = (0..world.people.len()).find(|&p| world.people[p].arrived.is_none()).unwrap();
        world.befriend(staff, person, 1, Source::Personal, true, false).unwrap();
        world.rename_group(0, "新名字");
        let member = world.groups[1].members.iter().find_map(|m| match m.who {
            siyu_sandbox::world::Who::Person(p) => Some(p),
            siyu_sandbox::world::Who::Staff(_) => None,
        });
        if let Some(person) = member {
            world.leave_group(1, person, 0);
        }
        world.dismiss_group(2);
        (2, 1)
    });
    let before = brand.events();
    brand.pass(60);
    brand.sync();
    brand.assert_same("after a repair");
    let after = brand.events();
    let grown = |name: &str| after.get(name).copied().unwrap_or(0) - before.get(name).copied().unwrap_or(0);
    assert_eq!(
        (grown("Contact Lost"), grown("Contact Added"), grown("Contact Tagged"), grown("Contact Edited")),
        (lost, added, 1, 1)
    );
    assert!(grown("Group Left") >= 1);
    assert_eq!(brand.last_event("Contact Lost")["by"], "unknown");
    let gold = "SELECT COUNT(*) FROM person_tag p JOIN tag t ON t.num = p.tag JOIN tag_group g ON g.id = t.group_id WHERE t.name = '铂金卡' AND g.name = '企微·等级'";
    assert_eq!(brand.int(gold), 1);
    // A tag that WeCom deletes is taken from people; the tag of ours stays, as one like any other.
    brand.world(|world| {
        let tag = (0..world.tags.len()).find(|&t| world.tags[t].name == "铂金卡").unwrap();
        world.console_deletes_tag(tag);
    });
    brand.sync();
    brand.assert_same("after a tag went");
    assert_eq!(brand.int(gold), 0);
}

/// Killed between any two steps, and in the middle of a page: another process goes on behind the last saved page.
fn a_stopped_sync_goes_on(t: TestDb) {
    let brand = Brand::quiet(t, SOME);
    brand.start_sync();
    let mut steps = 0;
    // Every step is made by a process that has seen nothing of those before it.
    loop {
        let desk = brand.second();
        match desk.contacts.sync_step().unwrap() {
            Ran::Went => steps += 1,
            Ran::Waits(at) => brand.clock.move_to(at),
            Ran::Nothing => break,
        }
        // What was read and not saved is read again: the page before the cursor is applied a second time without harm.
        if steps == 12 {
            let calls = brand.read(|tx| Ok(brand.contacts.running_sync(tx)?.unwrap()));
            assert_eq!(calls.state, SyncState::Running);
        }
    }
    assert!(steps > 12, "{steps}");
    brand.assert_same("after a sync of many processes");
    let relations = brand.read(|tx| Ok(brand.contacts.syncs(tx, 1)?.remove(0))).counts.relations;
    assert_eq!(brand.events()["Contact Added"] as i64, relations);
}

fn a_cancelled_sync_stays_harmless(t: TestDb) {
    let brand = Brand::quiet(t, SOME);
    let row = brand.start_sync();
    let (contacts, now) = (brand.contacts.clone(), brand.now());
    let again = brand.db.transact(move |tx| contacts.start_sync(tx, "test", now)).unwrap_err();
    assert_eq!(again.code, "wecom_sync_running");
    while brand.int("SELECT COUNT(*) FROM wecom_follow") == 0 {
        brand.contacts.sync_step().unwrap();
    }
    let half = brand.int("SELECT COUNT(*) FROM wecom_follow");
    assert!(half > 0);
    let (contacts, id, now) = (brand.contacts.clone(), row.id, brand.now());
    brand.act(move |tx| contacts.cancel_sync(tx, &id, now));
    assert_eq!(brand.contacts.sync_step().unwrap(), Ran::Nothing);
    assert_eq!(brand.int("SELECT COUNT(*) FROM wecom_follow WHERE status = 2"), 0);
    brand.sync();
    brand.assert_same("after cancel and repeat");
}

fn two_processes_do_one_sync(t: TestDb) {
    let brand = Brand::quiet(t, SOME);
    let other = brand.second();
    brand.start_sync();
    // The lease keeps them apart; without it, too, no step counts twice.
    std::thread::scope(|scope| {
        for desk in [brand.desk.clone(), other] {
            scope.spawn(move || {
                for _ in 0..10_000 {
                    match desk.contacts.sync_step().unwrap() {
                        Ran::Went => {}
                        Ran::Waits(at) => desk.clock.move_to(at),
                        Ran::Nothing => return,
                    }
                }
            });
        }
    });
    brand.assert_same("after a sync by two");
    let row = brand.read(|tx| Ok(brand.contacts.syncs(tx, 1)?.remove(0)));
    assert_eq!(brand.events()["Contact Added"] as i64, row.counts.relations);
}

/// Ten thousand people of whom most are customers, without breaking one of WeCom's limits: the simulated one answers 45009 when it is.
fn ten_thousand_customers(t: TestDb) {
    let brand = Brand::quiet(t, Scale { stores: 12, guides: 60, people: 13_000, groups: 20, before: 0.8 });
    let row = brand.sync();
    assert!(row.counts.relations >= 10_000, "{:?}", row.counts);
    brand.assert_same("after a large sync");
}

fn faults_do_not_change_the_end(t: TestDb) {
    let brand = Brand::quiet(t, Scale::TINY);
    brand.faults("busy=0.1,45009=0.01,45033=0.05,expired=0.05,proxy=0.05,timeout=0.01");
    brand.sync();
    brand.faults("");
    brand.assert_same("after a sync with faults");
}

/// Work waits without being lost, and the reason is there to be shown.
fn a_revoked_secret_waits(t: TestDb) {
    let brand = Brand::quiet(t, Scale::TINY);
    brand.faults("60020=1");
    brand.start_sync();
    let Ran::Waits(at) = brand.contacts.sync_step().unwrap() else { panic!("it waits") };
    assert!(at > brand.now());
    let row = brand.read(|tx| Ok(brand.contacts.running_sync(tx)?.unwrap()));
    assert_eq!((row.tries, row.state), (1, SyncState::Running));
    let trouble = brand.read(|tx| brand.contacts.connected(tx)).trouble.expect("it is shown");
    assert_eq!(Some(trouble), row.error);
    brand.faults("");
    brand.clock.move_to(at);
    assert_eq!(brand.finish_sync().state, SyncState::Done);
    assert_eq!(brand.read(|tx| brand.contacts.connected(tx)).trouble, None);
    brand.assert_same("after the address was allowed");
}

fn phones_in_remarks_join_people(t: TestDb) {
    use siyu_kernel::{Identifier, Kind, Time};
    let brand = Brand::quiet(t, Scale::TINY);
    let shop = |phone: &str| Identifier::new(Kind::Phone, phone).unwrap();
    let people = brand.people.clone();
    brand.act(move |tx| {
        let all = ["13900000011", "13900000012"].map(|phone| {
            people.prepare([shop(phone), Identifier::new(Kind::MemberNo, &format!("M{phone}")).unwrap()], Time(1))
        });
        people.resolve(tx, &all, "shop", Time(1))
    });
    // One remark with one phone, one with two.
    brand.world(|world| {
        let active: Vec<usize> =
            (0..world.relations.len()).filter(|&r| world.relations[r].status == Status::Active).collect();
        let alone = |r: usize| world.people[world.relations[r].person].relations.len() == 1;
        let two: Vec<usize> = active.into_iter().filter(|&r| alone(r)).take(2).collect();
        world.relations[two[0]].mobiles = vec!["139 0000 0011".into()];
        world.relations[two[1]].mobiles = vec!["13900000012".into(), "13900000013".into()];
    });
    brand.sync();
    let of = |phone: &str| {
        brand.read(|tx| Ok(brand.people.by_identifier(tx, shop(phone))?)).map(|(_, root)| {
            brand.read(|tx| {
                let nodes = brand.people.nodes(tx, root)?;
                Ok(brand.contacts.contacts_of(tx, &nodes)?.len())
            })
        })
    };
    assert_eq!((of("13900000011"), of("13900000012")), (Some(1), Some(0)));
    assert_eq!(of("13900000013"), None);
    // Sealed at rest.
    assert_eq!(brand.int("SELECT COUNT(*) FROM wecom_follow WHERE mobiles IS NOT NULL"), 2);
}

fn the_erased_stay_so(t: TestDb) {
    let brand = Brand::quiet(t, Scale::TINY);
    brand.sync();
    let (contact, relation) = brand.world(|world| {
        let own = (0..world.relations.len()).find(|&r| world.relations[r].status == Status::Active).unwrap();
        (world.external_userid(world.relations[own].person), own)
    });
    let num = brand.int(&format!("SELECT num FROM wecom_contact WHERE id = '{contact}'")) as u32;
    let (people, contacts, now) = (brand.people.clone(), brand.contacts.clone(), brand.now());
    brand.act(move |tx| {
        let root = people.roots(tx, &[num])?[0];
        let erased = people.erase(tx, root)?;
        contacts.forget(tx, &erased.nodes, now)
    });
    let count = |what: &str| brand.int(&format!("SELECT COUNT(*) FROM {what} = '{contact}'"));
    let gone = |when: &str| {
        for what in [
            "wecom_contact WHERE id",
            "wecom_follow WHERE contact",
            "wecom_follow_tag WHERE contact",
            "wecom_member WHERE userid",
        ] {
            assert_eq!(count(what), 0, "{what} {when}");
        }
    };
    gone("at once");
    brand.pass(5);
    brand.sync();
    gone("after a sync");
    // They come back by themselves: somebody new.
    brand.world(|world| {
        let (staff, person) = (world.relations[relation].staff, world.relations[relation].person);
        world.customer_deletes(relation, Reasons::default());
        world.befriend(staff, person, 1, Source::Personal, true, false).unwrap();
    });
    brand.sync();
    assert_eq!((count("wecom_contact WHERE id"), count("wecom_follow WHERE contact")), (1, 1));
    assert_ne!(brand.int(&format!("SELECT num FROM wecom_contact WHERE id = '{contact}'")) as u32, num);
}
