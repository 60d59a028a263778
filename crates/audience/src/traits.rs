//! Conditions on profile fields: read once for all of them, compared here, because JSON is compared differently by each engine.

use crate::eval::{Eval, Merges};
use crate::test::{Today, TraitTest};
use roaring::RoaringBitmap;
use rustc_hash::FxHashMap;
use serde_json::Value;
use siyu_db::{DbError, params};
use siyu_kernel::{PersonNum, Refusal};
use std::cmp::Reverse;

/// First byte of a stored value: JSON text follows, or sealed JSON text.
const PLAIN: u8 = 0;
/// Sealed text of this length may be `null`: form byte, nonce, four letters, tag.
const SEALED_NULL_BYTES: usize = 1 + 12 + 4 + 16;

/// The newest value wins; of two set at once, the root's; then that of the lower number. As the profile shows it.
type Rank = (i64, bool, Reverse<PersonNum>);

struct Scan<'s> {
    tests: &'s [(String, TraitTest)],
    by_name: FxHashMap<&'s str, Vec<usize>>,
    today: Today<'s>,
    sets: Vec<RoaringBitmap>,
    /// Values of people with several nodes, until all were seen.
    held: FxHashMap<(PersonNum, &'s str), (Rank, Vec<u8>)>,
    /// Sealed values that may be empty ones.
    unsure: Vec<(PersonNum, &'s str)>,
}

impl<'s> Scan<'s> {
    fn new(tests: &'s [(String, TraitTest)], today: Today<'s>) -> Self {
        let mut by_name: FxHashMap<&str, Vec<usize>> = FxHashMap::default();
        for (at, (name, _)) in tests.iter().enumerate() {
            by_name.entry(name).or_default().push(at);
        }
        let sets = vec![RoaringBitmap::new(); tests.len()];
        Self { tests, by_name, today, sets, held: FxHashMap::default(), unsure: Vec::new() }
    }
    fn row(&mut self, merges: &Merges, num: PersonNum, name: &'s str, value: Vec<u8>, at: i64) -> Result<(), DbError> {
        let root = merges.root(num);
        if !merges.is_several(root) {
            return self.judge(root, name, &value);
        }
        let rank = (at, num == root, Reverse(num));
        match self.held.entry((root, name)) {
            std::collections::hash_map::Entry::Vacant(slot) => {
                slot.insert((rank, value));
            }
            std::collections::hash_map::Entry::Occupied(mut slot) if slot.get().0 < rank => {
                slot.insert((rank, value));
            }
            std::collections::hash_map::Entry::Occupied(_) => {}
        }
        Ok(())
    }
    fn judge(&mut self, root: PersonNum, name: &'s str, stored: &[u8]) -> Result<(), DbError> {
        let sealed = stored.first() != Some(&PLAIN);
        if sealed && stored.len() == SEALED_NULL_BYTES {
            self.unsure.push((root, name));
            return Ok(());
        }
        let text = stored.get(1..).unwrap_or_default();
        // A sealed value exists; anything else about it is not for rules.
        let value = if sealed { None } else { Some(serde_json::from_slice::<Value>(text).map_err(damaged)?) };
        if value.as_ref().is_some_and(Value::is_null) {
            return Ok(());
        }
        for at in &self.by_name[name] {
            let test = &self.tests[*at].1;
            let fits = match &value {
                Some(value) => test.holds(value, &self.today),
                None => *test == TraitTest::Exists,
            };
            if fits {
                self.sets[*at].insert(root);
            }
        }
        Ok(())
    }
}

fn damaged(error: serde_json::Error) -> DbError {
    DbError::Decode(format!("a stored profile value is no JSON: {error}"))
}

impl Eval<'_, '_> {
    /// One set for each question.
    pub(crate) fn trait_sets(&mut self, tests: &[(String, TraitTest)]) -> Result<Vec<RoaringBitmap>, Refusal> {
        let merges = self.merges()?;
        let mut scan = Scan::new(tests, Today::new(&self.ctx.zone, self.ctx.now));
        let names: Vec<&str> = scan.by_name.keys().copied().collect();
        if let [name] = names[..] {
            let sql = "SELECT num, value, at FROM person_trait WHERE name = $1";
            self.tx.each(sql, params![name], |row| scan.row(&merges, row.num(0)?, name, row.blob(1)?, row.int(2)?))?;
        } else {
            let owned: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            let sql = format!("SELECT num, value, at, name FROM person_trait WHERE {}", self.tx.any("name", 1));
            self.tx.each(&sql, params![&owned], |row| {
                let found = row.text(3)?;
                match names.iter().find(|name| **name == found) {
                    Some(name) => scan.row(&merges, row.num(0)?, name, row.blob(1)?, row.int(2)?),
                    None => Ok(()),
                }
            })?;
        }
        for ((root, name), (_, value)) in std::mem::take(&mut scan.held) {
            scan.judge(root, name, &value)?;
        }
        self.settle(&mut scan)?;
        Ok(scan.sets)
    }
    /// Whether a short sealed value is empty only its owner can tell. There are few: such values have four letters.
    fn settle(&mut self, scan: &mut Scan<'_>) -> Result<(), Refusal> {
        let exists = |scan: &Scan<'_>, name: &str| -> Vec<usize> {
            scan.by_name[name].iter().copied().filter(|at| scan.tests[*at].1 == TraitTest::Exists).collect()
        };
        for part in std::mem::take(&mut scan.unsure).chunks(500) {
            let roots: Vec<PersonNum> = part.iter().map(|(root, _)| *root).collect();
            let profiles = self.people.profiles(self.tx, &roots)?;
            let by_root: FxHashMap<_, _> = profiles.into_iter().map(|profile| (profile.root, profile)).collect();
            for (root, name) in part {
                if by_root.get(root).is_some_and(|profile| profile.traits.contains_key(*name)) {
                    for at in exists(scan, name) {
                        scan.sets[at].insert(*root);
                    }
                }
            }
        }
        Ok(())
    }
}
