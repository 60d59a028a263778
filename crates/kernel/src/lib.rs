//! The words every other crate uses. Pure values: no database, no network, no files.
//!
//! Time and chance enter the program only here ([`Clock`], [`Chance`]); a lint bans them elsewhere, so that ninety days
//! of a brand's life can run in seconds and a failing run repeats from its seed.

mod chance;
mod decimal;
mod event;
mod finding;
mod id;
mod identifier;
mod money;
mod refusal;
mod time;
mod vault;

pub use chance::Chance;
pub use decimal::Decimal;
pub use event::{Event, EventKind, PersonNum};
pub use finding::{Finding, Health};
pub use id::{IdError, NumberedId, new_id};
pub use identifier::{Identifier, IdentifierError, Kind};
pub use money::{Currency, Money, MoneyError};
pub use refusal::{Class, Refusal, Result};
pub use time::{Clock, FakeClock, Stopwatch, SystemClock, Time, TimeError, Zone, clocks};
pub use vault::{Digest128, Vault, VaultError};
