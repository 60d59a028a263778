//! Parquet values as cells: nested groups become dotted columns, lists and maps become JSON text.

use ::parquet::basic::{ConvertedType, LogicalType, TimeUnit, Type as Physical};
use ::parquet::data_type::Decimal;
use ::parquet::record::{Field, Row as Record};
use ::parquet::schema::types::Type;

use crate::Row;
use crate::sentence::put;
use crate::value::civil_of_days;

/// How a column's numbers are shown where the record interface leaves that open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Show {
    AsIs,
    /// Nanoseconds since 1970.
    Nanos,
    Micros,
    Millis,
}

#[derive(Debug, Clone, Copy)]
struct Leaf {
    show: Show,
    /// Whether instants are UTC; local ones carry no zone.
    utc: bool,
}

enum Node {
    Leaf(Leaf),
    Group(Vec<(String, Node)>),
}

/// The columns of a file.
pub(crate) struct Plan {
    root: Vec<(String, Node)>,
}

/// Groups nested deeper than this become JSON text.
const DEPTH_MAX: usize = 8;

impl Plan {
    pub(crate) fn of(schema: &Type) -> Self {
        Plan { root: children(schema, 0) }
    }

    pub(crate) fn names(&self) -> Vec<String> {
        let mut out = Vec::new();
        names(&self.root, "", &mut out);
        out
    }

    pub(crate) fn push_row(&self, record: &Record, row: &mut Row) {
        push_group(&self.root, record, row);
    }
}

fn children(group: &Type, depth: usize) -> Vec<(String, Node)> {
    let fields = group.get_fields().iter();
    fields.map(|f| (f.name().to_string(), node(f, depth))).collect()
}

fn node(field: &Type, depth: usize) -> Node {
    let info = field.get_basic_info();
    let repeated = info.has_repetition() && info.repetition() == ::parquet::basic::Repetition::REPEATED;
    let plain_group = info.converted_type() == ConvertedType::NONE && info.logical_type_ref().is_none();
    if field.is_group() && plain_group && !repeated && depth < DEPTH_MAX {
        return Node::Group(children(field, depth + 1));
    }
    let leaf = |show, utc| Node::Leaf(Leaf { show, utc });
    match info.logical_type_ref() {
        Some(LogicalType::Timestamp(t)) => {
            let show = match t.unit {
                TimeUnit::NANOS => Show::Nanos,
                TimeUnit::MICROS => Show::Micros,
                TimeUnit::MILLIS => Show::Millis,
            };
            leaf(show, t.is_adjusted_to_u_t_c)
        }
        // INT96 carries no zone. Writers that use it put UTC there only by habit, so none is claimed.
        _ if field.is_primitive() && field.get_physical_type() == Physical::INT96 => leaf(Show::AsIs, false),
        // The older annotation means UTC.
        _ => leaf(Show::AsIs, true),
    }
}

fn names(nodes: &[(String, Node)], prefix: &str, out: &mut Vec<String>) {
    for (name, node) in nodes {
        let full = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        match node {
            Node::Leaf(_) => out.push(full),
            Node::Group(inner) => names(inner, &full, out),
        }
    }
}

fn push_group(nodes: &[(String, Node)], record: &Record, row: &mut Row) {
    let mut fields = record.get_column_iter();
    for (_, node) in nodes {
        push_node(node, fields.next().map(|(_, field)| field), row);
    }
}

fn push_node(node: &Node, field: Option<&Field>, row: &mut Row) {
    match (node, field) {
        (Node::Leaf(leaf), Some(field)) => {
            let start = row.text_len();
            push_field(field, *leaf, row.text_mut());
            row.end_cell(start);
        }
        (Node::Leaf(_), None) => row.push(""),
        (Node::Group(inner), Some(Field::Group(record))) => push_group(inner, record, row),
        // A null group: all its columns are empty.
        (Node::Group(inner), _) => inner.iter().for_each(|(_, node)| push_node(node, None, row)),
    }
}

fn push_field(field: &Field, leaf: Leaf, out: &mut String) {
    match field {
        Field::Null => {}
        Field::Long(n) => match leaf.show {
            Show::AsIs => put!(out, "{n}"),
            Show::Nanos => push_instant(i128::from(*n), leaf.utc, out),
            Show::Micros => push_instant(i128::from(*n) * 1_000, leaf.utc, out),
            Show::Millis => push_instant(i128::from(*n) * 1_000_000, leaf.utc, out),
        },
        Field::TimestampMillis(n) => push_instant(i128::from(*n) * 1_000_000, leaf.utc, out),
        Field::TimestampMicros(n) => push_instant(i128::from(*n) * 1_000, leaf.utc, out),
        Field::Date(days) => {
            let (y, m, d) = civil_of_days(i64::from(*days));
            put!(out, "{y:04}-{m:02}-{d:02}");
        }
        Field::TimeMillis(ms) => push_time(i64::from(*ms) * 1_000, out),
        Field::TimeMicros(us) => push_time(*us, out),
        Field::Decimal(d) => push_decimal(d, out),
        Field::Str(s) => out.push_str(s),
        Field::Bytes(b) => match std::str::from_utf8(b.data()) {
            Ok(text) => out.push_str(text),
            Err(_) => push_hex(b.data(), out),
        },
        Field::Bool(b) => put!(out, "{b}"),
        Field::Byte(n) => put!(out, "{n}"),
        Field::Short(n) => put!(out, "{n}"),
        Field::Int(n) => put!(out, "{n}"),
        Field::UByte(n) => put!(out, "{n}"),
        Field::UShort(n) => put!(out, "{n}"),
        Field::UInt(n) => put!(out, "{n}"),
        Field::ULong(n) => put!(out, "{n}"),
        Field::Float16(n) => put!(out, "{n}"),
        Field::Float(n) => push_float(f64::from(*n), &n.to_string(), out),
        Field::Double(n) => push_float(*n, &n.to_string(), out),
        Field::Group(_) | Field::ListInternal(_) | Field::MapInternal(_) => push_json(field, out),
    }
}

/// NaN means "no value" in tables written by data tools.
fn push_float(value: f64, shown: &str, out: &mut String) {
    match value {
        v if v.is_nan() => {}
        v if v != 0.0 && !(1e-9..1e21).contains(&v.abs()) => put!(out, "{v:e}"),
        _ => out.push_str(shown),
    }
}

fn push_instant(nanos: i128, utc: bool, out: &mut String) {
    const DAY: i128 = 86_400_000_000_000;
    let days = i64::try_from(nanos.div_euclid(DAY)).unwrap_or(i64::MAX);
    let (y, m, d) = civil_of_days(days);
    let left = (nanos.rem_euclid(DAY) / 1_000) as i64;
    put!(out, "{y:04}-{m:02}-{d:02}{}", if utc { 'T' } else { ' ' });
    push_time(left, out);
    if utc {
        out.push('Z');
    }
}

fn push_time(micros: i64, out: &mut String) {
    let s = micros / 1_000_000;
    put!(out, "{:02}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
    match micros % 1_000_000 {
        0 => {}
        us if us % 1_000 == 0 => put!(out, ".{:03}", us / 1_000),
        us => put!(out, ".{us:06}"),
    }
}

fn push_decimal(decimal: &Decimal, out: &mut String) {
    let data = decimal.data();
    // Big-endian two's complement; beyond 16 bytes no real table goes.
    if data.len() > 16 {
        push_hex(data, out);
        return;
    }
    let negative = data.first().is_some_and(|b| b & 0x80 != 0);
    let start: i128 = if negative { -1 } else { 0 };
    let value = data.iter().fold(start, |v, b| (v << 8) | i128::from(*b));
    let scale = usize::try_from(decimal.scale()).unwrap_or(0).min(60);
    let digits = format!("{:0>width$}", value.unsigned_abs(), width = scale + 1);
    let (whole, part) = digits.split_at(digits.len() - scale);
    let sign = if negative { "-" } else { "" };
    match part {
        "" => put!(out, "{sign}{whole}"),
        part => put!(out, "{sign}{whole}.{part}"),
    }
}

fn push_hex(bytes: &[u8], out: &mut String) {
    for b in bytes {
        put!(out, "{b:02x}");
    }
}

fn push_json(field: &Field, out: &mut String) {
    let list =
        |open: char, close: char, out: &mut String, items: &mut dyn Iterator<Item = (Option<String>, &Field)>| {
            out.push(open);
            for (i, (name, value)) in items.enumerate() {
                if i > 0 {
                    out.push(',');
                }
                if let Some(name) = name {
                    out.push_str(&serde_json::Value::from(name).to_string());
                    out.push(':');
                }
                push_json(value, out);
            }
            out.push(close);
        };
    match field {
        Field::Group(record) => {
            let mut items = record.get_column_iter().map(|(n, f)| (Some(n.clone()), f));
            list('{', '}', out, &mut items);
        }
        Field::ListInternal(l) => list('[', ']', out, &mut l.elements().iter().map(|f| (None, f))),
        Field::MapInternal(m) => {
            let mut items = m.entries().iter().map(|(k, v)| (Some(text_of(k)), v));
            list('{', '}', out, &mut items);
        }
        Field::Null => out.push_str("null"),
        Field::Bool(_)
        | Field::Byte(_)
        | Field::Short(_)
        | Field::Int(_)
        | Field::Long(_)
        | Field::UByte(_)
        | Field::UShort(_)
        | Field::UInt(_)
        | Field::ULong(_) => {
            out.push_str(&text_of(field));
        }
        Field::Float(n) if n.is_finite() => out.push_str(&text_of(field)),
        Field::Double(n) if n.is_finite() => out.push_str(&text_of(field)),
        Field::Float(_) | Field::Double(_) => out.push_str("null"),
        other => out.push_str(&serde_json::Value::from(text_of(other)).to_string()),
    }
}

fn text_of(field: &Field) -> String {
    let mut out = String::new();
    let leaf = Leaf { show: Show::AsIs, utc: true };
    push_field(field, leaf, &mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_read_as_a_person_would_write_them() {
        let text = |f: &Field| text_of(f);
        assert_eq!(text(&Field::Date(19_724)), "2024-01-02");
        assert_eq!(text(&Field::TimestampMillis(-1)), "1969-12-31T23:59:59.999Z");
        assert_eq!(text(&Field::TimestampMicros(1_704_164_645_000_000)), "2024-01-02T03:04:05Z");
        assert_eq!(text(&Field::Double(0.1)), "0.1");
        assert_eq!(text(&Field::Float(0.1)), "0.1");
        assert_eq!(text(&Field::Double(f64::NAN)), "");
        assert_eq!(text(&Field::Double(1e300)), "1e300");
        assert_eq!(text(&Field::Decimal(Decimal::from_i64(-5, 9, 2))), "-0.05");
        assert_eq!(text(&Field::Decimal(Decimal::from_i32(12_345, 9, 0))), "12345");
        assert_eq!(text(&Field::Bytes(vec![0xFF, 1].into())), "ff01");
        assert_eq!(text(&Field::TimestampMicros(i64::MAX)).len(), 29);
    }
}
