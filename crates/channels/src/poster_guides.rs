//! A code for each guide: whoever comes by it comes to them, and counts for the channel.

use crate::code::{CodeIn, SeatIn};
use crate::{Channels, refuse};
use rustc_hash::FxHashMap;
use siyu_db::{Tx, params};
use siyu_kernel::{Refusal, Time};
use std::collections::BTreeMap;

/// Codes made in one go. WeCom is told of them one after the other.
const MADE_MAX: usize = 500;

/// A member of staff who may have customers, and their own code of a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuideCode {
    pub userid: String,
    pub name: String,
    /// Code and name of their store; empty: none.
    pub store: String,
    pub store_name: String,
    /// A live code with them alone behind it.
    pub code: Option<String>,
    /// WeCom has given it its QR.
    pub ready: bool,
}

impl Channels {
    /// In the order of their userids; of `keys` only, when given, and of a store.
    ///
    /// Errors: `channel_unknown`.
    pub fn guide_codes(
        &self,
        tx: &mut Tx<'_>,
        channel: &str,
        keys: Option<&[String]>,
        store: Option<&str>,
    ) -> Result<Vec<GuideCode>, Refusal> {
        let channel = self.find(tx, channel)?;
        let sql = "SELECT s.key, s.userid, s.name, COALESCE(s.store, ''), COALESCE(o.name, '') FROM wecom_staff s LEFT JOIN store o ON o.code = s.store
            WHERE s.serves = 1 AND s.status = 1 AND s.gone_at IS NULL AND ($1 = '' OR s.store = $1) ORDER BY s.key";
        let mut all = tx.query(sql, params![store.unwrap_or_default()], |row| {
            let own = GuideCode {
                userid: row.text(1)?,
                name: row.text(2)?,
                store: row.text(3)?,
                store_name: row.text(4)?,
                code: None,
                ready: false,
            };
            Ok((row.text(0)?, own))
        })?;
        if let Some(keys) = keys {
            all.retain(|(key, _)| keys.contains(key));
        }
        // The newest code of theirs with nobody else in it, and no other pool.
        let sql = "SELECT MIN(s.staff), l.id, CAST(MAX(CASE WHEN w.qr_code IS NOT NULL AND w.state NOT IN ('dead', 'closing', 'closed') THEN 1 ELSE 0 END) AS BIGINT)
            FROM channel_code l JOIN channel_seat s ON s.code = l.id LEFT JOIN channel_way w ON w.code = l.id AND w.pool = 'general'
            WHERE l.channel = $1 AND l.archived_at IS NULL GROUP BY l.id HAVING COUNT(*) = 1 ORDER BY l.id";
        let mut codes: FxHashMap<String, (String, bool)> = FxHashMap::default();
        tx.each(sql, params![&channel.id], |row| {
            codes.insert(row.text(0)?, (row.text(1)?, row.flag(2)?));
            Ok(())
        })?;
        Ok(all
            .into_iter()
            .map(|(key, own)| match codes.remove(&key) {
                Some((code, ready)) => GuideCode { code: Some(code), ready, ..own },
                None => own,
            })
            .collect())
    }

    /// Makes a code for each of these guides who has none in the channel. Answers how many were made.
    ///
    /// Errors: `channel_unknown`, `channel_archived`, `poster_guides`, and those of making a code.
    pub fn make_guide_codes(
        &self,
        tx: &mut Tx<'_>,
        channel: &str,
        staff: &[String],
        by: &str,
        now: Time,
    ) -> Result<usize, Refusal> {
        if staff.is_empty() || staff.len() > MADE_MAX {
            return Err(refuse::poster_guides(MADE_MAX));
        }
        let keys: Vec<String> = staff.iter().map(|own| own.trim().to_lowercase()).collect();
        let found = self.guide_codes(tx, channel, Some(&keys), None)?;
        if let Some(unknown) = keys.iter().find(|key| !found.iter().any(|own| own.userid.to_lowercase() == **key)) {
            return Err(refuse::staff_unknown("staff", unknown));
        }
        let mut made = 0;
        for own in found.into_iter().filter(|own| own.code.is_none()) {
            let seat = SeatIn { staff: own.userid.clone(), weight: 1, cap: None, rota: Vec::new() };
            let name = if own.name.is_empty() { &own.userid } else { &own.name };
            let input = CodeIn {
                channel: channel.to_owned(),
                name: name.chars().take(30).collect(),
                skip_verify: true,
                pools: BTreeMap::from([("general".to_owned(), vec![seat])]),
                ..CodeIn::default()
            };
            self.create_code(tx, &input, by, now)?;
            made += 1;
        }
        Ok(made)
    }
}
