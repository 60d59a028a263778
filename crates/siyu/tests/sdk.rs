//! The published SDKs, unchanged, against the program: everything they send is there, once. `scripts/sdk/test.sh` runs these.

mod common;

use common::{Place, Server};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::process::{Command, Output};

/// What `scripts/sdk/test.sh` sets.
fn setting(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set; run scripts/sdk/test.sh"))
}

fn python() -> Command {
    Command::new(setting("SIYU_SDK_PYTHON"))
}
fn node() -> Command {
    let mut node = Command::new(setting("SIYU_SDK_NODE"));
    // Where the SDK's package is found from.
    node.current_dir(setting("SIYU_SDK_DIR"));
    node
}
fn done(output: std::io::Result<Output>) -> String {
    let output = output.expect("the SDK's language is installed");
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("UTF-8")
}

struct Shop {
    place: Place,
    server: Server,
    write: String,
    api: String,
}

impl Shop {
    fn open() -> Self {
        let place = Place::sqlite();
        let (write, api) = (place.key("write"), place.key("api"));
        Self { server: Server::start(&place), place, write, api }
    }
    fn endpoint(&self) -> String {
        format!("http://{}", self.server.address)
    }
    fn send(&self, mut sender: Command, script: &str, more: &[&str]) -> Value {
        let script = format!("{}/{script}", setting("SIYU_SDK_DIR"));
        let said = done(sender.arg(script).args([self.endpoint(), self.write.clone()]).args(more).output());
        serde_json::from_str(said.trim()).expect("a sender says what it sent")
    }
    /// Every message of the sender belongs to one person and is there once.
    fn assert_all(&self, sent: &Value, before: &str) {
        let user = sent["user"].as_str().expect("a user");
        assert_eq!(sent["errors"], json!([]));
        let (server, key) = (&self.server, self.api.as_str());
        let id = server.person(key, &format!("user_id:{user}"));
        assert_eq!(server.person(key, &format!("anonymous:{before}")), id, "alias joins the two");
        let person = server.api(key, &format!("/people/{id}"));
        assert_eq!((&person["name"], &person["traits"]["plan"]), (&json!("测试用户"), &json!("gold")));
        let has = |kind: &str, value: &str| {
            person["identifiers"]
                .as_array()
                .is_some_and(|all| all.iter().any(|own| own["kind"] == kind && own["value"] == value))
        };
        assert!(has("email", &format!("{user}@example.com")) && has("user_id", user), "{person}");
        let events = server.all(key, &format!("/people/{id}/events"));
        assert_eq!((json!(events.len()), &person["events"]["count"]), (sent["messages"].clone(), &sent["messages"]));
        let ids: BTreeSet<&str> = events.iter().filter_map(|event| event["message_id"].as_str()).collect();
        assert_eq!(ids.len(), events.len(), "no message is there twice");
        let count = |kind: &str| events.iter().filter(|event| event["type"] == kind).count();
        for kind in ["identify", "page", "screen", "group", "alias"] {
            assert_eq!(count(kind), 1, "{kind}");
        }
        let tracks = server.all(key, &format!("/people/{id}/events?name=SDK%20Tested"));
        let numbers: BTreeSet<i64> = tracks.iter().filter_map(|event| event["properties"]["n"].as_i64()).collect();
        assert_eq!(numbers.len() as i64, sent["tracks"].as_i64().expect("a number"));
        let said = &tracks[0]["properties"];
        assert_eq!(
            (&said["price"], &said["title"], &said["nested"]),
            (&json!(12.5), &json!("茶叶 🍵"), &json!({ "list": [1, null, true] }))
        );
        let stats = server.stats(key);
        assert_eq!((&stats["people"], &stats["events"]), (&json!(1), &sent["messages"]));
        assert_eq!(server.api(key, "/quarantine")["items"], json!([]));
        self.place.assert_sound();
    }
    /// A visitor who looked, said who they are, and bought.
    fn assert_bought(&self, lang: &str, phone: &str, order: &str, revenue: i64, sku: &str) {
        let (server, key) = (&self.server, self.api.as_str());
        let id = server.person(key, &format!("phone:{phone}"));
        for identifier in [format!("user_id:buyer-{lang}"), format!("anonymous:browser-{lang}")] {
            assert_eq!(server.person(key, &identifier), id, "{identifier}");
        }
        let mut names: Vec<String> = server
            .all(key, &format!("/people/{id}/events"))
            .iter()
            .filter_map(|event| event["name"].as_str().map(str::to_owned))
            .collect();
        names.sort();
        assert_eq!(names, ["Order Completed", "Product Viewed", "identify"]);
        let person = server.api(key, &format!("/people/{id}"));
        assert_eq!((&person["orders"]["count"], &person["orders"]["amount"]), (&json!(1), &json!(revenue)));
        let orders = server.all(key, &format!("/people/{id}/orders"));
        assert_eq!(
            (orders.len(), &orders[0]["order_no"], &orders[0]["lines"][0]["sku"]),
            (1, &json!(order), &json!(sku))
        );
        let stats = server.stats(key);
        let held = ["people", "events", "orders", "revenue", "refunded"].map(|name| stats[name].as_i64().unwrap_or(-1));
        assert_eq!(held, [1, 3, 1, revenue, 0]);
        self.place.assert_sound();
    }
}

#[test]
#[ignore = "needs the Python SDK: scripts/sdk/test.sh"]
fn python_plain() {
    let shop = Shop::open();
    let sent = shop.send(python(), "send.py", &[]);
    shop.assert_all(&sent, "sdk-python-before");
}

#[test]
#[ignore = "needs the Python SDK: scripts/sdk/test.sh"]
fn python_gzip() {
    let shop = Shop::open();
    let sent = shop.send(python(), "send.py", &["gzip"]);
    shop.assert_all(&sent, "sdk-python-before");
}

#[test]
#[ignore = "needs the Node.js SDK: scripts/sdk/test.sh"]
fn node_js() {
    let shop = Shop::open();
    let sent = shop.send(node(), "send.mjs", &[]);
    shop.assert_all(&sent, "sdk-node-before");
}

#[test]
#[ignore = "needs the Python SDK: scripts/sdk/test.sh"]
fn an_order_from_python() {
    let shop = Shop::open();
    done(python().args(["-c", include_str!("sdk/order.py"), &shop.endpoint(), &shop.write]).output());
    shop.assert_bought("python", "13912345678", "P1", 2_500, "S1");
}

#[test]
#[ignore = "needs the Node.js SDK: scripts/sdk/test.sh"]
fn an_order_from_node_js() {
    let shop = Shop::open();
    let mut sender = node();
    sender.args(["--input-type=module", "-e", include_str!("sdk/order.mjs")]);
    done(sender.env("ENDPOINT", shop.endpoint()).env("WRITE_KEY", &shop.write).output());
    shop.assert_bought("node", "13800138000", "N1", 2_900, "S2");
}
