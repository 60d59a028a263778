//! SOPs over HTTP: a programme from its making to the board, who may change it, and whose steps a manager sees.

use crate::support::{TestApp, on_both};
use serde_json::{Value, json};
use siyu_access::Role;
use siyu_contacts::Ran;
use siyu_db::params;
use siyu_kernel::Time;
use siyu_testkit::TestDb;

on_both!(a_programme_goes_to_the_board, managers_see_their_own_and_change_nothing);

const PATH: &str = "/api/v1/sops";

/// Two stores with a member of staff and a group each. It is noon of a Monday in Shanghai.
fn brand(app: &TestApp) {
    let own = app.app.clone();
    let unit = move |tx: &mut siyu_db::Tx<'_>| {
        for (code, key, userid, group) in [("S1", "a1", "A1", "g1"), ("S2", "b1", "B1", "g2")] {
            tx.execute("INSERT INTO store (code, name, created_at) VALUES ($1, $1, 0)", params![code])?;
            tx.execute("INSERT INTO wecom_staff (key, userid, name, departments, main_department, position, status, serves, seen, store) VALUES ($1, $2, $2, '[]', 1, '', 1, 1, 1, $3)", params![key, userid, code])?;
            tx.execute("INSERT INTO wecom_group (id, name, owner, notice, admins, version, status, created_at, read_at, seen) VALUES ($1, $1, $2, '', '[]', '', 0, 1, 1, 1)", params![group, userid])?;
        }
        Ok(())
    };
    own.db.transact(unit).unwrap();
}
fn programme() -> Value {
    json!({ "name": "新群七天", "kind": "group", "steps": [
        { "key": "topic", "name": "发起话题", "day": 0, "hour": 20, "grace_hours": 4, "task": "发起话题：你家怎么收纳？" },
        { "key": "deep", "name": "逐个问候", "day": 0, "hour": 21, "grace_hours": 4, "depth": "deep", "task": "逐个问候新成员" },
        { "key": "live", "name": "直播预告", "weekday": 5, "hour": 18, "grace_hours": 2, "content": { "text": "今晚八点直播" } },
    ]})
}
fn at(app: &TestApp, time: &str) {
    app.test.clock.set(Time::parse(time).unwrap());
    while siyu_api::sops(&app.app).work().unwrap() == Ran::Went {}
}

fn a_programme_goes_to_the_board(test: TestDb) {
    let app = TestApp::new(test);
    brand(&app);
    let api = app.program();
    let made = api.post(PATH, programme()).ok();
    let id = made["id"].as_str().unwrap();
    let one = format!("{PATH}/{id}");
    assert_eq!(
        (&made["version"], &made["state"], made["steps"].as_array().unwrap().len()),
        (&json!(1), &json!("running"), 3)
    );
    assert_eq!(api.post(&format!("{one}/subjects"), json!({ "rule": {} })).ok()["came"], 2);
    assert_eq!(api.put(&format!("{PATH}/grades/A1"), json!({ "grade": "A" })).status, 204);
    assert_eq!(api.get(&format!("{PATH}/grades")).ok()["items"], json!([{ "staff": "a1", "grade": "A" }]));
    assert_eq!(api.put(&format!("{PATH}/grades/A1"), json!({ "grade": "D" })).says(), "400 sop_grade grade");

    at(&app, "2026-03-02T13:00:00Z");
    let board = api.get(&format!("{PATH}/board")).ok();
    let all = &board["all"];
    assert_eq!(
        (&all["steps"], &all["planned"], &all["asked"], &all["skipped"]),
        (&json!(6), &json!(2), &json!(3), &json!(1))
    );
    assert_eq!((&board["programmes"][0]["key"], &board["programmes"][0]["name"]), (&json!(id), &made["name"]));
    for part in ["stores", "staff"] {
        let named =
            board[part].as_array().unwrap().iter().all(|own| own["name"].as_str().is_some_and(|name| !name.is_empty()));
        assert!(named, "{board}");
    }
    assert_eq!((board["stores"].as_array().unwrap().len(), board["staff"].as_array().unwrap().len()), (2, 2));
    let skipped = api.get(&format!("{PATH}/steps?state=skipped")).ok();
    let row = &skipped["items"][0];
    assert_eq!((&row["subject"], &row["step"], &row["reason"]), (&json!("g2"), &json!("deep"), &json!("grade")));
    assert_eq!((&row["sop_name"], &row["step_name"]), (&made["name"], &made["steps"][1]["name"]));
    at(&app, "2026-03-02T17:00:00Z");
    assert_eq!(api.get(&format!("{PATH}/board?sop={id}")).ok()["all"]["overdue"], 2);

    // A new version, against the one that was loaded.
    let mut next = programme();
    next["version"] = json!(1);
    next["steps"][2]["hour"] = json!(19);
    assert_eq!(api.put(&one, next.clone()).ok()["version"], 2);
    assert_eq!(api.put(&one, next).says(), "409 sop_changed");
    assert_eq!(api.delete(&format!("{one}/subjects/g2")).status, 204);
    assert_eq!(api.delete(&format!("{one}/subjects/g2")).status, 400);
    assert_eq!(api.post(&format!("{one}/state"), json!({ "state": "ended" })).status, 204);
    assert_eq!(api.post(&format!("{one}/state"), json!({ "state": "paused" })).says(), "409 sop_over");
    assert_eq!(api.get(PATH).ok()["items"][0]["state"], "ended");
    let mut both = programme();
    both["steps"][0]["weekday"] = json!(1);
    assert_eq!(api.post(PATH, both).says(), "400 sop_step steps[0]");
    assert_eq!(api.get(&format!("{PATH}/none")).says(), "404 sop_unknown");
}

fn managers_see_their_own_and_change_nothing(test: TestDb) {
    let app = TestApp::new(test);
    brand(&app);
    let made = app.program().post(PATH, programme()).ok();
    let one = format!("{PATH}/{}", made["id"].as_str().unwrap());
    app.program().post(&format!("{one}/subjects"), json!({ "subjects": ["g1", "g2"] })).ok();
    at(&app, "2026-03-02T13:00:00Z");
    let manager = app.scoped(Role::StoreManager, &[], &["S2"]);
    let board = manager.get(&format!("{PATH}/board")).ok();
    assert_eq!((&board["all"]["steps"], board["staff"].as_array().unwrap().len()), (&json!(3), 1));
    assert_eq!(board["staff"][0]["key"], "b1");
    let list = manager.get(&format!("{PATH}/steps")).ok();
    assert!(list["items"].as_array().unwrap().iter().all(|row| row["staff"] == "b1"), "{list}");
    let operator = app.scoped(Role::Operator, &[], &["S2"]);
    assert_eq!(operator.post(PATH, programme()).says(), "403 scope_needed");
    assert_eq!(operator.post(&format!("{one}/state"), json!({ "state": "ended" })).says(), "403 scope_needed");
    assert_eq!(operator.post(&format!("{one}/subjects"), json!({ "subjects": ["g1"] })).says(), "403 scope_needed");
}
