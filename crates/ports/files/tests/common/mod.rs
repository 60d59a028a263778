//! Shared by the tests: reads a whole file, and builds ZIP archives by hand.
#![allow(dead_code)]

use std::io::Write;

use siyu_files::{FileError, FileInfo, OpenOptions, Row, RowReader, Source, open};

pub struct Table {
    pub columns: Vec<String>,
    pub rows: Vec<Vec<String>>,
    pub lines: Vec<u64>,
    /// Row index and code of each faulty row.
    pub errors: Vec<(usize, &'static str)>,
    pub info: FileInfo,
}

pub fn read_with(name: &str, bytes: &[u8], opts: &OpenOptions) -> Result<Table, FileError> {
    read_source(Source::bytes(name, bytes), opts)
}

pub fn read(name: &str, bytes: &[u8]) -> Table {
    read_with(name, bytes, &OpenOptions::default()).unwrap_or_else(|e| panic!("{name}: {e}"))
}

pub fn code(name: &str, bytes: &[u8]) -> &'static str {
    match read_with(name, bytes, &OpenOptions::default()) {
        Ok(_) => "ok",
        Err(e) => {
            assert!(!e.zh().is_empty() && !e.en().is_empty());
            e.code()
        }
    }
}

pub fn read_source(source: Source, opts: &OpenOptions) -> Result<Table, FileError> {
    let mut reader = open(source, opts)?;
    let mut row = Row::new();
    let (mut rows, mut lines, mut errors) = (Vec::new(), Vec::new(), Vec::new());
    while reader.next_row(&mut row)? {
        if let Some(e) = &row.error {
            assert!(!e.zh().is_empty() && !e.en().is_empty());
            errors.push((rows.len(), e.code()));
        }
        lines.push(row.line);
        rows.push(row.iter().map(String::from).collect());
    }
    assert_eq!(reader.position(), rows.len() as u64);
    let progress = reader.progress();
    assert!(progress.done <= progress.total);
    Ok(Table { columns: reader.columns().to_vec(), rows, lines, errors, info: reader.info() })
}

/// Skipping must land on the same rows as reading does.
pub fn check_skip(name: &str, bytes: &[u8]) {
    let all = read(name, bytes);
    for skipped in [0, 1, all.rows.len() / 2, all.rows.len(), all.rows.len() + 5] {
        let opts = OpenOptions::default();
        let mut reader = open(Source::bytes(name, bytes), &opts).unwrap();
        let got = reader.skip(skipped as u64).unwrap();
        assert_eq!(got as usize, skipped.min(all.rows.len()), "{name}");
        assert_eq!(reader.position(), got);
        assert_eq!(rest(reader.as_mut()), all.rows[got as usize..], "{name}");
    }
}

fn rest(reader: &mut dyn RowReader) -> Vec<Vec<String>> {
    let (mut row, mut out) = (Row::new(), Vec::new());
    while reader.next_row(&mut row).unwrap() {
        out.push(row.iter().map(String::from).collect());
    }
    out
}

/// A ZIP archive of deflated parts.
pub fn zip(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in parts {
        let mut packer = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
        packer.write_all(content).unwrap();
        let packed = packer.finish().unwrap();
        let mut crc = flate2::Crc::new();
        crc.update(content);
        let mut common = Vec::new();
        common.extend(20u16.to_le_bytes()); // version
        common.extend([0, 0, 8, 0, 0, 0, 0, 0]); // flags, deflate, time, date
        common.extend(crc.sum().to_le_bytes());
        common.extend((packed.len() as u32).to_le_bytes());
        common.extend((content.len() as u32).to_le_bytes());
        common.extend((name.len() as u16).to_le_bytes());
        common.extend([0, 0]); // extra
        let offset = out.len() as u32;
        out.extend(b"PK\x03\x04");
        out.extend(&common);
        out.extend(name.as_bytes());
        out.extend(&packed);
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&common);
        directory.extend([0; 10]); // comment, disk, attributes
        directory.extend(offset.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let start = out.len() as u32;
    out.extend(&directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend((parts.len() as u16).to_le_bytes());
    out.extend((parts.len() as u16).to_le_bytes());
    out.extend((directory.len() as u32).to_le_bytes());
    out.extend(start.to_le_bytes());
    out.extend([0, 0]);
    out
}

const BOOK: &str = r#"<workbook xmlns:r="r"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>"#;
const RELS: &str = r#"<Relationships><Relationship Id="rId1" Type="x/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="x/sharedStrings" Target="sharedStrings.xml"/></Relationships>"#;

/// A workbook of one sheet from the XML of its sheet and its shared texts.
pub fn workbook(sheet: &[u8], shared: &[u8]) -> Vec<u8> {
    zip(&[
        ("xl/workbook.xml", BOOK.as_bytes()),
        ("xl/_rels/workbook.xml.rels", RELS.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet),
        ("xl/sharedStrings.xml", shared),
    ])
}

pub fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}
