//! First run, signing in, one's own account.

use crate::auth::COOKIE_NAME;
use crate::context::Context;
use crate::error::Answer;
use crate::gate::{InSession, Public};
use crate::words::{LocaleName, PermissionName, RoleName, ScopeBody};
use crate::{ApiError, App, Body, Created, Endpoints, NoContent, Workspace, endpoints};
use axum::Json;
use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::response::{AppendHeaders, IntoResponse};
use serde::{Deserialize, Serialize};
use siyu_access::{Locale, NewUser, Permission, Role, Scope, SignedIn, User};
use siyu_kernel::{Currency, Refusal};
use utoipa::ToSchema;

pub fn router() -> Endpoints {
    endpoints!(setup_state, set_up, sign_in, current, change, sign_out, change_password)
}

#[derive(Serialize, ToSchema)]
struct SetupState {
    /// True until the first owner exists.
    needed: bool,
    version: String,
    /// The workspace's name, once it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Whether `/login/wecom` leads to WeCom's login.
    wecom_login: bool,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SetupIn {
    /// Of the workspace, usually the brand.
    #[schema(example = "山茶")]
    name: String,
    /// IANA name.
    #[schema(example = "Asia/Shanghai")]
    timezone: String,
    /// ISO 4217.
    #[schema(example = "CNY")]
    currency: String,
    #[schema(value_type = LocaleName)]
    locale: Locale,
    #[schema(example = "ann@brand.example")]
    email: String,
    #[schema(example = "安")]
    admin_name: String,
    /// At least 10 characters.
    password: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SignInIn {
    #[schema(example = "ann@brand.example")]
    email: String,
    password: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PasswordIn {
    current: String,
    /// At least 10 characters.
    new: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SelfPatch {
    #[schema(value_type = Option<LocaleName>)]
    locale: Option<Locale>,
    name: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct SessionOut {
    user: SessionUser,
    /// Send it back as `X-CSRF-Token` with every call that is not a GET.
    csrf: String,
    workspace: WorkspaceOut,
}

#[derive(Serialize, ToSchema)]
struct SessionUser {
    id: String,
    email: String,
    name: String,
    #[schema(value_type = RoleName)]
    role: Role,
    #[schema(value_type = LocaleName)]
    locale: Locale,
    #[schema(value_type = ScopeBody)]
    scope: Scope,
    #[schema(value_type = Vec<PermissionName>)]
    permissions: &'static [Permission],
}

#[derive(Serialize, ToSchema)]
struct WorkspaceOut {
    name: String,
    timezone: String,
    currency: String,
    #[schema(value_type = LocaleName)]
    locale: Locale,
    version: String,
}

fn session_out(app: &App, user: User, csrf: String) -> Result<SessionOut, Refusal> {
    let w = app.db.read(|tx| Ok(Workspace::load(tx)?))?;
    let User { id, email, name, role, scope, locale, .. } = user;
    let user = SessionUser { id, email, name, role, locale, scope, permissions: role.permissions() };
    let version = app.config.version.to_owned();
    Ok(SessionOut {
        user,
        csrf,
        workspace: WorkspaceOut { name: w.name, timezone: w.timezone, currency: w.currency, locale: w.locale, version },
    })
}

/// Lax keeps other sites' posts from carrying it; fourteen days is the session's own limit.
fn cookie(context: &Context, token: &str, seconds: u32) -> AppendHeaders<[(axum::http::HeaderName, String); 1]> {
    let secure = if context.secure { "; Secure" } else { "" };
    AppendHeaders([(
        SET_COOKIE,
        format!("{COOKIE_NAME}={token}; HttpOnly; SameSite=Lax; Path=/; Max-Age={seconds}{secure}"),
    )])
}
pub(crate) const COOKIE_SECONDS: u32 = 14 * 86_400;

/// Tells whether the workspace still has to be set up.
///
/// 查询是否需要初始化。
#[utoipa::path(get, path = "/setup", tag = "Session", responses((status = 200, body = SetupState)))]
async fn setup_state(_: Public, State(app): State<App>) -> Answer<Json<SetupState>> {
    let version = app.config.version.to_owned();
    let (needed, name, wecom_login) = app
        .run(|app| {
            let needed = app.access.setup_needed()?;
            app.db.read(|tx| {
                let wecom = !app.guides.settings(tx)?.address.is_empty() && app.contacts.connected(tx).is_ok();
                Ok((needed, Workspace::load(tx)?.name, wecom))
            })
        })
        .await?;
    Ok(Json(SetupState { needed, version, name: Some(name).filter(|name| !name.is_empty()), wecom_login }))
}

/// Names the workspace and makes its first owner, once.
///
/// 初始化工作空间并创建首位所有者，只能执行一次。
///
/// Errors: `already_set_up`, `workspace_name_invalid`, `timezone_unknown`, `currency_invalid`, `email_invalid`, `name_invalid`, `password_…`.
#[utoipa::path(post, path = "/setup", tag = "Session", request_body = SetupIn, responses((status = 201, body = SessionOut)))]
async fn set_up(
    _: Public,
    context: Context,
    State(app): State<App>,
    Body(input): Body<SetupIn>,
) -> Answer<impl IntoResponse + use<>> {
    let (signed, out) = app
        .run(move |app| {
            let SetupIn { name, timezone, currency, locale, email, admin_name, password } = input;
            let workspace = Workspace { name, timezone, currency, locale }.checked()?;
            let currency = Currency::parse(&workspace.currency).map_err(Refusal::internal)?;
            let owner =
                NewUser { email, name: admin_name, role: Role::Owner, scope: Scope::everything(), locale, password };
            let now = app.now();
            // The form has two names; the owner's is `admin_name` there.
            let user =
                app.access.create_owner(now, owner, move |tx| Ok(workspace.save(tx)?)).map_err(
                    |refusal| match refusal.code {
                        "name_invalid" => refusal.field("admin_name"),
                        _ => refusal,
                    },
                )?;
            app.intake.set_currency(currency);
            let signed = app.access.begin_session(now, user)?;
            let out = session_out(app, signed.user.clone(), signed.csrf.clone())?;
            Ok((signed, out))
        })
        .await?;
    Ok((cookie(&context, &signed.token, COOKIE_SECONDS), Created(out)))
}

/// Signs in. Sets the cookie `siyu_session`.
///
/// 登录，成功后写入 siyu_session Cookie。
///
/// Five wrong passwords within 15 minutes close the account's door for the rest of them: 429 `too_many_attempts` with Retry-After.
/// Errors: `wrong_login` (also for accounts that do not exist or are disabled).
#[utoipa::path(post, path = "/session", tag = "Session", request_body = SignInIn, responses((status = 200, body = SessionOut)))]
async fn sign_in(
    _: Public,
    context: Context,
    State(app): State<App>,
    Body(input): Body<SignInIn>,
) -> Answer<impl IntoResponse + use<>> {
    let from = context.stranger();
    let (token, out) = app
        .run(move |app| {
            let SignedIn { user, token, csrf } = app.access.sign_in(app.now(), &input.email, &input.password, &from)?;
            Ok((token, session_out(app, user, csrf)?))
        })
        .await?;
    Ok((cookie(&context, &token, COOKIE_SECONDS), Json(out)))
}

/// The signed-in user, the CSRF token and the workspace.
///
/// 当前登录用户、CSRF 令牌与工作空间信息。
#[utoipa::path(get, path = "/session", tag = "Session", responses((status = 200, body = SessionOut)))]
async fn current(me: InSession, State(app): State<App>) -> Answer<Json<SessionOut>> {
    app.run(move |app| session_out(app, me.session.user, me.session.csrf)).await.map(Json)
}

/// Changes one's own language or name.
///
/// 修改自己的语言或姓名。
#[utoipa::path(patch, path = "/session", tag = "Session", request_body = SelfPatch, responses((status = 200, body = SessionOut)))]
async fn change(me: InSession, State(app): State<App>, Body(input): Body<SelfPatch>) -> Answer<Json<SessionOut>> {
    let out = app.run(move |app| {
        let user = app.access.change_self(app.now(), &me.caller.actor, me.caller.id(), input.name, input.locale)?;
        session_out(app, user, me.session.csrf)
    });
    out.await.map(Json)
}

/// Signs out.
///
/// 退出登录。
#[utoipa::path(delete, path = "/session", tag = "Session", responses((status = 204)))]
async fn sign_out(
    me: InSession,
    context: Context,
    State(app): State<App>,
) -> Result<impl IntoResponse + use<>, ApiError> {
    app.run(move |app| app.access.sign_out(app.now(), &me.session, &me.caller.actor)).await?;
    Ok((cookie(&context, "", 0), NoContent))
}

/// Changes one's own password and ends one's other sessions.
///
/// 修改自己的密码，其他设备上的登录随即失效。
///
/// Errors: `wrong_password`, `too_many_attempts`, `password_…`.
#[utoipa::path(post, path = "/session/password", tag = "Session", request_body = PasswordIn, responses((status = 204)))]
async fn change_password(me: InSession, State(app): State<App>, Body(input): Body<PasswordIn>) -> Answer<NoContent> {
    app.run(move |app| {
        app.access.change_password(app.now(), &me.session, &me.caller.actor, &input.current, &input.new)
    })
    .await?;
    Ok(NoContent)
}
