//! The stored form of a part, pinned: `golden/part-1.part` must be opened by every program that says it writes version 1, and be what it writes.
//!
//! When this fails, part files of workspaces that exist are not read as they were meant. Give the form a new version (`file.rs`) and add a file for
//! it; `SIYU_GOLDEN=write` writes the file of today's form.

use siyu_behaviour::{Fact, Part, Value, View, build, file};
use siyu_kernel::Zone;
use std::path::{Path, PathBuf};

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/part-1.part")
}

/// Every kind of column, absent values, a merged person, the same instant twice, days of few and of many people.
fn facts() -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut add = |person: u32, origin: u32, at: i64, event: &str, properties: Vec<(&str, Value)>| {
        let properties = properties.into_iter().map(|(name, value)| (name.into(), value)).collect();
        facts.push(Fact { person: 65_536 + person, origin: 65_536 + origin, at, event: event.into(), properties });
    };
    let text = |text: &str| Value::Text(text.to_owned());
    let at = |day: i64, second: i64| (20_000 + day) * 86_400_000_000 + second * 1_000_000;
    for n in 0..40 {
        let person = n * 7 % 23;
        add(
            person,
            person,
            at(i64::from(n % 9), i64::from(n)),
            "看过",
            vec![("页", text(["首页", "商品", ""][n as usize % 3]))],
        );
    }
    add(3, 3, at(2, 5), "Order Completed", vec![("amount", Value::Int(12_345)), ("rate", Value::Float(0.25))]);
    add(3, 9, at(2, 5), "Order Completed", vec![("amount", Value::Int(-5)), ("first", Value::Bool(true))]);
    let list = Value::List(["S2", "S1", "S2"].map(str::to_owned).to_vec());
    add(
        4,
        4,
        at(-3, 0),
        "Order Completed",
        vec![("product", list), ("amount", text("no number")), ("first", Value::Bool(false))],
    );
    // More than a set of places has room for: written as bits.
    for person in 0..4_200 {
        add(person, person, at(30, 0), "Mailed", vec![]);
    }
    facts
}
fn part() -> Part {
    build(&facts(), &Zone::shanghai()).pop().unwrap()
}
fn written(part: &Part) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("00001.part");
    file::write(part, &path).unwrap();
    std::fs::read(path).unwrap()
}
/// Person, instant, type, row, all properties.
fn told(part: Part) -> Vec<String> {
    let view = View { bucket: part.bucket, parts: vec![siyu_behaviour::Held { part: part.into(), hidden: None }] };
    let mut all = Vec::new();
    for slot in view.people().iter() {
        view.walk(slot, |part, row, at| {
            let values: Vec<_> = part.columns.iter().filter_map(|(name, own)| Some((name, own.value(row)?))).collect();
            all.push(format!("{slot} {at} {} {:?} {values:?}", part.event, part.origins.get(row)));
        });
    }
    let days = view.parts[0].part.types.iter().flat_map(|own| own.days.iter().map(move |day| (own, day)));
    all.extend(days.map(|(own, day)| {
        let mut slots = Vec::new();
        day.slots.view().each(|slot| slots.push(slot));
        format!("{} {} {slots:?}", own.event, day.day)
    }));
    all
}

#[test]
fn the_form_of_a_part_is_what_it_was() {
    let bytes = written(&part());
    if std::env::var("SIYU_GOLDEN").is_ok_and(|word| word == "write") {
        std::fs::create_dir_all(golden().parent().unwrap()).unwrap();
        std::fs::write(golden(), &bytes).unwrap();
    }
    let pinned = std::fs::read(golden()).unwrap();
    assert!(bytes == pinned, "a part is written in another form than before: see the head of this file");
    let stored = file::open(&golden()).unwrap();
    stored.verify().unwrap();
    assert_eq!((stored.part.bucket, stored.part.rows(), stored.bytes), (1, 4_243, bytes.len() as u64));
    let again = Part::clone(&stored.part);
    assert!(written(&again) == pinned, "what was read is written as it was");
    assert_eq!(told(again), told(part()));
}

#[test]
fn a_merge_writes_what_building_at_once_writes() {
    // In pieces, in order of arrival, into a store; then as one.
    let all = facts();
    let mut store = siyu_behaviour::Store::new(Zone::shanghai());
    let folder = tempfile::tempdir().unwrap();
    for (at, piece) in all.chunks(all.len().div_ceil(3)).enumerate() {
        let path = folder.path().join(format!("{at}.part"));
        file::write(&build(piece, &Zone::shanghai()).pop().unwrap(), &path).unwrap();
        store.add_stored(siyu_behaviour::PartId(at as i64), file::open(&path).unwrap().part, None);
    }
    let plan = store.begin_compaction().unwrap();
    assert_eq!(plan.ids.len(), 3);
    let path = folder.path().join("all.part");
    file::write_merged(&plan.merge, &path).unwrap().unwrap();
    assert!(std::fs::read(path).unwrap() == std::fs::read(golden()).unwrap(), "one form, however a part came to be");
}
