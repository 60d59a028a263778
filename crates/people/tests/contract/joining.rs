//! From identifiers to people: the rules, as examples.

use crate::house::{House, MIGRATIONS};
use siyu_db::params;
use siyu_kernel::{Identifier, Refusal, Time};
use siyu_people::IdentityRules;
use siyu_testkit::{TestDb, contract};

contract!(MIGRATIONS;
    anonymous_history_comes_home, a_shared_tablet_merges_nobody, a_phone_joins_two_till_numbers, the_strongest_identifier_survives, a_sixth_account_on_a_phone_is_a_newcomer,
    one_unionid_per_person, values_that_identify_nobody_are_ignored, a_message_with_too_many_of_a_kind, ids_answer_for_ever, one_message_joins_three,
    a_batch_sees_its_own_doings, a_batch_tells_where_people_end, a_refused_unit_leaves_no_memory, other_processes_are_heard, rules_can_be_changed, the_oldest_survives_among_equals);

fn anonymous_history_comes_home(t: TestDb) {
    let h = House::new(t);
    let visitor = h.event("m1", &["anonymous:a1"]);
    let member = h.event("m2", &["anonymous:a1", "user_id:u1"]);
    assert!(visitor.created && !member.created && member.merges.is_empty());
    assert_eq!(h.events(member.root), ["m1", "m2"]);
    // A second browser, whose history was nobody's until now.
    let other = h.event("m3", &["anonymous:a2"]);
    let joined = h.event("m4", &["anonymous:a2", "user_id:u1"]);
    assert_eq!((joined.root, joined.merges.len()), (member.root, 1));
    assert_eq!((joined.merges[0].kept, joined.merges[0].lost), (member.root, other.node));
    assert_eq!(h.events(member.root), ["m1", "m2", "m3", "m4"]);
    h.check();
}

fn a_shared_tablet_merges_nobody(t: TestDb) {
    let h = House::new(t);
    let ann = h.ask(&["device:tablet", "user_id:ann"]);
    let bob = h.ask(&["user_id:bob"]);
    // Bob signs in on Ann's tablet; then somebody who has no account yet.
    assert_eq!(h.ask(&["device:tablet", "user_id:bob"]).root, bob.root);
    let carl = h.ask(&["device:tablet", "user_id:carl"]);
    assert!(carl.created && carl.merges.is_empty());
    assert_eq!(h.count(), 3);
    // The tablet alone still means the one who used it first.
    assert_eq!(h.ask(&["device:tablet"]).root, ann.root);
    assert_eq!(h.conflicts(ann.root), [("shared_device".to_owned(), "device".to_owned())]);
    h.check();
}

fn a_phone_joins_two_till_numbers(t: TestDb) {
    let h = House::new(t);
    let east = h.ask(&["pos_no:E-1"]);
    let west = h.ask(&["pos_no:W-1"]);
    assert_ne!(east.root, west.root);
    h.ask(&["pos_no:E-1", "phone:139 1234 5678"]);
    let joined = h.ask(&["pos_no:W-1", "phone:+86 13912345678"]);
    assert_eq!((joined.root, joined.merges.len()), (east.root, 1));
    assert!(h.one(&["pos_no:E-1", "pos_no:W-1", "phone:13912345678"]));
    let edge = h.read(|tx| h.people.edge(tx, joined.merges[0].edge));
    assert_eq!((edge.reason_kind.as_str(), edge.source.as_str(), edge.by.as_str()), ("pos_no", "test", "rule"));
    h.check();
}

fn the_strongest_identifier_survives(t: TestDb) {
    let h = House::new(t);
    let mail = h.ask(&["email:ann@example.com"]);
    let wechat = h.ask(&["unionid:x1"]);
    let joined = h.ask(&["email:ann@example.com", "unionid:x1"]);
    assert_eq!((joined.root, joined.merges[0].lost), (wechat.root, mail.root));
    h.check();
}

fn the_oldest_survives_among_equals(t: TestDb) {
    let h = House::new(t);
    let (first, second) = (h.ask(&["phone:13912345601"]), h.ask(&["phone:13912345602"]));
    assert_eq!(h.ask(&["phone:13912345602", "phone:13912345601"]).root, first.root.min(second.root));
}

fn a_sixth_account_on_a_phone_is_a_newcomer(t: TestDb) {
    let h = House::new(t);
    for n in 1..=5 {
        h.ask(&["phone:13912345678", &format!("user_id:u{n}")]);
    }
    assert!(h.one(&["phone:13912345678", "user_id:u1", "user_id:u5"]));
    let sixth = h.ask(&["phone:13912345678", "user_id:u6"]);
    let household = h.who("phone:13912345678").unwrap();
    assert!(sixth.created && sixth.root != household);
    assert_eq!(h.conflicts(household), [("limit_reached".to_owned(), "user_id".to_owned())]);
    assert_eq!(h.identifiers(sixth.root), ["user_id:u6"]);
    // Known by now, the sixth is still not merged into the five.
    assert_eq!(h.ask(&["phone:13912345678", "user_id:u6"]).root, sixth.root);
    assert_eq!((h.count(), h.read(|tx| Ok(h.people.conflict_count(tx)?)) >= 2), (2, true));
    h.check();
}

fn one_unionid_per_person(t: TestDb) {
    let h = House::new(t);
    let ann = h.ask(&["unionid:x1", "phone:13912345678"]);
    let newcomer = h.ask(&["unionid:x2", "phone:13912345678"]);
    assert!(newcomer.created && newcomer.root != ann.root);
    assert_eq!(h.ask(&["unionid:x1", "unionid:x2"]).root, ann.root.min(newcomer.root));
    assert!(!h.one(&["unionid:x1", "unionid:x2"]));
    h.check();
}

fn values_that_identify_nobody_are_ignored(t: TestDb) {
    let h = House::new(t);
    assert_eq!(h.try_batch(&[&["phone:00000000000", "user_id:null"]]).unwrap(), [None]);
    let (a, b) = (h.ask(&["user_id:a", "phone:11111111111"]), h.ask(&["user_id:b", "phone:11111111111"]));
    assert_ne!(a.root, b.root);
    assert_eq!(h.identifiers(a.root), ["user_id:a"]);
}

fn a_message_with_too_many_of_a_kind(t: TestDb) {
    let h = House::new(t);
    let found = h.ask(&["unionid:x1", "unionid:x2", "phone:13912345678"]);
    assert_eq!(h.identifiers(found.root), ["unionid:x1", "phone:13912345678"]);
    assert_eq!(h.conflicts(found.root), [("limit_reached".to_owned(), "unionid".to_owned())]);
    let six: Vec<String> = (0..6).map(|n| format!("phone:1391234560{n}")).collect();
    let found = h.ask(&["user_id:u", &six[0], &six[1], &six[2], &six[3], &six[4], &six[5]]);
    assert_eq!(h.identifiers(found.root).len(), 6);
}

fn ids_answer_for_ever(t: TestDb) {
    let mut h = House::new(t);
    let (a, b, c) = (h.ask(&["pos_no:A1"]), h.ask(&["phone:13912345678"]), h.ask(&["user_id:u1"]));
    let ids = [a.root, b.root, c.root].map(|num| h.people.id(num));
    h.ask(&["pos_no:A1", "phone:13912345678"]);
    h.ask(&["pos_no:A1", "user_id:u1"]);
    for (id, num) in ids.iter().zip([a.root, b.root, c.root]) {
        assert_eq!(h.read(|tx| h.people.find(tx, id)), (num, c.root));
    }
    assert_eq!(h.read(|tx| Ok(h.people.roots(tx, &[c.root, a.root, b.root])?)), [c.root; 3]);
    for wrong in ["psn_0000000000000", "usr_1", ""] {
        assert_eq!(h.db.read(|tx| h.people.find(tx, wrong)).unwrap_err().code, "person_unknown");
    }
    h.check();
    // The ids are the same after a restart.
    let House { mut t, desk } = h;
    drop(desk);
    t.reopen();
    h = House::new(t);
    assert_eq!(h.read(|tx| h.people.find(tx, &ids[0])), (a.root, c.root));
}

fn one_message_joins_three(t: TestDb) {
    let h = House::new(t);
    let (a, b, c) = (h.ask(&["pos_no:A1"]), h.ask(&["phone:13912345678"]), h.ask(&["user_id:u1"]));
    let joined = h.ask(&["pos_no:A1", "phone:13912345678", "user_id:u1", "email:ann@example.com"]);
    assert_eq!((joined.root, joined.node, joined.merges.len()), (c.root, c.node, 2));
    assert_eq!(joined.merges[1].nodes, [a.node, b.node, c.node]);
    assert!(h.one(&["pos_no:A1", "phone:13912345678", "user_id:u1", "email:ann@example.com"]));
    // With no new identifier in it, a merge is remembered as well.
    assert_eq!(h.ask(&["pos_no:A1"]).root, c.root);
    h.check();
}

fn a_batch_sees_its_own_doings(t: TestDb) {
    let h = House::new(t);
    let old = h.ask(&["pos_no:OLD"]);
    let found = h.batch(&[
        &["phone:13912345601"],
        &["email:ann@example.com"],
        &["pos_no:OLD", "email:ann@example.com"],
        &["user_id:u1"],
        &["user_id:u1", "phone:13912345601", "email:ann@example.com"],
        &["pos_no:OLD", "member_no:C1"],
        &["phone:13912345602", "member_no:C1"],
    ]);
    assert!(found.iter().all(|resolved| resolved.root == found[3].node), "{found:?}");
    assert!(h.one(&[
        "pos_no:OLD",
        "email:ann@example.com",
        "user_id:u1",
        "phone:13912345601",
        "phone:13912345602",
        "member_no:C1"
    ]));
    assert_eq!((found.iter().filter(|resolved| resolved.created).count(), h.count()), (3, 1));
    assert_eq!(h.ask(&["pos_no:OLD"]).root, found[3].node);
    assert_ne!(old.root, found[3].node);
    h.check();
}

fn a_batch_tells_where_people_end(t: TestDb) {
    let h = House::new(t);
    let found = h.batch(&[
        &["pos_no:A1"],
        &["phone:13912345678"],
        &["phone:13912345678", "user_id:u1"],
        &["pos_no:A1", "user_id:u1"],
    ]);
    // The first message was A1's alone when it was looked at; when the unit commits it is u1's.
    assert_eq!(found[0].root, found[3].root);
    assert_eq!(h.who("pos_no:A1"), Some(found[0].root));
    assert_eq!(h.roots()[&found[0].node], found[0].root);
    h.check();
}

fn a_refused_unit_leaves_no_memory(t: TestDb) {
    let h = House::new(t);
    let (a, b) = (h.ask(&["phone:13912345678"]), h.ask(&["user_id:u1"]));
    let refused = {
        let (people, message) = (h.people.clone(), h.incoming(&["phone:13912345678", "user_id:u1", "member_no:C1"]));
        h.db.transact(move |tx| -> Result<(), Refusal> {
            let found = people.resolve(tx, std::slice::from_ref(&message), "test", Time(1))?;
            assert_eq!(found[0].as_ref().unwrap().merges.len(), 1);
            Err(Refusal::invalid("no", "no", "否"))
        })
    };
    assert_eq!(refused.unwrap_err().code, "no");
    assert_eq!((h.ask(&["phone:13912345678"]).root, h.ask(&["user_id:u1"]).root), (a.root, b.root));
    assert_eq!(h.who("member_no:C1"), None);
    assert!(h.ask(&["member_no:C1"]).created);
    // The same for merges and splits by hand, and for fields and rules.
    let people = h.people.clone();
    let (x, y) = (a.root, b.root);
    let refused = h.db.transact(move |tx| -> Result<(), Refusal> {
        let merged = people.merge(tx, x, y, "usr_ann", Time(1))?;
        people.split(tx, merged.edge, "usr_ann", "", Time(2))?;
        people.merge(tx, x, y, "usr_ann", Time(3))?;
        let mut rules = IdentityRules::default();
        rules.kinds[0].limit = 7;
        people.save_rules(tx, rules)?;
        Err(Refusal::invalid("no", "no", "否"))
    });
    assert!(refused.is_err());
    assert_eq!(h.people.rules().kinds[0].limit, 1);
    assert_eq!((h.ask(&["phone:13912345678"]).root, h.ask(&["user_id:u1"]).root), (a.root, b.root));
    h.check();
}

fn other_processes_are_heard(t: TestDb) {
    let h = House::new(t);
    let other = h.second();
    let (a, b) = (h.ask(&["phone:13912345678"]), other.ask(&["user_id:u1"]));
    assert_eq!((other.ask(&["phone:13912345678"]).root, h.ask(&["user_id:u1"]).root), (a.root, b.root));
    assert_eq!(other.ask(&["phone:13912345678", "user_id:u1"]).root, b.root);
    assert_eq!(h.ask(&["phone:13912345678"]).root, b.root);
    let edge = h.last_edge(b.root);
    h.split(edge).unwrap();
    assert_eq!(other.ask(&["phone:13912345678"]).root, a.root);
    let people = h.people.clone();
    h.act(move |tx| {
        let mut rules = IdentityRules::default();
        rules.kinds[0].limit = 3;
        people.save_rules(tx, rules)
    });
    other.ask(&["phone:13912345678"]);
    assert_eq!(other.people.rules().kinds[0].limit, 3);
    h.check();
}

fn rules_can_be_changed(t: TestDb) {
    let h = House::new(t);
    let people = h.people.clone();
    h.act(move |tx| {
        let mut rules = IdentityRules::default();
        let phone = rules.kinds.iter_mut().find(|rule| rule.kind == "phone").unwrap();
        (phone.merges, phone.blocked) = (false, vec!["13900000001".into()]);
        people.save_rules(tx, rules)
    });
    assert!(h.people.rules().is_blocked(&Identifier::parse("phone:13900000001").unwrap()));
    let (a, b) = (h.ask(&["user_id:a", "phone:13912345678"]), h.ask(&["user_id:b"]));
    assert_eq!(h.ask(&["user_id:b", "phone:13912345678"]).root, b.root);
    assert_ne!(a.root, b.root);
    // What is stored and cannot be read is an error, not a return to the defaults.
    h.act(|tx| Ok(tx.execute("UPDATE setting SET value = $1 WHERE name = 'identity_rules'", params!["{"])?));
    assert!(
        siyu_people::People::open(
            &h.db,
            crate::house::vault(),
            h.log.clone(),
            std::sync::Arc::new(siyu_kernel::Chance::seeded(1))
        )
        .is_err()
    );
}
