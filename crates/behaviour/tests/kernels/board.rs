//! The reference fills a table of rows and people; the catalogue counts facts.

use crate::world::*;
use proptest::prelude::*;
use siyu_behaviour::kernels::*;
use siyu_behaviour::{ColumnKind, Value};
use std::collections::{BTreeMap, BTreeSet};

proptest! {
    #[test]
    fn side_by_side(
        world in worlds(),
        by in prop_oneof![Just("channel".to_owned()), Just("tags".to_owned())],
        (orders, refunds) in (selects(), proptest::option::of(selects())),
        (from, length) in (-5i32..40, 0i32..40),
    ) {
        let calendar = world.calendar();
        let (from_day, to_day) = (FIRST_DAY + from, FIRST_DAY + from + length);
        let question = Board { by, orders, refunds, value: "amount".into(), from_day, to_day, calendar: calendar.clone() };
        check(&world, &question);
    }

    #[test]
    fn what_there_is(world in worlds()) {
        let mut expected: BTreeMap<String, EventFacts> = BTreeMap::new();
        let mut people: BTreeMap<String, BTreeSet<u32>> = BTreeMap::new();
        // Texts are counted in whole parts, so worlds with hidden people say less about them.
        prop_assume!(world.hidden.is_empty());
        for person in world.people() {
            for seen in world.history(person) {
                let own = expected.entry(seen.fact.event.clone()).or_default();
                own.count += 1;
                people.entry(seen.fact.event.clone()).or_default().insert(person);
                for (name, value) in &seen.fact.properties {
                    let own = own.properties.entry(name.clone()).or_default();
                    own.kinds.insert(value.kind());
                    match value {
                        Value::Text(text) => *own.texts.entry(text.clone()).or_default() += 1,
                        Value::List(list) => list.iter().for_each(|text| *own.texts.entry(text.clone()).or_default() += 1),
                        _ => {}
                    }
                }
            }
        }
        for (event, own) in &mut expected {
            own.people = people[event].len() as u64;
        }
        let found = run(&world, &Catalogue { texts: 100 }).0;
        prop_assert_eq!(&found, &expected);
        let few = run(&world, &Catalogue { texts: 1 }).0;
        for (event, own) in &expected {
            for (name, own) in &own.properties {
                let few = &few[event].properties[name];
                prop_assert!(few.more_texts || few.texts == own.texts);
                prop_assert!(few.texts.iter().all(|(text, count)| own.texts[text] >= *count));
                prop_assert_eq!(own.kinds.contains(&ColumnKind::Text), name == "channel" || name == "order");
            }
        }
    }
}

/// Against the reference.
pub fn check(world: &World, question: &Board) {
    let (calendar, from_day, to_day) = (question.calendar.clone(), question.from_day, question.to_day);
    let mut rows: BTreeMap<Option<String>, BoardRow> = BTreeMap::new();
    let mut who: BTreeMap<(Option<String>, usize), BTreeSet<u32>> = BTreeMap::new();
    for person in world.people() {
        let mut mine: BTreeMap<Option<String>, Vec<(i32, Seen<'_>)>> = BTreeMap::new();
        for seen in world.history(person) {
            let day = calendar.day(seen.fact.at);
            for row in groups(seen.fact, &question.by) {
                if day <= to_day {
                    mine.entry(row).or_default().push((day, seen));
                }
            }
        }
        for (row, events) in mine {
            let own = rows.entry(row.clone()).or_default();
            let inside: Vec<_> = events.iter().filter(|(day, _)| *day >= from_day).collect();
            let ordered: Vec<_> = inside.iter().filter(|(_, seen)| matches(&question.orders, seen.fact)).collect();
            let days: BTreeSet<i32> = ordered.iter().map(|(day, _)| *day).collect();
            let back = inside.iter().filter(|(_, seen)| {
                !matches(&question.orders, seen.fact)
                    && question.refunds.as_ref().is_some_and(|refunds| matches(refunds, seen.fact))
            });
            own.orders += ordered.len() as u64;
            own.value += ordered.iter().map(|(_, seen)| whole(seen.fact, "amount")).sum::<i64>();
            own.refunded -= back.map(|(_, seen)| whole(seen.fact, "amount")).sum::<i64>();
            let facts = [true, events[0].0 >= from_day, !inside.is_empty(), !ordered.is_empty(), days.len() > 1];
            let counts =
                [&mut own.people, &mut own.new_people, &mut own.active, &mut own.buyers, &mut own.repeat_buyers];
            for (at, (holds, count)) in facts.into_iter().zip(counts).enumerate() {
                if holds {
                    *count += 1;
                    who.entry((row.clone(), at)).or_default().insert(person);
                }
            }
        }
    }
    assert_eq!(&run(world, question).0, &rows);
    let all = [BoardWhich::People, BoardWhich::New, BoardWhich::Active, BoardWhich::Buyers, BoardWhich::RepeatBuyers];
    for row in rows.keys() {
        for (at, which) in all.into_iter().enumerate() {
            let own: Vec<u32> = who.get(&(row.clone(), at)).into_iter().flatten().copied().collect();
            assert_eq!(behind(world, question, &BoardCell { row: row.clone(), which }), own);
        }
    }
}
