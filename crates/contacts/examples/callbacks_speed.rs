//! How many signed, encrypted callbacks a second are taken, durable, and how long each waits:
//! `cargo run --release -p siyu-contacts --example callbacks_speed -- [COUNT] [AT ONCE]`. PostgreSQL as well when `SIYU_TEST_POSTGRES` names one.

use siyu_contacts::{ConnectionIn, Contacts, Parts, Taken};
use siyu_db::{Engine, Migration};
use siyu_kernel::{Chance, Clock, Stopwatch, Vault, clocks};
use siyu_log::Log;
use siyu_people::People;
use siyu_testkit::TestDb;
use siyu_wecom::callback::Callback;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

const MIGRATIONS: &[Migration] =
    siyu_testkit::migrations![siyu_log::MIGRATIONS, siyu_people::MIGRATIONS, siyu_contacts::MIGRATIONS];
const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
const CORP: &str = "ww1234567890abcdef";

fn main() {
    let mut args = std::env::args().skip(1).filter_map(|word| word.parse::<usize>().ok());
    let (count, at_once) = (args.next().unwrap_or(30_000), args.next().unwrap_or(64));
    for engine in [Engine::Sqlite, Engine::Postgres] {
        if let Some(test) = TestDb::open(engine, MIGRATIONS) {
            measure(&test, count, at_once);
        }
    }
}

fn measure(test: &TestDb, count: usize, at_once: usize) {
    let clock = clocks::system();
    let (db, vault, chance) = (test.db().clone(), Vault::from_key([7; 32]), Arc::new(Chance::seeded(1)));
    let log = Log::open(&db, vault.clone(), clock.clone()).expect("a log");
    let people = People::open(&db, vault.clone(), log.clone(), chance.clone()).expect("people");
    let contacts = Contacts::new(Parts::new(db.clone(), vault, log, people, chance, clock.clone()));
    let input = ConnectionIn {
        corp_id: Some(CORP.into()),
        agent_id: Some(1),
        app_secret: Some("secret".into()),
        callback_token: Some("QDG6eK".into()),
        callback_key: Some(KEY.into()),
        ..ConnectionIn::default()
    };
    let (own, now) = (contacts.clone(), clock.now());
    db.transact(move |tx| own.connect(tx, &input, now)).expect("connected");
    let callback = Callback::new("QDG6eK", KEY, CORP).expect("a key");
    let deliveries: Vec<(String, String)> = (0..count).map(|at| delivery(&callback, &*clock, at)).collect();
    let (next, waits) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(count)));
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let handle = runtime.handle().clone();
    let watch = Stopwatch::start();
    std::thread::scope(|scope| {
        for _ in 0..at_once {
            scope.spawn(|| {
                let mut own = Vec::new();
                while let Some((query, body)) = deliveries.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let one = Stopwatch::start();
                    let delivery = contacts.open_callback(query, body.as_bytes()).expect("a good callback");
                    let taken = handle.block_on(contacts.keep_callback(&delivery)).expect("it is kept");
                    assert_eq!(taken, Taken::New);
                    own.push(one.seconds());
                }
                waits.lock().expect("no thread panicked").extend(own);
            });
        }
    });
    let whole = watch.seconds();
    let mut waits = waits.into_inner().expect("no thread panicked");
    waits.sort_unstable_by(f64::total_cmp);
    let kept = db.read(|tx| contacts.inbox(tx)).expect("counts").waiting;
    println!(
        "{:?}: {count} callbacks, {at_once} at once: {:.0}/s, p50 {:.1} ms, p99 {:.1} ms, kept {kept}",
        test.engine,
        count as f64 / whole,
        waits[count / 2] * 1e3,
        waits[count * 99 / 100] * 1e3,
    );
}

fn delivery(callback: &Callback, clock: &dyn Clock, at: usize) -> (String, String) {
    let seconds = clock.now().0 / 1_000_000;
    let event = format!(
        "<xml><ToUserName><![CDATA[{CORP}]]></ToUserName><FromUserName><![CDATA[sys]]></FromUserName><CreateTime>{seconds}</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[change_external_contact]]></Event><ChangeType><![CDATA[add_external_contact]]></ChangeType><UserID><![CDATA[guide{}]]></UserID><ExternalUserID><![CDATA[wm{at:030}]]></ExternalUserID><State><![CDATA[store-12]]></State><WelcomeCode><![CDATA[code{at}]]></WelcomeCode></xml>",
        at % 60
    );
    let (stamp, nonce) = (seconds.to_string(), at.to_string());
    let body = callback.seal(&event, &stamp, &nonce, Chance::secret());
    let signature = body.split("<MsgSignature><![CDATA[").nth(1).map(|rest| rest[..40].to_owned()).unwrap_or_default();
    (format!("msg_signature={signature}&timestamp={stamp}&nonce={nonce}"), body)
}
