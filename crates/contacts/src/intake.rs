//! The door for callbacks: checked off the writing thread, kept, answered.

use crate::Contacts;
use crate::arrivals::{self, Arrival};
use crate::lane::{Row, Taken};
use siyu_db::params;
use siyu_kernel::{Refusal, Time};
use siyu_wecom::callback::{CallbackError, Event, Happened, Query};
use std::collections::HashMap;
use std::future::Future;

/// WeCom updates groups behind their events.
const GROUP_DELAY_SECONDS: i64 = 2;
/// Refusals that are remembered, so that somebody who guesses cannot fill the disk.
const REFUSED_KEPT: i64 = 500;
/// Of each reason one is written down in so many seconds; all are counted.
const REFUSED_PAUSE_SECONDS: i64 = 1;

/// When each reason was last written down.
#[derive(Default)]
pub(crate) struct Refusals(HashMap<&'static str, Time>);

/// A callback that is in order, ready to be kept.
pub struct Delivery {
    identity: String,
    name: String,
    at: Option<Time>,
    body: Vec<u8>,
    due: Time,
    received: Time,
    pub(crate) arrival: Option<Arrival>,
    /// The event itself, for whoever must act at once.
    pub event: Event,
}

impl Contacts {
    /// Answers WeCom's check of the address: the text to send back as it is. `query`: everything behind the `?`.
    ///
    /// Errors: `wecom_not_connected`, `wecom_callback_not_set`, and those of callbacks (`signature_wrong`, `stale`, `tampered`, …).
    pub fn verify_callback(&self, query: &str) -> Result<String, Refusal> {
        let now = self.now();
        let line = self.line()?;
        let answer = line.connection.callback()?.verify_url(&Query::parse(query), now);
        let echo = answer.map_err(|error| self.turned_away(&error, 0, now))?;
        self.inner.db.transact(move |tx| {
            Ok(tx.execute("UPDATE wecom_connection SET verified_at = $1 WHERE id = 1", params![now])?)
        })?;
        Ok(echo)
    }

    /// Checks and opens a delivery. Needs no transaction: call it where it may take its time.
    ///
    /// Errors: as [`Contacts::verify_callback`].
    pub fn open_callback(&self, query: &str, body: &[u8]) -> Result<Delivery, Refusal> {
        let now = self.now();
        let line = self.line_lately()?;
        let received = line.connection.callback()?.receive(&Query::parse(query), body, now);
        let event = received.map_err(|error| self.turned_away(&error, body.len(), now))?;
        metrics::counter!("siyu_wecom_callbacks_total", "outcome" => "taken").increment(1);
        let plain = serialize(&event);
        let due = match event.what {
            Happened::Group { .. } => now.plus_seconds(GROUP_DELAY_SECONDS),
            _ => now,
        };
        let identity = event.identity();
        Ok(Delivery {
            arrival: arrivals::of(&event, &identity, now),
            identity,
            name: label(&event),
            at: event.at,
            body: self.seal(plain.as_bytes()),
            due,
            received: now,
            event,
        })
    }

    /// Keeps a delivery; the future answers when it is on disk. A full queue is `busy`: WeCom delivers again.
    pub fn keep_callback(&self, delivery: &Delivery) -> impl Future<Output = Result<Taken, Refusal>> + Send + use<> {
        let Delivery { identity, name, at, body, due, received, arrival, .. } = delivery;
        let (identity, name, body, arrival) = (identity.clone(), name.clone(), body.clone(), arrival.clone());
        self.inner.lane.keep(Row { identity, name, at: *at, received: *received, body, due: *due, arrival })
    }

    /// Counts and remembers a callback that is not let in.
    fn turned_away(&self, error: &CallbackError, bytes: usize, now: Time) -> Refusal {
        let code = error.code();
        metrics::counter!("siyu_wecom_callbacks_total", "outcome" => code).increment(1);
        let fresh = {
            let mut last = self.inner.refusals.lock().unwrap_or_else(|broken| broken.into_inner());
            let fresh = last.0.get(code).is_none_or(|at| now >= at.plus_seconds(REFUSED_PAUSE_SECONDS));
            if fresh {
                last.0.insert(code, now);
            }
            fresh
        };
        if fresh {
            let detail = error.to_string();
            let kept = self.inner.db.submit(move |tx| {
                let id = tx.one(
                    "INSERT INTO wecom_refused (at, reason, detail, bytes) VALUES ($1, $2, $3, $4) RETURNING id",
                    params![now, code, &detail, bytes as i64],
                    |row| row.int(0),
                )?;
                tx.execute("DELETE FROM wecom_refused WHERE id <= $1", params![id - REFUSED_KEPT])?;
                Ok(())
            });
            // It is queued; nobody waits for it.
            drop(kept);
        }
        error.clone().into()
    }
}

/// `change_external_contact/add_external_contact`
fn label(event: &Event) -> String {
    let all = if event.change.is_empty() { event.name.clone() } else { format!("{}/{}", event.name, event.change) };
    crate::rows::clean(&all, 128)
}

/// The event as XML again, from all its elements.
fn serialize(event: &Event) -> String {
    fn put(out: &mut String, element: &siyu_wecom::callback::Element) {
        let name = &element.name;
        out.push('<');
        out.push_str(name);
        out.push('>');
        for c in element.text.chars() {
            match c {
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '&' => out.push_str("&amp;"),
                c => out.push(c),
            }
        }
        element.children.iter().for_each(|child| put(out, child));
        out.push_str("</");
        out.push_str(name);
        out.push('>');
    }
    let mut out = String::with_capacity(512);
    put(&mut out, &event.raw);
    out
}
