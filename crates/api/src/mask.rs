//! What readers without the right to see personal data get to see of free-form JSON.

use serde_json::Value;
use siyu_kernel::{Identifier, Kind};
use siyu_people::People;

/// Masks values whose key is a sensitive profile field, at any depth. Text is masked by kind where its key names one.
pub fn json(people: &People, value: &mut Value) {
    let fields = people.field_table();
    walk(value, &|key| {
        matches!(key, "phone" | "mobile" | "email") || fields.0.get(key).is_some_and(|field| field.sensitive)
    });
}

fn walk(value: &mut Value, sensitive: &impl Fn(&str) -> bool) {
    match value {
        Value::Object(map) => {
            for (key, value) in map.iter_mut() {
                if sensitive(key) && (value.is_string() || value.is_number()) {
                    *value = Value::String(text(key, value));
                } else {
                    walk(value, sensitive);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| walk(item, sensitive)),
        _ => {}
    }
}

fn text(key: &str, value: &Value) -> String {
    let raw = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let kind = match key {
        "phone" | "mobile" => Kind::Phone,
        "email" => Kind::Email,
        _ => return "****".into(),
    };
    Identifier::new(kind, &raw).map_or_else(|_| "****".into(), |identifier| identifier.masked())
}
