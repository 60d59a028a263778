//! Results as workbooks.

use crate::analysis::{Asked, spec_of};
use crate::error::Answer;
use crate::gate::PeopleRead;
use crate::people_files::{XLSX, attachment};
use crate::{App, At, Body, Endpoints, May, endpoints};
use axum::body::Body as Bytes;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};
use siyu_access::Locale;
use siyu_files::{Cell, FileError, TableWriter, XlsxWriter};
use siyu_insight::{Sheet, SheetCell, sheets};
use siyu_kernel::{Currency, Decimal, Refusal};
use std::collections::BTreeMap;
use std::path::Path;
use utoipa::ToSchema;

pub fn router() -> Endpoints {
    endpoints!(export)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AnalysisExport {
    #[schema(value_type = Object)]
    spec: Value,
}

/// Downloads a result as a workbook: one sheet for each table.
///
/// 将分析结果导出为 Excel，每张表一个工作表。
///
/// Amounts are in major units. Who exported what is recorded. Errors: those of the question.
#[utoipa::path(post, path = "/analysis/{kind}/export", tag = "Analysis", params(("kind" = String, Path)), request_body = AnalysisExport, responses((status = 200, description = "The workbook", content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")))]
async fn export(
    may: May<PeopleRead>,
    At(kind): At<String>,
    State(app): State<App>,
    Body(input): Body<AnalysisExport>,
) -> Answer<Response> {
    let caller = may.caller;
    let zh = caller.locale == Locale::Zh;
    let (bytes, name) = app
        .run(move |app| {
            let spec = spec_of(&kind, &input.spec)?;
            let asked = Asked::new(app, &caller, &spec)?;
            let answer = asked.question.answer(&asked.scene)?;
            let mut tables = sheets(&spec, &answer, asked.reader.ctx.lang);
            if of_channels(&kind, &input.spec) {
                let names = app.db.read(|tx| app.channels.names(tx))?;
                tables.iter_mut().for_each(|table| name_channels(table, &names));
            }
            let folder = app.folder.join("tmp");
            std::fs::create_dir_all(&folder).map_err(Refusal::internal)?;
            let bytes = workbook(&tables, asked.reader.ctx.currency, &folder)?;
            let detail = json!({ "kind": kind, "sheets": tables.len() });
            app.access.record(app.now(), &caller.actor, "analysis.export", None, &detail)?;
            let day: String = asked.reader.ctx.zone.local(asked.reader.ctx.now).chars().take(10).collect();
            Ok((bytes, format!("{kind}-{day}.xlsx")))
        })
        .await?;
    let shown = if zh { format!("分析-{name}") } else { name };
    Ok(attachment(XLSX, "analysis.xlsx", &shown, Bytes::from(bytes)))
}

fn workbook(tables: &[Sheet], currency: Currency, folder: &Path) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::new();
    let mut writer: Option<Box<XlsxWriter<&mut Vec<u8>>>> = None;
    let mut out = Some(&mut bytes);
    for table in tables {
        let header: Vec<&str> = table.header.iter().map(String::as_str).collect();
        let writer = match (&mut writer, out.take()) {
            (Some(writer), _) => {
                writer.sheet(&table.name, &header).map_err(unwritten)?;
                writer
            }
            (empty @ None, Some(out)) => {
                let made = XlsxWriter::new(out, &table.name, &header, Some(folder)).map_err(unwritten)?;
                empty.insert(Box::new(made))
            }
            (None, None) => return Err(Refusal::internal("a workbook has one writer")),
        };
        for row in &table.rows {
            let texts: Vec<Option<String>> = row.iter().map(|cell| money(cell, currency)).collect();
            let cells: Vec<Cell<'_>> = row.iter().zip(&texts).map(|(cell, money)| shown(cell, money)).collect();
            writer.write_row(&cells).map_err(unwritten)?;
        }
    }
    match writer {
        Some(writer) => writer.finish().map_err(unwritten)?,
        None => return Err(Refusal::internal("a result has at least one table")),
    };
    Ok(bytes)
}

/// Whether a question's names are values of `channel`: what it is split by, or what it counts as touches.
fn of_channels(kind: &str, spec: &Value) -> bool {
    let is = |value: &Value| value.as_str() == Some("channel");
    let touch = match kind {
        "attribution" => spec["touch_by"].is_null() || is(&spec["touch_by"]),
        "touchpoints" => is(&spec["touch_by"]),
        "paths" => is(&spec["property"]),
        _ => false,
    };
    touch || is(&spec["by"]["property"])
}

/// Channels are called in files what they are called on the page; values that no channel has keep their spelling.
fn name_channels(table: &mut Sheet, names: &BTreeMap<String, String>) {
    let named = |text: &mut String| {
        if let Some(name) = names.get(text.as_str()) {
            name.clone_into(text);
        }
    };
    table.header.iter_mut().for_each(named);
    for cell in table.rows.iter_mut().flatten() {
        if let SheetCell::Text(text) = cell {
            named(text);
        }
    }
}

fn money(cell: &SheetCell, currency: Currency) -> Option<String> {
    match cell {
        SheetCell::Money(minor) => Some(Decimal::new(i128::from(*minor), currency.digits()).to_string()),
        _ => None,
    }
}
fn shown<'a>(cell: &'a SheetCell, money: &'a Option<String>) -> Cell<'a> {
    match (cell, money) {
        (_, Some(money)) => Cell::Number(money),
        (SheetCell::Text(text), _) => Cell::Text(text),
        (SheetCell::Int(n), _) => Cell::Integer(*n),
        (SheetCell::Float(n), _) => Cell::Float(*n),
        (SheetCell::Empty | SheetCell::Money(_), None) => Cell::Empty,
    }
}
fn unwritten(error: FileError) -> Refusal {
    Refusal::internal(error)
}
