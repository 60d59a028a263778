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
    let mut out: FxHashMap<String, Place> =
        keys.iter().map(|key| (key.clone(), Place { userid: key.clone(), store: String::new() })).collect();
    let sql = format!("SELECT key, userid, store FROM wecom_staff WHERE {}", tx.any("key", 1));
    tx.each(&sql, params![keys], |row| {
        out.insert(row.text(0)?, Place { userid: row.text(1)?, store: row.text(2)? });
        Ok(())
    })?;
    Ok(out)
}
