//! The workbook of an export.

use crate::App;
use crate::people_files::{identifiers, unwritten};
use crate::people_out::{PersonOrders, order_totals, tags_now};
use crate::people_reader::{Reader, masked};
use roaring::RoaringBitmap;
use serde_json::Value;
use siyu_audience::ExportRow;
use siyu_db::Tx;
use siyu_files::{Cell, TableWriter, XlsxWriter};
use siyu_kernel::{Decimal, PersonNum, Refusal};
use siyu_people::Profile;
use std::path::Path;

const CHUNK: usize = 500;
const COLUMNS_MAX: usize = 60;

/// A column of the file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Column {
    /// Place among [`FIXED`].
    Fixed(usize),
    Trait(String),
}

/// Name, Chinese, English.
const FIXED: [(&str, &str, &str); 11] = [
    ("id", "客户 ID", "Person id"),
    ("name", "姓名", "Name"),
    ("phone", "手机号", "Phone"),
    ("email", "邮箱", "Email"),
    ("identifiers", "其他标识", "Other identifiers"),
    ("tags", "标签", "Tags"),
    ("orders", "订单数", "Orders"),
    ("amount", "累计消费", "Amount"),
    ("refunded", "累计退款", "Refunded"),
    ("last_order_at", "最近下单", "Last order"),
    ("created_at", "首次出现", "First seen"),
];

impl Column {
    fn parse(name: &str) -> Option<Self> {
        if let Some(field) = name.strip_prefix("trait.") {
            return Some(Self::Trait(field.to_owned()));
        }
        FIXED.iter().position(|(own, ..)| *own == name).map(Self::Fixed)
    }
    /// The names of the columns asked for, checked. Errors: `export_columns`.
    pub fn names(app: &App, asked: Option<&[String]>) -> Result<Vec<String>, Refusal> {
        let Some(asked) = asked else { return Ok(FIXED.iter().map(|(name, ..)| (*name).to_owned()).collect()) };
        let fields = app.people.field_table();
        for (at, name) in asked.iter().enumerate() {
            let known = match Self::parse(name) {
                Some(Self::Trait(field)) => fields.0.contains_key(&field),
                own => own.is_some(),
            };
            if !known || asked[..at].contains(name) {
                return Err(wrong(&format!("columns[{at}]")));
            }
        }
        if !(1..=COLUMNS_MAX).contains(&asked.len()) {
            return Err(wrong("columns"));
        }
        Ok(asked.to_vec())
    }
    fn header(&self, zh: bool) -> String {
        match self {
            Self::Fixed(at) => (if zh { FIXED[*at].1 } else { FIXED[*at].2 }).to_owned(),
            Self::Trait(field) => field.clone(),
        }
    }
}

fn wrong(place: &str) -> Refusal {
    let en = format!(
        "Columns are 1 to {COLUMNS_MAX} different ones of id, name, phone, email, identifiers, tags, orders, amount, refunded, last_order_at, created_at and trait.NAME of a field that exists."
    );
    let zh = format!(
        "导出列为 1 到 {COLUMNS_MAX} 个互不相同的：id、name、phone、email、identifiers、tags、orders、amount、refunded、last_order_at、created_at，或已有属性 trait.名称。"
    );
    Refusal::invalid("export_columns", en, zh).field(place)
}

/// What a cell holds.
enum Held {
    Text(String),
    Count(i64),
    Money(String),
}

#[allow(clippy::too_many_arguments, reason = "a file is what it is made of: rows, columns, reader, mark")]
pub(crate) fn workbook(
    app: &App,
    tx: &mut Tx<'_>,
    reader: &Reader,
    row: &ExportRow,
    people: &RoaringBitmap,
    full: bool,
    (mark, zh): (&str, bool),
    folder: &Path,
) -> Result<Vec<u8>, Refusal> {
    // A field that was removed since has no values.
    let columns: Vec<Column> = row.columns.iter().filter_map(|name| Column::parse(name)).collect();
    let header: Vec<String> = columns.iter().map(|column| column.header(zh)).collect();
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let mut bytes = Vec::new();
    let sheet = if zh { "客户" } else { "People" };
    let mut writer = Box::new(XlsxWriter::marked(&mut bytes, sheet, &header, mark, Some(folder)).map_err(unwritten)?);
    let people: Vec<PersonNum> = people.iter().collect();
    for part in people.chunks(CHUNK) {
        let profiles = app.people.profiles(tx, part)?;
        let totals = reader.totals(tx, part)?;
        for profile in &profiles {
            let orders = order_totals(&totals, profile.root, reader.ctx.currency);
            let held: Vec<Held> =
                columns.iter().map(|column| cell(app, reader, column, profile, &orders, full)).collect();
            let cells: Vec<Cell<'_>> = held
                .iter()
                .map(|held| match held {
                    Held::Text(text) => Cell::Text(text),
                    Held::Count(n) => Cell::Integer(*n),
                    Held::Money(text) => Cell::Number(text),
                })
                .collect();
            writer.write_row(&cells).map_err(unwritten)?;
        }
    }
    writer.finish().map_err(unwritten)?;
    Ok(bytes)
}

fn cell(app: &App, reader: &Reader, column: &Column, profile: &Profile, orders: &PersonOrders, full: bool) -> Held {
    let zone = &reader.ctx.zone;
    let money = |minor: i64| Held::Money(Decimal::new(i128::from(minor), reader.ctx.currency.digits()).to_string());
    let Column::Fixed(at) = column else {
        let Column::Trait(field) = column else { return Held::Text(String::new()) };
        return Held::Text(profile.traits.get(field).map_or_else(String::new, |held| {
            let value = if held.sensitive && !full { masked(&held.value) } else { held.value.clone() };
            plain(&value)
        }));
    };
    match FIXED[*at].0 {
        "id" => Held::Text(app.people.id(profile.root)),
        "name" => Held::Text(profile.name().unwrap_or_default()),
        "phone" => Held::Text(identifiers(profile, full)[0].clone()),
        "email" => Held::Text(identifiers(profile, full)[1].clone()),
        "identifiers" => Held::Text(identifiers(profile, full)[2].clone()),
        "tags" => {
            let tags: Vec<&str> = tags_now(profile, reader.ctx.now).map(|tag| tag.name.as_str()).collect();
            Held::Text(tags.join("; "))
        }
        "orders" => Held::Count(orders.count),
        "amount" => money(orders.amount),
        "refunded" => money(orders.refunded),
        "last_order_at" => Held::Text(orders.last_at.map(|at| zone.local(at)).unwrap_or_default()),
        _ => Held::Text(zone.local(profile.created_at)),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join("; "),
        other => other.to_string(),
    }
}
