//! Reading people.

use crate::traits::TraitValue;
use crate::{PROFILE_CHANGED, People};
use rustc_hash::FxHashMap;
use siyu_db::{DbError, Tx, params};
use siyu_kernel::{Identifier, Kind, PersonNum, Refusal, Time};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Debug)]
pub struct IdentifierRow {
    pub num: PersonNum,
    pub kind: String,
    pub value: String,
    pub first_at: Time,
    pub source: String,
}

impl IdentifierRow {
    /// As a reader without the right to see it gets it.
    pub fn masked(&self) -> String {
        match Kind::parse(&self.kind) {
            Some(kind) => Identifier { kind, value: self.value.clone() }.masked(),
            None => "****".into(),
        }
    }
    pub fn is_sensitive(&self) -> bool {
        Kind::parse(&self.kind).is_none_or(|kind| kind.is_sealed())
    }
}

#[derive(Clone, Debug)]
pub struct TagRow {
    pub id: String,
    pub num: i64,
    pub name: String,
    pub group: String,
    pub color: String,
    pub kind: String,
    pub at: Time,
    pub by: String,
    pub source: String,
    pub why: String,
    pub expires_at: Option<Time>,
}

/// One person: all nodes seen as one.
#[derive(Clone, Debug)]
pub struct Profile {
    pub root: PersonNum,
    pub nodes: Vec<PersonNum>,
    /// When the oldest of the nodes was first seen.
    pub created_at: Time,
    pub source: String,
    /// Strongest kind first.
    pub identifiers: Vec<IdentifierRow>,
    /// Of each field, the value that was set last.
    pub traits: BTreeMap<String, TraitValue>,
    pub tags: Vec<TagRow>,
}

impl Profile {
    /// The name to show: what the brand calls the person, or nothing.
    pub fn name(&self) -> Option<String> {
        let text = |key: &str| {
            self.traits
                .get(key)
                .and_then(|t| t.value.as_str())
                .map(str::trim)
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
        };
        ["name", "姓名", "remark", "nickname", "昵称"].into_iter().find_map(text).or_else(|| {
            match (text("first_name").or_else(|| text("firstName")), text("last_name").or_else(|| text("lastName"))) {
                (Some(first), Some(last)) => Some(format!("{first} {last}")),
                (first, last) => first.or(last),
            }
        })
    }
}

impl People {
    pub fn profile(&self, tx: &mut Tx<'_>, root: PersonNum) -> Result<Profile, Refusal> {
        self.profiles(tx, &[root])?
            .pop()
            .ok_or_else(|| Refusal::not_found("person_unknown", "No person has this id.", "没有找到该客户。"))
    }

    /// Several people in the order asked for, with a fixed number of queries.
    pub fn profiles(&self, tx: &mut Tx<'_>, roots: &[PersonNum]) -> Result<Vec<Profile>, Refusal> {
        let pairs = self.nodes_of(tx, roots)?;
        let root_of: FxHashMap<PersonNum, PersonNum> = pairs.iter().copied().collect();
        let list: Vec<i64> = pairs.iter().map(|(node, _)| i64::from(*node)).collect();
        let mut people: FxHashMap<PersonNum, Profile> = FxHashMap::default();
        tx.each(
            &format!("SELECT num, created_at, source FROM person WHERE {} ORDER BY num", tx.any("num", 1)),
            params![&list],
            |row| {
                let num = row.num(0)?;
                let root = root_of.get(&num).copied().unwrap_or(num);
                let (created_at, source) = (row.time(1)?, row.text(2)?);
                let person = people.entry(root).or_insert_with(|| Profile {
                    root,
                    nodes: Vec::new(),
                    created_at,
                    source,
                    identifiers: Vec::new(),
                    traits: BTreeMap::new(),
                    tags: Vec::new(),
                });
                person.created_at = person.created_at.min(created_at);
                person.nodes.push(num);
                Ok(())
            },
        )?;
        let nodes: Vec<PersonNum> = pairs.iter().map(|(node, _)| *node).collect();
        for row in self.identifiers(tx, &nodes)? {
            if let Some(person) = root_of.get(&row.num).and_then(|root| people.get_mut(root)) {
                person.identifiers.push(row);
            }
        }
        for (num, name, value) in self.trait_rows(tx, &nodes)? {
            let Some(person) = root_of.get(&num).and_then(|root| people.get_mut(root)) else { continue };
            // Of two values the later one holds; of two set at once, that of the surviving node.
            let newer = person.traits.get(&name).is_none_or(|held| (value.at, num == person.root) > (held.at, false));
            if newer {
                person.traits.insert(name, value);
            }
        }
        for person in people.values_mut() {
            person.traits.retain(|_, value| !value.value.is_null());
        }
        self.collect_tags(tx, &list, &root_of, &mut people)?;
        Ok(roots.iter().filter_map(|root| people.remove(root)).collect())
    }

    /// Tells the log that these identities were made or changed where no event of theirs says so: readers of the log that keep something
    /// per person look again. Call it in the unit that changes them.
    pub fn note_changed(&self, tx: &mut Tx<'_>, nodes: impl IntoIterator<Item = PersonNum>, source: &str, now: Time) {
        for node in nodes.into_iter().collect::<BTreeSet<_>>() {
            let id = format!("profile:{node}:{:016x}", self.inner.chance.next());
            self.note(tx, &id, PROFILE_CHANGED, node, now, serde_json::json!({ "source": source }));
        }
    }

    pub(crate) fn identifiers(&self, tx: &mut Tx<'_>, nodes: &[PersonNum]) -> Result<Vec<IdentifierRow>, DbError> {
        let list: Vec<i64> = nodes.iter().map(|node| i64::from(*node)).collect();
        let mut rows = tx.query(
            &format!("SELECT num, kind, value, first_at, source FROM identifier WHERE {}", tx.any("num", 1)),
            params![&list],
            |row| {
                let kind = row.text(1)?;
                let value = self.opened(&kind, &row.blob(2)?)?;
                Ok(IdentifierRow { num: row.num(0)?, kind, value, first_at: row.time(3)?, source: row.text(4)? })
            },
        )?;
        let rules = self.rules();
        rows.sort_by_key(|row| {
            (Kind::parse(&row.kind).map_or(i64::MAX, |kind| rules.of(&kind).priority), row.first_at, row.value.clone())
        });
        Ok(rows)
    }
    /// What several people have of one kind, by their roots; what was seen last comes first.
    pub fn identifiers_of(
        &self,
        tx: &mut Tx<'_>,
        roots: &[PersonNum],
        kind: &Kind,
    ) -> Result<FxHashMap<PersonNum, Vec<String>>, DbError> {
        let pairs = self.nodes_of(tx, roots)?;
        let root_of: FxHashMap<PersonNum, PersonNum> = pairs.iter().copied().collect();
        let list: Vec<i64> = pairs.iter().map(|(node, _)| i64::from(*node)).collect();
        let sql = format!(
            "SELECT num, value FROM identifier WHERE kind = $1 AND {} ORDER BY first_at DESC, num",
            tx.any("num", 2)
        );
        let name = kind.name();
        let rows = tx.query(&sql, params![&name, &list], |row| Ok((row.num(0)?, row.blob(1)?)))?;
        let mut all: FxHashMap<PersonNum, Vec<String>> = FxHashMap::default();
        for (num, value) in rows {
            let value = self.opened(&name, &value)?;
            all.entry(root_of.get(&num).copied().unwrap_or(num)).or_default().push(value);
        }
        Ok(all)
    }
    fn opened(&self, kind: &str, stored: &[u8]) -> Result<String, DbError> {
        let damaged = || DbError::Decode(format!("a stored {kind} cannot be read with this key"));
        let bytes = if Kind::parse(kind).is_some_and(|kind| kind.is_sealed()) {
            self.inner.vault.open(stored).map_err(|_| damaged())?
        } else {
            stored.to_vec()
        };
        String::from_utf8(bytes).map_err(|_| damaged())
    }

    fn collect_tags(
        &self,
        tx: &mut Tx<'_>,
        nodes: &Vec<i64>,
        root_of: &FxHashMap<PersonNum, PersonNum>,
        people: &mut FxHashMap<PersonNum, Profile>,
    ) -> Result<(), DbError> {
        let sql = format!(
            "SELECT pt.num, t.id, t.num, t.name, g.name, t.color, t.kind, pt.at, pt.by_actor, pt.source, pt.why, pt.expires_at
             FROM person_tag pt JOIN tag t ON t.num = pt.tag JOIN tag_group g ON g.id = t.group_id WHERE {} ORDER BY g.name, t.name, pt.at DESC",
            tx.any("pt.num", 1)
        );
        tx.each(&sql, params![nodes], |row| {
            let num = row.num(0)?;
            let Some(person) = root_of.get(&num).and_then(|root| people.get_mut(root)) else { return Ok(()) };
            let id = row.text(1)?;
            // Both sides of a merge may carry the tag: it is shown once, with its latest lineage.
            if !person.tags.iter().any(|tag| tag.id == id) {
                person.tags.push(TagRow {
                    id,
                    num: row.int(2)?,
                    name: row.text(3)?,
                    group: row.text(4)?,
                    color: row.text(5)?,
                    kind: row.text(6)?,
                    at: row.time(7)?,
                    by: row.text(8)?,
                    source: row.text(9)?,
                    why: row.text(10)?,
                    expires_at: row.opt_time(11)?,
                });
            }
            Ok(())
        })
    }
}
