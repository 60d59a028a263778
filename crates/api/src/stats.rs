//! The workspace in numbers, and what to do today.

use crate::error::Answer;
use crate::gate::{Anyone, Caller};
use crate::people_reader::{Reader, audience, read};
use crate::tally::{of_newcomers, of_unknown};
use crate::{App, Endpoints, Workspace, endpoints};
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use siyu_db::{Tx, params};
use siyu_kernel::{Currency, PersonNum, Refusal, Zone};
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
    /// Null for readers limited to some stores: events belong to no store.
    events: Option<i64>,
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
    #[schema(value_type = crate::words::StepName)]
    key: &'static str,
    done: bool,
}

#[derive(Serialize, ToSchema)]
struct StatsAttention {
    #[schema(value_type = crate::words::AttentionName)]
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
async fn stats(who: Anyone, State(app): State<App>) -> Answer<Json<Stats>> {
    let caller = who.0;
    app.run(move |app| read(app, |tx| numbers(app, tx, &caller))).await.map(Json)
}

/// What the people a reader may see bought in the reader's stores.
fn of_reader(app: &App, tx: &mut Tx<'_>, currency: Currency, caller: &Caller) -> Result<Stats, Refusal> {
    let reader = Reader::new(app, tx, caller)?;
    let people = audience(app).visible_all(tx, &reader.scope, &reader.ctx)?;
    let count = i64::try_from(people.len()).unwrap_or(i64::MAX);
    let (orders, revenue, refunded) = match reader.own_people(app, tx)? {
        // Sums of the orders themselves, those without a person included.
        None => of_stores(tx, currency, reader.stores().unwrap_or_default())?,
        Some(_) => {
            let roots: Vec<PersonNum> = people.into_iter().collect();
            let own = reader.totals(tx, &roots)?.into_iter().filter(|own| own.currency == currency);
            own.fold((0, 0, 0), |(n, amount, back), own| (n + own.orders, amount + own.amount, back + own.refunded))
        }
    };
    Ok(Stats { people: count, events: None, orders, revenue, refunded, net: revenue - refunded, currency })
}
fn of_stores(tx: &mut Tx<'_>, currency: Currency, codes: &[String]) -> Result<(i64, i64, i64), Refusal> {
    let sql = format!(
        "SELECT COUNT(*), CAST(COALESCE(SUM(amount), 0) AS BIGINT), CAST(COALESCE(SUM(refunded), 0) AS BIGINT) FROM orders
         WHERE stub = 0 AND sales > 0 AND currency = $2 AND store IN (SELECT id FROM store WHERE {})",
        tx.any("code", 1)
    );
    Ok(tx.one(&sql, params![codes, currency.code()], |row| Ok((row.int(0)?, row.int(1)?, row.int(2)?)))?)
}

fn numbers(app: &App, tx: &mut Tx<'_>, caller: &Caller) -> Result<Stats, Refusal> {
    let currency = app.intake.currency();
    if !caller.scope.all {
        return of_reader(app, tx, currency, caller);
    }
    let totals = siyu_commerce::totals(tx)?.into_iter().find(|totals| totals.currency == currency);
    let (orders, revenue, refunded) = totals.map_or((0, 0, 0), |t| (t.orders, t.revenue, t.refunded));
    Ok(Stats {
        people: app.people.count(tx)?,
        events: Some(app.log.totals(tx)?.0),
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
async fn overview(who: Anyone, State(app): State<App>) -> Answer<Json<Overview>> {
    let caller = who.0;
    app.run(move |app| read(app, |tx| today(app, tx, &caller))).await.map(Json)
}

fn today(app: &App, tx: &mut Tx<'_>, caller: &Caller) -> Result<Overview, Refusal> {
    let stats = numbers(app, tx, caller)?;
    if !caller.scope.all {
        // The rest speaks of the whole workspace.
        let (identified, none) = (stats.people, Vec::new());
        return Ok(Overview {
            stats,
            identified,
            merges: 0,
            quarantined: 0,
            days: Vec::new(),
            checklist: Vec::new(),
            attention: none,
        });
    }
    let zone = Zone::named(&Workspace::load(tx)?.timezone).unwrap_or_else(|_| Zone::shanghai());
    let quarantined = app.intake.quarantine_count(tx)?;
    let count = |tx: &mut Tx<'_>, sql: &str| tx.one(sql, &[], |row| row.int(0));
    let unknown = of_unknown(app, tx)?;
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
    let people = of_newcomers(app, tx)?;
    let mut out = Vec::new();
    for day in siyu_commerce::daily(tx, app.intake.currency(), zone, 30, now)? {
        let from = zone.start_of_day(day.day);
        let people = people.get(&day.day).copied().unwrap_or(0);
        let text = zone.local(siyu_kernel::Time(from.0 + 43_200_000_000));
        out.push(StatsDay { day: text[..10].to_owned(), people, orders: day.orders, revenue: day.revenue });
    }
    Ok(out)
}
