//! What the log keeps on either engine.

use siyu_db::{Db, DbError, Engine};
use siyu_kernel::{Event, EventKind, Refusal, Time, Vault};
use siyu_log::{Log, MIGRATIONS};
use siyu_testkit::{TestDb, contract};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

contract!(MIGRATIONS;
    an_event_is_there_after_the_commit_and_after_a_restart, a_refused_unit_appends_nothing, a_message_is_accepted_once, cursors_never_skip_a_late_commit,
    timelines_page_newest_first, compaction_changes_no_answer, rebuild_changes_no_answer, erased_content_is_gone_and_stays_gone, a_second_process_shares_the_log);

fn vault() -> Vault {
    Vault::from_key([9; 32])
}
fn open(test: &TestDb) -> Log {
    Log::open(test.db(), vault(), test.clock.clone()).unwrap()
}
fn event(id: &str, person: u32, at: i64) -> Event {
    Event {
        message_id: id.into(),
        kind: EventKind::Track,
        name: "Product Viewed".into(),
        person,
        at: Time(at),
        received_at: Time(at),
        source: "test".into(),
        body: format!("{{\"phone\":\"13912345678\",\"id\":\"{id}\"}}"),
    }
}
/// Appends those that are new; returns how many were.
fn append(db: &Db, log: &Log, events: Vec<Event>) -> Result<usize, Refusal> {
    let log = log.clone();
    db.transact(move |tx| {
        let mut new = 0;
        for event in &events {
            if log.is_new(tx, &event.message_id)? {
                log.append(tx, event.clone());
                new += 1;
            }
        }
        Ok(new)
    })
}
fn all(db: &Db, log: &Log) -> Vec<String> {
    db.read(|tx| Ok(log.after(tx, 0, 1_000_000)?.0.into_iter().map(|found| found.event.message_id).collect())).unwrap()
}
fn timeline(db: &Db, log: &Log, people: &[u32], page: usize) -> Vec<String> {
    let mut out = Vec::new();
    let mut before = None;
    loop {
        let found = db.read(|tx| Ok(log.of_people(tx, people, before, page, false)?)).unwrap();
        let Some(last) = found.last() else { return out };
        before = Some((last.event.at, last.place));
        out.extend(found.into_iter().map(|found| found.event.message_id));
    }
}

fn an_event_is_there_after_the_commit_and_after_a_restart(mut test: TestDb) {
    let log = open(&test);
    assert_eq!(append(test.db(), &log, vec![event("a", 1, 5), event("b", 2, 6)]).unwrap(), 2);
    assert_eq!(all(test.db(), &log), ["a", "b"]);
    test.reopen();
    let log = open(&test);
    assert_eq!(all(test.db(), &log), ["a", "b"]);
    let found = test.db().read(|tx| Ok(log.after(tx, 0, 10)?.0)).unwrap().pop().unwrap();
    assert_eq!(found.event, event("b", 2, 6));
    assert_eq!(test.db().read(|tx| Ok(log.totals(tx)?)).unwrap(), (2, 0));
}

fn a_refused_unit_appends_nothing(test: TestDb) {
    let log = open(&test);
    let inner = log.clone();
    let refused = test.db().transact(move |tx| -> Result<(), Refusal> {
        inner.append(tx, event("a", 1, 1));
        Err(Refusal::invalid("no", "no", "否"))
    });
    assert!(refused.is_err() && all(test.db(), &log).is_empty());
    assert_eq!(append(test.db(), &log, vec![event("a", 1, 1), event("b", 1, 1)]).unwrap(), 2);
}

fn a_message_is_accepted_once(test: TestDb) {
    let log = open(&test);
    assert_eq!(append(test.db(), &log, vec![event("a", 1, 1), event("a", 1, 1)]).unwrap(), 1);
    let accepted: usize = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..6)
            .map(|_| {
                let (db, log) = (test.db().clone(), log.clone());
                scope.spawn(move || {
                    (0..40)
                        .map(|i| {
                            append(&db, &log, vec![event(&format!("m{i}"), 1, i), event(&format!("n{i}"), 1, i)])
                                .unwrap()
                        })
                        .sum::<usize>()
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).sum()
    });
    assert_eq!(accepted, 80);
    assert_eq!(all(test.db(), &log).len(), 81);
}

/// Many writers, each holding its transaction open for a moment; a reader that follows the cursor must see everything once, in order.
fn cursors_never_skip_a_late_commit(test: TestDb) {
    let log = open(&test);
    let stop = AtomicBool::new(false);
    let (writers, each) = (8, 25);
    let seen = std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let (mut seen, mut cursor) = (Vec::new(), 0);
            loop {
                let finished = stop.load(Ordering::SeqCst);
                let (found, next) = test.db().read(|tx| Ok(log.after(tx, cursor, 3)?)).unwrap();
                assert!(found.windows(2).all(|pair| pair[0].place < pair[1].place));
                seen.extend(found.into_iter().map(|found| found.event.message_id));
                if next == cursor && finished {
                    return seen;
                }
                cursor = next;
            }
        });
        let handles: Vec<_> = (0..writers)
            .map(|writer| {
                let (db, log) = (test.db().clone(), log.clone());
                scope.spawn(move || {
                    for i in 0..each {
                        let log = log.clone();
                        db.transact(move |tx| {
                            log.append(tx, event(&format!("{writer}-{i}"), writer, i));
                            std::thread::sleep(std::time::Duration::from_micros(u64::from(writer) * 300));
                            Ok(())
                        })
                        .unwrap();
                    }
                })
            })
            .collect();
        handles.into_iter().for_each(|handle| handle.join().unwrap());
        stop.store(true, Ordering::SeqCst);
        reader.join().unwrap()
    });
    assert_eq!(seen.len(), 200);
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), 200);
}

fn timelines_page_newest_first(test: TestDb) {
    let log = open(&test);
    for i in 0..40i64 {
        append(
            test.db(),
            &log,
            vec![
                event(&format!("a{i:02}"), 1, (i * 37) % 40),
                event(&format!("b{i:02}"), 2, i),
                event(&format!("c{i:02}"), 3, 7),
            ],
        )
        .unwrap();
    }
    let mut want: Vec<(i64, String)> = (0..40).map(|i| ((i * 37) % 40, format!("a{i:02}"))).collect();
    want.sort_unstable_by(|a, b| b.cmp(a));
    assert_eq!(timeline(test.db(), &log, &[1], 7), want.into_iter().map(|(_, id)| id).collect::<Vec<_>>());
    // The same instant: last arrived first, none lost between pages.
    assert_eq!(timeline(test.db(), &log, &[3], 7), (0..40).rev().map(|i| format!("c{i:02}")).collect::<Vec<_>>());
    let merged = timeline(test.db(), &log, &[1, 2, 3], 11);
    assert_eq!((merged.len(), merged.iter().collect::<BTreeSet<_>>().len()), (120, 120));
    let summary = test.db().read(|tx| Ok(log.summary(tx, &[1, 2])?)).unwrap();
    assert_eq!((summary.events, summary.first_at, summary.last_at), (80, Some(Time(0)), Some(Time(39))));
}

/// Fills the log past several runs and compares every answer before and after each step of compaction.
fn compaction_changes_no_answer(mut test: TestDb) {
    let log = open(&test);
    fill(&test, &log, 0..70);
    let before = (timeline(test.db(), &log, &[7, 11], 50), all(test.db(), &log).len());
    let mut steps = 0;
    while log.compact(test.db(), "one").unwrap() {
        steps += 1;
    }
    assert!(steps >= 1 && log.stats().runs > 0 && log.stats().tail_rows < 32_768);
    assert_eq!((timeline(test.db(), &log, &[7, 11], 50), all(test.db(), &log).len()), before);
    assert_eq!(append(test.db(), &log, vec![event("s3-400", 1, 1), event("new", 1, 1)]).unwrap(), 1);
    test.reopen();
    let log = open(&test);
    assert_eq!(timeline(test.db(), &log, &[7, 11], 50), before.0);
    assert_eq!(append(test.db(), &log, vec![event("s69-999", 1, 1)]).unwrap(), 0);
}

fn fill(test: &TestDb, log: &Log, slices: std::ops::Range<i64>) {
    for slice in slices {
        let log = log.clone();
        test.db()
            .transact(move |tx| {
                for i in 0..1000 {
                    log.append(tx, event(&format!("s{slice}-{i}"), (i % 50) as u32, slice * 10 + i % 7));
                }
                Ok(())
            })
            .unwrap();
    }
}

fn rebuild_changes_no_answer(test: TestDb) {
    let log = open(&test);
    // Nine runs: enough for a merge into the next level.
    for part in 0..9 {
        fill(&test, &log, part * 33..part * 33 + 33);
        log.compact(test.db(), "one").unwrap();
    }
    while log.compact(test.db(), "one").unwrap() {}
    let before = timeline(test.db(), &log, &[7], 500);
    assert_eq!(before.len(), 9 * 33 * 20);
    log.rebuild(test.db(), "one", |_, _| ()).unwrap();
    assert_eq!(timeline(test.db(), &log, &[7], 500), before);
    assert_eq!(append(test.db(), &log, vec![event("s0-0", 1, 1), event("s296-999", 1, 1)]).unwrap(), 0);
    test.clock.advance_seconds(120);
    while log.compact(test.db(), "one").unwrap() {}
    let left = test
        .db()
        .read(|tx| Ok(tx.one("SELECT COUNT(*) FROM log_run WHERE state <> 1", &[], |row| row.int(0))?))
        .unwrap();
    assert_eq!(left, 0, "what was merged away is deleted in the end");
}

fn erased_content_is_gone_and_stays_gone(test: TestDb) {
    let log = open(&test);
    append(test.db(), &log, vec![event("a", 1, 1), event("b", 2, 2), event("c", 1, 3)]).unwrap();
    let inner = log.clone();
    assert_eq!(test.db().transact(move |tx| Ok(inner.erase(tx, &[1])?)).unwrap(), 2);
    assert!(timeline(test.db(), &log, &[1], 10).is_empty());
    assert_eq!(
        (timeline(test.db(), &log, &[2], 10), all(test.db(), &log)),
        (vec!["b".to_owned()], vec!["b".to_owned()])
    );
    assert_eq!(append(test.db(), &log, vec![event("a", 1, 1)]).unwrap(), 0);
}

fn a_second_process_shares_the_log(test: TestDb) {
    let (first, other) = (open(&test), test.second());
    let second = Log::open(&other, vault(), test.clock.clone()).unwrap();
    append(test.db(), &first, vec![event("a", 1, 1)]).unwrap();
    assert_eq!(append(&other, &second, vec![event("a", 1, 1), event("b", 1, 2)]).unwrap(), 1);
    assert_eq!(append(test.db(), &first, vec![event("b", 1, 2), event("c", 1, 3)]).unwrap(), 1);
    assert_eq!(all(test.db(), &first), ["a", "b", "c"]);
    assert_eq!(timeline(test.db(), &first, &[1], 2), ["c", "b", "a"]);
    let _: (Engine, Option<DbError>) = (test.engine, None);
}
