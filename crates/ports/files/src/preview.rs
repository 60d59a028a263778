//! A look at the first rows of a file, for a person to decide how to read it.

use serde::Serialize;

use crate::infer::{ColumnKind, infer};
use crate::{FileError, Format, OpenOptions, Row, RowError, RowReader, RowsHint, Source, open};

/// One column as seen in the preview rows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ColumnPreview {
    pub name: String,
    /// Up to five different values that are not empty.
    pub samples: Vec<String>,
    pub kind: ColumnKind,
    /// Share of empty cells, 0 to 1.
    pub empty_share: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PreviewRow {
    pub line: u64,
    pub cells: Vec<String>,
    pub error: Option<RowError>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Preview {
    pub format: Format,
    pub encoding: Option<&'static str>,
    pub delimiter: Option<char>,
    pub sheets: Vec<String>,
    pub sheet: Option<String>,
    pub columns: Vec<ColumnPreview>,
    pub rows: Vec<PreviewRow>,
    /// Data rows in the file; the header is not counted.
    pub total_rows: RowsHint,
}

const SAMPLES_MAX: usize = 5;
/// Cells are shown up to this many characters.
const CELL_CHARS_MAX: usize = 200;
/// Rows passed over after the shown ones, to estimate the total better.
const ESTIMATE_ROWS: u64 = 2_000;

/// Opens the file and reads its first `rows` rows (at most 1,000).
pub fn preview(source: Source, opts: &OpenOptions, rows: usize) -> Result<Preview, FileError> {
    let mut reader = open(source, opts)?;
    let shown = read_rows(reader.as_mut(), rows.min(1_000))?;
    // A file that breaks further on is still worth a look; the import reports the break.
    let total_rows = match reader.skip(ESTIMATE_ROWS) {
        Ok(_) => reader.rows_hint(),
        Err(_) => RowsHint::Unknown,
    };
    let columns = reader.columns().iter().enumerate();
    let columns = columns.map(|(i, name)| column(name, i, &shown)).collect();
    let info = reader.info();
    Ok(Preview {
        format: info.format,
        encoding: info.encoding,
        delimiter: info.delimiter,
        sheets: info.sheets,
        sheet: info.sheet,
        columns,
        rows: shown,
        total_rows,
    })
}

fn read_rows(reader: &mut dyn RowReader, rows: usize) -> Result<Vec<PreviewRow>, FileError> {
    let (mut row, mut shown) = (Row::new(), Vec::new());
    while shown.len() < rows && reader.next_row(&mut row)? {
        shown.push(PreviewRow {
            line: row.line,
            cells: row.iter().map(|c| c.chars().take(CELL_CHARS_MAX).collect()).collect(),
            error: row.error.take(),
        });
    }
    Ok(shown)
}

fn column(name: &str, place: usize, rows: &[PreviewRow]) -> ColumnPreview {
    let usable = || rows.iter().filter(|r| r.error.is_none());
    let cells = || usable().map(|r| r.cells.get(place).map_or("", |c| c.trim()));
    let (all, empty) = (usable().count(), cells().filter(|c| c.is_empty()).count());
    let mut samples: Vec<String> = Vec::new();
    for cell in cells().filter(|c| !c.is_empty()) {
        if samples.len() == SAMPLES_MAX {
            break;
        }
        if !samples.iter().any(|s| s == cell) {
            samples.push(cell.to_string());
        }
    }
    ColumnPreview {
        name: name.to_string(),
        samples,
        kind: infer(cells()),
        empty_share: if all == 0 { 0.0 } else { empty as f64 / all as f64 },
    }
}
