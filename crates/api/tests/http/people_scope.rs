//! Readers of some stores see these stores' people and orders, whichever way they ask.

use crate::people_world::{BEN, order, shop};
use crate::support::{Client, TestApp, on_both};
use serde_json::{Value, json};
use siyu_access::Role;
use siyu_testkit::TestDb;

on_both!(
    nothing_of_another_store_is_shown,
    nothing_of_another_store_is_changed,
    a_region_is_its_stores,
    shared_customers_show_own_orders
);

fn ids(answer: &Value) -> Vec<&str> {
    answer["items"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap()).collect()
}

fn nothing_of_another_store_is_shown(test: TestDb) {
    let app = TestApp::new(test);
    shop(&app);
    let (ann, ben) = (app.person("user_id:ann"), app.person("user_id:ben"));
    let own_orders = ["A1/refund/x", "A2", "A1"];
    for role in [Role::StoreManager, Role::Guide, Role::ReadOnly, Role::Analyst, Role::Operator] {
        let reader = app.scoped(role, &[], &["S1"]);
        let list = reader.get("/api/v1/people").ok();
        assert_eq!((ids(&list), &list["total"]), (vec![ann.as_str()], &json!(1)), "{role}");
        for query in [
            format!("identifier=phone:{BEN}"),
            format!("q={BEN}"),
            format!("q={ben}"),
            "store=S2".into(),
            "sort=-amount&orders_max=1".into(),
        ] {
            assert_eq!(reader.get(&format!("/api/v1/people?{query}")).ok()["items"], json!([]), "{role} {query}");
        }
        reader.get(&format!("/api/v1/people/{ann}")).ok();
        for rest in ["", "/orders", "/events", "/identity", "/consents", "/tag-history", "/export"] {
            let said = reader.get(&format!("/api/v1/people/{ben}{rest}")).says();
            assert!(said == "404 person_unknown" || said == "403 permission_needed", "{role} {rest}: {said}");
        }
        assert_eq!(reader.walk("/api/v1/orders", "order_no", 1), own_orders, "{role}");
        assert_eq!(reader.get("/api/v1/orders?store=S2").ok()["items"], json!([]));
        assert_eq!(reader.get("/api/v1/orders/B1").says(), "404 order_unknown");
        assert_eq!(reader.walk("/api/v1/stores", "code", 9), ["S1"]);
        let hits = reader.get("/api/v1/search?q=B1").ok();
        assert_eq!(hits["items"], json!([]));
        assert_eq!(reader.get("/api/v1/search?q=S2").ok()["items"], json!([]));
        let product = &reader.get("/api/v1/products").ok()["items"][0];
        assert_eq!(
            (&product["sku"], &product["sold"], &product["revenue"]),
            (&json!("T1"), &Value::Null, &Value::Null)
        );
    }
    let analyst = app.scoped(Role::Analyst, &[], &["S1"]);
    let rule = json!({"rule": {"all": [{"field": "orders.count", "op": "gte", "value": 1}]}});
    assert_eq!(analyst.post("/api/v1/tags/preview", rule).ok()["people"], 1);
}

fn nothing_of_another_store_is_changed(test: TestDb) {
    let app = TestApp::new(test);
    shop(&app);
    let (ann, ben) = (app.person("user_id:ann"), app.person("user_id:ben"));
    let operator = app.scoped(Role::Operator, &[], &["S1"]);
    let foreign =
        |client: &Client<'_>, rest: &str, body: Value| client.post(&format!("/api/v1/people/{ben}{rest}"), body).says();
    for (rest, body) in [
        ("/tags", json!({"name": "x", "group": "y"})),
        ("/consents", json!({"purpose": "marketing", "channel": "sms", "granted": true, "text_version": "1"})),
        ("/unmask", json!({"reason": "r"})),
        ("/merge", json!({"other_id": ann, "reason": "r"})),
    ] {
        assert_eq!(foreign(&operator, rest, body), "404 person_unknown", "{rest}");
    }
    assert_eq!(
        operator.patch(&format!("/api/v1/people/{ben}"), json!({"traits": {"city": "x"}})).says(),
        "404 person_unknown"
    );
    let merge = json!({"other_id": ben, "reason": "r"});
    assert_eq!(operator.post(&format!("/api/v1/people/{ann}/merge"), merge).says(), "404 person_unknown other_id");
    let add = json!({"identifiers": [{"kind": "phone", "value": BEN}], "traits": {"name": "他"}});
    assert_eq!(operator.post("/api/v1/people", add).says(), "403 outside_scope identifiers");
    assert_eq!(operator.put("/api/v1/stores/S2", json!({"name": "x"})).says(), "404 store_unknown");
    assert_eq!(operator.put("/api/v1/stores/S1", json!({"name": "静安店", "region": "华东"})).ok()["name"], "静安店");
}

fn a_region_is_its_stores(test: TestDb) {
    let app = TestApp::new(test);
    shop(&app);
    let manager = app.scoped(Role::StoreManager, &["华东"], &[]);
    assert_eq!(manager.get("/api/v1/people").ok()["items"], json!([]), "a region without stores has nobody");
    app.owner().put("/api/v1/stores/S2", json!({"name": "苏州店", "region": "华东"})).ok();
    let ben = app.person("user_id:ben");
    assert_eq!(ids(&manager.get("/api/v1/people").ok()), [ben.as_str()]);
    assert_eq!(manager.walk("/api/v1/orders", "order_no", 9), ["B1"]);
    app.owner().put("/api/v1/stores/S2", json!({"name": "苏州店"})).ok();
    assert_eq!(manager.get("/api/v1/people").ok()["items"], json!([]));
}

fn shared_customers_show_own_orders(test: TestDb) {
    let app = TestApp::new(test);
    shop(&app);
    app.track(json!([order("ben", "B2", "S1", 12.0, "2026-02-14T00:00:00Z")]));
    let (reader, ben) = (app.scoped(Role::ReadOnly, &[], &["S1"]), app.person("user_id:ben"));
    let own = reader.get(&format!("/api/v1/people/{ben}/orders")).ok();
    assert_eq!((own["items"].as_array().unwrap().len(), &own["items"][0]["order_no"]), (1, &json!("B2")));
    assert_eq!(own["items"][0]["lines"].as_array().unwrap().len(), 1);
    let person = reader.get(&format!("/api/v1/people/{ben}")).ok();
    assert_eq!((&person["orders"]["count"], &person["orders"]["amount"]), (&json!(1), &json!(1200)));
    let list = reader.get("/api/v1/people").ok();
    let row = list["items"].as_array().unwrap().iter().find(|row| row["id"] == ben.as_str()).unwrap();
    assert_eq!((&row["orders"]["count"], &row["orders"]["amount"]), (&json!(1), &json!(1200)));
    assert_eq!(person["stores"].as_array().unwrap().len(), 1);
}
