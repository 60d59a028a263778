//! A broadcast to a million people through the gate: consent, reachability, quota, caps, fatigue and holdout, each decision on disk.

use super::Work;
use crate::Outcome;
use crate::bench::Bench;
use crate::memory;
use crate::row::{Row, round};
use siyu_contacts::{Contacts, Parts as ContactParts, Ran};
use siyu_db::{Db, DbConfig, OpenMode};
use siyu_gate::{Candidate, Cap, Channel, Class, Due, Fatigue, Gate, Holdout, Period, Quota, Rules, RunIn, Verdict};
use siyu_kernel::{Chance, Clock, FakeClock, PersonNum, Stopwatch, Time, Vault, Zone};
use siyu_log::Log;
use siyu_people::People;
use siyu_reach::content::Content;
use siyu_reach::{MessageIn, Parts, Reach, Terms};
use std::path::Path;
use std::sync::Arc;

pub const WORK: Work = Work {
    name: "gate",
    about: "a broadcast decided by the library in units of 4,000 people, each on disk before the next; most people have had up to three messages lately, one in twenty has withdrawn consent. `gate` decides and keeps; `broadcast` finds each one's member of staff, too, and makes their tasks and the events of those who are skipped",
    needs: &[],
    run,
};

const BAR: f64 = 50_000.0;
const BAR_MB: f64 = 500.0;
const STAFF: u64 = 2_000;

fn run(bench: &Bench) -> Outcome {
    let people = bench.sized(50_000, 1_000_000_u64);
    let clock = Arc::new(FakeClock::at("2026-03-11T04:00:00Z"));
    let folder = bench.path("gate");
    std::fs::create_dir_all(&folder)?;
    let db = written(&folder, people, &clock)?;
    let (vault, chance) = (Vault::from_key([9; 32]), Arc::new(Chance::seeded(1)));
    let log = Log::open(&db, vault.clone(), clock.clone())?;
    let own = People::open(&db, vault.clone(), log.clone(), chance.clone())?;
    let parts = ContactParts::new(db.clone(), vault.clone(), log.clone(), own.clone(), chance.clone(), clock.clone());
    let contacts = Contacts::new(parts);
    let reach = Reach::new(Parts::new(db.clone(), vault, log, own, contacts, chance, clock.clone()));
    let gate = reach.gate().clone();
    let (now, saving) = (clock.now(), gate.clone());
    db.transact(move |tx| saving.save_rules(tx, &rules(), None, "", "bench", now))?;
    let nums: Vec<PersonNum> = (1..=people as u32).collect();

    let (seconds, told) = decided(&db, &gate, &nums, &clock)?;
    report(bench, "gate", people, seconds, &told)?;
    // The next week, with what the first has left in people's memories.
    clock.advance_seconds(7 * 86_400);
    let input = MessageIn {
        name: "bench".into(),
        content: Content { text: "{{ staff.name }}".into(), attachments: Vec::new() },
        people: nums,
        audience: String::new(),
        by: "bench".into(),
    };
    let (making, terms, now) = (reach.clone(), Terms { worth: 2.0, ..Terms::plain(clock.now()) }, clock.now());
    let watch = Stopwatch::start();
    let id = db.transact(move |tx| making.create_message_by(tx, &input, &[], &terms, now))?;
    let created = watch.seconds();
    while reach.work_gate()? == Ran::Went {}
    let seconds = watch.seconds();
    let row = db.read(|tx| reach.message(tx, &id))?;
    let told = format!(
        "{} tasks, {} waiting, {} skipped; made in {} s",
        row.tasks,
        row.sums.waiting,
        row.sums.skipped,
        round(created)
    );
    report(bench, "broadcast", people, seconds, &told)
}

fn report(bench: &Bench, work: &'static str, people: u64, seconds: f64, told: &str) -> Outcome {
    let rate = people as f64 / seconds;
    let (resident, peak) = memory::resident(std::process::id()).ok_or("we run")?;
    bench.report(
        Row::ours(work, people, seconds)
            .rate()
            .note("decided", told)
            .note("memory_mb", round(resident))
            .note("memory_peak_mb", round(peak))
            .bar("50,000 durable decisions/s, memory < 500 MB", rate >= BAR && peak < BAR_MB),
    )
}

fn rules() -> Rules {
    let cap = |per, most| Cap { class: Class::Marketing, channel: None, per, most };
    Rules {
        caps: vec![cap(Period::Day, 1), cap(Period::Week, 3)],
        quota: Quota::Month,
        fatigue: Some(Fatigue { budget: 3.0, half_life_hours: 168.0, weights: Default::default() }),
        holdout: Holdout { percent: 5.0, salt: "1".into() },
        ..Rules::none()
    }
}

/// Decided by the gate alone.
fn decided(db: &Db, gate: &Gate, nums: &[PersonNum], clock: &FakeClock) -> Outcome<(f64, String)> {
    let now = clock.now();
    let input = RunIn {
        id: "run_bench".into(),
        kind: "message",
        name: "bench".into(),
        class: Class::Marketing,
        channel: Channel::Wecom,
        worth: 1.0,
        holdout: 0.0,
        per_hour: 0,
        start: now,
        expires: now.plus_days(3),
        by: "bench".into(),
    };
    let (own, all) = (gate.clone(), nums.to_vec());
    let watch = Stopwatch::start();
    db.transact(move |tx| own.create_run(tx, &input, &all, now))?;
    let (mut go, mut wait, mut skip) = (0_u64, 0_u64, 0_u64);
    loop {
        let due = db.read(|tx| gate.due(tx, |_| true, now))?;
        if !matches!(due, Due::Part(_)) {
            break;
        }
        let own = gate.clone();
        let judged = db.transact(move |tx| {
            let Some(taken) = own.take(tx, &due, now)? else { return Ok(Vec::new()) };
            let candidates: Vec<Candidate> =
                taken.nums.iter().map(|num| Candidate { num: *num, unreachable: None }).collect();
            own.decide(tx, &taken, &candidates, &Zone::shanghai(), now)
        })?;
        for own in judged {
            match own.verdict {
                Verdict::Go { .. } => go += 1,
                Verdict::Wait { .. } => wait += 1,
                Verdict::Skip(_) => skip += 1,
            }
        }
    }
    let seconds = watch.seconds();
    // They arrive, so that the next run has something to look at; this is not measured.
    for some in nums.chunks(20_000) {
        let (own, some) = (gate.clone(), some.to_vec());
        db.transact(move |tx| own.sent(tx, "run_bench", &some, now))?;
    }
    Ok((seconds, format!("{go} go, {wait} wait, {skip} are skipped")))
}

/// A workspace with this many customers of 2,000 members of staff.
fn written(folder: &Path, people: u64, clock: &FakeClock) -> Outcome<Db> {
    let tables = [
        siyu_log::MIGRATIONS,
        siyu_people::MIGRATIONS,
        siyu_contacts::MIGRATIONS,
        siyu_gate::MIGRATIONS,
        siyu_reach::MIGRATIONS,
    ]
    .concat();
    let config = DbConfig::sqlite(&folder.join("workspace.db"), &folder.join("backups")).with(&tables);
    let db = Db::open(config.mode(OpenMode::Migrate), clock)?;
    let now = clock.now();
    let each = format!("WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < {people})");
    let staff = format!("WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < {STAFF})");
    let mixed = |salt: u64, below: u64| format!("(((i * 2654435761 + {salt}) % 4294967291) % {below})");
    let mut run = vec![
        format!(
            "{each} INSERT INTO person (num, root, state, created_at, source) SELECT i, i, 0, {}, 'import' FROM n",
            now.0
        ),
        format!(
            "{staff} INSERT INTO wecom_staff (key, userid, name, departments, main_department, position, status, serves, seen) SELECT 's' || i, 'S' || i, '导购' || i, '[1]', 1, '', 1, 1, 0 FROM n"
        ),
        format!(
            "{each} INSERT INTO wecom_contact (id, num, unionid, name, avatar, kind, gender, corp_name, position, first_at) SELECT 'wm' || substr(hex({} * 4294967291 + i), 1, 30), i, '', '客户' || i, '', 1, 0, '', '', {} FROM n ORDER BY 1",
            mixed(1, 1 << 30),
            now.0
        ),
        format!(
            "INSERT INTO wecom_follow (contact, staff, remark, description, company, add_way, oper, state, created_at, status, read_at, seen) SELECT id, 's' || (1 + num % {STAFF}), '', '', '', 1, '', '', {}, 0, 0, 0 FROM wecom_contact ORDER BY 1",
            now.0
        ),
        format!(
            "{each} INSERT INTO consent (num, purpose, channel, granted, text_version, at, source, evidence, by_actor) SELECT i, 'marketing', 'wecom', 0, '1', {}, 'import', '', '' FROM n WHERE {} = 0",
            now.0,
            mixed(4, 20)
        ),
    ];
    // One in four has had nothing; the others one to three messages in the last weeks.
    for kind in 1..4_u64 {
        let had: String = (0..kind).map(|at| touch(now.plus_days(-(2 + 4 * at as i64 + kind as i64)))).collect();
        run.push(format!(
            "{each} INSERT INTO gate_person (num, touches) SELECT i, X'01{had}' FROM n WHERE {} = {kind}",
            mixed(5, 4)
        ));
    }
    for sql in run {
        db.transact(move |tx| Ok(tx.execute(&sql, &[])?))?;
    }
    Ok(db)
}

/// A message of marketing through staff that was sent then, as memories hold it.
fn touch(at: Time) -> String {
    let mut bytes = 4_000_000_000_u32.to_le_bytes().to_vec();
    bytes.extend_from_slice(&at.0.to_le_bytes());
    bytes.extend_from_slice(&[0, 1, 0]);
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}
