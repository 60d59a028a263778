//! Whole days as sets of people: what many questions are answered from without reading a row.

use crate::bits::{Bits, WORDS};
use crate::fast::{Simd, Work, fast};
use crate::part::{DayPart, IndexView};
use crate::view::{Selection, View};

/// Who did something on which day, over all parts of a view.
pub(crate) struct Days<'v>(Vec<(&'v [DayPart], Option<&'v Bits>)>);

impl<'v> Days<'v> {
    /// Any event at all.
    pub fn all(view: &'v View) -> Self {
        Self(view.parts.iter().map(|held| (&held.part.days[..], held.hidden.as_deref())).collect())
    }
    /// The events of a selection; `None` when it has tests, or a part has no days for it.
    pub fn of(selection: &Selection<'v>) -> Option<Self> {
        selection
            .lists
            .iter()
            .map(|list| {
                let usable = list.tests.is_empty() && !list.part.days.is_empty();
                usable.then_some((&list.part.days[..], list.hidden))
            })
            .collect::<Option<Vec<_>>>()
            .map(Self)
    }
    pub fn when(wanted: bool, selection: &Selection<'v>) -> Option<Self> {
        if wanted { Self::of(selection) } else { None }
    }
    /// Everybody with an event on the days `from..=to`.
    pub fn any(&self, from: i32, to: i32) -> Bits {
        let mut all = Bits::empty();
        for (days, hidden) in &self.0 {
            let days = within(days, from, to);
            match hidden {
                None => days.iter().for_each(|day| day.slots.view().add_to(&mut all)),
                Some(hidden) => {
                    let mut own = Bits::empty();
                    days.iter().for_each(|day| day.slots.view().add_to(&mut own));
                    own.and_not(hidden);
                    all.or(&own);
                }
            }
        }
        all
    }
    /// Everybody with an event on the days `from..=to`, and everybody with events on two of them or in two parts: both in one pass, since
    /// reading the days is most of the work.
    pub fn twice(&self, from: i32, to: i32) -> (Bits, Bits) {
        let (mut once, mut twice) = (Bits::empty(), Bits::empty());
        for (days, hidden) in &self.0 {
            for day in within(days, from, to) {
                match day.slots.view() {
                    IndexView::Dense { words, .. } => {
                        let hidden = hidden.map(Bits::words);
                        fast(Again { day: words, hidden, once: once.words_mut(), twice: twice.words_mut() });
                    }
                    IndexView::Sparse(slots) => {
                        for slot in slots.iter().filter(|slot| !hidden.is_some_and(|hidden| hidden.contains(**slot))) {
                            if once.contains(*slot) {
                                twice.insert(*slot);
                            }
                            once.insert(*slot);
                        }
                    }
                }
            }
        }
        (once, twice)
    }
    /// Calls for each day of `from..=to` on which somebody did something, rising, with those who did.
    pub fn each(&self, from: i32, to: i32, mut call: impl FnMut(i32, &[u64; WORDS])) {
        let mut left: Vec<(&[DayPart], Option<&Bits>)> =
            self.0.iter().map(|(days, hidden)| (within(days, from, to), *hidden)).collect();
        let mut own = Bits::empty();
        let mut all = Bits::empty();
        while let Some(day) = left.iter().filter_map(|(days, _)| days.first()).map(|day| day.day).min() {
            let mut here = left.iter_mut().filter(|(days, _)| days.first().is_some_and(|own| own.day == day));
            let first = here.next();
            let more = here.next();
            match (first, more) {
                // One part, nobody hidden, written out: the usual case needs no copy.
                (Some((days, None)), None) if matches!(days[0].slots.view(), IndexView::Dense { .. }) => {
                    if let IndexView::Dense { words, .. } = days[0].slots.view()
                        && let Ok(words) = words.try_into()
                    {
                        call(day, words);
                    }
                    *days = &days[1..];
                }
                (first, more) => {
                    all.clear();
                    for (days, hidden) in first.into_iter().chain(more).chain(here) {
                        own.clear();
                        days[0].slots.view().add_to(&mut own);
                        if let Some(hidden) = hidden {
                            own.and_not(hidden);
                        }
                        all.or(&own);
                        *days = &days[1..];
                    }
                    call(day, all.words());
                }
            }
        }
    }
}

struct Again<'a> {
    day: &'a [u64],
    hidden: Option<&'a [u64; WORDS]>,
    once: &'a mut [u64; WORDS],
    twice: &'a mut [u64; WORDS],
}

impl Work for Again<'_> {
    type Out = ();
    #[inline(always)]
    fn run<S: Simd>(self, _: S) {
        let Ok(day): Result<&[u64; WORDS], _> = self.day.try_into() else { return };
        let own = self.once.iter_mut().zip(self.twice).zip(day);
        match self.hidden {
            None => {
                for ((once, twice), day) in own {
                    *twice |= *once & day;
                    *once |= day;
                }
            }
            Some(hidden) => {
                for (((once, twice), day), hidden) in own.zip(hidden) {
                    *twice |= *once & day & !hidden;
                    *once |= day & !hidden;
                }
            }
        }
    }
}

fn within(days: &[DayPart], from: i32, to: i32) -> &[DayPart] {
    let low = days.partition_point(|day| day.day < from);
    let high = days.partition_point(|day| day.day <= to).max(low);
    &days[low..high]
}

/// On how many of some days everybody was there: numbers written in binary across sets, so that a day costs a few operations for 64 people.
pub(crate) struct DayCounts(Vec<Bits>);

impl DayCounts {
    pub fn new() -> Self {
        Self(Vec::new())
    }
    pub fn add(&mut self, day: &[u64; WORDS]) {
        let mut carry = *day;
        for plane in &mut self.0 {
            let mut left = 0;
            for (own, carry) in plane.words_mut().iter_mut().zip(&mut carry) {
                let both = *own & *carry;
                *own ^= *carry;
                *carry = both;
                left |= both;
            }
            if left == 0 {
                return;
            }
        }
        let mut plane = Bits::empty();
        plane.or_words(&carry);
        self.0.push(plane);
    }
    /// The days of one person.
    pub fn of(&self, slot: u16) -> u64 {
        self.0.iter().enumerate().map(|(digit, plane)| u64::from(plane.contains(slot)) << digit).sum()
    }
    /// Everybody with at least this many days.
    pub fn at_least(&self, count: u64) -> Bits {
        if count >> self.0.len().min(63) > 0 {
            return Bits::empty();
        }
        // From the highest digit: larger so far, or equal so far.
        let (mut larger, mut equal) = (Bits::empty(), Bits::full());
        for (digit, plane) in self.0.iter().enumerate().rev() {
            if count >> digit & 1 == 1 {
                equal.and(plane);
            } else {
                let mut own = equal.clone();
                own.and(plane);
                larger.or(&own);
                equal.and_not(plane);
            }
        }
        larger.or(&equal);
        larger
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_for_everybody_at_once() {
        let mut counts = DayCounts::new();
        for day in 1..=40u16 {
            // Slot s is there on every day up to s.
            let own: Bits = (day..=60).collect();
            counts.add(own.words());
        }
        for least in 0..45u64 {
            let expected: Vec<u16> = if least == 0 {
                (0..=u16::MAX).collect()
            } else if least > 40 {
                Vec::new()
            } else {
                (least as u16..=60).collect()
            };
            assert_eq!(counts.at_least(least).iter().collect::<Vec<_>>(), expected, "{least}");
        }
        assert!(DayCounts::new().at_least(1).is_empty());
        assert_eq!(DayCounts::new().at_least(0).len(), 65_536);
    }
}
