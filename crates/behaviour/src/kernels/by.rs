//! Breakdowns, and the people behind a number.

use crate::bits::Bits;
use crate::kernel::{Kernel, Merge, People};
use crate::view::View;
use roaring::RoaringBitmap;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a result is split by.
#[derive(Clone, Debug, Default)]
pub enum By {
    #[default]
    Nothing,
    /// A property of the event that is counted. Whole numbers, numbers and yes/no are written as text; an event without it is in group `None`.
    Property(String),
    /// People by label; people without any are in group `None`.
    Labels(Arc<Labels>),
}

/// Sets of people with names: tags of a group, values of a trait, audiences. They may overlap. Names are unique.
#[derive(Clone, Debug, Default)]
pub struct Labels(pub Vec<(String, RoaringBitmap)>);

/// Numbers by group. Every group is here; choosing the largest and summing the rest is the caller's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grouped<T>(pub BTreeMap<Option<String>, T>);

impl<T> Default for Grouped<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}
impl<T: Merge> Merge for Grouped<T> {
    fn merge(&mut self, other: Self) {
        for (group, own) in other.0 {
            self.0.entry(group).or_default().merge(own);
        }
    }
}

impl<T: Merge> Merge for BTreeMap<i32, T> {
    fn merge(&mut self, other: Self) {
        for (key, own) in other {
            self.entry(key).or_default().merge(own);
        }
    }
}

/// Adds place by place; the shorter one counts as 0 where it ends.
pub(crate) fn add<T: Copy + Default + std::ops::AddAssign>(own: &mut Vec<T>, other: &[T]) {
    if own.len() < other.len() {
        own.resize(other.len(), T::default());
    }
    own.iter_mut().zip(other).for_each(|(own, other)| *own += *other);
}

impl By {
    /// Calls with the people of each label in a bucket, and last with those without any. Nothing unless the breakdown is by labels.
    pub(crate) fn each_label(&self, bucket: u16, mut call: impl FnMut(Option<String>, &Bits)) {
        let Self::Labels(labels) = self else { return };
        let mut without = Bits::full();
        for (name, people) in &labels.0 {
            let own = Bits::of_people(people, bucket);
            without.and_not(&own);
            call(Some(name.clone()), &own);
        }
        call(None, &without);
    }
    /// The people of `among` in a label, or in none. Nobody unless the breakdown is by labels.
    pub(crate) fn members(&self, bucket: u16, among: &Bits, group: &Option<String>) -> Bits {
        let mut members = Bits::empty();
        self.each_label(bucket, |name, people| {
            if name == *group {
                members = people.clone();
            }
        });
        members.and(among);
        members
    }
}

/// A kernel whose numbers can be opened.
pub trait Cells: Kernel {
    /// Names one number of the result.
    type Cell: Sync;
    /// The people of `among` in this bucket that the number counts; empty for a cell that is not in the result.
    fn people(&self, view: &View, among: &Bits, cell: &Self::Cell) -> Bits;
}

/// The people behind one cell, as a kernel: `snapshot.run(&Behind { kernel: &funnel, cell: &cell }, …)` gives [`People`].
pub struct Behind<'k, K: Cells> {
    pub kernel: &'k K,
    pub cell: &'k K::Cell,
}

impl<K: Cells> Kernel for Behind<'_, K> {
    type Partial = People;
    fn bucket(&self, view: &View, among: &Bits) -> People {
        People(self.kernel.people(view, among, self.cell).to_people(view.bucket))
    }
}
