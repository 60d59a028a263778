//! Who opened a material.

use crate::Reach;
use siyu_db::{Tx, params};
use siyu_kernel::{PersonNum, Refusal, Time};
use std::collections::HashMap;

/// Of one material.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Radar {
    pub opens: i64,
    /// Those of whom nobody knows who came.
    pub unknown: i64,
    /// People who are known, each once.
    pub people: i64,
    /// Links that were made for one person each.
    pub sent: i64,
    /// People whose link was opened in more than one browser.
    pub passed_on: i64,
    /// Visits of pages of ours of which it is told how long they lasted, and how long together.
    pub visits: i64,
    pub seconds: i64,
    pub last_at: Option<Time>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RadarPerson {
    pub root: PersonNum,
    pub opens: i64,
    /// In which their links were opened, as far as they can be told apart.
    pub browsers: i64,
    /// On pages of ours.
    pub seconds: i64,
    pub first_at: Time,
    pub last_at: Time,
}

impl Reach {
    /// Errors: `material_unknown`.
    pub fn radar(&self, tx: &mut Tx<'_>, id: &str) -> Result<Radar, Refusal> {
        self.material(tx, id)?;
        let sql = "SELECT CAST(COALESCE(SUM(o.opens), 0) AS BIGINT), CAST(COALESCE(SUM(CASE WHEN o.num = 0 THEN o.opens ELSE 0 END), 0) AS BIGINT), COUNT(DISTINCT p.root), MAX(o.last_at)
            FROM material_open o LEFT JOIN person p ON p.num = o.num AND o.num > 0 WHERE o.material = $1";
        let mut radar = tx.one(sql, params![id], |row| {
            Ok(Radar {
                opens: row.int(0)?,
                unknown: row.int(1)?,
                people: row.int(2)?,
                sent: 0,
                passed_on: 0,
                visits: 0,
                seconds: 0,
                last_at: row.opt_time(3)?,
            })
        })?;
        let sql = "SELECT COUNT(DISTINCT p.root) FROM material_link l JOIN person p ON p.num = l.num WHERE l.material = $1 AND l.num > 0";
        radar.sent = tx.one(sql, params![id], |row| row.int(0))?;
        let sql = "SELECT COUNT(*) FROM (SELECT p.root FROM material_reader r JOIN person p ON p.num = r.num WHERE r.material = $1
            GROUP BY p.root HAVING COUNT(DISTINCT r.reader) > 1) passed";
        radar.passed_on = tx.one(sql, params![id], |row| row.int(0))?;
        let sql = "SELECT COUNT(*), CAST(COALESCE(SUM(seconds), 0) AS BIGINT) FROM material_stay WHERE material = $1";
        (radar.visits, radar.seconds) = tx.one(sql, params![id], |row| Ok((row.int(0)?, row.int(1)?)))?;
        Ok(radar)
    }
    /// By the person each is now, who came last first; at most `limit`.
    pub fn radar_people(&self, tx: &mut Tx<'_>, id: &str, limit: i64) -> Result<Vec<RadarPerson>, Refusal> {
        let sql = "SELECT p.root, CAST(SUM(o.opens) AS BIGINT), MIN(o.first_at), MAX(o.last_at) FROM material_open o JOIN person p ON p.num = o.num
            WHERE o.material = $1 AND o.num > 0 GROUP BY p.root ORDER BY MAX(o.last_at) DESC, p.root LIMIT $2";
        let mut rows = tx.query(sql, params![id, limit.clamp(1, 5_000)], |row| {
            let (root, opens, first_at, last_at) = (row.num(0)?, row.int(1)?, row.time(2)?, row.time(3)?);
            Ok(RadarPerson { root, opens, browsers: 0, seconds: 0, first_at, last_at })
        })?;
        let roots: Vec<i64> = rows.iter().map(|own| i64::from(own.root)).collect();
        let sql = format!(
            "SELECT p.root, COUNT(DISTINCT r.reader) FROM material_open o JOIN person p ON p.num = o.num
              JOIN material_reader r ON r.material = o.material AND r.num = o.num
            WHERE o.material = $1 AND o.num > 0 AND {} GROUP BY p.root",
            tx.any("p.root", 2)
        );
        let browsers: HashMap<PersonNum, i64> =
            tx.query(&sql, params![id, &roots], |row| Ok((row.num(0)?, row.int(1)?)))?.into_iter().collect();
        let sql = format!(
            "SELECT p.root, CAST(SUM(s.seconds) AS BIGINT) FROM material_open o JOIN person p ON p.num = o.num
              JOIN material_stay s ON s.num = o.num AND s.num > 0 AND s.material = o.material
            WHERE o.material = $1 AND o.num > 0 AND {} GROUP BY p.root",
            tx.any("p.root", 2)
        );
        let seconds: HashMap<PersonNum, i64> =
            tx.query(&sql, params![id, &roots], |row| Ok((row.num(0)?, row.int(1)?)))?.into_iter().collect();
        for own in &mut rows {
            own.browsers = browsers.get(&own.root).copied().unwrap_or(0);
            own.seconds = seconds.get(&own.root).copied().unwrap_or(0);
        }
        Ok(rows)
    }
}
