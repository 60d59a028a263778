//! What handlers share.

use crate::error::{Answer, ApiError};
use crate::tally::Tallies;
use siyu_access::Access;
use siyu_audience::{Audience, Live};
use siyu_carriers::Accounts;
use siyu_channels::Channels;
use siyu_contacts::Contacts;
use siyu_db::Db;
use siyu_direct::Direct;
use siyu_guides::Guides;
use siyu_insight::Insight;
use siyu_intake::Intake;
use siyu_journeys::Journeys;
use siyu_kernel::{Chance, Clock, Refusal, Time, Vault};
use siyu_leads::Leads;
use siyu_log::Log;
use siyu_people::People;
use siyu_plays::Plays;
use siyu_projection::Projection;
use siyu_reach::Reach;
use std::any::Any;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Semaphore;

/// The parts a server is made of. Domains add their handle here.
pub struct Parts {
    pub db: Db,
    pub log: Log,
    pub vault: Vault,
    pub clock: Arc<dyn Clock>,
    pub chance: Arc<Chance>,
    pub access: Access,
    pub people: People,
    /// See [`crate::contacts`].
    pub contacts: Contacts,
    /// See [`crate::reach`].
    pub reach: Reach,
    /// See [`crate::direct`].
    pub direct: Direct,
    /// See [`crate::channels`].
    pub channels: Channels,
    pub guides: Guides,
    pub leads: Leads,
    /// See [`crate::journeys`].
    pub plays: Plays,
    pub journeys: Journeys,
    /// Of mail and SMS. See [`crate::carriers`].
    pub carriers: Accounts,
    pub intake: Intake,
    pub projection: Projection,
    /// See [`crate::audience`].
    pub audience: Audience,
    /// Keeps memberships right while somebody steps it; tells how right they are.
    pub live: Arc<Live>,
    pub insight: Insight,
    /// The workspace's folder: uploads lie below it.
    pub folder: PathBuf,
    pub config: Config,
}

#[derive(Clone, Debug)]
pub struct Config {
    /// Believe `X-Forwarded-For`, `-Proto` and `-Host`: only behind a proxy of one's own that sets them.
    pub behind_proxy: bool,
    /// Shown to people; the workspace's program version.
    pub version: &'static str,
}

impl Default for Config {
    fn default() -> Self {
        Self { behind_proxy: false, version: env!("CARGO_PKG_VERSION") }
    }
}

/// Cheap to clone; the state of every handler.
#[derive(Clone)]
pub struct App {
    inner: Arc<Inner>,
}

struct Inner {
    parts: Parts,
    lanes: Semaphore,
    waiting: AtomicUsize,
    tallies: Tallies,
}

/// Operations that run at the same time, each on a thread.
const LANES: usize = 64;
/// Operations that wait for a thread; one more is refused as busy.
const WAITING_MAX: usize = 2000;

impl App {
    pub fn new(parts: Parts) -> Self {
        let (lanes, waiting) = (Semaphore::new(LANES), AtomicUsize::new(0));
        Self { inner: Arc::new(Inner { parts, lanes, waiting, tallies: Tallies::default() }) }
    }
    pub(crate) fn tallies(&self) -> &Tallies {
        &self.inner.tallies
    }
    pub fn now(&self) -> Time {
        self.clock.now()
    }

    /// Runs a blocking operation off the async threads. A panic in it becomes an internal error. The operation goes on when the caller
    /// hangs up, so that what was begun is finished.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&App) -> Result<T, Refusal> + Send + 'static,
    ) -> Answer<T> {
        let value = self.on_a_thread(Box::new(|app| Ok(Box::new(work(app)?)))).await?;
        Ok(*value.downcast().expect("the value that was put in"))
    }

    /// The same without types: a copy of all this for each handler was a quarter of the crate's time in the compiler.
    async fn on_a_thread(&self, work: Work) -> Answer<Value> {
        let waiting = Waiting::enter(&self.inner.waiting)?;
        let lane = self.inner.lanes.acquire().await.map_err(|e| ApiError::from(Refusal::internal(e)))?;
        drop(waiting);
        let (app, span) = (self.clone(), tracing::Span::current());
        let result = tokio::task::spawn_blocking(move || span.in_scope(|| work(&app))).await;
        drop(lane);
        match result {
            Ok(result) => Ok(result?),
            Err(_) => Err(Refusal::internal("an operation panicked").into()),
        }
    }
}

type Value = Box<dyn Any + Send>;
type Work = Box<dyn FnOnce(&App) -> Result<Value, Refusal> + Send>;

impl Deref for App {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.inner.parts
    }
}

struct Waiting<'a>(&'a AtomicUsize);
impl<'a> Waiting<'a> {
    fn enter(count: &'a AtomicUsize) -> Answer<Self> {
        let guard = Self(count);
        if count.fetch_add(1, Ordering::SeqCst) >= WAITING_MAX { Err(Refusal::busy().into()) } else { Ok(guard) }
    }
}
impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}
