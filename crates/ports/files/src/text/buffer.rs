//! The window of decoded text that records are cut from.

use std::collections::VecDeque;

use super::decode::Decoder;
use crate::row::estimate;
use crate::{FileError, Progress, RowError, RowsHint};

pub(crate) struct TextBuf {
    decoder: Decoder,
    text: String,
    /// Where the next record begins in `text`.
    pos: usize,
    /// Offset of `text` in the decoded stream.
    base: u64,
    /// Offsets in the decoded stream of places that were not text, ascending.
    bad: VecDeque<u64>,
    pub ended: bool,
    /// Line number, from 1, of the next record.
    pub line: u64,
}

impl TextBuf {
    pub(crate) fn new(decoder: Decoder) -> Self {
        TextBuf { decoder, text: String::new(), pos: 0, base: 0, bad: VecDeque::new(), ended: false, line: 1 }
    }

    pub(crate) fn encoding(&self) -> &'static str {
        self.decoder.encoding()
    }

    pub(crate) fn rest(&self) -> &str {
        &self.text[self.pos..]
    }

    /// Reads until at least `want` more bytes are there or the file has ended.
    pub(crate) fn grow(&mut self, want: usize) -> Result<(), FileError> {
        if self.pos > 0 {
            self.base += self.pos as u64;
            self.text.drain(..self.pos);
            self.pos = 0;
        }
        let goal = self.text.len() + want;
        while !self.ended && self.text.len() < goal {
            let (base, bad) = (self.base, &mut self.bad);
            let more = self.decoder.fill(&mut self.text, &mut |at| bad.push_back(base + at as u64))?;
            self.ended = !more;
        }
        Ok(())
    }

    /// Moves past `bytes` of text holding `lines` line ends.
    pub(crate) fn advance(&mut self, bytes: usize, lines: u64) {
        self.pos += bytes;
        self.line += lines;
        if !self.bad.is_empty() {
            let here = self.base + self.pos as u64;
            while self.bad.front().is_some_and(|&at| at < here) {
                self.bad.pop_front();
            }
        }
    }

    /// The error for a record of `bytes` from here, when some of it was not text.
    pub(crate) fn undecodable(&self, bytes: usize) -> Option<RowError> {
        let end = self.base + (self.pos + bytes) as u64;
        let places = self.bad.iter().take_while(|&&at| at < end).count();
        (places > 0).then(|| RowError::Undecodable { places: places as u32, encoding: self.decoder.encoding() })
    }

    pub(crate) fn progress(&self) -> Progress {
        self.decoder.progress()
    }

    /// Rows in the whole file, judged by the bytes of the rows passed so far.
    pub(crate) fn rows_hint(&self, rows: u64) -> RowsHint {
        let left = self.rest().len() as u128;
        if self.ended && left == 0 {
            return RowsHint::Exact(rows);
        }
        // Decoded and stored bytes differ (packing, encoding): scale by the share of decoded text already used.
        let used = self.base as u128 + self.pos as u128;
        let read = self.decoder.progress();
        let done = u128::from(read.done) * used / (used + left).max(1);
        estimate(rows, Progress { done: u64::try_from(done).unwrap_or(read.done), ..read })
    }
}
