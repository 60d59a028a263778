//! Callbacks: taken once, worked on in order, repaired by a sync.

use crate::brand::{Brand, MIGRATIONS};
use siyu_contacts::LostQuery;
use siyu_sandbox::world::Source;
use siyu_sandbox::{Reasons, Scale};
use siyu_testkit::TestDb;

siyu_testkit::contract!(MIGRATIONS;
    what_happens_arrives, strangers_are_turned_away, unknown_events_are_set_aside, any_disorder_ends_in_the_exact_state);

fn what_happens_arrives(t: TestDb) {
    let brand = Brand::quiet(t, Scale::TINY);
    brand.take_callbacks();
    assert!(brand.read(|tx| brand.contacts.connected(tx)).verified_at.is_some());
    brand.sync();
    let before = brand.events();
    let relations = brand.world(|world| {
        let staff = (0..world.staff.len()).find(|&s| world.serves(s)).unwrap();
        let people: Vec<usize> = (0..world.people.len())
            .filter(|&p| world.people[p].arrived.is_none() && !world.people[p].business)
            .take(3)
            .collect();
        people
            .into_iter()
            .map(|p| world.befriend(staff, p, 1, Source::Personal, true, false).unwrap())
            .collect::<Vec<_>>()
    });
    brand.settle();
    brand.work();
    brand.assert_same("three friends more");
    brand.pass(5);
    brand.world(|world| {
        world.customer_deletes(relations[0], Reasons::default());
        world.guide_deletes(relations[1]);
        let tag = world.console_adds_tag("等级", "银卡");
        world.guide_edits(relations[2], Some("李先生".into()), None, &[tag]);
        let person = world.relations[relations[2]].person;
        world.join_group(0, person, 3, None, "stand");
        world.rename_group(1, "老友群");
    });
    brand.settle();
    brand.work();
    brand.assert_same("after a busy minute");
    let after = brand.events();
    let grown = |name: &str| after.get(name).copied().unwrap_or(0) - before.get(name).copied().unwrap_or(0);
    assert_eq!(
        (grown("Contact Added"), grown("Contact Lost"), grown("Contact Tagged"), grown("Group Joined")),
        (3, 2, 1, 1)
    );
    assert_eq!(brand.last_event("Group Joined")["channel"], "stand");
    let lost = brand.read(|tx| brand.contacts.lost(tx, &LostQuery { limit: 10, ..LostQuery::default() }));
    let mut by: Vec<&str> = lost.iter().map(|row| row.by.as_str()).collect();
    by.sort_unstable();
    assert_eq!(by, ["customer", "staff"]);
    let only = LostQuery { by: Some("customer".into()), limit: 10, ..LostQuery::default() };
    assert_eq!(brand.read(|tx| brand.contacts.lost(tx, &only)).len(), 1);
    assert_eq!(brand.read(|tx| brand.contacts.inbox(tx)).waiting, 0);
}

fn strangers_are_turned_away(t: TestDb) {
    let brand = Brand::quiet(t, Scale::TINY);
    let wrong = "msg_signature=0000000000000000000000000000000000000000&timestamp=1&nonce=n";
    for (query, body, code) in [
        ("", "<xml><Encrypt>AAAA</Encrypt></xml>", "query_missing"),
        (wrong, "<xml><Encrypt>AAAA</Encrypt></xml>", "signature_wrong"),
        (wrong, "not xml", "not_xml"),
        (wrong, "<!DOCTYPE x [<!ENTITY a 'b'>]><xml><Encrypt>&a;</Encrypt></xml>", "foreign_entity"),
    ] {
        assert_eq!(brand.contacts.open_callback(query, body.as_bytes()).err().unwrap().code, code);
    }
    let giant = vec![b'x'; 2 << 20];
    assert_eq!(brand.contacts.open_callback(wrong, &giant).err().unwrap().code, "too_large");
    // Written down once a second and reason, however often they come.
    for _ in 0..50 {
        let _ = brand.contacts.open_callback(wrong, b"<xml><Encrypt>AAAA</Encrypt></xml>");
    }
    // Nobody waits for these to be written but this test.
    let mut told = Vec::new();
    for _ in 0..500 {
        told = brand.read(|tx| brand.contacts.refused(tx, 100));
        if told.len() >= 5 {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert_eq!(told.len(), 5, "{told:?}");
    assert_eq!(brand.int("SELECT COUNT(*) FROM wecom_inbox"), 0);
}

fn unknown_events_are_set_aside(t: TestDb) {
    let brand = Brand::quiet(t, Scale::TINY);
    let connection = brand.read(|tx| brand.contacts.connected(tx));
    let callback = connection.callback().unwrap();
    let deliver = |message: &str, nonce: &str| {
        let stamp = (brand.now().0 / 1_000_000).to_string();
        let body = callback.seal(message, &stamp, nonce, [3; 16]);
        let signature = body.split("<MsgSignature><![CDATA[").nth(1).unwrap()[..40].to_owned();
        let query = format!("msg_signature={signature}&timestamp={stamp}&nonce={nonce}");
        let delivery = brand.contacts.open_callback(&query, body.as_bytes()).unwrap();
        brand.runtime.block_on(brand.contacts.keep_callback(&delivery)).unwrap()
    };
    let corp = &connection.corp_id;
    let event = format!(
        "<xml><ToUserName>{corp}</ToUserName><FromUserName>sys</FromUserName><CreateTime>1772420000</CreateTime><MsgType>event</MsgType><Event>brand_new</Event><Secret>&lt;13900000000&gt;</Secret></xml>"
    );
    assert_eq!(deliver(&event, "a"), siyu_contacts::Taken::New);
    assert_eq!(deliver(&event, "b"), siyu_contacts::Taken::Repeated);
    brand.work();
    let aside = brand.read(|tx| brand.contacts.aside(tx, None, 10));
    assert_eq!((aside.len(), aside[0].reason.as_str()), (1, "unknown_event"));
    assert!(aside[0].body.contains("&lt;13900000000&gt;"), "{}", aside[0].body);
    // Sealed at rest; may be tried again.
    let raw = brand.read(|tx| Ok(tx.one("SELECT body FROM wecom_inbox", &[], |row| row.blob(0))?));
    assert!(!raw.windows(11).any(|window| window == b"13900000000"));
    let (contacts, id, now) = (brand.contacts.clone(), aside[0].id, brand.now());
    brand.act(move |tx| contacts.retry_aside(tx, id, now));
    brand.work();
    assert_eq!(brand.read(|tx| brand.contacts.inbox(tx)).aside, 1);
    let contacts = brand.contacts.clone();
    assert_eq!(
        brand.db.transact(move |tx| contacts.retry_aside(tx, 999, now)).unwrap_err().code,
        "wecom_callback_unknown"
    );
}

/// Seeds of brands that live for days with callbacks doubled, late, lost and out of order and calls that fail, worked on and synced in
/// between: at the end a full sync leaves the exact state.
fn any_disorder_ends_in_the_exact_state(t: TestDb) {
    // PostgreSQL takes longer, and what differs there has tests of its own.
    let seeds = match t.engine {
        siyu_db::Engine::Sqlite => 11..17,
        siyu_db::Engine::Postgres => 23..25,
    };
    let engine = t.engine;
    drop(t);
    let lives =
        seeds.map(|seed| live_through(TestDb::open(engine, MIGRATIONS).expect("it was there a moment ago"), seed));
    assert!(lives.sum::<usize>() > 0, "somebody leaves in one of these lives");
}

/// Answers how many friendships ended.
fn live_through(t: TestDb, seed: u64) -> usize {
    let brand = Brand::living(t, Scale::TINY, seed);
    brand.take_callbacks();
    brand.start_sync();
    brand.faults("duplicate=0.2,late=0.2,lost=0.1,disorder=0.3,busy=0.05,45009=0.002,expired=0.02");
    for day in 0..4 {
        for _ in 0..6 {
            brand.pass(2 * 3600);
            for _ in 0..30 {
                brand.contacts.work_inbox().unwrap();
            }
            for _ in 0..4 {
                brand.contacts.sync_step().unwrap();
            }
        }
        brand.pass(12 * 3600);
        let running = brand.read(|tx| brand.contacts.running_sync(tx)).is_some();
        if day == 2 && !running {
            brand.start_sync();
        }
    }
    brand.faults("");
    brand.world(|world| world.hush());
    brand.pass(300);
    brand.work();
    brand.finish_sync();
    brand.sync();
    brand.assert_same(&format!("seed {seed}"));
    // No friendship is begun twice without having ended, and those that are active are told.
    let events = brand.events();
    let active = brand.int("SELECT COUNT(*) FROM wecom_follow WHERE status = 0");
    let ended = events.get("Contact Lost").copied().unwrap_or(0) as i64;
    assert!(events["Contact Added"] as i64 - ended <= active, "seed {seed}: {events:?} {active}");
    brand.world(|world| world.relations.iter().filter(|own| own.ended.is_some()).count())
}
