//! Journeys on either engine, over days, with a clock that stands still until it is moved.

mod coming;
mod happening;
mod holding;
mod house;
mod killed;
mod random;
mod running;
mod simulating;
