//! What every engine must keep.
#![allow(clippy::unwrap_used)]

use siyu_db::{Engine, Migration, OpenMode, Outgoing, acquire, outbox_ops as outbox, params, release};
use siyu_kernel::{Clock, Refusal, Time};
use siyu_testkit::{TestDb, contract};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

const NOTES: &[Migration] = &[Migration {
    id: "test/0001_note",
    sql: "CREATE TABLE note (id BIGKEY, body TEXT NOT NULL UNIQUE, bytes BLOB, ratio REAL)",
}];

contract!(NOTES;
    types_survive_the_round_trip, a_refused_unit_leaves_no_trace, a_panicking_unit_leaves_no_trace, concurrent_units_all_count, bulk_inserts_and_lists,
    lost_updates_are_impossible, lease_has_one_holder, outbox_is_written_once_and_claimed_once, a_newer_schema_is_refused, an_older_schema_is_refused_in_check_mode,
    readers_see_a_snapshot, a_second_process_is_seen, a_reader_cannot_write, submit_answers_from_async_code,
    a_commit_that_broke_is_not_run_again, a_refresh_that_failed_is_repeated, a_swallowed_failure_is_not_called_saved);

fn count(db: &siyu_db::Db) -> i64 {
    db.read(|tx| Ok(tx.one("SELECT COUNT(*) FROM note", &[], |r| r.int(0))?)).unwrap()
}
fn note(db: &siyu_db::Db, id: i64, body: &str) -> Result<(), Refusal> {
    let body = body.to_owned();
    db.transact(move |tx| {
        tx.execute("INSERT INTO note (id, body) VALUES ($1, $2)", params![id, &body])?;
        Ok(())
    })
}

fn types_survive_the_round_trip(test: TestDb) {
    let db = test.db();
    db.transact(|tx| {
        Ok(tx.execute(
            "INSERT INTO note (ratio, bytes, id, body) VALUES ($4, $3, $1, $2)",
            params![i64::MAX, "中文 ' $1 \" 😀", &[0u8, 255], 0.1],
        )?)
    })
    .unwrap();
    let row = db
        .read(|tx| {
            Ok(tx.one("SELECT id, body, bytes, ratio, NULL FROM note", &[], |r| {
                Ok((r.int(0)?, r.text(1)?, r.blob(2)?, r.real(3)?, r.opt_text(4)?))
            })?)
        })
        .unwrap();
    assert_eq!(row, (i64::MAX, "中文 ' $1 \" 😀".into(), vec![0, 255], 0.1, None));
}

fn a_refused_unit_leaves_no_trace(test: TestDb) {
    let undone = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&undone);
    let refused = test.db().transact(move |tx| -> Result<(), _> {
        let seen = Arc::clone(&seen);
        tx.on_rollback(move || seen.store(true, Ordering::SeqCst));
        tx.execute("INSERT INTO note (id, body) VALUES (1, 'a')", &[])?;
        Err(Refusal::invalid("no", "no", "否"))
    });
    assert_eq!((refused.unwrap_err().code, count(test.db()), undone.load(Ordering::SeqCst)), ("no", 0, true));
    note(test.db(), 1, "a").unwrap();
    assert_eq!(note(test.db(), 1, "b").unwrap_err().code, "internal");
    assert_eq!(count(test.db()), 1);
}

fn a_panicking_unit_leaves_no_trace(test: TestDb) {
    let result = test.db().transact(|tx| -> Result<(), Refusal> {
        tx.execute("INSERT INTO note (id, body) VALUES (1, 'a')", &[])?;
        panic!("a bug in a domain");
    });
    assert_eq!((result.unwrap_err().code, count(test.db())), ("internal", 0));
    note(test.db(), 2, "still works").unwrap();
}

fn concurrent_units_all_count(test: TestDb) {
    std::thread::scope(|scope| {
        for thread in 0..8i64 {
            let db = test.db().clone();
            scope.spawn(move || {
                for i in 0..50 {
                    let id = thread * 1000 + i;
                    let refused =
                        note(&db, id, &format!("n{id}")).is_err() || (i % 10 == 0 && note(&db, id, "twice").is_ok());
                    assert!(!refused);
                }
            });
        }
    });
    assert_eq!(count(test.db()), 400);
}

fn bulk_inserts_and_lists(test: TestDb) {
    let bodies: Vec<String> = (0..1500).map(|i| format!("b{i}")).collect();
    test.db()
        .transact(move |tx| {
            let rows: Vec<[siyu_db::Param<'_>; 2]> =
                bodies.iter().enumerate().map(|(i, body)| [(i as i64).into(), body.into()]).collect();
            assert_eq!(tx.bulk("INSERT INTO note (id, body)", "ON CONFLICT (id) DO NOTHING", &rows)?, 1500);
            assert_eq!(tx.bulk("INSERT INTO note (id, body)", "ON CONFLICT (id) DO NOTHING", &rows)?, 0);
            Ok(())
        })
        .unwrap();
    let found = test.db().read(|tx| {
        let ints = tx.query(
            &format!("SELECT id FROM note WHERE {} ORDER BY id", tx.any("id", 1)),
            params![&vec![3i64, 1400, 9999]],
            |r| r.int(0),
        )?;
        let texts = tx.query(
            &format!("SELECT id FROM note WHERE {} ORDER BY id", tx.any("body", 1)),
            params![&vec!["b7".to_owned(), "\"'".to_owned()]],
            |r| r.int(0),
        )?;
        Ok((ints, texts))
    });
    assert_eq!(found.unwrap(), (vec![3, 1400], vec![7]));
}

fn lost_updates_are_impossible(test: TestDb) {
    note(test.db(), 1, "0").unwrap();
    let lock = if test.engine == Engine::Postgres { " FOR UPDATE" } else { "" };
    std::thread::scope(|scope| {
        for _ in 0..6 {
            let db = test.db().clone();
            scope.spawn(move || {
                for _ in 0..20 {
                    db.transact(move |tx| {
                        let n: i64 = tx
                            .one(&format!("SELECT body FROM note WHERE id = 1{lock}"), &[], |r| r.text(0))?
                            .parse()
                            .unwrap();
                        tx.execute("UPDATE note SET body = $1 WHERE id = 1", params![&(n + 1).to_string()])?;
                        Ok(())
                    })
                    .unwrap();
                }
            });
        }
    });
    assert_eq!(test.db().read(|tx| Ok(tx.one("SELECT body FROM note", &[], |r| r.text(0))?)).unwrap(), "120");
}

fn lease_has_one_holder(test: TestDb) {
    let at = |s: i64| Time(s * 1_000_000);
    let take = |holder: &'static str, now: i64| {
        test.db().transact(move |tx| Ok(acquire(tx, "job", holder, at(now), 60)?)).unwrap()
    };
    assert!(take("a", 100).is_some() && take("b", 159).is_none() && take("a", 150).is_some());
    assert!(take("b", 209).is_none() && take("b", 210).is_some() && take("a", 211).is_none());
    let held = take("b", 212).unwrap();
    test.db().transact(move |tx| Ok(release(tx, &held)?)).unwrap();
    assert!(take("a", 213).is_some());
}

fn outbox_is_written_once_and_claimed_once(test: TestDb) {
    let put = |key: &'static str, due: i64| {
        test.db()
            .transact(move |tx| {
                Ok(outbox::put(tx, &Outgoing { topic: "sms", dedupe: key, payload: b"x", due: Time(due) })?)
            })
            .unwrap()
    };
    assert_eq!([put("a", 10), put("a", 99), put("b", 10), put("c", 1000)], [true, false, true, true]);
    let claim = |now: i64| test.db().transact(move |tx| Ok(outbox::claim(tx, "sms", Time(now), 60, 10)?)).unwrap();
    let first = claim(20);
    assert_eq!(first.iter().map(|i| i.dedupe.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert!(claim(21).is_empty());
    let (a, b) = (first[0].id, first[1].id);
    test.db()
        .transact(move |tx| {
            outbox::done(tx, a)?;
            Ok(outbox::failed(tx, b, "timeout", Some(Time(30)))?)
        })
        .unwrap();
    assert_eq!(claim(40).iter().map(|i| (i.dedupe.clone(), i.attempts)).collect::<Vec<_>>(), [("b".into(), 1)]);
    // The worker died: the claim runs out and another takes it.
    assert_eq!(claim(40 + 61_000_000).len(), 2);
    test.db().transact(move |tx| Ok(outbox::failed(tx, b, "gone", None)?)).unwrap();
    let counts = test.db().read(|tx| Ok(outbox::counts(tx, "sms")?)).unwrap();
    assert_eq!(counts, [("done".into(), 1), ("failed".into(), 1), ("waiting".into(), 1)]);
}

fn a_newer_schema_is_refused(test: TestDb) {
    note(test.db(), 1, "kept").unwrap();
    test.db()
        .transact(|tx| {
            Ok(tx.execute("INSERT INTO schema_migration (id, applied_at) VALUES ('zz/9999_future', 1)", &[])?)
        })
        .unwrap();
    let refusal = siyu_db::Db::open(test.config(), &*test.clock).err().unwrap();
    assert_eq!(refusal.code, "schema_newer");
    assert!(refusal.en.contains("zz/9999_future"));
}

fn an_older_schema_is_refused_in_check_mode(test: TestDb) {
    note(test.db(), 1, "kept").unwrap();
    let later = &[Migration { id: "test/0002_more", sql: "ALTER TABLE note ADD COLUMN more TEXT" }];
    let config = test.config().with(later);
    assert_eq!(
        siyu_db::Db::open(config.clone().mode(OpenMode::Check), &*test.clock).err().unwrap().code,
        "schema_older"
    );
    let db = siyu_db::Db::open(config, &*test.clock).unwrap();
    assert_eq!(
        db.read(|tx| Ok(tx.one("SELECT body FROM note WHERE more IS NULL", &[], |r| r.text(0))?)).unwrap(),
        "kept"
    );
    if test.engine == Engine::Sqlite {
        let backups: Vec<_> =
            std::fs::read_dir(test.folder().join("backups")).unwrap().map(|f| f.unwrap().path()).collect();
        assert_eq!(backups.len(), 1, "one backup was written before the upgrade");
        let copy =
            siyu_db::Db::open(siyu_db::DbConfig::sqlite(&backups[0], test.folder()).with(NOTES), &*test.clock).unwrap();
        assert_eq!(count(&copy), 1);
    }
}

fn readers_see_a_snapshot(test: TestDb) {
    note(test.db(), 1, "a").unwrap();
    let writer = test.db().clone();
    test.db()
        .read(|tx| {
            let count = |tx: &mut siyu_db::Tx<'_>| tx.one("SELECT COUNT(*) FROM note", &[], |r| r.int(0));
            assert_eq!(count(tx)?, 1);
            note(&writer, 2, "b").unwrap();
            assert_eq!(count(tx)?, 1);
            Ok(())
        })
        .unwrap();
    assert_eq!(count(test.db()), 2);
}

fn a_second_process_is_seen(test: TestDb) {
    let second = test.second();
    note(test.db(), 1, "a").unwrap();
    note(&second, 2, "b").unwrap();
    note(test.db(), 3, "c").unwrap();
    assert_eq!((count(test.db()), count(&second)), (3, 3));
}

fn a_reader_cannot_write(test: TestDb) {
    assert!(test.db().read(|tx| Ok(tx.execute("INSERT INTO note (id, body) VALUES (1, 'x')", &[])?)).is_err());
    assert_eq!(count(test.db()), 0);
}

fn submit_answers_from_async_code(test: TestDb) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let total = Arc::new(AtomicI64::new(0));
    runtime.block_on(async {
        for i in 0..20 {
            let total = Arc::clone(&total);
            let id = test
                .db()
                .submit(move |tx| {
                    tx.execute("INSERT INTO note (id, body) VALUES ($1, $2)", params![i, &i.to_string()])?;
                    Ok(i)
                })
                .await
                .unwrap();
            total.fetch_add(id, Ordering::SeqCst);
        }
    });
    assert_eq!((total.load(Ordering::SeqCst), count(test.db())), (190, 20));
    let _ = test.clock.now();
}

/// A server that goes away during the commit may have saved the unit: whoever asked is told, and nothing is done twice behind their back.
fn a_commit_that_broke_is_not_run_again(test: TestDb) {
    if test.engine != Engine::Postgres {
        return;
    }
    // The connection is ended from within, at the commit.
    test.db()
        .transact(|tx| {
            tx.script(
                "CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                   IF NEW.body = 'cut' THEN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(5); END IF; RETURN NULL;
                 END $$;
                 CREATE CONSTRAINT TRIGGER cut AFTER INSERT ON note DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION cut()",
            )?;
            Ok(())
        })
        .unwrap();
    let runs = Arc::new(AtomicI64::new(0));
    let counted = Arc::clone(&runs);
    let refused = test
        .db()
        .transact(move |tx| {
            counted.fetch_add(1, Ordering::SeqCst);
            tx.execute("INSERT INTO note (id, body) VALUES (1, 'cut')", &[])?;
            Ok(())
        })
        .unwrap_err();
    assert_eq!((refused.code, runs.load(Ordering::SeqCst)), ("outcome_unknown", 1));
    assert!(siyu_db::is_passing(&refused));
    note(test.db(), 2, "the lane has a new connection").unwrap();
    assert_eq!(count(test.db()), 1);
}

/// Fails so often, then counts.
struct Refreshes {
    fail: AtomicI64,
    done: AtomicI64,
}

impl siyu_db::CommitHook for Refreshes {
    fn refresh(&self, _: &mut siyu_db::Tx<'_>) -> Result<(), Refusal> {
        if self.fail.fetch_sub(1, Ordering::SeqCst) > 0 {
            return Err(Refusal::internal("no memory of it"));
        }
        self.done.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
    fn before_commit(&self, _: &mut siyu_db::Tx<'_>) -> Result<(), Refusal> {
        Ok(())
    }
    fn after_commit(&self, _: &mut siyu_db::Slots, _: bool) {}
}

fn a_refresh_that_failed_is_repeated(test: TestDb) {
    // One writer: on PostgreSQL each has its own look.
    let mut config = test.config();
    config.writers = 1;
    let (db, other) = (siyu_db::Db::open(config, &*test.clock).unwrap(), test.second());
    let hook = Arc::new(Refreshes { fail: AtomicI64::new(0), done: AtomicI64::new(0) });
    db.add_hook(hook.clone());
    note(&db, 1, "a").unwrap();
    let done = || hook.done.load(Ordering::SeqCst);
    let before = done();
    other.transact(|tx| Ok(tx.announce()?)).unwrap();
    // The group, and the unit's own try.
    hook.fail.store(2, Ordering::SeqCst);
    assert_eq!(note(&db, 2, "b").unwrap_err().code, "internal");
    assert_eq!(done(), before);
    note(&db, 2, "b").unwrap();
    assert_eq!(done(), before + 1, "what could not be learnt is learnt before the next unit");
    note(&db, 3, "c").unwrap();
    assert_eq!(done(), before + 1);
}

fn a_swallowed_failure_is_not_called_saved(test: TestDb) {
    let db = test.db();
    let outcome = db.transact(|tx| {
        tx.execute("INSERT INTO note (id, body) VALUES (1, 'a')", &[])?;
        let _ = tx.execute("INSERT INTO note (id, body) VALUES (1, 'again')", &[]);
        Ok(())
    });
    // SQLite goes on behind a failed statement; PostgreSQL keeps nothing of the unit, and says so.
    assert_eq!((outcome.is_ok(), count(db)), if db.engine() == Engine::Sqlite { (true, 1) } else { (false, 0) });
    note(db, 7, "the connection is as good as before").unwrap();
}
