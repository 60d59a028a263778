//! A brand with its own WeCom and its own workspace, both in one time that moves when somebody waits.

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::routing::get;
use bytes::Bytes;
use siyu_contacts::{Alone, ConnectionIn, Contacts, Parts, Ran, SyncRow, SyncState};
use siyu_db::{Db, Migration, Tx};
use siyu_kernel::{Chance, Clock, Refusal, Time, Vault};
use siyu_log::Log;
use siyu_people::People;
use siyu_sandbox::world::{Status, Who, World};
use siyu_sandbox::{CallbackSettings, Faults, Id, Options, Sandbox, Scale, WorldClock};
use siyu_testkit::TestDb;
use siyu_wecom::Wait;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Runtime;

pub const MIGRATIONS: &[Migration] =
    siyu_testkit::migrations![siyu_log::MIGRATIONS, siyu_people::MIGRATIONS, siyu_contacts::MIGRATIONS];
pub const TOKEN: &str = "QDG6eK";
pub const AES_KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

/// Waiting moves the world's clock.
struct Moving(Arc<WorldClock>);
impl Wait for Moving {
    fn wait(&self, how_long: Duration) {
        self.0.move_to(Time(self.0.now().0 + how_long.as_micros() as i64));
    }
}

pub struct Brand {
    pub runtime: Runtime,
    pub sandbox: Sandbox,
    pub base: String,
    pub clock: Arc<WorldClock>,
    pub desk: Desk,
    pub t: TestDb,
}

/// One process's view.
#[derive(Clone)]
pub struct Desk {
    pub db: Db,
    pub contacts: Contacts,
    pub people: People,
    pub log: Log,
    pub clock: Arc<WorldClock>,
}

impl std::ops::Deref for Brand {
    type Target = Desk;
    fn deref(&self) -> &Desk {
        &self.desk
    }
}

pub fn vault() -> Vault {
    Vault::from_key([7; 32])
}

impl Desk {
    pub fn open(db: Db, clock: &Arc<WorldClock>) -> Self {
        let log = Log::open(&db, vault(), clock.clone()).unwrap();
        let chance = Arc::new(Chance::seeded(3));
        let people = People::open(&db, vault(), log.clone(), chance.clone()).unwrap();
        let mut parts = Parts::new(db.clone(), vault(), log.clone(), people.clone(), chance, clock.clone());
        (parts.around, parts.wait) = (Arc::new(Alone), Arc::new(Moving(clock.clone())));
        Self { db, contacts: Contacts::new(parts), people, log, clock: clock.clone() }
    }
    pub fn now(&self) -> Time {
        self.clock.now()
    }
    pub fn act<T: Send + 'static>(&self, unit: impl FnMut(&mut Tx<'_>) -> Result<T, Refusal> + Send + 'static) -> T {
        self.db.transact(unit).unwrap()
    }
    pub fn read<T>(&self, unit: impl FnOnce(&mut Tx<'_>) -> Result<T, Refusal>) -> T {
        self.db.read(unit).unwrap()
    }
    pub fn int(&self, sql: &str) -> i64 {
        self.read(|tx| Ok(tx.one(sql, &[], |row| row.int(0))?))
    }
    pub fn text(&self, sql: &str) -> String {
        self.read(|tx| Ok(tx.one(sql, &[], |row| row.text(0))?))
    }
    pub fn start_sync(&self) -> SyncRow {
        let (contacts, now) = (self.contacts.clone(), self.now());
        self.act(move |tx| contacts.start_sync(tx, "test", now))
    }
    /// Steps until the sync ends, moving the clock over its pauses.
    pub fn finish_sync(&self) -> SyncRow {
        for _ in 0..100_000 {
            match self.contacts.sync_step().unwrap() {
                Ran::Went => {}
                Ran::Waits(at) => self.clock.move_to(at),
                Ran::Nothing => return self.read(|tx| Ok(self.contacts.syncs(tx, 1)?.remove(0))),
            }
        }
        panic!("a sync ends");
    }
    pub fn sync(&self) -> SyncRow {
        self.start_sync();
        let row = self.finish_sync();
        assert_eq!((row.state, row.error.as_deref()), (SyncState::Done, None), "{row:?}");
        row
    }
    /// Works on all callbacks that are here, moving the clock over pauses.
    pub fn work(&self) {
        for _ in 0..10_000 {
            match self.contacts.work_inbox().unwrap() {
                Ran::Went => {}
                Ran::Waits(at) => self.clock.move_to(at),
                Ran::Nothing => return,
            }
        }
        panic!("an inbox gets empty");
    }
    pub fn send(&self) {
        for _ in 0..1_000 {
            match self.contacts.work_outgoing().unwrap() {
                Ran::Went => {}
                Ran::Waits(at) => self.clock.move_to(at),
                Ran::Nothing => return,
            }
        }
        panic!("a queue gets empty");
    }
    /// Names of all events of WeCom in the log, counted.
    pub fn events(&self) -> BTreeMap<String, usize> {
        let mut all = BTreeMap::new();
        let mut seq = 0;
        loop {
            let (found, last) = self.read(|tx| Ok(self.log.after(tx, seq, 64)?));
            if last == seq {
                return all;
            }
            seq = last;
            for own in found.into_iter().filter(|own| own.event.source == "wecom") {
                *all.entry(own.event.name).or_default() += 1;
            }
        }
    }
    pub fn last_event(&self, name: &str) -> serde_json::Value {
        let mut seq = 0;
        let mut newest = None;
        loop {
            let (found, last) = self.read(|tx| Ok(self.log.after(tx, seq, 64)?));
            if last == seq {
                let body: String = newest.expect("there is such an event");
                return serde_json::from_str::<serde_json::Value>(&body).unwrap()["properties"].clone();
            }
            seq = last;
            newest = found.into_iter().rev().find(|own| own.event.name == name).map(|own| own.event.body).or(newest);
        }
    }
}

impl Brand {
    /// A quiet world of this scale: nobody does anything by themselves.
    pub fn quiet(t: TestDb, scale: Scale) -> Self {
        let brand = Self::living(t, scale, 7);
        brand.sandbox.with_world(World::hush);
        brand
    }
    pub fn living(t: TestDb, scale: Scale, seed: u64) -> Self {
        let runtime = Runtime::new().unwrap();
        let clock = WorldClock::following(t.clock.clone());
        let mut options = Options::new("127.0.0.1:0".parse().unwrap(), seed, scale, clock.clone());
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
        let desk = Desk::open(t.db().clone(), &clock);
        let brand = Self { runtime, sandbox, base, clock, desk, t };
        brand.connect();
        brand
    }
    pub fn input(&self) -> ConnectionIn {
        let own = self.sandbox.credentials();
        ConnectionIn {
            corp_id: Some(own.corp_id.clone()),
            agent_id: Some(own.agent_id),
            base: Some(self.base.clone()),
            app_secret: Some(own.secret.clone()),
            callback_token: Some(TOKEN.to_owned()),
            callback_key: Some(AES_KEY.to_owned()),
            ..ConnectionIn::default()
        }
    }
    fn connect(&self) {
        let (contacts, input, now) = (self.contacts.clone(), self.input(), self.now());
        self.act(move |tx| contacts.connect(tx, &input, now));
    }
    /// Another process on the same workspace.
    pub fn second(&self) -> Desk {
        Desk::open(self.t.second(), &self.clock)
    }
    /// An HTTP server that takes callbacks as the platform's does.
    pub fn take_callbacks(&self) {
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
    /// Until all callbacks that are due are delivered.
    pub fn settle(&self) {
        self.runtime.block_on(self.sandbox.settle());
    }
    /// Moves time on and lets everything due happen and arrive.
    pub fn pass(&self, seconds: i64) {
        let _entered = self.runtime.enter();
        self.sandbox.advance_to(self.now().plus_seconds(seconds));
        self.settle();
    }
    pub fn world<T>(&self, work: impl FnOnce(&mut World) -> T) -> T {
        let _entered = self.runtime.enter();
        self.sandbox.with_world(work)
    }
    pub fn faults(&self, list: &str) {
        self.sandbox.set_faults(Faults::parse(list).unwrap());
    }
    /// The mirror equals the world, in everything the app can see.
    pub fn assert_same(&self, what: &str) {
        assert_eq!(self.mirrored(), self.world(|world| exact(world)), "{what}");
    }
    fn mirrored(&self) -> Exact {
        self.read(|tx| {
            let mut state = Exact::default();
            tx.each("SELECT key, name, status FROM wecom_staff WHERE gone_at IS NULL", &[], |row| {
                state.staff.insert(row.text(0)?, (row.text(1)?, row.int(2)?));
                Ok(())
            })?;
            tx.each("SELECT id, name, parent FROM wecom_department WHERE gone_at IS NULL", &[], |row| {
                state.departments.insert(row.int(0)?, (row.text(1)?, row.int(2)?));
                Ok(())
            })?;
            tx.each("SELECT t.id, t.name, g.name FROM wecom_tag t JOIN wecom_tag_group g ON g.id = t.group_id WHERE t.gone_at IS NULL", &[], |row| {
                state.tags.insert(row.text(0)?, (row.text(1)?, row.text(2)?));
                Ok(())
            })?;
            let mut marks: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
            tx.each("SELECT contact, staff, tag FROM wecom_follow_tag", &[], |row| {
                marks.entry((row.text(0)?, row.text(1)?)).or_default().insert(row.text(2)?);
                Ok(())
            })?;
            tx.each("SELECT f.contact, f.staff, f.remark, f.description, f.state, f.add_way, f.created_at, c.name FROM wecom_follow f JOIN wecom_contact c ON c.id = f.contact WHERE f.status = 0", &[], |row| {
                let pair = (row.text(0)?, row.text(1)?);
                let tags = marks.remove(&pair).unwrap_or_default();
                let follow = Follow { name: row.text(7)?, remark: row.text(2)?, description: row.text(3)?, state: row.text(4)?, add_way: row.int(5)?, created: row.int(6)?, tags };
                state.follows.insert(pair, follow);
                Ok(())
            })?;
            assert!(marks.is_empty(), "marks of relations that are lost: {marks:?}");
            tx.each("SELECT id, name, owner FROM wecom_group WHERE dismissed_at IS NULL", &[], |row| {
                state.groups.insert(row.text(0)?, (row.text(1)?, row.text(2)?));
                Ok(())
            })?;
            tx.each("SELECT chat, userid FROM wecom_member WHERE left_at IS NULL", &[], |row| {
                state.members.insert((row.text(0)?, row.text(1)?));
                Ok(())
            })?;
            Ok(state)
        })
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

#[derive(Debug, Default, PartialEq, Eq)]
struct Exact {
    staff: BTreeMap<String, (String, i64)>,
    departments: BTreeMap<i64, (String, i64)>,
    tags: BTreeMap<String, (String, String)>,
    follows: BTreeMap<(String, String), Follow>,
    groups: BTreeMap<String, (String, String)>,
    members: BTreeSet<(String, String)>,
}
#[derive(Debug, PartialEq, Eq)]
struct Follow {
    name: String,
    remark: String,
    description: String,
    state: String,
    add_way: i64,
    created: i64,
    tags: BTreeSet<String>,
}

fn exact(world: &World) -> Exact {
    let mut state = Exact::default();
    for own in world.staff.iter().filter(|own| own.status as i64 != 5) {
        state.staff.insert(own.userid.to_lowercase(), (own.name.clone(), own.status as i64));
    }
    for own in &world.departments {
        state.departments.insert(own.id, (own.name.clone(), if own.id == 1 { 0 } else { own.parent }));
    }
    for own in world.tags.iter().filter(|own| !own.deleted && !world.tag_groups[own.group].deleted) {
        state.tags.insert(world.tag_id(own.id), (own.name.clone(), world.tag_groups[own.group].name.clone()));
    }
    for own in world.relations.iter().filter(|own| own.status == Status::Active) {
        if !world.serves(own.staff) {
            continue;
        }
        let pair = (world.external_userid(own.person), world.staff[own.staff].userid.to_lowercase());
        let follow = Follow {
            name: world.people[own.person].name.clone(),
            remark: own.remark.clone(),
            description: own.description.clone(),
            state: own.state.clone(),
            add_way: i64::from(own.add_way),
            created: own.created.0.div_euclid(1_000_000) * 1_000_000,
            tags: own.tags.iter().map(|tag| world.tag_id(world.tags[*tag].id)).collect(),
        };
        state.follows.insert(pair, follow);
    }
    for (at, own) in world.groups.iter().enumerate().filter(|(_, own)| !own.dismissed) {
        let id = world.id(Id::Group, at);
        state.groups.insert(id.clone(), (own.name.clone(), world.staff[own.owner].userid.to_lowercase()));
        for member in &own.members {
            let userid = match member.who {
                Who::Staff(staff) => world.staff[staff].userid.to_lowercase(),
                Who::Person(person) => world.external_userid(person),
            };
            state.members.insert((id.clone(), userid));
        }
    }
    state
}
