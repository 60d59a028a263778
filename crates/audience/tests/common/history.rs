//! The columns of behaviour, made anew from the log at each question: slow, and obviously right.

use siyu_audience::{History, Moment};
use siyu_behaviour::{Fact, Held, Snapshot, Value, View, build};
use siyu_db::Db;
use siyu_kernel::{EventKind, PersonNum, Refusal, Time, Zone};
use siyu_log::Log;
use siyu_people::People;
use std::sync::Arc;

pub struct FromLog {
    pub db: Db,
    pub log: Log,
    pub people: People,
    pub zone: Zone,
}

impl History for FromLog {
    fn moment(&self) -> Result<Moment, Refusal> {
        let (facts, seq) = self.db.read(|tx| {
            let (found, seq) = self.log.after(tx, 0, i64::MAX)?;
            let nodes: Vec<PersonNum> = found.iter().map(|found| found.event.person).collect();
            let roots = self.people.roots(tx, &nodes)?;
            let gone = tx.query("SELECT num FROM person WHERE state <> 0", &[], |row| row.num(0))?;
            let facts = found.into_iter().zip(roots).filter(|(found, root)| {
                !matches!(found.event.kind, EventKind::System | EventKind::Alias) && !gone.contains(root)
            });
            let fact = |(found, root): (siyu_log::Found, PersonNum)| {
                let body: serde_json::Value = serde_json::from_str(&found.event.body).unwrap_or_default();
                let properties = body["properties"].as_object().cloned().unwrap_or_default();
                let value = |value: serde_json::Value| match value {
                    serde_json::Value::Number(n) => n.as_i64().map(Value::Int).or(n.as_f64().map(Value::Float)),
                    serde_json::Value::String(text) => Some(Value::Text(text)),
                    serde_json::Value::Bool(flag) => Some(Value::Bool(flag)),
                    _ => None,
                };
                let kind = ("kind".to_owned(), Value::Text(found.event.kind.name().to_owned()));
                Fact {
                    person: root,
                    origin: found.event.person,
                    at: found.event.at.0,
                    event: found.event.name,
                    properties: properties
                        .into_iter()
                        .filter_map(|(name, own)| Some((name, value(own)?)))
                        .chain([kind])
                        .collect(),
                }
            };
            Ok((facts.map(fact).collect::<Vec<_>>(), seq))
        })?;
        let views = build(&facts, &self.zone)
            .into_iter()
            .map(|part| View { bucket: part.bucket, parts: vec![Held { part: Arc::new(part), hidden: None }] });
        Ok(Moment { snapshot: Snapshot { views: views.collect() }, seq, as_of: Time(i64::MAX) })
    }
}
