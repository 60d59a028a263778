//! Which format a file has: by its first bytes, then by its name.

use std::io::Read;

use crate::bytes::{ByteStream, Wrapping};
use crate::{FileError, Format, OpenOptions, Source};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Detected {
    pub format: Format,
    pub wrapping: Wrapping,
}

/// Bytes looked at after unpacking.
const HEAD_BYTES: u64 = 8 << 10;

pub(crate) fn detect(source: &Source, opts: &OpenOptions) -> Result<Detected, FileError> {
    if source.is_empty() {
        return Err(FileError::Empty { name: source.name().into() });
    }
    let head = source.head(HEAD_BYTES)?;
    let wrapping = Wrapping::of(&head);
    if let Some(format) = opts.format {
        return Ok(Detected { format, wrapping });
    }
    let head = match wrapping {
        Wrapping::None => head,
        _ => unwrapped_head(source, wrapping)?,
    };
    let unknown = |seen| FileError::UnknownFormat { name: source.name().into(), seen };
    match binary_format(&head) {
        Some(_) if wrapping != Wrapping::None => Err(unknown("a packed workbook or Parquet file; unpack it first")),
        Some(format) => Ok(Detected { format, wrapping }),
        None => {
            let format = text_format(&head, opts.encoding.is_some(), source.name());
            let format = format.map_err(unknown)?;
            Ok(Detected { format, wrapping })
        }
    }
}

fn unwrapped_head(source: &Source, wrapping: Wrapping) -> Result<Vec<u8>, FileError> {
    let mut stream = ByteStream::open(source, wrapping)?;
    let mut head = Vec::new();
    let got = stream.by_ref().take(HEAD_BYTES).read_to_end(&mut head);
    // A packed file that breaks off is still detectable by what came out; the reader reports the break.
    match got {
        Err(e) if head.is_empty() => Err(stream.fault(e)),
        _ if head.is_empty() => Err(FileError::Empty { name: source.name().into() }),
        _ => Ok(head),
    }
}

fn binary_format(head: &[u8]) -> Option<Format> {
    match head {
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Some(Format::Xlsx),
        [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1, ..] => Some(Format::Xls),
        [b'P', b'A', b'R', b'1', ..] => Some(Format::Parquet),
        _ => None,
    }
}

fn text_format(head: &[u8], encoding_given: bool, name: &str) -> Result<Format, &'static str> {
    if let Some(seen) = foreign(head) {
        return Err(seen);
    }
    let wide = crate::text::wide_encoding(head).is_some();
    if !wide && !encoding_given && head.contains(&0) {
        return Err("a binary file");
    }
    // Dropping the zero bytes of UTF-16 leaves its ASCII readable, which is all this needs.
    let ascii: Vec<u8> = head.iter().copied().filter(|&b| b != 0).collect();
    let text = ascii
        .strip_prefix(b"\xEF\xBB\xBF")
        .or_else(|| ascii.strip_prefix(b"\xFF\xFE"))
        .or_else(|| ascii.strip_prefix(b"\xFE\xFF"))
        .unwrap_or(&ascii)
        .trim_ascii_start();
    let lower: Vec<u8> = text.iter().take(64).map(u8::to_ascii_lowercase).collect();
    if [&b"<!doctype html"[..], b"<html", b"<table", b"<?xml"].iter().any(|tag| lower.starts_with(tag)) {
        return Err("a web page or XML saved under a table name; open it in Excel and save it as XLSX");
    }
    let after_brace = text.strip_prefix(b"{").map(<[u8]>::trim_ascii_start);
    if after_brace.is_some_and(|rest| matches!(rest.first(), Some(b'"' | b'}'))) {
        return Ok(Format::Jsonl);
    }
    if let Some(rest) = text.strip_prefix(b"[")
        && rest.trim_ascii_start().starts_with(b"{")
    {
        return Err("one JSON array; write one object per line instead");
    }
    Ok(match extension(name).as_str() {
        "jsonl" | "ndjson" | "json" => Format::Jsonl,
        _ => Format::Csv,
    })
}

fn foreign(head: &[u8]) -> Option<&'static str> {
    const KNOWN: [(&[u8], &str); 6] = [
        (b"%PDF", "a PDF document"),
        (b"\x89PNG", "a picture"),
        (b"\xFF\xD8\xFF", "a picture"),
        (b"GIF8", "a picture"),
        (b"Rar!", "a RAR archive; unpack it first"),
        (b"7z\xBC\xAF", "a 7z archive; unpack it first"),
    ];
    KNOWN.iter().find(|(magic, _)| head.starts_with(magic)).map(|&(_, seen)| seen)
}

/// The last extension in lower case, that of the inner file for `.gz` and `.zst`.
pub(crate) fn extension(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    let inner = lower.strip_suffix(".gz").or_else(|| lower.strip_suffix(".zst")).unwrap_or(&lower);
    match inner.rsplit_once('.') {
        Some((_, ext)) => ext.to_string(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_decides_before_the_name() {
        let cases: [(&str, &[u8], Result<Format, ()>); 10] = [
            ("a.csv", b"a,b\n", Ok(Format::Csv)),
            ("a.csv", b"{\"a\":1}\n", Ok(Format::Jsonl)),
            ("a.jsonl", b"1\n", Ok(Format::Jsonl)),
            ("a", b"PAR1....", Ok(Format::Parquet)),
            ("a.csv", b"PK\x03\x04", Ok(Format::Xlsx)),
            ("a.xlsx", b"a;b\n", Ok(Format::Csv)),
            ("a.xls", b"<html><table>", Err(())),
            ("a.csv", b"a\0b\0\0\0c", Err(())),
            ("a.json", b"[ {\"a\":1}]", Err(())),
            ("a.pdf", b"%PDF-1.7", Err(())),
        ];
        for (name, bytes, want) in cases {
            let got = detect(&Source::bytes(name, bytes), &OpenOptions::default());
            assert_eq!(got.map(|d| d.format).map_err(|_| ()), want, "{name}");
        }
        assert_eq!(extension("A.CSV.gz"), "csv");
    }
}
