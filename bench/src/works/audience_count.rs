//! The count while a rule is being edited: ten nested conditions over all people, one of them changed at each keystroke.

use super::Work;
use super::intake::quantile;
use crate::Outcome;
use crate::bench::Bench;
use crate::memory;
use crate::row::{Row, round};
use serde_json::{Value, json};
use siyu_audience::{Audience, Ctx, History, Lang, Moment, Rule, Scope, Shelf};
use siyu_behaviour::{ColumnKind, Facts, Held, Snapshot, View, build_parts};
use siyu_db::{Db, DbConfig, OpenMode};
use siyu_kernel::{Chance, Clock, Currency, Refusal, Stopwatch, SystemClock, Time, Vault, Zone};
use siyu_log::Log;
use siyu_people::People;
use std::path::Path;
use std::sync::Arc;

pub const WORK: Work = Work {
    name: "audience_count",
    about: "10 nested conditions (tags, attributes, orders, 3 of behaviour), one changed each time, counted by the library; people are written by SQL, their behaviour by the column builder",
    needs: &[],
    run,
};

const BAR_P95_MS: f64 = 50.0;
const EVENTS_EACH: u64 = 3;
const DAYS: i64 = 120;
const CITIES: u64 = 300;
const TAGS: u64 = 40;

/// Columns that stand still.
struct Still(Snapshot, Time);

impl History for Still {
    fn moment(&self) -> Result<Moment, Refusal> {
        Ok(Moment { snapshot: self.0.clone(), seq: 0, as_of: self.1 })
    }
}

fn run(bench: &Bench) -> Outcome {
    let people = bench.sized(200_000, 10_000_000_u64);
    let now = SystemClock.now();
    let folder = bench.path("audience-count");
    std::fs::create_dir_all(&folder)?;
    let watch = Stopwatch::start();
    let db = written(&folder, people, now)?;
    let snapshot = behaviour(people, now);
    let built = watch.seconds();

    let vault = Vault::from_key([9; 32]);
    let log = Log::open(&db, vault.clone(), Arc::new(SystemClock))?;
    let own = People::open(&db, vault, log.clone(), Arc::new(Chance::seeded(1)))?;
    let audience = Audience::new(own.clone(), log.clone())
        .remembering(Shelf::new(own, log))
        .seeing(Arc::new(Still(snapshot, now)));
    let ctx = Ctx { now, zone: Zone::utc(), currency: Currency::CNY, lang: Lang::En };
    let count = |rule: &Value| -> Outcome<(u64, f64)> {
        let watch = Stopwatch::start();
        let rule = Rule::parse(rule)?;
        let found = db.read(|tx| audience.preview(tx, &rule, &Scope::All, &ctx))?;
        Ok((found.people, watch.seconds() * 1000.0))
    };
    // The first count reads the fields that the rule names.
    let (first_people, first) = count(&rule(&Edit::default()))?;
    let chance = Chance::seeded(5);
    let edits = bench.sized(60, 300);
    let (mut edit, mut millis, mut least, mut most) = (Edit::default(), Vec::new(), u64::MAX, 0);
    let mut slowest = [0.0_f64; 10];
    for _ in 0..edits {
        let at = edit.change(&chance);
        let (found, ms) = count(&rule(&edit))?;
        slowest[at] = ms.max(slowest[at]);
        (least, most) = (least.min(found), most.max(found));
        millis.push(ms);
    }
    millis.sort_unstable_by(f64::total_cmp);
    let p95 = quantile(&millis, 0.95);
    let (resident, _) = memory::resident(std::process::id()).ok_or("we run")?;
    bench.report(
        Row::ours("audience_count", people, p95 / 1000.0)
            .note("edits", edits)
            .note("events", people * EVENTS_EACH)
            .note("p50_ms", round(quantile(&millis, 0.5)))
            .note("p95_ms", round(p95))
            .note("max_ms", round(quantile(&millis, 1.0)))
            .note("slowest_ms_by_value", slowest.map(|ms| ms.round().to_string()).join(" "))
            .note("first_ms", round(first))
            .note("people_found", format!("{first_people}, then {least} to {most}"))
            .note("built_s", round(built))
            .note("memory_mb", round(resident))
            .bar("p95 < 50 ms over 10,000,000 people", p95 < BAR_P95_MS),
    )
}

/// What the editor shows: one number or word of each condition.
#[derive(Clone, Debug)]
struct Edit([u64; 10]);

impl Default for Edit {
    fn default() -> Self {
        Self([1, 2, 3, 30, 2, 60, 90, 10_000, 1, 7])
    }
}

impl Edit {
    /// Another value of one condition, one that was hardly asked for before; which one.
    fn change(&mut self, chance: &Chance) -> usize {
        let at = chance.below(10) as usize;
        let most = [CITIES, TAGS, TAGS, 90, 4, 110, 110, 90_000, 60, 30][at];
        self.0[at] = 1 + chance.below(most);
        at
    }
}

fn rule(Edit(of): &Edit) -> Value {
    let did = |event: &str, times: u64, days: u64| json!({ "did": { "event": event, "times": { "op": "gte", "value": times }, "span": { "last_days": days } } });
    let tag = |n: u64| json!({ "field": "tag", "op": "in", "value": [format!("tag_{}", n % TAGS), format!("tag_{}", (n + 7) % TAGS)] });
    let cities: Vec<String> = (0..40).map(|n| format!("城市{}", (of[0] + n) % CITIES)).collect();
    json!({ "all": [
        { "any": [
            { "all": [did("Product Viewed", of[4] % 2 + 1, of[5]), { "field": "trait.age", "op": "gte", "value": of[3] }] },
            { "all": [tag(of[1]), { "field": "trait.vip", "op": "eq", "value": of[8] % 2 == 0 }] },
            did("Coupon Used", 1, of[6])
        ] },
        { "any": [{ "field": "trait.city", "op": "in", "value": cities }, { "field": "orders.amount", "op": "gte", "value": of[7] }] },
        { "not": [
            { "all": [tag(of[2]), { "field": "created.days", "op": "lt", "value": of[9] }] },
            { "sequence": { "steps": [{ "event": "Product Viewed" }, { "event": "Order Completed" }], "window": { "days": of[9] }, "span": { "last_days": of[6] } } }
        ] }
    ] })
}

/// A workspace with this many people: two attributes each at least, tags, totals of orders.
fn written(folder: &Path, people: u64, now: Time) -> Outcome<Db> {
    let tables =
        [siyu_log::MIGRATIONS, siyu_people::MIGRATIONS, siyu_commerce::MIGRATIONS, siyu_audience::MIGRATIONS].concat();
    let config = DbConfig::sqlite(&folder.join("workspace.db"), &folder.join("backups")).with(&tables);
    let db = Db::open(config.mode(OpenMode::Migrate), &SystemClock)?;
    let (now, day) = (now.0, 86_400_000_000_i64);
    let each = format!("WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < {people})");
    let mixed = |salt: u64, below: u64| format!("(((i * 2654435761 + {salt}) % 4294967291) % {below})");
    let mut run = vec![
        format!("{each} INSERT INTO person (num, root, state, created_at, source) SELECT i, i, 0, {now} - {} * {day}, 'import' FROM n", mixed(1, 400)),
        "INSERT INTO person_field (name, type, label_zh, label_en, sensitive, locked, created_at) VALUES ('city','text','城市','City',0,0,0), ('age','number','年龄','Age',0,0,0), ('vip','boolean','会员','VIP',0,0,0)".to_owned(),
        format!("{each} INSERT INTO person_trait (num, name, value, at, source) SELECT i, t.name, unhex('00' || hex(CASE t.name WHEN 'age' THEN CAST({} AS TEXT) WHEN 'city' THEN '\"城市' || {} || '\"' ELSE CASE WHEN {} = 0 THEN 'true' ELSE 'false' END END)), {now}, 'import' FROM n, (SELECT 'age' AS name UNION ALL SELECT 'city' UNION ALL SELECT 'vip') AS t ORDER BY i, t.name", mixed(2, 90), mixed(3, CITIES), mixed(4, 5)),
        "INSERT INTO tag_group (id, name, created_at) VALUES ('tgp_1', 'g', 0)".to_owned(),
    ];
    for tag in 0..TAGS {
        let num = tag + 1;
        run.push(format!("INSERT INTO tag (num, id, group_id, name, color, kind, description, created_at) VALUES ({num}, 'tag_{tag}', 'tgp_1', 't{tag}', 'default', 'manual', '', 0)"));
        // One in fifty, somewhere among each fifty.
        let held =
            format!("WITH RECURSIVE k(i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM k WHERE i < {} - 1)", people / 50);
        run.push(format!("{held} INSERT INTO person_tag (num, tag, at, by_actor, source, why) SELECT 1 + 50 * i + {}, {num}, {now}, 'x', 'x', '' FROM k", mixed(100 + tag, 50)));
    }
    run.push(format!("{each} INSERT INTO customer (root, currency, orders, amount, refunded, first_at, last_at) SELECT i, 'CNY', 1 + {}, {}, 0, {now} - 100 * {day}, {now} - {} * {day} FROM n WHERE {} < 3", mixed(6, 9), mixed(7, 100_000), mixed(8, 90), mixed(9, 10)));
    for sql in run {
        db.transact(move |tx| Ok(tx.execute(&sql, &[])?))?;
    }
    Ok(db)
}

/// Three events a person on average, a bucket of people at a time.
fn behaviour(people: u64, now: Time) -> Snapshot {
    let chance = Chance::seeded(3);
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut views = Vec::new();
    let mut facts = Facts::default();
    let kinds = ["Product Viewed", "Order Completed", "Coupon Used"].map(|name| facts.event(name));
    let amount = facts.key("amount", ColumnKind::Int);
    for bucket in 0..=(people >> 16) {
        for person in (bucket << 16).max(1)..((bucket + 1) << 16).min(people + 1) {
            for _ in 0..chance.below(2 * EVENTS_EACH + 1) {
                let at = now.0 - (chance.below(DAYS as u64 * 86_400) * 1_000_000) as i64;
                let kind = [0, 0, 0, 1, 2][chance.below(5) as usize];
                facts.begin(person as u32, person as u32, at, kinds[kind]);
                if kind == 1 {
                    facts.int(amount, chance.below(50_000) as i64);
                }
            }
        }
        let parts = build_parts(&facts, &Zone::utc(), threads);
        views.extend(
            parts
                .into_iter()
                .map(|part| View { bucket: part.bucket, parts: vec![Held { part: Arc::new(part), hidden: None }] }),
        );
        facts.clear();
    }
    Snapshot { views: views.into() }
}
