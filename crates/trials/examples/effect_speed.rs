//! How long the effect of a run of a million people takes on SQLite: `cargo run --release -p siyu-trials --example effect_speed [people]`.

use siyu_db::{Db, DbConfig, Migration, params};
use siyu_gate::Gate;
use siyu_kernel::{Currency, Stopwatch, SystemClock, Time, Vault};
use siyu_trials::{Asked, of_run};

const PARTS: &[&[Migration]] = &[
    siyu_log::MIGRATIONS,
    siyu_people::MIGRATIONS,
    siyu_commerce::MIGRATIONS,
    siyu_contacts::MIGRATIONS,
    siyu_gate::MIGRATIONS,
    siyu_reach::MIGRATIONS,
];
/// One in ten is held out; everybody has two orders, one of them within the time; one in fifty is lost.
const FILL: [&str; 6] = [
    "INSERT INTO person (num, root, created_at, source) SELECT n, n, 0, '' FROM many",
    "INSERT INTO gate_run (num, id, kind, name, class, channel, worth, holdout, per_hour, start_at, expires_at, due_at, state, people, undecided, created_at, created_by)
       SELECT 1, 'run', 'broadcast', '', 1, 0, 1.0, 10.0, 0, 0, 0, 0, 'ended', COUNT(*), 0, 0, '' FROM many",
    "INSERT INTO gate_decision (run, num, root, state, reason, asked_at, at, until, rules)
       SELECT 1, n, n, CASE WHEN n % 10 = 0 THEN 3 ELSE 2 END, CASE WHEN n % 10 = 0 THEN 'holdout' ELSE '' END, 0, 0, 0, 0 FROM many",
    "INSERT INTO message_person (message, num, contact, task, state, reason, at) SELECT 'run', n, '', n % 500, 1, '', 0 FROM many WHERE n % 10 <> 0",
    "INSERT INTO orders (order_no, stub, person, root, at, currency, amount, refunded, refund_lines, sales, lines, source, created_at, import)
       SELECT n || '-' || o, 0, n, n, (n % 13 + 100 * o) * 86400000000, 'CNY', 10000 + n % 700, 0, 0, 1, 1, '', 0, 0 FROM many, (SELECT 0 AS o UNION ALL SELECT 1)",
    "INSERT INTO wecom_contact (id, num, unionid, name, avatar, kind, gender, corp_name, position, first_at) SELECT 'c' || n, n, '', '', '', 1, 0, '', '', 0 FROM many",
];
const LOST: &str = "INSERT INTO wecom_follow (contact, staff, remark, description, company, add_way, oper, state, created_at, status, lost_at, lost_by, read_at, seen)
    SELECT 'c' || n, 'ann', '', '', '', 0, '', '', 0, CASE WHEN n % 50 = 0 THEN 2 ELSE 0 END, 86400000000, 'customer', 0, 0 FROM many";

fn main() {
    let people: i64 = std::env::args().nth(1).and_then(|own| own.parse().ok()).unwrap_or(1_000_000);
    let folder = std::env::temp_dir().join(format!("siyu-effect-speed-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let config = DbConfig::sqlite(&folder.join("workspace.db"), &folder.join("backups")).with(&PARTS.concat());
    let db = Db::open(config, &SystemClock).expect("a database");
    let many = format!("WITH RECURSIVE many (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many WHERE n < {people})");
    for sql in FILL.iter().chain([&LOST]) {
        let sql = sql.replacen("SELECT", &format!("{many} SELECT"), 1);
        db.transact(move |tx| Ok(tx.execute(&sql, params![])?)).expect("rows");
    }
    let gate = Gate::new(&Vault::from_key([7; 32]));
    let asked = Asked { days: 14, lift: 0.1, currency: Currency::CNY, now: Time(90 * 86_400_000_000) };
    for _ in 0..3 {
        let watch = Stopwatch::start();
        let effect = db.read(|tx| {
            let run = gate.run(tx, "run")?;
            of_run(tx, &gate, &run, &asked)
        });
        let effect = effect.expect("an effect");
        println!("{people} people: {:.2} s, {:?}", watch.seconds(), effect.trials[0].arms);
    }
    let _ = std::fs::remove_dir_all(folder);
}
