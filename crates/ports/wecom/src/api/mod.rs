//! The calls, by area. Each is a method of [`crate::Client`]; bodies and answers are plain structs spelt as WeCom spells them.
//!
//! Every struct has all fields optional when read ([`crate::json`]); zero and empty mean "not said".

mod acquisition;
mod album;
mod archive;
mod attachment;
mod card;
mod contact_way;
mod contacts;
mod convert;
mod customers;
mod groups;
mod intercept;
mod jssdk;
mod mass;
mod media;
mod message;
mod moments;
mod network;
mod oauth;
mod statistics;
mod tags;
mod transfer;
mod welcome;

pub use acquisition::*;
pub use album::*;
pub use archive::*;
pub use attachment::*;
pub use card::*;
pub use contact_way::*;
pub use contacts::*;
pub use convert::*;
pub use customers::*;
pub use groups::*;
pub use intercept::*;
pub use jssdk::*;
pub use mass::*;
pub use media::*;
pub use message::*;
pub use moments::*;
pub use oauth::*;
pub use statistics::*;
pub use tags::*;
pub use transfer::*;
pub use welcome::*;

use crate::call::Call;
use crate::error::{Error, Result};
use serde::Deserialize;

/// An answer that says no more than that it was done.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Done {}

/// Refuses a list that is longer than documented, before anything is sent.
pub(crate) fn at_most(call: &Call, name: &str, length: usize, max: usize) -> Result<()> {
    if length > max {
        return Err(Error::invalid(call.path, format!("{name}: {length} where {max} are allowed")));
    }
    Ok(())
}

pub(crate) fn not_empty(call: &Call, name: &str, empty: bool) -> Result<()> {
    if empty {
        return Err(Error::invalid(call.path, format!("{name} is empty")));
    }
    Ok(())
}

pub(crate) fn bytes(call: &Call, name: &str, text: &str, max: usize) -> Result<()> {
    at_most(call, &format!("{name} (bytes)"), text.len(), max)
}

pub(crate) fn chars(call: &Call, name: &str, text: &str, max: usize) -> Result<()> {
    at_most(call, &format!("{name} (characters)"), text.chars().count(), max)
}

/// The one text or list an answer consists of.
macro_rules! answer {
    ($name:ident { $($field:ident : $kind:ty),+ $(,)? }) => {
        #[derive(Debug, Default, serde::Deserialize)]
        #[serde(default)]
        struct $name { $($field: $kind),+ }
    };
}
pub(crate) use answer;

/// A page of a list under its own name.
macro_rules! paged {
    ($name:ident { $field:ident : $item:ty }) => {
        #[derive(Debug, Default, serde::Deserialize)]
        #[serde(default)]
        struct $name {
            $field: Vec<$item>,
            next_cursor: String,
        }
        impl From<$name> for crate::page::Page<$item> {
            fn from(answer: $name) -> Self {
                Self::new(answer.$field, answer.next_cursor)
            }
        }
    };
}
pub(crate) use paged;
