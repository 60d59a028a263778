//! Says when a call may go out, below the documented limits. Exceeding one blocks the API for a minute or an hour.
//!
//! Every rule counts calls over a sliding window of thirty slots; a slot leaves the count only as a whole, so that in no window of the documented
//! length more than `cap` calls start. One limiter serves all apps of a process; several processes divide the caps ([`Limiter::shared_by`]).

use crate::assumptions::{IN_FLIGHT_MAX, RATE_AGAIN_SECONDS, TOKENS_PER_MINUTE, WELCOMES_IN_FLIGHT};
use siyu_kernel::{Clock, Time};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

/// Whom a rule counts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// This machine's address, whatever the corp.
    Address,
    Corp,
    App,
    /// Each subject of the call: a receiver, a task.
    Subject,
}

/// At most `cap` calls of `path` (all, when empty, each by itself) in any `seconds`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    pub path: &'static str,
    pub scope: Scope,
    pub cap: u32,
    pub seconds: i64,
}

const fn rule(path: &'static str, scope: Scope, cap: u32, seconds: i64) -> Rule {
    Rule { path, scope, cap, seconds }
}

const MINUTE: i64 = 60;
const HOUR: i64 = 3600;
const DAY: i64 = 86_400;
const MONTH: i64 = 30 * DAY;

/// The documented limits, a tenth or a twentieth below where one too many would be punished.
pub const RULES: &[Rule] = &[
    rule("", Scope::Corp, 9_000, MINUTE),
    rule("", Scope::Corp, 135_000, HOUR),
    rule("", Scope::Address, 18_000, MINUTE),
    rule("", Scope::Address, 540_000, HOUR),
    rule("gettoken", Scope::App, TOKENS_PER_MINUTE, MINUTE),
    rule("get_jsapi_ticket", Scope::Corp, 380, HOUR),
    rule("get_jsapi_ticket", Scope::App, 95, HOUR),
    rule("ticket/get", Scope::Corp, 380, HOUR),
    rule("ticket/get", Scope::App, 95, HOUR),
    // Surplus to one employee is dropped without a word.
    rule("message/send", Scope::Subject, 28, MINUTE),
    rule("message/send", Scope::Subject, 950, HOUR),
    rule("media/uploadimg", Scope::Corp, 950, DAY),
    rule("media/uploadimg", Scope::Corp, 2_850, MONTH),
    rule("idconvert/unionid_to_external_userid", Scope::Corp, 95_000, HOUR),
    rule("idconvert/unionid_to_external_userid", Scope::Corp, 456_000, DAY),
    rule("idconvert/unionid_to_external_userid", Scope::Corp, 7_125_000, MONTH),
    rule("externalcontact/add_moment_task", Scope::Corp, 9, MINUTE),
    rule("externalcontact/add_moment_task", Scope::Corp, 95_000, MONTH),
    // Refused, not punished: the whole allowance may be used.
    rule("externalcontact/remind_groupmsg_send", Scope::Subject, 3, DAY),
];

/// Writes to one employee's customer must follow each other (45035).
const IN_TURN: &[&str] = &[
    "externalcontact/mark_tag",
    "externalcontact/transfer_customer",
    "externalcontact/resigned/transfer_customer",
    "externalcontact/remark",
];

/// APIs of which a part is kept for calls that cannot wait: a welcome reads one customer while the work on callbacks reads all.
const KEPT_FOR_URGENT: &[&str] = &["externalcontact/get"];

/// A call that wants to start.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    pub corp: &'a str,
    pub app: &'a str,
    pub path: &'static str,
    pub subjects: &'a [String],
    /// Whether somebody waits for it who cannot.
    pub urgent: bool,
}

/// The answer to an [`Ask`].
pub enum When {
    /// Now; the permit is kept until the call has ended.
    Now(Permit),
    /// Not before this instant.
    At(Time),
    /// When a running call has ended.
    Crowded,
}

pub struct Limiter {
    clock: Arc<dyn Clock>,
    rules: &'static [Rule],
    processes: u32,
    in_flight_max: u32,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    windows: HashMap<(usize, String), Window>,
    running: HashMap<String, u32>,
    shut: HashMap<String, Shut>,
    /// At how many windows the next look for forgotten ones is worth its time.
    tidy_at: usize,
}

/// An API that WeCom has closed, and how often in a row.
#[derive(Clone, Copy)]
struct Shut {
    until: Time,
    long: bool,
}

impl Limiter {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self::with_rules(clock, RULES)
    }
    pub fn with_rules(clock: Arc<dyn Clock>, rules: &'static [Rule]) -> Self {
        Self { clock, rules, processes: 1, in_flight_max: IN_FLIGHT_MAX, state: Mutex::default() }
    }
    /// Divides every cap by the number of processes that call for the same corps.
    #[must_use]
    pub fn shared_by(mut self, processes: u32) -> Self {
        self.processes = processes.max(1);
        self
    }
    /// How many calls of one API may run at once for one corp.
    #[must_use]
    pub fn in_flight(mut self, max: u32) -> Self {
        self.in_flight_max = max.max(1);
        self
    }

    /// Counts the call when it may start now. Takes all of its places or none.
    pub fn ask(self: &Arc<Self>, ask: &Ask<'_>) -> When {
        let now = self.clock.now();
        let mut state = self.state();
        let lane = lane(ask);
        if let Some(shut) = state.shut.get(&lane).filter(|shut| shut.until > now) {
            return When::At(shut.until);
        }
        let keys = self.window_keys(ask);
        let mut not_before = now;
        let held_back = !ask.urgent && KEPT_FOR_URGENT.contains(&ask.path);
        for (rule, key) in &keys {
            let cap = (self.rules[*rule].cap / self.processes).max(1);
            let cap = if held_back { (cap - cap / 4).max(1) } else { cap };
            if let Some(window) = state.windows.get(&(*rule, key.clone())) {
                not_before = not_before.max(window.free_at(now, cap, self.rules[*rule].seconds));
            }
        }
        if not_before > now {
            return When::At(not_before);
        }
        let in_flight_max = match ask.path {
            "externalcontact/send_welcome_msg" => self.in_flight_max.max(WELCOMES_IN_FLIGHT),
            _ if held_back => (self.in_flight_max - self.in_flight_max * 2 / 5).max(1),
            _ => self.in_flight_max,
        };
        let mut lanes = vec![(lane, in_flight_max)];
        if IN_TURN.contains(&ask.path) {
            lanes.extend(ask.subjects.iter().map(|subject| (format!("{}\n\n{subject}", ask.corp), 1)));
        }
        if lanes.iter().any(|(lane, max)| state.running.get(lane).is_some_and(|running| running >= max)) {
            return When::Crowded;
        }
        state.tidy(now, self.rules);
        for (rule, key) in keys {
            state.windows.entry((rule, key)).or_default().count(now, self.rules[rule].seconds);
        }
        for (lane, _) in &lanes {
            *state.running.entry(lane.clone()).or_default() += 1;
        }
        let lanes = lanes.into_iter().map(|(lane, _)| lane).collect();
        When::Now(Permit { limiter: self.clone(), lanes })
    }

    /// WeCom has refused the call for its rate (45009). Closes the API for a minute, for an hour when that has just been tried, and says until when.
    pub fn refused(&self, ask: &Ask<'_>) -> Time {
        let now = self.clock.now();
        let mut state = self.state();
        let before = state.shut.get(&lane(ask)).copied();
        if let Some(open) = before.filter(|shut| shut.until > now) {
            return open.until;
        }
        let long =
            before.is_some_and(|shut| now < shut.until.plus_seconds(if shut.long { HOUR } else { RATE_AGAIN_SECONDS }));
        let until = now.plus_seconds(if long { HOUR } else { MINUTE });
        state.shut.insert(lane(ask), Shut { until, long });
        until
    }

    fn window_keys(&self, ask: &Ask<'_>) -> Vec<(usize, String)> {
        let mut keys = Vec::with_capacity(4 + 2 * ask.subjects.len());
        for (at, rule) in self.rules.iter().enumerate() {
            if !rule.path.is_empty() && rule.path != ask.path {
                continue;
            }
            match rule.scope {
                Scope::Address => keys.push((at, ask.path.to_owned())),
                Scope::Corp => keys.push((at, format!("{}\n{}", ask.corp, ask.path))),
                Scope::App => keys.push((at, format!("{}\n{}\n{}", ask.corp, ask.app, ask.path))),
                Scope::Subject => {
                    keys.extend(ask.subjects.iter().map(|subject| (at, format!("{}\n{subject}", ask.corp))));
                }
            }
        }
        keys
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|broken| broken.into_inner())
    }
}

impl State {
    /// Forgets windows in which nothing is counted any more, when there are many.
    fn tidy(&mut self, now: Time, rules: &[Rule]) {
        if self.windows.len() >= self.tidy_at.max(TIDY_FROM) {
            self.windows.retain(|(rule, _), window| window.counted(now, rules[*rule].seconds) > 0);
            self.shut.retain(|_, shut| now < shut.until.plus_seconds(HOUR));
            // Twice what is left: looking costs a constant for each call, however many windows stay.
            self.tidy_at = self.windows.len() * 2;
        }
    }
}

fn lane(ask: &Ask<'_>) -> String {
    format!("{}\n{}", ask.corp, ask.path)
}

/// The right to have a call running. Dropping it gives the place back; the call stays counted.
pub struct Permit {
    limiter: Arc<Limiter>,
    lanes: Vec<String>,
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut state = self.limiter.state();
        for lane in &self.lanes {
            match state.running.get_mut(lane) {
                Some(running) if *running > 1 => *running -= 1,
                _ => {
                    state.running.remove(lane);
                }
            }
        }
    }
}

/// Fewer windows than this are not looked through.
const TIDY_FROM: usize = 10_000;

const SLOTS: i64 = 30;

/// Calls per thirtieth of the window; `newest` is the number of the slot that was last written.
#[derive(Default)]
struct Window {
    slots: [u32; SLOTS as usize + 1],
    newest: i64,
}

impl Window {
    fn slot_micros(seconds: i64) -> i64 {
        seconds * 1_000_000 / SLOTS
    }
    /// Slots that still count: the one of now and the thirty before, because a call in the oldest may be just inside the window.
    fn counted(&self, now: Time, seconds: i64) -> u64 {
        let slot = now.0.div_euclid(Self::slot_micros(seconds)).max(self.newest);
        (slot - SLOTS..=self.newest).map(|slot| u64::from(self.at(slot))).sum()
    }
    fn at(&self, slot: i64) -> u32 {
        self.slots[slot.rem_euclid(SLOTS + 1) as usize]
    }
    fn free_at(&self, now: Time, cap: u32, seconds: i64) -> Time {
        let mut counted = self.counted(now, seconds);
        if counted < u64::from(cap) {
            return now;
        }
        let micros = Self::slot_micros(seconds);
        let slot = now.0.div_euclid(micros).max(self.newest);
        for oldest in slot - SLOTS..=self.newest {
            counted -= u64::from(self.at(oldest));
            if counted < u64::from(cap) {
                return Time((oldest + SLOTS + 1) * micros);
            }
        }
        Time((slot + SLOTS + 1) * micros)
    }
    fn count(&mut self, now: Time, seconds: i64) {
        let slot = now.0.div_euclid(Self::slot_micros(seconds)).max(self.newest);
        if slot - self.newest > SLOTS {
            self.slots = [0; SLOTS as usize + 1];
        } else {
            (self.newest + 1..=slot).for_each(|stale| self.slots[stale.rem_euclid(SLOTS + 1) as usize] = 0);
        }
        self.newest = slot;
        self.slots[slot.rem_euclid(SLOTS + 1) as usize] += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use siyu_kernel::FakeClock;

    #[test]
    fn windows_in_which_nothing_counts_any_more_are_forgotten() {
        let clock = Arc::new(FakeClock::at("2026-03-03T02:00:00Z"));
        let limiter = Arc::new(Limiter::new(clock.clone()));
        // Three subjects a call: the number of windows never passes by a round number on its way.
        for call in 0..8_000 {
            let subjects: Vec<String> = (0..3).map(|one| format!("u{call}-{one}")).collect();
            let ask = Ask { corp: "ww", app: "app", path: "message/send", subjects: &subjects, urgent: false };
            assert!(matches!(limiter.ask(&ask), When::Now(_)));
            clock.advance_seconds(2);
        }
        // 950 an hour from one employee count for an hour: 1800 calls, three employees, two rules each.
        let kept = limiter.state().windows.len();
        assert!(kept < 2 * 3 * 2 * 1_900 + 100, "{kept} of 48,000 are kept");
    }

    #[test]
    fn a_part_is_kept_for_those_who_cannot_wait() {
        let clock = Arc::new(FakeClock::at("2026-03-03T02:00:00Z"));
        let limiter = Arc::new(Limiter::new(clock));
        let ask = |path, urgent| limiter.ask(&Ask { corp: "ww", app: "app", path, subjects: &[], urgent });
        let mut running = Vec::new();
        while let When::Now(permit) = ask("externalcontact/get", false) {
            running.push(permit);
        }
        assert_eq!(running.len(), 3);
        let urgent = [ask("externalcontact/get", true), ask("externalcontact/get", true)];
        assert!(urgent.iter().all(|when| matches!(when, When::Now(_))));
        assert!(matches!(ask("externalcontact/get", true), When::Crowded));
        drop((running, urgent));
        // A minute's calls: three quarters for those who can wait.
        let mut calls = 0;
        while matches!(ask("externalcontact/get", false), When::Now(_)) {
            calls += 1;
        }
        assert_eq!(calls, 9_000 * 3 / 4 - 5);
        assert!(matches!(ask("externalcontact/get", true), When::Now(_)));
        let welcomes: Vec<When> = (0..60).map(|_| ask("externalcontact/send_welcome_msg", true)).collect();
        assert_eq!(welcomes.iter().filter(|when| matches!(when, When::Now(_))).count(), 48);
    }
}
