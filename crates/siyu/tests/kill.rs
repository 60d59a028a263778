//! `kill -9` in the middle of things: what was acknowledged is there, once; what was not is there whole or not at all.
//!
//! The moments come from a seed that is printed. Set `SIYU_SEED` to repeat a run.

mod common;

use common::{Place, Server, http};
use serde_json::{Value, json};
use siyu_kernel::{Chance, Stopwatch};
use std::collections::BTreeSet;
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const CLIENTS: usize = 3;
const USERS_PER_CLIENT: usize = 2;
const BATCH: usize = 8;
/// Every so many messages one is an order, of ten dollars.
const ORDER_EVERY: usize = 4;

fn chance(name: &str) -> Chance {
    let seed = std::env::var("SIYU_SEED")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or_else(|| Chance::from_entropy().next());
    eprintln!("{name}: SIYU_SEED={seed}");
    Chance::seeded(seed)
}

/// One that sends batch after batch, and sends a batch again until it is acknowledged, as SDKs do.
#[derive(Default)]
struct Client {
    name: usize,
    acknowledged: Vec<usize>,
    pending: Option<Vec<usize>>,
    next: usize,
}

impl Client {
    fn user(&self, n: usize) -> String {
        format!("u{}-{}", self.name, n % USERS_PER_CLIENT)
    }
    fn id(&self, n: usize) -> String {
        format!("m{}-{n}", self.name)
    }
    fn is_order(n: usize) -> bool {
        n.is_multiple_of(ORDER_EVERY)
    }
    fn message(&self, n: usize) -> Value {
        let id = self.id(n);
        let (event, properties) = if Self::is_order(n) {
            ("Order Completed", json!({ "order_id": id, "revenue": 10, "currency": "USD" }))
        } else {
            ("Seen", json!({ "n": n }))
        };
        json!({ "type": "track", "messageId": id, "userId": self.user(n), "event": event, "properties": properties })
    }
    fn send(&mut self, address: &str, key: &str) -> bool {
        let batch = self.pending.take().unwrap_or_else(|| {
            self.next += BATCH;
            (self.next - BATCH..self.next).collect()
        });
        let body = json!({ "batch": batch.iter().map(|n| self.message(*n)).collect::<Vec<_>>() });
        match http::post(address, "/v1/batch", key, &body) {
            Ok((200, answer)) => {
                assert_eq!(answer["quarantined"], 0, "{answer}");
                self.acknowledged.extend(batch);
                true
            }
            Ok((status, answer)) => panic!("refused with {status}: {answer}"),
            Err(_) => {
                self.pending = Some(batch);
                false
            }
        }
    }
}

fn orders(ids: impl Iterator<Item = usize>) -> i64 {
    ids.filter(|n| Client::is_order(*n)).count() as i64
}

/// Everything acknowledged is counted; beyond it there is at most what was under way, in whole batches.
fn assert_nothing_lost(stats: &Value, clients: &[Mutex<Client>]) {
    let (mut sure, mut sure_orders, mut under_way) = (0, 0, 0);
    for client in clients {
        let client = client.lock().expect("no client failed");
        sure += client.acknowledged.len() as i64;
        sure_orders += orders(client.acknowledged.iter().copied());
        under_way += i64::from(client.pending.is_some());
    }
    let number = |name: &str| stats[name].as_i64().expect("a number");
    let more = number("events") - sure;
    assert!(
        more >= 0 && more <= under_way * BATCH as i64 && more % BATCH as i64 == 0,
        "{sure} were acknowledged, {under_way} batches under way: {stats}"
    );
    // Each batch has as many orders as any other: events and books are of one piece.
    assert_eq!(number("orders") - sure_orders, more / ORDER_EVERY as i64, "{stats}");
    assert_eq!(number("revenue"), number("orders") * 1_000, "{stats}");
}

fn intake_lives_through(place: &Place, points: usize, chance: &Chance) {
    let (write, api) = (place.key("write"), place.key("api"));
    let clients: Vec<Mutex<Client>> =
        (0..CLIENTS).map(|name| Mutex::new(Client { name, ..Client::default() })).collect();
    for point in 0..=points {
        let mut server = Server::start(place);
        assert_nothing_lost(&server.stats(&api), &clients);
        let (stop, address) = (AtomicBool::new(false), server.address.clone());
        std::thread::scope(|scope| {
            for client in &clients {
                scope.spawn(|| {
                    let mut client = client.lock().expect("no client failed");
                    while client.send(&address, &write) && !stop.load(Ordering::SeqCst) {}
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
    assert_nothing_lost(&server.stats(&api), &clients);
    for client in &clients {
        let client = client.lock().expect("no client failed");
        assert!(client.pending.is_none() && !client.acknowledged.is_empty());
        for user in 0..USERS_PER_CLIENT {
            let id = server.person(&api, &format!("user_id:u{}-{user}", client.name));
            let mut held: Vec<String> = server
                .all(&api, &format!("/people/{id}/events"))
                .iter()
                .filter_map(|event| event["message_id"].as_str().map(str::to_owned))
                .collect();
            held.sort();
            let mut sent: Vec<String> =
                client.acknowledged.iter().filter(|n| *n % USERS_PER_CLIENT == user).map(|n| client.id(*n)).collect();
            sent.sort();
            assert_eq!(held, sent, "each message once");
        }
    }
    assert_eq!(server.stats(&api)["people"], CLIENTS * USERS_PER_CLIENT);
    drop(server);
    place.assert_sound();
}

#[test]
fn intake_is_killed() {
    intake_lives_through(&Place::sqlite(), 20, &chance("intake on SQLite"));
}

#[test]
fn intake_on_postgres_is_killed() {
    if let Some(place) = Place::postgres() {
        intake_lives_through(&place, 10, &chance("intake on PostgreSQL"));
    }
}

const ROWS: usize = 24_000;
const LINES: usize = 3;
const MAP: [&str; 7] = [
    "--map",
    "order_no=order_no",
    "at=at",
    "person.member_no=member_no",
    "sku=sku",
    "quantity=quantity",
    "amount=amount",
];

/// A file of orders of three lines, every amount another one; and (orders, revenue) after each row.
fn order_file() -> (String, BTreeSet<(i64, i64)>) {
    let mut text = String::from("order_no,at,member_no,sku,quantity,amount\n");
    let (mut sums, mut revenue) = (BTreeSet::from([(0, 0)]), 0);
    for row in 0..ROWS {
        let (order, cents) = (row / LINES, row % 97 + 1);
        text.push_str(&format!(
            "K{order},2026-01-{:02}T10:00:00Z,M{},S{},1,1.{cents:02}\n",
            order % 28 + 1,
            order % 500,
            row % 40
        ));
        revenue += 100 + cents as i64;
        sums.insert((order as i64 + 1, revenue));
    }
    (text, sums)
}

fn held(place: &Place, key: &str) -> (i64, i64, i64) {
    let stats = Server::start(place).stats(key);
    let number = |name: &str| stats[name].as_i64().expect("a number");
    (number("orders"), number("revenue"), number("events"))
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
        let (orders, revenue, events) = held(&place, &key);
        assert!(
            sums.contains(&(orders, revenue)),
            "point {point}: {orders} orders of {revenue} are no beginning of the file"
        );
        assert_eq!(events, orders, "every order is an event");
        halfway += usize::from(orders > 0 && orders < whole.0);
        place.assert_sound();
        let again = place.import("orders", &file, &MAP);
        assert_eq!((again["rows"].as_u64(), again["rejected"].as_u64()), (Some(ROWS as u64), Some(0)));
        assert_eq!(
            again["revenue"].as_i64(),
            Some(whole.1 - revenue),
            "the second run brings what the first one had not"
        );
        assert_eq!(held(&place, &key), (whole.0, whole.1, whole.0));
        place.assert_sound();
    }
    eprintln!("{halfway} of {points} kills hit the middle of an import of {millis} ms");
}

#[test]
fn an_import_is_killed() {
    import_lives_through(20, &chance("import on SQLite"), || Some(Place::sqlite()));
}

#[test]
fn an_import_on_postgres_is_killed() {
    import_lives_through(10, &chance("import on PostgreSQL"), Place::postgres);
}
