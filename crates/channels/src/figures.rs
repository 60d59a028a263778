//! What is known of a channel beside events: who is a friend by it now, and visits of its pages.

use crate::Channels;
use siyu_db::{Tx, params};
use siyu_kernel::{PersonNum, Refusal};
use std::collections::BTreeMap;

impl Channels {
    /// People who have a friendship that began by this channel and stands now, by rising number.
    pub fn friends(&self, tx: &mut Tx<'_>, id: &str) -> Result<Vec<PersonNum>, Refusal> {
        let sql = "SELECT DISTINCT p.root FROM channel_state s JOIN wecom_follow f ON f.state = s.state AND f.status = 0 JOIN wecom_contact c ON c.id = f.contact
            JOIN person p ON p.num = c.num WHERE s.channel = $1 ORDER BY p.root";
        Ok(tx.query(sql, params![id], |row| row.num(0))?)
    }
    /// How many those are, of these channels.
    pub fn friend_counts(&self, tx: &mut Tx<'_>, ids: &[String]) -> Result<BTreeMap<String, i64>, Refusal> {
        let sql = format!(
            "SELECT s.channel, COUNT(DISTINCT p.root) FROM channel_state s JOIN wecom_follow f ON f.state = s.state AND f.status = 0
               JOIN wecom_contact c ON c.id = f.contact JOIN person p ON p.num = c.num WHERE {} GROUP BY s.channel",
            tx.any("s.channel", 1)
        );
        Ok(tx.query(&sql, params![ids], |row| Ok((row.text(0)?, row.int(1)?)))?.into_iter().collect())
    }
    /// Visits of the pages of each channel's codes on the days from `from` to `to`; a channel whose codes had none ever is not in it.
    pub fn visits_of(
        &self,
        tx: &mut Tx<'_>,
        ids: &[String],
        (from, to): (i32, i32),
    ) -> Result<BTreeMap<String, i64>, Refusal> {
        let sql = format!(
            "SELECT o.channel, CAST(SUM(CASE WHEN v.day >= $2 AND v.day <= $3 THEN v.visits ELSE 0 END) AS BIGINT)
             FROM channel_visit v JOIN (SELECT id, channel FROM channel_code UNION ALL SELECT id, channel FROM channel_group) o ON o.id = v.code
             WHERE {} GROUP BY o.channel",
            tx.any("o.channel", 1)
        );
        let rows = tx.query(&sql, params![ids, from, to], |row| Ok((row.text(0)?, row.int(1)?)))?;
        Ok(rows.into_iter().collect())
    }
}
