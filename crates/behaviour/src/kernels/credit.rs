//! The single credits behind a number of [`Attribution`]: the order, and the touches that share it.

use super::attribution::{Attribution, AttributionCell};

/// Lists the conversions of a cell, newest last, as a kernel.
pub struct Credits<'k> {
    pub kernel: &'k Attribution,
    pub cell: &'k AttributionCell,
    /// Only lines behind this (instant, person, place): keyset paging.
    pub after: Option<(i64, u32, u32)>,
    pub limit: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub struct CreditLine {
    /// Microseconds UTC.
    pub at: i64,
    pub person: u32,
    /// Which conversion of the person, in order: with `at` and `person` the key for paging.
    pub place: u32,
    /// The order's number, when [`Refunds::key`](super::Refunds) is given and the event has it.
    pub order: Option<String>,
    /// Minor units, refunds taken off.
    pub value: i64,
    pub refunded: i64,
    /// What the cell's touch got of it: all of it for cells without a touch.
    pub credit: i64,
    /// Empty when no touch lies in the window.
    pub touches: Vec<CreditTouch>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct CreditTouch {
    pub at: i64,
    pub touch: Option<String>,
    /// Billionths of the conversion.
    pub share: u64,
    /// Minor units.
    pub credit: i64,
}

/// By (instant, person, place), at most `limit` lines.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CreditLines(pub Vec<CreditLine>);
