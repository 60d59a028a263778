//! Which events a question means, as JSON: `{"event": "Order Completed", "where": [{"property": "channel", "op": "eq", "value": "a"}]}`.

use crate::read::{At, Count, Object};
use crate::refuse;
use serde_json::Value;
use siyu_behaviour::{Operand, Select, Test, TestOp};
use siyu_kernel::Refusal;

/// Names of one selection.
const NAMES_MAX: usize = 50;
const TESTS_MAX: usize = 20;
const VALUES_MAX: usize = 1_000;

/// A selection of a spec.
#[derive(Clone, Debug, PartialEq)]
pub struct EventSel {
    pub select: Select,
    pub label: String,
    /// Where the names stand, for warnings.
    pub place: String,
}

pub(crate) const KEYS: [&str; 3] = ["event", "where", "label"];

const OPS: [(&str, TestOp); 10] = [
    ("eq", TestOp::Eq),
    ("ne", TestOp::Ne),
    ("gt", TestOp::Gt),
    ("gte", TestOp::Gte),
    ("lt", TestOp::Lt),
    ("lte", TestOp::Lte),
    ("in", TestOp::In),
    ("nin", TestOp::Nin),
    ("contains", TestOp::Contains),
    ("exists", TestOp::Exists),
];

impl EventSel {
    pub fn named(event: &str) -> Self {
        Self { select: Select::of(event), label: event.to_owned(), place: String::new() }
    }
    /// Every event.
    pub fn any() -> Self {
        Self { select: Select::default(), label: "*".to_owned(), place: String::new() }
    }
    /// Every event with this property.
    pub fn having(property: &str) -> Self {
        let test = Test { property: property.to_owned(), op: TestOp::Exists, value: Operand::Bool(true) };
        Self { select: Select { events: Vec::new(), tests: vec![test] }, ..Self::any() }
    }
    pub(crate) fn read(at: &At<'_>) -> Result<Self, Refusal> {
        Self::of(&at.object(&KEYS)?)
    }
    /// Of an object that may have further keys.
    pub(crate) fn of(object: &Object<'_>) -> Result<Self, Refusal> {
        let names = object.need("event")?;
        let events = events(&names)?;
        let tests = match object.get("where") {
            None => Vec::new(),
            Some(list) => list.list(Count::of(0, TESTS_MAX))?.iter().map(test).collect::<Result<_, _>>()?,
        };
        let label = match object.get("label") {
            Some(label) => label.text()?.to_owned(),
            None if events.is_empty() => "*".to_owned(),
            None => events.join(" / "),
        };
        Ok(Self { select: Select { events, tests }, label, place: names.place })
    }
    pub(crate) fn or(object: &Object<'_>, key: &str, absent: impl FnOnce() -> Self) -> Result<Self, Refusal> {
        object.get(key).map_or_else(|| Ok(absent()), |at| Self::read(&at))
    }
}

/// Empty for every event.
fn events(at: &At<'_>) -> Result<Vec<String>, Refusal> {
    let wrong = || {
        refuse::at(
            "spec_event",
            &at.place,
            "Name an event, a list of 1 to 50 events, or \"*\" for all.",
            "请填写事件名、1 到 50 个事件名的列表，或用 \"*\" 表示全部事件。",
        )
    };
    let name = |at: &At<'_>| match at.value.as_str() {
        Some(name) if !name.is_empty() && name.len() <= crate::read::TEXT_BYTES_MAX => Ok(name.to_owned()),
        _ => Err(wrong().field(&at.place)),
    };
    match at.value {
        Value::String(star) if star == "*" => Ok(Vec::new()),
        Value::String(_) => Ok(vec![name(at)?]),
        Value::Array(items) if (1..=NAMES_MAX).contains(&items.len()) => {
            let items = at.list(Count::of(1, NAMES_MAX))?;
            if items.iter().any(|item| item.value == "*") {
                return Ok(Vec::new());
            }
            let mut names: Vec<String> = items.iter().map(name).collect::<Result<_, _>>()?;
            let mut seen = std::collections::HashSet::new();
            names.retain(|name| seen.insert(name.clone()));
            Ok(names)
        }
        _ => Err(wrong()),
    }
}

fn test(at: &At<'_>) -> Result<Test, Refusal> {
    let object = at.object(&["property", "op", "value"])?;
    let property = property(&object.need("property")?)?;
    let op = object.need("op")?;
    let named = op.value.as_str().and_then(|name| OPS.iter().find(|(known, _)| *known == name));
    let (_, test_op) = *named.ok_or_else(|| refuse::operator(&op.place))?;
    let value = match (test_op, object.get("value")) {
        (TestOp::Exists, None) => Operand::Bool(true),
        (_, Some(value)) => operand(test_op, &value)?,
        (_, None) => return Err(refuse::missing(&object.at("value"))),
    };
    Ok(Test { property, op: test_op, value })
}

/// The name of a property.
pub(crate) fn property(at: &At<'_>) -> Result<String, Refusal> {
    let name = at.value.as_str().filter(|name| !name.is_empty() && name.len() <= crate::read::TEXT_BYTES_MAX);
    name.map(str::to_owned).ok_or_else(|| {
        refuse::at(
            "spec_property",
            &at.place,
            "Name a property, nested ones with dots: \"products.sku\".",
            "请填写属性名，嵌套属性用点号连接，如 \"products.sku\"。",
        )
    })
}

fn operand(op: TestOp, at: &At<'_>) -> Result<Operand, Refusal> {
    let wrong = |en: &str, zh: &str| refuse::value(&at.place, en, zh);
    let number = |value: &Value| value.as_f64().filter(|n| n.is_finite());
    let text =
        |value: &Value| value.as_str().filter(|text| text.len() <= crate::read::TEXT_BYTES_MAX).map(str::to_owned);
    match op {
        TestOp::Exists => at.value.as_bool().map(Operand::Bool).ok_or_else(|| wrong("true or false", "true 或 false")),
        TestOp::Contains => text(at.value)
            .filter(|text| !text.is_empty())
            .map(Operand::Text)
            .ok_or_else(|| wrong("a text of 1 to 256 bytes", "1 到 256 字节的文本")),
        TestOp::In | TestOp::Nin => {
            let items = at.value.as_array().filter(|items| (1..=VALUES_MAX).contains(&items.len()));
            let texts: Option<Vec<String>> = items.and_then(|items| items.iter().map(text).collect());
            let numbers: Option<Vec<f64>> = items.and_then(|items| items.iter().map(number).collect());
            texts
                .map(Operand::Texts)
                .or_else(|| numbers.map(Operand::Numbers))
                .ok_or_else(|| wrong("a list of 1 to 1,000 texts, or of numbers", "1 到 1000 个文本（或数字）的列表"))
        }
        TestOp::Gt | TestOp::Gte | TestOp::Lt | TestOp::Lte => number(at.value)
            .map(Operand::Number)
            .or_else(|| text(at.value).map(Operand::Text))
            .ok_or_else(|| wrong("a number or a text of up to 256 bytes", "数字或不超过 256 字节的文本")),
        TestOp::Eq | TestOp::Ne => number(at.value)
            .map(Operand::Number)
            .or_else(|| text(at.value).map(Operand::Text))
            .or_else(|| at.value.as_bool().map(Operand::Bool))
            .ok_or_else(|| wrong("a number, a text, true or false", "数字、文本、true 或 false")),
    }
}
