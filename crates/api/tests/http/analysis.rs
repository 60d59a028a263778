//! Analysis over HTTP: every number opens as many people as it says, for every kind, split and not.

use crate::people_world::shop;
use crate::support::{Client, TestApp, on_both};
use serde_json::{Value, json};
use siyu_access::Role;
use siyu_files::{OpenOptions, Row, Source, open};
use siyu_kernel::Chance;
use siyu_testkit::TestDb;

on_both!(
    every_number_opens_its_people,
    credits_open_the_orders,
    numbers_keep_to_the_readers_stores,
    credits_keep_to_the_readers_stores,
    labels_and_values_keep_to_the_readers_people,
    nobody_asks_about_sensitive_properties,
    the_period_before_stands_beside,
    results_are_workbooks,
    defaults_say_something,
    boards_are_shared,
    mistakes_have_a_place
);

const FROM: &str = "2026-01-05";
const TO: &str = "2026-03-01";

/// Sixty customers of two stores over two months: they look, add, buy, give back; touched by three channels; some with tags and cities.
fn town(app: &TestApp) {
    let chance = Chance::seeded(11);
    let mut messages = Vec::new();
    let pick = |n: u64| chance.next() % n;
    for person in 0..60 {
        let (user, city) = (format!("u{person}"), ["上海", "杭州", "成都"][pick(3) as usize]);
        messages.push(json!({"type": "identify", "messageId": format!("i{person}"), "userId": user, "timestamp": "2026-01-05T01:00:00Z",
            "traits": {"city": city, "phone": if person % 4 == 0 { json!(format!("1391234{person:04}")) } else { Value::Null }}}));
        for n in 0..pick(25) {
            let (day, hour, minute) = (pick(55), pick(24), pick(60));
            let at = siyu_kernel::Time::parse("2026-01-05T00:00:00Z")
                .unwrap()
                .plus_days(day as i64)
                .plus_seconds((hour * 3600 + minute * 60) as i64);
            let (channel, store) = (["wecom", "sms", "ads"][pick(3) as usize], ["S1", "S2"][pick(2) as usize]);
            let (event, mut properties) = match pick(10) {
                0..4 => (
                    "Product Viewed",
                    json!({"sku": "T1", "channel": channel, "touchpoint": format!("page {}", pick(4))}),
                ),
                4..6 => ("Product Added", json!({"sku": "T1"})),
                6..8 => ("Message Opened", json!({"channel": channel})),
                _ => (
                    "Order Completed",
                    json!({"revenue": (pick(90_000) + 100) as f64 / 100.0, "store": store, "staff": format!("g{}", pick(3)), "currency": "CNY"}),
                ),
            };
            let id = format!("m{person}-{n}");
            if event == "Order Completed" {
                properties["order_id"] = json!(id);
            }
            messages.push(json!({"type": "track", "messageId": id, "userId": user, "event": event, "timestamp": at, "properties": properties}));
            if event == "Order Completed" && pick(5) == 0 {
                let at = at.plus_days(1);
                messages.push(json!({"type": "track", "messageId": format!("r{person}-{n}"), "userId": user, "event": "Order Refunded", "timestamp": at,
                    "properties": {"order_id": id, "refund_id": "x", "total": 1.0, "currency": "CNY", "store": properties["store"]}}));
            }
        }
    }
    for part in messages.chunks(400) {
        app.track(json!(part));
    }
    app.app.projection.catch_up().unwrap();
}

/// A spec of each kind about the whole town.
fn specs() -> Vec<(&'static str, Value)> {
    let span = json!({"from": FROM, "to": TO});
    let with = |mut spec: Value| {
        spec["span"] = span.clone();
        spec
    };
    let event = |name: &str| json!({"event": name});
    let rule = json!({"all": [{"field": "orders.count", "op": "gte", "value": 1}]});
    vec![
        (
            "funnel",
            with(
                json!({"steps": [event("Product Viewed"), event("Product Added"), event("Order Completed")], "window": {"days": 20}}),
            ),
        ),
        ("retention", with(json!({"unit": "week", "periods": 6}))),
        (
            "retention",
            with(
                json!({"start": event("Order Completed"), "return": event("Order Completed"), "unit": "day", "periods": 9, "mode": "rolling", "first": false}),
            ),
        ),
        ("segment", json!({"rule": rule})),
        ("rfm", json!({"as_of": TO})),
        (
            "rfm",
            with(
                json!({"scores": 3, "method": "fixed", "bounds": {"r": [10, 30], "f": [2, 3], "m": [10_000, 50_000]}}),
            ),
        ),
        ("paths", with(json!({"session": {"days": 2}, "top": 200}))),
        (
            "paths",
            with(
                json!({"start": event("Product Viewed"), "end": event("Order Completed"), "session": {"days": 20}, "top": 200, "depth": 8}),
            ),
        ),
        ("distribution", with(json!({"event": event("Product Viewed")}))),
        (
            "distribution",
            with(json!({"event": event("Order Completed"), "measure": {"sum": "amount"}, "bins": [0, 10_000, 50_000]})),
        ),
        ("interval", with(json!({"from": event("Product Viewed"), "to": event("Order Completed")}))),
        ("trend", with(json!({"events": [event("*"), event("Order Completed")], "unit": "week", "measure": "people"}))),
        ("activity", with(json!({"unit": "week"}))),
        ("cohort_value", with(json!({"start": event("Order Completed"), "unit": "week"}))),
        ("touchpoints", with(json!({"within": {"days": 3}}))),
        ("lifecycle", json!({"on": TO, "against": "2026-02-01"})),
        ("assets", with(json!({}))),
        ("stores", with(json!({}))),
        ("guides", with(json!({}))),
    ]
}

/// The cells of a result with the people each number says.
fn cells(kind: &str, spec: &Value, result: &Value) -> Vec<(Value, u64)> {
    let list = |key: &str| result[key].as_array().cloned().unwrap_or_default();
    let n = |value: &Value| value.as_u64().unwrap_or_else(|| panic!("{value} is no number of people"));
    let mut out = Vec::new();
    match kind {
        "funnel" => {
            let steps: Vec<u64> = list("steps").iter().map(|step| n(&step["people"])).collect();
            for (at, people) in steps.iter().enumerate() {
                out.push((json!({"step": at + 1}), *people));
                out.push((json!({"step": at + 1, "dropped": true}), if at == 0 { 0 } else { steps[at - 1] - people }));
            }
        }
        "retention" => {
            for row in list("cohorts") {
                out.push((json!({"day": row["day"]}), n(&row["people"])));
                for (k, back) in row["returned"].as_array().unwrap().iter().enumerate() {
                    out.push((json!({"day": row["day"], "period": k}), n(back)));
                }
            }
        }
        "segment" => out.push((json!({}), n(&result["people"]))),
        "rfm" => {
            out.push((json!({}), n(&result["people"])));
            for cell in list("cells") {
                out.push((json!({"r": cell["r"], "f": cell["f"], "m": cell["m"]}), n(&cell["people"])));
            }
            for (r, row) in list("grid").iter().enumerate() {
                for (f, people) in row.as_array().unwrap().iter().enumerate() {
                    out.push((json!({"r": r + 1, "f": f + 1}), n(people)));
                }
            }
            for own in list("segments") {
                out.push((json!({"segment": own["segment"]}), n(&own["people"])));
            }
        }
        "paths" => {
            for link in list("links") {
                out.push((
                    json!({"link": {"step": link["step"], "from": link["from"], "to": link["to"]}}),
                    n(&link["people"]),
                ));
            }
            for route in list("routes") {
                out.push((json!({"route": route["nodes"]}), n(&route["people"])));
            }
        }
        "distribution" => {
            for (at, bin) in list("bins").iter().enumerate() {
                out.push((json!({"bin": at}), n(&bin["people"])));
            }
        }
        "trend" => {
            let names = spec["events"].as_array().unwrap();
            for series in list("series") {
                let at = names.iter().position(|own| own["event"] == series["label"]).unwrap();
                for point in series["points"].as_array().unwrap() {
                    out.push((json!({"series": at, "day": point["day"]}), n(&point["value"])));
                }
                out.push((json!({"series": at}), n(&series["total"])));
            }
        }
        "activity" => {
            for point in list("points") {
                for which in ["active", "new", "returning"] {
                    out.push((json!({"day": point["day"], "which": which}), n(&point[which])));
                }
            }
            for own in list("by_event") {
                out.push((json!({"event": own["event"]}), n(&own["people"])));
            }
            for (days, key) in [(1, "dau"), (7, "wau"), (30, "mau")] {
                out.push((json!({"last_days": days}), n(&result[key])));
            }
        }
        "cohort_value" => {
            for row in list("cohorts") {
                out.push((json!({"day": row["day"]}), n(&row["people"])));
                out.push((json!({"day": row["day"], "buyers": true}), n(&row["buyers"])));
            }
        }
        "touchpoints" => {
            for node in list("nodes") {
                for which in ["people", "converted", "entry", "exit"] {
                    out.push((json!({"node": node["node"], "which": which}), n(&node[which])));
                }
            }
            for link in list("links") {
                out.push((json!({"link": {"from": link["from"], "to": link["to"]}}), n(&link["people"])));
            }
        }
        "lifecycle" => {
            for own in list("stages") {
                out.push((json!({"stage": own["stage"]}), n(&own["people"])));
                out.push((json!({"from": own["stage"]}), n(&own["before"])));
            }
            for own in list("flow") {
                out.push((json!({"from": own["from"], "to": own["to"]}), n(&own["people"])));
            }
            for own in list("aarrr") {
                out.push((json!({"aarrr": own["stage"]}), n(&own["people"])));
            }
            for own in list("tiers") {
                out.push((json!({"tier": own["tier"]}), n(&own["people"])));
            }
            out.push((json!({"loyal": true}), n(&result["loyal"]["people"])));
        }
        "assets" => {
            out.push((json!({}), n(&result["total"])));
            for own in list("media") {
                out.push((json!({"medium": own["medium"]}), n(&own["people"])));
            }
        }
        "stores" | "guides" => {
            for row in list("rows") {
                for which in ["people", "new_people", "active", "buyers", "repeat_buyers"] {
                    out.push((json!({"key": row["key"], "which": which}), n(&row[which])));
                }
            }
        }
        _ => {}
    }
    out
}

fn ask(client: &Client<'_>, kind: &str, spec: &Value) -> Value {
    client.post(&format!("/api/v1/analysis/{kind}"), spec.clone()).ok()
}
fn total(client: &Client<'_>, kind: &str, spec: &Value, cell: &Value) -> u64 {
    let body = json!({"spec": spec, "cell": cell, "limit": 200});
    let page = client.post(&format!("/api/v1/analysis/{kind}/people"), body).ok();
    let (total, shown) = (page["total"].as_u64().unwrap(), page["items"].as_array().unwrap().len() as u64);
    assert_eq!(total, shown, "{kind} {cell}");
    total
}

/// Groups may hide where their result has the shape of the whole, in a field of the rows, or in lists of people.
fn grouped(kind: &str, spec: &Value, result: &Value) -> Vec<(Value, u64)> {
    let named = |cells: Vec<(Value, u64)>, group: &Value| {
        cells
            .into_iter()
            .map(|(mut cell, people)| {
                cell["group"] = group.clone();
                (cell, people)
            })
            .collect::<Vec<_>>()
    };
    match kind {
        "funnel" => result["groups"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|own| {
                let steps: Vec<Value> =
                    own["people"].as_array().unwrap().iter().map(|people| json!({"people": people})).collect();
                named(cells(kind, spec, &json!({"steps": steps})), &own["group"])
            })
            .collect(),
        "trend" | "cohort_value" => {
            let key = if kind == "trend" { "series" } else { "cohorts" };
            let rows = result[key].as_array().unwrap();
            rows.iter()
                .filter(|row| !row["total"].is_null() || kind != "trend")
                .flat_map(|row| named(cells(kind, spec, &json!({key: [row]})), &row["group"]))
                .collect()
        }
        _ => result["groups"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|own| named(cells(kind, spec, own), &own["group"]))
            .collect(),
    }
}

fn every_number_opens_its_people(test: TestDb) {
    let app = TestApp::new(test);
    town(&app);
    let program = app.program();
    let group = program.post("/api/v1/tag-groups", json!({"name": "level"})).ok()["id"].clone();
    let tag = |name: &str, user: &str| {
        let person = app.person(&format!("user_id:{user}"));
        program.post(&format!("/api/v1/people/{person}/tags"), json!({"name": name, "group": "level"})).ok();
    };
    for user in 0..30 {
        tag(["gold", "silver"][user % 2], &format!("u{user}"));
    }
    let mut opened = 0;
    for (kind, spec) in specs() {
        let result = ask(&program, kind, &spec);
        let all = cells(kind, &spec, &result);
        assert!(kind == "interval" || all.iter().any(|(_, people)| *people > 0), "{kind}: {result}");
        for (cell, people) in all {
            assert_eq!(total(&program, kind, &spec, &cell), people, "{kind} {spec} {cell}");
            opened += 1;
        }
        let mut splits = Vec::new();
        if !["segment", "assets", "stores", "guides", "interval"].contains(&kind) {
            splits.extend([json!({"trait": "city"}), json!({"tags": group})]);
        }
        if ["funnel", "retention", "trend", "cohort_value"].contains(&kind) {
            splits.push(json!({"property": if kind == "funnel" { "touchpoint" } else { "staff" }}));
        }
        for by in splits {
            let mut spec = spec.clone();
            spec["by"] = by;
            spec["groups"] = json!(2);
            let split = ask(&program, kind, &spec);
            let all = grouped(kind, &spec, &split);
            assert!(all.iter().any(|(cell, people)| cell["group"].is_null() && *people > 0), "{kind} {spec}: {split}");
            // Every fourth: the way is the same.
            for (cell, people) in all.into_iter().step_by(4) {
                assert_eq!(total(&program, kind, &spec, &cell), people, "{kind} {spec} {cell}");
                opened += 1;
            }
        }
    }
    assert!(opened > 500, "{opened}");
}

fn credits_open_the_orders(test: TestDb) {
    let app = TestApp::new(test);
    town(&app);
    let program = app.program();
    let spec = json!({"span": {"from": FROM, "to": TO}, "touch_by": "channel"});
    let result = ask(&program, "attribution", &spec);
    let mut sums = std::collections::BTreeMap::<String, i64>::new();
    for row in result["rows"].as_array().unwrap().iter().chain(result["none"].as_array().unwrap()) {
        let cell = json!({"touch": row["touch"], "model": row["model"], "window": row["window"]});
        *sums.entry(format!("{} {}", row["model"], row["window"])).or_default() += row["value"].as_i64().unwrap();
        let (mut value, mut conversions, mut after) = (0, 0.0, Value::Null);
        loop {
            let body = json!({"spec": spec, "cell": cell, "limit": 7, "after": after});
            let page = program.post("/api/v1/analysis/attribution/credits", body).ok();
            for line in page["items"].as_array().unwrap() {
                value += line["credit"].as_i64().unwrap();
                let own = line["touches"].as_array().unwrap().iter().filter(|touch| touch["touch"] == row["touch"]);
                conversions +=
                    if row["touch"].is_null() { 1.0 } else { own.map(|touch| touch["share"].as_f64().unwrap()).sum() };
                assert!(line["order_no"].as_str().is_some_and(|no| no.starts_with('m')), "{line}");
            }
            after = page["next"].clone();
            if after.is_null() {
                break;
            }
        }
        assert_eq!(value, row["value"].as_i64().unwrap(), "{cell}");
        assert!((conversions - row["conversions"].as_f64().unwrap()).abs() < 1e-6, "{cell} {conversions} {row}");
    }
    assert_eq!(sums.len(), 20);
    assert!(sums.values().all(|sum| *sum == result["total"]["value"].as_i64().unwrap()), "{sums:?} {result}");
    assert!(result["total"]["refunded"].as_i64() > Some(0), "{result}");
    let books = program.get("/api/v1/stats").ok();
    assert_eq!(result["total"]["value"], books["net"], "attribution and the books agree");
    let said = program.post(
        "/api/v1/analysis/attribution/credits",
        json!({"spec": spec, "cell": {"touch": "x", "model": "last", "window": 7}, "after": "x"}),
    );
    assert_eq!(said.says(), "400 page_token after");
}

fn numbers_keep_to_the_readers_stores(test: TestDb) {
    let app = TestApp::new(test);
    town(&app);
    let (program, manager) = (app.program(), app.scoped(Role::StoreManager, &[], &["S1"]));
    let buyers: std::collections::BTreeSet<String> =
        program.walk("/api/v1/people?store=S1", "id", 200).into_iter().collect();
    let spec = json!({"span": {"from": FROM, "to": TO}});
    let (all, own) = (ask(&program, "activity", &spec), ask(&manager, "activity", &spec));
    assert_eq!(own["people"], buyers.len());
    assert!(all["people"].as_u64() > own["people"].as_u64());
    let rows = ask(&manager, "stores", &spec);
    let keys: Vec<&Value> = rows["rows"].as_array().unwrap().iter().map(|row| &row["key"]).collect();
    assert_eq!(keys, ["S1"]);
    let body = json!({"spec": spec, "cell": {"key": "S2", "which": "people"}});
    assert_eq!(manager.post("/api/v1/analysis/stores/people", body).ok()["total"], 0);
    for (kind, spec) in specs() {
        let body = |cell: &Value| json!({"spec": spec, "cell": cell, "limit": 200});
        for (cell, _) in cells(kind, &spec, &ask(&manager, kind, &spec)).into_iter().take(5) {
            let page = manager.post(&format!("/api/v1/analysis/{kind}/people"), body(&cell)).ok();
            let seen = page["items"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned());
            assert!(seen.clone().all(|id| buyers.contains(&id)), "{kind} {cell}");
        }
    }
    let catalogue = manager.get("/api/v1/analysis/catalogue").ok();
    assert!(catalogue["events"].as_array().unwrap().iter().all(|event| event["count"].is_null()), "{catalogue}");
}

fn credits_keep_to_the_readers_stores(test: TestDb) {
    let app = TestApp::new(test);
    town(&app);
    let manager = app.scoped(Role::StoreManager, &[], &["S1"]);
    let orders = manager.get("/api/v1/orders?limit=200").ok();
    // Refunds that are rows of their own are in the orders they name.
    let is_order = |order: &&Value| !order["order_no"].as_str().unwrap().contains("/refund/");
    let orders: Vec<&Value> = orders["items"].as_array().unwrap().iter().filter(is_order).collect();
    assert!(orders.len() < 100, "one page has them all");
    let net = |order: &Value| order["amount"].as_i64().unwrap() - order["refunded"].as_i64().unwrap();
    let spec = json!({"span": {"from": FROM, "to": TO}, "touch_by": "channel", "windows": [30], "models": ["last"]});
    let result = ask(&manager, "attribution", &spec);
    assert_eq!(
        result["total"]["value"],
        orders.iter().copied().map(net).sum::<i64>(),
        "the reader's own orders and no others"
    );
    assert_eq!(result["total"]["conversions"], orders.len());
    let all = ask(&app.program(), "attribution", &spec);
    assert!(all["total"]["value"].as_i64() > result["total"]["value"].as_i64(), "{all}");
    let own: Vec<&Value> = orders.iter().map(|order| &order["order_no"]).collect();
    let mut opened = 0;
    for row in result["rows"].as_array().unwrap().iter().chain(result["none"].as_array().unwrap()) {
        let cell = json!({"touch": row["touch"], "model": "last", "window": 30});
        let body = json!({"spec": spec, "cell": cell, "limit": 200});
        let page = manager.post("/api/v1/analysis/attribution/credits", body).ok();
        for line in page["items"].as_array().unwrap() {
            assert!(own.contains(&&line["order_no"]), "{line}");
            opened += 1;
        }
    }
    assert_eq!(opened, orders.len());
}

fn labels_and_values_keep_to_the_readers_people(test: TestDb) {
    let app = TestApp::new(test);
    shop(&app);
    let event = |user: &str, plan: &str| {
        json!({"type": "track", "messageId": format!("plan-{user}"), "userId": user, "event": "Plan Chosen",
            "timestamp": "2026-02-14T00:00:00Z", "properties": {"plan": plan}})
    };
    app.track(json!([
        {"type": "identify", "messageId": "t1", "userId": "ben", "timestamp": "2026-02-13T00:00:00Z", "traits": {"city": "拉萨"}},
        event("ann", "small"), event("ben", "bespoke"),
    ]));
    app.app.projection.catch_up().unwrap();
    let (program, manager) = (app.program(), app.scoped(Role::StoreManager, &[], &["S1"]));
    let group = program.post("/api/v1/tag-groups", json!({"name": "level"})).ok()["id"].clone();
    for (user, name) in [("ann", "gold"), ("ben", "gold"), ("ben", "diamond")] {
        let person = app.person(&format!("user_id:{user}"));
        program.post(&format!("/api/v1/people/{person}/tags"), json!({"name": name, "group": "level"})).ok();
    }
    let span = json!({"from": "2026-02-01", "to": TO});
    for (by, theirs) in [(json!({"trait": "city"}), "拉萨"), (json!({"tags": group}), "diamond")] {
        let spec = json!({"span": span, "by": by});
        let (all, own) = (ask(&program, "activity", &spec), ask(&manager, "activity", &spec));
        assert!(all.to_string().contains(theirs), "{all}");
        assert!(!own.to_string().contains(theirs), "{own}");
        let named: Vec<&Value> =
            own["groups"].as_array().unwrap().iter().filter(|own| !own["group"].is_null()).collect();
        assert_eq!((named.len(), &named[0]["people"]), (1, &json!(1)), "{own}");
    }
    let values = |client: &Client<'_>| client.get("/api/v1/analysis/catalogue").ok().to_string();
    assert!(values(&program).contains("bespoke") && !values(&manager).contains("bespoke"));
    assert!(values(&manager).contains("\"plan\""), "which properties there are is no secret");
}

fn nobody_asks_about_sensitive_properties(test: TestDb) {
    let app = TestApp::new(test);
    let properties =
        json!({"bank_card": "6222", "身份证": "3101", "receiver_phone": "+1 415 1", "income": 9000, "plan": "x"});
    let event = json!({"type": "track", "messageId": "m1", "userId": "ann", "event": "Card Bound", "timestamp": "2026-02-01T00:00:00Z", "properties": properties});
    let person = json!({"type": "identify", "messageId": "i1", "userId": "ann", "timestamp": "2026-02-01T00:00:00Z", "traits": {"income": 9000}});
    app.track(json!([person, event]));
    app.app.projection.catch_up().unwrap();
    let program = app.program();
    let rule = |name: &str| json!({"all": [{"did": {"event": "Card Bound", "where": [{"property": name, "op": "eq", "value": 9000}], "span": {"ever": true}}}]});
    let catalogue = || program.get("/api/v1/analysis/catalogue").ok().to_string();
    let audience = program.audience("earns", rule("income"));
    app.step();
    assert!(catalogue().contains("income") && !catalogue().contains("6222") && !catalogue().contains("bank_card"));
    assert_eq!(program.inside(&audience), 1);
    program.patch("/api/v1/fields/income", json!({"sensitive": true})).ok();
    assert!(catalogue().contains("plan") && !catalogue().contains("income"), "at once");

    for name in ["bank_card", "身份证", "receiver_phone", "receiver.地址", "income"] {
        let step = json!({"event": "Card Bound"});
        let asked = json!({"event": "Card Bound", "where": [{"property": "plan", "op": "exists", "value": true}, {"property": name, "op": "exists", "value": true}]});
        for (kind, spec, place) in [
            ("funnel", json!({"steps": [step, asked]}), "steps[1].where[1].property"),
            (
                "funnel",
                json!({"steps": [step, step], "exclude": [{"event": "a", "where": asked["where"], "between": [1, 2]}]}),
                "exclude[0].where[1].property",
            ),
            ("retention", json!({"start": asked}), "start.where[1].property"),
            ("retention", json!({"by": {"property": name}}), "by.property"),
            ("attribution", json!({"touch_by": name}), "touch_by"),
            ("attribution", json!({"touch": asked}), "touch.where[1].property"),
            ("attribution", json!({"conversion": asked}), "conversion.where[1].property"),
            ("touchpoints", json!({"touch_by": name}), "touch_by"),
            ("paths", json!({"property": name}), "property"),
            ("distribution", json!({"event": step, "measure": {"sum": name}}), "measure.sum"),
            ("distribution", json!({"event": step, "measure": {"value": name}}), "measure.value"),
            ("trend", json!({"events": [step], "measure": {"sum": name}}), "measure.sum"),
            ("trend", json!({"events": [step], "by": {"property": name}}), "by.property"),
            ("interval", json!({"from": step, "to": asked}), "to.where[1].property"),
            ("cohort_value", json!({"value": name}), "value"),
        ] {
            let said = program.post(&format!("/api/v1/analysis/{kind}"), spec.clone()).says();
            assert_eq!(said, format!("400 spec_sensitive {place}"), "{kind} {spec}");
        }
        let rules = [
            (rule(name), "rule.all[0].did.where[0].property"),
            (
                json!({"all": [{"did": {"event": "Card Bound", "sum": {"property": name, "op": "gte", "value": 1}}}]}),
                "rule.all[0].did.sum.property",
            ),
            (json!({"any": [{"last": {"event": "*", "where": asked["where"]}}]}), "rule.any[0].last.where[1].property"),
            (
                json!({"all": [{"sequence": {"steps": [step, asked]}}]}),
                "rule.all[0].sequence.steps[1].where[1].property",
            ),
        ];
        for (rule, place) in rules {
            let said = program.post("/api/v1/audiences", json!({"name": "n", "rule": rule})).says();
            assert_eq!(said, format!("400 rule_sensitive {place}"));
            let said = program.post("/api/v1/analysis/segment", json!({"rule": rule})).says();
            assert_eq!(said, format!("400 rule_sensitive {place}"));
        }
    }
    let sum = json!({"events": [{"event": "*"}], "measure": {"sum": "amount"}});
    program.post("/api/v1/analysis/trend", sum).ok();
}

fn the_period_before_stands_beside(test: TestDb) {
    let app = TestApp::new(test);
    town(&app);
    let program = app.program();
    for (kind, mut spec) in specs() {
        if spec.get("span").is_none() || kind == "assets" {
            continue;
        }
        spec["span"] = json!({"from": "2026-02-02", "to": "2026-02-15"});
        let mut before = spec.clone();
        before["span"] = json!({"from": "2026-01-19", "to": "2026-02-01"});
        spec["compare"] = json!(true);
        let (both, mut want) = (ask(&program, kind, &spec), ask(&program, kind, &before));
        for key in ["as_of", "fresh_seconds", "took_ms"] {
            want.as_object_mut().unwrap().remove(key);
        }
        assert_eq!(both["before"], want, "{kind}");
    }
}

fn results_are_workbooks(test: TestDb) {
    let app = TestApp::new(test);
    town(&app);
    let owner = app.owner();
    for (kind, spec) in specs() {
        let file = owner.post(&format!("/api/v1/analysis/{kind}/export"), json!({"spec": spec}));
        assert_eq!(file.status, 200, "{}", file.text());
        assert!(file.header("content-disposition").contains(".xlsx"));
        let mut reader = open(Source::bytes("a.xlsx", file.bytes), &OpenOptions::default()).unwrap();
        let (mut row, mut rows) = (Row::new(), 0);
        while reader.next_row(&mut row).unwrap() {
            rows += 1;
        }
        assert!(rows > 0, "{kind}");
    }
    assert!(app.audited().contains(&"analysis.export".to_owned()));
}

fn defaults_say_something(test: TestDb) {
    let app = TestApp::new(test);
    let program = app.program();
    let empty = program.get("/api/v1/analysis/defaults").ok();
    assert_eq!(empty.as_object().unwrap().keys().collect::<Vec<_>>(), ["assets", "segment"]);
    town(&app);
    let defaults = program.get("/api/v1/analysis/defaults").ok();
    assert_eq!(defaults.as_object().unwrap().len(), 16, "{defaults}");
    for (kind, spec) in defaults.as_object().unwrap() {
        let result = ask(&program, kind, spec);
        assert!(result.get("warnings").is_none(), "{kind} {result}");
        if kind != "attribution" && kind != "interval" {
            assert!(cells(kind, spec, &result).iter().any(|(_, people)| *people > 0), "{kind} {spec} {result}");
        }
    }
    let catalogue = program.get("/api/v1/analysis/catalogue").ok();
    let viewed =
        catalogue["events"].as_array().unwrap().iter().find(|event| event["name"] == "Product Viewed").unwrap();
    let channel = viewed["properties"].as_array().unwrap().iter().find(|own| own["name"] == "channel").unwrap();
    assert_eq!((channel["kinds"].clone(), channel["values"].as_array().unwrap().len()), (json!(["text"]), 3));
    let typo = ask(&program, "distribution", &json!({"event": {"event": "Order Complete"}}));
    assert_eq!(typo["warnings"], json!([{"code": "event_unknown", "field": "event.event", "event": "Order Complete"}]));
    assert_eq!(typo["people"], 0);
}

fn boards_are_shared(test: TestDb) {
    let app = TestApp::new(test);
    let (operator, reader) = (app.role(Role::Operator), app.role(Role::Guide));
    let items = json!([{"title": "漏斗", "kind": "activity", "spec": {"unit": "week"}, "width": 2}]);
    let made = operator.post("/api/v1/boards", json!({"name": "门店", "items": items})).ok();
    let path = format!("/api/v1/boards/{}", made["id"].as_str().unwrap());
    assert_eq!((&made["version"], &made["items"][0]["kind"]), (&json!(1), &json!("activity")));
    assert_eq!(reader.get("/api/v1/boards").ok()["items"], json!([made]));
    let change = |version: i64| json!({"name": "B", "items": made["items"], "version": version});
    assert_eq!(reader.put(&path, change(1)).says(), "403 permission_needed");
    let changed = operator.put(&path, change(1)).ok();
    assert_eq!((&changed["name"], &changed["version"], &changed["items"]), (&json!("B"), &json!(2), &made["items"]));
    assert_eq!(operator.put(&path, change(1)).says(), "409 board_changed");
    let bad = json!({"name": "B", "items": [{"title": "x", "kind": "funnel", "spec": {"steps": []}}]});
    assert_eq!(operator.post("/api/v1/boards", bad).says(), "400 spec_steps items[0].spec.steps");
    assert_eq!(operator.delete(&path).status, 204);
    assert_eq!(operator.get(&path).says(), "404 board_unknown");
    assert!(["board.add", "board.change", "board.delete"].iter().all(|own| app.audited().contains(&(*own).to_owned())));
}

fn mistakes_have_a_place(test: TestDb) {
    let app = TestApp::new(test);
    let program = app.program();
    let step = json!({"event": "a"});
    for (path, body, want) in [
        ("/analysis/pie", json!({}), "404 spec_kind"),
        ("/analysis/funnel", json!([]), "400 spec_shape"),
        ("/analysis/funnel", json!({"steps": [step]}), "400 spec_steps steps"),
        ("/analysis/funnel/people", json!({"spec": {"steps": [step]}, "cell": {}}), "400 spec_steps spec.steps"),
        ("/analysis/funnel/people", json!({"spec": {"steps": [step, step]}, "cell": {}}), "400 spec_missing cell.step"),
        (
            "/analysis/funnel/people",
            json!({"spec": {"steps": [step, step]}, "cell": {"step": 3}}),
            "400 spec_shape cell.step",
        ),
        (
            "/analysis/funnel/people",
            json!({"spec": {"steps": [step, step]}, "cell": {"step": 1, "group": "x"}}),
            "400 spec_key cell.group",
        ),
        (
            "/analysis/funnel/people",
            json!({"spec": {"steps": [step, step]}, "cell": {"step": 1}, "limit": 0}),
            "400 limit_invalid limit",
        ),
        (
            "/analysis/funnel/people",
            json!({"spec": {"steps": [step, step]}, "cell": {"step": 1}, "after": "x"}),
            "400 page_token after",
        ),
        (
            "/analysis/attribution/people",
            json!({"spec": {}, "cell": {"touch": "x", "model": "last", "window": 9}}),
            "400 spec_cell cell.window",
        ),
        ("/analysis/activity", json!({"by": {"trait": "shoe"}}), "400 spec_trait by.trait"),
        ("/analysis/activity", json!({"by": {"tags": "tgp_no"}}), "400 spec_tags by.tags"),
        (
            "/analysis/activity",
            json!({"among": {"rule": {"all": [{"field": "shoe", "op": "eq", "value": 1}]}}}),
            "400 rule_field among.rule.all[0].field",
        ),
        (
            "/analysis/segment",
            json!({"rule": {"all": [{"field": "tag", "op": "eq", "value": "tag_no"}]}}),
            "400 rule_tag rule.all[0].value",
        ),
    ] {
        assert_eq!(program.post(&format!("/api/v1{path}"), body.clone()).says(), want, "{path} {body}");
    }
    let nested = format!("{{\"rule\":{}{}{}}}", "{\"all\":[".repeat(10_000), "{}", "]}".repeat(10_000));
    let said =
        program.raw(axum::http::Method::POST, "/api/v1/analysis/segment", "application/json", nested.into_bytes());
    assert_eq!(said.says(), "400 json_too_deep");
}
