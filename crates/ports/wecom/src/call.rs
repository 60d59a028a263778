//! What is known about a call before it is made.

use crate::transport::Method;

/// Whether sending the same call twice does more than sending it once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// Reads, overwrites and deletions: the second time changes nothing. Repeated after time-outs and "busy".
    Safe,
    /// Creates, sends or counts. Repeated only when it is certain that nothing was done.
    Never,
}

/// One API of WeCom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// Below `/cgi-bin/`. WeCom counts calls by it.
    pub path: &'static str,
    pub method: Method,
    pub repeat: Repeat,
    /// Whether it answers with a file.
    pub is_file: bool,
}

impl Call {
    pub const fn get(path: &'static str) -> Self {
        Self { path, method: Method::Get, repeat: Repeat::Safe, is_file: false }
    }
    /// A GET that answers with a file.
    pub const fn file(path: &'static str) -> Self {
        Self { path, method: Method::Get, repeat: Repeat::Safe, is_file: true }
    }
    /// A POST that may be repeated.
    pub const fn post(path: &'static str) -> Self {
        Self { path, method: Method::Post, repeat: Repeat::Safe, is_file: false }
    }
    /// A POST that must not be repeated after an unknown outcome.
    pub const fn once(path: &'static str) -> Self {
        Self { path, method: Method::Post, repeat: Repeat::Never, is_file: false }
    }
}
