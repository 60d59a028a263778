//! WeCom (企业微信) as the platform sees it: what it sends us ([`callback`]), and everything we ask of it ([`Client`]).
//!
//! - **Callback**: one address with its token and key. Nothing is read before the signature is right; nothing hostile makes it panic.
//! - **Event**: a callback, typed when the catalogue knows it, whole in any case. Equal deliveries have equal [`callback::Event::identity`].
//! - **Client**: calls as one app of one corp, blocking. Every call takes one path (`client.rs`): its turn below the limits, a token, one request,
//!   what the answer means, and another attempt only where that cannot do something twice ([`Repeat`]).
//! - **Token**: one owner per secret. Of all threads and processes one fetches, under a lease in a [`TokenStore`]; the others use what it brought.
//!   A refused secret is left alone, because asking on gets the address blocked.
//! - **Limiter**: says when a call may go, by sliding windows below the documented limits.
//! - **Error**: what WeCom or the network said, with meaning and advice in English and Chinese, and when to try again ([`Retry`]).
//! - **Pages**: a list that can be put down and taken up again by its cursor.
//!
//! Secrets and tokens appear in no message, log or `Debug` form. Time and chance come from the kernel; waiting is a trait ([`Wait`]).
//! What the protocol leaves open is in [`assumptions`].
//!
//! This crate does not know workspaces, databases, people or an HTTP server.

mod api;
pub mod assumptions;
mod call;
pub mod callback;
mod client;
pub mod codes;
mod error;
#[cfg(feature = "http")]
mod http;
mod json;
mod limit;
mod multipart;
mod page;
mod token;
mod transport;
mod wait;

pub use api::*;
pub use call::{Call, Repeat};
pub use client::{App, Client, Wiring};
pub use error::{Error, Kind, Result, Retry};
#[cfg(feature = "http")]
pub use http::{HttpTransport, WECOM};
pub use limit::{Ask, Limiter, Permit, RULES, Rule, Scope, When};
pub use page::{Page, Pages};
pub use token::{Held, MemoryTokens, StoreError, TokenStore, Tokens};
pub use transport::{Fault, Method, Request, Response, Transport, TransportError};
pub use wait::{Sleep, Wait};
