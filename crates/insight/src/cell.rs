//! One number of a result, as people name it when they open it.

use crate::calendar::parse_day;
use crate::read::{At, Count, Object};
use crate::refuse;
use crate::spec::{Ask, Attribution, Spec};
use serde_json::Value;
use siyu_behaviour::kernels::{BoardWhich, RfmCell, SEGMENTS, Stage, Tier};
use siyu_kernel::Refusal;

/// A cell of a spec's result. Places count from 0, days are day numbers.
#[derive(Clone, Debug)]
pub enum Cell {
    /// `dropped`: reached the step before and not this one.
    Funnel {
        step: usize,
        dropped: bool,
    },
    /// Without a period: the whole cohort.
    Retention {
        day: i32,
        period: Option<usize>,
    },
    /// Places in the spec's models and windows.
    Attribution {
        touch: Touch,
        model: usize,
        window: usize,
    },
    Segment,
    Rfm(RfmCell),
    /// `to` `None`: left.
    Link {
        step: u16,
        from: String,
        to: Option<String>,
    },
    Route(Vec<String>),
    /// Of a distribution or an interval.
    Bin(usize),
    /// Without a day: the whole span.
    Trend {
        series: usize,
        day: Option<i32>,
    },
    Activity(Active),
    CohortValue {
        day: i32,
        buyers: bool,
    },
    Node {
        node: String,
        which: NodeWhich,
    },
    Move {
        from: String,
        to: String,
    },
    Lifecycle(Living),
    /// Without a medium: everybody who can be reached.
    Assets(Option<String>),
    Board {
        key: Option<String>,
        which: BoardWhich,
    },
}

/// Which part of a breakdown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Group {
    /// The result itself.
    #[default]
    All,
    /// What the named groups leave over.
    Rest,
    Named(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Touch {
    /// Every conversion.
    All,
    /// Those that no touch earned.
    None,
    Named(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Active {
    Active(i32),
    New(i32),
    Returning(i32),
    Event(String),
    /// In this many days up to the last one.
    Last(u32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeWhich {
    People,
    Converted,
    Entry,
    Exit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Living {
    /// People in `to` on the day, in `from` on the day compared with.
    Stage {
        from: Option<Stage>,
        to: Option<Stage>,
    },
    Tier(Tier),
    /// A place in [`AARRR`]: whose last stage it is.
    Aarrr(usize),
    Loyal,
}

pub const AARRR: [&str; 5] = ["acquisition", "activation", "retention", "revenue", "referral"];
pub const STAGES: [(&str, Stage); 5] = [
    ("prospect", Stage::Prospect),
    ("new", Stage::New),
    ("active", Stage::Active),
    ("at_risk", Stage::AtRisk),
    ("lost", Stage::Lost),
];
pub const TIERS: [(&str, Tier); 3] =
    [("ordinary", Tier::Ordinary), ("loyal", Tier::Loyal), ("super_vip", Tier::SuperVip)];
pub(crate) const WHICH: [(&str, BoardWhich); 5] = [
    ("people", BoardWhich::People),
    ("new_people", BoardWhich::New),
    ("active", BoardWhich::Active),
    ("buyers", BoardWhich::Buyers),
    ("repeat_buyers", BoardWhich::RepeatBuyers),
];
const NODE_WHICH: [(&str, NodeWhich); 4] = [
    ("people", NodeWhich::People),
    ("converted", NodeWhich::Converted),
    ("entry", NodeWhich::Entry),
    ("exit", NodeWhich::Exit),
];

impl Cell {
    /// Reads the cell of a spec; `group` of the breakdown beside it.
    ///
    /// Errors: `spec_cell` for a number the result does not have, and those of shape, with places that begin with `cell`.
    pub fn parse(spec: &Spec, value: &Value) -> Result<(Self, Group), Refusal> {
        let at = At { value, place: "cell".to_owned() };
        let keys: &[&str] = match &spec.ask {
            Ask::Funnel(_) => &["step", "dropped"],
            Ask::Retention(_) => &["day", "period"],
            Ask::Attribution(_) => &["touch", "model", "window"],
            Ask::Segment(_) => &[],
            Ask::Rfm(_) => &["r", "f", "m", "segment"],
            Ask::Paths(_) => &["link", "route"],
            Ask::Distribution(_) | Ask::Interval(_) => &["bin"],
            Ask::Trend(_) => &["series", "day"],
            Ask::Activity(_) => &["day", "which", "event", "last_days"],
            Ask::CohortValue(_) => &["day", "buyers"],
            Ask::Touchpoints(_) => &["node", "which", "link"],
            Ask::Lifecycle(_) => &["stage", "from", "to", "tier", "aarrr", "loyal"],
            Ask::Assets(_) => &["medium"],
            Ask::Stores(_) | Ask::Guides(_) => &["key", "which"],
        };
        let mut known = keys.to_vec();
        if spec.frame.by.is_some() {
            known.push("group");
        }
        let object = at.object(&known)?;
        let group = match object.raw("group") {
            None => Group::All,
            Some(Value::Null) => Group::Rest,
            Some(Value::String(name)) => Group::Named(name.clone()),
            Some(_) => return Err(refuse::cell(&object.at("group"), "A group is a text.", "分组须为文本。")),
        };
        Ok((cell(spec, &object)?, group))
    }
}

fn cell(spec: &Spec, object: &Object<'_>) -> Result<Cell, Refusal> {
    Ok(match &spec.ask {
        Ask::Funnel(funnel) => Cell::Funnel {
            step: object.need("step")?.int(1, funnel.steps.len() as i64)? as usize - 1,
            dropped: object.flag_or("dropped", false)?,
        },
        Ask::Retention(retention) => Cell::Retention {
            day: day(&object.need("day")?)?,
            period: object.map("period", |at| at.int(0, retention.periods as i64))?.map(|k| k as usize),
        },
        Ask::Attribution(attribution) => credit(attribution, object)?,
        Ask::Segment(_) => Cell::Segment,
        Ask::Rfm(rfm) => {
            let score = |key| object.map(key, |at| at.int(1, i64::from(rfm.scores())).map(|n| n as u8));
            let segment = object.map("segment", |at| at.word(&SEGMENTS.map(|name| (name, name))))?;
            Cell::Rfm(RfmCell { r: score("r")?, f: score("f")?, m: score("m")?, segment: segment.map(str::to_owned) })
        }
        Ask::Paths(paths) => path(paths.depth, object)?,
        Ask::Distribution(_) | Ask::Interval(_) => Cell::Bin(object.need("bin")?.int(0, 1_000)? as usize),
        Ask::Trend(trend) => Cell::Trend {
            series: object.int_or("series", 0, trend.events.len() as i64 - 1, 0)? as usize,
            day: object.map("day", day)?,
        },
        Ask::Activity(_) => Cell::Activity(active(object)?),
        Ask::CohortValue(_) => {
            Cell::CohortValue { day: day(&object.need("day")?)?, buyers: object.flag_or("buyers", false)? }
        }
        Ask::Touchpoints(_) => match (object.get("node"), object.get("link")) {
            (Some(node), None) => Cell::Node {
                node: node.text()?.to_owned(),
                which: object.word_or("which", &NODE_WHICH, NodeWhich::People)?,
            },
            (None, Some(link)) => {
                let link = link.object(&["from", "to"])?;
                Cell::Move { from: link.need("from")?.text()?.to_owned(), to: link.need("to")?.text()?.to_owned() }
            }
            _ => return Err(refuse::cell(&object.place, "Name a node or a link.", "请指定 node 或 link。")),
        },
        Ask::Lifecycle(_) => Cell::Lifecycle(living(object)?),
        Ask::Assets(_) => Cell::Assets(object.map("medium", |at| at.text().map(str::to_owned))?),
        Ask::Stores(_) | Ask::Guides(_) => Cell::Board {
            key: object.map("key", |at| at.text().map(str::to_owned))?,
            which: object.word_or("which", &WHICH, BoardWhich::People)?,
        },
    })
}

fn day(at: &At<'_>) -> Result<i32, Refusal> {
    at.value
        .as_str()
        .and_then(parse_day)
        .ok_or_else(|| refuse::cell(&at.place, "A day is written as 2026-03-31.", "日期格式为 2026-03-31。"))
}

fn credit(attribution: &Attribution, object: &Object<'_>) -> Result<Cell, Refusal> {
    let touch = match object.raw("touch") {
        None => Touch::All,
        Some(Value::Null) => Touch::None,
        // A touch without the property is shown as an empty name.
        Some(Value::String(name)) => Touch::Named(name.clone()),
        Some(_) => return Err(refuse::cell(&object.at("touch"), "A touch is a text.", "触点须为文本。")),
    };
    let at = object.need("model")?;
    let named = at.word(&crate::spec::MODELS)?;
    let model = attribution.models.iter().position(|model| *model == named);
    let model = model
        .ok_or_else(|| refuse::cell(&at.place, "The spec does not ask for this model.", "该查询不含此归因模型。"))?;
    let at = object.need("window")?;
    let named = crate::spec::window(&at)?;
    let window = attribution.windows.iter().position(|window| *window == named);
    let window = window
        .ok_or_else(|| refuse::cell(&at.place, "The spec does not ask for this window.", "该查询不含此归因窗口。"))?;
    Ok(Cell::Attribution { touch, model, window })
}

fn path(depth: usize, object: &Object<'_>) -> Result<Cell, Refusal> {
    match (object.get("link"), object.get("route")) {
        (Some(link), None) => {
            let link = link.object(&["step", "from", "to"])?;
            Ok(Cell::Link {
                step: link.need("step")?.int(0, depth as i64 - 1)? as u16,
                from: link.need("from")?.text()?.to_owned(),
                to: link.map("to", |at| at.text().map(str::to_owned))?,
            })
        }
        (None, Some(route)) => {
            let nodes = route.list(Count::of(1, depth))?;
            Ok(Cell::Route(nodes.iter().map(|at| at.text().map(str::to_owned)).collect::<Result<_, _>>()?))
        }
        _ => Err(refuse::cell(&object.place, "Name a link or a route.", "请指定 link 或 route。")),
    }
}

fn active(object: &Object<'_>) -> Result<Active, Refusal> {
    match (object.get("day"), object.get("event"), object.get("last_days")) {
        (Some(at), None, None) => {
            let day = day(&at)?;
            let make: fn(i32) -> Active = object.word_or(
                "which",
                &[
                    ("active", Active::Active as fn(i32) -> Active),
                    ("new", Active::New),
                    ("returning", Active::Returning),
                ],
                Active::Active,
            )?;
            Ok(make(day))
        }
        (None, Some(event), None) => Ok(Active::Event(event.text()?.to_owned())),
        (None, None, Some(days)) => match days.value.as_u64() {
            Some(days @ (1 | 7 | 30)) => Ok(Active::Last(days as u32)),
            _ => Err(refuse::cell(&days.place, "last_days is 1, 7 or 30.", "last_days 的取值为 1、7 或 30。")),
        },
        _ => {
            Err(refuse::cell(&object.place, "Name a day, an event, or last_days.", "请指定 day、event 或 last_days。"))
        }
    }
}

fn living(object: &Object<'_>) -> Result<Living, Refusal> {
    let stage = |key| object.map(key, |at| at.word(&STAGES));
    let (here, from, to) = (stage("stage")?, stage("from")?, stage("to")?);
    let tier = object.map("tier", |at| at.word(&TIERS))?;
    let places: Vec<(&str, usize)> = AARRR.into_iter().enumerate().map(|(at, name)| (name, at)).collect();
    let aarrr = object.map("aarrr", |at| at.word(&places))?;
    let loyal = object.flag_or("loyal", false)?;
    match (here, from.or(to).is_some(), tier, aarrr, loyal) {
        (Some(stage), false, None, None, false) => Ok(Living::Stage { from: None, to: Some(stage) }),
        (None, true, None, None, false) => Ok(Living::Stage { from, to }),
        (None, false, Some(tier), None, false) => Ok(Living::Tier(tier)),
        (None, false, None, Some(at), false) => Ok(Living::Aarrr(at)),
        (None, false, None, None, true) => Ok(Living::Loyal),
        _ => Err(refuse::cell(
            &object.place,
            "Name one of: stage, from and to, tier, aarrr, loyal.",
            "请指定 stage、from 与 to、tier、aarrr、loyal 之一。",
        )),
    }
}
