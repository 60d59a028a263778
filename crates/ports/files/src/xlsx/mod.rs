//! XLSX workbooks, read sheet row by sheet row from the packed XML.
//!
//! The reader is our own rather than a library's because memory and time must stay bounded whatever the file claims:
//! every unpacked byte is counted, and the shared text table is kept packed.

mod number;
mod part;
mod sheet;
mod strings;
mod styles;
mod workbook;

use sheet::{CellKind, RawCell, SheetRows};
use strings::Strings;
use workbook::{SheetEntry, Workbook};

use crate::columns::unique;
use crate::row::estimate;
use crate::{
    FileError, FileInfo, Format, Limits, OpenOptions, Progress, Row, RowError, RowReader, RowsHint, SheetChoice, Source,
};

pub(crate) use number::{push_number, serial_millis};
pub(crate) use styles::{NumberKind, builtin as builtin_format, of_code as format_code};

pub(crate) const FORMAT: &str = "xlsx";

pub(crate) struct XlsxReader {
    book: Workbook,
    sheet: SheetEntry,
    rows: SheetRows,
    columns: Vec<String>,
    /// The first row when it is data, not header.
    pending: bool,
    limits: Limits,
    position: u64,
}

impl XlsxReader {
    pub(crate) fn open(source: Source, opts: &OpenOptions) -> Result<Self, FileError> {
        let book = Workbook::open(&source, &opts.limits)?;
        let sheet = choose(&book.sheets, opts.sheet.as_ref())?.clone();
        let rows = SheetRows::open(&book.parts, &sheet.part, &opts.limits)?;
        let mut reader = XlsxReader {
            book,
            sheet,
            rows,
            columns: Vec::new(),
            pending: false,
            limits: opts.limits.clone(),
            position: 0,
        };
        reader.read_header(opts.header, source.name())?;
        Ok(reader)
    }

    fn read_header(&mut self, header: bool, name: &str) -> Result<(), FileError> {
        if !self.rows.next(true)? {
            return Err(FileError::NoColumns { name: name.into() });
        }
        let mut row = Row::new();
        row.begin(self.rows.number, true);
        self.fill_cells(&mut row, self.limits.columns_max)?;
        if row.error.is_some() {
            return Err(FileError::TooManyColumns {
                seen: self.rows.cells.last().map_or(0, |c| c.column as usize + 1),
                max: self.limits.columns_max,
            });
        }
        let width = row.iter().map(str::trim).collect::<Vec<_>>();
        let width = width.iter().rposition(|cell| !cell.is_empty()).map_or(0, |i| i + 1);
        if width == 0 {
            return Err(FileError::NoColumns { name: name.into() });
        }
        let cells = row.iter().take(width);
        if header {
            self.columns = unique(cells);
        } else {
            self.columns = unique(cells.map(|_| ""));
            self.pending = true;
        }
        Ok(())
    }

    /// Puts the cells of the current sheet row in place. Filled cells at or beyond `width` are an error of the row.
    fn fill_cells(&mut self, row: &mut Row, width: usize) -> Result<(), FileError> {
        for i in 0..self.rows.cells.len() {
            let cell = self.rows.cells[i];
            let column = cell.column as usize;
            let text = cell_text(&self.rows.text, cell, &mut self.book.strings)?;
            if text.len() > self.limits.cell_bytes_max {
                return Err(FileError::CellTooLong { line: row.line, max: self.limits.cell_bytes_max });
            }
            if column >= width {
                if !text.trim().is_empty() {
                    row.error = Some(RowError::FieldCount { expected: width, seen: column + 1 });
                }
                continue;
            }
            row.pad(column);
            let start = row.text_len();
            match cell.kind {
                CellKind::Number => {
                    let style = self.book.styles.kind(cell.style);
                    number::push_number(text, style, self.book.date1904, row.text_mut());
                }
                _ => row.text_mut().push_str(text),
            }
            row.end_cell(start);
        }
        Ok(())
    }
}

/// The text of a cell as stored: shared texts are looked up, everything else stands in the row's own buffer.
fn cell_text<'a>(text: &'a str, cell: RawCell, strings: &'a mut Strings) -> Result<&'a str, FileError> {
    let own = &text[cell.start as usize..cell.end as usize];
    match cell.kind {
        CellKind::Shared => match own.trim().parse::<u32>() {
            Ok(index) => strings.get(index),
            Err(_) => Err(FileError::damaged(FORMAT, "a shared text index is not a number")),
        },
        CellKind::Bool => Ok(match own.trim() {
            "1" => "true",
            "0" => "false",
            other => other,
        }),
        _ => Ok(own),
    }
}

pub(crate) fn choose<'a>(sheets: &'a [SheetEntry], choice: Option<&SheetChoice>) -> Result<&'a SheetEntry, FileError> {
    let missing = |asked: String| FileError::NoSheet { asked, have: sheets.iter().map(|s| s.name.clone()).collect() };
    match choice {
        Some(SheetChoice::Name(name)) => sheets.iter().find(|s| s.name == *name).ok_or_else(|| missing(name.clone())),
        Some(SheetChoice::Index(i)) => sheets.get(*i).ok_or_else(|| missing(format!("#{i}"))),
        None => sheets.iter().find(|s| !s.hidden).or(sheets.first()).ok_or_else(|| missing("#0".into())),
    }
}

impl RowReader for XlsxReader {
    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn info(&self) -> FileInfo {
        FileInfo {
            format: Format::Xlsx,
            encoding: None,
            delimiter: None,
            sheets: self.book.sheets.iter().map(|s| s.name.clone()).collect(),
            sheet: Some(self.sheet.name.clone()),
        }
    }

    fn next_row(&mut self, row: &mut Row) -> Result<bool, FileError> {
        if !std::mem::take(&mut self.pending) && !self.rows.next(true)? {
            return Ok(false);
        }
        row.begin(self.rows.number, true);
        row.forget_raw();
        self.fill_cells(row, self.columns.len())?;
        row.pad(self.columns.len());
        self.position += 1;
        Ok(true)
    }

    fn skip(&mut self, rows: u64) -> Result<u64, FileError> {
        for done in 0..rows {
            if !std::mem::take(&mut self.pending) && !self.rows.next(false)? {
                return Ok(done);
            }
            self.position += 1;
        }
        Ok(rows)
    }

    fn position(&self) -> u64 {
        self.position
    }

    fn progress(&self) -> Progress {
        self.rows.progress()
    }

    fn rows_hint(&self) -> RowsHint {
        if self.rows.ended {
            return RowsHint::Exact(self.position);
        }
        match self.rows.declared_rows {
            Some(rows) => RowsHint::About(rows.saturating_sub(1).max(self.position)),
            None => estimate(self.position, self.rows.progress()),
        }
    }
}
