//! Which character separates the fields.

use super::record::{Found, find, split};
use crate::Row;

const CANDIDATES: [u8; 4] = [b',', b'\t', b';', b'|'];
const RECORDS_MAX: usize = 50;

/// The separator under which the most records have as many fields as the first one; more fields win a tie.
/// `preferred` decides when no candidate splits the text at all.
pub(crate) fn delimiter(text: &str, whole: bool, preferred: u8) -> u8 {
    let scored = CANDIDATES.iter().filter_map(|&d| Some((score(text, whole, d)?, d)));
    scored.max_by(|a, b| a.0.cmp(&b.0).then((a.1 == preferred).cmp(&(b.1 == preferred)))).map_or(preferred, |(_, d)| d)
}

/// Agreement in tenths, then fields; None when the first record does not split.
fn score(text: &str, whole: bool, delimiter: u8) -> Option<(usize, usize)> {
    let counts = field_counts(text, whole, delimiter);
    let first = *counts.first()?;
    if first < 2 {
        return None;
    }
    let agree = counts.iter().filter(|&&n| n == first).count();
    Some((agree * 10 / counts.len(), first))
}

fn field_counts(text: &str, whole: bool, delimiter: u8) -> Vec<usize> {
    let (mut rest, mut row, mut counts) = (text, Row::new(), Vec::new());
    while !rest.is_empty() && counts.len() < RECORDS_MAX {
        // A cut last record would count short, so it only takes part when the file ends there.
        let Found::Record(r) = find(rest.as_bytes(), delimiter, whole) else {
            break;
        };
        if r.len > 0 {
            row.begin(0, false);
            split(&rest[..r.len], delimiter, r.quoted, &mut row);
            counts.push(row.len());
        }
        rest = &rest[r.total..];
    }
    counts
}

/// Excel's own hint: a first line `sep=;`. Returns the delimiter and the length of the line.
pub(crate) fn sep_line(text: &str) -> Option<(u8, usize)> {
    let line_len = text.find('\n')? + 1;
    let value = text[..line_len].trim_end_matches(['\r', '\n']);
    match value.strip_prefix("sep=")?.as_bytes() {
        [d] if d.is_ascii() => Some((*d, line_len)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_are_found() {
        let cases = [
            ("a,b\n1,2\n", b','),
            ("a;b\n1,5;2,5\n3,5;4,5\n", b';'),
            ("a\tb\n1,2\t3\n", b'\t'),
            ("a|b|c\n1|2|3\n", b'|'),
            ("name\nx\ny\n", b','),
            ("\"a;b\",\"c;d\"\n\"1;2\",3\n", b','),
            ("a,b;c\n1,2\n1,3\n", b','),
        ];
        for (text, want) in cases {
            assert_eq!(delimiter(text, true, b',') as char, want as char, "{text:?}");
        }
        assert_eq!(sep_line("sep=;\r\na;b\n"), Some((b';', 7)));
        assert_eq!(sep_line("a,b\n"), None);
    }
}
