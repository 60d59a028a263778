//! A simulated WeCom inside this process, on a port of its own. Whoever wants something of it asks over HTTP; only its time, and what tills and the
//! shop would know, are reached directly.

use siyu_kernel::{Clock, Refusal, Time, clocks};
use siyu_sandbox::world::World;
use siyu_sandbox::{AppPages, CallbackSettings, Credentials, Happening, Options, Sandbox, Scale, WorldClock};
use siyu_wecom::{App, Client, HttpTransport, MemoryTokens, Wait, Wiring};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tokio::runtime::Runtime;

/// Far more than happens between two looks, so that a world beside a server takes little memory.
const HAPPENINGS_KEPT: usize = 50_000;
const CALLBACKS_KEPT: usize = 1_000;
/// How often the callback URL is offered to a server that is about to answer.
const OFFERS: u32 = 20;

/// Stands at the world's first instant until it is let go; from then on time passes as on the wall.
struct Pace {
    start: Time,
    let_go: AtomicI64,
    wall: Arc<dyn Clock>,
}

impl Clock for Pace {
    fn now(&self) -> Time {
        match self.let_go.load(Ordering::SeqCst) {
            i64::MIN => self.start,
            since => Time(self.start.0 + (self.wall.now().0 - since).max(0)),
        }
    }
}

/// Whoever has to pause in a world whose time stands moves that time.
struct Passing(Arc<WorldClock>);

impl Wait for Passing {
    fn wait(&self, how_long: Duration) {
        let micros = i64::try_from(how_long.as_micros()).unwrap_or(i64::MAX);
        self.0.move_to(Time(self.0.now().0.saturating_add(micros)));
    }
}

pub struct Living {
    pub base: String,
    pub credentials: Credentials,
    pub runtime: Runtime,
    sandbox: Sandbox,
    clock: Arc<WorldClock>,
    pace: Arc<Pace>,
}

impl Living {
    /// The world of a seed at its first instant.
    pub fn begin(seed: u64, scale: Scale, start: Time) -> Result<Self, Refusal> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .map_err(Refusal::internal)?;
        let pace = Arc::new(Pace { start, let_go: AtomicI64::new(i64::MIN), wall: clocks::system() });
        let clock = WorldClock::following(pace.clone());
        let own = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listener = runtime.block_on(siyu_api::bind(&own.to_string()))?;
        let local = listener.local_addr().map_err(Refusal::internal)?;
        let options = Options {
            happenings_kept: HAPPENINGS_KEPT,
            callbacks_kept: CALLBACKS_KEPT,
            ..Options::new(local, seed, scale, clock.clone())
        };
        let credentials = options.credentials.clone();
        let sandbox = {
            let _inside = runtime.enter();
            Sandbox::new(options)
        };
        let serving = sandbox.clone();
        runtime.spawn(async move { serving.serve_on(listener, std::future::pending()).await });
        // What the brand says is not said again to a world that is made again.
        sandbox.with_world(|world| world.plain_welcomes = true);
        Ok(Self { base: format!("http://{local}"), credentials, runtime, sandbox, clock, pace })
    }

    /// Somebody who speaks to this WeCom beside the platform.
    pub fn client(&self) -> Client {
        let transport = Arc::new(HttpTransport::new(&self.base));
        let mut wiring = Wiring::new(transport, Arc::new(MemoryTokens::default()), self.clock.clone());
        wiring.wait = self.wait();
        let Credentials { corp_id, agent_id, secret, .. } = self.credentials.clone();
        Client::new(App { corp_id, agent_id, secret }, wiring)
    }

    pub fn clock(&self) -> Arc<dyn Clock> {
        self.clock.clone()
    }
    pub fn wait(&self) -> Arc<dyn Wait> {
        Arc::new(Passing(self.clock.clone()))
    }
    /// Lives on to an instant; answers when what WeCom tells of it was delivered.
    pub fn advance(&self, to: Time) {
        self.sandbox.advance_to(to);
        self.runtime.block_on(self.sandbox.settle());
    }
    /// From now on time passes as on the wall.
    pub fn let_go(&self) {
        let now = self.pace.wall.now();
        self.clock.move_to(now);
        self.pace.let_go.store(now.0, Ordering::SeqCst);
    }
    /// Has WeCom send its events to this address. The one that answers there may be just about to.
    pub fn deliver_to(
        &self,
        address: &str,
        token: &str,
        key: &str,
    ) -> impl Future<Output = Result<(), Refusal>> + use<> {
        let settings = CallbackSettings {
            url: format!("http://{address}/wecom/callback"),
            token: token.to_owned(),
            encoding_aes_key: key.to_owned(),
        };
        let sandbox = self.sandbox.clone();
        async move {
            let mut offers = 1;
            while let Err(error) = sandbox.set_callback(settings.clone()).await {
                if offers == OFFERS {
                    return Err(Refusal::internal(error));
                }
                offers += 1;
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            Ok(())
        }
    }
    /// The page where one sits at the phone of a member of staff.
    pub fn window(&self) -> String {
        format!("{}/chat", self.base)
    }
    /// What an administrator enters for the app: its pages at this address.
    pub fn enter_pages(&self, address: &str) {
        let page = |to: &str| format!("http://{address}/guide/enter?to={to}");
        self.sandbox.trust(address);
        self.sandbox.set_pages(AppPages { sidebar: page("side"), home: page("work") });
    }
    pub fn world<T>(&self, look: impl FnOnce(&World) -> T) -> T {
        self.sandbox.with_world(|world| look(world))
    }
    /// What happened from this number on.
    pub fn happenings(&self, from: u64) -> Vec<Happening> {
        self.sandbox.happenings(from, usize::MAX)
    }
}
