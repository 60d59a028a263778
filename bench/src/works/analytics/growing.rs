//! Columns that grow while they are asked: beside a tail of newest events in memory, and beside compaction.

use super::build::{About, Batch, each, parts};
use super::questions::{Columns, Question};
use super::{RUNS, Work};
use crate::Outcome;
use crate::bench::Bench;
use crate::row::{Row, round};
use siyu_behaviour::{PartId, PartMerge, Store, file};
use siyu_kernel::{Stopwatch, Zone};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

pub const TAIL: Work = Work {
    name: "columns_tail",
    about: "the five works with the newest million events in memory, beside all of them in files",
    needs: &["events"],
    run: tail,
};
pub const BUSY: Work = Work {
    name: "columns_busy",
    about: "a funnel while files are being merged, beside alone",
    needs: &["events"],
    run: busy,
};

/// Events of a step when 20,000 come in each second.
const STEP: usize = 1_000;
const TAIL_EVENTS: usize = 1_000_000;

fn about(bench: &Bench) -> Outcome<(&Path, About)> {
    let events = bench.events.as_deref().ok_or("this needs the events that bench/peers/events.py makes")?;
    Ok((events, About::read(events)?))
}
/// The instant from which on there are so many events.
fn cut(events: &Path, newest: usize) -> Outcome<i64> {
    let bytes = std::fs::read(events.join("ts.i64"))?;
    let mut all: Vec<i64> =
        bytes.chunks_exact(8).map(|eight| i64::from_le_bytes(eight.try_into().unwrap_or_default())).collect();
    let at = all.len().saturating_sub(newest).min(all.len().saturating_sub(1));
    Ok(*all.select_nth_unstable(at).1)
}
/// Adds the part files of a folder.
fn add(store: &mut Store, folder: &Path, id: &mut i64) -> Outcome {
    let mut paths: Vec<_> =
        std::fs::read_dir(folder)?.map(|entry| entry.map(|own| own.path())).collect::<Result<_, _>>()?;
    paths.sort();
    for path in paths {
        *id += 1;
        store.add_stored(PartId(*id), file::open(&path)?.part, None);
    }
    Ok(())
}

fn tail(bench: &Bench) -> Outcome {
    let (events, about) = about(bench)?;
    let newest = TAIL_EVENTS.min(about.events as usize / 10);
    let since = cut(events, newest)?;
    let (whole, older) = (bench.path("whole"), bench.path("older"));
    parts(events, &about, &whole, |_| true)?;
    let compacted = Columns::open(&whole, &about)?;

    parts(events, &about, &older, |at| at < since)?;
    let (mut store, mut id) = (Store::new(Zone::utc()), 0);
    add(&mut store, &older, &mut id)?;
    let mut newer = Vec::new();
    each(events, &about, |event| {
        if event.at >= since {
            newer.push(event);
        }
        Ok(())
    })?;
    // In the order in which they happened, a step at a time.
    newer.sort_unstable_by_key(|event| event.at);
    let mut batch = Batch::new(&about);
    let mut seconds = 0.0;
    for step in newer.chunks(STEP) {
        step.iter().for_each(|event| batch.put(*event));
        let watch = Stopwatch::start();
        store.append(&batch.facts, 2);
        seconds += watch.seconds();
        batch.facts.clear();
    }
    let (rows, memory) = (store.tail_rows() as u64, store.tail_memory());
    let parts: usize = store.snapshot().views.iter().map(|view| view.parts.len()).sum();
    let growing = Columns::of(store.snapshot(), &about);
    bench.report(
        Row::ours("columns_append", rows, seconds)
            .rate()
            .note("step", STEP)
            .note("memory_mb", round(memory as f64 / 1e6))
            .note("parts", parts),
    )?;
    for question in Question::ALL {
        let (answer, other) = (growing.ask(question), compacted.ask(question));
        if answer != other {
            return Err(format!("{}: another answer with a tail", question.name()).into());
        }
        // In turns, so that a busy machine is busy for both.
        let (mut with, mut without) = (f64::INFINITY, f64::INFINITY);
        for _ in 0..2 * RUNS {
            for (columns, best) in [(&growing, &mut with), (&compacted, &mut without)] {
                let watch = Stopwatch::start();
                std::hint::black_box(columns.ask(question));
                *best = best.min(watch.seconds());
            }
        }
        let extra = with / without - 1.0;
        bench.report(
            Row::ours("columns_tail", about.events, with)
                .note("question", question.name())
                .note("tail_events", rows)
                .note("compacted_seconds", without)
                .note("extra", round(extra))
                .bar("less than 30 % more than all in files", extra < 0.3),
        )?;
    }
    Ok(())
}

fn busy(bench: &Bench) -> Outcome {
    let (events, about) = about(bench)?;
    let since = cut(events, about.events as usize / 8)?;
    let (older, newer) = (bench.path("busy-older"), bench.path("busy-newer"));
    parts(events, &about, &older, |at| at < since)?;
    parts(events, &about, &newer, |at| at >= since)?;
    let (mut store, mut id) = (Store::new(Zone::utc()), 0);
    add(&mut store, &older, &mut id)?;
    add(&mut store, &newer, &mut id)?;
    let columns = Columns::of(store.snapshot(), &about);
    let target = bench.path("merged");
    std::fs::create_dir_all(&target)?;
    let mut merges: Vec<PartMerge> = Vec::new();
    while let Some(plan) = store.begin_compaction() {
        store.end_compaction(&plan, None);
        merges.push(plan.merge);
    }
    let rows: usize = merges.iter().map(PartMerge::rows).sum();

    let watch = Stopwatch::start();
    for merge in &merges {
        file::write_merged(merge, &target.join("alone.part"))?;
    }
    let alone = watch.seconds();
    bench.report(Row::ours("columns_merge", rows as u64, alone).rate().note("threads", 1))?;

    let asked = || {
        let mut seconds: Vec<f64> = (0..41)
            .map(|_| {
                let watch = Stopwatch::start();
                std::hint::black_box(columns.ask(Question::Funnel));
                watch.seconds()
            })
            .collect();
        seconds.sort_by(f64::total_cmp);
        seconds[seconds.len() / 2]
    };
    let quiet = asked();
    let (stop, done) = (AtomicBool::new(false), AtomicU64::new(0));
    let (beside, took) = std::thread::scope(|scope| {
        let merging = scope.spawn(|| -> Result<(), file::FileError> {
            siyu_behaviour::step_back();
            for merge in merges.iter().cycle() {
                if stop.load(Ordering::SeqCst) {
                    break;
                }
                file::write_merged(merge, &target.join("beside.part"))?;
                done.fetch_add(merge.rows() as u64, Ordering::SeqCst);
            }
            Ok(())
        });
        let watch = Stopwatch::start();
        // Until the merging had its turn, too.
        let mut beside = Vec::new();
        while watch.seconds() < 5.0 {
            beside.push(asked());
        }
        stop.store(true, Ordering::SeqCst);
        let took = watch.seconds();
        (merging.join().map(|done| done.map(|()| beside)), took)
    });
    let mut beside = beside.map_err(|_| "the merging thread ended early")??;
    beside.sort_by(f64::total_cmp);
    let beside = beside[beside.len() / 2];
    let slower = beside / quiet;
    bench.report(
        Row::ours("columns_busy", about.events, beside)
            .note("alone_seconds", quiet)
            .note("times", round(slower))
            .note("merged_per_second", (done.load(Ordering::SeqCst) as f64 / took).round())
            .bar("less than twice as long as alone", slower < 2.0),
    )
}
