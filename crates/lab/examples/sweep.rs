//! Policies side by side: `cargo run -p siyu-lab --example sweep -- FIRST SEEDS DAYS PEOPLE POLICY…`. A policy is one of the three names, or
//! `month:4`, `week:1`, `hours:168` (one in so many hours), or `budget:2:168` (budget, half-life in hours; the default's other rules), `budget:2:168:week2`; each
//! also with a contest of so many minutes: `week:1+contest:5`.

use siyu_gate::{Cap, Class, Fatigue, Period, Rules};
use siyu_kernel::Stopwatch;
use siyu_lab::{Policy, Setup, run};

fn policy(text: &str) -> Option<Policy> {
    if let Some(own) = Policy::all().into_iter().find(|own| own.name == text) {
        return Some(own);
    }
    let (plain, contest) = text.split_once("+contest:").unwrap_or((text, ""));
    let mut parts = plain.split(':');
    let kind = parts.next()?;
    let first: f64 = parts.next()?.parse().ok()?;
    let mut own = match kind {
        "month" => Policy::capped(text, Period::Month, first as u32),
        "week" => Policy::capped(text, Period::Week, first as u32),
        "hours" => Policy::capped(text, Period::Hours(first as u32), 1),
        "budget" => {
            let half_life_hours = parts.next()?.parse().ok()?;
            let fatigue = Some(Fatigue { budget: first, half_life_hours, weights: Default::default() });
            Policy::new(text, Rules { fatigue, ..Rules::default() })
        }
        _ => return None,
    };
    if let Some(most) = parts.next().and_then(|cap| cap.strip_prefix("week")) {
        own.rules.caps.push(Cap {
            class: Class::Marketing,
            channel: None,
            per: Period::Week,
            most: most.parse().ok()?,
        });
    }
    if !contest.is_empty() {
        own.rules.contest_minutes = contest.parse().ok()?;
    }
    Some(own)
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize| args.get(at).and_then(|text| text.parse::<u64>().ok());
    let (Some(first), Some(seeds), Some(days), Some(people)) = (number(0), number(1), number(2), number(3)) else {
        eprintln!("FIRST SEEDS DAYS PEOPLE POLICY…");
        return;
    };
    let policies: Vec<Policy> = args[4..].iter().filter_map(|text| policy(text)).collect();
    let setup = Setup { first, seeds, days: days as i64, people: people as usize };
    let watch = Stopwatch::start();
    let report = run(setup, &policies, |_, _, _| {});
    for own in &report.policies {
        let earned = own.revenue_per_person;
        println!(
            "{:22} {:7.2} [{:7.2}, {:7.2}]  messages {:6.2}  muted {:.4}  left {:.4}",
            own.policy, earned.mean, earned.lo, earned.hi, own.messages_per_person, own.mute_rate, own.leave_rate
        );
    }
    for own in &report.default_minus {
        let by = own.revenue_per_person;
        println!("default − {:22} {:7.2} [{:7.2}, {:7.2}]", own.policy, by.mean, by.lo, by.hi);
    }
    println!("{:.1} s", watch.seconds());
}
