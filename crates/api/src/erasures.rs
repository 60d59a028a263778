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
use siyu_db::Tx;
use siyu_kernel::{Identifier, Kind, PersonNum, Refusal, Time};
use siyu_people::{Certificate, IdentifierRow};
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
    #[serde(flatten)]
    beside: Beside,
}

/// What was found beside the person's own records.
#[derive(Clone, Copy, Serialize, ToSchema)]
struct Beside {
    /// Messages in quarantine that named the person; they are gone.
    quarantined_removed: usize,
    /// Rejected rows of imports that named the person; their cells are emptied.
    rejected_rows_emptied: usize,
    /// Samples in the schema registry that were this person's values.
    samples_removed: usize,
    /// Uploaded files of imports that had ended; they are deleted whole.
    files_deleted: usize,
    /// Uploaded files that wait for their import: delete them if they may name the person.
    files_waiting: usize,
    /// Reasons in the audit about this person; emptied.
    audit_reasons_removed: usize,
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

/// Everything that leads to the person, as it was given.
fn identifiers(app: &App, tx: &mut Tx<'_>, root: PersonNum) -> Result<Vec<Identifier>, Refusal> {
    let profile = app.people.profile(tx, root)?;
    let known = |row: IdentifierRow| Some(Identifier { kind: Kind::parse(&row.kind)?, value: row.value });
    Ok(profile.identifiers.into_iter().filter_map(known).collect())
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

/// Forgets a person for good: identifiers, fields, tags, consents, the content of events, and what quarantine, rejected rows, samples,
/// ended uploads and the audit's reasons hold of them.
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
            let known = identifiers(app, tx, root)?;
            let erased = app.people.erase(tx, root)?;
            let orders = i64::try_from(siyu_commerce::detach(tx, &erased.nodes)?).map_err(Refusal::internal)?;
            let forgotten = app.intake.forget(tx, &known)?;
            app.journeys.forget(tx, &erased.nodes)?;
            app.plays.forget(tx, &erased.nodes)?;
            app.reach.forget(tx, &erased.nodes)?;
            app.direct.forget(tx, &erased.nodes)?;
            app.guides.forget(tx, &erased.nodes)?;
            app.leads.forget(tx, &erased.nodes)?;
            app.contacts.forget(tx, &erased.nodes, app.now())?;
            app.channels.forget(tx, &erased.nodes)?;
            app.carriers.forget(tx, &known)?;
            let ids: Vec<String> = erased.nodes.iter().map(|node| app.people.id(*node)).collect();
            let beside = Beside {
                quarantined_removed: forgotten.quarantined,
                rejected_rows_emptied: forgotten.rejected,
                samples_removed: forgotten.samples,
                files_deleted: forgotten.files.len(),
                files_waiting: forgotten.files_waiting,
                audit_reasons_removed: siyu_access::audit::redact(tx, &ids)?,
            };
            let certificate = app.people.certify(tx, &erased, orders, &by(&caller), &why, app.now())?;
            let out = out(app, certificate);
            let detail = json!({ "certificate": out.id, "identifiers": out.identifiers_removed, "events": out.events_removed, "orders": orders, "beside": beside });
            note(app, tx, &caller, "person.erase", &out.person_id, &detail)?;
            Ok((EraseOut { certificate: out, beside }, forgotten.files))
        })
        .inspect(|(_, files)| files.iter().for_each(|file| crate::imports::drop_upload(app, file)))
        .map(|(out, _)| out)
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
