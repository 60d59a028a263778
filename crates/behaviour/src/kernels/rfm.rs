//! Recency, frequency, monetary value of buyers, in scores of 1 (worst) to 5 (best).

use super::rank::Ranks;
use crate::bits::Bits;
use crate::calendar::Calendar;
use crate::kernel::{Kernel, Merge};
use crate::test::Select;
use crate::values::{Groups, Numbers};
use crate::view::{Rows, Scratch, View};
use roaring::RoaringBitmap;
use std::sync::Arc;

/// Buyers are people with an order up to the day `as_of` (included).
///
/// Recency: whole calendar days from the last order to `as_of`. Frequency: as chosen. Monetary: sum of the value over orders and refunds up to
/// `as_of`, minor units.
///
/// Scores by [`Method::Quantile`] follow the reference definition (`docs/metrics.md`): buyers by rising person number, each measure ranked upward with ties in
/// that order, score = 1 + floor(n × (rank − 1) / buyers); recency is turned round (n + 1 − score), so that the most recent have n.
#[derive(Clone, Debug)]
pub struct Rfm {
    pub orders: Select,
    /// Events that only change the value (their amounts are negative).
    pub refunds: Option<Select>,
    /// Property with the value in minor units.
    pub value: String,
    pub frequency: Frequency,
    /// Day number.
    pub as_of: i32,
    /// Only orders from this day on; `i32::MIN` for all.
    pub since: i32,
    pub calendar: Arc<Calendar>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frequency {
    /// Events of `orders`.
    Events,
    /// Distinct calendar days with an order.
    Days,
    /// Distinct values of a text or whole-number property, such as the order's number; events without it count once each.
    Distinct(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Method {
    /// This many groups of equal size, 2..=10.
    Quantile(u8),
    /// Groups by NTILE, as SQL knows it: larger groups first, recency ranked downward, ties by rising person number. For comparison with databases.
    Tiles(u8),
    Fixed(Bounds),
}

/// Lower bounds of the scores 2, 3 … for frequency and value (rising), upper bounds in days of the scores n, n − 1 … 2 for recency (rising). All three of
/// equal length, 1..=9; the number of scores is one more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounds {
    pub recency_days: Vec<i32>,
    pub frequency: Vec<u32>,
    pub value: Vec<i64>,
}

/// Buyers of one bucket, by rising slot; all of equal length.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Buyers {
    pub bucket: u16,
    pub slots: Vec<u16>,
    /// Day numbers.
    pub last: Vec<i32>,
    pub orders: Vec<u32>,
    pub value: Vec<i64>,
}

/// By rising bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RfmPartial(pub Vec<Buyers>);

/// Scored buyers, in the order of [`RfmPartial`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RfmScores {
    pub scores: u8,
    pub as_of: i32,
    pub buyers: Vec<Buyers>,
    /// Per bucket and buyer: ((r − 1) × n + f − 1) × n + m − 1, below 1,000.
    pub cells: Vec<Vec<u16>>,
}

/// A part of the grid. `None` fits every score.
#[derive(Clone, Debug, Default)]
pub struct RfmCell {
    pub r: Option<u8>,
    pub f: Option<u8>,
    pub m: Option<u8>,
    /// Name of a segment ([`SEGMENTS`]); only with five scores.
    pub segment: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct RfmSegment {
    pub name: &'static str,
    pub people: u64,
    /// Minor units.
    pub value: i64,
    /// Sums: divide by `people` for means.
    pub recency_days: i64,
    pub orders: u64,
}

/// Names of segments by recency and frequency, in the order in which they are shown.
pub const SEGMENTS: [&str; 10] = [
    "champions",
    "loyal_customers",
    "potential_loyalists",
    "new_customers",
    "promising",
    "need_attention",
    "about_to_sleep",
    "at_risk",
    "cant_lose",
    "hibernating",
];

/// The segment of a recency and a frequency score of 1..=5.
pub fn segment_of(r: u8, f: u8) -> &'static str {
    match (r, f) {
        (..=2, ..=2) => "hibernating",
        (..=2, 3..=4) => "at_risk",
        (..=2, 5..) => "cant_lose",
        (3, ..=2) => "about_to_sleep",
        (3, 3) => "need_attention",
        (3..=4, 4..) => "loyal_customers",
        (4, ..=1) => "promising",
        (5.., ..=1) => "new_customers",
        (4.., 2) | (4.., 3) => "potential_loyalists",
        (5.., 4..) => "champions",
    }
}

impl Merge for RfmPartial {
    fn merge(&mut self, other: Self) {
        self.0.extend(other.0.into_iter().filter(|buyers| !buyers.slots.is_empty()));
        self.0.sort_unstable_by_key(|buyers| buyers.bucket);
    }
}

impl Kernel for Rfm {
    type Partial = RfmPartial;
    fn bucket(&self, view: &View, among: &Bits) -> RfmPartial {
        let (from, to) = self.span();
        let orders = view.select(&self.orders);
        let refunds = self.refunds.as_ref().map(|select| view.select(select));
        let amounts = Numbers::new(&orders, &self.value);
        let back = refunds.as_ref().map(|selection| Numbers::new(selection, &self.value));
        let mut names = match &self.frequency {
            Frequency::Distinct(property) => Some(Groups::by_property(&orders, property)),
            _ => None,
        };
        let (mut own, mut other) = (Scratch::default(), Scratch::default());
        let mut met = Vec::new();
        let mut people = orders.people();
        people.and(among);
        let mut buyers = Buyers { bucket: view.bucket, ..Buyers::default() };
        for slot in people.iter() {
            let rows = orders.rows(slot, &mut own).between(from, to);
            let Some(last) = rows.times.last() else { continue };
            let mut value = match rows.run() {
                Some((list, first)) => amounts.in_list(list).whole_of(first, first + rows.len()),
                None => (0..rows.len()).fold(0i64, |sum, i| sum.wrapping_add(amounts.whole(rows.place(i)))),
            };
            if let (Some(refunds), Some(back)) = (&refunds, &back) {
                let rows = refunds.rows(slot, &mut other).between(from, to);
                value = (0..rows.len()).fold(value, |sum, i| sum.wrapping_add(back.whole(rows.place(i))));
            }
            let orders = match &mut names {
                Some(groups) => distinct(&rows, groups, &mut met),
                None if self.frequency == Frequency::Days => self.days(rows.times),
                None => rows.len() as u32,
            };
            buyers.slots.push(slot);
            buyers.last.push(self.calendar.day(*last));
            buyers.orders.push(orders);
            buyers.value.push(value);
        }
        RfmPartial(if buyers.slots.is_empty() { Vec::new() } else { vec![buyers] })
    }
}

/// Distinct values among a person's rows; a row without the property counts once.
fn distinct(rows: &Rows<'_>, groups: &mut Groups<'_>, met: &mut Vec<u32>) -> u32 {
    met.clear();
    let mut without = 0;
    for i in 0..rows.len() {
        let group = groups.of(rows.place(i));
        if groups.names.names[group as usize].is_some() {
            met.push(group);
        } else {
            without += 1;
        }
    }
    met.sort_unstable();
    met.dedup();
    without + met.len() as u32
}

impl Rfm {
    fn span(&self) -> (i64, i64) {
        let from = if self.since == i32::MIN { i64::MIN } else { self.calendar.start(self.since) };
        (from, self.calendar.start(self.as_of.saturating_add(1)))
    }
    fn days(&self, times: &[i64]) -> u32 {
        let mut last = None;
        let new = |at: &&i64| {
            let day = self.calendar.day(**at);
            last.replace(day) != Some(day)
        };
        times.iter().filter(new).count() as u32
    }
}

impl RfmPartial {
    pub fn people(&self) -> u64 {
        self.0.iter().map(|buyers| buyers.slots.len() as u64).sum()
    }
    /// Scores everybody. `as_of` is that of the question. `threads`: the three measures are ranked side by side.
    pub fn scores(self, method: &Method, as_of: i32, threads: usize) -> RfmScores {
        let buyers = self.0;
        let people: usize = buyers.iter().map(|own| own.slots.len()).sum();
        let (scores, starts) = match method {
            // The first place whose score is s + 1: the smallest rank with n × rank / people >= s.
            Method::Quantile(n) => (*n, (1..usize::from(*n)).map(|s| (s * people).div_ceil(usize::from(*n))).collect()),
            Method::Tiles(n) => (*n, tiles(usize::from(*n), people)),
            Method::Fixed(bounds) => (bounds.recency_days.len() as u8 + 1, Vec::new()),
        };
        let n = u16::from(scores);
        let days = |own: &Buyers, at: usize| i64::from(as_of) - i64::from(own.last[at]);
        let recency = || match method {
            // The fewest days first, then turned round.
            Method::Quantile(_) => ranked(&buyers, &starts, days, |group| n - 1 - group),
            Method::Tiles(_) => ranked(&buyers, &starts, |own, at| -days(own, at), |group| group),
            Method::Fixed(bounds) => fixed(&buyers, |own, at| {
                n - 1 - bounds.recency_days.iter().filter(|bound| days(own, at) > i64::from(**bound)).count() as u16
            }),
        };
        let frequency = || match method {
            Method::Fixed(bounds) => fixed(&buyers, |own, at| {
                bounds.frequency.iter().filter(|bound| own.orders[at] >= **bound).count() as u16
            }),
            _ => ranked(&buyers, &starts, |own, at| i64::from(own.orders[at]), |group| group),
        };
        let value = || match method {
            Method::Fixed(bounds) => {
                fixed(&buyers, |own, at| bounds.value.iter().filter(|bound| own.value[at] >= **bound).count() as u16)
            }
            _ => ranked(&buyers, &starts, |own, at| own.value[at], |group| group),
        };
        let (r, f, m) = if threads > 1 {
            std::thread::scope(|scope| {
                let dearest = scope.spawn(value);
                let (r, f) = (recency(), frequency());
                (r, f, dearest.join().expect("ranking does not panic"))
            })
        } else {
            (recency(), frequency(), value())
        };
        let mut cells = r;
        for ((own, f), m) in cells.iter_mut().zip(&f).zip(&m) {
            for ((cell, f), m) in own.iter_mut().zip(f).zip(m) {
                *cell = (*cell * n + f) * n + m;
            }
        }
        RfmScores { scores, as_of, buyers, cells }
    }
}

/// Where NTILE's groups begin: the first `people % n` of them are one larger.
fn tiles(n: usize, people: usize) -> Vec<usize> {
    let (size, larger) = (people / n, people % n);
    (1..n).map(|group| group * size + group.min(larger)).collect()
}

/// Scores counted from 0, in the shape of `buyers`.
fn ranked(
    buyers: &[Buyers],
    starts: &[usize],
    key: impl Fn(&Buyers, usize) -> i64,
    score: impl Fn(u16) -> u16,
) -> Vec<Vec<u16>> {
    let each = |call: &mut dyn FnMut(i64)| {
        buyers.iter().for_each(|own| (0..own.slots.len()).for_each(|at| call(key(own, at))));
    };
    let mut ranks = Ranks::new(each, starts);
    fixed_mut(buyers, |own, at| score(u16::from(ranks.group(key(own, at)))))
}
fn fixed(buyers: &[Buyers], score: impl Fn(&Buyers, usize) -> u16) -> Vec<Vec<u16>> {
    fixed_mut(buyers, score)
}
fn fixed_mut(buyers: &[Buyers], mut score: impl FnMut(&Buyers, usize) -> u16) -> Vec<Vec<u16>> {
    buyers.iter().map(|own| (0..own.slots.len()).map(|at| score(own, at)).collect()).collect()
}

impl RfmScores {
    /// (r, f, m) of a cell, each 1..=n.
    pub fn split(&self, cell: u16) -> (u8, u8, u8) {
        let n = u16::from(self.scores);
        ((cell / n / n) as u8 + 1, (cell / n % n) as u8 + 1, (cell % n) as u8 + 1)
    }
    /// Buyers by cell: `grid[((r − 1) × n + f − 1) × n + m − 1]`.
    pub fn grid(&self) -> Vec<u64> {
        let mut grid = vec![0; usize::from(self.scores).pow(3)];
        self.cells.iter().flatten().for_each(|cell| grid[usize::from(*cell)] += 1);
        grid
    }
    fn fits(&self, cell: u16, wanted: &RfmCell) -> bool {
        let (r, f, m) = self.split(cell);
        let fits = |wanted: Option<u8>, own: u8| wanted.is_none_or(|wanted| wanted == own);
        fits(wanted.r, r)
            && fits(wanted.f, f)
            && fits(wanted.m, m)
            && wanted.segment.as_deref().is_none_or(|name| self.scores == 5 && segment_of(r, f) == name)
    }
    pub fn count(&self, wanted: &RfmCell) -> u64 {
        let grid = self.grid();
        (0..grid.len()).filter(|cell| self.fits(*cell as u16, wanted)).map(|cell| grid[cell]).sum()
    }
    pub fn people(&self, wanted: &RfmCell) -> RoaringBitmap {
        let inside: Vec<bool> =
            (0..usize::from(self.scores).pow(3)).map(|cell| self.fits(cell as u16, wanted)).collect();
        let mut people = RoaringBitmap::new();
        for (own, cells) in self.buyers.iter().zip(&self.cells) {
            let base = u32::from(own.bucket) << 16;
            let slots = own.slots.iter().zip(cells).filter(|(_, cell)| inside[usize::from(**cell)]);
            // Rising, bucket after bucket.
            people.extend(slots.map(|(slot, _)| base | u32::from(*slot)));
        }
        people
    }
    /// All of [`SEGMENTS`], in that order; empty unless there are five scores.
    pub fn segments(&self) -> Vec<RfmSegment> {
        if self.scores != 5 {
            return Vec::new();
        }
        let mut found: Vec<RfmSegment> =
            SEGMENTS.iter().map(|name| RfmSegment { name, people: 0, value: 0, recency_days: 0, orders: 0 }).collect();
        let place: Vec<usize> = (0..125u16)
            .map(|cell| {
                let (r, f, _) = self.split(cell);
                SEGMENTS.iter().position(|name| *name == segment_of(r, f)).expect("every segment is on the list")
            })
            .collect();
        for (own, cells) in self.buyers.iter().zip(&self.cells) {
            for (at, cell) in cells.iter().enumerate() {
                let segment = &mut found[place[usize::from(*cell)]];
                segment.people += 1;
                segment.value = segment.value.wrapping_add(own.value[at]);
                segment.recency_days += i64::from(self.as_of) - i64::from(own.last[at]);
                segment.orders += u64::from(own.orders[at]);
            }
        }
        found
    }
}
