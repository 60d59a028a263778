//! The limiter on a clock of its own: never more than allowed in any window, and not much less.

use proptest::prelude::*;
use siyu_kernel::{Clock, FakeClock, Time};
use siyu_wecom::*;
use std::sync::Arc;

const NAMES: &[&str] = &["externalcontact/get", "message/send"];

fn limiter(rules: &'static [Rule]) -> (Arc<FakeClock>, Arc<Limiter>) {
    let clock = Arc::new(FakeClock::at("2026-03-03T02:00:00Z"));
    (clock.clone(), Arc::new(Limiter::with_rules(clock, rules).in_flight(1000)))
}

fn ask<'a>(corp: &'a str, path: &'static str, subjects: &'a [String]) -> Ask<'a> {
    Ask { corp, app: "app", path, subjects, urgent: false }
}

static SMALL: &[Rule] = &[
    Rule { path: "", scope: Scope::Corp, cap: 20, seconds: 60 },
    Rule { path: "", scope: Scope::Corp, cap: 100, seconds: 3600 },
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    /// Whoever comes when told to is let in, and no window of the rule's length ever holds more than the cap.
    #[test]
    fn no_window_holds_more_than_its_cap(gaps in proptest::collection::vec(0..9_000_000i64, 1..400)) {
        let (clock, limiter) = limiter(SMALL);
        let mut started = Vec::new();
        for gap in gaps {
            clock.set(Time(clock.now().0 + gap));
            match limiter.ask(&ask("ww", NAMES[0], &[])) {
                When::Now(_) => started.push(clock.now().0),
                When::At(at) => {
                    prop_assert!(at > clock.now());
                    clock.set(at);
                    let again = matches!(limiter.ask(&ask("ww", NAMES[0], &[])), When::Now(_));
                    prop_assert!(again, "it came when told to");
                    started.push(at.0);
                }
                When::Crowded => prop_assert!(false),
            }
        }
        for rule in SMALL {
            for (at, end) in started.iter().enumerate() {
                let inside = started[..=at].iter().filter(|start| **start > end - rule.seconds * 1_000_000).count();
                prop_assert!(inside <= rule.cap as usize, "{inside} in {} s", rule.seconds);
            }
        }
    }
}

#[test]
fn the_documented_allowance_is_used_but_not_exceeded() {
    // A twentieth of it, so that the test is short.
    let clock = Arc::new(FakeClock::at("2026-03-03T02:00:00Z"));
    let limiter = Arc::new(Limiter::new(clock.clone()).shared_by(20));
    let (start, mut count) = (clock.now(), 0);
    while clock.now() < start.plus_seconds(3600) {
        match limiter.ask(&ask("ww", NAMES[0], &[])) {
            When::Now(_) => count += 1,
            When::At(at) => clock.set(at),
            When::Crowded => panic!(),
        }
    }
    assert!((5_000..7_500).contains(&count), "{count} calls in an hour");
}

#[test]
fn corps_apis_and_people_are_counted_apart() {
    let clock = Arc::new(FakeClock::at("2026-03-03T02:00:00Z"));
    let limiter = Arc::new(Limiter::new(clock.clone()));
    let to = |user: &str| limiter.ask(&ask("ww", NAMES[1], &[user.to_owned()]));
    (0..28).for_each(|_| assert!(matches!(to("a"), When::Now(_))));
    assert!(matches!(to("a"), When::At(_)));
    assert!(matches!(to("b"), When::Now(_)));
    // A message to both waits for the one who has had enough, and counts for nobody meanwhile.
    let both = ["a".to_owned(), "b".to_owned()];
    assert!(matches!(limiter.ask(&ask("ww", NAMES[1], &both)), When::At(_)));
    (0..27).for_each(|_| assert!(matches!(to("b"), When::Now(_))));
    assert!(matches!(limiter.ask(&ask("other", NAMES[1], &["a".to_owned()])), When::Now(_)));
    // Three reminders of a mass message in a day.
    let remind = |msgid: &str| limiter.ask(&ask("ww", "externalcontact/remind_groupmsg_send", &[msgid.to_owned()]));
    (0..3).for_each(|_| assert!(matches!(remind("m"), When::Now(_))));
    let When::At(at) = remind("m") else { panic!() };
    assert!(at >= clock.now().plus_seconds(86_400) && at <= clock.now().plus_seconds(86_400 + 2 * 2880));
    assert!(matches!(remind("n"), When::Now(_)));
}

#[test]
fn processes_divide_the_caps() {
    let clock = Arc::new(FakeClock::at("2026-03-03T02:00:00Z"));
    let limiter = Arc::new(Limiter::with_rules(clock, SMALL).in_flight(1000).shared_by(4));
    let let_in = |urgent: bool| {
        let ask = Ask { urgent, ..ask("ww", NAMES[0], &[]) };
        (0..20).filter(|_| matches!(limiter.ask(&ask), When::Now(_))).count()
    };
    // A fourth of twenty; of that a fourth, one, is kept for who cannot wait.
    assert_eq!((let_in(false), let_in(true), let_in(false)), (4, 1, 0));
}

#[test]
fn few_run_at_once_and_writes_to_one_customer_follow_each_other() {
    let clock = Arc::new(FakeClock::at("2026-03-03T02:00:00Z"));
    let limiter = Arc::new(Limiter::new(clock));
    let mark = |pair: &str| limiter.ask(&ask("ww", "externalcontact/mark_tag", &[pair.to_owned()]));
    let When::Now(first) = mark("u|wm1") else { panic!() };
    assert!(matches!(mark("u|wm1"), When::Crowded));
    assert!(matches!(
        limiter.ask(&ask("ww", "externalcontact/transfer_customer", &["u|wm1".to_owned()])),
        When::Crowded
    ));
    let others: Vec<_> =
        (2..20).map(|n| mark(&format!("u|wm{n}"))).filter(|when| matches!(when, When::Now(_))).collect();
    assert_eq!(others.len() as u32 + 1, siyu_wecom::assumptions::IN_FLIGHT_MAX);
    drop(others);
    drop(first);
    assert!(matches!(mark("u|wm1"), When::Now(_)));
}
