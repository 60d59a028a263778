//! The mirror against a simulated WeCom over HTTP, on either engine.

mod brand;
mod callbacks;
mod checking;
mod connecting;
mod sending;
mod syncing;
