//! Moves as events of people.

use crate::{Lead, Leads};
use serde_json::{Map, Value, json};
use siyu_db::{Tx, params};
use siyu_kernel::{Event, EventKind, Refusal, Time};

/// The names, as analyses and audiences know them. `docs/leads.md` says what each carries.
pub mod names {
    pub const CREATED: &str = "Lead Created";
    pub const CLAIMED: &str = "Lead Claimed";
    pub const CONTACTED: &str = "Lead Contacted";
    pub const ADDED: &str = "Lead Added";
    pub const WON: &str = "Lead Won";
    pub const LOST: &str = "Lead Lost";
    pub const RECYCLED: &str = "Lead Recycled";
    pub const MERGED: &str = "Lead Merged";
}

pub(crate) const SOURCE: &str = "leads";

/// Of a move `m`: whoever it belongs to had taken the lead. An addition without that says nothing of what they make of leads.
pub(crate) const CLAIMED_BEFORE: &str = "EXISTS (SELECT 1 FROM lead_move c WHERE c.lead = m.lead AND c.what = 'claimed' AND c.staff = m.staff AND c.id < m.id)";

/// A move before it is written.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Move<'a> {
    /// What happened, as the row says it: created, claimed, contacted, added, won, lost, recycled, merged, noted.
    pub what: &'a str,
    /// Whom the lead belongs to after it: a key, or nobody's.
    pub staff: &'a str,
    pub how: &'a str,
    pub rule: &'a str,
    pub reason: &'a str,
    pub note: &'a str,
    pub by: &'a str,
    /// By what somebody was approached.
    pub way: &'a str,
}

fn event_name(what: &str) -> Option<&'static str> {
    Some(match what {
        "created" => names::CREATED,
        "claimed" => names::CLAIMED,
        "contacted" => names::CONTACTED,
        "added" => names::ADDED,
        "won" => names::WON,
        "lost" => names::LOST,
        "recycled" => names::RECYCLED,
        "merged" => names::MERGED,
        _ => return None,
    })
}

impl Leads {
    /// Writes a move of a lead, as it was before and stands now: a row, and an event of the person.
    pub(crate) fn record(
        &self,
        tx: &mut Tx<'_>,
        lead: &Lead,
        state: &str,
        own: Move<'_>,
        now: Time,
    ) -> Result<(), Refusal> {
        let (from, note) = (if lead.staff == own.staff { "" } else { &lead.staff }, self.seal(own.note));
        let id = tx.one(
            "INSERT INTO lead_move (lead, at, what, state, staff, from_staff, how, rule, reason, note, by_name) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING id",
            params![&lead.id, now, own.what, state, own.staff, from, own.how, own.rule, own.reason, &note, own.by],
            |row| row.int(0),
        )?;
        let Some(name) = event_name(own.what) else { return Ok(()) };
        let (userid, store) = self.place(tx, own.staff)?;
        let (from, _) = self.place(tx, from)?;
        let mut properties: Map<String, Value> = Map::new();
        for (name, value) in [
            ("lead", lead.id.as_str()),
            ("lead_source", &lead.source),
            ("channel", &lead.channel),
            ("store", if store.is_empty() { &lead.store } else { &store }),
            ("staff", &userid),
            ("from", &from),
            ("how", own.how),
            ("way", own.way),
            ("reason", own.reason),
        ] {
            if !value.is_empty() {
                properties.insert(name.to_owned(), value.into());
            }
        }
        properties.insert("round".to_owned(), lead.round.into());
        let message_id = format!("lead:{}:{id}", lead.id);
        let digest = self.inner.log.digest(&message_id);
        let event = Event {
            message_id,
            kind: EventKind::Track,
            name: name.to_owned(),
            person: lead.num,
            at: now,
            received_at: now,
            source: SOURCE.to_owned(),
            body: json!({ "properties": properties }).to_string(),
        };
        self.inner.log.append_digested(tx, event, digest);
        Ok(())
    }

    /// Userid and store of a member of staff; one who is not mirrored has the key for a userid.
    fn place(&self, tx: &mut Tx<'_>, key: &str) -> Result<(String, String), Refusal> {
        if key.is_empty() {
            return Ok(<_>::default());
        }
        let sql = "SELECT userid, store FROM wecom_staff WHERE key = $1";
        let found = tx.opt(sql, params![key], |row| Ok((row.text(0)?, row.text(1)?)))?;
        Ok(found.unwrap_or_else(|| (key.to_owned(), String::new())))
    }
}
