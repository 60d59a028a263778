//! How long a full sync takes against the simulated WeCom over HTTP, its limits kept:
//! `cargo run --release -p siyu-contacts --example sync_speed -- [PEOPLE]`, of whom most are customers. PostgreSQL as well when
//! `SIYU_TEST_POSTGRES` names one. Waiting for a limit moves the world's clock instead of the real one.

use siyu_contacts::{ConnectionIn, Contacts, Parts, Ran};
use siyu_db::{Engine, Migration};
use siyu_kernel::{Chance, Clock, Stopwatch, Time, Vault};
use siyu_log::Log;
use siyu_people::People;
use siyu_sandbox::{Options, Sandbox, Scale, WorldClock};
use siyu_testkit::TestDb;
use siyu_wecom::Wait;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

const MIGRATIONS: &[Migration] =
    siyu_testkit::migrations![siyu_log::MIGRATIONS, siyu_people::MIGRATIONS, siyu_contacts::MIGRATIONS];

struct Moving(Arc<WorldClock>);
impl Wait for Moving {
    fn wait(&self, how_long: Duration) {
        self.0.move_to(Time(self.0.now().0 + how_long.as_micros() as i64));
    }
}

fn main() {
    let people = std::env::args().nth(1).and_then(|word| word.parse().ok()).unwrap_or(125_000);
    for engine in [Engine::Sqlite, Engine::Postgres] {
        if let Some(test) = TestDb::open(engine, MIGRATIONS) {
            measure(&test, people);
        }
    }
}

fn measure(test: &TestDb, people: usize) {
    let guides = (people / 200).max(10);
    let scale = Scale { stores: (guides / 5).max(1), guides, people, groups: guides, before: 0.85 };
    let clock = WorldClock::following(test.clock.clone());
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let options = Options::new("127.0.0.1:0".parse().expect("an address"), 7, scale, clock.clone());
    let (sandbox, base) = runtime.block_on(async {
        let sandbox = Sandbox::new(options);
        sandbox.with_world(siyu_sandbox::World::hush);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("it is bound"));
        let service = sandbox.router().into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        (sandbox, base)
    });
    let (db, vault, chance) = (test.db().clone(), Vault::from_key([7; 32]), Arc::new(Chance::seeded(1)));
    let log = Log::open(&db, vault.clone(), clock.clone()).expect("a log");
    let known = People::open(&db, vault.clone(), log.clone(), chance.clone()).expect("people");
    let mut parts = Parts::new(db.clone(), vault, log, known, chance, clock.clone());
    parts.wait = Arc::new(Moving(clock.clone()));
    let contacts = Contacts::new(parts);
    let own = sandbox.credentials();
    let input = ConnectionIn {
        corp_id: Some(own.corp_id.clone()),
        agent_id: Some(own.agent_id),
        base: Some(base),
        app_secret: Some(own.secret.clone()),
        ..ConnectionIn::default()
    };
    for round in ["first", "second"] {
        let (desk, input, now) = (contacts.clone(), input.clone(), clock.now());
        db.transact(move |tx| {
            if round == "first" {
                desk.connect(tx, &input, now)?;
            }
            desk.start_sync(tx, "bench", now)
        })
        .expect("a sync begins");
        let watch = Stopwatch::start();
        let mut steps = 0;
        loop {
            match contacts.sync_step().expect("the database answers") {
                Ran::Went => steps += 1,
                Ran::Waits(at) => clock.move_to(at),
                Ran::Nothing => break,
            }
        }
        let row = db.read(|tx| contacts.syncs(tx, 1)).expect("the sync").remove(0);
        println!(
            "{:?}, {round} sync: {:.1} s, {steps} steps, {:?} {:?}",
            test.engine,
            watch.seconds(),
            row.state,
            row.counts
        );
    }
}
