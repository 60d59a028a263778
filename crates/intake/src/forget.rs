//! What intake still holds of somebody who is erased: quarantined messages, rejected rows, samples of the schema, uploaded files.
//!
//! These were never resolved to a person, so they are found by what identifies one: a row goes when it names one of the person's identifiers.

use crate::Intake;
use serde::Serialize;
use siyu_db::{DbError, Tx, params};
use siyu_kernel::{Identifier, Kind};
use std::path::PathBuf;

/// What was removed, for the record of an erasure. The files are deleted by the caller once the unit is saved.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Forgotten {
    /// Messages taken out of quarantine.
    pub quarantined: usize,
    /// Rejected rows whose cells were emptied; line and reason stay.
    pub rejected: usize,
    /// Samples taken out of the schema registry.
    pub samples: usize,
    /// Uploaded files of imports that have ended.
    #[serde(skip)]
    pub files: Vec<PathBuf>,
    /// Uploaded files whose import has not ended: whoever runs it may bring the person in anew.
    pub files_waiting: usize,
}

/// Recognises text that names a person.
struct Needles {
    /// Last digits of phone numbers, to be looked for among digits only.
    phones: Vec<String>,
    /// Looked for in lower case.
    emails: Vec<String>,
    /// Whole words: `u1` is not found in `u12`.
    words: Vec<String>,
}

impl Needles {
    fn new(identifiers: &[Identifier]) -> Self {
        let mut own = Self { phones: Vec::new(), emails: Vec::new(), words: Vec::new() };
        for identifier in identifiers {
            match identifier.kind {
                Kind::Phone => {
                    let digits: String = identifier.value.chars().filter(char::is_ascii_digit).collect();
                    // Without the country's code, which not every spelling has.
                    own.phones.push(digits.chars().skip(digits.len().saturating_sub(10)).collect());
                }
                Kind::Email => own.emails.push(identifier.value.to_lowercase()),
                _ => own.words.push(identifier.value.clone()),
            }
        }
        own.phones.retain(|phone| phone.len() >= 7);
        own
    }
    fn in_text(&self, text: &str) -> bool {
        let whole = |word: &String| {
            let edge = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != '-');
            text.match_indices(word.as_str())
                .any(|(at, _)| edge(text[..at].chars().next_back()) && edge(text[at + word.len()..].chars().next()))
        };
        self.words.iter().any(whole)
            || (!self.emails.is_empty() && {
                let lower = text.to_lowercase();
                self.emails.iter().any(|email| lower.contains(email))
            })
            || (!self.phones.is_empty() && {
                let plain: String =
                    text.chars().filter(|c| !matches!(c, ' ' | '-' | '(' | ')' | '.' | '\u{a0}')).collect();
                self.phones.iter().any(|phone| plain.contains(phone))
            })
    }
}

impl Intake {
    /// Removes everything that names one of these identifiers. Reads all that is kept aside: seconds for millions of rows.
    pub fn forget(&self, tx: &mut Tx<'_>, identifiers: &[Identifier]) -> Result<Forgotten, DbError> {
        let needles = Needles::new(identifiers);
        let names = |sealed: &[u8]| {
            // What cannot be opened any more names nobody.
            self.inner.vault.open(sealed).is_ok_and(|bytes| needles.in_text(&String::from_utf8_lossy(&bytes)))
        };
        let mut forgotten = Forgotten::default();

        let mut messages = Vec::new();
        tx.each("SELECT id, message_id, body FROM quarantine", &[], |row| {
            if needles.in_text(&row.text(1)?) || names(&row.blob(2)?) {
                messages.push(row.int(0)?);
            }
            Ok(())
        })?;
        let any = tx.any("id", 1);
        tx.execute(&format!("DELETE FROM quarantine WHERE {any}"), params![&messages])?;
        forgotten.quarantined = messages.len();

        let mut rows = Vec::new();
        tx.each("SELECT job, line, cells FROM import_reject", &[], |row| {
            if names(&row.blob(2)?) {
                rows.push((row.int(0)?, row.int(1)?));
            }
            Ok(())
        })?;
        let empty = self.inner.vault.seal(b"[]");
        for (job, line) in &rows {
            tx.execute(
                "UPDATE import_reject SET cells = $1 WHERE job = $2 AND line = $3",
                params![&empty, *job, *line],
            )?;
        }
        forgotten.rejected = rows.len();

        let mut samples = Vec::new();
        tx.each("SELECT type, name, property, sample FROM schema_property WHERE sample IS NOT NULL", &[], |row| {
            if names(&row.blob(3)?) {
                samples.push((row.text(0)?, row.text(1)?, row.text(2)?));
            }
            Ok(())
        })?;
        for (kind, name, property) in &samples {
            tx.execute(
                "UPDATE schema_property SET sample = NULL WHERE type = $1 AND name = $2 AND property = $3",
                params![kind, name, property],
            )?;
        }
        forgotten.samples = samples.len();

        self.forget_files(tx, &mut forgotten)?;
        Ok(forgotten)
    }

    /// An upload is a copy of what is in the books by now: it goes with the first person who asks to be forgotten.
    fn forget_files(&self, tx: &mut Tx<'_>, forgotten: &mut Forgotten) -> Result<(), DbError> {
        let mut ended = Vec::new();
        tx.each("SELECT num, path, state, dry_run FROM import_job WHERE path LIKE '%.sealed'", &[], |row| {
            if row.text(2)? == "done" && !row.flag(3)? {
                ended.push(row.int(0)?);
                forgotten.files.extend(row.opt_text(1)?.map(PathBuf::from));
            } else {
                forgotten.files_waiting += 1;
            }
            Ok(())
        })?;
        let any = tx.any("num", 1);
        tx.execute(&format!("UPDATE import_job SET path = NULL WHERE {any}"), params![&ended]).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_recognised_however_written() {
        let own = |kind, value: &str| Identifier::new(kind, value).expect("a valid identifier");
        let needles = Needles::new(&[
            own(Kind::Phone, "13912345678"),
            own(Kind::Email, "Ann@Shop.example"),
            own(Kind::UserId, "u1"),
        ]);
        for (text, found) in [
            (r#"{"phone":"+86 139-1234-5678"}"#, true),
            (r#"{"phone":13912345678}"#, true),
            ("mail ANN@shop.EXAMPLE now", true),
            (r#"{"userId":"u1"}"#, true),
            ("u1", true),
            (r#"{"userId":"u12"}"#, false),
            (r#"{"userId":"menu1"}"#, false),
            (r#"{"userId":"u1-b"}"#, false),
            (r#"{"phone":"13912345679"}"#, false),
            ("", false),
        ] {
            assert_eq!(needles.in_text(text), found, "{text}");
        }
    }
}
