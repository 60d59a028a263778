//! Customers whose member of staff has left: WeCom's list of those who wait for somebody new.

use super::LIVE;
use crate::rows::{key, time};
use crate::{Contacts, Ran};
use siyu_db::{DbError, Param, Tx, params};
use siyu_kernel::{Refusal, Time};
use siyu_wecom::{Retry, Unassigned};
use std::collections::BTreeMap;

/// Somebody who has left, and what waits.
#[derive(Clone, Debug)]
pub struct LeaverRow {
    pub userid: String,
    pub name: String,
    pub store: String,
    pub left_at: Option<Time>,
    /// Customers without a guide, those on their way to one included.
    pub customers: i64,
    /// Of them on their way.
    pub on_the_way: i64,
    pub groups: i64,
}

const READ_EVERY_SECONDS: i64 = 3_600;
const AGAIN_SECONDS: i64 = 600;

impl Contacts {
    /// Those with customers or groups that wait, the most first.
    pub fn leavers(&self, tx: &mut Tx<'_>) -> Result<Vec<LeaverRow>, Refusal> {
        let mut all: BTreeMap<String, LeaverRow> = BTreeMap::new();
        let blank = |key: &str| LeaverRow {
            userid: key.to_owned(),
            name: String::new(),
            store: String::new(),
            left_at: None,
            customers: 0,
            on_the_way: 0,
            groups: 0,
        };
        let sql = format!(
            "SELECT u.staff, MIN(u.left_at), COUNT(*), COUNT(i.id) FROM wecom_unassigned u
             LEFT JOIN handover_item i ON i.target = u.contact AND i.state IN {LIVE} GROUP BY u.staff"
        );
        for (staff, left_at, customers, on_the_way) in
            tx.query(&sql, &[], |row| Ok((row.text(0)?, row.time(1)?, row.int(2)?, row.int(3)?)))?
        {
            let row = LeaverRow { left_at: Some(left_at), customers, on_the_way, ..blank(&staff) };
            all.insert(staff, row);
        }
        let sql =
            "SELECT g.owner, COUNT(*), MIN(s.gone_at) FROM wecom_group g LEFT JOIN wecom_staff s ON s.key = g.owner
            WHERE g.dismissed_at IS NULL AND (g.status = 1 OR s.status = 5 OR s.gone_at IS NOT NULL) GROUP BY g.owner";
        for (owner, groups, gone) in tx.query(sql, &[], |row| Ok((row.text(0)?, row.int(1)?, row.opt_time(2)?)))? {
            let row = all.entry(owner.clone()).or_insert_with(|| blank(&owner));
            row.groups = groups;
            row.left_at = row.left_at.or(gone);
        }
        let keys: Vec<String> = all.keys().cloned().collect();
        let places = crate::rows::places(tx, &keys)?;
        let sql = format!("SELECT key, name FROM wecom_staff WHERE {}", tx.any("key", 1));
        for (key, name) in tx.query(&sql, params![&keys], |row| Ok((row.text(0)?, row.text(1)?)))? {
            if let Some(row) = all.get_mut(&key) {
                row.name = name;
            }
        }
        let mut rows: Vec<LeaverRow> = all
            .into_iter()
            .map(|(key, row)| match places.get(&key) {
                Some(place) => LeaverRow { userid: place.userid.clone(), store: place.store.clone(), ..row },
                None => row,
            })
            .collect();
        rows.sort_by_key(|row| (std::cmp::Reverse(row.customers + row.groups), row.userid.clone()));
        Ok(rows)
    }
    /// When WeCom's list was read last.
    pub fn leavers_read_at(&self, tx: &mut Tx<'_>) -> Result<Option<Time>, Refusal> {
        Ok(tx.opt("SELECT read_at FROM wecom_unassigned_read WHERE id = 1", &[], |row| row.opt_time(0))?.flatten())
    }
    /// Has the list read again at once: somebody has left, or somebody asks.
    pub fn read_leavers_soon(&self, tx: &mut Tx<'_>, now: Time) -> Result<(), DbError> {
        tx.execute(
            "INSERT INTO wecom_unassigned_read (id, seen, due_at) VALUES (1, 0, $1) ON CONFLICT (id) DO UPDATE SET due_at = excluded.due_at",
            params![now],
        )
        .map(drop)
    }

    pub(super) fn leavers_due(&self) -> Result<Time, Refusal> {
        let sql = "SELECT due_at FROM wecom_unassigned_read WHERE id = 1";
        Ok(self.inner.db.read(|tx| Ok(tx.opt(sql, &[], |row| row.time(0))?))?.unwrap_or(Time(0)))
    }
    /// Reads the whole list and makes ours equal to it.
    pub(super) fn read_leavers(&self) -> Result<Ran, Refusal> {
        let line = self.line()?;
        let now = self.now();
        let read: Result<Vec<Unassigned>, siyu_wecom::Error> = line.customer.unassigned().items().collect();
        let contacts = self.clone();
        match read {
            Ok(rows) => {
                let rows = std::sync::Arc::new(rows);
                self.inner.db.transact(move |tx| contacts.put_unassigned(tx, &rows, now))?;
                Ok(Ran::Went)
            }
            Err(error) => {
                let hand = error.needs_a_hand();
                let due = match error.retry {
                    Retry::At(at) => at.max(now.plus_seconds(60)),
                    _ => now.plus_seconds(AGAIN_SECONDS),
                };
                tracing::warn!(call = error.call, code = error.name(), detail = %error.detail, "the customers of staff who left could not be read");
                self.inner.db.transact(move |tx| {
                    if hand {
                        contacts.note_trouble(tx, Some(error.name()), now)?;
                    }
                    Ok(contacts.read_leavers_soon(tx, due)?)
                })?;
                Ok(Ran::Waits(due))
            }
        }
    }
    fn put_unassigned(&self, tx: &mut Tx<'_>, rows: &[Unassigned], now: Time) -> Result<(), Refusal> {
        self.read_leavers_soon(tx, now.plus_seconds(READ_EVERY_SECONDS))?;
        tx.execute("UPDATE wecom_unassigned_read SET seen = seen + 1, read_at = $1 WHERE id = 1", params![now])?;
        let seen = tx.one("SELECT seen FROM wecom_unassigned_read WHERE id = 1", &[], |row| row.int(0))?;
        let once: BTreeMap<(String, &str), i64> = rows
            .iter()
            .filter(|own| !own.handover_userid.is_empty() && !own.external_userid.is_empty())
            .map(|own| ((key(&own.handover_userid), own.external_userid.as_str()), own.dimission_time))
            .collect();
        let forgotten = self.forgotten(tx, once.keys().map(|(_, contact)| *contact))?;
        let rows: Vec<[Param<'_>; 4]> = once
            .iter()
            .filter(|((_, contact), _)| !forgotten.contains_key(*contact))
            .map(|((staff, contact), left)| [staff.into(), (*contact).into(), time(*left).into(), seen.into()])
            .collect();
        tx.bulk(
            "INSERT INTO wecom_unassigned (staff, contact, left_at, seen)",
            "ON CONFLICT (staff, contact) DO UPDATE SET left_at = excluded.left_at, seen = excluded.seen",
            &rows,
        )?;
        tx.execute("DELETE FROM wecom_unassigned WHERE seen < $1", params![seen])?;
        Ok(())
    }
}
