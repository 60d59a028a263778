//! Where somebody stands: the page of one person says what rules find.

use crate::people_world::shop;
use crate::support::{TestApp, on_both};
use serde_json::{Value, json};
use siyu_access::Role;
use siyu_kernel::Time;
use siyu_testkit::TestDb;

on_both!(standing_is_what_rules_find, standing_names_no_numbers_of_other_stores);

fn ready(app: &TestApp) {
    shop(app);
    app.test.clock.set(Time::parse("2026-03-02T04:00:00Z").unwrap());
    app.step();
    let set = json!({"cycle_days": 30, "loyal_orders": 2, "loyal_days": 30, "loyal_before": false});
    app.owner().put("/api/v1/settings/lifecycle", set).ok();
}

fn standing_is_what_rules_find(test: TestDb) {
    let app = TestApp::new(test);
    ready(&app);
    let owner = app.owner();
    let (ann, ben, web) = (app.person("user_id:ann"), app.person("user_id:ben"), app.person("anonymous:web-3"));
    let standing = |id: &str| owner.get(&format!("/api/v1/people/{id}/standing")).ok();
    let own = standing(&ann);
    let points: Vec<f64> =
        own["parts"].as_array().unwrap().iter().map(|part| part["points"].as_f64().unwrap()).collect();
    // Bought 19 of 90 days ago, 2 of 12 orders, 110.50 of 10,000.00, active on 4 of 10 days.
    assert_eq!(points, [19.722, 4.166, 0.331, 4.0, 0.0]);
    assert_eq!((&own["points"], &own["score"], &own["cycle_days"]), (&json!(28.219), &json!(28), &json!(30)));
    assert_eq!((&own["tier"], &own["loyal"], &own["stage"]), (&json!("loyal"), &json!(true), &json!("new")));
    let reason = |at: usize| own["parts"][at]["reason"].as_str().unwrap().to_owned();
    assert!(reason(0).contains("19") && reason(0).contains("90"), "{}", reason(0));
    assert!(reason(2).contains("110.50") && reason(2).contains("10000.00"), "{}", reason(2));

    // Whatever the page says, a rule that asks for it finds the person, and nobody whose page says otherwise.
    for id in [&ann, &ben, &web] {
        let own = standing(id);
        let mut asks = vec![
            ("lifecycle", own["stage"].clone()),
            ("value.tier", own["tier"].clone()),
            ("value.score", own["score"].clone()),
            ("loyal", own["loyal"].clone()),
        ];
        if own["rfm"].is_object() {
            asks.extend([
                ("rfm.r", own["rfm"]["r"].clone()),
                ("rfm.f", own["rfm"]["f"].clone()),
                ("rfm.m", own["rfm"]["m"].clone()),
                ("rfm.segment", own["rfm"]["segment"].clone()),
            ]);
        }
        if !own["aarrr"].is_null() {
            asks.push(("aarrr", own["aarrr"].clone()));
        }
        for (field, value) in asks {
            let rule = json!({"rule": {"all": [{"field": field, "op": "eq", "value": value}]}});
            let found = owner.post("/api/v1/audiences/preview", rule).ok();
            let inside = found["sample"].as_array().unwrap().iter().any(|row| row["id"] == json!(id));
            assert!(inside, "{field} = {value}: {found}");
        }
    }
    let nobody = standing(&web);
    assert_eq!((&nobody["rfm"], &nobody["stage"]), (&Value::Null, &json!("prospect")));
    assert_eq!(owner.get("/api/v1/people/per_nobody/standing").says(), "404 person_unknown");
}

fn standing_names_no_numbers_of_other_stores(test: TestDb) {
    let app = TestApp::new(test);
    ready(&app);
    let (ann, ben) = (app.person("user_id:ann"), app.person("user_id:ben"));
    let guide = app.scoped(Role::Guide, &[], &["S1"]);
    assert_eq!(guide.get(&format!("/api/v1/people/{ben}/standing")).says(), "404 person_unknown");
    let (own, all) = (
        guide.get(&format!("/api/v1/people/{ann}/standing")).ok(),
        app.owner().get(&format!("/api/v1/people/{ann}/standing")).ok(),
    );
    assert_eq!((&own["score"], &own["tier"], &own["rfm"]), (&all["score"], &all["tier"], &all["rfm"]));
    let money = own["parts"][2]["reason"].as_str().unwrap();
    assert!(money.contains("10000.00") && !money.contains("110.50"), "{money}");
}
