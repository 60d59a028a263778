use super::error::{ValueError, ValueErrorKind};
use super::text::narrow;

const YES: [&str; 14] = ["true", "t", "yes", "y", "1", "on", "是", "有", "对", "真", "√", "✓", "已", "開"];
const NO: [&str; 14] = ["false", "f", "no", "n", "0", "off", "否", "无", "错", "假", "×", "✗", "未", "關"];

/// Yes or no in English, Chinese or as 1 and 0, in any case. Empty text is an error: the caller decides what it means.
pub fn parse_bool(text: &str) -> Result<bool, ValueError> {
    let narrow = narrow(text);
    let word = narrow.trim();
    if YES.iter().any(|y| word.eq_ignore_ascii_case(y)) {
        return Ok(true);
    }
    if NO.iter().any(|n| word.eq_ignore_ascii_case(n)) {
        return Ok(false);
    }
    Err(ValueError::new(ValueErrorKind::BoolUnreadable, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yes_and_no() {
        for (text, want) in
            [(" TRUE ", true), ("是", true), ("１", true), ("Y", true), ("否", false), ("off", false), ("0", false)]
        {
            assert_eq!(parse_bool(text), Ok(want), "{text}");
        }
        for text in ["", "2", "maybe", "是的吧"] {
            assert_eq!(parse_bool(text).unwrap_err().code(), "bool_unreadable");
        }
    }
}
