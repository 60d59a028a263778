//! One row of text cells, kept in one buffer, and the trait every reader implements.

use serde::{Serialize, Serializer, ser::SerializeStruct};

use crate::sentence::shorten;
use crate::{FileError, Format};

/// Why one row cannot be used. Reading goes on with the next row.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RowError {
    FieldCount {
        expected: usize,
        seen: usize,
    },
    /// Bytes that are not text in the file's encoding; each such place reads as U+FFFD.
    Undecodable {
        places: u32,
        encoding: &'static str,
    },
    UnclosedQuote,
    NotAnObject {
        seen: String,
    },
    BadJson {
        detail: String,
    },
    TooManyKeys {
        max: usize,
    },
}

impl RowError {
    /// A stable, lower-case word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            RowError::FieldCount { .. } => "row_field_count",
            RowError::Undecodable { .. } => "row_undecodable",
            RowError::UnclosedQuote => "row_unclosed_quote",
            RowError::NotAnObject { .. } => "row_not_an_object",
            RowError::BadJson { .. } => "row_bad_json",
            RowError::TooManyKeys { .. } => "row_too_many_keys",
        }
    }

    pub fn zh(&self) -> String {
        match self {
            RowError::FieldCount { expected, seen } => format!("这一行有 {seen} 个字段，表头有 {expected} 列。"),
            RowError::Undecodable { places, encoding } => {
                format!("这一行有 {places} 处内容无法按 {encoding} 编码解读。")
            }
            RowError::UnclosedQuote => "这一行的双引号没有配对。".into(),
            RowError::NotAnObject { seen } => format!("这一行不是 JSON 对象，看到的是“{}”。", shorten(seen)),
            RowError::BadJson { detail } => format!("这一行不是有效的 JSON（{}）。", shorten(detail)),
            RowError::TooManyKeys { max } => format!("字段种类超过 {max} 个。"),
        }
    }

    pub fn en(&self) -> String {
        match self {
            RowError::FieldCount { expected, seen } => {
                format!("This row has {seen} fields; the header has {expected} columns.")
            }
            RowError::Undecodable { places, encoding } => {
                format!("{places} places in this row are not valid {encoding} text.")
            }
            RowError::UnclosedQuote => "A double quote in this row is never closed.".into(),
            RowError::NotAnObject { seen } => {
                format!("This line is not a JSON object; it reads \"{}\".", shorten(seen))
            }
            RowError::BadJson { detail } => format!("This line is not valid JSON ({}).", shorten(detail)),
            RowError::TooManyKeys { max } => format!("There are more than {max} different keys."),
        }
    }
}

impl Serialize for RowError {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut s = out.serialize_struct("RowError", 3)?;
        s.serialize_field("code", self.code())?;
        s.serialize_field("zh", &self.zh())?;
        s.serialize_field("en", &self.en())?;
        s.end()
    }
}

/// A row to be filled again and again; filling allocates nothing once its buffers have grown.
#[derive(Debug, Clone, Default)]
pub struct Row {
    text: String,
    spans: Vec<(u32, u32)>,
    raw: Option<String>,
    from_sheet: bool,
    /// Where the row begins, counted from 1: the text line, the sheet row, or the Parquet row.
    pub line: u64,
    /// Set when the row must not be used as it stands; the cells that could be read are still here.
    pub error: Option<RowError>,
}

impl Row {
    pub fn new() -> Self {
        Row::default()
    }

    /// Number of cells. Equal to the number of columns unless `error` is set.
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// The cell at a column's place; `""` for a missing or null cell.
    pub fn get(&self, column: usize) -> &str {
        self.spans.get(column).map_or("", |&(a, b)| &self.text[a as usize..b as usize])
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|i| self.get(i))
    }

    /// The whole line as it stood in the file; JSONL only.
    pub fn raw(&self) -> Option<&str> {
        self.raw.as_deref()
    }

    /// Whether cells come from a workbook, where a bare number may be a date (see `InstantRules::from_sheet`).
    pub fn from_sheet(&self) -> bool {
        self.from_sheet
    }

    pub(crate) fn begin(&mut self, line: u64, from_sheet: bool) {
        self.text.clear();
        self.spans.clear();
        if let Some(raw) = &mut self.raw {
            raw.clear();
        }
        self.line = line;
        self.error = None;
        self.from_sheet = from_sheet;
    }

    pub(crate) fn set_raw(&mut self, line: &str) {
        let raw = self.raw.get_or_insert_default();
        raw.clear();
        raw.push_str(line);
    }

    pub(crate) fn forget_raw(&mut self) {
        self.raw = None;
    }

    /// Bytes of cell text so far. Offsets are 32 bits wide; limits on lines and cells keep far below that.
    pub(crate) fn text_len(&self) -> usize {
        self.text.len()
    }

    pub(crate) fn text_mut(&mut self) -> &mut String {
        &mut self.text
    }

    pub(crate) fn push(&mut self, cell: &str) {
        let start = self.text.len();
        self.text.push_str(cell);
        self.end_cell(start);
    }

    /// Closes a cell whose text was appended through `text_mut` since `start`.
    pub(crate) fn end_cell(&mut self, start: usize) {
        self.push_span(start, self.text.len());
    }

    pub(crate) fn push_span(&mut self, start: usize, end: usize) {
        self.spans.push((start as u32, end as u32));
    }

    pub(crate) fn spans_mut(&mut self) -> &mut Vec<(u32, u32)> {
        &mut self.spans
    }

    /// Appends empty cells until there are `columns` of them.
    pub(crate) fn pad(&mut self, columns: usize) {
        let end = self.text.len() as u32;
        while self.spans.len() < columns {
            self.spans.push((end, end));
        }
    }

    /// Fits the row to the header: surplus empty cells go, missing or surplus full ones are an error.
    pub(crate) fn fit(&mut self, columns: usize) {
        let seen = self.spans.len();
        if seen == columns {
            return;
        }
        let surplus_full = (columns..seen).any(|i| !self.get(i).trim().is_empty());
        if seen < columns || surplus_full {
            self.error = Some(RowError::FieldCount { expected: columns, seen });
        }
        if seen > columns && !surplus_full {
            self.spans.truncate(columns);
        }
        self.pad(columns);
    }
}

/// What progress counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// Bytes of the file as stored (packed bytes for packed files).
    Bytes,
    Rows,
}

/// How far reading has come. `done <= total` always.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Progress {
    pub done: u64,
    pub total: u64,
    pub unit: Unit,
}

/// How many rows the file has, as far as is known so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase", tag = "certainty", content = "rows")]
pub enum RowsHint {
    Exact(u64),
    About(u64),
    Unknown,
}

/// What was found out about the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileInfo {
    pub format: Format,
    /// Text formats only. `UTF-8` while nothing but ASCII has been seen.
    pub encoding: Option<&'static str>,
    pub delimiter: Option<char>,
    /// Workbooks only: all sheets in order.
    pub sheets: Vec<String>,
    /// The sheet being read.
    pub sheet: Option<String>,
}

/// Reads rows one after another. Not restartable: open the file again and `skip` to resume.
pub trait RowReader: Send {
    /// Unique names. Fixed once open, except for JSONL, where a key first met later is appended at the end.
    fn columns(&self) -> &[String];

    fn info(&self) -> FileInfo;

    /// Fills `row` with the next row and returns true, or returns false at the end of the file.
    /// Wholly blank lines and sheet rows are passed over. After an error the reader must not be used again.
    fn next_row(&mut self, row: &mut Row) -> Result<bool, FileError>;

    /// Passes over up to `rows` rows without building cells; returns how many there were.
    fn skip(&mut self, rows: u64) -> Result<u64, FileError>;

    /// Rows delivered or skipped so far, rows with errors included. Give it to `skip` after reopening to resume.
    fn position(&self) -> u64;

    fn progress(&self) -> Progress;

    fn rows_hint(&self) -> RowsHint;
}

/// Scales rows seen in `done` of `total` bytes up to the whole file.
pub(crate) fn estimate(rows: u64, progress: Progress) -> RowsHint {
    match (rows, progress.done) {
        (0, _) | (_, 0) => RowsHint::Unknown,
        (rows, done) => {
            let all = u128::from(rows) * u128::from(progress.total) / u128::from(done);
            RowsHint::About(u64::try_from(all).unwrap_or(u64::MAX))
        }
    }
}
