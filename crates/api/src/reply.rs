//! Answers whose status is part of their type.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use siyu_access::Page;
use utoipa::ToSchema;

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Items<T: ToSchema> {
    pub items: Vec<T>,
    /// Give it back as `after` to get the following page; null at the end.
    pub next: Option<String>,
}

impl<T: ToSchema> Items<T> {
    pub fn new(items: Vec<T>, next: Option<String>) -> Self {
        Self { items, next }
    }
    /// A list that fits on one page.
    pub fn all(items: Vec<T>) -> Self {
        Self { items, next: None }
    }
    pub(crate) fn from_page<R>(page: Page<R>, out: impl FnMut(R) -> T) -> Self {
        Self { items: page.items.into_iter().map(out).collect(), next: page.next }
    }
}

/// Rows of a page as they are shown.
pub(crate) fn page_of<R, T: ToSchema>(rows: Vec<R>, next: Option<String>, shown: impl FnMut(R) -> T) -> Items<T> {
    Items::new(rows.into_iter().map(shown).collect(), next)
}

/// 201 with a body.
pub struct Created<T>(pub T);
impl<T: Serialize> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        (StatusCode::CREATED, Json(self.0)).into_response()
    }
}

/// 204.
pub struct NoContent;
impl IntoResponse for NoContent {
    fn into_response(self) -> Response {
        StatusCode::NO_CONTENT.into_response()
    }
}
