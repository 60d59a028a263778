#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod calls;
mod hostile;
mod pushes;
mod templates;
mod vectors;
#[cfg(feature = "http")]
mod wire;
mod world;
