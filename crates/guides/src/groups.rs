//! The customer groups of a seat: those its staff own or are in.

use crate::{Guides, Seat, refuse};
use siyu_db::{Param, Tx, params};
use siyu_kernel::{PersonNum, Refusal, Time};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupNumbers {
    pub chat: String,
    pub name: String,
    /// Userid and name.
    pub owner: String,
    pub owner_name: String,
    pub notice: String,
    pub created_at: Time,
    pub members: i64,
    /// Members from outside.
    pub customers: i64,
    /// Of these: who is a friend of somebody of the corp.
    pub known: i64,
    /// Of these: who is a friend of the seat's own member of staff.
    pub mine: i64,
    /// Of these: who has bought.
    pub buyers: i64,
    /// Who came and who left in the last seven days.
    pub joined: i64,
    pub left: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupCustomer {
    pub userid: String,
    pub name: String,
    /// From outside, rather than staff.
    pub outside: bool,
    pub join_at: Time,
    /// A friend of somebody of the corp.
    pub known: bool,
    /// Whether the seat sees them as a customer.
    pub seen: bool,
    pub root: Option<PersonNum>,
    /// The last page's end.
    pub orders: i64,
}

const FRIEND: &str = "EXISTS (SELECT 1 FROM wecom_follow f WHERE f.contact = m.userid AND f.status IN (0, 1))";
const BUYER: &str =
    "EXISTS (SELECT 1 FROM person p JOIN customer k ON k.root = p.root WHERE p.num = m.num AND k.orders > 0)";

impl Guides {
    /// Errors: `guide_group_unknown`, also for groups none of the seat's staff is in.
    pub fn group(&self, tx: &mut Tx<'_>, seat: &Seat, chat: &str) -> Result<GroupNumbers, Refusal> {
        let week = self.now().plus_days(-7);
        let count = |and: &str| format!("(SELECT COUNT(*) FROM wecom_member m WHERE m.chat = g.id AND {and})");
        let inside = "m.left_at IS NULL";
        let sql = format!(
            "SELECT g.id, g.name, COALESCE(s.userid, g.owner), COALESCE(s.name, ''), g.notice, g.created_at, {}, {}, {}, {}, {}, {}, {}, g.owner
             FROM wecom_group g LEFT JOIN wecom_staff s ON s.key = g.owner WHERE g.id = $1 AND g.dismissed_at IS NULL",
            count(inside),
            count(&format!("{inside} AND m.kind = 2")),
            count(&format!("{inside} AND m.kind = 2 AND {FRIEND}")),
            count(&format!("{inside} AND m.kind = 2 AND EXISTS (SELECT 1 FROM wecom_follow f WHERE f.contact = m.userid AND f.status IN (0, 1) AND f.staff = $2)")),
            count(&format!("{inside} AND m.kind = 2 AND {BUYER}")),
            count(&format!("{inside} AND m.join_at >= $3")),
            count("m.left_at >= $3"),
        );
        let row = tx.opt(&sql, params![chat, &seat.key, week], |row| {
            let own = GroupNumbers {
                chat: row.text(0)?,
                name: row.text(1)?,
                owner: row.text(2)?,
                owner_name: row.text(3)?,
                notice: row.text(4)?,
                created_at: row.time(5)?,
                members: row.int(6)?,
                customers: row.int(7)?,
                known: row.int(8)?,
                mine: row.int(9)?,
                buyers: row.int(10)?,
                joined: row.int(11)?,
                left: row.int(12)?,
            };
            Ok((own, row.text(13)?))
        })?;
        let (own, owner) = row.ok_or_else(refuse::group_unknown)?;
        if seat.covers(&owner) || self.is_inside(tx, seat, chat)? { Ok(own) } else { Err(refuse::group_unknown()) }
    }

    fn is_inside(&self, tx: &mut Tx<'_>, seat: &Seat, chat: &str) -> Result<bool, Refusal> {
        let keys = seat.keys();
        let who = if keys.is_some() { tx.any("LOWER(m.userid)", 2) } else { "$2 = ''".to_owned() };
        let sql = format!(
            "SELECT 1 FROM wecom_member m WHERE m.chat = $1 AND m.kind = 1 AND m.left_at IS NULL AND {who} LIMIT 1"
        );
        let second: Param<'_> = keys.as_ref().map_or("".into(), Into::into);
        Ok(tx.opt(&sql, &[chat.into(), second], |row| row.int(0))?.is_some())
    }

    /// Those inside, in the order of their ids. Errors: `guide_group_unknown`.
    pub fn group_members(
        &self,
        tx: &mut Tx<'_>,
        seat: &Seat,
        chat: &str,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Vec<GroupCustomer>, Refusal> {
        self.group(tx, seat, chat)?;
        let keys = seat.keys();
        let covered = if keys.is_some() { tx.any("f.staff", 4) } else { "$4 = ''".to_owned() };
        let sql = format!(
            "SELECT m.userid, CASE WHEN m.name = '' THEN COALESCE(s.name, '') ELSE m.name END, m.kind, m.join_at, {FRIEND},
               EXISTS (SELECT 1 FROM wecom_follow f WHERE f.contact = m.userid AND f.status IN (0, 1) AND {covered}), p.root,
               COALESCE((SELECT CAST(SUM(k.orders) AS BIGINT) FROM customer k WHERE k.root = p.root), 0)
             FROM wecom_member m LEFT JOIN wecom_staff s ON s.key = LOWER(m.userid) LEFT JOIN person p ON p.num = m.num
             WHERE m.chat = $1 AND m.left_at IS NULL AND m.userid > $2 ORDER BY m.userid LIMIT $3"
        );
        let fourth: Param<'_> = keys.as_ref().map_or("".into(), Into::into);
        let binds = [chat.into(), after.unwrap_or_default().into(), limit.clamp(1, 201).into(), fourth];
        Ok(tx.query(&sql, &binds, |row| {
            Ok(GroupCustomer {
                userid: row.text(0)?,
                name: row.text(1)?,
                outside: row.int(2)? == 2,
                join_at: row.time(3)?,
                known: row.flag(4)?,
                seen: row.flag(5)?,
                root: row.opt_int(6)?.and_then(|num| PersonNum::try_from(num).ok()),
                orders: row.int(7)?,
            })
        })?)
    }
}
