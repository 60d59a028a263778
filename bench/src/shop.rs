//! Order lines for an import, as a shop's till exports them: about three lines an order, buyers of whom few buy much.

use siyu_kernel::Chance;
use std::fs::File;
use std::io::{BufWriter, Result, Write};
use std::path::Path;

const STORES: u64 = 60;
const PRODUCTS: u64 = 5_000;

pub struct Written {
    pub orders: u64,
    pub revenue: i64,
    pub bytes: u64,
}

/// Writes `lines` lines. One card for each five of them, a tenth of the cards making a third of the orders; one order in six has none.
pub fn write(path: &Path, lines: u64) -> Result<Written> {
    let chance = Chance::seeded(7);
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
    out.write_all(b"order_no,at,line_no,sku,title,quantity,price,store,person.member_no,person.phone\n")?;
    let (mut done, mut orders, mut revenue) = (0, 0, 0i64);
    while done < lines {
        let share = chance.below(1 << 53) as f64 / (1u64 << 53) as f64;
        let buyer = ((lines / 5) as f64 * share * share) as u64;
        let (member, phone) = match chance.below(6) {
            0 => (String::new(), String::new()),
            _ => (format!("M{buyer:08}"), format!("138{buyer:08}")),
        };
        let (store, minute) = (chance.below(STORES), orders % 525_600);
        let at = format!(
            "2025-{:02}-{:02} {:02}:{:02}:00",
            1 + minute / 43_800,
            1 + minute % 43_800 / 1_565,
            minute % 24,
            minute % 60
        );
        for line_no in 1..=(1 + chance.below(5)).min(lines - done) {
            let (product, quantity) = (chance.below(PRODUCTS), 1 + chance.below(3));
            let cents = 990 + product * 7 % 50_000;
            revenue += (cents * quantity) as i64;
            writeln!(
                out,
                "NO{orders:09},{at},{line_no},SKU{product:05},商品 {product},{quantity},{}.{:02},S{store:03},{member},{phone}",
                cents / 100,
                cents % 100
            )?;
            done += 1;
        }
        orders += 1;
    }
    out.flush()?;
    Ok(Written { orders, revenue, bytes: std::fs::metadata(path)?.len() })
}
