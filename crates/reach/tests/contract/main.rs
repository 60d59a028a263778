//! Welcomes and messages against a simulated WeCom over HTTP, on either engine.

mod brand;
mod broadcasts;
mod files;
mod greeting;
mod groups;
mod library;
mod messages;
mod moments;
mod moving;
mod restarting;
mod rules;
