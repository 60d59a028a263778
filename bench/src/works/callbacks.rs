//! Callbacks of WeCom over HTTP: signed, encrypted, doubled, out of order, each on disk before it is answered.

use super::Work;
use super::intake::{CONNECTIONS, quantile};
use crate::Outcome;
use crate::bench::Bench;
use crate::http::{self, Connection};
use crate::row::{Row, round};
use crate::wecom::{CORP, KEY, Sender, Server, TOKEN};
use serde_json::Value;
use siyu_kernel::{Chance, Stopwatch};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

pub const WORK: Work = Work {
    name: "callbacks",
    about: "WeCom's callbacks over HTTP, signed and encrypted, doubled and out of order, answered after the sync",
    needs: &[],
    run,
};

const BAR_PER_SECOND: f64 = 3_000.0;
/// Of so many one is delivered twice.
const DOUBLED: usize = 10;
/// A callback comes up to so many places too early or late.
const DISORDER: u64 = 50;

/// Connects a new workspace to a stand-in for WeCom; answers an API key.
pub fn connected(bench: &Bench, data: &Path, wecom: &Server) -> Outcome<String> {
    bench.program.init(data)?;
    let key = bench.program.key(data, "api")?;
    let connect = [
        "wecom",
        "connect",
        "--corp-id",
        CORP,
        "--agent-id",
        "1000002",
        "--secret",
        "secret",
        "--base",
        &wecom.base,
        "--callback-token",
        TOKEN,
        "--callback-key",
        KEY,
    ];
    bench.program.run(data, &connect)?;
    Ok(key)
}

fn run(bench: &Bench) -> Outcome {
    let data = bench.path("callbacks");
    // Customers are not shown: what was kept stays in the inbox and can be counted.
    let wecom = Server::start(0, Duration::ZERO, true)?;
    let key = connected(bench, &data, &wecom)?;
    let (server, _) = bench.program.serve(&data)?;
    let count = bench.sized(5_000, 100_000);
    let chance = Chance::seeded(1);
    let sender = Sender::new();
    let mut order: Vec<(u64, usize)> = Vec::with_capacity(count + count / DOUBLED);
    for number in 0..count {
        order.push((number as u64 + chance.below(DISORDER), number));
        if number % DOUBLED == 0 {
            order.push((number as u64 + chance.below(DISORDER), number));
        }
    }
    order.sort_unstable();
    // Each twice or once, but sealed once: WeCom repeats what it has sent.
    let requests: Vec<Vec<u8>> = (0..count).map(|number| sender.edited(number)).collect();
    let next = AtomicUsize::new(0);
    let millis = Mutex::new(Vec::with_capacity(order.len()));
    let busy = AtomicUsize::new(0);
    let watch = Stopwatch::start();
    let worker = || -> std::io::Result<()> {
        let mut connection = Connection::open(&server.address)?;
        let mut own = Vec::new();
        while let Some((_, number)) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
            let begun = watch.seconds();
            loop {
                match connection.send(&requests[*number])?.status {
                    200 => break,
                    429 => drop(busy.fetch_add(1, Ordering::Relaxed)),
                    status => return Err(std::io::Error::other(format!("a callback was answered {status}"))),
                }
                std::thread::sleep(Duration::from_millis(20));
            }
            own.push((watch.seconds() - begun) * 1000.0);
        }
        millis.lock().unwrap_or_else(|broken| broken.into_inner()).append(&mut own);
        Ok(())
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..4 * CONNECTIONS).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().try_for_each(|worker| worker.join().expect("a sender does not panic"))
    })?;
    let seconds = watch.seconds();
    let status: Value = serde_json::from_str(&http::get(&server.address, "/api/v1/wecom/status", &key)?)?;
    let kept = status["inbox_waiting"].as_u64().unwrap_or(0) + status["inbox_aside"].as_u64().unwrap_or(0);
    if kept != count as u64 {
        return Err(format!("{count} different callbacks were acknowledged, {kept} are kept").into());
    }
    let mut millis = millis.into_inner().unwrap_or_else(|broken| broken.into_inner());
    millis.sort_unstable_by(f64::total_cmp);
    let rate = order.len() as f64 / seconds;
    bench.report(
        Row::ours("callbacks", order.len() as u64, seconds)
            .rate()
            .note("connections", 4 * CONNECTIONS)
            .note("doubled", count / DOUBLED)
            .note("p50_ms", round(quantile(&millis, 0.5)))
            .note("p99_ms", round(quantile(&millis, 0.99)))
            .note("told_to_wait", busy.load(Ordering::Relaxed))
            .bar(">= 3,000 callbacks/s, none lost", rate >= BAR_PER_SECOND),
    )
}
