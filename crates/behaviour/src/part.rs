//! A part: some events of one bucket, sorted for reading. It never changes; newer events make newer parts.
//!
//! Inside, each event type has its own list, ordered by (slot, instant, origin, arrival), with the place where each person's events begin. The
//! *trail* tells in which order the types of one person follow each other: the n-th mention of a type is that person's n-th event of it, so
//! that nothing needs to be stored twice to walk through somebody's whole history.

use crate::bits::{Bits, SLOTS};
use crate::buf::Buf;
use crate::column::{Column, ColumnKind};

/// Which slots occur, rising, and the place of each among them.
#[derive(Clone, Debug)]
pub enum Index {
    /// `words`: 1,024 words of bits; `ranks`: how many slots lie before each word. Sets that nobody asks for places (those of days) have no ranks.
    Dense {
        words: Buf<u64>,
        ranks: Buf<u32>,
    },
    Sparse(Buf<u16>),
}

/// Above this many slots the dense form is smaller or about equal, and faster.
pub const SPARSE_MAX: usize = 4_096;

impl Index {
    pub fn new(sorted: &[u16]) -> Self {
        match Self::set(sorted) {
            Self::Dense { words, .. } => Self::ranked(words),
            sparse => sparse,
        }
    }
    /// Without ranks.
    pub(crate) fn set(sorted: &[u16]) -> Self {
        if sorted.len() <= SPARSE_MAX {
            return Self::Sparse(sorted.to_vec().into());
        }
        let mut words = vec![0u64; SLOTS / 64];
        for slot in sorted {
            words[usize::from(slot >> 6)] |= 1 << (slot & 63);
        }
        Self::Dense { words: words.into(), ranks: Buf::default() }
    }
    fn ranked(words: Buf<u64>) -> Self {
        let mut before = 0;
        let ranks: Vec<u32> = words
            .iter()
            .map(|word| {
                let rank = before;
                before += word.count_ones();
                rank
            })
            .collect();
        Self::Dense { words, ranks: ranks.into() }
    }
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Dense { words, .. } => words.iter().all(|word| *word == 0),
            Self::Sparse(slots) => slots.is_empty(),
        }
    }
    pub fn view(&self) -> IndexView<'_> {
        match self {
            Self::Dense { words, ranks } => IndexView::Dense { words, ranks },
            Self::Sparse(slots) => IndexView::Sparse(slots),
        }
    }
}

/// An [`Index`] as slices: made once per question, asked once per person.
#[derive(Clone, Copy)]
pub enum IndexView<'a> {
    Dense { words: &'a [u64], ranks: &'a [u32] },
    Sparse(&'a [u16]),
}

impl IndexView<'_> {
    #[inline]
    pub fn rank(&self, slot: u16) -> Option<usize> {
        match self {
            Self::Dense { words, ranks } => {
                let at = usize::from(slot >> 6);
                let (word, bit) = (words[at], 1u64 << (slot & 63));
                (word & bit != 0).then(|| (ranks[at] + (word & (bit - 1)).count_ones()) as usize)
            }
            Self::Sparse(slots) => slots.binary_search(&slot).ok(),
        }
    }
    /// Needs no ranks.
    pub fn contains(&self, slot: u16) -> bool {
        match self {
            Self::Dense { words, .. } => words[usize::from(slot >> 6)] >> (slot & 63) & 1 == 1,
            Self::Sparse(slots) => slots.binary_search(&slot).is_ok(),
        }
    }
    /// Rising.
    pub fn each(&self, mut each: impl FnMut(u16)) {
        match self {
            Self::Sparse(slots) => slots.iter().for_each(|slot| each(*slot)),
            Self::Dense { words, .. } => {
                for (at, word) in words.iter().enumerate() {
                    let mut left = *word;
                    while left != 0 {
                        each((at as u32 * 64 + left.trailing_zeros()) as u16);
                        left &= left - 1;
                    }
                }
            }
        }
    }
    pub fn add_to(&self, bits: &mut Bits) {
        match self {
            Self::Dense { words, .. } => bits.or_words(words),
            Self::Sparse(slots) => slots.iter().for_each(|slot| bits.insert(*slot)),
        }
    }
}

/// All events of one type.
#[derive(Clone, Debug)]
pub struct TypePart {
    pub event: String,
    pub index: Index,
    /// Where each occurring slot's rows begin; one more at the end.
    pub starts: Buf<u32>,
    /// Microseconds UTC, rising within a slot; the same instant by (origin, arrival).
    pub times: Buf<i64>,
    /// Identities the rows came in with; empty when every row's origin is its person.
    pub origins: Buf<u32>,
    /// Sorted by (name, kind).
    pub columns: Vec<(String, Column)>,
    /// Who had such an event on which day, rising. Questions about whole days are answered from these without touching a row. Empty when they
    /// were not made: then rows are read instead.
    pub days: Vec<DayPart>,
    /// Texts that are absent here because a column had no room for more distinct ones ([`crate::WORD_BYTES_MAX`]).
    pub left_out: u64,
}

impl TypePart {
    pub fn column(&self, name: &str, kind: ColumnKind) -> Option<&Column> {
        self.columns
            .binary_search_by(|(own, column)| (own.as_str(), column.kind()).cmp(&(name, kind)))
            .ok()
            .map(|at| &self.columns[at].1)
    }
    /// The columns of a name, whatever their kind.
    pub fn columns_of<'p, 'n>(&'p self, name: &'n str) -> impl Iterator<Item = &'p Column> + use<'p, 'n> {
        self.columns.iter().filter(move |(own, _)| own == name).map(|(_, column)| column)
    }
    pub fn rows(&self) -> usize {
        self.times.len()
    }
}

/// Who was active on a calendar day.
#[derive(Clone, Debug)]
pub struct DayPart {
    /// Days since 1970-01-01 in the zone the store was made for.
    pub day: i32,
    /// Without ranks.
    pub slots: Index,
}

#[derive(Clone, Debug)]
pub struct Part {
    pub bucket: u16,
    /// Sorted by name.
    pub types: Vec<TypePart>,
    /// Slots with any event, and where each one's trail begins.
    pub index: Index,
    pub starts: Buf<u32>,
    /// Types in the order of (slot, instant, origin, arrival): places in `types`.
    pub trail: Buf<u16>,
    /// Whoever's rows lie here under another person's slot: `slot << 32 | origin`, rising, each once.
    pub guests: Buf<u64>,
    /// Rising.
    pub days: Vec<DayPart>,
}

impl Part {
    pub fn type_of(&self, event: &str) -> Option<&TypePart> {
        self.types.binary_search_by(|own| own.event.as_str().cmp(event)).ok().map(|at| &self.types[at])
    }
    pub fn rows(&self) -> usize {
        self.trail.len()
    }
    pub fn person(&self, slot: u16) -> u32 {
        u32::from(self.bucket) << 16 | u32::from(slot)
    }
    /// Bytes of memory of its own: nearly nothing for a part in a file.
    pub fn memory(&self) -> usize {
        struct Sum(usize);
        impl crate::sink::Visit for Sum {
            type Error = std::convert::Infallible;
            fn buf<T: bytemuck::Pod>(&mut self, buf: &Buf<T>) -> Result<(), Self::Error> {
                self.0 += buf.memory();
                Ok(())
            }
            fn days(&mut self, days: &[DayPart]) -> Result<(), Self::Error> {
                let slots = |day: &DayPart| match &day.slots {
                    Index::Dense { words, ranks } => words.memory() + ranks.memory(),
                    Index::Sparse(slots) => slots.memory(),
                };
                self.0 += days.iter().map(|day| 64 + slots(day)).sum::<usize>();
                Ok(())
            }
        }
        let mut sum = Sum(0);
        let Ok(()) = crate::sink::each_buf(self, &mut sum);
        // Names and headers.
        sum.0 + self.types.iter().map(|own| 256 + own.event.len() + own.columns.len() * 160).sum::<usize>()
    }
}
