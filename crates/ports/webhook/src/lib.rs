//! Webhooks as in Standard Webhooks: events of ours to addresses that a customer of the platform names, and the check of those that come in.
//!
//! - **Key**: `whsec_…` (HMAC-SHA256, `v1`) or `whsk_…` (Ed25519, `v1a`). Several at once while one replaces another.
//! - **Guard**: only public addresses, only some ports, no redirects. The address that was checked is the one that is connected to.
//! - **Webhooks**: sends one event once and says how it ended ([`Attempt`]). **Schedule**: when to try again, with chance.
//! - **Verifier**: whether a request that came in was signed by who has the key, lately.
//!
//! Repeating is safe: every attempt of an event has the same `webhook-id`, by which receivers know it again. Keys appear in no `Debug` form. Time and
//! chance come from the kernel.
//!
//! This crate does not know workspaces, databases, what an event means, or an HTTP server.

mod check;
mod client;
mod error;
mod fake;
mod guard;
mod key;
mod payload;
mod schedule;
mod verify;

pub use check::TEST_EVENT;
pub use client::{Attempt, Hook, Webhooks, Wiring};
pub use error::{Error, Kind, Result, Retry};
pub use fake::{Fake, Kept, Manner};
pub use guard::{Guard, Lookup, SystemLookup, Target, is_public};
pub use key::{Key, KeyError, PublicKey, signed_text};
pub use payload::{BODY_MAX, payload};
pub use schedule::{DEAD_AFTER_SECONDS, Schedule, is_dead};
pub use verify::{Received, Signed, TOLERANCE_SECONDS, Verifier, VerifyError};

/// Sends events. [`Webhooks`] over the network, [`Fake`] in tests.
pub trait Sender: Send + Sync {
    /// Sends the event once, blocking the thread. `id` is the same at every attempt.
    fn send(&self, hook: &Hook<'_>, id: &str, body: &[u8]) -> Attempt;
    /// Whether a hook works, by sending it a test event.
    fn check(&self, hook: &Hook<'_>) -> Vec<siyu_kernel::Finding>;
}
