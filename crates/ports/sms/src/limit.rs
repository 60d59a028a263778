//! How often one number may get a message, and how many requests go out a second.
//!
//! Exact sliding windows, in memory: a restart forgets them, and then the provider's own limits speak. Caps that must outlive a restart belong
//! to the gate.

use crate::assumptions::CALLS_PER_SECOND;
use crate::phone::Phone;
use siyu_kernel::Time;
use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;

/// At most `cap` in any `seconds`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    pub cap: usize,
    pub seconds: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// For one number.
    pub phone: Vec<Rule>,
    pub calls_per_second: u32,
}

impl Default for Rules {
    /// What both providers do to codes unless told otherwise.
    fn default() -> Self {
        let rule = |cap, seconds| Rule { cap, seconds };
        Self { phone: vec![rule(1, 60), rule(5, 3600), rule(10, 86_400)], calls_per_second: CALLS_PER_SECOND }
    }
}

pub struct Limiter {
    rules: Rules,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    phones: HashMap<Phone, VecDeque<Time>>,
    calls: VecDeque<Time>,
    tidy_at: usize,
}

/// Fewer numbers than this are not looked through.
const TIDY_FROM: usize = 10_000;

impl Limiter {
    pub fn new(rules: Rules) -> Self {
        Self { rules, state: Mutex::default() }
    }
    /// Counts a message to this number, or says when it may go.
    pub fn take(&self, phone: &Phone, now: Time) -> Result<(), Time> {
        let mut state = self.state.lock().unwrap_or_else(|broken| broken.into_inner());
        self.tidy(&mut state, now);
        let longest = self.rules.phone.iter().map(|rule| rule.seconds).max().unwrap_or_default();
        let sent = state.phones.entry(phone.clone()).or_default();
        set_back(sent, now);
        while sent.front().is_some_and(|first| first.plus_seconds(longest) <= now) {
            sent.pop_front();
        }
        // The cap-th from the end must have left its window.
        let not_before = self.rules.phone.iter().filter_map(|rule| match rule.cap {
            0 => Some(now.plus_seconds(rule.seconds)),
            cap => Some(sent.get(sent.len().checked_sub(cap)?)?.plus_seconds(rule.seconds)),
        });
        match not_before.max().filter(|at| *at > now) {
            Some(at) => Err(at),
            None => {
                sent.push_back(now);
                Ok(())
            }
        }
    }
    /// Takes the last message of this number back: it certainly did not go.
    pub fn give_back(&self, phone: &Phone) {
        let mut state = self.state.lock().unwrap_or_else(|broken| broken.into_inner());
        if let Some(sent) = state.phones.get_mut(phone) {
            sent.pop_back();
        }
    }
    /// Counts a request, or says when it may go.
    pub fn call(&self, now: Time) -> Result<(), Time> {
        let mut state = self.state.lock().unwrap_or_else(|broken| broken.into_inner());
        set_back(&mut state.calls, now);
        while state.calls.front().is_some_and(|first| first.plus_seconds(1) <= now) {
            state.calls.pop_front();
        }
        match state.calls.front() {
            Some(first) if state.calls.len() >= self.rules.calls_per_second.max(1) as usize => {
                Err(first.plus_seconds(1))
            }
            _ => {
                state.calls.push_back(now);
                Ok(())
            }
        }
    }
    fn tidy(&self, state: &mut State, now: Time) {
        if state.phones.len() < state.tidy_at.max(TIDY_FROM) {
            return;
        }
        let longest = self.rules.phone.iter().map(|rule| rule.seconds).max().unwrap_or_default();
        state.phones.retain(|_, sent| sent.back().is_some_and(|last| last.plus_seconds(longest) > now));
        state.tidy_at = state.phones.len() * 2;
    }
}

/// After the clock was set back, what lies ahead of it happened just now: nobody waits for the length of the jump, and nothing is forgotten.
fn set_back(times: &mut VecDeque<Time>, now: Time) {
    times.iter_mut().rev().take_while(|at| **at > now).for_each(|at| *at = now);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(seconds: i64) -> Time {
        Time::parse("2026-03-03T02:00:00Z").unwrap().plus_seconds(seconds)
    }

    #[test]
    fn a_number_gets_one_a_minute_five_an_hour_ten_a_day() {
        let limiter = Limiter::new(Rules::default());
        let phone = Phone::parse("13800000001").unwrap();
        let (mut second, mut went) = (0, Vec::new());
        while second < 86_400 {
            match limiter.take(&phone, at(second)) {
                Ok(()) => went.push(second),
                Err(wait) => {
                    assert!(wait > at(second));
                    second = (wait.0 - at(0).0) / 1_000_000;
                    continue;
                }
            }
        }
        assert_eq!(went, [0, 60, 120, 180, 240, 3600, 3660, 3720, 3780, 3840]);
        let other = Phone::parse("13800000002").unwrap();
        assert_eq!(limiter.take(&other, at(1)), Ok(()));
        assert!(limiter.take(&other, at(2)).is_err());
        limiter.give_back(&other);
        assert_eq!(limiter.take(&other, at(2)), Ok(()));
    }

    #[test]
    fn a_clock_that_is_set_back_neither_blocks_nor_frees() {
        let limiter = Limiter::new(Rules { calls_per_second: 1, ..Rules::default() });
        let phone = Phone::parse("13800000001").unwrap();
        assert_eq!((limiter.take(&phone, at(86_400)), limiter.call(at(86_400))), (Ok(()), Ok(())));
        assert_eq!(limiter.take(&phone, at(0)), Err(at(60)), "a minute from now, not a day");
        assert_eq!(limiter.call(at(0)), Err(at(1)));
        assert_eq!((limiter.take(&phone, at(60)), limiter.call(at(1))), (Ok(()), Ok(())));
    }

    #[test]
    fn requests_a_second_are_bounded() {
        let limiter = Limiter::new(Rules { calls_per_second: 3, ..Rules::default() });
        assert_eq!((0..5).filter(|_| limiter.call(at(0)).is_ok()).count(), 3);
        assert_eq!(limiter.call(at(0)), Err(at(1)));
        assert_eq!(limiter.call(at(1)), Ok(()));
    }

    proptest! {
        /// Whatever the times asked at, no window ever holds more than its cap.
        #[test]
        fn no_window_is_overfilled(steps in proptest::collection::vec(0..4_000i64, 1..200)) {
            let limiter = Limiter::new(Rules::default());
            let phone = Phone::parse("13800000001").unwrap();
            let (mut now, mut went) = (0, Vec::<i64>::new());
            for step in steps {
                now += step;
                if limiter.take(&phone, at(now)).is_ok() {
                    went.push(now);
                }
            }
            for Rule { cap, seconds } in Rules::default().phone {
                for from in &went {
                    prop_assert!(went.iter().filter(|at| (*from..from + seconds).contains(*at)).count() <= cap);
                }
            }
        }
    }
}
