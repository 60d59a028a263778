//! Hand-overs through `kill -9`: nobody is asked twice, the counts add up whenever one looks, and what stops the connection is told with its code.

mod common;

use common::wecom::{Wecom, until};
use common::{Place, Server, chance, http};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

fn connected(wecom: &Wecom, place: &Place) {
    let file = place.write("credentials.json", wecom.get("/sandbox/credentials").to_string());
    let connected = place.run(&["wecom", "connect", "--from", &file, "--base", &wecom.base(), "--json"]);
    assert!(connected.ok, "{}", connected.err);
    let synced = place.run(&["wecom", "sync", "--json"]);
    assert!(synced.ok, "{}", synced.err);
}

/// Those who serve, the one with most customers first.
fn serving(wecom: &Wecom) -> Vec<String> {
    let mut all: Vec<Value> = wecom.list("staff").into_iter().filter(|own| own["serves"] == true).collect();
    all.sort_by_key(|own| std::cmp::Reverse(own["customers"].as_u64()));
    all.iter().map(|own| own["userid"].as_str().expect("a userid").to_owned()).collect()
}

fn total(counts: &Value) -> i64 {
    let states = ["planned", "sending", "sent", "waiting", "done", "refused", "skipped", "cancelled"];
    states.iter().map(|state| counts[state].as_i64().expect("a number")).sum()
}

#[test]
fn a_hand_over_lives_through_kills() {
    let (wecom, place, chance) = (Wecom::quiet("small"), Place::sqlite(), chance("hand-over"));
    connected(&wecom, &place);
    let (key, staff) = (place.key("api"), serving(&wecom));
    let mut jobs: Vec<(String, i64)> = Vec::new();
    for round in 0..8 {
        let mut server = Server::start(&place);
        let from = &staff[round % 4];
        let body = json!({ "what": "customers", "from": [from], "to": [{ "staff": staff[8], "weight": 2 }, { "staff": staff[9] }], "reason": "调店" });
        let (status, begun) = http::post(&server.address, "/api/v1/handovers", &key, &body).expect("it answers");
        if status == 201 {
            let counts = &begun["counts"];
            jobs.push((begun["id"].as_str().expect("an id").to_owned(), counts["total"].as_i64().expect("a number")));
        } else {
            assert_eq!(begun["code"], "handover_empty", "{begun}");
        }
        for (id, all) in &jobs {
            let here = server.api(&key, &format!("/handovers/{id}"));
            assert_eq!((total(&here["counts"]), &here["counts"]["total"]), (*all, &json!(all)), "{here}");
        }
        std::thread::sleep(Duration::from_millis(chance.below(1_200)));
        server.kill();
    }
    assert!(jobs.len() >= 3, "{jobs:?}");
    let server = Server::start(&place);
    let live = |name: &str| {
        jobs.iter()
            .map(|(id, _)| server.api(&key, &format!("/handovers/{id}"))["counts"][name].as_i64().expect("a number"))
            .sum::<i64>()
    };
    // What was marked when a process ended is looked up after half a minute.
    until("everything is asked", || live("planned") + live("sending") == 0);
    let mut asked: BTreeMap<String, usize> = BTreeMap::new();
    for own in wecom.list("transfers") {
        *asked.entry(own["external_userid"].as_str().expect("an id").to_owned()).or_default() += 1;
    }
    assert!(asked.values().all(|times| *times == 1), "{asked:?}");
    assert_eq!(asked.len() as i64, live("sent") + live("waiting"));
}

/// The first page's banner: the code of what is wrong, and that it is gone when it was put right.
#[test]
fn a_refused_address_and_a_revoked_secret_are_told() {
    let (wecom, place) = (Wecom::quiet("tiny"), Place::sqlite());
    connected(&wecom, &place);
    let key = place.key("api");
    let server = Server::start(&place);
    let trouble = || server.api(&key, "/wecom/status")["trouble"].clone();
    let staff = serving(&wecom);
    let ask = |from: usize, to: usize| {
        let body =
            json!({ "what": "customers", "from": [staff[from]], "to": [{ "staff": staff[to] }], "reason": "调店" });
        let (status, begun) = http::post(&server.address, "/api/v1/handovers", &key, &body).expect("it answers");
        assert_eq!(status, 201, "{begun}");
        begun["id"].as_str().expect("an id").to_owned()
    };
    wecom.post("/sandbox/settings", &json!({ "faults": "60020=1" }));
    let first = ask(0, 1);
    until("the address is told", || trouble() == "ip_not_trusted");
    until("the hand-over says what it waits for", || {
        server.api(&key, &format!("/handovers/{first}"))["error"] == "ip_not_trusted"
    });
    wecom.post("/sandbox/settings", &json!({ "faults": "", "secret": "another-secret-than-before-0001" }));
    let test = || http::post(&server.address, "/api/v1/wecom/connection/test", &key, &json!({})).expect("it answers");
    // The tokens of before are gone with it: who tests the connection is told at once, whatever token is kept.
    let (status, answer) = test();
    assert!(status >= 400 && answer["code"] == "invalid_secret", "{status} {answer}");
    assert_eq!(trouble(), "invalid_secret");
    wecom.post("/sandbox/settings", &json!({ "expire_tokens": true }));
    let second = ask(2, 3);
    until("the secret is told", || trouble() == "invalid_secret");
    let input = json!({ "app_secret": "another-secret-than-before-0001" });
    let (status, answer) = http::patch(&server.address, "/api/v1/wecom/connection", &key, &input).expect("it answers");
    assert_eq!(status, 200, "{answer}");
    assert_eq!(test().0, 200);
    assert_eq!(trouble(), Value::Null);
    // Nothing was lost while it waited.
    until("everything is asked", || {
        [&first, &second].into_iter().all(|id| {
            let counts = server.api(&key, &format!("/handovers/{id}"))["counts"].clone();
            counts["planned"].as_i64().unwrap_or(1) + counts["sending"].as_i64().unwrap_or(1) == 0
        })
    });
}
