//! Who may do what, and the record of who did it.
//!
//! - **User**: a person who signs in with e-mail and password; has one [`Role`], a [`Scope`] of stores, a language.
//! - **Session**: a signed-in browser. Ends after 12 hours without use, after 14 days at the latest, and at once when the user's
//!   password or role changes or the user is disabled.
//! - **Key**: what programs show. A write key may only send data in; an api key has a role.
//! - **Audit**: rows that say who did what to which object. Only ever added, never with personal data in `detail`.
//!
//! Invariants: a workspace that has been set up keeps at least one active owner; secrets are stored as digests only; an unknown account
//! and a wrong password cannot be told apart, neither by answer nor by time.
//!
//! This crate knows nothing of HTTP, and nothing of customers. Calls block (password hashing for tens of milliseconds): async code
//! hands them to a blocking thread.

mod access;
mod attempts;
pub mod audit;
mod key;
mod password;
mod refuse;
mod role;
mod scope;
mod session;
mod token;
mod user;
mod users;

pub use access::Access;
pub use attempts::{RetryAfter, count as count_attempt};
pub use audit::{Actor, ActorKind, AuditFilter, AuditRow};
pub use key::{ApiKey, KeyKind};
pub use role::{Permission, Role};
pub use scope::Scope;
pub use session::{Session, SignedIn};
pub use user::{Locale, User, UserState};
pub use users::{NewUser, UserPatch};

use siyu_db::Migration;

pub const MIGRATIONS: &[Migration] = &[
    Migration { id: "access/0001_access", sql: include_str!("../migrations/0001_access.sql") },
    Migration { id: "access/0002_staff", sql: include_str!("../migrations/0002_staff.sql") },
];

/// One page of a list; `next` is handed back as `after` to get the following one, and is `None` at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// Cuts a list that was asked for one row more than wanted.
    pub(crate) fn cut(mut items: Vec<T>, limit: usize, token: impl Fn(&T) -> String) -> Self {
        let more = items.len() > limit;
        items.truncate(limit);
        let next = if more { items.last().map(token) } else { None };
        Self { items, next }
    }
}
