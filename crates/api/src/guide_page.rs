//! Files at the root beside the console's: the guides' page with the policy its settings give it, and WeCom's verification files.

use crate::console;
use crate::edge::PagePolicy;
use crate::{ApiError, App};
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use siyu_guides::{Guides, Settings};

const PAGE: &str = "guide.html";

/// Everything no route took.
pub async fn answer(
    State(app): State<App>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let path = uri.path().trim_start_matches('/');
    let reads = matches!(method, Method::GET | Method::HEAD);
    if reads && Guides::is_file_name(path) {
        let name = path.to_owned();
        return match app.run(move |app| app.guides.file(&name)).await? {
            Some(content) => Ok(([(CONTENT_TYPE, "text/plain; charset=utf-8")], content).into_response()),
            None => Err(ApiError::of_status(StatusCode::NOT_FOUND)),
        };
    }
    if reads && path.split('/').next() == Some("guide") {
        let settings = app.run(|app| app.db.read(|tx| app.guides.settings(tx))).await?;
        // Without a built console the one page that is there says how to build it.
        if let Some(mut response) = console::file(PAGE, &headers) {
            if let Ok(policy) = HeaderValue::from_str(&policy(&settings)) {
                response.extensions_mut().insert(PagePolicy(policy));
            }
            return Ok(response);
        }
    }
    console::answer(method, uri, headers).await
}

/// Scripts come from here and from where WeCom's SDK does; the page is framed by nobody but a WeCom with hosts of its own.
fn policy(settings: &Settings) -> String {
    let framing = if settings.pages.is_empty() { "'none'" } else { &settings.pages };
    format!(
        "default-src 'self'; script-src 'self' {} https://res.wx.qq.com; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob: https:; \
         object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors {framing}",
        settings.script_host()
    )
}
