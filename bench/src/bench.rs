//! What every work is handed: the program, a folder, the peers, and where figures go.

use crate::program::Program;
use crate::row::Row;
use crate::{Outcome, memory};
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Size {
    /// To see that everything works: a minute.
    Small,
    /// What the bars are about.
    Full,
}

pub struct Bench {
    pub program: Program,
    pub size: Size,
    pub postgres: Option<String>,
    /// For works on the peers' events: columns as bench/peers/events.py writes them.
    #[allow(dead_code, reason = "the place where works on stored behaviour find their events")]
    pub events: Option<PathBuf>,
    results: Option<PathBuf>,
    folder: PathBuf,
}

impl Bench {
    pub fn new(
        program: &Path,
        size: Size,
        results: Option<&Path>,
        postgres: Option<String>,
        events: Option<PathBuf>,
    ) -> Outcome<Self> {
        let folder = std::env::temp_dir().join(format!("siyu-bench-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        if let Some(warning) = memory::in_memory(&folder) {
            eprintln!("!! {warning}");
        }
        Ok(Self { program: Program::at(program)?, size, postgres, events, results: results.map(Into::into), folder })
    }
    /// The size in effect: (small, full).
    pub fn sized<T>(&self, small: T, full: T) -> T {
        if self.size == Size::Small { small } else { full }
    }
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
    pub fn report(&self, row: Row) -> Outcome {
        let row = row.note("load", memory::load());
        println!("{}", row.shown());
        if let Some(path) = &self.results {
            let mut file = OpenOptions::new().create(true).append(true).open(path)?;
            writeln!(file, "{}", serde_json::to_string(&row)?)?;
        }
        Ok(())
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
