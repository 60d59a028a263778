//! Who stands in which task. Tables have no index for it: see the migration `0013_members`.
//!
//! A list says who was put into a task; somebody may have left it since. So a list only narrows where is looked, and the rows decide.

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
    /// Of the customer's id at WeCom. Two may have the same.
    mark: u32,
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
            bytes.extend_from_slice(&num.to_le_bytes());
            bytes.extend_from_slice(&mark(contact).to_le_bytes());
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
            bytes.extend_from_slice(&num.to_le_bytes());
            bytes.extend_from_slice(&mark(contact).to_le_bytes());
        }
        tx.execute("INSERT INTO message_list (task, people) VALUES ($1, $2)", &[task.into(), Param::Blob(&bytes)])?;
        Ok(())
    }
    /// Numbers among which those of a task are, or of it those with these contacts. `None`: any (it gathers yet, or is older than lists).
    pub(super) fn among(
        &self,
        tx: &mut Tx<'_>,
        task: i64,
        contacts: Option<&[String]>,
    ) -> Result<Option<Vec<i64>>, Refusal> {
        let bytes = tx.opt("SELECT people FROM message_list WHERE task = $1", params![task], |row| row.blob(0))?;
        let Some(bytes) = bytes else { return Ok(None) };
        let members = bytes.chunks_exact(LIST_BYTES).map(|one| Member {
            num: u32::from_le_bytes(one[..4].try_into().expect("four bytes")),
            mark: u32::from_le_bytes(one[4..].try_into().expect("four bytes")),
        });
        // An erased person's row has no contact any more, and the list has the old one's mark.
        let marks: Option<BTreeSet<u32>> = contacts
            .filter(|all| all.iter().all(|own| !own.is_empty()))
            .map(|all| all.iter().map(|own| mark(own)).collect());
        let meant = members.filter(|own| marks.as_ref().is_none_or(|all| all.contains(&own.mark)));
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
