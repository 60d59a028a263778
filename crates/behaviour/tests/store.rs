//! A store that lives through appends, merges of people, un-merges, erasures, flushes, compactions and restarts, against a plain list.

use proptest::prelude::*;
use roaring::RoaringBitmap;
use siyu_behaviour::{Bits, Fact, Facts, PartId, Scratch, Select, Snapshot, Store, StoredPart, Value, file};
use siyu_kernel::{Time, Zone};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// (instant, origin, event, properties)
type Told = (i64, u32, String, Vec<(String, Value)>);

#[derive(Clone, Debug)]
enum Act {
    /// (node, instant, kind, n)
    Append(Vec<(usize, i64, u8, i64)>),
    Merge(usize, usize),
    /// Takes a node out of its person.
    Part(usize),
    Erase(usize),
    Flush,
    /// A flush during which the inner acts happen; it fails when the flag says so.
    FlushDuring(Vec<Act>, bool),
    Compact,
    CompactDuring(Vec<Act>),
    Reopen,
}

/// In three buckets.
const NODES: [u32; 9] = [0, 1, 2, 65_535, 65_536, 65_537, 65_540, 131_072, 131_073];

fn act() -> impl Strategy<Value = Act> {
    let row = (0..NODES.len(), 0i64..12, 0u8..4, 0i64..20);
    let leaf = prop_oneof![
        4 => prop::collection::vec(row, 1..12).prop_map(Act::Append),
        3 => (0..NODES.len(), 0..NODES.len()).prop_map(|(a, b)| Act::Merge(a, b)),
        2 => (0..NODES.len()).prop_map(Act::Part),
        1 => (0..NODES.len()).prop_map(Act::Erase),
        2 => Just(Act::Flush),
        2 => Just(Act::Compact),
        1 => Just(Act::Reopen),
    ];
    let inner = prop::collection::vec(leaf.clone(), 0..4);
    prop_oneof![
        8 => leaf,
        1 => (inner.clone(), any::<bool>()).prop_map(|(acts, fails)| Act::FlushDuring(acts, fails)),
        1 => inner.prop_map(Act::CompactDuring),
    ]
}

fn event(node: u32, at: i64, kind: u8, n: i64) -> Fact {
    let mut properties = vec![("n".to_owned(), Value::Int(n))];
    match n % 5 {
        0 => properties.push(("w".to_owned(), Value::Text(format!("词{n}")))),
        1 => properties.push(("w".to_owned(), Value::Float(n as f64 / 4.0))),
        2 => properties.push(("l".to_owned(), Value::List(vec![format!("b{n}"), "a".into(), "a".into()]))),
        3 => properties.push(("b".to_owned(), Value::Bool(n % 2 == 0))),
        _ => properties.clear(),
    }
    // About an hour apart, so that days differ.
    Fact { person: node, origin: node, at: at * 7_000_000_000, event: format!("e{kind}"), properties }
}

/// What the database would remember of a stored part.
struct Row {
    id: PartId,
    path: PathBuf,
    settled: Option<Arc<Bits>>,
    checksum: u32,
}

struct World {
    folder: PathBuf,
    zone: Zone,
    store: Store,
    log: Vec<Fact>,
    root: BTreeMap<u32, u32>,
    erased: RoaringBitmap,
    manifest: Vec<Row>,
    /// How much of the log the stored parts hold.
    cursor: usize,
    names: i64,
}

impl World {
    fn new(folder: &Path) -> Self {
        let zone = Zone::shanghai();
        Self {
            folder: folder.to_owned(),
            store: Store::new(zone.clone()),
            zone,
            log: Vec::new(),
            root: NODES.iter().map(|node| (*node, *node)).collect(),
            erased: RoaringBitmap::new(),
            manifest: Vec::new(),
            cursor: 0,
            names: 0,
        }
    }
    fn whose(&self) -> impl Fn(u32) -> Option<u32> + use<> {
        let (root, erased) = (self.root.clone(), self.erased.clone());
        move |node| (!erased.contains(node)).then(|| root[&node])
    }
    fn append(&mut self, from: usize) {
        let mut facts = Facts::default();
        for fact in &self.log[from..] {
            if let Some(person) = (self.whose())(fact.origin) {
                facts.push(&Fact { person, ..fact.clone() });
            }
        }
        self.store.append(&facts, 2);
    }
    fn settle(&mut self, people: Vec<u32>) {
        self.store.set_erased(Arc::new(self.erased.clone()));
        let whose = self.whose();
        self.store.resettle(&people, whose);
    }
    fn members(&self, root: u32) -> Vec<u32> {
        NODES.iter().copied().filter(|node| self.root[node] == root).collect()
    }
    fn new_name(&mut self) -> (PartId, PathBuf) {
        self.names += 1;
        (PartId(self.names), self.folder.join(format!("{}.part", self.names)))
    }
    fn act(&mut self, act: &Act) {
        match act {
            Act::Append(rows) => {
                let from = self.log.len();
                let living = rows.iter().filter(|(node, ..)| !self.erased.contains(NODES[*node]));
                self.log.extend(living.map(|(node, at, kind, n)| event(NODES[*node], *at, *kind, *n)));
                self.append(from);
            }
            Act::Merge(a, b) => {
                let (a, b) = (self.root[&NODES[*a]], self.root[&NODES[*b]]);
                if a == b || self.erased.contains(a) || self.erased.contains(b) {
                    return;
                }
                for node in self.members(b) {
                    self.root.insert(node, a);
                }
                self.settle(vec![a, b]);
            }
            Act::Part(node) => {
                let node = NODES[*node];
                let root = self.root[&node];
                if self.erased.contains(node) {
                    return;
                }
                let others: Vec<u32> = self.members(root).into_iter().filter(|own| *own != node).collect();
                self.root.insert(node, node);
                if root == node {
                    for own in &others {
                        self.root.insert(*own, others[0]);
                    }
                }
                self.settle(vec![root, node]);
            }
            Act::Erase(node) => {
                let root = self.root[&NODES[*node]];
                let members = self.members(root);
                self.erased.extend(members.iter().copied());
                self.cursor = self.log[..self.cursor].iter().filter(|fact| !members.contains(&fact.origin)).count();
                self.log.retain(|fact| !members.contains(&fact.origin));
                self.settle(vec![root]);
            }
            Act::Flush => self.flush(&[], false),
            Act::FlushDuring(acts, fails) => self.flush(acts, *fails),
            Act::Compact => self.compact(&[]),
            Act::CompactDuring(acts) => self.compact(acts),
            Act::Reopen => self.reopen(),
        }
    }
    fn flush(&mut self, during: &[Act], fails: bool) {
        let Some(flush) = self.store.begin_flush() else { return };
        let stored_upto: Vec<Fact> = self.log.clone();
        let mut made = Vec::new();
        let mut rows = Vec::new();
        for merge in &flush.parts {
            let (id, path) = self.new_name();
            made.push(file::write_merged(merge, &path).unwrap().map(|written| {
                let part = opened(&path);
                assert_eq!(
                    (part.part.rows() as u64, part.bytes, part.checksum),
                    (written.rows, written.bytes, written.checksum)
                );
                rows.push(Row { id, path, settled: None, checksum: part.checksum });
                (id, part.part)
            }));
        }
        for act in
            during.iter().filter(|act| matches!(act, Act::Append(_) | Act::Merge(..) | Act::Part(_) | Act::Erase(_)))
        {
            self.act(act);
        }
        if fails {
            return self.store.cancel_flush();
        }
        for (id, settled) in &flush.settled {
            self.manifest.iter_mut().find(|row| row.id == *id).unwrap().settled = Some(Arc::clone(settled));
        }
        self.manifest.extend(rows);
        // Erasures meanwhile took rows out of our plain log.
        self.cursor = stored_upto.iter().filter(|fact| !self.erased.contains(fact.origin)).count();
        self.store.end_flush(&flush, made);
    }
    fn compact(&mut self, during: &[Act]) {
        let mut turns = 0;
        while let Some(plan) = self.store.begin_compaction() {
            turns += 1;
            assert!(turns < 50, "compaction comes to an end");
            let (id, path) = self.new_name();
            let made = file::write_merged(&plan.merge, &path).unwrap();
            let made = made.map(|_| opened(&path));
            if turns == 1 {
                for act in during.iter().filter(|act| !matches!(act, Act::Reopen)) {
                    self.act(act);
                }
            }
            let at = self.manifest.iter().position(|row| row.id == plan.ids[0]).unwrap();
            let row = made.as_ref().map(|part| Row { id, path, settled: None, checksum: part.checksum });
            let of_bucket: Vec<usize> =
                (0..self.manifest.len()).filter(|i| plan.ids.contains(&self.manifest[*i].id)).collect();
            assert_eq!(of_bucket.len(), plan.ids.len());
            self.manifest.retain(|row| !plan.ids.contains(&row.id));
            if let Some(row) = row {
                self.manifest.insert(at, row);
            }
            assert!(self.store.end_compaction(&plan, made.map(|part| (id, part.part))));
        }
    }
    fn reopen(&mut self) {
        self.store = Store::new(self.zone.clone());
        for row in &self.manifest {
            let part = opened(&row.path);
            assert_eq!(part.checksum, row.checksum);
            self.store.add_stored(row.id, part.part, row.settled.clone());
        }
        let gone: Vec<u32> =
            NODES.iter().copied().filter(|node| self.root[node] != *node || self.erased.contains(*node)).collect();
        let people = self.store.misplaced(gone.into_iter(), self.whose());
        self.settle(people);
        self.append(self.cursor);
    }
    /// (instant, event, properties) of a person, in order.
    fn expected(&self, person: u32) -> Vec<Told> {
        let mut rows: Vec<&Fact> = self.log.iter().filter(|fact| self.root[&fact.origin] == person).collect();
        rows.sort_by_key(|fact| (fact.at, fact.origin));
        rows.iter().map(|fact| (fact.at, fact.origin, fact.event.clone(), sorted(fact.properties.clone()))).collect()
    }
    /// What a reader relies on holds for parts in memory as well as for those from files.
    fn check_parts(&self) {
        for view in self.store.snapshot().views.iter() {
            for held in &view.parts {
                let path = self.folder.join("check.part");
                file::write(&held.part, &path).unwrap();
                opened(&path);
            }
        }
    }
    fn check(&self, snapshot: &Snapshot) {
        let mut days: BTreeMap<i32, BTreeSet<u32>> = BTreeMap::new();
        for person in NODES {
            let expected = self.expected(person);
            days_of(&self.zone, &expected).into_iter().for_each(|day| {
                days.entry(day).or_default().insert(person);
            });
            let Some(view) = snapshot.view_of(person) else {
                assert!(expected.is_empty());
                continue;
            };
            let slot = person as u16;
            let mut walked = Vec::new();
            view.walk(slot, |part, row, at| {
                let properties =
                    part.columns.iter().filter_map(|(name, c)| Some((name.clone(), c.value(row)?))).collect();
                walked.push((
                    at,
                    part.origins.get(row).copied().unwrap_or(person),
                    part.event.clone(),
                    sorted(properties),
                ));
            });
            assert_eq!(walked, expected, "person {person}");
            assert_eq!(view.people().contains(slot), !expected.is_empty());
            for kind in 0..4 {
                let name = format!("e{kind}");
                let selection = view.select(&Select::of(&name));
                let mut scratch = Scratch::default();
                let rows = selection.rows(slot, &mut scratch);
                let own: Vec<_> = (0..rows.len())
                    .map(|i| {
                        let (list, row) = rows.place(i);
                        let part = selection.lists[list].part;
                        let properties =
                            part.columns.iter().filter_map(|(name, c)| Some((name.clone(), c.value(row)?))).collect();
                        (
                            rows.times[i],
                            part.origins.get(row).copied().unwrap_or(person),
                            name.clone(),
                            sorted(properties),
                        )
                    })
                    .collect();
                let expected: Vec<_> = expected.iter().filter(|row| row.2 == name).cloned().collect();
                assert_eq!(own, expected, "person {person} {name}");
            }
        }
        for day in -2..20 {
            let active: BTreeSet<u32> = snapshot
                .views
                .iter()
                .flat_map(|view| {
                    view.active(day)
                        .iter()
                        .map(|slot| u32::from(view.bucket) << 16 | u32::from(slot))
                        .collect::<Vec<_>>()
                })
                .collect();
            assert_eq!(active, days.get(&day).cloned().unwrap_or_default(), "day {day}");
        }
    }
}

fn days_of(zone: &Zone, rows: &[Told]) -> BTreeSet<i32> {
    rows.iter().map(|row| zone.day(Time(row.0))).collect()
}
fn sorted(mut properties: Vec<(String, Value)>) -> Vec<(String, Value)> {
    properties.sort_by(|a, b| (&a.0, a.1.kind()).cmp(&(&b.0, b.1.kind())));
    for (_, value) in &mut properties {
        if let Value::List(list) = value {
            list.sort();
            list.dedup();
        }
    }
    properties
}
fn opened(path: &Path) -> StoredPart {
    let part = file::open(path).unwrap();
    part.verify().unwrap();
    part
}

/// In memory where that can be had: every file is synced.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

fn live(acts: &[Act]) {
    let folder = folder();
    let mut world = World::new(folder.path());
    for act in acts {
        world.act(act);
        world.check(&world.store.snapshot());
        if matches!(act, Act::Compact) {
            assert_eq!(world.store.dirty_parts(), 0, "nothing of the erased is in a file after compaction");
        }
    }
    world.check_parts();
}

proptest! {
    #[test]
    fn any_life_equals_a_plain_list(acts in prop::collection::vec(act(), 1..24)) {
        live(&acts);
    }
}

/// Readers keep what they took, whatever happens after.
#[test]
fn a_snapshot_does_not_change() {
    let folder = folder();
    let mut world = World::new(folder.path());
    world.act(&Act::Append(vec![(0, 1, 0, 1), (1, 2, 1, 2), (4, 3, 2, 5)]));
    world.act(&Act::Flush);
    let before = world.store.snapshot();
    let people = |snapshot: &Snapshot| snapshot.views.iter().map(|view| view.people().len()).sum::<u64>();
    world.act(&Act::Merge(0, 4));
    world.act(&Act::Erase(1));
    world.act(&Act::Flush);
    world.act(&Act::Compact);
    assert_eq!((people(&before), people(&world.store.snapshot())), (3, 1));
    world.check(&world.store.snapshot());
}

/// The words of somebody who was erased are in no file after compaction.
#[test]
fn erased_words_leave_the_files() {
    let folder = folder();
    let mut world = World::new(folder.path());
    world.act(&Act::Append(vec![(0, 1, 0, 5), (1, 2, 0, 10), (2, 2, 0, 15)]));
    world.act(&Act::Flush);
    world.act(&Act::Merge(2, 0));
    world.act(&Act::Erase(0));
    world.act(&Act::Compact);
    let bytes: Vec<u8> = world.manifest.iter().flat_map(|row| std::fs::read(&row.path).unwrap()).collect();
    let holds = |word: &str| bytes.windows(word.len()).any(|own| own == word.as_bytes());
    assert!(holds("词10") && !holds("词5") && !holds("词15"));
}
