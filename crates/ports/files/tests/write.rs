//! Tables out, and back in.

mod common;

use common::read;
use siyu_files::{Cell, CsvWriter, OpenOptions, RowsHint, Source, TableWriter, XlsxWriter, preview};

const HEADER: [&str; 4] = ["姓名", "金额", "数量", "会员"];

fn rows() -> [[Cell<'static>; 4]; 4] {
    [
        [Cell::Text("王,小\"明"), Cell::Number("15.80"), Cell::Integer(-3), Cell::Bool(true)],
        [Cell::Text("=1+1"), Cell::Text("+8613800138000"), Cell::Text("-2"), Cell::Text("@x")],
        [Cell::Text("\t=x"), Cell::Float(f64::NAN), Cell::Float(0.1), Cell::Text(" 空格 ")],
        [Cell::Text("多\n行"), Cell::Number("1,5"), Cell::Integer(i64::MAX), Cell::Empty],
    ]
}

#[test]
fn csv_opens_in_excel_and_runs_nothing() {
    let mut out = Vec::new();
    let mut writer = Box::new(CsvWriter::new(&mut out, &HEADER).unwrap());
    for row in rows() {
        writer.write_row(&row).unwrap();
    }
    assert_eq!(writer.finish().unwrap(), 4);
    assert!(out.starts_with(b"\xEF\xBB\xBF"));
    let table = read("out.csv", &out);
    assert_eq!(table.columns, HEADER);
    assert_eq!(table.rows[0], ["王,小\"明", "15.80", "-3", "true"]);
    assert_eq!(table.rows[1], ["'=1+1", "'+8613800138000", "'-2", "'@x"]);
    assert_eq!(table.rows[2], ["'\t=x", "", "0.1", " 空格 "]);
    assert_eq!(table.rows[3], ["多\n行", "1,5", "9223372036854775807", ""]);
    assert!(table.errors.is_empty());
}

#[test]
fn xlsx_keeps_text_as_text() {
    let mut out = Vec::new();
    let mut writer = Box::new(XlsxWriter::new(&mut out, "导出/2024", &HEADER, None).unwrap());
    for row in rows() {
        writer.write_row(&row).unwrap();
    }
    assert_eq!(writer.finish().unwrap(), 4);
    let table = read("out.xlsx", &out);
    assert_eq!(table.info.sheets, ["导出 2024"]);
    assert_eq!(table.rows[0], ["王,小\"明", "15.8", "-3", "true"]);
    assert_eq!(table.rows[1], ["=1+1", "+8613800138000", "-2", "@x"]);
    assert_eq!(table.rows[2], ["\t=x", "", "0.1", " 空格 "]);
    assert_eq!(table.rows[3], ["多\n行", "1,5", "9223372036854775807", ""]);
}

#[test]
fn a_failing_disk_is_reported() {
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let writer = Box::new(CsvWriter::new(Full, &HEADER).unwrap());
    assert_eq!(writer.finish().unwrap_err().code(), "file_unwritable");
    let writer = Box::new(XlsxWriter::new(Full, "x", &HEADER, None).unwrap());
    assert_eq!(writer.finish().unwrap_err().code(), "file_unwritable");
}

#[test]
fn a_preview_tells_what_columns_hold() {
    let mut text = String::from("手机号,下单时间,金额,邮箱,空\n");
    for i in 0..50_000 {
        text += &format!("138{i:08},2024-01-02 03:04:05,{i}.50,u{i}@x.cn,\n");
    }
    let look = preview(Source::bytes("a.csv", text.as_bytes()), &OpenOptions::default(), 100).unwrap();
    let kinds: Vec<String> = look.columns.iter().map(|c| format!("{:?}", c.kind)).collect();
    assert_eq!(kinds, ["Phone", "Datetime", "Decimal", "Email", "Text"]);
    assert_eq!(look.columns[4].empty_share, 1.0);
    assert_eq!(look.columns[0].samples.len(), 5);
    assert_eq!((look.rows.len(), look.rows[0].line), (100, 2));
    let RowsHint::About(rows) = look.total_rows else { panic!("{:?}", look.total_rows) };
    assert!((45_000..55_000).contains(&rows), "{rows}");
    let small = preview(Source::bytes("a.csv", &b"a\n1\n2\n"[..]), &OpenOptions::default(), 1).unwrap();
    assert_eq!(small.total_rows, RowsHint::Exact(2));
    assert!(serde_json::to_string(&look).unwrap().contains("\"certainty\":\"about\""));
}
