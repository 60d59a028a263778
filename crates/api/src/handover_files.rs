//! A hand-over as a workbook.

use crate::error::Answer;
use crate::gate::PeopleExport;
use crate::handovers::{find, label, may_name};
use crate::people_files::{XLSX, attachment, unwritten};
use crate::people_reader::{Reader, read};
use crate::{App, At, Endpoints, May, endpoints};
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use serde_json::json;
use siyu_access::Locale;
use siyu_contacts::{HandoverItem, HandoverJob, ItemQuery};
use siyu_db::Tx;
use siyu_files::{Cell, TableWriter, XlsxWriter};
use siyu_kernel::{Refusal, Time};

pub fn router() -> Endpoints {
    endpoints!(file)
}

const CHUNK: i64 = 1000;
const HEADER_ZH: [&str; 9] =
    ["客户/群 ID", "客户编号", "名称", "交出人", "接手人", "状态", "原因", "发出时间", "结束时间"];
const HEADER_EN: [&str; 9] =
    ["Customer or group id", "Person id", "Name", "From", "To", "State", "Why not", "Sent", "Settled"];
const STATES: [(&str, &str, &str); 8] = [
    ("planned", "待发出", "Planned"),
    ("sending", "发出中", "Being sent"),
    ("sent", "已受理", "Taken by WeCom"),
    ("waiting", "等待客户（24 小时）", "Waiting for the customer"),
    ("done", "已完成", "Done"),
    ("refused", "未成功", "Refused"),
    ("skipped", "不可交接", "Cannot be handed over"),
    ("cancelled", "已取消", "Cancelled"),
];

/// Downloads a hand-over as a workbook: every customer or group with what became of it.
///
/// 导出交接明细为 Excel。
///
/// Who exported what is recorded. Errors: `handover_unknown`.
#[utoipa::path(get, path = "/handovers/{id}/export.xlsx", tag = "Staff", params(("id" = String, Path)), responses((status = 200, description = "The workbook", content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")))]
async fn file(may: May<PeopleExport>, At(id): At<String>, State(app): State<App>) -> Answer<Response> {
    let caller = may.caller;
    let zh = caller.locale == Locale::Zh;
    let (bytes, id) = app
        .run(move |app| {
            let folder = app.folder.join("tmp");
            std::fs::create_dir_all(&folder).map_err(Refusal::internal)?;
            let (bytes, job) = read(app, |tx| {
                let reader = Reader::new(app, tx, &caller)?;
                let job = find(app, tx, &reader, &id)?;
                Ok((workbook(app, tx, &reader, &job, zh, &folder)?, job))
            })?;
            let detail = json!({ "rows": job.counts.total() });
            app.access.record(app.now(), &caller.actor, "handover.export", Some(&job.id), &detail)?;
            Ok((bytes, job.id))
        })
        .await?;
    let name = if zh { format!("交接-{id}.xlsx") } else { format!("handover-{id}.xlsx") };
    Ok(attachment(XLSX, "handover.xlsx", &name, Body::from(bytes)))
}

fn workbook(
    app: &App,
    tx: &mut Tx<'_>,
    reader: &Reader,
    job: &HandoverJob,
    zh: bool,
    folder: &std::path::Path,
) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::new();
    let (sheet, header) = if zh { ("交接", HEADER_ZH) } else { ("Hand-over", HEADER_EN) };
    let mut writer = Box::new(XlsxWriter::new(&mut bytes, sheet, &header, Some(folder)).map_err(unwritten)?);
    let mut query = ItemQuery { limit: CHUNK, ..ItemQuery::default() };
    loop {
        let rows = app.contacts.handover_items(tx, job.num, &query)?;
        let Some(last) = rows.last().map(|row| row.id) else { break };
        query.after = last;
        for row in &rows {
            let open = may_name(app, tx, reader, row)?;
            write_row(app, &mut *writer, reader, row, open, zh)?;
        }
    }
    writer.finish().map_err(unwritten)?;
    Ok(bytes)
}

fn write_row(
    app: &App,
    writer: &mut impl TableWriter,
    reader: &Reader,
    row: &HandoverItem,
    open: bool,
    zh: bool,
) -> Result<(), Refusal> {
    let local = |at: Option<Time>| at.map(|at| reader.ctx.zone.local(at)).unwrap_or_default();
    let named = |id: &str, name: &str| if name.is_empty() { id.to_owned() } else { format!("{name} ({id})") };
    let person = row.num.filter(|_| open).map(|num| app.people.id(num)).unwrap_or_default();
    let (from, to) = (named(&row.from, &row.from_name), named(&row.to, &row.to_name));
    let state = STATES.iter().find(|(name, ..)| *name == row.state);
    let state = state.map_or(row.state.as_str(), |(_, zh_text, en)| if zh { zh_text } else { en });
    let why = row.code.as_deref().map(|code| label(code, row.wecom, zh)).unwrap_or_default();
    let (sent, settled) = (local(row.sent_at), local(row.settled_at));
    let cells = [
        Cell::Text(&row.target),
        Cell::Text(&person),
        Cell::Text(if open { &row.name } else { "" }),
        Cell::Text(&from),
        Cell::Text(&to),
        Cell::Text(state),
        Cell::Text(&why),
        Cell::Text(&sent),
        Cell::Text(&settled),
    ];
    writer.write_row(&cells).map_err(unwritten)
}
