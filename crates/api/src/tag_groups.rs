//! Groups of tags.

use crate::error::Answer;
use crate::gate::TagsWrite;
use crate::people_reader::{note, write};
use crate::tags::{TagGroupOut, groups};
use crate::{App, At, Body, Created, Endpoints, May, NoContent, endpoints};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::json;
use siyu_kernel::Refusal;
use utoipa::ToSchema;

pub fn router() -> Endpoints {
    endpoints!(add, rename, remove)
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TagGroupIn {
    #[schema(example = "消费能力")]
    name: String,
}

/// Adds a tag group.
///
/// 新建标签组。
///
/// Errors: `group_exists`, `name_invalid`.
#[utoipa::path(post, path = "/tag-groups", tag = "Tags", request_body = TagGroupIn, responses((status = 201, body = TagGroupOut)))]
async fn add(
    may: May<TagsWrite>,
    State(app): State<App>,
    Body(input): Body<TagGroupIn>,
) -> Answer<Created<TagGroupOut>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        write(app, move |app, tx| {
            let group = app.people.create_group(tx, &input.name, app.now())?;
            note(app, tx, &caller, "tag_group.add", &group.id, &json!({ "name": group.name }))?;
            Ok(TagGroupOut { id: group.id, name: group.name, tags: Vec::new() })
        })
    });
    answer.await.map(Created)
}

/// Renames a tag group.
///
/// 重命名标签组。
///
/// Errors: `group_unknown`, `group_exists`, `name_invalid`.
#[utoipa::path(patch, path = "/tag-groups/{id}", tag = "Tags", params(("id" = String, Path, description = "`tgp_…`")), request_body = TagGroupIn, responses((status = 200, body = TagGroupOut)))]
async fn rename(
    may: May<TagsWrite>,
    At(id): At<String>,
    State(app): State<App>,
    Body(input): Body<TagGroupIn>,
) -> Answer<Json<TagGroupOut>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        write(app, move |app, tx| {
            app.people.rename_group(tx, &id, &input.name)?;
            note(app, tx, &caller, "tag_group.change", &id, &json!({ "name": input.name.trim() }))?;
            let found = groups(app, tx)?.into_iter().find(|group| group.id == id);
            found.ok_or_else(|| Refusal::not_found("group_unknown", "There is no such tag group.", "没有该标签组。"))
        })
    });
    answer.await.map(Json)
}

/// Deletes an empty tag group.
///
/// 删除空标签组。
///
/// Errors: `group_unknown`, `group_not_empty`.
#[utoipa::path(delete, path = "/tag-groups/{id}", tag = "Tags", params(("id" = String, Path)), responses((status = 204)))]
async fn remove(may: May<TagsWrite>, At(id): At<String>, State(app): State<App>) -> Answer<NoContent> {
    let caller = may.caller;
    let done = app.run(move |app| {
        write(app, move |app, tx| {
            app.people.delete_group(tx, &id)?;
            note(app, tx, &caller, "tag_group.delete", &id, &json!({}))
        })
    });
    done.await?;
    Ok(NoContent)
}
