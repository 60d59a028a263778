//! What runs and journeys did: treated against held out, contents and arms against the first.

use crate::error::Answer;
use crate::gate::PeopleRead;
use crate::part::must_see_all;
use crate::people_reader::read;
use crate::{App, At, Endpoints, May, Query, endpoints};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use siyu_journeys::Definition;
use siyu_kernel::{Refusal, Time};
use siyu_trials::{Asked, Comparison, DAYS, DAYS_USUAL, Difference, Figures, Interval, NodeTest, Outcome, Trial};
use utoipa::{IntoParams, ToSchema};

pub fn router() -> Endpoints {
    endpoints!(of_run, of_journey)
}

/// A lift that is worth knowing of, in per cent of the first arm's figure.
const LIFT_USUAL: f64 = 10.0;
const LIFT: std::ops::RangeInclusive<f64> = 1.0..=500.0;

/// Where 95 of 100 such intervals hold the truth.
#[derive(Serialize, ToSchema)]
pub(crate) struct EffectInterval {
    low: f64,
    high: f64,
}
impl From<Interval> for EffectInterval {
    fn from(own: Interval) -> Self {
        Self { low: own.low, high: own.high }
    }
}

#[derive(Serialize, ToSchema)]
struct EffectArm {
    /// Of a holdout `held_out` and `treated`; of a journey as a whole `control` and `treated`; of contents their number, 0 being the message's own; of a journey the arm's name.
    name: String,
    people: i64,
    /// Which share of the people was to come into it, 0 to 1. Null: it is not known any more.
    drawn: Option<f64>,
}

/// One figure of one arm.
#[derive(Serialize, ToSchema)]
struct EffectFigure {
    /// How many people did it; of `revenue`: for how many there is an amount.
    people: i64,
    /// Of all people of the arm: which share, 0 to 1; of `revenue`: how much each, in minor units of the workspace's currency.
    value: f64,
    /// Of `revenue`: what all of them spent, in minor units.
    sum: Option<i64>,
}

/// One arm against the first.
#[derive(Serialize, ToSchema)]
struct EffectComparison {
    /// Its place among the arms, from 1.
    arm: usize,
    /// Its figure less the first arm's, in the same unit. Null where there is nothing to compare.
    difference: Option<f64>,
    /// Of the difference, for this comparison alone: 95 %.
    interval: Option<EffectInterval>,
    /// How often chance alone gives as large a difference, 0 to 1; after Holm, where several arms are compared.
    p: Option<f64>,
    /// The difference times the people of this arm: how many people, or minor units, there were more than without.
    extra: Option<f64>,
    extra_interval: Option<EffectInterval>,
    /// The smallest difference that arms of this size find in four of five cases. Null: none.
    findable: Option<f64>,
    /// How many people both arms need together, split as they are, to find `lift_percent`. Null where the first arm's figure is nought.
    people_needed: Option<i64>,
    /// `too_small`, `no_difference_seen`, `better`, `worse` or `mismatch`.
    verdict: &'static str,
}

#[derive(Serialize, ToSchema)]
struct EffectOutcome {
    /// `bought`: people with an order; `revenue`: less refunds; `lost`: people who lost a friendship in WeCom, of which fewer is better; `goal`: of a journey's test, or of the journey.
    what: &'static str,
    /// One for each arm.
    figures: Vec<EffectFigure>,
    /// One for each arm but the first.
    comparisons: Vec<EffectComparison>,
}

/// Groups that chance drew; the first is what the others are compared with.
#[derive(Serialize, ToSchema)]
struct EffectTrial {
    /// `holdout`, `variants`, `arms` or `journey`.
    kind: &'static str,
    arms: Vec<EffectArm>,
    /// How often chance alone gives arms as unlike what was drawn, 0 to 1. Null: too few people to tell.
    ratio_p: Option<f64>,
    /// The arms are not as they were drawn (`ratio_p` below 0.001): nothing of this can be relied on.
    mismatch: bool,
    outcomes: Vec<EffectOutcome>,
}

#[derive(Serialize, ToSchema)]
struct RunEffect {
    /// What happened from here on …
    #[schema(value_type = String, format = DateTime)]
    from: Time,
    /// … and before here is counted.
    #[schema(value_type = String, format = DateTime)]
    until: Time,
    days: u32,
    /// All these days have passed; until then figures still change.
    over: bool,
    /// The lift that verdicts and `people_needed` are about, in per cent of the first arm's figure.
    lift_percent: f64,
    /// Of revenue.
    currency: String,
    /// People who were in both arms and count in neither: two who turned out to be one.
    both: i64,
    /// Empty where nobody was held out and there is one content.
    trials: Vec<EffectTrial>,
}

#[derive(Serialize, ToSchema)]
struct JourneyTest {
    node: String,
    /// As it was named last.
    name: String,
    /// Versions in which it is the same test count together; the newest first.
    versions: Vec<u32>,
    /// How long after the test the goal counts.
    within_days: u32,
    trial: EffectTrial,
}

/// Those who went through a journey against those who came in and were left alone.
#[derive(Serialize, ToSchema)]
struct JourneyEffect {
    /// When the first of them came in. Each is watched from their own entry on, for the days of the version they came in by.
    #[schema(value_type = String, format = DateTime)]
    from: Time,
    #[schema(value_type = String, format = DateTime)]
    until: Time,
    /// People whose days are not over yet: figures still change.
    open: i64,
    /// People who were in both groups and count in neither: two who turned out to be one.
    both: i64,
    /// People whom the brand's holdout keeps count in neither group: the journey's marketing reaches none of them.
    kept_out: i64,
    /// Of revenue.
    currency: String,
    trial: EffectTrial,
}

#[derive(Serialize, ToSchema)]
struct JourneyTests {
    lift_percent: f64,
    items: Vec<JourneyTest>,
    /// Of the whole journey; null as long as nobody was drawn.
    effect: Option<JourneyEffect>,
}

fn comparison(own: Comparison) -> EffectComparison {
    let of = |found: Option<Difference>| found.map(|own| own.interval.into());
    EffectComparison {
        arm: own.arm,
        difference: own.difference.map(|own| own.value),
        interval: of(own.difference),
        p: own.difference.map(|own| own.p),
        extra: own.extra.map(|(value, _)| value),
        extra_interval: own.extra.map(|(_, interval)| interval.into()),
        findable: own.findable,
        people_needed: own.needed,
        verdict: own.verdict.name(),
    }
}
fn outcome(own: Outcome) -> EffectOutcome {
    let figures = match &own.figures {
        Figures::Shares(all) => {
            all.iter().map(|own| EffectFigure { people: own.hits, value: own.rate(), sum: None }).collect()
        }
        Figures::Samples(all) => {
            let sum = |sum: i128| i64::try_from(sum).ok();
            all.iter().map(|own| EffectFigure { people: own.some, value: own.mean(), sum: sum(own.sum) }).collect()
        }
    };
    let comparisons = own.comparisons.into_iter().map(comparison).collect();
    EffectOutcome { what: own.what.name(), figures, comparisons }
}
fn trial(own: Trial) -> EffectTrial {
    let arm = |own: siyu_trials::Arm| EffectArm { name: own.name, people: own.people, drawn: own.drawn };
    EffectTrial {
        kind: own.kind.name(),
        arms: own.arms.into_iter().map(arm).collect(),
        ratio_p: own.ratio.map(|own| own.p),
        mismatch: own.ratio.is_some_and(|own| own.mismatch),
        outcomes: own.outcomes.into_iter().map(outcome).collect(),
    }
}

pub(crate) fn wrong_days() -> Refusal {
    Refusal::invalid("effect_days", "An effect is looked at for 1 to 90 days.", "效果观察期为 1 到 90 天。")
        .field("days")
}
/// As a part of one.
fn lift(percent: f64) -> Result<f64, Refusal> {
    if LIFT.contains(&percent) {
        return Ok(percent / 100.0);
    }
    let (en, zh) = ("A lift is 1 to 500 per cent.", "提升幅度须为 1% 到 500%。");
    Err(Refusal::invalid("effect_lift", en, zh).field("lift"))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct RunEffectQuery {
    /// How long after the run's start something counts as what became of it. 14 if left out.
    #[param(minimum = 1, maximum = 90)]
    days: Option<u32>,
    /// The lift that is worth knowing of, in per cent of the first arm's figure. 10 if left out.
    #[param(minimum = 1, maximum = 500)]
    lift: Option<f64>,
}

/// Compares those a run let through with those it held out, and its contents with each other: who bought, what they spent, who was lost.
/// Everybody counts in the group they were drawn into, whatever became of the message. Welcomes have no such groups (`run_unknown`).
///
/// 一次触达的真实效果：触达组与对照组、各内容版本之间的下单、净消费与流失差异，含 95% 置信区间与样本比例检查。
///
/// Errors: `run_unknown`, `effect_days`, `effect_lift`, `scope_needed`.
#[utoipa::path(get, path = "/runs/{id}/effect", tag = "Reach", params(("id" = String, Path), RunEffectQuery), responses((status = 200, body = RunEffect)))]
async fn of_run(
    may: May<PeopleRead>,
    At(id): At<String>,
    Query(q): Query<RunEffectQuery>,
    State(app): State<App>,
) -> Answer<Json<RunEffect>> {
    let caller = may.caller;
    let days = Some(q.days.unwrap_or(DAYS_USUAL)).filter(|days| DAYS.contains(days)).ok_or_else(wrong_days)?;
    let percent = q.lift.unwrap_or(LIFT_USUAL);
    let lift = lift(percent)?;
    let answer = app.run(move |app| {
        read(app, |tx| {
            let ctx = must_see_all(app, tx, &caller)?.ctx;
            let gate = app.reach.gate();
            let run = gate.run(tx, &id)?;
            let asked = Asked { days, lift, currency: ctx.currency, now: ctx.now };
            let own = siyu_trials::of_run(tx, gate, &run, &asked)?;
            Ok(RunEffect {
                from: own.from,
                until: own.until,
                days,
                over: own.over,
                lift_percent: percent,
                currency: ctx.currency.code().to_owned(),
                both: own.both,
                trials: own.trials.into_iter().map(trial).collect(),
            })
        })
    });
    answer.await.map(Json)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct JourneyTestsQuery {
    /// The lift that is worth knowing of, in per cent of the first arm's figure. 10 if left out.
    #[param(minimum = 1, maximum = 500)]
    lift: Option<f64>,
}

/// Compares the arms of a journey's tests (nodes of type `ab`) with the first by their goals (tests that nobody has come to are left out), and those who
/// went through the journey with its control (`holdout_percent`): the goal, who bought, what they spent, who was lost.
///
/// 旅程内 A/B 节点的效果，以及整个旅程相对其对照组的效果：目标达成、下单、净消费、流失。
///
/// Errors: `journey_unknown`, `effect_lift`, `scope_needed`.
#[utoipa::path(get, path = "/journeys/{id}/tests", tag = "Reach", params(("id" = String, Path), JourneyTestsQuery), responses((status = 200, body = JourneyTests)))]
async fn of_journey(
    may: May<PeopleRead>,
    At(id): At<String>,
    Query(q): Query<JourneyTestsQuery>,
    State(app): State<App>,
) -> Answer<Json<JourneyTests>> {
    let caller = may.caller;
    let percent = q.lift.unwrap_or(LIFT_USUAL);
    let lift = lift(percent)?;
    let answer = app.run(move |app| {
        read(app, |tx| {
            let ctx = must_see_all(app, tx, &caller)?.ctx;
            let row = app.journeys.journey(tx, &id)?;
            let versions: Result<Vec<(u32, Definition)>, Refusal> = app
                .journeys
                .versions(tx, &row)?
                .into_iter()
                .map(|own| Ok((own.version, app.journeys.version(tx, &row, own.version)?)))
                .collect();
            let numbers = app.journeys.numbers(tx, &row)?;
            let (currency, gate) = (ctx.currency, app.reach.gate());
            let effect = siyu_trials::of_holdout(tx, &app.journeys, gate, &row, lift, currency, ctx.now)?;
            let effect = effect.map(|own| JourneyEffect {
                from: own.from,
                until: own.until,
                open: own.open,
                both: own.both,
                kept_out: own.kept_out,
                currency: currency.code().to_owned(),
                trial: trial(own.trial),
            });
            Ok((siyu_trials::of_journey(&numbers, &versions?, lift), effect))
        })
    });
    let item = |own: NodeTest| JourneyTest {
        node: own.node,
        name: own.name,
        versions: own.versions,
        within_days: own.within_days,
        trial: trial(own.trial),
    };
    let (tests, effect) = answer.await?;
    Ok(Json(JourneyTests { lift_percent: percent, items: tests.into_iter().map(item).collect(), effect }))
}
