//! The reference takes one conversion after the other, in fractions.

use crate::world::*;
use proptest::prelude::*;
use siyu_behaviour::DAY;
use siyu_behaviour::kernels::*;
use std::collections::BTreeMap;

fn attributions() -> impl Strategy<Value = Attribution> {
    let model = prop_oneof![
        Just(Model::Last),
        Just(Model::First),
        Just(Model::Linear),
        Just(Model::Position),
        Just(Model::Decay)
    ];
    let window = prop_oneof![Just(TouchWindow::SameDay), (0u32..20).prop_map(TouchWindow::Days)];
    let models = prop_oneof![2 => proptest::collection::vec(model, 1..4), 1 => Just(vec![Model::Last])];
    (
        (selects(), selects(), proptest::option::of(selects())),
        proptest::option::of(prop_oneof![Just("channel".to_owned()), Just("tags".to_owned()), Just("n".to_owned())]),
        proptest::collection::vec(window, 1..4),
        models,
        (spans(), bys(), any::<bool>(), proptest::option::weighted(0.3, only())),
    )
        .prop_map(|((conversion, touch, refunds), touch_by, windows, models, ((from, to), by, valued, only))| {
            Attribution {
                conversion,
                value: valued.then(|| "amount".to_owned()),
                refunds: refunds.map(|select| Refunds { select, key: "order".into() }),
                touch,
                touch_by,
                windows,
                models,
                half_life: 2 * DAY,
                from,
                to,
                by,
                only,
                calendar: std::sync::Arc::new(siyu_behaviour::Calendar::new(&siyu_kernel::Zone::utc(), 0, 0)),
            }
        })
}

fn only() -> impl Strategy<Value = OnlyOf> {
    let values = proptest::collection::vec((0u8..4).prop_map(|n| format!("渠道{n}")), 1..3);
    values.prop_map(|values| OnlyOf { property: "channel".to_owned(), values })
}

/// A conversion, or a refund without one.
struct One<'w> {
    person: u32,
    seen: Seen<'w>,
    lone: bool,
    nth: usize,
    value: i64,
    refunded: i64,
    touches: Vec<Seen<'w>>,
}

fn conversions<'w>(world: &'w World, question: &Attribution, person: u32) -> Vec<One<'w>> {
    let amount = |seen: &Seen<'_>| question.value.as_ref().map_or(0, |name| whole(seen.fact, name));
    let all = world.of(person, &question.conversion);
    let mut taken = vec![0; all.len()];
    let span = |seen: &Seen<'_>| seen.fact.at >= question.from && seen.fact.at < question.to;
    let counts = |seen: &Seen<'_>| match &question.only {
        None => true,
        Some(only) => {
            matches!(property(seen.fact, &only.property), Some(siyu_behaviour::Value::Text(own)) if only.values.contains(own))
        }
    };
    let mut found = Vec::new();
    if let Some(Refunds { select, key }) = &question.refunds {
        for refund in world.of(person, select) {
            let order = property(refund.fact, key);
            let named = |own: &&usize| order.is_some() && property(all[**own].fact, key) == order;
            let before: Vec<usize> = (0..all.len()).filter(|at| all[*at].fact.at <= refund.fact.at).collect();
            let after: Vec<usize> = (0..all.len()).filter(|at| all[*at].fact.at > refund.fact.at).collect();
            match before.iter().rfind(named).or_else(|| after.iter().find(named)) {
                Some(own) => taken[*own] += amount(&refund),
                None if span(&refund) && counts(&refund) => found.push(One {
                    person,
                    seen: refund,
                    lone: true,
                    nth: 0,
                    value: amount(&refund),
                    refunded: -amount(&refund),
                    touches: Vec::new(),
                }),
                None => {}
            }
        }
    }
    let touches: Vec<_> = world
        .of(person, &question.touch)
        .into_iter()
        .filter(|seen| !matches(&question.conversion, seen.fact))
        .collect();
    for (nth, seen) in all.iter().enumerate().filter(|(_, seen)| span(seen) && counts(seen)) {
        found.push(One {
            person,
            seen: *seen,
            lone: false,
            nth,
            value: amount(seen) + taken[nth],
            refunded: -taken[nth],
            touches: touches.iter().filter(|touch| touch.fact.at <= seen.fact.at).copied().collect(),
        });
    }
    found
}

fn inside<'w>(question: &Attribution, one: &One<'w>, window: TouchWindow) -> Vec<Seen<'w>> {
    let at = one.seen.fact.at;
    let fits = |touch: &&Seen<'_>| match window {
        TouchWindow::SameDay => question.calendar.day(touch.fact.at) == question.calendar.day(at),
        TouchWindow::Days(days) => at - touch.fact.at <= i64::from(days) * DAY,
    };
    one.touches.iter().filter(fits).copied().collect()
}

fn share(value: i64, weights: &[i128]) -> Vec<i64> {
    let total: i128 = weights.iter().sum();
    let size = i128::from(value.abs());
    let mut shares: Vec<i128> = weights.iter().map(|weight| size * weight / total).collect();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(size * weights[*at] % total));
    for at in order.into_iter().take((size - shares.iter().sum::<i128>()) as usize) {
        shares[at] += 1;
    }
    shares.into_iter().map(|share| share as i64 * value.signum()).collect()
}

fn weights(question: &Attribution, model: Model, touches: &[Seen<'_>]) -> Vec<i128> {
    let n = touches.len();
    let last = n - 1;
    (0..n)
        .map(|at| match model {
            Model::Last => i128::from(at == last),
            Model::First => i128::from(at == 0),
            Model::Linear => 1,
            // In tenths, times the number of those between.
            Model::Position => match n {
                1 | 2 => 1,
                _ if at == 0 || at == last => 4 * (n as i128 - 2),
                _ => 2,
            },
            Model::Decay => {
                let age = (touches[last].fact.at - touches[at].fact.at) as f64;
                ((1u64 << 40) as f64 * (-age / question.half_life as f64).exp2()).round() as i128
            }
        })
        .collect()
}

fn name(question: &Attribution, touch: &Seen<'_>) -> Option<String> {
    match &question.touch_by {
        None => Some(touch.fact.event.clone()),
        Some(name) => groups(touch.fact, name).remove(0),
    }
}

fn give(question: &Attribution, one: &One<'_>, to: &mut Attributed) {
    let (windows, models) = (&question.windows, &question.models);
    let slots = windows.len() * models.len();
    to.none.resize(slots, Credit::default());
    to.conversions += u64::from(!one.lone);
    to.value += one.value;
    to.refunded += one.refunded;
    let whole = if one.lone { 0 } else { 1_000_000_000 };
    for (m, model) in models.iter().enumerate() {
        for (w, window) in windows.iter().enumerate() {
            let place = m * windows.len() + w;
            let touches = inside(question, one, *window);
            if touches.is_empty() {
                to.none[place].conversions += whole as u64;
                to.none[place].value += one.value;
                continue;
            }
            let weights = weights(question, *model, &touches);
            let (counts, values) = (share(whole, &weights), share(one.value, &weights));
            for (at, touch) in touches.iter().enumerate() {
                let own = to.touches.entry(name(question, touch)).or_insert_with(|| vec![Credit::default(); slots]);
                own[place].conversions += counts[at] as u64;
                own[place].value += values[at];
            }
        }
    }
}

fn groups_here(question: &Attribution, one: &One<'_>) -> Vec<Option<String>> {
    groups_of(&question.by, one.person, one.seen.fact)
}

/// Touches that got nothing, and groups with nothing in them, are not listed.
fn tidy(mut own: Attributed) -> Attributed {
    own.touches.retain(|_, credits| credits.iter().any(|credit| *credit != Credit::default()));
    own
}

proptest! {
    #[test]
    fn money_is_shared_out_to_the_cent(world in worlds(), question in attributions()) {
        let question = Attribution { calendar: world.calendar(), ..question };
        check(&world, &question);
    }
}

/// Against the reference.
pub fn check(world: &World, question: &Attribution) {
    let slots = question.windows.len() * question.models.len();
    let all: Vec<One<'_>> =
        world.people().into_iter().flat_map(|person| conversions(world, question, person)).collect();
    let mut expected = Attributed { none: vec![Credit::default(); slots], ..Attributed::default() };
    let mut groups: BTreeMap<Option<String>, Attributed> = BTreeMap::new();
    for one in &all {
        give(question, one, &mut expected);
        for group in groups_here(question, one) {
            give(question, one, groups.entry(group).or_default());
        }
    }
    // Groups in which nothing is left may or may not be listed.
    let some = |own: &Attributed| own.conversions > 0 || own.value != 0 || own.refunded != 0;
    groups.retain(|_, own| some(own));
    let mut partial = run(world, question);
    partial.groups.0.retain(|_, own| some(own));
    partial.all.none.resize(slots, Credit::default());
    assert_eq!(&partial.all, &tidy(expected.clone()));
    assert_eq!(partial.groups.0.keys().collect::<Vec<_>>(), groups.keys().collect::<Vec<_>>());
    for (group, own) in &groups {
        assert_eq!(&partial.groups.0[group], &tidy(own.clone()));
    }
    // Nothing is lost, nothing is made.
    for place in 0..slots {
        let credits = || partial.all.touches.values().map(|credits| credits[place]).chain([partial.all.none[place]]);
        assert_eq!(credits().map(|credit| credit.value).sum::<i64>(), partial.all.value);
        assert_eq!(credits().map(|credit| credit.conversions).sum::<u64>(), partial.all.conversions * 1_000_000_000);
    }
    // The people and the orders behind each number.
    let touches: Vec<_> = [None, Some(None)]
        .into_iter()
        .chain(expected.touches.keys().take(5).cloned().map(|own| Some(Some(own))))
        .collect();
    let wanted: Vec<_> = [None].into_iter().chain(groups.keys().take(5).cloned().map(Some)).collect();
    for (model, window) in [(0, 0), (question.models.len() - 1, question.windows.len() - 1)] {
        for touch in &touches {
            for group in &wanted {
                let cell = AttributionCell { touch: touch.clone(), model, window, group: group.clone() };
                let mut lines = Vec::new();
                for one in all.iter().filter(|one| {
                    !one.lone && group.as_ref().is_none_or(|group| groups_here(question, one).contains(group))
                }) {
                    let own = inside(question, one, question.windows[window]);
                    let mut listed = Vec::new();
                    if !own.is_empty() {
                        let weights = weights(question, question.models[model], &own);
                        let (counts, values) = (share(1_000_000_000, &weights), share(one.value, &weights));
                        listed.extend(own.iter().enumerate().map(|(at, touch)| CreditTouch {
                            at: touch.fact.at,
                            touch: name(question, touch),
                            share: counts[at] as u64,
                            credit: values[at],
                        }));
                    }
                    let (counted, credit) = match touch {
                        None => (true, one.value),
                        Some(None) => (own.is_empty(), one.value),
                        Some(Some(touch)) => {
                            let mine = || listed.iter().filter(|own| own.touch == *touch);
                            (mine().any(|own| own.share > 0), mine().map(|own| own.credit).sum())
                        }
                    };
                    if counted {
                        let order =
                            question.refunds.as_ref().and_then(|refunds| match property(one.seen.fact, &refunds.key) {
                                Some(siyu_behaviour::Value::Text(order)) => Some(order.clone()),
                                _ => None,
                            });
                        lines.push(CreditLine {
                            at: one.seen.fact.at,
                            person: one.person,
                            place: one.nth as u32,
                            order,
                            value: one.value,
                            refunded: one.refunded,
                            credit,
                            touches: listed,
                        });
                    }
                }
                lines.sort_by_key(|line| (line.at, line.person, line.place));
                let mut people: Vec<u32> = lines.iter().map(|line| line.person).collect();
                people.sort_unstable();
                people.dedup();
                assert_eq!(behind(world, question, &cell), people);
                // Page by page.
                let (mut paged, mut after) = (Vec::new(), None);
                loop {
                    let credits =
                        Credits { kernel: question, cell: &cell, after, limit: lines.len().div_ceil(3).max(2) };
                    let page = credits.page(run(world, &credits));
                    let Some(last) = page.last() else { break };
                    after = Some((last.at, last.person, last.place));
                    paged.extend(page);
                }
                assert_eq!(paged, lines);
            }
        }
    }
}
