//! The five analytical works on our own columns: built from the peers' events, written as part files, mapped again, asked.
//!
//! Answers must equal the peers' (`answers.json` beside the events, or their rows in the same results) before a time counts. Warm: the best of
//! several runs in one process. Cold: the first run of a new process, after the page cache was dropped where that is allowed.

mod build;
mod growing;
mod limit;
mod questions;

use super::Work;
use crate::bench::Bench;
use crate::row::{Row, round};
use crate::{Outcome, memory};
use questions::{Columns, Question};
use serde_json::Value;
use siyu_kernel::Stopwatch;
use std::path::Path;
use std::process::Command;

pub use growing::{BUSY, TAIL};

pub const WORK: Work = Work {
    name: "analytics",
    about: "funnel, segment, last touch, retention and RFM on part files",
    needs: &["events"],
    run,
};

const RUNS: usize = 7;

fn run(bench: &Bench) -> Outcome {
    let events = bench.events.as_deref().ok_or("analytics needs the events that bench/peers/events.py makes")?;
    let about = build::About::read(events)?;
    let parts = bench.path("parts");
    let watch = Stopwatch::start();
    let built = build::parts(events, &about, &parts, |_| true)?;
    let seconds = watch.seconds();
    let per_event = round(built.bytes as f64 / about.events as f64);
    bench.report(
        Row::ours("columns", about.events, seconds)
            .rate()
            .note("bytes_per_event", per_event)
            .note("parts", built.parts)
            .bar("1,000,000 events/s into part files", about.events as f64 / seconds >= 1e6),
    )?;

    let columns = Columns::open(&parts, &about)?;
    let bandwidth = limit::bandwidth(columns.threads);
    let expected = answers(events)?;
    for question in Question::ALL {
        let answer = columns.ask(question);
        if let Some(wanted) = expected.as_ref().map(|all| &all[question.name()])
            && !wanted.is_null()
            && *wanted != answer
        {
            return Err(format!("{}: we answer {}, the peers {}", question.name(), head(&answer), head(wanted)).into());
        }
        let warm = best(|| columns.ask(question));
        let cold = cold(&parts, events, question)?;
        let touched = columns.touches(question);
        bench.report(
            Row::ours(question.name(), about.events, warm)
                .result(answer)
                .note("threads", columns.threads)
                .note("cold_seconds", cold.seconds)
                .note("cold_means", cold.means)
                .note("memory_mb", round(cold.memory_mb))
                .note("bytes_per_event", per_event)
                .note("mb_touched", round(touched as f64 / 1e6))
                .note("bandwidth_gb_s", round(bandwidth / 1e9))
                .note("limit_seconds", touched as f64 / bandwidth)
                .note("agreed_before", expected.is_some()),
        )?;
    }
    Ok(())
}

fn best(mut run: impl FnMut() -> Value) -> f64 {
    let mut best = f64::INFINITY;
    for _ in 0..RUNS {
        let watch = Stopwatch::start();
        std::hint::black_box(run());
        best = best.min(watch.seconds());
    }
    best
}

fn head(value: &Value) -> String {
    value.to_string().chars().take(80).collect()
}

/// What the peers agreed on, by work; written by `bench/peers/analytics.py`.
fn answers(events: &Path) -> Outcome<Option<Value>> {
    match std::fs::read_to_string(events.join("answers.json")) {
        Ok(text) => Ok(Some(serde_json::from_str(&text)?)),
        Err(_) => Ok(None),
    }
}

struct Cold {
    seconds: f64,
    means: &'static str,
    memory_mb: f64,
}

/// One run in a new process that has mapped the files and read nothing yet.
fn cold(parts: &Path, events: &Path, question: Question) -> Outcome<Cold> {
    let dropped = std::fs::write("/proc/sys/vm/drop_caches", "1").is_ok();
    let output = Command::new(std::env::current_exe()?)
        .args(["--once", question.name(), "--parts"])
        .arg(parts)
        .arg("--events")
        .arg(events)
        .output()?;
    if !output.status.success() {
        return Err(format!("the cold run failed: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    let said: Value = serde_json::from_slice(&output.stdout)?;
    let number = |key: &str| said[key].as_f64().ok_or("the cold run says numbers");
    let means = if dropped { "page cache dropped" } else { "first touch in a new process" };
    Ok(Cold { seconds: number("seconds")?, means, memory_mb: number("memory_mb")? })
}

/// What `--once` does: opening the files is part of it.
pub fn once(name: &str, parts: &Path, events: &Path) -> Outcome {
    let question = Question::ALL.into_iter().find(|own| own.name() == name).ok_or("no such question")?;
    let about = build::About::read(events)?;
    let watch = Stopwatch::start();
    let columns = Columns::open(parts, &about)?;
    std::hint::black_box(columns.ask(question));
    let seconds = watch.seconds();
    let (_, most) = memory::resident(std::process::id()).ok_or("a process knows its memory")?;
    println!("{}", serde_json::json!({ "seconds": seconds, "memory_mb": most }));
    Ok(())
}
