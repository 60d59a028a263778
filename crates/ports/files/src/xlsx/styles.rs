//! Which cell formats show a number as a date.

use std::collections::HashMap;

use quick_xml::events::Event;

use super::part::{Parts, attr, attr_text};
use crate::FileError;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum NumberKind {
    #[default]
    Plain,
    Date,
    /// Hours beyond a day, such as `[h]:mm`.
    Elapsed,
}

#[derive(Default)]
pub(crate) struct Styles {
    cells: Vec<NumberKind>,
}

/// Excel itself stops at 65,490 cell formats.
const FORMATS_MAX: usize = 1 << 17;

impl Styles {
    pub(crate) fn read(parts: &Parts, part: &str) -> Result<Self, FileError> {
        let mut xml = parts.xml(part)?;
        let mut custom: HashMap<u32, NumberKind> = HashMap::new();
        let mut cells = Vec::new();
        let mut in_cells = false;
        loop {
            match xml.next()? {
                Event::Eof => return Ok(Styles { cells }),
                Event::End(tag) if tag.local_name().as_ref() == "cellXfs" => in_cells = false,
                Event::Start(tag) | Event::Empty(tag) => match tag.local_name().as_ref() {
                    "numFmt" if custom.len() < FORMATS_MAX => {
                        let id = attr(&tag, "numFmtId").and_then(|v| v.parse().ok());
                        if let (Some(id), Some(code)) = (id, attr_text(&tag, "formatCode")) {
                            custom.insert(id, of_code(&code));
                        }
                    }
                    "cellXfs" => in_cells = true,
                    "xf" if in_cells && cells.len() < FORMATS_MAX => {
                        let id = attr(&tag, "numFmtId").and_then(|v| v.parse().ok());
                        let id = id.unwrap_or(0);
                        cells.push(custom.get(&id).copied().unwrap_or_else(|| builtin(id)));
                    }
                    _ => {}
                },
                _ => {}
            }
        }
    }

    pub(crate) fn kind(&self, style: u32) -> NumberKind {
        self.cells.get(style as usize).copied().unwrap_or_default()
    }
}

/// Formats that need no code in the file; 27 to 36 and 50 to 58 are dates in East Asian Excel.
pub(crate) fn builtin(id: u32) -> NumberKind {
    match id {
        14..=22 | 27..=36 | 45 | 47 | 50..=58 => NumberKind::Date,
        46 => NumberKind::Elapsed,
        _ => NumberKind::Plain,
    }
}

/// A code shows a date when a date letter remains after taking away quoted text, escapes and brackets.
pub(crate) fn of_code(code: &str) -> NumberKind {
    let first_section = code.split(';').next().unwrap_or_default();
    let mut chars = first_section.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' => while chars.next().is_some_and(|q| q != '"') {},
            '\\' | '_' | '*' => {
                chars.next();
            }
            '[' => {
                let inner: String = chars.by_ref().take_while(|&b| b != ']').collect();
                let inner = inner.to_ascii_lowercase();
                if !inner.is_empty() && inner.chars().all(|l| matches!(l, 'h' | 'm' | 's')) {
                    return NumberKind::Elapsed;
                }
            }
            'd' | 'D' | 'm' | 'M' | 'y' | 'Y' | 'h' | 'H' | 's' | 'S' => return NumberKind::Date,
            // `General`, and exponents such as `0.00E+00`.
            'G' | 'g' if first_section.to_ascii_lowercase().contains("general") => {
                return NumberKind::Plain;
            }
            _ => {}
        }
    }
    NumberKind::Plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn date_codes_are_known_from_number_codes() {
        for date in ["yyyy-mm-dd", "[$-804]yyyy\"年\"m\"月\"", "h:mm AM/PM", "d/m/yy;@", "mmm\\ d"] {
            assert_eq!(of_code(date), NumberKind::Date, "{date}");
        }
        for plain in
            ["General", "0.00", "#,##0.00_ ", "\"days\" 0", "[Red]0;[Blue]d", "0.00E+00", "@", "\\d0", "￥#,##0"]
        {
            assert_eq!(of_code(plain), NumberKind::Plain, "{plain}");
        }
        assert_eq!(of_code("[h]:mm:ss"), NumberKind::Elapsed);
        assert_eq!(builtin(31), NumberKind::Date);
    }
}
