//! Users, roles, keys, the audit.

use crate::support::{PASSWORD, TestApp, on_both};
use serde_json::{Value, json};
use siyu_access::{KeyKind, Role};
use siyu_testkit::TestDb;

on_both!(
    users_are_added_and_changed,
    wrong_users_name_the_field,
    the_last_owner_stays,
    roles_are_listed,
    keys_open_what_their_role_allows,
    the_audit_can_be_searched,
    lists_have_pages
);

fn bea() -> Value {
    json!({"email": "bea@brand.example", "name": "Bea", "role": "guide", "password": PASSWORD, "scope": {"all": false, "regions": [], "stores": ["S1"]}})
}

fn users_are_added_and_changed(test: TestDb) {
    let app = TestApp::new(test);
    let owner = app.owner();
    let res = owner.post("/api/v1/users", bea());
    assert_eq!(res.status, 201, "{}", res.text());
    let user = res.json();
    assert_eq!(
        (&user["state"], &user["last_login_at"], &user["scope"]["stores"]),
        (&json!("active"), &Value::Null, &json!(["S1"]))
    );
    assert!(user.get("password").is_none());
    let path = format!("/api/v1/users/{}", user["id"].as_str().unwrap());
    assert_eq!(owner.patch(&path, json!({"role": "analyst", "scope": {"all": true}})).ok()["role"], "analyst");
    let signed = app.sign_in("bea@brand.example");
    assert_eq!(signed.get("/api/v1/session").ok()["user"]["scope"], json!({"all": true, "regions": [], "stores": []}));
    owner.patch(&path, json!({"password": "another good one"})).ok();
    assert_eq!(signed.get("/api/v1/session").says(), "401 session_ended");
    let listed = owner.get("/api/v1/users").ok();
    assert_eq!(listed["items"].as_array().unwrap().len(), 2);
    assert_eq!(listed["items"][1]["last_login_at"], "2026-03-02T04:00:00.000Z");
}

fn wrong_users_name_the_field(test: TestDb) {
    let app = TestApp::new(test);
    let owner = app.owner();
    for (field, value, want) in [
        ("email", json!("bea"), "400 email_invalid email"),
        ("email", json!("OWNER@brand.example"), "409 email_taken email"),
        ("name", json!(""), "400 name_invalid name"),
        ("role", json!("king"), "400 field_invalid role"),
        ("password", json!("bea@brand.example"), "400 password_is_email password"),
        ("scope", json!({"all": false}), "400 scope_invalid scope"),
        ("scope", json!({"all": false, "stores": [1]}), "400 field_invalid scope.stores[0]"),
        ("colour", json!("red"), "400 field_invalid colour"),
    ] {
        let mut input = bea();
        input[field] = value;
        assert_eq!(owner.post("/api/v1/users", input).says(), want);
    }
    assert_eq!(owner.patch("/api/v1/users/usr_none", json!({})).says(), "404 user_not_found");
    assert_eq!(owner.get("/api/v1/users").ok()["items"].as_array().unwrap().len(), 1);
}

fn the_last_owner_stays(test: TestDb) {
    let app = TestApp::new(test);
    let owner = app.owner();
    let path = format!("/api/v1/users/{}", owner.id);
    assert_eq!(owner.patch(&path, json!({"role": "guide"})).says(), "409 last_owner");
    assert_eq!(owner.patch(&path, json!({"state": "disabled"})).says(), "409 last_owner");
}

fn roles_are_listed(test: TestDb) {
    let app = TestApp::new(test);
    let roles = app.role(Role::ReadOnly).get("/api/v1/roles").ok();
    assert_eq!(roles["items"].as_array().unwrap().len(), 6);
    assert_eq!(roles["items"][3]["label_zh"], "店长");
}

fn keys_open_what_their_role_allows(test: TestDb) {
    let app = TestApp::new(test);
    let owner = app.owner();
    let made = owner.post("/api/v1/keys", json!({"name": "BI", "kind": "api", "role": "owner"}));
    assert_eq!(made.status, 201);
    let made = made.json();
    let secret = made["secret"].as_str().unwrap().to_owned();
    assert!(secret.starts_with(made["prefix"].as_str().unwrap()));
    let program = app.nobody().header("authorization", &format!("Bearer {secret}"));
    assert_eq!(program.get("/api/v1/users").status, 200, "no token is asked of programs");
    assert_eq!(program.post("/api/v1/users", bea()).status, 201);
    let listed = owner.get("/api/v1/keys").text();
    assert!(!listed.contains(&secret) && listed.contains("\"BI\""));
    assert_eq!(owner.delete(&format!("/api/v1/keys/{}", made["id"].as_str().unwrap())).status, 204);
    assert_eq!(program.get("/api/v1/users").says(), "401 key_invalid");
    for header in ["Bearer", "Bearer x", "Basic eDp5", "siyu_a_x", &format!("Bearer {secret}x")] {
        assert_eq!(
            app.nobody().header("authorization", header).get("/api/v1/users").says(),
            "401 key_invalid",
            "{header}"
        );
    }
    assert_eq!(app.key(KeyKind::Write, None).get("/api/v1/users").says(), "403 write_key");
    assert_eq!(owner.post("/api/v1/keys", json!({"name": "x", "kind": "api"})).says(), "400 key_role_needed role");
    assert_eq!(owner.delete("/api/v1/keys/key_none").says(), "404 key_not_found");
}

fn the_audit_can_be_searched(test: TestDb) {
    let app = TestApp::new(test);
    let owner = app.owner().header("x-request-id", "my-request-1");
    owner.post("/api/v1/keys", json!({"name": "till", "kind": "write"})).ok();
    let found = owner.get("/api/v1/audit?action=key.add").ok();
    let row = &found["items"][0];
    assert_eq!(
        (&row["actor"]["id"], &row["request_id"], &row["ip"]),
        (&json!(owner.id), &json!("my-request-1"), &json!("203.0.113.9"))
    );
    assert_eq!(row["detail"], json!({"kind": "write", "role": null}));
    let count = |query: &str| owner.get(&format!("/api/v1/audit?{query}")).ok()["items"].as_array().unwrap().len();
    assert_eq!((count("action=key."), count("action=nothing"), count("actor=usr_other")), (1, 0, 0));
    assert_eq!((count("from=2026-03-02T04:00:00Z"), count("to=2026-03-02T04:00:00Z")), (count(""), 0));
    assert_eq!(owner.get("/api/v1/audit?from=yesterday").says(), "400 query_invalid from");
    assert_eq!(owner.get("/api/v1/audit?after=x").says(), "400 page_token after");
}

fn lists_have_pages(test: TestDb) {
    let app = TestApp::new(test);
    let owner = app.owner();
    for n in 0..5 {
        app.test.clock.advance_seconds(1);
        owner.post("/api/v1/keys", json!({"name": format!("k{n}"), "kind": "write"})).ok();
    }
    let (mut names, mut after) = (Vec::new(), String::new());
    loop {
        let page = owner.get(&format!("/api/v1/keys?limit=2&after={after}")).ok();
        names.extend(page["items"].as_array().unwrap().iter().map(|key| key["name"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => after = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(names, ["k4", "k3", "k2", "k1", "k0"]);
    for limit in ["0", "201", "-1", "x", "99999999999999999999"] {
        assert!(owner.get(&format!("/api/v1/keys?limit={limit}")).says().starts_with("400 "), "{limit}");
    }
}
