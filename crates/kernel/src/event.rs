//! What happened to a person. The log stores it; columns, audiences and boards are derived from it.

use crate::Time;
use serde::{Deserialize, Serialize};

/// A person's dense number inside one workspace. An event keeps the number of the identity it came in with; merges are
/// applied when reading, which is why an un-merge loses nothing.
pub type PersonNum = u32;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EventKind {
    Track,
    Identify,
    Page,
    Screen,
    Group,
    Alias,
    /// Written by the platform itself (merged, tagged, consent given …); not counted as behaviour.
    System,
}

impl EventKind {
    pub const ALL: [EventKind; 7] =
        [Self::Track, Self::Identify, Self::Page, Self::Screen, Self::Group, Self::Alias, Self::System];

    pub fn name(self) -> &'static str {
        match self {
            Self::Track => "track",
            Self::Identify => "identify",
            Self::Page => "page",
            Self::Screen => "screen",
            Self::Group => "group",
            Self::Alias => "alias",
            Self::System => "system",
        }
    }
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
    pub fn code(self) -> u8 {
        Self::ALL.iter().position(|kind| *kind == self).unwrap_or_default() as u8
    }
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }
}

/// One event as it is appended. `body` is JSON text: `{"properties":{…},"context":{…},…}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub message_id: String,
    pub kind: EventKind,
    pub name: String,
    pub person: PersonNum,
    pub at: Time,
    pub received_at: Time,
    /// Where it came from: a write key's id, an import's id, or a domain (`people`).
    pub source: String,
    pub body: String,
}
