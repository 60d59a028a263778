//! `kill -9` while programmes over groups and moments come due, with a WeCom that fails now and then: whenever somebody looks, the steps of the board add
//! up to all that were planned; in the end no group and no guide was asked twice for a step, and none is lost.
//!
//! The moments come from a seed that is printed. Set `SIYU_SEED` to repeat a run, `SIYU_KILLS` for another number of them.

mod common;

use common::wecom::{Wecom, connected};
use common::{Place, Server, chance, http, kills};
use serde_json::{Value, json};
use siyu_kernel::{Chance, clocks};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

const FAULTS: &str = "busy=0.02,expired=0.05,proxy=0.02,concurrency=0.03";
const STATES: [&str; 7] = ["planned", "asked", "overdue", "on_time", "late", "missed", "skipped"];
/// Of a group: those of today, and one that stays ahead.
const STEPS: i64 = 5;

fn number(of: &Value, name: &str) -> i64 {
    of[name].as_i64().unwrap_or_else(|| panic!("{name} in {of}"))
}
fn text<'v>(of: &'v Value, name: &str) -> &'v str {
    of[name].as_str().unwrap_or_else(|| panic!("{name} in {of}"))
}

/// Whole minutes of Shanghai's clock since the epoch; there are no others in this test.
fn minute() -> i64 {
    (clocks::system().now().0 / 1_000_000 + 8 * 3_600) / 60
}
fn second() -> i64 {
    clocks::system().now().0 / 1_000_000 % 60
}

struct Run<'p> {
    place: &'p Place,
    server: Server,
    key: String,
    chance: &'p Chance,
    /// How many steps there are in all, once everybody is in.
    steps: i64,
    kills: usize,
}

impl Run<'_> {
    fn post(&self, path: &str, body: &Value) -> Value {
        let (status, answer) = http::post(&self.server.address, path, &self.key, body).expect("an answer");
        assert!((200..300).contains(&status), "{path}: {status} {answer}");
        answer
    }
    /// The sums, which are those of every step that was ever planned.
    fn look(&self) -> Value {
        let board = self.server.api(&self.key, "/sops/board");
        for sums in std::iter::once(&board["all"]).chain(
            ["programmes", "stores", "staff"]
                .iter()
                .flat_map(|part| board[*part].as_array().expect("a list"))
                .map(|own| &own["sums"]),
        ) {
            assert_eq!(STATES.iter().map(|state| number(sums, state)).sum::<i64>(), number(sums, "steps"), "{sums}");
        }
        for part in ["programmes", "stores", "staff"] {
            let own = board[part].as_array().expect("a list").iter();
            assert_eq!(own.map(|own| number(&own["sums"], "steps")).sum::<i64>(), self.steps, "{part}: {board}");
        }
        assert_eq!(number(&board["all"], "steps"), self.steps, "{board}");
        board
    }
    fn kill(&mut self) {
        self.look();
        self.server.kill();
        self.server = Server::start(self.place);
        self.look();
        self.kills += 1;
    }
    /// Waits for this minute, and is killed in the middle of what is done then.
    fn killed_at(&mut self, due: i64, points: usize) {
        while minute() < due {
            std::thread::sleep(Duration::from_millis(50));
        }
        for _ in 0..points {
            std::thread::sleep(Duration::from_millis(self.chance.below(1_200)));
            self.kill();
        }
    }
    fn until(&self, what: &str, so: impl Fn(&Self) -> bool) {
        for _ in 0..1_200 {
            self.look();
            if so(self) {
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("{what} does not come about: {}", self.look());
    }
    /// The steps of a programme, each of which is there once.
    fn rows(&self, sop: &str) -> Vec<Value> {
        let rows = self.server.all(&self.key, &format!("/sops/steps?sop={sop}"));
        let each: BTreeSet<_> = rows.iter().map(|row| (text(row, "subject"), text(row, "step"))).collect();
        assert_eq!(each.len(), rows.len(), "a step is listed once");
        rows
    }
    /// How many steps of this key were asked for or done, by whom they were asked of.
    fn asked(&self, sop: &str, steps: &[&str]) -> BTreeMap<String, i64> {
        let mut by: BTreeMap<String, i64> = BTreeMap::new();
        for row in self.rows(sop) {
            if steps.contains(&text(&row, "step")) && ["asked", "on_time"].contains(&text(&row, "state")) {
                *by.entry(text(&row, "staff").to_owned()).or_default() += 1;
            }
        }
        by
    }
}

fn programme(kind: &str, steps: &[Value]) -> Value {
    json!({ "name": kind, "kind": kind, "steps": steps })
}

fn programmes_live_through(place: &Place, points: usize, chance: &Chance) {
    let wecom = Wecom::quiet("small");
    connected(place, &wecom);
    let key = place.key("api");
    let server = Server::start(place);
    // Nobody is held back, whatever the time of the day is.
    server.without_limits(&key, &json!({ "breaker_percent": 100.0 }));
    let mut run = Run { place, server, key, chance, steps: 0, kills: 0 };

    while second() > 35 {
        std::thread::sleep(Duration::from_millis(200));
    }
    let today = minute();
    let step = |name: &str, after: i64, deed: Value| {
        let (at, day) = ((today + after) % 1_440, (today + after) / 1_440 - today / 1_440);
        let mut own =
            json!({ "key": name, "name": name, "day": day, "hour": at / 60, "minute": at % 60, "grace_hours": 2 });
        own.as_object_mut().expect("a step").extend(deed.as_object().expect("a deed").clone());
        own
    };
    let (hello, task) = (json!({ "content": { "text": "今晚八点见" } }), json!({ "task": "发起话题" }));
    let deep = json!({ "task": "逐个问候", "depth": "deep" });
    let steps = [
        step("hello", 1, hello.clone()),
        step("topic", 1, task.clone()),
        step("deep", 2, deep),
        step("wrap", 2, task.clone()),
        step("later", 3 * 1_440, task),
    ];
    let groups = text(&run.post("/api/v1/sops", &programme("group", &steps)), "id").to_owned();
    let moments = text(&run.post("/api/v1/sops", &programme("moment", &[step("show", 2, hello)])), "id").to_owned();
    let everybody = json!({ "rule": {} });
    let came = |run: &Run<'_>, id: &str| number(&run.post(&format!("/api/v1/sops/{id}/subjects"), &everybody), "came");
    let (in_groups, in_moments) = (came(&run, &groups), came(&run, &moments));
    assert!(in_groups > 20 && in_moments > 5, "{in_groups} groups, {in_moments} members of staff");
    run.steps = STEPS * in_groups + in_moments;
    assert!(minute() == today, "the programmes begin before their first step");
    wecom.post("/sandbox/settings", &json!({ "faults": FAULTS }));

    std::thread::sleep(Duration::from_millis(chance.below(2_000)));
    run.kill();
    run.killed_at(today + 1, points);
    run.killed_at(today + 2, points);

    // What is due was asked for, and WeCom has all of it.
    let made = |kind: &str| -> BTreeMap<String, i64> {
        let mut by: BTreeMap<String, i64> = BTreeMap::new();
        let (list, to_groups) = if kind == "moment" { ("moments", false) } else { ("masses", true) };
        for own in wecom.list(list).iter().filter(|own| !to_groups || own["to_groups"] == true) {
            for task in own["tasks"].as_array().expect("tasks") {
                let targets = if to_groups {
                    ["waiting", "sent", "over_limit"].iter().map(|end| number(task, end)).sum()
                } else {
                    1
                };
                *by.entry(text(task, "userid").to_lowercase()).or_default() += targets;
            }
        }
        by.retain(|_, targets| *targets > 0);
        by
    };
    run.until("everything that is due is asked for", |run| number(&run.look()["all"], "planned") == in_groups);
    run.until("WeCom has every message", |run| made("group") == run.asked(&groups, &["hello"]));
    run.until("WeCom has every moment", |run| made("moment") == run.asked(&moments, &["show"]));
    let tasks = || -> BTreeMap<String, i64> {
        let board = run.server.api(&run.key, "/guide/setup/board?days=7");
        let open = board["items"].as_array().expect("items").iter().filter(|row| number(row, "open") > 0);
        open.map(|row| (text(row, "staff").to_lowercase(), number(row, "open"))).collect()
    };
    assert_eq!(tasks(), run.asked(&groups, &["topic", "wrap"]), "one task for each step");

    // All but one confirm; the board says so of their groups and of no others.
    let owners = run.asked(&groups, &["hello"]);
    let (idle, _) = owners.iter().next().expect("an owner");
    for mass in wecom.list("masses") {
        for task in
            mass["tasks"].as_array().expect("tasks").iter().filter(|task| text(task, "userid").to_lowercase() != *idle)
        {
            wecom.act(&json!({ "do": "confirm", "msgid": mass["msgid"], "userid": task["userid"] }));
        }
    }
    let confirmed: i64 = owners.iter().filter(|(owner, _)| *owner != idle).map(|(_, groups)| groups).sum();
    run.kill();
    run.until("what was confirmed is known", |run| number(&run.look()["all"], "on_time") == confirmed);
    let rows = run.rows(&groups);
    assert_eq!(rows.len() as i64, STEPS * in_groups);
    let count =
        |step: &str, state: &str| rows.iter().filter(|row| row["step"] == step && row["state"] == state).count() as i64;
    assert_eq!(count("later", "planned"), in_groups);
    assert_eq!(count("deep", "skipped"), in_groups, "nobody has the grade");
    for step in ["hello", "topic", "wrap"] {
        assert_eq!(count(step, "asked") + count(step, "on_time") + count(step, "skipped"), in_groups, "{step}");
    }
    assert_eq!(count("hello", "asked"), owners[idle]);
    assert_eq!((made("group"), made("moment")), (owners, run.asked(&moments, &["show"])), "nobody was asked again");
    eprintln!("{} kills, {in_groups} groups, {in_moments} members of staff", run.kills);
}

#[test]
fn programmes_are_killed() {
    programmes_live_through(&Place::sqlite(), kills(4), &chance("programmes on SQLite"));
}

#[test]
fn programmes_on_postgres_are_killed() {
    if let Some(place) = Place::postgres() {
        programmes_live_through(&place, kills(3), &chance("programmes on PostgreSQL"));
    }
}
