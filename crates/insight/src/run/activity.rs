//! Activity: who is there.

use super::Env;
use super::trend::days;
use crate::cell::{Active, Group};
use crate::spec;
use roaring::RoaringBitmap;
use serde::Serialize;
use siyu_behaviour::kernels::{Activity, ActivityCell, ActivityPartial};

#[derive(Serialize)]
pub(crate) struct ActivityOut {
    #[serde(flatten)]
    table: Table,
    #[serde(skip_serializing_if = "Option::is_none")]
    groups: Option<Vec<GroupOut>>,
}

#[derive(Serialize)]
struct GroupOut {
    group: Option<String>,
    #[serde(flatten)]
    table: Table,
}

#[derive(Serialize)]
struct Table {
    points: Vec<Point>,
    people: u64,
    /// People on the last day, in the last 7 and the last 30 days of the span.
    dau: u64,
    wau: u64,
    mau: u64,
    /// Mean of the last 30 days' people per day ÷ `mau`.
    stickiness: Option<f64>,
    by_event: Vec<EventOut>,
    /// Seven rows from Monday of 24 hours: events.
    by_hour: Vec<Vec<u64>>,
}

#[derive(Serialize)]
struct Point {
    day: String,
    active: u64,
    new: u64,
    returning: u64,
    events: u64,
}

#[derive(Serialize)]
struct EventOut {
    event: String,
    people: u64,
    count: u64,
}

const EVENTS_MAX: usize = 100;
const STICKY_DAYS: f64 = 30.0;

fn kernel(ask: &spec::Activity, env: &Env<'_>, detail: bool) -> Activity {
    Activity { grain: ask.unit, from_day: env.days.0, to_day: env.days.1, detail, calendar: env.calendar() }
}

pub(crate) fn answer(ask: &spec::Activity, env: &Env<'_>) -> ActivityOut {
    let table = |own: &Env<'_>| table(ask, own, own.run(&kernel(ask, own, true)));
    let groups = env
        .slices()
        .map(|slices| slices.into_iter().map(|(group, own)| GroupOut { group, table: table(&own) }).collect());
    ActivityOut { table: table(env), groups }
}

fn table(ask: &spec::Activity, env: &Env<'_>, found: ActivityPartial) -> Table {
    let at = |list: &[u64], place: usize| list.get(place).copied().unwrap_or_default();
    let points = days(ask.unit, env.days).into_iter().enumerate().map(|(place, day)| {
        let (active, new) = (at(&found.active, place), at(&found.new, place));
        Point { day, active, new, returning: active - new, events: at(&found.events, place) }
    });
    let points = points.collect();
    let mut by_event: Vec<EventOut> =
        found.by_event.into_iter().map(|(event, (people, count))| EventOut { event, people, count }).collect();
    by_event.sort_by_key(|event| std::cmp::Reverse(event.count));
    by_event.truncate(EVENTS_MAX);
    let mut hours = found.by_hour;
    hours.resize(7 * 24, 0);
    Table {
        points,
        people: found.people,
        dau: found.day,
        wau: found.week,
        mau: found.month,
        stickiness: (found.month > 0).then(|| found.day_sum as f64 / STICKY_DAYS / found.month as f64),
        by_event,
        by_hour: hours.chunks(24).map(<[u64]>::to_vec).collect(),
    }
}

pub(crate) fn behind(ask: &spec::Activity, env: &Env<'_>, cell: &Active, group: &Group) -> RoaringBitmap {
    let cell = match cell {
        Active::Active(day) => ActivityCell::Active(ask.unit.of_day(*day)),
        Active::New(day) => ActivityCell::New(ask.unit.of_day(*day)),
        Active::Returning(day) => ActivityCell::Returning(ask.unit.of_day(*day)),
        Active::Event(name) => ActivityCell::Event(name.clone()),
        Active::Last(days) => ActivityCell::Last(*days),
    };
    let own = env.slice(group);
    own.behind(&kernel(ask, &own, false), &cell)
}
