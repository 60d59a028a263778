//! Every policy on every seed, and what can be said about the difference.

use crate::life::{Outcome, live};
use crate::plan::campaigns;
use crate::policy::{DEFAULT, Policy};
use crate::statistics::Interval;
use serde::Serialize;
use siyu_kernel::{Refusal, Time};
use siyu_sandbox::{Scale, World};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setup {
    /// This seed and those after it.
    pub first: u64,
    pub seeds: u64,
    pub days: i64,
    pub people: usize,
}

/// One policy, over the seeds. Per person of the world, whether they ever became a friend or not: the same people under every policy.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Of {
    pub policy: String,
    /// Yuan.
    pub revenue_per_person: Interval,
    pub messages_per_person: f64,
    pub mute_rate: f64,
    pub leave_rate: f64,
    pub mute_rate_interval: Interval,
    pub leave_rate_interval: Interval,
}

/// The default less another one, on the same seeds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    pub policy: String,
    pub revenue_per_person: Interval,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    pub policies: Vec<Of>,
    pub default: &'static str,
    /// By how much the default earns more than each of the others.
    pub default_minus: Vec<Difference>,
}

impl Setup {
    /// Errors: `lab_seeds`, `lab_first_seed`, `lab_days`, `lab_people`.
    pub fn checked(self) -> Result<Self, Refusal> {
        if self.first > 1_000_000_000 {
            let (en, zh) = ("`--first-seed` is 0 to 1,000,000,000.", "--first-seed 须为 0 到 1000000000。");
            return Err(Refusal::invalid("lab_first_seed", en, zh).field("first_seed"));
        }
        if !(2..=1_000).contains(&self.seeds) {
            let en = "`--seeds` is 2 to 1,000: an interval needs two worlds at least, and ten are a good beginning.";
            let zh = "--seeds 须为 2 到 1000：至少两个种子才能给出置信区间，建议从 10 个开始。";
            return Err(Refusal::invalid("lab_seeds", en, zh).field("seeds"));
        }
        if !(7..=366).contains(&self.days) {
            let en = "`--days` is 7 to 366: people who have had enough leave over weeks; 180 days show it.";
            let zh = "--days 须为 7 到 366：客户因打扰而流失需要数周才能显现，建议 180 天。";
            return Err(Refusal::invalid("lab_days", en, zh).field("days"));
        }
        if !(100..=100_000).contains(&self.people) {
            let en = "`--people` is 100 to 100,000: fewer buy too seldom to compare anything.";
            let zh = "--people 须为 100 到 100000：人数太少时购买过于稀疏，无法比较。";
            return Err(Refusal::invalid("lab_people", en, zh).field("people"));
        }
        Ok(self)
    }
    /// The demo's brand, smaller: as many people to a guide, to a store and to a group.
    fn scale(self) -> Scale {
        let share = self.people as f64 / Scale::SMALL.people as f64;
        let part = |all: usize, least: usize| ((all as f64 * share).round() as usize).max(least);
        Scale {
            stores: part(Scale::SMALL.stores, 1),
            guides: part(Scale::SMALL.guides, 3),
            people: self.people,
            groups: part(Scale::SMALL.groups, 1),
            before: Scale::SMALL.before,
        }
    }
}

/// A Monday's midnight in Shanghai.
fn start() -> Time {
    Time(1_772_380_800_000_000)
}

/// `told` hears of each life that has been lived.
pub fn run(setup: Setup, policies: &[Policy], mut told: impl FnMut(&str, u64, &Outcome)) -> Report {
    let campaigns = campaigns(start(), setup.days);
    let mut lives: Vec<Vec<Outcome>> = vec![Vec::new(); policies.len()];
    for seed in setup.first..setup.first + setup.seeds {
        for (policy, outcomes) in policies.iter().zip(&mut lives) {
            let outcome = live(World::new(seed, setup.scale(), start()), &policy.rules, &campaigns, setup.days);
            told(&policy.name, seed, &outcome);
            outcomes.push(outcome);
        }
    }
    report(policies, &lives)
}

fn report(policies: &[Policy], lives: &[Vec<Outcome>]) -> Report {
    let earned = |of: &[Outcome]| per_person(of, |own| own.revenue as f64 / 100.0);
    let default = policies.iter().position(|own| own.name == DEFAULT).map(|at| earned(&lives[at]));
    let others = policies.iter().zip(lives).filter(|(own, _)| own.name != DEFAULT);
    let difference = |ours: &Vec<f64>| {
        let of = |(own, lives): (&Policy, &Vec<Outcome>)| Difference {
            policy: own.name.clone(),
            revenue_per_person: Interval::of_pairs(ours, &earned(lives)),
        };
        others.map(of).collect()
    };
    Report {
        policies: policies.iter().zip(lives).map(|(own, lives)| of(own, lives, &earned(lives))).collect(),
        default: DEFAULT,
        default_minus: default.as_ref().map(difference).unwrap_or_default(),
    }
}

fn per_person(of: &[Outcome], what: impl Fn(&Outcome) -> f64) -> Vec<f64> {
    of.iter().map(|own| what(own) / own.people as f64).collect()
}

fn of(policy: &Policy, lives: &[Outcome], earned: &[f64]) -> Of {
    let mutes = Interval::of(&per_person(lives, |own| own.muted as f64));
    let leaves = Interval::of(&per_person(lives, |own| own.left as f64));
    Of {
        policy: policy.name.clone(),
        revenue_per_person: Interval::of(earned),
        messages_per_person: Interval::of(&per_person(lives, |own| own.messages as f64)).mean,
        mute_rate: mutes.mean,
        leave_rate: leaves.mean,
        mute_rate_interval: mutes,
        leave_rate_interval: leaves,
    }
}
