//! How long a world of each size takes to make and to live through, and what it weighs: `cargo run -p siyu-sandbox --example scales -- small 90`.
//! First by itself, then behind its HTTP with callbacks to a receiver in the same process, a day at a time.

use siyu_kernel::{Stopwatch, Time};
use siyu_sandbox::{CallbackSettings, Options, Sandbox, Scale, World, WorldClock};
use std::error::Error;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Resident memory in MB.
fn resident() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap_or(f64::NAN) / 1024.0
}

async fn ask(address: &str, request: &str, body: &str) -> Result<String, Box<dyn Error>> {
    let mut stream = TcpStream::connect(address).await?;
    let length = body.len();
    let text = format!(
        "{request} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(text.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().collect();
    let scale = args.get(1).and_then(|name| Scale::parse(name)).unwrap_or(Scale::SMALL);
    let days: i64 = args.get(2).and_then(|days| days.parse().ok()).unwrap_or(90);
    let start = Time::parse("2026-03-01T16:00:00Z")?;

    let empty = resident();
    let watch = Stopwatch::start();
    let mut world = World::new(1, scale, start);
    println!("made in {:.2} s, {:.0} MB", watch.seconds(), resident() - empty);
    let watch = Stopwatch::start();
    let mut happenings = 0;
    for day in 1..=days {
        happenings += world.advance_to(start.plus_days(day)).len();
    }
    println!("lived {days} days in {:.2} s: {happenings} happenings, {:.0} MB", watch.seconds(), resident() - empty);
    drop(world);

    let receiver = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/", receiver.local_addr()?);
    let take = axum::Router::new().route("/", axum::routing::post(|_: String| async { "" }));
    tokio::spawn(async move { axum::serve(receiver, take).await });
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let callback = CallbackSettings { url, token: "token".into(), encoding_aes_key: "a".repeat(43) };
    let options = Options { callback: Some(callback), ..Options::new(address, 1, scale, WorldClock::standing(start)) };
    let sandbox = Sandbox::new(options);
    let served = sandbox.clone();
    tokio::spawn(async move { served.serve_on(listener, std::future::pending()).await });
    let address = address.to_string();
    let watch = Stopwatch::start();
    for _ in 0..days {
        ask(&address, "POST /sandbox/advance", r#"{"days": 1, "wait": true}"#).await?;
    }
    let seconds = watch.seconds();
    let state = ask(&address, "GET /sandbox", "").await?;
    let callbacks =
        state.split_once(r#""callbacks":"#).and_then(|(_, rest)| rest.split_once('}')).map_or("", |(now, _)| now);
    println!(
        "over HTTP with callbacks in {seconds:.2} s: outcomes of the last ones {callbacks}}}, {:.0} MB",
        resident() - empty
    );
    Ok(())
}
