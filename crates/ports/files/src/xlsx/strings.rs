//! The workbook's table of shared texts, kept small: blocks beyond the first few megabytes are packed.

use quick_xml::events::Event;

use super::FORMAT;
use super::part::{Parts, push_text};
use crate::FileError;

const BLOCK_BYTES: usize = 64 << 10;
/// Blocks kept as they are; beyond these (8 MB of text) blocks are packed.
const PLAIN_BLOCKS: usize = 128;
const PACKED_BYTES_MAX: usize = 32 << 20;
const COUNT_MAX: usize = 6 << 20;
/// Unpacked blocks at hand; tables refer to their texts mostly in order.
const CACHE_BLOCKS: usize = 64;

struct Block {
    first: u32,
    /// End of each text inside the block.
    ends: Vec<u32>,
    text: Stored,
}

enum Stored {
    Plain(String),
    Packed(Vec<u8>),
}

#[derive(Default)]
pub(crate) struct Strings {
    blocks: Vec<Block>,
    count: u32,
    packed_bytes: usize,
    cache: Vec<Option<(usize, String)>>,
    cell_bytes_max: usize,
}

impl Strings {
    pub(crate) fn read(parts: &Parts, part: &str, cell_bytes_max: usize) -> Result<Self, FileError> {
        let mut out = Strings { cell_bytes_max, ..Strings::default() };
        let mut xml = parts.xml(part)?;
        let (mut text, mut ends) = (String::new(), Vec::new());
        let (mut item_start, mut in_text, mut in_phonetic) = (0usize, false, false);
        loop {
            let event = xml.next()?;
            match &event {
                Event::Eof => break,
                Event::Start(tag) => match tag.local_name().as_ref() {
                    "si" => item_start = text.len(),
                    "t" => in_text = !in_phonetic,
                    // How to pronounce the text; not part of it.
                    "rPh" => in_phonetic = true,
                    _ => {}
                },
                Event::End(tag) => match tag.local_name().as_ref() {
                    "t" => in_text = false,
                    "rPh" => in_phonetic = false,
                    "si" => {
                        unescape_x(&mut text, item_start);
                        ends.push(text.len() as u32);
                        out.close_if_full(&mut text, &mut ends, part)?;
                    }
                    _ => {}
                },
                Event::Empty(tag) if tag.local_name().as_ref() == "si" => {
                    ends.push(text.len() as u32);
                    out.close_if_full(&mut text, &mut ends, part)?;
                }
                // One byte over the limit is enough to know that the cell is too long.
                other if in_text && text.len() - item_start <= cell_bytes_max => {
                    push_text(other, &mut text);
                }
                _ => {}
            }
        }
        out.close(&mut text, &mut ends, part)?;
        out.cache.resize_with(CACHE_BLOCKS, || None);
        Ok(out)
    }

    fn close_if_full(&mut self, text: &mut String, ends: &mut Vec<u32>, part: &str) -> Result<(), FileError> {
        if text.len() >= BLOCK_BYTES || ends.len() >= BLOCK_BYTES {
            self.close(text, ends, part)?;
        }
        Ok(())
    }

    fn close(&mut self, text: &mut String, ends: &mut Vec<u32>, part: &str) -> Result<(), FileError> {
        let first = self.count;
        self.count += ends.len() as u32;
        let stored = if self.blocks.len() < PLAIN_BLOCKS {
            Stored::Plain(text.clone())
        } else {
            let packed = zstd::bulk::compress(text.as_bytes(), 1).map_err(|e| FileError::damaged_by(FORMAT, e))?;
            self.packed_bytes += packed.len();
            Stored::Packed(packed)
        };
        self.blocks.push(Block { first, ends: ends.clone(), text: stored });
        text.clear();
        ends.clear();
        if self.packed_bytes > PACKED_BYTES_MAX || self.count as usize > COUNT_MAX {
            return Err(FileError::TooBig { part: part.into(), max: PACKED_BYTES_MAX as u64 });
        }
        Ok(())
    }

    /// The text with this index.
    pub(crate) fn get(&mut self, index: u32) -> Result<&str, FileError> {
        if index >= self.count {
            return Err(FileError::damaged(FORMAT, "a cell names a shared text that is not there"));
        }
        let at = self.blocks.partition_point(|b| b.first <= index).saturating_sub(1);
        let block = &self.blocks[at];
        let within = (index - block.first) as usize;
        let end = block.ends[within] as usize;
        let start = within.checked_sub(1).map_or(0, |i| block.ends[i] as usize);
        let text = match &block.text {
            Stored::Plain(text) => text,
            Stored::Packed(packed) => {
                let slot = &mut self.cache[at % CACHE_BLOCKS];
                if slot.as_ref().is_none_or(|(held, _)| *held != at) {
                    *slot = Some((at, unpack(packed, self.cell_bytes_max)?));
                }
                slot.as_ref().map_or("", |(_, text)| text)
            }
        };
        Ok(&text[start..end])
    }
}

fn unpack(packed: &[u8], cell_bytes_max: usize) -> Result<String, FileError> {
    // A block closes once full, so it exceeds its size by one text at most; a text by one XML event (4 MB).
    let room = BLOCK_BYTES + cell_bytes_max + (8 << 20);
    let bytes = zstd::bulk::decompress(packed, room).map_err(|e| FileError::damaged_by(FORMAT, e))?;
    String::from_utf8(bytes).map_err(|e| FileError::damaged_by(FORMAT, e))
}

/// Resolves `_x000D_` escapes, by which Excel stores control characters, in the text from `start`.
pub(crate) fn unescape_x(text: &mut String, start: usize) {
    if !text[start..].contains("_x") {
        return;
    }
    let escaped = text.split_off(start);
    let mut rest = escaped.as_str();
    while let Some(at) = rest.find("_x") {
        text.push_str(&rest[..at]);
        let code = rest.get(at + 2..at + 6).filter(|_| rest.as_bytes().get(at + 6) == Some(&b'_'));
        let code = code.filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()));
        match code.and_then(|hex| char::from_u32(u32::from_str_radix(hex, 16).ok()?)) {
            Some(c) => {
                text.push(c);
                rest = &rest[at + 7..];
            }
            None => {
                text.push_str("_x");
                rest = &rest[at + 2..];
            }
        }
    }
    text.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_character_escapes() {
        let cases = [
            ("a_x000D_b", "a\rb"),
            ("_x", "_x"),
            ("_x12", "_x12"),
            ("_xZZZZ_", "_xZZZZ_"),
            ("客_x0041_户", "客A户"),
            ("_x客户_", "_x客户_"),
        ];
        for (stored, want) in cases {
            let mut text = format!("keep_x0041_{stored}");
            unescape_x(&mut text, 11);
            assert_eq!(text, format!("keep_x0041_{want}"));
        }
    }
}
