//! Retention, trend, activity: numbers by period.

use super::numbers::Measured;
use super::select::EventSel;
use crate::calendar::UNITS;
use crate::read::{Count, Object};
use siyu_behaviour::Grain;
use siyu_behaviour::kernels::Mode;
use siyu_kernel::Refusal;

/// Columns of a cohort table.
pub(crate) const PERIODS_MAX: i64 = 60;

#[derive(Clone, Debug, PartialEq)]
pub struct Retention {
    pub start: EventSel,
    pub back: EventSel,
    pub unit: Grain,
    /// Periods after the first.
    pub periods: usize,
    pub mode: Mode,
    /// Only a person's first start event ever begins a row.
    pub first: bool,
}

impl Retention {
    pub(crate) const KEYS: [&'static str; 6] = ["start", "return", "unit", "periods", "mode", "first"];

    pub(crate) fn read(object: &Object<'_>) -> Result<Self, Refusal> {
        Ok(Self {
            start: EventSel::or(object, "start", EventSel::any)?,
            back: EventSel::or(object, "return", EventSel::any)?,
            unit: object.word_or("unit", &UNITS, Grain::WEEK)?,
            periods: object.int_or("periods", 1, PERIODS_MAX, 12)? as usize,
            mode: object.word_or("mode", &[("on", Mode::On), ("rolling", Mode::Rolling)], Mode::On)?,
            first: object.flag_or("first", true)?,
        })
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Trend {
    pub events: Vec<EventSel>,
    pub unit: Grain,
    /// `Count`, `People` or `Sum`.
    pub measure: Measured,
}

impl Trend {
    pub(crate) const KEYS: [&'static str; 3] = ["events", "unit", "measure"];

    pub(crate) fn read(object: &Object<'_>) -> Result<Self, Refusal> {
        let events = object.need("events")?.list(Count::of(1, 8).code("spec_steps"))?;
        let measure = object.map("measure", |at| Measured::read(at, &["count", "people", "sum"]))?;
        Ok(Self {
            events: events.iter().map(EventSel::read).collect::<Result<_, _>>()?,
            unit: object.word_or("unit", &UNITS, Grain::DAY)?,
            measure: measure.unwrap_or(Measured::Count),
        })
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Activity {
    pub unit: Grain,
}

impl Activity {
    pub(crate) const KEYS: [&'static str; 1] = ["unit"];

    pub(crate) fn read(object: &Object<'_>) -> Result<Self, Refusal> {
        Ok(Self { unit: object.word_or("unit", &UNITS, Grain::DAY)? })
    }
}
