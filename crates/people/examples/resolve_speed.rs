//! How fast messages become people on SQLite: `cargo run --release -p siyu-people --example resolve_speed -- [people] [folder] [page cache in MiB]`.
//!
//! Each person comes with three identifiers; every tenth one is met twice under different names and then merged. Afterwards, look-ups of
//! identifiers that are known, in batches of 100 messages.

use siyu_db::{Db, DbConfig};
use siyu_kernel::{Chance, Identifier, Stopwatch, Time, Vault, clocks};
use siyu_log::Log;
use siyu_people::{Incoming, People};
use std::path::PathBuf;
use std::sync::Arc;

const BATCH: usize = 5_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let count: u64 = args.next().map_or(Ok(1_000_000), |text| text.parse())?;
    let folder = args
        .next()
        .map_or_else(|| std::env::temp_dir().join(format!("siyu-resolve-speed-{}", std::process::id())), PathBuf::from);
    std::fs::create_dir_all(&folder)?;
    let cache: Option<usize> = args.next().map(|text| text.parse()).transpose()?;
    let mut config =
        DbConfig::sqlite(&folder.join("speed.db"), &folder).with(siyu_log::MIGRATIONS).with(siyu_people::MIGRATIONS);
    config.cache_kib = cache.map_or(config.cache_kib, |mib| mib * 1024);
    let db = Db::open(config, &*clocks::system())?;
    let vault = Vault::generate();
    let log = Log::open(&db, vault.clone(), clocks::system())?;
    let people = People::open(&db, vault, log, Arc::new(Chance::from_entropy()))?;

    let (mut prepare, mut resolve) = (0.0, 0.0);
    let mut slowest: f64 = 0.0;
    for from in (0..count).step_by(BATCH) {
        let watch = Stopwatch::start();
        let messages: Vec<Incoming> =
            (from..count.min(from + BATCH as u64)).flat_map(|n| arrivals(&people, n)).collect();
        prepare += watch.seconds();
        let took = run(&db, &people, messages)?;
        resolve += took;
        slowest = slowest.max(took);
        if (from + BATCH as u64).is_multiple_of(100_000) {
            eprintln!("{} people: {:.0} people/s so far", from + BATCH as u64, (from + BATCH as u64) as f64 / resolve);
        }
    }
    let size: u64 =
        std::fs::read_dir(&folder)?.flatten().filter_map(|entry| entry.metadata().ok()).map(|meta| meta.len()).sum();
    println!(
        "{count} people, 3 identifiers each, 10 % merged, batches of {BATCH}: {:.0} people/s ({resolve:.1} s; slowest batch {:.0} ms; digests beforehand {prepare:.1} s)",
        count as f64 / resolve,
        slowest * 1e3
    );
    println!(
        "people now: {}; files: {} MiB; peak memory: {} MiB",
        db.read(|tx| Ok(people.count(tx)?))?,
        size >> 20,
        peak_mib()
    );

    let chance = Chance::seeded(7);
    for (what, range) in [("of all people", count), ("of 20,000 people", 20_000.min(count))] {
        let rounds = 2_000;
        let batches: Vec<Vec<Incoming>> =
            (0..rounds).map(|_| (0..100).map(|_| known(&people, chance.below(range))).collect()).collect();
        let watch = Stopwatch::start();
        for messages in batches {
            run(&db, &people, messages)?;
        }
        let took = watch.seconds();
        println!(
            "look-ups {what}, batches of 100: {:.0} messages/s ({:.0} µs a batch)",
            f64::from(rounds) * 100.0 / took,
            took * 1e6 / f64::from(rounds)
        );
    }
    drop((people, db));
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

/// What is seen of person `n`: one message, or two and the one that joins them.
fn arrivals(people: &People, n: u64) -> Vec<Incoming> {
    let (account, phone, browser) =
        (format!("user_id:u{n}"), format!("phone:1{:010}", 3_000_000_000 + n), format!("anonymous:{n:x}-4f1c-9b2e"));
    let of = |ids: &[&str]| {
        people.prepare(
            ids.iter().map(|id| Identifier::parse(id).expect("made above, well formed")),
            Time(1_700_000_000_000_000),
        )
    };
    match n % 10 {
        0 => vec![of(&[&phone]), of(&[&account, &browser]), of(&[&account, &phone])],
        _ => vec![of(&[&account, &phone, &browser])],
    }
}
fn known(people: &People, n: u64) -> Incoming {
    people.prepare([Identifier::parse(&format!("user_id:u{n}")).expect("well formed")], Time(1_700_000_000_000_000))
}

fn run(db: &Db, people: &People, messages: Vec<Incoming>) -> Result<f64, siyu_kernel::Refusal> {
    let people = people.clone();
    let watch = Stopwatch::start();
    db.transact(move |tx| people.resolve(tx, &messages, "speed", Time(1_700_000_000_000_000)).map(drop))?;
    Ok(watch.seconds())
}

/// Linux: the highest resident size so far. Elsewhere 0.
fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().split(' ').next().and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) >> 10
}
