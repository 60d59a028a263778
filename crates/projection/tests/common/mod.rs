//! A workspace as far as the columns need one.

#![allow(dead_code)]

use siyu_db::{Migration, Tx};
use siyu_intake::{Endpoint, Intake};
use siyu_kernel::{Chance, Clock, Currency, Identifier, Refusal, Vault, Zone};
use siyu_log::Log;
use siyu_people::People;
use siyu_projection::{Projection, Setup};
use siyu_testkit::TestDb;
use std::sync::{Arc, LazyLock};

pub static ALL: LazyLock<Vec<Migration>> = LazyLock::new(|| {
    [siyu_log::MIGRATIONS, siyu_people::MIGRATIONS, siyu_commerce::MIGRATIONS, siyu_intake::MIGRATIONS].concat()
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
        let projection = projection(&test, &log, &people, &chance, Zone::shanghai());
        Self { test, log, people, intake, projection, chance }
    }
    /// As another process would open it.
    pub fn fresh_projection(&self) -> Projection {
        projection(&self.test, &self.log, &self.people, &self.chance, Zone::shanghai())
    }
    pub fn in_zone(&self, zone: Zone) -> Projection {
        projection(&self.test, &self.log, &self.people, &self.chance, zone)
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

fn projection(test: &TestDb, log: &Log, people: &People, chance: &Arc<Chance>, zone: Zone) -> Projection {
    Projection::new(Setup {
        db: test.db().clone(),
        log: log.clone(),
        people: people.clone(),
        clock: test.clock.clone(),
        chance: Arc::clone(chance),
        folder: test.folder().join("behaviour"),
        zone,
        currency: Currency::CNY,
    })
}
