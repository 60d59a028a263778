//! Exports of audiences: asked for with a reason, approved by somebody else, told of in the audit, marked with who and when.

use crate::audience_file::{self, Column};
use crate::auth::Caller;
use crate::error::Answer;
use crate::extract::PagingParams;
use crate::gate::{ExportsApprove, PeopleExport};
use crate::people_files::{XLSX, attachment};
use crate::people_reader::{Reader, by, note, read, write};
use crate::{App, At, Body, Created, Endpoints, Items, May, Paging, endpoints};
use axum::Json;
use axum::body::Body as Bytes;
use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::json;
use siyu_access::{Locale, Permission, Role, Scope};
use siyu_audience::{Decision, ExportIn, ExportRow};
use siyu_db::{Tx, params};
use siyu_kernel::{Refusal, Time, new_id};
use utoipa::ToSchema;

pub fn router() -> Endpoints {
    endpoints!(ask, list, approve, reject, file)
}

/// People of one file.
const ROWS_MAX: u64 = 100_000;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ExportNew {
    /// 1 to 500 characters, for whoever decides.
    reason: String,
    /// id, name, phone, email, identifiers, tags, orders, amount, refunded, last_order_at, created_at, `trait.NAME`; all but the fields
    /// when absent.
    columns: Option<Vec<String>>,
}

#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ExportDecision {
    reason: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct ExportOut {
    #[schema(example = "exp_…")]
    id: String,
    audience_id: String,
    audience_name: String,
    /// waiting, approved, rejected, or done: fetched at least once.
    #[schema(value_type = crate::words::ExportStateName)]
    state: &'static str,
    reason: String,
    columns: Vec<String>,
    /// As many as were asked for; those erased meanwhile are not in the file.
    people: u64,
    /// Phone numbers and addresses are in the file as they are.
    unmasked: bool,
    asked_by: ExportActor,
    #[schema(value_type = String, format = DateTime)]
    asked_at: Time,
    decided_by: Option<ExportActor>,
    #[schema(value_type = Option<String>, format = DateTime)]
    decided_at: Option<Time>,
    decision: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    done_at: Option<Time>,
    downloads: u64,
    /// The caller may approve or reject it.
    may_decide: bool,
    /// The caller may fetch the file now.
    may_fetch: bool,
}

#[derive(Serialize, ToSchema)]
struct ExportActor {
    id: String,
    name: String,
}

fn shown(row: ExportRow, caller: &Caller, alone: bool, now: Time) -> ExportOut {
    let waits = row.state == siyu_audience::ExportState::Waiting;
    let own = row.asked_by == caller.id();
    let may_decide = waits && deciding(caller) && (!own || alone);
    let fresh = row.decided_at.is_some_and(|at| now <= at.plus_days(siyu_audience::EXPORT_DAYS));
    let ready = matches!(row.state, siyu_audience::ExportState::Approved | siyu_audience::ExportState::Done);
    ExportOut {
        id: row.id,
        audience_id: row.audience_id,
        audience_name: row.audience_name,
        state: row.state.name(),
        reason: row.reason,
        columns: row.columns,
        people: row.people,
        unmasked: row.unmasked,
        asked_by: ExportActor { id: row.asked_by, name: row.asked_name },
        asked_at: row.asked_at,
        decided_by: row.decided_by.map(|id| ExportActor { id, name: row.decided_name.unwrap_or_default() }),
        decided_at: row.decided_at,
        decision: row.decision,
        done_at: row.done_at,
        downloads: row.downloads,
        may_decide,
        may_fetch: own && ready && fresh,
    }
}

/// A program decides about nothing: whoever holds its key may be the one who asked. Nor does somebody limited to some stores: a file may hold
/// people of all of them.
fn deciding(caller: &Caller) -> bool {
    caller.session.is_some() && overseeing(caller)
}
/// Sees what others asked for.
fn overseeing(caller: &Caller) -> bool {
    caller.may(Permission::ExportsApprove) && caller.scope.all
}

/// An owner decides about his own wish where there is nobody else who could.
fn alone(tx: &mut Tx<'_>, caller: &Caller) -> Result<bool, Refusal> {
    if caller.role != Role::Owner || !caller.scope.all {
        return Ok(false);
    }
    let able: Vec<&str> =
        Role::ALL.iter().filter(|role| role.may(Permission::ExportsApprove)).map(|role| role.name()).collect();
    let sql = "SELECT role, scope FROM access_user WHERE state = 'active' AND id <> $1";
    let users = tx.query(sql, params![caller.id()], |row| Ok((row.text(0)?, row.text(1)?)))?;
    let whole = |scope: &str| serde_json::from_str::<Scope>(scope).is_ok_and(|scope| scope.all);
    Ok(!users.iter().any(|(role, scope)| able.contains(&role.as_str()) && whole(scope)))
}

/// Asks for a file of the people an audience has now.
///
/// 申请导出人群包：现在的客户名单，须由他人审批。
///
/// Phone numbers and addresses are hidden unless the role has `people.unmask`. Errors: `audience_unknown`, `reason_needed`,
/// `export_columns`, `export_too_large` beyond 100,000 people.
#[utoipa::path(post, path = "/audiences/{id}/exports", tag = "Audiences", params(("id" = String, Path)), request_body = ExportNew, responses((status = 201, body = ExportOut)))]
async fn ask(
    may: May<PeopleExport>,
    At(id): At<String>,
    State(app): State<App>,
    Body(input): Body<ExportNew>,
) -> Answer<Created<ExportOut>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        let (own, people, columns, unmasked) = read(app, |tx| {
            let reader = Reader::new(app, tx, &caller)?;
            let own = app.audience.stored(tx, &id)?;
            let columns = Column::names(app, input.columns.as_deref())?;
            app.audience.catch_up(tx, &reader.ctx)?;
            let people = app.audience.people_of(tx, &own, None, &reader.scope, &reader.ctx)?;
            Ok((own, people, columns, reader.full))
        })?;
        if people.len() > ROWS_MAX {
            return Err(Refusal::invalid(
                "export_too_large",
                format!("More than {ROWS_MAX} people fit; narrow the filter and export in parts."),
                format!("符合条件的客户超过 {ROWS_MAX} 人，请缩小筛选范围后分批导出。"),
            ));
        }
        let wanted = ExportIn { reason: input.reason, columns, unmasked, by: (caller.id().to_owned(), by(&caller)) };
        let export = new_id("exp", app.now(), &app.chance);
        write(app, move |app, tx| {
            let row = app.audience.ask_export(tx, &export, &own, &people, &wanted, app.now())?;
            let detail =
                json!({ "audience": own.id, "people": row.people, "masked": !row.unmasked, "columns": row.columns });
            note(app, tx, &caller, "export.request", &row.id, &detail)?;
            let alone = alone(tx, &caller)?;
            Ok(shown(row, &caller, alone, app.now()))
        })
    });
    answer.await.map(Created)
}

/// Lists exports, newest first: all of them for those who may approve and see the whole brand, else one's own.
///
/// 导出申请列表：可审批且可见全部门店的人看到全部，其他人只看到自己的。
#[utoipa::path(get, path = "/exports", tag = "Audiences", params(PagingParams), responses((status = 200, body = Items<ExportOut>)))]
async fn list(may: May<PeopleExport>, page: Paging, State(app): State<App>) -> Answer<Json<Items<ExportOut>>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        read(app, |tx| {
            let of = (!overseeing(&caller)).then(|| caller.id());
            let (rows, next) = app.audience.exports(tx, of, page.after.as_deref(), page.limit)?;
            let alone = alone(tx, &caller)?;
            Ok(Items::new(rows.into_iter().map(|row| shown(row, &caller, alone, app.now())).collect(), next))
        })
    });
    answer.await.map(Json)
}

fn decide(app: &App, caller: Caller, id: String, approve: bool, input: ExportDecision) -> Result<ExportOut, Refusal> {
    write(app, move |app, tx| {
        app.audience.find_export(tx, &id)?;
        if caller.session.is_none() {
            let en = "This call is for signed-in users; a key cannot make it.";
            return Err(Refusal::forbidden("session_only", en, "该接口仅供登录用户使用，不能用密钥调用。"));
        }
        if !caller.scope.all {
            let en =
                "Your account is limited to some stores; exports are decided by somebody who sees the whole brand.";
            let zh = "您的账号仅限部分门店，导出须由可查看全部门店的人审批。";
            return Err(Refusal::forbidden("scope_limited", en, zh));
        }
        let alone = alone(tx, &caller)?;
        let decision =
            Decision { by: (caller.id().to_owned(), by(&caller)), approve, reason: input.reason.clone(), alone };
        let row = app.audience.decide_export(tx, &id, &decision, app.now())?;
        let action = if approve { "export.approve" } else { "export.reject" };
        let detail = json!({ "audience": row.audience_id, "people": row.people, "asked_by": row.asked_by });
        note(app, tx, &caller, action, &id, &detail)?;
        Ok(shown(row, &caller, alone, app.now()))
    })
}

/// Approves an export that somebody else asked for.
///
/// 批准他人的导出申请。
///
/// An owner may approve his own while there is no other active owner or operator who sees the whole brand. Errors: `export_unknown`,
/// `export_own`, `export_decided`, `session_only` for programs, `scope_limited` for those limited to some stores.
#[utoipa::path(post, path = "/exports/{id}/approve", tag = "Audiences", params(("id" = String, Path)), request_body = ExportDecision, responses((status = 200, body = ExportOut)))]
async fn approve(
    may: May<ExportsApprove>,
    At(id): At<String>,
    State(app): State<App>,
    Body(input): Body<ExportDecision>,
) -> Answer<Json<ExportOut>> {
    let caller = may.caller;
    app.run(move |app| decide(app, caller, id, true, input)).await.map(Json)
}

/// Rejects an export that somebody else asked for.
///
/// 驳回他人的导出申请。
///
/// Errors: as for approving.
#[utoipa::path(post, path = "/exports/{id}/reject", tag = "Audiences", params(("id" = String, Path)), request_body = ExportDecision, responses((status = 200, body = ExportOut)))]
async fn reject(
    may: May<ExportsApprove>,
    At(id): At<String>,
    State(app): State<App>,
    Body(input): Body<ExportDecision>,
) -> Answer<Json<ExportOut>> {
    let caller = may.caller;
    app.run(move |app| decide(app, caller, id, false, input)).await.map(Json)
}

/// Downloads an approved export, for whoever asked for it, within 7 days.
///
/// 下载已批准的导出文件（仅申请人，审批后 7 天内），带水印。
///
/// Who, when and the export's id stand above the table, at the foot of each printed page and among the document's properties. Each download
/// is recorded. Errors: `export_unknown`, `export_not_yours`, `export_waiting`, `export_rejected`, `export_expired`.
#[utoipa::path(get, path = "/exports/{id}/file", tag = "Audiences", params(("id" = String, Path)), responses((status = 200, description = "The workbook", content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")))]
async fn file(may: May<PeopleExport>, At(id): At<String>, State(app): State<App>) -> Answer<Response> {
    let caller = may.caller;
    let zh = caller.locale == Locale::Zh;
    let (bytes, name) = app
        .run(move |app| {
            let folder = app.folder.join("tmp");
            std::fs::create_dir_all(&folder).map_err(Refusal::internal)?;
            let (bytes, row, rows, full) = read(app, |tx| {
                let reader = Reader::new(app, tx, &caller)?;
                let row = app.audience.find_export(tx, &id)?;
                let people = app.audience.export_people(tx, &row, caller.id(), &reader.scope, &reader.ctx)?;
                let full = row.unmasked && reader.full;
                let mark = mark(&row, &by(&caller), &reader, zh);
                let bytes = audience_file::workbook(app, tx, &reader, &row, &people, full, (&mark, zh), &folder)?;
                Ok((bytes, row, people.len(), full))
            })?;
            let name = format!("{}.xlsx", row.id);
            write(app, move |app, tx| {
                app.audience.exported(tx, &row.id, app.now())?;
                let detail = json!({ "audience": row.audience_id, "rows": rows, "masked": !full });
                note(app, tx, &caller, "export.download", &row.id, &detail)
            })?;
            Ok((bytes, name))
        })
        .await?;
    Ok(attachment(XLSX, &name, &name, Bytes::from(bytes)))
}

/// Who, when, which.
fn mark(row: &ExportRow, name: &str, reader: &Reader, zh: bool) -> String {
    let at = reader.ctx.zone.local(reader.ctx.now);
    let (id, who) = (&row.id, &row.asked_by);
    if zh {
        format!("导出 {id} · {name}（{who}）· {at} · 含个人信息，请勿外传")
    } else {
        format!("Export {id} · {name} ({who}) · {at} · personal data, do not pass on")
    }
}
