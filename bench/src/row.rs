//! One measured figure.

use serde::Serialize;
use serde_json::{Map, Value};

/// Seconds for `size` units of `work`, by somebody. `bench/peers/table.py` sets ours beside the peers'.
#[derive(Serialize)]
pub struct Row {
    work: &'static str,
    size: u64,
    who: String,
    version: String,
    seconds: f64,
    /// The answer, which must be everybody's.
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<Value>,
    notes: Map<String, Value>,
}

pub const US: &str = "Siyu";

impl Row {
    pub fn ours(work: &'static str, size: u64, seconds: f64) -> Self {
        Self::of(US, env!("CARGO_PKG_VERSION"), work, size, seconds)
    }
    pub fn of(who: &str, version: &str, work: &'static str, size: u64, seconds: f64) -> Self {
        Self { work, size, who: who.into(), version: version.into(), seconds, result: None, notes: Map::new() }
    }
    /// For works that are about how many in a second.
    #[must_use]
    pub fn rate(self) -> Self {
        let rate = (self.size as f64 / self.seconds).round() as u64;
        self.note("per_second", rate)
    }
    #[must_use]
    pub fn note(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.notes.insert(name.into(), value.into());
        self
    }
    #[must_use]
    pub fn result(self, result: Value) -> Self {
        Self { result: Some(result), ..self }
    }
    /// What was promised, and whether this row keeps it.
    #[must_use]
    pub fn bar(self, says: &str, met: bool) -> Self {
        self.note("bar", says).note("met", met)
    }
    pub fn shown(&self) -> String {
        let notes: Vec<String> = self.notes.iter().map(|(name, value)| format!("{name} {}", plain(value))).collect();
        format!(
            "{:10} {:>9}  {} {}  {:.3} s  {}",
            self.work,
            self.size,
            self.who,
            self.version,
            self.seconds,
            notes.join("  ")
        )
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => format!("“{text}”"),
        Value::Number(number) if number.as_f64().is_some_and(|n| n.fract() == 0.0) => {
            format!("{}", number.as_f64().unwrap_or_default())
        }
        other => other.to_string(),
    }
}

/// Rounded for a row: two digits behind the point.
pub fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}
