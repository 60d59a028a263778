//! The mirror against a simulated WeCom over HTTP, on either engine.

mod alerting;
mod brand;
mod callbacks;
mod checking;
mod connecting;
mod handing;
mod sending;
mod syncing;
