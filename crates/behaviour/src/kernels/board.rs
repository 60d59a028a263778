//! Stores, guides, channels side by side: people and money by a property of the events.

use crate::calendar::Calendar;
use crate::kernel::Merge;
use crate::test::Select;
use std::collections::BTreeMap;
use std::sync::Arc;

/// One row per value of `by`. Events without the property are in row `None`; a list counts in each of its entries.
#[derive(Clone, Debug)]
pub struct Board {
    pub by: String,
    pub orders: Select,
    pub refunds: Option<Select>,
    /// Property with the value in minor units.
    pub value: String,
    /// Days, both included.
    pub from_day: i32,
    pub to_day: i32,
    pub calendar: Arc<Calendar>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BoardRow {
    /// With any event of the row, ever up to the last day.
    pub people: u64,
    /// Those whose first event of the row lies in the span.
    pub new_people: u64,
    /// With any event of the row in the span.
    pub active: u64,
    /// With an order in the span; those with orders on two days or more of it.
    pub buyers: u64,
    pub repeat_buyers: u64,
    pub orders: u64,
    /// Minor units, gross; `refunded` is positive.
    pub value: i64,
    pub refunded: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BoardPartial(pub BTreeMap<Option<String>, BoardRow>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BoardWhich {
    People,
    New,
    Active,
    Buyers,
    RepeatBuyers,
}

#[derive(Clone, Debug)]
pub struct BoardCell {
    pub row: Option<String>,
    pub which: BoardWhich,
}
