//! For supervisors and collectors of numbers.

use crate::context::Context;
use crate::error::Answer;
use crate::{App, auth, measure};
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use siyu_access::Permission;

pub fn router() -> Router<App> {
    Router::new().route("/healthz", get(healthz)).route("/metrics", get(metrics))
}

/// 200 when the database answers, 503 with the reason when it does not.
async fn healthz(State(app): State<App>) -> Answer<Json<Value>> {
    app.run(|app| app.db.ping()).await?;
    Ok(Json(json!({"status": "ok"})))
}

/// Open to this machine; to others with the permission `audit.read`.
async fn metrics(State(app): State<App>, context: Context, request: Request) -> Answer<Response> {
    if !context.local {
        let (mut parts, _) = request.into_parts();
        auth::caller(&mut parts, &app).await?.must(Permission::AuditRead)?;
    }
    let text = measure::render(&app);
    Ok(([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
}
