//! The rules of the gate: read, tried on the past, saved as a new version.

use crate::error::Answer;
use crate::gate::{MessagesWrite, PeopleRead, SettingsWrite};
use crate::part::must_see_all;
use crate::people_reader::{by, note, read, write};
use crate::{App, Body, Endpoints, Items, May, endpoints};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use siyu_gate::{Load, Rules, RulesRow};
use siyu_kernel::{Refusal, Time};
use std::collections::BTreeMap;
use utoipa::ToSchema;

pub fn router() -> Endpoints {
    endpoints!(get, versions, change, attempt)
}

/// At most so many messages of a class in every period.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only its schema is used")]
struct GateCap {
    /// `marketing` or `service`.
    class: String,
    /// One channel; null is all of them together.
    channel: Option<String>,
    /// `day`, `week` or `month` of the calendar, or the last so many hours: `72h`.
    per: String,
    most: u32,
}
/// Nothing of marketing between these times of day.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only its schema is used")]
struct GateQuiet {
    #[schema(example = "22:00")]
    from: String,
    #[schema(example = "08:00")]
    to: String,
    /// Whose clock: `person` (their field `timezone`, else the brand's) or `brand`.
    zone: String,
}
/// What messages weigh fades by half in every half-life; together they never weigh more than the budget.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only its schema is used")]
struct GateFatigue {
    budget: f64,
    half_life_hours: f64,
    /// By channel; 1 where none is given.
    weights: BTreeMap<String, f64>,
}
/// Who never gets marketing, so that its effect can be measured.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only its schema is used")]
struct GateHoldout {
    /// 0 to 50.
    percent: f64,
    /// Another one draws other people.
    salt: String,
}
#[derive(ToSchema)]
#[allow(dead_code, reason = "only its schema is used")]
struct GateRules {
    caps: Vec<GateCap>,
    /// What WeCom allows, as its console is set: `day` (one a day), `week` (seven a week), `month` (as many as the month has days).
    quota: String,
    quiet: Option<GateQuiet>,
    fatigue: Option<GateFatigue>,
    /// Messages that compete within this time are ranked by worth.
    contest_minutes: u32,
    holdout: GateHoldout,
    /// Channels on which marketing needs a consent that was given.
    consent: Vec<String>,
    /// A broadcast to more people than this is approved by somebody else.
    approval_above: u32,
    /// A broadcast of which this many per cent have failed pauses by itself.
    breaker_percent: f64,
    /// A broadcast pauses by itself when this many per cent of those who got it have deleted or blocked the member within 24 hours.
    complaint_percent: f64,
}

#[derive(Serialize, ToSchema)]
struct GateRulesOut {
    /// 0: the rules a workspace starts with.
    version: i64,
    #[schema(value_type = GateRules)]
    rules: Rules,
    note: String,
    #[schema(value_type = Option<String>, format = DateTime)]
    created_at: Option<Time>,
    created_by: String,
}
impl From<RulesRow> for GateRulesOut {
    fn from(row: RulesRow) -> Self {
        let created_at = (row.version > 0).then_some(row.created_at);
        Self { version: row.version, rules: row.rules, note: row.note, created_at, created_by: row.created_by }
    }
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GateRulesChange {
    #[schema(value_type = GateRules)]
    rules: Rules,
    /// The version that was changed; without it the last one to write wins.
    version: Option<i64>,
    #[serde(default)]
    note: String,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GateRulesTry {
    #[schema(value_type = GateRules)]
    rules: Rules,
    /// How far back; 30 when absent, at most 90.
    days: Option<i64>,
}

#[derive(Serialize, ToSchema)]
struct GateLoad {
    sent: u64,
    /// Sent, but later than asked for.
    delayed: u64,
    /// By reason.
    skipped: BTreeMap<String, u64>,
    /// People who got at least one.
    reached: u64,
    /// Messages of each of those, on average.
    each: f64,
    /// The most that anybody got.
    most: u64,
}
impl From<Load> for GateLoad {
    fn from(own: Load) -> Self {
        let Load { sent, delayed, skipped, reached, each, most } = own;
        Self { sent, delayed, skipped, reached, each, most }
    }
}

#[derive(Serialize, ToSchema)]
struct GateTried {
    /// Messages that wanted somebody in these days, and how many people those were.
    asks: u64,
    people: u64,
    /// There were more than are looked at: the newest runs.
    cut: bool,
    /// By the rules in force.
    before: GateLoad,
    /// By the rules that were given.
    after: GateLoad,
}

/// Shows the rules in force.
///
/// 当前生效的触达规则。
#[utoipa::path(get, path = "/gate/rules", tag = "Reach", responses((status = 200, body = GateRulesOut)))]
async fn get(_: May<PeopleRead>, State(app): State<App>) -> Answer<Json<GateRulesOut>> {
    let row = app.run(|app| app.db.read(|tx| app.reach.gate().rules(tx))).await?;
    Ok(Json(row.into()))
}

/// Lists all versions of the rules, newest first.
///
/// 触达规则的历史版本。
#[utoipa::path(get, path = "/gate/rules/versions", tag = "Reach", responses((status = 200, body = Items<GateRulesOut>)))]
async fn versions(_: May<PeopleRead>, State(app): State<App>) -> Answer<Json<Items<GateRulesOut>>> {
    let rows = app.run(|app| app.db.read(|tx| app.reach.gate().rules_rows(tx, 200))).await?;
    Ok(Json(Items::all(rows.into_iter().map(GateRulesOut::from).collect())))
}

/// Saves rules as a new version, in force at once; whoever waits is decided again.
///
/// 保存触达规则为新版本，立即生效，等待中的客户会重新判断。
///
/// Errors: `gate_rules` with its field, `gate_rules_changed`.
#[utoipa::path(put, path = "/gate/rules", tag = "Reach", request_body = GateRulesChange, responses((status = 200, body = GateRulesOut)))]
async fn change(
    may: May<SettingsWrite>,
    State(app): State<App>,
    Body(input): Body<GateRulesChange>,
) -> Answer<Json<GateRulesOut>> {
    let caller = may.caller;
    let row = app.run(move |app| {
        write(app, move |app, tx| {
            let gate = app.reach.gate();
            let row = gate.save_rules(tx, &input.rules, input.version, &input.note, &by(&caller), app.now())?;
            note(app, tx, &caller, "gate.rules", &row.version.to_string(), &json!({ "rules": row.rules }))?;
            Ok(row)
        })
    });
    Ok(Json(row.await?.into()))
}

/// Tries rules on the messages of the last days: what would have been sent, delayed and skipped, beside the rules in force. Nothing is kept.
///
/// 用最近的触达记录试算规则：若当时按这套规则，会发送、推迟、跳过多少，与现行规则对比。
///
/// Errors: `gate_rules` with its field, `gate_days`, `scope_needed`.
#[utoipa::path(post, path = "/gate/rules/try", tag = "Reach", request_body = GateRulesTry, responses((status = 200, body = GateTried)))]
async fn attempt(
    may: May<MessagesWrite>,
    State(app): State<App>,
    Body(input): Body<GateRulesTry>,
) -> Answer<Json<GateTried>> {
    let caller = may.caller;
    let days = input.days.unwrap_or(30);
    if !(1..=90).contains(&days) {
        let refusal = Refusal::invalid("gate_days", "Rules are tried on 1 to 90 days.", "试算天数须为 1 到 90 天。");
        return Err(refusal.field("days").into());
    }
    let answer = app.run(move |app| {
        read(app, |tx| {
            let reader = must_see_all(app, tx, &caller)?;
            app.reach.gate().replay(tx, &input.rules, app.now().plus_days(-days), &reader.ctx.zone)
        })
    });
    let own = answer.await?;
    Ok(Json(GateTried {
        asks: own.asks,
        people: own.people,
        cut: own.cut,
        before: own.before.into(),
        after: own.after.into(),
    }))
}
