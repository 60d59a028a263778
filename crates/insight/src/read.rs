//! Reading JSON with the place at hand, so that every refusal names it: `steps[1].where[0].op`.

use crate::refuse;
use serde_json::{Map, Value};
use siyu_kernel::Refusal;

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct At<'v> {
    pub value: &'v Value,
    pub place: String,
}

/// An object whose keys were checked.
#[derive(Clone, Debug)]
pub(crate) struct Object<'v> {
    map: &'v Map<String, Value>,
    pub place: String,
}

pub(crate) fn join(place: &str, key: &str) -> String {
    if place.is_empty() { key.to_owned() } else { format!("{place}.{key}") }
}

impl<'v> At<'v> {
    pub fn root(value: &'v Value) -> Self {
        Self { value, place: String::new() }
    }
    /// Errors: `spec_shape` when it is no object, `spec_key` for a key that is not among these.
    pub fn object(&self, keys: &[&str]) -> Result<Object<'v>, Refusal> {
        let map = self.value.as_object().ok_or_else(|| refuse::shape(&self.place, "an object", "对象"))?;
        if let Some(key) = map.keys().find(|key| !keys.contains(&key.as_str())) {
            return Err(refuse::key(&join(&self.place, key), keys));
        }
        Ok(Object { map, place: self.place.clone() })
    }
    pub fn text(&self) -> Result<&'v str, Refusal> {
        let text = self.value.as_str().filter(|text| !text.is_empty() && text.len() <= TEXT_BYTES_MAX);
        text.ok_or_else(|| refuse::shape(&self.place, "a text of 1 to 256 bytes", "1 到 256 字节的文本"))
    }
    pub fn int(&self, low: i64, high: i64) -> Result<i64, Refusal> {
        let number = self.value.as_i64().filter(|n| (low..=high).contains(n));
        number.ok_or_else(|| {
            refuse::shape(
                &self.place,
                &format!("a whole number from {low} to {high}"),
                &format!("{low} 到 {high} 的整数"),
            )
        })
    }
    pub fn flag(&self) -> Result<bool, Refusal> {
        self.value.as_bool().ok_or_else(|| refuse::shape(&self.place, "true or false", "true 或 false"))
    }
    pub fn list(&self, what: Count) -> Result<Vec<At<'v>>, Refusal> {
        let items = self.value.as_array().filter(|items| (what.low..=what.high).contains(&items.len()));
        let items = items.ok_or_else(|| {
            let (low, high) = (what.low, what.high);
            Refusal::invalid(
                what.code,
                format!("Here must stand a list of {low} to {high} entries."),
                format!("此处须为 {low} 到 {high} 项的列表。"),
            )
            .field(&self.place)
        })?;
        Ok(items.iter().enumerate().map(|(at, value)| At { value, place: format!("{}[{at}]", self.place) }).collect())
    }
    /// One of a few words.
    pub fn word<T: Copy>(&self, words: &[(&str, T)]) -> Result<T, Refusal> {
        let found = self.value.as_str().and_then(|text| words.iter().find(|(word, _)| *word == text));
        found.map(|(_, meaning)| *meaning).ok_or_else(|| {
            let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            refuse::shape(
                &self.place,
                &format!("one of: {}", names.join(", ")),
                &format!("以下之一：{}", names.join("、")),
            )
        })
    }
}

/// How long a list may be, and the code of the refusal when it is not.
#[derive(Clone, Copy)]
pub(crate) struct Count {
    pub low: usize,
    pub high: usize,
    pub code: &'static str,
}

impl Count {
    pub const fn of(low: usize, high: usize) -> Self {
        Self { low, high, code: "spec_shape" }
    }
    pub const fn code(self, code: &'static str) -> Self {
        Self { code, ..self }
    }
}

pub(crate) const TEXT_BYTES_MAX: usize = 256;

impl<'v> Object<'v> {
    pub fn at(&self, key: &str) -> String {
        join(&self.place, key)
    }
    /// `null` is as good as absent.
    pub fn get(&self, key: &str) -> Option<At<'v>> {
        let value = self.map.get(key).filter(|value| !value.is_null())?;
        Some(At { value, place: self.at(key) })
    }
    /// As it is, `null` told from absent.
    pub fn raw(&self, key: &str) -> Option<&'v Value> {
        self.map.get(key)
    }
    pub fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }
    pub fn need(&self, key: &str) -> Result<At<'v>, Refusal> {
        self.get(key).ok_or_else(|| refuse::missing(&self.at(key)))
    }
    pub fn flag_or(&self, key: &str, absent: bool) -> Result<bool, Refusal> {
        self.get(key).map_or(Ok(absent), |at| at.flag())
    }
    pub fn int_or(&self, key: &str, low: i64, high: i64, absent: i64) -> Result<i64, Refusal> {
        self.get(key).map_or(Ok(absent), |at| at.int(low, high))
    }
    pub fn word_or<T: Copy>(&self, key: &str, words: &[(&str, T)], absent: T) -> Result<T, Refusal> {
        self.get(key).map_or(Ok(absent), |at| at.word(words))
    }
    pub fn map<T>(&self, key: &str, read: impl FnOnce(&At<'v>) -> Result<T, Refusal>) -> Result<Option<T>, Refusal> {
        self.get(key).map(|at| read(&at)).transpose()
    }
}
