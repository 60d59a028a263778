//! A brand with its own WeCom and its own workspace, both in one time that moves when somebody waits.

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::routing::get;
use bytes::Bytes;
use rustc_hash::FxHashMap;
use siyu_channels::{Arrivals, ChannelIn, ChannelRow, Channels, CodeIn, CodeRow, SeatIn};
use siyu_contacts::{Added, Around, ConnectionIn, Contacts, Entrance, Parts, Ran, SyncState};
use siyu_db::{Db, Migration, Tx, params};
use siyu_kernel::{Chance, Clock, Refusal, Time, Vault};
use siyu_log::Log;
use siyu_people::{Merged, People};
use siyu_sandbox::world::World;
use siyu_sandbox::{CallbackSettings, Faults, Options, Sandbox, Scale, WorldClock};
use siyu_testkit::TestDb;
use siyu_wecom::Wait;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use tokio::runtime::Runtime;

pub static MIGRATIONS: LazyLock<Vec<Migration>> = LazyLock::new(|| {
    [
        siyu_log::MIGRATIONS,
        siyu_people::MIGRATIONS,
        siyu_commerce::MIGRATIONS,
        siyu_contacts::MIGRATIONS,
        siyu_channels::MIGRATIONS,
    ]
    .concat()
});
const TOKEN: &str = "QDG6eK";
const AES_KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

/// Waiting moves the world's clock.
struct Moving(Arc<WorldClock>);
impl Wait for Moving {
    fn wait(&self, how_long: Duration) {
        self.0.move_to(Time(self.0.now().0 + how_long.as_micros() as i64));
    }
}

struct Beside(Arrivals);
impl Around for Beside {
    fn merged(&self, _: &mut Tx<'_>, _: &[Merged]) -> Result<(), Refusal> {
        Ok(())
    }
    fn store_named(&self, tx: &mut Tx<'_>, name: &str) -> Result<Option<String>, Refusal> {
        Ok(tx.opt("SELECT code FROM store WHERE name = $1", params![name], |row| row.text(0))?)
    }
    fn entrances(&self, tx: &mut Tx<'_>, states: &[String]) -> Result<FxHashMap<String, Entrance>, Refusal> {
        self.0.entrances(tx, states)
    }
    fn added(&self, contacts: &Contacts, tx: &mut Tx<'_>, adds: &[Added], now: Time) -> Result<(), Refusal> {
        self.0.added(contacts, tx, adds, now)
    }
}

pub struct Brand {
    pub runtime: Runtime,
    pub sandbox: Sandbox,
    base: String,
    pub clock: Arc<WorldClock>,
    pub db: Db,
    pub contacts: Contacts,
    pub channels: Channels,
    pub people: People,
    pub log: Log,
    _t: TestDb,
}

impl Brand {
    /// A quiet world: nobody does anything by themselves. Its staff is known, callbacks arrive.
    pub fn new(t: TestDb) -> Self {
        let runtime = Runtime::new().unwrap();
        let clock = WorldClock::following(t.clock.clone());
        let mut options = Options::new("127.0.0.1:0".parse().unwrap(), 7, Scale::TINY, clock.clone());
        options.timeout = Duration::from_millis(5);
        let (sandbox, base) = runtime.block_on(async {
            let sandbox = Sandbox::new(options);
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let base = format!("http://{}", listener.local_addr().unwrap());
            let served =
                axum::serve(listener, sandbox.router().into_make_service_with_connect_info::<std::net::SocketAddr>());
            tokio::spawn(async move { served.await });
            (sandbox, base)
        });
        let db = t.db().clone();
        let (vault, chance) = (Vault::from_key([7; 32]), Arc::new(Chance::seeded(3)));
        let log = Log::open(&db, vault.clone(), clock.clone()).unwrap();
        let people = People::open(&db, vault.clone(), log.clone(), chance.clone()).unwrap();
        let mut parts =
            Parts::new(db.clone(), vault.clone(), log.clone(), people.clone(), chance.clone(), clock.clone());
        (parts.around, parts.wait) = (Arc::new(Beside(Arrivals::new(people.clone()))), Arc::new(Moving(clock.clone())));
        let contacts = Contacts::new(parts);
        let channels = Channels::new(siyu_channels::Parts {
            db: db.clone(),
            vault,
            log: log.clone(),
            people: people.clone(),
            contacts: contacts.clone(),
            chance,
            clock: clock.clone(),
        });
        let brand = Self { runtime, sandbox, base, clock, db, contacts, channels, people, log, _t: t };
        brand.world(World::hush);
        let stores: Vec<String> = brand.world(|world| world.stores.iter().map(|own| own.name.clone()).collect());
        brand.act(move |tx| {
            for (at, name) in stores.iter().enumerate() {
                let code = format!("S{}", at + 1);
                tx.execute("INSERT INTO store (code, name, created_at) VALUES ($1, $2, 0)", params![&code, name])?;
            }
            Ok(())
        });
        brand.connect();
        brand.take_callbacks();
        brand.sync();
        brand
    }
    pub fn now(&self) -> Time {
        self.clock.now()
    }
    pub fn act<T: Send + 'static>(&self, unit: impl FnMut(&mut Tx<'_>) -> Result<T, Refusal> + Send + 'static) -> T {
        self.db.transact(unit).unwrap()
    }
    pub fn refused(&self, unit: impl FnMut(&mut Tx<'_>) -> Result<(), Refusal> + Send + 'static) -> String {
        let refusal = self.db.transact(unit).unwrap_err();
        format!("{}{}", refusal.code, refusal.field.map(|field| format!(" {field}")).unwrap_or_default())
    }
    pub fn read<T>(&self, unit: impl FnOnce(&mut Tx<'_>) -> Result<T, Refusal>) -> T {
        self.db.read(unit).unwrap()
    }
    pub fn int(&self, sql: &str) -> i64 {
        self.read(|tx| Ok(tx.one(sql, &[], |row| row.int(0))?))
    }
    fn connect(&self) {
        let own = self.sandbox.credentials();
        let input = ConnectionIn {
            corp_id: Some(own.corp_id.clone()),
            agent_id: Some(own.agent_id),
            base: Some(self.base.clone()),
            app_secret: Some(own.secret.clone()),
            callback_token: Some(TOKEN.to_owned()),
            callback_key: Some(AES_KEY.to_owned()),
            ..ConnectionIn::default()
        };
        let (contacts, now) = (self.contacts.clone(), self.now());
        self.act(move |tx| contacts.connect(tx, &input, now));
    }
    fn take_callbacks(&self) {
        let contacts = self.contacts.clone();
        let url = self.runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let url = format!("http://{}/callback", listener.local_addr().unwrap());
            let router = Router::new().route("/callback", get(verify).post(receive)).with_state(contacts);
            tokio::spawn(async move { axum::serve(listener, router).await });
            url
        });
        let settings = CallbackSettings { url, token: TOKEN.to_owned(), encoding_aes_key: AES_KEY.to_owned() };
        self.runtime.block_on(self.sandbox.set_callback(settings)).unwrap();
    }
    pub fn sync(&self) {
        let (contacts, now) = (self.contacts.clone(), self.now());
        self.act(move |tx| contacts.start_sync(tx, "test", now));
        for _ in 0..100_000 {
            match self.contacts.sync_step().unwrap() {
                Ran::Went => {}
                Ran::Waits(at) => self.clock.move_to(at),
                Ran::Nothing => {
                    let row = self.read(|tx| Ok(self.contacts.syncs(tx, 1)?.remove(0)));
                    assert_eq!((row.state, row.error.as_deref()), (SyncState::Done, None), "{row:?}");
                    return;
                }
            }
        }
        panic!("a sync ends");
    }
    /// Everything that has happened arrives and is worked on.
    pub fn hear(&self) {
        self.runtime.block_on(self.sandbox.settle());
        for _ in 0..10_000 {
            match self.contacts.work_inbox().unwrap() {
                Ran::Went => {}
                Ran::Waits(at) => self.clock.move_to(at),
                Ran::Nothing => return,
            }
        }
        panic!("an inbox gets empty");
    }
    /// WeCom is told what it does not know yet. Answers in how many steps.
    pub fn tell(&self) -> usize {
        for steps in 0..1_000 {
            if self.channels.step().unwrap() != Ran::Went {
                return steps;
            }
        }
        panic!("work on codes ends");
    }
    /// What waits is due.
    pub fn pass(&self, seconds: i64) {
        let _entered = self.runtime.enter();
        self.sandbox.advance_to(self.now().plus_seconds(seconds));
    }
    pub fn world<T>(&self, work: impl FnOnce(&mut World) -> T) -> T {
        let _entered = self.runtime.enter();
        self.sandbox.with_world(work)
    }
    pub fn faults(&self, list: &str) {
        self.sandbox.set_faults(Faults::parse(list).unwrap());
    }
    /// Userids of members who may have customers.
    pub fn guides(&self) -> Vec<String> {
        self.read(|tx| {
            Ok(tx.query("SELECT userid FROM wecom_staff WHERE serves = 1 ORDER BY key", &[], |row| row.text(0))?)
        })
    }
    pub fn channel(&self, code: &str, name: &str) -> ChannelRow {
        let input = ChannelIn { code: code.into(), name: name.into(), kind: "parcel".into(), ..ChannelIn::default() };
        let (channels, now) = (self.channels.clone(), self.now());
        self.act(move |tx| channels.create(tx, &input, "test", now))
    }
    pub fn make(&self, input: &CodeIn) -> CodeRow {
        let (channels, input, now) = (self.channels.clone(), input.clone(), self.now());
        self.act(move |tx| channels.create_code(tx, &input, "test", now))
    }
    pub fn code(&self, id: &str) -> CodeRow {
        self.read(|tx| self.channels.code(tx, id))
    }
    /// Who is in a pool at WeCom, in the order of their userids.
    pub fn behind(&self, id: &str, pool: &str) -> Vec<String> {
        let code = self.code(id);
        let way = code.ways.iter().find(|way| way.pool == pool).expect("there is such a pool");
        let client = self.contacts.client().unwrap();
        let mut users = client.contact_way(way.config_id.as_deref().unwrap()).unwrap().user.unwrap_or_default();
        users.sort_unstable();
        users
    }
    /// A new person scans the QR of a pool. Answers the userid of the member they met.
    pub fn scan(&self, id: &str, pool: &str) -> Option<String> {
        let code = self.code(id);
        let config = code.ways.iter().find(|way| way.pool == pool)?.config_id.clone()?;
        self.world(|world| {
            let way = world.number(siyu_sandbox::Id::ContactWay, &config)?;
            let person = world.people.iter().position(|own| own.arrived.is_none() && !own.business)?;
            let relation = world.scan(person, way)?;
            Some(world.staff[world.relations[relation].staff].userid.clone())
        })
    }
    pub fn events(&self, name: &str) -> Vec<serde_json::Value> {
        let (mut seq, mut all) = (0, Vec::new());
        loop {
            let (found, last) = self.read(|tx| Ok(self.log.after(tx, seq, 64)?));
            if last == seq {
                return all;
            }
            seq = last;
            let own = found.into_iter().filter(|own| own.event.name == name);
            all.extend(
                own.map(|own| {
                    serde_json::from_str::<serde_json::Value>(&own.event.body).unwrap()["properties"].clone()
                }),
            );
        }
    }
}

pub fn seat(userid: &str) -> SeatIn {
    SeatIn { staff: userid.to_owned(), weight: 1, cap: None, rota: Vec::new() }
}
pub fn code_of(channel: &ChannelRow, seats: Vec<SeatIn>, backup: &[String]) -> CodeIn {
    CodeIn {
        channel: channel.id.clone(),
        name: format!("{}活码", channel.name),
        skip_verify: true,
        pools: BTreeMap::from([("general".to_owned(), seats)]),
        backup: backup.to_vec(),
        ..CodeIn::default()
    }
}

async fn verify(State(contacts): State<Contacts>, RawQuery(query): RawQuery) -> Result<String, (StatusCode, String)> {
    let query = query.unwrap_or_default();
    let done = tokio::task::spawn_blocking(move || contacts.verify_callback(&query)).await.unwrap();
    done.map_err(|refusal| (StatusCode::BAD_REQUEST, refusal.to_string()))
}
async fn receive(
    State(contacts): State<Contacts>,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Result<&'static str, (StatusCode, String)> {
    let told = |refusal: Refusal| (StatusCode::BAD_REQUEST, refusal.to_string());
    let (desk, query) = (contacts.clone(), query.unwrap_or_default());
    let opened = tokio::task::spawn_blocking(move || desk.open_callback(&query, &body)).await.unwrap();
    contacts.keep_callback(&opened.map_err(told)?).await.map_err(told)?;
    Ok("success")
}
