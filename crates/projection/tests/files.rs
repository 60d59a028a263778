//! Columns in files: starts, restarts, other processes, damage. What the log says is the reference, always.

mod common;

use common::{ALL, World, history};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use siyu_kernel::Zone;
use siyu_projection::{Limits, Listener, News, Projection};
use siyu_testkit::{TestDb, contract};
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

contract!(&ALL;
    a_start_takes_files_and_the_rest_of_the_log, another_process_reads_beside_the_keeper, a_reader_takes_over_what_the_keeper_stored, a_damaged_file_is_read_again_from_the_log, a_log_that_cannot_be_read_loses_nothing, half_of_a_look_is_not_learnt, two_zones_do_not_undo_each_other, nobody_is_answered_from_a_damaged_file,
    a_damaged_file_is_not_merged, a_damaged_file_is_seen_by_other_processes, large_texts_do_not_stay_in_memory, a_panic_does_not_end_the_thread, a_lease_taken_back_brings_a_look,
    strays_are_deleted_and_a_folder_is_known_by_its_id, another_zone_makes_the_columns_anew, columns_of_older_rules_are_made_anew, a_failed_write_leaves_everything_as_it_was, threads_keep_it_in_step, any_life_equals_the_log);

fn send(world: &World, from: u32, to: u32) {
    let event = |n: u32| {
        format!(
            r#"{{"type":"track","messageId":"m{n}","userId":"u{}","event":"E{}","timestamp":"2026-02-{:02}T{:02}:00:00Z","properties":{{"n":{n},"w":"词{}"}}}}"#,
            n % 7,
            n % 3,
            1 + n % 27,
            n % 24,
            n % 11
        )
    };
    world.send(&format!(r#"{{"batch":[{}]}}"#, (from..to).map(event).collect::<Vec<_>>().join(",")));
}
fn check(world: &World, projection: &Projection) {
    projection.catch_up().unwrap();
    let reference = world.reference();
    assert_eq!(history(&projection.snapshot().unwrap()), history(&reference.snapshot().unwrap()));
}
/// Everything that is due.
fn tend(projection: &Projection) {
    let mut turns = 0;
    while projection.tend().unwrap() {
        turns += 1;
        assert!(turns < 100);
    }
}

fn a_start_takes_files_and_the_rest_of_the_log(test: TestDb) {
    let world = World::new(test);
    let keeper = world.open(10);
    for round in 0..5 {
        send(&world, round * 30, round * 30 + 30);
        keeper.catch_up().unwrap();
        tend(&keeper);
        check(&world, &keeper);
    }
    let health = keeper.health(true).unwrap();
    assert_eq!((health.rows, health.tail_rows, health.damaged.len()), (150, 0, 0));
    assert!((1..4).contains(&health.parts), "compaction keeps parts few: {}", health.parts);
    assert_eq!(world.files().len(), health.parts);
    drop(keeper);
    send(&world, 150, 155);
    let again = world.open(usize::MAX);
    check(&world, &again);
    assert_eq!(again.health(true).unwrap().tail_rows, 5, "only what no file holds is read from the log");
}

fn another_process_reads_beside_the_keeper(test: TestDb) {
    let world = World::new(test);
    let (keeper, reader) = (world.open(10), world.open(10));
    send(&world, 0, 40);
    keeper.catch_up().unwrap();
    tend(&keeper);
    send(&world, 40, 80);
    check(&world, &reader);
    assert!(!reader.tend().unwrap(), "one process keeps the files");
    let before = history(&reader.snapshot().unwrap());
    keeper.catch_up().unwrap();
    tend(&keeper);
    // The files it had opened are gone by now.
    assert_eq!(history(&reader.snapshot().unwrap()), before);
    send(&world, 80, 100);
    check(&world, &reader);
    check(&world, &keeper);
    // The keeper's time runs out, and the other one takes over.
    world.test.clock.advance_seconds(600);
    drop(keeper);
    tend(&reader);
    check(&world, &reader);
    tend(&reader);
    assert_eq!(reader.health(true).unwrap().rows, 100);
}

fn a_reader_takes_over_what_the_keeper_stored(test: TestDb) {
    let world = World::new(test);
    let (keeper, reader) = (world.open(10), world.open(10));
    send(&world, 0, 60);
    reader.catch_up().unwrap();
    keeper.catch_up().unwrap();
    // The reader had room and stored nothing; the keeper stores, and the reader lets go of what it need not hold.
    tend(&keeper);
    reader.tend().unwrap();
    check(&world, &reader);
    assert_eq!(reader.health(false).unwrap().tail_rows, 0);
}

fn a_damaged_file_is_read_again_from_the_log(test: TestDb) {
    let world = World::new(test);
    let keeper = world.open(10);
    send(&world, 0, 40);
    keeper.catch_up().unwrap();
    let (a, b) = (world.person("user_id:u1"), world.person("user_id:u2"));
    world.merge(a, b);
    keeper.catch_up().unwrap();
    tend(&keeper);
    send(&world, 40, 45);
    keeper.catch_up().unwrap();
    let mut keeper = Some(keeper);
    for harm in ["flip", "cut", "delete", "swap"] {
        let name = world.files()[0].clone();
        let path = world.folder().join(&name);
        let file = std::fs::OpenOptions::new().write(true).read(true).open(&path).unwrap();
        match harm {
            "flip" => {
                let mut byte = [0];
                file.read_exact_at(&mut byte, 100).unwrap();
                file.write_all_at(&[byte[0] ^ 1], 100).unwrap();
            }
            "cut" => file.set_len(file.metadata().unwrap().len() - 1).unwrap(),
            "delete" => std::fs::remove_file(&path).unwrap(),
            _ => {
                let fact = siyu_behaviour::Fact { person: a, origin: a, at: 0, event: "X".into(), properties: vec![] };
                let part = siyu_behaviour::build(&[fact], &Zone::utc()).pop().unwrap();
                siyu_behaviour::file::write(&part, &path).unwrap();
            }
        }
        assert_eq!(world.open(10).health(true).unwrap().damaged, std::slice::from_ref(&name), "{harm}");
        if keeper.is_some() {
            // A process that may not mend does not answer with what is left.
            let reader = world.open(usize::MAX);
            assert_eq!(reader.snapshot().map(drop).unwrap_err().code, "behaviour_building");
        }
        keeper = None;
        let mender = world.open(10);
        check(&world, &mender);
        tend(&mender);
        assert_eq!(mender.health(true).unwrap().damaged.len(), 0, "{harm}");
        assert!(!world.files().contains(&name), "{harm}");
    }
}

fn strays_are_deleted_and_a_folder_is_known_by_its_id(test: TestDb) {
    let world = World::new(test);
    let keeper = world.open(10);
    send(&world, 0, 30);
    keeper.catch_up().unwrap();
    drop(keeper);
    world.test.clock.advance_seconds(600);
    std::fs::write(world.folder().join("00000-dead.part.tmp"), "half").unwrap();
    std::fs::write(world.folder().join("00000-dead.part"), "half").unwrap();
    let keeper = world.open(10);
    send(&world, 30, 60);
    keeper.catch_up().unwrap();
    tend(&keeper);
    assert_eq!(world.files().len(), 1);
    drop(keeper);
    // Another folder has files of its own; the database of a copy finds none that are not.
    world.test.clock.advance_seconds(600);
    let moved = world.open_in("elsewhere", Zone::shanghai(), 10);
    check(&world, &moved);
    tend(&moved);
    let again = world.open_in("elsewhere", Zone::shanghai(), usize::MAX);
    check(&world, &again);
    assert_eq!(again.health(true).unwrap().tail_rows, 0);
}

fn a_log_that_cannot_be_read_loses_nothing(test: TestDb) {
    let world = World::new(test);
    let keeper = world.open(10);
    send(&world, 0, 8);
    keeper.catch_up().unwrap();
    // More batches than two reads take, and a merge in the second: what was read before it lies in the store by then.
    let more = |n: u32| {
        let unit = move |tx: &mut siyu_db::Tx<'_>| {
            let sql = "WITH RECURSIVE copy(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM copy WHERE n < $1) INSERT INTO log_batch (seq, at_min, at_max, received_at, n, body) SELECT last.seq + copy.n, at_min, at_max, received_at, last.n, body FROM copy, log_batch last WHERE last.seq = (SELECT MAX(seq) FROM log_batch)";
            Ok(tx.execute(sql, siyu_db::params![n])?)
        };
        world.test.db().transact(unit).unwrap();
        world.log.catch_up(world.test.db()).unwrap();
    };
    let (a, b) = (world.person("user_id:u1"), world.person("user_id:u2"));
    more(128);
    world.merge(a, b);
    send(&world, 8, 12);
    more(130);
    let last = "SELECT seq, body FROM log_batch ORDER BY seq DESC LIMIT 1";
    let (seq, body) = world.read(|tx| Ok(tx.one(last, &[], |row| Ok((row.int(0)?, row.blob(1)?)))?));
    let put = |body: Vec<u8>| {
        let unit = move |tx: &mut siyu_db::Tx<'_>| {
            Ok(tx.execute("UPDATE log_batch SET body = $1 WHERE seq = $2", siyu_db::params![&body, seq])?)
        };
        world.test.db().transact(unit).unwrap();
    };
    put(b"not a batch".to_vec());
    for _ in 0..2 {
        assert_eq!(keeper.catch_up().unwrap_err().code, "internal");
    }
    // Files are made of what there is: they must not claim what was read and not kept.
    tend(&keeper);
    assert!(keeper.health(true).unwrap().rows > 8);
    put(body);
    check(&world, &world.open(usize::MAX));
    check(&world, &keeper);
}

fn half_of_a_look_is_not_learnt(test: TestDb) {
    let world = World::new(test);
    let keeper = world.open(usize::MAX);
    send(&world, 0, 40);
    keeper.catch_up().unwrap();
    let (a, b) = (world.person("user_id:u1"), world.person("user_id:u2"));
    world.merge(a, b);
    // Who is whose can be read, who was erased cannot.
    let script = |sql: String| world.test.db().transact(move |tx| Ok(tx.script(&sql)?)).unwrap();
    let fails = match world.test.engine {
        siyu_db::Engine::Sqlite => "abs(-9223372036854775807 - 1)",
        siyu_db::Engine::Postgres => "1 / (num - num)",
    };
    script(format!(
        "ALTER TABLE person RENAME TO person_kept; CREATE VIEW person AS SELECT num, root, CASE WHEN num > 0 THEN {fails} ELSE state END AS state, created_at, source FROM person_kept"
    ));
    assert_eq!(keeper.catch_up().unwrap_err().code, "internal");
    script("DROP VIEW person; ALTER TABLE person_kept RENAME TO person".into());
    check(&world, &keeper);
}

fn two_zones_do_not_undo_each_other(test: TestDb) {
    let world = World::new(test);
    let keeper = world.open(10);
    send(&world, 0, 60);
    keeper.catch_up().unwrap();
    tend(&keeper);
    let files = world.files();
    let elsewhere = || world.open_in("behaviour", Zone::named("America/Los_Angeles").unwrap(), 10);
    let other = elsewhere();
    check(&world, &other);
    assert_eq!(other.zone().name(), "Asia/Shanghai", "the one that keeps the files decides");
    assert!(!other.tend().unwrap());
    tend(&keeper);
    assert_eq!(world.files(), files, "nobody asked for other days");
    // Once the keeper has heard of it, too, others follow.
    let follower = elsewhere();
    follower.catch_up().unwrap();
    keeper.set_zone(Zone::named("America/Los_Angeles").unwrap());
    tend(&keeper);
    assert!(follower.tend().unwrap());
    check(&world, &follower);
    assert_eq!(follower.zone().name(), "America/Los_Angeles");
    assert!(keeper.health(true).unwrap().damaged.is_empty());
}

/// Another byte than was written, somewhere in the middle.
fn harm(world: &World, name: &str) {
    let file = std::fs::OpenOptions::new().write(true).read(true).open(world.folder().join(name)).unwrap();
    let (at, mut byte) = (file.metadata().unwrap().len() / 2, [0]);
    file.read_exact_at(&mut byte, at).unwrap();
    file.write_all_at(&[byte[0] ^ 0x20], at).unwrap();
}

fn nobody_is_answered_from_a_damaged_file(test: TestDb) {
    let world = World::new(test);
    let limits = Limits { tail_rows: 10, scrub_seconds: 0.0, ..Limits::default() };
    let keeper = world.open_within("behaviour", Zone::shanghai(), limits);
    send(&world, 0, 40);
    keeper.catch_up().unwrap();
    tend(&keeper);
    send(&world, 40, 45);
    harm(&world, &world.files()[0]);
    // Nothing can be written about the file until this unit ends.
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let (held, holds) = std::sync::mpsc::channel();
    let wait = Arc::new(Mutex::new(wait));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let wait = Arc::clone(&wait);
            let unit = move |tx: &mut siyu_db::Tx<'_>| {
                tx.execute("UPDATE behaviour_part SET damaged = damaged", &[])?;
                held.send(()).unwrap();
                wait.lock().unwrap().recv().unwrap();
                Ok(())
            };
            world.test.db().transact(unit).unwrap();
        });
        holds.recv().unwrap();
        let mending = scope.spawn(|| keeper.tend());
        let watch = siyu_kernel::Stopwatch::start();
        while keeper.moment().is_ok() && watch.seconds() < 20.0 {}
        let answer = keeper.snapshot().map(drop).map_err(|refusal| refusal.code);
        // First of all: whatever fails here must not wait for the other threads.
        go.send(()).unwrap();
        assert_eq!(answer, Err("behaviour_building"));
        assert!(mending.join().unwrap().unwrap());
    });
    check(&world, &keeper);
    assert!(keeper.health(true).unwrap().damaged.is_empty());
}

fn a_damaged_file_is_not_merged(test: TestDb) {
    let world = World::new(test);
    let keeper = world.open(10);
    send(&world, 0, 30);
    keeper.catch_up().unwrap();
    harm(&world, &world.files()[0]);
    send(&world, 30, 60);
    keeper.catch_up().unwrap();
    assert_eq!(keeper.tend().unwrap_err().code, "behaviour_files", "what is due is to make one part of both");
    tend(&keeper);
    check(&world, &keeper);
    check(&world, &world.open(usize::MAX));
    assert_eq!((keeper.health(true).unwrap().damaged.len(), keeper.health(true).unwrap().rows), (0, 60));
}

fn a_damaged_file_is_seen_by_other_processes(test: TestDb) {
    let world = World::new(test);
    let limits = Limits { tail_rows: 10, scrub_seconds: 0.0, ..Limits::default() };
    let keeper = world.open_within("behaviour", Zone::shanghai(), limits);
    send(&world, 0, 40);
    keeper.catch_up().unwrap();
    let follower = world.open(usize::MAX);
    check(&world, &follower);
    harm(&world, &world.files()[0]);
    assert!(keeper.tend().unwrap(), "the keeper mends it");
    assert!(follower.tend().unwrap(), "and others let go of it");
    check(&world, &follower);
}

fn large_texts_do_not_stay_in_memory(test: TestDb) {
    let world = World::new(test);
    let limits = Limits { tail_bytes: 1 << 20, ..Limits::default() };
    let reader = world.open_within("behaviour", Zone::shanghai(), limits);
    for round in 0..12 {
        let event = |n: u32| {
            let words: Vec<String> =
                (0..20).map(|at| format!(r#""w{at}":"{}""#, format!("{n} {at} ").repeat(40))).collect();
            format!(
                r#"{{"type":"track","messageId":"m{n}","userId":"u1","event":"E","properties":{{{}}}}}"#,
                words.join(",")
            )
        };
        let events: Vec<String> = (round * 40..round * 40 + 40).map(event).collect();
        world.send(&format!(r#"{{"batch":[{}]}}"#, events.join(",")));
        reader.catch_up().unwrap();
    }
    let health = reader.health(true).unwrap();
    assert!(health.rows > 0 && health.tail_bytes < 1 << 20, "{health:?}");
    check(&world, &reader);
}

/// Panics when it is first told.
#[derive(Default)]
struct Fragile(AtomicBool);

impl Listener for Fragile {
    fn arrived(&self, _: &News) {
        assert!(self.0.swap(true, Ordering::SeqCst), "a defect");
    }
}

fn a_panic_does_not_end_the_thread(test: TestDb) {
    let world = World::new(test);
    let (keeper, stop) = (world.open(50), AtomicBool::new(false));
    let heard = Arc::new(Heard::default());
    keeper.listen(Arc::new(Fragile::default()));
    keeper.listen(heard.clone());
    std::thread::scope(|scope| {
        let running = scope.spawn(|| keeper.run(&stop));
        let watch = siyu_kernel::Stopwatch::start();
        send(&world, 0, 120);
        let last = world.read(|tx| Ok(tx.one("SELECT MAX(seq) FROM log_batch", &[], |row| row.int(0))?));
        while !heard.0.lock().unwrap().iter().any(|(_, seq)| *seq == last) && watch.seconds() < 15.0 {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        stop.store(true, Ordering::SeqCst);
        running.join().expect("the threads have caught it");
        assert!(
            heard.0.lock().unwrap().iter().any(|(reset, seq)| *reset && *seq == last),
            "whoever follows is told anew"
        );
    });
    check(&world, &keeper);
    assert!(keeper.health(true).unwrap().rows > 0, "and files are kept");
}

fn a_lease_taken_back_brings_a_look(test: TestDb) {
    let world = World::new(test);
    let keeper = world.open(10);
    send(&world, 0, 30);
    keeper.catch_up().unwrap();
    tend(&keeper);
    // Somebody cleared the folder's lock away: another process takes it, and stores what comes.
    std::fs::remove_file(world.folder().join("keeper")).unwrap();
    let thief = world.open(10);
    send(&world, 30, 60);
    thief.catch_up().unwrap();
    tend(&thief);
    world.test.clock.advance_seconds(30);
    send(&world, 60, 90);
    let mut tries = 0;
    while keeper.catch_up().is_err() || keeper.tend().is_err() {
        tries += 1;
        assert!(tries < 10);
    }
    tend(&keeper);
    check(&world, &keeper);
    check(&world, &world.open(usize::MAX));
}

#[derive(Default)]
struct Heard(Mutex<Vec<(bool, i64)>>);

impl Listener for Heard {
    fn arrived(&self, news: &News) {
        self.0.lock().unwrap().push((news.reset, news.moment.seq));
    }
}

fn another_zone_makes_the_columns_anew(test: TestDb) {
    let world = World::new(test);
    let keeper = world.open(10);
    let heard = Arc::new(Heard::default());
    send(&world, 0, 60);
    keeper.catch_up().unwrap();
    tend(&keeper);
    keeper.listen(heard.clone());
    let days = |projection: &Projection| {
        let snapshot = projection.snapshot().unwrap();
        let parts = snapshot.views[0].parts.iter();
        parts
            .flat_map(|held| held.part.days.iter().map(|day| (day.day, format!("{:?}", day.slots))))
            .collect::<Vec<_>>()
    };
    let before = days(&keeper);
    keeper.set_zone(Zone::named("America/Los_Angeles").unwrap());
    assert_eq!((days(&keeper), keeper.zone().name()), (before.clone(), "Asia/Shanghai"), "until they are made");
    tend(&keeper);
    check(&world, &keeper);
    assert_eq!(keeper.zone().name(), "America/Los_Angeles");
    assert_ne!(days(&keeper), before);
    assert!(heard.0.lock().unwrap().iter().any(|(reset, _)| *reset), "whoever follows is told");
    assert_eq!(world.files().len(), keeper.health(true).unwrap().parts);
    let made = days(&keeper);
    drop(keeper);
    let again = world.open_in("behaviour", Zone::named("America/Los_Angeles").unwrap(), usize::MAX);
    assert_eq!(days(&again), made);
}

fn columns_of_older_rules_are_made_anew(test: TestDb) {
    let world = World::new(test);
    send(&world, 0, 30);
    let keeper = world.open(10);
    keeper.catch_up().unwrap();
    tend(&keeper);
    let before = world.files();
    drop(keeper);
    // Format 1 had values in it that are left out now.
    world.test.db().transact(|tx| Ok(tx.execute("UPDATE behaviour_home SET format = 1", &[]).map(drop)?)).unwrap();
    let again = world.open(usize::MAX);
    check(&world, &again);
    tend(&again);
    assert!(!before.is_empty() && world.files().iter().all(|file| !before.contains(file)), "no file of before is left");
}

fn a_failed_write_leaves_everything_as_it_was(test: TestDb) {
    let world = World::new(test);
    let keeper = world.open(20);
    send(&world, 0, 30);
    keeper.catch_up().unwrap();
    tend(&keeper);
    send(&world, 30, 45);
    keeper.catch_up().unwrap();
    // A file where the folder was: nothing can be written, and what is mapped stays.
    let aside = world.test.folder().join("aside");
    std::fs::rename(world.folder(), &aside).unwrap();
    std::fs::write(world.folder(), "in the way").unwrap();
    send(&world, 45, 60);
    assert_eq!(keeper.catch_up().unwrap_err().code, "behaviour_files");
    assert_eq!(keeper.tend().unwrap_err().code, "behaviour_files");
    let reference = world.reference();
    assert_eq!(history(&keeper.snapshot().unwrap()), history(&reference.snapshot().unwrap()));
    std::fs::remove_file(world.folder()).unwrap();
    std::fs::rename(&aside, world.folder()).unwrap();
    tend(&keeper);
    check(&world, &keeper);
    let health = keeper.health(true).unwrap();
    assert_eq!((health.rows, world.files().len()), (60, health.parts));
}

fn threads_keep_it_in_step(test: TestDb) {
    let world = World::new(test);
    let (keeper, stop) = (world.open(50), AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| keeper.run(&stop));
        for round in 0..10 {
            send(&world, round * 40, round * 40 + 40);
            let (a, b) = (world.person("user_id:u1"), world.person("user_id:u2"));
            if round % 2 == 0 && a != b {
                world.merge(a, b);
            }
            let watch = siyu_kernel::Stopwatch::start();
            while keeper.freshness().map_or(true, |fresh| fresh.seq < fresh.log_seq) {
                assert!(watch.seconds() < 20.0, "the columns follow the log");
                std::thread::yield_now();
            }
        }
        stop.store(true, Ordering::SeqCst);
    });
    assert!(keeper.health(true).unwrap().rows > 0);
    check(&world, &keeper);
    let again = world.open(usize::MAX);
    check(&world, &again);
}

#[derive(Clone, Debug)]
enum Act {
    Send(u8),
    Merge(u8, u8),
    Split,
    Erase(u8),
    Tend,
    Restart,
    /// Another process reads.
    Read,
    /// A file is cut or altered, and the program started again.
    Harm(u16, bool),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        5 => (1u8..30).prop_map(Act::Send),
        2 => (0u8..7, 0u8..7).prop_map(|(a, b)| Act::Merge(a, b)),
        2 => Just(Act::Split),
        1 => (0u8..7).prop_map(Act::Erase),
        4 => Just(Act::Tend),
        2 => Just(Act::Restart),
        1 => Just(Act::Read),
        1 => (any::<u16>(), any::<bool>()).prop_map(|(at, cut)| Act::Harm(at, cut)),
    ]
}

fn live(world: &World, acts: &[Act]) {
    let mut keeper = world.open(12);
    let (mut sent, mut edges) = (0, Vec::new());
    for act in acts {
        match act {
            Act::Send(n) => {
                // Whoever was erased is let in as somebody new, or refused: either way the log says what is there.
                send(world, sent, sent + u32::from(*n));
                sent += u32::from(*n);
            }
            Act::Merge(a, b) => {
                if let (Some(a), Some(b)) = (world.living(&format!("u{a}")), world.living(&format!("u{b}")))
                    && a != b
                {
                    edges.push(world.merge(a, b));
                }
            }
            Act::Split => {
                if let Some(edge) = edges.pop()
                    && world.is_alive(world.read(|tx| Ok(world.people.edge(tx, edge)?.node_a)))
                {
                    world.split(edge);
                }
            }
            Act::Erase(who) => {
                if let Some(root) = world.living(&format!("u{who}")) {
                    world.erase(root);
                }
            }
            Act::Tend => {
                keeper.catch_up().unwrap();
                tend(&keeper);
                let health = keeper.health(true).unwrap();
                assert_eq!((health.damaged.len(), world.files().len()), (0, health.parts));
            }
            Act::Restart => {
                drop(keeper);
                world.test.clock.advance_seconds(600);
                keeper = world.open(12);
            }
            Act::Read => check(world, &world.open(usize::MAX)),
            Act::Harm(at, cut) => {
                let files = world.files();
                if files.is_empty() {
                    continue;
                }
                drop(keeper);
                let path = world.folder().join(&files[usize::from(*at) % files.len()]);
                let file = std::fs::OpenOptions::new().write(true).read(true).open(&path).unwrap();
                let place = u64::from(*at) * 7919 % file.metadata().unwrap().len();
                if *cut {
                    file.set_len(place).unwrap();
                } else {
                    let mut byte = [0];
                    file.read_exact_at(&mut byte, place).unwrap();
                    file.write_all_at(&[byte[0] ^ 0x40], place).unwrap();
                }
                world.test.clock.advance_seconds(600);
                keeper = world.open(12);
            }
        }
        check(world, &keeper);
    }
}

fn any_life_equals_the_log(test: TestDb) {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(3);
    let mut runner = TestRunner::new(Config::default());
    let kind = test.engine;
    let mut next = Some(test);
    for _ in 0..cases {
        let Some(test) = next.take() else { return };
        let acts = prop::collection::vec(act(), 1..25).new_tree(&mut runner).unwrap().current();
        let world = World::new(test);
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| live(&world, &acts)));
        assert!(result.is_ok(), "{acts:?}");
        drop(world);
        next = TestDb::open(kind, &ALL);
    }
}
