//! A made-up life of a few people, seeded: anything may happen, in any order.

use super::World;
use serde_json::{Value, json};
use siyu_audience::Rule;
use siyu_kernel::{Chance, PersonNum, Time};
use siyu_testkit::TestDb;

const FIELDS: [&str; 4] = ["city", "age", "likes", "born"];

pub struct Story {
    pub world: World,
    chance: Chance,
    pub people: Vec<PersonNum>,
    pub tags: Vec<String>,
    /// Nobody is merged, parted or erased.
    pub plain: bool,
    edges: Vec<i64>,
    orders: Vec<(PersonNum, String)>,
    born: u64,
}

impl Story {
    pub fn new(test: TestDb, seed: u64) -> Self {
        let world = World::new(test);
        let tags = vec![world.tag("a", None, None), world.tag("b", None, Some(3))];
        let (people, edges, orders) = (Vec::new(), Vec::new(), Vec::new());
        let mut story =
            Self { world, chance: Chance::seeded(seed), people, tags, plain: false, edges, orders, born: 0 };
        (0..6).for_each(|_| story.arrive());
        story
    }
    pub fn below(&self, n: u64) -> u64 {
        self.chance.next() % n
    }
    pub fn pick<T: Clone>(&self, list: &[T]) -> T {
        list[self.below(list.len() as u64) as usize].clone()
    }
    pub fn arrive(&mut self) {
        self.born += 1;
        let kind = self.pick(&["phone", "member_no", "ext:tmall"]);
        let text =
            if kind == "phone" { format!("phone:139{:08}", self.born) } else { format!("{kind}:x{}", self.born) };
        let source = self.pick(&["web", "import", "shop"]);
        self.people.push(self.world.person_from(&[&text], source));
    }
    fn value(&self, field: &str) -> Value {
        match field {
            "city" => json!(self.pick(&["上海", "杭州", "Nanjing"])),
            "age" => json!(self.below(60)),
            "likes" => json!([self.pick(&["tea", "cake"]), "all"]),
            _ => json!(format!("2026-0{}-1{}", 1 + self.below(4), self.below(9))),
        }
    }
    pub fn step(&mut self) {
        let (world, who) = (&self.world, self.pick(&self.people));
        let alive = world.db.read(|tx| Ok(world.people.find(tx, &world.people.id(who)).is_ok())).unwrap();
        match self.below(18) {
            0 => self.arrive(),
            1..=3 => {
                let field = self.pick(&FIELDS);
                let value = if self.below(6) == 0 { Value::Null } else { self.value(field) };
                let at = world.ago(self.below(5) as i64);
                if alive {
                    world.set(who, field, value, at);
                }
            }
            4 | 5 if alive => world.give(&self.pick(&self.tags), world.root(who)),
            6..=8 if alive => {
                let store = self.pick(&[None, Some("S1"), Some("S2")]);
                let currency = self.pick(&["CNY", "CNY", "CNY", "USD"]);
                let (at, amount) = (world.ago(self.below(40) as i64), 1 + self.below(9_000) as i64);
                let order = world.order_in(who, at, amount, store, currency, self.pick(&["K1", "K2"]));
                if currency == "CNY" {
                    self.orders.push((who, order));
                }
            }
            9 if !self.orders.is_empty() => {
                // The refund may come under another person's name than the order.
                let (_, order) = self.pick(&self.orders);
                if alive {
                    world.refund_of(who, &order, 1 + self.below(50) as i64);
                }
            }
            10 if !self.plain => {
                let other = self.pick(&self.people);
                if let Some(edge) = world.try_merge(who, other) {
                    self.edges.push(edge);
                }
            }
            11 if !self.edges.is_empty() => {
                let at = self.below(self.edges.len() as u64) as usize;
                let edge = self.edges.swap_remove(at);
                world.try_split(edge);
            }
            12 if !self.plain && self.below(4) == 0 => world.erase(who),
            14..=17 if alive => {
                let at = Time(world.ago(self.below(30) as i64).0 + self.below(7_200_000_000) as i64 - 3_600_000_000);
                let properties = json!({"channel": self.pick(&["wecom", "store"]), "n": self.below(5)});
                world.did(who, self.pick(&["View", "Cart", "Pay"]), at, properties);
            }
            13 => match self.below(6) {
                5 if self.plain => {}
                5 => world.life(siyu_audience::Life {
                    loyal_orders: 2,
                    super_vip: 30 + self.below(30) as u32,
                    ..Default::default()
                }),
                0 => world.category("K1", self.pick(&["茶", "酒"])),
                1 => {
                    let id = self.tags.remove(0);
                    let people = world.people.clone();
                    world.db.transact(move |tx| people.delete_tag(tx, &id)).unwrap();
                    self.tags.push(world.tag(&format!("t{}", self.born + self.below(1 << 30)), None, Some(2)));
                }
                2 => {
                    let now = world.ago(0);
                    let people = world.people.clone();
                    world.db.transact(move |tx| people.expire_tags(tx, now, 100)).unwrap();
                }
                _ => world.test.clock.advance_seconds(3_600 * (1 + self.below(40) as i64)),
            },
            _ => {}
        }
    }
    fn event(&self) -> Value {
        let mut event = json!({"event": self.pick(&[json!("View"), json!("Pay"), json!(["Cart", "Pay"]), json!("*")])});
        if self.below(3) == 0 {
            event["where"] = json!([{"property": "channel", "op": self.pick(&["eq", "ne"]), "value": "wecom"}]);
        }
        event
    }
    fn deed(&self) -> Value {
        let span = match self.below(3) {
            0 => json!({"ever": true}),
            1 => json!({"last_days": 1 + self.below(20)}),
            _ => json!({"from": "2026-02-10", "to": format!("2026-02-{}", 10 + self.below(15))}),
        };
        let mut event = self.event();
        event["span"] = span.clone();
        match self.below(6) {
            0 => json!({"first": event}),
            1 => json!({"last": event}),
            2 => {
                json!({"sequence": {"steps": [self.event(), self.event()], "window": {"hours": 1 + self.below(100)}, "span": span}})
            }
            how => {
                let op = self.pick(&["eq", "gte", "lt", "ne", "lte", "gt"]);
                match how {
                    3 => event["times"] = json!({"op": op, "value": self.below(4)}),
                    4 => event["days"] = json!({"op": op, "value": self.below(3)}),
                    _ => event["sum"] = json!({"property": "n", "op": op, "value": self.below(6)}),
                }
                json!({"did": event})
            }
        }
    }
    fn cond(&self) -> Value {
        if self.below(3) == 0 {
            return self.deed();
        }
        let day = || json!(self.below(30));
        let (field, op, value) = match self.below(26) {
            0 => ("orders.count", "gte", json!(self.below(4))),
            1 => ("orders.count", "in", json!([0, 2])),
            2 => ("orders.amount", self.pick(&["gt", "lte"]), json!(self.below(9_000))),
            3 => ("orders.net", self.pick(&["gte", "lt", "eq"]), json!(self.below(9_000))),
            4 => ("orders.average", self.pick(&["gte", "lt"]), json!(self.below(9_000))),
            5 => ("orders.days_since_last", self.pick(&["lte", "gt", "eq", "ne", "lt"]), day()),
            6 => ("orders.days_since_first", self.pick(&["gte", "lte"]), day()),
            7 => ("created.days", self.pick(&["gte", "lt", "eq"]), day()),
            8 => ("source", self.pick(&["eq", "contains", "ne"]), json!("web")),
            9 => ("has.phone", "eq", json!(self.below(2) == 0)),
            10 => ("has.ext:tmall", "exists", json!(true)),
            11 => ("tag", self.pick(&["eq", "ne"]), json!(self.pick(&self.tags))),
            12 => ("tag", "exists", json!(true)),
            13 => ("store", "exists", json!(self.below(2) == 0)),
            14 => ("category.茶.count", "gte", json!(self.below(3))),
            15 => ("trait.city", self.pick(&["eq", "ne", "contains"]), json!("杭州")),
            16 => ("trait.age", self.pick(&["gte", "lt", "ne"]), json!(self.below(60))),
            18 => ("lifecycle", "in", json!([self.pick(&["new", "active", "at_risk", "lost", "prospect"]), "new"])),
            19 => ("aarrr", self.pick(&["eq", "ne"]), json!(self.pick(&["activation", "retention", "revenue"]))),
            20 => ("value.score", self.pick(&["gte", "lt"]), json!(self.below(60))),
            21 => ("value.tier", self.pick(&["eq", "ne"]), json!(self.pick(&["ordinary", "loyal", "super_vip"]))),
            22 => ("loyal", "eq", json!(self.below(2) == 0)),
            17 => ("trait.likes", "contains", json!("tea")),
            23 => ("until.born", self.pick(&["lte", "gt", "eq", "ne"]), json!(self.below(30))),
            24 => ("until.born.lunar", self.pick(&["lt", "gte", "eq"]), json!(self.below(30))),
            _ => ("trait.born", self.pick(&["gte", "lt"]), json!("2026-02-14")),
        };
        json!({"field": field, "op": op, "value": value})
    }
    pub fn rule(&self) -> Rule {
        let list = |n: u64| (0..1 + self.below(n)).map(|_| self.cond()).collect::<Vec<_>>();
        let inner = json!({self.pick(&["any", "not", "all"]): list(3)});
        let mut items = list(2);
        items.push(inner);
        Rule::parse(&json!({self.pick(&["all", "any"]): items})).unwrap()
    }
    /// Every field of people is there to be asked for.
    pub fn prime(&self) {
        let who = self.people[0];
        for field in FIELDS {
            self.world.set(who, field, self.value(field), self.world.ago(9));
        }
        self.world.order_in(who, self.world.ago(3), 100, Some("S1"), "CNY", "K1");
        self.world.order_in(who, self.world.ago(3), 100, Some("S2"), "CNY", "K2");
        self.world.category("K1", "茶");
    }
}
