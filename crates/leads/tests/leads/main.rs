//! Leads on both engines: the mirror's rows and the orders are put in by hand, the clock is moved by the tests.

mod giving;
mod holding;
mod house;
mod settling;
mod steps;
