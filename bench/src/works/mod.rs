//! What is measured. A new work is a file here and a line in [`ALL`].

pub mod analytics;
mod audience_count;
mod audience_live;
mod bare;
mod callbacks;
mod gate;
mod import;
mod intake;
mod journey;
mod people;
mod postgres_insert;
mod start;
mod welcome;

use crate::Outcome;
use crate::bench::Bench;

pub struct Work {
    pub name: &'static str,
    pub about: &'static str,
    /// What `scripts/bench.sh` prepares for it: `postgres`, `events`.
    pub needs: &'static [&'static str],
    pub run: fn(&Bench) -> Outcome,
}

/// In the order they run; `start` finds the workspace that `people` left.
pub const ALL: &[Work] = &[
    intake::WORK,
    bare::WORK,
    postgres_insert::WORK,
    import::WORK,
    callbacks::WORK,
    welcome::WORK,
    gate::WORK,
    journey::WORK,
    people::WORK,
    start::WORK,
    audience_live::WORK,
    audience_count::WORK,
    analytics::WORK,
    analytics::TAIL,
    analytics::BUSY,
];

/// Those named, or all.
pub fn chosen(only: &[String]) -> Outcome<Vec<&'static Work>> {
    if let Some(unknown) = only.iter().find(|name| ALL.iter().all(|work| work.name != **name)) {
        let names: Vec<&str> = ALL.iter().map(|work| work.name).collect();
        return Err(format!("there is no work {unknown}; there are: {}", names.join(", ")).into());
    }
    Ok(ALL.iter().filter(|work| only.is_empty() || only.iter().any(|name| name == work.name)).collect())
}

pub fn needs(works: &[&Work]) -> Vec<&'static str> {
    let mut needs: Vec<&str> = works.iter().flat_map(|work| work.needs).copied().collect();
    needs.sort_unstable();
    needs.dedup();
    needs
}
