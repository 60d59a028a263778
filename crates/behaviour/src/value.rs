//! What an event says of one property.

use crate::column::ColumnKind;

#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Whole numbers; money in minor units; instants in microseconds UTC. Never `i64::MIN`.
    Int(i64),
    /// Never NaN.
    Float(f64),
    Bool(bool),
    Text(String),
    List(Vec<String>),
}

impl Value {
    pub fn kind(&self) -> ColumnKind {
        match self {
            Self::Int(_) => ColumnKind::Int,
            Self::Float(_) => ColumnKind::Float,
            Self::Bool(_) => ColumnKind::Bool,
            Self::Text(_) => ColumnKind::Text,
            Self::List(_) => ColumnKind::List,
        }
    }
}

/// One event on its way into a part.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// Whose it is now: the root.
    pub person: u32,
    /// The identity it came in with. Equal to `person` unless identities were merged.
    pub origin: u32,
    /// Microseconds UTC.
    pub at: i64,
    pub event: String,
    /// Property names are unique.
    pub properties: Vec<(String, Value)>,
}
