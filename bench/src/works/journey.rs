//! Journeys by the library: a million people through ten steps, each unit on disk before the next; and how late those who wait are looked at.

use super::Work;
use crate::Outcome;
use crate::bench::Bench;
use crate::memory;
use crate::row::{Row, round};
use serde_json::{Value, json};
use siyu_db::{Db, DbConfig, OpenMode, Tx, params};
use siyu_journeys::{Answer, Effect, Inside, Journeys, Outcome as Became, Ran, World};
use siyu_kernel::{Chance, Clock, FakeClock, PersonNum, Refusal, Stopwatch, SystemClock, Time, Vault};
use siyu_log::Log;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

pub const WORK: Work = Work {
    name: "journey",
    about: "`journey`: a million people walk ten nodes (waits, a condition, a split, a test, two messages, a tag), by the library; what is decided is handed on and answered in units on disk. `journey_due`: 100,000 people wait for times spread over half a minute; how late each is looked at, by the wall clock",
    needs: &[],
    run,
};

const BAR: f64 = 20_000.0;
const LATE_SECONDS: f64 = 2.0;

/// Everything is done at once; one in three fits any rule.
struct Willing;

impl World for Willing {
    fn knows_audience(&self, _: &mut Tx<'_>, _: &str) -> Result<bool, Refusal> {
        Ok(true)
    }
    fn check_rule(&self, _: &mut Tx<'_>, _: &Value) -> Result<(), Refusal> {
        Ok(())
    }
    fn check_effect(&self, _: &mut Tx<'_>, _: &str, _: &Value) -> Result<(), Refusal> {
        Ok(())
    }
    fn holds(&self, _: &mut Tx<'_>, _: &Value, people: &[PersonNum], _: Time) -> Result<Vec<PersonNum>, Refusal> {
        Ok(people.iter().copied().filter(|num| num % 3 == 0).collect())
    }
    fn members(&self, _: &mut Tx<'_>, _: &str, _: Time) -> Result<Vec<PersonNum>, Refusal> {
        Ok(Vec::new())
    }
    fn hand(&self, _: &mut Tx<'_>, effects: &[Effect], _: Time) -> Result<Vec<Answer>, Refusal> {
        Ok(vec![Answer::Now(Became::Done); effects.len()])
    }
}

fn run(bench: &Bench) -> Outcome {
    walked(bench)?;
    waited(bench)
}

/// Ten nodes on every way, the exit included.
fn walked(bench: &Bench) -> Outcome {
    let people = bench.sized(20_000, 1_000_000_u64);
    let clock = Arc::new(FakeClock::at("2026-03-11T04:00:00Z"));
    let (db, journeys) = opened(&bench.path("journey"), people, clock.clone())?;
    let wait = |id: &str, next: &str| json!({"id": id, "do": {"type": "wait", "for": {"amount": 1, "unit": "day"}, "next": next}});
    let say =
        |id: &str, next: &str| json!({"id": id, "do": {"type": "message", "with": {"content": "c"}, "next": next}});
    let rule = json!({"all": [{"field": "tag", "op": "eq", "value": "t"}]});
    let event = json!({"type": "event", "name": "buy"});
    let id = started(
        &db,
        &journeys,
        json!([
            wait("a", "b"),
            {"id": "b", "do": {"type": "condition", "rule": rule, "yes": "c", "no": "c"}},
            say("c", "d"),
            wait("d", "e"),
            {"id": "e", "do": {"type": "ab", "arms": [{"weight": 50, "to": "f"}, {"weight": 50, "to": "f"}], "goal": event, "within_days": 7}},
            {"id": "f", "do": {"type": "wait_event", "on": event, "timeout": {"amount": 2, "unit": "day"}, "next": "g", "timed_out": "g"}},
            say("g", "h"),
            {"id": "h", "do": {"type": "wait_until", "at": "09:00", "next": "i"}},
            {"id": "i", "do": {"type": "tag", "with": {"tag": "t"}, "next": "j"}},
            {"id": "j", "do": {"type": "exit"}},
        ]),
    )?;
    let (own, name) = (journeys.clone(), id.clone());
    let all: Vec<PersonNum> = (1..=people as u32).collect();
    db.transact(move |tx| own.let_in(tx, &name, &all))?;
    let (watch, mut slowest) = (Stopwatch::start(), 0.0_f64);
    loop {
        let one = Stopwatch::start();
        match journeys.step()? {
            Ran::Went => slowest = slowest.max(one.seconds()),
            Ran::Later(at) => clock.set(at),
            Ran::Nothing => break,
        }
    }
    let seconds = watch.seconds();
    let numbers = db.read(|tx| {
        let row = journeys.journey(tx, &id)?;
        journeys.numbers(tx, &row)
    })?;
    let steps: i64 = numbers.nodes.values().map(|own| own.came).sum();
    if numbers.sums.finished != people as i64 || numbers.nodes.values().any(|own| !own.is_sound()) {
        return Err(format!("the sums are wrong: {:?}", numbers.sums).into());
    }
    let rate = steps as f64 / seconds;
    let (resident, peak) = memory::resident(std::process::id()).ok_or("we run")?;
    bench.report(
        Row::ours("journey", steps as u64, seconds)
            .rate()
            .note("people", people)
            .note("slowest_step_s", round(slowest))
            .note("memory_mb", round(resident))
            .note("memory_peak_mb", round(peak))
            .bar("20,000 durable steps/s", rate >= BAR),
    )
}

/// People whose times are spread over half a minute; each time is the wall clock's.
fn waited(bench: &Bench) -> Outcome {
    let people = bench.sized(5_000, 100_000_u64);
    let (db, journeys) = opened(&bench.path("journey_due"), people, Arc::new(SystemClock))?;
    let id = started(
        &db,
        &journeys,
        json!([{"id": "a", "do": {"type": "wait", "for": {"amount": 1, "unit": "hour"}, "next": "b"}}, {"id": "b", "do": {"type": "exit"}}]),
    )?;
    let (own, name) = (journeys.clone(), id.clone());
    let all: Vec<PersonNum> = (1..=people as u32).collect();
    db.transact(move |tx| own.let_in(tx, &name, &all))?;
    while journeys.step()? == Ran::Went {}
    let spread = bench.sized(3_000_000_i64, 30_000_000);
    let first = SystemClock.now().plus_seconds(2);
    let due = "UPDATE journey_person SET due_at = $1 + (num * 7919) % $2";
    db.transact(move |tx| Ok(tx.execute(due, params![first, spread])?))?;
    // The times they were due, by person; an ended row has none.
    let due = |num: i64| first.0 + (num * 7_919) % spread;
    let watch = Stopwatch::start();
    loop {
        match journeys.step()? {
            Ran::Went => {}
            Ran::Later(at) => {
                let micros = (at.0 - SystemClock.now().0).clamp(0, 50_000) as u64;
                std::thread::sleep(Duration::from_micros(micros));
            }
            Ran::Nothing => break,
        }
    }
    let seconds = watch.seconds();
    let ended = "SELECT num, ended_at FROM journey_person ORDER BY num";
    let rows = db.read(|tx| Ok(tx.query(ended, &[], |row| Ok((row.int(0)?, row.time(1)?)))?))?;
    let mut late: Vec<f64> = rows.into_iter().map(|(num, at)| (at.0 - due(num)) as f64 / 1e6).collect();
    late.sort_by(f64::total_cmp);
    let at = |share: f64| late[((late.len() - 1) as f64 * share) as usize];
    bench.report(
        Row::ours("journey_due", people, seconds)
            .note("late_p50_s", round(at(0.5)))
            .note("late_p99_s", round(at(0.99)))
            .note("late_most_s", round(at(1.0)))
            .bar("due steps start within 2 s", at(1.0) < LATE_SECONDS),
    )
}

fn started(db: &Db, journeys: &Journeys, nodes: Value) -> Outcome<String> {
    let entry = json!({"type": "trigger", "on": {"type": "event", "name": "begin"}});
    let text = json!({"format": 1, "entry": entry, "start": "a", "nodes": nodes}).to_string();
    let own = journeys.clone();
    let id = db.transact(move |tx| {
        let row = own.create(tx, "bench", &text, "bench")?;
        Ok(own.publish(tx, &row.id, row.edits, Inside::Finish, "", "bench")?.id)
    })?;
    Ok(id)
}

/// A workspace with this many people of whom nothing is known.
fn opened(folder: &Path, people: u64, clock: Arc<dyn Clock>) -> Outcome<(Db, Journeys)> {
    std::fs::create_dir_all(folder)?;
    let tables = [siyu_log::MIGRATIONS, siyu_people::MIGRATIONS, siyu_journeys::MIGRATIONS].concat();
    let config = DbConfig::sqlite(&folder.join("workspace.db"), &folder.join("backups")).with(&tables);
    let db = Db::open(config.mode(OpenMode::Migrate), &*clock)?;
    let sql = format!(
        "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < {people}) INSERT INTO person (num, root, state, created_at, source) SELECT i, i, 0, 0, 'import' FROM n"
    );
    db.transact(move |tx| Ok(tx.execute(&sql, &[])?))?;
    let vault = Vault::from_key([9; 32]);
    let log = Log::open(&db, vault.clone(), clock.clone())?;
    let journeys = Journeys::new(db.clone(), &vault, log, Arc::new(Chance::seeded(1)), clock, Arc::new(Willing));
    Ok((db, journeys))
}
