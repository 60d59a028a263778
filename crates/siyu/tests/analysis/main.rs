//! Real shops through the ordinary import and `siyu query`: every number equals what a plain look at the data gives, and RFM equals the
//! published references.

#[path = "../common/mod.rs"]
mod common;
mod data;
mod reference;

use common::{Place, Server, http};
use data::{DAY, World, complete_journey, folder, online_retail};
use reference::{Days, Window};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

struct Shop {
    place: Place,
    world: World,
}

impl Shop {
    fn ask(&self, kind: &str, spec: &Value) -> Value {
        let file = self.place.write("spec.json", spec.to_string());
        self.place.run(&["query", kind, &file]).json()
    }
    /// Asks about a span of days.
    fn about(&self, kind: &str, days: Days, mut spec: Value) -> Value {
        spec["span"] = json!({ "from": data::text(days.0), "to": data::text(days.1) });
        self.ask(kind, &spec)
    }
}

/// The parts of an answer that a reference speaks of.
fn same(answer: &Value, reference: &Value) {
    // Numbers as they are read back: the last digit of a ratio is not the reader's to keep.
    let reference: Value = serde_json::from_str(&reference.to_string()).expect("JSON");
    for (key, want) in reference.as_object().expect("a reference names its parts") {
        assert_eq!(&answer[key], want, "{key}");
    }
}

fn days(from: &str, to: &str) -> Days {
    (siyu_insight::parse_day(from).unwrap(), siyu_insight::parse_day(to).unwrap())
}

/// Customer → (recency, frequency, r, f, m, segment).
fn rfm_reference(folder: &Path) -> Vec<Vec<String>> {
    let mut text = String::new();
    let file = File::open(folder.join("reference_rfm_customers.csv.gz")).expect("the reference is there");
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).expect("the reference is whole");
    text.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

/// Scores, cells and segments, to the person.
fn rfm_equals_the_reference(shop: &Shop, folder: &Path, snapshot: &str, names: &[(&str, &str)]) {
    let answer = shop.ask("rfm", &json!({ "as_of": snapshot }));
    let reference = rfm_reference(folder);
    let (mut cells, mut segments) = (BTreeMap::<[u8; 3], u64>::new(), BTreeMap::<&str, u64>::new());
    for row in &reference {
        let score = |at: usize| row[at].parse::<u8>().expect("a score");
        *cells.entry([score(4), score(5), score(6)]).or_default() += 1;
        let name = names.iter().find(|(theirs, _)| *theirs == row[7]).map_or(row[7].as_str(), |(_, ours)| ours);
        *segments.entry(name).or_default() += 1;
    }
    let ours = |list: &Value| -> BTreeMap<[u8; 3], u64> {
        let score = |cell: &Value, key: &str| cell[key].as_u64().unwrap() as u8;
        let cells = list.as_array().unwrap().iter();
        cells.map(|c| ([score(c, "r"), score(c, "f"), score(c, "m")], c["people"].as_u64().unwrap())).collect()
    };
    assert_eq!(answer["people"], reference.len());
    assert_eq!(ours(&answer["cells"]), cells);
    let sizes: BTreeMap<&str, u64> = answer["segments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|own| (own["segment"].as_str().unwrap(), own["people"].as_u64().unwrap()))
        .filter(|(_, people)| *people > 0)
        .collect();
    assert_eq!(sizes, segments);
}

#[test]
fn online_retail_rfm() {
    let Some(folder) = folder("online_retail") else { return };
    let place = Place::sqlite();
    let world = online_retail(&place, &folder);
    let shop = Shop { place, world };
    rfm_equals_the_reference(&shop, &folder, "2011-12-10", &[]);
    let all = days("2010-12-01", "2011-12-09");
    let table = shop.about("retention", all, json!({"start": {"event": "Order Completed"}, "return": {"event": "Order Completed"}, "unit": "month", "periods": 12}));
    same(&table, &reference::retention(&shop.world, ("Order Completed", "Order Completed"), "month", 13, false, all));
}

#[test]
fn complete_journey_in_every_way() {
    let Some(folder) = folder("complete_journey") else { return };
    let place = Place::sqlite();
    let world = complete_journey(&place, &folder);
    let shop = Shop { place, world };
    rfm_equals_the_reference(&shop, &folder, "2018-01-01", &[]);
    let (spring, year) = (days("2017-03-01", "2017-08-31"), days("2017-01-01", "2018-01-01"));
    funnels(&shop, spring);
    cohorts(&shop, year);
    credits(&shop, spring);
    numbers(&shop, spring, year);
    flows(&shop, spring);
    standing(&shop, spring);
    opened(&shop, spring);
}

const STEPS: [&str; 3] = ["Campaign Received", "Coupon Redeemed", "Order Completed"];

fn funnels(shop: &Shop, span: Days) {
    let steps: Vec<Value> = STEPS.iter().map(|name| json!({ "event": name })).collect();
    let answer = shop.about("funnel", span, json!({ "steps": steps, "window": { "days": 45 } }));
    let want = reference::funnel(&shop.world, &STEPS, 45 * DAY, span);
    assert_eq!(answer["steps"], want);
    assert!(want[2]["people"].as_u64() > Some(100), "{want}");
}

fn cohorts(shop: &Shop, span: Days) {
    for (unit, mode, columns) in [("month", "on", 11), ("week", "rolling", 31)] {
        let spec = json!({ "start": { "event": "Order Completed" }, "return": { "event": "*" }, "unit": unit, "mode": mode, "periods": columns - 1 });
        let want = reference::retention(&shop.world, ("Order Completed", "*"), unit, columns, mode == "rolling", span);
        same(&shop.about("retention", span, spec), &want);
    }
    let answer = shop.about("cohort_value", span, json!({ "start": { "event": "Order Completed" }, "unit": "month" }));
    assert_eq!(answer["cohorts"], reference::cohort_value(&shop.world, "Order Completed", "month", 13, span));
}

fn credits(shop: &Shop, span: Days) {
    let answer = shop.about("attribution", span, json!({ "touch_by": "channel" }));
    let windows = [Window::SameDay, Window::Days(7), Window::Days(15), Window::Days(30)];
    let want = reference::attribution(&shop.world, &windows, span);
    let total = answer["total"]["value"].as_i64().unwrap();
    let place = |window: &Value| {
        windows.iter().position(|own| match own {
            Window::SameDay => window == "same_day",
            Window::Days(days) => window == days,
        })
    };
    let mut sums: BTreeMap<(String, usize), i64> = BTreeMap::new();
    let mut seen = 0;
    for row in answer["rows"].as_array().unwrap().iter().chain(answer["none"].as_array().unwrap()) {
        let (model, window) = (row["model"].as_str().unwrap(), place(&row["window"]).unwrap());
        *sums.entry((model.to_owned(), window)).or_default() += row["value"].as_i64().unwrap();
        let touch = row.get("touch").and_then(Value::as_str).map(str::to_owned);
        let Some((_, name)) = [("last", "last"), ("first", "first"), ("linear", "linear"), ("position", "position")]
            .iter()
            .find(|(own, _)| *own == model)
        else {
            continue;
        };
        let (conversions, value) = want.get(&(touch.clone(), *name, window)).copied().unwrap_or_default();
        assert_eq!(row["value"], value, "{touch:?} {model} {window}");
        assert!((row["conversions"].as_f64().unwrap() - conversions).abs() < 1e-4, "{row} {conversions}");
        seen += usize::from(conversions > 0.0);
    }
    assert_eq!(seen, want.values().filter(|own| own.0 > 0.0).count());
    assert_eq!(sums.len(), 5 * 4);
    assert!(sums.values().all(|sum| *sum == total), "{sums:?} {total}");
}

fn numbers(shop: &Shop, span: Days, year: Days) {
    let edges = [1, 2, 5, 10, 50];
    let spec = json!({ "event": { "event": "Order Completed" }, "measure": "count", "bins": edges });
    let want = reference::distribution(&shop.world, "Order Completed", |own| own.len() as i64, &edges, span);
    same(&shop.about("distribution", span, spec), &want);
    let edges = [0, 10_000, 50_000, 200_000];
    let spec = json!({ "event": { "event": "Order Completed" }, "measure": { "sum": "amount" }, "bins": edges });
    let sum = |own: &[&data::Event]| own.iter().filter_map(|event| event.amount).sum();
    same(
        &shop.about("distribution", span, spec),
        &reference::distribution(&shop.world, "Order Completed", sum, &edges, span),
    );

    for (from, to) in [("Order Completed", "Order Completed"), ("Campaign Received", "Order Completed")] {
        let spec = json!({ "from": { "event": from }, "to": { "event": to }, "within": { "days": 60 } });
        let answer = shop.about("interval", span, spec);
        let (gaps, people) = reference::interval(&shop.world, (from, to), 60 * DAY, span);
        let at = |share: f64| gaps[((share * gaps.len() as f64).ceil() as usize).max(1) - 1];
        same(
            &answer,
            &json!({ "count": gaps.len(), "people": people, "median": at(0.5), "p25": at(0.25), "p75": at(0.75), "p90": at(0.9) }),
        );
        for bin in answer["bins"].as_array().unwrap() {
            let (low, high) = (bin["from_seconds"].as_i64().unwrap(), bin["to_seconds"].as_i64().unwrap());
            assert_eq!(bin["count"], gaps.iter().filter(|gap| (low..high).contains(gap)).count(), "{bin}");
        }
    }

    for (measure, spoken) in
        [("count", json!("count")), ("people", json!("people")), ("sum", json!({ "sum": "amount" }))]
    {
        let spec =
            json!({ "events": [{ "event": "Order Completed" }, { "event": "*" }], "unit": "month", "measure": spoken });
        let want: Vec<Value> = ["Order Completed", "*"]
            .iter()
            .map(|name| reference::trend(&shop.world, name, measure, "month", year))
            .collect();
        assert_eq!(shop.about("trend", year, spec)["series"], json!(want), "{measure}");
    }
    for unit in ["day", "week", "month"] {
        same(&shop.about("activity", span, json!({ "unit": unit })), &reference::activity(&shop.world, unit, span));
    }
}

fn flows(shop: &Shop, span: Days) {
    let answer = shop.about("paths", span, json!({ "session": { "days": 1 }, "depth": 4, "top": 200 }));
    let (links, routes, sessions) = reference::paths(&shop.world, 4, DAY, span);
    assert_eq!((&answer["sessions"], &answer["hidden"]), (&json!(sessions), &json!({ "links": 0, "routes": 0 })));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let sums = |own: &Value| (own["people"].as_u64().unwrap(), own["count"].as_u64().unwrap());
    let ours: BTreeMap<_, _> = answer["links"]
        .as_array()
        .unwrap()
        .iter()
        .map(|own| {
            (
                (own["step"].as_u64().unwrap() as usize, text(&own["from"]), own["to"].as_str().map(str::to_owned)),
                sums(own),
            )
        })
        .collect();
    assert_eq!(ours, links);
    let ours: BTreeMap<_, _> = answer["routes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|own| (own["nodes"].as_array().unwrap().iter().map(text).collect::<Vec<_>>(), sums(own)))
        .collect();
    assert_eq!(ours, routes);

    let answer = shop.about("touchpoints", span, json!({ "touch_by": "channel", "within": { "days": 3 } }));
    let (nodes, links) = reference::touchpoints(&shop.world, 3 * DAY, span);
    let ours: BTreeMap<String, [u64; 5]> = answer["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|own| {
            (
                text(&own["node"]),
                ["people", "count", "converted", "entry", "exit"].map(|key| own[key].as_u64().unwrap()),
            )
        })
        .collect();
    assert_eq!(ours, nodes);
    let ours: BTreeMap<(String, String), (u64, u64)> = answer["links"]
        .as_array()
        .unwrap()
        .iter()
        .map(|own| ((text(&own["from"]), text(&own["to"])), sums(own)))
        .collect();
    assert_eq!(ours, links);
}

fn standing(shop: &Shop, span: Days) {
    let answer = shop.about("stores", span, json!({}));
    let want = reference::stores(&shop.world, span);
    let keys = ["people", "new_people", "active", "buyers", "repeat_buyers", "orders", "value"];
    let ours: BTreeMap<String, [i64; 7]> = answer["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|own| (own["key"].as_str().unwrap().to_owned(), keys.map(|key| own[key].as_i64().unwrap())))
        .collect();
    assert_eq!(ours, want);

    let answer = shop.ask("lifecycle", &json!({ "on": "2017-10-31", "against": "2017-06-30" }));
    let cycle = answer["cycle_days"].as_i64().unwrap() as i32;
    let [now, before] = ["2017-10-31", "2017-06-30"]
        .map(|day| reference::stages(&shop.world, cycle, siyu_insight::parse_day(day).unwrap()));
    for (at, own) in answer["stages"].as_array().unwrap().iter().enumerate() {
        assert_eq!((&own["people"], &own["before"]), (&json!(now[at]), &json!(before[at])), "{own}");
    }
    let tiers: u64 = answer["tiers"].as_array().unwrap().iter().map(|own| own["people"].as_u64().unwrap()).sum();
    // Nine households come later in the year: of the day, only those are valued who had done something by then.
    let on = siyu_insight::parse_day("2017-10-31").unwrap();
    let seen = |own: &&Vec<data::Event>| own.iter().any(|event| data::day(event.at) <= on);
    assert_eq!(tiers as usize, shop.world.histories().filter(seen).count());

    let rule = json!({ "all": [{ "field": "orders.count", "op": "gte", "value": 100 }] });
    let many =
        shop.world.histories().filter(|own| own.iter().filter(|event| event.name == "Order Completed").count() >= 100);
    assert_eq!(shop.ask("segment", &json!({ "rule": rule }))["people"], many.count());
}

/// Through the server, beside which the command works too: as many people open as the number said.
fn opened(shop: &Shop, span: Days) {
    let key = shop.place.key("api");
    let server = Server::start(&shop.place);
    let spec = |more: Value| {
        let mut spec = more;
        spec["span"] = json!({ "from": data::text(span.0), "to": data::text(span.1) });
        spec
    };
    let steps: Vec<Value> = STEPS.iter().map(|name| json!({ "event": name })).collect();
    let funnel = spec(json!({ "steps": steps, "window": { "days": 45 } }));
    let answer = shop.ask("funnel", &funnel);
    let (status, over_http) = http::post(&server.address, "/api/v1/analysis/funnel", &key, &funnel).unwrap();
    assert_eq!((status, &over_http["steps"]), (200, &answer["steps"]));
    let people = |step: usize| answer["steps"][step]["people"].as_u64().unwrap();
    for (cell, want) in [
        (json!({ "step": 1 }), people(0)),
        (json!({ "step": 3 }), people(2)),
        (json!({ "step": 2, "dropped": true }), people(0) - people(1)),
    ] {
        let body = json!({ "spec": funnel, "cell": cell, "limit": 200 });
        let (status, page) = http::post(&server.address, "/api/v1/analysis/funnel/people", &key, &body).unwrap();
        assert_eq!((status, page["total"].as_u64()), (200, Some(want)), "{cell}");
        assert_eq!(page["items"].as_array().unwrap().len() as u64, want.min(200));
    }
}

#[test]
fn mistakes_end_with_their_code_and_place() {
    let place = Place::sqlite();
    let file = place
        .write("spec.json", r#"{"steps": [{"event": "a"}, {"event": "b", "where": [{"property": "p", "op": "is"}]}]}"#);
    let ran = place.run(&["query", "funnel", &file]);
    assert_eq!(ran.code(), "spec_operator");
    assert!(ran.err.contains("steps[1].where[0].op") && ran.out.is_empty(), "{}", ran.err);
    let ran = place.run(&["query", "funnel", &file, "--json"]);
    assert!(!ran.ok && ran.out.contains("\"field\":\"steps[1].where[0].op\""), "{}", ran.out);
    assert_eq!(place.run(&["query", "pie", &file]).code(), "spec_kind");
    assert_eq!(place.run(&["query", "funnel", "no-such-file.json"]).code(), "spec_file");
    // Whoever holds the data folder is refused too.
    let file = place.write(
        "secret.json",
        r#"{"steps": [{"event": "a"}, {"event": "b", "where": [{"property": "bank_card", "op": "exists"}]}]}"#,
    );
    let ran = place.run(&["query", "funnel", &file]);
    assert_eq!(ran.code(), "spec_sensitive");
    assert!(ran.err.contains("steps[1].where[0].property") && ran.out.is_empty(), "{}", ran.err);
    let file = place.write("deep.json", "[".repeat(10_000));
    assert_eq!(place.run(&["query", "segment", &file]).code(), "spec_deep");
    // Standard input; nothing has happened yet, and everything answers.
    for kind in [
        "retention",
        "attribution",
        "rfm",
        "paths",
        "activity",
        "cohort_value",
        "touchpoints",
        "lifecycle",
        "assets",
        "stores",
        "guides",
    ] {
        let mut child = place
            .command(&["query", kind, "-"])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"{}").unwrap();
        let out = child.wait_with_output().unwrap();
        assert!(out.status.success(), "{kind}");
        let answer: Value = serde_json::from_slice(&out.stdout).unwrap();
        assert!(answer["as_of"].is_string() && answer["took_ms"].is_u64(), "{kind} {answer}");
    }
}
