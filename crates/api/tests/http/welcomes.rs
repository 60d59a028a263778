//! Welcomes over HTTP: mistakes are told before saving, readers see and do not change, files come back as they went in.

use crate::support::{TestApp, on_both};
use axum::http::Method;
use serde_json::{Value, json};
use siyu_access::Role;
use siyu_testkit::TestDb;

on_both!(welcomes_are_kept, files_are_kept_and_shown_safely);

fn welcome(text: &str) -> Value {
    json!({ "name": "新好友", "active": true, "kind": "send", "when": { "channels": ["counter"] }, "content": { "text": text, "attachments": [] } })
}

fn welcomes_are_kept(test: TestDb) {
    let app = TestApp::new(test);
    let path = "/api/v1/wecom/welcomes";
    for (input, says) in [
        (welcome("{{ customer.nmae }}"), "400 content_variable content.text"),
        (welcome("{% for a in b %}{% endfor %}"), "400 content_template content.text"),
        (welcome(&"好".repeat(1_334)), "400 content_invalid content.text"),
        (welcome(" "), "400 content_invalid content.text"),
        (json!({ "name": "", "active": true, "kind": "send", "content": { "text": "x" } }), "400 welcome_rule name"),
    ] {
        assert_eq!(app.program().post(path, input).says(), says);
    }
    assert_eq!(app.role(Role::Analyst).post(path, welcome("你好")).says(), "403 permission_needed");
    assert_eq!(app.role(Role::Guide).get(path).status, 200);
    let made = app.role(Role::Operator).post(path, welcome("{{ customer.name or \"朋友\" }}你好")).ok();
    let id = made["id"].as_str().unwrap().to_owned();
    let one = format!("{path}/{id}");
    assert_eq!(app.program().get(&one).ok()["content"], made["content"]);
    let mut changed = welcome("您好");
    changed["version"] = json!(1);
    assert_eq!(app.program().call(Method::PUT, &one, Some(changed.clone())).ok()["version"], 2);
    assert_eq!(app.program().call(Method::PUT, &one, Some(changed)).says(), "409 welcome_changed");
    let order = |list: Value| app.program().call(Method::PUT, &format!("{path}/order"), Some(json!({ "order": list })));
    assert_eq!(order(json!([])).says(), "400 welcome_order order");
    assert_eq!(order(json!([id])).status, 204);
    // Trying it sends nothing and says why.
    let tried = app.program().post(&format!("{path}/test"), json!({ "staff": "lin", "channel": "counter" })).ok();
    assert_eq!((tried["welcome"].as_str(), tried["shown"]["text"].as_str()), (Some(id.as_str()), Some("您好")));
    let tried = app.program().post(&format!("{path}/test"), json!({ "staff": "lin" })).ok();
    assert_eq!((&tried["welcome"], tried["steps"][0]["because"].as_str()), (&Value::Null, Some("channel")));
    let preview = app
        .program()
        .post("/api/v1/wecom/content/preview", json!({ "text": "{{ customer.name }}，{{ brand.name }}" }))
        .ok();
    assert!(preview["text"].as_str().is_some_and(|text| text.starts_with("小满，")), "{preview}");
    let list = app.program().get(path).ok();
    assert_eq!((list["items"].as_array().map(Vec::len), list["total"]["arrivals"].as_i64()), (Some(1), Some(0)));
    assert_eq!(app.program().get(&format!("{path}/arrivals?outcome=sent")).ok()["items"], json!([]));
    assert_eq!(app.program().get(&format!("{path}/arrivals?outcome=x")).says(), "400 welcome_outcome outcome");
    assert_eq!(app.program().delete(&one).status, 204);
    assert_eq!(app.program().get(&one).says(), "404 welcome_unknown");
    let audit = app.program().get("/api/v1/audit?limit=50").ok().to_string();
    assert!(audit.contains("welcome.add") && audit.contains("welcome.delete") && !audit.contains("您好"), "{audit}");
}

fn files_are_kept_and_shown_safely(test: TestDb) {
    let app = TestApp::new(test);
    let path = "/api/v1/wecom/files";
    let put = |name: &str, body: &[u8]| {
        app.program().raw(Method::POST, &format!("{path}?filename={name}"), "application/octet-stream", body.to_vec())
    };
    let picture = put("a.png", b"\x89PNG\r\n\x1a\n0123456789").ok();
    assert_eq!((picture["kind"].as_str(), picture["used"].as_bool()), (Some("image"), Some(false)));
    // Whatever it is called, what a browser would run is a document for download.
    let page = put("a.png", b"<html><script>alert(1)</script>").ok();
    let shown = app.program().get(&format!("{path}/{}/body", page["id"].as_str().unwrap()));
    assert_eq!(shown.header("content-type"), "application/octet-stream");
    assert!(shown.header("content-disposition").starts_with("attachment"));
    assert_eq!(shown.header("x-content-type-options"), "nosniff");
    assert_eq!(put("a", b"12345").says(), "400 reach_file file");
    assert_eq!(put("a", &vec![b'x'; (20 << 20) + 1]).says(), "413 reach_file_large");
    let one = format!("{path}/{}", picture["id"].as_str().unwrap());
    let input = json!({ "name": "礼", "active": true, "kind": "send", "content": { "text": "", "attachments": [{ "kind": "image", "file": picture["id"] }] } });
    app.program().post("/api/v1/wecom/welcomes", input.clone()).ok();
    assert_eq!(app.program().delete(&one).says(), "409 reach_file_used");
    let mut wrong = input;
    wrong["content"]["attachments"][0]["file"] = page["id"].clone();
    assert_eq!(
        app.program().post("/api/v1/wecom/welcomes", wrong).says(),
        "400 content_invalid content.attachments[0].file"
    );
    assert_eq!(app.role(Role::Guide).delete(&one).says(), "403 permission_needed");
    assert_eq!(app.program().get(path).ok()["items"].as_array().map(Vec::len), Some(2));
}
