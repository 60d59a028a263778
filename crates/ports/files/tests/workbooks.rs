//! XLSX and XLS.

mod common;

use calamine::{Data, Reader, Xlsx};
use common::{check_skip, code, read, read_source, read_with, workbook, zip};
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook};
use siyu_files::{Format as Kind, OpenOptions, SheetChoice, Source};

fn sample() -> Vec<u8> {
    let mut book = Workbook::new();
    let date = Format::new().set_num_format("yyyy-mm-dd");
    let time = Format::new().set_num_format("yyyy/m/d h:mm:ss");
    let sheet = book.add_worksheet();
    sheet.set_name("订单").unwrap();
    for (i, name) in ["订单号", "下单日期", "付款时间", "金额", "会员", "备注"].iter().enumerate() {
        sheet.write_string(1, i as u16, *name).unwrap();
    }
    for r in 2..40_000u32 {
        let day = ExcelDateTime::parse_from_str("2024-01-02").unwrap();
        let moment = ExcelDateTime::parse_from_str("2024-01-02T03:04:05").unwrap();
        sheet.write_string(r, 0, format!("NO{r:06} 门店<&>{}", r % 7)).unwrap();
        sheet.write_datetime_with_format(r, 1, day, &date).unwrap();
        sheet.write_datetime_with_format(r, 2, moment, &time).unwrap();
        sheet.write_number(r, 3, f64::from(r) * 0.1).unwrap();
        sheet.write_boolean(r, 4, r % 2 == 0).unwrap();
        if r % 3 == 0 {
            sheet.write_string(r, 5, format!("第{r}位顾客\r\n换行")).unwrap();
        }
    }
    sheet.write_formula(40_001, 3, Formula::new("=1+1").set_result("2")).unwrap();
    let other = book.add_worksheet();
    other.set_name("其他").unwrap();
    other.write_string(0, 0, "手机").unwrap();
    other.write_number(1, 0, 13_800_138_000.0).unwrap();
    other.write_string(1, 3, "stray").unwrap();
    book.save_to_buffer().unwrap()
}

#[test]
fn a_real_workbook_reads_the_same_as_through_another_library() {
    let bytes = sample();
    let table = read("订单.xlsx", &bytes);
    assert_eq!(table.columns, ["订单号", "下单日期", "付款时间", "金额", "会员", "备注"]);
    assert_eq!(table.info.sheets, ["订单", "其他"]);
    assert_eq!(table.rows.len(), 39_999);
    assert_eq!(table.lines[0], 3);
    assert_eq!(table.lines[39_998], 40_002);
    assert_eq!(table.rows[0], ["NO000002 门店<&>2", "2024-01-02", "2024-01-02 03:04:05", "0.2", "true", ""]);
    assert_eq!(table.rows[1][5], "第3位顾客\r\n换行");
    assert_eq!(table.rows[39_998], ["", "", "", "2", "", ""]);
    let mut other: Xlsx<_> = calamine::open_workbook_from_rs(std::io::Cursor::new(bytes.clone())).unwrap();
    let range = other.worksheet_range("订单").unwrap();
    for (row, line) in table.rows.iter().zip(&table.lines) {
        for (column, cell) in row.iter().enumerate() {
            let theirs = match range.get_value((*line as u32 - 1, column as u32)) {
                Some(Data::String(s)) => s.clone(),
                Some(Data::Float(n)) if column == 3 => {
                    assert!((cell.parse::<f64>().unwrap() - n).abs() < 1e-9);
                    continue;
                }
                Some(Data::Bool(b)) => b.to_string(),
                Some(Data::DateTime(_)) => continue,
                _ => String::new(),
            };
            assert_eq!(*cell, theirs, "row {line} column {column}");
        }
    }
    check_skip("订单.xlsx", &bytes);
}

#[test]
fn sheets_are_chosen_by_name_or_place() {
    let bytes = sample();
    let pick = |choice| OpenOptions { sheet: Some(choice), ..OpenOptions::default() };
    for choice in [SheetChoice::Name("其他".into()), SheetChoice::Index(1)] {
        let table = read_with("a.xlsx", &bytes, &pick(choice)).unwrap();
        assert_eq!(table.rows, [["13800138000"]]);
        assert_eq!(table.errors, [(0, "row_field_count")]);
    }
    let missing = read_with("a.xlsx", &bytes, &pick(SheetChoice::Name("无".into())));
    let missing = missing.err().unwrap();
    assert_eq!(missing.code(), "sheet_not_found");
    assert!(missing.zh().contains("其他"));
}

#[test]
fn sheets_without_references_and_with_odd_cells_are_read() {
    let sheet = r#"<x:worksheet><x:sheetData><x:row><x:c t="inlineStr"><x:is><x:t>a</x:t><x:rPh><x:t>no</x:t></x:rPh></x:is></x:c><x:c t="s"><x:v>0</x:v></x:c><x:c t="s"><x:v>0</x:v></x:c></x:row>
      <x:row/><x:row><x:c s="1"/></x:row>
      <x:row r="9"><x:c r="C9" t="e"><x:v>#N/A</x:v></x:c><x:c r="A9"><x:v>1.5E1</x:v></x:c><x:c r="B9" t="str"><x:f>x&lt;1</x:f><x:v>q &amp; &#x5BA2;_x000D_</x:v></x:c></x:row></x:sheetData></x:worksheet>"#;
    let shared = r#"<sst><si><r><t>手机</t></r><r><t xml:space="preserve"> 号</t></r></si></sst>"#;
    let table = read("a.xlsx", &workbook(sheet.as_bytes(), shared.as_bytes()));
    assert_eq!(table.columns, ["a", "手机 号", "手机 号 (2)"]);
    assert_eq!(table.rows, [["15", "q & 客\r", "#N/A"]]);
    assert_eq!(table.lines, [9]);
}

#[test]
fn bombs_and_lies_are_refused() {
    let spaces = vec![b' '; 512 << 20];
    let mut bomb = b"<worksheet><sheetData>".to_vec();
    bomb.extend(&spaces);
    assert_eq!(code("bomb.xlsx", &workbook(&bomb, b"<sst/>")), "file_unpacks_too_big");
    let rows = b"<row><c><v>1</v></c></row>".repeat(8 << 20);
    let rows = [&b"<worksheet><sheetData>"[..], &rows, b"</sheetData></worksheet>"].concat();
    assert_eq!(code("bomb.xlsx", &workbook(&rows, b"<sst/>")), "file_unpacks_too_big");
    drop((bomb, rows));
    let mut texts = b"<sst><si><t>".to_vec();
    texts.extend(&spaces);
    let head = b"<worksheet><sheetData><row><c t=\"s\"><v>0</v></c></row></sheetData></worksheet>";
    assert_eq!(code("bomb.xlsx", &workbook(head, &texts)), "file_unpacks_too_big");

    let cases: [(&str, &[u8], &str); 7] = [
        (
            "no such text",
            b"<worksheet><sheetData><row><c t=\"s\"><v>7</v></c></row></sheetData></worksheet>",
            "file_damaged",
        ),
        (
            "column out of range",
            b"<worksheet><sheetData><row><c r=\"ZZZZZZZZZ1\"><v>7</v></c></row></sheetData></worksheet>",
            "too_many_columns",
        ),
        (
            "far column",
            b"<worksheet><sheetData><row><c r=\"XFD1\"><v>7</v></c></row></sheetData></worksheet>",
            "too_many_columns",
        ),
        ("broken xml", b"<worksheet><sheetData><row><c", "file_damaged"),
        ("no data", b"<worksheet></worksheet>", "file_damaged"),
        ("no rows", b"<worksheet><sheetData/></worksheet>", "file_no_columns"),
        (
            "not utf-8",
            b"<worksheet><sheetData><row><c t=\"str\"><v>\xFF\xFE</v></c></row></sheetData></worksheet>",
            "file_damaged",
        ),
    ];
    for (what, sheet, want) in cases {
        assert_eq!(code("a.xlsx", &workbook(sheet, b"<sst/>")), want, "{what}");
    }
    assert_eq!(code("a.xlsx", &zip(&[("word/document.xml", b"<x/>")])), "file_format_unknown");
    let long = [
        &b"<worksheet><sheetData><row><c t=\"str\"><v>a</v></c></row><row><c t=\"str\"><v>"[..],
        &b"xy".repeat(1 << 20),
        b"</v></c></row></sheetData></worksheet>",
    ]
    .concat();
    assert_eq!(code("a.xlsx", &workbook(&long, b"<sst/>")), "cell_too_long");
}

#[test]
fn a_large_table_of_texts_is_packed_and_still_found() {
    let (mut sheet, mut shared) = (String::from("<worksheet><sheetData>"), String::from("<sst>"));
    let text = |i: usize| format!("第{i}位顾客的备注，内容比较长一些，用来占地方 {i:08}");
    for i in 0..200_000 {
        shared += &format!("<si><t>{}</t></si>", text(i));
        sheet += &format!("<row><c t=\"s\"><v>{}</v></c></row>", (i * 7_919) % 200_000);
    }
    sheet += "</sheetData></worksheet>";
    shared += "</sst>";
    let table = read("a.xlsx", &workbook(sheet.as_bytes(), shared.as_bytes()));
    for (i, row) in table.rows.iter().enumerate() {
        assert_eq!(row[0], text(((i + 1) * 7_919) % 200_000));
    }
}

fn xls() -> Vec<u8> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/orders.xls");
    std::fs::read(path).unwrap()
}

#[test]
fn old_workbooks_are_read() {
    let table = read("orders.xls", &xls());
    assert_eq!(table.info.format, Kind::Xls);
    assert_eq!(table.info.sheets, ["订单", "hidden"]);
    assert_eq!(table.columns, ["订单号", "下单时间", "金额", "数量", "会员", "备注"]);
    assert_eq!(table.rows.len(), 601);
    assert_eq!(table.rows[0], ["NO-00001-门店", "2024-01-02 03:04:00", "1.25", "1", "false", ""]);
    assert_eq!(table.rows[598], ["NO-00599-门店", "2024-01-02 03:04:00", "748.75", "599", "false", ""]);
    assert_eq!(table.rows[599][1], "2024-01-02");
    assert_eq!(table.rows[599][5], "喜欢红色连衣裙，第600位顾客 ascii 600");
    assert_eq!(table.lines[600], 604);
    check_skip("orders.xls", &xls());
    let opts = OpenOptions { sheet: Some(SheetChoice::Index(1)), ..OpenOptions::default() };
    let hidden = read_source(Source::bytes("orders.xls", xls()), &opts).unwrap();
    assert_eq!(hidden.rows, [["13800138000"]]);
}
