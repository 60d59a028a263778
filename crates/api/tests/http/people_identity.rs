//! Merging and parting through HTTP: orders and history follow.

use crate::people_world::{ANN, shop};
use crate::support::{TestApp, on_both};
use serde_json::{Value, json};
use siyu_access::Role;
use siyu_testkit::TestDb;

on_both!(a_merge_is_undone_without_loss, a_merge_by_rule_says_why, merges_of_others_are_unknown);

fn count(person: &Value) -> (i64, i64, i64) {
    let number = |value: &Value| value.as_i64().unwrap();
    (number(&person["orders"]["count"]), number(&person["orders"]["amount"]), number(&person["events"]["count"]))
}

fn a_merge_is_undone_without_loss(test: TestDb) {
    let app = TestApp::new(test);
    shop(&app);
    let (owner, ann, ben) = (app.owner(), app.person("user_id:ann"), app.person("user_id:ben"));
    let get = |id: &str| app.program().get(&format!("/api/v1/people/{id}")).ok();
    let before = (count(&get(&ann)), count(&get(&ben)));
    assert_eq!(before, ((2, 15050, 4), (1, 3000, 2)));
    let one = owner.post(&format!("/api/v1/people/{ann}/merge"), json!({"other_id": ben, "reason": "同一人"})).ok();
    assert_eq!(count(&one), (3, 18050, 6));
    assert_eq!(get(&ben)["id"], one["id"]);
    let again = owner.post(&format!("/api/v1/people/{ann}/merge"), json!({"other_id": ben, "reason": "again"}));
    assert_eq!(again.says(), "409 already_one");
    let identity = owner.get(&format!("/api/v1/people/{ben}/identity")).ok();
    assert_eq!(identity["people"].as_array().unwrap().len(), 2);
    assert_eq!((&identity["people"][0]["kept"], &identity["people"][0]["orders"]), (&json!(true), &json!(2)));
    let merge = &identity["merges"][0];
    assert_eq!((&merge["state"], &merge["reason"], &merge["by"]), (&json!("active"), &Value::Null, &json!("Ann")));
    let path = format!("/api/v1/people/{ann}/merges/{}", merge["id"].as_str().unwrap());
    let preview = app.program().get(&format!("{path}/preview")).ok();
    let sides =
        [&preview["left"], &preview["right"]].map(|side| (side["id"].as_str().unwrap().to_owned(), count(side)));
    assert!(sides.contains(&(ann.clone(), before.0)) && sides.contains(&(ben.clone(), before.1)), "{sides:?}");
    assert_eq!(preview["left"]["traits"]["name"], "安安");
    assert_eq!(owner.post(&format!("{path}/undo"), json!({"reason": ""})).says(), "400 reason_needed reason");
    let parted = owner.post(&format!("{path}/undo"), json!({"reason": "认错了"})).ok();
    assert_eq!([&parted["left_id"], &parted["right_id"]].map(|id| id.as_str().unwrap()), [ann.as_str(), ben.as_str()]);
    assert_eq!((count(&get(&ann)), count(&get(&ben))), before);
    let drift = app.app.db.read(siyu_commerce::drift).unwrap();
    assert!(drift.iter().all(|check| check.rows == 0), "totals equal the sum of the lines: {drift:?}");
    assert_eq!(owner.post(&format!("{path}/undo"), json!({"reason": "twice"})).says(), "409 already_undone");
    assert_eq!(owner.get(&format!("{path}/preview")).says(), "409 already_undone");
    let identity = owner.get(&format!("/api/v1/people/{ben}/identity")).ok();
    assert_eq!((&identity["merges"][0]["state"], &identity["splits"][0]["by"]), (&json!("undone"), &json!("Ann")));
    let actions = app.audited();
    assert!(actions.contains(&"person.merge".to_owned()) && actions.contains(&"person.unmerge".to_owned()));
}

fn a_merge_by_rule_says_why(test: TestDb) {
    let app = TestApp::new(test);
    shop(&app);
    app.track(json!([
        {"type": "identify", "messageId": "x1", "userId": "ann-2", "timestamp": "2026-02-15T00:00:00Z", "traits": {"city": "北京"}},
        {"type": "identify", "messageId": "x2", "userId": "ann-2", "timestamp": "2026-02-16T00:00:00Z", "traits": {"phone": ANN}}
    ]));
    let ann = app.person("user_id:ann");
    assert_eq!(app.person("user_id:ann-2"), ann);
    let merges = app.program().get(&format!("/api/v1/people/{ann}/identity")).ok();
    assert_eq!(merges["merges"][0]["reason"], json!({"kind": "phone", "value": ANN}));
    let seen = app.role(Role::ReadOnly).get(&format!("/api/v1/people/{ann}/identity")).ok();
    assert_eq!(seen["merges"][0]["reason"], json!({"kind": "phone", "value": "139****5678"}));
}

fn merges_of_others_are_unknown(test: TestDb) {
    let app = TestApp::new(test);
    shop(&app);
    app.track(json!([{"type": "track", "messageId": "y1", "anonymousId": "web-9", "event": "E"}]));
    let (owner, ann, ben, cai) =
        (app.owner(), app.person("user_id:ann"), app.person("user_id:ben"), app.person("anonymous:web-9"));
    owner.post(&format!("/api/v1/people/{ann}/merge"), json!({"other_id": ben, "reason": "r"})).ok();
    let identity = owner.get(&format!("/api/v1/people/{ann}/identity")).ok();
    let merge = identity["merges"][0]["id"].as_str().unwrap();
    for id in [merge, "0", "x", "99999999999999999999"] {
        let said = owner.post(&format!("/api/v1/people/{cai}/merges/{id}/undo"), json!({"reason": "r"})).says();
        assert_eq!(said, "404 merge_unknown", "{id}");
    }
    assert_eq!(
        app.role(Role::Analyst).get(&format!("/api/v1/people/{ann}/merges/{merge}/preview")).says(),
        "403 permission_needed"
    );
}
