//! What a caller may decide before a file is opened, and how much a file may hold.

use serde::{Deserialize, Serialize};

/// A kind of table file this crate reads. TSV is [`Format::Csv`] with a tab as delimiter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    Csv,
    Jsonl,
    Xlsx,
    Xls,
    Parquet,
}

impl Format {
    /// The lower-case name used in options, previews and messages.
    pub fn name(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Jsonl => "jsonl",
            Format::Xlsx => "xlsx",
            Format::Xls => "xls",
            Format::Parquet => "parquet",
        }
    }
}

/// Which sheet of a workbook to read. Unset means the first visible sheet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SheetChoice {
    Name(String),
    /// Zero-based, in the order of the workbook, hidden sheets included.
    Index(usize),
}

/// Bounds that keep memory and time in hand. Crossing one ends the reading with an error that names the bound.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// Longest line (CSV record or JSON line), in bytes of UTF-8.
    pub line_bytes_max: usize,
    /// Longest single cell, in bytes of UTF-8.
    pub cell_bytes_max: usize,
    pub columns_max: usize,
    /// Most bytes one part of an XLSX file may unpack to.
    pub unpacked_bytes_max: u64,
    /// Most unpacked bytes per packed byte in an XLSX part, looked at once 16 MB have been unpacked.
    pub unpack_ratio_max: u64,
    /// Largest .xls file: this old format is held in memory.
    pub xls_bytes_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            line_bytes_max: 4 << 20,
            cell_bytes_max: 1 << 20,
            columns_max: 2_000,
            unpacked_bytes_max: 4 << 30,
            unpack_ratio_max: 400,
            xls_bytes_max: 16 << 20,
        }
    }
}

/// How to open a file. `Default` detects everything and takes the first line as header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OpenOptions {
    /// Overrides detection.
    pub format: Option<Format>,
    /// An encoding label such as `gb18030` or `utf-16le`; overrides detection. Text formats only.
    pub encoding: Option<String>,
    /// The field separator of a CSV file as one ASCII character; overrides sniffing.
    pub delimiter: Option<char>,
    pub sheet: Option<SheetChoice>,
    /// Whether the first row names the columns. Without it columns are `column_1`, `column_2`, …
    pub header: bool,
    pub limits: Limits,
}

impl Default for OpenOptions {
    fn default() -> Self {
        OpenOptions {
            format: None,
            encoding: None,
            delimiter: None,
            sheet: None,
            header: true,
            limits: Limits::default(),
        }
    }
}
