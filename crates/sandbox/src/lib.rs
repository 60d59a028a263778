//! placeholder
mod calendar;
mod clock;
pub mod crypto;
mod dice;
mod faults;
mod happening;
mod ids;
pub mod parameters;
pub mod world;

pub use clock::WorldClock;
pub use dice::Dice;
pub use faults::{Fault, Faults, NotFaults};
pub use happening::*;
pub use ids::Id;
pub use parameters::Scale;
pub use world::World;
