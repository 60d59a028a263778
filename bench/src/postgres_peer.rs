//! The peer of intake: PostgreSQL taking the same events by multi-row INSERT, every commit synced.

use crate::Outcome;
use crate::traffic::BATCH;
use postgres::types::ToSql;
use postgres::{Client, NoTls};
use serde_json::{Map, Value};

const COLUMNS: usize = 7;

/// A message split into columns beforehand: taking it apart is not what is measured here.
pub struct Event([String; COLUMNS]);

pub fn events(body: &str) -> Outcome<Vec<Event>> {
    let envelope: Map<String, Value> = serde_json::from_str(body)?;
    let messages = envelope.get("batch").and_then(Value::as_array).ok_or("a batch")?;
    let text = |message: &Value, name: &str| message[name].as_str().unwrap_or_default().to_owned();
    Ok(messages
        .iter()
        .map(|m| {
            let (id, user, anonymous) = (text(m, "messageId"), text(m, "userId"), text(m, "anonymousId"));
            Event([id, user, anonymous, text(m, "type"), text(m, "event"), text(m, "timestamp"), m.to_string()])
        })
        .collect())
}

pub fn connect(url: &str) -> Outcome<Client> {
    let mut client = Client::connect(url, NoTls)?;
    client.batch_execute("SET synchronous_commit = on; SET client_min_messages = warning")?;
    Ok(client)
}

/// Refuses a server that does not sync: its speed would mean nothing here.
pub fn prepare(client: &mut Client) -> Outcome<String> {
    for name in ["fsync", "synchronous_commit", "full_page_writes"] {
        let value: String = client.query_one(&format!("SHOW {name}"), &[])?.get(0);
        if value != "on" {
            return Err(format!("PostgreSQL has {name} = {value}; it must be on").into());
        }
    }
    client.batch_execute(
        "DROP TABLE IF EXISTS bench_event;
         CREATE TABLE bench_event (message_id TEXT PRIMARY KEY, user_id TEXT, anonymous_id TEXT, type TEXT, event TEXT, at TIMESTAMPTZ, body JSONB)",
    )?;
    let version: String = client.query_one("SHOW server_version", &[])?.get(0);
    Ok(version.split(' ').next().unwrap_or_default().to_owned())
}

/// The insert of a whole batch; a message id that is there already is left out, as we do.
pub fn insert_text() -> String {
    let row = |row: usize| {
        let places: Vec<String> = (1..=COLUMNS)
            .map(|at| {
                let cast = match at {
                    6 => "::TEXT::TIMESTAMPTZ",
                    7 => "::TEXT::JSONB",
                    _ => "",
                };
                format!("${}{cast}", row * COLUMNS + at)
            })
            .collect();
        format!("({})", places.join(","))
    };
    let rows: Vec<String> = (0..BATCH).map(row).collect();
    format!("INSERT INTO bench_event VALUES {} ON CONFLICT (message_id) DO NOTHING", rows.join(","))
}

pub fn params(batch: &[Event]) -> Vec<&(dyn ToSql + Sync)> {
    batch.iter().flat_map(|event| event.0.iter().map(|text| text as &(dyn ToSql + Sync))).collect()
}
