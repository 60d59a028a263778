//! Tags, their groups and their rules.

use crate::auth::Caller;
use crate::error::Answer;
use crate::gate::{PeopleRead, TagsWrite};
use crate::people_out::{PersonRow, rows};
use crate::people_reader::{Reader, audience, by, note, read, write};
use crate::tally::of_tags;
use crate::{App, At, Body, Created, Endpoints, Items, May, NoContent, endpoints};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};
use siyu_audience::{FieldInfo, Rule};
use siyu_db::Tx;
use siyu_kernel::{Refusal, Time};
use siyu_people::{Tag, TagIn, TagKind, TagPatch};
use std::collections::HashMap;
use utoipa::ToSchema;

pub fn router() -> Endpoints {
    endpoints!(list, add, change, remove, run, preview, fields).merge(crate::tag_groups::router())
}

#[derive(Serialize, ToSchema)]
struct TagList {
    groups: Vec<TagGroupOut>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct TagGroupOut {
    pub id: String,
    pub name: String,
    pub tags: Vec<TagOut>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct TagOut {
    id: String,
    name: String,
    group_id: String,
    group: String,
    color: String,
    #[schema(value_type = crate::words::TagKindName)]
    kind: &'static str,
    description: String,
    rule: Option<Value>,
    /// Who carries it now, each person once.
    people: i64,
    ttl_days: Option<i64>,
    #[schema(value_type = Option<String>, format = DateTime)]
    evaluated_at: Option<Time>,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TagNew {
    group_id: Option<String>,
    /// Name of a group, made when missing; or give `group_id`.
    group: Option<String>,
    name: String,
    /// default, red, volcano, orange, gold, lime, green, cyan, blue, geekblue, purple or magenta.
    color: Option<String>,
    /// manual when absent.
    #[schema(value_type = Option<crate::words::TagKindName>)]
    kind: Option<String>,
    description: Option<String>,
    /// For kind `rule`.
    rule: Option<Value>,
    /// Days until it runs out on a person.
    ttl_days: Option<i64>,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TagChange {
    group_id: Option<String>,
    group: Option<String>,
    name: Option<String>,
    color: Option<String>,
    /// The kind cannot be changed; giving the present one is no error.
    #[schema(value_type = Option<crate::words::TagKindName>)]
    kind: Option<String>,
    description: Option<String>,
    rule: Option<Value>,
    /// null: tags given from now on never run out.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<i64>)]
    ttl_days: Option<Option<i64>>,
}

/// Tells null from absent.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(d: D) -> Result<Option<T>, D::Error> {
    T::deserialize(d).map(Some)
}

#[derive(Serialize, ToSchema)]
struct TagRun {
    added: u64,
    removed: u64,
    people: u64,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TagPreviewIn {
    /// `{all|any|not: [rule or {field, op, value}]}`
    rule: Value,
}

#[derive(Serialize, ToSchema)]
struct TagPreview {
    people: u64,
    /// Up to five of them.
    sample: Vec<PersonRow>,
}

#[derive(Serialize, ToSchema)]
struct RuleField {
    field: String,
    label_zh: String,
    label_en: String,
    #[schema(value_type = crate::words::ValueTypeName)]
    r#type: Value,
    #[schema(value_type = Vec<crate::words::OpName>)]
    operators: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    options: Option<Vec<RuleFieldOption>>,
}

#[derive(Serialize, ToSchema)]
struct RuleFieldOption {
    value: String,
    label_zh: String,
    label_en: String,
}

impl From<FieldInfo> for RuleField {
    fn from(info: FieldInfo) -> Self {
        let options = info.options.map(|options| {
            let out = options.into_iter().map(|option| RuleFieldOption {
                value: option.value,
                label_zh: option.label_zh,
                label_en: option.label_en,
            });
            out.collect()
        });
        Self {
            field: info.field,
            label_zh: info.label_zh,
            label_en: info.label_en,
            r#type: json!(info.r#type),
            operators: json!(info.operators),
            options,
        }
    }
}

fn out(tag: Tag, counts: &HashMap<i64, i64>) -> TagOut {
    TagOut {
        people: counts.get(&tag.num).copied().unwrap_or(0),
        rule: tag.rule.as_deref().and_then(|text| serde_json::from_str(text).ok()),
        kind: tag.kind.name(),
        id: tag.id,
        name: tag.name,
        group_id: tag.group_id,
        group: tag.group,
        color: tag.color,
        description: tag.description,
        ttl_days: tag.ttl_days,
        evaluated_at: tag.evaluated_at,
    }
}

/// All groups with their tags, in the order they were made.
pub(crate) fn groups(app: &App, tx: &mut Tx<'_>) -> Result<Vec<TagGroupOut>, Refusal> {
    let counts = of_tags(app, tx)?;
    let mut tags = app.people.tags(tx)?;
    let mut groups = Vec::new();
    for group in app.people.tag_groups(tx)? {
        let (own, rest) = tags.into_iter().partition(|tag: &Tag| tag.group_id == group.id);
        tags = rest;
        let own: Vec<Tag> = own;
        groups.push(TagGroupOut {
            id: group.id,
            name: group.name,
            tags: own.into_iter().map(|tag| out(tag, &counts)).collect(),
        });
    }
    Ok(groups)
}

fn one(app: &App, tx: &mut Tx<'_>, tag: Tag) -> Result<TagOut, Refusal> {
    let counts = of_tags(app, tx)?;
    Ok(out(tag, &counts))
}

/// Lists tag groups with their tags.
///
/// 标签组与标签。
///
/// In a workspace of millions the numbers of people are some seconds old.
#[utoipa::path(get, path = "/tags", tag = "Tags", responses((status = 200, body = TagList)))]
async fn list(_: May<PeopleRead>, State(app): State<App>) -> Answer<Json<TagList>> {
    let groups = app.run(|app| app.db.read(|tx| groups(app, tx))).await?;
    Ok(Json(TagList { groups }))
}

/// Adds a tag.
///
/// 新建标签。
///
/// Errors: `group_needed`, `tag_exists`, `name_invalid`, `invalid_color`, `invalid_ttl`, `tag_kind`, `tag_needs_rule`, and `rule_…` with the
/// place in the rule.
#[utoipa::path(post, path = "/tags", tag = "Tags", request_body = TagNew, responses((status = 201, body = TagOut)))]
async fn add(may: May<TagsWrite>, State(app): State<App>, Body(input): Body<TagNew>) -> Answer<Created<TagOut>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        write(app, move |app, tx| {
            let group = input.group_id.clone().or_else(|| input.group.clone());
            let group = group.filter(|group| !group.trim().is_empty()).ok_or_else(|| {
                Refusal::invalid("group_needed", "Name the tag's group.", "请指定标签组。").field("group")
            })?;
            if let Some(id) = &input.group_id {
                known_group(app, tx, id)?;
            }
            let kind = kind(input.kind.as_deref().unwrap_or("manual"))?;
            let rule = checked_rule(app, tx, &caller, input.rule.as_ref(), None)?;
            let new = TagIn {
                group,
                name: input.name.clone(),
                color: input.color.clone().unwrap_or_else(|| "default".into()),
                kind,
                description: input.description.clone().unwrap_or_default(),
                rule,
                ttl_days: input.ttl_days,
            };
            let tag = app.people.create_tag(tx, &new, app.now())?;
            note(app, tx, &caller, "tag.add", &tag.id, &json!({ "name": tag.name, "kind": tag.kind.name() }))?;
            one(app, tx, tag)
        })
    });
    answer.await.map(Created)
}

fn kind(name: &str) -> Result<TagKind, Refusal> {
    TagKind::parse(name).ok_or_else(|| {
        let en = "The kind of a tag is manual, rule or imported.";
        Refusal::invalid("tag_kind", en, "标签类型为 manual、rule 或 imported。").field("kind")
    })
}
fn known_group(app: &App, tx: &mut Tx<'_>, id: &str) -> Result<(), Refusal> {
    let known = app.people.tag_groups(tx)?.iter().any(|group| group.id == id);
    let unknown =
        || Refusal::invalid("group_unknown", "There is no such tag group.", "没有该标签组。").field("group_id");
    if known { Ok(()) } else { Err(unknown()) }
}
/// The text to store. `own`: the tag the rule belongs to.
fn checked_rule(
    app: &App,
    tx: &mut Tx<'_>,
    caller: &Caller,
    rule: Option<&Value>,
    own: Option<&str>,
) -> Result<Option<String>, Refusal> {
    let Some(rule) = rule else { return Ok(None) };
    let rule = Rule::parse(rule)?;
    let reader = Reader::new(app, tx, caller)?;
    audience(app).plan(tx, &rule, own, &reader.ctx)?;
    Ok(Some(rule.to_text()))
}

/// Changes a tag. A new rule is evaluated by the next run.
///
/// 修改标签，规则变更后将在下次运行时生效。
///
/// Errors: as for adding, and `tag_unknown`.
#[utoipa::path(patch, path = "/tags/{id}", tag = "Tags", params(("id" = String, Path, description = "`tag_…`")), request_body = TagChange, responses((status = 200, body = TagOut)))]
async fn change(
    may: May<TagsWrite>,
    At(id): At<String>,
    State(app): State<App>,
    Body(input): Body<TagChange>,
) -> Answer<Json<TagOut>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        write(app, move |app, tx| {
            let before = app.people.tag(tx, &id)?;
            if let Some(name) = &input.kind
                && kind(name)? != before.kind
            {
                let en = "The kind of a tag cannot be changed; add another tag.";
                return Err(Refusal::conflict("tag_kind", en, "标签类型不能修改，请新建标签。").field("kind"));
            }
            if let Some(group) = &input.group_id {
                known_group(app, tx, group)?;
            }
            let patch = TagPatch {
                group: input.group_id.clone().or_else(|| input.group.clone()),
                name: input.name.clone(),
                color: input.color.clone(),
                description: input.description.clone(),
                rule: checked_rule(app, tx, &caller, input.rule.as_ref(), Some(&id))?,
                ttl_days: input.ttl_days,
            };
            let tag = app.people.patch_tag(tx, &id, &patch, app.now())?;
            if tag.name != before.name {
                app.contacts.tag_renamed(tx, tag.num, &tag.name, &by(&caller), app.now())?;
            }
            let detail = json!({ "name": tag.name, "rule_changed": tag.rule != before.rule });
            note(app, tx, &caller, "tag.change", &tag.id, &detail)?;
            one(app, tx, tag)
        })
    });
    answer.await.map(Json)
}

/// Deletes a tag and takes it from everybody; the history stays.
///
/// 删除标签并从所有客户移除，变更记录保留。
#[utoipa::path(delete, path = "/tags/{id}", tag = "Tags", params(("id" = String, Path)), responses((status = 204)))]
async fn remove(may: May<TagsWrite>, At(id): At<String>, State(app): State<App>) -> Answer<NoContent> {
    let caller = may.caller;
    let done = app.run(move |app| {
        write(app, move |app, tx| {
            let tag = app.people.tag(tx, &id)?;
            let rows = app.people.delete_tag(tx, &id)?;
            note(app, tx, &caller, "tag.delete", &id, &json!({ "name": tag.name, "rows": rows }))
        })
    });
    done.await?;
    Ok(NoContent)
}

/// Evaluates a rule tag now.
///
/// 立即运行规则标签。
///
/// Errors: `tag_unknown`, `tag_not_rule`, and `rule_…` when the rule names what is gone.
#[utoipa::path(post, path = "/tags/{id}/run", tag = "Tags", params(("id" = String, Path)), responses((status = 200, body = TagRun)))]
async fn run(may: May<TagsWrite>, At(id): At<String>, State(app): State<App>) -> Answer<Json<TagRun>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        let ctx = app.db.read(|tx| Ok(Reader::new(app, tx, &caller)?.ctx))?;
        let report = audience(app).run_tag(&app.db, &id, &by(&caller), &ctx)?;
        let detail = json!({ "added": report.added, "removed": report.removed });
        app.access.record(app.now(), &caller.actor, "tag.run", Some(&id), &detail)?;
        Ok(TagRun { added: report.added, removed: report.removed, people: report.people })
    });
    answer.await.map(Json)
}

/// Counts who fits a rule and shows some of them; readers of some stores count their own people.
///
/// 预览规则命中的人数与示例客户。
///
/// Errors: `rule_…` with the place in the rule.
#[utoipa::path(post, path = "/tags/preview", tag = "Tags", request_body = TagPreviewIn, responses((status = 200, body = TagPreview)))]
async fn preview(
    may: May<TagsWrite>,
    State(app): State<App>,
    Body(input): Body<TagPreviewIn>,
) -> Answer<Json<TagPreview>> {
    let caller = may.caller;
    let rule = Rule::parse(&input.rule)?;
    let answer = app.run(move |app| {
        read(app, |tx| {
            let reader = Reader::new(app, tx, &caller)?;
            let found = audience(app).preview(tx, &rule, &reader.scope, &reader.ctx)?;
            Ok(TagPreview { people: found.people, sample: rows(app, tx, &reader, &found.sample)? })
        })
    });
    answer.await.map(Json)
}

/// Lists what a rule can ask.
///
/// 规则可用的条件字段。
#[utoipa::path(get, path = "/tags/fields", tag = "Tags", responses((status = 200, body = Items<RuleField>)))]
async fn fields(_: May<PeopleRead>, State(app): State<App>) -> Answer<Json<Items<RuleField>>> {
    let fields = app.run(|app| app.db.read(|tx| audience(app).fields(tx))).await?;
    Ok(Json(Items::all(fields.into_iter().map(RuleField::from).collect())))
}
