//! What somebody wrote about a customer. Sealed; shown with who wrote it; taken back only by them.

use crate::events::{Happening, names};
use crate::texts::{checked, token};
use crate::{Customer, Guides, Seat, refuse};
use siyu_db::{Tx, params};
use siyu_kernel::{PersonNum, Refusal, Time};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    pub id: String,
    /// Userid of who wrote it.
    pub staff: String,
    pub by: String,
    pub at: Time,
    pub text: String,
    /// Whether the seat that asks wrote it.
    pub mine: bool,
}

const CHARS_MAX: usize = 1000;

impl Guides {
    /// Errors: `guide_text`.
    pub fn write_note(&self, tx: &mut Tx<'_>, seat: &Seat, customer: &Customer, text: &str) -> Result<Note, Refusal> {
        let (text, now) = (checked("text", text, CHARS_MAX)?, self.now());
        let (id, sealed) = (self.id("nte"), self.seal(&text));
        tx.execute(
            "INSERT INTO guide_note (id, num, staff, by_name, at, body) VALUES ($1, $2, $3, $4, $5, $6)",
            params![&id, customer.num, &seat.key, &seat.name, now, &sealed],
        )?;
        self.tell(tx, Happening::new(names::NOTED, customer.num, &[&id]).with("note", &id).by(seat), now)?;
        Ok(Note { id, staff: seat.userid.clone(), by: seat.name.clone(), at: now, text, mine: true })
    }
    /// Of a person, by all their identities, the newest first; and where the next page begins.
    pub fn notes(
        &self,
        tx: &mut Tx<'_>,
        seat: &Seat,
        nodes: &[PersonNum],
        after: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<Note>, Option<String>), Refusal> {
        let nodes: Vec<i64> = nodes.iter().map(|node| i64::from(*node)).collect();
        let (at, id) = token(after)?.unwrap_or((i64::MAX, String::new()));
        let sql = format!(
            "SELECT n.id, COALESCE(s.userid, n.staff), n.by_name, n.at, n.body, n.staff FROM guide_note n LEFT JOIN wecom_staff s ON s.key = n.staff
             WHERE {} AND (n.at < $2 OR (n.at = $2 AND n.id > $3)) ORDER BY n.at DESC, n.id LIMIT $4",
            tx.any("n.num", 1)
        );
        let rows = tx.query(&sql, params![&nodes, at, &id, limit as i64 + 1], |row| {
            Ok((row.text(0)?, row.text(1)?, row.text(2)?, row.time(3)?, row.blob(4)?, row.text(5)?))
        })?;
        let more = rows.len() > limit;
        let mut notes = Vec::with_capacity(rows.len().min(limit));
        for (id, staff, by, at, body, key) in rows.into_iter().take(limit) {
            notes.push(Note { id, staff, by, at, text: self.unseal(&body)?, mine: key == seat.key });
        }
        let next = notes.last().filter(|_| more).map(|last| format!("{}.{}", last.at.0, last.id));
        Ok((notes, next))
    }
    /// Takes back what the seat itself wrote about a customer it still sees. Errors: `note_unknown`.
    pub fn drop_note(&self, tx: &mut Tx<'_>, seat: &Seat, id: &str) -> Result<(), Refusal> {
        let sql = "SELECT num FROM guide_note WHERE id = $1 AND staff = $2";
        let num: PersonNum = tx.opt(sql, params![id, &seat.key], |row| row.num(0))?.ok_or_else(refuse::note_unknown)?;
        self.sees_person(tx, seat, num)?.ok_or_else(refuse::note_unknown)?;
        tx.execute("DELETE FROM guide_note WHERE id = $1", params![id])?;
        self.tell(tx, Happening::new(names::UNNOTED, num, &[id]).with("note", id).by(seat), self.now())?;
        Ok(())
    }
}
