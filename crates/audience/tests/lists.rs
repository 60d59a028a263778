//! The people list and rule tags, on either engine.
#![allow(clippy::unwrap_used)]

mod common;

use common::{World, migrations};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;
use siyu_audience::{Filter, Scope, Sort};
use siyu_kernel::{Identifier, Kind, PersonNum};
use siyu_testkit::{TestDb, contract};
use std::collections::BTreeSet;

contract!(migrations();
    pages_neither_skip_nor_repeat, filters_hold_together, what_the_home_page_counts_can_be_listed, the_search_box, a_scope_never_leaks, bad_tokens_and_ranges_are_refused,
    a_rule_tag_follows_its_rule, an_unmerge_moves_rule_tags_back, what_is_due, a_rule_that_fails_stops_no_other, an_expired_rule_tag_is_given_anew);

const SORTS: [Sort; 5] = [Sort::CreatedDesc, Sort::Created, Sort::OrdersDesc, Sort::AmountDesc, Sort::LastOrderDesc];

/// Sixty people, many with equal amounts, some without orders, some merged.
fn crowd(test: TestDb) -> (World, Vec<PersonNum>) {
    let world = World::new(test);
    let nums: Vec<PersonNum> = (0..60)
        .map(|i| {
            let kinds = [format!("member_no:M{i}"), format!("phone:139{i:08}")];
            world.person(&kinds.iter().take(1 + i % 2).map(String::as_str).collect::<Vec<_>>())
        })
        .collect();
    for (i, num) in nums.iter().enumerate().filter(|(i, _)| i % 4 != 0) {
        world.order(*num, i as i64 % 3, 1_000 * (i as i64 % 2), Some(if i % 5 == 0 { "S2" } else { "S1" }));
    }
    // Kept: the one with the phone, wherever it stands; so roots are older or younger than what joined them.
    for (a, b) in [(0, 1), (3, 4), (5, 10), (20, 40), (40, 41), (58, 59), (30, 2)] {
        world.merge(nums[a], nums[b]);
    }
    let roots: BTreeSet<PersonNum> = nums.iter().map(|num| world.root(*num)).collect();
    (world, roots.into_iter().collect())
}

fn pages_neither_skip_nor_repeat(test: TestDb) {
    let (world, roots) = crowd(test);
    let filters = [
        Filter::default(),
        Filter { has: Some(Kind::Phone), ..Filter::default() },
        Filter { orders_max: Some(0), ..Filter::default() },
        Filter { amount_max: Some(1_000), ..Filter::default() },
        Filter { amount_min: Some(1), ..Filter::default() },
    ];
    let scopes = [Scope::All, Scope::Stores(vec!["S1".into()]), Scope::Stores(vec!["S2".into(), "S9".into()])];
    let mut runner = TestRunner::new(Config { cases: 24, failure_persistence: None, ..Config::default() });
    let strategy = (0..SORTS.len(), 0..filters.len(), 0..scopes.len(), 1usize..20);
    runner
        .run(&strategy, |(sort, filter, scope, limit)| {
            let (sort, filter, scope) = (SORTS[sort], &filters[filter], &scopes[scope]);
            let whole = world.page(filter, sort, None, 200, scope).unwrap();
            prop_assert_eq!(whole.next, None);
            prop_assert_eq!(&world.pages(filter, sort, limit, scope), &whole.people);
            let set: BTreeSet<_> = whole.people.iter().copied().collect();
            prop_assert_eq!(set.len(), whole.people.len(), "nobody twice");
            prop_assert!(whole.total.is_none_or(|total| total == set.len() as u64));
            for other in SORTS {
                let again: BTreeSet<_> = world.pages(filter, other, 7, scope).into_iter().collect();
                prop_assert_eq!(&again, &set, "every order shows the same people");
            }
            Ok(())
        })
        .unwrap();
    let all = Filter::default();
    let set: BTreeSet<_> = world.pages(&all, Sort::AmountDesc, 7, &Scope::All).into_iter().collect();
    assert_eq!(set, roots.iter().copied().collect());
    let (up, mut down) =
        (world.pages(&all, Sort::Created, 7, &Scope::All), world.pages(&all, Sort::CreatedDesc, 7, &Scope::All));
    down.reverse();
    assert_eq!(up, down);
    let expected: Vec<PersonNum> = world
        .test
        .db()
        .read(|tx| Ok(tx.query("SELECT root FROM person GROUP BY root ORDER BY MIN(num)", &[], |row| row.num(0))?))
        .unwrap();
    assert_eq!(up, expected, "in the order in which they were first seen");
    let sql = "SELECT p.num FROM person p LEFT JOIN customer c ON c.root = p.num WHERE p.root = p.num ORDER BY CASE WHEN c.root IS NULL THEN 1 ELSE 0 END, c.amount DESC, p.num DESC";
    let expected: Vec<PersonNum> = world.test.db().read(|tx| Ok(tx.query(sql, &[], |row| row.num(0))?)).unwrap();
    assert_eq!(world.pages(&all, Sort::AmountDesc, 7, &Scope::All), expected);
}

fn filters_hold_together(test: TestDb) {
    let world = World::new(test);
    world.test.clock.set(world.ago(30));
    let ann = world.person(&["phone:13912345678"]);
    world.test.clock.set(world.ago(-20));
    let bob = world.person(&["member_no:M1"]);
    world.test.clock.set(world.ago(-10));
    world.order(ann, 20, 500, Some("S1"));
    world.order(ann, 3, 500, Some("S2"));
    world.order(bob, 3, 100, Some("S1"));
    let vip = world.tag("vip", None, None);
    world.give(&vip, bob);
    let filter = Filter::default;
    let at = |days| Some(world.ago(days));
    let cases = [
        (Filter { identifier: Some(Identifier::parse("phone:+86 139 1234 5678").unwrap()), ..filter() }, vec![ann]),
        (Filter { identifier: Some(Identifier::parse("phone:13900000000").unwrap()), ..filter() }, vec![]),
        (Filter { tag: Some(vip.clone()), ..filter() }, vec![bob]),
        (Filter { tag: Some("tag_gone".into()), ..filter() }, vec![]),
        (Filter { has: Some(Kind::Phone), ..filter() }, vec![ann]),
        (Filter { store: Some("S1".into()), ..filter() }, vec![bob, ann]),
        (Filter { store: Some("S2".into()), tag: Some(vip), ..filter() }, vec![]),
        (Filter { orders_min: Some(2), ..filter() }, vec![ann]),
        (Filter { orders_min: Some(1), orders_max: Some(1), ..filter() }, vec![bob]),
        (Filter { amount_min: Some(100), amount_max: Some(999), ..filter() }, vec![bob]),
        (Filter { created_from: at(30), created_to: at(11), ..filter() }, vec![ann]),
        (Filter { created_from: at(10), ..filter() }, vec![bob]),
        (Filter { last_order_from: at(3), last_order_to: at(3), ..filter() }, vec![bob, ann]),
        (Filter { last_order_to: at(4), ..filter() }, vec![]),
    ];
    for (filter, want) in cases {
        assert_eq!(world.pages(&filter, Sort::CreatedDesc, 10, &Scope::All), want, "{filter:?}");
    }
}

fn what_the_home_page_counts_can_be_listed(test: TestDb) {
    let world = World::new(test);
    let [ann, bob, eve, dan] =
        ["member_no:M1", "member_no:M2", "phone:13912345678", "phone:13912345679"].map(|id| world.person(&[id]));
    let edge = world.merge(ann, eve);
    let kept = world.root(ann);
    let list = |filter: Filter| world.pages(&filter, Sort::CreatedDesc, 10, &Scope::All);
    let (merged, conflict) =
        (Filter { merged: true, ..Filter::default() }, Filter { conflict: true, ..Filter::default() });
    let nobody: Vec<PersonNum> = Vec::new();
    assert_eq!(list(merged.clone()), [kept]);
    assert_eq!(list(conflict.clone()), nobody);
    world.split(edge);
    assert_eq!(list(merged), nobody, "a merge that was undone");
    // Declared to be two people: the phone is not followed.
    world.person(&["member_no:M1", "phone:13912345678"]);
    assert_eq!(list(conflict.clone()), [ann]);
    assert_eq!(list(Filter { tag: Some("tag_gone".into()), ..conflict }), nobody, "with other filters");

    let expiring = |days: i64| list(Filter { tag_expires_to: Some(world.ago(-days)), ..Filter::default() });
    for (name, ttl, num) in [("soon", Some(5), bob), ("late", Some(60), ann), ("never", None, dan)] {
        let tag = world.tag(name, None, ttl);
        world.give(&tag, num);
    }
    assert_eq!((expiring(4), expiring(5), expiring(61)), (vec![], vec![bob], vec![bob, ann]));
    world.test.clock.set(world.ago(-6));
    assert_eq!(expiring(7), nobody, "what has run out expires no more");
}

fn the_search_box(test: TestDb) {
    let world = World::new(test);
    let ann = world.person(&["phone:13912345678", "ext:tmall:Buyer 9"]);
    let bob = world.person(&["member_no:M1", "email:bob@example.com"]);
    world.set(ann, "name", json!("Ann Li 李安"), world.ago(1));
    world.set(bob, "nickname", json!("ANNE"), world.ago(1));
    let id = world.people.id(bob);
    for (text, want) in [
        ("139 1234 5678", vec![ann]),
        ("1391234567", vec![]),
        ("Bob@Example.com", vec![bob]),
        ("M1", vec![bob]),
        ("member_no:M1", vec![bob]),
        ("Buyer 9", vec![ann]),
        (&id, vec![bob]),
        ("ann", vec![bob, ann]),
        ("李安", vec![ann]),
        (" ", vec![bob, ann]),
        ("nobody", vec![]),
        ("%", vec![]),
    ] {
        let filter = Filter { q: Some(text.into()), ..Filter::default() };
        assert_eq!(world.pages(&filter, Sort::CreatedDesc, 10, &Scope::All), want, "{text}");
    }
    world.merge(ann, bob);
    world.set(ann, "name", json!("Zoe"), world.ago(0));
    let filter = Filter { q: Some("李安".into()), ..Filter::default() };
    assert_eq!(world.pages(&filter, Sort::CreatedDesc, 10, &Scope::All), [0; 0], "a name that was replaced");
}

fn a_scope_never_leaks(test: TestDb) {
    let (world, roots) = crowd(test);
    let scope = Scope::Stores(vec!["S2".into()]);
    let sql = "SELECT DISTINCT v.root FROM person_store v JOIN store s ON s.id = v.store WHERE s.code = 'S2'";
    let inside: BTreeSet<PersonNum> =
        world.test.db().read(|tx| Ok(tx.query(sql, &[], |row| row.num(0))?)).unwrap().into_iter().collect();
    assert!(!inside.is_empty() && inside.len() < roots.len() / 2);
    for root in &roots {
        let seen = |scope: &Scope| world.test.db().read(|tx| world.audience.visible(tx, *root, scope)).unwrap();
        assert_eq!(
            (seen(&Scope::All), seen(&scope), seen(&Scope::Stores(vec![]))),
            (true, inside.contains(root), false)
        );
        let id = Filter { q: Some(world.people.id(*root)), ..Filter::default() };
        assert_eq!(!world.pages(&id, Sort::Created, 5, &scope).is_empty(), inside.contains(root));
    }
    for sort in SORTS {
        for filter in [
            Filter::default(),
            Filter { orders_max: Some(9), ..Filter::default() },
            Filter { store: Some("S1".into()), ..Filter::default() },
        ] {
            assert!(world.pages(&filter, sort, 3, &scope).iter().all(|root| inside.contains(root)));
            assert_eq!(world.pages(&filter, sort, 3, &Scope::Stores(vec![])), [0; 0]);
        }
    }
}

fn bad_tokens_and_ranges_are_refused(test: TestDb) {
    let (world, _) = crowd(test);
    let next = world.page(&Filter::default(), Sort::AmountDesc, None, 3, &Scope::All).unwrap().next.unwrap();
    let refusal = world.page(&Filter::default(), Sort::OrdersDesc, Some(&next), 3, &Scope::All).unwrap_err();
    assert_eq!((refusal.code, refusal.field.as_deref()), ("page_token", Some("after")));
    let filter = Filter { orders_min: Some(3), orders_max: Some(2), ..Filter::default() };
    assert_eq!(
        world.page(&filter, Sort::Created, None, 3, &Scope::All).unwrap_err().field.as_deref(),
        Some("orders_min")
    );
    assert_eq!(world.page(&Filter::default(), Sort::Created, None, 0, &Scope::All).unwrap().people.len(), 1);
}

fn many_orders() -> serde_json::Value {
    json!({"all": [{"field": "orders.count", "op": "gte", "value": 2}]})
}

fn a_rule_tag_follows_its_rule(test: TestDb) {
    let world = World::new(test);
    let (ann, bob) = (world.person(&["member_no:A"]), world.person(&["member_no:B"]));
    let tag = world.tag("loyal", Some(&many_orders()), None);
    let run = || world.audience.run_tag(world.test.db(), &tag, "usr_1", &world.ctx()).unwrap();
    let order = world.order(ann, 3, 100, None);
    assert_eq!((run().people, world.carriers(&tag)), (0, vec![]));
    world.order(ann, 2, 100, None);
    let report = run();
    assert_eq!((report.added, report.removed, report.people, world.carriers(&tag)), (1, 0, 1, vec![ann]));
    assert_eq!(run(), siyu_audience::RunReport { people: 1, ..Default::default() }, "running again changes nothing");
    let history = world.test.db().read(|tx| Ok(world.people.tag_history(tx, &[ann], None, 10)?)).unwrap();
    assert_eq!(
        (history.len(), history[0].source.as_str(), history[0].why.as_str(), history[0].by.as_str()),
        (1, "rule", "订单数 ≥ 2", "usr_1")
    );
    // The second order turns out to be bob's.
    let (a, b) = (ann, bob);
    world
        .test
        .db()
        .transact(move |tx| {
            tx.execute("UPDATE orders SET person = $1, root = $1 WHERE order_no = $2", siyu_db::params![b, &order])?;
            siyu_commerce::recount_all(tx, &[(a, vec![a]), (b, vec![b])])
        })
        .unwrap();
    world.order(bob, 0, 100, None);
    let report = run();
    assert_eq!((report.added, report.removed, world.carriers(&tag)), (1, 1, vec![bob]));
    let manual = world.tag("manual", None, None);
    assert_eq!(
        world.audience.run_tag(world.test.db(), &manual, "usr_1", &world.ctx()).unwrap_err().code,
        "tag_not_rule"
    );
}

fn an_unmerge_moves_rule_tags_back(test: TestDb) {
    let world = World::new(test);
    let (ann, bob) = (world.person(&["member_no:A"]), world.person(&["member_no:B"]));
    world.order(ann, 3, 100, None);
    world.order(bob, 2, 100, None);
    let tag = world.tag("loyal", Some(&many_orders()), None);
    let run = || world.audience.run_tag(world.test.db(), &tag, "system", &world.ctx()).unwrap();
    assert_eq!(run().people, 0);
    let edge = world.merge(ann, bob);
    let report = run();
    assert_eq!(
        (report.added, report.people, world.carriers(&tag)),
        (1, 1, vec![world.root(ann)]),
        "two orders together, one person"
    );
    world.split(edge);
    let report = run();
    assert_eq!((report.removed, report.people, world.carriers(&tag)), (1, 0, vec![]));
    // Each fits alone; merged they are one carrier, parted two again.
    world.order(ann, 1, 100, None);
    world.order(bob, 1, 100, None);
    assert_eq!(run().added, 2);
    let edge = world.merge(ann, bob);
    let report = run();
    assert_eq!((report.added, report.removed, report.people, world.carriers(&tag).len()), (0, 0, 1, 1));
    world.split(edge);
    assert_eq!((run().people, world.carriers(&tag)), (2, vec![ann, bob]));
}

fn what_is_due(test: TestDb) {
    let world = World::new(test);
    let ann = world.person(&["member_no:A"]);
    // Named so that the one that depends on the other would come first.
    let loyal = world.tag("loyal", Some(&many_orders()), None);
    let idle = json!({"all": [{"field": "tag", "op": "eq", "value": loyal}, {"field": "orders.days_since_last", "op": "gte", "value": 2}]});
    let idle = world.tag("idle", Some(&idle), None);
    world.tag("manual", None, None);
    let round = || {
        let report = world.audience.run_due(world.test.db(), &world.ctx()).unwrap();
        assert!(report.failed.is_empty());
        (report.evaluated, report.added, report.removed)
    };
    assert_eq!((round(), round()), ((2, 0, 0), (0, 0, 0)));
    world.order(ann, 0, 100, None);
    world.order(ann, 0, 100, None);
    assert_eq!(round(), (0, 0, 0), "not within five minutes");
    world.test.clock.advance_seconds(300);
    assert_eq!(round(), (2, 1, 0));
    world.test.clock.advance_seconds(300);
    assert_eq!(round(), (1, 0, 0), "giving the tag is a change too, which only the other one has seen");
    world.test.clock.advance_seconds(300);
    assert_eq!(round(), (0, 0, 0));
    world.test.clock.advance_seconds(86_400);
    assert_eq!(round(), (2, 0, 0), "a day has begun");
    world.test.clock.advance_seconds(86_400);
    assert_eq!((round(), world.carriers(&idle)), ((2, 1, 0), vec![ann]));
    let (people, now, id) = (world.people.clone(), world.ago(0), loyal.clone());
    let patch = siyu_people::TagPatch {
        rule: Some(json!({"all": [{"field": "orders.count", "op": "gte", "value": 9}]}).to_string()),
        ..Default::default()
    };
    world.test.db().transact(move |tx| people.patch_tag(tx, &id, &patch, now)).unwrap();
    assert_eq!(round(), (1, 0, 1), "the rule changed");
    world.test.clock.advance_seconds(3600);
    assert_eq!(round(), (2, 0, 1));
}

fn a_rule_that_fails_stops_no_other(test: TestDb) {
    let world = World::new(test);
    let ann = world.person(&["member_no:A"]);
    let gone = world.tag("gone", None, None);
    world.give(&gone, ann);
    let broken = world.tag("broken", Some(&json!({"not": [{"field": "tag", "op": "ne", "value": gone}]})), None);
    let fine = world.tag("fine", Some(&json!({"all": [{"field": "orders.count", "op": "eq", "value": 0}]})), None);
    assert_eq!(world.audience.run_due(world.test.db(), &world.ctx()).unwrap().added, 2);
    let people = world.people.clone();
    world.test.db().transact(move |tx| people.delete_tag(tx, &gone)).unwrap();
    world.test.clock.advance_seconds(3600);
    let report = world.audience.run_due(world.test.db(), &world.ctx()).unwrap();
    assert_eq!((report.evaluated, report.failed.len(), report.failed[0].1.code), (1, 1, "rule_tag"));
    assert_eq!(
        (world.carriers(&broken), world.carriers(&fine)),
        (vec![ann], vec![ann]),
        "nobody loses a tag to a broken rule"
    );
    assert!(
        world.audience.run_due(world.test.db(), &world.ctx()).unwrap().failed.is_empty(),
        "not asked again at once"
    );
}

fn an_expired_rule_tag_is_given_anew(test: TestDb) {
    let world = World::new(test);
    let ann = world.person(&["member_no:A"]);
    let tag = world.tag("week", Some(&json!({"all": [{"field": "orders.count", "op": "eq", "value": 0}]})), Some(7));
    assert_eq!(world.audience.run_due(world.test.db(), &world.ctx()).unwrap().added, 1);
    world.test.clock.advance_seconds(8 * 86_400);
    assert_eq!(world.carriers(&tag), [0; 0], "run out, swept or not");
    let report = world.audience.run_due(world.test.db(), &world.ctx()).unwrap();
    assert_eq!((report.expired, report.added, world.carriers(&tag)), (1, 1, vec![ann]));
    world.test.clock.advance_seconds(8 * 86_400);
    assert_eq!(
        world.audience.run_tag(world.test.db(), &tag, "system", &world.ctx()).unwrap().added,
        1,
        "not swept yet"
    );
    assert_eq!((world.carriers(&tag), world.audience.sweep(world.test.db(), world.ago(0)).unwrap()), (vec![ann], 0));
}
