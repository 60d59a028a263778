//! One pass over an event's JSON: scalars with their dotted paths, without building a tree.
//!
//! What comes in was valid JSON when it was let in. Where it is not, the scan ends early and what was read stands; it never fails.

use std::borrow::Cow;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Scalar<'a> {
    Text(Cow<'a, str>),
    /// As it is written.
    Number(&'a str),
    Bool(bool),
}

#[derive(Clone)]
pub(crate) struct Scan<'a> {
    text: &'a str,
    at: usize,
}

/// The text ends early or is no JSON.
#[derive(Debug, PartialEq)]
pub(crate) struct Broken;

type Step<T> = Result<T, Broken>;

/// Nested values are skipped without recursion, objects are walked to [`DEPTH_MAX`]: no document exhausts the stack.
pub(crate) const DEPTH_MAX: usize = 3;

impl<'a> Scan<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }
    fn bytes(&self) -> &'a [u8] {
        self.text.as_bytes()
    }
    /// The next byte that is no white space.
    pub fn peek(&mut self) -> Step<u8> {
        let bytes = self.bytes();
        while let Some(byte) = bytes.get(self.at) {
            if !matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
                return Ok(*byte);
            }
            self.at += 1;
        }
        Err(Broken)
    }
    fn expect(&mut self, byte: u8) -> Step<()> {
        if self.peek()? != byte {
            return Err(Broken);
        }
        self.at += 1;
        Ok(())
    }
    pub fn string(&mut self) -> Step<Cow<'a, str>> {
        self.expect(b'"')?;
        let from = self.at;
        let rest = self.bytes().get(from..).ok_or(Broken)?;
        let end = from + memchr::memchr2(b'"', b'\\', rest).ok_or(Broken)?;
        if self.bytes()[end] == b'"' {
            self.at = end + 1;
            return Ok(Cow::Borrowed(&self.text[from..end]));
        }
        self.at = end;
        let mut out = String::from(&self.text[from..end]);
        loop {
            let rest = self.bytes().get(self.at..).ok_or(Broken)?;
            let stop = self.at + memchr::memchr2(b'"', b'\\', rest).ok_or(Broken)?;
            out.push_str(&self.text[self.at..stop]);
            self.at = stop + 1;
            if self.bytes()[stop] == b'"' {
                return Ok(Cow::Owned(out));
            }
            out.push(self.escape()?);
        }
    }
    fn escape(&mut self) -> Step<char> {
        let byte = *self.bytes().get(self.at).ok_or(Broken)?;
        self.at += 1;
        Ok(match byte {
            b'n' => '\n',
            b't' => '\t',
            b'r' => '\r',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'u' => {
                let high = self.hex()?;
                if !(0xd800..0xdc00).contains(&high) {
                    return Ok(char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER));
                }
                if self.bytes().get(self.at..self.at + 2) != Some(b"\\u") {
                    return Ok(char::REPLACEMENT_CHARACTER);
                }
                let before = self.at;
                self.at += 2;
                let low = self.hex()?;
                if !(0xdc00..0xe000).contains(&low) {
                    self.at = before;
                    return Ok(char::REPLACEMENT_CHARACTER);
                }
                let code = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            b'"' | b'\\' | b'/' => byte as char,
            _ => return Err(Broken),
        })
    }
    fn hex(&mut self) -> Step<u32> {
        let digits = self.text.get(self.at..self.at + 4).ok_or(Broken)?;
        self.at += 4;
        u32::from_str_radix(digits, 16).map_err(|_| Broken)
    }
    /// The next value when it is text, a number or a truth value; anything else is skipped.
    pub fn scalar(&mut self) -> Step<Option<Scalar<'a>>> {
        match self.peek()? {
            b'"' => self.string().map(|text| Some(Scalar::Text(text))),
            b't' | b'f' => {
                let value = self.bytes()[self.at] == b't';
                self.word();
                Ok(Some(Scalar::Bool(value)))
            }
            b'-' | b'0'..=b'9' => Ok(Some(Scalar::Number(self.word()))),
            _ => self.skip().map(|()| None),
        }
    }
    /// A number or a literal.
    fn word(&mut self) -> &'a str {
        let from = self.at;
        let ends = |byte: &u8| matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r');
        let rest = &self.bytes()[from..];
        self.at = from + rest.iter().position(ends).unwrap_or(rest.len());
        &self.text[from..self.at]
    }
    pub fn skip(&mut self) -> Step<()> {
        let mut depth = 0usize;
        loop {
            match self.peek()? {
                b'"' => self.skip_string()?,
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' => {
                    depth = depth.checked_sub(1).ok_or(Broken)?;
                    self.at += 1;
                }
                b',' | b':' if depth > 0 => {
                    self.at += 1;
                    continue;
                }
                b',' | b':' => return Err(Broken),
                _ => drop(self.word()),
            }
            if depth == 0 {
                return Ok(());
            }
        }
    }
    fn skip_string(&mut self) -> Step<()> {
        self.at += 1;
        loop {
            let rest = self.bytes().get(self.at..).ok_or(Broken)?;
            let stop = self.at + memchr::memchr2(b'"', b'\\', rest).ok_or(Broken)?;
            let quote = self.bytes()[stop] == b'"';
            self.at = stop + if quote { 1 } else { 2 };
            if quote {
                return Ok(());
            }
        }
    }
    /// Calls `each` at the value of every entry; it must read or skip it.
    pub fn object(&mut self, mut each: impl FnMut(&mut Self, Cow<'a, str>) -> Step<()>) -> Step<()> {
        self.expect(b'{')?;
        if self.peek()? == b'}' {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.peek()?;
            let key = self.string()?;
            self.expect(b':')?;
            each(self, key)?;
            match self.peek()? {
                b',' => self.at += 1,
                b'}' => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return Err(Broken),
            }
        }
    }
    /// Calls `each` at every element; it must read or skip it.
    pub fn array(&mut self, mut each: impl FnMut(&mut Self) -> Step<()>) -> Step<()> {
        self.expect(b'[')?;
        if self.peek()? == b']' {
            self.at += 1;
            return Ok(());
        }
        loop {
            each(self)?;
            match self.peek()? {
                b',' => self.at += 1,
                b']' => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return Err(Broken),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    /// Every scalar with its path, and every array skipped but its length counted.
    fn walked(text: &str) -> Step<Vec<(String, String)>> {
        fn walk(scan: &mut Scan<'_>, path: &str, out: &mut Vec<(String, String)>) -> Step<()> {
            match scan.peek()? {
                b'{' => scan.object(|scan, key| walk(scan, &format!("{path}.{key}"), out)),
                b'[' => {
                    let mut n = 0;
                    scan.array(|scan| {
                        n += 1;
                        scan.skip()
                    })?;
                    out.push((path.to_owned(), format!("[{n}]")));
                    Ok(())
                }
                _ => {
                    let shown = match scan.scalar()? {
                        None => "null".to_owned(),
                        Some(Scalar::Text(text)) => format!("{text:?}"),
                        Some(Scalar::Number(text)) => text.to_owned(),
                        Some(Scalar::Bool(value)) => value.to_string(),
                    };
                    out.push((path.to_owned(), shown));
                    Ok(())
                }
            }
        }
        let mut out = Vec::new();
        walk(&mut Scan::new(text), "", &mut out)?;
        Ok(out)
    }
    fn expected(value: &Value, path: &str, out: &mut Vec<(String, String)>) {
        match value {
            Value::Object(map) => map.iter().for_each(|(key, value)| expected(value, &format!("{path}.{key}"), out)),
            Value::Array(list) => out.push((path.to_owned(), format!("[{}]", list.len()))),
            Value::String(text) => out.push((path.to_owned(), format!("{text:?}"))),
            other => out.push((path.to_owned(), other.to_string())),
        }
    }
    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "\\PC{0,12}".prop_map(Value::from),
            "[\"\\\\/\n\t\u{1}a😀]{0,6}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map("\\PC{0,5}", inner, 0..5)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn reads_what_serde_writes(value in json(), pretty in any::<bool>()) {
            let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
            let mut want = Vec::new();
            expected(&value, "", &mut want);
            prop_assert_eq!(walked(&text).unwrap(), want);
        }
        #[test]
        fn broken_text_is_survived(text in "[\\[\\]{}\",:\\\\utnf0-9.e \\-é]{0,40}") { let _ = walked(&text); let _ = Scan::new(&text).skip(); }
    }

    #[test]
    fn escapes_are_read() {
        for (text, want) in [
            (r#""\u00e9\ud83d\ude00\n\/""#, "é😀\n/"),
            (r#""\ud83dx""#, "\u{fffd}x"),
            (r#""\ud83d\u0041""#, "\u{fffd}A"),
        ] {
            assert_eq!(Scan::new(text).string().unwrap(), want);
        }
        assert!(Scan::new(r#""\x""#).string().is_err() && Scan::new("\"a").string().is_err());
    }
}
