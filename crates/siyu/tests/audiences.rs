//! Live audiences of the running program: events in over HTTP, people in and out of audiences, through a restart and a kill.

mod common;

use common::{Place, Server, http};
use serde_json::{Value, json};
use siyu_kernel::{Clock, Stopwatch, SystemClock};
use std::time::Duration;

/// From an event to the audience it moves somebody into, on a machine with much else to do; how fast it is belongs to the benchmarks.
const SECONDS_MAX: f64 = 60.0;

struct Shop {
    place: Place,
    server: Server,
    write: String,
    api: String,
}

impl Shop {
    fn open(place: Place) -> Self {
        let (write, api) = (place.key("write"), place.key("api"));
        let server = Server::start(&place);
        Self { place, server, write, api }
    }
    fn post(&self, path: &str, body: &Value) -> Value {
        let (status, body) = http::post(&self.server.address, path, &self.api, body).expect("the server answers");
        assert!(status < 300, "{path}: {status} {body}");
        body
    }
    fn audience(&self, name: &str, rule: &Value) -> String {
        let made = self.post("/api/v1/audiences", &json!({"name": name, "rule": rule}));
        made["id"].as_str().expect("an audience has an id").to_owned()
    }
    fn people(&self, id: &str) -> u64 {
        self.server.api(&self.api, &format!("/audiences/{id}"))["people"].as_u64().expect("a number")
    }
    /// `events`: (who, what).
    fn send(&self, events: &[(&str, &str)]) {
        let now = SystemClock.now();
        let message = |(at, (user, event)): (usize, &(&str, &str))| {
            json!({"type": "track", "userId": user, "event": event, "timestamp": now, "messageId": format!("{user}-{event}-{at}-{now}"),
                "properties": {"order_id": format!("{user}-{at}-{now}"), "revenue": 12.5, "currency": "USD", "channel": "wecom"}})
        };
        let batch: Vec<Value> = events.iter().enumerate().map(message).collect();
        let body = json!({"batch": batch, "writeKey": self.write});
        let (status, body) = http::post(&self.server.address, "/v1/batch", "", &body).expect("the server answers");
        assert_eq!(status, 200, "{body}");
    }
    /// Until so many people are in it.
    fn comes(&self, id: &str, people: u64) {
        let watch = Stopwatch::start();
        while self.people(id) != people {
            assert!(watch.seconds() < SECONDS_MAX, "{} people after {SECONDS_MAX} s, not {people}", self.people(id));
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    /// What the command answers is what the server does.
    fn same_by_command(&self, rule: &Value) -> u64 {
        let file = self.place.write("rule.json", json!({"rule": rule}).to_string());
        let own = self.place.run(&["query", "segment", &file]).json();
        let served = self.post("/api/v1/analysis/segment", &json!({"rule": rule}));
        for key in ["people", "sample"] {
            assert_eq!(own[key], served[key], "{key} of {rule}");
        }
        own["people"].as_u64().expect("a number")
    }
}

fn did(event: &str, times: u32) -> Value {
    json!({"did": {"event": event, "times": {"op": "gte", "value": times}, "span": {"last_days": 30}}})
}

fn people_come_and_go(place: Place) {
    let mut shop = Shop::open(place);
    let viewed = json!({"all": [did("Product Viewed", 2), {"did": {"event": "Order Completed", "times": {"op": "eq", "value": 0}}}]});
    let (lookers, buyers) = (shop.audience("lookers", &viewed), shop.audience("buyers", &did("Order Completed", 1)));
    let over = json!({"any": [{"field": "audience", "op": "in", "value": [lookers, buyers]}]});
    let both = shop.audience("both", &over);
    assert_eq!([&lookers, &buyers, &both].map(|id| shop.people(id)), [0, 0, 0]);
    shop.send(&[("ann", "Product Viewed"), ("ann", "Product Viewed"), ("ben", "Product Viewed")]);
    shop.comes(&lookers, 1);
    shop.comes(&both, 1);
    shop.send(&[("ben", "Product Viewed"), ("cai", "Order Completed")]);
    shop.comes(&lookers, 2);
    shop.comes(&buyers, 1);
    // Ann buys: out of one, into the other.
    shop.send(&[("ann", "Order Completed")]);
    shop.comes(&buyers, 2);
    shop.comes(&lookers, 1);
    shop.comes(&both, 3);
    assert_eq!(shop.same_by_command(&viewed), 1);
    assert_eq!(shop.same_by_command(&over), 3);
    assert_eq!(
        shop.same_by_command(
            &json!({"all": [did("Order Completed", 1), {"field": "lifecycle", "op": "eq", "value": "new"}]})
        ),
        2
    );
    let shown = shop.server.api(&shop.api, &format!("/audiences/{lookers}"));
    assert_eq!((&shown["entered_today"], &shown["left_today"]), (&json!(2), &json!(1)));
    assert!(shown["fresh_seconds"].as_f64().is_some_and(|seconds| seconds < SECONDS_MAX), "{shown}");

    // Killed right after an event was answered: the next server finds what the last one did not.
    shop.send(&[("dan", "Product Viewed"), ("dan", "Product Viewed"), ("eve", "Order Completed")]);
    shop.server.kill();
    shop.server = Server::start(&shop.place);
    // The lease of the killed one runs out first.
    let watch = Stopwatch::start();
    while shop.people(&buyers) != 3 || shop.people(&lookers) != 2 || shop.people(&both) != 5 {
        assert!(watch.seconds() < 40.0, "{:?}", [&lookers, &buyers, &both].map(|id| shop.people(id)));
        std::thread::sleep(Duration::from_millis(100));
    }
    shop.send(&[("eve", "Order Completed"), ("fay", "Order Completed")]);
    shop.comes(&buyers, 4);
    let history = shop.server.api(&shop.api, &format!("/audiences/{buyers}/history"));
    let today = history["items"].as_array().and_then(|days| days.last()).expect("a day").clone();
    assert_eq!(
        (&today["people"], &today["entered"], &today["left"]),
        (&json!(4), &json!(4), &json!(0)),
        "each came once"
    );
    assert_eq!(shop.same_by_command(&did("Order Completed", 1)), 4);
    shop.place.assert_sound();
}

#[test]
fn people_come_and_go_on_sqlite() {
    people_come_and_go(Place::sqlite());
}

#[test]
fn people_come_and_go_on_postgres() {
    if let Some(place) = Place::postgres() {
        people_come_and_go(place);
    }
}
