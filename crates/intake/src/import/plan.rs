//! Which column is which field, and how to read its cells.

use serde::{Deserialize, Serialize};
use siyu_files::{ColumnHint, InstantRules, OpenOptions, SheetChoice, Target, suggest_mapping};
use siyu_kernel::{Currency, Kind, Refusal, Zone};
use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ImportKind {
    People,
    Events,
    Orders,
    Products,
}

impl ImportKind {
    pub fn name(self) -> &'static str {
        match self {
            Self::People => "people",
            Self::Events => "events",
            Self::Orders => "orders",
            Self::Products => "products",
        }
    }
    pub fn parse(name: &str) -> Option<Self> {
        [Self::People, Self::Events, Self::Orders, Self::Products].into_iter().find(|kind| kind.name() == name)
    }
    pub fn target(self) -> Target {
        match self {
            Self::People => Target::People,
            Self::Events => Target::Events,
            Self::Orders => Target::Orders,
            Self::Products => Target::Products,
        }
    }
}

/// Everything a person may choose in the wizard.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ImportOptions {
    pub encoding: Option<String>,
    pub delimiter: Option<char>,
    pub sheet: Option<String>,
    pub header: Option<bool>,
    /// Zone of times that do not state one; the workspace's when absent.
    pub timezone: Option<String>,
    /// Currency of amounts that do not state one; the workspace's when absent.
    pub currency: Option<String>,
    /// People only: they are put into the pool of leads, too.
    pub leads: bool,
    /// The channel these leads came by.
    pub channel: Option<String>,
}

impl ImportOptions {
    pub fn open_options(&self) -> OpenOptions {
        OpenOptions {
            encoding: self.encoding.clone(),
            delimiter: self.delimiter,
            sheet: self.sheet.clone().map(SheetChoice::Name),
            header: self.header.unwrap_or(true),
            ..OpenOptions::default()
        }
    }
}

/// What a column is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    Identifier(Kind),
    Trait(String),
    Property(String),
    Tag,
    Named(&'static str),
}

pub struct Plan {
    pub kind: ImportKind,
    /// By column.
    pub fields: Vec<(usize, Field)>,
    pub instants: InstantRules,
    pub currency: Currency,
    /// Events only: each line is a message of the tracking API as it stands.
    pub native: bool,
}

const NAMED: [&str; 22] = [
    "order_no",
    "at",
    "line_no",
    "sku",
    "title",
    "quantity",
    "price",
    "amount",
    "currency",
    "store",
    "refund_of",
    "created_at",
    "message_id",
    "name",
    "type",
    "category",
    "brand",
    "url",
    "image",
    "tag",
    "region",
    "code",
];

impl Plan {
    /// `mapping` is field → column; empty = what the column names suggest.
    ///
    /// Errors: `field_unknown`, `unknown_column`, `mapping_incomplete`, `timezone_unknown`, `currency_invalid`.
    pub fn new(
        kind: ImportKind,
        columns: &[String],
        mapping: &BTreeMap<String, String>,
        options: &ImportOptions,
        zone: &Zone,
        currency: Currency,
    ) -> Result<Self, Refusal> {
        let zone = match &options.timezone {
            Some(name) => Zone::named(name).map_err(|_| {
                Refusal::invalid(
                    "timezone_unknown",
                    format!("There is no time zone {name}."),
                    format!("没有名为 {name} 的时区。"),
                )
                .field("options.timezone")
            })?,
            None => zone.clone(),
        };
        let currency = match &options.currency {
            Some(code) => Currency::parse(code).map_err(|_| {
                Refusal::invalid(
                    "currency_invalid",
                    "The currency must be a three-letter ISO 4217 code.",
                    "币种须为三个字母的 ISO 4217 代码。",
                )
                .field("options.currency")
            })?,
            None => currency,
        };
        let native = kind == ImportKind::Events && mapping.is_empty() && is_native(columns);
        let suggested;
        let mapping = if mapping.is_empty() && !native {
            suggested = suggestion(kind, columns);
            &suggested
        } else {
            mapping
        };
        let mut fields = Vec::new();
        for (field, column) in mapping {
            let at = columns.iter().position(|name| name == column).ok_or_else(|| {
                let known: Vec<&str> = columns.iter().take(20).map(String::as_str).collect();
                Refusal::invalid(
                    "unknown_column",
                    format!("The file has no column {column}; it has: {}.", known.join(", ")),
                    format!("文件中没有列“{column}”，现有列：{}。", known.join("、")),
                )
                .field(format!("mapping.{field}"))
            })?;
            fields.push((at, parse_field(kind, field)?));
        }
        let plan = Self { kind, fields, instants: InstantRules::in_zone(zone.time_zone().clone()), currency, native };
        if !native {
            plan.complete()?;
        }
        Ok(plan)
    }

    pub fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|(_, field)| matches!(field, Field::Named(own) if *own == name))
    }
    fn has_identifier(&self) -> bool {
        self.fields.iter().any(|(_, field)| matches!(field, Field::Identifier(_)))
    }
    fn complete(&self) -> Result<(), Refusal> {
        let mut missing: Vec<&str> = Vec::new();
        let mut need = |have: bool, what| {
            if !have {
                missing.push(what)
            }
        };
        match self.kind {
            ImportKind::People => need(self.has_identifier(), "an identifier (phone, member_no, …)"),
            ImportKind::Events => {
                need(self.has("name"), "name");
                need(self.has_identifier(), "an identifier (phone, member_no, …)");
            }
            ImportKind::Orders => {
                need(self.has("order_no"), "order_no");
                need(self.has("at"), "at");
                need(self.has("amount") || self.has("price"), "amount or price");
            }
            ImportKind::Products => need(self.has("sku"), "sku"),
        }
        if missing.is_empty() {
            return Ok(());
        }
        let list = missing.join(", ");
        Err(Refusal::invalid(
            "mapping_incomplete",
            format!("Choose a column for: {list}."),
            format!("请为以下字段选择列：{list}。"),
        )
        .field("mapping"))
    }
}

/// What the wizard would take without asking.
pub fn suggestion(kind: ImportKind, columns: &[String]) -> BTreeMap<String, String> {
    let hints: Vec<ColumnHint<'_>> = columns.iter().map(|name| ColumnHint::from(name.as_str())).collect();
    let mut out = BTreeMap::new();
    for suggestion in suggest_mapping(&hints, kind.target()) {
        let open = suggestion.field.contains('.') && !suggestion.field.starts_with("person.");
        if suggestion.confidence >= 0.7 || open {
            out.entry(suggestion.field).or_insert(suggestion.column);
        }
    }
    out
}

fn is_native(columns: &[String]) -> bool {
    let has = |name: &str| columns.iter().any(|column| column == name);
    has("type") && (has("userId") || has("anonymousId")) || has("messageId")
}

fn parse_field(kind: ImportKind, text: &str) -> Result<Field, Refusal> {
    let unknown = || {
        let known: Vec<&str> = siyu_files::suggest::fields(kind.target()).iter().map(|info| info.field).collect();
        Refusal::invalid(
            "field_unknown",
            format!("There is no field {text} for {}; there are: {}.", kind.name(), known.join(", ")),
            format!("{} 没有字段 {text}，可用字段：{}。", kind.name(), known.join("、")),
        )
        .field(format!("mapping.{text}"))
    };
    if !siyu_files::suggest::is_field(kind.target(), text) {
        return Err(unknown());
    }
    let text = if kind == ImportKind::Orders { text.strip_prefix("person.").unwrap_or(text) } else { text };
    if let Some(name) = text.strip_prefix("trait.") {
        return Ok(Field::Trait(name.to_owned()));
    }
    if let Some(name) = text.strip_prefix("property.") {
        return Ok(Field::Property(name.to_owned()));
    }
    if text == "tag" {
        return Ok(Field::Tag);
    }
    if let Some(kind) = Kind::parse(text) {
        return Ok(Field::Identifier(kind));
    }
    NAMED.iter().find(|name| **name == text).map(|name| Field::Named(name)).ok_or_else(unknown)
}
