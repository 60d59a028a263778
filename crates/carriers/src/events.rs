//! What people said, as events of theirs.

/// The names, as analyses and audiences know them. `docs/events.md` says what each carries.
pub mod names {
    pub const SMS_REPLIED: &str = "SMS Replied";
}
