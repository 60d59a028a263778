//! Tables out, row by row.

mod csv;
mod xlsx;

pub use csv::CsvWriter;
pub use xlsx::XlsxWriter;

use crate::FileError;

/// A cell to write.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell<'a> {
    Empty,
    Text(&'a str),
    Integer(i64),
    /// NaN and infinities are written as empty cells.
    Float(f64),
    /// An exact number already in digits, such as `15.80`. Anything else is written as text.
    Number(&'a str),
    Bool(bool),
}

impl<'a> From<&'a str> for Cell<'a> {
    fn from(text: &'a str) -> Self {
        Cell::Text(text)
    }
}

impl From<i64> for Cell<'_> {
    fn from(n: i64) -> Self {
        Cell::Integer(n)
    }
}

impl From<bool> for Cell<'_> {
    fn from(b: bool) -> Self {
        Cell::Bool(b)
    }
}

/// A table being written. The header is given when the writer is made.
pub trait TableWriter {
    fn write_row(&mut self, cells: &[Cell<'_>]) -> Result<(), FileError>;

    /// Completes the file; a file that was not finished is not readable. Returns the number of data rows.
    fn finish(self: Box<Self>) -> Result<u64, FileError>;
}

/// Only digits, one point and a leading minus: safe to write as a number.
fn is_plain_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let points = digits.bytes().filter(|b| *b == b'.').count();
    let shaped = digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    shaped && points <= 1 && digits.starts_with(|c: char| c.is_ascii_digit()) && !digits.ends_with('.')
}
