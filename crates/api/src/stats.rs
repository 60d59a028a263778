//! The workspace in numbers, and what to do today.

use crate::error::Answer;
use crate::gate::Anyone;
use crate::{App, Endpoints, Workspace, endpoints};
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use siyu_db::{Tx, params};
use siyu_kernel::{Currency, Refusal, Zone};
use utoipa::ToSchema;

pub fn router() -> Endpoints {
    endpoints!(stats, overview)
}

/// Money in minor units of `currency`.
#[derive(Clone, Serialize, ToSchema)]
struct Stats {
    /// People, each counted once however many identities they were merged from.
    people: i64,
    /// Events of people; the platform's own are not counted.
    events: i64,
    /// Orders with at least one sale line.
    orders: i64,
    /// Sum of sale lines.
    revenue: i64,
    refunded: i64,
    /// revenue − refunded.
    net: i64,
    #[schema(value_type = String)]
    currency: Currency,
}

#[derive(Serialize, ToSchema)]
struct StatsDay {
    /// Calendar day of the workspace's zone.
    day: String,
    people: i64,
    orders: i64,
    revenue: i64,
}

#[derive(Serialize, ToSchema)]
struct StatsStep {
    key: &'static str,
    done: bool,
}

#[derive(Serialize, ToSchema)]
struct StatsAttention {
    key: &'static str,
    count: i64,
}

#[derive(Serialize, ToSchema)]
struct Overview {
    #[serde(flatten)]
    stats: Stats,
    /// People with at least one identifier besides a browser or a device.
    identified: i64,
    merges: i64,
    quarantined: i64,
    /// The last 30 days, oldest first.
    days: Vec<StatsDay>,
    checklist: Vec<StatsStep>,
    attention: Vec<StatsAttention>,
}

/// The workspace in six numbers.
///
/// 工作区总览数字。
#[utoipa::path(get, path = "/stats", tag = "Home", responses((status = 200, body = Stats)))]
async fn stats(_: Anyone, State(app): State<App>) -> Answer<Json<Stats>> {
    app.run(|app| app.db.read(|tx| numbers(app, tx))).await.map(Json)
}

fn numbers(app: &App, tx: &mut Tx<'_>) -> Result<Stats, Refusal> {
    let currency = app.intake.currency();
    let totals = siyu_commerce::totals(tx)?.into_iter().find(|totals| totals.currency == currency);
    let (orders, revenue, refunded) = totals.map_or((0, 0, 0), |t| (t.orders, t.revenue, t.refunded));
    Ok(Stats {
        people: app.people.count(tx)?,
        events: app.log.totals(tx)?.0,
        orders,
        revenue,
        refunded,
        net: revenue - refunded,
        currency,
    })
}

/// What the home page shows: numbers, thirty days, what to do next and what needs a decision.
///
/// 首页：数字、近 30 天走势、下一步与待处理事项。
#[utoipa::path(get, path = "/stats/overview", tag = "Home", responses((status = 200, body = Overview)))]
async fn overview(_: Anyone, State(app): State<App>) -> Answer<Json<Overview>> {
    app.run(|app| app.db.read(|tx| today(app, tx))).await.map(Json)
}

fn today(app: &App, tx: &mut Tx<'_>) -> Result<Overview, Refusal> {
    let stats = numbers(app, tx)?;
    let zone = Zone::named(&Workspace::load(tx)?.timezone).unwrap_or_else(|_| Zone::shanghai());
    let quarantined = app.intake.quarantine_count(tx)?;
    let count = |tx: &mut Tx<'_>, sql: &str| tx.one(sql, &[], |row| row.int(0));
    let unknown = count(
        tx,
        "SELECT COUNT(*) FROM (SELECT 1 FROM person p WHERE p.root = p.num AND p.state = 0 AND NOT EXISTS (SELECT 1 FROM identifier i JOIN person n ON n.num = i.num WHERE n.root = p.num AND i.kind NOT IN ('anonymous', 'device')) LIMIT 100000) x",
    )?;
    let has =
        |tx: &mut Tx<'_>, sql: &str| -> Result<bool, Refusal> { Ok(tx.opt(sql, &[], |row| row.int(0))?.is_some()) };
    let checklist = vec![
        StatsStep { key: "import_people", done: stats.people > 0 },
        StatsStep { key: "import_orders", done: stats.orders > 0 },
        StatsStep {
            key: "connect_sdk",
            done: has(tx, "SELECT 1 FROM access_key WHERE kind = 'write' AND last_used_at IS NOT NULL LIMIT 1")?,
        },
        StatsStep { key: "create_tag", done: has(tx, "SELECT 1 FROM tag LIMIT 1")? },
        StatsStep { key: "invite_user", done: count(tx, "SELECT COUNT(*) FROM access_user")? > 1 },
        StatsStep { key: "lock_schema", done: has(tx, "SELECT 1 FROM schema_event WHERE locked = 1 LIMIT 1")? },
    ];
    let now = app.now();
    let attention = [
        ("quarantine", quarantined),
        ("identity_conflict", app.people.conflict_count(tx)?),
        ("import_failed", count(tx, "SELECT COUNT(*) FROM import_job WHERE state = 'failed'")?),
        ("expiring_tags", app.people.expiring_tags(tx, now.plus_days(7))?),
    ];
    let days = days(app, tx, &zone)?;
    Ok(Overview {
        identified: stats.people - unknown,
        merges: app.people.merge_count(tx)?,
        quarantined,
        days,
        checklist,
        attention: attention
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .map(|(key, count)| StatsAttention { key, count })
            .collect(),
        stats,
    })
}

fn days(app: &App, tx: &mut Tx<'_>, zone: &Zone) -> Result<Vec<StatsDay>, Refusal> {
    let now = app.now();
    let mut out = Vec::new();
    for day in siyu_commerce::daily(tx, app.intake.currency(), zone, 30, now)? {
        let (from, to) = (zone.start_of_day(day.day), zone.start_of_day(day.day + 1));
        let people = tx.one(
            "SELECT COUNT(*) FROM person WHERE created_at >= $1 AND created_at < $2 AND root = num",
            params![from, to],
            |row| row.int(0),
        )?;
        let text = zone.local(siyu_kernel::Time(from.0 + 43_200_000_000));
        out.push(StatsDay { day: text[..10].to_owned(), people, orders: day.orders, revenue: day.revenue });
    }
    Ok(out)
}
