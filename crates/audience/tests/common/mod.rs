//! A small shop to ask about.
#![allow(dead_code, clippy::unwrap_used, reason = "shared by test files that use different parts")]

use serde_json::Value;
use siyu_audience::{Audience, Ctx, Filter, Lang, Page, Rule, Scope, Sort};
use siyu_commerce::{LineIn, OrderIn};
use siyu_db::Migration;
use siyu_kernel::{Chance, Clock, Currency, Identifier, PersonNum, Refusal, Time, Vault, Zone};
use siyu_log::Log;
use siyu_people::{People, TagIn, TagKind, TraitIn};
use siyu_testkit::TestDb;
use std::cell::Cell;
use std::sync::Arc;

pub fn migrations() -> &'static [Migration] {
    static ALL: std::sync::OnceLock<Vec<Migration>> = std::sync::OnceLock::new();
    ALL.get_or_init(|| [siyu_log::MIGRATIONS, siyu_people::MIGRATIONS, siyu_commerce::MIGRATIONS].concat())
}

pub struct World {
    pub test: TestDb,
    pub people: People,
    pub log: Log,
    pub audience: Audience,
    orders: Cell<u32>,
}

impl World {
    pub fn new(test: TestDb) -> Self {
        let vault = Vault::from_key([7; 32]);
        let log = Log::open(test.db(), vault.clone(), test.clock.clone()).unwrap();
        let people = People::open(test.db(), vault, log.clone(), Arc::new(Chance::seeded(3))).unwrap();
        Self { audience: Audience::new(people.clone(), log.clone()), people, log, test, orders: Cell::new(0) }
    }
    pub fn ctx(&self) -> Ctx {
        Ctx { now: self.test.clock.now(), zone: Zone::shanghai(), currency: Currency::CNY, lang: Lang::Zh }
    }
    /// Days before the present.
    pub fn ago(&self, days: i64) -> Time {
        self.test.clock.now().plus_days(-days)
    }
    pub fn person(&self, identifiers: &[&str]) -> PersonNum {
        self.person_from(identifiers, "test")
    }
    pub fn person_from(&self, identifiers: &[&str], source: &str) -> PersonNum {
        let now = self.test.clock.now();
        let incoming = self.people.prepare(identifiers.iter().map(|text| Identifier::parse(text).unwrap()), now);
        let (people, source) = (self.people.clone(), source.to_owned());
        let found = self
            .test
            .db()
            .transact(move |tx| people.resolve(tx, std::slice::from_ref(&incoming), &source, now))
            .unwrap();
        found[0].as_ref().unwrap().node
    }
    pub fn set(&self, num: PersonNum, name: &str, value: Value, at: Time) {
        let item = TraitIn { num, name: name.into(), value, at };
        let people = self.people.clone();
        self.test.db().transact(move |tx| people.set_traits(tx, std::slice::from_ref(&item), "test", at)).unwrap();
    }
    pub fn order(&self, num: PersonNum, days_ago: i64, amount: i64, store: Option<&str>) -> String {
        self.order_in(num, self.ago(days_ago), amount, store, "CNY", "")
    }
    pub fn order_in(
        &self,
        num: PersonNum,
        at: Time,
        amount: i64,
        store: Option<&str>,
        currency: &str,
        sku: &str,
    ) -> String {
        let order_no = format!("O{}", self.orders.replace(self.orders.get() + 1));
        let line = LineIn {
            line_no: None,
            sku: sku.into(),
            title: None,
            quantity_milli: 1000,
            price_minor: None,
            amount_minor: amount,
            refund_of: None,
        };
        self.place(&order_no, num, at, store, currency, line);
        order_no
    }
    pub fn refund(&self, num: PersonNum, order_no: &str, amount: i64) {
        let line = LineIn {
            line_no: None,
            sku: String::new(),
            title: None,
            quantity_milli: -1000,
            price_minor: None,
            amount_minor: -amount,
            refund_of: None,
        };
        self.place(order_no, num, self.ago(0), None, "CNY", line);
    }
    fn place(&self, order_no: &str, num: PersonNum, at: Time, store: Option<&str>, currency: &str, line: LineIn) {
        let root = self.root(num);
        let order = OrderIn {
            order_no: order_no.into(),
            at,
            store: store.map(str::to_owned),
            currency: Currency::parse(currency).unwrap(),
            person: Some(num),
            root: Some(root),
            lines: vec![line],
            source: "test".into(),
            whole: false,
        };
        self.test
            .db()
            .transact(move |tx| siyu_commerce::place(tx, std::slice::from_ref(&order), 0, at).map(drop))
            .unwrap();
    }
    pub fn root(&self, num: PersonNum) -> PersonNum {
        self.test.db().read(|tx| Ok(self.people.roots(tx, &[num])?[0])).unwrap()
    }
    /// Returns the edge.
    pub fn merge(&self, a: PersonNum, b: PersonNum) -> i64 {
        let (people, now) = (self.people.clone(), self.test.clock.now());
        self.test
            .db()
            .transact(move |tx| {
                let merged = people.merge(tx, a, b, "usr_1", now)?;
                siyu_commerce::recount(tx, merged.kept, &merged.nodes)?;
                siyu_commerce::forget(tx, merged.lost)?;
                Ok(merged.edge)
            })
            .unwrap()
    }
    pub fn split(&self, edge: i64) {
        let (people, now) = (self.people.clone(), self.test.clock.now());
        self.test
            .db()
            .transact(move |tx| {
                let split = people.split(tx, edge, "usr_1", "mistake", now)?;
                siyu_commerce::recount(tx, split.left, &split.left_nodes)?;
                siyu_commerce::recount(tx, split.right, &split.right_nodes)
            })
            .unwrap();
    }
    pub fn tag(&self, name: &str, rule: Option<&Value>, ttl_days: Option<i64>) -> String {
        let rule = rule.map(|rule| Rule::parse(rule).unwrap().to_text());
        let kind = if rule.is_some() { TagKind::Rule } else { TagKind::Manual };
        let tag = TagIn {
            group: "g".into(),
            name: name.into(),
            color: "red".into(),
            kind,
            description: String::new(),
            rule,
            ttl_days,
        };
        let (people, now) = (self.people.clone(), self.test.clock.now());
        self.test.db().transact(move |tx| people.create_tag(tx, &tag, now)).unwrap().id
    }
    pub fn give(&self, id: &str, num: PersonNum) {
        let (people, now, id) = (self.people.clone(), self.test.clock.now(), id.to_owned());
        self.test
            .db()
            .transact(move |tx| {
                let tag = people.tag(tx, &id)?.num;
                let mark = siyu_people::TagMark { by: "usr_1", source: "console", why: "", expires_at: None };
                people.give_tag(tx, tag, &[num], &mark, now).map(drop)
            })
            .unwrap();
    }
    /// Roots who carry the tag, as profiles show it.
    pub fn carriers(&self, id: &str) -> Vec<PersonNum> {
        let rule = Rule::parse(&serde_json::json!({"all": [{"field": "tag", "op": "eq", "value": id}]})).unwrap();
        self.members(&rule, &Scope::All).unwrap()
    }
    pub fn members(&self, rule: &Rule, scope: &Scope) -> Result<Vec<PersonNum>, Refusal> {
        let ctx = self.ctx();
        self.test.db().read(|tx| {
            let plan = self.audience.plan(tx, rule, None, &ctx)?;
            Ok(self.audience.members(tx, &plan, scope, &ctx)?.iter().collect())
        })
    }
    pub fn ask(&self, rule: Value) -> Vec<PersonNum> {
        self.members(&Rule::parse(&rule).unwrap(), &Scope::All).unwrap_or_else(|refusal| panic!("{rule}: {refusal}"))
    }
    pub fn cond(&self, field: &str, op: &str, value: Value) -> Vec<PersonNum> {
        self.ask(serde_json::json!({"all": [{"field": field, "op": op, "value": value}]}))
    }
    pub fn page(
        &self,
        filter: &Filter,
        sort: Sort,
        after: Option<&str>,
        limit: usize,
        scope: &Scope,
    ) -> Result<Page, Refusal> {
        let ctx = self.ctx();
        self.test.db().read(|tx| self.audience.list(tx, filter, sort, after, limit, scope, &ctx))
    }
    pub fn pages(&self, filter: &Filter, sort: Sort, limit: usize, scope: &Scope) -> Vec<PersonNum> {
        let mut out = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let page = self.page(filter, sort, after.as_deref(), limit, scope).unwrap();
            assert!(page.people.len() <= limit && (page.next.is_none() || page.people.len() == limit));
            out.extend(page.people);
            match page.next {
                Some(next) => after = Some(next),
                None => return out,
            }
        }
    }
}
