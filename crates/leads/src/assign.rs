//! Rules at work: leads of the pool are given out without being asked for.

use crate::events::CLAIMED_BEFORE;
use crate::model::{COLUMNS, FROM, read};
use crate::refuse::went;
use crate::rules::{Desk, pick, rate, room};
use crate::take::Giving;
use crate::{Lead, Leads, Mode, Rule, Settings, zone};
use rustc_hash::FxHashMap;
use siyu_db::{Tx, params};
use siyu_kernel::{Refusal, Time};
use std::collections::BTreeMap;

/// Leads looked at in one unit, and members of staff who may be weighed at a time.
const LEADS_MAX: i64 = 100;
const STAFF_MAX: i64 = 2_000;
/// A lead that nobody could take is looked at again after this: by then a desk may have room, and a day may have begun.
const AGAIN_SECONDS: i64 = 600;
const AGAIN_SECONDS_MAX: i64 = 3_600;
/// What came of earlier leads counts for so long.
const LOOK_BACK_DAYS: i64 = 90;

/// A rule that means a lead, by its place, and who may get it with which weight.
type Choice = (usize, Vec<(String, i64)>);

impl Leads {
    /// Gives out what the rules say. Answers how many leads were looked at.
    pub(crate) fn run_rules(&self, tx: &mut Tx<'_>, now: Time) -> Result<usize, Refusal> {
        let rules: Vec<Rule> = self.rules(tx)?.into_iter().filter(|own| own.active).collect();
        if rules.is_empty() {
            return Ok(0);
        }
        let sql = format!("SELECT {COLUMNS} {FROM} WHERE l.next_at <= $1 ORDER BY l.next_at, l.id LIMIT $2");
        let rows = tx.query(&sql, params![now, LEADS_MAX], read)?;
        let mut leads = rows.into_iter().map(|row| self.opened(row)).collect::<Result<Vec<Lead>, _>>()?;
        if leads.is_empty() {
            return Ok(0);
        }
        let quality = self.channel_quality(tx, now)?;
        let worth = |lead: &Lead| quality.get(lead.channel.as_str()).copied().unwrap_or(0);
        leads.sort_by(|a, b| worth(b).cmp(&worth(a)).then(a.moved_at.cmp(&b.moved_at)).then(a.id.cmp(&b.id)));
        let settings = self.settings(tx)?;
        let mut asked: Vec<Vec<Choice>> = Vec::new();
        let mut known: FxHashMap<(usize, String), Vec<(String, i64)>> = FxHashMap::default();
        for lead in &leads {
            let mut options = Vec::new();
            for (rule_at, rule) in rules.iter().enumerate() {
                if rule.means(&lead.source, &lead.channel, &lead.store) {
                    let by = if rule.mode == Mode::Owner { lead.channel.clone() } else { lead.store.clone() };
                    let seats = match known.get(&(rule_at, by.clone())) {
                        Some(seats) => seats.clone(),
                        None => {
                            let seats = self.seats(tx, rule, lead, now)?;
                            known.insert((rule_at, by), seats.clone());
                            seats
                        }
                    };
                    options.push((rule_at, seats));
                }
            }
            asked.push(options);
        }
        let staff: Vec<&str> = known.values().flatten().map(|(key, _)| key.as_str()).collect();
        // Only those who may get something, and before any lead: the order in which all units lock.
        let mut wanted: Vec<&str> = staff;
        wanted.sort_unstable();
        wanted.dedup();
        self.hold(tx, &wanted)?;
        let mut desks = self.desks(tx, &rules, &settings, &wanted, now)?;
        let mut left: BTreeMap<Time, Vec<String>> = BTreeMap::new();
        for (lead, options) in leads.iter().zip(asked) {
            if !self.give_one(tx, lead, &rules, &options, &mut desks, &settings, now)? {
                // The longer it has lain there, the less often: a large pool that nobody can take costs little.
                let lain = (now.0 - lead.moved_at.0) / 10_000_000;
                let minutes = lain.clamp(AGAIN_SECONDS, AGAIN_SECONDS_MAX) / 60;
                left.entry(now.plus_seconds(minutes * 60)).or_default().push(lead.id.clone());
            }
        }
        for (again, ids) in left {
            let sql = format!("UPDATE lead SET next_at = $1 WHERE next_at IS NOT NULL AND {}", tx.any("id", 2));
            tx.execute(&sql, params![again, &ids])?;
        }
        Ok(leads.len())
    }

    #[allow(clippy::too_many_arguments, reason = "one private step of a run")]
    fn give_one(
        &self,
        tx: &mut Tx<'_>,
        lead: &Lead,
        rules: &[Rule],
        options: &[Choice],
        desks: &mut Desks,
        settings: &Settings,
        now: Time,
    ) -> Result<bool, Refusal> {
        let barred = self.barred(tx, lead, settings, now)?;
        for (rule_at, seats) in options {
            let rule = &rules[*rule_at];
            let row: Vec<Desk> = seats.iter().map(|(staff, weight)| desks.of(&rule.id, staff, *weight)).collect();
            let Some(at) = pick(&row, |staff| barred.iter().any(|own| own == staff)) else { continue };
            let staff = row[at].staff.clone();
            let giving = Giving { how: "rule", rule: &rule.id, by: &rule.name, reason: "" };
            if went(self.take(tx, lead, &staff, giving, settings, now))? {
                desks.took(&rule.id, &staff);
            }
            return Ok(true);
        }
        Ok(false)
    }

    /// Who may get a lead by a rule, with their weights, in the order of their keys.
    fn seats(&self, tx: &mut Tx<'_>, rule: &Rule, lead: &Lead, now: Time) -> Result<Vec<(String, i64)>, Refusal> {
        let serving = "gone_at IS NULL AND status IN (1, 4) AND serves = 1";
        let keys = match rule.mode {
            Mode::Store if lead.store.is_empty() => Vec::new(),
            Mode::Owner => {
                let sql = format!(
                    "SELECT s.key FROM channel c JOIN wecom_staff s ON s.key = LOWER(c.owner) OR s.name = c.owner WHERE c.code = $1 AND {serving} ORDER BY s.key LIMIT 2"
                );
                let found = tx.query(&sql, params![&lead.channel], |row| row.text(0))?;
                // Two of one name: nobody knows which.
                if found.len() == 1 { found } else { Vec::new() }
            }
            _ if !rule.staff.is_empty() => {
                let keys: Vec<String> = rule.staff.iter().map(|own| own.staff.clone()).collect();
                let sql = format!("SELECT key FROM wecom_staff WHERE {serving} AND {} ORDER BY key", tx.any("key", 1));
                let mut able = tx.query(&sql, params![&keys], |row| row.text(0))?;
                if rule.mode == Mode::Store {
                    let sql = format!("SELECT key FROM wecom_staff WHERE store = $1 AND {serving}");
                    let here = tx.query(&sql, params![&lead.store], |row| row.text(0))?;
                    able.retain(|key| here.contains(key));
                }
                able
            }
            _ => {
                let sql = format!(
                    "SELECT key FROM wecom_staff WHERE ($1 = '' OR store = $1) AND {serving} ORDER BY key LIMIT $2"
                );
                tx.query(&sql, params![&lead.store, STAFF_MAX], |row| row.text(0))?
            }
        };
        let weights = match rule.mode {
            Mode::Weights => rule.staff.iter().map(|own| (own.staff.clone(), own.weight)).collect(),
            Mode::Conversion => self.conversion(tx, &keys, now)?,
            _ => FxHashMap::default(),
        };
        Ok(keys.into_iter().map(|key| (key.clone(), weights.get(&key).copied().unwrap_or(1))).collect())
    }

    /// How many of the leads each took lately became friends, as a weight.
    fn conversion(&self, tx: &mut Tx<'_>, keys: &[String], now: Time) -> Result<FxHashMap<String, i64>, Refusal> {
        let sql = format!(
            "SELECT staff, CAST(SUM(CASE WHEN what = 'claimed' THEN 1 ELSE 0 END) AS BIGINT),
               CAST(SUM(CASE WHEN what = 'added' AND reason <> 'known' AND {CLAIMED_BEFORE} THEN 1 ELSE 0 END) AS BIGINT)
             FROM lead_move m WHERE at >= $1 AND what IN ('claimed', 'added') AND {} GROUP BY staff",
            tx.any("staff", 2)
        );
        let mut tried: FxHashMap<String, (i64, i64)> = FxHashMap::default();
        tx.each(&sql, params![now.plus_days(-LOOK_BACK_DAYS), keys], |row| {
            tried.insert(row.text(0)?, (row.int(2)?, row.int(1)?));
            Ok(())
        })?;
        let mean = tried.values().fold((0, 0), |sum, own| (sum.0 + own.0, sum.1 + own.1));
        let weight = |key: &String| {
            let (worked, all) = tried.get(key).copied().unwrap_or_default();
            (key.clone(), rate(worked.min(all), all, mean))
        };
        Ok(keys.iter().map(weight).collect())
    }

    /// How many leads of each channel became friends lately, in thousandths.
    pub(crate) fn channel_quality(&self, tx: &mut Tx<'_>, now: Time) -> Result<FxHashMap<String, i64>, Refusal> {
        let sql = "SELECT channel, COUNT(*), CAST(SUM(CASE WHEN state IN ('added', 'won') AND reason <> 'known' THEN 1 ELSE 0 END) AS BIGINT)
            FROM lead WHERE taken_at >= $1 GROUP BY channel";
        let rows =
            tx.query(sql, params![now.plus_days(-LOOK_BACK_DAYS)], |row| Ok((row.text(0)?, row.int(1)?, row.int(2)?)))?;
        let mean = rows.iter().fold((0, 0), |sum, own| (sum.0 + own.2, sum.1 + own.1));
        Ok(rows.into_iter().map(|(channel, all, worked)| (channel, rate(worked, all, mean))).collect())
    }

    fn desks(
        &self,
        tx: &mut Tx<'_>,
        rules: &[Rule],
        settings: &Settings,
        staff: &[&str],
        now: Time,
    ) -> Result<Desks, Refusal> {
        let mut desks = Desks::default();
        for key in staff {
            let held = self.held(tx, key, now)?;
            desks.room.insert((*key).to_owned(), room(held, settings));
        }
        let zone = zone(tx)?;
        let (since, ids) =
            (zone.start_of_day(zone.day(now)), rules.iter().map(|own| own.id.clone()).collect::<Vec<_>>());
        let sql = format!(
            "SELECT rule, staff, COUNT(*) FROM lead_move WHERE at >= $1 AND what = 'claimed' AND {} GROUP BY rule, staff",
            tx.any("rule", 2)
        );
        tx.each(&sql, params![since, &ids], |row| {
            desks.given.insert((row.text(0)?, row.text(1)?), row.int(2)?);
            Ok(())
        })?;
        Ok(desks)
    }
}

/// What everybody has, kept while leads are given out.
#[derive(Default)]
struct Desks {
    room: FxHashMap<String, i64>,
    given: FxHashMap<(String, String), i64>,
}

impl Desks {
    fn of(&self, rule: &str, staff: &str, weight: i64) -> Desk {
        let given = self.given.get(&(rule.to_owned(), staff.to_owned())).copied().unwrap_or(0);
        Desk { staff: staff.to_owned(), weight, given, room: self.room.get(staff).copied().unwrap_or(0) }
    }
    fn took(&mut self, rule: &str, staff: &str) {
        *self.given.entry((rule.to_owned(), staff.to_owned())).or_default() += 1;
        if let Some(room) = self.room.get_mut(staff) {
            *room = room.saturating_sub(1);
        }
    }
}
