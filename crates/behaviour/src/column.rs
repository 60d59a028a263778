//! One property of one event type, a value per row. Absent is a value of its own, so that rows need no second array.

use crate::buf::Buf;
use crate::value::Value;

pub const NO_INT: i64 = i64::MIN;
pub const NO_WORD: u32 = u32::MAX;
pub(crate) const NO_BOOL: u8 = 2;

/// Distinct texts, sorted by bytes; a code is a place in this list.
#[derive(Clone, Debug)]
pub struct Words {
    /// One more than there are words.
    pub ends: Buf<u32>,
    pub bytes: Buf<u8>,
}

impl Words {
    pub fn new<'w>(sorted: impl IntoIterator<Item = &'w str>) -> Self {
        let (mut ends, mut bytes) = (vec![0u32], Vec::new());
        for word in sorted {
            bytes.extend_from_slice(word.as_bytes());
            ends.push(bytes.len() as u32);
        }
        Self { ends: ends.into(), bytes: bytes.into() }
    }
    /// As many of the first of them as `bytes_max` has room for.
    pub(crate) fn bounded<'w>(sorted: impl IntoIterator<Item = &'w str>, bytes_max: usize) -> Self {
        let mut left = bytes_max;
        Self::new(sorted.into_iter().take_while(|word| {
            let fits = word.len() <= left;
            left = left.saturating_sub(word.len());
            fits
        }))
    }
    pub fn len(&self) -> usize {
        self.ends.len().saturating_sub(1)
    }
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Empty for a code that is not there.
    pub fn get(&self, code: u32) -> &str {
        let at = code as usize;
        let (Some(from), Some(to)) = (self.ends.get(at), self.ends.get(at + 1)) else { return "" };
        self.bytes.get(*from as usize..*to as usize).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or("")
    }
    pub fn find(&self, word: &str) -> Option<u32> {
        let (mut low, mut high) = (0u32, self.len() as u32);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.get(middle).as_bytes().cmp(word.as_bytes()) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return Some(middle),
            }
        }
        None
    }
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len() as u32).map(|code| self.get(code))
    }
}

/// A property may have one column of each kind, when events did not agree about its type.
#[derive(Clone, Debug)]
pub enum Column {
    Int(Buf<i64>),
    Float(Buf<f64>),
    Bool(Buf<u8>),
    Text {
        codes: Buf<u32>,
        words: Words,
    },
    /// Several texts a row: those of row `i` are `codes[starts[i]..starts[i + 1]]`, each once, rising.
    List {
        starts: Buf<u32>,
        codes: Buf<u32>,
        words: Words,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ColumnKind {
    Int,
    Float,
    Bool,
    Text,
    List,
}

impl Column {
    pub fn kind(&self) -> ColumnKind {
        match self {
            Self::Int(_) => ColumnKind::Int,
            Self::Float(_) => ColumnKind::Float,
            Self::Bool(_) => ColumnKind::Bool,
            Self::Text { .. } => ColumnKind::Text,
            Self::List { .. } => ColumnKind::List,
        }
    }
    /// The value of a row, `None` where the event had none. For few rows; kernels read the arrays.
    pub fn value(&self, row: usize) -> Option<Value> {
        match self {
            Self::Int(values) => values.get(row).filter(|v| **v != NO_INT).map(|v| Value::Int(*v)),
            Self::Float(values) => values.get(row).filter(|v| !v.is_nan()).map(|v| Value::Float(*v)),
            Self::Bool(values) => values.get(row).filter(|v| **v != NO_BOOL).map(|v| Value::Bool(*v == 1)),
            Self::Text { codes, words } => {
                codes.get(row).filter(|code| **code != NO_WORD).map(|code| Value::Text(words.get(*code).to_owned()))
            }
            Self::List { starts, codes, words } => {
                let (from, to) = (*starts.get(row)? as usize, *starts.get(row + 1)? as usize);
                (from < to)
                    .then(|| Value::List(codes[from..to].iter().map(|code| words.get(*code).to_owned()).collect()))
            }
        }
    }
}
