//! Files that go out with welcomes and messages.

use crate::error::Answer;
use crate::extract::{PagingParams, whole};
use crate::gate::{MessagesWrite, PeopleRead};
use crate::people_reader::{by, note, write};
use crate::{App, At, Created, Endpoints, Items, May, NoContent, Paging, Query, endpoints};
use axum::Json;
use axum::extract::State;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS,
};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::json;
use siyu_kernel::{Class, Refusal, Time};
use siyu_reach::{FileIn, FileKind, FileRow};
use utoipa::{IntoParams, ToSchema};

/// WeCom takes documents of up to 20 MB.
const BYTES_MAX: usize = 20 << 20;

pub fn router() -> Endpoints {
    endpoints!(list, add, get, body, delete)
}

#[derive(Serialize, ToSchema)]
struct MessageFile {
    id: String,
    name: String,
    /// `image`, `video` or `file`.
    kind: &'static str,
    media_type: String,
    bytes: i64,
    #[schema(value_type = String, format = DateTime)]
    created_at: Time,
    created_by: String,
    /// Until when WeCom has it; it is renewed ahead of that. Null: it is on its way there.
    #[schema(value_type = Option<String>, format = DateTime)]
    ready_until: Option<Time>,
    /// Why WeCom does not have it yet, by the error's name.
    error: Option<String>,
    /// Whether a welcome names it.
    used: bool,
}

impl From<FileRow> for MessageFile {
    fn from(row: FileRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            kind: match row.kind {
                FileKind::Image => "image",
                FileKind::Video => "video",
                FileKind::File => "file",
            },
            media_type: row.type_,
            bytes: row.bytes,
            created_at: row.created_at,
            created_by: row.created_by,
            ready_until: row.ready_until,
            error: row.error,
            used: row.used,
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct MessageFileQuery {
    /// What the file is called; customers see it of documents.
    filename: String,
}

/// Lists files for messages, newest first.
///
/// 消息素材文件，新的在前。
#[utoipa::path(get, path = "/wecom/files", tag = "WeCom", params(PagingParams), responses((status = 200, body = Items<MessageFile>)))]
async fn list(_: May<PeopleRead>, page: Paging, State(app): State<App>) -> Answer<Json<Items<MessageFile>>> {
    let limit = page.limit as i64;
    let rows =
        app.run(move |app| app.db.read(|tx| app.reach.files(tx, page.after.as_deref(), limit, app.now()))).await?;
    let next = rows.last().filter(|_| rows.len() as i64 == limit).map(|row| row.id.clone());
    Ok(Json(Items::new(rows.into_iter().map(MessageFile::from).collect(), next)))
}

/// Uploads a file: the body is its bytes. Pictures (JPG, PNG) and videos (MP4) have up to 10 MB, documents up to 20 MB; which it is, its
/// beginning says. It is kept sealed and taken to WeCom at once, and again before its three days there end.
///
/// 上传消息素材（请求体为文件内容）：图片 JPG/PNG、视频 MP4 最大 10 MB，其他文件最大 20 MB；加密保存，自动上传到企业微信并在三天有效期前续传。
///
/// Errors: `reach_file`, `reach_file_limit`, `reach_file_large`.
#[utoipa::path(post, path = "/wecom/files", tag = "WeCom", params(MessageFileQuery), request_body(content = String, content_type = "application/octet-stream"), responses((status = 201, body = MessageFile)))]
async fn add(
    may: May<MessagesWrite>,
    Query(query): Query<MessageFileQuery>,
    State(app): State<App>,
    request: axum::extract::Request,
) -> Answer<Created<MessageFile>> {
    let body = whole(request.into_body(), BYTES_MAX, too_large).await?;
    let caller = may.caller;
    let answer = app.run(move |app| {
        let input = FileIn { name: query.filename, body: body.to_vec(), by: by(&caller) };
        write(app, move |app, tx| {
            let row = app.reach.add_file(tx, &input, app.now())?;
            note(
                app,
                tx,
                &caller,
                "file.add",
                &row.id,
                &json!({ "kind": MessageFile::from(row.clone()).kind, "bytes": row.bytes }),
            )?;
            Ok(row)
        })
    });
    Ok(Created(answer.await?.into()))
}

fn too_large() -> Refusal {
    Refusal::new(Class::TooLarge, "reach_file_large", "A file has up to 20 MB.", "文件最大 20 MB。")
}

/// Shows a file and whether WeCom has it.
///
/// 文件信息及其在企业微信的状态。
///
/// Errors: `reach_file_unknown`.
#[utoipa::path(get, path = "/wecom/files/{id}", tag = "WeCom", params(("id" = String, Path)), responses((status = 200, body = MessageFile)))]
async fn get(_: May<PeopleRead>, At(id): At<String>, State(app): State<App>) -> Answer<Json<MessageFile>> {
    let row = app.run(move |app| app.db.read(|tx| app.reach.file(tx, &id, app.now()))).await?;
    Ok(Json(row.into()))
}

/// A file's bytes. Documents come as a download: what somebody uploaded is shown by no page of ours.
///
/// 文件内容；文档以附件形式下载。
///
/// Errors: `reach_file_unknown`.
#[utoipa::path(get, path = "/wecom/files/{id}/body", tag = "WeCom", params(("id" = String, Path)), responses((status = 200, body = String, content_type = "application/octet-stream")))]
async fn body(_: May<PeopleRead>, At(id): At<String>, State(app): State<App>) -> Answer<Response> {
    let (name, kind, body) = app.run(move |app| app.db.read(|tx| app.reach.file_body(tx, &id))).await?;
    let shown = kind.starts_with("image/") || kind.starts_with("video/");
    let how = if shown { "inline" } else { "attachment" };
    let name: String = form_urlencoded::byte_serialize(name.as_bytes()).collect::<String>().replace('+', "%20");
    let headers = [
        (CONTENT_TYPE, kind),
        (CONTENT_DISPOSITION, format!("{how}; filename*=UTF-8''{name}")),
        (CACHE_CONTROL, "private, max-age=86400".to_owned()),
        (X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox".to_owned()),
    ];
    Ok((headers, body).into_response())
}

/// Deletes a file that no welcome names.
///
/// 删除未被使用的文件。
///
/// Errors: `reach_file_unknown`, `reach_file_used`.
#[utoipa::path(delete, path = "/wecom/files/{id}", tag = "WeCom", params(("id" = String, Path)), responses((status = 204)))]
async fn delete(may: May<MessagesWrite>, At(id): At<String>, State(app): State<App>) -> Answer<NoContent> {
    let caller = may.caller;
    let done = app.run(move |app| {
        write(app, move |app, tx| {
            app.reach.delete_file(tx, &id)?;
            note(app, tx, &caller, "file.delete", &id, &json!({}))
        })
    });
    done.await?;
    Ok(NoContent)
}
