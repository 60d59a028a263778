//! Adding and changing users.

use crate::access::SETUP;
use crate::audit::{self, Actor};
use crate::user::{self, Locale, User, UserState};
use crate::{Access, Page, Role, Scope, password, refuse, session};
use serde_json::json;
use siyu_db::{DbError, Engine, Tx, params};
use siyu_kernel::{Refusal, Time, new_id};

/// Enough for any brand's head office; keeps every list of users small.
const USERS_MAX: usize = 5000;

#[derive(Clone, Debug)]
pub struct NewUser {
    pub email: String,
    pub name: String,
    pub role: Role,
    pub scope: Scope,
    pub locale: Locale,
    pub password: String,
}

/// What to change; `None` leaves as it is.
#[derive(Clone, Debug, Default)]
pub struct UserPatch {
    pub name: Option<String>,
    pub role: Option<Role>,
    pub scope: Option<Scope>,
    pub state: Option<UserState>,
    pub locale: Option<Locale>,
    pub password: Option<String>,
}

impl Access {
    /// Makes the first owner; `also` runs in the same unit (name, zone and currency of the workspace).
    /// Errors: `already_set_up`, and those of [`Access::add_user`].
    pub fn create_owner(
        &self,
        now: Time,
        owner: NewUser,
        mut also: impl FnMut(&mut Tx<'_>) -> Result<(), Refusal> + Send + 'static,
    ) -> Result<User, Refusal> {
        if !self.setup_needed()? {
            return Err(refuse::already_set_up());
        }
        let (user, hash) = self.prepare(now, NewUser { role: Role::Owner, scope: Scope::everything(), ..owner })?;
        self.db().transact(move |tx| {
            // Two browsers may finish the first page at once: the row decides.
            let first = tx.execute(
                "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
                params![SETUP, &user.id],
            )?;
            if first == 0 {
                return Err(refuse::already_set_up());
            }
            if !user::insert(tx, &user, &hash)? {
                return Err(refuse::email_taken());
            }
            also(tx)?;
            audit::record(tx, now, &Actor::user(&user.id, &user.name), "workspace.setup", Some(&user.id), &json!({}))?;
            Ok(user.clone())
        })
    }

    /// Errors: `email_invalid`, `email_taken`, `name_invalid`, `scope_invalid`, `password_…`, `limit_reached`.
    pub fn add_user(&self, now: Time, by: &Actor, new: NewUser) -> Result<User, Refusal> {
        let (user, hash) = self.prepare(now, new)?;
        let by = by.clone();
        self.db().transact(move |tx| {
            let count = tx.one("SELECT COUNT(*) FROM access_user", &[], |row| row.int(0))?;
            if count >= USERS_MAX as i64 {
                return Err(refuse::too_many("users", "用户", USERS_MAX));
            }
            if !user::insert(tx, &user, &hash)? {
                return Err(refuse::email_taken());
            }
            audit::record(tx, now, &by, "user.add", Some(&user.id), &json!({"role": user.role, "scope": user.scope}))?;
            Ok(user.clone())
        })
    }

    /// Ends the user's sessions when the role, the state or the password changes.
    /// Errors: `user_not_found`, `last_owner`, `name_invalid`, `scope_invalid`, `password_…`.
    pub fn change_user(&self, now: Time, by: &Actor, id: &str, mut patch: UserPatch) -> Result<User, Refusal> {
        patch.name = patch.name.as_deref().map(user::name).transpose()?;
        patch.scope = patch.scope.map(Scope::check).transpose()?;
        let known = self.user(id)?;
        let hash = match &patch.password {
            Some(password) => {
                password::check(password, &known.email)?;
                Some(self.inner.hasher.hash(password)?)
            }
            None => None,
        };
        let (by, id) = (by.clone(), id.to_owned());
        self.db().transact(move |tx| {
            let owners = lock_owners(tx)?;
            let (before, old_hash) = user::lock_by_id(tx, &id)?.ok_or_else(refuse::no_user)?;
            let after = patched(&before, &patch);
            if before.is_owner() && !after.is_owner() && owners <= 1 {
                return Err(refuse::last_owner());
            }
            let new_hash = hash.as_deref().unwrap_or(&old_hash);
            if after == before && hash.is_none() {
                return Ok(before);
            }
            user::update(tx, &after, new_hash)?;
            if after.role != before.role || after.state != before.state || hash.is_some() {
                session::end_all(tx, &id, None)?;
            }
            audit::record(tx, now, &by, "user.change", Some(&id), &difference(&before, &after, hash.is_some()))?;
            Ok(after)
        })
    }

    /// Which user a member of WeCom's staff is, by the userid in lower case.
    pub fn user_of_staff(&self, tx: &mut siyu_db::Tx<'_>, staff: &str) -> Result<Option<User>, Refusal> {
        let sql = format!("{} WHERE u.staff = $1", user::select(""));
        Ok(tx.opt(&sql, params![staff], user::read)?)
    }
    /// Says which member of WeCom's staff a user is; `None`: none. Whether there is such a member is for the caller to know.
    /// Errors: `user_not_found`, `staff_taken`.
    pub fn bind_staff(&self, now: Time, by: &Actor, id: &str, staff: Option<&str>) -> Result<User, Refusal> {
        let staff = staff.map(|staff| staff.trim().to_lowercase()).filter(|staff| !staff.is_empty());
        let (by, id) = (by.clone(), id.to_owned());
        self.db().transact(move |tx| {
            let (before, _) = user::lock_by_id(tx, &id)?.ok_or_else(refuse::no_user)?;
            if before.staff == staff {
                return Ok(before);
            }
            if !user::bind_staff(tx, &id, staff.as_deref())? {
                return Err(refuse::staff_taken());
            }
            audit::record(tx, now, &by, "user.staff", Some(&id), &json!({ "from": before.staff, "to": staff }))?;
            Ok(User { staff: staff.clone(), ..before })
        })
    }

    /// Errors: `user_not_found`.
    pub fn user(&self, id: &str) -> Result<User, Refusal> {
        Ok(self.db().read(|tx| Ok(user::by_id(tx, id)?))?.ok_or_else(refuse::no_user)?.0)
    }

    /// Oldest first. `limit` is cut to 1..=200.
    pub fn users(&self, limit: usize, after: Option<&str>) -> Result<Page<User>, Refusal> {
        let limit = limit.clamp(1, 200);
        let sql = format!("{} WHERE u.id > $1 ORDER BY u.id LIMIT $2", user::select(""));
        let rows =
            self.db().read(|tx| Ok(tx.query(&sql, params![after.unwrap_or(""), limit as i64 + 1], user::read)?))?;
        Ok(Page::cut(rows, limit, |user| user.id.clone()))
    }

    fn prepare(&self, now: Time, new: NewUser) -> Result<(User, String), Refusal> {
        let email = user::email(&new.email)?;
        let name = user::name(&new.name)?;
        let scope = new.scope.check()?;
        password::check(&new.password, &email)?;
        let hash = self.inner.hasher.hash(&new.password)?;
        let id = new_id("usr", now, &self.inner.chance);
        let state = UserState::Active;
        Ok((
            User {
                id,
                email,
                name,
                role: new.role,
                scope,
                locale: new.locale,
                state,
                created_at: now,
                last_login_at: None,
                staff: None,
            },
            hash,
        ))
    }
}

impl User {
    fn is_owner(&self) -> bool {
        self.role == Role::Owner && self.state == UserState::Active
    }
}

fn patched(user: &User, patch: &UserPatch) -> User {
    User {
        name: patch.name.clone().unwrap_or_else(|| user.name.clone()),
        role: patch.role.unwrap_or(user.role),
        scope: patch.scope.clone().unwrap_or_else(|| user.scope.clone()),
        state: patch.state.unwrap_or(user.state),
        locale: patch.locale.unwrap_or(user.locale),
        ..user.clone()
    }
}

/// Counts the active owners and, where units run side by side, holds them: two owners cannot demote each other at once.
fn lock_owners(tx: &mut Tx<'_>) -> Result<usize, DbError> {
    let lock = if tx.engine() == Engine::Postgres { " FOR UPDATE" } else { "" };
    let sql = format!("SELECT id FROM access_user WHERE role = 'owner' AND state = 'active' ORDER BY id{lock}");
    Ok(tx.query(&sql, &[], |row| row.text(0))?.len())
}

/// What changed, without names or addresses.
fn difference(before: &User, after: &User, password: bool) -> serde_json::Value {
    let mut detail = serde_json::Map::new();
    if before.role != after.role {
        detail.insert("role".into(), json!({"from": before.role, "to": after.role}));
    }
    if before.state != after.state {
        detail.insert("state".into(), json!({"from": before.state, "to": after.state}));
    }
    if before.scope != after.scope {
        detail.insert("scope".into(), json!({"from": before.scope, "to": after.scope}));
    }
    for (field, changed) in
        [("name", before.name != after.name), ("locale", before.locale != after.locale), ("password", password)]
    {
        if changed {
            detail.insert(field.into(), json!("changed"));
        }
    }
    detail.into()
}
