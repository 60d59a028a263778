//! How deep a guide works, and how deep a step goes.

use crate::{Sops, refuse};
use serde::{Deserialize, Serialize};
use siyu_db::{Tx, params};
use siyu_kernel::{Refusal, Time};
use std::collections::BTreeMap;

/// A guide without one is B.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    A,
    #[default]
    B,
    C,
}

impl Grade {
    pub fn name(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
        }
    }
    /// Errors: `sop_grade`.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        match text.trim() {
            "A" | "a" => Ok(Self::A),
            "B" | "b" => Ok(Self::B),
            "C" | "c" => Ok(Self::C),
            _ => Err(refuse::grade()),
        }
    }
}

/// For whom a step is. Grades nest: A gets everything, B all but the deep steps, C the basic ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Depth {
    #[default]
    Basic,
    Standard,
    Deep,
}

impl Depth {
    pub fn is_for(self, grade: Grade) -> bool {
        match self {
            Self::Basic => true,
            Self::Standard => grade != Grade::C,
            Self::Deep => grade == Grade::A,
        }
    }
}

/// Of somebody, by their key.
pub fn grade_of(tx: &mut Tx<'_>, staff: &str) -> Result<Grade, Refusal> {
    let own = tx.opt("SELECT grade FROM sop_grade WHERE staff = $1", params![staff], |row| row.text(0))?;
    own.map_or(Ok(Grade::default()), |text| Grade::parse(&text))
}

impl Sops {
    /// Errors: `sop_subject` when nobody has this userid.
    pub fn set_grade(&self, tx: &mut Tx<'_>, userid: &str, grade: Grade, by: &str, now: Time) -> Result<(), Refusal> {
        let key = userid.trim().to_lowercase();
        let sql = "SELECT 1 FROM wecom_staff WHERE key = $1 AND gone_at IS NULL";
        tx.opt(sql, params![&key], |row| row.int(0))?.ok_or_else(refuse::subject)?;
        let sql = "INSERT INTO sop_grade (staff, grade, at, by) VALUES ($1, $2, $3, $4) ON CONFLICT (staff) DO UPDATE SET grade = excluded.grade, at = excluded.at, by = excluded.by";
        tx.execute(sql, params![&key, grade.name(), now, by])?;
        Ok(())
    }
    /// By key of staff; whoever is absent is B.
    pub fn grades(&self, tx: &mut Tx<'_>) -> Result<BTreeMap<String, Grade>, Refusal> {
        let rows = tx.query("SELECT staff, grade FROM sop_grade", &[], |row| Ok((row.text(0)?, row.text(1)?)))?;
        rows.into_iter().map(|(staff, grade)| Ok((staff, Grade::parse(&grade)?))).collect()
    }
}
