//! Questions about what people did, and boards of them.
//!
//! Nouns: **kind** – one sort of question (funnel, retention …); **spec** – a question of a kind as people write it ([`Spec`], JSON); **frame** –
//! what all specs share: span, among whom, split by what, beside the period before; **cell** – one number of a result, which can be opened to
//! the people behind it; **board** – saved questions, side by side.
//!
//! Invariants
//! - Every number comes from one kernel of `siyu-behaviour`, or from the books; there is no second definition here.
//! - A reader limited to some stores gets numbers of the people of these stores only.
//! - The people of a cell are as many as the cell says, when both were asked of the same moment.
//!
//! This crate knows no HTTP.

mod calendar;
mod read;
mod refuse;
pub mod spec;

pub use calendar::{parse_day, show_day};
pub use refuse::under;
pub use spec::{Ask, Kind, Spec};

/// The event that every order gives, whether it came as an event or by import.
pub const ORDER_COMPLETED: &str = "Order Completed";
