//! Looks through the house for people who belong into the pool. Each walk takes a page a step, remembers its place, and rests at the end.

use crate::{Leads, PutIn, Settings};
use siyu_db::{Tx, params};
use siyu_kernel::{PersonNum, Refusal, Time};

/// People looked at in one unit.
const PAGE: i64 = 200;
/// Events of a person read at a time, and at most, to find out whether anybody talks to them.
const EVENTS_PAGE: usize = 50;
const EVENTS_MAX: usize = 400;

/// What counts as an approach by staff. A welcome is no approach: it goes out by itself.
pub(crate) const APPROACHES: [&str; 8] = [
    "Script Sent",
    "Message Sent",
    "Note Written",
    "Stage Changed",
    "Task Done",
    "Contact Edited",
    "Lead Contacted",
    "Staff Transferred",
];

#[derive(Clone)]
struct Found {
    num: PersonNum,
    root: PersonNum,
    store: String,
    before: String,
    since: Time,
}

/// People found, and where the walk goes on. At its end it rests, and begins anew.
struct Page {
    found: Vec<Found>,
    place: String,
    more: bool,
}

/// What a look at a walk has found, and where the walk stands after it.
pub(crate) struct Turn {
    name: String,
    place: String,
    next: String,
    due: Time,
    found: Vec<Found>,
}

impl Page {
    /// Of rows with the place of each.
    fn of(rows: Vec<(Found, String)>) -> Self {
        let more = rows.len() as i64 == PAGE;
        let place = rows.last().filter(|_| more).map(|(_, place)| place.clone()).unwrap_or_default();
        Self { found: rows.into_iter().map(|(found, _)| found).collect(), place, more }
    }
}

impl Leads {
    /// One page of a walk that is due, if there is one.
    pub(crate) fn look(&self, tx: &mut Tx<'_>, now: Time) -> Result<Option<Turn>, Refusal> {
        let settings = self.settings(tx)?;
        let sql = format!(
            "SELECT name, place FROM lead_walk WHERE due_at <= $1 AND {} ORDER BY due_at, name",
            tx.any("name", 2)
        );
        let due = tx.opt(&sql, params![now, &settings.walks], |row| Ok((row.text(0)?, row.text(1)?)))?;
        let Some((name, place)) = due else { return Ok(None) };
        let (Page { mut found, place: next, more }, rest) = match name.as_str() {
            "lost" => (self.lost(tx, &place, now)?, 600),
            "idle" => (self.idle(tx, &place, &settings, now)?, 86_400),
            "group" => (self.strays(tx, &place, now)?, 3_600),
            _ => (self.buyers(tx, &place)?, 86_400),
        };
        if name == "idle" {
            let since = now.plus_days(-settings.idle_days);
            let mut idle = Vec::with_capacity(found.len());
            for own in found {
                if !self.approached(tx, own.root, since)? {
                    idle.push(own);
                }
            }
            found = idle;
        }
        // Two friends of one person lie beside each other, and the first counts.
        found.sort_by_key(|own| own.root);
        let due = if more { now } else { now.plus_seconds(rest) };
        Ok(Some(Turn { name, place, next, due, found }))
    }

    /// Puts in whom a look has found. Somebody who is no longer to be put in is passed over there.
    pub(crate) fn fill(&self, tx: &mut Tx<'_>, turn: &Turn, now: Time) -> Result<(), Refusal> {
        let Turn { name, place, next, due, found } = turn;
        let moved = tx.execute(
            "UPDATE lead_walk SET place = $3, due_at = $4 WHERE name = $1 AND place = $2 AND due_at <= $5",
            params![name, place, next, *due, now],
        )?;
        // Switched on anew while we looked: it begins where that says.
        if moved == 0 {
            return Ok(());
        }
        for own in found {
            let Found { num, store, before, since, .. } = own.clone();
            let input = PutIn { num, source: name.clone(), store, before, since: Some(since), ..PutIn::default() };
            match self.put(tx, &input, now) {
                Ok(_) => {}
                // A department's store that is no store any more: nobody is there to be told, and the others go on.
                Err(refusal) if refusal.code == "lead_store" => {}
                Err(refusal) => return Err(refusal),
            }
        }
        Ok(())
    }

    /// Friends that were lost since the walk was switched on, and are nobody's now. Not those that were handed over. `place`: since when the walk
    /// is on, and the last one seen. Losses are told late at times, so each walk begins a day before the end of the last one.
    fn lost(&self, tx: &mut Tx<'_>, place: &str, now: Time) -> Result<Page, Refusal> {
        let mut parts = place.splitn(4, '|');
        let floor: i64 = parts.next().and_then(|own| own.parse().ok()).unwrap_or(now.0);
        let at: i64 = parts.next().and_then(|own| own.parse().ok()).unwrap_or(floor);
        let (contact, staff) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let sql = "SELECT c.num, p.root, COALESCE(s.store, ''), f.staff, f.lost_at, f.contact
            FROM wecom_follow f JOIN wecom_contact c ON c.id = f.contact JOIN person p ON p.num = c.num AND p.state <> 2 LEFT JOIN wecom_staff s ON s.key = f.staff
            WHERE f.status = 2 AND f.lost_at <= $5 AND COALESCE(f.lost_by, '') <> 'transfer'
              AND (f.lost_at > $1 OR (f.lost_at = $1 AND (f.contact > $2 OR (f.contact = $2 AND f.staff > $3))))
            ORDER BY f.lost_at, f.contact, f.staff LIMIT $4";
        let rows = tx.query(sql, params![at, contact, staff, PAGE, now], |row| {
            let (before, since, contact) = (row.text(3)?, row.time(4)?, row.text(5)?);
            let place = format!("{floor}|{}|{contact}|{before}", since.0);
            Ok((Found { num: row.num(0)?, root: row.num(1)?, store: row.text(2)?, before, since }, place))
        })?;
        let mut page = Page::of(rows);
        if !page.more {
            page.place = format!("{floor}|{}", now.plus_days(-1).0.max(floor));
        }
        Ok(page)
    }

    /// Friendships older than the days of idleness.
    fn idle(&self, tx: &mut Tx<'_>, place: &str, settings: &Settings, now: Time) -> Result<Page, Refusal> {
        let (contact, staff) = place.split_once('|').unwrap_or((place, ""));
        let sql = "SELECT c.num, p.root, COALESCE(s.store, ''), f.staff, f.contact
            FROM wecom_follow f JOIN wecom_contact c ON c.id = f.contact JOIN person p ON p.num = c.num AND p.state <> 2 LEFT JOIN wecom_staff s ON s.key = f.staff
            WHERE f.status = 0 AND f.created_at <= $1 AND (f.contact > $2 OR (f.contact = $2 AND f.staff > $3)) ORDER BY f.contact, f.staff LIMIT $4";
        let since = now.plus_days(-settings.idle_days);
        let rows = tx.query(sql, params![since, contact, staff, PAGE], |row| {
            let (before, contact) = (row.text(3)?, row.text(4)?);
            let place = format!("{contact}|{before}");
            Ok((Found { num: row.num(0)?, root: row.num(1)?, store: row.text(2)?, before, since }, place))
        })?;
        Ok(Page::of(rows))
    }

    /// Members of living groups for a day at least. (Friends among them are passed over when they are put in.)
    fn strays(&self, tx: &mut Tx<'_>, place: &str, now: Time) -> Result<Page, Refusal> {
        let (chat, userid) = place.split_once('|').unwrap_or((place, ""));
        let sql = "SELECT m.num, p.root, COALESCE(s.store, ''), m.join_at, m.chat, m.userid
            FROM wecom_member m JOIN wecom_group g ON g.id = m.chat AND g.dismissed_at IS NULL JOIN person p ON p.num = m.num AND p.state <> 2 LEFT JOIN wecom_staff s ON s.key = g.owner
            WHERE m.kind = 2 AND m.left_at IS NULL AND m.join_at <= $1 AND (m.chat > $2 OR (m.chat = $2 AND m.userid > $3)) ORDER BY m.chat, m.userid LIMIT $4";
        let rows = tx.query(sql, params![now.plus_days(-1), chat, userid, PAGE], |row| {
            let place = format!("{}|{}", row.text(4)?, row.text(5)?);
            let (store, since) = (row.text(2)?, row.time(3)?);
            Ok((Found { num: row.num(0)?, root: row.num(1)?, store, before: String::new(), since }, place))
        })?;
        Ok(Page::of(rows))
    }

    /// Buyers with a phone, by which they can be found.
    fn buyers(&self, tx: &mut Tx<'_>, place: &str) -> Result<Page, Refusal> {
        let sql = "SELECT k.root, MAX(k.last_at) FROM customer k JOIN person p ON p.num = k.root AND p.state <> 2 WHERE k.orders > 0 AND k.root > $1 GROUP BY k.root ORDER BY k.root LIMIT $2";
        let at: i64 = place.parse().unwrap_or(-1);
        let rows = tx.query(sql, params![at, PAGE], |row| {
            let (root, since) = (row.num(0)?, row.time(1)?);
            Ok((Found { num: root, root, store: String::new(), before: String::new(), since }, root.to_string()))
        })?;
        let mut page = Page::of(rows);
        let roots: Vec<PersonNum> = page.found.iter().map(|own| own.root).collect();
        let profiles = self.inner.people.profiles(tx, &roots)?;
        let with_phone = |root: PersonNum| {
            profiles.iter().any(|own| own.root == root && own.identifiers.iter().any(|one| one.kind == "phone"))
        };
        page.found.retain(|own| with_phone(own.root));
        Ok(page)
    }

    /// Whether staff have approached somebody since an instant.
    fn approached(&self, tx: &mut Tx<'_>, root: PersonNum, since: Time) -> Result<bool, Refusal> {
        let nodes = self.inner.people.nodes(tx, root)?;
        let mut before = None;
        for _ in 0..EVENTS_MAX / EVENTS_PAGE {
            let page = self.inner.log.of_people(tx, &nodes, before, EVENTS_PAGE, false)?;
            let Some(last) = page.last() else { return Ok(false) };
            before = Some((last.event.at, last.place));
            for own in &page {
                if own.event.at < since {
                    return Ok(false);
                }
                if APPROACHES.contains(&own.event.name.as_str()) {
                    return Ok(true);
                }
            }
            if page.len() < EVENTS_PAGE {
                return Ok(false);
            }
        }
        // So much happens around them that they are not forgotten.
        Ok(true)
    }
}
