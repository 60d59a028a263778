//! Welcomes while a full sync runs: from the moment a callback is due until WeCom has the welcome.

use super::Work;
use super::callbacks::connected;
use super::intake::quantile;
use crate::bench::Bench;
use crate::http::{self, Connection};
use crate::row::{Row, round};
use crate::wecom::{Sender, Server};
use crate::{Outcome, memory};
use serde_json::{Value, json};
use siyu_kernel::Stopwatch;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

pub const WORK: Work = Work {
    name: "welcome",
    about: "500 customers a second add staff while a full sync of 100,000 customers runs: from the callback to the welcome",
    needs: &[],
    run,
};

const PER_SECOND: f64 = 500.0;
/// WeCom takes 10,000 calls of one kind a minute, and ours stay below 9,000.
const ARRIVALS: usize = 8_500;
const CUSTOMERS: usize = 100_000;
const SENDERS: usize = 32;
/// Of so many one is delivered twice.
const DOUBLED: usize = 50;
/// What every answer of the stand-in takes.
const LATENCY: Duration = Duration::from_millis(20);
const BAR_P99_S: f64 = 1.0;
const LATEST_S: f64 = 20.0;

fn run(bench: &Bench) -> Outcome {
    let data = bench.path("welcome");
    let (customers, arrivals) = (bench.sized(20_000, CUSTOMERS), bench.sized(1_000, ARRIVALS));
    let wecom = Server::start(customers, LATENCY, false)?;
    let key = connected(bench, &data, &wecom)?;
    let (server, _) = bench.program.serve(&data)?;
    let address = &server.address;
    for rule in rules() {
        http::post(address, "/api/v1/wecom/welcomes", &key, &rule.to_string())?;
    }
    http::post(address, "/api/v1/wecom/syncs", &key, "{}")?;
    until(60.0, "the sync reads customers", || Ok(wecom.seen(|seen| seen.pages) > 20))?;

    let begun = wecom.seconds() + 0.5;
    let next = AtomicUsize::new(0);
    let (sender, busy) = (Sender::new(), AtomicUsize::new(0));
    let worker = || -> std::io::Result<()> {
        let mut connection = Connection::open(address)?;
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= arrivals {
                return Ok(());
            }
            let due = begun + number as f64 / PER_SECOND;
            std::thread::sleep(Duration::from_secs_f64((due - wecom.seconds()).max(0.0)));
            let request = sender.added(number);
            for _ in 0..if number.is_multiple_of(DOUBLED) { 2 } else { 1 } {
                loop {
                    match connection.send(&request)?.status {
                        200 => break,
                        429 => drop(busy.fetch_add(1, Ordering::Relaxed)),
                        status => return Err(std::io::Error::other(format!("a callback was answered {status}"))),
                    }
                    std::thread::sleep(Duration::from_millis(20));
                }
            }
        }
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..SENDERS).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().try_for_each(|worker| worker.join().expect("a sender does not panic"))
    })?;
    let sent_in = wecom.seconds() - begun;
    let syncing = sync_state(address, &key)?;
    let numbers = || -> Outcome<Value> {
        Ok(serde_json::from_str::<Value>(&http::get(address, "/api/v1/wecom/welcomes", &key)?)?["total"].clone())
    };
    until(120.0, "every arrival has come to an end", || {
        let total = numbers()?;
        Ok(total["waiting"] == 0 && total["arrivals"] == arrivals)
    })?;
    let total = numbers()?;
    report(bench, &wecom, &total, (begun, arrivals, sent_in), &syncing, (busy.load(Ordering::Relaxed), server.pid()))
}

fn report(
    bench: &Bench,
    wecom: &Server,
    total: &Value,
    (begun, arrivals, sent_in): (f64, usize, f64),
    syncing: &str,
    (busy, pid): (usize, u32),
) -> Outcome {
    let (mut waits, twice) = wecom.seen(|seen| {
        let wait = |number: usize| {
            let times = seen.welcomes.get(&format!("code{number}"))?;
            Some(times[0] - (begun + number as f64 / PER_SECOND))
        };
        let waits: Vec<f64> = (0..arrivals).filter_map(wait).collect();
        (waits, seen.welcomes.values().filter(|times| times.len() > 1).count())
    });
    waits.sort_unstable_by(f64::total_cmp);
    let (p99, slowest, missing) = (quantile(&waits, 0.99), quantile(&waits, 1.0), arrivals - waits.len());
    let (reads, pages) = wecom.seen(|seen| (seen.reads, seen.pages));
    let met = p99 < BAR_P99_S && slowest < LATEST_S && twice == 0 && missing == 0 && syncing == "running";
    bench.report(
        Row::ours("welcome", arrivals as u64, sent_in)
            .rate()
            .note("p50_s", round(quantile(&waits, 0.5)))
            .note("p99_s", round(p99))
            .note("slowest_s", round(slowest))
            .note("twice", twice)
            .note("without", missing)
            .note("sent", total["sent"].clone())
            .note("skipped", total["skipped"].clone())
            .note("failed", total["failed"].clone())
            .note("told_to_wait", busy)
            .note("sync_at_the_end", syncing)
            .note("sync_pages", pages)
            .note("customers_read", reads)
            .note("server_peak_mb", memory::resident(pid).map_or(0.0, |(_, peak)| round(peak)))
            .bar("p99 < 1 s, none past 20 s, none twice", met),
    )
}

/// As a brand has them: by history, by entrance, and one for all.
fn rules() -> [Value; 3] {
    let rule = |name: &str, when: Value, text: &str| {
        let link = json!({ "kind": "link", "title": "新人礼", "url": "https://shop.example/gift?from={{ channel }}", "description": "", "picture": "" });
        json!({ "name": name, "active": true, "kind": "send", "when": when, "content": { "text": text, "attachments": [link] } })
    };
    [
        rule("back", json!({ "history": ["back"] }), "{{ customer.name or \"老朋友\" }}，好久不见！"),
        rule(
            "stores",
            json!({ "channels": ["store-1", "store-2", "store-3"] }),
            "{{ greeting }}，我是{{ staff.name }}。",
        ),
        rule("all", json!({}), "{{ customer.name or \"朋友\" }}，{{ greeting }}！我是{{ staff.name }}。"),
    ]
}

fn sync_state(address: &str, key: &str) -> Outcome<String> {
    let status: Value = serde_json::from_str(&http::get(address, "/api/v1/wecom/status", key)?)?;
    Ok(status["sync"]["state"].as_str().unwrap_or("none").to_owned())
}

fn until(seconds: f64, what: &str, done: impl Fn() -> Outcome<bool>) -> Outcome {
    let watch = Stopwatch::start();
    while !done()? {
        if watch.seconds() > seconds {
            return Err(format!("{what}: not within {seconds} s").into());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}
