//! Analysis: questions about what people did, and the people behind the numbers.

use crate::auth::Caller;
use crate::error::Answer;
use crate::gate::{OrdersRead, PeopleRead};
use crate::people_out::{PersonRow, rows};
use crate::people_reader::{Reader, read};
use crate::{App, At, Body, Endpoints, Items, May, endpoints};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use siyu_db::Tx;
use siyu_insight::{Cell, Group, Kind, Question, Scene, Spec, under};
use siyu_kernel::{PersonNum, Refusal, Stopwatch, Time};
use utoipa::ToSchema;

pub fn router() -> Endpoints {
    endpoints!(ask, people, credits, catalogue, defaults).merge(crate::analysis_files::router())
}

/// The people of a cell, one page of them.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AnalysisCell {
    /// As for the question itself.
    #[schema(value_type = Object)]
    pub spec: Value,
    /// Names one number of the result.
    #[schema(value_type = Object)]
    pub cell: Value,
    /// Rows of a page, 1 to 200; 50 when absent.
    pub limit: Option<u32>,
    /// The `next` of the page before.
    pub after: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct AnalysisPeople {
    items: Vec<PersonRow>,
    /// Give it back as `after` to get the following page; null at the end.
    next: Option<String>,
    total: u64,
}

#[derive(Serialize, ToSchema)]
struct AnalysisCredit {
    order_no: Option<String>,
    /// `psn_…`
    person: String,
    #[schema(value_type = String, format = DateTime)]
    at: Time,
    /// Minor units, refunds taken off.
    value: i64,
    refunded: i64,
    /// What the touch got of it, or all of it where the cell names no touch.
    credit: i64,
    touches: Vec<AnalysisTouch>,
}

#[derive(Serialize, ToSchema)]
struct AnalysisTouch {
    #[schema(value_type = String, format = DateTime)]
    at: Time,
    touch: Option<String>,
    /// 0 to 1; shares of one order add up to 1.
    share: f64,
    credit: i64,
}

/// A question of the caller, ready, and the moment it is put to.
pub(crate) struct Asked {
    pub question: Question,
    pub scene: Scene,
    pub reader: Reader,
}

impl Asked {
    pub fn new(app: &App, caller: &Caller, spec: &Spec) -> Result<Self, Refusal> {
        let scene = app.insight.scene(&app.projection, app.now())?;
        let (question, reader) = read(app, |tx| {
            let reader = Reader::new(app, tx, caller)?;
            let asks = siyu_insight::Reader { scope: reader.scope.clone(), ctx: reader.ctx.clone() };
            Ok((app.insight.prepare(tx, spec.clone(), &asks, &scene)?, reader))
        })?;
        Ok(Self { question, scene, reader })
    }
}

/// Reads the spec of a request whose body has it under `spec`.
pub(crate) fn spec_of(kind: &str, spec: &Value) -> Result<Spec, Refusal> {
    let kind = Kind::parse(kind)?;
    Spec::parse(kind, spec).map_err(|refusal| under("spec", refusal))
}
pub(crate) fn cell_of(spec: &Spec, cell: &Value) -> Result<(Cell, Group), Refusal> {
    Cell::parse(spec, cell)
}

fn limit(given: Option<u32>) -> Result<usize, Refusal> {
    const LIMIT: u32 = 50;
    const LIMIT_MAX: u32 = 200;
    let limit = given.unwrap_or(LIMIT);
    if (1..=LIMIT_MAX).contains(&limit) {
        return Ok(limit as usize);
    }
    Err(Refusal::invalid("limit_invalid", "`limit` is 1 to 200.", "limit 的取值为 1 到 200。").field("limit"))
}
fn wrong_page() -> Refusal {
    let en = "This page token is not valid here. Start again from the first page.";
    Refusal::invalid("page_token", en, "翻页标记无效，请从第一页重新开始。").field("after")
}

/// Asks a question: funnel, retention, attribution, segment, rfm, paths, distribution, interval, trend, activity, cohort_value, touchpoints, lifecycle, assets, stores or guides.
///
/// 分析查询：漏斗、留存、归因、人群、RFM、路径、分布、间隔、趋势、活跃、同期群价值、触点地图、生命周期、用户资产、门店、导购。
///
/// The body is the spec; docs/analysis.md has every kind with its result and definitions. Numbers are of the people the reader may see;
/// attribution counts the orders of the reader's stores only.
///
/// Errors: `spec_kind`, and the other `spec_…` and `rule_…` codes, each with its place in `field`.
#[utoipa::path(post, path = "/analysis/{kind}", tag = "Analysis", params(("kind" = String, Path, example = "funnel")), request_body(content = Object), responses((status = 200, body = Object)))]
async fn ask(
    may: May<PeopleRead>,
    At(kind): At<String>,
    State(app): State<App>,
    Body(spec): Body<Value>,
) -> Answer<Json<Map<String, Value>>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        let watch = Stopwatch::start();
        let spec = Spec::parse(Kind::parse(&kind)?, &spec)?;
        let asked = Asked::new(app, &caller, &spec)?;
        let mut answer = asked.question.answer(&asked.scene)?;
        answer.insert("took_ms".into(), Value::from((watch.seconds() * 1000.0).ceil() as u64));
        Ok(answer)
    });
    answer.await.map(Json)
}

/// Lists the people behind one number of a result.
///
/// 查看结果中某个数字背后的客户。
///
/// Errors: `spec_cell`, `page_token`, `limit_invalid`, and those of the question.
#[utoipa::path(post, path = "/analysis/{kind}/people", tag = "Analysis", params(("kind" = String, Path)), request_body = AnalysisCell, responses((status = 200, body = AnalysisPeople)))]
async fn people(
    may: May<PeopleRead>,
    At(kind): At<String>,
    State(app): State<App>,
    Body(input): Body<AnalysisCell>,
) -> Answer<Json<AnalysisPeople>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        let (limit, spec) = (limit(input.limit)?, spec_of(&kind, &input.spec)?);
        let (cell, group) = cell_of(&spec, &input.cell)?;
        let asked = Asked::new(app, &caller, &spec)?;
        let people = asked.question.behind(&asked.scene, &cell, &group)?;
        // By rising number: the order does not change while pages are turned.
        let from = match &input.after {
            None => 0,
            Some(token) => token.parse::<PersonNum>().map_err(|_| wrong_page())?.saturating_add(1),
        };
        let mut page: Vec<PersonNum> = people.range(from..).take(limit + 1).collect();
        let more = page.len() > limit;
        page.truncate(limit);
        let next = page.last().filter(|_| more).map(PersonNum::to_string);
        let items = read(app, |tx| shown(app, tx, &asked.reader, &page))?;
        Ok(AnalysisPeople { items, next, total: people.len() })
    });
    answer.await.map(Json)
}

/// People of the columns that were merged or erased a moment ago are not shown twice, or at all.
fn shown(app: &App, tx: &mut Tx<'_>, reader: &Reader, page: &[PersonNum]) -> Result<Vec<PersonRow>, Refusal> {
    let roots = app.people.roots(tx, page)?;
    let mut once: Vec<PersonNum> = Vec::with_capacity(roots.len());
    for root in roots {
        if !once.contains(&root) {
            once.push(root);
        }
    }
    rows(app, tx, reader, &once)
}

/// Lists the orders behind a number of an attribution, oldest first, with the touches that share each.
///
/// 查看归因数字背后的订单，以及分摊每笔订单的触点。
///
/// Readers limited to some stores see the orders of these stores, as in the numbers.
///
/// Errors: `spec_cell`, `page_token`, `limit_invalid`, and those of the question.
#[utoipa::path(post, path = "/analysis/attribution/credits", tag = "Analysis", request_body = AnalysisCell, responses((status = 200, body = Items<AnalysisCredit>)))]
async fn credits(
    may: May<OrdersRead>,
    State(app): State<App>,
    Body(input): Body<AnalysisCell>,
) -> Answer<Json<Items<AnalysisCredit>>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        let (limit, spec) = (limit(input.limit)?, spec_of(Kind::Attribution.name(), &input.spec)?);
        let (cell, group) = cell_of(&spec, &input.cell)?;
        let after = input.after.as_deref().map(|token| key(token).ok_or_else(wrong_page)).transpose()?;
        let asked = Asked::new(app, &caller, &spec)?;
        let mut lines = asked.question.credits(&asked.scene, &cell, &group, after, limit + 1)?;
        let more = lines.len() > limit;
        lines.truncate(limit);
        let next = lines.last().filter(|_| more).map(|last| format!("{}.{}.{}", last.at, last.person, last.place));
        let items = lines.into_iter().map(|line| AnalysisCredit {
            order_no: line.order,
            person: app.people.id(line.person),
            at: Time(line.at),
            value: line.value,
            refunded: line.refunded,
            credit: line.credit,
            touches: line
                .touches
                .into_iter()
                .map(|own| AnalysisTouch {
                    at: Time(own.at),
                    touch: own.touch,
                    share: own.share as f64 / 1e9,
                    credit: own.credit,
                })
                .collect(),
        });
        Ok(Items::new(items.collect(), next))
    });
    answer.await.map(Json)
}

fn key(token: &str) -> Option<(i64, u32, u32)> {
    let mut parts = token.split('.');
    let key = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    parts.next().is_none().then_some(key)
}

#[derive(Serialize, ToSchema)]
struct AnalysisCatalogue {
    /// By falling count.
    events: Vec<AnalysisEvent>,
    #[schema(value_type = String, format = DateTime)]
    as_of: Time,
}

/// Counts are null for readers limited to some stores.
#[derive(Serialize, ToSchema)]
struct AnalysisEvent {
    name: String,
    people: Option<u64>,
    count: Option<u64>,
    properties: Vec<AnalysisProperty>,
}

#[derive(Serialize, ToSchema)]
struct AnalysisProperty {
    name: String,
    /// int, float, bool, text, list.
    kinds: Vec<&'static str>,
    /// The most frequent texts, at most 50; none for readers limited to some stores.
    values: Vec<String>,
}

/// Tells which events there are, with which properties and values. Sensitive properties are not among them.
///
/// 列出已有的事件、属性和常见取值（不含敏感属性）。
#[utoipa::path(get, path = "/analysis/catalogue", tag = "Analysis", responses((status = 200, body = AnalysisCatalogue)))]
async fn catalogue(may: May<PeopleRead>, State(app): State<App>) -> Answer<Json<AnalysisCatalogue>> {
    let all = may.scope.all;
    let answer = app.run(move |app| {
        let found = app.projection.catalogue()?;
        let events = found.events.iter().map(|event| AnalysisEvent {
            name: event.name.clone(),
            people: all.then_some(event.people),
            count: all.then_some(event.count),
            properties: event
                .properties
                .iter()
                .map(|own| AnalysisProperty {
                    name: own.name.clone(),
                    kinds: own.kinds.iter().map(|kind| siyu_insight::column_kind_name(*kind)).collect(),
                    // They are what everybody's events say.
                    values: if all { own.values.iter().map(|(value, _)| value.clone()).collect() } else { Vec::new() },
                })
                .collect(),
        });
        Ok(AnalysisCatalogue { events: events.collect(), as_of: found.as_of })
    });
    answer.await.map(Json)
}

/// Gives a spec of each kind that says something about this workspace.
///
/// 按当前数据给出每种分析的默认查询；没有相应数据的分析不出现。
#[utoipa::path(get, path = "/analysis/defaults", tag = "Analysis", responses((status = 200, body = Object)))]
async fn defaults(may: May<PeopleRead>, State(app): State<App>) -> Answer<Json<Map<String, Value>>> {
    let _ = may;
    let answer = app.run(move |app| {
        let zone = app.projection.zone();
        let seen = siyu_insight::Seen::of(&*app.projection.catalogue()?, &zone);
        Ok(siyu_insight::defaults(&seen, zone.day(app.now())))
    });
    answer.await.map(Json)
}
