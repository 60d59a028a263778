//! What of an event is counted, and distribution.

use super::select::{EventSel, property};
use crate::read::{At, Count, Object};
use crate::refuse;
use siyu_kernel::Refusal;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Measured {
    Count,
    /// Distinct people.
    People,
    /// Distinct calendar days of a person.
    Days,
    /// Of a property.
    Sum(String),
    /// A property of each event.
    Value(String),
}

impl Measured {
    /// `"count"`, `"people"`, `"days"`, `{"sum": PROPERTY}`, `{"value": PROPERTY}`, of those that `allowed` names.
    pub(crate) fn read(at: &At<'_>, allowed: &[&str]) -> Result<Self, Refusal> {
        let wrong = || {
            let shown: Vec<String> = allowed
                .iter()
                .map(|name| match *name {
                    "sum" | "value" => format!("{{\"{name}\": PROPERTY}}"),
                    plain => format!("\"{plain}\""),
                })
                .collect();
            let (en, zh) = (format!("one of: {}", shown.join(", ")), format!("以下之一：{}", shown.join("、")));
            refuse::shape(&at.place, &en, &zh)
        };
        if let Some(word) = at.value.as_str() {
            return match word {
                _ if !allowed.contains(&word) => Err(wrong()),
                "count" => Ok(Self::Count),
                "people" => Ok(Self::People),
                "days" => Ok(Self::Days),
                _ => Err(wrong()),
            };
        }
        if !at.value.is_object() {
            return Err(wrong());
        }
        let object = at.object(&["sum", "value"])?;
        match (object.get("sum"), object.get("value")) {
            (Some(name), None) if allowed.contains(&"sum") => Ok(Self::Sum(property(&name)?)),
            (None, Some(name)) if allowed.contains(&"value") => Ok(Self::Value(property(&name)?)),
            _ => Err(wrong()),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Distribution {
    pub event: EventSel,
    /// Not `People`.
    pub measure: Measured,
    /// Rising edges; chosen from the data when absent.
    pub bins: Option<Vec<f64>>,
}

const EDGES_MAX: usize = 50;

impl Distribution {
    pub(crate) const KEYS: [&'static str; 3] = ["event", "measure", "bins"];

    pub(crate) fn read(object: &Object<'_>) -> Result<Self, Refusal> {
        let measure = object.map("measure", |at| Measured::read(at, &["count", "days", "sum", "value"]))?;
        Ok(Self {
            event: EventSel::read(&object.need("event")?)?,
            measure: measure.unwrap_or(Measured::Count),
            bins: object.map("bins", bins)?,
        })
    }
}

fn bins(at: &At<'_>) -> Result<Vec<f64>, Refusal> {
    let items = at.list(Count::of(1, EDGES_MAX).code("spec_bins"))?;
    let mut edges: Vec<f64> = Vec::with_capacity(items.len());
    for item in &items {
        let edge = item.value.as_f64().filter(|edge| edge.is_finite() && edge.abs() <= 1e15);
        match (edge, edges.last()) {
            (Some(edge), Some(last)) if edge > *last => edges.push(edge),
            (Some(edge), None) => edges.push(edge),
            _ => {
                return Err(refuse::at(
                    "spec_bins",
                    &item.place,
                    "Edges are numbers, each above the one before.",
                    "分组边界须为依次递增的数字。",
                ));
            }
        }
    }
    Ok(edges)
}
