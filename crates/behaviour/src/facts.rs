//! Events on their way into parts, many at a time: columns, with every name and text stored once.
//!
//! A batch stays in memory until parts are made of it; whoever fills it looks at [`Facts::memory`] and makes parts in time.

use crate::column::ColumnKind;
use crate::value::{Fact, Value};
use hashbrown::HashTable;
use rustc_hash::{FxHashMap, FxHasher};
use std::hash::Hasher;

/// Longer texts are cut (at a character): a column is for grouping and comparing, not for reading.
pub const TEXT_BYTES_MAX: usize = 256;
/// Entries of one list of one event; further ones are left out.
pub const LIST_MAX: usize = 200;

/// Numbers for texts, in order of first appearance.
#[derive(Clone, Default)]
pub(crate) struct Interner {
    bytes: Vec<u8>,
    ends: Vec<u32>,
    table: HashTable<u32>,
}

fn hash(text: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(text);
    hasher.finish()
}

impl Interner {
    pub fn len(&self) -> usize {
        self.ends.len()
    }
    pub fn get(&self, id: u32) -> &str {
        // Only whole texts go in.
        std::str::from_utf8(slice(&self.bytes, &self.ends, id)).unwrap_or_default()
    }
    pub fn id(&mut self, text: &str) -> u32 {
        let (bytes, ends) = (&self.bytes, &self.ends);
        let code = hash(text.as_bytes());
        if let Some(id) = self.table.find(code, |id| slice(bytes, ends, *id) == text.as_bytes()) {
            return *id;
        }
        let id = self.ends.len() as u32;
        self.bytes.extend_from_slice(text.as_bytes());
        self.ends.push(self.bytes.len() as u32);
        let (bytes, ends) = (&self.bytes, &self.ends);
        self.table.insert_unique(code, id, |id| hash(slice(bytes, ends, *id)));
        id
    }
    /// The place of each id when the texts are sorted by bytes, and the ids in that order.
    pub fn ranks(&self) -> (Vec<u32>, Vec<u32>) {
        let mut order: Vec<u32> = (0..self.len() as u32).collect();
        order.sort_unstable_by_key(|id| slice(&self.bytes, &self.ends, *id));
        let mut ranks = vec![0u32; order.len()];
        for (rank, id) in order.iter().enumerate() {
            ranks[*id as usize] = rank as u32;
        }
        (ranks, order)
    }
    fn memory(&self) -> usize {
        self.bytes.capacity() + self.ends.capacity() * 4 + self.table.capacity() * 5
    }
    fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
        self.table.clear();
    }
}

#[inline]
fn slice<'b>(bytes: &'b [u8], ends: &[u32], id: u32) -> &'b [u8] {
    let at = id as usize;
    let from = if at == 0 { 0 } else { ends[at - 1] as usize };
    &bytes[from..ends[at] as usize]
}

pub(crate) struct Key {
    pub name: Box<str>,
    pub kind: ColumnKind,
    /// Of text and list properties.
    pub words: Interner,
}

/// An event type, for [`Facts::begin`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EventRef(pub(crate) u32);
/// A property of one kind, for [`Facts::int`] and the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyRef(pub(crate) u32);

impl EventRef {
    /// Numbers count from 0 and keep while the batch lives, through [`Facts::clear`].
    pub fn number(self) -> usize {
        self.0 as usize
    }
}

#[derive(Clone, Copy)]
pub(crate) struct Row {
    pub person: u32,
    pub origin: u32,
    pub at: i64,
    pub event: u32,
}

/// Events in order of arrival.
#[derive(Default)]
pub struct Facts {
    pub(crate) events: Interner,
    pub(crate) keys: Vec<Key>,
    key_of: FxHashMap<(Box<str>, ColumnKind), u32>,
    pub(crate) rows: Vec<Row>,
    /// Where the cells of each row end.
    pub(crate) ends: Vec<u32>,
    /// The key, and the value's bits: a number, a word's number, or the place of a list in `lists`.
    pub(crate) cells: Vec<(u32, u64)>,
    /// Where each list ends in `items`.
    pub(crate) lists: Vec<u32>,
    pub(crate) items: Vec<u32>,
    left_out: LeftOut,
}

/// What the bounds on texts and lists took away since the batch was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    pub texts_cut: u64,
    pub list_entries: u64,
}

impl Facts {
    pub fn event(&mut self, name: &str) -> EventRef {
        EventRef(self.events.id(name))
    }
    pub fn event_name(&self, event: EventRef) -> &str {
        self.events.get(event.0)
    }
    pub fn key(&mut self, name: &str, kind: ColumnKind) -> KeyRef {
        if let Some(key) = self.key_of.get(&(name, kind) as &dyn KeyName) {
            return KeyRef(*key);
        }
        let key = self.keys.len() as u32;
        self.key_of.insert((name.into(), kind), key);
        self.keys.push(Key { name: name.into(), kind, words: Interner::default() });
        KeyRef(key)
    }
    /// The next event; its properties follow. Of a property that is given twice the last value stays.
    ///
    /// `person` is the root, `origin` the identity it came in with; `at` in microseconds UTC.
    pub fn begin(&mut self, person: u32, origin: u32, at: i64, event: EventRef) {
        self.rows.push(Row { person, origin, at, event: event.0 });
        self.ends.push(self.cells.len() as u32);
    }
    #[inline]
    fn cell(&mut self, key: KeyRef, kind: ColumnKind, value: u64) {
        debug_assert_eq!(self.keys[key.0 as usize].kind, kind);
        self.cells.push((key.0, value));
        if let Some(end) = self.ends.last_mut() {
            *end = self.cells.len() as u32;
        }
    }
    /// `i64::MIN` is no value.
    pub fn int(&mut self, key: KeyRef, value: i64) {
        self.cell(key, ColumnKind::Int, value as u64);
    }
    /// NaN is no value.
    pub fn float(&mut self, key: KeyRef, value: f64) {
        self.cell(key, ColumnKind::Float, value.to_bits());
    }
    pub fn bool(&mut self, key: KeyRef, value: bool) {
        self.cell(key, ColumnKind::Bool, u64::from(value));
    }
    pub fn text(&mut self, key: KeyRef, value: &str) {
        let word = self.word(key, value);
        self.cell(key, ColumnKind::Text, u64::from(word));
    }
    pub fn list<'t>(&mut self, key: KeyRef, values: impl IntoIterator<Item = &'t str>) {
        let mut taken = 0;
        for value in values {
            if taken == LIST_MAX {
                self.left_out.list_entries += 1;
                continue;
            }
            taken += 1;
            let word = self.word(key, value);
            self.items.push(word);
        }
        let list = self.lists.len() as u64;
        self.lists.push(self.items.len() as u32);
        self.cell(key, ColumnKind::List, list);
    }
    fn word(&mut self, key: KeyRef, value: &str) -> u32 {
        let mut text = value;
        if text.len() > TEXT_BYTES_MAX {
            self.left_out.texts_cut += 1;
            text = &text[..text.floor_char_boundary(TEXT_BYTES_MAX)];
        }
        self.keys[key.0 as usize].words.id(text)
    }
    pub(crate) fn items_of(&self, list: u64) -> &[u32] {
        let at = list as usize;
        let from = if at == 0 { 0 } else { self.lists[at - 1] as usize };
        &self.items[from..self.lists[at] as usize]
    }

    pub fn push(&mut self, fact: &Fact) {
        let event = self.event(&fact.event);
        self.begin(fact.person, fact.origin, fact.at, event);
        for (name, value) in &fact.properties {
            let key = self.key(name, value.kind());
            match value {
                Value::Int(value) => self.int(key, *value),
                Value::Float(value) => self.float(key, *value),
                Value::Bool(value) => self.bool(key, *value),
                Value::Text(value) => self.text(key, value),
                Value::List(values) => self.list(key, values.iter().map(String::as_str)),
            }
        }
    }
    pub fn len(&self) -> usize {
        self.rows.len()
    }
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
    /// Bytes of memory.
    pub fn memory(&self) -> usize {
        self.rows.capacity() * size_of::<Row>()
            + self.ends.capacity() * 4
            + self.cells.capacity() * 16
            + (self.lists.capacity() + self.items.capacity()) * 4
            + self.keys.iter().map(|key| key.words.memory()).sum::<usize>()
    }
    pub fn left_out(&self) -> LeftOut {
        self.left_out
    }
    /// Empties the batch and keeps its names.
    pub fn clear(&mut self) {
        self.rows.clear();
        self.ends.clear();
        self.cells.clear();
        self.lists.clear();
        self.items.clear();
        self.keys.iter_mut().for_each(|key| key.words.clear());
        self.left_out = LeftOut::default();
    }
}

/// Look-up by a borrowed name.
trait KeyName {
    fn parts(&self) -> (&str, ColumnKind);
}
impl KeyName for (Box<str>, ColumnKind) {
    fn parts(&self) -> (&str, ColumnKind) {
        (&self.0, self.1)
    }
}
impl KeyName for (&str, ColumnKind) {
    fn parts(&self) -> (&str, ColumnKind) {
        (self.0, self.1)
    }
}
impl std::hash::Hash for dyn KeyName + '_ {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let (name, kind) = self.parts();
        name.hash(state);
        kind.hash(state);
    }
}
impl PartialEq for dyn KeyName + '_ {
    fn eq(&self, other: &Self) -> bool {
        self.parts() == other.parts()
    }
}
impl Eq for dyn KeyName + '_ {}
impl<'a> std::borrow::Borrow<dyn KeyName + 'a> for (Box<str>, ColumnKind) {
    fn borrow(&self) -> &(dyn KeyName + 'a) {
        self
    }
}
