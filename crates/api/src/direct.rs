//! Mail and SMS: what they are made with, and how somebody sees what one would look like.

use crate::auth::Caller;
use crate::error::Answer;
use crate::gate::MessagesWrite;
use crate::people_reader::{Reader, note, read};
use crate::reach::Shop;
use crate::{App, Body, Endpoints, May, NoContent, endpoints};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use siyu_carriers::{Accounts, Heard};
use siyu_db::{Db, Tx};
use siyu_direct::{Carriers, Content, Direct, MailContent, Parts, Reported, Shown, SmsContent};
use siyu_gate::{Channel, Class};
use siyu_kernel::{Clock, Refusal, Time, Vault};
use siyu_log::Log;
use siyu_people::People;
use siyu_reach::Reach;
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;

/// The accounts hear of what was sent by whoever sends.
struct Told(Direct);

impl Heard for Told {
    fn reported(
        &self,
        tx: &mut Tx<'_>,
        channel: Channel,
        id: &str,
        address: Option<&str>,
        what: &Reported,
        at: Time,
    ) -> Result<bool, Refusal> {
        self.0.reported(tx, channel, id, address, what, at)
    }
    fn reported_as(
        &self,
        tx: &mut Tx<'_>,
        taken_as: &str,
        phone: &str,
        what: &Reported,
        at: Time,
    ) -> Result<bool, Refusal> {
        self.0.reported_as(tx, taken_as, phone, what, at)
    }
    fn went_to(&self, tx: &mut Tx<'_>, channel: Channel, id: &str) -> Result<Option<String>, Refusal> {
        self.0.went_to(tx, channel, id)
    }
    fn uses(&self, tx: &mut Tx<'_>, template: &str) -> Result<i64, Refusal> {
        self.0.uses(tx, template)
    }
}

/// Messages by mail and SMS through these accounts, which hear of them.
pub fn direct_through(
    db: &Db,
    vault: &Vault,
    log: &Log,
    people: &People,
    reach: &Reach,
    clock: &Arc<dyn Clock>,
    accounts: &Accounts,
) -> Direct {
    let own = direct(db, vault, log, people, reach, clock, Arc::new(accounts.clone()));
    accounts.set_heard(Arc::new(Told(own.clone())));
    own
}

/// Messages by mail and SMS, through the gate of `reach`.
pub fn direct(
    db: &Db,
    vault: &Vault,
    log: &Log,
    people: &People,
    reach: &Reach,
    clock: &Arc<dyn Clock>,
    carriers: Arc<dyn Carriers>,
) -> Direct {
    Direct::new(Parts {
        db: db.clone(),
        vault: vault.clone(),
        log: log.clone(),
        people: people.clone(),
        gate: reach.gate().clone(),
        clock: Arc::clone(clock),
        beside: Arc::new(Shop),
        ends: Arc::new(siyu_plays::Echo),
        carriers,
    })
}

pub fn router() -> Endpoints {
    endpoints!(preview_mail, preview_sms, try_mail, try_sms)
}

/// What a mail says. Subject, text and HTML may hold `customer.name`, `brand.name` and `greeting`, with fallbacks; in HTML what stands for them is escaped.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MailSaid {
    subject: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    html: String,
}
/// What an SMS says: a template that the provider has approved, and what its places are filled with. Each may hold variables, with a fallback.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SmsSaid {
    template: String,
    #[serde(default)]
    params: BTreeMap<String, String>,
}
impl From<MailSaid> for Content {
    fn from(own: MailSaid) -> Self {
        let MailSaid { subject, text, html } = own;
        Self::Mail(MailContent { subject, text, html })
    }
}
impl From<MailContent> for MailSaid {
    fn from(own: MailContent) -> Self {
        let MailContent { subject, text, html } = own;
        Self { subject, text, html }
    }
}
impl From<SmsContent> for SmsSaid {
    fn from(own: SmsContent) -> Self {
        Self { template: own.template, params: own.params }
    }
}
impl From<SmsSaid> for Content {
    fn from(own: SmsSaid) -> Self {
        Self::Sms(SmsContent { template: own.template, params: own.params })
    }
}

/// What goes out with nobody of staff in between; `None` is through staff. Errors: `direct_channel`.
pub(crate) fn said(
    channel: Option<&str>,
    mail: Option<&MailSaid>,
    sms: Option<&SmsSaid>,
) -> Result<Option<Content>, Refusal> {
    match (channel.filter(|name| !name.is_empty()).unwrap_or("wecom"), mail, sms) {
        ("wecom", None, None) => Ok(None),
        ("email", Some(mail), None) => Ok(Some(mail.clone().into())),
        ("sms", None, Some(sms)) => Ok(Some(sms.clone().into())),
        _ => Err(Refusal::invalid(
            "direct_channel",
            "The channel is wecom (with a content), email (with a mail) or sms (with an SMS), and nothing of another one is given.",
            "渠道须为 wecom（填写 content）、email（填写 mail）或 sms（填写 sms），且不能混填。",
        )
        .field("channel")),
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MailPreviewIn {
    mail: MailSaid,
    /// Whom it is shown for; without one, samples stand for variables.
    person: Option<String>,
    #[serde(default)]
    service: bool,
}
#[derive(Serialize, ToSchema)]
struct MailPreview {
    subject: String,
    text: String,
    html: String,
}
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SmsPreviewIn {
    sms: SmsSaid,
    /// Whom it is shown for; without one, samples stand for variables.
    person: Option<String>,
    #[serde(default)]
    service: bool,
}
#[derive(Serialize, ToSchema)]
struct SmsPreview {
    /// With its signature, as its reader sees it.
    text: String,
    /// What it would be billed as.
    parts: usize,
}

fn class(service: bool) -> Class {
    if service { Class::Service } else { Class::Marketing }
}

fn shown(app: &App, caller: &Caller, content: &Content, service: bool, person: Option<&str>) -> Result<Shown, Refusal> {
    read(app, |tx| {
        let num = match person.filter(|id| !id.is_empty()) {
            None => None,
            Some(id) => Some(Reader::new(app, tx, caller)?.find(app, tx, id)?.1),
        };
        app.direct.preview(tx, content, class(service), num)
    })
}

/// Shows a mail as a person would get it. Nothing is kept or sent.
///
/// 邮件预览：按所选客户填充变量，不会发送。
///
/// Errors: `direct_content`, `direct_variable`, `content_template`, `content_variable`, `person_unknown`.
#[utoipa::path(post, path = "/mail/preview", tag = "Reach", request_body = MailPreviewIn, responses((status = 200, body = MailPreview)))]
async fn preview_mail(
    may: May<MessagesWrite>,
    State(app): State<App>,
    Body(input): Body<MailPreviewIn>,
) -> Answer<Json<MailPreview>> {
    let caller = may.caller;
    let own = app.run(move |app| {
        let content = input.mail.into();
        match shown(app, &caller, &content, input.service, input.person.as_deref())? {
            Shown::Mail(own) => Ok(MailPreview { subject: own.subject, text: own.text, html: own.html }),
            Shown::Sms(_) => Err(Refusal::internal("a mail is no SMS")),
        }
    });
    own.await.map(Json)
}

/// Shows an SMS as a person would get it, and what it would be billed as. Nothing is kept or sent.
///
/// 短信预览：全文与计费条数，不会发送。
///
/// Errors: `direct_content`, `direct_variable`, `content_template`, `content_variable`, `sms_template_unknown`, `person_unknown`.
#[utoipa::path(post, path = "/sms/preview", tag = "Reach", request_body = SmsPreviewIn, responses((status = 200, body = SmsPreview)))]
async fn preview_sms(
    may: May<MessagesWrite>,
    State(app): State<App>,
    Body(input): Body<SmsPreviewIn>,
) -> Answer<Json<SmsPreview>> {
    let caller = may.caller;
    let own = app.run(move |app| {
        let content = input.sms.into();
        match shown(app, &caller, &content, input.service, input.person.as_deref())? {
            Shown::Sms(own) => Ok(SmsPreview { text: own.text, parts: own.parts }),
            Shown::Mail(_) => Err(Refusal::internal("an SMS is no mail")),
        }
    });
    own.await.map(Json)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MailTestIn {
    mail: MailSaid,
    /// The address it goes to.
    to: String,
    #[serde(default)]
    service: bool,
}
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SmsTestIn {
    sms: SmsSaid,
    /// The number it goes to.
    to: String,
    #[serde(default)]
    service: bool,
}

/// So many in a quarter of an hour: it is for looking at what arrives.
const TESTS_MAX: i64 = 10;

/// Counted and audited before it goes out: an end in between leaves a trace.
fn try_out(app: &App, caller: &Caller, content: &Content, service: bool, to: &str) -> Result<(), Refusal> {
    let (own, who, now) = (app.clone(), caller.clone(), app.now());
    let channel = content.channel();
    let masked = match channel {
        Channel::Email => siyu_mail::Address::parse(to).map(|own| own.masked()).unwrap_or_default(),
        _ => siyu_sms::Phone::parse(to).map(|own| own.masked()).unwrap_or_default(),
    };
    app.db.transact(move |tx| {
        let counted = siyu_access::count_attempt(tx, &format!("test-send:{}", who.id()), TESTS_MAX, now)?;
        if counted.is_ok() {
            let action = if channel == Channel::Email { "mail.test_send" } else { "sms.test_send" };
            note(&own, tx, &who, action, channel.name(), &json!({ "to": masked }))?;
        }
        Ok(counted)
    })??;
    app.direct.try_out(content, class(service), to).map(drop)
}

/// Sends a mail to one address, with samples for variables, to see what arrives.
///
/// 发送测试邮件到指定地址（每 15 分钟最多 10 次，记入审计）。
///
/// Errors: `direct_content` (`to`: no address), `direct_account`, `too_many_attempts`, those of saving it, and those of the mail server.
#[utoipa::path(post, path = "/mail/test-send", tag = "Reach", request_body = MailTestIn, responses((status = 204)))]
async fn try_mail(may: May<MessagesWrite>, State(app): State<App>, Body(input): Body<MailTestIn>) -> Answer<NoContent> {
    let caller = may.caller;
    app.run(move |app| try_out(app, &caller, &input.mail.into(), input.service, &input.to)).await?;
    Ok(NoContent)
}

/// Sends an SMS to one number, with samples for variables, to see what arrives. It is billed.
///
/// 发送测试短信到指定号码（会计费；每 15 分钟最多 10 次，记入审计）。
///
/// Errors: `direct_content` (`to`: no number), `direct_account`, `too_many_attempts`, `sms_template_unknown`, those of saving it, and those of the provider.
#[utoipa::path(post, path = "/sms/test-send", tag = "Reach", request_body = SmsTestIn, responses((status = 204)))]
async fn try_sms(may: May<MessagesWrite>, State(app): State<App>, Body(input): Body<SmsTestIn>) -> Answer<NoContent> {
    let caller = may.caller;
    app.run(move |app| try_out(app, &caller, &input.sms.into(), input.service, &input.to)).await?;
    Ok(NoContent)
}
