//! One value per person, in pages of neighbouring numbers, so that a change copies a page at most.

use roaring::RoaringBitmap;
use siyu_kernel::PersonNum;
use std::sync::Arc;

pub(crate) const PAGE: usize = 1 << 16;
/// Bytes of one bit per person of a page.
const PAGE_BITS: usize = PAGE / 8;
/// Pages that one thread goes through faster than a second one starts.
const PAGES_ALONE: usize = 8;

#[derive(Clone)]
pub(crate) struct Paged<T> {
    /// What people without a value have.
    none: T,
    pages: Vec<Option<Arc<[T]>>>,
}

fn place(root: PersonNum) -> (usize, usize) {
    ((root >> 16) as usize, root as usize & (PAGE - 1))
}

impl<T: Copy + PartialEq + Send + Sync> Paged<T> {
    pub fn new(none: T) -> Self {
        Self { none, pages: Vec::new() }
    }
    pub fn none(&self) -> T {
        self.none
    }
    pub fn bytes(&self) -> usize {
        self.pages.iter().flatten().count() * PAGE * size_of::<T>() + self.pages.len() * size_of::<usize>() * 2
    }
    #[inline]
    pub fn get(&self, root: PersonNum) -> T {
        let (page, slot) = place(root);
        self.pages.get(page).and_then(Option::as_ref).map_or(self.none, |page| page[slot])
    }
    /// Whether that changed anything.
    pub fn set(&mut self, root: PersonNum, value: T) -> bool {
        let (page, slot) = place(root);
        if self.get(root) == value {
            return false;
        }
        if self.pages.len() <= page {
            self.pages.resize(page + 1, None);
        }
        let none = self.none;
        let page = self.pages[page].get_or_insert_with(|| vec![none; PAGE].into());
        // Readers keep the page they have.
        Arc::make_mut(page)[slot] = value;
        true
    }
    /// The same with another type of value.
    pub fn mapped<U: Copy>(&self, none: U, map: impl Fn(T) -> U) -> Paged<U> {
        let page = |page: &Arc<[T]>| page.iter().map(|value| map(*value)).collect::<Arc<[U]>>();
        Paged { none, pages: self.pages.iter().map(|own| own.as_ref().map(page)).collect() }
    }

    /// In order, people without a page left out.
    pub fn each(&self, mut each: impl FnMut(PersonNum, T)) {
        for (at, page) in self.pages.iter().enumerate() {
            let Some(page) = page else { continue };
            page.iter().enumerate().for_each(|(slot, value)| each((at as u32) << 16 | slot as u32, *value));
        }
    }
    /// Everybody whose value fits. `fits` must refuse `none`: people without a page are not looked at.
    pub fn scan(&self, threads: usize, fits: impl Fn(T) -> bool + Sync) -> RoaringBitmap {
        scan(self.pages.len(), threads, |at, bytes| {
            let Some(page) = &self.pages[at] else { return };
            for (byte, eight) in bytes.iter_mut().zip(page.chunks_exact(8)) {
                *byte = eight.iter().enumerate().fold(0, |byte, (bit, value)| byte | u8::from(fits(*value)) << bit);
            }
        })
    }
    /// The same over two columns side by side.
    pub fn scan_with<U: Copy + PartialEq + Send + Sync>(
        &self,
        other: &Paged<U>,
        threads: usize,
        fits: impl Fn(T, U) -> bool + Sync,
    ) -> RoaringBitmap {
        scan(self.pages.len().max(other.pages.len()), threads, |at, bytes| {
            let (left, right) =
                (self.pages.get(at).and_then(Option::as_ref), other.pages.get(at).and_then(Option::as_ref));
            if left.is_none() && right.is_none() {
                return;
            }
            for slot in 0..PAGE {
                let (left, right) = (left.map_or(self.none, |p| p[slot]), right.map_or(other.none, |p| p[slot]));
                bytes[slot / 8] |= u8::from(fits(left, right)) << (slot % 8);
            }
        })
    }
}

/// `page(at, its bits)` for every page, on several threads when there are many.
fn scan(pages: usize, threads: usize, page: impl Fn(usize, &mut [u8]) + Sync) -> RoaringBitmap {
    let mut bytes = vec![0u8; pages * PAGE_BITS];
    let threads = if pages <= PAGES_ALONE { 1 } else { threads.max(1) };
    let share = pages.div_ceil(threads).max(1);
    let part = |(first, bytes): (usize, &mut [u8])| {
        for (at, bytes) in bytes.chunks_exact_mut(PAGE_BITS).enumerate() {
            page(first * share + at, bytes);
        }
    };
    std::thread::scope(|scope| {
        let mut parts = bytes.chunks_mut(share * PAGE_BITS).enumerate();
        let own = parts.next();
        for other in parts {
            scope.spawn(|| part(other));
        }
        own.into_iter().for_each(part);
    });
    RoaringBitmap::from_lsb0_bytes(0, &bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_scan_finds_what_was_set(values in prop::collection::vec((0u32..700_000, 0u16..5), 0..200), threads in 1usize..4) {
            let (mut left, mut right) = (Paged::new(0u16), Paged::new(0i64));
            let mut model = std::collections::BTreeMap::new();
            for (root, value) in &values {
                let changed = left.set(*root, *value);
                prop_assert_eq!(changed, model.insert(*root, *value).unwrap_or(0) != *value);
                right.set(*root, i64::from(*value) * 2);
            }
            let want: RoaringBitmap = model.iter().filter(|(_, value)| **value >= 3).map(|(root, _)| *root).collect();
            prop_assert_eq!(left.scan(threads, |value| value >= 3), want.clone());
            prop_assert_eq!(left.scan_with(&right, threads, |l, r| l >= 3 && r == i64::from(l) * 2), want.clone());
            prop_assert_eq!(left.mapped(0u32, u32::from).scan(threads, |value| value >= 3), want);
        }
    }
}
