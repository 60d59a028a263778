//! The trial in small: it tells policies apart, is repeatable, and refuses nonsense.

use siyu_gate::Period;
use siyu_kernel::Time;
use siyu_lab::{Policy, Report, Setup, campaigns, live, run};
use siyu_sandbox::{Scale, World};

const SMALL: Setup = Setup { first: 1, seeds: 3, days: 60, people: 300 };

#[test]
fn without_a_cap_more_is_sent_and_more_people_have_had_enough() {
    let report = run(SMALL, &Policy::all(), |_, _, _| {});
    let of = |name: &str| report.policies.iter().find(|own| own.policy == name).expect(name);
    let (free, capped, budget) = (of("no_cap"), of("fixed_cap"), of("fatigue_budget"));
    assert!(free.messages_per_person > budget.messages_per_person * 1.2, "{report:#?}");
    assert!(free.mute_rate > budget.mute_rate && free.leave_rate > budget.leave_rate, "{report:#?}");
    // Four a month, in parts of three months.
    assert!(capped.messages_per_person > 1.0 && capped.messages_per_person < 12.0, "{report:#?}");
    for own in &report.policies {
        let earned = own.revenue_per_person;
        assert!(earned.lo < earned.mean && earned.mean < earned.hi && earned.mean > 0.0, "{own:?}");
    }
    assert_eq!((report.default, report.default_minus.len()), ("fatigue_budget", 2));
}

#[test]
fn the_same_setup_gives_the_same_report_to_the_last_digit() {
    let text = |report: &Report| serde_json::to_string(report).expect("JSON");
    let short = |first| run(Setup { first, seeds: 2, days: 21, ..SMALL }, &Policy::all(), |_, _, _| {});
    let (once, again) = (short(1), short(1));
    assert_eq!(text(&once), text(&again));
    let other = short(2);
    assert_ne!(text(&once), text(&other));
}

#[test]
fn the_gate_is_obeyed_to_the_last_message() {
    let start = Time::parse("2026-03-01T16:00:00Z").expect("a time");
    let scale = Scale { before: 1.0, ..Scale::TINY };
    let sent = |most: u32| {
        let rules = Policy::capped("", Period::Month, most).rules;
        live(World::new(3, scale, start), &rules, &campaigns(start, 30), 30)
    };
    let (none, one) = (sent(0), sent(1));
    assert_eq!(none.messages, 0);
    assert!(one.messages > 50 && one.messages <= 300, "{one:?}");
}

#[test]
fn nonsense_is_refused_with_what_to_say_instead() {
    for (setup, code) in [
        (Setup { seeds: 0, ..SMALL }, "lab_seeds"),
        (Setup { seeds: 1, ..SMALL }, "lab_seeds"),
        (Setup { first: u64::MAX, ..SMALL }, "lab_first_seed"),
        (Setup { days: -3, ..SMALL }, "lab_days"),
        (Setup { days: 4_000, ..SMALL }, "lab_days"),
        (Setup { people: 0, ..SMALL }, "lab_people"),
        (Setup { people: usize::MAX, ..SMALL }, "lab_people"),
    ] {
        let refusal = setup.checked().expect_err(code);
        assert_eq!(refusal.code, code);
        assert!(!refusal.en.is_empty() && !refusal.zh.is_empty());
    }
    assert_eq!(SMALL.checked().expect("it is sensible"), SMALL);
}
