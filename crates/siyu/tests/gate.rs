//! `kill -9` while messages for thousands are decided and made: of each one people = sent + skipped + failed + waiting whenever somebody looks, no
//! customer is asked for twice, and nobody is lost.
//!
//! The moments come from a seed that is printed. Set `SIYU_SEED` to repeat a run.

mod common;

use common::wecom::{AES_KEY, TOKEN, Wecom};
use common::{Place, Server, chance, http};
use serde_json::{Value, json};
use siyu_kernel::Chance;
use std::time::Duration;

/// In the file, and friends of nobody.
const STRANGERS: usize = 12_000;

fn number(of: &Value, name: &str) -> i64 {
    of[name].as_i64().unwrap_or_else(|| panic!("{name} in {of}"))
}

/// Every run, with its sum checked; how many were let through or sent.
fn runs(server: &Server, key: &str, audience: i64) -> Vec<Value> {
    let all = server.all(key, "/runs?kind=message");
    for run in &all {
        let ends: i64 = ["sent", "skipped", "failed", "waiting"].iter().map(|end| number(run, end)).sum();
        assert_eq!((number(run, "audience"), ends), (audience, audience), "{run}");
        let reasons: i64 = run["reasons"].as_object().expect("reasons").values().filter_map(Value::as_i64).sum();
        assert_eq!(reasons + number(run, "sent"), audience, "{run}");
    }
    all
}
fn reason(run: &Value, code: &str) -> i64 {
    run["reasons"][code].as_i64().unwrap_or(0)
}

fn messages_live_through(place: &Place, points: usize, chance: &Chance) {
    let wecom = Wecom::quiet("small");
    let file = place.write("credentials.json", wecom.get("/sandbox/credentials").to_string());
    let base = wecom.base();
    let more = ["--callback-token", TOKEN, "--callback-key", AES_KEY];
    let connected = place.run(&[&["wecom", "connect", "--from", &file, "--base", &base, "--json"][..], &more].concat());
    assert!(connected.ok, "{}", connected.err);
    let synced = place.run(&["wecom", "sync", "--json"]);
    assert!(synced.ok, "{}", synced.err);
    let rows: String = (0..STRANGERS).map(|n| format!("1391{n:07}\n")).collect();
    let file = place.write("people.csv", format!("phone\n{rows}"));
    assert_eq!(place.import("people", &file, &["--map", "phone=phone"])["imported"], STRANGERS);

    let key = place.key("api");
    let mut server = Server::start(place);
    let rules = json!({ "rules": { "caps": [], "quota": "month", "quiet": null, "fatigue": null, "contest_minutes": 0, "holdout": { "percent": 0.0, "salt": "" }, "consent": [] } });
    let (status, answer) = http::put(&server.address, "/api/v1/gate/rules", &key, &rules).expect("an answer");
    assert_eq!(status, 200, "{answer}");
    let everybody = json!({ "name": "everybody", "rule": { "field": "created.days", "op": "gte", "value": 0 } });
    let (status, audience) = http::post(&server.address, "/api/v1/audiences", &key, &everybody).expect("an answer");
    assert_eq!(status, 201, "{audience}");
    let people = number(&server.stats(&key), "people");
    assert!(people > 12_000, "{people}");

    let mut halfway = 0;
    for point in 0..points {
        let message = json!({ "name": format!("m{point}"), "content": { "text": format!("新品 {point}") }, "audience": audience["id"] });
        let (status, made) = http::post(&server.address, "/api/v1/wecom/messages", &key, &message).expect("an answer");
        assert_eq!(status, 201, "{made}");
        let looks = chance.below(6);
        for _ in 0..looks {
            runs(&server, &key, people);
            std::thread::sleep(Duration::from_millis(chance.below(250)));
        }
        server.kill();
        server = Server::start(place);
        let seen = runs(&server, &key, people);
        halfway += usize::from(reason(&seen[0], "undecided") > 0);
    }
    eprintln!("{halfway} of {points} kills hit the middle of deciding");
    assert!(halfway > 0, "no kill came in between");

    // In the end every friend is in one task of each message.
    let friends = (0..3_000).find_map(|_| {
        std::thread::sleep(Duration::from_millis(100));
        let all = runs(&server, &key, people);
        let done = all.iter().all(|run| {
            let made = server.api(&key, &format!("/wecom/messages/{}", run["id"].as_str().unwrap_or_default()));
            reason(run, "undecided") == 0
                && made["staff"].as_array().is_some_and(|tasks| tasks.iter().all(|task| task["state"] != "making"))
        });
        done.then(|| all.iter().map(|run| reason(run, "on_its_way")).collect::<Vec<i64>>())
    });
    let friends = friends.expect("every message is decided and made");
    assert!(friends.iter().all(|own| *own == friends[0] && *own > 1_000), "{friends:?}");
    let targets = |mass: &Value| {
        let tasks = mass["tasks"].as_array().expect("tasks").iter();
        tasks
            .map(|task| {
                ["waiting", "sent", "not_friends", "over_limit"].iter().map(|end| number(task, end)).sum::<i64>()
            })
            .sum::<i64>()
    };
    let asked: i64 = wecom.list("masses").iter().map(targets).sum();
    assert_eq!(asked, friends.iter().sum::<i64>(), "WeCom was asked for each of them once a message");

    // All are confirmed, read back, and end.
    for mass in wecom.list("masses") {
        for task in mass["tasks"].as_array().expect("tasks") {
            wecom.act(&json!({ "do": "confirm", "msgid": mass["msgid"], "userid": task["userid"] }));
        }
    }
    let ended = (0..3_000).any(|_| {
        std::thread::sleep(Duration::from_millis(100));
        runs(&server, &key, people).iter().all(|run| run["state"] == "ended")
    });
    assert!(ended, "every message ends");
    let all = runs(&server, &key, people);
    let sent: i64 = all.iter().map(|run| number(run, "sent")).sum();
    let over: i64 = all.iter().map(|run| reason(run, "limit_reached")).sum();
    assert_eq!(sent + over, friends.iter().sum::<i64>(), "one a day is what WeCom lets through");
    assert!(sent >= friends[0]);
    drop(server);
    // WeCom's own checks miss a callback address, which this corp has none of.
    let doctor = place.run(&["doctor", "--json"]);
    let checks: Vec<Value> = doctor.out.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    for key in ["database", "log", "columns", "books"] {
        let state = checks.iter().find(|check| check["key"] == key).map(|check| check["state"].clone());
        assert_eq!(state, Some(json!("ok")), "{key}: {checks:?}");
    }
}

#[test]
fn messages_are_killed() {
    messages_live_through(&Place::sqlite(), 10, &chance("messages on SQLite"));
}

#[test]
fn messages_on_postgres_are_killed() {
    if let Some(place) = Place::postgres() {
        messages_live_through(&place, 5, &chance("messages on PostgreSQL"));
    }
}
