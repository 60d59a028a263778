//! Users as rows.

use crate::role::words;
use crate::{Role, Scope, refuse};
use serde::{Deserialize, Serialize};
use siyu_db::{DbError, Engine, RowRef, Tx, params};
use siyu_kernel::{Identifier, Kind, Refusal, Time};

words!(
    /// The language a user reads.
    Locale { Zh "zh", En "en" }
);
words!(UserState { Active "active", Disabled "disabled" });

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// `usr_…`
    pub id: String,
    /// In lower case.
    pub email: String,
    pub name: String,
    pub role: Role,
    pub scope: Scope,
    pub locale: Locale,
    pub state: UserState,
    pub created_at: Time,
    pub last_login_at: Option<Time>,
    /// The member of WeCom's staff this user is: the userid in lower case.
    pub staff: Option<String>,
}

pub const NAME_CHARS_MAX: usize = 100;
const COLUMNS: &str =
    "u.id, u.email, u.name, u.role, u.scope, u.locale, u.state, u.created_at, u.last_login_at, u.staff";
/// How many columns `COLUMNS` has; what a query adds starts here.
pub const WIDTH: usize = 10;

pub fn select(more: &str) -> String {
    format!("SELECT {COLUMNS}{more} FROM access_user u")
}

pub fn read(row: RowRef<'_>) -> Result<User, DbError> {
    let word = |at: usize| row.text(at);
    let unknown = |what: &str, text: &str| DbError::Decode(format!("unknown {what} {text}"));
    let (role, locale, state) = (word(3)?, word(5)?, word(6)?);
    Ok(User {
        id: word(0)?,
        email: word(1)?,
        name: word(2)?,
        role: Role::parse(&role).ok_or_else(|| unknown("role", &role))?,
        scope: serde_json::from_str(&word(4)?).map_err(|e| DbError::Decode(format!("scope: {e}")))?,
        locale: Locale::parse(&locale).ok_or_else(|| unknown("locale", &locale))?,
        state: UserState::parse(&state).ok_or_else(|| unknown("state", &state))?,
        created_at: row.time(7)?,
        last_login_at: row.opt_time(8)?,
        staff: row.opt_text(9)?,
    })
}

/// The user and the stored password, or nothing.
pub fn by_email(tx: &mut Tx<'_>, email: &str) -> Result<Option<(User, String)>, DbError> {
    tx.opt(&format!("{} WHERE u.email = $1", select(", u.password")), params![email], |row| {
        Ok((read(row)?, row.text(WIDTH)?))
    })
}

pub fn by_id(tx: &mut Tx<'_>, id: &str) -> Result<Option<(User, String)>, DbError> {
    tx.opt(&format!("{} WHERE u.id = $1", select(", u.password")), params![id], |row| {
        Ok((read(row)?, row.text(WIDTH)?))
    })
}

/// For a unit that will change the row: a concurrent unit waits.
pub fn lock_by_id(tx: &mut Tx<'_>, id: &str) -> Result<Option<(User, String)>, DbError> {
    let lock = if tx.engine() == Engine::Postgres { " FOR UPDATE" } else { "" };
    let sql = format!("{} WHERE u.id = $1{lock}", select(", u.password"));
    tx.opt(&sql, params![id], |row| Ok((read(row)?, row.text(WIDTH)?)))
}

pub fn insert(tx: &mut Tx<'_>, user: &User, password: &str) -> Result<bool, DbError> {
    let scope = scope_text(&user.scope);
    let added = tx.execute(
        "INSERT INTO access_user (id, email, name, password, role, scope, locale, state, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (email) DO NOTHING",
        params![
            &user.id,
            &user.email,
            &user.name,
            password,
            user.role.name(),
            &scope,
            user.locale.name(),
            user.state.name(),
            user.created_at
        ],
    )?;
    Ok(added == 1)
}

pub fn update(tx: &mut Tx<'_>, user: &User, password: &str) -> Result<(), DbError> {
    let scope = scope_text(&user.scope);
    tx.execute(
        "UPDATE access_user SET name = $2, password = $3, role = $4, scope = $5, locale = $6, state = $7 WHERE id = $1",
        params![&user.id, &user.name, password, user.role.name(), &scope, user.locale.name(), user.state.name()],
    )
    .map(drop)
}

/// False when another user is this member of staff.
pub fn bind_staff(tx: &mut Tx<'_>, id: &str, staff: Option<&str>) -> Result<bool, DbError> {
    let other = "SELECT 1 FROM access_user WHERE staff = $1 AND id <> $2";
    if let Some(staff) = staff
        && tx.opt(other, params![staff, id], |row| row.int(0))?.is_some()
    {
        return Ok(false);
    }
    tx.execute("UPDATE access_user SET staff = $2 WHERE id = $1", params![id, staff])?;
    Ok(true)
}

fn scope_text(scope: &Scope) -> String {
    serde_json::to_string(scope).expect("lists of names are JSON")
}

/// The one spelling of an address. Errors: `email_invalid`.
pub fn email(raw: &str) -> Result<String, Refusal> {
    Identifier::new(Kind::Email, raw).map(|id| id.value).map_err(|_| refuse::email_invalid())
}

/// Trimmed, 1 to 100 characters, nothing unprintable. Errors: `name_invalid`.
pub fn name(raw: &str) -> Result<String, Refusal> {
    let name = raw.trim();
    let fits = !name.is_empty() && name.chars().count() <= NAME_CHARS_MAX && !name.chars().any(char::is_control);
    if fits { Ok(name.to_owned()) } else { Err(refuse::name_invalid(NAME_CHARS_MAX)) }
}
