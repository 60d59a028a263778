//! People as files: a workbook of a list, and everything about one person.

use crate::error::Answer;
use crate::gate::{PeopleExport, PeopleRead};
use crate::people::PeopleQuery;
use crate::people_export;
use crate::people_out::{order_totals, tags_now};
use crate::people_reader::{Reader, audience, read};
use crate::{App, At, Endpoints, May, Query, endpoints};
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use siyu_access::Locale;
use siyu_audience::{Filter, Sort};
use siyu_db::Tx;
use siyu_files::{Cell, FileError, TableWriter, XlsxWriter};
use siyu_kernel::{Decimal, PersonNum, Refusal};
use siyu_people::{IdentifierRow, Profile};
use std::path::Path;

pub fn router() -> Endpoints {
    endpoints!(excel, one)
}

/// People of one file.
const ROWS_MAX: usize = 100_000;
const CHUNK: usize = 500;
pub(crate) const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const HEADER_ZH: [&str; 11] =
    ["客户 ID", "姓名", "手机号", "邮箱", "其他标识", "标签", "订单数", "累计消费", "累计退款", "最近下单", "首次出现"];
const HEADER_EN: [&str; 11] = [
    "Person id",
    "Name",
    "Phone",
    "Email",
    "Other identifiers",
    "Tags",
    "Orders",
    "Amount",
    "Refunded",
    "Last order",
    "First seen",
];

/// Downloads the people of a list as a workbook of up to 100,000 rows.
///
/// 导出客户列表为 Excel，最多十万行。
///
/// Phone numbers and addresses are hidden for roles without `people.unmask`. Who exported how many is recorded. Errors:
/// `export_too_large`, and those of the list.
#[utoipa::path(get, path = "/people/export.xlsx", tag = "People", params(PeopleQuery), responses((status = 200, description = "The workbook", content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")))]
async fn excel(may: May<PeopleExport>, Query(query): Query<PeopleQuery>, State(app): State<App>) -> Answer<Response> {
    let caller = may.caller;
    let zh = caller.locale == Locale::Zh;
    let (sort, names) = (query.sort()?, query.names());
    let filter = query.filter()?;
    let (bytes, day) = app
        .run(move |app| {
            let folder = app.folder.join("tmp");
            std::fs::create_dir_all(&folder).map_err(Refusal::internal)?;
            let (bytes, rows, shown, day) = read(app, |tx| {
                let reader = Reader::new(app, tx, &caller)?;
                let roots = everybody(app, tx, &reader, &filter, sort)?;
                let day = reader.ctx.zone.local(reader.ctx.now).chars().take(10).collect::<String>();
                Ok((workbook(app, tx, &reader, &roots, zh, &folder)?, roots.len(), reader.full, day))
            })?;
            let detail = json!({ "rows": rows, "filters": names, "masked": !shown });
            app.access.record(app.now(), &caller.actor, "people.export", None, &detail)?;
            Ok((bytes, day))
        })
        .await?;
    let name = if zh { format!("客户-{day}.xlsx") } else { format!("people-{day}.xlsx") };
    Ok(attachment(XLSX, "people.xlsx", &name, Body::from(bytes)))
}

fn everybody(
    app: &App,
    tx: &mut Tx<'_>,
    reader: &Reader,
    filter: &Filter,
    sort: Sort,
) -> Result<Vec<PersonNum>, Refusal> {
    let found = audience(app).all(tx, filter, sort, ROWS_MAX, &reader.scope, &reader.ctx)?;
    found.ok_or_else(|| {
        Refusal::invalid(
            "export_too_large",
            format!("More than {ROWS_MAX} people fit; narrow the filter and export in parts."),
            format!("符合条件的客户超过 {ROWS_MAX} 人，请缩小筛选范围后分批导出。"),
        )
    })
}

fn workbook(
    app: &App,
    tx: &mut Tx<'_>,
    reader: &Reader,
    roots: &[PersonNum],
    zh: bool,
    folder: &Path,
) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::new();
    let (sheet, header) = if zh { ("客户", HEADER_ZH) } else { ("People", HEADER_EN) };
    let mut writer = Box::new(XlsxWriter::new(&mut bytes, sheet, &header, Some(folder)).map_err(unwritten)?);
    for part in roots.chunks(CHUNK) {
        let profiles = app.people.profiles(tx, part)?;
        let totals = reader.totals(tx, part)?;
        for profile in &profiles {
            let orders = order_totals(&totals, profile.root, reader.ctx.currency);
            let major = |minor: i64| Decimal::new(i128::from(minor), reader.ctx.currency.digits()).to_string();
            let (id, name) = (app.people.id(profile.root), profile.name().unwrap_or_default());
            let [phone, email, others] = identifiers(profile, reader.full);
            let tags: Vec<&str> = tags_now(profile, reader.ctx.now).map(|tag| tag.name.as_str()).collect();
            let tags = tags.join("; ");
            let (amount, refunded) = (major(orders.amount), major(orders.refunded));
            let last = orders.last_at.map(|at| reader.ctx.zone.local(at)).unwrap_or_default();
            let first = reader.ctx.zone.local(profile.created_at);
            let cells = [
                Cell::Text(&id),
                Cell::Text(&name),
                Cell::Text(&phone),
                Cell::Text(&email),
                Cell::Text(&others),
                Cell::Text(&tags),
                Cell::Integer(orders.count),
                Cell::Number(&amount),
                Cell::Number(&refunded),
                Cell::Text(&last),
                Cell::Text(&first),
            ];
            writer.write_row(&cells).map_err(unwritten)?;
        }
    }
    writer.finish().map_err(unwritten)?;
    Ok(bytes)
}

/// Phone numbers, addresses, and everything else.
pub(crate) fn identifiers(profile: &Profile, full: bool) -> [String; 3] {
    let shown = |row: &IdentifierRow| if full { row.value.clone() } else { row.masked() };
    let of = |kind: &str| profile.identifiers.iter().filter(|row| row.kind == kind).map(shown).collect::<Vec<_>>();
    let others = profile.identifiers.iter().filter(|row| row.kind != "phone" && row.kind != "email");
    let others: Vec<String> = others.map(|row| format!("{}:{}", row.kind, shown(row))).collect();
    [of("phone").join("; "), of("email").join("; "), others.join("; ")]
}

pub(crate) fn unwritten(error: FileError) -> Refusal {
    Refusal::internal(error)
}

/// Downloads everything known about one person as JSON.
///
/// 导出某位客户的全部数据（JSON）。
///
/// Identifiers, fields, tags with history, consents, orders with lines, merges and all events. Recorded.
#[utoipa::path(get, path = "/people/{id}/export", tag = "People", params(("id" = String, Path)), responses((status = 200, description = "The document", content_type = "application/json")))]
async fn one(
    may: May<PeopleExport>,
    _: May<PeopleRead>,
    At(id): At<String>,
    State(app): State<App>,
) -> Answer<Response> {
    let caller = may.caller;
    let document = app.run(move |app| people_export::begin(app, &caller, &id)).await?;
    let name = format!("{}.json", document.id);
    let body = Body::from_stream(document.stream(app));
    Ok(attachment("application/json", &name, &name, body))
}

/// A download. `plain` is the name for programs that read ASCII names only.
pub(crate) fn attachment(kind: &'static str, plain: &str, name: &str, body: Body) -> Response {
    let encoded: String = name.bytes().map(encoded).collect();
    let disposition = format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}");
    let headers =
        [(CONTENT_TYPE, kind.to_owned()), (CONTENT_DISPOSITION, disposition), (CACHE_CONTROL, "no-store".to_owned())];
    (headers, body).into_response()
}
fn encoded(byte: u8) -> String {
    match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    }
}
