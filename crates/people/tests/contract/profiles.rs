//! Profile values, tags and consents.

use crate::house::{House, MIGRATIONS};
use serde_json::{Value, json};
use siyu_kernel::{Clock, Refusal, Time};
use siyu_people::{ConsentIn, FieldPatch, FieldType, TagMark, TagPatch, TraitIn};
use siyu_testkit::{TestDb, contract};

contract!(MIGRATIONS;
    the_latest_value_wins, null_takes_a_value_away, a_locked_field_refuses_other_types, sensitive_values_are_sealed, a_field_made_sensitive_is_sealed_at_once,
    a_field_of_a_refused_unit_is_forgotten, tags_carry_their_lineage, a_merged_person_is_counted_once, tags_run_out, tags_and_groups_are_kept_in_order, consents_are_a_ledger, names_to_show);

fn set(h: &House, num: u32, name: &str, value: Value, at: i64) {
    let (people, item) = (h.people.clone(), TraitIn { num, name: name.into(), value, at: Time(at) });
    h.act(move |tx| people.set_traits(tx, std::slice::from_ref(&item), "test", Time(at)));
}
fn value(h: &House, root: u32, name: &str) -> Option<Value> {
    h.read(|tx| h.people.profile(tx, root)).traits.get(name).map(|held| held.value.clone())
}
fn mark(why: &str) -> TagMark<'_> {
    TagMark { by: "usr_ann", source: "console", why, expires_at: None }
}

fn the_latest_value_wins(t: TestDb) {
    let h = House::new(t);
    let root = h.ask(&["user_id:u1"]).root;
    set(&h, root, "city", json!("Suzhou"), 10);
    set(&h, root, "city", json!("Wuxi"), 5);
    assert_eq!(value(&h, root, "city"), Some(json!("Suzhou")), "what arrives late does not overwrite");
    set(&h, root, "city", json!("Hangzhou"), 10);
    assert_eq!(value(&h, root, "city"), Some(json!("Hangzhou")), "of equal instants the last to arrive");
    let (people, city) = (h.people.clone(), |name: &str, at| TraitIn {
        num: root,
        name: "city".into(),
        value: json!(name),
        at: Time(at),
    });
    let items = [city("A", 20), city("B", 30), city("C", 25)];
    h.act(move |tx| people.set_traits(tx, &items, "test", Time(40)));
    assert_eq!(value(&h, root, "city"), Some(json!("B")));
    assert_eq!(
        h.people.fields().iter().map(|f| (f.name.as_str(), f.label_zh.as_str(), f.r#type)).collect::<Vec<_>>(),
        [("city", "城市", FieldType::Text)]
    );
}

fn null_takes_a_value_away(t: TestDb) {
    let h = House::new(t);
    let root = h.ask(&["user_id:u1"]).root;
    set(&h, root, "city", json!("Suzhou"), 10);
    set(&h, root, "city", Value::Null, 20);
    set(&h, root, "city", json!("late"), 15);
    set(&h, root, "never", Value::Null, 20);
    assert_eq!((value(&h, root, "city"), value(&h, root, "never")), (None, None));
}

fn a_locked_field_refuses_other_types(t: TestDb) {
    let h = House::new(t);
    let root = h.ask(&["user_id:u1"]).root;
    set(&h, root, "age", json!(30), 10);
    let people = h.people.clone();
    h.act(move |tx| people.patch_field(tx, "age", &FieldPatch { locked: Some(true), ..FieldPatch::default() }));
    let refusal = h.people.check_trait("age", &json!("thirty")).unwrap_err();
    assert_eq!((refusal.code, refusal.field.as_deref()), ("trait_type", Some("traits.age")));
    assert!(h.people.check_trait("age", &json!(31.5)).is_ok() && h.people.check_trait("age", &Value::Null).is_ok());
    assert_eq!(h.people.check_trait("", &json!(1)).unwrap_err().code, "field_name");
    assert_eq!(h.people.check_trait("note", &json!("x".repeat(9_000))).unwrap_err().code, "trait_too_long");
    // Another process knows it after its next unit.
    let other = h.second();
    assert!(other.people.check_trait("age", &json!("thirty")).is_err());
}

/// Everything the engine keeps of these columns, or the whole of the files.
fn raw(h: &House) -> Vec<u8> {
    let mut bytes = Vec::new();
    for sql in ["SELECT value FROM identifier", "SELECT value FROM person_trait", "SELECT body FROM log_batch"] {
        bytes.extend(h.read(|tx| Ok(tx.query(sql, &[], |row| row.blob(0))?)).concat());
    }
    for entry in std::fs::read_dir(h.t.folder()).unwrap().flatten().filter(|entry| entry.path().is_file()) {
        bytes.extend(std::fs::read(entry.path()).unwrap());
    }
    bytes
}
fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|part| part == text.as_bytes())
}

fn sensitive_values_are_sealed(t: TestDb) {
    let h = House::new(t);
    let found = h.event("m1", &["phone:13912345678", "email:ann@example.com", "user_id:open-to-see"]);
    set(&h, found.root, "phone", json!("13912345678"), 10);
    set(&h, found.root, "address", json!("12 Pingjiang Road"), 10);
    set(&h, found.root, "city", json!("Suzhou"), 10);
    let bytes = raw(&h);
    for text in ["13912345678", "ann@example.com", "Pingjiang"] {
        assert!(!holds(&bytes, text), "{text} lies open");
    }
    assert!(holds(&bytes, "open-to-see") && holds(&bytes, "Suzhou"), "the search finds what is there");
    let profile = h.read(|tx| h.people.profile(tx, found.root));
    assert_eq!(
        (&profile.traits["phone"].value, profile.traits["phone"].sensitive, profile.traits["city"].sensitive),
        (&json!("13912345678"), true, false)
    );
    let masked: Vec<String> = profile.identifiers.iter().map(|row| row.masked()).collect();
    assert_eq!(masked, ["open-to-see", "139****5678", "a***@example.com"]);
}

fn a_field_made_sensitive_is_sealed_at_once(t: TestDb) {
    let h = House::new(t);
    let root = h.ask(&["user_id:u1"]).root;
    set(&h, root, "diagnosis", json!("flu"), 10);
    let kept =
        |h: &House| h.read(|tx| Ok(tx.query("SELECT value FROM person_trait", &[], |row| row.blob(0))?)).concat();
    assert!(holds(&kept(&h), "flu"));
    let people = h.people.clone();
    h.act(move |tx| {
        people.patch_field(tx, "diagnosis", &FieldPatch { sensitive: Some(true), ..FieldPatch::default() })
    });
    assert!(!holds(&kept(&h), "flu"));
    assert_eq!(value(&h, root, "diagnosis"), Some(json!("flu")));
    // Another process that has never heard of it seals, too.
    let other = h.second();
    let people = other.people.clone();
    other.act(move |tx| {
        people.set_traits(
            tx,
            &[TraitIn { num: root, name: "diagnosis".into(), value: json!("flu again"), at: Time(20) }],
            "test",
            Time(20),
        )
    });
    assert!(!holds(&kept(&h), "flu"));
    assert_eq!(
        h.db.transact({
            let people = h.people.clone();
            move |tx| people.patch_field(tx, "nothing", &FieldPatch::default())
        })
        .unwrap_err()
        .code,
        "field_unknown"
    );
}

fn a_field_of_a_refused_unit_is_forgotten(t: TestDb) {
    let h = House::new(t);
    let root = h.ask(&["user_id:u1"]).root;
    let people = h.people.clone();
    let refused = h.db.transact(move |tx| -> Result<(), Refusal> {
        people.set_traits(
            tx,
            &[TraitIn { num: root, name: "hobby".into(), value: json!("tea"), at: Time(1) }],
            "test",
            Time(1),
        )?;
        Err(Refusal::invalid("no", "no", "否"))
    });
    assert!(refused.is_err() && h.people.fields().is_empty());
    set(&h, root, "hobby", json!("tea"), 2);
    assert_eq!(h.int("SELECT COUNT(*) FROM person_field"), 1);
}

fn a_merged_person_is_counted_once(t: TestDb) {
    let h = House::new(t);
    let (a, b, c) = (h.ask(&["user_id:u1"]).root, h.ask(&["user_id:u2"]).root, h.ask(&["user_id:u3"]).root);
    let (vip, new) = (h.tag("VIP", None), h.tag("New", None));
    for (tag, who) in [(vip.num, vec![a, b, c]), (new.num, vec![b])] {
        let people = h.people.clone();
        h.act(move |tx| people.give_tag(tx, tag, &who, &mark("why"), Time(10)));
    }
    for (who, name) in [(a, "city"), (b, "city"), (c, "city"), (b, "age")] {
        set(&h, who, name, json!(1), 10);
    }
    let counts = || {
        let mut fields = h.read(|tx| Ok(h.people.field_counts(tx)?));
        fields.sort();
        (h.read(|tx| Ok(h.people.tag_counts(tx)?)), fields)
    };
    let of = |vip_people, city_people| {
        let fields = vec![("age".to_owned(), 1), ("city".to_owned(), city_people)];
        (vec![(vip.num, vip_people), (new.num, 1)], fields)
    };
    assert_eq!(counts(), of(3, 3));
    h.merge(a, b).unwrap();
    assert_eq!(counts(), of(2, 2));
    h.merge(a, c).unwrap();
    assert_eq!(counts(), of(1, 1));
    h.split(h.last_edge(a)).unwrap();
    assert_eq!(counts(), of(2, 2));
}

fn tags_carry_their_lineage(t: TestDb) {
    let h = House::new(t);
    let (root, tag) = (h.ask(&["user_id:u1"]).root, h.tag("VIP", None));
    let give = |why: &'static str, at| {
        let people = h.people.clone();
        h.act(move |tx| people.give_tag(tx, tag.num, &[root, root], &mark(why), Time(at)))
    };
    assert_eq!(give("big spender", 10), [root]);
    assert!(give("again", 20).is_empty());
    let held = h.read(|tx| h.people.profile(tx, root)).tags.pop().unwrap();
    assert_eq!(
        (held.name.as_str(), held.group.as_str(), held.why.as_str(), held.by.as_str(), held.at),
        ("VIP", "Service", "big spender", "usr_ann", Time(10))
    );
    assert_eq!(h.read(|tx| Ok(h.people.tag_counts(tx)?)), [(tag.num, 1)]);
    let people = h.people.clone();
    assert_eq!(h.act(move |tx| people.take_tag(tx, tag.num, &[root], &mark("moved away"), Time(30))), 1);
    let history = h.read(|tx| Ok(h.people.tag_history(tx, &[root], None, 10)?));
    assert_eq!(
        history.iter().map(|change| (change.action.as_str(), change.why.as_str())).collect::<Vec<_>>(),
        [("removed", "moved away"), ("added", "big spender")]
    );
    assert_eq!(h.read(|tx| Ok(h.people.tag_history(tx, &[root], Some(history[0].id), 10)?)).len(), 1);
    assert_eq!(give("back", 40), [root]);
    let people = h.people.clone();
    assert_eq!(
        h.db.transact(move |tx| people.give_tag(tx, 999, &[root], &mark(""), Time(1))).unwrap_err().code,
        "tag_unknown"
    );
}

fn tags_run_out(t: TestDb) {
    let h = House::new(t);
    let (a, b) = (h.ask(&["user_id:a"]).root, h.ask(&["user_id:b"]).root);
    let (short, forever) = (h.tag("This week", Some(7)), h.tag("VIP", None));
    let (people, now) = (h.people.clone(), h.now());
    h.act(move |tx| {
        people.give_tag(tx, short.num, &[a, b], &mark(""), now)?;
        people.give_tag(tx, forever.num, &[a], &mark(""), now)
    });
    let expire = |h: &House| {
        let (people, now) = (h.people.clone(), h.t.clock.now());
        h.act(move |tx| people.expire_tags(tx, now, 100))
    };
    assert_eq!(expire(&h), 0);
    h.t.clock.advance_seconds(6 * 86_400);
    // Given again to one of them: its seven days start anew.
    let (people, now) = (h.people.clone(), h.now());
    h.act(move |tx| people.give_tag(tx, short.num, &[b], &mark(""), now));
    h.t.clock.advance_seconds(86_400);
    assert_eq!((h.read(|tx| Ok(h.people.expiring_tags(tx, h.t.clock.now())?)), expire(&h), expire(&h)), (1, 1, 0));
    let names = |root| h.read(|tx| h.people.profile(tx, root)).tags.into_iter().map(|tag| tag.name).collect::<Vec<_>>();
    assert_eq!((names(a), names(b)), (vec!["VIP".to_owned()], vec!["This week".to_owned()]));
    assert_eq!(h.read(|tx| Ok(h.people.tag_history(tx, &[a], None, 1)?))[0].action, "expired");
    let (people, now) = (h.people.clone(), h.now());
    let past = h.db.transact(move |tx| {
        people.give_tag(tx, forever.num, &[b], &TagMark { expires_at: Some(now), ..mark("") }, now)
    });
    assert_eq!(past.unwrap_err().code, "expiry_past");
}

fn tags_and_groups_are_kept_in_order(t: TestDb) {
    let h = House::new(t);
    let (root, first, second) = (h.ask(&["user_id:u1"]).root, h.tag("A", None), h.tag("B", None));
    assert_eq!((first.group_id == second.group_id, h.read(|tx| Ok(h.people.tag_groups(tx)?)).len()), (true, 1));
    let people = h.people.clone();
    let (id, num) = (second.id.clone(), second.num);
    let taken = h.act(move |tx| {
        people.give_tag(tx, num, &[root], &mark(""), Time(1))?;
        people.delete_tag(tx, &id)
    });
    assert_eq!((taken, h.read(|tx| h.people.profile(tx, root)).tags.len()), (1, 0));
    assert_eq!(
        h.read(|tx| Ok(h.people.tag_history(tx, &[root], None, 5)?))[0].tag,
        "B",
        "the history outlives the tag"
    );
    assert!(h.tag("C", None).num > num, "a number is never given twice");
    let (people, id, group) = (h.people.clone(), first.id.clone(), first.group_id.clone());
    let codes = h.act(move |tx| {
        let patch = |name: &str| TagPatch { name: Some(name.into()), ..TagPatch::default() };
        let color = TagPatch { color: Some("no such".into()), ..TagPatch::default() };
        let code = |result: Result<siyu_people::Tag, Refusal>| result.err().map_or("ok", |refusal| refusal.code);
        Ok([
            code(people.patch_tag(tx, &id, &patch("C"), Time(1))),
            code(people.patch_tag(tx, &id, &patch(" "), Time(1))),
            code(people.patch_tag(tx, &id, &color, Time(1))),
            code(people.patch_tag(tx, &id, &patch("Z"), Time(1))),
            people.delete_group(tx, &group).unwrap_err().code,
            people.create_group(tx, "Service", Time(1)).unwrap_err().code,
            people.rename_group(tx, "tgp_no", "x").unwrap_err().code,
        ])
    });
    assert_eq!(
        codes,
        ["tag_exists", "name_invalid", "invalid_color", "ok", "group_not_empty", "group_exists", "group_unknown"]
    );
}

fn consents_are_a_ledger(t: TestDb) {
    let h = House::new(t);
    let root = h.ask(&["user_id:u1"]).root;
    let record = |granted, channel: &'static str, at| {
        let people = h.people.clone();
        h.db.transact(move |tx| {
            let consent = ConsentIn {
                purpose: "marketing".into(),
                channel: channel.into(),
                granted,
                text_version: "v2".into(),
                evidence: "ticked at the till".into(),
            };
            people.record_consent(tx, root, &consent, "console", "usr_ann", Time(at))
        })
    };
    for (granted, channel, at) in [(true, "sms", 1), (true, "wecom", 2), (false, "sms", 3)] {
        record(granted, channel, at).unwrap();
    }
    assert_eq!(h.read(|tx| Ok(h.people.consents(tx, &[root])?)).len(), 3);
    let in_force: Vec<_> =
        h.read(|tx| Ok(h.people.consents_in_force(tx, &[root])?)).into_iter().map(|c| (c.channel, c.granted)).collect();
    assert_eq!(in_force, [("sms".to_owned(), false), ("wecom".to_owned(), true)]);
    assert_eq!(record(true, " ", 4).unwrap_err().code, "invalid_consent");
    assert_eq!(h.read(|tx| Ok(h.log.totals(tx)?)).1, 3);
}

fn names_to_show(t: TestDb) {
    let h = House::new(t);
    let root = h.ask(&["user_id:u1"]).root;
    assert_eq!(h.read(|tx| h.people.profile(tx, root)).name(), None);
    set(&h, root, "first_name", json!("Ann"), 1);
    set(&h, root, "last_name", json!("Li"), 1);
    assert_eq!(h.read(|tx| h.people.profile(tx, root)).name().as_deref(), Some("Ann Li"));
    set(&h, root, "nickname", json!("小安"), 1);
    assert_eq!(h.read(|tx| h.people.profile(tx, root)).name().as_deref(), Some("小安"));
}
