//! Which events exist and what they look like; and, where the brand has locked that, what is not let in.

use crate::Intake;
use crate::message::Message;
use crate::shape::{JsonType, entries};
use rustc_hash::{FxHashMap, FxHashSet};
use serde::Deserialize;
use siyu_db::{DbError, Param, Tx, params};
use siyu_kernel::{EventKind, Refusal, Time};
use std::sync::Arc;

/// Beyond these the registry stops listing; the events themselves are taken all the same.
const EVENTS_MAX: usize = 2_000;
const PROPERTIES_MAX: usize = 400;
const SAMPLE_CHARS_MAX: usize = 80;

#[derive(Clone, Default)]
pub struct Registry {
    events: FxHashMap<EventKind, FxHashMap<String, EventSchema>>,
    count: usize,
}

#[derive(Clone, Default)]
struct EventSchema {
    locked: bool,
    quarantine_unknown: bool,
    properties: FxHashMap<String, Property>,
    required: Vec<String>,
}

#[derive(Clone, Copy, Default)]
struct Property {
    types: i64,
    locked: Option<JsonType>,
}

/// What a unit saw: counts per event, and properties (or types of them) never seen before.
#[derive(Default)]
pub(crate) struct Seen {
    events: FxHashMap<(EventKind, String), (i64, Time, Time)>,
    fresh: FxHashMap<(EventKind, String, String), (i64, String)>,
}

#[derive(Clone, Debug)]
pub struct EventRow {
    pub kind: String,
    pub name: String,
    pub count: i64,
    pub first_at: Time,
    pub last_at: Time,
    pub locked: bool,
    pub unknown: String,
    pub properties: Vec<PropertyRow>,
}

#[derive(Clone, Debug)]
pub struct PropertyRow {
    pub name: String,
    pub types: Vec<&'static str>,
    pub locked_type: Option<String>,
    pub required: bool,
    pub sample: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub struct EventPatch {
    /// Locking turns the checks on: each property keeps the type it has (or is given), required ones must be there.
    pub locked: Option<bool>,
    /// `allow` or `quarantine`: what happens to properties nobody has listed.
    pub unknown: Option<String>,
    #[serde(default)]
    pub properties: Vec<PropertyPatch>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct PropertyPatch {
    pub name: String,
    #[serde(default)]
    pub locked_type: Option<String>,
    #[serde(default)]
    pub required: bool,
}

impl Registry {
    pub(crate) fn load(tx: &mut Tx<'_>) -> Result<Self, DbError> {
        let mut registry = Self::default();
        tx.each("SELECT type, name, locked, unknown_properties FROM schema_event", &[], |row| {
            let Some(kind) = EventKind::parse(&row.text(0)?) else { return Ok(()) };
            let schema = EventSchema {
                locked: row.flag(2)?,
                quarantine_unknown: row.text(3)? == "quarantine",
                ..EventSchema::default()
            };
            registry.events.entry(kind).or_default().insert(row.text(1)?, schema);
            registry.count += 1;
            Ok(())
        })?;
        tx.each("SELECT type, name, property, types, locked_type, required FROM schema_property", &[], |row| {
            let Some(kind) = EventKind::parse(&row.text(0)?) else { return Ok(()) };
            let (name, property) = (row.text(1)?, row.text(2)?);
            let schema = registry.events.entry(kind).or_default().entry(name).or_default();
            if row.flag(5)? {
                schema.required.push(property.clone());
            }
            schema.properties.insert(
                property,
                Property { types: row.int(3)?, locked: row.opt_text(4)?.as_deref().and_then(JsonType::parse) },
            );
            Ok(())
        })?;
        Ok(registry)
    }

    /// Checks a message against what is locked, and notes what is new. One walk over its properties.
    pub(crate) fn check(&self, message: &Message, seen: &mut Seen) -> Result<(), Refusal> {
        let schema = self.events.get(&message.kind).and_then(|events| events.get(&message.name));
        let mut missing: FxHashSet<&str> =
            schema.filter(|s| s.locked).map(|s| s.required.iter().map(String::as_str).collect()).unwrap_or_default();
        let mut refusal = None;
        let mut fresh: Vec<(String, i64, String)> = Vec::new();
        entries(&message.properties, |key, raw| {
            let seen_type = JsonType::of(raw);
            missing.remove(key);
            let property = schema.and_then(|schema| schema.properties.get(key));
            if let Some(schema) = schema.filter(|schema| schema.locked) {
                match property {
                    None if schema.quarantine_unknown => refusal = Some(unknown(key)),
                    Some(Property { locked: Some(want), .. }) if *want != seen_type && seen_type != JsonType::Null => {
                        refusal = Some(wrong_type(key, *want, seen_type))
                    }
                    _ => {}
                }
            }
            if property.is_none_or(|property| property.types & seen_type.bit() == 0)
                && key.len() <= 100
                && fresh.len() < PROPERTIES_MAX
            {
                fresh.push((key.to_owned(), seen_type.bit(), raw.chars().take(SAMPLE_CHARS_MAX).collect()));
            }
        });
        if let Some(refusal) = refusal {
            return Err(refusal);
        }
        if let Some(name) = missing.into_iter().min() {
            return Err(Refusal::invalid(
                "property_missing",
                format!("The schema of this event requires the property {name}."),
                format!("该事件的规范要求属性 {name}。"),
            )
            .field(format!("properties.{name}")));
        }
        self.note(message, schema, fresh, seen);
        Ok(())
    }

    fn note(
        &self,
        message: &Message,
        schema: Option<&EventSchema>,
        fresh: Vec<(String, i64, String)>,
        seen: &mut Seen,
    ) {
        if schema.is_none() && self.count >= EVENTS_MAX {
            return;
        }
        let entry = seen.events.entry((message.kind, message.name.clone())).or_insert((0, message.at, message.at));
        entry.0 += 1;
        entry.1 = entry.1.min(message.at);
        entry.2 = entry.2.max(message.at);
        let known = schema.map_or(0, |schema| schema.properties.len());
        for (property, bit, sample) in fresh {
            if known < PROPERTIES_MAX {
                let held = seen.fresh.entry((message.kind, message.name.clone(), property)).or_insert((0, sample));
                held.0 |= bit;
            }
        }
    }
}

fn unknown(key: &str) -> Refusal {
    let key: String = key.chars().take(60).collect();
    Refusal::invalid(
        "property_unknown",
        format!("The schema of this event does not know the property {key}."),
        format!("该事件的规范中没有属性 {key}。"),
    )
    .field(format!("properties.{key}"))
}
fn wrong_type(key: &str, want: JsonType, seen: JsonType) -> Refusal {
    Refusal::invalid(
        "property_type",
        format!("The property {key} must be a {}, not a {}.", want.name(), seen.name()),
        format!("属性 {key} 须为 {} 类型，收到 {}。", want.name(), seen.name()),
    )
    .field(format!("properties.{key}"))
}

impl Intake {
    pub(crate) fn registry(&self) -> Arc<Registry> {
        self.inner.registry.read().unwrap_or_else(|broken| broken.into_inner()).clone()
    }

    /// Adds what a unit saw. Sorted, so that units side by side take the rows in one order.
    pub(crate) fn write_seen(&self, tx: &mut Tx<'_>, seen: &Seen) -> Result<(), DbError> {
        let mut events: Vec<_> = seen.events.iter().map(|((kind, name), counts)| (kind.name(), name, counts)).collect();
        events.sort();
        let rows: Vec<[Param<'_>; 5]> = events
            .iter()
            .map(|(kind, name, (n, first, last))| {
                [(*kind).into(), (*name).into(), (*n).into(), (*first).into(), (*last).into()]
            })
            .collect();
        tx.bulk(
            "INSERT INTO schema_event (type, name, count, first_at, last_at)",
            "ON CONFLICT (type, name) DO UPDATE SET count = schema_event.count + excluded.count,
               first_at = CASE WHEN excluded.first_at < schema_event.first_at THEN excluded.first_at ELSE schema_event.first_at END,
               last_at = CASE WHEN excluded.last_at > schema_event.last_at THEN excluded.last_at ELSE schema_event.last_at END",
            &rows,
        )?;
        if seen.fresh.is_empty() {
            let known = self.registry();
            if seen
                .events
                .keys()
                .all(|(kind, name)| known.events.get(kind).is_some_and(|events| events.contains_key(name)))
            {
                return Ok(());
            }
        }
        let mut fresh: Vec<_> = seen.fresh.iter().collect();
        fresh.sort();
        for ((kind, name, property), (types, sample)) in fresh {
            let sealed = self.inner.vault.seal(sample.as_bytes());
            let first = seen.events.get(&(*kind, name.clone())).map_or(Time(0), |counts| counts.1);
            tx.execute(
                "INSERT INTO schema_property (type, name, property, types, first_at, sample) VALUES ($1, $2, $3, $4, $5, $6)
                 ON CONFLICT (type, name, property) DO UPDATE SET types = schema_property.types | excluded.types",
                params![kind.name(), name, property, *types, first, &sealed],
            )?;
        }
        self.learn(tx, seen);
        Ok(())
    }

    /// The copy in memory learns at once; a unit that is rolled back takes back what it taught, and nothing of what others did meanwhile.
    fn learn(&self, tx: &mut Tx<'_>, seen: &Seen) {
        let events: Vec<(EventKind, String)> = seen.events.keys().cloned().collect();
        let taught: Vec<_> = self.inner.teach(|registry| {
            events.iter().for_each(|(kind, name)| registry.meet(*kind, name));
            let fresh = seen.fresh.iter().map(|(place, (types, _))| {
                let property = registry.property(place);
                let new = types & !property.types;
                property.types |= new;
                (place.clone(), new)
            });
            fresh.collect()
        });
        let inner = Arc::clone(&self.inner);
        // An event that was met stays met: its row is written with every unit.
        tx.on_rollback(move || {
            inner.teach(|registry| taught.iter().for_each(|(place, new)| registry.property(place).types &= !new));
        });
    }

    pub fn schema(&self, tx: &mut Tx<'_>) -> Result<Vec<EventRow>, DbError> {
        let mut properties: FxHashMap<(String, String), Vec<PropertyRow>> = FxHashMap::default();
        tx.each("SELECT type, name, property, types, locked_type, required, sample FROM schema_property ORDER BY type, name, property", &[], |row| {
            let sample = row.opt_blob(6)?.and_then(|sealed| self.inner.vault.open(&sealed).ok()).and_then(|bytes| String::from_utf8(bytes).ok());
            let property = PropertyRow { name: row.text(2)?, types: JsonType::names(row.int(3)?), locked_type: row.opt_text(4)?, required: row.flag(5)?, sample };
            properties.entry((row.text(0)?, row.text(1)?)).or_default().push(property);
            Ok(())
        })?;
        tx.query("SELECT type, name, count, first_at, last_at, locked, unknown_properties FROM schema_event ORDER BY count DESC, type, name", &[], |row| {
            let (kind, name) = (row.text(0)?, row.text(1)?);
            let properties = properties.remove(&(kind.clone(), name.clone())).unwrap_or_default();
            Ok(EventRow { kind, name, count: row.int(2)?, first_at: row.time(3)?, last_at: row.time(4)?, locked: row.flag(5)?, unknown: row.text(6)?, properties })
        })
    }

    pub fn patch_schema(&self, tx: &mut Tx<'_>, kind: &str, name: &str, patch: &EventPatch) -> Result<(), Refusal> {
        let unknown_event = || Refusal::not_found("event_unknown", "No such event has been seen.", "没有该事件。");
        if let Some(unknown) = patch.unknown.as_deref().filter(|word| !["allow", "quarantine"].contains(word)) {
            return Err(Refusal::invalid(
                "invalid_policy",
                format!("unknown must be allow or quarantine, not {unknown}."),
                "unknown 须为 allow 或 quarantine。",
            )
            .field("unknown"));
        }
        let changed = tx.execute(
            "UPDATE schema_event SET locked = COALESCE($1, locked), unknown_properties = COALESCE($2, unknown_properties) WHERE type = $3 AND name = $4",
            params![patch.locked, &patch.unknown, kind, name],
        )?;
        if changed == 0 {
            return Err(unknown_event());
        }
        for (at, property) in patch.properties.iter().enumerate() {
            let place = |field: &str| format!("properties[{at}].{field}");
            if let Some(locked) = property.locked_type.as_deref().filter(|name| JsonType::parse(name).is_none()) {
                return Err(Refusal::invalid(
                    "invalid_type",
                    format!("{locked} is no JSON type."),
                    format!("{locked} 不是 JSON 类型。"),
                )
                .field(place("locked_type")));
            }
            if property.name.is_empty() || property.name.len() > 100 {
                return Err(Refusal::invalid(
                    "name_invalid",
                    "A property's name has 1 to 100 bytes.",
                    "属性名须为 1 到 100 字节。",
                )
                .field(place("name")));
            }
            tx.execute(
                "INSERT INTO schema_property (type, name, property, types, locked_type, required, first_at) VALUES ($1, $2, $3, 0, $4, $5, 0)
                 ON CONFLICT (type, name, property) DO UPDATE SET locked_type = excluded.locked_type, required = excluded.required",
                params![kind, name, &property.name, &property.locked_type, property.required],
            )?;
        }
        tx.announce()?;
        let Some(kind) = EventKind::parse(kind) else { return Ok(()) };
        let take = |registry: &Registry| registry.events.get(&kind).and_then(|events| events.get(name)).cloned();
        let (before, after) = (take(&self.registry()), take(&Registry::load(tx)?));
        let put = move |intake: &Intake, name: &str, schema: Option<EventSchema>| {
            intake.inner.teach(|registry| {
                registry.meet(kind, name);
                registry.events.entry(kind).or_default().insert(name.to_owned(), schema.unwrap_or_default());
            });
            intake.rules_changed();
        };
        put(self, name, after);
        let (intake, name) = (self.clone(), name.to_owned());
        tx.on_rollback(move || put(&intake, &name, before));
        Ok(())
    }
}

impl crate::Inner {
    /// Changes the copy in memory. Units run side by side on PostgreSQL: each changes its own place, none the whole.
    fn teach<T>(&self, change: impl FnOnce(&mut Registry) -> T) -> T {
        change(Arc::make_mut(&mut self.registry.write().unwrap_or_else(|broken| broken.into_inner())))
    }
}

impl Registry {
    fn meet(&mut self, kind: EventKind, name: &str) {
        let events = self.events.entry(kind).or_default();
        if !events.contains_key(name) {
            events.insert(name.to_owned(), EventSchema::default());
            self.count += 1;
        }
    }
    fn property(&mut self, (kind, name, property): &(EventKind, String, String)) -> &mut Property {
        let schema = self.events.entry(*kind).or_default().entry(name.clone()).or_default();
        schema.properties.entry(property.clone()).or_default()
    }
}
