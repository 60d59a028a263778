//! Programmes over days, on both engines and without WeCom: the mirror's rows, and what WeCom says of messages, are put in by hand.

use siyu_contacts::{Contacts, Ran};
use siyu_db::{Engine, Migration, Tx, params};
use siyu_gate::{Gate, Rules};
use siyu_guides::Guides;
use siyu_kernel::{Chance, Clock, Refusal, Time, Vault, Zone};
use siyu_log::Log;
use siyu_people::People;
use siyu_reach::Reach;
use siyu_reach::content::Content;
use siyu_sops::{
    Anchor, Around, Board, BoardQuery, Deed, Depth, End, Grade, Kind, Parts, ProgrammeIn, Rule, Share, Sops, Step,
    StepFilter, StepRow, Sums, When,
};
use siyu_testkit::TestDb;
use std::collections::BTreeSet;
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
    weekly_steps_tell_missed_weeks, sums_are_those_of_each_step_read_by_itself, wrong_programmes_are_told);

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
        let filter = StepFilter { limit: 10_000, ..StepFilter::default() };
        self.t.db().read(|tx| self.sops.board_steps(tx, &query, &filter, self.now())).unwrap().0
    }
    fn board(&self) -> Board {
        let query = BoardQuery { from: Time(0), to: Time::MAX, ..BoardQuery::default() };
        self.t.db().read(|tx| self.sops.board(tx, &query, self.now())).unwrap()
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

    let board = world.board();
    let sums = board.all;
    assert_eq!((sums.steps, sums.on_time, sums.late, sums.skipped), (4, 2, 1, 1));
    assert_eq!((sums.late_median_seconds, sums.rate()), (Some(90 * 60), Some(2.0 / 3.0)));
    assert_eq!(board.staff.iter().map(|own| (own.key.as_str(), own.sums.steps)).collect::<Vec<_>>(), [("ann", 4)]);
    assert_eq!(board.stores[0].key, "S1");
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
    let missed = world.board().all;
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
    let filter = StepFilter { limit: 10, ..StepFilter::default() };
    let own = world.t.db().read(|tx| world.sops.board_steps(tx, &query, &filter, now)).unwrap().0;
    assert_eq!(own.len(), 1, "a manager sees their own");
    assert_eq!(world.t.db().read(|tx| world.sops.board(tx, &query, now)).unwrap().all.steps, 1);
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

/// A step as it lies in the tables, and what it is by the rules of docs/sop.md.
struct Lain {
    due: Time,
    deadline: Time,
    sop: String,
    store: String,
    staff: String,
    end: End,
    late_seconds: i64,
}

/// Steps and tasks of all kinds and ends, some at one instant; answers what each is.
fn lain(world: &World, chance: &Chance, now: Time) -> Vec<Lain> {
    let mut rows = Vec::new();
    let mut sql: Vec<String> = Vec::new();
    let pick = |list: &[&str]| list[chance.below(list.len() as u64) as usize].to_owned();
    for at in 0..400 {
        let due = now.plus_seconds(600 * (chance.below(200) as i64 - 150));
        let deadline = due.plus_seconds(3_600 * chance.below(6) as i64);
        let (staff, state) = (pick(&["ann", "bea", "gone"]), pick(&["planned", "missed", "skipped", "asked", "asked"]));
        let store = match staff.as_str() {
            "ann" => "S1",
            "bea" => "S2",
            _ => "",
        };
        let done = due.plus_seconds(chance.below(30_000) as i64 + 1);
        let (subject, made) = (format!("x{at}"), format!("m{at}"));
        let (way, task) = (chance.below(4), chance.below(3));
        let is_task = chance.below(3) == 0;
        let by = |at: Option<Time>| at.map_or("NULL".to_owned(), |at| at.0.to_string());
        let mut end = match at_once(&state) {
            Some(end) if !is_task => Some((end, None)),
            _ => None,
        };
        let mut found = |what: End, at: Option<Time>| {
            end.get_or_insert((what, at));
        };
        if is_task || way == 1 {
            let state = ["open", "done", "skipped"][task as usize];
            let (source, deadline) = if is_task { ("journey", due) } else { ("sop", deadline) };
            let (sop, ended) = (if is_task { "旅程" } else { "p" }, (task > 0).then_some(done));
            // A guide lets it be, or the journey takes it back: at its deadline, or before.
            let taken = is_task.then(|| chance.below(3)).filter(|own| task == 2 && *own > 0);
            let (who, ended) = match taken {
                None => ("S9", ended),
                Some(1) => ("", Some(due)),
                Some(_) => ("", Some(due.plus_seconds(-1))),
            };
            sql.push(format!("INSERT INTO guide_task (id, staff, kind, body, due_at, source, origin, state, created_at, created_by, ended_at, ended_by) VALUES ('t{at}', '{staff}', 'other', {}, {}, '{source}', '{made}', '{state}', 0, '{sop}', {}, '{who}')", blob(&world.t), deadline.0, by(ended)));
            match task {
                1 => found(End::OnTime, Some(done)),
                2 if taken == Some(1) => found(End::Missed, None),
                2 => found(End::Skipped, None),
                _ => {}
            }
        } else if way == 2 {
            let state = chance.below(4) as i64;
            let reason = if state >= 2 { pick(&["unconfirmed", "over_limit"]) } else { String::new() };
            sql.push(format!("INSERT INTO group_message_group (message, chat, task, members, state, reason, at) VALUES ('{made}', '{subject}', 1, 1, {state}, '{reason}', {})", done.0));
            match (state, reason.as_str()) {
                (1, _) => found(End::OnTime, Some(done)),
                (_, "unconfirmed") => found(End::Missed, None),
                (2.., _) => found(End::Skipped, None),
                _ => {}
            }
        } else if way == 3 {
            let (state, whole) = (chance.below(3), chance.below(8));
            sql.push(format!("INSERT INTO moment (id, name, content, files, senders, tags, state, due_at, created_at, created_by) VALUES ('{made}', '', {}, '', '', '', {whole}, 0, 0, '')", blob(&world.t)));
            sql.push(format!("INSERT INTO moment_task (moment, staff, userid, store, state, seen_at, due_at) VALUES ('{made}', '{subject}', '', '', {state}, {}, 0)", by((state == 1).then_some(done))));
            match (state, whole) {
                (1, _) => found(End::OnTime, Some(done)),
                (2, _) | (_, 4 | 5) => found(End::Skipped, None),
                _ => {}
            }
        }
        let deadline = if is_task { due } else { deadline };
        let (end, done) = end.unwrap_or((if now <= deadline { End::Asked } else { End::Overdue }, None));
        let late = done.filter(|done| *done > deadline);
        let end = if late.is_some() { End::Late } else { end };
        let sop = if is_task { "旅程".to_owned() } else { pick(&["p1", "p2"]) };
        if !is_task {
            sql.push(format!("INSERT INTO sop_step (sop, subject, step, occasion, version, due_at, deadline, staff, state, reason, way, made) VALUES ('{sop}', '{subject}', 's', 0, 1, {}, {}, '{staff}', '{state}', 'why', {way}, '{made}')", due.0, deadline.0));
        }
        let late_seconds = late.map_or(0, |at| (at.0 - deadline.0) / 1_000_000);
        rows.push(Lain { due, deadline, sop, store: store.into(), staff, end, late_seconds });
    }
    world.act(move |tx| sql.iter().try_for_each(|own| tx.execute(own, &[]).map(drop)).map_err(Refusal::from));
    rows
}
fn at_once(state: &str) -> Option<End> {
    [End::Planned, End::Missed, End::Skipped].into_iter().find(|own| own.name() == state)
}
fn blob(t: &TestDb) -> &'static str {
    if t.db().engine() == Engine::Sqlite { "x''" } else { "''::bytea" }
}

/// Counted one by one.
fn folded<'r>(rows: impl IntoIterator<Item = &'r Lain>) -> Sums {
    let (mut sums, mut late) = (Sums::default(), Vec::new());
    for row in rows {
        sums.steps += 1;
        *match row.end {
            End::Planned => &mut sums.planned,
            End::Asked => &mut sums.asked,
            End::Overdue => &mut sums.overdue,
            End::OnTime => &mut sums.on_time,
            End::Late => &mut sums.late,
            End::Missed => &mut sums.missed,
            End::Skipped => &mut sums.skipped,
        } += 1;
        if row.end == End::Late {
            late.push(row.late_seconds);
        }
    }
    late.sort_unstable();
    let middle = late.len() / 2;
    sums.late_median_seconds = match late.len() {
        0 => None,
        len if len % 2 == 1 => Some(late[middle]),
        _ => Some((late[middle - 1] + late[middle]) / 2),
    };
    sums
}
fn shares<'r>(rows: &'r [Lain], key: impl Fn(&'r Lain) -> &'r String) -> Vec<Share> {
    let keys: BTreeSet<&String> = rows.iter().map(&key).collect();
    let of = |own: &String| folded(rows.iter().filter(|row| key(row) == own));
    keys.into_iter().map(|own| Share { key: own.clone(), sums: of(own) }).collect()
}

fn sums_are_those_of_each_step_read_by_itself(t: TestDb) {
    let world = World::open(t);
    let (chance, now) = (Chance::seeded(11), world.now());
    let rows = lain(&world, &chance, now);
    for staff in [None, Some(vec!["ann".to_owned(), "gone".to_owned()])] {
        let query = BoardQuery { from: Time(0), to: Time::MAX, sop: None, staff: staff.clone(), customers: true };
        let seen = |row: &&Lain| staff.as_ref().is_none_or(|own| own.contains(&row.staff));
        let own: Vec<&Lain> = rows.iter().filter(seen).collect();
        let board = world.t.db().read(|tx| world.sops.board(tx, &query, now)).unwrap();
        assert_eq!(board.all, folded(own.iter().copied()));
        if staff.is_none() {
            assert_eq!(board.programmes, shares(&rows, |row| &row.sop));
            assert_eq!(board.stores, shares(&rows, |row| &row.store));
            assert_eq!(board.staff, shares(&rows, |row| &row.staff));
        }
        // The list by pages is each of them once, by time, and what each is.
        for end in [None, Some(End::Late), Some(End::Skipped)] {
            let mut filter = StepFilter { end, limit: 7, ..StepFilter::default() };
            let mut listed: Vec<StepRow> = Vec::new();
            loop {
                let (page, next) = world.t.db().read(|tx| world.sops.board_steps(tx, &query, &filter, now)).unwrap();
                assert!(page.len() == 7 || next.is_none());
                listed.extend(page);
                let Some(next) = next else { break };
                filter.after = Some(next);
            }
            assert!(listed.is_sorted_by_key(|row| row.due_at));
            let tokens: BTreeSet<&String> = listed.iter().map(|row| &row.token).collect();
            assert_eq!(tokens.len(), listed.len(), "none comes twice");
            let mut found: Vec<_> =
                listed.iter().map(|row| (row.due_at, row.deadline, row.staff.clone(), row.end)).collect();
            let mut wanted: Vec<_> = own
                .iter()
                .filter(|row| end.is_none_or(|end| row.end == end))
                .map(|row| (row.due, row.deadline, row.staff.clone(), row.end))
                .collect();
            found.sort();
            wanted.sort();
            assert_eq!(found, wanted);
        }
    }
    let filter = StepFilter { after: Some("nonsense".into()), limit: 7, ..StepFilter::default() };
    let query = BoardQuery { to: Time::MAX, ..BoardQuery::default() };
    let refused = world.t.db().read(|tx| world.sops.board_steps(tx, &query, &filter, now));
    assert_eq!(refused.unwrap_err().code, "page_token");
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
