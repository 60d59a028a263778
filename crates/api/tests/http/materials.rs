//! The library over HTTP: written, approved by somebody else, used by what goes out; links lead where they were saved with and nowhere else.

use crate::support::{Answered, TestApp, on_both};
use axum::http::Method;
use serde_json::{Value, json};
use siyu_access::Role;
use siyu_db::params;
use siyu_testkit::TestDb;

on_both!(
    somebody_else_approves_a_material,
    what_is_wrong_with_a_material_is_told,
    what_goes_out_says_which_version,
    a_preview_names_what_fell_back,
    links_lead_where_they_were_saved_with,
    pages_of_ours_tell_how_long_somebody_stays
);

const PHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 MicroMessenger/8.0.50";

fn link(url: &str) -> Value {
    json!({ "text": "新品到店", "attachments": [{ "kind": "link", "title": "秋茶", "url": url }] })
}
fn add(app: &TestApp, content: Value) -> String {
    let body = json!({ "name": "秋茶", "folder": "新品", "labels": ["秋"], "content": content });
    app.program().post("/api/v1/materials", body).ok()["id"].as_str().unwrap().to_owned()
}
fn approved(app: &TestApp, content: Value) -> String {
    let id = add(app, content);
    app.program().post(&format!("/api/v1/materials/{id}/submit"), json!({})).ok();
    app.owner().post(&format!("/api/v1/materials/{id}/approve"), json!({})).ok();
    id
}
fn person(app: &TestApp, phone: &str) -> String {
    let body = json!({ "identifiers": [{ "kind": "phone", "value": phone }] });
    app.program().post("/api/v1/people", body).ok()["id"].as_str().unwrap().to_owned()
}
fn address(app: &TestApp) {
    app.program().patch("/api/v1/guide/setup", json!({ "address": "https://s.example" })).ok();
}
fn follow(app: &TestApp, path: &str, agent: &str) -> Answered {
    app.nobody().header("user-agent", agent).header("accept-language", "zh-CN").get(path)
}

fn somebody_else_approves_a_material(test: TestDb) {
    let app = TestApp::new(test);
    let (ann, bob) = (app.role(Role::Operator), app.role(Role::Operator));
    let body = json!({ "name": "秋茶", "labels": ["秋", "秋"], "content": { "text": "你好" } });
    assert_eq!(app.role(Role::Guide).post("/api/v1/materials", body.clone()).says(), "403 permission_needed");
    let row = ann.post("/api/v1/materials", body).ok();
    assert_eq!(
        (&row["state"], &row["version"], &row["approved"], &row["labels"]),
        (&json!("draft"), &json!(1), &Value::Null, &json!(["秋"]))
    );
    let path = format!("/api/v1/materials/{}", row["id"].as_str().unwrap());
    let step = |name: &str| format!("{path}/{name}");
    assert_eq!(bob.post(&step("approve"), json!({})).says(), "409 material_step");
    assert_eq!(ann.post(&step("submit"), json!({ "version": 9 })).says(), "409 material_changed");
    assert_eq!(ann.post(&step("submit"), json!({ "version": 1 })).ok()["state"], "review");
    assert_eq!(ann.post(&step("approve"), json!({})).says(), "403 material_own");
    assert_eq!(app.program().post(&step("approve"), json!({})).says(), "403 material_person");
    assert_eq!(app.program().post("/api/v1/materials/mat_x/approve", json!({})).says(), "404 material_unknown");
    assert_eq!(bob.post(&step("reject"), json!({ "reason": " " })).says(), "400 reason_needed reason");
    assert_eq!(bob.post(&step("reject"), json!({ "reason": "太短" })).ok()["newest"]["reason"], "太短");
    let change = |version: i64, text: &str| json!({ "name": "秋茶", "content": { "text": text }, "version": version });
    let changed = ann.put(&path, change(1, "您好")).ok();
    assert_eq!(
        (&changed["version"], &changed["state"], &changed["newest"]["mine"]),
        (&json!(2), &json!("draft"), &json!(true))
    );
    assert_eq!(bob.put(&path, change(1, "三")).says(), "409 material_changed");
    ann.post(&step("submit"), json!({})).ok();
    let seen = bob.post(&step("approve"), json!({ "version": 2 })).ok();
    assert_eq!(
        (&seen["state"], &seen["approved"], &seen["newest"]["mine"]),
        (&json!("approved"), &json!(2), &json!(false))
    );
    assert_eq!(seen["newest"]["decided_by"], "Ann");
    let versions = app.role(Role::Guide).get(&step("versions")).ok();
    let said: Vec<_> =
        versions["items"].as_array().unwrap().iter().map(|own| own["content"]["text"].as_str().unwrap()).collect();
    assert_eq!(said, ["您好", "你好"]);
    let first = ann.get(&format!("{}?limit=1", step("versions"))).ok();
    assert_eq!(
        ann.get(&format!("{}?limit=1&after={}", step("versions"), first["next"].as_str().unwrap())).ok()["items"][0]["version"],
        1
    );
    // Retired: hidden, and nothing more is done with it.
    assert_eq!(bob.post(&step("retire"), json!({})).ok()["state"], "retired");
    assert_eq!(bob.post(&step("retire"), json!({})).says(), "409 material_step");
    let listed = |query: &str| ann.get(&format!("/api/v1/materials{query}")).ok()["items"].as_array().unwrap().len();
    assert_eq!((listed(""), listed("?state=retired"), listed("?state=draft")), (0, 1, 0));
    let trail = app.owner().get("/api/v1/audit?action=material.").ok();
    let actions: Vec<_> =
        trail["items"].as_array().unwrap().iter().map(|own| own["action"].as_str().unwrap()).collect();
    assert!(actions.contains(&"material.approve") && actions.contains(&"material.retire"), "{actions:?}");
}

fn what_is_wrong_with_a_material_is_told(test: TestDb) {
    let app = TestApp::new(test);
    let owner = app.owner();
    for (body, says) in [
        (json!({ "name": " ", "content": { "text": "x" } }), "400 material_invalid name"),
        (json!({ "name": "a", "folder": "长".repeat(31), "content": { "text": "x" } }), "400 material_invalid folder"),
        (
            json!({ "name": "a", "labels": ["长".repeat(21)], "content": { "text": "x" } }),
            "400 material_invalid labels",
        ),
        (json!({ "name": "a", "content": {} }), "400 content_invalid content.text"),
        (json!({ "name": "a", "content": { "text": "{{ x }}" } }), "400 content_variable content.text"),
        (
            json!({ "name": "a", "content": link("javascript:alert(1)") }),
            "400 content_invalid content.attachments[0].url",
        ),
    ] {
        assert_eq!(owner.post("/api/v1/materials", body).says(), says);
    }
    assert_eq!(owner.get("/api/v1/materials?state=gone").says(), "400 material_state state");
    for path in ["", "/versions", "/radar"] {
        assert_eq!(owner.get(&format!("/api/v1/materials/mat_x{path}")).says(), "404 material_unknown");
    }
    let id = add(&app, json!({ "text": "你好" }));
    let message = |more: Value| {
        let mut own = json!({ "name": "a", "people": [person(&app, "13912345678")], "material": id });
        own.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        own
    };
    let send = |more: Value| owner.post("/api/v1/broadcasts", message(more)).says();
    assert_eq!(send(json!({})), "409 material_unapproved");
    assert_eq!(send(json!({ "content": { "text": "x" } })), "400 material_or_content material");
    assert_eq!(send(json!({ "material": "mat_x" })), "404 material_unknown");
    assert_eq!(send(json!({ "material": null })), "400 content_invalid content.text");
}

fn what_goes_out_says_which_version(test: TestDb) {
    let app = TestApp::new(test);
    let id = approved(&app, link("https://a.example/tea"));
    let path = format!("/api/v1/materials/{id}");
    let people = [person(&app, "13912345678")];
    let given = json!({ "name": "秋日", "people": people, "material": id });
    let made = app.owner().post("/api/v1/broadcasts", given.clone()).ok();
    let message = format!("/api/v1/wecom/messages/{}", made["id"].as_str().unwrap());
    let sent = app.owner().get(&message).ok();
    assert_eq!(sent["material"], json!({ "id": id, "version": 1, "name": "秋茶" }));
    // Nobody knows yet at which address we are reached: the link goes out as it is.
    assert_eq!(sent["content"]["attachments"][0]["url"], "https://a.example/tea");
    address(&app);
    let made = app.owner().post("/api/v1/broadcasts", given.clone()).ok();
    let sent = app.owner().get(&format!("/api/v1/wecom/messages/{}", made["id"].as_str().unwrap())).ok();
    let url = sent["content"]["attachments"][0]["url"].as_str().unwrap().to_owned();
    assert!(url.starts_with("https://s.example/l/"), "{url}");
    // The same wish once more is the same use.
    let once = app.owner().header("idempotency-key", "k1");
    assert_eq!(
        once.post("/api/v1/broadcasts", given.clone()).ok()["id"],
        once.post("/api/v1/broadcasts", given).ok()["id"]
    );
    assert_eq!(app.owner().get(&path).ok()["uses"], 3);
    // A welcome keeps which version it says, and takes a newer one when it is saved with the material again.
    let welcome = |more: Value| {
        let mut own = json!({ "name": "新客", "active": true, "kind": "send" });
        own.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        own
    };
    let row = app.owner().post("/api/v1/wecom/welcomes", welcome(json!({ "material": id }))).ok();
    assert_eq!((&row["material"]["version"], &row["content"]["text"]), (&json!(1), &json!("新品到店")));
    assert_eq!(row["content"]["attachments"][0]["url"], url, "one link for all who are nobody in particular");
    let change = json!({ "name": "秋茶", "content": { "text": "又一款" }, "version": 1 });
    app.program().put(&path, change).ok();
    app.program().post(&format!("{path}/submit"), json!({})).ok();
    app.owner().post(&format!("{path}/approve"), json!({})).ok();
    let own = format!("/api/v1/wecom/welcomes/{}", row["id"].as_str().unwrap());
    assert_eq!(app.owner().get(&own).ok()["material"]["version"], 1);
    let row = app.owner().put(&own, welcome(json!({ "material": id }))).ok();
    assert_eq!((&row["material"]["version"], &row["content"]["text"]), (&json!(2), &json!("又一款")));
    let used = app.owner().get(&path).ok();
    assert_eq!((&used["used"][0]["what"], &used["used"][0]["name"]), (&json!("welcome"), &json!("新客")));
    let row = app.owner().put(&own, welcome(json!({ "content": { "text": "自己写的" } }))).ok();
    assert_eq!(row["material"], Value::Null);
    assert_eq!(app.owner().get(&path).ok()["uses"], 3);
}

fn a_preview_names_what_fell_back(test: TestDb) {
    let app = TestApp::new(test);
    let id = add(&app, json!({ "text": "{{ customer.name or \"朋友\" }}，{{ brand.name or \"我们\" }}上新了" }));
    let path = format!("/api/v1/materials/{id}/preview");
    let shown = app.role(Role::Operator).post(&path, json!({})).ok();
    assert!(shown["shown"]["text"].as_str().unwrap().starts_with("朋友，"), "{shown}");
    assert_eq!(shown["fallbacks"][0]["name"], "customer.name");
    let way = |name: &str| shown["ways"].as_array().unwrap().iter().find(|own| own["way"] == name).unwrap().clone();
    assert_eq!(
        (way("welcome")["fits"].clone(), way("message")["code"].clone()),
        (json!(true), json!("message_variable"))
    );
    let body = json!({ "identifiers": [{ "kind": "phone", "value": "13912345678" }], "traits": { "name": "小林" } });
    let known = app.program().post("/api/v1/people", body).ok()["id"].clone();
    let shown =
        app.owner().post(&path, json!({ "person": known, "content": { "text": "{{ customer.name }}好" } })).ok();
    assert_eq!((&shown["shown"]["text"], &shown["fallbacks"]), (&json!("小林好"), &json!([])));
    assert_eq!(app.owner().post(&path, json!({ "person": "psn_x" })).says(), "404 person_unknown");
    assert_eq!(app.owner().post(&path, json!({ "version": 7 })).says(), "404 material_version_unknown");
    assert_eq!(
        app.owner().post(&path, json!({ "content": { "text": "{{ x }}" } })).says(),
        "400 content_variable content.text"
    );
}

/// A material with a link there that goes out to everybody alike, and the path of its link.
fn sent(app: &TestApp, url: &str) -> (String, String) {
    let id = approved(app, link(url));
    let broadcast = json!({ "name": "a", "people": [person(app, "13912345678")], "material": id });
    app.owner().post("/api/v1/broadcasts", broadcast).ok();
    let sql = "SELECT code FROM material_link";
    let code = app.app.db.read(|tx| Ok(tx.one(sql, params![], |row| row.text(0))?)).unwrap();
    (id, format!("/l/{code}"))
}

fn links_lead_where_they_were_saved_with(test: TestDb) {
    let app = TestApp::new(test);
    address(&app);
    let (id, path) = sent(&app, "https://a.example/秋茶?x=1");
    let led = follow(&app, &path, PHONE);
    assert_eq!((led.status, led.header("location")), (302, "https://a.example/%E7%A7%8B%E8%8C%B6?x=1".to_owned()));
    assert_eq!(led.header("cache-control"), "no-store");
    // Nothing that comes with the request leads anywhere else.
    let tempted = follow(&app, &format!("{path}?url=https://evil.example&next=//evil.example"), PHONE);
    assert_eq!(tempted.header("location"), led.header("location"));
    let opens = || app.owner().get(&format!("/api/v1/materials/{id}/radar")).ok();
    assert_eq!((&opens()["opens"], &opens()["unknown"], &opens()["people"]), (&json!(2), &json!(2), &json!(0)));
    // Programs that look are led on and not counted.
    assert_eq!(follow(&app, &path, "facebookexternalhit/1.1").status, 302);
    assert_eq!(follow(&app, &path, "").status, 302);
    let head = app.nobody().header("user-agent", PHONE).call(Method::HEAD, &path, None);
    assert_eq!((head.status, head.header("location")), (302, led.header("location")));
    assert_eq!(opens()["opens"], 2);
    for wrong in ["/l/0000000000000000", "/l/x", "/l/https:%2F%2Fevil.example", "/l/%00"] {
        let page = follow(&app, wrong, PHONE);
        assert!(matches!(page.status, 404 | 400) && page.header("location").is_empty(), "{wrong}: {}", page.text());
    }
    let page = follow(&app, "/l/0000000000000000", PHONE);
    assert!(
        page.status == 404
            && page.text().contains("链接已失效")
            && page.header("content-type").starts_with("text/html")
    );
    assert!(page.header("content-security-policy").contains("default-src 'none'"));
    let english = app.nobody().header("accept-language", "en").get("/l/0000000000000000");
    assert!(english.text().contains("leads nowhere"), "{}", english.text());
    // No link can be opened so often that it is all work.
    (0..700).for_each(|_| drop(follow(&app, &path, PHONE)));
    assert_eq!(opens()["opens"], 600);
}

fn pages_of_ours_tell_how_long_somebody_stays(test: TestDb) {
    let app = TestApp::new(test);
    address(&app);
    let (id, path) = sent(&app, "https://shop.example/tea");
    assert_eq!(app.owner().get("/api/v1/material-pages").ok(), json!({ "hosts": [] }));
    let set = |hosts: Value| app.owner().put("/api/v1/material-pages", json!({ "hosts": hosts }));
    assert_eq!(set(json!(["https://shop.example"])).says(), "400 material_pages hosts");
    assert_eq!(
        app.role(Role::Guide).put("/api/v1/material-pages", json!({ "hosts": [] })).says(),
        "403 permission_needed"
    );
    assert_eq!(set(json!(["Shop.example"])).ok(), json!({ "hosts": ["shop.example"] }));
    let place = follow(&app, &path, PHONE).header("location");
    let visit =
        place.strip_prefix("https://shop.example/tea?siyu_visit=").unwrap_or_else(|| panic!("{place}")).to_owned();
    // Who is not counted brings no visit.
    assert_eq!(follow(&app, &path, "facebookexternalhit/1.1").header("location"), "https://shop.example/tea");
    let script = app.nobody().get("/l/stay.js");
    assert!(script.status == 200 && script.header("content-type").starts_with("text/javascript"));
    assert_eq!(script.header("cross-origin-resource-policy"), "cross-origin");
    assert!(script.text().contains("\"siyu_visit\"") && script.text().contains("/l/stay/${visit}"));
    let radar = || app.owner().get(&format!("/api/v1/materials/{id}/radar")).ok();
    assert_eq!((&radar()["visits"], &radar()["seconds_each"]), (&json!(0), &Value::Null));
    app.test.clock.advance_seconds(60);
    let from = |visit: &str, said: &str| {
        app.nobody().header("origin", "https://shop.example").get(&format!("/l/stay/{visit}?{said}"))
    };
    assert_eq!(from(&visit, "seconds=x").status, 400);
    assert_eq!(from(&visit, "seconds=12").status, 204);
    assert_eq!(from(&"0".repeat(48), "seconds=12").status, 204, "nobody learns what is a visit");
    assert_eq!((&radar()["visits"], &radar()["seconds_each"]), (&json!(1), &json!(12.0)));
    // A page that tells without end is no work without end.
    (0..700).for_each(|n| drop(from(&visit, &format!("seconds={n}"))));
    assert_eq!(radar()["seconds_each"], 61.0);
}
