#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod guard;
mod signatures;
mod wire;
