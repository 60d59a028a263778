//! What every answer has, whoever gives it.

use crate::support::{TestApp, on_both};
use axum::http::Method;
use axum::routing::post;
use serde_json::json;
use siyu_access::{KeyKind, Role};
use siyu_api::{Config, Endpoints, open_to_all};
use siyu_kernel::Refusal;
use siyu_testkit::TestDb;

on_both!(
    errors_speak_the_readers_language,
    request_ids_come_back,
    wrong_methods_are_told,
    a_panic_is_an_answer,
    busy_says_when_to_come_back,
    every_answer_is_protected,
    health_and_numbers,
    the_tracking_door_is_open_to_pages
);

fn errors_speak_the_readers_language(test: TestDb) {
    let app = TestApp::new(test);
    let message = |client: crate::support::Client<'_>| {
        client.get("/api/v1/users/x").json()["message"].as_str().unwrap().to_owned()
    };
    let method = |language: &str| message(app.nobody().header("accept-language", language));
    assert!(method("zh-CN,zh;q=0.9").contains("请求方法"), "{}", method("zh-CN"));
    assert!(method("en").contains("method"));
    // The user's own language wins over the browser's.
    let owner = app.owner();
    owner.patch("/api/v1/session", json!({"locale": "zh"})).ok();
    let said = owner.header("accept-language", "en").post("/api/v1/keys", json!({"name": "", "kind": "write"})).json();
    assert_eq!(said["message"], "名称长度为 1 到 100 个字符。");
}

fn request_ids_come_back(test: TestDb) {
    let app = TestApp::new(test);
    assert_eq!(app.nobody().header("x-request-id", "abc_-9").get("/api/v1/setup").header("x-request-id"), "abc_-9");
    for bad in ["a b", "é", &"x".repeat(65), "a\"b"] {
        let given = app.nobody().header("x-request-id", bad).get("/api/v1/setup").header("x-request-id");
        assert!(given.starts_with("req_"), "{given}");
    }
}

fn wrong_methods_are_told(test: TestDb) {
    let app = TestApp::new(test);
    let res = app.nobody().delete("/api/v1/setup");
    assert_eq!(res.says(), "405 method_not_allowed");
    assert!(res.header("allow").contains("GET"), "{}", res.header("allow"));
    assert_eq!(app.nobody().call(Method::POST, "/customers", None).says(), "405 method_not_allowed");
}

async fn boom() -> &'static str {
    panic!("a bug in a handler")
}
async fn full() -> Result<(), siyu_api::ApiError> {
    Err(Refusal::busy().into())
}

fn a_panic_is_an_answer(test: TestDb) {
    let app = TestApp::with(test, Config::default(), Endpoints::new().route("/v1/boom", post(boom)));
    let res = app.nobody().post("/v1/boom", json!({}));
    assert_eq!(res.says(), "500 internal");
    assert!(!res.text().contains("bug"), "causes stay in the log");
    assert_eq!(app.nobody().get("/api/v1/setup").status, 200);
    let broken = app.app.clone();
    let result = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(broken.run(|_| -> Result<(), Refusal> { panic!("below") }));
    assert_eq!(result.unwrap_err().code(), "internal");
}

fn busy_says_when_to_come_back(test: TestDb) {
    let app = TestApp::with(test, Config::default(), Endpoints::new().route("/v1/full", post(full)));
    let res = app.nobody().post("/v1/full", json!({}));
    assert_eq!((res.says().as_str(), res.header("retry-after").as_str()), ("429 busy", "1"));
}

fn every_answer_is_protected(test: TestDb) {
    let app = TestApp::new(test);
    for path in ["/", "/customers/1", "/api/v1/setup", "/api/v1/users", "/api/docs", "/nothing.js"] {
        let res = app.nobody().get(path);
        assert!(res.header("content-security-policy").contains("frame-ancestors 'none'"), "{path}");
        assert_eq!(res.header("x-content-type-options"), "nosniff", "{path}");
        assert!(!res.header("referrer-policy").is_empty(), "{path}");
    }
    assert_eq!(app.nobody().get("/api/v1/setup").header("cache-control"), "no-store");
}

fn health_and_numbers(test: TestDb) {
    let app = TestApp::new(test);
    assert_eq!(app.nobody().get("/healthz").ok(), json!({"status": "ok"}));
    assert_eq!(app.nobody().get("/metrics").says(), "401 not_signed_in");
    assert_eq!(app.key(KeyKind::Api, Some(Role::Analyst)).get("/metrics").says(), "403 permission_needed");
    assert_eq!(
        app.nobody().header("test-peer", "127.0.0.1:9").header("x-forwarded-for", "9.9.9.9").get("/metrics").says(),
        "401 not_signed_in"
    );
    for client in [app.key(KeyKind::Api, Some(Role::Owner)), app.nobody().header("test-peer", "127.0.0.1:9")] {
        let text = client.get("/metrics").text();
        for line in [
            "siyu_http_requests_total{",
            "route=\"/healthz\"",
            "siyu_http_request_seconds_bucket{",
            "siyu_db_queue_units",
            "siyu_log_tail_events",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
        assert!(!text.contains("brand.example"));
    }
}

fn the_tracking_door_is_open_to_pages(test: TestDb) {
    let open = open_to_all(Endpoints::new().route("/v1/batch", post(|| async { "{}" })));
    let app = TestApp::with(test, Config::default(), open);
    let page = app.nobody().header("origin", "https://shop.example");
    let asked = page
        .clone()
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "content-type");
    let allowed = asked.call(Method::OPTIONS, "/v1/batch", None);
    assert_eq!((allowed.status, allowed.header("access-control-allow-origin").as_str()), (200, "*"));
    assert_eq!(page.post("/v1/batch", json!({})).header("access-control-allow-origin"), "*");
    let api = page.header("access-control-request-method", "POST").call(Method::OPTIONS, "/api/v1/users", None);
    assert_eq!(api.header("access-control-allow-origin"), "");
}
