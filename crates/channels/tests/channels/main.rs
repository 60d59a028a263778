//! Channels and live codes on both engines, against the simulated WeCom over HTTP.

mod brand;
mod codes;
mod registry;
