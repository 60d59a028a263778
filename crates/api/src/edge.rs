//! What happens to every request on its way in and out: context, log line, metrics, panics, error bodies, security headers.

use crate::context::{Context, REQUEST_ID};
use crate::{ApiError, App, measure};
use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{self, HeaderName};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use siyu_kernel::{Refusal, Stopwatch};
use std::any::Any;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tracing::Instrument;

pub fn wrap(router: Router<App>, app: App) -> Router {
    measure::install();
    router
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(app.clone(), pass))
        .layer(CompressionLayer::new())
        .with_state(app)
}

fn panicked(cause: Box<dyn Any + Send>) -> Response {
    let said =
        cause.downcast_ref::<&str>().map(|s| (*s).to_owned()).or_else(|| cause.downcast_ref::<String>().cloned());
    ApiError::from(Refusal::internal(format!("a handler panicked: {}", said.unwrap_or_default()))).into_response()
}

async fn pass(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let watch = Stopwatch::start();
    let context = Context::of(&request, &app, app.now());
    let method = request.method().clone();
    // The template, never the path: paths hold ids, and queries hold phone numbers.
    let route =
        request.extensions().get::<MatchedPath>().map_or_else(|| "-".to_owned(), |path| path.as_str().to_owned());
    let api = is_api(request.uri().path());
    request.extensions_mut().insert(context.clone());
    let span = tracing::info_span!("request", request_id = %context.request_id);
    let response = async {
        let answered = next.run(request).await;
        let mut response = finished(answered, &context);
        let own = response.extensions_mut().remove::<PagePolicy>();
        protect(response.headers_mut(), api, own);
        if let Ok(id) = HeaderValue::from_str(&context.request_id) {
            response.headers_mut().insert(REQUEST_ID, id);
        }
        let (status, seconds) = (response.status().as_u16(), watch.seconds());
        measure::request(&method, &route, status, seconds);
        tracing::info!(method = %method, route, status, ms = (seconds * 1e5).round() / 100.0, "answered");
        response
    };
    response.instrument(span).await
}

/// Gives every refusal the one body, also those of parts that only know statuses.
fn finished(mut response: Response, context: &Context) -> Response {
    let status = response.status();
    let error = match response.extensions_mut().remove::<ApiError>() {
        Some(error) => error,
        // A page for people says by itself what is wrong.
        None if response.extensions().get::<PagePolicy>().is_some() => return response,
        None if (status.is_client_error() || status.is_server_error()) && !is_json(response.headers()) => {
            ApiError::of_status(status)
        }
        None => return response,
    };
    let mut rendered = error.render(context.locale(), &context.request_id);
    for kept in [header::ALLOW, header::WWW_AUTHENTICATE, header::SET_COOKIE] {
        if let Some(value) = response.headers_mut().remove(&kept) {
            rendered.headers_mut().insert(kept, value);
        }
    }
    if rendered.status() == StatusCode::UNAUTHORIZED {
        rendered.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    rendered
}

fn is_json(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).is_some_and(|v| v.starts_with("application/json"))
}
fn is_api(path: &str) -> bool {
    path == "/api" || path.starts_with("/api/") || path == "/v1" || path.starts_with("/v1/")
}

/// The console loads only from here; its component library sets styles from script, hence `unsafe-inline` for styles alone.
const PAGE_POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; \
     object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";
const DATA_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

/// What a page says for itself of where its parts come from and who may frame it; put among the extensions of an answer.
#[derive(Clone)]
pub struct PagePolicy(pub HeaderValue);

fn protect(headers: &mut HeaderMap, api: bool, own: Option<PagePolicy>) {
    let html = headers.get(header::CONTENT_TYPE).is_some_and(|v| v.as_bytes().starts_with(b"text/html"));
    let policy = if html || !api { PAGE_POLICY } else { DATA_POLICY };
    let fixed: [(HeaderName, &'static str); 5] = [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Some(PagePolicy(policy)) = own {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        // It knows no list of hosts; the policy names who may frame the page.
        headers.remove(header::X_FRAME_OPTIONS);
    }
    if api && !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}
