//! Tags of one person.

use crate::auth::Caller;
use crate::error::Answer;
use crate::extract::PagingParams;
use crate::gate::{PeopleRead, PeopleWrite};
use crate::people::show;
use crate::people_out::PersonOut;
use crate::people_reader::{Reader, by, note, read, source, write};
use crate::{App, At, Body, Endpoints, Items, May, Paging, endpoints};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use siyu_access::Permission;
use siyu_db::{Tx, params};
use siyu_kernel::{Refusal, Time};
use siyu_people::{Tag, TagIn, TagKind, TagMark};
use utoipa::ToSchema;

pub fn router() -> Endpoints {
    endpoints!(give, take, history)
}

/// Either `tag_id`, or `name` with or without `group`. A name nobody has used becomes a new tag, when the caller may write tags.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PersonTagIn {
    tag_id: Option<String>,
    name: Option<String>,
    /// Name or id of a tag group.
    group: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Time>,
    why: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct TagChangeOut {
    /// The tag's name at that time.
    tag: String,
    #[schema(value_type = crate::words::TagActionName)]
    action: String,
    #[schema(value_type = String, format = DateTime)]
    at: Time,
    by: String,
    why: String,
    source: String,
}

const NEW_GROUP: &str = "默认";
const WHY_CHARS_MAX: usize = 300;

/// Gives a person a tag.
///
/// 给客户打标签。
///
/// Errors: `tag_unknown`, `tag_needed`, `tag_by_rule`, `expiry_past`, `why_long`, `permission_needed`.
#[utoipa::path(post, path = "/people/{id}/tags", tag = "People", params(("id" = String, Path)), request_body = PersonTagIn, responses((status = 200, body = PersonOut)))]
async fn give(
    may: May<PeopleWrite>,
    At(id): At<String>,
    State(app): State<App>,
    Body(input): Body<PersonTagIn>,
) -> Answer<Json<PersonOut>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        let unit_caller = caller.clone();
        let found = write(app, move |app, tx| {
            let caller = &unit_caller;
            let reader = Reader::new(app, tx, caller)?;
            let found = reader.find(app, tx, &id)?;
            let why = input.why.as_deref().unwrap_or_default().trim();
            if why.chars().count() > WHY_CHARS_MAX {
                let refusal =
                    Refusal::invalid("why_long", "The reason may have up to 300 characters.", "原因最多 300 个字符。");
                return Err(refusal.field("why"));
            }
            let tag = by_hand(wanted(app, tx, caller, &input)?)?;
            let held = app.people.profile(tx, found.1)?.tags.into_iter().any(|held| held.id == tag.id);
            if !held || input.expires_at.is_some() {
                let (by, source) = (by(caller), source(caller));
                let mark = TagMark { by: &by, source: &source, why, expires_at: input.expires_at };
                app.people.give_tag(tx, tag.num, &[found.1], &mark, app.now())?;
                app.contacts.tag_changed(tx, tag.num, &[found.1], true, &by, app.now())?;
                note(app, tx, caller, "person.tag_add", &app.people.id(found.1), &json!({ "tag": tag.id }))?;
            }
            Ok(found)
        })?;
        show(app, &caller, found)
    });
    answer.await.map(Json)
}

fn wanted(app: &App, tx: &mut Tx<'_>, caller: &Caller, input: &PersonTagIn) -> Result<Tag, Refusal> {
    if let Some(id) = &input.tag_id {
        return app.people.tag(tx, id).map_err(|refusal| refusal.field("tag_id"));
    }
    let name = input.name.as_deref().map(str::trim).filter(|name| !name.is_empty()).ok_or_else(|| {
        Refusal::invalid("tag_needed", "Name a tag by tag_id or by name.", "请用 tag_id 或 name 指定标签。")
            .field("tag_id")
    })?;
    let group = input.group.as_deref().map(str::trim).filter(|group| !group.is_empty());
    let known = match group {
        None => app.people.tag_named(tx, name)?,
        Some(group) => {
            let sql = "SELECT t.id FROM tag t JOIN tag_group g ON g.id = t.group_id WHERE t.name = $1 AND (g.name = $2 OR g.id = $2)";
            let id = tx.opt(sql, params![name, group], |row| row.text(0))?;
            id.map(|id| app.people.tag(tx, &id)).transpose()?
        }
    };
    if let Some(tag) = known {
        return Ok(tag);
    }
    caller.must(Permission::TagsWrite)?;
    let new = TagIn {
        group: group.unwrap_or(NEW_GROUP).into(),
        name: name.into(),
        color: "default".into(),
        kind: TagKind::Manual,
        description: String::new(),
        rule: None,
        ttl_days: None,
    };
    let tag = app.people.create_tag(tx, &new, app.now())?;
    note(app, tx, caller, "tag.add", &tag.id, &json!({ "name": tag.name, "kind": "manual" }))?;
    Ok(tag)
}

/// Errors: `tag_by_rule`.
fn by_hand(tag: Tag) -> Result<Tag, Refusal> {
    if tag.kind != TagKind::Rule {
        return Ok(tag);
    }
    let en = "This tag is given and taken by its rule; change the rule instead.";
    Err(Refusal::conflict("tag_by_rule", en, "该标签由规则自动维护，不能手动增减，请修改规则。"))
}

/// Takes a tag from a person.
///
/// 移除客户的标签。
///
/// Errors: `tag_unknown`, `tag_by_rule`.
#[utoipa::path(delete, path = "/people/{id}/tags/{tag}", tag = "People", params(("id" = String, Path), ("tag" = String, Path, description = "`tag_…`")), responses((status = 200, body = PersonOut)))]
async fn take(
    may: May<PeopleWrite>,
    At((id, tag)): At<(String, String)>,
    State(app): State<App>,
) -> Answer<Json<PersonOut>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        let unit_caller = caller.clone();
        let found = write(app, move |app, tx| {
            let caller = &unit_caller;
            let reader = Reader::new(app, tx, caller)?;
            let found = reader.find(app, tx, &id)?;
            let tag = by_hand(app.people.tag(tx, &tag)?)?;
            let nodes = app.people.nodes(tx, found.1)?;
            let (by, source) = (by(caller), source(caller));
            let mark = TagMark { by: &by, source: &source, why: "", expires_at: None };
            if app.people.take_tag(tx, tag.num, &nodes, &mark, app.now())? > 0 {
                app.contacts.tag_changed(tx, tag.num, &[found.1], false, &by, app.now())?;
                note(app, tx, caller, "person.tag_remove", &app.people.id(found.1), &json!({ "tag": tag.id }))?;
            }
            Ok(found)
        })?;
        show(app, &caller, found)
    });
    answer.await.map(Json)
}

/// Lists which tags a person got and lost, newest first.
///
/// 客户的标签变更记录，新的在前。
#[utoipa::path(get, path = "/people/{id}/tag-history", tag = "People", params(("id" = String, Path), PagingParams), responses((status = 200, body = Items<TagChangeOut>)))]
async fn history(
    may: May<PeopleRead>,
    At(id): At<String>,
    page: Paging,
    State(app): State<App>,
) -> Answer<Json<Items<TagChangeOut>>> {
    let caller = may.caller;
    let before = number_after(page.after.as_deref())?;
    let answer = app.run(move |app| {
        read(app, |tx| {
            let reader = Reader::new(app, tx, &caller)?;
            let (_, root) = reader.find(app, tx, &id)?;
            let nodes = app.people.nodes(tx, root)?;
            let mut changes = app.people.tag_history(tx, &nodes, before, page.limit as i64 + 1)?;
            let more = changes.len() > page.limit;
            changes.truncate(page.limit);
            let next = changes.last().filter(|_| more).map(|change| change.id.to_string());
            let out = changes.into_iter().map(|change| TagChangeOut {
                tag: change.tag,
                action: change.action,
                at: change.at,
                by: change.by,
                why: change.why,
                source: change.source,
            });
            Ok(Items::new(out.collect(), next))
        })
    });
    answer.await.map(Json)
}

/// A page token that is a row's number. Errors: `page_token`.
pub(crate) fn number_after(after: Option<&str>) -> Result<Option<i64>, Refusal> {
    let wrong = || {
        let en = "This page token is not one we gave out; start from the first page.";
        Refusal::invalid("page_token", en, "分页标记无效，请从第一页重新开始。").field("after")
    };
    after.map(|text| text.parse().map_err(|_| wrong())).transpose()
}
