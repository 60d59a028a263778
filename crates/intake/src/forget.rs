//! What intake still holds of somebody who is erased: quarantined messages, rejected rows, samples of the schema, uploaded files.
//!
//! These were never resolved to a person, so they are found by what identifies one: a row goes when it names one of the person's identifiers.

use crate::Intake;
use crate::import::{Field, Plan};
use rustc_hash::FxHashMap;
use serde::Serialize;
use serde_json::Value;
use siyu_db::{DbError, Tx, params};
use siyu_kernel::{Identifier, Kind, Zone};
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

/// Recognises what names a person.
struct Needles {
    /// Last digits of phone numbers, to be looked for among digits only.
    phones: Vec<String>,
    /// Looked for in lower case.
    emails: Vec<String>,
    /// Values that are nothing else by chance, to be looked for as whole words: `wm0001a` is not found in `wm0001ab`.
    words: Vec<String>,
    /// All others than phones and e-mails: a member number 100 is no quantity 100. Looked for where an identifier of the kind stands.
    placed: Vec<Identifier>,
}

/// Whether a value would hardly stand in a text by chance: long, or of some length and not of digits alone.
fn is_distinctive(value: &str) -> bool {
    let length = value.chars().count();
    length >= 14 || (length >= 8 && value.chars().any(char::is_alphabetic))
}

/// `memberNo`, `member_no` and `Member-No` are one name.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether a field of this name, inside one of the name `parent`, holds an identifier of the kind.
fn is_named(kind: &Kind, parent: &str, name: &str) -> bool {
    let (parent, name) = (plain(parent), plain(name));
    match kind {
        Kind::UserId => matches!(name.as_str(), "userid" | "previousid" | "uid" | "user"),
        Kind::Anonymous => matches!(name.as_str(), "anonymousid" | "previousid" | "anonymous"),
        Kind::Device => name == "deviceid" || (parent == "device" && name == "id"),
        Kind::Ext(own) => name == plain(own) || name == plain(&format!("ext:{own}")),
        named => name == plain(&named.name()),
    }
}

impl Needles {
    fn new(identifiers: &[Identifier]) -> Self {
        let mut own = Self { phones: Vec::new(), emails: Vec::new(), words: Vec::new(), placed: Vec::new() };
        for identifier in identifiers {
            match identifier.kind {
                Kind::Phone => {
                    let digits: String = identifier.value.chars().filter(char::is_ascii_digit).collect();
                    // Without the country's code, which not every spelling has.
                    own.phones.push(digits.chars().skip(digits.len().saturating_sub(10)).collect());
                }
                Kind::Email => own.emails.push(identifier.value.to_lowercase()),
                _ => {
                    own.placed.push(identifier.clone());
                    own.words.extend(Some(identifier.value.clone()).filter(|value| is_distinctive(value)));
                }
            }
        }
        own.phones.retain(|phone| phone.len() >= 7);
        own
    }
    fn in_text(&self, text: &str) -> bool {
        let found = |text: &str, value: &String, inside: fn(char) -> bool| {
            let edge = |c: Option<char>| c.is_none_or(|c| !inside(c));
            text.match_indices(value.as_str()).any(|(at, _)| {
                let mut behind = text[at + value.len()..].chars();
                let next = behind.next();
                // A full stop ends a sentence, or goes on with a longer domain.
                let next = if next == Some('.') { behind.next().filter(|c| c.is_alphanumeric()) } else { next };
                edge(text[..at].chars().next_back()) && edge(next)
            })
        };
        let in_word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
        self.words.iter().any(|word| found(text, word, in_word))
            || (!self.emails.is_empty() && {
                let lower = text.to_lowercase();
                let in_address = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '+' | '%' | '.');
                self.emails.iter().any(|email| found(&lower, email, in_address))
            })
            || (!self.phones.is_empty() && {
                let plain: String =
                    text.chars().filter(|c| !matches!(c, ' ' | '-' | '(' | ')' | '.' | '\u{a0}')).collect();
                self.phones.iter().any(|phone| is_dialled(&plain, phone))
            })
    }
    /// A value that stands in a field of this name, inside one of the name `parent`.
    fn in_field(&self, parent: &str, name: &str, value: &str) -> bool {
        self.placed.iter().any(|own| is_named(&own.kind, parent, name) && is_value(own, value))
    }
    /// In a message: by what any text would show, or where the person's identifiers stand.
    fn in_json(&self, text: &str) -> bool {
        self.in_text(text) || serde_json::from_str(text).is_ok_and(|value| self.inside("", "", &value))
    }
    fn inside(&self, parent: &str, name: &str, value: &Value) -> bool {
        match value {
            Value::Object(fields) => {
                let external = || {
                    let kind = fields.get("type")?.as_str()?;
                    let kind = Kind::parse(kind).or_else(|| Kind::parse(&format!("ext:{kind}")))?;
                    let id = scalar(fields.get("id")?)?;
                    Some(self.placed.iter().any(|own| own.kind == kind && is_value(own, &id)))
                };
                external() == Some(true) || fields.iter().any(|(own, value)| self.inside(name, own, value))
            }
            Value::Array(values) => values.iter().any(|value| self.inside(parent, name, value)),
            own => scalar(own).is_some_and(|value| self.in_field(parent, name, &value)),
        }
    }
    /// In a row of a file: `kinds` are those of the columns that hold identifiers.
    fn in_row(&self, cells: &[String], kinds: &[(usize, Kind)]) -> bool {
        let here = |(at, kind): &(usize, Kind)| {
            let cell = cells.get(*at);
            cell.is_some_and(|cell| self.placed.iter().any(|own| own.kind == *kind && is_value(own, cell)))
        };
        cells.iter().any(|cell| self.in_text(cell)) || kinds.iter().any(here)
    }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// However it is spelt: as the identifier would be read.
fn is_value(own: &Identifier, spelt: &str) -> bool {
    Identifier::new(own.kind.clone(), spelt).is_ok_and(|read| read.value == own.value)
}

/// `phone` among digits, with at most a country's code before it and nothing behind: not a part of a longer number.
fn is_dialled(plain: &str, phone: &str) -> bool {
    plain.match_indices(phone).any(|(at, _)| {
        let before = plain[..at].chars().rev().take_while(char::is_ascii_digit).count();
        before <= 5 && !plain[at + phone.len()..].starts_with(|c: char| c.is_ascii_digit())
    })
}

impl Intake {
    /// Removes everything that names one of these identifiers. Reads all that is kept aside: seconds for millions of rows.
    pub fn forget(&self, tx: &mut Tx<'_>, identifiers: &[Identifier]) -> Result<Forgotten, DbError> {
        let needles = Needles::new(identifiers);
        // What cannot be opened any more names nobody.
        let opened = |sealed: &[u8]| {
            self.inner
                .vault
                .open(sealed)
                .map_or_else(|_| String::new(), |bytes| String::from_utf8_lossy(&bytes).into_owned())
        };
        let mut forgotten = Forgotten::default();

        let mut messages = Vec::new();
        tx.each("SELECT id, message_id, body FROM quarantine", &[], |row| {
            if needles.in_text(&row.text(1)?) || needles.in_json(&opened(&row.blob(2)?)) {
                messages.push(row.int(0)?);
            }
            Ok(())
        })?;
        let any = tx.any("id", 1);
        tx.execute(&format!("DELETE FROM quarantine WHERE {any}"), params![&messages])?;
        forgotten.quarantined = messages.len();

        let jobs = self.identifier_columns(tx)?;
        let mut rows = Vec::new();
        tx.each("SELECT job, line, cells FROM import_reject", &[], |row| {
            let job = row.int(0)?;
            let cells: Vec<String> = serde_json::from_str(&opened(&row.blob(2)?)).unwrap_or_default();
            if needles.in_row(&cells, jobs.get(&job).map_or(&[], Vec::as_slice)) {
                rows.push((job, row.int(1)?));
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
            let (property, sample) = (row.text(2)?, opened(&row.blob(3)?));
            let mut path = property.rsplit('.');
            let (name, parent) = (path.next().unwrap_or_default(), path.next().unwrap_or_default());
            if needles.in_text(&sample) || needles.in_field(parent, name, &sample) {
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

    /// Of each import with rows not taken, the columns that hold identifiers.
    fn identifier_columns(&self, tx: &mut Tx<'_>) -> Result<FxHashMap<i64, Vec<(usize, Kind)>>, DbError> {
        let mut out = FxHashMap::default();
        for job in self.rejecting(tx)? {
            // A mapping that no longer fits its columns says nothing about them.
            let plan = Plan::new(job.kind, &job.columns, &job.mapping, &job.options, &Zone::utc(), self.currency());
            let kinds = plan.into_iter().flat_map(|plan| plan.fields).filter_map(|(at, field)| match field {
                Field::Identifier(kind) => Some((at, kind)),
                _ => None,
            });
            out.insert(job.num, kinds.collect());
        }
        Ok(out)
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
    fn a_person_is_recognised_and_nobody_else() {
        let own = |kind, value: &str| Identifier::new(kind, value).expect("a valid identifier");
        let needles = Needles::new(&[
            own(Kind::Phone, "13912345678"),
            own(Kind::Email, "Ann@Shop.example"),
            own(Kind::UserId, "u1"),
            own(Kind::MemberNo, "100"),
            own(Kind::Ext("crm".into()), "100"),
            own(Kind::UnionId, "oAnnUnionId0001"),
        ]);
        for (text, found) in [
            (r#"{"phone":"+86 139-1234-5678"}"#, true),
            (r#"{"phone":13912345678}"#, true),
            (r#"{"phone":"13912345679"}"#, false),
            (r#"{"parcel":"391234567800"}"#, false),
            (r#"{"parcel":"88000013912345678"}"#, false),
            ("mail ANN@shop.EXAMPLE now", true),
            (r#"{"note":"write to ann@shop.example."}"#, true),
            (r#"{"email":"joann@shop.example"}"#, false),
            (r#"{"email":"ann@shop.example.org"}"#, false),
            (r#"{"userId":"u1"}"#, true),
            (r#"{"context":{"traits":{"user_id":"u1"}}}"#, true),
            (r#"{"userId":"u12"}"#, false),
            (r#"{"userId":"u1-b"}"#, false),
            (r#"{"properties":{"gate":"u1"}}"#, false),
            (r#"{"traits":{"memberNo":100}}"#, true),
            (r#"{"traits":{"member_no":"100"}}"#, true),
            (r#"{"properties":{"quantity":100,"price":"100"}}"#, false),
            (r#"{"userId":"100"}"#, false),
            (r#"{"context":{"externalIds":[{"type":"crm","id":"100"}]}}"#, true),
            (r#"{"context":{"externalIds":[{"type":"other","id":"100"}]}}"#, false),
            (r#"{"properties":{"note":"from oAnnUnionId0001"}}"#, true),
            ("", false),
        ] {
            assert_eq!(needles.in_json(text), found, "{text}");
        }
        let row = |cells: &[&str]| {
            needles.in_row(&cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>(), &[(1, Kind::MemberNo)])
        };
        assert!(row(&["5", " 100 ", "x"]) && row(&["139 1234 5678", "", ""]));
        assert!(!row(&["100", "101", "100"]));
    }
}
