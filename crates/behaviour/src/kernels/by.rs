//! Breakdowns, and the people behind a number.

use crate::bits::Bits;
use crate::kernel::{Kernel, Merge, People};
use crate::values::Groups;
use crate::view::{Selection, View};
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

/// A breakdown in one bucket: groups as numbers.
pub(crate) enum Split<'v> {
    Nothing,
    Property(Groups<'v>),
    Labels(Vec<(Option<String>, Bits)>),
}

impl<'v> Split<'v> {
    /// `counted`: the selection whose events have the property.
    pub fn new(by: &By, bucket: u16, counted: &Selection<'v>) -> Self {
        match by {
            By::Nothing => Self::Nothing,
            By::Property(property) => Self::Property(Groups::by_property(counted, property)),
            By::Labels(_) => {
                let mut labels = Vec::new();
                by.each_label(bucket, |name, people| labels.push((name, people.clone())));
                Self::Labels(labels)
            }
        }
    }
    /// Calls with the number of each group of a person and an event.
    #[inline]
    pub fn each(&mut self, slot: u16, place: (usize, usize), mut call: impl FnMut(usize)) {
        match self {
            Self::Nothing => {}
            Self::Property(groups) => groups.each(place, |group| call(group as usize)),
            Self::Labels(labels) => {
                let own = labels.iter().enumerate().filter(|(_, (_, people))| people.contains(slot));
                own.for_each(|(group, _)| call(group));
            }
        }
    }
    /// The name of each number.
    pub fn names(self) -> Vec<Option<String>> {
        match self {
            Self::Nothing => Vec::new(),
            Self::Property(groups) => groups.names.names,
            Self::Labels(labels) => labels.into_iter().map(|(name, _)| name).collect(),
        }
    }
    /// Whether a person and an event are in a group; every one is in `None`.
    pub fn fits(&mut self, slot: u16, place: (usize, usize), group: &Option<Option<String>>) -> bool {
        let Some(group) = group else { return true };
        let mut fits = false;
        match self {
            Self::Nothing => {}
            Self::Property(groups) => groups.each_named(place, |name| fits |= name == group.as_deref()),
            Self::Labels(labels) => {
                fits = labels.iter().any(|(name, people)| name == group && people.contains(slot));
            }
        }
        fits
    }
}

/// The number of a group in a list that grows as groups are met.
pub(crate) fn at_group<T>(all: &mut Vec<T>, group: usize, new: impl FnMut() -> T) -> &mut T {
    if all.len() <= group {
        all.resize_with(group + 1, new);
    }
    &mut all[group]
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
