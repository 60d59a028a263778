//! Texts of an XLS file: one or two bytes per character, possibly broken over several records.

use super::records::short;
use crate::FileError;

/// Reads across the pieces of a record and its continuations.
pub(crate) struct Pieces<'a> {
    pieces: Vec<&'a [u8]>,
    piece: usize,
    at: usize,
}

impl<'a> Pieces<'a> {
    pub(crate) fn new(pieces: Vec<&'a [u8]>) -> Self {
        Pieces { pieces, piece: 0, at: 0 }
    }

    fn rest(&self) -> &'a [u8] {
        self.pieces.get(self.piece).map_or(&[], |p| &p[self.at..])
    }

    pub(crate) fn is_done(&mut self) -> bool {
        while self.rest().is_empty() && self.piece < self.pieces.len() {
            self.piece += 1;
            self.at = 0;
        }
        self.piece >= self.pieces.len()
    }

    pub(crate) fn u8(&mut self) -> Result<u8, FileError> {
        if self.is_done() {
            return Err(short());
        }
        let b = self.rest()[0];
        self.at += 1;
        Ok(b)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, FileError> {
        Ok(u16::from_le_bytes([self.u8()?, self.u8()?]))
    }

    pub(crate) fn u32(&mut self) -> Result<u32, FileError> {
        Ok(u32::from(self.u16()?) | u32::from(self.u16()?) << 16)
    }

    fn pass(&mut self, mut bytes: usize) -> Result<(), FileError> {
        while bytes > 0 {
            if self.is_done() {
                return Err(short());
            }
            let step = bytes.min(self.rest().len());
            self.at += step;
            bytes -= step;
        }
        Ok(())
    }

    /// `count` characters; where a new piece begins inside them it opens with a byte that restates their width.
    fn chars(&mut self, count: usize, mut wide: bool, out: &mut String) -> Result<(), FileError> {
        let mut units: Vec<u16> = Vec::new();
        while units.len() < count {
            if self.rest().is_empty() {
                if self.is_done() {
                    return Err(short());
                }
                wide = self.u8()? & 1 == 1;
                continue;
            }
            units.push(if wide { self.u16()? } else { u16::from(self.u8()?) });
        }
        out.extend(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)));
        Ok(())
    }

    /// A text with a 16-bit length, as in the shared table, labels and formula results.
    pub(crate) fn text(&mut self, out: &mut String) -> Result<(), FileError> {
        let count = usize::from(self.u16()?);
        self.text_of(count, out)
    }

    pub(crate) fn text_of(&mut self, count: usize, out: &mut String) -> Result<(), FileError> {
        let flags = self.u8()?;
        let runs = if flags & 8 != 0 { usize::from(self.u16()?) } else { 0 };
        let extra = if flags & 4 != 0 { self.u32()? as usize } else { 0 };
        self.chars(count, flags & 1 == 1, out)?;
        self.pass(runs * 4)?;
        self.pass(extra)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_may_change_its_width_between_pieces() {
        let first: &[u8] = &[4, 0, 0, b'a', b'b'];
        let second: &[u8] = &[1, 0x61, 0x62, b'c', 0];
        let mut out = String::new();
        let mut pieces = Pieces::new(vec![first, second]);
        pieces.text(&mut out).unwrap();
        assert_eq!(out, "ab扡c");
        assert!(pieces.is_done());
        assert!(Pieces::new(vec![&[9, 0, 0, b'a']]).text(&mut out).is_err());
    }
}
