//! Everything about one person as one JSON document. The first part is read at once; events follow page by page while the client
//! reads, so that a long history is never held in memory.

use crate::App;
use crate::auth::Caller;
use crate::commerce::order_out;
use crate::people_history::{Cursor, event_out, orders_page};
use crate::people_out::{ConsentOut, identifier, tag_ref};
use crate::people_reader::{Reader, masked, read};
use axum::body::Bytes;
use futures_util::stream::{Stream, try_unfold};
use serde_json::{Value, json};
use siyu_db::Tx;
use siyu_kernel::{PersonNum, Refusal};
use siyu_people::{Edge, Profile};

const PAGE: usize = 200;

pub(crate) struct Document {
    pub id: String,
    head: String,
    events: Events,
}

struct Events {
    nodes: Vec<PersonNum>,
    full: bool,
    from: Cursor,
    first: bool,
}

/// Everything but the events; the look is recorded here.
pub(crate) fn begin(app: &App, caller: &Caller, id: &str) -> Result<Document, Refusal> {
    let document = read(app, |tx| {
        let reader = Reader::new(app, tx, caller)?;
        let (_, root) = reader.find(app, tx, id)?;
        let profile = app.people.profile(tx, root)?;
        let whole = head(app, tx, &reader, &profile)?;
        let mut head = serde_json::to_string_pretty(&whole).map_err(Refusal::internal)?;
        // The object stays open for its last member.
        head.truncate(head.trim_end().len() - 1);
        head.truncate(head.trim_end().len());
        head.push_str(",\n  \"events\": [");
        let events = Events { nodes: profile.nodes, full: reader.full, from: None, first: true };
        Ok(Document { id: app.people.id(root), head, events })
    })?;
    let detail = json!({ "masked": !document.events.full });
    app.access.record(app.now(), &caller.actor, "person.export", Some(&document.id), &detail)?;
    Ok(document)
}

fn head(app: &App, tx: &mut Tx<'_>, reader: &Reader, profile: &Profile) -> Result<Value, Refusal> {
    let full = reader.full;
    let identifiers: Vec<Value> = profile.identifiers.iter().map(|row| {
        let shown = identifier(row, full);
        json!({ "kind": shown.kind, "value": shown.value, "masked": shown.masked, "first_seen_at": row.first_at, "source": row.source })
    }).collect();
    let fields = profile.traits.iter().map(|(name, held)| {
        let value = if held.sensitive && !full { masked(&held.value) } else { held.value.clone() };
        (name.clone(), json!({ "value": value, "at": held.at, "source": held.source }))
    });
    let fields: serde_json::Map<String, Value> = fields.collect();
    let tags: Vec<Value> = profile
        .tags
        .iter()
        .map(|row| json!({ "tag": tag_ref(row), "at": row.at, "by": row.by, "why": row.why, "source": row.source }))
        .collect();
    let history = app.people.tag_history(tx, &profile.nodes, None, i64::from(i32::MAX))?.into_iter().map(|change| {
        json!({ "tag": change.tag, "action": change.action, "at": change.at, "by": change.by, "why": change.why, "source": change.source })
    });
    let history: Vec<Value> = history.collect();
    let consents: Vec<ConsentOut> =
        app.people.consents(tx, &profile.nodes)?.into_iter().map(ConsentOut::from).collect();
    let merges: Vec<Value> = app.people.edges(tx, &profile.nodes)?.into_iter().map(|edge| merge(app, &edge)).collect();
    let orders = orders(app, tx, reader, &profile.nodes)?;
    Ok(json!({
        "id": app.people.id(profile.root),
        "exported_at": reader.ctx.now,
        "merged_ids": profile.nodes.iter().filter(|node| **node != profile.root).map(|node| app.people.id(*node)).collect::<Vec<_>>(),
        "name": profile.name(),
        "created_at": profile.created_at,
        "identifiers": identifiers,
        "traits": fields,
        "tags": tags,
        "tag_history": history,
        "consents": consents,
        "merges": merges,
        "orders": orders,
    }))
}

fn merge(app: &App, edge: &Edge) -> Value {
    json!({ "id": edge.id.to_string(), "at": edge.at, "kept_id": app.people.id(edge.kept), "merged_id": app.people.id(edge.lost),
        "reason": edge.reason_kind, "by": edge.by, "undone_at": edge.undone_at, "undone_by": edge.undone_by })
}

fn orders(app: &App, tx: &mut Tx<'_>, reader: &Reader, nodes: &[PersonNum]) -> Result<Vec<Value>, Refusal> {
    let (mut out, mut after) = (Vec::new(), None);
    loop {
        let page = orders_page(tx, reader, nodes, PAGE, after.as_deref())?;
        for row in page.items {
            out.push(serde_json::to_value(order_out(app, row)).map_err(Refusal::internal)?);
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(out),
        }
    }
}

impl Document {
    pub fn stream(self, app: App) -> impl Stream<Item = Result<Bytes, std::io::Error>> + Send {
        enum Next {
            Head(String, Events),
            Events(Events),
            End,
        }
        let first = Next::Head(self.head, self.events);
        try_unfold((app, first), |(app, next)| async move {
            match next {
                Next::Head(head, events) => Ok(Some((Bytes::from(head), (app, Next::Events(events))))),
                Next::Events(events) => {
                    let page = app.run(move |app| more(app, events)).await;
                    let (text, rest) = page.map_err(|error| std::io::Error::other(error.code()))?;
                    Ok(Some((Bytes::from(text), (app, rest.map_or(Next::End, Next::Events)))))
                }
                Next::End => Ok(None),
            }
        })
    }
}

/// One page of events as text, and what is left.
fn more(app: &App, mut events: Events) -> Result<(String, Option<Events>), Refusal> {
    let found = read(app, |tx| Ok(app.log.of_people(tx, &events.nodes, events.from, PAGE, true)?))?;
    let done = found.len() < PAGE;
    let mut text = String::new();
    for one in found {
        events.from = Some((one.event.at, one.place));
        let (out, _) = event_out(app, one.event, events.full);
        text.push_str(if events.first { "\n    " } else { ",\n    " });
        text.push_str(&serde_json::to_string(&out).map_err(Refusal::internal)?);
        events.first = false;
    }
    if done {
        text.push_str("\n  ]\n}\n");
        return Ok((text, None));
    }
    Ok((text, Some(events)))
}
