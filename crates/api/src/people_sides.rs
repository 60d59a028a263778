//! Parts of a person: what some of its identities brought.

use crate::App;
use crate::people_out::TagRef;
use serde::Serialize;
use siyu_db::{Tx, params};
use siyu_kernel::{Currency, PersonNum, Refusal, Time};
use siyu_people::TraitValue;
use std::collections::{BTreeMap, HashMap};
use utoipa::ToSchema;

/// Amounts in the workspace currency.
#[derive(Clone, Copy, Serialize, ToSchema)]
pub(crate) struct SideOrders {
    pub count: i64,
    pub amount: i64,
    pub refunded: i64,
}

fn list(nodes: &[PersonNum]) -> Vec<i64> {
    nodes.iter().map(|node| i64::from(*node)).collect()
}

/// When each identity was first seen, and how many orders came in with it.
pub(crate) fn facts(tx: &mut Tx<'_>, nodes: &[PersonNum]) -> Result<HashMap<PersonNum, (Time, i64)>, Refusal> {
    let nodes = list(nodes);
    let sql = format!("SELECT num, created_at FROM person WHERE {}", tx.any("num", 1));
    let seen = tx.query(&sql, params![&nodes], |row| Ok((row.num(0)?, (row.time(1)?, 0))))?;
    let mut facts: HashMap<PersonNum, (Time, i64)> = seen.into_iter().collect();
    let one_of = tx.any("person", 1);
    let sql = format!("SELECT person, COUNT(*) FROM orders WHERE stub = 0 AND sales > 0 AND {one_of} GROUP BY person");
    for (node, orders) in tx.query(&sql, params![&nodes], |row| Ok((row.num(0)?, row.int(1)?)))? {
        if let Some(fact) = facts.get_mut(&node) {
            fact.1 = orders;
        }
    }
    Ok(facts)
}

pub(crate) fn orders(tx: &mut Tx<'_>, nodes: &[PersonNum], currency: Currency) -> Result<SideOrders, Refusal> {
    let own = tx.any("person", 1);
    let sql = format!(
        "SELECT CAST(COALESCE(SUM(CASE WHEN sales > 0 THEN 1 ELSE 0 END), 0) AS BIGINT),
           CAST(COALESCE(SUM(CASE WHEN currency = $2 THEN amount ELSE 0 END), 0) AS BIGINT),
           CAST(COALESCE(SUM(CASE WHEN currency = $2 THEN refunded ELSE 0 END), 0) AS BIGINT)
         FROM orders WHERE stub = 0 AND {own}"
    );
    Ok(tx.one(&sql, params![&list(nodes), currency.code()], |row| {
        Ok(SideOrders { count: row.int(0)?, amount: row.int(1)?, refunded: row.int(2)? })
    })?)
}

pub(crate) fn tags(tx: &mut Tx<'_>, nodes: &[PersonNum], now: Time) -> Result<Vec<TagRef>, Refusal> {
    let own = tx.any("pt.num", 1);
    let sql = format!(
        "SELECT t.id, t.name, g.name, t.color, t.kind, MAX(pt.expires_at) FROM person_tag pt
         JOIN tag t ON t.num = pt.tag JOIN tag_group g ON g.id = t.group_id
         WHERE {own} AND (pt.expires_at IS NULL OR pt.expires_at > $2)
         GROUP BY t.id, t.name, g.name, t.color, t.kind ORDER BY g.name, t.name"
    );
    Ok(tx.query(&sql, params![&list(nodes), now], |row| {
        Ok(TagRef {
            id: row.text(0)?,
            name: row.text(1)?,
            group: row.text(2)?,
            color: row.text(3)?,
            kind: row.text(4)?,
            expires_at: row.opt_time(5)?,
        })
    })?)
}

/// Of each field the value set last among these identities.
pub(crate) fn traits(
    app: &App,
    tx: &mut Tx<'_>,
    root: PersonNum,
    nodes: &[PersonNum],
) -> Result<BTreeMap<String, TraitValue>, Refusal> {
    let mut latest: BTreeMap<String, (bool, TraitValue)> = BTreeMap::new();
    for (num, name, value) in app.people.node_traits(tx, nodes)? {
        let is_root = num == root;
        let newer = latest.get(&name).is_none_or(|(_, held)| (value.at, is_root) > (held.at, false));
        if newer {
            latest.insert(name, (is_root, value));
        }
    }
    Ok(latest.into_iter().map(|(name, (_, value))| (name, value)).filter(|(_, held)| !held.value.is_null()).collect())
}
