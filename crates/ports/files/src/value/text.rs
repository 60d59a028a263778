//! Characters that mean the same: full-width digits and signs as their ASCII twins.

use std::borrow::Cow;

/// Full-width ASCII (U+FF01 to U+FF5E) becomes ASCII, odd spaces become a space. Borrowed when nothing changes.
pub(crate) fn narrow(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(narrow_char).collect())
}

fn narrow_char(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        '\u{3000}' | '\u{a0}' | '\u{2009}' | '\u{202f}' | '\u{feff}' => ' ',
        '\u{2212}' | '\u{2013}' => '-',
        '\u{ffe5}' => '¥',
        c => c,
    }
}
