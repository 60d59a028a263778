//! The full sync: one walk through everything WeCom has, page by page, each page saved together with where the next begins.

mod job;
mod walk;

pub use job::{SyncCounts, SyncRow, SyncState};
use serde::{Deserialize, Serialize};

/// What is being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    Departments,
    Staff,
    Tags,
    Customers,
    Lost,
    Groups,
    Members,
    Done,
}

impl Phase {
    pub fn name(self) -> &'static str {
        match self {
            Self::Departments => "departments",
            Self::Staff => "staff",
            Self::Tags => "tags",
            Self::Customers => "customers",
            Self::Lost => "lost",
            Self::Groups => "groups",
            Self::Members => "members",
            Self::Done => "done",
        }
    }
}

/// Where to go on. Saved with each page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "lowercase")]
pub(crate) enum Cursor {
    Departments,
    /// Departments up to this one are read.
    Staff {
        after: i64,
    },
    Serving,
    Tags,
    Marks,
    /// Members of staff up to `after` are read; `users` are being read, up to `page`.
    Customers {
        after: String,
        users: Vec<String>,
        page: String,
    },
    Lost,
    /// `users`: whose groups are being listed, when the corp is too large to list all at once.
    Groups {
        by_owner: bool,
        after: String,
        users: Vec<String>,
        page: String,
    },
    Members,
    Done,
}

impl Cursor {
    pub fn phase(&self) -> Phase {
        match self {
            Self::Departments => Phase::Departments,
            Self::Staff { .. } | Self::Serving => Phase::Staff,
            Self::Tags | Self::Marks => Phase::Tags,
            Self::Customers { .. } => Phase::Customers,
            Self::Lost => Phase::Lost,
            Self::Groups { .. } => Phase::Groups,
            Self::Members => Phase::Members,
            Self::Done => Phase::Done,
        }
    }
    pub fn customers(after: String) -> Self {
        Self::Customers { after, users: Vec::new(), page: String::new() }
    }
    pub fn groups() -> Self {
        Self::Groups { by_owner: false, after: String::new(), users: Vec::new(), page: String::new() }
    }
}
