//! Why a cell's text could not be understood.

use std::fmt;

use serde::{Serialize, Serializer, ser::SerializeStruct};

use crate::sentence::shorten;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ValueErrorKind {
    InstantUnreadable,
    /// Such as `1/2/2024`: January or February.
    InstantAmbiguous,
    /// A day, hour or minute that does not exist, or a year outside 1000 to 9999.
    InstantImpossible,
    DecimalUnreadable,
    /// NaN or infinity.
    DecimalNotFinite,
    /// More than 36 significant digits or more than 30 places.
    DecimalTooLong,
    /// Such as `1,5`: a decimal comma or a misplaced separator.
    DecimalAmbiguous,
    BoolUnreadable,
}

/// A cell whose text is not what it should be. Quotes at most 40 characters of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueError {
    pub kind: ValueErrorKind,
    /// What was seen, shortened.
    pub seen: String,
}

impl ValueError {
    pub(crate) fn new(kind: ValueErrorKind, seen: &str) -> Self {
        ValueError { kind, seen: shorten(seen) }
    }

    /// A stable, lower-case word for programs.
    pub fn code(&self) -> &'static str {
        match self.kind {
            ValueErrorKind::InstantUnreadable => "instant_unreadable",
            ValueErrorKind::InstantAmbiguous => "instant_ambiguous",
            ValueErrorKind::InstantImpossible => "instant_impossible",
            ValueErrorKind::DecimalUnreadable => "decimal_unreadable",
            ValueErrorKind::DecimalNotFinite => "decimal_not_finite",
            ValueErrorKind::DecimalTooLong => "decimal_too_long",
            ValueErrorKind::DecimalAmbiguous => "decimal_ambiguous",
            ValueErrorKind::BoolUnreadable => "bool_unreadable",
        }
    }

    pub fn zh(&self) -> String {
        let seen = &self.seen;
        match self.kind {
            ValueErrorKind::InstantUnreadable => format!("“{seen}”不是可识别的时间，应如 2024-01-02 03:04:05。"),
            ValueErrorKind::InstantAmbiguous => format!("“{seen}”分不清月和日，请选择日期顺序，或写成 2024-01-02。"),
            ValueErrorKind::InstantImpossible => format!("“{seen}”不是存在的日期或时间，应如 2024-01-02 03:04:05。"),
            ValueErrorKind::DecimalUnreadable => format!("“{seen}”不是数字，应如 1234.56。"),
            ValueErrorKind::DecimalNotFinite => format!("“{seen}”不是有限的数字，应如 1234.56。"),
            ValueErrorKind::DecimalTooLong => format!("“{seen}”的位数过多，最多 36 位有效数字、30 位小数。"),
            ValueErrorKind::DecimalAmbiguous => {
                format!("“{seen}”中的逗号不是千位分隔符，小数点请用“.”，例如 1234.56。")
            }
            ValueErrorKind::BoolUnreadable => format!("“{seen}”不是是或否，应为 是/否、true/false、1/0。"),
        }
    }

    pub fn en(&self) -> String {
        let seen = &self.seen;
        match self.kind {
            ValueErrorKind::InstantUnreadable => {
                format!("\"{seen}\" is not a time; expected something like 2024-01-02 03:04:05.")
            }
            ValueErrorKind::InstantAmbiguous => {
                format!("\"{seen}\" does not tell month from day; choose the order or write 2024-01-02.")
            }
            ValueErrorKind::InstantImpossible => {
                format!("\"{seen}\" is not a date or time that exists; expected something like 2024-01-02 03:04:05.")
            }
            ValueErrorKind::DecimalUnreadable => {
                format!("\"{seen}\" is not a number; expected something like 1234.56.")
            }
            ValueErrorKind::DecimalNotFinite => {
                format!("\"{seen}\" is not a finite number; expected something like 1234.56.")
            }
            ValueErrorKind::DecimalTooLong => {
                format!("\"{seen}\" has too many digits; at most 36 significant digits and 30 places.")
            }
            ValueErrorKind::DecimalAmbiguous => format!(
                "The comma in \"{seen}\" does not separate thousands; use a point for decimals, such as 1234.56."
            ),
            ValueErrorKind::BoolUnreadable => {
                format!("\"{seen}\" is neither yes nor no; expected yes/no, true/false or 1/0.")
            }
        }
    }
}

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.en())
    }
}

impl std::error::Error for ValueError {}

impl Serialize for ValueError {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut s = out.serialize_struct("ValueError", 4)?;
        s.serialize_field("code", self.code())?;
        s.serialize_field("seen", &self.seen)?;
        s.serialize_field("zh", &self.zh())?;
        s.serialize_field("en", &self.en())?;
        s.end()
    }
}
