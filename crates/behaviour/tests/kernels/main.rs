//! Every kernel against its slow, obviously right twin.

mod activity;
mod attribution;
mod board;
mod cohort;
mod condition;
mod distribution;
mod funnel;
mod interval;
mod lifecycle;
mod paths;
mod retention;
mod rfm;
mod score;
mod touchpoints;
mod trend;
mod world;
