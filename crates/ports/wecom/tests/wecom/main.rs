#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod calls;
mod events;
mod hostile;
mod limits;
mod samples;
mod shapes;
mod tokens;
mod vectors;
#[cfg(feature = "http")]
mod wire;
mod world;
