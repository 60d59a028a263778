//! Profile values. Each node keeps its own; a person shows the latest of each.

use crate::People;
use crate::fields::{Field, NAME_BYTES_MAX};
use rustc_hash::FxHashMap;
use serde_json::Value;
use siyu_db::{DbError, Param, Tx, params};
use siyu_kernel::{PersonNum, Refusal, Time};

#[derive(Clone, Debug)]
pub struct TraitIn {
    pub num: PersonNum,
    pub name: String,
    /// `null` takes the value away.
    pub value: Value,
    pub at: Time,
}

#[derive(Clone, Debug, PartialEq)]
pub struct TraitValue {
    pub value: Value,
    pub at: Time,
    pub source: String,
    pub sensitive: bool,
}

const VALUE_BYTES_MAX: usize = 8_192;
const PLAIN: u8 = 0;
const SEALED: u8 = 1;

impl People {
    /// Refuses names and values that cannot be stored. Pure: callers check before they write anything.
    pub fn check_trait(&self, name: &str, value: &Value) -> Result<(), Refusal> {
        if name.is_empty() || name.len() > NAME_BYTES_MAX || name.chars().any(char::is_control) {
            return Err(Refusal::invalid(
                "field_name",
                "A field's name has 1 to 64 bytes and no control characters.",
                "字段名须为 1 到 64 字节，且不含控制字符。",
            )
            .field("traits"));
        }
        let size = match value {
            Value::String(text) => text.len(),
            Value::Array(_) | Value::Object(_) => value.to_string().len(),
            _ => 0,
        };
        if size > VALUE_BYTES_MAX {
            return Err(Refusal::invalid(
                "trait_too_long",
                "A profile value may have up to 8,192 bytes.",
                "档案字段值最长 8192 字节。",
            )
            .field(format!("traits.{name}")));
        }
        self.field_table().check(name, value)
    }

    /// Sets values; one older than what is stored changes nothing. Names never seen become fields.
    pub fn set_traits(&self, tx: &mut Tx<'_>, items: &[TraitIn], source: &str, now: Time) -> Result<u64, Refusal> {
        let table = self.field_table();
        let mut fresh: FxHashMap<&str, Field> = FxHashMap::default();
        for item in items.iter().filter(|item| !item.value.is_null() && !table.0.contains_key(&item.name)) {
            fresh.entry(&item.name).or_insert_with(|| Field::guessed(&item.name, &item.value));
        }
        if !fresh.is_empty() {
            self.put_fields(tx, fresh.into_values().collect(), now)?;
        }
        let table = self.field_table();
        // Within one call the last of equal instants wins, as it would if they came one by one.
        let mut latest: FxHashMap<(PersonNum, &str), &TraitIn> = FxHashMap::default();
        for item in items {
            let held = latest.entry((item.num, &item.name)).or_insert(item);
            if item.at >= held.at {
                *held = item;
            }
        }
        let mut ordered: Vec<_> = latest.into_values().collect();
        ordered.sort_by(|a, b| (a.num, &a.name).cmp(&(b.num, &b.name)));
        let values: Vec<Vec<u8>> = ordered
            .iter()
            .map(|item| self.stored_value(&item.value, table.0.get(&item.name).is_some_and(|f| f.sensitive)))
            .collect();
        let rows: Vec<[Param<'_>; 5]> = ordered
            .iter()
            .zip(&values)
            .map(|(item, value)| [item.num.into(), (&item.name).into(), value.into(), item.at.into(), source.into()])
            .collect();
        let tail = "ON CONFLICT (num, name) DO UPDATE SET value = excluded.value, at = excluded.at, source = excluded.source WHERE excluded.at >= person_trait.at";
        Ok(tx.bulk("INSERT INTO person_trait (num, name, value, at, source)", tail, &rows)?)
    }
    fn stored_value(&self, value: &Value, sensitive: bool) -> Vec<u8> {
        let text = value.to_string();
        let mut out = vec![if sensitive { SEALED } else { PLAIN }];
        if sensitive {
            out.extend(self.inner.vault.seal(text.as_bytes()));
        } else {
            out.extend_from_slice(text.as_bytes());
        }
        out
    }
    fn opened_value(&self, stored: &[u8]) -> Result<(Value, bool), DbError> {
        let damaged = || DbError::Decode("a stored profile value cannot be read with this key".into());
        let (form, rest) = stored.split_first().ok_or_else(damaged)?;
        let text = if *form == SEALED { self.inner.vault.open(rest).map_err(|_| damaged())? } else { rest.to_vec() };
        Ok((serde_json::from_slice(&text).map_err(|_| damaged())?, *form == SEALED))
    }
    /// The values these nodes hold themselves, whatever the rest of their person says.
    pub fn node_traits(
        &self,
        tx: &mut Tx<'_>,
        nodes: &[PersonNum],
    ) -> Result<Vec<(PersonNum, String, TraitValue)>, DbError> {
        self.trait_rows(tx, nodes)
    }
    pub(crate) fn trait_rows(
        &self,
        tx: &mut Tx<'_>,
        nodes: &[PersonNum],
    ) -> Result<Vec<(PersonNum, String, TraitValue)>, DbError> {
        let list: Vec<i64> = nodes.iter().map(|node| i64::from(*node)).collect();
        let table = self.field_table();
        tx.query(
            &format!(
                "SELECT num, name, value, at, source FROM person_trait WHERE {} ORDER BY num, name",
                tx.any("num", 1)
            ),
            params![&list],
            |row| {
                let (value, sealed) = self.opened_value(&row.blob(2)?)?;
                let name = row.text(1)?;
                // What counts is what the field is now, however the value was stored when it came.
                let sensitive = table.0.get(&name).map_or(sealed, |field| field.sensitive);
                Ok((row.num(0)?, name, TraitValue { value, at: row.time(3)?, source: row.text(4)?, sensitive }))
            },
        )
    }
    /// Seals the values of a field that has become sensitive.
    pub(crate) fn reseal(&self, tx: &mut Tx<'_>, name: &str) -> Result<(), DbError> {
        let rows = tx.query("SELECT num, value FROM person_trait WHERE name = $1", params![name], |row| {
            Ok((row.num(0)?, row.blob(1)?))
        })?;
        for (num, stored) in rows.into_iter().filter(|(_, stored)| stored.first() == Some(&PLAIN)) {
            let (value, _) = self.opened_value(&stored)?;
            tx.execute(
                "UPDATE person_trait SET value = $1 WHERE num = $2 AND name = $3",
                params![&self.stored_value(&value, true), num, name],
            )?;
        }
        Ok(())
    }
}
