//! Which events a question means: types, and conditions on their properties.

use crate::column::{Column, NO_INT, NO_WORD, Words};
use crate::part::TypePart;
use serde::{Deserialize, Serialize};

/// Events of any of these types that pass every test.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Select {
    /// Empty: every type.
    pub events: Vec<String>,
    pub tests: Vec<Test>,
}

/// A condition on one property. An event without the property fails every operator but `ne`, `nin` and `exists: false`.
#[derive(Clone, Debug, PartialEq)]
pub struct Test {
    pub property: String,
    pub op: TestOp,
    pub value: Operand,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TestOp {
    Eq,
    /// Exactly the events that are not `eq`.
    Ne,
    Gt,
    Gte,
    Lt,
    Lte,
    In,
    /// Exactly the events that are not `in`.
    Nin,
    /// Text: somewhere inside, upper and lower case alike. Lists: one of the entries is equal.
    Contains,
    Exists,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    Number(f64),
    Text(String),
    Bool(bool),
    Texts(Vec<String>),
    Numbers(Vec<f64>),
}

impl Select {
    pub fn of(event: &str) -> Self {
        Self { events: vec![event.to_owned()], tests: Vec::new() }
    }
    pub(crate) fn names(&self, event: &str) -> bool {
        self.events.is_empty() || self.events.iter().any(|own| own == event)
    }
    /// The tests against the columns of one part; `None` when no row can pass, an empty list when every row does.
    pub(crate) fn tests_in<'v>(&self, part: &'v TypePart) -> Option<Vec<TestIn<'v>>> {
        let mut tests = Vec::new();
        for test in &self.tests {
            match TestIn::new(test, part) {
                TestIn::Never => return None,
                TestIn::Always => {}
                test => tests.push(test),
            }
        }
        Some(tests)
    }
}

/// A test bound to the columns of one part.
pub enum TestIn<'v> {
    Always,
    Never,
    Not(Box<TestIn<'v>>),
    Any(Vec<TestIn<'v>>),
    /// At least one of them does not hold.
    NotAll(Vec<TestIn<'v>>),
    Int(&'v [i64], NumberTest),
    Float(&'v [f64], NumberTest),
    Bool(&'v [u8], u8),
    /// Codes that pass, as bits.
    Text(&'v [u32], Vec<u64>),
    List(&'v [u32], &'v [u32], Vec<u64>),
    HasInt(&'v [i64]),
    HasFloat(&'v [f64]),
    HasBool(&'v [u8]),
    HasText(&'v [u32]),
    HasList(&'v [u32]),
}

/// `low <= x <= high`, or one of a few numbers.
pub enum NumberTest {
    Range { low: f64, low_in: bool, high: f64, high_in: bool },
    OneOf(Vec<f64>),
}

impl NumberTest {
    fn new(op: TestOp, value: &Operand) -> Option<Self> {
        let range = |low, low_in, high, high_in| Some(Self::Range { low, low_in, high, high_in });
        let (least, most) = (f64::NEG_INFINITY, f64::INFINITY);
        match (op, value) {
            (TestOp::Eq, Operand::Number(x)) => Some(Self::OneOf(vec![*x])),
            (TestOp::In, Operand::Numbers(list)) => Some(Self::OneOf(list.clone())),
            (TestOp::Gt, Operand::Number(x)) => range(*x, false, most, true),
            (TestOp::Gte, Operand::Number(x)) => range(*x, true, most, true),
            (TestOp::Lt, Operand::Number(x)) => range(least, true, *x, false),
            (TestOp::Lte, Operand::Number(x)) => range(least, true, *x, true),
            _ => None,
        }
    }
    #[inline]
    fn holds(&self, x: f64) -> bool {
        match self {
            Self::Range { low, low_in, high, high_in } => {
                (x > *low || (*low_in && x == *low)) && (x < *high || (*high_in && x == *high))
            }
            Self::OneOf(list) => list.contains(&x),
        }
    }
}

fn passing(words: &Words, passes: impl Fn(&str) -> bool) -> Vec<u64> {
    let mut bits = vec![0u64; words.len().div_ceil(64)];
    for (code, word) in words.iter().enumerate() {
        if passes(word) {
            bits[code / 64] |= 1 << (code % 64);
        }
    }
    bits
}
fn passing_exactly(words: &Words, list: &[String]) -> Vec<u64> {
    let mut bits = vec![0u64; words.len().div_ceil(64)];
    for code in list.iter().filter_map(|word| words.find(word)) {
        bits[code as usize / 64] |= 1 << (code % 64);
    }
    bits
}
#[inline]
fn has(bits: &[u64], code: u32) -> bool {
    bits.get(code as usize / 64).is_some_and(|word| word >> (code % 64) & 1 == 1)
}

impl<'v> TestIn<'v> {
    fn new(test: &Test, part: &'v TypePart) -> Self {
        let positive = |op: TestOp| {
            let mut any: Vec<Self> = part
                .columns_of(&test.property)
                .map(|column| Self::column(op, &test.value, column))
                .filter(|own| !matches!(own, Self::Never))
                .collect();
            match any.len() {
                0 => Self::Never,
                // A property of one kind, as most are.
                1 => any.remove(0),
                _ => Self::Any(any),
            }
        };
        let negative = |op: TestOp| match positive(op) {
            Self::Never => Self::Always,
            own => Self::Not(Box::new(own)),
        };
        match (test.op, &test.value) {
            (TestOp::Ne, _) => negative(TestOp::Eq),
            (TestOp::Nin, _) => negative(TestOp::In),
            (TestOp::Exists, Operand::Bool(false)) => negative(TestOp::Exists),
            (op, _) => positive(op),
        }
    }
    fn column(op: TestOp, value: &Operand, column: &'v Column) -> Self {
        if op == TestOp::Exists {
            return match column {
                Column::Int(values) => Self::HasInt(values),
                Column::Float(values) => Self::HasFloat(values),
                Column::Bool(values) => Self::HasBool(values),
                Column::Text { codes, .. } => Self::HasText(codes),
                Column::List { starts, .. } => Self::HasList(starts),
            };
        }
        match column {
            Column::Int(values) => NumberTest::new(op, value).map_or(Self::Never, |test| Self::Int(values, test)),
            Column::Float(values) => NumberTest::new(op, value).map_or(Self::Never, |test| Self::Float(values, test)),
            Column::Bool(values) => match (op, value) {
                (TestOp::Eq, Operand::Bool(wanted)) => Self::Bool(values, u8::from(*wanted)),
                _ => Self::Never,
            },
            Column::Text { codes, words } => match (op, value) {
                (TestOp::Eq, Operand::Text(word)) => {
                    Self::Text(codes, passing_exactly(words, std::slice::from_ref(word)))
                }
                (TestOp::In, Operand::Texts(list)) => Self::Text(codes, passing_exactly(words, list)),
                (TestOp::Contains, Operand::Text(part)) => {
                    let part = part.to_lowercase();
                    Self::Text(codes, passing(words, |word| word.to_lowercase().contains(&part)))
                }
                (TestOp::Gt, Operand::Text(than)) => Self::Text(codes, passing(words, |word| word > than.as_str())),
                (TestOp::Gte, Operand::Text(than)) => Self::Text(codes, passing(words, |word| word >= than.as_str())),
                (TestOp::Lt, Operand::Text(than)) => Self::Text(codes, passing(words, |word| word < than.as_str())),
                (TestOp::Lte, Operand::Text(than)) => Self::Text(codes, passing(words, |word| word <= than.as_str())),
                _ => Self::Never,
            },
            Column::List { starts, codes, words } => match (op, value) {
                (TestOp::Eq | TestOp::Contains, Operand::Text(word)) => {
                    Self::List(starts, codes, passing_exactly(words, std::slice::from_ref(word)))
                }
                (TestOp::In, Operand::Texts(list)) => Self::List(starts, codes, passing_exactly(words, list)),
                _ => Self::Never,
            },
        }
    }

    /// How many of some rows it holds for, no more than `enough`. What kind of test it is, is asked once.
    #[inline(always)]
    pub fn count(&self, rows: std::ops::Range<usize>, enough: u64) -> u64 {
        let mut count = 0;
        if let Self::Text(codes, bits) = self {
            for code in &codes[rows] {
                count += u64::from(has(bits, *code));
                if count >= enough {
                    break;
                }
            }
            return count;
        }
        for row in rows {
            count += u64::from(self.holds(row));
            if count >= enough {
                break;
            }
        }
        count
    }
    #[inline]
    pub fn holds(&self, row: usize) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Not(test) => !test.holds(row),
            Self::Any(tests) => tests.iter().any(|test| test.holds(row)),
            Self::NotAll(tests) => !tests.iter().all(|test| test.holds(row)),
            Self::Int(values, test) => values[row] != NO_INT && test.holds(values[row] as f64),
            Self::Float(values, test) => test.holds(values[row]),
            Self::Bool(values, wanted) => values[row] == *wanted,
            Self::Text(codes, bits) => has(bits, codes[row]),
            Self::List(starts, codes, bits) => {
                codes[starts[row] as usize..starts[row + 1] as usize].iter().any(|code| has(bits, *code))
            }
            Self::HasInt(values) => values[row] != NO_INT,
            Self::HasFloat(values) => !values[row].is_nan(),
            Self::HasBool(values) => values[row] < 2,
            Self::HasText(codes) => codes[row] != NO_WORD,
            Self::HasList(starts) => starts[row] < starts[row + 1],
        }
    }
}
