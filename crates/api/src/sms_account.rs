//! The SMS account: its settings and its check.

use crate::doctor::DoctorCheck;
use crate::error::Answer;
use crate::gate::SettingsWrite;
use crate::mail_account::AccountRevision;
use crate::people_reader::{by, note, write};
use crate::{App, Body, Endpoints, Items, May, NoContent, endpoints};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use siyu_access::Locale;
use siyu_carriers::{Kind, SmsAccount, SmsIn, SmsSettings};
use siyu_kernel::Time;
use utoipa::ToSchema;

pub fn router() -> Endpoints {
    endpoints!(get, change, forget, check, revisions)
}

#[derive(Serialize, ToSchema)]
struct SmsAccountOut {
    /// Of this save; give it back when changing the account.
    version: i64,
    on: bool,
    /// `aliyun` or `tencent`
    provider: String,
    /// The last four characters.
    key_id: String,
    has_secret: bool,
    region: String,
    app_id: String,
    sign: String,
    base: String,
    blocks: Vec<String>,
    /// Where the provider is to push delivery reports: a path with a secret in it, behind this server's address.
    push_reports: String,
    push_replies: String,
    /// This server's address; null while nobody has said it.
    address: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    changed_at: Time,
    changed_by: String,
    /// The code of what has to be put right; what is to go out waits meanwhile.
    trouble: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    trouble_at: Option<Time>,
    /// When all was last found well.
    #[schema(value_type = Option<String>, format = DateTime)]
    checked_at: Option<Time>,
}

/// The whole account; what is absent has its default, but for keys: absent ones stay as they are.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SmsAccountIn {
    /// Of the account as it was read; a change of somebody else in between is refused.
    version: Option<i64>,
    on: Option<bool>,
    #[schema(example = "aliyun")]
    provider: String,
    /// AccessKey id (Aliyun) or SecretId (Tencent Cloud).
    key_id: Option<String>,
    /// Never shown again.
    key_secret: Option<String>,
    /// Tencent Cloud only: `ap-guangzhou`, `ap-beijing` or `ap-nanjing`.
    region: Option<String>,
    /// Tencent Cloud only: the SdkAppId.
    app_id: Option<String>,
    /// The approved signature, without brackets.
    sign: String,
    /// For tests on this machine only.
    base: Option<String>,
    /// Addresses or blocks that the provider pushes from; any when empty.
    blocks: Option<Vec<String>>,
    /// Makes a new address for pushes and shuts the old one.
    renew_push: Option<bool>,
}

fn out(own: SmsSettings, address: Option<String>) -> SmsAccountOut {
    let path = |what: &str| format!("/sms/push/{}/{what}", own.push);
    SmsAccountOut {
        version: own.version,
        push_reports: path("reports"),
        push_replies: path("replies"),
        on: own.account.on,
        provider: own.account.provider,
        key_id: own.key_id,
        has_secret: own.has_secret,
        region: own.account.region,
        app_id: own.account.app_id,
        sign: own.account.sign,
        base: own.account.base,
        blocks: own.account.blocks,
        address,
        changed_at: own.changed_at,
        changed_by: own.changed_by,
        trouble: own.trouble,
        trouble_at: own.trouble_at,
        checked_at: own.checked_at,
    }
}

/// Shows the SMS account, without its keys. The addresses for pushes hold a secret: whoever sets the provider up needs them whole.
///
/// 查看短信账号配置，不含密钥；推送地址含密钥，用于在服务商控制台填写。
///
/// Errors: `sms_account_unset`.
#[utoipa::path(get, path = "/sms/account", tag = "Mail and SMS", responses((status = 200, body = SmsAccountOut)))]
async fn get(_: May<SettingsWrite>, State(app): State<App>) -> Answer<Json<SmsAccountOut>> {
    let answer = app.run(|app| app.db.read(|tx| Ok(out(app.carriers.sms_account(tx)?, app.carriers.address(tx)?))));
    answer.await.map(Json)
}

/// Sets the SMS account. When the provider changes, the keys have to be entered again.
///
/// 设置短信账号。更换服务商时须重新填写密钥。
///
/// Errors: `sms_account` with its field, `account_changed`.
#[utoipa::path(put, path = "/sms/account", tag = "Mail and SMS", request_body = SmsAccountIn, responses((status = 200, body = SmsAccountOut)))]
async fn change(
    may: May<SettingsWrite>,
    State(app): State<App>,
    Body(own): Body<SmsAccountIn>,
) -> Answer<Json<SmsAccountOut>> {
    let caller = may.caller;
    let account = SmsAccount {
        on: own.on.unwrap_or(true),
        provider: own.provider,
        region: own.region.unwrap_or_default(),
        app_id: own.app_id.unwrap_or_default(),
        sign: own.sign,
        base: own.base.unwrap_or_default(),
        blocks: own.blocks.unwrap_or_default(),
    };
    let (key_id, key_secret, renew_push) = (own.key_id, own.key_secret, own.renew_push.unwrap_or(false));
    let input = SmsIn { account, key_id, key_secret, renew_push, version: own.version };
    let answer = app.run(move |app| {
        write(app, move |app, tx| {
            let own = app.carriers.save_sms(tx, &input, &by(&caller), app.now())?;
            let keys = input.key_id.is_some() || input.key_secret.is_some();
            let detail = json!({ "version": own.version, "keys": keys, "push": input.renew_push });
            note(app, tx, &caller, "sms.account", &own.account.provider, &detail)?;
            Ok(out(own, app.carriers.address(tx)?))
        })
    });
    answer.await.map(Json)
}

/// Removes the SMS account with its keys. What is to go out waits for another one.
///
/// 删除短信账号及其密钥，待发短信继续等待。
///
/// Errors: `sms_account_unset`.
#[utoipa::path(delete, path = "/sms/account", tag = "Mail and SMS", responses((status = 204)))]
async fn forget(may: May<SettingsWrite>, State(app): State<App>) -> Answer<NoContent> {
    let caller = may.caller;
    let done = app.run(move |app| {
        write(app, move |app, tx| {
            app.carriers.remove_sms(tx, &by(&caller), app.now())?;
            note(app, tx, &caller, "sms.account_remove", "sms", &json!({}))
        })
    });
    done.await?;
    Ok(NoContent)
}

/// Checks the account: connection, clock, keys and permission. Sends nothing.
///
/// 检测短信账号：连接、时钟、密钥与权限，不发送短信。
///
/// Errors: `sms_account_unset`.
#[utoipa::path(post, path = "/sms/account/check", tag = "Mail and SMS", responses((status = 200, body = Items<DoctorCheck>)))]
async fn check(may: May<SettingsWrite>, State(app): State<App>) -> Answer<Json<Items<DoctorCheck>>> {
    let zh = may.locale == Locale::Zh;
    let found = app.run(|app| app.carriers.check_sms()).await?;
    Ok(Json(Items::all(crate::doctor::found(found, zh))))
}

/// Lists the saves of the SMS account, newest first.
///
/// 短信账号的修改记录，新的在前。
#[utoipa::path(get, path = "/sms/account/revisions", tag = "Mail and SMS", responses((status = 200, body = Items<AccountRevision>)))]
async fn revisions(_: May<SettingsWrite>, State(app): State<App>) -> Answer<Json<Items<AccountRevision>>> {
    let rows = app.run(|app| app.db.read(|tx| app.carriers.revisions(tx, Kind::Sms, 100))).await?;
    Ok(Json(Items::all(rows.into_iter().map(AccountRevision::from).collect())))
}
