//! The record of who did what.

use crate::error::Answer;
use crate::extract::PagingParams;
use crate::gate::AuditRead;
use crate::{App, Endpoints, Items, May, Paging, Query, endpoints};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use siyu_access::{ActorKind, AuditFilter, AuditRow};
use siyu_kernel::Time;
use utoipa::{IntoParams, ToSchema};

pub fn router() -> Endpoints {
    endpoints!(list)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct AuditQuery {
    /// Id of a user or key.
    actor: Option<String>,
    /// A whole action (`key.add`), or a noun with its dot (`key.`) for all of its actions.
    action: Option<String>,
    /// Id of what it was done to.
    object: Option<String>,
    /// From this instant on.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Time>,
    /// Before this instant.
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Time>,
}

#[derive(Serialize, ToSchema)]
struct AuditOut {
    id: String,
    #[schema(value_type = String, format = DateTime)]
    at: Time,
    actor: AuditActor,
    #[schema(example = "key.add")]
    action: String,
    object: Option<String>,
    /// What changed, without personal data.
    detail: serde_json::Value,
    ip: Option<String>,
    request_id: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct AuditActor {
    /// user, key or system.
    #[schema(value_type = String)]
    kind: ActorKind,
    id: Option<String>,
    name: Option<String>,
}

impl From<AuditRow> for AuditOut {
    fn from(row: AuditRow) -> Self {
        let AuditRow { id, at, actor, action, object, detail } = row;
        let (ip, request_id) = (actor.ip, actor.request_id);
        let actor = AuditActor { kind: actor.kind, id: actor.id, name: actor.name };
        Self { id: id.to_string(), at, actor, action, object, detail, ip, request_id }
    }
}

/// Lists who did what, newest first.
///
/// 操作记录，新的在前。
#[utoipa::path(get, path = "/audit", tag = "Administration", params(AuditQuery, PagingParams), responses((status = 200, body = Items<AuditOut>)))]
async fn list(
    _: May<AuditRead>,
    Query(q): Query<AuditQuery>,
    page: Paging,
    State(app): State<App>,
) -> Answer<Json<Items<AuditOut>>> {
    let AuditQuery { actor, action, object, from, to } = q;
    let filter = AuditFilter { actor, action, object, from, to };
    let rows = app.run(move |app| app.access.audit(&filter, page.limit, page.after.as_deref())).await?;
    Ok(Json(Items::from_page(rows, AuditOut::from)))
}
