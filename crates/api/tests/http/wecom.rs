//! WeCom over HTTP: the connection is guarded and masked, callbacks are opened by their signature only.

use crate::support::{TestApp, on_both};
use axum::http::Method;
use serde_json::json;
use siyu_access::Role;
use siyu_testkit::TestDb;

on_both!(a_connection_is_set_and_shown_masked, callbacks_are_taken_once, lists_answer_before_anything_is_there);

const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

fn connected(app: &TestApp) -> serde_json::Value {
    let input = json!({
        "corp_id": "ww1234567890abcdef", "agent_id": 1_000_002, "app_secret": "a-secret-of-some-length-1234", "base": "http://127.0.0.1:9",
        "callback_token": "QDG6eK", "callback_key": KEY
    });
    app.program().patch("/api/v1/wecom/connection", input).ok()
}

fn a_connection_is_set_and_shown_masked(test: TestDb) {
    let app = TestApp::new(test);
    assert_eq!(app.program().get("/api/v1/wecom/connection").says(), "409 wecom_not_connected");
    assert_eq!(
        app.program().patch("/api/v1/wecom/connection", json!({"corp_id": "ww1"})).says(),
        "400 wecom_connection_field agent_id"
    );
    let bad = app.program().patch("/api/v1/wecom/connection", json!({"base": "http://10.0.0.1"}));
    assert_eq!(bad.says(), "400 wecom_base_address base");
    let shown = connected(&app);
    assert_eq!((shown["app_secret"].as_str(), shown["match_phones"].as_bool()), (Some("…1234"), Some(true)));
    assert!(!shown.to_string().contains("a-secret") && !shown.to_string().contains(KEY), "{shown}");
    let audit = app.program().get("/api/v1/audit?limit=50").ok().to_string();
    assert!(audit.contains("wecom.connect") && !audit.contains("a-secret"), "{audit}");
    // Nobody listens there: the test says so by its name, and status shows it.
    let test = app.program().post("/api/v1/wecom/connection/test", json!({}));
    assert_eq!(test.says(), "503 wecom_unreachable");
    assert_eq!(app.program().get("/api/v1/wecom/status").ok()["trouble"], "wecom_unreachable");
    assert_eq!(app.role(Role::Operator).get("/api/v1/wecom/connection").says(), "403 permission_needed");
    assert_eq!(app.program().delete("/api/v1/wecom/connection").status, 204);
    assert_eq!(app.program().get("/api/v1/wecom/connection").says(), "409 wecom_not_connected");
}

fn callbacks_are_taken_once(test: TestDb) {
    let app = TestApp::new(test);
    assert_eq!(app.nobody().get("/wecom/callback?echostr=x").says(), "409 wecom_not_connected");
    connected(&app);
    let callback = siyu_wecom::callback::Callback::new("QDG6eK", KEY, "ww1234567890abcdef").unwrap();
    let stamp = (app.app.now().0 / 1_000_000).to_string();
    let sealed = |message: &str| {
        let body = callback.seal(message, &stamp, "n", [1; 16]);
        let part = |name: &str| {
            let rest = body.split(&format!("<{name}><![CDATA[")).nth(1).unwrap();
            rest.split("]]>").next().unwrap().to_owned()
        };
        (part("MsgSignature"), part("Encrypt"), body.clone())
    };
    let (signature, echo, _) = sealed("hello");
    let echo = echo.replace('+', "%2B");
    let path = format!("/wecom/callback?msg_signature={signature}&timestamp={stamp}&nonce=n&echostr={echo}");
    let answer = app.nobody().get(&path);
    assert_eq!((answer.status, answer.bytes.as_slice()), (200, b"hello".as_slice()));
    assert!(app.program().get("/api/v1/wecom/connection").ok()["verified_at"].is_string());

    let event = "<xml><ToUserName>ww1234567890abcdef</ToUserName><FromUserName>sys</FromUserName><CreateTime>1772424000</CreateTime><MsgType>event</MsgType><Event>change_external_contact</Event><ChangeType>edit_external_contact</ChangeType><UserID>u</UserID><ExternalUserID>wm1</ExternalUserID></xml>";
    let (signature, _, body) = sealed(event);
    let path = format!("/wecom/callback?msg_signature={signature}&timestamp={stamp}&nonce=n");
    for _ in 0..2 {
        let answer = app.nobody().raw(Method::POST, &path, "text/xml", body.clone().into_bytes());
        assert_eq!((answer.status, answer.bytes.as_slice()), (200, b"success".as_slice()));
    }
    assert_eq!(app.program().get("/api/v1/wecom/status").ok()["inbox_waiting"], 1);
    assert_eq!(
        app.nobody()
            .raw(
                Method::POST,
                &path,
                "text/xml",
                body.replace("<Encrypt><![CDATA[", "<Encrypt><![CDATA[A").into_bytes()
            )
            .says(),
        "403 signature_wrong"
    );
    let giant = "x".repeat(1 << 21);
    assert_eq!(app.nobody().raw(Method::POST, &path, "text/xml", giant.clone().into_bytes()).says(), "413 too_large");
    assert_eq!(app.program().get("/api/v1/wecom/inbox/aside").ok()["items"], json!([]));
}

fn lists_answer_before_anything_is_there(test: TestDb) {
    let app = TestApp::new(test);
    for path in [
        "departments",
        "staff",
        "groups",
        "lost",
        "conflicts",
        "syncs",
        "inbox/refused",
        "staff?department=3&q=%25&serving=true",
        "groups?q=x&owner=U",
        "lost?staff=u&by=customer&from=2026-01-01T00:00:00Z",
    ] {
        assert_eq!(app.program().get(&format!("/api/v1/wecom/{path}")).ok()["items"], json!([]), "{path}");
    }
    for (path, says) in [
        ("groups/wr1", "404 wecom_group_unknown"),
        ("groups/wr1/members", "404 wecom_group_unknown"),
        ("syncs/wsy_1", "404 wecom_sync_unknown"),
        ("lost?after=nonsense", "400 page_token after"),
    ] {
        assert_eq!(app.program().get(&format!("/api/v1/wecom/{path}")).says(), says, "{path}");
    }
    assert_eq!(app.program().post("/api/v1/wecom/syncs", json!({})).says(), "409 wecom_not_connected");
    connected(&app);
    let sync = app.program().post("/api/v1/wecom/syncs", json!({})).ok();
    assert_eq!((sync["state"].as_str(), sync["phase"].as_str()), (Some("running"), Some("departments")));
    assert_eq!(app.program().post("/api/v1/wecom/syncs", json!({})).says(), "409 wecom_sync_running");
    let path = format!("/api/v1/wecom/syncs/{}/cancel", sync["id"].as_str().unwrap());
    assert_eq!(app.program().post(&path, json!({})).ok()["state"], "cancelled");
    assert_eq!(app.program().post(&path, json!({})).says(), "409 wecom_sync_over");
    assert_eq!(app.program().post("/api/v1/wecom/inbox/aside/9/retry", json!({})).says(), "404 wecom_callback_unknown");
}
