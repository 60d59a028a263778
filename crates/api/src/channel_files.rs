//! Channels as a workbook.

use crate::channel_board::{BoardSpan, ChannelFigures, figures};
use crate::channels::ChannelParams;
use crate::error::Answer;
use crate::gate::PeopleRead;
use crate::people_files::{XLSX, attachment, unwritten};
use crate::people_reader::{Reader, read};
use crate::{App, Endpoints, May, Query, endpoints};
use axum::body::Body as Bytes;
use axum::extract::State;
use axum::response::Response;
use serde_json::json;
use siyu_access::Locale;
use siyu_files::{Cell, TableWriter, XlsxWriter};
use siyu_kernel::{Currency, Decimal, Refusal};
use std::path::Path;

pub fn router() -> Endpoints {
    endpoints!(excel)
}

/// Channels of one file: each is asked several questions.
const ROWS_MAX: i64 = 1_000;
const HEADER_ZH: [&str; 19] = [
    "渠道编码",
    "渠道名称",
    "类型",
    "负责人",
    "门店",
    "活码数",
    "页面访问",
    "新增客户",
    "当前好友",
    "客户删除",
    "员工删除/移交",
    "流失原因未知",
    "90 天内下单",
    "首单客户",
    "30 天收入",
    "90 天收入",
    "成本",
    "单个新增成本",
    "投产比（90 天）",
];
const HEADER_EN: [&str; 19] = [
    "Code",
    "Name",
    "Kind",
    "Owner",
    "Store",
    "Live codes",
    "Page visits",
    "Added",
    "Friends now",
    "Lost: by customer",
    "Lost: by staff",
    "Lost: unknown",
    "Ordered within 90 days",
    "First orders",
    "Revenue 30 days",
    "Revenue 90 days",
    "Cost",
    "Cost per add",
    "ROI 90 days",
];
const KINDS_ZH: [(&str, &str); 10] = [
    ("store", "门店物料"),
    ("elevator", "电梯广告"),
    ("parcel", "包裹卡"),
    ("ad", "广告投放"),
    ("live", "直播间"),
    ("article", "公众号文章"),
    ("kol", "达人"),
    ("partner", "异业合作"),
    ("guide", "导购"),
    ("other", "其他"),
];

/// Downloads channels with their figures of a span as a workbook of up to 1,000 rows.
///
/// 导出渠道列表与各项数据为 Excel，最多 1000 行。
///
/// Who exported is recorded. Errors: `day_invalid`, `channel_span`.
#[utoipa::path(get, path = "/channels/export.xlsx", tag = "Channels", params(ChannelParams, BoardSpan), responses((status = 200, description = "The workbook", content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")))]
async fn excel(
    may: May<PeopleRead>,
    Query(q): Query<ChannelParams>,
    Query(span): Query<BoardSpan>,
    State(app): State<App>,
) -> Answer<Response> {
    let caller = may.caller;
    let zh = caller.locale == Locale::Zh;
    let (bytes, name) = app
        .run(move |app| {
            let query = q.query(None, ROWS_MAX);
            let (channels, today, currency, day) = read(app, |tx| {
                let reader = Reader::new(app, tx, &caller)?;
                let day: String = reader.ctx.zone.local(reader.ctx.now).chars().take(10).collect();
                Ok((app.channels.list(tx, &query)?, reader.ctx.zone.day(reader.ctx.now), reader.ctx.currency, day))
            })?;
            let rows = figures(app, &caller, channels, span.days(today)?)?;
            let folder = app.folder.join("tmp");
            std::fs::create_dir_all(&folder).map_err(Refusal::internal)?;
            let bytes = workbook(&rows, currency, zh, &folder)?;
            app.access.record(app.now(), &caller.actor, "channel.export", None, &json!({ "rows": rows.len() }))?;
            Ok((bytes, if zh { format!("渠道-{day}.xlsx") } else { format!("channels-{day}.xlsx") }))
        })
        .await?;
    Ok(attachment(XLSX, "channels.xlsx", &name, Bytes::from(bytes)))
}

fn workbook(rows: &[ChannelFigures], currency: Currency, zh: bool, folder: &Path) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::new();
    let (sheet, header) = if zh { ("渠道", HEADER_ZH) } else { ("Channels", HEADER_EN) };
    let mut writer = Box::new(XlsxWriter::new(&mut bytes, sheet, &header, Some(folder)).map_err(unwritten)?);
    let major = |minor: i64| Decimal::new(i128::from(minor), currency.digits()).to_string();
    for row in rows {
        let own = &row.channel;
        let kind =
            KINDS_ZH.iter().find(|(kind, _)| zh && *kind == own.kind).map_or(own.kind.as_str(), |(_, name)| name);
        let (revenue_30, revenue_90) = (major(row.revenue_30), major(row.revenue_90));
        let (cost, per_add) = (row.cost.map(major), row.cost_per_add.map(major));
        let whole = |n: u64| Cell::Integer(n as i64);
        let money = |text: &Option<String>| text.is_some();
        let cells = [
            Cell::Text(&own.code),
            Cell::Text(&own.name),
            Cell::Text(kind),
            Cell::Text(&own.owner),
            Cell::Text(&own.store),
            Cell::Integer(own.codes + own.group_codes),
            row.visits.map_or(Cell::Empty, Cell::Integer),
            whole(row.adds),
            Cell::Integer(row.friends),
            whole(row.lost_customer),
            whole(row.lost_staff),
            whole(row.lost_unknown),
            whole(row.buyers),
            whole(row.first_orders),
            Cell::Number(&revenue_30),
            Cell::Number(&revenue_90),
            if money(&cost) { Cell::Number(cost.as_deref().unwrap_or_default()) } else { Cell::Empty },
            if money(&per_add) { Cell::Number(per_add.as_deref().unwrap_or_default()) } else { Cell::Empty },
            row.roi_90.map_or(Cell::Empty, Cell::Float),
        ];
        writer.write_row(&cells).map_err(unwritten)?;
    }
    writer.finish().map_err(unwritten)?;
    Ok(bytes)
}
