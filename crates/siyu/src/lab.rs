//! The laboratory's trials, printed.

use crate::args::{Lab as Args, LabCommand, LabFatigue};
use crate::output;
use indicatif::{ProgressBar, ProgressStyle};
use siyu_kernel::Refusal;
use siyu_lab::{Interval, Policy, Report, Setup};

pub fn lab(args: &Args, as_json: bool) -> Result<(), Refusal> {
    match &args.command {
        LabCommand::Fatigue(args) => fatigue(args, as_json),
    }
}

fn fatigue(args: &LabFatigue, as_json: bool) -> Result<(), Refusal> {
    let setup = Setup { first: args.first_seed, seeds: args.seeds, days: args.days, people: args.people }.checked()?;
    let policies = Policy::all();
    let bar = bar(args.seeds * policies.len() as u64);
    let report = siyu_lab::run(setup, &policies, |policy, seed, _| {
        bar.set_message(format!("{policy} {seed}"));
        bar.inc(1);
    });
    bar.finish_and_clear();
    if as_json {
        output::line(&serde_json::to_value(&report).map_err(Refusal::internal)?);
    } else {
        table(&report, output::chinese());
    }
    Ok(())
}

fn bar(lives: u64) -> ProgressBar {
    if !output::to_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:36} {pos}/{len}  {msg}  {elapsed} / {eta}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(lives).with_style(style)
}

fn table(report: &Report, zh: bool) {
    let word = |zh_word: &'static str, en: &'static str| if zh { zh_word } else { en };
    for own in &report.policies {
        let default = if own.policy == report.default { word("（默认规则）", " (default)") } else { "" };
        println!("{}{default}", own.policy);
        println!("  {}: {}", word("人均收入（元）", "revenue per person (yuan)"), money(own.revenue_per_person));
        println!("  {}: {:.1}", word("人均消息", "messages per person"), own.messages_per_person);
        println!("  {}: {}", word("免打扰率", "muted"), share(own.mute_rate_interval));
        println!("  {}: {}", word("流失率", "left"), share(own.leave_rate_interval));
    }
    for own in &report.default_minus {
        let (policy, by) = (&own.policy, money(own.revenue_per_person));
        println!(
            "{}",
            if zh {
                format!("默认规则比 {policy} 多收入（人均，元）：{by}")
            } else {
                format!("default minus {policy} (yuan per person): {by}")
            }
        );
    }
}

fn money(own: Interval) -> String {
    format!("{:.2} [{:.2}, {:.2}]", own.mean, own.lo, own.hi)
}
fn share(own: Interval) -> String {
    format!("{:.1} % [{:.1}, {:.1}]", own.mean * 100.0, own.lo * 100.0, own.hi * 100.0)
}
