//! A profile field: the distinct values once, and for each person which of them.

use crate::set::Set;
use crate::shelf::paged::Paged;
use crate::shelf::texts::Texts;
use crate::test::{Today, TraitTest};
use roaring::RoaringBitmap;
use rustc_hash::FxHashMap;
use siyu_kernel::PersonNum;
use std::sync::{Arc, Mutex};

/// A field whose values are nearly all different (names) is kept as [`Texts`].
pub(crate) const DISTINCT_MAX: usize = 200_000;
/// Answers per distinct value that are remembered, so that a rule is not read again for each person.
const TABLES_MAX: usize = 2_000;
const NONE: u32 = 0;
/// What stands for every sealed value: it exists, and that is all.
const SEALED: &[u8] = &[1];

#[derive(Clone)]
pub(crate) struct Codes {
    column: Column,
    words: Arc<Words>,
    /// For each test, what it says of each code. Codes are never given twice, so a table only grows.
    tables: Arc<Mutex<FxHashMap<String, Arc<Vec<bool>>>>>,
}

#[derive(Clone)]
enum Column {
    Narrow(Paged<u16>),
    Wide(Paged<u32>),
}

#[derive(Clone, Default)]
struct Words {
    /// Stored form: a first byte and JSON text, or the one byte of a sealed value. The first stands for no value.
    list: Vec<Arc<[u8]>>,
    place: FxHashMap<Arc<[u8]>, u32>,
    bytes: usize,
}

/// The value has no place: there are too many distinct ones.
pub(crate) struct TooMany;

impl Codes {
    pub fn new() -> Self {
        let words = Words { list: vec![Arc::from(&[][..])], place: FxHashMap::default(), bytes: 0 };
        Self { column: Column::Narrow(Paged::new(0)), words: Arc::new(words), tables: Arc::default() }
    }
    /// `stored`: as it lies in the database, or `None` for no value. Whether that changed anything.
    pub fn set(&mut self, root: PersonNum, stored: Option<&[u8]>) -> Result<bool, TooMany> {
        let code = match stored {
            None => NONE,
            Some(stored) => self.code(if stored.first() == Some(&0) { stored } else { SEALED })?,
        };
        if code > u32::from(u16::MAX)
            && let Column::Narrow(narrow) = &self.column
        {
            self.column = Column::Wide(narrow.mapped(NONE, u32::from));
        }
        Ok(match &mut self.column {
            Column::Narrow(column) => column.set(root, code as u16),
            Column::Wide(column) => column.set(root, code),
        })
    }
    fn code(&mut self, stored: &[u8]) -> Result<u32, TooMany> {
        if let Some(code) = self.words.place.get(stored) {
            return Ok(*code);
        }
        if self.words.list.len() > DISTINCT_MAX {
            return Err(TooMany);
        }
        let words = Arc::make_mut(&mut self.words);
        let (code, word) = (words.list.len() as u32, Arc::<[u8]>::from(stored));
        words.bytes += stored.len() + 64;
        words.list.push(Arc::clone(&word));
        words.place.insert(word, code);
        Ok(code)
    }
    /// The same values, each person's own.
    pub fn texts(&self) -> Texts {
        let mut texts = Texts::default();
        let mut each = |root: PersonNum, code: u32| {
            if code != NONE {
                texts.set(root, Some(&self.words.list[code as usize]));
            }
        };
        match &self.column {
            Column::Narrow(column) => column.each(|root, code| each(root, u32::from(code))),
            Column::Wide(column) => column.each(each),
        }
        texts
    }
    pub fn bytes(&self) -> usize {
        let column = match &self.column {
            Column::Narrow(column) => column.bytes(),
            Column::Wide(column) => column.bytes(),
        };
        column + self.words.bytes
    }

    /// What the test says of each code.
    fn table(&self, test: &TraitTest, today: &Today<'_>) -> Arc<Vec<bool>> {
        let day = test.is_dated().then_some(today.day);
        let key = format!("{test:?}{day:?}");
        let mut tables = self.tables.lock().unwrap_or_else(|broken| broken.into_inner());
        if let Some(table) = tables.get(&key).filter(|table| table.len() >= self.words.list.len()) {
            return Arc::clone(table);
        }
        if tables.len() >= TABLES_MAX {
            tables.clear();
        }
        let table = tables.entry(key).or_default();
        let grown = Arc::make_mut(table);
        for word in &self.words.list[grown.len()..] {
            grown.push(match word.split_first() {
                None => false,
                Some((0, text)) => serde_json::from_slice(text).is_ok_and(|value| test.holds(&value, today)),
                Some(_) => *test == TraitTest::Exists,
            });
        }
        Arc::clone(table)
    }
    pub fn fitting(&self, test: &TraitTest, today: &Today<'_>, threads: usize) -> Set {
        let table = self.table(test, today);
        Set::These(match &self.column {
            Column::Narrow(column) => column.scan(threads, |code| table[usize::from(code)]),
            Column::Wide(column) => column.scan(threads, |code| table[code as usize]),
        })
    }
    pub fn code_of(&self, root: PersonNum) -> u32 {
        match &self.column {
            Column::Narrow(column) => u32::from(column.get(root)),
            Column::Wide(column) => column.get(root),
        }
    }
    pub fn fitting_among(&self, test: &TraitTest, today: &Today<'_>, among: &RoaringBitmap) -> RoaringBitmap {
        let table = self.table(test, today);
        among.iter().filter(|root| table[self.code_of(*root) as usize]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_grow_wider_and_keep_their_meaning() {
        let mut codes = Codes::new();
        let text = |n: u32| format!("\0\"v{n}\"").into_bytes();
        for n in 0..70_000 {
            assert!(codes.set(n, Some(&text(n))).is_ok_and(|changed| changed));
        }
        let _ = codes.set(5, Some(&[1, 9, 9]));
        let _ = codes.set(6, None);
        let (zone, now) = (siyu_kernel::Zone::utc(), siyu_kernel::Time(0));
        let zone = Today::new(&zone, now);
        let ask = |codes: &Codes, test: &TraitTest| match codes.fitting(test, &zone, 2) {
            Set::These(set) => set,
            Set::AllBut(_) => panic!("these"),
        };
        let exact = TraitTest::Text(vec!["v66000".into(), "v5".into(), "v6".into(), "v7".into()]);
        assert_eq!(ask(&codes, &exact), [7u32, 66_000].into_iter().collect());
        assert_eq!(ask(&codes, &TraitTest::Exists).len(), 69_999);
        let among: RoaringBitmap = [5u32, 6, 7, 8].into_iter().collect();
        assert_eq!(codes.fitting_among(&TraitTest::Exists, &zone, &among), [5u32, 7, 8].into_iter().collect());
        // A table asked for before is asked again after a new value came.
        let _ = codes.set(90_000, Some(&text(90_000)));
        assert_eq!(ask(&codes, &TraitTest::Exists).len(), 70_000);
    }
}
