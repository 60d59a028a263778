//! How far the conversation with a customer has come, in the brand's own words.

use crate::events::{Happening, names};
use crate::texts::checked;
use crate::{Customer, Guides, Seat, refuse};
use siyu_db::{Tx, params};
use siyu_kernel::{PersonNum, Refusal, Time};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    pub id: String,
    pub name: String,
    /// People who stand there.
    pub people: i64,
}

/// Where a person stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub stage: String,
    pub name: String,
    pub at: Time,
    /// Userid of who put them there.
    pub staff: String,
}

const STAGES_MAX: usize = 20;
const NAME_MAX: usize = 20;

impl Guides {
    /// In the brand's order.
    pub fn stages(&self, tx: &mut Tx<'_>) -> Result<Vec<Stage>, Refusal> {
        let sql = "SELECT s.id, s.name, (SELECT COUNT(DISTINCT p.root) FROM guide_place g JOIN person p ON p.num = g.num WHERE g.stage = s.id)
             FROM guide_stage s WHERE s.gone_at IS NULL ORDER BY s.sort, s.id";
        Ok(tx.query(sql, &[], |row| Ok(Stage { id: row.text(0)?, name: row.text(1)?, people: row.int(2)? }))?)
    }
    /// Replaces the list: those with an id keep their people, those without are new, those left out are gone (people who stood there keep it
    /// until they move on).
    ///
    /// Errors: `stage_list`, `stage_unknown`, `guide_text`.
    pub fn set_stages(
        &self,
        tx: &mut Tx<'_>,
        wanted: &[(Option<String>, String)],
        now: Time,
    ) -> Result<Vec<Stage>, Refusal> {
        let mut names = std::collections::BTreeSet::new();
        if wanted.is_empty() || wanted.len() > STAGES_MAX {
            return Err(refuse::stages(STAGES_MAX));
        }
        let known = self.stages(tx)?;
        tx.execute("UPDATE guide_stage SET gone_at = $1 WHERE gone_at IS NULL", params![now])?;
        for (at, (id, name)) in wanted.iter().enumerate() {
            let name = checked("name", name, NAME_MAX)?;
            if !names.insert(name.clone()) {
                return Err(refuse::stages(STAGES_MAX));
            }
            let id = match id {
                Some(id) if known.iter().any(|one| one.id == *id) => id.clone(),
                Some(_) => return Err(refuse::stage_unknown()),
                None => self.id("stg"),
            };
            tx.execute(
                "INSERT INTO guide_stage (id, name, sort) VALUES ($1, $2, $3) ON CONFLICT (id) DO UPDATE SET name = excluded.name, sort = excluded.sort, gone_at = NULL",
                params![&id, &name, at as i64],
            )?;
        }
        self.stages(tx)
    }

    /// The newest of all identities of a person.
    pub fn place(&self, tx: &mut Tx<'_>, nodes: &[PersonNum]) -> Result<Option<Place>, Refusal> {
        let nodes: Vec<i64> = nodes.iter().map(|node| i64::from(*node)).collect();
        let sql = format!(
            "SELECT g.stage, COALESCE(s.name, ''), g.at, COALESCE(w.userid, g.staff) FROM guide_place g LEFT JOIN guide_stage s ON s.id = g.stage LEFT JOIN wecom_staff w ON w.key = g.staff
             WHERE {} ORDER BY g.at DESC, g.num LIMIT 1",
            tx.any("g.num", 1)
        );
        Ok(tx.opt(&sql, params![&nodes], |row| {
            Ok(Place { stage: row.text(0)?, name: row.text(1)?, at: row.time(2)?, staff: row.text(3)? })
        })?)
    }
    /// Moves a customer to a stage; where they stand already nothing happens. Answers whether they moved.
    ///
    /// Errors: `stage_unknown`.
    pub fn move_to(&self, tx: &mut Tx<'_>, seat: &Seat, customer: &Customer, stage: &str) -> Result<bool, Refusal> {
        let now = self.now();
        let sql = "SELECT name FROM guide_stage WHERE id = $1 AND gone_at IS NULL";
        let name = tx.opt(sql, params![stage], |row| row.text(0))?.ok_or_else(refuse::stage_unknown)?;
        let nodes = self.inner.people.nodes(tx, customer.root)?;
        let before = self.place(tx, &nodes)?;
        if before.as_ref().is_some_and(|own| own.stage == stage) {
            return Ok(false);
        }
        // Later than what any identity says, so that the newest is this one also within the same instant.
        let at = before.as_ref().map_or(now, |own| now.max(Time(own.at.0 + 1)));
        tx.execute(
            "INSERT INTO guide_place (num, stage, at, staff) VALUES ($1, $2, $3, $4) ON CONFLICT (num) DO UPDATE SET stage = excluded.stage, at = excluded.at, staff = excluded.staff",
            params![customer.num, stage, at, &seat.key],
        )?;
        let from = before.map(|own| (own.stage, own.name)).unwrap_or_default();
        let id = format!("{}:{}", self.inner.people.id(customer.num), at.0);
        let event = Happening::new(names::STAGED, customer.num, &[&id]).with("stage", stage).with("stage_name", &name);
        self.tell(tx, event.with("from", &from.0).with("from_name", &from.1).by(seat), now)?;
        Ok(true)
    }
}
