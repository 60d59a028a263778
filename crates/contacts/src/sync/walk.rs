//! One step of a full sync: what is read outside the unit, and the unit that saves it.

use super::{Cursor, SyncRow};
use crate::client::Line;
use crate::mirror::{CustomerRead, Hints, Scope};
use crate::work::Ran;
use crate::{Contacts, refuse};
use siyu_db::{Tx, params};
use siyu_kernel::{Refusal, Time};
use siyu_wecom::{Client, Error, GroupChat, Kind, Retry, Staff};
use std::sync::Arc;

/// Members of staff whose customers are read in one go: few enough that the bar moves, many enough that those without customers cost little.
const STAFF_AT_ONCE: i64 = 20;
const SWEEP: i64 = 300;
const GROUPS_AT_ONCE: i64 = 20;
/// In a row, without one success between them.
const TRIES_MAX: i64 = 60;

/// What a step does to the mirror, and where the sync stands after it.
type Apply = Box<dyn Fn(&Contacts, &mut Tx<'_>, &mut SyncRow) -> Result<(), Refusal> + Send + Sync>;

enum Trouble {
    Wecom(Error),
    Own(Refusal),
}
impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Wecom(error)
    }
}
impl From<Refusal> for Trouble {
    fn from(refusal: Refusal) -> Self {
        Self::Own(refusal)
    }
}

impl Contacts {
    /// One step of the running sync. The caller holds the lease.
    ///
    /// Errors: those of the database; what WeCom says goes into the row, and the answer says when to go on.
    pub fn sync_step(&self) -> Result<Ran, Refusal> {
        let now = self.now();
        let Some(row) = self.inner.db.read(|tx| self.running_sync(tx))? else { return Ok(Ran::Nothing) };
        if row.due_at > now {
            return Ok(Ran::Waits(row.due_at));
        }
        let line = match self.line() {
            Ok(line) => line,
            // Disconnected meanwhile.
            Err(refusal) if refusal.code == "wecom_not_connected" => {
                let (contacts, number) = (self.clone(), row.number);
                self.inner
                    .db
                    .transact(move |tx| Ok(contacts.save_failed(tx, number, "wecom_not_connected", now)?))?;
                return Ok(Ran::Went);
            }
            Err(refusal) => return Err(refusal),
        };
        match self.next_step(&line, &row, now) {
            Ok(apply) => self.save_applied(row, apply),
            Err(Trouble::Own(refusal)) => Err(refusal),
            Err(Trouble::Wecom(error)) => self.put_off(row, &error),
        }
    }

    fn save_applied(&self, row: SyncRow, apply: Apply) -> Result<Ran, Refusal> {
        let contacts = self.clone();
        let saved = self.inner.db.transact(move |tx| {
            let now = contacts.now();
            let mut new = row.clone();
            // First the guard, so that a cancelled sync writes nothing more; its row is written again below.
            contacts.save_step(tx, &row, &row, now)?;
            apply(&contacts, tx, &mut new)?;
            contacts.save_step(tx, &row, &new, now)?;
            if new.cursor == Cursor::Done {
                contacts.note_trouble(tx, None, now)?;
            }
            Ok(())
        });
        match saved {
            Err(refusal) if refusal.code == refuse::sync_over().code => Ok(Ran::Went),
            other => other.map(|()| Ran::Went),
        }
    }

    fn put_off(&self, row: SyncRow, error: &Error) -> Result<Ran, Refusal> {
        let now = self.now();
        let hand = error.needs_a_hand();
        let due = match error.retry {
            Retry::At(at) => at.max(now.plus_seconds(1)),
            Retry::AfterMs(ms) => now.plus_seconds((ms as i64 / 1000).max(1) * (1 << row.tries.min(5))),
            // Somebody has to change a setting: the sync waits for it.
            _ if hand => now.plus_seconds(60),
            _ => now,
        };
        let waits = (error.is_retryable() && row.tries < TRIES_MAX) || hand;
        tracing::warn!(call = error.call, code = error.name(), detail = %error.detail, waits, "a step of the WeCom sync failed");
        let (contacts, number, name) = (self.clone(), row.number, error.name().to_owned());
        self.inner.db.transact(move |tx| {
            if hand {
                contacts.note_trouble(tx, Some(&name), now)?;
            }
            match waits {
                true => contacts.save_wait(tx, number, &name, due)?,
                false => contacts.save_failed(tx, number, &name, now)?,
            }
            Ok(())
        })?;
        Ok(if waits { Ran::Waits(due) } else { Ran::Went })
    }

    fn next_step(&self, line: &Arc<Line>, row: &SyncRow, now: Time) -> Result<Apply, Trouble> {
        let (seen, customer, match_phones) = (row.number, &line.customer, line.connection.match_phones);
        Ok(match row.cursor.clone() {
            Cursor::Departments => {
                let all = line.contacts.departments(None)?;
                Box::new(move |contacts, tx, row| {
                    contacts.put_departments(tx, &all, seen, now)?;
                    row.counts.departments = all.len() as i64;
                    (row.done, row.total) = (0, all.len() as i64);
                    row.cursor = Cursor::Staff { after: i64::MIN };
                    Ok(())
                })
            }
            Cursor::Staff { after } => self.read_staff(&line.contacts, after, seen)?,
            Cursor::Serving => {
                let serving = customer.follow_users()?;
                Box::new(move |contacts, tx, row| {
                    contacts.close_staff(tx, &serving, seen, now)?;
                    row.counts.staff =
                        tx.one("SELECT COUNT(*) FROM wecom_staff WHERE gone_at IS NULL", &[], |row| row.int(0))?;
                    (row.done, row.total, row.cursor) = (0, 1, Cursor::Tags);
                    Ok(())
                })
            }
            Cursor::Tags => {
                let groups = customer.corp_tags()?;
                Box::new(move |contacts, tx, row| {
                    contacts.put_tags(tx, &groups, true, now)?;
                    row.counts.tags = groups.iter().map(|group| group.tag.len() as i64).sum();
                    row.cursor = Cursor::Marks;
                    Ok(())
                })
            }
            Cursor::Marks => Box::new(move |contacts, tx, row| {
                if (contacts.drop_gone_marks(tx, SWEEP, now)? as i64) < SWEEP {
                    row.cursor = Cursor::customers(String::new());
                    row.done = 0;
                    row.total = tx.one("SELECT COUNT(*) FROM wecom_staff WHERE serves = 1", &[], |row| row.int(0))?;
                }
                Ok(())
            }),
            Cursor::Customers { after, users, page } => {
                self.read_customers(customer, (after, users, page), seen, match_phones)?
            }
            Cursor::Lost => Box::new(move |contacts, tx, row| {
                let swept = contacts.sweep_follows(tx, seen, SWEEP, now, now)? as i64;
                row.counts.lost += swept;
                row.done += swept;
                if swept < SWEEP {
                    row.cursor = Cursor::groups();
                    (row.done, row.total) = (0, 0);
                }
                Ok(())
            }),
            Cursor::Groups { by_owner, after, users, page } => {
                self.read_group_list(customer, by_owner, (after, users, page), seen)?
            }
            Cursor::Members => self.read_groups(customer, seen)?,
            Cursor::Done => Box::new(|_, _, _| Ok(())),
        })
    }

    /// The staff of the department after `after`.
    fn read_staff(&self, client: &Client, after: i64, seen: i64) -> Result<Apply, Trouble> {
        let sql = "SELECT id FROM wecom_department WHERE gone_at IS NULL AND id > $1 ORDER BY id LIMIT 1";
        let next = self.inner.db.read(|tx| Ok(tx.opt(sql, params![after], |row| row.int(0))?))?;
        let Some(department) = next else {
            return Ok(Box::new(|_, _, row| {
                row.cursor = Cursor::Serving;
                Ok(())
            }));
        };
        let all = match client.staff_details_of(department) {
            Ok(all) => all,
            // Apps without that right see names all the same.
            Err(error) if error.needs_a_hand() && matches!(error.code(), Some(48002 | 48009 | 60011)) => client
                .staff_of(department)?
                .into_iter()
                .map(|own| Staff { userid: own.userid, name: own.name, department: own.department, ..Staff::default() })
                .collect(),
            // Deleted since the departments were read.
            Err(error) if error.code() == Some(60123) => Vec::new(),
            Err(error) => return Err(error.into()),
        };
        Ok(Box::new(move |contacts, tx, row| {
            contacts.put_staff(tx, &all, seen)?;
            row.done += 1;
            row.cursor = Cursor::Staff { after: department };
            Ok(())
        }))
    }

    /// One page of the customers of a few members of staff.
    fn read_customers(
        &self,
        client: &Client,
        (after, users, page): (String, Vec<String>, String),
        seen: i64,
        match_phones: bool,
    ) -> Result<Apply, Trouble> {
        let users = if users.is_empty() { self.staff_after(&after, "serves = 1", STAFF_AT_ONCE)? } else { users };
        let Some(last) = users.last().map(|user| crate::rows::key(user)) else {
            return Ok(Box::new(|_, _, row| {
                (row.done, row.total, row.cursor) = (0, 0, Cursor::Lost);
                Ok(())
            }));
        };
        let read_at = self.now();
        let mut pages = client.customers_of(&users).resume(&page);
        let rows = match pages.next() {
            Some(Ok(rows)) => rows,
            None => Vec::new(),
            Some(Err(error)) if is_about_input(&error) => {
                drop(pages);
                return Ok(self.around_bad_input(after, users, &page));
            }
            Some(Err(error)) => return Err(error.into()),
        };
        let next = pages.cursor().map(str::to_owned);
        drop(pages);
        let (count, finished) = (rows.len() as i64, users.len() as i64);
        let reads = CustomerRead::of_page(rows);
        let next = match next {
            Some(page) => Cursor::Customers { after, users, page },
            None => Cursor::customers(last),
        };
        Ok(Box::new(move |contacts, tx, row| {
            let scope = Scope { read_at, seen, whole: false, match_phones, hints: &Hints::default() };
            contacts.put_customers(tx, &reads, &scope, contacts.now())?;
            row.counts.relations += count;
            if matches!(&next, Cursor::Customers { users, .. } if users.is_empty()) {
                row.done += finished;
            }
            row.cursor = next.clone();
            Ok(())
        }))
    }
    /// A page that cannot be had: its cursor may have grown old, or one of the members may have gone since.
    fn around_bad_input(&self, after: String, users: Vec<String>, page: &str) -> Apply {
        let (next, skipped) = match (page.is_empty(), users.len()) {
            (false, _) => (Cursor::Customers { after, users, page: String::new() }, 0),
            (true, 1) => (Cursor::customers(crate::rows::key(&users[0])), 1),
            (true, many) => (Cursor::Customers { after, users: users[..many / 2].to_vec(), page: String::new() }, 0),
        };
        Box::new(move |_, _, row| {
            row.counts.skipped += skipped;
            row.done += skipped;
            row.cursor = next.clone();
            Ok(())
        })
    }
    /// Userids of the next members of staff, in the order of their keys.
    fn staff_after(&self, after: &str, filter: &str, limit: i64) -> Result<Vec<String>, Refusal> {
        let sql = format!("SELECT userid FROM wecom_staff WHERE {filter} AND key > $1 ORDER BY key LIMIT $2");
        self.inner.db.read(|tx| Ok(tx.query(&sql, params![after, limit], |row| row.text(0))?))
    }

    fn read_group_list(
        &self,
        client: &Client,
        by_owner: bool,
        (after, users, page): (String, Vec<String>, String),
        seen: i64,
    ) -> Result<Apply, Trouble> {
        let users = match (by_owner, users.is_empty()) {
            (true, true) => self.staff_after(&after, "1 = 1", 100)?,
            _ => users,
        };
        if by_owner && users.is_empty() {
            return Ok(Box::new(move |_, tx, row| all_listed(tx, row, seen)));
        }
        let mut pages = client.groups(&users, 0).resume(&page);
        let rows = match pages.next() {
            Some(Ok(rows)) => rows,
            None => Vec::new(),
            // Too many members of staff to list all groups at once: owner by owner.
            Some(Err(error)) if !by_owner && error.code() == Some(81017) => {
                return Ok(Box::new(|_, _, row| {
                    row.cursor =
                        Cursor::Groups { by_owner: true, after: String::new(), users: Vec::new(), page: String::new() };
                    Ok(())
                }));
            }
            Some(Err(error)) if is_about_input(&error) && by_owner && users.len() > 1 => {
                drop(pages);
                let half = users[..users.len() / 2].to_vec();
                return Ok(Box::new(move |_, _, row| {
                    row.cursor =
                        Cursor::Groups { by_owner, after: after.clone(), users: half.clone(), page: String::new() };
                    Ok(())
                }));
            }
            Some(Err(error)) if is_about_input(&error) && (by_owner || !page.is_empty()) => Vec::new(),
            Some(Err(error)) => return Err(error.into()),
        };
        let next = pages.cursor().map(str::to_owned);
        drop(pages);
        Ok(Box::new(move |contacts, tx, row| {
            contacts.list_groups(tx, &rows, seen)?;
            match &next {
                Some(page) => {
                    row.cursor =
                        Cursor::Groups { by_owner, after: after.clone(), users: users.clone(), page: page.clone() };
                    Ok(())
                }
                None if by_owner => {
                    let last = users.last().map(|user| crate::rows::key(user)).unwrap_or_default();
                    row.cursor = Cursor::Groups { by_owner, after: last, users: Vec::new(), page: String::new() };
                    Ok(())
                }
                None => all_listed(tx, row, seen),
            }
        }))
    }

    /// A few of the groups that this sync has yet to read.
    fn read_groups(&self, client: &Client, seen: i64) -> Result<Apply, Trouble> {
        let sql = "SELECT id FROM wecom_group WHERE due = $1 ORDER BY id LIMIT $2";
        let due = self.inner.db.read(|tx| Ok(tx.query(sql, params![seen, GROUPS_AT_ONCE], |row| row.text(0))?))?;
        let mut read: Vec<(String, Time, Option<GroupChat>)> = Vec::with_capacity(due.len());
        for id in due {
            let read_at = self.now();
            match client.group(&id) {
                Ok(group) => read.push((id, read_at, Some(group))),
                Err(error) if is_about_input(&error) => read.push((id, read_at, None)),
                // What was read before it is saved; it comes first the next time.
                Err(_) if !read.is_empty() => break,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Box::new(move |contacts, tx, row| {
            let now = contacts.now();
            for (id, read_at, group) in &read {
                match group {
                    Some(group) => {
                        let group = GroupChat { chat_id: id.clone(), ..group.clone() };
                        contacts.put_group(tx, &group, seen, *read_at, "unknown", now)?;
                        row.counts.groups += 1;
                        row.counts.members += group.member_list.len() as i64;
                    }
                    None => contacts.dismiss_group(tx, id, now, now)?,
                }
                row.done += 1;
            }
            if read.is_empty() {
                row.cursor = Cursor::Done;
            }
            Ok(())
        }))
    }
}

/// Groups the list did not show are read too: those of owners the app no longer sees are still there, others answer that they are gone.
fn all_listed(tx: &mut Tx<'_>, row: &mut SyncRow, seen: i64) -> Result<(), Refusal> {
    tx.execute("UPDATE wecom_group SET due = $1 WHERE dismissed_at IS NULL AND seen < $1", params![seen])?;
    row.done = 0;
    row.total = tx.one("SELECT COUNT(*) FROM wecom_group WHERE due = $1", params![seen], |row| row.int(0))?;
    row.cursor = Cursor::Members;
    Ok(())
}

/// What asking again will not change, because it is about whom or what was asked for.
fn is_about_input(error: &Error) -> bool {
    error.kind == Kind::CursorRepeats || (matches!(error.kind, Kind::Refused(_)) && error.retry == Retry::Never)
}
