//! Customers' tasks on time against late: what their customers paid. An observation, compared within guides.

use crate::audience_days::day;
use crate::effects::{EffectInterval, wrong_days};
use crate::error::Answer;
use crate::gate::PeopleRead;
use crate::people_reader::{Reader, read};
use crate::{App, Endpoints, May, Query, endpoints};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use siyu_insight::show_day;
use siyu_kernel::Refusal;
use siyu_trials::{
    DAYS, DAYS_USUAL, Difference, Figures, TIMELY_PAID_LEAST, TIMELY_PEOPLE_LEAST, Timely, TimelyAsked, TimelyGroup,
    TimelyOutcome, of_tasks,
};
use utoipa::{IntoParams, ToSchema};

pub fn router() -> Endpoints {
    endpoints!(effect)
}

const SPAN_USUAL: i32 = 90;
const SPAN_MAX: i32 = 366;

#[derive(Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct SopEffectQuery {
    /// The first day of deadlines, `2026-03-01`; 89 days before `to` when absent.
    from: Option<String>,
    /// The last one, included; today when absent. At most 366 days.
    to: Option<String>,
    /// How many days after its deadline a task's customer is watched, 1 to 90; 14 when absent.
    #[param(minimum = 1, maximum = 90)]
    days: Option<u32>,
    /// One journey only, by its name, as the board has it.
    sop: Option<String>,
}

impl SopEffectQuery {
    /// Errors: `day_invalid`, `sop_span`.
    fn span(&self, today: i32) -> Result<(i32, i32), Refusal> {
        let to = self.to.as_deref().map_or(Ok(today), |text| day(text, "to"))?;
        let from = self.from.as_deref().map_or(Ok(to - SPAN_USUAL + 1), |text| day(text, "from"))?;
        if (0..SPAN_MAX).contains(&(to - from)) {
            return Ok((from, to));
        }
        let (en, zh) =
            ("The last day is behind the first, at most 366 days.", "结束日期须不早于开始日期，最多 366 天。");
        Err(Refusal::invalid("sop_span", en, zh).field("from"))
    }
}

#[derive(Serialize, ToSchema)]
struct SopEffectGroup {
    tasks: i64,
    /// Customers, each once.
    customers: i64,
    /// Of guides who have tasks of both groups: these are compared.
    compared_tasks: i64,
    compared_customers: i64,
}
impl From<TimelyGroup> for SopEffectGroup {
    fn from(own: TimelyGroup) -> Self {
        Self {
            tasks: own.tasks,
            customers: own.people,
            compared_tasks: own.compared_tasks,
            compared_customers: own.compared_people,
        }
    }
}

/// Of tasks on time less those that were not.
#[derive(Serialize, ToSchema)]
struct SopEffectDifference {
    value: f64,
    interval: EffectInterval,
}
impl From<Difference> for SopEffectDifference {
    fn from(own: Difference) -> Self {
        Self { value: own.value, interval: own.interval.into() }
    }
}

#[derive(Serialize, ToSchema)]
struct SopEffectOutcome {
    /// `bought`: the share of tasks whose customer paid for an order in these days; `revenue`: what was paid for each task, less refunds, in minor units.
    what: &'static str,
    /// Of all tasks of each group. Null: there are none.
    late: Option<f64>,
    on_time: Option<f64>,
    /// Of all tasks, as they are: guides who are on time differ in more than that. Null: not enough data.
    raw: Option<SopEffectDifference>,
    /// Within each guide. Null: not enough data.
    within: Option<SopEffectDifference>,
    /// Of `within`: `too_few` (not enough data yet), `unclear` (nought lies in the interval), `higher` or `lower` where tasks were done on time.
    reading: &'static str,
}
impl From<TimelyOutcome> for SopEffectOutcome {
    fn from(own: TimelyOutcome) -> Self {
        let figure = |at: usize| match &own.figures {
            Figures::Shares(all) => Some(all[at]).filter(|own| own.people > 0).map(|own| own.rate()),
            Figures::Samples(all) => Some(all[at]).filter(|own| own.people > 0).map(|own| own.mean()),
        };
        Self {
            what: own.what.name(),
            late: figure(0),
            on_time: figure(1),
            raw: own.raw.map(SopEffectDifference::from),
            within: own.within.map(SopEffectDifference::from),
            reading: own.reading.name(),
        }
    }
}

/// Nobody drew these groups: what is told here is an observation and no effect of being on time.
#[derive(Serialize, ToSchema)]
struct SopEffect {
    /// First and last day of the deadlines.
    #[schema(value_type = String, format = Date)]
    from: String,
    #[schema(value_type = String, format = Date)]
    to: String,
    days: u32,
    /// Of revenue.
    currency: String,
    /// Tasks whose days are not over yet. They count in neither group.
    waiting: i64,
    /// Tasks that were skipped or taken back before their deadline. They count in neither group.
    left_out: i64,
    on_time: SopEffectGroup,
    /// Done behind the deadline, or not at all.
    late: SopEffectGroup,
    /// Guides who have tasks of both groups.
    guides: i64,
    outcomes: Vec<SopEffectOutcome>,
    /// Below so many customers in a group, or so many tasks of both whose customer paid, nothing is said.
    customers_least: i64,
    paid_least: i64,
}

/// Compares tasks that journeys gave for customers: those done until their deadline with those that were not, by whether the customer paid within some
/// days of the deadline, and what. Guides are compared with themselves; it is an observation, not an experiment. Of the reader's staff and stores.
///
/// 按时与逾期的对比：旅程下发的客户任务在截止时间后若干天内客户是否下单、净消费多少；同一导购内比较，附 95% 区间。这是观察结果，不是实验结论。
///
/// Errors: `effect_days`, `day_invalid`, `sop_span`.
#[utoipa::path(get, path = "/sops/effect", tag = "SOP", params(SopEffectQuery), responses((status = 200, body = SopEffect)))]
async fn effect(
    may: May<PeopleRead>,
    Query(q): Query<SopEffectQuery>,
    State(app): State<App>,
) -> Answer<Json<SopEffect>> {
    let caller = may.caller;
    let days = Some(q.days.unwrap_or(DAYS_USUAL)).filter(|days| DAYS.contains(days)).ok_or_else(wrong_days)?;
    let answer = app.run(move |app| {
        read(app, |tx| {
            let reader = Reader::new(app, tx, &caller)?;
            let (ctx, staff) = (&reader.ctx, reader.staff(tx)?);
            let people = reader.own_people(app, tx)?.map(|mut own| {
                own.sort_unstable();
                own
            });
            let (first, last) = q.span(ctx.zone.day(ctx.now))?;
            let asked = TimelyAsked {
                from: ctx.zone.start_of_day(first),
                to: ctx.zone.start_of_day(last + 1),
                days,
                currency: ctx.currency,
                now: ctx.now,
                journey: q.sop.as_deref(),
                staff: staff.as_deref(),
                stores: reader.stores(),
                people: people.as_deref(),
            };
            Ok(shown(of_tasks(tx, &asked)?, &asked, (first, last)))
        })
    });
    answer.await.map(Json)
}

fn shown(own: Timely, asked: &TimelyAsked<'_>, (first, last): (i32, i32)) -> SopEffect {
    SopEffect {
        from: show_day(first),
        to: show_day(last),
        days: asked.days,
        currency: asked.currency.code().to_owned(),
        waiting: own.waiting,
        left_out: own.left_out,
        on_time: own.on_time.into(),
        late: own.late.into(),
        guides: own.guides,
        outcomes: own.outcomes.into_iter().map(SopEffectOutcome::from).collect(),
        customers_least: TIMELY_PEOPLE_LEAST,
        paid_least: TIMELY_PAID_LEAST,
    }
}
