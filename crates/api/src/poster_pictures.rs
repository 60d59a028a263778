//! Pictures that posters show.

use crate::error::Answer;
use crate::extract::{PagingParams, whole};
use crate::gate::{ChannelsWrite, PeopleRead};
use crate::people_reader::{by, note, read, write};
use crate::{App, At, Created, Endpoints, Items, May, NoContent, Paging, Query, endpoints};
use axum::Json;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::json;
use siyu_channels::{Channels, PosterPicture, PosterPictureIn};
use siyu_kernel::{Class, Refusal, Time};
use utoipa::{IntoParams, ToSchema};

pub fn router() -> Endpoints {
    endpoints!(list, add, body, delete)
}

#[derive(Serialize, ToSchema)]
struct PosterPictureOut {
    id: String,
    name: String,
    media_type: String,
    width: i64,
    height: i64,
    bytes: i64,
    #[schema(value_type = String, format = DateTime)]
    created_at: Time,
    created_by: String,
}

impl From<PosterPicture> for PosterPictureOut {
    fn from(row: PosterPicture) -> Self {
        Self {
            id: row.id,
            name: row.name,
            media_type: row.type_,
            width: row.width,
            height: row.height,
            bytes: row.bytes,
            created_at: row.created_at,
            created_by: row.created_by,
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct PosterPictureQuery {
    /// What the picture is called.
    filename: Option<String>,
}

/// Lists pictures for posters, newest first.
///
/// 海报图片列表，新的在前。
#[utoipa::path(get, path = "/poster-pictures", tag = "Posters", params(PagingParams), responses((status = 200, body = Items<PosterPictureOut>)))]
async fn list(_: May<PeopleRead>, page: Paging, State(app): State<App>) -> Answer<Json<Items<PosterPictureOut>>> {
    let limit = page.limit as i64;
    let rows =
        app.run(move |app| read(app, |tx| app.channels.poster_pictures(tx, page.after.as_deref(), limit))).await?;
    let next = rows.last().filter(|_| rows.len() as i64 == limit).map(|row| row.id.clone());
    Ok(Json(Items::new(rows.into_iter().map(PosterPictureOut::from).collect(), next)))
}

/// Uploads a picture for posters: the body is a PNG or a JPEG of up to 5 MB and 12 million pixels. It is kept sealed.
///
/// 上传海报图片（请求体为图片内容）：PNG 或 JPEG，最大 5 MB、1200 万像素；加密保存。
///
/// Errors: `poster_picture`, `poster_picture_large`, `poster_limit`.
#[utoipa::path(post, path = "/poster-pictures", tag = "Posters", params(PosterPictureQuery), request_body(content = String, content_type = "application/octet-stream"), responses((status = 201, body = PosterPictureOut)))]
async fn add(
    may: May<ChannelsWrite>,
    Query(query): Query<PosterPictureQuery>,
    State(app): State<App>,
    request: axum::extract::Request,
) -> Answer<Created<PosterPictureOut>> {
    let body = whole(request.into_body(), Channels::POSTER_PICTURE_MAX, too_large).await?;
    let caller = may.caller;
    let answer = app.run(move |app| {
        let measured = app.channels.measure_poster_picture(&body)?;
        let name = query.filename.unwrap_or_default();
        let input = PosterPictureIn { name, body: body.to_vec(), by: by(&caller) };
        write(app, move |app, tx| {
            let row = app.channels.add_poster_picture(tx, &input, measured, app.now())?;
            note(app, tx, &caller, "poster_picture.add", &row.id, &json!({ "bytes": row.bytes }))?;
            Ok(row)
        })
    });
    Ok(Created(answer.await?.into()))
}

fn too_large() -> Refusal {
    Refusal::new(Class::TooLarge, "poster_picture_large", "A picture has up to 5 MB.", "图片最大 5 MB。")
}

/// A picture's bytes.
///
/// 图片内容。
///
/// Errors: `poster_picture_unknown`.
#[utoipa::path(get, path = "/poster-pictures/{id}/body", tag = "Posters", params(("id" = String, Path)), responses((status = 200, description = "The picture", content_type = "image/png")))]
async fn body(_: May<PeopleRead>, At(id): At<String>, State(app): State<App>) -> Answer<Response> {
    let (kind, body) = app.run(move |app| read(app, |tx| app.channels.poster_picture_body(tx, &id))).await?;
    let headers = [
        (CONTENT_TYPE, kind),
        (CACHE_CONTROL, "private, max-age=86400".to_owned()),
        (X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox".to_owned()),
    ];
    Ok((headers, body).into_response())
}

/// Deletes a picture that no template shows.
///
/// 删除未被模板使用的图片。
///
/// Errors: `poster_picture_unknown`, `poster_picture_used`.
#[utoipa::path(delete, path = "/poster-pictures/{id}", tag = "Posters", params(("id" = String, Path)), responses((status = 204)))]
async fn delete(may: May<ChannelsWrite>, At(id): At<String>, State(app): State<App>) -> Answer<NoContent> {
    let caller = may.caller;
    let done = app.run(move |app| {
        write(app, move |app, tx| {
            app.channels.delete_poster_picture(tx, &id)?;
            note(app, tx, &caller, "poster_picture.delete", &id, &json!({}))
        })
    });
    done.await?;
    Ok(NoContent)
}
