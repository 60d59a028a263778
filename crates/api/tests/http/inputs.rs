//! Whatever is sent, the answer is a clean refusal.

use crate::support::{TestApp, on_both};
use axum::http::Method;
use siyu_kernel::Chance;
use siyu_testkit::TestDb;

on_both!(bad_bodies_are_refused_cleanly, random_bytes_are_refused_cleanly, odd_addresses_are_refused_cleanly);

fn bad_bodies_are_refused_cleanly(test: TestDb) {
    let app = TestApp::new(test);
    let owner = app.owner();
    let post = |kind: &str, body: &[u8]| owner.raw(Method::POST, "/api/v1/keys", kind, body.to_vec()).says();
    let json = "application/json";
    let deep = "[".repeat(200_000);
    let nested = format!("{}1{}", r#"{"name":"#.repeat(5_000), "}".repeat(5_000));
    for (body, want) in [
        (r#"{"name":"#.as_bytes(), "400 invalid_json"),
        (b"{}" as &[u8], "400 field_invalid name"),
        (br#"{"name":1,"kind":"write"}"#, "400 field_invalid name"),
        (br#"{"name":"k","kind":"write","name":"k"}"#, "400 field_invalid name"),
        (br#"{"name":"k","kind":"write","age":1e400}"#, "400 field_invalid age"),
        (br#"{"name":"k\u0000","kind":"write"}"#, "400 nul_character"),
        (br#"{"name":"\ud800","kind":"write"}"#, "400 invalid_json"),
        (b"\xff\xfe{}", "400 invalid_json"),
        (b"null", "400 field_invalid"),
        (nested.as_bytes(), "400 field_invalid name"),
    ] {
        assert_eq!(post(json, body), want, "{}", String::from_utf8_lossy(&body[..body.len().min(60)]));
    }
    assert!(post(json, deep.as_bytes()).starts_with("400 "));
    assert_eq!(post("text/plain", b"{}"), "415 json_expected");
    assert_eq!(post("application/x-www-form-urlencoded", b"name=k"), "415 json_expected");
    assert_eq!(post(json, &vec![b' '; (1 << 20) + 1]), "413 too_large");
    assert_eq!(post(json, &vec![b' '; 1 << 20]), "400 invalid_json");
    assert_eq!(owner.raw(Method::POST, "/api/v1/keys", json, Vec::new()).says(), "415 json_expected");
}

fn random_bytes_are_refused_cleanly(test: TestDb) {
    let app = TestApp::new(test);
    let owner = app.owner();
    let chance = Chance::seeded(11);
    for size in [1, 17, 1000, 1 << 20] {
        let bytes: Vec<u8> = (0..size).map(|_| chance.below(256) as u8).collect();
        let said = owner.raw(Method::POST, "/api/v1/users", "application/json", bytes).says();
        assert!(said.starts_with("400 "), "{size} bytes: {said}");
    }
}

fn odd_addresses_are_refused_cleanly(test: TestDb) {
    let app = TestApp::new(test);
    let owner = app.owner();
    for (path, want) in [
        ("/api/v1/audit?from=%00", "400 nul_character"),
        ("/api/v1/audit?actor=%ff%fe", "200"),
        ("/api/v1/audit?actor=a&actor=b", "400 query_invalid actor"),
        ("/api/v1/audit?%5B%5D=&&&=%", "200"),
        ("/api/v1/nothing", "404 no_such_path"),
        ("/api/v1/", "404 no_such_path"),
        ("/api", "404 no_such_path"),
        // Calls of the tracking API are posted.
        ("/v1/nothing", "405 method_not_allowed"),
        ("/v1/nothing/more", "404 no_such_path"),
        ("/api/v1/users/", "404 no_such_path"),
    ] {
        assert_eq!(owner.get(path).says(), want, "{path}");
    }
    assert_eq!(owner.post("/v1/nothing", serde_json::json!({})).says(), "404 call_unknown");
    for id in ["%00", "%2e%2e%2f", "usr_'--", &"x".repeat(5000), "%F0%9F%98%80"] {
        let said = owner.delete(&format!("/api/v1/keys/{id}")).says();
        assert!(said.starts_with("404 ") || said.starts_with("400 "), "{id}: {said}");
    }
    assert_eq!(owner.delete("/api/v1/keys/%ff").says(), "400 path_invalid");
}
