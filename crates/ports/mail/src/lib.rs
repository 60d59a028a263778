//! Mail: building and signing it, handing it to an SMTP server, and understanding what comes back.
//!
//! - **Address**: checked, with its domain in the form that DNS knows. **Mail**: text, HTML, pictures, files, a way to unsubscribe in one click
//!   (RFC 8058), for one receiver. [`build`] makes bytes of it, always the same for the same input, signed when there is a [`Dkim`].
//! - **Mailer**: [`Smtp`] keeps connections open and drives each step by itself, so that it knows how far a message came; [`Fake`] for tests.
//! - **Error**: code, meaning, advice in two languages, when to try again ([`Retry`]). An end that left open whether the server has taken the
//!   message is `mail_outcome_unknown`, and nothing repeats it by itself.
//! - **Report**: bounces (RFC 3464) and complaints (RFC 5965) read from raw mail. They prove nothing: only what came to a [`ReturnPath`] of ours counts.
//! - **Check**: connection, certificate, credentials, sender, and what DNS says about the sender's domain.
//!
//! Line breaks in anything that becomes a header are refused, never repaired. Addresses and passwords appear in no `Debug` form. Time and chance come
//! from the kernel. This crate does not know workspaces, databases, people or consent.

mod address;
mod build;
mod check;
mod dkim;
pub mod dns;
mod error;
mod fake;
mod generate;
mod limit;
pub mod mime;
mod report;
mod return_path;
mod smtp;

pub use address::{Address, AddressError, Mailbox};
pub use build::{Built, Class, File, Limits, Mail, Unsubscribe, build, is_one_click, text_of};
pub use dkim::{Dkim, DkimError};
pub use error::{ALL, Act, Error, Meaning, Result, Retry, Step, meaning_of};
pub use fake::Fake;
pub use limit::{Limiter, Rates};
pub use report::{Complaint, Report, ReportError, What, read};
pub use return_path::ReturnPath;
pub use smtp::{Accepted, Security, Settings, Smtp};

/// Hands mail over. Blocks the thread it is called on.
pub trait Mailer: Send + Sync {
    /// Once: nothing is repeated in here that may have succeeded.
    fn send(&self, mail: &Built) -> Result<Accepted>;
    /// Whether mail of this sender would be taken, without sending any.
    fn check(&self, sender: &Address) -> Vec<siyu_kernel::Finding>;
}

pub mod codes {
    //! Every meaning by its name.
    pub use crate::error::meanings::*;
}
