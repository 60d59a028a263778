//! A JSON object as cells: nested objects become dotted names, everything else stays one cell.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use serde::de::{Deserializer as _, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

/// Objects nested deeper than this stay JSON text in one cell.
const DEPTH_MAX: usize = 16;

/// Column names in order of first appearance, and their places.
#[derive(Default)]
pub(crate) struct Keys {
    pub names: Vec<String>,
    places: HashMap<String, usize>,
    pub max: usize,
}

impl Keys {
    pub(crate) fn new(max: usize) -> Self {
        Keys { max, ..Keys::default() }
    }

    /// The place of a key, new ones at the end; None when there are too many.
    fn place(&mut self, path: &str) -> Option<usize> {
        if let Some(&place) = self.places.get(path) {
            return Some(place);
        }
        let place = self.names.len();
        if place >= self.max {
            return None;
        }
        self.places.insert(path.to_string(), place);
        // Paths are unique already; only empty and untidy names need care.
        let tidy = crate::columns::unique([path]).swap_remove(0);
        let name = match self.names.contains(&tidy) || tidy == "column_1" {
            true => format!("{tidy} ({})", place + 1),
            false => tidy,
        };
        self.names.push(name);
        Some(place)
    }
}

/// Reusable room for one object: cell text, and per column the piece of it that is its value.
#[derive(Default)]
pub(crate) struct Cells {
    pub text: String,
    pub spans: Vec<Option<(u32, u32)>>,
    pub over_limit: bool,
}

impl Cells {
    /// Reads one object from `json`. The error is the parser's own sentence.
    pub(crate) fn read(&mut self, json: &str, keys: &mut Keys) -> Result<(), serde_json::Error> {
        self.text.clear();
        self.spans.clear();
        self.over_limit = false;
        let mut path = String::new();
        self.object(json, keys, &mut path, 0)
    }

    fn object(
        &mut self,
        json: &str,
        keys: &mut Keys,
        path: &mut String,
        depth: usize,
    ) -> Result<(), serde_json::Error> {
        let mut de = serde_json::Deserializer::from_str(json);
        de.deserialize_map(ObjectVisitor { cells: self, keys, path, depth })?;
        de.end()
    }

    fn set(&mut self, keys: &mut Keys, path: &str, value: &str) {
        let Some(place) = keys.place(path) else {
            self.over_limit = true;
            return;
        };
        let start = self.text.len() as u32;
        self.text.push_str(value);
        if self.spans.len() <= place {
            self.spans.resize(place + 1, None);
        }
        self.spans[place] = Some((start, self.text.len() as u32));
    }
}

struct ObjectVisitor<'a> {
    cells: &'a mut Cells,
    keys: &'a mut Keys,
    path: &'a mut String,
    depth: usize,
}

impl<'de> Visitor<'de> for ObjectVisitor<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let outer = self.path.len();
        while let Some((key, value)) = map.next_entry::<Text<'de>, &'de RawValue>()? {
            if outer > 0 {
                self.path.push('.');
            }
            self.path.push_str(&key.0);
            let raw = value.get();
            match raw.as_bytes().first() {
                Some(b'{') if self.depth + 1 < DEPTH_MAX && raw != "{}" => {
                    self.cells.object(raw, self.keys, self.path, self.depth + 1).map_err(A::Error::custom)?
                }
                Some(b'"') => {
                    let text: Text<'_> = serde_json::from_str(raw).map_err(A::Error::custom)?;
                    self.cells.set(self.keys, self.path, &text.0);
                }
                Some(b'n') => self.cells.set(self.keys, self.path, ""),
                // Numbers keep every digit they were written with; arrays stay JSON.
                _ => self.cells.set(self.keys, self.path, raw),
            }
            self.path.truncate(outer);
        }
        Ok(())
    }
}

/// A string borrowed from the line when it has no escapes.
struct Text<'a>(Cow<'a, str>);

impl<'de> serde::Deserialize<'de> for Text<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(de: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Text<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_borrowed_str<E>(self, v: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(v)))
            }
            fn visit_str<E>(self, v: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(v.to_string())))
            }
        }
        de.deserialize_str(V)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Vec<(String, String)>, serde_json::Error> {
        let mut keys = Keys::new(100);
        let mut cells = Cells::default();
        cells.read(json, &mut keys)?;
        let pair = |(name, span): (&String, &Option<(u32, u32)>)| {
            let (a, b) = (*span)?;
            Some((name.clone(), cells.text[a as usize..b as usize].to_string()))
        };
        Ok(keys.names.iter().zip(&cells.spans).filter_map(pair).collect())
    }

    #[test]
    fn nested_objects_get_dotted_names_and_numbers_keep_their_digits() {
        let got =
            read(r#"{"a":{"b":1.10,"c":{"d":"x\n"}},"e":[1,{"f":2}],"g":null,"n":12345678901234567890123,"":true}"#)
                .unwrap();
        let want = [
            ("a.b", "1.10"),
            ("a.c.d", "x\n"),
            ("e", r#"[1,{"f":2}]"#),
            ("g", ""),
            ("n", "12345678901234567890123"),
            ("column_1 (6)", "true"),
        ];
        let got: Vec<_> = got.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert_eq!(got, want);
    }

    #[test]
    fn deep_and_broken_json_is_refused_or_kept_whole() {
        assert!(read(&"[".repeat(100_000)).is_err());
        assert!(read(&r#"{"a":"#.repeat(100_000)).is_err());
        let deep = format!("{}1{}", r#"{"a":"#.repeat(200), "}".repeat(200));
        assert_eq!(read(&deep).unwrap().len(), 1);
        assert!(read(r#"{"a":1} x"#).is_err());
    }
}
