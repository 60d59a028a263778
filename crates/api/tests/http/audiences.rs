//! Audiences over HTTP: as days go by, for readers of some stores, out of files, and everything that is refused.

use crate::people_world::{ANN, BEN, order, shop};
use crate::support::{Client, TestApp, on_both};
use axum::http::Method;
use serde_json::{Value, json};
use siyu_access::Role;
use siyu_audience::{Ctx, Lang};
use siyu_files::{Cell, TableWriter, XlsxWriter};
use siyu_kernel::{Currency, Zone};
use siyu_testkit::TestDb;

on_both!(
    days_go_by,
    an_event_moves_a_person,
    rules_ask_what_people_did_wherever_they_stand,
    readers_of_some_stores_see_their_people,
    lists_come_from_identifiers_files_and_numbers,
    audiences_are_combined_and_frozen,
    counts_are_of_who_is_there,
    what_is_used_stays,
    no_audience_contains_itself,
    mistakes_have_a_place,
    lifecycle_is_set_for_all
);

impl TestApp {
    /// What the background does: columns first, then memberships, until nothing is new.
    pub fn step(&self) {
        let ctx = Ctx { now: self.app.now(), zone: Zone::shanghai(), currency: Currency::CNY, lang: Lang::En };
        for _ in 0..3 {
            self.app.projection.catch_up().unwrap();
            let report = self.app.live.step(&ctx).unwrap();
            assert!(!report.lost);
        }
    }
    /// To noon of the n-th day after the first.
    fn day(&self, n: i64) {
        self.test.clock.set(siyu_kernel::Time::parse("2026-03-02T04:00:00Z").unwrap().plus_days(n));
        self.step();
    }
    fn buys(&self, user: &str, order_no: &str) {
        let at = self.app.now().to_string();
        self.track(json!([order(user, order_no, "S1", 20.0, &at)]));
        self.step();
    }
}

impl Client<'_> {
    pub fn audience(&self, name: &str, rule: Value) -> String {
        let made = self.post("/api/v1/audiences", json!({"name": name, "rule": rule})).ok();
        made["id"].as_str().unwrap().to_owned()
    }
    #[track_caller]
    pub fn inside(&self, id: &str) -> u64 {
        let shown = self.get(&format!("/api/v1/audiences/{id}")).ok();
        let people = self.get(&format!("/api/v1/audiences/{id}/people?limit=200")).ok();
        assert_eq!(people["total"], shown["people"], "the number is of those who are listed");
        assert_eq!(people["items"].as_array().unwrap().len() as u64, shown["people"].as_u64().unwrap().min(200));
        shown["people"].as_u64().unwrap()
    }
}

fn did(event: &str, days: u32) -> Value {
    json!({"did": {"event": event, "times": {"op": "gte", "value": 1}, "span": {"last_days": days}}})
}
fn lapsed() -> Value {
    let ever = json!({"did": {"event": "Order Completed", "times": {"op": "gte", "value": 1}, "span": {"ever": true}}});
    let lately =
        json!({"did": {"event": "Order Completed", "times": {"op": "eq", "value": 0}, "span": {"last_days": 30}}});
    json!({"all": [ever, lately]})
}

fn days_go_by(test: TestDb) {
    let app = TestApp::new(test);
    let owner = app.owner();
    app.day(0);
    app.buys("ann", "D1");
    let (buyers, lapsed) = (owner.audience("buyers", did("Order Completed", 30)), owner.audience("lapsed", lapsed()));
    app.day(0);
    // (day, who buys, how many buyers, how many lapsed, entered and left among the lapsed today)
    let table = [
        (0, None, 1, 0, 0, 0),
        (5, Some("ben"), 2, 0, 0, 0),
        (29, None, 2, 0, 0, 0),
        // The 30 days of day 30 begin on day 1: Ann's purchase is out.
        (30, None, 1, 1, 1, 0),
        (31, Some("ann"), 2, 0, 0, 1),
        (37, None, 1, 1, 0, 0),
    ];
    for (n, (day, buys, bought, gone, entered, left)) in table.into_iter().enumerate() {
        app.day(day);
        if let Some(who) = buys {
            app.buys(who, &format!("T{n}"));
        }
        let owner = app.owner();
        assert_eq!((owner.inside(&buyers), owner.inside(&lapsed)), (bought, gone), "day {day}");
        let shown = owner.get(&format!("/api/v1/audiences/{lapsed}")).ok();
        assert_eq!((&shown["entered_today"], &shown["left_today"]), (&json!(entered), &json!(left)), "day {day}");
        assert!(shown["fresh_seconds"].as_f64().unwrap() < 1.0, "{shown}");
    }
    let owner = app.owner();
    let days = owner.get(&format!("/api/v1/audiences/{lapsed}/history?from=2026-03-30&to=2026-04-08")).ok();
    let days: Vec<String> = days["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|day| {
            format!("{} {} +{} -{}", &day["day"].as_str().unwrap()[5..], day["people"], day["entered"], day["left"])
        })
        .collect();
    let want = [
        "03-30 0 +0 -0",
        "03-31 0 +0 -0",
        "04-01 1 +1 -0",
        "04-02 0 +0 -1",
        "04-03 0 +0 -0",
        "04-04 0 +0 -0",
        "04-05 0 +0 -0",
        "04-06 1 +1 -0",
        "04-07 1 +0 -0",
        "04-08 1 +0 -0",
    ];
    assert_eq!(days, want, "days on which nobody looked are counted too");
    let on = |day: &str| owner.get(&format!("/api/v1/audiences/{lapsed}/people?day={day}")).ok();
    assert_eq!(on("2026-04-01")["items"][0]["id"], json!(app.person("user_id:ann")));
    assert_eq!(on("2026-04-06")["items"][0]["id"], json!(app.person("user_id:ben")));
    assert_eq!(on("2026-03-20")["total"], 0);
    let path = format!("/api/v1/audiences/{lapsed}/difference?from=2026-04-01&to=2026-04-06");
    let both = owner.get(&path).ok();
    assert_eq!((&both["entered"], &both["left"], &both["stayed"]), (&json!(1), &json!(1), &json!(0)));
    assert_eq!(both["items"], Value::Null);
    for (side, who) in [("entered", "ben"), ("left", "ann")] {
        let people = owner.get(&format!("{path}&side={side}")).ok();
        assert_eq!(people["items"][0]["id"], json!(app.person(&format!("user_id:{who}"))), "{side}");
        assert_eq!(people["total"], 1);
    }
    assert_eq!(owner.get(&format!("{path}&side=stayed")).ok()["items"], json!([]));
    // A day in the past is frozen as it was.
    let frozen = owner
        .post(&format!("/api/v1/audiences/{lapsed}/freeze"), json!({"name": "first of april", "day": "2026-04-01"}))
        .ok();
    assert_eq!((&frozen["kind"], &frozen["people"], &frozen["rule"]), (&json!("frozen"), &json!(1), &Value::Null));
    app.buys("ben", "T9");
    assert_eq!((owner.inside(&lapsed), owner.inside(frozen["id"].as_str().unwrap())), (0, 1));
}

fn an_event_moves_a_person(test: TestDb) {
    let app = TestApp::new(test);
    shop(&app);
    let owner = app.owner();
    app.step();
    let viewers = owner.audience("viewers", did("Product Viewed", 90));
    app.step();
    assert_eq!(owner.inside(&viewers), 1);
    app.track(json!([{"type": "track", "messageId": "v9", "userId": "ann", "event": "Product Viewed", "properties": {"sku": "T1"}}]));
    app.step();
    assert_eq!(owner.inside(&viewers), 2);
    let events = owner.get(&format!("/api/v1/people/{}/events?include=system", app.person("user_id:ann"))).ok();
    let names: Vec<&str> =
        events["items"].as_array().unwrap().iter().filter_map(|event| event["name"].as_str()).collect();
    assert!(names.contains(&"Audience Entered"), "{names:?}");
    // A new rule is counted, and nobody did anything: no event.
    let changed = owner.put(&format!("/api/v1/audiences/{viewers}"), json!({"rule": did("Order Completed", 365)})).ok();
    assert_eq!((&changed["people"], &changed["left_today"]), (&json!(2), &json!(1)));
    app.step();
    assert_eq!(owner.inside(&viewers), 2, "Ann and Ben bought");
    let again = owner.get(&format!("/api/v1/people/{}/events?include=system", app.person("user_id:ben"))).ok();
    assert!(!again.to_string().contains("Audience Entered"), "{again}");
    let version = changed["version"].as_i64().unwrap();
    let rename = |version: i64| {
        owner.put(&format!("/api/v1/audiences/{viewers}"), json!({"name": "buyers", "version": version}))
    };
    assert_eq!(rename(version).ok()["name"], "buyers");
    assert_eq!(rename(version).says(), "409 audience_changed");
    assert_eq!(
        app.audited().into_iter().filter(|action| action.starts_with("audience.")).collect::<Vec<_>>(),
        ["audience.change", "audience.change", "audience.add"]
    );
}

fn rules_ask_what_people_did_wherever_they_stand(test: TestDb) {
    let app = TestApp::new(test);
    shop(&app);
    app.step();
    let owner = app.owner();
    let rule = json!({"all": [did("Order Completed", 90), {"sequence": {"steps": [{"event": "Order Completed"}, {"event": "Order Refunded"}],
        "window": {"days": 7}, "span": {"last_days": 90}}}, {"field": "lifecycle", "op": "ne", "value": "new"}]});
    let preview = owner.post("/api/v1/audiences/preview", json!({"rule": rule})).ok();
    assert_eq!(preview["people"], 1);
    assert_eq!(preview["sample"], json!([{"id": app.person("user_id:ann"), "name": "安安"}]));
    let parts: Vec<(&str, u64)> = preview["parts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|part| (part["place"].as_str().unwrap(), part["people"].as_u64().unwrap()))
        .collect();
    assert_eq!(parts, [("rule", 1), ("rule.all[0]", 2), ("rule.all[1]", 1), ("rule.all[2]", 3)]);
    assert!(preview["took_ms"].as_u64().is_some() && preview["as_of"].as_str().is_some());
    // The same rule: a tag, an analysis, an audience.
    let tag = json!({"name": "gave back", "group": "g", "kind": "rule", "rule": rule});
    owner.post("/api/v1/tag-groups", json!({"name": "g"})).ok();
    let tag = owner.post("/api/v1/tags", tag).ok();
    let run = owner.post(&format!("/api/v1/tags/{}/run", tag["id"].as_str().unwrap()), json!({})).ok();
    assert_eq!(run["people"], 1, "{run}");
    let segment = owner.post("/api/v1/analysis/segment", json!({"rule": rule})).ok();
    assert_eq!((&segment["people"], &segment["sample"]), (&json!(1), &json!([app.person("user_id:ann")])));
    let id = owner.audience("gave back", rule);
    assert_eq!(owner.inside(&id), 1);
    assert_eq!(
        owner.get(&format!("/api/v1/audiences/{id}")).ok()["summary"].as_str().map(|text| text.is_empty()),
        Some(false)
    );
    let trend = json!({"events": [{"event": "Order Completed"}], "measure": "people", "among": {"audience": id}, "by": {"audiences": [id]}});
    let trend = owner.post("/api/v1/analysis/trend", trend).ok();
    assert_eq!(trend["series"][0]["group"], json!("gave back"), "{trend}");
    // Today the stages of the analysis are those that rules ask for.
    let stages = owner.post("/api/v1/analysis/lifecycle", json!({})).ok();
    for stage in stages["stages"].as_array().unwrap() {
        let rule = json!({"all": [{"field": "lifecycle", "op": "eq", "value": stage["stage"]}]});
        let people = owner.post("/api/v1/audiences/preview", json!({"rule": rule})).ok()["people"].clone();
        assert_eq!(people, stage["people"], "{stage}");
    }
}

fn readers_of_some_stores_see_their_people(test: TestDb) {
    let app = TestApp::new(test);
    shop(&app);
    app.step();
    let owner = app.owner();
    let all = owner.audience("bought", did("Order Completed", 90));
    app.step();
    assert_eq!(owner.inside(&all), 2);
    let ann = app.person("user_id:ann");
    for role in [Role::StoreManager, Role::Guide, Role::ReadOnly, Role::Analyst, Role::Operator] {
        let reader = app.scoped(role, &[], &["S1"]);
        assert_eq!(reader.inside(&all), 1, "{role}");
        assert_eq!(
            reader.walk(&format!("/api/v1/audiences/{all}/people"), "id", 1),
            std::slice::from_ref(&ann),
            "{role}"
        );
        let listed = reader.get("/api/v1/audiences").ok();
        assert_eq!(listed["items"][0]["people"], 1, "{role}");
        let preview = reader.post("/api/v1/audiences/preview", json!({"rule": did("Order Completed", 90)})).ok();
        assert_eq!((&preview["people"], &preview["parts"][0]["people"]), (&json!(1), &json!(1)), "{role}");
        let history = reader.get(&format!("/api/v1/audiences/{all}/history")).ok();
        assert_eq!(history["items"][0]["people"], 1, "{role}");
        let path = format!("/api/v1/audiences/{all}/difference?from=2026-03-02&to=2026-03-02&side=stayed");
        assert_eq!(reader.get(&path).ok()["total"], 1, "{role}");
    }
    let operator = app.scoped(Role::Operator, &[], &["S1"]);
    let frozen = operator.post(&format!("/api/v1/audiences/{all}/freeze"), json!({"name": "mine"})).ok();
    assert_eq!(owner.inside(frozen["id"].as_str().unwrap()), 1, "what a reader keeps is what he may see");
    let named =
        json!({"name": "named", "identifiers": [{"kind": "phone", "value": ANN}, {"kind": "phone", "value": BEN}]});
    let named = operator.post("/api/v1/audiences", named).ok();
    assert_eq!(owner.inside(named["id"].as_str().unwrap()), 1);
    let csv = format!("phone\n{ANN}\n{BEN}\n").into_bytes();
    let upload = operator.raw(Method::POST, "/api/v1/audiences/upload?name=up", "text/csv", csv).ok();
    assert_eq!((&upload["matched"], &upload["unknown"]), (&json!(1), &json!(1)));
    let export = json!({"reason": "mail"});
    let export = operator.post(&format!("/api/v1/audiences/{all}/exports"), export).ok();
    assert_eq!(export["people"], 1);
}

fn lists_come_from_identifiers_files_and_numbers(test: TestDb) {
    let app = TestApp::new(test);
    shop(&app);
    app.step();
    let owner = app.owner();
    let list = json!({"name": "named", "description": "for the party",
        "identifiers": [{"kind": "phone", "value": "139 1234 5678"}, {"kind": "user_id", "value": "ben"}, {"kind": "user_id", "value": "nobody"}]});
    let list = owner.post("/api/v1/audiences", list).ok();
    assert_eq!(
        (&list["kind"], &list["people"], &list["description"]),
        (&json!("list"), &json!(2), &json!("for the party"))
    );
    let put = owner.put(&format!("/api/v1/audiences/{}", list["id"].as_str().unwrap()), json!({"rule": did("*", 9)}));
    assert_eq!(put.says(), "409 audience_fixed rule");

    let upload = |name: &str, bytes: Vec<u8>| {
        owner.raw(
            Method::POST,
            &format!("/api/v1/audiences/upload?name=x&filename={name}"),
            "application/octet-stream",
            bytes,
        )
    };
    let csv = format!("备注,手机号,客户 ID\na,{ANN},\nb,,{}\nc,12,nobody\n", app.person("user_id:ben"));
    let up = upload("x.csv", csv.into_bytes()).ok();
    assert_eq!((&up["matched"], &up["unknown"], &up["audience"]["people"]), (&json!(2), &json!(1), &json!(2)));
    let mut bytes = Vec::new();
    let mut book = Box::new(XlsxWriter::new(&mut bytes, "Sheet", &["email", "user_id"], None).unwrap());
    book.write_row(&[Cell::Text("ANN@example.com"), Cell::Text("")]).unwrap();
    book.write_row(&[Cell::Text("nobody@example.com"), Cell::Text("ben")]).unwrap();
    book.finish().unwrap();
    let up = upload("x.xlsx", bytes).ok();
    assert_eq!((&up["matched"], &up["unknown"], &up["audience"]["kind"]), (&json!(2), &json!(0), &json!("list")));
    assert_eq!(upload("x.csv", b"colour\nred\n".to_vec()).says(), "400 upload_columns");
    assert_eq!(upload("x.csv", Vec::new()).says(), "400 file_empty");
    assert!(upload("x.xlsx", b"PK\x03\x04 no workbook".to_vec()).says().starts_with("400 "));

    let spec = json!({"steps": [{"event": "Order Completed"}, {"event": "Order Refunded"}], "span": {"from": "2026-02-01", "to": "2026-03-01"}});
    let kept = json!({"name": "did not give back", "spec": spec, "cell": {"step": 2, "dropped": true}});
    let kept = owner.post("/api/v1/analysis/funnel/audience", kept).ok();
    assert_eq!((&kept["kind"], &kept["people"]), (&json!("list"), &json!(1)));
    let id = kept["id"].as_str().unwrap();
    assert_eq!(owner.walk(&format!("/api/v1/audiences/{id}/people"), "id", 5), [app.person("user_id:ben")]);
    let wrong = json!({"name": "x", "spec": spec, "cell": {"step": 7}});
    assert_eq!(owner.post("/api/v1/analysis/funnel/audience", wrong).says(), "400 spec_shape cell.step");
    assert_eq!(owner.get("/api/v1/audiences?q=GIVE").ok()["items"].as_array().unwrap().len(), 1);
    assert_eq!(owner.walk("/api/v1/audiences", "name", 1), ["did not give back", "x", "x", "named"]);
}

fn audiences_are_combined_and_frozen(test: TestDb) {
    let app = TestApp::new(test);
    shop(&app);
    app.step();
    let owner = app.owner();
    let bought = owner.audience("bought", did("Order Completed", 90));
    let returned = owner.audience("gave back", did("Order Refunded", 90));
    let combined = |op: &str, ids: [&str; 2]| {
        owner.post("/api/v1/audiences/combine", json!({"name": op, "op": op, "ids": ids})).ok()["id"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let both = combined("intersect", [&bought, &returned]);
    let either = combined("union", [&bought, &returned]);
    let only = combined("minus", [&bought, &returned]);
    app.step();
    assert_eq!((owner.inside(&both), owner.inside(&either), owner.inside(&only)), (1, 2, 1));
    app.track(json!([{"type": "track", "messageId": "r2", "userId": "ben", "event": "Order Refunded",
        "properties": {"order_id": "B1", "refund_id": "y", "store": "S2", "currency": "CNY", "total": 1.0}}]));
    app.step();
    assert_eq!((owner.inside(&both), owner.inside(&either), owner.inside(&only)), (2, 2, 0), "it follows");
    let frozen = owner.post(&format!("/api/v1/audiences/{both}/freeze"), json!({"name": "now"})).ok();
    assert_eq!(frozen["people"], 2);
    let wrong = |op: &str, ids: Value| {
        owner.post("/api/v1/audiences/combine", json!({"name": "x", "op": op, "ids": ids})).says()
    };
    assert_eq!(wrong("union", json!([bought])), "400 audience_combine ids");
    assert_eq!(wrong("xor", json!([bought, returned])), "400 audience_combine op");
    assert_eq!(wrong("union", json!([bought, "aud_x"])), "400 rule_audience rule.any[1].value");
}

fn counts_are_of_who_is_there(test: TestDb) {
    let app = TestApp::new(test);
    shop(&app);
    app.step();
    let owner = app.owner();
    let named = |who: [&str; 2]| {
        let identifiers = who.map(|user| json!({"kind": "user_id", "value": user}));
        let list = owner.post("/api/v1/audiences", json!({"name": "named", "identifiers": identifiers})).ok();
        list["id"].as_str().unwrap().to_owned()
    };
    app.track(json!([{"type": "track", "messageId": "n1", "userId": "dan", "event": "Came In"},
        {"type": "track", "messageId": "n2", "userId": "eve", "event": "Came In"}]));
    // Just come in: they are in a list at once.
    let (list, other) = (named(["dan", "eve"]), named(["dan", "ben"]));
    assert_eq!((owner.inside(&list), owner.inside(&other)), (2, 2));
    let frozen = owner.post(&format!("/api/v1/audiences/{list}/freeze"), json!({"name": "frozen"})).ok();
    let frozen = frozen["id"].as_str().unwrap();
    let (dan, eve, ben) = (app.person("user_id:dan"), app.person("user_id:eve"), app.person("user_id:ben"));
    owner.post(&format!("/api/v1/people/{dan}/merge"), json!({"other_id": eve, "reason": "one person"})).ok();
    app.step();
    assert_eq!((owner.inside(&list), owner.inside(frozen), owner.inside(&other)), (1, 1, 2));
    owner.post(&format!("/api/v1/people/{ben}/erase"), json!({"confirm": ben, "reason": "asked"})).ok();
    assert_eq!((owner.inside(&list), owner.inside(frozen), owner.inside(&other)), (1, 1, 1));
    let items = owner.get("/api/v1/audiences").ok();
    let counts: Vec<u64> =
        items["items"].as_array().unwrap().iter().map(|own| own["people"].as_u64().unwrap()).collect();
    assert_eq!(counts, [1, 1, 1]);
}

fn what_is_used_stays(test: TestDb) {
    let app = TestApp::new(test);
    let owner = app.owner();
    let (first, second) = (owner.audience("first", did("*", 9)), owner.audience("second", did("*", 9)));
    let over = owner.audience("over", json!({"all": [{"field": "audience", "op": "in", "value": [first]}]}));
    let spec = json!({"events": [{"event": "*"}], "among": {"audience": second}});
    let board = json!({"name": "board", "items": [{"title": "t", "kind": "trend", "spec": spec}]});
    let board = owner.post("/api/v1/boards", board).ok();
    let delete = |id: &str| owner.delete(&format!("/api/v1/audiences/{id}")).says();
    assert_eq!((delete(&first), delete(&second)), ("409 audience_used".into(), "409 audience_used".into()));
    assert_eq!(delete(&over), "204");
    assert_eq!(delete(&first), "204");
    owner.delete(&format!("/api/v1/boards/{}", board["id"].as_str().unwrap()));
    assert_eq!(delete(&second), "204");
    assert_eq!(delete(&second), "404 audience_unknown");
    assert_eq!(owner.get("/api/v1/audiences").ok()["items"], json!([]));
}

fn no_audience_contains_itself(test: TestDb) {
    let app = TestApp::new(test);
    let owner = app.owner();
    let is = |id: &str| json!({"all": [did("*", 9), {"not": [{"field": "audience", "op": "eq", "value": id}]}]});
    let a = owner.audience("a", did("*", 9));
    let b = owner.audience("b", is(&a));
    let c = owner.audience("c", is(&b));
    let put = |id: &str, rule: Value| owner.put(&format!("/api/v1/audiences/{id}"), json!({"rule": rule})).says();
    let place = "400 rule_cycle rule.all[1].not[0].value";
    assert_eq!(put(&a, is(&a)), place, "itself");
    assert_eq!(put(&a, is(&b)), place, "in a circle of two");
    assert_eq!(put(&a, is(&c)), place, "in a circle of three");
    assert_eq!(put(&c, is(&a)), "200", "no circle");
    // Through a tag.
    owner.post("/api/v1/tag-groups", json!({"name": "g"})).ok();
    let tag = owner.post("/api/v1/tags", json!({"name": "t", "group": "g", "kind": "rule", "rule": is(&c)})).ok();
    let by_tag = json!({"all": [{"field": "tag", "op": "in", "value": [tag["id"]]}]});
    assert_eq!(put(&a, by_tag), "400 rule_cycle rule.all[0].value");
    app.step();
}

fn mistakes_have_a_place(test: TestDb) {
    let app = TestApp::new(test);
    let owner = app.owner();
    let id = owner.audience("a", did("*", 9));
    let did = |body: Value| json!({"all": [{"did": body}]});
    let once = json!({"op": "gte", "value": 1});
    let cases = [
        (json!({"all": [{"field": "colour", "op": "eq", "value": 1}]}), "rule_field rule.all[0].field"),
        (json!({"all": [{"field": "orders.count", "op": "like", "value": 1}]}), "rule_operator rule.all[0].op"),
        (json!({"all": [{"field": "orders.count", "op": "gte", "value": "many"}]}), "rule_value rule.all[0].value"),
        (json!({"all": [{"field": "lifecycle", "op": "eq", "value": "asleep"}]}), "rule_value rule.all[0].value"),
        (json!({"all": [{"field": "audience", "op": "eq", "value": "aud_x"}]}), "rule_audience rule.all[0].value"),
        (json!({"all": []}), "rule_empty rule.all"),
        (did(json!({"event": "", "times": once})), "rule_event rule.all[0].did.event"),
        (
            did(json!({"event": "A", "times": once, "span": {"last_days": 0}})),
            "rule_span rule.all[0].did.span.last_days",
        ),
        (
            did(json!({"event": "A", "times": once, "span": {"from": "2026-03-02", "to": "2026-03-01"}})),
            "rule_span rule.all[0].did.span",
        ),
        (
            did(json!({"event": "A", "times": once, "span": {"from": "2026-02-30", "to": "2026-03-01"}})),
            "rule_span rule.all[0].did.span.from",
        ),
        (did(json!({"event": "A", "times": {"op": "gte", "value": -1}})), "rule_times rule.all[0].did.times.value"),
        (
            did(json!({"event": "A", "where": [{"property": "x", "op": "near", "value": 1}]})),
            "rule_operator rule.all[0].did.where[0].op",
        ),
        (did(json!({"event": "A", "colour": 1})), "rule_shape rule.all[0].did.colour"),
        (
            json!({"all": [{"sequence": {"steps": [{"event": "A"}], "window": {"days": 1}}}]}),
            "rule_steps rule.all[0].sequence.steps",
        ),
        (
            json!({"all": [{"sequence": {"steps": [{"event": "A"}, {"event": "B"}], "window": {"days": 400}}}]}),
            "rule_window rule.all[0].sequence.window",
        ),
        (
            json!({"all": [{"sequence": {"steps": [{"event": "A"}, {"event": "B"}], "window": {"weeks": 1}}}]}),
            "rule_window rule.all[0].sequence.window",
        ),
    ];
    for (rule, want) in cases {
        let want = format!("400 {want}");
        let says = |answer: crate::support::Answered| answer.says();
        assert_eq!(says(owner.post("/api/v1/audiences/preview", json!({"rule": rule}))), want, "{rule}");
        assert_eq!(says(owner.post("/api/v1/audiences", json!({"name": "x", "rule": rule}))), want, "{rule}");
        assert_eq!(says(owner.put(&format!("/api/v1/audiences/{id}"), json!({"rule": rule}))), want, "{rule}");
    }
    // Ten thousand groups inside each other, and ten thousand beside each other.
    let deep = format!("{{\"rule\":{}{}}}", "{\"all\":[".repeat(10_000), "]}".repeat(10_000));
    let deep = owner.raw(Method::POST, "/api/v1/audiences/preview", "application/json", deep.into_bytes());
    assert_eq!(deep.says(), "400 json_too_deep");
    let deep = (0..40).fold(json!({"field": "loyal", "op": "eq", "value": true}), |rule, _| json!({"not": [rule]}));
    let deep = owner.post("/api/v1/audiences/preview", json!({"rule": deep})).says();
    assert!(deep.starts_with("400 rule_too_deep rule.not[0]"), "{deep}");
    let wide = vec![json!({"field": "loyal", "op": "eq", "value": true}); 10_000];
    let wide = owner.post("/api/v1/audiences/preview", json!({"rule": {"any": wide}})).says();
    assert!(wide.starts_with("400 rule_too_large rule.any["), "{wide}");

    let post = |body: Value| owner.post("/api/v1/audiences", body).says();
    assert_eq!(post(json!({"name": "x"})), "400 audience_meant rule");
    assert_eq!(
        post(json!({"name": "x", "rule": did(json!({"event": "A"})), "identifiers": []})),
        "400 audience_meant rule"
    );
    assert_eq!(post(json!({"name": " ", "rule": did(json!({"event": "A"}))})), "400 audience_name name");
    assert_eq!(
        post(json!({"name": "x", "description": "d".repeat(501), "rule": did(json!({"event": "A"}))})),
        "400 audience_description description"
    );
    let named = |kind: &str, value: &str| json!({"name": "x", "identifiers": [{"kind": "user_id", "value": "u"}, {"kind": kind, "value": value}]});
    assert_eq!(post(named("shoe", "1")), "400 kind_unknown identifiers[1].kind");
    assert_eq!(post(named("phone", "nine")), "400 identifier_invalid identifiers[1].value");
    let get = |rest: &str| owner.get(&format!("/api/v1/audiences/{id}/{rest}")).says();
    for (rest, want) in [
        ("people?day=2026-13-01", "400 day_invalid day"),
        ("people?day=2020-01-01", "400 audience_day day"),
        ("people?day=2030-01-01", "400 audience_day day"),
        ("people?after=x", "400 page_token after"),
        ("history?from=x", "400 day_invalid from"),
        ("history?from=2026-03-02&to=2026-03-01", "400 audience_span from"),
        ("history?from=2020-03-02&to=2026-03-01", "400 audience_span from"),
        ("difference?from=2026-03-02&to=2026-03-02&side=up", "400 audience_side side"),
    ] {
        assert_eq!(get(rest), want, "{rest}");
    }
    for rest in ["", "/people", "/history", "/difference?from=2026-03-02&to=2026-03-02"] {
        assert_eq!(owner.get(&format!("/api/v1/audiences/aud_x{rest}")).says(), "404 audience_unknown", "{rest}");
    }
    assert_eq!(owner.get("/api/v1/audiences?after=x").says(), "400 page_token after");
    assert_eq!(
        owner.get("/api/v1/audiences").ok()["items"].as_array().unwrap().len(),
        1,
        "refused requests leave no trace"
    );
}

fn lifecycle_is_set_for_all(test: TestDb) {
    let app = TestApp::new(test);
    shop(&app);
    app.step();
    let owner = app.owner();
    let before = owner.get("/api/v1/settings/lifecycle").ok();
    assert_eq!(
        (&before["cycle_days"], &before["loyal_orders"], &before["super_vip"]),
        (&Value::Null, &json!(4), &json!(80))
    );
    let new = owner.audience("new", json!({"all": [{"field": "lifecycle", "op": "in", "value": ["new", "active"]}]}));
    app.step();
    assert_eq!(owner.inside(&new), 0, "Ann bought again after a day: that is the measured cycle, and three are over");
    assert_eq!(owner.get("/api/v1/settings/lifecycle").ok()["measured_cycle_days"], 1);
    let set = owner
        .put("/api/v1/settings/lifecycle", json!({"cycle_days": 30, "loyal_orders": 2, "loyal_before": false}))
        .ok();
    assert_eq!((&set["cycle_days"], &set["retention_days"], &set["loyal_orders"]), (&json!(30), &json!(30), &json!(2)));
    app.step();
    assert_eq!(owner.inside(&new), 2);
    let loyal = json!({"rule": {"all": [{"field": "loyal", "op": "eq", "value": true}]}});
    let now = owner.post("/api/v1/audiences/preview", loyal).ok();
    let stages = owner.post("/api/v1/analysis/lifecycle", json!({})).ok();
    assert_eq!((&stages["cycle_days"], &stages["loyal"]["people"]), (&json!(30), &now["people"]));
    for (body, field) in [
        (json!({"cycle_days": 0}), "cycle_days"),
        (json!({"super_vip": 101}), "super_vip"),
        (json!({"referral_event": " "}), "referral_event"),
        (json!({"loyal_days": 100_000}), "loyal_days"),
    ] {
        assert_eq!(owner.put("/api/v1/settings/lifecycle", body).says(), format!("400 lifecycle_invalid {field}"));
    }
    assert_eq!(owner.get("/api/v1/settings/lifecycle").ok(), set);
}
