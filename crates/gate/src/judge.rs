//! The decision: pure. What is known of a person goes in, a verdict comes out.
//!
//! Why no order of events breaks a cap: whatever was let through and has not been heard of counts in *every* period (it may arrive in any), and so
//! does what a clock that was put back shows in the future. Among the messages that arrive within one period the one let through last has seen all
//! others, so there are never more than the cap.

use crate::calendar::{self, Period, Quiet};
use crate::model::{Channel, Class, Consent, Spec, Touch, Verdict};
use crate::rules::{Fatigue, Quota, Rules};
use siyu_kernel::{Time, Zone};

/// Asked again after this when nobody can say when the way is free: when what is on its way is heard of, sooner.
const LOOK_AGAIN_SECONDS: i64 = 6 * 3_600;
/// Periods looked at ahead. A message that would wait longer is not worth waiting for.
const AHEAD_MAX: usize = 64;

/// Everything known of one person when one message wants to reach them.
#[derive(Clone, Debug)]
pub struct Case<'a> {
    pub now: Time,
    /// The person's, for quiet hours and caps.
    pub zone: &'a Zone,
    pub duplicate: bool,
    pub erased: bool,
    pub consent: Consent,
    pub unreachable: Option<&'static str>,
    pub touches: &'a [Touch],
    /// Messages of more worth that want the same person within the contest, best first: when each would be sent, and on what.
    pub rivals: &'a [Rival],
    pub held_out: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rival {
    pub run: u32,
    pub at: Time,
    pub channel: Channel,
    pub class: Class,
}

/// In the order of the checks: the first that fails gives the reason.
pub fn judge(rules: &Rules, spec: &Spec, case: &Case<'_>) -> Verdict {
    if case.erased {
        return Verdict::Skip("erased");
    }
    if case.duplicate {
        return Verdict::Skip("duplicate");
    }
    match case.consent {
        Consent::Withdrawn => return Verdict::Skip("consent_withdrawn"),
        Consent::Silent if spec.class == Class::Marketing && rules.consent.contains(&spec.channel) => {
            return Verdict::Skip("consent_missing");
        }
        _ => {}
    }
    if let Some(reason) = case.unreachable {
        return Verdict::Skip(reason);
    }
    if case.now >= spec.expires {
        return Verdict::Skip("expired");
    }
    let look = Look { rules, spec, zone: case.zone };
    let own = look.earliest(case.touches, case.now);
    if let Some((until, because)) = own {
        return or_never(until, because, spec, case.now);
    }
    if let Some(until) = look.outranked(case) {
        return or_never(until, "outranked", spec, case.now);
    }
    if case.held_out && spec.class == Class::Marketing {
        return Verdict::Skip("holdout");
    }
    let by = match (&rules.quiet, spec.class) {
        (Some(quiet), Class::Marketing) => spec.expires.min(quiet.hours().begin(case.zone, case.now)),
        _ => spec.expires,
    };
    Verdict::Go { by }
}

/// Waiting, unless it would be over by then.
fn or_never(until: Option<Time>, because: &'static str, spec: &Spec, now: Time) -> Verdict {
    let until = until.unwrap_or_else(|| now.plus_seconds(LOOK_AGAIN_SECONDS).min(Time(spec.expires.0 - 1)));
    if until >= spec.expires || until <= now { Verdict::Skip(because) } else { Verdict::Wait { until, because } }
}

/// When a limit lets the message through.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Opens {
    Now,
    At(Time),
    /// Only when what is on its way has been heard of.
    Unknown,
    Never,
}

struct Look<'a> {
    rules: &'a Rules,
    spec: &'a Spec,
    zone: &'a Zone,
}

impl Look<'_> {
    /// `None`: now. Else when, as far as that can be said, and the limit that stands in the way now.
    fn earliest(&self, touches: &[Touch], now: Time) -> Option<(Option<Time>, &'static str)> {
        let (mut at, mut first) = (now, None);
        for _ in 0..AHEAD_MAX {
            let mut moved = false;
            for limit in 0.. {
                let Some((opens, because)) = self.limit(limit, touches, at) else { break };
                match opens {
                    Opens::Now => {}
                    Opens::At(later) if later > at => {
                        (at, moved) = (later, true);
                        first.get_or_insert(because);
                    }
                    Opens::At(_) | Opens::Unknown => return Some((None, first.unwrap_or(because))),
                    Opens::Never => return Some((Some(Time::MAX), first.unwrap_or(because))),
                }
            }
            if !moved {
                return first.map(|because| (Some(at), because));
            }
            if at >= self.spec.expires {
                break;
            }
        }
        first.map(|because| (Some(at), because))
    }

    /// The limits in their order: the platform's quota, caps, quiet hours, fatigue. `None` after the last.
    fn limit(&self, nth: usize, touches: &[Touch], at: Time) -> Option<(Opens, &'static str)> {
        let caps = &self.rules.caps;
        let marketing = self.spec.class == Class::Marketing;
        Some(match nth {
            0 => (self.quota(touches, at), "quota"),
            nth if nth <= caps.len() => {
                let cap = &caps[nth - 1];
                let concerned = cap.class == self.spec.class && cap.channel.is_none_or(|own| own == self.spec.channel);
                if !concerned {
                    return Some((Opens::Now, "cap"));
                }
                let counts =
                    |own: &Touch| own.class == cap.class && cap.channel.is_none_or(|channel| channel == own.channel);
                (within(cap.per, cap.most, self.zone, touches, at, &counts), "cap")
            }
            nth if nth == caps.len() + 1 => match &self.rules.quiet {
                Some(quiet) if marketing => (self.after_quiet(quiet.hours(), at), "quiet_hours"),
                _ => (Opens::Now, "quiet_hours"),
            },
            nth if nth == caps.len() + 2 => match &self.rules.fatigue {
                Some(fatigue) if marketing => (tired(fatigue, self.spec.channel, touches, at), "fatigue"),
                _ => (Opens::Now, "fatigue"),
            },
            _ => return None,
        })
    }

    /// WeCom counts by its own clock, whatever the brand's is, and every mass message whatever its class.
    fn quota(&self, touches: &[Touch], at: Time) -> Opens {
        if self.spec.channel != Channel::Wecom {
            return Opens::Now;
        }
        let zone = shanghai();
        let (period, most) = match self.rules.quota {
            Quota::Day => (Period::Day, 1),
            Quota::Week => (Period::Week, 7),
            Quota::Month => (Period::Month, calendar::days_in_month(zone, at)),
        };
        within(period, most, zone, touches, at, &|own| own.channel == Channel::Wecom)
    }

    fn after_quiet(&self, quiet: Quiet, at: Time) -> Opens {
        let end = quiet.end(self.zone, at);
        if end > at { Opens::At(end) } else { Opens::Now }
    }

    /// When it is to be asked again because messages of more worth come first; `None` when there is room for all of them.
    fn outranked(&self, case: &Case<'_>) -> Option<Option<Time>> {
        if case.rivals.is_empty() || self.spec.class == Class::Service {
            return None;
        }
        let mut with: Vec<Touch> = case.touches.to_vec();
        let mut last = case.now;
        for rival in case.rivals {
            let spec = Spec { class: rival.class, channel: rival.channel, expires: Time::MAX, ..self.spec.clone() };
            let at = rival.at.max(case.now);
            let look = Look { rules: self.rules, spec: &spec, zone: self.zone };
            // One that cannot be sent then takes nothing from anybody.
            if look.earliest(&with, at).is_none() {
                with.push(Touch { run: rival.run, at, channel: rival.channel, class: rival.class, open: false });
                last = last.max(at);
            }
        }
        if with.len() == case.touches.len() {
            return None;
        }
        let (until, _) = self.earliest(&with, case.now)?;
        // Once the better ones have been decided it is known what is left.
        let after = last.plus_seconds(60);
        Some(Some(until.map_or(after, |until| until.min(after))))
    }
}

fn shanghai() -> &'static Zone {
    static ZONE: std::sync::OnceLock<Zone> = std::sync::OnceLock::new();
    ZONE.get_or_init(Zone::shanghai)
}

/// When one more fits into the period.
fn within(
    period: Period,
    most: u32,
    zone: &Zone,
    touches: &[Touch],
    at: Time,
    counts: &dyn Fn(&Touch) -> bool,
) -> Opens {
    if most == 0 {
        return Opens::Never;
    }
    let most = most as usize;
    let all = touches.iter().filter(|own| counts(own)).count();
    if all < most {
        return Opens::Now;
    }
    let open = touches.iter().filter(|own| own.open && counts(own)).count();
    if open >= most {
        return Opens::Unknown;
    }
    if let Period::Hours(hours) = period {
        let seconds = i64::from(hours) * 3_600;
        let mut sent: Vec<Time> = touches.iter().filter(|own| !own.open && counts(own)).map(|own| own.at).collect();
        sent.sort_unstable();
        // The one that has to be out of the way.
        let leaves = sent[sent.len() - (most - open)].plus_seconds(seconds);
        return if leaves > at { Opens::At(leaves) } else { Opens::Now };
    }
    let mut now = at;
    for _ in 0..AHEAD_MAX {
        let Some(span) = calendar::span(period, zone, now) else { return Opens::Now };
        // What lies after the span was written by a clock that has been put back: it may have been sent today.
        let had = touches.iter().filter(|own| !own.open && own.at >= span.from && counts(own)).count();
        if had + open < most {
            return if now > at { Opens::At(now) } else { Opens::Now };
        }
        if span.to <= now {
            return Opens::Unknown;
        }
        now = span.to;
    }
    Opens::At(now)
}

/// What somebody's messages weigh at an instant: (what fades, what does not because it is on its way).
fn weight(fatigue: &Fatigue, touches: &[Touch], at: Time) -> (f64, f64) {
    let (mut fades, mut stays) = (0.0, 0.0);
    for own in touches.iter().filter(|own| own.class == Class::Marketing) {
        let weight = fatigue.weight(own.channel);
        if own.open {
            stays += weight;
        } else {
            let hours = (at.0.saturating_sub(own.at.0)).max(0) as f64 / 3.6e9;
            fades += weight * (-hours / fatigue.half_life_hours).exp2();
        }
    }
    (fades, stays)
}

/// For people's pages: what of the budget is used at an instant.
pub fn used(fatigue: &Fatigue, touches: &[Touch], at: Time) -> f64 {
    let (fades, stays) = weight(fatigue, touches, at);
    fades + stays
}

fn tired(fatigue: &Fatigue, channel: Channel, touches: &[Touch], at: Time) -> Opens {
    let own = fatigue.weight(channel);
    // Sums of powers are not exact: somebody is not kept waiting for the last digit.
    let budget = fatigue.budget + 1e-9;
    if own > budget {
        return Opens::Never;
    }
    let (fades, stays) = weight(fatigue, touches, at);
    if fades + stays + own <= budget {
        return Opens::Now;
    }
    let room = budget - own - stays;
    if room <= 1e-6 {
        return if stays > 0.0 { Opens::Unknown } else { Opens::At(at.plus_days(40)) };
    }
    let hours = fatigue.half_life_hours * (fades / room).log2();
    let latest = touches.iter().filter(|own| !own.open).map(|own| own.at).max().unwrap_or(at);
    // What a clock that was put back shows in the future fades from then on.
    let from = latest.max(at);
    Opens::At(Time(from.0.saturating_add((hours.max(0.0) * 3.6e9).ceil() as i64 + 1_000_000)))
}
