//! How fast this machine reads memory.

use siyu_kernel::Stopwatch;

const BYTES: usize = 1 << 30;
const RUNS: usize = 3;

/// Bytes per second of a plain sum over an array far larger than any cache, on this many threads; the best of several runs.
pub fn bandwidth(threads: usize) -> f64 {
    let numbers: Vec<u64> = (0..(BYTES / 8) as u64).collect();
    let mut best = 0.0f64;
    for _ in 0..RUNS {
        let watch = Stopwatch::start();
        std::thread::scope(|scope| {
            for part in numbers.chunks(numbers.len().div_ceil(threads)) {
                scope.spawn(|| std::hint::black_box(part.iter().fold(0u64, |sum, n| sum.wrapping_add(*n))));
            }
        });
        best = best.max(BYTES as f64 / watch.seconds());
    }
    best
}
