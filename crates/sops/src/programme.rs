//! What a programme says.

use crate::{Depth, refuse};
use serde::{Deserialize, Serialize};
use siyu_kernel::Refusal;
use siyu_reach::content::Content;
use std::collections::BTreeSet;

const STEPS_MAX: usize = 200;
const DAYS_MAX: u16 = 730;
const GRACE_HOURS_MAX: u16 = 168;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Group,
    Moment,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Group => "group",
            Self::Moment => "moment",
        }
    }
    pub(crate) fn named(name: &str) -> Self {
        if name == "moment" { Self::Moment } else { Self::Group }
    }
}

/// What day 0 is. A member of staff was never created: for moments it is when they were enrolled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Anchor {
    #[default]
    Enrolled,
    Created,
}

impl Anchor {
    pub fn name(self) -> &'static str {
        match self {
            Self::Enrolled => "enrolled",
            Self::Created => "created",
        }
    }
    pub(crate) fn named(name: &str) -> Self {
        if name == "created" { Self::Created } else { Self::Enrolled }
    }
}

/// In the workspace's zone. Where the clock jumps over a time it is the first instant behind; of a time that comes twice it is the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum When {
    Day {
        day: u16,
        hour: u8,
        minute: u8,
    },
    /// 1: Monday.
    Weekly {
        weekday: u8,
        hour: u8,
        minute: u8,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Deed {
    /// To the group through its owner, or a moment of the member's.
    Send { content: Content },
    /// On the guide page.
    Task { text: String },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What it is known by in all versions.
    pub key: String,
    pub name: String,
    pub when: When,
    /// Done until so long behind its time is on time; whoever could not be asked until then is not asked.
    pub grace_hours: u16,
    #[serde(default)]
    pub depth: Depth,
    pub deed: Deed,
}

/// Who comes in by themselves: groups created from now on of these owners, of owners of these stores; for moments staff of these names and stores, those
/// that are there, too. Empty: all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rule {
    pub owners: Vec<String>,
    pub stores: Vec<String>,
}

/// Errors: `sop_steps`, `sop_step`.
pub(crate) fn check(steps: &[Step]) -> Result<(), Refusal> {
    let keys: BTreeSet<&str> = steps.iter().map(|step| step.key.as_str()).collect();
    let plain = |key: &&str| {
        (1..=40).contains(&key.len()) && key.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_' || c == b'-')
    };
    if !(1..=STEPS_MAX).contains(&steps.len()) || keys.len() != steps.len() || !keys.iter().all(plain) {
        return Err(refuse::steps(STEPS_MAX));
    }
    steps.iter().enumerate().try_for_each(|(at, step)| check_step(at, step))
}

fn check_step(at: usize, step: &Step) -> Result<(), Refusal> {
    let fits = match step.when {
        When::Day { day, hour, minute } => day <= DAYS_MAX && hour < 24 && minute < 60,
        When::Weekly { weekday, hour, minute } => (1..=7).contains(&weekday) && hour < 24 && minute < 60,
    };
    if !fits {
        return Err(refuse::step(
            at,
            "A time is a day from 0 to 730, or a weekday, and a time of day.",
            "时间应为第 0～730 天或星期几，加上时刻。",
        ));
    }
    if !(1..=GRACE_HOURS_MAX).contains(&step.grace_hours) {
        return Err(refuse::step(at, "Grace is 1 to 168 hours.", "宽限为 1～168 小时。"));
    }
    let chars = step.name.trim().chars().count();
    if !(1..=60).contains(&chars) || step.name.chars().any(char::is_control) {
        return Err(refuse::step(at, "A step's name has 1 to 60 characters.", "步骤名称需为 1～60 个字。"));
    }
    match &step.deed {
        Deed::Task { text } if !(1..=500).contains(&text.trim().chars().count()) => {
            Err(refuse::step(at, "A task's text has 1 to 500 characters.", "任务内容需为 1～500 个字。"))
        }
        Deed::Send { content } => content.check(&format!("steps[{at}].deed.content")),
        Deed::Task { .. } => Ok(()),
    }
}
