#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod building;
mod checking;
mod reports;
mod server;
mod world;
