//! How many order lines a second one thread places on SQLite: new orders, then the same lines again under another import.
//!
//! `cargo run --release -p siyu-commerce --example place_speed [lines per order]`

use siyu_commerce::{LineIn, MIGRATIONS, OrderIn, drift, place};
use siyu_db::{Db, DbConfig};
use siyu_kernel::{Currency, Refusal, Stopwatch, SystemClock, Time};
use std::sync::Arc;

const CALLS: usize = 60;
const LINES: usize = 5_000;

fn main() -> Result<(), Refusal> {
    let per_order: usize = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(5);
    let folder = std::env::temp_dir().join(format!("siyu-place-speed-{}", std::process::id()));
    std::fs::create_dir_all(&folder).map_err(Refusal::internal)?;
    let config = DbConfig::sqlite(&folder.join("workspace.db"), &folder.join("backups")).with(MIGRATIONS);
    let db = Db::open(config, &SystemClock)?;
    let calls: Vec<Arc<Vec<OrderIn>>> = (0..CALLS).map(|call| Arc::new(orders(call, per_order))).collect();
    for (what, import) in [("new", 1), ("again", 2)] {
        let watch = Stopwatch::start();
        for call in &calls {
            let call = Arc::clone(call);
            db.transact(move |tx| place(tx, &call, import, Time(1_800_000_000_000_000)).map(drop))?;
        }
        let seconds = watch.seconds();
        let rate = (CALLS * LINES) as f64 / seconds;
        println!("{what}: {} lines, {per_order} an order, {seconds:.2} s, {rate:.0} lines/s", CALLS * LINES);
    }
    for part in db.read(drift)? {
        assert_eq!(part.rows, 0, "{}", part.of);
    }
    drop(db);
    let _ = std::fs::remove_dir_all(&folder);
    Ok(())
}

fn orders(call: usize, per_order: usize) -> Vec<OrderIn> {
    (0..LINES / per_order)
        .map(|i| {
            let n = call * (LINES / per_order) + i;
            // Numbers that jump about, as they do in a real file.
            let mix = (n as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20;
            let line = |k: usize| LineIn {
                line_no: None,
                sku: format!("SKU{:05}", (mix as usize).wrapping_mul(31).wrapping_add(k * k * 17) % 4_000),
                title: Some("Hand cream, rose, 50 ml".into()),
                quantity_milli: 1_000 * (1 + k as i64 % 3),
                price_minor: Some(1_990),
                amount_minor: 1_990 * (1 + k as i64 % 3),
                refund_of: None,
            };
            OrderIn {
                order_no: format!("SO{:09}", mix % 1_000_000_000 + n as u64 * 1_000_000_000),
                at: Time(1_700_000_000_000_000 + n as i64 * 1_000_000),
                store: Some(format!("S{:03}", mix % 200)),
                currency: Currency::CNY,
                person: Some((mix % 100_000) as u32),
                root: Some((mix % 100_000) as u32),
                lines: (0..per_order).map(line).collect(),
                source: "import".into(),
                whole: false,
            }
        })
        .collect()
}
