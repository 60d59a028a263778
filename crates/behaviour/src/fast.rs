//! The same loops, compiled once more for newer processors and chosen while running, so that one program fits all machines.

#![allow(
    unsafe_code,
    reason = "AVX2 may only be used where the processor has it, and its loads take pointers: both are checked here and nowhere else"
)]

/// A loop over one bucket. `run` is `#[inline(always)]` in every implementation, and so is what it calls while it runs hot: only what is inlined
/// into [`fast`] is compiled for the newer processor (closures are not, beyond small ones).
pub(crate) trait Work {
    type Out;
    fn run<S: Simd>(self, simd: S) -> Self::Out;
}

/// What loops ask of a processor. Having an implementation's value proves that it may be used.
pub(crate) trait Simd: Copy {
    /// How many of the rising run `times[from..to]` are at most `at`.
    fn up_to(self, times: &[i64], from: usize, to: usize, at: i64) -> usize;
    /// The sum of `values[from..to]`, those equal to `without` left out; it wraps round.
    fn sum(self, values: &[i64], from: usize, to: usize, without: i64) -> i64;
}

/// Any processor.
#[derive(Clone, Copy)]
pub(crate) struct Plain(());

impl Simd for Plain {
    #[inline(always)]
    fn up_to(self, times: &[i64], from: usize, to: usize, at: i64) -> usize {
        times[from..to].partition_point(|time| *time <= at)
    }
    #[inline(always)]
    fn sum(self, values: &[i64], from: usize, to: usize, without: i64) -> i64 {
        values[from..to].iter().fold(0i64, |sum, v| sum.wrapping_add(if *v == without { 0 } else { *v }))
    }
}

pub(crate) fn fast<W: Work>(work: W) -> W::Out {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
        fn newer<W: Work>(work: W, simd: x86::Avx2) -> W::Out {
            work.run(simd)
        }
        if let Some(simd) = x86::Avx2::new() {
            // SAFETY: the processor has every feature that `newer` is compiled for: `simd` is the proof.
            return unsafe { newer(work, simd) };
        }
    }
    work.run(Plain(()))
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::Simd;
    use std::arch::x86_64::*;

    /// Exists only where AVX2, BMI and POPCNT do.
    #[derive(Clone, Copy)]
    pub(super) struct Avx2(());

    impl Avx2 {
        #[inline]
        pub fn new() -> Option<Self> {
            let has = is_x86_feature_detected!("avx2")
                && is_x86_feature_detected!("bmi1")
                && is_x86_feature_detected!("bmi2")
                && is_x86_feature_detected!("lzcnt")
                && is_x86_feature_detected!("popcnt");
            has.then_some(Self(()))
        }
    }

    /// Row n: all bits of the first n of four lanes.
    const FIRST: [[i64; 4]; 4] = [[0, 0, 0, 0], [-1, 0, 0, 0], [-1, -1, 0, 0], [-1, -1, -1, 0]];

    impl Simd for Avx2 {
        /// Halves long runs without branching, then counts four at a time, reading on into the next person's rows at the end.
        #[inline(always)]
        fn up_to(self, times: &[i64], from: usize, to: usize, at: i64) -> usize {
            let own = &times[from..to];
            let (mut base, mut left) = (0, own.len());
            while left > 24 {
                let half = left / 2;
                base = if own[base + half] <= at { base + half } else { base };
                left -= half;
            }
            let (mut row, end) = (from + base, from + base + left);
            if end + 4 > times.len() {
                return base + times[row..end].iter().map(|time| usize::from(*time <= at)).sum::<usize>();
            }
            // SAFETY: AVX2 is there (`self`); every load is of four values that begin before `end`, and `end + 4 <= times.len()`. FIRST has a row for each remainder.
            unsafe {
                let key = _mm256_set1_epi64x(at);
                let mut above = _mm256_setzero_si256();
                while row + 4 <= end {
                    let four = _mm256_loadu_si256(times.as_ptr().add(row).cast());
                    above = _mm256_add_epi64(above, _mm256_cmpgt_epi64(four, key));
                    row += 4;
                }
                let four = _mm256_loadu_si256(times.as_ptr().add(row).cast());
                let first = _mm256_loadu_si256(FIRST[(end - row) & 3].as_ptr().cast());
                above = _mm256_add_epi64(above, _mm256_and_si256(_mm256_cmpgt_epi64(four, key), first));
                let pair = _mm_add_epi64(_mm256_castsi256_si128(above), _mm256_extracti128_si256::<1>(above));
                let sum = _mm_cvtsi128_si64(_mm_add_epi64(pair, _mm_unpackhi_epi64(pair, pair)));
                // Each one above counted as −1.
                base + left.wrapping_add(sum as usize)
            }
        }
        #[inline(always)]
        fn sum(self, values: &[i64], from: usize, to: usize, without: i64) -> i64 {
            // The usual handful is one or two loads; and the check that the rows are there.
            let own = &values[from..to];
            if to + 4 > values.len() {
                return own.iter().fold(0i64, |sum, v| sum.wrapping_add(if *v == without { 0 } else { *v }));
            }
            // SAFETY: AVX2 is there (`self`); every load is of four values that begin at or before `to`, and `to + 4 <= values.len()`.
            unsafe {
                let not = _mm256_set1_epi64x(without);
                let mut sum = _mm256_setzero_si256();
                let mut row = from;
                while row + 4 <= to {
                    let four = _mm256_loadu_si256(values.as_ptr().add(row).cast());
                    sum = _mm256_add_epi64(sum, _mm256_andnot_si256(_mm256_cmpeq_epi64(four, not), four));
                    row += 4;
                }
                let four = _mm256_loadu_si256(values.as_ptr().add(row).cast());
                let first = _mm256_loadu_si256(FIRST[(to - row) & 3].as_ptr().cast());
                let own = _mm256_and_si256(_mm256_andnot_si256(_mm256_cmpeq_epi64(four, not), four), first);
                let sum = _mm256_add_epi64(sum, own);
                let pair = _mm_add_epi64(_mm256_castsi256_si128(sum), _mm256_extracti128_si256::<1>(sum));
                _mm_cvtsi128_si64(_mm_add_epi64(pair, _mm_unpackhi_epi64(pair, pair)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Check;
    impl Work for Check {
        type Out = ();
        #[inline(always)]
        fn run<S: Simd>(self, simd: S) {
            let times: Vec<i64> = (0..150).map(|i| i * i / 3 - 40).collect();
            for from in 0..40 {
                for to in from..=times.len() {
                    for at in [-41, -40, -39, 0, 5, 100, 1000, 7000, i64::MIN, i64::MAX]
                        .into_iter()
                        .chain(times[from..to].first().copied())
                    {
                        let expected = times[from..to].iter().filter(|time| **time <= at).count();
                        assert_eq!(simd.up_to(&times, from, to, at), expected, "{from}..{to} at {at}");
                    }
                    let sum: i64 = times[from..to].iter().filter(|v| **v != 35).sum();
                    assert_eq!(simd.sum(&times, from, to, 35), sum, "{from}..{to}");
                }
            }
        }
    }

    #[test]
    fn both_processors_count_alike() {
        fast(Check);
        Check.run(Plain(()));
    }
}
