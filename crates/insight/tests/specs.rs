//! Specs as people write them: good ones with what they default to, bad ones with code and place.

use serde_json::{Value, json};
use siyu_behaviour::Grain;
use siyu_behaviour::kernels::{Method, Mode, Model, TouchWindow};
use siyu_insight::spec::{Among, By, Measured, Span};
use siyu_insight::{Ask, Kind, Spec, parse_day};

const DAY: i64 = 86_400_000_000;

fn good(kind: &str, spec: Value) -> Spec {
    let kind = Kind::parse(kind).unwrap();
    let parsed = Spec::parse(kind, &spec).unwrap_or_else(|refusal| panic!("{spec}: {refusal} at {:?}", refusal.field));
    assert_eq!(parsed.kind(), kind);
    parsed
}

/// `code place`.
fn says(kind: &str, spec: &Value) -> String {
    match Spec::parse(Kind::parse(kind).unwrap(), spec) {
        Ok(_) => "ok".into(),
        Err(refusal) => {
            assert!(!refusal.en.is_empty() && refusal.zh.chars().any(|c| c > '\u{4e00}'), "{refusal}");
            format!("{} {}", refusal.code, refusal.field.unwrap_or_default()).trim_end().to_owned()
        }
    }
}

#[test]
fn a_funnel_in_full() {
    let spec = good(
        "funnel",
        json!({
            "steps": [
                {"event": "Product Viewed", "where": [{"property": "channel", "op": "in", "value": ["a", "b"]}]},
                {"event": ["Product Added", "Order Paid", "Product Added"], "label": "cart"},
                {"event": "*", "where": [{"property": "vip", "op": "exists"}]},
            ],
            "window": {"hours": 36},
            "exclude": [{"event": "Order Refunded", "between": [1, 3]}],
            "span": {"from": "2026-01-01", "to": "2026-03-31"},
            "among": {"audience": "aud_1"},
            "by": {"property": "channel"},
            "groups": 5,
            "compare": true,
        }),
    );
    assert_eq!(
        spec.frame.span,
        Some(Span::Days { from: parse_day("2026-01-01").unwrap(), to: parse_day("2026-03-31").unwrap() })
    );
    assert_eq!(spec.frame.among, Some(Among::Audience("aud_1".into())));
    assert_eq!(spec.frame.by, Some(By::Property("channel".into())));
    assert_eq!((spec.frame.groups, spec.frame.compare), (5, true));
    let Ask::Funnel(funnel) = spec.ask else { panic!() };
    assert_eq!(funnel.window, 36 * 3_600_000_000);
    let labels: Vec<&str> = funnel.steps.iter().map(|step| step.label.as_str()).collect();
    assert_eq!(labels, ["Product Viewed", "cart", "*"]);
    assert_eq!(funnel.steps[1].select.events, ["Product Added", "Order Paid"]);
    assert!(funnel.steps[2].select.events.is_empty() && funnel.steps[2].select.tests.len() == 1);
    assert_eq!((funnel.exclude[0].after, funnel.exclude[0].before), (0, 2));
}

#[test]
fn what_is_left_out_has_a_default() {
    let spec = good("retention", json!({}));
    assert_eq!((spec.frame.span, spec.frame.groups, spec.frame.compare), (None, 10, false));
    assert_eq!(spec.frame.days(100), (11, 100));
    let Ask::Retention(retention) = spec.ask else { panic!() };
    assert_eq!((retention.unit, retention.periods, retention.mode, retention.first), (Grain::WEEK, 12, Mode::On, true));
    assert!(retention.start.select.events.is_empty() && retention.back.select.events.is_empty());

    let Ask::Attribution(attribution) = good("attribution", json!({})).ask else { panic!() };
    assert_eq!(attribution.conversion.select.events, ["Order Completed"]);
    assert_eq!(attribution.touch.select.tests[0].property, "channel");
    assert_eq!(attribution.models, [Model::Last, Model::First, Model::Linear, Model::Position, Model::Decay]);
    let days = [7, 15, 30].map(TouchWindow::Days);
    assert_eq!(attribution.windows, [&[TouchWindow::SameDay][..], &days].concat());
    assert!(attribution.refunds && attribution.half_life == 7 * DAY);

    let Ask::Rfm(rfm) = good("rfm", json!({})).ask else { panic!() };
    assert_eq!((rfm.method.clone(), rfm.scores(), rfm.as_of), (Method::Quantile(5), 5, None));
    let Ask::Paths(paths) = good("paths", json!({})).ask else { panic!() };
    assert_eq!((paths.depth, paths.top, paths.session), (5, 20, 30 * 60_000_000));
    let Ask::Interval(interval) = good("interval", json!({"from": {"event": "a"}, "to": {"event": "b"}})).ask else {
        panic!()
    };
    assert_eq!(interval.within, 30 * DAY);
    let Ask::Trend(trend) = good("trend", json!({"events": [{"event": "a"}]})).ask else { panic!() };
    assert_eq!((trend.unit, trend.measure), (Grain::DAY, Measured::Count));
    let Ask::CohortValue(cohort) = good("cohort_value", json!({"unit": null})).ask else { panic!() };
    assert_eq!((cohort.unit, cohort.periods, cohort.value.as_str()), (Grain::WEEK, 12, "amount"));
    let Ask::Touchpoints(map) = good("touchpoints", json!({})).ask else { panic!() };
    assert_eq!((map.touch_by.as_str(), map.top, map.within), ("touchpoint", 60, 30 * DAY));
    for kind in ["activity", "lifecycle", "assets", "stores", "guides"] {
        good(kind, json!({}));
    }
}

#[test]
fn the_other_forms() {
    let rule = json!({"all": [{"field": "orders.count", "op": "gte", "value": 2}]});
    good("segment", json!({"rule": rule, "among": {"rule": rule}}));
    let spec = good(
        "rfm",
        json!({"method": "fixed", "scores": 3, "bounds": {"r": [30, 90], "f": [2, 5], "m": [0, 10_000]}, "by": {"trait": "city"}}),
    );
    assert_eq!(spec.frame.by, Some(By::Trait("city".into())));
    let Ask::Rfm(rfm) = spec.ask else { panic!() };
    assert_eq!(rfm.scores(), 3);
    for measure in [json!("count"), json!("days"), json!({"sum": "amount"}), json!({"value": "products.price"})] {
        good("distribution", json!({"event": {"event": "a"}, "measure": measure, "bins": [0, 1.5, 10]}));
    }
    let spec = good(
        "paths",
        json!({"by": {"audiences": ["aud_a", "aud_b", "aud_a"]}, "property": "channel", "start": {"event": "a"}}),
    );
    assert_eq!(spec.frame.by, Some(By::Audiences(vec!["aud_a".into(), "aud_b".into()])));
    good(
        "trend",
        json!({"events": [{"event": "*"}], "by": {"tags": "tgp_1"}, "measure": {"sum": "amount"}, "unit": "month"}),
    );
    good("lifecycle", json!({"on": "2026-03-31", "against": "2026-02-28"}));
}

#[test]
fn mistakes_are_named_with_their_place() {
    let step = json!({"event": "a"});
    let with = |test: Value| json!({"steps": [step, {"event": "b", "where": [test]}]});
    let steps = |n: usize| json!({"steps": vec![step.clone(); n]});
    let frame = |key: &str, value: Value| json!({ key: value });
    let cases = [
        // The whole.
        ("funnel", json!([]), "spec_shape"),
        ("funnel", json!({}), "spec_missing steps"),
        ("funnel", json!({"steps": [step, step], "windows": {}}), "spec_key windows"),
        // Steps.
        ("funnel", steps(1), "spec_steps steps"),
        ("funnel", steps(11), "spec_steps steps"),
        ("funnel", json!({"steps": {"event": "a"}}), "spec_steps steps"),
        ("funnel", json!({"steps": [step, "b"]}), "spec_shape steps[1]"),
        ("funnel", json!({"steps": [step, {}]}), "spec_missing steps[1].event"),
        ("funnel", json!({"steps": [step, {"event": ""}]}), "spec_event steps[1].event"),
        ("funnel", json!({"steps": [step, {"event": 5}]}), "spec_event steps[1].event"),
        ("funnel", json!({"steps": [step, {"event": []}]}), "spec_event steps[1].event"),
        ("funnel", json!({"steps": [step, {"event": ["a", 1]}]}), "spec_event steps[1].event[1]"),
        ("funnel", json!({"steps": [step, {"event": "b", "times": 2}]}), "spec_key steps[1].times"),
        ("funnel", json!({"steps": [step, {"event": "b", "label": 1}]}), "spec_shape steps[1].label"),
        // Conditions.
        ("funnel", with(json!("x")), "spec_shape steps[1].where[0]"),
        ("funnel", with(json!({"op": "eq", "value": 1})), "spec_missing steps[1].where[0].property"),
        ("funnel", with(json!({"property": "", "op": "eq", "value": 1})), "spec_property steps[1].where[0].property"),
        ("funnel", with(json!({"property": "p", "value": 1})), "spec_missing steps[1].where[0].op"),
        ("funnel", with(json!({"property": "p", "op": "is", "value": 1})), "spec_operator steps[1].where[0].op"),
        ("funnel", with(json!({"property": "p", "op": "eq"})), "spec_missing steps[1].where[0].value"),
        ("funnel", with(json!({"property": "p", "op": "eq", "value": {}})), "spec_value steps[1].where[0].value"),
        ("funnel", with(json!({"property": "p", "op": "gt", "value": true})), "spec_value steps[1].where[0].value"),
        ("funnel", with(json!({"property": "p", "op": "in", "value": "a"})), "spec_value steps[1].where[0].value"),
        ("funnel", with(json!({"property": "p", "op": "in", "value": []})), "spec_value steps[1].where[0].value"),
        (
            "funnel",
            with(json!({"property": "p", "op": "nin", "value": ["a", 1]})),
            "spec_value steps[1].where[0].value",
        ),
        ("funnel", with(json!({"property": "p", "op": "contains", "value": 1})), "spec_value steps[1].where[0].value"),
        ("funnel", with(json!({"property": "p", "op": "exists", "value": 1})), "spec_value steps[1].where[0].value"),
        // Windows.
        ("funnel", json!({"steps": [step, step], "window": {"days": 367}}), "spec_window window"),
        ("funnel", json!({"steps": [step, step], "window": {"days": 0}}), "spec_window window"),
        ("funnel", json!({"steps": [step, step], "window": {"days": -1}}), "spec_window window"),
        ("funnel", json!({"steps": [step, step], "window": {"days": i64::MAX}}), "spec_window window"),
        ("funnel", json!({"steps": [step, step], "window": {"minutes": 0.5}}), "spec_window window"),
        ("funnel", json!({"steps": [step, step], "window": {"weeks": 1}}), "spec_window window"),
        ("funnel", json!({"steps": [step, step], "window": {"days": 1, "hours": 1}}), "spec_window window"),
        ("funnel", json!({"steps": [step, step], "window": 7}), "spec_window window"),
        ("paths", frame("session", json!({"seconds": 5})), "spec_window session"),
        ("attribution", frame("windows", json!([])), "spec_window windows"),
        ("attribution", frame("windows", json!([7, "week"])), "spec_window windows[1]"),
        ("attribution", frame("windows", json!([0])), "spec_window windows[0]"),
        ("attribution", frame("windows", json!([7, 7])), "spec_shape windows[1]"),
        ("attribution", frame("models", json!(["last", "best"])), "spec_shape models[1]"),
        ("attribution", frame("half_life", json!({"days": 400})), "spec_window half_life"),
        // Exclusions.
        ("funnel", json!({"steps": [step, step], "exclude": [{"event": "x"}]}), "spec_missing exclude[0].between"),
        (
            "funnel",
            json!({"steps": [step, step], "exclude": [{"event": "x", "between": [2, 1]}]}),
            "spec_steps exclude[0].between",
        ),
        (
            "funnel",
            json!({"steps": [step, step], "exclude": [{"event": "x", "between": [1, 3]}]}),
            "spec_steps exclude[0].between",
        ),
        (
            "funnel",
            json!({"steps": [step, step], "exclude": [{"event": "x", "between": [0, 1]}]}),
            "spec_steps exclude[0].between",
        ),
        // Spans.
        ("activity", frame("span", json!({"last_days": 0})), "spec_span span.last_days"),
        ("activity", frame("span", json!({"last_days": 1_831})), "spec_span span.last_days"),
        ("activity", frame("span", json!({"last_days": 7, "from": "2026-01-01"})), "spec_span span"),
        ("activity", frame("span", json!({"from": "2026-01-01"})), "spec_missing span.to"),
        ("activity", frame("span", json!({"from": "2026-02-01", "to": "2026-01-01"})), "spec_span span"),
        ("activity", frame("span", json!({"from": "2020-01-01", "to": "2026-01-01"})), "spec_span span"),
        ("activity", frame("span", json!({"from": "2026-02-30", "to": "2026-03-01"})), "spec_span span.from"),
        ("activity", frame("span", json!({"days": 5})), "spec_key span.days"),
        ("segment", json!({"rule": {"all": []}, "span": {"last_days": 7}}), "spec_key span"),
        // Breakdowns.
        ("funnel", json!({"steps": [step, step], "by": {}}), "spec_by by"),
        ("funnel", json!({"steps": [step, step], "by": {"trait": "city", "property": "p"}}), "spec_by by"),
        ("funnel", json!({"steps": [step, step], "by": {"property": 1}}), "spec_property by.property"),
        ("funnel", json!({"steps": [step, step], "by": {"audiences": []}}), "spec_groups by.audiences"),
        ("funnel", json!({"steps": [step, step], "groups": 51}), "spec_groups groups"),
        ("funnel", json!({"steps": [step, step], "groups": 0}), "spec_groups groups"),
        ("paths", frame("by", json!({"property": "channel"})), "spec_by by"),
        ("stores", frame("by", json!({"trait": "city"})), "spec_key by"),
        ("lifecycle", frame("compare", json!(true)), "spec_key compare"),
        ("activity", frame("compare", json!("yes")), "spec_shape compare"),
        // Among whom.
        ("activity", frame("among", json!({})), "spec_shape among"),
        ("activity", frame("among", json!({"audience": ""})), "spec_shape among.audience"),
        (
            "activity",
            frame("among", json!({"rule": {"all": [{"field": "x", "op": "like"}]}})),
            "rule_operator among.rule.all[0].op",
        ),
        ("activity", frame("among", json!({"rule": 5})), "rule_shape among.rule"),
        ("segment", json!({}), "spec_missing rule"),
        ("segment", json!({"rule": {"any": [{"not": []}]}}), "rule_empty rule.any[0].not"),
        // The rest.
        ("retention", frame("unit", json!("year")), "spec_shape unit"),
        ("retention", frame("periods", json!(0)), "spec_shape periods"),
        ("retention", frame("periods", json!(61)), "spec_shape periods"),
        ("retention", frame("mode", json!("off")), "spec_shape mode"),
        ("cohort_value", frame("unit", json!("day")), "spec_shape unit"),
        ("paths", frame("depth", json!(1)), "spec_shape depth"),
        ("paths", frame("top", json!(0)), "spec_shape top"),
        ("trend", json!({"events": []}), "spec_steps events"),
        ("trend", json!({"events": vec![step.clone(); 9]}), "spec_steps events"),
        ("trend", json!({"events": [step], "measure": "days"}), "spec_shape measure"),
        ("trend", json!({"events": [step], "measure": {"value": "price"}}), "spec_shape measure"),
        ("trend", json!({"events": [step], "measure": {"sum": ""}}), "spec_property measure.sum"),
        ("distribution", json!({"event": {"event": "a"}, "bins": [1, 1]}), "spec_bins bins[1]"),
        ("distribution", json!({"event": {"event": "a"}, "bins": []}), "spec_bins bins"),
        ("distribution", json!({"event": {"event": "a"}, "bins": ["x"]}), "spec_bins bins[0]"),
        ("distribution", json!({"event": "a"}), "spec_shape event"),
        ("interval", json!({"from": {"event": "a"}}), "spec_missing to"),
        ("rfm", frame("scores", json!(1)), "spec_shape scores"),
        ("rfm", frame("scores", json!(11)), "spec_shape scores"),
        ("rfm", frame("as_of", json!("today")), "spec_span as_of"),
        ("rfm", frame("method", json!("fixed")), "spec_missing bounds"),
        ("rfm", frame("bounds", json!({})), "spec_shape bounds"),
        (
            "rfm",
            json!({"method": "fixed", "bounds": {"r": [1], "f": [1, 2, 3, 4], "m": [1, 2, 3, 4]}}),
            "spec_bins bounds.r",
        ),
        (
            "rfm",
            json!({"method": "fixed", "scores": 3, "bounds": {"r": [1, 2], "f": [2, 2], "m": [1, 2]}}),
            "spec_bins bounds.f[1]",
        ),
        ("lifecycle", json!({"on": "2026-01-01", "against": "2026-01-01"}), "spec_span against"),
    ];
    for (kind, spec, want) in cases {
        assert_eq!(says(kind, &spec), want, "{kind} {spec}");
    }
}

#[test]
fn texts_that_are_no_specs() {
    let code = |text: &str| Spec::from_text(Kind::Segment, text).map_err(|refusal| refusal.code).err().unwrap_or("ok");
    assert_eq!(code(""), "spec_json");
    assert_eq!(code("{"), "spec_json");
    assert_eq!(code("{} x"), "spec_json");
    assert_eq!(code("\u{feff}{}"), "spec_json");
    assert_eq!(code("[]"), "spec_shape");
    assert_eq!(code(&"[".repeat(10_000)), "spec_deep");
    let nested = |n: usize| format!("{{\"rule\":{}{}{}}}", "{\"all\":[".repeat(n), "{}", "]}".repeat(n));
    assert_eq!(code(&nested(10_000)), "spec_deep");
    assert_eq!(code(&nested(30)), "rule_too_deep");
    let wide = vec![r#"{"field":"orders.count","op":"gte","value":1}"#; 10_000].join(",");
    assert_eq!(code(&format!("{{\"rule\":{{\"any\":[{wide}]}}}}")), "rule_too_large");
    assert_eq!(Kind::parse("funnels").unwrap_err().code, "spec_kind");
    assert!(Kind::ALL.iter().all(|kind| Kind::parse(kind.name()).is_ok_and(|own| own == *kind)));
}

/// What docs/analysis.md shows under each kind is a spec of that kind.
#[test]
fn documented_examples_are_specs() {
    let text = include_str!("../../../docs/analysis.md");
    let mut seen = 0;
    for part in text.split("\n### ").skip(1) {
        let name = part.split([' ', '\n']).next().unwrap().trim_end_matches(',');
        let Ok(kind) = Kind::parse(name) else { panic!("docs/analysis.md describes an unknown kind {name}") };
        for example in part.split("```json\n").skip(1) {
            let example = example.split("```").next().unwrap();
            if let Err(refusal) = Spec::from_text(kind, example) {
                panic!("{name}: {refusal} at {:?}", refusal.field);
            }
            seen += 1;
        }
    }
    assert!(seen >= 5, "{seen}");
    assert!(Kind::ALL.iter().all(|kind| text.contains(&format!("### {}", kind.name())) || kind.name() == "guides"));
}
