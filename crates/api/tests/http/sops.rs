//! SOPs over HTTP: a programme from its making to the board, who may change it, and whose steps a manager sees.

use crate::support::{TestApp, on_both};
use serde_json::{Value, json};
use siyu_access::Role;
use siyu_contacts::Ran;
use siyu_db::params;
use siyu_kernel::Time;
use siyu_testkit::TestDb;

on_both!(
    a_programme_goes_to_the_board,
    managers_see_their_own_and_change_nothing,
    tasks_on_time_are_compared_with_late_ones
);

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
    assert_eq!(api.get(&format!("{PATH}/steps?state=done")).says(), "400 sop_state state");
    assert_eq!(api.get(&format!("{PATH}/steps?after=x")).says(), "400 page_token after");
    let first = api.get(&format!("{PATH}/steps?limit=4")).ok();
    let rest = api.get(&format!("{PATH}/steps?limit=4&after={}", first["next"].as_str().unwrap())).ok();
    assert_eq!((rest["items"].as_array().unwrap().len(), &rest["next"]), (2, &Value::Null), "{rest}");
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

/// Of two guides one is on time more often; of her customers more pay, whatever she does.
fn tasks_on_time_are_compared_with_late_ones(test: TestDb) {
    let app = TestApp::new(test);
    brand(&app);
    let path = format!("{PATH}/effect");
    let none = app.program().get(&path).ok();
    assert_eq!((&none["on_time"]["tasks"], &none["outcomes"][0]["reading"]), (&json!(0), &json!("too_few")));
    assert_eq!((&none["days"], &none["to"], &none["customers_least"]), (&json!(14), &json!("2026-03-02"), &json!(30)));
    for (query, says) in [
        ("days=0", "400 effect_days days"),
        ("days=91", "400 effect_days days"),
        ("from=2026-03-03&to=2026-03-02", "400 sop_span from"),
        ("from=2024-03-03", "400 sop_span from"),
        ("from=yesterday", "400 day_invalid from"),
    ] {
        assert_eq!(app.program().get(&format!("{path}?{query}")).says(), says, "{query}");
    }

    let write = app.key(siyu_access::KeyKind::Write, None);
    for n in 0..160 {
        let identify = json!({ "userId": format!("u{n}"), "messageId": format!("i{n}"), "traits": {} });
        assert_eq!(write.post("/v1/identify", identify).status, 200);
    }
    let own = app.app.clone();
    let due = app.app.now();
    let unit = move |tx: &mut siyu_db::Tx<'_>| {
        let nums = tx.query("SELECT num FROM person ORDER BY num", &[], |row| row.num(0))?;
        for (at, num) in nums.into_iter().enumerate() {
            // Nine of ten on time, against one of ten.
            let staff = if at < 80 { "a1" } else { "b1" };
            let on_time = (at % 10 < 9) == (at < 80);
            let task = siyu_guides::TaskIn {
                staff: staff.into(),
                kind: "call".into(),
                num: Some(num),
                text: "回访".into(),
                due_at: Some(due),
                source: "journey".into(),
                by: "新客关怀".into(),
                ..siyu_guides::TaskIn::default()
            };
            let task = own.guides.give(tx, &task)?;
            if on_time {
                tx.execute("UPDATE guide_task SET state = 'done', ended_at = due_at WHERE id = $1", params![&task.id])?;
            }
            if (at / 10) % 10 < if at < 80 { 4 } else { 1 } || at == 80 {
                let order = siyu_commerce::OrderIn {
                    order_no: format!("N{num}"),
                    at: due.plus_days(1),
                    store: Some(if at < 80 { "S1" } else { "S2" }.into()),
                    currency: siyu_kernel::Currency::CNY,
                    person: Some(num),
                    root: Some(num),
                    lines: vec![siyu_commerce::LineIn {
                        line_no: None,
                        sku: "A".into(),
                        title: None,
                        quantity_milli: 1_000,
                        price_minor: None,
                        amount_minor: 10_000 + i64::from(num),
                        refund_of: None,
                    }],
                    source: "test".into(),
                    whole: false,
                };
                siyu_commerce::place(tx, &[order], 0, due)?;
            }
        }
        Ok(())
    };
    app.app.db.transact(unit).unwrap();
    assert_eq!(app.program().get(&path).ok()["waiting"], 160);
    app.test.clock.advance_seconds(15 * 86_400);
    let told = app.program().get(&format!("{path}?sop=%E6%96%B0%E5%AE%A2%E5%85%B3%E6%80%80")).ok();
    assert_eq!(
        (&told["on_time"]["tasks"], &told["late"]["compared_customers"], &told["guides"]),
        (&json!(80), &json!(80), &json!(2))
    );
    let bought = &told["outcomes"][0];
    assert_eq!((&bought["what"], &bought["reading"]), (&json!("bought"), &json!("unclear")), "{told}");
    let of = |part: &str| bought[part]["value"].as_f64().unwrap();
    assert!(of("raw") > 0.15 && of("within").abs() < 0.1, "{told}");
    assert_eq!(app.program().get(&format!("{path}?days=30")).ok()["waiting"], 160);
    assert_eq!(app.program().get(&format!("{path}?sop=x")).ok()["on_time"]["tasks"], 0);
    // A manager sees the tasks of their staff alone.
    let manager = app.scoped(Role::StoreManager, &[], &["S2"]).get(&path).ok();
    assert_eq!(
        (&manager["on_time"]["tasks"], &manager["late"]["tasks"], &manager["guides"]),
        (&json!(8), &json!(72), &json!(1))
    );
    assert_eq!(manager["outcomes"][0]["reading"], "too_few");
}
