//! From the start of the program to its first answer on a workspace of a million people, and its memory at rest.

use super::Work;
use super::people::{KEPT, kept, make};
use crate::Outcome;
use crate::bench::Bench;
use crate::memory;
use crate::row::{Row, round};
use std::time::Duration;

pub const WORK: Work = Work {
    name: "start",
    about: "siyu serve to /healthz 200 on the workspace of 1 M people; memory at rest",
    needs: &[],
    run,
};

const BAR_SECONDS: f64 = 1.0;
const BAR_IDLE_MB: f64 = 150.0;
const STARTS: usize = 5;
/// What runs in the background at the start is done by then.
const REST: Duration = Duration::from_secs(10);

fn run(bench: &Bench) -> Outcome {
    let data = bench.path(KEPT);
    if !data.exists() {
        make(bench, kept(bench), KEPT)?;
    }
    let api = bench.program.key(&data, "api")?;
    let mut seconds = Vec::new();
    let mut idle = 0.0f64;
    for _ in 0..STARTS {
        let (server, took) = bench.program.serve(&data)?;
        seconds.push(took);
        if seconds.len() == STARTS {
            let people = server.stats(&api)?["people"].clone();
            if people.as_u64() != Some(kept(bench)) {
                return Err(format!("the workspace has {people} people, not {}", kept(bench)).into());
            }
            std::thread::sleep(REST);
            idle = memory::resident(server.pid()).ok_or("the server runs")?.0;
        }
    }
    seconds.sort_unstable_by(f64::total_cmp);
    let slowest = seconds[STARTS - 1];
    bench.report(
        Row::ours("start", kept(bench), seconds[STARTS / 2])
            .note("starts", STARTS)
            .note("slowest_s", round(slowest))
            .note("idle_mb", round(idle))
            .bar("< 1 s, < 150 MB", slowest < BAR_SECONDS && idle < BAR_IDLE_MB),
    )
}
