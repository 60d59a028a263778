use std::io::{self, Write};
use std::path::Path;

use rust_xlsxwriter::{DocProperties, Format, Workbook, XlsxError};

use super::{Cell, TableWriter, is_plain_number};
use crate::FileError;

/// Rows an XLSX sheet can hold, header included.
const ROWS_MAX: u64 = 1_048_576;
/// Characters a cell can hold; longer text is cut and ends with an ellipsis.
const CELL_CHARS_MAX: usize = 32_767;
/// Excel takes 255, and `&` is written twice.
const FOOTER_CHARS_MAX: usize = 120;

/// Writes one sheet with a bold, frozen header. Rows go to an unnamed temporary file, so memory stays small.
pub struct XlsxWriter<W: Write + Send> {
    book: Workbook,
    out: W,
    row: u32,
    /// Sheets so far, less one.
    page: usize,
    names: Vec<String>,
    mark: Option<String>,
}

impl<W: Write + Send> XlsxWriter<W> {
    /// `temp_dir` is where rows wait until `finish` packs them into `out`; None takes the system's place. The data is
    /// not encrypted there.
    pub fn new(out: W, sheet: &str, header: &[&str], temp_dir: Option<&Path>) -> Result<Self, FileError> {
        Self::made(out, sheet, header, None, temp_dir)
    }
    /// With a line of text that tells where the file comes from: above the header of each sheet, at the foot of each printed page, and
    /// among the properties of the document.
    pub fn marked(
        out: W,
        sheet: &str,
        header: &[&str],
        mark: &str,
        temp_dir: Option<&Path>,
    ) -> Result<Self, FileError> {
        Self::made(out, sheet, header, Some(mark.to_owned()), temp_dir)
    }
    fn made(
        out: W,
        sheet: &str,
        header: &[&str],
        mark: Option<String>,
        temp_dir: Option<&Path>,
    ) -> Result<Self, FileError> {
        let mut book = Workbook::new();
        if let Some(dir) = temp_dir {
            book.set_tempdir(dir).map_err(unwritable)?;
        }
        if let Some(mark) = &mark {
            book.set_properties(&DocProperties::new().set_subject(mark).set_comment(mark));
        }
        let mut writer = XlsxWriter { book, out, row: 1, page: 0, names: Vec::new(), mark };
        writer.start(sheet, header)?;
        Ok(writer)
    }

    /// Ends the sheet and begins another one; rows written from now on go there.
    pub fn sheet(&mut self, name: &str, header: &[&str]) -> Result<(), FileError> {
        self.page += 1;
        self.start(name, header)
    }

    fn start(&mut self, name: &str, header: &[&str]) -> Result<(), FileError> {
        let bold = Format::new().set_bold();
        let page = self.book.add_worksheet_with_constant_memory().map_err(unwritable)?;
        let name = unused(sheet_name(name), &self.names);
        page.set_name(&name).map_err(unwritable)?;
        self.names.push(name);
        let top = match &self.mark {
            Some(mark) => {
                page.write_string_with_format(0, 0, cut(mark), &Format::new().set_italic()).map_err(unwritable)?;
                // In a footer `&` begins a command.
                let foot: String = mark.chars().take(FOOTER_CHARS_MAX).collect();
                let foot = foot.replace('&', "&&");
                page.set_footer(format!("&C{foot}"));
                1
            }
            None => 0,
        };
        page.set_freeze_panes(top + 1, 0).map_err(unwritable)?;
        for (column, name) in header.iter().enumerate() {
            let column = column_no(column)?;
            let width = name.chars().map(|c| if c.is_ascii() { 1.0 } else { 2.0 }).sum::<f64>();
            page.set_column_width(column, width.clamp(10.0, 40.0)).map_err(unwritable)?;
            page.write_string_with_format(top, column, cut(name), &bold).map_err(unwritable)?;
        }
        self.row = top + 1;
        Ok(())
    }
}

fn unwritable(cause: XlsxError) -> FileError {
    FileError::Unwritable {
        source: match cause {
            XlsxError::IoError(source) => source,
            other => io::Error::other(other),
        },
    }
}

fn column_no(column: usize) -> Result<u16, FileError> {
    const COLUMNS_MAX: usize = 16_384;
    match u16::try_from(column) {
        Ok(n) if column < COLUMNS_MAX => Ok(n),
        _ => Err(FileError::TooManyColumns { seen: column + 1, max: COLUMNS_MAX }),
    }
}

/// Sheet names have at most 31 characters, none of `[]:*?/\`, and no apostrophe at either end.
fn sheet_name(name: &str) -> String {
    let clean: String = name
        .chars()
        .map(|c| if matches!(c, '[' | ']' | ':' | '*' | '?' | '/' | '\\') { ' ' } else { c })
        .take(31)
        .collect();
    let clean = clean.trim().trim_matches('\'');
    if clean.is_empty() || clean.eq_ignore_ascii_case("history") { "Sheet1".into() } else { clean.into() }
}

/// Names of a book's sheets differ, whatever their case.
fn unused(name: String, taken: &[String]) -> String {
    const NUMBER_CHARS: usize = 4;
    let is_taken = |name: &str| taken.iter().any(|own| own.to_lowercase() == name.to_lowercase());
    if !is_taken(&name) {
        return name;
    }
    let short: String = name.chars().take(31 - NUMBER_CHARS).collect();
    (2..1_000).map(|n| format!("{short} {n}")).find(|name| !is_taken(name)).unwrap_or(name)
}

fn cut(text: &str) -> String {
    // Excel counts UTF-16 units.
    if text.len() <= CELL_CHARS_MAX || text.encode_utf16().count() <= CELL_CHARS_MAX {
        return text.to_string();
    }
    let mut units = 0;
    let mut out: String = text
        .chars()
        .take_while(|c| {
            units += c.len_utf16();
            units < CELL_CHARS_MAX
        })
        .collect();
    out.push('…');
    out
}

impl<W: Write + Send> TableWriter for XlsxWriter<W> {
    fn write_row(&mut self, cells: &[Cell<'_>]) -> Result<(), FileError> {
        if u64::from(self.row) >= ROWS_MAX {
            return Err(FileError::SheetFull { max: ROWS_MAX });
        }
        let row = self.row;
        let page = self.book.worksheet_from_index(self.page).map_err(unwritable)?;
        for (column, cell) in cells.iter().enumerate() {
            let column = column_no(column)?;
            // Text is always written as text, so nothing here can become a formula.
            let written = match *cell {
                Cell::Empty | Cell::Text("") => continue,
                Cell::Text(text) => page.write_string(row, column, cut(text)),
                Cell::Number(text) => match exact_float(text) {
                    Some(n) => page.write_number(row, column, n),
                    None => page.write_string(row, column, cut(text)),
                },
                // Beyond 15 digits Excel would round.
                Cell::Integer(n) if n.unsigned_abs() >= 1_000_000_000_000_000 => {
                    page.write_string(row, column, n.to_string())
                }
                Cell::Integer(n) => page.write_number(row, column, n as f64),
                Cell::Float(n) if n.is_finite() => page.write_number(row, column, n),
                Cell::Float(_) => continue,
                Cell::Bool(b) => page.write_boolean(row, column, b),
            };
            written.map_err(unwritable)?;
        }
        self.row += 1;
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<u64, FileError> {
        self.book.save_to_writer(&mut self.out).map_err(unwritable)?;
        let flushed = self.out.flush();
        flushed.map_err(|source| FileError::Unwritable { source })?;
        Ok(u64::from(self.row) - 1 - u64::from(self.mark.is_some()))
    }
}

fn exact_float(text: &str) -> Option<f64> {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    if !is_plain_number(text) || digits > 15 {
        return None;
    }
    text.parse().ok()
}
