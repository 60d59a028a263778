//! Somebody comes into the pool.

use crate::events::Move;
use crate::model::{COLUMNS, FROM, Lead, SOURCES, State, read};
use crate::{Leads, refuse};
use siyu_db::{Tx, params};
use siyu_kernel::{PersonNum, Refusal, Time, new_id};

#[derive(Clone, Debug, Default)]
pub struct PutIn {
    /// Any identity of the person.
    pub num: PersonNum,
    /// One of [`SOURCES`].
    pub source: String,
    /// A channel's code; empty: none.
    pub channel: String,
    /// A store's code or name. Empty: the channel's, else the one they bought in last, else the brand's pool.
    pub store: String,
    pub note: String,
    /// Key of who had the person before.
    pub before: String,
    /// Why, for the history.
    pub reason: String,
    /// Who puts them in, by name.
    pub by: String,
    /// Since when they belong here: a lead that moved later than this is left as it is.
    pub since: Option<Time>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// A new lead.
    New,
    /// One that had ended is in the pool again.
    Again,
    /// It is in the pool, or somebody works on it.
    Here,
    /// A friend of staff already.
    Friend,
    /// They said no to being approached.
    Refused,
    /// It has ended, and nothing new has happened.
    Ended,
}

const NOTE_MAX: usize = 500;

/// Purposes and ways whose refusal keeps somebody out of the pool.
const PURPOSES: [&str; 2] = ["marketing", "any"];
const WAYS: [&str; 3] = ["phone", "wecom", "any"];

pub(crate) fn checked(field: &str, text: &str, max: usize) -> Result<String, Refusal> {
    let text = text.trim();
    let fits = text.chars().count() <= max && !text.chars().any(|c| c.is_control() && c != '\n');
    if fits { Ok(text.to_owned()) } else { Err(refuse::text(field, max)) }
}

impl Leads {
    /// Puts somebody into the pool unless they are there, are a friend, or have said no.
    ///
    /// Errors: `lead_word`, `lead_text`, `lead_store`, `lead_channel`.
    pub fn put(&self, tx: &mut Tx<'_>, input: &PutIn, now: Time) -> Result<(Put, Option<Lead>), Refusal> {
        if !SOURCES.contains(&input.source.as_str()) {
            return Err(refuse::word("source", &SOURCES));
        }
        let note = checked("note", &input.note, NOTE_MAX)?;
        // Held, so that on PostgreSQL a merge beside this unit waits: else the person could come to have two leads.
        let root = self.inner.people.roots_held(tx, &[input.num])?[0];
        let nodes = self.inner.people.nodes(tx, root)?;
        let old = self.of_person(tx, &nodes)?;
        if let Some(old) = &old {
            let ended = !old.state.in_pool() && !old.state.held();
            if !ended {
                return Ok((Put::Here, Some(old.clone())));
            }
            // By hand or from a list an ended lead begins anew; a walk needs something that happened after its end.
            if input.since.is_some_and(|since| old.moved_at >= since) || input.source == "import" {
                return Ok((Put::Ended, Some(old.clone())));
            }
        }
        if input.source != "idle" && self.friend_of(tx, &nodes)?.is_some() {
            return Ok((Put::Friend, None));
        }
        if self.has_refused(tx, &nodes)? {
            return Ok((Put::Refused, None));
        }
        let channel = self.channel(tx, &input.channel)?;
        let store = match input.store.trim() {
            "" => self.store_of(tx, root, &channel)?,
            named => self.store_named(tx, named)?.ok_or_else(|| refuse::store(named))?,
        };
        if let Some(old) = old {
            // A life of its own: how often it went back in the one before counts no more.
            let moved = tx.execute(
                "UPDATE lead SET source = $2, channel = $3, store = $4, note = $5, before = $6, round = -1, pooled_at = $9 WHERE id = $1 AND state = $7 AND round = $8",
                params![&old.id, &input.source, &channel, &store, &self.seal(&note), &input.before, old.state.name(), old.round, now],
            )?;
            if moved == 0 {
                // Somebody has put it in while we looked.
                return Ok((Put::Here, Some(self.find(tx, &old.id)?)));
            }
            let old = Lead { source: input.source.clone(), channel, store, round: -1, pooled_at: now, ..old };
            self.back(
                tx,
                &old,
                &Move { how: "put", reason: &input.reason, note: &note, by: &input.by, ..Move::default() },
                now,
            )?;
            return Ok((Put::Again, Some(self.find(tx, &old.id)?)));
        }
        let profile = self.inner.people.profile(tx, root)?;
        let name = profile.name().unwrap_or_default();
        let name: String = name.chars().filter(|c| !c.is_control()).take(80).collect();
        let id = new_id("led", now, &self.inner.chance);
        let made = tx.execute(
            "INSERT INTO lead (id, num, name, source, channel, store, note, state, reason, staff, before, round, created_at, created_by, pooled_at, moved_at, next_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, 'new', $8, '', $9, 0, $10, $11, $10, $10, $10) ON CONFLICT (num) DO NOTHING",
            params![&id, root, &name, &input.source, &channel, &store, &self.seal(&note), &input.reason, &input.before, now, &input.by],
        )?;
        if made == 0 {
            return Ok((Put::Here, self.of_person(tx, &nodes)?));
        }
        let lead = self.find(tx, &id)?;
        let how = if input.since.is_some() { "clock" } else { "put" };
        let own = Move { what: "created", how, reason: &input.reason, note: &note, by: &input.by, ..Move::default() };
        self.record(tx, &lead, State::New.name(), own, now)?;
        Ok((Put::New, Some(lead)))
    }

    /// The lead of a person; of several that a merge has brought together, one that has not ended.
    pub fn of_person(&self, tx: &mut Tx<'_>, nodes: &[PersonNum]) -> Result<Option<Lead>, Refusal> {
        let nums: Vec<i64> = nodes.iter().map(|node| i64::from(*node)).collect();
        let sql = format!(
            "SELECT {COLUMNS} {FROM} WHERE {} ORDER BY CASE WHEN l.state = 'merged' THEN 2 WHEN l.ended_at IS NULL THEN 0 ELSE 1 END, l.created_at, l.id",
            tx.any("l.num", 1)
        );
        let row = tx.opt(&sql, params![&nums], read)?;
        row.map(|row| self.opened(row)).transpose()
    }
    /// Errors: `lead_unknown`.
    pub(crate) fn find(&self, tx: &mut Tx<'_>, id: &str) -> Result<Lead, Refusal> {
        let row = tx.opt(&format!("SELECT {COLUMNS} {FROM} WHERE l.id = $1"), params![id], read)?;
        self.opened(row.ok_or_else(refuse::unknown)?)
    }
    pub(crate) fn opened(&self, (mut lead, note): (Lead, Vec<u8>)) -> Result<Lead, Refusal> {
        lead.note = self.unseal(&note)?;
        Ok(lead)
    }

    /// Key of the member of staff who has them as a friend, and since when: the oldest of the living relations.
    pub(crate) fn friend_of(&self, tx: &mut Tx<'_>, nodes: &[PersonNum]) -> Result<Option<(String, Time)>, Refusal> {
        let nums: Vec<i64> = nodes.iter().map(|node| i64::from(*node)).collect();
        let sql = format!(
            "SELECT f.staff, f.created_at FROM wecom_contact c JOIN wecom_follow f ON f.contact = c.id WHERE {} AND f.status = 0 ORDER BY f.created_at, f.staff",
            tx.any("c.num", 1)
        );
        Ok(tx.opt(&sql, params![&nums], |row| Ok((row.text(0)?, row.time(1)?)))?)
    }
    pub(crate) fn has_refused(&self, tx: &mut Tx<'_>, nodes: &[PersonNum]) -> Result<bool, Refusal> {
        let all = self.inner.people.consents_in_force(tx, nodes)?;
        Ok(all.iter().any(|own| {
            !own.granted && PURPOSES.contains(&own.purpose.as_str()) && WAYS.contains(&own.channel.as_str())
        }))
    }
    /// The channel's code of a code or a state that is counted to it. Errors: `lead_channel`.
    pub fn channel(&self, tx: &mut Tx<'_>, code: &str) -> Result<String, Refusal> {
        let code = code.trim();
        if code.is_empty() {
            return Ok(String::new());
        }
        let sql = "SELECT code FROM channel WHERE code = $1 OR name = $1 OR id = $1 OR id = (SELECT channel FROM channel_state WHERE state = $1)
                   ORDER BY CASE WHEN code = $1 THEN 0 ELSE 1 END, code LIMIT 1";
        tx.opt(sql, params![code], |row| row.text(0))?.ok_or_else(|| refuse::channel(code))
    }
    /// The code of the store of this name or code.
    pub fn store_named(&self, tx: &mut Tx<'_>, name: &str) -> Result<Option<String>, Refusal> {
        let sql = "SELECT code FROM store WHERE code = $1 OR name = $1 ORDER BY CASE WHEN code = $1 THEN 0 ELSE 1 END, code LIMIT 1";
        Ok(tx.opt(sql, params![name], |row| row.text(0))?)
    }
    /// Where a person belongs: the store of the channel, else the one they bought in last.
    fn store_of(&self, tx: &mut Tx<'_>, root: PersonNum, channel: &str) -> Result<String, Refusal> {
        let sql = "SELECT store FROM channel WHERE code = $1 AND store <> ''";
        if let Some(store) = tx.opt(sql, params![channel], |row| row.text(0))? {
            return Ok(store);
        }
        let sql = "SELECT s.code FROM person_store b JOIN store s ON s.id = b.store WHERE b.root = $1 ORDER BY b.last_at DESC, s.code LIMIT 1";
        Ok(tx.opt(sql, params![root], |row| row.text(0))?.unwrap_or_default())
    }
}
