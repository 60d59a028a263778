//! Who is calling: a cookie or a key, and the checks that keep foreign pages out.

use crate::context::{Context, text};
use crate::{ApiError, App};
use axum::http::header::{AUTHORIZATION, COOKIE, HOST, ORIGIN};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use siyu_access::{Actor, KeyKind, Locale, Permission, Role, Scope, Session};
use siyu_kernel::{Class, Refusal};

pub const COOKIE_NAME: &str = "siyu_session";
pub(crate) const CSRF: &str = "x-csrf-token";

/// Who calls, and what they may see.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Goes into audit rows: id, name, address, request id.
    pub actor: Actor,
    pub role: Role,
    pub scope: Scope,
    /// A guide who is a member of WeCom's staff (its key) sees own customers only.
    pub staff: Option<String>,
    pub locale: Locale,
    /// `None` for keys.
    pub session: Option<Session>,
}

impl Caller {
    /// `usr_…` or `key_…`.
    pub fn id(&self) -> &str {
        self.actor.id.as_deref().unwrap_or_default()
    }
    pub fn name(&self) -> &str {
        self.actor.name.as_deref().unwrap_or_default()
    }
    pub fn may(&self, permission: Permission) -> bool {
        self.role.may(permission)
    }
    /// For a second permission that depends on the input. Errors: `permission_needed`.
    pub fn must(&self, permission: Permission) -> Result<(), Refusal> {
        if self.may(permission) {
            return Ok(());
        }
        let (zh, en) = self.role.labels();
        Err(Refusal::forbidden(
            "permission_needed",
            format!("The role \"{en}\" does not have the permission {permission}."),
            format!("角色“{zh}”没有 {permission} 权限。"),
        ))
    }
}

/// Errors: 401 `not_signed_in`, `session_ended`, `key_invalid`; 403 `write_key`, `csrf`, `foreign_page`.
pub async fn caller(parts: &mut Parts, app: &App) -> Result<Caller, ApiError> {
    // An extractor may run twice in one request; the second time is free.
    if let Some(caller) = parts.extensions.get::<Caller>() {
        return Ok(caller.clone());
    }
    let context = parts.extensions.get::<Context>().cloned().expect("the edge gives every request its context");
    let caller = match parts.headers.get(AUTHORIZATION) {
        Some(value) => by_key(value.to_str().unwrap_or_default(), app, &context).await?,
        None => by_cookie(parts, app, &context).await?,
    };
    parts.extensions.insert(caller.clone());
    Ok(caller)
}

async fn by_key(header: &str, app: &App, context: &Context) -> Result<Caller, ApiError> {
    let secret = header
        .split_once(' ')
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, secret)| secret.trim().to_owned());
    let secret = secret.ok_or_else(|| {
        unauthenticated(
            "key_invalid",
            "Send the key as `Authorization: Bearer KEY`.",
            "请以 Authorization: Bearer 密钥 的形式发送。",
        )
    })?;
    let key = app.run(move |app| app.access.verify_key(app.now(), &secret)).await?;
    let key = key
        .ok_or_else(|| unauthenticated("key_invalid", "The key is unknown or was revoked.", "密钥不存在或已吊销。"))?;
    match (key.kind, key.role) {
        (KeyKind::Api, Some(role)) => Ok(Caller {
            actor: context.sign(Actor::key(&key.id, &key.name)),
            role,
            scope: Scope::everything(),
            staff: None,
            locale: context.locale(),
            session: None,
        }),
        _ => Err(Refusal::forbidden(
            "write_key",
            "This is a write key: it sends events to /v1 and opens nothing else. Use a key of kind api.",
            "这是 write 密钥，只能向 /v1 写入数据；请使用 api 类型的密钥。",
        )
        .into()),
    }
}

async fn by_cookie(parts: &Parts, app: &App, context: &Context) -> Result<Caller, ApiError> {
    let token = cookie(&parts.headers).ok_or_else(|| {
        unauthenticated("not_signed_in", "Sign in first, or send a key.", "请先登录，或使用密钥访问。")
    })?;
    let session = app.run(move |app| app.access.session(app.now(), &token)).await?;
    let session = session.ok_or_else(|| {
        unauthenticated("session_ended", "The session has ended; sign in again.", "登录已失效，请重新登录。")
    })?;
    context.user_reads(session.user.locale);
    if !reads_only(&parts.method) {
        same_site(parts, app)?;
        if !text(&parts.headers, CSRF).is_some_and(|sent| equal(sent, &session.csrf)) {
            return Err(Refusal::forbidden(
                "csrf",
                "The header X-CSRF-Token is missing or does not belong to this session. Reload the page.",
                "缺少 X-CSRF-Token 或与当前登录不符，请刷新页面后重试。",
            )
            .into());
        }
    }
    let user = &session.user;
    let staff = user.staff.clone().filter(|_| user.role == Role::Guide);
    // Nothing of the whole workspace is for somebody who sees own customers.
    let scope = match &staff {
        Some(_) if user.scope.all => Scope { all: false, regions: Vec::new(), stores: Vec::new() },
        _ => user.scope.clone(),
    };
    Ok(Caller {
        actor: context.sign(Actor::user(&user.id, &user.name)),
        role: user.role,
        scope,
        staff,
        locale: user.locale,
        session: Some(session),
    })
}

/// Refuses a writing call that a browser made for a page of another site. Programs send none of these headers.
pub fn same_site(parts: &Parts, app: &App) -> Result<(), Refusal> {
    if reads_only(&parts.method) {
        return Ok(());
    }
    let site_ok = text(&parts.headers, "sec-fetch-site").is_none_or(|site| site == "same-origin" || site == "none");
    let forwarded = text(&parts.headers, "x-forwarded-host").filter(|_| app.config.behind_proxy);
    let host =
        forwarded.or_else(|| text(&parts.headers, HOST.as_str())).or_else(|| parts.uri.authority().map(|a| a.as_str()));
    let origin_ok = match parts.headers.get(ORIGIN).map(|origin| origin.to_str().unwrap_or_default()) {
        None => true,
        Some(origin) => {
            origin.split_once("://").is_some_and(|(_, at)| host.is_some_and(|host| at.eq_ignore_ascii_case(host)))
        }
    };
    if site_ok && origin_ok {
        return Ok(());
    }
    Err(Refusal::forbidden(
        "foreign_page",
        "A page of another site may not make this call.",
        "不允许其他网站的页面发起此请求。",
    ))
}

pub(crate) fn reads_only(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

fn cookie(headers: &HeaderMap) -> Option<String> {
    cookie_named(headers, COOKIE_NAME)
}

pub(crate) fn cookie_named(headers: &HeaderMap, name: &str) -> Option<String> {
    let all = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|line| line.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('=').map(str::to_owned))
}

/// Takes as long for a near miss as for a far one.
pub(crate) fn equal(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).fold(0, |diff, (x, y)| diff | (x ^ y)) == 0
}

pub(crate) fn unauthenticated(code: &'static str, en: &str, zh: &str) -> Refusal {
    Refusal::new(Class::Unauthenticated, code, en, zh)
}
