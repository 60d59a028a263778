//! The console's built files, inside the program.

use crate::ApiError;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "$SIYU_CONSOLE_FILES"]
struct Files;

/// Everything no route took: a file, else the page that draws the address itself. Programs' paths get a 404 they can read.
pub async fn answer(method: Method, uri: Uri, headers: HeaderMap) -> Result<Response, ApiError> {
    let path = uri.path().trim_start_matches('/');
    let first = path.split('/').next().unwrap_or_default();
    if matches!(first, "api" | "v1") {
        return Err(ApiError::of_status(StatusCode::NOT_FOUND));
    }
    if !matches!(method, Method::GET | Method::HEAD) {
        return Err(ApiError::of_status(StatusCode::METHOD_NOT_ALLOWED));
    }
    match file(path, &headers).filter(|_| !path.is_empty()) {
        Some(response) => Ok(response),
        // A missing script answered with a page would fail in a way nobody understands.
        None if first == "assets" || is_file_name(path) => Err(ApiError::of_status(StatusCode::NOT_FOUND)),
        None => file("index.html", &headers).ok_or_else(|| ApiError::of_status(StatusCode::NOT_FOUND)),
    }
}

fn is_file_name(path: &str) -> bool {
    path.rsplit('/').next().and_then(|name| name.rsplit_once('.')).is_some_and(|(_, ext)| content_type(ext).is_some())
}

pub(crate) fn file(path: &str, headers: &HeaderMap) -> Option<Response> {
    let found = Files::get(path)?;
    let tag =
        format!("\"{}\"", found.metadata.sha256_hash()[..8].iter().map(|b| format!("{b:02x}")).collect::<String>());
    // Names under assets/ carry a hash of their content; the others must be asked for again.
    let caching = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let kind = path.rsplit_once('.').and_then(|(_, ext)| content_type(ext)).unwrap_or("application/octet-stream");
    let fixed = [(CONTENT_TYPE, kind.to_owned()), (CACHE_CONTROL, caching.to_owned()), (ETAG, tag.clone())];
    if headers.get(IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return Some((StatusCode::NOT_MODIFIED, fixed).into_response());
    }
    Some((fixed, found.data.into_owned()).into_response())
}

fn content_type(ext: &str) -> Option<&'static str> {
    Some(match ext {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "json" | "webmanifest" => "application/json",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "woff" => "font/woff",
        "txt" => "text/plain; charset=utf-8",
        "map" => "application/json",
        "xml" => "application/xml",
        "wasm" => "application/wasm",
        _ => return None,
    })
}
