//! The database server goes away and comes back: nothing is lost, nothing is done twice, nobody has to help.
//!
//! The moments come from a seed that is printed. Set `SIYU_SEED` to repeat a run.

mod common;

use common::cluster::Cluster;
use common::orders::{MAP, ROWS, order_file};
use common::traffic::{Client, Sent, assert_each_once};
use common::{Place, Server, chance, http};
use serde_json::json;
use siyu_kernel::{Chance, Stopwatch};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const OUTAGES: [&str; 4] = ["fast", "kill", "immediate", "fast"];

fn nap(chance: &Chance, least: u64, more: u64) {
    std::thread::sleep(Duration::from_millis(least + chance.below(more)));
}

#[test]
fn intake_outlives_the_database_server() {
    let Some(cluster) = Cluster::start() else { return };
    let chance = chance("intake while PostgreSQL restarts");
    let place = Place::on(&cluster.url);
    let (write, api) = (place.key("write"), place.key("api"));
    let clients = Client::crowd();
    let server = Server::start(&place);
    let (stop, address) = (AtomicBool::new(false), server.address.clone());
    std::thread::scope(|scope| {
        let workers: Vec<_> = clients
            .iter()
            .map(|client| {
                let work = || {
                    let mut client = client.lock().expect("no client failed");
                    loop {
                        match client.send(&address, &write) {
                            Sent::Acknowledged if stop.load(Ordering::SeqCst) => return,
                            Sent::Acknowledged => {}
                            Sent::Later(code) => {
                                assert!(["database_away", "outcome_unknown"].contains(&code.as_str()), "{code}");
                                std::thread::sleep(Duration::from_millis(50));
                            }
                            Sent::Broken => panic!("the server itself must not go away"),
                        }
                    }
                };
                scope.spawn(work)
            })
            .collect();
        for how in OUTAGES {
            nap(&chance, 200, 600);
            cluster.down(how);
            // While it is away: said so, at once or after the wait for it.
            let (status, body) = http::get(&server.address, "/healthz", "").expect("the server answers");
            assert_eq!((status, &body["code"]), (503, &json!("database_away")), "{body}");
            nap(&chance, 0, 1_500);
            cluster.up();
            // Back by itself.
            let back = (0..600).any(|_| {
                std::thread::sleep(Duration::from_millis(100));
                http::get(&server.address, "/healthz", "").is_ok_and(|(status, _)| status == 200)
            });
            assert!(back, "{how}: the server does not find its database again");
        }
        nap(&chance, 300, 1);
        stop.store(true, Ordering::SeqCst);
        workers.into_iter().for_each(|worker| worker.join().expect("no client failed"));
    });
    assert_each_once(&server, &api, &clients);
    drop(server);
    place.assert_sound();
}

/// How long the file takes when nothing happens; on a workspace of its own.
fn undisturbed(cluster: &Cluster, text: &str) -> u64 {
    let place = Place::on(&cluster.url);
    let file = place.write("orders.csv", text);
    let watch = Stopwatch::start();
    assert_eq!(place.import("orders", &file, &MAP)["imported"], ROWS);
    (watch.seconds() * 1e3) as u64
}

#[test]
fn an_import_outlives_the_database_server() {
    let Some(cluster) = Cluster::start() else { return };
    let chance = chance("import while PostgreSQL restarts");
    let (text, sums) = order_file();
    let whole = *sums.last().expect("the last row's sum");
    let millis = undisturbed(&cluster, &text);
    for how in OUTAGES {
        let place = Place::on(&cluster.url);
        let (key, file) = (place.key("api"), place.write("orders.csv", &text));
        let args = [&["import", "orders", &file][..], &MAP].concat();
        let mut command = place.command(&args);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
        // Behind the start, which says at once that there is no server.
        nap(&chance, 300, millis.saturating_sub(300).max(1));
        cluster.down(how);
        nap(&chance, 0, 1_500);
        cluster.up();
        let output = child.wait_with_output().expect("it ends");
        let told = String::from_utf8_lossy(&output.stderr);
        if output.status.success() {
            let summary: serde_json::Value = serde_json::from_slice(&output.stdout).expect("one JSON line");
            let number = |name: &str| summary[name].as_i64().expect("a number");
            assert_eq!((number("rows"), number("imported")), (ROWS as i64, ROWS as i64), "{how}: {summary} {told}");
            assert_eq!((number("orders"), number("revenue")), whole, "{how}: {summary}");
        } else {
            // It had not begun: then nothing is half there, and the next run brings everything.
            assert!(told.contains("[database_away]") || told.contains("[outcome_unknown]"), "{how}: {told}");
            assert_eq!(Server::start(&place).stats(&key)["orders"], 0, "{how}: {told}");
            assert_eq!(place.import("orders", &file, &MAP)["imported"], ROWS);
        }
        let stats = Server::start(&place).stats(&key);
        assert_eq!(
            (stats["orders"].as_i64(), stats["revenue"].as_i64(), stats["events"].as_i64()),
            (Some(whole.0), Some(whole.1), Some(whole.0)),
            "{how}"
        );
        place.assert_sound();
    }
}

#[test]
fn an_upload_goes_on_when_the_database_server_is_back() {
    let Some(cluster) = Cluster::start() else { return };
    let chance = chance("upload while PostgreSQL restarts");
    let (text, sums) = order_file();
    let whole = *sums.last().expect("the last row's sum");
    let place = Place::on(&cluster.url);
    let key = place.key("api");
    let server = Server::start(&place);
    let id = server.upload(&key, "orders", &text);
    server.start_import(&key, &id, &MAP);
    for how in ["kill", "fast"] {
        nap(&chance, 100, 500);
        cluster.down(how);
        // Longer than a unit waits: the run itself has to go on.
        nap(&chance, 11_000, 500);
        cluster.up();
    }
    let job = server.await_import(&key, &id);
    assert_eq!((&job["state"], &job["summary"]["imported"]), (&json!("done"), &json!(ROWS)), "{job}");
    let stats = server.stats(&key);
    assert_eq!((stats["orders"].as_i64(), stats["revenue"].as_i64()), (Some(whole.0), Some(whole.1)));
    drop(server);
    place.assert_sound();
}
