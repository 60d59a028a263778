//! Shortening of seen text so that error sentences stay readable and never carry a whole cell.

/// Appends formatted text to a String, which cannot fail.
macro_rules! put {
    ($out:expr, $($arg:tt)*) => {{
        let _ = std::fmt::Write::write_fmt($out, format_args!($($arg)*));
    }};
}
pub(crate) use put;

/// Longest piece of file content that an error sentence may quote, in characters.
const SEEN_CHARS_MAX: usize = 40;

/// The text on one line, without control characters, cut to 40 characters with an ellipsis.
pub(crate) fn shorten(text: &str) -> String {
    let mut out = String::new();
    for (n, c) in text.trim().chars().enumerate() {
        if n == SEEN_CHARS_MAX {
            out.push('…');
            break;
        }
        out.push(if c.is_control() { ' ' } else { c });
    }
    out
}

/// Bytes as a round number a person reads: `4 MB`, `512 KB`, `17 B`.
pub(crate) fn size(bytes: u64) -> String {
    match bytes {
        b if b >= 1 << 30 => format!("{} GB", b >> 30),
        b if b >= 1 << 20 => format!("{} MB", b >> 20),
        b if b >= 1 << 10 => format!("{} KB", b >> 10),
        b => format!("{b} B"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seen_text_is_cut_by_characters_not_bytes() {
        assert_eq!(shorten(" a\nb "), "a b");
        let long = shorten(&"客".repeat(100));
        assert_eq!(long.chars().count(), 41);
        assert!(long.ends_with('…'));
        assert_eq!(size(4 << 20), "4 MB");
    }
}
