//! Attribution, RFM, cohort value: what came of it.

use super::frame::{DAY_MINUTES, day, duration_or};
use super::moving::PERIODS_MAX;
use super::select::{EventSel, property};
use crate::calendar::UNITS;
use crate::read::{At, Count, Object};
use crate::{ORDER_COMPLETED, refuse};
use serde_json::Value;
use siyu_behaviour::Grain;
use siyu_behaviour::kernels::{Bounds, Method, Model, TouchWindow};
use siyu_kernel::Refusal;

#[derive(Clone, Debug, PartialEq)]
pub struct Attribution {
    pub conversion: EventSel,
    pub touch: EventSel,
    pub touch_by: String,
    pub windows: Vec<TouchWindow>,
    pub models: Vec<Model>,
    /// Microseconds.
    pub half_life: i64,
    pub refunds: bool,
}

pub(crate) const MODELS: [(&str, Model); 5] = [
    ("last", Model::Last),
    ("first", Model::First),
    ("linear", Model::Linear),
    ("position", Model::Position),
    ("decay", Model::Decay),
];
const WINDOWS: [TouchWindow; 4] =
    [TouchWindow::SameDay, TouchWindow::Days(7), TouchWindow::Days(15), TouchWindow::Days(30)];
const WINDOWS_MAX: usize = 8;
const SAME_DAY: &str = "same_day";

impl Attribution {
    pub(crate) const KEYS: [&'static str; 7] =
        ["conversion", "touch", "touch_by", "windows", "models", "half_life", "refunds"];

    pub(crate) fn read(object: &Object<'_>) -> Result<Self, Refusal> {
        let touch_by = object.map("touch_by", property)?.unwrap_or_else(|| "channel".to_owned());
        let windows =
            object.map("windows", |at| distinct(&at.list(Count::of(1, WINDOWS_MAX).code("spec_window"))?, window))?;
        let models =
            object.map("models", |at| distinct(&at.list(Count::of(1, MODELS.len()))?, |at| at.word(&MODELS)))?;
        Ok(Self {
            conversion: EventSel::or(object, "conversion", || EventSel::named(ORDER_COMPLETED))?,
            touch: EventSel::or(object, "touch", || EventSel::having(&touch_by))?,
            touch_by,
            windows: windows.unwrap_or_else(|| WINDOWS.to_vec()),
            models: models.unwrap_or_else(|| MODELS.map(|(_, model)| model).to_vec()),
            half_life: duration_or(object, "half_life", 7 * DAY_MINUTES)?,
            refunds: object.flag_or("refunds", true)?,
        })
    }
}

fn distinct<'v, T: PartialEq>(
    items: &[At<'v>],
    read: impl Fn(&At<'v>) -> Result<T, Refusal>,
) -> Result<Vec<T>, Refusal> {
    let mut out = Vec::with_capacity(items.len());
    for item in items {
        let one = read(item)?;
        if out.contains(&one) {
            return Err(refuse::at("spec_shape", &item.place, "This is in the list already.", "列表中已有该项。"));
        }
        out.push(one);
    }
    Ok(out)
}

pub(crate) fn window(at: &At<'_>) -> Result<TouchWindow, Refusal> {
    match at.value {
        Value::String(word) if word == SAME_DAY => Some(TouchWindow::SameDay),
        value => value.as_u64().filter(|days| (1..=366).contains(days)).map(|days| TouchWindow::Days(days as u32)),
    }
    .ok_or_else(|| {
        refuse::at(
            "spec_window",
            &at.place,
            "A window is \"same_day\" or a number of days, 1 to 366.",
            "归因窗口为 \"same_day\" 或天数（1 到 366）。",
        )
    })
}
pub(crate) fn window_json(window: TouchWindow) -> Value {
    match window {
        TouchWindow::SameDay => SAME_DAY.into(),
        TouchWindow::Days(days) => days.into(),
    }
}
pub(crate) fn model_name(model: Model) -> &'static str {
    MODELS.iter().find(|(_, known)| *known == model).map_or("", |(name, _)| *name)
}

#[derive(Clone, Debug, PartialEq)]
pub struct Rfm {
    pub orders: EventSel,
    /// Today when absent.
    pub as_of: Option<i32>,
    pub method: Method,
}

const SCORES: u8 = 5;

impl Rfm {
    pub(crate) const KEYS: [&'static str; 5] = ["orders", "as_of", "scores", "method", "bounds"];

    pub(crate) fn read(object: &Object<'_>) -> Result<Self, Refusal> {
        let scores = object.int_or("scores", 2, 10, i64::from(SCORES))? as u8;
        let fixed = object.word_or("method", &[("quantile", false), ("fixed", true)], false)?;
        let method = match (fixed, object.get("bounds")) {
            (true, Some(at)) => Method::Fixed(bounds(&at, usize::from(scores) - 1)?),
            (true, None) => return Err(refuse::missing(&object.at("bounds"))),
            (false, None) => Method::Quantile(scores),
            (false, Some(at)) => {
                return Err(refuse::at(
                    "spec_shape",
                    &at.place,
                    "Bounds go with the method \"fixed\".",
                    "bounds 仅用于 method 为 \"fixed\" 时。",
                ));
            }
        };
        Ok(Self {
            orders: EventSel::or(object, "orders", || EventSel::named(ORDER_COMPLETED))?,
            as_of: object.map("as_of", day)?,
            method,
        })
    }
    pub fn scores(&self) -> u8 {
        match &self.method {
            Method::Quantile(scores) | Method::Tiles(scores) => *scores,
            Method::Fixed(bounds) => bounds.frequency.len() as u8 + 1,
        }
    }
}

/// `{"r": [days …], "f": [orders …], "m": [minor units …]}`, each rising, one fewer than there are scores.
fn bounds(at: &At<'_>, len: usize) -> Result<Bounds, Refusal> {
    let object = at.object(&["r", "f", "m"])?;
    let rising = |key: &str, high: i64| -> Result<Vec<i64>, Refusal> {
        let list = object.need(key)?.list(Count { low: len, high: len, code: "spec_bins" })?;
        let numbers: Vec<i64> = list.iter().map(|at| at.int(0, high)).collect::<Result<_, _>>()?;
        match numbers.windows(2).position(|pair| pair[0] >= pair[1]) {
            None => Ok(numbers),
            Some(wrong) => Err(refuse::at(
                "spec_bins",
                &list[wrong + 1].place,
                "Each bound is above the one before.",
                "分档边界须依次递增。",
            )),
        }
    };
    Ok(Bounds {
        recency_days: rising("r", 36_600)?.into_iter().map(|n| n as i32).collect(),
        frequency: rising("f", 1_000_000_000)?.into_iter().map(|n| n as u32).collect(),
        value: rising("m", i64::MAX)?,
    })
}

#[derive(Clone, Debug, PartialEq)]
pub struct CohortValue {
    pub start: EventSel,
    pub unit: Grain,
    /// Periods after the first.
    pub periods: usize,
    pub value: String,
}

impl CohortValue {
    pub(crate) const KEYS: [&'static str; 4] = ["start", "unit", "periods", "value"];

    pub(crate) fn read(object: &Object<'_>) -> Result<Self, Refusal> {
        Ok(Self {
            start: EventSel::or(object, "start", EventSel::any)?,
            unit: object.word_or("unit", &UNITS[1..], Grain::WEEK)?,
            periods: object.int_or("periods", 1, PERIODS_MAX, 12)? as usize,
            value: object.map("value", property)?.unwrap_or_else(|| "amount".to_owned()),
        })
    }
}
