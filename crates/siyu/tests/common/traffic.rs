//! Clients of the tracking API that send until they are acknowledged, as SDKs do, and what must be true of their messages.

use super::{Server, http};
use serde_json::{Value, json};
use std::sync::Mutex;

pub const CLIENTS: usize = 3;
const USERS_PER_CLIENT: usize = 2;
const BATCH: usize = 8;
/// Every so many messages one is an order, of ten dollars.
const ORDER_EVERY: usize = 4;

/// One that sends batch after batch, and sends a batch again until it is acknowledged, as SDKs do.
#[derive(Default)]
pub struct Client {
    name: usize,
    pub acknowledged: Vec<usize>,
    pending: Option<Vec<usize>>,
    next: usize,
}

impl Client {
    pub fn crowd() -> Vec<Mutex<Self>> {
        (0..CLIENTS).map(|name| Mutex::new(Self { name, ..Self::default() })).collect()
    }
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
    /// What was not acknowledged is sent again by the next call.
    pub fn send(&mut self, address: &str, key: &str) -> Sent {
        let batch = self.pending.take().unwrap_or_else(|| {
            self.next += BATCH;
            (self.next - BATCH..self.next).collect()
        });
        let body = json!({ "batch": batch.iter().map(|n| self.message(*n)).collect::<Vec<_>>() });
        match http::post(address, "/v1/batch", key, &body) {
            Ok((200, answer)) => {
                assert_eq!(answer["quarantined"], 0, "{answer}");
                self.acknowledged.extend(batch);
                Sent::Acknowledged
            }
            Ok((503, answer)) => {
                self.pending = Some(batch);
                Sent::Later(answer["code"].as_str().expect("a refusal has a code").to_owned())
            }
            Ok((status, answer)) => panic!("refused with {status}: {answer}"),
            Err(_) => {
                self.pending = Some(batch);
                Sent::Broken
            }
        }
    }
}

pub enum Sent {
    Acknowledged,
    /// Refused for now, with this code.
    Later(String),
    /// The connection broke.
    Broken,
}

fn orders(ids: impl Iterator<Item = usize>) -> i64 {
    ids.filter(|n| Client::is_order(*n)).count() as i64
}

/// Everything acknowledged is counted; beyond it there is at most what was under way, in whole batches.
pub fn assert_nothing_lost(stats: &Value, clients: &[Mutex<Client>]) {
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

/// At the end, when everybody has every acknowledgement: each person holds the messages sent for it, each once.
pub fn assert_each_once(server: &Server, api: &str, clients: &[Mutex<Client>]) {
    assert_nothing_lost(&server.stats(api), clients);
    for client in clients {
        let client = client.lock().expect("no client failed");
        assert!(client.pending.is_none() && !client.acknowledged.is_empty());
        for user in 0..USERS_PER_CLIENT {
            let id = server.person(api, &format!("user_id:u{}-{user}", client.name));
            let mut held: Vec<String> = server
                .all(api, &format!("/people/{id}/events"))
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
    assert_eq!(server.stats(api)["people"], CLIENTS * USERS_PER_CLIENT);
}
