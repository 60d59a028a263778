//! The tracking API's messages, end to end but for HTTP, on both engines.

use siyu_db::{Db, Migration, Tx, params};
use siyu_intake::{Accepted, CURRENCY, Endpoint, EventPatch, Intake};
use siyu_kernel::{Chance, Clock, Currency, Refusal, Vault};
use siyu_log::Log;
use siyu_people::People;
use siyu_testkit::{TestDb, contract};
use std::sync::{Arc, LazyLock};

static ALL: LazyLock<Vec<Migration>> = LazyLock::new(|| {
    [siyu_log::MIGRATIONS, siyu_people::MIGRATIONS, siyu_commerce::MIGRATIONS, siyu_intake::MIGRATIONS].concat()
});

contract!(&ALL;
    a_batch_becomes_people_events_and_orders, the_same_batch_twice_changes_nothing, bad_messages_are_kept_aside_with_the_reason, a_request_that_cannot_be_read_leaves_nothing,
    refunds_and_cancellations_are_counted_once, a_locked_schema_quarantines_and_a_retry_lets_in, concurrent_requests_agree, hostile_input_never_panics, orders_follow_a_merge,
    rules_reach_other_processes);

fn open(test: &TestDb, db: &Db) -> (Log, People, Intake) {
    let vault = Vault::from_key([3; 32]);
    let chance = Arc::new(Chance::seeded(7));
    let log = Log::open(db, vault.clone(), test.clock.clone()).unwrap();
    let people = People::open(db, vault.clone(), log.clone(), chance.clone()).unwrap();
    let intake = Intake::open(db, vault, log.clone(), people.clone(), chance, Currency::CNY).unwrap();
    (log, people, intake)
}

struct World {
    test: TestDb,
    log: Log,
    people: People,
    intake: Intake,
}

impl World {
    fn new(test: TestDb) -> Self {
        let (log, people, intake) = open(&test, test.db());
        Self { test, log, people, intake }
    }
    fn send(&self, path: &str, body: &str) -> Result<Accepted, Refusal> {
        self.send_bytes(path, body.as_bytes())
    }
    fn send_bytes(&self, path: &str, body: &[u8]) -> Result<Accepted, Refusal> {
        self.send_to(&self.intake, self.test.db(), path, body)
    }
    fn send_to(&self, intake: &Intake, db: &Db, path: &str, body: &[u8]) -> Result<Accepted, Refusal> {
        let prepared = intake.prepare(Endpoint::parse(path).unwrap(), body, "key_test", self.test.clock.now())?;
        let (intake, prepared) = (intake.clone(), Arc::new(prepared));
        db.transact(move |tx| intake.write(tx, &prepared))
    }
    fn read<T>(&self, f: impl FnOnce(&mut Tx<'_>) -> Result<T, Refusal>) -> T {
        self.test.db().read(f).unwrap()
    }
    /// people, events, (orders, amount, refunded)
    fn stats(&self) -> (i64, i64, (i64, i64, i64)) {
        self.read(|tx| {
            let totals = siyu_commerce::totals(tx)?.into_iter().find(|t| t.currency == Currency::CNY);
            Ok((
                self.people.count(tx)?,
                self.log.totals(tx)?.0,
                totals.map_or((0, 0, 0), |t| (t.orders, t.revenue, t.refunded)),
            ))
        })
    }
}

const BATCH: &str = r#"{"sentAt":"2026-03-02T04:00:00Z","batch":[
  {"type":"track","messageId":"m1","anonymousId":"a1","event":"Product Viewed","properties":{"sku":"S1","name":"茶","price":12.5},"timestamp":"2026-03-02T03:59:00Z"},
  {"type":"identify","messageId":"m2","anonymousId":"a1","userId":"u1","traits":{"phone":"139 1234 5678","name":"小王"},"timestamp":"2026-03-02T03:59:10Z"},
  {"type":"track","messageId":"m3","userId":"u1","event":"Order Completed","timestamp":"2026-03-02T03:59:20Z",
   "properties":{"order_id":"O1","total":"30.00","currency":"CNY","products":[{"sku":"S1","name":"茶","price":10,"quantity":2},{"sku":"S2","price":15.5}]}},
  {"type":"page","messageId":"m4","anonymousId":"a2","name":"首页"}]}"#;

fn a_batch_becomes_people_events_and_orders(test: TestDb) {
    let world = World::new(test);
    let accepted = world.send("batch", BATCH).unwrap();
    assert_eq!(accepted, Accepted { events: 4, people_new: 2, ..Accepted::default() });
    assert_eq!(world.stats(), (2, 4, (1, 3000, 0)));
    let profile = world.read(|tx| {
        let (_, root) = world.people.by_identifier(tx, "phone:13912345678".parse_identifier())?.unwrap();
        world.people.profile(tx, root)
    });
    assert_eq!(profile.name().as_deref(), Some("小王"));
    assert_eq!(
        profile.identifiers.iter().map(|i| i.kind.as_str()).collect::<Vec<_>>(),
        ["user_id", "phone", "anonymous"]
    );
    let names: Vec<String> = world.read(|tx| {
        Ok(world.log.of_people(tx, &profile.nodes, None, 10, false)?.into_iter().map(|f| f.event.name).collect())
    });
    assert_eq!(names, ["Order Completed", "identify", "Product Viewed"], "anonymous history joined the person");
    // The discount of 5.50 is spread over the lines, which still add up to what was paid.
    let order = world.read(|tx| siyu_commerce::order(tx, "O1", None)).unwrap();
    assert_eq!(order.lines.unwrap().iter().map(|l| l.amount_minor).collect::<Vec<_>>(), [1691, 1309]);
}

fn the_same_batch_twice_changes_nothing(test: TestDb) {
    let world = World::new(test);
    world.send("batch", BATCH).unwrap();
    let (before, schema) = (world.stats(), world.read(|tx| Ok(world.intake.schema(tx)?)));
    let again = world.send("batch", BATCH).unwrap();
    assert_eq!(again, Accepted { repeated: 4, ..Accepted::default() });
    assert_eq!(world.stats(), before);
    let counts = |rows: &[siyu_intake::EventRow]| rows.iter().map(|r| (r.name.clone(), r.count)).collect::<Vec<_>>();
    assert_eq!(counts(&world.read(|tx| Ok(world.intake.schema(tx)?))), counts(&schema));
}

fn bad_messages_are_kept_aside_with_the_reason(test: TestDb) {
    let world = World::new(test);
    let big = "x".repeat(40_000);
    let accepted = world
        .send("batch", &format!(r#"{{"batch":[{{"type":"track","messageId":"ok","userId":"u","event":"E"}},{{"type":"track","messageId":"b1","userId":"u"}},{{"type":"dance","messageId":"b2","userId":"u"}},
          {{"type":"track","messageId":"b3","event":"E"}},{{"type":"track","messageId":"b4","userId":"u","event":"E","timestamp":"soon"}},{{"type":"track","messageId":"b5","userId":"u","event":"E","properties":[1]}},
          {{"type":"track","messageId":"b6","userId":"u","event":"{big}"}},{{"type":"track","messageId":"b7","userId":"null","event":"E"}},
          {{"type":"track","messageId":"b8","userId":"u","event":"Order Completed","properties":{{"total":5}}}},17]}}"#))
        .unwrap();
    assert_eq!((accepted.events, accepted.quarantined), (1, 9));
    let mut codes: Vec<String> = world.read(|tx| {
        Ok(world
            .intake
            .quarantined(tx, None, None, 50)?
            .into_iter()
            .map(|q| format!("{} {}", q.message_id, q.code))
            .collect())
    });
    codes.retain(|line| line.starts_with('b'));
    codes.sort();
    assert_eq!(
        codes,
        [
            "b1 event_missing",
            "b2 unknown_type",
            "b3 no_identity",
            "b4 invalid_timestamp",
            "b5 not_an_object",
            "b6 event_too_large",
            "b7 identity_blocked",
            "b8 order_id_missing"
        ]
    );
    assert_eq!(world.stats().1, 1);
}

fn a_request_that_cannot_be_read_leaves_nothing(test: TestDb) {
    let world = World::new(test);
    for (path, body, code) in [
        ("batch", "{", "invalid_json"),
        ("batch", r#"{"batch":{}}"#, "batch_missing"),
        ("batch", "{}", "batch_missing"),
        ("track", "[1]", "invalid_json"),
        ("batch", &format!("{{\"batch\":[{}1]}}", "1,".repeat(2_600)), "too_many_events"),
        (
            "track",
            &format!(r#"{{"userId":"u","event":"E","properties":{{"a":"{}"}}}}"#, "x".repeat(33_000)),
            "event_too_large",
        ),
        ("batch", &" ".repeat(600_000), "batch_too_large"),
        ("batch", &"[".repeat(100_000), "invalid_json"),
    ] {
        assert_eq!(world.send(path, body).unwrap_err().code, code, "{path} {}", &body[..body.len().min(60)]);
    }
    assert_eq!(world.stats(), (0, 0, (0, 0, 0)));
}

fn refunds_and_cancellations_are_counted_once(test: TestDb) {
    let world = World::new(test);
    world.send("batch", BATCH).unwrap();
    let event = |id: &str, name: &str, properties: &str| {
        world
            .send(
                "track",
                &format!(r#"{{"messageId":"{id}","userId":"u1","event":"{name}","properties":{properties}}}"#),
            )
            .unwrap()
    };
    event("r1", "Order Refunded", r#"{"order_id":"O1","products":[{"sku":"S1","price":10,"quantity":1}]}"#);
    event("r2", "Order Refunded", r#"{"order_id":"O1","products":[{"sku":"S1","price":10,"quantity":1}]}"#);
    assert_eq!(world.stats().2, (1, 3000, 1000), "the same refund told twice is one");
    event("r3", "Order Refunded", r#"{"order_id":"O1","refund_id":"R9","total":2.5}"#);
    assert_eq!(world.stats().2, (1, 3000, 1250));
    event("c1", "Order Cancelled", r#"{"order_id":"O1"}"#);
    event("c2", "Order Cancelled", r#"{"order_id":"O1"}"#);
    assert_eq!(world.stats().2, (1, 3000, 3000));
    event("c3", "Order Cancelled", r#"{"order_id":"never seen"}"#);
    assert_eq!(world.stats().2, (1, 3000, 3000));
}

fn a_locked_schema_quarantines_and_a_retry_lets_in(test: TestDb) {
    let world = World::new(test);
    world
        .send("track", r#"{"messageId":"1","userId":"u","event":"Signed Up","properties":{"plan":"pro","seats":3}}"#)
        .unwrap();
    let patch: siyu_intake::EventPatch = serde_json::from_str(r#"{"locked":true,"unknown":"quarantine","properties":[{"name":"plan","locked_type":"string","required":true},{"name":"seats","locked_type":"number"}]}"#).unwrap();
    let intake = world.intake.clone();
    world.test.db().transact(move |tx| intake.patch_schema(tx, "track", "Signed Up", &patch)).unwrap();
    for (id, properties, field) in [
        ("2", r#"{"plan":7}"#, "properties.plan"),
        ("3", r#"{"seats":1}"#, "properties.plan"),
        ("4", r#"{"plan":"a","extra":1}"#, "properties.extra"),
    ] {
        let accepted = world
            .send(
                "track",
                &format!(r#"{{"messageId":"{id}","userId":"u","event":"Signed Up","properties":{properties}}}"#),
            )
            .unwrap();
        assert_eq!((accepted.events, accepted.quarantined), (0, 1));
        let newest = world.read(|tx| Ok(world.intake.quarantined(tx, None, None, 1)?)).remove(0);
        assert_eq!((newest.message_id.as_str(), newest.field.as_deref()), (id, Some(field)));
    }
    assert_eq!(
        world
            .send(
                "track",
                r#"{"messageId":"5","userId":"u","event":"Signed Up","properties":{"plan":"a","seats":null}}"#
            )
            .unwrap()
            .events,
        1
    );
    let unlock: siyu_intake::EventPatch = serde_json::from_str(r#"{"locked":false}"#).unwrap();
    let intake = world.intake.clone();
    world.test.db().transact(move |tx| intake.patch_schema(tx, "track", "Signed Up", &unlock)).unwrap();
    let waiting = world.read(|tx| Ok(world.intake.quarantined(tx, None, None, 9)?));
    for item in &waiting {
        let (intake, id, now) = (world.intake.clone(), item.id, world.test.clock.now());
        assert!(world.test.db().transact(move |tx| intake.retry(tx, id, now)).unwrap().is_none());
    }
    assert_eq!((world.stats().1, world.read(|tx| Ok(world.intake.quarantine_count(tx)?))), (5, 0));
}

fn concurrent_requests_agree(test: TestDb) {
    let world = World::new(test);
    std::thread::scope(|scope| {
        for thread in 0..6 {
            let world = &world;
            scope.spawn(move || {
                for i in 0..15 {
                    // All threads tell of the same people, half of the messages are the same.
                    let body = format!(
                        r#"{{"batch":[{{"type":"identify","messageId":"id-{i}-{thread}","anonymousId":"a{i}","userId":"u{i}","traits":{{"phone":"1390000{i:04}"}}}},
                            {{"type":"track","messageId":"shared-{i}","userId":"u{i}","event":"E"}},
                            {{"type":"track","messageId":"o-{i}-{thread}","anonymousId":"a{i}","event":"Order Completed","properties":{{"order_id":"O{i}","total":10}}}}]}}"#
                    );
                    world.send("batch", &body).unwrap();
                }
            });
        }
    });
    assert_eq!(world.stats(), (15, 15 * 13, (15, 15_000, 0)));
    assert!(world.read(siyu_commerce::drift).iter().all(|drift| drift.rows == 0));
}

fn orders_follow_a_merge(test: TestDb) {
    let world = World::new(test);
    for (id, who, order) in
        [("1", r#""userId":"u1""#, "A"), ("2", r#""userId":"u2""#, "B"), ("3", r#""anonymousId":"x""#, "C")]
    {
        world.send("track", &format!(r#"{{"messageId":"{id}",{who},"event":"Order Completed","properties":{{"order_id":"{order}","total":10}}}}"#)).unwrap();
    }
    world
        .send("identify", r#"{"messageId":"4","userId":"u1","anonymousId":"x","traits":{"phone":"13911112222"}}"#)
        .unwrap();
    let merged = world.send("identify", r#"{"messageId":"5","userId":"u2","traits":{"phone":"13911112222"}}"#).unwrap();
    assert_eq!(merged.people_merged, 1);
    let (root, totals) = world.read(|tx| {
        let (_, root) = world.people.by_identifier(tx, "user_id:u2".parse_identifier())?.unwrap();
        Ok((root, siyu_commerce::customer_totals(tx, &[root])?))
    });
    assert_eq!((totals.len(), totals[0].orders, totals[0].amount), (1, 3, 3000));
    let edge = world.read(|tx| {
        let nodes = world.people.nodes(tx, root)?;
        Ok(world.people.edges(tx, &nodes)?[0].id)
    });
    let (people, now) = (world.people.clone(), world.test.clock.now());
    let (left, right) = world
        .test
        .db()
        .transact(move |tx| {
            let split = people.split(tx, edge, "usr_1", "two people", now)?;
            siyu_commerce::recount(tx, split.left, &split.left_nodes)?;
            siyu_commerce::recount(tx, split.right, &split.right_nodes)?;
            Ok((split.left, split.right))
        })
        .unwrap();
    let mut amounts: Vec<i64> =
        world.read(|tx| siyu_commerce::customer_totals(tx, &[left, right])).into_iter().map(|t| t.amount).collect();
    amounts.sort_unstable();
    assert_eq!(amounts, [1000, 2000]);
}

/// Whatever arrives is an error or quarantine, never a crash; and whatever is accepted can be read back.
fn hostile_input_never_panics(test: TestDb) {
    let world = World::new(test);
    let chance = Chance::seeded(11);
    let seeds = [
        BATCH.as_bytes().to_vec(),
        br#"{"type":"identify","userId":1e999,"traits":{"phone":{"a":[[[]]]},"age":-1e308}}"#.to_vec(),
        vec![0xff; 64],
        b"\x1f\x8b".to_vec(),
    ];
    for round in 0..400 {
        let mut bytes = seeds[round % seeds.len()].clone();
        for _ in 0..1 + chance.below(8) {
            let at = chance.below(bytes.len() as u64) as usize;
            match chance.below(3) {
                0 => bytes[at] = chance.below(256) as u8,
                1 => drop(bytes.splice(at..at, b"\"{[:,null\\u0000".iter().copied())),
                _ => bytes.truncate(at.max(1)),
            }
        }
        let _ = world.send_bytes(if round % 2 == 0 { "batch" } else { "import" }, &bytes);
    }
    let nested = format!(
        r#"{{"batch":[{{"type":"track","messageId":"deep","userId":"u","event":"E","properties":{{"a":{}1{}}}}}]}}"#,
        "[".repeat(120),
        "]".repeat(120)
    );
    let _ = world.send("batch", &nested);
    world.send("track", r#"{"messageId":"last","userId":"u-last","event":"E","properties":{"n":123456789012345678901234567890.5e300}}"#).unwrap();
    let found = world.read(|tx| Ok(world.log.newest(tx, None, 1, |event| event.message_id == "last")?)).pop().unwrap();
    assert!(found.event.body.contains("123456789012345678901234567890.5e300"), "numbers are kept as they came");
}

trait ParseIdentifier {
    fn parse_identifier(self) -> siyu_kernel::Identifier;
}
impl ParseIdentifier for &str {
    fn parse_identifier(self) -> siyu_kernel::Identifier {
        siyu_kernel::Identifier::parse(self).unwrap()
    }
}

/// What one process decides holds in the others from their next message on, however long they have been running.
fn rules_reach_other_processes(test: TestDb) {
    let world = World::new(test);
    let db = world.test.second();
    let (_, people, other) = open(&world.test, &db);
    let send = |body: &str| world.send_to(&other, &db, "track", body.as_bytes()).unwrap();
    let seen = |id: &str, plan: &str, user: &str| {
        format!(r#"{{"messageId":"{id}","userId":"{user}","event":"Chose","properties":{{"plan":{plan}}}}}"#)
    };
    // Every connection of the other process has been used before.
    std::thread::scope(|scope| {
        for worker in 0..8 {
            scope.spawn(move || {
                for n in 0..5 {
                    assert_eq!(send(&seen(&format!("w{worker}-{n}"), "\"gold\"", "u1")).events, 1);
                }
            });
        }
    });
    let lock: EventPatch =
        serde_json::from_str(r#"{"locked":true,"properties":[{"name":"plan","locked_type":"string"}]}"#).unwrap();
    let intake = world.intake.clone();
    world.test.db().transact(move |tx| intake.patch_schema(tx, "track", "Chose", &lock)).unwrap();
    let accepted = send(&seen("after-lock", "7", "u1"));
    assert_eq!((accepted.events, accepted.quarantined), (0, 1), "the schema was locked by the first process");

    let first = world.people.clone();
    let mut rules = siyu_people::IdentityRules::clone(&first.rules());
    let kind = rules.kinds.iter_mut().find(|rule| rule.kind == "user_id").unwrap();
    kind.blocked.push("nobody".into());
    world.test.db().transact(move |tx| first.save_rules(tx, rules.clone().validated()?)).unwrap();
    let accepted = send(&seen("after-block", "\"gold\"", "nobody"));
    assert_eq!((accepted.events, accepted.quarantined), (0, 1), "the value was blocked by the first process");

    let set = "INSERT INTO setting (name, value) VALUES ($1, 'USD')";
    world
        .test
        .db()
        .transact(move |tx| {
            tx.execute(set, params![CURRENCY])?;
            Ok(tx.announce()?)
        })
        .unwrap();
    send(r#"{"messageId":"o1","userId":"u1","event":"Order Completed","properties":{"order_id":"O1","revenue":10}}"#);
    let totals = world.read(siyu_commerce::totals);
    let shown: Vec<_> = totals.iter().map(|total| (total.currency.code(), total.revenue)).collect();
    assert_eq!(shown, [("USD", 1_000)], "the currency was changed by the first process");

    // One that only reads learns it by looking.
    let (unlock, intake): (EventPatch, _) = (serde_json::from_str(r#"{"locked":false}"#).unwrap(), other.clone());
    db.transact(move |tx| {
        tx.execute("UPDATE setting SET value = 'EUR' WHERE name = $1", params![CURRENCY])?;
        intake.patch_schema(tx, "track", "Chose", &unlock)
    })
    .unwrap();
    world.test.db().catch_up().unwrap();
    assert_eq!(world.intake.currency().code(), "EUR");
    assert_eq!(people.rules(), world.people.rules());
}
