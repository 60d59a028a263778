//! The consent ledger of one person, and looking at hidden values on purpose.

use crate::error::Answer;
use crate::extract::PagingParams;
use crate::gate::{PeopleRead, PeopleUnmask, PeopleWrite};
use crate::people_out::{ConsentOut, traits};
use crate::people_reader::{Reader, by, note, read, reason, source, write};
use crate::people_tags::number_after;
use crate::{App, At, Body, Created, Endpoints, Items, May, Paging, endpoints};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use siyu_people::ConsentIn;
use utoipa::ToSchema;

pub fn router() -> Endpoints {
    endpoints!(consents, consent, unmask)
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ConsentNew {
    #[schema(example = "marketing")]
    purpose: String,
    /// sms, email, wecom, wechat, phone or any.
    #[schema(example = "sms")]
    channel: String,
    granted: bool,
    /// The version of the text that was shown.
    text_version: String,
    evidence: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UnmaskIn {
    reason: String,
}

#[derive(Serialize, ToSchema)]
struct UnmaskOut {
    identifiers: Vec<UnmaskedIdentifier>,
    #[schema(value_type = Object)]
    traits: Map<String, Value>,
}

#[derive(Serialize, ToSchema)]
struct UnmaskedIdentifier {
    kind: String,
    value: String,
}

/// Lists what a person agreed to and withdrew, newest first.
///
/// 客户的授权记录，新的在前。
#[utoipa::path(get, path = "/people/{id}/consents", tag = "People", params(("id" = String, Path), PagingParams), responses((status = 200, body = Items<ConsentOut>)))]
async fn consents(
    may: May<PeopleRead>,
    At(id): At<String>,
    page: Paging,
    State(app): State<App>,
) -> Answer<Json<Items<ConsentOut>>> {
    let caller = may.caller;
    let before = number_after(page.after.as_deref())?;
    let answer = app.run(move |app| {
        read(app, |tx| {
            let reader = Reader::new(app, tx, &caller)?;
            let (_, root) = reader.find(app, tx, &id)?;
            let nodes = app.people.nodes(tx, root)?;
            let mut rows = app.people.consents(tx, &nodes)?;
            rows.retain(|row| before.is_none_or(|before| row.id < before));
            let more = rows.len() > page.limit;
            rows.truncate(page.limit);
            let next = rows.last().filter(|_| more).map(|row| row.id.to_string());
            Ok(Items::new(rows.into_iter().map(ConsentOut::from).collect(), next))
        })
    });
    answer.await.map(Json)
}

/// Records that a person agreed to something, or withdrew it.
///
/// 登记客户的授权或撤回。
///
/// Errors: `invalid_consent` with its field.
#[utoipa::path(post, path = "/people/{id}/consents", tag = "People", params(("id" = String, Path)), request_body = ConsentNew, responses((status = 201, body = ConsentOut)))]
async fn consent(
    may: May<PeopleWrite>,
    At(id): At<String>,
    State(app): State<App>,
    Body(input): Body<ConsentNew>,
) -> Answer<Created<ConsentOut>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        write(app, move |app, tx| {
            let reader = Reader::new(app, tx, &caller)?;
            let (_, root) = reader.find(app, tx, &id)?;
            let ConsentNew { purpose, channel, granted, text_version, evidence } = input.clone();
            let evidence = evidence.unwrap_or_default();
            let consent = ConsentIn { purpose, channel, granted, text_version, evidence };
            let made = app.people.record_consent(tx, root, &consent, &source(&caller), &by(&caller), app.now())?;
            let detail = json!({ "purpose": made.purpose, "channel": made.channel, "granted": made.granted });
            note(app, tx, &caller, "person.consent", &app.people.id(root), &detail)?;
            Ok(ConsentOut::from(made))
        })
    });
    answer.await.map(Created)
}

/// Shows the hidden values of a person; who looked and why is recorded.
///
/// 查看客户被隐藏的信息，查看人与原因会被记录。
///
/// Errors: `reason_needed`, `person_unknown`.
#[utoipa::path(post, path = "/people/{id}/unmask", tag = "People", params(("id" = String, Path)), request_body = UnmaskIn, responses((status = 200, body = UnmaskOut)))]
async fn unmask(
    may: May<PeopleUnmask>,
    At(id): At<String>,
    State(app): State<App>,
    Body(input): Body<UnmaskIn>,
) -> Answer<Json<UnmaskOut>> {
    let caller = may.caller;
    let why = reason(&input.reason)?;
    let answer = app.run(move |app| {
        write(app, move |app, tx| {
            let reader = Reader::new(app, tx, &caller)?;
            let (_, root) = reader.find(app, tx, &id)?;
            let profile = app.people.profile(tx, root)?;
            note(
                app,
                tx,
                &caller,
                "person.unmask",
                &app.people.id(root),
                &json!({ "where": "unmask", "reason": why }),
            )?;
            let whole = profile.identifiers.iter();
            let identifiers = whole.map(|row| UnmaskedIdentifier { kind: row.kind.clone(), value: row.value.clone() });
            Ok(UnmaskOut { identifiers: identifiers.collect(), traits: traits(&profile.traits, true) })
        })
    });
    answer.await.map(Json)
}
