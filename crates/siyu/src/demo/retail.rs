//! The demo brand: a real retail data set (see examples/retail), brought in through the ordinary import.
//!
//! Three systems that know people by different numbers – till, card desk, coupons – become one person each. Dates are moved by whole
//! weeks so that the last purchase lies in the week before today; nothing else is changed.

use super::made::{TagRule, make_audiences, make_board, make_tags};
use super::{COMPLETE, note};
use crate::commands::run_import;
use crate::output;
use crate::workspace::Open;
use flate2::read::GzDecoder;
use siyu_insight::Kind;
use siyu_intake::import::{ImportKind, ImportOptions};
use siyu_kernel::{Refusal, Time};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::Path;

const ORDERS: &[u8] = include_bytes!("../../../../examples/retail/orders.csv.gz");
const PRODUCTS: &[u8] = include_bytes!("../../../../examples/retail/products.csv.gz");
const PEOPLE: &[u8] = include_bytes!("../../../../examples/retail/people.csv.gz");
const EVENTS: &[u8] = include_bytes!("../../../../examples/retail/events.jsonl.gz");
/// The newest instant in the data set.
const LAST_SALE: &str = "2018-01-01T03:32:25Z";
const WEEK_SECONDS: i64 = 7 * 86_400;

/// Imports of rows that are in change nothing: an interrupted one is done again.
pub fn fill(open: &Open, data: &Path) -> Result<(), Refusal> {
    let shift = shift_seconds(open)?;
    let folder = data.join("demo-files");
    let io = |error: std::io::Error| Refusal::internal(error);
    std::fs::create_dir_all(&folder).map_err(io)?;
    let orders = folder.join("orders.csv");
    std::fs::write(&orders, moved_orders(shift).map_err(io)?).map_err(io)?;
    let events = folder.join("events.jsonl");
    std::fs::write(&events, moved_events(shift).map_err(io)?).map_err(io)?;
    let (people, products) = (folder.join("people.csv.gz"), folder.join("products.csv.gz"));
    std::fs::write(&people, PEOPLE).map_err(io)?;
    std::fs::write(&products, PRODUCTS).map_err(io)?;
    let map = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(field, column)| ((*field).to_owned(), (*column).to_owned())).collect::<BTreeMap<_, _>>()
    };
    let options =
        ImportOptions { currency: Some("USD".into()), timezone: Some("UTC".into()), ..ImportOptions::default() };
    let steps = [
        (
            ImportKind::Products,
            &products,
            map(&[
                ("sku", "product_id"),
                ("title", "title"),
                ("category", "department"),
                ("brand", "brand"),
                ("property.category", "category"),
                ("property.package_size", "package_size"),
            ]),
        ),
        (
            ImportKind::Orders,
            &orders,
            map(&[
                ("order_no", "basket_id"),
                ("at", "transaction_timestamp"),
                ("sku", "product_id"),
                ("quantity", "quantity"),
                ("amount", "sales_value"),
                ("store", "store_id"),
                ("person.pos_no", "household_id"),
            ]),
        ),
        (
            ImportKind::Events,
            &events,
            map(&[
                ("message_id", "message_id"),
                ("name", "name"),
                ("at", "at"),
                ("member_no", "member_no"),
                ("property.campaign_id", "properties.campaign_id"),
                ("property.campaign_type", "properties.campaign_type"),
                ("property.coupon_upc", "properties.coupon_upc"),
            ]),
        ),
        (
            ImportKind::People,
            &people,
            map(&[
                ("member_no", "member_no"),
                ("pos_no", "household_id"),
                ("trait.age", "age"),
                ("trait.income", "income"),
                ("trait.home_ownership", "home_ownership"),
                ("trait.marital_status", "marital_status"),
                ("trait.household_size", "household_size"),
                ("trait.household_comp", "household_comp"),
                ("trait.kids_count", "kids_count"),
            ]),
        ),
    ];
    for (kind, file, mapping) in &steps {
        output::say(&format!("导入 {} …", kind.name()), &format!("Importing {} …", kind.name()));
        run_import(open, *kind, file, mapping, &options, false)?;
    }
    name_people(open)?;
    make_tags(open, TAGS)?;
    while open.compact("demo")? {}
    make_board(open, BOARD, &[])?;
    make_audiences(open, AUDIENCES)?;
    note(open, COMPLETE, "1")?;
    let _ = std::fs::remove_dir_all(&folder);
    Ok(())
}

/// Whole weeks, so that weekdays stay what they were; the same for an interrupted demo as for its first try.
fn shift_seconds(open: &Open) -> Result<i64, Refusal> {
    let last = Time::parse(LAST_SALE).map_err(Refusal::internal)?;
    let fresh = (open.app.now().0 - last.0) / 1_000_000 / WEEK_SECONDS * WEEK_SECONDS;
    open.app.db.transact(move |tx| {
        tx.execute(
            "INSERT INTO setting (name, value) VALUES ('demo.shift', $1) ON CONFLICT (name) DO NOTHING",
            siyu_db::params![&fresh.to_string()],
        )?;
        let held = tx.one("SELECT value FROM setting WHERE name = 'demo.shift'", &[], |row| row.text(0))?;
        Ok(held.parse().unwrap_or(fresh))
    })
}

fn moved(text: &str, shift: i64) -> String {
    Time::parse(text).map_or_else(|_| text.to_owned(), |at| at.plus_seconds(shift).to_string())
}

fn moved_orders(shift: i64) -> std::io::Result<Vec<u8>> {
    let mut reader = csv::Reader::from_reader(GzDecoder::new(ORDERS));
    let mut writer = csv::Writer::from_writer(Vec::new());
    let header = reader.byte_headers()?.clone();
    let at = header.iter().position(|name| name == b"transaction_timestamp").unwrap_or_default();
    writer.write_byte_record(&header)?;
    for record in reader.records() {
        let record = record?;
        writer.write_record(
            record.iter().enumerate().map(|(n, cell)| if n == at { moved(cell, shift) } else { cell.to_owned() }),
        )?;
    }
    writer.into_inner().map_err(|e| std::io::Error::other(e.to_string()))
}

fn moved_events(shift: i64) -> std::io::Result<Vec<u8>> {
    let mut text = String::new();
    GzDecoder::new(EVENTS).read_to_string(&mut text)?;
    let mut out = Vec::new();
    for line in text.lines() {
        let mut event: serde_json::Value = serde_json::from_str(line)?;
        if let Some(at) = event.get("at").and_then(|at| at.as_str()) {
            event["at"] = moved(at, shift).into();
        }
        writeln!(out, "{event}")?;
    }
    Ok(out)
}

/// Chinese labels for the fields of this data set.
fn name_people(open: &Open) -> Result<(), Refusal> {
    let labels = [
        ("age", "年龄段"),
        ("income", "家庭收入"),
        ("home_ownership", "住房"),
        ("marital_status", "婚姻"),
        ("household_size", "家庭人数"),
        ("household_comp", "家庭结构"),
        ("kids_count", "孩子数"),
    ];
    let people = open.app.people.clone();
    open.app.db.transact(move |tx| {
        for (name, zh) in labels {
            if people.field_table().0.contains_key(name) {
                people.patch_field(
                    tx,
                    name,
                    &siyu_people::FieldPatch { label_zh: Some(zh.into()), ..Default::default() },
                )?;
            }
        }
        Ok(())
    })
}

/// Group, name, colour, rule.
const TAGS: &[TagRule] = &[
    ("价值", "高价值", "gold", r#"{"all":[{"field":"orders.amount","op":"gte","value":400000}]}"#),
    (
        "价值",
        "高客单",
        "orange",
        r#"{"all":[{"field":"orders.average","op":"gte","value":6000},{"field":"orders.count","op":"gte","value":5}]}"#,
    ),
    ("活跃", "近 30 天活跃", "green", r#"{"all":[{"field":"orders.days_since_last","op":"lte","value":30}]}"#),
    ("活跃", "沉睡 60 天", "default", r#"{"all":[{"field":"orders.days_since_last","op":"gt","value":60}]}"#),
    ("活跃", "高频复购", "cyan", r#"{"all":[{"field":"orders.count","op":"gte","value":100}]}"#),
    (
        "身份",
        "已绑会员卡",
        "blue",
        r#"{"all":[{"field":"has.member_no","op":"exists","value":true},{"field":"has.pos_no","op":"exists","value":true}]}"#,
    ),
    (
        "家庭",
        "有孩家庭",
        "magenta",
        r#"{"all":[{"field":"trait.kids_count","op":"exists","value":true},{"field":"trait.kids_count","op":"ne","value":0}]}"#,
    ),
];

const BOARD: &[(Kind, &str, i64)] = &[
    (Kind::Activity, "每天有多少人来", 2),
    (Kind::Lifecycle, "客户正在往哪里走", 2),
    (Kind::Rfm, "先照顾哪些客户", 1),
    (Kind::Retention, "老客回不回来", 1),
    (Kind::Stores, "哪家店做得好", 1),
    (Kind::CohortValue, "一位客户值多少", 1),
];

/// Two audiences to look at: whom to win back, and who is at it just now.
const AUDIENCES: &[(&str, &str)] = &[
    (
        "快流失的高价值客户",
        r#"{"all":[{"field":"orders.amount","op":"gte","value":200000},{"field":"orders.days_since_last","op":"gt","value":21}]}"#,
    ),
    (
        "近 30 天买过 5 次以上",
        r#"{"all":[{"did":{"event":"Order Completed","times":{"op":"gte","value":5},"span":{"last_days":30}}}]}"#,
    ),
];
