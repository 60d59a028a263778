//! What a question is put to.

use super::groups::Rest;
use crate::cell::Group;
use roaring::RoaringBitmap;
use siyu_behaviour::kernels::{Behind, By, Cells, Labels};
use siyu_behaviour::{Bits, Calendar, Kernel, People, Snapshot, View};
use siyu_kernel::{Refusal, Time};
use std::sync::Arc;

/// The columns at one moment, and the present.
#[derive(Clone)]
pub struct Scene {
    pub snapshot: Snapshot,
    /// Everything received before this instant is in it.
    pub as_of: Time,
    /// How far the columns are behind the log.
    pub fresh_seconds: f64,
    pub now: Time,
    pub calendar: Arc<Calendar>,
    pub threads: usize,
}

impl Scene {
    pub fn today(&self) -> i32 {
        self.calendar.day(self.now.0)
    }
}

/// A prepared question's surroundings for one period.
#[derive(Clone)]
pub(crate) struct Env<'s> {
    pub scene: &'s Scene,
    /// `None`: everybody.
    pub among: Option<Arc<RoaringBitmap>>,
    pub by: By,
    /// Of a reader who is limited to some: conversions elsewhere are none.
    pub stores: Option<&'s [String]>,
    pub groups: usize,
    /// Both included.
    pub days: (i32, i32),
}

impl Env<'_> {
    pub fn calendar(&self) -> Arc<Calendar> {
        Arc::clone(&self.scene.calendar)
    }
    /// The span as instants: from the first, up to and without the second.
    pub fn instants(&self) -> (i64, i64) {
        self.scene.calendar.instants(self.days.0, self.days.1)
    }
    pub fn run<K: Kernel>(&self, kernel: &K) -> K::Partial {
        self.scene.snapshot.run(kernel, self.among.as_deref(), self.scene.threads)
    }
    pub fn behind<K: Cells>(&self, kernel: &K, cell: &K::Cell) -> RoaringBitmap {
        self.run(&Behind { kernel, cell }).0
    }
    /// The people of a cell in one group, or in what the shown groups leave over. `groups` gives the result's breakdown, for the latter.
    pub fn behind_group<K: Cells>(
        &self,
        kernel: &K,
        group: &Group,
        cell: impl Fn(Option<Option<String>>) -> K::Cell,
        groups: impl FnOnce() -> Rest,
    ) -> Result<RoaringBitmap, Refusal> {
        let names = match group {
            Group::All => return Ok(self.behind(kernel, &cell(None))),
            Group::Named(name) => return Ok(self.behind(kernel, &cell(Some(Some(name.clone()))))),
            Group::Rest if matches!(self.by, By::Labels(_)) => vec![None],
            Group::Rest => groups().names()?,
        };
        let mut people = RoaringBitmap::new();
        for name in names {
            people |= self.behind(kernel, &cell(Some(name)));
        }
        Ok(people)
    }
    /// The same question about fewer people.
    pub fn within(&self, people: &RoaringBitmap) -> Self {
        let among = match &self.among {
            None => people.clone(),
            Some(among) => among.as_ref() & people,
        };
        Self { among: Some(Arc::new(among)), by: By::Nothing, ..self.clone() }
    }
    /// Whether the spec asks for groups.
    pub fn split(&self) -> bool {
        !matches!(self.by, By::Nothing)
    }
    /// Those of `people` in a group of labels.
    pub fn of_group(&self, mut people: RoaringBitmap, group: &Group) -> RoaringBitmap {
        let Some(labels) = self.labels() else { return people };
        match group {
            Group::All => people,
            Group::Named(name) => match labels.0.iter().find(|(own, _)| own == name) {
                Some((_, label)) => people & label,
                None => RoaringBitmap::new(),
            },
            Group::Rest => {
                labels.0.iter().for_each(|(_, label)| people -= label);
                people
            }
        }
    }
    /// The question put to each group of people by itself, the rest last; `None` without a breakdown.
    pub fn slices(&self) -> Option<Vec<(Option<String>, Self)>> {
        let labels = self.labels()?;
        let mut out: Vec<(Option<String>, Self)> =
            labels.0.iter().map(|(name, people)| (Some(name.clone()), self.within(people))).collect();
        let rest = self.of_group(self.everybody(), &Group::Rest);
        if !rest.is_empty() {
            out.push((None, self.within(&rest)));
        }
        Some(out)
    }
    /// The question put to one group only.
    pub fn slice(&self, group: &Group) -> Self {
        match group {
            Group::All => Self { by: By::Nothing, ..self.clone() },
            group => self.within(&self.of_group(self.everybody(), group)),
        }
    }
    /// Those of `among` who have done anything, and all of `among` where it is given.
    fn everybody(&self) -> RoaringBitmap {
        match &self.among {
            Some(among) => among.as_ref().clone(),
            None => self.run(&Known).0,
        }
    }
    pub fn labels(&self) -> Option<&Labels> {
        match &self.by {
            By::Labels(labels) => Some(labels),
            _ => None,
        }
    }
}

/// Everybody with an event.
struct Known;

impl Kernel for Known {
    type Partial = People;
    fn bucket(&self, view: &View, among: &Bits) -> People {
        let mut people = view.people();
        people.and(among);
        People(people.to_people(view.bucket))
    }
}
