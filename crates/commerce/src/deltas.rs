//! What a call adds to the totals of people, stores and the workspace: for each order, what it counts now less what it counted before.

use crate::book::{Entry, Figures};
use crate::recount::refresh;
use rustc_hash::FxHashMap;
use siyu_db::{Param, Tx};
use siyu_kernel::{Currency, Refusal};

#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Delta {
    orders: i64,
    amount: i64,
    refunded: i64,
    first_at: Option<i64>,
    last_at: Option<i64>,
}

impl Delta {
    fn add(&mut self, figures: &Figures, sign: i64) {
        self.orders += sign * i64::from(figures.sales > 0);
        self.amount += sign * figures.amount;
        self.refunded += sign * figures.refunded;
        if sign > 0 && figures.sales > 0 {
            self.first_at = Some(self.first_at.map_or(figures.at, |at| at.min(figures.at)));
            self.last_at = self.last_at.max(Some(figures.at));
        }
    }
    fn is_nothing(&self) -> bool {
        (self.orders, self.amount, self.refunded) == (0, 0, 0)
    }
}

#[derive(Default)]
pub(crate) struct Deltas {
    customers: FxHashMap<(i64, Currency), Delta>,
    visits: FxHashMap<(i64, i64), Delta>,
    sales: FxHashMap<(i64, Currency), Delta>,
    /// People whose first or last order cannot be had by adding: computed anew.
    anew: Vec<i64>,
}

impl Deltas {
    pub fn of(entries: &[Entry<'_>]) -> Self {
        let mut deltas = Self::default();
        for entry in entries {
            let (before, now) = (&entry.before, &entry.now);
            if entry.in_db && before == now {
                continue;
            }
            if !before.stub {
                deltas.add(before, -1);
            }
            if !now.stub {
                deltas.add(now, 1);
            }
            let moved = (before.at, before.store, before.root, true) != (now.at, now.store, now.root, now.sales > 0);
            if before.sales > 0 && moved {
                deltas.anew.extend([before.root, now.root].into_iter().flatten());
            }
        }
        deltas.anew.sort_unstable();
        deltas.anew.dedup();
        for root in &deltas.anew {
            deltas.customers.retain(|(of, _), _| of != root);
            deltas.visits.retain(|(of, _), _| of != root);
        }
        deltas
    }
    fn add(&mut self, figures: &Figures, sign: i64) {
        if let Some(root) = figures.root {
            self.customers.entry((root, figures.currency)).or_default().add(figures, sign);
            if let Some(store) = figures.store.filter(|_| figures.sales > 0) {
                self.visits.entry((root, store)).or_default().add(figures, sign);
            }
        }
        self.sales.entry((figures.store.unwrap_or(0), figures.currency)).or_default().add(figures, sign);
    }

    pub fn write(&self, tx: &mut Tx<'_>, shard: i64) -> Result<(), Refusal> {
        // Sorted: neighbours in the tree one after the other, and the same order of locks in every unit.
        let mut customers: Vec<_> = self.customers.iter().collect();
        customers.sort_unstable_by_key(|(key, _)| **key);
        let rows: Vec<[Param<'_>; 7]> = customers
            .iter()
            .map(|((root, currency), d)| {
                [
                    (*root).into(),
                    currency.code().into(),
                    d.orders.into(),
                    d.amount.into(),
                    d.refunded.into(),
                    d.first_at.into(),
                    d.last_at.into(),
                ]
            })
            .collect();
        tx.bulk(
            "INSERT INTO customer (root, currency, orders, amount, refunded, first_at, last_at)",
            "ON CONFLICT (root, currency) DO UPDATE SET orders = customer.orders + excluded.orders, amount = customer.amount + excluded.amount,
               refunded = customer.refunded + excluded.refunded,
               first_at = CASE WHEN customer.first_at IS NULL OR excluded.first_at < customer.first_at THEN excluded.first_at ELSE customer.first_at END,
               last_at = CASE WHEN customer.last_at IS NULL OR excluded.last_at > customer.last_at THEN excluded.last_at ELSE customer.last_at END",
            &rows,
        )?;
        self.write_visits(tx)?;
        refresh(tx, &self.anew)?;
        self.write_sales(tx, shard)
    }
    fn write_visits(&self, tx: &mut Tx<'_>) -> Result<(), Refusal> {
        let mut visits: Vec<_> = self
            .visits
            .iter()
            .filter_map(|(key, d)| Some((*key, d, d.last_at?)))
            .filter(|(_, d, _)| d.orders != 0)
            .collect();
        visits.sort_unstable_by_key(|(key, ..)| *key);
        let rows: Vec<[Param<'_>; 4]> = visits
            .iter()
            .map(|((root, store), d, last)| [(*root).into(), (*store).into(), d.orders.into(), (*last).into()])
            .collect();
        tx.bulk(
            "INSERT INTO person_store (root, store, orders, last_at)",
            "ON CONFLICT (root, store) DO UPDATE SET orders = person_store.orders + excluded.orders,
               last_at = CASE WHEN excluded.last_at > person_store.last_at THEN excluded.last_at ELSE person_store.last_at END",
            &rows,
        )?;
        Ok(())
    }
    fn write_sales(&self, tx: &mut Tx<'_>, shard: i64) -> Result<(), Refusal> {
        let mut sales: Vec<_> = self.sales.iter().filter(|(_, d)| !d.is_nothing()).collect();
        sales.sort_unstable_by_key(|(key, _)| **key);
        let rows: Vec<[Param<'_>; 6]> = sales
            .iter()
            .map(|((store, currency), d)| {
                [
                    (*store).into(),
                    currency.code().into(),
                    shard.into(),
                    d.orders.into(),
                    d.amount.into(),
                    d.refunded.into(),
                ]
            })
            .collect();
        tx.bulk(
            "INSERT INTO sales_total (store, currency, shard, orders, amount, refunded)",
            "ON CONFLICT (store, currency, shard) DO UPDATE SET orders = sales_total.orders + excluded.orders,
               amount = sales_total.amount + excluded.amount, refunded = sales_total.refunded + excluded.refunded",
            &rows,
        )?;
        Ok(())
    }
}
