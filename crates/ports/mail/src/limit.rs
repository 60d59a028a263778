//! How fast mail goes out: what the provider allows, and not too much at once to one receiving domain.

use siyu_kernel::Time;
use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rates {
    pub per_minute: usize,
    /// To one receiving domain.
    pub domain_per_minute: usize,
}

impl Default for Rates {
    /// What smaller providers stand.
    fn default() -> Self {
        Self { per_minute: 600, domain_per_minute: 300 }
    }
}

/// Exact windows of a minute, in memory.
pub struct Limiter {
    rates: Rates,
    state: Mutex<HashMap<String, VecDeque<Time>>>,
}

const DOMAINS_MAX: usize = 10_000;

impl Limiter {
    pub fn new(rates: Rates) -> Self {
        Self { rates, state: Mutex::default() }
    }
    /// Counts a message to a domain, or says when it may go. Both places are taken or none.
    pub fn take(&self, domain: &str, now: Time) -> Result<(), Time> {
        let mut state = self.state.lock().unwrap_or_else(|broken| broken.into_inner());
        if state.len() > DOMAINS_MAX {
            state.retain(|_, sent| sent.back().is_some_and(|last| last.plus_seconds(60) > now));
        }
        let lanes = [("", self.rates.per_minute), (domain, self.rates.domain_per_minute)];
        let mut not_before = now;
        for (lane, cap) in lanes {
            let sent = state.entry(lane.to_owned()).or_default();
            // After the clock was set back, what lies ahead of it happened just now.
            sent.iter_mut().rev().take_while(|at| **at > now).for_each(|at| *at = now);
            while sent.front().is_some_and(|first| first.plus_seconds(60) <= now) {
                sent.pop_front();
            }
            if let Some(first) = sent.len().checked_sub(cap.max(1)).and_then(|at| sent.get(at)) {
                not_before = not_before.max(first.plus_seconds(60));
            }
        }
        if not_before > now {
            return Err(not_before);
        }
        for (lane, _) in lanes {
            state.entry(lane.to_owned()).or_default().push_back(now);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_clock_that_is_set_back_neither_blocks_nor_frees() {
        let limiter = Limiter::new(Rates { per_minute: 1, domain_per_minute: 1 });
        let at = |seconds: i64| Time(1_772_503_200_000_000).plus_seconds(seconds);
        assert_eq!(limiter.take("a.cn", at(86_400)), Ok(()));
        assert_eq!(limiter.take("a.cn", at(0)), Err(at(60)), "a minute from now, not a day");
        assert_eq!(limiter.take("a.cn", at(60)), Ok(()));
    }

    proptest! {
        #[test]
        fn no_minute_is_overfilled(steps in proptest::collection::vec((0..20i64, 0..3usize), 1..300)) {
            let limiter = Limiter::new(Rates { per_minute: 5, domain_per_minute: 3 });
            let domains = ["a.cn", "b.cn", "c.cn"];
            let (mut now, mut went) = (0, Vec::<(i64, usize)>::new());
            let at = |seconds: i64| Time(1_772_503_200_000_000).plus_seconds(seconds);
            for (step, domain) in steps {
                now += step;
                match limiter.take(domains[domain], at(now)) {
                    Ok(()) => went.push((now, domain)),
                    // What is asked to wait may go when it is told to, if nobody else comes between.
                    Err(wait) => prop_assert!(wait > at(now) && wait <= at(now + 60)),
                }
            }
            for (from, domain) in &went {
                let window = || went.iter().filter(|(at, _)| (*from..from + 60).contains(at));
                prop_assert!(window().count() <= 5);
                prop_assert!(window().filter(|(_, own)| own == domain).count() <= 3);
            }
        }
    }
}
