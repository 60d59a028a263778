//! Changes made here on their way to WeCom: tags, their names, and remarks.
//!
//! Which side wins: the later change. One of ours that waits stands against what is read meanwhile; a remark that was edited in WeCom after ours
//! stays as it is there; what WeCom refuses for good is undone here. Each such case is a row of conflicts.

use crate::client::Line;
use crate::events::{Happening, SOURCE, names};
use crate::rows::places;
use crate::{Contacts, Ran, refuse};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use siyu_db::{Tx, params};
use siyu_kernel::{Identifier, Kind, PersonNum, Refusal, Time};
use siyu_people::TagMark;
use siyu_wecom::{Error, MarkTag, Remark, Retry};

/// What is changed in one relation; `None` leaves a field as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RemarkIn {
    /// At most 20 characters.
    pub remark: Option<String>,
    /// At most 150 characters.
    pub description: Option<String>,
    /// Replaces all phones of the remark.
    pub mobiles: Option<Vec<String>>,
}

/// The body of a row of the queue.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Body {
    remark: RemarkIn,
    /// What stood there when the change was made.
    before: RemarkIn,
    /// A tag's new name.
    name: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutgoingCounts {
    pub waiting: i64,
    pub failed: i64,
    pub conflicts: i64,
}

struct Row {
    id: i64,
    kind: String,
    contact: String,
    staff: String,
    tag: String,
    body: Vec<u8>,
    by: String,
    created: Time,
    tries: i64,
}

const BATCH: i64 = 50;
const TRIES_MAX: i64 = 12;

impl Contacts {
    /// A tag was given to people here, or taken: when it stands for one of WeCom's, each relation there is told. In the unit of the change.
    /// Answers how many relations.
    pub fn tag_changed(
        &self,
        tx: &mut Tx<'_>,
        tag: i64,
        people: &[PersonNum],
        given: bool,
        by: &str,
        now: Time,
    ) -> Result<usize, Refusal> {
        let linked = "SELECT id FROM wecom_tag WHERE local = $1 AND gone_at IS NULL";
        let Some(wecom_tag) = tx.opt(linked, params![tag], |row| row.text(0))? else { return Ok(0) };
        let roots = self.inner.people.roots(tx, people)?;
        let nodes: Vec<i64> =
            self.inner.people.nodes_of(tx, &roots)?.into_iter().map(|(node, _)| i64::from(node)).collect();
        let marked = "EXISTS (SELECT 1 FROM wecom_follow_tag t WHERE t.contact = f.contact AND t.staff = f.staff AND t.tag = $2)";
        let sql = format!(
            "SELECT f.contact, f.staff FROM wecom_contact c JOIN wecom_follow f ON f.contact = c.id AND f.status = 0 WHERE {} AND {} {marked} ORDER BY f.contact, f.staff",
            tx.any("c.num", 1),
            if given { "NOT" } else { "" },
        );
        let pairs = tx.query(&sql, params![&nodes, &wecom_tag], |row| Ok((row.text(0)?, row.text(1)?)))?;
        let body = self.seal(b"{}");
        let kind = if given { "tag" } else { "untag" };
        // Changes of before that have not been sent are overtaken, whatever they wanted.
        let sql = format!(
            "UPDATE wecom_outgoing SET state = 'done', error = 'overtaken' WHERE state = 'waiting' AND tag = $2 AND contact IN (SELECT id FROM wecom_contact c WHERE {})",
            tx.any("c.num", 1)
        );
        tx.execute(&sql, params![&nodes, &wecom_tag])?;
        for (contact, staff) in &pairs {
            tx.execute(
                "INSERT INTO wecom_outgoing (kind, contact, staff, tag, body, by_actor, created_at, due_at, state) VALUES ($1, $2, $3, $4, $5, $6, $7, $7, 'waiting')",
                params![kind, contact, staff, &wecom_tag, &body, by, now],
            )?;
        }
        Ok(pairs.len())
    }

    /// A tag was renamed here: when it stands for one of WeCom's, WeCom is told. In the unit of the change. Answers whether it will be.
    pub fn tag_renamed(&self, tx: &mut Tx<'_>, tag: i64, name: &str, by: &str, now: Time) -> Result<bool, Refusal> {
        let linked = "SELECT id, name FROM wecom_tag WHERE local = $1 AND gone_at IS NULL";
        let linked = tx.opt(linked, params![tag], |row| Ok((row.text(0)?, row.text(1)?)))?;
        let Some((wecom_tag, there)) = linked else { return Ok(false) };
        tx.execute(
            "UPDATE wecom_outgoing SET state = 'done', error = 'overtaken' WHERE state = 'waiting' AND kind = 'tag_name' AND tag = $1",
            params![&wecom_tag],
        )?;
        if there == name {
            return Ok(false);
        }
        let body = Body { name: name.to_owned(), ..Body::default() };
        let body = self.seal(&serde_json::to_vec(&body).map_err(Refusal::internal)?);
        tx.execute(
            "INSERT INTO wecom_outgoing (kind, contact, staff, tag, body, by_actor, created_at, due_at, state) VALUES ('tag_name', '', '', $1, $2, $3, $4, $4, 'waiting')",
            params![&wecom_tag, &body, by, now],
        )?;
        Ok(true)
    }
    /// A tag was renamed in WeCom: what waits of ours for the same tag gives way.
    pub(crate) fn give_way(&self, tx: &mut Tx<'_>, wecom_tag: &str, now: Time) -> Result<(), Refusal> {
        let gone = tx.execute(
            "UPDATE wecom_outgoing SET state = 'done', error = 'edited_there_later' WHERE state = 'waiting' AND kind = 'tag_name' AND tag = $1",
            params![wecom_tag],
        )?;
        if gone > 0 {
            self.note_conflict(tx, "tag_name", ("", "", wecom_tag), "wecom", "edited_there_later", "", now)?;
        }
        Ok(())
    }

    /// A remark edited here: queued, and shown as WeCom has it until that has taken it.
    ///
    /// Errors: `wecom_follow_unknown`, `wecom_remark`.
    pub fn edit_remark(
        &self,
        tx: &mut Tx<'_>,
        contact: &str,
        staff: &str,
        change: &RemarkIn,
        by: &str,
        now: Time,
    ) -> Result<(), Refusal> {
        let change = checked(change)?;
        let staff = crate::rows::key(staff);
        let row = tx.opt(
            "SELECT remark, description, mobiles FROM wecom_follow WHERE contact = $1 AND staff = $2 AND status = 0",
            params![contact, &staff],
            |row| Ok((row.text(0)?, row.text(1)?, row.opt_blob(2)?)),
        )?;
        let (remark, description, sealed) = row.ok_or_else(refuse::follow_unknown)?;
        let mobiles = sealed.map(|sealed| self.opened_mobiles(&sealed)).transpose()?.unwrap_or_default();
        let before = RemarkIn { remark: Some(remark), description: Some(description), mobiles: Some(mobiles) };
        let mut body = Body { remark: change, before, ..Body::default() };
        let older = tx.query(
            "SELECT id, body FROM wecom_outgoing WHERE state = 'waiting' AND kind = 'remark' AND contact = $1 AND staff = $2 ORDER BY id DESC",
            params![contact, &staff],
            |row| Ok((row.int(0)?, row.blob(1)?)),
        )?;
        for (id, sealed) in older {
            let old: Body = serde_json::from_slice(&self.unseal(&sealed)?).map_err(Refusal::internal)?;
            let new = &mut body.remark;
            new.remark = new.remark.take().or(old.remark.remark);
            new.description = new.description.take().or(old.remark.description);
            new.mobiles = new.mobiles.take().or(old.remark.mobiles);
            tx.execute("UPDATE wecom_outgoing SET state = 'done', error = 'overtaken' WHERE id = $1", params![id])?;
        }
        let sealed = self.seal(&serde_json::to_vec(&body).map_err(Refusal::internal)?);
        tx.execute(
            "INSERT INTO wecom_outgoing (kind, contact, staff, tag, body, by_actor, created_at, due_at, state) VALUES ('remark', $1, $2, '', $3, $4, $5, $5, 'waiting')",
            params![contact, &staff, &sealed, by, now],
        )?;
        Ok(())
    }

    pub fn outgoing(&self, tx: &mut Tx<'_>) -> Result<OutgoingCounts, Refusal> {
        let mut count = |sql: &str| tx.one(sql, &[], |row| row.int(0));
        Ok(OutgoingCounts {
            waiting: count("SELECT COUNT(*) FROM wecom_outgoing WHERE state = 'waiting'")?,
            failed: count("SELECT COUNT(*) FROM wecom_outgoing WHERE state = 'failed'")?,
            conflicts: count("SELECT COUNT(*) FROM wecom_conflict")?,
        })
    }

    /// Tag changes of these customers that wait: by customer and tag, whether the tag is given.
    pub(crate) fn waiting_tags(
        &self,
        tx: &mut Tx<'_>,
        contacts: &[String],
    ) -> Result<FxHashMap<(String, String), bool>, Refusal> {
        let sql = format!(
            "SELECT contact, tag, kind FROM wecom_outgoing WHERE state = 'waiting' AND kind IN ('tag', 'untag') AND {} ORDER BY id",
            tx.any("contact", 1)
        );
        let rows =
            tx.query(&sql, params![contacts], |row| Ok(((row.text(0)?, row.text(1)?), row.text(2)? == "tag")))?;
        Ok(rows.into_iter().collect())
    }
    #[allow(clippy::too_many_arguments, reason = "the columns of one row")]
    pub(crate) fn note_conflict(
        &self,
        tx: &mut Tx<'_>,
        kind: &str,
        (contact, staff, tag): (&str, &str, &str),
        winner: &str,
        reason: &str,
        detail: &str,
        now: Time,
    ) -> Result<(), Refusal> {
        tx.execute(
            "INSERT INTO wecom_conflict (at, kind, contact, staff, tag, winner, reason, detail) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            params![now, kind, contact, staff, tag, winner, reason, detail],
        )?;
        Ok(())
    }

    /// Sends what waits, oldest first, one batch. The caller holds the lease.
    pub fn work_outgoing(&self) -> Result<Ran, Refusal> {
        let now = self.now();
        let rows = self.inner.db.read(|tx| {
            Ok(tx.query(
                "SELECT id, kind, contact, staff, tag, body, by_actor, created_at, tries FROM wecom_outgoing WHERE state = 'waiting' AND due_at <= $1 ORDER BY due_at, id LIMIT $2",
                params![now, BATCH],
                |row| {
                    Ok(Row {
                        id: row.int(0)?,
                        kind: row.text(1)?,
                        contact: row.text(2)?,
                        staff: row.text(3)?,
                        tag: row.text(4)?,
                        body: row.blob(5)?,
                        by: row.text(6)?,
                        created: row.time(7)?,
                        tries: row.int(8)?,
                    })
                },
            )?)
        })?;
        if rows.is_empty() {
            let next = "SELECT MIN(due_at) FROM wecom_outgoing WHERE state = 'waiting'";
            let next = self.inner.db.read(|tx| Ok(tx.one(next, &[], |row| row.opt_time(0))?))?;
            return Ok(next.map_or(Ran::Nothing, Ran::Waits));
        }
        let line = self.line()?;
        for row in rows {
            self.send(&line, row)?;
        }
        Ok(Ran::Went)
    }

    fn send(&self, line: &Line, row: Row) -> Result<(), Refusal> {
        let userid = self.inner.db.read(|tx| Ok(places(tx, std::slice::from_ref(&row.staff))?.remove(&row.staff)))?;
        let userid = userid.unwrap_or_default().userid;
        let body: Body = serde_json::from_slice(&self.unseal(&row.body)?).map_err(Refusal::internal)?;
        let sent = match row.kind.as_str() {
            "remark" => {
                let Some(change) = self.still_wanted(&row, &body)? else { return Ok(()) };
                let phones =
                    |list: Vec<String>| if list.is_empty() { siyu_wecom::assumptions::no_phones() } else { list };
                let remark = Remark {
                    userid,
                    external_userid: row.contact.clone(),
                    remark: change.remark.clone(),
                    description: change.description.clone(),
                    remark_mobiles: change.mobiles.clone().map(phones),
                    ..Remark::default()
                };
                line.customer.set_remark(&remark).map(|()| change)
            }
            "tag_name" => line.customer.edit_corp_tag(&row.tag, Some(&body.name), None).map(|()| RemarkIn::default()),
            kind => {
                let list = Some(vec![row.tag.clone()]);
                let (add_tag, remove_tag) = if kind == "tag" { (list, None) } else { (None, list) };
                let mark = MarkTag { userid, external_userid: row.contact.clone(), add_tag, remove_tag };
                line.customer.mark_tag(&mark).map(|()| RemarkIn::default())
            }
        };
        match sent {
            Ok(_) if row.kind == "tag_name" => self.is_renamed(row.id, row.tag, body.name),
            Ok(change) => self.is_sent(row, change),
            Err(error) => self.is_refused(row, &error),
        }
    }

    /// Our change less what was edited in WeCom after it; `None` when nothing is left, which ends the row.
    fn still_wanted(&self, row: &Row, body: &Body) -> Result<Option<RemarkIn>, Refusal> {
        let (contacts, id, pair) = (self.clone(), row.id, (row.contact.clone(), row.staff.clone()));
        let (created, body) = (row.created, body.clone());
        let now = self.now();
        self.inner.db.transact(move |tx| {
            let here = tx.opt(
                "SELECT remark, description, mobiles, read_at FROM wecom_follow WHERE contact = $1 AND staff = $2 AND status = 0",
                params![&pair.0, &pair.1],
                |row| Ok((row.text(0)?, row.text(1)?, row.opt_blob(2)?, row.time(3)?)),
            )?;
            let mut change = body.remark.clone();
            let mut lost = Vec::new();
            if let Some((remark, description, sealed, read_at)) = here {
                let mobiles = sealed.map(|sealed| contacts.opened_mobiles(&sealed)).transpose()?.unwrap_or_default();
                let later = read_at > created;
                if later && change.remark.is_some() && body.before.remark.as_ref() != Some(&remark) {
                    (change.remark, _) = (None, lost.push("remark"));
                }
                if later && change.description.is_some() && body.before.description.as_ref() != Some(&description) {
                    (change.description, _) = (None, lost.push("description"));
                }
                if later && change.mobiles.is_some() && body.before.mobiles.as_ref() != Some(&mobiles) {
                    (change.mobiles, _) = (None, lost.push("mobiles"));
                }
            }
            if !lost.is_empty() {
                contacts.note_conflict(tx, "remark", (&pair.0, &pair.1, ""), "wecom", "edited_there_later", &lost.join(","), now)?;
            }
            if change == RemarkIn::default() {
                tx.execute("UPDATE wecom_outgoing SET state = 'done', error = 'edited_there_later' WHERE id = $1", params![id])?;
                return Ok(None);
            }
            Ok(Some(change))
        })
    }

    fn is_renamed(&self, id: i64, tag: String, name: String) -> Result<(), Refusal> {
        self.inner.db.transact(move |tx| {
            tx.execute("UPDATE wecom_tag SET name = $2 WHERE id = $1", params![&tag, &name])?;
            tx.execute("UPDATE wecom_outgoing SET state = 'done', error = NULL WHERE id = $1", params![id])?;
            Ok(())
        })
    }

    /// WeCom has it: the mirror too.
    fn is_sent(&self, row: Row, change: RemarkIn) -> Result<(), Refusal> {
        let contacts = self.clone();
        let now = self.now();
        self.inner.db.transact(move |tx| {
            let pair = params![&row.contact, &row.staff];
            let place = places(tx, std::slice::from_ref(&row.staff))?.remove(&row.staff).unwrap_or_default();
            let num = tx.opt("SELECT num FROM wecom_contact WHERE id = $1", params![&row.contact], |row| row.num(0))?;
            let tag = params![&row.contact, &row.staff, &row.tag];
            let name = match row.kind.as_str() {
                "tag" => {
                    tx.execute("INSERT INTO wecom_follow_tag (contact, staff, tag) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", tag)?;
                    names::TAGGED
                }
                "untag" => {
                    tx.execute("DELETE FROM wecom_follow_tag WHERE contact = $1 AND staff = $2 AND tag = $3", tag)?;
                    names::UNTAGGED
                }
                _ => {
                    if let Some(remark) = &change.remark {
                        tx.execute("UPDATE wecom_follow SET remark = $3 WHERE contact = $1 AND staff = $2", params![&row.contact, &row.staff, remark])?;
                    }
                    if let Some(description) = &change.description {
                        tx.execute("UPDATE wecom_follow SET description = $3 WHERE contact = $1 AND staff = $2", params![&row.contact, &row.staff, description])?;
                    }
                    if let Some(mobiles) = &change.mobiles {
                        let sealed = match mobiles.is_empty() {
                            true => None,
                            false => Some(contacts.seal(&serde_json::to_vec(mobiles).map_err(Refusal::internal)?)),
                        };
                        let sealed = sealed.as_ref().map_or(siyu_db::Param::Null, Into::into);
                        tx.execute("UPDATE wecom_follow SET mobiles = $3 WHERE contact = $1 AND staff = $2", &[(&row.contact).into(), (&row.staff).into(), sealed])?;
                    }
                    names::EDITED
                }
            };
            // Whatever was asked of WeCom before this instant shows the state before the change.
            tx.execute("UPDATE wecom_follow SET read_at = CASE WHEN read_at < $3 THEN $3 ELSE read_at END WHERE contact = $1 AND staff = $2", &[pair[0], pair[1], now.into()])?;
            tx.execute("UPDATE wecom_outgoing SET state = 'done', error = NULL WHERE id = $1", params![row.id])?;
            if let Some(num) = num {
                let label = tx.opt("SELECT name FROM wecom_tag WHERE id = $1", params![&row.tag], |row| row.text(0))?;
                let id = format!("out{}", row.id);
                let event = Happening::new(name, num, now, &[&row.contact, &row.staff, &id]);
                let event = event.with("staff", &place.userid).with("store", &place.store).with("by", &row.by);
                let event = event.with("tag", &label.unwrap_or_default()).with("tag_id", &row.tag);
                contacts.append(tx, vec![event], now)?;
            }
            Ok(())
        })
    }

    /// WeCom has not taken it: again later, or never, and then it is undone here.
    fn is_refused(&self, row: Row, error: &Error) -> Result<(), Refusal> {
        let contacts = self.clone();
        let now = self.now();
        // An app may rename the tags it has made, and no others.
        let foreign = row.kind == "tag_name" && error.code() == Some(48002);
        let name = if foreign { "made_elsewhere" } else { error.name() };
        let hand = error.needs_a_hand() && !foreign;
        // Whether it was done is not known: doing it again changes nothing.
        let passes = error.is_retryable() || error.retry == Retry::LookFirst;
        let again = hand || (passes && row.tries < TRIES_MAX);
        let due = match error.retry {
            Retry::At(at) => at.max(now.plus_seconds(1)),
            _ if hand => now.plus_seconds(60),
            _ => now.plus_seconds(1 << row.tries.min(10)),
        };
        tracing::warn!(call = error.call, code = name, detail = %error.detail, again, "a change could not be told to WeCom");
        self.inner.db.transact(move |tx| {
            if hand {
                contacts.note_trouble(tx, Some(name), now)?;
            }
            if again {
                tx.execute(
                    "UPDATE wecom_outgoing SET tries = tries + 1, error = $2, due_at = $3 WHERE id = $1 AND state = 'waiting'",
                    params![row.id, name, due],
                )?;
                return Ok(());
            }
            tx.execute("UPDATE wecom_outgoing SET state = 'failed', error = $2 WHERE id = $1", params![row.id, name])?;
            contacts.note_conflict(tx, &row.kind, (&row.contact, &row.staff, &row.tag), "wecom", name, "", now)?;
            contacts.undo_tag(tx, &row, now)
        })
    }
    /// The person's tag follows WeCom again.
    fn undo_tag(&self, tx: &mut Tx<'_>, row: &Row, now: Time) -> Result<(), Refusal> {
        if row.kind == "remark" {
            return Ok(());
        }
        if row.kind == "tag_name" {
            return self.name_as_there(tx, &row.tag, now);
        }
        let local =
            tx.opt("SELECT local FROM wecom_tag WHERE id = $1", params![&row.tag], |row| row.opt_int(0))?.flatten();
        let num = tx.opt("SELECT num FROM wecom_contact WHERE id = $1", params![&row.contact], |row| row.num(0))?;
        let (Some(local), Some(num)) = (local, num) else { return Ok(()) };
        let has = tx.opt(
            "SELECT 1 FROM wecom_follow_tag t JOIN wecom_follow f ON f.contact = t.contact AND f.staff = t.staff AND f.status = 0 WHERE t.contact = $1 AND t.tag = $2",
            params![&row.contact, &row.tag],
            |row| row.int(0),
        )?;
        let other = self.waiting_tags(tx, std::slice::from_ref(&row.contact))?;
        if other.contains_key(&(row.contact.clone(), row.tag.clone())) {
            return Ok(());
        }
        let mark = TagMark { by: SOURCE, source: SOURCE, why: "refused by WeCom", expires_at: None };
        match (has.is_some(), row.kind.as_str()) {
            (false, "tag") => {
                let roots = self.inner.people.roots(tx, &[num])?;
                let nodes: Vec<PersonNum> =
                    self.inner.people.nodes_of(tx, &roots)?.into_iter().map(|(node, _)| node).collect();
                self.inner.people.take_tag(tx, local, &nodes, &mark, now)?;
            }
            (true, "untag") => {
                self.inner.people.give_tag(tx, local, &[num], &mark, now)?;
            }
            _ => {}
        }
        Ok(())
    }
}

impl Contacts {
    /// The tag of ours is called as WeCom's is; where that name is taken it stays as it is.
    fn name_as_there(&self, tx: &mut Tx<'_>, wecom_tag: &str, now: Time) -> Result<(), Refusal> {
        let sql = "SELECT local_id, name FROM wecom_tag WHERE id = $1 AND gone_at IS NULL AND local_id IS NOT NULL";
        let Some((id, name)) = tx.opt(sql, params![wecom_tag], |row| Ok((row.text(0)?, row.text(1)?)))? else {
            return Ok(());
        };
        let patch = siyu_people::TagPatch { name: Some(name), ..siyu_people::TagPatch::default() };
        if self.inner.people.patch_tag(tx, &id, &patch, now).is_err() {
            tracing::debug!("a tag keeps the name that WeCom has refused: the old one is taken");
        }
        Ok(())
    }
}

fn checked(change: &RemarkIn) -> Result<RemarkIn, Refusal> {
    let mut out = change.clone();
    if out == RemarkIn::default() {
        return Err(refuse::remark("remark", "Nothing is changed.", "没有任何修改。"));
    }
    let fits = |text: &Option<String>, max: usize| {
        text.as_ref()
            .is_none_or(|text| text.chars().count() <= max && !text.chars().any(|c| c.is_control() && c != '\n'))
    };
    if !fits(&out.remark, 20) {
        return Err(refuse::remark("remark", "A remark has up to 20 characters.", "备注最长 20 个字。"));
    }
    if !fits(&out.description, 150) {
        return Err(refuse::remark("description", "A description has up to 150 characters.", "描述最长 150 个字。"));
    }
    if let Some(mobiles) = &mut out.mobiles {
        let wrong = || refuse::remark("mobiles", "Up to 5 phone numbers.", "最多 5 个手机号。");
        if mobiles.len() > 5 {
            return Err(wrong());
        }
        for phone in mobiles.iter_mut() {
            *phone = Identifier::new(Kind::Phone, phone).map_err(|_| wrong())?.value;
        }
        mobiles.sort_unstable();
        mobiles.dedup();
    }
    Ok(out)
}
