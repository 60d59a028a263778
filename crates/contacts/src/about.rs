//! What the mirror knows of one customer and of one member of staff, for whoever has to act at once.

use crate::Contacts;
use crate::rows::key;
use siyu_db::{Tx, params};
use siyu_kernel::{PersonNum, Refusal, Time};
use std::collections::{BTreeMap, BTreeSet};

/// A customer who is mirrored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    pub num: PersonNum,
    pub name: String,
    /// 1 man, 2 woman, 0 not known.
    pub gender: i64,
    pub relations: Vec<AboutRelation>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AboutRelation {
    /// Key of the member of staff.
    pub staff: String,
    pub created_at: Time,
    pub lost_at: Option<Time>,
    /// `friends`, `half` or `lost`.
    pub status: &'static str,
}

/// A member of staff; of one who is not mirrored only the userid is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Colleague {
    pub key: String,
    pub userid: String,
    pub name: String,
    /// Code of the store that one of the departments is named after.
    pub store: String,
    /// Name of that department, else of the main one.
    pub store_name: String,
    pub departments: Vec<i64>,
}

impl Contacts {
    pub fn about(&self, tx: &mut Tx<'_>, contact: &str) -> Result<Option<About>, Refusal> {
        let sql = "SELECT num, name, gender FROM wecom_contact WHERE id = $1";
        let found = tx.opt(sql, params![contact], |row| Ok((row.num(0)?, row.text(1)?, row.int(2)?)))?;
        let Some((num, name, gender)) = found else { return Ok(None) };
        let sql = "SELECT staff, created_at, lost_at, status FROM wecom_follow WHERE contact = $1 ORDER BY created_at";
        let relations = tx.query(sql, params![contact], |row| {
            Ok(AboutRelation {
                staff: row.text(0)?,
                created_at: row.time(1)?,
                lost_at: row.opt_time(2)?,
                status: match row.int(3)? {
                    0 => "friends",
                    1 => "half",
                    _ => "lost",
                },
            })
        })?;
        Ok(Some(About { num, name, gender, relations }))
    }

    pub fn colleague(&self, tx: &mut Tx<'_>, userid: &str) -> Result<Colleague, Refusal> {
        let own = key(userid);
        let sql = "SELECT userid, name, main_department, departments FROM wecom_staff WHERE key = $1";
        let found = tx.opt(sql, params![&own], |row| {
            let all: Vec<i64> = serde_json::from_str(&row.text(3)?).unwrap_or_default();
            Ok((row.text(0)?, row.text(1)?, row.int(2)?, all))
        })?;
        let Some((userid, name, main, mut departments)) = found else {
            return Ok(Colleague { key: own, userid: userid.to_owned(), ..Colleague::default() });
        };
        departments.retain(|id| *id != main);
        departments.insert(0, main);
        let sql = format!("SELECT id, name, COALESCE(store, '') FROM wecom_department WHERE {}", tx.any("id", 1));
        let rows: BTreeMap<i64, (String, String)> = tx
            .query(&sql, params![&departments], |row| Ok((row.int(0)?, (row.text(1)?, row.text(2)?))))?
            .into_iter()
            .collect();
        let of = |id: &i64| rows.get(id).filter(|(_, store)| !store.is_empty());
        let place = departments.iter().find_map(of).or_else(|| rows.get(&main)).cloned().unwrap_or_default();
        Ok(Colleague { key: own, userid, name, store: place.1, store_name: place.0, departments })
    }

    /// These departments and all below them.
    pub fn departments_below(&self, tx: &mut Tx<'_>, ids: &[i64]) -> Result<BTreeSet<i64>, Refusal> {
        let parents: Vec<(i64, i64)> =
            tx.query("SELECT id, parent FROM wecom_department", &[], |row| Ok((row.int(0)?, row.int(1)?)))?;
        let mut found: BTreeSet<i64> = ids.iter().copied().collect();
        loop {
            let before = found.len();
            found.extend(
                parents.iter().filter(|(_, parent)| found.contains(parent)).map(|(id, _)| *id).collect::<Vec<_>>(),
            );
            if found.len() == before {
                return Ok(found);
            }
        }
    }
}

impl Contacts {
    /// Of each of these people the customer and the key of the member of staff they are friends with: who may have customers, and was added last.
    /// Whoever is nobody's friend is left out.
    pub fn last_friends(
        &self,
        tx: &mut Tx<'_>,
        roots: &[PersonNum],
    ) -> Result<BTreeMap<PersonNum, (String, String)>, Refusal> {
        let last = |(root, mut all): (PersonNum, Vec<(String, String)>)| Some((root, all.pop()?));
        Ok(self.friends(tx, roots)?.into_iter().filter_map(last).collect())
    }
    /// Of each of these people every friendship with a member of staff who may have customers: the customer and the member, whoever was added last at
    /// the end.
    #[allow(clippy::type_complexity, reason = "by person, a list of pairs")]
    pub fn friends(
        &self,
        tx: &mut Tx<'_>,
        roots: &[PersonNum],
    ) -> Result<BTreeMap<PersonNum, Vec<(String, String)>>, Refusal> {
        let pairs = self.inner.people.nodes_of(tx, roots)?;
        let root_of: BTreeMap<PersonNum, PersonNum> = pairs.iter().copied().collect();
        let nodes: Vec<i64> = pairs.iter().map(|(node, _)| i64::from(*node)).collect();
        let sql = format!(
            "SELECT c.num, f.contact, f.staff FROM wecom_contact c JOIN wecom_follow f ON f.contact = c.id AND f.status = 0
             JOIN wecom_staff s ON s.key = f.staff AND s.serves = 1 AND s.gone_at IS NULL WHERE {} ORDER BY f.created_at, f.staff",
            tx.any("c.num", 1)
        );
        let mut found: BTreeMap<PersonNum, Vec<(String, String)>> = BTreeMap::new();
        tx.each(&sql, params![&nodes], |row| {
            if let Some(root) = root_of.get(&row.num(0)?) {
                found.entry(*root).or_default().push((row.text(1)?, row.text(2)?));
            }
            Ok(())
        })?;
        Ok(found)
    }
}
