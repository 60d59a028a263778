//! Test sends: a content as a customer would read it, to members of staff as messages of the app.

use crate::error::Answer;
use crate::gate::MessagesWrite;
use crate::part::{message_part, within};
use crate::people_reader::{Reader, note, write};
use crate::welcome_shapes::MessageContent;
use crate::{App, Body, Endpoints, May, endpoints};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use siyu_kernel::Refusal;
use siyu_reach::content::Content;
use siyu_reach::{MaterialShowIn, RehearsalIn, Rehearsed, RehearsedPart};
use utoipa::ToSchema;

pub fn router() -> Endpoints {
    endpoints!(rehearse)
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RehearsalNew {
    /// What it is called, in the first line.
    #[serde(default)]
    name: String,
    #[serde(default)]
    content: MessageContent,
    /// A material's id, instead of `content`: its newest version, approved or not …
    #[serde(default)]
    material: Option<String>,
    /// … or this one.
    #[serde(default)]
    version: Option<i64>,
    /// A person's id: as they would read it. Absent: somebody nobody knows.
    #[serde(default)]
    person: Option<String>,
    /// The userid of who would send it; absent: whom the person has added last.
    #[serde(default)]
    staff: Option<String>,
    /// Userids of 1 to 5 members of staff who get it.
    receivers: Vec<String>,
}

#[derive(Serialize, ToSchema)]
struct RehearsalPart {
    /// `text`, `image`, `link`, `miniprogram`, `video` or `file`.
    kind: &'static str,
    /// `sent`; `told` in words, as an app's message cannot show it; `left_out`; `failed`; `unknown`: WeCom's answer was lost.
    state: &'static str,
    /// `app_cannot_show`, `files_not_ready`, or what WeCom said.
    reason: Option<String>,
}
impl From<RehearsedPart> for RehearsalPart {
    fn from(own: RehearsedPart) -> Self {
        Self { kind: own.kind, state: own.state, reason: Some(own.reason).filter(|own| !own.is_empty()) }
    }
}

#[derive(Serialize, ToSchema)]
struct RehearsalOut {
    parts: Vec<RehearsalPart>,
    /// Members whom WeCom left out: it does not know them, or they may not use the app.
    unreached: Vec<String>,
}
impl From<Rehearsed> for RehearsalOut {
    fn from(own: Rehearsed) -> Self {
        Self { parts: own.parts.into_iter().map(RehearsalPart::from).collect(), unreached: own.unreached }
    }
}

/// Sends a content to members of staff, to look at it in WeCom as a customer would. It goes to no customer and through no gate.
///
/// 测试发送：把内容按指定客户渲染后，以应用消息发给指定员工查看，不会发给任何客户。
///
/// Errors: `rehearsal_receivers`, `rehearsal_limit`, `material_or_content`, `material_unknown`, `material_version_unknown`, `person_unknown`, `message_part` (a member whom the caller does not look after), those of
/// contents and of a connection.
#[utoipa::path(post, path = "/wecom/messages/test", tag = "Reach", request_body = RehearsalNew, responses((status = 200, body = RehearsalOut)))]
async fn rehearse(
    may: May<MessagesWrite>,
    State(app): State<App>,
    Body(input): Body<RehearsalNew>,
) -> Answer<Json<RehearsalOut>> {
    let caller = may.caller;
    let done = app.run(move |app| {
        let prepared = write(app, move |app, tx| {
            let own = Content::from(input.content.clone());
            let content = match input.material.as_deref().filter(|id| !id.is_empty()) {
                Some(_) if own != Content::default() => {
                    let (en, zh) = ("Give either a content or a material.", "content 与 material 只能填写其中一项。");
                    return Err(Refusal::invalid("material_or_content", en, zh).field("material"));
                }
                Some(id) => {
                    let newest = app.reach.material(tx, id)?.version;
                    app.reach.material_version(tx, id, input.version.unwrap_or(newest))?.content
                }
                None => own,
            };
            let reader = Reader::new(app, tx, &caller)?;
            let person = input.person.as_deref().filter(|id| !id.is_empty());
            let person = person.map(|id| reader.find(app, tx, id)).transpose()?.map(|(_, root)| root);
            let staff = input.staff.clone().unwrap_or_default();
            if let Some(only) = reader.staff(tx)? {
                let mut asked = input.receivers.iter().chain((!staff.is_empty()).then_some(&staff));
                if !asked.all(|userid| within(Some(&only), userid.trim())) {
                    return Err(message_part());
                }
            }
            let customer = person.map(|root| app.people.profile(tx, root)).transpose()?;
            let rehearsal = RehearsalIn {
                content,
                show: MaterialShowIn { person, staff, channel: String::new() },
                receivers: input.receivers.clone(),
                name: input.name.chars().take(60).collect(),
                customer: customer.and_then(|own| own.name()).unwrap_or_default(),
                maker: caller.id().to_owned(),
            };
            let prepared = app.reach.rehearse(tx, &rehearsal, app.now())?;
            let detail = json!({ "receivers": input.receivers, "material": input.material, "person": input.person });
            note(app, tx, &caller, "message.test", "", &detail)?;
            Ok(prepared)
        })?;
        app.reach.send_rehearsal(prepared)
    });
    Ok(Json(done.await?.into()))
}
