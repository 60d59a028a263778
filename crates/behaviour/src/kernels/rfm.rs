//! Recency, frequency, monetary value of buyers, in scores of 1 (worst) to 5 (best).

use crate::bits::{Bits, WORDS};
use crate::calendar::Calendar;
use crate::fast::{Simd, Work, fast};
use crate::kernel::{Kernel, Merge};
use crate::lane::{Ground, Lane};
use crate::test::Select;
use crate::values::{Groups, Numbers, NumbersIn};
use crate::view::{Scratch, Selection, View};
use roaring::RoaringBitmap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

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
    /// Whole days from the last order to `as_of`.
    pub recency_days: Vec<u32>,
    pub orders: Vec<u32>,
    /// Minor units.
    pub value: Vec<i64>,
    /// How many buyers are in each bin of each measure: counted while they are at hand, so that ranks need no sorting.
    bins: Vec<u32>,
}

/// By rising bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RfmPartial(pub Vec<Buyers>);

/// Scored buyers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RfmScores {
    /// How many scores there are.
    pub scores: u8,
    pub buyers: Vec<Buyers>,
    /// Per bucket and buyer: ((r − 1) × n + f − 1) × n + m − 1, below 1,000.
    pub cells: Vec<Vec<u16>>,
}

/// One of the n × n × n cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RfmCount {
    pub r: u8,
    pub f: u8,
    pub m: u8,
    pub people: u64,
    /// Minor units.
    pub value: i64,
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
        (0..=2, 0..=2) => "hibernating",
        (0..=2, 3 | 4) => "at_risk",
        (0..=2, _) => "cant_lose",
        (3, 0..=2) => "about_to_sleep",
        (3, 3) => "need_attention",
        (3 | 4, 4..) => "loyal_customers",
        (4, 0 | 1) => "promising",
        (_, 0 | 1) => "new_customers",
        (_, 2 | 3) => "potential_loyalists",
        _ => "champions",
    }
}

/// Bins of a measure: as many distinct places, in the order of the values.
const BINS: usize = 4_096;
const LAST_BIN: usize = BINS - 1;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    Recency,
    Orders,
    Value,
}

/// Days and counts have a bin each, up to the last one.
#[inline(always)]
fn small_bin(value: u32) -> usize {
    (value as usize).min(LAST_BIN)
}
/// 2,048 bins for each sign: sizes up to 31 alone, then 32 for each power of two.
#[inline(always)]
fn value_bin(value: i64) -> usize {
    let size = value.unsigned_abs();
    let bin = if size < 32 {
        size as usize
    } else {
        let digits = 64 - size.leading_zeros() as usize;
        32 * (digits - 5) + (size >> (digits - 6)) as usize % 32
    };
    if value < 0 { BINS / 2 - 1 - bin } else { BINS / 2 + bin }
}

trait Measured: Copy {
    fn bin(self) -> usize;
    fn number(self) -> i64;
}
impl Measured for u32 {
    #[inline(always)]
    fn bin(self) -> usize {
        small_bin(self)
    }
    #[inline(always)]
    fn number(self) -> i64 {
        i64::from(self)
    }
}
impl Measured for i64 {
    #[inline(always)]
    fn bin(self) -> usize {
        value_bin(self)
    }
    #[inline(always)]
    fn number(self) -> i64 {
        self
    }
}

impl Buyers {
    fn len(&self) -> usize {
        self.slots.len()
    }
    fn resize(&mut self, len: usize) {
        self.slots.resize(len, 0);
        self.recency_days.resize(len, 0);
        self.orders.resize(len, 0);
        self.value.resize(len, 0);
    }
    fn count_bins(&mut self) {
        self.bins = vec![0; 3 * BINS];
        let (recency, rest) = self.bins.split_at_mut(BINS);
        let (orders, value) = rest.split_at_mut(BINS);
        self.recency_days.iter().for_each(|v| recency[small_bin(*v)] += 1);
        self.orders.iter().for_each(|v| orders[small_bin(*v)] += 1);
        self.value.iter().for_each(|v| value[value_bin(*v)] += 1);
    }
    fn bins(&self, of: Of) -> &[u32] {
        &self.bins[of as usize * BINS..][..BINS]
    }
}

impl Merge for RfmPartial {
    fn merge(&mut self, other: Self) {
        self.0.extend(other.0);
        self.0.sort_by_key(|buyers| buyers.bucket);
    }
}

impl Kernel for Rfm {
    type Partial = RfmPartial;
    fn bucket(&self, view: &View, among: &Bits) -> RfmPartial {
        let orders = view.select(&self.orders);
        let mut people = orders.people();
        people.and(among);
        let calendar = &*self.calendar;
        let from = if self.since == i32::MIN { i64::MIN } else { calendar.start(self.since) };
        let to = calendar.start(self.as_of.saturating_add(1));
        let refunds = self.refunds.as_ref().map(|select| view.select(select));
        let mut buyers = Buyers { bucket: view.bucket, ..Buyers::default() };
        buyers.resize(people.len() as usize);
        let ground = Ground::new(&orders);
        let taken = refunds.as_ref().map(|refunds| (Ground::new(refunds), refunds));
        let no_refunds = Selection::default();
        let (refund_lanes, refund_numbers) = match &taken {
            Some((ground, refunds)) => (ground.lanes(refunds), Numbers::new(refunds, &self.value)),
            None => (Vec::new(), Numbers::new(&no_refunds, &self.value)),
        };
        fast(Loop {
            rfm: self,
            lanes: ground.lanes(&orders),
            numbers: Numbers::new(&orders, &self.value),
            refund_lanes,
            refund_numbers,
            people: &people,
            from,
            to,
            buyers: &mut buyers,
        });
        match &self.frequency {
            Frequency::Events => {}
            Frequency::Days => {
                let mut scratch = Scratch::default();
                for (slot, orders_of) in buyers.slots.iter().zip(&mut buyers.orders) {
                    let rows = orders.rows(*slot, &mut scratch).between(from, to);
                    let (mut days, mut last) = (0, None);
                    for at in rows.times {
                        let day = Some(calendar.day(*at));
                        days += u32::from(day != last);
                        last = day;
                    }
                    *orders_of = days;
                }
            }
            Frequency::Distinct(property) => {
                let mut groups = Groups::by_property(&orders, property);
                let (mut scratch, mut own) = (Scratch::default(), Vec::new());
                for (slot, orders_of) in buyers.slots.iter().zip(&mut buyers.orders) {
                    let rows = orders.rows(*slot, &mut scratch).between(from, to);
                    own.clear();
                    own.extend((0..rows.len()).map(|i| groups.of(rows.place(i))));
                    own.sort_unstable();
                    // Orders without a number are orders of their own.
                    let nameless = groups.names.find(None);
                    let without = own.iter().filter(|number| Some(**number) == nameless).count();
                    own.dedup();
                    let named = own.iter().filter(|number| Some(**number) != nameless).count();
                    *orders_of = (named + without) as u32;
                }
            }
        }
        buyers.count_bins();
        RfmPartial(if buyers.slots.is_empty() { Vec::new() } else { vec![buyers] })
    }
}

struct Loop<'a, 'v> {
    rfm: &'a Rfm,
    lanes: Vec<Lane<'v>>,
    numbers: Numbers<'v>,
    refund_lanes: Vec<Lane<'v>>,
    refund_numbers: Numbers<'v>,
    people: &'a Bits,
    from: i64,
    to: i64,
    buyers: &'a mut Buyers,
}

impl Work for Loop<'_, '_> {
    type Out = ();
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let (before, until) = (self.from.saturating_sub(1), self.to.saturating_sub(1));
        let lanes: Vec<(Lane<'_>, NumbersIn<'_>)> =
            self.lanes.into_iter().map(|lane| (lane, self.numbers.in_list(lane.list as usize))).collect();
        let refunds: Vec<(Lane<'_>, NumbersIn<'_>)> =
            self.refund_lanes.into_iter().map(|lane| (lane, self.refund_numbers.in_list(lane.list as usize))).collect();
        let Buyers { slots, recency_days, orders, value: values, .. } = self.buyers;
        let mut done = 0;
        for word in 0..WORDS {
            let mut people = self.people.words()[word];
            while people != 0 {
                let bit = people.trailing_zeros();
                people &= people - 1;
                let (mut last, mut count, mut value) = (i64::MIN, 0u32, 0i64);
                for (lane, numbers) in &lanes {
                    let (first, end) = lane.range(word, bit);
                    if first == end {
                        continue;
                    }
                    let low =
                        if before == i64::MIN { first } else { first + simd.up_to(lane.times, first, end, before) };
                    let newest = lane.times[end - 1];
                    let high = if newest <= until { end } else { low + simd.up_to(lane.times, low, end, until) };
                    if !lane.tests.is_empty() {
                        for row in low..high {
                            if lane.keeps(row) {
                                count += 1;
                                last = last.max(lane.times[row]);
                                value = value.wrapping_add(numbers.whole(row));
                            }
                        }
                    } else if low < high {
                        count += (high - low) as u32;
                        last = last.max(if high == end { newest } else { lane.times[high - 1] });
                        value = value.wrapping_add(numbers.whole_of(simd, low, high));
                    }
                }
                if count == 0 {
                    continue;
                }
                for (lane, numbers) in &refunds {
                    let (first, end) = lane.range(word, bit);
                    for row in first..end {
                        if lane.times[row] > before && lane.times[row] <= until && lane.keeps(row) {
                            value = value.wrapping_add(numbers.whole(row));
                        }
                    }
                }
                let day = self.rfm.calendar.day(last);
                slots[done] = (word * 64) as u16 | bit as u16;
                recency_days[done] = self.rfm.as_of.wrapping_sub(day) as u32;
                orders[done] = count;
                values[done] = value;
                done += 1;
            }
        }
        self.buyers.resize(done);
    }
}

/// Where the scores of one measure lie.
struct Scale {
    of: Of,
    /// Larger values are ranked first.
    downward: bool,
    /// The first score goes to the last ranked.
    inverted: bool,
    /// How many of the ranked have the scores 1, 2 … at most.
    ends: Vec<u64>,
    places: Places,
}

enum Places {
    /// Every bin has one value: ranks can be counted. Per bucket and bin, how many are ranked before the bucket's first in that bin.
    Ranks(Vec<Vec<u32>>),
    /// By bin the score of all in it; with [`MIXED`] the lowest one, before the borders inside the bin.
    Borders { bins: Vec<u8>, borders: Vec<Border>, ties_before: Vec<Vec<u64>> },
}

const MIXED: u8 = 0x80;

/// Where a score begins: behind the values below `value` and the first `ties` of those equal to it, in the order of people.
#[derive(Clone, Copy, Debug)]
struct Border {
    value: i64,
    ties: u64,
    score: u8,
}

impl RfmPartial {
    /// Scores for everybody. Uses this many threads.
    pub fn scores(self, method: &Method, threads: usize) -> RfmScores {
        let buyers = self.0;
        let cells = match method {
            Method::Quantile(n) | Method::Tiles(n) => {
                let n = usize::from((*n).clamp(2, 10));
                let total: usize = buyers.iter().map(Buyers::len).sum();
                let tiles = matches!(method, Method::Tiles(_));
                // How many of the ranked have score 1, 2 … at most.
                let ends: Vec<u64> = (1..n)
                    .map(|s| if tiles { s * (total / n) + s.min(total % n) } else { (s * total).div_ceil(n) } as u64)
                    .collect();
                let scale = |of, downward, inverted| Scale::new(&buyers, of, downward, inverted, &ends);
                let recency = scale(Of::Recency, tiles, !tiles);
                let orders = scale(Of::Orders, false, false);
                let value = scale(Of::Value, false, false);
                each_bucket(buyers.len(), threads, |bucket| {
                    let own = &buyers[bucket];
                    let mut cells = vec![0u16; own.len()];
                    recency.score(bucket, &own.recency_days, &mut cells);
                    orders.score(bucket, &own.orders, &mut cells);
                    value.score(bucket, &own.value, &mut cells);
                    cells
                })
            }
            Method::Fixed(bounds) => {
                let n = bounds.scores();
                each_bucket(buyers.len(), threads, |bucket| {
                    let own = &buyers[bucket];
                    let cell = |at: usize| {
                        let days = i64::from(own.recency_days[at]);
                        let r = bounds.recency_days.iter().filter(|most| days <= i64::from(**most)).count();
                        let f = bounds.frequency.iter().filter(|least| own.orders[at] >= **least).count();
                        let m = bounds.value.iter().filter(|least| own.value[at] >= **least).count();
                        ((r * n + f) * n + m) as u16
                    };
                    (0..own.len()).map(cell).collect()
                })
            }
        };
        let scores = match method {
            Method::Quantile(n) | Method::Tiles(n) => (*n).clamp(2, 10),
            Method::Fixed(bounds) => bounds.scores() as u8,
        };
        RfmScores { scores, buyers, cells }
    }
}

impl Bounds {
    fn scores(&self) -> usize {
        (self.recency_days.len().max(self.frequency.len()).max(self.value.len()) + 1).clamp(2, 10)
    }
}

/// The answers for all buckets, in order.
fn each_bucket<T: Send>(buckets: usize, threads: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let own = || {
        let mut done = Vec::new();
        loop {
            let bucket = next.fetch_add(1, Ordering::Relaxed);
            if bucket >= buckets {
                return done;
            }
            done.push((bucket, work(bucket)));
        }
    };
    let mut all = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads.clamp(1, buckets.max(1))).map(|_| scope.spawn(own)).collect();
        let mut all = own();
        for other in others {
            all.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        all
    });
    all.sort_by_key(|(bucket, _)| *bucket);
    all.into_iter().map(|(_, own)| own).collect()
}

impl Scale {
    fn new(buyers: &[Buyers], of: Of, downward: bool, inverted: bool, ends: &[u64]) -> Self {
        let mut counts = vec![0u64; BINS];
        for own in buyers {
            counts.iter_mut().zip(own.bins(of)).for_each(|(all, own)| *all += u64::from(*own));
        }
        let mut scale = Self { of, downward, inverted, ends: ends.to_vec(), places: Places::Ranks(Vec::new()) };
        // How many are ranked before each bin. Ranked downward is from the last bin on.
        let mut before = vec![0u64; BINS];
        let mut sum = 0;
        for at in 0..BINS {
            let bin = if downward { LAST_BIN - at } else { at };
            before[bin] = sum;
            sum += counts[bin];
        }
        scale.places = if of != Of::Value && counts[LAST_BIN] == 0 {
            let mut next: Vec<u32> = before.iter().map(|count| *count as u32).collect();
            let mut all = Vec::with_capacity(buyers.len());
            for own in buyers {
                all.push(next.clone());
                next.iter_mut().zip(own.bins(of)).for_each(|(next, own)| *next += own);
            }
            Places::Ranks(all)
        } else {
            scale.borders(buyers, &counts, &before)
        };
        scale
    }
    fn score_at(&self, rank: u64) -> u8 {
        1 + self.ends.iter().filter(|end| rank >= **end).count() as u8
    }
    fn borders(&self, buyers: &[Buyers], counts: &[u64], before: &[u64]) -> Places {
        let mut bins = vec![0u8; BINS];
        for bin in (0..BINS).filter(|bin| counts[*bin] > 0) {
            let (low, high) = (self.score_at(before[bin]), self.score_at(before[bin] + counts[bin] - 1));
            bins[bin] = if low == high { low } else { low | MIXED };
        }
        // The values of bins with a border inside, bucket by bucket.
        let mut near: Vec<(usize, i64)> = Vec::new();
        let mut buckets = vec![0];
        for own in buyers {
            match self.of {
                Of::Recency => gather(&own.recency_days, &bins, self.downward, &mut near),
                Of::Orders => gather(&own.orders, &bins, self.downward, &mut near),
                Of::Value => gather(&own.value, &bins, self.downward, &mut near),
            }
            buckets.push(near.len());
        }
        let mut sorted = near.clone();
        sorted.sort_unstable();
        let mut borders = Vec::new();
        for bin in (0..BINS).filter(|bin| bins[*bin] & MIXED != 0) {
            let from = sorted.partition_point(|(own, _)| *own < bin);
            let own = &sorted[from..from + counts[bin] as usize];
            let low = bins[bin] ^ MIXED;
            for (end, score) in self.ends[usize::from(low) - 1..].iter().zip(low + 1..) {
                // The last one ahead of the border.
                let Some(at) = (end - before[bin]).checked_sub(1).filter(|at| at + 1 < counts[bin]) else { continue };
                let value = own[at as usize].1;
                let less = own.partition_point(|(_, own)| *own < value) as u64;
                borders.push(Border { value, ties: at - less + 1, score });
            }
        }
        let mut sums = vec![0u64; borders.len()];
        let mut ties_before = Vec::new();
        for bucket in buckets.windows(2) {
            ties_before.push(sums.clone());
            for (sum, border) in sums.iter_mut().zip(&borders) {
                let own = near[bucket[0]..bucket[1]].iter();
                *sum += own.filter(|(_, value)| *value == border.value).count() as u64;
            }
        }
        Places::Borders { bins, borders, ties_before }
    }
    /// Puts this measure's score into the cells: `cell × n + score − 1`.
    fn score<T: Measured>(&self, bucket: usize, values: &[T], cells: &mut [u16]) {
        let n = self.ends.len() as u16 + 1;
        match &self.places {
            Places::Ranks(next) => {
                let mut next = next[bucket].clone();
                // Up to nine borders as a fixed number of comparisons.
                let mut ends = [u32::MAX; 9];
                ends.iter_mut().zip(&self.ends).for_each(|(own, end)| *own = *end as u32);
                for (value, cell) in values.iter().zip(cells) {
                    let next = &mut next[value.bin()];
                    let rank = *next;
                    *next += 1;
                    let passed = if n <= 5 { passed(&ends[..4], rank) } else { passed(&ends, rank) };
                    *cell = *cell * n + if self.inverted { n - 1 - passed } else { passed };
                }
            }
            Places::Borders { bins, borders, ties_before } => {
                let mut seen = ties_before[bucket].clone();
                for (value, cell) in values.iter().zip(cells) {
                    let mut score = bins[value.bin()];
                    if score & MIXED != 0 {
                        score ^= MIXED;
                        let value = if self.downward { -value.number() } else { value.number() };
                        for (border, seen) in borders.iter().zip(&mut seen) {
                            let tied = value == border.value;
                            if value > border.value || tied && *seen >= border.ties {
                                score = score.max(border.score);
                            }
                            *seen += u64::from(tied);
                        }
                    }
                    let passed = u16::from(score) - 1;
                    *cell = *cell * n + if self.inverted { n - 1 - passed } else { passed };
                }
            }
        }
    }
}

#[inline(always)]
fn passed(ends: &[u32], rank: u32) -> u16 {
    ends.iter().map(|end| u16::from(rank >= *end)).sum()
}

/// The values in bins with a border inside.
fn gather<T: Measured>(values: &[T], bins: &[u8], downward: bool, near: &mut Vec<(usize, i64)>) {
    for value in values {
        let bin = value.bin();
        if bins[bin] & MIXED != 0 {
            near.push((bin, if downward { -value.number() } else { value.number() }));
        }
    }
}

impl RfmScores {
    fn split(&self, cell: u16) -> (u8, u8, u8) {
        let (n, cell) = (u16::from(self.scores), cell);
        ((cell / n / n) as u8 + 1, (cell / n % n) as u8 + 1, (cell % n) as u8 + 1)
    }
    /// Buyers in each of n × n × n cells.
    fn counts(&self) -> Vec<u64> {
        let mut counts = vec![0u64; usize::from(self.scores).pow(3)];
        self.cells.iter().flatten().for_each(|cell| counts[usize::from(*cell)] += 1);
        counts
    }
    /// `grid[r − 1][f − 1]`: people.
    pub fn grid(&self) -> Vec<Vec<u64>> {
        let n = usize::from(self.scores);
        let mut grid = vec![vec![0; n]; n];
        for (cell, people) in self.counts().into_iter().enumerate() {
            grid[cell / n / n][cell / n % n] += people;
        }
        grid
    }
    /// The cells with anybody in them, by rising r, f, m.
    pub fn cells(&self) -> Vec<RfmCount> {
        let mut value = vec![0i64; usize::from(self.scores).pow(3)];
        for (buyers, cells) in self.buyers.iter().zip(&self.cells) {
            cells.iter().zip(&buyers.value).for_each(|(cell, own)| value[usize::from(*cell)] += own);
        }
        let counts = self.counts().into_iter().zip(value).enumerate().filter(|(_, (people, _))| *people > 0);
        counts
            .map(|(cell, (people, value))| {
                let (r, f, m) = self.split(cell as u16);
                RfmCount { r, f, m, people, value }
            })
            .collect()
    }
    fn fits(&self, cell: u16, part: &RfmCell) -> bool {
        let (r, f, m) = self.split(cell);
        let is = |wanted: Option<u8>, own| wanted.is_none_or(|wanted| wanted == own);
        let segment = part.segment.as_ref().is_none_or(|name| self.scores == 5 && segment_of(r, f) == name);
        is(part.r, r) && is(part.f, f) && is(part.m, m) && segment
    }
    /// How many people a part of the grid has.
    pub fn count(&self, part: &RfmCell) -> u64 {
        let counts = self.counts().into_iter().enumerate();
        counts.filter(|(cell, _)| self.fits(*cell as u16, part)).map(|(_, people)| people).sum()
    }
    pub fn people(&self, part: &RfmCell) -> RoaringBitmap {
        let fits: Vec<bool> = (0..usize::from(self.scores).pow(3)).map(|cell| self.fits(cell as u16, part)).collect();
        let mut people = RoaringBitmap::new();
        for (buyers, cells) in self.buyers.iter().zip(&self.cells) {
            let own = buyers.slots.iter().zip(cells).filter(|(_, cell)| fits[usize::from(**cell)]);
            let base = u32::from(buyers.bucket) << 16;
            // Rising already.
            people.extend(own.map(|(slot, _)| base | u32::from(*slot)));
        }
        people
    }
    /// Somebody's (r, f, m); `None` for people without an order.
    pub fn of(&self, person: u32) -> Option<(u8, u8, u8)> {
        let bucket = self.buyers.binary_search_by_key(&((person >> 16) as u16), |buyers| buyers.bucket).ok()?;
        let at = self.buyers[bucket].slots.binary_search(&(person as u16)).ok()?;
        Some(self.split(self.cells[bucket][at]))
    }
    /// All of [`SEGMENTS`], in that order; nothing unless there are five scores.
    pub fn segments(&self) -> Vec<RfmSegment> {
        if self.scores != 5 {
            return Vec::new();
        }
        let empty = |name| RfmSegment { name, people: 0, value: 0, recency_days: 0, orders: 0 };
        let mut all: Vec<RfmSegment> = SEGMENTS.map(empty).to_vec();
        let place: Vec<usize> = (0..125)
            .map(|cell| {
                let (r, f, _) = self.split(cell);
                SEGMENTS.iter().position(|name| *name == segment_of(r, f)).unwrap_or_default()
            })
            .collect();
        for (buyers, cells) in self.buyers.iter().zip(&self.cells) {
            for (at, cell) in cells.iter().enumerate() {
                let own = &mut all[place[usize::from(*cell)]];
                own.people += 1;
                own.value += buyers.value[at];
                own.recency_days += i64::from(buyers.recency_days[at]);
                own.orders += u64::from(buyers.orders[at]);
            }
        }
        all
    }
}
