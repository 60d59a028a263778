//! Signing in to the console with WeCom: a code to scan, and the account that is linked to whoever scanned it.

use crate::auth::{COOKIE_NAME, cookie_named};
use crate::context::Context;
use crate::error::Answer;
use crate::gate::Public;
use crate::guide_seat::{put_cookie, redirect};
use crate::session::COOKIE_SECONDS;
use crate::{App, Endpoints, Query, endpoints};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use siyu_access::Locale;
use utoipa::IntoParams;

/// At the root, as WeCom sends the browser back there.
pub fn pages() -> Endpoints {
    endpoints!(enter, back)
}

const LOGIN: &str = "siyu_login";
const PATH: &str = "/login/wecom";

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct WecomLoginQuery {
    /// The page of the console to open afterwards: a path. `/` when it is none.
    #[serde(default)]
    next: String,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct WecomLoginBackQuery {
    #[serde(default)]
    code: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    next: String,
}

/// A path of this console, percent-encoded where it must be: a link from elsewhere does not choose where a login ends.
fn own_path(next: &str) -> String {
    let inside = next.starts_with('/') && !next.starts_with("//") && !next.contains('\\') && next.len() <= 1000;
    match next.parse::<axum::http::Uri>() {
        Ok(uri) if inside && uri.authority().is_none() && !next.chars().any(|c| c.is_control()) => next.to_owned(),
        _ => "/".to_owned(),
    }
}

/// Begins a login to the console: sends the browser to WeCom, which shows a code to scan and sends it back to `/login/wecom/return`.
///
/// 企业微信扫码登录控制台：跳转到企业微信登录页。
///
/// What goes wrong is shown on the page `/login`, by its code: `guide_not_set_up`, `wecom_not_connected`, `busy`.
#[utoipa::path(get, path = "/login/wecom", tag = "Session", params(WecomLoginQuery), responses((status = 303)))]
async fn enter(
    _: Public,
    context: Context,
    Query(query): Query<WecomLoginQuery>,
    State(app): State<App>,
) -> Answer<Response> {
    let lang = if context.locale() == Locale::Zh { "zh" } else { "en" };
    let next: String = form_urlencoded::byte_serialize(own_path(&query.next).as_bytes()).collect();
    let back = format!("{PATH}/return?next={next}");
    let mut headers = HeaderMap::new();
    let to = match app.run(move |app| app.guides.begin_console_login(&back, lang)).await {
        Ok(begun) => {
            put_cookie(&mut headers, &context, LOGIN, PATH, &begun.browser, siyu_guides::LOGIN_SECONDS as u32);
            begun.url
        }
        Err(error) => failed(error.code()),
    };
    Ok(redirect(headers, &to))
}

/// Ends a login: the account that is linked to who scanned, once, for the browser that began it.
///
/// 企业微信扫码登录回调：校验 state 与浏览器后，登录到与该成员关联的账号。
///
/// What goes wrong is shown on the page `/login`, by its code: `guide_login_state`, `guide_login_code`, `guide_not_staff`, `login_unlinked`.
#[utoipa::path(get, path = "/login/wecom/return", tag = "Session", params(WecomLoginBackQuery), responses((status = 303)))]
async fn back(
    _: Public,
    context: Context,
    request: HeaderMap,
    Query(query): Query<WecomLoginBackQuery>,
    State(app): State<App>,
) -> Answer<Response> {
    let browser = cookie_named(&request, LOGIN);
    let from = context.stranger();
    let mut headers = HeaderMap::new();
    let ended = app.run(move |app| {
        let staff = app.guides.end_console_login(&query.state, &query.code, browser.as_deref())?;
        let signed = app.access.sign_in_staff(app.now(), &staff, &from)?;
        Ok((signed.token, own_path(&query.next)))
    });
    let to = match ended.await {
        Ok((token, next)) => {
            put_cookie(&mut headers, &context, COOKIE_NAME, "/", &token, COOKIE_SECONDS);
            next
        }
        Err(error) => failed(error.code()),
    };
    put_cookie(&mut headers, &context, LOGIN, PATH, "", 0);
    Ok(redirect(headers, &to))
}

fn failed(code: &str) -> String {
    format!("/login?failed={code}")
}
