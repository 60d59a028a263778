//! A small shop to ask about.
#![allow(dead_code, clippy::unwrap_used, reason = "shared by test files that use different parts")]

mod history;
pub mod story;

use history::FromLog;
use serde_json::Value;
use siyu_audience::{
    Audience, AudienceIn, AudienceRow, Ctx, Filter, Lang, Live, Page, Rule, Scope, Shelf, Sort, StepReport,
};
use siyu_commerce::{LineIn, OrderIn};
use siyu_db::{Db, Migration, Tx};
use siyu_kernel::{Chance, Clock, Currency, Event, EventKind, Identifier, PersonNum, Refusal, Time, Vault, Zone};
use siyu_log::Log;
use siyu_people::{FieldType, People, TagIn, TagKind, TraitIn};
use siyu_testkit::TestDb;
use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

pub fn migrations() -> &'static [Migration] {
    static ALL: std::sync::OnceLock<Vec<Migration>> = std::sync::OnceLock::new();
    ALL.get_or_init(|| {
        [
            siyu_log::MIGRATIONS,
            siyu_people::MIGRATIONS,
            siyu_commerce::MIGRATIONS,
            siyu_audience::MIGRATIONS,
            siyu_contacts::MIGRATIONS,
        ]
        .concat()
    })
}

pub struct World {
    pub test: Rc<TestDb>,
    /// This process's handle.
    pub db: Db,
    pub people: People,
    pub log: Log,
    /// From the database.
    pub audience: Audience,
    /// The same from memory: every question is put to both.
    pub quick: Audience,
    pub shelf: Shelf,
    pub live: Live,
    pub zone: Zone,
    pub currency: Cell<Currency>,
    orders: Cell<u32>,
}

impl World {
    pub fn new(test: TestDb) -> Self {
        let db = test.db().clone();
        Self::on(Rc::new(test), db, 3, Zone::shanghai())
    }
    /// Another process on the same data.
    pub fn beside(&self) -> Self {
        let world = Self::on(Rc::clone(&self.test), self.test.second(), 4, self.zone.clone());
        world.orders.set(10_000);
        world
    }
    /// The same data in another zone.
    pub fn in_zone(&self, name: &str) -> Self {
        let world = Self::on(Rc::clone(&self.test), self.test.second(), 5, Zone::named(name).unwrap());
        world.orders.set(20_000);
        world
    }
    pub fn change_rule(&self, audience: &AudienceRow, rule: Rule) {
        let patch = siyu_audience::AudiencePatch { rule: Some(rule), ..Default::default() };
        let (quick, ctx, id) = (self.quick.clone(), self.ctx(), audience.id.clone());
        let people = self.db.read(|tx| quick.meant_by(tx, &id, &patch, &ctx)).unwrap();
        self.db.transact(move |tx| quick.change(tx, &id, &patch, people.as_ref(), &ctx).map(drop)).unwrap();
    }
    fn on(test: Rc<TestDb>, db: Db, seed: u64, zone: Zone) -> Self {
        let vault = Vault::from_key([7; 32]);
        let log = Log::open(&db, vault.clone(), test.clock.clone()).unwrap();
        let people = People::open(&db, vault, log.clone(), Arc::new(Chance::seeded(seed))).unwrap();
        let history = FromLog { db: db.clone(), log: log.clone(), people: people.clone(), zone: zone.clone() };
        let audience = Audience::new(people.clone(), log.clone()).seeing(Arc::new(history));
        let shelf = Shelf::new(people.clone(), log.clone());
        let quick = audience.clone().remembering(shelf.clone());
        let live = Live::new(quick.clone(), db.clone());
        let currency = Cell::new(Currency::CNY);
        Self { audience, quick, shelf, live, zone, currency, people, log, test, db, orders: Cell::new(0) }
    }
    pub fn small_memory(&mut self, bytes: usize) {
        self.shelf = Shelf::bounded(self.people.clone(), self.log.clone(), bytes);
        self.quick = self.audience.clone().remembering(self.shelf.clone());
    }
    pub fn ctx(&self) -> Ctx {
        Ctx { now: self.test.clock.now(), zone: self.zone.clone(), currency: self.currency.get(), lang: Lang::Zh }
    }
    /// Stores an audience of a rule, or of people.
    pub fn audience(&self, input: AudienceIn) -> Result<AudienceRow, Refusal> {
        let (quick, ctx) = (self.quick.clone(), self.ctx());
        let id = format!("aud_{}", self.orders.replace(self.orders.get() + 1));
        let people = self.db.read(|tx| quick.meant(tx, &input, &ctx))?;
        self.db.transact(move |tx| quick.create(tx, &id, &input, &people, "usr_1", &ctx))
    }
    pub fn audience_of(&self, name: &str, rule: &Value) -> AudienceRow {
        self.audience(AudienceIn::rule(name, Rule::parse(rule).unwrap())).unwrap()
    }
    pub fn step(&self) -> StepReport {
        self.live.step(&self.ctx()).unwrap()
    }
    /// Who is in a stored audience; on a day, counted from today.
    pub fn inside(&self, audience: &AudienceRow, days_ago: Option<i32>) -> Vec<PersonNum> {
        let ctx = self.ctx();
        let day = days_ago.map(|days| ctx.zone.day(ctx.now) - days);
        self.db.read(|tx| self.quick.people_of(tx, audience, day, &Scope::All, &ctx)).unwrap().iter().collect()
    }
    /// (entered, who, audience) in the order of the log.
    pub fn told(&self) -> Vec<(bool, PersonNum, String)> {
        let (found, _) = self.db.read(|tx| Ok(self.log.after(tx, 0, i64::MAX)?)).unwrap();
        let ours = found
            .into_iter()
            .filter(|found| [siyu_audience::ENTERED, siyu_audience::LEFT].contains(&&*found.event.name));
        ours.flat_map(|found| {
            let body: Value = serde_json::from_str(&found.event.body).unwrap();
            let (entered, person) = (found.event.name == siyu_audience::ENTERED, found.event.person);
            let ids: Vec<String> = body["properties"]["audiences"]
                .as_array()
                .unwrap()
                .iter()
                .map(|own| own["audience"].as_str().unwrap().to_owned())
                .collect();
            ids.into_iter().map(move |id| (entered, person, id))
        })
        .collect()
    }
    pub fn life(&self, life: siyu_audience::Life) {
        self.db.transact(move |tx| Ok(life.save(tx)?)).unwrap();
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
            .db
            .transact(move |tx| {
                let found = people.resolve(tx, std::slice::from_ref(&incoming), &source, now)?;
                people.note_changed(tx, found.iter().flatten().map(|found| found.node), &source, now);
                Ok(found)
            })
            .unwrap();
        found[0].as_ref().unwrap().node
    }
    pub fn set(&self, num: PersonNum, name: &str, value: Value, at: Time) {
        let item = TraitIn { num, name: name.into(), value, at };
        let people = self.people.clone();
        self.db
            .transact(move |tx| {
                people.note_changed(tx, [num], "test", at);
                people.set_traits(tx, std::slice::from_ref(&item), "test", at)
            })
            .unwrap();
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
    pub fn did(&self, num: PersonNum, event: &str, at: Time, properties: Value) {
        let (log, now) = (self.log.clone(), self.test.clock.now());
        let event = Event {
            message_id: format!("did:{}", self.orders.replace(self.orders.get() + 1)),
            kind: EventKind::Track,
            name: event.into(),
            person: num,
            at,
            received_at: now,
            source: "test".into(),
            body: serde_json::json!({ "properties": properties }).to_string(),
        };
        self.db
            .transact(move |tx| {
                log.append(tx, event.clone());
                Ok(())
            })
            .unwrap();
    }
    /// A document of its own, in the name of anybody.
    pub fn refund_of(&self, num: PersonNum, order_no: &str, amount: i64) {
        let line = LineIn {
            line_no: None,
            sku: String::new(),
            title: None,
            quantity_milli: -1000,
            price_minor: None,
            amount_minor: -amount,
            refund_of: Some(order_no.to_owned()),
        };
        let own = format!("R{}", self.orders.replace(self.orders.get() + 1));
        self.place(&own, num, self.ago(0), None, "CNY", line);
    }
    fn place(&self, order_no: &str, num: PersonNum, at: Time, store: Option<&str>, currency: &str, line: LineIn) {
        let (root, amount) = (self.root(num), line.amount_minor);
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
        let (log, now) = (self.log.clone(), self.test.clock.now());
        let event = Event {
            message_id: format!("{order_no}:{}", self.orders.replace(self.orders.get() + 1)),
            kind: EventKind::Track,
            name: "Order Completed".into(),
            person: num,
            at,
            received_at: now,
            source: "test".into(),
            body: serde_json::json!({ "properties": { "order_id": order_no, "amount": amount } }).to_string(),
        };
        self.db
            .transact(move |tx| {
                log.append(tx, event.clone());
                siyu_commerce::place(tx, std::slice::from_ref(&order), 0, at).map(drop)
            })
            .unwrap();
    }
    pub fn root(&self, num: PersonNum) -> PersonNum {
        self.db.read(|tx| Ok(self.people.roots(tx, &[num])?[0])).unwrap()
    }
    /// Returns the edge.
    pub fn merge(&self, a: PersonNum, b: PersonNum) -> i64 {
        let (people, now) = (self.people.clone(), self.test.clock.now());
        self.db
            .transact(move |tx| {
                let merged = people.merge(tx, a, b, "usr_1", now)?;
                siyu_commerce::recount(tx, merged.kept, &merged.nodes)?;
                siyu_commerce::forget(tx, merged.lost)?;
                Ok(merged.edge)
            })
            .unwrap()
    }
    /// `None` when they are one already, or one is gone.
    pub fn try_merge(&self, a: PersonNum, b: PersonNum) -> Option<i64> {
        let both =
            |tx: &mut Tx<'_>| Ok([a, b].map(|num| self.people.find(tx, &self.people.id(num)).map(|found| found.1)));
        match self.db.read(both).unwrap() {
            [Ok(left), Ok(right)] if left != right => Some(self.merge(a, b)),
            _ => None,
        }
    }
    /// Nothing when the person is gone.
    pub fn try_split(&self, edge: i64) {
        if self.db.read(|tx| self.people.preview_split(tx, edge).map(drop)).is_ok() {
            self.split(edge);
        }
    }
    /// Nothing when the person is gone already.
    pub fn erase(&self, num: PersonNum) {
        let (people, now, root) = (self.people.clone(), self.test.clock.now(), self.root(num));
        let done = self.db.transact(move |tx| {
            let erased = people.erase(tx, root)?;
            let orders = siyu_commerce::detach(tx, &erased.nodes)? as i64;
            people.certify(tx, &erased, orders, "usr_1", "asked", now).map(drop)
        });
        assert!(
            done.is_ok_and(|()| true)
                || self.db.read(|tx| self.people.find(tx, &self.people.id(num)).map(drop)).is_err()
        );
    }
    pub fn field_type(&self, name: &str, r#type: FieldType) {
        let (people, name) = (self.people.clone(), name.to_owned());
        let patch = siyu_people::FieldPatch { r#type: Some(r#type), ..Default::default() };
        self.db.transact(move |tx| people.patch_field(tx, &name, &patch).map(drop)).unwrap();
    }
    pub fn category(&self, sku: &str, category: &str) {
        self.test.clock.advance_seconds(1);
        let product =
            siyu_commerce::ProductIn { sku: sku.into(), category: Some(category.into()), ..Default::default() };
        let now = self.test.clock.now();
        self.db.transact(move |tx| siyu_commerce::put_products(tx, std::slice::from_ref(&product), now)).unwrap();
    }
    pub fn split(&self, edge: i64) {
        let (people, now) = (self.people.clone(), self.test.clock.now());
        self.db
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
        self.db.transact(move |tx| people.create_tag(tx, &tag, now)).unwrap().id
    }
    pub fn give(&self, id: &str, num: PersonNum) {
        let (people, now, id) = (self.people.clone(), self.test.clock.now(), id.to_owned());
        self.db
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
        let ask = |tx: &mut Tx<'_>, audience: &Audience| -> Result<Vec<PersonNum>, Refusal> {
            let plan = audience.plan(tx, rule, None, &ctx)?;
            Ok(audience.members(tx, &plan, scope, &ctx)?.iter().collect())
        };
        self.db.read(|tx| {
            let found = ask(tx, &self.audience)?;
            assert_eq!(ask(tx, &self.quick)?, found, "from memory, and from the database: {}", rule.to_text());
            let preview = self.quick.preview(tx, rule, scope, &ctx)?;
            assert_eq!(preview.people, found.len() as u64);
            assert_eq!(preview.parts[0], ("rule".to_owned(), preview.people));
            Ok(found)
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
        self.db.read(|tx| self.audience.list(tx, filter, sort, after, limit, scope, &ctx))
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
