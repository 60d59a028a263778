//! The gate over HTTP: its rules have versions and are tried before they are saved; runs are counted; broadcasts are made, and approved by somebody else.

use crate::support::{TestApp, on_both};
use serde_json::{Value, json};
use siyu_access::Role;
use siyu_testkit::TestDb;

on_both!(
    rules_are_tried_and_saved,
    runs_show_their_people,
    broadcasts_are_made_and_refused,
    what_is_sent_again_is_made_once
);

fn person(app: &TestApp, phone: &str) -> String {
    let body = json!({ "identifiers": [{ "kind": "phone", "value": phone }] });
    app.program().post("/api/v1/people", body).ok()["id"].as_str().unwrap().to_owned()
}

fn rules_are_tried_and_saved(test: TestDb) {
    let app = TestApp::new(test);
    let path = "/api/v1/gate/rules";
    let first = app.role(Role::Guide).get(path).ok();
    assert_eq!(
        (&first["version"], &first["rules"]["quota"], &first["created_at"]),
        (&json!(0), &json!("day"), &Value::Null)
    );
    let mut rules = first["rules"].clone();
    rules["caps"] = json!([{ "class": "marketing", "channel": "sms", "per": "72h", "most": 2 }]);
    rules["quiet"] = json!({ "from": "21:30", "to": "09:00", "zone": "brand" });
    let saved = app.program().put(path, json!({ "rules": rules, "version": 0, "note": "春节" })).ok();
    assert_eq!((&saved["version"], &saved["rules"], &saved["note"]), (&json!(1), &rules, &json!("春节")));
    assert_eq!(app.role(Role::Guide).put(path, json!({ "rules": rules })).says(), "403 permission_needed");
    assert_eq!(app.program().put(path, json!({ "rules": rules, "version": 0 })).says(), "409 gate_rules_changed");
    let with = |name: &str, value: Value| {
        let mut own = rules.clone();
        own[name] = value;
        json!({ "rules": own })
    };
    for (input, says) in [
        (with("contest_minutes", json!(5_000)), "400 gate_rules contest_minutes"),
        (with("holdout", json!({ "percent": 90.0, "salt": "" })), "400 gate_rules holdout.percent"),
        (with("quiet", json!({ "from": "22:00", "to": "22:00" })), "400 gate_rules quiet"),
        (with("quiet", json!({ "from": "25:00", "to": "22:00" })), "400 field_invalid rules.quiet.from"),
        (
            with("caps", json!([{ "class": "marketing", "per": "year", "most": 1 }])),
            "400 field_invalid rules.caps[0].per",
        ),
        (with("consent", json!(["pigeon"])), "400 field_invalid rules.consent[0]"),
        (with("cap", json!([])), "400 field_invalid rules.cap"),
    ] {
        assert_eq!(app.program().put(path, input).says(), says);
    }
    let tried = app.role(Role::Operator).post(&format!("{path}/try"), json!({ "rules": rules })).ok();
    assert_eq!((&tried["asks"], &tried["after"]["sent"]), (&json!(0), &json!(0)));
    let long = json!({ "rules": rules, "days": 200 });
    assert_eq!(app.program().post(&format!("{path}/try"), long).says(), "400 gate_days days");
    assert_eq!(app.program().get(&format!("{path}/versions")).ok()["items"].as_array().unwrap().len(), 1);
}

fn runs_show_their_people(test: TestDb) {
    let app = TestApp::new(test);
    let ids = [person(&app, "13912345678"), person(&app, "13912345679")];
    // Nobody's friends: a message by hand is refused, a broadcast says what became of it.
    let broadcast = json!({ "name": "秋日", "content": { "text": "新品" }, "people": ids, "service": true });
    let plan = app.role(Role::Operator).post("/api/v1/broadcasts/plan", broadcast.clone()).ok();
    assert_eq!((&plan["people"], &plan["skipped"]), (&json!(2), &json!([{ "reason": "no_friend", "people": 2 }])));
    let later = json!({ "name": "秋日", "content": { "text": "新品" }, "people": ids });
    let made = app.role(Role::Operator).post("/api/v1/broadcasts", later).ok();
    let id = made["id"].as_str().unwrap();
    let run = app.role(Role::Guide).get(&format!("/api/v1/runs/{id}")).ok();
    let number = |name: &str| run[name].as_i64().unwrap();
    assert_eq!((number("audience"), number("waiting")), (2, 2));
    assert_eq!((&run["kind"], &run["reasons"]), (&json!("broadcast"), &json!({ "undecided": 2 })));
    assert_eq!(run["ends"][0]["code"], "undecided");
    let listed = app.program().get("/api/v1/runs?kind=broadcast").ok();
    assert_eq!(listed["items"][0]["id"], made["id"]);
    assert_eq!(app.program().get("/api/v1/runs?kind=welcome").ok()["items"], json!([]));
    let people = app.program().get(&format!("/api/v1/runs/{id}/people?reason=undecided")).ok();
    assert_eq!(people["items"].as_array().unwrap().len(), 2);
    for (path, says) in [
        ("/api/v1/runs/msg_x".to_owned(), "404 run_unknown"),
        ("/api/v1/runs/msg_x/people".to_owned(), "404 run_unknown"),
        (format!("/api/v1/runs/{id}/people?end=x"), "400 run_end end"),
        ("/api/v1/people/psn_x/decisions".to_owned(), "404 person_unknown"),
    ] {
        assert_eq!(app.program().get(&path).says(), says, "{path}");
    }
    let own = app.program().get(&format!("/api/v1/people/{}/decisions", ids[0])).ok();
    assert_eq!((&own["items"], &own["attention"]["budget"]), (&json!([]), &json!(3.0)));
}

fn broadcasts_are_made_and_refused(test: TestDb) {
    let app = TestApp::new(test);
    let ids = [person(&app, "13912345678"), person(&app, "13912345679")];
    let mut rules = app.program().get("/api/v1/gate/rules").ok()["rules"].clone();
    rules["approval_above"] = json!(1);
    app.program().put("/api/v1/gate/rules", json!({ "rules": rules })).ok();
    let broadcast = |more: Value| {
        let mut own = json!({ "name": "秋日", "content": { "text": "新品" }, "people": ids });
        own.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        own
    };
    let made = app.role(Role::Operator).post("/api/v1/broadcasts", broadcast(json!({ "worth": 5.0 }))).ok();
    assert_eq!(made["approval"], "needed");
    let path = format!("/api/v1/broadcasts/{}", made["id"].as_str().unwrap());
    assert_eq!(app.program().post(&format!("{path}/resume"), json!({})).says(), "409 broadcast_unapproved");
    assert_eq!(app.role(Role::Guide).post(&format!("{path}/approve"), json!({})).says(), "403 permission_needed");
    assert_eq!(app.program().post(&format!("{path}/approve"), json!({})).says(), "403 broadcast_person");
    assert_eq!(app.owner().post(&format!("{path}/approve"), json!({})).ok()["approval"], "given");
    assert_eq!(app.owner().post(&format!("{path}/approve"), json!({})).says(), "409 broadcast_approval");
    let sibling = json!({ "name": "秋日", "content": { "text": "新品" }, "people": ids });
    assert_eq!(app.program().post("/api/v1/wecom/messages", sibling).says(), "409 message_size");
    app.program().post(&format!("{path}/pause"), json!({})).ok();
    app.program().post(&format!("{path}/resume"), json!({})).ok();
    let own = app.owner().post("/api/v1/broadcasts", broadcast(json!({}))).ok();
    let own = format!("/api/v1/broadcasts/{}/approve", own["id"].as_str().unwrap());
    assert_eq!(app.owner().post(&own, json!({})).says(), "403 broadcast_own");
    for (more, says) in [
        (json!({ "worth": -1.0 }), "400 broadcast_invalid worth"),
        (json!({ "holdout_percent": 80.0 }), "400 broadcast_invalid holdout_percent"),
        (json!({ "expires_at": "2020-01-01T00:00:00Z" }), "400 broadcast_invalid expires_at"),
        (json!({ "variants": [{ "text": "" }] }), "400 content_invalid content.text"),
        (json!({ "people": [] }), "400 message_people people"),
    ] {
        assert_eq!(app.program().post("/api/v1/broadcasts", broadcast(more)).says(), says);
    }
    for place in ["approve", "pause", "resume", "cancel"] {
        let at = format!("/api/v1/broadcasts/msg_x/{place}");
        assert_eq!(app.owner().post(&at, json!({})).says(), "404 broadcast_unknown", "{place}");
    }
    assert_eq!(app.program().post(&format!("{path}/cancel"), json!({})).status, 204);
    assert_eq!(app.program().post(&format!("{path}/pause"), json!({})).says(), "409 message_over");
}

fn what_is_sent_again_is_made_once(test: TestDb) {
    let app = TestApp::new(test);
    let ids = [person(&app, "13912345678")];
    let broadcast = json!({ "name": "秋日", "content": { "text": "新品" }, "people": ids });
    let moment = json!({ "name": "朋友圈", "content": { "text": "新色" } });
    let owner = app.owner().header("Idempotency-Key", "wish-1");
    let made = owner.post("/api/v1/broadcasts", broadcast.clone()).ok();
    assert_eq!(owner.post("/api/v1/broadcasts", broadcast.clone()).ok()["id"], made["id"]);
    assert_eq!(owner.post("/api/v1/wecom/moments", moment.clone()).says(), "409 idempotency_reused");
    // Another name, another caller, none: other wishes.
    let others = [
        app.owner().header("Idempotency-Key", "wish-2"),
        app.program().header("Idempotency-Key", "wish-1"),
        app.owner(),
    ];
    for client in others {
        assert_ne!(client.post("/api/v1/broadcasts", broadcast.clone()).ok()["id"], made["id"]);
    }
    // What was refused is no answer: it may be put right.
    let wrong = app.owner().header("Idempotency-Key", "wish-3");
    assert_eq!(
        wrong.post("/api/v1/wecom/moments", json!({ "name": "", "content": { "text": "x" } })).says(),
        "400 message_name name"
    );
    wrong.post("/api/v1/wecom/moments", moment.clone()).ok();
    app.test.clock.advance_seconds(8 * 86_400);
    let later = app.owner().header("Idempotency-Key", "wish-1");
    let again = later.post("/api/v1/broadcasts", broadcast.clone()).ok();
    assert_ne!(again["id"], made["id"], "a week later it is another wish");
    let long = app.owner().header("Idempotency-Key", &"x".repeat(101));
    assert_eq!(long.post("/api/v1/broadcasts", broadcast).says(), "400 idempotency_key");
}
