//! What most specs share: when, who, split by what, beside what.

use crate::calendar::parse_day;
use crate::read::{At, Count, Object};
use crate::refuse;
use crate::spec::select::property;
use siyu_audience::Rule;
use siyu_kernel::Refusal;

/// Days of a span.
pub const SPAN_DAYS_MAX: i32 = 5 * 366;
const SPAN_DAYS: i32 = 90;
const GROUPS: i64 = 10;
const GROUPS_MAX: i64 = 50;
const MICROS_A_MINUTE: i64 = 60_000_000;
pub const WINDOW_MICROS_MAX: i64 = 366 * 24 * 60 * MICROS_A_MINUTE;

/// Calendar days of the workspace's zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// Today and the days before it, this many in all.
    LastDays(i32),
    /// Both included.
    Days { from: i32, to: i32 },
}

impl Span {
    /// First and last day.
    pub fn days(self, today: i32) -> (i32, i32) {
        match self {
            Self::LastDays(days) => (today - days + 1, today),
            Self::Days { from, to } => (from, to),
        }
    }
    pub(crate) fn read(at: &At<'_>) -> Result<Self, Refusal> {
        let object = at.object(&["last_days", "from", "to"])?;
        if let Some(days) = object.get("last_days") {
            if object.has("from") || object.has("to") {
                return Err(refuse::span(
                    &at.place,
                    "A span is either last_days, or from and to.",
                    "时间范围须为 last_days，或 from 与 to，二者取一。",
                ));
            }
            let days = days.value.as_i64().filter(|days| (1..=i64::from(SPAN_DAYS_MAX)).contains(days));
            let days = days.ok_or_else(|| {
                refuse::span(&object.at("last_days"), "last_days is 1 to 1,830.", "last_days 的取值为 1 到 1830。")
            })?;
            return Ok(Self::LastDays(days as i32));
        }
        let (from, to) = (day(&object.need("from")?)?, day(&object.need("to")?)?);
        if from > to {
            return Err(refuse::span(&at.place, "The span ends before it begins.", "时间范围的结束早于开始。"));
        }
        if to - from >= SPAN_DAYS_MAX {
            return Err(refuse::span(
                &at.place,
                "A span is at most 5 years (1,830 days).",
                "时间范围最长 5 年（1830 天）。",
            ));
        }
        Ok(Self::Days { from, to })
    }
}

pub(crate) fn day(at: &At<'_>) -> Result<i32, Refusal> {
    at.value.as_str().and_then(parse_day).ok_or_else(|| {
        refuse::span(
            &at.place,
            "A day is written as 2026-03-31, from 1900 to 2200.",
            "日期格式为 2026-03-31，年份 1900 到 2200。",
        )
    })
}

/// Whose numbers these are.
#[derive(Clone, Debug, PartialEq)]
pub enum Among {
    Audience(String),
    Rule(Rule),
}

/// Microseconds.
pub(crate) fn duration(at: &At<'_>) -> Result<i64, Refusal> {
    let wrong = || refuse::window(&at.place);
    let object = at.value.as_object().filter(|object| object.len() == 1).ok_or_else(wrong)?;
    let (unit, number) = object.iter().next().ok_or_else(wrong)?;
    let micros = match unit.as_str() {
        "days" => 24 * 60 * MICROS_A_MINUTE,
        "hours" => 60 * MICROS_A_MINUTE,
        "minutes" => MICROS_A_MINUTE,
        _ => return Err(wrong()),
    };
    let number = number.as_i64().ok_or_else(wrong)?;
    let total = number.checked_mul(micros).filter(|total| (MICROS_A_MINUTE..=WINDOW_MICROS_MAX).contains(total));
    total.ok_or_else(wrong)
}
pub(crate) fn duration_or(object: &Object<'_>, key: &str, absent_minutes: i64) -> Result<i64, Refusal> {
    object.get(key).map_or(Ok(absent_minutes * MICROS_A_MINUTE), |at| duration(&at))
}
pub(crate) const DAY_MINUTES: i64 = 24 * 60;

#[derive(Clone, Debug, PartialEq)]
pub enum By {
    /// Of the first step, or of the event that is counted.
    Property(String),
    Trait(String),
    /// A tag group's id.
    Tags(String),
    Audiences(Vec<String>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// What the kind takes when absent: [`Frame::days`].
    pub span: Option<Span>,
    pub among: Option<Among>,
    pub by: Option<By>,
    pub groups: usize,
    pub compare: bool,
}

/// Which parts of the frame a kind takes, besides `among`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Takes {
    pub span: bool,
    /// A breakdown by a property of events.
    pub by_property: bool,
    /// A breakdown by what people are.
    pub by_people: bool,
    pub compare: bool,
}

impl Takes {
    pub const ALL: Takes = Takes { span: true, by_property: true, by_people: true, compare: true };
    pub const NO_PROPERTY: Takes = Takes { by_property: false, ..Self::ALL };
    pub const SPAN: Takes = Takes { by_people: false, ..Self::NO_PROPERTY };
    pub fn keys(self) -> Vec<&'static str> {
        let mut keys = vec!["among"];
        keys.extend(self.span.then_some("span"));
        if self.by_people {
            keys.extend(["by", "groups"]);
        }
        keys.extend(self.compare.then_some("compare"));
        keys
    }
}

impl Frame {
    /// First and last day; the last 90 when the spec names none.
    pub fn days(&self, today: i32) -> (i32, i32) {
        self.span.unwrap_or(Span::LastDays(SPAN_DAYS)).days(today)
    }
    pub(crate) fn read(object: &Object<'_>, takes: Takes) -> Result<Self, Refusal> {
        let groups = object.map("groups", |at| {
            let groups = at.value.as_i64().filter(|n| (1..=GROUPS_MAX).contains(n));
            groups
                .ok_or_else(|| refuse::at("spec_groups", &at.place, "groups is 1 to 50.", "groups 的取值为 1 到 50。"))
        })?;
        Ok(Self {
            span: object.map("span", Span::read)?,
            among: object.map("among", among)?,
            by: object.map("by", |at| by(at, takes))?,
            groups: groups.unwrap_or(GROUPS) as usize,
            compare: object.flag_or("compare", false)?,
        })
    }
}

fn among(at: &At<'_>) -> Result<Among, Refusal> {
    let object = at.object(&["audience", "rule"])?;
    match (object.get("audience"), object.get("rule")) {
        (Some(id), None) => Ok(Among::Audience(id.text()?.to_owned())),
        (None, Some(rule)) => self::rule(&rule).map(Among::Rule),
        _ => Err(refuse::shape(&at.place, "either an audience or a rule", "audience 或 rule，二者取一")),
    }
}

pub(crate) fn rule(at: &At<'_>) -> Result<Rule, Refusal> {
    Rule::parse(at.value).map_err(|refusal| refuse::moved(refusal, &at.place))
}

const AUDIENCES_MAX: usize = 50;

fn by(at: &At<'_>, takes: Takes) -> Result<By, Refusal> {
    let object = at.object(&["property", "trait", "tags", "audiences"])?;
    let keys = ["property", "trait", "tags", "audiences"].map(|key| object.get(key));
    match keys {
        [Some(_), None, None, None] if !takes.by_property => Err(refuse::at(
            "spec_by",
            &at.place,
            "This analysis is split by what people are (trait, tags, audiences), not by a property of events.",
            "该分析只能按客户字段、标签或人群细分，不能按事件属性细分。",
        )),
        [Some(name), None, None, None] => property(&name).map(By::Property),
        [None, Some(name), None, None] => Ok(By::Trait(name.text()?.to_owned())),
        [None, None, Some(id), None] => Ok(By::Tags(id.text()?.to_owned())),
        [None, None, None, Some(list)] => {
            let ids = list.list(Count::of(1, AUDIENCES_MAX).code("spec_groups"))?;
            let mut ids: Vec<String> = ids.iter().map(|id| id.text().map(str::to_owned)).collect::<Result<_, _>>()?;
            let mut seen = std::collections::HashSet::new();
            ids.retain(|id| seen.insert(id.clone()));
            Ok(By::Audiences(ids))
        }
        _ => Err(refuse::at(
            "spec_by",
            &at.place,
            "A breakdown is one of: property, trait, tags, audiences.",
            "细分方式须为 property、trait、tags、audiences 之一。",
        )),
    }
}
