//! The rows of one sheet, cell by cell.

use quick_xml::events::{BytesStart, Event};

use super::FORMAT;
use super::part::{Parts, Xml, attr, push_text};
use super::strings::unescape_x;
use crate::{FileError, Limits, Progress};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CellKind {
    Number,
    /// The text is an index into the shared table.
    Shared,
    Text,
    Bool,
}

/// A cell that holds a value; its text stands in `SheetRows::text`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RawCell {
    /// Zero-based.
    pub column: u32,
    pub kind: CellKind,
    pub style: u32,
    pub start: u32,
    pub end: u32,
}

/// The widest sheet Excel can make.
const COLUMNS_MAX: u32 = 16_384;

pub(crate) struct SheetRows {
    xml: Xml,
    /// One-based number of the current row.
    pub number: u64,
    /// Cells of the current row by column; empty when it was only passed over.
    pub cells: Vec<RawCell>,
    pub text: String,
    /// Rows the sheet says it has, header included.
    pub declared_rows: Option<u64>,
    pub ended: bool,
    row_bytes_max: usize,
}

impl SheetRows {
    pub(crate) fn open(parts: &Parts, part: &str, limits: &Limits) -> Result<Self, FileError> {
        let mut rows = SheetRows {
            xml: parts.xml(part)?,
            number: 0,
            cells: Vec::new(),
            text: String::new(),
            declared_rows: None,
            ended: false,
            // A row of many long cells; each cell is checked on its own as well.
            row_bytes_max: limits.line_bytes_max,
        };
        rows.find_data()?;
        Ok(rows)
    }

    fn find_data(&mut self) -> Result<(), FileError> {
        loop {
            match self.xml.next()? {
                Event::Eof => return Err(FileError::damaged(FORMAT, "the sheet holds no data part")),
                Event::Start(tag) | Event::Empty(tag) if tag.local_name().as_ref() == "dimension" => {
                    let range = attr(&tag, "ref");
                    let last = range.as_deref().and_then(|r| r.split(':').nth(1));
                    let row = last.and_then(|cell| cell.trim_start_matches(|c: char| !c.is_ascii_digit()).parse().ok());
                    self.declared_rows = row;
                }
                Event::Start(tag) if tag.local_name().as_ref() == "sheetData" => return Ok(()),
                Event::Empty(tag) if tag.local_name().as_ref() == "sheetData" => {
                    self.ended = true;
                    return Ok(());
                }
                _ => {}
            }
        }
    }

    /// Moves to the next row that holds a value; false at the end. With `build` its cells are kept.
    pub(crate) fn next(&mut self, build: bool) -> Result<bool, FileError> {
        while !self.ended {
            match self.xml.next()? {
                Event::Eof => return Err(FileError::damaged(FORMAT, "the sheet breaks off")),
                Event::End(tag) if tag.local_name().as_ref() == "sheetData" => self.ended = true,
                Event::Start(tag) if tag.local_name().as_ref() == "row" => {
                    self.number = row_number(&tag, self.number);
                    if self.row(build)? {
                        return Ok(true);
                    }
                }
                Event::Empty(tag) if tag.local_name().as_ref() == "row" => {
                    self.number = row_number(&tag, self.number);
                }
                _ => {}
            }
        }
        Ok(false)
    }

    /// Reads up to the end of the row; whether any cell held a value.
    fn row(&mut self, build: bool) -> Result<bool, FileError> {
        self.cells.clear();
        self.text.clear();
        let (mut filled, mut next_column) = (false, 0u32);
        loop {
            match self.xml.next()? {
                Event::Eof => return Err(FileError::damaged(FORMAT, "the sheet breaks off")),
                Event::End(tag) if tag.local_name().as_ref() == "row" => break,
                Event::Empty(tag) if tag.local_name().as_ref() == "c" => {
                    next_column = column_of(&tag, next_column)? + 1;
                }
                Event::Start(tag) if tag.local_name().as_ref() == "c" => {
                    let column = column_of(&tag, next_column)?;
                    next_column = column + 1;
                    let mut cell = RawCell {
                        column,
                        kind: kind_of(&tag),
                        style: attr(&tag, "s").and_then(|s| s.parse().ok()).unwrap_or(0),
                        start: self.text.len() as u32,
                        end: 0,
                    };
                    let has_value = self.value(build)?;
                    filled |= has_value;
                    if build && has_value {
                        if cell.kind == CellKind::Text {
                            unescape_x(&mut self.text, cell.start as usize);
                        }
                        cell.end = self.text.len() as u32;
                        self.cells.push(cell);
                    }
                }
                _ => {}
            }
        }
        // Columns come in order in every file seen; a file that shuffles them is put right here.
        if self.cells.windows(2).any(|w| w[0].column >= w[1].column) {
            self.cells.sort_by_key(|c| c.column);
            self.cells.dedup_by_key(|c| c.column);
        }
        Ok(filled)
    }

    /// Reads up to the end of the cell, appending its value to `text`; whether there was one.
    fn value(&mut self, build: bool) -> Result<bool, FileError> {
        let (mut has_value, mut in_value, mut in_phonetic) = (false, false, false);
        loop {
            let event = self.xml.next()?;
            match &event {
                Event::Eof => return Err(FileError::damaged(FORMAT, "the sheet breaks off")),
                Event::Start(tag) => match tag.local_name().as_ref() {
                    "v" | "t" => {
                        in_value = !in_phonetic;
                        has_value |= in_value;
                    }
                    "rPh" => in_phonetic = true,
                    _ => {}
                },
                Event::End(tag) => match tag.local_name().as_ref() {
                    "c" => return Ok(has_value),
                    "v" | "t" => in_value = false,
                    "rPh" => in_phonetic = false,
                    _ => {}
                },
                other if in_value && build => {
                    push_text(other, &mut self.text);
                    if self.text.len() > self.row_bytes_max {
                        return Err(FileError::LineTooLong { line: self.number, max: self.row_bytes_max });
                    }
                }
                _ => {}
            }
        }
    }

    pub(crate) fn progress(&self) -> Progress {
        self.xml.progress()
    }
}

fn row_number(tag: &BytesStart<'_>, before: u64) -> u64 {
    let stated = attr(tag, "r").and_then(|r| r.parse::<u32>().ok());
    stated.map_or(before + 1, u64::from)
}

fn kind_of(tag: &BytesStart<'_>) -> CellKind {
    match attr(tag, "t").as_deref() {
        Some("s") => CellKind::Shared,
        Some("b") => CellKind::Bool,
        // Formula texts, inline texts, ISO dates, and errors such as #N/A, which read as what they show.
        Some("str" | "inlineStr" | "d" | "e") => CellKind::Text,
        _ => CellKind::Number,
    }
}

fn column_of(tag: &BytesStart<'_>, next: u32) -> Result<u32, FileError> {
    let Some(reference) = attr(tag, "r") else {
        return if next < COLUMNS_MAX { Ok(next) } else { Err(too_wide(next)) };
    };
    let mut column = 0u32;
    for b in reference.bytes().take_while(u8::is_ascii_alphabetic) {
        column = column * 26 + u32::from(b.to_ascii_uppercase() - b'A') + 1;
        if column > COLUMNS_MAX {
            return Err(too_wide(column));
        }
    }
    column.checked_sub(1).ok_or_else(|| FileError::damaged(FORMAT, format!("bad cell reference {reference}")))
}

fn too_wide(seen: u32) -> FileError {
    FileError::TooManyColumns { seen: seen as usize + 1, max: COLUMNS_MAX as usize }
}
