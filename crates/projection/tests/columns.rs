//! From requests to columns, on both engines.

mod common;

use common::{ALL, World};
use siyu_behaviour::{Select, Snapshot, Value};
use siyu_projection::{Listener, News};
use siyu_testkit::{TestDb, contract};
use std::sync::{Arc, Mutex};

contract!(&ALL;
    events_become_columns, merges_and_splits_move_rows, the_erased_vanish, listeners_hear_what_is_in_the_snapshot, the_catalogue_tells_what_there_is,
    private_values_are_in_no_column, fields_made_sensitive_later_are_left_out_from_then_on, the_catalogue_keeps_nothing_alive);

fn rows(snapshot: &Snapshot, person: u32) -> Vec<(String, Vec<(String, Value)>)> {
    let mut out = Vec::new();
    if let Some(view) = snapshot.view_of(person) {
        view.walk(person as u16, |part, row, _| {
            let properties = part.columns.iter().filter_map(|(name, column)| Some((name.clone(), column.value(row)?)));
            out.push((part.event.clone(), properties.collect()));
        });
    }
    out
}
fn names(snapshot: &Snapshot, person: u32) -> Vec<String> {
    rows(snapshot, person).into_iter().map(|(name, _)| name).collect()
}

fn events_become_columns(test: TestDb) {
    let world = World::new(test);
    world.send(r#"{"batch":[
      {"type":"page","messageId":"m1","anonymousId":"a1","timestamp":"2026-03-02T01:00:00Z","context":{"campaign":{"source":"wechat","name":"spring"}}},
      {"type":"track","messageId":"m2","anonymousId":"a1","event":"Product Viewed","timestamp":"2026-03-02T01:01:00Z",
        "properties":{"sku":"S1","price":12.5,"channel":"mini","new":true,"amount":7,"deep":{"a":{"b":"x","c":{"d":1}}},"tags":["t1","t2"],"phone":"13912345678","note":"a@b.cn"}},
      {"type":"identify","messageId":"m3","anonymousId":"a1","userId":"u1","traits":{"phone":"13912345678","city":"上海"},"timestamp":"2026-03-02T01:02:00Z"},
      {"type":"group","messageId":"m4","userId":"u1","groupId":"g7","traits":{"name":"x"},"timestamp":"2026-03-02T01:03:00Z"}]}"#);
    let seq = world.projection.catch_up().unwrap();
    assert!(seq > 0);
    let person = world.person("user_id:u1");
    let snapshot = world.projection.snapshot().unwrap();
    let text = |s: &str| Value::Text(s.into());
    let list = |l: &[&str]| Value::List(l.iter().map(|s| (*s).to_owned()).collect());
    let seen = rows(&snapshot, person);
    assert_eq!(
        seen[0],
        (
            "Page Viewed".into(),
            vec![
                ("campaign".into(), text("spring")),
                ("channel".into(), text("wechat")),
                ("kind".into(), text("page")),
                ("source".into(), text("key_test"))
            ]
        )
    );
    assert_eq!(
        seen[1],
        (
            "Product Viewed".into(),
            vec![
                ("channel".into(), text("mini")),
                ("deep.a.b".into(), text("x")),
                ("kind".into(), text("track")),
                ("new".into(), Value::Bool(true)),
                ("price".into(), Value::Float(12.5)),
                ("product".into(), list(&["S1"])),
                ("properties.amount".into(), Value::Int(7)),
                ("sku".into(), text("S1")),
                ("source".into(), text("key_test")),
                ("tags".into(), list(&["t1", "t2"]))
            ]
        )
    );
    assert_eq!(seen[2].0, "Identified");
    assert_eq!(
        seen[3].1,
        vec![("group".into(), text("g7")), ("kind".into(), text("group")), ("source".into(), text("key_test"))]
    );
    assert_eq!(world.projection.health(false).unwrap().left_out.sealed, 2);
    assert_eq!(world.projection.freshness().unwrap().seconds, 0.0);
}

/// Everything the columns say of these people, as one text.
fn all_texts(snapshot: &Snapshot, people: &[u32]) -> String {
    format!("{:?}", people.iter().map(|person| rows(snapshot, *person)).collect::<Vec<_>>())
}

fn private_values_are_in_no_column(test: TestDb) {
    let world = World::new(test);
    world.send(r#"{"batch":[{"type":"track","messageId":"m1","userId":"u1","event":"A","properties":{
        "bank_card":"secret-1","id_number":"secret-2","身份证":"secret-3","地址":"secret-4","receiver_phone":"+1 415 secret-5",
        "receiver":{"Mobile":"secret-6","city":"上海","address":{"street":"secret-7"}},"bankCard":"secret-8","unionid":"secret-9",
        "contacts":[{"type":"phone","id":"secret-10"},{"value":"secret-11","kind":"email"},{"type":"shop","id":"open-1"}],
        "shippingAddress":["secret-12"],"owner":{"id":"secret-13","type":"mobile"},"products":[{"sku":"S1","id_card":"secret-14"}],
        "wechat":15,"plan":"open-2"}}]}"#);
    world.projection.catch_up().unwrap();
    let person = world.person("user_id:u1");
    let told = all_texts(&world.projection.snapshot().unwrap(), &[person]);
    assert!(!told.contains("secret") && !told.contains("15"), "{told}");
    for open in ["open-1", "open-2", "上海", "S1"] {
        assert!(told.contains(open), "{open}: {told}");
    }
    assert_eq!(world.projection.health(false).unwrap().left_out.sealed, 15);
    let catalogue = world.projection.catalogue().unwrap();
    let names: Vec<&str> = catalogue.events[0].properties.iter().map(|own| own.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "contacts.id",
            "contacts.kind",
            "contacts.type",
            "kind",
            "owner.type",
            "plan",
            "product",
            "receiver.city",
            "source"
        ]
    );
}

fn fields_made_sensitive_later_are_left_out_from_then_on(test: TestDb) {
    let world = World::new(test);
    let send = |n: u32| {
        world.send(&format!(
            r#"{{"batch":[{{"type":"identify","messageId":"i{n}","userId":"u1","traits":{{"income":1,"channel":"x"}}}},
            {{"type":"track","messageId":"m{n}","userId":"u1","event":"A","properties":{{"income":"secret-{n}","channel":"secret-{n}","plan":"open-{n}"}}}}]}}"#
        ));
    };
    send(1);
    world.projection.catch_up().unwrap();
    let person = world.person("user_id:u1");
    let named = |name: &str| {
        let catalogue = world.projection.catalogue().unwrap();
        catalogue.events.iter().any(|event| event.properties.iter().any(|own| own.name == name))
    };
    assert!(named("income") && named("channel") && named("plan"));
    for name in ["income", "channel"] {
        let people = world.people.clone();
        let patch = siyu_people::FieldPatch { sensitive: Some(true), ..Default::default() };
        world.test.db().transact(move |tx| people.patch_field(tx, name, &patch).map(drop)).unwrap();
    }
    assert!(!named("income") && !named("channel") && named("plan"), "at once, nothing new having come in");
    send(2);
    world.projection.catch_up().unwrap();
    let told = all_texts(&world.projection.snapshot().unwrap(), &[person]);
    assert!(told.contains("secret-1") && !told.contains("secret-2") && told.contains("open-2"), "{told}");
    let again = world.reference();
    again.catch_up().unwrap();
    let told = all_texts(&again.snapshot().unwrap(), &[person]);
    assert!(!told.contains("secret") && told.contains("open-1"), "made anew, nothing of them is left: {told}");
}

fn merges_and_splits_move_rows(test: TestDb) {
    let world = World::new(test);
    let event = |id: &str, who: &str, name: &str, minute: u32| {
        format!(
            r#"{{"type":"track","messageId":"{id}","{who},"event":"{name}","timestamp":"2026-03-02T01:{minute:02}:00Z"}}"#
        )
    };
    let (a, b) = (r#"userId":"u1""#, r#"userId":"u2""#);
    world.send(&format!(
        r#"{{"batch":[{},{},{}]}}"#,
        event("m1", a, "A", 1),
        event("m2", b, "B", 2),
        event("m3", a, "C", 3)
    ));
    world.projection.catch_up().unwrap();
    let (one, two) = (world.person("user_id:u1"), world.person("user_id:u2"));
    let edge = world.merge(one, two);
    world.send(&format!(r#"{{"batch":[{}]}}"#, event("m4", b, "D", 2)));
    world.projection.catch_up().unwrap();
    let snapshot = world.projection.snapshot().unwrap();
    let root = world.person("user_id:u1");
    assert_eq!(names(&snapshot, root), ["A", "B", "D", "C"]);
    assert_eq!(names(&snapshot, one + two - root), [""; 0]);
    world.split(edge);
    world.projection.catch_up().unwrap();
    let snapshot = world.projection.snapshot().unwrap();
    assert_eq!(
        (names(&snapshot, one), names(&snapshot, two)),
        (vec!["A".into(), "C".into()], vec!["B".into(), "D".into()])
    );
}

fn the_erased_vanish(test: TestDb) {
    let world = World::new(test);
    world.send(r#"{"batch":[{"type":"track","messageId":"m1","userId":"u1","event":"A"},{"type":"track","messageId":"m2","userId":"u2","event":"A"}]}"#);
    world.projection.catch_up().unwrap();
    let (one, two) = (world.person("user_id:u1"), world.person("user_id:u2"));
    world.erase(one);
    world.projection.catch_up().unwrap();
    let snapshot = world.projection.snapshot().unwrap();
    assert_eq!((names(&snapshot, one), names(&snapshot, two)), (vec![], vec!["A".to_owned()]));
    // A fresh start agrees.
    let again = world.open(usize::MAX);
    assert_eq!(names(&again.snapshot().unwrap(), one), [""; 0]);
}

#[derive(Default)]
struct Heard(Mutex<Vec<Told>>);
/// Who had which events, who changed, up to where.
type Told = (Vec<(String, Vec<u32>)>, Vec<u32>, i64);

impl Listener for Heard {
    fn arrived(&self, news: &News) {
        for (name, people) in &news.events {
            for view in news.moment.snapshot.views.iter() {
                let there = view.select(&Select::of(name)).people();
                assert!(people.iter().filter(|p| (p >> 16) as u16 == view.bucket).all(|p| there.contains(p as u16)));
            }
        }
        let mut events: Vec<_> =
            news.events.iter().map(|(name, people)| (name.to_string(), people.iter().collect())).collect();
        events.sort();
        self.0.lock().unwrap().push((events, news.changed.iter().collect(), news.moment.seq));
    }
}

fn listeners_hear_what_is_in_the_snapshot(test: TestDb) {
    let world = World::new(test);
    let heard = Arc::new(Heard::default());
    world.projection.catch_up().unwrap();
    world.projection.listen(heard.clone());
    world.send(r#"{"batch":[{"type":"track","messageId":"m1","userId":"u1","event":"A"},{"type":"track","messageId":"m2","userId":"u2","event":"B"}]}"#);
    let (one, two) = (world.person("user_id:u1"), world.person("user_id:u2"));
    let seq = world.projection.catch_up().unwrap();
    world.merge(one, two);
    let later = world.projection.catch_up().unwrap();
    world.projection.catch_up().unwrap();
    let heard = heard.0.lock().unwrap();
    assert_eq!(heard[0], (vec![("A".into(), vec![one]), ("B".into(), vec![two])], vec![], seq));
    let mut both = vec![one, two];
    both.sort_unstable();
    assert_eq!(heard[1], (vec![], both, later));
    assert_eq!(heard.len(), 2, "nothing new is no news");
}

fn the_catalogue_tells_what_there_is(test: TestDb) {
    let world = World::new(test);
    world.send(r#"{"batch":[{"type":"track","messageId":"m1","userId":"u1","event":"A","properties":{"c":"x","n":1}},{"type":"track","messageId":"m2","userId":"u2","event":"A","properties":{"c":"y","n":1.5}},
      {"type":"track","messageId":"m3","userId":"u2","event":"A","properties":{"c":"y"}},{"type":"track","messageId":"m4","userId":"u2","event":"B"}]}"#);
    world.projection.catch_up().unwrap();
    let catalogue = world.projection.catalogue().unwrap();
    let a = &catalogue.events[0];
    assert_eq!((a.name.as_str(), a.people, a.count), ("A", 2, 3));
    let c = a.properties.iter().find(|p| p.name == "c").unwrap();
    assert_eq!((c.count, c.values.clone()), (3, vec![("y".into(), 2), ("x".into(), 1)]));
    let n = a.properties.iter().find(|p| p.name == "n").unwrap();
    assert_eq!((n.kinds.len(), n.count), (2, 2));
    world.erase(world.person("user_id:u2"));
    world.projection.catch_up().unwrap();
    let catalogue = world.projection.catalogue().unwrap();
    assert_eq!(catalogue.events.iter().map(|e| (e.name.as_str(), e.count)).collect::<Vec<_>>(), [("A", 1)]);
}

fn the_catalogue_keeps_nothing_alive(test: TestDb) {
    let world = World::new(test);
    let event = |n: u32| {
        world.send(&format!(r#"{{"batch":[{{"type":"track","messageId":"m{n}","userId":"u1","event":"E{n}"}}]}}"#));
        world.projection.catch_up().unwrap();
    };
    event(0);
    let seen = {
        let snapshot = world.projection.snapshot().unwrap();
        assert_eq!(world.projection.catalogue().unwrap().events.len(), 1);
        Arc::downgrade(&snapshot.views[0].parts[0].part)
    };
    // The tail merges: the part of before is in nobody's sight.
    (1..12).for_each(event);
    assert!(seen.upgrade().is_none());
    assert_eq!(world.projection.catalogue().unwrap().events.len(), 12);
    assert_eq!(world.projection.catalogue().unwrap().events.len(), 12);
}
