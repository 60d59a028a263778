//! How long questions take: `cargo run --release -p siyu-audience --example measure -- 200000`.
//!
//! A made-up shop on SQLite: 3 % of people merged, three identifiers and five profile values each, 60 % with orders. Rows are written
//! directly, since only reading is measured; each time is the best of three.
#![allow(clippy::unwrap_used, reason = "an example that stops when something is wrong")]

use serde_json::json;
use siyu_audience::{Audience, Ctx, Filter, Lang, Rule, Scope, Sort};
use siyu_db::{Db, DbConfig, Param, Tx, params};
use siyu_kernel::{Chance, Clock, Currency, Kind, Refusal, Stopwatch, SystemClock, Time, Vault, Zone};
use siyu_log::Log;
use siyu_people::People;
use std::sync::Arc;

fn main() {
    let people: i64 = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(200_000);
    let folder = std::env::temp_dir().join(format!("siyu-measure-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let all = [siyu_log::MIGRATIONS, siyu_people::MIGRATIONS, siyu_commerce::MIGRATIONS].concat();
    let db = Db::open(DbConfig::sqlite(&folder.join("w.db"), &folder).with(&all), &SystemClock).unwrap();
    let (vault, now) = (Vault::from_key([5; 32]), SystemClock.now());
    fill(&db, people, now);
    let log = Log::open(&db, vault.clone(), Arc::new(SystemClock)).unwrap();
    let store = People::open(&db, vault, log.clone(), Arc::new(Chance::seeded(1))).unwrap();
    let ctx = Ctx { now, zone: Zone::shanghai(), currency: Currency::CNY, lang: Lang::Zh };
    ask(&db, &Audience::new(store, log), &ctx, people);
    let _ = std::fs::remove_dir_all(&folder);
}

fn insert<const N: usize>(tx: &mut Tx<'_>, into: &str, row: [Param<'_>; N]) -> Result<(), Refusal> {
    Ok(tx.bulk(into, "", &[row]).map(drop)?)
}

fn fill(db: &Db, people: i64, now: Time) {
    db.transact(move |tx| {
        for (name, kind) in [("name", "text"), ("city", "text"), ("age", "number"), ("member", "boolean"), ("level", "text")] {
            let row = params![name, kind, now];
            tx.execute("INSERT INTO person_field (name, type, label_zh, label_en, sensitive, created_at) VALUES ($1, $2, $1, $1, 0, $3)", row)?;
        }
        for id in 1..=50i64 {
            tx.execute("INSERT INTO store (code, name, created_at) VALUES ($1, $1, $2)", params![&format!("S{id}"), now])?;
        }
        for id in 1..=500i64 {
            let (sku, category) = (format!("K{id}"), format!("C{}", id % 20));
            let row = params![&sku, &category, now];
            tx.execute("INSERT INTO product (sku, title, category, updated_at) VALUES ($1, $1, $2, $3)", row)?;
        }
        Ok(())
    })
    .unwrap();
    for from in (0..people).step_by(500) {
        db.transact(move |tx| (from + 1..=(from + 500).min(people)).try_for_each(|num| person(tx, num, now))).unwrap();
    }
}

fn person(tx: &mut Tx<'_>, num: i64, now: Time) -> Result<(), Refusal> {
    let root = if num % 33 == 0 { num - 1 } else { num };
    let created = Time(now.0 - (10_000_000 - num) * 1_000_000);
    insert(
        tx,
        "INSERT INTO person (num, root, created_at, source)",
        [num.into(), root.into(), created.into(), "import".into()],
    )?;
    for (at, kind) in ["phone", "openid", "member_no"].iter().enumerate().filter(|(at, _)| num % (*at as i64 + 1) == 0)
    {
        let mut hash = [at as u8; 16];
        hash[..8].copy_from_slice(&(num as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes());
        let into = "INSERT INTO identifier (hash, num, kind, value, first_at, source)";
        insert(
            tx,
            into,
            [(&hash).into(), num.into(), (*kind).into(), (&[0u8; 40]).into(), created.into(), "import".into()],
        )?;
    }
    let texts = [
        ("name", format!("\0\"顾客{num}\"")),
        ("city", format!("\0\"城市{}\"", num % 300)),
        ("age", format!("\0{}", num % 80)),
        ("member", format!("\0{}", num % 3 == 0)),
        ("level", format!("\0\"L{}\"", num % 5)),
    ];
    for (name, text) in &texts {
        let into = "INSERT INTO person_trait (num, name, value, at, source)";
        insert(tx, into, [num.into(), (*name).into(), text.as_bytes().into(), created.into(), "import".into()])?;
    }
    if root == num && num % 5 < 3 { orders(tx, num, now) } else { Ok(()) }
}

fn orders(tx: &mut Tx<'_>, num: i64, now: Time) -> Result<(), Refusal> {
    let count = 1 + num % 4;
    let at = |n: i64| now.plus_days(-(num * 7 + n * 31) % 700);
    for n in 0..count {
        let order_no = format!("O{num}-{n}");
        let row = params![&order_no, num, at(n), 1 + num % 50, now];
        let sql = "INSERT INTO orders (order_no, stub, person, root, at, store, currency, amount, refunded, refund_lines, sales, lines, source, created_at, import)
                   VALUES ($1, 0, $2, $2, $3, $4, 'CNY', 1000, 0, 0, 1, 1, 'x', $5, 1) RETURNING id";
        let id = tx.one(sql, row, |row| row.int(0))?;
        let line = params![id, 1 + (num + n) % 500, at(n)];
        tx.execute("INSERT INTO order_line (orders, no, product, quantity, amount_minor, at, import) VALUES ($1, 1, $2, 1000, 1000, $3, 1)", line)?;
    }
    let (first, last) = ((0..count).map(at).min(), (0..count).map(at).max());
    let row = params![num, count, (num * 7919) % 500_000, first, last];
    tx.execute("INSERT INTO customer (root, currency, orders, amount, refunded, first_at, last_at) VALUES ($1, 'CNY', $2, $3, 0, $4, $5)", row)?;
    tx.execute(
        "INSERT INTO person_store (root, store, orders, last_at) VALUES ($1, $2, $3, $4)",
        params![num, 1 + num % 50, count, last],
    )?;
    Ok(())
}

fn best(name: &str, mut work: impl FnMut() -> u64) {
    let mut times = Vec::new();
    let mut answer = 0;
    for _ in 0..3 {
        let watch = Stopwatch::start();
        answer = work();
        times.push(watch.seconds() * 1000.0);
    }
    println!("{:>9.1} ms  {name}: {answer}", times.iter().copied().fold(f64::MAX, f64::min));
}

fn ask(db: &Db, audience: &Audience, ctx: &Ctx, people: i64) {
    println!("{people} identities");
    for (field, op, value) in [
        ("has.phone", "eq", json!(true)),
        ("has.member_no", "eq", json!(false)),
        ("orders.count", "gte", json!(3)),
        ("orders.count", "eq", json!(0)),
        ("orders.amount", "gte", json!(450_000)),
        ("orders.average", "gte", json!(100_000)),
        ("orders.days_since_last", "lte", json!(30)),
        ("store", "eq", json!("S7")),
        ("category.C3.count", "gte", json!(1)),
        ("created.days", "gte", json!(1)),
        ("trait.city", "eq", json!("城市7")),
        ("trait.age", "gte", json!(60)),
    ] {
        rule(
            db,
            audience,
            ctx,
            &format!("{field} {op} {value}"),
            json!({"all": [{"field": field, "op": op, "value": value}]}),
        );
    }
    let several = json!({"all": [
        {"field": "orders.count", "op": "gte", "value": 2}, {"field": "orders.days_since_last", "op": "lte", "value": 90},
        {"any": [{"field": "trait.city", "op": "in", "value": ["城市1", "城市2", "城市3"]}, {"field": "trait.level", "op": "eq", "value": "L1"}]},
        {"not": [{"field": "store", "op": "eq", "value": "S3"}, {"field": "has.member_no", "op": "eq", "value": true}]}
    ]});
    rule(db, audience, ctx, "six conditions, nested", several);
    let stores = Scope::Stores(vec!["S7".into()]);
    list(db, audience, ctx, "list, newest first", &Filter::default(), Sort::CreatedDesc, &Scope::All);
    list(db, audience, ctx, "list by amount", &Filter::default(), Sort::AmountDesc, &Scope::All);
    list(db, audience, ctx, "list by last order", &Filter::default(), Sort::LastOrderDesc, &Scope::All);
    list(db, audience, ctx, "list of one store by amount", &Filter::default(), Sort::AmountDesc, &stores);
    let has = Filter { has: Some(Kind::Phone), ..Filter::default() };
    list(db, audience, ctx, "list with a phone by amount", &has, Sort::AmountDesc, &Scope::All);
    let named = Filter { q: Some("顾客777".into()), ..Filter::default() };
    list(db, audience, ctx, "search part of a name", &named, Sort::CreatedDesc, &Scope::All);
    best("catalogue", || db.read(|tx| audience.fields(tx)).unwrap().len() as u64);
}

fn rule(db: &Db, audience: &Audience, ctx: &Ctx, name: &str, rule: serde_json::Value) {
    let rule = Rule::parse(&rule).unwrap();
    best(name, || db.read(|tx| audience.preview(tx, &rule, &Scope::All, ctx)).unwrap().people);
}

fn list(db: &Db, audience: &Audience, ctx: &Ctx, name: &str, filter: &Filter, sort: Sort, scope: &Scope) {
    let mut after = None;
    best(&format!("{name}, first page"), || {
        let page = db.read(|tx| audience.list(tx, filter, sort, None, 50, scope, ctx)).unwrap();
        after = page.next;
        page.people.len() as u64
    });
    best(&format!("{name}, next page"), || {
        db.read(|tx| audience.list(tx, filter, sort, after.as_deref(), 50, scope, ctx)).unwrap().people.len() as u64
    });
}
