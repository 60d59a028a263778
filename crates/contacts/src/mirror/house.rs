//! The address book: departments and staff the app can see.

use crate::Contacts;
use crate::rows::{clean, json, key};
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
                   store = excluded.store, seen = excluded.seen, gone_at = NULL",
                params![own.id, &name, own.parentid, own.order, &json(&own.department_leader)?, &store, seen],
            )?;
        }
        tx.execute("UPDATE wecom_department SET gone_at = $2 WHERE seen < $1 AND gone_at IS NULL", params![seen, now])?;
        Ok(())
    }
    /// Members of staff as they were read; whether they serve customers is told apart.
    pub(crate) fn put_staff(&self, tx: &mut Tx<'_>, all: &[Staff], seen: i64) -> Result<(), Refusal> {
        // One member stands in several departments, and rows of one statement must not collide.
        let mut once: std::collections::BTreeMap<String, &Staff> = std::collections::BTreeMap::new();
        for own in all.iter().filter(|own| !own.userid.trim().is_empty()) {
            once.insert(key(&own.userid), own);
        }
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
        Ok(())
    }
    /// Staff this sync has not met are gone; those in `serving` may have customers.
    pub(crate) fn close_staff(&self, tx: &mut Tx<'_>, serving: &[String], seen: i64, now: Time) -> Result<(), Refusal> {
        tx.execute(
            "UPDATE wecom_staff SET gone_at = $2, serves = 0 WHERE seen < $1 AND gone_at IS NULL",
            params![seen, now],
        )?;
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
        tx.execute(
            "UPDATE wecom_staff SET gone_at = $2, serves = 0 WHERE key = $1 AND gone_at IS NULL",
            params![&key(userid), now],
        )?;
        Ok(())
    }
}
