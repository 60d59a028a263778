//! What is kept of everybody: one field, and how it is read and kept right.

use crate::Ctx;
use crate::shelf::codes::Codes;
use crate::shelf::load::{self, Whose};
use crate::shelf::paged::Paged;
use crate::shelf::roster::Roster;
use crate::shelf::tagged::Tagged;
use crate::shelf::texts::Texts;
use roaring::RoaringBitmap;
use rustc_hash::FxHashMap;
use siyu_db::Tx;
use siyu_kernel::{PersonNum, Refusal, Time};
use siyu_people::People;
use std::hash::Hash;

/// What is kept under one name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    /// By kind of identifier.
    Has,
    /// A tag's number; `None` = any tag.
    Tag(Option<i64>),
    /// By store's number.
    Stores,
    /// Orders in any currency.
    Orders,
    /// The next three in the workspace's currency.
    OwnOrders,
    Amount,
    Net,
    /// Days since 1970 of the first and last order in any currency.
    FirstDay,
    LastDay,
    Category(String),
    CreatedDay,
    Source,
    Trait(String),
}

/// Bytes of the texts of one field.
const TEXTS_MAX: usize = 256 << 20;
/// Absent, for days.
pub(crate) const NO_DAY: i32 = i32::MIN;

#[derive(Clone)]
pub(crate) enum Field {
    Sets(Sets),
    Tagged(Tagged),
    Codes(Codes),
    Days(Paged<i32>),
    Counts(Paged<u32>),
    Amounts(Paged<i64>),
    /// Too many distinct values for codes.
    Texts(Texts),
    /// Texts too long to be kept: the database is asked.
    Open,
}

/// People by some name.
#[derive(Clone, Default)]
pub(crate) struct Sets {
    pub named: FxHashMap<Name, RoaringBitmap>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Name {
    Kind(String),
    Store(i64),
}

impl Sets {
    pub fn of(&self, name: &Name) -> RoaringBitmap {
        self.named.get(name).cloned().unwrap_or_default()
    }
    pub fn any(&self) -> RoaringBitmap {
        self.named.values().fold(RoaringBitmap::new(), |all, set| all | set)
    }
    pub fn among(&self, name: &Name, people: &RoaringBitmap) -> RoaringBitmap {
        self.named.get(name).map_or_else(RoaringBitmap::new, |set| set & people)
    }
    pub fn any_among(&self, people: &RoaringBitmap) -> RoaringBitmap {
        self.named.values().fold(RoaringBitmap::new(), |all, set| all | (set & people))
    }
    fn add(&mut self, name: Name, root: PersonNum) {
        self.named.entry(name).or_default().insert(root);
    }
}

/// Whose values are to be looked at again.
pub(crate) struct Renewed {
    /// All of them, those who are no people any more included.
    pub all: RoaringBitmap,
    roots: Vec<i64>,
    nodes: Vec<i64>,
}

impl Renewed {
    pub fn new(tx: &mut Tx<'_>, people: &People, roster: &Roster, all: RoaringBitmap) -> Result<Self, Refusal> {
        let living: Vec<PersonNum> = all.iter().filter(|root| roster.living.contains(*root)).collect();
        let (several, alone): (Vec<PersonNum>, Vec<PersonNum>) =
            living.iter().copied().partition(|root| roster.merges.is_several(*root));
        let mut nodes: Vec<i64> = alone.into_iter().map(i64::from).collect();
        for part in several.chunks(super::roster::CHUNK) {
            nodes.extend(people.nodes_of(tx, part)?.into_iter().map(|(node, _)| i64::from(node)));
        }
        Ok(Self { all, roots: living.into_iter().map(i64::from).collect(), nodes })
    }
    /// In parts that one query takes.
    pub fn each(&self, mut part: impl FnMut(&Whose<'_>) -> Result<(), Refusal>) -> Result<(), Refusal> {
        let parts = self.nodes.len().max(self.roots.len()).div_ceil(super::roster::CHUNK);
        let cut = |list: &'_ [i64], at: usize| -> std::ops::Range<usize> {
            let from = (at * super::roster::CHUNK).min(list.len());
            from..(from + super::roster::CHUNK).min(list.len())
        };
        (0..parts).try_for_each(|at| {
            let (roots, nodes) = (&self.roots[cut(&self.roots, at)], &self.nodes[cut(&self.nodes, at)]);
            part(&Whose::These { roots, nodes })
        })
    }
}

/// What reading fields needs to know.
pub(crate) struct Source<'s> {
    pub people: &'s People,
    pub roster: &'s Roster,
    pub ctx: &'s Ctx,
}

fn clamped(value: i64) -> u32 {
    u32::try_from(value.max(0)).unwrap_or(u32::MAX)
}

impl Source<'_> {
    /// Reads fields of everybody. Traits together: their table has one order only, so each pass reads all of it.
    pub fn build(&self, tx: &mut Tx<'_>, keys: &[Key]) -> Result<Vec<(Key, Field)>, Refusal> {
        let mut out = Vec::new();
        let mut names = Vec::new();
        for key in keys {
            match key {
                Key::Trait(name) => names.push(name.clone()),
                key => out.push((key.clone(), self.one(tx, key)?)),
            }
        }
        if !names.is_empty() {
            let mut columns: Vec<Field> = names.iter().map(|_| Field::Codes(Codes::new())).collect();
            load::traits(tx, self.people, &self.roster.merges, &names, &Whose::Everybody, |root, at, stored| {
                columns[at].put(root, stored);
            })?;
            out.extend(names.into_iter().map(Key::Trait).zip(columns));
        }
        Ok(out)
    }
    fn one(&self, tx: &mut Tx<'_>, key: &Key) -> Result<Field, Refusal> {
        let mut field = match key {
            Key::Has | Key::Stores => Field::Sets(Sets::default()),
            Key::Tag(_) => Field::Tagged(Tagged::default()),
            Key::Orders | Key::OwnOrders | Key::Category(_) => Field::Counts(Paged::new(0)),
            Key::Amount | Key::Net => Field::Amounts(Paged::new(0)),
            Key::FirstDay | Key::LastDay | Key::CreatedDay => Field::Days(Paged::new(NO_DAY)),
            Key::Source | Key::Trait(_) => Field::Codes(Codes::new()),
        };
        self.read(tx, key, &mut field, &Whose::Everybody)?;
        if let Field::Tagged(tagged) = &mut field {
            tagged.settle();
        }
        Ok(field)
    }

    /// Looks at some people again. Answers whose value changed; the field may turn out not to be worth keeping any more.
    pub fn renew(
        &self,
        tx: &mut Tx<'_>,
        key: &Key,
        field: &mut Field,
        renewed: &Renewed,
    ) -> Result<RoaringBitmap, Refusal> {
        let before = Before::of(field, &renewed.all);
        field.clear(&renewed.all);
        renewed.each(|whose| self.read(tx, key, field, whose))?;
        if let Field::Tagged(tagged) = field {
            tagged.settle();
        }
        Ok(before.changed(field, &renewed.all))
    }

    /// Adds what the database says.
    fn read(&self, tx: &mut Tx<'_>, key: &Key, field: &mut Field, whose: &Whose<'_>) -> Result<(), Refusal> {
        let merges = &self.roster.merges;
        let own = Some(self.ctx.currency.code());
        match (key, field) {
            (_, Field::Open) => {}
            (Key::Has, Field::Sets(sets)) => {
                load::identifiers(tx, merges, whose, |root, kind| {
                    match sets.named.get_mut(&Name::Kind(kind.to_owned())) {
                        Some(set) => {
                            set.insert(root);
                        }
                        None => sets.add(Name::Kind(kind.to_owned()), root),
                    }
                })?;
            }
            (Key::Stores, Field::Sets(sets)) => {
                load::stores(tx, whose, |root, store| sets.add(Name::Store(store), root))?;
            }
            (Key::Tag(tag), Field::Tagged(tagged)) => {
                load::tags(tx, merges, *tag, whose, |root, _, until| tagged.add(root, until))?;
            }
            (Key::Orders, Field::Counts(counts)) => load::totals(tx, "orders", None, whose, |root, n| {
                counts.set(root, counts.get(root).saturating_add(clamped(n)));
            })?,
            (Key::OwnOrders, Field::Counts(counts)) => {
                load::totals(tx, "orders", own, whose, |root, n| {
                    counts.set(root, clamped(n));
                })?;
            }
            (Key::Category(name), Field::Counts(counts)) => {
                load::category(tx, name, whose, |root, n| {
                    counts.set(root, clamped(n));
                })?;
            }
            (Key::Amount, Field::Amounts(amounts)) => {
                load::totals(tx, "amount", own, whose, |root, n| {
                    amounts.set(root, n);
                })?;
            }
            (Key::Net, Field::Amounts(amounts)) => {
                load::totals(tx, "amount - refunded", own, whose, |root, n| {
                    amounts.set(root, n);
                })?;
            }
            (Key::FirstDay, Field::Days(days)) => self.days(tx, "first_at", whose, days, i32::min)?,
            (Key::LastDay, Field::Days(days)) => self.days(tx, "last_at", whose, days, i32::max)?,
            (Key::CreatedDay, Field::Days(days)) => load::arrivals(tx, merges, whose, |root, at, _| {
                days.set(root, self.ctx.zone.day(at));
            })?,
            (Key::Source, field @ (Field::Codes(_) | Field::Texts(_))) => {
                load::arrivals(tx, merges, whose, |root, _, source| {
                    let stored = [b"\0", serde_json::Value::from(source).to_string().as_bytes()].concat();
                    field.put(root, &stored);
                })?
            }
            (Key::Trait(name), field @ (Field::Codes(_) | Field::Texts(_))) => {
                let names = [name.clone()];
                load::traits(tx, self.people, merges, &names, whose, |root, _, stored| {
                    field.put(root, stored);
                })?;
            }
            (key, _) => return Err(Refusal::internal(format!("{key:?} is kept in the wrong form"))),
        }
        Ok(())
    }
    fn days(
        &self,
        tx: &mut Tx<'_>,
        column: &str,
        whose: &Whose<'_>,
        days: &mut Paged<i32>,
        of_two: fn(i32, i32) -> i32,
    ) -> Result<(), Refusal> {
        let zone = &self.ctx.zone;
        load::totals(tx, column, None, whose, |root, at| {
            let (day, held) = (zone.day(Time(at)), days.get(root));
            days.set(root, if held == NO_DAY { day } else { of_two(held, day) });
        })?;
        Ok(())
    }
}

impl Field {
    /// Keeps a stored value of a person, in a wider form when this one has no place for it.
    fn put(&mut self, root: PersonNum, stored: &[u8]) {
        match self {
            Self::Codes(codes) => {
                let Err(_) = codes.set(root, Some(stored)) else { return };
                let mut texts = codes.texts();
                texts.set(root, Some(stored));
                *self = Self::Texts(texts);
            }
            Self::Texts(texts) => {
                texts.set(root, Some(stored));
                if texts.bytes() > TEXTS_MAX {
                    *self = Self::Open;
                }
            }
            _ => {}
        }
    }
    pub fn bytes(&self) -> usize {
        match self {
            Self::Sets(sets) => sets.named.values().map(|set| set.serialized_size() + 128).sum(),
            Self::Tagged(tagged) => tagged.bytes(),
            Self::Codes(codes) => codes.bytes(),
            Self::Days(days) => days.bytes(),
            Self::Counts(counts) => counts.bytes(),
            Self::Amounts(amounts) => amounts.bytes(),
            Self::Texts(texts) => texts.bytes(),
            Self::Open => 0,
        }
    }
    fn clear(&mut self, people: &RoaringBitmap) {
        match self {
            Self::Sets(sets) => sets.named.values_mut().for_each(|set| *set -= people),
            Self::Tagged(tagged) => people.iter().for_each(|root| tagged.remove(root)),
            Self::Codes(codes) => people.iter().for_each(|root| drop(codes.set(root, None))),
            Self::Days(days) => people.iter().for_each(|root| {
                days.set(root, days.none());
            }),
            Self::Counts(counts) => people.iter().for_each(|root| {
                counts.set(root, 0);
            }),
            Self::Amounts(amounts) => people.iter().for_each(|root| {
                amounts.set(root, 0);
            }),
            Self::Texts(texts) => people.iter().for_each(|root| texts.set(root, None)),
            Self::Open => {}
        }
    }
}

/// Values as they were, to tell whose changed.
enum Before {
    Sets(FxHashMap<Name, RoaringBitmap>),
    Values(Vec<(PersonNum, u64)>),
    Unknown,
}

impl Before {
    fn of(field: &Field, people: &RoaringBitmap) -> Self {
        match field {
            Field::Sets(sets) => Self::Sets(
                sets.named
                    .iter()
                    .map(|(name, set)| (name.clone(), set & people))
                    .filter(|(_, set)| !set.is_empty())
                    .collect(),
            ),
            Field::Open => Self::Unknown,
            field => Self::Values(people.iter().map(|root| (root, field.mark(root))).collect()),
        }
    }
    fn changed(self, field: &Field, people: &RoaringBitmap) -> RoaringBitmap {
        match (self, field) {
            (Self::Sets(before), Field::Sets(sets)) => {
                let mut changed = RoaringBitmap::new();
                for (name, set) in &sets.named {
                    let (now, before) = (set & people, before.get(name).cloned().unwrap_or_default());
                    changed |= now ^ before;
                }
                changed
            }
            (Self::Values(_), Field::Open) => people.clone(),
            (Self::Values(before), field) => {
                before.into_iter().filter(|(root, mark)| field.mark(*root) != *mark).map(|(root, _)| root).collect()
            }
            _ => people.clone(),
        }
    }
}

impl Field {
    /// Two values of one person are the same when their marks are.
    fn mark(&self, root: PersonNum) -> u64 {
        match self {
            Self::Codes(codes) => u64::from(codes.code_of(root)),
            Self::Days(days) => u64::from(days.get(root) as u32),
            Self::Counts(counts) => u64::from(counts.get(root)),
            Self::Amounts(amounts) => amounts.get(root) as u64,
            Self::Texts(texts) => texts.mark(root),
            Self::Tagged(tagged) => match tagged.state(root) {
                None => u64::MAX,
                Some(None) => u64::MAX - 1,
                Some(Some(until)) => until as u64,
            },
            Self::Sets(_) | Self::Open => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shelf::codes::DISTINCT_MAX;

    #[test]
    fn a_field_of_names_becomes_texts_and_loses_nobody() {
        let mut field = Field::Codes(Codes::new());
        let people = DISTINCT_MAX as u32 + 10;
        for root in 0..people {
            field.put(root * 2, format!("\0\"客户{root}号\"").as_bytes());
        }
        let Field::Texts(texts) = &field else { panic!("codes have no place for so many") };
        assert_eq!(texts.containing("客户").len(), u64::from(people));
        let of = |n: u32| texts.containing(&format!("户{n}号")).iter().collect::<Vec<_>>();
        for n in [0, 7, DISTINCT_MAX as u32 - 1, DISTINCT_MAX as u32, people - 1] {
            assert_eq!(of(n), [n * 2]);
        }
        let before = Before::of(&field, &[4u32, 6].into_iter().collect());
        field.clear(&[4u32].into_iter().collect());
        assert_eq!(before.changed(&field, &[4u32, 6].into_iter().collect()), [4u32].into_iter().collect());
    }
}
