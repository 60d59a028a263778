//! The address book: departments and staff the app can see.

use crate::rows::{clean, json, key};
use crate::{Contacts, refuse};
use rustc_hash::FxHashMap;
use siyu_db::{Param, Tx, params};
use siyu_kernel::{Refusal, Time};
use siyu_wecom::{Department, Staff};

impl Contacts {
    /// All visible departments; others are gone.
    pub(crate) fn put_departments(
        &self,
        tx: &mut Tx<'_>,
        all: &[Department],
        seen: i64,
        now: Time,
    ) -> Result<(), Refusal> {
        for own in all {
            let name = clean(&own.name, 128);
            let store = self.inner.around.store_named(tx, name.trim())?;
            tx.execute(
                "INSERT INTO wecom_department (id, name, parent, sort, leaders, store, seen) VALUES ($1, $2, $3, $4, $5, $6, $7)
                 ON CONFLICT (id) DO UPDATE SET name = excluded.name, parent = excluded.parent, sort = excluded.sort, leaders = excluded.leaders,
                   store = COALESCE(NULLIF(wecom_department.chosen, ''), CASE WHEN wecom_department.chosen IS NULL THEN excluded.store END),
                   seen = excluded.seen, gone_at = NULL",
                params![own.id, &name, own.parentid, own.order, &json(&own.department_leader)?, &store, seen],
            )?;
        }
        tx.execute("UPDATE wecom_department SET gone_at = $2 WHERE seen < $1 AND gone_at IS NULL", params![seen, now])?;
        place_staff(tx, None)
    }
    /// Says which store a department is: a code, `Some("")` for none, `None` for the one of its name. Events from here on carry it.
    ///
    /// Errors: `wecom_department_unknown`, `wecom_department_store`.
    pub fn choose_store(&self, tx: &mut Tx<'_>, department: i64, chosen: Option<&str>) -> Result<(), Refusal> {
        let sql = "SELECT name FROM wecom_department WHERE id = $1 AND gone_at IS NULL";
        let name = tx.opt(sql, params![department], |row| row.text(0))?.ok_or_else(refuse::department_unknown)?;
        let store = match chosen {
            Some("") => None,
            Some(code) => Some(self.inner.around.store_named(tx, code)?.ok_or_else(refuse::department_store)?),
            None => self.inner.around.store_named(tx, name.trim())?,
        };
        let chosen = chosen.map(|own| if own.is_empty() { String::new() } else { store.clone().unwrap_or_default() });
        tx.execute(
            "UPDATE wecom_department SET chosen = $2, store = $3 WHERE id = $1",
            params![department, &chosen, &store],
        )?;
        place_staff(tx, None)
    }
    /// Members of staff as they were read; whether they serve customers is told apart.
    pub(crate) fn put_staff(&self, tx: &mut Tx<'_>, all: &[Staff], seen: i64) -> Result<(), Refusal> {
        // One member stands in several departments, and rows of one statement must not collide.
        let mut once: std::collections::BTreeMap<String, &Staff> = std::collections::BTreeMap::new();
        for own in all.iter().filter(|own| !own.userid.trim().is_empty()) {
            once.insert(key(&own.userid), own);
        }
        let keys: Vec<String> = once.keys().cloned().collect();
        let mut rows = Vec::with_capacity(once.len());
        for (key, own) in once {
            let main = own.main_department.or_else(|| own.department.first().copied()).unwrap_or(0);
            let text = [
                clean(&own.userid, 64),
                clean(&own.name, 128),
                json(&own.department)?,
                clean(own.position.as_deref().unwrap_or(""), 128),
            ];
            rows.push((key, text, main, if own.status == 0 { 1 } else { own.status }));
        }
        let rows: Vec<[Param<'_>; 8]> = rows
            .iter()
            .map(|(key, [userid, name, departments, position], main, status)| {
                [
                    key.into(),
                    userid.into(),
                    name.into(),
                    departments.into(),
                    (*main).into(),
                    position.into(),
                    (*status).into(),
                    seen.into(),
                ]
            })
            .collect();
        tx.bulk(
            "INSERT INTO wecom_staff (key, userid, name, departments, main_department, position, status, seen)",
            "ON CONFLICT (key) DO UPDATE SET userid = excluded.userid, name = excluded.name, departments = excluded.departments,
               main_department = excluded.main_department, position = excluded.position, status = excluded.status, seen = excluded.seen, gone_at = NULL",
            &rows,
        )?;
        place_staff(tx, Some(&keys))
    }
    /// Staff this sync has not met are gone; those in `serving` may have customers.
    pub(crate) fn close_staff(&self, tx: &mut Tx<'_>, serving: &[String], seen: i64, now: Time) -> Result<(), Refusal> {
        let gone = tx.execute(
            "UPDATE wecom_staff SET gone_at = $2, serves = 0 WHERE seen < $1 AND gone_at IS NULL",
            params![seen, now],
        )?;
        if gone > 0 {
            self.read_leavers_soon(tx, now)?;
        }
        self.set_serving(tx, serving)
    }
    pub(crate) fn set_serving(&self, tx: &mut Tx<'_>, serving: &[String]) -> Result<(), Refusal> {
        let keys: Vec<String> = serving.iter().map(|own| key(own)).collect();
        let in_list = tx.any("key", 1);
        tx.execute(&format!("UPDATE wecom_staff SET serves = 0 WHERE serves = 1 AND NOT ({in_list})"), params![&keys])?;
        tx.execute(&format!("UPDATE wecom_staff SET serves = 1 WHERE serves = 0 AND {in_list}"), params![&keys])?;
        Ok(())
    }
    pub(crate) fn drop_staff(&self, tx: &mut Tx<'_>, userid: &str, now: Time) -> Result<(), Refusal> {
        let gone = tx.execute(
            "UPDATE wecom_staff SET gone_at = $2, serves = 0 WHERE key = $1 AND gone_at IS NULL",
            params![&key(userid), now],
        )?;
        if gone > 0 {
            self.read_leavers_soon(tx, now)?;
        }
        Ok(())
    }
}

/// The store of these members of staff, or of all: that of the main department, else of the first that has one.
fn place_staff(tx: &mut Tx<'_>, only: Option<&[String]>) -> Result<(), Refusal> {
    let sql = "SELECT id, store FROM wecom_department WHERE store IS NOT NULL AND gone_at IS NULL";
    let stores: FxHashMap<i64, String> =
        tx.query(sql, &[], |row| Ok((row.int(0)?, row.text(1)?)))?.into_iter().collect();
    let mut moved: Vec<(String, String)> = Vec::new();
    let sql = "SELECT key, main_department, departments, store FROM wecom_staff";
    let (sql, list) = match only {
        Some(keys) => (format!("{sql} WHERE {}", tx.any("key", 1)), vec![Param::from(keys)]),
        None => (sql.to_owned(), Vec::new()),
    };
    tx.each(&sql, &list, |row| {
        let all: Vec<i64> = serde_json::from_str(&row.text(2)?).unwrap_or_default();
        let store = [row.int(1)?].iter().chain(&all).find_map(|id| stores.get(id)).cloned().unwrap_or_default();
        if store != row.text(3)? {
            moved.push((row.text(0)?, store));
        }
        Ok(())
    })?;
    for (key, store) in moved {
        tx.execute("UPDATE wecom_staff SET store = $2 WHERE key = $1", params![&key, &store])?;
    }
    Ok(())
}
