//! Where the arrays of a part that is being made go: memory, or a file. Both see them in one order, which the file's format relies on:
//! [`each_buf`] is that order.

use crate::buf::Buf;
use crate::column::{Column, Words};
use crate::part::{DayPart, Index, IndexView, Part, TypePart};
use bytemuck::Pod;
use std::convert::Infallible;

pub(crate) trait Sink {
    type Error;
    fn put<T: Pod>(&mut self, values: Vec<T>) -> Result<Buf<T>, Self::Error>;

    fn index(&mut self, index: Index) -> Result<Index, Self::Error> {
        Ok(match index {
            Index::Dense { words, ranks } => {
                Index::Dense { words: self.put(words.into_vec())?, ranks: self.put(ranks.into_vec())? }
            }
            Index::Sparse(slots) => Index::Sparse(self.put(slots.into_vec())?),
        })
    }
    fn words(&mut self, words: Words) -> Result<Words, Self::Error> {
        Ok(Words { ends: self.put(words.ends.into_vec())?, bytes: self.put(words.bytes.into_vec())? })
    }
    fn days(&mut self, days: Vec<DayPart>) -> Result<Vec<DayPart>, Self::Error> {
        let packed = PackedDays::new(&days);
        self.put(packed.table)?;
        self.put(packed.slots)?;
        self.put(packed.words)?;
        Ok(Vec::new())
    }
}

/// Days as three arrays: most hold few people, and an array for each would be mostly padding.
#[derive(Default)]
pub(crate) struct PackedDays {
    /// (day, how many slots); [`DENSE`] slots: 1,024 words of bits.
    pub table: Vec<[i32; 2]>,
    pub slots: Vec<u16>,
    pub words: Vec<u64>,
}
pub(crate) const DENSE: i32 = -1;

impl PackedDays {
    pub fn new(days: &[DayPart]) -> Self {
        let mut packed = Self::default();
        for day in days {
            match day.slots.view() {
                IndexView::Sparse(slots) => {
                    packed.table.push([day.day, slots.len() as i32]);
                    packed.slots.extend_from_slice(slots);
                }
                IndexView::Dense { words, .. } => {
                    packed.table.push([day.day, DENSE]);
                    packed.words.extend_from_slice(words);
                }
            }
        }
        packed
    }
}

/// Keeps everything.
pub(crate) struct Memory;

impl Sink for Memory {
    type Error = Infallible;
    fn put<T: Pod>(&mut self, values: Vec<T>) -> Result<Buf<T>, Infallible> {
        Ok(values.into())
    }
    fn index(&mut self, index: Index) -> Result<Index, Infallible> {
        Ok(index)
    }
    fn words(&mut self, words: Words) -> Result<Words, Infallible> {
        Ok(words)
    }
    fn days(&mut self, days: Vec<DayPart>) -> Result<Vec<DayPart>, Infallible> {
        Ok(days)
    }
}

/// Visits the arrays of a part in the order of its file.
pub(crate) trait Visit {
    type Error;
    fn buf<T: Pod>(&mut self, buf: &Buf<T>) -> Result<(), Self::Error>;
    fn days(&mut self, days: &[DayPart]) -> Result<(), Self::Error>;
}

fn index<V: Visit>(index: &Index, visit: &mut V) -> Result<(), V::Error> {
    match index {
        Index::Dense { words, ranks } => {
            visit.buf(words)?;
            visit.buf(ranks)
        }
        Index::Sparse(slots) => visit.buf(slots),
    }
}
fn words<V: Visit>(words: &Words, visit: &mut V) -> Result<(), V::Error> {
    visit.buf(&words.ends)?;
    visit.buf(&words.bytes)
}
fn column<V: Visit>(column: &Column, visit: &mut V) -> Result<(), V::Error> {
    match column {
        Column::Int(values) => visit.buf(values),
        Column::Float(values) => visit.buf(values),
        Column::Bool(values) => visit.buf(values),
        Column::Text { codes, words: own } => {
            visit.buf(codes)?;
            words(own, visit)
        }
        Column::List { starts, codes, words: own } => {
            visit.buf(starts)?;
            visit.buf(codes)?;
            words(own, visit)
        }
    }
}
fn kind<V: Visit>(part: &TypePart, visit: &mut V) -> Result<(), V::Error> {
    index(&part.index, visit)?;
    visit.buf(&part.starts)?;
    visit.buf(&part.times)?;
    visit.buf(&part.origins)?;
    part.columns.iter().try_for_each(|(_, own)| column(own, visit))?;
    visit.days(&part.days)
}
pub(crate) fn each_buf<V: Visit>(part: &Part, visit: &mut V) -> Result<(), V::Error> {
    part.types.iter().try_for_each(|own| kind(own, visit))?;
    index(&part.index, visit)?;
    visit.buf(&part.starts)?;
    visit.buf(&part.trail)?;
    visit.buf(&part.guests)?;
    visit.days(&part.days)
}
