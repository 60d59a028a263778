//! Customers that were lost: by whom, since when, after how long a friendship.

use crate::Contacts;
use crate::rows::key;
use rustc_hash::FxHashMap;
use siyu_db::{Tx, params};
use siyu_kernel::{PersonNum, Refusal, Time};

#[derive(Clone, Debug, Default)]
pub struct LostQuery {
    /// A member of staff; all when `None`.
    pub staff: Option<String>,
    /// `customer`, `staff`, `transfer`, `staff_left` or `unknown`.
    pub by: Option<String>,
    /// Only losses of these members of staff, by key; all when `None`.
    pub only: Option<Vec<String>>,
    pub from: Option<Time>,
    pub to: Option<Time>,
    /// The last row of the page before: instant, customer, member of staff.
    pub after: Option<(Time, String, String)>,
    pub limit: i64,
}

#[derive(Clone, Debug)]
pub struct LostRow {
    pub contact: String,
    pub num: PersonNum,
    pub name: String,
    pub staff: String,
    pub userid: String,
    pub staff_name: String,
    /// Userids of those who lead the departments the member of staff is in: whom the loss concerns besides them.
    pub managers: Vec<String>,
    pub state: String,
    pub added_at: Time,
    pub lost_at: Time,
    pub by: String,
    /// Members of staff who still have this customer.
    pub others: i64,
}

impl Contacts {
    /// The newest first.
    pub fn lost(&self, tx: &mut Tx<'_>, query: &LostQuery) -> Result<Vec<LostRow>, Refusal> {
        let staff = query.staff.as_deref().map(key).unwrap_or_default();
        let by = query.by.clone().unwrap_or_default();
        let (from, to) = (query.from.unwrap_or(Time::MIN), query.to.unwrap_or(Time::MAX));
        let (at, contact, follower) = query.after.clone().unwrap_or((Time(i64::MAX), String::new(), String::new()));
        let only = query.only.clone().unwrap_or_default();
        let sql = format!(
            "SELECT f.contact, c.num, c.name, f.staff, COALESCE(s.userid, f.staff), COALESCE(s.name, ''), COALESCE(s.departments, '[]'), f.state, f.created_at, f.lost_at, COALESCE(f.lost_by, 'unknown'),
              (SELECT COUNT(*) FROM wecom_follow o WHERE o.contact = f.contact AND o.status = 0)
            FROM wecom_follow f JOIN wecom_contact c ON c.id = f.contact LEFT JOIN wecom_staff s ON s.key = f.staff
            WHERE f.status = 2 AND f.lost_at >= $1 AND f.lost_at <= $2 AND ($3 = '' OR f.staff = $3) AND ($4 = '' OR f.lost_by = $4)
              AND (f.lost_at < $5 OR (f.lost_at = $5 AND (f.contact > $6 OR (f.contact = $6 AND f.staff > $7))))
              AND ($9 = 0 OR {})
            ORDER BY f.lost_at DESC, f.contact, f.staff LIMIT $8",
            tx.any("f.staff", 10)
        );
        let limited = i64::from(query.only.is_some());
        let limit = query.limit.clamp(1, 200);
        let rows =
            tx.query(&sql, params![from, to, &staff, &by, at, &contact, &follower, limit, limited, &only], |row| {
                let departments: Vec<i64> = serde_json::from_str(&row.text(6)?).unwrap_or_default();
                let lost = LostRow {
                    contact: row.text(0)?,
                    num: row.num(1)?,
                    name: row.text(2)?,
                    staff: row.text(3)?,
                    userid: row.text(4)?,
                    staff_name: row.text(5)?,
                    managers: Vec::new(),
                    state: row.text(7)?,
                    added_at: row.time(8)?,
                    lost_at: row.time(9)?,
                    by: row.text(10)?,
                    others: row.int(11)?,
                };
                Ok((lost, departments))
            })?;
        let mut ids: Vec<i64> = rows.iter().flat_map(|(_, own)| own.iter().copied()).collect();
        ids.sort_unstable();
        ids.dedup();
        let sql = format!("SELECT id, leaders FROM wecom_department WHERE {}", tx.any("id", 1));
        let leaders: FxHashMap<i64, Vec<String>> = tx
            .query(&sql, params![&ids], |row| {
                Ok((row.int(0)?, serde_json::from_str(&row.text(1)?).unwrap_or_default()))
            })?
            .into_iter()
            .collect();
        let with_managers = |(mut row, own): (LostRow, Vec<i64>)| {
            row.managers = own.iter().filter_map(|id| leaders.get(id)).flatten().cloned().collect();
            row.managers.sort_unstable();
            row.managers.dedup();
            row
        };
        Ok(rows.into_iter().map(with_managers).collect())
    }
}
