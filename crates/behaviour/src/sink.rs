//! Where the arrays of a part that is being made go: memory, or a file. Both see them in one order, which the file's format relies on:
//! [`each_buf`] is that order.

use crate::buf::Buf;
use crate::column::{Column, Words};
use crate::part::{Index, Part, TypePart};
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
}

/// Visits the arrays of a part in the order of its file.
pub(crate) trait Visit {
    type Error;
    fn buf<T: Pod>(&mut self, buf: &Buf<T>) -> Result<(), Self::Error>;
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
    part.columns.iter().try_for_each(|(_, own)| column(own, visit))
}
pub(crate) fn each_buf<V: Visit>(part: &Part, visit: &mut V) -> Result<(), V::Error> {
    part.types.iter().try_for_each(|own| kind(own, visit))?;
    index(&part.index, visit)?;
    visit.buf(&part.starts)?;
    visit.buf(&part.trail)?;
    visit.buf(&part.guests)?;
    part.days.iter().try_for_each(|day| index(&day.slots, visit))
}
