//! Keys for programs.

use crate::error::Answer;
use crate::extract::PagingParams;
use crate::gate::KeysManage;
use crate::words::{KeyKindName, RoleName};
use crate::{App, At, Body, Created, Endpoints, Items, May, NoContent, Paging, endpoints};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use siyu_access::{ApiKey, KeyKind, Role};
use siyu_kernel::Time;
use utoipa::ToSchema;

pub fn router() -> Endpoints {
    endpoints!(list, add, revoke)
}

#[derive(Serialize, ToSchema)]
struct KeyOut {
    id: String,
    name: String,
    #[schema(value_type = KeyKindName)]
    kind: KeyKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<RoleName>)]
    role: Option<Role>,
    /// The secret's first characters.
    prefix: String,
    #[schema(value_type = String, format = DateTime)]
    created_at: Time,
    /// Exact to a minute.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_used_at: Option<Time>,
    #[schema(value_type = Option<String>, format = DateTime)]
    revoked_at: Option<Time>,
}

impl From<ApiKey> for KeyOut {
    fn from(key: ApiKey) -> Self {
        let ApiKey { id, name, kind, role, prefix, created_at, last_used_at, revoked_at } = key;
        Self { id, name, kind, role, prefix, created_at, last_used_at, revoked_at }
    }
}

#[derive(Serialize, ToSchema)]
struct KeyNew {
    #[serde(flatten)]
    key: KeyOut,
    /// Shown this once; only its digest is kept.
    secret: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct KeyIn {
    /// What or who will use it.
    #[schema(example = "小程序")]
    name: String,
    #[schema(value_type = KeyKindName)]
    kind: KeyKind,
    /// For kind `api` only.
    #[schema(value_type = Option<RoleName>)]
    role: Option<Role>,
}

/// Lists keys, newest first, revoked ones too.
///
/// 密钥列表，含已吊销的，新的在前。
#[utoipa::path(get, path = "/keys", tag = "Administration", params(PagingParams), responses((status = 200, body = Items<KeyOut>)))]
async fn list(_: May<KeysManage>, page: Paging, State(app): State<App>) -> Answer<Json<Items<KeyOut>>> {
    let keys = app.run(move |app| app.access.keys(page.limit, page.after.as_deref())).await?;
    Ok(Json(Items::from_page(keys, KeyOut::from)))
}

/// Makes a key and shows its secret once.
///
/// 创建密钥，密钥明文只显示这一次。
///
/// Errors: `name_invalid`, `key_role_needed`, `key_role_unexpected`, `limit_reached`.
#[utoipa::path(post, path = "/keys", tag = "Administration", request_body = KeyIn, responses((status = 201, body = KeyNew)))]
async fn add(may: May<KeysManage>, State(app): State<App>, Body(input): Body<KeyIn>) -> Answer<Created<KeyNew>> {
    let made = app.run(move |app| app.access.add_key(app.now(), &may.actor, &input.name, input.kind, input.role));
    let (key, secret) = made.await?;
    Ok(Created(KeyNew { key: key.into(), secret }))
}

/// Revokes a key: at once here, within three seconds in other processes.
///
/// 吊销密钥，数秒内在所有进程生效。
#[utoipa::path(delete, path = "/keys/{id}", tag = "Administration", params(("id" = String, Path, description = "`key_…`")), responses((status = 204)))]
async fn revoke(may: May<KeysManage>, At(id): At<String>, State(app): State<App>) -> Answer<NoContent> {
    app.run(move |app| app.access.revoke_key(app.now(), &may.actor, &id)).await?;
    Ok(NoContent)
}
