//! A brand whose world writes down what it is handed. What it writes lies in the database: a unit that is rolled back leaves nothing, and an effect
//! handed on twice breaks a key.

use serde_json::{Value, json};
use siyu_db::{Db, Migration, Param, Tx, params};
use siyu_journeys::{
    Answer, Change, Effect, EffectKey, Inside, JourneyRow, Journeys, NodeNumbers, Numbers, Outcome, PersonQuery,
    PersonRow, Ran, Told, World,
};
use siyu_kernel::{Chance, Clock, Event, EventKind, Identifier, Kind, PersonNum, Refusal, Time, Vault};
use siyu_log::Log;
use siyu_people::People;
use siyu_testkit::TestDb;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::SeqCst};

const FAKE: &[Migration] = &[Migration {
    id: "fake/0001_fake",
    sql: "CREATE TABLE fake_effect (key TEXT PRIMARY KEY, journey BIGINT NOT NULL, num BIGINT NOT NULL, entry BIGINT NOT NULL, step BIGINT NOT NULL, node TEXT NOT NULL, kind TEXT NOT NULL, what TEXT NOT NULL, about TEXT NOT NULL, at BIGINT NOT NULL, settled BIGINT NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE TABLE fake_member (audience TEXT NOT NULL, num BIGINT NOT NULL, PRIMARY KEY (audience, num)) WITHOUT ROWID;",
}];

pub fn migrations() -> &'static [Migration] {
    siyu_testkit::migrations![siyu_log::MIGRATIONS, siyu_people::MIGRATIONS, siyu_journeys::MIGRATIONS, FAKE]
}

/// Rules are about the one field `tag`: members of the set of that name fit. A message says at once, or later, what became of it.
pub struct Fake {
    /// Rules cannot be asked now.
    pub lost: AtomicBool,
    /// Nothing can be handed on now.
    pub away: AtomicBool,
    /// Rules answer what the log tells up to here.
    pub seen: AtomicI64,
}

fn set(tx: &mut Tx<'_>, name: &str) -> Result<Vec<PersonNum>, Refusal> {
    let sql = "SELECT num FROM fake_member WHERE audience = $1 ORDER BY num";
    Ok(tx.query(sql, params![name], |row| row.num(0))?)
}

impl World for Fake {
    fn knows_audience(&self, _: &mut Tx<'_>, id: &str) -> Result<bool, Refusal> {
        Ok(id.starts_with("aud_"))
    }
    fn check_rule(&self, _: &mut Tx<'_>, rule: &Value) -> Result<(), Refusal> {
        let wrong = || Refusal::invalid("rule_field", "There is no such field.", "没有该字段。");
        if rule["all"][0]["field"] == "tag" { Ok(()) } else { Err(wrong()) }
    }
    fn check_effect(&self, _: &mut Tx<'_>, kind: &str, with: &Value) -> Result<(), Refusal> {
        let wrong = || Refusal::invalid("content_invalid", format!("A {kind} says something."), "须填写内容。");
        if with.get("bad").is_none() { Ok(()) } else { Err(wrong()) }
    }
    fn sees(&self, _: &mut Tx<'_>, _: &Value, seq: i64, _: Time) -> Result<bool, Refusal> {
        Ok(self.seen.load(SeqCst) >= seq)
    }
    fn holds(&self, tx: &mut Tx<'_>, rule: &Value, people: &[PersonNum], _: Time) -> Result<Vec<PersonNum>, Refusal> {
        if self.lost.load(SeqCst) {
            return Err(Refusal::not_found("tag_unknown", "There is no such tag.", "没有该标签。"));
        }
        let members = set(tx, rule["all"][0]["value"].as_str().unwrap())?;
        Ok(people.iter().copied().filter(|num| members.binary_search(num).is_ok()).collect())
    }
    fn members(&self, tx: &mut Tx<'_>, audience: &str, _: Time) -> Result<Vec<PersonNum>, Refusal> {
        set(tx, audience)
    }
    fn hand(&self, tx: &mut Tx<'_>, effects: &[Effect], now: Time) -> Result<Vec<Answer>, Refusal> {
        if self.away.load(SeqCst) {
            return Err(Refusal::busy());
        }
        let texts: Vec<[String; 2]> = effects.iter().map(|own| [own.key.show(), own.about.show()]).collect();
        let rows: Vec<[Param<'_>; 10]> = effects
            .iter()
            .zip(&texts)
            .map(|(own, [key, about])| {
                let EffectKey { journey, num, entry, step } = own.key;
                let node = Param::from(&own.node);
                [
                    key.into(),
                    journey.into(),
                    num.into(),
                    entry.into(),
                    step.into(),
                    node,
                    own.kind.into(),
                    own.order.name().into(),
                    about.into(),
                    now.into(),
                ]
            })
            .collect();
        tx.bulk("INSERT INTO fake_effect (key, journey, num, entry, step, node, kind, what, about, at)", "", &rows)?;
        let answer = |own: &Effect| match own.with["says"].as_str() {
            Some("skip") => Answer::Now(Outcome::Skipped("quota".into())),
            Some("fail") => Answer::Now(Outcome::Failed("refused".into())),
            Some("later") => Answer::Later,
            _ => Answer::Now(Outcome::Done),
        };
        Ok(effects.iter().map(answer).collect())
    }
}

pub struct House {
    pub db: Db,
    pub journeys: Journeys,
    pub people: People,
    pub log: Log,
    pub world: Arc<Fake>,
    pub t: TestDb,
    messages: AtomicU64,
}

impl House {
    pub fn new(t: TestDb) -> Self {
        let (db, clock, vault) = (t.db().clone(), t.clock.clone(), Vault::from_key([7; 32]));
        let log = Log::open(&db, vault.clone(), clock.clone()).unwrap();
        let people = People::open(&db, vault.clone(), log.clone(), Arc::new(Chance::seeded(1))).unwrap();
        let world = Arc::new(Fake { lost: false.into(), away: false.into(), seen: i64::MAX.into() });
        let chance = Arc::new(Chance::seeded(5));
        let journeys = Journeys::new(db.clone(), &vault, log.clone(), chance, clock, world.clone());
        Self { db, journeys, people, log, world, t, messages: AtomicU64::new(0) }
    }
    /// The program ends and is started again.
    pub fn again(self) -> Self {
        let messages = self.messages.load(SeqCst);
        let Self { t, db, journeys, people, log, .. } = self;
        drop((db, journeys, people, log));
        let mut t = t;
        t.reopen();
        let own = Self::new(t);
        own.messages.store(messages, SeqCst);
        own
    }
    pub fn act<T: Send + 'static>(&self, unit: impl FnMut(&mut Tx<'_>) -> Result<T, Refusal> + Send + 'static) -> T {
        self.db.transact(unit).unwrap()
    }
    pub fn read<T>(&self, unit: impl FnOnce(&mut Tx<'_>) -> Result<T, Refusal>) -> T {
        self.db.read(unit).unwrap()
    }
    pub fn now(&self) -> Time {
        self.t.clock.now()
    }
    pub fn pass(&self, seconds: i64) {
        self.t.clock.advance_seconds(seconds);
    }
    pub fn hours(&self, hours: i64) {
        self.pass(hours * 3_600);
    }
    /// So many people nobody knows anything of.
    pub fn crowd(&self, count: usize) -> Vec<PersonNum> {
        let (people, now) = (self.people.clone(), self.now());
        self.act(move |tx| {
            let prepared: Vec<_> = (0..count)
                .map(|n| people.prepare([Identifier::new(Kind::Phone, &format!("139{n:08}")).unwrap()], now))
                .collect();
            Ok(people.resolve(tx, &prepared, "test", now)?.into_iter().map(|own| own.unwrap().root).collect())
        })
    }
    pub fn does_at(&self, num: PersonNum, name: &str, properties: Value, at: Time) {
        let (log, now) = (self.log.clone(), self.now());
        let event = Event {
            message_id: format!("m{}", self.messages.fetch_add(1, SeqCst)),
            kind: EventKind::Track,
            name: name.into(),
            person: num,
            at,
            received_at: now,
            source: "test".into(),
            body: json!({ "properties": properties }).to_string(),
        };
        self.act(move |tx| {
            log.append(tx, event.clone());
            Ok(())
        });
    }
    pub fn does(&self, num: PersonNum, name: &str) {
        self.does_at(num, name, json!({}), self.now());
    }
    /// Somebody's audience changes, as the log tells it.
    pub fn moves(&self, num: PersonNum, name: &str, audience: &str) {
        self.does_at(num, name, json!({"audiences": [{"audience": audience, "name": "x"}]}), self.now());
    }
    pub fn put(&self, set: &str, nums: &[PersonNum]) {
        let (set, nums) = (set.to_owned(), nums.to_vec());
        self.act(move |tx| {
            for num in &nums {
                tx.execute("INSERT INTO fake_member (audience, num) VALUES ($1, $2)", params![&set, *num])?;
            }
            Ok(())
        });
    }
    pub fn merge(&self, a: PersonNum, b: PersonNum) -> PersonNum {
        let (people, now) = (self.people.clone(), self.now());
        self.act(move |tx| people.merge(tx, a, b, "test", now)).kept
    }

    /// The merge of these two is taken back.
    pub fn part(&self, a: PersonNum, b: PersonNum) {
        let (people, now) = (self.people.clone(), self.now());
        self.act(move |tx| {
            let edges = people.edges(tx, &[a, b])?;
            let edge = edges.into_iter().find(|own| own.undone_at.is_none()).map(|own| own.id).unwrap();
            people.split(tx, edge, "test", "another person", now).map(drop)
        });
    }

    pub fn create(&self, definition: &Value) -> JourneyRow {
        let (own, text) = (self.journeys.clone(), definition.to_string());
        self.act(move |tx| own.create(tx, "旅程", &text, "test"))
    }
    pub fn publish(&self, id: &str, inside: Inside) -> Result<JourneyRow, Refusal> {
        let (own, id) = (self.journeys.clone(), id.to_owned());
        self.db.transact(move |tx| {
            let edits = own.journey(tx, &id)?.edits;
            own.publish(tx, &id, edits, inside, "", "test")
        })
    }
    pub fn start(&self, definition: &Value) -> String {
        let id = self.create(definition).id;
        self.publish(&id, Inside::Finish).unwrap();
        id
    }
    pub fn redraw(&self, id: &str, definition: &Value) {
        let (own, id, text) = (self.journeys.clone(), id.to_owned(), definition.to_string());
        self.act(move |tx| {
            let edits = own.journey(tx, &id)?.edits;
            own.edit(tx, &id, edits, "旅程", &text)
        });
    }
    pub fn change(&self, id: &str, change: Change) -> Result<JourneyRow, &'static str> {
        let (own, id) = (self.journeys.clone(), id.to_owned());
        self.db.transact(move |tx| own.change(tx, &id, change)).map_err(|refusal| refusal.code)
    }
    pub fn let_in(&self, id: &str, people: &[PersonNum]) {
        let (own, id, people) = (self.journeys.clone(), id.to_owned(), people.to_vec());
        self.act(move |tx| own.let_in(tx, &id, &people));
    }
    /// Everything that is due now.
    pub fn run(&self) -> Ran {
        for _ in 0..10_000 {
            match self.journeys.step().unwrap() {
                Ran::Went => self.sound(),
                other => return other,
            }
        }
        panic!("there is no end to it");
    }
    /// Hour by hour.
    pub fn live(&self, hours: i64) {
        for _ in 0..hours {
            self.hours(1);
            self.run();
        }
    }
    pub fn row(&self, id: &str) -> JourneyRow {
        self.read(|tx| self.journeys.journey(tx, id))
    }
    pub fn numbers(&self, id: &str) -> Numbers {
        self.read(|tx| {
            let row = self.journeys.journey(tx, id)?;
            self.journeys.numbers(tx, &row)
        })
    }
    /// Of the node in all versions that have it; the numbers of one when only one has.
    pub fn node(&self, id: &str, version: u32, node: &str) -> NodeNumbers {
        self.numbers(id).nodes.get(&(version, node.to_owned())).cloned().unwrap_or_default()
    }
    /// `entered inside finished exited`.
    pub fn sums(&self, id: &str) -> [i64; 4] {
        let sums = self.numbers(id).sums;
        [sums.entered, sums.inside, sums.finished, sums.exited]
    }
    pub fn people_of(&self, id: &str, query: &PersonQuery) -> Vec<PersonRow> {
        self.read(|tx| {
            let row = self.journeys.journey(tx, id)?;
            let (mut all, mut query) = (Vec::new(), query.clone());
            loop {
                let (page, next) = self.journeys.people_of(tx, &row, &query, 700)?;
                all.extend(page);
                match next {
                    Some(_) => query.after = next,
                    None => return Ok(all),
                }
            }
        })
    }
    /// `node:way` of somebody's newest entry.
    pub fn path(&self, id: &str, num: PersonNum) -> Vec<String> {
        self.read(|tx| {
            let row = self.journeys.journey(tx, id)?;
            let all = self.journeys.paths(tx, &row, &[num])?;
            let steps = all.into_iter().next().map(|(_, path)| path).unwrap_or_default();
            Ok(steps.into_iter().map(|own| format!("{}:{}", own.node, own.way)).collect())
        })
    }
    /// `what node`, how often, of what was handed on.
    pub fn handed(&self) -> BTreeMap<String, i64> {
        let sql = "SELECT what, node, COUNT(*) FROM fake_effect GROUP BY what, node";
        let rows = self
            .read(|tx| Ok(tx.query(sql, &[], |row| Ok((format!("{} {}", row.text(0)?, row.text(1)?), row.int(2)?)))?));
        rows.into_iter().collect()
    }
    /// Whoever was handed these tells what became of those of a node that nobody has told of; up to `limit`.
    pub fn tell(&self, node: &str, outcome: Outcome, limit: i64) -> usize {
        let sql = "SELECT key FROM fake_effect WHERE node = $1 AND what = 'do' AND settled = 0 ORDER BY num LIMIT $2";
        let keys = self.read(|tx| Ok(tx.query(sql, params![node, limit], |row| row.text(0))?));
        let count = keys.len();
        self.act(move |tx| {
            let told: Vec<Told> =
                keys.iter().map(|key| Told { key: EffectKey::parse(key).unwrap(), outcome: outcome.clone() }).collect();
            for key in &keys {
                tx.execute("UPDATE fake_effect SET settled = 1 WHERE key = $1", params![key])?;
            }
            siyu_journeys::told(tx, &told)
        });
        count
    }

    /// Everybody counted from the rows is what the tallies say; somebody who was moved counts where they are now.
    pub fn adds_up(&self) {
        self.read(|tx| {
            for row in self.journeys.journeys(tx, None, 200)? {
                let numbers = self.journeys.numbers(tx, &row)?;
                let sql = "SELECT DISTINCT num FROM journey_person WHERE journey = $1 ORDER BY num";
                let all: Vec<PersonNum> = tx.query(sql, params![row.num], |row| row.num(0))?;
                let counted = self.journeys.numbers_of_part(tx, &row, &all)?;
                assert_eq!(counted.sums, numbers.sums);
                if numbers.nodes.values().all(|own| own.moved == 0) {
                    assert_eq!(counted.nodes, numbers.nodes);
                }
            }
            Ok(())
        });
    }
    /// The books agree with the rows, whatever was done.
    pub fn sound(&self) {
        self.read(|tx| {
            for row in self.journeys.journeys(tx, None, 200)? {
                let numbers = self.journeys.numbers(tx, &row)?;
                let sums = &numbers.sums;
                assert_eq!(sums.entered, sums.inside + sums.finished + sums.exited, "{sums:?}");
                let control = sums.control;
                assert_eq!(control.entered, control.inside + control.finished + control.exited, "{control:?}");
                let rows = "SELECT COUNT(*) FROM journey_person WHERE journey = $1 AND node = 0";
                assert_eq!(tx.one(rows, params![row.num], |row| row.int(0))?, control.entered);
                for (place, own) in &numbers.nodes {
                    assert!(own.is_sound(), "{place:?} {own:?}");
                }
                let rows = "SELECT version, node, state, reason, COUNT(*) FROM journey_person WHERE journey = $1 GROUP BY version, node, state, reason ORDER BY version, node, state, reason";
                let tallies = "SELECT version, node, what, reason, people FROM journey_tally WHERE journey = $1 AND what <= 2 AND people <> 0 ORDER BY version, node, what, reason";
                let read = |tx: &mut Tx<'_>, sql: &str| {
                    tx.query(sql, params![row.num], |row| {
                        Ok((row.int(0)?, row.int(1)?, row.int(2)?, row.text(3)?, row.int(4)?))
                    })
                };
                assert_eq!(read(tx, rows)?, read(tx, tallies)?);
                // Nobody inside twice; whoever has ended waits for nothing; whoever is inside, for something.
                let twice = "SELECT COUNT(*) FROM (SELECT num FROM journey_person WHERE journey = $1 AND state = 0 GROUP BY num HAVING COUNT(*) > 1) AS t";
                assert_eq!(tx.one(twice, params![row.num], |row| row.int(0))?, 0);
                let idle = "SELECT COUNT(*) FROM journey_person WHERE journey = $1 AND (due_at IS NULL) = (state = 0)";
                assert_eq!(tx.one(idle, params![row.num], |row| row.int(0))?, 0);
                // An open effect has a row until its outcome is known, and no other has one.
                let open = "SELECT num, entry, open FROM journey_person WHERE journey = $1 AND open <> 0 ORDER BY num, entry, open";
                let kept = "SELECT num, entry, step FROM journey_effect WHERE journey = $1 AND order_code = 0 ORDER BY num, entry, step";
                let read = |tx: &mut Tx<'_>, sql: &str| {
                    tx.query(sql, params![row.num], |row| Ok((row.int(0)?, row.int(1)?, row.int(2)?)))
                };
                assert_eq!(read(tx, open)?, read(tx, kept)?);
            }
            Ok(())
        });
    }
}

/// A journey that begins with the event `begin`.
pub fn journey(nodes: Value) -> Value {
    let start = nodes[0]["id"].clone();
    json!({"format": 1, "entry": {"type": "trigger", "on": {"type": "event", "name": "begin"}}, "start": start, "nodes": nodes})
}
pub fn wait(id: &str, amount: u32, unit: &str, next: &str) -> Value {
    json!({"id": id, "do": {"type": "wait", "for": {"amount": amount, "unit": unit}, "next": next}})
}
/// A message whose outcome is told at once, later, or is bad.
pub fn message(id: &str, says: &str, next: &str) -> Value {
    json!({"id": id, "do": {"type": "message", "with": {"says": says}, "next": next}})
}
pub fn exit(id: &str) -> Value {
    json!({"id": id, "do": {"type": "exit", "outcome": id}})
}
