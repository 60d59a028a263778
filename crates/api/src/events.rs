//! Events as they come in: the newest of the workspace, and a live stream.

use crate::error::Answer;
use crate::extract::PagingParams;
use crate::gate::{Caller, EventsRead};
use crate::people_reader::mask_event;
use crate::{App, Endpoints, Items, May, Paging, Query, endpoints};
use axum::Json;
use axum::extract::State;
use axum::response::sse::{Event as SseEvent, KeepAlive, Sse};
use futures_util::stream::{Stream, unfold};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use siyu_access::Permission;
use siyu_db::Tx;
use siyu_kernel::{EventKind, Refusal, Time};
use siyu_log::{Found, Place};
use std::convert::Infallible;
use std::time::Duration;
use utoipa::{IntoParams, ToSchema};

pub fn router() -> Endpoints {
    endpoints!(list, stream)
}

#[derive(Serialize, ToSchema)]
pub struct EventOut {
    pub message_id: String,
    /// track, identify, page, screen, group, alias, or system for what the platform wrote itself.
    pub r#type: &'static str,
    pub name: String,
    #[schema(value_type = String, format = DateTime)]
    pub at: Time,
    #[schema(value_type = String, format = DateTime)]
    pub received_at: Time,
    pub person_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person_name: Option<String>,
    #[schema(value_type = Object)]
    pub properties: Value,
    #[schema(value_type = Object)]
    pub context: Value,
    /// The write key or import it came with.
    pub source: String,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct EventsQuery {
    /// Only events of this name.
    name: Option<String>,
    /// Only this type.
    r#type: Option<String>,
    /// `system` shows the platform's own events too.
    include: Option<String>,
}

impl EventOut {
    /// `masked`: for readers who may not see personal data.
    pub fn new(app: &App, found: Found, masked: bool) -> Self {
        let event = found.event;
        let mut body: Value = serde_json::from_str(&event.body).unwrap_or_default();
        if masked {
            mask_event(&app.people, &mut body);
        }
        let mut part =
            |name: &str| body.get_mut(name).map(Value::take).unwrap_or_else(|| Value::Object(Default::default()));
        Self {
            properties: part("properties"),
            context: part("context"),
            message_id: event.message_id,
            r#type: event.kind.name(),
            name: event.name,
            at: event.at,
            received_at: event.received_at,
            person_id: app.people.id(event.person),
            person_name: None,
            source: event.source,
        }
    }
}

/// Who may see only some stores' people cannot watch everybody's events.
fn unscoped(caller: &Caller) -> Result<(), Refusal> {
    if caller.scope.all {
        return Ok(());
    }
    Err(Refusal::forbidden(
        "scope_limited",
        "Your account is limited to some stores; events of the whole workspace are not shown to it.",
        "您的账号仅限部分门店，不能查看整个工作区的事件。",
    ))
}

/// Lists the newest events of the workspace, in order of arrival, newest first.
///
/// 最新事件，按到达顺序倒序。
#[utoipa::path(get, path = "/events", tag = "Events", params(EventsQuery, PagingParams), responses((status = 200, body = Items<EventOut>)))]
async fn list(
    may: May<EventsRead>,
    Query(query): Query<EventsQuery>,
    page: Paging,
    State(app): State<App>,
) -> Answer<Json<Items<EventOut>>> {
    unscoped(&may)?;
    let masked = !may.may(Permission::PeopleUnmask);
    app.run(move |app| {
        let before = page.after.as_deref().map(|after| after.parse().map(Place)).transpose().map_err(|_| {
            Refusal::invalid(
                "page_token",
                "after must be the next of an earlier page.",
                "after 须为上一页返回的 next。",
            )
            .field("after")
        })?;
        let system = query.include.as_deref() == Some("system");
        let keep = |event: &siyu_kernel::Event| {
            (system || event.kind != EventKind::System)
                && query.name.as_ref().is_none_or(|name| *name == event.name)
                && query.r#type.as_ref().is_none_or(|kind| kind == event.kind.name())
        };
        app.db.read(|tx| {
            let found = app.log.newest(tx, before, page.limit, keep)?;
            let next = (found.len() == page.limit).then(|| found.last().map(|last| last.place.0.to_string())).flatten();
            Ok(Items::new(shown(app, tx, found, masked)?, next))
        })
    })
    .await
    .map(Json)
}

/// Adds who the events belong to now (after merges) and their names.
pub fn shown(app: &App, tx: &mut Tx<'_>, found: Vec<Found>, masked: bool) -> Result<Vec<EventOut>, Refusal> {
    let nums: Vec<u32> = found.iter().map(|found| found.event.person).collect();
    let roots = app.people.roots(tx, &nums)?;
    let mut distinct = roots.clone();
    distinct.sort_unstable();
    distinct.dedup();
    let profiles = app.people.profiles(tx, &distinct)?;
    let name_of = |root: u32| profiles.iter().find(|profile| profile.root == root).and_then(siyu_people::Profile::name);
    Ok(found
        .into_iter()
        .zip(roots)
        .map(|(found, root)| EventOut {
            person_id: app.people.id(root),
            person_name: name_of(root),
            ..EventOut::new(app, found, masked)
        })
        .collect())
}

const POLL: Duration = Duration::from_millis(500);
/// A page cannot show more, and a watcher must not cost as much as intake.
const SHOWN_PER_POLL_MAX: usize = 40;

/// Streams events as they are committed (server-sent events). When more arrive than a page can show, the newest are shown.
///
/// 实时事件流（SSE）。
#[utoipa::path(get, path = "/events/stream", tag = "Events", responses((status = 200, content_type = "text/event-stream", body = EventOut)))]
async fn stream(
    may: May<EventsRead>,
    State(app): State<App>,
) -> Answer<Sse<impl Stream<Item = Result<SseEvent, Infallible>>>> {
    unscoped(&may)?;
    let masked = !may.may(Permission::PeopleUnmask);
    let newest = app.run(newest_seq).await?;
    let events = unfold((app, newest, Vec::<EventOut>::new()), move |(app, mut seq, mut waiting)| async move {
        while waiting.is_empty() {
            tokio::time::sleep(POLL).await;
            let from = seq;
            match app.run(move |app| poll(app, from, masked)).await {
                Ok((found, next)) => {
                    seq = next;
                    waiting = found;
                    waiting.reverse();
                }
                // The database is away for a moment: the watcher stays.
                Err(_) => continue,
            }
        }
        let event =
            waiting.pop().map(|event| SseEvent::default().data(serde_json::to_string(&event).unwrap_or_default()));
        event.map(|event| (Ok(event), (app, seq, waiting)))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

fn newest_seq(app: &App) -> Result<i64, Refusal> {
    app.db.read(|tx| Ok(tx.one("SELECT COALESCE(MAX(seq), 0) FROM log_batch", &[], |row| row.int(0))?))
}

fn poll(app: &App, from: i64, masked: bool) -> Result<(Vec<EventOut>, i64), Refusal> {
    let newest = newest_seq(app)?;
    if newest == from {
        return Ok((Vec::new(), from));
    }
    app.db.read(|tx| {
        // Far behind: only the newest batches are read.
        let (mut found, next) = app.log.after(tx, from.max(newest - 4), 8)?;
        found.retain(|found| found.event.kind != EventKind::System);
        let drop = found.len().saturating_sub(SHOWN_PER_POLL_MAX);
        found.drain(..drop);
        Ok((shown(app, tx, found, masked)?, next.max(newest)))
    })
}
