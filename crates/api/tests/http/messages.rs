//! Mass messages over HTTP: what one would become is told before it is made, and who may make one.

use crate::support::{TestApp, on_both};
use serde_json::json;
use siyu_access::Role;
use siyu_testkit::TestDb;

on_both!(messages_are_planned_before_they_are_made);

fn messages_are_planned_before_they_are_made(test: TestDb) {
    let app = TestApp::new(test);
    let path = "/api/v1/wecom/messages";
    let person = app
        .program()
        .post("/api/v1/people", json!({ "identifiers": [{ "kind": "phone", "value": "13912345678" }] }))
        .ok();
    let id = person["id"].as_str().unwrap().to_owned();
    let message = |name: &str, text: &str, people: &[&str]| json!({ "name": name, "content": { "text": text }, "people": people });
    let plan = format!("{path}/plan");
    let planned = app.role(Role::Operator).post(&plan, message("秋日", "{{ staff.name }}：新品", &[&id])).ok();
    assert_eq!(
        (&planned["people"], &planned["reached"], &planned["skipped"]),
        (&json!(1), &json!(0), &json!([{ "reason": "no_friend", "people": 1 }]))
    );
    for (input, says) in [
        (message("秋日", "新品", &[&id]), "409 message_nobody"),
        (message("", "新品", &[&id]), "400 message_name name"),
        (message("秋日", "{{ customer.name }}", &[&id]), "400 message_variable content.text"),
        (message("秋日", "", &[&id]), "400 content_invalid content.text"),
        (message("秋日", "新品", &[]), "400 message_people people"),
        (message("秋日", "新品", &["psn_x"]), "404 person_unknown"),
        (json!({ "name": "秋日", "content": { "text": "x" }, "audience": "aud_x" }), "404 audience_unknown"),
    ] {
        assert_eq!(app.program().post(path, input).says(), says);
    }
    assert_eq!(app.role(Role::Guide).post(&plan, message("a", "b", &[&id])).says(), "403 permission_needed");
    assert_eq!(app.role(Role::Guide).get(path).ok()["items"], json!([]));
    for (method, place) in
        [("get", "msg_x"), ("get", "msg_x/people"), ("post", "msg_x/remind"), ("post", "msg_x/cancel")]
    {
        let at = format!("{path}/{place}");
        let answer = if method == "get" { app.program().get(&at) } else { app.program().post(&at, json!({})) };
        assert_eq!(answer.says(), "404 message_unknown", "{place}");
    }
    assert_eq!(app.program().get(&format!("{path}/msg_x/people?state=x")).says(), "400 message_state state");
}
