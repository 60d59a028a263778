//! Files through the command line: the same answers however often and in whatever order they come.

mod common;

use common::{Place, Server, answers};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

const SUMMARY: [&str; 14] = [
    "dry_run",
    "id",
    "imported",
    "kind",
    "leads",
    "orders",
    "people_merged",
    "people_new",
    "refunded",
    "rejected",
    "revenue",
    "rows",
    "seconds",
    "unchanged",
];

fn numbers(summary: &Value, names: &[&str]) -> Vec<i64> {
    names.iter().map(|name| summary[*name].as_i64().unwrap_or_else(|| panic!("{name} in {summary}"))).collect()
}

#[test]
fn people_of_a_gb18030_file() {
    let place = Place::sqlite();
    let text = "手机,姓名,城市\n13912345678,张三,上海\n+86 138 0013 8000,李四,北京\nnot a phone,王五,广州\n";
    let (bytes, _, _) = encoding_rs::GB18030.encode(text);
    let file = place.write("people.csv", &bytes);
    let map = ["--map", "phone=手机", "trait.name=姓名", "trait.city=城市"];
    let errors = place.path("errors.csv");
    let first = place.import("people", &file, &[&map[..], &["--errors", &errors]].concat());
    let mut fields: Vec<&str> = first.as_object().expect("an object").keys().map(String::as_str).collect();
    fields.sort_unstable();
    assert_eq!(fields, SUMMARY);
    assert_eq!((&first["kind"], &first["dry_run"]), (&json!("people"), &json!(false)));
    assert_eq!(numbers(&first, &["rows", "imported", "rejected", "unchanged", "people_new"]), [3, 2, 1, 0, 2]);
    let told = fs::read_to_string(&errors).expect("the rows that were not taken");
    assert!(told.contains("identifier_invalid") && told.contains("王五"), "{told}");
    let again = place.import("people", &file, &map);
    assert_eq!(numbers(&again, &["rows", "imported", "unchanged", "people_new"]), [3, 0, 2, 0]);
    let key = place.key("api");
    let server = Server::start(&place);
    let person = server.api(&key, &format!("/people/{}", server.person(&key, "phone:13800138000")));
    assert_eq!((&person["name"], &person["traits"]["city"]), (&json!("李四"), &json!("北京")));
    assert_eq!(server.stats(&key)["people"], 2);
}

#[test]
fn leads_that_cannot_be_leave_no_job() {
    let place = Place::sqlite();
    let file = place.write("people.csv", "手机\n13912345678\n");
    for (kind, code) in [("people", "lead_channel: channel"), ("orders", "import_leads: options.leads")] {
        let ran = place.run(&["import", kind, &file, "--map", "phone=手机", "--leads", "--channel", "nothing"]);
        assert!(!ran.ok && ran.err.contains(code), "{}", ran.err);
    }
    let key = place.key("api");
    let server = Server::start(&place);
    assert_eq!(server.all(&key, "/imports"), [] as [Value; 0]);
}

/// Nothing about it passes: nobody is told to wait.
#[test]
fn a_mapping_that_cannot_be_is_refused_at_once() {
    let place = Place::sqlite();
    let file = place.write("people.csv", "手机\n13912345678\n");
    let ran = place.run(&["import", "people", &file, "--map", "phone=号码"]);
    assert!(!ran.ok && ran.err.contains("mapping") && !ran.err.contains("is away"), "{}", ran.err);
}

const ORDERS: &str = "单号,下单时间,手机,货号,数量,金额\n\
    A1,2026-01-02T03:04:05Z,13912345678,S1,1,10.50\n\
    A1,2026-01-02T03:04:05Z,13912345678,S2,2,\"1,020.00\"\n\
    A2,2026-01-03 10:00:00,13800138000,S1,1,10.50\n\
    A2,2026-01-03 10:00:00,13800138000,S1,-1,-10.50\n\
    A3,2026-01-04 10:00:00,,S3,1,3.00\n\
    A4,2026-01-04 11:00:00,13912345678,S3,1,3.00\n\
    A4,2026-01-04 11:00:00,13912345678,S3,1,3.00\n";
const ORDER_MAP: [&str; 7] =
    ["--map", "order_no=单号", "at=下单时间", "person.phone=手机", "sku=货号", "quantity=数量", "amount=金额"];

#[test]
fn orders_rehearsed_taken_and_taken_again() {
    let place = Place::sqlite();
    let key = place.key("api");
    let file = place.write("orders.csv", ORDERS);
    let totals = ["rows", "imported", "rejected", "unchanged", "orders", "revenue", "refunded"];
    let dry = place.import("orders", &file, &[&ORDER_MAP[..], &["--dry-run"]].concat());
    assert_eq!(numbers(&dry, &totals), [7, 7, 0, 0, 4, 105_000, 1_050]);
    assert_eq!(dry["dry_run"], true);
    let (stats, people) = answers(&place, &key);
    assert_eq!((numbers(&stats, &["people", "orders", "revenue", "events"]), people.len()), (vec![0; 4], 0));
    let first = place.import("orders", &file, &ORDER_MAP);
    assert_eq!(numbers(&first, &totals), [7, 7, 0, 0, 4, 105_000, 1_050]);
    assert_eq!(first["people_new"], 2);
    let held = answers(&place, &key);
    assert_eq!(numbers(&held.0, &["people", "orders", "revenue", "refunded", "net"]), [2, 4, 105_000, 1_050, 103_950]);
    let again = place.import("orders", &file, &ORDER_MAP);
    assert_eq!(numbers(&again, &totals), [7, 0, 0, 7, 0, 0, 0]);
    assert_eq!(answers(&place, &key), held);
    place.assert_sound();
}

#[test]
fn the_order_of_rows_is_no_matter() {
    let (straight, turned) = (Place::sqlite(), Place::sqlite());
    let file = straight.write("orders.csv", ORDERS);
    let (head, rows) = ORDERS.split_once('\n').expect("a head");
    let rows: Vec<&str> = rows.lines().rev().collect();
    let other = turned.write("orders.csv", format!("{head}\n{}\n", rows.join("\n")));
    straight.import("orders", &file, &ORDER_MAP);
    turned.import("orders", &other, &ORDER_MAP);
    let totals = |place: &Place| answers(place, &place.key("api")).0;
    assert_eq!(totals(&straight), totals(&turned));
    // What is in one of them is in the other: the file in its other order is no news.
    assert_eq!(numbers(&straight.import("orders", &other, &ORDER_MAP), &["imported", "unchanged"]), [0, 7]);
    turned.assert_sound();
}

#[test]
fn events_and_products() {
    let place = Place::sqlite();
    let key = place.key("api");
    let events = "message_id,name,at,user_id,property.plan\ne1,Signed Up,2026-01-02T03:04:05Z,u1,gold\ne2,Seen,2026-01-02T03:05:05Z,u1,\n";
    let events = place.write("events.csv", events);
    let map =
        ["--map", "message_id=message_id", "name=name", "at=at", "user_id=user_id", "property.plan=property.plan"];
    assert_eq!(numbers(&place.import("events", &events, &map), &["rows", "imported", "people_new"]), [2, 2, 1]);
    assert_eq!(numbers(&place.import("events", &events, &map), &["imported", "unchanged"]), [0, 2]);
    let products = place.write("products.csv", "sku,title,price\nS1,茶叶,12.50\nS2,Cup,3\n");
    let map = ["--map", "sku=sku", "title=title", "price=price"];
    assert_eq!(numbers(&place.import("products", &products, &map), &["rows", "imported"]), [2, 2]);
    assert_eq!(numbers(&place.import("products", &products, &map), &["imported", "unchanged"]), [0, 2]);
    let server = Server::start(&place);
    let id = server.person(&key, "user_id:u1");
    let seen = server.all(&key, &format!("/people/{id}/events"));
    let names: Vec<_> = seen.iter().map(|event| (event["message_id"].as_str(), event["name"].as_str())).collect();
    assert_eq!(names, [(Some("e2"), Some("Seen")), (Some("e1"), Some("Signed Up"))]);
    assert_eq!(seen[1]["properties"]["plan"], "gold");
    let found = server.all(&key, "/products");
    let mut found: Vec<_> =
        found.iter().map(|p| (p["sku"].as_str(), p["title"].as_str(), p["price"].as_i64())).collect();
    found.sort_unstable();
    assert_eq!(found, [(Some("S1"), Some("茶叶"), Some(1250)), (Some("S2"), Some("Cup"), Some(300))]);
}

#[test]
fn wrong_arguments_are_told() {
    let place = Place::sqlite();
    let file = place.write("orders.csv", ORDERS);
    assert_eq!(place.run(&["import", "orders", &file, "--map", "nonsense"]).code(), "invalid_map");
    assert_eq!(place.run(&["import", "orders", &file, "--map", "order_no=nowhere"]).code(), "unknown_column");
    assert_eq!(place.run(&["import", "orders", &file, "--map", "order_no=单号"]).code(), "mapping_incomplete");
    assert!(!place.run(&["import", "orders", &place.path("missing.csv")]).ok);
}

/// Two processes on one folder: the server sees what the import brings, the import what the server took.
#[test]
fn an_import_beside_the_running_server() {
    for place in [Some(Place::sqlite()), Place::postgres()].into_iter().flatten() {
        let (api, write) = (place.key("api"), place.key("write"));
        let server = Server::start(&place);
        let message = json!({ "userId": "u1", "event": "Seen", "messageId": "m1", "context": { "traits": { "phone": "13912345678" } } });
        let (status, body) = common::http::post(&server.address, "/v1/track", &write, &message).expect("an answer");
        assert_eq!(status, 200, "{body}");
        let before = server.person(&api, "user_id:u1");
        let file = place.write("orders.csv", ORDERS);
        let summary = place.import("orders", &file, &ORDER_MAP);
        assert_eq!(summary["people_new"], 1, "the server's person is known to the import");
        assert_eq!(server.person(&api, "phone:13912345678"), before);
        let stats = server.stats(&api);
        assert_eq!(numbers(&stats, &["people", "orders", "revenue"]), [2, 4, 105_000]);
        let (status, _) = common::http::post(
            &server.address,
            "/v1/track",
            &write,
            &json!({ "userId": "u1", "event": "Seen", "messageId": "m2" }),
        )
        .expect("an answer");
        assert_eq!(status, 200);
        let seen = server.all(&api, &format!("/people/{before}/events"));
        let mut ids: Vec<&str> = seen.iter().filter_map(|event| event["message_id"].as_str()).collect();
        ids.sort_unstable();
        assert_eq!(ids, ["m1", "m2", "order:A1", "order:A4"]);
        assert_eq!(server.stats(&api)["events"], 5);
        place.assert_sound();
    }
}

/// Two servers on one workspace: what is decided at one holds at the other, also where nothing is written.
#[test]
fn two_servers_are_of_one_mind() {
    for place in [Some(Place::sqlite()), Place::postgres()].into_iter().flatten() {
        let (api, write) = (place.key("api"), place.key("write"));
        let (first, second) = (Server::start(&place), Server::start(&place));
        let track = |server: &Server, id: &str, plan: Value| {
            let message = json!({ "userId": "u1", "event": "Chose", "messageId": id, "properties": { "plan": plan } });
            let (status, body) = common::http::post(&server.address, "/v1/track", &write, &message).expect("an answer");
            assert_eq!(status, 200, "{body}");
            numbers(&body, &["accepted", "quarantined"])
        };
        assert_eq!(track(&second, "m1", json!("gold")), [1, 0]);
        let patch = |server: &Server, path: &str, body: &Value| {
            let (status, body) = common::http::patch(&server.address, path, &api, body).expect("an answer");
            assert_eq!(status, 200, "{body}");
        };
        let lock = json!({ "locked": true, "properties": [{ "name": "plan", "locked_type": "string" }] });
        patch(&first, "/api/v1/schema/track/Chose", &lock);
        assert_eq!(track(&second, "m2", json!(7)), [0, 1], "the lock of the first server holds at the second");
        patch(&first, "/api/v1/settings", &json!({ "currency": "EUR" }));
        // The second one is only asked, and learns it by its own looking.
        let learnt = (0..300).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(100));
            second.stats(&api)["currency"] == "EUR"
        });
        assert!(learnt, "the currency does not reach the second server");
        assert_eq!(track(&first, "m3", json!("silver")), [1, 0]);
        let id = second.person(&api, "user_id:u1");
        let learnt = (0..300).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(100));
            second.all(&api, &format!("/people/{id}/events")).len() == 2
        });
        assert!(learnt, "what the first server took is not seen at the second");
    }
}

/// The data set that ships with the program, against the numbers counted from its source.
#[test]
fn the_shipped_sample_comes_out_as_counted() {
    let place = Place::sqlite();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/retail");
    let path = |name: &str| folder.join(name).to_str().expect("a plain path").to_owned();
    let expected: Value =
        serde_json::from_slice(&fs::read(folder.join("expected.json")).expect("it ships")).expect("JSON");
    let common = ["--currency", "USD", "--timezone", "UTC"];
    let bring = |kind: &str, file: &str, map: &[&str]| {
        place.import(kind, &path(file), &[&["--map"], map, &common[..]].concat())
    };
    let products = [
        "sku=product_id",
        "title=title",
        "category=department",
        "brand=brand",
        "property.category=category",
        "property.package_size=package_size",
    ];
    let orders = [
        "order_no=basket_id",
        "at=transaction_timestamp",
        "sku=product_id",
        "quantity=quantity",
        "amount=sales_value",
        "store=store_id",
        "person.pos_no=household_id",
    ];
    let events = [
        "message_id=message_id",
        "name=name",
        "at=at",
        "member_no=member_no",
        "property.campaign_id=properties.campaign_id",
        "property.campaign_type=properties.campaign_type",
        "property.coupon_upc=properties.coupon_upc",
    ];
    let people = [
        "member_no=member_no",
        "pos_no=household_id",
        "trait.age=age",
        "trait.income=income",
        "trait.household_size=household_size",
    ];
    assert_eq!(bring("products", "products.csv.gz", &products)["imported"], expected["products"]);
    let sold = bring("orders", "orders.csv.gz", &orders);
    assert_eq!(
        (&sold["imported"], &sold["orders"], &sold["revenue"]),
        (&expected["lines"], &expected["orders"], &expected["revenue_minor"])
    );
    assert_eq!((&sold["rejected"], &sold["refunded"]), (&json!(0), &json!(0)));
    assert_eq!(bring("events", "events.jsonl.gz", &events)["imported"], expected["events"]);
    bring("people", "people.csv.gz", &people);
    let again = bring("orders", "orders.csv.gz", &orders);
    assert_eq!(
        (&again["imported"], &again["unchanged"], &again["revenue"]),
        (&json!(0), &expected["lines"], &json!(0))
    );
    let key = place.key("api");
    let server = Server::start(&place);
    let stats = server.stats(&key);
    assert_eq!(
        (&stats["people"], &stats["orders"], &stats["revenue"]),
        (&expected["people"], &expected["orders"], &expected["revenue_minor"])
    );
    // Every order of a known buyer is an event as well.
    let total = numbers(&expected, &["orders", "events"]).iter().sum::<i64>();
    assert_eq!((&stats["events"], &stats["currency"]), (&json!(total), &expected["currency"]));
    assert_eq!(server.all(&key, "/stores").len() as i64, expected["stores"].as_i64().expect("a number"));
    drop(server);
    place.assert_sound();
}
