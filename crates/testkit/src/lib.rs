//! For tests: a database of one's own on either engine, a clock that stands still, contract suites.
//!
//! PostgreSQL is named by `SIYU_TEST_POSTGRES` (a URL that may create schemas). Without it those tests say loudly that they were
//! skipped; with `SIYU_REQUIRE_ALL=1` they fail instead.

pub use siyu_db::Migration;
use siyu_db::{Db, DbConfig, Engine};
use siyu_kernel::FakeClock;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

static COUNT: AtomicU32 = AtomicU32::new(0);

/// A database that disappears with the test.
pub struct TestDb {
    config: DbConfig,
    db: Option<Db>,
    pub clock: Arc<FakeClock>,
    pub engine: Engine,
    folder: PathBuf,
    schema: Option<(String, String)>,
}

impl TestDb {
    /// `None` when the engine is not to be had here.
    pub fn open(engine: Engine, migrations: &[Migration]) -> Option<Self> {
        let name = format!("t{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::SeqCst));
        let folder = std::env::temp_dir().join(format!("siyu-test-{name}"));
        // A process that was killed leaves its folder behind, and numbers of processes come again.
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).expect("the temporary folder can be written");
        let (config, schema) = match engine {
            Engine::Sqlite => (DbConfig::sqlite(&folder.join("workspace.db"), &folder.join("backups")), None),
            Engine::Postgres => {
                let url = postgres_url()?;
                drop_schema(&url, &name);
                (DbConfig::postgres(&url, &name), Some((url, name)))
            }
        };
        let clock = Arc::new(FakeClock::at("2026-03-02T04:00:00Z"));
        let mut test = Self { config: config.with(migrations), db: None, clock, engine, folder, schema };
        test.reopen();
        Some(test)
    }
    pub fn db(&self) -> &Db {
        self.db.as_ref().expect("open since the start")
    }
    pub fn config(&self) -> DbConfig {
        self.config.clone()
    }
    pub fn folder(&self) -> &Path {
        &self.folder
    }
    /// Closes and opens again, as a restart does.
    pub fn reopen(&mut self) {
        self.db = None;
        self.db = Some(Db::open(self.config.clone(), &*self.clock).expect("the test database opens"));
    }
    /// Another process on the same data.
    pub fn second(&self) -> Db {
        Db::open(self.config.clone(), &*self.clock).expect("a second opener is welcome")
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        self.db = None;
        let _ = std::fs::remove_dir_all(&self.folder);
        if let Some((url, schema)) = &self.schema {
            drop_schema(url, schema);
        }
    }
}

fn drop_schema(url: &str, schema: &str) {
    if let Ok(mut client) = postgres::Client::connect(url, postgres::NoTls) {
        let _ = client.batch_execute(&format!("DROP SCHEMA IF EXISTS \"{schema}\" CASCADE"));
    }
}

/// The server for tests, or a loud skip.
pub fn postgres_url() -> Option<String> {
    match std::env::var("SIYU_TEST_POSTGRES") {
        Ok(url) if !url.is_empty() => Some(url),
        _ if std::env::var("SIYU_REQUIRE_ALL").is_ok_and(|v| v == "1") => {
            panic!("SIYU_TEST_POSTGRES is not set, and SIYU_REQUIRE_ALL=1 allows no skip")
        }
        _ => {
            skipped("PostgreSQL", "set SIYU_TEST_POSTGRES, or use `make test`");
            None
        }
    }
}

/// The folder of the SMTP server for tests (`scripts/smtp.sh`), or a loud skip.
pub fn smtp_dir() -> Option<PathBuf> {
    match std::env::var_os("SIYU_TEST_SMTP").filter(|dir| !dir.is_empty()) {
        Some(dir) => Some(dir.into()),
        None if std::env::var("SIYU_REQUIRE_ALL").is_ok_and(|v| v == "1") => {
            panic!("SIYU_TEST_SMTP is not set, and SIYU_REQUIRE_ALL=1 allows no skip")
        }
        None => {
            skipped("SMTP server", "set SIYU_TEST_SMTP to what `scripts/smtp.sh start` prints, or use `make test`");
            None
        }
    }
}

/// Says what is not tested here, now and in the summary of `make test`.
pub fn skipped(what: &str, why: &str) {
    eprintln!("SKIPPED {what}: {why}");
    let Some(list) = std::env::var_os("SIYU_SKIPS") else { return };
    let line = format!("{what}|{why}\n");
    let added =
        std::fs::OpenOptions::new().append(true).open(list).and_then(|mut file| file.write_all(line.as_bytes()));
    added.expect("the list of skips can be added to");
}

/// The folder of public data sets: `SIYU_DATA_DIR`, or `../shared/data` beside the repository; else a loud skip.
pub fn data_dir() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let dir = std::env::var_os("SIYU_DATA_DIR").map_or_else(beside, PathBuf::from);
    if dir.is_dir() {
        return Some(dir);
    }
    skipped("public data sets", "set SIYU_DATA_DIR to the folder that holds them");
    None
}

/// The folders of protocol test vectors: the one `SIYU_VECTORS_DIR` names, and `../shared/protocol/vectors` beside the repository.
/// Neither: a loud skip. A folder that was named must be there: a typing error is no success.
pub fn vector_dirs() -> Vec<PathBuf> {
    let named = std::env::var_os("SIYU_VECTORS_DIR").filter(|name| !name.is_empty()).map(PathBuf::from);
    assert!(named.as_ref().is_none_or(|dir| dir.is_dir()), "SIYU_VECTORS_DIR names no folder: {named:?}");
    let dirs: Vec<_> = named.into_iter().chain(protocol("vectors")).collect();
    if dirs.is_empty() {
        skipped("further protocol vectors", "set SIYU_VECTORS_DIR to the folder that holds them");
    }
    dirs
}

/// A folder of recorded requests, answers and callbacks of one protocol beside the repository; else a loud skip.
pub fn samples_dir(of: &str) -> Option<PathBuf> {
    let dir = protocol(&format!("samples/{of}"));
    if dir.is_none() {
        skipped(&format!("protocol samples {of}"), "the folder of samples does not lie beside the repository");
    }
    dir
}

fn protocol(part: &str) -> Option<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/protocol").join(part);
    dir.is_dir().then_some(dir)
}

/// Stamps each test, written once against a [`TestDb`], onto both engines:
/// `contract!(MIGRATIONS; grant_twice_is_once, balance_is_sum);`
#[macro_export]
macro_rules! contract {
    ($migrations:expr; $($test:ident),+ $(,)?) => {
        mod on_sqlite {
            use super::*;
            $(#[test] fn $test() { if let Some(db) = $crate::TestDb::open(::siyu_db::Engine::Sqlite, $migrations) { super::$test(db); } })+
        }
        mod on_postgres {
            use super::*;
            $(#[test] fn $test() { if let Some(db) = $crate::TestDb::open(::siyu_db::Engine::Postgres, $migrations) { super::$test(db); } })+
        }
    };
}

/// Everything that several crates put into a database, as one list: `migrations![siyu_log::MIGRATIONS, siyu_people::MIGRATIONS]`.
#[macro_export]
macro_rules! migrations {
    ($($part:expr),+ $(,)?) => {{
        const PARTS: &[&[$crate::Migration]] = &[$($part),+];
        const ALL: [$crate::Migration; $crate::count(PARTS)] = $crate::joined(PARTS);
        &ALL
    }};
}

#[doc(hidden)]
pub const fn count(parts: &[&[Migration]]) -> usize {
    let (mut at, mut n) = (0, 0);
    while at < parts.len() {
        n += parts[at].len();
        at += 1;
    }
    n
}
#[doc(hidden)]
pub const fn joined<const N: usize>(parts: &[&[Migration]]) -> [Migration; N] {
    let mut all = [Migration { id: "", sql: "" }; N];
    let (mut part, mut own, mut at) = (0, 0, 0);
    while at < N {
        if own == parts[part].len() {
            (part, own) = (part + 1, 0);
        } else {
            all[at] = parts[part][own];
            (own, at) = (own + 1, at + 1);
        }
    }
    all
}
