//! The demo brand that grows in a simulated WeCom: the platform ends up knowing what that world knows, killed in the middle or not.

mod common;

use common::{Place, http};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::time::Duration;

const GROWN: [&str; 9] = ["demo", "--scale", "tiny", "--seed", "7", "--days", "25", "--listen", "127.0.0.1:0"];

/// A demo that serves.
struct Demo {
    child: Child,
    address: String,
    told: Value,
    base: String,
    api: String,
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Demo {
    #[allow(clippy::zombie_processes, reason = "dropping it kills it and waits for it")]
    fn start(place: &Place) -> Self {
        let mut child =
            place.command(&GROWN).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the program starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("standard output is ours")).read_line(&mut line).expect("one line");
        let told: Value = serde_json::from_str(&line).expect("one JSON line");
        let address = told["url"].as_str().expect("an address").trim_start_matches("http://").to_owned();
        let status = place.run(&["wecom", "status", "--json"]).json();
        let base = status["base"].as_str().expect("it is connected").trim_start_matches("http://").to_owned();
        Self { child, address, told, base, api: place.key("api") }
    }
    fn get(&self, path: &str) -> Value {
        let (status, answer) = http::get(&self.address, path, &self.api).expect("it answers");
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }
    fn world(&self, what: &str) -> Vec<Value> {
        let (status, list) = http::get(&self.base, &format!("/sandbox/list/{what}"), "").expect("it answers");
        assert_eq!(status, 200, "{list}");
        list.as_array().expect("a list").clone()
    }
    /// Gross sales in fen, orders, and what was refunded, of the platform and of the world.
    fn sums(&self) -> [(i64, i64); 2] {
        let stores = self.get("/api/v1/stores?limit=100");
        let stores = stores["items"].as_array().expect("stores");
        let of = |name: &str| stores.iter().map(|store| store[name].as_i64().expect("a number")).sum::<i64>();
        let orders = self.world("orders");
        let sold = |order: &Value| order["amount"].as_i64().expect("fen");
        [(of("revenue"), of("orders")), (orders.iter().map(sold).sum(), orders.len() as i64)]
    }
    /// Pairs of members and customers that are friends now, of the platform and of the world.
    fn friends(&self) -> [i64; 2] {
        let staff = self.get("/api/v1/wecom/staff?limit=100");
        let own = staff["items"].as_array().expect("staff").iter();
        let known = own.map(|own| own["customers"].as_i64().expect("a number")).sum();
        [known, self.world("relations").iter().filter(|own| own["status"] == "Active").count() as i64]
    }
    /// What has been grown, as far as it does not depend on the moment it is looked at.
    fn agrees(&self) {
        let [own, real] = self.sums();
        assert_eq!(own, real, "sales and orders");
        let [own, real] = self.friends();
        assert_eq!(own, real, "friendships");
        assert!(real > 50, "{real}");
    }
}

#[test]
fn the_platform_knows_what_the_world_knows() {
    let place = Place::empty();
    let demo = Demo::start(&place);
    for field in ["ready_s", "people", "events", "resident_mb"] {
        assert!(demo.told[field].as_f64().is_some_and(|number| number > 0.0), "{field}: {}", demo.told);
    }
    demo.agrees();
    let status = demo.get("/api/v1/wecom/status");
    assert_eq!(
        (&status["trouble"], &status["inbox_waiting"], &status["inbox_aside"]),
        (&Value::Null, &0.into(), &0.into())
    );
    assert_eq!(demo.get("/api/v1/quarantine")["items"], Value::Array(Vec::new()));
    // People came by the codes that were put up, and each code stands as the platform says.
    let codes = demo.get("/api/v1/live-codes");
    let codes = codes["items"].as_array().expect("codes");
    assert!(codes.len() == 7 && codes.iter().map(|own| own["adds"].as_i64().expect("a number")).sum::<i64>() > 20);
    for way in codes.iter().flat_map(|own| own["ways"].as_array().expect("ways")) {
        assert_eq!((&way["state"], &way["error"]), (&"good".into(), &Value::Null), "{way}");
    }
    let board = demo.get("/api/v1/channels/board");
    let board = board["items"].as_array().expect("channels");
    assert!(
        board.iter().any(|own| own["adds"].as_i64() > Some(0) && own["cost_per_add"].as_i64() > Some(0)),
        "{board:?}"
    );
    // Programmes have a history: done, late, missed, by guides of all grades.
    let sops = demo.get("/api/v1/sops/board");
    for part in ["on_time", "late", "missed", "skipped", "planned"] {
        assert!(sops["all"][part].as_i64() > Some(0), "{part}: {sops}");
    }
    assert_eq!(sops["programmes"].as_array().map(Vec::len), Some(2), "{sops}");
    let grades = demo.get("/api/v1/sops/grades");
    for grade in ["A", "C"] {
        assert!(grades["items"].as_array().expect("grades").iter().any(|own| own["grade"] == grade), "{grades}");
    }
    // The world lives on, and what happens there arrives.
    let relations = demo.world("relations");
    let friend = relations.iter().find(|own| own["status"] == "Active").expect("somebody is a friend");
    let deed = serde_json::json!({ "do": "delete", "userid": friend["userid"], "person": friend["external_userid"] });
    let [before, _] = demo.friends();
    http::post(&demo.base, "/sandbox/act", "", &deed).expect("it answers");
    until(|| demo.friends() == [before - 1; 2]);
}

#[test]
fn killed_in_the_middle_it_ends_the_same() {
    let place = Place::empty();
    let mut grown = place
        .command(&GROWN)
        .arg("--no-serve")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    // It says how far it has come, so that this is neither the beginning nor the end.
    let said = BufReader::new(grown.stderr.take().expect("standard error is ours"));
    assert!(said.lines().map_while(Result::ok).any(|line| line.contains("10 days")), "it never came so far");
    let _ = grown.kill();
    let _ = grown.wait();
    let demo = Demo::start(&place);
    demo.agrees();
    let first = (demo.told["people"].clone(), demo.friends(), demo.sums());
    drop(demo);
    // Killed while it served: the world is made again, with the same people.
    let again = Demo::start(&place);
    again.agrees();
    let [(amount, orders), _] = again.sums();
    let [(amount_before, orders_before), _] = first.2;
    assert!(amount >= amount_before && orders >= orders_before, "nothing is lost");
    let people = |value: &Value| value.as_i64().expect("a number");
    assert!((people(&first.0)..people(&first.0) + 3).contains(&people(&again.told["people"])), "nobody comes twice");
}

/// Waits for something that is to happen soon.
fn until(mut happened: impl FnMut() -> bool) {
    for _ in 0..600 {
        if happened() {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("it did not happen within half a minute");
}
