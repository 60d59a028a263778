//! Who sits before the page, and whose customers they see.

use crate::texts::key;
use crate::{Guides, refuse};
use serde_json::Value;
use siyu_db::{Engine, Tx, params};
use siyu_kernel::Refusal;

/// How far somebody sees beyond their own customers, as the user of the console they are may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Beyond {
    /// Only what WeCom says: whoever leads a department sees its staff.
    Nothing,
    /// The staff of these stores.
    Stores(Vec<String>),
    Everything,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sees {
    Own,
    /// These members of staff by key, their own among them.
    Staff(Vec<String>),
    Everybody,
}

/// A member of staff before the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seat {
    /// The userid in lower case, as rows have it.
    pub key: String,
    pub userid: String,
    pub name: String,
    /// Code of the store they belong to.
    pub store: Option<String>,
    pub store_name: Option<String>,
    pub sees: Sees,
}

impl Seat {
    /// Whether they see more than their own customers.
    pub fn leads(&self) -> bool {
        self.sees != Sees::Own
    }
    /// Whether this member of staff is one they see. By key.
    pub fn covers(&self, staff: &str) -> bool {
        match &self.sees {
            Sees::Own => self.key == staff,
            Sees::Staff(keys) => keys.iter().any(|own| own == staff),
            Sees::Everybody => true,
        }
    }
    /// The keys a query is limited to; `None` for all.
    pub(crate) fn keys(&self) -> Option<Vec<String>> {
        match &self.sees {
            Sees::Own => Some(vec![self.key.clone()]),
            Sees::Staff(keys) => Some(keys.clone()),
            Sees::Everybody => None,
        }
    }
}

struct Department {
    id: i64,
    parent: i64,
    leaders: Vec<String>,
}

fn list<T: serde::de::DeserializeOwned>(text: &str) -> Vec<T> {
    serde_json::from_str(text).unwrap_or_default()
}

impl Guides {
    /// Errors: `guide_not_staff` for whoever is not in the mirror, has left, or may not log in to WeCom.
    pub fn seat(&self, tx: &mut Tx<'_>, staff: &str, beyond: &Beyond) -> Result<Seat, Refusal> {
        let row = tx.opt(
            "SELECT key, userid, name, store FROM wecom_staff WHERE key = $1 AND gone_at IS NULL AND status IN (1, 4)",
            params![&key(staff)],
            |row| Ok((row.text(0)?, row.text(1)?, row.text(2)?, row.text(3)?)),
        )?;
        let (key, userid, name, store) = row.ok_or_else(refuse::not_staff)?;
        let store = Some(store).filter(|code| !code.is_empty());
        let store_name = match &store {
            None => None,
            Some(code) => tx.opt("SELECT name FROM store WHERE code = $1", params![code], |row| row.text(0))?,
        };
        let mut others = match beyond {
            Beyond::Everything => {
                return Ok(Seat { key, userid, name, store, store_name, sees: Sees::Everybody });
            }
            Beyond::Stores(codes) => self.staff_of_stores(tx, codes)?,
            Beyond::Nothing => {
                let departments = led(&self.departments(tx)?, &userid);
                if departments.is_empty() { Vec::new() } else { self.staff_in(tx, &departments)? }
            }
        };
        let sees = if others.is_empty() {
            Sees::Own
        } else {
            others.push(key.clone());
            others.sort_unstable();
            others.dedup();
            Sees::Staff(others)
        };
        Ok(Seat { key, userid, name, store, store_name, sees })
    }

    fn departments(&self, tx: &mut Tx<'_>) -> Result<Vec<Department>, Refusal> {
        Ok(tx.query("SELECT id, parent, leaders FROM wecom_department WHERE gone_at IS NULL", &[], |row| {
            let leaders = list::<Value>(&row.text(2)?);
            let leaders = leaders.iter().filter_map(Value::as_str).map(key).collect();
            Ok(Department { id: row.int(0)?, parent: row.int(1)?, leaders })
        })?)
    }

    /// The staff of these departments, by key.
    fn staff_in(&self, tx: &mut Tx<'_>, departments: &[i64]) -> Result<Vec<String>, Refusal> {
        let within = match tx.engine() {
            Engine::Sqlite => {
                format!("EXISTS (SELECT 1 FROM json_each(departments) d WHERE {})", tx.any("d.value", 1))
            }
            Engine::Postgres => {
                "EXISTS (SELECT 1 FROM jsonb_array_elements_text(departments::jsonb) d WHERE CAST(d AS BIGINT) = ANY($1))"
                    .to_owned()
            }
        };
        let sql = format!("SELECT key FROM wecom_staff WHERE gone_at IS NULL AND {within} ORDER BY key");
        Ok(tx.query(&sql, params![departments], |row| row.text(0))?)
    }

    /// The staff of these stores, by key.
    pub(crate) fn staff_of_stores(&self, tx: &mut Tx<'_>, codes: &[String]) -> Result<Vec<String>, Refusal> {
        let sql = format!("SELECT key FROM wecom_staff WHERE gone_at IS NULL AND {} ORDER BY key", tx.any("store", 1));
        Ok(tx.query(&sql, params![codes], |row| row.text(0))?)
    }

    /// Name and key of a member of staff a seat sees. Errors: `guide_staff_unknown`.
    pub(crate) fn colleague(&self, tx: &mut Tx<'_>, seat: &Seat, userid: &str) -> Result<String, Refusal> {
        let wanted = key(userid);
        let here = "SELECT 1 FROM wecom_staff WHERE key = $1 AND gone_at IS NULL";
        let there = tx.opt(here, params![&wanted], |row| row.int(0))?.is_some();
        if there && seat.covers(&wanted) { Ok(wanted) } else { Err(refuse::staff_unknown()) }
    }
}

/// The departments somebody leads, and those below.
fn led(all: &[Department], userid: &str) -> Vec<i64> {
    let own = key(userid);
    let mut found: Vec<i64> = all.iter().filter(|one| one.leaders.contains(&own)).map(|one| one.id).collect();
    let mut at = 0;
    while let Some(id) = found.get(at).copied() {
        at += 1;
        let below = all.iter().filter(|one| one.parent == id && one.id != id).map(|one| one.id);
        let below: Vec<i64> = below.filter(|id| !found.contains(id)).collect();
        found.extend(below);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_leads_a_department_leads_those_below() {
        let one = |id, parent, leader: &str| Department { id, parent, leaders: vec![leader.to_owned()] };
        let all = [one(1, 0, "boss"), one(2, 1, "east"), one(3, 2, "shop"), one(4, 1, "west"), one(5, 5, "loop")];
        assert_eq!(led(&all, "East"), [2, 3]);
        assert_eq!(led(&all, "shop"), [3]);
        assert_eq!(led(&all, "boss").len(), 4);
        assert_eq!(led(&all, "loop"), [5]);
        assert!(led(&all, "guide").is_empty());
    }
}
