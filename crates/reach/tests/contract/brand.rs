//! A brand with its own WeCom and its own workspace, both in one time that moves when somebody waits; and a wire that can be made bad.

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::routing::get;
use bytes::Bytes;
use siyu_contacts::{Around, Arrival, ConnectionIn, Contacts, Ran};
use siyu_db::{Db, Migration, Tx};
use siyu_gate::{End, RunRow};
use siyu_kernel::{Chance, Clock, PersonNum, Refusal, Time, Vault, Zone};
use siyu_log::Log;
use siyu_people::{Merged, People};
use siyu_reach::content::Content;
use siyu_reach::{
    Arrivals, Beside, Ends, Entrance, Entrances, Goal, Judges, Parts, Reach, RuleIn, RuleKind, TestNumbers, When,
};
use siyu_sandbox::world::{Source, World};
use siyu_sandbox::{CallbackSettings, Options, Sandbox, Scale, WorldClock};
use siyu_testkit::TestDb;
use siyu_wecom::{Fault, HttpTransport, Request, Response, Transport, TransportError, Wait};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::runtime::Runtime;

pub const MIGRATIONS: &[Migration] = siyu_testkit::migrations![
    siyu_log::MIGRATIONS,
    siyu_people::MIGRATIONS,
    siyu_contacts::MIGRATIONS,
    siyu_gate::MIGRATIONS,
    siyu_reach::MIGRATIONS
];
pub const TOKEN: &str = "QDG6eK";
pub const AES_KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

/// Waiting moves the world's clock.
struct Moving(Arc<WorldClock>);
impl Wait for Moving {
    fn wait(&self, how_long: Duration) {
        self.0.move_to(Time(self.0.now().0 + how_long.as_micros() as i64));
    }
}

/// What happens to a welcome on its way.
#[derive(Clone, Copy, Debug)]
pub enum Bad {
    /// WeCom is not asked; this code is the answer.
    Code(i64),
    /// WeCom does it, and the answer is lost.
    DoneAndLost,
    /// It never arrives, and nobody knows.
    Lost,
}

/// The way to WeCom: counts welcomes, and does what the test has put in line to the next ones.
#[derive(Clone, Default)]
pub struct Wire {
    line: Arc<Mutex<VecDeque<Bad>>>,
    /// By welcome code: attempts, and those that WeCom took.
    pub welcomes: Arc<Mutex<BTreeMap<String, (usize, usize)>>>,
    /// Customers were read.
    pub reads: Arc<Mutex<usize>>,
    /// Nothing gets through to `externalcontact/get`.
    pub blind: Arc<AtomicBool>,
    /// By the end of a path: so many answers get lost, and WeCom has done it.
    pub lost: Arc<Mutex<BTreeMap<&'static str, usize>>>,
}
impl Wire {
    pub fn lose(&self, path: &'static str, answers: usize) {
        self.lost.lock().unwrap().insert(path, answers);
    }
    /// Whether the answer to this call gets lost.
    fn loses(&self, path: &str) -> bool {
        let mut lost = self.lost.lock().unwrap();
        let left = lost.iter_mut().find(|(end, left)| path.ends_with(**end) && **left > 0);
        left.map(|(_, left)| *left -= 1).is_some()
    }
    pub fn next(&self, all: &[Bad]) {
        self.line.lock().unwrap().extend(all.iter().copied());
    }
    /// Every code that WeCom has taken, and how often.
    pub fn taken(&self) -> Vec<usize> {
        self.welcomes.lock().unwrap().values().map(|(_, taken)| *taken).filter(|taken| *taken > 0).collect()
    }
    pub fn attempts(&self) -> usize {
        self.welcomes.lock().unwrap().values().map(|(attempts, _)| *attempts).sum()
    }
}
struct Wired(HttpTransport, Wire);
impl Transport for Wired {
    fn send(&self, request: &Request) -> Result<Response, TransportError> {
        let timed_out = || TransportError { fault: Fault::TimedOut, detail: "no answer".into() };
        if request.path.ends_with("externalcontact/get") {
            *self.1.reads.lock().unwrap() += 1;
            if self.1.blind.load(Ordering::SeqCst) {
                return Err(timed_out());
            }
        }
        if !request.path.ends_with("send_welcome_msg") {
            let answer = self.0.send(request)?;
            return if self.1.loses(&request.path) { Err(timed_out()) } else { Ok(answer) };
        }
        let (body, _) = request.body.as_ref().unwrap();
        let code =
            serde_json::from_slice::<serde_json::Value>(body).unwrap()["welcome_code"].as_str().unwrap().to_owned();
        self.1.welcomes.lock().unwrap().entry(code.clone()).or_default().0 += 1;
        let bad = self.1.line.lock().unwrap().pop_front();
        let answer = match bad {
            Some(Bad::Code(code)) => {
                let body = format!("{{\"errcode\":{code},\"errmsg\":\"said so\"}}").into_bytes();
                return Ok(Response { status: 200, content_type: "application/json".into(), file_name: None, body });
            }
            Some(Bad::Lost) => return Err(timed_out()),
            Some(Bad::DoneAndLost) | None => self.0.send(request)?,
        };
        if String::from_utf8_lossy(&answer.body).contains("\"errcode\":0") {
            self.1.welcomes.lock().unwrap().entry(code).or_default().1 += 1;
        }
        if matches!(bad, Some(Bad::DoneAndLost)) { Err(timed_out()) } else { Ok(answer) }
    }
}
impl siyu_contacts::Reach for Wire {
    fn to(&self, base: &str) -> Arc<dyn Transport> {
        Arc::new(Wired(HttpTransport::new(base), self.clone()))
    }
}

struct Books(Arrivals);
impl Around for Books {
    fn merged(&self, _: &mut Tx<'_>, _: &[Merged]) -> Result<(), Refusal> {
        Ok(())
    }
    fn store_named(&self, _: &mut Tx<'_>, name: &str) -> Result<Option<String>, Refusal> {
        Ok(Some(format!("S-{name}")))
    }
    fn arrived(&self, tx: &mut Tx<'_>, arrivals: &[Arrival]) -> Result<(), Refusal> {
        self.0.note(tx, arrivals)
    }
}
/// Who has bought, as the test says.
#[derive(Clone, Default)]
pub struct Shop(pub Arc<Mutex<BTreeSet<PersonNum>>>);
impl Beside for Shop {
    fn has_bought(&self, _: &mut Tx<'_>, root: PersonNum) -> Result<bool, Refusal> {
        Ok(self.0.lock().unwrap().contains(&root))
    }
    fn brand(&self, _: &mut Tx<'_>) -> Result<(String, Zone), Refusal> {
        Ok(("示例品牌".into(), Zone::shanghai()))
    }
}
/// Which welcome a code names, as the test says.
#[derive(Clone, Default)]
pub struct Codes(pub Arc<Mutex<BTreeMap<String, String>>>);
impl Entrances for Codes {
    fn entrance(&self, _: &mut Tx<'_>, state: &str) -> Result<Option<Entrance>, Refusal> {
        let welcome = self.0.lock().unwrap().get(state).cloned();
        Ok(welcome.map(|welcome| Entrance { channel: state.to_owned(), welcome: Some(welcome) }))
    }
}

/// The winner, and why.
pub type Says = (Option<i64>, &'static str);
/// Which content does best, as the test says; nothing is known while it says nothing.
#[derive(Clone, Default)]
pub struct Panel {
    pub says: Arc<Mutex<Option<Says>>>,
    pub asked: Arc<Mutex<usize>>,
}
impl Judges for Panel {
    fn judge(&self, _: &mut Tx<'_>, _: &RunRow, _: Goal, until: Time) -> Result<TestNumbers, Refusal> {
        *self.asked.lock().unwrap() += 1;
        let (winner, why) = self.says.lock().unwrap().ok_or_else(|| Refusal::internal("nothing is known"))?;
        let best = winner.unwrap_or(0);
        Ok(TestNumbers { until, best, winner, why: why.to_owned(), contents: Vec::new(), against: Vec::new() })
    }
}

/// How often each end was told, as to a journey that waits for it.
#[derive(Clone, Default)]
pub struct Told(pub Arc<Mutex<BTreeMap<(String, PersonNum), usize>>>);
impl Ends for Told {
    fn ended(&self, _: &mut Tx<'_>, message: &str, ends: &[(PersonNum, End, &str)]) -> Result<(), Refusal> {
        let mut all = self.0.lock().unwrap();
        ends.iter().for_each(|(num, ..)| *all.entry((message.to_owned(), *num)).or_default() += 1);
        Ok(())
    }
}

pub fn vault() -> Vault {
    Vault::from_key([7; 32])
}

/// One process's view.
#[derive(Clone)]
pub struct Desk {
    pub db: Db,
    pub contacts: Contacts,
    pub people: People,
    pub log: Log,
    pub reach: Reach,
    pub clock: Arc<WorldClock>,
    pub wire: Wire,
    pub shop: Shop,
    pub codes: Codes,
    pub panel: Panel,
    pub told: Told,
}

impl Desk {
    pub fn open(db: Db, clock: &Arc<WorldClock>, wire: &Wire) -> Self {
        let log = Log::open(&db, vault(), clock.clone()).unwrap();
        let chance = Arc::new(Chance::seeded(3));
        let people = People::open(&db, vault(), log.clone(), chance.clone()).unwrap();
        let wait = Arc::new(Moving(clock.clone()));
        let mut parts =
            siyu_contacts::Parts::new(db.clone(), vault(), log.clone(), people.clone(), chance.clone(), clock.clone());
        (parts.around, parts.wait) = (Arc::new(Books(Arrivals::new(vault()))), wait.clone());
        parts.reach = Arc::new(wire.clone());
        let contacts = Contacts::new(parts);
        let (shop, codes, panel, told) = (Shop::default(), Codes::default(), Panel::default(), Told::default());
        let mut parts =
            Parts::new(db.clone(), vault(), log.clone(), people.clone(), contacts.clone(), chance, clock.clone());
        (parts.beside, parts.entrances, parts.wait) = (Arc::new(shop.clone()), Arc::new(codes.clone()), wait);
        parts.judges = Arc::new(panel.clone());
        parts.ends = Arc::new(told.clone());
        let reach = Reach::new(parts);
        Self { db, contacts, people, log, reach, clock: clock.clone(), wire: wire.clone(), shop, codes, panel, told }
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
    /// What each task says of its people is what their rows say, and in the list of one that is complete stand just they.
    pub fn books_agree(&self) {
        let wrong = "SELECT COUNT(*) FROM message_task t WHERE t.people <> (SELECT COUNT(*) FROM message_person p WHERE p.task = t.id)
            OR t.sent <> (SELECT COUNT(*) FROM message_person p WHERE p.task = t.id AND p.state = 1)
            OR t.skipped <> (SELECT COUNT(*) FROM message_person p WHERE p.task = t.id AND p.state = 2)
            OR t.failed <> (SELECT COUNT(*) FROM message_person p WHERE p.task = t.id AND p.state = 3)";
        assert_eq!(self.int(wrong), 0);
        let sql = "SELECT p.task, p.num FROM message_person p JOIN message_task t ON t.id = p.task AND t.state <> 7 ORDER BY p.task, p.num";
        let rows: Vec<(i64, u32)> = self.read(|tx| Ok(tx.query(sql, &[], |row| Ok((row.int(0)?, row.num(1)?)))?));
        let sql = "SELECT task, people FROM message_list ORDER BY task";
        let lists = self.read(|tx| Ok(tx.query(sql, &[], |row| Ok((row.int(0)?, row.blob(1)?)))?));
        let listed = lists.iter().flat_map(|(task, people)| {
            let mut nums: Vec<u32> =
                people.chunks_exact(8).map(|one| u32::from_le_bytes(one[..4].try_into().unwrap())).collect();
            nums.sort_unstable();
            nums.into_iter().map(move |num| (*task, num))
        });
        assert_eq!(listed.collect::<Vec<_>>(), rows);
    }
    /// (state, reason) of every arrival, in order.
    pub fn ends(&self) -> Vec<(i64, String)> {
        let sql = "SELECT state, reason FROM welcome ORDER BY id";
        self.read(|tx| Ok(tx.query(sql, &[], |row| Ok((row.int(0)?, row.text(1)?)))?))
    }
    pub fn rule(&self, name: &str, when: When, text: &str) -> String {
        self.add(RuleIn { name: name.into(), active: true, kind: RuleKind::Send, when, content: content(text) })
    }
    pub fn add(&self, input: RuleIn) -> String {
        let (reach, now) = (self.reach.clone(), self.now());
        self.act(move |tx| reach.add_welcome(tx, &input, "test", now)).id
    }
    /// Until nothing is under way.
    pub fn greeted(&self) {
        assert!(self.reach.settle_welcomes(Duration::from_secs(20)), "welcomes come to an end");
    }
    pub fn work(&self) {
        loop {
            match self.contacts.work_inbox().unwrap() {
                Ran::Went => {}
                Ran::Waits(at) => self.clock.move_to(at),
                Ran::Nothing => return,
            }
        }
    }
    pub fn tell(&self) {
        while self.reach.tell_welcomes().unwrap() == Ran::Went {}
    }
    /// Names and properties of events of this beginning.
    pub fn events(&self, beginning: &str) -> Vec<(String, serde_json::Value)> {
        let (mut all, mut seq) = (Vec::new(), 0);
        loop {
            let (found, last) = self.read(|tx| Ok(self.log.after(tx, seq, 64)?));
            if last == seq {
                return all;
            }
            seq = last;
            for own in found.into_iter().filter(|own| own.event.name.starts_with(beginning)) {
                let body: serde_json::Value = serde_json::from_str(&own.event.body).unwrap();
                all.push((own.event.name, body["properties"].clone()));
            }
        }
    }
}

pub fn content(text: &str) -> Content {
    Content { text: text.into(), attachments: Vec::new() }
}

pub struct Brand {
    pub runtime: Runtime,
    pub sandbox: Sandbox,
    pub base: String,
    pub clock: Arc<WorldClock>,
    pub desk: Desk,
    pub t: TestDb,
}

impl std::ops::Deref for Brand {
    type Target = Desk;
    fn deref(&self) -> &Desk {
        &self.desk
    }
}

impl Brand {
    /// A quiet world: nobody does anything by themselves. Staff and departments are mirrored, and callbacks arrive.
    pub fn open(t: TestDb) -> Self {
        let runtime = Runtime::new().unwrap();
        let clock = WorldClock::following(t.clock.clone());
        let mut options = Options::new("127.0.0.1:0".parse().unwrap(), 7, Scale::TINY, clock.clone());
        options.timeout = Duration::from_millis(5);
        let (sandbox, base) = runtime.block_on(async {
            let sandbox = Sandbox::new(options);
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let base = format!("http://{}", listener.local_addr().unwrap());
            let service = sandbox.router().into_make_service_with_connect_info::<std::net::SocketAddr>();
            tokio::spawn(async move { axum::serve(listener, service).await });
            (sandbox, base)
        });
        let desk = Desk::open(t.db().clone(), &clock, &Wire::default());
        let brand = Self { runtime, sandbox, base, clock, desk, t };
        brand.world(World::hush);
        let own = brand.sandbox.credentials();
        let input = ConnectionIn {
            corp_id: Some(own.corp_id.clone()),
            agent_id: Some(own.agent_id),
            base: Some(brand.base.clone()),
            app_secret: Some(own.secret.clone()),
            callback_token: Some(TOKEN.to_owned()),
            callback_key: Some(AES_KEY.to_owned()),
            ..ConnectionIn::default()
        };
        let (contacts, now) = (brand.contacts.clone(), brand.now());
        brand.act(move |tx| contacts.connect(tx, &input, now));
        let contacts = brand.contacts.clone();
        brand.act(move |tx| contacts.start_sync(tx, "test", now));
        loop {
            match brand.contacts.sync_step().unwrap() {
                Ran::Went => {}
                Ran::Waits(at) => brand.clock.move_to(at),
                Ran::Nothing => break,
            }
        }
        brand.take_callbacks(&brand.desk, true);
        brand
    }
    /// Another process on the same workspace.
    pub fn second(&self) -> Desk {
        Desk::open(self.t.second(), &self.clock, &self.wire)
    }
    /// An HTTP server that takes callbacks as the platform's does; `greets`: whether it goes on after having kept them.
    pub fn take_callbacks(&self, desk: &Desk, greets: bool) {
        let state = (desk.contacts.clone(), desk.reach.clone(), greets);
        let url = self.runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let url = format!("http://{}/callback", listener.local_addr().unwrap());
            let router = Router::new().route("/callback", get(verify).post(receive)).with_state(state);
            tokio::spawn(async move { axum::serve(listener, router).await });
            url
        });
        let settings = CallbackSettings { url, token: TOKEN.to_owned(), encoding_aes_key: AES_KEY.to_owned() };
        self.runtime.block_on(self.sandbox.set_callback(settings)).unwrap();
    }
    pub fn world<T>(&self, work: impl FnOnce(&mut World) -> T) -> T {
        let _entered = self.runtime.enter();
        self.sandbox.with_world(work)
    }
    /// People nobody knows add the first member who serves; answers when their callbacks have been taken.
    pub fn add(&self, count: usize) -> Vec<usize> {
        self.come(count, |world, staff, person| {
            world.befriend(staff, person, 1, Source::Personal, true, false).unwrap()
        })
    }
    pub fn come(&self, count: usize, mut come: impl FnMut(&mut World, usize, usize) -> usize) -> Vec<usize> {
        let met = self.world(|world| {
            let staff = (0..world.staff.len()).find(|&s| world.serves(s)).unwrap();
            let people: Vec<usize> = (0..world.people.len())
                .filter(|&p| world.people[p].arrived.is_none() && !world.people[p].business)
                .take(count)
                .collect();
            assert_eq!(people.len(), count, "the world has so many strangers");
            people.into_iter().map(|person| come(world, staff, person)).collect()
        });
        self.runtime.block_on(self.sandbox.settle());
        met
    }
    /// What the member has said in this relation.
    pub fn said(&self, relation: usize) -> Vec<String> {
        self.world(|world| {
            let chat = &world.relations[relation].chat;
            chat.iter().map(|line| serde_json::to_value(line).unwrap().to_string()).collect()
        })
    }
}

type Door = (Contacts, Reach, bool);

async fn verify(State((contacts, ..)): State<Door>, RawQuery(query): RawQuery) -> Result<String, (StatusCode, String)> {
    let query = query.unwrap_or_default();
    let done = tokio::task::spawn_blocking(move || contacts.verify_callback(&query)).await.unwrap();
    done.map_err(|refusal| (StatusCode::BAD_REQUEST, refusal.to_string()))
}
async fn receive(
    State((contacts, reach, greets)): State<Door>,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Result<&'static str, (StatusCode, String)> {
    let told = |refusal: Refusal| (StatusCode::BAD_REQUEST, refusal.to_string());
    let (desk, query) = (contacts.clone(), query.unwrap_or_default());
    let opened = tokio::task::spawn_blocking(move || desk.open_callback(&query, &body)).await.unwrap();
    let delivery = opened.map_err(told)?;
    contacts.keep_callback(&delivery).await.map_err(told)?;
    if let Some(arrival) = delivery.arrival().filter(|_| greets) {
        reach.greet(arrival);
    }
    Ok("success")
}
