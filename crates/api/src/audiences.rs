//! Audiences: groups of people by rule, kept live, or named one by one.

use crate::auth::Caller;
use crate::error::Answer;
use crate::extract::PagingParams;
use crate::gate::{AudiencesWrite, PeopleRead};
use crate::people::{unknown_kind, wrong_identifier};
use crate::people_reader::{Reader, by, note, read, write};
use crate::{App, At, Body, Created, Endpoints, Items, May, NoContent, Paging, Query, endpoints};
use axum::Json;
use axum::extract::State;
use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use siyu_audience::{AudienceIn, AudienceKind, AudiencePatch, AudienceRow, Ctx, Glance, Lang, Meant, Rule};
use siyu_db::Tx;
use siyu_kernel::{Identifier, Kind, Refusal, Stopwatch, Time, new_id};
use utoipa::{IntoParams, ToSchema};

pub fn router() -> Endpoints {
    endpoints!(list, add, get, change, delete, preview)
        .merge(crate::audience_days::router())
        .merge(crate::audience_make::router())
        .merge(crate::audience_exports::router())
}

/// Identifiers of one request.
const IDENTIFIERS_MAX: usize = 20_000;

/// Numbers are of the people the reader may see.
#[derive(Serialize, ToSchema)]
pub(crate) struct AudienceOut {
    #[schema(example = "aud_…")]
    pub id: String,
    name: String,
    description: String,
    /// rule, frozen or list.
    #[schema(value_type = crate::words::AudienceKindName)]
    kind: &'static str,
    /// Of kind rule.
    #[schema(value_type = Option<Object>)]
    rule: Option<Value>,
    /// The rule as a sentence.
    summary: String,
    pub people: u64,
    /// Everything that was saved before this instant is in it.
    #[schema(value_type = String, format = DateTime)]
    as_of: Time,
    fresh_seconds: f64,
    entered_today: u64,
    left_today: u64,
    #[schema(value_type = String, format = DateTime)]
    created_at: Time,
    created_by: String,
    /// Give it back with a change.
    version: i64,
    /// Why the rule cannot be evaluated; its people stay as they were.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<AudienceError>,
}

#[derive(Serialize, ToSchema)]
struct AudienceError {
    code: String,
    message: String,
    /// The place in the rule.
    field: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AudienceNew {
    name: String,
    #[serde(default)]
    description: String,
    /// Either this …
    #[schema(value_type = Option<Object>)]
    rule: Option<Value>,
    /// … or these: up to 20,000. Those that lead to nobody are passed over.
    identifiers: Option<Vec<AudienceIdentifier>>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AudienceIdentifier {
    #[schema(example = "phone")]
    kind: String,
    #[schema(example = "13912345678")]
    value: String,
}

/// What is absent stays as it is.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AudienceChange {
    name: Option<String>,
    description: Option<String>,
    #[schema(value_type = Option<Object>)]
    rule: Option<Value>,
    /// Of the audience that was changed; without it the last one to write wins.
    version: Option<i64>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct AudienceQuery {
    /// Part of the name.
    q: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AudiencePreviewIn {
    #[schema(value_type = Object)]
    rule: Value,
}

#[derive(Serialize, ToSchema)]
struct AudiencePreview {
    people: u64,
    /// The five who came last.
    sample: Vec<AudienceSample>,
    #[schema(value_type = String, format = DateTime)]
    as_of: Time,
    took_ms: u64,
    /// How many people each group and condition fits alone.
    parts: Vec<AudiencePart>,
}

#[derive(Serialize, ToSchema)]
struct AudienceSample {
    id: String,
    name: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct AudiencePart {
    #[schema(example = "rule.all[0]")]
    place: String,
    people: u64,
}

/// Audiences as a reader sees them.
pub(crate) fn shown(
    app: &App,
    tx: &mut Tx<'_>,
    reader: &Reader,
    rows: Vec<AudienceRow>,
) -> Result<Vec<AudienceOut>, Refusal> {
    let kept = app.audience.kept_until(tx)?.max(app.live.as_of());
    let glances = app.audience.at_a_glance(tx, &rows, &reader.scope, &reader.ctx)?;
    rows.into_iter().zip(glances).map(|(row, glance)| one(&reader.ctx, row, glance, kept)).collect()
}

fn one(ctx: &Ctx, row: AudienceRow, glance: Glance, kept: Option<Time>) -> Result<AudienceOut, Refusal> {
    let rule = row.rule.as_deref().map(Rule::from_text).transpose()?;
    let as_of = match row.kind {
        AudienceKind::Rule => kept.unwrap_or(row.changed_at).max(row.changed_at),
        AudienceKind::Frozen | AudienceKind::List => ctx.now,
    };
    Ok(AudienceOut {
        as_of,
        fresh_seconds: (ctx.now.0 - as_of.0).max(0) as f64 / 1e6,
        kind: row.kind.name(),
        rule: rule.map(|rule| serde_json::to_value(rule).map_err(Refusal::internal)).transpose()?,
        error: row.error.as_deref().and_then(|text| mistake(text, ctx.lang)),
        id: row.id,
        name: row.name,
        description: row.description,
        summary: glance.summary,
        people: glance.people,
        entered_today: glance.entered_today,
        left_today: glance.left_today,
        created_at: row.created_at,
        created_by: row.created_by,
        version: row.version,
    })
}

fn mistake(text: &str, lang: Lang) -> Option<AudienceError> {
    let stored: Value = serde_json::from_str(text).ok()?;
    let word = |key: &str| stored[key].as_str().map(str::to_owned);
    Some(AudienceError {
        code: word("code")?,
        message: word(if lang == Lang::Zh { "zh" } else { "en" })?,
        field: word("field"),
    })
}

/// Stores an audience and shows it. Whom it means is worked out before the unit, which holds up everybody who writes.
pub(crate) fn make(app: &App, caller: &Caller, input: AudienceIn, how: &'static str) -> Result<AudienceOut, Refusal> {
    let (reader, people) = read(app, |tx| {
        let reader = Reader::new(app, tx, caller)?;
        let people = app.audience.meant(tx, &input, &reader.ctx)?;
        Ok((reader, people))
    })?;
    let (id, ctx, caller) = (new_id("aud", app.now(), &app.chance), reader.ctx.clone(), caller.clone());
    let made = id.clone();
    write(app, move |app, tx| {
        let row = app.audience.create(tx, &id, &input, &people, &by(&caller), &ctx)?;
        let detail = json!({ "name": row.name, "kind": row.kind.name(), "people": row.people, "how": how });
        note(app, tx, &caller, "audience.add", &id, &detail)
    })?;
    find(app, &reader, &made)
}

pub(crate) fn find(app: &App, reader: &Reader, id: &str) -> Result<AudienceOut, Refusal> {
    read(app, |tx| {
        let row = app.audience.stored(tx, id)?;
        let out = shown(app, tx, reader, vec![row])?.pop();
        out.ok_or_else(|| Refusal::internal("one row gives one audience"))
    })
}

/// The people whom identifiers lead to, those the reader may see.
fn named(app: &App, tx: &mut Tx<'_>, reader: &Reader, given: &[AudienceIdentifier]) -> Result<RoaringBitmap, Refusal> {
    if given.len() > IDENTIFIERS_MAX {
        let en = format!("Give up to {IDENTIFIERS_MAX} identifiers; upload a file for more.");
        let zh = format!("最多提供 {IDENTIFIERS_MAX} 个标识，更多请上传文件。");
        return Err(Refusal::invalid("audience_identifiers", en, zh).field("identifiers"));
    }
    app.audience.catch_up(tx, &reader.ctx)?;
    let mut people = RoaringBitmap::new();
    for (at, one) in given.iter().enumerate() {
        let kind =
            Kind::parse(&one.kind).ok_or_else(|| unknown_kind(&one.kind).field(format!("identifiers[{at}].kind")))?;
        let identifier = Identifier::new(kind, &one.value)
            .map_err(|error| wrong_identifier(&error).field(format!("identifiers[{at}].value")))?;
        people.extend(app.people.by_identifier(tx, identifier)?.map(|(_, root)| root));
    }
    Ok(people & app.audience.visible_all(tx, &reader.scope, &reader.ctx)?)
}

/// Lists audiences, newest first.
///
/// 人群包列表，新的在前。
#[utoipa::path(get, path = "/audiences", tag = "Audiences", params(AudienceQuery, PagingParams), responses((status = 200, body = Items<AudienceOut>)))]
async fn list(
    may: May<PeopleRead>,
    Query(query): Query<AudienceQuery>,
    page: Paging,
    State(app): State<App>,
) -> Answer<Json<Items<AudienceOut>>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        let after = page.after.as_deref().map(|token| token.parse().map_err(|_| wrong_page())).transpose()?;
        read(app, |tx| {
            let reader = Reader::new(app, tx, &caller)?;
            let (rows, next) = app.audience.all_stored(tx, query.q.as_deref(), after, page.limit)?;
            Ok(Items::new(shown(app, tx, &reader, rows)?, next.map(|num| num.to_string())))
        })
    });
    answer.await.map(Json)
}

pub(crate) fn wrong_page() -> Refusal {
    let en = "This page token is not valid here. Start again from the first page.";
    Refusal::invalid("page_token", en, "翻页标记无效，请从第一页重新开始。").field("after")
}

/// Makes an audience: of whoever fits a rule, kept live, or of people named by identifiers.
///
/// 新建人群包：按规则（实时更新）或按标识名单。
///
/// Errors: `audience_meant` unless exactly one of `rule` and `identifiers` is given, `audience_name`, `audience_description`,
/// `audience_limit`, `audience_identifiers`, `kind_unknown`, `identifier_invalid`, and `rule_…` with the place in the rule.
#[utoipa::path(post, path = "/audiences", tag = "Audiences", request_body = AudienceNew, responses((status = 201, body = AudienceOut)))]
async fn add(
    may: May<AudiencesWrite>,
    State(app): State<App>,
    Body(input): Body<AudienceNew>,
) -> Answer<Created<AudienceOut>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        let (meant, how) = match (&input.rule, &input.identifiers) {
            (Some(rule), None) => (Meant::Rule(Rule::parse(rule)?), "rule"),
            (None, Some(given)) => {
                let people = read(app, |tx| {
                    let reader = Reader::new(app, tx, &caller)?;
                    named(app, tx, &reader, given)
                })?;
                (Meant::List(people), "identifiers")
            }
            _ => return Err(no_meaning()),
        };
        make(app, &caller, AudienceIn { name: input.name, description: input.description, meant }, how)
    });
    answer.await.map(Created)
}

fn no_meaning() -> Refusal {
    let en = "Give either a rule or identifiers.";
    Refusal::invalid("audience_meant", en, "请提供 rule 或 identifiers，二者取一。").field("rule")
}

/// Shows an audience.
///
/// 查看人群包。
///
/// Errors: `audience_unknown`.
#[utoipa::path(get, path = "/audiences/{id}", tag = "Audiences", params(("id" = String, Path, description = "`aud_…`")), responses((status = 200, body = AudienceOut)))]
async fn get(may: May<PeopleRead>, At(id): At<String>, State(app): State<App>) -> Answer<Json<AudienceOut>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        let reader = read(app, |tx| Reader::new(app, tx, &caller))?;
        find(app, &reader, &id)
    });
    answer.await.map(Json)
}

/// Changes an audience. People who come or go by a new rule are counted, but no event tells of them: nobody did anything.
///
/// 修改人群包。规则变更引起的进出会计入人数，但不产生进出事件。
///
/// Errors: `audience_unknown`, `audience_fixed`, `audience_changed` when somebody else has changed it since `version`, `rule_cycle` when it
/// would contain itself, and those of making one.
#[utoipa::path(put, path = "/audiences/{id}", tag = "Audiences", params(("id" = String, Path)), request_body = AudienceChange, responses((status = 200, body = AudienceOut)))]
async fn change(
    may: May<AudiencesWrite>,
    At(id): At<String>,
    State(app): State<App>,
    Body(input): Body<AudienceChange>,
) -> Answer<Json<AudienceOut>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        let patch = AudiencePatch {
            name: input.name,
            description: input.description,
            rule: input.rule.as_ref().map(Rule::parse).transpose()?,
        };
        let (reader, people) = read(app, |tx| {
            let reader = Reader::new(app, tx, &caller)?;
            app.audience.stored(tx, &id)?;
            let people = app.audience.meant_by(tx, &id, &patch, &reader.ctx)?;
            Ok((reader, people))
        })?;
        let (ctx, changed) = (reader.ctx.clone(), id.clone());
        write(app, move |app, tx| {
            let before = app.audience.stored(tx, &id)?;
            if input.version.is_some_and(|version| version != before.version) {
                return Err(someone_was_faster());
            }
            let row = app.audience.change(tx, &id, &patch, people.as_ref(), &ctx)?;
            let detail = json!({ "name": row.name, "rule_changed": row.rule != before.rule, "people": row.people });
            note(app, tx, &caller, "audience.change", &id, &detail)
        })?;
        find(app, &reader, &changed)
    });
    answer.await.map(Json)
}

fn someone_was_faster() -> Refusal {
    Refusal::conflict(
        "audience_changed",
        "Somebody has changed this audience meanwhile. Load it again and repeat the change.",
        "人群包已被他人修改，请重新载入后再改。",
    )
}

/// Deletes an audience with its history. Exports that were asked for stay in the list.
///
/// 删除人群包及其历史，已有的导出记录保留。
///
/// Errors: `audience_unknown`, `audience_used` naming a board, tag or audience that asks for it.
#[utoipa::path(delete, path = "/audiences/{id}", tag = "Audiences", params(("id" = String, Path)), responses((status = 204)))]
async fn delete(may: May<AudiencesWrite>, At(id): At<String>, State(app): State<App>) -> Answer<NoContent> {
    let caller = may.caller;
    let done = app.run(move |app| {
        write(app, move |app, tx| {
            app.audience.stored(tx, &id)?;
            if let Some(board) = siyu_insight::board_naming(tx, &id)? {
                return Err(siyu_audience::audience_used(&board));
            }
            let row = app.audience.delete(tx, &id)?;
            note(app, tx, &caller, "audience.delete", &id, &json!({ "name": row.name, "people": row.people }))
        })
    });
    done.await?;
    Ok(NoContent)
}

/// Counts who fits a rule while it is being written, and how many each of its conditions fits alone.
///
/// 编辑规则时实时预览：总人数、每个条件的人数与示例客户。
///
/// Errors: `rule_…` with the place in the rule.
#[utoipa::path(post, path = "/audiences/preview", tag = "Audiences", request_body = AudiencePreviewIn, responses((status = 200, body = AudiencePreview)))]
async fn preview(
    may: May<PeopleRead>,
    State(app): State<App>,
    Body(input): Body<AudiencePreviewIn>,
) -> Answer<Json<AudiencePreview>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        let watch = Stopwatch::start();
        let rule = Rule::parse(&input.rule)?;
        let (found, sample) = read(app, |tx| {
            let reader = Reader::new(app, tx, &caller)?;
            let found = app.audience.preview(tx, &rule, &reader.scope, &reader.ctx)?;
            let profiles = app.people.profiles(tx, &found.sample)?;
            Ok((found, profiles))
        })?;
        let sample = sample.iter().map(|own| AudienceSample { id: app.people.id(own.root), name: own.name() });
        Ok(AudiencePreview {
            people: found.people,
            sample: sample.collect(),
            as_of: found.as_of,
            parts: found.parts.into_iter().map(|(place, people)| AudiencePart { place, people }).collect(),
            took_ms: (watch.seconds() * 1000.0).ceil() as u64,
        })
    });
    answer.await.map(Json)
}
