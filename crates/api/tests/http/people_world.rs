//! A shop with customers, for the tests of people.

use crate::support::{Client, TestApp};
use axum::http::Method;
use serde_json::{Value, json};
use siyu_access::{Actor, KeyKind, Role, Scope};
use siyu_intake::Endpoint;
use std::sync::Arc;

impl TestApp {
    /// Takes messages in, as the tracking API does.
    pub fn track(&self, messages: Value) {
        let body = json!({ "batch": messages }).to_string();
        let prepared = self.app.intake.prepare(Endpoint::Import, body.as_bytes(), "key_test", self.app.now()).unwrap();
        let (intake, prepared) = (self.app.intake.clone(), Arc::new(prepared));
        let accepted = self.app.db.transact(move |tx| intake.write(tx, &prepared)).unwrap();
        assert_eq!(accepted.quarantined, 0, "the test's own messages are good");
    }
    /// A program that may do everything.
    pub fn program(&self) -> Client<'_> {
        self.key(KeyKind::Api, Some(Role::Owner))
    }
    /// A signed-in user who sees these stores and regions only.
    pub fn scoped(&self, role: Role, regions: &[&str], stores: &[&str]) -> Client<'_> {
        let own = |names: &[&str]| names.iter().map(|name| name.to_string()).collect();
        let email = format!("{role}-{}@brand.example", self.app.chance.next());
        let mut user = crate::support::new_user(&email, role);
        user.scope = Scope { all: false, regions: own(regions), stores: own(stores) };
        self.app.access.add_user(self.app.now(), &Actor::system("test"), user).unwrap();
        self.sign_in(&email)
    }
    /// The id of whoever has the identifier.
    #[track_caller]
    pub fn person(&self, identifier: &str) -> String {
        let found = self.program().get(&format!("/api/v1/people?identifier={identifier}")).ok();
        assert_eq!(found["items"].as_array().unwrap().len(), 1, "{identifier}: {found}");
        found["items"][0]["id"].as_str().unwrap().to_owned()
    }
    /// Actions of the audit, newest first.
    pub fn audited(&self) -> Vec<String> {
        let rows = self.program().get("/api/v1/audit").ok();
        rows["items"].as_array().unwrap().iter().map(|row| row["action"].as_str().unwrap().to_owned()).collect()
    }
}

impl Client<'_> {
    pub fn put(&self, path: &str, body: Value) -> crate::support::Answered {
        self.call(Method::PUT, path, Some(body))
    }
    /// The walk over all pages of a list, by this field of its rows.
    #[track_caller]
    pub fn walk(&self, path: &str, field: &str, limit: usize) -> Vec<String> {
        let (mut out, mut after) = (Vec::new(), String::new());
        for _ in 0..100 {
            let join = if path.contains('?') { '&' } else { '?' };
            let page = self.get(&format!("{path}{join}limit={limit}{after}")).ok();
            let items = page["items"].as_array().unwrap();
            assert!(items.len() <= limit);
            out.extend(items.iter().map(|row| row[field].as_str().unwrap().to_owned()));
            match page["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => return out,
            }
        }
        panic!("the list {path} has no end");
    }
}

pub const ANN: &str = "13912345678";
pub const BEN: &str = "13800001111";

pub fn order(user: &str, order: &str, store: &str, revenue: f64, at: &str) -> Value {
    json!({"type": "track", "messageId": format!("order-{order}"), "userId": user, "event": "Order Completed", "timestamp": at,
        "properties": {"order_id": order, "store": store, "currency": "CNY", "revenue": revenue,
            "products": [{"sku": "T1", "name": "茶", "price": revenue, "quantity": 1, "category": "茶"}]}})
}

/// Ann bought twice in S1 (one order given back in part), Ben once in S2, Cai browsed.
pub fn shop(app: &TestApp) {
    app.track(json!([
        {"type": "identify", "messageId": "i1", "userId": "ann", "anonymousId": "web-1", "timestamp": "2026-02-01T00:00:00Z",
            "traits": {"name": "安安", "phone": ANN, "email": "ann@example.com", "city": "上海", "id_card": "310101199001011234"},
            "context": {"traits": {"phone": ANN}}},
        {"type": "identify", "messageId": "i2", "userId": "ben", "timestamp": "2026-02-02T00:00:00Z", "traits": {"name": "本本", "phone": BEN}},
        {"type": "track", "messageId": "v1", "anonymousId": "web-3", "event": "Product Viewed", "timestamp": "2026-02-03T00:00:00Z", "properties": {"sku": "T1", "name": "茶"}},
        order("ann", "A1", "S1", 100.0, "2026-02-10T00:00:00Z"),
        order("ann", "A2", "S1", 50.5, "2026-02-11T00:00:00Z"),
        order("ben", "B1", "S2", 30.0, "2026-02-12T00:00:00Z"),
        {"type": "track", "messageId": "r1", "userId": "ann", "event": "Order Refunded", "timestamp": "2026-02-13T00:00:00Z",
            "properties": {"order_id": "A1", "refund_id": "x", "store": "S1", "currency": "CNY", "total": 40.0}}
    ]));
}

impl TestApp {
    /// After sessions have run out.
    pub fn sign_in_again(&self, user: &str) -> Client<'_> {
        self.sign_in(&self.app.access.user(user).unwrap().email)
    }
}
