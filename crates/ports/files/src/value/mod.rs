//! What the text of a cell means: instants, exact decimals, yes and no.

mod boolean;
mod decimal;
mod error;
mod instant;
mod scan;
mod text;

pub use boolean::parse_bool;
pub use decimal::{Decimal, parse_decimal};
pub use error::{ValueError, ValueErrorKind};
pub use instant::{DayOrder, InstantRules, Zone, parse_instant};

pub(crate) use instant::{civil_of_days, looks_like_date};
