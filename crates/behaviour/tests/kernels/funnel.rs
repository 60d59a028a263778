//! The reference tries every chain there is.

use crate::world::*;
use proptest::prelude::*;
use siyu_behaviour::kernels::*;
use std::collections::BTreeMap;

/// All chains over the first `depth` steps, by events of the person.
fn chains<'w>(funnel: &Funnel, events: &[Seen<'w>], depth: usize) -> Vec<Vec<Seen<'w>>> {
    let key = |seen: &Seen<'w>| question_key(&funnel.steps, seen);
    let mut all: Vec<Vec<Seen<'w>>> = vec![Vec::new()];
    for step in 0..depth {
        let mut longer = Vec::new();
        for chain in &all {
            for event in events.iter().filter(|event| matches(&funnel.steps[step], event.fact)) {
                let fits = match (chain.first(), chain.last()) {
                    (Some(first), Some(last)) => {
                        key(event) > key(last) && event.fact.at - first.fact.at <= funnel.window
                    }
                    _ => event.fact.at >= funnel.from && event.fact.at < funnel.to,
                };
                if fits {
                    longer.push(chain.iter().copied().chain([*event]).collect());
                }
            }
        }
        all = longer;
    }
    all.retain(|chain: &Vec<Seen<'w>>| {
        funnel.exclude.iter().all(|exclusion| {
            let Some(after) = chain.get(exclusion.after) else { return true };
            let before = &chain[exclusion.before.min(depth - 1)];
            !events.iter().any(|event| {
                matches(&exclusion.select, event.fact)
                    && event.fact.at > after.fact.at
                    && event.fact.at < before.fact.at
            })
        })
    });
    all
}

/// The deepest step somebody reaches, and the chain that gets there first by the latest events.
fn best<'w>(funnel: &Funnel, events: &[Seen<'w>]) -> Option<Vec<Seen<'w>>> {
    let key = |seen: &Seen<'w>| question_key(&funnel.steps, seen);
    (1..=funnel.steps.len()).rev().find_map(|depth| {
        chains(funnel, events, depth).into_iter().min_by(|a, b| {
            let (a_end, b_end) = (key(&a[depth - 1]), key(&b[depth - 1]));
            let back = |chain: &[Seen<'w>]| chain[..depth - 1].iter().rev().map(key).collect::<Vec<_>>();
            a_end.cmp(&b_end).then_with(|| back(b).cmp(&back(a)))
        })
    })
}

fn funnels() -> impl Strategy<Value = Funnel> {
    let exclusion = (selects(), 0usize..3, 1usize..3);
    (
        proptest::collection::vec(selects(), 2..=4),
        prop_oneof![Just(0i64), Just(6), Just(24), Just(72), Just(168), Just(24 * 20)],
        spans(),
        proptest::collection::vec(exclusion, 0..2),
        bys(),
    )
        .prop_map(|(steps, hours, (from, to), exclude, by)| {
            let last = steps.len() - 1;
            let exclude = exclude
                .into_iter()
                .map(|(select, after, length)| {
                    let after = after.min(last - 1);
                    Exclusion { select, after, before: (after + length).min(last) }
                })
                .collect();
            let calendar = worlds_calendar();
            Funnel { steps, window: hours * HOUR, from, to, exclude, by, timings: true, calendar }
        })
}

fn worlds_calendar() -> std::sync::Arc<siyu_behaviour::Calendar> {
    std::sync::Arc::new(siyu_behaviour::Calendar::new(&siyu_kernel::Zone::utc(), FIRST_DAY, FIRST_DAY))
}

proptest! {
    #[test]
    fn funnels_find_the_deepest_chain(world in worlds(), funnel in funnels()) {
        let funnel = Funnel { calendar: world.calendar(), ..funnel };
        check(&world, &funnel);
    }
}

/// Against the reference.
pub fn check(world: &World, funnel: &Funnel) {
    let steps = funnel.steps.len();
    let mut all = vec![0u64; steps];
    let mut groups: BTreeMap<Option<String>, Reached> = BTreeMap::new();
    let mut seconds: Vec<Vec<u32>> = vec![Vec::new(); steps - 1];
    let mut deepest = Vec::new();
    for person in world.people() {
        let history = world.history(person);
        let chain = best(funnel, &history);
        deepest.push((
            person,
            chain.as_ref().map_or(0, Vec::len),
            chain.as_ref().map_or(Vec::new(), |c| groups_of(&funnel.by, person, c[0].fact)),
        ));
        let Some(chain) = chain else { continue };
        for step in 0..chain.len() {
            all[step] += 1;
            if step > 0 {
                seconds[step - 1].push(((chain[step].fact.at - chain[step - 1].fact.at) / 1_000_000) as u32);
            }
        }
        for group in groups_of(&funnel.by, person, chain[0].fact) {
            let own = groups.entry(group).or_insert_with(|| Reached(vec![0; steps]));
            (0..chain.len()).for_each(|step| own.0[step] += 1);
        }
    }
    let mut partial = run(world, funnel);
    let timed = funnel.exclude.is_empty();
    partial.all.0.resize(steps, 0);
    partial.seconds.resize(steps - 1, Vec::new());
    assert_eq!(&partial.all.0, &all);
    assert_eq!(&partial.groups.0, &groups);
    for (own, expected) in partial.seconds.iter_mut().zip(&mut seconds) {
        own.sort_unstable();
        expected.sort_unstable();
    }
    assert!(!timed || partial.seconds == seconds, "{:?} {:?}", partial.seconds, seconds);
    // Without times and groups another loop counts.
    let plain = Funnel { timings: false, by: By::Nothing, ..funnel.clone() };
    let mut counted = run(world, &plain).all.0;
    counted.resize(steps, 0);
    assert_eq!(&counted, &all);
    for step in 0..steps {
        for dropped in [false, true] {
            for group in [None].into_iter().chain(groups.keys().cloned().map(Some)) {
                let cell = FunnelCell { step, dropped, group: group.clone() };
                let fits = |depth: usize| if dropped { step > 0 && depth == step } else { depth > step };
                let expected: Vec<u32> = deepest
                    .iter()
                    .filter(|(_, depth, own)| fits(*depth) && group.as_ref().is_none_or(|group| own.contains(group)))
                    .map(|(person, ..)| *person)
                    .collect();
                assert_eq!(behind(world, funnel, &cell), expected);
            }
        }
    }
}
