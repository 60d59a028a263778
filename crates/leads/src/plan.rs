//! Rules that give leads out: which leads, to whom, by what measure.

use crate::{Leads, SOURCES, key, refuse};
use serde::{Deserialize, Serialize};
use siyu_db::{Tx, params};
use siyu_kernel::{Refusal, Time, new_id};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// In turn.
    #[default]
    RoundRobin,
    /// By the weights of the seats.
    Weights,
    /// By how many of their leads each has won as friends; the leads of the best channels first.
    Conversion,
    /// To the staff of the lead's store, in turn.
    Store,
    /// To whoever answers for the lead's channel.
    Owner,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RuleSeat {
    /// A userid.
    pub staff: String,
    /// 1 to 100.
    pub weight: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rule {
    pub id: String,
    pub name: String,
    pub active: bool,
    /// Only leads of these sources, channels, stores; empty: any.
    pub sources: Vec<String>,
    pub channels: Vec<String>,
    pub stores: Vec<String>,
    pub mode: Mode,
    /// Who gets them. Empty: the staff of the lead's store, of leads without one everybody who may have customers.
    pub staff: Vec<RuleSeat>,
}

impl Rule {
    pub fn means(&self, source: &str, channel: &str, store: &str) -> bool {
        let fits = |list: &[String], value: &str| list.is_empty() || list.iter().any(|own| own == value);
        fits(&self.sources, source) && fits(&self.channels, channel) && fits(&self.stores, store)
    }
}

const RULES_MAX: usize = 50;
const SEATS_MAX: usize = 500;

impl Leads {
    /// In the order they are tried.
    pub fn rules(&self, tx: &mut Tx<'_>) -> Result<Vec<Rule>, Refusal> {
        let rows =
            tx.query("SELECT id, body FROM lead_rule ORDER BY sort, id", &[], |row| Ok((row.text(0)?, row.text(1)?)))?;
        let read = |(id, body): (String, String)| {
            serde_json::from_str::<Rule>(&body).map(|own| Rule { id, ..own }).map_err(Refusal::internal)
        };
        rows.into_iter().map(read).collect()
    }
    /// Replaces the list. Rules with an id keep it, and with it what they gave today. Leads in the pool are looked at anew.
    ///
    /// Errors: `lead_rule`, `lead_staff`.
    pub fn set_rules(&self, tx: &mut Tx<'_>, wanted: &[Rule], by: &str, now: Time) -> Result<Vec<Rule>, Refusal> {
        let known: Vec<String> = self.rules(tx)?.into_iter().map(|own| own.id).collect();
        if wanted.len() > RULES_MAX {
            return Err(refuse::rule("rules", "There are at most 50 rules.", "最多 50 条分配规则。"));
        }
        tx.execute("DELETE FROM lead_rule", &[])?;
        let mut used: Vec<String> = Vec::new();
        for (at, own) in wanted.iter().enumerate() {
            let id = match own.id.as_str() {
                "" => new_id("lru", now, &self.inner.chance),
                id if known.iter().any(|own| own == id) && !used.iter().any(|own| own == id) => id.to_owned(),
                _ => {
                    return Err(refuse::rule(
                        format!("rules[{at}].id"),
                        "There is no such rule; leave the id of a new one out.",
                        "没有该规则；新规则请不要填写 id。",
                    ));
                }
            };
            used.push(id.clone());
            let own = self.checked_rule(tx, own, at)?;
            let body = serde_json::to_string(&own).map_err(Refusal::internal)?;
            tx.execute(
                "INSERT INTO lead_rule (id, sort, body, changed_at, changed_by) VALUES ($1, $2, $3, $4, $5)",
                params![&id, at as i64, &body, now, by],
            )?;
        }
        tx.execute("UPDATE lead SET next_at = $1 WHERE next_at IS NOT NULL", params![now])?;
        self.rules(tx)
    }

    fn checked_rule(&self, tx: &mut Tx<'_>, rule: &Rule, at: usize) -> Result<Rule, Refusal> {
        let field = |name: &str| format!("rules[{at}].{name}");
        let name = rule.name.trim();
        if name.is_empty() || name.chars().count() > 40 || name.chars().any(char::is_control) {
            return Err(refuse::rule(
                field("name"),
                "A rule has a name of 1 to 40 characters.",
                "规则名称为 1 到 40 个字符。",
            ));
        }
        if rule.sources.iter().any(|own| !SOURCES.contains(&own.as_str())) {
            return Err(refuse::word(&field("sources"), &SOURCES));
        }
        if rule.staff.len() > SEATS_MAX {
            return Err(refuse::rule(
                field("staff"),
                "A rule has at most 500 members of staff.",
                "一条规则最多 500 名员工。",
            ));
        }
        let named = matches!(rule.mode, Mode::Weights);
        if named && rule.staff.is_empty() {
            return Err(refuse::rule(
                field("staff"),
                "Weights need staff to have them: name who gets leads.",
                "按权重分配须指定员工及权重。",
            ));
        }
        let mut seats = Vec::new();
        for seat in &rule.staff {
            let weight = if seat.weight == 0 { 1 } else { seat.weight };
            if !(1..=100).contains(&weight) {
                return Err(refuse::rule(field("staff"), "A weight is 1 to 100.", "权重为 1 到 100。"));
            }
            let staff = self.server(tx, &seat.staff)?;
            if seats.iter().any(|own: &RuleSeat| key(&own.staff) == staff) {
                return Err(refuse::rule(field("staff"), "Somebody is named twice.", "员工重复。"));
            }
            seats.push(RuleSeat { staff, weight });
        }
        Ok(Rule { id: String::new(), name: name.to_owned(), staff: seats, ..rule.clone() })
    }
}
