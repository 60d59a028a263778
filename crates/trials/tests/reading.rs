//! What a run did is read right, on either engine: who counts where, what counts, and for how long.

use siyu_commerce::{LineIn, OrderIn, place, recount};
use siyu_db::{Migration, Tx, params};
use siyu_gate::{Candidate, Channel, Class, Due, Gate, Holdout, Rules, RunIn, Verdict};
use siyu_kernel::{Chance, Clock, Currency, Identifier, Kind, PersonNum, Refusal, Time, Vault, Zone};
use siyu_log::Log;
use siyu_people::People;
use siyu_testkit::TestDb;
use siyu_trials::{Asked, Effect, Figures, Outcome, Trial, What, of_run, of_test};
use std::sync::Arc;

const MIGRATIONS: &[Migration] = siyu_testkit::migrations![
    siyu_log::MIGRATIONS,
    siyu_people::MIGRATIONS,
    siyu_commerce::MIGRATIONS,
    siyu_contacts::MIGRATIONS,
    siyu_gate::MIGRATIONS,
    siyu_reach::MIGRATIONS
];

siyu_testkit::contract!(MIGRATIONS;
    treated_and_held_out_are_counted, contents_are_compared_without_a_holdout, the_rest_of_a_test_is_treated_and_in_no_content, time_is_what_was_asked_for, one_person_counts_once,
    groups_that_are_not_as_drawn_are_told, rules_that_changed_on_the_way_are_known, service_and_small_runs_say_little);

struct World {
    t: TestDb,
    gate: Gate,
    everybody: Vec<PersonNum>,
    start: Time,
}

/// Held out, and let through.
struct Parts {
    held: Vec<PersonNum>,
    treated: Vec<PersonNum>,
}

impl World {
    fn open(t: TestDb, count: usize) -> Self {
        let vault = Vault::from_key([7; 32]);
        let log = Log::open(t.db(), vault.clone(), t.clock.clone()).unwrap();
        let people = People::open(t.db(), vault.clone(), log, Arc::new(Chance::seeded(1))).unwrap();
        let now = t.clock.now();
        let resolve = move |tx: &mut Tx<'_>| {
            let prepared: Vec<_> = (0..count)
                .map(|n| people.prepare([Identifier::new(Kind::Phone, &format!("139{n:08}")).unwrap()], now))
                .collect();
            Ok(people.resolve(tx, &prepared, "test", now)?.into_iter().map(|own| own.unwrap().root).collect())
        };
        let everybody = t.db().transact(resolve).unwrap();
        let own = Self { gate: Gate::new(&vault), everybody, start: now, t };
        own.rules(0.0);
        own
    }
    fn act<T: Send + 'static>(&self, unit: impl FnMut(&mut Tx<'_>) -> Result<T, Refusal> + Send + 'static) -> T {
        self.t.db().transact(unit).unwrap()
    }
    /// Nothing holds anybody but the brand's holdout.
    fn rules(&self, percent: f64) {
        let (gate, now) = (self.gate.clone(), self.start);
        let rules = Rules { holdout: Holdout { percent, salt: "1".into() }, ..Rules::none() };
        self.act(move |tx| gate.save_rules(tx, &rules, None, "", "test", now));
    }
    /// Makes a run for everybody.
    fn make(&self, id: &str, class: Class, holdout: f64) {
        let (gate, people, start) = (self.gate.clone(), self.everybody.clone(), self.t.clock.now());
        let input = RunIn {
            id: id.into(),
            kind: "broadcast",
            name: id.into(),
            class,
            channel: Channel::Wecom,
            worth: 1.0,
            holdout,
            per_hour: if id == "slow" { 3_600 } else { 0 },
            start,
            expires: start.plus_days(30),
            by: "test".into(),
        };
        self.act(move |tx| gate.create_run(tx, &input, &people, start));
    }
    /// Decides `parts` parts of a run as its way out does; contents in turn.
    fn decide(&self, id: &str, parts: usize, variants: i64) -> Parts {
        let mut all = Parts { held: Vec::new(), treated: Vec::new() };
        for _ in 0..parts {
            let (gate, now, message) = (self.gate.clone(), self.t.clock.now(), id.to_owned());
            let judged = self.act(move |tx| {
                let due = gate.due(tx, |_| true, now)?;
                if matches!(due, Due::Nothing | Due::Later(_)) {
                    return Ok(Vec::new());
                }
                let Some(taken) = gate.take(tx, &due, now)? else { return Ok(Vec::new()) };
                let who: Vec<_> =
                    taken.nums.iter().map(|num| Candidate { num: *num, unreachable: None }).collect();
                let judged = gate.decide(tx, &taken, &who, &Zone::shanghai(), now)?;
                for own in judged.iter().filter(|own| matches!(own.verdict, Verdict::Go { .. })) {
                    let task = 1_000 + i64::from(own.num) % variants;
                    let sql = "INSERT INTO message_person (message, num, contact, task, state, reason, at) VALUES ($1, $2, '', $3, 0, '', $4)";
                    tx.execute(sql, params![&message, own.num, task, now])?;
                }
                Ok(judged)
            });
            for own in judged {
                match own.verdict {
                    Verdict::Go { .. } => all.treated.push(own.num),
                    Verdict::Skip("holdout") => all.held.push(own.num),
                    other => panic!("{other:?}"),
                }
            }
        }
        all
    }
    fn contents(&self, id: &str, variants: i64) {
        let id = id.to_owned();
        self.act(move |tx| {
            for variant in 0..variants {
                let sql = "INSERT INTO message_task (id, message, staff, userid, store, part, variant, due_at) VALUES ($1, $2, '', '', '', 0, $3, 0)";
                tx.execute(sql, params![1_000 + variant, &id, variant])?;
                if variant > 0 {
                    let sql = "INSERT INTO message_variant (message, variant, content) VALUES ($1, $2, $3)";
                    tx.execute(sql, params![&id, variant, &[0_u8][..]])?;
                }
            }
            Ok(())
        });
    }
    fn run(&self, id: &str, holdout: f64, variants: i64) -> Parts {
        self.make(id, Class::Marketing, holdout);
        self.contents(id, variants);
        self.decide(id, 1, variants)
    }
    /// None of them got it after all: they are free for another one.
    fn failed(&self, id: &str, nums: &[PersonNum]) {
        let (gate, id, nums, now) = (self.gate.clone(), id.to_owned(), nums.to_vec(), self.t.clock.now());
        self.act(move |tx| gate.failed(tx, &id, &nums, "not_friends", now));
    }
    fn order(&self, no: &str, num: PersonNum, at: Time, amount: i64, currency: Currency, refund: i64) {
        let line = |of: Option<&str>, pieces: i64, amount: i64| LineIn {
            line_no: None,
            sku: "A".into(),
            title: None,
            quantity_milli: pieces * 1_000,
            price_minor: None,
            amount_minor: amount,
            refund_of: of.map(str::to_owned),
        };
        let mut lines = vec![line(None, 1, amount)];
        if refund > 0 {
            lines.push(line(Some(no), -1, -refund));
        }
        let order = OrderIn {
            order_no: no.into(),
            at,
            store: None,
            currency,
            person: Some(num),
            root: Some(num),
            lines,
            source: "test".into(),
            whole: false,
        };
        let placed = self.act(move |tx| place(tx, std::slice::from_ref(&order), 0, at));
        assert!(placed[0].refused.is_none(), "{placed:?}");
    }
    fn buys(&self, nums: &[PersonNum], at: Time, amount: i64) {
        for num in nums {
            self.order(&format!("{num}-{}-{amount}", at.0), *num, at, amount, Currency::CNY, 0);
        }
    }
    fn loses(&self, num: PersonNum, status: i64, at: Time, by: &str) {
        let (by, contact) = (by.to_owned(), format!("wm{num}"));
        self.act(move |tx| {
            let sql = "INSERT INTO wecom_contact (id, num, unionid, name, avatar, kind, gender, corp_name, position, first_at) VALUES ($1, $2, '', '', '', 1, 0, '', '', 0)";
            tx.execute(sql, params![&contact, num])?;
            let sql = "INSERT INTO wecom_follow (contact, staff, remark, description, company, add_way, oper, state, created_at, status, lost_at, lost_by, read_at, seen)
                VALUES ($1, 'ann', '', '', '', 0, '', '', 0, $2, $3, $4, 0, 0)";
            tx.execute(sql, params![&contact, status, at, &by])?;
            Ok(())
        });
    }
    fn merge(&self, root: PersonNum, other: PersonNum) {
        self.act(move |tx| {
            tx.execute("UPDATE person SET root = $1 WHERE num = $2", params![root, other])?;
            recount(tx, root, &[root, other])
        });
    }
    fn effect(&self, id: &str, days: u32, after: i64) -> Effect {
        let asked = Asked { days, lift: 0.1, currency: Currency::CNY, now: self.start.plus_days(after) };
        self.t
            .db()
            .read(|tx| {
                let run = self.gate.run(tx, id)?;
                of_run(tx, &self.gate, &run, &asked)
            })
            .unwrap()
    }
}

fn outcome(trial: &Trial, what: What) -> &Outcome {
    trial.outcomes.iter().find(|own| own.what == what).unwrap()
}
fn hits(trial: &Trial, what: What) -> Vec<i64> {
    match &outcome(trial, what).figures {
        Figures::Shares(all) => all.iter().map(|own| own.hits).collect(),
        Figures::Samples(all) => all.iter().map(|own| own.sum as i64).collect(),
    }
}
fn sizes(trial: &Trial) -> Vec<i64> {
    trial.arms.iter().map(|arm| arm.people).collect()
}
fn words(trial: &Trial, what: What) -> Vec<&'static str> {
    outcome(trial, what).comparisons.iter().map(|own| own.verdict.name()).collect()
}

fn treated_and_held_out_are_counted(t: TestDb) {
    let world = World::open(t, 1_200);
    let Parts { held, treated } = world.run("run", 40.0, 1);
    assert!((410..550).contains(&held.len()) && held.len() + treated.len() == 1_200, "{}", held.len());
    let (day, later) = (world.start.plus_days(1), world.start.plus_days(3));
    world.buys(&held[..40], day, 10_000);
    world.buys(&treated[..200], day, 10_000);
    // A second order of the same people is no second buyer; a refund is taken off, whatever the order's day; another currency is an order and no revenue.
    world.buys(&treated[..10], later, 2_500);
    world.order("back", treated[300], day, 8_000, Currency::CNY, 3_000);
    world.order("abroad", treated[301], day, 9_999, Currency::parse("USD").unwrap(), 0);
    // Before the start, after the end, and somebody the run was not for.
    world.order("early", held[100], Time(world.start.0 - 1), 70_000, Currency::CNY, 0);
    world.order("late", held[101], world.start.plus_days(14), 70_000, Currency::CNY, 0);
    world.loses(held[5], 2, day, "customer");
    world.loses(held[6], 2, day, "transfer");
    world.loses(held[7], 0, day, "customer");
    world.loses(treated[5], 2, day, "unknown");
    world.loses(treated[6], 2, Time(world.start.0 - 1), "customer");
    let effect = world.effect("run", 14, 20);
    assert_eq!((effect.over, effect.both, effect.trials.len()), (true, 0, 1));
    assert_eq!((effect.from, effect.until), (world.start, world.start.plus_days(14)));
    let trial = &effect.trials[0];
    assert_eq!(trial.kind.name(), "holdout");
    assert_eq!(sizes(trial), [held.len() as i64, treated.len() as i64]);
    assert_eq!(trial.arms[0].drawn.map(|own| (own * 100.0).round()), Some(40.0));
    assert!(trial.ratio.is_some_and(|own| !own.mismatch));
    assert_eq!(hits(trial, What::Bought), [40, 202]);
    assert_eq!(hits(trial, What::Revenue), [400_000, 2_030_000]);
    assert_eq!(hits(trial, What::Lost), [1, 1]);
    assert_eq!((words(trial, What::Bought), words(trial, What::Lost)), (vec!["better"], vec!["too_small"]));
    let revenue = outcome(trial, What::Revenue).comparisons[0];
    let each = 2_030_000.0 / treated.len() as f64 - 400_000.0 / held.len() as f64;
    assert!((revenue.difference.unwrap().value - each).abs() < 1e-6);
    let (extra, interval) = revenue.extra.unwrap();
    assert!((extra - each * treated.len() as f64).abs() < 1e-3 && interval.low > 0.0 && interval.high > extra);
}

fn contents_are_compared_without_a_holdout(t: TestDb) {
    let world = World::open(t, 900);
    let Parts { held, treated } = world.run("run", 0.0, 3);
    assert_eq!((held.len(), treated.len()), (0, 900));
    let of = |variant: u32| treated.iter().copied().filter(|num| num % 3 == variant).collect::<Vec<_>>();
    world.buys(&of(0)[..30], world.start, 100);
    world.buys(&of(1)[..90], world.start, 100);
    world.buys(&of(2)[..30], world.start, 100);
    let effect = world.effect("run", 14, 20);
    assert_eq!(effect.trials.len(), 1);
    let trial = &effect.trials[0];
    assert_eq!((trial.kind.name(), sizes(trial)), ("variants", vec![300, 300, 300]));
    assert_eq!(hits(trial, What::Bought), [30, 90, 30]);
    assert_eq!(words(trial, What::Bought), ["better", "too_small"]);
    // With a holdout there are both: all contents together against those held out, and each against the first.
    world.failed("run", &treated);
    world.t.clock.advance_seconds(2 * 86_400);
    let Parts { held, treated } = {
        world.make("both", Class::Marketing, 50.0);
        world.act(|tx| {
            tx.execute("UPDATE message_task SET message = 'both'", &[])?;
            tx.execute("UPDATE message_variant SET message = 'both'", &[])?;
            Ok(())
        });
        world.decide("both", 1, 3)
    };
    world.buys(&held[..7], world.t.clock.now(), 100);
    world.buys(&treated[..9], world.t.clock.now(), 100);
    let effect = world.effect("both", 14, 20);
    assert_eq!(effect.trials.iter().map(|own| own.kind.name()).collect::<Vec<_>>(), ["holdout", "variants"]);
    assert_eq!(sizes(&effect.trials[0]), [held.len() as i64, treated.len() as i64]);
    assert_eq!(sizes(&effect.trials[1]).iter().sum::<i64>(), treated.len() as i64);
    assert_eq!(hits(&effect.trials[0], What::Bought), [7, 9]);
    assert_eq!(hits(&effect.trials[1], What::Bought).iter().sum::<i64>(), 9);
}

fn the_rest_of_a_test_is_treated_and_in_no_content(t: TestDb) {
    let world = World::open(t, 1_200);
    let Parts { held, treated } = world.run("run", 20.0, 2);
    // A third of those let through had their turn after the test, with the second content.
    world.act(|tx| {
        let sql = "INSERT INTO message_task (id, message, staff, userid, store, part, variant, due_at, rest) VALUES (1100, 'run', '', '', '', 0, 1, 0, 1)";
        tx.execute(sql, &[])?;
        tx.execute("UPDATE message_person SET task = 1100 WHERE message = 'run' AND num % 3 = 0", &[])?;
        Ok(())
    });
    let of = |fits: fn(u32) -> bool| treated.iter().copied().filter(|num| fits(*num)).collect::<Vec<PersonNum>>();
    let (first, second) = (of(|num| num % 3 != 0 && num % 2 == 0), of(|num| num % 3 != 0 && num % 2 == 1));
    let rest = of(|num| num % 3 == 0);
    world.buys(&first[..20], world.start, 100);
    world.buys(&second[..60], world.start, 100);
    world.buys(&rest[..100], world.start, 900);
    world.loses(second[0], 2, world.start, "customer");
    let effect = world.effect("run", 14, 20);
    assert_eq!(sizes(&effect.trials[0]), [held.len() as i64, treated.len() as i64]);
    assert_eq!(hits(&effect.trials[0], What::Bought), [0, 180]);
    assert_eq!(sizes(&effect.trials[1]), [first.len() as i64, second.len() as i64]);
    assert_eq!(hits(&effect.trials[1], What::Bought), [20, 60]);
    let test = |what: What, after: i64| {
        let until = world.start.plus_days(after);
        let read = |tx: &mut Tx<'_>| {
            let run = world.gate.run(tx, "run")?;
            of_test(tx, &world.gate, &run, what, Currency::CNY, until)
        };
        world.t.db().read(read).unwrap()
    };
    let own = test(What::Bought, 1);
    assert_eq!(own.people, [first.len() as i64, second.len() as i64]);
    assert_eq!((own.pick.winner, own.pick.why.name()), (Some(1), "shown"));
    assert_eq!(test(What::Revenue, 1).pick.winner, Some(1));
    // One loss says nothing; before the first order there is nothing to say.
    assert_eq!((test(What::Lost, 1).pick.winner, test(What::Lost, 1).pick.why.name()), (None, "too_small"));
    assert_eq!(test(What::Bought, 0).pick.why.name(), "too_small");
}

fn time_is_what_was_asked_for(t: TestDb) {
    let world = World::open(t, 100);
    let Parts { held, .. } = world.run("run", 50.0, 1);
    world.buys(&held[..1], world.start, 100);
    world.buys(&held[1..2], world.start.plus_days(2), 100);
    world.buys(&held[2..3], world.start.plus_days(40), 100);
    for (days, after, over, bought) in [
        (1, 90, true, 1),
        (3, 90, true, 2),
        (90, 90, true, 3),
        (90, 39, false, 2),
        (14, 1, false, 1),
        (14, -3, false, 0),
    ] {
        let effect = world.effect("run", days, after);
        assert_eq!((effect.over, hits(&effect.trials[0], What::Bought)[0]), (over, bought), "{days} {after}");
        assert!(effect.until >= effect.from);
    }
}

fn one_person_counts_once(t: TestDb) {
    let world = World::open(t, 200);
    let Parts { held, treated } = world.run("run", 50.0, 2);
    world.buys(&held[..2], world.start, 100);
    world.buys(&treated[..3], world.start, 100);
    // Two of the same arm are one; two of both arms say nothing of either.
    world.merge(held[0], held[1]);
    world.merge(treated[0], treated[1]);
    world.merge(held[4], treated[2]);
    let erased = treated[9];
    world.act(move |tx| {
        tx.execute("UPDATE person SET state = 2 WHERE num = $1", params![erased])?;
        Ok(())
    });
    let effect = world.effect("run", 14, 20);
    let trial = &effect.trials[0];
    assert_eq!(effect.both, 1);
    assert_eq!(sizes(trial), [held.len() as i64 - 2, treated.len() as i64 - 3]);
    assert_eq!(hits(trial, What::Bought), [1, 1]);
    assert_eq!(hits(trial, What::Revenue), [200, 200]);
}

fn groups_that_are_not_as_drawn_are_told(t: TestDb) {
    let world = World::open(t, 1_200);
    let Parts { held, treated } = world.run("run", 50.0, 1);
    world.buys(&held[..40], world.start, 100);
    world.buys(&treated[..200], world.start, 100);
    assert_eq!(words(&world.effect("run", 14, 20).trials[0], What::Bought), ["better"]);
    let gone: Vec<i64> = treated[300..450].iter().map(|num| i64::from(*num)).collect();
    world.act(move |tx| {
        let sql = format!("DELETE FROM message_person WHERE {}", tx.any("num", 1));
        tx.execute(&sql, params![&gone])?;
        Ok(())
    });
    let effect = world.effect("run", 14, 20);
    let trial = &effect.trials[0];
    assert!(trial.ratio.is_some_and(|own| own.mismatch));
    for what in [What::Bought, What::Revenue, What::Lost] {
        assert_eq!(words(trial, what), ["mismatch"]);
    }
}

fn rules_that_changed_on_the_way_are_known(t: TestDb) {
    let world = World::open(t, 900);
    world.make("slow", Class::Marketing, 20.0);
    world.contents("slow", 1);
    let mut held = 0;
    for turn in 0..3 {
        // 300 people a turn; the brand's part comes on top from the second on.
        world.rules(if turn == 0 { 0.0 } else { 50.0 });
        held += world.decide("slow", 1, 1).held.len();
        world.t.clock.advance_seconds(400);
    }
    let effect = world.effect("slow", 14, 20);
    let trial = &effect.trials[0];
    assert_eq!((trial.arms[0].people as usize, sizes(trial).iter().sum::<i64>()), (held, 900));
    assert!((trial.arms[0].drawn.unwrap() - (0.2 + 0.6 + 0.6) / 3.0).abs() < 1e-9, "{:?}", trial.arms);
    assert!(trial.ratio.is_some_and(|own| !own.mismatch), "{:?}", trial.ratio);
}

fn service_and_small_runs_say_little(t: TestDb) {
    let world = World::open(t, 12);
    world.make("service", Class::Service, 50.0);
    let all = world.decide("service", 1, 1).treated;
    world.failed("service", &all);
    assert_eq!(world.effect("service", 14, 20).trials, []);
    world.t.clock.advance_seconds(2 * 86_400);
    world.run("small", 50.0, 1);
    let trial = &world.effect("small", 14, 20).trials[0];
    assert_eq!(words(trial, What::Bought), ["too_small"]);
    assert_eq!(outcome(trial, What::Revenue).comparisons[0].difference, None, "nobody bought anything");
}
