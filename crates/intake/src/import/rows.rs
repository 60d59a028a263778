//! From the cells of a row to what it means. Pure.

use super::plan::{Field, ImportKind, Plan};
use crate::Endpoint;
use crate::message::{self, Message};
use serde_json::{Map, Value};
use siyu_commerce::{LineIn, OrderIn, ProductIn};
use siyu_files::{Row, ValueError, parse_decimal, parse_instant};
use siyu_kernel::{Currency, Decimal, EventKind, Identifier, Money, Refusal, Time};

pub struct PersonRow {
    pub identifiers: Vec<Identifier>,
    pub traits: Vec<(String, Value)>,
    pub tags: Vec<String>,
    pub at: Option<Time>,
}

pub struct OrderRow {
    pub order: OrderIn,
    pub identifiers: Vec<Identifier>,
    pub traits: Vec<(String, Value)>,
}

pub enum Meaning {
    Person(PersonRow),
    Event(Box<Message>),
    Order(Box<OrderRow>),
    Product(ProductIn),
}

impl Plan {
    /// Reads one row. `content_id` names an event without a message id by what the row says.
    pub fn read(&self, row: &Row, received: Time, content_id: impl Fn(&str) -> String) -> Result<Meaning, Refusal> {
        if let Some(error) = &row.error {
            return Err(Refusal::invalid(error.code(), error.en(), error.zh()));
        }
        match self.kind {
            ImportKind::People => self.person(row).map(Meaning::Person),
            ImportKind::Events if self.native => native(row, received, content_id),
            ImportKind::Events => self.event(row, received, content_id),
            ImportKind::Orders => self.order(row).map(|order| Meaning::Order(Box::new(order))),
            ImportKind::Products => self.product(row).map(Meaning::Product),
        }
    }

    fn cell<'r>(&self, row: &'r Row, name: &str) -> Option<&'r str> {
        let (at, _) = self.fields.iter().find(|(_, field)| matches!(field, Field::Named(own) if *own == name))?;
        filled(row.get(*at))
    }
    fn instant(&self, row: &Row, name: &str) -> Result<Option<Time>, Refusal> {
        let Some(text) = self.cell(row, name) else { return Ok(None) };
        let mut rules = self.instants.clone();
        rules.from_sheet = row.from_sheet();
        let at = parse_instant(text, &rules).map_err(|error| value_error(&error, name))?;
        let range = || {
            Refusal::invalid("time_range", "The time must lie between 1900 and 2200.", "时间须在 1900 至 2200 年之间。")
                .field(name)
        };
        Time(at).in_range().map(Some).ok_or_else(range)
    }
    fn decimal(&self, row: &Row, name: &str) -> Result<Option<Decimal>, Refusal> {
        let Some(text) = self.cell(row, name) else { return Ok(None) };
        // Plain numbers are nearly all of a file; the patient reader is for the rest (thousands separators, ¥, full-width digits).
        if let Some(decimal) = Decimal::parse(text) {
            return Ok(Some(decimal));
        }
        let decimal = parse_decimal(text).map_err(|error| value_error(&error, name))?;
        Ok(Some(Decimal::new(decimal.mantissa, decimal.scale)))
    }
    fn currency(&self, row: &Row) -> Result<Currency, Refusal> {
        match self.cell(row, "currency") {
            None => Ok(self.currency),
            Some(text) => Currency::parse(text).map_err(|_| {
                Refusal::invalid(
                    "currency_invalid",
                    "The currency must be a three-letter ISO 4217 code.",
                    "币种须为三个字母的 ISO 4217 代码。",
                )
                .field("currency")
            }),
        }
    }
    /// Identifiers that are filled in and well formed; the first malformed one decides when there is no other.
    fn identifiers(&self, row: &Row) -> Result<Vec<Identifier>, Refusal> {
        let mut out = Vec::with_capacity(2);
        let mut first_error = None;
        for (at, field) in &self.fields {
            let Field::Identifier(kind) = field else { continue };
            let Some(text) = filled(row.get(*at)) else { continue };
            let text = if row.from_sheet() { text.strip_suffix(".0").unwrap_or(text) } else { text };
            match Identifier::new(kind.clone(), text) {
                Ok(identifier) => out.push(identifier),
                Err(error) => {
                    let name = kind.name();
                    first_error.get_or_insert_with(|| {
                        Refusal::invalid(
                            "identifier_invalid",
                            format!("The {name} is not valid ({error})."),
                            format!("{name} 格式不正确。"),
                        )
                        .field(name.clone())
                    });
                }
            }
        }
        match first_error {
            Some(error) if out.is_empty() => Err(error),
            _ => Ok(out),
        }
    }
    fn traits(&self, row: &Row) -> Vec<(String, Value)> {
        let texts = self.fields.iter().filter_map(|(at, field)| match field {
            Field::Trait(name) => filled(row.get(*at)).map(|text| (name.clone(), text)),
            _ => None,
        });
        texts.map(|(name, text)| (name, typed(text))).collect()
    }

    fn person(&self, row: &Row) -> Result<PersonRow, Refusal> {
        let identifiers = self.identifiers(row)?;
        if identifiers.is_empty() {
            return Err(Refusal::invalid("identifier_missing", "The row has no identifier.", "该行没有任何身份值。"));
        }
        let mut traits = self.traits(row);
        if let Some(store) = self.cell(row, "store") {
            traits.push(("store".into(), Value::from(store)));
        }
        for identifier in identifiers.iter().filter(|identifier| identifier.kind.is_sealed()) {
            // A phone number is also a field of the profile, where people look for it.
            traits.push((identifier.kind.name(), Value::from(identifier.value.as_str())));
        }
        let tags = self
            .fields
            .iter()
            .filter(|(_, field)| *field == Field::Tag)
            .flat_map(|(at, _)| row.get(*at).split(['|', ';', '；']))
            .map(str::trim)
            .filter(|tag| !tag.is_empty());
        Ok(PersonRow {
            tags: tags.map(str::to_owned).collect(),
            at: self.instant(row, "created_at")?,
            identifiers,
            traits,
        })
    }

    fn event(&self, row: &Row, received: Time, content_id: impl Fn(&str) -> String) -> Result<Meaning, Refusal> {
        let identifiers = self.identifiers(row)?;
        if identifiers.is_empty() {
            return Err(Refusal::invalid("identifier_missing", "The row has no identifier.", "该行没有任何身份值。"));
        }
        let name = self.cell(row, "name").ok_or_else(|| {
            Refusal::invalid("event_missing", "The row has no event name.", "该行没有事件名。").field("name")
        })?;
        let kind = match self.cell(row, "type") {
            None => EventKind::Track,
            Some(text) => EventKind::parse(text).filter(|kind| *kind != EventKind::System).ok_or_else(|| {
                Refusal::invalid(
                    "unknown_type",
                    "The type must be identify, track, page, screen, group or alias.",
                    "type 须为 identify、track、page、screen、group 或 alias。",
                )
                .field("type")
            })?,
        };
        if name.len() > crate::Limits::NAME_BYTES_MAX || name.chars().any(char::is_control) {
            return Err(Refusal::invalid(
                "name_invalid",
                "An event's name has up to 256 bytes and no control characters.",
                "事件名最长 256 字节，且不含控制字符。",
            )
            .field("name"));
        }
        let mut properties = Map::new();
        for (at, field) in &self.fields {
            if let (Field::Property(name), Some(text)) = (field, filled(row.get(*at))) {
                properties.insert(name.clone(), typed(text));
            }
        }
        let properties = Value::Object(properties).to_string();
        let at = self.instant(row, "at")?.unwrap_or(received);
        let message_id = match self.cell(row, "message_id") {
            Some(id) if id.len() <= crate::Limits::MESSAGE_ID_BYTES_MAX => id.to_owned(),
            Some(_) => {
                return Err(Refusal::invalid(
                    "invalid_message_id",
                    "The message id may have up to 256 bytes.",
                    "消息 ID 最长 256 字节。",
                )
                .field("message_id"));
            }
            None => content_id(&row.iter().collect::<Vec<_>>().join("\u{1f}")),
        };
        let body = format!("{{\"properties\":{properties}}}");
        Ok(Meaning::Event(Box::new(Message {
            kind,
            name: name.to_owned(),
            message_id,
            at,
            identifiers,
            previous: None,
            properties,
            body,
        })))
    }

    fn order(&self, row: &Row) -> Result<OrderRow, Refusal> {
        let missing = |name: &str| {
            Refusal::invalid("cell_missing", format!("The row has no {name}."), format!("该行缺少 {name}。"))
                .field(name.to_owned())
        };
        let order_no = self.cell(row, "order_no").ok_or_else(|| missing("order_no"))?;
        let at = self.instant(row, "at")?.ok_or_else(|| missing("at"))?;
        let currency = self.currency(row)?;
        let quantity = self.decimal(row, "quantity")?.unwrap_or(Decimal::new(1, 0));
        let (price, amount) = (self.decimal(row, "price")?, self.decimal(row, "amount")?);
        let overflow = |name: &str| {
            Refusal::invalid("amount_overflow", "The amount is too large.", "金额过大。").field(name.to_owned())
        };
        let minor = |amount: Decimal, name: &str| {
            Money::from_major(amount, currency).map(|money| money.minor).map_err(|_| overflow(name))
        };
        let total = match (amount, price) {
            (Some(amount), _) => amount,
            (None, Some(price)) => price.times(quantity).ok_or_else(|| overflow("price"))?,
            (None, None) => return Err(missing("amount")),
        };
        let quantity_milli = quantity.rescaled(3).and_then(|q| i64::try_from(q).ok()).ok_or_else(|| {
            Refusal::invalid("quantity_range", "The quantity is too large.", "数量过大。").field("quantity")
        })?;
        let line_no = match self.cell(row, "line_no") {
            None => None,
            Some(text) => Some(text.trim_end_matches(".0").parse::<i64>().map_err(|_| {
                Refusal::invalid("invalid_line_no", "line_no must be a whole number.", "行号须为整数。")
                    .field("line_no")
            })?),
        };
        let line = LineIn {
            line_no,
            sku: self
                .cell(row, "sku")
                .map(|text| if row.from_sheet() { text.strip_suffix(".0").unwrap_or(text) } else { text })
                .unwrap_or_default()
                .to_owned(),
            title: self.cell(row, "title").map(str::to_owned),
            quantity_milli,
            price_minor: price.map(|price| minor(price, "price")).transpose()?,
            amount_minor: minor(total, "amount")?,
            refund_of: self.cell(row, "refund_of").map(str::to_owned),
        };
        let order = OrderIn {
            order_no: order_no.to_owned(),
            at,
            store: self.cell(row, "store").map(str::to_owned),
            currency,
            person: None,
            root: None,
            lines: vec![line],
            source: "import".into(),
            whole: false,
        };
        siyu_commerce::check(&order)?;
        Ok(OrderRow { order, identifiers: self.identifiers(row)?, traits: self.traits(row) })
    }

    fn product(&self, row: &Row) -> Result<ProductIn, Refusal> {
        let sku = self
            .cell(row, "sku")
            .ok_or_else(|| Refusal::invalid("cell_missing", "The row has no sku.", "该行缺少 sku。").field("sku"))?;
        let currency = self.currency(row)?;
        let price =
            self.decimal(row, "price")?.map(|price| Money::from_major(price, currency)).transpose().map_err(|_| {
                Refusal::invalid("amount_overflow", "The price is too large.", "价格过大。").field("price")
            })?;
        let text = |name: &str| self.cell(row, name).map(str::to_owned);
        let mut properties = Map::new();
        for (at, field) in &self.fields {
            if let (Field::Property(name), Some(text)) = (field, filled(row.get(*at))) {
                properties.insert(name.clone(), typed(text));
            }
        }
        Ok(ProductIn {
            sku: sku.to_owned(),
            title: text("title"),
            category: text("category"),
            brand: text("brand"),
            price_minor: price.map(|price| price.minor),
            currency: price.map(|price| price.currency),
            url: text("url"),
            image: text("image"),
            properties: (!properties.is_empty()).then_some(properties),
        })
    }
}

/// A line that is a tracking message already.
fn native(row: &Row, received: Time, content_id: impl Fn(&str) -> String) -> Result<Meaning, Refusal> {
    let raw = row.raw().unwrap_or_default();
    let body = format!("{{\"batch\":[{raw}]}}");
    let mut parsed = message::parse(Endpoint::Import, body.as_bytes(), received, || content_id(raw))?;
    match parsed.good.pop() {
        Some(message) => Ok(Meaning::Event(Box::new(message))),
        None => Err(parsed.bad.pop().map_or_else(
            || Refusal::invalid("not_an_object", "A message must be a JSON object.", "消息必须是 JSON 对象。"),
            |bad| bad.reason,
        )),
    }
}

/// A cell with something in it.
fn filled(text: &str) -> Option<&str> {
    let text = text.trim();
    (!text.is_empty()).then_some(text)
}
/// Text that reads as a number or a truth value becomes one, unless that would lose something (`007`, `1.10`, an 18-digit card number).
fn typed(text: &str) -> Value {
    match text {
        "true" | "TRUE" | "True" => return Value::Bool(true),
        "false" | "FALSE" | "False" => return Value::Bool(false),
        _ => {}
    }
    if text.len() <= 15 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-' || b == b'.') {
        if let Ok(number) = text.parse::<i64>()
            && number.to_string() == text
        {
            return Value::from(number);
        }
        if let Ok(number) = text.parse::<f64>()
            && number.to_string() == text
        {
            return Value::from(number);
        }
    }
    Value::from(text)
}
fn value_error(error: &ValueError, field: &str) -> Refusal {
    Refusal::invalid(error.code(), error.en(), error.zh()).field(field.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_numbers_only_when_nothing_is_lost() {
        for (text, want) in [
            ("12", "12"),
            ("-3", "-3"),
            ("1.5", "1.5"),
            ("007", "\"007\""),
            ("1.10", "\"1.10\""),
            ("440301199001011234", "\"440301199001011234\""),
            ("TRUE", "true"),
            ("1-2", "\"1-2\""),
            ("$5", "\"$5\""),
        ] {
            assert_eq!(typed(text).to_string(), want);
        }
    }
}
