//! Changes made here reach WeCom, and what it refuses is undone.

use crate::brand::{Brand, MIGRATIONS};
use siyu_contacts::RemarkIn;
use siyu_kernel::PersonNum;
use siyu_people::{TagMark, TagPatch};
use siyu_sandbox::Scale;
use siyu_sandbox::world::Status;
use siyu_testkit::TestDb;

siyu_testkit::contract!(MIGRATIONS;
    tags_go_both_ways,
    what_wecom_refuses_is_undone,
    remarks_go_both_ways,
    only_tags_of_our_own_are_renamed_there,
    of_two_names_the_later_one_stays,
);

/// A customer with one relation, and that relation.
fn somebody(brand: &Brand) -> (String, String, usize, PersonNum) {
    let (contact, staff, relation) = brand.world(|world| {
        let alone = |r: &usize| {
            let own = &world.relations[*r];
            own.status == Status::Active && world.serves(own.staff) && world.people[own.person].relations.len() == 1
        };
        let relation = (0..world.relations.len()).find(alone).unwrap();
        let own = &world.relations[relation];
        (world.external_userid(own.person), world.staff[own.staff].userid.to_lowercase(), relation)
    });
    let num = brand.int(&format!("SELECT num FROM wecom_contact WHERE id = '{contact}'")) as PersonNum;
    (contact, staff, relation, num)
}

fn gold(brand: &Brand) -> i64 {
    brand.world(|world| world.console_adds_tag("等级", "铂金卡"));
    brand.sync();
    brand.int("SELECT local FROM wecom_tag WHERE name = '铂金卡'")
}

/// As a person does it in the console: the tag and what goes to WeCom in one unit.
fn by_hand(brand: &Brand, tag: i64, num: PersonNum, give: bool) -> usize {
    let (people, contacts, now) = (brand.people.clone(), brand.contacts.clone(), brand.now());
    brand.act(move |tx| {
        let mark = TagMark { by: "usr_1", source: "console", why: "", expires_at: None };
        if give {
            people.give_tag(tx, tag, &[num], &mark, now)?;
        } else {
            people.take_tag(tx, tag, &[num], &mark, now)?;
        }
        contacts.tag_changed(tx, tag, &[num], give, "usr_1", now)
    })
}

fn carried(brand: &Brand, tag: i64, num: PersonNum) -> bool {
    brand.int(&format!("SELECT COUNT(*) FROM person_tag WHERE tag = {tag} AND num = {num}")) == 1
}

fn tags_go_both_ways(t: TestDb) {
    let brand = Brand::quiet(t, Scale::TINY);
    let tag = gold(&brand);
    let (_, _, relation, num) = somebody(&brand);
    let marked = |brand: &Brand| {
        brand.world(|world| world.relations[relation].tags.iter().any(|&t| world.tags[t].name == "铂金卡"))
    };
    assert_eq!(by_hand(&brand, tag, num, true), 1);
    // A sync that reads before it was sent does not take it back.
    brand.pass(1);
    brand.sync();
    assert!(carried(&brand, tag, num) && !marked(&brand));
    brand.faults("busy=0.5,45035=0.3");
    brand.send();
    brand.faults("");
    assert!(marked(&brand));
    brand.assert_same("sent");
    assert_eq!(brand.last_event("Contact Tagged")["by"], "usr_1");
    // And away again.
    assert_eq!(by_hand(&brand, tag, num, false), 1);
    brand.send();
    assert!(!marked(&brand) && !carried(&brand, tag, num));
    brand.assert_same("taken");
    // A tag that is none of WeCom's goes nowhere.
    let (people, now) = (brand.people.clone(), brand.now());
    let own = brand.act(move |tx| {
        let tag = siyu_people::TagIn {
            group: "我们的".into(),
            name: "自己".into(),
            color: "red".into(),
            kind: siyu_people::TagKind::Manual,
            description: String::new(),
            rule: None,
            ttl_days: None,
        };
        people.create_tag(tx, &tag, now)
    });
    assert_eq!(by_hand(&brand, own.num, num, true), 0);
    // Given and taken before it was sent: only the last counts.
    by_hand(&brand, tag, num, true);
    by_hand(&brand, tag, num, false);
    brand.send();
    assert!(!marked(&brand));
}

fn what_wecom_refuses_is_undone(t: TestDb) {
    let brand = Brand::quiet(t, Scale::TINY);
    let tag = gold(&brand);
    let (contact, _, relation, num) = somebody(&brand);
    brand.world(|world| world.guide_deletes(relation));
    assert_eq!(by_hand(&brand, tag, num, true), 1);
    brand.send();
    assert!(!carried(&brand, tag, num));
    let conflicts = brand.read(|tx| brand.contacts.conflicts(tx, None, 10));
    assert_eq!((conflicts.len(), conflicts[0].winner.as_str(), &conflicts[0].contact), (1, "wecom", &contact));
    assert_eq!(brand.read(|tx| brand.contacts.outgoing(tx)).failed, 1);
}

fn remarks_go_both_ways(t: TestDb) {
    let brand = Brand::quiet(t, Scale::TINY);
    brand.sync();
    let (contact, staff, relation, _) = somebody(&brand);
    let edit = |change: RemarkIn| {
        let (contacts, contact, staff, now) = (brand.contacts.clone(), contact.clone(), staff.clone(), brand.now());
        brand.db.transact(move |tx| contacts.edit_remark(tx, &contact, &staff, &change, "usr_1", now))
    };
    edit(RemarkIn { remark: Some("张姐".into()), ..RemarkIn::default() }).unwrap();
    edit(RemarkIn { mobiles: Some(vec!["139-0000-0021".into()]), ..RemarkIn::default() }).unwrap();
    brand.send();
    brand.assert_same("both changes");
    brand.world(|world| {
        assert_eq!(world.relations[relation].remark, "张姐");
        assert_eq!(world.relations[relation].mobiles, ["13900000021"]);
    });
    // Edited in WeCom after us and before it was sent: theirs stays.
    edit(RemarkIn { remark: Some("旧的".into()), ..RemarkIn::default() }).unwrap();
    brand.pass(10);
    brand.world(|world| world.guide_edits(relation, Some("新的".into()), None, &[]));
    brand.sync();
    brand.send();
    brand.world(|world| assert_eq!(world.relations[relation].remark, "新的"));
    let conflicts = brand.read(|tx| brand.contacts.conflicts(tx, None, 10));
    assert_eq!((conflicts[0].reason.as_str(), conflicts[0].winner.as_str()), ("edited_there_later", "wecom"));
    for (field, change) in [
        ("remark", RemarkIn::default()),
        ("remark", RemarkIn { remark: Some("长".repeat(21)), ..RemarkIn::default() }),
        ("description", RemarkIn { description: Some("长".repeat(151)), ..RemarkIn::default() }),
        ("mobiles", RemarkIn { mobiles: Some(vec!["no".into()]), ..RemarkIn::default() }),
    ] {
        assert_eq!(edit(change).unwrap_err().field.as_deref(), Some(field));
    }
    let (contacts, now) = (brand.contacts.clone(), brand.now());
    let change = RemarkIn { remark: Some("x".into()), ..RemarkIn::default() };
    let unknown = brand.db.transact(move |tx| contacts.edit_remark(tx, "wmNobody", "nobody", &change, "usr_1", now));
    assert_eq!(unknown.unwrap_err().code, "wecom_follow_unknown");
}

/// A tag of WeCom's, made there by whom, and the one of ours that stands for it.
fn named(brand: &Brand, by_app: bool) -> (usize, i64) {
    let tag = brand.world(|world| {
        let group = world.new_tag_group("偏好", 1, by_app);
        world.new_tag(group, "爱红色", 1, by_app)
    });
    brand.sync();
    (tag, brand.int("SELECT local FROM wecom_tag WHERE name = '爱红色'"))
}
/// As a person does it in the console: our name, and what goes to WeCom, in one unit. Answers whether WeCom is to be told.
fn rename(brand: &Brand, tag: i64, name: &'static str) -> bool {
    let (people, contacts, now) = (brand.people.clone(), brand.contacts.clone(), brand.now());
    let id = brand.text(&format!("SELECT id FROM tag WHERE num = {tag}"));
    brand.act(move |tx| {
        people.patch_tag(tx, &id, &TagPatch { name: Some(name.into()), ..TagPatch::default() }, now)?;
        contacts.tag_renamed(tx, tag, name, "usr_1", now)
    })
}
fn ours(brand: &Brand, tag: i64) -> String {
    brand.text(&format!("SELECT name FROM tag WHERE num = {tag}"))
}
fn theirs(brand: &Brand, tag: usize) -> String {
    brand.world(|world| world.tags[tag].name.clone())
}

fn only_tags_of_our_own_are_renamed_there(t: TestDb) {
    let brand = Brand::quiet(t, Scale::TINY);
    let (there, here) = named(&brand, true);
    assert!(rename(&brand, here, "爱粉色"));
    assert!(!rename(&brand, here, "爱红色"), "as WeCom has it: nothing is to be told any more");
    assert!(rename(&brand, here, "爱橙色"));
    brand.faults("busy=0.5,45035=0.3");
    brand.send();
    brand.faults("");
    assert_eq!((theirs(&brand, there), ours(&brand, here)), ("爱橙色".into(), "爱橙色".into()));
    brand.pass(1);
    brand.sync();
    assert_eq!(ours(&brand, here), "爱橙色", "a sync finds what was told");
    assert!(brand.read(|tx| brand.contacts.conflicts(tx, None, 10)).is_empty());
    // A tag that was made in WeCom's console belongs to it.
    let gold = gold(&brand);
    assert!(rename(&brand, gold, "黑金卡"));
    brand.send();
    assert_eq!(ours(&brand, gold), "铂金卡", "our name follows WeCom again");
    let conflicts = brand.read(|tx| brand.contacts.conflicts(tx, None, 10));
    let own = &conflicts[0];
    assert_eq!((own.kind.as_str(), own.winner.as_str(), own.reason.as_str()), ("tag_name", "wecom", "made_elsewhere"));
    assert_eq!(brand.read(|tx| brand.contacts.outgoing(tx)).failed, 1);
}

fn of_two_names_the_later_one_stays(t: TestDb) {
    let brand = Brand::quiet(t, Scale::TINY);
    let (there, here) = named(&brand, true);
    // Renamed in WeCom after us and before ours was sent: theirs stays.
    assert!(rename(&brand, here, "爱粉色"));
    brand.pass(10);
    brand.world(|world| world.console_renames_tag(there, "爱紫色"));
    brand.sync();
    brand.send();
    assert_eq!((theirs(&brand, there), ours(&brand, here)), ("爱紫色".into(), "爱紫色".into()));
    let conflicts = brand.read(|tx| brand.contacts.conflicts(tx, None, 10));
    assert_eq!((conflicts[0].kind.as_str(), conflicts[0].reason.as_str()), ("tag_name", "edited_there_later"));
    // And ours after theirs was seen goes there.
    brand.pass(10);
    assert!(rename(&brand, here, "爱蓝色"));
    brand.send();
    assert_eq!((theirs(&brand, there), ours(&brand, here)), ("爱蓝色".into(), "爱蓝色".into()));
}
