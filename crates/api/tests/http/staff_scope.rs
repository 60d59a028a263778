//! Guides see their own customers, managers their own store, whichever way they ask; hand-overs stay inside.

use crate::people_world::{order, shop};
use crate::support::{Client, TestApp, on_both};
use serde_json::{Value, json};
use siyu_access::Role;
use siyu_db::params;
use siyu_testkit::TestDb;

on_both!(
    a_guide_sees_own_customers_only,
    a_manager_sees_the_store_and_its_staffs_customers,
    users_are_bound_to_staff,
    departments_are_stores_as_chosen,
    handovers_stay_inside_the_store,
    loss_alerts_are_switched_by_owners,
    messages_are_those_of_the_readers_staff,
    a_message_that_is_not_shared_out_yet_is_its_makers,
    group_messages_and_moments_are_those_of_the_readers_staff,
    materials_tell_of_the_readers_staff_and_customers
);

/// Staff a1 and a2 of store S1, b1 of S2. Ann is a1's friend, Ben b1's, Cai (who bought nothing) a2's; Ann has left a2. Each of a1 and b1 has a group.
fn mirror(app: &TestApp) -> [String; 3] {
    shop(app);
    app.owner()
        .post("/api/v1/people", json!({"identifiers": [{"kind": "user_id", "value": "cai"}], "traits": {"name": "蔡"}}))
        .ok();
    let input = json!({"corp_id": "ww1234567890abcdef", "agent_id": 1_000_002, "app_secret": "a-secret-of-some-length-1234", "base": "http://127.0.0.1:9"});
    app.program().patch("/api/v1/wecom/connection", input).ok();
    let all = ["ann", "ben", "cai"].map(|name| app.person(&format!("user_id:{name}")));
    let ids = all.clone();
    let own = app.app.clone();
    app.app
        .db
        .transact(move |tx| {
            tx.script(
                "INSERT INTO wecom_department (id, name, parent, sort, leaders, store, seen) VALUES (1, 'S1', 0, 1, '[\"A2\"]', 'S1', 1), (2, '徐汇', 0, 1, '[]', NULL, 1);
                 INSERT INTO wecom_staff (key, userid, name, departments, main_department, position, status, serves, seen, store) VALUES
                   ('a1', 'A1', '甲', '[1]', 1, '', 1, 1, 1, 'S1'), ('a2', 'A2', '乙', '[1]', 1, '', 1, 1, 1, 'S1'), ('b1', 'B1', '丙', '[2]', 2, '', 1, 1, 1, 'S2');
                 INSERT INTO wecom_group (id, name, owner, notice, admins, version, status, created_at, read_at, seen) VALUES
                   ('wrA', '甲群', 'a1', '', '[]', '', 0, 1, 1, 1), ('wrB', '丙群', 'b1', '', '[]', '', 0, 1, 1, 1);",
            )?;
            for (id, contact) in ids.iter().zip(["wmann", "wmben", "wmcai"]) {
                let (num, _) = own.people.find(tx, id)?;
                tx.execute(
                    "INSERT INTO wecom_contact (id, num, unionid, name, avatar, kind, gender, corp_name, position, first_at) VALUES ($1, $2, '', $1, '', 1, 0, '', '', 1)",
                    params![contact, num],
                )?;
            }
            for (contact, staff, status) in [("wmann", "a1", 0), ("wmben", "b1", 0), ("wmcai", "a2", 0), ("wmann", "a2", 2), ("wmben", "a1", 2)] {
                let lost = (status == 2).then_some(5);
                tx.execute(
                    "INSERT INTO wecom_follow (contact, staff, remark, description, company, add_way, oper, state, created_at, status, lost_at, lost_by, read_at, seen)
                     VALUES ($1, $2, '', '', '', 1, '', '', 1, $3, $4, 'customer', 1, 1)",
                    params![contact, staff, status, lost],
                )?;
            }
            Ok(())
        })
        .unwrap();
    all
}

/// A guide who is this member of staff, whatever the user's scope.
fn guide<'a>(app: &'a TestApp, staff: &str) -> Client<'a> {
    let client = app.role(Role::Guide);
    app.owner().put(&format!("/api/v1/users/{}/staff", client.id), json!({"staff": staff})).ok();
    client
}
fn ids(answer: &Value, field: &str) -> Vec<String> {
    let mut all: Vec<String> =
        answer["items"].as_array().unwrap().iter().map(|row| row[field].as_str().unwrap().to_owned()).collect();
    all.sort();
    all
}

fn a_guide_sees_own_customers_only(test: TestDb) {
    let app = TestApp::new(test);
    let [ann, ben, cai] = mirror(&app);
    app.track(json!([order("ben", "B9", "S1", 9.0, "2026-02-20T00:00:00Z")]));
    let reader = guide(&app, "A1");
    assert_eq!(ids(&reader.get("/api/v1/people").ok(), "id"), std::slice::from_ref(&ann));
    for other in [&ben, &cai] {
        for rest in ["", "/orders", "/events", "/identity", "/wecom"] {
            let said = reader.get(&format!("/api/v1/people/{other}{rest}")).says();
            assert!(said == "404 person_unknown" || said == "403 permission_needed", "{rest}: {said}");
        }
    }
    assert_eq!(reader.get("/api/v1/people?q=ben").ok()["items"], json!([]));
    assert_eq!(
        reader.get("/api/v1/search?q=B9").ok()["items"],
        json!([]),
        "an order in the own store of somebody else's customer"
    );
    assert_eq!(ids(&reader.get("/api/v1/orders").ok(), "order_no"), ["A1", "A1/refund/x", "A2"]);
    assert_eq!(reader.get("/api/v1/orders/B9").says(), "404 order_unknown");
    reader.get("/api/v1/orders/A1").ok();
    assert_eq!(ids(&reader.get("/api/v1/wecom/staff").ok(), "userid"), ["A1"]);
    assert_eq!(ids(&reader.get("/api/v1/wecom/groups").ok(), "id"), ["wrA"]);
    assert_eq!(reader.get("/api/v1/wecom/groups/wrB").says(), "404 wecom_group_unknown");
    assert_eq!(reader.get("/api/v1/wecom/groups/wrB/members").says(), "404 wecom_group_unknown");
    let lost = reader.get("/api/v1/wecom/lost").ok();
    assert_eq!(ids(&lost, "external_userid"), ["wmben"]);
    assert_eq!(lost["items"][0]["person"], Value::Null, "who was lost is nobody's to look at any more");
    let stats = reader.get("/api/v1/stats").ok();
    assert_eq!((&stats["people"], &stats["orders"], &stats["revenue"]), (&json!(1), &json!(2), &json!(15_050)));
    assert_eq!(reader.get("/api/v1/handovers").ok()["items"], json!([]));
    assert_eq!(reader.get("/api/v1/handovers/leavers").ok()["items"], json!([]));
    assert_eq!(reader.get("/api/v1/wecom/alerts").ok()["items"], json!([]));
    // The whole workspace's events are nobody's who is limited, even if the user's own scope says everything.
    assert_eq!(reader.get("/api/v1/events").says(), "403 permission_needed");
    // Not bound any more: by the user's own scope again.
    app.owner().put(&format!("/api/v1/users/{}/staff", reader.id), json!({"staff": null})).ok();
    assert_eq!(reader.get("/api/v1/people").ok()["items"].as_array().unwrap().len(), 4);
}

fn a_manager_sees_the_store_and_its_staffs_customers(test: TestDb) {
    let app = TestApp::new(test);
    let [ann, ben, cai] = mirror(&app);
    let manager = app.scoped(Role::StoreManager, &[], &["S1"]);
    let mut seen = vec![ann.clone(), cai.clone()];
    seen.sort();
    assert_eq!(ids(&manager.get("/api/v1/people").ok(), "id"), seen);
    manager.get(&format!("/api/v1/people/{cai}")).ok();
    assert_eq!(manager.get(&format!("/api/v1/people/{ben}")).says(), "404 person_unknown");
    assert_eq!(ids(&manager.get("/api/v1/wecom/staff").ok(), "userid"), ["A1", "A2"]);
    assert_eq!(ids(&manager.get("/api/v1/wecom/groups").ok(), "id"), ["wrA"]);
    assert_eq!(ids(&manager.get("/api/v1/wecom/lost").ok(), "external_userid"), ["wmann", "wmben"]);
    assert_eq!(manager.get("/api/v1/stats").ok()["people"], 2);
    // The file of a list holds whom the list shows.
    let analyst = app.scoped(Role::Analyst, &[], &["S2"]);
    assert_eq!(ids(&analyst.get("/api/v1/people").ok(), "id"), [ben]);
    assert_eq!(analyst.get("/api/v1/people/export.xlsx").status, 200);
    let rule = json!({"rule": {"all": [{"field": "orders.count", "op": "gte", "value": 0}]}});
    assert_eq!(analyst.post("/api/v1/tags/preview", rule).ok()["people"], 1);
}

fn users_are_bound_to_staff(test: TestDb) {
    let app = TestApp::new(test);
    mirror(&app);
    let (one, two) = (app.role(Role::Guide), app.role(Role::Guide));
    let bind = |who: &Client<'_>, staff: &str| {
        app.owner().put(&format!("/api/v1/users/{}/staff", who.id), json!({"staff": staff}))
    };
    assert_eq!(bind(&one, "nobody").says(), "400 staff_unknown staff");
    assert_eq!(bind(&one, "A1").ok()["staff"], "a1");
    assert_eq!(bind(&two, "a1").says(), "409 staff_taken staff");
    assert_eq!(app.owner().put("/api/v1/users/usr_x/staff", json!({"staff": "A2"})).says(), "404 user_not_found");
    assert_eq!(
        one.put(&format!("/api/v1/users/{}/staff", one.id), json!({"staff": null})).says(),
        "403 permission_needed"
    );
    assert!(app.audited().contains(&"user.staff".to_owned()));
}

fn departments_are_stores_as_chosen(test: TestDb) {
    let app = TestApp::new(test);
    mirror(&app);
    let owner = app.owner();
    let row = |answer: &Value, id: i64| {
        let all = answer["items"].as_array().unwrap().clone();
        let own = all.into_iter().find(|row| row["id"] == id).unwrap();
        (own["store"].clone(), own["chosen"].clone())
    };
    let choose =
        |id: i64, store: Value| owner.put(&format!("/api/v1/wecom/departments/{id}/store"), json!({"store": store}));
    assert_eq!(row(&owner.get("/api/v1/wecom/departments").ok(), 2), (Value::Null, json!(false)));
    assert_eq!(row(&choose(2, json!("S2")).ok(), 2), (json!("S2"), json!(true)));
    let store_of = |userid: &str| {
        let all = owner.get("/api/v1/wecom/staff").ok();
        let all = all["items"].as_array().unwrap().clone();
        all.into_iter().find(|row| row["userid"] == userid).unwrap()["store"].clone()
    };
    assert_eq!(store_of("B1"), "S2");
    assert_eq!(row(&choose(1, json!("")).ok(), 1), (Value::Null, json!(true)));
    assert_eq!(store_of("A1"), Value::Null);
    assert_eq!(row(&choose(1, Value::Null).ok(), 1), (json!("S1"), json!(false)));
    assert_eq!(store_of("A1"), "S1");
    assert_eq!(choose(1, json!("S9")).says(), "400 wecom_department_store store");
    assert_eq!(choose(9, json!("S1")).says(), "404 wecom_department_unknown");
    assert_eq!(
        app.role(Role::Operator).put("/api/v1/wecom/departments/1/store", json!({"store": "S1"})).says(),
        "403 permission_needed"
    );
}

fn handovers_stay_inside_the_store(test: TestDb) {
    let app = TestApp::new(test);
    let [ann, ben, _] = mirror(&app);
    let manager = app.scoped(Role::StoreManager, &[], &["S1"]);
    let wanted =
        |from: &str, to: &str| json!({"what": "customers", "from": [from], "to": [{"staff": to}], "reason": "调店"});
    let forecast = manager.post("/api/v1/handovers/forecast", wanted("A1", "A2")).ok();
    assert_eq!((&forecast["total"], &forecast["ready"], &forecast["to"][0]["gets"]), (&json!(1), &json!(1), &json!(1)));
    for (from, to) in [("A1", "B1"), ("B1", "A1")] {
        assert_eq!(manager.post("/api/v1/handovers/forecast", wanted(from, to)).says(), "403 handover_scope");
        assert_eq!(manager.post("/api/v1/handovers", wanted(from, to)).says(), "403 handover_scope");
    }
    let whose = json!({"what": "customers", "from": ["A1"], "to": [{"staff": "A2"}], "reason": "x", "people": [ben]});
    assert_eq!(manager.post("/api/v1/handovers/forecast", whose).says(), "404 person_unknown");
    let begun = manager.post("/api/v1/handovers", wanted("A1", "A2")).ok();
    let id = begun["id"].as_str().unwrap().to_owned();
    assert_eq!(
        (&begun["counts"]["planned"], &begun["counts"]["total"], &begun["from"][0]),
        (&json!(1), &json!(1), &json!("甲"))
    );
    let items = manager.get(&format!("/api/v1/handovers/{id}/items?state=planned")).ok();
    assert_eq!((&items["items"][0]["person"], &items["items"][0]["to_name"]), (&json!(ann), &json!("乙")));
    assert_eq!(manager.post("/api/v1/handovers", wanted("A1", "A2")).says(), "409 handover_empty");
    let other = app.scoped(Role::StoreManager, &[], &["S2"]);
    assert_eq!(other.get("/api/v1/handovers").ok()["items"], json!([]));
    assert_eq!(other.get(&format!("/api/v1/handovers/{id}")).says(), "404 handover_unknown");
    assert_eq!(other.post(&format!("/api/v1/handovers/{id}/cancel"), json!({})).says(), "404 handover_unknown");
    assert_eq!(app.role(Role::Analyst).post("/api/v1/handovers", wanted("A1", "A2")).says(), "403 permission_needed");
    let file = app.owner().get(&format!("/api/v1/handovers/{id}/export.xlsx"));
    assert_eq!((file.status, &file.bytes[..2]), (200, b"PK".as_slice()));
    let stopped = manager.post(&format!("/api/v1/handovers/{id}/cancel"), json!({})).ok();
    assert_eq!((&stopped["state"], &stopped["counts"]["cancelled"]), (&json!("cancelled"), &json!(1)));
    assert_eq!(manager.post(&format!("/api/v1/handovers/{id}/cancel"), json!({})).says(), "409 handover_over");
    for (field, wrong) in [
        ("what", json!({"what": "x", "from": ["A1"], "to": [], "reason": "x"})),
        (
            "ids",
            json!({"what": "customers", "from": ["A1"], "to": [{"staff": "A2"}], "reason": "x", "ids": [], "tag": "t"}),
        ),
        ("ids", json!({"what": "groups", "from": ["A1"], "to": [{"staff": "A2"}], "reason": "x", "tag": "t"})),
        ("to", json!({"what": "customers", "from": ["A1"], "to": [], "reason": "x"})),
    ] {
        assert_eq!(manager.post("/api/v1/handovers/forecast", wrong).says(), format!("400 handover_input {field}"));
    }
    let audited = app.audited();
    for action in ["handover.begin", "handover.cancel", "handover.export"] {
        assert!(audited.contains(&action.to_owned()), "{action}");
    }
}

fn loss_alerts_are_switched_by_owners(test: TestDb) {
    let app = TestApp::new(test);
    let owner = app.owner();
    let mut own = owner.get("/api/v1/wecom/alerts/settings").ok();
    assert_eq!((&own["on"], &own["quiet_from"]), (&json!(false), &json!(22)));
    own["on"] = json!(true);
    assert_eq!(owner.put("/api/v1/wecom/alerts/settings", own.clone()).ok()["on"], true);
    assert_eq!(
        app.role(Role::Operator).put("/api/v1/wecom/alerts/settings", own.clone()).says(),
        "403 permission_needed"
    );
    own["quiet_to"] = json!(24);
    assert_eq!(owner.put("/api/v1/wecom/alerts/settings", own).says(), "400 wecom_alert_setting quiet_to");
}

fn messages_are_those_of_the_readers_staff(test: TestDb) {
    let app = TestApp::new(test);
    let [ann, ben, cai] = mirror(&app);
    let path = "/api/v1/wecom/messages";
    let send = |name: &str, people: &[&String]| {
        let message = json!({"name": name, "content": {"text": "新品"}, "people": people});
        app.program().post(path, message).ok()["id"].as_str().unwrap().to_owned()
    };
    // Whoever nobody can send to is counted for nobody.
    let nobody =
        app.program().post("/api/v1/people", json!({"identifiers": [{"kind": "phone", "value": "13700000077"}]})).ok();
    let nobody = nobody["id"].as_str().unwrap().to_owned();
    // Who has one today waits with the other: nobody of the second shop is asked to send that.
    let second = send("二店", &[&ben]);
    let all = send("全部", &[&ann, &ben, &cai, &nobody]);
    assert_eq!(app.owner().get(&format!("{path}/{all}")).ok()["sums"]["people"], 4);
    let names = |client: &Client<'_>| ids(&client.get(path).ok(), "name");
    let (one, manager) = (guide(&app, "A1"), app.role(Role::StoreManager));
    let scope = json!({"scope": {"all": false, "regions": [], "stores": ["S1"]}});
    app.owner().patch(&format!("/api/v1/users/{}", manager.id), scope).ok();
    assert_eq!(
        (names(&one), names(&manager), names(&guide(&app, "B1"))),
        (vec!["全部".to_owned()], vec!["全部".into()], vec!["二店".into()])
    );
    for (client, people, tasks) in [(&one, 1, vec!["A1"]), (&manager, 2, vec!["A1", "A2"])] {
        let row = &client.get(path).ok()["items"][0];
        let shown = client.get(&format!("{path}/{all}")).ok();
        assert_eq!(
            (&row["sums"]["people"], &row["sums"]["waiting"], &row["tasks"]),
            (&json!(people), &json!(people), &json!(tasks.len()))
        );
        assert_eq!(shown["sums"], row["sums"], "a page says what the list says");
        let staff: Vec<&str> =
            shown["staff"].as_array().unwrap().iter().map(|own| own["staff"].as_str().unwrap()).collect();
        assert_eq!(staff, tasks);
        assert!(!shown["reasons"].to_string().contains("no_friend"));
        assert_eq!(client.get(&format!("{path}/{all}/people")).ok()["items"].as_array().unwrap().len(), people);
        for place in ["", "/people"] {
            assert_eq!(client.get(&format!("{path}/{second}{place}")).says(), "404 message_unknown", "{place}");
            assert_eq!(client.get(&format!("/api/v1/runs/{second}{place}")).says(), "404 run_unknown", "{place}");
        }
        // The same accounts, seen as runs.
        let runs = client.get("/api/v1/runs").ok();
        assert_eq!((ids(&runs, "name"), &runs["items"][0]["audience"]), (vec!["全部".into()], &json!(people)));
        let run = client.get(&format!("/api/v1/runs/{all}")).ok();
        assert_eq!((&run["audience"], &run["waiting"]), (&json!(people), &json!(people)));
        assert!(!run["ends"].to_string().contains("no_friend"));
        let behind = client.get(&format!("/api/v1/runs/{all}/people")).ok();
        assert_eq!(behind["items"].as_array().unwrap().len(), people);
    }
    let whole = app.owner().get(&format!("/api/v1/runs/{all}")).ok();
    assert_eq!((&whole["audience"], &whole["reasons"]["no_friend"]), (&json!(4), &json!(1)));
}

fn a_message_that_is_not_shared_out_yet_is_its_makers(test: TestDb) {
    let app = TestApp::new(test);
    let [ann, ben, _] = mirror(&app);
    let path = "/api/v1/broadcasts";
    let scoped = || {
        let operator = app.role(Role::Operator);
        let scope = json!({"scope": {"all": false, "regions": [], "stores": ["S1"]}});
        app.owner().patch(&format!("/api/v1/users/{}", operator.id), scope).ok();
        operator
    };
    let (one, other) = (scoped(), scoped());
    let make = |client: &Client<'_>, name: &str, people: &[&String], start: Option<&str>| {
        let broadcast =
            json!({"name": name, "content": {"text": "新品"}, "service": true, "people": people, "start_at": start});
        client.post(path, broadcast).ok()["id"].as_str().unwrap().to_owned()
    };
    let tomorrow = Some("2026-07-02T02:00:00Z");
    let own = make(&one, "明天", &[&ann], tomorrow);
    // Nobody is asked yet, and yet they see and steer it.
    assert_eq!(one.get(&format!("{path}/{own}")).ok()["id"], json!(own));
    assert_eq!(ids(&one.get("/api/v1/wecom/messages").ok(), "name"), ["明天"]);
    assert_eq!(ids(&one.get("/api/v1/runs").ok(), "name"), ["明天"]);
    let run = one.get(&format!("/api/v1/runs/{own}")).ok();
    assert_eq!((&run["audience"], &run["waiting"]), (&json!(1), &json!(1)));
    for place in [format!("{path}/{own}"), format!("/api/v1/wecom/messages/{own}")] {
        assert_eq!(other.get(&place).status, 404, "{place}");
    }
    assert_eq!(other.post(&format!("{path}/{own}/pause"), json!({})).says(), "404 broadcast_unknown");
    for (act, state) in [("pause", "paused"), ("resume", "running")] {
        one.post(&format!("{path}/{own}/{act}"), json!({})).ok();
        assert_eq!(one.get(&format!("/api/v1/runs/{own}")).ok()["state"], state, "{act}");
    }
    assert_eq!(one.post(&format!("{path}/{own}/cancel"), json!({})).status, 204);
    // As long as somebody waits of whom nobody knows who will be asked, it is not theirs alone, whoever is asked so far.
    make(&app.program(), "今天", &[&ben], None);
    let message = json!({"name": "两店", "content": {"text": "新品"}, "people": [&ann, &ben]});
    let both = app.program().post("/api/v1/wecom/messages", message).ok()["id"].as_str().unwrap().to_owned();
    assert_eq!(one.get(&format!("/api/v1/wecom/messages/{both}")).ok()["staff"].as_array().unwrap().len(), 1);
    assert_eq!(one.post(&format!("/api/v1/wecom/messages/{both}/cancel"), json!({})).says(), "403 message_part");
}

fn group_messages_and_moments_are_those_of_the_readers_staff(test: TestDb) {
    let app = TestApp::new(test);
    mirror(&app);
    let (path, moments) = ("/api/v1/wecom/group-messages", "/api/v1/wecom/moments");
    let send = |client: &Client<'_>, name: &str, more: Value| {
        let mut message = json!({"name": name, "content": {"text": "新品"}, "class": "service"});
        message.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        client.post(path, message).ok()["id"].as_str().unwrap().to_owned()
    };
    let all = send(&app.program(), "全部", json!({"everywhere": true}));
    let second = send(&app.program(), "二店", json!({"owners": ["B1"]}));
    let operator = app.role(Role::Operator);
    let scope = json!({"scope": {"all": false, "regions": [], "stores": ["S1"]}});
    app.owner().patch(&format!("/api/v1/users/{}", operator.id), scope).ok();
    for client in [&guide(&app, "A1"), &operator] {
        let list = client.get(path).ok();
        assert_eq!((ids(&list, "name"), &list["items"][0]["sums"]["people"]), (vec!["全部".into()], &json!(1)));
        let shown = client.get(&format!("{path}/{all}")).ok();
        assert_eq!((&shown["sums"], &shown["tasks"]), (&list["items"][0]["sums"], &json!(1)));
        assert!(!shown.to_string().contains("B1"), "{shown}");
        assert_eq!(ids(&client.get(&format!("{path}/{all}/groups")).ok(), "group"), ["wrA"]);
        for place in ["", "/groups"] {
            assert_eq!(client.get(&format!("{path}/{second}{place}")).says(), "404 message_unknown", "{place}");
        }
    }
    for act in ["remind", "cancel"] {
        assert_eq!(operator.post(&format!("{path}/{all}/{act}"), json!({})).says(), "403 message_part", "{act}");
        assert_eq!(operator.post(&format!("{path}/{second}/{act}"), json!({})).says(), "404 message_unknown", "{act}");
    }
    let own = send(&operator, "一店", json!({"everywhere": true}));
    assert_eq!(app.owner().get(&format!("{path}/{own}")).ok()["sums"]["people"], 1);
    assert_eq!(operator.post(&format!("{path}/{own}/cancel"), json!({})).status, 204);

    let publish = |client: &Client<'_>, senders: Value| {
        client.post(moments, json!({"name": "朋友圈", "content": {"text": "新色"}, "senders": senders}))
    };
    let everybody = publish(&app.program(), json!([])).ok()["id"].as_str().unwrap().to_owned();
    let theirs = publish(&app.program(), json!(["B1"])).ok()["id"].as_str().unwrap().to_owned();
    assert_eq!(publish(&operator, json!(["A1", "B1"])).says(), "403 message_part");
    let own = publish(&operator, json!([])).ok()["id"].as_str().unwrap().to_owned();
    assert_eq!(operator.get(&format!("{moments}/{own}")).ok()["senders"], json!(["A1", "A2"]));
    // Each member's part, as WeCom tells of it.
    let at = everybody.clone();
    app.app
        .db
        .transact(move |tx| {
            for (staff, userid, likes) in [("a1", "A1", 3), ("b1", "B1", 40)] {
                let sql = "INSERT INTO moment_task (moment, staff, userid, store, state, visible, likes, due_at) VALUES ($1, $2, $3, '', 1, 9, $4, 0)";
                tx.execute(sql, params![&at, staff, userid, likes])?;
            }
            Ok(())
        })
        .unwrap();
    let seen = operator.get(moments).ok();
    assert_eq!(seen["items"].as_array().unwrap().len(), 2);
    let shown = operator.get(&format!("{moments}/{everybody}")).ok();
    assert_eq!((&shown["sums"]["members"], &shown["sums"]["likes"]), (&json!(1), &json!(3)));
    assert!(!shown.to_string().contains("B1"), "{shown}");
    for place in ["", "/people"] {
        assert_eq!(operator.get(&format!("{moments}/{theirs}{place}")).says(), "404 moment_unknown", "{place}");
    }
    assert_eq!(operator.post(&format!("{moments}/{everybody}/cancel"), json!({})).says(), "403 message_part");
    assert_eq!(operator.post(&format!("{moments}/{theirs}/cancel"), json!({})).says(), "404 moment_unknown");
    assert_eq!(operator.post(&format!("{moments}/{own}/cancel"), json!({})).status, 204);
    let rules = app.owner().get("/api/v1/gate/rules").ok()["rules"].clone();
    assert_eq!(operator.post("/api/v1/gate/rules/try", json!({"rules": rules})).says(), "403 scope_needed");
}

fn materials_tell_of_the_readers_staff_and_customers(test: TestDb) {
    let app = TestApp::new(test);
    let [ann, ben, _] = mirror(&app);
    let body = json!({"name": "秋茶", "content": {"text": "{{ staff.name }}推荐"}});
    let id = app.program().post("/api/v1/materials", body).ok()["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/materials/{id}");
    app.program().post(&format!("{path}/submit"), json!({})).ok();
    app.owner().post(&format!("{path}/approve"), json!({})).ok();
    for (name, person) in [("一店", &ann), ("二店", &ben)] {
        let message = json!({"name": name, "material": id, "people": [person]});
        app.program().post("/api/v1/wecom/messages", message).ok();
    }
    // Links that were sent to Ann and Ben, and opened.
    let (own, material) = (app.app.clone(), id.clone());
    let sent = [ann.clone(), ben.clone()];
    app.app
        .db
        .transact(move |tx| {
            for person in &sent {
                let (num, _) = own.people.find(tx, person)?;
                tx.execute(
                    "INSERT INTO material_open (material, num, opens, first_at, last_at) VALUES ($1, $2, 3, 1, 2)",
                    params![&material, num],
                )?;
            }
            Ok(())
        })
        .unwrap();
    let reader = guide(&app, "A1");
    let used = |client: &Client<'_>| {
        let whole = client.get(&path).ok();
        let mut all: Vec<String> =
            whole["used"].as_array().unwrap().iter().map(|own| own["name"].as_str().unwrap().to_owned()).collect();
        all.sort();
        all
    };
    assert_eq!((used(&reader), used(&app.owner()).len()), (vec!["一店".to_owned()], 2));
    let radar = reader.get(&format!("{path}/radar")).ok();
    assert_eq!((&radar["opens"], &radar["people"], ids(&radar, "id")), (&json!(3), &json!(1), vec![ann]));
    assert_eq!(app.owner().get(&format!("{path}/radar")).ok()["opens"], 6);
    let show = |body: Value| reader.post(&format!("{path}/preview"), body);
    assert_eq!(show(json!({"staff": "a1"})).ok()["shown"]["text"], "甲推荐");
    assert_eq!(show(json!({"staff": "b1"})).says(), "403 message_part");
    assert_eq!(show(json!({"person": ben})).says(), "404 person_unknown");
    for path in ["/api/v1/material-kits", "/api/v1/material-calendar"] {
        assert_eq!(reader.get(path).says(), "403 scope_needed", "{path}");
    }
}
