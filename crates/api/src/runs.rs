//! Runs: whom a message was meant for and what became of each, whatever kind of message it is; and the decisions of one person.

use crate::auth::Caller;
use crate::error::Answer;
use crate::extract::PagingParams;
use crate::gate::PeopleRead;
use crate::part::seen_part;
use crate::people_reader::{Reader, read, sees};
use crate::people_tags::number_after;
use crate::reply::page_of;
use crate::{App, At, Endpoints, Items, May, Paging, Query, endpoints};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use siyu_access::Locale;
use siyu_audience::Lang;
use siyu_db::Tx;
use siyu_gate::{DecisionQuery, DecisionRow, End, RunRow, sentence};
use siyu_kernel::{PersonNum, Refusal, Time, Zone};
use siyu_reach::{Outcome, OutcomeQuery};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

pub fn router() -> Endpoints {
    endpoints!(list, get, people, of_person)
}

/// People meant = sent + skipped + failed + waiting, at every instant.
#[derive(Serialize, ToSchema)]
struct RunOut {
    id: String,
    /// `message`, `broadcast` or `welcome`.
    kind: String,
    name: String,
    /// `running`, `paused`, `cancelled` or `ended`.
    state: String,
    /// `marketing` or `service`.
    class: &'static str,
    channel: &'static str,
    /// What reaching somebody is worth, when messages compete.
    worth: f64,
    /// How many people it is meant for.
    audience: i64,
    sent: i64,
    skipped: i64,
    failed: i64,
    waiting: i64,
    /// By code: how many are not sent for that reason, or not yet.
    reasons: BTreeMap<String, i64>,
    #[schema(value_type = Option<String>, format = DateTime)]
    start_at: Option<Time>,
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Time>,
    #[schema(value_type = Option<String>, format = DateTime)]
    created_at: Option<Time>,
    created_by: String,
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Time>,
}

#[derive(Serialize, ToSchema)]
struct RunReason {
    /// `waiting`, `sent`, `skipped` or `failed`.
    end: &'static str,
    code: String,
    people: i64,
    /// What the code means, in the reader's language.
    says: String,
}

#[derive(Serialize, ToSchema)]
struct RunDetail {
    #[serde(flatten)]
    run: RunOut,
    /// People by end and reason.
    ends: Vec<RunReason>,
}

/// By end and reason: how many people.
type Ends = Vec<(End, String, i64)>;
/// One of a run's people: the end, its reason, when, and until when.
type Decided = (PersonNum, End, String, Option<Time>, Option<Time>);

/// A run with its people by end and reason: all of them, or the part of the reader's staff. `None`: none of these has a part in it.
fn seen(app: &App, tx: &mut Tx<'_>, caller: &Caller, run: &RunRow) -> Result<Option<(RunOut, Ends)>, Refusal> {
    let Some(staff) = seen_part(app, tx, caller, &run.id)? else {
        let ends = app.reach.gate().reasons(tx, run)?;
        return Ok(Some((run_out(run, &ends, false), ends)));
    };
    match app.reach.message_of(tx, &staff, &run.id) {
        Ok(_) => {
            let ends = app.reach.message_reasons_of(tx, &staff, &run.id)?;
            Ok(Some((run_out(run, &ends, true), ends)))
        }
        Err(refusal) if refusal.code == "message_unknown" => Ok(None),
        Err(refusal) => Err(refusal),
    }
}

fn run_out(run: &RunRow, ends: &[(End, String, i64)], narrowed: bool) -> RunOut {
    let of = |end: End| ends.iter().filter(|(own, ..)| *own == end).map(|(_, _, people)| people).sum();
    RunOut {
        id: run.id.clone(),
        kind: run.kind.clone(),
        name: run.name.clone(),
        state: run.state.clone(),
        class: run.class.name(),
        channel: run.channel.name(),
        worth: run.worth,
        // Of a whole run what it was made for, so that a sum that does not add up shows.
        audience: if narrowed { ends.iter().map(|(_, _, people)| people).sum() } else { run.people },
        sent: of(End::Sent),
        skipped: of(End::Skipped),
        failed: of(End::Failed),
        waiting: of(End::Waiting),
        reasons: reasons(ends),
        start_at: Some(run.start),
        expires_at: Some(run.expires),
        created_at: Some(run.created_at),
        created_by: run.created_by.clone(),
        ended_at: run.ended_at,
    }
}
fn reasons(ends: &[(End, String, i64)]) -> BTreeMap<String, i64> {
    let mut all = BTreeMap::new();
    for (_, code, people) in ends.iter().filter(|(_, code, _)| !code.is_empty()) {
        *all.entry(code.clone()).or_default() += people;
    }
    all
}

/// Welcomes go on as long as their rule does: each rule is one run, of everybody who came by it.
fn welcomes(app: &App, tx: &mut Tx<'_>, reader: &Reader, only: Option<&str>) -> Result<Vec<(RunOut, Ends)>, Refusal> {
    let rules: Vec<_> =
        app.reach.welcomes(tx)?.into_iter().filter(|rule| only.is_none_or(|id| id == rule.id)).collect();
    if rules.is_empty() {
        return Ok(Vec::new());
    }
    let tallies = app.reach.welcome_tallies(tx, Time(0), reader.stores())?;
    let mut runs = Vec::new();
    for rule in rules {
        let ends: Ends = tallies
            .iter()
            .filter(|tally| tally.rule == rule.id)
            .map(|tally| (ended(tally.outcome), tally.reason.clone(), tally.arrivals))
            .collect();
        let of = |end: End| ends.iter().filter(|(own, ..)| *own == end).map(|(_, _, people)| people).sum::<i64>();
        let run = RunOut {
            id: rule.id.clone(),
            kind: "welcome".to_owned(),
            name: rule.name.clone(),
            state: if rule.active { "running" } else { "paused" }.to_owned(),
            class: "service",
            channel: "welcome",
            worth: 0.0,
            audience: ends.iter().map(|(_, _, people)| people).sum(),
            sent: of(End::Sent),
            skipped: of(End::Skipped),
            failed: of(End::Failed),
            waiting: of(End::Waiting),
            reasons: reasons(&ends),
            start_at: Some(rule.created_at),
            expires_at: None,
            created_at: Some(rule.created_at),
            created_by: rule.created_by.clone(),
            ended_at: None,
        };
        runs.push((run, ends));
    }
    Ok(runs)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct RunQuery {
    /// `message`, `broadcast` or `welcome`.
    kind: Option<String>,
}

/// Lists runs, newest first: each message for many people, and each welcome; with people by end, and why.
///
/// 触达记录：每次群发、每条欢迎语的人数账目，人群 = 已发 + 跳过 + 失败 + 等待。
#[utoipa::path(get, path = "/runs", tag = "Reach", params(RunQuery, PagingParams), responses((status = 200, body = Items<RunOut>)))]
async fn list(
    may: May<PeopleRead>,
    Query(q): Query<RunQuery>,
    page: Paging,
    State(app): State<App>,
) -> Answer<Json<Items<RunOut>>> {
    let (caller, limit) = (may.caller, page.limit);
    let before = number_after(page.after.as_deref())?;
    let answer = app.run(move |app| {
        read(app, |tx| {
            let reader = Reader::new(app, tx, &caller)?;
            let gate = app.reach.gate();
            let kind = q.kind.as_deref().filter(|kind| !kind.is_empty());
            let before = before.map(|num| u32::try_from(num).unwrap_or(u32::MAX));
            let rows = if kind == Some("welcome") { Vec::new() } else { gate.runs(tx, kind, before, limit as i64)? };
            let next = rows.last().filter(|_| rows.len() == limit).map(|row| row.num.to_string());
            let mut out = Vec::with_capacity(rows.len());
            for row in &rows {
                if let Some((run, _)) = seen(app, tx, &caller, row)? {
                    out.push(run);
                }
            }
            // Welcomes have no end: they stand behind everything that has one.
            if next.is_none() && kind.is_none_or(|kind| kind == "welcome") {
                out.extend(welcomes(app, tx, &reader, None)?.into_iter().map(|(run, _)| run));
            }
            Ok(Items::new(out, next))
        })
    });
    answer.await.map(Json)
}

fn lang(caller: &Caller) -> Lang {
    if caller.locale == Locale::Zh { Lang::Zh } else { Lang::En }
}
/// A decision in one sentence. What WeCom refused has its own words.
fn said(lang: Lang, end: End, reason: &str, until: Option<Time>, zone: &Zone) -> String {
    let (en, zh) = match siyu_wecom::codes::named(reason) {
        Some(code) if end == End::Failed => (code.en.to_owned(), code.zh.to_owned()),
        _ if siyu_direct::meaning(reason).is_some() => {
            let [en, zh, ..] = siyu_direct::meaning(reason).unwrap_or_default();
            (en.to_owned(), zh.to_owned())
        }
        _ => sentence(end, reason, until, zone),
    };
    if lang == Lang::Zh { zh } else { en }
}

/// Shows a run: people by end and reason, each reason in words.
///
/// 一次触达的账目与原因。
///
/// Errors: `run_unknown`.
#[utoipa::path(get, path = "/runs/{id}", tag = "Reach", params(("id" = String, Path)), responses((status = 200, body = RunDetail)))]
async fn get(may: May<PeopleRead>, At(id): At<String>, State(app): State<App>) -> Answer<Json<RunDetail>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        read(app, |tx| {
            let reader = Reader::new(app, tx, &caller)?;
            let (run, ends) = match welcomes(app, tx, &reader, Some(&id))?.pop() {
                Some(found) => found,
                None => {
                    let run = app.reach.gate().run(tx, &id)?;
                    seen(app, tx, &caller, &run)?.ok_or_else(siyu_gate::run_unknown)?
                }
            };
            let ends = ends.into_iter().map(|(end, code, people)| {
                let says = said(lang(&caller), end, &code, None, &reader.ctx.zone);
                RunReason { end: end.name(), code, people, says }
            });
            Ok(RunDetail { run, ends: ends.collect() })
        })
    });
    answer.await.map(Json)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct RunPeopleQuery {
    /// `waiting`, `sent`, `skipped` or `failed`.
    end: Option<String>,
    /// A reason's code.
    reason: Option<String>,
    #[param(minimum = 1, maximum = 200)]
    #[allow(dead_code, reason = "read by Paging")]
    limit: Option<u32>,
    #[allow(dead_code, reason = "read by Paging")]
    after: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct RunPerson {
    id: String,
    name: String,
    /// `waiting`, `sent`, `skipped` or `failed`.
    end: &'static str,
    reason: String,
    /// The decision in one sentence.
    says: String,
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Option<Time>,
    /// When it is decided again, or has to be sent by.
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Time>,
}

fn wrong_end() -> Refusal {
    Refusal::invalid(
        "run_end",
        "An end is waiting, sent, skipped or failed.",
        "end 为 waiting、sent、skipped 或 failed。",
    )
    .field("end")
}

/// Lists the people of a run and what was decided about each; those the reader may see. Of a welcome the newest come first, and those
/// whom the mirror does not know yet are not among them.
///
/// 一次触达的人员及每人的结果与原因。
///
/// Errors: `run_unknown`, `run_end`.
#[utoipa::path(get, path = "/runs/{id}/people", tag = "Reach", params(("id" = String, Path), RunPeopleQuery), responses((status = 200, body = Items<RunPerson>)))]
async fn people(
    may: May<PeopleRead>,
    At(id): At<String>,
    Query(q): Query<RunPeopleQuery>,
    page: Paging,
    State(app): State<App>,
) -> Answer<Json<Items<RunPerson>>> {
    let (caller, limit) = (may.caller, page.limit);
    let after = number_after(page.after.as_deref())?;
    let end = match q.end.as_deref().filter(|text| !text.is_empty()) {
        Some(text) => Some(End::parse(text).ok_or_else(wrong_end)?),
        None => None,
    };
    let answer = app.run(move |app| {
        read(app, |tx| {
            let reader = Reader::new(app, tx, &caller)?;
            let gate = app.reach.gate();
            let mut rows: Vec<Decided> = Vec::new();
            if app.reach.welcomes(tx)?.iter().any(|rule| rule.id == id) {
                let query = OutcomeQuery {
                    rule: Some(id.clone()),
                    outcome: end.map(outcome),
                    reason: q.reason.clone(),
                    since: Time(0),
                    stores: reader.stores().map(<[String]>::to_vec),
                    before: after,
                    limit: limit as i64,
                };
                let found = app.reach.welcome_outcomes(tx, &query)?;
                let next = found.last().filter(|_| found.len() == limit).map(|row| row.id.to_string());
                let known = found.into_iter().filter_map(|row| {
                    Some((row.num?, ended(row.outcome), row.reason, Some(row.ended_at.unwrap_or(row.at)), None))
                });
                return shown(app, tx, &reader, &caller, known.collect(), next);
            }
            let run = gate.run(tx, &id)?;
            if seen(app, tx, &caller, &run)?.is_none() {
                return Err(siyu_gate::run_unknown());
            }
            let turn = q.reason.as_deref().filter(|why| ["undecided", "test_cell"].contains(why));
            if let Some(why) = turn {
                let held = why == "test_cell";
                // When those come who wait for a winner is shown with the test.
                let turn = (run.state != "cancelled" && !held).then_some(run.start);
                let nums = gate.undecided(tx, run.num, held, after.unwrap_or(-1), limit)?;
                rows.extend(nums.into_iter().map(|num| (num, End::Waiting, why.to_owned(), None, turn)));
            } else {
                let query = DecisionQuery { run: run.num, end, reason: q.reason.clone(), after, limit: limit as i64 };
                let found = gate.decisions(tx, &query)?;
                rows.extend(found.into_iter().map(|row| (row.num, row.end, row.reason, Some(row.at), row.until)));
            }
            let next = rows.last().filter(|_| rows.len() == limit).map(|(num, ..)| num.to_string());
            shown(app, tx, &reader, &caller, rows, next)
        })
    });
    answer.await.map(Json)
}

fn shown(
    app: &App,
    tx: &mut Tx<'_>,
    reader: &Reader,
    caller: &Caller,
    rows: Vec<Decided>,
    next: Option<String>,
) -> Result<Items<RunPerson>, Refusal> {
    let mut out = Vec::with_capacity(rows.len());
    for (num, end, reason, at, until) in rows {
        if !sees(app, tx, reader, num)? {
            continue;
        }
        let root = app.people.roots(tx, &[num])?.first().copied().unwrap_or(num);
        let name = app.people.profile(tx, root)?.name().unwrap_or_default();
        let says = said(lang(caller), end, &reason, until, &reader.ctx.zone);
        out.push(RunPerson { id: app.people.id(num), name, end: end.name(), reason, says, at, until });
    }
    Ok(Items::new(out, next))
}

fn ended(outcome: Outcome) -> End {
    match outcome {
        Outcome::Waiting => End::Waiting,
        Outcome::Sent => End::Sent,
        Outcome::Skipped => End::Skipped,
        Outcome::Failed => End::Failed,
    }
}
fn outcome(end: End) -> Outcome {
    match end {
        End::Waiting => Outcome::Waiting,
        End::Sent => Outcome::Sent,
        End::Skipped => Outcome::Skipped,
        End::Failed => Outcome::Failed,
    }
}

#[derive(Serialize, ToSchema)]
struct PersonDecision {
    run: String,
    /// `message` or `broadcast`.
    kind: String,
    name: String,
    class: &'static str,
    channel: &'static str,
    /// `waiting`, `sent`, `skipped` or `failed`.
    end: &'static str,
    reason: String,
    /// The decision in one sentence.
    says: String,
    #[schema(value_type = String, format = DateTime)]
    asked_at: Time,
    #[schema(value_type = String, format = DateTime)]
    at: Time,
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Time>,
    /// The version of the rules it was decided by.
    rules: i64,
}

#[derive(Serialize, ToSchema)]
struct PersonAttention {
    /// Of the budget: what is used now.
    used: f64,
    budget: f64,
}

#[derive(Serialize, ToSchema)]
struct PersonDecisions {
    items: Vec<PersonDecision>,
    next: Option<String>,
    /// Null where no fatigue is looked at.
    attention: Option<PersonAttention>,
}

/// Lists what was decided about messages to a person, newest first, and how much of their attention is used.
///
/// 客户的触达记录：每条消息的判断与原因，以及当前疲劳度。
///
/// Errors: `person_unknown`.
#[utoipa::path(get, path = "/people/{id}/decisions", tag = "Reach", params(("id" = String, Path), PagingParams), responses((status = 200, body = PersonDecisions)))]
async fn of_person(
    may: May<PeopleRead>,
    At(id): At<String>,
    page: Paging,
    State(app): State<App>,
) -> Answer<Json<PersonDecisions>> {
    let (caller, limit) = (may.caller, page.limit);
    let before = number_after(page.after.as_deref())?.map(|num| u32::try_from(num).unwrap_or(u32::MAX));
    let answer = app.run(move |app| {
        read(app, |tx| {
            let reader = Reader::new(app, tx, &caller)?;
            let (_, root) = reader.find(app, tx, &id)?;
            let nodes = app.people.nodes(tx, root)?;
            let gate = app.reach.gate();
            let rows = gate.decisions_of(tx, &nodes, before, limit as i64)?;
            let next = rows.last().filter(|_| rows.len() == limit).map(|row| row.run.to_string());
            let shown = |row: DecisionRow| PersonDecision {
                says: said(lang(&caller), row.end, &row.reason, row.until, &reader.ctx.zone),
                run: row.run_id,
                kind: row.run_kind,
                name: row.run_name,
                class: row.class.name(),
                channel: row.channel.name(),
                end: row.end.name(),
                reason: row.reason,
                asked_at: row.asked_at,
                at: row.at,
                until: row.until,
                rules: row.rules,
            };
            let Items { items, next } = page_of(rows, next, shown);
            let memory = gate.memory(tx, &nodes, app.now())?;
            let attention = memory.fatigue.map(|(used, budget)| PersonAttention { used, budget });
            Ok(PersonDecisions { items, next, attention })
        })
    });
    answer.await.map(Json)
}
