//! Sheets of a workbook stream and their rows.

use std::collections::HashMap;

use super::FORMAT;
use super::records::{self, Record, f64_at, rk, u8_at, u16_at, u32_at};
use super::strings::Pieces;
use crate::FileError;
use crate::xlsx::{NumberKind, builtin_format, format_code};

pub(crate) enum Value {
    Number(f64, NumberKind),
    Shared(u32),
    Text(String),
    Bool(bool),
}

pub(crate) struct Sheet {
    pub name: String,
    pub hidden: bool,
    start: usize,
}

pub(crate) struct Book {
    stream: Vec<u8>,
    pub sheets: Vec<Sheet>,
    pub date1904: bool,
    /// How each cell format shows numbers.
    formats: Vec<NumberKind>,
    shared: String,
    shared_ends: Vec<u32>,
    /// Next record to look at, and where the current sheet began.
    at: usize,
    sheet_start: usize,
    /// One-based number of the current row.
    pub row_number: u64,
    pub declared_rows: Option<u32>,
}

impl Book {
    pub(crate) fn open(stream: Vec<u8>, name: &str) -> Result<Self, FileError> {
        let mut book = Book {
            stream,
            sheets: Vec::new(),
            date1904: false,
            formats: Vec::new(),
            shared: String::new(),
            shared_ends: Vec::new(),
            at: 0,
            sheet_start: 0,
            row_number: 0,
            declared_rows: None,
        };
        let mut codes: HashMap<u16, NumberKind> = HashMap::new();
        let mut cell_formats = Vec::new();
        while let Some(record) = book.next_record()? {
            let data = &book.stream[record.start..record.end];
            match record.kind {
                records::BOF if u16_at(data, 0)? != 0x0600 => {
                    return Err(FileError::UnknownFormat {
                        name: name.into(),
                        seen: "a workbook older than Excel 97; save it as XLSX",
                    });
                }
                records::FILEPASS => return Err(FileError::Protected { name: name.into() }),
                records::DATEMODE => book.date1904 = u16_at(data, 0)? == 1,
                records::FORMAT_CODE => {
                    let mut code = String::new();
                    Pieces::new(vec![data.get(2..).unwrap_or_default()]).text(&mut code)?;
                    codes.insert(u16_at(data, 0)?, format_code(&code));
                }
                records::XF => cell_formats.push(u16_at(data, 2)?),
                records::BOUNDSHEET => {
                    let sheet = bound_sheet(data)?;
                    book.sheets.extend(sheet);
                }
                records::SST => book.read_shared(record)?,
                records::EOF => break,
                _ => {}
            }
        }
        let kind = |id: &u16| codes.get(id).copied();
        let kinds = cell_formats.iter();
        book.formats = kinds.map(|id| kind(id).unwrap_or_else(|| builtin_format(u32::from(*id)))).collect();
        Ok(book)
    }

    fn next_record(&mut self) -> Result<Option<Record>, FileError> {
        let found = records::at(&self.stream, self.at)?;
        if let Some(record) = found {
            self.at = record.end;
        }
        Ok(found)
    }

    fn read_shared(&mut self, first: Record) -> Result<(), FileError> {
        let mut parts = vec![&self.stream[first.start..first.end]];
        let mut at = first.end;
        while let Some(next) = records::at(&self.stream, at)? {
            if next.kind != records::CONTINUE {
                break;
            }
            parts.push(&self.stream[next.start..next.end]);
            at = next.end;
        }
        let mut pieces = Pieces::new(parts);
        let (_, unique) = (pieces.u32()?, pieces.u32()?);
        for _ in 0..unique {
            if pieces.is_done() {
                break;
            }
            pieces.text(&mut self.shared)?;
            self.shared_ends.push(self.shared.len() as u32);
        }
        self.at = at;
        Ok(())
    }

    pub(crate) fn shared(&self, index: u32) -> Result<&str, FileError> {
        let i = index as usize;
        let end = self.shared_ends.get(i).copied();
        let start =
            i.checked_sub(1).map_or(0, |before| self.shared_ends[before.min(self.shared_ends.len().saturating_sub(1))]);
        match end {
            Some(end) => Ok(&self.shared[start as usize..end as usize]),
            None => Err(FileError::damaged(FORMAT, "a cell names a shared text that is not there")),
        }
    }

    /// Places the reading at the start of a sheet.
    pub(crate) fn go_to(&mut self, sheet: usize) -> Result<(), FileError> {
        let wrong = || FileError::damaged(FORMAT, "a sheet is not where the workbook says");
        self.at = self.sheets.get(sheet).ok_or_else(wrong)?.start;
        self.sheet_start = self.at;
        match self.next_record()? {
            Some(r) if r.kind == records::BOF => Ok(()),
            _ => Err(wrong()),
        }
    }

    pub(crate) fn bytes_read(&self) -> (u64, u64) {
        let total = self.stream.len() - self.sheet_start.min(self.stream.len());
        let done = self.at.saturating_sub(self.sheet_start).min(total);
        (done as u64, total as u64)
    }

    /// Collects the cells of the next row that holds a value; false at the end of the sheet.
    pub(crate) fn next_row(&mut self, cells: &mut Vec<(u16, Value)>) -> Result<bool, FileError> {
        cells.clear();
        let mut row: Option<u16> = None;
        loop {
            let before = self.at;
            let Some(record) = self.next_record()? else { break };
            match record.kind {
                records::EOF => {
                    // Stay here, so that asking again finds the end again.
                    self.at = before;
                    break;
                }
                records::BOF => self.pass_embedded()?,
                records::DIMENSIONS => {
                    let data = &self.stream[record.start..record.end];
                    self.declared_rows = Some(u32_at(data, 4)?);
                }
                kind if is_cell(kind) => {
                    let of = u16_at(&self.stream[record.start..record.end], 0)?;
                    if row.is_some_and(|r| r != of) && !cells.is_empty() {
                        self.at = before;
                        break;
                    }
                    row = Some(of);
                    self.row_number = u64::from(of) + 1;
                    self.cell(record, cells)?;
                }
                _ => {}
            }
        }
        cells.sort_by_key(|(column, _)| *column);
        Ok(!cells.is_empty())
    }

    /// Charts inside a sheet bring records of their own.
    fn pass_embedded(&mut self) -> Result<(), FileError> {
        let mut depth = 1;
        while depth > 0 {
            match self.next_record()? {
                Some(r) if r.kind == records::BOF => depth += 1,
                Some(r) if r.kind == records::EOF => depth -= 1,
                Some(_) => {}
                None => return Err(FileError::damaged(FORMAT, "the sheet breaks off")),
            }
        }
        Ok(())
    }

    fn cell(&mut self, record: Record, cells: &mut Vec<(u16, Value)>) -> Result<(), FileError> {
        let data = &self.stream[record.start..record.end];
        let (column, format) = (u16_at(data, 2)?, u16_at(data, 4)?);
        let number = |n: f64, format: u16| {
            let kind = self.formats.get(usize::from(format)).copied();
            Value::Number(n, kind.unwrap_or_default())
        };
        match record.kind {
            records::NUMBER => cells.push((column, number(f64_at(data, 6)?, format))),
            records::RK => cells.push((column, number(rk(u32_at(data, 6)?), format))),
            records::LABELSST => cells.push((column, Value::Shared(u32_at(data, 6)?))),
            records::BOOLERR => cells.push((column, bool_or_error(data[6..].first_chunk())?)),
            records::LABEL => {
                let mut text = String::new();
                Pieces::new(vec![data.get(6..).unwrap_or_default()]).text(&mut text)?;
                cells.push((column, Value::Text(text)));
            }
            records::MULRK => {
                let pairs = data[4..].chunks_exact(6);
                for (i, pair) in pairs.enumerate() {
                    let column = column.saturating_add(i as u16);
                    cells.push((column, number(rk(u32_at(pair, 2)?), u16_at(pair, 0)?)));
                }
            }
            _ if u16_at(data, 12)? != 0xFFFF => {
                cells.push((column, number(f64_at(data, 6)?, format)));
            }
            // A formula whose result is not a number.
            _ => match u8_at(data, 6)? {
                0 => {
                    let text = self.formula_text()?;
                    cells.push((column, Value::Text(text)));
                }
                1 => cells.push((column, Value::Bool(u8_at(data, 8)? != 0))),
                2 => cells.push((column, bool_or_error(Some(&[u8_at(data, 8)?, 1]))?)),
                _ => {}
            },
        }
        Ok(())
    }

    /// The text result follows its formula, after at most a few records that share the formula.
    fn formula_text(&mut self) -> Result<String, FileError> {
        const BETWEEN_MAX: usize = 4;
        let mut at = self.at;
        for _ in 0..BETWEEN_MAX {
            let Some(record) = records::at(&self.stream, at)? else { break };
            at = record.end;
            if is_cell(record.kind) {
                break;
            }
            if record.kind == records::STRING {
                let mut parts = vec![&self.stream[record.start..record.end]];
                while let Some(next) = records::at(&self.stream, at)? {
                    if next.kind != records::CONTINUE {
                        break;
                    }
                    parts.push(&self.stream[next.start..next.end]);
                    at = next.end;
                }
                let mut text = String::new();
                Pieces::new(parts).text(&mut text)?;
                self.at = at;
                return Ok(text);
            }
        }
        Ok(String::new())
    }
}

fn is_cell(kind: u16) -> bool {
    matches!(
        kind,
        records::NUMBER
            | records::RK
            | records::LABELSST
            | records::BOOLERR
            | records::LABEL
            | records::MULRK
            | records::FORMULA
    )
}

fn bool_or_error(value: Option<&[u8; 2]>) -> Result<Value, FileError> {
    let &[value, is_error] = value.ok_or_else(records::short)?;
    if is_error == 0 {
        return Ok(Value::Bool(value != 0));
    }
    let text = match value {
        0x00 => "#NULL!",
        0x07 => "#DIV/0!",
        0x0F => "#VALUE!",
        0x17 => "#REF!",
        0x1D => "#NAME?",
        0x24 => "#NUM!",
        _ => "#N/A",
    };
    Ok(Value::Text(text.into()))
}

/// The entry of a worksheet; None for charts and macros.
fn bound_sheet(data: &[u8]) -> Result<Option<Sheet>, FileError> {
    let (start, state, kind) = (u32_at(data, 0)?, u8_at(data, 4)?, u8_at(data, 5)?);
    let count = usize::from(u8_at(data, 6)?);
    let mut name = String::new();
    Pieces::new(vec![data.get(7..).unwrap_or_default()]).text_of(count, &mut name)?;
    let sheet = Sheet { name, hidden: state & 3 != 0, start: start as usize };
    Ok((kind == 0).then_some(sheet))
}
