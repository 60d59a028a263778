//! Whatever happens in whatever order, no cap, quota or quiet hour is broken. The oracle counts by the calendar, with code of its own.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use proptest::prelude::*;
use siyu_gate::{
    Cap, Case, Channel, Class, Consent, Fatigue, Period, QuietHours, Quota, Rules, Spec, Touch, Verdict, Whose, judge,
};
use siyu_kernel::{Time, Zone};
use std::collections::BTreeMap;

#[derive(Clone, Debug)]
enum Step {
    /// A message asks; what it may be and how long it lives.
    Ask {
        class: Class,
        channel: Channel,
        days: i64,
    },
    /// Something that is on its way arrives, or does not.
    Arrives(usize),
    Fails(usize),
    /// Minutes pass; fewer than none when the clock is put back.
    Passes(i64),
}

fn step() -> impl Strategy<Value = Step> {
    let class = prop_oneof![1 => Just(Class::Service), 4 => Just(Class::Marketing)];
    let channel = prop_oneof![Just(Channel::Wecom), Just(Channel::Sms), Just(Channel::Email)];
    prop_oneof![
        4 => (class, channel, 1..40_i64).prop_map(|(class, channel, days)| Step::Ask { class, channel, days }),
        3 => any::<usize>().prop_map(Step::Arrives),
        1 => any::<usize>().prop_map(Step::Fails),
        4 => (1..3_000_i64).prop_map(Step::Passes),
        1 => (10_000..60_000_i64).prop_map(Step::Passes),
        1 => (-4_000..0_i64).prop_map(Step::Passes),
    ]
}
fn rules() -> impl Strategy<Value = Rules> {
    let per =
        prop_oneof![Just(Period::Day), Just(Period::Week), Just(Period::Month), (1..200_u32).prop_map(Period::Hours)];
    let cap = (per, 1..6_u32, prop_oneof![Just(None), Just(Some(Channel::Sms)), Just(Some(Channel::Wecom))])
        .prop_map(|(per, most, channel)| Cap { class: Class::Marketing, channel, per, most });
    let quota = prop_oneof![Just(Quota::Day), Just(Quota::Week), Just(Quota::Month)];
    let quiet = prop_oneof![
        Just(None),
        (0..1_440_u16, 1..700_u16).prop_map(|(from, length)| Some(QuietHours {
            from,
            to: (from + length) % 1_440,
            zone: Whose::Person
        }))
    ];
    let fatigue = prop_oneof![
        Just(None),
        (1.0..4.0_f64, 10.0..300.0_f64).prop_map(|(budget, half_life_hours)| Some(Fatigue {
            budget,
            half_life_hours,
            weights: BTreeMap::new()
        }))
    ];
    (prop::collection::vec(cap, 0..3), quota, quiet, fatigue).prop_map(|(caps, quota, quiet, fatigue)| Rules {
        caps,
        quota,
        quiet,
        fatigue,
        ..Rules::none()
    })
}

fn date(zone: &TimeZone, at: Time) -> Date {
    zone.to_datetime(Timestamp::from_microsecond(at.0).unwrap()).date()
}
/// A name for the calendar period an instant lies in.
fn name(period: Period, zone: &TimeZone, at: Time) -> Date {
    let day = date(zone, at);
    match period {
        Period::Day => day,
        Period::Week => day.checked_sub(i64::from(day.weekday().to_monday_zero_offset()).days()).unwrap(),
        Period::Month => day.first_of_month(),
        Period::Hours(_) => unreachable!(),
    }
}
fn never_more(what: &str, period: Period, most: usize, zone: &TimeZone, times: &[Time]) -> Result<(), TestCaseError> {
    if let Period::Hours(hours) = period {
        let length = i64::from(hours) * 3_600_000_000;
        for from in times {
            let within = times.iter().filter(|at| at.0 >= from.0 && at.0 < from.0 + length).count();
            prop_assert!(within <= most, "{what}: {within} within {hours} hours of {from}");
        }
        return Ok(());
    }
    let mut counts: BTreeMap<Date, usize> = BTreeMap::new();
    times.iter().for_each(|at| *counts.entry(name(period, zone, *at)).or_default() += 1);
    let worst = counts.iter().max_by_key(|(_, count)| **count);
    prop_assert!(worst.is_none_or(|(_, count)| *count <= most), "{what}: {worst:?}, at most {most}");
    Ok(())
}

struct Sent {
    class: Class,
    channel: Channel,
    at: Time,
}

/// Lives through the steps; what arrived, and every instant at which something was let through.
fn live(rules: &Rules, zone: &Zone, start: Time, steps: &[Step]) -> (Vec<Sent>, Vec<(Class, Time, Time)>) {
    let (mut now, mut touches, mut sent, mut gone) = (start, Vec::<Touch>::new(), Vec::new(), Vec::new());
    let mut waiting: Vec<(Time, Spec)> = Vec::new();
    for (run, step) in steps.iter().enumerate() {
        let mut asks = Vec::new();
        match step {
            Step::Passes(minutes) => {
                now = now.plus_seconds(minutes * 60);
                let due;
                (due, waiting) = waiting.into_iter().partition(|(at, _)| *at <= now);
                asks.extend(due.into_iter().map(|(_, spec)| spec));
            }
            Step::Ask { class, channel, days } => asks.push(Spec {
                run: run as u32 + 1,
                class: *class,
                channel: *channel,
                worth: 1.0,
                holdout: 0.0,
                expires: now.plus_days(*days),
            }),
            Step::Arrives(at) | Step::Fails(at) => {
                let open: Vec<usize> = (0..touches.len()).filter(|own| touches[*own].open).collect();
                if let Some(own) = (!open.is_empty()).then(|| open[at % open.len()]) {
                    if matches!(step, Step::Arrives(_)) {
                        // Nothing arrives before it was let through, whatever a clock says.
                        let at = now.max(touches[own].at);
                        (touches[own].open, touches[own].at) = (false, at);
                        sent.push(Sent { class: touches[own].class, channel: touches[own].channel, at });
                    } else {
                        touches.remove(own);
                    }
                }
            }
        }
        for spec in asks {
            let case = Case {
                now,
                zone,
                duplicate: false,
                erased: false,
                consent: Consent::Given,
                unreachable: None,
                touches: &touches,
                rivals: &[],
                held_out: false,
            };
            match judge(rules, &spec, &case) {
                Verdict::Go { by } => {
                    gone.push((spec.class, now, by));
                    touches.push(Touch {
                        run: spec.run,
                        at: now,
                        channel: spec.channel,
                        class: spec.class,
                        open: true,
                    });
                }
                Verdict::Wait { until, .. } => {
                    assert!(
                        until > now && until < spec.expires,
                        "waits for {until}, now {now}, until {}",
                        spec.expires
                    );
                    waiting.push((until, spec));
                }
                Verdict::Skip(_) => {}
            }
        }
    }
    (sent, gone)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]
    #[test]
    fn no_order_of_events_breaks_a_limit(
        rules in rules(),
        zone in prop_oneof![Just("Asia/Shanghai"), Just("Europe/Berlin"), Just("America/Sao_Paulo"), Just("Australia/Lord_Howe"), Just("Pacific/Apia")],
        // Around the ends of months, leap days, and the days on which clocks are changed.
        start in prop_oneof![
            Just("2026-02-26T10:00:00Z"), Just("2028-02-27T10:00:00Z"), Just("2026-03-27T10:00:00Z"),
            Just("2026-10-23T10:00:00Z"), Just("2018-11-02T10:00:00Z"), Just("2011-12-28T10:00:00Z"), Just("2026-12-29T10:00:00Z")
        ],
        steps in prop::collection::vec(step(), 1..120),
    ) {
        let own = Zone::named(zone).unwrap();
        let (sent, gone) = live(&rules, &own, Time::parse(start).unwrap(), &steps);
        for cap in &rules.caps {
            let counted = sent.iter().filter(|one| one.class == cap.class && cap.channel.is_none_or(|channel| channel == one.channel));
            let times: Vec<Time> = counted.map(|one| one.at).collect();
            never_more("cap", cap.per, cap.most as usize, own.time_zone(), &times)?;
        }
        // The platform counts both classes, by its own clock.
        let shanghai = Zone::shanghai();
        let times: Vec<Time> = sent.iter().filter(|one| one.channel == Channel::Wecom).map(|one| one.at).collect();
        match rules.quota {
            Quota::Day => never_more("quota", Period::Day, 1, shanghai.time_zone(), &times)?,
            Quota::Week => never_more("quota", Period::Week, 7, shanghai.time_zone(), &times)?,
            Quota::Month => {
                let mut counts: BTreeMap<Date, i8> = BTreeMap::new();
                times.iter().for_each(|at| *counts.entry(date(shanghai.time_zone(), *at).first_of_month()).or_default() += 1);
                prop_assert!(counts.iter().all(|(month, count)| *count <= month.days_in_month()), "{counts:?}");
            }
        }
        if let Some(quiet) = &rules.quiet {
            for (_, at, by) in gone.iter().filter(|(class, ..)| *class == Class::Marketing) {
                let hours = quiet.hours();
                prop_assert!(!hours.is_quiet(&own, *at), "let through at {at}, a quiet hour");
                prop_assert!(*by > *at);
                // Whoever sends at the last instant does not send in a quiet hour. (Where a clock is put back over the beginning, it is quiet twice.)
                let last = Time(by.0 - 1);
                prop_assert!(!hours.is_quiet(&own, last) || own.jumps_between(*at, *by), "to be sent by {by}, a quiet hour");
            }
        }
    }
}
