//! Small things the mirror's parts share.

use rustc_hash::FxHashMap;
use siyu_db::{DbError, Tx, params};
use siyu_kernel::{Refusal, Time};

/// WeCom does not distinguish the case of a userid: this is the form rows are found by.
pub(crate) fn key(userid: &str) -> String {
    userid.trim().to_lowercase()
}
/// WeCom's seconds.
pub(crate) fn time(seconds: i64) -> Time {
    Time(seconds.saturating_mul(1_000_000)).in_range().unwrap_or_default()
}
/// `NULL`-free text of a field that may be absent.
pub(crate) fn text(value: &Option<String>) -> String {
    value.clone().unwrap_or_default()
}
/// A foreign text of bounded length, without control characters: names come from strangers.
pub(crate) fn clean(value: &str, max: usize) -> String {
    value.chars().filter(|c| !c.is_control()).take(max).collect()
}
pub(crate) fn json<T: serde::Serialize>(value: &T) -> Result<String, Refusal> {
    serde_json::to_string(value).map_err(Refusal::internal)
}

/// What events say of a member of staff.
#[derive(Clone, Debug, Default)]
pub(crate) struct Place {
    pub userid: String,
    pub store: String,
}

/// Userid and store of these members of staff, by key; one that is not mirrored yet has its key for a userid.
pub(crate) fn places(tx: &mut Tx<'_>, keys: &[String]) -> Result<FxHashMap<String, Place>, DbError> {
    let sql = format!("SELECT key, userid, main_department, departments FROM wecom_staff WHERE {}", tx.any("key", 1));
    let rows = tx.query(&sql, params![keys], |row| {
        let all: Vec<i64> = serde_json::from_str(&row.text(3)?).unwrap_or_default();
        Ok((row.text(0)?, row.text(1)?, row.int(2)?, all))
    })?;
    let mut departments: Vec<i64> =
        rows.iter().flat_map(|(_, _, main, all)| all.iter().copied().chain([*main])).collect();
    departments.sort_unstable();
    departments.dedup();
    let sql = format!("SELECT id, store FROM wecom_department WHERE store IS NOT NULL AND {}", tx.any("id", 1));
    let stores: FxHashMap<i64, String> =
        tx.query(&sql, params![&departments], |row| Ok((row.int(0)?, row.text(1)?)))?.into_iter().collect();
    let mut out: FxHashMap<String, Place> =
        keys.iter().map(|key| (key.clone(), Place { userid: key.clone(), store: String::new() })).collect();
    for (key, userid, main, all) in rows {
        let store = [main].iter().chain(&all).find_map(|id| stores.get(id)).cloned().unwrap_or_default();
        out.insert(key, Place { userid, store });
    }
    Ok(out)
}
