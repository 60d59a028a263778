//! Funnel, interval, paths, touchpoints: what follows what.

use super::frame::{DAY_MINUTES, duration_or};
use super::select::{EventSel, KEYS as SELECT_KEYS, property};
use crate::ORDER_COMPLETED;
use crate::read::{At, Count, Object};
use crate::refuse;
use siyu_kernel::Refusal;

const STEPS: Count = Count { low: 2, high: 10, code: "spec_steps" };
const EXCLUSIONS: Count = Count { low: 0, high: 5, code: "spec_steps" };

#[derive(Clone, Debug, PartialEq)]
pub struct Funnel {
    pub steps: Vec<EventSel>,
    /// Microseconds.
    pub window: i64,
    pub exclude: Vec<Excluded>,
}

/// Breaks a chain when it happens between the two steps.
#[derive(Clone, Debug, PartialEq)]
pub struct Excluded {
    pub select: EventSel,
    /// Places in `steps`, counted from 0.
    pub after: usize,
    pub before: usize,
}

impl Funnel {
    pub(crate) const KEYS: [&'static str; 3] = ["steps", "window", "exclude"];

    pub(crate) fn read(object: &Object<'_>) -> Result<Self, Refusal> {
        let steps = object.need("steps")?.list(STEPS)?;
        let steps: Vec<EventSel> = steps.iter().map(EventSel::read).collect::<Result<_, _>>()?;
        let exclude = object.get("exclude").map_or(Ok(Vec::new()), |at| at.list(EXCLUSIONS))?;
        let exclude = exclude.iter().map(|at| excluded(at, steps.len())).collect::<Result<_, _>>()?;
        Ok(Self { steps, window: duration_or(object, "window", 7 * DAY_MINUTES)?, exclude })
    }
}

fn excluded(at: &At<'_>, steps: usize) -> Result<Excluded, Refusal> {
    let [event, tests, label] = SELECT_KEYS;
    let object = at.object(&[event, tests, label, "between"])?;
    let between = object.need("between")?;
    let wrong = || {
        refuse::at(
            "spec_steps",
            &between.place,
            &format!("between names two steps, the earlier first, counted from 1 to {steps}: [1, 2]."),
            &format!("between 为两个步骤的序号（1 到 {steps}），先写靠前的步骤，如 [1, 2]。"),
        )
    };
    let ends = between.value.as_array().filter(|ends| ends.len() == 2).ok_or_else(wrong)?;
    let place = |at: usize| ends[at].as_u64().and_then(|n| usize::try_from(n).ok()).filter(|n| (1..=steps).contains(n));
    let (after, before) = (place(0).ok_or_else(wrong)?, place(1).ok_or_else(wrong)?);
    if after >= before {
        return Err(wrong());
    }
    Ok(Excluded { select: EventSel::of(&object)?, after: after - 1, before: before - 1 })
}

#[derive(Clone, Debug, PartialEq)]
pub struct Interval {
    pub from: EventSel,
    pub to: EventSel,
    /// Microseconds.
    pub within: i64,
}

impl Interval {
    // `from` and `to` of an interval are events; its span is `span`.
    pub(crate) const KEYS: [&'static str; 3] = ["from", "to", "within"];

    pub(crate) fn read(object: &Object<'_>) -> Result<Self, Refusal> {
        Ok(Self {
            from: EventSel::read(&object.need("from")?)?,
            to: EventSel::read(&object.need("to")?)?,
            within: duration_or(object, "within", 30 * DAY_MINUTES)?,
        })
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Paths {
    pub events: EventSel,
    pub start: Option<EventSel>,
    pub end: Option<EventSel>,
    pub depth: usize,
    /// Microseconds.
    pub session: i64,
    pub top: usize,
    /// Names nodes; the event's name when absent.
    pub property: Option<String>,
}

impl Paths {
    pub(crate) const KEYS: [&'static str; 7] = ["events", "start", "end", "depth", "session", "top", "property"];

    pub(crate) fn read(object: &Object<'_>) -> Result<Self, Refusal> {
        Ok(Self {
            events: EventSel::or(object, "events", EventSel::any)?,
            start: object.map("start", EventSel::read)?,
            end: object.map("end", EventSel::read)?,
            depth: object.int_or("depth", 2, 20, 5)? as usize,
            session: duration_or(object, "session", 30)?,
            top: object.int_or("top", 1, 200, 20)? as usize,
            property: object.map("property", property)?,
        })
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Touchpoints {
    pub events: EventSel,
    /// Property that names a node; events without it are named by their event.
    pub touch_by: String,
    pub conversion: EventSel,
    /// Microseconds.
    pub within: i64,
    pub top: usize,
}

impl Touchpoints {
    pub(crate) const KEYS: [&'static str; 5] = ["events", "touch_by", "conversion", "within", "top"];

    pub(crate) fn read(object: &Object<'_>) -> Result<Self, Refusal> {
        Ok(Self {
            events: EventSel::or(object, "events", EventSel::any)?,
            touch_by: object.map("touch_by", property)?.unwrap_or_else(|| "touchpoint".to_owned()),
            conversion: EventSel::or(object, "conversion", || EventSel::named(ORDER_COMPLETED))?,
            within: duration_or(object, "within", 30 * DAY_MINUTES)?,
            top: object.int_or("top", 1, 200, 60)? as usize,
        })
    }
}
