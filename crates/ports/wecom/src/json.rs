//! JSON out and in, at one place. Out: absent fields are left out. In: as leniently as the protocol demands, so that every type of this crate
//! is a plain struct: numbers may be written as text, text as numbers, lists and objects may be missing, null or `""`, one object may stand
//! where a list belongs, and unknown fields are passed over.

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{DeserializeOwned, Deserializer, Error as _, IntoDeserializer, Visitor};
use serde::{Serialize, forward_to_deserialize_any};
use serde_json::{Error, Map, Value};

/// The body of a request: `None` anywhere in it is left out.
pub fn encode(input: &(impl Serialize + ?Sized)) -> Result<Vec<u8>, Error> {
    let mut value = serde_json::to_value(input)?;
    strip(&mut value);
    serde_json::to_vec(&value)
}

/// The answer of a call.
pub fn decode<T: DeserializeOwned>(value: Value) -> Result<T, Error> {
    T::deserialize(Lenient(value))
}

fn strip(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, field| !field.is_null());
            fields.values_mut().for_each(strip);
        }
        Value::Array(items) => items.iter_mut().for_each(strip),
        _ => {}
    }
}

struct Lenient(Value);

impl Lenient {
    fn is_nothing(&self) -> bool {
        match &self.0 {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(items) => items.is_empty(),
            _ => false,
        }
    }
    fn integer(&self) -> Option<i64> {
        match &self.0 {
            Value::Number(number) => {
                number.as_i64().or_else(|| number.as_f64().filter(|f| f.abs() < 9e15).map(|f| f as i64))
            }
            Value::String(text) => text.trim().parse().ok(),
            Value::Bool(yes) => Some(i64::from(*yes)),
            _ => None,
        }
        .or_else(|| self.is_nothing().then_some(0))
    }
    fn strange(self, wanted: &str) -> Error {
        let text: String = self.0.to_string().chars().take(60).collect();
        Error::custom(format!("{text} is not {wanted}"))
    }
}

impl IntoDeserializer<'_, Error> for Lenient {
    type Deserializer = Self;
    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! integers {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            match self.integer() {
                Some(number) => visitor.visit_i64(number),
                None => Err(self.strange("a whole number")),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Lenient {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.0.deserialize_any(visitor)
    }
    integers! { deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.0 {
            Value::Bool(yes) => visitor.visit_bool(*yes),
            Value::String(text) if text == "true" || text == "false" => visitor.visit_bool(text == "true"),
            _ => match self.integer() {
                Some(number) => visitor.visit_bool(number != 0),
                None => Err(self.strange("yes or no")),
            },
        }
    }
    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let number = match &self.0 {
            Value::Number(number) => number.as_f64(),
            Value::String(text) if !text.is_empty() => {
                text.trim().parse().ok().filter(|number: &f64| number.is_finite())
            }
            _ => self.is_nothing().then_some(0.0),
        };
        match number {
            Some(number) => visitor.visit_f64(number),
            None => Err(self.strange("a number")),
        }
    }
    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_f64(visitor)
    }
    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::String(text) => visitor.visit_string(text),
            Value::Number(number) => visitor.visit_string(number.to_string()),
            Value::Bool(yes) => visitor.visit_string(yes.to_string()),
            _ if self.is_nothing() => visitor.visit_str(""),
            _ => Err(self.strange("a text")),
        }
    }
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_string(visitor)
    }
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.is_nothing() { visitor.visit_none() } else { visitor.visit_some(self) }
    }
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let items = match self.0 {
            Value::Array(items) => items,
            Value::Object(fields) if fields.is_empty() => Vec::new(),
            _ if self.is_nothing() => Vec::new(),
            one => vec![one],
        };
        visitor.visit_seq(SeqDeserializer::new(items.into_iter().map(Lenient)))
    }
    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let fields = match self.0 {
            Value::Object(fields) => fields,
            _ if self.is_nothing() => Map::new(),
            _ => return Err(self.strange("an object")),
        };
        visitor.visit_map(MapDeserializer::new(fields.into_iter().map(|(name, value)| (name, Lenient(value)))))
    }
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_map(visitor)
    }
    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! { i128 u128 char bytes byte_buf unit unit_struct tuple tuple_struct enum identifier }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[derive(Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
    #[serde(default)]
    struct Sample {
        text: String,
        at: i64,
        ratio: f64,
        yes: bool,
        some: Option<String>,
        inner: Option<Box<Sample>>,
        list: Vec<Sample>,
        ids: Vec<String>,
    }

    #[test]
    fn the_wild_forms_are_read() {
        let nothing: Sample = decode(json!({"text": null, "at": "", "ratio": null, "yes": null, "some": "", "inner": [], "list": "", "new": {"x": 1}})).unwrap();
        assert_eq!(nothing, Sample::default());
        let forms: Sample = decode(json!({"text": 7, "at": "1772100000", "ratio": "30.25", "yes": 1, "some": 5, "inner": {"at": 2.0}, "list": {"at": 3}, "ids": ["a", 1, null]})).unwrap();
        assert_eq!(
            (forms.text.as_str(), forms.at, forms.ratio, forms.yes, forms.some.as_deref()),
            ("7", 1_772_100_000, 30.25, true, Some("5"))
        );
        assert_eq!(
            (forms.inner.unwrap().at, forms.list[0].at, forms.ids),
            (2, 3, vec!["a".to_owned(), "1".to_owned(), String::new()])
        );
    }

    #[test]
    fn wrong_forms_are_refused_not_guessed() {
        for value in
            [json!({"at": "soon"}), json!({"at": {}}), json!({"list": ["x"]}), json!({"text": {"a": 1}}), json!([1])]
        {
            assert!(decode::<Sample>(value.clone()).is_err(), "{value}");
        }
    }

    #[test]
    fn absent_fields_are_left_out() {
        let body = encode(&json!({"a": null, "b": [{"c": null, "d": []}], "e": ""})).unwrap();
        assert_eq!(body, br#"{"b":[{"d":[]}],"e":""}"#);
    }
}
