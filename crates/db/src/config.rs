use crate::Migration;
use std::path::{Path, PathBuf};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// What to do when the database is older than the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenMode {
    /// Back up (SQLite), then apply what is missing.
    Migrate,
    /// Refuse, naming the command to run.
    Check,
}

#[derive(Clone, Debug)]
pub struct DbConfig {
    pub(crate) target: Target,
    pub(crate) migrations: Vec<Migration>,
    pub(crate) mode: OpenMode,
    /// Units that may wait to be written; one more is refused as busy.
    pub queue_max: usize,
    /// PostgreSQL only: units that run at the same time.
    pub writers: usize,
    pub readers: usize,
    /// SQLite page cache of the writing connection.
    pub cache_kib: usize,
}

#[derive(Clone, Debug)]
pub(crate) enum Target {
    Sqlite { file: PathBuf, backups: PathBuf },
    Postgres { url: String, schema: String },
}

impl DbConfig {
    pub fn sqlite(file: &Path, backups: &Path) -> Self {
        Self::new(Target::Sqlite { file: file.to_owned(), backups: backups.to_owned() })
    }
    /// One schema holds one workspace.
    pub fn postgres(url: &str, schema: &str) -> Self {
        Self::new(Target::Postgres { url: url.to_owned(), schema: schema.to_owned() })
    }
    fn new(target: Target) -> Self {
        Self {
            target,
            migrations: crate::MIGRATIONS.to_vec(),
            mode: OpenMode::Migrate,
            queue_max: 1024,
            writers: 4,
            readers: 4,
            cache_kib: 65_536,
        }
    }
    #[must_use]
    pub fn with(mut self, migrations: &[Migration]) -> Self {
        self.migrations.extend_from_slice(migrations);
        self
    }
    /// Keeps only steps with these ids: a backup is restored into the schema it was taken from.
    #[must_use]
    pub fn only(mut self, ids: &[String]) -> Self {
        self.migrations.retain(|step| ids.iter().any(|id| id == step.id));
        self
    }
    #[must_use]
    pub fn mode(mut self, mode: OpenMode) -> Self {
        self.mode = mode;
        self
    }
}
