//! A server of one's own: own database, fake clock, no socket.

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Method, Request};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use siyu_access::{Access, Actor, KeyKind, Locale, NewUser, Role, Scope};
use siyu_api::{App, Config, Endpoints, Parts, router_with};
use siyu_audience::Live;
use siyu_insight::Insight;
use siyu_intake::Intake;
use siyu_kernel::{Chance, Clock, Currency, Vault, Zone};
use siyu_log::Log;
use siyu_people::People;
use siyu_projection::{Projection, Setup};
use siyu_testkit::TestDb;
use std::net::SocketAddr;
use std::sync::Arc;
use tower::ServiceExt;

pub const PASSWORD: &str = "correct horse battery";

/// Stamps tests onto both engines, with the tables of every domain.
macro_rules! on_both {
    ($($test:ident),+ $(,)?) => { siyu_testkit::contract!(&siyu_api::migrations(); $($test),+); };
}
pub(crate) use on_both;

pub struct TestApp {
    pub test: TestDb,
    pub app: App,
    /// Where webhooks go.
    pub hooks: Arc<siyu_webhook::Fake>,
    /// Where mail and SMS go.
    pub carriers: Arc<crate::direct::Kept>,
    router: Router,
    runtime: tokio::runtime::Runtime,
}

/// What comes back.
pub struct Answered {
    pub status: u16,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
}

/// Somebody who calls: headers that go with every request.
#[derive(Clone)]
pub struct Client<'a> {
    app: &'a TestApp,
    pub headers: Vec<(String, String)>,
    pub id: String,
}

impl TestApp {
    /// Nobody has signed in yet, and the workspace has no owner.
    pub fn fresh(test: TestDb) -> Self {
        Self::made(test, Config::default(), siyu_api::router)
    }
    /// A workspace with an owner (`owner@brand.example`).
    pub fn new(test: TestDb) -> Self {
        let app = Self::fresh(test);
        app.set_up();
        app
    }
    /// With other routes at the root than the tracking API.
    pub fn with(test: TestDb, config: Config, open: Endpoints) -> Self {
        Self::made(test, config, |app| router_with(app, open))
    }
    fn made(test: TestDb, config: Config, routes: impl FnOnce(App) -> Router) -> Self {
        let clock: Arc<dyn Clock> = test.clock.clone();
        let (vault, chance) = (Vault::from_key([7; 32]), Arc::new(Chance::seeded(7)));
        let log = Log::open(test.db(), vault.clone(), clock.clone()).unwrap();
        let access = Access::new(test.db().clone(), chance.clone());
        let people = People::open(test.db(), vault.clone(), log.clone(), chance.clone()).unwrap();
        let intake =
            Intake::open(test.db(), vault.clone(), log.clone(), people.clone(), chance.clone(), Currency::CNY).unwrap();
        let (db, folder) = (test.db().clone(), test.folder().to_owned());
        let projection = Projection::new(Setup {
            db: db.clone(),
            log: log.clone(),
            people: people.clone(),
            clock: clock.clone(),
            chance: chance.clone(),
            folder: folder.join("behaviour"),
            zone: Zone::shanghai(),
            currency: Currency::CNY,
        });
        let audience = siyu_api::audience(&people, &log, &projection);
        let live = Arc::new(Live::new(audience.clone(), db.clone()));
        let insight = Insight::new(people.clone(), audience.clone());
        let leads = siyu_leads::Leads::new(
            db.clone(),
            vault.clone(),
            log.clone(),
            people.clone(),
            chance.clone(),
            clock.clone(),
        );
        let contacts = siyu_api::contacts(
            &db,
            &vault,
            &log,
            &people,
            &intake,
            &leads,
            &chance,
            &clock,
            Arc::new(siyu_wecom::Sleep),
        );
        let wait = Arc::new(siyu_wecom::Sleep);
        let reach = siyu_api::reach(&db, &vault, &log, &people, &contacts, &chance, &clock, wait);
        let kept = Arc::new(crate::direct::Kept::new(&clock));
        let direct = siyu_api::direct(&db, &vault, &log, &people, &reach, &clock, kept.clone());
        let channels = siyu_api::channels(&db, &vault, &log, &people, &contacts, &chance, &clock);
        let guides = siyu_guides::Guides::new(
            db.clone(),
            vault.clone(),
            log.clone(),
            people.clone(),
            contacts.clone(),
            chance.clone(),
            clock.clone(),
            Arc::new(siyu_plays::Echo),
        );
        let hooks = Arc::new(siyu_webhook::Fake::new(clock.clone()));
        let (plays, journeys) = siyu_api::journeys(
            &db,
            &vault,
            &log,
            &people,
            &contacts,
            &audience,
            &reach,
            &direct,
            &guides,
            hooks.clone(),
            &chance,
            &clock,
        );
        let wires = Arc::new(siyu_carriers::Network::default());
        let carriers = siyu_api::carriers(&db, &vault, &log, &people, &guides, wires, &chance, &clock);
        let app = App::new(Parts {
            db,
            log,
            vault,
            clock,
            chance,
            access,
            people,
            contacts,
            reach,
            direct,
            channels,
            guides,
            leads,
            plays,
            journeys,
            carriers,
            intake,
            projection,
            audience,
            live,
            insight,
            folder,
            config,
        });
        let router = routes(app.clone());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { test, app, hooks, carriers: kept, router, runtime }
    }
    pub fn set_up(&self) {
        let owner = new_user("owner@brand.example", Role::Owner);
        self.app.access.create_owner(self.app.now(), owner, |_| Ok(())).unwrap();
    }
    /// Calls without any sign of who it is.
    pub fn nobody(&self) -> Client<'_> {
        Client { app: self, headers: Vec::new(), id: String::new() }
    }
    pub fn owner(&self) -> Client<'_> {
        self.sign_in("owner@brand.example")
    }
    /// A new user with this role, signed in.
    pub fn role(&self, role: Role) -> Client<'_> {
        let email = format!("{role}-{}@brand.example", self.app.chance.next());
        self.app.access.add_user(self.app.now(), &Actor::system("test"), new_user(&email, role)).unwrap();
        self.sign_in(&email)
    }
    pub fn sign_in(&self, email: &str) -> Client<'_> {
        let res = self.nobody().post("/api/v1/session", json!({"email": email, "password": PASSWORD}));
        assert_eq!(res.status, 200, "{}", res.text());
        let cookie = res.header("set-cookie").split(';').next().unwrap().to_owned();
        let body = res.json();
        let text = |v: &Value| v.as_str().unwrap().to_owned();
        Client {
            app: self,
            headers: vec![("cookie".into(), cookie), ("x-csrf-token".into(), text(&body["csrf"]))],
            id: text(&body["user"]["id"]),
        }
    }
    /// A program with a new key.
    pub fn key(&self, kind: KeyKind, role: Option<Role>) -> Client<'_> {
        let (key, secret) =
            self.app.access.add_key(self.app.now(), &Actor::system("test"), "test", kind, role).unwrap();
        Client { app: self, headers: vec![("authorization".into(), format!("Bearer {secret}"))], id: key.id }
    }
    pub fn send(&self, request: Request<Body>) -> Answered {
        self.runtime.block_on(async {
            let response = self.router.clone().oneshot(request).await.expect("the router never fails");
            let (parts, body) = response.into_parts();
            // A stream of events has no end to wait for.
            let endless = parts.headers.get("content-type").is_some_and(|kind| kind == "text/event-stream");
            let bytes = match endless {
                true => Vec::new(),
                false => body.collect().await.map(|b| b.to_bytes().to_vec()).unwrap_or_default(),
            };
            Answered { status: parts.status.as_u16(), headers: parts.headers, bytes }
        })
    }
}

pub fn new_user(email: &str, role: Role) -> NewUser {
    NewUser {
        email: email.into(),
        name: "Ann".into(),
        role,
        scope: Scope::everything(),
        locale: Locale::En,
        password: PASSWORD.into(),
    }
}

impl Client<'_> {
    /// The same caller with one more header; an empty value takes the header away.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        if !value.is_empty() {
            self.headers.push((name.into(), value.into()));
        }
        self
    }
    pub fn get(&self, path: &str) -> Answered {
        self.call(Method::GET, path, None)
    }
    pub fn post(&self, path: &str, body: Value) -> Answered {
        self.call(Method::POST, path, Some(body))
    }
    pub fn patch(&self, path: &str, body: Value) -> Answered {
        self.call(Method::PATCH, path, Some(body))
    }
    pub fn delete(&self, path: &str) -> Answered {
        self.call(Method::DELETE, path, None)
    }
    pub fn call(&self, method: Method, path: &str, body: Option<Value>) -> Answered {
        let bytes = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
        self.raw(method, path, "application/json", bytes)
    }
    pub fn raw(&self, method: Method, path: &str, kind: &str, bytes: Vec<u8>) -> Answered {
        let mut request = Request::builder().method(method).uri(path).header("host", "siyu.example");
        if !kind.is_empty() && !bytes.is_empty() {
            request = request.header("content-type", kind);
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let peer: SocketAddr = "203.0.113.9:4000".parse().unwrap();
        let peer =
            self.headers.iter().find(|(name, _)| name == "test-peer").map_or(peer, |(_, at)| at.parse().unwrap());
        self.app.send(request.extension(ConnectInfo(peer)).body(Body::from(bytes)).unwrap())
    }
}

impl Answered {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or(Value::Null)
    }
    pub fn text(&self) -> String {
        format!("{} {}", self.status, String::from_utf8_lossy(&self.bytes))
    }
    pub fn header(&self, name: &str) -> String {
        self.headers.get(name).map(|v| v.to_str().unwrap().to_owned()).unwrap_or_default()
    }
    /// `400 limit_invalid limit`: status, code and field of a refusal, whose body must be whole; else the status alone.
    pub fn says(&self) -> String {
        if self.status < 400 {
            return self.status.to_string();
        }
        let body = self.json();
        assert!(body["message"].as_str().is_some_and(|m| !m.is_empty()), "no message: {}", self.text());
        assert_eq!(body["request_id"].as_str(), Some(self.header("x-request-id").as_str()));
        let field = body["field"].as_str().map(|field| format!(" {field}")).unwrap_or_default();
        format!("{} {}{field}", self.status, body["code"].as_str().unwrap_or("no code"))
    }
    /// The body of a success.
    #[track_caller]
    pub fn ok(&self) -> Value {
        assert!(self.status < 300, "{}", self.text());
        self.json()
    }
}
