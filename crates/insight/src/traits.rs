//! People by the value of a profile field.

use crate::refuse;
use roaring::RoaringBitmap;
use rustc_hash::FxHashMap;
use serde_json::Value;
use siyu_db::{DbError, Tx, params};
use siyu_kernel::{PersonNum, Refusal};
use siyu_people::People;
use std::cmp::Reverse;

/// Longer values are cut.
const NAME_CHARS_MAX: usize = 80;
/// First byte of a stored value that is not sealed; JSON text follows.
const PLAIN: u8 = 0;

/// The latest value is shown; of equally late ones the person's own, then the oldest identity's.
type Rank = (i64, bool, Reverse<PersonNum>);

/// The values of a field that somebody of `among` has (`None`: anybody), the most frequent there first, with the people who have them now: of a
/// person's nodes the latest value counts, as in the profile. Lists count in each of their entries.
///
/// Errors: `spec_trait`.
pub(crate) fn values(
    people: &People,
    tx: &mut Tx<'_>,
    name: &str,
    among: Option<&RoaringBitmap>,
    max: usize,
) -> Result<Vec<(String, RoaringBitmap)>, Refusal> {
    let table = people.field_table();
    let Some(field) = table.0.get(name) else {
        let en = "There is no profile field of this name.";
        return Err(refuse::at("spec_trait", "by.trait", en, "没有该客户字段。"));
    };
    if field.sensitive {
        let en = "This profile field is sensitive and stored sealed: people cannot be split by it.";
        return Err(refuse::at("spec_trait", "by.trait", en, "该字段为敏感字段、加密存储，不能用于细分。"));
    }
    let mut roots: FxHashMap<PersonNum, PersonNum> = FxHashMap::default();
    tx.each("SELECT num, root FROM person WHERE root <> num", &[], |row| {
        roots.insert(row.num(0)?, row.num(1)?);
        Ok(())
    })?;
    let asked = |root: PersonNum| among.is_none_or(|among| among.contains(root));
    let several: RoaringBitmap = roots.values().copied().collect();
    let mut sets: FxHashMap<String, RoaringBitmap> = FxHashMap::default();
    // Values of people with several nodes, until all were seen.
    let mut held: FxHashMap<PersonNum, (Rank, Vec<u8>)> = FxHashMap::default();
    tx.each("SELECT num, value, at FROM person_trait WHERE name = $1", params![name], |row| {
        let (num, value, at) = (row.num(0)?, row.blob(1)?, row.int(2)?);
        let root = roots.get(&num).copied().unwrap_or(num);
        if !asked(root) {
            return Ok(());
        }
        if !several.contains(root) {
            return add(&mut sets, root, &value);
        }
        let rank = (at, num == root, Reverse(num));
        if held.get(&root).is_none_or(|(own, _)| *own < rank) {
            held.insert(root, (rank, value));
        }
        Ok(())
    })?;
    for (root, (_, value)) in held {
        add(&mut sets, root, &value)?;
    }
    let mut labels: Vec<(String, RoaringBitmap)> = sets.into_iter().collect();
    labels.sort_by(|a, b| (Reverse(a.1.len()), &a.0).cmp(&(Reverse(b.1.len()), &b.0)));
    labels.truncate(max);
    Ok(labels)
}

fn add(sets: &mut FxHashMap<String, RoaringBitmap>, root: PersonNum, stored: &[u8]) -> Result<(), DbError> {
    let [PLAIN, text @ ..] = stored else { return Ok(()) };
    let value: Value = serde_json::from_slice(text).map_err(|error| DbError::Decode(error.to_string()))?;
    let mut put = |value: &Value| {
        let name = match value {
            Value::String(text) => text.chars().take(NAME_CHARS_MAX).collect(),
            Value::Number(number) => number.to_string(),
            Value::Bool(flag) => flag.to_string(),
            Value::Null | Value::Array(_) | Value::Object(_) => return,
        };
        sets.entry(name).or_default().insert(root);
    };
    match &value {
        Value::Array(items) => items.iter().for_each(put),
        one => put(one),
    }
    Ok(())
}
