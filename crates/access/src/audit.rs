//! The record of who did what.
//!
//! A domain writes its row inside the unit that does the thing: both are saved, or neither.
//! `detail` says what changed in words and numbers (roles, counts, ids); names, addresses and phone numbers stay out of it.

use crate::role::words;
use crate::{Access, Page, refuse};
use serde::{Deserialize, Serialize};
use siyu_db::{DbError, Param, RowRef, Tx, params};
use siyu_kernel::{Refusal, Time};

words!(ActorKind { User "user", Key "key", System "system" });

/// Who acts, and from where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    pub kind: ActorKind,
    /// `usr_…` or `key_…`; `None` for the system, and for somebody who has not signed in.
    pub id: Option<String>,
    pub name: Option<String>,
    pub ip: Option<String>,
    pub request_id: Option<String>,
}

impl Actor {
    pub fn user(id: &str, name: &str) -> Self {
        Self { kind: ActorKind::User, id: Some(id.into()), name: Some(name.into()), ip: None, request_id: None }
    }
    pub fn key(id: &str, name: &str) -> Self {
        Self { kind: ActorKind::Key, ..Self::user(id, name) }
    }
    /// Work the program does by itself.
    pub fn system(name: &str) -> Self {
        Self { kind: ActorKind::System, id: None, name: Some(name.into()), ip: None, request_id: None }
    }
    pub fn stranger() -> Self {
        Self { kind: ActorKind::User, id: None, name: None, ip: None, request_id: None }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct AuditRow {
    pub id: i64,
    pub at: Time,
    pub actor: Actor,
    pub action: String,
    pub object: Option<String>,
    pub detail: serde_json::Value,
}

/// Adds a row. `action` is `noun.verb` (`person.merge`, `key.add`); `object` is the id of what it was done to.
pub fn record(
    tx: &mut Tx<'_>,
    now: Time,
    by: &Actor,
    action: &str,
    object: Option<&str>,
    detail: &serde_json::Value,
) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO access_audit (at, actor_kind, actor_id, actor_name, action, object, detail, ip, request_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        params![now, by.kind.name(), &by.id, &by.name, action, object, &detail.to_string(), &by.ip, &by.request_id],
    )
    .map(drop)
}

/// Empties the free text (`reason`) of all rows about these objects; that something was done, when and by whom stays. Answers how many.
pub fn redact(tx: &mut Tx<'_>, objects: &[String]) -> Result<usize, DbError> {
    let sql = format!("SELECT id, detail FROM access_audit WHERE {}", tx.any("object", 1));
    let mut rows = tx.query(&sql, params![objects], |row| Ok((row.int(0)?, row.text(1)?)))?;
    rows.retain_mut(|(_, text)| {
        let Ok(serde_json::Value::Object(mut detail)) = serde_json::from_str(text) else { return false };
        let had = detail.get("reason").is_some_and(|reason| !reason.is_null());
        detail.insert("reason".into(), serde_json::Value::Null);
        *text = serde_json::Value::Object(detail).to_string();
        had
    });
    for (id, detail) in &rows {
        tx.execute("UPDATE access_audit SET detail = $1 WHERE id = $2", params![detail, *id])?;
    }
    Ok(rows.len())
}

/// Which rows; empty means all.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// The actor's id.
    pub actor: Option<String>,
    /// A whole action (`key.add`) or a noun with its dot (`key.`).
    pub action: Option<String>,
    pub object: Option<String>,
    /// Included.
    pub from: Option<Time>,
    /// Not included.
    pub to: Option<Time>,
}

impl Access {
    /// Adds a row on its own, for acts that change nothing in the database (an export, a look at hidden values).
    pub fn record(
        &self,
        now: Time,
        by: &Actor,
        action: &str,
        object: Option<&str>,
        detail: &serde_json::Value,
    ) -> Result<(), Refusal> {
        let (by, action, object, detail) = (by.clone(), action.to_owned(), object.map(str::to_owned), detail.clone());
        self.db().transact(move |tx| Ok(record(tx, now, &by, &action, object.as_deref(), &detail)?))
    }

    /// Newest first. `limit` is cut to 1..=200. Errors: `page_token`.
    pub fn audit(&self, filter: &AuditFilter, limit: usize, after: Option<&str>) -> Result<Page<AuditRow>, Refusal> {
        let limit = limit.clamp(1, 200);
        let before: i64 = match after {
            Some(text) => text.parse().map_err(|_| refuse::bad_after())?,
            None => i64::MAX,
        };
        let mut sql = "SELECT id, at, actor_kind, actor_id, actor_name, action, object, detail, ip, request_id FROM access_audit WHERE id < $1".to_owned();
        let mut values: Vec<Param<'_>> = vec![before.into()];
        // LIKE rather than a range: the order of text depends on the server's collation.
        let noun = filter
            .action
            .as_deref()
            .filter(|action| action.ends_with('.') && !action.contains(['%', '\\']))
            .map(|noun| format!("{noun}%"));
        match &noun {
            Some(noun) => push(&mut sql, &mut values, "action LIKE", Some(Param::Text(noun))),
            None => push(&mut sql, &mut values, "action =", filter.action.as_deref().map(Param::Text)),
        }
        push(&mut sql, &mut values, "actor_id =", filter.actor.as_deref().map(Param::Text));
        push(&mut sql, &mut values, "object =", filter.object.as_deref().map(Param::Text));
        push(&mut sql, &mut values, "at >=", filter.from.map(Param::from));
        push(&mut sql, &mut values, "at <", filter.to.map(Param::from));
        sql.push_str(&format!(" ORDER BY id DESC LIMIT ${}", values.len() + 1));
        values.push((limit as i64 + 1).into());
        let rows = self.db().read(|tx| Ok(tx.query(&sql, &values, read)?))?;
        Ok(Page::cut(rows, limit, |row| row.id.to_string()))
    }
}

fn push<'a>(sql: &mut String, values: &mut Vec<Param<'a>>, clause: &str, value: Option<Param<'a>>) {
    if let Some(value) = value {
        values.push(value);
        sql.push_str(&format!(" AND {clause} ${}", values.len()));
    }
}

fn read(row: RowRef<'_>) -> Result<AuditRow, DbError> {
    let kind = row.text(2)?;
    Ok(AuditRow {
        id: row.int(0)?,
        at: row.time(1)?,
        actor: Actor {
            kind: ActorKind::parse(&kind).ok_or_else(|| DbError::Decode(format!("unknown actor {kind}")))?,
            id: row.opt_text(3)?,
            name: row.opt_text(4)?,
            ip: row.opt_text(8)?,
            request_id: row.opt_text(9)?,
        },
        action: row.text(5)?,
        object: row.opt_text(6)?,
        detail: serde_json::from_str(&row.text(7)?).unwrap_or_default(),
    })
}
