//! The one path every call takes: wait for its turn, take the token, send, understand the answer, repeat where that is safe.

use crate::assumptions::{busy_ms, is_gone, is_undone, repeat_on_busy};
use crate::call::{Call, Repeat};
use crate::callback::hex;
use crate::codes::{self, Act};
use crate::error::{Error, Kind, Result, Retry};
use crate::json;
use crate::limit::{Ask, Limiter, Permit, When};
use crate::token::{Fetch, Fresh, TokenStore, Tokens};
use crate::transport::{Fault, Request, Response, Transport, TransportError};
use crate::wait::{Sleep, Wait};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest, Sha256};
use siyu_kernel::{Chance, Clock, Time};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

/// The credentials of one app of one corp.
#[derive(Clone)]
pub struct App {
    pub corp_id: String,
    pub secret: String,
    /// Needed for messages to staff, cards and agent tickets.
    pub agent_id: i64,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "App({}, {})", self.corp_id, self.agent_id)
    }
}

/// What all clients of a process share.
#[derive(Clone)]
pub struct Wiring {
    pub transport: Arc<dyn Transport>,
    pub tokens: Arc<Tokens>,
    pub limiter: Arc<Limiter>,
    pub clock: Arc<dyn Clock>,
    pub wait: Arc<dyn Wait>,
    pub chance: Arc<Chance>,
}

impl Wiring {
    /// For a program: real waiting and real chance. `store`: where processes share tokens, or [`crate::MemoryTokens`] for a single one.
    pub fn new(transport: Arc<dyn Transport>, store: Arc<dyn TokenStore>, clock: Arc<dyn Clock>) -> Self {
        let wait: Arc<dyn Wait> = Arc::new(Sleep);
        Self {
            tokens: Arc::new(Tokens::new(store, clock.clone(), wait.clone())),
            limiter: Arc::new(Limiter::new(clock.clone())),
            chance: Arc::new(Chance::from_entropy()),
            transport,
            clock,
            wait,
        }
    }
}

/// Calls WeCom as one app. Cheap to clone; blocks the thread it is called on.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
    budget: Duration,
    probing: bool,
    urgent: bool,
}

struct Shared {
    app: App,
    wiring: Wiring,
    token_key: String,
    stop: Mutex<Option<Stop>>,
}

/// A refusal that holds for every call of the app, and until when nobody asks again.
struct Stop {
    until: Time,
    error: Error,
}

const BUDGET: Duration = Duration::from_secs(30);
const TIMEOUT: Duration = Duration::from_secs(15);
const UPLOAD_TIMEOUT: Duration = Duration::from_secs(120);
/// A changed setting applies after about a minute; half of that is often enough to ask.
const STOP_SECONDS: i64 = 30;
const TRIES_MAX: u32 = 4;

const TOKEN: Call = Call::get("gettoken");

/// Everything that goes into a call but its spec.
#[derive(Default)]
pub(crate) struct Input {
    pub query: Vec<(String, String)>,
    /// The body and its content type.
    pub body: Option<(Vec<u8>, String)>,
    /// Whom limits and turns count for.
    pub subjects: Vec<String>,
    pub timeout: Option<Duration>,
}

/// An answer, and whether an attempt before it may have been carried out without our hearing of it.
pub(crate) struct Sent<T> {
    pub answer: T,
    pub maybe_before: bool,
}

/// What came back without being an error.
pub(crate) enum Answer {
    Json(Value),
    File(Response),
}

/// How one attempt ended.
enum Outcome {
    Done(Answer),
    Failed(Error, Failure),
}

enum Failure {
    Token,
    /// Repeat after this pause.
    Again(u64),
    Window,
    Final,
}

impl Client {
    pub fn new(app: App, wiring: Wiring) -> Self {
        let secret = hex(&Sha256::digest(app.secret.as_bytes())[..8]);
        let token_key = format!("wecom/{}/{secret}", app.corp_id);
        Self {
            shared: Arc::new(Shared { app, wiring, token_key, stop: Mutex::default() }),
            budget: BUDGET,
            probing: false,
            urgent: false,
        }
    }
    /// The same client, whose calls end after this time at the latest, waiting and repeating included (30 s otherwise).
    #[must_use]
    pub fn within(&self, budget: Duration) -> Self {
        Self { budget, ..self.clone() }
    }
    /// The same client, asking WeCom even when a setting was found wrong a moment ago: for a page that checks settings.
    #[must_use]
    pub fn probing(&self) -> Self {
        Self { probing: true, ..self.clone() }
    }
    /// The same client for what cannot wait: it may use the part of the limits that other calls leave.
    #[must_use]
    pub fn urgent(&self) -> Self {
        Self { urgent: true, ..self.clone() }
    }
    pub fn app(&self) -> &App {
        &self.shared.app
    }
    /// The same client, whose calls end at this instant.
    pub(crate) fn until(&self, deadline: Time) -> Self {
        let left = deadline.0.saturating_sub(self.clock().now().0).max(0) as u64;
        self.within(self.budget.min(Duration::from_micros(left)))
    }
    /// How long after its beginning a call's last attempt may still arrive.
    pub(crate) fn longest(&self) -> Duration {
        self.budget + TIMEOUT
    }
    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.shared.wiring.clock
    }
    pub(crate) fn chance(&self) -> &Chance {
        &self.shared.wiring.chance
    }

    /// Whether a token can be had now: the credentials and the way to WeCom are right. One that is kept tells nothing of the secret any more.
    pub fn check_credentials(&self) -> Result<()> {
        let kept = self.shared.wiring.tokens.kept(&self.shared.token_key)?;
        self.token(kept.as_deref(), self.deadline()).map(drop)
    }

    pub(crate) fn post<Out: DeserializeOwned>(&self, call: &Call, body: &(impl Serialize + ?Sized)) -> Result<Out> {
        self.post_for(call, body, Vec::new())
    }
    pub(crate) fn post_for<Out: DeserializeOwned>(
        &self,
        call: &Call,
        body: &(impl Serialize + ?Sized),
        subjects: Vec<String>,
    ) -> Result<Out> {
        self.post_told(call, body, subjects).map(|sent| sent.answer)
    }
    /// For calls whose second answer reads otherwise than the first would have.
    pub(crate) fn post_told<Out: DeserializeOwned>(
        &self,
        call: &Call,
        body: &(impl Serialize + ?Sized),
        subjects: Vec<String>,
    ) -> Result<Sent<Out>> {
        let body = json::encode(body).map_err(|error| Error::invalid(call.path, error))?;
        let body = Some((body, "application/json; charset=utf-8".to_owned()));
        let Sent { answer, maybe_before } = self.send_told(call, Input { body, subjects, ..Input::default() })?;
        Ok(Sent { answer: read(call, in_json(call, answer)?)?, maybe_before })
    }
    /// Deletes something. That it is not there any more is success when an attempt whose answer was lost may have deleted it.
    pub(crate) fn delete(&self, call: &Call, body: &(impl Serialize + ?Sized)) -> Result<()> {
        match self.post::<serde::de::IgnoredAny>(call, body) {
            Err(error) if error.maybe_before && error.code().is_some_and(|code| is_gone(call.path, code)) => Ok(()),
            answer => answer.map(drop),
        }
    }
    pub(crate) fn get<Out: DeserializeOwned>(&self, call: &Call, query: &[(&str, &str)]) -> Result<Out> {
        let query = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        read(call, self.send_json(call, Input { query, ..Input::default() })?)
    }
    pub(crate) fn upload<Out: DeserializeOwned>(
        &self,
        call: &Call,
        query: &[(&str, &str)],
        body: (Vec<u8>, String),
    ) -> Result<Out> {
        let query = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let input = Input { query, body: Some(body), timeout: Some(UPLOAD_TIMEOUT), ..Input::default() };
        read(call, self.send_json(call, input)?)
    }
    fn send_json(&self, call: &Call, input: Input) -> Result<Value> {
        in_json(call, self.send(call, input)?)
    }

    /// A ticket for JS-SDK signatures, kept like a token.
    pub(crate) fn ticket(&self, name: &str, stale: Option<&str>, fetch: &Fetch<'_>) -> Result<String> {
        let key = format!("{}/{name}", self.shared.token_key);
        self.shared.wiring.tokens.get(&key, stale, self.deadline(), fetch)
    }

    /// Makes a call. The answer's `errcode` is 0 or absent.
    pub(crate) fn send(&self, call: &Call, input: Input) -> Result<Answer> {
        self.send_told(call, input).map(|sent| sent.answer)
    }
    fn send_told(&self, call: &Call, input: Input) -> Result<Sent<Answer>> {
        let mut maybe_before = false;
        let answer = self.send_on(call, &input, &mut maybe_before);
        match answer {
            Ok(answer) => Ok(Sent { answer, maybe_before }),
            Err(error) => Err(Error { maybe_before, ..error }),
        }
    }
    /// `maybe_before` becomes true when an attempt is repeated that may have been carried out.
    fn send_on(&self, call: &Call, input: &Input, maybe_before: &mut bool) -> Result<Answer> {
        self.refuse_if_stopped(call)?;
        let deadline = self.deadline();
        let mut stale: Option<String> = None;
        let mut tries = 0;
        loop {
            tries += 1;
            let token = self.token(stale.as_deref(), deadline).map_err(|error| self.stop_if_needed(error))?;
            let permit = self.turn(call, &input.subjects, deadline)?;
            let outcome = self.attempt(call, input, Some(&token), deadline);
            drop(permit);
            let (error, failure) = match outcome {
                Outcome::Done(answer) => {
                    // Who asked although it was stopped has found that the setting is right now.
                    if self.probing {
                        *self.stop() = None;
                    }
                    return Ok(answer);
                }
                Outcome::Failed(error, failure) => (error, failure),
            };
            let pause_ms = match failure {
                Failure::Token if stale.is_none() => {
                    self.shared.wiring.tokens.spoil(&self.shared.token_key, &token)?;
                    stale = Some(token);
                    continue;
                }
                Failure::Token if stale.as_deref() == Some(&token) => {
                    self.shared.wiring.tokens.insists(&self.shared.token_key, &token);
                    return Err(self.stop_if_needed(error));
                }
                Failure::Again(pause_ms) if tries < TRIES_MAX => self.jittered(pause_ms, tries),
                Failure::Window => {
                    let until = self.shared.wiring.limiter.refused(&self.ask(call, &input.subjects));
                    return Err(Error { retry: Retry::At(until), ..error });
                }
                _ => return Err(self.stop_if_needed(error)),
            };
            if self.clock().now().0 + pause_ms as i64 * 1000 >= deadline.0 {
                return Err(error);
            }
            *maybe_before |= may_be_done(error.kind);
            self.shared.wiring.wait.wait(Duration::from_millis(pause_ms));
        }
    }

    /// One request and what its answer means. `token` is `None` only when the token itself is asked for.
    fn attempt(&self, call: &Call, input: &Input, token: Option<&str>, deadline: Time) -> Outcome {
        let left = Duration::from_micros(deadline.0.saturating_sub(self.clock().now().0).max(0) as u64);
        let mut query = input.query.clone();
        query.extend(token.map(|token| ("access_token".to_owned(), token.to_owned())));
        let request = Request {
            method: call.method,
            path: format!("/cgi-bin/{}", call.path),
            query,
            body: input.body.clone(),
            timeout: input.timeout.unwrap_or(TIMEOUT).min(left).max(Duration::from_millis(1)),
        };
        let outcome = match self.shared.wiring.transport.send(&request) {
            Ok(response) => judge(call, response),
            Err(error) => lost(call, error),
        };
        match outcome {
            // Whatever has echoed them, and in whatever form.
            Outcome::Failed(mut error, failure) => {
                let secrets = [Some(self.shared.app.secret.as_str()), token];
                for secret in secrets.into_iter().flatten().filter(|secret| !secret.is_empty()) {
                    error.detail = error.detail.replace(secret, "…");
                }
                Outcome::Failed(error, failure)
            }
            done => done,
        }
    }

    fn token(&self, stale: Option<&str>, deadline: Time) -> Result<String> {
        let fetch = |deadline: Time| -> Result<Fresh> {
            let app = &self.shared.app;
            let query = vec![("corpid".to_owned(), app.corp_id.clone()), ("corpsecret".to_owned(), app.secret.clone())];
            let input = Input { query, ..Input::default() };
            let mut tries = 0;
            loop {
                tries += 1;
                let permit = self.turn(&TOKEN, &[], deadline)?;
                let outcome = self.attempt(&TOKEN, &input, None, deadline);
                drop(permit);
                let error = match outcome {
                    Outcome::Done(Answer::Json(value)) => return fresh(&TOKEN, &value, "access_token"),
                    Outcome::Done(Answer::File(_)) => {
                        return Err(Error::new(TOKEN.path, Kind::Shape, Retry::AfterMs(5000), "no JSON"));
                    }
                    Outcome::Failed(error, Failure::Again(_)) if tries < 3 => error,
                    Outcome::Failed(error, Failure::Window) => {
                        let until = self.shared.wiring.limiter.refused(&self.ask(&TOKEN, &[]));
                        return Err(Error { retry: Retry::At(until), ..error });
                    }
                    Outcome::Failed(error, _) => return Err(error),
                };
                let pause_ms = self.jittered(200, tries);
                if self.clock().now().0 + pause_ms as i64 * 1000 >= deadline.0 {
                    return Err(error);
                }
                self.shared.wiring.wait.wait(Duration::from_millis(pause_ms));
            }
        };
        self.shared.wiring.tokens.get(&self.shared.token_key, stale, deadline, &fetch)
    }

    /// Waits until the limits let the call go, or says when they will.
    fn turn(&self, call: &Call, subjects: &[String], deadline: Time) -> Result<Permit> {
        loop {
            let (pause_us, retry) = match self.shared.wiring.limiter.ask(&self.ask(call, subjects)) {
                When::Now(permit) => return Ok(permit),
                When::At(at) => (at.0.saturating_sub(self.clock().now().0).max(1000), Retry::At(at)),
                When::Crowded => (5_000, Retry::AfterMs(1000)),
            };
            if self.clock().now().0.saturating_add(pause_us) > deadline.0 {
                return Err(Error::new(call.path, Kind::Limited, retry, "its turn comes after the time there is"));
            }
            self.shared.wiring.wait.wait(Duration::from_micros(pause_us as u64));
        }
    }

    fn ask<'a>(&'a self, call: &Call, subjects: &'a [String]) -> Ask<'a> {
        let shared = &self.shared;
        Ask { corp: &shared.app.corp_id, app: &shared.token_key, path: call.path, subjects, urgent: self.urgent }
    }
    fn deadline(&self) -> Time {
        Time(self.clock().now().0.saturating_add(i64::try_from(self.budget.as_micros()).unwrap_or(i64::MAX)))
    }
    /// Doubles with every try; a third to either side, so that many callers do not come back together.
    fn jittered(&self, pause_ms: u64, tries: u32) -> u64 {
        let doubled = pause_ms << (tries - 1).min(6);
        doubled - doubled / 3 + self.chance().below(2 * doubled / 3 + 1)
    }
    fn refuse_if_stopped(&self, call: &Call) -> Result<()> {
        let now = self.clock().now();
        let stop = self.stop();
        match &*stop {
            Some(stop) if stop.until > now && !self.probing => Err(Error { call: call.path, ..stop.error.clone() }),
            _ => Ok(()),
        }
    }
    fn stop_if_needed(&self, error: Error) -> Error {
        if error.entry().is_some_and(|entry| entry.act == Act::Stopped) {
            let until = self.clock().now().plus_seconds(STOP_SECONDS);
            *self.stop() = Some(Stop { until, error: error.clone() });
        }
        error
    }
    fn stop(&self) -> MutexGuard<'_, Option<Stop>> {
        self.shared.stop.lock().unwrap_or_else(|broken| broken.into_inner())
    }
}

fn in_json(call: &Call, answer: Answer) -> Result<Value> {
    match answer {
        Answer::Json(value) => Ok(value),
        Answer::File(response) => {
            Err(Error::new(call.path, Kind::Http(response.status), Retry::Never, "an answer without JSON"))
        }
    }
}

/// Whether an attempt that ended so may have been carried out.
fn may_be_done(kind: Kind) -> bool {
    match kind {
        Kind::TimedOut | Kind::Broken => true,
        Kind::Http(status) => !is_undone(status),
        Kind::Refused(code) => codes::of(code).act == Act::Unclear,
        _ => false,
    }
}

fn read<Out: DeserializeOwned>(call: &Call, value: Value) -> Result<Out> {
    json::decode(value).map_err(|error| Error::new(call.path, Kind::Shape, Retry::Never, error))
}

/// A token or ticket out of its answer.
pub(crate) fn fresh(call: &Call, value: &Value, name: &str) -> Result<Fresh> {
    let token = value.get(name).and_then(Value::as_str).unwrap_or_default();
    let seconds = value.get("expires_in").and_then(Value::as_i64).unwrap_or(7200);
    if token.is_empty() || token.len() > 4096 {
        return Err(Error::new(call.path, Kind::Shape, Retry::AfterMs(5000), format!("no {name}")));
    }
    Ok(Fresh { value: token.to_owned(), seconds: seconds.clamp(1, 86_400) })
}

fn judge(call: &Call, response: Response) -> Outcome {
    let json = serde_json::from_slice::<Value>(&response.body).ok();
    if call.is_file && is_file(&response, json.as_ref()) {
        return Outcome::Done(Answer::File(response));
    }
    let Some(value) = json.filter(Value::is_object) else { return not_json(call, &response) };
    let code = match value.get("errcode") {
        None | Some(Value::Null) => 0,
        Some(Value::String(text)) => text.parse().unwrap_or(i64::MIN),
        Some(number) => number.as_i64().unwrap_or(i64::MIN),
    };
    // Success without `errcode` exists, an outage page in JSON too.
    if code == 0 && response.status < 400 {
        return Outcome::Done(Answer::Json(value));
    }
    if code == 0 {
        return not_json(call, &response);
    }
    let said = value.get("errmsg").and_then(Value::as_str).unwrap_or_default();
    let entry = codes::of(code);
    let fail = |retry, failure| Outcome::Failed(Error::new(call.path, Kind::Refused(code), retry, said), failure);
    match entry.act {
        Act::Token => fail(Retry::AfterMs(1000), Failure::Token),
        Act::Busy => fail(Retry::AfterMs(busy_ms(code)), Failure::Again(busy_ms(code))),
        Act::Unclear if repeat_on_busy(call.repeat) => {
            fail(Retry::AfterMs(busy_ms(code)), Failure::Again(busy_ms(code)))
        }
        Act::Unclear => fail(Retry::LookFirst, Failure::Final),
        Act::Window => fail(Retry::AfterMs(60_000), Failure::Window),
        Act::Stopped | Act::Configure => fail(Retry::WhenFixed, Failure::Final),
        Act::Input | Act::Done => fail(Retry::Never, Failure::Final),
        Act::Media | Act::Ticket | Act::Login => fail(Retry::WithFresh, Failure::Final),
    }
}

/// Whether an answer to a call for a file is the file. Its type may be text or JSON, as that of a refusal: a refusal is an object with an
/// `errcode` and no file name. A page of a proxy has no name either, and a cut-off refusal cannot be read.
fn is_file(response: &Response, json: Option<&Value>) -> bool {
    if response.status != 200 {
        return false;
    }
    if response.file_name.is_some() {
        return true;
    }
    let kind = response.content_type.to_ascii_lowercase();
    match json {
        Some(value) => value.get("errcode").is_none() && !kind.is_empty(),
        None => !(kind.is_empty() || kind.contains("json") || kind.starts_with("text/html")),
    }
}

fn not_json(call: &Call, response: &Response) -> Outcome {
    let detail = format!("HTTP {} {:?} {:?}", response.status, response.content_type, beginning(&response.body));
    let kind = Kind::Http(response.status);
    let again = match response.status {
        429 => true,
        status if is_undone(status) => false,
        status => (status >= 500 || status == 200) && call.repeat == Repeat::Safe,
    };
    match (again, response.status) {
        (true, _) => Outcome::Failed(Error::new(call.path, kind, Retry::AfterMs(2000), detail), Failure::Again(500)),
        (false, 300..=499) => Outcome::Failed(Error::new(call.path, kind, Retry::Never, detail), Failure::Final),
        (false, _) => Outcome::Failed(Error::new(call.path, kind, Retry::LookFirst, detail), Failure::Final),
    }
}

/// The first letters of a body, unless it speaks of what must not be in a log: a broken token answer, a proxy's page with our address.
fn beginning(body: &[u8]) -> String {
    let text: String = String::from_utf8_lossy(body).chars().take(80).collect();
    let small = text.to_ascii_lowercase();
    let telling = ["token", "secret", "ticket"].iter().any(|word| small.contains(word));
    if telling { format!("({} bytes)", body.len()) } else { text }
}

fn lost(call: &Call, error: TransportError) -> Outcome {
    let kind = match error.fault {
        Fault::Unreachable => Kind::Unreachable,
        Fault::TimedOut => Kind::TimedOut,
        Fault::Broken => Kind::Broken,
        Fault::TooLarge => Kind::Shape,
    };
    let fail = |retry, failure| Outcome::Failed(Error::new(call.path, kind, retry, &error.detail), failure);
    match (error.fault, call.repeat) {
        (Fault::TooLarge, _) => fail(Retry::Never, Failure::Final),
        (Fault::Unreachable, _) | (_, Repeat::Safe) => fail(Retry::AfterMs(5000), Failure::Again(300)),
        (_, Repeat::Never) => fail(Retry::LookFirst, Failure::Final),
    }
}
