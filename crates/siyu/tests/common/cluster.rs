//! A PostgreSQL of one test's own, that may be taken away.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

static COUNT: AtomicU32 = AtomicU32::new(0);

pub struct Cluster {
    folder: PathBuf,
    pub url: String,
}

impl Cluster {
    /// `None`, loudly, where the tests have no PostgreSQL.
    pub fn start() -> Option<Self> {
        siyu_testkit::postgres_url()?;
        let name = format!("siyu-cluster-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::SeqCst));
        let mut cluster = Self { folder: std::env::temp_dir().join(name), url: String::new() };
        cluster.url = cluster.run(&["start"]).trim().to_owned();
        Some(cluster)
    }
    /// `fast` as an administrator stops it, `immediate` as a crash, `kill` is `kill -9`.
    pub fn down(&self, how: &str) {
        self.run(&["down", how]);
    }
    pub fn up(&self) {
        self.run(&["up"]);
    }
    fn run(&self, args: &[&str]) -> String {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/postgres.sh");
        let output =
            Command::new(script).args(args).env("SIYU_PG_DIR", &self.folder).output().expect("the script runs");
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("a URL")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/postgres.sh");
        let _ = Command::new(script).arg("stop").env("SIYU_PG_DIR", &self.folder).output();
    }
}
