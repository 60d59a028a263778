//! Where a CSV record ends, and which fields it has.

use memchr::{memchr, memchr_iter, memchr2, memchr3};

use crate::Row;

/// What was found at the start of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    Record(Record),
    /// The text ends inside a record; more must be read.
    Partial,
    /// As `Partial`, and a quoted field is open.
    OpenQuote,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Record {
    /// Length without the line end.
    pub len: usize,
    /// Length with the line end.
    pub total: usize,
    /// Line ends inside and after the record.
    pub lines: u64,
    pub quoted: bool,
}

/// Finds the record at the start of `text`. `last` says that nothing follows the text.
pub(crate) fn find(text: &[u8], delimiter: u8, last: bool) -> Found {
    let (mut at, mut lines, mut quoted) = (0, 0u64, false);
    loop {
        let Some(hit) = memchr3(b'\n', b'\r', b'"', &text[at..]) else {
            return end_of_text(text, lines, quoted, last);
        };
        let hit = at + hit;
        if text[hit] != b'"' {
            return match line_end(text, hit, last) {
                Some(total) => Found::Record(Record { len: hit, total, lines: lines + 1, quoted }),
                None => Found::Partial,
            };
        }
        // A quote opens a field only at its very start; elsewhere it is an ordinary character.
        if hit != 0 && text[hit - 1] != delimiter {
            at = hit + 1;
            continue;
        }
        quoted = true;
        match close_quote(text, hit + 1) {
            Some(close) => {
                lines += count_lines(&text[hit..close]);
                at = close + 1;
            }
            None => return Found::OpenQuote,
        }
    }
}

/// Finds the end of the first line, whatever quotes it holds.
pub(crate) fn find_line(text: &[u8], last: bool) -> Found {
    match memchr2(b'\n', b'\r', text) {
        Some(hit) => match line_end(text, hit, last) {
            Some(total) => Found::Record(Record { len: hit, total, lines: 1, quoted: false }),
            None => Found::Partial,
        },
        None => end_of_text(text, 0, false, last),
    }
}

fn end_of_text(text: &[u8], lines: u64, quoted: bool, last: bool) -> Found {
    if !last {
        return Found::Partial;
    }
    Found::Record(Record { len: text.len(), total: text.len(), lines, quoted })
}

/// The offset after the line end at `hit`; None when a `\r` closes the text and `\n` may still follow.
fn line_end(text: &[u8], hit: usize, last: bool) -> Option<usize> {
    if text[hit] == b'\n' {
        return Some(hit + 1);
    }
    match text.get(hit + 1) {
        Some(b'\n') => Some(hit + 2),
        Some(_) => Some(hit + 1),
        None => last.then_some(hit + 1),
    }
}

/// The offset of the quote that closes a field whose content starts at `at`; doubled quotes are content.
fn close_quote(text: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let quote = at + memchr(b'"', text.get(at..)?)?;
        if text.get(quote + 1) != Some(&b'"') {
            return Some(quote);
        }
        at = quote + 2;
    }
}

fn count_lines(text: &[u8]) -> u64 {
    memchr_iter(b'\n', text).count() as u64
}

/// Appends the fields of a record to the row.
pub(crate) fn split(record: &str, delimiter: u8, quoted: bool, row: &mut Row) {
    if quoted {
        split_quoted(record, delimiter, row);
        return;
    }
    let base = row.text_len();
    row.text_mut().push_str(record);
    let mut start = 0;
    for end in memchr_iter(delimiter, record.as_bytes()) {
        row.push_span(base + start, base + end);
        start = end + 1;
    }
    row.push_span(base + start, base + record.len());
}

fn split_quoted(record: &str, delimiter: u8, row: &mut Row) {
    let bytes = record.as_bytes();
    let mut at = 0;
    loop {
        let start = row.text_len();
        if bytes.get(at) == Some(&b'"') {
            at = unquote(record, at + 1, row.text_mut());
        }
        // Plain field, or stray text after a closing quote, which is kept.
        let end = memchr(delimiter, &bytes[at..]).map_or(bytes.len(), |n| at + n);
        row.text_mut().push_str(&record[at..end]);
        row.end_cell(start);
        if end == bytes.len() {
            return;
        }
        at = end + 1;
    }
}

/// Copies quoted content from `at`; returns the offset after the closing quote.
fn unquote(record: &str, mut at: usize, out: &mut String) -> usize {
    let bytes = record.as_bytes();
    loop {
        let Some(quote) = memchr(b'"', &bytes[at..]).map(|n| at + n) else {
            out.push_str(&record[at..]);
            return bytes.len();
        };
        out.push_str(&record[at..quote]);
        if bytes.get(quote + 1) != Some(&b'"') {
            return quote + 1;
        }
        out.push('"');
        at = quote + 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, want: &[&[&str]]) {
        let (mut rest, mut got) = (text, Vec::new());
        while !rest.is_empty() {
            let Found::Record(r) = find(rest.as_bytes(), b',', true) else {
                panic!("open quote in {rest:?}");
            };
            let mut row = Row::new();
            split(&rest[..r.len], b',', r.quoted, &mut row);
            got.push(row.iter().map(String::from).collect::<Vec<_>>());
            rest = &rest[r.total..];
        }
        assert_eq!(got, want, "{text:?}");
    }

    #[test]
    fn records_and_fields() {
        check("a,b\r\nc,d", &[&["a", "b"], &["c", "d"]]);
        check("a,\n,b\n", &[&["a", ""], &["", "b"]]);
        check("\"a,1\",\"b\"\"x\"\n", &[&["a,1", "b\"x"]]);
        check("\"a\nb\",c\r\rd,e", &[&["a\nb", "c"], &[""], &["d", "e"]]);
        check("a\"b,\"c\"d,\"\"\n", &[&["a\"b", "cd", ""]]);
        check("客,\"户,\"\n", &[&["客", "户,"]]);
    }

    #[test]
    fn pieces_wait_for_more() {
        assert_eq!(find(b"a,b", b',', false), Found::Partial);
        assert_eq!(find(b"a,b\r", b',', false), Found::Partial);
        assert_eq!(find(b"a,\"b\n", b',', false), Found::OpenQuote);
        assert_eq!(find(b"a,\"b\"", b',', false), Found::Partial);
    }
}
