//! Every kernel against its slow, obviously right twin.

mod condition;
mod funnel;
mod world;
