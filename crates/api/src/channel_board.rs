//! Channels side by side: who came, who stayed, what they bought, what it cost. Every figure is a question of `insight` and opens its people as that
//! question counts them; who is a friend now is asked of WeCom's mirror.

use crate::analysis::Asked;
use crate::auth::Caller;
use crate::channel_out::{ChannelOut, day, shown_day};
use crate::channels::ChannelParams;
use crate::error::Answer;
use crate::gate::PeopleRead;
use crate::people_out::{PersonRow, rows};
use crate::people_reader::{Reader, audience, read};
use crate::people_tags::number_after;
use crate::{App, At, Endpoints, Items, May, Paging, Query, endpoints};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use siyu_audience::Scope;
use siyu_channels::ChannelRow;
use siyu_insight::{Kind, Spec};
use siyu_kernel::{Currency, Refusal};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

pub fn router() -> Endpoints {
    endpoints!(board, friends)
}

#[derive(Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct BoardSpan {
    /// `2026-03-01`; thirty days before `to` when absent.
    pub from: Option<String>,
    /// Included; today when absent.
    pub to: Option<String>,
}

impl BoardSpan {
    /// First and last day. Errors: `day_invalid`, `channel_span`.
    pub fn days(&self, today: i32) -> Result<(i32, i32), Refusal> {
        let to = self.to.as_deref().map(|text| day(text, "to")).transpose()?.unwrap_or(today);
        let from = self.from.as_deref().map(|text| day(text, "from")).transpose()?.unwrap_or(to - 29);
        if from > to || to - from >= siyu_insight::spec::SPAN_DAYS_MAX {
            let en = "The span begins before it ends and has at most 5 years.";
            return Err(Refusal::invalid("channel_span", en, "时间范围的开始不晚于结束，最长 5 年。").field("from"));
        }
        Ok((from, to))
    }
}

/// A number as a question: put it to `/analysis/{kind}/people` with the cell to see who is behind it.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct FigureCell {
    pub kind: &'static str,
    #[schema(value_type = Object)]
    pub spec: Value,
    #[schema(value_type = Object)]
    pub cell: Value,
}

/// Money in minor units of the workspace's currency.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChannelFigures {
    pub channel: ChannelOut,
    /// Visits of the pages of its codes, the only scans that anybody tells of; null when it has had none ever.
    pub visits: Option<i64>,
    /// People added through it in the span.
    pub adds: u64,
    /// People who have a friendship that began here and stands now, whenever it began.
    pub friends: i64,
    /// People lost in the span: who deleted the member, whom the member deleted or handed over or left, and of whom nobody knows.
    pub lost_customer: u64,
    pub lost_staff: u64,
    pub lost_unknown: u64,
    /// Of those added, who ordered within 90 days.
    pub buyers: u64,
    /// Of these, whose first order ever lies in the span or later.
    pub first_orders: u64,
    /// Attributed to it by the last entrance within so many days before each order of the span, refunds taken off.
    pub revenue_30: i64,
    pub revenue_90: i64,
    /// What it cost in the span; null when nothing was entered.
    pub cost: Option<i64>,
    /// cost ÷ adds.
    pub cost_per_add: Option<i64>,
    /// Revenue ÷ cost.
    pub roi_30: Option<f64>,
    pub roi_90: Option<f64>,
    /// By the name of the figure.
    pub cells: BTreeMap<String, FigureCell>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct ChannelBoard {
    pub from: String,
    pub to: String,
    #[schema(value_type = String)]
    pub currency: Currency,
    pub items: Vec<ChannelFigures>,
    /// Give it back as `after` to get the following page; null at the end.
    pub next: Option<String>,
}

const ADDED: &str = "Contact Added";
const BUYING_DAYS: i64 = 90;

/// The questions about one channel.
struct Questions {
    flow: Value,
    funnel: Value,
    firsts: Value,
}

impl Questions {
    fn of(channel: &ChannelRow, span: &Value) -> Self {
        let here = json!([{ "property": "channel", "op": "in", "value": channel.values() }]);
        let lost = |by: Value| {
            let mut tests = here.as_array().cloned().unwrap_or_default();
            tests.push(json!({ "property": "by", "op": "in", "value": by }));
            Value::Array(tests)
        };
        let flow = json!({
            "events": [
                { "event": ADDED, "where": here, "label": "adds" },
                { "event": "Contact Lost", "where": lost(json!(["customer"])), "label": "lost_customer" },
                { "event": "Contact Lost", "where": lost(json!(["staff", "transfer", "staff_left"])), "label": "lost_staff" },
                { "event": "Contact Lost", "where": lost(json!(["unknown"])), "label": "lost_unknown" }
            ],
            "unit": "month", "measure": "people", "span": span
        });
        let steps = json!([{ "event": ADDED, "where": here }, { "event": "Order Completed" }]);
        let funnel = json!({ "steps": steps, "window": { "days": BUYING_DAYS }, "span": span });
        let mut firsts = funnel.clone();
        // Whose first order ever does not lie before the span.
        firsts["among"] = json!({ "rule": { "all": [{ "first": { "event": "Order Completed", "span": { "from": span["from"], "to": "2199-12-31" } } }] } });
        Self { flow, funnel, firsts }
    }
}

fn ask(app: &App, caller: &Caller, kind: Kind, spec: &Value) -> Result<Map<String, Value>, Refusal> {
    let asked = Asked::new(app, caller, &Spec::parse(kind, spec)?)?;
    asked.question.answer(&asked.scene)
}

/// By touch and window in days.
type Revenue = BTreeMap<(String, i64), i64>;

/// Revenue by touch and window, for all channels at once.
fn revenue(app: &App, caller: &Caller, span: &Value) -> Result<(Value, Revenue), Refusal> {
    let spec = json!({ "touch": { "event": ADDED }, "touch_by": "channel", "windows": [30, 90], "models": ["last"], "span": span });
    let answer = ask(app, caller, Kind::Attribution, &spec)?;
    let rows = answer.get("rows").and_then(Value::as_array).cloned().unwrap_or_default();
    let row =
        |own: &Value| Some(((own["touch"].as_str()?.to_owned(), own["window"].as_i64()?), own["value"].as_i64()?));
    let found = rows.iter().filter_map(row).collect();
    Ok((spec, found))
}

/// The figures of some channels.
pub(crate) fn figures(
    app: &App,
    caller: &Caller,
    channels: Vec<ChannelRow>,
    (from, to): (i32, i32),
) -> Result<Vec<ChannelFigures>, Refusal> {
    let span = json!({ "from": shown_day(from), "to": shown_day(to) });
    let ids: Vec<String> = channels.iter().map(|own| own.id.clone()).collect();
    let (costs, visits, friends) = read(app, |tx| {
        let reader = Reader::new(app, tx, caller)?;
        let costs = app.channels.cost_of(tx, (from, to), reader.ctx.currency)?;
        let visits = app.channels.visits_of(tx, &ids, (from, to))?;
        let friends = match reader.scope {
            Scope::All => app.channels.friend_counts(tx, &ids)?,
            Scope::Stores(_) | Scope::Staff { .. } => {
                let mut friends = BTreeMap::new();
                for id in &ids {
                    friends.insert(id.clone(), friends_of(app, tx, &reader, id)?.len() as i64);
                }
                friends
            }
        };
        Ok((costs, visits, friends))
    })?;
    let (touch_spec, revenue) = revenue(app, caller, &span)?;
    let mut out = Vec::with_capacity(channels.len());
    for channel in channels {
        let questions = Questions::of(&channel, &span);
        let flow = ask(app, caller, Kind::Trend, &questions.flow)?;
        let total = |at: usize| flow["series"][at]["total"].as_f64().unwrap_or(0.0) as u64;
        let funnel = ask(app, caller, Kind::Funnel, &questions.funnel)?;
        let firsts = ask(app, caller, Kind::Funnel, &questions.firsts)?;
        let bought = |answer: &Map<String, Value>| answer["steps"][1]["people"].as_u64().unwrap_or(0);
        let earned =
            |days: i64| channel.values().iter().filter_map(|own| revenue.get(&(own.clone(), days))).sum::<i64>();
        let (adds, revenue_30, revenue_90) = (total(0), earned(30), earned(90));
        let cost = costs.get(&channel.id).copied();
        let per = |amount: i64| cost.filter(|cost| *cost > 0).map(|cost| amount as f64 / cost as f64);
        let figures = ChannelFigures {
            visits: visits.get(&channel.id).copied(),
            adds,
            friends: friends.get(&channel.id).copied().unwrap_or(0),
            lost_customer: total(1),
            lost_staff: total(2),
            lost_unknown: total(3),
            buyers: bought(&funnel),
            first_orders: bought(&firsts),
            revenue_30,
            revenue_90,
            cost,
            cost_per_add: cost.filter(|_| adds > 0).map(|cost| (cost + adds as i64 / 2) / adds as i64),
            roi_30: per(revenue_30),
            roi_90: per(revenue_90),
            cells: cells(&channel.code, questions, &touch_spec),
            channel: channel.into(),
        };
        out.push(figures);
    }
    Ok(out)
}

fn cells(code: &str, questions: Questions, touch: &Value) -> BTreeMap<String, FigureCell> {
    let Questions { flow, funnel, firsts } = questions;
    let of_flow =
        |at: usize| FigureCell { kind: Kind::Trend.name(), spec: flow.clone(), cell: json!({ "series": at }) };
    let of_funnel =
        |spec: &Value| FigureCell { kind: Kind::Funnel.name(), spec: spec.clone(), cell: json!({ "step": 2 }) };
    let of_touch = |days: i64| FigureCell {
        kind: Kind::Attribution.name(),
        spec: touch.clone(),
        cell: json!({ "touch": code, "model": "last", "window": days }),
    };
    let all = [
        ("adds", of_flow(0)),
        ("lost_customer", of_flow(1)),
        ("lost_staff", of_flow(2)),
        ("lost_unknown", of_flow(3)),
        ("buyers", of_funnel(&funnel)),
        ("first_orders", of_funnel(&firsts)),
        ("revenue_30", of_touch(30)),
        ("revenue_90", of_touch(90)),
    ];
    all.map(|(name, cell)| (name.to_owned(), cell)).into()
}

/// Who is a friend by this channel now, whom the reader may see, by rising number.
fn friends_of(app: &App, tx: &mut siyu_db::Tx<'_>, reader: &Reader, id: &str) -> Result<Vec<u32>, Refusal> {
    let all = app.channels.friends(tx, id)?;
    if matches!(reader.scope, Scope::All) {
        return Ok(all);
    }
    let mut seen = Vec::new();
    for person in all {
        if audience(app).visible(tx, person, &reader.scope)? {
            seen.push(person);
        }
    }
    Ok(seen)
}

/// Shows what channels bring and cost in a span, a page of channels in the order of their codes.
///
/// 渠道看板：访问、新增、留存好友、流失、首单、30/90 天收入、成本、单个成本与投产比。
///
/// Numbers are of the people the reader may see. Definitions: docs/channels.md. Errors: `day_invalid`, `channel_span`.
#[utoipa::path(get, path = "/channels/board", tag = "Channels", params(ChannelParams, BoardSpan), responses((status = 200, body = ChannelBoard)))]
async fn board(
    may: May<PeopleRead>,
    Query(q): Query<ChannelParams>,
    Query(span): Query<BoardSpan>,
    page: Paging,
    State(app): State<App>,
) -> Answer<Json<ChannelBoard>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        let query = q.query(page.after, page.limit as i64);
        let (channels, today, currency) = read(app, |tx| {
            let reader = Reader::new(app, tx, &caller)?;
            Ok((app.channels.list(tx, &query)?, reader.ctx.zone.day(reader.ctx.now), reader.ctx.currency))
        })?;
        let days = span.days(today)?;
        let next = channels.last().filter(|_| channels.len() == page.limit).map(|row| row.code.clone());
        let items = figures(app, &caller, channels, days)?;
        Ok(ChannelBoard { from: shown_day(days.0), to: shown_day(days.1), currency, items, next })
    });
    answer.await.map(Json)
}

/// Lists the people who are friends by a channel now.
///
/// 通过该渠道添加且当前仍为好友的客户。
///
/// Errors: `channel_unknown`, `page_token`.
#[utoipa::path(get, path = "/channels/{id}/friends", tag = "Channels", params(("id" = String, Path), crate::extract::PagingParams), responses((status = 200, body = Items<PersonRow>)))]
async fn friends(
    may: May<PeopleRead>,
    At(id): At<String>,
    page: Paging,
    State(app): State<App>,
) -> Answer<Json<Items<PersonRow>>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        let after = number_after(page.after.as_deref())?.unwrap_or(-1);
        read(app, |tx| {
            let reader = Reader::new(app, tx, &caller)?;
            app.channels.find(tx, &id)?;
            let all = friends_of(app, tx, &reader, &id)?;
            let shown: Vec<u32> = all.into_iter().filter(|own| i64::from(*own) > after).take(page.limit).collect();
            let next = shown.last().filter(|_| shown.len() == page.limit).map(u32::to_string);
            Ok(Items::new(rows(app, tx, &reader, &shown)?, next))
        })
    });
    answer.await.map(Json)
}
