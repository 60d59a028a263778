//! The single credits behind a number of [`Attribution`]: the order, and the touches that share it.

use super::attribution::{Attribution, AttributionCell};
use super::share::{WHOLE, share, weigh};
use crate::bits::Bits;
use crate::kernel::{Kernel, Merge};
use crate::view::View;

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

/// By (instant, person, place), at most `limit` lines of each bucket: [`Credits::page`] cuts them to one page.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CreditLines(pub Vec<CreditLine>);

impl Merge for CreditLines {
    fn merge(&mut self, other: Self) {
        self.0.extend(other.0);
        self.0.sort_by_key(key);
    }
}

fn key(line: &CreditLine) -> (i64, u32, u32) {
    (line.at, line.person, line.place)
}

impl Kernel for Credits<'_> {
    type Partial = CreditLines;
    fn bucket(&self, view: &View, among: &Bits) -> CreditLines {
        let (question, cell) = (self.kernel, self.cell);
        let Some(model) = question.models.get(cell.model) else { return CreditLines::default() };
        let bound = question.bind(view);
        let mut lines: Vec<CreditLine> = Vec::new();
        let (mut weights, mut shares, mut values, mut order) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        question.each_in(view, among, cell, |conversion, inside, names| {
            let person = u32::from(view.bucket) << 16 | u32::from(conversion.slot);
            let place = conversion.nth.unwrap_or_default();
            if self.after.is_some_and(|after| (conversion.at, person, place) <= after) {
                return;
            }
            let mut touches = Vec::new();
            if !inside.is_empty() {
                weigh(*model, inside.times, question.half_life, &mut weights);
                share(WHOLE, &weights, &mut shares, &mut order);
                share(conversion.value, &weights, &mut values, &mut order);
                touches.extend((0..inside.len()).map(|i| {
                    let name = names.of(inside.place(i)) as usize;
                    let touch = names.names.names[name].clone();
                    CreditTouch { at: inside.times[i], touch, share: shares[i] as u64, credit: values[i] }
                }));
            }
            let credit = match &cell.touch {
                None | Some(None) => conversion.value,
                Some(Some(own)) => touches.iter().filter(|touch| touch.touch == *own).map(|touch| touch.credit).sum(),
            };
            lines.push(CreditLine {
                at: conversion.at,
                person,
                place,
                order: question.order_of(&bound, conversion.place).map(str::to_owned),
                value: conversion.value,
                refunded: conversion.refunded,
                credit,
                touches,
            });
            if lines.len() >= 2 * self.limit.max(64) {
                self.cut(&mut lines);
            }
        });
        self.cut(&mut lines);
        CreditLines(lines)
    }
}

impl Credits<'_> {
    fn cut(&self, lines: &mut Vec<CreditLine>) {
        lines.sort_by_key(key);
        lines.truncate(self.limit);
    }
    /// The first `limit` lines of what a run over all buckets gave.
    pub fn page(&self, mut lines: CreditLines) -> Vec<CreditLine> {
        self.cut(&mut lines.0);
        lines.0
    }
}
