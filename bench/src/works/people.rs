//! People, three identifiers each, one in ten joined of two halves; how the cost of one grows with how many there are.

use super::Work;
use crate::Outcome;
use crate::bench::Bench;
use crate::row::{Row, round};
use crate::{crowd, memory};

pub const WORK: Work = Work {
    name: "people",
    about: "siyu import people FILE.csv: three identifiers each, 10 % merged of two halves",
    needs: &[],
    run,
};

/// The workspace that `start` opens: a million people.
pub const KEPT: &str = "people-kept";

fn run(bench: &Bench) -> Outcome {
    for people in bench.sized([10_000, 50_000, 100_000], [100_000, 1_000_000, 5_000_000]) {
        make(bench, people, if is_kept(bench, people) { KEPT } else { "people" })?;
    }
    Ok(())
}

fn is_kept(bench: &Bench, people: u64) -> bool {
    people == kept(bench)
}
pub fn kept(bench: &Bench) -> u64 {
    bench.sized(100_000, 1_000_000)
}

/// Makes a workspace of so many people and reports what it took.
pub fn make(bench: &Bench, people: u64, name: &str) -> Outcome {
    let (file, data) = (bench.path("people.csv"), bench.path(name));
    let rows = crowd::write(&file, people)?;
    bench.program.init(&data)?;
    let done = bench.program.import(&data, "people", &file)?;
    std::fs::remove_file(&file)?;
    let summary = &done.summary;
    let count = |name: &str| summary[name].as_u64().unwrap_or_default();
    if count("people_new") - count("people_merged") != people || count("rows") != rows {
        return Err(format!("the import answered {summary}, the file holds {people} people in {rows} rows").into());
    }
    bench.report(
        Row::ours("people", people, done.seconds)
            .rate()
            .note("rows", rows)
            .note("merges", count("people_merged"))
            .note("microseconds_each", round(done.seconds * 1e6 / people as f64))
            .note("peak_mb", round(done.peak_mb))
            .note("database_mb", round(memory::bytes_in(&data) as f64 / 1e6)),
    )?;
    if name != KEPT {
        std::fs::remove_dir_all(&data)?;
    }
    Ok(())
}
