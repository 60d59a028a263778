//! Effects over HTTP: who was held out against who was let through, contents and arms against the first, and who may ask.

use crate::guide_shop::Shop;
use crate::support::{TestApp, on_both};
use serde_json::{Value, json};
use siyu_access::Role;
use siyu_api::App;
use siyu_commerce::{LineIn, OrderIn, place};
use siyu_contacts::Ran;
use siyu_kernel::{Currency, PersonNum};
use siyu_testkit::TestDb;

on_both!(
    what_a_run_did_is_told,
    the_winner_of_a_test_goes_to_the_rest,
    tests_of_a_journey_are_told,
    a_journey_is_held_against_its_control,
    effects_are_of_the_whole_brand
);

/// Until nothing of the gate is due.
fn decided(shop: &Shop) {
    for _ in 0..50 {
        if shop.app.app.reach.work_gate().unwrap() != Ran::Went {
            return;
        }
    }
    panic!("the gate comes to an end");
}
pub fn bought(app: &App, buyers: &[PersonNum]) {
    let (now, buyers) = (app.now(), buyers.to_vec());
    let order = |buyer: &PersonNum| OrderIn {
        order_no: format!("N{buyer}"),
        at: now,
        store: None,
        currency: Currency::CNY,
        person: Some(*buyer),
        root: Some(*buyer),
        lines: vec![LineIn {
            line_no: None,
            sku: "A".into(),
            title: None,
            quantity_milli: 1_000,
            price_minor: None,
            amount_minor: 100,
            refund_of: None,
        }],
        source: "test".into(),
        whole: false,
    };
    let orders: Vec<OrderIn> = buyers.iter().map(order).collect();
    app.db.transact(move |tx| place(tx, &orders, 0, now)).unwrap();
}

fn the_winner_of_a_test_goes_to_the_rest(test: TestDb) {
    let shop = Shop::new(test);
    let (api, app) = (shop.app.program(), shop.app.app.clone());
    let mut rules = api.get("/api/v1/gate/rules").ok()["rules"].clone();
    (rules["quiet"], rules["caps"], rules["fatigue"]) = (Value::Null, json!([]), Value::Null);
    api.put("/api/v1/gate/rules", json!({ "rules": rules })).ok();
    let sql = "SELECT num FROM wecom_contact ORDER BY num";
    let nums: Vec<PersonNum> = app.db.read(|tx| Ok(tx.query(sql, &[], |row| row.num(0))?)).unwrap();
    let people: Vec<String> = nums.iter().map(|num| app.people.id(*num)).collect();
    let broadcast = |test: Value| json!({ "name": "秋日", "content": { "text": "新品" }, "variants": [{ "text": "新品到店" }], "people": people, "test": test });
    for (test, says) in [
        (json!({ "percent": 40, "hours": 6, "goal": "clicks" }), "400 broadcast_invalid test.goal"),
        (json!({ "percent": 60, "hours": 6, "goal": "bought" }), "400 broadcast_invalid test.percent"),
        (json!({ "percent": 40, "hours": 80, "goal": "bought" }), "400 broadcast_invalid test.hours"),
    ] {
        assert_eq!(api.post("/api/v1/broadcasts", broadcast(test.clone())).says(), says);
        assert_eq!(api.post("/api/v1/broadcasts/plan", broadcast(test)).says(), says);
    }
    let good = broadcast(json!({ "percent": 40, "hours": 6, "goal": "bought" }));
    let plan = api.post("/api/v1/broadcasts/plan", good.clone()).ok();
    let waits = plan["waiting"].as_array().unwrap().iter().find(|own| own["reason"] == "test_cell").unwrap().clone();
    assert!(waits["people"].as_i64().unwrap() > 0 && plan["people"] == people.len(), "{plan}");

    let made = api.post("/api/v1/broadcasts", good.clone()).ok();
    let (id, path) = (made["id"].as_str().unwrap(), format!("/api/v1/broadcasts/{}", made["id"].as_str().unwrap()));
    assert_eq!((&made["test"]["goal"], &made["test"]["winner"]), (&json!("bought"), &Value::Null));
    shop.app.test.clock.advance_seconds(600);
    decided(&shop);
    let held = api.get(&format!("/api/v1/runs/{id}")).ok()["reasons"]["test_cell"].as_i64().unwrap();
    let listed = api.get(&format!("/api/v1/runs/{id}/people?end=waiting&reason=test_cell&limit=200")).ok();
    assert_eq!(listed["items"].as_array().unwrap().len() as i64, held);
    assert!(listed["items"][0]["says"].as_str().unwrap().len() > 10);
    let with = |content: i64, rest: i64| -> Vec<PersonNum> {
        let sql = "SELECT p.num FROM message_person p JOIN message_task t ON t.id = p.task WHERE t.message = $1 AND t.variant = $2 AND t.rest = $3 ORDER BY p.num";
        app.db.read(|tx| Ok(tx.query(sql, siyu_db::params![id, content, rest], |row| row.num(0))?)).unwrap()
    };
    let arms = [with(0, 0), with(1, 0)];
    bought(&shop.app.app, &arms[1][..20]);
    shop.app.test.clock.advance_seconds(6 * 3_600 + 60);
    decided(&shop);
    let own = api.get(&path).ok()["test"].clone();
    assert_eq!(
        (&own["winner"], &own["reason"], &own["decided_by"]),
        (&json!(1), &json!("shown"), &Value::Null),
        "{own}"
    );
    assert_eq!(
        (&own["numbers"]["contents"][0]["count"], &own["numbers"]["contents"][1]["count"]),
        (&json!(0), &json!(20))
    );
    assert!(own["numbers"]["against"][0]["p"].as_f64().unwrap() < 0.05 && own["numbers"]["against"][0]["content"] == 0);
    assert!(with(0, 1).is_empty() && !with(1, 1).is_empty());
    // The contents are compared among those who were drawn for them.
    let effect = api.get(&format!("/api/v1/runs/{id}/effect")).ok();
    let sizes: Vec<i64> =
        effect["trials"][0]["arms"].as_array().unwrap().iter().map(|own| own["people"].as_i64().unwrap()).collect();
    assert_eq!(sizes, [arms[0].len() as i64, arms[1].len() as i64]);
    let choose = |path: &str, content: i64| api.post(&format!("{path}/winner"), json!({ "content": content })).says();
    assert_eq!(choose(&path, 0), "409 broadcast_test");

    // Another one, by hand.
    let made = api.post("/api/v1/broadcasts", good).ok();
    let path = format!("/api/v1/broadcasts/{}", made["id"].as_str().unwrap());
    assert_eq!(choose(&path, 2), "400 broadcast_invalid content");
    let guide = shop.app.role(Role::Guide).post(&format!("{path}/winner"), json!({ "content": 1 })).says();
    assert_eq!(guide, "403 permission_needed");
    let own = shop.app.owner().post(&format!("{path}/winner"), json!({ "content": 1 })).ok()["test"].clone();
    assert_eq!((&own["winner"], &own["reason"]), (&json!(1), &json!("by_hand")));
    assert!(own["decided_by"].is_string() && own["numbers"]["says"] == "too_small", "{own}");
    assert_eq!(choose("/api/v1/broadcasts/msg_x", 1), "404 broadcast_unknown");
}

fn total(trial: &Value) -> i64 {
    trial["arms"].as_array().unwrap().iter().map(|arm| arm["people"].as_i64().unwrap()).sum()
}

fn what_a_run_did_is_told(test: TestDb) {
    let shop = Shop::new(test);
    let (api, app) = (shop.app.program(), shop.app.app.clone());
    let sql = "SELECT num FROM wecom_contact ORDER BY num";
    let nums: Vec<PersonNum> = app.db.read(|tx| Ok(tx.query(sql, &[], |row| row.num(0))?)).unwrap();
    let people: Vec<String> = nums.iter().map(|num| app.people.id(*num)).collect();
    let broadcast = json!({ "name": "秋日", "content": { "text": "新品" }, "variants": [{ "text": "新品到店" }], "people": people, "holdout_percent": 50.0 });
    let made = api.post("/api/v1/broadcasts", broadcast).ok();
    let id = made["id"].as_str().unwrap();
    let path = format!("/api/v1/runs/{id}/effect");
    // Nobody is decided: nothing can be said, and nothing is wrong.
    let early = api.get(&path).ok();
    assert_eq!((&early["over"], early["trials"][0]["kind"].clone()), (&json!(false), json!("variants")));
    shop.app.test.clock.advance_seconds(600);
    for _ in 0..50 {
        if app.reach.work_gate().unwrap() != Ran::Went {
            break;
        }
    }
    let run = api.get(&format!("/api/v1/runs/{id}")).ok();
    let treated = "SELECT num FROM message_person WHERE message = $1 ORDER BY num LIMIT 1";
    let buyer = app.db.read(|tx| Ok(tx.one(treated, siyu_db::params![id], |row| row.num(0))?)).unwrap();
    let now = app.now();
    let line = LineIn {
        line_no: None,
        sku: "A".into(),
        title: None,
        quantity_milli: 1_000,
        price_minor: None,
        amount_minor: 12_300,
        refund_of: None,
    };
    let order = OrderIn {
        order_no: "N1".into(),
        at: now,
        store: None,
        currency: Currency::CNY,
        person: Some(buyer),
        root: Some(buyer),
        lines: vec![line],
        source: "test".into(),
        whole: false,
    };
    app.db.transact(move |tx| place(tx, std::slice::from_ref(&order), 0, now)).unwrap();
    shop.app.test.clock.advance_seconds(15 * 86_400);
    let own = shop.app.role(Role::Analyst).get(&path).ok();
    assert_eq!(
        (&own["days"], &own["over"], &own["currency"], &own["both"]),
        (&json!(14), &json!(true), &json!("CNY"), &json!(0))
    );
    let trials = own["trials"].as_array().unwrap();
    let (holdout, variants) = (&trials[0], &trials[1]);
    assert_eq!((&holdout["kind"], &variants["kind"]), (&json!("holdout"), &json!("variants")));
    assert_eq!((&holdout["arms"][0]["name"], &holdout["arms"][0]["drawn"]), (&json!("held_out"), &json!(0.5)));
    assert_eq!(holdout["arms"][0]["people"], run["reasons"]["holdout"], "{run}");
    let treated = holdout["arms"][1]["people"].as_i64().unwrap();
    assert!(treated > 5 && total(variants) == treated, "{own}");
    let outcome = |at: usize| &holdout["outcomes"][at];
    let names: Vec<&Value> = (0..3).map(|at| &outcome(at)["what"]).collect();
    assert_eq!(names, ["bought", "revenue", "lost"]);
    assert_eq!((&outcome(0)["figures"][0]["people"], &outcome(0)["figures"][1]["people"]), (&json!(0), &json!(1)));
    assert_eq!(outcome(1)["figures"][1]["sum"], 12_300);
    let compared = &outcome(1)["comparisons"][0];
    assert_eq!((&compared["arm"], &compared["verdict"]), (&json!(1), &json!("too_small")));
    assert!((compared["extra"].as_f64().unwrap() - 12_300.0).abs() < 1e-6, "{compared}");
    assert!(compared["interval"]["low"].as_f64() < compared["interval"]["high"].as_f64());
    assert_eq!(compared["people_needed"], Value::Null, "the first arm's figure is nought");
    // Before the order was made.
    let none = api.get(&format!("{path}?days=90&lift=5")).ok();
    assert_eq!((&none["over"], &none["lift_percent"]), (&json!(false), &json!(5.0)));
    for (query, says) in [
        ("?days=0", "400 effect_days days"),
        ("?days=91", "400 effect_days days"),
        ("?lift=0", "400 effect_lift lift"),
        ("?lift=501", "400 effect_lift lift"),
    ] {
        assert_eq!(api.get(&format!("{path}{query}")).says(), says);
    }
    assert_eq!(api.get("/api/v1/runs/msg_x/effect").says(), "404 run_unknown");
}

fn tests_of_a_journey_are_told(test: TestDb) {
    let app = TestApp::new(test);
    let api = app.program();
    let arms = json!([{ "name": "问候", "weight": 50, "to": "x" }, { "name": "不打扰", "weight": 50, "to": "x" }]);
    let definition = json!({ "format": 1, "entry": { "type": "trigger", "on": { "type": "event", "name": "Camp Joined" } }, "start": "test", "nodes": [
        { "id": "test", "name": "试验", "do": { "type": "ab", "arms": arms, "goal": { "type": "event", "name": "Camp Left" }, "within_days": 7 } },
        { "id": "x", "do": { "type": "exit" } }] });
    let own = api.post("/api/v1/journeys", json!({ "name": "旅程", "definition": definition })).ok();
    let path = format!("/api/v1/journeys/{}", own["id"].as_str().unwrap());
    assert_eq!(api.get(&format!("{path}/tests")).ok()["items"], json!([]));
    api.post(&format!("{path}/publish"), json!({ "edits": own["edits"] })).ok();
    let people: Vec<Value> = (0..40)
        .map(|n| {
            let body = json!({ "identifiers": [{ "kind": "phone", "value": format!("137000000{n:02}") }] });
            api.post("/api/v1/people", body).ok()["id"].clone()
        })
        .collect();
    api.post(&format!("{path}/enter"), json!({ "people": people })).ok();
    while app.app.journeys.step().unwrap() == siyu_journeys::Ran::Went {}
    let own = app.role(Role::Analyst).get(&format!("{path}/tests?lift=20")).ok();
    assert_eq!(own["lift_percent"], 20.0);
    let test = &own["items"][0];
    assert_eq!(
        (&test["node"], &test["name"], &test["versions"], &test["within_days"]),
        (&json!("test"), &json!("试验"), &json!([1]), &json!(7))
    );
    let trial = &test["trial"];
    assert_eq!((total(trial), &trial["kind"], &trial["mismatch"]), (40, &json!("arms"), &json!(false)));
    assert_eq!((&trial["arms"][1]["name"], &trial["outcomes"][0]["what"]), (&json!("不打扰"), &json!("goal")));
    assert_eq!(trial["outcomes"][0]["comparisons"][0]["verdict"], "too_small");
    assert_eq!(api.get(&format!("{path}/tests?lift=-1")).says(), "400 effect_lift lift");
    assert_eq!(api.get("/api/v1/journeys/jny_x/tests").says(), "404 journey_unknown");
}

fn a_journey_is_held_against_its_control(test: TestDb) {
    let app = TestApp::new(test);
    let api = app.program();
    let definition = json!({ "format": 1, "entry": { "type": "trigger", "on": { "type": "event", "name": "Camp Joined" } }, "start": "w",
        "holdout_percent": 50, "holdout_days": 7, "goal": { "on": { "type": "event", "name": "Camp Left" } }, "nodes": [
        { "id": "w", "do": { "type": "wait", "for": { "amount": 1, "unit": "day" }, "next": "x" } }, { "id": "x", "do": { "type": "exit" } }] });
    let wrong = |percent: u32, days: u32| {
        let mut own = definition.clone();
        (own["holdout_percent"], own["holdout_days"]) = (json!(percent), json!(days));
        api.post("/api/v1/journeys/check", json!({ "definition": own })).ok()["problems"][0]["code"].clone()
    };
    assert_eq!(
        (wrong(51, 7), wrong(10, 91), wrong(10, 0)),
        (json!("journey_holdout"), json!("journey_holdout"), json!("journey_holdout"))
    );
    let own = api.post("/api/v1/journeys", json!({ "name": "旅程", "definition": definition })).ok();
    let path = format!("/api/v1/journeys/{}", own["id"].as_str().unwrap());
    api.post(&format!("{path}/publish"), json!({ "edits": own["edits"] })).ok();
    assert_eq!(api.get(&format!("{path}/tests")).ok()["effect"], Value::Null);
    let people: Vec<Value> = (0..120)
        .map(|n| {
            let body = json!({ "identifiers": [{ "kind": "phone", "value": format!("13700000{n:03}") }] });
            api.post("/api/v1/people", body).ok()["id"].clone()
        })
        .collect();
    api.post(&format!("{path}/enter"), json!({ "people": people })).ok();
    while app.app.journeys.step().unwrap() == siyu_journeys::Ran::Went {}
    let control = api.get(&format!("{path}/numbers")).ok()["sums"]["control"].clone();
    let own = app.role(Role::Analyst).get(&format!("{path}/tests")).ok()["effect"].clone();
    let trial = &own["trial"];
    assert_eq!(
        (total(trial), &trial["kind"], &trial["mismatch"], &own["open"]),
        (120, &json!("journey"), &json!(false), &json!(120)),
        "{own}"
    );
    assert_eq!(
        (&trial["arms"][0]["name"], &trial["arms"][0]["people"], &trial["arms"][0]["drawn"]),
        (&json!("control"), &control["entered"], &json!(0.5))
    );
    let what: Vec<&str> =
        trial["outcomes"].as_array().unwrap().iter().map(|own| own["what"].as_str().unwrap()).collect();
    assert_eq!(what, ["goal", "bought", "revenue", "lost"]);
    let listed = api.get(&format!("{path}/people?control=true&limit=200")).ok()["items"].as_array().unwrap().len();
    assert_eq!(json!(listed), control["entered"]);
    // Whom the brand's holdout keeps is in neither group.
    let mut rules = api.get("/api/v1/gate/rules").ok()["rules"].clone();
    rules["holdout"]["percent"] = json!(30.0);
    api.put("/api/v1/gate/rules", json!({ "rules": rules })).ok();
    let own = api.get(&format!("{path}/tests")).ok()["effect"].clone();
    let kept_out = own["kept_out"].as_i64().unwrap();
    assert!((15..60).contains(&kept_out) && total(&own["trial"]) == 120 - kept_out, "{own}");
}

fn effects_are_of_the_whole_brand(test: TestDb) {
    let app = TestApp::new(test);
    let operator = app.role(Role::Operator);
    let scope = json!({ "scope": { "all": false, "regions": [], "stores": ["S1"] } });
    app.owner().patch(&format!("/api/v1/users/{}", operator.id), scope).ok();
    for path in ["/api/v1/runs/msg_x/effect", "/api/v1/journeys/jny_x/tests"] {
        assert_eq!(operator.get(path).says(), "403 scope_needed", "{path}");
    }
}
