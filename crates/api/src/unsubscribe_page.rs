//! The page for saying that one wants no more. It knows nobody: the address names who it is, and the page says nothing of them.

use crate::context::Context;
use crate::edge::PagePolicy;
use crate::error::Answer;
use crate::extract::whole;
use crate::people_reader::write;
use crate::sms_push::ByAddress;
use crate::{App, At, Endpoints, Workspace, endpoints};
use axum::Extension;
use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use siyu_access::Locale;
use siyu_carriers::{How, Standing};
use siyu_gate::Channel;
use siyu_kernel::{Class, Refusal};

pub fn router() -> Endpoints {
    endpoints!(page, say)
}

/// Shows the page for unsubscribing, with a button. Opening it changes nothing: scanners open every link.
///
/// 退订页面：点击按钮后才生效，仅打开链接不会退订。
#[utoipa::path(get, path = "/u/{token}", tag = "Mail and SMS", params(("token" = String, Path)), responses((status = 200, description = "The page", content_type = "text/html"), (status = 404, description = "A page that says so", content_type = "text/html")))]
async fn page(
    _: ByAddress,
    At(token): At<String>,
    Extension(context): Extension<Context>,
    State(app): State<App>,
) -> Answer<Response> {
    let zh = context.locale() == Locale::Zh;
    // Before the database is asked: guessing costs the server nothing.
    if app.carriers.token_of(&token).is_err() {
        return Ok(nowhere(zh));
    }
    let asked = token.clone();
    let (standing, brand) = app
        .run(move |app| app.db.read(|tx| Ok((app.carriers.standing(tx, &asked)?, Workspace::load(tx)?.name))))
        .await?;
    Ok(shown(&token, &brand, standing, zh))
}

/// Withdraws the consent of whoever the address names, or gives it back. Mail programs send `List-Unsubscribe=One-Click` (RFC 8058), the page `do=stop`
/// or `do=back`; anything else changes nothing.
///
/// 退订或恢复订阅。支持邮件客户端的一键退订（RFC 8058）。
#[utoipa::path(post, path = "/u/{token}", tag = "Mail and SMS", params(("token" = String, Path)), request_body(content = String, content_type = "application/x-www-form-urlencoded"), responses((status = 200, description = "Done, and the page says so", content_type = "text/html"), (status = 404, description = "A page that says so", content_type = "text/html")))]
async fn say(
    _: ByAddress,
    At(token): At<String>,
    Extension(context): Extension<Context>,
    State(app): State<App>,
    request: axum::extract::Request,
) -> Answer<Response> {
    let zh = context.locale() == Locale::Zh;
    if app.carriers.token_of(&token).is_err() {
        return Ok(nowhere(zh));
    }
    let body = whole(request.into_body(), BODY_BYTES_MAX, too_large).await?;
    let wanted = match form_urlencoded::parse(&body).find(|(name, _)| name == "do").as_ref().map(|(_, value)| &**value)
    {
        _ if siyu_mail::is_one_click(&body) => Some((false, How::OneClick)),
        Some("stop") => Some((false, How::Page)),
        Some("back") => Some((true, How::Page)),
        _ => None,
    };
    let asked = token.clone();
    let (standing, brand) = app
        .run(move |app| {
            write(app, move |app, tx| {
                let brand = Workspace::load(tx)?.name;
                let standing = match wanted {
                    Some((granted, how)) => app.carriers.say(tx, &asked, granted, how, app.now())?,
                    None => app.carriers.standing(tx, &asked)?,
                };
                Ok((standing, brand))
            })
        })
        .await?;
    Ok(shown(&token, &brand, standing, zh))
}

/// A form of a mail program is a few dozen bytes.
const BODY_BYTES_MAX: usize = 4096;
fn too_large() -> Refusal {
    Refusal::new(Class::TooLarge, "too_large", "This form has at most 4 KB.", "该表单最大 4 KB。")
}

const STYLE: &str = "body{margin:0;background:#f4f6f5;color:#1d2421;font:16px/1.6 system-ui,-apple-system,'PingFang SC','Microsoft YaHei',sans-serif}\
main{max-width:420px;margin:0 auto;padding:64px 20px;text-align:center}h1{font-size:20px;margin:0 0 8px}p{margin:0 0 24px;color:#5c6a64}\
button{font:inherit;min-height:48px;min-width:160px;padding:0 24px;border:0;border-radius:8px;background:#0b6e4f;color:#fff;cursor:pointer}\
button.quiet{background:none;color:#0b6e4f;text-decoration:underline}button:focus-visible{outline:3px solid #7fb8a4;outline-offset:2px}";
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
        out
    })
}

/// What is said of a standing: title, text, what the button does, and its words.
fn words(standing: Standing, brand: &str, zh: bool) -> (String, String, &'static str, &'static str) {
    let what = match (standing.channel, zh) {
        (Channel::Sms, true) => "短信",
        (Channel::Sms, false) => "SMS",
        (_, true) => "邮件",
        (_, false) => "e-mail",
    };
    match (standing.withdrawn, zh) {
        (false, true) => (
            format!("不再接收{brand}的营销{what}？"),
            "点击下方按钮即可退订。与订单、服务相关的通知不受影响。".into(),
            "stop",
            "退订",
        ),
        (true, true) => {
            (format!("已退订{brand}的营销{what}"), "我们不会再向您发送此类信息。".into(), "back", "误操作，恢复订阅")
        }
        (false, false) => (
            format!("No more marketing {what} from {brand}?"),
            "Press the button to unsubscribe. Notices about orders and service go on.".into(),
            "stop",
            "Unsubscribe",
        ),
        (true, false) => (
            format!("You are unsubscribed from marketing {what} of {brand}"),
            "We send you none of it any more.".into(),
            "back",
            "A mistake: take it back",
        ),
    }
}

fn shown(token: &str, brand: &str, standing: Standing, zh: bool) -> Response {
    let (title, text, deed, button) = words(standing, &escaped(brand), zh);
    let class = if standing.withdrawn { " class=\"quiet\"" } else { "" };
    // The token was read: it is made of hexadecimal digits.
    let form = format!(
        "<form method=\"post\" action=\"/u/{token}\"><button{class} name=\"do\" value=\"{deed}\">{button}</button></form>"
    );
    html(StatusCode::OK, &title, &format!("<p>{text}</p>{form}"), zh)
}

fn nowhere(zh: bool) -> Response {
    let (title, text) = match zh {
        true => ("链接无效", "请使用邮件或短信中的完整链接。"),
        false => ("This link leads nowhere", "Please use the whole link of the message."),
    };
    html(StatusCode::NOT_FOUND, title, &format!("<p>{text}</p>"), zh)
}

fn html(status: StatusCode, title: &str, body: &str, zh: bool) -> Response {
    let lang = if zh { "zh-CN" } else { "en" };
    let page = format!(
        "<!doctype html><html lang=\"{lang}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><meta name=\"robots\" content=\"noindex\"><title>{title}</title><style>{STYLE}</style></head><body><main><h1>{title}</h1>{body}</main></body></html>"
    );
    let robots = (HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex"));
    let fixed = [(CACHE_CONTROL, HeaderValue::from_static("no-store")), robots];
    let mut response = (status, fixed, Html(page)).into_response();
    response.extensions_mut().insert(PagePolicy(HeaderValue::from_static(POLICY)));
    response
}
