//! What starts, ends and moves people: something they do, or an audience they come into or leave.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use siyu_audience::{ENTERED, LEFT};
use siyu_kernel::Event;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Trigger {
    Event {
        name: String,
        /// All of them.
        #[serde(rename = "where", default, skip_serializing_if = "Vec::is_empty")]
        filters: Vec<Filter>,
    },
    Audience {
        id: String,
        #[serde(default)]
        change: Change,
    },
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    #[default]
    Entered,
    Left,
}

/// A condition on a property; `a.b` is the property `b` of the property `a`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    pub property: String,
    pub op: Op,
    #[serde(default)]
    pub value: Value,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    Eq,
    /// A property that is not there is not equal.
    Ne,
    Gt,
    Gte,
    Lt,
    Lte,
    In,
    /// Text: somewhere inside. List: one of its entries.
    Contains,
    Exists,
}

/// An event, its properties read.
pub(crate) struct Seen<'e> {
    pub name: &'e str,
    pub properties: Value,
}

impl<'e> Seen<'e> {
    pub fn of(event: &'e Event) -> Self {
        let body: Value = serde_json::from_str(&event.body).unwrap_or_default();
        Self { name: &event.name, properties: body.get("properties").cloned().unwrap_or_default() }
    }
}

impl Trigger {
    /// The name of the events that can be it.
    pub fn event_name(&self) -> &str {
        match self {
            Self::Event { name, .. } => name,
            Self::Audience { change: Change::Entered, .. } => ENTERED,
            Self::Audience { change: Change::Left, .. } => LEFT,
        }
    }
    pub(crate) fn is(&self, seen: &Seen<'_>) -> bool {
        if seen.name != self.event_name() {
            return false;
        }
        match self {
            Self::Event { filters, .. } => filters.iter().all(|filter| filter.holds(&seen.properties)),
            Self::Audience { id, .. } => {
                let list = seen.properties.get("audiences").and_then(Value::as_array);
                list.is_some_and(|list| list.iter().any(|own| own.get("audience").and_then(Value::as_str) == Some(id)))
            }
        }
    }
}

impl Filter {
    /// Whether the value fits the operator.
    pub fn is_sound(&self) -> bool {
        let name = !self.property.is_empty() && self.property.len() <= 200;
        name && match self.op {
            Op::Gt | Op::Gte | Op::Lt | Op::Lte => self.value.is_number() || self.value.is_string(),
            Op::In => self.value.as_array().is_some_and(|list| !list.is_empty() && list.len() <= 200),
            Op::Contains => self.value.is_string() || self.value.is_number(),
            Op::Eq | Op::Ne => !self.value.is_null() && !self.value.is_object() && !self.value.is_array(),
            Op::Exists => self.value.is_null() || self.value.is_boolean(),
        }
    }
    pub fn holds(&self, properties: &Value) -> bool {
        let mut path = self.property.split('.');
        // A property whose own name has a dot comes first.
        let found = properties.get(&self.property).or_else(|| path.try_fold(properties, |at, part| at.get(part)));
        let found = found.filter(|own| !own.is_null());
        let Some(own) = found else {
            return self.op == Op::Ne || (self.op == Op::Exists && self.value == Value::Bool(false));
        };
        let order = || compare(own, &self.value);
        match self.op {
            Op::Eq => same(own, &self.value),
            Op::Ne => !same(own, &self.value),
            Op::Gt => order().is_some_and(|order| order.is_gt()),
            Op::Gte => order().is_some_and(|order| order.is_ge()),
            Op::Lt => order().is_some_and(|order| order.is_lt()),
            Op::Lte => order().is_some_and(|order| order.is_le()),
            Op::In => self.value.as_array().is_some_and(|list| list.iter().any(|one| same(own, one))),
            Op::Contains => match own {
                Value::String(text) => self.value.as_str().is_some_and(|part| text.contains(part)),
                Value::Array(list) => list.iter().any(|one| same(one, &self.value)),
                _ => false,
            },
            Op::Exists => self.value != Value::Bool(false),
        }
    }
}

fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str().and_then(|text| text.trim().parse().ok()))
}
/// Shops send numbers as text at times: where the rule has a number, text that is one counts as it.
fn same(own: &Value, wanted: &Value) -> bool {
    own == wanted || (wanted.is_number() && number(own).is_some_and(|own| Some(own) == wanted.as_f64()))
}
fn compare(own: &Value, wanted: &Value) -> Option<std::cmp::Ordering> {
    match wanted {
        Value::Number(_) => number(own)?.partial_cmp(&wanted.as_f64()?),
        Value::String(text) => Some(own.as_str()?.cmp(text)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn filters_hold_as_people_mean_them() {
        let properties = json!({"amount": 120.5, "paid": true, "sku": "A-1", "n": "7", "tags": ["vip"], "shop": {"city": "上海"}, "a.b": 1, "no": null});
        for (property, op, value, holds) in [
            ("amount", "gte", json!(120.5), true),
            ("amount", "gt", json!(120.5), false),
            ("amount", "lt", json!(121), true),
            ("amount", "eq", json!(120.5), true),
            ("paid", "eq", json!(true), true),
            ("n", "eq", json!(7), true),
            ("n", "lte", json!(6), false),
            ("sku", "contains", json!("-"), true),
            ("sku", "in", json!(["B", "A-1"]), true),
            ("sku", "gt", json!("A"), true),
            ("sku", "gt", json!(1), false),
            ("tags", "contains", json!("vip"), true),
            ("shop.city", "eq", json!("上海"), true),
            ("a.b", "eq", json!(1), true),
            ("no", "exists", json!(true), false),
            ("no", "ne", json!(1), true),
            ("gone", "exists", json!(false), true),
            ("gone", "eq", json!(1), false),
            ("sku", "exists", json!(null), true),
        ] {
            let filter: Filter =
                serde_json::from_value(json!({"property": property, "op": op, "value": value})).unwrap();
            assert!(filter.is_sound(), "{filter:?}");
            assert_eq!(filter.holds(&properties), holds, "{filter:?}");
        }
    }

    #[test]
    fn an_audience_is_told_by_its_events() {
        let trigger: Trigger =
            serde_json::from_value(json!({"type": "audience", "id": "aud_1", "change": "left"})).unwrap();
        let seen = |name, id| Seen { name, properties: json!({"audiences": [{"audience": "x"}, {"audience": id}]}) };
        assert!(trigger.is(&seen(LEFT, "aud_1")));
        assert!(!trigger.is(&seen(LEFT, "aud_2")));
        assert!(!trigger.is(&seen(ENTERED, "aud_1")));
    }
}
