#[global_allocator]
static A: mimalloc::MiMalloc = mimalloc::MiMalloc;
use siyu_db::{Db, DbConfig};
use siyu_intake::import::*;
use siyu_kernel::*;
use std::sync::Arc;
fn main() {
    let mut args = std::env::args().skip(1);
    let kind = match args.next().unwrap().as_str() {
        "orders" => ImportKind::Orders,
        _ => ImportKind::People,
    };
    let file = args.next().unwrap();
    let sql = args.next().unwrap_or_default();
    let folder = std::env::temp_dir().join(format!("b2/imp-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let all =
        [siyu_log::MIGRATIONS, siyu_people::MIGRATIONS, siyu_commerce::MIGRATIONS, siyu_intake::MIGRATIONS].concat();
    let clock = clocks::system();
    let db = Db::open(DbConfig::sqlite(&folder.join("w.db"), &folder).with(&all), &*clock).unwrap();
    if !sql.is_empty() {
        let sql = sql.clone();
        db.transact(move |tx| Ok(tx.script(&sql)?)).unwrap();
    }
    let vault = Vault::from_key([5; 32]);
    let log = siyu_log::Log::open(&db, vault.clone(), clock.clone()).unwrap();
    let chance = Arc::new(Chance::seeded(1));
    let people = siyu_people::People::open(&db, vault.clone(), log.clone(), chance.clone()).unwrap();
    let intake = siyu_intake::Intake::open(&db, vault, log.clone(), people.clone(), chance, Currency::CNY).unwrap();
    let source = siyu_files::Source::path(std::path::Path::new(&file)).unwrap();
    let size = source.len();
    let now = clock.now();
    let (i2, f2) = (intake.clone(), file.clone());
    let job = db
        .transact(move |tx| {
            let job = i2.create_job(tx, &NewJob { kind, file: &f2, size: size as i64, path: &f2, by: "cli" }, now)?;
            i2.start_job(tx, &job.id, &Default::default(), &Default::default(), false)
        })
        .unwrap();
    let run = Run { intake: &intake, db: &db, clock: clock.clone(), zone: Zone::shanghai() };
    let stop = std::sync::atomic::AtomicBool::new(false);
    let watch = Stopwatch::start();
    let summary = std::thread::scope(|s| {
        s.spawn(|| {
            while !stop.load(std::sync::atomic::Ordering::SeqCst) {
                if !(log.compact(&db, "x").unwrap() | people.compact(&db, "x", &*clock).unwrap()) {
                    std::thread::sleep(std::time::Duration::from_millis(100));
                }
            }
        });
        let r = run.run(&job, source, &mut |_| {}).unwrap();
        stop.store(true, std::sync::atomic::Ordering::SeqCst);
        r
    });
    let secs = watch.seconds();
    let mut line = String::new();
    for d in std::fs::read_dir("/proc/self/task").unwrap().flatten() {
        let t = std::fs::read_to_string(d.path().join("stat")).unwrap();
        let name = &t[t.find('(').unwrap() + 1..t.rfind(')').unwrap()];
        let f: Vec<&str> = t[t.rfind(')').unwrap() + 2..].split(' ').collect();
        if name.starts_with("db-w") {
            line = format!("writer user {} sys {} cs", f[11], f[12]);
        }
    }
    let io = std::fs::read_to_string("/proc/self/io").unwrap();
    let w = io.lines().find(|l| l.starts_with("wchar")).unwrap().to_owned();
    let bytes: u64 = std::fs::read_dir(&folder).unwrap().flatten().map(|e| e.metadata().unwrap().len()).sum();
    println!("{} rows {:.1} s; {line}; {w}; {} MB", summary.rows, secs, bytes >> 20);
    drop((people, intake, log, db));
    let _ = std::fs::remove_dir_all(&folder);
}
