//! No input may panic, hang or exhaust memory; it may only be refused.

mod common;

use common::{gz, read_with, workbook};
use proptest::prelude::*;
use siyu_files::{
    DayOrder, Format, InstantRules, OpenOptions, Source, parse_bool, parse_decimal, parse_instant, preview,
};

fn try_all(name: &str, bytes: &[u8]) {
    let _ = read_with(name, bytes, &OpenOptions::default());
    let _ = preview(Source::bytes(name, bytes), &OpenOptions::default(), 20);
}

fn try_as(format: Format, bytes: &[u8]) {
    let opts = OpenOptions { format: Some(format), ..OpenOptions::default() };
    let _ = read_with("x", bytes, &opts);
}

const FORMATS: [Format; 5] = [Format::Csv, Format::Jsonl, Format::Xlsx, Format::Xls, Format::Parquet];
const MAGIC: [&[u8]; 8] = [
    b"",
    b"PK\x03\x04",
    b"PAR1",
    b"\x1F\x8B\x08",
    b"\x28\xB5\x2F\xFD",
    b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1",
    b"\xFF\xFE",
    b"{\"",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes(bytes in prop::collection::vec(any::<u8>(), 0..4096), magic in 0..MAGIC.len()) {
        let bytes = [MAGIC[magic], &bytes].concat();
        try_all("x.csv", &bytes);
        for format in FORMATS {
            try_as(format, &bytes);
        }
    }

    #[test]
    fn random_tables(text in "[a-c,;\t\"\n\r\u{0}客é]{0,200}") {
        try_all("x.csv", text.as_bytes());
        try_all("x.jsonl", text.as_bytes());
    }

    #[test]
    fn random_json(text in r#"[\{\}\[\]",:0-9a-c\\unltre \n-]{0,200}"#) {
        try_as(Format::Jsonl, text.as_bytes());
        try_as(Format::Jsonl, format!("{{\"a\":{text}}}").as_bytes());
    }

    #[test]
    fn random_sheets(xml in r#"(<row r="[0-9]{0,9}">|</row>|<c r="[A-Z]{0,4}[0-9]{0,4}" t="(s|b|str|e|x)?" s="[0-9]{0,3}">|</c>|<v>|</v>|[0-9.eE-]{0,5}|&[a-z]{0,3};|<is>|</is>){0,40}"#) {
        let sheet = format!("<worksheet><sheetData>{xml}</sheetData></worksheet>");
        try_all("x.xlsx", &workbook(sheet.as_bytes(), b"<sst><si><t>x</t></si></sst>"));
    }

    #[test]
    fn random_cells(text in "[\\PC\u{0}-\u{7f}]{0,60}", digits in "[-+¥$(（0-9.,eE/: TZ年月日时分上下午)）]{0,40}") {
        for text in [text, digits] {
            let mut rules = InstantRules::in_zone(jiff::tz::TimeZone::get("Asia/Shanghai").unwrap());
            let _ = parse_instant(&text, &rules);
            rules.from_sheet = true;
            rules.day_order = Some(DayOrder::DayFirst);
            let _ = parse_instant(&text, &rules);
            let _ = parse_bool(&text);
            if let Ok(d) = parse_decimal(&text) {
                prop_assert_eq!(parse_decimal(&d.to_string()), Ok(d));
                let _ = (d.to_scaled(30), d.to_f64(), d.trimmed());
            }
        }
    }
}

/// Cuts a good file at many places and flips bytes of it.
fn damage(name: &str, good: &[u8]) {
    let mut seed = 0x2545_F491_4F6C_DD1Du64;
    let mut random = move |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed as usize % below.max(1)
    };
    for _ in 0..150 {
        try_all(name, &good[..random(good.len())]);
        let mut flipped = good.to_vec();
        for _ in 0..1 + random(8) {
            let at = random(flipped.len());
            flipped[at] = random(256) as u8;
        }
        try_all(name, &flipped);
    }
}

#[test]
fn damaged_files() {
    let csv = "订单号,金额\n1,2.50\n2,\"3\"\n".repeat(50);
    damage("a.csv", csv.as_bytes());
    damage("a.csv.gz", &gz(csv.as_bytes()));
    damage("a.csv.zst", &zstd::bulk::compress(csv.as_bytes(), 3).unwrap());
    let xls = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/orders.xls")).unwrap();
    damage("a.xls", &xls);
    let sheet = "<worksheet><sheetData><row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c></row></sheetData></worksheet>";
    damage("a.xlsx", &workbook(sheet.as_bytes(), b"<sst><si><t>x</t></si></sst>"));
}

#[test]
fn deep_json_and_huge_numbers() {
    for unit in ["[", "{\"a\":", "{\"a\":[", "\"", "9", "-", "\\u"] {
        let deep = unit.repeat(500_000);
        try_as(Format::Jsonl, deep.as_bytes());
        try_as(Format::Jsonl, format!("{{\"a\":{deep}}}").as_bytes());
        let _ = parse_decimal(&deep);
        let _ = parse_instant(&deep, &InstantRules::in_zone(0));
    }
}
