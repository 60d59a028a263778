//! Speed and memory on large files. Slow in debug builds, so run by hand:
//! `cargo test --release -p siyu-files --test speed -- --ignored --nocapture --test-threads 1`

use std::io::{BufWriter, Write};
use std::process::Command;

use siyu_files::{Cell, OpenOptions, Row, Source, TableWriter, XlsxWriter, open};

/// Peak memory of this process in MB; None where the system does not tell.
fn peak_mb() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kb| kb / 1024)
}

fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after = stat.rsplit(')').next().unwrap_or_default();
    let fields: Vec<f64> = after.split_whitespace().filter_map(|f| f.parse().ok()).collect();
    // User and system time in ticks of 1/100 s; the state letter does not parse.
    fields.get(10).zip(fields.get(11)).map_or(0.0, |(u, s)| (u + s) / 100.0)
}

fn run(path: &str, skip: bool) {
    let mut reader = open(Source::path(path).unwrap(), &OpenOptions::default()).unwrap();
    let (mut row, mut rows, mut bytes) = (Row::new(), 0u64, 0usize);
    let start = cpu_seconds();
    if skip {
        rows = reader.skip(u64::MAX).unwrap();
    } else {
        while reader.next_row(&mut row).unwrap() {
            rows += 1;
            bytes += row.get(0).len() + row.get(row.len() - 1).len();
        }
    }
    let took = cpu_seconds() - start;
    let what = if skip { "skip" } else { "read" };
    let rate = rows as f64 / took.max(0.01) / 1e6;
    println!("{what} {path}: {rows} rows in {took:.2} s = {rate:.2} M rows/s, {bytes} bytes, peak {:?} MB", peak_mb());
}

fn csv(path: &str, rows: u64) {
    let mut out = BufWriter::new(std::fs::File::create(path).unwrap());
    writeln!(out, "order_no,at,sku,quantity,price,phone").unwrap();
    for i in 0..rows {
        writeln!(out, "{i},2024-01-02 03:04:05,SKU{},{},{}.50,138{:08}", i % 977, i % 5, i % 300, i % 99_999_999)
            .unwrap();
    }
}

/// Each file is read in a process of its own, so that its peak memory is its own.
fn alone(path: &str) {
    let me = std::env::current_exe().unwrap();
    for mode in ["read", "skip"] {
        let done = Command::new(&me)
            .args(["--ignored", "--nocapture", "--exact", "child"])
            .env("SPEED_FILE", path)
            .env("SPEED_MODE", mode)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&done.stdout);
        println!("{}", text.lines().find(|l| l.contains("rows in")).unwrap_or(&text));
        assert!(done.status.success());
    }
}

#[test]
#[ignore = "started by the other test"]
fn child() {
    if let Ok(path) = std::env::var("SPEED_FILE") {
        run(&path, std::env::var("SPEED_MODE").as_deref() == Ok("skip"));
    }
}

#[test]
#[ignore = "slow in debug builds"]
fn large_files() {
    let folder = std::env::temp_dir().join(format!("siyu-files-speed-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = |name: &str| folder.join(name).to_string_lossy().into_owned();
    csv(&path("short.csv"), 5_000_000);
    alone(&path("short.csv"));
    let text = std::fs::read_to_string(path("short.csv")).unwrap();
    let head: String = text.lines().take(1_000_000).map(|l| format!("{l},上海南京西路店\n")).collect();
    drop(text);
    std::fs::write(path("gbk.csv"), encoding_rs::GB18030.encode(&head).0).unwrap();
    alone(&path("gbk.csv"));
    std::fs::write(path("utf8.csv.zst"), zstd::bulk::compress(head.as_bytes(), 3).unwrap()).unwrap();
    drop(head);
    alone(&path("utf8.csv.zst"));
    let mut lines = BufWriter::new(std::fs::File::create(path("a.jsonl")).unwrap());
    for i in 0..1_000_000 {
        writeln!(
            lines,
            "{{\"event\":\"view\",\"at\":\"2024-01-02T03:04:05Z\",\"user\":{{\"id\":{i}}},\"price\":1.50}}"
        )
        .unwrap();
    }
    drop(lines);
    alone(&path("a.jsonl"));
    let out = std::fs::File::create(path("a.xlsx")).unwrap();
    let mut writer = Box::new(XlsxWriter::new(out, "x", &["a", "b", "c", "d", "e"], None).unwrap());
    for i in 0..300_000i64 {
        let name = format!("客户{i}");
        writer
            .write_row(&[
                Cell::Integer(i),
                Cell::Text(&name),
                Cell::Float(i as f64 * 0.5),
                Cell::Text("上海"),
                Cell::Bool(true),
            ])
            .unwrap();
    }
    writer.finish().unwrap();
    alone(&path("a.xlsx"));
    if let Ok(data) = std::env::var("SIYU_DATA_DIR") {
        alone(&format!("{data}/complete_journey/transactions.parquet"));
        alone(&format!("{data}/online_retail/invoices.parquet"));
    }
    std::fs::remove_dir_all(&folder).unwrap();
}
