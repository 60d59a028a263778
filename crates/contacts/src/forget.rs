//! What is forgotten of somebody who is erased, and that they stay so.

use crate::Contacts;
use crate::handover::LIVE;
use crate::rows::time;
use rustc_hash::FxHashMap;
use siyu_db::{DbError, Tx, params};
use siyu_kernel::{PersonNum, Refusal, Time};

impl Contacts {
    /// Takes somebody's customers, relations, memberships and waiting changes out of the mirror, and callbacks that name them out of the
    /// inbox. What WeCom still shows of them is passed over from here on, until they come anew by themselves.
    pub fn forget(&self, tx: &mut Tx<'_>, nodes: &[PersonNum], now: Time) -> Result<usize, Refusal> {
        let nums: Vec<i64> = nodes.iter().map(|node| i64::from(*node)).collect();
        let mut ids =
            tx.query(&format!("SELECT id FROM wecom_contact WHERE {}", tx.any("num", 1)), params![&nums], |row| {
                row.text(0)
            })?;
        ids.extend(tx.query(
            &format!("SELECT DISTINCT userid FROM wecom_member WHERE {}", tx.any("num", 1)),
            params![&nums],
            |row| row.text(0),
        )?);
        ids.sort_unstable();
        ids.dedup();
        for id in &ids {
            tx.execute(
                "INSERT INTO wecom_forgotten (hash, at) VALUES ($1, $2) ON CONFLICT (hash) DO UPDATE SET at = excluded.at",
                params![&self.hash(id), now],
            )?;
        }
        // The item stays, so that its job's sums do; who it was does not.
        let erased = format!(
            "UPDATE handover_item SET target = '', num = NULL, code = CASE WHEN state IN {LIVE} THEN 'erased' ELSE code END,
               settled_at = CASE WHEN state IN {LIVE} THEN $2 ELSE settled_at END, state = CASE WHEN state IN {LIVE} THEN 'cancelled' ELSE state END
             WHERE {}",
            tx.any("target", 1)
        );
        tx.execute(&erased, params![&ids, now])?;
        let pushes = format!(
            "DELETE FROM wecom_alert_push WHERE alert IN (SELECT id FROM wecom_alert WHERE {})",
            tx.any("contact", 1)
        );
        tx.execute(&pushes, params![&ids])?;
        for (table, column) in [
            ("wecom_unassigned", "contact"),
            ("wecom_alert", "contact"),
            ("wecom_follow_tag", "contact"),
            ("wecom_follow", "contact"),
            ("wecom_outgoing", "contact"),
            ("wecom_conflict", "contact"),
            ("wecom_member", "userid"),
            ("wecom_contact", "id"),
        ] {
            tx.execute(&format!("DELETE FROM {table} WHERE {}", tx.any(column, 1)), params![&ids])?;
        }
        // Only callbacks that wait or were set aside have a content.
        let kept =
            tx.query("SELECT id, body FROM wecom_inbox WHERE state <> 1", &[], |row| Ok((row.int(0)?, row.blob(1)?)))?;
        let names = |sealed: &[u8]| {
            self.inner.vault.open(sealed).is_ok_and(|plain| {
                let text = String::from_utf8_lossy(&plain);
                ids.iter().any(|id| text.contains(id.as_str()))
            })
        };
        let named: Vec<i64> = kept.into_iter().filter(|(_, body)| names(body)).map(|(id, _)| id).collect();
        self.finish(tx, &named)?;
        Ok(ids.len())
    }

    fn hash(&self, id: &str) -> String {
        self.inner.vault.digest("wecom_forgotten", id).iter().map(|byte| format!("{byte:02x}")).collect()
    }
    /// Which of these ids are forgotten, and since when.
    pub(crate) fn forgotten<'i>(
        &self,
        tx: &mut Tx<'_>,
        ids: impl Iterator<Item = &'i str>,
    ) -> Result<FxHashMap<String, Time>, DbError> {
        if tx.opt("SELECT 1 FROM wecom_forgotten LIMIT 1", &[], |row| row.int(0))?.is_none() {
            return Ok(FxHashMap::default());
        }
        let by_hash: FxHashMap<String, &str> = ids.map(|id| (self.hash(id), id)).collect();
        let hashes: Vec<String> = by_hash.keys().cloned().collect();
        let sql = format!("SELECT hash, at FROM wecom_forgotten WHERE {}", tx.any("hash", 1));
        let rows = tx.query(&sql, params![&hashes[..]], |row| Ok((row.text(0)?, row.time(1)?)))?;
        Ok(rows.into_iter().map(|(hash, at)| (by_hash[&hash].to_owned(), at)).collect())
    }
}

/// Whether something of WeCom's began after somebody was forgotten. WeCom tells whole seconds.
pub(crate) fn is_after(seconds: i64, forgotten: Option<&Time>) -> bool {
    forgotten.is_none_or(|at| time(seconds) > *at)
}
