//! Text tables as they come from tills, shops, Excel and scripts.

mod common;

use common::{check_skip, code, gz, read, read_with};
use encoding_rs::{BIG5, GB18030};
use siyu_files::{Format, OpenOptions, Row, Source, open};

const ZH: &str = "手机号,姓名,城市\r\n13800138000,王小明,上海\r\n13900139000,\"李,娜\",北京\r\n";

fn zh_rows() -> Vec<Vec<&'static str>> {
    vec![vec!["13800138000", "王小明", "上海"], vec!["13900139000", "李,娜", "北京"]]
}

fn utf16(text: &str, mark: bool, little: bool) -> Vec<u8> {
    let units = mark.then_some(0xFEFF).into_iter().chain(text.encode_utf16());
    units.flat_map(|u: u16| if little { u.to_le_bytes() } else { u.to_be_bytes() }).collect()
}

#[test]
fn chinese_tables_in_every_usual_encoding() {
    let files = [
        ("UTF-8", ZH.as_bytes().to_vec()),
        ("UTF-8", format!("\u{feff}{ZH}").into_bytes()),
        ("gb18030", GB18030.encode(ZH).0.into_owned()),
        ("UTF-16LE", utf16(ZH, true, true)),
        ("UTF-16BE", utf16(ZH, true, false)),
        ("UTF-16LE", utf16(ZH, false, true)),
    ];
    for (encoding, bytes) in files {
        let table = read("客户.csv", &bytes);
        assert_eq!(table.info.encoding, Some(encoding));
        assert_eq!(table.columns, ["手机号", "姓名", "城市"], "{encoding}");
        assert_eq!(table.rows, zh_rows(), "{encoding}");
        assert_eq!(table.lines, [2, 3]);
        assert!(table.errors.is_empty());
        check_skip("客户.csv", &bytes);
        assert_eq!(read("客户.csv.gz", &gz(&bytes)).rows, zh_rows());
        let packed = zstd::bulk::compress(&bytes, 3).unwrap();
        assert_eq!(read("客户.csv.zst", &packed).rows, zh_rows());
    }
}

#[test]
fn a_stated_encoding_is_obeyed() {
    let text = "姓名\n甲\n";
    let opts = OpenOptions { encoding: Some("big5".into()), ..OpenOptions::default() };
    let table = read_with("a.csv", &BIG5.encode(text).0, &opts).unwrap();
    assert_eq!(table.rows, [["甲"]]);
    let opts = OpenOptions { encoding: Some("nonsense".into()), ..OpenOptions::default() };
    let refused = read_with("a.csv", b"a\n1\n", &opts).err().unwrap();
    assert_eq!(refused.code(), "encoding_unknown");
}

/// The first 300 KB are ASCII, so the encoding can only be decided later.
#[test]
fn the_encoding_is_decided_on_the_first_piece_that_is_not_ascii() {
    let mut head = String::from("id,name\n");
    for i in 0..20_000 {
        head += &format!("{i},plain name\n");
    }
    let tail = "1,王小明的客户备注\n2,李娜在上海南京路门店\n";
    for (encoding, tail) in [("UTF-8", tail.as_bytes().to_vec()), ("gb18030", GB18030.encode(tail).0.into_owned())] {
        let bytes = [head.as_bytes(), &tail].concat();
        let table = read("a.csv", &bytes);
        assert_eq!(table.info.encoding, Some(encoding));
        assert_eq!(table.rows[20_001], ["2", "李娜在上海南京路门店"]);
        assert!(table.errors.is_empty());
        assert_eq!(table.lines[20_001], 20_003);
    }
}

#[test]
fn bytes_that_are_no_text_fault_their_row_only() {
    let mut bytes = "姓名,城市,备注,标签\n王小明,上海,喜欢红色,老客\n".as_bytes().to_vec();
    bytes.extend(b"\xD6\xD0,x,y,z\n");
    bytes.extend("李娜,北京,喜欢蓝色,新客\n".as_bytes());
    let table = read("a.csv", &bytes);
    assert_eq!(table.info.encoding, Some("UTF-8"));
    assert_eq!(table.errors, [(1, "row_undecodable")]);
    assert_eq!(table.rows[2][0], "李娜");
    let mut gbk = GB18030.encode(ZH).0.into_owned();
    gbk.extend(b"1,\xFF\xFF,x\n2,ok,y\n");
    let table = read("a.csv", &gbk);
    assert_eq!(table.errors, [(2, "row_undecodable")]);
    assert_eq!(table.rows[3], ["2", "ok", "y"]);
    let cut = &"姓名,城市\n王,上海".as_bytes()[..23];
    assert_eq!(read("a.csv", cut).errors, [(0, "row_undecodable")]);
}

#[test]
fn delimiters_are_found_or_given() {
    assert_eq!(read("a.csv", b"a;b\n1,5;2\n").rows, [["1,5", "2"]]);
    assert_eq!(read("a.tsv", b"a\tb\n1,5\t2\n").rows, [["1,5", "2"]]);
    assert_eq!(read("a.txt", b"a|b\n1|2\n").rows, [["1", "2"]]);
    assert_eq!(read("a.csv", b"sep=;\r\na;b\r\n1;2\r\n").lines, [3]);
    let opts = OpenOptions { delimiter: Some('^'), ..OpenOptions::default() };
    assert_eq!(read_with("a.csv", b"a^b\n1,1^2\n", &opts).unwrap().rows, [["1,1", "2"]]);
    let opts = OpenOptions { delimiter: Some('，'), ..OpenOptions::default() };
    assert_eq!(read_with("a.csv", b"a\n", &opts).err().unwrap().code(), "delimiter_invalid");
}

#[test]
fn faulty_rows_are_reported_and_passed() {
    let table = read("a.csv", b"a,b\n1\n1,2,3\n1,2,,\n\n\r\n\"x\ny\",2\n1,\"open\n3,4\n");
    let errors = [(0, "row_field_count"), (1, "row_field_count"), (4, "row_unclosed_quote")];
    assert_eq!(table.errors, errors);
    assert_eq!(table.rows[2], ["1", "2"]);
    assert_eq!(table.rows[3], ["x\ny", "2"]);
    assert_eq!(table.rows[5], ["3", "4"]);
    assert_eq!(table.lines, [2, 3, 4, 7, 9, 10]);
}

#[test]
fn headers_are_made_unique_or_made_up() {
    assert_eq!(read("a.csv", b" a ,,a\n1,2,3\n").columns, ["a", "column_2", "a (2)"]);
    let opts = OpenOptions { header: false, ..OpenOptions::default() };
    let table = read_with("a.csv", b"1,2\n3,4\n", &opts).unwrap();
    assert_eq!(table.columns, ["column_1", "column_2"]);
    assert_eq!((table.rows.len(), table.lines[0]), (2, 1));
}

#[test]
fn limits_end_the_reading_with_a_clear_error() {
    let wide = vec!["c"; 2_001].join(",");
    assert_eq!(code("a.csv", wide.as_bytes()), "too_many_columns");
    let long = format!("a,b\n1,{}\n", "x ".repeat(3 << 20));
    assert_eq!(code("a.csv", long.as_bytes()), "line_too_long");
    let cell = format!("a,b\n1,{}\n", "x".repeat(2 << 20));
    assert_eq!(code("a.csv", cell.as_bytes()), "cell_too_long");
    let json = format!("{{\"a\":1}}\n{{\"a\":\"{}\"}}\n", "x".repeat(5 << 20));
    assert_eq!(code("a.jsonl", json.as_bytes()), "line_too_long");
    let keys: Vec<String> = (0..2_001).map(|i| format!("\"k{i}\":1")).collect();
    assert_eq!(code("a.jsonl", format!("{{{}}}\n", keys.join(",")).as_bytes()), "too_many_columns");
    assert_eq!(code("a.csv", b""), "file_empty");
    assert_eq!(code("a.csv", b"\n\n"), "file_no_columns");
    // A quote that is never closed in a long file costs one row, not the file.
    let open_quote = format!("a,b\n1,\"x\n{}", "3,4\n".repeat(2_000_000));
    let table = read("a.csv", open_quote.as_bytes());
    assert_eq!((table.rows.len(), table.errors.len()), (2_000_001, 1));
}

#[test]
fn json_lines_are_flattened_and_kept_raw() {
    let text = "{\"id\":1,\"who\":{\"name\":\"王\",\"tags\":[\"a\",1]}}\n\n[1]\n{\"id\":2,\n{\"id\":3,\"late\":true}\r\n\"x\"\n";
    let table = read("a.jsonl", text.as_bytes());
    assert_eq!(table.info.format, Format::Jsonl);
    assert_eq!(table.columns, ["id", "who.name", "who.tags", "late"]);
    assert_eq!(table.rows[0], ["1", "王", "[\"a\",1]", ""]);
    assert_eq!(table.rows[3], ["3", "", "", "true"]);
    assert_eq!(table.errors, [(1, "row_not_an_object"), (2, "row_bad_json"), (4, "row_not_an_object")]);
    assert_eq!(table.lines, [1, 3, 4, 5, 6]);
    check_skip("a.jsonl", text.as_bytes());

    let mut reader = open(Source::bytes("a.jsonl", text.as_bytes()), &OpenOptions::default()).unwrap();
    let mut row = Row::new();
    reader.next_row(&mut row).unwrap();
    assert_eq!(row.raw(), text.lines().next());
}

#[test]
fn keys_first_met_late_are_appended() {
    let mut text = "{\"a\":1}\n".repeat(200_000);
    text += "{\"a\":1,\"b\":2}\n";
    let table = read("a.jsonl", text.as_bytes());
    assert_eq!(table.columns, ["a", "b"]);
    assert_eq!(table.rows[200_000], ["1", "2"]);
    assert_eq!(table.rows[0], ["1"]);
}

#[test]
fn broken_packing_is_damage() {
    let whole = gz("a,b\n1,2\n".repeat(50_000).as_bytes());
    assert_eq!(code("a.csv.gz", &whole), "ok");
    assert_eq!(code("a.csv.gz", &whole[..whole.len() / 2]), "file_damaged");
    assert_eq!(code("a.csv.gz", &whole[..5]), "file_damaged");
    assert_eq!(code("a.csv.zst", b"\x28\xB5\x2F\xFDxxxx"), "file_damaged");
    assert_eq!(code("a.gz", &gz(b"PK\x03\x04xx")), "file_format_unknown");
}
