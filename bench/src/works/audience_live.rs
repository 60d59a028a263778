//! Live audiences beside a full stream of events: how long after an event was sent its person is in the audience.

use super::Work;
use super::intake::{quantile, requests, send};
use crate::Outcome;
use crate::bench::Bench;
use crate::http::{self, Connection, batch_request};
use crate::memory;
use crate::row::{Row, round};
use crate::traffic::{BATCH, Traffic};
use serde_json::{Value, json};
use siyu_kernel::{Clock, Stopwatch, SystemClock};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

pub const WORK: Work = Work {
    name: "audience_live",
    about: "500 live audiences while 20,000 events/s come in over HTTP: from sending an event until its person has entered the audience, as GET shows the person's events",
    needs: &[],
    run,
};

const AUDIENCES: usize = 500;
const PACE: f64 = 20_000.0;
const BAR_P99_MS: f64 = 1_000.0;
/// Longer than this is no answer.
const PATIENCE_SECONDS: f64 = 60.0;
/// Between looks at a person; what a look adds to the figure.
const LOOK_MILLIS: u64 = 20;

fn run(bench: &Bench) -> Outcome {
    let data = bench.path("audience-live");
    bench.program.init(&data)?;
    let (write, api) = (bench.program.key(&data, "write")?, bench.program.key(&data, "api")?);
    let (server, _) = bench.program.serve(&data)?;
    let mut traffic = Traffic::new(1);
    // Some people and some history first.
    let warm = bench.sized(200, 2_000);
    send(&server, &requests(&mut traffic, &write, warm), None)?;
    let mut ids = Vec::with_capacity(AUDIENCES);
    for at in 0..AUDIENCES {
        let body = json!({ "name": format!("audience {at}"), "rule": rule(at) }).to_string();
        let made: Value = serde_json::from_str(&http::post(&server.address, "/api/v1/audiences", &api, &body)?)?;
        ids.push(made["id"].as_str().ok_or("an audience has an id")?.to_owned());
    }
    let seconds = bench.sized(10.0, 60.0);
    let load = requests(&mut traffic, &write, (PACE * seconds) as usize / BATCH);
    let over = AtomicBool::new(false);
    let (even, probes) = std::thread::scope(|scope| {
        let probing = scope.spawn(|| probe(&server.address, &ids, &write, &api, &over).map_err(|e| e.to_string()));
        let even = send(&server, &load, Some(PACE));
        over.store(true, Ordering::SeqCst);
        (even, probing.join().expect("the prober does not panic"))
    });
    let (even, mut probes) = (even?, probes?);
    probes.sort_unstable_by(f64::total_cmp);
    let p99 = quantile(&probes, 0.99);
    let (_, peak) = memory::resident(server.pid()).ok_or("the server runs")?;
    let moved = http::get(&server.address, "/metrics", &api)
        .ok()
        .and_then(|text| counter(&text, "siyu_audience_entered_total"));
    bench.report(
        Row::ours("audience_live", even.events as u64, even.seconds)
            .rate()
            .note("audiences", AUDIENCES)
            .note("probes", probes.len())
            .note("p50_ms", round(quantile(&probes, 0.5)))
            .note("p99_ms", round(p99))
            .note("max_ms", round(quantile(&probes, 1.0)))
            .note("entered", moved)
            .note("batch_p99_ms", round(quantile(&even.millis, 0.99)))
            .note("told_to_wait", even.busy)
            .note("server_peak_mb", round(peak))
            .bar("p99 < 1 s with 500 audiences at 20,000 events/s", p99 < BAR_P99_MS && even.seconds < seconds * 1.05),
    )
}

/// Each asks two things of behaviour or of a person that the stream changes all the time, and lets the probes in that name it.
fn rule(at: usize) -> Value {
    let (days, times) = (1 + at % 90, 1 + at % 7);
    let did = |event: &str| json!({ "did": { "event": event, "times": { "op": "gte", "value": times }, "span": { "last_days": days } } });
    let event = ["Product Viewed", "Product Added", "Banner Clicked", "Products Searched", "Product"][at % 5];
    let bought = did("Order Completed");
    let own = match at % 4 {
        0 => json!({ "all": [did(event), { "not": [bought] }] }),
        1 => json!({ "all": [did(event), { "field": "orders.count", "op": "gte", "value": at % 3 }] }),
        2 => {
            json!({ "all": [did(event), { "field": "trait.city", "op": "eq", "value": format!("城市{}", at % 300) }] })
        }
        _ => {
            json!({ "all": [{ "sequence": { "steps": [{ "event": event }, { "event": "Order Completed" }], "window": { "days": 7 }, "span": { "last_days": 30 } } }] })
        }
    };
    let probe = json!({ "did": { "event": "Probe", "where": [{ "property": "n", "op": "eq", "value": at }] } });
    json!({ "any": [own, probe] })
}

/// One after the other: a new person does something that only one audience asks for; milliseconds until that has him.
fn probe(address: &str, ids: &[String], write: &str, api: &str, over: &AtomicBool) -> Outcome<Vec<f64>> {
    let mut connection = Connection::open(address)?;
    let mut millis = Vec::new();
    for turn in 0.. {
        if over.load(Ordering::SeqCst) {
            break;
        }
        let at = turn * 37 % ids.len();
        // The stream moves the audience too: the probe's own person is looked for.
        let user = format!("probe-{turn}");
        let now = SystemClock.now();
        let event = json!({ "type": "track", "userId": user, "event": "Probe", "messageId": user, "timestamp": now, "properties": { "n": at } });
        let body = json!({ "batch": [event], "sentAt": now }).to_string();
        let watch = Stopwatch::start();
        let answer = connection.send(&batch_request(write, &body))?;
        if answer.status == 429 {
            std::thread::sleep(Duration::from_millis(200));
            continue;
        }
        if answer.status != 200 {
            return Err(format!("a probe was answered {}", answer.status).into());
        }
        // The event of entering is written in the unit that changes the members; a list would be moved by the stream before it is read.
        let person = http::get(address, &format!("/api/v1/people?identifier=user_id:{user}"), api)?;
        let person: Value = serde_json::from_str(&person)?;
        let person = person["items"][0]["id"].as_str().ok_or("who was answered for is known")?.to_owned();
        let path = format!("/api/v1/people/{person}/events?include=system");
        while !http::get(address, &path, api)?.contains(ids[at].as_str()) {
            if watch.seconds() > PATIENCE_SECONDS {
                return Err(format!("{user} is not in audience {at} after {PATIENCE_SECONDS} s").into());
            }
            std::thread::sleep(Duration::from_millis(LOOK_MILLIS));
        }
        millis.push(watch.seconds() * 1000.0);
    }
    Ok(millis)
}

fn counter(text: &str, name: &str) -> Option<u64> {
    let value: f64 = text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok())?;
    Some(value as u64)
}
