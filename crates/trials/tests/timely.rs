//! Tasks on time against late, on either engine: which tasks count where, what counts of their customers, and what is left unsaid.

use siyu_commerce::{LineIn, OrderIn, place, recount};
use siyu_db::{Engine, Migration, Tx, params};
use siyu_kernel::{Chance, Clock, Currency, Identifier, Kind, PersonNum, Refusal, Time, Vault};
use siyu_log::Log;
use siyu_people::People;
use siyu_testkit::TestDb;
use siyu_trials::{Figures, Reading, Timely, TimelyAsked, of_tasks};
use std::sync::Arc;

const MIGRATIONS: &[Migration] = siyu_testkit::migrations![
    siyu_log::MIGRATIONS,
    siyu_people::MIGRATIONS,
    siyu_commerce::MIGRATIONS,
    siyu_contacts::MIGRATIONS,
    siyu_guides::MIGRATIONS
];

siyu_testkit::contract!(MIGRATIONS;
    tasks_are_told_apart_at_their_deadline, what_customers_paid_counts_from_the_deadline, guides_are_compared_with_themselves,
    readers_see_their_own);

const DAY: i64 = 86_400;

struct World {
    t: TestDb,
    people: Vec<PersonNum>,
    /// The deadline of what is given here; noon of a day more than its window ago.
    due: Time,
}

/// How a task ends, in seconds from its deadline.
#[derive(Clone, Copy)]
enum Ends {
    Done(i64),
    Skipped(i64),
    Open,
}

impl World {
    fn open(t: TestDb, count: usize) -> Self {
        let vault = Vault::from_key([7; 32]);
        let log = Log::open(t.db(), vault.clone(), t.clock.clone()).unwrap();
        let people = People::open(t.db(), vault, log, Arc::new(Chance::seeded(1))).unwrap();
        let now = t.clock.now();
        let resolve = move |tx: &mut Tx<'_>| {
            let prepared: Vec<_> = (0..count)
                .map(|n| people.prepare([Identifier::new(Kind::Phone, &format!("139{n:08}")).unwrap()], now))
                .collect();
            Ok(people.resolve(tx, &prepared, "test", now)?.into_iter().map(|own| own.unwrap().root).collect())
        };
        let everybody = t.db().transact(resolve).unwrap();
        Self { people: everybody, due: now.plus_days(-20), t }
    }
    fn act<T: Send + 'static>(&self, unit: impl FnMut(&mut Tx<'_>) -> Result<T, Refusal> + Send + 'static) -> T {
        self.t.db().transact(unit).unwrap()
    }
    /// Given by a journey (or whatever `source` is) to a guide for somebody.
    fn task(&self, source: &str, by: &str, staff: &str, num: PersonNum, due: Time, ends: Ends) {
        let empty = if self.t.db().engine() == Engine::Sqlite { "x''" } else { "''::bytea" };
        let (state, at) = match ends {
            Ends::Done(after) => ("done", Some(due.plus_seconds(after))),
            Ends::Skipped(after) => ("skipped", Some(due.plus_seconds(after))),
            Ends::Open => ("open", None),
        };
        let id = self.act(|tx| Ok(tx.one("SELECT COUNT(*) FROM guide_task", &[], |row| row.int(0))?));
        let sql = format!(
            "INSERT INTO guide_task (id, staff, kind, num, body, due_at, source, state, created_at, created_by, ended_at) VALUES ($1, $2, 'call', $3, {empty}, $4, $5, $6, 0, $7, $8)"
        );
        let own = [id.to_string(), staff.to_owned(), source.to_owned(), state.to_owned(), by.to_owned()];
        self.act(move |tx| {
            let [id, staff, source, state, by] = &own;
            let values =
                [id.into(), staff.into(), num.into(), due.into(), source.into(), state.into(), by.into(), at.into()];
            Ok(tx.execute(&sql, &values)?)
        });
    }
    fn gives(&self, staff: &str, at: usize, ends: Ends) {
        self.task("journey", "新客关怀", staff, self.people[at], self.due, ends);
    }
    fn pays(&self, num: PersonNum, at: Time, amount: i64, back: i64, store: Option<&str>) {
        let line = |of: Option<&str>, pieces: i64, amount: i64| LineIn {
            line_no: None,
            sku: "A".into(),
            title: None,
            quantity_milli: pieces * 1_000,
            price_minor: None,
            amount_minor: amount,
            refund_of: of.map(str::to_owned),
        };
        let no = format!("{num}-{}-{amount}-{}", at.0, store.unwrap_or_default());
        let mut lines = vec![line(None, 1, amount)];
        if back > 0 {
            lines.push(line(Some(&no), -1, -back));
        }
        let order = OrderIn {
            order_no: no,
            at,
            store: store.map(str::to_owned),
            currency: Currency::CNY,
            person: Some(num),
            root: Some(num),
            lines,
            source: "test".into(),
            whole: false,
        };
        let now = self.t.clock.now();
        let placed = self.act(move |tx| place(tx, std::slice::from_ref(&order), 0, now));
        assert!(placed.iter().all(|own| own.refused.is_none()), "{placed:?}");
    }
    fn asked(&self) -> TimelyAsked<'static> {
        TimelyAsked {
            from: self.due.plus_days(-60),
            to: self.t.clock.now(),
            days: 14,
            currency: Currency::CNY,
            now: self.t.clock.now(),
            journey: None,
            staff: None,
            stores: None,
            people: None,
        }
    }
    fn told(&self, asked: &TimelyAsked<'_>) -> Timely {
        self.t.db().read(|tx| of_tasks(tx, asked)).unwrap()
    }
}

/// Those who paid, late and on time; what they paid.
fn sums(own: &Timely) -> ((i64, i64), (i128, i128)) {
    let (Figures::Shares(paid), Figures::Samples(net)) = (&own.outcomes[0].figures, &own.outcomes[1].figures) else {
        panic!("{own:?}")
    };
    ((paid[0].hits, paid[1].hits), (net[0].sum, net[1].sum))
}

fn tasks_are_told_apart_at_their_deadline(t: TestDb) {
    let world = World::open(t, 20);
    for (at, ends) in [Ends::Done(-1), Ends::Done(0)].into_iter().enumerate() {
        world.gives("ann", at, ends);
    }
    for (at, ends) in [Ends::Done(1), Ends::Open, Ends::Skipped(0), Ends::Skipped(DAY)].into_iter().enumerate() {
        world.gives("ann", 2 + at, ends);
    }
    world.gives("ann", 6, Ends::Skipped(-1));
    let own = world.told(&world.asked());
    assert_eq!((own.on_time.tasks, own.late.tasks, own.left_out, own.waiting), (2, 4, 1, 0));
    assert_eq!(own.guides, 1);

    // The last instant of a window has passed with it.
    let edge = world.t.clock.now().plus_days(-14);
    world.task("journey", "新客关怀", "ann", world.people[7], edge, Ends::Open);
    world.task("journey", "新客关怀", "ann", world.people[7], edge.plus_seconds(1), Ends::Done(0));
    world.task("sop", "新客关怀", "ann", world.people[8], world.due, Ends::Open);
    world.task("journey", "老客", "ann", world.people[8], world.due, Ends::Open);
    world.task("journey", "新客关怀", "ann", world.people[8], world.due.plus_days(-70), Ends::Open);
    world.task("journey", "新客关怀", "bea", world.people[0], world.due, Ends::Open);
    let own = world.told(&world.asked());
    assert_eq!((own.on_time.tasks, own.late.tasks, own.left_out, own.waiting), (2, 7, 1, 1));
    assert_eq!((own.late.people, own.on_time.people, own.late.compared_tasks, own.guides), (7, 2, 6, 1));
    let of = TimelyAsked { journey: Some("老客"), ..world.asked() };
    assert_eq!(world.told(&of).late.tasks, 1);
    assert_eq!(own.outcomes.iter().map(|own| own.reading).collect::<Vec<_>>(), [Reading::TooFew; 2]);
    assert!(own.outcomes.iter().all(|own| own.raw.is_none() && own.within.is_none()), "{own:?}");

    let gone = world.people[0];
    world.act(move |tx| Ok(tx.execute("UPDATE person SET state = 2 WHERE num = $1", params![gone])?));
    assert_eq!(world.told(&world.asked()).on_time.tasks, 1, "whoever was erased counts nowhere");
}

fn what_customers_paid_counts_from_the_deadline(t: TestDb) {
    let world = World::open(t, 6);
    let (due, people) = (world.due, &world.people);
    for at in 0..4 {
        world.gives("ann", at, if at < 2 { Ends::Done(-60) } else { Ends::Done(DAY) });
    }
    // The deadline itself counts, the end of the days does not; what was given back is taken off.
    world.pays(people[0], due, 1_000, 0, None);
    world.pays(people[1], due.plus_seconds(-1), 2_000, 0, None);
    world.pays(people[1], due.plus_days(14), 4_000, 0, None);
    world.pays(people[2], due.plus_days(14).plus_seconds(-1), 8_000, 3_000, None);
    world.pays(people[4], due, 16_000, 0, None);
    assert_eq!(sums(&world.told(&world.asked())), ((1, 1), (5_000, 1_000)));
    let longer = TimelyAsked { days: 15, ..world.asked() };
    assert_eq!(sums(&world.told(&longer)), ((1, 2), (5_000, 5_000)));

    // A second task of the same customer has days of its own, and counts beside.
    world.task("journey", "新客关怀", "ann", people[0], due.plus_days(-5), Ends::Open);
    assert_eq!(sums(&world.told(&world.asked())), ((2, 1), (6_000, 1_000)));
    // Two who turn out to be one: what either paid is theirs.
    let (root, other) = (people[3], people[4]);
    world.act(move |tx| {
        tx.execute("UPDATE person SET root = $1 WHERE num = $2", params![root, other])?;
        recount(tx, root, &[root, other])
    });
    assert_eq!(sums(&world.told(&world.asked())), ((3, 1), (22_000, 1_000)));
}

/// Ann is on time nine times of ten and her customers pay half the time, Bea the other way round: what tells them apart is no merit of being on time.
fn guides_are_compared_with_themselves(t: TestDb) {
    let world = World::open(t, 400);
    for (staff, from, on_time, pays) in [("ann", 0, 9, 5), ("bea", 200, 1, 1)] {
        for at in 0..200 {
            world.gives(staff, from + at, if at % 10 < on_time { Ends::Done(-60) } else { Ends::Open });
            // Both parts of a guide's customers pay alike.
            if (at / 10) % 10 < pays {
                world.pays(world.people[from + at], world.due.plus_days(1), 10_000 + at as i64, 0, None);
            }
        }
    }
    let own = world.told(&world.asked());
    assert_eq!((own.guides, own.late.compared_people, own.on_time.compared_people), (2, 200, 200));
    let paid = &own.outcomes[0];
    let (raw, within) = (paid.raw.unwrap(), paid.within.unwrap());
    assert!(raw.value > 0.25 && raw.interval.low > 0.0, "{raw:?}");
    assert!(within.value.abs() < 1e-9, "{within:?}");
    assert!(own.outcomes.iter().all(|own| own.reading == Reading::Unclear), "{own:?}");
}

fn readers_see_their_own(t: TestDb) {
    let world = World::open(t, 4);
    world.act(|tx| {
        for code in ["S1", "S2"] {
            tx.execute("INSERT INTO store (code, name, created_at) VALUES ($1, $1, 0)", params![code])?;
        }
        Ok(())
    });
    world.gives("ann", 0, Ends::Done(-60));
    world.gives("bea", 1, Ends::Open);
    for (at, store) in [(0, "S1"), (0, "S2"), (1, "S2")] {
        world.pays(world.people[at], world.due.plus_days(1), 100 * (at as i64 + 1), 0, Some(store));
    }
    assert_eq!(sums(&world.told(&world.asked())), ((1, 1), (200, 200)));
    let (staff, stores) = (["ann".to_owned()], ["S1".to_owned()]);
    let own = world.told(&TimelyAsked { staff: Some(&staff), stores: Some(&stores), ..world.asked() });
    assert_eq!((own.on_time.tasks, own.late.tasks, sums(&own)), (1, 0, ((0, 1), (0, 100))));
    let people = [world.people[1]];
    let own = world.told(&TimelyAsked { people: Some(&people), ..world.asked() });
    assert_eq!((own.on_time.tasks, own.late.tasks), (0, 1));
    let none = world.told(&TimelyAsked { staff: Some(&[]), stores: Some(&[]), ..world.asked() });
    assert_eq!((none.on_time.tasks, none.late.tasks), (0, 0));
}
