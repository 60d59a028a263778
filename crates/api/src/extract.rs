//! Inputs: each wrong one gets the field it is about.

use crate::{ApiError, App};
use axum::body::Bytes;
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;
use siyu_kernel::{Class, Refusal};
use std::time::Duration;

const BODY_BYTES_MAX: usize = 1 << 20;
/// A megabyte at 20 kB/s; whoever sends more slowly only holds a connection.
const BODY_WAIT_MAX: Duration = Duration::from_secs(60);
const PAGE_ROWS: usize = 50;
const PAGE_ROWS_MAX: usize = 200;

/// A JSON body of at most 1 MiB.
/// Errors: `json_expected` (415), `too_large` (413), `invalid_json`, `field_invalid` with the path of the wrong field, `nul_character`.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned> FromRequest<App> for Body<T> {
    type Rejection = ApiError;
    async fn from_request(request: Request, _: &App) -> Result<Self, ApiError> {
        Ok(Self(json(&read(request).await?)?))
    }
}

/// Apart from [`Body`], so that it is compiled once and not once for each type of input.
async fn read(request: Request) -> Result<Bytes, ApiError> {
    if !is_json(request.headers()) {
        return Err(ApiError::of_status(StatusCode::UNSUPPORTED_MEDIA_TYPE));
    }
    let said = request.headers().get(CONTENT_LENGTH).and_then(|v| v.to_str().ok()).and_then(|v| v.parse::<u64>().ok());
    if said.is_some_and(|bytes| bytes > BODY_BYTES_MAX as u64) {
        return Err(too_large().into());
    }
    whole(request.into_body(), BODY_BYTES_MAX, too_large).await
}

/// A body of at most so many bytes, which arrives in time. Errors: what `too_large` says; `body_slow` (408), `body_cut_off`.
pub(crate) async fn whole(body: axum::body::Body, max: usize, too_large: fn() -> Refusal) -> Result<Bytes, ApiError> {
    whole_within(body, max, BODY_WAIT_MAX, too_large).await
}
async fn whole_within(
    body: axum::body::Body,
    max: usize,
    wait: Duration,
    too_large: fn() -> Refusal,
) -> Result<Bytes, ApiError> {
    let read = tokio::time::timeout(wait, axum::body::to_bytes(body, max)).await.map_err(|_| too_slow())?;
    Ok(read.map_err(|error| broken_body(&error, too_large))?)
}

/// Query parameters. Do not use `#[serde(flatten)]` in `T`: numbers inside would not be read.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<App> for Query<T> {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, ApiError> {
        Ok(Self(query(parts)?))
    }
}

/// `?limit=&after=` of a list: `limit` 1 to 200, 50 when absent; `after` is the `next` of the page before.
#[derive(Clone, Debug)]
pub struct Paging {
    pub limit: usize,
    pub after: Option<String>,
}

/// The parameters of [`Paging`] for the API document.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PagingParams {
    /// Rows of a page, 1 to 200; 50 when absent.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// The `next` of the page before.
    after: Option<String>,
}

impl FromRequestParts<App> for Paging {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, ApiError> {
        let PagingParams { limit, after } = query(parts)?;
        let limit = limit.map_or(PAGE_ROWS, |limit| limit as usize);
        if !(1..=PAGE_ROWS_MAX).contains(&limit) {
            let refusal = Refusal::invalid(
                "limit_invalid",
                format!("`limit` is 1 to {PAGE_ROWS_MAX}."),
                format!("limit 的取值为 1 到 {PAGE_ROWS_MAX}。"),
            );
            return Err(refusal.field("limit").into());
        }
        Ok(Self { limit, after: after.filter(|after| !after.is_empty()) })
    }
}

/// Parts of the path: `At(id): At<String>`, `At((id, tag)): At<(String, String)>`.
pub struct At<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for At<T> {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        if has_nul_percent(parts.uri.path()) {
            return Err(nul().into());
        }
        let Path(value) =
            Path::<T>::from_request_parts(parts, app).await.map_err(|rejection| wrong_path(&rejection))?;
        Ok(Self(value))
    }
}

fn wrong_path(rejection: &PathRejection) -> Refusal {
    Refusal::invalid(
        "path_invalid",
        format!("The address is not valid: {}.", rejection.body_text()),
        "地址中的参数格式不正确。",
    )
}

fn query<T: DeserializeOwned>(parts: &Parts) -> Result<T, Refusal> {
    let text = parts.uri.query().unwrap_or_default();
    if has_nul_percent(text) {
        return Err(nul());
    }
    let pairs = serde_urlencoded::Deserializer::new(form_pairs(text));
    serde_path_to_error::deserialize(pairs)
        .map_err(|error| wrong_field("query_invalid", error.path().to_string(), &error.inner().to_string()))
}

fn form_pairs(text: &str) -> form_urlencoded::Parse<'_> {
    form_urlencoded::parse(text.as_bytes())
}

/// Parses a JSON body that was read by other means. Errors: as [`Body`].
pub(crate) fn json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refusal> {
    if has_nul_escape(bytes) {
        return Err(nul());
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| wrong_json(&error))?;
    reader.end().map_err(|error| not_json(&error))?;
    Ok(value)
}

fn wrong_json(error: &serde_path_to_error::Error<serde_json::Error>) -> Refusal {
    let inner = error.inner();
    match inner.classify() {
        serde_json::error::Category::Data => {
            wrong_field("field_invalid", error.path().to_string(), &without_place(inner))
        }
        _ if without_place(inner).starts_with("recursion limit") => too_deep(inner),
        _ => not_json(inner),
    }
}

fn wrong_field(code: &'static str, path: String, why: &str) -> Refusal {
    let path = match (path.trim_matches(['.', '?']), absent(why)) {
        ("", name) => name.map(str::to_owned),
        (path, None) => Some(path.to_owned()),
        (path, Some(name)) => Some(format!("{path}.{name}")),
    };
    let why: String = why.chars().take(300).collect();
    match path {
        Some(path) => {
            let (en, zh) = (format!("`{path}` is not valid: {why}."), format!("字段 {path} 的值不正确：{why}。"));
            Refusal::invalid(code, en, zh).field(path)
        }
        None => Refusal::invalid(code, format!("The input is not valid: {why}."), format!("输入内容不正确：{why}。")),
    }
}

/// A field that is missing, or there twice, is named in the message only: the path ends at what should hold it.
fn absent(why: &str) -> Option<&str> {
    let rest = why.strip_prefix("missing field `").or_else(|| why.strip_prefix("duplicate field `"))?;
    rest.split('`').next()
}

fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rfind(" at line ").map_or(text.clone(), |at| text[..at].to_owned())
}

fn not_json(error: &serde_json::Error) -> Refusal {
    let (line, column) = (error.line(), error.column());
    Refusal::invalid(
        "invalid_json",
        format!("The body is not valid JSON: {} (line {line}, column {column}).", without_place(error)),
        format!("请求内容不是合法的 JSON（第 {line} 行第 {column} 列）。"),
    )
}

/// The reader of JSON stops at 128 levels.
fn too_deep(error: &serde_json::Error) -> Refusal {
    let (line, column) = (error.line(), error.column());
    Refusal::invalid(
        "json_too_deep",
        format!("The body nests too deep (line {line}, column {column})."),
        format!("请求内容嵌套过深（第 {line} 行第 {column} 列）。"),
    )
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

fn too_large() -> Refusal {
    Refusal::new(Class::TooLarge, "too_large", "The body may have at most 1 MiB.", "请求内容最大 1 MiB。")
}
fn too_slow() -> ApiError {
    let refusal =
        Refusal::invalid("body_slow", "The body did not arrive within 60 seconds.", "请求内容未能在 60 秒内传完。");
    ApiError::with_status(refusal, StatusCode::REQUEST_TIMEOUT)
}
fn broken_body(error: &axum::Error, too_large: fn() -> Refusal) -> Refusal {
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(now) = cause {
        if now.to_string().contains("length limit exceeded") {
            return too_large();
        }
        cause = now.source();
    }
    Refusal::invalid("body_cut_off", "The body ended before it was complete.", "请求内容传输中断。")
}

fn nul() -> Refusal {
    Refusal::invalid("nul_character", "Text must not contain the character U+0000.", "文本中不能包含 U+0000 字符。")
}
fn has_nul_percent(text: &str) -> bool {
    text.contains("%00") || text.contains('\0')
}
/// PostgreSQL keeps no U+0000 in text; SQLite does. Refusing it here keeps the engines alike. An even number of backslashes before the
/// escape means that it is none.
fn has_nul_escape(bytes: &[u8]) -> bool {
    let mut from = 0;
    while let Some(at) = bytes[from..].windows(6).position(|six| six == b"\\u0000").map(|at| from + at) {
        let before = bytes[..at].iter().rev().take_while(|b| **b == b'\\').count();
        if before % 2 == 0 {
            return true;
        }
        from = at + 6;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_arrives_whole_in_bounds_and_in_time() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let read = |body: axum::body::Body| {
            let read = runtime.block_on(whole_within(body, 8, Duration::from_millis(20), too_large));
            read.map(|bytes| bytes.len()).map_err(|error| error.code())
        };
        let chunk = |bytes: &'static [u8]| Ok::<_, std::io::Error>(Bytes::from_static(bytes));
        let cut = Err(std::io::Error::other("the line is dead"));
        let stream = futures_util::stream::iter;
        assert_eq!(read("12345678".into()), Ok(8));
        assert_eq!(read("123456789".into()), Err("too_large"));
        assert_eq!(read(axum::body::Body::from_stream(stream([chunk(b"1234"), chunk(b"56789")]))), Err("too_large"));
        assert_eq!(read(axum::body::Body::from_stream(stream([chunk(b"1234"), cut]))), Err("body_cut_off"));
        let never = futures_util::stream::pending::<std::io::Result<Bytes>>();
        assert_eq!(read(axum::body::Body::from_stream(never)), Err("body_slow"));
    }

    #[test]
    fn wrong_json_names_its_place() {
        #[derive(Debug, serde::Deserialize)]
        struct Line {
            #[allow(dead_code, reason = "read by serde only")]
            price: u32,
        }
        #[derive(Debug, serde::Deserialize)]
        struct Order {
            #[allow(dead_code, reason = "read by serde only")]
            items: Vec<Line>,
        }
        let check = |text: &str| json::<Order>(text.as_bytes()).map_or_else(|e| (e.code, e.field), |_| ("ok", None));
        assert_eq!(check(r#"{"items":[{"price":1}]}"#), ("ok", None));
        assert_eq!(check(r#"{"items":[{"price":1},{"price":"x"}]}"#), ("field_invalid", Some("items[1].price".into())));
        assert_eq!(check(r#"{"items":[{"price":1e999}]}"#).0, "invalid_json");
        let nested = format!(r#"{{"x":{}1{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
        assert_eq!(json::<serde_json::Value>(nested.as_bytes()).unwrap_err().code, "json_too_deep");
        assert_eq!(check(&"[".repeat(100_000)).0, "field_invalid");
        assert_eq!(check("{} x").0, "field_invalid");
        assert_eq!(check(r#"{"items":[]} x"#).0, "invalid_json");
        assert_eq!(check("\u{feff}{}").0, "invalid_json");
        assert_eq!(check(r#"{"items":[],"x":"\u0000"}"#).0, "nul_character");
        assert_eq!(check(r#"{"items":[],"x":"\\u0000"}"#).0, "ok");
    }
}
