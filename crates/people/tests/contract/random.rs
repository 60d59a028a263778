//! Whatever comes in whatever order.

use crate::house::{House, MIGRATIONS};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use siyu_people::IdentityRules;
use siyu_testkit::{TestDb, contract};
use std::collections::{BTreeMap, BTreeSet};

contract!(MIGRATIONS; without_limits_people_are_connected_identifiers, invariants_outlive_anything);

const STRONG: [&str; 6] = ["unionid", "user_id", "phone", "email", "pos_no", "ext:till"];

/// `case` keeps the cases of one database apart.
fn identifier(case: usize, kind: &str, n: usize) -> String {
    match kind {
        "phone" => format!("phone:13{case:05}{n:04}"),
        "email" => format!("email:p{n}@c{case}.example"),
        _ => format!("{kind}:c{case}-{n}"),
    }
}
fn messages(
    kinds: &'static [&'static str],
    values: usize,
    count: usize,
) -> impl Strategy<Value = Vec<Vec<(&'static str, usize)>>> {
    let one = (prop::sample::select(kinds), 0..values);
    prop::collection::vec(prop::collection::vec(one, 1..4), 1..count)
}
fn send(h: &House, messages: &[Vec<String>], sizes: &[usize]) {
    let mut rest = messages;
    for size in sizes.iter().cycle() {
        let (now, later) = rest.split_at((*size).min(rest.len()));
        let lists: Vec<Vec<&str>> = now.iter().map(|ids| ids.iter().map(String::as_str).collect()).collect();
        h.batch(&lists.iter().map(Vec::as_slice).collect::<Vec<_>>());
        rest = later;
        if rest.is_empty() {
            return;
        }
    }
}
fn runner(t: &TestDb) -> TestRunner {
    let cases = if t.engine == siyu_db::Engine::Sqlite { 150 } else { 40 };
    TestRunner::new(Config { cases, failure_persistence: None, max_shrink_iters: 200, ..Config::default() })
}

fn without_limits_people_are_connected_identifiers(t: TestDb) {
    let h = House::new(t);
    let people = h.people.clone();
    h.act(move |tx| {
        let mut rules = IdentityRules::default();
        rules.kinds.iter_mut().for_each(|rule| rule.limit = 1000);
        people.save_rules(tx, rules)
    });
    let case = std::cell::Cell::new(0);
    let input = (messages(&STRONG, 6, 25), prop::collection::vec(1usize..8, 1..5))
        .prop_flat_map(|(list, sizes)| (Just(list.clone()), Just(list).prop_shuffle(), Just(sizes)));
    runner(&h.t)
        .run(&input, |(list, shuffled, sizes)| {
            // Twice: the same messages in another order, under names of their own.
            for order in [list, shuffled] {
                case.set(case.get() + 1);
                let named: Vec<Vec<String>> = order
                    .iter()
                    .map(|ids| ids.iter().map(|(kind, n)| identifier(case.get(), kind, *n)).collect())
                    .collect();
                send(&h, &named, &sizes);
                let got: BTreeSet<BTreeSet<String>> = named
                    .iter()
                    .flatten()
                    .fold(BTreeMap::<_, BTreeSet<String>>::new(), |mut by, id| {
                        by.entry(h.who(id).unwrap()).or_default().insert(id.clone());
                        by
                    })
                    .into_values()
                    .collect();
                prop_assert_eq!(got, components(&named));
            }
            Ok(())
        })
        .unwrap();
    h.check();
}

fn components(messages: &[Vec<String>]) -> BTreeSet<BTreeSet<String>> {
    let mut sets: Vec<BTreeSet<String>> = Vec::new();
    for ids in messages {
        let mut joined: BTreeSet<String> = ids.iter().cloned().collect();
        sets.retain(|set| {
            let apart = set.is_disjoint(&joined);
            if !apart {
                joined.extend(set.iter().cloned());
            }
            apart
        });
        sets.push(joined);
    }
    sets.into_iter().collect()
}

#[derive(Clone, Debug)]
enum Act {
    Messages(Vec<Vec<(&'static str, usize)>>),
    Merge(usize, usize),
    Split(usize),
    MergeAndBack(usize, usize),
    Refused(Vec<(&'static str, usize)>),
}

const ALL: [&str; 7] = ["unionid", "user_id", "phone", "pos_no", "ext:till", "device", "anonymous"];

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => messages(&ALL, 5, 5).prop_map(Act::Messages),
        1 => (0usize..50, 0usize..50).prop_map(|(a, b)| Act::Merge(a, b)),
        2 => (0usize..50).prop_map(Act::Split),
        1 => (0usize..50, 0usize..50).prop_map(|(a, b)| Act::MergeAndBack(a, b)),
        1 => messages(&ALL, 5, 2).prop_map(|mut list| Act::Refused(list.remove(0))),
    ]
}

fn invariants_outlive_anything(t: TestDb) {
    let h = House::new(t);
    let case = std::cell::Cell::new(0);
    runner(&h.t)
        .run(&prop::collection::vec(act(), 1..14), |acts| {
            case.set(case.get() + 1);
            let first = h.int("SELECT COALESCE(MAX(num), 0) FROM person");
            let name = |ids: &[(&'static str, usize)]| -> Vec<String> {
                ids.iter().map(|(kind, n)| identifier(case.get(), kind, *n)).collect()
            };
            for act in &acts {
                let roots: Vec<u32> = h
                    .roots()
                    .into_iter()
                    .filter(|(num, root)| num == root && i64::from(*num) > first)
                    .map(|(num, _)| num)
                    .collect();
                let pair = |a: &usize, b: &usize| {
                    (!roots.is_empty())
                        .then(|| (roots[a % roots.len()], roots[b % roots.len()]))
                        .filter(|(a, b)| a != b)
                };
                match act {
                    Act::Messages(list) => {
                        send(&h, &list.iter().map(|ids| name(ids)).collect::<Vec<_>>(), &[list.len()])
                    }
                    Act::Merge(a, b) => drop(pair(a, b).map(|(a, b)| h.merge(a, b).unwrap())),
                    Act::MergeAndBack(a, b) => {
                        if let Some((a, b)) = pair(a, b) {
                            let before = h.roots();
                            h.split(h.merge(a, b).unwrap().edge).unwrap();
                            prop_assert_eq!(h.roots(), before);
                        }
                    }
                    Act::Split(at) => {
                        let edges = h.read(|tx| {
                            Ok(tx.query(
                                "SELECT id FROM merge_edge WHERE undone_at IS NULL AND node_a > $1",
                                &[first.into()],
                                |row| row.int(0),
                            )?)
                        });
                        if !edges.is_empty() {
                            let split = h.split(edges[at % edges.len()]).unwrap();
                            prop_assert!(
                                split.left_nodes.contains(&split.left) && split.right_nodes.contains(&split.right)
                            );
                        }
                    }
                    Act::Refused(ids) => {
                        let (people, ids) = (h.people.clone(), name(ids));
                        let message = h.incoming(&ids.iter().map(String::as_str).collect::<Vec<_>>());
                        let refused = h.db.transact(move |tx| -> Result<(), siyu_kernel::Refusal> {
                            people.resolve(tx, std::slice::from_ref(&message), "test", siyu_kernel::Time(1))?;
                            Err(siyu_kernel::Refusal::invalid("no", "no", "否"))
                        });
                        prop_assert!(refused.is_err());
                    }
                }
            }
            h.check();
            let everything: Vec<String> =
                ALL.iter().flat_map(|kind| (0..5).map(|n| identifier(case.get(), kind, n))).collect();
            h.check_answers(&everything);
            Ok(())
        })
        .unwrap();
}
