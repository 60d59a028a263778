//! Somebody has come: what their state means, and what follows.

use crate::remark::{Words, filled};
use crate::{pulse, zone};
use rustc_hash::FxHashMap;
use siyu_contacts::{Added, Contacts, Entrance, RemarkIn};
use siyu_db::{Tx, params};
use siyu_kernel::{PersonNum, Refusal, Time};
use siyu_people::{People, TagKind, TagMark};
use std::collections::BTreeMap;

/// The part of this crate that WeCom's mirror calls inside its units.
#[derive(Clone)]
pub struct Arrivals {
    people: People,
}

/// A live code as far as an arrival is concerned.
struct Code {
    id: String,
    pool: String,
    name: String,
    channel: String,
    tags: Vec<String>,
    remark: String,
    created: Time,
    archived: bool,
}

const SOURCE: &str = "channel";

impl Arrivals {
    pub fn new(people: People) -> Self {
        Self { people }
    }

    pub fn entrances(&self, tx: &mut Tx<'_>, states: &[String]) -> Result<FxHashMap<String, Entrance>, Refusal> {
        let sql = format!(
            "SELECT s.state, c.code, s.code FROM channel_state s JOIN channel c ON c.id = s.channel WHERE {}",
            tx.any("s.state", 1)
        );
        let rows = tx.query(&sql, params![states], |row| {
            Ok((row.text(0)?, Entrance { channel: row.text(1)?, code: row.text(2)? }))
        })?;
        Ok(rows.into_iter().collect())
    }

    /// The channel of a state, and the welcome that its live code names.
    pub fn entrance(&self, tx: &mut Tx<'_>, state: &str) -> Result<Option<(String, Option<String>)>, Refusal> {
        let sql = "SELECT c.code, l.welcome FROM channel_state s JOIN channel c ON c.id = s.channel
                   LEFT JOIN channel_code l ON l.id = s.code WHERE s.state = $1";
        Ok(tx.opt(sql, params![state], |row| Ok((row.text(0)?, row.opt_text(1)?)))?)
    }

    /// Counts them; gives what their code gives: tags here and at WeCom, a remark at WeCom.
    pub fn added(&self, contacts: &Contacts, tx: &mut Tx<'_>, adds: &[Added], now: Time) -> Result<(), Refusal> {
        let states: Vec<String> =
            adds.iter().filter(|own| !own.state.is_empty()).map(|own| own.state.clone()).collect();
        let codes = if states.is_empty() { BTreeMap::new() } else { codes(tx, &states)? };
        if codes.is_empty() {
            return Ok(());
        }
        let zone = zone(tx)?;
        let mut tagged: BTreeMap<&str, (&Code, Vec<PersonNum>)> = BTreeMap::new();
        for own in adds {
            let Some(code) = codes.get(&own.state) else { continue };
            tx.execute(
                "INSERT INTO channel_add (code, day, staff, contact, pool, num, at) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (code, day, staff, contact) DO NOTHING",
                params![&code.id, zone.day(own.at), &own.staff, &own.contact, &code.pool, own.num, own.at],
            )?;
            // WeCom tells whole seconds. Who was here before the code was is nobody's newcomer; a half friend can be given nothing yet.
            if own.half || code.archived || own.at.plus_seconds(1) < code.created {
                continue;
            }
            self.remark(contacts, tx, code, own, now)?;
            tagged.entry(&code.id).or_insert_with(|| (code, Vec::new())).1.push(own.num);
        }
        for (code, people) in tagged.into_values() {
            self.tag(contacts, tx, code, &people, now)?;
        }
        pulse(tx)
    }

    fn tag(
        &self,
        contacts: &Contacts,
        tx: &mut Tx<'_>,
        code: &Code,
        people: &[PersonNum],
        now: Time,
    ) -> Result<(), Refusal> {
        for id in &code.tags {
            // A tag that is gone by now, or became a rule's, is passed over: the code's page shows it.
            let Some(tag) = self.people.tag(tx, id).ok().filter(|tag| tag.kind != TagKind::Rule) else { continue };
            let mark = TagMark { by: &code.name, source: SOURCE, why: &code.channel, expires_at: None };
            let fresh = self.people.give_tag(tx, tag.num, people, &mark, now)?;
            contacts.tag_changed(tx, tag.num, if fresh.is_empty() { people } else { &fresh }, true, &code.name, now)?;
        }
        Ok(())
    }

    /// Only while the remark is still the one WeCom begins with: what a member wrote stays.
    fn remark(&self, contacts: &Contacts, tx: &mut Tx<'_>, code: &Code, own: &Added, now: Time) -> Result<(), Refusal> {
        if code.remark.is_empty() || !(own.remark.is_empty() || own.remark == own.name) {
            return Ok(());
        }
        let staff = tx.opt("SELECT name FROM wecom_staff WHERE key = $1", params![&own.staff], |row| row.text(0))?;
        let zone = zone(tx)?;
        let words = Words {
            name: &own.name,
            channel: &code.channel,
            staff: &staff.unwrap_or_default(),
            at: &zone.local(own.at),
        };
        let remark = filled(&code.remark, &words);
        if remark.is_empty() || remark == own.remark {
            return Ok(());
        }
        let change = RemarkIn { remark: Some(remark), ..RemarkIn::default() };
        contacts.edit_remark(tx, &own.contact, &own.staff, &change, &code.name, now)
    }
}

fn codes(tx: &mut Tx<'_>, states: &[String]) -> Result<BTreeMap<String, Code>, Refusal> {
    let sql = format!(
        "SELECT s.state, l.id, s.pool, l.name, c.name, l.tags, l.remark, l.created_at, l.archived_at
         FROM channel_state s JOIN channel_code l ON l.id = s.code JOIN channel c ON c.id = l.channel WHERE {}",
        tx.any("s.state", 1)
    );
    let rows = tx.query(&sql, params![states], |row| {
        let code = Code {
            id: row.text(1)?,
            pool: row.text(2)?,
            name: row.text(3)?,
            channel: row.text(4)?,
            tags: serde_json::from_str(&row.text(5)?).unwrap_or_default(),
            remark: row.text(6)?,
            created: row.time(7)?,
            archived: row.opt_time(8)?.is_some(),
        };
        Ok((row.text(0)?, code))
    })?;
    Ok(rows.into_iter().collect())
}
