//! Welcomes against a simulated WeCom over HTTP, on either engine.

mod brand;
mod files;
mod greeting;
mod restarting;
mod rules;
