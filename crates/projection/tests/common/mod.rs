//! A workspace as far as the columns need one.

#![allow(dead_code)]

use siyu_db::{Migration, Tx};
use siyu_intake::{Endpoint, Intake};
use siyu_kernel::{Chance, Clock, Currency, Identifier, Refusal, Vault, Zone};
use siyu_log::Log;
use siyu_people::People;
use siyu_projection::{Limits, Projection, Setup};
use siyu_testkit::TestDb;
use std::sync::{Arc, LazyLock};

pub static ALL: LazyLock<Vec<Migration>> = LazyLock::new(|| {
    [
        siyu_log::MIGRATIONS,
        siyu_people::MIGRATIONS,
        siyu_commerce::MIGRATIONS,
        siyu_intake::MIGRATIONS,
        siyu_projection::MIGRATIONS,
    ]
    .concat()
});

pub struct World {
    pub test: TestDb,
    pub log: Log,
    pub people: People,
    pub intake: Intake,
    pub projection: Projection,
    chance: Arc<Chance>,
}

impl World {
    pub fn new(test: TestDb) -> Self {
        let vault = Vault::from_key([3; 32]);
        let chance = Arc::new(Chance::seeded(7));
        let log = Log::open(test.db(), vault.clone(), test.clock.clone()).unwrap();
        let people = People::open(test.db(), vault.clone(), log.clone(), chance.clone()).unwrap();
        let intake =
            Intake::open(test.db(), vault, log.clone(), people.clone(), chance.clone(), Currency::CNY).unwrap();
        let setup = setup(&test, &log, &people, "behaviour", Zone::shanghai());
        Self { test, log, people, intake, projection: Projection::new(setup), chance }
    }
    /// As another process would open it, storing the tail at so many events.
    pub fn open(&self, tail_rows: usize) -> Projection {
        self.open_in("behaviour", Zone::shanghai(), tail_rows)
    }
    pub fn open_in(&self, folder: &str, zone: Zone, tail_rows: usize) -> Projection {
        self.open_within(folder, zone, Limits { tail_rows, ..Limits::default() })
    }
    pub fn open_within(&self, folder: &str, zone: Zone, limits: Limits) -> Projection {
        Projection::within(setup(&self.test, &self.log, &self.people, folder, zone), limits)
    }
    /// Without files: what the log says.
    pub fn reference(&self) -> Projection {
        let folder = format!("reference-{}", self.chance.next());
        self.open_in(&folder, Zone::shanghai(), usize::MAX)
    }
    pub fn folder(&self) -> std::path::PathBuf {
        self.test.folder().join("behaviour")
    }
    /// Part files, by name.
    pub fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder()).into_iter().flatten().flatten();
        let names = entries.map(|entry| entry.file_name().into_string().unwrap());
        let mut names: Vec<String> = names.filter(|name| name.ends_with(".part") || name.ends_with(".tmp")).collect();
        names.sort();
        names
    }
    pub fn is_alive(&self, node: u32) -> bool {
        let sql = "SELECT state FROM person WHERE num = $1";
        self.read(|tx| Ok(tx.one(sql, siyu_db::params![node], |row| row.int(0))?)) == 0
    }
    /// The root of a user id that somebody living has.
    pub fn living(&self, user: &str) -> Option<u32> {
        let identifier = Self::identifier(&format!("user_id:{user}"));
        let found = self.read(|tx| Ok(self.people.by_identifier(tx, identifier)?));
        found.map(|(_, root)| root).filter(|root| self.is_alive(*root))
    }
    pub fn send(&self, body: &str) {
        let now = self.test.clock.now();
        let prepared = self.intake.prepare(Endpoint::Batch, body.as_bytes(), "key_test", now).unwrap();
        let (intake, prepared) = (self.intake.clone(), Arc::new(prepared));
        let accepted = self.test.db().transact(move |tx| intake.write(tx, &prepared)).unwrap();
        assert_eq!(accepted.quarantined, 0, "{body}");
    }
    pub fn read<T>(&self, f: impl FnOnce(&mut Tx<'_>) -> Result<T, Refusal>) -> T {
        self.test.db().read(f).unwrap()
    }
    pub fn identifier(text: &str) -> Identifier {
        let (kind, value) = text.split_once(':').unwrap();
        Identifier::new(siyu_kernel::Kind::parse(kind).unwrap(), value).unwrap()
    }
    /// The root.
    pub fn person(&self, identifier: &str) -> u32 {
        self.read(|tx| Ok(self.people.by_identifier(tx, Self::identifier(identifier))?.unwrap().1))
    }
    /// Answers the edge.
    pub fn merge(&self, a: u32, b: u32) -> i64 {
        let (people, intake, now) = (self.people.clone(), self.intake.clone(), self.test.clock.now());
        let unit = move |tx: &mut Tx<'_>| {
            let merged = people.merge(tx, a, b, "test", now)?;
            intake.recount(tx, std::slice::from_ref(&merged))?;
            Ok(merged.edge)
        };
        self.test.db().transact(unit).unwrap()
    }
    pub fn split(&self, edge: i64) {
        let (people, now) = (self.people.clone(), self.test.clock.now());
        let unit = move |tx: &mut Tx<'_>| {
            let split = people.split(tx, edge, "test", "test", now)?;
            siyu_commerce::recount(tx, split.left, &split.left_nodes)?;
            siyu_commerce::recount(tx, split.right, &split.right_nodes)
        };
        self.test.db().transact(unit).unwrap();
    }
    pub fn erase(&self, person: u32) {
        let people = self.people.clone();
        let unit = move |tx: &mut Tx<'_>| {
            let erased = people.erase(tx, person)?;
            siyu_commerce::detach(tx, &erased.nodes)
        };
        self.test.db().transact(unit).unwrap();
    }
}

fn setup(test: &TestDb, log: &Log, people: &People, folder: &str, zone: Zone) -> Setup {
    Setup {
        db: test.db().clone(),
        log: log.clone(),
        people: people.clone(),
        clock: test.clock.clone(),
        // Each process has its own.
        chance: Arc::new(Chance::from_entropy()),
        folder: test.folder().join(folder),
        zone,
        currency: Currency::CNY,
    }
}

/// Instant, origin, event, properties: of each person, in order.
pub type History = std::collections::BTreeMap<u32, Vec<(i64, u32, String, String)>>;

pub fn history(snapshot: &siyu_behaviour::Snapshot) -> History {
    let mut all = History::new();
    for view in snapshot.views.iter() {
        for slot in view.people().iter() {
            let person = u32::from(view.bucket) << 16 | u32::from(slot);
            let mut rows = Vec::new();
            view.walk(slot, |part, row, at| {
                let properties = part.columns.iter().filter_map(|(name, column)| Some((name, column.value(row)?)));
                let origin = part.origins.get(row).copied().unwrap_or(person);
                rows.push((at, origin, part.event.clone(), format!("{:?}", properties.collect::<Vec<_>>())));
            });
            all.insert(person, rows);
        }
    }
    all
}
