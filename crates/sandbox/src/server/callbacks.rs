//! Callbacks: what happened as XML sealed and signed, delivered with the platform's patience, and with its bad manners by switch.

use super::{Credentials, Options};
use crate::calendar::seconds;
use crate::crypto::{Broken, Envelope};
use crate::dice::{Dice, mix};
use crate::faults::{Fault, Faults};
use crate::happening::*;
use crate::ids::Id;
use crate::parameters;
use crate::world::World;
use axum::body::Bytes;
use axum::http::{Request, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use serde::{Deserialize, Serialize};
use siyu_kernel::{Clock, Time};
use std::collections::VecDeque;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::{Notify, Semaphore, mpsc};

/// Where events go, and the secrets they are sealed with. Plain http only.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CallbackSettings {
    pub url: String,
    pub token: String,
    pub encoding_aes_key: String,
}

/// Why a callback URL was not accepted (40057 in the console).
#[derive(Debug, thiserror::Error)]
pub enum NotVerified {
    #[error("the EncodingAESKey is not 43 letters and digits")]
    Key(#[from] Broken),
    #[error("the URL cannot be used: {0}")]
    Url(String),
    #[error("no answer within a second")]
    Slow,
    #[error("answered {status} with {body:?} instead of 200 and the decrypted echostr")]
    Answer { status: u16, body: String },
}

/// How a callback ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Waiting,
    Delivered,
    /// Three attempts failed.
    Dropped,
    /// By the fault of this name.
    Lost,
    /// No URL was configured.
    NoUrl,
}

/// A callback and what became of it. A duplicate has an entry of its own.
#[derive(Clone, Debug, Serialize)]
pub struct Sent {
    pub number: u64,
    pub happening: u64,
    pub due: Time,
    pub outcome: Outcome,
    pub attempts: u32,
    pub xml: String,
}

/// As [`Options::callbacks_kept`], unless said otherwise.
pub const KEPT: usize = 50_000;
/// Of a receiver's answer no more than this is read.
const ANSWER: usize = 64 << 10;

// ------------------------------------------------------------------------------------------------------------------ as XML

struct Xml(String);

impl Xml {
    fn new(credentials: &Credentials, from: &str, at: Time, event: &str) -> Self {
        let mut xml = Self(String::from("<xml>"));
        xml.text("ToUserName", &credentials.corp_id).text("FromUserName", from).plain("CreateTime", seconds(at));
        if event == "text" {
            xml.text("MsgType", "text");
        } else {
            xml.text("MsgType", "event").text("Event", event);
        }
        xml
    }
    fn text(&mut self, name: &str, value: &str) -> &mut Self {
        let value = value.replace("]]>", "]]]]><![CDATA[>");
        let _ = write!(self.0, "<{name}><![CDATA[{value}]]></{name}>");
        self
    }
    fn plain(&mut self, name: &str, value: impl std::fmt::Display) -> &mut Self {
        let _ = write!(self.0, "<{name}>{value}</{name}>");
        self
    }
    fn end(&mut self) -> Option<String> {
        self.0.push_str("</xml>");
        Some(std::mem::take(&mut self.0))
    }
}

/// The event that the platform sends about something; `None` about what it keeps to itself.
pub fn event(world: &World, credentials: &Credentials, happening: &Happening) -> Option<String> {
    let start = |event: &str| Xml::new(credentials, "sys", happening.at, event);
    let pair = |change: &str, staff: StaffNo, person: PersonNo| {
        let mut xml = start("change_external_contact");
        xml.text("ChangeType", change);
        xml.text("UserID", &world.staff[staff].userid).text("ExternalUserID", &world.external_userid(person));
        xml
    };
    let chat = |change: &str, group: GroupNo| {
        let mut xml = start("change_external_chat");
        xml.text("ChatId", &world.id(Id::Group, group)).text("ChangeType", change);
        xml
    };
    let update = |group: GroupNo, detail: &str| {
        let mut xml = chat("update", group);
        xml.text("UpdateDetail", detail);
        xml
    };
    match &happening.what {
        What::Added { staff, person, state, welcome, .. } | What::HalfAdded { staff, person, state, welcome, .. } => {
            let half = matches!(happening.what, What::HalfAdded { .. });
            let mut xml =
                pair(if half { "add_half_external_contact" } else { "add_external_contact" }, *staff, *person);
            if !state.is_empty() {
                xml.text("State", state);
            }
            if let Some(code) = welcome {
                xml.text("WelcomeCode", &world.id(Id::Welcome, *code));
            }
            xml.end()
        }
        What::Edited { staff, person } => pair("edit_external_contact", *staff, *person).end(),
        What::DeletedByStaff { staff, person, transfer } => {
            let mut xml = pair("del_external_contact", *staff, *person);
            if *transfer {
                xml.text("Source", "DELETE_BY_TRANSFER");
            }
            xml.end()
        }
        What::DeletedByCustomer { staff, person, .. } => pair("del_follow_user", *staff, *person).end(),
        What::TransferFailed { takeover, person, reason } => {
            pair("transfer_fail", *takeover, *person).text("FailReason", reason).end()
        }
        What::GroupCreated { group } => chat("create", *group).end(),
        What::GroupDismissed { group } => chat("dismiss", *group).end(),
        What::GroupOwner { group } => update(*group, "change_owner").end(),
        What::GroupName { group } => update(*group, "change_name").end(),
        What::GroupNotice { group } => update(*group, "change_notice").end(),
        What::GroupJoined { group, members, scene, last_version, version }
        | What::GroupLeft { group, members, scene, last_version, version } => {
            let joined = matches!(happening.what, What::GroupJoined { .. });
            let mut xml = update(*group, if joined { "add_member" } else { "del_member" });
            xml.plain(if joined { "JoinScene" } else { "QuitScene" }, scene).plain("MemChangeCnt", members.len());
            xml.0.push_str("<MemChangeList>");
            for &person in members {
                xml.text("Item", &world.external_userid(person));
            }
            xml.0.push_str("</MemChangeList>");
            xml.text("LastMemVer", last_version).text("CurMemVer", version).end()
        }
        What::TagChanged { id, group, change } => {
            let mut xml = start("change_external_tag");
            xml.text("Id", id);
            if *change != "shuffle" {
                xml.text("TagType", if *group { "tag_group" } else { "tag" });
            }
            xml.text("ChangeType", change).end()
        }
        What::StaffCreated { staff } | What::StaffUpdated { staff } => {
            let created = matches!(happening.what, What::StaffCreated { .. });
            let departments: Vec<String> = world.staff[*staff].departments.iter().map(i64::to_string).collect();
            let mut xml = start("change_contact");
            xml.text("ChangeType", if created { "create_user" } else { "update_user" })
                .text("UserID", &world.staff[*staff].userid);
            xml.text("Department", &departments.join(",")).end()
        }
        What::StaffLeft { staff } => {
            start("change_contact").text("ChangeType", "delete_user").text("UserID", &world.staff[*staff].userid).end()
        }
        What::Acquisition { change, link, state, staff, person, chat } => {
            let mut xml = start("customer_acquisition");
            xml.text("ChangeType", change);
            if let Some(link) = link {
                xml.text("LinkId", &world.id(Id::Link, *link));
            }
            if !state.is_empty() {
                xml.text("State", state);
            }
            if let Some(staff) = staff {
                xml.text("UserID", &world.staff[*staff].userid);
            }
            if let Some(person) = person {
                xml.text("ExternalUserID", &world.external_userid(*person));
            }
            if let Some(chat) = chat {
                xml.text("ChatKey", &world.id(Id::ChatKey, *chat));
            }
            xml.end()
        }
        What::App { staff, event, key, task, response, selected } => {
            let mut xml = Xml::new(credentials, &world.staff[*staff].userid, happening.at, event);
            match *event {
                "text" => {
                    xml.text("Content", key).plain("MsgId", 7_000_000_000_000_000 + happening.number);
                }
                "subscribe" | "unsubscribe" => {}
                _ => {
                    xml.text("EventKey", key);
                }
            }
            if event.starts_with("template_card") {
                xml.text("TaskId", task).text("CardType", "button_interaction");
                if let Some(response) = response {
                    xml.text("ResponseCode", &world.id(Id::ResponseCode, *response));
                }
            }
            if !selected.is_empty() {
                xml.0.push_str("<SelectedItems>");
                for (question, options) in selected {
                    xml.0.push_str("<SelectedItem>");
                    xml.text("QuestionKey", question).0.push_str("<OptionIds>");
                    for option in options {
                        xml.text("OptionId", option);
                    }
                    xml.0.push_str("</OptionIds></SelectedItem>");
                }
                xml.0.push_str("</SelectedItems>");
            }
            xml.plain("AgentID", credentials.agent_id).end()
        }
        _ => None,
    }
}

// ---------------------------------------------------------------------------------------------------------------- delivery

type Http = Client<HttpConnector, Full<Bytes>>;

struct Address {
    url: String,
    envelope: Envelope,
}

/// A callback that is kept back for a while.
enum Until {
    Time(Time),
    /// So many others have gone out, or this time has come.
    Others(u32, Time),
}

struct Letter {
    number: u64,
    xml: String,
}

struct Post {
    corp_id: String,
    agent_id: i64,
    stamp: Arc<dyn Clock>,
    http: Http,
    address: Mutex<Option<Arc<Address>>>,
    held: Mutex<Vec<(Until, Letter)>>,
    log: Mutex<VecDeque<Sent>>,
    kept: usize,
    numbers: AtomicU64,
    under_way: AtomicUsize,
    idle: Notify,
}

/// Sends callbacks in a task of its own.
pub struct Mailer {
    post: Arc<Post>,
    out: mpsc::UnboundedSender<Letter>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|broken| broken.into_inner())
}

impl Mailer {
    pub fn new(options: &Options) -> Self {
        let post = Arc::new(Post {
            corp_id: options.credentials.corp_id.clone(),
            agent_id: options.credentials.agent_id,
            stamp: options.stamp.clone(),
            http: Client::builder(TokioExecutor::new()).pool_max_idle_per_host(options.callbacks_at_once).build_http(),
            address: Mutex::new(None),
            held: Mutex::new(Vec::new()),
            log: Mutex::new(VecDeque::new()),
            kept: options.callbacks_kept,
            numbers: AtomicU64::new(0),
            under_way: AtomicUsize::new(0),
            idle: Notify::new(),
        });
        let (out, mut letters) = mpsc::unbounded_channel::<Letter>();
        let carriers = Arc::new(Semaphore::new(options.callbacks_at_once.max(1)));
        let office = post.clone();
        tokio::spawn(async move {
            while let Some(letter) = letters.recv().await {
                let Ok(carrier) = carriers.clone().acquire_owned().await else { break };
                let office = office.clone();
                tokio::spawn(async move {
                    office.carry(letter).await;
                    drop(carrier);
                });
            }
        });
        let mailer = Self { post, out };
        mailer.set(options.callback.clone());
        mailer
    }

    /// Where callbacks go from now on. Settings whose key is not one are taken as none.
    pub fn set(&self, settings: Option<CallbackSettings>) {
        let address = settings.and_then(|settings| {
            let envelope = Envelope::new(&settings.token, &settings.encoding_aes_key, &self.post.corp_id).ok()?;
            Some(Arc::new(Address { url: settings.url, envelope }))
        });
        *lock(&self.post.address) = address;
    }

    /// Takes a callback and decides by the faults what becomes of it.
    pub fn post(&self, faults: &Faults, dice: &mut Dice, now: Time, happening: u64, xml: String) {
        if lock(&self.post.address).is_none() {
            self.enter(happening, now, Outcome::NoUrl, xml);
            return;
        }
        let patience = now.plus_seconds(10);
        let mut strikes = |fault| faults.rate(fault) > 0.0 && dice.chance(faults.rate(fault));
        let (lost, twice, late, overtaken) =
            (strikes(Fault::Lost), strikes(Fault::Duplicate), strikes(Fault::Late), strikes(Fault::Disorder));
        if lost {
            self.enter(happening, now, Outcome::Lost, xml);
            return;
        }
        let number = self.enter(happening, now, Outcome::Waiting, xml.clone());
        let again = twice.then(|| self.enter(happening, now, Outcome::Waiting, xml.clone()));
        let letter = Letter { number, xml: xml.clone() };
        if late {
            let until = now.plus_seconds(5 + dice.below(116) as i64);
            lock(&self.post.held).push((Until::Time(until), letter));
        } else if overtaken {
            lock(&self.post.held).push((Until::Others(1 + dice.below(5) as u32, patience), letter));
        } else {
            self.send(letter);
            self.count_down();
        }
        if let Some(number) = again {
            let letter = Letter { number, xml };
            if dice.chance(0.5) {
                self.send(letter);
            } else {
                lock(&self.post.held).push((Until::Others(1 + dice.below(5) as u32, patience), letter));
            }
        }
    }

    fn count_down(&self) {
        let mut held = lock(&self.post.held);
        for (until, _) in held.iter_mut() {
            if let Until::Others(left, _) = until {
                *left = left.saturating_sub(1);
            }
        }
        let ready: Vec<_> = held.extract_if(.., |(until, _)| matches!(until, Until::Others(0, _))).collect();
        drop(held);
        for (_, letter) in ready {
            self.send(letter);
        }
    }

    /// Sends what was kept back until now.
    pub fn release(&self, now: Time) {
        let ready: Vec<_> = lock(&self.post.held)
            .extract_if(.., |(until, _)| matches!(until, Until::Time(at) | Until::Others(_, at) if *at <= now))
            .collect();
        for (_, letter) in ready {
            self.send(letter);
        }
    }

    /// Sends everything that is kept back.
    pub fn flush(&self) {
        let all = std::mem::take(&mut *lock(&self.post.held));
        for (_, letter) in all {
            self.send(letter);
        }
    }

    /// Until nothing is under way. What is kept back does not count.
    pub async fn settle(&self) {
        loop {
            let idle = self.post.idle.notified();
            if self.post.under_way.load(Ordering::SeqCst) == 0 {
                return;
            }
            idle.await;
        }
    }

    pub fn log<T>(&self, read: impl FnOnce(&VecDeque<Sent>) -> T) -> T {
        read(&lock(&self.post.log))
    }
    pub fn held(&self) -> usize {
        lock(&self.post.held).len()
    }
    pub fn url(&self) -> Option<String> {
        lock(&self.post.address).as_ref().map(|address| address.url.clone())
    }

    fn send(&self, letter: Letter) {
        self.post.under_way.fetch_add(1, Ordering::SeqCst);
        if self.out.send(letter).is_err() {
            self.post.arrived();
        }
    }

    fn enter(&self, happening: u64, due: Time, outcome: Outcome, xml: String) -> u64 {
        let number = self.post.numbers.fetch_add(1, Ordering::SeqCst);
        let mut log = lock(&self.post.log);
        if log.len() >= self.post.kept {
            log.pop_front();
        }
        log.push_back(Sent { number, happening, due, outcome, attempts: 0, xml });
        number
    }

    /// What the console does before it saves a URL: asks it to decrypt something .
    pub async fn verify(&self, settings: &CallbackSettings, options: &Options) -> Result<(), NotVerified> {
        let envelope = Envelope::new(&settings.token, &settings.encoding_aes_key, &options.credentials.corp_id)?;
        let salt = mix(seconds(options.clock.now()) as u64 ^ options.seed);
        let word = salt.to_string();
        let echo = envelope.encrypt(random(salt), &word);
        let (timestamp, nonce) = (seconds(options.stamp.now()).to_string(), (salt % 10_000_000_000).to_string());
        let signature = envelope.signature(&timestamp, &nonce, &echo);
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("msg_signature", &signature)
            .append_pair("timestamp", &timestamp)
            .append_pair("nonce", &nonce)
            .append_pair("echostr", &echo)
            .finish();
        let request = Request::get(with_query(&settings.url, &query)).body(Full::default());
        let request = request.map_err(|wrong| NotVerified::Url(wrong.to_string()))?;
        let answer = async {
            let answer = self.post.http.request(request).await.map_err(|wrong| NotVerified::Url(wrong.to_string()))?;
            let status = answer.status().as_u16();
            let body = Limited::new(answer.into_body(), ANSWER)
                .collect()
                .await
                .map_err(|wrong| NotVerified::Url(wrong.to_string()))?;
            Ok::<_, NotVerified>((status, String::from_utf8_lossy(&body.to_bytes()).into_owned()))
        };
        let (status, body) =
            tokio::time::timeout(Duration::from_secs(1), answer).await.map_err(|_| NotVerified::Slow)??;
        if status == 200 && body == word { Ok(()) } else { Err(NotVerified::Answer { status, body }) }
    }
}

fn with_query(url: &str, query: &str) -> String {
    format!("{url}{}{query}", if url.contains('?') { '&' } else { '?' })
}
fn random(salt: u64) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&mix(salt).to_be_bytes());
    bytes[8..].copy_from_slice(&mix(salt ^ 0xABCD).to_be_bytes());
    // Letters, as the official libraries use.
    bytes.map(|byte| b'a' + byte % 26)
}

impl Post {
    fn arrived(&self) {
        if self.under_way.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.idle.notify_waiters();
        }
    }

    async fn carry(&self, letter: Letter) {
        let address = lock(&self.address).clone();
        let mut outcome = Outcome::NoUrl;
        let mut attempts = 0;
        if let Some(address) = address {
            outcome = Outcome::Dropped;
            while attempts < parameters::CALLBACK_ATTEMPTS {
                attempts += 1;
                if self.attempt(&address, &letter, attempts).await {
                    outcome = Outcome::Delivered;
                    break;
                }
                tokio::time::sleep(Duration::from_millis(parameters::CALLBACK_PAUSE_MS * u64::from(attempts))).await;
            }
        }
        let mut log = lock(&self.log);
        let first = log.front().map_or(0, |sent| sent.number);
        if let Some(sent) = letter.number.checked_sub(first).and_then(|at| log.get_mut(at as usize)) {
            sent.outcome = outcome;
            sent.attempts = attempts;
        }
        drop(log);
        self.arrived();
    }

    /// One POST. Only 200 within five seconds counts.
    async fn attempt(&self, address: &Address, letter: &Letter, attempt: u32) -> bool {
        let salt = mix(letter.number ^ u64::from(attempt) << 48);
        let encrypt = address.envelope.encrypt(random(salt), &letter.xml);
        let (timestamp, nonce) = (seconds(self.stamp.now()).to_string(), (salt % 10_000_000_000).to_string());
        let signature = address.envelope.signature(&timestamp, &nonce, &encrypt);
        let body = format!(
            "<xml><ToUserName><![CDATA[{}]]></ToUserName><AgentID><![CDATA[{}]]></AgentID><Encrypt><![CDATA[{encrypt}]]></Encrypt></xml>",
            self.corp_id, self.agent_id
        );
        let url = with_query(&address.url, &format!("msg_signature={signature}&timestamp={timestamp}&nonce={nonce}"));
        let Ok(request) = Request::post(url).header("content-type", "text/xml").body(Full::from(body)) else {
            return false;
        };
        let answer = async {
            let answer = self.http.request(request).await.ok()?;
            let status = answer.status();
            // The body is read so that the connection can be used again.
            let _ = Limited::new(answer.into_body(), ANSWER).collect().await;
            Some(status == StatusCode::OK)
        };
        let patience = Duration::from_secs(parameters::CALLBACK_SECONDS);
        tokio::time::timeout(patience, answer).await.ok().flatten().unwrap_or(false)
    }
}
