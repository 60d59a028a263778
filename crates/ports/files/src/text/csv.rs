//! CSV and TSV.

use super::buffer::TextBuf;
use super::decode::Decoder;
use super::record::{self, Found, Record};
use super::sniff;
use crate::bytes::{ByteStream, Wrapping};
use crate::columns::unique;
use crate::detect::extension;
use crate::{FileError, FileInfo, Format, Limits, OpenOptions, Progress, Row, RowError, RowReader, RowsHint, Source};

/// Text looked at to find the delimiter.
const SNIFF_BYTES: usize = 64 << 10;
/// Text kept ready while reading, so that most records are found without moving text about.
const READ_AHEAD_BYTES: usize = 256 << 10;

pub(crate) struct CsvReader {
    buf: TextBuf,
    delimiter: u8,
    columns: Vec<String>,
    limits: Limits,
    position: u64,
}

impl CsvReader {
    pub(crate) fn open(source: Source, wrapping: Wrapping, opts: &OpenOptions) -> Result<Self, FileError> {
        let stream = ByteStream::open(&source, wrapping)?;
        let mut buf = TextBuf::new(Decoder::new(stream, opts.encoding.as_deref())?);
        buf.grow(SNIFF_BYTES)?;
        let hinted = sniff::sep_line(buf.rest());
        if let Some((_, len)) = hinted {
            buf.advance(len, 1);
        }
        let delimiter = match (opts.delimiter, hinted) {
            (Some(c), _) => usable(c)?,
            (None, Some((d, _))) => d,
            (None, None) => {
                let tab_first = matches!(extension(source.name()).as_str(), "tsv" | "tab");
                let preferred = if tab_first { b'\t' } else { b',' };
                sniff::delimiter(buf.rest(), buf.ended, preferred)
            }
        };
        let mut reader = CsvReader { buf, delimiter, columns: Vec::new(), limits: opts.limits.clone(), position: 0 };
        reader.read_header(opts.header, source.name())?;
        Ok(reader)
    }

    fn read_header(&mut self, header: bool, name: &str) -> Result<(), FileError> {
        let Some((found, _)) = self.next_record()? else {
            return Err(FileError::NoColumns { name: name.into() });
        };
        let mut row = Row::new();
        self.split(found, &mut row);
        if row.len() > self.limits.columns_max {
            return Err(FileError::TooManyColumns { seen: row.len(), max: self.limits.columns_max });
        }
        if header {
            self.columns = unique(row.iter());
            self.buf.advance(found.total, found.lines);
        } else {
            self.columns = unique(row.iter().map(|_| ""));
        }
        Ok(())
    }

    /// The next record that is not blank, not yet passed. The flag says that its quote is never closed.
    fn next_record(&mut self) -> Result<Option<(Record, bool)>, FileError> {
        loop {
            let (found, open) = self.find()?;
            if found.total == 0 {
                return Ok(None);
            }
            // Spaces alone are a value of a one-column file but not of a wider one; only empty lines are passed over.
            if found.len > 0 {
                return Ok(Some((found, open)));
            }
            self.buf.advance(found.total, found.lines);
        }
    }

    fn find(&mut self) -> Result<(Record, bool), FileError> {
        let max = self.limits.line_bytes_max;
        loop {
            let rest = self.buf.rest().as_bytes();
            let (size, last) = (rest.len(), self.buf.ended);
            match record::find(rest, self.delimiter, last) {
                Found::Record(r) if r.len > max => return Err(self.too_long()),
                Found::Record(r) => return Ok((r, false)),
                // The field swallowed the rest: take its first line alone as a faulty row and go on after it.
                Found::OpenQuote if last || size > max => {
                    return match record::find_line(rest, last) {
                        Found::Record(r) if r.len <= max => Ok((r, true)),
                        _ => Err(self.too_long()),
                    };
                }
                Found::Partial if size > max => return Err(self.too_long()),
                // Doubling keeps the repeated scanning of a long record in proportion.
                Found::Partial | Found::OpenQuote => self.buf.grow(size.max(READ_AHEAD_BYTES))?,
            }
        }
    }

    fn too_long(&self) -> FileError {
        FileError::LineTooLong { line: self.buf.line, max: self.limits.line_bytes_max }
    }

    fn split(&self, found: Record, row: &mut Row) {
        row.begin(self.buf.line, false);
        row.forget_raw();
        let text = &self.buf.rest()[..found.len];
        record::split(text, self.delimiter, found.quoted, row);
    }

    fn fill(&mut self, found: Record, open: bool, row: &mut Row) -> Result<(), FileError> {
        self.split(found, row);
        let max = self.limits.cell_bytes_max;
        if found.len > max && row.spans_mut().iter().any(|&(a, b)| (b - a) as usize > max) {
            return Err(FileError::CellTooLong { line: row.line, max });
        }
        row.fit(self.columns.len());
        if open {
            row.error = Some(RowError::UnclosedQuote);
        }
        if let Some(undecodable) = self.buf.undecodable(found.len) {
            row.error = Some(undecodable);
        }
        Ok(())
    }
}

fn usable(c: char) -> Result<u8, FileError> {
    match u8::try_from(c) {
        Ok(d) if d.is_ascii() && !matches!(d, b'"' | b'\n' | b'\r' | 0) => Ok(d),
        _ => Err(FileError::BadDelimiter { seen: c }),
    }
}

impl RowReader for CsvReader {
    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn info(&self) -> FileInfo {
        FileInfo {
            format: Format::Csv,
            encoding: Some(self.buf.encoding()),
            delimiter: Some(char::from(self.delimiter)),
            sheets: Vec::new(),
            sheet: None,
        }
    }

    fn next_row(&mut self, row: &mut Row) -> Result<bool, FileError> {
        let Some((found, open)) = self.next_record()? else {
            return Ok(false);
        };
        self.fill(found, open, row)?;
        self.buf.advance(found.total, found.lines);
        self.position += 1;
        Ok(true)
    }

    fn skip(&mut self, rows: u64) -> Result<u64, FileError> {
        for done in 0..rows {
            let Some((found, _)) = self.next_record()? else {
                return Ok(done);
            };
            self.buf.advance(found.total, found.lines);
            self.position += 1;
        }
        Ok(rows)
    }

    fn position(&self) -> u64 {
        self.position
    }

    fn progress(&self) -> Progress {
        self.buf.progress()
    }

    fn rows_hint(&self) -> RowsHint {
        self.buf.rows_hint(self.position)
    }
}
