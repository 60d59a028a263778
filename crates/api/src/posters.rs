//! Templates of posters.

use crate::error::Answer;
use crate::gate::{ChannelsWrite, PeopleRead};
use crate::people_reader::{by, note, read, write};
use crate::{App, At, Body, Created, Endpoints, Items, May, Paging, Query, endpoints};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use siyu_channels::{Design, PosterIn, PosterRow};
use siyu_kernel::{Refusal, Time};
use utoipa::{IntoParams, ToSchema};

pub fn router() -> Endpoints {
    endpoints!(list, add, get, change)
}

/// What a poster looks like. Lengths are pixels of the poster, colours `#rrggbb` or `#rrggbbaa`.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PosterDesign {
    /// 200 to 3,000; 4,500,000 pixels in all.
    width: u32,
    height: u32,
    background: String,
    /// The id of a picture that fills the poster, cut where it is longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    picture: Option<String>,
    qr: PosterQr,
    #[serde(default)]
    texts: Vec<PosterText>,
    /// Pictures within the poster, each as large as fits.
    #[serde(default)]
    pictures: Vec<PosterPlace>,
}

#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PosterQr {
    x: i32,
    y: i32,
    /// A side, with the white around the code.
    size: u32,
    /// Black when absent; too light a colour is refused.
    #[serde(default = "black")]
    color: String,
    /// The id of a picture in its middle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    logo: Option<String>,
}

fn black() -> String {
    "#000000".to_owned()
}

#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PosterText {
    x: i32,
    /// The top of the first line.
    y: i32,
    /// Lines are broken here.
    width: u32,
    /// Of the letters, 10 to 400.
    size: u32,
    color: String,
    /// `left`, `center` or `right`; left when absent.
    #[serde(default = "left")]
    align: String,
    #[serde(default)]
    bold: bool,
    /// 1 to 20, 1 when absent; what is longer ends with "…".
    #[serde(default = "one")]
    lines: u32,
    /// With variables: `{guide}`, `{store}`, `{channel}`, `{person}`, `{brand}`, `{code}`, each with a fallback if wanted: `{person|friend}`.
    text: String,
}

fn left() -> String {
    "left".to_owned()
}
fn one() -> u32 {
    1
}

#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PosterPlace {
    x: i32,
    y: i32,
    width: u32,
    height: u32,
    /// The id of a picture.
    picture: String,
}

impl PosterDesign {
    /// Errors: `poster_field`.
    pub(crate) fn parse(&self) -> Result<Design, Refusal> {
        let value = serde_json::to_value(self).map_err(Refusal::internal)?;
        serde_json::from_value(value).map_err(|_| {
            Refusal::invalid(
                "poster_field",
                "A text is aligned left, center or right.",
                "对齐方式为 left、center 或 right。",
            )
            .field("texts")
        })
    }
    fn shown(design: &Design) -> Result<Self, Refusal> {
        let value = serde_json::to_value(design).map_err(Refusal::internal)?;
        serde_json::from_value(value).map_err(Refusal::internal)
    }
}

#[derive(Serialize, ToSchema)]
struct Poster {
    id: String,
    name: String,
    design: PosterDesign,
    version: i64,
    #[schema(value_type = String, format = DateTime)]
    created_at: Time,
    created_by: String,
    #[schema(value_type = String, format = DateTime)]
    changed_at: Time,
    changed_by: String,
    #[schema(value_type = Option<String>, format = DateTime)]
    archived_at: Option<Time>,
}

fn shown(row: PosterRow) -> Result<Poster, Refusal> {
    Ok(Poster {
        design: PosterDesign::shown(&row.design)?,
        id: row.id,
        name: row.name,
        version: row.version,
        created_at: row.created_at,
        created_by: row.created_by,
        changed_at: row.changed_at,
        changed_by: row.changed_by,
        archived_at: row.archived_at,
    })
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct PosterParams {
    /// Those that are archived, too.
    archived: Option<bool>,
    #[param(minimum = 1, maximum = 200)]
    #[allow(dead_code, reason = "read by Paging")]
    limit: Option<u32>,
    #[allow(dead_code, reason = "read by Paging")]
    after: Option<String>,
}

/// Lists poster templates, the newest first.
///
/// 海报模板列表，新的在前。
#[utoipa::path(get, path = "/posters", tag = "Posters", params(PosterParams), responses((status = 200, body = Items<Poster>)))]
async fn list(
    _: May<PeopleRead>,
    Query(q): Query<PosterParams>,
    page: Paging,
    State(app): State<App>,
) -> Answer<Json<Items<Poster>>> {
    let limit = page.limit as i64;
    let archived = q.archived.unwrap_or(false);
    let rows = app.run(move |app| {
        let rows = read(app, |tx| app.channels.posters(tx, archived, page.after.as_deref(), limit))?;
        rows.into_iter().map(shown).collect::<Result<Vec<_>, _>>()
    });
    let rows = rows.await?;
    let next = rows.last().filter(|_| rows.len() as i64 == limit).map(|row| row.id.clone());
    Ok(Json(Items::new(rows, next)))
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PosterNew {
    /// 1 to 40 characters.
    name: String,
    design: PosterDesign,
}

/// Keeps a poster template.
///
/// 新建海报模板。
///
/// Errors: `poster_field`, `poster_limit`, `poster_picture_unknown`.
#[utoipa::path(post, path = "/posters", tag = "Posters", request_body = PosterNew, responses((status = 201, body = Poster)))]
async fn add(may: May<ChannelsWrite>, State(app): State<App>, Body(input): Body<PosterNew>) -> Answer<Created<Poster>> {
    let caller = may.caller;
    let wanted = PosterIn { name: input.name, design: input.design.parse()? };
    let row = app.run(move |app| {
        write(app, move |app, tx| {
            let row = app.channels.create_poster(tx, &wanted, &by(&caller), app.now())?;
            note(app, tx, &caller, "poster.create", &row.id, &json!({ "name": row.name }))?;
            Ok(row)
        })
    });
    Ok(Created(shown(row.await?)?))
}

/// Shows a poster template.
///
/// 海报模板详情。
///
/// Errors: `poster_unknown`.
#[utoipa::path(get, path = "/posters/{id}", tag = "Posters", params(("id" = String, Path)), responses((status = 200, body = Poster)))]
async fn get(_: May<PeopleRead>, At(id): At<String>, State(app): State<App>) -> Answer<Json<Poster>> {
    let row = app.run(move |app| read(app, |tx| app.channels.poster(tx, &id))).await?;
    Ok(Json(shown(row)?))
}

/// Fields that are absent stay as they are.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PosterPatch {
    name: Option<String>,
    design: Option<PosterDesign>,
    /// Puts it away, or takes it back.
    archived: Option<bool>,
    version: Option<i64>,
}

/// Changes a poster template, or puts it away. Posters that were downloaded stay as they are.
///
/// 修改或归档海报模板，已下载的海报不受影响。
///
/// Errors: `poster_unknown`, `channel_changed`, and those of making one.
#[utoipa::path(patch, path = "/posters/{id}", tag = "Posters", params(("id" = String, Path)), request_body = PosterPatch, responses((status = 200, body = Poster)))]
async fn change(
    may: May<ChannelsWrite>,
    At(id): At<String>,
    State(app): State<App>,
    Body(input): Body<PosterPatch>,
) -> Answer<Json<Poster>> {
    let caller = may.caller;
    let design = input.design.as_ref().map(PosterDesign::parse).transpose()?;
    let row = app.run(move |app| {
        write(app, move |app, tx| {
            let now = app.now();
            let mut row = app.channels.poster(tx, &id)?;
            if input.name.is_some() || design.is_some() || input.version.is_some_and(|own| own != row.version) {
                let wanted = PosterIn {
                    name: input.name.clone().unwrap_or(row.name),
                    design: design.clone().unwrap_or(row.design),
                };
                row = app.channels.change_poster(tx, &id, &wanted, input.version, &by(&caller), now)?;
            }
            if let Some(away) = input.archived {
                row = app.channels.archive_poster(tx, &id, away, now)?;
            }
            note(app, tx, &caller, "poster.change", &row.id, &json!({ "name": row.name, "archived": input.archived }))?;
            Ok(row)
        })
    });
    Ok(Json(shown(row.await?)?))
}
