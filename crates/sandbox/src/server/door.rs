//! The door of `/cgi-bin`: faults, address, token and limits before every call, the envelope around its answer.

use super::api::{self, Endpoint};
use super::call::{Answer, Call, Code};
use super::office::Login;
use super::{Sandbox, State};
use crate::calendar::seconds;
use crate::faults::Fault;
use crate::parameters;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, FromRequest, Multipart, Path, Query, Request, State as Shared};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use serde_json::{Map, Value, json};
use siyu_kernel::{Clock, Time};
use std::collections::HashMap;
use std::net::SocketAddr;

/// The largest JSON body. A mass message to 10 000 customers has 400 KB.
const BODY: usize = 8 << 20;

/// What an answer is: JSON in the envelope, or the bytes of a file.
enum Reply {
    Json(Value),
    File(String, String, Vec<u8>),
}

pub async fn cgi(
    Shared(sandbox): Shared<Sandbox>,
    Path(path): Path<String>,
    Query(query): Query<HashMap<String, String>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let address = peer.ip().to_string();
    let origin = super::pictures::origin(request.headers());
    let (method, headers) = (request.method().clone(), request.headers().clone());
    let special = matches!(path.as_str(), "gettoken" | "media/get");
    let upload = matches!(path.as_str(), "media/upload" | "media/uploadimg" | "media/upload_attachment");
    let endpoint = sandbox.0.endpoints.get(path.as_str()).copied();
    if endpoint.is_none() && !special && !upload {
        return StatusCode::NOT_FOUND.into_response();
    }
    // The file, or the JSON body; a body that is not JSON counts as empty.
    let mut file = None;
    let mut body = Bytes::new();
    if upload {
        file = Some(read_file(request, path == "media/uploadimg").await);
    } else {
        match axum::body::to_bytes(request.into_body(), BODY).await {
            Ok(bytes) => body = bytes,
            Err(_) => return StatusCode::PAYLOAD_TOO_LARGE.into_response(),
        }
    }
    let Some(_turn) = Turn::take(&sandbox, endpoint.map_or("media", |endpoint| endpoint.path)) else {
        return axum::Json(envelope(Err(Code::of(45033)), endpoint, false, &address)).into_response();
    };
    if !sandbox.0.options.latency.is_zero() {
        tokio::time::sleep(sandbox.0.options.latency).await;
    }

    let (struck, done) = {
        let mut state = sandbox.lock();
        let timeout = state.strikes(Fault::Timeout);
        // Half of the calls that nobody hears the answer of have been carried out.
        let lost = timeout && state.dice.chance(0.5);
        let proxy = state.strikes(Fault::Proxy);
        if lost || proxy {
            (Some(timeout), None)
        } else {
            let asked = Asked {
                path: &path,
                endpoint,
                method,
                query: &query,
                address: &address,
                origin: &origin,
                body: &body,
                file,
            };
            let reply = asked.answer(&sandbox, &mut state);
            let code = if let Reply::Json(value) = &reply { value["errcode"].as_i64().unwrap_or(0) } else { 0 };
            *state.answered.entry((path.clone(), code)).or_default() += 1;
            let caused = state.world.take_happenings();
            sandbox.emit(&mut state, caused);
            (timeout.then_some(true), Some(reply))
        }
    };
    match (struck, done) {
        (Some(true), _) => {
            tokio::time::sleep(sandbox.0.options.timeout).await;
            (StatusCode::GATEWAY_TIMEOUT, Html("<html><body>504 Gateway Time-out</body></html>")).into_response()
        }
        (Some(false), _) | (None, None) => {
            (StatusCode::BAD_GATEWAY, Html("<html><body>502 Bad Gateway</body></html>")).into_response()
        }
        (None, Some(Reply::Json(value))) => axum::Json(value).into_response(),
        (None, Some(Reply::File(kind, name, bytes))) => part(&kind, &name, bytes, &headers),
    }
}

/// A place among the calls of one cgi that are under way.
struct Turn(Sandbox, &'static str);

impl Turn {
    fn take(sandbox: &Sandbox, path: &'static str) -> Option<Self> {
        let mut under_way = sandbox.0.under_way.lock().unwrap_or_else(|broken| broken.into_inner());
        let count = under_way.entry(path).or_default();
        if *count >= parameters::CALLS_AT_ONCE && sandbox.0.options.limits {
            return None;
        }
        *count += 1;
        Some(Self(sandbox.clone(), path))
    }
}
impl Drop for Turn {
    fn drop(&mut self) {
        let mut under_way = self.0.0.under_way.lock().unwrap_or_else(|broken| broken.into_inner());
        if let Some(count) = under_way.get_mut(self.1) {
            *count -= 1;
        }
    }
}

struct Asked<'a> {
    path: &'a str,
    endpoint: Option<Endpoint>,
    method: Method,
    query: &'a HashMap<String, String>,
    address: &'a str,
    origin: &'a str,
    body: &'a Bytes,
    file: Option<Option<(String, Vec<u8>)>>,
}

impl Asked<'_> {
    fn answer(self, sandbox: &Sandbox, state: &mut State) -> Reply {
        let now = sandbox.0.options.clock.now();
        // The world is never behind the clock when it is asked.
        sandbox.catch_up(state);
        let parsed: Option<Map<String, Value>> = serde_json::from_slice(self.body).ok();
        let garbled = parsed.is_none() && !self.body.is_empty();
        let address = self.address;
        let endpoint = self.endpoint;
        let refused = |code: Code| Reply::Json(envelope(Err(code), endpoint, garbled, address));
        if let Err(code) = self.admit(state) {
            return refused(code);
        }
        if self.path == "gettoken" {
            return Reply::Json(envelope(token(state, self.query, address, now), None, false, address));
        }
        let app = match self.token(state, now) {
            Ok(app) => app,
            Err(code) => return refused(code),
        };
        if !state.office.may_call(self.path, address, seconds(now)) {
            return refused(Code::of(45009));
        }
        if endpoint.is_some_and(|endpoint| !endpoint.get) && self.method == Method::GET {
            return refused(Code::of(40003));
        }
        let body = parsed.unwrap_or_default();
        let State { world, office, .. } = state;
        let mut call = Call { world, office, query: self.query, body: &body, now, app, origin: self.origin };
        match (endpoint, self.file) {
            (Some(endpoint), _) => Reply::Json(envelope((endpoint.run)(&mut call), Some(endpoint), garbled, address)),
            (None, Some(Some((name, bytes)))) => {
                Reply::Json(envelope(api::upload(&mut call, self.path, &name, bytes), None, false, address))
            }
            (None, Some(None)) => refused(Code::of(44001)),
            (None, None) => match api::download(&call) {
                Ok((kind, name, bytes)) => Reply::File(kind, name, bytes),
                Err(code) => refused(code),
            },
        }
    }

    /// Faults by switch, and the list of trusted addresses.
    fn admit(&self, state: &mut State) -> Result<(), Code> {
        let writes_pair = matches!(
            self.path,
            "externalcontact/mark_tag" | "externalcontact/remark" | "externalcontact/transfer_customer"
        );
        let refuses = [
            (Fault::Busy, -1, true),
            (Fault::Limit, 45009, true),
            (Fault::Concurrency, 45033, self.path != "gettoken"),
            (Fault::Conflict, 45035, writes_pair),
            (Fault::Address, 60020, self.path != "gettoken"),
        ];
        for (fault, code, here) in refuses {
            if here && state.strikes(fault) {
                return Err(Code::of(code));
            }
        }
        let trusted = &state.office.trusted;
        let known = trusted.is_empty() || trusted.iter().any(|address| address == self.address);
        if self.path != "gettoken" && !known {
            return Err(Code::of(60020));
        }
        Ok(())
    }

    /// Which secret the token is of.
    fn token(&self, state: &mut State, now: Time) -> Result<bool, Code> {
        let text = self.query.get("access_token").filter(|text| !text.is_empty()).ok_or_else(|| Code::of(41001))?;
        if state.strikes(Fault::Expired) {
            state.office.tokens.remove(text);
            return Err(Code::of(if state.dice.chance(0.5) { 42001 } else { 40014 }));
        }
        match state.office.tokens.get(text) {
            None => Err(Code::of(40014)),
            Some(token) if token.until <= now => Err(Code::of(42001)),
            Some(token) => Ok(token.app),
        }
    }
}

fn token(state: &mut State, query: &HashMap<String, String>, address: &str, now: Time) -> Answer {
    if !state.office.may_call("gettoken", address, seconds(now)) {
        return Err(Code::of(45009));
    }
    let tries = state.office.wrong_secrets.entry(address.to_owned()).or_insert((0, now));
    if now > tries.1.plus_seconds(3600) {
        *tries = (0, now);
    }
    if tries.0 >= parameters::WRONG_SECRETS {
        return Err(Code(45009, "api freq out of limit: too many invalid secrets from this ip".into()));
    }
    let given = |name: &str| query.get(name).map_or("", String::as_str);
    let credentials = state.office.credentials.clone();
    if given("corpid") != credentials.corp_id {
        return Err(Code::of(40013));
    }
    let app = match given("corpsecret") {
        "" => return Err(Code::of(41004)),
        secret if secret == credentials.secret => true,
        secret if secret == credentials.contacts_secret => false,
        _ => {
            tries.0 += 1;
            tries.1 = now;
            return Err(Code::of(40001));
        }
    };
    let (token, expires) = state.office.token(&state.world, app, now);
    Ok(json!({ "access_token": token, "expires_in": expires }))
}

/// errcode and errmsg around an answer; a refusal shows the endpoint's lists empty.
fn envelope(answer: Answer, endpoint: Option<Endpoint>, garbled: bool, address: &str) -> Value {
    match answer {
        Ok(mut value) => {
            value["errcode"] = 0.into();
            let words = if garbled { "ok. Warning: wrong json format. " } else { "ok" };
            value["errmsg"] = words.into();
            value
        }
        Err(Code(code, words)) => {
            let mut value = json!({});
            for list in endpoint.map_or(&[][..], |endpoint| endpoint.lists) {
                value[*list] = json!([]);
            }
            let warning = if garbled { " Warning: wrong json format." } else { "" };
            value["errcode"] = code.into();
            value["errmsg"] = format!(
                "{words},{warning} hint: [sandbox], from ip: {address}, more info at https://open.work.weixin.qq.com/devtool/query?e={code}"
            )
            .into();
            value
        }
    }
}

/// The field `media`; of uploadimg the first field whatever its name.
async fn read_file(request: Request, any_name: bool) -> Option<(String, Vec<u8>)> {
    let mut form = Multipart::from_request(request, &()).await.ok()?;
    while let Ok(Some(field)) = form.next_field().await {
        if any_name || field.name() == Some("media") {
            let name = field.file_name().unwrap_or_default().to_owned();
            return field.bytes().await.ok().map(|bytes| (name, bytes.to_vec()));
        }
    }
    None
}

/// A file, or the part of it that `Range: bytes=a-b` asks for.
fn part(kind: &str, name: &str, bytes: Vec<u8>, headers: &HeaderMap) -> Response {
    let total = bytes.len();
    let range =
        headers.get(header::RANGE).and_then(|value| value.to_str().ok()).and_then(|text| text.strip_prefix("bytes="));
    let range = range.and_then(|text| text.split_once('-')).and_then(|(from, to)| {
        let from: usize = from.parse().ok()?;
        let to: usize = if to.is_empty() { total - 1 } else { to.parse().ok()? };
        (from <= to && from < total).then_some((from, to.min(total - 1)))
    });
    let name = format!(
        "attachment; filename=\"{}\"",
        name.replace(|c: char| c.is_control() || c == '"' || !c.is_ascii(), "_")
    );
    let common = [(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, name)];
    match range {
        Some((from, to)) => {
            let span = [(header::CONTENT_RANGE, format!("bytes {from}-{to}/{total}"))];
            (StatusCode::PARTIAL_CONTENT, common, span, bytes[from..=to].to_vec()).into_response()
        }
        None => (common, bytes).into_response(),
    }
}

/// A login code for a member or a customer, good for five minutes.
pub fn login_code(state: &mut State, now: Time, member: Option<usize>, person: Option<usize>, private: bool) -> String {
    let code = state.office.new_id(&state.world, crate::ids::Id::LoginCode);
    state.office.logins.insert(code.clone(), Login { member, person, private, until: now.plus_seconds(300) });
    code
}
