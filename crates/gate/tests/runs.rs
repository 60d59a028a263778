//! Runs on either engine: decided in parts, settled, counted; the sum is right at every step.

use siyu_db::{Db, Migration, Tx, params};
use siyu_gate::{
    Candidate, Cap, Channel, Class, DecisionQuery, Due, End, Fatigue, Gate, Holdout, Period, QuietHours, Quota, Rules,
    RunChange, RunIn, RunRow, Verdict, Whose,
};
use siyu_kernel::{Chance, Clock, Identifier, Kind, PersonNum, Refusal, Time, Vault, Zone};
use siyu_log::Log;
use siyu_people::{ConsentIn, People};
use siyu_testkit::TestDb;
use std::collections::BTreeMap;
use std::sync::Arc;

const MIGRATIONS: &[Migration] =
    siyu_testkit::migrations![siyu_log::MIGRATIONS, siyu_people::MIGRATIONS, siyu_gate::MIGRATIONS];

siyu_testkit::contract!(MIGRATIONS;
    a_run_is_decided_settled_and_counted, waiting_people_are_looked_at_again, consent_counts_to_the_last_second,
    one_person_gets_it_once, the_better_message_wins_whatever_comes_first, runs_are_paused_cancelled_and_expire,
    holdouts_are_the_same_people, rules_have_versions, a_throttle_spreads_it, who_comes_next_week_holds_nobody_down, who_was_skipped_has_had_nothing, other_rules_are_tried_on_the_past,
    erased_people_are_let_go, who_is_held_back_waits_until_released, nothing_is_lost_whatever_happens);

struct World {
    t: TestDb,
    gate: Gate,
    people: People,
    zone: Zone,
}

impl World {
    fn open(t: TestDb) -> Self {
        let vault = Vault::from_key([7; 32]);
        let log = Log::open(t.db(), vault.clone(), t.clock.clone()).unwrap();
        let people = People::open(t.db(), vault.clone(), log, Arc::new(Chance::seeded(1))).unwrap();
        Self { gate: Gate::new(&vault), people, zone: Zone::shanghai(), t }
    }
    fn db(&self) -> &Db {
        self.t.db()
    }
    fn now(&self) -> Time {
        self.t.clock.now()
    }
    fn act<T: Send + 'static>(&self, unit: impl FnMut(&mut Tx<'_>) -> Result<T, Refusal> + Send + 'static) -> T {
        self.db().transact(unit).unwrap()
    }
    fn read<T>(&self, unit: impl FnOnce(&mut Tx<'_>) -> Result<T, Refusal>) -> T {
        self.db().read(unit).unwrap()
    }
    /// So many people nobody knows anything of.
    fn people(&self, count: usize) -> Vec<PersonNum> {
        let (people, now) = (self.people.clone(), self.now());
        self.act(move |tx| {
            let prepared: Vec<_> = (0..count)
                .map(|n| people.prepare([Identifier::new(Kind::Phone, &format!("139{n:08}")).unwrap()], now))
                .collect();
            Ok(people.resolve(tx, &prepared, "test", now)?.into_iter().map(|own| own.unwrap().root).collect())
        })
    }
    fn rules(&self, rules: Rules) {
        let (gate, now) = (self.gate.clone(), self.now());
        self.act(move |tx| gate.save_rules(tx, &rules, None, "", "test", now));
    }
    fn run_in(&self, id: &str, worth: f64) -> RunIn {
        RunIn {
            id: id.into(),
            kind: "message",
            name: id.to_uppercase(),
            class: Class::Marketing,
            channel: Channel::Wecom,
            worth,
            holdout: 0.0,
            per_hour: 0,
            start: self.now(),
            expires: self.now().plus_days(10),
            by: "test".into(),
        }
    }
    fn create(&self, input: RunIn, people: &[PersonNum]) -> RunRow {
        let (gate, now, people) = (self.gate.clone(), self.now(), people.to_vec());
        self.act(move |tx| gate.create_run(tx, &input, &people, now))
    }
    fn create_holding(&self, input: RunIn, people: &[PersonNum], held: &[PersonNum]) -> RunRow {
        let (gate, now, people, held) = (self.gate.clone(), self.now(), people.to_vec(), held.to_vec());
        self.act(move |tx| gate.create_run_holding(tx, &input, &people, &held, now))
    }
    fn release(&self, id: &str) {
        let (gate, now, id) = (self.gate.clone(), self.now(), id.to_owned());
        self.act(move |tx| gate.release(tx, &id, now));
    }
    fn start(&self, id: &str, people: &[PersonNum]) -> RunRow {
        self.create(self.run_in(id, 1.0), people)
    }
    /// Decides one thing that is due; everybody with an odd number can be reached. Answers whether there was anything.
    fn step(&self) -> Option<Vec<(PersonNum, Verdict)>> {
        let now = self.now();
        let due = self.read(|tx| self.gate.due(tx, |_| true, now));
        if matches!(due, Due::Nothing | Due::Later(_)) {
            return None;
        }
        let (gate, zone) = (self.gate.clone(), self.zone.clone());
        Some(self.act(move |tx| {
            let Some(taken) = gate.take(tx, &due, now)? else { return Ok(Vec::new()) };
            let candidates: Vec<Candidate> =
                taken.nums.iter().map(|num| Candidate { num: *num, unreachable: None }).collect();
            let judged = gate.decide(tx, &taken, &candidates, &zone, now)?;
            Ok(judged.into_iter().map(|own| (own.num, own.verdict)).collect())
        }))
    }
    fn decide(&self) -> Vec<(PersonNum, Verdict)> {
        let mut all = Vec::new();
        while let Some(more) = self.step() {
            all.extend(more);
            self.sound();
        }
        all
    }
    fn reasons(&self, id: &str) -> BTreeMap<(&'static str, String), i64> {
        self.read(|tx| {
            let run = self.gate.run(tx, id)?;
            Ok(self.gate.reasons(tx, &run)?.into_iter().map(|(end, why, n)| ((end.name(), why), n)).collect())
        })
    }
    fn count(&self, id: &str, end: &'static str, why: &str) -> i64 {
        self.reasons(id).get(&(end, why.to_owned())).copied().unwrap_or(0)
    }
    fn sent(&self, id: &str, nums: &[PersonNum]) -> usize {
        let (gate, now, id, nums) = (self.gate.clone(), self.now(), id.to_owned(), nums.to_vec());
        self.act(move |tx| gate.sent(tx, &id, &nums, now)).len()
    }
    fn failed(&self, id: &str, nums: &[PersonNum], why: &'static str) -> usize {
        let (gate, now, id, nums) = (self.gate.clone(), self.now(), id.to_owned(), nums.to_vec());
        self.act(move |tx| gate.failed(tx, &id, &nums, why, now)).len()
    }
    fn going(&self, id: &str) -> Vec<PersonNum> {
        let sql = "SELECT d.num FROM gate_decision d JOIN gate_run r ON r.num = d.run WHERE r.id = $1 AND d.state = 1 ORDER BY d.num";
        self.read(|tx| Ok(tx.query(sql, params![id], |row| row.num(0))?))
    }
    fn hours(&self, hours: i64) {
        self.t.clock.advance_seconds(hours * 3_600);
    }
    /// The books agree with the rows, whatever was done.
    fn sound(&self) {
        self.read(|tx| {
            for run in self.gate.runs(tx, None, None, 200)? {
                let sums = self.gate.sums(tx, &run)?;
                assert_eq!(sums.people, run.people, "{}: {sums:?}", run.id);
                assert_eq!(sums.people, sums.waiting + sums.sent + sums.skipped + sums.failed);
                let rows = "SELECT state, reason, COUNT(*) FROM gate_decision WHERE run = $1 GROUP BY state, reason ORDER BY state, reason";
                let tallies = "SELECT state, reason, people FROM gate_tally WHERE run = $1 AND people <> 0 ORDER BY state, reason";
                let read = |tx: &mut Tx<'_>, sql: &str| {
                    tx.query(sql, params![run.num], |row| Ok((row.int(0)?, row.text(1)?, row.int(2)?)))
                };
                assert_eq!(read(tx, rows)?, read(tx, tallies)?, "{}", run.id);
                let parts = "SELECT CAST(COALESCE(SUM(people), 0) AS BIGINT) FROM gate_part WHERE run = $1";
                let parts = tx.one(parts, params![run.num], |row| row.int(0))?;
                assert_eq!(parts, run.undecided);
                let held = "SELECT CAST(COALESCE(SUM(people), 0) AS BIGINT) FROM gate_part WHERE run = $1 AND held = 1";
                assert_eq!(tx.one(held, params![run.num], |row| row.int(0))?, run.held);
            }
            Ok(())
        });
    }
}

fn free() -> Rules {
    Rules { quota: Quota::Month, ..Rules::none() }
}
fn daily(most: u32) -> Rules {
    Rules { caps: vec![Cap { class: Class::Marketing, channel: None, per: Period::Day, most }], ..free() }
}

fn a_run_is_decided_settled_and_counted(t: TestDb) {
    let world = World::open(t);
    world.rules(free());
    let all = world.people(9_000);
    let run = world.start("a", &all);
    assert_eq!((run.people, run.undecided), (9_000, 9_000));
    assert_eq!(world.count("a", "waiting", "undecided"), 9_000);
    world.sound();
    assert_eq!(world.step().unwrap().len(), 4_000);
    assert_eq!((world.count("a", "waiting", "undecided"), world.count("a", "waiting", "on_its_way")), (5_000, 4_000));
    assert!(world.decide().iter().all(|(_, verdict)| matches!(verdict, Verdict::Go { .. })));
    assert_eq!(world.count("a", "waiting", "on_its_way"), 9_000);
    assert_eq!(world.sent("a", &all[..6_000]), 6_000);
    // Told again: nothing happens.
    assert_eq!(world.sent("a", &all[..6_000]), 0);
    assert_eq!(world.failed("a", &all[5_999..], "not_friends"), 3_000);
    world.sound();
    let run = world.read(|tx| world.gate.run(tx, "a"));
    assert_eq!((run.state.as_str(), run.ended_at), ("ended", Some(world.now())));
    let query = DecisionQuery { run: run.num, end: Some(End::Failed), limit: 2, ..DecisionQuery::default() };
    let rows = world.read(|tx| world.gate.decisions(tx, &query));
    assert_eq!((rows.len(), rows[0].num, rows[0].reason.as_str()), (2, all[6_000], "not_friends"));
    let of = world.read(|tx| world.gate.decisions_of(tx, &all[..1], None, 10));
    assert_eq!((of.len(), of[0].end, of[0].run_name.as_str()), (1, End::Sent, "A"));
}

fn waiting_people_are_looked_at_again(t: TestDb) {
    let world = World::open(t);
    world.rules(daily(1));
    let all = world.people(5);
    world.start("a", &all);
    world.decide();
    world.start("b", &all);
    world.decide();
    // The first is on its way: nobody knows when the second may go.
    assert_eq!(world.count("b", "waiting", "cap"), 5);
    // One fails: that person is free at once.
    world.failed("a", &all[..1], "not_friends");
    world.sent("a", &all[1..]);
    let verdicts = world.decide();
    assert_eq!(verdicts.iter().filter(|(_, verdict)| matches!(verdict, Verdict::Go { .. })).count(), 1);
    assert_eq!(world.going("b"), all[..1]);
    let later = world.read(|tx| world.gate.due(tx, |_| true, world.now()));
    assert_eq!(later, Due::Later(Time::parse("2026-03-02T16:00:00Z").unwrap()));
    world.hours(12);
    world.decide();
    assert_eq!(world.going("b").len(), 5);
    world.sound();
}

fn consent_counts_to_the_last_second(t: TestDb) {
    let world = World::open(t);
    world.rules(Rules { consent: vec![Channel::Sms], ..free() });
    let all = world.people(5);
    let say = |num: PersonNum, purpose: &str, channel: &str, granted: bool| {
        let (people, now) = (world.people.clone(), world.now());
        let consent = ConsentIn {
            purpose: purpose.into(),
            channel: channel.into(),
            granted,
            text_version: "1".into(),
            evidence: String::new(),
        };
        world.act(move |tx| people.record_consent(tx, num, &consent, "test", "test", now).map(drop));
    };
    say(all[0], "marketing", "wecom", false);
    say(all[1], "marketing", "any", false);
    say(all[1], "marketing", "wecom", true);
    say(all[2], "personal_data", "any", false);
    world.start("a", &all);
    world.decide();
    assert_eq!(world.going("a"), [all[1], all[3], all[4]]);
    assert_eq!(world.count("a", "skipped", "consent_withdrawn"), 2);
    // Let through, and a second later they say no.
    say(all[3], "marketing", "any", false);
    let withdrawn = world.read(|tx| world.gate.withdrawn(tx, "a", &[all[1], all[3]], &world.zone));
    assert_eq!(withdrawn, [all[3]]);
    say(all[0], "marketing", "sms", true);
    world.create(RunIn { channel: Channel::Sms, ..world.run_in("b", 1.0) }, &all);
    world.decide();
    assert_eq!(world.going("b"), [all[0]]);
    assert_eq!(
        (world.count("b", "skipped", "consent_missing"), world.count("b", "skipped", "consent_withdrawn")),
        (1, 3)
    );
}

fn one_person_gets_it_once(t: TestDb) {
    let world = World::open(t);
    world.rules(daily(1));
    let all = world.people(4);
    let merge = |a: PersonNum, b: PersonNum| {
        let (people, now) = (world.people.clone(), world.now());
        world.act(move |tx| people.merge(tx, a, b, "test", now).map(drop));
    };
    world.start("a", &all);
    // Between making it and deciding it two turn out to be one.
    merge(all[0], all[1]);
    world.decide();
    assert_eq!((world.going("a").len(), world.count("a", "skipped", "duplicate")), (3, 1));
    // What one identity has had counts for the other.
    merge(all[2], all[3]);
    world.sent("a", &all);
    world.hours(1);
    world.start("b", &[all[0], all[2]]);
    world.decide();
    assert_eq!(world.count("b", "waiting", "cap"), 2);
    world.sound();
}

fn the_better_message_wins_whatever_comes_first(t: TestDb) {
    let world = World::open(t);
    world.rules(Rules { contest_minutes: 10, ..daily(1) });
    let all = world.people(30);
    // The better one comes minutes later, for some of the same people.
    let in_five = |input: RunIn| RunIn { start: world.now().plus_seconds(300), ..input };
    world.create(world.run_in("small", 1.0), &all);
    world.create(in_five(world.run_in("great", 9.0)), &all[10..]);
    world.decide();
    assert_eq!(world.going("small"), all[..10]);
    assert_eq!(world.count("small", "waiting", "outranked"), 20);
    world.t.clock.advance_seconds(300);
    world.decide();
    assert_eq!(world.going("great"), all[10..]);
    world.t.clock.advance_seconds(120);
    world.decide();
    assert_eq!(world.count("small", "waiting", "cap"), 20);
    world.sent("great", &all[10..]);
    world.hours(24);
    world.decide();
    assert_eq!(world.going("small").len(), 30);
}

fn runs_are_paused_cancelled_and_expire(t: TestDb) {
    let world = World::open(t);
    world.rules(free());
    let all = world.people(4_500);
    let change = |id: &'static str, change: RunChange| {
        let (gate, now) = (world.gate.clone(), world.now());
        world.db().transact(move |tx| gate.change_run(tx, id, change, now))
    };
    world.start("a", &all);
    world.step();
    change("a", RunChange::Pause).unwrap();
    assert_eq!(world.step(), None);
    change("a", RunChange::Resume).unwrap();
    change("a", RunChange::Cancel).unwrap();
    // Counted as cancelled at once, whether their rows are there or not.
    assert_eq!((world.count("a", "skipped", "cancelled"), world.count("a", "waiting", "on_its_way")), (500, 4_000));
    world.decide();
    assert_eq!(world.count("a", "skipped", "cancelled"), 500);
    let (gate, now, going) = (world.gate.clone(), world.now(), world.going("a"));
    world.act(move |tx| gate.skipped(tx, "a", &going, "cancelled", now));
    assert_eq!(world.read(|tx| world.gate.run(tx, "a")).state, "cancelled");
    assert_eq!(change("a", RunChange::Resume).unwrap_err().code, "run_over");
    assert_eq!(world.read(|tx| Ok(world.gate.run(tx, "x").unwrap_err().code)), "run_unknown");
    // Nobody came to decide it in time.
    world.start("b", &all[..3]);
    world.hours(24 * 11);
    world.decide();
    assert_eq!(world.count("b", "skipped", "expired"), 3);
    assert_eq!(world.read(|tx| world.gate.run(tx, "b")).state, "ended");
}

fn holdouts_are_the_same_people(t: TestDb) {
    let world = World::open(t);
    let holdout = |percent, salt: &str| Rules { holdout: Holdout { percent, salt: salt.into() }, ..free() };
    world.rules(holdout(20.0, "a"));
    let all = world.people(3_000);
    let out = |id: &str| {
        world.start(id, &all);
        let out: Vec<PersonNum> = world
            .decide()
            .into_iter()
            .filter(|(_, verdict)| *verdict == Verdict::Skip("holdout"))
            .map(|(num, _)| num)
            .collect();
        out
    };
    let first = out("a");
    assert!((500..700).contains(&first.len()), "{}", first.len());
    assert_eq!(out("b"), first);
    world.rules(holdout(20.0, "b"));
    let other = out("c");
    assert!(other != first && other.iter().filter(|num| first.contains(num)).count() < 200);
    world.rules(free());
    world.create(RunIn { holdout: 50.0, ..world.run_in("d", 1.0) }, &all);
    world.decide();
    assert!((1_350..1_650).contains(&world.count("d", "skipped", "holdout")));
    // Service is for everybody.
    world.create(RunIn { holdout: 50.0, class: Class::Service, ..world.run_in("e", 1.0) }, &all);
    world.decide();
    assert_eq!(world.going("e").len(), 3_000);
}

fn rules_have_versions(t: TestDb) {
    let world = World::open(t);
    assert_eq!(world.read(|tx| world.gate.rules(tx)).version, 0);
    let all = world.people(2);
    world.rules(daily(1));
    world.start("a", &all);
    world.decide();
    world.sent("a", &all);
    world.start("b", &all);
    world.decide();
    assert_eq!(world.count("b", "waiting", "cap"), 2);
    let (gate, now) = (world.gate.clone(), world.now());
    let stale = world.db().transact(move |tx| gate.save_rules(tx, &daily(2), Some(0), "", "test", now));
    assert_eq!(stale.unwrap_err().code, "gate_rules_changed");
    // By the new rules the way is free: whoever waited is looked at at once.
    world.rules(daily(2));
    world.decide();
    assert_eq!(world.going("b").len(), 2);
    let rows = world.read(|tx| world.gate.decisions_of(tx, &all[..1], None, 10));
    assert_eq!(rows.iter().map(|row| row.rules).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(world.read(|tx| world.gate.rules_rows(tx, 10)).len(), 2);
}

fn a_throttle_spreads_it(t: TestDb) {
    let world = World::open(t);
    world.rules(free());
    let all = world.people(300);
    world.create(RunIn { per_hour: 120, ..world.run_in("a", 1.0) }, &all);
    let mut going = Vec::new();
    // Looked at more often than it goes on.
    for minute in 0..=150 {
        world.decide();
        if minute % 30 == 0 {
            going.push(world.going("a").len());
        }
        world.t.clock.advance_seconds(60);
    }
    assert_eq!(going, [10, 70, 130, 190, 250, 300]);
    // Nobody looked for hours: what was missed is not made up for at once.
    world.create(RunIn { per_hour: 120, ..world.run_in("b", 1.0) }, &all);
    world.hours(5);
    world.decide();
    assert_eq!(world.going("b").len(), 10);
}

fn who_comes_next_week_holds_nobody_down(t: TestDb) {
    let world = World::open(t);
    world.rules(Rules { contest_minutes: 60, ..daily(1) });
    let all = world.people(300);
    // Worth more, but so slow that only the first 120 people's turn comes within the contest.
    world.create(RunIn { per_hour: 120, ..world.run_in("slow", 9.0) }, &all);
    world.create(world.run_in("fast", 1.0), &all);
    let (gate, zone, now) = (world.gate.clone(), world.zone.clone(), world.now());
    let judged = world.act(move |tx| {
        let taken = gate.take(tx, &Due::Part("fast".into()), now)?.unwrap();
        let candidates: Vec<Candidate> =
            taken.nums.iter().map(|num| Candidate { num: *num, unreachable: None }).collect();
        gate.decide(tx, &taken, &candidates, &zone, now)
    });
    let held = judged.iter().filter(|own| matches!(own.verdict, Verdict::Wait { because: "outranked", .. }));
    let held: Vec<PersonNum> = held.map(|own| own.num).collect();
    // 60 minutes are thirteen portions of ten: one at their beginning, one at their end.
    assert_eq!(held, all[..130]);
    assert_eq!(judged.iter().filter(|own| matches!(own.verdict, Verdict::Go { .. })).count(), 170);
}

fn who_was_skipped_has_had_nothing(t: TestDb) {
    let world = World::open(t);
    world.rules(free());
    let all = world.people(2);
    world.start("a", &all);
    let (gate, zone, now) = (world.gate.clone(), world.zone.clone(), world.now());
    // The first cannot be reached and is skipped; then both turn out to be one.
    world.act(move |tx| {
        let taken = gate.take(tx, &Due::Part("a".into()), now)?.unwrap();
        let (first, second) = (taken.nums[0], taken.nums[1]);
        let one = gate.decide(tx, &taken, &[Candidate { num: first, unreachable: Some("no_friend") }], &zone, now)?;
        assert_eq!(one[0].verdict, Verdict::Skip("no_friend"));
        tx.execute("UPDATE person SET root = $1 WHERE num = $2", siyu_db::params![first, second])?;
        let two = gate.decide(tx, &taken, &[Candidate { num: second, unreachable: None }], &zone, now)?;
        assert!(matches!(two[0].verdict, Verdict::Go { .. }), "{two:?}");
        Ok(())
    });
    assert_eq!((world.count("a", "skipped", "no_friend"), world.count("a", "waiting", "on_its_way")), (1, 1));
}

fn other_rules_are_tried_on_the_past(t: TestDb) {
    let world = World::open(t);
    world.rules(free());
    let all = world.people(50);
    for day in 0..4 {
        let id = format!("d{day}");
        world.start(&id, &all);
        world.decide();
        world.sent(&id, &all);
        world.hours(6);
    }
    let replay = world.read(|tx| world.gate.replay(tx, &daily(1), world.now().plus_days(-30), &world.zone));
    assert_eq!((replay.asks, replay.people, replay.cut), (200, 50, false));
    assert_eq!((replay.before.sent, replay.before.delayed, replay.before.most), (200, 0, 4));
    // One a day: the others wait for the next days, as long as they live.
    assert_eq!((replay.after.sent, replay.after.delayed), (200, 150));
    let none =
        Rules { caps: vec![Cap { class: Class::Marketing, channel: None, per: Period::Month, most: 1 }], ..free() };
    let replay = world.read(|tx| world.gate.replay(tx, &none, world.now().plus_days(-30), &world.zone));
    assert_eq!((replay.after.sent, replay.after.skipped.get("cap")), (50, Some(&150)));
    assert_eq!((replay.after.reached, replay.after.each), (50, 1.0));
}

fn erased_people_are_let_go(t: TestDb) {
    let world = World::open(t);
    world.rules(daily(1));
    let all = world.people(3);
    world.start("a", &all);
    world.decide();
    world.start("b", &all);
    world.decide();
    let (gate, now, num) = (world.gate.clone(), world.now(), all[0]);
    world.act(move |tx| gate.forget(tx, &[num], now));
    world.sound();
    assert_eq!((world.count("a", "skipped", "erased"), world.count("b", "skipped", "erased")), (1, 1));
    assert_eq!(world.read(|tx| world.gate.memory(tx, &all[..1], now)).touches.len(), 0);
    assert_eq!(world.read(|tx| world.gate.memory(tx, &all[1..2], now)).touches.len(), 1);
}

/// A year of a small brand by chance: rules change, clocks jump, processes restart, people merge; the books are right at every step, and nobody
/// gets more than the cap that held all the time.
fn who_is_held_back_waits_until_released(t: TestDb) {
    let world = World::open(t);
    world.rules(free());
    let all = world.people(9_000);
    // Every third is decided at once, in the order of neither.
    let (first, held): (Vec<PersonNum>, Vec<PersonNum>) = all.iter().partition(|num| **num % 3 == 0);
    let run = world.create_holding(world.run_in("a", 1.0), &first, &held);
    assert_eq!((run.people, run.undecided, run.held), (9_000, 9_000, held.len() as i64));
    world.decide();
    assert_eq!(world.count("a", "waiting", "on_its_way"), first.len() as i64);
    assert_eq!(world.count("a", "waiting", "test_cell"), held.len() as i64);
    world.sent("a", &first);
    let listed = |held: bool, after: i64| world.read(|tx| world.gate.undecided(tx, run.num, held, after, 3));
    assert_eq!((listed(false, -1), listed(true, -1)), (vec![], held[..3].to_vec()));
    assert_eq!(listed(true, i64::from(held[4_500])), held[4_501..4_504]);
    // Another message to those who are held back is not held down by this one: nobody knows when their turn comes.
    world.rules(Rules { contest_minutes: 60, ..daily(1) });
    world.start("b", &held[..10]);
    let due = world.read(|tx| world.gate.due(tx, |_| true, world.now()));
    assert_eq!(due, Due::Part("b".into()));
    world.decide();
    assert_eq!(world.count("b", "waiting", "on_its_way"), 10);
    // Nothing is due before the end of the run; then they are told, like everybody.
    assert_eq!(world.read(|tx| world.gate.due(tx, |_| true, world.now())), Due::Later(run.expires));
    world.release("a");
    world.release("a");
    assert_eq!(listed(false, -1), held[..3]);
    world.rules(free());
    world.decide();
    assert_eq!(world.count("a", "waiting", "on_its_way"), held.len() as i64);
    assert_eq!((world.count("a", "sent", ""), world.read(|tx| world.gate.run(tx, "a")).held), (first.len() as i64, 0));

    let own = world.create_holding(world.run_in("c", 1.0), &first, &held);
    world.decide();
    world.t.clock.set(own.expires);
    world.decide();
    assert_eq!(world.count("c", "skipped", "expired"), held.len() as i64);
    world.create_holding(world.run_in("d", 1.0), &first[..5], &held[..5]);
    let (gate, now) = (world.gate.clone(), world.now());
    world.act(move |tx| gate.change_run(tx, "d", RunChange::Cancel, now));
    assert_eq!(world.count("d", "skipped", "cancelled"), 10);
    world.decide();
    assert_eq!(world.count("d", "skipped", "cancelled"), 10);
}

fn nothing_is_lost_whatever_happens(t: TestDb) {
    let mut world = World::open(t);
    let chance = Chance::seeded(11);
    let cap = Cap { class: Class::Marketing, channel: None, per: Period::Day, most: 2 };
    let strict = |most: u32, fatigue: bool| Rules {
        caps: vec![cap.clone(), Cap { per: Period::Week, most, ..cap.clone() }],
        quiet: Some(QuietHours { from: 21 * 60, to: 9 * 60, zone: Whose::Brand }),
        fatigue: fatigue.then(|| Fatigue { budget: 3.0, half_life_hours: 48.0, weights: BTreeMap::new() }),
        contest_minutes: 30,
        ..free()
    };
    world.rules(strict(5, false));
    let all = world.people(40);
    let mut sent: BTreeMap<(PersonNum, i32), usize> = BTreeMap::new();
    let mut runs = Vec::new();
    for step in 0..320 {
        match chance.below(12) {
            0..=2 => {
                let id = format!("r{step}");
                let some: Vec<PersonNum> = all.iter().copied().filter(|_| chance.below(3) > 0).collect();
                let input = RunIn {
                    start: world.now().plus_seconds(chance.below(7_200) as i64),
                    expires: world.now().plus_days(1 + chance.below(6) as i64),
                    ..world.run_in(&id, chance.below(5) as f64)
                };
                if !some.is_empty() {
                    let held = if chance.below(3) == 0 { some.len() / 2 } else { 0 };
                    world.create_holding(input, &some[held..], &some[..held]);
                    runs.push(id);
                }
            }
            3..=6 => {
                for id in &runs {
                    let (some, rest): (Vec<PersonNum>, Vec<PersonNum>) =
                        world.going(id).into_iter().partition(|_| chance.below(3) > 0);
                    assert_eq!(world.sent(id, &some), some.len());
                    let day = world.zone.day(world.now());
                    some.iter().for_each(|num| *sent.entry((*num, day)).or_default() += 1);
                    if chance.below(3) == 0 {
                        world.failed(id, &rest, "limit_reached");
                    }
                }
            }
            7 => world.rules(strict(3 + chance.below(4) as u32, chance.below(2) == 0)),
            // Put back a little: further back than what was let through lies would be another past.
            8 => world.t.clock.advance_seconds(-(chance.below(600) as i64)),
            9 => {
                world.t.reopen();
                world = World::open(world.t);
            }
            10 if !runs.is_empty() => {
                let (gate, now) = (world.gate.clone(), world.now());
                let id = runs[chance.below(runs.len() as u64) as usize].clone();
                if chance.below(3) == 0 {
                    world.release(&id);
                    continue;
                }
                let change = [RunChange::Pause, RunChange::Resume, RunChange::Cancel][chance.below(3) as usize];
                let _ = world.db().transact(move |tx| gate.change_run(tx, &id, change, now));
            }
            _ => world.t.clock.advance_seconds(chance.below(40_000) as i64),
        }
        world.sound();
        if chance.below(2) == 0 {
            let before = world.now();
            for (_, verdict) in world.decide() {
                if let Verdict::Go { .. } = verdict {
                    let hour = world.zone.hour(before);
                    assert!((9..21).contains(&hour), "let through at {hour}");
                }
            }
        }
    }
    let most = sent.values().copied().max().unwrap_or(0);
    assert!(most == 2, "somebody had {most} on one day; the cap is 2");
    assert!(sent.len() > 100, "{} are too few to prove anything", sent.len());
}
