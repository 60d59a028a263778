//! `kill -9` while thousands walk a journey of all kinds of nodes, with a WeCom that fails now and then: whenever somebody looks, entered = inside +
//! finished + exited, and of each message people = sent + skipped + failed + waiting; in the end nobody was written to, tagged or given a task twice,
//! and nobody is lost.
//!
//! The moments come from a seed that is printed. Set `SIYU_SEED` to repeat a run, `SIYU_KILLS` for another number of them.

mod common;

use common::wecom::{Wecom, connected};
use common::{Place, Server, chance, http, kills};
use serde_json::{Value, json};
use siyu_kernel::Chance;
use std::time::Duration;

/// What goes wrong at WeCom meanwhile. (No time-outs: they would take as long as the whole test.)
const FAULTS: &str = "busy=0.01,expired=0.05,proxy=0.01,concurrency=0.02";
/// In the file, and friends of nobody.
const STRANGERS: usize = 2_000;

fn number(of: &Value, name: &str) -> i64 {
    of[name].as_i64().unwrap_or_else(|| panic!("{name} in {of}"))
}
fn sum(of: &Value) -> i64 {
    of.as_object().map_or(0, |all| all.values().filter_map(Value::as_i64).sum())
}

/// All kinds of nodes. Those of one arm and of the other come together at the message.
fn definition(tag: &str) -> Value {
    let minute = json!({ "amount": 1, "unit": "minute" });
    let exit = |id: &str| json!({ "id": id, "do": { "type": "exit", "outcome": id } });
    let rule = json!({ "all": [{ "field": "tag", "op": "eq", "value": tag }] });
    let never = json!({ "type": "event", "name": "Camp Checked In" });
    json!({
        "format": 1, "entry": { "type": "trigger", "on": { "type": "event", "name": "Camp Joined" } }, "start": "tag",
        "goal": { "on": { "type": "event", "name": "Order Completed" }, "exit": true },
        "nodes": [
            { "id": "tag", "do": { "type": "tag", "with": { "tag": tag }, "next": "rule" } },
            { "id": "rule", "do": { "type": "condition", "rule": rule, "yes": "split", "no": "untagged" } },
            { "id": "split", "do": { "type": "split", "arms": [{ "name": "a", "weight": 50, "to": "date" }, { "name": "b", "weight": 50, "to": "test" }] } },
            { "id": "date", "do": { "type": "wait_until", "at": "09:00", "date": "2020-01-01", "next": "wait" } },
            { "id": "wait", "do": { "type": "wait", "for": minute, "next": "say" } },
            { "id": "test", "do": { "type": "ab", "goal": never, "within_days": 1, "arms": [{ "name": "a", "weight": 30, "to": "event" }, { "name": "b", "weight": 70, "to": "say" }] } },
            { "id": "event", "do": { "type": "wait_event", "on": never, "timeout": minute, "next": "say", "timed_out": "say" } },
            { "id": "say", "do": { "type": "message", "with": { "content": { "text": "早上好" }, "service": true, "gather_minutes": 0, "expires_days": 1 }, "next": "part", "skipped": "unreached", "failed": "unsent" } },
            { "id": "part", "do": { "type": "split", "arms": [{ "name": "a", "weight": 90, "to": "call" }, { "name": "b", "weight": 10, "to": "hook" }] } },
            // Nobody has this name: it is tried again until the journey ends.
            { "id": "hook", "do": { "type": "webhook", "with": { "url": "https://siyu.invalid/hook" }, "next": "hooked" } },
            { "id": "call", "do": { "type": "task", "with": { "title": "回访" }, "deadline": { "amount": 9, "unit": "day" }, "next": "done", "late": "late" } },
            exit("untagged"), exit("unreached"), exit("unsent"), exit("hooked"), exit("late"), exit("done"),
        ]
    })
}

struct Walk<'p> {
    place: &'p Place,
    server: Server,
    key: String,
    id: String,
    people: i64,
    chance: &'p Chance,
    points: usize,
}

impl Walk<'_> {
    fn post(&self, path: &str, body: &Value) -> Value {
        let (status, answer) = http::post(&self.server.address, path, &self.key, body).expect("an answer");
        assert!((200..300).contains(&status), "{path}: {status} {answer}");
        answer
    }
    /// Everything adds up.
    fn numbers(&self) -> Value {
        let own = self.server.api(&self.key, &format!("/journeys/{}/numbers", self.id));
        let sums = &own["sums"];
        let ends: i64 = ["inside", "finished", "exited"].iter().map(|end| number(sums, end)).sum();
        assert_eq!(number(sums, "entered"), ends, "{sums}");
        assert!(ends <= self.people, "{sums}");
        for node in own["nodes"].as_array().expect("nodes") {
            let parts = number(node, "inside")
                + sum(&node["passed"])
                + sum(&node["finished"])
                + sum(&node["exited"])
                + number(node, "moved");
            assert_eq!(number(node, "came"), parts, "{node}");
        }
        for run in self.server.all(&self.key, "/runs?kind=journey") {
            let ends: i64 = ["sent", "skipped", "failed", "waiting"].iter().map(|end| number(&run, end)).sum();
            assert_eq!(number(&run, "audience"), ends, "{run}");
        }
        own
    }
    fn node(&self, own: &Value, id: &str) -> Value {
        let nodes = own["nodes"].as_array().expect("nodes").iter();
        nodes
            .clone()
            .find(|node| node["node"] == id)
            .cloned()
            .unwrap_or_else(|| json!({ "inside": 0, "came": 0, "passed": {} }))
    }
    /// Tasks that guides have now.
    fn open_tasks(&self) -> i64 {
        let board = self.server.api(&self.key, "/guide/setup/board?days=7");
        board["items"].as_array().expect("items").iter().map(|row| number(row, "open")).sum()
    }
    /// Killed and started again, so often, at moments of chance; until this is so.
    fn killed_until(&mut self, what: &str, so: impl Fn(&Self, &Value) -> bool) {
        for point in 0..6_000 {
            if point < self.points {
                std::thread::sleep(Duration::from_millis(self.chance.below(900)));
                self.numbers();
                self.server.kill();
                self.server = Server::start(self.place);
            } else {
                std::thread::sleep(Duration::from_millis(100));
            }
            let own = self.numbers();
            if point >= self.points && so(self, &own) {
                return;
            }
        }
        panic!("{what} does not happen: {}", self.numbers());
    }
}

fn a_journey_lives_through(place: &Place, points: usize, chance: &Chance) {
    let wecom = Wecom::quiet("small");
    connected(place, &wecom);
    let rows: String = (0..STRANGERS).map(|n| format!("1391{n:07}\n")).collect();
    let file = place.write("people.csv", format!("phone\n{rows}"));
    assert_eq!(place.import("people", &file, &["--map", "phone=phone"])["imported"], STRANGERS);

    let key = place.key("api");
    let server = Server::start(place);
    let people = number(&server.stats(&key), "people");
    let mut walk = Walk { place, server, key, id: String::new(), people, chance, points };
    let everybody = json!({ "name": "everybody", "rule": { "field": "created.days", "op": "gte", "value": 0 } });
    let audience = walk.post("/api/v1/audiences", &everybody);
    let tag = walk.post("/api/v1/tags", &json!({ "group": "旅程", "name": "进入过", "kind": "manual" }));
    let tag = tag["id"].as_str().expect("an id").to_owned();
    let own = walk.post("/api/v1/journeys", &json!({ "name": "全部节点", "definition": definition(&tag) }));
    assert_eq!(own["problems"], json!([]), "{own}");
    walk.id = own["id"].as_str().expect("an id").to_owned();
    let path = format!("/api/v1/journeys/{}", walk.id);
    walk.post(&format!("{path}/publish"), &json!({ "edits": own["edits"] }));
    wecom.post("/sandbox/settings", &json!({ "faults": FAULTS }));
    walk.post(&format!("{path}/enter"), &json!({ "audience": audience["id"] }));

    // Up to the message, whose tasks are all at WeCom.
    walk.killed_until("everybody has come to the message", |walk, own| {
        let say = walk.node(own, "say");
        let made = || {
            walk.server.all(&walk.key, "/runs?kind=journey").iter().all(|run| {
                let made =
                    walk.server.api(&walk.key, &format!("/wecom/messages/{}", run["id"].as_str().unwrap_or_default()));
                made["staff"].as_array().is_some_and(|tasks| tasks.iter().all(|task| task["state"] != "making"))
            })
        };
        let skipped = say["passed"]["skipped"].as_i64().unwrap_or(0);
        number(&own["sums"], "entered") == walk.people
            && number(&say, "came") == walk.people
            && skipped + number(&say, "inside") == walk.people
            && skipped >= STRANGERS as i64
            && number(&say, "inside") > 0
            && made()
    });
    let own = walk.numbers();
    let friends = number(&walk.node(&own, "say"), "inside");
    assert!(friends > 1_000, "{own}");
    let asked: i64 = wecom
        .list("masses")
        .iter()
        .flat_map(|mass| mass["tasks"].as_array().expect("tasks").clone())
        .map(|task| ["waiting", "sent", "not_friends", "over_limit"].iter().map(|end| number(&task, end)).sum::<i64>())
        .sum();
    assert_eq!(asked, friends, "WeCom was asked for each of them once");
    let tagged = walk.post(
        "/api/v1/audiences/preview",
        &json!({ "rule": { "all": [{ "field": "tag", "op": "eq", "value": tag }] } }),
    );
    assert_eq!(number(&tagged, "people"), walk.people, "everybody has the tag");

    // Confirmed; each goes on to a task, or to a webhook that nobody answers.
    for mass in wecom.list("masses") {
        for task in mass["tasks"].as_array().expect("tasks") {
            wecom.act(&json!({ "do": "confirm", "msgid": mass["msgid"], "userid": task["userid"] }));
        }
    }
    walk.killed_until("everybody has a task", |walk, own| {
        let call = walk.node(own, "call");
        let unsent = sum(&walk.node(own, "unsent")["finished"]);
        number(&call, "inside") + number(&walk.node(own, "hook"), "inside") + unsent == friends
            && walk.open_tasks() >= number(&call, "inside")
    });
    let own = walk.numbers();
    let tasks = number(&walk.node(&own, "call"), "inside");
    assert_eq!(walk.open_tasks(), tasks, "one task for each");

    // Ended: everybody leaves, and what nobody waits for any more is taken back.
    walk.post(&format!("{path}/end"), &json!({}));
    walk.killed_until("the journey ends", |walk, own| {
        let row = walk.server.api(&walk.key, &format!("/journeys/{}", walk.id));
        number(&own["sums"], "inside") == 0 && row["state"] == "ended"
    });
    assert_eq!(walk.open_tasks(), 0);
    assert_eq!(number(&walk.numbers()["sums"], "entered"), walk.people);
}

#[test]
fn a_journey_is_killed() {
    a_journey_lives_through(&Place::sqlite(), kills(3), &chance("a journey on SQLite"));
}

#[test]
fn a_journey_on_postgres_is_killed() {
    if let Some(place) = Place::postgres() {
        a_journey_lives_through(&place, kills(2), &chance("a journey on PostgreSQL"));
    }
}
