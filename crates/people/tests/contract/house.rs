//! A brand's people, asked in one line: `house.ask(&["phone:139…", "user_id:u1"])`.

use siyu_db::{Db, Migration};
use siyu_kernel::{Chance, Clock, Event, EventKind, Identifier, PersonNum, Refusal, Time, Vault};
use siyu_log::Log;
use siyu_people::{Incoming, People, Resolved, TagIn, TagKind};
use siyu_testkit::TestDb;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub const MIGRATIONS: &[Migration] = siyu_testkit::migrations![siyu_log::MIGRATIONS, siyu_people::MIGRATIONS];

pub struct House {
    pub t: TestDb,
    pub desk: Desk,
}

/// One process's view of the house.
#[derive(Clone)]
pub struct Desk {
    pub db: Db,
    pub people: People,
    pub log: Log,
}

pub fn vault() -> Vault {
    Vault::from_key([5; 32])
}

impl std::ops::Deref for House {
    type Target = Desk;
    fn deref(&self) -> &Desk {
        &self.desk
    }
}

impl House {
    pub fn new(t: TestDb) -> Self {
        let desk = Desk::open(&t, t.db().clone());
        Self { t, desk }
    }
    pub fn now(&self) -> Time {
        self.t.clock.now()
    }
    pub fn second(&self) -> Desk {
        Desk::open(&self.t, self.t.second())
    }
}

impl Desk {
    fn open(t: &TestDb, db: Db) -> Self {
        let log = Log::open(&db, vault(), t.clock.clone()).unwrap();
        let people = People::open(&db, vault(), log.clone(), Arc::new(Chance::from_entropy())).unwrap();
        Self { db, people, log }
    }
    pub fn incoming(&self, ids: &[&str]) -> Incoming {
        self.people.prepare(ids.iter().map(|id| Identifier::parse(id).unwrap()), Time(1_000_000))
    }
    pub fn try_batch(&self, messages: &[&[&str]]) -> Result<Vec<Option<Resolved>>, Refusal> {
        let messages: Vec<Incoming> = messages.iter().map(|ids| self.incoming(ids)).collect();
        let people = self.people.clone();
        self.db.transact(move |tx| people.resolve(tx, &messages, "test", Time(2_000_000)))
    }
    pub fn batch(&self, messages: &[&[&str]]) -> Vec<Resolved> {
        self.try_batch(messages).unwrap().into_iter().map(|resolved| resolved.expect("a usable identifier")).collect()
    }
    /// What one message with these identifiers resolves to.
    pub fn ask(&self, ids: &[&str]) -> Resolved {
        self.batch(&[ids]).pop().unwrap()
    }
    /// The same, with an event that stays in the log.
    pub fn event(&self, id: &str, ids: &[&str]) -> Resolved {
        let (message, desk, id) = (self.incoming(ids), self.clone(), id.to_owned());
        self.act(move |tx| {
            let found = desk
                .people
                .resolve(tx, std::slice::from_ref(&message), "test", Time(2_000_000))?
                .pop()
                .flatten()
                .unwrap();
            let event = Event {
                message_id: id.clone(),
                kind: EventKind::Track,
                name: "Visited".into(),
                person: found.node,
                at: message.at,
                received_at: message.at,
                source: "test".into(),
                body: "{\"phone\":\"13912345678\"}".into(),
            };
            desk.log.append(tx, event);
            Ok(found)
        })
    }
    pub fn act<T: Send + 'static>(
        &self,
        unit: impl FnMut(&mut siyu_db::Tx<'_>) -> Result<T, Refusal> + Send + 'static,
    ) -> T {
        self.db.transact(unit).unwrap()
    }
    pub fn read<T>(&self, unit: impl FnOnce(&mut siyu_db::Tx<'_>) -> Result<T, Refusal>) -> T {
        self.db.read(unit).unwrap()
    }
    pub fn int(&self, sql: &str) -> i64 {
        self.read(|tx| Ok(tx.one(sql, &[], |row| row.int(0))?))
    }

    /// The person an identifier leads to, nobody being made.
    pub fn who(&self, id: &str) -> Option<PersonNum> {
        self.read(|tx| Ok(self.people.by_identifier(tx, Identifier::parse(id).unwrap())?)).map(|(_, root)| root)
    }
    /// All these identifiers lead to one person.
    pub fn one(&self, ids: &[&str]) -> bool {
        let people: BTreeSet<_> = ids.iter().map(|id| self.who(id)).collect();
        people.len() == 1 && !people.contains(&None)
    }
    pub fn identifiers(&self, root: PersonNum) -> Vec<String> {
        let profile = self.read(|tx| self.people.profile(tx, root));
        profile.identifiers.iter().map(|row| format!("{}:{}", row.kind, row.value)).collect()
    }
    pub fn conflicts(&self, root: PersonNum) -> Vec<(String, String)> {
        self.read(|tx| {
            let nodes = self.people.nodes(tx, root)?;
            Ok(self.people.conflicts(tx, &nodes)?.into_iter().map(|c| (c.code, c.kind)).collect())
        })
    }
    pub fn events(&self, root: PersonNum) -> Vec<String> {
        self.read(|tx| {
            let nodes = self.people.nodes(tx, root)?;
            let mut ids: Vec<String> = self
                .log
                .of_people(tx, &nodes, None, 200, false)?
                .into_iter()
                .map(|found| found.event.message_id)
                .collect();
            ids.sort();
            Ok(ids)
        })
    }
    pub fn count(&self) -> i64 {
        self.read(|tx| Ok(self.people.count(tx)?))
    }
    pub fn merge(&self, a: PersonNum, b: PersonNum) -> Result<siyu_people::Merged, Refusal> {
        let people = self.people.clone();
        self.db.transact(move |tx| people.merge(tx, a, b, "usr_ann", Time(3_000_000)))
    }
    pub fn split(&self, edge: i64) -> Result<siyu_people::Split, Refusal> {
        let people = self.people.clone();
        self.db.transact(move |tx| people.split(tx, edge, "usr_ann", "two sisters", Time(4_000_000)))
    }
    /// The merge in force between two nodes' people that was made last.
    pub fn last_edge(&self, root: PersonNum) -> i64 {
        self.read(|tx| {
            let nodes = self.people.nodes(tx, root)?;
            Ok(self
                .people
                .edges(tx, &nodes)?
                .into_iter()
                .find(|edge| edge.undone_at.is_none())
                .expect("a merge in force")
                .id)
        })
    }
    pub fn roots(&self) -> BTreeMap<PersonNum, PersonNum> {
        self.read(|tx| Ok(tx.query("SELECT num, root FROM person", &[], |row| Ok((row.num(0)?, row.num(1)?)))?))
            .into_iter()
            .collect()
    }
    pub fn tag(&self, name: &str, ttl_days: Option<i64>) -> siyu_people::Tag {
        let (people, name) = (self.people.clone(), name.to_owned());
        self.act(move |tx| {
            let tag = TagIn {
                group: "Service".into(),
                name: name.clone(),
                color: "blue".into(),
                kind: TagKind::Manual,
                description: String::new(),
                rule: None,
                ttl_days,
            };
            people.create_tag(tx, &tag, Time(1))
        })
    }

    /// What holds after any number of merges and un-merges.
    pub fn check(&self) {
        let roots = self.roots();
        let edges: Vec<(PersonNum, PersonNum)> = self.read(|tx| {
            Ok(tx.query("SELECT node_a, node_b FROM merge_edge WHERE undone_at IS NULL ORDER BY id", &[], |row| {
                Ok((row.num(0)?, row.num(1)?))
            })?)
        });
        let mut joined: BTreeMap<PersonNum, PersonNum> = roots.keys().map(|num| (*num, *num)).collect();
        for (a, b) in &edges {
            let (a, b) = (top(&joined, *a), top(&joined, *b));
            assert_ne!(a, b, "the edges of a person form a tree");
            joined.insert(a, b);
        }
        for (num, root) in &roots {
            assert_eq!(roots[root], *root, "the root of {num} is a root");
            assert_eq!(top(&joined, *num), top(&joined, *root), "{num} is joined to its root by edges");
        }
        let components: BTreeSet<_> = roots.keys().map(|num| top(&joined, *num)).collect();
        let people: BTreeSet<_> = roots.values().collect();
        assert_eq!(components.len(), people.len(), "nobody is joined to a person by edges without being of it");
        let different =
            self.read(|tx| Ok(tx.query("SELECT a, b FROM person_split", &[], |row| Ok((row.num(0)?, row.num(1)?)))?));
        assert!(different.iter().all(|(a, b)| roots[a] != roots[b]), "who was declared different stays so");
        assert_eq!(
            self.count(),
            people.len() as i64 - self.int("SELECT COUNT(*) FROM person WHERE state = 2 AND root = num")
        );
        assert_eq!(
            self.int("SELECT COUNT(*) FROM identifier i LEFT JOIN person p ON p.num = i.num WHERE p.num IS NULL"),
            0
        );
    }
    /// The answer to each identifier alone is what the database says, whatever is remembered.
    pub fn check_answers(&self, ids: &[String]) {
        for id in ids {
            if let Some(root) = self.who(id) {
                assert_eq!(self.ask(&[id]).root, root, "{id}");
            }
        }
    }
}

fn top(joined: &BTreeMap<PersonNum, PersonNum>, mut num: PersonNum) -> PersonNum {
    while joined[&num] != num {
        num = joined[&num];
    }
    num
}
