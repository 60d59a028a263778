//! Tags, fields, orders, products, stores, search, settings.

use crate::people_world::shop;
use crate::support::{TestApp, on_both};
use serde_json::json;
use siyu_access::Role;
use siyu_testkit::TestDb;

on_both!(
    a_rule_tag_follows_its_rule,
    wrong_tags_name_the_field,
    fields_are_made_and_changed,
    orders_are_listed_and_shown,
    products_and_stores_add_up,
    the_box_finds_everything,
    settings_are_changed_in_part
);

fn a_rule_tag_follows_its_rule(test: TestDb) {
    let app = TestApp::new(test);
    shop(&app);
    let analyst = app.role(Role::Analyst);
    let rule = json!({"all": [{"field": "orders.amount", "op": "gte", "value": 10000}]});
    let preview = analyst.post("/api/v1/tags/preview", json!({"rule": rule})).ok();
    assert_eq!((&preview["people"], &preview["sample"][0]["name"]), (&json!(1), &json!("安安")));
    let group = analyst.post("/api/v1/tag-groups", json!({"name": "消费"}));
    assert_eq!(group.status, 201);
    let group = group.json()["id"].as_str().unwrap().to_owned();
    let tag = analyst
        .post(
            "/api/v1/tags",
            json!({"group_id": group, "name": "高消费", "color": "gold", "kind": "rule", "rule": rule}),
        )
        .ok();
    let id = tag["id"].as_str().unwrap();
    assert_eq!((&tag["rule"]["all"][0]["field"], &tag["people"]), (&json!("orders.amount"), &json!(0)));
    let run = analyst.post(&format!("/api/v1/tags/{id}/run"), json!({})).ok();
    assert_eq!(run, json!({"added": 1, "removed": 0, "people": 1}));
    let ann = app.person("user_id:ann");
    assert_eq!(app.owner().delete(&format!("/api/v1/people/{ann}/tags/{id}")).says(), "409 tag_by_rule");
    let looser = json!({"name": "消费过", "kind": "rule", "ttl_days": null, "rule": {"any": [{"field": "orders.count", "op": "gte", "value": 1}]}});
    assert_eq!(analyst.patch(&format!("/api/v1/tags/{id}"), looser).ok()["name"], "消费过");
    assert_eq!(analyst.post(&format!("/api/v1/tags/{id}/run"), json!({})).ok()["people"], 2);
    let groups = analyst.get("/api/v1/tags").ok();
    assert_eq!(groups["groups"][0]["tags"][0]["people"], 2);
    assert_eq!(analyst.delete(&format!("/api/v1/tag-groups/{group}")).says(), "409 group_not_empty");
    assert_eq!(analyst.delete(&format!("/api/v1/tags/{id}")).status, 204);
    assert_eq!(analyst.patch(&format!("/api/v1/tag-groups/{group}"), json!({"name": "旧"})).ok()["name"], "旧");
    assert_eq!(analyst.delete(&format!("/api/v1/tag-groups/{group}")).status, 204);
    let fields = analyst.get("/api/v1/tags/fields").ok();
    assert!(
        fields["items"]
            .as_array()
            .unwrap()
            .iter()
            .any(|field| field["field"] == "orders.count" && field["operators"].is_array())
    );
}

fn wrong_tags_name_the_field(test: TestDb) {
    let app = TestApp::new(test);
    let owner = app.owner();
    owner.post("/api/v1/tags", json!({"group": "g", "name": "t"})).ok();
    for (body, want) in [
        (json!({"name": "t2"}), "400 group_needed group"),
        (json!({"group_id": "tgp_none", "name": "t2"}), "400 group_unknown group_id"),
        (json!({"group": "g", "name": "t"}), "409 tag_exists name"),
        (json!({"group": "g", "name": " "}), "400 name_invalid name"),
        (json!({"group": "g", "name": "t2", "color": "beige"}), "400 invalid_color color"),
        (json!({"group": "g", "name": "t2", "kind": "magic"}), "400 tag_kind kind"),
        (json!({"group": "g", "name": "t2", "kind": "rule"}), "400 tag_needs_rule rule"),
        (json!({"group": "g", "name": "t2", "ttl_days": 0}), "400 invalid_ttl ttl_days"),
        (json!({"group": "g", "name": "t2", "kind": "rule", "rule": {"all": []}}), "400 rule_empty rule.all"),
        (
            json!({"group": "g", "name": "t2", "kind": "rule", "rule": {"all": [{"field": "x", "op": "eq", "value": 1}]}}),
            "400 rule_field rule.all[0].field",
        ),
    ] {
        assert_eq!(owner.post("/api/v1/tags", body.clone()).says(), want, "{body}");
    }
    assert_eq!(owner.post("/api/v1/tags/tag_none/run", json!({})).says(), "404 tag_unknown");
}

fn fields_are_made_and_changed(test: TestDb) {
    let app = TestApp::new(test);
    shop(&app);
    let owner = app.owner();
    let field = owner
        .post("/api/v1/fields", json!({"name": "shoe_size", "type": "number", "label_zh": "鞋码", "locked": true}));
    assert_eq!(field.status, 201, "{}", field.text());
    assert_eq!(
        owner.post("/api/v1/fields", json!({"name": "shoe_size", "type": "text"})).says(),
        "409 field_exists name"
    );
    let ann = app.person("user_id:ann");
    let wrong = owner.patch(&format!("/api/v1/people/{ann}"), json!({"traits": {"shoe_size": "big"}}));
    assert_eq!(wrong.says(), "400 trait_type traits.shoe_size");
    let fields = owner.get("/api/v1/fields").ok();
    let city = fields["items"].as_array().unwrap().iter().find(|field| field["name"] == "city").unwrap();
    assert_eq!((&city["people"], &city["sensitive"], &city["label_zh"]), (&json!(1), &json!(false), &json!("城市")));
    assert_eq!(owner.patch("/api/v1/fields/city", json!({"sensitive": true})).ok()["people"], 1);
    let seen = app.role(Role::Guide).get(&format!("/api/v1/people/{ann}")).ok();
    assert_eq!(seen["traits"]["city"], "****");
    // Whoever may not see hidden values may not uncover them by changing the field.
    assert_eq!(
        app.role(Role::Guide).patch("/api/v1/fields/city", json!({"sensitive": false})).says(),
        "403 permission_needed"
    );
    assert_eq!(owner.patch("/api/v1/fields/city", json!({"name": "town"})).says(), "400 field_rename name");
    assert_eq!(owner.patch("/api/v1/fields/none", json!({})).says(), "404 field_unknown");
}

fn orders_are_listed_and_shown(test: TestDb) {
    let app = TestApp::new(test);
    shop(&app);
    let owner = app.owner();
    let whole = owner.walk("/api/v1/orders", "order_no", 200);
    assert_eq!(owner.walk("/api/v1/orders", "order_no", 1), whole);
    for (query, want) in [
        ("q=A2", vec!["A2"]),
        ("store=S2", vec!["B1"]),
        ("status=partly_refunded", vec!["A1"]),
        ("from=2026-02-11T00:00:00Z&to=2026-02-13T00:00:00Z", vec!["B1", "A2"]),
    ] {
        assert_eq!(owner.walk(&format!("/api/v1/orders?{query}"), "order_no", 50), want, "{query}");
    }
    let order = owner.get("/api/v1/orders/A1").ok();
    assert_eq!(
        (&order["amount"], &order["refunded"], &order["status"]),
        (&json!(10000), &json!(4000), &json!("partly_refunded"))
    );
    assert_eq!(order["person_id"], app.person("user_id:ann"));
    assert_eq!(
        order["lines"][0],
        json!({"line_no": 1, "sku": "T1", "title": "茶", "quantity": 1, "price": 10000, "amount": 10000, "refund": false})
    );
    assert_eq!(owner.get("/api/v1/orders?status=lost").says(), "400 status_unknown status");
    assert_eq!(owner.get("/api/v1/orders/none").says(), "404 order_unknown");
}

fn products_and_stores_add_up(test: TestDb) {
    let app = TestApp::new(test);
    shop(&app);
    let owner = app.owner();
    let product = &owner.get("/api/v1/products?q=t1").ok()["items"][0];
    assert_eq!((&product["sold"], &product["revenue"]), (&json!(3), &json!(18050)));
    let stores = owner.get("/api/v1/stores").ok();
    assert_eq!(
        (&stores["items"][0]["code"], &stores["items"][0]["revenue"], &stores["items"][0]["people"]),
        (&json!("S1"), &json!(15050), &json!(1))
    );
    let new = owner.put("/api/v1/stores/S9", json!({"name": "新店", "region": null})).ok();
    assert_eq!(new, json!({"code": "S9", "name": "新店", "region": null, "orders": 0, "revenue": 0, "people": 0}));
    assert_eq!(owner.put("/api/v1/stores/S9", json!({"name": " "})).says(), "400 store_name name");
    assert_eq!(owner.walk("/api/v1/stores", "code", 1), ["S1", "S2", "S9"]);
}

fn the_box_finds_everything(test: TestDb) {
    let app = TestApp::new(test);
    shop(&app);
    let owner = app.owner();
    owner.post("/api/v1/tags", json!({"group": "喜好", "name": "爱茶"})).ok();
    let types = |q: &str| -> Vec<String> {
        let found = owner.get(&format!("/api/v1/search?q={q}")).ok();
        found["items"].as_array().unwrap().iter().map(|hit| hit["type"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(types("ann"), ["person"]);
    assert_eq!(types("A2"), ["order"]);
    assert_eq!(types("%E8%8C%B6"), ["product", "tag"]);
    assert_eq!(types("S1"), ["store"]);
    assert!(types("").is_empty() && types("%20").is_empty());
    assert_eq!(owner.get(&format!("/api/v1/search?q={}", "x".repeat(201))).says(), "400 query_long q");
}

fn settings_are_changed_in_part(test: TestDb) {
    let app = TestApp::new(test);
    let owner = app.owner();
    let before = owner.get("/api/v1/settings").ok();
    assert_eq!(before["identity"]["kinds"][0]["kind"], "unionid");
    let change = json!({"name": "山茶", "currency": "JPY", "identity": {"kinds": [{"kind": "phone", "limit": 3, "blocked": ["13900000000", " "]}]}});
    let after = owner.patch("/api/v1/settings", change).ok();
    assert_eq!(
        (&after["name"], &after["currency"], &after["timezone"]),
        (&json!("山茶"), &json!("JPY"), &before["timezone"])
    );
    assert_eq!(app.app.intake.currency().code(), "JPY");
    let phone =
        after["identity"]["kinds"].as_array().unwrap().iter().find(|kind| kind["kind"] == "phone").unwrap().clone();
    assert_eq!(
        (&phone["limit"], &phone["blocked"], &phone["merges"]),
        (&json!(3), &json!(["13900000000"]), &json!(true))
    );
    let add = json!({"identifiers": [{"kind": "phone", "value": "13900000000"}]});
    assert_eq!(owner.post("/api/v1/people", add).says(), "400 identity_blocked identifiers");
    for (body, want) in [
        (json!({"name": ""}), "400 workspace_name_invalid name"),
        (json!({"timezone": "Mars/Base"}), "400 timezone_unknown timezone"),
        (json!({"currency": "money"}), "400 currency_invalid currency"),
        (json!({"locale": "fr"}), "400 field_invalid locale"),
        (json!({"identity": {"kinds": [{"kind": "shoe"}]}}), "400 kind_unknown identity.kinds[0].kind"),
        (json!({"identity": {"kinds": [{"kind": "phone", "limit": 0}]}}), "400 kind_limit identity.kinds[0].limit"),
    ] {
        assert_eq!(owner.patch("/api/v1/settings", body).says(), want);
    }
    let unchanged = owner.get("/api/v1/settings").ok();
    assert_eq!(unchanged, after);
    assert_eq!(app.role(Role::Operator).get("/api/v1/settings").says(), "403 permission_needed");
    let row = &owner.get("/api/v1/audit?action=settings.change").ok()["items"][0];
    assert_eq!(row["detail"], json!({"changed": ["name", "currency", "identity"]}));
}
