//! Properties of the rows of a selection: as numbers, and as groups.

use crate::column::{Column, ColumnKind, NO_INT, NO_WORD, Words};
use crate::fast::Simd;
use crate::kernels::Sum;
use crate::view::{List, Selection};
use rustc_hash::FxHashMap;

/// A property as numbers, by (list, row) of a selection.
pub(crate) struct Numbers<'v>(Vec<NumbersIn<'v>>);

#[derive(Clone, Copy)]
pub(crate) struct NumbersIn<'v> {
    pub ints: &'v [i64],
    pub floats: &'v [f64],
}

impl<'v> Numbers<'v> {
    pub fn new(selection: &Selection<'v>, property: &str) -> Self {
        Self(selection.lists.iter().map(|list| NumbersIn::new(list, property)).collect())
    }
    #[inline(always)]
    pub fn in_list(&self, list: usize) -> NumbersIn<'v> {
        self.0[list]
    }
    /// 0 when the row has none.
    #[inline(always)]
    pub fn whole(&self, (list, row): (usize, usize)) -> i64 {
        self.0[list].whole(row)
    }
    pub fn sum(&self, (list, row): (usize, usize)) -> Option<Sum> {
        self.0[list].sum(row)
    }
}

impl<'v> NumbersIn<'v> {
    fn new(list: &List<'v>, property: &str) -> Self {
        let ints = match list.part.column(property, ColumnKind::Int) {
            Some(Column::Int(values)) => &values[..],
            _ => &[],
        };
        let floats = match list.part.column(property, ColumnKind::Float) {
            Some(Column::Float(values)) => &values[..],
            _ => &[],
        };
        Self { ints, floats }
    }
    /// Rounded half away from zero; 0 when the row has none.
    #[inline(always)]
    pub fn whole(&self, row: usize) -> i64 {
        match self.ints.get(row) {
            Some(v) if *v != NO_INT => *v,
            _ => match self.floats.get(row) {
                Some(v) if !v.is_nan() => v.round() as i64,
                _ => 0,
            },
        }
    }
    #[inline]
    pub fn sum(&self, row: usize) -> Option<Sum> {
        match self.ints.get(row) {
            Some(v) if *v != NO_INT => Some(Sum::of_whole(*v)),
            _ => self.floats.get(row).filter(|v| !v.is_nan()).map(|v| Sum::of_number(*v)),
        }
    }
    /// The sum of [`NumbersIn::whole`] over a run of rows.
    #[inline(always)]
    pub fn whole_of<S: Simd>(&self, simd: S, from: usize, to: usize) -> i64 {
        if self.floats.is_empty() && !self.ints.is_empty() {
            return simd.sum(self.ints, from, to, NO_INT);
        }
        (from..to).fold(0i64, |sum, row| sum.wrapping_add(self.whole(row)))
    }
}

/// Names of groups, numbered as they are met.
#[derive(Default)]
pub(crate) struct Names {
    pub names: Vec<Option<String>>,
    numbers: FxHashMap<Option<String>, u32>,
}

impl Names {
    pub fn number(&mut self, name: Option<&str>) -> u32 {
        // The map is asked once per distinct value and list, not once per row.
        let name = name.map(str::to_owned);
        if let Some(number) = self.numbers.get(&name) {
            return *number;
        }
        let number = self.names.len() as u32;
        self.names.push(name.clone());
        self.numbers.insert(name, number);
        number
    }
    /// The number of a name that has been met.
    pub fn find(&self, name: Option<&str>) -> Option<u32> {
        self.names.iter().position(|own| own.as_deref() == name).map(|at| at as u32)
    }
}

/// Rows of a selection as group numbers.
pub(crate) struct Groups<'v> {
    lists: Vec<GroupsIn<'v>>,
    pub names: Names,
}

#[allow(clippy::large_enum_variant, reason = "one per list of a bucket")]
enum GroupsIn<'v> {
    /// All rows of the list are one group.
    Fixed(u32),
    Property {
        texts: Option<Texts<'v>>,
        many: Option<(&'v [u32], Texts<'v>)>,
        ints: &'v [i64],
        floats: &'v [f64],
        bools: &'v [u8],
        /// Numbers of the groups of small whole numbers, and of the others.
        small: Vec<u32>,
        others: FxHashMap<u64, u32>,
    },
}

struct Texts<'v> {
    codes: &'v [u32],
    words: &'v Words,
    numbers: Vec<u32>,
}

const UNKNOWN: u32 = u32::MAX;
const SMALL: usize = 1_024;

impl<'v> Texts<'v> {
    fn new(codes: &'v [u32], words: &'v Words) -> Self {
        Self { codes, words, numbers: vec![UNKNOWN; words.len()] }
    }
    #[inline(always)]
    fn number(&mut self, at: usize, names: &mut Names) -> Option<u32> {
        let code = self.codes[at];
        if code == NO_WORD {
            return None;
        }
        let known = self.numbers[code as usize];
        if known != UNKNOWN {
            return Some(known);
        }
        let number = names.number(Some(self.words.get(code)));
        self.numbers[code as usize] = number;
        Some(number)
    }
}

impl<'v> Groups<'v> {
    /// By a property; a row without it is in group `None`.
    pub fn by_property(selection: &Selection<'v>, property: &str) -> Self {
        let lists = selection.lists.iter().map(|list| GroupsIn::property(list, property)).collect();
        Self { lists, names: Names::default() }
    }
    /// By the name of the event.
    pub fn by_event(selection: &Selection<'v>) -> Self {
        let mut names = Names::default();
        let lists = selection.lists.iter().map(|list| GroupsIn::Fixed(names.number(Some(&list.part.event)))).collect();
        Self { lists, names }
    }
    /// The group of a row; of a list its first entry.
    #[inline(always)]
    pub fn of(&mut self, (list, row): (usize, usize)) -> u32 {
        let names = &mut self.names;
        match &mut self.lists[list] {
            GroupsIn::Fixed(number) => *number,
            GroupsIn::Property { texts: Some(texts), many: None, .. } => match texts.number(row, names) {
                Some(number) => number,
                None => self.slow((list, row)),
            },
            GroupsIn::Property { .. } => self.slow((list, row)),
        }
    }
    /// Calls with the names of the row's groups.
    pub fn each_named(&mut self, place: (usize, usize), mut call: impl FnMut(Option<&str>)) {
        let mut numbers = Vec::new();
        self.each(place, |number| numbers.push(number));
        numbers.iter().for_each(|number| call(self.names.names[*number as usize].as_deref()));
    }
    fn slow(&mut self, place: (usize, usize)) -> u32 {
        let mut first = None;
        self.each(place, |number| {
            first.get_or_insert(number);
        });
        first.unwrap_or(0)
    }
    /// Calls for each group of the row: one, or several when the property is a list.
    pub fn each(&mut self, (list, row): (usize, usize), mut call: impl FnMut(u32)) {
        let names = &mut self.names;
        match &mut self.lists[list] {
            GroupsIn::Fixed(number) => call(*number),
            GroupsIn::Property { texts, many, ints, floats, bools, small, others } => {
                if let Some(number) = texts.as_mut().and_then(|texts| texts.number(row, names)) {
                    return call(number);
                }
                if let Some((starts, texts)) = many {
                    let (from, to) = (starts[row] as usize, starts[row + 1] as usize);
                    if from < to {
                        return (from..to).filter_map(|at| texts.number(at, names)).for_each(call);
                    }
                }
                if let Some(v) = ints.get(row).filter(|v| **v != NO_INT) {
                    let known = match usize::try_from(*v) {
                        Ok(at) if at < SMALL => {
                            if small.is_empty() {
                                *small = vec![UNKNOWN; SMALL];
                            }
                            &mut small[at]
                        }
                        _ => others.entry(*v as u64).or_insert(UNKNOWN),
                    };
                    if *known == UNKNOWN {
                        *known = names.number(Some(&v.to_string()));
                    }
                    return call(*known);
                }
                if let Some(v) = floats.get(row).filter(|v| !v.is_nan()) {
                    return call(names.number(Some(&v.to_string())));
                }
                match bools.get(row) {
                    Some(0) => call(names.number(Some("false"))),
                    Some(1) => call(names.number(Some("true"))),
                    _ => call(names.number(None)),
                }
            }
        }
    }
}

impl<'v> GroupsIn<'v> {
    fn property(list: &List<'v>, property: &str) -> Self {
        let (mut texts, mut many) = (None, None);
        let (mut ints, mut floats, mut bools): (&[i64], &[f64], &[u8]) = (&[], &[], &[]);
        for column in list.part.columns_of(property) {
            match column {
                Column::Text { codes, words } => texts = Some(Texts::new(codes, words)),
                Column::List { starts, codes, words } => many = Some((&starts[..], Texts::new(codes, words))),
                Column::Int(values) => ints = values,
                Column::Float(values) => floats = values,
                Column::Bool(values) => bools = values,
            }
        }
        Self::Property { texts, many, ints, floats, bools, small: Vec::new(), others: FxHashMap::default() }
    }
}

/// A text property of one row.
pub(crate) fn text<'v>(list: &List<'v>, property: &str, row: usize) -> Option<&'v str> {
    match list.part.column(property, ColumnKind::Text) {
        Some(Column::Text { codes, words }) if codes[row] != NO_WORD => Some(words.get(codes[row])),
        _ => None,
    }
}
