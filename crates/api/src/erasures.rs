//! Forgetting a person, and the certificates of it.

use crate::error::Answer;
use crate::extract::PagingParams;
use crate::gate::{AuditRead, PeopleErase};
use crate::people_reader::{Reader, by, note, reason, write};
use crate::{App, At, Body, Endpoints, Items, May, Paging, endpoints};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use siyu_kernel::{Refusal, Time};
use siyu_people::Certificate;
use utoipa::ToSchema;

pub fn router() -> Endpoints {
    endpoints!(erase, list)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EraseIn {
    /// Kept with the certificate: write nothing personal in it.
    reason: String,
    /// The id of the person once more.
    confirm: String,
}

#[derive(Serialize, ToSchema)]
struct EraseOut {
    certificate: CertificateOut,
}

/// Proof of an erasure; it names nobody.
#[derive(Serialize, ToSchema)]
struct CertificateOut {
    id: String,
    #[schema(value_type = String, format = DateTime)]
    at: Time,
    person_id: String,
    reason: String,
    identifiers_removed: i64,
    events_removed: i64,
    /// Orders keep money and goods and belong to nobody.
    orders_detached: i64,
    by: String,
    /// Binds these values to the key of the workspace.
    digest: String,
}

fn out(app: &App, certificate: Certificate) -> CertificateOut {
    let Certificate { id, person, at, by, reason, identifiers, events, orders, digest } = certificate;
    CertificateOut {
        id,
        at,
        person_id: app.people.id(person),
        reason,
        identifiers_removed: identifiers,
        events_removed: events,
        orders_detached: orders,
        by,
        digest,
    }
}

/// Forgets a person for good: identifiers, fields, tags, consents and the content of events.
///
/// 彻底删除客户的个人数据，不可恢复。
///
/// Orders stay in the books without a person. Errors: `confirm_mismatch`, `reason_needed`, `person_unknown`, `person_erased`.
#[utoipa::path(post, path = "/people/{id}/erase", tag = "People", params(("id" = String, Path)), request_body = EraseIn, responses((status = 200, body = EraseOut)))]
async fn erase(
    may: May<PeopleErase>,
    At(id): At<String>,
    State(app): State<App>,
    Body(input): Body<EraseIn>,
) -> Answer<Json<EraseOut>> {
    let caller = may.caller;
    let why = reason(&input.reason)?;
    if input.confirm != id {
        let refusal = Refusal::invalid(
            "confirm_mismatch",
            "`confirm` must be the id of this very person: an erasure cannot be undone.",
            "confirm 必须与客户 ID 一致：删除后无法恢复。",
        );
        return Err(refusal.field("confirm").into());
    }
    let answer = app.run(move |app| {
        write(app, move |app, tx| {
            let reader = Reader::new(app, tx, &caller)?;
            let (_, root) = reader.find(app, tx, &id)?;
            let erased = app.people.erase(tx, root)?;
            let orders = i64::try_from(siyu_commerce::detach(tx, &erased.nodes)?).map_err(Refusal::internal)?;
            let certificate = app.people.certify(tx, &erased, orders, &by(&caller), &why, app.now())?;
            let out = out(app, certificate);
            let detail = json!({ "certificate": out.id, "identifiers": out.identifiers_removed, "events": out.events_removed, "orders": orders });
            note(app, tx, &caller, "person.erase", &out.person_id, &detail)?;
            Ok(EraseOut { certificate: out })
        })
    });
    answer.await.map(Json)
}

/// Lists the certificates of erasures, newest first.
///
/// 数据删除证明，新的在前。
#[utoipa::path(get, path = "/erasures", tag = "People", params(PagingParams), responses((status = 200, body = Items<CertificateOut>)))]
async fn list(_: May<AuditRead>, page: Paging, State(app): State<App>) -> Answer<Json<Items<CertificateOut>>> {
    let answer = app.run(move |app| {
        let after = page.after.as_deref();
        let mut rows = app.db.read(|tx| Ok(app.people.certificates(tx, after, page.limit as i64 + 1)?))?;
        let more = rows.len() > page.limit;
        rows.truncate(page.limit);
        let next = rows.last().filter(|_| more).map(|row| row.id.clone());
        Ok(Items::new(rows.into_iter().map(|row| out(app, row)).collect(), next))
    });
    answer.await.map(Json)
}
