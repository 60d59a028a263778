//! What a person did: events and orders.

use crate::commerce::{OrderOut, order_out};
use crate::error::Answer;
use crate::extract::PagingParams;
use crate::gate::{EventsRead, OrdersRead};
use crate::people_out::PersonIdentifier;
use crate::people_reader::{Reader, mask_event, note_look, read};
use crate::{App, At, Endpoints, Items, May, Paging, Query, endpoints};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use siyu_commerce::OrderQuery;
use siyu_db::Tx;
use siyu_kernel::{Event, PersonNum, Refusal, Time};
use siyu_log::Place;
use utoipa::{IntoParams, ToSchema};

pub fn router() -> Endpoints {
    endpoints!(events, orders)
}

#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PersonEventQuery {
    /// Events of this name only.
    name: Option<String>,
    /// `system` adds what the platform itself wrote (merged, tagged, consent given).
    include: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct PersonEvent {
    pub message_id: String,
    /// track, identify, page, screen, group, alias or system.
    pub r#type: String,
    pub name: String,
    #[schema(value_type = String, format = DateTime)]
    pub at: Time,
    #[schema(value_type = String, format = DateTime)]
    pub received_at: Time,
    pub properties: Value,
    pub context: Option<Value>,
    pub source: String,
    /// What the message said about who it is.
    pub identifiers: Vec<PersonIdentifier>,
}

/// An event as it is shown, and whether it says anything that is hidden from some.
pub(crate) fn event_out(app: &App, event: Event, full: bool) -> (PersonEvent, bool) {
    let mut body: Value = serde_json::from_str(&event.body).unwrap_or_default();
    let mut masked = body.clone();
    let hides = mask_event(&app.people, &mut masked);
    if !full {
        body = masked;
    }
    let said = [("userId", "user_id"), ("anonymousId", "anonymous")].into_iter().filter_map(|(key, kind)| {
        let value = body.get(key)?.as_str()?.to_owned();
        Some(PersonIdentifier { kind: kind.into(), value, masked: false })
    });
    let identifiers = said.collect();
    let mut take = |key: &str| body.get_mut(key).map(Value::take).filter(|value| !value.is_null());
    let Event { message_id, kind, name, at, received_at, source, .. } = event;
    let properties = take("properties").unwrap_or_else(|| Value::Object(Default::default()));
    let out = PersonEvent {
        message_id,
        r#type: kind.name().into(),
        name,
        at,
        received_at,
        properties,
        context: take("context"),
        source,
        identifiers,
    };
    (out, hides)
}

/// Where a page of events ended.
pub(crate) type Cursor = Option<(Time, Place)>;

pub(crate) fn cursor(after: Option<&str>) -> Result<Cursor, Refusal> {
    let Some(after) = after else { return Ok(None) };
    let parsed =
        after.split_once('.').and_then(|(at, place)| Some((Time(at.parse().ok()?), Place(place.parse().ok()?))));
    parsed.map(Some).ok_or_else(|| {
        let en = "This page token is not one we gave out; start from the first page.";
        Refusal::invalid("page_token", en, "分页标记无效，请从第一页重新开始。").field("after")
    })
}

/// Events read for one page at most, when only some names are wanted.
const SCAN_MAX: usize = 5_000;
const SCAN_CHUNK: usize = 250;

pub(crate) struct Found {
    pub events: Vec<Event>,
    pub next: Cursor,
}

pub(crate) fn page(
    app: &App,
    tx: &mut Tx<'_>,
    nodes: &[PersonNum],
    mut from: Cursor,
    limit: usize,
    query: &PersonEventQuery,
) -> Result<Found, Refusal> {
    let system = query.include.as_deref() == Some("system");
    let name = query.name.as_deref().filter(|name| !name.is_empty());
    let chunk = if name.is_some() { SCAN_CHUNK } else { limit + 1 };
    let (mut events, mut scanned) = (Vec::new(), 0);
    loop {
        let found = app.log.of_people(tx, nodes, from, chunk, system)?;
        let last_chunk = found.len() < chunk;
        for one in found {
            if events.len() == limit {
                return Ok(Found { events, next: from });
            }
            scanned += 1;
            from = Some((one.event.at, one.place));
            if name.is_none_or(|name| one.event.name == name) {
                events.push(one.event);
            }
        }
        if last_chunk {
            return Ok(Found { events, next: None });
        }
        if scanned >= SCAN_MAX {
            return Ok(Found { events, next: from });
        }
    }
}

/// Lists a person's events, newest first.
///
/// 客户的行为记录，新的在前。
///
/// A page of a rare name may be short or empty and still have a next one. Phone numbers, addresses and sensitive fields are hidden from
/// roles without `people.unmask`.
#[utoipa::path(get, path = "/people/{id}/events", tag = "People", params(("id" = String, Path), PersonEventQuery, PagingParams), responses((status = 200, body = Items<PersonEvent>)))]
async fn events(
    may: May<EventsRead>,
    At(id): At<String>,
    Query(query): Query<PersonEventQuery>,
    paging: Paging,
    State(app): State<App>,
) -> Answer<Json<Items<PersonEvent>>> {
    let caller = may.caller;
    let from = cursor(paging.after.as_deref())?;
    let answer = app.run(move |app| {
        let (items, next, opened, person) = read(app, |tx| {
            let reader = Reader::new(app, tx, &caller)?;
            let (_, root) = reader.find(app, tx, &id)?;
            let nodes = app.people.nodes(tx, root)?;
            let found = page(app, tx, &nodes, from, paging.limit, &query)?;
            let mut opened = false;
            let out = found.events.into_iter().map(|event| {
                let (out, hides) = event_out(app, event, reader.full);
                opened |= hides && reader.full && reader.recorded;
                out
            });
            let items: Vec<PersonEvent> = out.collect();
            let next = found.next.map(|(at, place)| format!("{}.{}", at.0, place.0));
            Ok((items, next, opened, app.people.id(root)))
        })?;
        if opened {
            note_look(app, &caller, &person, "events")?;
        }
        Ok(Items::new(items, next))
    });
    answer.await.map(Json)
}

/// Lists a person's orders with their lines, newest first.
///
/// 客户的订单（含明细），新的在前。
///
/// Readers of some stores see the orders of these stores only.
#[utoipa::path(get, path = "/people/{id}/orders", tag = "People", params(("id" = String, Path), PagingParams), responses((status = 200, body = Items<OrderOut>)))]
async fn orders(
    may: May<OrdersRead>,
    At(id): At<String>,
    paging: Paging,
    State(app): State<App>,
) -> Answer<Json<Items<OrderOut>>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        read(app, |tx| {
            let reader = Reader::new(app, tx, &caller)?;
            let (_, root) = reader.find(app, tx, &id)?;
            let nodes = app.people.nodes(tx, root)?;
            let page = orders_page(tx, &reader, &nodes, paging.limit, paging.after.as_deref())?;
            Ok(Items::new(page.items.into_iter().map(|row| order_out(app, row)).collect(), page.next))
        })
    });
    answer.await.map(Json)
}

/// Orders with lines, of the stores the reader sees.
pub(crate) fn orders_page(
    tx: &mut Tx<'_>,
    reader: &Reader,
    nodes: &[PersonNum],
    limit: usize,
    after: Option<&str>,
) -> Result<siyu_commerce::Page<siyu_commerce::OrderRow>, Refusal> {
    let Some(codes) = reader.stores() else { return siyu_commerce::orders_of(tx, nodes, limit, after) };
    let query = OrderQuery { persons: Some(nodes), stores: Some(codes), limit, after, ..OrderQuery::default() };
    let mut page = siyu_commerce::orders(tx, &query)?;
    for row in &mut page.items {
        row.lines = siyu_commerce::order(tx, &row.order_no, Some(codes))?.and_then(|whole| whole.lines);
    }
    Ok(page)
}
