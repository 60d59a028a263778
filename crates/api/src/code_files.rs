//! Live codes of staff and of groups as workbooks.

use crate::error::Answer;
use crate::gate::PeopleRead;
use crate::people_files::{XLSX, attachment, unwritten};
use crate::people_reader::{Reader, note, read, write};
use crate::{App, Endpoints, May, Query, endpoints};
use axum::body::Body as Bytes;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;
use siyu_access::Locale;
use siyu_channels::{CodeQuery, CodeRow, GroupCodeQuery, GroupCodeRow};
use siyu_files::{Cell, TableWriter, XlsxWriter};
use siyu_kernel::{Refusal, Time, Zone};
use std::collections::BTreeSet;
use std::path::Path;
use utoipa::IntoParams;

pub fn router() -> Endpoints {
    endpoints!(codes, group_codes)
}

const PAGE: i64 = 200;
const ROWS_MAX: usize = 10_000;
const CODES_ZH: [&str; 14] = [
    "活码编号",
    "名称",
    "渠道编码",
    "渠道名称",
    "状态",
    "当前接待",
    "接待原因",
    "成员",
    "备用员工",
    "今日新增",
    "累计新增",
    "页面访问",
    "创建人",
    "创建时间",
];
const CODES_EN: [&str; 14] = [
    "Code",
    "Name",
    "Channel code",
    "Channel",
    "State",
    "Serving now",
    "Why",
    "Members",
    "Backup",
    "Adds today",
    "Adds",
    "Page visits",
    "Made by",
    "Made",
];
const GROUPS_ZH: [&str; 12] = [
    "群活码编号",
    "名称",
    "渠道编码",
    "渠道名称",
    "状态",
    "变体",
    "群数",
    "满员人数",
    "当前成员",
    "页面访问",
    "创建人",
    "创建时间",
];
const GROUPS_EN: [&str; 12] = [
    "Code",
    "Name",
    "Channel code",
    "Channel",
    "State",
    "Variants",
    "Groups",
    "Full at",
    "Members now",
    "Page visits",
    "Made by",
    "Made",
];

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct CodeFileParams {
    /// A channel's id.
    channel: Option<String>,
    /// Part of the name of the code or its channel.
    q: Option<String>,
    /// Those that are archived, too.
    archived: Option<bool>,
}

fn pick(zh: bool, zh_text: &'static str, en: &'static str) -> &'static str {
    if zh { zh_text } else { en }
}
fn state(archived: Option<Time>, troubled: bool, zh: bool) -> &'static str {
    match (archived, troubled) {
        (Some(_), _) => pick(zh, "已归档", "Archived"),
        (None, true) => pick(zh, "异常", "Troubled"),
        (None, false) => pick(zh, "正常", "Good"),
    }
}
fn why(code: &str, zh: bool) -> &str {
    let known = [
        ("duty", "按班次在岗", "On duty"),
        ("capped", "有员工已达上限，其余接待", "Some have had as many as they take"),
        ("share", "按权重轮换", "By weight"),
        ("backup", "备用员工接待", "Backup members"),
        ("overflow", "全部达上限且无备用，超额接待", "Everybody is at their cap and no backup can serve"),
        ("off_duty", "无人在岗且无备用，班外接待", "Nobody is on duty and no backup can serve"),
        ("nobody", "没有可接待的员工", "Nobody can serve"),
    ];
    known.into_iter().find(|(own, ..)| *own == code).map_or(code, |(_, zh_text, en)| pick(zh, zh_text, en))
}

/// A file of one sheet: its bytes, with who made it in the audit.
fn file(
    app: &App,
    caller: &crate::auth::Caller,
    action: &'static str,
    sheet: &str,
    header: &[&str],
    rows: usize,
    fill: impl FnOnce(&mut XlsxWriter<&mut Vec<u8>>) -> Result<(), Refusal>,
) -> Result<Vec<u8>, Refusal> {
    let folder: &Path = &app.folder.join("tmp");
    std::fs::create_dir_all(folder).map_err(Refusal::internal)?;
    let mut bytes = Vec::new();
    let mut writer = Box::new(XlsxWriter::new(&mut bytes, sheet, header, Some(folder)).map_err(unwritten)?);
    fill(&mut writer)?;
    writer.finish().map_err(unwritten)?;
    let caller = caller.clone();
    write(app, move |app, tx| note(app, tx, &caller, action, "codes", &json!({ "rows": rows })))?;
    Ok(bytes)
}

/// Downloads live codes of staff as a workbook of up to 10,000 rows.
///
/// 导出渠道活码列表为 Excel，最多 10000 行。
///
/// Who exported is recorded.
#[utoipa::path(get, path = "/live-codes/export.xlsx", tag = "Channels", params(CodeFileParams), responses((status = 200, description = "The workbook", content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")))]
async fn codes(may: May<PeopleRead>, Query(q): Query<CodeFileParams>, State(app): State<App>) -> Answer<Response> {
    let caller = may.caller;
    let zh = caller.locale == Locale::Zh;
    let bytes = app
        .run(move |app| {
            let asked = CodeQuery {
                channel: q.channel,
                text: q.q,
                archived: q.archived.unwrap_or(false),
                limit: PAGE,
                ..CodeQuery::default()
            };
            let (zone, rows) = read(app, |tx| {
                let reader = Reader::new(app, tx, &caller)?;
                let mut query = asked.clone();
                let mut all: Vec<CodeRow> = Vec::new();
                loop {
                    let page = app.channels.codes(tx, &query)?;
                    let more = page.len() as i64 == PAGE && all.len() + page.len() < ROWS_MAX;
                    query.after = page.last().map(|own| own.id.clone());
                    all.extend(page);
                    if !more {
                        return Ok((reader.ctx.zone, all));
                    }
                }
            })?;
            let (sheet, header) = if zh { ("渠道活码", CODES_ZH) } else { ("Live codes", CODES_EN) };
            file(app, &caller, "code.export", sheet, &header, rows.len(), |writer| {
                rows.iter().try_for_each(|row| code_line(writer, row, &zone, zh))
            })
        })
        .await?;
    Ok(attachment(XLSX, "live-codes.xlsx", pick(zh, "渠道活码.xlsx", "live-codes.xlsx"), Bytes::from(bytes)))
}

fn code_line(writer: &mut impl TableWriter, row: &CodeRow, zone: &Zone, zh: bool) -> Result<(), Refusal> {
    let name = |userid: &str, name: &str| if name.is_empty() { userid.to_owned() } else { name.to_owned() };
    let members: BTreeSet<(String, String)> =
        row.pools.values().flatten().map(|seat| (seat.userid.clone(), name(&seat.userid, &seat.name))).collect();
    let backup: Vec<String> = row.backup.iter().map(|own| name(&own.userid, &own.name)).collect();
    let general = row.ways.iter().find(|way| way.pool == "general");
    let called = |userid: &String| {
        members.iter().find(|(own, _)| own == userid).map_or(userid.clone(), |(_, name)| name.clone())
    };
    let now: Vec<String> = general.map(|way| way.users.iter().map(called).collect()).unwrap_or_default();
    let all: Vec<String> = members.iter().map(|(_, name)| name.clone()).collect();
    let joint = pick(zh, "、", ", ");
    let (now, all, backup, made) = (now.join(joint), all.join(joint), backup.join(joint), zone.local(row.created_at));
    let cells = [
        Cell::Text(&row.id),
        Cell::Text(&row.name),
        Cell::Text(&row.channel_code),
        Cell::Text(&row.channel_name),
        Cell::Text(state(row.archived_at, row.troubled(), zh)),
        Cell::Text(&now),
        Cell::Text(general.map_or("", |way| why(&way.why, zh))),
        Cell::Text(&all),
        Cell::Text(&backup),
        Cell::Integer(row.adds_today),
        Cell::Integer(row.adds),
        Cell::Integer(row.visits),
        Cell::Text(&row.created_by),
        Cell::Text(&made),
    ];
    writer.write_row(&cells).map_err(unwritten)
}

/// Downloads live codes of groups as a workbook of up to 10,000 rows.
///
/// 导出群活码列表为 Excel，最多 10000 行。
///
/// Who exported is recorded.
#[utoipa::path(get, path = "/group-codes/export.xlsx", tag = "Channels", params(CodeFileParams), responses((status = 200, description = "The workbook", content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")))]
async fn group_codes(
    may: May<PeopleRead>,
    Query(q): Query<CodeFileParams>,
    State(app): State<App>,
) -> Answer<Response> {
    let caller = may.caller;
    let zh = caller.locale == Locale::Zh;
    let bytes = app
        .run(move |app| {
            let asked = GroupCodeQuery {
                channel: q.channel,
                text: q.q,
                archived: q.archived.unwrap_or(false),
                limit: PAGE,
                ..GroupCodeQuery::default()
            };
            let (zone, rows) = read(app, |tx| {
                let reader = Reader::new(app, tx, &caller)?;
                let mut query = asked.clone();
                let mut all: Vec<GroupCodeRow> = Vec::new();
                loop {
                    let page = app.channels.group_codes(tx, &query)?;
                    let more = page.len() as i64 == PAGE && all.len() + page.len() < ROWS_MAX;
                    query.after = page.last().map(|own| own.id.clone());
                    all.extend(page);
                    if !more {
                        return Ok((reader.ctx.zone, all));
                    }
                }
            })?;
            let (sheet, header) = if zh { ("群活码", GROUPS_ZH) } else { ("Group codes", GROUPS_EN) };
            file(app, &caller, "group_code.export", sheet, &header, rows.len(), |writer| {
                rows.iter().try_for_each(|row| group_line(writer, row, &zone, zh))
            })
        })
        .await?;
    Ok(attachment(XLSX, "group-codes.xlsx", pick(zh, "群活码.xlsx", "group-codes.xlsx"), Bytes::from(bytes)))
}

fn group_line(writer: &mut impl TableWriter, row: &GroupCodeRow, zone: &Zone, zh: bool) -> Result<(), Refusal> {
    let variants: Vec<&str> = row
        .ways
        .iter()
        .map(|way| if way.variant.is_empty() { pick(zh, "全部", "everybody") } else { way.variant.as_str() })
        .collect();
    let groups = row.ways.iter().flat_map(|way| &way.rooms).filter(|room| room.alive).count();
    let (variants, made) = (variants.join(pick(zh, "、", ", ")), zone.local(row.created_at));
    let cells = [
        Cell::Text(&row.id),
        Cell::Text(&row.name),
        Cell::Text(&row.channel_code),
        Cell::Text(&row.channel_name),
        Cell::Text(state(row.archived_at, row.troubled(), zh)),
        Cell::Text(&variants),
        Cell::Integer(groups as i64),
        Cell::Integer(row.full_at),
        Cell::Integer(row.members),
        Cell::Integer(row.visits),
        Cell::Text(&row.created_by),
        Cell::Text(&made),
    ];
    writer.write_row(&cells).map_err(unwritten)
}
