//! The mail account: its settings, its check, its key for DKIM, and the raw mails that come back.

use crate::doctor::DoctorCheck;
use crate::error::Answer;
use crate::extract::whole;
use crate::gate::{MessagesWrite, SettingsWrite};
use crate::people_reader::{by, note, write};
use crate::suppressions::whole_brand;
use crate::{App, Body, Endpoints, Items, May, NoContent, endpoints};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use siyu_access::Locale;
use siyu_carriers::{Kind, Mail, MailAccount, MailIn, Revision, Security};
use siyu_kernel::{Class, Refusal, Time};
use utoipa::ToSchema;

pub fn router() -> Endpoints {
    endpoints!(get, change, forget, check, dkim, revisions, report)
}

#[derive(Serialize, ToSchema)]
struct MailAccountOut {
    /// Of this save; give it back when changing the account.
    version: i64,
    on: bool,
    host: String,
    port: u16,
    /// `tls` (from the first byte, usually 465), `starttls` (usually 587) or `none`.
    security: &'static str,
    user: String,
    has_password: bool,
    hello: String,
    authority: String,
    per_minute: u32,
    domain_per_minute: u32,
    from: String,
    from_name: String,
    reply_to: String,
    bounce: String,
    dkim_domain: String,
    dkim_selector: String,
    /// The DNS record that must exist; null while mail is not signed.
    dkim_record: Option<MailDkimRecord>,
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

/// A TXT record.
#[derive(Serialize, ToSchema)]
struct MailDkimRecord {
    name: String,
    text: String,
}

/// The whole account; what is absent has its default, but for secrets: absent ones stay as they are, empty ones are removed.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MailAccountIn {
    /// Of the account as it was read; a change of somebody else in between is refused.
    version: Option<i64>,
    on: Option<bool>,
    #[schema(example = "smtp.example.com")]
    host: String,
    /// 465 when absent.
    port: Option<u16>,
    /// `tls`, `starttls` or `none`; `tls` when absent.
    security: Option<String>,
    /// Empty: no login.
    user: Option<String>,
    /// Or the authorisation code (授权码). Never shown again.
    password: Option<String>,
    /// The host name that leads to this server; the sender's domain when absent.
    hello: Option<String>,
    /// A certificate authority of one's own network, in PEM.
    authority: Option<String>,
    per_minute: Option<u32>,
    domain_per_minute: Option<u32>,
    #[schema(example = "news@example.com")]
    from: String,
    from_name: Option<String>,
    reply_to: Option<String>,
    /// A mailbox of up to 18 letters before the @ whose server keeps what stands behind a `+`.
    bounce: Option<String>,
    dkim_domain: Option<String>,
    dkim_selector: Option<String>,
    /// A private key in PEM. Never shown again.
    dkim_key: Option<String>,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MailDkimIn {
    /// The sender's when absent.
    domain: Option<String>,
    /// `siyu` when absent.
    selector: Option<String>,
}

/// One save of an account, without its secrets.
#[derive(Serialize, ToSchema)]
pub(crate) struct AccountRevision {
    version: i64,
    /// As it became; null when the account was removed.
    #[schema(value_type = Option<Object>)]
    settings: Option<Value>,
    /// The names of the secrets that were set with it.
    secrets_set: Vec<String>,
    #[schema(value_type = String, format = DateTime)]
    at: Time,
    by: String,
}

impl From<Revision> for AccountRevision {
    fn from(own: Revision) -> Self {
        let Revision { version, body, secrets, at, by } = own;
        Self { version, settings: serde_json::from_str(&body).ok(), secrets_set: secrets, at, by }
    }
}

#[derive(Serialize, ToSchema)]
struct MailReported {
    /// Reports that said something new.
    taken: u64,
    /// That were here before, or say nothing final.
    passed: u64,
    /// Addresses that get nothing more from here on.
    left_alone: u64,
}

fn security_name(own: Security) -> &'static str {
    match own {
        Security::Starttls => "starttls",
        Security::Tls => "tls",
        Security::None => "none",
    }
}

impl From<Mail> for MailAccountOut {
    fn from(own: Mail) -> Self {
        let account = own.account;
        Self {
            version: own.version,
            on: account.on,
            host: account.host,
            port: account.port,
            security: security_name(account.security),
            user: account.user,
            has_password: own.has_password,
            hello: account.hello,
            authority: account.authority,
            per_minute: account.per_minute,
            domain_per_minute: account.domain_per_minute,
            from: account.from,
            from_name: account.from_name,
            reply_to: account.reply_to,
            bounce: account.bounce,
            dkim_domain: account.dkim_domain,
            dkim_selector: account.dkim_selector,
            dkim_record: own.dkim.map(|(name, text)| MailDkimRecord { name, text }),
            changed_at: own.changed_at,
            changed_by: own.changed_by,
            trouble: own.trouble,
            trouble_at: own.trouble_at,
            checked_at: own.checked_at,
        }
    }
}

impl MailAccountIn {
    fn account(self) -> Result<MailIn, Refusal> {
        let blank = MailAccount::default();
        let all = [Security::Starttls, Security::Tls, Security::None];
        let security = match self.security.as_deref() {
            None => Security::Tls,
            Some(name) => all.into_iter().find(|own| security_name(*own) == name).ok_or_else(|| {
                Refusal::invalid(
                    "mail_account",
                    "Security is tls, starttls or none.",
                    "加密方式须为 tls、starttls 或 none。",
                )
                .field("security")
            })?,
        };
        let account = MailAccount {
            on: self.on.unwrap_or(true),
            host: self.host,
            port: self.port.unwrap_or(blank.port),
            security,
            user: self.user.unwrap_or_default(),
            hello: self.hello.unwrap_or_default(),
            authority: self.authority.unwrap_or_default(),
            per_minute: self.per_minute.unwrap_or(blank.per_minute),
            domain_per_minute: self.domain_per_minute.unwrap_or(blank.domain_per_minute),
            from: self.from,
            from_name: self.from_name.unwrap_or_default(),
            reply_to: self.reply_to.unwrap_or_default(),
            bounce: self.bounce.unwrap_or_default(),
            dkim_domain: self.dkim_domain.unwrap_or_default(),
            dkim_selector: self.dkim_selector.unwrap_or_default(),
        };
        Ok(MailIn { account, password: self.password, dkim_key: self.dkim_key, version: self.version })
    }
}

/// Shows the mail account, without its secrets.
///
/// 查看邮件账号配置，不含密码与私钥。
///
/// Errors: `mail_account_unset`.
#[utoipa::path(get, path = "/mail/account", tag = "Mail and SMS", responses((status = 200, body = MailAccountOut)))]
async fn get(_: May<SettingsWrite>, State(app): State<App>) -> Answer<Json<MailAccountOut>> {
    let own = app.run(|app| app.db.read(|tx| app.carriers.mail_account(tx))).await?;
    Ok(Json(own.into()))
}

/// Sets the mail account. When its server changes, the password has to be entered again.
///
/// 设置邮件账号。更换服务器时须重新填写密码（授权码）。
///
/// Errors: `mail_account` with its field, `mail_password_again`, `account_changed`.
#[utoipa::path(put, path = "/mail/account", tag = "Mail and SMS", request_body = MailAccountIn, responses((status = 200, body = MailAccountOut)))]
async fn change(
    may: May<SettingsWrite>,
    State(app): State<App>,
    Body(input): Body<MailAccountIn>,
) -> Answer<Json<MailAccountOut>> {
    let caller = may.caller;
    let input = input.account()?;
    let answer = app.run(move |app| {
        write(app, move |app, tx| {
            let own = app.carriers.save_mail(tx, &input, &by(&caller), app.now())?;
            let detail = json!({ "version": own.version, "password": input.password.is_some(), "dkim_key": input.dkim_key.is_some() });
            note(app, tx, &caller, "mail.account", &own.account.host, &detail)?;
            Ok(own)
        })
    });
    Ok(Json(answer.await?.into()))
}

/// Removes the mail account with its secrets. What is to go out waits for another one.
///
/// 删除邮件账号及其密钥，待发邮件继续等待。
///
/// Errors: `mail_account_unset`.
#[utoipa::path(delete, path = "/mail/account", tag = "Mail and SMS", responses((status = 204)))]
async fn forget(may: May<SettingsWrite>, State(app): State<App>) -> Answer<NoContent> {
    let caller = may.caller;
    let done = app.run(move |app| {
        write(app, move |app, tx| {
            app.carriers.remove_mail(tx, &by(&caller), app.now())?;
            note(app, tx, &caller, "mail.account_remove", "mail", &json!({}))
        })
    });
    done.await?;
    Ok(NoContent)
}

/// Checks the account: connection, encryption, login, sender, and what DNS says of the sender's domain. Sends nothing.
///
/// 检测邮件账号：连接、加密、登录、发件人以及发件域名的 SPF、DKIM、DMARC，不发送邮件。
///
/// Errors: `mail_account_unset`.
#[utoipa::path(post, path = "/mail/account/check", tag = "Mail and SMS", responses((status = 200, body = Items<DoctorCheck>)))]
async fn check(may: May<SettingsWrite>, State(app): State<App>) -> Answer<Json<Items<DoctorCheck>>> {
    let zh = may.locale == Locale::Zh;
    let found = app.run(|app| app.carriers.check_mail()).await?;
    Ok(Json(Items::all(crate::doctor::found(found, zh))))
}

/// Makes a key for DKIM (RSA of 2048 bits) that mail is signed with from here on, and tells the DNS record. The key itself is never shown.
///
/// 生成 DKIM 密钥（RSA 2048 位）并启用，返回需添加的 DNS 记录；私钥不会显示。
///
/// Errors: `mail_account_unset`, `mail_account` with its field.
#[utoipa::path(post, path = "/mail/account/dkim", tag = "Mail and SMS", request_body = MailDkimIn, responses((status = 200, body = MailAccountOut)))]
async fn dkim(
    may: May<SettingsWrite>,
    State(app): State<App>,
    Body(input): Body<MailDkimIn>,
) -> Answer<Json<MailAccountOut>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        let own = app.db.read(|tx| app.carriers.mail_account(tx))?.account;
        let of_sender = own.from.rsplit_once('@').map(|(_, domain)| domain.to_owned()).unwrap_or_default();
        let domain = input.domain.filter(|own| !own.trim().is_empty()).unwrap_or(of_sender);
        let selector = input.selector.filter(|own| !own.trim().is_empty()).unwrap_or_else(|| "siyu".into());
        // Before the unit: it takes a second.
        let key = siyu_mail::Dkim::generate().map_err(Refusal::internal)?;
        write(app, move |app, tx| {
            let own = app.carriers.set_dkim(tx, &domain, &selector, &key, &by(&caller), app.now())?;
            let detail = json!({ "version": own.version, "domain": domain, "selector": selector });
            note(app, tx, &caller, "mail.dkim", &own.account.host, &detail)?;
            Ok(own)
        })
    });
    Ok(Json(answer.await?.into()))
}

/// Lists the saves of the mail account, newest first.
///
/// 邮件账号的修改记录，新的在前。
#[utoipa::path(get, path = "/mail/account/revisions", tag = "Mail and SMS", responses((status = 200, body = Items<AccountRevision>)))]
async fn revisions(_: May<SettingsWrite>, State(app): State<App>) -> Answer<Json<Items<AccountRevision>>> {
    let rows = app.run(|app| app.db.read(|tx| app.carriers.revisions(tx, Kind::Mail, 100))).await?;
    Ok(Json(Items::all(rows.into_iter().map(AccountRevision::from).collect())))
}

/// Takes a raw mail of the mailbox for bounces: a bounce or a complaint. It counts once, and only when it came to an address that this workspace
/// has given out.
///
/// 上报退信邮箱收到的原始邮件（退信或投诉）；同一份只计一次，且仅认本系统生成的退信地址。
///
/// Errors: `mail_report_unread`, `mail_report_foreign`, `mail_report_size`.
#[utoipa::path(post, path = "/mail/reports", tag = "Mail and SMS", request_body(content = String, content_type = "message/rfc822"), responses((status = 200, body = MailReported)))]
async fn report(
    may: May<MessagesWrite>,
    State(app): State<App>,
    request: axum::extract::Request,
) -> Answer<Json<MailReported>> {
    whole_brand(&app, &may.caller).await?;
    let raw = whole(request.into_body(), RAW_BYTES_MAX, too_large).await?;
    let heard = app.run(move |app| write(app, move |app, tx| app.carriers.hear_mail(tx, &raw, app.now()))).await?;
    Ok(Json(MailReported { taken: heard.taken, passed: heard.passed, left_alone: heard.left_alone }))
}

const RAW_BYTES_MAX: usize = 10 << 20;
fn too_large() -> Refusal {
    Refusal::new(Class::TooLarge, "mail_report_size", "A raw mail has at most 10 MB.", "原始邮件最大 10 MB。")
}
