//! Audiences out of others: frozen, combined, uploaded, and the people behind a number of an analysis.

use crate::analysis::{Asked, cell_of, spec_of};
use crate::audience_days::day;
use crate::audiences::{AudienceOut, make};
use crate::error::Answer;
use crate::gate::AudiencesWrite;
use crate::people_reader::{Reader, read};
use crate::{App, At, Body, Created, Endpoints, May, Query, endpoints};
use axum::extract::{Request, State};
use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use siyu_audience::{AudienceIn, Meant, Rule};
use siyu_db::Tx;
use siyu_files::{ColumnHint, FileError, OpenOptions, Row, Source, Target, open, suggest_mapping};
use siyu_kernel::{Class, Identifier, Kind, PersonNum, Refusal};
use utoipa::{IntoParams, ToSchema};

pub fn router() -> Endpoints {
    endpoints!(freeze, combine, upload, keep)
}

const UPLOAD_BYTES_MAX: usize = 64 << 20;
const UPLOAD_ROWS_MAX: u64 = 500_000;
const COMBINED: std::ops::RangeInclusive<usize> = 2..=20;
/// A column's meaning is taken from its name when it is this sure.
const SURE: f64 = 0.7;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AudienceFreeze {
    name: String,
    #[serde(default)]
    description: String,
    /// As it was at the end of this day; now when absent.
    #[schema(format = Date)]
    day: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AudienceCombine {
    name: String,
    #[serde(default)]
    description: String,
    /// union, intersect, or minus: the first without all others.
    #[schema(value_type = crate::words::AudienceOpName)]
    op: String,
    /// 2 to 20 audiences.
    ids: Vec<String>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct AudienceUploadQuery {
    name: String,
    /// What the file is called; its ending helps to tell the format.
    filename: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct AudienceUpload {
    audience: AudienceOut,
    /// Rows that lead to somebody.
    matched: u64,
    /// Rows that lead to nobody the reader may see.
    unknown: u64,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AudienceOfCell {
    name: String,
    #[serde(default)]
    description: String,
    /// As for the question itself.
    #[schema(value_type = Object)]
    spec: Value,
    /// Names one number of the result.
    #[schema(value_type = Object)]
    cell: Value,
}

/// Keeps the people an audience has, or had on a day, as an audience that changes no more.
///
/// 冻结人群包：把现在（或某天）的客户保存为不再变化的人群包。
///
/// Errors: `audience_unknown`, `audience_day`, `day_invalid`, and those of making one.
#[utoipa::path(post, path = "/audiences/{id}/freeze", tag = "Audiences", params(("id" = String, Path)), request_body = AudienceFreeze, responses((status = 201, body = AudienceOut)))]
async fn freeze(
    may: May<AudiencesWrite>,
    At(id): At<String>,
    State(app): State<App>,
    Body(input): Body<AudienceFreeze>,
) -> Answer<Created<AudienceOut>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        let on = input.day.as_deref().map(|text| day(text, "day")).transpose()?;
        let people = read(app, |tx| {
            let reader = Reader::new(app, tx, &caller)?;
            let own = app.audience.stored(tx, &id)?;
            app.audience.catch_up(tx, &reader.ctx)?;
            app.audience.people_of(tx, &own, on, &reader.scope, &reader.ctx)
        })?;
        let meant = Meant::Frozen(people);
        make(app, &caller, AudienceIn { name: input.name, description: input.description, meant }, "freeze")
    });
    answer.await.map(Created)
}

/// Makes an audience of others. It is a rule over them and follows their changes.
///
/// 组合人群包：并集、交集或差集，随原人群包实时更新。
///
/// Errors: `audience_combine`, `rule_audience` for one that does not exist, and those of making one.
#[utoipa::path(post, path = "/audiences/combine", tag = "Audiences", request_body = AudienceCombine, responses((status = 201, body = AudienceOut)))]
async fn combine(
    may: May<AudiencesWrite>,
    State(app): State<App>,
    Body(input): Body<AudienceCombine>,
) -> Answer<Created<AudienceOut>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        let meant = Meant::Rule(combined(&input.op, &input.ids)?);
        make(app, &caller, AudienceIn { name: input.name, description: input.description, meant }, "combine")
    });
    answer.await.map(Created)
}

fn combined(op: &str, ids: &[String]) -> Result<Rule, Refusal> {
    if !COMBINED.contains(&ids.len()) {
        let en = "Combine 2 to 20 audiences.";
        return Err(Refusal::invalid("audience_combine", en, "请选择 2 到 20 个人群包。").field("ids"));
    }
    let is = |id: &String| json!({ "field": "audience", "op": "eq", "value": id });
    let rule = match op {
        "union" => json!({ "any": ids.iter().map(is).collect::<Vec<_>>() }),
        "intersect" => json!({ "all": ids.iter().map(is).collect::<Vec<_>>() }),
        "minus" => json!({ "all": [is(&ids[0]), { "not": ids[1..].iter().map(is).collect::<Vec<_>>() }] }),
        _ => {
            let en = "The operation is union, intersect or minus.";
            return Err(Refusal::invalid("audience_combine", en, "组合方式为 union、intersect 或 minus。").field("op"));
        }
    };
    Rule::parse(&rule)
}

/// Makes an audience of the people whom a file names: the body is a CSV file or a workbook with a header.
///
/// 上传名单（CSV 或 Excel，首行为列名）生成人群包。
///
/// Columns are known by their names: 手机号, phone, 邮箱, email, 会员号, member_no, openid, 客户 ID … Of each row the first value that leads to
/// somebody counts. Up to 64 MB and 500,000 rows. Errors: `upload_columns`, `upload_rows`, `file_empty`, `file_too_large`, those of files,
/// and those of making one.
#[utoipa::path(post, path = "/audiences/upload", tag = "Audiences", params(AudienceUploadQuery), request_body(content = String, content_type = "application/octet-stream"), responses((status = 201, body = AudienceUpload)))]
async fn upload(
    may: May<AudiencesWrite>,
    Query(query): Query<AudienceUploadQuery>,
    State(app): State<App>,
    request: Request,
) -> Answer<Created<AudienceUpload>> {
    let caller = may.caller;
    let bytes = axum::body::to_bytes(request.into_body(), UPLOAD_BYTES_MAX).await.map_err(|_| too_large())?;
    if bytes.is_empty() {
        return Err(Refusal::invalid("file_empty", "The file is empty.", "文件为空。").into());
    }
    let answer = app.run(move |app| {
        let source = Source::bytes(query.filename.as_deref().unwrap_or("list.csv"), bytes.to_vec());
        let found = read(app, |tx| {
            let reader = Reader::new(app, tx, &caller)?;
            listed(app, tx, &reader, source.clone())
        })?;
        let input = AudienceIn { name: query.name, description: String::new(), meant: Meant::List(found.people) };
        let audience = make(app, &caller, input, "upload")?;
        Ok(AudienceUpload { audience, matched: found.matched, unknown: found.unknown })
    });
    answer.await.map(Created)
}

fn too_large() -> Refusal {
    let en = "A list may have up to 64 MB. Import the people with a tag instead.";
    Refusal::new(Class::TooLarge, "file_too_large", en, "名单文件不能超过 64 MB，可改用带标签的客户导入。")
}

#[derive(Default)]
struct Listed {
    people: RoaringBitmap,
    matched: u64,
    unknown: u64,
}

/// What a column says of a person.
enum Says {
    Id,
    Identifier(Kind),
}

fn listed(app: &App, tx: &mut Tx<'_>, reader: &Reader, source: Source) -> Result<Listed, Refusal> {
    let mut rows = open(source, &OpenOptions::default()).map_err(unreadable)?;
    let columns = columns(rows.columns())?;
    app.audience.catch_up(tx, &reader.ctx)?;
    let visible = app.audience.visible_all(tx, &reader.scope, &reader.ctx)?;
    let (mut row, mut found) = (Row::new(), Listed::default());
    while rows.next_row(&mut row).map_err(unreadable)? {
        if found.matched + found.unknown == UPLOAD_ROWS_MAX {
            let en = format!("A list has up to {UPLOAD_ROWS_MAX} rows.");
            return Err(Refusal::invalid("upload_rows", en, format!("名单最多 {UPLOAD_ROWS_MAX} 行。")));
        }
        match person(app, tx, &columns, &row)?.filter(|root| visible.contains(*root)) {
            Some(root) => {
                found.people.insert(root);
                found.matched += 1;
            }
            None => found.unknown += 1,
        }
    }
    Ok(found)
}

fn columns(names: &[String]) -> Result<Vec<(usize, Says)>, Refusal> {
    let hints: Vec<ColumnHint<'_>> = names.iter().map(|name| ColumnHint::from(name.as_str())).collect();
    let guessed = suggest_mapping(&hints, Target::People);
    let says = |(at, name): (usize, &String)| {
        let plain: String = name.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
        if ["id", "personid", "客户id"].contains(&plain.as_str()) {
            return Some((at, Says::Id));
        }
        let guess = guessed.iter().find(|own| own.column == *name && own.confidence >= SURE);
        let kind = guess.and_then(|own| Kind::parse(&own.field)).or_else(|| Kind::parse(name.trim()));
        kind.map(|kind| (at, Says::Identifier(kind)))
    };
    let known: Vec<(usize, Says)> = names.iter().enumerate().filter_map(says).collect();
    if known.is_empty() {
        let en = "No column is named like an identifier. The first row must name the columns, for example phone, email, member_no or id.";
        return Err(Refusal::invalid(
            "upload_columns",
            en,
            "没有可识别客户的列。首行须为列名，例如 手机号、邮箱、会员号、客户 ID。",
        ));
    }
    Ok(known)
}

fn person(app: &App, tx: &mut Tx<'_>, columns: &[(usize, Says)], row: &Row) -> Result<Option<PersonNum>, Refusal> {
    for (at, says) in columns {
        let text = row.get(*at).trim();
        let root = match says {
            _ if text.is_empty() => None,
            Says::Id => found(app.people.find(tx, text))?,
            Says::Identifier(kind) => match Identifier::new(kind.clone(), text) {
                Ok(identifier) => app.people.by_identifier(tx, identifier)?.map(|(_, root)| root),
                Err(_) => None,
            },
        };
        if root.is_some() {
            return Ok(root);
        }
    }
    Ok(None)
}

/// Nobody has the id, or nobody any more; whatever else went wrong says nothing about the person.
fn found(found: Result<(PersonNum, PersonNum), Refusal>) -> Result<Option<PersonNum>, Refusal> {
    match found {
        Ok((_, root)) => Ok(Some(root)),
        Err(refusal) if refusal.class == Class::NotFound => Ok(None),
        Err(refusal) => Err(refusal),
    }
}

fn unreadable(error: FileError) -> Refusal {
    let (code, en, zh) = (error.code(), error.en(), error.zh());
    Refusal::invalid(code, en, zh).because(std::io::Error::other(format!("{error:?}")))
}

/// Keeps the people behind a number of an analysis as an audience.
///
/// 将分析结果中某个数字背后的客户保存为人群包。
///
/// Errors: `spec_cell`, those of the question, and those of making an audience.
#[utoipa::path(post, path = "/analysis/{kind}/audience", tag = "Analysis", params(("kind" = String, Path)), request_body = AudienceOfCell, responses((status = 201, body = AudienceOut)))]
async fn keep(
    may: May<AudiencesWrite>,
    At(kind): At<String>,
    State(app): State<App>,
    Body(input): Body<AudienceOfCell>,
) -> Answer<Created<AudienceOut>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        let spec = spec_of(&kind, &input.spec)?;
        let (cell, group) = cell_of(&spec, &input.cell)?;
        let asked = Asked::new(app, &caller, &spec)?;
        let people = asked.question.behind(&asked.scene, &cell, &group)?;
        let meant = Meant::List(people);
        make(app, &caller, AudienceIn { name: input.name, description: input.description, meant }, "analysis")
    });
    answer.await.map(Created)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_not_a_stranger() {
        let away = || Err(Refusal::internal("the database is away"));
        assert_eq!(found(Ok((7, 9))).ok(), Some(Some(9)));
        assert_eq!(found(Err(Refusal::not_found("person_unknown", "", ""))).ok(), Some(None));
        assert_eq!(found(away()).err().map(|refusal| refusal.class), Some(Class::Internal));
    }
}
