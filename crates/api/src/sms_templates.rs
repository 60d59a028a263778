//! Templates of SMS, as the provider has approved them.

use crate::error::Answer;
use crate::gate::{MessagesWrite, SettingsWrite};
use crate::people_reader::{by, note, write};
use crate::{App, At, Body, Created, Endpoints, Items, May, NoContent, endpoints};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use siyu_carriers::{TemplateIn, TemplateRow, class_name};
use siyu_kernel::Time;
use utoipa::ToSchema;

pub fn router() -> Endpoints {
    endpoints!(list, add, get, change, forget)
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SmsTemplateIn {
    name: String,
    /// `aliyun` or `tencent`
    provider: String,
    #[schema(example = "SMS_123456789")]
    code: String,
    /// The approved signature, without brackets.
    sign: String,
    /// As it was approved: places are `${name}` with Aliyun, `{1}` with Tencent Cloud.
    text: String,
    /// `code`, `notice` or `marketing`
    class: String,
}

#[derive(Serialize, ToSchema)]
struct SmsTemplateOut {
    id: String,
    name: String,
    provider: &'static str,
    code: String,
    sign: String,
    text: String,
    class: &'static str,
    /// The names of its places, in their order.
    places: Vec<String>,
    /// Contents that use it.
    uses: i64,
    #[schema(value_type = String, format = DateTime)]
    created_at: Time,
    created_by: String,
    #[schema(value_type = String, format = DateTime)]
    changed_at: Time,
}

impl From<SmsTemplateIn> for TemplateIn {
    fn from(own: SmsTemplateIn) -> Self {
        let SmsTemplateIn { name, provider, code, sign, text, class } = own;
        Self { name, provider, code, sign, text, class }
    }
}

impl From<TemplateRow> for SmsTemplateOut {
    fn from(own: TemplateRow) -> Self {
        let places = own.template.places().unwrap_or_default().into_iter().map(str::to_owned).collect();
        Self {
            id: own.id,
            name: own.name,
            provider: own.template.provider.name(),
            places,
            code: own.template.code,
            sign: own.template.sign,
            text: own.template.text,
            class: class_name(own.template.class),
            uses: own.uses,
            created_at: own.created_at,
            created_by: own.created_by,
            changed_at: own.changed_at,
        }
    }
}

/// Lists the SMS templates by name, with how many contents use each.
///
/// 短信模板列表及被引用次数。
#[utoipa::path(get, path = "/sms/templates", tag = "Mail and SMS", responses((status = 200, body = Items<SmsTemplateOut>)))]
async fn list(_: May<MessagesWrite>, State(app): State<App>) -> Answer<Json<Items<SmsTemplateOut>>> {
    let rows = app.run(|app| app.db.read(|tx| app.carriers.sms_templates(tx))).await?;
    Ok(Json(Items::all(rows.into_iter().map(SmsTemplateOut::from).collect())))
}

/// Adds an SMS template. Its text is checked as far as that goes without the provider.
///
/// 新增短信模板，内容须与服务商审核通过的一致。
///
/// Errors: `sms_template` with its field, `sms_templates_full`.
#[utoipa::path(post, path = "/sms/templates", tag = "Mail and SMS", request_body = SmsTemplateIn, responses((status = 201, body = SmsTemplateOut)))]
async fn add(
    may: May<SettingsWrite>,
    State(app): State<App>,
    Body(input): Body<SmsTemplateIn>,
) -> Answer<Created<SmsTemplateOut>> {
    let (caller, input) = (may.caller, TemplateIn::from(input));
    let answer = app.run(move |app| {
        write(app, move |app, tx| {
            let own = app.carriers.add_template(tx, &input, &by(&caller), app.now())?;
            note(app, tx, &caller, "sms_template.add", &own.id, &json!({ "code": own.template.code }))?;
            Ok(own)
        })
    });
    Ok(Created(answer.await?.into()))
}

/// Shows one SMS template.
///
/// 查看短信模板。
///
/// Errors: `sms_template_unknown`.
#[utoipa::path(get, path = "/sms/templates/{id}", tag = "Mail and SMS", params(("id" = String, Path)), responses((status = 200, body = SmsTemplateOut)))]
async fn get(_: May<MessagesWrite>, At(id): At<String>, State(app): State<App>) -> Answer<Json<SmsTemplateOut>> {
    let own = app.run(move |app| app.db.read(|tx| app.carriers.sms_template(tx, &id))).await?;
    Ok(Json(own.into()))
}

/// Changes an SMS template.
///
/// 修改短信模板。
///
/// Errors: `sms_template_unknown`, `sms_template` with its field.
#[utoipa::path(put, path = "/sms/templates/{id}", tag = "Mail and SMS", params(("id" = String, Path)), request_body = SmsTemplateIn, responses((status = 200, body = SmsTemplateOut)))]
async fn change(
    may: May<SettingsWrite>,
    At(id): At<String>,
    State(app): State<App>,
    Body(input): Body<SmsTemplateIn>,
) -> Answer<Json<SmsTemplateOut>> {
    let (caller, input) = (may.caller, TemplateIn::from(input));
    let answer = app.run(move |app| {
        write(app, move |app, tx| {
            let own = app.carriers.change_template(tx, &id, &input, app.now())?;
            note(app, tx, &caller, "sms_template.change", &own.id, &json!({ "code": own.template.code }))?;
            Ok(own)
        })
    });
    Ok(Json(answer.await?.into()))
}

/// Removes an SMS template that no content uses.
///
/// 删除未被引用的短信模板。
///
/// Errors: `sms_template_unknown`, `sms_template_used`.
#[utoipa::path(delete, path = "/sms/templates/{id}", tag = "Mail and SMS", params(("id" = String, Path)), responses((status = 204)))]
async fn forget(may: May<SettingsWrite>, At(id): At<String>, State(app): State<App>) -> Answer<NoContent> {
    let caller = may.caller;
    let done = app.run(move |app| {
        write(app, move |app, tx| {
            let own = app.carriers.remove_template(tx, &id)?;
            note(app, tx, &caller, "sms_template.remove", &own.id, &json!({ "code": own.template.code }))
        })
    });
    done.await?;
    Ok(NoContent)
}
