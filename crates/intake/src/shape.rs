//! The top-level shape of a JSON object, without building it: key, JSON type and raw text of each value.

use serde::Deserializer;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonType {
    String,
    Number,
    Boolean,
    Object,
    Array,
    Null,
}

impl JsonType {
    pub const ALL: [JsonType; 6] = [Self::String, Self::Number, Self::Boolean, Self::Object, Self::Array, Self::Null];
    pub fn bit(self) -> i64 {
        1 << Self::ALL.iter().position(|t| *t == self).unwrap_or_default()
    }
    pub fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Object => "object",
            Self::Array => "array",
            Self::Null => "null",
        }
    }
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|t| t.name() == name)
    }
    /// By its first byte: the text is known to be valid JSON.
    pub fn of(raw: &str) -> Self {
        match raw.as_bytes().first() {
            Some(b'"') => Self::String,
            Some(b'{') => Self::Object,
            Some(b'[') => Self::Array,
            Some(b't' | b'f') => Self::Boolean,
            Some(b'n') => Self::Null,
            _ => Self::Number,
        }
    }
    pub fn names(bits: i64) -> Vec<&'static str> {
        Self::ALL.into_iter().filter(|t| bits & t.bit() != 0).map(Self::name).collect()
    }
}

/// Calls `each` for every top-level entry. False when the text is no object.
pub fn entries<'a>(raw: &'a str, mut each: impl FnMut(&str, &'a str)) -> bool {
    struct Walk<F>(F);
    impl<'de, F: FnMut(&str, &'de str)> Visitor<'de> for Walk<F> {
        type Value = ();
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }
        fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
            while let Some(key) = map.next_key::<Key<'de>>()? {
                let value: &'de RawValue = map.next_value()?;
                (self.0)(&key.0, value.get());
            }
            Ok(())
        }
    }
    let mut deserializer = serde_json::Deserializer::from_str(raw);
    deserializer.deserialize_map(Walk(&mut each)).is_ok()
}

/// A key that borrows when it holds no escapes.
#[derive(serde::Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_seen_without_building_values() {
        let mut seen = Vec::new();
        assert!(entries(r#"{"a":1,"b\u0041":"x","c":{"d":[1]},"e":null,"f":true,"g":[]}"#, |key, raw| seen
            .push((key.to_owned(), JsonType::of(raw).name()))));
        assert_eq!(
            seen.iter().map(|(k, t)| format!("{k}:{t}")).collect::<Vec<_>>().join(" "),
            "a:number bA:string c:object e:null f:boolean g:array"
        );
        assert!(!entries("[1]", |_, _| ()) && !entries("1", |_, _| ()));
    }
}
