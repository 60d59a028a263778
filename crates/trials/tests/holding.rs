//! A journey against its control, on either engine: who counts where, from when, and for how long.

use serde_json::{Value, json};
use siyu_commerce::{LineIn, OrderIn, place, recount};
use siyu_db::{Migration, Tx, params};
use siyu_gate::{Gate, Holdout, Rules};
use siyu_journeys::{Answer, Drawn, Effect, Inside, Journeys, Outcome, Ran, World};
use siyu_kernel::{Chance, Clock, Currency, Event, EventKind, Identifier, Kind, PersonNum, Refusal, Time, Vault};
use siyu_log::Log;
use siyu_people::People;
use siyu_testkit::TestDb;
use siyu_trials::{Figures, JourneyEffect, What, of_holdout};
use std::sync::Arc;

const MIGRATIONS: &[Migration] = siyu_testkit::migrations![
    siyu_log::MIGRATIONS,
    siyu_people::MIGRATIONS,
    siyu_commerce::MIGRATIONS,
    siyu_contacts::MIGRATIONS,
    siyu_gate::MIGRATIONS,
    siyu_reach::MIGRATIONS,
    siyu_journeys::MIGRATIONS
];

siyu_testkit::contract!(MIGRATIONS; each_is_watched_from_their_own_entry, people_count_once_and_the_brands_holdout_nowhere);

/// Everything is done at once, and nobody fits anything.
struct Yes;
impl World for Yes {
    fn knows_audience(&self, _: &mut Tx<'_>, _: &str) -> Result<bool, Refusal> {
        Ok(true)
    }
    fn check_rule(&self, _: &mut Tx<'_>, _: &Value) -> Result<(), Refusal> {
        Ok(())
    }
    fn check_effect(&self, _: &mut Tx<'_>, _: &str, _: &Value) -> Result<(), Refusal> {
        Ok(())
    }
    fn holds(&self, _: &mut Tx<'_>, _: &Value, _: &[PersonNum], _: Time) -> Result<Vec<PersonNum>, Refusal> {
        Ok(Vec::new())
    }
    fn members(&self, _: &mut Tx<'_>, _: &str, _: Time) -> Result<Vec<PersonNum>, Refusal> {
        Ok(Vec::new())
    }
    fn hand(&self, _: &mut Tx<'_>, effects: &[Effect], _: Time) -> Result<Vec<Answer>, Refusal> {
        Ok(effects.iter().map(|_| Answer::Now(Outcome::Done)).collect())
    }
}

struct Brand {
    t: TestDb,
    log: Log,
    gate: Gate,
    journeys: Journeys,
    people: Vec<PersonNum>,
    id: String,
}

impl Brand {
    /// A journey of a day that leaves `percent` of these people alone for ten.
    fn open(t: TestDb, count: usize, percent: u32) -> Self {
        let vault = Vault::from_key([7; 32]);
        let log = Log::open(t.db(), vault.clone(), t.clock.clone()).unwrap();
        let people = People::open(t.db(), vault.clone(), log.clone(), Arc::new(Chance::seeded(1))).unwrap();
        let now = t.clock.now();
        let resolve = move |tx: &mut Tx<'_>| {
            let prepared: Vec<_> = (0..count)
                .map(|n| people.prepare([Identifier::new(Kind::Phone, &format!("139{n:08}")).unwrap()], now))
                .collect();
            Ok(people.resolve(tx, &prepared, "test", now)?.into_iter().map(|own| own.unwrap().root).collect())
        };
        let everybody: Vec<PersonNum> = t.db().transact(resolve).unwrap();
        let chance = Arc::new(Chance::seeded(5));
        let journeys = Journeys::new(t.db().clone(), &vault, log.clone(), chance, t.clock.clone(), Arc::new(Yes));
        let definition = json!({"format": 1, "entry": {"type": "trigger", "on": {"type": "event", "name": "begin"}}, "again": "always",
            "goal": {"on": {"type": "event", "name": "buy"}, "exit": false}, "holdout_percent": percent, "holdout_days": 10, "start": "rest", "nodes": [
            {"id": "rest", "do": {"type": "wait", "for": {"amount": 1, "unit": "day"}, "next": "end"}}, {"id": "end", "do": {"type": "exit"}}]});
        let own = journeys.clone();
        let id = t.db().transact(move |tx| {
            let row = own.create(tx, "旅程", &definition.to_string(), "test")?;
            own.publish(tx, &row.id, row.edits, Inside::Finish, "", "test").map(|row| row.id)
        });
        Self { gate: Gate::new(&vault), people: everybody, log, journeys, id: id.unwrap(), t }
    }
    fn act<T: Send + 'static>(&self, unit: impl FnMut(&mut Tx<'_>) -> Result<T, Refusal> + Send + 'static) -> T {
        self.t.db().transact(unit).unwrap()
    }
    fn run(&self) {
        while self.journeys.step().unwrap() == Ran::Went {}
    }
    fn days(&self, days: i64) {
        self.t.clock.advance_seconds(days * 86_400);
        self.run();
    }
    fn let_in(&self, people: &[PersonNum]) {
        let (own, id, people) = (self.journeys.clone(), self.id.clone(), people.to_vec());
        self.act(move |tx| own.let_in(tx, &id, &people));
        self.run();
    }
    fn does(&self, num: PersonNum, name: &str) {
        let (log, now) = (self.log.clone(), self.t.clock.now());
        let event = Event {
            message_id: format!("{num}-{name}-{}", now.0),
            kind: EventKind::Track,
            name: name.into(),
            person: num,
            at: now,
            received_at: now,
            source: "test".into(),
            body: "{}".into(),
        };
        self.act(move |tx| {
            log.append(tx, event.clone());
            Ok(())
        });
        self.run();
    }
    fn orders(&self, num: PersonNum, amount: i64) {
        let at = self.t.clock.now();
        let line = LineIn {
            line_no: None,
            sku: "A".into(),
            title: None,
            quantity_milli: 1_000,
            price_minor: None,
            amount_minor: amount,
            refund_of: None,
        };
        let order = OrderIn {
            order_no: format!("{num}-{}", at.0),
            at,
            store: None,
            currency: Currency::CNY,
            person: Some(num),
            root: Some(num),
            lines: vec![line],
            source: "test".into(),
            whole: false,
        };
        let placed = self.act(move |tx| place(tx, std::slice::from_ref(&order), 0, at));
        assert!(placed[0].refused.is_none(), "{placed:?}");
    }
    /// Control, and the others.
    fn drawn(&self) -> (Vec<PersonNum>, Vec<PersonNum>) {
        let mut all: Vec<Drawn> = Vec::new();
        self.t
            .db()
            .read(|tx| {
                let row = self.journeys.journey(tx, &self.id)?;
                self.journeys.drawn(tx, &row, |own| all.push(own))
            })
            .unwrap();
        all.sort_by_key(|own| own.num);
        let (control, treated): (Vec<Drawn>, Vec<Drawn>) = all.into_iter().partition(|own| own.is_control);
        let nums = |all: Vec<Drawn>| all.into_iter().map(|own| own.num).collect();
        (nums(control), nums(treated))
    }
    fn effect(&self) -> Option<JourneyEffect> {
        let read = |tx: &mut Tx<'_>| {
            let row = self.journeys.journey(tx, &self.id)?;
            of_holdout(tx, &self.journeys, &self.gate, &row, 0.1, Currency::CNY, self.t.clock.now())
        };
        self.t.db().read(read).unwrap()
    }
    fn merge(&self, root: PersonNum, other: PersonNum) {
        self.act(move |tx| {
            tx.execute("UPDATE person SET root = $1 WHERE num = $2", params![root, other])?;
            recount(tx, root, &[root, other])
        });
    }
}

fn hits(effect: &JourneyEffect, what: What) -> Vec<i64> {
    let outcome = effect.trial.outcomes.iter().find(|own| own.what == what).unwrap();
    match &outcome.figures {
        Figures::Shares(all) => all.iter().map(|own| own.hits).collect(),
        Figures::Samples(all) => all.iter().map(|own| own.sum as i64).collect(),
    }
}
fn sizes(effect: &JourneyEffect) -> Vec<i64> {
    effect.trial.arms.iter().map(|arm| arm.people).collect()
}

fn each_is_watched_from_their_own_entry(t: TestDb) {
    let brand = Brand::open(t, 1_200, 25);
    assert_eq!(brand.effect(), None);
    // Before anybody came in.
    brand.orders(brand.people[0], 70_000);
    brand.days(1);
    let first = brand.t.clock.now();
    brand.let_in(&brand.people[..600]);
    brand.days(6);
    brand.let_in(&brand.people[600..]);
    let (control, treated) = brand.drawn();
    let early = |all: &[PersonNum]| all.iter().copied().filter(|num| *num <= brand.people[599]).collect::<Vec<_>>();
    brand.days(2);
    for num in &treated[..200] {
        brand.orders(*num, 10_000);
    }
    for num in &control[..20] {
        brand.orders(*num, 10_000);
    }
    brand.does(treated[0], "buy");
    brand.does(control[1], "buy");
    brand.t.clock.advance_seconds(1);
    brand.orders(treated[0], 500);
    // Twelve days after the first came in their time is over, and that of the others is not.
    brand.days(4);
    let (old, new) = (early(&treated)[100], *treated.last().unwrap());
    for num in [old, new, early(&control)[30]] {
        brand.orders(num, 3_000);
        brand.does(num, "buy");
    }
    brand.t.clock.advance_seconds(1);
    let effect = brand.effect().unwrap();
    assert_eq!(sizes(&effect), [control.len() as i64, treated.len() as i64]);
    assert!(effect.trial.ratio.is_some_and(|own| !own.mismatch) && effect.trial.arms[0].drawn == Some(0.25));
    assert_eq!((effect.open, effect.both, effect.kept_out), (600, 0, 0));
    assert_eq!((effect.from, effect.trial.kind.name()), (first, "journey"));
    assert_eq!(hits(&effect, What::Goal), [1, 2]);
    assert_eq!(hits(&effect, What::Bought), [20, 201]);
    assert_eq!(hits(&effect, What::Revenue), [200_000, 2_003_500]);
    let bought = &effect.trial.outcomes.iter().find(|own| own.what == What::Bought).unwrap().comparisons[0];
    assert_eq!(bought.verdict.name(), "better");
    let revenue = &effect.trial.outcomes.iter().find(|own| own.what == What::Revenue).unwrap().comparisons[0];
    let each = 2_003_500.0 / treated.len() as f64 - 200_000.0 / control.len() as f64;
    assert!((revenue.extra.unwrap().0 - each * treated.len() as f64).abs() < 1e-3);
}

fn people_count_once_and_the_brands_holdout_nowhere(t: TestDb) {
    let brand = Brand::open(t, 400, 50);
    brand.let_in(&brand.people);
    let (control, treated) = brand.drawn();
    // Who is in again counts from the first time on; who is both, nowhere; who is erased, nowhere.
    brand.days(2);
    brand.let_in(&treated[..50]);
    brand.orders(treated[0], 100);
    brand.merge(control[0], treated[0]);
    brand.merge(control[1], control[2]);
    let gone = treated[5];
    brand.act(move |tx| {
        tx.execute("UPDATE person SET state = 2 WHERE num = $1", params![gone])?;
        Ok(())
    });
    let effect = brand.effect().unwrap();
    assert_eq!((effect.both, sizes(&effect)), (1, vec![control.len() as i64 - 2, treated.len() as i64 - 2]));
    assert_eq!(hits(&effect, What::Bought), [0, 0]);
    // The brand's part is taken out of both alike.
    let (gate, now) = (brand.gate.clone(), brand.t.clock.now());
    let rules = Rules { holdout: Holdout { percent: 50.0, salt: "1".into() }, ..Rules::none() };
    let known = rules.clone();
    brand.act(move |tx| gate.save_rules(tx, &known, None, "", "test", now));
    let cut = brand.effect().unwrap();
    let kept = |all: &[PersonNum]| all.iter().filter(|num| brand.gate.keeps(&rules, **num)).count() as i64;
    let out = kept(&control[1..2]) + kept(&control[3..]) + kept(&treated[1..5]) + kept(&treated[6..]);
    assert!((150..250).contains(&out), "{out}");
    assert_eq!((cut.kept_out, sizes(&cut).iter().sum::<i64>()), (out, 400 - 4 - out));
    assert!(cut.trial.ratio.is_some_and(|own| !own.mismatch));
}
