//! Durable intake over HTTP: how many events a second, and how long a batch takes when they come at an even pace.

use super::Work;
use crate::Outcome;
use crate::bench::Bench;
use crate::http::{Connection, batch_request};
use crate::memory;
use crate::program::Server;
use crate::row::{Row, round};
use crate::traffic::{BATCH, PEOPLE, Traffic};
use siyu_kernel::Stopwatch;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

pub const WORK: Work = Work {
    name: "intake",
    about: "events over HTTP in batches of 100, answered after the sync, identities resolved",
    needs: &[],
    run,
};

const BAR_PER_SECOND: f64 = 50_000.0;
const BAR_P99_MS: f64 = 150.0;
const PACE: f64 = 0.8;
/// What a few busy senders keep open. When they are all waiting, the next batch waits with them and its time runs on.
pub const CONNECTIONS: usize = 16;

fn run(bench: &Bench) -> Outcome {
    let data = bench.path("intake");
    bench.program.init(&data)?;
    let (write, api) = (bench.program.key(&data, "write")?, bench.program.key(&data, "api")?);
    let (server, _) = bench.program.serve(&data)?;
    let batches = bench.sized(2_000, 20_000);
    let mut sent = 0;
    let mut traffic = Traffic::new(1);

    // The first seconds of a server are not what a day looks like: caches, files and the allocator settle.
    sent += send(&server, &requests(&mut traffic, &write, bench.sized(200, 2_000)), None)?.events;
    let burst = send(&server, &requests(&mut traffic, &write, batches), None)?;
    sent += burst.events;
    let pace = BAR_PER_SECOND * PACE;
    let seconds = bench.sized(5.0, 30.0);
    let even = send(&server, &requests(&mut traffic, &write, (pace * seconds) as usize / BATCH), Some(pace))?;
    sent += even.events;

    let stats = server.stats(&api)?;
    if stats["events"].as_u64() != Some(sent as u64) {
        return Err(format!("{sent} events were acknowledged, the server has {}", stats["events"]).into());
    }
    let rate = burst.events as f64 / burst.seconds;
    let (_, peak) = memory::resident(server.pid()).ok_or("the server runs")?;
    bench.report(
        Row::ours("intake", burst.events as u64, burst.seconds)
            .rate()
            .note("connections", CONNECTIONS)
            .note("people", PEOPLE)
            .note("batch_p50_ms", round(quantile(&burst.millis, 0.5)))
            .note("batch_p99_ms", round(quantile(&burst.millis, 0.99)))
            .note("told_to_wait", burst.busy)
            .note("server_peak_mb", round(peak))
            .bar(">= 50,000 events/s", rate >= BAR_PER_SECOND),
    )?;
    let p99 = quantile(&even.millis, 0.99);
    bench.report(
        Row::ours("intake_paced", even.events as u64, even.seconds)
            .rate()
            .note("pace", pace)
            .note("p50_ms", round(quantile(&even.millis, 0.5)))
            .note("p99_ms", round(p99))
            .note("max_ms", round(quantile(&even.millis, 1.0)))
            .note("told_to_wait", even.busy)
            .bar("p99 < 150 ms at 40,000 events/s", p99 < BAR_P99_MS),
    )
}

pub fn requests(traffic: &mut Traffic, key: &str, batches: usize) -> Vec<Vec<u8>> {
    (0..batches).map(|_| batch_request(key, &traffic.batch())).collect()
}

pub struct Sent {
    pub events: usize,
    pub seconds: f64,
    /// Of each batch: from the moment it was to be sent to its answer.
    pub millis: Vec<f64>,
    /// Answers 429; the batch was sent again.
    pub busy: usize,
}

/// Sends everything over [`CONNECTIONS`]: as fast as answers come, or each batch at its planned moment of `pace` events a second.
pub fn send(server: &Server, requests: &[Vec<u8>], pace: Option<f64>) -> Outcome<Sent> {
    let next = AtomicUsize::new(0);
    let total = Mutex::new(Sent { events: 0, seconds: 0.0, millis: Vec::with_capacity(requests.len()), busy: 0 });
    let watch = Stopwatch::start();
    let worker = || -> std::io::Result<()> {
        let mut connection = Connection::open(&server.address)?;
        let (mut millis, mut busy) = (Vec::new(), 0);
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(request) = requests.get(at) else { break };
            let planned = match pace {
                None => watch.seconds(),
                Some(pace) => {
                    let planned = (at * BATCH) as f64 / pace;
                    std::thread::sleep(Duration::from_secs_f64((planned - watch.seconds()).max(0.0)));
                    planned
                }
            };
            loop {
                let answer = connection.send(request)?;
                match (answer.status, answer.retry_after) {
                    (200, _) => break,
                    (429, wait) => {
                        busy += 1;
                        std::thread::sleep(Duration::from_secs(wait.unwrap_or(1)));
                    }
                    (status, _) => {
                        let text = String::from_utf8_lossy(answer.body);
                        return Err(std::io::Error::other(format!("a batch was answered {status}: {text}")));
                    }
                }
            }
            millis.push((watch.seconds() - planned) * 1000.0);
        }
        let mut total = total.lock().unwrap_or_else(|broken| broken.into_inner());
        total.events += millis.len() * BATCH;
        total.millis.append(&mut millis);
        total.busy += busy;
        total.seconds = watch.seconds();
        Ok(())
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..CONNECTIONS).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().try_for_each(|worker| worker.join().expect("a sender does not panic"))
    })?;
    let mut total = total.into_inner().unwrap_or_else(|broken| broken.into_inner());
    total.millis.sort_unstable_by(f64::total_cmp);
    Ok(total)
}

/// Of a sorted list.
pub fn quantile(sorted: &[f64], share: f64) -> f64 {
    let at = ((sorted.len() as f64 * share).ceil() as usize).clamp(1, sorted.len().max(1)) - 1;
    sorted.get(at).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::quantile;

    #[test]
    fn quantiles_are_values_that_were_measured() {
        let hundred: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!([0.0, 0.5, 0.99, 1.0].map(|share| quantile(&hundred, share)), [1.0, 50.0, 99.0, 100.0]);
        assert_eq!(quantile(&[7.0], 0.99), 7.0);
        assert_eq!(quantile(&[], 0.5), 0.0);
    }
}
