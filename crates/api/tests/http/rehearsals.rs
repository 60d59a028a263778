//! Test sends over HTTP: to members of staff only, as a customer would read it, and not too many.

use crate::guide_shop::Shop;
use crate::support::on_both;
use serde_json::{Value, json};
use siyu_access::Role;
use siyu_testkit::TestDb;

on_both!(a_content_is_shown_to_staff, test_sends_are_refused_and_limited);

fn told(shop: &Shop) -> Vec<(Vec<String>, String)> {
    shop.sandbox.posted().into_iter().filter(|(_, text)| text.contains("测试发送")).collect()
}

fn a_content_is_shown_to_staff(test: TestDb) {
    let shop = Shop::new(test);
    let pair = shop.pair();
    let people = shop.app.program().get("/api/v1/people?limit=1").ok();
    let person = people["items"][0]["id"].as_str().unwrap().to_owned();
    let tasks = |shop: &Shop| shop.world(|world| world.masses.len());
    let content = json!({
        "text": "{{ customer.name or \"朋友\" }}，{{ staff.name }}邀您到店",
        "attachments": [
            { "kind": "link", "title": "新品", "url": "https://shop.example/new" }
        ]
    });
    let own = json!({ "name": "秋日", "content": content, "person": person, "staff": pair.ann, "receivers": [pair.bob, pair.bob.to_uppercase()] });
    let done = shop.app.role(Role::Operator).post("/api/v1/wecom/messages/test", own).ok();
    assert_eq!(done["unreached"], json!([]));
    let kinds: Vec<&Value> = done["parts"].as_array().unwrap().iter().map(|part| &part["kind"]).collect();
    assert_eq!(kinds, ["text", "link"], "{done}");
    assert!(done["parts"].as_array().unwrap().iter().all(|part| part["state"] == "sent"), "{done}");
    let all = told(&shop);
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].0, std::slice::from_ref(&pair.bob), "one member, once, and nobody else");
    assert!(all[0].1.contains("秋日") && all[0].1.contains("邀您到店") && !all[0].1.contains("{{"), "{}", all[0].1);
    // No run, no task, nobody's quota.
    assert_eq!(tasks(&shop), 0);
    let runs = shop.app.program().get("/api/v1/runs").ok();
    assert!(runs["items"].as_array().unwrap().iter().all(|run| run["kind"] == "welcome"), "{runs}");
    let audit = shop.app.owner().get("/api/v1/audit?limit=50").ok();
    assert!(audit["items"].as_array().unwrap().iter().any(|row| row["action"] == "message.test"), "{audit}");
}

fn test_sends_are_refused_and_limited(test: TestDb) {
    let shop = Shop::new(test);
    let pair = shop.pair();
    let api = shop.app.program();
    let with = |more: Value| {
        let mut own = json!({ "content": { "text": "新品" }, "receivers": [pair.ann] });
        own.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        api.post("/api/v1/wecom/messages/test", own).says()
    };
    for (more, says) in [
        (json!({ "receivers": [] }), "400 rehearsal_receivers receivers"),
        (json!({ "receivers": ["nobody"] }), "400 rehearsal_receivers receivers"),
        (json!({ "receivers": ["@all"] }), "400 rehearsal_receivers receivers"),
        (json!({ "receivers": [format!("{}|{}", pair.ann, pair.bob)] }), "400 rehearsal_receivers receivers"),
        // A customer is no member of staff.
        (json!({ "receivers": [pair.of_ann[0]] }), "400 rehearsal_receivers receivers"),
        (
            json!({ "receivers": (0..6).map(|n| format!("a{n}")).collect::<Vec<_>>() }),
            "400 rehearsal_receivers receivers",
        ),
        (json!({ "content": { "text": "" } }), "400 content_invalid content.text"),
        (json!({ "material": "mat_x" }), "400 material_or_content material"),
        (json!({ "content": {}, "material": "mat_x" }), "404 material_unknown"),
        (json!({ "person": "psn_x" }), "404 person_unknown"),
    ] {
        assert_eq!(with(more.clone()), says, "{more}");
    }
    let own = json!({ "content": { "text": "新品" }, "receivers": [pair.ann] });
    let guide = shop.app.role(Role::Guide).post("/api/v1/wecom/messages/test", own).says();
    assert_eq!(guide, "403 permission_needed");
    assert_eq!(told(&shop), []);
    for _ in 0..10 {
        assert!(with(json!({})).starts_with("200"));
        shop.app.test.clock.advance_seconds(61);
    }
    assert_eq!(with(json!({})), "429 rehearsal_limit");
    assert!(with(json!({ "receivers": [pair.bob] })).starts_with("200"), "another one has had none");
    shop.app.test.clock.advance_seconds(3_600);
    assert!(with(json!({})).starts_with("200"));
    assert_eq!(told(&shop).len(), 12);
}
