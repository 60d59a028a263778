//! Programmes over days, on both engines and without WeCom: the mirror's rows, and what WeCom says of messages, are put in by hand.

use siyu_contacts::{Contacts, Ran};
use siyu_db::{Migration, Tx, params};
use siyu_gate::{Gate, Rules};
use siyu_guides::Guides;
use siyu_kernel::{Chance, Clock, Refusal, Time, Vault, Zone};
use siyu_log::Log;
use siyu_people::People;
use siyu_reach::Reach;
use siyu_reach::content::Content;
use siyu_sops::{
    Anchor, Around, BoardQuery, Deed, Depth, Grade, Kind, Parts, ProgrammeIn, Rule, Share, Sops, Step, StepRow, Sums,
    When,
};
use siyu_testkit::TestDb;
use std::sync::Arc;

const MIGRATIONS: &[Migration] = siyu_testkit::migrations![
    siyu_log::MIGRATIONS,
    siyu_people::MIGRATIONS,
    siyu_commerce::MIGRATIONS,
    siyu_contacts::MIGRATIONS,
    siyu_gate::MIGRATIONS,
    siyu_reach::MIGRATIONS,
    siyu_guides::MIGRATIONS,
    siyu_sops::MIGRATIONS
];

siyu_testkit::contract!(MIGRATIONS;
    a_group_goes_through_its_days, nothing_is_asked_twice_or_made_up_for_in_a_burst, a_new_version_keeps_what_is_behind,
    paused_taken_out_and_ended, groups_come_in_by_themselves, grades_decide_how_deep, moments_ask_staff_together,
    weekly_steps_tell_missed_weeks, wrong_programmes_are_told);

struct Shanghai;
impl Around for Shanghai {
    fn zone(&self, _: &mut Tx<'_>) -> Result<Zone, Refusal> {
        Ok(Zone::shanghai())
    }
}

struct World {
    t: TestDb,
    sops: Sops,
    guides: Guides,
}

fn wire(t: &TestDb) -> (Sops, Guides) {
    let (db, clock, vault) = (t.db().clone(), t.clock.clone(), Vault::from_key([7; 32]));
    let chance = Arc::new(Chance::seeded(5));
    let log = Log::open(&db, vault.clone(), clock.clone()).unwrap();
    let people = People::open(&db, vault.clone(), log.clone(), chance.clone()).unwrap();
    let own = |chance: &Arc<Chance>| {
        siyu_contacts::Parts::new(db.clone(), vault.clone(), log.clone(), people.clone(), chance.clone(), clock.clone())
    };
    let contacts = Contacts::new(own(&chance));
    let reach = Reach::new(siyu_reach::Parts::new(
        db.clone(),
        vault.clone(),
        log.clone(),
        people.clone(),
        contacts.clone(),
        chance.clone(),
        clock.clone(),
    ));
    let ends = Arc::new(siyu_guides::NoTaskEnds);
    let guides = Guides::new(db.clone(), vault.clone(), log, people, contacts, chance.clone(), clock.clone(), ends);
    let around = Arc::new(Shanghai);
    (Sops::new(Parts { db, vault, reach, guides: guides.clone(), chance, clock, around }), guides)
}

impl World {
    /// It is noon of 2 March in Shanghai, a Monday. ann (store S1) owns g1 and g2, bea (S2) owns g3.
    fn open(t: TestDb) -> Self {
        let (sops, guides) = wire(&t);
        let own = Self { t, sops, guides };
        own.act(|tx| {
            Gate::new(&Vault::from_key([7; 32])).save_rules(tx, &Rules::none(), None, "", "test", Time(0))?;
            for (userid, store) in [("Ann", "S1"), ("Bea", "S2")] {
                let key = userid.to_lowercase();
                tx.execute("INSERT INTO wecom_staff (key, userid, name, departments, main_department, position, status, serves, seen, store) VALUES ($1, $2, $2, '[1]', 1, '', 1, 1, 1, $3)", params![&key, userid, store])?;
            }
            Ok(())
        });
        for (id, owner) in [("g1", "Ann"), ("g2", "Ann"), ("g3", "Bea")] {
            own.group(id, owner);
        }
        own
    }
    fn group(&self, id: &'static str, owner: &'static str) {
        let now = self.now();
        self.act(move |tx| {
            tx.execute("INSERT INTO wecom_group (id, name, owner, notice, admins, version, status, created_at, read_at, seen) VALUES ($1, $1, $2, '', '[]', '', 0, $3, $3, 1)", params![id, owner, now])?;
            Ok(())
        });
    }
    fn act<T: Send + 'static>(&self, unit: impl FnMut(&mut Tx<'_>) -> Result<T, Refusal> + Send + 'static) -> T {
        self.t.db().transact(unit).unwrap()
    }
    fn now(&self) -> Time {
        self.t.clock.now()
    }
    fn begin(&self, kind: Kind, steps: Vec<Step>, rule: Option<Rule>) -> String {
        let (sops, now) = (self.sops.clone(), self.now());
        let input = programme(kind, steps, rule);
        self.act(move |tx| sops.create(tx, &input, "运营", now))
    }
    fn enrol(&self, id: &str, subjects: &[&str]) -> usize {
        let (sops, now, id) = (self.sops.clone(), self.now(), id.to_owned());
        let subjects: Vec<String> = subjects.iter().map(|own| (*own).to_owned()).collect();
        self.act(move |tx| sops.enrol(tx, &id, &subjects, now))
    }
    fn work(&self) {
        while self.sops.work().unwrap() == Ran::Went {}
    }
    /// The clock stands at `time`, and what is due is worked on.
    fn at(&self, time: &str) {
        self.t.clock.set(Time::parse(time).unwrap());
        self.work();
    }
    fn rows(&self) -> Vec<StepRow> {
        let query = BoardQuery { from: Time(0), to: Time::MAX, ..BoardQuery::default() };
        self.t.db().read(|tx| self.sops.board_rows(tx, &query, self.now())).unwrap()
    }
    /// `subject step end reason`, by time.
    fn said(&self) -> Vec<String> {
        let line = |own: StepRow| format!("{} {} {} {}", own.subject, own.step, own.end.name(), own.reason);
        self.rows().into_iter().map(|own| line(own).trim_end().to_owned()).collect()
    }
    fn count(&self, table: &str) -> i64 {
        let sql = format!("SELECT COUNT(*) FROM {table}");
        self.t.db().read(|tx| Ok(tx.one(&sql, &[], |row| row.int(0))?)).unwrap()
    }
    /// The owner has confirmed, and WeCom says so of a group.
    fn sent(&self, chat: &'static str) {
        let now = self.now();
        self.act(move |tx| {
            let sql = "UPDATE group_message_group SET state = 1, at = $2 WHERE chat = $1 AND state = 0";
            Ok(tx.execute(sql, params![chat, now])?)
        });
    }
    fn grade(&self, who: &'static str, grade: Grade) {
        let (sops, now) = (self.sops.clone(), self.now());
        self.act(move |tx| sops.set_grade(tx, who, grade, "店长", now));
    }
}

fn programme(kind: Kind, steps: Vec<Step>, rule: Option<Rule>) -> ProgrammeIn {
    ProgrammeIn { name: "新群七天".into(), kind, anchor: Anchor::Enrolled, steps, rule }
}
fn step(key: &str, when: When, deed: Deed) -> Step {
    Step { key: key.into(), name: key.into(), when, grace_hours: 4, depth: Depth::Basic, deed }
}
fn day(day: u16, hour: u8) -> When {
    When::Day { day, hour, minute: 0 }
}
fn send() -> Deed {
    Deed::Send { content: Content { text: "今晚八点见".into(), attachments: Vec::new() } }
}
fn task() -> Deed {
    Deed::Task { text: "发起话题：你家怎么收纳？".into() }
}

fn a_group_goes_through_its_days(t: TestDb) {
    let world = World::open(t);
    let id = world.begin(Kind::Group, vec![step("hello", day(0, 20), send()), step("topic", day(1, 10), task())], None);
    assert_eq!(world.enrol(&id, &["g1", "g2"]), 2);
    assert_eq!(world.enrol(&id, &["g1"]), 0, "who is in stays as they are");
    assert_eq!(world.said(), ["g1 hello planned", "g2 hello planned", "g1 topic planned", "g2 topic planned"]);

    world.at("2026-03-02T12:00:00Z");
    assert_eq!(world.said()[..2], ["g1 hello asked", "g2 hello asked"]);
    assert_eq!((world.count("group_message"), world.count("group_message_task")), (1, 1), "an owner is asked once");
    world.at("2026-03-02T14:00:00Z");
    world.sent("g1");
    world.at("2026-03-02T17:30:00Z");
    assert_eq!(world.said()[..2], ["g1 hello on_time", "g2 hello overdue"]);
    world.sent("g2");
    assert_eq!(world.said()[1], "g2 hello late");

    world.at("2026-03-03T02:00:00Z");
    assert_eq!(world.said()[2..], ["g1 topic asked", "g2 topic asked"]);
    assert_eq!(world.count("guide_task WHERE staff = 'ann' AND kind = 'group' AND source = 'sop'"), 2);
    world.act(|tx| {
        let sql = "UPDATE guide_task SET state = 'done', ended_at = due_at WHERE chat = 'g1'";
        tx.execute(sql, &[])?;
        tx.execute("UPDATE guide_task SET state = 'skipped', ended_at = due_at WHERE chat = 'g2'", &[])?;
        Ok(())
    });
    assert_eq!(world.said()[2..], ["g1 topic on_time", "g2 topic skipped task_skipped"]);

    let rows = world.rows();
    let sums = Sums::of(&rows);
    assert_eq!((sums.steps, sums.on_time, sums.late, sums.skipped), (4, 2, 1, 1));
    assert_eq!((sums.late_median_seconds, sums.rate()), (Some(90 * 60), Some(2.0 / 3.0)));
    let by_guide = Share::of(&rows, |row| &row.staff);
    assert_eq!(by_guide.iter().map(|own| (own.key.as_str(), own.sums.steps)).collect::<Vec<_>>(), [("ann", 4)]);
    assert_eq!(Share::of(&rows, |row| &row.store)[0].key, "S1");
}

fn nothing_is_asked_twice_or_made_up_for_in_a_burst(mut t: TestDb) {
    t.clock.set(Time::parse("2026-03-02T04:00:00Z").unwrap());
    let world = World::open(t);
    let steps = (0..5).map(|n| step(&format!("d{n}"), day(n, 20), task())).collect();
    let id = world.begin(Kind::Group, steps, None);
    world.enrol(&id, &["g1"]);
    world.at("2026-03-02T12:00:00Z");
    world.work();
    assert_eq!(world.count("guide_task"), 1);
    // The server is off until the evening of the fourth day.
    t = world.t;
    t.reopen();
    let (sops, guides) = wire(&t);
    let world = World { t, sops, guides };
    world.at("2026-03-05T13:00:00Z");
    assert_eq!(
        world.said(),
        ["g1 d0 overdue", "g1 d1 missed not_asked", "g1 d2 missed not_asked", "g1 d3 asked", "g1 d4 planned"]
    );
    assert_eq!(world.count("guide_task"), 2);
    let missed = Sums::of(&world.rows());
    assert_eq!((missed.missed, missed.rate()), (2, Some(0.0)));
    // Another process that looks at the same instant finds nothing to do.
    let (second, _) = wire(&world.t);
    assert!(matches!(second.work().unwrap(), Ran::Waits(_)));
    let _ = &world.guides;
}

fn a_new_version_keeps_what_is_behind(t: TestDb) {
    let world = World::open(t);
    let id = world.begin(Kind::Group, vec![step("a", day(0, 20), task()), step("b", day(2, 20), task())], None);
    world.enrol(&id, &["g1"]);
    world.at("2026-03-02T12:00:00Z");
    let (sops, now, own) = (world.sops.clone(), world.now(), id.clone());
    // `a` has been had and moves to a later day; `b` comes earlier; `c` lies behind; `d` is new.
    let steps = vec![
        step("a", day(3, 20), task()),
        step("b", day(1, 20), task()),
        step("c", day(0, 13), task()),
        step("d", day(4, 9), task()),
    ];
    let input = programme(Kind::Group, steps, None);
    let same = input.clone();
    assert_eq!(world.act(move |tx| sops.edit(tx, &own, 1, &input, "运营", now)), 2);
    assert_eq!(world.said(), ["g1 a asked", "g1 b planned", "g1 d planned"]);
    let sops = world.sops.clone();
    let refused = world.t.db().transact(move |tx| sops.edit(tx, &id, 1, &same, "别人", now));
    assert_eq!(refused.unwrap_err().code, "sop_changed");
    world.at("2026-03-06T04:00:00Z");
    assert_eq!(world.said(), ["g1 a overdue", "g1 b missed not_asked", "g1 d asked"]);
}

fn paused_taken_out_and_ended(t: TestDb) {
    let world = World::open(t);
    let id = world.begin(
        Kind::Group,
        vec![step("a", day(0, 20), task()), step("b", day(1, 20), task()), step("c", day(2, 20), task())],
        None,
    );
    world.enrol(&id, &["g1", "g3"]);
    let (sops, now, own) = (world.sops.clone(), world.now(), id.clone());
    world.act(move |tx| sops.pause(tx, &own, "运营", now));
    world.at("2026-03-03T13:00:00Z");
    assert!(world.said().iter().all(|own| own.ends_with("planned")), "{:?}", world.said());
    let (sops, now, own) = (world.sops.clone(), world.now(), id.clone());
    world.act(move |tx| sops.resume(tx, &own, "运营", now));
    world.work();
    assert_eq!(world.said()[..4], ["g1 a missed not_asked", "g3 a missed not_asked", "g1 b asked", "g3 b asked"]);
    let (sops, now, own) = (world.sops.clone(), world.now(), id.clone());
    world.act(move |tx| sops.take_out(tx, &own, "g3", now));
    assert_eq!(world.said()[4..], ["g1 c planned", "g3 c skipped taken_out"]);
    assert_eq!(world.enrol(&id, &["g3"]), 1, "again, and what it has had is behind it");
    assert_eq!(world.said()[4..], ["g1 c planned", "g3 c planned"], "day 2 is counted anew, yet later than g1's");
    let (sops, now, own) = (world.sops.clone(), world.now(), id.clone());
    world.act(move |tx| sops.end(tx, &own, "运营", now));
    assert_eq!(world.said()[4..], ["g1 c skipped ended", "g3 c skipped ended"]);
    let sops = world.sops.clone();
    let refused = world.t.db().transact(move |tx| sops.enrol(tx, &id, &["g2".to_owned()], now));
    assert_eq!(refused.unwrap_err().code, "sop_over");
    assert_eq!(world.sops.work().unwrap(), Ran::Nothing);
}

fn groups_come_in_by_themselves(t: TestDb) {
    let world = World::open(t);
    world.t.clock.advance_seconds(60);
    let rule = Rule { stores: vec!["S1".into()], owners: Vec::new() };
    let id = world.begin(Kind::Group, vec![step("a", day(1, 20), task())], Some(rule.clone()));
    world.work();
    assert_eq!(world.said(), Vec::<String>::new(), "those that were there are brought in by hand");
    world.t.clock.advance_seconds(60);
    world.group("g4", "ann");
    world.group("g5", "bea");
    world.work();
    world.work();
    assert_eq!(world.said(), ["g4 a planned"]);
    let (sops, now, own) = (world.sops.clone(), world.now(), id.clone());
    assert_eq!(world.act(move |tx| sops.enrol_by(tx, &own, &rule, now)), 2, "g1 and g2");
    let (sops, own) = (world.sops.clone(), id.clone());
    world.act(move |tx| sops.take_out(tx, &own, "g4", now));
    world.t.clock.advance_seconds(600);
    world.work();
    assert_eq!(world.said(), ["g1 a planned", "g2 a planned", "g4 a skipped taken_out"], "no rule brings it back");
}

fn grades_decide_how_deep(t: TestDb) {
    let world = World::open(t);
    let depth = |key: &str, depth| Step { depth, ..step(key, day(0, 20), task()) };
    let steps = vec![depth("basic", Depth::Basic), depth("deep", Depth::Deep), depth("standard", Depth::Standard)];
    let id = world.begin(Kind::Group, steps, None);
    world.enrol(&id, &["g1", "g3"]);
    world.grade("ANN", Grade::A);
    world.at("2026-03-02T12:00:00Z");
    assert_eq!(
        world.said(),
        [
            "g1 basic asked",
            "g1 deep asked",
            "g1 standard asked",
            "g3 basic asked",
            "g3 deep skipped grade",
            "g3 standard asked"
        ]
    );
    world.grade("bea", Grade::C);
    let again = world.begin(Kind::Moment, vec![depth("standard", Depth::Standard), depth("x", Depth::Basic)], None);
    world.t.clock.set(Time::parse("2026-03-03T00:00:00Z").unwrap());
    world.enrol(&again, &["bea"]);
    world.at("2026-03-03T12:00:00Z");
    assert_eq!(world.said()[6..], ["bea standard skipped grade", "bea x asked"]);
}

fn moments_ask_staff_together(t: TestDb) {
    let world = World::open(t);
    let id = world.begin(Kind::Moment, vec![step("m", day(0, 18), send())], None);
    world.enrol(&id, &["Ann", "bea"]);
    world.at("2026-03-02T10:00:00Z");
    assert_eq!((world.count("moment"), world.said()), (1, vec!["ann m asked".into(), "bea m asked".into()]));
    let now = world.now();
    world.act(move |tx| {
        let sql = "INSERT INTO moment_task (moment, staff, userid, store, state, seen_at, due_at) SELECT id, 'ann', 'Ann', 'S1', 1, $1, 0 FROM moment";
        Ok(tx.execute(sql, params![now.plus_seconds(60)])?)
    });
    world.at("2026-03-02T14:30:00Z");
    assert_eq!(world.said(), ["ann m on_time", "bea m overdue"]);
    let query = BoardQuery { from: Time(0), to: Time::MAX, staff: Some(vec!["bea".into()]), ..BoardQuery::default() };
    let own = world.t.db().read(|tx| world.sops.board_rows(tx, &query, now)).unwrap();
    assert_eq!(own.len(), 1, "a manager sees their own");
}

fn weekly_steps_tell_missed_weeks(t: TestDb) {
    let world = World::open(t);
    let friday = When::Weekly { weekday: 5, hour: 20, minute: 0 };
    let id = world.begin(Kind::Group, vec![step("w", friday, send()), step("v", friday, send())], None);
    world.enrol(&id, &["g1"]);
    world.at("2026-03-06T12:00:00Z");
    assert_eq!(
        world.said()[..2],
        ["g1 v asked", "g1 w skipped group_had_today"],
        "WeCom lets a group have one message a day"
    );
    world.at("2026-03-27T13:00:00Z");
    let w: Vec<String> = world.said().into_iter().filter(|own| own.contains(" v ")).collect();
    let missed = "g1 v missed not_asked";
    assert_eq!(w, ["g1 v overdue", missed, missed, "g1 v asked", "g1 v planned"]);
}

fn wrong_programmes_are_told(t: TestDb) {
    let world = World::open(t);
    let code = |input: ProgrammeIn| {
        let (sops, now) = (world.sops.clone(), world.now());
        world.t.db().transact(move |tx| sops.create(tx, &input, "x", now)).unwrap_err().code
    };
    let steps = |steps: Vec<Step>| programme(Kind::Group, steps, None);
    assert_eq!(code(steps(Vec::new())), "sop_steps");
    assert_eq!(code(steps(vec![step("a", day(0, 1), task()), step("a", day(1, 1), task())])), "sop_steps");
    assert_eq!(code(steps(vec![step("a", day(0, 24), task())])), "sop_step");
    assert_eq!(code(steps(vec![Step { grace_hours: 0, ..step("a", day(0, 2), task()) }])), "sop_step");
    assert_eq!(code(ProgrammeIn { name: " ".into(), ..steps(vec![step("a", day(0, 2), task())]) }), "sop_name");
    let id = world.begin(Kind::Group, vec![step("a", day(0, 20), task())], None);
    let (sops, now) = (world.sops.clone(), world.now());
    let refused = world.t.db().transact(move |tx| sops.enrol(tx, &id, &["nobody".to_owned()], now));
    assert_eq!(refused.unwrap_err().code, "sop_subject");
    assert_eq!(Grade::parse("D").unwrap_err().code, "sop_grade");
    assert_eq!(world.count("sop_subject"), 0);
}
