//! The world behind HTTP: the calls of WeCom under `/cgi-bin`, its login pages, and a control surface of ours under `/sandbox`.

mod api;
mod call;
mod callbacks;
mod control;
mod door;
mod host;
mod login;
mod office;
mod pictures;
mod sms;
mod window;

use crate::clock::WorldClock;
use crate::dice::Dice;
use crate::faults::{Fault, Faults};
use crate::happening::{Happening, What};
use crate::ids::{self, Id};
use crate::parameters::{self, Scale};
use crate::texts::Texts;
use crate::world::World;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{any, get};
use callbacks::Mailer;
use office::Office;
use serde::Serialize;
use siyu_kernel::{Clock, Time};
use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

pub use callbacks::{CallbackSettings, NotVerified, Outcome, Sent};
pub use window::AppPages;

/// What the corp's administrator would copy out of the console.
#[derive(Clone, Debug, Serialize)]
pub struct Credentials {
    pub corp_id: String,
    pub agent_id: i64,
    /// Of the self-built app.
    pub secret: String,
    /// Of contacts sync: only `user/list_id` needs it.
    pub contacts_secret: String,
    /// The app's trusted domain: redirects of logins go only there. Empty lets them go anywhere.
    pub trusted_domain: String,
}

impl Credentials {
    /// Those of the world of `seed`.
    pub fn of(seed: u64) -> Self {
        Self {
            corp_id: ids::text(Id::Corp, seed, 0),
            agent_id: 1_000_002,
            secret: ids::text(Id::Secret, seed, 1),
            contacts_secret: ids::text(Id::Secret, seed, 2),
            trusted_domain: String::new(),
        }
    }
}

/// How a sandbox is set up. [`Options::new`] gives the usual one; change what differs.
#[derive(Clone)]
pub struct Options {
    pub listen: SocketAddr,
    pub seed: u64,
    pub scale: Scale,
    /// The world begins at this clock's present. Share it with whoever must live in the same time.
    pub clock: Arc<WorldClock>,
    pub faults: Faults,
    /// What callbacks are stamped and signed with, which a strict receiver compares with its own clock: the world's, unless the receiver
    /// lives in another time than the world.
    pub stamp: Arc<dyn Clock>,
    /// Serve requests for any host. Otherwise only those to a loopback address are answered, so that no web page can reach this world through
    /// a name of its own.
    pub public: bool,
    pub credentials: Credentials,
    /// Where events go. May be set later over `/sandbox/callback`, which verifies the URL first; this one is taken as it is.
    pub callback: Option<CallbackSettings>,
    pub callbacks_at_once: usize,
    /// Addresses that may call; all of them when empty.
    pub trusted_addresses: Vec<String>,
    /// The documented limits of calls. Off only for load tests of something else.
    pub limits: bool,
    /// Real time that a call with the fault [`Fault::Timeout`] takes.
    pub timeout: Duration,
    /// Real time that every call takes.
    pub latency: Duration,
    /// Happenings that are kept for `/sandbox/happenings`, and callbacks for `/sandbox/callbacks`; older ones are forgotten.
    pub happenings_kept: usize,
    pub callbacks_kept: usize,
}

impl Options {
    pub fn new(listen: SocketAddr, seed: u64, scale: Scale, clock: Arc<WorldClock>) -> Self {
        Self {
            listen,
            seed,
            scale,
            stamp: clock.clone(),
            public: false,
            clock,
            faults: Faults::default(),
            credentials: Credentials::of(seed),
            callback: None,
            callbacks_at_once: parameters::CALLBACKS_AT_ONCE,
            trusted_addresses: Vec::new(),
            limits: true,
            timeout: Duration::from_secs(10),
            latency: Duration::ZERO,
            happenings_kept: HAPPENINGS_KEPT,
            callbacks_kept: callbacks::KEPT,
        }
    }
}

/// As [`Options::happenings_kept`], unless said otherwise.
const HAPPENINGS_KEPT: usize = 300_000;

struct State {
    world: World,
    office: Office,
    faults: Faults,
    dice: Dice,
    texts: Texts,
    happenings: VecDeque<Happening>,
    /// Calls by path and errcode.
    answered: HashMap<(String, i64), u64>,
}

/// A running world with its doors. Cheap to clone; all clones are the same world.
#[derive(Clone)]
pub struct Sandbox(Arc<Inner>);

struct Inner {
    options: Options,
    state: Mutex<State>,
    mailer: Mailer,
    endpoints: HashMap<&'static str, api::Endpoint>,
    under_way: Mutex<HashMap<&'static str, usize>>,
}

/// What one step of time brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Advanced {
    pub now: Time,
    pub happenings: usize,
    pub callbacks: usize,
}

impl Sandbox {
    /// Makes the world. Callbacks need a tokio runtime from here on.
    pub fn new(options: Options) -> Self {
        let world = World::new(options.seed, options.scale, options.clock.now());
        let mut office = Office::new(options.credentials.clone(), options.limits, options.trusted_addresses.clone());
        office.has_callback = options.callback.is_some();
        let state = State {
            texts: Texts::new(options.seed, &world.name),
            world,
            office,
            faults: options.faults,
            dice: Dice::of(options.seed, 99, 0),
            happenings: VecDeque::new(),
            answered: HashMap::new(),
        };
        let mailer = Mailer::new(&options);
        let under_way = Mutex::new(HashMap::new());
        Self(Arc::new(Inner { options, state: Mutex::new(state), mailer, endpoints: api::all(), under_way }))
    }

    /// Everything it serves. The addresses of callers come from axum's `ConnectInfo`.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/cgi-bin/{*path}", any(door::cgi))
            .route("/wwpic/{config}/{size}", get(pictures::show))
            .route("/connect/oauth2/authorize", get(login::authorize))
            .route("/wwlogin/sso/login", get(login::authorize))
            .route("/wwopen/sso/qrConnect", get(login::authorize))
            .merge(control::router())
            .merge(window::router())
            .merge(sms::router())
            // A file of 20 MB, and the form around it.
            .layer(DefaultBodyLimit::max(24 << 20))
            .layer(axum::middleware::from_fn_with_state(self.clone(), host::guard))
            .with_state(self.clone())
    }

    /// As they are now: a secret may have been changed.
    pub fn credentials(&self) -> Credentials {
        self.lock().office.credentials.clone()
    }
    pub fn clock(&self) -> Arc<WorldClock> {
        self.0.options.clock.clone()
    }

    /// Lets time pass up to `to` and sends what became due; does not wait for it to arrive.
    pub fn advance_to(&self, to: Time) -> Advanced {
        self.0.options.clock.move_to(to);
        let mut state = self.lock();
        self.catch_up(&mut state)
    }
    /// Until every callback that is due has been delivered or given up.
    pub async fn settle(&self) {
        self.0.mailer.settle().await;
    }
    /// Reads or changes the world under its lock, and sends what that causes. The present is the clock's.
    pub fn with_world<T>(&self, work: impl FnOnce(&mut World) -> T) -> T {
        let mut state = self.lock();
        self.catch_up(&mut state);
        let result = work(&mut state.world);
        let caused = state.world.take_happenings();
        self.emit(&mut state, caused);
        result
    }
    /// Messages of the app to members, oldest first: to whom, and the text of those that are text.
    pub fn posted(&self) -> Vec<(Vec<String>, String)> {
        let state = self.lock();
        let text = |body: &serde_json::Value| body["text"]["content"].as_str().unwrap_or_default().to_owned();
        state.office.posted.iter().map(|own| (own.to.clone(), text(&own.body))).collect()
    }
    /// Happenings from number `from` on, at most `limit`: what the brand's tills and its shop would know. The last [`Options::happenings_kept`] are kept.
    pub fn happenings(&self, from: u64, limit: usize) -> Vec<Happening> {
        let state = self.lock();
        let skip = state.happenings.front().map_or(0, |first| from.saturating_sub(first.number)) as usize;
        state.happenings.iter().skip(skip).take(limit).cloned().collect()
    }
    pub fn set_faults(&self, faults: Faults) {
        self.lock().faults = faults;
    }
    /// Verifies the URL as the console does when it is saved, and sends events there from now on.
    pub async fn set_callback(&self, settings: CallbackSettings) -> Result<(), NotVerified> {
        self.0.mailer.verify(&settings, &self.0.options).await?;
        self.lock().office.has_callback = true;
        self.0.mailer.set(Some(settings));
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(|broken| broken.into_inner())
    }

    /// Brings the world to the clock's present.
    fn catch_up(&self, state: &mut State) -> Advanced {
        let now = self.0.options.clock.now();
        let happenings = state.world.advance_to(now);
        let count = happenings.len();
        let callbacks = self.emit(state, happenings);
        self.0.mailer.release(now);
        self.push_texts(state);
        Advanced { now, happenings: count, callbacks }
    }

    /// Remembers happenings and puts their callbacks on the way.
    fn emit(&self, state: &mut State, happenings: Vec<Happening>) -> usize {
        let now = self.0.options.clock.now();
        let mut callbacks = 0;
        for happening in happenings {
            if let Some(xml) = callbacks::event(&state.world, &self.0.options.credentials, &happening) {
                if let What::Added { welcome: Some(code), .. } | What::HalfAdded { welcome: Some(code), .. } =
                    happening.what
                {
                    state.world.welcome_issued(code, now);
                }
                callbacks += 1;
                self.0.mailer.post(&state.faults, &mut state.dice, now, happening.number, xml);
            }
            if state.happenings.len() >= self.0.options.happenings_kept {
                state.happenings.pop_front();
            }
            state.happenings.push_back(happening);
        }
        callbacks
    }
}

/// Serves a sandbox until `shutdown` is ready. With a running clock the world lives along with it.
pub async fn serve(options: Options, shutdown: impl Future<Output = ()> + Send + 'static) -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::bind(options.listen).await?;
    Sandbox::new(options).serve_on(listener, shutdown).await
}

impl Sandbox {
    /// Serves on a socket that is already bound, for tests and for a demo that wants to know the port.
    pub async fn serve_on(
        &self,
        listener: tokio::net::TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> std::io::Result<()> {
        let living = self.0.options.clock.runs().then(|| {
            let sandbox = self.clone();
            tokio::spawn(async move {
                let mut beat = tokio::time::interval(Duration::from_millis(200));
                loop {
                    beat.tick().await;
                    sandbox.catch_up(&mut sandbox.lock());
                }
            })
        });
        tracing::info!(address = %listener.local_addr()?, corp = %self.0.options.credentials.corp_id, "the sandbox listens");
        let service = self.router().into_make_service_with_connect_info::<SocketAddr>();
        let served = axum::serve(listener, service).with_graceful_shutdown(shutdown).await;
        if let Some(living) = living {
            living.abort();
        }
        served
    }
}

impl State {
    fn strikes(&mut self, fault: Fault) -> bool {
        let rate = self.faults.rate(fault);
        rate > 0.0 && self.dice.chance(rate)
    }
}
