//! JSONL: one object per line.

use super::buffer::TextBuf;
use super::decode::Decoder;
use super::flatten::{Cells, Keys};
use super::record::{Found, Record, find_line};
use crate::bytes::{ByteStream, Wrapping};
use crate::{FileError, FileInfo, Format, Limits, OpenOptions, Progress, Row, RowError, RowReader, RowsHint, Source};

/// Text at the start of the file whose keys become the columns known from the outset.
const SAMPLE_BYTES: usize = 1 << 20;
const READ_AHEAD_BYTES: usize = 256 << 10;

pub(crate) struct JsonlReader {
    buf: TextBuf,
    keys: Keys,
    cells: Cells,
    limits: Limits,
    position: u64,
}

impl JsonlReader {
    pub(crate) fn open(source: Source, wrapping: Wrapping, opts: &OpenOptions) -> Result<Self, FileError> {
        let stream = ByteStream::open(&source, wrapping)?;
        let mut buf = TextBuf::new(Decoder::new(stream, opts.encoding.as_deref())?);
        buf.grow(SAMPLE_BYTES)?;
        let mut reader = JsonlReader {
            buf,
            keys: Keys::new(opts.limits.columns_max),
            cells: Cells::default(),
            limits: opts.limits.clone(),
            position: 0,
        };
        reader.learn_keys()?;
        if reader.keys.names.is_empty() && reader.buf.ended {
            return Err(FileError::NoColumns { name: source.name().into() });
        }
        Ok(reader)
    }

    fn learn_keys(&mut self) -> Result<(), FileError> {
        let mut rest = self.buf.rest();
        while let Found::Record(r) = find_line(rest.as_bytes(), self.buf.ended) {
            if r.total == 0 {
                break;
            }
            // Lines that do not parse are reported when they are read.
            let parsed = self.cells.read(&rest[..r.len], &mut self.keys);
            if parsed.is_ok() && self.cells.over_limit {
                return Err(FileError::TooManyColumns { seen: self.keys.max + 1, max: self.keys.max });
            }
            rest = &rest[r.total..];
        }
        Ok(())
    }

    /// The next line that is not blank, not yet passed.
    fn next_line(&mut self) -> Result<Option<Record>, FileError> {
        loop {
            let rest = self.buf.rest();
            let size = rest.len();
            match find_line(rest.as_bytes(), self.buf.ended) {
                Found::Record(r) if r.total == 0 => return Ok(None),
                Found::Record(r) if rest[..r.len].trim().is_empty() => {
                    self.buf.advance(r.total, r.lines);
                }
                Found::Record(r) if r.len <= self.limits.line_bytes_max => return Ok(Some(r)),
                Found::Partial | Found::OpenQuote if size <= self.limits.line_bytes_max => {
                    self.buf.grow(size.max(READ_AHEAD_BYTES))?;
                }
                _ => {
                    return Err(FileError::LineTooLong { line: self.buf.line, max: self.limits.line_bytes_max });
                }
            }
        }
    }

    fn fill(&mut self, found: Record, row: &mut Row) -> Result<(), FileError> {
        row.begin(self.buf.line, false);
        let line = self.buf.rest()[..found.len].trim();
        row.set_raw(line);
        match self.cells.read(line, &mut self.keys) {
            Ok(()) if self.cells.over_limit => {
                row.error = Some(RowError::TooManyKeys { max: self.keys.max });
            }
            Ok(()) => {}
            Err(_) if !line.starts_with('{') => {
                let seen = crate::sentence::shorten(line);
                row.error = Some(RowError::NotAnObject { seen });
            }
            Err(e) => {
                let detail = e.to_string();
                row.error = Some(RowError::BadJson { detail });
            }
        }
        let max = self.limits.cell_bytes_max;
        let mut sizes = self.cells.spans.iter().flatten().map(|(a, b)| (b - a) as usize);
        if sizes.any(|n| n > max) {
            return Err(FileError::CellTooLong { line: row.line, max });
        }
        row.text_mut().push_str(&self.cells.text);
        for span in &self.cells.spans {
            let (a, b) = span.unwrap_or_default();
            row.push_span(a as usize, b as usize);
        }
        row.pad(self.keys.names.len());
        if let Some(undecodable) = self.buf.undecodable(found.len) {
            row.error = Some(undecodable);
        }
        Ok(())
    }
}

impl RowReader for JsonlReader {
    fn columns(&self) -> &[String] {
        &self.keys.names
    }

    fn info(&self) -> FileInfo {
        FileInfo {
            format: Format::Jsonl,
            encoding: Some(self.buf.encoding()),
            delimiter: None,
            sheets: Vec::new(),
            sheet: None,
        }
    }

    fn next_row(&mut self, row: &mut Row) -> Result<bool, FileError> {
        let Some(found) = self.next_line()? else {
            return Ok(false);
        };
        self.fill(found, row)?;
        self.buf.advance(found.total, found.lines);
        self.position += 1;
        Ok(true)
    }

    fn skip(&mut self, rows: u64) -> Result<u64, FileError> {
        for done in 0..rows {
            let Some(found) = self.next_line()? else {
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
