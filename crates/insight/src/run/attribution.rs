//! Attribution, and the single credits behind a number.

use super::Env;
use super::groups::{Rest, top};
use super::numbers::OTHERS;
use crate::cell::{Group, Touch};
use crate::spec::{self, model_name, window_json};
use crate::{ORDER_KEY, STORE_KEY, corrections};
use roaring::RoaringBitmap;
use serde::Serialize;
use serde_json::Value;
use siyu_behaviour::kernels::{Attributed, Attribution, AttributionCell, Credit, CreditLine, Credits, OnlyOf, Refunds};
use siyu_kernel::Refusal;

#[derive(Serialize)]
pub(crate) struct AttributionOut {
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

/// Rows and `none` of one model and window add up to `total.value` exactly.
#[derive(Serialize)]
struct Table {
    total: Total,
    rows: Vec<Row>,
    none: Vec<Row>,
}

#[derive(Serialize)]
struct Total {
    conversions: u64,
    /// Minor units, refunds taken off.
    value: i64,
    refunded: i64,
}

#[derive(Serialize)]
struct Row {
    #[serde(skip_serializing_if = "Option::is_none")]
    touch: Option<String>,
    model: &'static str,
    window: Value,
    conversions: f64,
    value: i64,
}

/// Touches shown by name; the rest is summed.
const TOUCHES_MAX: usize = 500;
const BILLION: f64 = 1e9;

pub(crate) fn kernel(ask: &spec::Attribution, env: &Env<'_>) -> Attribution {
    let (from, to) = env.instants();
    let refunds = || Refunds { select: corrections(&ask.conversion.select), key: ORDER_KEY.to_owned() };
    Attribution {
        conversion: ask.conversion.select.clone(),
        value: Some("amount".to_owned()),
        refunds: ask.refunds.then(refunds),
        touch: ask.touch.select.clone(),
        touch_by: Some(ask.touch_by.clone()),
        windows: ask.windows.clone(),
        models: ask.models.clone(),
        half_life: ask.half_life,
        from,
        to,
        by: env.by.clone(),
        only: env.stores.map(|stores| OnlyOf { property: STORE_KEY.to_owned(), values: stores.to_vec() }),
        calendar: env.calendar(),
    }
}

fn weight(own: &Attributed) -> i128 {
    i128::from(own.conversions)
}

pub(crate) fn answer(ask: &spec::Attribution, env: &Env<'_>) -> AttributionOut {
    let found = env.run(&kernel(ask, env));
    let groups = env.split().then(|| {
        let shown = top(found.groups, env.groups, weight).into_iter();
        shown.map(|(group, own)| GroupOut { group, table: table(ask, own) }).collect()
    });
    AttributionOut { table: table(ask, found.all), groups }
}

fn table(ask: &spec::Attribution, own: Attributed) -> Table {
    let mut touches: Vec<(String, Vec<Credit>)> = Vec::new();
    for (touch, credits) in own.touches {
        touches.push((touch.unwrap_or_default(), credits));
    }
    let most = |credits: &[Credit]| credits.iter().map(|credit| (credit.value, credit.conversions)).max();
    touches.sort_by(|a, b| most(&b.1).cmp(&most(&a.1)).then_with(|| a.0.cmp(&b.0)));
    if touches.len() > TOUCHES_MAX {
        let mut rest = vec![Credit::default(); ask.models.len() * ask.windows.len()];
        for (_, credits) in touches.split_off(TOUCHES_MAX) {
            for (sum, credit) in rest.iter_mut().zip(credits) {
                sum.conversions += credit.conversions;
                sum.value += credit.value;
            }
        }
        touches.push((OTHERS.to_owned(), rest));
    }
    let rows = touches.iter().flat_map(|(touch, credits)| rows(ask, Some(touch), credits));
    Table {
        total: Total { conversions: own.conversions, value: own.value, refunded: own.refunded },
        rows: rows.collect(),
        none: rows_of_none(ask, &own.none),
    }
}

fn rows_of_none(ask: &spec::Attribution, credits: &[Credit]) -> Vec<Row> {
    if credits.is_empty() {
        let nothing = vec![Credit::default(); ask.models.len() * ask.windows.len()];
        return rows(ask, None, &nothing).collect();
    }
    rows(ask, None, credits).collect()
}

fn rows<'a>(
    ask: &'a spec::Attribution,
    touch: Option<&'a String>,
    credits: &'a [Credit],
) -> impl Iterator<Item = Row> + 'a {
    let windows = ask.windows.len();
    credits.iter().enumerate().map(move |(at, credit)| Row {
        touch: touch.cloned(),
        model: model_name(ask.models[at / windows]),
        window: window_json(ask.windows[at % windows]),
        conversions: credit.conversions as f64 / BILLION,
        value: credit.value,
    })
}

fn touch(touch: &Touch) -> Option<Option<Option<String>>> {
    match touch {
        Touch::All => None,
        Touch::None => Some(None),
        Touch::Named(name) => Some(Some((!name.is_empty()).then(|| name.clone()))),
    }
}

pub(crate) fn behind(
    ask: &spec::Attribution,
    env: &Env<'_>,
    (own, model, window): (&Touch, usize, usize),
    group: &Group,
) -> Result<RoaringBitmap, Refusal> {
    let kernel = kernel(ask, env);
    env.behind_group(
        &kernel,
        group,
        |group| AttributionCell { touch: touch(own), model, window, group },
        || Rest::of(env.run(&kernel).groups, env.groups, weight),
    )
}

/// The conversions of a cell, one page.
pub(crate) fn credits(
    ask: &spec::Attribution,
    env: &Env<'_>,
    (own, model, window): (&Touch, usize, usize),
    group: Option<Option<String>>,
    after: Option<(i64, u32, u32)>,
    limit: usize,
) -> Vec<CreditLine> {
    let kernel = kernel(ask, env);
    let cell = AttributionCell { touch: touch(own), model, window, group };
    env.run(&Credits { kernel: &kernel, cell: &cell, after, limit }).0
}
