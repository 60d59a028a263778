//! Writing what a call changed: orders, lines, and the totals that follow.

use crate::book::{Book, Entry};
use crate::deltas::Deltas;
use crate::matching::Fate;
use crate::place::ProductDeltas;
use rustc_hash::FxHashMap;
use siyu_db::{DbError, Engine, Param, Tx, params};
use siyu_kernel::Refusal;

const ORDER_INSERT: &str = "INSERT INTO orders (id, order_no, stub, person, root, at, store, currency, amount, refunded, refund_lines, sales, lines, source, created_at, import)";
const LINE_INSERT: &str = "INSERT INTO order_line (orders, no, line_no, product, title, quantity, price_minor, amount_minor, refund_of, at, import)";
/// Rows a total is spread over, so that units on PostgreSQL seldom wait for each other's commit.
const SHARDS: i64 = 8;

pub(crate) fn write(tx: &mut Tx<'_>, book: &mut Book<'_>, products: &ProductDeltas) -> Result<(), Refusal> {
    give_ids(tx, book)?;
    write_orders(tx, &book.entries)?;
    write_lines(tx, &book.entries)?;
    let shard = shard(tx.engine(), book);
    let deltas = Deltas::of(&book.entries);
    deltas.write(tx, shard)?;
    write_products(tx, products, shard)
}

fn shard(engine: Engine, book: &Book<'_>) -> i64 {
    match engine {
        Engine::Sqlite => 0,
        Engine::Postgres => book.entries.first().map_or(0, |entry| entry.id.rem_euclid(SHARDS)),
    }
}

/// Numbers for the new orders, taken before they are written: the lines need them.
fn give_ids(tx: &mut Tx<'_>, book: &mut Book<'_>) -> Result<(), Refusal> {
    let mut fresh: Vec<&mut Entry<'_>> = book.entries.iter_mut().filter(|entry| !entry.in_db).collect();
    if fresh.is_empty() {
        return Ok(());
    }
    let ids: Vec<i64> = match tx.engine() {
        // One writer at a time: the numbers above the highest are ours.
        Engine::Sqlite => {
            let last = tx.one("SELECT COALESCE(MAX(id), 0) FROM orders", &[], |row| row.int(0))?;
            (last + 1..=last + fresh.len() as i64).collect()
        }
        Engine::Postgres => {
            // One order for everybody, so that two imports of the same file wait for each other instead of both giving up.
            fresh.sort_unstable_by(|a, b| a.order_no.cmp(&b.order_no));
            let sql = "SELECT nextval(pg_get_serial_sequence('orders', 'id')) FROM generate_series(1, $1::BIGINT)";
            tx.query(sql, params![fresh.len() as i64], |row| row.int(0))?
        }
    };
    for (entry, id) in fresh.into_iter().zip(ids) {
        entry.id = id;
    }
    Ok(())
}

fn order_row<'p>(entry: &'p Entry<'_>) -> [Param<'p>; 16] {
    let now = &entry.now;
    [
        entry.id.into(),
        entry.order_no.as_ref().into(),
        now.stub.into(),
        now.person.into(),
        now.root.into(),
        now.at.into(),
        now.store.into(),
        now.currency.code().into(),
        now.amount.into(),
        now.refunded.into(),
        now.refund_lines.into(),
        now.sales.into(),
        now.lines.into(),
        entry.source.as_ref().into(),
        entry.created_at.into(),
        entry.import.into(),
    ]
}

fn write_orders(tx: &mut Tx<'_>, entries: &[Entry<'_>]) -> Result<(), Refusal> {
    let mut fresh: Vec<&Entry<'_>> = entries.iter().filter(|entry| !entry.in_db).collect();
    fresh.sort_unstable_by_key(|entry| entry.id);
    let rows: Vec<_> = fresh.into_iter().map(order_row).collect();
    if tx.bulk(ORDER_INSERT, "ON CONFLICT (order_no) DO NOTHING", &rows)? != rows.len() as u64 {
        return Err(DbError::Conflict("an order was placed at the same time".into()).into());
    }
    let changed: Vec<_> =
        entries.iter().filter(|entry| entry.in_db && entry.now != entry.before).map(order_row).collect();
    tx.bulk(
        ORDER_INSERT,
        "ON CONFLICT (id) DO UPDATE SET stub = excluded.stub, person = excluded.person, root = excluded.root, at = excluded.at, store = excluded.store,
           currency = excluded.currency, amount = excluded.amount, refunded = excluded.refunded, refund_lines = excluded.refund_lines,
           sales = excluded.sales, lines = excluded.lines, source = excluded.source, created_at = excluded.created_at, import = excluded.import",
        &changed,
    )?;
    Ok(())
}

fn write_lines(tx: &mut Tx<'_>, entries: &[Entry<'_>]) -> Result<(), Refusal> {
    let (mut new, mut changed) = (Vec::new(), Vec::new());
    let (mut gone, mut stamped) = (Pairs::default(), FxHashMap::<i64, Pairs>::default());
    let mut whole: FxHashMap<i64, Vec<i64>> = FxHashMap::default();
    for entry in entries {
        let lines = &entry.lines.all;
        if let Some(import) = stamped_altogether(entry) {
            whole.entry(import).or_default().push(entry.id);
            continue;
        }
        for line in lines {
            match line.fate {
                Fate::Stored | Fate::Never => {}
                Fate::Stamped => stamped.entry(line.import).or_default().push(entry.id, line.no),
                Fate::Gone => gone.push(entry.id, line.no),
                Fate::Changed | Fate::New => {
                    let content = &line.content;
                    let row = [
                        entry.id.into(),
                        line.no.into(),
                        line.line_no.into(),
                        content.product.into(),
                        line.title.into(),
                        content.quantity.into(),
                        content.price.into(),
                        content.amount.into(),
                        content.refund_of.as_deref().into(),
                        line.at.into(),
                        line.import.into(),
                    ];
                    if line.fate == Fate::New { new.push(row) } else { changed.push(row) }
                }
            }
        }
    }
    gone.run(tx, "DELETE FROM order_line", "")?;
    for (import, orders) in &whole {
        let sql = format!("UPDATE order_line SET import = {import} WHERE {}", tx.any("orders", 1));
        tx.execute(&sql, params![orders])?;
    }
    for (import, pairs) in &stamped {
        pairs.run(tx, "UPDATE order_line", &format!("SET import = {import}"))?;
    }
    tx.bulk(
        LINE_INSERT,
        "ON CONFLICT (orders, no) DO UPDATE SET line_no = excluded.line_no, product = excluded.product, title = COALESCE(excluded.title, order_line.title),
           quantity = excluded.quantity, price_minor = excluded.price_minor, amount_minor = excluded.amount_minor, refund_of = excluded.refund_of,
           import = excluded.import",
        &changed,
    )?;
    tx.bulk(LINE_INSERT, "", &new)?;
    Ok(())
}

/// A file imported again stamps every line of most of its orders: one statement does for all of them.
fn stamped_altogether(entry: &Entry<'_>) -> Option<i64> {
    let import = entry.lines.all.first()?.import;
    entry.lines.all.iter().all(|line| line.fate == Fate::Stamped && line.import == import).then_some(import)
}

/// Lines by order and number.
#[derive(Default)]
struct Pairs {
    orders: Vec<i64>,
    nos: Vec<i64>,
}

impl Pairs {
    fn push(&mut self, order: i64, no: i64) {
        self.orders.push(order);
        self.nos.push(no);
    }
    fn run(&self, tx: &mut Tx<'_>, verb: &str, set: &str) -> Result<(), DbError> {
        if self.orders.is_empty() {
            return Ok(());
        }
        match tx.engine() {
            Engine::Sqlite => {
                let sql = format!("{verb} {set} WHERE orders = $1 AND no = $2");
                for (order, no) in self.orders.iter().zip(&self.nos) {
                    tx.execute(&sql, params![*order, *no])?;
                }
            }
            Engine::Postgres => {
                let sql =
                    format!("{verb} {set} WHERE (orders, no) IN (SELECT * FROM unnest($1::BIGINT[], $2::BIGINT[]))");
                tx.execute(&sql, params![&self.orders, &self.nos])?;
            }
        }
        Ok(())
    }
}

fn write_products(tx: &mut Tx<'_>, products: &ProductDeltas, shard: i64) -> Result<(), Refusal> {
    let mut deltas: Vec<_> = products.iter().filter(|(_, delta)| **delta != Default::default()).collect();
    deltas.sort_unstable_by_key(|(key, _)| **key);
    let rows: Vec<[Param<'_>; 7]> = deltas
        .iter()
        .map(|((product, currency), d)| {
            [
                (*product).into(),
                currency.code().into(),
                shard.into(),
                d.sold.into(),
                d.revenue.into(),
                d.returned.into(),
                d.refunded.into(),
            ]
        })
        .collect();
    tx.bulk(
        "INSERT INTO product_total (product, currency, shard, sold, revenue, returned, refunded)",
        "ON CONFLICT (product, currency, shard) DO UPDATE SET sold = product_total.sold + excluded.sold, revenue = product_total.revenue + excluded.revenue,
           returned = product_total.returned + excluded.returned, refunded = product_total.refunded + excluded.refunded",
        &rows,
    )?;
    Ok(())
}
