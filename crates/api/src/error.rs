//! One error body, one mapping from the class of a refusal to an HTTP status.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use siyu_access::{Locale, RetryAfter};
use siyu_kernel::{Class, Refusal};
use std::error::Error;
use std::sync::Arc;

pub type Answer<T> = Result<T, ApiError>;

/// A refusal on its way out. Its sentence is chosen at the edge, where language and request id are known.
#[derive(Clone, Debug)]
pub struct ApiError {
    refusal: Arc<Refusal>,
    status: StatusCode,
}

/// The body of every answer of status 400 and above.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ErrorBody {
    /// Stable, for programs.
    #[schema(example = "people_read_needed")]
    pub code: String,
    /// For people, in the language of the user or of `Accept-Language` (zh or en).
    pub message: String,
    /// The input the message is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "items[3].price")]
    pub field: Option<String>,
    /// Finds the request in the server's log.
    pub request_id: String,
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        let status = match refusal.class {
            Class::Invalid => StatusCode::BAD_REQUEST,
            Class::Unauthenticated => StatusCode::UNAUTHORIZED,
            Class::Forbidden => StatusCode::FORBIDDEN,
            Class::NotFound => StatusCode::NOT_FOUND,
            Class::Conflict => StatusCode::CONFLICT,
            Class::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Class::Busy => StatusCode::TOO_MANY_REQUESTS,
            Class::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Class::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self { refusal: Arc::new(refusal), status }
    }
}

impl ApiError {
    /// For the few statuses that are about HTTP itself.
    pub(crate) fn with_status(refusal: Refusal, status: StatusCode) -> Self {
        Self { refusal: Arc::new(refusal), status }
    }
    /// What to say when something below us answered with a bare status.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        let (class, code, en, zh) = match status {
            StatusCode::NOT_FOUND => {
                (Class::NotFound, "no_such_path", "There is nothing at this address.", "请求的地址不存在。")
            }
            StatusCode::METHOD_NOT_ALLOWED => (
                Class::Invalid,
                "method_not_allowed",
                "This address does not take this method; the Allow header names those it takes.",
                "该地址不支持此请求方法，可用方法见 Allow 响应头。",
            ),
            StatusCode::PAYLOAD_TOO_LARGE => {
                (Class::TooLarge, "too_large", "The request is too large.", "请求内容过大。")
            }
            StatusCode::UNSUPPORTED_MEDIA_TYPE => (
                Class::Invalid,
                "json_expected",
                "Send JSON with the header Content-Type: application/json.",
                "请以 JSON 发送，并设置 Content-Type: application/json。",
            ),
            status if status.is_client_error() => {
                (Class::Invalid, "bad_request", "The request could not be understood.", "无法识别该请求。")
            }
            _ => return Self::with_status(Refusal::internal(format!("status {status} without a reason")), status),
        };
        Self::with_status(Refusal::new(class, code, en, zh), status)
    }
    pub fn code(&self) -> &'static str {
        self.refusal.code
    }
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The finished answer. Causes go to the log only.
    pub(crate) fn render(&self, locale: Locale, request_id: &str) -> Response {
        self.note();
        let refusal = &*self.refusal;
        let message = match locale {
            Locale::Zh => refusal.zh.clone(),
            Locale::En => refusal.en.clone(),
        };
        let body = ErrorBody {
            code: refusal.code.into(),
            message,
            field: refusal.field.clone(),
            request_id: request_id.into(),
        };
        let mut response = (self.status, axum::Json(body)).into_response();
        if let Some(seconds) = self.retry_after() {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
    fn retry_after(&self) -> Option<i64> {
        let named =
            self.refusal.source.as_ref().and_then(|source| source.downcast_ref::<RetryAfter>()).map(|delay| delay.0);
        match self.refusal.class {
            Class::Busy => Some(named.unwrap_or(1)),
            Class::Unavailable => Some(named.unwrap_or(5)),
            _ => None,
        }
    }
    fn note(&self) {
        if !matches!(self.refusal.class, Class::Internal | Class::Unavailable) {
            return;
        }
        let mut causes = String::new();
        let mut next: Option<&dyn Error> = Error::source(&*self.refusal);
        while let Some(cause) = next {
            causes.push_str(": ");
            causes.push_str(&cause.to_string());
            next = cause.source();
        }
        tracing::error!(code = self.refusal.code, causes = causes.trim_start_matches(": "), "request failed");
    }
}

/// The error rides in the response's extensions; the edge renders it.
impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}
