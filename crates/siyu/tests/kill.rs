//! `kill -9` in the middle of things: what was acknowledged is there, once; what was not is there whole or not at all.
//!
//! The moments come from a seed that is printed. Set `SIYU_SEED` to repeat a run.

mod common;

use common::orders::{MAP, ROWS, order_file};
use common::traffic::{Client, Sent, assert_each_once, assert_nothing_lost};
use common::{Place, Server, chance, http};
use siyu_kernel::{Chance, Stopwatch};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const POINTS: usize = 20;

fn intake_lives_through(place: &Place, points: usize, chance: &Chance) {
    let (write, api) = (place.key("write"), place.key("api"));
    let clients = Client::crowd();
    for point in 0..=points {
        let mut server = Server::start(place);
        assert_nothing_lost(&server.stats(&api), &clients);
        let (stop, address) = (AtomicBool::new(false), server.address.clone());
        std::thread::scope(|scope| {
            for client in &clients {
                scope.spawn(|| {
                    let mut client = client.lock().expect("no client failed");
                    let mut going = true;
                    while going {
                        let sent = client.send(&address, &write);
                        going = matches!(sent, Sent::Acknowledged) && !stop.load(Ordering::SeqCst);
                    }
                });
            }
            std::thread::sleep(Duration::from_millis(15 + chance.below(220)));
            // The last round ends in peace: by then every client has its acknowledgements.
            stop.store(point == points, Ordering::SeqCst);
            if point < points {
                server.kill();
            }
        });
        if point % 5 == 4 {
            place.assert_sound();
        }
    }
    let server = Server::start(place);
    assert_each_once(&server, &api, &clients);
    drop(server);
    place.assert_sound();
}

#[test]
fn intake_is_killed() {
    intake_lives_through(&Place::sqlite(), POINTS, &chance("intake on SQLite"));
}

#[test]
fn intake_on_postgres_is_killed() {
    if let Some(place) = Place::postgres() {
        intake_lives_through(&place, POINTS, &chance("intake on PostgreSQL"));
    }
}

fn held(server: &Server, key: &str) -> (i64, i64, i64) {
    let stats = server.stats(key);
    let number = |name: &str| stats[name].as_i64().expect("a number");
    (number("orders"), number("revenue"), number("events"))
}

/// The row of the job that was killed says so; nothing "runs" for ever.
fn assert_killed_job_is_told(server: &Server, key: &str, was_cut: bool) {
    let jobs = server.all(key, "/imports");
    let states: Vec<_> = jobs.iter().map(|job| (job["state"].as_str(), job["error"]["code"].as_str())).collect();
    assert_eq!(states[0], (Some("done"), None), "{states:?}");
    for state in &states[1..] {
        let told = [(Some("failed"), Some("import_interrupted")), (Some("uploaded"), None), (Some("done"), None)];
        assert!(told.contains(state) && (!was_cut || state.0 != Some("done")), "{states:?}");
    }
}

fn import_lives_through(points: usize, chance: &Chance, make: impl Fn() -> Option<Place>) {
    let (text, sums) = order_file();
    let whole = *sums.last().expect("the last row's sum");
    let Some(place) = make() else { return };
    let file = place.write("orders.csv", &text);
    let watch = Stopwatch::start();
    assert_eq!(place.import("orders", &file, &MAP)["imported"], ROWS);
    let millis = (watch.seconds() * 1e3) as u64;
    let args = [&["import", "orders", &file][..], &MAP].concat();
    let mut halfway = 0;
    for point in 0..points {
        let place = make().expect("it could be made before");
        let key = place.key("api");
        let mut child =
            place.command(&args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts");
        std::thread::sleep(Duration::from_millis(chance.below(millis + 1)));
        let _ = child.kill();
        let _ = child.wait();
        let (orders, revenue, events) = held(&Server::start(&place), &key);
        assert!(
            sums.contains(&(orders, revenue)),
            "point {point}: {orders} orders of {revenue} are no beginning of the file"
        );
        assert_eq!(events, orders, "every order is an event");
        halfway += usize::from(orders > 0 && orders < whole.0);
        let again = place.import("orders", &file, &MAP);
        assert_eq!((again["rows"].as_u64(), again["rejected"].as_u64()), (Some(ROWS as u64), Some(0)));
        assert_eq!(
            again["revenue"].as_i64(),
            Some(whole.1 - revenue),
            "the second run brings what the first one had not"
        );
        let server = Server::start(&place);
        assert_eq!(held(&server, &key), (whole.0, whole.1, whole.0));
        assert_killed_job_is_told(&server, &key, orders < whole.0);
        if point % 5 == 4 {
            place.assert_sound();
        }
    }
    eprintln!("{halfway} of {points} kills hit the middle of an import of {millis} ms");
}

#[test]
fn an_import_is_killed() {
    import_lives_through(POINTS, &chance("import on SQLite"), || Some(Place::sqlite()));
}

#[test]
fn an_import_on_postgres_is_killed() {
    import_lives_through(POINTS, &chance("import on PostgreSQL"), Place::postgres);
}

/// An import of the console: killed with its server, it goes on when the server is back; cancelled, it stays where it is until it is resumed.
fn a_console_import_lives_through(points: usize, chance: &Chance, make: impl Fn() -> Option<Place>) {
    let (text, sums) = order_file();
    let whole = *sums.last().expect("the last row's sum");
    let map: Vec<&str> = MAP.into_iter().filter(|word| *word != "--map").collect();
    let (mut halfway, mut stopped) = (0, 0);
    for point in 0..points {
        let Some(place) = make() else { return };
        let key = place.key("api");
        let mut server = Server::start(&place);
        let job = server.upload(&key, "orders", &text);
        server.start_import(&key, &job, &map);
        if point % 4 < 2 {
            std::thread::sleep(Duration::from_millis(chance.below(400)));
        } else {
            // Something is in, and not all of it.
            while held(&server, &key).0 == 0 {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        if point % 2 == 0 {
            server.kill();
            drop(server);
            server = Server::start(&place);
            let (orders, revenue, _) = held(&server, &key);
            assert!(sums.contains(&(orders, revenue)), "point {point}: {orders} of {revenue} are no beginning");
            halfway += usize::from(orders > 0 && orders < whole.0);
        } else {
            let call = |what: &str| {
                let path = format!("/api/v1/imports/{job}/{what}");
                http::post(&server.address, &path, &key, &serde_json::json!({})).expect("an answer")
            };
            let (status, answer) = call("cancel");
            if status == 200 {
                assert_eq!(answer["state"], "cancelled");
                // The unit under way may still be saved, as a whole.
                std::thread::sleep(Duration::from_millis(500));
                let (orders, revenue, _) = held(&server, &key);
                assert!(sums.contains(&(orders, revenue)), "point {point}: {orders} of {revenue} are no beginning");
                std::thread::sleep(Duration::from_millis(300));
                assert_eq!(held(&server, &key).0, orders, "a cancelled import stands still");
                stopped += usize::from(orders < whole.0);
                let (status, answer) = call("resume");
                assert_eq!(status, 200, "point {point}, {orders} orders: {answer}");
            } else {
                assert_eq!((status, &answer["code"]), (409, &"import_state".into()), "{answer}");
            }
        }
        let ended = server.await_import(&key, &job);
        assert_eq!(ended["state"], "done", "point {point}: {ended}");
        assert_eq!(held(&server, &key), (whole.0, whole.1, whole.0), "point {point}: every order is there once");
    }
    eprintln!("{halfway} kills and {stopped} cancellations of {points} hit the middle of an import");
}

#[test]
fn an_import_of_the_console_is_killed_and_cancelled() {
    a_console_import_lives_through(12, &chance("console import on SQLite"), || Some(Place::sqlite()));
}

#[test]
fn an_import_of_the_console_on_postgres_is_killed_and_cancelled() {
    a_console_import_lives_through(6, &chance("console import on PostgreSQL"), Place::postgres);
}
