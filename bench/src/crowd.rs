//! People for an import: three identifiers each, one in ten known by two halves that a later row joins.

use siyu_kernel::Chance;
use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufWriter, Result, Write};
use std::path::Path;

/// The second half of a person comes up to so many people later, the row that joins them right behind it.
const APART: u64 = 50_000;

/// Writes `people` people and answers the number of rows.
pub fn write(path: &Path, people: u64) -> Result<u64> {
    let chance = Chance::seeded(11);
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
    out.write_all(b"unionid,phone,member_no,created_at\n")?;
    let (mut rows, mut later) = (0, VecDeque::<(u64, String)>::new());
    for n in 0..people {
        let union = format!("oU{:016x}{:04x}", chance.next(), n & 0xffff);
        let (phone, member) = (format!("1{:010}", 3_000_000_000 + n), format!("M{n:09}"));
        let at = format!("2025-{:02}-{:02} 10:{:02}:00", 1 + n % 12, 1 + n % 28, n % 60);
        if n % 10 == 0 {
            writeln!(out, "{union},,,{at}")?;
            // In order of their time: the distance only grows within this bound.
            let due = later.back().map_or(0, |(due, _)| *due).max(n + chance.below(APART.min(people)));
            later.push_back((due, format!(",{phone},{member},{at}\n{union},{phone},,{at}\n")));
        } else {
            writeln!(out, "{union},{phone},{member},{at}")?;
        }
        rows += 1;
        while later.front().is_some_and(|(due, _)| *due <= n) {
            rows += 2;
            out.write_all(later.pop_front().expect("looked at above").1.as_bytes())?;
        }
    }
    for (_, text) in later {
        rows += 2;
        out.write_all(text.as_bytes())?;
    }
    out.flush()?;
    Ok(rows)
}
