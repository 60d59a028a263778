//! First run, signing in and out, what ends a session, what keeps foreign pages out.

use crate::support::{PASSWORD, TestApp, on_both};
use serde_json::{Value, json};
use siyu_access::{KeyKind, Role};
use siyu_api::{Config, Endpoints};
use siyu_testkit::TestDb;

on_both!(
    the_first_run_sets_up_once,
    wrong_setups_name_the_field,
    signing_in_and_out,
    the_cookie_is_careful,
    sessions_end_with_time,
    guessing_is_limited,
    writing_needs_the_token,
    foreign_pages_are_refused,
    own_account,
    a_key_has_no_session,
    a_disabled_user_is_out_at_once
);

fn setup() -> Value {
    json!({"name": "山茶", "timezone": "Asia/Shanghai", "currency": "usd", "locale": "zh", "email": "Ann@Brand.example", "admin_name": "安", "password": PASSWORD})
}

fn the_first_run_sets_up_once(test: TestDb) {
    let app = TestApp::fresh(test);
    let state = app.nobody().get("/api/v1/setup").ok();
    assert_eq!((&state["needed"], &state["name"]), (&json!(true), &Value::Null));
    let res = app.nobody().post("/api/v1/setup", setup());
    assert_eq!(res.status, 201, "{}", res.text());
    let session = res.json();
    assert_eq!(session["user"]["role"], "owner");
    assert_eq!(session["user"]["email"], "ann@brand.example");
    assert_eq!(session["user"]["permissions"].as_array().unwrap().len(), siyu_access::Permission::ALL.len());
    assert_eq!(session["workspace"]["currency"], "USD");
    let cookie = res.header("set-cookie");
    let me = app.nobody().header("cookie", cookie.split(';').next().unwrap()).get("/api/v1/session").ok();
    assert_eq!(me, session);
    assert_eq!(app.nobody().get("/api/v1/setup").ok()["name"], "山茶");
    assert_eq!(app.app.intake.currency().code(), "USD", "also for what comes in before the next start");
    assert_eq!(app.nobody().post("/api/v1/setup", setup()).says(), "409 already_set_up");
}

fn wrong_setups_name_the_field(test: TestDb) {
    let app = TestApp::fresh(test);
    for (field, value, want) in [
        ("timezone", "Mars/Base", "400 timezone_unknown timezone"),
        ("currency", "yuan", "400 currency_invalid currency"),
        ("name", "", "400 workspace_name_invalid name"),
        ("admin_name", " ", "400 name_invalid admin_name"),
        ("email", "ann", "400 email_invalid email"),
        ("password", "short", "400 password_short password"),
        ("locale", "fr", "400 field_invalid locale"),
    ] {
        let mut input = setup();
        input[field] = json!(value);
        assert_eq!(app.nobody().post("/api/v1/setup", input).says(), want);
    }
    assert_eq!(app.nobody().get("/api/v1/setup").ok()["needed"], true, "a refused setup leaves no trace");
}

fn signing_in_and_out(test: TestDb) {
    let app = TestApp::new(test);
    for (email, password) in [("owner@brand.example", "wrong password"), ("nobody@brand.example", PASSWORD)] {
        let res = app.nobody().post("/api/v1/session", json!({"email": email, "password": password}));
        assert_eq!(res.says(), "401 wrong_login");
    }
    let owner = app.owner();
    assert_eq!(owner.get("/api/v1/session").ok()["user"]["id"], owner.id);
    let out = owner.delete("/api/v1/session");
    assert_eq!(out.status, 204);
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    assert_eq!(owner.get("/api/v1/session").says(), "401 session_ended");
    assert_eq!(app.nobody().get("/api/v1/session").says(), "401 not_signed_in");
}

fn the_cookie_is_careful(test: TestDb) {
    let sign_in = |app: &TestApp, proto: &str| {
        let res = app
            .nobody()
            .header("x-forwarded-proto", proto)
            .post("/api/v1/session", json!({"email": "owner@brand.example", "password": PASSWORD}));
        res.header("set-cookie")
    };
    let app = TestApp::new(test);
    let cookie = sign_in(&app, "https");
    for part in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Secure"), "a header from nowhere is not believed");
    let TestApp { test, .. } = app;
    let behind = TestApp::with(test, Config { behind_proxy: true, ..Config::default() }, Endpoints::new());
    assert!(sign_in(&behind, "https").contains("; Secure"));
    assert!(!sign_in(&behind, "http").contains("; Secure"));
}

fn sessions_end_with_time(test: TestDb) {
    let app = TestApp::new(test);
    let owner = app.owner();
    app.test.clock.advance_seconds(12 * 3600 - 1);
    assert_eq!(owner.get("/api/v1/session").status, 200);
    app.test.clock.advance_seconds(15 * 86_400);
    assert_eq!(owner.get("/api/v1/session").says(), "401 session_ended");
}

fn guessing_is_limited(test: TestDb) {
    let app = TestApp::new(test);
    let guess = |password: &str| {
        app.nobody().post("/api/v1/session", json!({"email": "owner@brand.example", "password": password}))
    };
    for _ in 0..5 {
        assert_eq!(guess("wrong password").says(), "401 wrong_login");
    }
    let refused = guess(PASSWORD);
    assert_eq!((refused.says().as_str(), refused.header("retry-after").as_str()), ("429 too_many_attempts", "900"));
    app.test.clock.advance_seconds(900);
    assert_eq!(guess(PASSWORD).status, 200);
}

fn writing_needs_the_token(test: TestDb) {
    let app = TestApp::new(test);
    let owner = app.owner();
    let body = || json!({"name": "Anna"});
    for token in ["", "0", "00000000000000000000000000000000"] {
        assert_eq!(
            owner.clone().header("x-csrf-token", token).patch("/api/v1/session", body()).says(),
            "403 csrf",
            "{token:?}"
        );
    }
    let other = app.owner();
    let borrowed = other.headers.iter().find(|(name, _)| name == "x-csrf-token").unwrap().1.clone();
    assert_eq!(owner.clone().header("x-csrf-token", &borrowed).patch("/api/v1/session", body()).says(), "403 csrf");
    assert_eq!(owner.patch("/api/v1/session", body()).ok()["user"]["name"], "Anna");
}

fn foreign_pages_are_refused(test: TestDb) {
    let app = TestApp::new(test);
    let owner = app.owner();
    let body = || json!({"name": "Anna"});
    for (name, value, want) in [
        ("origin", "https://evil.example", "403 foreign_page"),
        ("origin", "null", "403 foreign_page"),
        ("sec-fetch-site", "cross-site", "403 foreign_page"),
        ("sec-fetch-site", "same-site", "403 foreign_page"),
        ("origin", "http://siyu.example", "200"),
        ("sec-fetch-site", "same-origin", "200"),
    ] {
        assert_eq!(owner.clone().header(name, value).patch("/api/v1/session", body()).says(), want, "{name}: {value}");
    }
    let login = json!({"email": "owner@brand.example", "password": PASSWORD});
    assert_eq!(
        app.nobody().header("origin", "https://evil.example").post("/api/v1/session", login).says(),
        "403 foreign_page"
    );
    let seen = app.nobody().header("origin", "https://evil.example").get("/api/v1/setup");
    assert_eq!((seen.status, seen.header("access-control-allow-origin").as_str()), (200, ""), "no CORS for the API");
}

fn own_account(test: TestDb) {
    let app = TestApp::new(test);
    let (here, there) = (app.owner(), app.owner());
    let changed = here.patch("/api/v1/session", json!({"locale": "zh"})).ok();
    assert_eq!(changed["user"]["locale"], "zh");
    let change = |current: &str, new: &str| {
        here.post("/api/v1/session/password", json!({"current": current, "new": new})).says()
    };
    assert_eq!(change("wrong password", "a new password 1"), "400 wrong_password current");
    assert_eq!(change(PASSWORD, "short"), "400 password_short new");
    assert_eq!(change(PASSWORD, "a new password 1"), "204");
    assert_eq!((here.get("/api/v1/session").status, there.get("/api/v1/session").status), (200, 401));
}

fn a_key_has_no_session(test: TestDb) {
    let app = TestApp::new(test);
    assert_eq!(app.key(KeyKind::Api, Some(Role::Owner)).get("/api/v1/session").says(), "403 session_only");
}

fn a_disabled_user_is_out_at_once(test: TestDb) {
    let app = TestApp::new(test);
    let (owner, guide) = (app.owner(), app.role(Role::Guide));
    assert_eq!(guide.get("/api/v1/roles").status, 200);
    owner.patch(&format!("/api/v1/users/{}", guide.id), json!({"state": "disabled"})).ok();
    assert_eq!(guide.get("/api/v1/roles").says(), "401 session_ended");
}
