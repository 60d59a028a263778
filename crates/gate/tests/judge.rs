//! The order of the checks and what each says, case by case.

use siyu_gate::{
    Cap, Case, Channel, Class, Consent, Fatigue, Holdout, Period, QuietHours, Quota, Rival, Rules, Spec, Touch,
    Verdict, Whose, judge,
};
use siyu_kernel::{Time, Zone};

fn at(text: &str) -> Time {
    Time::parse(text).unwrap()
}
fn spec() -> Spec {
    Spec {
        run: 1,
        class: Class::Marketing,
        channel: Channel::Wecom,
        worth: 1.0,
        holdout: 0.0,
        expires: at("2026-03-12T00:00:00Z"),
    }
}
/// Noon in Shanghai, on a Tuesday.
const NOON: &str = "2026-03-10T04:00:00Z";

fn case<'a>(zone: &'a Zone, touches: &'a [Touch]) -> Case<'a> {
    Case {
        now: at(NOON),
        zone,
        duplicate: false,
        erased: false,
        consent: Consent::Silent,
        unreachable: None,
        touches,
        rivals: &[],
        held_out: false,
    }
}
fn had(when: &str) -> Touch {
    Touch { run: 9, at: at(when), channel: Channel::Wecom, class: Class::Marketing, open: false }
}
fn wait(until: &str, because: &'static str) -> Verdict {
    Verdict::Wait { until: at(until), because }
}
fn strict() -> Rules {
    Rules {
        caps: vec![Cap { class: Class::Marketing, channel: None, per: Period::Week, most: 2 }],
        quota: Quota::Day,
        quiet: Some(QuietHours { from: 22 * 60, to: 8 * 60, zone: Whose::Person }),
        fatigue: Some(Fatigue { budget: 2.0, half_life_hours: 24.0, weights: Default::default() }),
        contest_minutes: 5,
        holdout: Holdout { percent: 5.0, salt: "1".into() },
        consent: vec![Channel::Sms],
        ..Rules::none()
    }
}

#[test]
fn the_first_check_that_fails_gives_the_reason() {
    let zone = Zone::shanghai();
    let today = [had("2026-03-10T01:00:00Z")];
    // Everything stands in the way; one thing after the other is taken out.
    let full = Case {
        erased: true,
        duplicate: true,
        consent: Consent::Withdrawn,
        unreachable: Some("no_friend"),
        held_out: true,
        ..case(&zone, &today)
    };
    let rules = strict();
    let say = |case: &Case<'_>| judge(&rules, &spec(), case);
    assert_eq!(say(&full), Verdict::Skip("erased"));
    let full = Case { erased: false, ..full };
    assert_eq!(say(&full), Verdict::Skip("duplicate"));
    let full = Case { duplicate: false, ..full };
    assert_eq!(say(&full), Verdict::Skip("consent_withdrawn"));
    let full = Case { consent: Consent::Silent, ..full };
    assert_eq!(say(&full), Verdict::Skip("no_friend"));
    let full = Case { unreachable: None, ..full };
    assert_eq!(say(&full), wait("2026-03-11T00:00:00Z", "quota"));
    let full = Case { touches: &[], ..full };
    assert_eq!(say(&full), Verdict::Skip("holdout"));
    let full = Case { held_out: false, ..full };
    assert_eq!(say(&full), Verdict::Go { by: at("2026-03-10T14:00:00Z") });
}

#[test]
fn each_limit_says_when_the_way_is_free() {
    let zone = Zone::shanghai();
    let week = [had("2026-03-09T01:00:00Z"), had("2026-03-09T16:30:00Z")];
    let mut rules = strict();
    let mut long = spec();
    long.expires = at("2026-04-12T00:00:00Z");
    rules.quota = Quota::Month;
    // Two this week: the next on Monday, after its quiet hours.
    assert_eq!(judge(&rules, &long, &case(&zone, &week)), wait("2026-03-16T00:00:00Z", "cap"));
    // It is over by then.
    assert_eq!(judge(&rules, &spec(), &case(&zone, &week)), Verdict::Skip("cap"));
    rules.caps.clear();
    // Weighs 1.2 of 2 together, and one more is too much: until it weighs 1.
    let Verdict::Wait { until, because: "fatigue" } = judge(&rules, &long, &case(&zone, &week)) else {
        panic!("{:?}", judge(&rules, &long, &case(&zone, &week)))
    };
    assert!(until > at(NOON) && until < at("2026-03-11T04:00:00Z"), "{until}");
    assert!(matches!(judge(&rules, &long, &Case { now: until, ..case(&zone, &week) }), Verdict::Go { .. }));
    // The last two days, at every instant.
    rules.fatigue = None;
    rules.caps = vec![Cap { class: Class::Marketing, channel: None, per: Period::Hours(48), most: 2 }];
    assert_eq!(judge(&rules, &long, &case(&zone, &week)), wait("2026-03-11T01:00:00Z", "cap"));
    // A cap of nothing is never free.
    rules.caps[0].most = 0;
    assert_eq!(judge(&rules, &long, &case(&zone, &[])), Verdict::Skip("cap"));
    // Of another channel: none of its business.
    rules.caps[0].channel = Some(Channel::Sms);
    assert!(matches!(judge(&rules, &long, &case(&zone, &[])), Verdict::Go { .. }));
}

#[test]
fn quiet_hours_are_those_of_the_person() {
    let rules = strict();
    let (berlin, shanghai) = (Zone::named("Europe/Berlin").unwrap(), Zone::shanghai());
    // Noon in Shanghai is five in the morning in Berlin.
    assert_eq!(judge(&rules, &spec(), &case(&berlin, &[])), wait("2026-03-10T07:00:00Z", "quiet_hours"));
    assert!(matches!(judge(&rules, &spec(), &case(&shanghai, &[])), Verdict::Go { .. }));
    let urgent = Spec { class: Class::Service, ..spec() };
    assert_eq!(judge(&rules, &urgent, &case(&berlin, &[])), Verdict::Go { by: urgent.expires });
}

#[test]
fn what_is_on_its_way_counts_in_every_period() {
    let zone = Zone::shanghai();
    let rules = Rules { caps: strict().caps, quota: Quota::Month, ..Rules::none() };
    let open = |when| Touch { open: true, ..had(when) };
    let long = Spec { expires: at("2026-05-01T00:00:00Z"), ..spec() };
    // Let through weeks ago, and nobody has confirmed: it may arrive this week.
    let two = [open("2026-02-10T01:00:00Z"), open("2026-02-20T01:00:00Z")];
    assert_eq!(judge(&rules, &long, &case(&zone, &two)), wait("2026-03-10T10:00:00Z", "cap"));
    assert!(matches!(judge(&rules, &long, &case(&zone, &two[1..])), Verdict::Go { .. }));
    let mixed = [open("2026-02-10T01:00:00Z"), had("2026-03-09T01:00:00Z")];
    assert_eq!(judge(&rules, &long, &case(&zone, &mixed)), wait("2026-03-15T16:00:00Z", "cap"));
}

#[test]
fn a_clock_that_was_put_back_lets_nothing_more_through() {
    let zone = Zone::shanghai();
    let rules = Rules { quota: Quota::Day, ..Rules::none() };
    let tomorrow = [had("2026-03-11T01:00:00Z")];
    assert_eq!(judge(&rules, &spec(), &case(&zone, &tomorrow)), wait("2026-03-11T16:00:00Z", "quota"));
}

#[test]
fn service_is_held_by_the_platform_only() {
    let zone = Zone::shanghai();
    let service = Spec { class: Class::Service, ..spec() };
    let full: Vec<Touch> = (1..9).map(|day| had(&format!("2026-03-{day:02}T01:00:00Z"))).collect();
    assert!(matches!(judge(&strict(), &service, &case(&zone, &full)), Verdict::Go { .. }));
    let today = [had("2026-03-10T01:00:00Z")];
    assert_eq!(judge(&strict(), &service, &case(&zone, &today)), wait("2026-03-10T16:00:00Z", "quota"));
    let welcome = Spec { channel: Channel::Welcome, ..service };
    assert!(matches!(judge(&strict(), &welcome, &case(&zone, &today)), Verdict::Go { .. }));
    let withdrawn = Case { consent: Consent::Withdrawn, ..case(&zone, &[]) };
    assert_eq!(judge(&strict(), &welcome, &withdrawn), Verdict::Skip("consent_withdrawn"));
}

#[test]
fn a_channel_may_need_a_consent() {
    let zone = Zone::shanghai();
    let sms = Spec { channel: Channel::Sms, ..spec() };
    assert_eq!(judge(&strict(), &sms, &case(&zone, &[])), Verdict::Skip("consent_missing"));
    let given = Case { consent: Consent::Given, ..case(&zone, &[]) };
    assert!(matches!(judge(&strict(), &sms, &given), Verdict::Go { .. }));
}

#[test]
fn the_better_message_comes_first() {
    let zone = Zone::shanghai();
    let rival = |minutes: i64| Rival {
        run: 2,
        at: at(NOON).plus_seconds(minutes * 60),
        channel: Channel::Wecom,
        class: Class::Marketing,
    };
    let soon = [rival(3)];
    let rules = Rules { quota: Quota::Day, ..Rules::none() };
    let ranked = Case { rivals: &soon, ..case(&zone, &[]) };
    assert_eq!(judge(&rules, &spec(), &ranked), wait("2026-03-10T04:04:00Z", "outranked"));
    // Room for both.
    let room = Rules { quota: Quota::Month, ..Rules::none() };
    assert!(matches!(judge(&room, &spec(), &ranked), Verdict::Go { .. }));
    // A rival that cannot be sent takes nothing from anybody; this one is held by what there was today.
    let capped = Rules {
        caps: vec![Cap { class: Class::Marketing, channel: Some(Channel::Sms), per: Period::Day, most: 0 }],
        quota: Quota::Day,
        ..Rules::none()
    };
    let sms = [Rival { channel: Channel::Sms, ..rival(3) }];
    assert!(matches!(judge(&capped, &spec(), &Case { rivals: &sms, ..case(&zone, &[]) }), Verdict::Go { .. }));
    // It would be over by then.
    let brief = Spec { expires: at(NOON).plus_seconds(60), ..spec() };
    assert_eq!(judge(&rules, &brief, &ranked), Verdict::Skip("outranked"));
}

#[test]
fn wrong_rules_are_refused_with_the_place() {
    let cap = |per, most| Cap { class: Class::Marketing, channel: None, per, most };
    let fatigue = |budget, half_life_hours| Some(Fatigue { budget, half_life_hours, weights: Default::default() });
    for (rules, field) in [
        (Rules { caps: vec![cap(Period::Day, 401)], ..Rules::none() }, "caps[0].most"),
        (Rules { caps: vec![cap(Period::Day, 1), cap(Period::Day, 2)], ..Rules::none() }, "caps[1].per"),
        (Rules { caps: vec![cap(Period::Hours(0), 1)], ..Rules::none() }, "caps[0].per"),
        (Rules { quiet: Some(QuietHours { from: 60, to: 60, zone: Whose::Brand }), ..Rules::none() }, "quiet"),
        (Rules { fatigue: fatigue(f64::NAN, 24.0), ..Rules::none() }, "fatigue.budget"),
        (Rules { fatigue: fatigue(2.0, 0.0), ..Rules::none() }, "fatigue.half_life_hours"),
        (Rules { contest_minutes: 2_000, ..Rules::none() }, "contest_minutes"),
        (Rules { holdout: Holdout { percent: 60.0, salt: String::new() }, ..Rules::none() }, "holdout.percent"),
    ] {
        let refusal = rules.checked().unwrap_err();
        assert_eq!((refusal.code, refusal.field.as_deref()), ("gate_rules", Some(field)));
    }
    let text = serde_json::to_string(&Rules::default()).unwrap();
    assert_eq!(serde_json::from_str::<Rules>(&text).unwrap(), Rules::default().checked().unwrap());
    assert!(serde_json::from_str::<Rules>(r#"{"cap":[]}"#).is_err());
}
