//! The seam: a kernel reads one bucket and returns a partial answer; partial answers merge in any order.
//!
//! Local runs spread buckets over threads; a cluster runs the same function where the bucket lies. There is no second implementation of any
//! number.

use crate::bits::Bits;
use crate::view::View;
use roaring::RoaringBitmap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// Merging is associative and commutative; `Default` is its neutral element.
pub trait Merge: Default + Send {
    fn merge(&mut self, other: Self);
}

pub trait Kernel: Sync {
    type Partial: Merge;
    /// `among`: only these people count.
    fn bucket(&self, view: &View, among: &Bits) -> Self::Partial;
}

/// All buckets at one moment, by rising bucket.
#[derive(Clone, Default)]
pub struct Snapshot {
    pub views: Arc<[View]>,
}

impl Snapshot {
    /// Runs a kernel over all buckets on this many threads. `among`: `None` is everybody.
    pub fn run<K: Kernel>(&self, kernel: &K, among: Option<&RoaringBitmap>, threads: usize) -> K::Partial {
        let next = AtomicUsize::new(0);
        let total = Mutex::new(K::Partial::default());
        let work = || {
            let mut own = K::Partial::default();
            while let Some(view) = self.views.get(next.fetch_add(1, Ordering::Relaxed)) {
                let among = among.map_or_else(Bits::full, |people| Bits::of_people(people, view.bucket));
                if !among.is_empty() {
                    own.merge(kernel.bucket(view, &among));
                }
            }
            total.lock().unwrap_or_else(|broken| broken.into_inner()).merge(own);
        };
        let threads = threads.clamp(1, self.views.len().max(1));
        std::thread::scope(|scope| {
            (1..threads).for_each(|_| drop(scope.spawn(work)));
            work();
        });
        total.into_inner().unwrap_or_else(|broken| broken.into_inner())
    }
    /// The view of a person's bucket.
    pub fn view_of(&self, person: u32) -> Option<&View> {
        let bucket = (person >> 16) as u16;
        self.views.binary_search_by_key(&bucket, |view| view.bucket).ok().map(|at| &self.views[at])
    }
}

/// People, as a partial answer.
#[derive(Default)]
pub struct People(pub RoaringBitmap);

impl Merge for People {
    fn merge(&mut self, other: Self) {
        self.0 |= other.0;
    }
}
