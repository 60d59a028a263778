//! Table files in and out: CSV/TSV, JSONL, XLSX, XLS and Parquet become rows of text; rows become CSV or XLSX.
//!
//! A caller opens a [`Source`] with [`open`], reads [`RowReader::columns`], then fills one [`Row`] again and again.
//! Every reader works in bounded memory, so the size of the file does not matter; what a file may hold is bounded by
//! [`Limits`]. A row that cannot be used carries a [`RowError`] and reading goes on; a file that cannot be used ends
//! with a [`FileError`]. Both speak Chinese and English and have stable codes.
//!
//! Cells are text. What they mean is decided by the caller with the parsers in [`value`].
//!
//! This crate knows nothing of workspaces, databases or the network.

mod bytes;
mod columns;
mod detect;
mod error;
mod infer;
mod options;
mod parquet;
mod preview;
mod row;
mod sentence;
mod source;
pub mod suggest;
mod text;
pub mod value;
pub mod write;
mod xls;
mod xlsx;

pub use error::FileError;
pub use infer::ColumnKind;
pub use options::{Format, Limits, OpenOptions, SheetChoice};
pub use preview::{ColumnPreview, Preview, PreviewRow, preview};
pub use row::{FileInfo, Progress, Row, RowError, RowReader, RowsHint, Unit};
pub use source::{Opener, ReadSeek, Source};
pub use suggest::{ColumnHint, Suggestion, Target, suggest_mapping};
pub use value::{DayOrder, Decimal, InstantRules, ValueError, Zone, parse_bool, parse_decimal, parse_instant};
pub use write::{Cell, CsvWriter, TableWriter, XlsxWriter};

use detect::Detected;

/// Opens a table file for reading from its first data row.
///
/// The format is decided by what the file holds, then by its extension, unless `opts.format` says so.
/// Errors: the file cannot be read, is empty, is of no known format, is damaged, or breaks a limit in its first part.
pub fn open(source: Source, opts: &OpenOptions) -> Result<Box<dyn RowReader>, FileError> {
    let Detected { format, wrapping } = detect::detect(&source, opts)?;
    Ok(match format {
        Format::Csv => Box::new(text::CsvReader::open(source, wrapping, opts)?),
        Format::Jsonl => Box::new(text::JsonlReader::open(source, wrapping, opts)?),
        Format::Xlsx => Box::new(xlsx::XlsxReader::open(source, opts)?),
        Format::Xls => Box::new(xls::XlsReader::open(source, opts)?),
        Format::Parquet => Box::new(parquet::ParquetReader::open(source, opts)?),
    })
}
