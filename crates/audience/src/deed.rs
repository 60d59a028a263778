//! Conditions on what people did, as they are written:
//!
//! ```json
//! {"did": {"event": "Order Completed", "where": [{"property": "channel", "op": "in", "value": ["wecom"]}],
//!          "times": {"op": "gte", "value": 2}, "span": {"last_days": 90}}}
//! {"sequence": {"steps": [{"event": "Product Viewed"}, {"event": "Order Completed"}], "window": {"days": 7}, "span": {"last_days": 30}}}
//! {"first": {"event": "Order Completed", "span": {"from": "2026-01-01", "to": "2026-03-31"}}}
//! {"last": {"event": ["Page Viewed", "Product Viewed"], "span": {"ever": true}}}
//! ```

use crate::refuse;
use crate::test::day_of;
use serde::Serialize;
use serde_json::{Map, Value, json};
use siyu_behaviour::kernels::Compare;
use siyu_behaviour::{Operand, Select, Test, TestOp};
use siyu_kernel::Refusal;

const EVENTS_MAX: usize = 50;
const TESTS_MAX: usize = 20;
const VALUES_MAX: usize = 500;
const STEPS: std::ops::RangeInclusive<usize> = 2..=10;
const NAME_CHARS_MAX: usize = 200;
const SPAN_DAYS_MAX: i64 = 36_500;
const SPAN_DAYS: u32 = 90;
const MINUTE: i64 = 60_000_000;
const WINDOW_MINUTES_MAX: i64 = 366 * 24 * 60;
/// Any behaviour event.
const ANY: &str = "*";

#[derive(Clone, Debug, PartialEq)]
pub enum Deed {
    Did {
        event: EventSel,
        count: Counted,
        span: Span,
    },
    /// The first such event ever lies in the span.
    First {
        event: EventSel,
        span: Span,
    },
    /// The last such event lies in the span.
    Last {
        event: EventSel,
        span: Span,
    },
    Sequence {
        steps: Vec<EventSel>,
        /// Minutes from the first step to the last.
        window: i64,
        span: Span,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub struct EventSel {
    /// Empty: any.
    pub events: Vec<String>,
    pub tests: Vec<PropertyTest>,
    /// A name for people; means nothing.
    pub label: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct PropertyTest {
    pub property: String,
    pub op: TestOp,
    pub value: Value,
    operand: Operand,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Counted {
    Times(Compare, i64),
    /// Distinct days with such an event.
    Days(Compare, i64),
    /// Sum of a property; money in minor units.
    Sum {
        property: String,
        op: Compare,
        value: f64,
    },
}

/// Calendar days of the workspace's zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    Ever,
    /// Today and the days before it, this many in all.
    LastDays(u32),
    /// Days since 1970, both included.
    Days {
        from: i32,
        to: i32,
    },
}

/// An object whose keys are all known.
struct Object<'a> {
    map: &'a Map<String, Value>,
    place: String,
}

impl<'a> Object<'a> {
    fn new(value: &'a Value, place: &str, keys: &[&str]) -> Result<Self, Refusal> {
        let map = value.as_object().ok_or_else(|| refuse::deed_shape(place, keys))?;
        match map.keys().find(|key| !keys.contains(&key.as_str())) {
            Some(key) => Err(refuse::deed_shape(&format!("{place}.{key}"), keys)),
            None => Ok(Self { map, place: place.to_owned() }),
        }
    }
    fn at(&self, key: &str) -> String {
        format!("{}.{key}", self.place)
    }
    fn get(&self, key: &str) -> Option<&'a Value> {
        self.map.get(key).filter(|value| !value.is_null())
    }
}

const SELECT: [&str; 3] = ["event", "where", "label"];

impl Deed {
    pub(crate) const KEYS: [&'static str; 4] = ["did", "first", "last", "sequence"];

    /// Errors, each with its place: `rule_shape`, `rule_event`, `rule_where`, `rule_times`, `rule_span`, `rule_window`, `rule_steps`.
    pub(crate) fn read(key: &str, value: &Value, place: &str) -> Result<Self, Refusal> {
        let [event, tests, label] = SELECT;
        match key {
            "did" => {
                let object = Object::new(value, place, &[event, tests, label, "times", "days", "sum", "span"])?;
                Ok(Self::Did {
                    event: EventSel::of(&object)?,
                    count: Counted::read(&object)?,
                    span: Span::read(&object)?,
                })
            }
            "sequence" => {
                let object = Object::new(value, place, &["steps", "window", "span"])?;
                let at = object.at("steps");
                let steps = object.get("steps").and_then(Value::as_array).filter(|steps| STEPS.contains(&steps.len()));
                let steps = steps.ok_or_else(|| refuse::steps(&at, *STEPS.start(), *STEPS.end()))?;
                let steps: Result<Vec<EventSel>, Refusal> = steps
                    .iter()
                    .enumerate()
                    .map(|(no, step)| EventSel::of(&Object::new(step, &format!("{at}[{no}]"), &SELECT)?))
                    .collect();
                Ok(Self::Sequence { steps: steps?, window: window(&object)?, span: Span::read(&object)? })
            }
            _ => {
                let object = Object::new(value, place, &[event, tests, label, "span"])?;
                let (event, span) = (EventSel::of(&object)?, Span::read(&object)?);
                Ok(if key == "first" { Self::First { event, span } } else { Self::Last { event, span } })
            }
        }
    }
    pub(crate) fn key(&self) -> &'static str {
        match self {
            Self::Did { .. } => "did",
            Self::First { .. } => "first",
            Self::Last { .. } => "last",
            Self::Sequence { .. } => "sequence",
        }
    }
    /// The properties it asks about, each with its place below the condition's.
    pub(crate) fn properties(&self) -> Vec<(String, &str)> {
        match self {
            Self::Did { event, count, .. } => {
                let mut named = event.properties("");
                if let Counted::Sum { property, .. } = count {
                    named.push(("sum.property".into(), property));
                }
                named
            }
            Self::First { event, .. } | Self::Last { event, .. } => event.properties(""),
            Self::Sequence { steps, .. } => {
                steps.iter().enumerate().flat_map(|(at, step)| step.properties(&format!("steps[{at}]."))).collect()
            }
        }
    }
    pub(crate) fn body(&self) -> Value {
        let mut map = Map::new();
        match self {
            Self::Did { event, count, span } => {
                event.write(&mut map);
                count.write(&mut map);
                map.insert("span".into(), span.json());
            }
            Self::First { event, span } | Self::Last { event, span } => {
                event.write(&mut map);
                map.insert("span".into(), span.json());
            }
            Self::Sequence { steps, window, span } => {
                let steps = steps.iter().map(|step| {
                    let mut map = Map::new();
                    step.write(&mut map);
                    Value::Object(map)
                });
                map.insert("steps".into(), steps.collect());
                map.insert("window".into(), json!({ "minutes": window }));
                map.insert("span".into(), span.json());
            }
        }
        Value::Object(map)
    }
}

fn window(object: &Object<'_>) -> Result<i64, Refusal> {
    let Some(value) = object.get("window") else { return Ok(7 * 24 * 60) };
    let at = object.at("window");
    let wrong = || refuse::window(&at);
    let map = value.as_object().filter(|map| map.len() == 1).ok_or_else(wrong)?;
    let (unit, number) = map.iter().next().ok_or_else(wrong)?;
    let minutes = match unit.as_str() {
        "days" => 24 * 60,
        "hours" => 60,
        "minutes" => 1,
        _ => return Err(wrong()),
    };
    let total = number.as_i64().and_then(|number| number.checked_mul(minutes)).ok_or_else(wrong)?;
    if (1..=WINDOW_MINUTES_MAX).contains(&total) { Ok(total) } else { Err(wrong()) }
}

impl EventSel {
    fn of(object: &Object<'_>) -> Result<Self, Refusal> {
        let at = object.at("event");
        let name = |value: &Value| {
            let name = value.as_str().filter(|name| !name.trim().is_empty() && name.chars().count() <= NAME_CHARS_MAX);
            name.map(str::to_owned).ok_or_else(|| refuse::event(&at))
        };
        let events = match object.get("event") {
            Some(Value::Array(items)) if (1..=EVENTS_MAX).contains(&items.len()) => {
                items.iter().map(name).collect::<Result<Vec<_>, _>>()?
            }
            Some(single @ Value::String(_)) => vec![name(single)?],
            _ => return Err(refuse::event(&at)),
        };
        let events = if events.iter().any(|event| event == ANY) { Vec::new() } else { events };
        let at = object.at("where");
        let tests = match object.get("where") {
            None => Vec::new(),
            Some(Value::Array(items)) if items.len() <= TESTS_MAX => items
                .iter()
                .enumerate()
                .map(|(no, item)| PropertyTest::read(item, &format!("{at}[{no}]")))
                .collect::<Result<Vec<_>, _>>()?,
            Some(_) => return Err(refuse::tests(&at, TESTS_MAX)),
        };
        let label = match object.get("label") {
            None => None,
            Some(Value::String(label)) if label.chars().count() <= NAME_CHARS_MAX => Some(label.clone()),
            Some(_) => return Err(refuse::deed_shape(&object.at("label"), &SELECT)),
        };
        Ok(Self { events, tests, label })
    }
    fn write(&self, map: &mut Map<String, Value>) {
        let event = match &self.events[..] {
            [] => json!(ANY),
            [single] => json!(single),
            several => json!(several),
        };
        map.insert("event".into(), event);
        if !self.tests.is_empty() {
            let tests =
                self.tests.iter().map(|test| json!({ "property": test.property, "op": test.op, "value": test.value }));
            map.insert("where".into(), tests.collect());
        }
        if let Some(label) = &self.label {
            map.insert("label".into(), json!(label));
        }
    }
    fn properties(&self, place: &str) -> Vec<(String, &str)> {
        let tests = self.tests.iter().enumerate();
        tests.map(|(at, test)| (format!("{place}where[{at}].property"), test.property.as_str())).collect()
    }
    pub(crate) fn select(&self) -> Select {
        let test =
            |test: &PropertyTest| Test { property: test.property.clone(), op: test.op, value: test.operand.clone() };
        Select { events: self.events.clone(), tests: self.tests.iter().map(test).collect() }
    }
}

impl PropertyTest {
    fn read(value: &Value, place: &str) -> Result<Self, Refusal> {
        const KEYS: [&str; 3] = ["property", "op", "value"];
        let object = Object::new(value, place, &KEYS)?;
        let property = object.get("property").and_then(Value::as_str);
        let property = property.filter(|name| !name.is_empty() && name.chars().count() <= NAME_CHARS_MAX);
        let property = property.ok_or_else(|| refuse::property(&object.at("property")))?.to_owned();
        let op = object.get("op").cloned().unwrap_or_default();
        let name = op.as_str().unwrap_or_default().to_owned();
        let op: TestOp = serde_json::from_value(op).map_err(|_| refuse::unknown_op(&object.at("op"), &name))?;
        let value = object.get("value").cloned().unwrap_or_default();
        let operand = operand(op, &value).ok_or_else(|| refuse::property_value(&object.at("value")))?;
        Ok(Self { property, op, value, operand })
    }
}

fn operand(op: TestOp, value: &Value) -> Option<Operand> {
    let single = || match value {
        Value::Number(number) => number.as_f64().map(Operand::Number),
        Value::String(text) => Some(Operand::Text(text.clone())),
        Value::Bool(flag) => Some(Operand::Bool(*flag)),
        _ => None,
    };
    match op {
        TestOp::Eq | TestOp::Ne => single(),
        TestOp::Gt | TestOp::Gte | TestOp::Lt | TestOp::Lte => single().filter(|own| !matches!(own, Operand::Bool(_))),
        TestOp::Contains => single().filter(|own| matches!(own, Operand::Text(_))),
        TestOp::Exists => single().filter(|own| matches!(own, Operand::Bool(_))),
        TestOp::In | TestOp::Nin => {
            let items = value.as_array().filter(|items| (1..=VALUES_MAX).contains(&items.len()))?;
            let texts: Option<Vec<String>> = items.iter().map(|item| item.as_str().map(str::to_owned)).collect();
            let numbers = || items.iter().map(Value::as_f64).collect::<Option<Vec<f64>>>();
            texts.map(Operand::Texts).or_else(|| numbers().map(Operand::Numbers))
        }
    }
}

impl Counted {
    fn read(object: &Object<'_>) -> Result<Self, Refusal> {
        let given: Vec<&str> = ["times", "days", "sum"].into_iter().filter(|key| object.get(key).is_some()).collect();
        let key = match given[..] {
            [] => return Ok(Self::Times(Compare::Gte, 1)),
            [key] => key,
            _ => return Err(refuse::times(&object.at(given[1]))),
        };
        let at = object.at(key);
        let keys: &[&str] = if key == "sum" { &["property", "op", "value"] } else { &["op", "value"] };
        let own = Object::new(object.get(key).unwrap_or(&Value::Null), &at, keys)?;
        let op = own.get("op").cloned().unwrap_or_else(|| json!("gte"));
        let op: Compare = serde_json::from_value(op).map_err(|_| refuse::times(&own.at("op")))?;
        let value = own.get("value").cloned().unwrap_or_default();
        if key == "sum" {
            let property = own.get("property").and_then(Value::as_str).filter(|name| !name.is_empty());
            let property = property.ok_or_else(|| refuse::property(&own.at("property")))?.to_owned();
            let value =
                value.as_f64().filter(|value| value.abs() <= 1e15).ok_or_else(|| refuse::times(&own.at("value")))?;
            return Ok(Self::Sum { property, op, value });
        }
        let value = value.as_i64().filter(|value| (0..=1_000_000).contains(value));
        let value = value.ok_or_else(|| refuse::times(&own.at("value")))?;
        Ok(if key == "days" { Self::Days(op, value) } else { Self::Times(op, value) })
    }
    fn write(&self, map: &mut Map<String, Value>) {
        let (key, value) = match self {
            Self::Times(op, value) => ("times", json!({ "op": op, "value": value })),
            Self::Days(op, value) => ("days", json!({ "op": op, "value": value })),
            Self::Sum { property, op, value } => ("sum", json!({ "property": property, "op": op, "value": value })),
        };
        map.insert(key.into(), value);
    }
}

impl Span {
    fn read(object: &Object<'_>) -> Result<Self, Refusal> {
        let Some(value) = object.get("span") else { return Ok(Self::LastDays(SPAN_DAYS)) };
        let at = object.at("span");
        let own = Object::new(value, &at, &["last_days", "from", "to", "ever"])?;
        match (own.get("ever"), own.get("last_days"), own.get("from"), own.get("to")) {
            (Some(Value::Bool(true)), None, None, None) => Ok(Self::Ever),
            (None, Some(days), None, None) => {
                let days = days.as_i64().filter(|days| (1..=SPAN_DAYS_MAX).contains(days));
                Ok(Self::LastDays(days.ok_or_else(|| refuse::span_days(&own.at("last_days"), SPAN_DAYS_MAX))? as u32))
            }
            (None, None, Some(from), Some(to)) => {
                let day =
                    |value: &Value, key| value.as_str().and_then(day_of).ok_or_else(|| refuse::span_day(&own.at(key)));
                let (from, to) = (day(from, "from")?, day(to, "to")?);
                if from > to { Err(refuse::span_ends(&at)) } else { Ok(Self::Days { from, to }) }
            }
            _ => Err(refuse::span(&at)),
        }
    }
    pub(crate) fn json(self) -> Value {
        match self {
            Self::Ever => json!({ "ever": true }),
            Self::LastDays(days) => json!({ "last_days": days }),
            Self::Days { from, to } => json!({ "from": show_day(from), "to": show_day(to) }),
        }
    }
}

/// `2026-05-01`.
pub(crate) fn show_day(day: i32) -> String {
    let (year, month, date) = siyu_behaviour::civil(day);
    format!("{year:04}-{month:02}-{date:02}")
}

pub(crate) fn micros(minutes: i64) -> i64 {
    minutes * MINUTE
}

impl Serialize for Deed {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json!({ self.key(): self.body() }).serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: Value) -> Result<Deed, String> {
        let (key, body) = value.as_object().unwrap().iter().next().unwrap();
        Deed::read(key, body, &format!("rule.all[0].{key}"))
            .map_err(|refusal| format!("{} {}", refusal.code, refusal.field.unwrap_or_default()))
    }

    #[test]
    fn what_is_written_is_read_back() {
        for deed in [
            json!({"did": {"event": "Order Completed", "times": {"op": "eq", "value": 0}, "span": {"last_days": 30}}}),
            json!({"did": {"event": ["A", "B"], "label": "x", "days": {"op": "gt", "value": 3}, "span": {"ever": true},
                "where": [{"property": "channel", "op": "nin", "value": ["a"]}, {"property": "price", "op": "in", "value": [1.5, 2.0]}]}}),
            json!({"did": {"event": "*", "sum": {"property": "amount", "op": "lt", "value": 10.0}, "span": {"from": "2026-01-31", "to": "2026-02-28"}}}),
            json!({"first": {"event": "A", "span": {"last_days": 7}}}),
            json!({"last": {"event": "A", "span": {"from": "1999-12-31", "to": "1999-12-31"}}}),
            json!({"sequence": {"steps": [{"event": "A"}, {"event": "*"}], "window": {"minutes": 30}, "span": {"last_days": 1}}}),
        ] {
            let read = read(deed.clone()).unwrap();
            assert_eq!(serde_json::to_value(&read).unwrap(), deed);
        }
        let short = read(json!({"did": {"event": "A"}})).unwrap();
        let whole = json!({"did": {"event": "A", "times": {"op": "gte", "value": 1}, "span": {"last_days": 90}}});
        assert_eq!(serde_json::to_value(short).unwrap(), whole);
    }

    #[test]
    fn mistakes_are_told_with_their_place() {
        let steps = |n: usize| vec![json!({"event": "A"}); n];
        for (deed, want) in [
            (json!({"did": {}}), "rule_event rule.all[0].did.event"),
            (json!({"did": {"event": ""}}), "rule_event rule.all[0].did.event"),
            (json!({"did": {"event": []}}), "rule_event rule.all[0].did.event"),
            (json!({"did": {"event": "A", "often": 2}}), "rule_shape rule.all[0].did.often"),
            (json!({"did": 5}), "rule_shape rule.all[0].did"),
            (
                json!({"did": {"event": "A", "where": [{"property": "x", "op": "eq", "value": 1}, {"op": "eq"}]}}),
                "rule_where rule.all[0].did.where[1].property",
            ),
            (
                json!({"did": {"event": "A", "where": [{"property": "x", "op": "like", "value": 1}]}}),
                "rule_operator rule.all[0].did.where[0].op",
            ),
            (
                json!({"did": {"event": "A", "where": [{"property": "x", "op": "in", "value": [1, "a"]}]}}),
                "rule_where rule.all[0].did.where[0].value",
            ),
            (
                json!({"did": {"event": "A", "where": [{"property": "x", "op": "exists"}]}}),
                "rule_where rule.all[0].did.where[0].value",
            ),
            (json!({"did": {"event": "A", "where": {}}}), "rule_where rule.all[0].did.where"),
            (
                json!({"did": {"event": "A", "times": {"op": "gte", "value": -1}}}),
                "rule_times rule.all[0].did.times.value",
            ),
            (json!({"did": {"event": "A", "times": {"op": "in", "value": 1}}}), "rule_times rule.all[0].did.times.op"),
            (
                json!({"did": {"event": "A", "times": {"value": 1}, "days": {"value": 1}}}),
                "rule_times rule.all[0].did.days",
            ),
            (
                json!({"did": {"event": "A", "sum": {"op": "gte", "value": 1}}}),
                "rule_where rule.all[0].did.sum.property",
            ),
            (json!({"did": {"event": "A", "span": {"last_days": 0}}}), "rule_span rule.all[0].did.span.last_days"),
            (
                json!({"did": {"event": "A", "span": {"from": "2026-02-01", "to": "2026-01-01"}}}),
                "rule_span rule.all[0].did.span",
            ),
            (
                json!({"did": {"event": "A", "span": {"from": "2026-02-30", "to": "2026-03-01"}}}),
                "rule_span rule.all[0].did.span.from",
            ),
            (json!({"did": {"event": "A", "span": {"last_days": 3, "ever": true}}}), "rule_span rule.all[0].did.span"),
            (json!({"first": {"event": "A", "times": {"value": 1}}}), "rule_shape rule.all[0].first.times"),
            (json!({"sequence": {"steps": steps(1)}}), "rule_steps rule.all[0].sequence.steps"),
            (json!({"sequence": {"steps": steps(11)}}), "rule_steps rule.all[0].sequence.steps"),
            (
                json!({"sequence": {"steps": [{"event": "A"}, {"event": 5}]}}),
                "rule_event rule.all[0].sequence.steps[1].event",
            ),
            (
                json!({"sequence": {"steps": steps(2), "window": {"days": 0}}}),
                "rule_window rule.all[0].sequence.window",
            ),
            (
                json!({"sequence": {"steps": steps(2), "window": {"days": 1, "hours": 1}}}),
                "rule_window rule.all[0].sequence.window",
            ),
            (
                json!({"sequence": {"steps": steps(2), "window": {"days": i64::MAX}}}),
                "rule_window rule.all[0].sequence.window",
            ),
        ] {
            assert_eq!(read(deed.clone()).unwrap_err(), want, "{deed}");
        }
    }
}
