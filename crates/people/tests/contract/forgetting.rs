//! Erasure: nothing is left but a number and a certificate.

use crate::house::{House, MIGRATIONS, vault};
use serde_json::json;
use siyu_kernel::Time;
use siyu_people::{Certificate, ConsentIn, Erased, TagMark, TraitIn};
use siyu_testkit::{TestDb, contract};

contract!(MIGRATIONS; nothing_is_left_of_an_erased_person, the_certificate_binds_its_fields, people_are_counted_right, an_erased_person_may_come_again_as_a_stranger);

fn erase(h: &House, root: u32) -> (Erased, Certificate) {
    let people = h.people.clone();
    h.act(move |tx| {
        let erased = people.erase(tx, root)?;
        let certificate = people.certify(tx, &erased, 2, "usr_ann", "asked by phone", Time(9_000_000))?;
        Ok((erased, certificate))
    })
}

fn nothing_is_left_of_an_erased_person(t: TestDb) {
    let h = House::new(t);
    let (a, b) = (h.event("m1", &["phone:13912345678", "anonymous:a1"]), h.event("m2", &["user_id:u1"]));
    let other = h.event("o1", &["user_id:somebody-else"]);
    let joined = h.event("m3", &["phone:13912345678", "user_id:u1"]);
    h.ask(&["user_id:somebody-else", "unionid:x1"]);
    h.ask(&["user_id:u1", "unionid:x2"]);
    h.ask(&["unionid:x1", "unionid:x2"]);
    let tag = h.tag("VIP", None);
    let (people, nums) = (h.people.clone(), [a.node, b.node, other.node]);
    h.act(move |tx| {
        for num in nums {
            let mark = TagMark { by: "usr_ann", source: "console", why: "", expires_at: None };
            people.give_tag(tx, tag.num, &[num], &mark, Time(5))?;
            people.set_traits(
                tx,
                &[TraitIn { num, name: "city".into(), value: json!("Suzhou"), at: Time(1) }],
                "test",
                Time(5),
            )?;
            let consent = ConsentIn {
                purpose: "marketing".into(),
                channel: "any".into(),
                granted: true,
                text_version: "v1".into(),
                evidence: String::new(),
            };
            people.record_consent(tx, num, &consent, "console", "usr_ann", Time(5))?;
        }
        Ok(())
    });
    let old_id = h.people.id(a.root);
    let (erased, _) = erase(&h, joined.root);
    assert_eq!((erased.nodes.len(), erased.identifiers), (2, 4));
    for table in ["identifier", "person_trait", "person_tag", "tag_history", "consent", "identity_conflict"] {
        let left = h.int(&format!("SELECT COUNT(*) FROM {table} WHERE num IN ({}, {})", a.node, b.node));
        let others = h.int(&format!("SELECT COUNT(*) FROM {table} WHERE num = {}", other.node));
        assert!(left == 0 && (others > 0 || table == "identity_conflict"), "{table}");
    }
    assert_eq!(h.int("SELECT COUNT(*) FROM merge_edge WHERE reason_hash IS NOT NULL OR undo_reason IS NOT NULL"), 0);
    assert!(h.events(joined.root).is_empty() && h.events(a.root).is_empty());
    assert_eq!(h.events(other.root), ["o1"]);
    let (known, log) = (["m1", "m2", "m3", "o1"], h.log.clone());
    assert!(
        h.act(move |tx| known
            .iter()
            .map(|id| Ok(log.is_new(tx, id)?))
            .collect::<Result<Vec<bool>, siyu_kernel::Refusal>>())
            .iter()
            .all(|new| !new),
        "a repeated message does not bring it back"
    );
    for id in [old_id, h.people.id(joined.root)] {
        assert_eq!(h.db.read(|tx| h.people.find(tx, &id)).unwrap_err().code, "person_erased");
    }
    // Erased once, merged and split no more.
    let (people, root) = (h.people.clone(), joined.root);
    assert_eq!(h.db.transact(move |tx| people.erase(tx, root)).unwrap_err().code, "person_erased");
    assert_eq!(h.merge(joined.root, other.root).unwrap_err().code, "person_erased");
    assert_eq!(h.split(joined.merges[0].edge).unwrap_err().code, "person_erased");
    h.check();
}

fn the_certificate_binds_its_fields(t: TestDb) {
    let h = House::new(t);
    let found = h.event("m1", &["phone:13912345678"]);
    let (_, c) = erase(&h, found.root);
    let text = format!("{}|{}|{}|usr_ann|{}|{}|2", c.id, h.people.id(found.root), c.at.0, c.identifiers, c.events);
    let expected: String =
        vault().sign("erasure-certificate", text.as_bytes()).iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!((c.digest.as_str(), c.identifiers, c.events), (expected.as_str(), 1, 1));
    let second = h.event("m2", &["phone:13912345679"]);
    let (_, newer) = erase(&h, second.root);
    let page = h.read(|tx| Ok(h.people.certificates(tx, None, 1)?));
    let mut ids = vec![page[0].id.clone()];
    ids.extend(h.read(|tx| Ok(h.people.certificates(tx, Some(&page[0].id), 10)?)).into_iter().map(|c| c.id));
    ids.sort();
    let mut both = vec![c.id, newer.id];
    both.sort();
    assert_eq!(ids, both);
}

fn people_are_counted_right(t: TestDb) {
    let h = House::new(t);
    let found = h.batch(&[&["user_id:a"], &["user_id:b"], &["user_id:c"], &["user_id:d"], &["user_id:a", "user_id:b"]]);
    assert_eq!(h.count(), 3);
    erase(&h, found[0].root);
    assert_eq!(h.count(), 2);
    erase(&h, found[2].root);
    assert_eq!(h.count(), 1);
    h.check();
}

fn an_erased_person_may_come_again_as_a_stranger(t: TestDb) {
    let h = House::new(t);
    let before = h.event("m1", &["phone:13912345678"]);
    erase(&h, before.root);
    let again = h.event("m2", &["phone:13912345678"]);
    assert!(again.created && again.root != before.root);
    assert_eq!((h.events(again.root), h.count()), (vec!["m2".to_owned()], 1));
    h.check();
}
