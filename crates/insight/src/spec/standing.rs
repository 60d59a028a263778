//! Segment, lifecycle, assets, boards: how things stand.

use super::frame::{day, rule};
use crate::read::Object;
use siyu_audience::Rule;
use siyu_kernel::Refusal;

#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    pub rule: Rule,
}

impl Segment {
    pub(crate) const KEYS: [&'static str; 1] = ["rule"];

    pub(crate) fn read(object: &Object<'_>) -> Result<Self, Refusal> {
        Ok(Self { rule: rule(&object.need("rule")?)? })
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lifecycle {
    /// Today when absent.
    pub on: Option<i32>,
    /// Thirty days before `on` when absent.
    pub against: Option<i32>,
}

impl Lifecycle {
    pub(crate) const KEYS: [&'static str; 2] = ["on", "against"];

    pub(crate) fn read(object: &Object<'_>) -> Result<Self, Refusal> {
        let (on, against) = (object.map("on", day)?, object.map("against", day)?);
        if let (Some(on), Some(against)) = (on, against)
            && against >= on
        {
            return Err(crate::refuse::span(
                &object.at("against"),
                "The day to compare with lies before the day in question.",
                "对比日期须早于查询日期。",
            ));
        }
        Ok(Self { on, against })
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Assets;

impl Assets {
    pub(crate) const KEYS: [&'static str; 0] = [];
}

/// Stores or guides side by side.
#[derive(Clone, Debug, PartialEq)]
pub struct Board {}

impl Board {
    pub(crate) const KEYS: [&'static str; 0] = [];

    pub(crate) fn read(_: &Object<'_>) -> Result<Self, Refusal> {
        Ok(Self {})
    }
}
