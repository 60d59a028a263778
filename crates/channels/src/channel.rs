//! Channels: made, changed, listed; what each costs; which of WeCom's states are counted to it.

use crate::{Channels, refuse};
use siyu_db::{DbError, RowRef, Tx, params};
use siyu_kernel::{Currency, Money, Refusal, Time, new_id};
use std::collections::BTreeMap;

/// What sort of entrance it is.
pub const KINDS: [&str; 10] =
    ["store", "elevator", "parcel", "ad", "live", "article", "kol", "partner", "guide", "other"];

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChannelIn {
    /// What events carry. Only when it is made.
    pub code: String,
    pub name: String,
    pub kind: String,
    /// Who answers for it: a name.
    pub owner: String,
    /// The code of the store where it stands; empty: nowhere in particular.
    pub store: String,
    pub note: String,
    /// States of codes made elsewhere that are counted here.
    pub states: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChannelChange {
    pub name: Option<String>,
    pub kind: Option<String>,
    pub owner: Option<String>,
    pub store: Option<String>,
    pub note: Option<String>,
    pub states: Option<Vec<String>>,
    pub archived: Option<bool>,
    /// As it was read: an edit by somebody else meanwhile is refused.
    pub version: Option<i64>,
}

#[derive(Clone, Debug, Default)]
pub struct ChannelQuery {
    /// Part of the name or code.
    pub text: Option<String>,
    pub kind: Option<String>,
    pub store: Option<String>,
    pub archived: bool,
    /// The code of the last row of the page before.
    pub after: Option<String>,
    pub limit: i64,
}

#[derive(Clone, Debug)]
pub struct ChannelRow {
    pub id: String,
    pub code: String,
    pub name: String,
    pub kind: String,
    pub owner: String,
    pub store: String,
    pub note: String,
    pub created_at: Time,
    pub created_by: String,
    pub archived_at: Option<Time>,
    pub version: i64,
    /// Live codes of staff, and of groups, that are in use.
    pub codes: i64,
    pub group_codes: i64,
    pub states: Vec<String>,
}

impl ChannelRow {
    /// Every value of `channel` in events that means this channel.
    pub fn values(&self) -> Vec<String> {
        let mut all = vec![self.code.clone()];
        all.extend(self.states.iter().filter(|state| **state != self.code).cloned());
        all
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CostIn {
    /// Days since 1970-01-01, both included.
    pub from_day: i32,
    pub to_day: i32,
    pub amount: i64,
    pub currency: Currency,
    pub note: String,
}

#[derive(Clone, Debug)]
pub struct CostRow {
    pub id: String,
    pub cost: CostIn,
    pub created_at: Time,
    pub created_by: String,
}

/// A state that customers came with and no channel knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stray {
    pub state: String,
    pub relations: i64,
    pub first_at: Time,
    pub last_at: Time,
}

const COLUMNS: &str = "SELECT c.id, c.code, c.name, c.kind, c.owner, c.store, c.note, c.created_at, c.created_by, c.archived_at, c.version,
    (SELECT COUNT(*) FROM channel_code l WHERE l.channel = c.id AND l.archived_at IS NULL),
    (SELECT COUNT(*) FROM channel_group g WHERE g.channel = c.id AND g.archived_at IS NULL)
  FROM channel c";

fn channel_row(row: RowRef<'_>) -> Result<ChannelRow, DbError> {
    Ok(ChannelRow {
        id: row.text(0)?,
        code: row.text(1)?,
        name: row.text(2)?,
        kind: row.text(3)?,
        owner: row.text(4)?,
        store: row.text(5)?,
        note: row.text(6)?,
        created_at: row.time(7)?,
        created_by: row.text(8)?,
        archived_at: row.opt_time(9)?,
        version: row.int(10)?,
        codes: row.int(11)?,
        group_codes: row.int(12)?,
        states: Vec::new(),
    })
}

/// A text for `LIKE … ESCAPE '\'`, in lower case.
pub(crate) fn part(text: &Option<String>) -> String {
    let safe = text.as_deref().unwrap_or_default().trim().to_lowercase();
    format!("%{}%", safe.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))
}

/// A name people read: trimmed, bounded, without control characters.
pub(crate) fn label(text: &str, max: usize) -> Option<String> {
    let text = text.trim();
    let fits = text.chars().count() <= max && !text.chars().any(char::is_control);
    fits.then(|| text.to_owned())
}

impl Channels {
    /// Errors: `channel_field`, `channel_taken`.
    pub fn create(&self, tx: &mut Tx<'_>, input: &ChannelIn, by: &str, now: Time) -> Result<ChannelRow, Refusal> {
        let code = checked_code(&input.code)?;
        let own = checked(tx, input.clone())?;
        if tx.opt("SELECT 1 FROM channel WHERE code = $1", params![&code], |row| row.int(0))?.is_some() {
            return Err(refuse::channel_taken("code"));
        }
        let id = new_id("chn", now, &self.inner.chance);
        tx.execute(
            "INSERT INTO channel (id, code, name, kind, owner, store, note, created_at, created_by, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1)",
            params![&id, &code, &own.name, &own.kind, &own.owner, &own.store, &own.note, now, by],
        )?;
        // What comes with the channel's own code as its state is counted here, too.
        let mut states = own.states;
        states.push(code);
        self.put_states(tx, &id, &states)?;
        self.find(tx, &id)
    }

    /// Errors: `channel_unknown`, `channel_changed`, `channel_field`, `channel_taken`, `channel_used`.
    pub fn change(&self, tx: &mut Tx<'_>, id: &str, change: &ChannelChange, now: Time) -> Result<ChannelRow, Refusal> {
        let old = self.find(tx, id)?;
        if change.version.is_some_and(|version| version != old.version) {
            return Err(refuse::channel_changed());
        }
        let input = ChannelIn {
            code: old.code.clone(),
            name: change.name.clone().unwrap_or(old.name),
            kind: change.kind.clone().unwrap_or(old.kind),
            owner: change.owner.clone().unwrap_or(old.owner),
            store: change.store.clone().unwrap_or(old.store),
            note: change.note.clone().unwrap_or(old.note),
            states: change.states.clone().unwrap_or(old.states),
        };
        let own = checked(tx, input)?;
        let archived_at = match change.archived {
            Some(true) if old.codes + old.group_codes > 0 => return Err(refuse::channel_used()),
            Some(true) => old.archived_at.or(Some(now)),
            Some(false) => None,
            None => old.archived_at,
        };
        tx.execute(
            "UPDATE channel SET name = $2, kind = $3, owner = $4, store = $5, note = $6, archived_at = $7, version = version + 1 WHERE id = $1",
            params![id, &own.name, &own.kind, &own.owner, &own.store, &own.note, archived_at],
        )?;
        if change.states.is_some() {
            tx.execute(
                "DELETE FROM channel_state WHERE channel = $1 AND code = '' AND state <> $2",
                params![id, &old.code],
            )?;
            let mut states = own.states;
            states.retain(|state| *state != old.code);
            self.put_states(tx, id, &states)?;
        }
        self.find(tx, id)
    }

    fn put_states(&self, tx: &mut Tx<'_>, id: &str, states: &[String]) -> Result<(), Refusal> {
        for state in states {
            let put = "INSERT INTO channel_state (state, channel, code, pool) VALUES ($1, $2, '', '') ON CONFLICT (state) DO NOTHING";
            if tx.execute(put, params![state, id])? == 0 {
                return Err(refuse::channel_taken("states"));
            }
        }
        Ok(())
    }

    /// Errors: `channel_unknown`.
    pub fn find(&self, tx: &mut Tx<'_>, id: &str) -> Result<ChannelRow, Refusal> {
        let row = tx.opt(&format!("{COLUMNS} WHERE c.id = $1"), params![id], channel_row)?;
        let row = row.ok_or_else(refuse::channel_unknown)?;
        Ok(with_states(tx, vec![row])?.remove(0))
    }
    /// In the order of their codes.
    pub fn list(&self, tx: &mut Tx<'_>, query: &ChannelQuery) -> Result<Vec<ChannelRow>, Refusal> {
        let sql = format!(
            "{COLUMNS} WHERE c.code > $1 AND (LOWER(c.name) LIKE $2 ESCAPE '\\' OR LOWER(c.code) LIKE $2 ESCAPE '\\') AND ($3 = '' OR c.kind = $3)
               AND ($4 = '' OR c.store = $4) AND ($5 = 1 OR c.archived_at IS NULL) ORDER BY c.code LIMIT $6"
        );
        let text = part(&query.text);
        let own = |text: &Option<String>| text.clone().unwrap_or_default();
        let (after, kind, store) = (own(&query.after), own(&query.kind), own(&query.store));
        let rows = tx.query(
            &sql,
            params![&after, &text, &kind, &store, i64::from(query.archived), query.limit.clamp(1, 100_000)],
            channel_row,
        )?;
        with_states(tx, rows)
    }
    /// What every value of `channel` in events is called, archived channels included.
    pub fn names(&self, tx: &mut Tx<'_>) -> Result<BTreeMap<String, String>, Refusal> {
        let sql = "SELECT c.code, c.name FROM channel c UNION SELECT s.state, c.name FROM channel_state s JOIN channel c ON c.id = s.channel";
        Ok(tx.query(sql, &[], |row| Ok((row.text(0)?, row.text(1)?)))?.into_iter().collect())
    }
    /// States that customers came with and no channel counts, the busiest first.
    pub fn strays(&self, tx: &mut Tx<'_>) -> Result<Vec<Stray>, Refusal> {
        let sql = "SELECT f.state, COUNT(*), MIN(f.created_at), MAX(f.created_at) FROM wecom_follow f
            WHERE f.state <> '' AND NOT EXISTS (SELECT 1 FROM channel_state s WHERE s.state = f.state) GROUP BY f.state ORDER BY COUNT(*) DESC, f.state LIMIT 100";
        let stray = |row: RowRef<'_>| {
            Ok(Stray { state: row.text(0)?, relations: row.int(1)?, first_at: row.time(2)?, last_at: row.time(3)? })
        };
        Ok(tx.query(sql, &[], stray)?)
    }

    /// Errors: `channel_unknown`, `channel_cost`.
    pub fn add_cost(
        &self,
        tx: &mut Tx<'_>,
        channel: &str,
        cost: &CostIn,
        by: &str,
        now: Time,
    ) -> Result<CostRow, Refusal> {
        self.find(tx, channel)?;
        if cost.from_day > cost.to_day || cost.to_day - cost.from_day > 3_660 {
            return Err(refuse::cost(
                "to",
                "A cost is for one day to ten years.",
                "成本期间为一天到十年，且结束不早于开始。",
            ));
        }
        if !(1..=Money::LIMIT_MINOR).contains(&cost.amount) {
            return Err(refuse::cost("amount", "The amount must be more than nothing.", "金额须大于零。"));
        }
        let note = label(&cost.note, 200)
            .ok_or_else(|| refuse::cost("note", "A note has up to 200 characters.", "备注最长 200 个字。"))?;
        let row = CostRow {
            id: new_id("cst", now, &self.inner.chance),
            cost: CostIn { note, ..cost.clone() },
            created_at: now,
            created_by: by.to_owned(),
        };
        tx.execute(
            "INSERT INTO channel_cost (id, channel, from_day, to_day, amount, currency, note, created_at, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            params![&row.id, channel, cost.from_day, cost.to_day, cost.amount, cost.currency.code(), &row.cost.note, now, by],
        )?;
        Ok(row)
    }
    /// Errors: `channel_cost_unknown`.
    pub fn remove_cost(&self, tx: &mut Tx<'_>, channel: &str, id: &str) -> Result<(), Refusal> {
        let gone = tx.execute("DELETE FROM channel_cost WHERE channel = $1 AND id = $2", params![channel, id])?;
        if gone == 0 { Err(refuse::cost_unknown()) } else { Ok(()) }
    }
    /// The newest period first.
    pub fn costs(&self, tx: &mut Tx<'_>, channel: &str) -> Result<Vec<CostRow>, Refusal> {
        let sql = "SELECT id, from_day, to_day, amount, currency, note, created_at, created_by FROM channel_cost WHERE channel = $1 ORDER BY from_day DESC, num DESC LIMIT 1000";
        Ok(tx.query(sql, params![channel], cost_row)?)
    }
    /// What each channel cost on the days from `from` to `to`, in one currency: of each entry the share of its days that lie in the span.
    pub fn cost_of(
        &self,
        tx: &mut Tx<'_>,
        (from, to): (i32, i32),
        currency: Currency,
    ) -> Result<BTreeMap<String, i64>, Refusal> {
        let sql = "SELECT channel, from_day, to_day, amount FROM channel_cost WHERE from_day <= $2 AND to_day >= $1 AND currency = $3 ORDER BY num";
        let rows = tx.query(sql, params![from, to, currency.code()], |row| {
            Ok((row.text(0)?, row.int(1)?, row.int(2)?, row.int(3)?))
        })?;
        let mut out = BTreeMap::new();
        for (channel, first, last, amount) in rows {
            *out.entry(channel).or_default() += share(amount, (first, last), (i64::from(from), i64::from(to)));
        }
        Ok(out)
    }
}

/// The part of an amount that falls on the days both have; half a minor unit counts as one.
pub fn share(amount: i64, (first, last): (i64, i64), (from, to): (i64, i64)) -> i64 {
    let days = i128::from(last - first + 1);
    let common = i128::from((last.min(to) - first.max(from) + 1).max(0));
    ((i128::from(amount) * common * 2 + days) / (days * 2)) as i64
}

fn cost_row(row: RowRef<'_>) -> Result<CostRow, DbError> {
    let day = |at| row.int(at).map(|day| day as i32);
    let currency = Currency::parse(&row.text(4)?).map_err(|error| DbError::Decode(error.to_string()))?;
    let cost = CostIn { from_day: day(1)?, to_day: day(2)?, amount: row.int(3)?, currency, note: row.text(5)? };
    Ok(CostRow { id: row.text(0)?, cost, created_at: row.time(6)?, created_by: row.text(7)? })
}

fn with_states(tx: &mut Tx<'_>, mut rows: Vec<ChannelRow>) -> Result<Vec<ChannelRow>, Refusal> {
    let ids: Vec<String> = rows.iter().map(|row| row.id.clone()).collect();
    let sql =
        format!("SELECT channel, state FROM channel_state WHERE code = '' AND {} ORDER BY state", tx.any("channel", 1));
    let mut states: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (channel, state) in tx.query(&sql, params![&ids], |row| Ok((row.text(0)?, row.text(1)?)))? {
        states.entry(channel).or_default().push(state);
    }
    for row in &mut rows {
        row.states = states.remove(&row.id).unwrap_or_default();
        row.states.retain(|state| *state != row.code);
    }
    Ok(rows)
}

/// A state of WeCom's has 30 characters; what is behind the code counts the channel's live codes.
fn checked_code(text: &str) -> Result<String, Refusal> {
    let code = text.trim();
    let fits = (1..=20).contains(&code.chars().count())
        && code.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
        && code.starts_with(char::is_alphanumeric);
    fits.then(|| code.to_owned()).ok_or_else(|| {
        refuse::channel_field(
            "code",
            "A code has 1 to 20 letters, digits, hyphens or underscores and begins with a letter or digit. It cannot be changed later.",
            "渠道编码为 1 到 20 位字母、数字、短横线或下划线，以字母或数字开头，创建后不可修改。",
        )
    })
}

fn checked(tx: &mut Tx<'_>, input: ChannelIn) -> Result<ChannelIn, Refusal> {
    let wrong = refuse::channel_field;
    let name = label(&input.name, 40).filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| wrong("name", "A name has 1 to 40 characters.", "名称为 1 到 40 个字。"))?;
    if !KINDS.contains(&input.kind.as_str()) {
        let en = format!("The kind is one of: {}.", KINDS.join(", "));
        return Err(wrong("kind", &en, "请选择渠道类型。"));
    }
    let owner = label(&input.owner, 40)
        .ok_or_else(|| wrong("owner", "An owner has up to 40 characters.", "负责人最长 40 个字。"))?;
    let note = label(&input.note, 300)
        .ok_or_else(|| wrong("note", "A note has up to 300 characters.", "备注最长 300 个字。"))?;
    let store = input.store.trim().to_owned();
    if !store.is_empty() && tx.opt("SELECT 1 FROM store WHERE code = $1", params![&store], |row| row.int(0))?.is_none()
    {
        return Err(wrong("store", "There is no such store.", "没有该门店。"));
    }
    let mut states: Vec<String> = Vec::new();
    for state in &input.states {
        let fits = label(state, 64).filter(|state| !state.is_empty());
        let state =
            fits.ok_or_else(|| wrong("states", "A state has 1 to 64 characters.", "来源参数为 1 到 64 个字符。"))?;
        if !states.contains(&state) {
            states.push(state);
        }
    }
    if states.len() > 50 {
        return Err(wrong("states", "Up to 50 states.", "来源参数最多 50 个。"));
    }
    Ok(ChannelIn { name, owner, note, store, states, ..input })
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn a_cost_is_spread_over_its_days() {
        for (amount, own, span, want) in [
            (3_000, (0, 29), (0, 29), 3_000),
            (3_000, (0, 29), (-10, 9), 1_000),
            (3_000, (0, 29), (29, 60), 100),
            (3_000, (0, 29), (30, 60), 0),
            (100, (0, 2), (1, 1), 33),
            (1, (0, 1), (0, 0), 1),
            (100_000_000_000_000, (0, 3_659), (0, 3_659), 100_000_000_000_000),
        ] {
            assert_eq!(share(amount, own, span), want, "{amount} {own:?} {span:?}");
        }
    }
}
