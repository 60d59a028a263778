//! What this crate promises, on either engine.

mod house;
mod joining;
mod parting;
mod profiles;
mod forgetting;
mod races;
mod random;
