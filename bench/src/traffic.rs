//! Tracking calls as the node SDK sends them, by people of whom few are busy and many are not.

use siyu_kernel::{Chance, Clock, SystemClock, Time};
use std::fmt::Write;

pub const BATCH: usize = 100;
pub const PEOPLE: u64 = 200_000;

/// Whole batches of [`BATCH`] messages; every run of a seed has the same people doing the same.
pub struct Traffic {
    chance: Chance,
    now: Time,
}

impl Traffic {
    pub fn new(seed: u64) -> Self {
        Self { chance: Chance::seeded(seed), now: SystemClock.now() }
    }
    pub fn batch(&mut self) -> String {
        let mut body = String::with_capacity(BATCH * 640);
        body.push_str("{\"batch\":[");
        for at in 0..BATCH {
            if at > 0 {
                body.push(',');
            }
            self.message(&mut body);
        }
        let _ = write!(body, "],\"sentAt\":\"{}\"}}", self.now);
        body
    }
    fn message(&mut self, out: &mut String) {
        let person = self.person();
        let (at, id) = (self.now.plus_seconds(-(self.chance.below(3_600) as i64)), self.uuid());
        let _ = write!(out, "{{\"messageId\":\"node-next-{}-{id}\",\"timestamp\":\"{at}\",", at.millis());
        let _ = write!(out, "\"anonymousId\":\"{}\",", uuid(mixed(person, 1), mixed(person, 2)));
        // Two in three are known by an account.
        if !person.is_multiple_of(3) {
            let _ = write!(out, "\"userId\":\"u{person:07}\",");
        }
        match self.chance.below(100) {
            0..25 => self.page(out),
            25..65 => self.product(out, "Product Viewed"),
            65..75 => self.product(out, "Product Added"),
            75..80 => identify(out, person),
            80..82 => self.order(out),
            82..92 => {
                let place = self.chance.below(40);
                let _ = write!(
                    out,
                    "\"type\":\"track\",\"event\":\"Banner Clicked\",\"properties\":{{\"banner\":\"home-{place}\",\"position\":{}}},",
                    place % 5
                );
            }
            _ => {
                let word = self.chance.below(5_000);
                let _ = write!(
                    out,
                    "\"type\":\"track\",\"event\":\"Products Searched\",\"properties\":{{\"query\":\"关键词 {word}\",\"results\":{}}},",
                    word % 90
                );
            }
        }
        out.push_str("\"context\":{\"library\":{\"name\":\"@segment/analytics-node\",\"version\":\"2.3.0\"},\"locale\":\"zh-CN\"},\"_metadata\":{\"nodeVersion\":\"22.12.0\",\"jsRuntime\":\"node\"}}");
    }
    /// Activity follows a power law: the first tenth of the numbers makes four fifths of the traffic.
    fn person(&mut self) -> u64 {
        let share = self.chance.below(1 << 53) as f64 / (1u64 << 53) as f64;
        (PEOPLE as f64).powf(share) as u64 - 1
    }
    fn uuid(&mut self) -> String {
        uuid(self.chance.next(), self.chance.next())
    }
    fn page(&mut self, out: &mut String) {
        let n = self.chance.below(3_000);
        let _ = write!(
            out,
            "\"type\":\"page\",\"name\":\"Product\",\"properties\":{{\"url\":\"https://shop.example.com/p/{n}\",\"path\":\"/p/{n}\",\"title\":\"商品 {n}\",\"referrer\":\"https://shop.example.com/\"}},"
        );
    }
    fn product(&mut self, out: &mut String, event: &str) {
        let n = self.chance.below(3_000);
        let _ = write!(
            out,
            "\"type\":\"track\",\"event\":\"{event}\",\"properties\":{{\"product_id\":\"SKU{n:05}\",\"sku\":\"SKU{n:05}\",\"name\":\"商品 {n}\",\"category\":\"类目 {}\",\"brand\":\"Siyu\",\"price\":{}.90,\"quantity\":1}},",
            n % 40,
            n % 500 + 9
        );
    }
    fn order(&mut self, out: &mut String) {
        let (n, number) = (self.chance.below(3_000), self.chance.next() >> 24);
        let price = n % 500 + 9;
        let _ = write!(
            out,
            "\"type\":\"track\",\"event\":\"Order Completed\",\"properties\":{{\"order_id\":\"O{number}\",\"revenue\":{}.80,\"currency\":\"CNY\",\"products\":[{{\"sku\":\"SKU{n:05}\",\"name\":\"商品 {n}\",\"price\":{price}.90,\"quantity\":2}}]}},",
            price * 2 + 1
        );
    }
}

fn identify(out: &mut String, person: u64) {
    let _ = write!(
        out,
        "\"type\":\"identify\",\"traits\":{{\"email\":\"u{person}@example.com\",\"phone\":\"139{person:08}\",\"name\":\"顾客{person}\",\"city\":\"城市{}\"}},",
        person % 300
    );
}

fn mixed(person: u64, salt: u64) -> u64 {
    let x = (person + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(salt.wrapping_mul(0xd134_2543_de82_ef95));
    (x ^ x >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9) ^ x >> 32
}
fn uuid(a: u64, b: u64) -> String {
    format!(
        "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
        a >> 32,
        a >> 16 & 0xffff,
        a & 0xfff,
        b >> 52,
        b & 0xffff_ffff_ffff
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_what_the_sdk_sends() {
        let mut traffic = Traffic::new(1);
        for _ in 0..20 {
            let body: serde_json::Value = serde_json::from_str(&traffic.batch()).unwrap();
            let messages = body["batch"].as_array().unwrap();
            assert_eq!(messages.len(), BATCH);
            assert!(
                messages
                    .iter()
                    .all(|m| m["messageId"].is_string() && m["type"].is_string() && m["anonymousId"].is_string())
            );
        }
    }
}
