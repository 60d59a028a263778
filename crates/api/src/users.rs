//! Users and roles.

use crate::error::Answer;
use crate::extract::PagingParams;
use crate::gate::{Anyone, UsersManage};
use crate::words::{LocaleName, PermissionName, RoleName, ScopeBody, UserStateName};
use crate::{App, At, Body, Created, Endpoints, Items, May, Paging, Workspace, endpoints};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use siyu_access::{Locale, NewUser, Permission, Role, Scope, User, UserPatch, UserState};
use siyu_kernel::{Refusal, Time};
use utoipa::ToSchema;

pub fn router() -> Endpoints {
    endpoints!(list, add, change, bind, roles)
}

#[derive(Serialize, ToSchema)]
struct UserOut {
    #[schema(example = "usr_01k9z3f4e5g6h7j8k9m0n1p2q3")]
    id: String,
    email: String,
    name: String,
    #[schema(value_type = RoleName)]
    role: Role,
    #[schema(value_type = ScopeBody)]
    scope: Scope,
    #[schema(value_type = LocaleName)]
    locale: Locale,
    #[schema(value_type = UserStateName)]
    state: UserState,
    #[schema(value_type = Option<String>, format = DateTime)]
    last_login_at: Option<Time>,
    /// The userid of the member of WeCom's staff this user is.
    staff: Option<String>,
}

impl From<User> for UserOut {
    fn from(user: User) -> Self {
        let User { id, email, name, role, scope, locale, state, last_login_at, staff, .. } = user;
        Self { id, email, name, role, scope, locale, state, last_login_at, staff }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UserIn {
    #[schema(example = "bea@brand.example")]
    email: String,
    #[schema(example = "贝")]
    name: String,
    #[schema(value_type = RoleName)]
    role: Role,
    /// Everything when absent.
    #[serde(default)]
    #[schema(value_type = Option<ScopeBody>)]
    scope: Scope,
    /// The workspace's when absent.
    #[schema(value_type = Option<LocaleName>)]
    locale: Option<Locale>,
    /// At least 10 characters.
    password: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UserChange {
    name: Option<String>,
    #[schema(value_type = Option<RoleName>)]
    role: Option<Role>,
    #[schema(value_type = Option<ScopeBody>)]
    scope: Option<Scope>,
    #[schema(value_type = Option<UserStateName>)]
    state: Option<UserState>,
    password: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct RoleOut {
    #[schema(value_type = RoleName)]
    role: Role,
    label_zh: &'static str,
    label_en: &'static str,
    #[schema(value_type = Vec<PermissionName>)]
    permissions: &'static [Permission],
}

/// Lists who may sign in, oldest first.
///
/// 用户列表，按创建先后排列。
#[utoipa::path(get, path = "/users", tag = "Administration", params(PagingParams), responses((status = 200, body = Items<UserOut>)))]
async fn list(_: May<UsersManage>, page: Paging, State(app): State<App>) -> Answer<Json<Items<UserOut>>> {
    let users = app.run(move |app| app.access.users(page.limit, page.after.as_deref())).await?;
    Ok(Json(Items::from_page(users, UserOut::from)))
}

/// Adds a user.
///
/// 新增用户。
///
/// Errors: `email_invalid`, `email_taken`, `name_invalid`, `scope_invalid`, `password_…`, `limit_reached`.
#[utoipa::path(post, path = "/users", tag = "Administration", request_body = UserIn, responses((status = 201, body = UserOut)))]
async fn add(may: May<UsersManage>, State(app): State<App>, Body(input): Body<UserIn>) -> Answer<Created<UserOut>> {
    let user = app.run(move |app| {
        let UserIn { email, name, role, scope, locale, password } = input;
        let locale = match locale {
            Some(locale) => locale,
            None => app.db.read(|tx| Ok(Workspace::load(tx)?))?.locale,
        };
        app.access.add_user(app.now(), &may.actor, NewUser { email, name, role, scope, locale, password })
    });
    Ok(Created(user.await?.into()))
}

/// Changes a user. A new role, state or password ends the user's sessions.
///
/// 修改用户。更改角色、状态或密码后，该用户的登录立即失效。
///
/// Errors: `user_not_found`, `last_owner`, `name_invalid`, `scope_invalid`, `password_…`.
#[utoipa::path(patch, path = "/users/{id}", tag = "Administration", params(("id" = String, Path, description = "`usr_…`")),
    request_body = UserChange, responses((status = 200, body = UserOut)))]
async fn change(
    may: May<UsersManage>,
    At(id): At<String>,
    State(app): State<App>,
    Body(input): Body<UserChange>,
) -> Answer<Json<UserOut>> {
    let UserChange { name, role, scope, state, password } = input;
    let patch = UserPatch { name, role, scope, state, password, locale: None };
    let user = app.run(move |app| app.access.change_user(app.now(), &may.actor, &id, patch)).await?;
    Ok(Json(user.into()))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UserStaff {
    /// A userid; null for nobody.
    staff: Option<String>,
}

/// Says which member of WeCom's staff a user is. A guide who is one sees own customers only.
///
/// 绑定用户与企业微信员工；已绑定的导购只能看到自己的客户。
///
/// Errors: `user_not_found`, `staff_unknown`, `staff_taken`.
#[utoipa::path(put, path = "/users/{id}/staff", tag = "Administration", params(("id" = String, Path, description = "`usr_…`")),
    request_body = UserStaff, responses((status = 200, body = UserOut)))]
async fn bind(
    may: May<UsersManage>,
    At(id): At<String>,
    State(app): State<App>,
    Body(input): Body<UserStaff>,
) -> Answer<Json<UserOut>> {
    let user = app.run(move |app| {
        let staff = input.staff.filter(|staff| !staff.trim().is_empty());
        if let Some(staff) = &staff
            && !app.db.read(|tx| app.contacts.has_staff(tx, staff))?
        {
            let (en, zh) = ("There is no such member of staff in WeCom.", "企业微信里没有这位员工。");
            return Err(Refusal::invalid("staff_unknown", en, zh).field("staff"));
        }
        app.access.bind_staff(app.now(), &may.actor, &id, staff.as_deref())
    });
    Ok(Json(user.await?.into()))
}

/// Lists the roles and what each may do.
///
/// 角色及其权限。
#[utoipa::path(get, path = "/roles", tag = "Administration", responses((status = 200, body = Items<RoleOut>)))]
async fn roles(_: Anyone) -> Json<Items<RoleOut>> {
    let out = Role::ALL.iter().map(|role| {
        let (label_zh, label_en) = role.labels();
        RoleOut { role: *role, label_zh, label_en, permissions: role.permissions() }
    });
    Json(Items::all(out.collect()))
}
