//! Alerts of lost customers, pushed to the member of staff and to those who lead their departments.
//!
//! Invariants
//! - A lost friendship is one alert, however often it is told.
//! - An alert reaches a receiver once: a message is marked before it is sent, repeated with the same alerts only, and WeCom drops repetitions.
//! - Nothing is pushed at night, and what gathers meanwhile goes out as one message.

mod push;
mod settings;

pub use settings::AlertSettings;

use crate::Contacts;
use crate::mirror::Loss;
use rustc_hash::FxHashMap;
use siyu_db::{Tx, params};
use siyu_kernel::{PersonNum, Refusal, Time, Zone};

/// The language and the zone of the workspace.
#[derive(Clone, Debug)]
pub struct Home {
    pub zone: Zone,
    pub zh: bool,
}

#[derive(Clone, Debug, Default)]
pub struct AlertQuery {
    /// Only losses of these members of staff, by key; all when `None`.
    pub only: Option<Vec<String>>,
    pub before: Option<i64>,
    pub limit: i64,
}

#[derive(Clone, Debug)]
pub struct AlertRow {
    pub id: i64,
    pub at: Time,
    pub contact: String,
    pub num: PersonNum,
    pub name: String,
    pub staff: String,
    pub staff_name: String,
    pub by: String,
    /// How long they were friends.
    pub days: i64,
    pub pushes: Vec<AlertPush>,
}

#[derive(Clone, Debug)]
pub struct AlertPush {
    pub receiver: String,
    pub name: String,
    /// `waiting`, `sending`, `sent` or `failed`.
    pub state: String,
    pub due_at: Time,
    pub sent_at: Option<Time>,
    pub error: Option<String>,
}

/// What happened longer ago is no news: a sync may find losses of months.
const NEWS_HOURS: i64 = 48;
/// Losses that come together go out together.
const GATHER_SECONDS: i64 = 20;

impl Contacts {
    /// In the unit of the loss.
    pub(crate) fn raise_alerts(&self, tx: &mut Tx<'_>, losses: &[Loss], now: Time) -> Result<(), Refusal> {
        if losses.is_empty() {
            return Ok(());
        }
        let (settings, home) = (self.alert_settings(tx)?, self.inner.around.home(tx)?);
        for own in losses.iter().filter(|own| matches!(own.by, "customer" | "staff" | "unknown")) {
            let identity = format!("{}:{}:{}", own.contact, own.staff, own.created.0);
            let added = tx.opt(
                "INSERT INTO wecom_alert (identity, at, contact, num, staff, lost_by, days, channel) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (identity) DO NOTHING RETURNING id",
                params![&identity, own.at, &own.contact, own.person, &own.staff, own.by, own.days(), &own.channel],
                |row| row.int(0),
            )?;
            let Some(alert) = added.filter(|_| own.at > now.plus_seconds(-NEWS_HOURS * 3_600)) else { continue };
            let due = settings.awake(now.plus_seconds(GATHER_SECONDS), &home.zone);
            for receiver in self.receivers(tx, own, &settings)? {
                tx.execute(
                    "INSERT INTO wecom_alert_push (alert, receiver, state, due_at) VALUES ($1, $2, 'waiting', $3) ON CONFLICT DO NOTHING",
                    params![alert, &receiver, due],
                )?;
            }
        }
        Ok(())
    }

    /// Keys of whom a loss concerns, as far as they are to be told.
    fn receivers(&self, tx: &mut Tx<'_>, own: &Loss, settings: &AlertSettings) -> Result<Vec<String>, Refusal> {
        let wanted = match own.by {
            "customer" => true,
            "staff" => settings.by_staff,
            _ => settings.unknown,
        };
        if !settings.on || !wanted {
            return Ok(Vec::new());
        }
        let mut keys = Vec::new();
        // Whoever deleted a customer knows it.
        if settings.staff && own.by != "staff" {
            keys.push(own.staff.clone());
        }
        if settings.managers {
            keys.extend(self.managers(tx, &own.staff)?.into_iter().filter(|key| *key != own.staff));
        }
        let sql = format!("SELECT key FROM wecom_staff WHERE gone_at IS NULL AND status = 1 AND {}", tx.any("key", 1));
        Ok(tx.query(&sql, params![&keys], |row| row.text(0))?)
    }
    /// Keys of those who lead the departments a member of staff is in.
    fn managers(&self, tx: &mut Tx<'_>, staff: &str) -> Result<Vec<String>, Refusal> {
        let sql = "SELECT departments FROM wecom_staff WHERE key = $1";
        let departments = tx.opt(sql, params![staff], |row| row.text(0))?.unwrap_or_default();
        let ids: Vec<i64> = serde_json::from_str(&departments).unwrap_or_default();
        let sql = format!("SELECT leaders FROM wecom_department WHERE gone_at IS NULL AND {}", tx.any("id", 1));
        let lists = tx.query(&sql, params![&ids], |row| row.text(0))?;
        let leaders = lists.iter().flat_map(|list| serde_json::from_str::<Vec<String>>(list).unwrap_or_default());
        Ok(leaders.map(|own| crate::rows::key(&own)).collect())
    }

    /// The newest first, those before `before`.
    pub fn alerts(&self, tx: &mut Tx<'_>, query: &AlertQuery) -> Result<Vec<AlertRow>, Refusal> {
        let only = query.only.clone().unwrap_or_default();
        let sql = format!(
            "SELECT a.id, a.at, a.contact, a.num, COALESCE(c.name, ''), COALESCE(s.userid, a.staff), COALESCE(s.name, ''), a.lost_by, a.days FROM wecom_alert a
             LEFT JOIN wecom_contact c ON c.id = a.contact LEFT JOIN wecom_staff s ON s.key = a.staff
             WHERE a.id < $1 AND ($2 = 0 OR {}) ORDER BY a.id DESC LIMIT $3",
            tx.any("a.staff", 4)
        );
        let (before, limited) = (query.before.unwrap_or(i64::MAX), i64::from(query.only.is_some()));
        let mut rows = tx.query(&sql, params![before, limited, query.limit.clamp(1, 200), &only], |row| {
            Ok(AlertRow {
                id: row.int(0)?,
                at: row.time(1)?,
                contact: row.text(2)?,
                num: row.num(3)?,
                name: row.text(4)?,
                staff: row.text(5)?,
                staff_name: row.text(6)?,
                by: row.text(7)?,
                days: row.int(8)?,
                pushes: Vec::new(),
            })
        })?;
        let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
        let sql = format!(
            "SELECT p.alert, COALESCE(s.userid, p.receiver), COALESCE(s.name, ''), p.state, p.due_at, p.sent_at, p.error FROM wecom_alert_push p
             LEFT JOIN wecom_staff s ON s.key = p.receiver WHERE {} ORDER BY p.alert, p.receiver",
            tx.any("p.alert", 1)
        );
        let mut pushes: FxHashMap<i64, Vec<AlertPush>> = FxHashMap::default();
        tx.each(&sql, params![&ids], |row| {
            pushes.entry(row.int(0)?).or_default().push(AlertPush {
                receiver: row.text(1)?,
                name: row.text(2)?,
                state: row.text(3)?,
                due_at: row.time(4)?,
                sent_at: row.opt_time(5)?,
                error: row.opt_text(6)?,
            });
            Ok(())
        })?;
        for row in &mut rows {
            row.pushes = pushes.remove(&row.id).unwrap_or_default();
        }
        Ok(rows)
    }
}
