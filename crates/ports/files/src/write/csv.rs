use std::io::Write;

use super::{Cell, TableWriter, is_plain_number};
use crate::FileError;
use crate::sentence::put;

/// Writes CSV that Excel opens rightly: UTF-8 with a byte-order mark, CRLF line ends, and no cell that runs as a formula.
pub struct CsvWriter<W: Write> {
    out: std::io::BufWriter<W>,
    line: String,
    rows: u64,
}

impl<W: Write> CsvWriter<W> {
    pub fn new(out: W, header: &[&str]) -> Result<Self, FileError> {
        let mut writer =
            CsvWriter { out: std::io::BufWriter::with_capacity(64 << 10, out), line: String::new(), rows: 0 };
        let bom = writer.out.write_all("\u{feff}".as_bytes());
        bom.map_err(|source| FileError::Unwritable { source })?;
        let cells: Vec<Cell<'_>> = header.iter().map(|h| Cell::Text(h)).collect();
        writer.put(&cells)?;
        Ok(writer)
    }

    fn put(&mut self, cells: &[Cell<'_>]) -> Result<(), FileError> {
        self.line.clear();
        for (i, cell) in cells.iter().enumerate() {
            if i > 0 {
                self.line.push(',');
            }
            push(*cell, &mut self.line);
        }
        // A lone empty cell would read back as no row at all.
        if self.line.is_empty() {
            self.line.push_str("\"\"");
        }
        self.line.push_str("\r\n");
        let done = self.out.write_all(self.line.as_bytes());
        done.map_err(|source| FileError::Unwritable { source })
    }
}

fn push(cell: Cell<'_>, out: &mut String) {
    match cell {
        Cell::Empty => {}
        Cell::Text(text) => push_text(text, out),
        Cell::Number(text) if is_plain_number(text) => out.push_str(text),
        Cell::Number(text) => push_text(text, out),
        Cell::Integer(n) => put!(out, "{n}"),
        Cell::Float(n) if n.is_finite() => put!(out, "{n}"),
        Cell::Float(_) => {}
        Cell::Bool(b) => put!(out, "{b}"),
    }
}

/// Spreadsheets run text that starts with one of these signs; an apostrophe in front makes it text.
fn push_text(text: &str, out: &mut String) {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']);
    let quoted = text.contains(['"', ',', '\n', '\r', '\t']) || text.starts_with(' ') || text.ends_with(' ');
    if quoted {
        out.push('"');
    }
    if formula {
        out.push('\'');
    }
    if quoted {
        let mut parts = text.split('"');
        out.push_str(parts.next().unwrap_or_default());
        for part in parts {
            out.push_str("\"\"");
            out.push_str(part);
        }
        out.push('"');
    } else {
        out.push_str(text);
    }
}

impl<W: Write> TableWriter for CsvWriter<W> {
    fn write_row(&mut self, cells: &[Cell<'_>]) -> Result<(), FileError> {
        self.put(cells)?;
        self.rows += 1;
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<u64, FileError> {
        let done = self.out.flush();
        done.map_err(|source| FileError::Unwritable { source })?;
        Ok(self.rows)
    }
}
