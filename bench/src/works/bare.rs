//! What this machine allows at most for intake: parse the JSON, append it to a file, sync. No HTTP, no identities, no look-up.

use super::Work;
use super::intake::CONNECTIONS;
use crate::Outcome;
use crate::bench::Bench;
use crate::row::Row;
use crate::traffic::{BATCH, Traffic};
use siyu_kernel::Stopwatch;
use std::fs::File;
use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};

pub const WORK: Work =
    Work { name: "bare", about: "the bare limit of intake: parse JSON, append, fsync", needs: &[], run };

fn run(bench: &Bench) -> Outcome {
    let mut traffic = Traffic::new(1);
    let bodies: Vec<String> = (0..bench.sized(2_000, 20_000)).map(|_| traffic.batch()).collect();
    let events = (bodies.len() * BATCH) as u64;
    let (alone, _) = append(bench, &bodies, 1)?;
    bench.report(Row::of("bare limit, one sender", "", "intake", events, alone).rate().note("syncs", bodies.len()))?;
    let (together, syncs) = append(bench, &bodies, CONNECTIONS)?;
    bench.report(
        Row::of(&format!("bare limit, {CONNECTIONS} senders"), "", "intake", events, together)
            .rate()
            .note("syncs", syncs),
    )
}

/// Each sender parses a batch, hands it over and waits until it is on disk; whatever is there shares a sync. (seconds, syncs)
fn append(bench: &Bench, bodies: &[String], senders: usize) -> Outcome<(f64, usize)> {
    let path = bench.path("bare.jsonl");
    let mut file = File::create(&path)?;
    let next = AtomicUsize::new(0);
    let (sender, receiver) = channel::<(&str, Sender<()>)>();
    let watch = Stopwatch::start();
    let mut syncs = 0;
    std::thread::scope(|scope| -> Outcome {
        for _ in 0..senders {
            let (next, sender) = (&next, sender.clone());
            scope.spawn(move || {
                let (saved, wait) = channel();
                while let Some(body) = bodies.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let parsed: serde_json::Value = serde_json::from_str(body).expect("our own JSON");
                    std::hint::black_box(&parsed);
                    if sender.send((body, saved.clone())).is_err() || wait.recv().is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        while let Ok(first) = receiver.recv() {
            let mut waiting = vec![first];
            waiting.extend(receiver.try_iter());
            for (body, _) in &waiting {
                file.write_all(body.as_bytes())?;
                file.write_all(b"\n")?;
            }
            file.sync_data()?;
            syncs += 1;
            for (_, saved) in waiting {
                let _ = saved.send(());
            }
        }
        Ok(())
    })?;
    let seconds = watch.seconds();
    std::fs::remove_file(path)?;
    Ok((seconds, syncs))
}
