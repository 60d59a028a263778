//! Which field of the platform a column of a file most likely is.

mod fields;
mod words;

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

pub use fields::{FieldInfo, fields, is_field};
use words::{Word, words};

use crate::{ColumnKind, ColumnPreview};

/// What the rows of a file become.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Target {
    People,
    Events,
    Orders,
    Products,
}

/// A column by name, and what it seems to hold when that is known.
#[derive(Debug, Clone, Copy)]
pub struct ColumnHint<'a> {
    pub name: &'a str,
    pub kind: Option<ColumnKind>,
}

impl<'a> From<&'a str> for ColumnHint<'a> {
    fn from(name: &'a str) -> Self {
        ColumnHint { name, kind: None }
    }
}

impl<'a> From<&'a ColumnPreview> for ColumnHint<'a> {
    fn from(column: &'a ColumnPreview) -> Self {
        ColumnHint { name: &column.name, kind: Some(column.kind) }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Suggestion {
    pub column: String,
    /// A field of the target, such as `order_no`, `person.phone`, `trait.城市`.
    pub field: String,
    /// 0 to 1. From 0.8 on the wizard may take it without asking; below 0.5 it is only an idea.
    pub confidence: f64,
}

const EXACT: f64 = 0.95;
const PART: f64 = 0.7;
const BY_KIND: f64 = 0.6;
const LEFT_OVER: f64 = 0.3;

/// At most one suggestion per column, in column order. A field is suggested once, except tags.
pub fn suggest_mapping(columns: &[ColumnHint<'_>], target: Target) -> Vec<Suggestion> {
    let mut ranked: Vec<(f64, usize, String)> = Vec::new();
    for (place, column) in columns.iter().enumerate() {
        for (field, confidence) in candidates(column, target) {
            ranked.push((confidence, place, field));
        }
    }
    // The surest first; earlier columns win ties.
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let (mut fields, mut places) = (HashSet::new(), HashSet::new());
    let mut out: Vec<(usize, Suggestion)> = Vec::new();
    for (confidence, place, field) in ranked {
        let field_free = field == "tag" || !fields.contains(&field);
        if !field_free || places.contains(&place) {
            continue;
        }
        places.insert(place);
        fields.insert(field.clone());
        let column = columns[place].name.to_string();
        out.push((place, Suggestion { column, field, confidence }));
    }
    out.sort_by_key(|(place, _)| *place);
    out.into_iter().map(|(_, s)| s).collect()
}

fn candidates(column: &ColumnHint<'_>, target: Target) -> Vec<(String, f64)> {
    let name = normal(column.name);
    // A column already named after a field, such as `person.phone` or `trait.city`.
    if is_field(target, column.name.trim()) {
        return vec![(column.name.trim().to_string(), 1.0)];
    }
    let mut out: Vec<(String, f64)> = Vec::new();
    for word in words(target) {
        let Some(fit) = fit(&name, word) else { continue };
        let fit = fit * kind_factor(word.field, column.kind);
        out.push((word.field.to_string(), fit));
    }
    if let Some(field) = by_kind(column.kind, target) {
        out.push((field.to_string(), BY_KIND));
    }
    if let Some(prefix) = left_over_prefix(target) {
        out.push((format!("{prefix}{}", column.name.trim()), LEFT_OVER));
    }
    out
}

fn fit(name: &str, word: &Word) -> Option<f64> {
    if name == word.text {
        return Some(EXACT);
    }
    let chars = word.text.chars().count();
    // Chinese headers wrap the word in others (会员手机号码); English ones do so at their ends (buyer_phone).
    let inside = if word.text.is_ascii() {
        chars >= 4 && (name.starts_with(word.text) || name.ends_with(word.text))
    } else {
        chars >= 2 && name.contains(word.text)
    };
    // A word that makes up more of the header tells more.
    let share = chars as f64 / name.chars().count().max(1) as f64;
    inside.then_some(PART + 0.15 * share)
}

/// Content that cannot be the field speaks against the header.
fn kind_factor(field: &str, kind: Option<ColumnKind>) -> f64 {
    use ColumnKind as K;
    let Some(kind) = kind else { return 1.0 };
    let fits = match field {
        "at" | "created_at" => matches!(kind, K::Date | K::Datetime | K::Integer),
        "quantity" | "price" | "amount" => matches!(kind, K::Integer | K::Decimal),
        "phone" | "person.phone" => matches!(kind, K::Phone | K::Integer | K::Text),
        "email" | "person.email" => matches!(kind, K::Email | K::Text),
        "line_no" => kind == K::Integer,
        _ => true,
    };
    // A column that is empty so far reads as text; that is weak evidence.
    match (fits, kind) {
        (true, _) => 1.0,
        (false, K::Text) => 0.7,
        (false, _) => 0.5,
    }
}

fn by_kind(kind: Option<ColumnKind>, target: Target) -> Option<&'static str> {
    Some(match (kind?, target) {
        (ColumnKind::Phone, Target::Orders) => "person.phone",
        (ColumnKind::Email, Target::Orders) => "person.email",
        (ColumnKind::Phone, Target::People | Target::Events) => "phone",
        (ColumnKind::Email, Target::People | Target::Events) => "email",
        (ColumnKind::Datetime, Target::Orders | Target::Events) => "at",
        _ => return None,
    })
}

/// Columns nothing else claims still carry something about the person, event or product.
fn left_over_prefix(target: Target) -> Option<&'static str> {
    match target {
        Target::People => Some("trait."),
        Target::Events | Target::Products => Some("property."),
        Target::Orders => None,
    }
}

/// Lower case, without spaces, punctuation and a unit in brackets: `Order No.` and `金额（元）` become `orderno`, `金额`.
fn normal(header: &str) -> String {
    let mut out = String::new();
    let mut depth = 0usize;
    for c in header.chars() {
        match c {
            '(' | '（' | '[' | '【' => depth += 1,
            ')' | '）' | ']' | '】' => depth = depth.saturating_sub(1),
            c if depth == 0 && c.is_alphanumeric() => out.extend(c.to_lowercase()),
            _ => {}
        }
    }
    // A header wholly in brackets keeps its words.
    if out.is_empty() {
        out = header.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(target: Target, pairs: &[(&str, &str)]) {
        let columns: Vec<ColumnHint<'_>> = pairs.iter().map(|(c, _)| (*c).into()).collect();
        let got = suggest_mapping(&columns, target);
        for (column, field) in pairs {
            let found = got.iter().find(|s| s.column == *column);
            assert_eq!(found.map_or("", |s| s.field.as_str()), *field, "{target:?} {column}");
        }
    }

    #[test]
    fn order_headers() {
        check(
            Target::Orders,
            &[
                ("订单号", "order_no"),
                ("下单时间", "at"),
                ("商品编码", "sku"),
                ("商品名称", "title"),
                ("数量", "quantity"),
                ("单价", "price"),
                ("金额（元）", "amount"),
                ("门店", "store"),
                ("手机号", "person.phone"),
                ("会员号", "person.member_no"),
                ("备注", ""),
            ],
        );
        check(
            Target::Orders,
            &[
                ("InvoiceNo", "order_no"),
                ("StockCode", "sku"),
                ("Description", "title"),
                ("Quantity", "quantity"),
                ("InvoiceDate", "at"),
                ("UnitPrice", "price"),
                ("CustomerID", "person.pos_no"),
                ("Country", ""),
            ],
        );
        check(
            Target::Orders,
            &[
                ("household_id", "person.pos_no"),
                ("store_id", "store"),
                ("basket_id", "order_no"),
                ("product_id", "sku"),
                ("quantity", "quantity"),
                ("sales_value", "amount"),
                ("transaction_timestamp", "at"),
            ],
        );
        check(
            Target::Orders,
            &[
                ("order id", "order_no"),
                ("付款时间", "at"),
                ("mobile", "person.phone"),
                ("person.trait.城市", "person.trait.城市"),
                ("会员手机号码", ""),
            ],
        );
        check(Target::Orders, &[("会员手机号码", "person.phone"), ("原订单号", "refund_of"), ("订单编号", "order_no")]);
    }

    #[test]
    fn other_targets() {
        check(
            Target::People,
            &[
                ("电话", "phone"),
                ("邮箱", "email"),
                ("会员卡号", "member_no"),
                ("标签", "tag"),
                ("注册时间", "created_at"),
                ("姓名", "trait.姓名"),
                ("城市", "trait.城市"),
                ("unionid", "unionid"),
            ],
        );
        check(
            Target::Events,
            &[
                ("message_id", "message_id"),
                ("event", "name"),
                ("timestamp", "at"),
                ("user_id", "user_id"),
                ("anonymousId", "anonymous"),
                ("page", "property.page"),
            ],
        );
        check(
            Target::Products,
            &[
                ("商品编码", "sku"),
                ("品名", "title"),
                ("品牌", "brand"),
                ("类目", "category"),
                ("售价", "price"),
                ("图片", "image"),
                ("链接", "url"),
                ("color", "property.color"),
            ],
        );
    }

    #[test]
    fn content_helps_and_every_suggestion_is_a_field() {
        let columns = [
            ColumnHint { name: "联系", kind: Some(ColumnKind::Phone) },
            ColumnHint { name: "金额", kind: Some(ColumnKind::Text) },
        ];
        let got = suggest_mapping(&columns, Target::Orders);
        assert_eq!(got[0].field, "person.phone");
        assert!(got[1].confidence < 0.8);
        for target in [Target::People, Target::Events, Target::Orders, Target::Products] {
            for word in words(target) {
                assert!(is_field(target, word.field), "{target:?} {}", word.field);
                assert_eq!(normal(word.text), word.text);
            }
        }
    }
}
