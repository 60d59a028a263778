//! Leads over HTTP: who sees and does what in the console and on the phone, files in and out, what the audit says.

use crate::guide_shop::{Pair, Shop};
use crate::support::{Client, TestApp, on_both};
use axum::http::Method;
use serde_json::{Value, json};
use siyu_access::Role;
use siyu_db::params;
use siyu_testkit::TestDb;

on_both!(
    headquarters_fills_and_gives_out_the_pool,
    a_manager_stays_inside_the_store,
    a_file_of_phones_becomes_leads,
    rules_and_settings_are_checked_and_kept,
    a_guide_claims_calls_and_wins_on_the_phone,
    an_erased_person_is_no_lead_any_more
);

/// Two stores with a member of staff each.
fn brand(app: &TestApp) {
    let own = app.app.clone();
    let unit = move |tx: &mut siyu_db::Tx<'_>| {
        for (code, name) in [("S1", "一店"), ("S2", "二店")] {
            tx.execute("INSERT INTO store (code, name, created_at) VALUES ($1, $2, 0)", params![code, name])?;
        }
        for (key, userid, store) in [("a1", "A1", "S1"), ("b1", "B1", "S2")] {
            tx.execute("INSERT INTO wecom_staff (key, userid, name, departments, main_department, position, status, serves, seen, store) VALUES ($1, $2, $2, '[]', 1, '', 1, 1, 1, $3)", params![key, userid, store])?;
        }
        Ok(())
    };
    own.db.transact(unit).unwrap();
}
fn lead(client: &Client<'_>, phone: &str, store: &str) -> String {
    let made = client.post("/api/v1/leads", json!({"phone": phone, "name": "林", "store": store, "note": "展会"}));
    made.ok()["id"].as_str().unwrap().to_owned()
}
fn manager<'a>(app: &'a TestApp, store: &str) -> Client<'a> {
    let client = app.role(Role::StoreManager);
    let scope = json!({"scope": {"all": false, "regions": [], "stores": [store]}});
    app.owner().patch(&format!("/api/v1/users/{}", client.id), scope).ok();
    client
}
fn many(answer: &Value) -> usize {
    answer["items"].as_array().unwrap().len()
}

fn headquarters_fills_and_gives_out_the_pool(test: TestDb) {
    let app = TestApp::new(test);
    brand(&app);
    let owner = app.owner();
    let one = lead(&owner, "13800000001", "");
    let shown = owner.get(&format!("/api/v1/leads/{one}")).ok();
    assert_eq!(
        (&shown["state"], &shown["name"], &shown["note"], &shown["source"]),
        (&json!("new"), &json!("林"), &json!("展会"), &json!("manual"))
    );
    assert_eq!(shown["phone"], "138****0001", "masked, also for owners");
    assert_eq!(owner.post("/api/v1/leads", json!({"phone": "13800000001"})).says(), "409 lead_here");
    assert_eq!(owner.post("/api/v1/leads", json!({"phone": "12"})).says(), "400 identifier_invalid phone");
    assert_eq!(owner.post("/api/v1/leads", json!({})).says(), "400 lead_who phone");
    assert_eq!(
        owner.post("/api/v1/leads", json!({"phone": "13800000002", "store": "S9"})).says(),
        "400 lead_store store"
    );
    assert_eq!(owner.get("/api/v1/leads/led_nothing").says(), "404 lead_unknown");
    assert_eq!(owner.get("/api/v1/leads?view=air").says(), "400 lead_word view");
    let two = lead(&owner, "13800000003", "S2");
    let given = owner.post("/api/v1/leads/assign", json!({"leads": [one, two], "staff": "A1", "reason": "活动"})).ok();
    assert_eq!((many(&given), &given["items"][0]["staff"]), (2, &json!("A1")));
    assert_eq!(many(&owner.get("/api/v1/leads?view=held&staff=a1").ok()), 2);
    assert_eq!(owner.post("/api/v1/leads/assign", json!({"leads": [], "staff": "A1"})).says(), "400 lead_many leads");
    assert_eq!(
        owner.post("/api/v1/leads/assign", json!({"leads": [one], "staff": "zoe"})).says(),
        "400 lead_staff staff"
    );
    let at = |what: &str| format!("/api/v1/leads/{one}/{what}");
    owner.post(&at("contact"), json!({"way": "phone", "result": "reached", "note": "下周到店"})).ok();
    owner.post(&at("notes"), json!({"note": "喜欢粉色"})).ok();
    assert_eq!(owner.post(&at("lose"), json!({"reason": ""})).says(), "400 lead_reason reason");
    owner.post(&at("lose"), json!({"reason": "不在本地"})).ok();
    assert_eq!(owner.post(&at("win"), json!({"note": ""})).says(), "409 lead_state");
    owner.post(&at("release"), json!({"reason": "搬回来了"})).ok();
    let moves = owner.get(&at("moves")).ok();
    let what: Vec<&str> = moves["items"].as_array().unwrap().iter().map(|own| own["what"].as_str().unwrap()).collect();
    assert_eq!(what, ["recycled", "lost", "noted", "contacted", "claimed", "created"]);
    assert_eq!((&moves["items"][3]["note"], &moves["items"][4]["reason"]), (&json!("下周到店"), &json!("活动")));
    assert_eq!(owner.post(&at("phone"), json!({})).ok()["phone"], "13800000001");
    let audit = owner.get("/api/v1/audit?limit=50").ok().to_string();
    for action in ["lead.add", "lead.assign", "lead.contact", "lead.note", "lead.lose", "lead.release", "person.unmask"]
    {
        assert!(audit.contains(action), "{action}");
    }
    let counts = owner.get("/api/v1/leads/counts").ok();
    assert_eq!(counts["items"], json!([{"state": "claimed", "leads": 1}, {"state": "recycled", "leads": 1}]));
    let board = owner.get("/api/v1/leads/board").ok();
    assert_eq!(
        (&board["staff"][0]["staff"], &board["staff"][0]["taken"], &board["sources"][0]["leads"]),
        (&json!("A1"), &json!(2), &json!(2))
    );
    let file = owner.get("/api/v1/leads/export.xlsx");
    assert!(
        file.header("content-disposition").contains("leads.xlsx")
            && file.header("content-type").contains("spreadsheet")
    );
    for role in [Role::Analyst, Role::ReadOnly, Role::Guide] {
        let client = app.role(role);
        assert_eq!(
            client.post("/api/v1/leads", json!({"phone": "13800000009"})).says(),
            "403 permission_needed",
            "{role}"
        );
        assert_eq!(
            client.post("/api/v1/leads/assign", json!({"leads": [two], "staff": "A1"})).says(),
            "403 permission_needed"
        );
    }
    // An audience, by people who are leads, friends, or neither.
    let people = owner.post("/api/v1/leads/people", json!({"people": [app.person("phone:13800000001")]})).ok();
    assert_eq!(people, json!({"new": 0, "again": 0, "here": 1, "friends": 0, "refused": 0}));
    assert_eq!(owner.post("/api/v1/leads/people", json!({})).says(), "400 lead_who audience");
}

fn a_manager_stays_inside_the_store(test: TestDb) {
    let app = TestApp::new(test);
    brand(&app);
    let (owner, first) = (app.owner(), manager(&app, "S1"));
    let (brand, own, other) =
        (lead(&owner, "13800000001", ""), lead(&owner, "13800000002", "S1"), lead(&owner, "13800000003", "S2"));
    assert_eq!(many(&first.get("/api/v1/leads").ok()), 2);
    assert_eq!(first.get(&format!("/api/v1/leads/{other}")).says(), "404 lead_unknown");
    assert_eq!(first.get(&format!("/api/v1/leads/{other}/moves")).says(), "404 lead_unknown");
    assert_eq!(first.post(&format!("/api/v1/leads/{other}/phone"), json!({})).says(), "404 lead_unknown");
    assert_eq!(
        first.post("/api/v1/leads", json!({"phone": "13800000004", "store": "S2"})).says(),
        "403 lead_scope store"
    );
    // A store may be named; whose it is, is asked all the same.
    for (store, says) in [("S2", "403 lead_scope store"), ("二店", "403 lead_scope store"), ("一店", "200")] {
        let put = first.post("/api/v1/leads/people", json!({"people": [], "store": store}));
        assert_eq!(put.says(), says, "{store}");
    }
    assert_eq!(
        first.post("/api/v1/leads/assign", json!({"leads": [own], "staff": "B1"})).says(),
        "403 lead_scope staff"
    );
    assert_eq!(first.post("/api/v1/leads/assign", json!({"leads": [other], "staff": "A1"})).says(), "404 lead_unknown");
    first.post("/api/v1/leads/assign", json!({"leads": [brand, own], "staff": "A1"})).ok();
    assert_eq!(
        first.get(&format!("/api/v1/leads/{own}")).ok()["person"],
        Value::Null,
        "a person who is not of the store is not linked"
    );
    let second = manager(&app, "S2");
    assert_eq!(many(&second.get("/api/v1/leads").ok()), 1, "the brand's lead is held by another store now");
    assert_eq!(
        second.post(&format!("/api/v1/leads/{brand}/release"), json!({"reason": "x"})).says(),
        "404 lead_unknown"
    );
    assert_eq!(first.put("/api/v1/leads/rules", json!({"rules": []})).says(), "403 permission_needed");
    assert_eq!(many(&owner.get("/api/v1/leads?q=13800000003").ok()), 1);
}

fn a_file_of_phones_becomes_leads(test: TestDb) {
    let app = TestApp::new(test);
    brand(&app);
    let owner = app.owner();
    owner.post("/api/v1/channels", json!({"code": "fair", "name": "展会", "kind": "other"})).ok();
    let send = |options: Value| {
        let file = "手机号,姓名,门店,备注\n13800000001,林一,一店,想试穿\n13800000002,林二,,\n13800000003,林三,不存在的店,\n13800000001,林一,一店,又来\n12,坏,,\n";
        let up = owner
            .raw(
                Method::POST,
                "/api/v1/imports?kind=people&filename=fair.csv",
                "application/octet-stream",
                file.as_bytes().to_vec(),
            )
            .ok();
        let id = up["id"].as_str().unwrap().to_owned();
        let mapping = json!({"phone": "手机号", "trait.name": "姓名", "store": "门店", "trait.note": "备注"});
        let started =
            owner.post(&format!("/api/v1/imports/{id}/start"), json!({"mapping": mapping, "options": options}));
        if started.status != 200 {
            return Err(started.says());
        }
        for _ in 0..500 {
            let now = owner.get(&format!("/api/v1/imports/{id}")).ok();
            if now["state"] != "running" {
                return Ok(now);
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        panic!("the import does not end");
    };
    assert_eq!(send(json!({"leads": true, "channel": "air"})).unwrap_err(), "400 lead_channel channel");
    let plain = send(json!({})).unwrap();
    assert_eq!((&plain["state"], &plain["summary"]["leads"]), (&json!("done"), &json!(0)));
    assert_eq!(many(&owner.get("/api/v1/leads").ok()), 0, "people of a file are no leads unless it is said");
    let done = send(json!({"leads": true, "channel": "fair"})).unwrap();
    assert_eq!((&done["state"], &done["summary"]["leads"], &done["rejected"]), (&json!("done"), &json!(3), &json!(1)));
    let all = owner.get("/api/v1/leads?source=import&channel=fair").ok();
    let mut shown: Vec<String> = all["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|own| {
            format!(
                "{} {} {}",
                own["name"].as_str().unwrap(),
                own["store"].as_str().unwrap(),
                own["note"].as_str().unwrap()
            )
        })
        .collect();
    shown.sort();
    assert_eq!(shown, ["林一 S1 想试穿", "林三  ", "林二  "], "an unknown store is the brand's pool");
    assert_eq!(send(json!({"leads": true, "channel": "fair"})).unwrap()["summary"]["leads"], 0, "the same file again");
}

fn rules_and_settings_are_checked_and_kept(test: TestDb) {
    let app = TestApp::new(test);
    brand(&app);
    let owner = app.owner();
    let mut settings = owner.get("/api/v1/leads/settings").ok();
    settings["daily_max"] = json!(3);
    settings["walks"] = json!(["lost", "idle"]);
    assert_eq!(owner.put("/api/v1/leads/settings", settings.clone()).ok(), settings);
    settings["daily_max"] = json!(-1);
    assert_eq!(owner.put("/api/v1/leads/settings", settings.clone()).says(), "400 lead_settings daily_max");
    settings["daily_max"] = json!(3);
    settings["walks"] = json!(["import"]);
    assert_eq!(owner.put("/api/v1/leads/settings", settings).says(), "400 lead_word walks");
    let rule = json!({"name": "轮流", "active": true, "mode": "round_robin", "staff": [{"staff": "A1"}, {"staff": "B1", "weight": 2}]});
    let kept = owner.put("/api/v1/leads/rules", json!({"rules": [rule]})).ok();
    assert_eq!((&kept["items"][0]["name"], &kept["items"][0]["staff"][1]["weight"]), (&json!("轮流"), &json!(2)));
    assert_eq!(owner.put("/api/v1/leads/rules", json!({"rules": kept["items"]})).ok(), kept);
    let wrong = json!({"rules": [{"name": "x", "active": true, "mode": "luck"}]});
    assert_eq!(owner.put("/api/v1/leads/rules", wrong).says(), "400 field_invalid rules[0].mode");
    (0..4).for_each(|n| drop(lead(&owner, &format!("1380000000{n}"), "")));
    while app.app.leads.step().unwrap() == siyu_contacts::Ran::Went {}
    assert_eq!(many(&owner.get("/api/v1/leads?view=held").ok()), 4);
    assert_eq!(many(&owner.get("/api/v1/leads?staff=A1").ok()), 2);
}

fn a_guide_claims_calls_and_wins_on_the_phone(test: TestDb) {
    let shop = Shop::new(test);
    let Pair { ann, .. } = shop.pair();
    let (owner, me) = (shop.app.owner(), shop.sign_in(&ann));
    let (one, two) = (lead(&owner, "13800000001", ""), lead(&owner, "13800000002", ""));
    assert_eq!(shop.app.nobody().get("/api/v1/guide/leads").says(), "401 guide_not_signed_in");
    let pool = me.get("/api/v1/guide/leads?view=pool").ok();
    assert_eq!(many(&pool), 2);
    assert!(
        pool["items"].as_array().unwrap().iter().all(|own| own["phone"].as_str().unwrap().starts_with("138****000"))
    );
    assert_eq!(many(&me.get("/api/v1/guide/leads").ok()), 0);
    let at = |id: &str, what: &str| format!("/api/v1/guide/leads/{id}/{what}");
    assert_eq!(me.post(&at(&one, "phone"), json!({})).says(), "409 lead_not_held", "not before it is claimed");
    assert_eq!(me.post(&at(&one, "claim"), json!({})).ok()["state"], "claimed");
    // Sent again, because the answer was lost: the same lead, and no second one of the day's number.
    assert_eq!(me.post(&at(&one, "claim"), json!({})).ok()["id"], json!(one));
    assert_eq!(me.post(&at(&one, "phone"), json!({})).ok()["phone"], "13800000001");
    let room = me.get("/api/v1/guide/leads/room").ok();
    assert_eq!((&room["held"], &room["today"], &room["left"]), (&json!(1), &json!(1), &json!(19)));
    assert_eq!(
        me.post(&at(&one, "contact"), json!({"way": "phone", "result": "maybe"})).says(),
        "400 lead_word result"
    );
    me.post(&at(&one, "contact"), json!({"way": "phone", "result": "reached", "note": "约了周末"})).ok();
    me.post(&at(&one, "notes"), json!({"note": "喜欢小样"})).ok();
    let whole = me.get(&format!("/api/v1/guide/leads/{one}")).ok();
    assert_eq!((&whole["lead"]["state"], whole["moves"].as_array().unwrap().len()), (&json!("contacted"), 4));
    assert_eq!(whole["external_userid"], Value::Null);
    me.post(&at(&one, "win"), json!({"note": "到店成交"})).ok();
    assert_eq!(many(&me.get("/api/v1/guide/leads?view=ended").ok()), 1);
    me.post(&at(&two, "claim"), json!({})).ok();
    me.post(&at(&two, "release"), json!({"reason": "太远"})).ok();
    assert_eq!(me.post(&at(&two, "claim"), json!({})).says(), "409 lead_again");
    assert_eq!(me.get("/api/v1/guide/leads?view=air").says(), "400 lead_word view");
    let mut settings = owner.get("/api/v1/leads/settings").ok();
    settings["claim"] = json!(false);
    owner.put("/api/v1/leads/settings", settings).ok();
    let three = lead(&owner, "13800000003", "");
    assert_eq!(me.post(&at(&three, "claim"), json!({})).says(), "409 lead_claim_off");
    let audit = owner.get("/api/v1/audit?limit=50").ok().to_string();
    assert!(
        audit.contains("person.unmask") && audit.contains(&format!("staff:{ann}")),
        "who looked at the number is known"
    );
}

fn an_erased_person_is_no_lead_any_more(test: TestDb) {
    let app = TestApp::new(test);
    brand(&app);
    let owner = app.owner();
    let one = lead(&owner, "13800000001", "");
    let person = app.person("phone:13800000001");
    owner.post("/api/v1/leads/assign", json!({"leads": [one], "staff": "A1", "reason": "林女士住在东门"})).ok();
    owner.post(&format!("/api/v1/leads/{one}/release"), json!({"reason": "林女士住院了"})).ok();
    owner.post(&format!("/api/v1/leads/{one}/lose"), json!({"reason": "林女士搬走了"})).ok();
    owner.post(&format!("/api/v1/people/{person}/erase"), json!({"reason": "本人要求", "confirm": person})).ok();
    assert_eq!(owner.get(&format!("/api/v1/leads/{one}")).says(), "404 lead_unknown");
    assert_eq!(many(&owner.get("/api/v1/leads").ok()), 0);
    let audit = owner.get("/api/v1/audit?limit=200").ok().to_string();
    assert!(audit.contains("lead.lose") && !audit.contains("林女士"), "what was typed of somebody goes with them");
}
