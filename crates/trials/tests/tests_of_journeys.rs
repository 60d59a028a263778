//! Tests of journeys: which versions count together, and what is said of their arms.

use siyu_journeys::{Definition, NodeNumbers, Numbers};
use siyu_trials::{Figures, of_journey};

fn definition(first: &str, weight: u32, days: u32) -> Definition {
    let text = format!(
        r#"{{"format": 1, "entry": {{"type": "trigger", "on": {{"type": "event", "name": "a"}}}}, "start": "test", "nodes": [
          {{"id": "test", "name": "试验 {first}", "do": {{"type": "ab", "within_days": {days}, "goal": {{"type": "event", "name": "b"}},
            "arms": [{{"name": "{first}", "weight": {weight}, "to": "x"}}, {{"name": "two", "weight": {}, "to": "x"}}]}}}},
          {{"id": "other", "do": {{"type": "split", "arms": []}}}}, {{"id": "x", "do": {{"type": "exit"}}}}]}}"#,
        100 - weight
    );
    Definition::from_text(&text).unwrap()
}
fn numbers(rows: &[(u32, [i64; 2], [i64; 2])]) -> Numbers {
    let mut out = Numbers::default();
    for (version, passed, goals) in rows {
        let by = |all: &[i64; 2]| [("arm_1".to_owned(), all[0]), ("arm_2".to_owned(), all[1])].into();
        let own =
            NodeNumbers { came: passed.iter().sum(), passed: by(passed), goals: by(goals), ..NodeNumbers::default() };
        out.nodes.insert((*version, "test".into()), own);
    }
    out
}

#[test]
fn versions_with_the_same_test_count_together() {
    let versions = [
        (1, definition("one", 50, 7)),
        (2, definition("one", 50, 7)),
        (3, definition("one", 20, 7)),
        (4, definition("one", 50, 9)),
    ];
    // Version 4 has nobody yet.
    let own = numbers(&[(1, [500, 500], [50, 90]), (2, [500, 500], [50, 90]), (3, [200, 800], [20, 80])]);
    let found = of_journey(&own, &versions, 0.1);
    assert_eq!(found.iter().map(|own| own.versions.clone()).collect::<Vec<_>>(), [vec![3], vec![2, 1]]);
    let both = &found[1];
    assert_eq!((both.node.as_str(), both.name.as_str(), both.within_days), ("test", "试验 one", 7));
    let arms: Vec<_> = both.trial.arms.iter().map(|arm| (arm.name.as_str(), arm.people, arm.drawn)).collect();
    assert_eq!(arms, [("one", 1_000, Some(0.5)), ("two", 1_000, Some(0.5))]);
    let outcome = &both.trial.outcomes[0];
    assert_eq!((outcome.what.name(), outcome.comparisons[0].verdict.name()), ("goal", "better"));
    let Figures::Shares(shares) = &outcome.figures else { panic!() };
    assert_eq!((shares[0].hits, shares[1].hits), (100, 180));
    assert_eq!(found[0].trial.outcomes[0].comparisons[0].verdict.name(), "too_small");
}
#[test]
fn arms_that_are_not_as_drawn_are_told() {
    let found = of_journey(&numbers(&[(1, [500, 700], [50, 90])]), &[(1, definition("one", 50, 7))], 0.1);
    assert!(found[0].trial.ratio.is_some_and(|own| own.mismatch));
    assert_eq!(found[0].trial.outcomes[0].comparisons[0].verdict.name(), "mismatch");
}
/// Whoever was moved here after another test brings a goal without a passage.
#[test]
fn there_are_never_more_goals_than_people() {
    let found = of_journey(&numbers(&[(1, [3, 400], [8, 40])]), &[(1, definition("one", 1, 7))], 0.1);
    let Figures::Shares(shares) = &found[0].trial.outcomes[0].figures else { panic!() };
    assert_eq!((shares[0].hits, shares[0].people), (3, 3));
    assert!(found[0].trial.outcomes[0].comparisons[0].difference.is_some_and(|own| own.interval.low.is_finite()));
}
#[test]
fn a_journey_without_tests_has_none() {
    assert_eq!(of_journey(&Numbers::default(), &[(1, definition("one", 50, 7))], 0.1), []);
    assert_eq!(of_journey(&Numbers::default(), &[], 0.1), []);
}
