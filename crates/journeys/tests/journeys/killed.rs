//! A process that is killed at random moments, again and again: no message twice, none lost, the sums exact.

use crate::house::{Fake, House, exit, journey, message, migrations, wait};
use serde_json::json;
use siyu_db::{Db, DbConfig, Engine};
use siyu_journeys::{Journeys, Ran};
use siyu_kernel::{Chance, FakeClock, Vault};
use siyu_log::Log;
use siyu_testkit::TestDb;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

const FOLDER: &str = "SIYU_JOURNEYS_KILLED";

#[test]
fn nothing_is_done_twice_or_lost() {
    let house = House::new(TestDb::open(Engine::Sqlite, migrations()).unwrap());
    let id = house.start(&journey(json!([
        wait("rest", 1, "hour", "hello"),
        message("hello", "now", "pick"),
        {"id": "pick", "do": {"type": "split", "arms": [{"weight": 50, "to": "more"}, {"weight": 50, "to": "again"}]}},
        wait("more", 1, "hour", "again"),
        message("again", "skip", "end"),
        exit("end"),
    ])));
    let people = house.crowd(12_000);
    house.let_in(&id, &people[..10_000]);
    people[9_000..].iter().for_each(|num| house.does(*num, "begin"));
    let chance = Chance::seeded(3);
    let mut kills = 0;
    loop {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["killed::worker", "--exact", "--ignored"])
            .env(FOLDER, house.t.folder())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        // Turns grow longer: where many others work, a short one is over before the process has begun.
        std::thread::sleep(Duration::from_millis(20 + chance.below(180) + 2 * kills));
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success());
            break;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;
        house.sound();
        assert!(kills < 300, "it never comes to an end");
    }
    assert!(kills > 5, "killed {kills} times only");
    house.sound();
    assert_eq!(house.sums(&id), [12_000, 0, 12_000, 0]);
    assert_eq!(house.handed(), [("do again".to_owned(), 12_000), ("do hello".to_owned(), 12_000)].into());
}

/// Works until nothing is left to do; its clock goes to whatever is due next.
#[test]
#[ignore = "the process that is killed"]
fn worker() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let folder = Path::new(&folder);
    let clock = Arc::new(FakeClock::at("2026-03-02T04:00:00Z"));
    let config = DbConfig::sqlite(&folder.join("workspace.db"), &folder.join("backups")).with(migrations());
    let db = Db::open(config, &*clock).unwrap();
    let vault = Vault::from_key([7; 32]);
    let log = Log::open(&db, vault.clone(), clock.clone()).unwrap();
    let world = Arc::new(Fake { lost: false.into(), away: false.into(), seen: i64::MAX.into() });
    let journeys = Journeys::new(db, &vault, log, Arc::new(Chance::seeded(1)), clock.clone(), world);
    loop {
        match journeys.step().unwrap() {
            Ran::Went => {}
            Ran::Later(at) => clock.set(at),
            Ran::Nothing => return,
        }
    }
}
