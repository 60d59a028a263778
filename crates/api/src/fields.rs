//! Profile fields.

use crate::error::Answer;
use crate::gate::{PeopleRead, SchemaWrite};
use crate::people_reader::{note, write};
use crate::tally::of_fields;
use crate::{App, At, Body, Created, Endpoints, Items, May, endpoints};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use siyu_kernel::Refusal;
use siyu_people::{Field, FieldPatch, FieldType};
use std::collections::HashMap;
use utoipa::ToSchema;

pub fn router() -> Endpoints {
    endpoints!(list, add, change)
}

#[derive(Clone, Copy, ToSchema)]
#[schema(rename_all = "lowercase")]
#[allow(dead_code, reason = "only its schema is used")]
enum FieldTypeName {
    Text,
    Number,
    Boolean,
    Date,
    Datetime,
    List,
}

#[derive(Serialize, ToSchema)]
struct FieldOut {
    name: String,
    label_zh: String,
    label_en: String,
    #[schema(value_type = FieldTypeName)]
    r#type: FieldType,
    /// Sealed on disk, hidden from readers without `people.unmask`.
    sensitive: bool,
    /// Values of another type are refused.
    locked: bool,
    /// Who has a value, each person once.
    people: i64,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct FieldNew {
    #[schema(example = "birthday")]
    name: String,
    #[schema(value_type = FieldTypeName)]
    r#type: FieldType,
    /// The name when absent.
    label_zh: Option<String>,
    label_en: Option<String>,
    /// Guessed by the name when absent.
    sensitive: Option<bool>,
    #[serde(default)]
    locked: bool,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct FieldChange {
    /// The name cannot be changed; giving the present one is no error.
    name: Option<String>,
    #[schema(value_type = Option<FieldTypeName>)]
    r#type: Option<FieldType>,
    label_zh: Option<String>,
    label_en: Option<String>,
    sensitive: Option<bool>,
    locked: Option<bool>,
}

fn out(field: Field, counts: &HashMap<String, i64>) -> FieldOut {
    let people = counts.get(&field.name).copied().unwrap_or(0);
    let Field { name, r#type, label_zh, label_en, sensitive, locked } = field;
    FieldOut { name, label_zh, label_en, r#type, sensitive, locked, people }
}

/// Lists profile fields by name.
///
/// 客户字段列表。
///
/// In a workspace of millions the numbers of people are some seconds old.
#[utoipa::path(get, path = "/fields", tag = "Tags", responses((status = 200, body = Items<FieldOut>)))]
async fn list(_: May<PeopleRead>, State(app): State<App>) -> Answer<Json<Items<FieldOut>>> {
    let counts = app.run(|app| app.db.read(|tx| of_fields(app, tx))).await?;
    Ok(Json(Items::all(app.people.fields().into_iter().map(|field| out(field, &counts)).collect())))
}

/// Adds a field before any value of it came in.
///
/// 新增客户字段。
///
/// Errors: `field_name`, `field_exists`, `label_long`.
#[utoipa::path(post, path = "/fields", tag = "Tags", request_body = FieldNew, responses((status = 201, body = FieldOut)))]
async fn add(may: May<SchemaWrite>, State(app): State<App>, Body(input): Body<FieldNew>) -> Answer<Created<FieldOut>> {
    let caller = may.caller;
    checked_labels(&[("label_zh", &input.label_zh), ("label_en", &input.label_en)])?;
    let answer = app.run(move |app| {
        write(app, move |app, tx| {
            let guessed = Field::guessed(input.name.trim(), &Value::Null);
            let field = Field {
                r#type: input.r#type,
                label_zh: input.label_zh.clone().unwrap_or_else(|| guessed.label_zh.clone()),
                label_en: input.label_en.clone().unwrap_or_else(|| guessed.label_en.clone()),
                sensitive: input.sensitive.unwrap_or(guessed.sensitive),
                locked: input.locked,
                ..guessed
            };
            let field = app.people.create_field(tx, field, app.now())?;
            let detail = json!({ "type": field.r#type, "sensitive": field.sensitive, "locked": field.locked });
            note(app, tx, &caller, "field.add", &field.name, &detail)?;
            Ok(out(field, &HashMap::new()))
        })
    });
    answer.await.map(Created)
}

/// Changes a field. Making it sensitive seals the values that are stored.
///
/// 修改客户字段；设为敏感后，已有的值会加密存储。
///
/// Errors: `field_unknown`, `field_rename`, `label_long`.
#[utoipa::path(patch, path = "/fields/{name}", tag = "Tags", params(("name" = String, Path)), request_body = FieldChange, responses((status = 200, body = FieldOut)))]
async fn change(
    may: May<SchemaWrite>,
    At(name): At<String>,
    State(app): State<App>,
    Body(input): Body<FieldChange>,
) -> Answer<Json<FieldOut>> {
    let caller = may.caller;
    checked_labels(&[("label_zh", &input.label_zh), ("label_en", &input.label_en)])?;
    if input.name.as_ref().is_some_and(|new| *new != name) {
        let en = "A field cannot be renamed: programs send it by this name. Change its labels instead.";
        return Err(Refusal::invalid("field_rename", en, "字段名不能修改，可修改其显示名称。").field("name").into());
    }
    let answer = app.run(move |app| {
        write(app, move |app, tx| {
            let patch = FieldPatch {
                r#type: input.r#type,
                label_zh: input.label_zh.clone(),
                label_en: input.label_en.clone(),
                sensitive: input.sensitive,
                locked: input.locked,
            };
            let field = app.people.patch_field(tx, &name, &patch)?;
            let detail = json!({ "type": field.r#type, "sensitive": field.sensitive, "locked": field.locked });
            note(app, tx, &caller, "field.change", &field.name, &detail)?;
            let counts = of_fields(app, tx)?;
            Ok(out(field, &counts))
        })
    });
    answer.await.map(Json)
}

fn checked_labels(labels: &[(&str, &Option<String>)]) -> Result<(), Refusal> {
    for (name, label) in labels {
        let wrong = label.as_ref().is_some_and(|label| {
            label.trim().is_empty() || label.chars().count() > 60 || label.chars().any(char::is_control)
        });
        if wrong {
            let en = "A label has 1 to 60 characters.";
            return Err(Refusal::invalid("label_long", en, "显示名称为 1 到 60 个字符。").field(*name));
        }
    }
    Ok(())
}
