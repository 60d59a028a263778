//! The rules that are edited: caps, quota, quiet hours, fatigue, contest, holdout.

use crate::calendar::{Period, Quiet, minute};
use crate::model::{Channel, Class};
use crate::refuse;
use serde::{Deserialize, Serialize};
use siyu_kernel::Refusal;
use std::collections::BTreeMap;

/// At most `most` messages of a class, on one channel or all together, in every period.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cap {
    pub class: Class,
    /// `None`: all channels together.
    #[serde(default)]
    pub channel: Option<Channel>,
    pub per: Period,
    pub most: u32,
}

/// What WeCom lets a customer have, as its console is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quota {
    /// One a day, which is what WeCom does whatever the month's number says.
    #[default]
    Day,
    /// Seven a week.
    Week,
    /// As many in a month as it has days.
    Month,
}

/// Whose clock quiet hours follow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Whose {
    /// The zone in the person's field `timezone`; the brand's where there is none.
    #[default]
    Person,
    Brand,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuietHours {
    #[serde(with = "minute")]
    pub from: u16,
    #[serde(with = "minute")]
    pub to: u16,
    #[serde(default)]
    pub zone: Whose,
}

impl QuietHours {
    pub fn hours(&self) -> Quiet {
        Quiet { from: self.from, to: self.to }
    }
}

/// Attention as a budget: each message weighs something, what it weighs fades by half in every half-life, and together they never weigh more than the budget.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fatigue {
    pub budget: f64,
    pub half_life_hours: f64,
    /// By channel; 1 where none is given.
    #[serde(default)]
    pub weights: BTreeMap<Channel, f64>,
}

impl Fatigue {
    pub fn weight(&self, channel: Channel) -> f64 {
        self.weights.get(&channel).copied().unwrap_or(1.0)
    }
}

/// Who never gets marketing, so that its effect can be seen. A new `salt` draws other people.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Holdout {
    /// Per cent.
    pub percent: f64,
    pub salt: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rules {
    pub caps: Vec<Cap>,
    pub quota: Quota,
    /// Of marketing.
    pub quiet: Option<QuietHours>,
    pub fatigue: Option<Fatigue>,
    /// A broadcast waits this long before its first decision, and looks this far ahead: what competes within it is ranked by worth.
    pub contest_minutes: u32,
    pub holdout: Holdout,
    /// Channels on which marketing needs a consent that was given; on the others one that was not withdrawn.
    pub consent: Vec<Channel>,
    /// A broadcast to more people than this is approved by somebody else.
    pub approval_above: u32,
    /// A broadcast of which this many per cent have failed pauses by itself.
    pub breaker_percent: f64,
    /// A broadcast after which this many per cent of those who got it delete the member within a day pauses by itself.
    pub complaint_percent: f64,
}

/// What a workspace starts with: within WeCom's own limits, and what most customers bear.
impl Default for Rules {
    fn default() -> Self {
        let cap = |per, most| Cap { class: Class::Marketing, channel: None, per, most };
        Self {
            caps: vec![cap(Period::Day, 1), cap(Period::Week, 3)],
            quota: Quota::Day,
            quiet: Some(QuietHours { from: 22 * 60, to: 8 * 60, zone: Whose::Person }),
            fatigue: Some(Fatigue { budget: 3.0, half_life_hours: 168.0, weights: BTreeMap::new() }),
            contest_minutes: 5,
            holdout: Holdout { percent: 0.0, salt: "1".to_owned() },
            consent: vec![Channel::Sms, Channel::Email],
            approval_above: 10_000,
            breaker_percent: 20.0,
            complaint_percent: 3.0,
        }
    }
}

impl Rules {
    /// Nothing holds anybody but consent, reachability and the platform.
    pub fn none() -> Self {
        Self {
            caps: Vec::new(),
            quota: Quota::Day,
            quiet: None,
            fatigue: None,
            contest_minutes: 0,
            holdout: Holdout::default(),
            consent: Vec::new(),
            approval_above: u32::MAX,
            breaker_percent: 100.0,
            complaint_percent: 100.0,
        }
    }

    /// Errors: `gate_rules`, with the field.
    pub fn checked(self) -> Result<Self, Refusal> {
        if self.caps.len() > 20 {
            return Err(refuse::rules("caps", "There are at most 20 caps.", "频次上限最多 20 条。"));
        }
        for (at, cap) in self.caps.iter().enumerate() {
            let field = |name: &str| format!("caps[{at}].{name}");
            if cap.most > crate::touch::MOST as u32 {
                return Err(refuse::rules(
                    &field("most"),
                    "A cap lets through 0 to 400 messages: more are not remembered of a person.",
                    "上限须为 0 到 400 条（每位客户最多记住这么多条）。",
                ));
            }
            if let Period::Hours(hours) = cap.per
                && !(1..=24 * 31).contains(&hours)
            {
                return Err(refuse::rules(
                    &field("per"),
                    "A period of hours has 1 to 744 of them.",
                    "按小时的周期须为 1 到 744 小时。",
                ));
            }
            if self.caps[..at].iter().any(|own| (own.class, own.channel, own.per) == (cap.class, cap.channel, cap.per))
            {
                return Err(refuse::rules(
                    &field("per"),
                    "There is a cap of this class, channel and period already.",
                    "同一类型、渠道、周期的上限重复。",
                ));
            }
        }
        if let Some(quiet) = &self.quiet
            && quiet.from == quiet.to
        {
            return Err(refuse::rules(
                "quiet",
                "Quiet hours begin and end at two different minutes of a day.",
                "免打扰的开始与结束须为一天中不同的时刻。",
            ));
        }
        if let Some(own) = &self.fatigue {
            let within = |value: f64, least: f64, most: f64| value.is_finite() && (least..=most).contains(&value);
            if !within(own.budget, 0.1, 1_000.0) {
                return Err(refuse::rules("fatigue.budget", "A budget is 0.1 to 1,000.", "疲劳预算须为 0.1 到 1000。"));
            }
            if !within(own.half_life_hours, 1.0, 2_160.0) {
                return Err(refuse::rules(
                    "fatigue.half_life_hours",
                    "A half-life is 1 to 2,160 hours.",
                    "半衰期须为 1 到 2160 小时。",
                ));
            }
            if let Some((channel, _)) = own.weights.iter().find(|(_, weight)| !within(**weight, 0.0, 100.0)) {
                let field = format!("fatigue.weights.{}", channel.name());
                return Err(refuse::rules(&field, "A weight is 0 to 100.", "权重须为 0 到 100。"));
            }
        }
        if self.contest_minutes > 24 * 60 {
            return Err(refuse::rules(
                "contest_minutes",
                "Messages compete within at most 1,440 minutes.",
                "竞争窗口最长 1440 分钟。",
            ));
        }
        if !(0.0..=50.0).contains(&self.holdout.percent) {
            return Err(refuse::rules(
                "holdout.percent",
                "0 to 50 per cent are held out.",
                "对照组比例须为 0 到 50%。",
            ));
        }
        if !(1.0..=100.0).contains(&self.breaker_percent) {
            return Err(refuse::rules(
                "breaker_percent",
                "A broadcast pauses at 1 to 100 per cent of failures.",
                "熔断比例须为 1 到 100%。",
            ));
        }
        if !(0.1..=100.0).contains(&self.complaint_percent) {
            return Err(refuse::rules(
                "complaint_percent",
                "A broadcast pauses when 0.1 to 100 per cent of its people leave.",
                "投诉熔断比例须为 0.1 到 100%。",
            ));
        }
        if self.holdout.salt.chars().count() > 40 {
            return Err(refuse::rules("holdout.salt", "A salt has up to 40 characters.", "盐值最长 40 个字符。"));
        }
        Ok(self)
    }

    /// How far back a rule of these may look, with room for a clock that is put back.
    pub fn horizon_seconds(&self) -> i64 {
        let fading = self.fatigue.as_ref().map_or(0.0, |own| own.half_life_hours * 3_600.0 * 10.0) as i64;
        fading.max(40 * 86_400)
    }
}
