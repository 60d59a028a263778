//! A rule as people write it.
//!
//! ```json
//! {"version": 1, "all": [
//!   {"field": "orders.count", "op": "gte", "value": 2},
//!   {"any": [{"field": "has.phone", "op": "eq", "value": true}, {"field": "trait.city", "op": "in", "value": ["上海", "杭州"]}]},
//!   {"not": [{"field": "tag", "op": "eq", "value": "tag_…"}]}
//! ]}
//! ```
//! A condition is on a field (as above), or on what somebody did ([`Deed`]). `all`: every one of them; `any`: at least one; `not`: none. `version` may be left out and is 1.

use crate::deed::Deed;
use crate::refuse;
use serde::de::Error as _;
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use siyu_kernel::Refusal;

/// Groups inside groups.
pub const DEPTH_MAX: usize = 20;
/// Groups and conditions together.
pub const NODES_MAX: usize = 500;
const VERSION: i64 = 1;

/// A tree whose shape is right; whether its fields exist is asked by [`crate::Audience::plan`].
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    pub root: Node,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Vec<Node>),
    Cond(Cond),
    Deed(Deed),
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cond {
    pub field: String,
    pub op: Op,
    /// A number, text, true or false, a day (`2026-05-01`), an instant (RFC 3339), or for `in` a list. `exists` takes true or false.
    pub value: Value,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Op {
    Eq,
    /// Everybody who is not `eq`, people without a value included.
    Ne,
    Gt,
    Gte,
    Lt,
    Lte,
    In,
    /// Text: somewhere inside, upper and lower case alike. List: one of its entries.
    Contains,
    Exists,
}

impl Op {
    pub const ALL: [Op; 9] = [Op::Eq, Op::Ne, Op::Gt, Op::Gte, Op::Lt, Op::Lte, Op::In, Op::Contains, Op::Exists];

    pub fn name(self) -> &'static str {
        match self {
            Op::Eq => "eq",
            Op::Ne => "ne",
            Op::Gt => "gt",
            Op::Gte => "gte",
            Op::Lt => "lt",
            Op::Lte => "lte",
            Op::In => "in",
            Op::Contains => "contains",
            Op::Exists => "exists",
        }
    }
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|op| op.name() == name)
    }
}

impl Rule {
    /// Errors, each with its place: `rule_json`, `rule_version`, `rule_shape`, `rule_empty`, `rule_operator`, `rule_too_deep`,
    /// `rule_too_large`.
    pub fn parse(value: &Value) -> Result<Self, Refusal> {
        let map = value.as_object().ok_or_else(|| refuse::shape("rule"))?;
        match map.get("version") {
            None => {}
            Some(version) if version.as_i64() == Some(VERSION) => {}
            Some(_) => return Err(refuse::version()),
        }
        let mut nodes = 0;
        let root = node(value, "rule", 1, &mut nodes)?;
        // The builder always has a group to add to.
        let root = if matches!(root, Node::Cond(_) | Node::Deed(_)) { Node::All(vec![root]) } else { root };
        Ok(Self { root })
    }
    pub fn from_text(text: &str) -> Result<Self, Refusal> {
        let read = serde_json::from_str(text).map_err(|error| {
            // The reader of JSON gives up at 128 levels, long after rules do.
            let deep = error.classify() == serde_json::error::Category::Syntax
                && error.to_string().contains("recursion limit");
            if deep { refuse::too_deep("rule") } else { refuse::json().because(error) }
        });
        Self::parse(&read?)
    }
    /// The text that is stored with a tag.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).expect("a tree of maps with text keys is JSON")
    }
    /// Ids of the tags the rule asks for.
    pub(crate) fn tags(&self) -> Vec<String> {
        self.named("tag")
    }
    /// Ids of the audiences the rule asks for.
    pub(crate) fn audiences(&self) -> Vec<String> {
        self.named("audience")
    }
    /// Whether it asks for any tag or audience.
    pub(crate) fn names_any(&self) -> bool {
        !self.tags().is_empty() || !self.audiences().is_empty()
    }
    fn named(&self, field: &str) -> Vec<String> {
        let mut out = Vec::new();
        collect(&self.root, field, &mut out);
        out
    }
}

fn node(value: &Value, place: &str, depth: usize, nodes: &mut usize) -> Result<Node, Refusal> {
    *nodes += 1;
    if depth > DEPTH_MAX {
        return Err(refuse::too_deep(place));
    }
    if *nodes > NODES_MAX {
        return Err(refuse::too_large(place));
    }
    let map = value.as_object().ok_or_else(|| refuse::shape(place))?;
    let keys: Vec<&str> = map.keys().map(String::as_str).filter(|key| *key != "version" || place != "rule").collect();
    if map.contains_key("field") {
        return cond(value, &keys, place).map(Node::Cond);
    }
    let [key] = keys[..] else { return Err(refuse::shape(place)) };
    if Deed::KEYS.contains(&key) {
        return Deed::read(key, &map[key], &format!("{place}.{key}")).map(Node::Deed);
    }
    let make = match key {
        "all" => Node::All,
        "any" => Node::Any,
        "not" => Node::Not,
        _ => return Err(refuse::shape(place)),
    };
    let place = format!("{place}.{key}");
    let items = map[key].as_array().ok_or_else(|| refuse::shape(&place))?;
    if items.is_empty() {
        return Err(refuse::empty(&place));
    }
    let items: Result<Vec<Node>, Refusal> =
        items.iter().enumerate().map(|(at, item)| node(item, &format!("{place}[{at}]"), depth + 1, nodes)).collect();
    Ok(make(items?))
}

fn cond(value: &Value, keys: &[&str], place: &str) -> Result<Cond, Refusal> {
    let field = value["field"].as_str().ok_or_else(|| refuse::shape(&format!("{place}.field")))?;
    if let Some(key) = keys.iter().find(|key| !["field", "op", "value"].contains(*key)) {
        return Err(refuse::shape(&format!("{place}.{key}")));
    }
    let op = value["op"].as_str().unwrap_or_default();
    let op = Op::parse(op).ok_or_else(|| refuse::unknown_op(&format!("{place}.op"), op))?;
    Ok(Cond { field: field.to_owned(), op, value: value["value"].clone() })
}

fn collect(node: &Node, field: &str, out: &mut Vec<String>) {
    match node {
        Node::All(items) | Node::Any(items) | Node::Not(items) => {
            items.iter().for_each(|item| collect(item, field, out))
        }
        Node::Cond(cond) if cond.field == field => match &cond.value {
            Value::String(id) => out.push(id.clone()),
            Value::Array(ids) => out.extend(ids.iter().filter_map(Value::as_str).map(str::to_owned)),
            _ => {}
        },
        Node::Cond(_) | Node::Deed(_) => {}
    }
}

impl Node {
    fn entry<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        match self {
            Node::All(items) => map.serialize_entry("all", items),
            Node::Any(items) => map.serialize_entry("any", items),
            Node::Not(items) => map.serialize_entry("not", items),
            Node::Cond(cond) => {
                map.serialize_entry("field", &cond.field)?;
                map.serialize_entry("op", &cond.op)?;
                map.serialize_entry("value", &cond.value)
            }
            Node::Deed(deed) => map.serialize_entry(deed.key(), &deed.body()),
        }
    }
}
impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.entry(&mut map)?;
        map.end()
    }
}
impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("version", &VERSION)?;
        self.root.entry(&mut map)?;
        map.end()
    }
}
/// The sentence of an error carries its place; use [`Rule::parse`] where the refusal itself is wanted.
impl<'de> Deserialize<'de> for Rule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Self::parse(&value).map_err(|r| D::Error::custom(format!("{}: {}", r.field.unwrap_or_default(), r.en)))
    }
}
