//! The pages of WeChat on which somebody becomes known to the app: here a list of members to choose from, or nobody is asked.

use super::{Sandbox, door, window};
use axum::extract::{Query, State as Shared};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use siyu_kernel::Clock;
use std::collections::HashMap;

/// `redirect_uri?code=…&state=…`. Who it is stands in `sandbox_user` (a userid or an external_userid), else it is whoever the
/// client in this browser is logged in as; without either a page asks.
pub async fn authorize(
    Shared(sandbox): Shared<Sandbox>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let given = |name: &str| query.get(name).map_or("", String::as_str);
    let credentials = sandbox.credentials();
    let target = given("redirect_uri");
    let host = target.split("://").nth(1).and_then(|rest| rest.split(['/', '?']).next()).unwrap_or_default();
    if given("appid") != credentials.corp_id {
        return (StatusCode::OK, Html("errcode 40013: invalid corpid")).into_response();
    }
    if host.is_empty() || !credentials.trusted_domain.is_empty() && host != credentials.trusted_domain {
        return (StatusCode::OK, Html("errcode 50001: redirect_url is not of a trusted domain")).into_response();
    }
    let now = sandbox.clock().now();
    let mut state = sandbox.lock();
    let asked = given("sandbox_user").to_owned();
    let user = if asked.is_empty() { window::logged_in(&headers).unwrap_or_default() } else { asked };
    let user = user.as_str();
    let (member, person) = (state.world.member(user), state.world.person(user));
    if member.is_none() && person.is_none() {
        let all = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(query.iter().filter(|(k, _)| *k != "sandbox_user"))
            .finish();
        let items = state.world.staff.iter().map(|staff| {
            format!("<li><a href=\"?{all}&sandbox_user={0}\">{1} ({0})</a></li>", staff.userid, staff.name)
        });
        let page = format!(
            "<!doctype html><meta charset=utf-8><title>WeCom sandbox</title><h1>Log in as</h1><ul>{}</ul>",
            items.collect::<String>()
        );
        return Html(page).into_response();
    }
    let code = door::login_code(&mut state, now, member, person, given("scope") == "snsapi_privateinfo");
    let joint = if target.contains('?') { '&' } else { '?' };
    let pairs = form_urlencoded::Serializer::new(String::new())
        .append_pair("code", &code)
        .append_pair("state", given("state"))
        .finish();
    Redirect::to(&format!("{target}{joint}{pairs}")).into_response()
}
