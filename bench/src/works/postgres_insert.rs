//! The peer of intake, on the same events and as many connections. It resolves nobody and checks no schema.

use super::Work;
use super::intake::CONNECTIONS;
use crate::Outcome;
use crate::bench::Bench;
use crate::postgres_peer::{Event, connect, events, insert_text, params, prepare};
use crate::row::Row;
use crate::traffic::{BATCH, Traffic};
use siyu_kernel::Stopwatch;
use std::sync::atomic::{AtomicUsize, Ordering};

pub const WORK: Work = Work {
    name: "postgres_insert",
    about: "PostgreSQL receiving the events of intake by multi-row INSERT, synchronous_commit=on",
    needs: &["postgres"],
    run,
};

fn run(bench: &Bench) -> Outcome {
    let Some(url) = &bench.postgres else {
        eprintln!("!! SKIPPED: postgres_insert - no PostgreSQL was given (SIYU_BENCH_POSTGRES)");
        return Ok(());
    };
    let mut traffic = Traffic::new(1);
    let batches = (0..bench.sized(2_000, 20_000)).map(|_| events(&traffic.batch())).collect::<Outcome<Vec<_>>>()?;
    let mut client = connect(url)?;
    let version = prepare(&mut client)?;
    let (next, watch) = (AtomicUsize::new(0), Stopwatch::start());
    std::thread::scope(|scope| -> Outcome {
        let senders: Vec<_> = (0..CONNECTIONS)
            .map(|_| scope.spawn(|| insert_all(url, &batches, &next).map_err(|e| e.to_string())))
            .collect();
        Ok(senders.into_iter().try_for_each(|sender| sender.join().expect("a sender does not panic"))?)
    })?;
    let (seconds, sent) = (watch.seconds(), (batches.len() * BATCH) as u64);
    let stored: i64 = client.query_one("SELECT COUNT(*) FROM bench_event", &[])?.get(0);
    client.batch_execute("DROP TABLE bench_event")?;
    if stored != sent as i64 {
        return Err(format!("{sent} events were sent, PostgreSQL has {stored}").into());
    }
    bench.report(Row::of("PostgreSQL", &version, "intake", sent, seconds).rate().note("connections", CONNECTIONS))
}

fn insert_all(url: &str, batches: &[Vec<Event>], next: &AtomicUsize) -> Outcome {
    let mut client = connect(url)?;
    let insert = client.prepare(&insert_text())?;
    while let Some(batch) = batches.get(next.fetch_add(1, Ordering::Relaxed)) {
        client.execute(&insert, &params(batch))?;
    }
    Ok(())
}
