//! Links that count: where they lead, and that somebody came.

use crate::auth::cookie_named;
use crate::context::{Context, text};
use crate::edge::PagePolicy;
use crate::error::Answer;
use crate::gate::Public;
use crate::people_reader::write;
use crate::{App, At, Endpoints, Query, endpoints};
use axum::Extension;
use axum::extract::{RawQuery, State};
use axum::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE, HeaderName, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;
use siyu_access::Locale;
use siyu_db::Tx;
use siyu_kernel::Chance;
use utoipa::IntoParams;

const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

pub fn router() -> Endpoints {
    endpoints!(follow, script, stay)
}

/// Follows a link of a material: leads to the address it was made for, and counts that somebody came. Programs that only look (previews, crawlers,
/// `HEAD`) are led there uncounted. What leads nowhere is a page of status 404. A browser that comes by a link of one person for the first time is given a
/// cookie and sent here once more, so that whoever the link was passed on to is told apart.
///
/// 素材短链：跳转到素材中的网址并记录打开；预览机器人与 HEAD 请求不计数，无效短链返回 404 页面。
#[utoipa::path(get, path = "/l/{code}", tag = "Library", params(("code" = String, Path)), responses((status = 302, description = "To the address of the material"), (status = 404, description = "A page that says so", content_type = "text/html")))]
async fn follow(
    _: Public,
    At(code): At<String>,
    RawQuery(query): RawQuery,
    method: Method,
    headers: HeaderMap,
    Extension(context): Extension<Context>,
    State(app): State<App>,
) -> Answer<Response> {
    let looked = code.clone();
    let Some(landing) = app.run(move |app| app.db.read(|tx| app.reach.landing(tx, &looked))).await? else {
        return Ok(nowhere(context.locale() == Locale::Zh));
    };
    let is_look = method == Method::GET && is_somebody(&headers);
    let reader = if landing.is_personal { reader_of(&headers) } else { None };
    // Who comes back without it keeps no cookies: they count, and are told apart from nobody.
    if is_look && landing.is_personal && reader.is_none() && !is_again(query.as_deref()) {
        return Ok(named(&landing.code, context.secure));
    }
    let mut url = landing.url.clone();
    if is_look && app.reach.counts_open(&landing.code, app.now()) {
        let (led, code) = (landing.clone(), landing.code);
        // Whoever came is led on all the same.
        match app.run(move |app| app.db.read(|tx| app.reach.visited(tx, &led, app.now()))).await {
            Ok(visited) => url = visited,
            Err(error) => tracing::warn!(code = error.code(), "how long somebody stays will not be told"),
        }
        let opened = move |app: &App, tx: &mut Tx<'_>| app.reach.link_opened(tx, &code, reader, app.now());
        let counted = app.run(move |app| write(app, opened)).await;
        if let Err(error) = counted {
            tracing::warn!(code = error.code(), "an open of a material is not counted");
        }
    }
    let Ok(place) = HeaderValue::from_str(&written(&url)) else {
        return Ok(nowhere(context.locale() == Locale::Zh));
    };
    let fixed = [(CACHE_CONTROL, HeaderValue::from_static("no-store")), (LOCATION, place)];
    Ok((StatusCode::FOUND, fixed).into_response())
}

/// Says how long a page has been seen, to whoever led there: at some times, and when it is left.
const SCRIPT: &str = include_str!("stay.js");

/// The script for pages of the brand's own, which tells how long somebody stays there.
///
/// 自有页面的停留统计脚本：在页面中引入即可。
#[utoipa::path(get, path = "/l/stay.js", tag = "Library", responses((status = 200, description = "A script", content_type = "text/javascript")))]
async fn script(_: Public) -> Response {
    let fixed = [
        (CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (CACHE_CONTROL, "public, max-age=3600"),
        // Pages of other sites load it, also as a module.
        (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (CROSS_ORIGIN_RESOURCE_POLICY, "cross-origin"),
    ];
    (fixed, SCRIPT).into_response()
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct StayQuery {
    /// How long the page has been seen until now.
    seconds: i64,
}

/// Tells how long a visit has lasted until now. Says nothing back, and the same of a visit that is none.
///
/// 上报停留时长（秒）；凭跳转时签发的访问令牌，无效令牌同样返回 204。
#[utoipa::path(get, path = "/l/stay/{visit}", tag = "Library", params(("visit" = String, Path), StayQuery), responses((status = 204)))]
async fn stay(
    _: Public,
    At(visit): At<String>,
    Query(said): Query<StayQuery>,
    State(app): State<App>,
) -> Answer<Response> {
    if app.reach.counts_stay(&visit, app.now()) {
        app.run(move |app| write(app, move |app, tx| app.reach.stayed(tx, &visit, said.seconds, app.now()))).await?;
    }
    let fixed = [(CACHE_CONTROL, "no-store"), (CROSS_ORIGIN_RESOURCE_POLICY, "cross-origin")];
    Ok((StatusCode::NO_CONTENT, fixed).into_response())
}

/// The browser's name, of chance.
const READER: &str = "siyu_reader";
/// Of a browser that was given its name a moment ago.
const AGAIN: &str = "again";

/// Whatever stands beside it: some browsers and what stands before them add parameters, or write this one as `again=`.
fn is_again(query: Option<&str>) -> bool {
    query.is_some_and(|own| own.split('&').any(|one| one.trim_end_matches('=') == AGAIN))
}
fn reader_of(headers: &HeaderMap) -> Option<i64> {
    let own = cookie_named(headers, READER).filter(|own| own.len() == 16)?;
    u64::from_str_radix(&own, 16).ok().map(u64::cast_signed)
}
/// Gives it a name, and sends it here once more.
fn named(code: &str, secure: bool) -> Response {
    let name = u64::from_be_bytes(Chance::secret());
    let secure = if secure { "; Secure" } else { "" };
    let cookie = format!("{READER}={name:016x}; Path=/l/; Max-Age=15552000; HttpOnly; SameSite=Lax{secure}");
    let place = format!("/l/{code}?{AGAIN}");
    let fixed = [(CACHE_CONTROL, "no-store".to_owned()), (LOCATION, place), (SET_COOKIE, cookie)];
    (StatusCode::FOUND, fixed).into_response()
}

/// An address as a header takes it: whatever is not ASCII is written as bytes in per cent.
fn written(url: &str) -> String {
    let mut out = String::with_capacity(url.len());
    for byte in url.trim().bytes() {
        match byte {
            b'!'..=b'~' if !b"\"<>\\^`{|}".contains(&byte) => out.push(byte as char),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// What programs that look at links for somebody else call themselves (unverified for WeChat's own, which comes without a name of its own today).
const PROGRAMS: [&str; 18] = [
    "bot",
    "spider",
    "crawler",
    "preview",
    "slurp",
    "facebookexternalhit",
    "whatsapp",
    "telegram",
    "curl/",
    "wget/",
    "python",
    "java/",
    "go-http-client",
    "okhttp",
    "headless",
    "lighthouse",
    "scan",
    "monitor",
];

fn is_somebody(headers: &HeaderMap) -> bool {
    let ahead = ["purpose", "sec-purpose", "x-purpose", "x-moz"];
    if ahead.iter().any(|name| text(headers, name).is_some_and(|own| own.contains("pre"))) {
        return false;
    }
    let agent = text(headers, "user-agent").unwrap_or_default().to_ascii_lowercase();
    !agent.is_empty() && !PROGRAMS.iter().any(|own| agent.contains(own))
}

const STYLE: &str = "body{margin:0;background:#f4f6f5;color:#1d2421;font:16px/1.6 system-ui,-apple-system,'PingFang SC','Microsoft YaHei',sans-serif}\
main{max-width:420px;margin:0 auto;padding:64px 20px;text-align:center}h1{font-size:20px;margin:0 0 8px}p{margin:0;color:#5c6a64}";
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

fn nowhere(zh: bool) -> Response {
    let (lang, title, more) = match zh {
        true => ("zh-CN", "链接已失效", "请联系发给您链接的人，获取新的链接。"),
        false => ("en", "This link leads nowhere any more", "Please ask whoever sent it to you for a new one."),
    };
    let page = format!(
        "<!doctype html><html lang=\"{lang}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>{title}</title><style>{STYLE}</style></head><body><main><h1>{title}</h1><p>{more}</p></main></body></html>"
    );
    let mut response = (StatusCode::NOT_FOUND, [(CACHE_CONTROL, "no-store")], Html(page)).into_response();
    response.extensions_mut().insert(PagePolicy(HeaderValue::from_static(POLICY)));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_written_as_headers_take_them() {
        for (url, want) in [
            ("https://a.example/x?y=1&z=%20#p", "https://a.example/x?y=1&z=%20#p"),
            ("https://a.example/秋茶", "https://a.example/%E7%A7%8B%E8%8C%B6"),
            ("https://a.example/a b\r\nSet-Cookie: x=1", "https://a.example/a%20b%0D%0ASet-Cookie:%20x=1"),
        ] {
            assert_eq!(written(url), want);
            assert!(HeaderValue::from_str(&written(url)).is_ok());
        }
    }

    #[test]
    fn nobody_is_sent_round_and_round() {
        for query in ["again", "again=", "again&from=singlemessage", "from=x&again="] {
            assert!(is_again(Some(query)), "{query}");
        }
        for query in [None, Some(""), Some("x=again"), Some("againx"), Some("from=x")] {
            assert!(!is_again(query), "{query:?}");
        }
    }

    #[test]
    fn programs_that_look_are_nobody() {
        let of = |agent: &str| HeaderMap::from_iter([("user-agent".parse().unwrap(), agent.parse().unwrap())]);
        let phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 MicroMessenger/8.0.50";
        assert!(is_somebody(&of(phone)));
        for agent in [
            "",
            "Mozilla/5.0 (compatible; Googlebot/2.1)",
            "facebookexternalhit/1.1",
            "curl/8.5",
            "Slackbot-LinkExpanding 1.0",
        ] {
            assert!(!is_somebody(&of(agent)), "{agent}");
        }
        let mut ahead = of(phone);
        ahead.insert("sec-purpose", "prefetch;prerender".parse().unwrap());
        assert!(!is_somebody(&ahead) && !is_somebody(&HeaderMap::new()));
    }
}
