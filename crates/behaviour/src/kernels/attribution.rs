//! Which touches earned the money: several models and windows in one pass, to the cent.

use super::by::{By, Grouped};
use crate::calendar::Calendar;
use crate::kernel::Merge;
use crate::test::Select;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Each conversion event in the span is credited to the person's touches before it (or at the same instant) inside a window.
///
/// A touch is an event of `touch` that is not a conversion itself. The conversion's value is shared out in minor units by largest remainder
/// (equal remainders: to the earlier touch), so credits plus `none` are the total exactly, for every model and window.
#[derive(Clone, Debug)]
pub struct Attribution {
    pub conversion: Select,
    /// Property with the value in minor units; `None`: conversions have no value, only their number counts.
    pub value: Option<String>,
    pub refunds: Option<Refunds>,
    pub touch: Select,
    /// Property that names a touch; `None`: the event's name. A touch without the property has the name `None`; one with a list property is
    /// named by its first entry.
    pub touch_by: Option<String>,
    /// At most 8.
    pub windows: Vec<TouchWindow>,
    pub models: Vec<Model>,
    /// For [`Model::Decay`]: after this many microseconds a touch weighs half.
    pub half_life: i64,
    pub from: i64,
    pub to: i64,
    /// A property is that of the conversion.
    pub by: By,
    pub calendar: Arc<Calendar>,
}

/// Refund events (their value property is negative) take back from the order they name: that of the person's last conversion with the same
/// `key` at or before the refund, whenever the refund came, else the first one after it. A refund that names no conversion of the person
/// counts in the span of its own instant, in `none`.
#[derive(Clone, Debug)]
pub struct Refunds {
    pub select: Select,
    /// Text property with the order's number, of conversions and refunds.
    pub key: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TouchWindow {
    /// The conversion's calendar day.
    SameDay,
    /// This many times 24 hours.
    Days(u32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
    Last,
    First,
    Linear,
    /// 40 % to the first, 40 % to the last, the rest evenly between them; two share evenly.
    Position,
    /// By half-life, measured back from the conversion.
    Decay,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Credit {
    /// Billionths of a conversion: shares of one conversion add up to 1,000,000,000.
    pub conversions: u64,
    /// Minor units, refunds taken off.
    pub value: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attributed {
    pub conversions: u64,
    /// Minor units, refunds taken off.
    pub value: i64,
    /// What refunds took off, positive.
    pub refunded: i64,
    /// By touch; `credits[model * windows + window]`, places as in the question.
    pub touches: BTreeMap<Option<String>, Vec<Credit>>,
    /// What no touch in the window earned, in the same order.
    pub none: Vec<Credit>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AttributionPartial {
    pub all: Attributed,
    /// Empty without a breakdown.
    pub groups: Grouped<Attributed>,
}

/// The people with a conversion that gave this touch (or no touch) some credit.
#[derive(Clone, Debug)]
pub struct AttributionCell {
    /// `None`: every conversion. Some(None): those of `none`. Some(Some(name)): those of the touch.
    pub touch: Option<Option<Option<String>>>,
    /// Places in `models` and `windows`.
    pub model: usize,
    pub window: usize,
    /// `None`: all groups together.
    pub group: Option<Option<String>>,
}
