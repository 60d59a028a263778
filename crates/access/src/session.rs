//! Signing in and out.

use crate::attempts::{self, PER_ACCOUNT_MAX, PER_ADDRESS_MAX};
use crate::audit::{self, Actor};
use crate::token::{self, TokenHash};
use crate::user::{self, User, UserState};
use crate::{Access, Locale, password, refuse};
use serde_json::json;
use siyu_db::{DbError, Tx, params};
use siyu_kernel::{Refusal, Time};

pub const IDLE_SECONDS_MAX: i64 = 12 * 3600;
pub const AGE_DAYS_MAX: i64 = 14;
/// How exact "last seen" is: one write a minute for each session, not one for each request.
const TOUCH_SECONDS: i64 = 60;

/// A session that has just begun. `token` goes into the cookie and is not kept anywhere.
#[derive(Clone, Debug)]
pub struct SignedIn {
    pub user: User,
    pub token: String,
    pub csrf: String,
}

/// A session that is alive now.
#[derive(Clone, Debug)]
pub struct Session {
    pub user: User,
    /// What a page must send back in a header besides the cookie.
    pub csrf: String,
    pub(crate) hash: TokenHash,
}

impl Access {
    /// Counts the attempt, checks the password, begins a session. `from` carries address and request id; its name is not used.
    /// Errors: `wrong_login` (also for unknown and disabled accounts), `too_many_attempts` with [`crate::RetryAfter`] as source.
    pub fn sign_in(&self, now: Time, email: &str, password: &str, from: &Actor) -> Result<SignedIn, Refusal> {
        // Cut before anything is hashed: the inputs come from strangers.
        let email: String =
            email.trim().chars().filter(|c| !c.is_control()).take(256).collect::<String>().to_lowercase();
        let email = user::email(&email).unwrap_or(email);
        let (account, address) =
            (token::subject("account", &email), from.ip.as_deref().map(|ip| token::subject("address", ip)));
        self.count_attempt(now, &account, address.as_deref())?;
        let known = self.db().read(|tx| Ok(user::by_email(tx, &email)?))?;
        let usable = known.as_ref().filter(|(user, _)| user.state == UserState::Active);
        let fits = password.chars().count() <= password::CHARS_MAX;
        let candidate = if fits { password } else { "" };
        let right = self.inner.hasher.verify(candidate, usable.map(|(_, hash)| hash.as_str()))? && fits;
        match known {
            Some((user, hash)) if right => self.begin(now, user, hash, account, address, from),
            known => {
                // Only for accounts that exist: strangers cannot fill the table, and the limit bounds the rest.
                if let Some((user, _)) = known {
                    let by = Actor { id: Some(user.id.clone()), ..from.clone() };
                    self.db().transact(move |tx| {
                        Ok(audit::record(tx, now, &by, "session.refused", by.id.as_deref(), &json!({}))?)
                    })?;
                }
                Err(refuse::wrong_login())
            }
        }
    }

    /// Begins a session without a password: right after the first owner was made.
    pub fn begin_session(&self, now: Time, user: User) -> Result<SignedIn, Refusal> {
        let token = token::new_token("");
        let (hash, id) = (token::hash(&token), user.id.clone());
        self.db().transact(move |tx| Ok(insert(tx, &hash, &id, now)?))?;
        Ok(SignedIn { csrf: token::csrf_of(&token), user, token })
    }

    /// Begins a session of the account that is linked to a member of WeCom's staff (by key), whom WeCom has vouched for.
    ///
    /// Errors: `login_unlinked` (also for accounts that are disabled).
    pub fn sign_in_staff(&self, now: Time, staff: &str, from: &Actor) -> Result<SignedIn, Refusal> {
        let token = token::new_token("");
        let (hash, staff, access, from) = (token::hash(&token), staff.to_owned(), self.clone(), from.clone());
        let user = self.db().transact(move |tx| {
            let linked = access.user_of_staff(tx, &staff)?.ok_or_else(refuse::login_unlinked)?;
            // Locked and read again: the link may just be taken away.
            let found = user::lock_by_id(tx, &linked.id)?.map(|(user, _)| user);
            let found = found.filter(|user| user.state == UserState::Active && user.staff.as_ref() == Some(&staff));
            let user = found.ok_or_else(refuse::login_unlinked)?;
            let from = from.clone();
            let by = Actor { ip: from.ip, request_id: from.request_id, ..Actor::user(&user.id, &user.name) };
            Ok(enter(tx, now, &hash, user, &by, &json!({ "through": "wecom" }))?)
        })?;
        Ok(SignedIn { csrf: token::csrf_of(&token), user, token })
    }

    /// The session a cookie stands for, if it is alive. Reading it keeps it alive.
    pub fn session(&self, now: Time, token: &str) -> Result<Option<Session>, Refusal> {
        if !token::looks_like(token, "") {
            return Ok(None);
        }
        let hash = token::hash(token);
        let sql = format!(
            "{} JOIN access_session s ON s.user_id = u.id WHERE s.token_hash = $1",
            user::select(", s.created_at, s.seen_at")
        );
        let row = self.db().read(|tx| {
            Ok(tx.opt(&sql, params![&hash], |row| {
                Ok((user::read(row)?, row.time(user::WIDTH)?, row.time(user::WIDTH + 1)?))
            })?)
        })?;
        let Some((user, created, seen)) = row else { return Ok(None) };
        let alive = user.state == UserState::Active
            && now < created.plus_days(AGE_DAYS_MAX)
            && now < seen.plus_seconds(IDLE_SECONDS_MAX);
        if !alive {
            return Ok(None);
        }
        if now >= seen.plus_seconds(TOUCH_SECONDS) {
            // Not waited for: a full queue may drop it, and the next request tries again.
            drop(self.db().submit(move |tx| {
                Ok(tx.execute(
                    "UPDATE access_session SET seen_at = $1 WHERE token_hash = $2 AND seen_at < $1",
                    params![now, &hash],
                )?)
            }));
        }
        Ok(Some(Session { user, csrf: token::csrf_of(token), hash }))
    }

    pub fn sign_out(&self, now: Time, session: &Session, by: &Actor) -> Result<(), Refusal> {
        let (hash, by) = (session.hash, by.clone());
        self.db().transact(move |tx| {
            if tx.execute("DELETE FROM access_session WHERE token_hash = $1", params![&hash])? == 1 {
                audit::record(tx, now, &by, "session.end", by.id.as_deref(), &json!({}))?;
            }
            Ok(())
        })
    }

    /// Changes one's own password and ends all other sessions. Errors: `wrong_password`, `too_many_attempts`, `password_…` (field `new`).
    pub fn change_password(
        &self,
        now: Time,
        session: &Session,
        by: &Actor,
        current: &str,
        new: &str,
    ) -> Result<(), Refusal> {
        let account = token::subject("account", &session.user.email);
        self.count_attempt(now, &account, None)?;
        let (_, stored) = self.db().read(|tx| Ok(user::by_id(tx, &session.user.id)?))?.ok_or_else(refuse::no_user)?;
        if current.chars().count() > password::CHARS_MAX || !self.inner.hasher.verify(current, Some(&stored))? {
            return Err(refuse::wrong_password());
        }
        password::check(new, &session.user.email).map_err(|refusal| refusal.field("new"))?;
        let fresh = self.inner.hasher.hash(new)?;
        let (id, keep, by) = (session.user.id.clone(), session.hash, by.clone());
        self.db().transact(move |tx| {
            // Somebody else may have changed it while we hashed: then `current` was not the current one.
            let changed = tx.execute(
                "UPDATE access_user SET password = $1 WHERE id = $2 AND password = $3",
                params![&fresh, &id, &stored],
            )?;
            if changed == 0 {
                return Err(refuse::wrong_password());
            }
            end_all(tx, &id, Some(&keep))?;
            attempts::forget(tx, &account)?;
            Ok(audit::record(tx, now, &by, "user.change", Some(&id), &json!({"password": "changed"}))?)
        })
    }

    /// Changes one's own language or name. Errors: `name_invalid`.
    pub fn change_self(
        &self,
        now: Time,
        by: &Actor,
        id: &str,
        name: Option<String>,
        locale: Option<Locale>,
    ) -> Result<User, Refusal> {
        self.change_user(now, by, id, crate::UserPatch { name, locale, ..Default::default() })
    }

    fn count_attempt(&self, now: Time, account: &str, address: Option<&str>) -> Result<(), Refusal> {
        let (account, address) = (account.to_owned(), address.map(str::to_owned));
        self.db().transact(move |tx| {
            attempts::sweep(tx, now)?;
            let by_address = match &address {
                Some(address) => attempts::count(tx, address, PER_ADDRESS_MAX, now)?,
                None => Ok(()),
            };
            Ok(match by_address {
                Ok(()) => attempts::count(tx, &account, PER_ACCOUNT_MAX, now)?,
                refused => refused,
            })
        })?
    }

    fn begin(
        &self,
        now: Time,
        user: User,
        password: String,
        account: String,
        address: Option<String>,
        from: &Actor,
    ) -> Result<SignedIn, Refusal> {
        let token = token::new_token("");
        let hash = token::hash(&token);
        let by =
            Actor { ip: from.ip.clone(), request_id: from.request_id.clone(), ..Actor::user(&user.id, &user.name) };
        let user = self.db().transact(move |tx| {
            // The password was checked outside this unit: what it was checked against must still hold.
            let (found, stored) = user::lock_by_id(tx, &user.id)?.ok_or_else(refuse::wrong_login)?;
            if stored != password || found.state != UserState::Active {
                return Err(refuse::wrong_login());
            }
            attempts::forget(tx, &account)?;
            if let Some(address) = &address {
                attempts::uncount(tx, address)?;
            }
            Ok(enter(tx, now, &hash, found, &by, &json!({}))?)
        })?;
        Ok(SignedIn { csrf: token::csrf_of(&token), user, token })
    }
}

/// Begins a session of somebody who has shown who they are.
fn enter(
    tx: &mut Tx<'_>,
    now: Time,
    hash: &TokenHash,
    user: User,
    by: &Actor,
    detail: &serde_json::Value,
) -> Result<User, DbError> {
    sweep(tx, now)?;
    insert(tx, hash, &user.id, now)?;
    tx.execute("UPDATE access_user SET last_login_at = $1 WHERE id = $2", params![now, &user.id])?;
    audit::record(tx, now, by, "session.begin", Some(&user.id), detail)?;
    Ok(User { last_login_at: Some(now), ..user })
}

fn insert(tx: &mut Tx<'_>, hash: &TokenHash, user: &str, now: Time) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO access_session (token_hash, user_id, created_at, seen_at) VALUES ($1, $2, $3, $3)",
        params![hash, user, now],
    )
    .map(drop)
}

/// Ends the user's sessions, all but one if asked.
pub(crate) fn end_all(tx: &mut Tx<'_>, user: &str, keep: Option<&TokenHash>) -> Result<(), DbError> {
    match keep {
        Some(keep) => {
            tx.execute("DELETE FROM access_session WHERE user_id = $1 AND token_hash <> $2", params![user, keep])
        }
        None => tx.execute("DELETE FROM access_session WHERE user_id = $1", params![user]),
    }
    .map(drop)
}

fn sweep(tx: &mut Tx<'_>, now: Time) -> Result<(), DbError> {
    let (idle, age) = (now.plus_seconds(-IDLE_SECONDS_MAX), now.plus_days(-AGE_DAYS_MAX));
    tx.execute("DELETE FROM access_session WHERE seen_at <= $1 OR created_at <= $2", params![idle, age]).map(drop)
}
