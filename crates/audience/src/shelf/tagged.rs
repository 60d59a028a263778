//! Who carries a tag, and until when.

use roaring::RoaringBitmap;
use rustc_hash::FxHashMap;
use siyu_kernel::{PersonNum, Time};

#[derive(Clone)]
pub(crate) struct Tagged {
    carriers: RoaringBitmap,
    /// Of those who carry it for a time only.
    until: FxHashMap<PersonNum, i64>,
    /// Nobody's time runs out before this.
    first: i64,
}

impl Default for Tagged {
    fn default() -> Self {
        Self { carriers: RoaringBitmap::new(), until: FxHashMap::default(), first: i64::MAX }
    }
}

impl Tagged {
    /// Another of the person's numbers carries it, too: the longer time counts.
    pub fn add(&mut self, root: PersonNum, until: Option<Time>) {
        let known = !self.carriers.insert(root);
        match until {
            None => {
                self.until.remove(&root);
            }
            // Carried without end by another number.
            Some(_) if known && !self.until.contains_key(&root) => {}
            Some(Time(at)) => {
                let held = self.until.entry(root).or_insert(at);
                *held = (*held).max(at);
                self.first = self.first.min(*held);
            }
        }
    }
    pub fn state(&self, root: PersonNum) -> Option<Option<i64>> {
        self.carriers.contains(root).then(|| self.until.get(&root).copied())
    }
    pub fn remove(&mut self, root: PersonNum) {
        if self.carriers.remove(root) {
            self.until.remove(&root);
        }
    }
    /// Who carries it at this instant. What has run out counts no more, swept or not.
    pub fn now(&self, now: Time) -> RoaringBitmap {
        let mut set = self.carriers.clone();
        if self.first <= now.0 {
            for (root, _) in self.until.iter().filter(|(_, until)| **until <= now.0) {
                set.remove(*root);
            }
        }
        set
    }
    pub fn holds(&self, root: PersonNum, now: Time) -> bool {
        self.carriers.contains(root) && self.until.get(&root).is_none_or(|until| *until > now.0)
    }
    /// When the person's time runs out; `None` when it does not, or when the tag is not carried.
    pub fn until(&self, root: PersonNum) -> Option<Time> {
        self.until.get(&root).map(|at| Time(*at))
    }
    /// Whose time ran out after `from`, up to `to`.
    pub fn ended(&self, from: Time, to: Time) -> RoaringBitmap {
        if self.first > to.0 {
            return RoaringBitmap::new();
        }
        self.until.iter().filter(|(_, until)| (from.0 + 1..=to.0).contains(until)).map(|(root, _)| *root).collect()
    }
    /// The next instant at which the set changes by itself.
    pub fn next_end(&self, now: Time) -> Option<Time> {
        if self.until.is_empty() {
            return None;
        }
        if self.first > now.0 {
            return Some(Time(self.first));
        }
        self.until.values().filter(|until| **until > now.0).min().map(|at| Time(*at))
    }
    /// Looks again where the first end is; those removed are forgotten by it.
    pub fn settle(&mut self) {
        self.first = self.until.values().copied().min().unwrap_or(i64::MAX);
    }
    pub fn bytes(&self) -> usize {
        self.carriers.serialized_size() + self.until.capacity() * 20
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_time_counts() {
        let mut tag = Tagged::default();
        tag.add(1, Some(Time(10)));
        tag.add(1, Some(Time(20)));
        tag.add(2, Some(Time(10)));
        tag.add(2, None);
        tag.add(2, Some(Time(5)));
        tag.add(3, Some(Time(15)));
        let at = |tag: &Tagged, now| tag.now(Time(now)).iter().collect::<Vec<_>>();
        assert_eq!((at(&tag, 9), at(&tag, 15), at(&tag, 20)), (vec![1, 2, 3], vec![1, 2], vec![2]));
        assert_eq!(tag.ended(Time(10), Time(15)), [3u32].into_iter().collect());
        assert!(tag.holds(1, Time(19)) && !tag.holds(1, Time(20)) && tag.holds(2, Time(i64::MAX)));
        tag.remove(3);
        tag.settle();
        assert_eq!((tag.next_end(Time(0)), tag.next_end(Time(20))), (Some(Time(20)), None));
    }
}
