//! Un-merging: each side gets back what it brought, and what came later follows its identifier.

use crate::house::{House, MIGRATIONS};
use serde_json::json;
use siyu_kernel::Time;
use siyu_people::{TagMark, TraitIn};
use siyu_testkit::{TestDb, contract};

contract!(MIGRATIONS;
    everything_returns_to_its_side, what_came_later_follows_its_identifier, nobody_is_merged_again_by_a_rule, a_merge_by_hand_withdraws_the_declaration,
    an_inner_edge_of_a_chain, a_merge_taken_back_restores_every_root, a_merge_is_taken_back_once, sides_get_their_own_ids_back);

const MARK: TagMark<'_> = TagMark { by: "usr_ann", source: "console", why: "asked for it", expires_at: None };

fn everything_returns_to_its_side(t: TestDb) {
    let h = House::new(t);
    let (mia, zoe) = (h.event("m1", &["phone:13912345678"]), h.event("z1", &["user_id:zoe", "anonymous:a1"]));
    let tag = h.tag("VIP", None);
    let (people, a, b) = (h.people.clone(), mia.root, zoe.root);
    h.act(move |tx| {
        people.give_tag(tx, tag.num, &[a], &MARK, Time(5))?;
        let trait_of = |num, name: &str, value, at| TraitIn { num, name: name.into(), value, at: Time(at) };
        people.set_traits(
            tx,
            &[
                trait_of(a, "name", json!("Mia"), 10),
                trait_of(b, "name", json!("Zoe"), 20),
                trait_of(a, "city", json!("Suzhou"), 10),
            ],
            "test",
            Time(30),
        )
    });
    let joined = h.event("both", &["phone:13912345678", "user_id:zoe"]);
    let profile = h.read(|tx| h.people.profile(tx, joined.root));
    assert_eq!((profile.name().unwrap(), profile.tags.len(), profile.identifiers.len()), ("Zoe".to_owned(), 1, 3));
    assert_eq!(h.events(joined.root), ["both", "m1", "z1"]);

    let before = h.roots();
    let edge = joined.merges[0].edge;
    let preview = h.read(|tx| h.people.preview_split(tx, edge));
    assert_eq!(h.roots(), before, "a preview changes nothing");
    let split = h.split(edge).unwrap();
    assert_eq!(split, preview);
    assert_eq!(
        [split.left, split.right].into_iter().collect::<std::collections::BTreeSet<_>>(),
        [mia.root, zoe.root].into()
    );
    let (mia_now, zoe_now) = h.read(|tx| Ok((h.people.profile(tx, mia.root)?, h.people.profile(tx, zoe.root)?)));
    assert_eq!((mia_now.name().unwrap(), mia_now.tags.len(), mia_now.traits.len()), ("Mia".to_owned(), 1, 2));
    assert_eq!((zoe_now.name().unwrap(), zoe_now.tags.len(), zoe_now.traits.len()), ("Zoe".to_owned(), 0, 1));
    assert_eq!(h.identifiers(mia.root), ["phone:13912345678"]);
    assert_eq!(
        (h.events(mia.root), h.events(zoe.root)),
        (vec!["m1".to_owned()], vec!["both".to_owned(), "z1".to_owned()])
    );
    assert_eq!(h.read(|tx| Ok(h.log.totals(tx)?)).1, 1 + 1 + 2, "tagged, merged, and told on both sides");
    h.check();
}

fn what_came_later_follows_its_identifier(t: TestDb) {
    let h = House::new(t);
    let (a, b) = (h.event("a", &["phone:13912345678"]), h.event("b", &["user_id:u1"]));
    let joined = h.ask(&["phone:13912345678", "user_id:u1"]);
    h.event("by phone", &["phone:13912345678"]);
    h.event("by account", &["user_id:u1", "member_no:C1"]);
    h.event("new, with the phone", &["phone:13912345678", "pos_no:P1"]);
    h.split(joined.merges[0].edge).unwrap();
    assert_eq!(h.events(a.root), ["a", "by phone", "new, with the phone"]);
    assert_eq!(h.events(b.root), ["b", "by account"]);
    assert_eq!((h.who("pos_no:P1"), h.who("member_no:C1")), (Some(a.root), Some(b.root)));
    h.check();
}

fn nobody_is_merged_again_by_a_rule(t: TestDb) {
    let h = House::new(t);
    let (a, b) = (h.ask(&["phone:13912345678"]), h.ask(&["user_id:u1"]));
    h.split(h.ask(&["phone:13912345678", "user_id:u1"]).merges[0].edge).unwrap();
    let again = h.ask(&["phone:13912345678", "user_id:u1"]);
    assert_eq!((again.root, again.merges.len()), (b.root, 0));
    assert_eq!(h.conflicts(b.root), [("declared_different".to_owned(), "phone".to_owned())]);
    // Nor by way of a third.
    let c = h.ask(&["member_no:C1"]);
    h.ask(&["member_no:C1", "phone:13912345678"]);
    let third = h.ask(&["member_no:C1", "user_id:u1"]);
    assert_eq!((third.root, third.merges.len()), (b.root, 0));
    assert_eq!(h.who("phone:13912345678"), Some(c.root));
    assert_ne!(a.root, b.root);
    h.check();
}

fn a_merge_by_hand_withdraws_the_declaration(t: TestDb) {
    let h = House::new(t);
    let (a, b) = (h.ask(&["phone:13912345678"]), h.ask(&["user_id:u1"]));
    h.split(h.ask(&["phone:13912345678", "user_id:u1"]).merges[0].edge).unwrap();
    let merged = h.merge(a.root, b.root).unwrap();
    assert_eq!((merged.kept, merged.nodes.len()), (b.root, 2));
    assert_eq!(h.read(|tx| Ok(h.people.splits(tx, &[a.root, b.root])?)).len(), 0);
    assert_eq!(h.ask(&["phone:13912345678"]).root, b.root);
    assert_eq!(h.merge(a.root, b.root).unwrap_err().code, "already_one");
    assert_eq!(h.int("SELECT COUNT(*) FROM merge_edge WHERE undone_at IS NULL"), 1);
    h.check();
}

fn an_inner_edge_of_a_chain(t: TestDb) {
    let h = House::new(t);
    let nodes: Vec<u32> = (1..=5).map(|n| h.ask(&[&format!("pos_no:P{n}")]).root).collect();
    // 1–2–3–4–5, the inner edge 2–3 last.
    let edges: Vec<i64> = [(0, 1), (2, 3), (3, 4), (1, 2)]
        .map(|(a, b)| h.ask(&[&format!("pos_no:P{}", a + 1), &format!("pos_no:P{}", b + 1)]).merges[0].edge)
        .to_vec();
    assert_eq!(h.count(), 1);
    let split = h.split(edges[3]).unwrap();
    assert_eq!((split.left_nodes.len() + split.right_nodes.len(), h.count()), (5, 2));
    assert!(h.one(&["pos_no:P1", "pos_no:P2"]) && h.one(&["pos_no:P3", "pos_no:P4", "pos_no:P5"]));
    assert_eq!((h.who("pos_no:P2"), h.who("pos_no:P5")), (Some(nodes[0]), Some(nodes[2])));
    h.check();
    // The other one, first made, of what is now a chain of three.
    h.split(edges[1]).unwrap();
    assert!(h.one(&["pos_no:P4", "pos_no:P5"]) && !h.one(&["pos_no:P3", "pos_no:P4"]));
    h.check();
}

fn a_merge_taken_back_restores_every_root(t: TestDb) {
    let h = House::new(t);
    let found = h.batch(&[
        &["pos_no:A"],
        &["phone:13912345601"],
        &["pos_no:A", "phone:13912345601"],
        &["user_id:u"],
        &["email:ann@example.com"],
        &["user_id:u", "email:ann@example.com"],
    ]);
    let before = h.roots();
    let merged = h.merge(found[0].root, found[3].root).unwrap();
    assert_ne!(h.roots(), before);
    h.split(merged.edge).unwrap();
    assert_eq!(h.roots(), before);
    h.check();
}

fn a_merge_is_taken_back_once(t: TestDb) {
    let h = House::new(t);
    h.batch(&[&["pos_no:A"], &["pos_no:B"], &["pos_no:A", "pos_no:B"]]);
    let edge = h.last_edge(h.who("pos_no:A").unwrap());
    h.split(edge).unwrap();
    assert_eq!(h.split(edge).unwrap_err().code, "already_undone");
    assert_eq!(h.split(99_999).unwrap_err().code, "merge_unknown");
    let kept = h.read(|tx| h.people.edge(tx, edge));
    assert_eq!(
        (kept.undone_by.as_deref(), kept.undo_reason.as_deref(), kept.undone_at),
        (Some("usr_ann"), Some("two sisters"), Some(Time(4_000_000)))
    );
}

/// A side that somebody joined since is called after its strongest identifier, not after who was lost long ago.
fn sides_get_their_own_ids_back(t: TestDb) {
    let h = House::new(t);
    let (pos, phone, mail, account) =
        (h.ask(&["pos_no:A"]), h.ask(&["phone:13912345678"]), h.ask(&["email:ann@example.com"]), h.ask(&["user_id:u"]));
    let first = h.merge(pos.root, phone.root).unwrap();
    assert_eq!(first.kept, phone.root);
    h.ask(&["pos_no:A", "email:ann@example.com"]);
    h.ask(&["phone:13912345678", "user_id:u"]);
    let split = h.split(first.edge).unwrap();
    let roots = [split.left, split.right];
    assert!(roots.contains(&account.root) && roots.contains(&mail.root), "{split:?}");
    h.check();
}
