//! Parquet files through the record interface, one row group after another.

mod cells;
mod chunks;

use std::panic::{AssertUnwindSafe, catch_unwind};

use ::parquet::errors::ParquetError;
use ::parquet::file::reader::{FileReader, SerializedFileReader};
use ::parquet::record::reader::{ReaderIter, TreeBuilder};

use cells::Plan;
use chunks::Chunks;

use crate::columns::unique;
use crate::{FileError, FileInfo, Format, Limits, OpenOptions, Progress, Row, RowReader, RowsHint, Source, Unit};

pub(crate) const FORMAT: &str = "parquet";

/// Values decoded per column at a time.
const BATCH_ROWS: usize = 1024;

pub(crate) struct ParquetReader {
    file: SerializedFileReader<Chunks>,
    plan: Plan,
    columns: Vec<String>,
    /// The open row group's rows, and how many of them are left.
    rows: Option<ReaderIter>,
    left: u64,
    next_group: usize,
    total: u64,
    limits: Limits,
    position: u64,
}

impl ParquetReader {
    pub(crate) fn open(source: Source, opts: &OpenOptions) -> Result<Self, FileError> {
        let file = guarded(|| SerializedFileReader::new(Chunks::new(source.clone())))?;
        let metadata = file.metadata().file_metadata();
        let plan = Plan::of(metadata.schema_descr().root_schema());
        let names = plan.names();
        if names.is_empty() {
            return Err(FileError::NoColumns { name: source.name().into() });
        }
        if names.len() > opts.limits.columns_max {
            return Err(FileError::TooManyColumns { seen: names.len(), max: opts.limits.columns_max });
        }
        let groups = file.metadata().row_groups();
        let total = groups.iter().map(|g| u64::try_from(g.num_rows()).unwrap_or(0)).sum();
        let unpacked = groups.iter().map(|g| g.total_byte_size()).max().unwrap_or(0);
        if u64::try_from(unpacked).is_ok_and(|n| n > opts.limits.unpacked_bytes_max) {
            return Err(FileError::TooBig { part: source.name().into(), max: opts.limits.unpacked_bytes_max });
        }
        Ok(ParquetReader {
            columns: unique(names.iter().map(String::as_str)),
            file,
            plan,
            rows: None,
            left: 0,
            next_group: 0,
            total,
            limits: opts.limits.clone(),
            position: 0,
        })
    }

    fn group_rows(&self, group: usize) -> u64 {
        let rows = self.file.metadata().row_group(group).num_rows();
        u64::try_from(rows).unwrap_or(0)
    }

    /// Opens row groups until one has rows; false after the last.
    fn open_group(&mut self) -> Result<bool, FileError> {
        while self.left == 0 {
            if self.next_group >= self.file.num_row_groups() {
                self.rows = None;
                return Ok(false);
            }
            let group = self.next_group;
            self.next_group += 1;
            self.left = self.group_rows(group);
            if self.left > 0 {
                let file = &self.file;
                self.rows = Some(guarded(|| {
                    let reader = file.get_row_group(group)?;
                    let schema = file.metadata().file_metadata().schema_descr_ptr();
                    TreeBuilder::new().with_batch_size(BATCH_ROWS).as_iter(schema, reader.as_ref())
                })?);
            }
        }
        Ok(true)
    }

    fn record(&mut self) -> Result<::parquet::record::Row, FileError> {
        let rows = self.rows.as_mut();
        let next = rows.and_then(|rows| guarded(|| rows.next().transpose()).transpose());
        self.left = self.left.saturating_sub(1);
        next.unwrap_or_else(|| Err(FileError::damaged(FORMAT, "a row group has fewer rows than stated")))
    }
}

/// The library checks what it reads, but some damaged pages still trip an index or an unsupported type;
/// such a panic is a damaged file here.
fn guarded<T>(read: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, FileError> {
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(e)) => Err(FileError::damaged_by(FORMAT, e)),
        Err(_) => Err(FileError::damaged(FORMAT, "its pages contradict each other")),
    }
}

impl RowReader for ParquetReader {
    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn info(&self) -> FileInfo {
        FileInfo { format: Format::Parquet, encoding: None, delimiter: None, sheets: Vec::new(), sheet: None }
    }

    fn next_row(&mut self, row: &mut Row) -> Result<bool, FileError> {
        if !self.open_group()? {
            return Ok(false);
        }
        let record = self.record()?;
        self.position += 1;
        row.begin(self.position, false);
        row.forget_raw();
        self.plan.push_row(&record, row);
        row.pad(self.columns.len());
        let max = self.limits.cell_bytes_max;
        if row.text_len() > max && row.iter().any(|cell| cell.len() > max) {
            return Err(FileError::CellTooLong { line: row.line, max });
        }
        Ok(true)
    }

    fn skip(&mut self, rows: u64) -> Result<u64, FileError> {
        let mut todo = rows;
        while todo > 0 {
            // Whole row groups are passed over unread.
            if self.left == 0 && self.next_group < self.file.num_row_groups() {
                let size = self.group_rows(self.next_group);
                if size <= todo {
                    self.next_group += 1;
                    self.position += size;
                    todo -= size;
                    continue;
                }
            }
            if !self.open_group()? {
                break;
            }
            self.record()?;
            self.position += 1;
            todo -= 1;
        }
        Ok(rows - todo)
    }

    fn position(&self) -> u64 {
        self.position
    }

    fn progress(&self) -> Progress {
        Progress { done: self.position.min(self.total), total: self.total, unit: Unit::Rows }
    }

    fn rows_hint(&self) -> RowsHint {
        RowsHint::Exact(self.total)
    }
}
