//! Channels over HTTP: made and found by those who may, figures that open their people, pages for everybody.

use crate::support::{TestApp, on_both};
use serde_json::{Value, json};
use siyu_access::Role;
use siyu_db::params;
use siyu_testkit::TestDb;

on_both!(
    channels_are_made_by_those_who_may,
    figures_open_their_people,
    figures_keep_to_the_readers_stores,
    codes_are_checked_and_their_pages_are_open
);

fn made(app: &TestApp, code: &str) -> Value {
    app.program()
        .post("/api/v1/channels", json!({"code": code, "name": "包裹卡", "kind": "parcel", "owner": "周洋"}))
        .ok()
}

fn channels_are_made_by_those_who_may(test: TestDb) {
    let app = TestApp::new(test);
    let parcel = made(&app, "parcel");
    let id = parcel["id"].as_str().unwrap();
    let path = format!("/api/v1/channels/{id}");
    for (says, body) in [
        ("400 channel_field code", json!({"code": "a b", "name": "x", "kind": "ad"})),
        ("400 channel_field kind", json!({"code": "ab", "name": "x", "kind": "tv"})),
        ("400 channel_field store", json!({"code": "ab", "name": "x", "kind": "ad", "store": "S9"})),
        ("409 channel_taken code", json!({"code": "parcel", "name": "x", "kind": "ad"})),
        ("400 field_invalid kind", json!({"code": "ab", "name": "x"})),
        ("400 field_invalid color", json!({"code": "ab", "name": "x", "kind": "ad", "color": "red"})),
    ] {
        assert_eq!(app.program().post("/api/v1/channels", body).says(), says);
    }
    assert_eq!(
        app.role(Role::Analyst).post("/api/v1/channels", json!({"code": "x", "name": "x", "kind": "ad"})).says(),
        "403 permission_needed"
    );
    assert_eq!(app.role(Role::Guide).get("/api/v1/channels").ok()["items"][0]["name"], "包裹卡");
    assert_eq!(app.program().patch(&path, json!({"name": "新卡", "version": 1})).ok()["version"], 2);
    assert_eq!(app.program().patch(&path, json!({"name": "旧卡", "version": 1})).says(), "409 channel_changed version");
    assert_eq!(app.program().get("/api/v1/channels/names").ok()["names"], json!({"parcel": "新卡"}));
    assert_eq!(app.program().get("/api/v1/channels/chn_x").says(), "404 channel_unknown");
    assert_eq!(app.program().get("/api/v1/channels/strays").ok()["items"], json!([]));
    let costs = format!("{path}/costs");
    let cost = app
        .program()
        .post(&costs, json!({"from": "2026-03-01", "to": "2026-03-10", "amount": 100_000, "note": "印刷"}))
        .ok();
    assert_eq!((cost["currency"].as_str(), cost["from"].as_str()), (Some("CNY"), Some("2026-03-01")));
    for (says, body) in [
        ("400 day_invalid from", json!({"from": "March", "to": "2026-03-10", "amount": 1})),
        ("400 channel_cost to", json!({"from": "2026-03-11", "to": "2026-03-10", "amount": 1})),
        ("400 channel_cost amount", json!({"from": "2026-03-01", "to": "2026-03-10", "amount": -1})),
    ] {
        assert_eq!(app.program().post(&costs, body).says(), says);
    }
    let gone = format!("{costs}/{}", cost["id"].as_str().unwrap());
    assert_eq!(
        (app.program().delete(&gone).status, app.program().delete(&gone).says()),
        (204, "404 channel_cost_unknown".to_owned())
    );
    let audit = app.program().get("/api/v1/audit?limit=50").ok().to_string();
    for action in ["channel.create", "channel.change", "channel.cost_add", "channel.cost_remove"] {
        assert!(audit.contains(action), "{action}");
    }
    assert_eq!(
        app.program().get("/api/v1/channels/board?from=2026-03-02&to=2026-03-01").says(),
        "400 channel_span from"
    );
}

/// Three come by the parcel card: one buys twice and gives some back, one deletes the guide, one had bought long before.
fn some_come(app: &TestApp) {
    let track = |id: &str, user: &str, event: &str, at: &str, properties: Value| json!({"type": "track", "messageId": id, "userId": user, "event": event, "timestamp": at, "properties": properties});
    app.track(json!([
        track("1", "ann", "Contact Added", "2026-02-20T01:00:00Z", json!({"channel": "parcel", "store": "S1"})),
        track("2", "bea", "Contact Added", "2026-02-21T01:00:00Z", json!({"channel": "parcel", "store": "S1"})),
        track("3", "cleo", "Contact Added", "2026-02-22T01:00:00Z", json!({"channel": "PK-1"})),
        track("4", "dora", "Contact Added", "2026-02-22T01:00:00Z", json!({"channel": "ad"})),
        track("5", "bea", "Contact Lost", "2026-02-25T01:00:00Z", json!({"channel": "parcel", "by": "customer"})),
        track(
            "6",
            "cleo",
            "Order Completed",
            "2025-06-01T01:00:00Z",
            json!({"order_id": "o0", "revenue": 50, "store": "S2", "currency": "CNY"})
        ),
        track(
            "7",
            "ann",
            "Order Completed",
            "2026-02-23T01:00:00Z",
            json!({"order_id": "o1", "revenue": 120, "store": "S1", "currency": "CNY"})
        ),
        track(
            "8",
            "ann",
            "Order Refunded",
            "2026-02-24T01:00:00Z",
            json!({"order_id": "o1", "refund_id": "r", "total": 20, "store": "S1", "currency": "CNY"})
        ),
        track(
            "9",
            "cleo",
            "Order Completed",
            "2026-02-26T01:00:00Z",
            json!({"order_id": "o2", "revenue": 30, "store": "S2", "currency": "CNY"})
        ),
    ]));
    app.app.projection.catch_up().unwrap();
}

fn figures_open_their_people(test: TestDb) {
    let app = TestApp::new(test);
    let parcel = made(&app, "parcel");
    let id = parcel["id"].as_str().unwrap();
    app.program().patch(&format!("/api/v1/channels/{id}"), json!({"states": ["PK-1"]})).ok();
    app.program()
        .post(
            &format!("/api/v1/channels/{id}/costs"),
            json!({"from": "2026-02-01", "to": "2026-02-28", "amount": 28_000}),
        )
        .ok();
    some_come(&app);
    let board = app.program().get("/api/v1/channels/board?from=2026-02-15&to=2026-02-28").ok();
    let row = &board["items"][0];
    for (figure, want) in [
        ("adds", json!(3)),
        ("friends", json!(0)),
        ("lost_customer", json!(1)),
        ("lost_staff", json!(0)),
        ("lost_unknown", json!(0)),
        ("buyers", json!(2)),
        // Cleo bought before: hers is no first order.
        ("first_orders", json!(1)),
        ("revenue_30", json!(13_000)),
        ("revenue_90", json!(13_000)),
        // Half of the days of February's cost.
        ("cost", json!(14_000)),
        ("cost_per_add", json!(4_667)),
        ("visits", Value::Null),
    ] {
        assert_eq!(row[figure], want, "{figure}: {row}");
    }
    assert!((row["roi_90"].as_f64().unwrap() - 13.0 / 14.0).abs() < 1e-9);
    for figure in ["adds", "lost_customer", "buyers", "first_orders"] {
        let cell = &row["cells"][figure];
        let path = format!("/api/v1/analysis/{}/people", cell["kind"].as_str().unwrap());
        let people = app.program().post(&path, json!({"spec": cell["spec"], "cell": cell["cell"]})).ok();
        assert_eq!(people["total"], row[figure], "{figure}");
    }
    let cell = &row["cells"]["revenue_90"];
    let credits = app
        .program()
        .post("/api/v1/analysis/attribution/credits", json!({"spec": cell["spec"], "cell": cell["cell"]}))
        .ok();
    assert_eq!(credits["items"][0]["credit"], 10_000, "of the channel's own code: {credits}");
    let before = app.program().get("/api/v1/channels/board?from=2026-01-01&to=2026-01-31").ok();
    assert_eq!(
        (&before["items"][0]["adds"], &before["items"][0]["cost"], &before["items"][0]["roi_90"]),
        (&json!(0), &Value::Null, &Value::Null)
    );
    let book = app.program().get("/api/v1/channels/export.xlsx?from=2026-02-15&to=2026-02-28");
    assert_eq!((book.status, &book.bytes[..2]), (200, b"PK".as_slice()));
}

fn figures_keep_to_the_readers_stores(test: TestDb) {
    let app = TestApp::new(test);
    let parcel = made(&app, "parcel");
    some_come(&app);
    let reader = app.scoped(Role::StoreManager, &[], &["S1"]);
    let row = &reader.get("/api/v1/channels/board?from=2026-02-15&to=2026-02-28").ok()["items"][0];
    assert_eq!(
        (&row["adds"], &row["buyers"], &row["revenue_90"], &row["friends"]),
        (&json!(1), &json!(1), &json!(10_000), &json!(0)),
        "{row}"
    );
    let friends = reader.get(&format!("/api/v1/channels/{}/friends", parcel["id"].as_str().unwrap())).ok();
    assert_eq!(friends["items"], json!([]));
}

fn codes_are_checked_and_their_pages_are_open(test: TestDb) {
    let app = TestApp::new(test);
    let parcel = made(&app, "parcel");
    app.app.db.transact(|tx| {
        for key in ["ann", "bea"] {
            tx.execute("INSERT INTO wecom_staff (key, userid, name, departments, main_department, position, status, serves, seen) VALUES ($1, $1, $1, '[]', 1, '', 1, 1, 0)", params![key])?;
        }
        Ok(())
    }).unwrap();
    let body = |seats: Value| json!({"channel": parcel["id"], "name": "春季包裹卡", "pools": {"general": seats}});
    for (says, input) in [
        ("400 code_staff pools.general[0].staff", body(json!([{"staff": "zoe"}]))),
        ("400 code_field pools.general", body(json!([]))),
        ("400 code_rota pools.general[0].rota", body(json!([{"staff": "ann", "rota": ["1"]}]))),
        ("400 code_backup_needed pools.general", body(json!([{"staff": "ann", "cap": 3}]))),
        ("400 field_invalid pools", json!({"channel": parcel["id"], "name": "x"})),
    ] {
        assert_eq!(app.program().post("/api/v1/live-codes", input).says(), says);
    }
    let code =
        app.program().post("/api/v1/live-codes", body(json!([{"staff": "ann"}, {"staff": "bea", "weight": 3}]))).ok();
    let id = code["id"].as_str().unwrap();
    assert_eq!(
        (&code["ways"][0]["state"], &code["ways"][0]["wecom_state"], &code["welcome"]),
        (&json!("new"), &json!("parcel.1"), &Value::Null)
    );
    assert_eq!(app.nobody().get(&format!("/c/{id}")).says(), "409 code_not_ready");
    assert_eq!(app.program().get(&format!("/api/v1/live-codes/{id}/qr")).says(), "409 code_not_ready");
    let own = id.to_owned();
    app.app
        .db
        .transact(move |tx| {
            Ok(tx.execute(
                "UPDATE channel_way SET state = 'good', qr_code = 'https://wework.qpic.cn/wwpic/1/0' WHERE code = $1",
                params![&own],
            )?)
        })
        .unwrap();
    let png = app.program().get(&format!("/api/v1/live-codes/{id}/qr?size=300"));
    assert_eq!((png.header("content-type").as_str(), &png.bytes[1..4]), ("image/png", b"PNG".as_slice()));
    let svg = app.program().get(&format!("/api/v1/live-codes/{id}/qr?format=svg"));
    assert!(svg.header("content-type").starts_with("image/svg") && svg.bytes.starts_with(b"<svg"));
    assert_eq!(app.program().get(&format!("/api/v1/live-codes/{id}/qr?size=5")).says(), "400 qr_size size");
    let page = app.nobody().get(&format!("/c/{id}?store=S1&v=forged"));
    assert_eq!((page.status, page.header("cache-control")), (200, "no-store".to_owned()));
    assert!(page.text().contains("data:image/png;base64,") && page.header("content-type").starts_with("text/html"));
    assert_eq!(app.program().get(&format!("/api/v1/live-codes/{id}")).ok()["visits"], 1);
    assert_eq!(app.nobody().get("/c/cde_x").says(), "404 code_unknown");
    assert_eq!(app.nobody().get("/g/gcd_x").says(), "404 code_unknown");
    let changed = app
        .program()
        .patch(&format!("/api/v1/live-codes/{id}"), json!({"name": "夏季包裹卡", "welcome": "wel_1", "version": 1}))
        .ok();
    assert_eq!(
        (&changed["name"], &changed["welcome"], changed["pools"]["general"][1]["weight"].as_i64()),
        (&json!("夏季包裹卡"), &json!("wel_1"), Some(3))
    );
    assert_eq!(
        app.program()
            .patch(&format!("/api/v1/channels/{}", parcel["id"].as_str().unwrap()), json!({"archived": true}))
            .says(),
        "409 channel_used"
    );
    app.program().post(&format!("/api/v1/live-codes/{id}/archive"), json!({})).ok();
    assert_eq!(app.nobody().get(&format!("/c/{id}")).says(), "404 code_unknown");
    let groups = json!({"channel": parcel["id"], "name": "群", "variants": [{"groups": ["wrX"]}]});
    assert_eq!(app.program().post("/api/v1/group-codes", groups).says(), "400 group_code_field variants[0].chats");
    assert_eq!(app.program().get("/api/v1/group-codes").ok()["items"], json!([]));
}
