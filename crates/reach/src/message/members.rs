//! Who stands in which task. Tables have no index for it: see the migration `0013_members`. A list narrows where is looked; the rows decide.

use super::TaskRow;
use crate::Reach;
use siphasher::sip::SipHasher13;
use siyu_db::{Param, Tx, params};
use siyu_kernel::{PersonNum, Refusal, Time};
use std::collections::{BTreeMap, BTreeSet};
use std::hash::Hasher;

/// Task, person and mark of the contact, little-endian.
const UNIT_BYTES: usize = 16;
/// Person and mark of the contact, little-endian.
const LIST_BYTES: usize = 8;

/// Somebody put into a task.
#[derive(Clone, Copy)]
struct Member {
    num: u32,
    /// Of the customer's id at WeCom. Two may have the same; nought when they are erased.
    mark: u32,
}

impl Member {
    fn read(bytes: &[u8]) -> Self {
        let (num, mark) = bytes.split_at(LIST_BYTES / 2);
        let of = |bytes: &[u8]| u32::from_le_bytes(bytes.try_into().expect("four bytes"));
        Self { num: of(num), mark: of(mark) }
    }
    fn write(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.num.to_le_bytes());
        out.extend_from_slice(&self.mark.to_le_bytes());
    }
}

fn mark(contact: &str) -> u32 {
    let mut hasher = SipHasher13::new();
    hasher.write(contact.as_bytes());
    hasher.finish() as u32
}

impl Reach {
    /// One unit's people, each with contact and task.
    pub(super) fn put_in(
        &self,
        tx: &mut Tx<'_>,
        message: &str,
        people: &[(PersonNum, &str, i64)],
    ) -> Result<(), Refusal> {
        let mut bytes = Vec::with_capacity(people.len() * UNIT_BYTES);
        for (num, contact, task) in people {
            bytes.extend_from_slice(&task.to_le_bytes());
            Member { num: *num, mark: mark(contact) }.write(&mut bytes);
        }
        let sql = "INSERT INTO message_unit (message, people) VALUES ($1, $2)";
        tx.execute(sql, &[message.into(), Param::Blob(&bytes)])?;
        Ok(())
    }
    /// Nobody is put into the message's open tasks any more: their lists are laid out.
    pub(super) fn lay_out(&self, tx: &mut Tx<'_>, message: &str) -> Result<(), Refusal> {
        let mut lists: BTreeMap<i64, Vec<u8>> = BTreeMap::new();
        let sql = "SELECT people FROM message_unit WHERE message = $1 ORDER BY id";
        tx.each(sql, params![message], |row| {
            for one in row.blob(0)?.chunks_exact(UNIT_BYTES) {
                let (task, member) = one.split_at(UNIT_BYTES - LIST_BYTES);
                let task = i64::from_le_bytes(task.try_into().expect("eight bytes"));
                lists.entry(task).or_default().extend_from_slice(member);
            }
            Ok(())
        })?;
        let rows: Vec<[Param<'_>; 2]> =
            lists.iter().map(|(task, people)| [(*task).into(), Param::Blob(people)]).collect();
        tx.bulk("INSERT INTO message_list (task, people)", "", &rows)?;
        tx.execute("DELETE FROM message_unit WHERE message = $1", params![message])?;
        Ok(())
    }
    /// The list of a task that is made whole at once.
    pub(super) fn list(&self, tx: &mut Tx<'_>, task: i64, people: &[(PersonNum, String)]) -> Result<(), Refusal> {
        let mut bytes = Vec::with_capacity(people.len() * LIST_BYTES);
        for (num, contact) in people {
            Member { num: *num, mark: mark(contact) }.write(&mut bytes);
        }
        tx.execute("INSERT INTO message_list (task, people) VALUES ($1, $2)", &[task.into(), Param::Blob(&bytes)])?;
        Ok(())
    }
    /// They stand in this task no more.
    pub(super) fn leave(&self, tx: &mut Tx<'_>, task: i64, nums: &BTreeSet<i64>) -> Result<(), Refusal> {
        self.change(tx, task, |own| (!nums.contains(&i64::from(own.num))).then_some(own))
    }
    /// Nothing of the contacts of erased people stays in lists, nor in what is to become lists.
    pub(crate) fn forget_members(&self, tx: &mut Tx<'_>, nums: &[i64]) -> Result<(), Refusal> {
        let gone: BTreeSet<i64> = nums.iter().copied().collect();
        let scrubbed =
            |own: Member| Some(if gone.contains(&i64::from(own.num)) { Member { mark: 0, ..own } } else { own });
        let sql = format!("SELECT DISTINCT task FROM message_person WHERE {}", tx.any("num", 1));
        for task in tx.query(&sql, params![nums], |row| row.int(0))? {
            self.change(tx, task, scrubbed)?;
        }
        let sql = format!(
            "SELECT u.id, u.people FROM message_unit u WHERE u.message IN (SELECT p.message FROM message_person p WHERE {})",
            tx.any("p.num", 1)
        );
        for (id, mut people) in tx.query(&sql, params![nums], |row| Ok((row.int(0)?, row.blob(1)?)))? {
            for one in people.chunks_exact_mut(UNIT_BYTES) {
                let member = &mut one[UNIT_BYTES - LIST_BYTES..];
                if gone.contains(&i64::from(Member::read(member).num)) {
                    member[LIST_BYTES / 2..].fill(0);
                }
            }
            tx.execute("UPDATE message_unit SET people = $2 WHERE id = $1", &[id.into(), Param::Blob(&people)])?;
        }
        Ok(())
    }
    fn change(&self, tx: &mut Tx<'_>, task: i64, each: impl Fn(Member) -> Option<Member>) -> Result<(), Refusal> {
        let Some(members) = self.members(tx, task)? else { return Ok(()) };
        let mut bytes = Vec::with_capacity(members.len() * LIST_BYTES);
        members.into_iter().filter_map(each).for_each(|own| own.write(&mut bytes));
        tx.execute("UPDATE message_list SET people = $2 WHERE task = $1", &[task.into(), Param::Blob(&bytes)])?;
        Ok(())
    }
    fn members(&self, tx: &mut Tx<'_>, task: i64) -> Result<Option<Vec<Member>>, Refusal> {
        let bytes = tx.opt("SELECT people FROM message_list WHERE task = $1", params![task], |row| row.blob(0))?;
        Ok(bytes.map(|bytes| bytes.chunks_exact(LIST_BYTES).map(Member::read).collect()))
    }
    /// Numbers among which those of a task are, or of it those with these contacts. `None`: any (it gathers yet, or is older than lists).
    pub(super) fn among(
        &self,
        tx: &mut Tx<'_>,
        task: i64,
        contacts: Option<&[String]>,
    ) -> Result<Option<Vec<i64>>, Refusal> {
        let Some(members) = self.members(tx, task)? else { return Ok(None) };
        // An erased person's row has no contact any more.
        let marks: Option<BTreeSet<u32>> = contacts
            .filter(|all| all.iter().all(|own| !own.is_empty()))
            .map(|all| all.iter().map(|own| mark(own)).collect());
        let meant = members.into_iter().filter(|own| marks.as_ref().is_none_or(|all| all.contains(&own.mark)));
        Ok(Some(meant.map(|own| i64::from(own.num)).collect()))
    }
    /// Those of a task who wait, by number, with their contacts.
    pub(super) fn waiting(&self, tx: &mut Tx<'_>, task: &TaskRow) -> Result<Vec<(PersonNum, String)>, Refusal> {
        let among = self.among(tx, task.id, None)?;
        let narrowed = if among.is_some() { format!("AND {}", tx.any("num", 3)) } else { String::new() };
        let sql = format!(
            "SELECT num, contact FROM message_person WHERE message = $1 AND task = $2 AND state = 0 {narrowed} ORDER BY num"
        );
        let mut params = params![&task.message, task.id].to_vec();
        params.extend(among.as_ref().map(Param::from));
        Ok(tx.query(&sql, &params, |row| Ok((row.num(0)?, row.text(1)?)))?)
    }
    /// When those of a task who have these contacts were sent it; of those who were.
    pub(crate) fn sent_at(
        &self,
        tx: &mut Tx<'_>,
        message: &str,
        task: i64,
        contacts: &[String],
    ) -> Result<BTreeMap<String, Time>, Refusal> {
        let among = self.among(tx, task, Some(contacts))?;
        let narrowed = if among.is_some() { format!("AND {}", tx.any("num", 4)) } else { String::new() };
        let sql = format!(
            "SELECT contact, at FROM message_person WHERE message = $1 AND task = $2 AND state = 1 AND {} {narrowed}",
            tx.any("contact", 3)
        );
        let mut params = params![message, task, contacts].to_vec();
        params.extend(among.as_ref().map(Param::from));
        Ok(tx.query(&sql, &params, |row| Ok((row.text(0)?, row.time(1)?)))?.into_iter().collect())
    }
}
