//! People: lists, profiles, what is hidden from whom, adding and changing, forgetting.

use crate::people_world::{ANN, BEN, shop};
use crate::support::{TestApp, on_both};
use axum::http::Method;
use serde_json::{Value, json};
use siyu_access::{KeyKind, Role};
use siyu_intake::Endpoint;
use siyu_testkit::TestDb;
use std::sync::Arc;

on_both!(
    a_person_is_found_and_shown,
    lists_have_stable_pages,
    wrong_questions_name_the_field,
    hidden_values_stay_hidden,
    looks_at_hidden_values_are_recorded,
    people_are_added_and_changed,
    tags_are_given_with_lineage,
    consents_are_a_ledger,
    events_come_page_by_page,
    a_person_leaves_as_one_document,
    a_list_leaves_as_a_workbook,
    an_erased_person_is_gone,
    an_erased_person_is_nowhere_else
);

fn a_person_is_found_and_shown(test: TestDb) {
    let app = TestApp::new(test);
    shop(&app);
    let program = app.program();
    let row = program.get(&format!("/api/v1/people?identifier=phone:+86{ANN}").replace('+', "%2B")).ok();
    let row = &row["items"][0];
    assert_eq!(row["name"], "安安");
    let orders = json!({"count": 2, "amount": 15050, "refunded": 4000, "currency": "CNY", "last_at": "2026-02-11T00:00:00.000Z"});
    assert_eq!(row["orders"], orders);
    let person = program.get(&format!("/api/v1/people/{}", row["id"].as_str().unwrap())).ok();
    assert_eq!((&person["orders"], &person["requested_id"]), (&orders, &person["id"]));
    assert_eq!(person["events"]["count"], 4);
    assert_eq!(person["traits"]["phone"], ANN);
    assert_eq!(person["stores"][0]["code"], "S1");
    let kinds: Vec<&str> =
        person["identifiers"].as_array().unwrap().iter().map(|i| i["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["user_id", "phone", "email", "anonymous"]);
    assert_eq!(person["last_seen_at"], "2026-02-13T00:00:00.000Z");
    let own = program.get(&format!("/api/v1/people/{}/orders", row["id"].as_str().unwrap())).ok();
    assert_eq!(own["items"].as_array().unwrap().len(), 3, "two orders and a refund document");
    assert!(own["items"][2]["lines"][0]["quantity"] == json!(1), "{own}");
    assert_eq!(program.get("/api/v1/people/psn_nobody").says(), "404 person_unknown");
}

fn lists_have_stable_pages(test: TestDb) {
    let app = TestApp::new(test);
    shop(&app);
    let program = app.program();
    let all = program.get("/api/v1/people").ok();
    assert_eq!((all["items"].as_array().unwrap().len(), &all["total"]), (3, &json!(3)));
    for sort in ["-created_at", "created_at", "-orders", "-amount", "-last_order_at"] {
        let whole = program.walk(&format!("/api/v1/people?sort={sort}"), "id", 200);
        assert_eq!(program.walk(&format!("/api/v1/people?sort={sort}"), "id", 1), whole, "{sort}");
    }
    let (ann, ben) = (app.person("user_id:ann"), app.person("user_id:ben"));
    assert_eq!(program.walk("/api/v1/people?sort=-amount", "id", 2)[..2], [ann.clone(), ben.clone()]);
    for (filter, want) in [
        ("orders_min=2", vec![&ann]),
        ("amount_max=3000&orders_min=1", vec![&ben]),
        ("store=S2", vec![&ben]),
        ("has=phone&sort=created_at", vec![&ann, &ben]),
        ("q=%E5%AE%89", vec![&ann]),
        ("last_order_from=2026-02-12T00:00:00Z", vec![&ben]),
        ("conflict=true", vec![]),
        ("merged=false&orders_min=1&sort=-amount", vec![&ann, &ben]),
        ("tag_expires_to=2030-01-01T00:00:00Z", vec![]),
        ("tag=tag_none", vec![]),
    ] {
        let found = program.walk(&format!("/api/v1/people?{filter}"), "id", 50);
        assert_eq!(found.iter().collect::<Vec<_>>(), want, "{filter}");
    }
}

fn wrong_questions_name_the_field(test: TestDb) {
    let app = TestApp::new(test);
    shop(&app);
    let (program, ann) = (app.program(), app.person("user_id:ann"));
    for (query, want) in [
        ("identifier=phone", "400 kind_unknown identifier"),
        ("identifier=phone:abc", "400 identifier_invalid identifier"),
        ("identifier=shoe:1", "400 kind_unknown identifier"),
        ("has=shoe", "400 kind_unknown has"),
        ("sort=name", "400 sort_unknown sort"),
        ("orders_min=x", "400 query_invalid orders_min"),
        ("orders_min=3&orders_max=2", "400 filter_range orders_min"),
        ("merged=perhaps", "400 query_invalid merged"),
        ("created_from=yesterday", "400 query_invalid created_from"),
        ("after=nonsense", "400 page_token after"),
        ("limit=0", "400 limit_invalid limit"),
    ] {
        assert_eq!(program.get(&format!("/api/v1/people?{query}")).says(), want, "{query}");
    }
    let path = |rest: &str| format!("/api/v1/people/{ann}{rest}");
    assert_eq!(program.get(&path("/events?after=1")).says(), "400 page_token after");
    assert_eq!(program.get(&path("/tag-history?after=x")).says(), "400 page_token after");
    for (rest, body, want) in [
        ("/tags", json!({}), "400 tag_needed tag_id"),
        ("/tags", json!({"tag_id": "tag_none"}), "404 tag_unknown tag_id"),
        ("/merge", json!({"other_id": "psn_x", "reason": "r"}), "404 person_unknown other_id"),
        ("/merge", json!({"other_id": "psn_x", "reason": " "}), "400 reason_needed reason"),
        ("/erase", json!({"reason": "r", "confirm": "yes"}), "400 confirm_mismatch confirm"),
        ("/unmask", json!({"reason": ""}), "400 reason_needed reason"),
        (
            "/consents",
            json!({"purpose": "", "channel": "sms", "granted": true, "text_version": "1"}),
            "400 invalid_consent purpose",
        ),
    ] {
        assert_eq!(program.post(&path(rest), body).says(), want, "{rest}");
    }
    assert_eq!(program.patch(&path(""), json!({"traits": {"": 1}})).says(), "400 field_name traits");
    for (body, want) in [
        (json!({"identifiers": []}), "400 identifiers_needed identifiers"),
        (json!({"identifiers": [{"kind": "phone", "value": "x"}]}), "400 identifier_invalid identifiers[0].value"),
        (json!({"identifiers": [{"kind": "shoe", "value": "1"}]}), "400 kind_unknown identifiers[0].kind"),
        (json!({"identifiers": [{"kind": "user_id", "value": "null"}]}), "400 identity_blocked identifiers"),
    ] {
        assert_eq!(program.post("/api/v1/people", body).says(), want);
    }
}

fn hidden_values_stay_hidden(test: TestDb) {
    let app = TestApp::new(test);
    shop(&app);
    let ann = app.person("user_id:ann");
    let hidden = [ANN, "ann@example.com", "310101199001011234"];
    let clients = [
        app.role(Role::Analyst),
        app.role(Role::ReadOnly),
        app.key(KeyKind::Api, Some(Role::ReadOnly)),
        app.role(Role::Guide),
    ];
    for client in &clients {
        for path in [
            "".to_owned(),
            format!("?identifier=phone:{ANN}"),
            format!("?q={ANN}"),
            format!("/{ann}"),
            format!("/{ann}/identity"),
            format!("/{ann}/events?include=system"),
        ] {
            let answer = client.get(&format!("/api/v1/people{path}"));
            if path.contains("events") && answer.status == 403 {
                continue;
            }
            let text = answer.ok().to_string();
            assert!(!text.is_empty() && hidden.iter().all(|value| !text.contains(value)), "{path}: {text}");
        }
        assert_eq!(
            client.post(&format!("/api/v1/people/{ann}/unmask"), json!({"reason": "r"})).says(),
            "403 permission_needed"
        );
    }
    let text = app.role(Role::Analyst).get(&format!("/api/v1/people/{ann}/export")).text();
    assert!(text.contains("139****5678") && hidden.iter().all(|value| !text.contains(value)), "{text}");
    let search = app.role(Role::Analyst).get(&format!("/api/v1/search?q={ANN}")).ok().to_string();
    assert!(search.contains("安安") && !search.contains(ANN));
    let guide = app.role(Role::Guide);
    let back = guide.patch(&format!("/api/v1/people/{ann}"), json!({"traits": {"phone": "139****5678"}}));
    assert_eq!(back.says(), "400 value_masked traits.phone");
}

fn looks_at_hidden_values_are_recorded(test: TestDb) {
    let app = TestApp::new(test);
    shop(&app);
    let (owner, ann) = (app.owner(), app.person("user_id:ann"));
    let list = owner.get("/api/v1/people").ok().to_string();
    assert!(!list.contains(ANN) && list.contains("139****5678"), "lists hide from everybody at a screen");
    let looks = |app: &TestApp| app.audited().iter().filter(|action| *action == "person.unmask").count();
    assert_eq!(looks(&app), 0);
    let person = owner.get(&format!("/api/v1/people/{ann}")).ok();
    assert_eq!((&person["identifiers"][1]["value"], &person["identifiers"][1]["masked"]), (&json!(ANN), &json!(false)));
    assert_eq!(looks(&app), 1);
    owner.get(&format!("/api/v1/people/{ann}/events")).ok();
    assert_eq!(looks(&app), 2);
    let shown = owner.post(&format!("/api/v1/people/{ann}/unmask"), json!({"reason": "回访"})).ok();
    assert_eq!(shown["traits"]["id_card"], "310101199001011234");
    assert_eq!(looks(&app), 3);
    let row = &app.program().get("/api/v1/audit?action=person.unmask").ok()["items"][0];
    assert_eq!((&row["object"], &row["detail"]["reason"]), (&json!(ann), &json!("回访")));
    app.program().get(&format!("/api/v1/people/{ann}")).ok();
    assert_eq!(looks(&app), 3, "programs are not people");
}

fn people_are_added_and_changed(test: TestDb) {
    let app = TestApp::new(test);
    let program = app.program();
    let new =
        json!({"identifiers": [{"kind": "phone", "value": "139 1234 5678"}], "traits": {"name": "安安", "age": 30}});
    let first = program.post("/api/v1/people", new.clone());
    assert_eq!(first.status, 201, "{}", first.text());
    let id = first.json()["id"].as_str().unwrap().to_owned();
    let again = program.post("/api/v1/people", new);
    assert_eq!((again.status, &again.json()["id"]), (200, &json!(id)));
    app.test.clock.advance_seconds(1);
    let changed = program.patch(&format!("/api/v1/people/{id}"), json!({"traits": {"age": null, "city": "苏州"}})).ok();
    assert_eq!(changed["traits"], json!({"city": "苏州", "name": "安安"}));
    assert_eq!(changed["identifiers"][0]["value"], ANN);
    // Two identifiers that belonged to two people make them one.
    app.test.clock.advance_seconds(1);
    let other = program.post("/api/v1/people", json!({"identifiers": [{"kind": "user_id", "value": "u9"}]})).ok();
    let both = json!({"identifiers": [{"kind": "user_id", "value": "u9"}, {"kind": "phone", "value": ANN}]});
    let one = program.post("/api/v1/people", both).ok();
    assert_eq!((&one["merged"], &one["id"]), (&json!(1), &other["id"]));
    let old = program.get(&format!("/api/v1/people/{id}")).ok();
    assert_eq!((&old["id"], &old["requested_id"], &old["merged_ids"]), (&one["id"], &json!(id), &json!([id])));
}

fn tags_are_given_with_lineage(test: TestDb) {
    let app = TestApp::new(test);
    shop(&app);
    let (owner, ann) = (app.owner(), app.person("user_id:ann"));
    let path = format!("/api/v1/people/{ann}/tags");
    let person = owner
        .post(&path, json!({"name": "熟客", "group": "关系", "why": "常来", "expires_at": "2026-04-01T00:00:00Z"}))
        .ok();
    let tag = &person["tags"][0];
    assert_eq!(
        (&tag["name"], &tag["group"], &tag["by"], &tag["why"], &tag["source"]),
        (&json!("熟客"), &json!("关系"), &json!("Ann"), &json!("常来"), &json!("console"))
    );
    assert_eq!(tag["expires_at"], "2026-04-01T00:00:00.000Z");
    let id = tag["id"].as_str().unwrap();
    assert_eq!(app.role(Role::Guide).post(&path, json!({"tag_id": id})).ok()["tags"].as_array().unwrap().len(), 1);
    assert_eq!(app.role(Role::Guide).post(&path, json!({"name": "新的"})).says(), "403 permission_needed");
    assert_eq!(
        owner.post(&path, json!({"tag_id": id, "expires_at": "2020-01-01T00:00:00Z"})).says(),
        "400 expiry_past expires_at"
    );
    assert_eq!(owner.walk(&format!("/api/v1/people?tag={id}"), "id", 9), std::slice::from_ref(&ann));
    let without = app.role(Role::Guide).delete(&format!("{path}/{id}")).ok();
    assert_eq!(without["tags"], json!([]));
    let actions = owner.walk(&format!("/api/v1/people/{ann}/tag-history"), "action", 1);
    assert_eq!(actions, ["removed", "added"]);
}

fn consents_are_a_ledger(test: TestDb) {
    let app = TestApp::new(test);
    shop(&app);
    let (owner, ann) = (app.owner(), app.person("user_id:ann"));
    let path = format!("/api/v1/people/{ann}/consents");
    for (granted, version) in [(true, "v1"), (false, "v2")] {
        let body = json!({"purpose": "marketing", "channel": "sms", "granted": granted, "text_version": version, "evidence": "门店签字"});
        assert_eq!(owner.post(&path, body).status, 201);
        app.test.clock.advance_seconds(1);
    }
    assert_eq!(owner.walk(&path, "text_version", 1), ["v2", "v1"]);
    let person = owner.get(&format!("/api/v1/people/{ann}")).ok();
    assert_eq!(person["consents"].as_array().unwrap().len(), 1);
    assert_eq!((&person["consents"][0]["granted"], &person["consents"][0]["by"]), (&json!(false), &json!("Ann")));
}

fn events_come_page_by_page(test: TestDb) {
    let app = TestApp::new(test);
    shop(&app);
    let many: Vec<Value> = (0..30)
        .map(|n| json!({"type": "track", "messageId": format!("e{n}"), "userId": "ann", "event": if n % 10 == 0 { "Rare" } else { "Often" },
            "timestamp": format!("2026-02-20T00:00:{:02}Z", n / 3), "properties": {"n": n}}))
        .collect();
    app.track(json!(many));
    let (program, ann) = (app.program(), app.person("user_id:ann"));
    let path = format!("/api/v1/people/{ann}/events");
    let whole = program.walk(&path, "message_id", 200);
    assert_eq!((whole.len(), whole[0].as_str(), whole[33].as_str()), (34, "e29", "i1"));
    for limit in [1, 7] {
        assert_eq!(program.walk(&path, "message_id", limit), whole);
    }
    assert_eq!(program.walk(&format!("{path}?name=Rare"), "message_id", 2), ["e20", "e10", "e0"]);
    let first = &program.get(&format!("{path}?limit=1&name=Order%20Completed")).ok()["items"][0];
    assert_eq!(
        (&first["type"], &first["properties"]["order_id"], &first["at"]),
        (&json!("track"), &json!("A2"), &json!("2026-02-11T00:00:00.000Z"))
    );
    let who = &program.get(&format!("{path}?name=identify")).ok()["items"];
    assert!(who.as_array().unwrap().is_empty() || who[0]["context"]["traits"]["phone"] == json!(ANN));
}

fn a_person_leaves_as_one_document(test: TestDb) {
    let app = TestApp::new(test);
    shop(&app);
    let many: Vec<Value> = (0..450)
        .map(|n| json!({"type": "track", "messageId": format!("e{n}"), "userId": "ann", "event": "Often", "timestamp": "2026-02-20T00:00:00Z"}))
        .collect();
    app.track(json!(many));
    let (owner, ann) = (app.owner(), app.person("user_id:ann"));
    let answer = owner.get(&format!("/api/v1/people/{ann}/export"));
    assert!(answer.header("content-disposition").contains(&format!("{ann}.json")));
    let document = answer.ok();
    assert_eq!(document["events"].as_array().expect("one whole JSON document").len(), 454);
    assert_eq!(document["orders"].as_array().unwrap().len(), 3);
    assert_eq!(document["traits"]["phone"]["value"], ANN);
    assert!(app.audited().contains(&"person.export".to_owned()));
    let ben = app.person("user_id:ben");
    assert_eq!(owner.get(&format!("/api/v1/people/{ben}/export")).ok()["events"].as_array().unwrap().len(), 2);
}

fn a_list_leaves_as_a_workbook(test: TestDb) {
    let app = TestApp::new(test);
    shop(&app);
    let owner = app.owner();
    let answer = owner.get("/api/v1/people/export.xlsx?has=phone");
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(answer.bytes.starts_with(b"PK"), "an xlsx is a zip");
    assert!(answer.header("content-disposition").contains("filename*=UTF-8''"));
    let rows = app.program().get("/api/v1/audit?action=people.export").ok();
    assert_eq!(rows["items"][0]["detail"], json!({"rows": 2, "filters": ["has"], "masked": false}));
    assert_eq!(app.role(Role::Analyst).get("/api/v1/people/export.xlsx?sort=x").says(), "400 sort_unknown sort");
    assert_eq!(app.role(Role::Guide).get("/api/v1/people/export.xlsx").says(), "403 permission_needed");
}

/// Nothing that was kept beside the person's own records names them afterwards, when everything is opened and searched.
fn an_erased_person_is_nowhere_else(test: TestDb) {
    let app = TestApp::new(test);
    shop(&app);
    let owner = app.owner();
    let ann = app.person("user_id:ann");
    let spelt = format!("+86 {}-{}-{}", &ANN[..3], &ANN[3..7], &ANN[7..]);
    let aside = |user: &str, text: &str| {
        json!({"type": "track", "userId": user, "event": "Order Completed", "messageId": format!("bad-{user}-{text}"),
            "properties": {"order_id": "Q", "revenue": "much", "receiver": text}})
    };
    let body =
        json!({ "batch": [aside("ann", "x"), aside("stranger", &spelt), aside("ben", "y"), aside("annette", "z")] })
            .to_string();
    let prepared = app.app.intake.prepare(Endpoint::Import, body.as_bytes(), "key_test", app.app.now()).unwrap();
    let (intake, prepared) = (app.app.intake.clone(), Arc::new(prepared));
    assert_eq!(app.app.db.transact(move |tx| intake.write(tx, &prepared)).unwrap().quarantined, 4);
    let csv = format!("phone,birthday\n{ANN},no day\nnobody,x\n");
    let upload = |name: &str| {
        let path = format!("/api/v1/imports?kind=people&filename={name}");
        let made = owner.raw(Method::POST, &path, "application/octet-stream", csv.clone().into_bytes()).ok();
        made["id"].as_str().unwrap().to_owned()
    };
    let (job, wait, died) = (upload("p.csv"), upload("q.csv"), upload("r.csv"));
    owner
        .post(&format!("/api/v1/imports/{job}/start"), json!({"mapping": {"phone": "phone", "member_no": "birthday"}}))
        .ok();
    // The file of an import that is in goes with its end; that of a process which died between the two is left to the erasure.
    let uploads = app.app.folder.join("uploads");
    let gone = || std::fs::read_dir(&uploads).is_ok_and(|files| files.count() == 2);
    let ended = || owner.get(&format!("/api/v1/imports/{job}")).ok()["state"] == "done" && gone();
    assert!(
        (0..10_000).inspect(|_| std::thread::sleep(std::time::Duration::from_millis(5))).any(|_| ended()),
        "the import ends"
    );
    let end = "UPDATE import_job SET state = 'done' WHERE id = $1";
    app.app.db.transact(move |tx| Ok(tx.execute(end, siyu_db::params![&died])?)).unwrap();
    owner.post(&format!("/api/v1/people/{ann}/unmask"), json!({"reason": format!("called {ANN} back")})).ok();

    let erased = owner.post(&format!("/api/v1/people/{ann}/erase"), json!({"reason": "本人要求", "confirm": ann})).ok();
    assert_eq!(
        [
            &erased["quarantined_removed"],
            &erased["files_deleted"],
            &erased["files_waiting"],
            &erased["audit_reasons_removed"]
        ],
        [&json!(2), &json!(1), &json!(1), &json!(1)],
        "{erased}"
    );
    owner.delete(&format!("/api/v1/imports/{wait}")).says();
    let left = owner.get("/api/v1/quarantine").text();
    assert!(
        left.contains("ben") && left.contains("annette") && !left.contains(&spelt) && !left.contains("bad-ann-"),
        "{left}"
    );
    for path in [
        "/api/v1/audit",
        "/api/v1/imports",
        &format!("/api/v1/imports/{job}/errors.csv"),
        "/api/v1/schema",
        "/api/v1/erasures",
    ] {
        let text = owner.get(path).text();
        assert!(!text.contains(ANN), "{path}: {text}");
    }
    assert!(std::fs::read_dir(&uploads).is_ok_and(|files| files.count() == 0), "no upload is left");
}

fn an_erased_person_is_gone(test: TestDb) {
    let app = TestApp::new(test);
    shop(&app);
    let (owner, ann) = (app.owner(), app.person("user_id:ann"));
    let path = format!("/api/v1/people/{ann}");
    let done = owner.post(&format!("{path}/erase"), json!({"reason": "本人要求", "confirm": ann})).ok();
    let certificate = &done["certificate"];
    assert_eq!(
        (&certificate["person_id"], &certificate["orders_detached"], &certificate["events_removed"]),
        (&json!(ann), &json!(3), &json!(4))
    );
    for rest in ["", "/events", "/orders", "/identity", "/export", "/consents", "/tag-history"] {
        assert_eq!(owner.get(&format!("{path}{rest}")).says(), "404 person_erased", "{rest}");
    }
    assert_eq!(owner.get(&format!("/api/v1/people?identifier=phone:{ANN}")).ok()["items"], json!([]));
    let order = owner.get("/api/v1/orders/A1").ok();
    assert_eq!((&order["person_id"], &order["amount"]), (&Value::Null, &json!(10000)));
    assert_eq!(owner.get("/api/v1/erasures").ok()["items"][0]["id"], certificate["id"]);
    let audit = owner.get("/api/v1/audit").text();
    assert!(audit.contains("person.erase") && !audit.contains(ANN) && !audit.contains(BEN));
    assert_eq!(
        owner.post(&format!("{path}/erase"), json!({"reason": "again", "confirm": ann})).says(),
        "404 person_erased"
    );
}
