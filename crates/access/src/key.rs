//! Keys for programs.

use crate::audit::{self, Actor};
use crate::role::words;
use crate::token::{self, TokenHash};
use crate::{Access, Page, Role, refuse, user};
use serde::{Deserialize, Serialize};
use serde_json::json;
use siyu_db::{DbError, RowRef, params};
use siyu_kernel::{Refusal, Time, new_id};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

words!(
    /// A write key only sends data in; an api key reads and changes what its role allows.
    KeyKind { Write "write", Api "api" }
);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// `key_…`
    pub id: String,
    pub name: String,
    pub kind: KeyKind,
    /// Api keys only.
    pub role: Option<Role>,
    /// The first characters, to recognise a key by.
    pub prefix: String,
    pub created_at: Time,
    /// Exact to a minute.
    pub last_used_at: Option<Time>,
    pub revoked_at: Option<Time>,
}

/// For how long a process believes that a key it has seen is still good: the time a revocation takes to reach other processes.
const TRUST_SECONDS: i64 = 3;
const TOUCH_SECONDS: i64 = 60;
const CACHE_MAX: usize = 10_000;
const KEYS_MAX: usize = 1000;
const PREFIX_CHARS: usize = 13;

#[derive(Default)]
pub struct KeyCache(Mutex<HashMap<TokenHash, Known>>);

#[derive(Clone)]
struct Known {
    key: Arc<ApiKey>,
    checked_at: Time,
    touched_at: Option<Time>,
}

impl KeyKind {
    fn token_prefix(self) -> &'static str {
        match self {
            KeyKind::Write => "siyu_w_",
            KeyKind::Api => "siyu_a_",
        }
    }
}

impl Access {
    /// The second value is the secret: shown now, never again. Errors: `name_invalid`, `key_role_needed`, `key_role_unexpected`, `limit_reached`.
    pub fn add_key(
        &self,
        now: Time,
        by: &Actor,
        name: &str,
        kind: KeyKind,
        role: Option<Role>,
    ) -> Result<(ApiKey, String), Refusal> {
        match (kind, role) {
            (KeyKind::Api, None) => return Err(refuse::key_role_needed()),
            (KeyKind::Write, Some(_)) => return Err(refuse::key_role_unexpected()),
            _ => {}
        }
        let secret = token::new_token(kind.token_prefix());
        let key = ApiKey {
            id: new_id("key", now, &self.inner.chance),
            name: user::name(name)?,
            kind,
            role,
            prefix: secret[..PREFIX_CHARS].to_owned(),
            created_at: now,
            last_used_at: None,
            revoked_at: None,
        };
        let (hash, by) = (token::hash(&secret), by.clone());
        let key = self.db().transact(move |tx| {
            if tx.one("SELECT COUNT(*) FROM access_key WHERE revoked_at IS NULL", &[], |row| row.int(0))? >= KEYS_MAX as i64 {
                return Err(refuse::too_many("keys", "密钥", KEYS_MAX));
            }
            tx.execute(
                "INSERT INTO access_key (id, token_hash, name, kind, role, prefix, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
                params![&key.id, &hash, &key.name, key.kind.name(), key.role.map(Role::name), &key.prefix, key.created_at],
            )?;
            audit::record(tx, now, &by, "key.add", Some(&key.id), &json!({"kind": key.kind, "role": key.role}))?;
            Ok(key.clone())
        })?;
        Ok((key, secret))
    }

    /// Stops the key: at once in this process, within [`TRUST_SECONDS`] in others. Revoking twice changes nothing. Errors: `key_not_found`.
    pub fn revoke_key(&self, now: Time, by: &Actor, id: &str) -> Result<(), Refusal> {
        let (by, key) = (by.clone(), id.to_owned());
        self.db().transact(move |tx| {
            if tx.execute(
                "UPDATE access_key SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL",
                params![now, &key],
            )? == 1
            {
                return Ok(audit::record(tx, now, &by, "key.revoke", Some(&key), &json!({}))?);
            }
            let known = tx.opt("SELECT 1 FROM access_key WHERE id = $1", params![&key], |_| Ok(()))?;
            known.ok_or_else(refuse::no_key)
        })?;
        self.inner.keys.forget(id);
        Ok(())
    }

    /// Newest first, revoked ones too. `limit` is cut to 1..=200.
    pub fn keys(&self, limit: usize, after: Option<&str>) -> Result<Page<ApiKey>, Refusal> {
        let limit = limit.clamp(1, 200);
        let sql = format!("{SELECT} WHERE $1 = '' OR id < $1 ORDER BY id DESC LIMIT $2");
        let rows = self.db().read(|tx| Ok(tx.query(&sql, params![after.unwrap_or(""), limit as i64 + 1], read)?))?;
        Ok(Page::cut(rows, limit, |key| key.id.clone()))
    }

    /// The key a program shows, if it is good. Usually a look into memory; made for every request of the intake.
    pub fn verify_key(&self, now: Time, secret: &str) -> Result<Option<Arc<ApiKey>>, Refusal> {
        if !KeyKind::ALL.iter().any(|kind| token::looks_like(secret, kind.token_prefix())) {
            return Ok(None);
        }
        let hash = token::hash(secret);
        if let Some(key) = self.inner.keys.get(&hash, now) {
            self.touch(&hash, now);
            return Ok(Some(key));
        }
        let sql = format!("{SELECT} WHERE token_hash = $1 AND revoked_at IS NULL");
        match self.db().read(|tx| Ok(tx.opt(&sql, params![&hash], read)?))? {
            Some(key) => {
                let key = self.inner.keys.put(hash, key, now);
                self.touch(&hash, now);
                Ok(Some(key))
            }
            None => {
                self.inner.keys.drop_hash(&hash);
                Ok(None)
            }
        }
    }

    fn touch(&self, hash: &TokenHash, now: Time) {
        if let Some(id) = self.inner.keys.due(hash, now) {
            // Not waited for: it is a convenience, and a full queue may drop it.
            drop(self.db().submit(move |tx| {
                let sql = "UPDATE access_key SET last_used_at = $1 WHERE id = $2 AND (last_used_at IS NULL OR last_used_at < $1)";
                Ok(tx.execute(sql, params![now, &id])?)
            }));
        }
    }
}

impl KeyCache {
    fn with<T>(&self, work: impl FnOnce(&mut HashMap<TokenHash, Known>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(|broken| broken.into_inner()))
    }
    fn get(&self, hash: &TokenHash, now: Time) -> Option<Arc<ApiKey>> {
        self.with(|map| {
            map.get(hash)
                .filter(|known| now >= known.checked_at && now < known.checked_at.plus_seconds(TRUST_SECONDS))
                .map(|known| Arc::clone(&known.key))
        })
    }
    fn put(&self, hash: TokenHash, key: ApiKey, now: Time) -> Arc<ApiKey> {
        let touched_at = key.last_used_at;
        let key = Arc::new(key);
        self.with(|map| {
            if map.len() >= CACHE_MAX {
                map.clear();
            }
            map.insert(hash, Known { key: Arc::clone(&key), checked_at: now, touched_at });
        });
        key
    }
    /// The id to mark as used, when the last mark is a minute old.
    fn due(&self, hash: &TokenHash, now: Time) -> Option<String> {
        self.with(|map| {
            let known = map.get_mut(hash)?;
            if known.touched_at.is_some_and(|at| now < at.plus_seconds(TOUCH_SECONDS)) {
                return None;
            }
            known.touched_at = Some(now);
            Some(known.key.id.clone())
        })
    }
    fn drop_hash(&self, hash: &TokenHash) {
        self.with(|map| drop(map.remove(hash)));
    }
    fn forget(&self, id: &str) {
        self.with(|map| map.retain(|_, known| known.key.id != id));
    }
}

const SELECT: &str = "SELECT id, name, kind, role, prefix, created_at, last_used_at, revoked_at FROM access_key";

fn read(row: RowRef<'_>) -> Result<ApiKey, DbError> {
    let kind = row.text(2)?;
    Ok(ApiKey {
        id: row.text(0)?,
        name: row.text(1)?,
        kind: KeyKind::parse(&kind).ok_or_else(|| DbError::Decode(format!("unknown kind {kind}")))?,
        role: row.opt_text(3)?.as_deref().and_then(Role::parse),
        prefix: row.text(4)?,
        created_at: row.time(5)?,
        last_used_at: row.opt_time(6)?,
        revoked_at: row.opt_time(7)?,
    })
}
