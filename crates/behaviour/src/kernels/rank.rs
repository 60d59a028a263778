//! Which of equal groups each of many values falls into, without sorting them.

/// Where a group begins: the value of its first member, and how many of the members with just this value belong to the groups before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Border {
    value: i64,
    before: usize,
}

/// Groups of values in rising order; equal values keep the order in which they are given.
pub(super) struct Ranks {
    borders: Vec<Border>,
    /// Equal values met so far, per border.
    met: Vec<usize>,
}

const SHELVES: usize = 1 << 12;

impl Ranks {
    /// `starts`: the places (counted from 0) at which the second, third … group begin, rising; a place behind the last value begins no group.
    /// `each` goes through all values, always in the same order.
    pub fn new(each: impl Fn(&mut dyn FnMut(i64)), starts: &[usize]) -> Self {
        let (mut low, mut high, mut n) = (i64::MAX, i64::MIN, 0usize);
        each(&mut |value| {
            low = low.min(value);
            high = high.max(value);
            n += 1;
        });
        let borders: Vec<Border> =
            starts.iter().filter(|start| **start < n).map(|start| border(&each, low, high, *start)).collect();
        Self { met: vec![0; borders.len()], borders }
    }
    /// The group of the next value, counted from 0. Ask in the order of `each`.
    #[inline]
    pub fn group(&mut self, value: i64) -> u8 {
        let mut group = 0;
        for (border, met) in self.borders.iter().zip(&mut self.met) {
            if value > border.value {
                group += 1;
            } else if value == border.value {
                group += u8::from(*met >= border.before);
                *met += 1;
            }
        }
        group
    }
}

/// The value at a place of the rising order: narrowed down by counting, at most five times.
fn border(each: &impl Fn(&mut dyn FnMut(i64)), mut low: i64, mut high: i64, start: usize) -> Border {
    // Values below `low` so far.
    let mut below = 0;
    loop {
        let width = high.abs_diff(low);
        let shift = (64 - width.leading_zeros()).saturating_sub(SHELVES.trailing_zeros());
        let mut shelves = [0usize; SHELVES];
        each(&mut |value| {
            if (low..=high).contains(&value) {
                shelves[(value.abs_diff(low) >> shift) as usize] += 1;
            }
        });
        let mut at = 0;
        while below + shelves[at] <= start {
            below += shelves[at];
            at += 1;
        }
        low = low.wrapping_add(((at as u64) << shift) as i64);
        if shift == 0 {
            return Border { value: low, before: start - below };
        }
        high = high.min(low.saturating_add(((1u64 << shift) - 1) as i64));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn groups_are_those_of_a_stable_sort(
            values in proptest::collection::vec(prop_oneof![-3i64..3, any::<i64>(), 0i64..100_000, Just(i64::MAX), Just(i64::MIN)], 0..200),
            mut starts in proptest::collection::vec(0usize..220, 0..6),
        ) {
            starts.sort_unstable();
            let mut order: Vec<usize> = (0..values.len()).collect();
            order.sort_by_key(|at| values[*at]);
            let mut expected = vec![0u8; values.len()];
            for (rank, at) in order.iter().enumerate() {
                expected[*at] = starts.iter().filter(|start| **start <= rank).count() as u8;
            }
            let mut ranks = Ranks::new(|call| values.iter().for_each(|v| call(*v)), &starts);
            let found: Vec<u8> = values.iter().map(|v| ranks.group(*v)).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
