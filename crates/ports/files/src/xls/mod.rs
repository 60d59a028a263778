//! XLS, Excel's format from 97 to 2003. The file is held in memory, so its size is bounded; rows are read one by one.

mod cfb;
mod records;
mod rows;
mod strings;

use rows::{Book, Value};

use crate::columns::unique;
use crate::xlsx::push_number;
use crate::{
    FileError, FileInfo, Format, Limits, OpenOptions, Progress, Row, RowError, RowReader, RowsHint, SheetChoice,
    Source, Unit,
};

pub(crate) const FORMAT: &str = "xls";

pub(crate) struct XlsReader {
    book: Book,
    sheet: String,
    /// Cells of the current row by column.
    cells: Vec<(u16, Value)>,
    columns: Vec<String>,
    pending: bool,
    limits: Limits,
    position: u64,
}

impl XlsReader {
    pub(crate) fn open(source: Source, opts: &OpenOptions) -> Result<Self, FileError> {
        let max = opts.limits.xls_bytes_max;
        if source.len() > max {
            return Err(FileError::TooBig { part: source.name().into(), max });
        }
        let bytes = source.head(max)?;
        let stream = cfb::workbook_stream(&bytes, source.name())?;
        drop(bytes);
        let mut book = Book::open(stream, source.name())?;
        let sheet = choose(&book, opts.sheet.as_ref())?;
        book.go_to(sheet)?;
        let mut reader = XlsReader {
            sheet: book.sheets[sheet].name.clone(),
            book,
            cells: Vec::new(),
            columns: Vec::new(),
            pending: false,
            limits: opts.limits.clone(),
            position: 0,
        };
        reader.read_header(opts.header, source.name())?;
        Ok(reader)
    }

    fn read_header(&mut self, header: bool, name: &str) -> Result<(), FileError> {
        let missing = || FileError::NoColumns { name: name.into() };
        if !self.book.next_row(&mut self.cells)? {
            return Err(missing());
        }
        let max = self.limits.columns_max;
        let mut row = Row::new();
        self.fill(&mut row, max)?;
        if let Some(RowError::FieldCount { seen, .. }) = row.error {
            return Err(FileError::TooManyColumns { seen, max });
        }
        let width = (0..row.len()).rfind(|&i| !row.get(i).trim().is_empty());
        let width = width.ok_or_else(missing)? + 1;
        let names = row.iter().take(width);
        self.columns = if header { unique(names) } else { unique(names.map(|_| "")) };
        self.pending = !header;
        Ok(())
    }

    fn fill(&self, row: &mut Row, width: usize) -> Result<(), FileError> {
        row.begin(self.book.row_number, true);
        row.forget_raw();
        for (column, value) in &self.cells {
            let column = usize::from(*column);
            if column >= width {
                row.error = Some(RowError::FieldCount { expected: width, seen: column + 1 });
                continue;
            }
            // The same cell twice: the first stays.
            if column < row.len() {
                continue;
            }
            row.pad(column);
            let start = row.text_len();
            match value {
                Value::Number(n, kind) => {
                    push_number(&format!("{n:e}"), *kind, self.book.date1904, row.text_mut());
                }
                Value::Shared(index) => row.text_mut().push_str(self.book.shared(*index)?),
                Value::Text(text) => row.text_mut().push_str(text),
                Value::Bool(b) => row.text_mut().push_str(if *b { "true" } else { "false" }),
            }
            row.end_cell(start);
        }
        row.pad(width.min(self.columns.len()));
        Ok(())
    }
}

fn choose(book: &Book, choice: Option<&SheetChoice>) -> Result<usize, FileError> {
    let names = || book.sheets.iter().map(|s| s.name.clone()).collect();
    let (found, asked) = match choice {
        Some(SheetChoice::Name(name)) => (book.sheets.iter().position(|s| s.name == *name), name.clone()),
        Some(SheetChoice::Index(i)) => ((*i < book.sheets.len()).then_some(*i), format!("#{i}")),
        None => {
            let visible = book.sheets.iter().position(|s| !s.hidden);
            (visible.or((!book.sheets.is_empty()).then_some(0)), "#0".into())
        }
    };
    found.ok_or_else(|| FileError::NoSheet { asked, have: names() })
}

impl RowReader for XlsReader {
    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn info(&self) -> FileInfo {
        FileInfo {
            format: Format::Xls,
            encoding: None,
            delimiter: None,
            sheets: self.book.sheets.iter().map(|s| s.name.clone()).collect(),
            sheet: Some(self.sheet.clone()),
        }
    }

    fn next_row(&mut self, row: &mut Row) -> Result<bool, FileError> {
        if !std::mem::take(&mut self.pending) && !self.book.next_row(&mut self.cells)? {
            return Ok(false);
        }
        self.fill(row, self.columns.len())?;
        self.position += 1;
        Ok(true)
    }

    fn skip(&mut self, rows: u64) -> Result<u64, FileError> {
        for done in 0..rows {
            if !std::mem::take(&mut self.pending) && !self.book.next_row(&mut self.cells)? {
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
        let (done, total) = self.book.bytes_read();
        Progress { done, total, unit: Unit::Bytes }
    }

    fn rows_hint(&self) -> RowsHint {
        match self.book.declared_rows {
            Some(rows) => RowsHint::About(u64::from(rows).saturating_sub(1).max(self.position)),
            None => RowsHint::Unknown,
        }
    }
}
