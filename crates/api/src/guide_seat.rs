//! A member of staff before a guide's page: the gate, the login through WeCom, and what the page needs to begin.

use crate::auth::{self, CSRF, Caller, cookie_named, equal, reads_only, unauthenticated};
use crate::context::{Context, text};
use crate::error::Answer;
use crate::gate::{Gate, Public};
use crate::people_reader::Reader;
use crate::{ApiError, App, Endpoints, NoContent, Query, Workspace, endpoints};
use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::header::{LOCATION, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use siyu_access::{Actor, Locale, Permission, Role, Scope, User, UserState};
use siyu_audience::{Ctx, Lang};
use siyu_db::Tx;
use siyu_guides::{Beyond, Page, Seat};
use siyu_kernel::{Currency, Refusal, Zone};
use siyu_wecom::Ticket;
use utoipa::{IntoParams, ToSchema};

pub fn router() -> Endpoints {
    endpoints!(current, leave, signature)
}

/// At the root: what the address in WeCom's console points at, and where WeCom sends a visitor back.
pub fn pages() -> Endpoints {
    endpoints!(enter, back)
}

const SESSION: &str = "siyu_guide";
const LOGIN: &str = "siyu_guide_login";
const SESSION_SECONDS: u32 = 12 * 3600;
const LOGIN_SECONDS: u32 = 600;

/// A member of staff who came through WeCom. Sees only what their seat sees, whatever the handler does with the rest.
#[derive(Clone)]
pub struct Staff {
    pub seat: Seat,
    pub caller: Caller,
    token: String,
}

impl Gate for Staff {
    const NAME: &'static str = "staff";
}

impl FromRequestParts<App> for Staff {
    type Rejection = ApiError;
    /// Errors: 401 `guide_not_signed_in`; 403 `guide_not_staff`, `csrf`, `foreign_page`.
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let context = parts.extensions.get::<Context>().cloned().expect("the edge gives every request its context");
        let token = cookie_named(&parts.headers, SESSION).ok_or_else(not_signed_in)?;
        if !reads_only(&parts.method) {
            auth::same_site(parts, app)?;
            if !text(&parts.headers, CSRF).is_some_and(|sent| equal(sent, &app.guides.csrf(&token))) {
                return Err(Refusal::forbidden(
                    "csrf",
                    "The header X-CSRF-Token is missing or does not belong to this session. Reload the page.",
                    "缺少 X-CSRF-Token 或与当前登录不符，请刷新页面后重试。",
                )
                .into());
            }
        }
        let shown = token.clone();
        let (seat, user) = app.run(move |app| app.db.read(|tx| seated(app, tx, &shown))).await?;
        let role = user.as_ref().map_or(if seat.leads() { Role::StoreManager } else { Role::Guide }, |user| user.role);
        let actor = Actor::user(&format!("staff:{}", seat.userid), &seat.name);
        let caller = Caller {
            actor: context.sign(actor),
            role,
            // The seat is the scope: every look at a customer goes through it.
            scope: Scope::everything(),
            staff: None,
            locale: context.locale(),
            session: None,
        };
        Ok(Self { seat, caller, token })
    }
}

fn not_signed_in() -> Refusal {
    unauthenticated(
        "guide_not_signed_in",
        "Open this page inside WeCom; the login has ended.",
        "登录已失效，请在企业微信中重新打开本页面。",
    )
}

/// The seat of a session, with the user of the console it is linked to.
fn seated(app: &App, tx: &mut Tx<'_>, token: &str) -> Result<(Seat, Option<User>), Refusal> {
    let staff = app.guides.session(tx, token, app.now())?.ok_or_else(not_signed_in)?;
    let user = app.access.user_of_staff(tx, &staff)?;
    // A user who was shut out of the console is shut out here.
    if user.as_ref().is_some_and(|user| user.state != UserState::Active) {
        return Err(not_signed_in());
    }
    let beyond = match &user {
        None => Beyond::Nothing,
        Some(user) => beyond(tx, user)?,
    };
    let seat = app.guides.seat(tx, &staff, &beyond)?;
    Ok((seat, user))
}

/// How far a user of the console sees when they sit before a guide's page.
fn beyond(tx: &mut Tx<'_>, user: &User) -> Result<Beyond, Refusal> {
    match user.role {
        Role::Owner | Role::Operator | Role::StoreManager if user.scope.all => Ok(Beyond::Everything),
        Role::Owner | Role::Operator | Role::StoreManager => {
            let mut codes = user.scope.stores.clone();
            let sql = format!("SELECT code FROM store WHERE {}", tx.any("region", 1));
            codes.extend(tx.query(&sql, siyu_db::params![&user.scope.regions], |row| row.text(0))?);
            Ok(Beyond::Stores(codes))
        }
        _ => Ok(Beyond::Nothing),
    }
}

impl Staff {
    pub fn zh(&self) -> bool {
        self.caller.locale == Locale::Zh
    }
    /// Everything of a customer the seat sees; hidden values as the role may see them, and each look recorded.
    pub(crate) fn reader(&self, app: &App, tx: &mut Tx<'_>) -> Result<Reader, Refusal> {
        let workspace = Workspace::load(tx)?;
        let ctx = Ctx {
            now: app.now(),
            zone: Zone::named(&workspace.timezone).map_err(Refusal::internal)?,
            currency: Currency::parse(&workspace.currency).map_err(Refusal::internal)?,
            lang: if self.zh() { Lang::Zh } else { Lang::En },
        };
        let full = self.caller.may(Permission::PeopleUnmask);
        Ok(Reader { ctx, scope: siyu_audience::Scope::All, full, full_lists: false, recorded: true })
    }
}

#[derive(Serialize, ToSchema)]
struct GuideSession {
    staff: GuideStaff,
    /// Send it back as `X-CSRF-Token` with every call that is not a GET.
    csrf: String,
    #[schema(value_type = crate::words::RoleName)]
    role: Role,
    #[schema(value_type = Vec<crate::words::PermissionName>)]
    permissions: &'static [Permission],
    workspace: GuideWorkspace,
    sdk: GuideSdk,
}

#[derive(Serialize, ToSchema)]
struct GuideStaff {
    userid: String,
    name: String,
    store: Option<String>,
    store_name: Option<String>,
    /// Whether they see more than their own customers.
    leads: bool,
}

#[derive(Serialize, ToSchema)]
struct GuideWorkspace {
    name: String,
    timezone: String,
    currency: String,
}

#[derive(Serialize, ToSchema)]
struct GuideSdk {
    /// Where the script comes from.
    src: String,
    corp_id: String,
    agent_id: i64,
}

#[derive(Serialize, ToSchema)]
struct GuideSignature {
    timestamp: i64,
    #[serde(rename = "nonceStr")]
    nonce_str: String,
    signature: String,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct GuideSignatureQuery {
    /// The page as the browser shows it; what follows `#` does not count.
    url: String,
    /// `corp` for `config`, `agent` for `agentConfig`.
    ticket: String,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct GuideEnterQuery {
    /// `side` or `work`.
    to: String,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct GuideBackQuery {
    #[serde(default)]
    code: String,
    #[serde(default)]
    state: String,
}

/// Shows who sits before the page, and what it needs to begin.
///
/// 当前导购、权限、CSRF 令牌与 JS-SDK 配置。
///
/// Errors: `guide_not_signed_in`, `guide_not_staff`, `wecom_not_connected`.
#[utoipa::path(get, path = "/guide/session", tag = "Guide", responses((status = 200, body = GuideSession)))]
async fn current(me: Staff, State(app): State<App>) -> Answer<Json<GuideSession>> {
    let out = app.run(move |app| {
        app.db.read(|tx| {
            let (workspace, settings) = (Workspace::load(tx)?, app.guides.settings(tx)?);
            let connection = app.contacts.connected(tx)?;
            let Seat { userid, name, store, store_name, .. } = me.seat.clone();
            Ok(GuideSession {
                staff: GuideStaff { userid, name, store, store_name, leads: me.seat.leads() },
                csrf: app.guides.csrf(&me.token),
                role: me.caller.role,
                permissions: me.caller.role.permissions(),
                workspace: GuideWorkspace {
                    name: workspace.name,
                    timezone: workspace.timezone,
                    currency: workspace.currency,
                },
                sdk: GuideSdk { src: settings.sdk(), corp_id: connection.corp_id, agent_id: connection.agent_id },
            })
        })
    });
    out.await.map(Json)
}

/// Ends the session.
///
/// 退出登录。
#[utoipa::path(delete, path = "/guide/session", tag = "Guide", responses((status = 204)))]
async fn leave(me: Staff, context: Context, State(app): State<App>) -> Answer<Response> {
    app.run(move |app| app.guides.end_session(&me.token)).await?;
    let mut response = NoContent.into_response();
    put_cookie(response.headers_mut(), &context, SESSION, "/", "", 0);
    Ok(response)
}

/// Signs a page of ours, so that it may use WeCom's JS-SDK.
///
/// 为导购页面生成 JS-SDK 的 config / agentConfig 签名。
///
/// Errors: `guide_url`, `query_invalid`, `wecom_not_connected`, and what WeCom answers, by its name.
#[utoipa::path(get, path = "/guide/signature", tag = "Guide", params(GuideSignatureQuery), responses((status = 200, body = GuideSignature)))]
async fn signature(
    _: Staff,
    Query(query): Query<GuideSignatureQuery>,
    State(app): State<App>,
) -> Answer<Json<GuideSignature>> {
    let ticket = match query.ticket.as_str() {
        "corp" => Ticket::Corp,
        "agent" => Ticket::Agent,
        _ => {
            let refusal =
                Refusal::invalid("query_invalid", "`ticket` is corp or agent.", "ticket 的取值为 corp 或 agent。");
            return Err(refusal.field("ticket").into());
        }
    };
    let own = app.run(move |app| app.guides.sign(&query.url, ticket)).await?;
    Ok(Json(GuideSignature { timestamp: own.timestamp, nonce_str: own.nonce, signature: own.signature }))
}

/// Begins a login: sends the browser to WeCom, which sends it back to `/guide/return`.
///
/// 发起企业微信网页授权登录。将此地址配置为应用主页与聊天工具栏页面。
///
/// What goes wrong is shown on the page `/guide/failed`, by its code.
#[utoipa::path(get, path = "/guide/enter", tag = "Guide", params(GuideEnterQuery), responses((status = 303)))]
async fn enter(
    _: Public,
    context: Context,
    Query(query): Query<GuideEnterQuery>,
    State(app): State<App>,
) -> Answer<Response> {
    let page = Page::parse(&query.to)?;
    let mut headers = HeaderMap::new();
    let to = match app.run(move |app| app.guides.begin_login(page)).await {
        Ok(begun) => {
            put_cookie(&mut headers, &context, LOGIN, "/guide", &begun.browser, LOGIN_SECONDS);
            begun.url
        }
        Err(error) => failed(error.code()),
    };
    Ok(redirect(headers, &to))
}

/// Ends a login: who it is, once, for the browser that began it.
///
/// 企业微信授权回调：校验 state 与浏览器后建立会话。
///
/// What goes wrong is shown on the page `/guide/failed`, by its code: `guide_login_state`, `guide_login_code`, `guide_not_staff`.
#[utoipa::path(get, path = "/guide/return", tag = "Guide", params(GuideBackQuery), responses((status = 303)))]
async fn back(
    _: Public,
    context: Context,
    request: HeaderMap,
    Query(query): Query<GuideBackQuery>,
    State(app): State<App>,
) -> Answer<Response> {
    let browser = cookie_named(&request, LOGIN);
    let mut headers = HeaderMap::new();
    let ended = app.run(move |app| app.guides.end_login(&query.state, &query.code, browser.as_deref())).await;
    let to = match ended {
        Ok(signed) => {
            put_cookie(&mut headers, &context, SESSION, "/", &signed.token, SESSION_SECONDS);
            format!("/guide/{}", signed.page.name())
        }
        Err(error) => failed(error.code()),
    };
    put_cookie(&mut headers, &context, LOGIN, "/guide", "", 0);
    Ok(redirect(headers, &to))
}

fn failed(code: &str) -> String {
    format!("/guide/failed?code={code}")
}

pub(crate) fn redirect(mut headers: HeaderMap, to: &str) -> Response {
    // Made of our own words and of what was percent-encoded.
    headers.insert(LOCATION, HeaderValue::from_str(to).unwrap_or(HeaderValue::from_static("/guide/failed")));
    headers.insert(axum::http::header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    (StatusCode::SEE_OTHER, headers).into_response()
}

/// Lax: WeCom brings the browser back from another site; posts of other sites do not carry it.
pub(crate) fn put_cookie(
    headers: &mut HeaderMap,
    context: &Context,
    name: &str,
    path: &str,
    value: &str,
    seconds: u32,
) {
    let secure = if context.secure { "; Secure" } else { "" };
    let text = format!("{name}={value}; HttpOnly; SameSite=Lax; Path={path}; Max-Age={seconds}{secure}");
    if let Ok(value) = HeaderValue::from_str(&text) {
        headers.append(SET_COOKIE, value);
    }
}
