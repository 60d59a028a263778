//! A WeCom that answers as a test says, on a clock that moves when somebody waits.

use serde_json::{Value, json};
use siyu_kernel::{Chance, Clock, FakeClock};
use siyu_wecom::*;
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub type Answer = Result<Response, TransportError>;
type Script = Box<dyn FnMut(&Request) -> Answer + Send>;

pub struct World {
    pub clock: Arc<FakeClock>,
    pub client: Client,
    pub wecom: Arc<Scripted>,
    pub waited: Arc<Waits>,
}

/// Answers by the script; a token request is answered by itself when the script gives status 0.
pub struct Scripted {
    pub script: Mutex<Script>,
    pub requests: Mutex<Vec<Request>>,
}

impl Transport for Scripted {
    fn send(&self, request: &Request) -> Answer {
        self.requests.lock().unwrap().push(request.clone());
        self.script.lock().unwrap()(request)
    }
}

impl Scripted {
    /// How often a call was made.
    pub fn count(&self, path: &str) -> usize {
        self.requests.lock().unwrap().iter().filter(|request| request.path == format!("/cgi-bin/{path}")).count()
    }
    pub fn last(&self) -> Request {
        self.requests.lock().unwrap().last().unwrap().clone()
    }
}

/// Moves the clock instead of sleeping.
pub struct Waits {
    pub clock: Arc<FakeClock>,
    pub all: Mutex<Vec<Duration>>,
}

impl Wait for Waits {
    fn wait(&self, how_long: Duration) {
        self.all.lock().unwrap().push(how_long);
        let now = self.clock.now();
        self.clock.set(siyu_kernel::Time(now.0 + how_long.as_micros() as i64));
    }
}

pub fn app() -> App {
    App { corp_id: "ww7c1f0a93be52d846".into(), secret: "SECRET_MADE_UP".into(), agent_id: 1_000_002 }
}

pub fn world(script: impl FnMut(&Request) -> Answer + Send + 'static) -> World {
    let clock = Arc::new(FakeClock::at("2026-03-03T02:00:00Z"));
    let wecom = Arc::new(Scripted { script: Mutex::new(Box::new(script)), requests: Mutex::default() });
    let waited = Arc::new(Waits { clock: clock.clone(), all: Mutex::default() });
    let wiring = wiring(wecom.clone(), Arc::new(MemoryTokens::default()), clock.clone(), waited.clone());
    World { client: Client::new(app(), wiring), clock, wecom, waited }
}

pub fn wiring(
    transport: Arc<dyn Transport>,
    store: Arc<dyn TokenStore>,
    clock: Arc<FakeClock>,
    wait: Arc<Waits>,
) -> Wiring {
    Wiring {
        transport,
        tokens: Arc::new(Tokens::new(store, clock.clone(), wait.clone())),
        limiter: Arc::new(Limiter::new(clock.clone())),
        clock,
        wait,
        chance: Arc::new(Chance::seeded(7)),
    }
}

pub fn ok(body: Value) -> Answer {
    answer(200, "application/json; charset=UTF-8", &serde_json::to_vec(&body).unwrap())
}
pub fn code(code: i64) -> Answer {
    ok(
        json!({"errcode": code, "errmsg": format!("made up, more info at https://open.work.weixin.qq.com/devtool/query?e={code}")}),
    )
}
pub fn answer(status: u16, content_type: &str, body: &[u8]) -> Answer {
    Ok(Response { status, content_type: content_type.into(), file_name: None, body: body.into() })
}
pub fn fault(fault: Fault) -> Answer {
    Err(TransportError { fault, detail: "made up".into() })
}
pub fn is_token(request: &Request) -> bool {
    request.path == "/cgi-bin/gettoken"
}
pub fn token(value: &str) -> Answer {
    ok(json!({"errcode": 0, "errmsg": "ok", "access_token": value, "expires_in": 7200}))
}
/// Answers token requests and leaves the rest to the script.
pub fn with_token(mut rest: impl FnMut(&Request) -> Answer + Send + 'static) -> World {
    world(move |request| if is_token(request) { token("T1") } else { rest(request) })
}
