//! When a failed event is tried again.

use siyu_kernel::{Chance, Time};

/// A hook of which nothing has succeeded for so long should be switched off, and its owner told.
pub const DEAD_AFTER_SECONDS: i64 = 5 * 86_400;

/// Whether a hook that has failed at every attempt since this instant is given up.
pub fn is_dead(failing_since: Time, now: Time) -> bool {
    now >= failing_since.plus_seconds(DEAD_AFTER_SECONDS)
}

/// Pauses in seconds after the first failure, the second, and so on; then it is given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule(pub Vec<i64>);

impl Default for Schedule {
    /// Ten attempts over a little more than three days, as Standard Webhooks advises.
    fn default() -> Self {
        const HOUR: i64 = 3600;
        Self(vec![5, 300, 1800, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR])
    }
}

/// A receiver may ask for a later time, but not for ever.
const ASKED_MAX_SECONDS: i64 = 86_400;

impl Schedule {
    /// When to try after so many failures, or `None` when it is given up. Each pause is lengthened by chance by up to a fifth, so that what failed
    /// together does not come back together. `asked`: what the receiver asked for (`Retry-After`).
    pub fn next(&self, failures: usize, now: Time, asked: Option<Time>, chance: &Chance) -> Option<Time> {
        let pause = *self.0.get(failures.checked_sub(1)?)?;
        let jitter = chance.below(pause.max(0) as u64 * 1_000_000 / 5 + 1) as i64;
        let own = Time(now.plus_seconds(pause).0.saturating_add(jitter));
        Some(asked.map_or(own, |asked| own.max(asked.min(now.plus_seconds(ASKED_MAX_SECONDS)))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ten_attempts_in_three_days() {
        let schedule = Schedule::default();
        let start = Time::parse("2026-03-03T02:00:00Z").unwrap();
        let chance = Chance::seeded(1);
        let (mut now, mut failures) = (start, 1);
        while let Some(next) = schedule.next(failures, now, None, &chance) {
            now = next;
            failures += 1;
        }
        assert_eq!(failures, 10);
        let days = (now.0 - start.0) as f64 / 86_400e6;
        assert!((3.1..3.8).contains(&days), "{days}");
        assert_eq!(schedule.next(0, now, None, &chance), None);
        assert!(!is_dead(start, now) && is_dead(start, start.plus_days(5)));
    }

    proptest! {
        #[test]
        fn a_pause_is_never_shorter_and_at_most_a_fifth_longer(failures in 1..10usize, seed: u64, asked in proptest::option::of(-100_000..1_000_000i64)) {
            let now = Time::parse("2026-03-03T02:00:00Z").unwrap();
            let schedule = Schedule::default();
            let pause = schedule.0[failures - 1] * 1_000_000;
            let next = schedule.next(failures, now, asked.map(|asked| now.plus_seconds(asked)), &Chance::seeded(seed)).unwrap();
            let wanted = asked.unwrap_or_default().clamp(0, 86_400) * 1_000_000;
            prop_assert!(next.0 >= now.0 + pause.max(wanted));
            prop_assert!(next.0 <= now.0 + (pause + pause / 5).max(wanted));
        }
    }
}
