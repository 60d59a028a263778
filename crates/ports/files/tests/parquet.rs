//! Parquet files written here, and real ones when a data folder is given.

mod common;

use std::sync::Arc;

use common::{check_skip, read, read_source};
use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DoubleType, FixedLenByteArray, FixedLenByteArrayType, Int32Type, Int64Type,
    Int96, Int96Type,
};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::parser::parse_message_type;
use siyu_files::{FileError, OpenOptions, Opener, ReadSeek, RowsHint, Source, open, preview};

const SCHEMA: &str = "message m {
    required binary order_no (UTF8);
    optional int64 at (TIMESTAMP(MICROS,true));
    optional int64 local (TIMESTAMP(NANOS,false));
    optional int32 day (DATE);
    optional fixed_len_byte_array(5) amount (DECIMAL(10,2));
    optional double price;
    optional boolean member;
    optional group buyer { optional int32 age; optional binary city (UTF8); }
    optional int96 old;
    optional group tags (LIST) { repeated group list { optional binary element (UTF8); } }
}";

type Column<'a> = SerializedColumnWriter<'a>;

macro_rules! put {
    ($column:expr, $type:ty, $($arg:tt)*) => {{
        $column.typed::<$type>().write_batch($($arg)*).unwrap();
    }};
}

/// Three row groups of four rows; the last row of each is null wherever it may be.
fn sample() -> Vec<u8> {
    let schema = Arc::new(parse_message_type(SCHEMA).unwrap());
    let mut out = Vec::new();
    let props = Arc::new(WriterProperties::builder().build());
    let mut file = SerializedFileWriter::new(&mut out, schema, props).unwrap();
    for g in 0..3i64 {
        let mut group = file.next_row_group().unwrap();
        let def = Some(&[1i16, 1, 1, 0][..]);
        let nested = Some(&[2i16, 2, 1, 0][..]);
        let mut column = |write: &mut dyn FnMut(&mut Column<'_>)| {
            let mut column = group.next_column().unwrap().unwrap();
            write(&mut column);
            column.close().unwrap();
        };
        let names: Vec<ByteArray> = (0..4).map(|i| format!("单{g}-{i}").into_bytes().into()).collect();
        column(&mut |c| put!(c, ByteArrayType, &names, None, None));
        let us = 1_704_164_645_000_000;
        column(&mut |c| put!(c, Int64Type, &[us, us + 500_000, -1], def, None));
        column(&mut |c| put!(c, Int64Type, &[us * 1000, 0, 1], def, None));
        column(&mut |c| put!(c, Int32Type, &[19_724, 0, -1], def, None));
        let amounts: Vec<FixedLenByteArray> =
            [[0, 0, 0, 6, 44], [255; 5], [0; 5]].map(|b| ByteArray::from(b.to_vec()).into()).into();
        column(&mut |c| put!(c, FixedLenByteArrayType, &amounts, def, None));
        column(&mut |c| put!(c, DoubleType, &[0.1, f64::NAN, 3.0], def, None));
        column(&mut |c| put!(c, BoolType, &[true, false, true], def, None));
        column(&mut |c| put!(c, Int32Type, &[30, 40], nested, None));
        let cities: Vec<ByteArray> = ["上海", "北京"].map(ByteArray::from).into();
        column(&mut |c| put!(c, ByteArrayType, &cities, nested, None));
        let old = Int96::from(vec![0, 0, 2_440_588]);
        column(&mut |c| put!(c, Int96Type, &[old, old, old], def, None));
        let tags: Vec<ByteArray> = ["新客", "a\"b", "老客"].map(ByteArray::from).into();
        column(&mut |c| put!(c, ByteArrayType, &tags, Some(&[3, 3, 3, 1, 0]), Some(&[0, 1, 0, 0, 0])));
        group.close().unwrap();
    }
    file.close().unwrap();
    out
}

#[test]
fn every_type_becomes_text() {
    let bytes = sample();
    let table = read("a.parquet", &bytes);
    assert_eq!(
        table.columns,
        ["order_no", "at", "local", "day", "amount", "price", "member", "buyer.age", "buyer.city", "old", "tags"]
    );
    assert_eq!(table.rows.len(), 12);
    assert_eq!(
        table.rows[0],
        [
            "单0-0",
            "2024-01-02T03:04:05Z",
            "2024-01-02 03:04:05",
            "2024-01-02",
            "15.80",
            "0.1",
            "true",
            "30",
            "上海",
            "1970-01-01 00:00:00",
            "[\"新客\",\"a\\\"b\"]"
        ]
    );
    assert_eq!(
        table.rows[5],
        [
            "单1-1",
            "2024-01-02T03:04:05.500Z",
            "1970-01-01 00:00:00",
            "1970-01-01",
            "-0.01",
            "",
            "false",
            "40",
            "北京",
            "1970-01-01 00:00:00",
            "[\"老客\"]"
        ]
    );
    assert_eq!(
        table.rows[10],
        [
            "单2-2",
            "1969-12-31T23:59:59.999999Z",
            "1970-01-01 00:00:00",
            "1969-12-31",
            "0.00",
            "3",
            "true",
            "",
            "",
            "1970-01-01 00:00:00",
            "[]"
        ]
    );
    assert_eq!(table.rows[11][1..], [""; 10]);
    assert_eq!(table.lines, (1..=12).collect::<Vec<_>>());
    check_skip("a.parquet", &bytes);
}

#[test]
fn damaged_parquet_is_refused() {
    let good = sample();
    for at in (4..good.len()).step_by(3) {
        let opts = OpenOptions::default();
        let cut = read_source(Source::bytes("a.parquet", &good[..at]), &opts);
        assert!(cut.is_err());
        for flip in [0x00, 0x7F, 0xFF] {
            let mut bad = good.clone();
            bad[at] ^= flip;
            let _ = read_source(Source::bytes("a.parquet", bad), &opts);
        }
    }
}

/// What a caller with files encrypted at rest does: any opener will do.
#[test]
fn an_opener_of_the_callers_own_is_enough() {
    let hidden: Arc<[u8]> = sample().iter().map(|b| b ^ 0x5A).collect();
    let len = hidden.len() as u64;
    let opener: Opener = Arc::new(move || {
        let plain: Vec<u8> = hidden.iter().map(|b| b ^ 0x5A).collect();
        Ok(Box::new(std::io::Cursor::new(plain)) as Box<dyn ReadSeek + Send>)
    });
    let table = read_source(Source::new("upload", len, opener), &OpenOptions::default()).unwrap();
    assert_eq!(table.rows.len(), 12);
    let failing: Opener = Arc::new(|| Err(std::io::Error::other("key is gone")));
    let error = read_source(Source::new("upload", 9, failing), &OpenOptions::default()).err().unwrap();
    assert_eq!(error.code(), "file_unreadable");
    assert!(std::error::Error::source(&error).is_some());
}

#[test]
fn real_files() {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/data");
    let folder = std::env::var("SIYU_DATA_DIR").unwrap_or_else(|_| beside.to_owned());
    for (file, want) in
        [("complete_journey/transactions.parquet", 1_050_102), ("online_retail/invoices.parquet", 403_287)]
    {
        let path = std::path::Path::new(&folder).join(file);
        let source = match Source::path(&path) {
            Err(FileError::Unreadable { .. }) => {
                eprintln!("SKIPPED: {} is not there", path.display());
                continue;
            }
            other => other.unwrap(),
        };
        let mut reader = open(source.clone(), &OpenOptions::default()).unwrap();
        let mut row = siyu_files::Row::new();
        let mut rows = 0u64;
        while reader.next_row(&mut row).unwrap() {
            assert!(row.error.is_none());
            rows += 1;
        }
        assert_eq!(rows, want, "{file}");
        let look = preview(source, &OpenOptions::default(), 50).unwrap();
        assert_eq!(look.total_rows, RowsHint::Exact(want));
        eprintln!("{file}: {:?}", look.columns.iter().map(|c| (&c.name, c.kind, &c.samples)).collect::<Vec<_>>());
    }
}
