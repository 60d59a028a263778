//! The behaviour columns of the running program: `kill -9`, damaged files, two processes, a folder that cannot be written, backups. The log is what
//! is true: whatever happens, answers equal those of columns made anew from it.
//!
//! The moments come from a seed that is printed. Set `SIYU_SEED` to repeat a run.

mod common;

use common::traffic::Client;
use common::{Place, Server, chance, files, http};
use serde_json::{Value, json};
use siyu_kernel::{Chance, Stopwatch};
use std::fs;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// So few events in memory that files are written and merged all the time.
const TAIL: &str = "\n[behaviour]\ntail_events = 25\n";

fn storing_often(place: Place) -> Place {
    let config = place.data.join("siyu.toml");
    let text = fs::read_to_string(&config).expect("a workspace has its configuration");
    fs::write(config, text + TAIL).expect("writable");
    place
}
fn places() -> Vec<Place> {
    [Some(Place::sqlite()), Place::postgres()].into_iter().flatten().map(storing_often).collect()
}
fn folder(place: &Place) -> PathBuf {
    place.data.join("behaviour")
}
fn parts(place: &Place) -> Vec<PathBuf> {
    let mut parts = files(&folder(place));
    parts.retain(|path| path.to_string_lossy().ends_with(".part"));
    parts.sort();
    parts
}

fn questions() -> [(&'static str, Value); 4] {
    [
        ("funnel", json!({ "steps": [{ "event": "Seen" }, { "event": "Order Completed" }, { "event": "Seen" }] })),
        ("distribution", json!({ "event": { "event": "*" }, "measure": "count" })),
        ("trend", json!({ "events": [{ "event": "Order Completed" }], "unit": "day", "measure": { "sum": "amount" } })),
        ("activity", json!({})),
    ]
}
/// What an answer says, without when it was given.
fn said(mut answer: Value) -> Value {
    for word in ["as_of", "fresh_seconds", "took_ms"] {
        answer.as_object_mut().expect("an answer").remove(word);
    }
    answer
}
/// By the command, whether or not a server runs.
fn asked(place: &Place) -> Vec<Value> {
    let ask = |(kind, spec): (&str, Value)| {
        let file = place.write("spec.json", spec.to_string());
        said(place.run(&["query", kind, &file]).json())
    };
    questions().into_iter().map(ask).collect()
}
fn asked_server(server: &Server, key: &str) -> Vec<Value> {
    let ask = |(kind, spec): (&str, Value)| {
        let path = format!("/api/v1/analysis/{kind}");
        let (status, answer) = http::post(&server.address, &path, key, &spec).expect("an answer");
        assert_eq!(status, 200, "{answer}");
        said(answer)
    };
    questions().into_iter().map(ask).collect()
}
/// What columns say that are made from the log alone. No server runs.
fn remade(place: &Place) -> Vec<Value> {
    if place.database().is_empty() {
        let copy = copied(place);
        fs::remove_dir_all(folder(&copy)).expect("ours");
        return asked(&copy);
    }
    let aside = place.root.join("aside");
    fs::rename(folder(place), &aside).expect("ours");
    let answers = asked(place);
    fs::remove_dir_all(folder(place)).expect("ours");
    fs::rename(aside, folder(place)).expect("ours");
    answers
}
/// The data folder of a stopped workspace on SQLite, copied.
fn copied(place: &Place) -> Place {
    let copy = Place::empty();
    let done = std::process::Command::new("cp").arg("-a").arg(&place.data).arg(&copy.data).output();
    assert!(done.expect("cp").status.success());
    copy
}
fn wait(what: &str, mut done: impl FnMut() -> bool) {
    let watch = Stopwatch::start();
    while !done() {
        assert!(watch.seconds() < 60.0, "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
/// Everything acknowledged is in the columns of the server.
fn settled(server: &Server, key: &str, events: i64) {
    let counted = || {
        let spec = json!({ "events": [{ "event": "*" }], "unit": "day", "measure": "count" });
        let (status, answer) = http::post(&server.address, "/api/v1/analysis/trend", key, &spec).expect("an answer");
        answer["series"][0]["total"].as_f64().filter(|_| status == 200).map(|total| total as i64)
    };
    wait("the columns follow the log", || counted() == Some(events));
}
fn events(server: &Server, key: &str) -> i64 {
    server.stats(key)["events"].as_i64().expect("a number")
}
fn send(server: &Server, write: &str, from: usize, to: usize) {
    let event = |n: usize| {
        let (name, properties) = match n % 4 {
            0 => ("Order Completed", json!({ "order_id": format!("o{n}"), "revenue": 10, "currency": "USD" })),
            _ => ("Seen", json!({ "n": n })),
        };
        json!({ "type": "track", "messageId": format!("m{n}"), "userId": format!("u{}", n % 9), "event": name, "properties": properties })
    };
    let batch: Vec<Value> = (from..to).map(event).collect();
    let (status, answer) =
        http::post(&server.address, "/v1/batch", write, &json!({ "batch": batch })).expect("an answer");
    assert_eq!((status, &answer["quarantined"]), (200, &json!(0)), "{answer}");
}

fn columns_live_through(place: &Place, points: usize, chance: &Chance) {
    let (write, api) = (place.key("write"), place.key("api"));
    let clients = Client::crowd();
    let mut written = 0;
    for point in 0..points {
        let mut server = Server::start(place);
        let (stop, address) = (AtomicBool::new(false), server.address.clone());
        std::thread::scope(|scope| {
            for client in &clients {
                scope.spawn(|| {
                    let mut client = client.lock().expect("no client failed");
                    while !stop.load(Ordering::SeqCst) {
                        client.send(&address, &write);
                    }
                });
            }
            // A process beside it asks while it writes, at some of the points.
            if point % 4 == 3 {
                std::thread::sleep(Duration::from_millis(300));
                asked(place);
            }
            std::thread::sleep(Duration::from_millis(150 + chance.below(900)));
            server.kill();
            stop.store(true, Ordering::SeqCst);
        });
        written += usize::from(!parts(place).is_empty());
        assert_eq!(asked(place), remade(place), "point {point}");
    }
    assert!(written * 2 > points, "files were written before most of {points} kills, not {written}");
    let server = Server::start(place);
    let all = events(&server, &api);
    settled(&server, &api, all);
    assert_eq!(asked_server(&server, &api), asked(place), "one answer, whoever is asked");
    // What the kills left unfinished is gone, and the files are those the database knows.
    let told = || {
        let ran = place.run(&["doctor", "--json"]);
        ran.lines().into_iter().find(|check| check["key"] == "columns").expect("a check of the columns")
    };
    wait("strays are deleted", || {
        let check = told();
        assert_eq!(check["state"], "ok", "{check}");
        let known = check["detail"].as_str().and_then(|text| text.split(' ').next()?.parse().ok());
        known == Some(parts(place).len())
    });
    drop(server);
    assert_eq!(asked(place), remade(place));
    place.assert_sound();
}

#[test]
fn columns_are_killed() {
    columns_live_through(&storing_often(Place::sqlite()), 20, &chance("columns on SQLite"));
}

#[test]
fn columns_on_postgres_are_killed() {
    if let Some(place) = Place::postgres() {
        columns_live_through(&storing_often(place), 10, &chance("columns on PostgreSQL"));
    }
}

/// A workspace with files, and a server that was stopped.
fn with_files(place: &Place) -> (String, String) {
    let (write, api) = (place.key("write"), place.key("api"));
    let server = Server::start(place);
    for round in 0..6 {
        send(&server, &write, round * 50, round * 50 + 50);
        settled(&server, &api, (round as i64 + 1) * 50);
    }
    wait("files are written", || !parts(place).is_empty());
    (write, api)
}

#[test]
fn a_damaged_file_is_noticed_and_mended() {
    for place in places() {
        let (_, api) = with_files(&place);
        let right = remade(&place);
        for harm in ["flip", "cut", "gone"] {
            let victim = parts(&place).into_iter().next().expect("there are files");
            let file = fs::OpenOptions::new().read(true).write(true).open(&victim).expect("ours");
            let length = file.metadata().expect("a file").len();
            match harm {
                "flip" => {
                    let mut byte = [0];
                    file.read_exact_at(&mut byte, length / 2).expect("readable");
                    file.write_all_at(&[byte[0] ^ 0x10], length / 2).expect("writable");
                }
                "cut" => file.set_len(length - 1).expect("writable"),
                _ => fs::remove_file(&victim).expect("ours"),
            }
            let ran = place.run(&["doctor", "--json"]);
            assert_eq!(ran.code(), "doctor_failed", "{harm}");
            assert!(ran.out.lines().any(|line| line.contains("columns") && line.contains("fail")), "{}", ran.out);
            let server = Server::start(&place);
            let all = events(&server, &api);
            settled(&server, &api, all);
            assert_eq!(asked_server(&server, &api), right, "{harm}");
            wait("the damage is counted", || {
                let (_, metrics) = http::get(&server.address, "/metrics", &api).expect("an answer");
                metrics.as_str().expect("text").contains("siyu_behaviour_damaged_total 1\n")
            });
            drop(server);
            place.assert_sound();
            assert_eq!(asked(&place), right, "{harm}");
        }
    }
}

#[test]
fn a_reader_never_breaks_the_server() {
    for place in places() {
        let (write, api) = with_files(&place);
        let server = Server::start(&place);
        let mut sent = 300;
        for _ in 0..6 {
            send(&server, &write, sent, sent + 60);
            sent += 60;
            let from_beside = asked(&place);
            settled(&server, &api, sent as i64);
            assert_eq!(asked_server(&server, &api), from_beside, "both have read all that was acknowledged");
        }
        // Asked to make everything anew, the command leaves it to the server.
        assert_eq!(place.run(&["rebuild", "--json"]).json()["columns"], "asked");
        let before = parts(&place);
        wait("the server makes the files anew", || {
            let now = parts(&place);
            !now.is_empty() && now.iter().all(|path| !before.contains(path))
        });
        assert_eq!(asked_server(&server, &api), asked(&place));
        drop(server);
        assert_eq!(place.run(&["rebuild", "--json"]).json()["columns"], "rebuilt");
        assert_eq!(asked(&place), remade(&place));
        place.assert_sound();
    }
}

#[test]
fn a_backup_leaves_the_files_out_and_they_come_back() {
    for place in places() {
        with_files(&place);
        let held = asked(&place);
        let file = place.path("whole.backup");
        assert!(place.run(&["backup", "--to", &file]).ok);
        for home in [Some(Place::empty()), Place::empty_postgres()].into_iter().flatten() {
            assert!(home.run(&[&["restore", &file][..], &home.database()].concat()).ok);
            assert!(!folder(&home).exists(), "derived files are in no backup");
            home.assert_sound();
            assert_eq!(asked(&home), held);
        }
        // A copy of the whole data folder has files that its database knows.
        if place.database().is_empty() {
            let copy = copied(&place);
            assert_eq!(asked(&copy), held);
            copy.assert_sound();
        }
        // Without its files it makes them anew.
        fs::remove_dir_all(folder(&place)).expect("ours");
        assert_eq!(asked(&place), held);
        place.assert_sound();
    }
}

#[test]
fn a_folder_without_space_is_told_and_gone_when_there_is_some() {
    let place = storing_often(Place::sqlite());
    let path = folder(&place);
    let Some(disk) = common::disk::OwnDisk::mount(&path, "200k") else {
        siyu_testkit::skipped("full disk", "no small file system can be mounted here (needs root)");
        return;
    };
    let (write, api) = (place.key("write"), place.key("api"));
    let server = Server::start(&place);
    send(&server, &write, 0, 60);
    settled(&server, &api, 60);
    wait("files are written", || !parts(&place).is_empty());
    // Something else fills the disk to the last byte.
    let ballast = path.join("ballast");
    let _ = fs::write(&ballast, vec![0; 1 << 20]);
    for round in 1..6 {
        send(&server, &write, round * 60, round * 60 + 60);
    }
    wait("the columns have taken what memory has room for", || {
        let spec = json!({ "event": { "event": "*" }, "measure": "count" });
        let (status, answer) =
            http::post(&server.address, "/api/v1/analysis/distribution", &api, &spec).expect("an answer");
        assert_eq!(status, 200, "what is there answers: {answer}");
        answer["total"].as_f64().is_some_and(|total| total > 60.0)
    });
    assert!(fs::metadata(&ballast).is_ok());
    fs::remove_file(&ballast).expect("removable");
    settled(&server, &api, 360);
    drop(server);
    assert_eq!(asked(&place), remade_on(&place));
    // Read-only: what is there is read, and nothing is lost.
    disk.remount("ro");
    let server = Server::start(&place);
    settled(&server, &api, 360);
    send(&server, &write, 360, 400);
    wait("the newest are answered from memory", || {
        let all = asked_server(&server, &api);
        all[1]["total"].as_f64().is_some_and(|total| total >= 360.0)
    });
    disk.remount("rw");
    settled(&server, &api, 400);
    drop(server);
    place.assert_sound();
}

/// A folder that is a mount point stays where it is: a backup elsewhere tells what the log says.
fn remade_on(place: &Place) -> Vec<Value> {
    let (file, home) = (place.path("again.backup"), Place::empty());
    assert!(place.run(&["backup", "--to", &file]).ok);
    assert!(home.run(&["restore", &file]).ok);
    asked(&home)
}
