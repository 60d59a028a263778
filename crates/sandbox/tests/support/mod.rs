//! A sandbox on a real socket, a brand that calls it, and a receiver of callbacks.
#![allow(dead_code, reason = "each test file uses a part of it")]

use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use siyu_kernel::{Clock, Time};
use siyu_sandbox::crypto::{Envelope, element};
use siyu_sandbox::{CallbackSettings, Credentials, Options, Sandbox, Scale, WorldClock};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub const AES_KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
pub const TOKEN: &str = "QDG6eK";

pub struct Brand {
    pub sandbox: Sandbox,
    pub clock: Arc<WorldClock>,
    pub base: String,
    pub token: String,
    http: Client<HttpConnector, Full<Bytes>>,
}

pub fn start() -> Time {
    Time::parse("2026-03-02T02:00:00Z").unwrap()
}

/// A quiet world: nobody does anything by themselves.
pub async fn quiet() -> Brand {
    let brand = brand(Scale::TINY, |_| {}).await;
    brand.sandbox.with_world(|world| world.hush());
    brand
}

pub async fn brand(scale: Scale, change: impl FnOnce(&mut Options)) -> Brand {
    let clock = WorldClock::standing(start());
    let mut options = Options::new("127.0.0.1:0".parse().unwrap(), 7, scale, clock.clone());
    options.timeout = Duration::from_millis(20);
    change(&mut options);
    let sandbox = Sandbox::new(options);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let served = sandbox.clone();
    tokio::spawn(async move { served.serve_on(listener, std::future::pending()).await });
    let http = Client::builder(TokioExecutor::new()).build_http();
    let mut brand = Brand { sandbox, clock, base, token: String::new(), http };
    brand.log_in().await;
    brand
}

pub fn code(value: &Value) -> i64 {
    value["errcode"].as_i64().unwrap_or_else(|| panic!("no errcode in {value}"))
}
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}")).to_owned()
}
pub fn list(value: &Value) -> Vec<Value> {
    value.as_array().unwrap_or_else(|| panic!("not a list: {value}")).clone()
}

impl Brand {
    pub fn credentials(&self) -> Credentials {
        self.sandbox.credentials()
    }
    pub async fn log_in(&mut self) {
        let c = self.credentials();
        let answer =
            self.bare("GET", &format!("/cgi-bin/gettoken?corpid={}&corpsecret={}", c.corp_id, c.secret), None).await.1;
        if let Some(token) = answer["access_token"].as_str() {
            self.token = token.to_owned();
        }
    }
    /// Any request; the body is JSON or what stands for it.
    pub async fn raw(&self, method: &str, path: &str, body: Vec<u8>, kind: &str) -> (StatusCode, String, Vec<u8>) {
        let request = axum::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header("content-type", kind)
            .body(Full::from(body))
            .unwrap();
        let answer = self.http.request(request).await.unwrap();
        let status = answer.status();
        let kind = answer.headers().get("content-type").map_or("", |kind| kind.to_str().unwrap()).to_owned();
        (status, kind, answer.into_body().collect().await.unwrap().to_bytes().to_vec())
    }
    pub async fn bare(&self, method: &str, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        let body = body.map_or_else(Vec::new, |body| body.to_string().into_bytes());
        let (status, _, bytes) = self.raw(method, path, body, "application/json").await;
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }
    fn path(&self, path: &str) -> String {
        let joint = if path.contains('?') { '&' } else { '?' };
        format!("/cgi-bin/{path}{joint}access_token={}", self.token)
    }
    pub async fn get(&self, path: &str) -> Value {
        self.bare("GET", &self.path(path), None).await.1
    }
    pub async fn post(&self, path: &str, body: Value) -> Value {
        self.bare("POST", &self.path(path), Some(body)).await.1
    }
    /// Under `/cgi-bin/externalcontact/`.
    pub async fn ext(&self, path: &str, body: Value) -> Value {
        self.post(&format!("externalcontact/{path}"), body).await
    }
    /// A call that must succeed.
    pub async fn good(&self, path: &str, body: Value) -> Value {
        let answer = self.ext(path, body.clone()).await;
        assert_eq!(code(&answer), 0, "{path} {body}: {answer}");
        answer
    }
    /// A call that must be refused with this code.
    pub async fn bad(&self, path: &str, body: Value, expected: i64) -> Value {
        let answer = self.ext(path, body.clone()).await;
        assert_eq!(code(&answer), expected, "{path} {body}: {answer}");
        answer
    }
    pub async fn control(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.bare("POST", &format!("/sandbox/{path}"), Some(body.clone())).await;
        assert_eq!(status, StatusCode::OK, "{path} {body}: {answer}");
        answer
    }
    pub async fn act(&self, body: Value) -> Value {
        self.control("act", body).await
    }
    pub async fn seen(&self, path: &str) -> Value {
        self.bare("GET", &format!("/sandbox{path}"), None).await.1
    }
    pub async fn advance(&self, seconds: i64) {
        self.control("advance", json!({ "seconds": seconds, "wait": true })).await;
    }
    /// Lets time pass and takes a new token, as the old one has expired meanwhile.
    pub async fn later(&mut self, seconds: i64) {
        self.advance(seconds).await;
        self.log_in().await;
    }
    pub fn now(&self) -> i64 {
        self.clock.now().0 / 1_000_000
    }
    /// All pages of a list.
    pub async fn pages(&self, path: &str, mut body: Value, field: &str) -> Vec<Value> {
        let mut all = Vec::new();
        loop {
            let page = self.good(path, body.clone()).await;
            all.extend(list(&page[field]));
            match page["next_cursor"].as_str() {
                None | Some("") => return all,
                Some(next) => body["cursor"] = next.into(),
            }
        }
    }
    pub async fn upload(&self, path: &str, field: &str, bytes: &[u8]) -> Value {
        let mut body = format!("--xx\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"a.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n").into_bytes();
        body.extend(bytes);
        body.extend(b"\r\n--xx--\r\n");
        let (_, _, answer) = self.raw("POST", &self.path(path), body, "multipart/form-data; boundary=xx").await;
        serde_json::from_slice(&answer).unwrap()
    }
    /// A member with customers, and one of the customers.
    pub async fn pair(&self) -> (String, String) {
        for userid in list(&self.get("externalcontact/get_follow_user_list").await["follow_user"]) {
            let customers = self.get(&format!("externalcontact/list?userid={}", text(&userid))).await;
            if code(&customers) == 0 {
                return (text(&userid), text(&customers["external_userid"][0]));
            }
        }
        panic!("nobody has customers");
    }
    pub async fn guides(&self) -> Vec<String> {
        list(&self.get("externalcontact/get_follow_user_list").await["follow_user"]).iter().map(text).collect()
    }
}

/// A brand's callback URL, as a careful reader of the protocol would write it: verifies, opens, remembers.
#[derive(Clone)]
pub struct Receiver {
    pub url: String,
    pub got: Arc<Mutex<Vec<String>>>,
    envelope: Arc<Envelope>,
    /// How many of the next requests answer with 500.
    pub fails: Arc<AtomicU16>,
}

impl Receiver {
    pub async fn start(corp_id: &str) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Self {
            url: format!("http://{}/callback", listener.local_addr().unwrap()),
            got: Arc::default(),
            envelope: Arc::new(Envelope::new(TOKEN, AES_KEY, corp_id).unwrap()),
            fails: Arc::default(),
        };
        let router =
            Router::new().route("/callback", get(Self::verify).post(Self::receive)).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        receiver
    }
    async fn verify(State(me): State<Self>, Query(query): Query<HashMap<String, String>>) -> Response {
        match me.envelope.open(&query["msg_signature"], &query["timestamp"], &query["nonce"], &query["echostr"]) {
            Ok(word) => word.into_response(),
            Err(_) => StatusCode::FORBIDDEN.into_response(),
        }
    }
    async fn receive(State(me): State<Self>, Query(query): Query<HashMap<String, String>>, body: String) -> StatusCode {
        if me.fails.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok() {
            return StatusCode::INTERNAL_SERVER_ERROR;
        }
        let encrypt = element(&body, "Encrypt").unwrap();
        let opened = me.envelope.open(&query["msg_signature"], &query["timestamp"], &query["nonce"], encrypt).unwrap();
        me.got.lock().unwrap().push(String::from_utf8(opened).unwrap());
        StatusCode::OK
    }
    pub fn settings(&self) -> CallbackSettings {
        CallbackSettings { url: self.url.clone(), token: TOKEN.into(), encoding_aes_key: AES_KEY.into() }
    }
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.got.lock().unwrap())
    }
}

/// A quiet world whose callbacks arrive at a receiver.
pub async fn connected() -> (Brand, Receiver) {
    let brand = quiet().await;
    let receiver = Receiver::start(&brand.credentials().corp_id).await;
    brand.control("callback", json!(receiver.settings())).await;
    (brand, receiver)
}

pub fn peer() -> SocketAddr {
    "127.0.0.1:0".parse().unwrap()
}
