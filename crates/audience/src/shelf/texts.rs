//! A profile field whose values are nearly all different (names): its texts beside each other, to look for a part of one.

use crate::test::text_of;
use memchr::memmem::Finder;
use roaring::RoaringBitmap;
use rustc_hash::FxHasher;
use siyu_kernel::PersonNum;
use std::hash::Hasher;
use std::sync::Arc;

/// People whose texts lie in one piece: a change copies so many at most.
const CHUNK_BITS: u32 = 12;
/// Ends every text. Never part of one: no UTF-8 has this byte.
const END: u8 = 0xFF;

/// In lower case, as [`crate::test::TraitTest::Contains`] compares. Values that are no text (lists, sealed ones) contain nothing and are left out.
#[derive(Clone, Default)]
pub(crate) struct Texts {
    chunks: Vec<Arc<Chunk>>,
    bytes: usize,
}

#[derive(Clone, Default)]
struct Chunk {
    /// Who has a text, in order, and where it ends.
    ends: Vec<(u16, u32)>,
    bytes: Vec<u8>,
}

impl Texts {
    /// `stored`: as it lies in the database, or `None` for no value. A value that cannot be read is none.
    pub fn set(&mut self, root: PersonNum, stored: Option<&[u8]>) {
        let text = stored.and_then(|stored| match stored.split_first() {
            Some((0, text)) => text_of(&serde_json::from_slice(text).ok()?),
            _ => None,
        });
        let text = text.map(|text| text.to_lowercase().into_bytes());
        let (at, slot) = place(root);
        if self.chunks.len() <= at {
            if text.is_none() {
                return;
            }
            self.chunks.resize_with(at + 1, Arc::default);
        }
        if text.is_none() && self.chunks[at].text(slot).is_none() {
            return;
        }
        let chunk = Arc::make_mut(&mut self.chunks[at]);
        self.bytes -= chunk.size();
        chunk.put(slot, text.as_deref());
        self.bytes += chunk.size();
    }
    pub fn bytes(&self) -> usize {
        self.bytes + self.chunks.len() * 80
    }
    /// Two texts of one person are the same when their marks are.
    pub fn mark(&self, root: PersonNum) -> u64 {
        let (at, slot) = place(root);
        self.chunks.get(at).and_then(|chunk| chunk.text(slot)).map_or(0, |text| {
            let mut hasher = FxHasher::default();
            hasher.write(text);
            hasher.finish() | 1
        })
    }
    /// Everybody whose text contains this one, which is in lower case.
    pub fn containing(&self, part: &str) -> RoaringBitmap {
        let finder = Finder::new(part.as_bytes());
        let mut found = RoaringBitmap::new();
        for (at, chunk) in self.chunks.iter().enumerate() {
            let first = (at as u32) << CHUNK_BITS;
            chunk.each(&finder, |slot| {
                found.insert(first | u32::from(slot));
            });
        }
        found
    }
    pub fn contains(&self, root: PersonNum, part: &str) -> bool {
        let (at, slot) = place(root);
        let text = self.chunks.get(at).and_then(|chunk| chunk.text(slot));
        text.is_some_and(|text| memchr::memmem::find(text, part.as_bytes()).is_some())
    }
}

fn place(root: PersonNum) -> (usize, u16) {
    ((root >> CHUNK_BITS) as usize, (root & ((1 << CHUNK_BITS) - 1)) as u16)
}

impl Chunk {
    fn size(&self) -> usize {
        self.bytes.capacity() + self.ends.capacity() * size_of::<(u16, u32)>()
    }
    fn begin(&self, at: usize) -> usize {
        at.checked_sub(1).map_or(0, |before| self.ends[before].1 as usize)
    }
    fn text(&self, slot: u16) -> Option<&[u8]> {
        let at = self.ends.binary_search_by_key(&slot, |(own, _)| *own).ok()?;
        Some(&self.bytes[self.begin(at)..self.ends[at].1 as usize - 1])
    }
    fn put(&mut self, slot: u16, text: Option<&[u8]>) {
        let found = self.ends.binary_search_by_key(&slot, |(own, _)| *own);
        let at = found.unwrap_or_else(|at| at);
        let from = self.begin(at);
        let to = if found.is_ok() { self.ends[at].1 as usize } else { from };
        let new = text.map_or(0, |text| text.len() + 1);
        self.bytes.splice(from..to, text.into_iter().flatten().copied().chain(text.map(|_| END)));
        let moved = new as i64 - (to - from) as i64;
        let behind = match (found, text) {
            (Ok(_), Some(_)) => at,
            (Ok(_), None) => {
                self.ends.remove(at);
                at
            }
            (Err(_), _) => {
                // Its end is set with those behind it.
                self.ends.insert(at, (slot, from as u32));
                at
            }
        };
        self.ends[behind..].iter_mut().for_each(|(_, end)| *end = (i64::from(*end) + moved) as u32);
    }
    /// Each text once that contains what is looked for.
    fn each(&self, finder: &Finder<'_>, mut found: impl FnMut(u16)) {
        let mut from = 0;
        while let Some(hit) = self.bytes.get(from..).and_then(|rest| finder.find(rest)) {
            let at = self.ends.partition_point(|(_, end)| *end as usize <= from + hit);
            let Some((slot, end)) = self.ends.get(at) else { return };
            found(*slot);
            from = *end as usize;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn it_finds_what_a_slow_twin_finds(
            steps in prop::collection::vec((0u32..9_000, prop::option::of("[aAb王İ\"\\\\]{0,6}")), 0..120),
            part in "[ab王\"]{1,3}",
        ) {
            let (mut texts, mut twin) = (Texts::default(), BTreeMap::new());
            for (root, text) in steps {
                let stored = text.as_ref().map(|text| [b"\0", serde_json::Value::from(text.as_str()).to_string().as_bytes()].concat());
                let before = texts.mark(root);
                texts.set(root, stored.as_deref());
                let old = match &text {
                    Some(text) => twin.insert(root, text.to_lowercase()),
                    None => twin.remove(&root),
                };
                prop_assert_eq!(texts.mark(root) == before, old.as_ref() == twin.get(&root));
            }
            let want: RoaringBitmap = twin.iter().filter(|(_, text)| text.contains(&part)).map(|(root, _)| *root).collect();
            prop_assert_eq!(texts.containing(&part), want.clone());
            let one_by_one: RoaringBitmap = (0..9_000).filter(|root| texts.contains(*root, &part)).collect();
            prop_assert_eq!(one_by_one, want);
            let size: usize = texts.chunks.iter().map(|chunk| chunk.size()).sum();
            prop_assert_eq!(texts.bytes, size);
        }
    }

    #[test]
    fn lists_and_sealed_values_contain_nothing() {
        let mut texts = Texts::default();
        texts.set(1, Some(b"\0[\"a\"]"));
        texts.set(2, Some(b"\x01a"));
        texts.set(3, Some(b"\0broken"));
        texts.set(4, Some(b"\x00417"));
        assert_eq!(texts.containing("a"), RoaringBitmap::new());
        assert_eq!(texts.containing("17"), [4u32].into_iter().collect());
    }
}
