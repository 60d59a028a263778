//! What this crate promises, on either engine.

mod forgetting;
mod house;
mod joining;
mod parting;
mod profiles;
mod races;
mod random;
