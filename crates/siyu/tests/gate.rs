//! `kill -9` while messages for thousands are decided and made, to customers, to groups and as moments, with a WeCom that fails now and then: of each
//! one people = sent + skipped + failed + waiting whenever somebody looks, nobody is asked for twice, and nobody is lost.
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
    connected(place, &wecom);
    let rows: String = (0..STRANGERS).map(|n| format!("1391{n:07}\n")).collect();
    let file = place.write("people.csv", format!("phone\n{rows}"));
    assert_eq!(place.import("people", &file, &["--map", "phone=phone"])["imported"], STRANGERS);

    let key = place.key("api");
    let mut server = Server::start(place);
    server.without_limits(&key, &json!({}));
    let everybody = json!({ "name": "everybody", "rule": { "field": "created.days", "op": "gte", "value": 0 } });
    let (status, audience) = http::post(&server.address, "/api/v1/audiences", &key, &everybody).expect("an answer");
    assert_eq!(status, 201, "{audience}");
    let people = number(&server.stats(&key), "people");
    assert!(people > 12_000, "{people}");

    wecom.post("/sandbox/settings", &json!({ "faults": FAULTS }));
    let mut halfway = 0;
    // A month has room for one a day: with many kills each message lives through several.
    let each = points.div_ceil(25);
    for point in 0..points {
        if point % each == 0 {
            let message = json!({ "name": format!("m{point}"), "content": { "text": format!("新品 {point}") }, "audience": audience["id"] });
            let (status, made) =
                http::post(&server.address, "/api/v1/wecom/messages", &key, &message).expect("an answer");
            assert_eq!(status, 201, "{made}");
        }
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
    // (What a kill or a fault left uncertain is looked for a minute or two later, and may fail again.)
    let friends = (0..600 * points.max(10)).find_map(|_| {
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

    wecom.post("/sandbox/settings", &json!({ "faults": "" }));
    // All are confirmed, read back, and end.
    for mass in wecom.list("masses") {
        for task in mass["tasks"].as_array().expect("tasks") {
            wecom.act(&json!({ "do": "confirm", "msgid": mass["msgid"], "userid": task["userid"] }));
        }
    }
    let ended = (0..300 * points.max(10)).any(|_| {
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
    messages_live_through(&Place::sqlite(), kills(5), &chance("messages on SQLite"));
}

#[test]
fn messages_on_postgres_are_killed() {
    if let Some(place) = Place::postgres() {
        messages_live_through(&place, kills(3), &chance("messages on PostgreSQL"));
    }
}

/// Messages to groups and moments as they are, their sums checked.
fn groups_and_moments(server: &Server, key: &str) -> (Vec<Value>, Vec<Value>) {
    let (groups, moments) = (server.all(key, "/wecom/group-messages"), server.all(key, "/wecom/moments"));
    for own in &groups {
        let ends: i64 = ["sent", "skipped", "failed", "waiting"].iter().map(|end| number(&own["sums"], end)).sum();
        assert_eq!(number(&own["sums"], "people"), ends, "{own}");
    }
    for own in &moments {
        let ends: i64 = ["waiting", "published", "cancelled"].iter().map(|end| number(&own["sums"], end)).sum();
        assert_eq!(number(&own["sums"], "members"), ends, "{own}");
    }
    (groups, moments)
}

fn groups_live_through(place: &Place, points: usize, chance: &Chance) {
    let wecom = Wecom::quiet("small");
    connected(place, &wecom);
    let key = place.key("api");
    let mut server = Server::start(place);
    server.without_limits(&key, &json!({}));
    wecom.post("/sandbox/settings", &json!({ "faults": FAULTS }));
    let mut halfway = 0;
    for point in 0..points {
        let text = json!({ "text": format!("新品 {point}") });
        let message = json!({ "name": format!("g{point}"), "content": text, "everywhere": true, "class": "service" });
        let (status, made) =
            http::post(&server.address, "/api/v1/wecom/group-messages", &key, &message).expect("an answer");
        assert_eq!(status, 201, "{made}");
        let moment = json!({ "name": format!("m{point}"), "content": text });
        let (status, made) = http::post(&server.address, "/api/v1/wecom/moments", &key, &moment).expect("an answer");
        assert_eq!(status, 201, "{made}");
        for _ in 0..chance.below(4) {
            groups_and_moments(&server, &key);
            std::thread::sleep(Duration::from_millis(chance.below(200)));
        }
        server.kill();
        server = Server::start(place);
        groups_and_moments(&server, &key);
        halfway += usize::from(making(&server, &key) > 0);
    }
    eprintln!("{halfway} of {points} kills came before everything was made");
    assert!(halfway > 0, "no kill came in between");

    // What a kill came in between of is looked up only when the call of before can no longer arrive.
    let made = (0..4_000).any(|_| {
        std::thread::sleep(Duration::from_millis(100));
        making(&server, &key) == 0
    });
    assert!(made, "everything is made at WeCom");
    wecom.post("/sandbox/settings", &json!({ "faults": "" }));
    // One task for each owner and message, one moment for each of ours, none twice and none lost.
    let (groups, moments) = groups_and_moments(&server, &key);
    assert_eq!((groups.len(), moments.len()), (points, points));
    let masses: Vec<Value> = wecom.list("masses").into_iter().filter(|own| own["to_groups"] == true).collect();
    let (mut asked, mut there) = (Vec::new(), Vec::new());
    for own in &groups {
        let text = own["name"].as_str().unwrap().replace('g', "新品 ");
        let whole = server.api(&key, &format!("/wecom/group-messages/{}", own["id"].as_str().unwrap()));
        for task in whole["owners"].as_array().expect("owners") {
            asked.push((text.clone(), task["owner"].clone().to_string(), number(&task["sums"], "people")));
        }
    }
    for mass in &masses {
        for task in mass["tasks"].as_array().expect("tasks") {
            there.push((
                mass["text"]["content"].as_str().unwrap().to_owned(),
                task["userid"].to_string(),
                number(task, "waiting"),
            ));
        }
    }
    asked.sort();
    there.sort();
    assert!(!asked.is_empty());
    assert_eq!(asked, there);
    let mut texts: Vec<String> =
        wecom.list("moments").iter().map(|own| own["text"]["content"].as_str().unwrap().to_owned()).collect();
    texts.sort();
    let mut ours: Vec<String> = moments.iter().map(|own| own["name"].as_str().unwrap().replace('m', "新品 ")).collect();
    ours.sort();
    assert_eq!(texts, ours);

    // All are confirmed; what WeCom lets through is what we are told, and every message ends.
    for mass in masses {
        for task in mass["tasks"].as_array().expect("tasks") {
            wecom.act(&json!({ "do": "confirm", "msgid": mass["msgid"], "userid": task["userid"] }));
        }
    }
    let ended = (0..300 * points.max(10)).any(|_| {
        std::thread::sleep(Duration::from_millis(100));
        groups_and_moments(&server, &key).0.iter().all(|own| own["state"] == "ended")
    });
    assert!(ended, "every message ends");
    let sent = |all: &[Value]| all.iter().map(|own| number(&own["sums"], "sent")).sum::<i64>();
    let told: i64 = wecom
        .list("masses")
        .iter()
        .flat_map(|mass| mass["tasks"].as_array().expect("tasks").clone())
        .map(|task| number(&task, "sent"))
        .sum();
    assert_eq!(sent(&groups_and_moments(&server, &key).0), told);
    assert!(told > 0);
}

/// Tasks of groups and moments that are not at WeCom yet.
fn making(server: &Server, key: &str) -> usize {
    let (groups, moments) = groups_and_moments(server, key);
    let tasks = groups.iter().map(|own| {
        let whole = server.api(key, &format!("/wecom/group-messages/{}", own["id"].as_str().unwrap_or_default()));
        whole["owners"].as_array().expect("owners").iter().filter(|task| task["state"] == "making").count()
    });
    tasks.sum::<usize>() + moments.iter().filter(|own| own["state"] == "making").count()
}

#[test]
fn groups_and_moments_are_killed() {
    groups_live_through(&Place::sqlite(), kills(3), &chance("groups on SQLite"));
}

#[test]
fn groups_and_moments_on_postgres_are_killed() {
    if let Some(place) = Place::postgres() {
        groups_live_through(&place, kills(2), &chance("groups on PostgreSQL"));
    }
}
