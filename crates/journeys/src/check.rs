//! What is wrong with a definition, all of it at once, each with the node it is about. Nothing is published while anything is.

use crate::calendar::{Span, are_weekdays, is_date};
use crate::definition::{Act, Again, Arm, Definition, Edge, Entry, Node};
use crate::trigger::Trigger;
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::Value;
use siyu_audience::Rule;
use siyu_kernel::{Class, Refusal};

pub const NODES_MAX: usize = 200;
pub const ARMS_MAX: usize = 10;
pub const EXITS_MAX: usize = 20;
pub const FILTERS_MAX: usize = 20;
pub const HOLDOUT_MAX: u32 = 50;
pub const HOLDOUT_DAYS: std::ops::RangeInclusive<u32> = 1..=90;
pub const REASSIGN_MAX: u8 = 5;
const WITH_BYTES_MAX: usize = 20_000;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub code: &'static str,
    /// The node's id; `None` for what is about the journey.
    pub node: Option<String>,
    pub en: String,
    pub zh: String,
}

impl From<Problem> for Refusal {
    fn from(own: Problem) -> Self {
        let refusal = Refusal::new(Class::Invalid, own.code, own.en, own.zh);
        match own.node {
            Some(node) => refusal.field(format!("nodes.{node}")),
            None => refusal,
        }
    }
}

fn problem(code: &'static str, node: Option<&str>, en: impl Into<String>, zh: impl Into<String>) -> Problem {
    Problem { code, node: node.map(str::to_owned), en: en.into(), zh: zh.into() }
}

/// Everything that keeps it from being published, in the order of the document.
pub fn problems(own: &Definition) -> Vec<Problem> {
    let mut out = Vec::new();
    whole(own, &mut out);
    let mut ids: FxHashSet<&str> = FxHashSet::default();
    for node in own.nodes.iter().take(NODES_MAX) {
        identity(node, ids.insert(&node.id), &mut out);
        contents(node, &mut out);
    }
    if out.iter().any(|own| matches!(own.code, "journey_empty" | "journey_large" | "journey_node_twice")) {
        return out;
    }
    paths(own, &mut out);
    out
}

fn whole(own: &Definition, out: &mut Vec<Problem>) {
    match &own.entry {
        Entry::Trigger { on } => trigger(on, None, out),
        Entry::Schedule { schedule, audience } => {
            if !schedule.is_sound() || audience.is_empty() {
                out.push(problem(
                    "journey_schedule",
                    None,
                    "A schedule has days that exist, a time, and the audience that comes in.",
                    "定时进入须有存在的日期、时间和要进入的人群包。",
                ));
            }
        }
    }
    if let Again::AfterDays(days) = own.again
        && !(1..=3_650).contains(&days)
    {
        out.push(problem(
            "journey_again",
            None,
            "People come in again after 1 to 3,650 days.",
            "再次进入的间隔为 1 至 3650 天。",
        ));
    }
    if own.holdout_percent > HOLDOUT_MAX || !HOLDOUT_DAYS.contains(&own.holdout_days) {
        out.push(problem(
            "journey_holdout",
            None,
            "The control is 0 to 50 per cent of those who come in, watched for 1 to 90 days.",
            "对照组比例为 0% 至 50%，观察 1 至 90 天。",
        ));
    }
    if let Some(goal) = &own.goal {
        trigger(&goal.on, None, out);
    }
    let mut reasons: FxHashSet<&str> = FxHashSet::default();
    let fits = |reason: &str| is_word(reason) && !crate::model::REASONS.iter().any(|(own, ..)| *own == reason);
    if own.exits.len() > EXITS_MAX || !own.exits.iter().all(|own| fits(&own.reason) && reasons.insert(&own.reason)) {
        out.push(problem(
            "journey_exits",
            None,
            format!("Up to {EXITS_MAX} exit rules, each with a reason of its own: small letters, digits and _, none of the words the platform itself uses."),
            format!("退出规则最多 {EXITS_MAX} 条，每条须有不重复的原因代码（小写字母、数字、下划线，且不与系统原因重名）。"),
        ));
    }
    own.exits.iter().for_each(|own| trigger(&own.on, None, out));
    if own.nodes.is_empty() {
        out.push(problem("journey_empty", None, "There is no node yet.", "旅程中还没有节点。"));
    }
    if own.nodes.len() > NODES_MAX {
        out.push(problem(
            "journey_large",
            None,
            format!("A journey has up to {NODES_MAX} nodes."),
            format!("一个旅程最多 {NODES_MAX} 个节点。"),
        ));
    }
}

fn is_word(text: &str) -> bool {
    (1..=40).contains(&text.len())
        && text.bytes().all(|own| own.is_ascii_lowercase() || own.is_ascii_digit() || own == b'_')
}

fn identity(node: &Node, fresh: bool, out: &mut Vec<Problem>) {
    let id = Some(node.id.as_str());
    if !is_word(&node.id) || node.name.chars().count() > 60 {
        out.push(problem(
            "journey_node_id",
            id,
            "A node has an id of 1 to 40 small letters, digits and _, and a name of up to 60 characters.",
            "节点编号为 1 至 40 位小写字母、数字或下划线，名称最长 60 个字符。",
        ));
    }
    if !fresh {
        out.push(problem("journey_node_twice", id, "Two nodes have this id.", "有两个节点使用了该编号。"));
    }
}

fn trigger(own: &Trigger, node: Option<&str>, out: &mut Vec<Problem>) {
    let sound = match own {
        Trigger::Event { name, filters } => {
            (1..=200).contains(&name.chars().count())
                && filters.len() <= FILTERS_MAX
                && filters.iter().all(|filter| filter.is_sound())
        }
        Trigger::Audience { id, .. } => !id.is_empty() && id.len() <= 64,
    };
    if !sound {
        out.push(problem(
            "journey_trigger",
            node,
            "Name an event, with conditions whose values fit, or an audience.",
            "须指定事件（条件的取值须与运算符相符）或人群包。",
        ));
    }
}

fn span(own: Span, node: &str, out: &mut Vec<Problem>) {
    if !own.is_sound() {
        out.push(problem(
            "journey_duration",
            Some(node),
            "A time is a minute to a year long.",
            "时长须在 1 分钟到 1 年之间。",
        ));
    }
}

fn with(own: &Value, node: &str, out: &mut Vec<Problem>) {
    let sound = own.as_object().is_some_and(|own| !own.is_empty()) && own.to_string().len() <= WITH_BYTES_MAX;
    if !sound {
        out.push(problem("journey_effect", Some(node), "Say what is to be done here.", "请填写该节点要执行的内容。"));
    }
}

fn arms(own: &[Arm], node: &str, out: &mut Vec<Problem>) {
    let sum: u64 = own.iter().map(|arm| u64::from(arm.weight)).sum();
    let sound = (2..=ARMS_MAX).contains(&own.len()) && own.iter().all(|arm| arm.weight > 0) && sum == 100;
    if !sound {
        out.push(problem(
            "journey_weights",
            Some(node),
            format!("Two to {ARMS_MAX} arms, each more than nothing, together 100 per cent; they are {sum}."),
            format!("分支须为 2 至 {ARMS_MAX} 个，各自大于 0，合计 100%；当前合计 {sum}%。"),
        ));
    }
}

fn contents(node: &Node, out: &mut Vec<Problem>) {
    let id = node.id.as_str();
    match &node.act {
        Act::Wait { span: own, .. } => span(*own, id, out),
        Act::WaitUntil { weekdays, date, .. } => {
            let sound =
                are_weekdays(weekdays) && date.as_deref().is_none_or(|date| weekdays.is_empty() && is_date(date));
            if !sound {
                out.push(problem(
                    "journey_time",
                    Some(id),
                    "Wait until a time on any day, on some days of the week (1 to 7, each once), or on a date.",
                    "等待到某一时刻：任意一天、指定星期（1 至 7，不重复）或某一日期，三选一。",
                ));
            }
        }
        Act::WaitEvent { on, timeout, .. } => {
            trigger(on, Some(id), out);
            span(*timeout, id, out);
        }
        Act::Condition { rule, .. } => {
            if let Err(refusal) = Rule::parse(rule) {
                out.push(Problem { code: refusal.code, node: Some(id.to_owned()), en: refusal.en, zh: refusal.zh });
            }
        }
        Act::Split { arms: own } => arms(own, id, out),
        Act::Ab { arms: own, goal, within_days } => {
            arms(own, id, out);
            if goal.is_none() || !(1..=90).contains(within_days) {
                out.push(problem(
                    "journey_goal",
                    Some(id),
                    "An A/B test needs a goal, to be reached within 1 to 90 days.",
                    "A/B 测试须设定目标，以及 1 至 90 天的达成期限。",
                ));
            }
            goal.iter().for_each(|goal| trigger(goal, Some(id), out));
        }
        Act::Task { with: own, deadline, nudge, reassign, .. } => {
            with(own, id, out);
            span(*deadline, id, out);
            nudge.iter().for_each(|nudge| span(*nudge, id, out));
            let early = nudge.is_none_or(|nudge| nudge.seconds_least() < deadline.seconds_least());
            if !early || *reassign > REASSIGN_MAX {
                out.push(problem(
                    "journey_task",
                    Some(id),
                    format!("Staff are reminded before the deadline, and a task is given to others up to {REASSIGN_MAX} times."),
                    format!("提醒须早于截止时间，任务最多改派 {REASSIGN_MAX} 次。"),
                ));
            }
        }
        Act::Message { .. } | Act::Tag(_) | Act::Points(_) | Act::Coupon(_) | Act::Webhook(_) => {
            node.act.with().into_iter().for_each(|own| with(own, id, out));
        }
        Act::Exit { outcome } => {
            if !outcome.is_empty() && !is_word(outcome) {
                out.push(problem(
                    "journey_outcome",
                    Some(id),
                    "An outcome is up to 40 small letters, digits and _.",
                    "结果代码最多 40 位小写字母、数字或下划线。",
                ));
            }
        }
    }
}

/// Edges, as numbers of nodes; and what is wrong with them.
fn paths(own: &Definition, out: &mut Vec<Problem>) {
    let at: FxHashMap<&str, usize> = own.nodes.iter().enumerate().map(|(at, node)| (node.id.as_str(), at)).collect();
    let lead = |edge: &Edge, node: Option<&str>, port: &str, out: &mut Vec<Problem>| match edge {
        None => {
            out.push(problem(
                "journey_dead_end",
                node,
                format!("The way “{port}” leads nowhere: draw it to the next node, or to an exit."),
                format!("出口“{port}”没有连到任何节点，请连到下一节点或结束节点。"),
            ));
            None
        }
        Some(id) => {
            let found = at.get(id.as_str()).copied();
            if found.is_none() {
                out.push(problem(
                    "journey_edge",
                    node,
                    format!("The way “{port}” leads to {id}, which does not exist."),
                    format!("出口“{port}”指向不存在的节点 {id}。"),
                ));
            }
            found
        }
    };
    let start = lead(&own.start, None, "start", out);
    let mut ways: Vec<Vec<usize>> = Vec::with_capacity(own.nodes.len());
    for node in &own.nodes {
        let mut to = Vec::new();
        let mut wrong: Vec<Problem> = Vec::new();
        for (port, edge) in node.act.edges() {
            let mut said = Vec::new();
            to.extend(lead(edge, Some(&node.id), &port.name(), &mut said));
            // A way that goes where `next` goes is not told twice.
            if said.iter().all(|own| wrong.iter().all(|other| other.code != own.code))
                || !falls_back(node, &port.name())
            {
                wrong.extend(said);
            }
        }
        out.extend(wrong);
        ways.push(to);
    }
    let Some(start) = start else { return };
    let reached = reach(&ways, &[start]);
    for (at, node) in own.nodes.iter().enumerate() {
        if !reached[at] {
            out.push(problem(
                "journey_unreached",
                Some(&node.id),
                "Nobody can come here.",
                "没有任何路径能到达该节点。",
            ));
        }
    }
    endless(own, &ways, &reached, out);
    circles(own, &ways, out);
}

fn falls_back(node: &Node, port: &str) -> bool {
    match &node.act {
        Act::Message { .. } => port != "sent",
        Act::Task { .. } => port == "late",
        Act::Tag(_) | Act::Points(_) | Act::Coupon(_) | Act::Webhook(_) => port == "failed",
        _ => false,
    }
}

fn reach(ways: &[Vec<usize>], from: &[usize]) -> Vec<bool> {
    let (mut seen, mut open) = (vec![false; ways.len()], from.to_vec());
    while let Some(at) = open.pop() {
        if !std::mem::replace(&mut seen[at], true) {
            open.extend(&ways[at]);
        }
    }
    seen
}

/// Nodes from which no exit can be reached. Where a way is missing that is told already.
fn endless(own: &Definition, ways: &[Vec<usize>], reached: &[bool], out: &mut Vec<Problem>) {
    let complete = |at: usize| ways[at].len() == own.nodes[at].act.edges().len();
    let mut back: Vec<Vec<usize>> = vec![Vec::new(); ways.len()];
    for (at, to) in ways.iter().enumerate() {
        to.iter().for_each(|to| back[*to].push(at));
    }
    let ends: Vec<usize> =
        (0..ways.len()).filter(|at| matches!(own.nodes[*at].act, Act::Exit { .. }) || !complete(*at)).collect();
    let leaves = reach(&back, &ends);
    for (at, node) in own.nodes.iter().enumerate() {
        if reached[at] && !leaves[at] {
            out.push(problem(
                "journey_endless",
                Some(&node.id),
                "From here nobody ever comes to an exit.",
                "从该节点出发永远到不了结束节点。",
            ));
        }
    }
}

/// Circles without a wait: what is left when nodes that nothing leads to, or that lead nowhere, are taken away again and again.
fn circles(own: &Definition, ways: &[Vec<usize>], out: &mut Vec<Problem>) {
    let mut left: Vec<bool> = own.nodes.iter().map(|node| !node.act.takes_time()).collect();
    loop {
        let mut led_to = vec![false; left.len()];
        for at in (0..left.len()).filter(|at| left[*at]) {
            ways[at].iter().for_each(|to| led_to[*to] = true);
        }
        let gone: Vec<usize> =
            (0..left.len()).filter(|at| left[*at] && (!led_to[*at] || !ways[*at].iter().any(|to| left[*to]))).collect();
        if gone.is_empty() {
            break;
        }
        gone.into_iter().for_each(|at| left[at] = false);
    }
    for (at, node) in own.nodes.iter().enumerate() {
        // Nodes between two circles are left as well: who cannot come back to themselves is in none.
        let begin: Vec<usize> = ways[at].iter().copied().filter(|to| left[*to]).collect();
        let inner: Vec<Vec<usize>> =
            ways.iter().map(|to| to.iter().copied().filter(|to| left[*to]).collect()).collect();
        if left[at] && reach(&inner, &begin)[at] {
            out.push(problem(
                "journey_loop",
                Some(&node.id),
                "This is part of a circle without a wait: people would run round it without end.",
                "该节点处在没有等待的循环中，客户会无休止地循环。",
            ));
        }
    }
}
