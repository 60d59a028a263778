//! Pages of codes, for the phones of people who have not come yet: the QR of the pool that fits who looks, as far as that is known.

use crate::context::Context;
use crate::error::Answer;
use crate::gate::Public;
use crate::people_reader::write;
use crate::{App, At, Endpoints, Query, Workspace, endpoints};
use axum::Extension;
use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::response::{Html, IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use siyu_access::Locale;
use siyu_channels::{Stage, Visitor};
use siyu_commerce::customer_totals;
use siyu_db::Tx;
use siyu_kernel::{PersonNum, Refusal};
use std::fmt::Write;
use utoipa::IntoParams;

pub fn router() -> Endpoints {
    endpoints!(page, group)
}

#[derive(Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct PageParams {
    /// Of a personal link.
    v: Option<String>,
    /// What WeCom's login brings back when the visitor came through it.
    code: Option<String>,
    /// The store (or variant) that was chosen on the page.
    store: Option<String>,
}

/// What the page shows.
struct Shown {
    channel: String,
    qr: Option<String>,
    choices: Vec<(String, String)>,
    chosen: String,
    brand: String,
    group: bool,
}

/// Shows the page of a live code: the QR of the pool that fits the visitor, as far as it is known who they are.
///
/// 活码落地页：按访客身份（已购客户、未购好友、所属门店）展示对应二维码，未识别时展示通用二维码。
///
/// A visitor is known by a personal link, or when they come through WeCom's login, which recognises customers inside WeChat. Errors:
/// `code_unknown`, `code_not_ready`.
#[utoipa::path(get, path = "/c/{id}", tag = "Channels", params(("id" = String, Path), PageParams), responses((status = 200, description = "The page", content_type = "text/html")))]
async fn page(
    _: Public,
    At(id): At<String>,
    Query(q): Query<PageParams>,
    Extension(context): Extension<Context>,
    State(app): State<App>,
) -> Answer<Response> {
    let zh = context.locale() == Locale::Zh;
    let path = format!("/c/{id}");
    let mark = q.v.clone();
    let shown = app.run(move |app| show(app, &id, &q)).await?;
    let html = html(&shown, &path, mark.as_deref(), zh)?;
    // Who looks decides what is shown: nobody keeps it for others.
    Ok(([(CACHE_CONTROL, "no-store")], Html(html)).into_response())
}

/// Shows the page of a live code of groups: the QR of the visitor's store or city, or the choice of one.
///
/// 群活码落地页：展示访客所属门店（城市）的入群二维码，未识别时可自行选择。
///
/// Errors: `code_unknown`.
#[utoipa::path(get, path = "/g/{id}", tag = "Channels", params(("id" = String, Path), PageParams), responses((status = 200, description = "The page", content_type = "text/html")))]
async fn group(
    _: Public,
    At(id): At<String>,
    Query(q): Query<PageParams>,
    Extension(context): Extension<Context>,
    State(app): State<App>,
) -> Answer<Response> {
    let zh = context.locale() == Locale::Zh;
    let path = format!("/g/{id}");
    let mark = q.v.clone();
    let shown = app.run(move |app| show_group(app, &id, &q)).await?;
    let html = html(&shown, &path, mark.as_deref(), zh)?;
    Ok(([(CACHE_CONTROL, "no-store")], Html(html)).into_response())
}

fn show_group(app: &App, id: &str, q: &PageParams) -> Result<Shown, Refusal> {
    let (id, q) = (id.to_owned(), q.clone());
    write(app, move |app, tx| {
        let visitor = visitor(app, tx, &id, &q, None)?;
        let brand = Workspace::load(tx)?.name;
        let page = app.channels.group_page(tx, &id, &visitor)?;
        app.channels.visited(tx, &id, &page.variant, &visitor, app.now())?;
        Ok(Shown {
            channel: page.channel,
            qr: page.qr_code,
            choices: page.variants,
            chosen: page.variant,
            brand,
            group: true,
        })
    })
}

fn show(app: &App, id: &str, q: &PageParams) -> Result<Shown, Refusal> {
    // A login that does not work leaves the visitor unknown; the page is there for everybody.
    let external = q.code.as_deref().and_then(|code| app.contacts.client().ok()?.login(code).ok()?.external_userid);
    let (id, q) = (id.to_owned(), q.clone());
    write(app, move |app, tx| {
        let visitor = visitor(app, tx, &id, &q, external.as_deref())?;
        let brand = Workspace::load(tx)?.name;
        let chosen = q.store.clone().unwrap_or_default();
        let page = app.channels.page(tx, &id, &visitor)?;
        app.channels.visited(tx, &id, &page.pool, &visitor, app.now())?;
        Ok(Shown { channel: page.channel, qr: Some(page.qr_code), choices: page.stores, chosen, brand, group: false })
    })
}

fn visitor(app: &App, tx: &mut Tx<'_>, id: &str, q: &PageParams, external: Option<&str>) -> Result<Visitor, Refusal> {
    let linked = match q.v.as_deref() {
        Some(mark) => app.channels.linked(tx, id, mark)?,
        None => None,
    };
    let person = match (linked, external) {
        (Some(person), _) => Some(person),
        (None, Some(external)) => app.channels.person_of(tx, external)?,
        (None, None) => None,
    };
    let Some(person) = person else { return Ok(Visitor { chosen: q.store.clone(), ..Visitor::default() }) };
    let bought = customer_totals(tx, &[person])?.iter().any(|own| own.orders > 0);
    let stage = if bought { Stage::Buyer } else { Stage::Prospect };
    Ok(Visitor { person: Some(person), stage, stores: stores(app, tx, person)?, chosen: q.store.clone() })
}

/// Where they bought last, then where their guides are.
fn stores(app: &App, tx: &mut Tx<'_>, person: PersonNum) -> Result<Vec<String>, Refusal> {
    let mut visits = siyu_commerce::person_stores(tx, &[person])?;
    visits.sort_by_key(|own| std::cmp::Reverse(own.last_at));
    let mut stores: Vec<String> = visits.into_iter().map(|own| own.code).collect();
    stores.extend(app.channels.guide_stores(tx, person)?);
    Ok(stores)
}

fn escaped(text: &str) -> String {
    text.chars().fold(String::new(), |mut out, c| {
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

fn query(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

const STYLE: &str = "body{margin:0;background:#f4f6f5;color:#1d2421;font:16px/1.6 system-ui,-apple-system,'PingFang SC','Microsoft YaHei',sans-serif}\
main{max-width:420px;margin:0 auto;padding:28px 20px 40px;text-align:center}h1{font-size:20px;margin:0 0 4px}p{margin:0 0 16px;color:#5c6a64}\
.card{background:#fff;border-radius:14px;padding:20px;margin:20px 0}img{width:100%;max-width:280px;height:auto;display:block;margin:0 auto}\
nav{display:flex;flex-wrap:wrap;gap:8px;justify-content:center}nav a{padding:10px 14px;border:1px solid #d5ddd9;border-radius:8px;background:#fff;color:#1d2421;text-decoration:none;min-height:24px}\
nav a.on{border-color:#1f6f5c;color:#1f6f5c;font-weight:600}";

/// No script: it works in every web view, and long-pressing the picture is all there is to do.
fn html(shown: &Shown, path: &str, mark: Option<&str>, zh: bool) -> Result<String, Refusal> {
    let words = |zh_text: &'static str, en: &'static str| if zh { zh_text } else { en };
    let (lang, title) = (words("zh-CN", "en"), escaped(&shown.brand));
    let mut out = format!(
        "<!doctype html><html lang=\"{lang}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>{title}</title><style>{STYLE}</style></head><body><main><h1>{title}</h1>"
    );
    match &shown.qr {
        Some(qr) => {
            let png = STANDARD.encode(siyu_channels::png(qr, 560)?);
            let hint = match shown.group {
                true => words("长按识别二维码，加入群聊", "Press and hold the code to join the group"),
                false => words("长按识别二维码，添加专属顾问", "Press and hold the code to add your adviser"),
            };
            let _ = write!(
                out,
                "<p>{hint}</p><div class=\"card\"><img alt=\"{}\" src=\"data:image/png;base64,{png}\"></div>",
                words("二维码", "QR code")
            );
        }
        // Somebody who has yet to choose is shown the choice alone.
        None if !shown.choices.is_empty() && shown.chosen.is_empty() => {}
        None => {
            let _ = write!(
                out,
                "<div class=\"card\"><p>{}</p></div>",
                words(
                    "暂无可加入的群，请稍后再来",
                    "There is no group with room at the moment; please come back later"
                )
            );
        }
    }
    if !shown.choices.is_empty() {
        let _ = write!(out, "<p>{}</p><nav>", words("选择离您最近的门店", "Choose the store nearest to you"));
        for (code, name) in &shown.choices {
            let on = if *code == shown.chosen { " class=\"on\"" } else { "" };
            let mark = mark.map(|mark| format!("&amp;v={}", query(mark))).unwrap_or_default();
            let _ = write!(out, "<a{on} href=\"{}?store={}{mark}\">{}</a>", escaped(path), query(code), escaped(name));
        }
        out.push_str("</nav>");
    }
    let _ = write!(out, "<p hidden>{}</p></main></body></html>", escaped(&shown.channel));
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_outside_stay_text() {
        let shown = Shown {
            channel: "<script>".into(),
            qr: Some("https://example.com/1".into()),
            choices: vec![("S\"1&".into(), "<b>店</b>".into())],
            chosen: String::new(),
            brand: "A&B <img>".into(),
            group: false,
        };
        let html = html(&shown, "/c/cde_1", Some("psn_1.\"x"), true).unwrap();
        assert!(!html.contains("<script") && !html.contains("<b>店") && !html.contains("<img>"), "{html}");
        assert!(html.contains("store=S%221%26&amp;v=psn_1.%22x") && html.contains("A&amp;B"), "{html}");
    }
}
