//! Which incoming line is which stored line.
//!
//! A numbered line is found by its number. Lines without a number form a multiset of contents:
//! - In an **import**, lines that an earlier import (or a live call) left are matched first and stamped with the present import; a line
//!   that carries its stamp already is never matched again. So two equal rows of one file are two lines, the file imported again
//!   changes nothing, and both hold however the rows are spread over calls.
//! - In a **live** call there is no such stamp: everything the order has can be matched, once per call.

use rustc_hash::{FxHashMap, FxHasher};
use std::borrow::Cow;
use std::hash::{Hash, Hasher};

const MICROS_PER_DAY: i64 = 86_400_000_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// As the database has it.
    Stored,
    /// Only the import number changed.
    Stamped,
    Changed,
    New,
    /// To be deleted.
    Gone,
    /// Added and removed within one call.
    Never,
}

#[derive(Clone, Debug)]
pub(crate) struct Line<'a> {
    pub no: i64,
    pub line_no: Option<i64>,
    pub title: Option<&'a str>,
    pub content: Content<'a>,
    pub at: i64,
    pub import: i64,
    pub fate: Fate,
    /// Matched in this call.
    pub taken: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Content<'a> {
    pub product: Option<i64>,
    pub quantity: i64,
    pub price: Option<i64>,
    pub amount: i64,
    pub refund_of: Option<Cow<'a, str>>,
}

impl Content<'_> {
    pub fn is_refund(&self) -> bool {
        self.quantity < 0 || self.amount < 0 || self.refund_of.is_some()
    }
    fn key(&self, day: i64) -> u64 {
        let mut hasher = FxHasher::default();
        self.hash(&mut hasher);
        hasher.write_i64(day);
        hasher.finish()
    }
}

/// The lines of one order, and the ways to find one.
#[derive(Default)]
pub(crate) struct Lines<'a> {
    pub all: Vec<Line<'a>>,
    numbered: FxHashMap<i64, usize>,
    /// By content: what an incoming line without a number may be.
    free: FxHashMap<u64, Vec<usize>>,
    ready: bool,
    last_no: i64,
}

/// How the lines of a call are told apart.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// The import's number. The day belongs to the content: the same goods returned on two days are two lines.
    Import(i64),
    Live,
}

impl Mode {
    fn day(self, at: i64) -> i64 {
        match self {
            Self::Import(_) => at.div_euclid(MICROS_PER_DAY),
            Self::Live => 0,
        }
    }
}

impl<'a> Lines<'a> {
    /// Before the lines of one incoming order are matched. In an import what is free only shrinks, so once is enough.
    pub fn begin(&mut self, mode: Mode) {
        if self.ready && mode != Mode::Live {
            return;
        }
        self.ready = mode != Mode::Live;
        self.free.clear();
        for (at, line) in self.all.iter_mut().enumerate() {
            line.taken = false;
            let present = !matches!(line.fate, Fate::Gone | Fate::Never);
            if present && mode != Mode::Import(line.import) {
                self.free.entry(line.content.key(mode.day(line.at))).or_default().push(at);
            }
        }
        // Popped from the end: the oldest line is matched first.
        self.free.values_mut().for_each(|list| list.reverse());
    }
    pub fn push(&mut self, line: Line<'a>) {
        if let Some(number) = line.line_no {
            self.numbered.insert(number, self.all.len());
        }
        self.last_no = self.last_no.max(line.no);
        self.all.push(line);
    }
    pub fn by_number(&self, number: i64) -> Option<usize> {
        let at = *self.numbered.get(&number)?;
        (!matches!(self.all[at].fate, Fate::Gone | Fate::Never)).then_some(at)
    }
    /// A free line of this content; `unnumbered` leaves out lines that have a number of their own.
    pub fn by_content(&mut self, content: &Content<'_>, at: i64, mode: Mode, unnumbered: bool) -> Option<usize> {
        if self.free.is_empty() {
            return None;
        }
        let day = mode.day(at);
        let all = &self.all;
        let list = self.free.get_mut(&content.key(day))?;
        let place = list.iter().rposition(|&i| {
            let line = &all[i];
            let fits = !unnumbered || line.line_no.is_none();
            fits && !line.taken && line.content == *content && mode.day(line.at) == day
        })?;
        Some(list.remove(place))
    }
    pub fn give_number(&mut self, at: usize, number: i64) {
        self.all[at].line_no = Some(number);
        self.numbered.insert(number, at);
    }
    pub fn next_no(&self) -> i64 {
        self.last_no + 1
    }
}
