//! A shop whose WeCom is simulated: its staff log in as they do in WeCom.

use crate::support::{Answered, Client, TestApp};
use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use siyu_contacts::Ran;
use siyu_kernel::Clock;
use siyu_sandbox::world::{Status, World};
use siyu_sandbox::{Options, Sandbox, Scale, WorldClock};
use siyu_testkit::TestDb;
use tokio::runtime::Runtime;
use tower::ServiceExt;

pub const ADDRESS: &str = "https://siyu.example";

pub struct Shop {
    pub app: TestApp,
    pub sandbox: Sandbox,
    pub base: String,
    runtime: Runtime,
}

/// A member of staff who serves, the customers they have (the first is nobody else's), and a colleague in the same case.
pub struct Pair {
    pub ann: String,
    pub of_ann: Vec<String>,
    pub bob: String,
    pub of_bob: Vec<String>,
}

impl Shop {
    pub fn new(test: TestDb) -> Self {
        let app = TestApp::new(test);
        let runtime = Runtime::new().unwrap();
        let clock = WorldClock::following(app.test.clock.clone());
        let options = Options::new("127.0.0.1:0".parse().unwrap(), 7, Scale::TINY, clock);
        let (sandbox, base) = runtime.block_on(async {
            let sandbox = Sandbox::new(options);
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let base = format!("http://{}", listener.local_addr().unwrap());
            let serving = sandbox.clone();
            tokio::spawn(async move { serving.serve_on(listener, std::future::pending()).await });
            (sandbox, base)
        });
        let shop = Self { app, sandbox, base, runtime };
        shop.world(World::hush);
        shop.sandbox.trust("siyu.example");
        let own = shop.sandbox.credentials();
        let connection =
            json!({ "corp_id": own.corp_id, "agent_id": own.agent_id, "app_secret": own.secret, "base": shop.base });
        shop.app.program().patch("/api/v1/wecom/connection", connection).ok();
        shop.app.program().patch("/api/v1/guide/setup", json!({ "address": ADDRESS, "pages": shop.base })).ok();
        shop.sync();
        shop
    }
    pub fn world<T>(&self, work: impl FnOnce(&mut World) -> T) -> T {
        let _inside = self.runtime.enter();
        self.sandbox.with_world(work)
    }
    pub fn sync(&self) {
        let (contacts, now) = (self.app.app.contacts.clone(), self.app.app.now());
        self.app.app.db.transact(move |tx| contacts.start_sync(tx, "test", now)).unwrap();
        for _ in 0..100_000 {
            match self.app.app.contacts.sync_step().unwrap() {
                Ran::Went => {}
                Ran::Waits(at) => self.app.test.clock.set(at),
                Ran::Nothing => return,
            }
        }
        panic!("a sync ends");
    }
    /// Two members of staff, each with customers the other does not have, neither leading anybody.
    pub fn pair(&self) -> Pair {
        self.world(|world| {
            let alone = |staff: usize| -> Vec<String> {
                let own = world.relations.iter().filter(|one| {
                    one.staff == staff && one.status == Status::Active && world.people[one.person].relations.len() == 1
                });
                own.map(|one| world.external_userid(one.person)).collect()
            };
            let fits = |staff: &usize| world.serves(*staff) && !world.staff[*staff].leads && alone(*staff).len() > 2;
            let mut both = (0..world.staff.len()).filter(fits);
            let (ann, bob) = (both.next().expect("a guide"), both.next().expect("another guide"));
            Pair {
                ann: world.staff[ann].userid.clone(),
                of_ann: alone(ann),
                bob: world.staff[bob].userid.clone(),
                of_bob: alone(bob),
            }
        })
    }

    /// The sandbox's own surface.
    pub fn get(&self, path: &str) -> Value {
        self.ask(Request::get(path).header("host", "127.0.0.1").body(Body::empty()).unwrap()).1
    }
    pub fn post(&self, path: &str, body: &Value) -> Value {
        let request = Request::post(path).header("host", "127.0.0.1").header("content-type", "application/json");
        self.ask(request.body(Body::from(body.to_string())).unwrap()).1
    }
    fn ask(&self, request: Request<Body>) -> (axum::http::HeaderMap, Value) {
        self.runtime.block_on(async {
            let answer = self.sandbox.router().oneshot(request).await.expect("the router never fails");
            let (parts, body) = answer.into_parts();
            let bytes = body.collect().await.unwrap().to_bytes();
            (parts.headers, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
        })
    }

    /// Where WeCom's page sends this member of staff (or this customer) on to.
    pub fn authorize(&self, url: &str, user: &str) -> String {
        let path =
            url.strip_prefix(&self.base).unwrap_or_else(|| panic!("{url} is not WeCom's")).split('#').next().unwrap();
        let request = Request::get(format!("{path}&sandbox_user={user}")).header("host", "127.0.0.1");
        let (headers, _) = self.ask(request.body(Body::empty()).unwrap());
        headers.get("location").map(|at| at.to_str().unwrap().to_owned()).unwrap_or_default()
    }
    /// A login that has begun: where the browser is sent, and the cookie it was given.
    pub fn begin(&self) -> (String, String) {
        let begun = self.app.nobody().get("/guide/enter?to=side");
        assert_eq!(begun.status, 303, "{}", begun.text());
        (begun.header("location"), cookie(&begun, "siyu_guide_login"))
    }
    pub fn come_back(&self, at: &str, cookie: &str) -> Answered {
        let path = at.strip_prefix(ADDRESS).unwrap_or_else(|| panic!("{at} is not ours"));
        self.app.nobody().header("cookie", cookie).get(path)
    }
    pub fn sign_in(&self, userid: &str) -> Client<'_> {
        let (url, browser) = self.begin();
        let back = self.come_back(&self.authorize(&url, userid), &browser);
        assert_eq!((back.status, back.header("location").as_str()), (303, "/guide/side"), "{}", back.text());
        let guide = self.app.nobody().header("cookie", &cookie(&back, "siyu_guide"));
        let session = guide.get("/api/v1/guide/session").ok();
        guide.header("x-csrf-token", session["csrf"].as_str().unwrap())
    }
    /// Names of the events of the person behind a customer, the newest first.
    pub fn events(&self, me: &Client<'_>, customer: &str) -> Vec<(String, Value)> {
        let list = me.get(&format!("/api/v1/guide/customers/{customer}/events?limit=50")).ok();
        let items = list["items"].as_array().unwrap().iter();
        items.map(|own| (own["name"].as_str().unwrap().to_owned(), own["properties"].clone())).collect()
    }
    pub fn now(&self) -> siyu_kernel::Time {
        self.app.test.clock.now()
    }
}

/// `name=value` of a cookie an answer sets.
pub fn cookie(answer: &Answered, name: &str) -> String {
    let all = answer.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap());
    let own = all.filter_map(|text| text.split(';').next()).find(|pair| pair.starts_with(&format!("{name}=")));
    own.unwrap_or_else(|| panic!("no cookie {name}")).to_owned()
}
