//! SMS (短信) through the two providers our users have: Aliyun and Tencent Cloud.
//!
//! - **Provider**: [`Sms`] sends batches and says of each message what became of it. [`Aliyun`], [`Tencent`], and [`Fake`] for tests and trials.
//! - **Phone**: E.164, one spelling per number. **Template**: its text with places for parameters, what they may be, how many parts are billed.
//! - **Error**: code, meaning, advice in two languages, and when to try again ([`Retry`]). A message whose outcome is not known is told as
//!   `sms_outcome_unknown` and never sent again by itself: [`Sms::look`] asks the provider what became of it.
//! - **Report, Reply**: what providers push to us. They sign nothing, so a [`Door`] asks for a secret path and known addresses.
//! - **Limiter**: one number gets a message a minute, five an hour, ten a day, before a provider has to say so.
//!
//! Neither parameters (they may be codes for logging in) nor whole phone numbers nor keys appear in a message, log or `Debug` form. Time and
//! chance come from the kernel. What the protocol leaves open is in [`assumptions`].
//!
//! This crate does not know workspaces, databases, people, consent or an HTTP server.

mod aliyun;
pub mod assumptions;
mod check;
mod client;
pub mod codes;
mod door;
mod error;
mod fake;
#[cfg(feature = "http")]
mod http;
pub mod length;
mod limit;
mod phone;
mod provider;
mod report;
pub mod signing;
mod template;
mod tencent;
mod transport;

pub use aliyun::{ALIYUN, Aliyun, AliyunKeys};
pub use client::Wiring;
pub use door::{Block, Door, DoorError};
pub use error::{Error, Kind, Result, Retry};
pub use fake::Fake;
#[cfg(feature = "http")]
pub use http::HttpTransport;
pub use limit::{Limiter, Rule, Rules};
pub use phone::{Phone, PhoneError};
pub use provider::{Accepted, Batch, Message, Provider, Seen, Sent, Sms};
pub use report::{Push, PushError, Reply, Report, State, aliyun_answer, is_opt_in, is_opt_out, tencent_answer};
pub use template::{Class, Template, TemplateError};
pub use tencent::{TENCENT, Tencent, TencentKeys};
pub use transport::{Fault, Request, Response, Transport, TransportError};
