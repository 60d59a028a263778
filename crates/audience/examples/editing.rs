//! How long a count takes while somebody edits a rule of ten nested conditions: `cargo run --release -p siyu-audience --example editing -- 10000000`.
//!
//! A made-up brand on SQLite: tags, profile values, identifiers and totals in the database, five events a person in the columns of behaviour.
//! Each step changes one condition to a value not asked before, plans the rule and counts it with all its parts. Rows are written directly,
//! since only reading is measured.
#![allow(clippy::unwrap_used, reason = "an example that stops when something is wrong")]

use serde_json::{Value as Json, json};
use siyu_audience::{Audience, Ctx, History, Lang, Moment, Rule, Scope, Shelf};
use siyu_behaviour::{Fact, Held, Snapshot, Value, View, build};
use siyu_db::{Db, DbConfig, Param, Tx, params};
use siyu_kernel::{Chance, Clock, Currency, Refusal, Stopwatch, SystemClock, Time, Vault, Zone};
use siyu_log::Log;
use siyu_people::People;
use std::sync::Arc;

const EVENTS: [&str; 8] = [
    "Product Viewed",
    "Product Added",
    "Order Completed",
    "Message Opened",
    "Coupon Used",
    "Checked In",
    "Live Joined",
    "Shared",
];
const EDITS: usize = 200;

struct Fixed(Moment);
impl History for Fixed {
    fn moment(&self) -> Result<Moment, Refusal> {
        Ok(self.0.clone())
    }
}

fn main() {
    let people: u32 = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(200_000);
    let folder = std::env::temp_dir().join(format!("siyu-editing-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let all = [siyu_log::MIGRATIONS, siyu_people::MIGRATIONS, siyu_commerce::MIGRATIONS].concat();
    let db = Db::open(DbConfig::sqlite(&folder.join("w.db"), &folder).with(&all), &SystemClock).unwrap();
    let (vault, now) = (Vault::from_key([5; 32]), SystemClock.now());
    let watch = Stopwatch::start();
    fill(&db, people, now);
    println!("{people} people written in {:.0} s", watch.seconds());
    let watch = Stopwatch::start();
    let snapshot = behaviour(people, now);
    println!("{} events in columns in {:.0} s", u64::from(people) * 5, watch.seconds());
    let log = Log::open(&db, vault.clone(), Arc::new(SystemClock)).unwrap();
    let store = People::open(&db, vault, log.clone(), Arc::new(Chance::seeded(1))).unwrap();
    let shelf = Shelf::new(store.clone(), log.clone());
    let history = Fixed(Moment { snapshot, seq: 0, as_of: now });
    let audience = Audience::new(store, log).seeing(Arc::new(history)).remembering(shelf.clone());
    edit(&db, &audience, &shelf, now);
    let _ = std::fs::remove_dir_all(&folder);
}

/// A number that looks like chance and is the same at every run.
fn mix(n: u32, salt: u32) -> u32 {
    let mut x = u64::from(n).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ u64::from(salt).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x ^= x >> 31;
    x = x.wrapping_mul(0x94d0_49bb_1331_11eb);
    (x >> 33) as u32
}

fn fill(db: &Db, people: u32, now: Time) {
    db.transact(move |tx| {
        for (name, kind) in [("city", "text"), ("age", "number"), ("level", "text"), ("points", "number")] {
            let row = params![name, kind, now];
            tx.execute("INSERT INTO person_field (name, type, label_zh, label_en, sensitive, created_at) VALUES ($1, $2, $1, $1, 0, $3)", row)?;
        }
        tx.execute("INSERT INTO tag_group (id, name, created_at) VALUES ('g', 'g', 0)", &[])?;
        for n in 1..=20i64 {
            tx.execute("INSERT INTO tag (num, id, group_id, name, color, kind, description, created_at) VALUES ($1, $2, 'g', $2, 'red', 'manual', '', 0)", params![n, &format!("tag_{n}")])?;
        }
        Ok(())
    })
    .unwrap();
    for from in (0..people).step_by(50_000) {
        db.transact(move |tx| (from + 1..=(from + 50_000).min(people)).try_for_each(|num| person(tx, num, now)))
            .unwrap();
    }
}
fn insert<const N: usize>(tx: &mut Tx<'_>, into: &str, row: [Param<'_>; N]) -> Result<(), Refusal> {
    Ok(tx.bulk(into, "", &[row]).map(drop)?)
}
fn person(tx: &mut Tx<'_>, num: u32, now: Time) -> Result<(), Refusal> {
    let created = now.plus_days(-i64::from(mix(num, 1) % 700));
    // One in fifty was merged into the person before.
    let root = if num.is_multiple_of(50) { num - 1 } else { num };
    insert(
        tx,
        "INSERT INTO person (num, root, created_at, source)",
        [num.into(), root.into(), created.into(), "import".into()],
    )?;
    let texts = [
        ("age", format!("\0{}", 15 + mix(num, 2) % 60)),
        ("city", format!("\0\"城市{}\"", mix(num, 3) % 300)),
        ("level", format!("\0\"L{}\"", mix(num, 4) % 6)),
        ("points", format!("\0{}", mix(num, 5) % 20_000)),
    ];
    for (name, text) in &texts {
        let into = "INSERT INTO person_trait (num, name, value, at, source)";
        insert(tx, into, [num.into(), (*name).into(), text.as_bytes().into(), created.into(), "import".into()])?;
    }
    for tag in 1..=20u32 {
        if mix(num, 100 + tag).is_multiple_of(tag + 2) && tag % 4 == 1 {
            let into = "INSERT INTO person_tag (num, tag, at, by_actor, source, why)";
            insert(tx, into, [num.into(), tag.into(), created.into(), "import".into(), "import".into(), "".into()])?;
        }
    }
    if !mix(num, 6).is_multiple_of(3) {
        let mut hash = [0u8; 16];
        hash[..4].copy_from_slice(&num.to_le_bytes());
        let into = "INSERT INTO identifier (hash, num, kind, value, first_at, source)";
        insert(
            tx,
            into,
            [(&hash).into(), num.into(), "phone".into(), (&[0u8; 12]).into(), created.into(), "import".into()],
        )?;
    }
    if root == num && mix(num, 7) % 5 < 3 {
        let (count, last) = (1 + mix(num, 8) % 9, now.plus_days(-i64::from(mix(num, 9) % 600)));
        let row = [
            num.into(),
            "CNY".into(),
            count.into(),
            i64::from(mix(num, 10) % 500_000).into(),
            0i64.into(),
            last.into(),
            last.into(),
        ];
        insert(tx, "INSERT INTO customer (root, currency, orders, amount, refunded, first_at, last_at)", row)?;
    }
    Ok(())
}

/// Bucket by bucket, so that the raw events of all never lie in memory together.
fn behaviour(people: u32, now: Time) -> Snapshot {
    let channels: Vec<Value> = (0..30).map(|n| Value::Text(format!("channel{n}"))).collect();
    let buckets = (people >> 16) + 1;
    let views = (0..buckets).flat_map(|bucket| {
        let mut facts = Vec::new();
        for person in (bucket << 16).max(1)..=((bucket << 16) | 0xffff).min(people) {
            for n in 0..5u32 {
                let kind = (mix(person, 20 + n) % 36) as f64;
                let event = EVENTS[7 - (kind.sqrt() * 1.3) as usize % 8];
                let at = now.plus_days(-i64::from(mix(person, 30 + n) % 400)).0
                    + i64::from(mix(person, 40 + n) % 86_400) * 1_000_000
                    - 86_400_000_000;
                let properties = vec![
                    ("channel".to_owned(), channels[(mix(person, 50 + n) % 30) as usize].clone()),
                    ("amount".to_owned(), Value::Int(i64::from(mix(person, 60 + n) % 90_000))),
                ];
                facts.push(Fact { person, origin: person, at, event: event.to_owned(), properties });
            }
        }
        facts.sort_by_key(|fact| (fact.person, fact.at));
        build(&facts, &Zone::shanghai())
    });
    let views =
        views.map(|part| View { bucket: part.bucket, parts: vec![Held { part: Arc::new(part), hidden: None }] });
    Snapshot { views: views.collect::<Vec<_>>().into() }
}

/// Ten conditions: two tags, four profile values and totals, an identifier, three on behaviour. `step`: which one is edited, and how often.
fn rule(values: &[usize; 10]) -> Json {
    let v = |at: usize| values[at];
    json!({"all": [
        {"any": [
            {"field": "tag", "op": "eq", "value": format!("tag_{}", [1, 5, 9, 13, 17][v(0) % 5])},
            {"field": "trait.level", "op": "in", "value": [format!("L{}", v(1) % 6), format!("L{}", v(1) / 6 % 6)]},
            {"did": {"event": "Order Completed", "times": {"op": "gte", "value": 1 + v(2) % 3}, "span": {"last_days": 90 + v(2)}}}
        ]},
        {"field": "trait.age", "op": "gte", "value": 18 + v(3) % 40},
        {"not": [
            {"field": "tag", "op": "eq", "value": format!("tag_{}", [17, 13, 9, 5, 1][v(4) % 5])},
            {"did": {"event": "Coupon Used", "where": [{"property": "channel", "op": "in", "value": [format!("channel{}", v(5) % 30), "channel7"]}], "span": {"last_days": 30 + v(5)}}}
        ]},
        {"any": [
            {"all": [{"field": "has.phone", "op": "eq", "value": v(6) % 2 == 0}, {"field": "orders.amount", "op": "gte", "value": 10_000 + v(7) * 777}]},
            {"field": "trait.city", "op": "in", "value": (0..20).map(|n| format!("城市{}", (v(8) * 7 + n) % 300)).collect::<Vec<_>>()},
            {"did": {"event": ["Product Viewed", "Live Joined"], "days": {"op": "gte", "value": 1 + v(9) % 2}, "span": {"last_days": 14 + v(9)}}}
        ]}
    ]})
}

fn edit(db: &Db, audience: &Audience, shelf: &Shelf, now: Time) {
    let ctx = Ctx { now, zone: Zone::shanghai(), currency: Currency::CNY, lang: Lang::Zh };
    let ask = |values: &[usize; 10]| {
        let rule = Rule::parse(&rule(values)).unwrap();
        let watch = Stopwatch::start();
        let preview = db.read(|tx| audience.preview(tx, &rule, &Scope::All, &ctx)).unwrap();
        (watch.seconds() * 1_000.0, preview)
    };
    let mut values = [0usize; 10];
    let (first, preview) = ask(&values);
    println!("first count, fields read from the database: {first:.0} ms, {} people", preview.people);
    println!("kept: {:?}", shelf.stats());
    for (place, people) in &preview.parts {
        println!("  {place}: {people}");
    }
    let (again, _) = ask(&values);
    println!("the same again: {again:.2} ms");
    let (mut times, mut by_condition) = (Vec::new(), vec![Vec::new(); 10]);
    for step in 0..EDITS {
        let at = step % 10;
        values[at] = step / 10 + 1;
        let (time, preview) = ask(&values);
        assert_eq!(preview.parts.len(), 15);
        times.push(time);
        by_condition[at].push(time);
    }
    println!(
        "{EDITS} edits: p50 {:.1} ms, p95 {:.1} ms, worst {:.1} ms",
        quantile(&mut times, 0.5),
        quantile(&mut times, 0.95),
        quantile(&mut times, 1.0)
    );
    for (at, times) in by_condition.iter_mut().enumerate() {
        println!("  condition {at}: p50 {:.1} ms, worst {:.1} ms", quantile(times, 0.5), quantile(times, 1.0));
    }
    let mut cold: Vec<f64> = (0..20).map(|n| ask(&[100 + n; 10]).0).collect();
    println!("all ten new at once: p50 {:.1} ms, p95 {:.1} ms", quantile(&mut cold, 0.5), quantile(&mut cold, 0.95));
}
fn quantile(times: &mut [f64], at: f64) -> f64 {
    times.sort_by(f64::total_cmp);
    times[((times.len() - 1) as f64 * at).round() as usize]
}
